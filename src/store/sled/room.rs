//! How much room the store's disk has left. A disk that is full in the middle of a write leaves nobody knowing what is on
//! it; so nothing is taken any more while there is still room to finish what has begun.

use nix::sys::statvfs::statvfs;
use std::path::{Path, PathBuf};

/// Bytes that must be left for anything to be taken: the largest batch (a thousand turns of 20 KiB) and what sled adds to
/// it, twice.
pub const ROOM_BYTES_MIN: u64 = 64 * 1024 * 1024;

/// Bytes that we may still write where a folder lies; `None` where the system does not say.
pub fn room(folder: &Path) -> Option<u64> {
    let system = statvfs(folder).ok()?;
    // Not `u64` on every system.
    #[allow(clippy::useless_conversion)]
    Some(u64::from(system.blocks_available()).saturating_mul(u64::from(system.fragment_size())))
}

/// Looks at the disk before every batch (a microsecond), and says when things change.
pub(super) struct Room {
    folder: PathBuf,
    is_full: bool,
}

impl Room {
    pub(super) fn of(folder: &Path) -> Self {
        Self { folder: folder.to_path_buf(), is_full: false }
    }

    pub(super) fn look(&mut self) {
        let left = room(&self.folder);
        let full = left.is_some_and(|left| left < ROOM_BYTES_MIN);
        let (store, left) = (self.folder.display(), left.unwrap_or_default());
        match (self.is_full, full) {
            (false, true) => {
                tracing::error!(%store, left, needed = ROOM_BYTES_MIN, "the disk is full: nothing is taken and nothing sent until there is room");
            }
            (true, false) => tracing::info!(%store, left, "the disk has room again"),
            (false, false) | (true, true) => {}
        }
        self.is_full = full;
    }

    pub(super) fn is_full(&self) -> bool {
        self.is_full
    }
}
