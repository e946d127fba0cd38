//! Backups while the store works, and putting one in the place of a lost store.
//!
//! A backup is a scan and what was written since: all keys are read while the writer goes on and notes what it writes;
//! then the keys that it noted are read again, and again those noted meanwhile, until few are left, which the writer reads
//! itself between two batches. So the backup is the store as it stood at that moment, and memory holds only noted keys.
//!
//! The file: a line with its name and version; a line of JSON (`Header`); records of a key and a value, of which a later
//! one replaces an earlier one; how many there were; the SHA-256 of all that stands before.

use super::keys::{self, Stored, StoredRow, gone};
use super::opening::{self, OpenError};
use super::writer::{Changed, Followed, Job};
use super::{SledStore, migrate};
use crate::dialogue::Record;
use crate::store::{RowState, StoreError, codec, cut_short};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::{BufRead, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The first line of every backup of this form.
const FIRST_LINE: &str = "sayso backup 1\n";
/// The length that says that there is no value any more.
const GONE: u32 = u32::MAX;
/// The length of a key that says that no record follows.
const END: u32 = u32::MAX;
/// Bytes of a header, a key or a value; all are far shorter.
const BYTES_MAX: u32 = 1024 * 1024;
/// Keys that the writer reads by itself: it takes some milliseconds, and everybody waits.
const LAST_KEYS_MAX: usize = 2_000;
/// Rounds after which it does so however many there are.
const ROUNDS_MAX: usize = 12;
/// Records that are restored in one go.
const BATCH: usize = 1_000;

/// What a backup says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Header {
    /// The version that made it.
    sayso: String,
    /// The format of the store.
    format: u8,
    /// When it was begun.
    at: Timestamp,
}

/// Why a backup could not be made or put in place.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// Reading or writing failed.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The new store could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The file is no whole backup.
    #[error("this is no whole backup: {0}")]
    Broken(String),
    /// A newer version made it.
    #[error("the backup has format {format}; this version of sayso knows formats up to {}", migrate::FORMAT)]
    Newer {
        /// Its format.
        format: u8,
    },
    /// There is a store already.
    #[error("there is a store in `{0}` already")]
    Occupied(PathBuf),
}

/// What a backup held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Restored {
    /// When it was begun.
    pub at: Timestamp,
    /// Its records.
    pub records: u64,
    /// Messages that were open, of which nobody knows whether they left since: they are `unknown` now.
    pub unknown: u64,
    /// People whose silences or pauses may have ended since: they are not written to before they write.
    pub waiting: u64,
}

/// Counts and sums what passes.
struct Summed<S> {
    inner: S,
    sum: Sha256,
    records: u64,
}

impl<S> Summed<S> {
    fn new(inner: S) -> Self {
        Self { inner, sum: Sha256::new(), records: 0 }
    }
}

impl<W: Write> Summed<W> {
    fn put(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.sum.update(bytes);
        self.inner.write_all(bytes)
    }

    fn record(&mut self, key: &[u8], value: Option<&[u8]>) -> std::io::Result<()> {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).map_err(std::io::Error::other);
        self.put(&length(key)?.to_be_bytes())?;
        self.put(&value.map_or(Ok(GONE), length)?.to_be_bytes())?;
        self.put(key)?;
        self.put(value.unwrap_or_default())?;
        self.records += 1;
        Ok(())
    }

    fn end(mut self) -> std::io::Result<()> {
        self.put(&END.to_be_bytes())?;
        self.put(&self.records.to_be_bytes())?;
        let sum = self.sum.finalize();
        self.inner.write_all(&sum)?;
        self.inner.flush()
    }
}

impl<R: BufRead> Summed<R> {
    fn take(&mut self, length: u32) -> Result<Vec<u8>, BackupError> {
        if length > BYTES_MAX {
            return Err(broken("a record of it is damaged"));
        }
        let mut bytes = Vec::new();
        (&mut self.inner).take(u64::from(length)).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != u64::from(length) {
            return Err(broken("it ends in the middle"));
        }
        self.sum.update(&bytes);
        Ok(bytes)
    }

    fn number(&mut self) -> Result<u32, BackupError> {
        let bytes = self.take(4)?;
        Ok(u32::from_be_bytes(bytes.try_into().map_err(|_| broken("it ends in the middle"))?))
    }

    fn header(&mut self) -> Result<Header, BackupError> {
        let first = self.take(u32::try_from(FIRST_LINE.len()).map_err(std::io::Error::other)?);
        if !first.is_ok_and(|first| first == FIRST_LINE.as_bytes()) {
            return Err(broken("it does not begin as one"));
        }
        let mut line = Vec::new();
        (&mut self.inner).take(u64::from(BYTES_MAX)).read_until(b'\n', &mut line)?;
        self.sum.update(&line);
        let header: Header =
            serde_json::from_slice(&line).map_err(|_| broken("its second line says nothing about it"))?;
        if header.format > migrate::FORMAT {
            return Err(BackupError::Newer { format: header.format });
        }
        Ok(header)
    }

    /// The next record; after the last one, the sum is compared.
    fn next(&mut self) -> Result<Option<Changed>, BackupError> {
        let key = self.number()?;
        if key == END {
            let counted = self.take(8)?;
            let sum = self.sum.clone().finalize().to_vec();
            let noted = self.take(32)?;
            let whole = counted == self.records.to_be_bytes() && noted == sum;
            return if whole { Ok(None) } else { Err(broken("its checksum is another one")) };
        }
        let value = self.number()?;
        let key = self.take(key)?;
        let value = if value == GONE { None } else { Some(self.take(value)?) };
        self.records += 1;
        Ok(Some((key, value)))
    }
}

fn broken(why: &str) -> BackupError {
    BackupError::Broken(why.to_owned())
}

impl SledStore {
    /// Writes a backup of the store as it stands when this returns, while others go on writing; how many records it has.
    /// O(keys), a page at a time. Blocks: to be called where that harms nobody.
    pub fn backup(&self, now: Timestamp, into: impl Write) -> Result<u64, BackupError> {
        let _only = self.one_backup.blocking_lock();
        let followed = Arc::new(Followed::default());
        self.ask_blocking(|answer| Job::Follow(Arc::clone(&followed), answer))??;
        let mut out = Summed::new(into);
        let sayso = env!("CARGO_PKG_VERSION").to_owned();
        let header = Header { sayso, format: migrate::FORMAT, at: now };
        let header = serde_json::to_string(&header).map_err(std::io::Error::other)?;
        out.put(FIRST_LINE.as_bytes())?;
        out.put(format!("{header}\n").as_bytes())?;
        for found in self.db.iter() {
            let (key, value) = found.map_err(|error| gone(&error))?;
            out.record(&key, Some(&value))?;
        }
        let mut keys: BTreeSet<Vec<u8>> = followed.take();
        for _ in 0..ROUNDS_MAX {
            let few = keys.len() <= LAST_KEYS_MAX;
            for key in keys {
                let value = self.db.get(&key).map_err(|error| gone(&error))?;
                out.record(&key, value.as_deref())?;
            }
            keys = followed.take();
            if few {
                break;
            }
        }
        followed.put_back(keys);
        for (key, value) in self.ask_blocking(|answer| Job::Rest(Arc::clone(&followed), answer))?? {
            out.record(&key, value.as_deref())?;
        }
        let records = out.records;
        out.end()?;
        Ok(records)
    }
}

/// Reads a backup to its end; what it holds, when it is whole.
pub fn verify(file: impl BufRead) -> Result<Restored, BackupError> {
    let mut file = Summed::new(file);
    let header = file.header()?;
    while file.next()?.is_some() {}
    Ok(Restored { at: header.at, records: file.records, unknown: 0, waiting: 0 })
}

/// Puts a backup in the place of a store, at that moment. Nothing that may have left since is sent again, and nobody who
/// may have been written to since is written to before they write. The folder is there as a whole, or not at all.
pub fn restore(file: impl BufRead, folder: &Path, now: Timestamp) -> Result<Restored, BackupError> {
    let occupied = std::fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_some());
    if occupied {
        return Err(BackupError::Occupied(folder.to_path_buf()));
    }
    let above = folder.parent().filter(|above| !above.as_os_str().is_empty()).unwrap_or(Path::new("."));
    std::fs::create_dir_all(above)?;
    // For its owner alone, as every store.
    let mode = std::fs::Permissions::from_mode(0o700);
    let beside = tempfile::Builder::new().prefix(".restoring-").permissions(mode).tempdir_in(above)?;
    let restored = fill(file, beside.path(), now)?;
    // The new store is opened once: what a serving process would stumble over shows here.
    drop(SledStore::open(beside.path(), CACHE_BYTES)?);
    std::fs::rename(beside.keep(), folder)?;
    std::fs::File::open(above)?.sync_all()?;
    Ok(restored)
}

/// The cache while a store is restored: nothing is read twice.
const CACHE_BYTES: u64 = 64 * 1024 * 1024;

fn fill(file: impl BufRead, folder: &Path, now: Timestamp) -> Result<Restored, BackupError> {
    let mut file = Summed::new(file);
    let header = file.header()?;
    let database = folder.join("sled");
    let db = opening::open_database(&database, CACHE_BYTES, folder)?;
    let disk = std::fs::File::open(database.join("db"))?;
    let (mut batch, mut waiting) = (sled::Batch::default(), 0);
    while let Some((key, value)) = file.next()? {
        match value {
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
        waiting += 1;
        if waiting == BATCH {
            migrate::sync(&db, &disk, std::mem::take(&mut batch))?;
            waiting = 0;
        }
    }
    migrate::sync(&db, &disk, batch)?;
    migrate::migrate(&db, &disk, folder)?;
    let mut restored = Restored { at: header.at, records: file.records, unknown: 0, waiting: 0 };
    let mut batch = sled::Batch::default();
    restored.unknown = close_rows(&db, &mut batch, header.at)?;
    migrate::sync(&db, &disk, batch)?;
    restored.waiting = stop_timers(&db, &disk, now)?;
    opening::sync_names(folder, &database)?;
    Ok(restored)
}

/// Open rows are cut short: whether they left after the backup was made, nobody knows.
fn close_rows(db: &sled::Db, batch: &mut sled::Batch, at: Timestamp) -> Result<u64, StoreError> {
    let why = format!("the store was restored from a backup of {at}: it may have been sent since");
    let mut unknown = 0;
    for found in db.scan_prefix(b"o") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        let get = |key: &[u8]| Ok(db.get(key).map_err(|error| gone(&error))?.map(|value| value.to_vec()));
        let mut row = keys::read_row(&get, &key, &value)?;
        if matches!(row.state, RowState::Pending | RowState::Held | RowState::Sending) {
            cut_short(&mut row, &why);
            unknown += u64::from(matches!(row.state, RowState::Unknown { .. }));
            batch.insert(key, StoredRow::encode(&row));
        }
    }
    Ok(unknown)
}

/// Timers that would ring at once may have rung already: they are taken off. An alarm without its timer is harmless.
fn stop_timers(db: &sled::Db, disk: &std::fs::File, now: Timestamp) -> Result<u64, StoreError> {
    let (mut batch, mut waiting) = (sled::Batch::default(), 0);
    for found in db.scan_prefix(b"d") {
        let (key, value) = found.map_err(|error| gone(&error))?;
        let mut stored = Stored::decode(&value)?;
        let mut record: Record = stored.record()?;
        let before = record.person.armed().count();
        record.person.timers.retain(|timer| timer.due > now);
        record.person.starts.retain(|start| start.timer.due > now);
        if record.person.armed().count() < before {
            stored.record = codec::encode(&record);
            batch.insert(key, stored.encode());
            waiting += 1;
            if waiting % BATCH as u64 == 0 {
                migrate::sync(db, disk, std::mem::take(&mut batch))?;
            }
        }
    }
    migrate::sync(db, disk, batch)?;
    Ok(waiting)
}
