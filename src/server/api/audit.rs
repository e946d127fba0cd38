//! The audit: every call of the API is a line of a file to which lines are only added. Numbers are masked in it.

use jiff::Timestamp;
use serde::Serialize;
use std::fs::OpenOptions;
use std::io::Write;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

/// One call.
#[derive(Debug, Serialize)]
pub(super) struct Call<'a> {
    /// When it came.
    pub(super) at: Timestamp,
    /// Its name in the log.
    pub(super) request: String,
    /// From where.
    pub(super) client: String,
    /// The key's name in `sayso key list`; none where no key was proved.
    pub(super) key: Option<&'a str>,
    /// Whose the key is.
    pub(super) name: Option<&'a str>,
    /// What was asked for: a method and the pattern of a path.
    pub(super) what: String,
    /// Of which brand.
    pub(super) brand: Option<&'a str>,
    /// About whom, masked.
    pub(super) person: Option<String>,
    /// What was answered.
    pub(super) status: u16,
}

/// The file. It is opened for each line, so that it can be moved away and kept elsewhere.
#[derive(Debug)]
pub(super) struct Audit {
    path: PathBuf,
    /// Lines that could not be written. Until they are, nobody is answered: what cannot be audited is not done.
    waiting: Mutex<Vec<u8>>,
}

impl Audit {
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, waiting: Mutex::default() }
    }

    /// Whether a line can be written: the file can be opened, and no line waits for it.
    pub(super) fn is_ready(&self) -> std::io::Result<()> {
        self.write(&[])
    }

    /// Adds a line; it is on the disk when this returns. What could not be written is kept for the next time.
    pub(super) fn add(&self, call: &Call<'_>) {
        let mut line = serde_json::to_vec(call).expect("a call is words and numbers");
        line.push(b'\n');
        if let Err(error) = self.write(&line) {
            tracing::error!(%error, "the audit cannot be written: the API stops until it can");
        }
    }

    fn write(&self, line: &[u8]) -> std::io::Result<()> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.extend_from_slice(line);
        if let Some(folder) = self.path.parent() {
            std::fs::create_dir_all(folder)?;
        }
        let mut file = OpenOptions::new().append(true).create(true).mode(0o600).open(&self.path)?;
        if !waiting.is_empty() {
            file.write_all(&waiting)?;
            waiting.clear();
            file.sync_data()?;
        }
        Ok(())
    }
}
