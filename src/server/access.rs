//! What every request passes: it gets a name, its answer the headers that keep browsers from harm, and the log a line.

use super::caller::{Proxies, REQUEST_ID};
use super::listen::Peer;
use crate::engine::Engine;
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::Response;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use tracing::{Instrument, field};

/// What is needed for that.
#[derive(Clone)]
pub(super) struct Access {
    pub(super) engine: Arc<Engine>,
    pub(super) proxies: Proxies,
    /// Whether the public address is https, so that browsers need never try http.
    pub(super) secure: bool,
}

/// Headers of every answer: it is nobody's page, and nobody keeps it.
const HEADERS: [(HeaderName, HeaderValue); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; base-uri 'none'"),
    ),
];
/// A year, as browsers ask for it.
const HSTS: HeaderValue = HeaderValue::from_static("max-age=31536000");

/// Passes a request on. The log knows it by the pattern of its path: numbers, tokens and what is asked for stay out of it.
pub(super) async fn pass(State(access): State<Access>, mut request: Request, next: Next) -> Response {
    let begun = access.engine.now();
    let peer = request.extensions().get().copied().unwrap_or(Peer(IpAddr::V4(Ipv4Addr::UNSPECIFIED)));
    let client = access.proxies.client(peer, request.headers());
    let id = access.proxies.request_id(peer, request.headers());
    let method = method(request.method());
    let pattern = request.extensions().get::<MatchedPath>().cloned();
    let route = pattern.as_ref().map_or("none", MatchedPath::as_str);
    let span = tracing::info_span!(
        "request", %id, method, route, client = %client.0, account = field::Empty, key = field::Empty,
    );
    request.extensions_mut().insert(client);
    request.extensions_mut().insert(id.clone());
    let mut response = next.run(request).instrument(span.clone()).await;
    let headers = response.headers_mut();
    headers.extend(HEADERS);
    if access.secure {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
    if let Ok(id) = HeaderValue::from_str(&id.to_string()) {
        headers.insert(REQUEST_ID, id);
    }
    let took = access.engine.now().duration_since(begun).as_millis();
    span.in_scope(|| tracing::info!(status = response.status().as_u16(), took_ms = took, "request"));
    response
}

/// The name of a method that there is; the rest is whatever somebody made up.
pub(super) fn method(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}
