//! The reference: everything in plain maps behind one lock, each rule written down as simply as it can be said.
//! Tests and the simulator run on it; the other stores are compared with it.

use super::{
    Alarm, Commit, Cursor, Entry, Page, Row, RowId, RowState, Scanned, Sent, Settlement, Snapshot, Store,
    StoreError, Table, TakeKey, Turn, in_order, rows, settled, take,
};
use crate::consent::LedgerEntry;
use crate::dialogue::{Effect, Record};
use crate::sms::{AccountId, Class, Key, MessageId, Receipt, ReceiptState};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A store that forgets everything when it is dropped.
#[derive(Debug, Default)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

#[derive(Debug, Default)]
struct Inner {
    seq: u64,
    dialogues: BTreeMap<Key, Dialogue>,
    turns: BTreeMap<u64, Entry>,
    outbox: BTreeMap<RowId, Row>,
    sent: BTreeMap<(AccountId, MessageId), Sent>,
    ledger: BTreeMap<(Key, u32), LedgerEntry>,
    takes: BTreeMap<TakeKey, u64>,
}

#[derive(Debug)]
struct Dialogue {
    version: u64,
    record: Record,
    wake: Option<Timestamp>,
}

impl MemoryStore {
    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while the lock was held cannot leave half a turn: a turn is applied by moves that do not panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn commit(&mut self, mut turn: Turn) -> Commit {
        if let Some(dialogue) = self.dialogues.get(&turn.key)
            && turn.seen.is_some_and(|id| dialogue.record.person.has_seen(id))
        {
            return Commit::Duplicate;
        }
        if turn.read_version != self.dialogues.get(&turn.key).map_or(0, |dialogue| dialogue.version) {
            return Commit::Conflict;
        }
        self.seq += 1;
        let wake = turn.wake();
        let mut taken = Vec::new();
        for effect in &turn.entry.effects {
            match effect {
                Effect::Ledger(entry) => {
                    self.ledger.insert((turn.key.clone(), entry.number), entry.clone());
                }
                Effect::Take(wanted) => {
                    let count = self.takes.entry((turn.key.brand.clone(), wanted.name.clone())).or_default();
                    let (after, result) = take(*count, wanted);
                    *count = after;
                    taken.push(result);
                }
                Effect::Send(_) | Effect::Lookup { .. } | Effect::Notify { .. } => {}
            }
        }
        turn.record.person.taken.extend(taken.iter().cloned());
        self.outbox.extend(rows(self.seq, &turn).into_iter().map(|row| (row.id, row)));
        let version = turn.read_version + 1;
        self.dialogues.insert(turn.key, Dialogue { version, record: turn.record, wake });
        self.turns.insert(self.seq, turn.entry);
        Commit::Committed { seq: self.seq, taken }
    }

    /// Whether an earlier reply of the same dialogue is not settled yet.
    fn is_blocked(&self, row: &Row) -> bool {
        in_order(row.send.class)
            && self.outbox.range(..row.id).any(|(_, earlier)| {
                earlier.key == row.key
                    && in_order(earlier.send.class)
                    && matches!(earlier.state, RowState::Pending | RowState::Sending)
            })
    }

    fn claim(&mut self, now: Timestamp, limit: usize) -> Vec<Row> {
        let due = |row: &&Row| matches!(row.state, RowState::Pending | RowState::Held) && row.due <= now;
        let mut ready: Vec<RowId> =
            self.outbox.values().filter(due).filter(|row| !self.is_blocked(row)).map(|row| row.id).collect();
        ready.sort_by_key(|id| {
            let row = &self.outbox[id];
            (row.send.class == Class::Campaign, row.due, row.id)
        });
        ready.truncate(limit);
        self.mark_sending(ready)
    }

    fn mark_sending(&mut self, ready: Vec<RowId>) -> Vec<Row> {
        let mut claimed = Vec::new();
        for id in ready {
            if let Some(row) = self.outbox.get_mut(&id) {
                row.state = RowState::Sending;
                claimed.push(row.clone());
            }
        }
        claimed
    }

    fn settle(&mut self, id: RowId, settlement: &Settlement) {
        let Some(row) = self.outbox.remove(&id) else { return };
        if let Settlement::Sent { account, id: given, at, pass } = settlement {
            let sent = Sent {
                row: id,
                key: row.key.clone(),
                account: account.clone(),
                id: given.clone(),
                at: *at,
                pass: pass.clone(),
                receipt: ReceiptState::Accepted,
            };
            self.sent.insert((account.clone(), given.clone()), sent);
        }
        self.outbox.extend(settled(row, settlement).map(|row| (id, row)));
    }

    fn everything(&self, what: Table) -> Vec<Scanned> {
        match what {
            Table::Subscribers => (self.dialogues.iter())
                .map(|(key, d)| Scanned::Subscriber { key: key.clone(), record: Box::new(d.record.clone()) })
                .collect(),
            Table::Turns => (self.turns.iter())
                .map(|(seq, entry)| Scanned::Turn { seq: *seq, entry: Box::new(entry.clone()) })
                .collect(),
            Table::Outbox => self.outbox.values().map(|row| Scanned::Row(Box::new(row.clone()))).collect(),
            Table::Sent => self.sent.values().map(|sent| Scanned::Sent(Box::new(sent.clone()))).collect(),
            Table::Consents => (self.ledger.iter())
                .map(|((key, _), entry)| Scanned::Consent {
                    key: key.clone(),
                    entry: Box::new(entry.clone()),
                })
                .collect(),
        }
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, key: &Key) -> Result<Snapshot, StoreError> {
        let inner = self.inner();
        let dialogue = inner.dialogues.get(key);
        Ok(dialogue
            .map_or_else(Snapshot::default, |d| Snapshot { version: d.version, record: d.record.clone() }))
    }

    async fn commit(&self, turns: Vec<Turn>) -> Result<Vec<Commit>, StoreError> {
        let mut inner = self.inner();
        Ok(turns.into_iter().map(|turn| inner.commit(turn)).collect())
    }

    async fn claim(&self, now: Timestamp, limit: usize) -> Result<Vec<Row>, StoreError> {
        Ok(self.inner().claim(now, limit))
    }

    async fn claim_for(&self, key: &Key, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut inner = self.inner();
        let waits = |row: &&Row| row.key == *key && matches!(row.state, RowState::Pending | RowState::Held);
        let ready = inner.outbox.values().filter(waits).take(limit).map(|row| row.id).collect();
        Ok(inner.mark_sending(ready))
    }

    async fn settle(&self, settled: Vec<(RowId, Settlement)>) -> Result<(), StoreError> {
        let mut inner = self.inner();
        for (id, settlement) in &settled {
            inner.settle(*id, settlement);
        }
        Ok(())
    }

    async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<Alarm>, StoreError> {
        let inner = self.inner();
        let mut alarms: Vec<Alarm> = (inner.dialogues.iter())
            .filter_map(|(key, d)| d.wake.filter(|at| *at <= until).map(|at| Alarm { at, key: key.clone() }))
            .collect();
        alarms.sort();
        alarms.truncate(limit);
        Ok(alarms)
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        let inner = self.inner();
        let sending = |row: &&Row| matches!(row.state, RowState::Pending | RowState::Held);
        let rows = inner.outbox.values().filter(sending).map(|row| row.due);
        Ok(rows.chain(inner.dialogues.values().filter_map(|d| d.wake)).min())
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        let mut inner = self.inner();
        let sent = inner.sent.get_mut(&(receipt.account.clone(), receipt.id.clone()));
        Ok(sent.map(|sent| {
            sent.receipt = sent.receipt.then(receipt.state);
            sent.key.clone()
        }))
    }

    async fn scan(&self, what: Table, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        let start = after.map_or(0, |Cursor(bytes)| {
            usize::from_be_bytes(bytes.try_into().unwrap_or([0; size_of::<usize>()]))
        });
        let everything = self.inner().everything(what);
        let end = everything.len().min(start + limit);
        let next = (end < everything.len()).then(|| Cursor(end.to_be_bytes().to_vec()));
        Ok(Page { items: everything.into_iter().skip(start).take(limit).collect(), next })
    }
}
