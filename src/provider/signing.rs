//! Signatures that we put on what we send, so that whoever gets it can tell that it is ours.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_PAD_INDIFFERENT};
use hmac::{Hmac, KeyInit, Mac};
use http::HeaderName;
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretSlice, SecretString};
use sha2::Sha256;

/// Why a webhook cannot be signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CannotSign {
    /// A secret that begins with `whsec_` goes on in something else than base64.
    #[error("a secret that begins with `whsec_` goes on in base64")]
    NotBase64,
    /// Nothing to sign with: anybody could do the same.
    #[error("there is no secret to sign with")]
    NoSecret,
    /// The id would make two different webhooks look the same, or is no header.
    #[error("the id of a webhook is of visible characters of ASCII, and has no full stop")]
    BadId,
}

/// The three headers of a signed webhook, after the specification of Standard Webhooks 1.0.0
/// (<https://www.standardwebhooks.com>), by its symmetric scheme `v1`.
///
/// `id` stays the same however often a webhook is tried again; `at` is the time of this try, in whole seconds. Each secret
/// signs, so that the other side can change from one to the next without a gap. A secret is `whsec_` and base64 as the
/// specification writes it, or else the bytes that stand there.
pub fn standard_webhook(
    id: &str,
    at: Timestamp,
    body: &[u8],
    secrets: &[SecretString],
) -> Result<[(HeaderName, String); 3], CannotSign> {
    // A full stop parts id, time and body in what is signed.
    if id.is_empty() || !id.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'.') {
        return Err(CannotSign::BadId);
    }
    if secrets.is_empty() {
        return Err(CannotSign::NoSecret);
    }
    let second = at.as_second().to_string();
    let sign = |secret: &SecretString| {
        let key = key_of(secret)?;
        let mut mac =
            Hmac::<Sha256>::new_from_slice(key.expose_secret()).expect("HMAC takes keys of every length");
        for part in [id.as_bytes(), b".", second.as_bytes(), b".", body] {
            mac.update(part);
        }
        Ok(format!("v1,{}", STANDARD.encode(mac.finalize().into_bytes())))
    };
    let signatures = secrets.iter().map(sign).collect::<Result<Vec<_>, _>>()?.join(" ");
    Ok([
        (HeaderName::from_static("webhook-id"), id.to_owned()),
        (HeaderName::from_static("webhook-timestamp"), second),
        (HeaderName::from_static("webhook-signature"), signatures),
    ])
}

/// The bytes that a secret stands for.
fn key_of(secret: &SecretString) -> Result<SecretSlice<u8>, CannotSign> {
    let secret = secret.expose_secret();
    let key = match secret.strip_prefix("whsec_") {
        Some(encoded) => STANDARD_PAD_INDIFFERENT.decode(encoded).map_err(|_| CannotSign::NotBase64)?,
        None => secret.as_bytes().to_vec(),
    };
    if key.is_empty() { Err(CannotSign::NoSecret) } else { Ok(SecretSlice::from(key)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BODY: &str = r#"{"type":"notify","data":{"name":"Zoë"}}"#;
    /// The bytes 0 to 23.
    const KEY: &str = "whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYX";

    fn signed(id: &str, second: i64, body: &str, secrets: &[&str]) -> Result<String, CannotSign> {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        let at = Timestamp::from_second(second).expect("a time");
        let [id_header, time, signature] = standard_webhook(id, at, body.as_bytes(), &secrets)?;
        assert_eq!(id_header, (HeaderName::from_static("webhook-id"), id.to_owned()));
        assert_eq!(time, (HeaderName::from_static("webhook-timestamp"), second.to_string()));
        assert_eq!(signature.0, "webhook-signature");
        Ok(signature.1)
    }

    /// The first is the vector that the libraries of the specification share; it and the others were computed with
    /// Python's `hmac` and `base64`.
    #[test]
    fn signatures_are_those_of_another_implementation() {
        let cases = [
            (
                ("msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, r#"{"test": 2432232314}"#),
                "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
                "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
            ),
            (("turn-17-2", 1_780_329_600, BODY), KEY, "v1,S0Wut0kARTyHSUM5gka6yRAVY4w5Cmkkiq5LWCCBFF8="),
            (("turn-17-2", 1_780_329_600, ""), KEY, "v1,AogubIiPjoZMI0gvGqutbkMs9/QFa6LeF4hQeeqdKHg="),
            (
                ("turn-17-2", 1_780_329_600, BODY),
                "a raw secret, as it is typed",
                "v1,ZksMIsRE0swLJcLKvlkdDXPrTlJc+xGJQd+3iOA37JU=",
            ),
        ];
        for ((id, second, body), secret, signature) in cases {
            assert_eq!(signed(id, second, body, &[secret]).as_deref(), Ok(signature), "{secret}");
        }
        let padded = "v1,gudU+pHdZ7C3HeFb+S5jp9cG8nhINgJ02JpPL6PLYAU=";
        for secret in ["AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA==", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGA"] {
            let secret = format!("whsec_{secret}");
            assert_eq!(
                signed("turn-17-2", 1_780_329_600, BODY, &[&secret]).as_deref(),
                Ok(padded),
                "{secret}"
            );
        }
    }

    #[test]
    fn while_a_secret_is_changed_both_sign() {
        let both = signed("turn-17-2", 1_780_329_600, BODY, &[KEY, "a raw secret, as it is typed"]);
        let expected =
            "v1,S0Wut0kARTyHSUM5gka6yRAVY4w5Cmkkiq5LWCCBFF8= v1,ZksMIsRE0swLJcLKvlkdDXPrTlJc+xGJQd+3iOA37JU=";
        assert_eq!(both.as_deref(), Ok(expected));
    }

    #[test]
    fn what_cannot_be_signed_is_not() {
        for id in ["", "a.b", "a b", "a\r\nx: y", "é"] {
            assert_eq!(signed(id, 0, BODY, &[KEY]), Err(CannotSign::BadId), "{id}");
        }
        assert_eq!(signed("a", 0, BODY, &["whsec_not base64!"]), Err(CannotSign::NotBase64));
        for none in [&["whsec_"] as &[&str], &[""], &[], &[KEY, ""]] {
            assert_eq!(signed("a", 0, BODY, none), Err(CannotSign::NoSecret), "{none:?}");
        }
    }
}
