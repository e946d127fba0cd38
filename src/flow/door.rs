//! Ways out of a wait that have a name of their own.

use std::fmt;

/// A way out that a wait opens by what became of it. All else is left by the node's own ways out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Door {
    /// The number of an option, from 1.
    Option(u16),
    /// As many bad answers as the question takes.
    Tries,
    /// Silence.
    Silent,
}

impl Door {
    /// The doors that a line below a wait names by its first word alone: `failed -> node`.
    pub const NAMED: [Self; 0] = [];

    /// The word of its line.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Option(_) => "option",
            Self::Tries => "tries",
            Self::Silent => "silent",
        }
    }
}

impl fmt::Display for Door {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Option(number) => write!(f, "option {number}"),
            Self::Tries | Self::Silent => f.write_str(self.word()),
        }
    }
}
