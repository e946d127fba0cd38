//! Bird: base64 of HMAC-SHA256 over time, address and the hash of the body, parted by line feeds.

use super::{
    Keys, Scheme, Unsignable, code, from_base64, header, is_fresh, never, nothing, passed, put, second,
    signed,
};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha2::{Digest, Sha256};

pub(super) const SCHEME: Scheme = Scheme {
    name: "bird",
    about: "HMAC-SHA256 over time, address and hash of the body, in `messagebird-signature`",
    needs: &["secret"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds between signing and arrival. Nothing is documented; a retry may bear the time of the first attempt.
pub(super) const TOLERANCE: i64 = 24 * 3_600;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    check_of(request, keys, &request.url)
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let url = request.url.clone();
    sign_of(request, keys, &url)
}

/// Whether it is signed over time, what is `addressed`, and body.
pub(super) fn check_of(request: &RawRequest, keys: &Keys, addressed: &str) -> Result<(), Forged> {
    let given = from_base64(header(request, "messagebird-signature")?)?;
    let time = header(request, "messagebird-request-timestamp")?;
    let hash = Sha256::digest(&request.body);
    let parts = [time.as_bytes(), b"\n", addressed.as_bytes(), b"\n", &hash];
    passed(signed::<Hmac<Sha256>>(keys, "secret", &parts, &given))?;
    is_fresh(request, keys, time, TOLERANCE)
}

/// Signs it so.
pub(super) fn sign_of(request: &mut RawRequest, keys: &Keys, addressed: &str) -> Result<(), Unsignable> {
    let (time, hash) = (second(request), Sha256::digest(&request.body));
    let parts = [time.as_bytes(), b"\n", addressed.as_bytes(), b"\n", &hash];
    let signature = STANDARD.encode(code::<Hmac<Sha256>>(keys, "secret", &parts)?);
    put(request, "messagebird-request-timestamp", &time)?;
    put(request, "messagebird-signature", &signature)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    /// Computed with Python's `hmac` after the recipe; the vendor has no vector.
    const SIGNATURE: &str = "SMgc9/kA9kkf5xcZ03biNtPW7g5DSsW1TqM9jFZ5GBI=";

    fn given(url: &str, time: &str, body: &str, signature: &str, now: i64) -> Result<(), Forged> {
        let headers = [("messagebird-signature", signature), ("messagebird-request-timestamp", time)];
        check(&request(url, &headers, body, now), &keys("secret", "bird-secret"))
    }

    #[test]
    fn every_part_is_covered_and_an_old_one_is_refused() {
        let (url, time, body) =
            ("https://sms.example.com/v1/providers/bird/inbound?x=1", "1700000000", "{\"a\":1}");
        assert_eq!(given(url, time, body, SIGNATURE, 1_700_000_060), Ok(()));
        assert!(given(&url.replace("x=1", "x=2"), time, body, SIGNATURE, 1_700_000_060).is_err());
        assert!(given(url, "1700000001", body, SIGNATURE, 1_700_000_060).is_err());
        assert!(given(url, time, "{\"a\":2}", SIGNATURE, 1_700_000_060).is_err());
        assert!(given(url, time, body, SIGNATURE, 1_700_000_000 + TOLERANCE + 1).is_err());
    }
}
