//! The writer: the one thread that writes. What is waiting becomes one batch, one flush, one sync, many answers.

mod tally;

use super::codec;
use super::erase::Traces;
use super::keys::{self, Stored, StoredRow, gone};
use super::ledger::{self, StoredEntry};
use super::room::Room;
use crate::consent::SuppressionKey;
use crate::dialogue::Effect;
use crate::sms::{AccountId, Key, MessageId, Part, Receipt, Sender};
use crate::store::live::Live;
use crate::store::parts::{Changes, Gatherings};
use crate::store::stray::Strays;
use crate::store::tally::Reviews;
use crate::store::{
    Alarm, Claim, Claimed, Commit, Erased, Parts, PartsName, Resolution, Resolved, Row, RowId, RowState,
    Sent, Settlement, StoreError, Tally, Turn, Whole, interrupted, interrupted_at, rows, take,
};
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;
use std::fs::File;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use tokio::sync::oneshot;

/// Jobs that become one batch. Beyond a thousand turns a sync costs less than the batch itself (measured), and
/// everybody in it waits for all of it.
const BATCH_MAX: usize = 1_024;

/// Alarms that may ring early before one that is really due is found. They are moved when they ring, so few are left.
const EARLY_MAX: usize = 4_096;

type Answer<T> = oneshot::Sender<Result<T, StoreError>>;

/// Something that the writer is asked for.
pub(super) enum Job {
    Commit(Vec<Prepared>, Answer<Vec<Commit>>),
    Claim(Claim, Answer<Claimed>),
    ClaimFor {
        key: Key,
        from: Sender,
        limit: usize,
        answer: Answer<Vec<Row>>,
    },
    Settle(Vec<(RowId, Settlement)>, Answer<()>),
    Resolve(RowId, Resolution, Timestamp, Answer<Resolved>),
    Due {
        until: Timestamp,
        limit: usize,
        answer: Answer<Vec<Alarm>>,
    },
    NextDue(Answer<Option<Timestamp>>),
    Tally(Answer<Tally>),
    Receipt(Receipt, Answer<Option<Key>>),
    /// `None` for everybody of whom something has come meanwhile.
    Erase(Vec<Traces>, Answer<Vec<Option<Erased>>>),
    /// From now on the keys of everything that is written are noted there too.
    Follow(Arc<Followed>, Answer<()>),
    /// What stands under the keys that were noted and not yet taken, at one moment.
    Rest(Arc<Followed>, Answer<Vec<Changed>>),
    Stray(Receipt, Timestamp, Answer<()>),
    Strays(AccountId, MessageId, Answer<Vec<Receipt>>),
    Part(Box<Part>, Timestamp, Answer<Parts>),
    PartsDue {
        now: Timestamp,
        limit: usize,
        answer: Answer<Vec<Whole>>,
    },
    PartsDone(PartsName, Answer<()>),
    Linked(AccountId, bool, Answer<bool>),
}

/// The keys that were written since somebody began to follow. O(keys) of memory.
#[derive(Debug, Default)]
pub(super) struct Followed(Mutex<BTreeSet<Vec<u8>>>);

impl Followed {
    pub(super) fn put_back(&self, keys: BTreeSet<Vec<u8>>) {
        self.note(keys.into_iter());
    }

    fn note(&self, keys: impl Iterator<Item = Vec<u8>>) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend(keys);
    }

    pub(super) fn take(&self) -> BTreeSet<Vec<u8>> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// A key, and what stands under it; `None` where nothing does any more.
pub(super) type Changed = (Vec<u8>, Option<Vec<u8>>);

/// A turn with its bytes.
pub(super) struct Prepared {
    pub(super) turn: Turn,
    record: Vec<u8>,
    entry: Vec<u8>,
    refusal: Option<String>,
}

impl Prepared {
    pub(super) fn new(turn: Turn) -> Self {
        let (record, entry) = (codec::encode(&turn.record), codec::encode(&turn.entry));
        let refusal = codec::refusal(&record, &entry);
        Self { turn, record, entry, refusal }
    }
}

pub(super) struct Writer {
    db: sled::Db,
    /// sled's own file, for the sync that sled does not make.
    file: File,
    seq: u64,
    pub(super) live: Live,
    reviews: Reviews,
    strays: Strays,
    parts: Gatherings,
    batch: Batch,
    pub(super) suppression: SuppressionKey,
    /// Whether anybody was ever erased: nobody else's dialogue is looked for under a second key.
    suppressed: Arc<AtomicBool>,
    room: Room,
    /// Whoever makes a backup: one at a time, and nobody any more when it is done or given up.
    follower: Weak<Followed>,
}

/// Writes that are not on the disk yet, and what they hide.
#[derive(Default)]
struct Batch {
    writes: sled::Batch,
    len: usize,
    overlay: FxHashMap<Vec<u8>, Option<Vec<u8>>>,
}

impl Batch {
    fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key.as_slice(), value.as_slice());
        self.overlay.insert(key, Some(value));
        self.len += 1;
    }

    fn delete(&mut self, key: Vec<u8>) {
        self.writes.remove(key.as_slice());
        self.overlay.insert(key, None);
        self.len += 1;
    }
}

/// What is said to a caller once everything is on the disk.
type Reply = Box<dyn FnOnce() + std::marker::Send>;

impl Writer {
    /// Reads what the writer must know: the last turn, the rows that may still be sent.
    pub(super) fn open(
        db: sled::Db,
        file: File,
        room: Room,
        suppression: SuppressionKey,
        suppressed: Arc<AtomicBool>,
    ) -> Result<Self, StoreError> {
        let seq = keys::last_seq(&db)?;
        let (live, reviews) = (Live::default(), Reviews::default());
        let (strays, parts) = (Strays::default(), Gatherings::default());
        let (batch, follower) = (Batch::default(), Weak::new());
        #[rustfmt::skip]
        let mut writer = Self {
            db, file, seq, live, reviews, strays, parts, batch, suppression, suppressed, room, follower,
        };
        writer.keep_key()?;
        for found in writer.db.clone().scan_prefix(b"o") {
            let (key, value) = found.map_err(|error| gone(&error))?;
            let mut row = keys::read_row(&|key| writer.get(key), &key, &value)?;
            if row.state == RowState::Sending {
                if let Some(at) = interrupted_at(&row) {
                    writer.count(&row.key, at)?;
                }
                interrupted(&mut row);
                writer.batch.put(key.to_vec(), StoredRow::encode(&row));
            }
            writer.live.put(&row);
        }
        for found in writer.db.clone().scan_prefix(b"e") {
            let (_, value) = found.map_err(|error| gone(&error))?;
            writer.strays.put(codec::decode("a receipt", &value)?);
        }
        for found in writer.db.clone().scan_prefix(b"p") {
            let (_, value) = found.map_err(|error| gone(&error))?;
            writer.parts.put(codec::decode("a part of a text", &value)?);
        }
        for (key, at) in keys::reviews(&writer.db)? {
            writer.reviews.put(&key, at);
        }
        writer.sync()?;
        Ok(writer)
    }

    /// Works until the last handle of the store is gone.
    pub(super) fn run(mut self, jobs: &Receiver<Job>) {
        while let Ok(first) = jobs.recv() {
            self.room.look();
            let mut replies = vec![self.work(first)];
            while replies.len() < BATCH_MAX {
                let Ok(job) = jobs.try_recv() else { break };
                replies.push(self.work(job));
            }
            self.sync_or_end();
            for reply in replies {
                reply();
            }
        }
    }

    /// Puts the batch on the disk, or ends the process.
    fn sync_or_end(&mut self) {
        if let Err(error) = self.sync() {
            tracing::error!(%error, "the store could not be written; ending, because nobody knows what is on the disk");
            std::process::abort();
        }
    }

    /// Puts the batch on the disk: applied, flushed, and synced by our own call.
    fn sync(&mut self) -> Result<(), StoreError> {
        if self.batch.len == 0 {
            return Ok(());
        }
        let batch = std::mem::take(&mut self.batch);
        self.db.apply_batch(batch.writes).map_err(|error| gone(&error))?;
        self.db.flush().map_err(|error| gone(&error))?;
        self.file.sync_data().map_err(|error| StoreError::Gone(error.to_string()))?;
        // Noted after it is applied: whoever takes a key from there finds what was written.
        if let Some(followed) = self.follower.upgrade() {
            followed.note(batch.overlay.into_keys());
        }
        Ok(())
    }

    /// What stands under the keys that were written since they were last taken. Nothing of the batch that is being made is
    /// among them: it is applied as a whole, later.
    fn rest(&self, followed: &Followed) -> Result<Vec<Changed>, StoreError> {
        let stored = |key: Vec<u8>| {
            let value = self.db.get(&key).map_err(|error| gone(&error))?;
            Ok((key, value.map(|value| value.to_vec())))
        };
        followed.take().into_iter().map(stored).collect()
    }

    /// Does a job as far as it can be done before the sync; the reply is sent after it.
    fn work(&mut self, job: Job) -> Reply {
        fn reply<T: std::marker::Send + 'static>(answer: Answer<T>, result: Result<T, StoreError>) -> Reply {
            Box::new(move || {
                // A caller that has gone away wants no answer; what it asked for is done all the same.
                let _gone = answer.send(result);
            })
        }
        match job {
            // While there is no room, nothing is taken, and nothing sent that could not be marked.
            Job::Commit(_, answer) if self.room.is_full() => reply(answer, Err(StoreError::Full)),
            Job::Receipt(_, answer) if self.room.is_full() => reply(answer, Err(StoreError::Full)),
            Job::Part(_, _, answer) if self.room.is_full() => reply(answer, Err(StoreError::Full)),
            Job::Claim(_, answer) if self.room.is_full() => reply(answer, Ok(Claimed::default())),
            Job::ClaimFor { answer, .. } if self.room.is_full() => reply(answer, Ok(Vec::new())),
            Job::Commit(turns, answer) if self.has_no_place_for(&turns) => {
                reply(answer, Err(StoreError::Busy))
            }
            Job::Due { answer, .. } if self.room.is_full() => reply(answer, Ok(Vec::new())),
            Job::Follow(followed, answer) => {
                self.follower = Arc::downgrade(&followed);
                reply(answer, Ok(()))
            }
            Job::Rest(followed, answer) => reply(answer, self.rest(&followed)),
            Job::Commit(turns, answer) => {
                let result = turns.into_iter().map(|turn| self.commit(turn)).collect();
                reply(answer, result)
            }
            Job::Claim(claim, answer) => reply(answer, Ok(self.claim(&claim))),
            Job::ClaimFor { key, from, limit, answer } => {
                reply(answer, Ok(self.claim_for(&key, from, limit)))
            }
            Job::Settle(list, answer) => {
                // Every one is written down, whatever is wrong with another.
                let results: Vec<_> =
                    list.iter().map(|(id, settlement)| self.settle(*id, settlement)).collect();
                reply(answer, results.into_iter().collect())
            }
            Job::Resolve(id, resolution, at, answer) => reply(answer, self.resolve(id, resolution, at)),
            Job::Due { until, limit, answer } => reply(answer, self.due(until, limit)),
            Job::NextDue(answer) => reply(answer, self.next_due()),
            Job::Tally(answer) => reply(answer, self.tally()),
            Job::Receipt(receipt, answer) => reply(answer, self.receipt(&receipt)),
            Job::Erase(people, answer) => {
                reply(answer, people.iter().map(|traces| self.erase(traces)).collect())
            }
            Job::Stray(receipt, at, answer) => {
                self.stray(&receipt, at);
                reply(answer, Ok(()))
            }
            Job::Strays(account, id, answer) => reply(answer, Ok(self.strays(&account, &id))),
            Job::Part(part, at, answer) => {
                let (kept, changes) = self.parts.keep(&part, at);
                self.put_parts(changes);
                reply(answer, Ok(kept))
            }
            Job::PartsDue { now, limit, answer } => reply(answer, Ok(self.parts.due(now, limit))),
            Job::Linked(account, runs, answer) => reply(answer, self.linked(&account, runs)),
            Job::PartsDone(name, answer) => {
                let changes = self.parts.done(&name);
                self.put_parts(changes);
                reply(answer, Ok(()))
            }
        }
    }

    /// Keeps the key of the suppression hashes where it is new, and sees whether anybody was ever erased.
    fn keep_key(&mut self) -> Result<(), StoreError> {
        if self.get(keys::SUPPRESSION)?.is_none() {
            self.put(keys::SUPPRESSION.to_vec(), codec::encode(&self.suppression.bytes()));
        }
        let any = self.db.scan_prefix(b"x").next().transpose().map_err(|error| gone(&error))?;
        self.suppressed.store(any.is_some(), Ordering::Release);
        Ok(())
    }

    pub(super) fn has_suppressed(&self) -> bool {
        self.suppressed.load(Ordering::Acquire)
    }

    /// From now on, people are looked for among those who were erased.
    pub(super) fn now_has_suppressed(&self) {
        self.suppressed.store(true, Ordering::Release);
    }

    pub(super) fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.batch.put(key, value);
    }

    pub(super) fn delete(&mut self, key: Vec<u8>) {
        self.batch.delete(key);
    }

    /// A row that is to be given out no more.
    pub(super) fn forget(&mut self, row: &Row) {
        self.live.forget(row);
    }

    pub(super) fn get(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        if let Some(fresh) = self.batch.overlay.get(key) {
            return Ok(fresh.clone());
        }
        Ok(self.db.get(key).map_err(|error| gone(&error))?.map(|value| value.to_vec()))
    }

    fn commit(&mut self, prepared: Prepared) -> Result<Commit, StoreError> {
        let Prepared { turn, mut record, entry, refusal } = prepared;
        let key = keys::dialogue(&turn.key);
        let before = self.get(&key)?.map(|bytes| Stored::decode(&bytes)).transpose()?;
        let version = match &before {
            Some(stored) => stored.version,
            None => self.remembered(&turn.key)?.map_or(0, |suppressed| suppressed.version),
        };
        if turn.read_version != version {
            let seen = turn.seen.zip(before);
            let known = seen.is_some_and(|(id, stored)| stored.record().is_ok_and(|r| r.person.has_seen(id)));
            return Ok(if known { Commit::Duplicate } else { Commit::Conflict });
        }
        if let Some(why) = refusal {
            return Ok(Commit::Refused { why });
        }
        let taken = self.takes(&turn)?;
        if !taken.is_empty() {
            let mut changed = turn.record.clone();
            changed.person.taken.extend(taken.iter().cloned());
            record = codec::encode(&changed);
        }
        self.seq += 1;
        for effect in &turn.entry.effects {
            if let Effect::Ledger(change) = effect {
                let link = self.link(&turn.key, change, turn.salt)?;
                let stored = StoredEntry { link, entry: change.clone() };
                self.batch.put(ledger::entry(&turn.key, change.number), codec::encode(&stored));
                self.list_review(&turn, change);
            }
        }
        for row in rows(self.seq, &turn) {
            self.put_row(&row);
        }
        let alarm = self.move_alarm(&turn, before.and_then(|stored| stored.alarm));
        let stored = Stored { version: turn.read_version + 1, alarm, record };
        self.batch.put(key, stored.encode());
        self.batch.put(keys::turn(self.seq), entry);
        Ok(Commit::Committed { seq: self.seq, taken })
    }

    fn takes(&mut self, turn: &Turn) -> Result<Vec<crate::dialogue::Taken>, StoreError> {
        let mut taken = Vec::new();
        for effect in &turn.entry.effects {
            let Effect::Take(wanted) = effect else { continue };
            let key = keys::counter(&turn.key.brand, &wanted.name);
            let before = self.get(&key)?.map_or(Ok(0), |bytes| codec::decode::<u64>("a counter", &bytes))?;
            let (after, result) = take(before, wanted);
            self.batch.put(key, codec::encode(&after));
            taken.push(result);
        }
        Ok(taken)
    }

    /// Sees to it that the dialogue is looked at in time; moves the alarm only where it must.
    fn move_alarm(&mut self, turn: &Turn, before: Option<Timestamp>) -> Option<Timestamp> {
        let wake = turn.wake();
        if let Some(alarm) = before {
            let in_time = alarm > turn.at && wake.is_none_or(|wake| alarm <= wake);
            if in_time {
                return before;
            }
            self.batch.delete(keys::alarm(alarm, &turn.key));
        }
        if let Some(wake) = wake {
            self.batch.put(keys::alarm(wake, &turn.key), Vec::new());
        }
        wake
    }

    /// Dialogues whose alarm has rung and whose timer is really due, earliest first; an alarm that rang early is moved. O(log
    /// alarms) for each that is looked at: those that are given out, and those that rang early before them.
    fn due(&mut self, until: Timestamp, limit: usize) -> Result<Vec<Alarm>, StoreError> {
        let mut alarms: BTreeSet<Alarm> = BTreeSet::new();
        let mut end = keys::alarm_moment(until);
        end.push(u8::MAX);
        let mut early = 0;
        for found in self.db.clone().range(b"a".to_vec()..=end).keys() {
            let index = found.map_err(|error| gone(&error))?;
            let (alarm, key) = keys::alarm_from(&index)?;
            // An alarm never rings late: nothing behind this one is due before it.
            let is_enough = alarms.len() >= limit && alarms.last().is_none_or(|last| last.at < alarm);
            if is_enough || early == EARLY_MAX {
                break;
            }
            let dialogue = keys::dialogue(&key);
            let Some(bytes) = self.get(&dialogue)? else { continue };
            let mut stored = Stored::decode(&bytes)?;
            let person = stored.record()?.person;
            let wake = if person.taken.is_empty() { person.next_due() } else { Some(alarm) };
            match wake {
                Some(at) if at <= until => {
                    alarms.insert(Alarm { at, key });
                    if alarms.len() > limit {
                        alarms.pop_last();
                    }
                }
                later => {
                    early += 1;
                    self.batch.delete(index.to_vec());
                    if let Some(at) = later {
                        self.batch.put(keys::alarm(at, &key), Vec::new());
                    }
                    stored.alarm = later;
                    self.batch.put(dialogue, stored.encode());
                }
            }
        }
        Ok(alarms.into_iter().collect())
    }

    fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        Ok(self.live.next_due().into_iter().chain(self.first_alarm()?).chain(self.parts.next_due()).min())
    }

    fn stray(&mut self, receipt: &Receipt, at: Timestamp) {
        let (kept, dropped) = self.strays.keep(receipt, at);
        self.batch.put(keys::stray(&receipt.account, &receipt.id), codec::encode(&kept));
        for (account, id) in dropped {
            self.batch.delete(keys::stray(&account, &id));
        }
    }

    fn strays(&mut self, account: &AccountId, id: &MessageId) -> Vec<Receipt> {
        let receipts = self.strays.take(account, id);
        if !receipts.is_empty() {
            self.batch.delete(keys::stray(account, id));
        }
        receipts
    }

    fn linked(&mut self, account: &AccountId, runs: bool) -> Result<bool, StoreError> {
        let key = keys::linked(account);
        let before = self.get(&key)?.is_some();
        if runs {
            self.batch.put(key, Vec::new());
        } else if before {
            self.batch.delete(key);
        }
        Ok(before)
    }

    fn put_parts(&mut self, changes: Changes) {
        for piece in changes.put {
            self.batch.put(keys::part(&piece.name, piece.number), codec::encode(&piece));
        }
        for (name, number) in changes.gone {
            self.batch.delete(keys::part(&name, number));
        }
    }

    fn receipt(&mut self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        let key = keys::sent(&receipt.account, &receipt.id);
        let Some(bytes) = self.get(&key)? else { return Ok(None) };
        let mut sent: Sent = codec::decode("a sent message", &bytes)?;
        let whose = sent.key.clone();
        let state = sent.receipt.then(receipt.state);
        if state != sent.receipt {
            sent.receipt = state;
            self.batch.put(key, codec::encode(&sent));
        }
        Ok(Some(whose))
    }
}
