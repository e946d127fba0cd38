//! A provider on loopback. It speaks just enough HTTP/1.1, and so can also do what no web framework does: read a
//! request and hang up.

use crate::server::PATIENCE;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Instant;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// A request as it arrived.
#[derive(Debug, Clone)]
pub(crate) struct Call {
    pub(crate) at: Instant,
    pub(crate) line: String,
    pub(crate) headers: HashMap<String, String>,
    pub(crate) body: String,
}

impl Call {
    /// A value of the form, or of the JSON object under the same name in lower case.
    pub(crate) fn get(&self, name: &str) -> String {
        let json: Option<serde_json::Value> = serde_json::from_str(&self.body).ok();
        let value = match &json {
            Some(object) => {
                let name = if name == "Body" { "text".to_owned() } else { name.to_lowercase() };
                object[name].as_str().map(str::to_owned)
            }
            None => form_urlencoded::parse(self.body.as_bytes())
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned()),
        };
        value.unwrap_or_default()
    }

    pub(crate) fn to(&self) -> String {
        self.get("To")
    }

    pub(crate) fn text(&self) -> String {
        self.get("Body")
    }
}

/// What the provider does with a call.
#[derive(Debug, Clone)]
pub(crate) enum Answer {
    /// 201 with an id of its own.
    Accept,
    /// This status, these headers, this body.
    Say(u16, String, String),
    /// Read all of it, answer nothing, close.
    HangUp,
    /// Answer 201 when [`Fake::release`] is called.
    Hold,
}

impl Answer {
    pub(crate) fn status(status: u16) -> Self {
        Self::Say(status, String::new(), "{}".to_owned())
    }

    /// One of Twilio's errors.
    pub(crate) fn error(code: u32, message: &str) -> Self {
        let body = serde_json::json!({ "code": code, "message": message, "status": 400 });
        Self::Say(400, "Content-Type: application/json\r\n".to_owned(), body.to_string())
    }
}

/// Somebody who is told of every call before it is answered.
type Listener = Box<dyn Fn(&Call) + Send + Sync>;

struct Shared {
    calls: watch::Sender<Vec<Call>>,
    held: watch::Sender<Vec<Call>>,
    holding: watch::Sender<bool>,
    script: Mutex<HashMap<String, VecDeque<Answer>>>,
    listener: Mutex<Option<Listener>>,
}

/// The provider.
pub(crate) struct Fake {
    pub(crate) address: SocketAddr,
    shared: Arc<Shared>,
}

impl Fake {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared {
            calls: watch::Sender::new(Vec::new()),
            held: watch::Sender::new(Vec::new()),
            holding: watch::Sender::new(false),
            script: Mutex::default(),
            listener: Mutex::default(),
        });
        let provider = Arc::clone(&shared);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let provider = Arc::clone(&provider);
                tokio::spawn(async move { provider.converse(stream).await });
            }
        });
        Self { address, shared }
    }

    /// What the next calls for this person come to; after that, calls are accepted.
    pub(crate) fn script(&self, to: &str, answers: impl IntoIterator<Item = Answer>) {
        self.shared.script.lock().unwrap().entry(to.to_owned()).or_default().extend(answers);
    }

    /// Tells somebody of every call, before it is answered.
    pub(crate) fn on_call(&self, listener: impl Fn(&Call) + Send + Sync + 'static) {
        *self.shared.listener.lock().unwrap() = Some(Box::new(listener));
    }

    /// From now on calls are read and not answered.
    pub(crate) fn hold(&self) {
        self.shared.holding.send_replace(true);
    }

    /// Answers what is held; returns those calls.
    pub(crate) fn release(&self) -> Vec<Call> {
        self.shared.holding.send_replace(false);
        self.shared.held.send_replace(Vec::new())
    }

    pub(crate) fn calls(&self) -> Vec<Call> {
        self.shared.calls.borrow().clone()
    }

    /// The texts that somebody got, in order of arrival.
    pub(crate) fn texts_to(&self, to: &str) -> Vec<String> {
        self.calls().iter().filter(|call| call.to() == to).map(Call::text).collect()
    }

    /// Waits until so many calls for somebody have arrived; all of them.
    pub(crate) async fn wait_for(&self, to: &str, count: usize) -> Vec<Call> {
        let mut calls = self.shared.calls.subscribe();
        let arrived = calls.wait_for(|calls| calls.iter().filter(|call| call.to() == to).count() >= count);
        let Ok(calls) = tokio::time::timeout(PATIENCE, arrived).await else {
            panic!("{count} calls for {to} were expected; there are {:#?}", self.texts_to(to));
        };
        calls.unwrap().iter().filter(|call| call.to() == to).cloned().collect()
    }

    /// Waits until so many calls are held.
    pub(crate) async fn wait_held(&self, count: usize) {
        let mut held = self.shared.held.subscribe();
        let enough = held.wait_for(|held| held.len() >= count);
        tokio::time::timeout(PATIENCE, enough).await.expect("calls are held").unwrap();
    }
}

impl Shared {
    async fn converse(&self, stream: TcpStream) {
        let mut stream = BufReader::new(stream);
        while let Some(call) = read_call(&mut stream).await {
            let scripted = self.script.lock().unwrap().get_mut(&call.to()).and_then(VecDeque::pop_front);
            let holding = *self.holding.borrow();
            let answer = scripted.unwrap_or(if holding { Answer::Hold } else { Answer::Accept });
            if let Some(listener) = self.listener.lock().unwrap().as_ref() {
                listener(&call);
            }
            let mut number = 0;
            self.calls.send_modify(|calls| {
                calls.push(call.clone());
                number = calls.len();
            });
            let ids = format!(r#"{{"sid":"SM{number:032}","id":"out-{number}"}}"#);
            let (status, headers, body) = match answer {
                Answer::Accept => (201, String::new(), ids),
                Answer::Say(status, headers, body) => (status, headers, body),
                Answer::HangUp => return,
                Answer::Hold => {
                    let mut holding = self.holding.subscribe();
                    self.holding.send_replace(true);
                    self.held.send_modify(|held| held.push(call));
                    if holding.wait_for(|holding| !holding).await.is_err() {
                        return;
                    }
                    (201, String::new(), ids)
                }
            };
            let length = body.len();
            let answer =
                format!("HTTP/1.1 {status} Whatever\r\n{headers}Content-Length: {length}\r\n\r\n{body}");
            if stream.write_all(answer.as_bytes()).await.is_err() {
                return;
            }
        }
    }
}

/// The next request of a connection; `None` when it ends.
async fn read_call(stream: &mut BufReader<TcpStream>) -> Option<Call> {
    let line = read_line(stream).await?;
    let mut headers = HashMap::new();
    loop {
        let header = read_line(stream).await?;
        let Some((name, value)) = header.split_once(':') else { break };
        headers.insert(name.to_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await.ok()?;
    Some(Call { at: Instant::now(), line, headers, body: String::from_utf8(body).unwrap() })
}

async fn read_line(stream: &mut BufReader<TcpStream>) -> Option<String> {
    let mut line = String::new();
    let read = stream.read_line(&mut line).await.ok()?;
    (read > 0).then(|| line.trim_end().to_owned())
}
