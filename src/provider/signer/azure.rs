//! Azure Communication Services: HMAC-SHA256 by the resource's access key, over the request line, the date, the host and
//! the hash of the body:
//! <https://learn.microsoft.com/azure/communication-services/tutorials/hmac-header-tutorial>

use super::{Signer, code, host_and_path};
use crate::provider::Call;
use crate::provider::scheme::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

pub(super) const SIGNER: Signer =
    Signer { name: "azure", about: "HMAC-SHA256 by the access key of the resource", needs: &["key"], sign };

fn sign(call: &mut Call, keys: &Keys, at: Timestamp) {
    // A key that is no base64 signs nothing; Azure says 401, which stops the account where somebody looks.
    let key = keys.one("key").and_then(|key| STANDARD.decode(key).ok()).unwrap_or_default();
    let date = at.to_zoned(TimeZone::UTC).strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
    let (host, path) = host_and_path(&call.url);
    let hash = STANDARD.encode(Sha256::digest(&call.body));
    let text = format!("{}\n{path}\n{date};{host};{hash}", call.method);
    let signature = STANDARD.encode(code(&key, &text));
    call.headers.push((HeaderName::from_static("x-ms-date"), date));
    call.headers.push((HeaderName::from_static("x-ms-content-sha256"), hash));
    let authorization =
        format!("HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature={signature}");
    call.headers.push((header::AUTHORIZATION, authorization));
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    /// Computed with Python's `hmac` after the tutorial; Azure publishes no vector.
    #[test]
    fn request_date_host_and_body_are_covered() {
        let mut keys = Keys::default();
        keys.insert("key", vec!["c2F5c28tdGVzdC1rZXk=".into()]);
        let url = "https://sayso.communication.azure.com/sms?api-version=2021-03-07".to_owned();
        let mut call =
            Call { method: Method::POST, url, headers: Vec::new(), body: br#"{"message":"hi"}"#.to_vec() };
        sign(&mut call, &keys, "2026-06-01T12:00:00Z".parse().expect("a time"));
        let values: Vec<&str> = call.headers.iter().map(|(_, value)| value.as_str()).collect();
        let [date, hash, authorization] = values.as_slice() else { panic!("{values:?}") };
        assert_eq!(
            (*date, *hash),
            ("Mon, 01 Jun 2026 12:00:00 GMT", "rb2YK4/gu9hHfwkmICjTrCZAAdw248dXmQXnLAtxh1U=")
        );
        assert!(
            authorization.ends_with("&Signature=p0ASd/jj9Wc6mBLOIOP9meJiy0mc7TT807V5tW+js9A="),
            "{authorization}"
        );
    }
}
