//! Ways in which providers prove that a request is theirs: one file each, one list. A scheme sees the raw request, never
//! one that was read and written again, and what is secret is compared in constant time. Several values of one secret
//! are valid at once, so that it can be changed without a gap.
//!
//! Where the secret is one that both sides have, the scheme can also sign as the provider would: `sayso trigger` does.
//!
//! To add one: a file here, a line in [`ALL`], and the vectors of the provider's documentation as its test, with wrong
//! ones that fail.

mod basic;
mod bearer;
mod bird;
mod jwt;
mod messagebird;
mod messagebird_jwt;
mod meta;
mod plivo;
mod sinch;
mod sinch_numbers;
mod sns;
mod telnyx;
mod token;
mod twilio;
mod vonage;
mod vonage_jwt;

use super::{Forged, RawRequest};
use crate::sms::encoding::octets_of;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{KeyInit, Mac};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;
use subtle::ConstantTimeEq;

/// The schemes that come with sayso, by the `scheme` of a provider's file.
#[rustfmt::skip]
pub const ALL: [Scheme; 15] = [
    basic::SCHEME, bearer::SCHEME, bird::SCHEME, messagebird::SCHEME, messagebird_jwt::SCHEME, meta::SCHEME,
    plivo::SCHEME, sinch::SCHEME, sinch_numbers::SCHEME, sns::SCHEME, telnyx::SCHEME, token::SCHEME, twilio::SCHEME,
    vonage::SCHEME, vonage_jwt::SCHEME,
];

/// A way to prove who calls.
#[derive(Clone, Copy)]
pub struct Scheme {
    /// Its name in a provider's file.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The keys that it cannot do without.
    pub needs: &'static [&'static str],
    /// The keys that it also knows.
    pub takes: &'static [&'static str],
    /// Whether a request is vouched for by these keys.
    pub check: fn(&RawRequest, &Keys) -> Result<(), Forged>,
    /// Signs a request as the provider would, with the newest value of each key. It may add to its headers, address or body.
    pub sign: fn(&mut RawRequest, &Keys) -> Result<(), Unsignable>,
    /// What must be fetched before it can be checked: the address of a certificate, in a place that the scheme trusts.
    pub wants: fn(&RawRequest, &Keys) -> Option<String>,
    /// Whether an address that a vouched request names may be visited.
    pub visits: fn(&Keys, &str) -> bool,
}

/// Why nobody but the provider can sign a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Unsignable(pub &'static str);

/// That a check passed. There is no other way to one than [`Scheme::prove`].
#[derive(Debug)]
pub struct Proof(());

impl Scheme {
    /// Checks a request.
    pub fn prove(&self, request: &RawRequest, keys: &Keys) -> Result<Proof, Forged> {
        (self.check)(request, keys).map(|()| Proof(()))
    }
}

impl std::fmt::Debug for Scheme {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.name)
    }
}

/// The scheme of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Scheme> {
    static SCHEMES: [Scheme; 15] = ALL;
    SCHEMES.iter().find(|scheme| scheme.name == name)
}

/// Most schemes need nothing from outside.
fn nothing(_: &RawRequest, _: &Keys) -> Option<String> {
    None
}

/// Most schemes name no address that is to be visited.
fn never(_: &Keys, _: &str) -> bool {
    false
}

/// What a scheme checks with: its keys, each with all values that are valid today.
#[derive(Debug, Default)]
pub struct Keys(BTreeMap<String, Vec<SecretString>>);

impl Keys {
    /// Adds the values of a key.
    pub fn insert(&mut self, name: impl Into<String>, values: Vec<SecretString>) {
        self.0.insert(name.into(), values);
    }

    /// Every value of a key.
    fn all(&self, name: &str) -> impl Iterator<Item = &str> {
        self.0.get(name).into_iter().flatten().map(ExposeSecret::expose_secret)
    }

    /// The value of a key that has one.
    pub(super) fn one(&self, name: &str) -> Option<&str> {
        self.all(name).last()
    }
}

/// Whether two secrets are the same; the time does not tell where they differ.
fn same(one: &[u8], other: &[u8]) -> bool {
    one.ct_eq(other).into()
}

/// Whether a value is that of a key. Every value is compared, so that the time does not tell which one it was.
fn is_key(keys: &Keys, name: &str, given: &str) -> bool {
    keys.all(name).fold(false, |passed, key| same(key.as_bytes(), given.as_bytes()) | passed)
}

/// Whether one of the secrets makes this code over these parts.
fn signed<M: Mac + KeyInit>(keys: &Keys, name: &str, parts: &[&[u8]], given: &[u8]) -> bool {
    keys.all(name).fold(false, |passed, key| coded::<M>(key.as_bytes(), parts, given) | passed)
}

fn coded<M: Mac + KeyInit>(key: &[u8], parts: &[&[u8]], given: &[u8]) -> bool {
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    mac.verify_slice(given).is_ok()
}

/// The code that the newest value of a key makes over these parts.
fn code<M: Mac + KeyInit>(keys: &Keys, name: &str, parts: &[&[u8]]) -> Result<Vec<u8>, Unsignable> {
    let key = needed(keys, name)?.as_bytes();
    let mut mac = <M as KeyInit>::new_from_slice(key).expect("HMAC takes keys of every length");
    for part in parts {
        mac.update(part);
    }
    Ok(mac.finalize().into_bytes().to_vec())
}

/// The newest value of a key that a signature needs.
fn needed<'k>(keys: &'k Keys, name: &str) -> Result<&'k str, Unsignable> {
    keys.one(name).ok_or(Unsignable("a key of its signature is not set"))
}

/// Puts a header into a request that is being signed.
fn put(request: &mut RawRequest, name: &'static str, value: &str) -> Result<(), Unsignable> {
    let value = value.parse().map_err(|_| Unsignable("a secret holds signs that no header can"))?;
    request.headers.insert(name, value);
    Ok(())
}

/// When a request that is being signed was made, in seconds.
fn second(request: &RawRequest) -> String {
    request.at.as_second().to_string()
}

/// A word that no other request has: by its moment and its body.
fn nonce(request: &RawRequest) -> String {
    let hash = Sha256::new().chain_update(request.at.to_string()).chain_update(&request.body).finalize();
    hex(&hash[..10])
}

/// A header that must be there.
fn header<'r>(request: &'r RawRequest, name: &'static str) -> Result<&'r str, Forged> {
    let value = request.headers.get(name).and_then(|value| value.to_str().ok());
    value
        .map(str::trim)
        .filter(|value| !value.is_empty())
        .ok_or(Forged("a header of its signature is missing"))
}

fn from_base64(text: &str) -> Result<Vec<u8>, Forged> {
    STANDARD.decode(text).map_err(|_| Forged("its signature is no base64"))
}

fn from_hex(text: &str) -> Result<Vec<u8>, Forged> {
    octets_of(text).ok_or(Forged("its signature is not hexadecimal"))
}

/// Bytes as hexadecimal digits.
pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut hex, byte| {
        use std::fmt::Write as _;
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

/// Whether a signature is of now, to within the seconds of the key `tolerance`, both ways: what is older may be one that
/// somebody recorded.
fn is_fresh(request: &RawRequest, keys: &Keys, second: &str, tolerance: i64) -> Result<(), Forged> {
    let tolerance = keys.one("tolerance").and_then(|given| given.parse().ok()).unwrap_or(tolerance);
    let second: i64 = second.parse().map_err(|_| Forged("its signature has no time"))?;
    let away = request.at.as_second().saturating_sub(second).saturating_abs();
    if away <= tolerance { Ok(()) } else { Err(Forged("its signature is too old, or of the future")) }
}

/// What passed, or why not.
fn passed(passed: bool) -> Result<(), Forged> {
    if passed { Ok(()) } else { Err(Forged("its signature does not match")) }
}

/// An address without its query, and the query.
fn parted(url: &str) -> (&str, &str) {
    let url = url.split('#').next().unwrap_or_default();
    url.split_once('?').unwrap_or((url, ""))
}

/// The names and values of a form or query.
fn pairs(form: &[u8]) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    form_urlencoded::parse(form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderMap, HeaderName, Method};

    /// A request as tests write it, received at that second.
    pub(super) fn request(url: &str, headers: &[(&str, &str)], body: &str, second: i64) -> RawRequest {
        let header = |(name, value): &(&str, &str)| {
            (name.parse::<HeaderName>().expect("a name"), value.parse().expect("a value"))
        };
        RawRequest {
            url: url.to_owned(),
            method: Method::POST,
            headers: headers.iter().map(header).collect::<HeaderMap>(),
            body: body.as_bytes().to_vec(),
            at: jiff::Timestamp::from_second(second).expect("a time"),
            fetched: None,
        }
    }

    /// Keys of one name, with a value that is valid besides: rotation is part of every scheme.
    pub(super) fn keys(name: &str, value: &str) -> Keys {
        let mut keys = Keys::default();
        keys.insert(name, vec!["another-one".into(), value.into()]);
        keys
    }

    #[test]
    fn every_scheme_has_a_name_of_its_own_and_refuses_a_request_without_anything() {
        let mut names: Vec<_> = ALL.iter().map(|scheme| scheme.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len());
        for scheme in ALL {
            let mut keys = Keys::default();
            for key in scheme.needs {
                keys.insert(*key, vec!["sesame".into()]);
            }
            for method in [Method::GET, Method::POST] {
                let mut bare = request("https://sms.example.com/in", &[], "", 1_700_000_000);
                bare.method = method;
                assert!(scheme.prove(&bare, &keys).is_err(), "{scheme:?}");
                assert!(scheme.prove(&bare, &Keys::default()).is_err(), "{scheme:?} without keys");
            }
        }
    }

    #[test]
    fn what_is_signed_is_vouched_for_and_covers_what_the_scheme_covers() {
        let url = "https://sms.example.com/v1/providers/main/inbound?x=1";
        let forms = ["From=%2B14045550123&Body=Hi+there", r#"{"from":"+14045550123","text":"Hi = there"}"#];
        let methods = ["sha256", "sha512", "sha1", "md5", "md5hash"];
        let mut unsigned = Vec::new();
        for (scheme, body) in ALL.iter().flat_map(|scheme| forms.map(|body| (scheme, body))) {
            for method in methods {
                let mut keys = keys("secret", "sesame");
                for key in scheme.needs.iter().filter(|key| **key != "secret") {
                    keys.insert(*key, vec![if *key == "method" { method } else { "open" }.into()]);
                }
                let mut request = request(url, &[], body, 1_700_000_000);
                if (scheme.sign)(&mut request, &keys).is_err() {
                    unsigned.push(scheme.name);
                    continue;
                }
                assert!(scheme.prove(&request, &keys).is_ok(), "{scheme:?} {method} {body}");
                let mut old = Keys::default();
                for key in scheme.needs {
                    old.insert(*key, vec![if *key == "method" { method } else { "another-one" }.into()]);
                }
                assert!(scheme.prove(&request, &old).is_err(), "{scheme:?} by the newest value {method}");
                let text = String::from_utf8(request.body).expect("text").replace("there", "where");
                request.body = text.into_bytes();
                let covers_nothing = ["basic", "bearer", "token"].contains(&scheme.name);
                assert_eq!(
                    scheme.prove(&request, &keys).is_ok(),
                    covers_nothing,
                    "{scheme:?} {method} {body}"
                );
            }
        }
        unsigned.dedup();
        assert_eq!(unsigned, ["sns", "telnyx"], "their keys are the providers' own");
    }

    #[test]
    fn hexadecimal_is_read_in_either_case() {
        assert_eq!(from_hex("00fF10"), Ok(vec![0, 255, 16]));
        assert_eq!(hex(&[0, 255, 16]), "00ff10");
        for wrong in ["0", "0g", "é0", "+1"] {
            assert!(from_hex(wrong).is_err(), "{wrong}");
        }
    }
}
