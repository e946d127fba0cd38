//! A link to an SMSC over loopback: texts in and parts out a second, through windows of several sizes, beside a bare loop that
//! reads and writes the same PDUs on a socket, with nothing behind it. Read the ratios: the machine and its disk change.
//!
//! `cargo bench --bench link [-- TEXTS]`. Each text comes from somebody new, is answered to the SMSC when its turn is on the disk,
//! and by one message to the person. The SMSC is in this process and the same for both sides; it grants as many deliveries at
//! once as the link has messages in its window. A text that is lost or answered twice is a failure.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use sayso::bot::Bot;
use sayso::engine::{Engine, Parts};
use sayso::provider::{Account, BAD_NUMBER_AFTER, Catalogue, REQUESTS_PER_SECOND, Settings};
use sayso::sms::{AccountId, Pace};
use sayso::store::SledStore;
use sayso::workspace::Workspace;
use std::collections::{HashMap, VecDeque};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

/// Texts of one round, if nothing is said.
const TEXTS: usize = 2_000;
/// Messages that wait for an answer at once, each way.
const WINDOWS: [usize; 3] = [1, 10, 100];
/// Rounds; the median counts.
const ROUNDS: usize = 3;
/// How long a round may take.
const PATIENCE: Duration = Duration::from_secs(300);

/// The example brand's account and number.
const ACCOUNT: &str = "twilio-main";
const NUMBER: &str = "14045550100";
const WORDS: &str = "Hours?";

fn main() {
    let texts = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(TEXTS);
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let bot = Arc::clone(workspace.bot("scoops").expect("the example brand is sound"));
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("a runtime");
    println!("{texts} texts of new people, each answered by one message; {ROUNDS} rounds, medians\n");
    println!("window  texts in/s   bare/s  ratio  parts out/s   bare/s  ratio");
    for window in WINDOWS {
        let (mut link, mut bare) = (Rates::default(), Rates::default());
        for _ in 0..ROUNDS {
            let (rates, submit) = runtime.block_on(through_a_link(&bot, window, texts));
            link.push(rates);
            bare.push(runtime.block_on(through_a_bare_loop(submit, window, texts)));
        }
        let ((texts_in, parts_out), (bare_in, bare_out)) = (link.medians(), bare.medians());
        println!(
            "{window:6}  {texts_in:10.0}  {bare_in:7.0}  {:5.3}  {parts_out:11.0}  {bare_out:7.0}  {:5.3}",
            texts_in / bare_in,
            parts_out / bare_out
        );
    }
}

/// Texts in and parts out a second, a pair for each round.
#[derive(Default)]
struct Rates(Vec<f64>, Vec<f64>);

impl Rates {
    fn push(&mut self, (texts_in, parts_out): (f64, f64)) {
        self.0.push(texts_in);
        self.1.push(parts_out);
    }

    fn medians(mut self) -> (f64, f64) {
        let median = |rates: &mut Vec<f64>| {
            rates.sort_by(f64::total_cmp);
            rates[rates.len() / 2]
        };
        (median(&mut self.0), median(&mut self.1))
    }
}

// ── both sides ──────────────────────────────────────────────────────────────────────────────────

/// The rates of an engine with a store on the disk, and the body of a message that it sent.
async fn through_a_link(bot: &Arc<Bot>, window: usize, texts: usize) -> ((f64, f64), Vec<u8>) {
    let (at, smsc) = smsc(window, texts).await;
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&target).expect("a folder for what is built");
    let folder = tempfile::Builder::new().prefix("link-").tempdir_in(target).expect("a folder on the disk");
    let store = SledStore::open(folder.path(), 256 << 20).expect("a fresh store");
    let engine = Arc::new(Engine::new(Parts {
        accounts: vec![account(at, window)],
        ..Parts::alone(vec![Arc::clone(bot)], Arc::new(store))
    }));
    let links = tokio::spawn(Arc::clone(&engine).run_links());
    let outbox = tokio::spawn(Arc::clone(&engine).run_outbox());
    let heard = tokio::time::timeout(PATIENCE, smsc.heard).await.expect("a round ends").expect("no panic");
    engine.stop_sending();
    outbox.await.expect("no panic");
    engine.close_links();
    links.await.expect("no panic");
    let heard = heard.whole(texts);
    (heard.rates, heard.submit)
}

/// An account over SMPP in the place of the one that the brand's file names.
fn account(at: SocketAddr, window: usize) -> Account {
    let mut settings = Settings { account: ACCOUNT.to_owned(), ..Settings::default() };
    let plain =
        [("address", at.to_string()), ("system_id", "sayso".to_owned()), ("window", window.to_string())];
    settings.plain.extend(plain.map(|(name, value)| (name.to_owned(), value)));
    settings.secrets.insert("password".to_owned(), vec!["secret".into()]);
    Account {
        id: AccountId::from(ACCOUNT),
        way: Catalogue::default().kind("smpp").expect("it is shipped").open(&settings).expect("it is sound"),
        answers_stop: false,
        bad_number_after: BAD_NUMBER_AFTER,
        pace: Pace::default(),
        requests_per_second: REQUESTS_PER_SECOND,
    }
}

/// The rates of a loop that answers each text at once, and sends the same message to whoever wrote it.
async fn through_a_bare_loop(submit: Vec<u8>, window: usize, texts: usize) -> (f64, f64) {
    let (at, smsc) = smsc(window, texts).await;
    let esme = tokio::spawn(async move {
        let mut pdus = Pdus::over(TcpStream::connect(at).await.expect("loopback"));
        pdus.put(BIND_TRANSCEIVER, 0, 1, b"sayso\0secret\0\0\x34\0\0\0");
        let (mut wait, mut under_way, mut number) = (VecDeque::new(), 0, 1);
        while let Some(pdu) = pdus.next().await {
            match pdu.command {
                DELIVER_SM => {
                    pdus.put(DELIVER_SM | ANSWER, 0, pdu.number, b"\0");
                    wait.push_back(source(&pdu.body));
                }
                SUBMIT_SM_RESP => under_way -= 1,
                UNBIND => pdus.put(UNBIND | ANSWER, 0, pdu.number, b""),
                _ => {}
            }
            while under_way < window
                && let Some(to) = wait.pop_front()
            {
                (under_way, number) = (under_way + 1, number + 1);
                pdus.put(SUBMIT_SM, 0, number, &to_somebody_else(&submit, &to));
            }
        }
    });
    let heard = tokio::time::timeout(PATIENCE, smsc.heard).await.expect("a round ends").expect("no panic");
    esme.await.expect("no panic");
    heard.whole(texts).rates
}

// ── the SMSC ────────────────────────────────────────────────────────────────────────────────────

/// What it heard in a round.
struct Heard {
    /// Texts in and parts out a second.
    rates: (f64, f64),
    /// How many messages each number was sent.
    messages: HashMap<Vec<u8>, usize>,
    /// The body of the first of them.
    submit: Vec<u8>,
}

impl Heard {
    /// The same, where everybody was answered once.
    fn whole(self, texts: usize) -> Self {
        let doubled = self.messages.values().filter(|count| **count != 1).count();
        assert_eq!((self.messages.len(), doubled), (texts, 0), "an answer was lost or doubled");
        self
    }
}

struct Smsc {
    heard: tokio::task::JoinHandle<Heard>,
}

/// One that brings texts as fast as its window lets it, and takes every message.
async fn smsc(window: usize, texts: usize) -> (SocketAddr, Smsc) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let at = listener.local_addr().expect("a port");
    let heard = tokio::spawn(async move {
        let (stream, _) = listener.accept().await.expect("somebody comes");
        round(Pdus::over(stream), window, texts).await
    });
    (at, Smsc { heard })
}

async fn round(mut pdus: Pdus, window: usize, texts: usize) -> Heard {
    let mut begun = Instant::now();
    let mut wait: VecDeque<u32> = (1..=u32::try_from(texts).expect("few")).collect();
    let (mut answered, mut all_in, mut all_out) = (0, None, None);
    let (mut messages, mut submit) = (HashMap::new(), Vec::new());
    while all_in.is_none() || all_out.is_none() {
        let pdu = pdus.next().await.expect("the connection stays until it is told that it is over");
        let mut free = 0;
        match pdu.command {
            BIND_TRANSCEIVER => {
                pdus.put(BIND_TRANSCEIVER | ANSWER, 0, pdu.number, b"smsc\0");
                (begun, free) = (Instant::now(), window);
            }
            DELIVER_SM_RESP if pdu.status == 0 => {
                (answered, free) = (answered + 1, 1);
                if answered == texts {
                    all_in = Some(begun.elapsed());
                }
            }
            DELIVER_SM_RESP => {
                // It is to come again, behind the others.
                wait.push_back(pdu.number);
                free = 1;
            }
            SUBMIT_SM => {
                let id = format!("{:08x}\0", pdu.number);
                pdus.put(SUBMIT_SM_RESP, 0, pdu.number, id.as_bytes());
                *messages.entry(destination(&pdu.body)).or_insert(0) += 1;
                if submit.is_empty() {
                    submit = pdu.body;
                }
                if messages.len() == texts {
                    all_out.get_or_insert_with(|| begun.elapsed());
                }
            }
            ENQUIRE_LINK => pdus.put(ENQUIRE_LINK | ANSWER, 0, pdu.number, b""),
            _ => {}
        }
        for number in wait.drain(..free.min(wait.len())) {
            pdus.put(DELIVER_SM, 0, number, &text(number));
        }
    }
    let rate = |all: Option<Duration>| texts as f64 / all.unwrap_or_default().as_secs_f64();
    let rates = (rate(all_in), rate(all_out));
    pdus.put(UNBIND, 0, u32::MAX >> 1, b"");
    // What comes behind the end would be an answer too many.
    while let Ok(Some(pdu)) = tokio::time::timeout(Duration::from_millis(200), pdus.next()).await {
        match pdu.command {
            SUBMIT_SM => *messages.entry(destination(&pdu.body)).or_insert(0) += 1,
            UNBIND => pdus.put(UNBIND | ANSWER, 0, pdu.number, b""),
            _ => {}
        }
    }
    Heard { rates, messages, submit }
}

// ── PDUs ────────────────────────────────────────────────────────────────────────────────────────

const ANSWER: u32 = 0x8000_0000;
const SUBMIT_SM: u32 = 0x04;
const SUBMIT_SM_RESP: u32 = SUBMIT_SM | ANSWER;
const DELIVER_SM: u32 = 0x05;
const DELIVER_SM_RESP: u32 = DELIVER_SM | ANSWER;
const UNBIND: u32 = 0x06;
const BIND_TRANSCEIVER: u32 = 0x09;
const ENQUIRE_LINK: u32 = 0x15;
/// Octets of a header (SMPP 3.4, 3.2).
const HEADER: usize = 16;

struct Pdu {
    command: u32,
    status: u32,
    number: u32,
    body: Vec<u8>,
}

/// A connection. What is put is written when nothing more is there to be read.
struct Pdus {
    stream: TcpStream,
    read: Vec<u8>,
    taken: usize,
    put: Vec<u8>,
}

impl Pdus {
    fn over(stream: TcpStream) -> Self {
        stream.set_nodelay(true).expect("a socket");
        Self { stream, read: Vec::new(), taken: 0, put: Vec::new() }
    }

    fn put(&mut self, command: u32, status: u32, number: u32, body: &[u8]) {
        let length = u32::try_from(HEADER + body.len()).expect("a short one");
        for word in [length, command, status, number] {
            self.put.extend(word.to_be_bytes());
        }
        self.put.extend(body);
    }

    /// The next PDU; none where the other side has closed.
    async fn next(&mut self) -> Option<Pdu> {
        loop {
            if let Some(pdu) = self.whole() {
                return Some(pdu);
            }
            self.read.drain(..std::mem::take(&mut self.taken));
            if !self.put.is_empty() {
                self.stream.write_all(&self.put).await.ok()?;
                self.put.clear();
            }
            if self.stream.read_buf(&mut self.read).await.ok()? == 0 {
                return None;
            }
        }
    }

    fn whole(&mut self) -> Option<Pdu> {
        let bytes = &self.read[self.taken..];
        let word = |at: usize| {
            let word: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
            Some(u32::from_be_bytes(word))
        };
        let length = usize::try_from(word(0)?).ok()?;
        let body = bytes.get(HEADER..length)?.to_vec();
        let pdu = Pdu { command: word(4)?, status: word(8)?, number: word(12)?, body };
        self.taken += length;
        Some(pdu)
    }
}

/// The body of a `deliver_sm` from somebody (SMPP 3.4, 4.6.1).
fn text(number: u32) -> Vec<u8> {
    let from = 15_052_000_000_u64 + u64::from(number);
    let mut body = format!("\0\x01\x01{from}\0\x01\x01{NUMBER}\0").into_bytes();
    body.extend([0; 9]);
    body.push(u8::try_from(WORDS.len()).expect("a few words"));
    body.extend(WORDS.as_bytes());
    body
}

/// Where the two numbers of a `submit_sm` or a `deliver_sm` stand.
fn numbers(body: &[u8]) -> [std::ops::Range<usize>; 2] {
    let end = |from: usize| from + body[from..].iter().position(|octet| *octet == 0).expect("a string ends");
    let source = end(0) + 3;
    let destination = end(source) + 3;
    [source..end(source), destination..end(destination)]
}

fn source(body: &[u8]) -> Vec<u8> {
    body[numbers(body)[0].clone()].to_vec()
}

fn destination(body: &[u8]) -> Vec<u8> {
    body[numbers(body)[1].clone()].to_vec()
}

fn to_somebody_else(submit: &[u8], to: &[u8]) -> Vec<u8> {
    let [_, destination] = numbers(submit);
    [&submit[..destination.start], to, &submit[destination.end..]].concat()
}
