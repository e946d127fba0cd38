//! What a provider says later about a message it took.

use super::{AccountId, MessageId};
use serde::{Deserialize, Serialize};

/// A provider's word about a message that it accepted earlier.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Receipt {
    /// The account it came through.
    pub account: AccountId,
    /// The id that the provider gave when it accepted the message.
    pub id: MessageId,
    /// How far the message got.
    pub state: ReceiptState,
    /// The provider's own error code, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Whether the code says that the person has opted out at the provider.
    #[serde(default)]
    pub opted_out: bool,
    /// Whether the code says that nobody can be texted at this number.
    #[serde(default)]
    pub bad_number: bool,
}

/// How far a message got. A final state is never left, except that `Read` beats `Delivered`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReceiptState {
    /// Taken by the provider.
    Accepted,
    /// Waiting at the provider.
    Queued,
    /// Handed to the carrier.
    Sent,
    /// On the phone.
    Delivered,
    /// Read by the person.
    Read,
    /// The carrier could not deliver it.
    Undelivered,
    /// The provider could not send it.
    Failed,
    /// It waited too long.
    Expired,
    /// Refused on the way.
    Rejected,
    /// A word that we do not know; kept, never an error.
    Unknown,
}

impl ReceiptState {
    /// Whether nothing more is to come.
    #[must_use]
    pub fn is_final(self) -> bool {
        match self {
            Self::Delivered
            | Self::Read
            | Self::Undelivered
            | Self::Failed
            | Self::Expired
            | Self::Rejected => true,
            Self::Accepted | Self::Queued | Self::Sent | Self::Unknown => false,
        }
    }

    /// The state after hearing `later`: receipts come out of order.
    #[must_use]
    pub fn then(self, later: Self) -> Self {
        if self == Self::Delivered && later == Self::Read || !self.is_final() { later } else { self }
    }
}

#[cfg(test)]
mod tests {
    use super::ReceiptState::*;

    #[test]
    fn a_final_state_is_never_left() {
        assert_eq!(Sent.then(Delivered), Delivered);
        assert_eq!(Delivered.then(Sent), Delivered);
        assert_eq!(Delivered.then(Failed), Delivered);
        assert_eq!(Delivered.then(Read), Read);
        assert_eq!(Read.then(Delivered), Read);
    }
}
