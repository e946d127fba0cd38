//! Plivo, in its three versions: HMAC-SHA256 over address, parameters and nonce (3), over the address without its query
//! and nonce (2, which does not cover the body), HMAC-SHA1 over address and parameters (1). What is there is checked, the
//! newest first; a header may hold several signatures, one a token.

use super::{
    Keys, Scheme, Unsignable, code, from_base64, header, never, nonce, nothing, pairs, parted, passed, put,
    signed,
};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::Hmac;
use http::Method;
use sha1::Sha1;
use sha2::Sha256;

pub(super) const SCHEME: Scheme = Scheme {
    name: "plivo",
    about: "HMAC over address, parameters and nonce, in `X-Plivo-Signature-V3`, `-V2` or `-Ma-V2`, or in the one of version 1",
    needs: &["secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let has = |name: &str| request.headers.contains_key(name);
    let (url, query) = parted(&request.url);
    if has("x-plivo-signature-v3") {
        let nonce = header(request, "x-plivo-signature-v3-nonce")?;
        let signed_part = format!("{}.{nonce}", third(request, url, query));
        return any(request, &["x-plivo-signature-v3"], |given| {
            signed::<Hmac<Sha256>>(keys, "secret", &[signed_part.as_bytes()], given)
        });
    }
    if has("x-plivo-signature-v2") || has("x-plivo-signature-ma-v2") {
        let nonce = header(request, "x-plivo-signature-v2-nonce")?;
        return any(request, &["x-plivo-signature-v2", "x-plivo-signature-ma-v2"], |given| {
            signed::<Hmac<Sha256>>(keys, "secret", &[url.as_bytes(), nonce.as_bytes()], given)
        });
    }
    let form = sorted(&request.body, "", "");
    any(request, &["x-plivo-signature"], |given| {
        signed::<Hmac<Sha1>>(keys, "secret", &[request.url.as_bytes(), form.as_bytes()], given)
    })
}

/// Whether any of the signatures in these headers matches.
fn any(
    request: &RawRequest,
    headers: &[&'static str],
    matches: impl Fn(&[u8]) -> bool,
) -> Result<(), Forged> {
    let given = headers.iter().filter_map(|name| header(request, name).ok()).flat_map(|list| list.split(','));
    passed(given.filter_map(|one| from_base64(one.trim()).ok()).any(|one| matches(&one)))
}

/// What version 3 signs besides the nonce. Parameters of a GET stand in its address.
fn third(request: &RawRequest, url: &str, query: &str) -> String {
    let query = sorted(query.as_bytes(), "=", "&");
    let form = if request.method == Method::GET { String::new() } else { sorted(&request.body, "", "") };
    let question = if query.is_empty() && form.is_empty() { "" } else { "?" };
    let point = if query.is_empty() || form.is_empty() { "" } else { "." };
    format!("{url}{question}{query}{point}{form}")
}

/// Parameters in order of their names, then of their values.
fn sorted(form: &[u8], between: &str, behind: &str) -> String {
    let mut all: Vec<_> = pairs(form).collect();
    all.sort();
    all.iter().map(|(name, value)| format!("{name}{between}{value}")).collect::<Vec<_>>().join(behind)
}

/// Signs by version 3.
fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let nonce = nonce(request);
    let (url, query) = parted(&request.url);
    let signed_part = format!("{}.{nonce}", third(request, url, query));
    let signature = STANDARD.encode(code::<Hmac<Sha256>>(keys, "secret", &[signed_part.as_bytes()])?);
    put(request, "x-plivo-signature-v3-nonce", &nonce)?;
    put(request, "x-plivo-signature-v3", &signature)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;
    use form_urlencoded::Serializer;

    /// The vectors of Plivo's own libraries.
    const TOKEN: &str = "Y2Q2ZDgxZmY5YWRiOTI5YmQ1Njg0MTAxZWIyOTc4";
    const NONCE: &str = "31627761595286130198";
    const BASE: &str = "https://plivobin.non-prod.plivops.com/api/v1/validate_signature03.xml";
    const ID: &str = "3e82ae9d-2c78-4d85-b1a4-6eae7dbafb36";
    const FORM: [(&str, &str); 13] = [
        ("Direction", "outbound"),
        ("From", "19792014278"),
        ("ALegUUID", ID),
        ("ALegRequestUUID", ID),
        ("CallUUID", ID),
        ("RequestUUID", ID),
        ("CallStatus", "in-progress"),
        ("BillRate", "0.002"),
        ("ParentAuthID", "MANWVLYTK4ZWU1YTY4QA"),
        ("To", "sip:PlivoSignature382029104058171078704104@phone-qa.voice.plivodev.com"),
        ("SIP-H-To", "<sip:PlivoSignature382029104058171078704104@52.9.11.55;transport=udp>;tag=1"),
        ("SessionStart", "2020-04-08 11:34:33.238707"),
        ("Event", "StartApp"),
    ];

    fn third(method: Method, query: &str, form: &[(&str, &str)], signature: &str) -> bool {
        let form = Serializer::new(String::new()).extend_pairs(form).finish();
        let headers = [("x-plivo-signature-v3", signature), ("x-plivo-signature-v3-nonce", NONCE)];
        let (url, body) = match (&method, query) {
            (&Method::GET, "") => (format!("{BASE}?{form}"), ""),
            (&Method::GET, query) => (format!("{BASE}{query}&{form}"), ""),
            (_, query) => (format!("{BASE}{query}"), form.as_str()),
        };
        let mut given = request(&url, &headers, body, 0);
        given.method = method;
        check(&given, &keys("secret", TOKEN)).is_ok()
    }

    #[test]
    fn version_3_covers_address_and_parameters() {
        let cases = [
            (Method::POST, "/?a=b&c=d", "k7Pusd4OxCIjR5IfA9iedDNu/h/gbdYqdzG/MiYtd1c="),
            (Method::GET, "/?a=b&c=d", "UBq8jAtd32wR8EK9VgxbBn4n5rpI/l1H9iN4WfSEHFQ="),
            (Method::POST, "", "iAjE5QqI37mbkYe4w3jTMudqEzbDufdqi7sYwTu64e0="),
            (Method::GET, "", "i/MQsaQSAd6fiKhOh2qeeeLHZ9faldADSb3/7+Akfbc="),
        ];
        for (method, query, signature) in cases {
            assert!(third(method.clone(), query, &FORM, signature), "{method} {query}");
            assert!(third(method.clone(), query, &FORM, &format!("QUJD, {signature}")), "several");
            assert!(!third(method.clone(), query, &FORM[1..], signature), "{method} {query} with less");
            assert!(!third(method.clone(), "/?a=b&c=e", &FORM, signature), "{method} with another query");
        }
    }

    #[test]
    fn version_2_covers_the_address_without_its_query() {
        let given = |url: &str, nonce: &str| {
            let signature = "ehV3IKhLysWBxC1sy8INm0qGoQYdYsHwuoKjsX7FsXc=";
            let headers = [("x-plivo-signature-v2", signature), ("x-plivo-signature-v2-nonce", nonce)];
            check(&request(url, &headers, "", 0), &keys("secret", "my_auth_token")).is_ok()
        };
        assert!(given("https://answer.url", "12345"));
        assert!(given("https://answer.url?a=1", "12345"));
        assert!(!given("https://answer.url/", "12345"));
        assert!(!given("https://answer.url", "12346"));
    }

    #[test]
    fn version_1_covers_address_and_form() {
        let given = |form: &str, signature: &str| {
            let headers = [("x-plivo-signature", signature)];
            let request = request("http://foo.com/answer/", &headers, form, 0);
            check(&request, &keys("secret", "MAXXXXXXXXXXXXXXXXXX")).is_ok()
        };
        let form = "Duration=300&CallUUID=97ceeb52-58b6-11e1-86da-77300b68f8bb";
        assert!(given(form, "EJEt0ELanhr8hjMPIJnLNLex0dE="));
        assert!(given("a=1+2", "n3Xfo4u+vRFyl3gsH8B0qDUIK5g="));
        assert!(!given("a=1+3", "n3Xfo4u+vRFyl3gsH8B0qDUIK5g="));
        assert!(!given(form, "n3Xfo4u+vRFyl3gsH8B0qDUIK5g="));
    }
}
