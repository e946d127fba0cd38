//! What is answered where something cannot be done: problem details after RFC 9457, each with a way out.

use super::page::PlaceError;
use crate::engine::ReceiveError;
use crate::engine::rights::CorrectError;
use crate::store::StoreError;
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use jiff::SignedDuration;
use serde::Serialize;
use utoipa::ToSchema;

/// Where each kind is described.
const DESCRIBED: &str = "https://github.com/sayso-bot/sayso/blob/main/docs/api.md#";

/// Why something was not done.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(title = "Problem")]
pub(super) struct Problem {
    /// Where this kind of problem is described.
    #[serde(rename = "type")]
    kind: String,
    /// The kind in words.
    title: &'static str,
    /// The status of the answer.
    status: u16,
    /// What it was this time.
    #[serde(skip_serializing_if = "String::is_empty")]
    detail: String,
    /// What to do about it.
    way_out: &'static str,
    #[serde(skip)]
    retry_after: Option<SignedDuration>,
}

/// A kind of problem: its name in the document, its status, its words and the way out.
type Kind = (&'static str, StatusCode, &'static str, &'static str);

#[rustfmt::skip]
impl Problem {
    const NO_KEY: Kind = ("no-key", StatusCode::UNAUTHORIZED, "no key that is valid",
        "send `Authorization: Bearer KEY`; `sayso key list` shows which are valid");
    const NOT_ITS_OWN: Kind = ("not-its-own", StatusCode::FORBIDDEN, "this belongs to no brand",
        "ask with a key that opens it: `sayso key add NAME --all-brands`, or `--metrics` for metrics");
    const NOT_HERE: Kind = ("not-here", StatusCode::NOT_FOUND, "there is nothing at this address",
        "`GET /v1/openapi.json` lists all there is");
    const NO_METHOD: Kind = ("no-method", StatusCode::METHOD_NOT_ALLOWED, "this is not done at this address",
        "`GET /v1/openapi.json` lists what is done where");
    const NO_BRAND: Kind = ("no-such-brand", StatusCode::NOT_FOUND, "no such brand is open to this key",
        "`GET /v1/brands` lists those that are; a brand goes by the name under which its data is kept");
    const NOBODY: Kind = ("nobody", StatusCode::NOT_FOUND, "the brand knows nobody by this number",
        "a person is known from their first text on");
    const NO_FLOW: Kind = ("no-such-flow", StatusCode::NOT_FOUND, "the brand has no such flow",
        "name one of the flows of its files");
    const NO_FIELD: Kind = ("no-such-field", StatusCode::NOT_FOUND, "the brand has no such field",
        "name one of the fields of its `brand.flow`");
    const MALFORMED: Kind = ("malformed", StatusCode::BAD_REQUEST, "the request makes no sense",
        "compare it with `GET /v1/openapi.json`");
    const TOO_LARGE: Kind = ("too-large", StatusCode::PAYLOAD_TOO_LARGE, "the body is too large",
        "send 64 KiB at most");
    const NO_VALUE: Kind = ("no-value", StatusCode::UNPROCESSABLE_ENTITY, "the field cannot hold this",
        "write it as a person would answer the field's question");
    const UNCHANGED: Kind = ("unchanged", StatusCode::CONFLICT, "nothing was changed",
        "look at where the dialogue and the consent stand");
    const NO_CONSENT: Kind = ("no-consent", StatusCode::CONFLICT, "the person has not agreed to be written to",
        "only the person can change that, by a text");
    const TOO_OFTEN: Kind = ("too-often", StatusCode::TOO_MANY_REQUESTS, "too many requests",
        "come again after the seconds of `Retry-After`");
    const TOO_SLOW: Kind = ("too-slow", StatusCode::REQUEST_TIMEOUT, "the body takes too long",
        "send it within 15 seconds");
    const TRY_AGAIN: Kind = ("try-again", StatusCode::SERVICE_UNAVAILABLE, "it cannot be done now",
        "come again after the seconds of `Retry-After`");
}

impl Problem {
    fn of((name, status, title, way_out): Kind, detail: impl Into<String>) -> Self {
        let (kind, detail) = (format!("{DESCRIBED}{name}"), detail.into());
        Self { kind, title, status: status.as_u16(), detail, way_out, retry_after: None }
    }

    fn after(self, wait: SignedDuration) -> Self {
        Self { retry_after: Some(wait), ..self }
    }

    pub(super) fn no_key() -> Self {
        Self::of(Self::NO_KEY, "")
    }

    pub(super) fn not_its_own() -> Self {
        Self::of(Self::NOT_ITS_OWN, "")
    }

    pub(super) fn not_here() -> Self {
        Self::of(Self::NOT_HERE, "")
    }

    pub(super) fn no_method() -> Self {
        Self::of(Self::NO_METHOD, "")
    }

    pub(super) fn no_brand() -> Self {
        Self::of(Self::NO_BRAND, "")
    }

    pub(super) fn nobody() -> Self {
        Self::of(Self::NOBODY, "")
    }

    pub(super) fn no_flow(detail: String) -> Self {
        Self::of(Self::NO_FLOW, detail)
    }

    pub(super) fn no_consent() -> Self {
        Self::of(Self::NO_CONSENT, "")
    }

    pub(super) fn unchanged(detail: &str) -> Self {
        Self::of(Self::UNCHANGED, detail)
    }

    pub(super) fn malformed(detail: impl Into<String>) -> Self {
        Self::of(Self::MALFORMED, detail)
    }

    pub(super) fn too_large() -> Self {
        Self::of(Self::TOO_LARGE, "")
    }

    pub(super) fn too_slow() -> Self {
        Self::of(Self::TOO_SLOW, "")
    }

    pub(super) fn too_often(wait: SignedDuration) -> Self {
        Self::of(Self::TOO_OFTEN, "").after(wait)
    }

    pub(super) fn try_again(detail: impl Into<String>) -> Self {
        Self::of(Self::TRY_AGAIN, detail).after(SignedDuration::from_secs(1))
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let body = serde_json::to_vec(&self).expect("a problem is words and a number");
        let mut response =
            (status, [(header::CONTENT_TYPE, "application/problem+json")], body).into_response();
        let headers = response.headers_mut();
        if status == StatusCode::UNAUTHORIZED {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sayso\""));
        }
        if let Some(wait) = self.retry_after {
            // Whole seconds, and never too early.
            let seconds = u64::try_from(wait.as_secs()).unwrap_or(0) + u64::from(wait.subsec_nanos() > 0);
            headers.insert(header::RETRY_AFTER, seconds.max(1).into());
        }
        response
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::try_again(error.to_string())
    }
}

impl From<ReceiveError> for Problem {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::UnknownBrand(_) | ReceiveError::UnknownNumber(_) => Self::no_brand(),
            ReceiveError::TooLarge(_) => Self::unchanged("the record of this person is full"),
            ReceiveError::Closed(_)
            | ReceiveError::Overloaded
            | ReceiveError::Contended
            | ReceiveError::Store(_) => Self::try_again(error.to_string()),
        }
    }
}

impl From<CorrectError> for Problem {
    fn from(error: CorrectError) -> Self {
        match error {
            CorrectError::NoField { .. } => Self::of(Self::NO_FIELD, error.to_string()),
            CorrectError::Nobody => Self::nobody(),
            CorrectError::NoValue { .. } => Self::of(Self::NO_VALUE, error.to_string()),
            CorrectError::Unchanged => Self::of(Self::UNCHANGED, error.to_string()),
            CorrectError::Receive(error) => error.into(),
        }
    }
}

impl From<PlaceError> for Problem {
    fn from(error: PlaceError) -> Self {
        Self::malformed(error.to_string())
    }
}

impl From<JsonRejection> for Problem {
    fn from(rejection: JsonRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

impl From<QueryRejection> for Problem {
    fn from(rejection: QueryRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

impl From<PathRejection> for Problem {
    fn from(rejection: PathRejection) -> Self {
        Self::malformed(rejection.body_text())
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn each_kind_is_described_where_its_type_points() {
        let page = include_str!("../../../docs/api.md");
        let source = include_str!("problem.rs");
        let names = source.lines().filter_map(|line| line.split_once(": Kind = (\"")?.1.split('"').next());
        let names: Vec<&str> = names.collect();
        assert_eq!(names.len(), 16, "{names:?}");
        for name in names {
            assert!(page.contains(&format!("\n### {name}\n")), "`docs/api.md` does not describe `{name}`");
        }
    }
}
