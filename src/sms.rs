//! What travels: numbers, messages in and out, receipts; and what a text is made of.

pub mod encoding;
mod inbound;
pub mod normalize;
mod outbound;
mod pace;
mod phone;
mod receipt;

pub use inbound::{Inbound, Media, OptOutHint, Part};
pub use normalize::Text;
pub use outbound::{Class, Content, Outbound, Outside, Replies, Signs, StopEnds};
pub use pace::{BadRate, Meter, Pace, Rate};
pub use phone::{BadNumber, Phone, Sender, mask_numbers, replace_numbers};
pub use receipt::{Receipt, ReceiptState};

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Longest body that is looked at, in bytes. Providers carry at most 1,600 characters (Twilio error 21617 beyond), counted
/// in 16-bit units, and such a unit takes at most three bytes; what is longer is cut there, at a character.
pub const BODY_BYTES_MAX: usize = 4_800;

macro_rules! name_type {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// The name as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<&str> for $name {
            fn from(name: &str) -> Self {
                Self(name.into())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }
    };
}

name_type! {
    /// A brand: the name of its folder below `flows/`.
    BrandId
}

name_type! {
    /// One of a brand's programmes: the name of its block in `brand.flow`, or `main` for the one that every brand has.
    ProgrammeId
}

impl ProgrammeId {
    /// The name of the programme that every brand has: no block can have it.
    pub const MAIN: &str = "main";

    /// The programme that every brand has.
    #[must_use]
    pub fn main() -> Self {
        Self::from(Self::MAIN)
    }

    /// Whether it is the one that every brand has.
    #[must_use]
    pub fn is_main(&self) -> bool {
        self.as_str() == Self::MAIN
    }
}

impl Default for ProgrammeId {
    fn default() -> Self {
        Self::main()
    }
}

name_type! {
    /// A provider account: the name of its table in `sayso.toml`.
    AccountId
}

name_type! {
    /// The provider's own id of a message; unique within one account.
    MessageId
}

/// One subscriber of one brand. Everything that is kept about a person is kept under such a key,
/// so that what a person told one brand cannot be reached under another brand's name.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The brand.
    pub brand: BrandId,
    /// The person's number.
    pub phone: Phone,
}
