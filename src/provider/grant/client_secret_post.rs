//! The client says who it is in the body (RFC 6749, 2.3.1).

use super::{Grant, NEEDS, TAKES, request};
use crate::provider::Call;
use crate::provider::scheme::Keys;

pub(super) const GRANT: Grant = Grant {
    name: "client_secret_post",
    about: "client credentials (RFC 6749, 4.4), with the secret in the body",
    needs: NEEDS,
    takes: TAKES,
    request: ask,
};

fn ask(keys: &Keys) -> Call {
    let key = |name| keys.one(name).unwrap_or_default();
    request(keys, &[("client_id", key("id")), ("client_secret", key("secret"))], None)
}

#[cfg(test)]
mod tests {
    use super::super::tests::keys;
    use super::*;
    use http::header;

    #[test]
    fn the_newest_secret_stands_in_the_body_and_nowhere_else() {
        let call = ask(&keys("s6BhdRkqt3", "7Fjfp0ZBr1KtDRbnfVdmIw&=+"));
        let body = String::from_utf8(call.body).expect("text");
        assert!(
            body.ends_with("&client_id=s6BhdRkqt3&client_secret=7Fjfp0ZBr1KtDRbnfVdmIw%26%3D%2B"),
            "{body}"
        );
        assert!(call.headers.iter().all(|(name, _)| *name != header::AUTHORIZATION));
    }
}
