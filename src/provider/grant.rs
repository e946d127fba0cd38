//! Ways in which a client's secret is exchanged for the token that our requests bear (RFC 6749, 4.4: client credentials):
//! one file each, one list. They differ in how the client says who it is; what the endpoint answers is the same.
//!
//! Nothing here calls anybody: the engine does, and keeps the token until shortly before it ends.

mod client_secret_basic;
mod client_secret_post;

use super::scheme::Keys;
use super::{Call, Outcome, Rejection, Response};
use http::{HeaderName, Method, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use serde::Deserialize;
use std::fmt;

/// The ways that come with sayso, by the `by` of a provider's file: their names are those of OAuth's own registry
/// (RFC 7591, 2).
pub const ALL: [Grant; 2] = [client_secret_basic::GRANT, client_secret_post::GRANT];

/// A way to get a token.
#[derive(Clone, Copy)]
pub struct Grant {
    /// Its name in a provider's file.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The keys that it cannot do without.
    pub needs: &'static [&'static str],
    /// The keys that it also knows.
    pub takes: &'static [&'static str],
    /// The request that brings a token.
    pub request: fn(&Keys) -> Call,
}

/// The keys of both.
const NEEDS: &[&str] = &["url", "id", "secret"];
/// A scope, where the endpoint wants one.
const TAKES: &[&str] = &["scope"];

impl fmt::Debug for Grant {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The way of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Grant> {
    static GRANTS: [Grant; 2] = ALL;
    GRANTS.iter().find(|grant| grant.name == name)
}

/// The request, by what is said besides the grant and the scope.
fn request(keys: &Keys, more: &[(&str, &str)], more_headers: Option<(HeaderName, String)>) -> Call {
    let mut form = form_urlencoded::Serializer::new(String::new());
    form.append_pair("grant_type", "client_credentials");
    form.extend_pairs(keys.one("scope").map(|scope| ("scope", scope)));
    form.extend_pairs(more);
    let mut headers = vec![
        (header::CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
        (header::ACCEPT, "application/json".to_owned()),
    ];
    headers.extend(more_headers);
    let url = keys.one("url").unwrap_or_default().to_owned();
    Call { method: Method::POST, url, headers, body: form.finish().into_bytes() }
}

/// How long a token counts that does not say how long it does.
const UNSAID: SignedDuration = SignedDuration::from_mins(5);
/// The longest that a token is kept, whatever it says.
const LONGEST: SignedDuration = SignedDuration::from_hours(24);
/// A token is given up that long before its end, so that it does not end on the way; a tenth of its life, where that is
/// shorter.
const MARGIN: SignedDuration = SignedDuration::from_mins(1);

/// A token that was granted.
#[derive(Debug, Clone)]
pub struct Granted {
    /// The token.
    pub token: SecretString,
    /// Until when it is used.
    pub until: Timestamp,
}

/// The answer that grants a token (RFC 6749, 5.1). Some endpoints write the seconds in quotes.
#[derive(Deserialize)]
struct Answer {
    access_token: String,
    token_type: Option<String>,
    expires_in: Option<serde_json::Value>,
}

/// The answer that refuses one (RFC 6749, 5.2).
#[derive(Deserialize)]
struct Refusal {
    error: String,
}

/// What the answer to a [`Grant::request`] brings that was made at that moment; otherwise what becomes of the message that
/// wanted it. What is said of it holds neither a token nor a secret.
pub fn granted(response: &Response, asked_at: Timestamp) -> Result<Granted, Outcome> {
    let status = response.status;
    let said = |what: &str| format!("the token endpoint answers {status}{what}");
    let retry = |why| Outcome::Retry { after: response.retry_after, why };
    if !(200..300).contains(&status) {
        let refusal = serde_json::from_slice(&response.body).ok().map(|Refusal { error }| error);
        // Its alphabet is ASCII, and its words are few; what else stands there may be anything.
        let code = refusal
            .filter(|code| code.len() <= 40 && code.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'));
        let why = said(&code.map(|code| format!(" {code}")).unwrap_or_default());
        return Err(match status {
            408 | 429 | 500.. => retry(why),
            _ => Outcome::Rejected { kind: Rejection::Config, why },
        });
    }
    let Ok(answer) = serde_json::from_slice::<Answer>(&response.body) else {
        return Err(retry(said(", and no token")));
    };
    if answer.token_type.is_some_and(|kind| !kind.eq_ignore_ascii_case("bearer")) {
        let why = said(" with a token that no bearer may use");
        return Err(Outcome::Rejected { kind: Rejection::Config, why });
    }
    if !is_header(&answer.access_token) {
        return Err(retry(said(", and a token that no header can hold")));
    }
    Ok(Granted { token: answer.access_token.into(), until: until(answer.expires_in.as_ref(), asked_at) })
}

/// Whether a token is of visible signs of ASCII (RFC 6749, A.12), and so fits into a header.
fn is_header(token: &str) -> bool {
    !token.is_empty() && token.bytes().all(|byte| byte.is_ascii_graphic())
}

fn until(expires_in: Option<&serde_json::Value>, asked_at: Timestamp) -> Timestamp {
    let seconds = expires_in.and_then(super::file::text_of).and_then(|seconds| seconds.trim().parse().ok());
    let life = seconds.map_or(UNSAID, |seconds: i64| SignedDuration::from_secs(seconds.max(0)).min(LONGEST));
    asked_at.checked_add(life - MARGIN.min(life / 10)).unwrap_or(asked_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use secrecy::ExposeSecret;

    /// The client of RFC 6749, 2.3.1 and 4.4.2, with a scope.
    pub(super) fn keys(id: &str, secret: &str) -> Keys {
        let mut keys = Keys::default();
        keys.insert("url", vec!["https://server.example.com/token".into()]);
        keys.insert("id", vec![id.into()]);
        keys.insert("secret", vec!["an older value".into(), secret.into()]);
        keys.insert("scope", vec!["sms:send sms:read".into()]);
        keys
    }

    fn answered(status: u16, body: &str) -> Result<(String, i64), Outcome> {
        let response = Response {
            status,
            retry_after: Some(SignedDuration::from_secs(7)),
            body: body.as_bytes().to_vec(),
        };
        let asked_at = Timestamp::from_second(1_000_000).expect("a time");
        let granted = granted(&response, asked_at)?;
        Ok((granted.token.expose_secret().to_owned(), granted.until.as_second() - 1_000_000))
    }

    #[test]
    fn a_token_is_kept_until_shortly_before_its_end() {
        let token =
            |rest: &str| answered(200, &format!(r#"{{"access_token":"2YotnFZFEjr1zCsicMWpAA"{rest}}}"#));
        let cases = [
            (r#","token_type":"bearer","expires_in":3600"#, 3_540),
            (r#","token_type":"Bearer","expires_in":"3600","ext_expires_in":3600"#, 3_540),
            (r#","expires_in":100"#, 90),
            (r#","expires_in":0"#, 0),
            (r#","expires_in":-5"#, 0),
            (r#","expires_in":9223372036854775807"#, 86_340),
            ("", 270),
            (r#","expires_in":"soon""#, 270),
        ];
        for (rest, seconds) in cases {
            assert_eq!(token(rest), Ok(("2YotnFZFEjr1zCsicMWpAA".to_owned(), seconds)), "{rest}");
        }
    }

    #[test]
    fn what_grants_nothing_is_tried_again_or_means_the_account() {
        let after = Some(SignedDuration::from_secs(7));
        let retry =
            |why: &str| Err(Outcome::Retry { after, why: format!("the token endpoint answers {why}") });
        let config = |why: &str| {
            let why = format!("the token endpoint answers {why}");
            Err(Outcome::Rejected { kind: Rejection::Config, why })
        };
        let cases = [
            (503, "<html>", retry("503")),
            (429, r#"{"error":"slow_down"}"#, retry("429 slow_down")),
            (200, "<html>", retry("200, and no token")),
            (200, r#"{"access_token":""}"#, retry("200, and a token that no header can hold")),
            (200, r#"{"access_token":"a\r\nx: y"}"#, retry("200, and a token that no header can hold")),
            (
                200,
                r#"{"access_token":"a","token_type":"mac"}"#,
                config("200 with a token that no bearer may use"),
            ),
            (400, r#"{"error":"invalid_scope","error_description":"sesame"}"#, config("400 invalid_scope")),
            (401, r#"{"error":"invalid_client"}"#, config("401 invalid_client")),
            (401, r#"{"error":"no sesame for sayso"}"#, config("401")),
            (307, "", config("307")),
        ];
        for (status, body, expected) in cases {
            assert_eq!(answered(status, body), expected, "{status} {body}");
        }
    }

    #[test]
    fn every_way_asks_for_the_grant_and_its_scope_at_the_endpoint() {
        for grant in ALL {
            let call = (grant.request)(&keys("sayso", "sesame"));
            assert_eq!(
                (&call.method, call.url.as_str()),
                (&Method::POST, "https://server.example.com/token")
            );
            let body = String::from_utf8(call.body).expect("text");
            assert!(body.starts_with("grant_type=client_credentials&scope=sms%3Asend+sms%3Aread"), "{body}");
            assert_eq!(by_name(grant.name).map(|grant| grant.about), Some(grant.about));
        }
    }
}
