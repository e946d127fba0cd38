//! The log of turns as lines: what `export turns` prints and `replay` reads. Each line stands for itself, so that logs may
//! be cut, joined and searched by whatever reads lines.

use crate::store::Entry;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;

/// The version of the lines that are written. A field more is no new version; a field that means something else is.
pub const VERSION: u32 = 1;

/// One turn of the log, as a JSON object on a line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Logged<'e> {
    /// [`VERSION`]; lines without one are of the first.
    #[serde(default = "first")]
    pub version: u32,
    /// Its number in the log.
    pub seq: u64,
    /// The turn.
    pub entry: Cow<'e, Entry>,
}

/// Why a line is no turn.
#[derive(Debug, thiserror::Error)]
pub enum LineError {
    /// It was written by a later sayso: nothing of the log is to be trusted.
    #[error("this log is of version {0}, and this sayso reads up to version {VERSION}")]
    Later(u32),
    /// Its person was erased: the line keeps the turn's place, and nothing else.
    #[error("this turn was erased")]
    Erased,
    /// It is damaged.
    #[error("this is no turn of a log: {0}")]
    Damaged(serde_json::Error),
}

fn first() -> u32 {
    1
}

impl<'e> Logged<'e> {
    /// A turn of that number.
    #[must_use]
    pub fn new(seq: u64, entry: &'e Entry) -> Self {
        Self { version: VERSION, seq, entry: Cow::Borrowed(entry) }
    }
}

impl Logged<'static> {
    /// Reads a line.
    pub fn read(line: &[u8]) -> Result<Self, LineError> {
        #[derive(Deserialize)]
        struct Head {
            #[serde(default = "first")]
            version: u32,
            erased_at: Option<Timestamp>,
        }
        let read: Result<Self, _> = serde_json::from_slice(line);
        let (version, is_erased) = match &read {
            Ok(logged) => (logged.version, false),
            // What a later version says may be unreadable here; its number is not.
            Err(_) => serde_json::from_slice(line)
                .map_or((VERSION, false), |head: Head| (head.version, head.erased_at.is_some())),
        };
        match read {
            _ if version > VERSION => Err(LineError::Later(version)),
            Err(_) if is_erased => Err(LineError::Erased),
            read => read.map_err(LineError::Damaged),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_later_version_is_told_from_a_damaged_line() {
        let read = |line: &str| Logged::read(line.as_bytes());
        assert!(matches!(read(r#"{"version":2,"turns":[]}"#), Err(LineError::Later(2))));
        assert!(matches!(read(r#"{"version":1,"seq":"#), Err(LineError::Damaged(_))));
        assert!(matches!(read("{}"), Err(LineError::Damaged(_))));
        let erased = r#"{"seq":7,"brand":"scoops","erased_at":"2026-06-01T16:00:00Z"}"#;
        assert!(matches!(read(erased), Err(LineError::Erased)));
    }
}
