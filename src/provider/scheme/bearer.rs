//! A token in every request (RFC 6750).

use super::{Keys, Scheme, Unsignable, header, is_key, needed, never, nothing, put};
use crate::provider::{Forged, RawRequest};

pub(super) const SCHEME: Scheme = Scheme {
    name: "bearer",
    about: "a token in the header `Authorization`",
    needs: &["secret"],
    takes: &[],
    check,
    sign,
    wants: nothing,
    visits: never,
};

fn check(request: &RawRequest, keys: &Keys) -> Result<(), Forged> {
    const WRONG: Forged = Forged("the bearer token is missing or wrong");
    let given = header(request, "authorization")?.strip_prefix("Bearer ").ok_or(WRONG)?;
    if is_key(keys, "secret", given.trim()) { Ok(()) } else { Err(WRONG) }
}

fn sign(request: &mut RawRequest, keys: &Keys) -> Result<(), Unsignable> {
    put(request, "authorization", &format!("Bearer {}", needed(keys, "secret")?))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{keys, request};
    use super::*;

    #[test]
    fn tokens_are_compared_whole() {
        let keys = keys("secret", "new");
        let given =
            |value: &str| check(&request("https://a.example/", &[("authorization", value)], "", 0), &keys);
        assert_eq!((given("Bearer another-one"), given("Bearer new")), (Ok(()), Ok(())));
        for wrong in ["Bearer ne", "Bearer newer", "Basic new", "Bearer ", "new"] {
            assert!(given(wrong).is_err(), "{wrong}");
        }
    }
}
