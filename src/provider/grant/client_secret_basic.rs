//! The client says who it is in the header `Authorization` (RFC 6749, 2.3.1).

use super::{Grant, NEEDS, TAKES, request};
use crate::provider::Call;
use crate::provider::scheme::Keys;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::header;

pub(super) const GRANT: Grant = Grant {
    name: "client_secret_basic",
    about: "client credentials (RFC 6749, 4.4), with the secret in the header",
    needs: NEEDS,
    takes: TAKES,
    request: ask,
};

fn ask(keys: &Keys) -> Call {
    // Both are coded as in a form before they are joined: a colon in the id would end it otherwise.
    let coded = |name| {
        let bytes = keys.one(name).unwrap_or_default().as_bytes();
        form_urlencoded::byte_serialize(bytes).collect::<String>()
    };
    let both = STANDARD.encode(format!("{}:{}", coded("id"), coded("secret")));
    request(keys, &[], Some((header::AUTHORIZATION, format!("Basic {both}"))))
}

#[cfg(test)]
mod tests {
    use super::super::tests::keys;
    use super::*;

    /// The first is the example of RFC 6749, 4.4.2.
    #[test]
    fn the_header_is_that_of_the_rfc() {
        let cases = [
            ("s6BhdRkqt3", "gX1fBat3bV", "Basic czZCaGRSa3F0MzpnWDFmQmF0M2JW"),
            ("a:b", "c d%", "Basic YSUzQWI6YytkJTI1"),
        ];
        for (id, secret, expected) in cases {
            let call = ask(&keys(id, secret));
            let header = call.headers.iter().find(|(name, _)| *name == header::AUTHORIZATION);
            assert_eq!(header.map(|(_, value)| value.as_str()), Some(expected));
            let body = String::from_utf8(call.body).expect("text");
            assert!(!body.contains("client_id"), "one way to say who it is: {body}");
        }
    }
}
