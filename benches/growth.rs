//! Turns a second of people who are known already, in a store of few and in one of many, beside bare sled that reads and writes as
//! much; and what a person and a turn take on the disk.
//!
//! `cargo bench --bench growth [-- PEOPLE [CACHE_MB]]`. Read the ratios; the disk changes. What does not hold is printed; it is no
//! failure. Of a store that is larger than its cache each turn reads a page from the disk: see what a larger one is worth.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use jiff::Timestamp;
use sayso::bot::Bot;
use sayso::dialogue::{Event, State, fingerprint, read, step, to_record};
use sayso::engine::{Arrival, Chance, Clock, Engine, Parts, Received, SystemChance, SystemClock};
use sayso::sms::{Inbound, Key, Phone};
use sayso::store::{Entry, SledStore, Store, Turn};
use sayso::workspace::Workspace;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// People in the small store, and in the large one if nothing is said.
const FEW: u64 = 10_000;
const MANY: u64 = 1_000_000;
/// Turns in the large store may be so much slower.
const SLOWER_BAR: f64 = 1.7;
/// How long each side runs, and how many turns wait at a time.
const RUN: Duration = Duration::from_secs(5);
const WAITING: usize = 128;
/// Turns of one commit while the store is filled.
const BATCH: u64 = 512;
/// The cache of the store, in MiB, if nothing is said: what `serve` takes if its settings say nothing.
const CACHE_MB: u64 = 256;

fn main() {
    let mut said = std::env::args().filter_map(|word| word.parse::<u64>().ok());
    let (many, cache) = (said.next().unwrap_or(MANY), said.next().unwrap_or(CACHE_MB) << 20);
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let bot = Arc::clone(workspace.bot("scoops").expect("the example brand is sound"));
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let sizes = [FEW, many].map(|people| (people, runtime.block_on(sayso_rate(&bot, people, cache))));
    for (people, measured) in &sizes {
        println!(
            "{people:>9} people: {:7.0} turns/s, filled at {:6.0}/s; on the disk {:4.0} bytes a person, {:4.0} a turn of one who is known",
            measured.rate, measured.filled, measured.person, measured.turn
        );
    }
    let slower = sizes[0].1.rate / sizes[1].1.rate;
    let [few, of_many] = [FEW, many].map(|people| sled_rate(people, cache));
    let bar = if slower <= SLOWER_BAR { "holds" } else { "DOES NOT HOLD" };
    println!(
        "{slower:.2} times slower with {} times the people; bare sled {:.2}; {SLOWER_BAR} {bar}",
        many / FEW,
        few / of_many
    );
}

/// What was measured in a store of one size.
struct Measured {
    filled: f64,
    rate: f64,
    /// Bytes on the disk of a person with one turn.
    person: f64,
    /// Bytes that a further turn adds.
    turn: f64,
}

fn folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    tempfile::Builder::new()
        .prefix("growth-")
        .tempdir_in(target)
        .expect("a folder on the disk of the project")
}

fn on_disk(folder: &Path) -> u64 {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let sizes = entries.map(|entry| match entry.metadata() {
        Ok(data) if data.is_dir() => on_disk(&entry.path()),
        Ok(data) => data.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

async fn sayso_rate(bot: &Arc<Bot>, people: u64, cache: u64) -> Measured {
    let folder = folder();
    let store = Arc::new(SledStore::open(folder.path(), cache).expect("a fresh store"));
    let empty = on_disk(folder.path());
    let begin = Instant::now();
    fill(&store, bot, people).await;
    let filled = people as f64 / begin.elapsed().as_secs_f64();
    let full = on_disk(folder.path());
    let engine = Arc::new(Engine::new(Parts::alone(vec![Arc::clone(bot)], store)));
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..WAITING {
        let (engine, next) = (Arc::clone(&engine), Arc::clone(&next));
        tasks.spawn(async move {
            while begin.elapsed() < RUN {
                let number = next.fetch_add(1, Ordering::Relaxed);
                let key = key(scattered(number) % people);
                let received =
                    engine.receive(Arrival::text(key.clone(), inbound(people + number, key.phone))).await;
                assert!(matches!(received, Ok(Received::Turn { .. })), "{received:?}");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no task panics");
    }
    let turns = next.load(Ordering::Relaxed) as f64;
    let rate = turns / begin.elapsed().as_secs_f64();
    drop(engine);
    let grown = on_disk(folder.path()).saturating_sub(full);
    Measured { filled, rate, person: (full - empty) as f64 / people as f64, turn: grown as f64 / turns }
}

/// Each of the people has asked once, and was answered.
async fn fill(store: &Arc<SledStore>, bot: &Arc<Bot>, people: u64) {
    let now: Timestamp = SystemClock.now();
    let next = Arc::new(AtomicU64::new(0));
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let (store, bot, next) = (Arc::clone(store), Arc::clone(bot), Arc::clone(&next));
        tasks.spawn(async move {
            loop {
                let begin = next.fetch_add(BATCH, Ordering::Relaxed);
                if begin >= people {
                    return;
                }
                let turns =
                    (begin..people.min(begin + BATCH)).map(|number| first_turn(&bot, number, now)).collect();
                store.commit(turns).await.expect("a commit");
            }
        });
    }
    while let Some(done) = tasks.join_next().await {
        done.expect("no task panics");
    }
}

fn first_turn(bot: &Bot, number: u64, now: Timestamp) -> Turn {
    let key = key(number);
    let inbound = inbound(number, key.phone);
    let seen = fingerprint(&inbound.account, &inbound.id);
    let event = Event::Text(inbound);
    let before = State::default();
    let made = step(bot, &before, &event, &read(bot, &before, &event, now), now, number);
    let entry = Entry {
        key: key.clone(),
        turn: made.state.person.turn,
        at: now,
        event,
        seed: number,
        bot: bot.hash.clone(),
        effects: Vec::new(), // what was answered has left long ago
        trace: made.trace,
    };
    let record = to_record(bot, &made.state);
    Turn {
        key,
        read_version: 0,
        at: now,
        seen: Some(seen),
        record,
        salt: SystemChance.salt(),
        hold_until: None,
        via: None,
        entry,
    }
}

fn key(number: u64) -> Key {
    let phone: Phone = format!("+1{}{:07}", 404 + number / 8_000_000, 2_000_000 + number % 8_000_000)
        .parse()
        .expect("a number");
    Key { brand: "scoops".into(), phone }
}

fn inbound(number: u64, from: Phone) -> Inbound {
    Inbound {
        account: "main".into(),
        id: format!("SM{number:032}").as_str().into(),
        from,
        to: "+14045550100".parse().expect("a number"),
        body: "Hours?".to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint: None,
        missing: 0,
    }
}

/// Numbers in an order that nobody foresees.
fn scattered(number: u64) -> u64 {
    number.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> 20
}

/// As many bytes read and written at the same people's keys by a loop that does nothing else, in batches with a sync each.
fn sled_rate(people: u64, cache: u64) -> f64 {
    let folder = folder();
    let path = folder.path().join("sled");
    let db = sled::Config::new()
        .path(&path)
        .cache_capacity(cache)
        .mode(sled::Mode::HighThroughput)
        .flush_every_ms(None)
        .open()
        .expect("a fresh database");
    let file = std::fs::File::open(path.join("db")).expect("sled's file");
    let value = vec![7_u8; 300];
    let at = |number: u64| [b"dscoops/".as_slice(), key(number).phone.to_string().as_bytes()].concat();
    let sync = |batch: sled::Batch| {
        db.apply_batch(batch).expect("a write");
        db.flush().expect("a flush");
        file.sync_data().expect("a sync");
    };
    for begin in (0..people).map(|batch| batch * BATCH).take_while(|begin| *begin < people) {
        let mut batch = sled::Batch::default();
        for number in begin..people.min(begin + BATCH) {
            batch.insert(at(number), value.as_slice());
            batch.insert([b"f".as_slice(), &number.to_be_bytes()].concat(), value.as_slice());
        }
        sync(batch);
    }
    let (mut turns, begin) = (0_u64, Instant::now());
    while begin.elapsed() < RUN {
        let mut batch = sled::Batch::default();
        for _ in 0..WAITING {
            let key = at(scattered(turns) % people);
            assert!(db.get(&key).expect("a read").is_some());
            batch.insert(key, value.as_slice());
            batch.insert([b"t".as_slice(), &turns.to_be_bytes()].concat(), value.as_slice());
            turns += 1;
        }
        sync(batch);
    }
    turns as f64 / begin.elapsed().as_secs_f64()
}
