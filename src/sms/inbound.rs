//! A message from a subscriber.

use super::{AccountId, MessageId, Phone, Sender};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A message from a subscriber, as a provider delivered it (its trade calls this "mobile originated").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The account it came through.
    pub account: AccountId,
    /// The provider's id: the same message delivered twice carries the same one.
    pub id: MessageId,
    /// Who wrote.
    pub from: Phone,
    /// The number that was texted.
    pub to: Sender,
    /// The words, exactly; empty when only a picture came.
    #[serde(default)]
    pub body: String,
    /// When the provider took it, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// References to pictures and the like; nothing is downloaded here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// What the provider itself took the text for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<OptOutHint>,
}

/// A picture or other file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Where it can be fetched.
    pub url: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
}

/// A provider's own reading of a compliance word, such as Twilio's `OptOutType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptOutHint {
    /// It took the text for an opt-out.
    Stop,
    /// It took the text for a call for help.
    Help,
    /// It took the text for an opt-in.
    Start,
}
