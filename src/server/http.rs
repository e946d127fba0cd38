//! The HTTP server: providers' webhooks. It answers 200 when a text is on the disk, and not before.

use super::access::{Access, pass};
use super::api::reload::Asking;
use super::api::{self, Api};
use super::body::{self, BODY_BYTES_MAX};
use super::caller::Proxies;
use super::listen::{Front, listen};
use super::rate::Rates;
use super::socket;
use super::tls::{Certificates, TlsError};
use crate::config::Config;
use crate::engine::{Engine, ReceiveError};
use crate::provider::{Delivery, RawRequest, Reply, SendBy};
use crate::sms::{AccountId, Part, Sender};
use crate::store::{SledStore, StoreError};
use axum::Router;
use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use jiff::Timestamp;
use std::future::Future;
use std::path::{Path as FilePath, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::net::TcpListener;
use tracing::{Instrument, Span};

/// How long a request may take in all. Twilio gives up after 15 seconds.
const REQUEST_WITHIN: Duration = Duration::from_secs(15);
/// How long requests that have begun may go on when the server is told to stop.
const STOP_WITHIN: Duration = Duration::from_secs(60);

/// How long sends that have begun may go on after that: as long as a call may take.
const SENDS_WITHIN: Duration = Duration::from_secs(31);

/// How long links may take to finish what has begun and to say goodbye: a little longer than they give themselves.
const GOODBYE_WITHIN: Duration = Duration::from_secs(15);

/// What every request needs.
#[derive(Clone)]
struct Shared {
    engine: Arc<Engine>,
    public_url: Arc<str>,
    rates: Arc<Rates<AccountId>>,
}

/// Why the server could not run.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {source}")]
    Listen {
        /// The address.
        address: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// The socket for other verbs cannot be opened.
    #[error("cannot open the socket {path}: {source}")]
    Socket {
        /// The socket.
        path: PathBuf,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// Its certificates cannot be used.
    #[error(transparent)]
    Tls(#[from] TlsError),
}

/// Everything that is listened on.
#[derive(Debug)]
pub struct Doors {
    front: Front,
    socket: socket::Door,
    store: Arc<SledStore>,
    certificates: Option<Arc<Certificates>>,
    root: PathBuf,
}

impl Doors {
    /// Opens the owner-only socket to a store beside a listener for webhooks, as the settings of the workspace in `root` say.
    pub fn open(
        listener: TcpListener,
        socket: PathBuf,
        store: Arc<SledStore>,
        config: &Config,
        root: &FilePath,
    ) -> Result<Self, ServeError> {
        let opened = socket::Door::open(&socket);
        let socket = opened.map_err(|source| ServeError::Socket { path: socket, source })?;
        let certificates = config.server.tls.as_ref().map(|files| Certificates::open(files.below(root)));
        let certificates = certificates.transpose()?.map(Arc::new);
        let front = Front {
            listener,
            certificates: certificates.clone(),
            connections: config.server.connections,
            trusted: config.server.trusted_proxies().into(),
        };
        Ok(Self { front, socket, store, certificates, root: root.to_path_buf() })
    }
}

/// Serves until `stop` is done; then requests that have begun are finished, and nothing new is taken.
///
/// Whoever hears `reload` reads the workspace's files again. Ledgers are erased daily that were kept for long enough after consent had ended, if `[ledger]` says so.
pub async fn serve(
    engine: Arc<Engine>,
    doors: Doors,
    config: &Config,
    reload: Asking,
    stop: impl Future<Output = ()> + Send + 'static,
) -> Result<(), ServeError> {
    let mut outbox = tokio::spawn(Arc::clone(&engine).run_outbox());
    let timers = tokio::spawn(Arc::clone(&engine).run_timers());
    let keep_years = Some(config.ledger.keep_years).filter(|_| config.ledger.expire);
    let mut links = tokio::spawn(Arc::clone(&engine).run_links());
    let expiry = keep_years.map(|years| tokio::spawn(Arc::clone(&engine).run_expiry(years)));
    let verbs = tokio::spawn(doors.socket.serve(Arc::clone(&engine), doors.store));
    let certificates = doors.certificates.map(|held| tokio::spawn(async move { held.follow().await }));
    let (stopping, stopped) = tokio::sync::oneshot::channel();
    let api = Api::new(&engine, &config.api, &doors.root, reload);
    let server = listen(doors.front, router(&engine, config, api), async move {
        stop.await;
        tracing::info!("stopping: finishing what has begun");
        let _nobody_waits = stopping.send(());
    });
    let overtime = async {
        let _begun = stopped.await;
        tokio::time::sleep(STOP_WITHIN).await;
    };
    tokio::select! {
        () = server => {}
        () = overtime => {}
    }
    timers.abort();
    if let Some(expiry) = &expiry {
        expiry.abort();
    }
    engine.stop_sending();
    // A send that is cut here is found as `sending` at the next start, and shown as unknown.
    if tokio::time::timeout(SENDS_WITHIN, &mut outbox).await.is_err() {
        outbox.abort();
    }
    // Last: receipts come until the provider is told that it is over.
    engine.close_links();
    if tokio::time::timeout(GOODBYE_WITHIN, &mut links).await.is_err() {
        links.abort();
    }
    verbs.abort();
    for task in [timers, verbs].into_iter().chain(expiry).chain(certificates) {
        task.abort();
        let _cancelled = task.await;
    }
    Ok(())
}

fn router(engine: &Arc<Engine>, config: &Config, api: Api) -> Router {
    let public_url = config.server.public_url();
    let proxies =
        Proxies { trusted: config.server.trusted_proxies().into(), header: config.server.proxy_header };
    let secure = public_url.starts_with("https://");
    let access = Access { engine: Arc::clone(engine), proxies, secure };
    Router::new()
        .route("/healthz", get(|| async { "ok\n" }))
        .route("/v1/providers/{account}/inbound", any(inbound))
        .with_state(Shared {
            engine: Arc::clone(engine),
            public_url: public_url.into(),
            rates: Arc::default(),
        })
        .merge(api::router(api))
        .layer(from_fn_with_state(access, pass))
}

/// What is answered instead of 200; every kind says what the provider should do.
enum Refusal {
    /// No such account, no such number.
    NotFound(String),
    /// Not signed as it should be.
    Forbidden(String),
    /// It makes no sense.
    Malformed(String),
    /// Larger than is read.
    TooLarge(String),
    /// Not our day: come again.
    TryAgain(String),
    /// This account asks too often.
    TooOften(String),
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let (status, words) = match self {
            Self::NotFound(words) => (StatusCode::NOT_FOUND, words),
            Self::Forbidden(words) => (StatusCode::FORBIDDEN, words),
            Self::Malformed(words) => (StatusCode::BAD_REQUEST, words),
            Self::TooLarge(words) => (StatusCode::PAYLOAD_TOO_LARGE, words),
            // 503 and not 429: it is what every provider comes back after.
            Self::TryAgain(words) | Self::TooOften(words) => (StatusCode::SERVICE_UNAVAILABLE, words),
        };
        tracing::warn!(status = status.as_u16(), %words, "webhook refused");
        let mut response = (status, format!("{words}\n")).into_response();
        if status == StatusCode::SERVICE_UNAVAILABLE {
            response.headers_mut().insert(header::RETRY_AFTER, header::HeaderValue::from_static("1"));
        }
        response
    }
}

impl From<ReceiveError> for Refusal {
    fn from(error: ReceiveError) -> Self {
        match error {
            ReceiveError::UnknownNumber(_) | ReceiveError::UnknownBrand(_) => {
                Self::NotFound(error.to_string())
            }
            ReceiveError::TooLarge(_) => Self::TooLarge(error.to_string()),
            ReceiveError::Closed(_)
            | ReceiveError::Overloaded
            | ReceiveError::Contended
            | ReceiveError::Store(_) => Self::TryAgain(error.to_string()),
        }
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::TryAgain(error.to_string())
    }
}

async fn inbound(State(shared): State<Shared>, Path(account): Path<String>, request: Request) -> Response {
    let account = AccountId::from(account.as_str());
    let engine = Arc::clone(&shared.engine);
    let called = account.clone();
    let handled = async {
        let request = raw(&shared.public_url, shared.engine.now(), request).await?;
        // What has begun is finished, whether or not anybody still waits for the answer.
        let work = async move { handle(&shared, &called, request).await };
        let handled = tokio::spawn(work.in_current_span());
        handled.await.unwrap_or_else(|error| Err(Refusal::TryAgain(error.to_string())))
    };
    let response = match tokio::time::timeout(REQUEST_WITHIN, handled).await {
        Ok(Ok(reply)) => {
            let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::OK);
            (status, [(header::CONTENT_TYPE, reply.content_type)], reply.body).into_response()
        }
        Ok(Err(refusal)) => refusal.into_response(),
        Err(_) => Refusal::TryAgain("this takes too long".to_owned()).into_response(),
    };
    engine.answered(&account, response.status().as_str());
    response
}

/// The request as the provider made it, read whole.
async fn raw(public_url: &str, at: Timestamp, request: Request) -> Result<RawRequest, Refusal> {
    let (head, body) = request.into_parts();
    let path = head.uri.path_and_query().map_or("", |path| path.as_str());
    let body = body::whole(body).await;
    let body = body.ok_or_else(|| Refusal::TooLarge(format!("a body may have {BODY_BYTES_MAX} bytes")))?;
    Ok(RawRequest {
        url: format!("{public_url}{path}"),
        method: head.method,
        headers: head.headers,
        body,
        at,
        fetched: None,
    })
}

/// One webhook: verified, decoded, every delivery made a turn on the disk, acknowledged.
async fn handle(shared: &Shared, id: &AccountId, mut request: RawRequest) -> Result<Reply, Refusal> {
    let engine = &shared.engine;
    let account =
        engine.account(id).ok_or_else(|| Refusal::NotFound("there is no such account".to_owned()))?;
    Span::current().record("account", id.as_str());
    let provider = account
        .provider()
        .ok_or_else(|| Refusal::NotFound(format!("the account `{id}` takes no webhooks: it keeps a link")))?;
    if let Some(url) = provider.wants(&request) {
        request.fetched =
            Some(engine.fetch(&url).await.map_err(|error| Refusal::TryAgain(error.to_string()))?);
    }
    let verified = provider.verify(request).map_err(|forged| Refusal::Forbidden(forged.to_string()))?;
    // Only what is signed counts: nobody else can use up an account's share.
    if let Err(after) = shared.rates.take(id, account.requests_per_second, engine.now()) {
        return Err(Refusal::TooOften(format!(
            "`{id}` asks too often: come again in {} ms",
            after.as_millis()
        )));
    }
    if let Some(handshake) = provider.handshake(&verified) {
        if let Some(url) = &handshake.visit {
            engine.visit(url).await.map_err(|error| Refusal::TryAgain(error.to_string()))?;
        }
        tracing::info!(account = %id, "the provider's handshake is answered");
        return Ok(handshake.reply);
    }
    let deliveries = provider.decode(id, &verified).map_err(|error| Refusal::Malformed(error.to_string()))?;
    let mut replies = Vec::new();
    for delivery in deliveries {
        let to = texted(&delivery);
        for arrival in engine.arrivals(id, delivery).await? {
            let key = arrival.key.clone();
            engine.receive(arrival).await?;
            if let (SendBy::Answer, Some(to)) = (provider.send_by(), to) {
                replies.extend(engine.answers(&key, to).await?);
            }
        }
    }
    Ok(provider.acknowledge(&replies))
}

/// The number that a delivery is a text to.
fn texted(delivery: &Delivery) -> Option<Sender> {
    match delivery {
        Delivery::Text(inbound) | Delivery::Part(Part { inbound, .. }) => Some(inbound.to),
        Delivery::Receipt(_) | Delivery::OptOut { .. } | Delivery::Unread { .. } => None,
    }
}
