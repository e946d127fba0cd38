//! Meta: HMAC-SHA256 over the body. Before the first message it asks by GET whether this address knows the word that was
//! agreed on: such a request brings that word, and no message.

use super::{
    Keys, Scheme, Unsignable, code, from_hex, header, hex, is_key, never, nothing, pairs, parted, passed,
    put, signed,
};
use crate::provider::{Forged, RawRequest};
use hmac::Hmac;
use http::Method;
use sha2::Sha256;

pub(super) const SCHEME: Scheme = Scheme {
    name: "meta",
    about: "HMAC-SHA256 over the body, in `X-Hub-Signature-256`; a word that was agreed on in the handshake",
    needs: &["secret", "verify_token"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    if request.method == Method::GET {
        let (_, query) = parted(&request.url);
        let word = pairs(query.as_bytes()).find(|(name, _)| name == "hub.verify_token").map(|(_, word)| word);
        return passed(word.is_some_and(|word| is_key(keys, "verify_token", &word)));
    }
    let given = header(request, "x-hub-signature-256")?.strip_prefix("sha256=");
    let given = from_hex(given.ok_or(Forged("its signature is not by SHA-256"))?)?;
    passed(signed::<Hmac<Sha256>>(keys, "secret", &[&request.body], &given))
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let signature = hex(&code::<Hmac<Sha256>>(keys, "secret", &[&request.body])?);
    put(request, "x-hub-signature-256", &format!("sha256={signature}"))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    /// The example of GitHub's documentation, whose webhooks are signed in the same way.
    const SIGNATURE: &str = "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17";

    fn given(signature: &str, body: &str) -> Result<(), Forged> {
        let keys = keys("secret", "It's a Secret to Everybody");
        check(&request("https://sms.example.com/in", &[("x-hub-signature-256", signature)], body, 0), &keys)
    }

    #[test]
    fn the_body_is_covered() {
        assert_eq!(given(SIGNATURE, "Hello, World!"), Ok(()));
        assert!(given(SIGNATURE, "Hello, World").is_err());
        assert!(given(&SIGNATURE.replace("757", "756"), "Hello, World!").is_err());
        assert!(given(&SIGNATURE.replace("sha256=", "sha1="), "Hello, World!").is_err());
    }

    #[test]
    fn the_handshake_needs_the_word() {
        let keys = keys("verify_token", "open sesame");
        let asked = |query: &str| {
            let mut asked = request(&format!("https://sms.example.com/in?{query}"), &[], "", 0);
            asked.method = Method::GET;
            check(&asked, &keys)
        };
        assert_eq!(asked("hub.mode=subscribe&hub.verify_token=open+sesame&hub.challenge=1"), Ok(()));
        assert!(asked("hub.mode=subscribe&hub.verify_token=sesame&hub.challenge=1").is_err());
        assert!(asked("hub.mode=subscribe&hub.challenge=1").is_err());
    }
}
