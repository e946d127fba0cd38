//! The owner-only socket in the store's folder: while `serve` has the store open, other verbs read it through here, and what
//! they change is changed by the one engine that has it.
//!
//! One request a line, one answer a line, both JSON: a [`Request`] is answered by a [`Response`]. Only [`Request::Tap`] is
//! answered for as long as somebody listens.

use crate::dialogue::{Decision, Event, Record};
use crate::engine::rights::LeftNumber;
use crate::engine::{Arrival, Clock, Engine, Happening, Received, SystemClock};
use crate::sms::{BrandId, Key, Phone};
use crate::store::{
    Cursor, Erased, Page, Report, Resolution, Resolved, Row, RowId, Scanned, SledStore, StoreError, Table,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::path::Path;
use std::sync::Arc;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader, Lines};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::broadcast::error::RecvError;

/// The socket's name within the store's folder.
pub const NAME: &str = "serve.sock";
/// Bytes of one request; the longest is a list of 50,000 numbers.
const REQUEST_BYTES_MAX: u64 = 8 * 1024 * 1024;

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
        /// Only what is this person's; as many are looked at as without it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        only: Option<Key>,
    },
    /// What is known about one person, and their ledger.
    Person(Key),
    /// Erase these people, for that reason.
    Erase(Vec<Key>, String),
    /// Correct a field of a person.
    Correct {
        /// Whose.
        key: Key,
        /// Which field.
        field: String,
        /// What it is to hold; nothing empties it.
        words: Option<String>,
        /// Who does it.
        by: String,
    },
    /// End what the holders of these numbers said.
    Left {
        /// In which brands; in all that are served where it says none.
        brand: Option<BrandId>,
        /// The numbers.
        numbers: Vec<LeftNumber>,
    },
    /// The people whose consent ended before a moment.
    EndedBefore {
        /// Of which brand; of all where it says none.
        brand: Option<BrandId>,
        /// The moment.
        moment: Timestamp,
    },
    /// What happens from now on, until the connection ends.
    Tap {
        /// Only of this brand.
        brand: Option<BrandId>,
        /// Only of the person with this number.
        phone: Option<Phone>,
    },
    /// Everything is looked at.
    Examine,
    /// A backup. It follows as it is, and the connection ends with it: whether it is whole, it says itself.
    Backup,
    /// All about one message of the outbox.
    Row(RowId),
    /// Do to a message of the outbox what an operator wants.
    Resolve {
        /// Which one.
        row: RowId,
        /// What.
        resolution: Resolution,
        /// Who wants it.
        by: String,
    },
    /// Somebody has opted out by another way than a text.
    OptOut {
        /// Whom.
        key: Key,
        /// Which way, and who enters it.
        rule: String,
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
    /// A person.
    Person {
        /// Commits so far; 0 where nothing was ever known.
        version: u64,
        /// The dialogue.
        record: Box<Record>,
        /// The ledger, in order.
        ledger: Vec<Scanned>,
    },
    /// What erasures took away.
    Erased(Vec<Erased>),
    /// What a field holds now.
    Corrected(Option<String>),
    /// How many it was true of.
    Count(u64),
    /// People.
    People(Vec<Key>),
    /// What an examination found.
    Examined(Report),
    /// A message of the outbox, if there is one of that name.
    Row(Option<Box<Row>>),
    /// What became of what an operator wanted.
    Resolved(Resolved),
    /// Whether there was a text to decide about.
    Reviewed(bool),
    /// From here on everything is told that happens.
    Listening,
    /// Something has happened.
    Happened(Box<Happening>),
    /// So many things have happened while nobody took them.
    Missed(u64),
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
    pub(super) async fn serve(self, engine: Arc<Engine>, store: Arc<SledStore>) {
        loop {
            match self.listener.accept().await {
                Ok((stream, _)) => {
                    let (engine, store) = (Arc::clone(&engine), Arc::clone(&store));
                    tokio::spawn(async move {
                        if let Err(error) = converse(stream, &engine, store).await {
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

async fn converse(stream: UnixStream, engine: &Arc<Engine>, store: Arc<SledStore>) -> std::io::Result<()> {
    let (read, mut write) = stream.into_split();
    let mut lines = BufReader::new(read);
    loop {
        let mut asked = Vec::new();
        (&mut lines).take(REQUEST_BYTES_MAX).read_until(b'\n', &mut asked).await?;
        if asked.is_empty() {
            return Ok(());
        }
        let response = match serde_json::from_slice(&asked) {
            Ok(Request::Backup) => return back_up(store, &mut write).await,
            Ok(Request::Tap { brand, phone }) => {
                return tell(engine, brand.as_ref(), phone, &mut lines, &mut write).await;
            }
            Ok(Request::Examine) => examined(&store).await,
            Ok(request) => answer(request, engine).await,
            Err(error) => Response::Error(format!("this is no request: {error}")),
        };
        write.write_all(&line(&response)?).await?;
    }
}

/// Does what is asked for: for a verb that came by the socket, or for one that has opened the store itself.
pub async fn answer(request: Request, engine: &Arc<Engine>) -> Response {
    done(request, engine).await.unwrap_or_else(Response::Error)
}

async fn done(request: Request, engine: &Arc<Engine>) -> Result<Response, String> {
    let store = engine.store();
    let said = |error: StoreError| error.to_string();
    match request {
        Request::Scan { what, after, limit, only } => {
            let Page { mut items, next } = store.scan(what, after, limit).await.map_err(said)?;
            items.retain(|item| only.as_ref().is_none_or(|only| item.key() == Some(only)));
            Ok(Response::Page { items, next })
        }
        Request::Person(key) => {
            let snapshot = store.load(&key).await.map_err(said)?;
            let ledger = store.ledger(&key).await.map_err(said)?;
            Ok(Response::Person { version: snapshot.version, record: Box::new(snapshot.record), ledger })
        }
        Request::Erase(people, rule) => engine.erase(people, &rule).await.map(Response::Erased).map_err(said),
        Request::Correct { key, field, words, by } => {
            let corrected = engine.correct(&key, &field, words.as_deref(), &by).await;
            let value = corrected.map_err(|error| error.to_string())?;
            Ok(Response::Corrected(value.map(|value| value.to_string())))
        }
        Request::Left { brand, numbers } => {
            let brands: Vec<BrandId> = brand.map_or_else(|| engine.brands(), |brand| vec![brand]);
            let ended = engine.left(&brands, &numbers).await;
            ended.map(Response::Count).map_err(|error| error.to_string())
        }
        Request::EndedBefore { brand, moment } => {
            engine.ended_before(brand.as_ref(), moment).await.map(Response::People).map_err(said)
        }
        Request::Row(id) => store.row(id).await.map(|row| Response::Row(row.map(Box::new))).map_err(said),
        Request::Resolve { row, resolution, by } => {
            engine.resolve(row, resolution, &by).await.map(Response::Resolved).map_err(said)
        }
        Request::OptOut { key, rule } => {
            let entered = engine.opt_out(key, &rule).await;
            entered.map(|new| Response::Count(u64::from(new))).map_err(|error| error.to_string())
        }
        Request::Review { key, decision, by } => {
            review(engine, key, decision, by).await.map(Response::Reviewed)
        }
        Request::Examine | Request::Backup | Request::Tap { .. } => {
            Err("only the server that has the store does this".to_owned())
        }
    }
}

/// Tells what happens until the other side is gone.
async fn tell(
    engine: &Engine,
    brand: Option<&BrandId>,
    phone: Option<Phone>,
    read: &mut (impl AsyncRead + Unpin),
    write: &mut (impl AsyncWrite + Unpin),
) -> std::io::Result<()> {
    let mut happenings = engine.listen();
    write.write_all(&line(&Response::Listening)?).await?;
    loop {
        let happened = tokio::select! {
            happened = happenings.recv() => happened,
            _said_more_or_gone = read.read_u8() => return Ok(()),
        };
        let response = match happened {
            Ok(what) => {
                let key = what.key();
                if brand.is_some_and(|brand| *brand != key.brand) || phone.is_some_and(|one| one != key.phone)
                {
                    continue;
                }
                Response::Happened(Box::new(Happening::clone(&what)))
            }
            Err(RecvError::Lagged(missed)) => Response::Missed(missed),
            Err(RecvError::Closed) => return Ok(()),
        };
        write.write_all(&line(&response)?).await?;
    }
}

async fn examined(store: &Arc<SledStore>) -> Response {
    let store = Arc::clone(store);
    let examined = tokio::task::spawn_blocking(move || store.examine()).await;
    examined.map_or_else(|error| Response::Error(error.to_string()), Response::Examined)
}

/// Pieces of a backup that may wait for whoever reads it.
const PIECES_MAX: usize = 16;
/// Bytes of a piece.
const PIECE_BYTES: usize = 64 * 1024;

/// Sends a backup while it is made: memory holds a few pieces, however large the store is.
async fn back_up(store: Arc<SledStore>, write: &mut (impl AsyncWrite + Unpin)) -> std::io::Result<()> {
    let (pieces, mut made) = tokio::sync::mpsc::channel(PIECES_MAX);
    let now = SystemClock.now();
    let work = tokio::task::spawn_blocking(move || {
        store.backup(now, std::io::BufWriter::with_capacity(PIECE_BYTES, Pieces(pieces)))
    });
    while let Some(piece) = made.recv().await {
        write.write_all(&piece).await?;
    }
    match work.await {
        Ok(Ok(records)) => tracing::info!(records, "a backup was made"),
        Ok(Err(error)) => tracing::error!(%error, "a backup could not be made"),
        Err(error) => tracing::error!(%error, "a backup ended in a panic"),
    }
    Ok(())
}

/// What is written becomes pieces for somebody who waits for them.
struct Pieces(tokio::sync::mpsc::Sender<Vec<u8>>);

impl std::io::Write for Pieces {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let gone = |_| std::io::Error::from(std::io::ErrorKind::BrokenPipe);
        self.0.blocking_send(bytes.to_vec()).map_err(gone)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Lets an engine know what somebody has read; whether there was anything to decide.
async fn review(engine: &Engine, key: Key, decision: Decision, by: String) -> Result<bool, String> {
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
        let response = self.ask(&Request::Scan { what, after, limit, only: None }).await?;
        if let Response::Page { items, next } = response {
            Ok(Page { items, next })
        } else {
            Err(unexpected(response))
        }
    }

    /// What an examination of the store finds.
    pub async fn examine(&mut self) -> Result<Report, StoreError> {
        let response = self.ask(&Request::Examine).await?;
        if let Response::Examined(report) = response { Ok(report) } else { Err(unexpected(response)) }
    }

    /// Writes a backup into a file; [`crate::store::verify`] says whether it is whole.
    pub async fn backup(mut self, file: std::fs::File) -> std::io::Result<()> {
        self.stream.write_all(&line(&Request::Backup)?).await?;
        let mut piece = vec![0; PIECE_BYTES];
        let mut file = file;
        loop {
            let read = self.stream.read(&mut piece).await?;
            if read == 0 {
                return Ok(());
            }
            std::io::Write::write_all(&mut file, &piece[..read])?;
        }
    }

    /// Asks for what is answered again and again.
    pub async fn listen(mut self, request: &Request) -> std::io::Result<Listener> {
        self.stream.write_all(&line(request)?).await?;
        Ok(Listener(self.stream.lines()))
    }

    /// Asks for something.
    pub async fn ask(&mut self, request: &Request) -> Result<Response, StoreError> {
        let gone = |error: std::io::Error| StoreError::Gone(error.to_string());
        self.stream.write_all(&line(request).map_err(gone)?).await.map_err(gone)?;
        let mut answer = String::new();
        self.stream.read_line(&mut answer).await.map_err(gone)?;
        serde_json::from_str(&answer).map_err(|error| gone(error.into()))
    }
}

/// Answers that go on.
#[derive(Debug)]
pub struct Listener(Lines<BufReader<UnixStream>>);

impl Listener {
    /// The next answer; nothing where the server has ended. It may be given up while it waits, and loses nothing.
    pub async fn next(&mut self) -> std::io::Result<Option<Response>> {
        let line = self.0.next_line().await?;
        Ok(line.map(|line| serde_json::from_str(&line)).transpose()?)
    }
}

fn line(said: &impl Serialize) -> std::io::Result<Vec<u8>> {
    let mut line = serde_json::to_vec(said)?;
    line.push(b'\n');
    Ok(line)
}

fn unexpected(response: Response) -> StoreError {
    let why = if let Response::Error(why) = response {
        why
    } else {
        "its server answers something else".to_owned()
    };
    StoreError::Gone(why)
}
