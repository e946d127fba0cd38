//! The owner-only socket in the store's folder: while `serve` has the store open, other verbs read it through here.
//!
//! One request a line, one answer a line, both JSON: a [`Request`] is answered by a [`Response`].

use crate::dialogue::{Decision, Event};
use crate::engine::{Arrival, Engine, Received};
use crate::sms::Key;
use crate::store::{Cursor, Page, Scanned, StoreError, Table};
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{UnixListener, UnixStream};

/// The socket's name within the store's folder.
pub const NAME: &str = "serve.sock";
/// Bytes of one request; the longest is a cursor.
const REQUEST_BYTES_MAX: u64 = 64 * 1024;

/// What can be asked.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Request {
    /// A page of a table.
    Scan {
        /// Which table.
        what: Table,
        /// Where to go on.
        after: Option<Cursor>,
        /// How many things at most.
        limit: usize,
    },
    /// Somebody has read a text that was unsure.
    Review {
        /// Whose.
        key: Key,
        /// What it is.
        decision: Decision,
        /// Who says so.
        by: String,
    },
}

/// What is answered.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Response {
    /// A page.
    Page {
        /// The things.
        items: Vec<Scanned>,
        /// Where the next page begins.
        next: Option<Cursor>,
    },
    /// Whether there was a text to decide about.
    Reviewed(bool),
    /// It could not be done.
    Error(String),
}

/// An open door.
#[derive(Debug)]
pub(super) struct Door {
    listener: UnixListener,
}

impl Door {
    /// Opens the socket for its owner alone. The store's lock says that we are the one process here, so what is left of
    /// an earlier one is taken away.
    pub(super) fn open(path: &Path) -> std::io::Result<Self> {
        use std::os::unix::fs::PermissionsExt;
        match std::fs::remove_file(path) {
            Ok(()) => {}
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
        // The folder is closed to others first: between binding and closing the socket nobody else can reach it.
        if let Some(folder) = path.parent() {
            std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
        }
        let listener = UnixListener::bind(path)?;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
        Ok(Self { listener })
    }

    /// Answers for as long as the process lives.
    pub(super) async fn serve(self, engine: Arc<Engine>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let engine = Arc::clone(&engine);
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, &engine).await {
                            tracing::debug!(%error, "a verb went away");
                        }
                    });
                }
                Err(error) => {
                    tracing::warn!(%error, "the socket does not take a connection");
                    tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                }
            }
        }
    }
}

async fn converse(stream: UnixStream, engine: &Engine) -> std::io::Result<()> {
    use tokio::io::AsyncReadExt;
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut line = Vec::new();
        (&mut lines).take(REQUEST_BYTES_MAX).read_until(b'\n', &mut line).await?;
        if line.is_empty() {
            return Ok(());
        }
        let response = match serde_json::from_slice(&line) {
            Ok(request) => answer(request, engine).await,
            Err(error) => Response::Error(format!("this is no request: {error}")),
        };
        let mut bytes = serde_json::to_vec(&response)?;
        bytes.push(b'\n');
        write.write_all(&bytes).await?;
    }
}

async fn answer(request: Request, engine: &Engine) -> Response {
    match request {
        Request::Review { key, decision, by } => match review(engine, key, decision, by).await {
            Ok(decided) => Response::Reviewed(decided),
            Err(error) => Response::Error(error),
        },
        Request::Scan { what, after, limit } => match engine.store().scan(what, after, limit).await {
            Ok(Page { items, next }) => Response::Page { items, next },
            Err(error) => Response::Error(error.to_string()),
        },
    }
}

/// Lets an engine know what somebody has read; whether there was anything to decide.
pub async fn review(engine: &Engine, key: Key, decision: Decision, by: String) -> Result<bool, String> {
    let arrival = Arrival::other(key, Event::Reviewed { decision, by });
    let received = engine.receive(arrival).await.map_err(|error| error.to_string())?;
    Ok(matches!(received, Received::Turn { .. }))
}

/// A client of the socket.
#[derive(Debug)]
pub struct Client {
    stream: BufReader<UnixStream>,
}

impl Client {
    /// Connects to the server that has the store in `folder` open.
    pub async fn connect(folder: &Path) -> std::io::Result<Self> {
        Ok(Self { stream: BufReader::new(UnixStream::connect(folder.join(NAME)).await?) })
    }

    /// A page of a table.
    pub async fn scan(
        &mut self,
        what: Table,
        after: Option<Cursor>,
        limit: usize,
    ) -> Result<Page, StoreError> {
        match self.ask(&Request::Scan { what, after, limit }).await? {
            Response::Page { items, next } => Ok(Page { items, next }),
            Response::Error(why) => Err(StoreError::Gone(why)),
            Response::Reviewed(_) => Err(StoreError::Gone("the server answers something else".to_owned())),
        }
    }

    /// Says what a text is that was unsure; whether there was one.
    pub async fn review(&mut self, key: Key, decision: Decision, by: String) -> Result<bool, StoreError> {
        match self.ask(&Request::Review { key, decision, by }).await? {
            Response::Reviewed(decided) => Ok(decided),
            Response::Error(why) => Err(StoreError::Gone(why)),
            Response::Page { .. } => Err(StoreError::Gone("the server answers something else".to_owned())),
        }
    }

    async fn ask(&mut self, request: &Request) -> Result<Response, StoreError> {
        let gone = |error: std::io::Error| StoreError::Gone(error.to_string());
        let mut line = serde_json::to_vec(request).map_err(|e| gone(e.into()))?;
        line.push(b'\n');
        self.stream.write_all(&line).await.map_err(gone)?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).await.map_err(gone)?;
        serde_json::from_str(&answer).map_err(|error| gone(error.into()))
    }
}
