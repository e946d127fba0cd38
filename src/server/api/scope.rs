//! Who calls, and what their key opens. A brand's data is reached through [`OfBrand`] and [`OfPerson`] alone, and nobody but a
//! key makes one: what a handler cannot name, it cannot show.

use super::audit::{Call, Repeated};
use super::keys::{Key as ApiKey, Scope};
use super::problem::Problem;
use super::{Api, CALLS_PER_SECOND, REFUSED_PER_SECOND};
use crate::engine::Engine;
use crate::server::access::method;
use crate::server::body;
use crate::server::caller::{Client, RequestId};
use crate::sms::{BrandId, Key, Phone};
use axum::body::Body;
use axum::extract::{FromRequestParts, MatchedPath, RawPathParams, Request, State};
use axum::http::request::Parts;
use axum::http::{HeaderMap, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Deserialize;
use std::time::Duration;
use tracing::{Instrument, Span};
use utoipa::IntoParams;

/// How long a body may take.
const BODY_WITHIN: Duration = Duration::from_secs(15);
/// Letters of a name in the audit that is nobody's.
const NAME_LENGTH_MAX: usize = 64;

/// Who calls, as a key proves.
#[derive(Debug, Clone)]
pub(super) struct Caller(ApiKey);

impl Caller {
    /// What the ledger and the log call them.
    pub(super) fn name(&self) -> String {
        format!("{} (key {})", self.0.name, self.0.id)
    }

    /// Whether the key opens a brand.
    pub(super) fn may_see(&self, brand: &BrandId) -> bool {
        match &self.0.scope {
            Scope::All => true,
            Scope::Brand(own) => own == brand,
            Scope::Metrics => false,
        }
    }

    /// A brand, where the key opens it and it is served. Whoever may not see it cannot tell whether it is there.
    fn brand(&self, named: &str, engine: &Engine) -> Result<OfBrand, Problem> {
        let brand = BrandId::from(named);
        let is_open = self.may_see(&brand) && engine.bot(&brand).is_some();
        is_open.then_some(OfBrand(brand)).ok_or_else(Problem::no_brand)
    }
}

/// That the caller's key opens everything, also what is no brand's.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfAll(());

/// That the caller's key reads how the host does: numbers about all brands together, and nothing of any of them.
#[derive(Debug, Clone, Copy)]
pub(super) struct OfHost(());

/// A brand that the caller may see.
#[derive(Debug, Clone)]
pub(super) struct OfBrand(BrandId);

impl OfBrand {
    /// The name under which its data is kept.
    pub(super) fn id(&self) -> &BrandId {
        &self.0
    }
}

/// A person of a brand that the caller may see.
#[derive(Debug, Clone)]
pub(super) struct OfPerson(Key);

impl OfPerson {
    /// What their data is kept under.
    pub(super) fn key(&self) -> &Key {
        &self.0
    }
}

/// In the path of what belongs to a brand.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it stands for itself in the document; `OfBrand` reads it")]
pub(super) struct InBrand {
    /// The brand, by the name under which its data is kept: that of its folder, or the one it had before a renaming.
    #[param(example = "gelato")]
    brand: String,
}

/// In the path of what belongs to a person.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "it stands for itself in the document; `OfPerson` reads it")]
pub(super) struct InPerson {
    /// The brand, by the name under which its data is kept: that of its folder, or the one it had before a renaming.
    #[param(example = "gelato")]
    brand: String,
    /// The person's number in international form.
    #[param(example = "+14045550123")]
    phone: String,
}

impl FromRequestParts<Api> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _api: &Api) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(Problem::no_key)
    }
}

impl FromRequestParts<Api> for OfAll {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, api).await?.0.scope {
            Scope::All => Ok(Self(())),
            Scope::Brand(_) | Scope::Metrics => Err(Problem::not_its_own()),
        }
    }
}

impl FromRequestParts<Api> for OfHost {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        match Caller::from_request_parts(parts, api).await?.0.scope {
            Scope::All | Scope::Metrics => Ok(Self(())),
            Scope::Brand(_) => Err(Problem::not_its_own()),
        }
    }
}

impl FromRequestParts<Api> for OfBrand {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let caller = Caller::from_request_parts(parts, api).await?;
        let brand = named(parts, "brand").await.ok_or_else(Problem::no_brand)?;
        caller.brand(&brand, &api.engine)
    }
}

impl FromRequestParts<Api> for OfPerson {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        let OfBrand(brand) = OfBrand::from_request_parts(parts, api).await?;
        let phone = named(parts, "phone").await.unwrap_or_default();
        let phone: Phone = phone.parse().map_err(|error| Problem::malformed(format!("{error}")))?;
        Ok(Self(Key { brand, phone }))
    }
}

/// A part of the path by its name.
async fn named(parts: &mut Parts, name: &str) -> Option<String> {
    let params = RawPathParams::from_request_parts(parts, &()).await.ok()?;
    params.iter().find(|(known, _)| *known == name).map(|(_, value)| value.to_owned())
}

/// The key that somebody shows.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let shown = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    let (scheme, key) = shown.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| key.trim())
}

/// What every call passes: a key that is valid, a share of the time, and the audit.
pub(super) async fn guard(State(api): State<Api>, request: Request, next: Next) -> Response {
    let (mut parts, body) = request.into_parts();
    let asked = Line::of(&mut parts, &api).await;
    let now = api.engine.now();
    let key = match bearer(&parts.headers).map(|shown| api.keys.proved(shown, now)) {
        Some(Ok(Some(key))) => key,
        Some(Err(error)) => {
            tracing::error!(%error, "nobody can be let in");
            return Problem::try_again("the keys cannot be read").into_response();
        }
        Some(Ok(None)) | None => {
            // Who guesses fills no disk.
            if let Err(wait) = api.refused.take("", REFUSED_PER_SECOND, now) {
                return Problem::too_often(wait).into_response();
            }
            let refused = Problem::no_key().into_response();
            asked.audited(&api, None, &refused);
            return refused;
        }
    };
    Span::current().record("key", key.id.as_str());
    let caller = Caller(key);
    // Whoever goes away does not leave half a call behind, nor one that was not audited.
    let work = async move {
        let answer = match answered(&api, &caller, parts, body, next).await {
            Ok(answer) => answer,
            Err(problem) => problem.into_response(),
        };
        asked.audited(&api, Some(&caller.0), &answer);
        answer
    };
    let done = tokio::spawn(work.in_current_span()).await;
    done.unwrap_or_else(|_| Problem::try_again("the call ended in a mistake of ours").into_response())
}

async fn answered(
    api: &Api,
    caller: &Caller,
    mut parts: Parts,
    body: Body,
    next: Next,
) -> Result<Response, Problem> {
    api.rates.take(caller.0.id.as_str(), CALLS_PER_SECOND, api.engine.now()).map_err(Problem::too_often)?;
    api.audit.is_ready().map_err(|error| {
        tracing::error!(%error, "the audit cannot be written: the API stops until it can");
        Problem::try_again("the audit cannot be written")
    })?;
    let body = tokio::time::timeout(BODY_WITHIN, body::whole(body)).await;
    let body = body.map_err(|_| Problem::too_slow())?.ok_or_else(Problem::too_large)?;
    parts.extensions.insert(caller.clone());
    Ok(next.run(Request::from_parts(parts, body.into())).await)
}

/// What was asked for, as the audit says it.
struct Line {
    at: jiff::Timestamp,
    request: String,
    client: String,
    what: String,
    brand: Option<String>,
    person: Option<String>,
}

impl Line {
    async fn of(parts: &mut Parts, api: &Api) -> Self {
        let pattern = parts.extensions.get::<MatchedPath>().map(|path| path.as_str().to_owned());
        let phone = named(parts, "phone").await;
        let masked = |phone: String| phone.parse().map_or_else(|_| "no number".to_owned(), Phone::masked);
        let brand = named(parts, "brand").await;
        Self {
            at: api.engine.now(),
            request: parts.extensions.get::<RequestId>().map(ToString::to_string).unwrap_or_default(),
            client: parts.extensions.get::<Client>().map(|client| client.0.to_string()).unwrap_or_default(),
            what: format!("{} {}", method(&parts.method), pattern.unwrap_or_default()),
            brand: brand.map(|brand| brand.chars().take(NAME_LENGTH_MAX).collect()),
            person: phone.map(masked),
        }
    }

    fn audited(&self, api: &Api, key: Option<&ApiKey>, answer: &Response) {
        let repeated = answer.extensions().get::<Repeated>().and(key);
        if repeated.is_some_and(|key| !api.repeats.is_first(&key.id, &self.client, self.at)) {
            return;
        }
        api.audit.add(&Call {
            at: self.at,
            request: self.request.clone(),
            client: self.client.clone(),
            key: key.map(|key| key.id.as_str()),
            name: key.map(|key| key.name.as_str()),
            what: self.what.clone(),
            brand: self.brand.as_deref(),
            person: self.person.clone(),
            status: answer.status().as_u16(),
        });
    }
}
