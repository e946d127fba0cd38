//! What stands under which key, and reading it. One tree; the first byte of a key says what it is.
//!
//! | key | value |
//! |---|---|
//! | `d` brand 0 number | a dialogue: version, alarm, record |
//! | `t` sequence | a turn of the log |
//! | `o` sequence index | a message of the outbox: all but its words, which are in the log |
//! | `s` account 0 id | a message that a provider took |
//! | `e` account 0 id | receipts of a message that nobody knows yet: they came early |
//! | `p` digest round number | a part of a text that waits for the others, or that was joined with them |
//! | `l` brand 0 number, entry | a ledger entry and its link |
//! | `l` brand 0 keyed hash, entry | the link of an erased ledger entry |
//! | `y` brand 0 day | the root of a day; under `open` the day that still grows |
//! | `x` brand 0 keyed hash | somebody who was erased |
//! | `r` brand 0 number | a text that waits to be read: the number of its ledger entry |
//! | `a` moment, brand 0 number | an alarm: look at this dialogue then |
//! | `k` brand 0 name | a brand-wide counter |
//! | `c` brand 0 number | when messages left that count for caps |
//! | `m` name | facts about the store itself |

use super::erase::ErasedTurn;
use super::ledger;
use crate::consent::Obstacle;
use crate::dialogue::{Effect, Record};
use crate::sms::{AccountId, BrandId, Key, MessageId};
use crate::store::codec::{decode, encode, key_bytes, key_from};
use crate::store::{
    Cursor, Entry, Page, PartsName, Row, RowId, RowState, Scanned, Sent, Snapshot, StoreError, Table, Via,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Things that one page of a scan may hold.
const PAGE_MAX: usize = 1_000;

/// The format of what stands before a dialogue's record, which has a format byte of its own.
pub(super) const FORMAT_OF_DIALOGUES: u8 = 1;

/// A dialogue as it is stored: version and alarm stand before the record, so that the writer need not read it.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    pub(super) version: u64,
    /// Where the alarm index has this dialogue. It may be earlier than the dialogue's first timer: moving an alarm
    /// costs two keys, so a later timer leaves the alarm where it is, and it is moved when it rings.
    pub(super) alarm: Option<Timestamp>,
    pub(super) record: Vec<u8>,
}

impl Stored {
    pub(super) fn encode(&self) -> Vec<u8> {
        let mut bytes = vec![FORMAT_OF_DIALOGUES];
        bytes.extend_from_slice(&self.version.to_be_bytes());
        let alarm = self.alarm.map_or(i64::MIN, Timestamp::as_millisecond);
        bytes.extend_from_slice(&alarm.to_be_bytes());
        bytes.extend_from_slice(&self.record);
        bytes
    }

    pub(super) fn decode(bytes: &[u8]) -> Result<Self, StoreError> {
        let bad = || StoreError::Corrupt("a dialogue".to_owned());
        let Some((&FORMAT_OF_DIALOGUES, bytes)) = bytes.split_first() else {
            return Err(StoreError::Corrupt(
                "a dialogue of a format that this version does not know".to_owned(),
            ));
        };
        let version = u64::from_be_bytes(bytes.get(..8).ok_or_else(bad)?.try_into().map_err(|_| bad())?);
        let alarm = i64::from_be_bytes(bytes.get(8..16).ok_or_else(bad)?.try_into().map_err(|_| bad())?);
        let alarm =
            (alarm != i64::MIN).then(|| Timestamp::from_millisecond(alarm)).transpose().map_err(|_| bad())?;
        Ok(Self { version, alarm, record: bytes[16..].to_vec() })
    }

    pub(super) fn record(&self) -> Result<Record, StoreError> {
        decode("a dialogue", &self.record)
    }

    pub(super) fn snapshot(&self) -> Result<Snapshot, StoreError> {
        Ok(Snapshot { version: self.version, record: self.record()? })
    }
}

/// A row of the outbox as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredRow {
    key: Key,
    turn: u64,
    state: RowState,
    attempts: u32,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    held: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    waits: Option<Obstacle>,
    due: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    via: Option<Via>,
}

impl StoredRow {
    pub(super) fn key(&self) -> &Key {
        &self.key
    }

    pub(super) fn encode(row: &Row) -> Vec<u8> {
        encode(&Self {
            key: row.key.clone(),
            turn: row.turn,
            state: row.state.clone(),
            attempts: row.attempts,
            held: row.held,
            waits: row.waits.clone(),
            due: row.due,
            via: row.via.clone(),
        })
    }
}

pub(super) fn gone(error: &sled::Error) -> StoreError {
    match error {
        sled::Error::Corruption { .. } => StoreError::Corrupt(DAMAGED.to_owned()),
        other @ (sled::Error::Io(_)
        | sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)) => StoreError::Gone(other.to_string()),
    }
}

/// What is said of a file that sled cannot read: its own words end with an empty backtrace.
pub(super) const DAMAGED: &str = "a file of it is damaged";

fn prefixed(prefix: u8, rest: &[u8]) -> Vec<u8> {
    let mut key = Vec::with_capacity(rest.len() + 1);
    key.push(prefix);
    key.extend_from_slice(rest);
    key
}

pub(super) fn dialogue(key: &Key) -> Vec<u8> {
    prefixed(b'd', &key_bytes(key))
}

pub(super) fn turn(seq: u64) -> Vec<u8> {
    prefixed(b't', &seq.to_be_bytes())
}

pub(super) fn row(id: RowId) -> Vec<u8> {
    let mut key = prefixed(b'o', &id.seq.to_be_bytes());
    key.extend_from_slice(&id.index.to_be_bytes());
    key
}

pub(super) fn sent(account: &AccountId, id: &MessageId) -> Vec<u8> {
    message(b's', account, id)
}

pub(super) fn stray(account: &AccountId, id: &MessageId) -> Vec<u8> {
    message(b'e', account, id)
}

fn message(prefix: u8, account: &AccountId, id: &MessageId) -> Vec<u8> {
    let mut key = prefixed(prefix, account.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(id.as_str().as_bytes());
    key
}

pub(super) fn part(name: &PartsName, number: u8) -> Vec<u8> {
    let mut key = prefixed(b'p', name.digest.as_bytes());
    key.extend([name.round, number]);
    key
}

pub(super) fn review(key: &Key) -> Vec<u8> {
    prefixed(b'r', &key_bytes(key))
}

/// Moments before 1970 do not occur; the sign bit is turned so that keys sort as moments do.
pub(super) fn alarm(at: Timestamp, key: &Key) -> Vec<u8> {
    let mut bytes = alarm_moment(at);
    bytes.extend_from_slice(&key_bytes(key));
    bytes
}

pub(super) fn alarm_moment(at: Timestamp) -> Vec<u8> {
    let sortable = at.as_millisecond().cast_unsigned() ^ (1 << 63);
    prefixed(b'a', &sortable.to_be_bytes())
}

pub(super) fn alarm_from(bytes: &[u8]) -> Result<(Timestamp, Key), StoreError> {
    let bad = || StoreError::Corrupt("an alarm".to_owned());
    let moment: [u8; 8] = bytes.get(1..9).ok_or_else(bad)?.try_into().map_err(|_| bad())?;
    let millis = (u64::from_be_bytes(moment) ^ (1 << 63)).cast_signed();
    let at = Timestamp::from_millisecond(millis).map_err(|_| bad())?;
    Ok((at, key_from(&bytes[9..])?))
}

pub(super) fn counter(brand: &BrandId, name: &str) -> Vec<u8> {
    let mut key = prefixed(b'k', brand.as_str().as_bytes());
    key.push(0);
    key.extend_from_slice(name.as_bytes());
    key
}

pub(super) fn left(key: &Key) -> Vec<u8> {
    prefixed(b'c', &key_bytes(key))
}

/// The moments under such a key, oldest first.
pub(super) fn read_left(bytes: Option<&[u8]>) -> Result<Vec<Timestamp>, StoreError> {
    bytes.map_or_else(|| Ok(Vec::new()), |bytes| decode("the moments of messages", bytes))
}

pub(super) const FORMAT: &[u8] = b"mformat";
/// That the link of an account runs.
pub(super) fn linked(account: &AccountId) -> Vec<u8> {
    [b"mlinked".as_slice(), account.as_str().as_bytes()].concat()
}

/// The key of the suppression hashes.
pub(super) const SUPPRESSION: &[u8] = b"msuppression";

/// The number of the last turn in the log; 0 where there is none.
pub(super) fn last_seq(db: &sled::Db) -> Result<u64, StoreError> {
    let last = db.scan_prefix(b"t").keys().next_back().transpose().map_err(|error| gone(&error))?;
    last.map_or(Ok(0), |key| seq_of(&key))
}

pub(super) fn seq_of(key: &[u8]) -> Result<u64, StoreError> {
    let bad = || StoreError::Corrupt("the number of a turn".to_owned());
    Ok(u64::from_be_bytes(key.get(1..9).ok_or_else(bad)?.try_into().map_err(|_| bad())?))
}

pub(super) fn row_id(key: &[u8]) -> Result<RowId, StoreError> {
    let bad = || StoreError::Corrupt("the name of a message".to_owned());
    let index = u16::from_be_bytes(key.get(9..11).ok_or_else(bad)?.try_into().map_err(|_| bad())?);
    Ok(RowId { seq: seq_of(key)?, index })
}

/// Reads what stands under a key.
pub(super) type Get<'g> = dyn Fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError> + 'g;

/// A row with its words from the log.
pub(super) fn read_row(get: &Get<'_>, key: &[u8], value: &[u8]) -> Result<Row, StoreError> {
    let id = row_id(key)?;
    let stored: StoredRow = decode("a message", value)?;
    let lost = || StoreError::Corrupt(format!("the turn of message {id}"));
    let entry = get(&turn(id.seq))?.ok_or_else(lost)?;
    let entry: Entry = decode("a turn", &entry)?;
    let index = usize::from(id.index);
    let errand = entry.effects.get(index).and_then(Effect::errand).ok_or_else(lost)?;
    Ok(Row {
        id,
        key: stored.key,
        turn: stored.turn,
        written: entry.at,
        errand,
        via: stored.via,
        state: stored.state,
        attempts: stored.attempts,
        held: stored.held,
        waits: stored.waits,
        due: stored.due,
    })
}

/// A page of one kind, straight from sled.
pub(super) fn scan(
    db: &sled::Db,
    what: Table,
    after: Option<Cursor>,
    limit: usize,
) -> Result<Page, StoreError> {
    let prefix = match what {
        Table::Subscribers => b'd',
        Table::Turns => b't',
        Table::Outbox => b'o',
        Table::Sent => b's',
        Table::Consents => b'l',
        Table::Roots => b'y',
        Table::Suppressions => b'x',
        Table::Reviews => b'r',
    };
    let limit = limit.clamp(1, PAGE_MAX);
    let start = after.map_or_else(|| vec![prefix], |Cursor(last)| [last.as_slice(), &[0]].concat());
    let mut page = Page::default();
    let mut last = None;
    // A place of another table is behind this one, or before it.
    let start = start.max(vec![prefix]);
    if start.first() != Some(&prefix) {
        return Ok(page);
    }
    for found in db.range(start..vec![prefix + 1]) {
        let (key, value) = found.map_err(|error| gone(&error))?;
        if page.items.len() == limit {
            page.next = last.map(Cursor);
            break;
        }
        page.items.push(scanned(db, what, &key, &value)?);
        last = Some(key.to_vec());
    }
    Ok(page)
}

/// Whose texts wait to be read, and since when. O(people whose texts wait). One that cannot be read is left out: the doctor
/// tells of it, and the store opens all the same.
pub(super) fn reviews(db: &sled::Db) -> Result<Vec<(Key, Timestamp)>, StoreError> {
    let mut waiting = Vec::new();
    for found in db.scan_prefix(b"r") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        if let Ok(Scanned::Review { key, entry }) = scanned(db, Table::Reviews, &key, &value) {
            waiting.push((key, entry.at));
        }
    }
    Ok(waiting)
}

fn scanned(db: &sled::Db, what: Table, key: &[u8], value: &[u8]) -> Result<Scanned, StoreError> {
    Ok(match what {
        Table::Subscribers => Scanned::Subscriber {
            key: key_from(&key[1..])?,
            record: Box::new(Stored::decode(value)?.record()?),
        },
        Table::Turns => scanned_turn(key, value)?,
        Table::Outbox => {
            let get = |key: &[u8]| Ok(db.get(key).map_err(|error| gone(&error))?.map(|value| value.to_vec()));
            Scanned::Row(Box::new(read_row(&get, key, value)?))
        }
        Table::Sent => Scanned::Sent(Box::new(decode::<Sent>("a sent message", value)?)),
        Table::Reviews => {
            let key = key_from(&key[1..])?;
            let lost = || StoreError::Corrupt("the ledger entry of a text that waits to be read".to_owned());
            let number: u32 = decode("a text that waits to be read", value)?;
            let name = ledger::entry(&key, number);
            let entry = db.get(&name).map_err(|error| gone(&error))?.ok_or_else(lost)?;
            let Scanned::Consent { entry, .. } = ledger::scanned_entry(&name, &entry)? else {
                return Err(lost());
            };
            Scanned::Review { key, entry }
        }
        Table::Consents => ledger::scanned_entry(key, value)?,
        Table::Roots => ledger::scanned_root(key, value)?,
        Table::Suppressions => ledger::scanned_suppression(key, value)?,
    })
}

pub(super) fn scanned_turn(key: &[u8], value: &[u8]) -> Result<Scanned, StoreError> {
    let seq = seq_of(key)?;
    decode::<Entry>("a turn", value).map(|entry| Scanned::Turn { seq, entry: Box::new(entry) }).or_else(
        |error| {
            let erased = decode::<ErasedTurn>("a turn", value).map_err(|_| error)?;
            Ok(Scanned::ErasedTurn { seq, brand: erased.brand, erased_at: erased.erased_at })
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn damage_is_told_in_words() {
        let told = gone(&sled::Error::Corruption { at: None, bt: () });
        assert_eq!(
            told.to_string(),
            "the store holds something that cannot be read: a file of it is damaged"
        );
    }
}
