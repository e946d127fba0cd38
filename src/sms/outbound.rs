//! A message to a subscriber.

use super::{Phone, Sender};
use serde::{Deserialize, Serialize};

/// A message to a subscriber, ready for a provider to encode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outbound {
    /// The number it leaves from.
    pub from: Sender,
    /// Who gets it.
    pub to: Phone,
    /// The words, exactly as the person will read them.
    pub body: String,
    /// Addresses of the pictures that go with them; the provider fetches them.
    pub media: Vec<String>,
    /// Our own name of this message: turn and place in it. The same for every attempt, so a provider that takes
    /// an idempotency key gets this one.
    pub reference: String,
}

/// Why a message is sent; the gate decides by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The one confirmation of an opt-out (47 CFR 64.1200(a)(12)).
    OptOutConfirmation,
    /// The answer to HELP or INFO, which everybody gets (CTIA Short Code Monitoring Handbook).
    Help,
    /// A direct answer to a text of this person.
    Reply,
    /// A later message of a dialogue that the person started, such as a reminder after a silence.
    FollowUp,
    /// A message that the brand started: a campaign or a start by the API.
    Campaign,
}

/// What a message is about; hours and caps of many laws are for marketing alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Content {
    /// It is to sell something, or may be.
    #[default]
    Marketing,
    /// What the person needs to know of something they have: an order, an appointment.
    Service,
}

impl Content {
    /// For what is not written down where it is the usual one.
    #[must_use]
    pub fn is_usual(&self) -> bool {
        *self == Self::default()
    }
}

/// What a STOP ends, when it answers a message of a brand that has more than one thing to end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum StopEnds {
    /// Everything of the brand.
    #[default]
    Brand,
    /// The programme of the message that it answers.
    Programme,
    /// Marketing, where it answers a message that is marketing; everything, where it answers another one.
    Content,
}

/// Whether answers to a person's own texts keep hours and caps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Replies {
    /// They leave at any hour: the person is awake, and has asked.
    #[default]
    Always,
    /// They wait and are counted as everything else.
    Limited,
}

/// What becomes of typographic signs that cost parts: curly quotes, long dashes, the ellipsis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Signs {
    /// They leave as they were written.
    #[default]
    AsWritten,
    /// They leave as what people would type for them, where that puts the text into GSM-7.
    Plain,
}

/// What becomes of a message that may not leave yet.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Outside {
    /// It waits for the first lawful instant.
    #[default]
    Hold,
    /// It is never sent.
    Drop,
}
