//! Amazon SNS: RSA over the fields of the envelope, by a certificate that stands at an address of the topic's own region.
//! The envelope is read for its signed fields alone; what the message says is read when it is vouched for.

use super::{Keys, Scheme, Unsignable, from_base64, passed};
use crate::provider::{Forged, RawRequest};
use ring::signature::{RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, UnparsedPublicKey};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{
    AlgorithmIdentifier, CertificateDer, InvalidSignature, SignatureVerificationAlgorithm, alg_id,
};
use serde::Deserialize;
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;

pub(super) const SCHEME: Scheme = Scheme {
    name: "sns",
    about: "RSA over the envelope, by a certificate of the topic's region",
    needs: &["topic"],
    takes: &[],
    check,
    sign,
    wants,
    visits: |keys, url| keys.all("topic").any(|topic| is_of_topic(url, topic)),
};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(rename = "Type")]
    kind: String,
    message: String,
    message_id: String,
    #[serde(default)]
    subject: Option<String>,
    #[serde(default, rename = "SubscribeURL")]
    subscribe_url: Option<String>,
    timestamp: String,
    #[serde(default)]
    token: Option<String>,
    topic_arn: String,
    signature_version: String,
    signature: String,
    #[serde(rename = "SigningCertURL", alias = "SigningCertUrl")]
    certificate: String,
}

impl Envelope {
    /// The envelope of a request, if it is of our topic.
    fn of(request: &RawRequest, keys: &Keys) -> Result<Self, Forged> {
        let envelope: Self =
            serde_json::from_slice(&request.body).map_err(|_| Forged("its body is no envelope of SNS"))?;
        if keys.all("topic").any(|topic| topic == envelope.topic_arn) {
            Ok(envelope)
        } else {
            Err(Forged("it is of another topic"))
        }
    }

    /// The signed text: names and values, each with a line feed behind it, in order of name.
    fn signed_text(&self) -> String {
        let fields = [
            ("Message", Some(&self.message)),
            ("MessageId", Some(&self.message_id)),
            ("Subject", self.subject.as_ref()),
            ("SubscribeURL", self.subscribe_url.as_ref()),
            ("Timestamp", Some(&self.timestamp)),
            ("Token", self.token.as_ref()),
            ("TopicArn", Some(&self.topic_arn)),
            ("Type", Some(&self.kind)),
        ];
        // A notification has a subject, a confirmation has an address and a token.
        let is_notice = self.kind == "Notification";
        let belongs = |name: &str| match name {
            "Subject" => is_notice,
            "SubscribeURL" | "Token" => !is_notice,
            _ => true,
        };
        let line = |(name, value): (&str, Option<&String>)| Some(format!("{name}\n{}\n", value?));
        fields.into_iter().filter(|(name, _)| belongs(name)).filter_map(line).collect()
    }
}

/// Whether an address belongs to SNS in the region of a topic: nothing else is ever fetched or visited.
fn is_of_topic(url: &str, topic: &str) -> bool {
    let mut parts = topic.split(':');
    let (partition, region) = (parts.nth(1).unwrap_or_default(), parts.nth(1).unwrap_or_default());
    let ending = if partition == "aws-cn" { "amazonaws.com.cn" } else { "amazonaws.com" };
    let plain = !region.is_empty() && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    plain && url.starts_with(&format!("https://sns.{region}.{ending}/"))
}

fn wants(request: &RawRequest, keys: &Keys) -> Option<String> {
    let envelope = Envelope::of(request, keys).ok()?;
    let path = envelope.certificate.split(['?', '#']).next().unwrap_or_default();
    let in_place = is_of_topic(&envelope.certificate, &envelope.topic_arn)
        && path == envelope.certificate
        && path.strip_suffix(".pem").is_some();
    in_place.then_some(envelope.certificate)
}

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    const BROKEN: Forged = Forged("its certificate cannot be read");
    let envelope = Envelope::of(request, keys)?;
    if wants(request, keys).is_none() {
        return Err(Forged("its certificate is not where SNS keeps them"));
    }
    let pem = request.fetched.as_deref().ok_or(Forged("its certificate was not fetched"))?;
    let certificate = CertificateDer::from_pem_slice(pem).map_err(|_| BROKEN)?;
    let certificate = EndEntityCert::try_from(&certificate).map_err(|_| BROKEN)?;
    let signature = from_base64(&envelope.signature)?;
    let algorithm: &dyn SignatureVerificationAlgorithm = match envelope.signature_version.as_str() {
        "1" => &RsaSha1,
        "2" => RSA_PKCS1_2048_8192_SHA256,
        _ => return Err(Forged("its signature is of an unknown version")),
    };
    let text = envelope.signed_text();
    passed(certificate.verify_signature(algorithm, text.as_bytes(), &signature).is_ok())
}

/// RSA with SHA-1, which version 1 of the signature still is, and nothing else here.
#[derive(Debug)]
struct RsaSha1;

impl SignatureVerificationAlgorithm for RsaSha1 {
    fn verify_signature(&self, key: &[u8], message: &[u8], signature: &[u8]) -> Result<(), InvalidSignature> {
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA1_FOR_LEGACY_USE_ONLY, key);
        key.verify(message, signature).map_err(|_| InvalidSignature)
    }

    fn public_key_alg_id(&self) -> AlgorithmIdentifier {
        alg_id::RSA_ENCRYPTION
    }

    fn signature_alg_id(&self) -> AlgorithmIdentifier {
        // sha1WithRSAEncryption, 1.2.840.113549.1.1.5 (RFC 8017, appendix A.2.4), with its empty parameters.
        AlgorithmIdentifier::from_slice(&[
            0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x05, 0x05, 0x00,
        ])
    }
}

fn sign(_: &mut RawRequest, _: &Keys) -> Result<(), Unsignable> {
    Err(Unsignable("Amazon signs with a key that it alone has"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    const TOPIC: &str = "arn:aws:sns:us-east-1:123456789012:sayso";

    /// A key and requests that it signed, made with OpenSSL: `tests/providers/aws/README.md` says how.
    const PEM: &[u8] = include_bytes!("../../../tests/providers/aws/certificate.pem");

    fn given(body: &str) -> Result<(), Forged> {
        let mut request = request("https://sms.example.com/in", &[], body, 0);
        request.fetched = Some(PEM.to_vec());
        check(&request, &keys("topic", TOPIC))
    }

    fn body(name: &str) -> String {
        let path = format!("{}/tests/providers/aws/{name}.http", env!("CARGO_MANIFEST_DIR"));
        let file = std::fs::read_to_string(path).expect("the request is there");
        file.split_once("\n\n").expect("a head and a body").1.trim_end().to_owned()
    }

    #[test]
    fn both_versions_cover_every_field() {
        for name in ["text", "text-version-1", "confirmation"] {
            let body = body(name);
            assert_eq!(given(&body), Ok(()), "{name}");
            let changed = body.replace("\"Timestamp\":\"2026", "\"Timestamp\":\"2025");
            assert_ne!(changed, body);
            assert!(given(&changed).is_err(), "{name} at another time");
            assert!(
                given(&body.replace("us-east-1:123456789012:sayso", "us-east-1:123456789012:other")).is_err()
            );
            let other = body.replace("\"SignatureVersion\":\"2\"", "\"SignatureVersion\":\"1\"");
            assert_eq!(given(&other).is_ok(), other == body, "{name}");
        }
    }

    #[test]
    fn certificates_are_fetched_from_the_topics_region_alone() {
        let right = "https://sns.us-east-1.amazonaws.com/SimpleNotificationService-1.pem";
        let body = body("text");
        assert!(body.contains(right));
        let wanted = |url: &str| {
            let request = request("https://sms.example.com/in", &[], &body.replace(right, url), 0);
            wants(&request, &keys("topic", TOPIC))
        };
        assert_eq!(wanted(right).as_deref(), Some(right));
        for wrong in [
            "http://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-2.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com.evil.example/a.pem",
            "https://evil.example/https://sns.us-east-1.amazonaws.com/a.pem",
            "https://sns.us-east-1.amazonaws.com@evil.example/a.pem",
            "https://sns.us-east-1.amazonaws.com/a.pem?x=.pem",
            "https://sns.us-east-1.amazonaws.com/a.txt",
        ] {
            assert_eq!(wanted(wrong), None, "{wrong}");
        }
    }
}
