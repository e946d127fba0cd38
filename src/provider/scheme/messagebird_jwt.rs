//! `MessageBird`: a JSON web token that holds the hashes of the address and of the body.

use super::{Keys, Scheme, Unsignable, header, hex, jwt, never, nothing, put};
use crate::provider::{Forged, RawRequest};
use serde_json::json;
use sha2::{Digest, Sha256};

pub(super) const SCHEME: Scheme = Scheme {
    name: "messagebird_jwt",
    about: "a JSON web token over address and body, in `MessageBird-Signature-JWT`",
    needs: &["secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds for which a token of ours is valid (`MessageBird`'s own).
const VALID_FOR: i64 = 60;
/// Seconds by which the clocks may differ (`MessageBird`'s own).
const LEEWAY: i64 = 1;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let claims = jwt::claims(header(request, "messagebird-signature-jwt")?, keys)?;
    let hash = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    if !jwt::says(&claims, "iss", "MessageBird") {
        return Err(Forged("its token is not MessageBird's"));
    }
    jwt::is_in_time(&claims, request, LEEWAY)?;
    let body_is_signed = if request.body.is_empty() {
        !claims.contains_key("payload_hash")
    } else {
        jwt::says(&claims, "payload_hash", &hash(&request.body))
    };
    if body_is_signed && jwt::says(&claims, "url_hash", &hash(request.url.as_bytes())) {
        Ok(())
    } else {
        Err(Forged("its token is for another address or another body"))
    }
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let (hash, second) = (|bytes: &[u8]| hex(&Sha256::digest(bytes)), request.at.as_second());
    let mut claims = json!({
        "iss": "MessageBird",
        "nbf": second,
        "exp": second + VALID_FOR,
        "url_hash": hash(request.url.as_bytes()),
    });
    if !request.body.is_empty() {
        claims["payload_hash"] = json!(hash(&request.body));
    }
    let token = jwt::token(&claims, keys)?;
    put(request, "messagebird-signature-jwt", &token)
}

#[cfg(test)]
mod tests {
    use super::super::jwt::tests::token;
    use super::super::tests::{keys, request};
    use super::*;

    const URL: &str = "https://sms.example.com/in?x=1";

    fn claims(body: Option<&str>, url: &str) -> String {
        let hash = |text: &str| hex(&Sha256::digest(text));
        let body = body.map_or(String::new(), |body| format!(r#","payload_hash":"{}""#, hash(body)));
        format!(
            r#"{{"iss":"MessageBird","nbf":1700000000,"exp":1700000060,"url_hash":"{}"{body}}}"#,
            hash(url)
        )
    }

    fn given(claims: &str, body: &str, now: i64) -> Result<(), Forged> {
        let token = token(r#"{"alg":"HS256","typ":"JWT"}"#, claims, "bird-key");
        let headers = [("messagebird-signature-jwt", token.as_str())];
        check(&request(URL, &headers, body, now), &keys("secret", "bird-key"))
    }

    #[test]
    fn address_body_and_time_are_covered() {
        assert_eq!(given(&claims(Some("a=1"), URL), "a=1", 1_700_000_030), Ok(()));
        assert_eq!(given(&claims(None, URL), "", 1_700_000_030), Ok(()));
        assert_eq!(given(&claims(None, URL), "", 1_699_999_999), Ok(()), "a second of leeway");
        for now in [1_699_999_998, 1_700_000_062] {
            assert!(given(&claims(None, URL), "", now).is_err(), "{now}");
        }
        assert!(given(&claims(Some("a=1"), URL), "a=2", 1_700_000_030).is_err());
        assert!(given(&claims(None, URL), "a=1", 1_700_000_030).is_err(), "a body that nobody signed");
        assert!(given(&claims(Some("a=1"), URL), "", 1_700_000_030).is_err(), "a body that is gone");
        assert!(given(&claims(None, "https://sms.example.com/in"), "", 1_700_000_030).is_err());
        let other = claims(None, URL).replace("MessageBird", "Somebody");
        assert!(given(&other, "", 1_700_000_030).is_err());
    }
}
