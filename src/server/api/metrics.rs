//! Metrics for whoever scrapes them from outside: with a key that opens them, and told in the audit once an hour.

use super::Api;
use super::audit::Repeated;
use super::problem::Problem;
use super::scope::OfHost;
use crate::server::metrics::told;
use axum::extract::State;
use axum::response::Response;

/// All metrics in the text format of Prometheus. Only a key of metrics or of all brands may ask.
#[utoipa::path(
    get, path = "/metrics", tag = "metrics",
    responses((status = 200, body = String, content_type = "text/plain; version=0.0.4")),
)]
pub(super) async fn metrics(State(api): State<Api>, _host: OfHost) -> Result<Response, Problem> {
    let mut response = told(&api.engine).await?;
    response.extensions_mut().insert(Repeated);
    Ok(response)
}
