//! Vonage SMS: the parameter `sig`, a hexadecimal HMAC over all other parameters in order of their names, or the older MD5
//! over them and the secret. Which one is a setting of the account at Vonage.

use super::{
    Keys, Scheme, Unsignable, code, from_hex, hex, is_fresh, needed, never, nothing, pairs, parted, passed,
    same, second, signed,
};
use crate::provider::{Forged, RawRequest};
use form_urlencoded::Serializer;
use hmac::Hmac;
use http::Method;
use md5::Md5;
use serde_json::{Map, Value};
use sha1::Sha1;
use sha2::{Digest, Sha256, Sha512};
use std::collections::BTreeMap;

pub(super) const SCHEME: Scheme = Scheme {
    name: "vonage",
    about: "HMAC over all parameters, in the parameter `sig`",
    needs: &["secret", "method"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

/// Seconds between signing and arrival: a day, as retries go on for so long.
const TOLERANCE: i64 = 24 * 3_600;

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let mut parameters = parameters(request);
    let given = from_hex(&parameters.remove("sig").ok_or(Forged("`sig` is missing"))?)?;
    let text = signed_text(&parameters);
    let parts = [text.as_bytes()];
    passed(match keys.one("method") {
        Some("sha256") => signed::<Hmac<Sha256>>(keys, "secret", &parts, &given),
        Some("sha512") => signed::<Hmac<Sha512>>(keys, "secret", &parts, &given),
        Some("sha1") => signed::<Hmac<Sha1>>(keys, "secret", &parts, &given),
        Some("md5") => signed::<Hmac<Md5>>(keys, "secret", &parts, &given),
        Some("md5hash") => keys.all("secret").fold(false, |passed, key| {
            let hash = Md5::new().chain_update(&text).chain_update(key).finalize();
            same(&hash, &given) | passed
        }),
        _ => return Err(Forged("the method is none of sha256, sha512, sha1, md5 and md5hash")),
    })?;
    let time = parameters.get("timestamp").ok_or(Forged("its signature has no time"))?;
    is_fresh(request, keys, time, TOLERANCE)
}

/// All parameters, wherever the account's setting puts them: address, form or JSON. The first of a name counts.
fn parameters(request: &RawRequest) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    let form = if request.method == Method::GET { parted(&request.url).1.as_bytes() } else { &request.body };
    if let Ok(object) = serde_json::from_slice::<Map<String, Value>>(form) {
        let text = |value: Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        all.extend(object.into_iter().map(|(name, value)| (name, text(value))));
    } else {
        for (name, value) in pairs(form) {
            all.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
    }
    all
}

/// What is signed: `&name=value` for each, in order of their names.
fn signed_text(parameters: &BTreeMap<String, String>) -> String {
    let plain = |text: &str| text.replace(['&', '='], "_");
    parameters.iter().fold(String::new(), |text, (name, value)| text + "&" + name + "=" + &plain(value))
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let time = second(request);
    let mut parameters = parameters(request);
    parameters.insert("timestamp".to_owned(), time.clone());
    let text = signed_text(&parameters);
    let parts = [text.as_bytes()];
    let signature = match needed(keys, "method")? {
        "sha256" => code::<Hmac<Sha256>>(keys, "secret", &parts)?,
        "sha512" => code::<Hmac<Sha512>>(keys, "secret", &parts)?,
        "sha1" => code::<Hmac<Sha1>>(keys, "secret", &parts)?,
        "md5" => code::<Hmac<Md5>>(keys, "secret", &parts)?,
        "md5hash" => Md5::new().chain_update(&text).chain_update(needed(keys, "secret")?).finalize().to_vec(),
        _ => return Err(Unsignable("the method is none of sha256, sha512, sha1, md5 and md5hash")),
    };
    let more = [("timestamp", time), ("sig", hex(&signature))];
    if let Ok(mut object) = serde_json::from_slice::<Map<String, Value>>(&request.body) {
        object.extend(more.map(|(name, value)| (name.to_owned(), value.into())));
        request.body = Value::Object(object).to_string().into_bytes();
    } else {
        let before = String::from_utf8_lossy(&request.body).into_owned();
        request.body = Serializer::new(before).extend_pairs(more).finish().into_bytes();
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    fn given(method: &str, parameters: &str, signature: &str, now: i64) -> Result<(), Forged> {
        let mut keys = keys("secret", "signature_secret");
        keys.insert("method", vec![method.into()]);
        check(&request("https://a.example/", &[], &format!("{parameters}&sig={signature}"), now), &keys)
    }

    /// The vectors of Vonage's own libraries; the one of `md5hash` was computed with Python's `hashlib`.
    #[test]
    fn every_method_covers_all_parameters() {
        let plain = "param2=value2&timestamp=1234567890&param1=value1";
        let signs = "param1=value%261&param2=value%3D2&timestamp=1234567890";
        let cases = [
            (
                "sha256",
                plain,
                "280c4320703dbc98bfa22db676655ed2acfbfe8792b062ff7622e67f1183c287",
                1_234_567_890,
            ),
            ("md5", plain, "724c2bf6ca423c36e20631b11d1c5753", 1_234_567_890),
            ("md5", signs, "2bbf0abafb2c55e5af6231513896a2ac", 1_234_567_890),
            (
                "md5",
                "param1=value1&param2=value2&timestamp=12345",
                "bc7e95bb4e341090b3a202a2885903a5",
                12_345,
            ),
            ("md5", "param=value&timestamp=1234567890", "655a4d0b7f064dff438defc52b012cf5", 1_234_567_890),
            ("md5hash", plain, "d72f75ac8cda9bbce891c4fa62bee6cd", 1_234_567_890),
        ];
        for (method, parameters, signature, now) in cases {
            assert_eq!(given(method, parameters, signature, now), Ok(()), "{method} {parameters}");
            assert_eq!(given(method, parameters, &signature.to_uppercase(), now), Ok(()));
            assert!(given(method, &parameters.replace("=value", "=valve"), signature, now).is_err());
            assert!(given("sha1", parameters, signature, now).is_err());
            assert!(given(method, parameters, signature, now + TOLERANCE + 1).is_err());
        }
    }

    #[test]
    fn parameters_may_be_json_or_stand_in_the_address() {
        let signature = "655a4d0b7f064dff438defc52b012cf5";
        let mut keys = keys("secret", "signature_secret");
        keys.insert("method", vec!["md5".into()]);
        let json = format!(r#"{{"timestamp":1234567890,"sig":"{signature}","param":"value"}}"#);
        assert_eq!(check(&request("https://a.example/", &[], &json, 1_234_567_890), &keys), Ok(()));
        let url = format!("https://a.example/?param=value&sig={signature}&timestamp=1234567890");
        let mut get = request(&url, &[], "", 1_234_567_890);
        get.method = Method::GET;
        assert_eq!(check(&get, &keys), Ok(()));
    }
}
