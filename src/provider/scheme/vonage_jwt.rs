//! Vonage Messages: a bearer token that is a JSON web token with the hash of the body.

use super::{Keys, Scheme, Unsignable, header, hex, is_key, jwt, needed, never, nothing, put};
use crate::provider::{Forged, RawRequest};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

pub(super) const SCHEME: Scheme = Scheme {
    name: "vonage_jwt",
    about: "a JSON web token over the body, in the header `Authorization`",
    needs: &["secret", "api_key"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds by which the clocks may differ.
const LEEWAY: i64 = 5;
/// Seconds from the making of a token to its arrival. The token holds no end of its own, and a retry may bear the first.
const TOLERANCE: i64 = 24 * 3_600;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let token = header(request, "authorization")?.strip_prefix("Bearer ");
    let claims = jwt::claims(token.ok_or(Forged("it bears no token"))?.trim(), keys)?;
    if !claims.get("api_key").and_then(Value::as_str).is_some_and(|key| is_key(keys, "api_key", key)) {
        return Err(Forged("its token is another account's"));
    }
    jwt::is_in_time(&claims, request, LEEWAY)?;
    if let Some(made) = claims.get("iat") {
        super::is_fresh(request, keys, &made.to_string(), TOLERANCE)?;
    }
    let hash = hex(&Sha256::digest(&request.body));
    if jwt::says(&claims, "payload_hash", &hash) {
        Ok(())
    } else {
        Err(Forged("its token is for another body"))
    }
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let claims = json!({
        "iat": request.at.as_second(),
        "api_key": needed(keys, "api_key")?,
        "payload_hash": hex(&Sha256::digest(&request.body)),
    });
    let token = jwt::token(&claims, keys)?;
    put(request, "authorization", &format!("Bearer {token}"))
}

#[cfg(test)]
mod tests {
    use super::super::jwt::tests::token;
    use super::super::tests::{keys, request};
    use super::*;

    const BODY: &str = r#"{"text":"JOIN"}"#;

    fn given(account: &str, signed: &str, body: &str, now: i64) -> Result<(), Forged> {
        let hash = hex(&Sha256::digest(signed));
        let claims = format!(r#"{{"iat":1700000000,"api_key":"{account}","payload_hash":"{hash}"}}"#);
        let bearer = format!("Bearer {}", token(r#"{"alg":"HS256","typ":"JWT"}"#, &claims, "vonage-secret"));
        let mut keys = keys("secret", "vonage-secret");
        keys.insert("api_key", vec!["a1b2c3d4".into()]);
        check(&request("https://sms.example.com/in", &[("authorization", &bearer)], body, now), &keys)
    }

    #[test]
    fn account_body_and_time_are_covered() {
        assert_eq!(given("a1b2c3d4", BODY, BODY, 1_700_000_010), Ok(()));
        assert!(given("a1b2c3d5", BODY, BODY, 1_700_000_010).is_err());
        assert!(given("a1b2c3d4", BODY, r#"{"text":"STOP"}"#, 1_700_000_010).is_err());
        assert!(given("a1b2c3d4", BODY, BODY, 1_700_000_000 + TOLERANCE + 1).is_err());
    }
}
