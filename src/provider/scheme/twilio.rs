//! Twilio: base64 of HMAC-SHA1 over the address and the form. A body that is no form is covered by `bodySHA256` in the
//! address.
//!
//! The address is tried as it is configured, without its port and with the scheme's own, and with `'` as `%27`: Twilio
//! signs one of these, depending on what it was given.

use super::{
    Keys, Scheme, Unsignable, code, from_base64, header, hex, never, nothing, pairs, passed, put, same,
    signed,
};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use http::Method;
use sha1::Sha1;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};

pub(super) const SCHEME: Scheme = Scheme {
    name: "twilio",
    about: "HMAC-SHA1 over address and form, in `X-Twilio-Signature`",
    needs: &["secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let given = from_base64(header(request, "x-twilio-signature")?)?;
    let body: &[u8] = if request.method == Method::GET { &[] } else { &request.body };
    let form = match body_hash(&request.url) {
        Some(hash) if same(hex(&Sha256::digest(body)).as_bytes(), hash.as_bytes()) => String::new(),
        Some(_) => return Err(Forged("its body is not the one that was signed")),
        None => sorted_form(body),
    };
    let matches = |address: &String| {
        signed::<Hmac<Sha1>>(keys, "secret", &[address.as_bytes(), form.as_bytes()], &given)
    };
    passed(addresses(&request.url).iter().fold(false, |passed, address| matches(address) | passed))
}

/// The `bodySHA256` of an address's query.
fn body_hash(url: &str) -> Option<String> {
    let (_, query) = url.split_once('?')?;
    let mut query = pairs(query.as_bytes());
    query.find(|(name, _)| name == "bodySHA256").map(|(_, hash)| hash.into_owned())
}

/// Names in order, each followed by its distinct values in order.
fn sorted_form(body: &[u8]) -> String {
    let mut form: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, value) in pairs(body) {
        form.entry(name.into_owned()).or_default().insert(value.into_owned());
    }
    let mut sorted = String::new();
    for (name, values) in form {
        for value in values {
            sorted.push_str(&name);
            sorted.push_str(&value);
        }
    }
    sorted
}

/// The spellings of an address that may have been signed.
fn addresses(url: &str) -> Vec<String> {
    let mut all = vec![url.to_owned()];
    if let Some((scheme, rest)) = url.split_once("://") {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at(end);
        let host_at = authority.rfind('@').map_or(0, |at| at + 1);
        let port = authority[host_at..].rfind(':').map(|at| host_at + at);
        let bare = &authority[..port.unwrap_or(authority.len())];
        let standard = if scheme == "http" { 80 } else { 443 };
        all.push(format!("{scheme}://{bare}{path}"));
        all.push(format!("{scheme}://{bare}:{standard}{path}"));
    }
    for at in 0..all.len() {
        if all[at].contains('\'') {
            all.push(all[at].replace('\'', "%27"));
        }
    }
    all
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let parts = [request.url.as_bytes(), sorted_form(&request.body).as_bytes()].concat();
    let signature = STANDARD.encode(code::<Hmac<Sha1>>(keys, "secret", &[&parts])?);
    put(request, "x-twilio-signature", &signature)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    const URL: &str = "https://mycompany.com/myapp.php?foo=1&bar=2";
    const FORM: &str =
        "CallSid=CA1234567890ABCDE&Digits=1234&From=%2B14158675309&To=%2B18005551212&Caller=%2B14158675309";

    fn passes(url: &str, body: &str, signature: &str) -> bool {
        let headers = [("x-twilio-signature", signature)];
        check(&request(url, &headers, body, 0), &keys("secret", "12345")).is_ok()
    }

    #[test]
    fn twilio_signatures_of_its_documentation_pass() {
        let with = |more: &str| format!("{URL}{more}");
        let json = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        let object = "44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a";
        let host = |host: &str| URL.replace("mycompany.com", host);
        let more = format!("{FORM}&ReasonConferenceEnded=test&Reason=Participant");
        let cases = [
            (URL.to_owned(), FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (host("mycompany.com:1234"), FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (URL.to_owned(), FORM, "kvajT1Ptam85bY51eRf/AJRuM3w="),
            (URL.replace("https", "http"), FORM, "0ZXoZLH/DfblKGATFgpif+LLRf4="),
            (host("mycompany.com:1234").replace("https", "http"), FORM, "Zmvh+3yNM1Phv2jhDCwEM3q5ebU="),
            (
                URL.to_owned(),
                "Sid=CA123&SidAccount=AC123&Digits=5678&Digits=1234&Digits=1234",
                "IK+Dwps556ElfBT0I3Rgjkr1wJU=",
            ),
            (URL.to_owned(), &more, "vOEb5UThFn24KEfnOFLQY2AE5FY="),
            (URL.replace("https", "http"), &more, "n2xBNyzSW7rfYStDtOFiFMv7qNo="),
            (
                with(&format!("&bodySHA256={json}")),
                r#"{"property": "value", "boolean": true}"#,
                "a9nBmqA0ju/hNViExpshrM61xv4=",
            ),
            (
                format!("https://mycompany.com/myapp.php?bodySHA256={json}"),
                r#"{"property": "value", "boolean": true}"#,
                "y77kIzt2vzLz71DgmJGsen2scGs=",
            ),
            (with(&format!("&bodySHA256={object}")), "{}", "Ldidvp12m26NI7eqEvxnEpkd9Hc="),
            (with(&format!("&bodySHA256={object}")), "{}", "rw/jVviOgicj2+kHZULvebnA4ag="),
            (host("user:pass@mycompany.com"), FORM, "CukzLTc1tT5dXEDIHm/tKBanW10="),
            (host("user:pass@mycompany.com"), FORM, "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI="),
            (host("user@mycompany.com"), FORM, "2YRLlVAflCqxaNicjMpJcSTgzSs="),
            (with("&Body=It's+amazing"), FORM, "TfZzewPq8wqrGlMfyAud8+/IvJ0="),
            (
                URL.to_owned(),
                "MessagingBinding.Address=%2B1415xxxxxxx&MessagingBinding.Address=%2B1325xxxxxxx",
                "83O6e2vORAoJHUNzJjDWN1jz+BA=",
            ),
            (URL.to_owned(), "property=value&boolean=true", "NBdBDr/T/lgjI+tlgpXjKZQZs/k="),
        ];
        for (url, body, signature) in cases {
            assert!(passes(&url, body, signature), "{url} {body}");
        }
    }

    #[test]
    fn anything_else_fails() {
        assert!(!passes(URL, FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B9="));
        assert!(!passes(URL, &FORM.replace("1234&", "1235&"), "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!passes(&URL.replace("foo=1", "foo=2"), FORM, "RSOYDt4T1cUTdK1PDd93/VVr8B8="));
        assert!(!passes(URL, FORM, ""));
        assert!(!passes(URL, FORM, "not base64!"));
        let more = format!("{FORM}&ReasonConferenceEnded=test&Reason=Participant");
        assert!(!passes(URL, &more, "95+Bu0JVPi0r/SsESZCVf0dWAjw="), "signed in the wrong order");
        let json = "0a1ff7634d9ab3b95db5c9a2dfe9416e41502b283a80c7cf19632632f96e6620";
        let url = format!("{URL}&bodySHA256={json}");
        assert!(
            !passes(&url, r#"{"property": "other"}"#, "a9nBmqA0ju/hNViExpshrM61xv4="),
            "the body was changed"
        );
    }
}
