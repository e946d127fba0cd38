//! Reading the workspace's files again when somebody asks: for where they come by a copy that the system does not tell of.

use super::problem::Problem;
use super::scope::OfAll;
use super::{Answer, Api};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use tokio::sync::{mpsc, oneshot};
use utoipa::ToSchema;

/// Asks for it. Whoever reads files answers when what was read is in place.
pub type Asking = mpsc::Sender<oneshot::Sender<Reloaded>>;
/// Hears who asks.
pub type Asked = mpsc::Receiver<oneshot::Sender<Reloaded>>;

/// Reads that may wait: each reads everything, so that more would only repeat it.
const WAITING_MAX: usize = 1;

/// A line between those who ask and the one who reads.
#[must_use]
pub fn line() -> (Asking, Asked) {
    mpsc::channel(WAITING_MAX)
}

/// What became of the files.
#[derive(Debug, Clone, Default, Serialize, ToSchema)]
pub struct Reloaded {
    /// Brands that are served as their files are now.
    pub changed: Vec<String>,
    /// Brands with errors, which go on as they were.
    pub kept: Vec<String>,
    /// Brands that are served no more.
    pub gone: Vec<String>,
    /// Errors in the files; `serve` prints them, as `sayso check` does.
    pub errors: usize,
    /// Why nothing was put in place, if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refused: Option<String>,
}

/// Reads all files again, as a SIGHUP does. Only a key of all brands may ask.
#[utoipa::path(post, path = "/v1/reload", tag = "workspace", responses((status = 200, body = Reloaded)))]
pub(super) async fn reload(State(api): State<Api>, _all: OfAll) -> Answer<Reloaded> {
    let (answer, answered) = oneshot::channel();
    let waits = || Problem::try_again("the files are being read");
    api.reload.try_send(answer).map_err(|_| waits())?;
    answered.await.map(Json).map_err(|_| waits())
}
