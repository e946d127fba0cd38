//! Diagnostics drawn for people, and as one JSON object a line for programs.

use super::{Diagnostic, Severity, Sources};
use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};
use serde_json::json;

/// The report as rustc draws it: file, line, carets, hints; with colour when `colour` is set.
#[must_use]
pub fn draw(sources: &Sources, report: &[Diagnostic], colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() };
    let mut out = String::new();
    for diagnostic in report {
        out.push_str(&renderer.render(&[group(sources, diagnostic)]));
        out.push_str("\n\n");
    }
    out
}

fn group<'a>(sources: &'a Sources, diagnostic: &'a Diagnostic) -> Group<'a> {
    let level = match diagnostic.code.severity() {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let file = sources.get(diagnostic.place.file);
    let mut snippet = Snippet::source(&file.text).path(file.path.to_string_lossy()).annotation(
        AnnotationKind::Primary.span(visible(&file.text, diagnostic.place.range())).label(&diagnostic.label),
    );
    let mut elsewhere = Vec::new();
    for (place, words) in &diagnostic.related {
        let other = sources.get(place.file);
        let annotation = AnnotationKind::Context.span(visible(&other.text, place.range())).label(words);
        if place.file == diagnostic.place.file {
            snippet = snippet.annotation(annotation);
        } else {
            let path = other.path.to_string_lossy();
            elsewhere.push(Snippet::source(&other.text).path(path).annotation(annotation));
        }
    }
    let mut group = level.primary_title(&diagnostic.message).id(diagnostic.code.id()).element(snippet);
    for other in elsewhere {
        group = group.element(other);
    }
    for hint in &diagnostic.hints {
        group = group.element(Level::HELP.with_name("hint").message(hint));
    }
    group
}

/// A range that shows: inside the text, on character boundaries.
fn visible(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let mut start = range.start.min(text.len());
    while !text.is_char_boundary(start) {
        start -= 1;
    }
    let mut end = range.end.clamp(start, text.len());
    while !text.is_char_boundary(end) {
        end += 1;
    }
    start..end
}

/// One JSON object: `code`, `severity`, `message`, `file`, `line`, `column`, `end_line`, `end_column`, `label`, `hints`.
///
/// Lines and columns count from 1, columns in characters. The shape only ever grows.
#[must_use]
pub fn draw_json(sources: &Sources, diagnostic: &Diagnostic) -> String {
    let place = diagnostic.place;
    let (line, column) = sources.line_column(place.file, place.start as usize);
    let (end_line, end_column) = sources.line_column(place.file, place.end as usize);
    json!({
        "code": diagnostic.code.id(),
        "severity": diagnostic.code.severity().to_string(),
        "message": diagnostic.message,
        "file": sources.get(place.file).path,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
        "label": diagnostic.label,
        "hints": diagnostic.hints,
    })
    .to_string()
}
