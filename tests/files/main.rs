//! The files people write: every diagnostic at its place, every page of the documentation run, the example brands sound.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

mod any_bytes;
mod diagnostics;
mod format;
mod pages;
mod thirty_mistakes;

use sayso::diagnostic::Severity;
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
    assert!(report.is_empty(), "{}", sayso::diagnostic::draw(&workspace.sources, &report, false));
    assert!(!workspace.bots.is_empty());
}
