//! Everything that a step can want. A closed list: effects are committed with the state, and only then acted upon.

use crate::consent::{LedgerEntry, Reason};
use crate::language::Lang;
use crate::slot::Value;
use crate::sms::{Class, Content, ProgrammeId, Sender};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Something wanted. Kept in the log by these names: they may grow, not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Effect {
    /// Send a message.
    Send(Send),
    /// Add an entry to the person's ledger.
    Ledger(LedgerEntry),
    /// Take from something that belongs to the whole brand.
    Take(Take),
    /// Ask an outside service; its answer comes back as [`super::Event::Lookup`].
    Lookup(Lookup),
    /// Tell an outside service.
    Notify(Notify),
}

impl Effect {
    /// The message, if it is one.
    #[must_use]
    pub fn send(&self) -> Option<&Send> {
        if let Self::Send(send) = self { Some(send) } else { None }
    }

    /// What of it leaves the house, if anything does: that goes into the outbox.
    #[must_use]
    pub fn errand(&self) -> Option<Errand> {
        match self {
            Self::Send(send) => Some(Errand::Send(send.clone())),
            Self::Lookup(lookup) => Some(Errand::Lookup(lookup.clone())),
            Self::Notify(notify) => Some(Errand::Notify(notify.clone())),
            Self::Ledger(_) | Self::Take(_) => None,
        }
    }
}

/// Something that leaves the house.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Errand {
    /// A message to the person.
    Send(Send),
    /// A question to an outside service.
    Lookup(Lookup),
    /// Something that an outside service is told.
    Notify(Notify),
}

impl Errand {
    /// The message, if it is one.
    #[must_use]
    pub fn send(&self) -> Option<&Send> {
        if let Self::Send(send) = self { Some(send) } else { None }
    }
}

/// A question to an outside service.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lookup {
    /// Its name in `brand.flow`.
    pub name: String,
    /// The address, with the person's values in it.
    pub url: String,
    /// The turn that asks: the answer names it.
    pub armed_in: u64,
}

/// Something that an outside service is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notify {
    /// Its name in `brand.flow`.
    pub name: String,
    /// The node that tells it, as `flow.node`.
    pub node: String,
    /// The fields that it is told, by name; unfilled ones are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// What a person of the brand should read at once; no node tells it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alert: Option<Alert>,
}

/// Something that a person of the brand should read at once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Alert {
    /// Why.
    pub reason: Reason,
    /// The beginning of the words.
    pub text: String,
}

/// A message to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Why it is sent; the gate decides by it.
    pub class: Class,
    /// What it is about.
    #[serde(default, skip_serializing_if = "Content::is_usual")]
    pub content: Content,
    /// The programme that it belongs to.
    #[serde(default, skip_serializing_if = "ProgrammeId::is_main")]
    pub programme: ProgrammeId,
    /// The number it leaves from; the brand's first where the person never texted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Sender>,
    /// The words.
    pub body: String,
    /// Their language.
    pub language: Lang,
    /// Addresses of the pictures that go with them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<String>,
}

/// A take from something brand-wide: votes counted, winners drawn, coupons handed out.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Take {
    /// Its name in the brand.
    pub name: String,
    /// What is taken from.
    pub from: TakeFrom,
}

/// What a [`Take`] takes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TakeFrom {
    /// A counter goes up by one and tells its new value.
    Counter,
    /// One piece of a pool of so many, or nothing when it is empty.
    Pool {
        /// How many pieces there are in all.
        size: u64,
    },
}
