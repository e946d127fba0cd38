//! The reference: everything in plain maps behind one lock, each rule written down as simply as it can be said.
//! Tests and the simulator run on it; the other stores are compared with it.

mod tables;

use super::codec;
use super::parts::Gatherings;
use super::queue::{Group, Line, Priority, parts, resolved};
use super::stray::Strays;
use super::{
    Alarm, Claim, Claimed, Commit, Cursor, Entry, Erased, Erasure, Page, Parts, PartsName, Resolution,
    Resolved, Row, RowId, RowState, Scanned, Sent, Settlement, Snapshot, Store, StoreError, Table, TakeKey,
    Tally, Turn, Whole, counted, erasure_entry, in_order, interrupted, interrupted_at, one_more, remembered,
    rows, sent, settled, take,
};
use crate::consent::chain::{Digest, Link, OpenDay, Root, Salt};
use crate::consent::{LedgerEntry, Suppressed, SuppressionKey};
use crate::dialogue::{Effect, Record};
use crate::sms::{AccountId, BrandId, Key, MessageId, Meter, Part, Receipt, Sender};
use async_trait::async_trait;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

/// A store that forgets everything when it is dropped.
#[derive(Debug)]
pub struct MemoryStore {
    inner: Mutex<Inner>,
}

impl Default for MemoryStore {
    /// Nothing of it outlives the process, so the key of its suppression hashes need be no secret.
    fn default() -> Self {
        Self::with_key(SuppressionKey::new(vec![0; 32]).expect("it is long enough"))
    }
}

#[derive(Debug, Clone)]
struct Inner {
    suppression: SuppressionKey,
    seq: u64,
    dialogues: BTreeMap<Key, Dialogue>,
    turns: BTreeMap<u64, Logged>,
    outbox: BTreeMap<RowId, Row>,
    sent: BTreeMap<(AccountId, MessageId), Sent>,
    ledger: BTreeMap<(Key, u32), (LedgerEntry, Link)>,
    proofs: BTreeMap<(BrandId, Digest, u32), Link>,
    suppressed: BTreeMap<(BrandId, Digest), Suppressed>,
    days: BTreeMap<BrandId, OpenDay>,
    roots: BTreeMap<(BrandId, Date), Root>,
    takes: BTreeMap<TakeKey, u64>,
    left: BTreeMap<Key, Vec<Timestamp>>,
    strays: Strays,
    parts: Gatherings,
    linked: BTreeSet<AccountId>,
    /// Whose turn was when, by priority: a group's, or that of a line of it.
    served: BTreeMap<(Priority, (Group, Option<Line>)), u64>,
    /// What an account, or a number of it, has sent of late.
    meters: BTreeMap<(Group, Option<Sender>), Meter>,
    /// The last moment of a claim.
    seen: Option<Timestamp>,
}

/// A turn of the log.
#[derive(Debug, Clone)]
enum Logged {
    Turn(Box<Entry>),
    Erased(BrandId, Timestamp),
}

#[derive(Debug, Clone)]
struct Dialogue {
    version: u64,
    record: Record,
    wake: Option<Timestamp>,
}

impl Clone for MemoryStore {
    /// A second store that holds the same, and goes its own way from here.
    fn clone(&self) -> Self {
        Self { inner: Mutex::new(self.inner().clone()) }
    }
}

impl MemoryStore {
    /// A store whose suppression hashes are made by that key.
    #[must_use]
    pub fn with_key(suppression: SuppressionKey) -> Self {
        let inner = Inner {
            suppression,
            seq: 0,
            dialogues: BTreeMap::new(),
            turns: BTreeMap::new(),
            outbox: BTreeMap::new(),
            sent: BTreeMap::new(),
            ledger: BTreeMap::new(),
            proofs: BTreeMap::new(),
            suppressed: BTreeMap::new(),
            days: BTreeMap::new(),
            roots: BTreeMap::new(),
            takes: BTreeMap::new(),
            strays: Strays::default(),
            parts: Gatherings::default(),
            linked: BTreeSet::new(),
            left: BTreeMap::new(),
            served: BTreeMap::new(),
            meters: BTreeMap::new(),
            seen: None,
        };
        Self { inner: Mutex::new(inner) }
    }

    /// The turns of the log behind one of them, each with its number; behind 0 come all. O(what is returned).
    #[must_use]
    pub fn turns_behind(&self, seq: u64) -> Vec<(u64, Entry)> {
        let inner = self.inner();
        let turn = |(seq, logged): (&u64, &Logged)| match logged {
            Logged::Turn(entry) => Some((*seq, Entry::clone(entry))),
            Logged::Erased(..) => None,
        };
        inner.turns.range(seq.saturating_add(1)..).filter_map(turn).collect()
    }

    /// As if the process had ended here and the next one had opened the store: what was being sent is interrupted.
    /// A simulated crash is this, on a store that holds what was on the disk.
    pub fn reopen(&self) {
        let mut inner = self.inner();
        inner.served.clear();
        inner.meters.clear();
        inner.seen = None;
        let Inner { outbox, left, .. } = &mut *inner;
        for row in outbox.values_mut().filter(|row| row.state == RowState::Sending) {
            if let Some(at) = interrupted_at(row) {
                one_more(left.entry(row.key.clone()).or_default(), at);
            }
            interrupted(row);
        }
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        // A panic while the lock was held cannot leave half a turn: a turn is applied by moves that do not panic.
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn load(&self, key: &Key) -> Snapshot {
        let whose = || (key.brand.clone(), self.suppression.whose(key));
        match self.dialogues.get(key) {
            Some(d) => Snapshot { version: d.version, record: d.record.clone() },
            None => self.suppressed.get(&whose()).map_or_else(Snapshot::default, remembered),
        }
    }

    fn commit(&mut self, mut turn: Turn) -> Commit {
        let before = self.dialogues.get(&turn.key);
        if turn.read_version != self.load(&turn.key).version {
            let seen =
                turn.seen.zip(before).is_some_and(|(id, dialogue)| dialogue.record.person.has_seen(id));
            return if seen { Commit::Duplicate } else { Commit::Conflict };
        }
        if let Some(why) = codec::refusal(&codec::encode(&turn.record), &codec::encode(&turn.entry)) {
            return Commit::Refused { why };
        }
        self.seq += 1;
        let wake = turn.wake();
        let mut taken = Vec::new();
        for effect in &turn.entry.effects {
            match effect {
                Effect::Ledger(entry) => {
                    let link = self.link(&turn.key, entry, turn.salt);
                    self.ledger.insert((turn.key.clone(), entry.number), (entry.clone(), link));
                }
                Effect::Take(wanted) => {
                    let count = self.takes.entry((turn.key.brand.clone(), wanted.name.clone())).or_default();
                    let (after, result) = take(*count, wanted);
                    *count = after;
                    taken.push(result);
                }
                Effect::Send(_) | Effect::Lookup(_) | Effect::Notify(_) => {}
            }
        }
        turn.record.person.taken.extend(taken.iter().cloned());
        self.outbox.extend(rows(self.seq, &turn).into_iter().map(|row| (row.id, row)));
        let version = turn.read_version + 1;
        self.dialogues.insert(turn.key, Dialogue { version, record: turn.record, wake });
        self.turns.insert(self.seq, Logged::Turn(Box::new(turn.entry)));
        Commit::Committed { seq: self.seq, taken }
    }

    /// Puts an entry behind the last one of the person and into the brand's day.
    fn link(&mut self, key: &Key, entry: &LedgerEntry, salt: Salt) -> Link {
        let before = entry.number.checked_sub(1).filter(|before| *before > 0).unwrap_or(u32::MAX);
        let proof = (key.brand.clone(), self.suppression.whose(key), before);
        let link = self.ledger.get(&(key.clone(), before)).map(|(_, link)| link);
        let previous = link.or_else(|| self.proofs.get(&proof)).map(|link| link.hash).unwrap_or_default();
        let open = self.days.entry(key.brand.clone()).or_default();
        let (counted, closed) = open.next(&key.brand, entry.at);
        let link = Link::new(key, entry, salt, previous, counted);
        open.add(&link.hash);
        self.roots.extend(closed.map(|root| ((key.brand.clone(), root.day), root)));
        link
    }

    fn erase(&mut self, erasure: &Erasure) -> Erased {
        let (key, whose) = (&erasure.key, self.suppression.whose(&erasure.key));
        let Some(Dialogue { version, record, .. }) = self.dialogues.remove(key) else {
            return Erased::default();
        };
        let theirs = self.ledger.range((key.clone(), 0)..=(key.clone(), u32::MAX));
        let mut links: Vec<Link> = theirs.map(|(_, (_, link))| link.clone()).collect();
        let entry = erasure_entry(erasure, &record, links.last().map_or(0, |link| link.number));
        links.push(self.link(key, &entry, erasure.salt));
        let mut erased = Erased { known: true, entries: links.len() as u64, ..Erased::default() };
        for link in &links {
            self.proofs.insert((key.brand.clone(), whose, link.number), link.erased());
        }
        self.ledger.retain(|(other, _), _| other != key);
        for logged in self.turns.values_mut() {
            if matches!(logged, Logged::Turn(entry) if entry.key == *key) {
                *logged = Logged::Erased(key.brand.clone(), erasure.at);
                erased.turns += 1;
            }
        }
        let (outbox, sent) = (self.outbox.len(), self.sent.len());
        self.outbox.retain(|_, row| row.key != *key);
        self.sent.retain(|_, sent| sent.key != *key);
        self.left.remove(key);
        erased.outbox = (outbox - self.outbox.len()) as u64;
        erased.sent = (sent - self.sent.len()) as u64;
        let standing = record.person.standing.after(&entry);
        let suppressed =
            Suppressed { version: version + 1, standing, at: erasure.at, rule: erasure.rule.clone() };
        self.suppressed.insert((key.brand.clone(), whose), suppressed);
        erased
    }

    /// Whether another reply of the same dialogue must be settled first: an earlier one, or one that is being sent.
    fn is_blocked(&self, row: &Row) -> bool {
        self.beside(row).any(|other| match other.state {
            RowState::Sending => true,
            RowState::Pending => other.id < row.id,
            RowState::Held | RowState::Unknown { .. } | RowState::Dead { .. } => false,
        })
    }

    /// The other replies of the same dialogue, if it is one itself.
    fn beside(&self, row: &Row) -> impl Iterator<Item = &Row> {
        let others = self.outbox.values().filter(move |other| other.id != row.id && other.key == row.key);
        others.filter(|other| in_order(&other.errand) && in_order(&row.errand))
    }

    /// A row comes as early as what waits behind it.
    fn priority(&self, row: &Row) -> Priority {
        let pending = |row: &Row| row.state == RowState::Pending;
        let behind = self.beside(row).filter(|other| pending(row) && pending(other));
        behind.chain([row]).map(|row| Priority::of(&row.errand)).min().unwrap_or(Priority::Bulk)
    }

    /// When a row may leave, if nothing stands before it; `None` while as many of its group are on their way as may.
    fn opens(&self, row: &Row, claim: &Claim) -> Option<Timestamp> {
        let Line { group, number, .. } = Line::of(row);
        let sending = self.outbox.values().filter(|other| other.state == RowState::Sending);
        if sending.filter(|other| Line::of(other).group == group).count() >= claim.at_once(&group) {
            return None;
        }
        let pace = claim.pace_of(&group);
        let rate = |number: Option<Sender>| number.map_or(pace?.account, |number| pace?.of(number));
        let meters = [None, number].map(|number| {
            let meter = self.meters.get(&(group.clone(), number)).copied().unwrap_or_default();
            rate(number).map_or(claim.now, |rate| meter.opens(claim.now, rate))
        });
        meters.into_iter().chain(claim.paused_until(&group)).chain([row.due]).max()
    }

    /// The rows that wait and that nothing stands before, and when each may leave.
    fn open<'i>(&'i self, claim: &'i Claim) -> impl Iterator<Item = (Timestamp, &'i Row)> {
        let waits = |row: &&Row| matches!(row.state, RowState::Pending | RowState::Held);
        let open = self.outbox.values().filter(waits).filter(|row| !self.is_blocked(row));
        open.filter_map(|row| Some((self.opens(row, claim)?, row)))
    }

    fn claim(&mut self, claim: &Claim) -> Claimed {
        if self.seen.is_some_and(|seen| claim.now < seen) {
            self.meters.values_mut().for_each(|meter| meter.rewind(claim.now));
        }
        self.seen = Some(claim.now);
        let mut rows = Vec::new();
        while rows.len() < claim.limit {
            let ready = self.open(claim).filter(|(at, _)| *at <= claim.now).map(|(_, row)| row);
            // Of the first priority, the group that was served longest ago; of that the line; of that the longest due.
            let first = ready.min_by_key(|row| {
                let (priority, line) = (self.priority(row), Line::of(row));
                let served = |line| self.served.get(&(priority, line)).copied().unwrap_or_default();
                let (group, own) =
                    (served((line.group.clone(), None)), served((line.group.clone(), Some(line.clone()))));
                (priority, group, line.group.clone(), own, line, row.due, row.id)
            });
            let Some(row) = first.cloned() else { break };
            self.leaves(&row, claim);
            rows.extend(self.mark_sending(vec![row.id], Some(claim.now)));
        }
        let again = self.open(claim).map(|(at, _)| at).filter(|at| *at > claim.now).min();
        Claimed { rows, again }
    }

    /// A row leaves: it counts for the turn and the pace of its line and group.
    fn leaves(&mut self, row: &Row, claim: &Claim) {
        let (priority, line) = (self.priority(row), Line::of(row));
        let at = self.served.values().max().copied().unwrap_or_default() + 1;
        for who in [None, Some(line.clone())] {
            self.served.insert((priority, (line.group.clone(), who)), at);
        }
        let Some(pace) = claim.pace_of(&line.group) else { return };
        let own = line.number.and_then(|number| Some((Some(number), pace.of(number)?)));
        for (number, rate) in own.into_iter().chain(pace.account.map(|rate| (None, rate))) {
            self.meters.entry((line.group.clone(), number)).or_default().take(claim.now, rate, parts(row));
        }
    }

    fn resolve(&mut self, id: RowId, resolution: Resolution, at: Timestamp) -> Resolved {
        let Some(row) = self.outbox.get(&id).cloned().map(Box::new) else { return Resolved::Missing };
        let Some(after) = resolved(&row, resolution, at) else { return Resolved::Not(row) };
        self.outbox.remove(&id);
        self.outbox.extend(after.map(|after| (id, after)));
        Resolved::Done(row)
    }

    fn mark_sending(&mut self, ready: Vec<RowId>, now: Option<Timestamp>) -> Vec<Row> {
        let mut claimed = Vec::new();
        for id in ready {
            if let Some(row) = self.outbox.get_mut(&id) {
                row.state = RowState::Sending;
                row.due = now.unwrap_or(row.due);
                claimed.push(row.clone());
            }
        }
        claimed
    }

    fn settle(&mut self, id: RowId, settlement: &Settlement) {
        let Some(row) = self.outbox.remove(&id) else { return };
        if let Some(at) = counted(settlement) {
            one_more(self.left.entry(row.key.clone()).or_default(), at);
        }
        if let Some(sent) = sent(&row, settlement) {
            self.sent.insert((sent.account.clone(), sent.id.clone()), sent);
        }
        self.outbox.extend(settled(row, settlement).map(|row| (id, row)));
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn load(&self, key: &Key) -> Result<Snapshot, StoreError> {
        Ok(self.inner().load(key))
    }

    async fn commit(&self, turns: Vec<Turn>) -> Result<Vec<Commit>, StoreError> {
        let mut inner = self.inner();
        Ok(turns.into_iter().map(|turn| inner.commit(turn)).collect())
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        Ok(self.inner().claim(&claim))
    }

    async fn claim_for(&self, key: &Key, from: Sender, limit: usize) -> Result<Vec<Row>, StoreError> {
        let mut inner = self.inner();
        let waits = |row: &&Row| {
            let waiting = matches!(row.state, RowState::Pending | RowState::Held);
            waiting && row.key == *key && row.errand.send().is_some_and(|send| send.from == Some(from))
        };
        let ready = inner.outbox.values().filter(waits).take(limit).map(|row| row.id).collect();
        Ok(inner.mark_sending(ready, None))
    }

    async fn left(&self, key: &Key) -> Result<Vec<Timestamp>, StoreError> {
        Ok(self.inner().left.get(key).cloned().unwrap_or_default())
    }

    async fn settle(&self, settled: Vec<(RowId, Settlement)>) -> Result<(), StoreError> {
        let mut inner = self.inner();
        for (id, settlement) in &settled {
            inner.settle(*id, settlement);
        }
        Ok(())
    }

    async fn row(&self, id: RowId) -> Result<Option<Row>, StoreError> {
        Ok(self.inner().outbox.get(&id).cloned())
    }

    async fn resolve(
        &self,
        row: RowId,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<Resolved, StoreError> {
        Ok(self.inner().resolve(row, resolution, at))
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
        let waits = |row: &&Row| matches!(row.state, RowState::Pending | RowState::Held);
        let rows =
            inner.outbox.values().filter(waits).filter(|row| !inner.is_blocked(row)).map(|row| row.due);
        let dialogues = inner.dialogues.values().filter_map(|d| d.wake);
        Ok(rows.chain(dialogues).chain(inner.parts.next_due()).min())
    }

    async fn tally(&self) -> Result<Tally, StoreError> {
        let inner = self.inner();
        let mut tally = Tally::default();
        for row in inner.outbox.values() {
            tally.rows.add(&row.state);
            if matches!(row.state, RowState::Pending | RowState::Held) {
                tally.first_due = tally.first_due.into_iter().chain([row.due]).min();
            }
        }
        tally.first_alarm = inner.dialogues.values().filter_map(|d| d.wake).min();
        for (_, item) in inner.everything(Table::Reviews) {
            let Scanned::Review { entry, .. } = item else { continue };
            tally.reviews += 1;
            tally.first_review = tally.first_review.into_iter().chain([entry.at]).min();
        }
        Ok(tally)
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        let mut inner = self.inner();
        let sent = inner.sent.get_mut(&(receipt.account.clone(), receipt.id.clone()));
        Ok(sent.map(|sent| {
            sent.receipt = sent.receipt.then(receipt.state);
            sent.key.clone()
        }))
    }

    async fn ledger(&self, key: &Key) -> Result<Vec<Scanned>, StoreError> {
        Ok(self.inner().ledger(key))
    }

    async fn erase(&self, erasures: Vec<Erasure>) -> Result<Vec<Erased>, StoreError> {
        let mut inner = self.inner();
        Ok(erasures.iter().map(|erasure| inner.erase(erasure)).collect())
    }

    async fn stray(&self, receipt: &Receipt, at: Timestamp) -> Result<(), StoreError> {
        self.inner().strays.keep(receipt, at);
        Ok(())
    }

    async fn strays(&self, account: &AccountId, id: &MessageId) -> Result<Vec<Receipt>, StoreError> {
        Ok(self.inner().strays.take(account, id))
    }

    async fn part(&self, part: &Part, at: Timestamp) -> Result<Parts, StoreError> {
        Ok(self.inner().parts.keep(part, at).0)
    }

    async fn parts_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Whole>, StoreError> {
        Ok(self.inner().parts.due(now, limit))
    }

    async fn parts_done(&self, name: &PartsName) -> Result<(), StoreError> {
        self.inner().parts.done(name);
        Ok(())
    }

    async fn linked(&self, account: &AccountId, runs: bool) -> Result<bool, StoreError> {
        let linked = &mut self.inner().linked;
        let before = linked.remove(account);
        if runs {
            linked.insert(account.clone());
        }
        Ok(before)
    }

    async fn scan(&self, what: Table, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        let mut everything = self.inner().everything(what);
        everything.sort_by(|a, b| a.0.cmp(&b.0));
        everything.retain(|(key, _)| after.as_ref().is_none_or(|Cursor(last)| key > last));
        let more = everything.len() > limit.max(1);
        everything.truncate(limit.max(1));
        let next = everything.last().filter(|_| more).map(|(key, _)| Cursor(key.clone()));
        Ok(Page { items: everything.into_iter().map(|(_, item)| item).collect(), next })
    }
}
