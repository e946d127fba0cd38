//! `MessageBird`'s older signature: that of Bird over the sorted query in place of the address.

use super::{Keys, Scheme, Unsignable, bird, never, nothing, pairs, parted};
use crate::provider::{Forged, RawRequest};
use form_urlencoded::Serializer;

pub(super) const SCHEME: Scheme = Scheme {
    name: "messagebird",
    about: "HMAC-SHA256 over time, sorted query and hash of the body, in `MessageBird-Signature`",
    needs: &["secret"],
    takes: &["tolerance"],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    bird::check_of(request, keys, &sorted_query(&request.url))
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let query = sorted_query(&request.url);
    bird::sign_of(request, keys, &query)
}

/// The query of an address in order of its names, written anew.
fn sorted_query(url: &str) -> String {
    let mut query: Vec<_> = pairs(parted(url).1.as_bytes()).collect();
    query.sort();
    Serializer::new(String::new()).extend_pairs(query).finish()
}

#[cfg(test)]
mod tests {
    use super::super::bird::TOLERANCE;
    use super::super::tests::{keys, request};
    use super::*;

    /// Computed with Python's `hmac` after the recipe, over `1700000000`, `a=1&b=x+y` and an empty body.
    const SIGNATURE: &str = "bFsFwBH0tr21zIqZwa2U39GYykv4f5/Y4qLSkO3HFLM=";

    fn given(query: &str, body: &str, now: i64) -> Result<(), Forged> {
        let headers = [("messagebird-signature", SIGNATURE), ("messagebird-request-timestamp", "1700000000")];
        let url = format!("https://sms.example.com/in?{query}");
        check(&request(&url, &headers, body, now), &keys("secret", "messagebird-secret"))
    }

    #[test]
    fn the_query_is_sorted_before_it_is_signed() {
        assert_eq!(given("b=x+y&a=1", "", 1_700_000_000), Ok(()));
        assert_eq!(given("a=1&b=x%20y", "", 1_699_999_990), Ok(()));
        assert!(given("a=1&b=x+z", "", 1_700_000_000).is_err());
        assert!(given("a=1&b=x+y", "{}", 1_700_000_000).is_err());
        assert!(given("a=1&b=x+y", "", 1_700_000_000 - TOLERANCE - 1).is_err());
    }
}
