//! Opening the folder: its lock, its files, and what can be wrong with them.

use super::keys::DAMAGED;
use super::migrate;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Once;
use std::time::Duration;

/// How often a locked folder is tried, and how long in between: sled lets go of its lock a moment after it is dropped.
const LOCKED_TRIES: usize = 5;
const LOCKED_PAUSE: Duration = Duration::from_millis(20);

/// Why the store could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process has it open.
    #[error("the store `{0}` is in use by another process")]
    Locked(PathBuf),
    /// The folder cannot be used.
    #[error("the store `{path}` cannot be opened: {source}")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// What is in it makes no sense.
    #[error("the store `{path}` cannot be read: {why}")]
    Unreadable {
        /// The folder.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// A newer version of sayso has written it. Nothing was changed.
    #[error(
        "the store `{path}` has format {format}; this version of sayso knows formats up to {}",
        migrate::FORMAT
    )]
    Newer {
        /// The folder.
        path: PathBuf,
        /// Its format.
        format: u8,
    },
}

impl OpenError {
    /// A way out.
    #[must_use]
    pub fn way_out(&self) -> &'static str {
        match self {
            Self::Locked(_) => "is another verb using it? try again in a moment",
            Self::Folder { source, .. } => {
                let full = [std::io::ErrorKind::StorageFull, std::io::ErrorKind::QuotaExceeded];
                if full.contains(&source.kind()) {
                    "make room on its disk, then start again: nothing that was acknowledged is lost"
                } else if source.kind() == std::io::ErrorKind::PermissionDenied {
                    "run it as the user to whom the folder belongs"
                } else {
                    "`sayso doctor` looks at the folder and its files"
                }
            }
            Self::Unreadable { .. } => {
                "keep the folder as it is, move it away, and put the last backup in its place: `sayso restore FILE`"
            }
            Self::Newer { .. } => "run the version that wrote it, or a newer one; the store was not changed",
        }
    }
}

/// Opens sled's database. What it answers to broken files is an error or a panic of its own; both come out as one.
pub(super) fn open_database(database: &Path, cache_bytes: u64, folder: &Path) -> Result<sled::Db, OpenError> {
    let config = sled::Config::new()
        .path(database)
        .cache_capacity(cache_bytes)
        .mode(sled::Mode::HighThroughput)
        .flush_every_ms(None);
    let mut tries = 0;
    loop {
        tries += 1;
        match caught(|| config.open()) {
            Ok(Ok(db)) => return Ok(db),
            Err(why) => return Err(OpenError::Unreadable { path: folder.to_path_buf(), why }),
            Ok(Err(error)) => match open_error(error, folder) {
                OpenError::Locked(_) if tries < LOCKED_TRIES => std::thread::sleep(LOCKED_PAUSE),
                error @ (OpenError::Locked(_)
                | OpenError::Folder { .. }
                | OpenError::Unreadable { .. }
                | OpenError::Newer { .. }) => return Err(error),
            },
        }
    }
}

fn open_error(error: sled::Error, folder: &Path) -> OpenError {
    let path = folder.to_path_buf();
    match error {
        sled::Error::Io(io) if io.kind() == std::io::ErrorKind::WouldBlock => OpenError::Locked(path),
        // sled wraps the lock's error into words of its own.
        sled::Error::Io(io) if io.to_string().contains("could not acquire lock") => OpenError::Locked(path),
        sled::Error::Io(source) => OpenError::Folder { path, source },
        sled::Error::Corruption { .. } => OpenError::Unreadable { path, why: DAMAGED.to_owned() },
        other @ (sled::Error::CollectionNotFound(_)
        | sled::Error::Unsupported(_)
        | sled::Error::ReportableBug(_)) => OpenError::Unreadable { path, why: other.to_string() },
    }
}

/// Does something with sled, which answers to files that make no sense by panics: its words, and no trace of them.
pub(super) fn caught<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    quiet_sled();
    catch_unwind(AssertUnwindSafe(work)).map_err(|panic| {
        let words = panic.downcast_ref::<String>().map(String::as_str);
        let words = words.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("no reason is given");
        let first = words.lines().next().unwrap_or_default();
        format!("{DAMAGED} ({})", first.chars().take(200).collect::<String>())
    })
}

/// Panics inside sled are said in our own words by whoever caught them; all others are told as before.
fn quiet_sled() {
    static QUIET: Once = Once::new();
    QUIET.call_once(|| {
        let before = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |panic| {
            if panic.location().is_none_or(|place| !place.file().contains("/sled-0.34")) {
                before(panic);
            }
        }));
    });
}

/// Brings the folder, the files of the database in it and its own name to the disk. sled syncs neither its folder nor its
/// settings, without which it cannot be opened again (seen in simulated power cuts).
pub(super) fn sync_names(folder: &Path, database: &Path) -> std::io::Result<()> {
    for entry in std::fs::read_dir(database)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            std::fs::File::open(entry.path())?.sync_all()?;
        }
    }
    let above = folder.canonicalize()?.parent().map(Path::to_path_buf);
    for folder in [Some(database.to_path_buf()), Some(folder.to_path_buf()), above].into_iter().flatten() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}
