//! Conversations a second through the simulator, which is the production engine on a store in memory, beside a bare loop
//! of `step` on the same texts; and random ones, as `sayso test --explore` walks them.
//!
//! `cargo bench --bench conversations`

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use sayso::bot::Bot;
use sayso::diagnostic::{Diagnostics, Sources};
use sayso::dialogue::{Event, State, read, step};
use sayso::explore::{Exploring, explore};
use sayso::outline::Reader;
use sayso::simulator::Simulation;
use sayso::sms::Inbound;
use sayso::transcript::{Chat, Outcome, parse, run};
use sayso::workspace::Workspace;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Conversations of [`TEXTS`] texts each.
const CONVERSATIONS: usize = 10_000;
/// How long they may take in one process on two cores.
const BAR: Duration = Duration::from_secs(2);
/// Turns of random conversations, and how long they may take.
const TURNS: usize = 100_000;
const TURNS_BAR: Duration = Duration::from_secs(10);
/// Threads: the cores that the bars are meant for.
const THREADS: usize = 2;

/// Ten turns with what is expected of them, as people write it.
const CHAT: &str = "\
brand scoops
at 2026-06-01 12:00 America/New_York

> JOIN
= consent in
< Welcome to Scoops Alerts! *
> ana
= name Ana
< Thanks Ana! What's your ZIP code?
> 303
< A ZIP code has five digits, like 30309.
> 30309
= zip 30309
< Vanilla, mint or mango?
> hours
< We're open every day *
< Vanilla, mint or mango?
> mango
= tag mango-fan
< Good taste: *
< You're in, Ana! *
> order
< How many scoops *
> 3
< 3 it is. *
> yes
= tag likes-surveys
< Lovely, see you soon!
> whatever happens
< Sorry, *
";

fn main() {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let bot = workspace.bot("scoops").expect("the example brand is sound");
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let file = sources.add("bench.chat", CHAT);
    let chat = parse(CHAT, &mut Reader::new(file, &mut found));
    let texts: Vec<&str> = CHAT.lines().filter_map(|line| line.strip_prefix("> ")).collect();
    println!("{CONVERSATIONS} conversations of {} texts, {THREADS} threads\n", texts.len());

    let bare = timed(|| each_thread(|| bare(bot, &texts)));
    let ours = timed(|| each_thread(|| conversation(bot, &chat, file)));
    let each = |time: Duration| time.as_secs_f64() * 1e6 / (CONVERSATIONS * texts.len()) as f64;
    println!("    {:9.1} ms  run, with all that is expected ({:.1} us a turn)", millis(ours), each(ours));
    println!("    {:9.1} ms  the same texts: `read` and `step` alone ({:.1} us)", millis(bare), each(bare));
    println!("    {:9.1}     the ratio\n", ours.as_secs_f64() / bare.as_secs_f64());
    println!("{}  in less than {BAR:?}\n", if ours < BAR { "reached    " } else { "NOT REACHED" });

    let brands = workspace.bots.len();
    println!("{TURNS} turns of random conversations with {brands} brands, {THREADS} threads\n");
    let exploring = Exploring { turns: TURNS, seed: 1, threads: THREADS };
    let mut explored = None;
    let random = timed(|| {
        explored = Some(explore(&workspace.bots, exploring, &|bot, begin| Simulation::new(bot, begin)));
    });
    let findings = explored.expect("it was explored").findings.len();
    let each_step = bare.as_secs_f64() / (CONVERSATIONS * texts.len()) as f64;
    println!(
        "    {:9.1} ms  explore ({:.1} us a turn)",
        millis(random),
        random.as_secs_f64() * 1e6 / TURNS as f64
    );
    println!("    {:9.1}     the ratio to a bare step", random.as_secs_f64() / TURNS as f64 / each_step);
    println!("    {findings:9}     findings\n");
    println!(
        "{}  in less than {TURNS_BAR:?}",
        if random < TURNS_BAR { "reached    " } else { "NOT REACHED" }
    );
}

/// Does something for each conversation, on all threads.
fn each_thread<F: FnMut()>(make: impl Fn() -> F + Sync) {
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..THREADS {
            scope.spawn(|| {
                let mut run = make();
                while next.fetch_add(1, Ordering::Relaxed) < CONVERSATIONS {
                    run();
                }
            });
        }
    });
}

/// Runs the conversation as `sayso test` does.
fn conversation<'a>(bot: &'a Arc<Bot>, chat: &'a Chat, file: sayso::diagnostic::FileId) -> impl FnMut() + 'a {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    move || {
        let mut found = Diagnostics::default();
        let ran = runtime.block_on(run(chat, file, bot, &mut found)).expect("the simulation works");
        assert_eq!(ran.outcome, Outcome::Passed, "{found:?}");
    }
}

/// The core alone: texts are read, and the dialogue steps.
fn bare<'a>(bot: &'a Bot, texts: &'a [&'a str]) -> impl FnMut() + 'a {
    let from = "+14045550123".parse().expect("a number");
    let to = bot.numbers[0].sender;
    let now = "2026-06-01T16:00:00Z".parse().expect("a moment");
    move || {
        let mut state = State::default();
        for (number, text) in texts.iter().enumerate() {
            let event = Event::Text(Inbound {
                account: "twilio-main".into(),
                id: number.to_string().as_str().into(),
                from,
                to,
                body: (*text).to_owned(),
                sent_at: None,
                media: Vec::new(),
                hint: None,
                missing: 0,
            });
            let reading = read(bot, &state, &event, now);
            state = black_box(step(bot, &state, &event, &reading, now, 7)).state;
        }
    }
}

fn timed(run: impl FnOnce()) -> Duration {
    let begin = Instant::now();
    run();
    begin.elapsed()
}

fn millis(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
