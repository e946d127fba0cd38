//! JSON web tokens signed by a shared secret (RFC 7519, RFC 7518 §3.2). No crate: those that are kept ask the clock
//! themselves and bring keys of every other kind.

use super::{Keys, Unsignable, code, is_key, signed};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::Hmac;
use serde_json::{Map, Value, json};
use sha2::{Sha256, Sha384, Sha512};

const BROKEN: Forged = Forged("its token is no JSON web token");

/// The claims of a token that one of the secrets signed. `none` and every algorithm with two keys are refused.
pub(super) fn claims(token: &str, keys: &Keys) -> Result<Map<String, Value>, Forged> {
    let (signed_part, signature) = token.rsplit_once('.').ok_or(BROKEN)?;
    let (head, claims) = signed_part.split_once('.').ok_or(BROKEN)?;
    let signature = URL_SAFE_NO_PAD.decode(signature).map_err(|_| BROKEN)?;
    let parts = [signed_part.as_bytes()];
    let passed = match object(head)?.get("alg").and_then(Value::as_str) {
        Some("HS256") => signed::<Hmac<Sha256>>(keys, "secret", &parts, &signature),
        Some("HS384") => signed::<Hmac<Sha384>>(keys, "secret", &parts, &signature),
        Some("HS512") => signed::<Hmac<Sha512>>(keys, "secret", &parts, &signature),
        _ => return Err(Forged("its token is signed in a way that is not taken")),
    };
    if !passed {
        return Err(Forged("its token is not signed by our secret"));
    }
    object(claims)
}

/// A token with these claims, signed as the provider would.
pub(super) fn token(claims: &Value, keys: &Keys) -> Result<String, Unsignable> {
    let part = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let signed_part = format!("{}.{}", part(&json!({ "alg": "HS256", "typ": "JWT" })), part(claims));
    let signature = code::<Hmac<Sha256>>(keys, "secret", &[signed_part.as_bytes()])?;
    Ok(format!("{signed_part}.{}", URL_SAFE_NO_PAD.encode(signature)))
}

fn object(part: &str) -> Result<Map<String, Value>, Forged> {
    let bytes = URL_SAFE_NO_PAD.decode(part).map_err(|_| BROKEN)?;
    serde_json::from_slice(&bytes).map_err(|_| BROKEN)
}

/// Whether a token is valid now, by `nbf` and `exp`, with so many seconds of leeway.
pub(super) fn is_in_time(
    claims: &Map<String, Value>,
    request: &RawRequest,
    leeway: i64,
) -> Result<(), Forged> {
    let now = request.at.as_second();
    let second = |name: &str| claims.get(name).and_then(Value::as_i64);
    let begun = second("nbf").is_none_or(|from| now.saturating_add(leeway) >= from);
    let ended = second("exp").is_some_and(|until| now.saturating_sub(leeway) > until);
    if begun && !ended { Ok(()) } else { Err(Forged("its token has expired, or is of the future")) }
}

/// Whether a claim is this text, compared like a secret.
pub(super) fn says(claims: &Map<String, Value>, name: &str, text: &str) -> bool {
    let mut expected = Keys::default();
    expected.insert("claim", vec![text.into()]);
    claims.get(name).and_then(Value::as_str).is_some_and(|said| is_key(&expected, "claim", said))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use hmac::{KeyInit, Mac};

    /// A token as a provider would make it.
    pub(in super::super) fn token(head: &str, claims: &str, secret: &str) -> String {
        let signed = format!("{}.{}", URL_SAFE_NO_PAD.encode(head), URL_SAFE_NO_PAD.encode(claims));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("any key");
        mac.update(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(mac.finalize().into_bytes()))
    }

    /// The example of RFC 7515, appendix A.1.
    #[test]
    fn the_example_of_the_standard_is_read_and_one_sign_more_is_not() {
        let token = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6\
                     Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
        let key = URL_SAFE_NO_PAD
            .decode("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow")
            .expect("base64");
        let signature = URL_SAFE_NO_PAD.decode(token.rsplit('.').next().expect("parts")).expect("base64");
        let signed_part = token.rsplit_once('.').expect("parts").0;
        // The key is no text, so the code is checked below the keys.
        assert!(super::super::coded::<Hmac<Sha256>>(&key, &[signed_part.as_bytes()], &signature));
        assert!(!super::super::coded::<Hmac<Sha256>>(&key, &[signed_part.as_bytes(), b" "], &signature));
        assert_eq!(object(signed_part.split_once('.').expect("parts").1).expect("claims")["iss"], "joe");
    }

    #[test]
    fn a_token_without_a_signature_is_refused() {
        let mut keys = Keys::default();
        keys.insert("secret", vec!["sesame".into()]);
        assert!(claims(&token(r#"{"alg":"HS256"}"#, "{}", "sesame"), &keys).is_ok());
        assert!(claims(&token(r#"{"alg":"HS256"}"#, "{}", "other"), &keys).is_err());
        assert!(claims(&token(r#"{"alg":"HS512"}"#, "{}", "sesame"), &keys).is_err());
        for head in [r#"{"alg":"none"}"#, r#"{"alg":"RS256"}"#, "{}", "x"] {
            assert!(claims(&token(head, "{}", "sesame"), &keys).is_err(), "{head}");
        }
        let bare =
            format!("{}.{}.", URL_SAFE_NO_PAD.encode(r#"{"alg":"HS256"}"#), URL_SAFE_NO_PAD.encode("{}"));
        assert!(claims(&bare, &keys).is_err());
    }
}
