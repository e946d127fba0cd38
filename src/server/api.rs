//! The API for a brand's own systems: people, dialogues, consent, messages. Every call needs a key and is audited.

mod audit;
mod consents;
mod dialogues;
pub mod keys;
mod messages;
mod metrics;
mod page;
mod problem;
pub mod reload;
mod scope;
mod subscribers;

use super::rate::Rates;
use crate::config::ApiConfig;
use crate::engine::Engine;
use crate::sms::Rate;
use audit::{Audit, Repeats};
use axum::extract::rejection::{JsonRejection, PathRejection, QueryRejection};
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request, State};
use axum::http::request::Parts;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use axum::{Json, Router};
use keys::KeyRing;
use problem::Problem;
use scope::{Caller, guard};
use serde::Serialize;
use std::num::NonZeroU16;
use std::path::Path as FilePath;
use std::sync::Arc;
use utoipa::openapi::security::{Http, HttpAuthScheme, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{Info, OpenApi, OpenApiBuilder, RefOr, ResponseBuilder};
use utoipa::{PartialSchema, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// Calls a second of one key.
const CALLS_PER_SECOND: Rate = Rate::whole(NonZeroU16::new(100).expect("this is not zero"));
/// Calls a second without a valid key, of everybody together, that are answered and audited one by one.
const REFUSED_PER_SECOND: Rate = Rate::whole(NonZeroU16::new(20).expect("this is not zero"));

/// What every call needs.
#[derive(Clone)]
pub(super) struct Api {
    engine: Arc<Engine>,
    keys: Arc<KeyRing>,
    audit: Arc<Audit>,
    repeats: Arc<Repeats>,
    rates: Arc<Rates<String>>,
    refused: Arc<Rates<String>>,
    reload: reload::Asking,
}

/// What a call is answered.
type Answer<T> = Result<Json<T>, Problem>;

impl Api {
    /// The API over an engine, with the files that the settings of the workspace in `root` name.
    pub(super) fn new(
        engine: &Arc<Engine>,
        config: &ApiConfig,
        root: &FilePath,
        reload: reload::Asking,
    ) -> Self {
        Self {
            engine: Arc::clone(engine),
            keys: Arc::new(KeyRing::new(root.join(&config.keys))),
            audit: Arc::new(Audit::new(root.join(&config.audit))),
            repeats: Arc::default(),
            rates: Arc::default(),
            refused: Arc::default(),
            reload,
        }
    }
}

/// What is answered below `/v1`, but for webhooks, and `/metrics`, where those who scrape look for it. What is not there is a
/// problem, too.
pub(super) fn router(api: Api) -> Router {
    let (routes, document) = routes_and_document();
    let document = Arc::new(document);
    routes
        .route_layer(from_fn_with_state(api.clone(), guard))
        .with_state(api)
        .route("/v1/openapi.json", get(async move || Json(Arc::clone(&document))))
        .method_not_allowed_fallback(async || Problem::no_method())
        .fallback(async || Problem::not_here())
}

/// The document of the API, as `OpenAPI` wants it.
#[must_use]
pub fn document() -> OpenApi {
    routes_and_document().1
}

/// What is routed and what is documented is one list.
fn routes_and_document() -> (Router<Api>, OpenApi) {
    let (router, mut document) = OpenApiRouter::with_openapi(heading())
        .routes(routes!(brands))
        .routes(routes!(subscribers::list))
        .routes(routes!(subscribers::one, subscribers::forget))
        .routes(routes!(subscribers::correct))
        .routes(routes!(dialogues::stand))
        .routes(routes!(dialogues::start))
        .routes(routes!(dialogues::take_over))
        .routes(routes!(dialogues::give_back))
        .routes(routes!(consents::ledger))
        .routes(routes!(consents::opt_out))
        .routes(routes!(messages::messages))
        .routes(routes!(messages::sends))
        .routes(routes!(reload::reload))
        .routes(routes!(metrics::metrics))
        .split_for_parts();
    // Every call may end in a problem: it is said once, here, and not beside each of them.
    let problem = ResponseBuilder::new().description("a problem, with a way out").content(
        "application/problem+json",
        utoipa::openapi::ContentBuilder::new().schema(Some(Problem::schema())).build(),
    );
    let problem = RefOr::T(problem.build());
    for path in document.paths.paths.values_mut() {
        let operations = [&mut path.get, &mut path.put, &mut path.post, &mut path.delete];
        for operation in operations.into_iter().flatten() {
            operation.responses.responses.insert("default".to_owned(), problem.clone());
        }
    }
    (router, document)
}

fn heading() -> OpenApi {
    let mut info = Info::new("sayso", env!("CARGO_PKG_VERSION"));
    info.description =
        Some("People, dialogues, consent and messages of the brands that a key opens.".to_owned());
    let mut document = OpenApiBuilder::new().info(info).build();
    let mut http = Http::new(HttpAuthScheme::Bearer);
    http.description = Some("A key of `sayso key add`.".to_owned());
    let components = document.components.get_or_insert_default();
    components.add_security_scheme("key", SecurityScheme::Http(http));
    document.security = Some(vec![SecurityRequirement::new("key", Vec::<String>::new())]);
    document
}

/// A brand.
#[derive(Debug, Serialize, ToSchema)]
struct Brand {
    /// The name under which its data is kept: this is how it is called in paths.
    brand: String,
    /// What it is called today.
    called: String,
}

/// The brands that the key opens.
#[utoipa::path(get, path = "/v1/brands", tag = "brands", responses((status = 200, body = Vec<Brand>)))]
async fn brands(State(api): State<Api>, caller: Caller) -> Json<Vec<Brand>> {
    let served = api.engine.brands().into_iter().filter(|brand| caller.may_see(brand));
    let mut brands: Vec<Brand> = served
        .filter_map(|brand| {
            let bot = api.engine.bot(&brand)?;
            Some(Brand { brand: brand.to_string(), called: bot.id.to_string() })
        })
        .collect();
    brands.sort_by(|one, other| one.brand.cmp(&other.brand));
    Json(brands)
}

/// Something that the request says, or the problem that it does not.
struct Asked<T>(T);

impl<T> FromRequestParts<Api> for Asked<Query<T>>
where
    Query<T>: FromRequestParts<Api, Rejection = QueryRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self(Query::from_request_parts(parts, api).await?))
    }
}

impl<T> FromRequestParts<Api> for Asked<Path<T>>
where
    Path<T>: FromRequestParts<Api, Rejection = PathRejection>,
{
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Api) -> Result<Self, Problem> {
        Ok(Self(Path::from_request_parts(parts, api).await?))
    }
}

impl<T> FromRequest<Api> for Asked<Json<T>>
where
    Json<T>: FromRequest<Api, Rejection = JsonRejection>,
{
    type Rejection = Problem;

    async fn from_request(request: Request, api: &Api) -> Result<Self, Problem> {
        Ok(Self(Json::from_request(request, api).await?))
    }
}
