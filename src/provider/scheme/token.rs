//! A secret in the address, for providers that sign nothing: `?token=…`. Whoever sees the address can call, so it belongs
//! into no log, and behind TLS.

use super::{Keys, Scheme, Unsignable, is_key, needed, never, nothing, pairs, parted};
use crate::provider::{Forged, RawRequest};
use form_urlencoded::Serializer;

pub(super) const SCHEME: Scheme = Scheme {
    name: "token",
    about: "a secret in the address: `?token=…`",
    needs: &["secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    let (_, query) = parted(&request.url);
    let given = pairs(query.as_bytes()).find(|(name, _)| name == "token").map(|(_, value)| value);
    let passed = given.is_some_and(|given| is_key(keys, "secret", &given));
    if passed { Ok(()) } else { Err(Forged("`token` in its address is missing or wrong")) }
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let query = Serializer::new(String::new()).append_pair("token", needed(keys, "secret")?).finish();
    let sign = if request.url.contains('?') { '&' } else { '?' };
    request.url = format!("{}{sign}{query}", request.url);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    #[test]
    fn the_first_token_of_the_address_counts() {
        let keys = keys("secret", "a+b c");
        let given = |query: &str| check(&request(&format!("https://a.example/in{query}"), &[], "", 0), &keys);
        for right in ["?token=a%2Bb+c", "?x=1&token=a%2Bb%20c&y=2", "?token=another-one"] {
            assert_eq!(given(right), Ok(()), "{right}");
        }
        for wrong in [
            "",
            "?token=",
            "?token=a+b+c",
            "?token=x&token=a%2Bb+c",
            "?x=1#?token=a%2Bb+c",
            "?Token=another-one",
        ] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
        let in_body = request("https://a.example/in", &[], "token=another-one", 0);
        assert!(check(&in_body, &keys).is_err(), "the body is the provider's");
    }
}
