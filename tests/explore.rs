//! Conversations that nobody has written: found for what no conversation walks, and random ones that find trouble.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use sayso::bot::Bot;
use sayso::diagnostic::{Diagnostics, draw};
use sayso::explore::{Conversation, conversations};
use sayso::outline::Reader;
use sayso::transcript::coverage::{Part, ways};
use sayso::transcript::{Coverage, Outcome, parse, run};
use sayso::workspace::Workspace;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::{Builder, Runtime};

fn runtime() -> Runtime {
    Builder::new_current_thread().build().unwrap()
}

/// Runs a conversation that was found as the file that it is; what it walks.
fn passes(workspace: &mut Workspace, bot: &Arc<Bot>, chat: &str) -> Coverage {
    let file = workspace.sources.add("found.chat", chat);
    let mut found = Diagnostics::default();
    let read = parse(chat, &mut Reader::new(file, &mut found));
    let ran = runtime().block_on(run(&read, file, bot, &mut found)).unwrap();
    let (report, _) = found.into_report();
    let shown = draw(&workspace.sources, &report, false);
    assert!(ran.outcome == Outcome::Passed && report.is_empty(), "{chat}\n{shown}");
    ran.coverage
}

/// Without a single conversation of their own, the example brands get one for every way that a person can walk.
#[test]
fn a_conversation_is_found_for_each_way_of_the_example_brands() {
    let mut workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    for bot in workspace.bots.clone() {
        let wanted: Vec<String> = Part::ALL.iter().flat_map(|part| part.of(&bot)).collect();
        let begun = std::time::Instant::now();
        let found = conversations(&bot, &wanted, &runtime()).unwrap();
        println!("{} {:?}", bot.id, begun.elapsed());
        let walked: BTreeSet<&str> = found.iter().flat_map(|c| &c.walks).map(String::as_str).collect();
        let missing: Vec<&String> = wanted.iter().filter(|name| !walked.contains(name.as_str())).collect();
        println!("{} of {} in {}; missing {missing:?}", walked.len(), wanted.len(), found.len());
        for Conversation { walks, chat } in &found {
            println!("# {walks:?}\n{chat}");
            let coverage = passes(&mut workspace, &bot, chat);
            for name in walks {
                assert!(coverage.has(name), "{name} is not walked by\n{chat}");
            }
        }
        let ways = ways(&bot);
        let _ = ways;
    }
}

#[test]
fn tmp_explore() {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let begun = std::time::Instant::now();
    let exploring = sayso::explore::Exploring { turns: 3_000, seed: 7, threads: 2 };
    let explored = sayso::explore::explore(&workspace.bots, exploring, &|bot, at| {
        sayso::simulator::Simulation::new(bot, at)
    });
    println!("{:?} {} turns {} conversations", begun.elapsed(), explored.turns, explored.conversations);
    for finding in explored.findings {
        println!("## {:?} {:?} {}\n{}", finding.brand, finding.trouble, finding.conversations, finding.chat);
    }
}
