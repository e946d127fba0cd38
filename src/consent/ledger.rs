//! The ledger: every change of consent, with the words that made it. Entries are added, never changed.

use super::Reason;
use super::scope::{Parts, Scope};
use crate::language::Lang;
use crate::sms::{MessageId, Sender};
use jiff::Timestamp;
use jiff::civil::Date;
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

impl Status {
    /// The same after a change of that of which it is the status.
    #[must_use]
    pub(super) fn after(self, change: Change) -> Self {
        match (change, self) {
            (Change::In, _) => Self::In,
            (Change::Out, _) | (Change::Deactivated(_) | Change::Erased, Self::Out) => Self::Out,
            (Change::Declined | Change::Deactivated(_) | Change::Reassigned(_) | Change::Erased, _)
            | (Change::Asked, Self::Out) => Self::None,
            (
                Change::Asked | Change::Unsure | Change::Kept | Change::OfAge(_) | Change::Underage(_),
                status,
            ) => status,
        }
    }
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
    /// The day on which an earlier holder's number was last said to be switched off or given to somebody else.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left: Option<Date>,
    /// What was said about parts of the brand.
    #[serde(default, skip_serializing_if = "Parts::is_empty")]
    pub parts: Parts,
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
    /// The number was switched off that day (CTIA Messaging Principles 5.1.5): what its holder said counts no more.
    Deactivated(Date),
    /// The number was given to somebody else that day: the new holder starts clean.
    Reassigned(Date),
    /// The person was erased: all but what this type and the chain tell is gone.
    Erased,
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
    /// By an erasure: the person asked for it, or the time to keep it was over.
    Erasure,
    /// By a person of the brand, who read what had been unsure.
    Review,
}

impl std::fmt::Display for Change {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::In => f.write_str("opted in"),
            Self::Out => f.write_str("opted out"),
            Self::Asked => f.write_str("asked to be asked"),
            Self::Declined => f.write_str("said no"),
            Self::Unsure => f.write_str("may have opted out"),
            Self::Kept => f.write_str("was read, and is no opt-out"),
            Self::OfAge(years) => write!(f, "is at least {years}"),
            Self::Underage(years) => write!(f, "is younger than {years}"),
            Self::Deactivated(on) => write!(f, "number switched off on {on}: consent ended"),
            Self::Reassigned(on) => write!(f, "number given to somebody else on {on}: consent ended"),
            Self::Erased => f.write_str("erased"),
        }
    }
}

impl std::fmt::Display for How {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Text => "text",
            Self::Provider => "the provider",
            Self::Api => "the API",
            Self::Import => "import",
            Self::Review => "review",
            Self::Erasure => "the operator",
        })
    }
}

/// One entry (fields after CTIA Messaging Principles 5.1.2: time, medium, wording, number).
///
/// Its JSON is what digests cover, for as long as entries are kept: a field may be added behind the others if it is left out
/// where it is empty; none may change its name, its place or its form.
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
    /// How far it reaches.
    #[serde(default, skip_serializing_if = "Scope::is_usual")]
    pub scope: Scope,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_asked(reason: &Reason) -> bool {
    *reason == Reason::Asked
}

impl LedgerEntry {
    /// The entry that says that the person was erased.
    #[must_use]
    pub fn erasure(number: u32, at: Timestamp, rule: &str, language: Option<Lang>) -> Self {
        Self {
            number,
            at,
            change: Change::Erased,
            how: How::Erasure,
            rule: rule.to_owned(),
            reason: Reason::default(),
            settles: None,
            shown: None,
            received: None,
            message: None,
            sender: None,
            language: language.unwrap_or(Lang::EN),
            programme: String::new(),
            scope: Scope::Brand,
        }
    }
}

impl Change {
    /// Whether it decides a text that was unsure: a clear word does, and somebody who has read it.
    #[must_use]
    pub fn settles(self) -> bool {
        match self {
            // What one holder of a number said is not for the next to decide.
            Self::In | Self::Out | Self::Kept | Self::Deactivated(_) | Self::Reassigned(_) | Self::Erased => {
                true
            }
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
        let (status, parts) = self.reached(entry);
        let since = if status == self.status { self.since } else { Some(entry.at) };
        let (of_age, left) = match entry.change {
            Change::OfAge(years) => (self.of_age.max(Some(years)), self.left),
            // What one holder of a number has shown says nothing about the next.
            Change::Deactivated(on) | Change::Reassigned(on) => (None, Some(on)),
            Change::Erased => (None, None),
            Change::In
            | Change::Out
            | Change::Asked
            | Change::Declined
            | Change::Unsure
            | Change::Kept
            | Change::Underage(_) => (self.of_age, self.left),
        };
        let before = self.unsure.filter(|_| !entry.change.settles());
        let begins = Unsure { since: entry.at, entry: entry.number };
        let unsure = before.or((entry.change == Change::Unsure).then_some(begins));
        Self { status, since, entries: entry.number, unsure, of_age, left, parts }
    }
}
