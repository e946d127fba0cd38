//! Sinch SMS: base64 of HMAC-SHA256 over body, nonce and time.

use super::{
    Keys, Scheme, Unsignable, code, from_base64, header, is_fresh, never, nonce, nothing, passed, put,
    second, signed,
};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use sha2::Sha256;

pub(super) const SCHEME: Scheme = Scheme {
    name: "sinch",
    about: "HMAC-SHA256 over body, nonce and time, in `x-sinch-webhook-signature`",
    needs: &["secret"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds between signing and arrival: a day, as retries go on for 23 hours and a refusal loses the message.
const TOLERANCE: i64 = 24 * 3_600;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let given = from_base64(header(request, "x-sinch-webhook-signature")?)?;
    let nonce = header(request, "x-sinch-webhook-signature-nonce")?;
    let time = header(request, "x-sinch-webhook-signature-timestamp")?;
    let parts = [&request.body[..], b".", nonce.as_bytes(), b".", time.as_bytes()];
    passed(signed::<Hmac<Sha256>>(keys, "secret", &parts, &given))?;
    is_fresh(request, keys, time, TOLERANCE)
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let (nonce, time) = (nonce(request), second(request));
    let parts = [&request.body[..], b".", nonce.as_bytes(), b".", time.as_bytes()];
    let signature = STANDARD.encode(code::<Hmac<Sha256>>(keys, "secret", &parts)?);
    put(request, "x-sinch-webhook-signature-algorithm", "HmacSHA256")?;
    put(request, "x-sinch-webhook-signature-nonce", &nonce)?;
    put(request, "x-sinch-webhook-signature-timestamp", &time)?;
    put(request, "x-sinch-webhook-signature", &signature)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    /// The vector of Sinch's own libraries.
    const BODY: &str = r#"{"at":"2025-01-13T09:22:40.914Z","batch_id":"01JHFFHQ0P99JPPNQPJDV7JTBP","client_reference":"a client reference","code":0,"operator_status_at":"2025-01-13T09:22:00Z","recipient":"33662162466","status":"Delivered","type":"recipient_delivery_report_sms"}"#;
    const NONCE: &str = "01JHFFHWYY7HSS4FWTMDTQEK8V";
    const SIGNATURE: &str = "ZoHei66PPN/kZjw7hFVfGhJOnml3iGNCMWoyQVcE5o0=";

    fn given(body: &str, nonce: &str, time: &str, now: i64) -> Result<(), Forged> {
        let headers = [
            ("x-sinch-webhook-signature", SIGNATURE),
            ("x-sinch-webhook-signature-nonce", nonce),
            ("x-sinch-webhook-signature-timestamp", time),
            ("x-sinch-webhook-signature-algorithm", "HmacSHA256"),
        ];
        check(&request("https://a.example/", &headers, body, now), &keys("secret", "SMSWebhooksSecret"))
    }

    #[test]
    fn body_nonce_and_time_are_covered() {
        let now = 1_736_760_161;
        assert_eq!(given(BODY, NONCE, "1736760161", now), Ok(()));
        assert!(given(&BODY.replace("\"code\":0", "\"code\":1"), NONCE, "1736760161", now).is_err());
        assert!(given(BODY, &NONCE.replace('8', "9"), "1736760161", now).is_err());
        assert!(given(BODY, NONCE, "1736760162", now).is_err());
        assert!(given(BODY, NONCE, "1736760161", now + TOLERANCE + 1).is_err());
    }
}
