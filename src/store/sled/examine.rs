//! Looking at everything that a store holds: what can be read, and whether it fits together.

use super::keys::{self, Stored, gone};
use super::{SledStore, ledger, migrate, opening, suppression};
use crate::consent::SuppressionKey;
use crate::sms::Key;
use crate::store::parts::Piece;
use crate::store::stray::Stray;
use crate::store::{RowState, Scanned, Sent, StoreError, codec};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Faults of one kind that are told one by one; the others are counted.
const EXAMPLES_MAX: usize = 5;

/// What does not fit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fault {
    /// A value cannot be read.
    Unreadable,
    /// Turns are missing between others.
    Hole,
    /// A message whose turn is missing, or does not want it.
    Orphan,
    /// Ledger entries are missing, or the dialogue counts others.
    Ledger,
    /// A dialogue waits for a time that nothing will remind it of.
    Alarm,
}

/// What a store holds and what is wrong with it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Report {
    /// Its format.
    pub format: u8,
    /// Dialogues.
    pub subscribers: u64,
    /// Turns in the log.
    pub turns: u64,
    /// The moment of the last turn.
    pub last_turn: Option<Timestamp>,
    /// Messages that wait to be sent.
    pub waiting: u64,
    /// The earliest moment at which one of them was due.
    pub due: Option<Timestamp>,
    /// Messages of which nobody knows whether they left.
    pub unknown: u64,
    /// Messages that are never sent.
    pub dead: u64,
    /// What is wrong, with how often, and some of it in words.
    pub faults: BTreeMap<Fault, (u64, Vec<String>)>,
}

impl Report {
    fn fault(&mut self, fault: Fault, words: impl Into<String>) {
        let (count, examples) = self.faults.entry(fault).or_default();
        *count += 1;
        if examples.len() < EXAMPLES_MAX {
            examples.push(words.into());
        }
    }

    /// What was read; a fault where it could not be.
    fn read<T>(&mut self, what: &str, read: Result<T, StoreError>) -> Option<T> {
        read.map_err(|error| self.fault(Fault::Unreadable, format!("{what}: {error}"))).ok()
    }
}

/// A part of an examination.
type Part = fn(&sled::Db, &mut Report) -> Result<(), StoreError>;

impl SledStore {
    /// Reads all of it, while others go on writing. O(values); what is written meanwhile is looked at again before it is
    /// called a fault. Blocks: to be called where that harms nobody.
    #[must_use]
    pub fn examine(&self) -> Report {
        let mut report = Report::default();
        let parts: [Part; 5] = [of_itself, turns, outbox, dialogues, rest];
        for part in parts {
            let (db, mut so_far) = (&self.db, report.clone());
            // What sled cannot read at all ends the part, and not the examination.
            match opening::caught(|| part(db, &mut so_far).map(|()| so_far)) {
                Ok(Ok(more)) => report = more,
                Ok(Err(error)) => report.fault(Fault::Unreadable, error.to_string()),
                Err(why) => report.fault(Fault::Unreadable, why),
            }
        }
        report
    }
}

fn of_itself(db: &sled::Db, report: &mut Report) -> Result<(), StoreError> {
    report.format = migrate::format_of(db)?.unwrap_or_default();
    Ok(())
}

fn turns(db: &sled::Db, report: &mut Report) -> Result<(), StoreError> {
    let mut last = 0;
    for found in db.scan_prefix(b"t") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        let seq = keys::seq_of(&key)?;
        if seq != last + 1 {
            report.fault(Fault::Hole, format!("turns {} to {} are missing", last + 1, seq - 1));
        }
        (last, report.turns) = (seq, report.turns + 1);
        let turn = keys::scanned_turn(&key, &value);
        if let Some(Scanned::Turn { entry, .. }) = report.read(&format!("turn {seq}"), turn) {
            report.last_turn = report.last_turn.max(Some(entry.at));
        }
    }
    Ok(())
}

fn outbox(db: &sled::Db, report: &mut Report) -> Result<(), StoreError> {
    let get = |key: &[u8]| Ok(db.get(key).map_err(|error| gone(&error))?.map(|value| value.to_vec()));
    for found in db.scan_prefix(b"o") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        let id = keys::row_id(&key)?;
        let row = match keys::read_row(&get, &key, &value) {
            Ok(row) => row,
            Err(_) if db.get(keys::turn(id.seq)).is_ok_and(|turn| turn.is_none()) => {
                report.fault(Fault::Orphan, format!("message {id}: its turn is missing"));
                continue;
            }
            Err(error) => {
                report.fault(Fault::Unreadable, format!("message {id}: {error}"));
                continue;
            }
        };
        match row.state {
            RowState::Pending | RowState::Held | RowState::Sending => {
                report.waiting += 1;
                let due = report.due.map_or(row.due, |due| due.min(row.due));
                report.due = Some(due);
            }
            RowState::Unknown { .. } => report.unknown += 1,
            RowState::Dead { .. } => report.dead += 1,
        }
    }
    Ok(())
}

fn dialogues(db: &sled::Db, report: &mut Report) -> Result<(), StoreError> {
    let erased_by = suppression::stored(db)?;
    for found in db.scan_prefix(b"d") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        report.subscribers += 1;
        let whose = codec::key_from(&key[1..])?;
        let name = shown(&whose);
        let read = Stored::decode(&value).and_then(|stored| Ok((stored.record()?, stored)));
        let Some((record, stored)) = report.read(&name, read) else { continue };
        let entries = record.person.standing.entries;
        if !is_settled(db, &key, &value, || ledger_fits(db, erased_by.as_ref(), &whose, entries)) {
            report.fault(Fault::Ledger, format!("{name}: its {entries} ledger entries are not all there"));
        }
        let timer = record.person.next_due();
        let reminds = |stored: &Stored| {
            let alarm = stored.alarm.map(|at| keys::alarm(at, &whose));
            alarm.is_some_and(|alarm| db.contains_key(alarm).unwrap_or(false))
        };
        if timer.is_some() && !is_settled(db, &key, &value, || reminds(&stored)) {
            report.fault(Fault::Alarm, format!("{name}: its timer never rings"));
        }
    }
    Ok(())
}

/// Whether something holds; also where the dialogue was written again while it was looked at.
fn is_settled(db: &sled::Db, key: &[u8], value: &[u8], holds: impl Fn() -> bool) -> bool {
    holds() || db.get(key).is_ok_and(|now| now.as_deref() != Some(value))
}

/// Whether a person's entries are numbered from 1 to as many as the dialogue counts; of those that were erased the proofs.
fn ledger_fits(db: &sled::Db, key: Option<&SuppressionKey>, whose: &Key, entries: u32) -> bool {
    let is_there = |name: Vec<u8>| db.contains_key(name).unwrap_or(false);
    let erased = key.map(|key| key.whose(whose));
    let is_proved =
        |number| erased.is_some_and(|erased| is_there(ledger::proof(&whose.brand, &erased, number)));
    let last = ledger::numbers(db, whose).ok().and_then(|numbers| numbers.last().map(|(number, _)| *number));
    last.is_none_or(|last| last == entries)
        && (1..=entries).all(|number| is_there(ledger::entry(whose, number)) || is_proved(number))
}

fn rest(db: &sled::Db, report: &mut Report) -> Result<(), StoreError> {
    for found in db.scan_prefix(b"l") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        if let Some(Scanned::Damaged { number, damage, .. }) =
            report.read("a ledger entry", ledger::scanned_entry(&key, &value))
        {
            report.fault(Fault::Unreadable, format!("ledger entry {number}: {damage}"));
        }
    }
    for found in db.scan_prefix(b"y") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        report.read("the root of a day", ledger::scanned_root(&key, &value));
    }
    for found in db.scan_prefix(b"x") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        report.read("a suppression", ledger::scanned_suppression(&key, &value));
    }
    for found in db.scan_prefix(b"s") {
        let (_, value) = found.map_err(|error| gone(&error))?;
        report.read("a sent message", codec::decode::<Sent>("a sent message", &value));
    }
    for found in db.scan_prefix(b"e") {
        let (_, value) = found.map_err(|error| gone(&error))?;
        report.read("a receipt", codec::decode::<Stray>("a receipt", &value));
    }
    for found in db.scan_prefix(b"p") {
        let (_, value) = found.map_err(|error| gone(&error))?;
        report.read("a part of a text", codec::decode::<Piece>("a part of a text", &value));
    }
    for found in db.scan_prefix(b"k") {
        let (_, value) = found.map_err(|error| gone(&error))?;
        report.read("a counter", codec::decode::<u64>("a counter", &value));
    }
    for found in db.scan_prefix(b"a").keys() {
        let key = found.map_err(|error| gone(&error))?;
        report.read("an alarm", keys::alarm_from(&key));
    }
    Ok(())
}

/// Whose a fault is, as logs show it.
fn shown(key: &Key) -> String {
    format!("{} {}", key.brand, key.phone.masked())
}
