//! The key of the suppression hashes: a file beside the data, for its owner alone. Who has the data without it can try no
//! numbers; who keeps it elsewhere says so in `sayso.toml`.

use crate::consent::SuppressionKey;
use std::fs::{File, OpenOptions};
use std::io::{Error, ErrorKind, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

/// The file's name within the store's folder.
const NAME: &str = "suppression.key";
/// Bytes of a new key.
const KEY_BYTES: usize = 32;

/// Reads the key; makes it when it is missing.
pub(super) fn key(folder: &Path) -> Result<SuppressionKey, Error> {
    let path = folder.join(NAME);
    let mut bytes = Vec::new();
    match File::open(&path) {
        Ok(mut file) => {
            file.read_to_end(&mut bytes)?;
        }
        Err(error) if error.kind() == ErrorKind::NotFound => bytes = made(folder, &path)?,
        Err(error) => return Err(error),
    }
    SuppressionKey::new(bytes).ok_or_else(|| {
        Error::new(ErrorKind::InvalidData, format!("`{}` is too short for a key", path.display()))
    })
}

/// A new key: on the disk, whole, under its name, before anything is made with it.
fn made(folder: &Path, path: &Path) -> Result<Vec<u8>, Error> {
    let mut bytes = vec![0; KEY_BYTES];
    getrandom::fill(&mut bytes)?;
    let beside = path.with_extension("new");
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&beside)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    std::fs::rename(&beside, path)?;
    File::open(folder)?.sync_all()?;
    Ok(bytes)
}
