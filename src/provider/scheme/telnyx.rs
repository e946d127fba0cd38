//! Telnyx: Ed25519 over time and body.

use super::{Keys, Scheme, Unsignable, from_base64, header, is_fresh, never, nothing, passed};
use crate::provider::{Forged, RawRequest};
use ring::signature::{ED25519, UnparsedPublicKey};

pub(super) const SCHEME: Scheme = Scheme {
    name: "telnyx",
    about: "Ed25519 over time and body, in `telnyx-signature-ed25519`",
    needs: &["public_key"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds between signing and arrival (Telnyx's own).
const TOLERANCE: i64 = 300;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let given = from_base64(header(request, "telnyx-signature-ed25519")?)?;
    let time = header(request, "telnyx-timestamp")?;
    let signed = [time.as_bytes(), b"|", &request.body].concat();
    // Public keys: nothing secret is compared here.
    let matches = |key: &str| {
        let key = from_base64(key).unwrap_or_default();
        UnparsedPublicKey::new(&ED25519, key).verify(&signed, &given).is_ok()
    };
    passed(keys.all("public_key").any(matches))?;
    is_fresh(request, keys, time, TOLERANCE)
}

fn sign(_: &mut RawRequest, _: &Keys) -> Result<(), Unsignable> {
    Err(Unsignable("Telnyx signs with a key that it alone has"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    /// Signed with the first key of RFC 8032, section 7.1: Telnyx publishes no vector.
    const KEY: &str = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=";
    const BODY: &str = r#"{"data":{"event_type":"message.received"}}"#;
    const SIGNATURE: &str =
        "K7VcG4FwrJElTZQuuMjgRsShfiMD/cRlI/rYFi/YZs0txJENzEiIIqL68zGgOekgF/ap1T7syscouYdDcaICBw==";

    fn given(body: &str, time: &str, now: i64) -> Result<(), Forged> {
        let headers = [("telnyx-signature-ed25519", SIGNATURE), ("telnyx-timestamp", time)];
        check(&request("https://a.example/", &headers, body, now), &keys("public_key", KEY))
    }

    #[test]
    fn time_and_body_are_covered_for_five_minutes() {
        for now in [1_699_999_700, 1_700_000_000, 1_700_000_300] {
            assert_eq!(given(BODY, "1700000000", now), Ok(()), "{now}");
        }
        for now in [1_699_999_699, 1_700_000_301] {
            assert!(given(BODY, "1700000000", now).is_err(), "{now}");
        }
        assert!(given(&format!("{BODY} "), "1700000000", 1_700_000_000).is_err());
        assert!(given(BODY, "1700000001", 1_700_000_000).is_err());
    }
}
