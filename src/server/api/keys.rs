//! Keys of the API: 256 bits of chance each, of which a file keeps the hash. A key opens one brand, or all, or metrics
//! alone.
//!
//! A hash that costs time is for passwords, which can be guessed; nobody guesses these.

use crate::sms::BrandId;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use subtle::ConstantTimeEq;

/// What every key begins with, so that whoever finds one knows what it is.
const PREFIX: &str = "sayso";
/// Bytes of chance in a key.
const SECRET_BYTES: usize = 32;

/// What a key opens.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// All brands, and what belongs to none.
    All,
    /// One brand, by the name under which its data is kept.
    Brand(BrandId),
    /// Metrics, and nothing of any brand.
    Metrics,
}

/// A key as it is kept: without itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Key {
    /// What logs and `sayso key list` call it.
    pub id: String,
    /// Whose it is, in the operator's words.
    pub name: String,
    /// What it opens.
    pub scope: Scope,
    /// When it was made.
    pub made: Timestamp,
    /// When it ends.
    pub ends: Timestamp,
    /// When it was taken back, if it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked: Option<Timestamp>,
    /// SHA-256 of the key, in base64.
    hash: String,
}

impl Key {
    /// Whether it opens anything at that moment.
    #[must_use]
    pub fn is_valid(&self, now: Timestamp) -> bool {
        self.revoked.is_none() && now < self.ends
    }
}

/// All keys.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Keys {
    /// In the order in which they were made.
    pub keys: Vec<Key>,
}

/// Why the file of the keys is of no use.
#[derive(Debug, Clone, thiserror::Error)]
#[error("the keys in `{path}` cannot be {what}: {why}")]
pub struct KeysError {
    path: String,
    what: &'static str,
    why: String,
}

impl Keys {
    /// Reads the file; no keys where there is none.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let error = |why: String| KeysError { path: path.display().to_string(), what: "read", why };
        match std::fs::read(path) {
            Ok(bytes) => serde_json::from_slice(&bytes).map_err(|why| error(why.to_string())),
            Err(why) if why.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(why) => Err(error(why.to_string())),
        }
    }

    /// Writes the file, whole or not at all, for its owner alone.
    pub fn write(&self, path: &Path) -> Result<(), KeysError> {
        let write = || -> std::io::Result<()> {
            let folder =
                path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
            std::fs::create_dir_all(folder)?;
            let mut file = tempfile::NamedTempFile::new_in(folder)?;
            serde_json::to_writer_pretty(&mut file, self)?;
            file.write_all(b"\n")?;
            file.as_file().set_permissions(std::fs::Permissions::from_mode(0o600))?;
            file.as_file().sync_all()?;
            file.persist(path)?;
            std::fs::File::open(folder)?.sync_all()
        };
        let error = |why: String| KeysError { path: path.display().to_string(), what: "written", why };
        write().map_err(|why| error(why.to_string()))
    }

    /// Makes a key. What is answered is the key itself: nobody can ask for it again.
    pub fn add(&mut self, name: &str, scope: Scope, made: Timestamp, ends: Timestamp) -> (Key, String) {
        let (mut id, mut secret) = ([0; 4], [0; SECRET_BYTES]);
        for bytes in [&mut id[..], &mut secret[..]] {
            getrandom::fill(bytes)
                .expect("the operating system gives random bytes to every process once it is up");
        }
        let id = format!("{:08x}", u32::from_be_bytes(id));
        let secret = format!("{PREFIX}_{id}_{}", URL_SAFE_NO_PAD.encode(secret));
        let key = Key { id, name: name.to_owned(), scope, made, ends, revoked: None, hash: hash(&secret) };
        self.keys.push(key.clone());
        (key, secret)
    }

    /// The valid key that somebody shows. Its name finds it, its hash proves it, in a time that tells nothing of the hash.
    fn proved(&self, shown: &str, now: Timestamp) -> Option<&Key> {
        let id = shown.strip_prefix(PREFIX)?.strip_prefix('_')?.split('_').next()?;
        let key = self.keys.iter().find(|key| key.id == id)?;
        let is_it = bool::from(key.hash.as_bytes().ct_eq(hash(shown).as_bytes()));
        (is_it && key.is_valid(now)).then_some(key)
    }
}

fn hash(key: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(key))
}

/// The keys as their file is at the moment: who is added may come in, and who is revoked stays out, from the next request on.
#[derive(Debug)]
pub(in crate::server) struct KeyRing {
    path: PathBuf,
    read: Mutex<Option<(Looks, Arc<Keys>)>>,
}

/// What tells a file that was put in the place of another.
type Looks = Option<(u64, i64, i64, u64)>;

impl KeyRing {
    pub(in crate::server) fn new(path: PathBuf) -> Self {
        Self { path, read: Mutex::default() }
    }

    /// The key that somebody shows, if it opens anything at that moment.
    pub(in crate::server) fn proved(&self, shown: &str, now: Timestamp) -> Result<Option<Key>, KeysError> {
        Ok(self.keys()?.proved(shown, now).cloned())
    }

    fn keys(&self) -> Result<Arc<Keys>, KeysError> {
        let looks = std::fs::metadata(&self.path).ok();
        let looks = looks.map(|file| (file.ino(), file.mtime(), file.mtime_nsec(), file.len()));
        let mut read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((before, keys)) = &*read
            && *before == looks
        {
            return Ok(Arc::clone(keys));
        }
        let keys = Arc::new(Keys::read(&self.path)?);
        *read = Some((looks, Arc::clone(&keys)));
        Ok(keys)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_proved_until_it_ends_or_is_revoked_and_no_other_is() {
        let mut keys = Keys::default();
        let at = |second| Timestamp::from_second(second).unwrap();
        let (key, shown) = keys.add("crm", Scope::All, at(0), at(100));
        let (_, other) = keys.add("shop", Scope::Brand(BrandId::from("gelato")), at(0), at(100));
        assert_eq!(keys.proved(&shown, at(99)), Some(&key));
        assert_eq!(keys.proved(&other, at(99)).unwrap().name, "shop", "several are valid at once");
        assert_eq!(keys.proved(&shown, at(100)), None);
        let mixed = format!("{}{}", &shown[..15], &other[15..]);
        for wrong in
            [&shown[..shown.len() - 1], &format!("{shown}A"), &mixed, &shown.to_uppercase(), "", "sayso_"]
        {
            assert_eq!(keys.proved(wrong, at(1)), None, "{wrong}");
        }
        keys.keys[0].revoked = Some(at(2));
        assert_eq!(keys.proved(&shown, at(3)), None);
        let kept = serde_json::to_string(&keys).unwrap();
        assert!(!kept.contains(&shown[15..]), "the key itself is not kept");
    }
}
