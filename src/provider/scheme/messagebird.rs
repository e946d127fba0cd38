//! `MessageBird`'s older signature: base64 of HMAC-SHA256 over time, sorted query and the hash of the body.

use super::{
    Keys, Scheme, Unsignable, code, from_base64, header, is_fresh, never, nothing, pairs, parted, passed,
    put, second, signed,
};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::Serializer;
use hmac::Hmac;
use sha2::{Digest, Sha256};

pub(super) const SCHEME: Scheme = Scheme {
    name: "messagebird",
    about: "HMAC-SHA256 over time, sorted query and hash of the body, in `MessageBird-Signature`",
    needs: &["secret"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds between signing and arrival. Nothing is documented; a retry may bear the time of the first attempt.
const TOLERANCE: i64 = 24 * 3_600;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let given = from_base64(header(request, "messagebird-signature")?)?;
    let time = header(request, "messagebird-request-timestamp")?;
    let query = sorted_query(&request.url);
    let hash = Sha256::digest(&request.body);
    let parts = [time.as_bytes(), b"\n", query.as_bytes(), b"\n", &hash];
    passed(signed::<Hmac<Sha256>>(keys, "secret", &parts, &given))?;
    is_fresh(request, keys, time, TOLERANCE)
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let (time, query, hash) = (second(request), sorted_query(&request.url), Sha256::digest(&request.body));
    let parts = [time.as_bytes(), b"\n", query.as_bytes(), b"\n", &hash];
    let signature = STANDARD.encode(code::<Hmac<Sha256>>(keys, "secret", &parts)?);
    put(request, "messagebird-request-timestamp", &time)?;
    put(request, "messagebird-signature", &signature)
}

/// The query of an address in order of its names, written anew.
fn sorted_query(url: &str) -> String {
    let mut query: Vec<_> = pairs(parted(url).1.as_bytes()).collect();
    query.sort();
    Serializer::new(String::new()).extend_pairs(query).finish()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    /// Computed with Python's `hmac` after the recipe, over `1700000000`, `a=1&b=x+y` and an empty body.
    const SIGNATURE: &str = "bFsFwBH0tr21zIqZwa2U39GYykv4f5/Y4qLSkO3HFLM=";

    fn given(query: &str, body: &str, now: i64) -> Result<(), Forged> {
        let headers = [("messagebird-signature", SIGNATURE), ("messagebird-request-timestamp", "1700000000")];
        let url = format!("https://sms.example.com/in?{query}");
        check(&request(&url, &headers, body, now), &keys("secret", "messagebird-secret"))
    }

    #[test]
    fn the_query_is_sorted_before_it_is_signed() {
        assert_eq!(given("b=x+y&a=1", "", 1_700_000_000), Ok(()));
        assert_eq!(given("a=1&b=x%20y", "", 1_699_999_990), Ok(()));
        assert!(given("a=1&b=x+z", "", 1_700_000_000).is_err());
        assert!(given("a=1&b=x+y", "{}", 1_700_000_000).is_err());
        assert!(given("a=1&b=x+y", "", 1_700_000_000 - TOLERANCE - 1).is_err());
    }
}
