//! The embedded store: one folder, no server.
//!
//! sled 0.34's `flush` is not an fsync, and flushing from many tasks hangs (both measured). So one plain thread owns
//! all writes: it takes what is waiting, without lingering when idle, applies it as one batch, flushes, syncs the
//! database file itself, and then answers everybody. Reads go straight to sled. A failed sync ends the process: after
//! it nobody knows what is on the disk, and going on would be lying.
//!
//! sled's cost is per key, so a turn writes few: the dialogue, the log entry, a row per message, and seldom a ledger
//! entry or an alarm.

mod backup;
mod erase;
mod examine;
mod keys;
mod ledger;
mod migrate;
mod opening;
mod outbox;
mod room;
mod suppression;
mod writer;

pub use backup::{BackupError, Restored, restore, verify};
pub use examine::{Fault, Report};
pub use opening::OpenError;
pub use room::{ROOM_BYTES_MIN, room};

use super::{
    Alarm, Claim, Claimed, Commit, Cursor, Erased, Erasure, Page, Parts, PartsName, Resolution, Resolved,
    Row, RowId, Scanned, Settlement, Snapshot, Store, StoreError, Table, Tally, Turn, Whole, codec,
    remembered,
};
use crate::consent::SuppressionKey;
use crate::sms::{AccountId, Key, MessageId, Part, Receipt, Sender};
use async_trait::async_trait;
use jiff::Timestamp;
use std::os::unix::fs::DirBuilderExt;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use tokio::sync::{Mutex, oneshot};
use writer::{Job, Writer};

/// Jobs that may wait for the writer. Beyond it callers are told to come back, before anything is promised to anybody.
const JOBS_MAX: usize = 8_192;

/// Lets the writer work. If sled panics, nobody knows what is on the disk, and nothing would be written ever after.
fn run(writer: Writer, waiting: &Receiver<Job>) {
    if let Err(why) = opening::caught(|| writer.run(waiting)) {
        tracing::error!(%why, "the store could not be written; ending: start again, and if it ends again, `sayso doctor`");
        std::process::abort();
    }
}

/// The embedded store.
#[derive(Debug)]
pub struct SledStore {
    db: sled::Db,
    suppression: SuppressionKey,
    /// Whether anybody was ever erased.
    suppressed: Arc<AtomicBool>,
    /// Held by whoever makes a backup: each follows the writer, and two would cost twice.
    one_backup: Mutex<()>,
    jobs: Option<SyncSender<Job>>,
    writer: Option<JoinHandle<()>>,
}

/// How often people are looked for who write while they are erased.
const ERASE_TRIES: usize = 16;

impl SledStore {
    /// Opens the store in `folder`, which is made if it is missing, with a cache of so many bytes.
    ///
    /// Messages that were being sent when the last process ended become `Unknown`: whether they left nobody knows.
    ///
    /// The key of the suppression hashes is drawn when the store is made.
    pub fn open(folder: &Path, cache_bytes: u64) -> Result<Self, OpenError> {
        Self::open_with(folder, cache_bytes, None)
    }

    /// The same with a key of the suppression hashes that the caller has drawn. It must always be the same.
    pub fn open_with(
        folder: &Path,
        cache_bytes: u64,
        suppression: Option<SuppressionKey>,
    ) -> Result<Self, OpenError> {
        let at = || folder.to_path_buf();
        let folder_error = |source| OpenError::Folder { path: at(), source };
        // For its owner alone: it holds what people told a brand.
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(folder_error)?;
        let database = folder.join("sled");
        let db = opening::open_database(&database, cache_bytes, folder)?;
        opening::sync_names(folder, &database).map_err(folder_error)?;
        let file = std::fs::File::open(database.join("db")).map_err(folder_error)?;
        let unreadable = |why| OpenError::Unreadable { path: at(), why };
        let suppressed = Arc::new(AtomicBool::new(false));
        let opened = opening::caught(|| {
            migrate::migrate(&db, &file, folder)?;
            let room = room::Room::of(folder);
            let said = |error: StoreError| unreadable(error.to_string());
            let suppression = suppression::key(&db, suppression).map_err(said)?;
            let writer = Writer::open(db.clone(), file, room, suppression.clone(), Arc::clone(&suppressed))
                .map_err(said)?;
            Ok::<_, OpenError>((writer, suppression))
        });
        let (writer, suppression) = opened.map_err(unreadable)??;
        let (jobs, waiting) = sync_channel(JOBS_MAX);
        let thread = std::thread::Builder::new()
            .name("store-writer".to_owned())
            .spawn(move || run(writer, &waiting))
            .map_err(folder_error)?;
        let (jobs, writer) = (Some(jobs), Some(thread));
        Ok(Self { db, suppression, suppressed, jobs, writer, one_backup: Mutex::default() })
    }

    /// The dialogue of somebody who may have been erased.
    fn erased(&self, key: &Key) -> Result<Snapshot, StoreError> {
        let name = ledger::suppression(&key.brand, &self.suppression.whose(key));
        let found = self.db.get(name).map_err(|error| keys::gone(&error))?;
        found.map_or_else(
            || Ok(Snapshot::default()),
            |value| ledger::suppressed(&value).map(|suppressed| remembered(&suppressed)),
        )
    }

    /// The same for a thread that may wait.
    fn ask_blocking<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        let gone = || StoreError::Gone("its writer has ended".to_owned());
        self.jobs.as_ref().ok_or_else(gone)?.send(job(answer)).map_err(|_| gone())?;
        wait.blocking_recv().map_err(|_| gone())
    }

    /// Hands a job to the writer and waits for its answer, which comes when its writes are on the disk.
    async fn ask<T>(&self, job: impl FnOnce(oneshot::Sender<T>) -> Job) -> Result<T, StoreError> {
        let (answer, wait) = oneshot::channel();
        let gone = || StoreError::Gone("its writer has ended".to_owned());
        match self.jobs.as_ref().ok_or_else(gone)?.try_send(job(answer)) {
            Ok(()) => wait.await.map_err(|_| gone()),
            Err(TrySendError::Full(_)) => Err(StoreError::Busy),
            Err(TrySendError::Disconnected(_)) => Err(gone()),
        }
    }
}

impl Drop for SledStore {
    /// Lets the writer finish what it was given.
    fn drop(&mut self) {
        drop(self.jobs.take());
        if let Some(writer) = self.writer.take()
            && writer.join().is_err()
        {
            tracing::error!("the store's writer ended in a panic");
        }
    }
}

#[async_trait]
impl Store for SledStore {
    async fn load(&self, key: &Key) -> Result<Snapshot, StoreError> {
        let found = self.db.get(keys::dialogue(key)).map_err(|error| keys::gone(&error))?;
        match found {
            Some(bytes) => keys::Stored::decode(&bytes)?.snapshot(),
            None if self.suppressed.load(Ordering::Acquire) => self.erased(key),
            None => Ok(Snapshot::default()),
        }
    }

    async fn commit(&self, turns: Vec<Turn>) -> Result<Vec<Commit>, StoreError> {
        // Encoding happens here, in the callers' threads; the writer's is the one that everybody waits for.
        let turns = turns.into_iter().map(writer::Prepared::new).collect();
        self.ask(|answer| Job::Commit(turns, answer)).await?
    }

    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError> {
        self.ask(|answer| Job::Claim(claim, answer)).await?
    }

    async fn claim_for(&self, key: &Key, from: Sender, limit: usize) -> Result<Vec<Row>, StoreError> {
        self.ask(|answer| Job::ClaimFor { key: key.clone(), from, limit, answer }).await?
    }

    async fn left(&self, key: &Key) -> Result<Vec<Timestamp>, StoreError> {
        let found = self.db.get(keys::left(key)).map_err(|error| keys::gone(&error))?;
        keys::read_left(found.as_deref())
    }

    async fn settle(&self, settled: Vec<(RowId, Settlement)>) -> Result<(), StoreError> {
        self.ask(|answer| Job::Settle(settled, answer)).await?
    }

    async fn row(&self, id: RowId) -> Result<Option<Row>, StoreError> {
        let get = |key: &[u8]| {
            let found = self.db.get(key).map_err(|error| keys::gone(&error))?;
            Ok(found.map(|value| value.to_vec()))
        };
        let key = keys::row(id);
        get(&key)?.map(|value| keys::read_row(&get, &key, &value)).transpose()
    }

    async fn resolve(
        &self,
        row: RowId,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<Resolved, StoreError> {
        self.ask(|answer| Job::Resolve(row, resolution, at, answer)).await?
    }

    async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<Alarm>, StoreError> {
        self.ask(|answer| Job::Due { until, limit, answer }).await?
    }

    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError> {
        self.ask(Job::NextDue).await?
    }

    async fn tally(&self) -> Result<Tally, StoreError> {
        self.ask(Job::Tally).await?
    }

    async fn receipt(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        self.ask(|answer| Job::Receipt(receipt.clone(), answer)).await?
    }

    async fn ledger(&self, key: &Key) -> Result<Vec<Scanned>, StoreError> {
        ledger::ledger(&self.db, &self.suppression, key)
    }

    async fn erase(&self, erasures: Vec<Erasure>) -> Result<Vec<Erased>, StoreError> {
        let mut done = vec![None; erasures.len()];
        for _ in 0..ERASE_TRIES {
            let left: Vec<usize> = (0..erasures.len()).filter(|at| done[*at].is_none()).collect();
            if left.is_empty() {
                break;
            }
            let wanted = left.iter().map(|at| erasures[*at].clone()).collect();
            let db = self.db.clone();
            let traces = tokio::task::spawn_blocking(move || erase::traces(&db, wanted)).await;
            let traces = traces.map_err(|error| StoreError::Gone(error.to_string()))??;
            let erased = self.ask(|answer| Job::Erase(traces, answer)).await??;
            for (at, erased) in left.into_iter().zip(erased) {
                done[at] = erased;
            }
        }
        done.into_iter().map(|erased| erased.ok_or(StoreError::Busy)).collect()
    }

    async fn stray(&self, receipt: &Receipt, at: Timestamp) -> Result<(), StoreError> {
        self.ask(|answer| Job::Stray(receipt.clone(), at, answer)).await?
    }

    async fn strays(&self, account: &AccountId, id: &MessageId) -> Result<Vec<Receipt>, StoreError> {
        self.ask(|answer| Job::Strays(account.clone(), id.clone(), answer)).await?
    }

    async fn part(&self, part: &Part, at: Timestamp) -> Result<Parts, StoreError> {
        self.ask(|answer| Job::Part(Box::new(part.clone()), at, answer)).await?
    }

    async fn parts_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Whole>, StoreError> {
        self.ask(|answer| Job::PartsDue { now, limit, answer }).await?
    }

    async fn parts_done(&self, name: &PartsName) -> Result<(), StoreError> {
        self.ask(|answer| Job::PartsDone(name.clone(), answer)).await?
    }

    async fn linked(&self, account: &AccountId, runs: bool) -> Result<bool, StoreError> {
        self.ask(|answer| Job::Linked(account.clone(), runs, answer)).await?
    }

    async fn scan(&self, what: Table, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError> {
        keys::scan(&self.db, what, after, limit)
    }
}
