//! Durable turns a second through `Engine::receive`, beside a raw loop that does the same puts in sled, in the same
//! batches, with the same syncs, beside sled with a transaction and a sync for each turn, and beside a bare file that is written
//! and synced. Read the ratios: the disk changes.
//!
//! `cargo bench --bench durable_turns`

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use sayso::engine::{Arrival, Engine, Parts, Received};
use sayso::sms::{Inbound, Key};
use sayso::store::SledStore;
use sayso::workspace::Workspace;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// How long each side runs in each round.
const RUN: Duration = Duration::from_secs(2);
/// Rounds; the median counts.
const ROUNDS: usize = 3;
/// Turns that wait at the same time.
const WAITING: [usize; 4] = [1, 16, 128, 1_024];

/// Threads that write one turn at a time: more only wait for each other.
const WRITERS_MAX: usize = 64;

/// What one turn wrote, on the mean: for each kind of key, its length, its value's length, and how many a turn.
#[derive(Debug, Clone)]
struct Shape(Vec<(u8, usize, usize, f64)>);

impl Shape {
    fn keys(&self) -> f64 {
        self.0.iter().map(|(_, _, _, count)| count).sum()
    }

    fn bytes(&self) -> f64 {
        self.0.iter().map(|(_, key, value, count)| (key + value) as f64 * count).sum()
    }
}

fn main() {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let bot = Arc::clone(workspace.bot("scoops").expect("the example brand is sound"));
    println!(
        "each turn: a keyword of a new subscriber, answered by one text; {ROUNDS} rounds of {RUN:?}, medians\n"
    );
    println!("waiting  engine/s  raw sled/s  ratio  one by one/s  ratio  file/s  ratio  syncs/s (file)");
    for waiting in WAITING {
        let (mut engine, mut raw, mut single, mut file) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        let mut shape = None;
        for _ in 0..ROUNDS {
            let (rate, wrote) = engine_rate(&bot, waiting);
            engine.push(rate);
            raw.push(raw_rate(&wrote, waiting));
            single.push(single_rate(&wrote, waiting));
            file.push(file_rate(&wrote, waiting));
            shape = Some(wrote);
        }
        let [engine, raw, single, file] = [engine, raw, single, file].map(median);
        println!(
            "{waiting:7}  {engine:8.0}  {raw:10.0}  {:5.2}  {single:12.0}  {:5.2}  {file:6.0}  {:5.2}  {:7.0}",
            engine / raw,
            engine / single,
            engine / file,
            file / waiting as f64
        );
        if let (1_024, Some(shape)) = (waiting, shape) {
            println!("\na turn wrote {:.2} keys, {:.0} bytes", shape.keys(), shape.bytes());
        }
    }
}

fn median(mut rates: Vec<f64>) -> f64 {
    rates.sort_by(f64::total_cmp);
    rates[rates.len() / 2]
}

fn folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    tempfile::Builder::new()
        .prefix("durable-turns-")
        .tempdir_in(target)
        .expect("a folder on the disk of the project")
}

fn engine_rate(bot: &Arc<sayso::bot::Bot>, waiting: usize) -> (f64, Shape) {
    let folder = folder();
    let store = Arc::new(SledStore::open(folder.path(), 256 << 20).expect("a fresh store"));
    let engine = Arc::new(Engine::new(Parts::alone(vec![Arc::clone(bot)], store)));
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..waiting {
            let (engine, next) = (Arc::clone(&engine), Arc::clone(&next));
            tasks.spawn(async move {
                while begin.elapsed() < RUN {
                    let received = engine.receive(arrival(next.fetch_add(1, Ordering::Relaxed))).await;
                    assert!(matches!(received, Ok(Received::Turn { .. })), "{received:?}");
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("no task panics");
        }
    });
    let turns = next.load(Ordering::Relaxed);
    let rate = turns as f64 / begin.elapsed().as_secs_f64();
    drop(runtime);
    drop(engine);
    (rate, shape(folder.path(), turns))
}

fn arrival(number: u64) -> Arrival {
    let phone = format!("+1404{:07}", 2_000_000 + number % 8_000_000).parse().expect("a number");
    let inbound = Inbound {
        account: "twilio-main".into(),
        id: format!("SM{number:032}").as_str().into(),
        from: phone,
        to: "+14045550100".parse().expect("a number"),
        body: "Hours?".to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint: None,
        missing: 0,
    };
    Arrival::text(Key { brand: "scoops".into(), phone }, inbound)
}

/// Reads what the turns wrote.
fn shape(folder: &Path, turns: u64) -> Shape {
    let db = sled::open(folder.join("sled")).expect("the store was closed");
    let mut kinds: std::collections::BTreeMap<u8, (usize, usize, usize)> = std::collections::BTreeMap::new();
    for found in db.iter() {
        let (key, value) = found.expect("a sound store");
        let kind = kinds.entry(key[0]).or_default();
        *kind = (kind.0 + 1, kind.1 + key.len(), kind.2 + value.len());
    }
    kinds.retain(|_, (count, ..)| *count > 1); // facts about the store itself
    let mean = |(kind, (count, keys, values)): (u8, (usize, usize, usize))| {
        (kind, keys / count, values / count, count as f64 / turns as f64)
    };
    Shape(kinds.into_iter().map(mean).collect())
}

/// A fresh database, as the store opens it, and its file.
fn sled_in(folder: &Path) -> (sled::Db, File) {
    let path = folder.join("sled");
    let config = sled::Config::new().path(&path).cache_capacity(256 << 20);
    let config = config.mode(sled::Mode::HighThroughput).flush_every_ms(None);
    let db = config.open().expect("a fresh database");
    (db, File::open(path.join("db")).expect("sled's file"))
}

/// Puts that are as those of a turn.
struct Puts<'s> {
    shape: &'s Shape,
    values: Vec<Vec<u8>>,
}

impl<'s> Puts<'s> {
    fn of(shape: &'s Shape) -> Self {
        Self { shape, values: shape.0.iter().map(|(_, _, value, _)| filler(*value)).collect() }
    }

    fn each(&self, turn: u64, mut put: impl FnMut(Vec<u8>, &[u8])) {
        for ((kind, length, _, _), value) in self.shape.0.iter().zip(&self.values) {
            let mut key = vec![*kind];
            // Turns and messages come in order, people do not.
            let number = if *kind == b'd' { turn.wrapping_mul(0x9E37_79B9_7F4A_7C15) } else { turn };
            key.extend_from_slice(&number.to_be_bytes());
            key.resize(*length, 0);
            put(key, value);
        }
    }
}

/// The same puts with a transaction and a sync for each turn, by as many threads as turns wait.
fn single_rate(shape: &Shape, waiting: usize) -> f64 {
    let folder = folder();
    let (db, file) = sled_in(folder.path());
    let (puts, next, begin) = (Puts::of(shape), AtomicU64::new(0), Instant::now());
    let write = || {
        while begin.elapsed() < RUN {
            let turn = next.fetch_add(1, Ordering::Relaxed);
            let written = db.transaction(|db| {
                let mut result = Ok(());
                puts.each(turn, |key, value| {
                    if let Err(error) = db.insert(key, value) {
                        result = Err(error);
                    }
                });
                Ok(result?)
            });
            written.map_err(|error: sled::transaction::TransactionError| error).expect("a write");
            db.flush().expect("a flush");
            file.sync_data().expect("a sync");
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..waiting.min(WRITERS_MAX) {
            scope.spawn(write);
        }
    });
    next.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}

/// The same puts in the same batches with the same syncs, by a loop that does nothing else.
fn raw_rate(shape: &Shape, waiting: usize) -> f64 {
    let folder = folder();
    let (db, file) = sled_in(folder.path());
    let (puts, begin) = (Puts::of(shape), Instant::now());
    let mut turns = 0_u64;
    while begin.elapsed() < RUN {
        let mut batch = sled::Batch::default();
        for _ in 0..waiting {
            puts.each(turns, |key, value| batch.insert(key, value));
            turns += 1;
        }
        db.apply_batch(batch).expect("a write");
        db.flush().expect("a flush");
        file.sync_data().expect("a sync");
    }
    turns as f64 / begin.elapsed().as_secs_f64()
}

/// The same bytes appended to a file and synced.
fn file_rate(shape: &Shape, waiting: usize) -> f64 {
    let folder = folder();
    let mut file = File::create(folder.path().join("bytes")).expect("a file");
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a few hundred bytes")]
    let bytes = filler(shape.bytes() as usize * waiting);
    let begin = Instant::now();
    let mut turns = 0_usize;
    while begin.elapsed() < RUN {
        file.write_all(&bytes).expect("a write");
        file.sync_data().expect("a sync");
        turns += waiting;
    }
    turns as f64 / begin.elapsed().as_secs_f64()
}

/// Bytes that do not compress into nothing.
fn filler(length: usize) -> Vec<u8> {
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    std::iter::repeat_with(|| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[0]
    })
    .take(length)
    .collect()
}
