//! A user and a password in every request (RFC 7617): what Bandwidth and Infobip offer.

use super::{Keys, Scheme, Unsignable, from_base64, header, is_key, needed, never, nothing, put};
use crate::provider::{Forged, RawRequest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

pub(super) const SCHEME: Scheme = Scheme {
    name: "basic",
    about: "a user and a password in the header `Authorization`",
    needs: &["user", "secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    const WRONG: Forged = Forged("its user or password is missing or wrong");
    let (kind, given) = header(request, "authorization")?.split_once(' ').ok_or(WRONG)?;
    let given = String::from_utf8(from_base64(given.trim())?).map_err(|_| WRONG)?;
    let (user, password) = given.split_once(':').ok_or(WRONG)?;
    // Both are compared, whatever comes of the first.
    let passed = is_key(keys, "user", user) & is_key(keys, "secret", password);
    if passed && kind.eq_ignore_ascii_case("basic") { Ok(()) } else { Err(WRONG) }
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    let both = format!("{}:{}", needed(keys, "user")?, needed(keys, "secret")?);
    put(request, "authorization", &format!("Basic {}", STANDARD.encode(both)))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    #[test]
    fn user_and_password_must_both_be_right() {
        let mut keys = keys("secret", "open sesame");
        keys.insert("user", vec!["Aladdin".into()]);
        let given =
            |value: &str| check(&request("https://a.example/", &[("authorization", value)], "", 0), &keys);
        // The example of RFC 7617, section 2.
        assert_eq!(given("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Ok(()));
        assert_eq!(given("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), Ok(()));
        let (user, password) = ("QWxhZGRpTjpvcGVuIHNlc2FtZQ==", "QWxhZGRpbjpvcGVuIHNlc2FtZg==");
        let kind = "Bearer QWxhZGRpbjpvcGVuIHNlc2FtZQ==";
        for wrong in
            [&format!("Basic {user}"), &format!("Basic {password}"), kind, "Basic", "Basic !", "Basic QQ=="]
        {
            assert!(given(wrong).is_err(), "{wrong}");
        }
    }
}
