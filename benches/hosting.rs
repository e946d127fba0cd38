//! One host, many brands: opening all of them, what memory they take, a brand's first text, one brand read again, and turns a
//! second, each beside the same with few brands.
//!
//! `cargo bench --bench hosting [-- BRANDS]`. The brands are the example brands, each under names and numbers of its own. Read
//! the ratios; the disk and the machine change. What does not hold is printed; it is no failure.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use sayso::bot::Bot;
use sayso::dialogue::{Event, State, read, step};
use sayso::engine::{Arrival, Engine, Parts, Received, Served};
use sayso::sms::{BrandId, Inbound, Key, Phone};
use sayso::store::SledStore;
use sayso::workspace::{Live, Workspace};
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// Brands, if nothing is said.
const BRANDS: usize = 8_000;
/// The brands that are copied.
const EXAMPLES: [&str; 3] = ["scoops", "brewery", "trailhead"];
/// Opening all of them may take so long.
const OPEN_BAR: Duration = Duration::from_secs(10);
/// They may take so much memory.
const MEMORY_BAR: u64 = 2 << 30;
/// A brand's first text may take so long.
const FIRST_BAR: Duration = Duration::from_millis(10);
/// A turn among all of them may be so much slower than one alone.
const SLOWER_BAR: f64 = 1.3;
/// How long turns are counted in each round, how many wait at a time, and rounds, of which the median counts.
const RUN: Duration = Duration::from_secs(2);
const WAITING: usize = 128;
const ROUNDS: usize = 5;

fn main() {
    let count = std::env::args().find_map(|word| word.parse().ok()).unwrap_or(BRANDS);
    let folder = folder();
    let bytes = write_brands(folder.path(), count);
    let (hashed, _) = timed(|| bytes.iter().map(|path| hash(path)).fold(0_u8, |all, one| all ^ one));
    let before = resident();
    let (open, workspace) = timed(|| Workspace::open(folder.path()));
    let mut live = Live::of(workspace);
    let memory = resident().saturating_sub(before);
    assert_eq!(live.bots().count(), count, "every brand is sound");
    let bar = if open <= OPEN_BAR { "holds" } else { "DOES NOT HOLD" };
    let ratio = open.as_secs_f64() / hashed.as_secs_f64();
    println!(
        "open {count} brands: {open:.2?}, {ratio:.1} times reading and hashing them; {OPEN_BAR:?} {bar}"
    );
    let bar = if memory <= MEMORY_BAR { "holds" } else { "DOES NOT HOLD" };
    println!("memory: {} MiB, {} KiB a brand; 2 GiB {bar}", memory >> 20, (memory >> 10) / count as u64);
    first_texts(&live);
    reload(folder.path(), &mut live, count);
    turns(&live);
}

fn timed<T>(work: impl FnOnce() -> T) -> (Duration, T) {
    let begin = Instant::now();
    let made = work();
    (begin.elapsed(), made)
}

fn folder() -> tempfile::TempDir {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("target");
    std::fs::create_dir_all(&target).expect("a folder on the disk of the project");
    tempfile::Builder::new().prefix("hosting-").tempdir_in(target).expect("a folder in it")
}

/// Bytes of this process in memory (`man 5 proc`).
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").expect("Linux");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).expect("VmRSS");
    line.trim().trim_end_matches(" kB").parse::<u64>().expect("a number") * 1024
}

fn hash(path: &Path) -> u8 {
    Sha256::digest(std::fs::read(path).expect("it was written"))[0]
}

/// Writes copies of the example brands; the files.
fn write_brands(root: &Path, count: usize) -> Vec<PathBuf> {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    let mut put = |path: PathBuf, text: &str| {
        std::fs::create_dir_all(path.parent().expect("below the root")).expect("a folder");
        std::fs::write(&path, text).expect("a file");
        files.push(path);
    };
    for (path, text) in texts(&here.join("grammars"), "grammar") {
        put(root.join("grammars").join(path), &text);
    }
    put(root.join("sayso.toml"), SETTINGS);
    let examples = EXAMPLES.map(|name| {
        let flows = texts(&here.join("flows").join(name), "flow");
        (name, flows, texts(&here.join("grammars").join(name), "grammar"))
    });
    for number in 0..count {
        let (name, flows, grammars) = &examples[number % examples.len()];
        let brand = format!("{name}-{number}");
        for (path, text) in flows {
            let text = if path == "brand.flow" { with_number(text, number) } else { text.clone() };
            put(root.join("flows").join(&brand).join(path), &text);
        }
        for (path, text) in grammars {
            put(root.join("grammars").join(&brand).join(path), text);
        }
    }
    files
}

const SETTINGS: &str = r#"[providers.main]
kind = "generic"
token = "env:TOKEN"

[secrets]
crm-key = "env:KEY"
shops-key = "env:KEY"
"#;

/// A brand's facts with one number, its own.
fn with_number(text: &str, number: usize) -> String {
    let line = |line: &str| {
        if line.trim_start().starts_with("numbers ") {
            format!("  numbers +1404{} via main\n", 3_000_000 + number)
        } else {
            format!("{line}\n")
        }
    };
    text.lines().map(line).collect()
}

/// The files of a folder with that ending, by name.
fn texts(folder: &Path, ending: &str) -> Vec<(String, String)> {
    let entries =
        std::fs::read_dir(folder).into_iter().flatten().map(|entry| entry.expect("an entry").path());
    let files = entries.filter(|path| path.extension().is_some_and(|own| own == ending));
    let named = files.map(|path| {
        let name = path.file_name().expect("a name").to_string_lossy().into_owned();
        (name, std::fs::read_to_string(path).expect("a text"))
    });
    named.collect()
}

/// The first text of brands that nobody has texted yet, and their second.
fn first_texts(live: &Live) {
    let now = "2026-11-23T15:00:00Z".parse().expect("a moment");
    let turn = |bot: &Bot| {
        let state = State::default();
        let event = Event::Text(inbound(0, bot));
        let reading = read(bot, &state, &event, now);
        step(bot, &state, &event, &reading, now, 1)
    };
    let times = || {
        let mut times: Vec<Duration> = live.bots().map(|bot| timed(|| turn(bot)).0).collect();
        times.sort();
        times
    };
    let (first, second) = (times(), times());
    let slowest = first[first.len() * 99 / 100];
    let median = |times: &[Duration]| times[times.len() / 2];
    let ratio = median(&first).as_secs_f64() / median(&second).as_secs_f64();
    let bar = if slowest <= FIRST_BAR { "holds" } else { "DOES NOT HOLD" };
    println!(
        "first text of a brand: {:.0?}, {ratio:.2} times a second one; 99 of 100 below {slowest:.0?}; {FIRST_BAR:?} {bar}",
        median(&first)
    );
}

/// One brand read again and put in place, beside the same in a workspace of that brand alone.
fn reload(root: &Path, live: &mut Live, count: usize) {
    let alone = folder();
    write_brands(alone.path(), 1);
    let mut single = Live::of(Workspace::open(alone.path()));
    let brand = |number: usize| format!("{}-{number}", EXAMPLES[number % EXAMPLES.len()]);
    let edit = |root: &Path, brand: &str, round: usize| {
        let path = root.join("flows").join(brand).join("brand.flow");
        let text = std::fs::read_to_string(&path).expect("it was written");
        std::fs::write(path, format!("{text}# {round}\n")).expect("a file");
        BTreeSet::from([BrandId::from(brand)])
    };
    let again = |live: &mut Live, engine: &Engine, brands: &BTreeSet<BrandId>| {
        let (read, reread) = timed(|| live.reread(brands));
        assert_eq!(reread.changed.len(), 1, "{:?}", reread.found);
        let served =
            || Served { bots: live.bots().cloned().collect(), closed: live.closed(), ..Served::default() };
        (read, timed(|| engine.serve(served())).0)
    };
    let store = folder();
    let engines = [engine(live, &store.path().join("all")), engine(&single, &store.path().join("one"))];
    let (mut of_all, mut of_one) = (Vec::new(), Vec::new());
    for round in 0..21 {
        // The same example each time, at places all over.
        let name = brand(round * 3 * (count / 63).max(1) % count / 3 * 3);
        of_all.push(again(live, &engines[0], &edit(root, &name, round)));
        of_one.push(again(&mut single, &engines[1], &edit(alone.path(), &brand(0), round)));
    }
    let median = |times: &mut Vec<(Duration, Duration)>| {
        times.sort();
        times[times.len() / 2]
    };
    let ((all, put), (one, _)) = (median(&mut of_all), median(&mut of_one));
    let ratio = (all + put).as_secs_f64() / one.as_secs_f64();
    println!(
        "one brand read again among {count}: {all:.2?}, put in place in {put:.2?}; {ratio:.2} times the same alone"
    );
}

fn engine(live: &Live, store: &Path) -> Arc<Engine> {
    Arc::new(Engine::new(Parts::alone(
        live.bots().cloned().collect(),
        Arc::new(SledStore::open(store, 256 << 20).expect("a fresh store")),
    )))
}

/// Durable turns a second: texts to all brands by turns, and to one of them alone.
fn turns(live: &Live) {
    let scoops: Vec<_> = live.bots().filter(|bot| bot.id.as_str().starts_with("scoops")).cloned().collect();
    let (mut all, mut one) = (Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        all.push(rate(live, &scoops));
        one.push(rate(live, &scoops[..1]));
    }
    let median = |mut rates: Vec<f64>| {
        rates.sort_by(f64::total_cmp);
        rates[rates.len() / 2]
    };
    let (all, one) = (median(all), median(one));
    let slower = one / all;
    let bar = if slower <= SLOWER_BAR { "holds" } else { "DOES NOT HOLD" };
    let count = scoops.len();
    println!(
        "turns: {all:.0}/s to {count} brands, {one:.0}/s to one of them: {slower:.2} times slower; {SLOWER_BAR} {bar}"
    );
}

fn rate(live: &Live, to: &[Arc<Bot>]) -> f64 {
    let folder = folder();
    let engine = engine(live, folder.path());
    let runtime = tokio::runtime::Builder::new_multi_thread().build().expect("a runtime");
    let next = Arc::new(AtomicU64::new(0));
    let begin = Instant::now();
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for _ in 0..WAITING {
            let (engine, next, to) = (Arc::clone(&engine), Arc::clone(&next), to.to_vec());
            tasks.spawn(async move {
                while begin.elapsed() < RUN {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    let bot = &to[usize::try_from(number).expect("few") % to.len()];
                    let inbound = inbound(number, bot);
                    let key = Key { brand: bot.kept_as.clone(), phone: inbound.from };
                    let received = engine.receive(Arrival::text(key, inbound)).await;
                    assert!(matches!(received, Ok(Received::Turn { .. })), "{received:?}");
                }
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.expect("no task panics");
        }
    });
    next.load(Ordering::Relaxed) as f64 / begin.elapsed().as_secs_f64()
}

fn inbound(number: u64, bot: &Bot) -> Inbound {
    Inbound {
        account: "main".into(),
        id: format!("SM{number:032}").as_str().into(),
        from: phone(number),
        to: bot.numbers[0].sender,
        body: "Hours?".to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint: None,
        missing: 0,
    }
}

/// Numbers in an order that nobody foresees: a store's neighbours are no neighbours in time.
fn phone(number: u64) -> Phone {
    let scattered = number.wrapping_mul(4_400_237) % 7_000_003;
    format!("+1505{:07}", 2_000_000 + scattered).parse().expect("a number")
}
