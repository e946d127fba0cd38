//! What is remembered about somebody who was erased: not who they are, only how to know them again, and that they must not be
//! written to (ICO, "respect people's preferences": suppress, do not delete).

use super::Standing;
use super::chain::Digest;
use crate::sms::Key;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice};
use serde::{Deserialize, Serialize};
use sha2::Sha256;

/// Fewest bytes of a key: as many as the hash has bits of strength.
const KEY_BYTES_MIN: usize = 16;

/// The key of a store's suppression hashes. An export holds the hashes and not the key: with it, all numbers are tried in hours.
#[derive(Debug, Clone)]
pub struct SuppressionKey(SecretSlice<u8>);

impl SuppressionKey {
    /// A key of these bytes; `None` where they are too few.
    #[must_use]
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        (bytes.len() >= KEY_BYTES_MIN).then(|| Self(bytes.into()))
    }

    /// The name under which somebody is known to a brand after their erasure: HMAC-SHA256 over the brand and the number.
    #[must_use]
    pub fn whose(&self, key: &Key) -> Digest {
        self.mac(&[key.brand.as_str().as_bytes(), &[0], &key.phone.digits().to_be_bytes()])
    }

    /// The bytes, for the store to keep.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        self.0.expose_secret()
    }

    fn mac(&self, parts: &[&[u8]]) -> Digest {
        let mut mac =
            Hmac::<Sha256>::new_from_slice(self.0.expose_secret()).expect("HMAC takes keys of any length");
        for part in parts {
            mac.update(part);
        }
        Digest::new(mac.finalize().into_bytes().into())
    }
}

/// Somebody who was erased.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Suppressed {
    /// The version of the dialogue that follows: nothing that was read before the erasure can be committed after it.
    pub version: u64,
    /// Where the person stands: an opt-out outlives the erasure, a consent does not.
    pub standing: Standing,
    /// When they were erased.
    pub at: Timestamp,
    /// Why: `forget`, or `retention`.
    pub rule: String,
}
