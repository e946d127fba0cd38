//! The ledger: every change of consent, with the words that made it. Entries are added, never changed.

use super::Reason;
use crate::language::Lang;
use crate::sms::{MessageId, Sender};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Whether we may write to somebody.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// The person has never said so: direct answers to their own texts only.
    #[default]
    None,
    /// The person has opted in.
    In,
    /// The person has opted out: nothing but the one confirmation and answers to HELP.
    Out,
}

impl std::fmt::Display for Status {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::None => "none",
            Self::In => "in",
            Self::Out => "out",
        })
    }
}

/// Where a person stands now: the sum of their ledger, kept with the dialogue so that one read tells it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Standing {
    /// May we write?
    #[serde(default)]
    pub status: Status,
    /// Since when; `None` where nothing was ever said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// The ledger's entries so far: the number of the last one, from 1.
    #[serde(default)]
    pub entries: u32,
    /// A text of theirs that may be an opt-out waits to be read; until then nothing is sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unsure: Option<Unsure>,
    /// The highest age, in years, that the person has shown to have reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_age: Option<u8>,
}

/// A text that waits for a person to say whether it is an opt-out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Unsure {
    /// Since when.
    pub since: Timestamp,
    /// Its entry in the ledger.
    pub entry: u32,
}

/// What an entry changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Change {
    /// Opted in.
    In,
    /// Opted out.
    Out,
    /// Asked to be asked: the beginning of a double opt-in. Direct answers are allowed again, no more.
    Asked,
    /// Was asked and said no.
    Declined,
    /// Wrote what may be an opt-out: nothing is sent until somebody has read it.
    Unsure,
    /// Somebody has read it, and it is none.
    Kept,
    /// Has shown by a birth date to be at least so many years old.
    OfAge(u8),
    /// Has shown by a birth date to be younger than that.
    Underage(u8),
}

/// How the change came about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// By a text of the person.
    Text,
    /// By the provider, which took a text for an opt-out or refused a send because of one.
    Provider,
    /// By the API, in the operator's name.
    Api,
    /// By a list that was imported.
    Import,
    /// By a person of the brand, who read what had been unsure.
    Review,
}

/// One entry (fields after CTIA Messaging Principles 5.1.2: time, medium, wording, number).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// Its number in this person's ledger with this brand, from 1.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// What changed.
    pub change: Change,
    /// How.
    pub how: How,
    /// Which word or rule matched.
    pub rule: String,
    /// Why they want no more texts.
    #[serde(default, skip_serializing_if = "is_asked")]
    pub reason: Reason,
    /// The entry of the unsure text that this one decides.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub settles: Option<u32>,
    /// The words that we had shown, exactly (CTIA Messaging Principles 5.1.2: the wording of the request).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// The words that the person wrote, exactly; not for an age, of which only the outcome is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received: Option<String>,
    /// The provider's id of that message.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<MessageId>,
    /// The number that was texted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// The language the person was spoken to in.
    pub language: Lang,
    /// The programme it was given to.
    pub programme: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_asked(reason: &Reason) -> bool {
    *reason == Reason::Asked
}

impl Change {
    /// Whether it decides a text that was unsure: a clear word does, and somebody who has read it.
    #[must_use]
    pub fn settles(self) -> bool {
        match self {
            Self::In | Self::Out | Self::Kept => true,
            Self::Asked | Self::Declined | Self::Unsure | Self::OfAge(_) | Self::Underage(_) => false,
        }
    }
}

impl Standing {
    /// Whether the person has shown to be of an age, where one is asked for.
    #[must_use]
    pub fn is_of_age(&self, years: Option<u8>) -> bool {
        years.is_none_or(|years| self.of_age >= Some(years))
    }

    /// The standing after an entry.
    #[must_use]
    pub fn after(&self, entry: &LedgerEntry) -> Self {
        let status = match entry.change {
            Change::In => Status::In,
            Change::Out => Status::Out,
            Change::Declined => Status::None,
            Change::Asked if self.status == Status::Out => Status::None,
            Change::Asked | Change::Unsure | Change::Kept | Change::OfAge(_) | Change::Underage(_) => {
                self.status
            }
        };
        let since = if status == self.status { self.since } else { Some(entry.at) };
        let shown = if let Change::OfAge(years) = entry.change { Some(years) } else { None };
        let before = self.unsure.filter(|_| !entry.change.settles());
        let begins = Unsure { since: entry.at, entry: entry.number };
        let unsure = before.or((entry.change == Change::Unsure).then_some(begins));
        Self { status, since, entries: entry.number, unsure, of_age: self.of_age.max(shown) }
    }
}
