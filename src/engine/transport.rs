//! What carries requests to providers: the one HTTP client, or whatever a test puts in its place.

use crate::provider::{Call, Response};
use async_trait::async_trait;
use jiff::SignedDuration;
use std::time::Duration;

/// Carries a request and brings the answer back.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Makes a call.
    async fn call(&self, call: Call) -> Result<Response, CallError>;
}

/// Why there is no answer. The difference decides whether a message may be tried again.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CallError {
    /// Nothing was written: the message did not leave.
    #[error("not sent: {0}")]
    NotSent(String),
    /// The request was written, the answer is missing: nobody knows whether the message left.
    #[error("no answer: {0}")]
    NoAnswer(String),
}

/// No way out: for verbs that work on a store and send nothing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Nowhere;

#[async_trait]
impl Transport for Nowhere {
    async fn call(&self, _: Call) -> Result<Response, CallError> {
        Err(CallError::NotSent("nothing is sent from here".to_owned()))
    }
}

/// How long a provider may take to answer. Twilio's own clients wait as long.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// How long a connection may take to be made.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of an answer that are read: receipts of a message are a few hundred.
const ANSWER_BYTES_MAX: usize = 256 * 1024;

/// The HTTP client of the outbox.
#[derive(Debug, Clone)]
pub struct Http {
    client: reqwest::Client,
}

impl Http {
    /// A client with its own connections.
    pub fn new() -> Result<Self, reqwest::Error> {
        // A second client finds the provider installed: that is no error.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder()
            .connect_timeout(CONNECT_WITHIN)
            .timeout(ANSWER_WITHIN)
            .redirect(reqwest::redirect::Policy::none()) // a message is never sent where we did not mean it to go
            .user_agent(concat!("sayso/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client })
    }
}

#[async_trait]
impl Transport for Http {
    async fn call(&self, call: Call) -> Result<Response, CallError> {
        let mut request = self.client.request(call.method, &call.url).body(call.body);
        for (name, value) in call.headers {
            request = request.header(name, value);
        }
        let sent = request.send().await.map_err(|error| {
            if error.is_connect() || error.is_builder() {
                CallError::NotSent(words(&error))
            } else {
                CallError::NoAnswer(words(&error))
            }
        });
        let mut answer = sent?;
        let status = answer.status().as_u16();
        let retry_after = retry_after(answer.headers());
        let mut body = Vec::new();
        while let Ok(Some(chunk)) = answer.chunk().await {
            body.extend_from_slice(&chunk[..chunk.len().min(ANSWER_BYTES_MAX - body.len())]);
        }
        Ok(Response { status, retry_after, body })
    }
}

/// How long an answer asks us to wait; a date instead of seconds is not read.
pub(super) fn retry_after(headers: &http::HeaderMap) -> Option<SignedDuration> {
    let seconds = headers.get(http::header::RETRY_AFTER)?.to_str().ok()?.trim().parse::<i64>().ok()?;
    (seconds >= 0).then(|| SignedDuration::from_secs(seconds))
}

/// What went wrong, without the address: it may hold a secret.
pub(super) fn words(error: &reqwest::Error) -> String {
    use std::error::Error;
    let mut words = Vec::new();
    let mut cause = error.source();
    while let Some(error) = cause {
        words.push(error.to_string());
        cause = error.source();
    }
    if words.is_empty() { "the request failed".to_owned() } else { words.join(": ") }
}
