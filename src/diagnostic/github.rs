//! Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a pull request.

use super::{Diagnostic, Severity, Sources};
use std::fmt::Write;

/// One workflow command: the kind, the place (lines and columns count from 1), the title, the message with its hints.
///
/// Source: GitHub's "Workflow commands for GitHub Actions". A place of several lines has no columns: GitHub shows columns
/// only within one line.
#[must_use]
pub fn draw_github(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let kind = match diagnostic.code.severity() {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "notice",
    };
    let place = diagnostic.place;
    let (line, column) = sources.line_column(place.file, place.start as usize);
    let (end_line, end_column) = sources.line_column(place.file, place.end as usize);
    let file = sources.get(place.file).path.to_string_lossy();
    let mut command = format!("::{kind} file={},line={line},endLine={end_line}", property(&file));
    if line == end_line {
        // Writing into a string does not fail.
        let _ = write!(command, ",col={column},endColumn={end_column}");
    }
    let title = format!("{} {}", diagnostic.code.id(), diagnostic.code.title());
    let hints = diagnostic.hints.iter().map(|hint| format!("\nhint: {hint}"));
    let message = std::iter::once(diagnostic.message.clone()).chain(hints).collect::<String>();
    format!("{command},title={}::{}", property(&title), data(&message))
}

/// What stands behind `::`: neither a line's end nor what would be read as an escape.
fn data(text: &str) -> String {
    escaped(text, &[])
}

/// What stands behind `=`: a colon or a comma would end it as well.
fn property(text: &str) -> String {
    escaped(text, &[':', ','])
}

fn escaped(text: &str, more: &[char]) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if matches!(c, '%' | '\r' | '\n') || more.contains(&c) {
            let _ = write!(out, "%{:02X}", u32::from(c));
        } else {
            out.push(c);
        }
    }
    out
}
