//! Everything that a step can want. A closed list: effects are committed with the state, and only then acted upon.

use crate::consent::LedgerEntry;
use crate::language::Lang;
use crate::sms::{Class, Sender};
use serde::{Deserialize, Serialize};

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
    Lookup {
        /// Its name in `brand.flow`.
        name: String,
    },
    /// Tell an outside service.
    Notify {
        /// Its name in `brand.flow`.
        name: String,
    },
}

/// A message to the person.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Send {
    /// Why it is sent; the gate decides by it.
    pub class: Class,
    /// The number it leaves from; the brand's first where the person never texted one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Sender>,
    /// The words.
    pub body: String,
    /// Their language.
    pub language: Lang,
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
