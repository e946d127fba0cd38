//! Each file in `tests/diagnostics` is a small workspace: `== PATH` begins a file of it. Below a line with a mistake
//! stands what is said about it, as comments. `SAYSO_BLESS=1` writes down what is said now; read the diff.

use crate::write;
use sayso::diagnostic::{Diagnostic, Sources};
use sayso::workspace::Workspace;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

#[test]
fn every_mistake_is_reported_at_its_place() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics");
    let mut cases: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    assert!(!cases.is_empty());
    let mut wrong = Vec::new();
    for case in cases {
        let expected = std::fs::read_to_string(&case).unwrap();
        let said = annotated(&expected);
        if std::env::var_os("SAYSO_BLESS").is_some() {
            std::fs::write(&case, &said).unwrap();
        } else if said != expected {
            wrong.push(format!("── {} ──\n{}", case.display(), difference(&expected, &said)));
        }
    }
    assert!(wrong.is_empty(), "{}\nSAYSO_BLESS=1 writes down what is said now", wrong.join("\n"));
}

/// The case with what is said about it now.
fn annotated(case: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let mut files: Vec<(String, String)> = Vec::new();
    for line in case.lines().filter(|line| !is_annotation(line)) {
        if let Some(path) = line.strip_prefix("== ") {
            files.push((path.to_owned(), String::new()));
        } else if let Some((_, text)) = files.last_mut() {
            text.push_str(line);
            text.push('\n');
        }
    }
    for (path, text) in &files {
        write(folder.path(), path, text);
    }
    let workspace = Workspace::open(folder.path());
    let (report, _) = workspace.found.clone().into_report();
    let mut said: BTreeMap<(String, usize), String> = BTreeMap::new();
    for diagnostic in &report {
        let (path, line, words) = words(&workspace.sources, diagnostic);
        said.entry((path, line)).or_default().push_str(&words);
    }
    let mut out = String::new();
    for (path, text) in &files {
        writeln!(out, "== {path}").unwrap();
        for (number, line) in text.lines().enumerate() {
            writeln!(out, "{line}").unwrap();
            out.push_str(&said.remove(&(path.clone(), number + 1)).unwrap_or_default());
        }
    }
    for ((path, line), words) in said {
        write!(out, "# in {path}:{line}\n{words}").unwrap();
    }
    out
}

/// Where a diagnostic stands, and the comment lines that show it.
fn words(sources: &Sources, diagnostic: &Diagnostic) -> (String, usize, String) {
    let place = diagnostic.place;
    let (line, column) = sources.line_column(place.file, place.start as usize);
    let width = sources.slice(place).lines().next().unwrap_or_default().chars().count().max(1);
    // The comment's own sign covers the first column.
    let (blanks, carets) = if column == 1 { (0, width - 1) } else { (column - 2, width) };
    let code = diagnostic.code;
    let mut words = format!(
        "#{}{} {}[{}]: {}\n",
        " ".repeat(blanks),
        "^".repeat(carets.max(1)),
        code.severity(),
        code.id(),
        diagnostic.message
    );
    for hint in &diagnostic.hints {
        writeln!(words, "#! hint: {hint}").unwrap();
    }
    (sources.get(place.file).path.to_string_lossy().into_owned(), line, words)
}

pub(crate) fn is_annotation(line: &str) -> bool {
    line.starts_with("#! ")
        || line.starts_with("# in ")
        || line.starts_with('#') && line.contains("^ ") && line.contains("]: ")
}

pub(crate) fn difference(expected: &str, said: &str) -> String {
    let (expected, said): (Vec<_>, Vec<_>) = (expected.lines().collect(), said.lines().collect());
    let missing = expected.iter().filter(|line| !said.contains(line)).map(|line| format!("- {line}"));
    let more = said.iter().filter(|line| !expected.contains(line)).map(|line| format!("+ {line}"));
    missing.chain(more).collect::<Vec<_>>().join("\n")
}
