//! Recorded dialogues: replayed on the files that recorded them nothing differs, and written as conversations they pass.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use jiff::{SignedDuration, ToSpan};
use sayso::bot::Bot;
use sayso::diagnostic::{Diagnostics, Sources, draw};
use sayso::flow::Delay;
use sayso::outline::Reader;
use sayso::replay::{Compared, Replay, Verdict};
use sayso::simulator::Simulation;
use sayso::sms::Phone;
use sayso::store::{Entry, Scanned, Table};
use sayso::transcript::{Chat, Line, Outcome, parse, recorded, run};
use sayso::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::sync::Arc;

const PERSON: &str = "+15412345678";

fn here() -> Workspace {
    Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")))
}

/// Every conversation of the example brands.
fn conversations(workspace: &Workspace) -> Vec<(Arc<Bot>, PathBuf)> {
    let of = |bot: &Arc<Bot>| {
        let chats = workspace.chats(&bot.id).into_iter();
        chats.map(|chat| (Arc::clone(bot), chat)).collect::<Vec<_>>()
    };
    workspace.bots.iter().flat_map(of).collect()
}

fn read(text: &str) -> Chat {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let chat = parse(text, &mut Reader::new(sources.add("x", text), &mut found));
    assert!(!found.has_errors(), "{}", draw(&sources, &found.into_report().0, false));
    chat
}

/// What a conversation leaves in the log, when somebody with that number has it.
async fn log(bot: &Arc<Bot>, chat: &Chat, phone: Phone) -> Vec<(u64, Entry)> {
    let begin = chat.at.as_ref().map_or_else(|| "2026-06-01T16:00:00Z".parse().unwrap(), |at| at.value);
    let mut simulation = Simulation::new(bot, begin).unwrap();
    for line in &chat.lines {
        match &line.value {
            Line::Text(body) => _ = simulation.text(phone, body).await.unwrap(),
            Line::Wait(Delay::Exact { seconds }) => {
                simulation.advance(SignedDuration::from_secs(*seconds)).await.unwrap();
            }
            Line::Wait(Delay::Calendar { days }) => {
                let now = simulation.now();
                let then = now.to_zoned(bot.zone.clone()).checked_add(days.days()).unwrap();
                simulation.advance(then.timestamp().duration_since(now)).await.unwrap();
            }
            Line::Lookup(name, answer) => simulation.answer_lookup(name, answer.clone()),
            Line::Human(done) => _ = simulation.human(phone, done.clone()).await.unwrap(),
            Line::Pin(what, end) | Line::Draw(what, end) => simulation.pin(phone, what, end).await.unwrap(),
            _ => {}
        }
    }
    let page = simulation.engine().store().scan(Table::Turns, None, 10_000).await.unwrap();
    let turn = |item| match item {
        Scanned::Turn { seq, entry } => (seq, *entry),
        other => panic!("{other:?}"),
    };
    page.items.into_iter().map(turn).collect()
}

fn replayed(bots: &[Arc<Bot>], log: &[(u64, Entry)], at_once: usize) -> Vec<Compared> {
    let mut replay = Replay::new(bots, None, at_once);
    let mut compared = Vec::new();
    loop {
        compared.extend(log.iter().flat_map(|(seq, entry)| replay.turn(*seq, entry)));
        if !replay.ends_pass() {
            return compared;
        }
    }
}

#[tokio::test]
async fn under_the_files_that_recorded_it_nothing_differs() {
    let workspace = here();
    let mut turns = 0;
    for (bot, path) in conversations(&workspace) {
        let chat = read(&std::fs::read_to_string(&path).unwrap());
        let log = log(&bot, &chat, PERSON.parse().unwrap()).await;
        let compared = replayed(&[bot], &log, 1);
        assert_eq!(compared.len(), log.len());
        for turn in &compared {
            assert_eq!(turn.verdict, Verdict::Same, "{}: {turn:#?}", path.display());
        }
        turns += compared.len();
    }
    assert!(turns > 200, "{turns}");
}

#[tokio::test]
async fn a_recorded_dialogue_passes_as_a_conversation() {
    let workspace = here();
    for (bot, path) in conversations(&workspace) {
        let chat = read(&std::fs::read_to_string(&path).unwrap());
        let log = log(&bot, &chat, PERSON.parse().unwrap()).await;
        let entries: Vec<Entry> = log.into_iter().map(|(_, entry)| entry).collect();
        for personal in [false, true] {
            let made = recorded(&bot, &entries, personal).await.unwrap();
            let shown = format!("{} (personal: {personal}):\n{}", path.display(), made.text);
            assert_eq!(made.differing, 0, "{shown}");
            assert_eq!(made.warnings, Vec::<String>::new(), "{shown}");
            assert!(!made.text.contains(PERSON) && made.text.contains("+15415550123"), "{shown}");
            if !personal {
                hides(&bot, &entries, &made.text);
            }
            let mut sources = Sources::default();
            let file = sources.add("recorded.chat", made.text.as_str());
            let mut found = Diagnostics::default();
            let chat = parse(&made.text, &mut Reader::new(file, &mut found));
            let ran = run(&chat, file, &bot, &mut found).await.unwrap();
            let report = draw(&sources, &found.into_report().0, false);
            assert_eq!(ran.outcome, Outcome::Passed, "{shown}\n{report}");
        }
    }
}

/// Nothing that the dialogue ends with in a personal field stands in the text.
fn hides(bot: &Arc<Bot>, entries: &[Entry], text: &str) {
    let mut replay = Replay::new(std::slice::from_ref(bot), None, 1);
    for entry in entries {
        let _compared = replay.turn(0, entry);
    }
    let Some(state) = entries.first().and_then(|entry| replay.state(&entry.key)) else { return };
    for field in bot.fields().iter().filter(|field| field.personal) {
        let Some(value) = state.person.fields.get(&field.name) else { continue };
        for value in [value.to_string(), sayso::expr::shown(value, bot.first_language())] {
            assert!(!text.contains(&value), "`{}` tells `{value}`:\n{text}", field.name);
        }
    }
}

#[tokio::test]
async fn a_replay_in_passes_comes_to_the_same() {
    let workspace = here();
    let mut log_of_all: Vec<(u64, Entry)> = Vec::new();
    for (number, (bot, path)) in conversations(&workspace).into_iter().enumerate() {
        let chat = read(&std::fs::read_to_string(&path).unwrap());
        let phone: Phone = format!("+1541234{:04}", 1_000 + number).parse().unwrap();
        log_of_all.extend(log(&bot, &chat, phone).await);
    }
    log_of_all.sort_by_key(|(_, entry)| entry.at);
    let sorted = |at_once| {
        let mut compared = replayed(&workspace.bots, &log_of_all, at_once);
        compared.sort_by_key(|turn| (turn.brand.clone(), turn.phone, turn.turn));
        compared
    };
    let all = sorted(usize::MAX);
    assert_eq!(all.len(), log_of_all.len());
    for at_once in [1, 2, 7] {
        assert_eq!(all, sorted(at_once), "{at_once} at once");
    }
}
