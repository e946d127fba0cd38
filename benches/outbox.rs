//! The outbox and the timers of the embedded store, by how much waits. Read the ratios: the disk changes.
//!
//! `cargo bench --bench outbox`; `-- 1000000` says how much is much, `-- 10000000 timers` measures the timers alone.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use jiff::Timestamp;
use sayso::consent::chain::Salt;
use sayso::dialogue::{Cause, Effect, Event, Record, Send, Timer, Trace};
use sayso::language::Lang;
use sayso::sms::{Class, Content, Key};
use sayso::store::{Claim, Entry, RowId, Settlement, SledStore, Store, Turn, Via};
use std::path::Path;
use std::time::{Duration, Instant};

/// Little.
const FEW: u32 = 10_000;
/// Much, where nothing else is asked for.
const MANY: u32 = 1_000_000;
/// Turns in one call.
const AT_ONCE: u32 = 1_000;
/// Rows of the claims that are measured, and timers of the looks.
const MEASURED: usize = 10_000;
/// Rows that one claim gives out.
const CLAIMED: usize = 100;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let many = arguments.iter().find_map(|argument| argument.parse().ok()).unwrap_or(MANY);
    let timers_alone = arguments.iter().any(|argument| argument == "timers");
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    if !timers_alone {
        let (few, much) = (runtime.block_on(claims(FEW)), runtime.block_on(claims(many)));
        println!("a row is claimed and settled, behind so many rows of campaigns:");
        compare(FEW, few.each, many, much.each);
        println!("a reply of another brand comes behind {} and {} rows\n", few.before, much.before);
        println!("the store with {many} rows is opened in {:.1?}\n", much.opened);
    }
    let (few, much) = (runtime.block_on(timers(FEW)), runtime.block_on(timers(many)));
    println!("a timer is armed, beside so many:");
    compare(FEW, few.0, many, much.0);
    println!("a timer is found, rings and is taken away, beside so many:");
    compare(FEW, few.1, many, much.1);
}

fn compare(few: u32, little: Duration, many: u32, much: Duration) {
    let ratio = much.as_secs_f64() / little.as_secs_f64();
    println!("  {few:>9}: {little:>10.1?}\n  {many:>9}: {much:>10.1?}  {ratio:.2}x\n");
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_300_800 + second).expect("a moment")
}

fn folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&target).expect("a folder for what is built");
    tempfile::Builder::new()
        .prefix("outbox-")
        .tempdir_in(target)
        .expect("a folder on the disk of the project")
}

fn open(folder: &Path) -> SledStore {
    loop {
        match SledStore::open(folder, 256 << 20) {
            Ok(store) => return store,
            Err(sayso::store::OpenError::Locked(_)) => std::thread::yield_now(),
            Err(error) => panic!("{error}"),
        }
    }
}

fn key(brand: &str, number: u32) -> Key {
    let phone = format!("+1{}", 2_000_000_000 + u64::from(number)).parse().expect("a number");
    Key { brand: brand.into(), phone }
}

fn turn(key: Key, version: u64, effects: Vec<Effect>, timers: Vec<i64>) -> Turn {
    let mut record = Record::default();
    record.person.turn = version + 1;
    let armed_in = version + 1;
    record.person.timers = timers.into_iter().map(|second| Timer { due: at(second), armed_in }).collect();
    let entry = Entry {
        key: key.clone(),
        turn: version + 1,
        at: at(0),
        event: Event::Start { flow: "offer".into(), cause: Cause::Campaign },
        seed: 7,
        bot: "b0".into(),
        effects,
        trace: Trace::default(),
    };
    let via = Some(Via { account: "main".into(), number: None });
    let (read_version, salt) = (version, Salt::new([9; 16]));
    Turn { key, read_version, at: at(0), seen: None, record, salt, hold_until: None, via, entry }
}

fn send(class: Class) -> Vec<Effect> {
    vec![Effect::Send(Send {
        class,
        content: Content::Marketing,
        programme: sayso::sms::ProgrammeId::main(),
        from: "72345".parse().ok(),
        body: "Two scoops for one, today only. Reply STOP to end.".into(),
        language: Lang::EN,
        media: Vec::new(),
    })]
}

async fn fill(store: &SledStore, many: u32, turn: impl Fn(u32) -> Turn) {
    for first in (0..many).step_by(AT_ONCE as usize) {
        let turns = (first..(first + AT_ONCE).min(many)).map(&turn).collect();
        store.commit(turns).await.expect("there is room");
    }
}

/// What claims cost.
struct Claims {
    each: Duration,
    /// Rows that were given out before a reply of another brand.
    before: usize,
    opened: Duration,
}

async fn claims(many: u32) -> Claims {
    let folder = folder();
    let store = open(folder.path());
    fill(&store, many, |number| turn(key("scoops", number), 0, send(Class::Campaign), Vec::new())).await;
    drop(store);
    let begin = Instant::now();
    let store = open(folder.path());
    let opened = begin.elapsed();
    // The campaign is under way when somebody writes to another brand.
    let mut given = Vec::new();
    given.extend(store.claim(Claim::of(at(1), CLAIMED)).await.expect("it answers").rows);
    store
        .commit(vec![turn(key("donuts", 1), 0, send(Class::Reply), Vec::new())])
        .await
        .expect("there is room");
    let rows = store.claim(Claim::of(at(1), CLAIMED)).await.expect("it answers").rows;
    let before =
        rows.iter().position(|row| row.key.brand.as_str() == "donuts").expect("it is among the next");
    given.extend(rows);
    settle(&store, given.iter().map(|row| row.id).collect()).await;
    let begin = Instant::now();
    let wanted = MEASURED.min(many as usize / 2);
    for _ in 0..wanted / CLAIMED {
        let rows = store.claim(Claim::of(at(1), CLAIMED)).await.expect("it answers").rows;
        settle(&store, rows.iter().map(|row| row.id).collect()).await;
    }
    let each = begin.elapsed() / u32::try_from(wanted / CLAIMED * CLAIMED).expect("few");
    Claims { each, before, opened }
}

async fn settle(store: &SledStore, rows: Vec<RowId>) {
    let settled = rows.into_iter().map(|row| (row, Settlement::Done)).collect();
    store.settle(settled).await.expect("it answers");
}

/// What it costs to arm one timer more, and to let one ring, beside so many.
async fn timers(many: u32) -> (Duration, Duration) {
    let folder = folder();
    let store = open(folder.path());
    let measured = u32::try_from(MEASURED).expect("few");
    let armed = |number: u32| {
        // Spread over two weeks, in no order.
        let second = i64::from(number.wrapping_mul(2_654_435_761) % (14 * 86_400));
        turn(key("scoops", number), 0, Vec::new(), vec![10 + second])
    };
    fill(&store, many - measured.min(many / 2), armed).await;
    let last = many - measured.min(many / 2);
    let begin = Instant::now();
    for first in (last..many).step_by(AT_ONCE as usize) {
        let turns = (first..(first + AT_ONCE).min(many)).map(armed).collect();
        store.commit(turns).await.expect("there is room");
    }
    let arming = begin.elapsed() / (many - last);
    let (begin, mut rung) = (Instant::now(), 0);
    while rung < measured.min(many / 2) {
        let due = store.due(at(30 * 86_400), 256).await.expect("it answers");
        let turns: Vec<Turn> =
            due.into_iter().map(|alarm| turn(alarm.key, 1, Vec::new(), Vec::new())).collect();
        rung += u32::try_from(turns.len()).expect("few");
        store.commit(turns).await.expect("there is room");
    }
    (arming, begin.elapsed() / rung)
}
