//! Sinch's Numbers API: hexadecimal HMAC-SHA1 over the body.

use super::{Keys, Scheme, Unsignable, code, from_hex, header, hex, never, nothing, passed, put, signed};
use crate::provider::{Forged, RawRequest};
use hmac::Hmac;
use sha1::Sha1;

pub(super) const SCHEME: Scheme = Scheme {
    name: "sinch_numbers",
    about: "HMAC-SHA1 over the body, in `X-Sinch-Signature`",
    needs: &["secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let given = from_hex(header(request, "x-sinch-signature")?)?;
    passed(signed::<Hmac<Sha1>>(keys, "secret", &[&request.body], &given))
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let signature = hex(&code::<Hmac<Sha1>>(keys, "secret", &[&request.body])?);
    put(request, "x-sinch-signature", &signature)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    /// The vector of Sinch's own libraries.
    const BODY: &str = r#"{"eventId":"event_id","timestamp":"2025-04-08T10:38:04.854087603","projectId":"project-id","resourceId":"+1234567890","resourceType":"ACTIVE_NUMBER","eventType":"PROVISIONING_TO_VOICE_PLATFORM","status":"SUCCEEDED","failureCode":null,"internalFailureCode":null}"#;
    const SIGNATURE: &str = "d2107528d5d52897a97dc6e24e09a208036ccd83";

    #[test]
    fn the_body_is_covered() {
        let given = |body: &str, signature: &str| {
            let headers = [("x-sinch-signature", signature)];
            check(&request("https://a.example/", &headers, body, 0), &keys("secret", "my-callback-secret"))
        };
        assert_eq!(given(BODY, SIGNATURE), Ok(()));
        assert!(given(&format!("{BODY} "), SIGNATURE).is_err());
        assert!(given(BODY, &SIGNATURE.replace("d2", "d3")).is_err());
    }
}
