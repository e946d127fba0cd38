//! What was found, as the editor shows it, and the quick fixes for slips.

use super::analysis::Analysis;
use super::documents::{Document, kind_of, uri_of};
use super::position::{Encoding, Page};
use crate::diagnostic::{Diagnostic, Diagnostics, Place, Severity, Sources};
use crate::flow::{brand, syntax as flow};
use crate::format::Kind;
use crate::grammar::syntax as grammar;
use crate::outline::Reader;
use crate::transcript;
use crate::workspace::CONFIG_FILE;
use lsp_types::{
    Code, CodeAction, CodeActionKind, Diagnostic as Shown, DiagnosticRelatedInformation, DiagnosticSeverity,
    Location, Message, Range, TextEdit, Uri,
};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What is shown about each file, by full path.
pub(super) fn shown(analysis: &Analysis) -> BTreeMap<PathBuf, (Uri, Vec<Shown>)> {
    let mut shown: BTreeMap<PathBuf, (Uri, Vec<Shown>)> = BTreeMap::new();
    for diagnostic in analysis.report() {
        let Some((path, location)) = location(analysis, diagnostic) else { continue };
        let (_, list) = shown.entry(path).or_insert_with(|| (location.uri, Vec::new()));
        list.push(one(diagnostic, location.range, |place| analysis.location(place)));
    }
    for (path, document) in analysis.documents().iter() {
        // What is open is shown to be sound, too.
        let (_, list) = shown.entry(path.to_path_buf()).or_insert_with(|| (document.uri.clone(), Vec::new()));
        if analysis.file(path).is_none() && kind_of(path).is_some() {
            list.push(note(NOT_READ, &document.text));
        }
    }
    shown
}

/// What is shown about a document that lies in no workspace: that, and what its own lines do wrong.
pub(super) fn alone(path: &Path, document: &Document, encoding: Encoding) -> Vec<Shown> {
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let file = sources.add(path, &*document.text);
    let reader = &mut Reader::new(file, &mut found);
    let text = &document.text;
    match kind_of(path) {
        Some(Kind::Brand) => drop(brand::parse(text, reader)),
        Some(Kind::Flow) => drop(flow::parse(text, reader)),
        Some(Kind::Grammar) => drop(grammar::parse(text, reader)),
        Some(Kind::Chat) => drop(transcript::parse(text, reader)),
        None => return Vec::new(),
    }
    let page = Page::new(text, encoding);
    let locate =
        |place: Place| Some(Location { uri: document.uri.clone(), range: page.range(place.range()) });
    let (report, _) = found.into_report();
    let mistakes = report.iter().map(|found| one(found, page.range(found.place.range()), locate));
    std::iter::once(note(NO_WORKSPACE, text)).chain(mistakes).collect()
}

/// Said about a document above which there is no workspace.
const NO_WORKSPACE: &str = "this file lies in no workspace, so only its own lines are checked\n\
    hint: a workspace is a folder with a `sayso.toml` (which may be empty); brands are folders below its `flows/`, \
    grammars stand in its `grammars/`";

/// Said about a document of a workspace that nothing reads.
const NOT_READ: &str = "nothing reads this file where it lies\n\
    hint: flows and conversations of a brand stand in `flows/BRAND/`, grammars in `grammars/` and `grammars/BRAND/`";

/// A note about a whole document, at its first line.
fn note(message: &str, text: &str) -> Shown {
    let first_line = text.lines().next().map_or(0, str::len);
    Shown {
        range: Page::new(text, Encoding::Utf16).range(0..first_line),
        severity: Some(DiagnosticSeverity::Information),
        source: Some("sayso".to_owned()),
        message: Message::String(message.to_owned()),
        ..Shown::default()
    }
}

/// Where a diagnostic is shown; one about a whole folder at the top of `sayso.toml`, for no editor opens a folder.
fn location(analysis: &Analysis, diagnostic: &Diagnostic) -> Option<(PathBuf, Location)> {
    let path = analysis.path(diagnostic.place.file);
    if path.is_dir() {
        let config = analysis.root().join(CONFIG_FILE);
        let uri = analysis.file(&config).map_or_else(|| uri_of(&config), |file| analysis.uri(file))?;
        return Some((config, Location { uri, range: Range::default() }));
    }
    Some((path, analysis.location(diagnostic.place)?))
}

fn one(diagnostic: &Diagnostic, range: Range, locate: impl Fn(Place) -> Option<Location>) -> Shown {
    let related = diagnostic.related.iter().filter_map(|(place, words)| {
        let location = locate(*place)?;
        Some(DiagnosticRelatedInformation { location, message: words.clone() })
    });
    let related: Vec<_> = related.collect();
    Shown {
        range,
        severity: Some(match diagnostic.code.severity() {
            Severity::Error => DiagnosticSeverity::Error,
            Severity::Warning => DiagnosticSeverity::Warning,
            Severity::Note => DiagnosticSeverity::Information,
        }),
        code: Some(Code::String(diagnostic.code.id().to_owned())),
        source: Some("sayso".to_owned()),
        message: Message::String(message(diagnostic)),
        related_information: (!related.is_empty()).then_some(related),
        ..Shown::default()
    }
}

/// What is wrong, and the ways out, a line each.
fn message(diagnostic: &Diagnostic) -> String {
    let mut message = diagnostic.message.clone();
    for hint in &diagnostic.hints {
        message.push_str("\nhint: ");
        message.push_str(hint);
    }
    message
}

/// Quick fixes for slips within a range: what was written is put right where it stands alone at the place.
pub(super) fn fixes(analysis: &Analysis, path: &Path, range: Range) -> Vec<CodeAction> {
    let Some(file) = analysis.file(path) else { return Vec::new() };
    let Some(uri) = analysis.uri(file) else { return Vec::new() };
    let wanted = analysis.page(file).bytes(range);
    let here = analysis.report().iter().filter(|diagnostic| {
        let bytes = diagnostic.place.range();
        diagnostic.place.file == file && bytes.start <= wanted.end && wanted.start <= bytes.end
    });
    let fix = |diagnostic: &Diagnostic| {
        let meant = diagnostic.meant.as_ref()?;
        let is_alone = analysis.slice(diagnostic.place) == meant.written;
        let range = analysis.range(diagnostic.place);
        is_alone.then(|| CodeAction {
            title: format!("write `{}` instead of `{}`", meant.meant, meant.written),
            kind: Some(CodeActionKind::QuickFix),
            diagnostics: Some(vec![one(diagnostic, range, |place| analysis.location(place))]),
            is_preferred: Some(true),
            edit: Some(lsp_types::WorkspaceEdit {
                changes: Some(
                    [(uri.clone(), vec![TextEdit { range, new_text: meant.meant.clone() }])].into(),
                ),
                ..lsp_types::WorkspaceEdit::default()
            }),
            ..CodeAction::default()
        })
    };
    here.filter_map(fix).collect()
}
