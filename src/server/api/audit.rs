//! The audit: every call of the API is a line of a file to which lines are only added. Numbers are masked in it.

use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::HashMap;
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

/// In the answer to a call that a machine repeats and that shows nothing of a brand or a person. Four scrapes a minute would be two
/// million lines a year, each synced to the disk, among which nobody finds the others: the first of an hour stands for them.
#[derive(Debug, Clone, Copy)]
pub(super) struct Repeated;

/// For how long one line stands for the calls behind it.
const REPEATS_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// Keys and clients that are remembered. Few scrape; calls of more are told one by one.
const REPEATS_MAX: usize = 256;

/// Who has repeated calls, and when that was told.
#[derive(Debug, Default)]
pub(super) struct Repeats(Mutex<HashMap<(String, String), Timestamp>>);

impl Repeats {
    /// Whether a call with a key, from a client, is to be told. A key that is used from elsewhere is told at once. O(clients that
    /// are remembered) where it is.
    pub(super) fn is_first(&self, key: &str, client: &str, now: Timestamp) -> bool {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let who = (key.to_owned(), client.to_owned());
        let stands = |at: &Timestamp| (*at..*at + REPEATS_WITHIN).contains(&now);
        if told.get(&who).is_some_and(stands) {
            return false;
        }
        told.retain(|_, at| stands(at));
        if told.len() < REPEATS_MAX {
            told.insert(who, now);
        }
        true
    }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_call_of_an_hour_is_told_of_each_key_and_client() {
        let repeats = Repeats::default();
        let at = |second: i64| Timestamp::from_second(1_780_000_000 + second).expect("a moment");
        let told = (0..240).filter(|scrape| repeats.is_first("a", "10.0.0.1", at(scrape * 15))).count();
        assert_eq!(told, 1, "an hour of scrapes");
        assert!(repeats.is_first("a", "10.0.0.1", at(3_600)));
        assert!(repeats.is_first("a", "192.0.2.1", at(3_601)), "the key is used from elsewhere");
        assert!(repeats.is_first("b", "10.0.0.1", at(3_601)));
        assert!(repeats.is_first("b", "10.0.0.1", at(0)), "a clock that was put back hides nothing");
        for client in 0..1_000 {
            assert!(repeats.is_first("a", &format!("client {client}"), at(8_000)));
        }
        let kept = repeats.0.lock().expect("nobody holds it").len();
        assert_eq!(kept, REPEATS_MAX, "who comes from everywhere fills no memory, and is told each time");
    }
}
