//! Metrics, at an address of their own without a lock, or by the API with a key: what listens for providers is open to the
//! world, and numbers about a business are not for everybody.

use crate::engine::Engine;
use crate::store::StoreError;
use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::sync::Arc;
use tokio::net::TcpListener;

/// The text format of Prometheus.
const TEXT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// Answers `GET /metrics` for as long as it is polled.
pub async fn serve(engine: Arc<Engine>, listener: TcpListener) -> std::io::Result<()> {
    let router = Router::new().route("/metrics", get(metrics)).with_state(engine);
    axum::serve(listener, router).await
}

async fn metrics(State(engine): State<Arc<Engine>>) -> Response {
    told(&engine).await.unwrap_or_else(|error| {
        tracing::warn!(%error, "metrics cannot be told");
        (StatusCode::SERVICE_UNAVAILABLE, format!("{error}\n")).into_response()
    })
}

/// All metrics.
pub(super) async fn told(engine: &Engine) -> Result<Response, StoreError> {
    let text = engine.metrics().await?;
    Ok(([(header::CONTENT_TYPE, TEXT)], text).into_response())
}
