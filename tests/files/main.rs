//! The files people write: every diagnostic at its place, every page of the documentation run, the example brands sound.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod any_bytes;
mod diagnostics;
mod format;
mod pages;
mod thirty_mistakes;

use sayso::diagnostic::{Diagnostics, Severity, draw};
use sayso::outline::Reader;
use sayso::transcript::{Coverage, Outcome, coverage, parse, run};
use sayso::workspace::Workspace;
use std::path::Path;

/// Writes a file of a workspace, with its folders.
fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

#[test]
fn the_example_brands_are_sound() {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let (mut report, _) = workspace.found.clone().into_report();
    report.retain(|diagnostic| diagnostic.code.severity() != Severity::Note);
    assert!(report.is_empty(), "{}", draw(&workspace.sources, &report, false));
    assert!(!workspace.bots.is_empty());
}

#[test]
fn the_conversations_of_the_example_brands_walk_every_node_and_every_way() {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let mut sources = workspace.sources.clone();
    for bot in &workspace.bots {
        let mut walked = Coverage::default();
        for path in workspace.chats(&bot.id) {
            let text = std::fs::read_to_string(&path).unwrap();
            let file = sources.add(&path, text.as_str());
            let mut found = Diagnostics::default();
            let chat = parse(&text, &mut Reader::new(file, &mut found));
            let ran = runtime.block_on(run(&chat, file, bot, &mut found)).unwrap();
            assert_eq!(ran.outcome, Outcome::Passed, "{}", draw(&sources, &found.into_report().0, false));
            walked.extend(ran.coverage);
        }
        let mut all = coverage::nodes(bot);
        all.extend(coverage::ways(bot));
        all.retain(|name| !walked.has(name));
        assert!(all.is_empty(), "{} never walks {all:#?}", bot.id);
    }
    assert_eq!(workspace.bots.len(), 3);
}
