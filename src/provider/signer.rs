//! Ways in which a request of ours is signed, where a provider wants more than a password or a token: one file each, one
//! list. A signer adds headers to a call that is otherwise ready.

mod aws;
mod azure;

use super::Call;
use super::scheme::Keys;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::Sha256;

/// The signers that come with sayso, by the `by` of a provider's file.
pub const ALL: [Signer; 2] = [aws::SIGNER, azure::SIGNER];

/// A way to sign a call.
#[derive(Clone, Copy)]
pub struct Signer {
    /// Its name in a provider's file.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The keys that it needs.
    pub needs: &'static [&'static str],
    /// Signs a call made at that moment.
    pub sign: fn(&mut Call, &Keys, Timestamp),
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The signer of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Signer> {
    static SIGNERS: [Signer; 2] = ALL;
    SIGNERS.iter().find(|signer| signer.name == name)
}

/// HMAC-SHA256.
fn code(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

/// The host of an address with its port, and what stands behind it.
fn host_and_path(url: &str) -> (&str, &str) {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    (host, if path.is_empty() { "/" } else { path })
}
