//! Amazon's Signature Version 4, for calls whose parameters stand in the body:
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html>

use super::{Signer, code, host_and_path};
use crate::provider::Call;
use crate::provider::scheme::{Keys, hex};
use http::{HeaderName, header};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

pub(super) const SIGNER: Signer = Signer {
    name: "aws",
    about: "Signature Version 4 of Amazon",
    needs: &["key", "secret", "region", "service"],
    sign,
};

fn sign(call: &mut Call, keys: &Keys, at: Timestamp) {
    let key = |name: &str| keys.one(name).unwrap_or_default();
    let moment = at.to_zoned(TimeZone::UTC).strftime("%Y%m%dT%H%M%SZ").to_string();
    let day = &moment[..8];
    let (host, path) = host_and_path(&call.url);
    let (path, query) = path.split_once('?').unwrap_or((path, ""));
    let mut headers: Vec<(String, String)> = vec![("host".to_owned(), host.to_owned())];
    headers.push(("x-amz-date".to_owned(), moment.clone()));
    headers
        .extend(call.headers.iter().map(|(name, value)| (name.as_str().to_owned(), value.trim().to_owned())));
    headers.sort();
    let names = headers.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>().join(";");
    let lines = headers.iter().fold(String::new(), |lines, (name, value)| lines + name + ":" + value + "\n");
    let body = hex(&Sha256::digest(&call.body));
    let request = format!("{}\n{path}\n{query}\n{lines}\n{names}\n{body}", call.method);
    let scope = format!("{day}/{}/{}/aws4_request", key("region"), key("service"));
    let text = format!("AWS4-HMAC-SHA256\n{moment}\n{scope}\n{}", hex(&Sha256::digest(request)));
    let first = format!("AWS4{}", key("secret")).into_bytes();
    let derived = [day, key("region"), key("service"), "aws4_request"];
    let signing = derived.iter().fold(first, |signing, part| code(&signing, part));
    let authorization = format!(
        "AWS4-HMAC-SHA256 Credential={}/{scope}, SignedHeaders={names}, Signature={}",
        key("key"),
        hex(&code(&signing, &text)),
    );
    call.headers.push((HeaderName::from_static("x-amz-date"), moment));
    call.headers.push((header::AUTHORIZATION, authorization));
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Method;

    fn signed(mut call: Call, service: &str) -> String {
        let mut keys = Keys::default();
        let values = [
            ("key", "AKIDEXAMPLE"),
            ("secret", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"),
            ("region", "us-east-1"),
            ("service", service),
        ];
        for (name, value) in values {
            keys.insert(name, vec![value.into()]);
        }
        sign(&mut call, &keys, "2015-08-30T12:36:00Z".parse().expect("a time"));
        let (name, value) = call.headers.pop().expect("a header");
        assert_eq!(name, header::AUTHORIZATION);
        value
    }

    /// `get-vanilla` of Amazon's own suite of vectors; the second was computed with botocore.
    #[test]
    fn signatures_are_those_of_amazon() {
        let url = "https://example.amazonaws.com/".to_owned();
        let get = Call { method: Method::GET, url, headers: Vec::new(), body: Vec::new() };
        assert_eq!(
            signed(get, "service"),
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, \
             SignedHeaders=host;x-amz-date, \
             Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
        );
        let json = "application/x-amz-json-1.0".to_owned();
        let target = "PinpointSMSVoiceV2.SendTextMessage".to_owned();
        let post = Call {
            method: Method::POST,
            url: "https://sms-voice.us-east-1.amazonaws.com/".to_owned(),
            headers: vec![(header::CONTENT_TYPE, json), (HeaderName::from_static("x-amz-target"), target)],
            body: br#"{"MessageBody":"hi"}"#.to_vec(),
        };
        let signed = signed(post, "sms-voice");
        assert!(signed.contains("SignedHeaders=content-type;host;x-amz-date;x-amz-target"), "{signed}");
        assert!(
            signed.ends_with("Signature=bada5f2f7c7f10630aa6532b808f2a1bf58403b0885a8db36a75ac371d2ac79d"),
            "{signed}"
        );
    }
}
