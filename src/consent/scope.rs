//! How far an opt-in or an opt-out reaches: all of a brand, one of its programmes, or its marketing alone.

use super::{Change, LedgerEntry, Standing, Status};
use crate::sms::{Content, ProgrammeId};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How far an entry of the ledger reaches.
///
/// How far a STOP must reach is unsettled (FCC DA 26-12 of January 2026 puts revoke-all off to 31 January 2027), so it is the
/// brand's to say; an opt-in reaches as far as the programme that was asked about (CTIA Messaging Principles 5.1.2.2).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Scope {
    /// Everything of the brand.
    #[default]
    Brand,
    /// One of its programmes.
    Programme(ProgrammeId),
    /// Its marketing: what the person needs to know of something they have goes on.
    Marketing,
}

impl Scope {
    /// For what is not written down where it is the usual one.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::Brand
    }

    /// Whether a message that belongs to this programme is covered.
    #[must_use]
    pub fn covers(&self, programme: &ProgrammeId, content: Content) -> bool {
        match self {
            Self::Brand => true,
            Self::Programme(own) => own == programme,
            Self::Marketing => content == Content::Marketing,
        }
    }
}

/// An opt-out that ended less than everything, and that nothing has taken back since.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ended {
    /// What it ended.
    pub scope: Scope,
    /// When.
    pub at: Timestamp,
}

/// What was said about parts of a brand: nothing in most.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Parts {
    /// Where the person stands with each programme that was spoken of; where none was, the main one is as the brand.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub programmes: BTreeMap<ProgrammeId, Status>,
    /// They have opted out of marketing.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_marketing: bool,
    /// The last opt-out that ended less than everything: START takes back what it ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ended: Option<Ended>,
}

impl Parts {
    /// For what is not written down where nothing was said.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The same after an entry about all of the brand.
    fn after_all(mut self, change: Change) -> Self {
        match change {
            // What the last opt-out of all ended comes back; what had ended before it does not.
            Change::In => {
                { self.programmes.values_mut() }.filter(|status| **status == Status::Out).for_each(
                    |status| {
                        *status = Status::In;
                    },
                );
                if !self.programmes.is_empty() && !self.is_in_any() {
                    self.programmes.insert(ProgrammeId::main(), Status::In);
                }
                Self { programmes: self.programmes, ..Self::default() }
            }
            Change::Out => {
                self.programmes.retain(|_, status| *status != Status::Out);
                self.leave();
                Self { ended: None, ..self }
            }
            Change::Declined => {
                self.programmes.retain(|_, status| *status != Status::In);
                self
            }
            Change::Deactivated(_) | Change::Reassigned(_) | Change::Erased => Self::default(),
            Change::Asked | Change::Unsure | Change::Kept | Change::OfAge(_) | Change::Underage(_) => self,
        }
    }

    fn leave(&mut self) {
        for status in self.programmes.values_mut().filter(|status| **status == Status::In) {
            *status = Status::Out;
        }
    }

    fn is_in_any(&self) -> bool {
        self.programmes.values().any(|status| *status == Status::In)
    }
}

impl Standing {
    /// Where the person stands as to messages of a programme with that content. Who has opted out of all, or has never opted in,
    /// stands so everywhere. O(log programmes).
    #[must_use]
    pub fn towards(&self, programme: &ProgrammeId, content: Content) -> Status {
        let Parts { programmes, no_marketing, .. } = &self.parts;
        match self.status {
            Status::Out => Status::Out,
            Status::None | Status::In if *no_marketing && content == Content::Marketing => Status::Out,
            status if programmes.is_empty() && programme.is_main() => status,
            Status::None | Status::In => programmes.get(programme).copied().unwrap_or_default(),
        }
    }

    /// Whether an opt-out stands, of all or of less.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.status == Status::Out || self.parts.ended.is_some()
    }

    /// Since when an opt-out stands, of all or of less; `None` where none does.
    #[must_use]
    pub fn stopped(&self) -> Option<Timestamp> {
        match self.status {
            Status::Out => self.since,
            Status::None | Status::In => self.parts.ended.as_ref().map(|ended| ended.at),
        }
    }

    /// The status and the parts after an entry. The status is the sum: they are in while they are in anything, and out once
    /// they have left all that they were in.
    pub(super) fn reached(&self, entry: &LedgerEntry) -> (Status, Parts) {
        let (change, mut parts) = (entry.change, self.parts.clone());
        let status = match &entry.scope {
            Scope::Brand => return (self.status.after(change), parts.after_all(change)),
            Scope::Marketing => {
                parts.no_marketing |= change == Change::Out;
                parts.no_marketing &= change != Change::In;
                self.status
            }
            Scope::Programme(programme) => {
                if parts.programmes.is_empty() && self.status != Status::None {
                    parts.programmes.insert(ProgrammeId::main(), self.status);
                }
                let before = parts.programmes.get(programme).copied().unwrap_or_default();
                let now = before.after(change);
                parts.programmes.insert(programme.clone(), now);
                parts.no_marketing &= change != Change::In;
                if parts.is_in_any() { Status::In } else { now }
            }
        };
        if change == Change::Out {
            parts.ended = Some(Ended { scope: entry.scope.clone(), at: entry.at });
        } else if change == Change::In {
            parts.ended = None;
        }
        (status, parts)
    }
}
