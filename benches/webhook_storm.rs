//! A television spot: distinct signed webhooks over loopback at `sayso serve`, each answered when it is on the disk, beside a server
//! that reads a request and says 200.
//!
//! `cargo bench --bench webhook_storm [-- TEXTS]`. The generator shares the machine with the server. First a closed loop, as fast
//! as answers come, against both; then an open loop at a fixed rate, in which a text is late from the moment at which it was due.
//! At the end the outbox drains through a provider that is paced, and everything is counted: in the store, and at the provider.
//! What does not hold is printed; it is no failure. A text that is lost or answered twice is one.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(
    clippy::expect_used,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    clippy::cast_precision_loss
)]

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::{any, post};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Texts of the open loop, if nothing is said.
const TEXTS: usize = 100_000;
/// How many of them a second.
const RATE: f64 = 4_000.0;
/// The slowest but one in a hundred of them may be so late.
const LATE_BAR: Duration = Duration::from_millis(250);
/// Requests of the closed loop, and connections that ask for the next when one is answered.
const CLOSED: usize = 20_000;
const CONNECTIONS: usize = 128;
/// The rate of the closed loop, as a part of that of a server that does nothing.
const RATIO_BAR: f64 = 0.1;
/// Parts a second that the provider takes.
const PACE: usize = 1_500;
/// How long the outbox may take to drain beyond what its pace asks for.
const PATIENCE: Duration = Duration::from_secs(60);

const URL: &str = "https://sms.example.com";
const PATH: &str = "/v1/providers/main/inbound";
const TOKEN: &str = "the-token-of-twilio";
const ACCOUNT: &str = "AC00000000000000000000000000000000";
const NUMBER: &str = "+14045550100";

fn main() {
    if std::env::args().any(|word| word == "--null") {
        return null_server();
    }
    let texts = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(TEXTS);
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(storm(texts));
}

async fn storm(texts: usize) {
    let total = CLOSED + texts;
    let requests: Arc<Vec<Vec<u8>>> = Arc::new((0..total).map(request).collect());
    let (mut null, null_at) = server(Command::new(std::env::current_exe().expect("this")).arg("--null"));
    let (provider, heard) = provider().await;
    let folder = workspace(provider);
    let mut serve = Command::new(env!("CARGO_BIN_EXE_sayso"));
    serve.arg("serve").current_dir(folder.path()).env("TWILIO_TOKEN", TOKEN).env("SAYSO_LOG", "warn");
    let (mut sayso, at) = server(&mut serve);

    let mut null_rates = vec![closed(null_at, &requests, 0..CLOSED / 2).await];
    let rate = closed(at, &requests, 0..CLOSED).await;
    null_rates.push(closed(null_at, &requests, 0..CLOSED / 2).await);
    let null_rate = null_rates.iter().sum::<f64>() / 2.0;
    let ratio = rate / null_rate;
    println!(
        "closed loop, {CONNECTIONS} connections: {rate:.0} texts/s, a server that does nothing {null_rate:.0}/s: {ratio:.2}; {RATIO_BAR} {}",
        verdict(ratio >= RATIO_BAR)
    );
    let begin = Instant::now();
    let late = open(at, &requests, CLOSED..total).await;
    let at_most = |of_a_hundred: usize| late[(late.len() - 1) * of_a_hundred / 100];
    println!(
        "open loop, {texts} texts at {RATE:.0}/s: median {:.1?}, 99 of 100 {:.1?}, slowest {:.1?}, in {:.1?}; {LATE_BAR:?} {}",
        at_most(50),
        at_most(99),
        at_most(100),
        begin.elapsed(),
        verdict(at_most(99) <= LATE_BAR)
    );
    let drained = drain(&heard, total, begin).await;
    let replies = heard.lock().expect("no panic").clone();
    let doubled = replies.values().filter(|count| **count > 1).count();
    println!(
        "outbox drained {drained:.1?} after the first text, at {PACE} parts/s: {} answers, {doubled} doubled",
        replies.len()
    );
    let _ended = Command::new("kill").args(["-TERM", &sayso.id().to_string()]).status();
    let _ended = (sayso.wait(), null.kill(), null.wait());
    let ids = turns(folder.path());
    let distinct: HashSet<&String> = ids.iter().collect();
    println!("in the store: {} turns of {} texts", ids.len(), distinct.len());
    assert_eq!((ids.len(), distinct.len()), (total, total), "a text was lost, or became two turns");
    assert_eq!((replies.len(), doubled), (total, 0), "an answer was lost or doubled");
}

fn verdict(holds: bool) -> &'static str {
    if holds { "holds" } else { "DOES NOT HOLD" }
}

/// A webhook of Twilio, signed, as it goes over the wire.
fn request(number: usize) -> Vec<u8> {
    let (from, id) = (phone(number), format!("SM{number:032}"));
    let fields = [
        ("AccountSid", ACCOUNT),
        ("Body", "Hours?"),
        ("From", &from),
        ("MessageSid", &id),
        ("NumMedia", "0"),
        ("To", NUMBER),
    ];
    let signed = fields.iter().fold(format!("{URL}{PATH}"), |signed, (name, value)| signed + name + value);
    let mut mac = Hmac::<Sha1>::new_from_slice(TOKEN.as_bytes()).expect("any key will do");
    mac.update(signed.as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let head = format!(
        "POST {PATH} HTTP/1.1\r\nhost: sms.example.com\r\ncontent-type: application/x-www-form-urlencoded\r\n\
         x-twilio-signature: {signature}\r\ncontent-length: {}\r\n\r\n",
        body.len()
    );
    [head.into_bytes(), body.into_bytes()].concat()
}

fn phone(number: usize) -> String {
    format!("+1505{:07}", 2_000_000 + number)
}

/// Starts a server; where it listens is the last word of the first line that names an address.
fn server(command: &mut Command) -> (Child, SocketAddr) {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("it starts");
    let mut lines = BufReader::new(child.stderr.take().expect("piped")).lines().map_while(Result::ok);
    let at = lines.find_map(|line| {
        let at = line.split_once("http://").and_then(|(_, at)| at.trim().parse().ok());
        if at.is_none() {
            println!("  {line}");
        }
        at
    });
    std::thread::spawn(move || lines.for_each(|line| println!("  {line}")));
    (child, at.expect("it listens"))
}

/// A server of the same kind that reads a request and says 200.
fn null_server() {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        eprintln!("http://{}", listener.local_addr().expect("a port"));
        let router = Router::new().route(PATH, any(|_: Bytes| async { "ok\n" }));
        axum::serve(listener, router).await.expect("it serves");
    });
}

/// How often each number was written to.
type Heard = Arc<Mutex<HashMap<String, usize>>>;

/// A provider that takes every message and counts them.
async fn provider() -> (SocketAddr, Heard) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let (at, heard) = (listener.local_addr().expect("a port"), Heard::default());
    let taken = |State(heard): State<Heard>, body: Bytes| async move {
        let to =
            form_urlencoded::parse(&body).find(|(name, _)| name == "To").expect("a number").1.into_owned();
        let mut heard = heard.lock().expect("no panic");
        *heard.entry(to).or_default() += 1;
        (
            axum::http::StatusCode::CREATED,
            format!(r#"{{"sid":"SM{:032}","status":"queued"}}"#, 10_000_000 + heard.len()),
        )
    };
    let router = Router::new().route("/{*path}", post(taken)).with_state(Arc::clone(&heard));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (at, heard)
}

/// A workspace with the brand `scoops` behind one account.
fn workspace(provider: SocketAddr) -> tempfile::TempDir {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let folder = tempfile::Builder::new().prefix("storm-").tempdir_in(here.join("target")).expect("a folder");
    let copy = |from: &str, edit: &dyn Fn(String) -> String| {
        for entry in
            std::fs::read_dir(here.join(from)).expect("a folder").map(|entry| entry.expect("an entry"))
        {
            let kept = entry.path().extension().is_some_and(|end| end == "flow" || end == "grammar");
            if kept {
                let to = folder.path().join(from);
                std::fs::create_dir_all(&to).expect("a folder");
                let text = std::fs::read_to_string(entry.path()).expect("a text");
                std::fs::write(to.join(entry.file_name()), edit(text)).expect("a file");
            }
        }
    };
    copy("grammars", &|text| text);
    copy("grammars/scoops", &|text| text);
    copy("flows/scoops", &|text| {
        let numbers = |line: &str| {
            if line.trim_start().starts_with("numbers ") {
                format!("  numbers {NUMBER} via main\n")
            } else {
                format!("{line}\n")
            }
        };
        text.lines().map(numbers).collect()
    });
    let settings = format!(
        "[server]\nlisten = \"127.0.0.1:0\"\npublic_url = \"{URL}\"\n\n[store]\npath = \"store\"\ncache_mb = 512\n\n\
         [providers.main]\nkind = \"twilio\"\naccount_sid = \"{ACCOUNT}\"\nauth_token = \"env:TWILIO_TOKEN\"\n\
         base_url = \"http://{provider}\"\nrequests_per_second = 10000\npace = {{ account = {PACE}, us_number = {PACE} }}\n"
    );
    let mut file = std::fs::File::create(folder.path().join("sayso.toml")).expect("a file");
    file.write_all(settings.as_bytes()).expect("a file");
    folder
}

/// Requests a second, each sent when one before it is answered.
async fn closed(at: SocketAddr, requests: &Arc<Vec<Vec<u8>>>, range: std::ops::Range<usize>) -> f64 {
    let next = Arc::new(AtomicUsize::new(range.start));
    let count = range.len();
    let begin = Instant::now();
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let (requests, next, end) = (Arc::clone(requests), Arc::clone(&next), range.end);
        connections.spawn(async move {
            let mut connection = Connection::open(at).await;
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= end {
                    return;
                }
                connection.ask(&requests[number]).await;
            }
        });
    }
    while let Some(done) = connections.join_next().await {
        done.expect("no connection panics");
    }
    count as f64 / begin.elapsed().as_secs_f64()
}

/// How late each answer came after the moment at which its text was due, sorted.
async fn open(at: SocketAddr, requests: &Arc<Vec<Vec<u8>>>, range: std::ops::Range<usize>) -> Vec<Duration> {
    let next = Arc::new(AtomicUsize::new(range.start));
    let begin = tokio::time::Instant::now() + Duration::from_millis(100);
    let mut connections = tokio::task::JoinSet::new();
    for _ in 0..4 * CONNECTIONS {
        let (requests, next, range) = (Arc::clone(requests), Arc::clone(&next), range.clone());
        connections.spawn(async move {
            let (mut connection, mut late) = (Connection::open(at).await, Vec::new());
            loop {
                let number = next.fetch_add(1, Ordering::Relaxed);
                if number >= range.end {
                    return late;
                }
                let due = begin + Duration::from_secs_f64((number - range.start) as f64 / RATE);
                tokio::time::sleep_until(due).await;
                connection.ask(&requests[number]).await;
                late.push(due.elapsed());
            }
        });
    }
    let mut late = Vec::with_capacity(range.len());
    while let Some(done) = connections.join_next().await {
        late.extend(done.expect("no connection panics"));
    }
    late.sort();
    late
}

/// Waits until every text was answered; how long after the beginning that was.
async fn drain(heard: &Heard, total: usize, begin: Instant) -> Duration {
    let patience = Duration::from_secs_f64(total as f64 / PACE as f64) + PATIENCE;
    while heard.lock().expect("no panic").len() < total && begin.elapsed() < patience {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    begin.elapsed()
}

/// The ids of the texts that became turns.
fn turns(folder: &Path) -> Vec<String> {
    let mut export = Command::new(env!("CARGO_BIN_EXE_sayso"));
    export.args(["export", "turns"]).current_dir(folder).env("TWILIO_TOKEN", TOKEN);
    let output = export.output().expect("it runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let ids = String::from_utf8(output.stdout).expect("UTF-8");
    let id = |line: &str| {
        let turn: BTreeMap<String, serde_json::Value> = serde_json::from_str(line).expect("JSON");
        turn["entry"]["event"]["text"]["id"].as_str().map(str::to_owned)
    };
    ids.lines().filter_map(id).collect()
}

/// A connection that is kept.
struct Connection {
    stream: TcpStream,
    read: Vec<u8>,
}

impl Connection {
    async fn open(at: SocketAddr) -> Self {
        let stream = TcpStream::connect(at).await.expect("a connection");
        stream.set_nodelay(true).expect("TCP");
        Self { stream, read: Vec::with_capacity(4_096) }
    }

    /// Sends a request until it is answered by 200; a 503 is a promise that it may come again.
    async fn ask(&mut self, request: &[u8]) {
        loop {
            self.stream.write_all(request).await.expect("it is open");
            match self.status().await {
                200 => return,
                503 => tokio::time::sleep(Duration::from_secs(1)).await,
                status => panic!("{status}: {}", String::from_utf8_lossy(&self.read)),
            }
        }
    }

    async fn status(&mut self) -> u16 {
        self.read.clear();
        loop {
            if let Some(head) = self.read.windows(4).position(|four| four == b"\r\n\r\n") {
                let words = std::str::from_utf8(&self.read[..head]).expect("a head");
                let length = words.lines().find_map(|line| {
                    let (name, value) = line.split_once(':')?;
                    name.eq_ignore_ascii_case("content-length").then(|| value.trim().parse::<usize>().ok())?
                });
                if self.read.len() >= head + 4 + length.expect("a length") {
                    return words.split(' ').nth(1).and_then(|word| word.parse().ok()).expect("a status");
                }
            }
            let mut piece = [0_u8; 4_096];
            let count = self.stream.read(&mut piece).await.expect("it is open");
            assert!(count > 0, "the connection was closed");
            self.read.extend_from_slice(&piece[..count]);
        }
    }
}
