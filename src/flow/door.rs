//! Ways out of a wait that have a name of their own.

use serde::{Deserialize, Serialize};
use std::fmt;

/// A way out that a wait opens by what became of it. All else is left by the node's own ways out. Stored by these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Door {
    /// The option of that number, from 1.
    Option(u16),
    /// As many bad answers as the question takes.
    Tries,
    /// Silence.
    Silent,
    /// Consent was refused.
    No,
    /// Too young.
    Under,
    /// This person has voted before.
    Voted,
    /// A prize was won.
    Won,
    /// No prize was won.
    Lost,
    /// This person has taken part as often as the contest allows.
    Entered,
    /// The contest has not begun, or is over.
    Closed,
    /// An outside answer came.
    Ok,
    /// No outside answer could be had.
    Failed,
    /// The outside answer took too long.
    Late,
    /// A human gave the dialogue back.
    Back,
}

impl Door {
    /// The doors whose line begins with their word and says nothing else: `failed -> node`.
    pub const PLAIN: [Self; 11] = [
        Self::No,
        Self::Under,
        Self::Voted,
        Self::Won,
        Self::Lost,
        Self::Entered,
        Self::Closed,
        Self::Ok,
        Self::Failed,
        Self::Late,
        Self::Back,
    ];

    /// The word that its line begins with.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Option(_) => "option",
            Self::Tries => "tries",
            Self::Silent => "silent",
            Self::No => "no",
            Self::Under => "under",
            Self::Voted => "voted",
            Self::Won => "won",
            Self::Lost => "lost",
            Self::Entered => "entered",
            Self::Closed => "closed",
            Self::Ok => "ok",
            Self::Failed => "failed",
            Self::Late => "late",
            Self::Back => "back",
        }
    }

    /// The door that is taken where this one is not there.
    #[must_use]
    pub fn otherwise(self) -> Option<Self> {
        match self {
            Self::Late => Some(Self::Failed),
            Self::Entered | Self::Closed => Some(Self::Lost),
            Self::Option(_)
            | Self::Tries
            | Self::Silent
            | Self::No
            | Self::Under
            | Self::Voted
            | Self::Won
            | Self::Lost
            | Self::Ok
            | Self::Failed
            | Self::Back => None,
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.word())?;
        if let Self::Option(number) = self { write!(f, " {number}") } else { Ok(()) }
    }
}
