//! A mistake in somebody's file: what it is called, where it stands, why it is one, and a way out.
//!
//! Parsers and checks never return `Err`: they return what they could read *and* a list of [`Diagnostic`]s,
//! so that a writer sees all mistakes of all files at once.

mod code;
mod draw;
mod github;

pub use code::Code;
pub use draw::{draw, draw_json};
pub use github::draw_github;

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;
use std::path::PathBuf;

/// How grave a diagnostic is; it follows from its [`Code`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The files cannot be used as they stand.
    Error,
    /// The files can be used; somebody will probably be surprised.
    Warning,
    /// Worth knowing, nothing to mend.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// The number of a file in [`Sources`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A stretch of one file, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Place {
    /// The place `range` (bytes) of `file`. Files above 4 GiB are refused when they are read.
    #[must_use]
    pub fn new(file: FileId, range: Range<usize>) -> Self {
        let clamp = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Self { file, start: clamp(range.start), end: clamp(range.end) }
    }

    /// The byte range of this place in its file.
    #[must_use]
    pub fn range(self) -> Range<usize> {
        self.start as usize..self.end as usize
    }

    /// From the start of this place to the end of `other`, which must lie in the same file.
    #[must_use]
    pub fn to(self, other: Self) -> Self {
        Self { end: other.end.max(self.start), ..self }
    }
}

/// A value and the place it was read from.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct At<T> {
    /// The value.
    pub value: T,
    /// Where it stands.
    pub place: Place,
}

impl<T> At<T> {
    /// `value`, read at `place`.
    pub fn new(value: T, place: Place) -> Self {
        Self { value, place }
    }
}

/// One file's name and text.
#[derive(Debug, Clone)]
pub struct Source {
    /// As it is printed: relative to the workspace.
    pub path: PathBuf,
    /// The whole text.
    pub text: String,
}

/// All files that were read, so that a [`Place`] can be shown.
#[derive(Debug, Clone, Default)]
pub struct Sources {
    files: Vec<Source>,
}

impl Sources {
    /// Adds a file and returns its number.
    pub fn add(&mut self, path: impl Into<PathBuf>, text: impl Into<String>) -> FileId {
        let id = FileId(u32::try_from(self.files.len()).unwrap_or(u32::MAX));
        self.files.push(Source { path: path.into(), text: text.into() });
        id
    }

    /// All files with their numbers, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        (0..).map(FileId).zip(&self.files)
    }

    /// Hides a stretch of a file from everything that is printed.
    pub fn redact(&mut self, id: FileId, range: Range<usize>) {
        if let Some(source) = self.files.get_mut(id.0 as usize) {
            let length = source.text.get(range.clone()).map_or(0, str::len);
            if length > 0 {
                source.text.replace_range(range, &"*".repeat(length));
            }
        }
    }

    /// The file of that number.
    ///
    /// # Panics
    /// When `id` came from other `Sources`.
    #[must_use]
    pub fn get(&self, id: FileId) -> &Source {
        &self.files[id.0 as usize]
    }

    /// The words at a place.
    #[must_use]
    pub fn slice(&self, place: Place) -> &str {
        self.get(place.file).text.get(place.range()).unwrap_or_default()
    }

    /// Line and column of a byte, both from 1; the column counts characters.
    #[must_use]
    pub fn line_column(&self, file: FileId, byte: usize) -> (usize, usize) {
        let text = &self.get(file).text;
        let before = text.get(..byte.min(text.len())).unwrap_or(text);
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().map_or(0, |last| last.chars().count()) + 1;
        (line, column)
    }
}

/// One mistake, or one thing worth knowing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its stable name; `sayso explain CODE` prints the page.
    pub code: Code,
    /// Where it stands.
    pub place: Place,
    /// One line: lower case, no final period, names in backticks.
    pub message: String,
    /// A few words under the carets; may be empty.
    pub label: String,
    /// Ways out, each printed as a `hint:` line.
    pub hints: Vec<String>,
    /// Other places that belong to it, each with a few words.
    pub related: Vec<(Place, String)>,
    /// What was written and what was probably meant, where there is a near word.
    pub meant: Option<Meant>,
    /// The words that could stand at the place, where the language has a list of them.
    pub known: Vec<String>,
}

/// A slip: a word, and the one it was probably meant to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Meant {
    /// What is written.
    pub written: String,
    /// What was meant.
    pub meant: String,
}

impl Diagnostic {
    /// A diagnostic without label, hints or related places.
    pub fn new(code: Code, place: Place, message: impl Into<String>) -> Self {
        Self {
            code,
            place,
            message: message.into(),
            label: String::new(),
            hints: Vec::new(),
            related: Vec::new(),
            meant: None,
            known: Vec::new(),
        }
    }

    /// The same with a few words under the carets.
    #[must_use]
    pub fn label(mut self, label: impl Into<String>) -> Self {
        self.label = label.into();
        self
    }

    /// The same with one more way out.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same with another place that belongs to it.
    #[must_use]
    pub fn related(mut self, place: Place, words: impl Into<String>) -> Self {
        self.related.push((place, words.into()));
        self
    }

    /// The same with "did you mean" when a candidate is near to `name`.
    #[must_use]
    pub fn did_you_mean<'a>(self, name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Self {
        match nearest(name, candidates) {
            Some(near) => {
                let meant = Some(Meant { written: name.to_owned(), meant: near.to_owned() });
                Self { meant, ..self.hint(format!("did you mean `{near}`?")) }
            }
            None => self,
        }
    }

    /// The same with the words that could stand at its place: an editor offers them.
    #[must_use]
    pub fn known(mut self, words: &[&str]) -> Self {
        self.known = words.iter().map(|word| (*word).to_owned()).collect();
        self
    }
}

/// Diagnostics of one file beyond this many are counted, not shown: after a hundred a writer has seen the pattern.
pub const PER_FILE_MAX: usize = 100;

/// Diagnostics in the order they were found.
#[derive(Debug, Clone, Default)]
pub struct Diagnostics {
    list: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.list.push(diagnostic);
    }

    /// Reports names that are declared a second time.
    pub fn once<'n>(&mut self, of: &str, names: impl Iterator<Item = &'n At<String>>) {
        let mut first: BTreeMap<&str, Place> = BTreeMap::new();
        for name in names {
            if let Some(before) = first.insert(&name.value, name.place) {
                let message = format!("a second {of} `{}`", name.value);
                let diagnostic = Diagnostic::new(Code::DeclaredTwice, name.place, message);
                self.push(diagnostic.related(before, "the first one").hint("give one of them another name"));
            }
        }
    }

    /// Adds all of another list.
    pub fn extend(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// Whether any of them is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        self.count(Severity::Error) > 0
    }

    /// How many there are of a severity.
    #[must_use]
    pub fn count(&self, severity: Severity) -> usize {
        self.list.iter().filter(|d| d.code.severity() == severity).count()
    }

    /// All of them as found.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.list.iter()
    }

    /// Sorted by place, each once, at most [`PER_FILE_MAX`] per file; with the number left out.
    #[must_use]
    pub fn into_report(mut self) -> (Vec<Diagnostic>, usize) {
        self.list.sort_by(|a, b| (a.place, a.code, &a.message).cmp(&(b.place, b.code, &b.message)));
        self.list.dedup_by(|a, b| (a.place, a.code, &a.message) == (b.place, b.code, &b.message));
        let found = self.list.len();
        let mut in_file = 0;
        let mut file = None;
        self.list.retain(|d| {
            in_file = if file == Some(d.place.file) { in_file + 1 } else { 1 };
            file = Some(d.place.file);
            in_file <= PER_FILE_MAX
        });
        let left_out = found - self.list.len();
        (self.list, left_out)
    }
}

/// The candidate a person most likely meant: at most one edit in three letters away.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let edits_max = (name.chars().count() / 3).max(1);
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(name, candidate), candidate))
        .filter(|(edits, candidate)| *edits <= edits_max && *edits < candidate.chars().count())
        .min()
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_finds_a_slip_and_refuses_a_stranger() {
        assert_eq!(nearest("welcom", ["welcome", "done"]), Some("welcome"));
        assert_eq!(nearest("zpi", ["zip", "name"]), Some("zip"));
        assert_eq!(nearest("offer", ["zip", "name"]), None);
        assert_eq!(nearest("x", ["y"]), None, "one letter for another is no slip of one letter");
    }

    #[test]
    fn a_report_is_sorted_and_says_each_thing_once() {
        let mut sources = Sources::default();
        let file = sources.add("a.flow", "one\ntwo\n");
        let mut found = Diagnostics::default();
        for start in [4, 0, 4] {
            found.push(Diagnostic::new(
                Code::UnknownNode,
                Place::new(file, start..start + 3),
                "no such node",
            ));
        }
        let (report, left_out) = found.into_report();
        assert_eq!(report.iter().map(|d| d.place.start).collect::<Vec<_>>(), [0, 4]);
        assert_eq!(left_out, 0);
        assert_eq!(sources.line_column(file, 4), (2, 1));
    }
}
