//! A store that a crash may take the end of: what was applied and not yet synced is lost, in the order of writing. The
//! reference store answers; behind it stands the list of everything that was written, from which it is made anew.

use crate::chance::{Chance, Points};
use async_trait::async_trait;
use jiff::Timestamp;
use sayso::dialogue::Effect;
use sayso::sms::{AccountId, Class, Key, MessageId, Part, Receipt, Sender};
use sayso::store::{
    Alarm, Claim, Claimed, Commit, Cursor, Erased, Erasure, MemoryStore, Page, Parts, PartsName, Resolution,
    Resolved, Row, RowId, RowState, Scanned, Settlement, SledStore, Snapshot, Store, StoreError, Table,
    Tally, Turn, Whole,
};
use std::collections::BTreeMap;
use std::path::Path;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

/// Something that was written.
#[derive(Debug, Clone)]
pub(crate) enum Write {
    Commit(Vec<Turn>),
    Claim(Claim),
    ClaimFor(Key, Sender, usize),
    Settle(Vec<(RowId, Settlement)>),
    Resolve(RowId, Resolution, Timestamp),
    Receipt(Receipt),
    Erase(Vec<Erasure>),
    Stray(Receipt, Timestamp),
    Strays(AccountId, MessageId),
    Part(Part, Timestamp),
    PartsDone(PartsName),
    Linked(AccountId, bool),
    /// The process ended, and the next one opened the store.
    Reopen,
}

/// A moment that a store may name too early: of two stores each names its own.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Again(Option<Timestamp>);

impl PartialEq for Again {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// What a write was answered.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Written {
    Commits(Vec<Commit>),
    Claimed(Vec<Row>, Again),
    Rows(Vec<Row>),
    Resolved(Resolved),
    Whose(Option<Key>),
    Erased(Vec<Erased>),
    Receipts(Vec<Receipt>),
    Parts(Parts),
    Linked(bool),
    Nothing,
}

/// Does what a store is asked for; the reference store never waits.
async fn apply(store: &dyn Store, write: &Write) -> Result<Written, StoreError> {
    Ok(match write.clone() {
        Write::Commit(turns) => Written::Commits(store.commit(turns).await?),
        Write::Claim(claim) => {
            let Claimed { rows, again } = store.claim(claim).await?;
            Written::Claimed(rows, Again(again))
        }
        Write::ClaimFor(key, from, limit) => Written::Rows(store.claim_for(&key, from, limit).await?),
        Write::Settle(settled) => {
            store.settle(settled).await?;
            Written::Nothing
        }
        Write::Resolve(row, resolution, at) => Written::Resolved(store.resolve(row, resolution, at).await?),
        Write::Receipt(receipt) => Written::Whose(store.receipt(&receipt).await?),
        Write::Erase(people) => Written::Erased(store.erase(people).await?),
        Write::Stray(receipt, at) => {
            store.stray(&receipt, at).await?;
            Written::Nothing
        }
        Write::Strays(account, id) => Written::Receipts(store.strays(&account, &id).await?),
        Write::Part(part, at) => Written::Parts(store.part(&part, at).await?),
        Write::Linked(account, runs) => Written::Linked(store.linked(&account, runs).await?),
        Write::PartsDone(name) => {
            store.parts_done(&name).await?;
            Written::Nothing
        }
        Write::Reopen => Written::Nothing,
    })
}

/// The answer of a future that never waits.
pub(crate) fn at_once<T>(future: impl Future<Output = T>) -> T {
    match pin!(future).poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(answer) => answer,
        Poll::Pending => panic!("the reference store never waits"),
    }
}

/// A message that was wanted.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    pub(crate) key: Key,
    pub(crate) class: Class,
}

#[derive(Debug, Default)]
struct Contents {
    store: Arc<MemoryStore>,
    written: Vec<(Write, Written)>,
    /// So many of them are on the disk.
    synced: usize,
    wanted: BTreeMap<RowId, Wanted>,
    claimed_at: Option<Timestamp>,
    /// What operators have decided about, and how often a message was to be sent once more.
    decided: BTreeMap<RowId, usize>,
}

impl Contents {
    fn write(&mut self, write: Write) -> Result<Written, StoreError> {
        if let Write::Reopen = write {
            self.store.reopen();
        }
        let answer = at_once(apply(&*self.store, &write))?;
        if let (Write::Commit(turns), Written::Commits(commits)) = (&write, &answer) {
            for (turn, commit) in turns.iter().zip(commits) {
                let Commit::Committed { seq, .. } = commit else { continue };
                self.want(*seq, turn);
            }
        }
        if let (Write::Resolve(row, resolution, _), Written::Resolved(Resolved::Done(_))) = (&write, &answer)
        {
            *self.decided.entry(*row).or_default() += usize::from(*resolution == Resolution::Resend);
        }
        if let (Write::Claim(claim), Written::Claimed(rows, _)) = (&write, &answer) {
            at_once(leaves_nothing_behind(&self.store, claim, rows));
        }
        if !self.leaves_no_trace(&write, &answer) {
            self.written.push((write, answer.clone()));
        }
        Ok(answer)
    }

    /// Whether something was asked for and changed nothing. What was put back is the clock by which a pace is kept.
    fn leaves_no_trace(&mut self, write: &Write, answer: &Written) -> bool {
        let Write::Claim(claim) = write else { return *answer == Written::Rows(Vec::new()) };
        let goes_back = self.claimed_at.is_some_and(|before| claim.now < before);
        self.claimed_at = Some(claim.now);
        matches!(answer, Written::Claimed(rows, _) if rows.is_empty()) && !goes_back
    }

    fn want(&mut self, seq: u64, turn: &Turn) {
        for (index, effect) in turn.entry.effects.iter().enumerate() {
            let Effect::Send(send) = effect else { continue };
            let id = RowId { seq, index: u16::try_from(index).unwrap() };
            self.wanted.insert(id, Wanted { key: turn.key.clone(), class: send.class });
        }
    }
}

/// The store.
pub(crate) struct Disk {
    contents: Mutex<Contents>,
    points: Arc<Points>,
    chance: Arc<Chance>,
    /// Whether nothing goes wrong any more.
    calm: AtomicBool,
}

impl Disk {
    pub(crate) fn new(points: Arc<Points>, chance: Arc<Chance>) -> Self {
        Self { contents: Mutex::default(), points, chance, calm: AtomicBool::new(false) }
    }

    pub(crate) fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    /// The process ends. Of what was not synced the disk may have kept a beginning.
    pub(crate) fn crash(&self) {
        let mut contents = self.contents.lock().unwrap();
        let unsynced = contents.written.len() - contents.synced;
        let kept = contents.synced + self.chance.below(unsynced + 1);
        if kept < contents.written.len() {
            let before = std::mem::take(&mut *contents);
            for (write, answer) in before.written.into_iter().take(kept) {
                let again = contents.write(write).expect("the reference store takes what it took before");
                assert_eq!(again, answer, "the same writes are answered alike");
            }
        }
        contents.write(Write::Reopen).expect("opening writes nothing that can be refused");
        contents.synced = contents.written.len();
    }

    /// The reference store as it is now.
    pub(crate) fn now(&self) -> Arc<MemoryStore> {
        Arc::clone(&self.contents.lock().unwrap().store)
    }

    /// Whose a message is and why it is sent.
    pub(crate) fn wanted(&self, id: RowId) -> Option<Wanted> {
        self.contents.lock().unwrap().wanted.get(&id).cloned()
    }

    /// The messages about which operators have decided, and how often each was to be sent once more.
    pub(crate) fn decided(&self) -> BTreeMap<RowId, usize> {
        self.contents.lock().unwrap().decided.clone()
    }

    pub(crate) fn all_wanted(&self) -> BTreeMap<RowId, Wanted> {
        self.contents.lock().unwrap().wanted.clone()
    }

    async fn write(&self, write: Write) -> Result<Written, StoreError> {
        self.points.pass().await; // it waits for the writer
        if self.goes_wrong(10) {
            return Err(StoreError::Busy);
        }
        let (answer, number) = {
            let mut contents = self.contents.lock().unwrap();
            let answer = contents.write(write)?;
            (answer, contents.written.len())
        };
        self.points.pass().await; // it is applied, others see it, and it is not on the disk
        {
            let mut contents = self.contents.lock().unwrap();
            contents.synced = contents.synced.max(number);
        }
        self.points.pass().await; // it is on the disk, and nobody was told
        Ok(answer)
    }

    fn goes_wrong(&self, in_a_thousand: usize) -> bool {
        !self.calm.load(Ordering::Relaxed) && self.chance.hits(in_a_thousand)
    }

    /// Writes the same into a store on a real disk: every answer and everything that can be scanned must be alike.
    pub(crate) async fn is_the_same_on(&self, folder: &Path) {
        let open = || SledStore::open(folder, 4 * 1024 * 1024).unwrap();
        let (written, memory) = {
            let contents = self.contents.lock().unwrap();
            (contents.written.clone(), Arc::clone(&contents.store))
        };
        let mut store = Some(open());
        for (write, answer) in &written {
            if let Write::Reopen = write {
                drop(store.take());
                store = Some(open());
            }
            let told = apply(store.as_ref().unwrap(), write).await.unwrap();
            assert_eq!(told, *answer, "{write:?}");
        }
        let tables =
            [Table::Subscribers, Table::Turns, Table::Outbox, Table::Sent, Table::Consents, Table::Roots];
        for table in tables {
            let (one, other) =
                (everything(&*memory, table).await, everything(store.as_ref().unwrap(), table).await);
            assert_eq!(one, other, "{table:?}");
        }
    }
}

/// After a claim that had room for more, nothing is left that might leave: no row is overlooked, and none waits for ever. Looked
/// at where no pace is kept.
async fn leaves_nothing_behind(store: &MemoryStore, claim: &Claim, given: &[Row]) {
    let rows: Vec<Row> =
        everything(store, Table::Outbox).await.into_iter().filter_map(Scanned::row).collect();
    let by_one = |row: &&Row| row.via.as_ref().is_some_and(|via| via.account.as_str() == "one");
    let sending = rows.iter().filter(by_one).filter(|row| row.state == RowState::Sending).count();
    let paused = claim.paused.iter().any(|(account, until)| account.as_str() == "one" && *until > claim.now);
    if given.len() == claim.limit || paused || sending >= claim.by_account {
        return;
    }
    let in_order = |row: &Row| {
        let class = row.errand.send().map(|send| send.class);
        matches!(class, Some(Class::Help | Class::Reply | Class::FollowUp))
    };
    for row in rows.iter().filter(by_one).filter(|row| row.due <= claim.now) {
        let before =
            |other: &&Row| other.key == row.key && other.id != row.id && in_order(other) && in_order(row);
        let stands_before = |other: &Row| match other.state {
            RowState::Sending => true,
            RowState::Pending => other.id < row.id,
            RowState::Held | RowState::Unknown { .. } | RowState::Dead { .. } => false,
        };
        let waits = matches!(row.state, RowState::Pending | RowState::Held);
        let blocked = rows.iter().filter(before).any(stands_before);
        assert!(!waits || blocked, "{} was overlooked at {}", row.id, claim.now);
    }
}

/// A whole table.
pub(crate) async fn everything(store: &dyn Store, table: Table) -> Vec<Scanned> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(table, after, 1_000).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

#[async_trait]
impl Store for Disk {
    async fn load(&self, key: &Key) -> Result<Snapshot, StoreError> {
        self.points.pass().await;
        at_once(self.now().load(key))
    }

    async fn left(&self, key: &Key) -> Result<Vec<Timestamp>, StoreError> {
        self.points.pass().await;
        at_once(self.now().left(key))
    }

    async fn commit(&self, turns: Vec<Turn>) -> Result<Vec<Commit>, StoreError> {
        if self.goes_wrong(20) {
            return Ok(vec![Commit::Conflict; turns.len()]); // as if another process had been faster
        }
        match self.write(Write::Commit(turns)).await? {
            Written::Commits(commits) => Ok(commits),
            other => panic!("{other:?}"),
        }
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        match self.write(Write::Claim(claim)).await? {
            Written::Claimed(rows, Again(again)) => Ok(Claimed { rows, again }),
            other => panic!("{other:?}"),
        }
    }

    async fn claim_for(&self, key: &Key, from: Sender, limit: usize) -> Result<Vec<Row>, StoreError> {
        match self.write(Write::ClaimFor(key.clone(), from, limit)).await? {
            Written::Rows(rows) => Ok(rows),
            other => panic!("{other:?}"),
        }
    }

    async fn settle(&self, settled: Vec<(RowId, Settlement)>) -> Result<(), StoreError> {
        self.write(Write::Settle(settled)).await.map(|_| ())
    }

    async fn row(&self, id: RowId) -> Result<Option<Row>, StoreError> {
        self.points.pass().await;
        at_once(self.now().row(id))
    }

    async fn resolve(
        &self,
        row: RowId,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<Resolved, StoreError> {
        match self.write(Write::Resolve(row, resolution, at)).await? {
            Written::Resolved(resolved) => Ok(resolved),
            other => panic!("{other:?}"),
        }
    }

    async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<Alarm>, StoreError> {
        self.points.pass().await;
        at_once(self.now().due(until, limit))
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.points.pass().await;
        at_once(self.now().next_due())
    }

    async fn tally(&self) -> Result<Tally, StoreError> {
        self.points.pass().await;
        at_once(self.now().tally())
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        match self.write(Write::Receipt(receipt.clone())).await? {
            Written::Whose(whose) => Ok(whose),
            other => panic!("{other:?}"),
        }
    }

    async fn ledger(&self, key: &Key) -> Result<Vec<Scanned>, StoreError> {
        self.points.pass().await;
        at_once(self.now().ledger(key))
    }

    async fn erase(&self, erasures: Vec<Erasure>) -> Result<Vec<Erased>, StoreError> {
        match self.write(Write::Erase(erasures)).await? {
            Written::Erased(erased) => Ok(erased),
            other => panic!("{other:?}"),
        }
    }

    async fn stray(&self, receipt: &Receipt, at: Timestamp) -> Result<(), StoreError> {
        self.write(Write::Stray(receipt.clone(), at)).await.map(|_| ())
    }

    async fn strays(&self, account: &AccountId, id: &MessageId) -> Result<Vec<Receipt>, StoreError> {
        match self.write(Write::Strays(account.clone(), id.clone())).await? {
            Written::Receipts(receipts) => Ok(receipts),
            other => panic!("{other:?}"),
        }
    }

    async fn part(&self, part: &Part, at: Timestamp) -> Result<Parts, StoreError> {
        match self.write(Write::Part(part.clone(), at)).await? {
            Written::Parts(parts) => Ok(parts),
            other => panic!("{other:?}"),
        }
    }

    async fn parts_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Whole>, StoreError> {
        self.points.pass().await;
        at_once(self.now().parts_due(now, limit))
    }

    async fn parts_done(&self, name: &PartsName) -> Result<(), StoreError> {
        self.write(Write::PartsDone(name.clone())).await.map(|_| ())
    }

    async fn linked(&self, account: &AccountId, runs: bool) -> Result<bool, StoreError> {
        match self.write(Write::Linked(account.clone(), runs)).await? {
            Written::Linked(before) => Ok(before),
            other => panic!("{other:?}"),
        }
    }

    async fn scan(&self, what: Table, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        self.points.pass().await;
        at_once(self.now().scan(what, after, limit))
    }
}
