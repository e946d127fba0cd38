//! Erasing people: what is theirs is looked for outside the writer, which then takes all of it away at once, if nothing has
//! come meanwhile.

use super::keys::{self, Stored, StoredRow, gone};
use super::ledger::{self, StoredEntry};
use super::writer::Writer;
use crate::consent::{LedgerEntry, Suppressed};
use crate::sms::{AccountId, BrandId, Key, MessageId};
use crate::store::codec::{decode, encode};
use crate::store::{Entry, Erased, Erasure, RowId, Sent, StoreError, erasure_entry};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What a turn of the log is when its person was erased.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct ErasedTurn {
    pub(super) brand: BrandId,
    pub(super) erased_at: Timestamp,
}

/// Everything of one person but the dialogue.
#[derive(Debug)]
pub(super) struct Traces {
    erasure: Erasure,
    /// The version of the dialogue before the search; 0 where there is none.
    version: u64,
    /// The numbers of the ledger entries, and the keys that they stand under.
    entries: Vec<(u32, Vec<u8>)>,
    turns: Vec<u64>,
    rows: Vec<RowId>,
    sent: Vec<(AccountId, MessageId)>,
}

/// Looks for what is theirs. O(what the store holds), once for all of them.
pub(super) fn traces(db: &sled::Db, erasures: Vec<Erasure>) -> Result<Vec<Traces>, StoreError> {
    let (mut people, mut places) = (Vec::with_capacity(erasures.len()), BTreeMap::<Key, usize>::new());
    for erasure in erasures {
        let found = db.get(keys::dialogue(&erasure.key)).map_err(|error| gone(&error))?;
        let version = found.map_or(Ok(0), |bytes| Stored::decode(&bytes).map(|stored| stored.version))?;
        let entries = ledger::numbers(db, &erasure.key)?;
        let (turns, rows, sent) = (Vec::new(), Vec::new(), Vec::new());
        let traces = Traces { erasure, version, entries, turns, rows, sent };
        places.entry(traces.erasure.key.clone()).or_insert(people.len());
        people.push(traces);
    }
    if people.iter().all(|traces| traces.version == 0) {
        return Ok(people);
    }
    for found in db.scan_prefix(b"o") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        if let Some(place) = places.get(decode::<StoredRow>("a message", &value)?.key()) {
            people[*place].rows.push(keys::row_id(&key)?);
        }
    }
    for found in db.scan_prefix(b"s") {
        let (_, value) = found.map_err(|error| gone(&error))?;
        let sent: Sent = decode("a sent message", &value)?;
        if let Some(place) = places.get(&sent.key) {
            people[*place].sent.push((sent.account, sent.id));
        }
    }
    for found in db.scan_prefix(b"t") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        // Turns that were erased before are nobody's.
        let Ok(entry) = decode::<Entry>("a turn", &value) else { continue };
        if let Some(place) = places.get(&entry.key) {
            people[*place].turns.push(keys::seq_of(&key)?);
        }
    }
    Ok(people)
}

impl Writer {
    /// Erases one person; `None` where something has come since their traces were looked for.
    pub(super) fn erase(&mut self, traces: &Traces) -> Result<Option<Erased>, StoreError> {
        let Traces { erasure, version, entries, turns, rows, sent } = traces;
        let key = &erasure.key;
        let dialogue = keys::dialogue(key);
        let before = self.get(&dialogue)?.map(|bytes| Stored::decode(&bytes)).transpose()?;
        let Some(before) = before else {
            return Ok((*version == 0).then(Erased::default));
        };
        // A message that was settled meanwhile has become a sent one.
        let is_settled = |id: &RowId| Ok::<_, StoreError>(self.get(&keys::row(*id))?.is_none());
        for id in rows {
            if is_settled(id)? {
                return Ok(None);
            }
        }
        if before.version != *version {
            return Ok(None);
        }
        let record = before.record()?;
        let entry = erasure_entry(erasure, &record, entries.last().map_or(0, |(number, _)| *number));
        self.erase_ledger(erasure, entries, &entry)?;
        for id in rows {
            if let Some(row) = self.readable_row(*id) {
                self.forget(&row);
            }
            self.delete(keys::row(*id));
        }
        for (account, id) in sent {
            self.delete(keys::sent(account, id));
        }
        let erased_turn = encode(&ErasedTurn { brand: key.brand.clone(), erased_at: erasure.at });
        for seq in turns {
            self.put(keys::turn(*seq), erased_turn.clone());
        }
        if let Some(alarm) = before.alarm {
            self.delete(keys::alarm(alarm, key));
        }
        self.delete(keys::left(key));
        self.unlist_review(key);
        self.delete(dialogue);
        let standing = record.person.standing.after(&entry);
        let rule = erasure.rule.clone();
        let suppressed = Suppressed { version: version + 1, standing, at: erasure.at, rule };
        let whose = self.suppression.whose(key);
        self.put(ledger::suppression(&key.brand, &whose), encode(&suppressed));
        self.now_has_suppressed();
        Ok(Some(Erased {
            known: true,
            turns: turns.len() as u64,
            outbox: rows.len() as u64,
            sent: sent.len() as u64,
            entries: entries.len() as u64 + 1,
        }))
    }

    /// Leaves of a person's ledger what proves it, under the keyed hash, and adds the entry that says so.
    fn erase_ledger(
        &mut self,
        erasure: &Erasure,
        entries: &[(u32, Vec<u8>)],
        last: &LedgerEntry,
    ) -> Result<(), StoreError> {
        let key = &erasure.key;
        let whose = self.suppression.whose(key);
        let link = self.link(key, last, erasure.salt)?;
        self.put(ledger::proof(&key.brand, &whose, link.number), encode(&link.erased()));
        for (number, live) in entries {
            let stored = self.get(live)?.map(|value| decode::<StoredEntry>("a ledger entry", &value));
            match stored {
                Some(Ok(stored)) => {
                    self.put(ledger::proof(&key.brand, &whose, *number), encode(&stored.link.erased()));
                }
                // What cannot be read proves nothing; `consent verify` finds the gap.
                Some(Err(error)) => {
                    tracing::error!(number, %error, "a ledger entry is erased without its proof");
                }
                None => {}
            }
            self.delete(live.clone());
        }
        Ok(())
    }
}
