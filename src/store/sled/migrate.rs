//! The formats that stores have had, and the way from each to the next.
//!
//! To change the format: one [`Migration`] at the end of [`MIGRATIONS`], and a test that writes a value as it was. Most
//! changes need none: values name their fields (`store/codec.rs`), and a new field has a default.
//!
//! The chain of the ledger is older than the first number of a format, and no release had a ledger without it: there is nothing to
//! lead into it.

use super::keys::{self, gone};
use super::opening::OpenError;
use crate::store::{StoreError, codec};
use std::fs::File;
use std::path::Path;

/// Values that are rewritten in one go.
const BATCH: usize = 1_000;

type Change = fn(&[u8]) -> Result<Option<Vec<u8>>, StoreError>;

/// The way from one format to the next.
struct Migration {
    /// What is different, for the operator who waits for it.
    what: &'static str,
    /// The kind of key whose values it changes.
    prefix: u8,
    /// The new value of an old one; `None` where it is in the new form already. A migration that was interrupted begins
    /// again, so it must know its own work.
    change: Change,
}

/// All of them: the first leads from format 1 to format 2.
const MIGRATIONS: &[Migration] =
    &[Migration { what: "dialogues begin with their format", prefix: b'd', change: begin_with_format }];

/// The format that is written.
#[expect(clippy::cast_possible_truncation, reason = "a handful")]
pub(super) const FORMAT: u8 = MIGRATIONS.len() as u8 + 1;

/// Format 1 began a dialogue with the eight bytes of its version, of which none ever reached the first.
fn begin_with_format(value: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
    match value.first() {
        Some(0) => Ok(Some([&[keys::FORMAT_OF_DIALOGUES], value].concat())),
        Some(_) => Ok(None),
        None => Err(StoreError::Corrupt("a dialogue is empty".to_owned())),
    }
}

/// The format of the store in a database; `None` where it is new.
pub(super) fn format_of(db: &sled::Db) -> Result<Option<u8>, StoreError> {
    let noted = db.get(keys::FORMAT).map_err(|error| gone(&error))?;
    noted.map(|value| codec::decode::<u8>("the store's format", &value)).transpose()
}

/// Brings a store to the format of this version, or says that it is a newer one. O(values of the kinds that changed).
pub(super) fn migrate(db: &sled::Db, file: &File, folder: &Path) -> Result<(), OpenError> {
    let path = || folder.to_path_buf();
    let unreadable = |error: StoreError| OpenError::Unreadable { path: path(), why: error.to_string() };
    let format = match format_of(db).map_err(unreadable)? {
        None => FORMAT, // a new store
        Some(0) => return Err(unreadable(StoreError::Corrupt("its format".to_owned()))),
        Some(newer) if newer > FORMAT => return Err(OpenError::Newer { path: path(), format: newer }),
        Some(format) => format,
    };
    for (from, migration) in (1..FORMAT).zip(MIGRATIONS).filter(|(from, _)| *from >= format) {
        let (what, to) = (migration.what, from + 1);
        tracing::info!(store = %folder.display(), from, to, what, "the store is brought to a newer format");
        let changed = run(db, file, migration).map_err(unreadable)?;
        note(db, file, to).map_err(unreadable)?;
        tracing::info!(store = %folder.display(), to, changed, "the store has the newer format");
    }
    if format == FORMAT { note(db, file, FORMAT).map_err(unreadable) } else { Ok(()) }
}

/// Rewrites the values; how many there were.
fn run(db: &sled::Db, file: &File, migration: &Migration) -> Result<u64, StoreError> {
    let (mut batch, mut waiting, mut changed) = (sled::Batch::default(), 0, 0);
    for found in db.scan_prefix([migration.prefix]) {
        let (key, value) = found.map_err(|error| gone(&error))?;
        let Some(value) = (migration.change)(&value)? else { continue };
        batch.insert(key, value);
        (waiting, changed) = (waiting + 1, changed + 1);
        if waiting == BATCH {
            sync(db, file, std::mem::take(&mut batch))?;
            waiting = 0;
        }
    }
    sync(db, file, batch)?;
    Ok(changed)
}

/// Notes the format, once all values have it.
fn note(db: &sled::Db, file: &File, format: u8) -> Result<(), StoreError> {
    if format_of(db)? == Some(format) {
        return Ok(());
    }
    let mut batch = sled::Batch::default();
    batch.insert(keys::FORMAT, codec::encode(&format));
    sync(db, file, batch)
}

/// A batch on the disk.
pub(super) fn sync(db: &sled::Db, file: &File, batch: sled::Batch) -> Result<(), StoreError> {
    db.apply_batch(batch).map_err(|error| gone(&error))?;
    db.flush().map_err(|error| gone(&error))?;
    file.sync_data().map_err(|error| StoreError::Gone(error.to_string()))
}

#[cfg(test)]
mod tests {
    use crate::sms::Key;
    use crate::store::sled::keys::{self, Stored};
    use crate::store::{OpenError, SledStore, Store, codec};
    use std::path::Path;

    const CACHE: u64 = 1024 * 1024;

    fn key(number: u32) -> Key {
        Key { brand: "scoops".into(), phone: format!("+1404555{number:04}").parse().expect("a number") }
    }

    /// A store as format 1 was written at first.
    fn old_store(folder: &Path, people: u32, format: u8) {
        let db = sled::open(folder.join("sled")).expect("it opens");
        db.insert(keys::FORMAT, codec::encode(&format)).expect("it is written");
        for number in 0..people {
            let mut record = crate::dialogue::Record::default();
            record.person.turn = 7;
            let stored =
                Stored { version: u64::from(number) + 1, alarm: None, record: codec::encode(&record) };
            let new = stored.encode();
            // Every other one is as an interrupted migration leaves it.
            let value = if number % 2 == 0 { &new[1..] } else { &new[..] };
            db.insert(keys::dialogue(&key(number)), value).expect("it is written");
        }
        db.flush().expect("it is flushed");
    }

    #[tokio::test]
    async fn a_store_of_the_first_format_is_read_after_its_migration() {
        let folder = tempfile::tempdir().expect("a folder");
        old_store(folder.path(), 2_500, 1);
        for _ in 0..2 {
            let store = SledStore::open(folder.path(), CACHE).expect("it is migrated, and once only");
            for number in [0, 1, 2, 2_499] {
                let snapshot = store.load(&key(number)).await.expect("it is read");
                assert_eq!((snapshot.version, snapshot.record.person.turn), (u64::from(number) + 1, 7));
            }
            assert_eq!(super::format_of(&store.db), Ok(Some(super::FORMAT)));
        }
    }

    #[test]
    fn a_newer_store_is_refused_and_left_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        old_store(folder.path(), 1, super::FORMAT + 1);
        for _ in 0..2 {
            let error = SledStore::open(folder.path(), CACHE).expect_err("it is newer");
            assert!(
                matches!(error, OpenError::Newer { format, .. } if format == super::FORMAT + 1),
                "{error}"
            );
            assert!(error.way_out().contains("newer"), "{error}");
        }
    }
}
