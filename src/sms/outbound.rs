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
