//! The rules of the house, as a test: who may use whom, what the core may not know, how long things get.
//!
//! Every rule has its reason beside it. To change a rule, change it here, where a reviewer sees it.
//! The source is read as tokens, so paths inside macros count too. Items under `#[cfg(test)]` are exempt.
//! `SAYSO_TIDY_ROOT` names another folder to look at. The mutants in `tests/mutants` prove that rules bite.

// Test code: a panic is the report, one environment variable says where to look, and the enums of `syn` are open.
#![allow(clippy::unwrap_used, clippy::disallowed_methods, clippy::wildcard_enum_match_arm)]

use proc_macro2::{Delimiter, LineColumn, Spacing, Span, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::{env, fs};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

// ── the rules, as data ──────────────────────────────────────────────────────────────────────────

/// Each top-level module and what it may use. `*` stands for every row above.
/// A line more in a row is a change of the architecture, and is reviewed as one.
const TABLE: &[(&str, &[&str])] = &[
    // words
    ("diagnostic", &[]),
    ("outline", &["diagnostic"]),
    ("language", &[]),
    ("sms", &[]),
    ("reserved", &["sms"]),
    ("typo", &["sms", "reserved"]),
    ("slot", &["language", "sms", "typo"]),
    ("expr", &["diagnostic", "outline", "language", "slot"]),
    ("certificate", &[]),
    // rules
    ("consent", &["language", "sms", "reserved"]),
    // files
    ("grammar", &["diagnostic", "outline", "language", "reserved", "typo", "slot", "sms"]),
    ("flow", &["diagnostic", "outline", "language", "sms", "slot", "expr", "grammar"]),
    (
        "bot",
        &[
            "diagnostic",
            "outline",
            "language",
            "sms",
            "reserved",
            "typo",
            "slot",
            "expr",
            "consent",
            "grammar",
            "flow",
        ],
    ),
    ("format", &["outline"]),
    ("graph", &["language", "flow", "bot"]),
    // core
    ("dialogue", &["language", "sms", "reserved", "slot", "expr", "flow", "bot", "consent"]),
    // ports
    ("provider", &["sms", "consent", "certificate"]),
    ("store", &["sms", "consent", "dialogue"]),
    ("replay", &["sms", "consent", "bot", "dialogue", "store"]),
    // shell
    (
        "engine",
        &["language", "sms", "slot", "bot", "consent", "dialogue", "provider", "store", "certificate"],
    ),
    ("config", &["diagnostic", "outline", "sms", "provider"]),
    ("workspace", &["diagnostic", "outline", "sms", "grammar", "flow", "bot", "provider", "config"]),
    // doors: they may use all that is above, but not one another
    ("server", BELOW_THE_DOORS),
    ("simulator", BELOW_THE_DOORS),
    ("transcript", BELOW_THE_DOORS_AND_SIMULATOR),
    ("explore", BELOW_THE_DOORS_SIMULATOR_AND_TRANSCRIPT),
    ("lsp", BELOW_THE_DOORS_AND_TRANSCRIPT),
    ("cli", &["*"]),
];

#[rustfmt::skip]
const BELOW_THE_DOORS: &[&str] = &[
    "diagnostic", "outline", "language", "sms", "reserved", "typo", "slot", "expr", "grammar", "flow", "bot",
    "format", "graph", "consent", "dialogue", "provider", "store", "replay", "engine", "config", "workspace",
    "certificate",
];

#[rustfmt::skip]
const BELOW_THE_DOORS_AND_SIMULATOR: &[&str] = &[
    "diagnostic", "outline", "language", "sms", "reserved", "typo", "slot", "expr", "grammar", "flow", "bot",
    "format", "graph", "consent", "dialogue", "provider", "store", "replay", "engine", "config", "workspace",
    "simulator",
];

/// Conversations that nobody has written are had in the simulator, and written down.
#[rustfmt::skip]
const BELOW_THE_DOORS_SIMULATOR_AND_TRANSCRIPT: &[&str] = &[
    "diagnostic", "outline", "language", "sms", "reserved", "typo", "slot", "expr", "grammar", "flow", "bot",
    "format", "graph", "consent", "dialogue", "provider", "store", "engine", "config", "workspace", "simulator",
    "transcript",
];

/// An editor writes conversations, too.
#[rustfmt::skip]
const BELOW_THE_DOORS_AND_TRANSCRIPT: &[&str] = &[
    "diagnostic", "outline", "language", "sms", "reserved", "typo", "slot", "expr", "grammar", "flow", "bot",
    "consent", "dialogue", "provider", "store", "engine", "config", "workspace", "transcript", "format",
];

/// Modules that know only what they are given.
#[rustfmt::skip]
const PURE: &[&str] = &[
    "diagnostic", "outline", "language", "sms", "reserved", "typo", "slot", "expr", "grammar", "flow", "bot",
    "format", "graph", "consent", "dialogue", "provider", "replay", "certificate",
];

/// What a pure module does not name. A pattern matches anywhere in a path; `*` stands for any one part.
const OUTSIDE: &[(&str, &str)] = &[
    ("SystemTime", CLOCK),
    ("Instant", CLOCK),
    ("*::now", CLOCK),
    // They read the zone of the machine.
    ("TimeZone::system", CLOCK),
    ("TimeZone::try_system", CLOCK),
    ("std::fs", FILES),
    ("std::io", FILES),
    ("std::net", FILES),
    ("std::os", FILES),
    ("std::env", FILES),
    ("std::process", FILES),
    ("sled::*", FILES),
    ("reqwest::*", FILES),
    ("axum::*", FILES),
    ("rustyline::*", FILES),
    ("rand::*", CHANCE),
    ("fastrand::*", CHANCE),
    ("getrandom::*", CHANCE),
    // The maps of std are seeded at random, so their order differs between two runs.
    ("HashMap", CHANCE),
    ("HashSet", CHANCE),
    ("RandomState", CHANCE),
    ("async", WAITING),
    ("await", WAITING),
    ("async_trait", WAITING),
    ("tokio::*", WAITING),
    ("std::thread", WAITING),
    ("thread_local", WAITING),
];

const CLOCK: &str = "take `now` as an argument; `engine/clock.rs` is the one place that asks";
const FILES: &str = "take the bytes as an argument; reading and writing belong to the shell";
const CHANCE: &str = "take a seed as an argument, and keep maps as `FxHashMap` or `BTreeMap`";
const WAITING: &str = "return a value that says what is wanted; the engine does the waiting";

/// A function fits on a screen. Counted from `fn` to its closing brace.
const FUNCTION_LINES_MAX: usize = 70;

/// A file of logic fits in a head. Tests, comments and blank lines are not counted: they help.
const FILE_LINES_MAX: usize = 500;

/// Long files that are lists of like things, each with its reason. A list may be long; logic may not.
const LISTS: &[(&str, &str)] = &[];

/// Names that say nothing: what is put there has a better home.
#[rustfmt::skip]
const EMPTY_NAMES: &[&str] = &[
    "util", "utils", "common", "core", "manager", "handler", "misc", "helper", "helpers",
];

/// Notes to oneself. They belong in the issue list, where somebody reads them.
const MARKERS: &[&str] = &["TODO", "FIXME", "XXX", "HACK"];

// ── the tests ───────────────────────────────────────────────────────────────────────────────────

/// Reason: a reader who knows the layers knows where to look, and a change stays where it was made.
#[test]
fn modules_use_what_the_table_allows() {
    let bad = edges().filter(|edge| edge.from != "main" && !allows(edge.from, edge.to));
    report(bad.map(|edge| Finding {
        place: edge.place(),
        what: format!("`{}` uses `{}`, which the table does not allow", edge.from, edge.to),
        hint: if TABLE.iter().any(|(name, _)| *name == edge.to) {
            "move what is shared down, or pass it in as a value; a longer row in `TABLE` is a decision"
        } else {
            "name the module that the thing lives in; each has a row in `TABLE`"
        },
    }));
}

/// Reason: a table that has drifted from the tree protects nothing.
#[test]
fn the_table_is_the_tree() {
    let known: BTreeSet<&str> = TABLE.iter().map(|(name, _)| *name).collect();
    let modules = SOURCES.iter().filter(|source| !matches!(source.module.as_str(), "lib" | "main"));
    let not_in_table =
        modules.filter(|source| !known.contains(source.module.as_str())).map(|source| Finding {
            place: format!("{}:1", source.path),
            what: format!("`{}` is not in the table of modules", source.module),
            hint: "give it a row in `TABLE`, in its layer, or make it part of a module that is there",
        });
    let is_there = |name: &str| SOURCES.iter().any(|source| source.path == format!("src/{name}.rs"));
    let not_in_tree = TABLE.iter().filter(|(name, _)| !is_there(name));
    let not_in_tree = not_in_tree.map(|(name, _)| Finding {
        place: "tests/tidy.rs:1".to_owned(),
        what: format!("`{name}` is in the table, but `src/{name}.rs` is missing"),
        hint: "take its row out of `TABLE`",
    });
    let names = TABLE.iter().flat_map(|(_, may)| *may).chain(PURE);
    let unknown = names.filter(|name| **name != "*" && !known.contains(**name)).map(|name| Finding {
        place: "tests/tidy.rs:1".to_owned(),
        what: format!("`{name}` is named here, but has no row in the table"),
        hint: "correct the name, or give it a row in `TABLE`",
    });
    report(not_in_table.chain(not_in_tree).chain(unknown));
}

/// Reason: modules in a circle are one module that nobody can read in parts. The table could be wrong
/// about this, so the used edges are walked themselves.
#[test]
fn modules_form_no_circle() {
    let mut graph: BTreeMap<&str, BTreeMap<&str, Edge<'_>>> = BTreeMap::new();
    for edge in edges() {
        graph.entry(edge.from).or_default().entry(edge.to).or_insert(edge);
    }
    let circle = graph.keys().find_map(|start| {
        let mut trail = vec![*start];
        circle_from(&graph, &mut trail, &mut BTreeSet::new()).then_some(trail)
    });
    let findings = circle.into_iter().flat_map(|trail| {
        let round = trail.join("` → `");
        let places = trail.windows(2).map(|pair| graph[pair[0]][pair[1]].place()).collect::<Vec<_>>();
        places.into_iter().map(move |place| Finding {
            place,
            what: format!("this is part of the circle `{round}`"),
            hint: "take one of these edges out: pass a value in, or move what is shared down",
        })
    });
    report(findings);
}

/// Reason: a core that knows no clock, file or chance replays to the byte, and is tested without waiting.
#[test]
fn pure_modules_touch_nothing_outside() {
    let pure = SOURCES.iter().filter(|source| PURE.contains(&source.module.as_str()));
    let findings = pure.flat_map(|source| {
        source.names.iter().filter_map(|name| {
            let (pattern, hint) = OUTSIDE.iter().find(|(pattern, _)| name.matches(pattern))?;
            Some(Finding {
                place: format!("{}:{}", source.path, name.line),
                what: format!(
                    "`{}` is pure, but names `{}` (rule `{pattern}`)",
                    source.module,
                    name.parts.join("::")
                ),
                hint,
            })
        })
    });
    report(findings);
}

/// Reason: what fits on a screen can be checked by looking at it.
#[test]
fn functions_fit_on_a_screen() {
    let findings = SOURCES.iter().flat_map(|source| {
        let long = source.functions.iter().filter(|function| function.lines > FUNCTION_LINES_MAX);
        long.map(|function| Finding {
            place: format!("{}:{}", source.path, function.line),
            what: format!(
                "`{}` has {} lines, of {FUNCTION_LINES_MAX} allowed",
                function.name, function.lines
            ),
            hint: "split it where the idea changes: ifs go up, leaves are small and pure",
        })
    });
    report(findings);
}

/// Reason: a long file hides two ideas. A list of like things is one idea, and is named in `LISTS`.
#[test]
fn files_fit_in_a_head() {
    let long = SOURCES.iter().filter(|source| source.logic_lines > FILE_LINES_MAX);
    let long =
        long.filter(|source| !LISTS.iter().any(|(path, _)| *path == source.path)).map(|source| Finding {
            place: format!("{}:1", source.path),
            what: format!("{} lines of logic, of {FILE_LINES_MAX} allowed", source.logic_lines),
            hint: "split it by idea; a list of like things may be named in `LISTS`, with its reason",
        });
    let stale = LISTS.iter().filter(|(path, _)| !SOURCES.iter().any(|source| source.path == *path));
    let stale = stale.map(|(path, _)| Finding {
        place: format!("{path}:1"),
        what: "this file is named in `LISTS`, but is missing".to_owned(),
        hint: "take it out of `LISTS`",
    });
    report(long.chain(stale));
}

/// Reason: `mod.rs` makes ten open files with one name; `utils` and its like collect what nobody placed.
#[test]
fn modules_have_telling_names() {
    let findings = SOURCES.iter().flat_map(|source| {
        let parts = source.path.trim_end_matches(".rs").split('/').map(|part| (part, 1));
        let inner = source.inner_modules.iter().map(|(name, line)| (name.as_str(), *line));
        let bad = parts.chain(inner).filter(|(name, _)| *name == "mod" || EMPTY_NAMES.contains(name));
        bad.map(|(name, line)| Finding {
            place: format!("{}:{line}", source.path),
            what: format!("a module is called `{name}`"),
            hint: match name {
                "mod" => "use `foo.rs` beside the folder `foo`",
                _ => "name it after what it knows",
            },
        })
    });
    report(findings);
}

/// Reason: the first line is what a reader decides by, whether this is the file to read.
#[test]
fn files_begin_with_what_they_are() {
    let bare = SOURCES.iter().filter(|source| {
        let first = source.text.lines().next().unwrap_or_default();
        first.strip_prefix("//!").is_none_or(|words| words.trim().is_empty())
    });
    report(bare.map(|source| Finding {
        place: format!("{}:1", source.path),
        what: "the file does not begin with a `//!` line".to_owned(),
        hint: "say in one sentence what the module is, on its first line",
    }));
}

/// Reason: `lib.rs` is the front page. Code on it is code without a module, and outside every rule above.
#[test]
fn the_front_page_only_declares_modules() {
    let lib = SOURCES.iter().find(|source| source.path == "src/lib.rs").expect("there is a library");
    let file = syn::parse_file(&lib.text).expect("it was parsed before");
    let others =
        file.items.iter().filter(|item| !matches!(item, syn::Item::Mod(module) if module.content.is_none()));
    report(others.map(|item| Finding {
        place: format!("src/lib.rs:{}", item.span().start().line),
        what: "`lib.rs` holds more than `mod` lines".to_owned(),
        hint: "move it into the module that it belongs to",
    }));
}

/// Reason: a process that serves everybody does not stop because of one text. Unfinished code does not ship.
#[test]
fn nothing_stops_by_surprise() {
    let unwraps = names().filter(|(_, name)| name.is_called("unwrap")).map(|(source, name)| Finding {
        place: format!("{}:{}", source.path, name.line),
        what: "`unwrap` is called".to_owned(),
        hint: "handle the other case, or write `expect(\"why this holds\")`",
    });
    let unfinished = ["todo", "unimplemented", "dbg"];
    let macros = names().filter(|(_, name)| name.is_macro && unfinished.iter().any(|bad| name.is(bad)));
    let macros = macros.map(|(source, name)| Finding {
        place: format!("{}:{}", source.path, name.line),
        what: format!("`{}!` is left over", name.parts.join("::")),
        hint: "finish it, or take it out",
    });
    report(unwraps.chain(macros));
}

/// Reason: standard output belongs to the command that was typed. A library that prints cannot be tested.
#[test]
fn only_the_command_line_prints() {
    let printers = ["print", "println", "eprint", "eprintln"];
    let printed = names().filter(|(source, name)| {
        !matches!(source.module.as_str(), "main" | "cli")
            && name.is_macro
            && printers.iter().any(|bad| name.is(bad))
    });
    report(printed.map(|(source, name)| Finding {
        place: format!("{}:{}", source.path, name.line),
        what: format!("`{}!` outside the command line", name.parts.join("::")),
        hint: "return the text, write it to a `Write` that was given, or log it with `tracing`",
    }));
}

/// Reason: a note in the code is read by nobody and grows old. An issue is read.
#[test]
fn no_notes_to_oneself() {
    let findings = SOURCES.iter().flat_map(|source| {
        let lines = source.text.lines().enumerate();
        lines.filter_map(|(index, line)| {
            let mut words = line.split(|c: char| !c.is_alphanumeric());
            let marker = words.find(|word| MARKERS.contains(word))?;
            Some(Finding {
                place: format!("{}:{}", source.path, index + 1),
                what: format!("the marker `{marker}`"),
                hint: "do it now, or open an issue and say in the comment how it is today",
            })
        })
    });
    report(findings);
}

/// Reason: an image is built from what `.dockerignore` leaves. A file that the source embeds and that is left out breaks the build
/// where nobody looks.
#[test]
fn the_image_is_given_what_the_source_embeds() {
    let read = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(".dockerignore")).unwrap();
    let left_out: Vec<&str> = read.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let mut embedded = 0;
    let findings: Vec<Finding> = SOURCES
        .iter()
        .flat_map(|source| {
            let lines = source.text.lines().enumerate();
            lines.flat_map(move |(index, line)| {
                embeds(&source.path, line).map(move |path| (source, index, path))
            })
        })
        .inspect(|_| embedded += 1)
        .filter(|(_, _, path)| left_out.iter().any(|out| Path::new(path).starts_with(out)))
        .map(|(source, index, path)| Finding {
            place: format!("{}:{}", source.path, index + 1),
            what: format!("`{path}` is embedded, and `.dockerignore` leaves it out"),
            hint: "name in `.dockerignore` only what is made here",
        })
        .collect();
    assert!(embedded > 30, "the source embeds {embedded} files: are they still found?");
    report(findings);
}

/// The files that a line of a source embeds, from the root of the repository.
fn embeds<'l>(source: &'l str, line: &'l str) -> impl Iterator<Item = String> + 'l {
    let written = ["include_str!(\"", "include_bytes!(\""];
    let paths = written.into_iter().flat_map(|open| line.split(open).skip(1));
    paths.filter_map(|rest| rest.split('"').next()).map(|path| {
        let mut parts: Vec<&str> = source.split('/').collect();
        parts.pop();
        for part in path.split('/') {
            if part == ".." {
                parts.pop();
            } else {
                parts.push(part);
            }
        }
        parts.join("/")
    })
}

// ── findings ────────────────────────────────────────────────────────────────────────────────────

/// One place where a rule is broken, and a way out.
struct Finding {
    place: String,
    what: String,
    hint: &'static str,
}

/// Fails with all findings at once, if there are any.
fn report(findings: impl IntoIterator<Item = Finding>) {
    let lines: Vec<String> = findings
        .into_iter()
        .map(|finding| format!("{}: {}\n  hint: {}", finding.place, finding.what, finding.hint))
        .collect();
    assert!(lines.is_empty(), "{} found\n\n{}\n", lines.len(), lines.join("\n"));
}

// ── edges between modules ───────────────────────────────────────────────────────────────────────

/// One module naming another.
#[derive(Clone, Copy)]
struct Edge<'a> {
    from: &'a str,
    to: &'a str,
    path: &'a str,
    line: usize,
}

impl Edge<'_> {
    fn place(&self) -> String {
        format!("{}:{}", self.path, self.line)
    }
}

fn names() -> impl Iterator<Item = (&'static Source, &'static Name)> {
    SOURCES.iter().flat_map(|source| source.names.iter().map(move |name| (source, name)))
}

fn edges() -> impl Iterator<Item = Edge<'static>> {
    names().filter_map(|(source, name)| {
        let (from, to) = (source.module.as_str(), name.top_level.as_deref()?);
        (from != to).then_some(Edge { from, to, path: &source.path, line: name.line })
    })
}

fn allows(from: &str, to: &str) -> bool {
    let row = |name| TABLE.iter().position(|(row, _)| *row == name);
    let (Some(from), Some(to)) = (row(from), row(to)) else { return false };
    TABLE[from].1.contains(&TABLE[to].0) || TABLE[from].1.contains(&"*") && to < from
}

/// Follows the edges from the end of `trail`. True when they lead to its start; `trail` is then the circle.
fn circle_from<'a>(
    graph: &BTreeMap<&'a str, BTreeMap<&'a str, Edge<'a>>>,
    trail: &mut Vec<&'a str>,
    seen: &mut BTreeSet<&'a str>,
) -> bool {
    let here = trail[trail.len() - 1];
    for next in graph.get(here).into_iter().flat_map(BTreeMap::keys) {
        if *next != trail[0] && !seen.insert(next) {
            continue;
        }
        trail.push(next);
        if *next == trail[0] || circle_from(graph, trail, seen) {
            return true;
        }
        trail.pop();
    }
    false
}

// ── reading the source ──────────────────────────────────────────────────────────────────────────

/// What the rules want to know about one file.
struct Source {
    /// From the root, with slashes.
    path: String,
    /// The top-level module that it belongs to; `lib` and `main` for these two.
    module: String,
    text: String,
    /// Every path and every word outside test code.
    names: Vec<Name>,
    functions: Vec<Function>,
    /// Modules declared inside the file, and their lines.
    inner_modules: Vec<(String, usize)>,
    logic_lines: usize,
}

/// A path such as `std::fs::read`, or a single word.
struct Name {
    parts: Vec<String>,
    line: usize,
    /// Whether a dot or `::` comes before it.
    is_member: bool,
    /// Whether it is called with `!`.
    is_macro: bool,
    /// The top-level module that it reaches through `crate::` or `super::`.
    top_level: Option<String>,
}

impl Name {
    fn matches(&self, pattern: &str) -> bool {
        let pattern: Vec<&str> = pattern.split("::").collect();
        let same = |(part, wanted): (&String, &&str)| *wanted == "*" || part == wanted;
        self.parts.windows(pattern.len()).any(|window| window.iter().zip(&pattern).all(same))
    }

    fn is(&self, word: &str) -> bool {
        self.parts.last().is_some_and(|last| last == word)
    }

    fn is_called(&self, method: &str) -> bool {
        self.is(method) && (self.is_member || self.parts.len() > 1)
    }
}

struct Function {
    name: String,
    line: usize,
    lines: usize,
}

static SOURCES: LazyLock<Vec<Source>> = LazyLock::new(|| {
    let root =
        env::var_os("SAYSO_TIDY_ROOT").map_or_else(|| env!("CARGO_MANIFEST_DIR").into(), PathBuf::from);
    let mut paths = Vec::new();
    collect_files(&root.join("src"), &mut paths);
    paths.sort();
    let files: Vec<File> = paths.iter().map(|path| File::of(relative(&root, path), read(path))).collect();
    // A module under `#[cfg(test)]` may be a file of its own, with files below it.
    let test_modules: BTreeSet<String> = files.iter().flat_map(|file| file.test_modules.clone()).collect();
    let is_test = |path: &str| {
        Path::new(path).with_extension("").ancestors().any(|at| test_modules.contains(&*at.to_string_lossy()))
    };
    let sources: Vec<Source> =
        files.into_iter().filter(|file| !is_test(&file.path)).map(Reader::read).collect();
    assert!(
        sources.iter().any(|source| source.path == "src/lib.rs"),
        "no `src/lib.rs` below `{}`",
        root.display()
    );
    sources
});

fn collect_files(folder: &Path, paths: &mut Vec<PathBuf>) {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", folder.display()));
    for path in entries.map(|entry| entry.expect("the folder is readable").path()) {
        if path.is_dir() {
            collect_files(&path, paths);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            paths.push(path);
        }
    }
}

fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).expect("the file was found below the root");
    path.iter().map(|part| part.to_string_lossy()).collect::<Vec<_>>().join("/")
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_else(|error| panic!("cannot read `{}`: {error}", path.display()))
}

/// One file, and what of it is compiled for tests only.
struct File {
    path: String,
    text: String,
    /// Where test items begin and end.
    test_spans: Vec<(LineColumn, LineColumn)>,
    /// Test modules that have their own files: their paths without `.rs`.
    test_modules: Vec<String>,
}

impl File {
    fn of(path: String, text: String) -> Self {
        let tree = syn::parse_file(&text).unwrap_or_else(|error| {
            panic!("{path}:{}: this does not parse: {error}", error.span().start().line)
        });
        let mut file = Self { path, text, test_spans: Vec::new(), test_modules: Vec::new() };
        if tree.attrs.iter().any(is_test_only) {
            file.test_modules.push(file.stem().to_owned());
        }
        file.visit_file(&tree);
        file
    }

    fn stem(&self) -> &str {
        self.path.trim_end_matches(".rs")
    }

    /// The folder that holds the modules declared here.
    fn folder(&self) -> &str {
        if matches!(self.stem(), "src/lib" | "src/main") { "src" } else { self.stem() }
    }

    /// Whether it is for tests only; if so, its place is noted.
    fn is_test(&mut self, attrs: &[syn::Attribute], span: Span) -> bool {
        let is_test = attrs.iter().any(is_test_only);
        if is_test {
            self.test_spans.push((span.start(), span.end()));
        }
        is_test
    }
}

impl<'ast> Visit<'ast> for File {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        if !self.is_test(item_attrs(item), item.span()) {
            visit::visit_item(self, item);
        } else if let syn::Item::Mod(module) = item
            && module.content.is_none()
        {
            self.test_modules.push(format!("{}/{}", self.folder(), module.ident));
        }
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        if !self.is_test(&function.attrs, function.span()) {
            visit::visit_impl_item_fn(self, function);
        }
    }
}

/// The attributes of the kinds of items that tests consist of.
fn item_attrs(item: &syn::Item) -> &[syn::Attribute] {
    match item {
        syn::Item::Mod(item) => &item.attrs,
        syn::Item::Fn(item) => &item.attrs,
        syn::Item::Use(item) => &item.attrs,
        syn::Item::Impl(item) => &item.attrs,
        syn::Item::Const(item) => &item.attrs,
        syn::Item::Static(item) => &item.attrs,
        syn::Item::Struct(item) => &item.attrs,
        syn::Item::Enum(item) => &item.attrs,
        syn::Item::Macro(item) => &item.attrs,
        syn::Item::Trait(item) => &item.attrs,
        syn::Item::Type(item) => &item.attrs,
        // The enum is open. What is not named here is not exempt, so nothing slips through.
        _ => &[],
    }
}

/// Whether it is `#[cfg(test)]`, `#[cfg(all(test, …))]` or `#[test]`.
/// `any(test, …)` is not: it is compiled outside of tests too.
fn is_test_only(attr: &syn::Attribute) -> bool {
    if attr.path().is_ident("test") {
        return true;
    }
    let Ok(list) = attr.meta.require_list() else { return false };
    attr.path().is_ident("cfg")
        && list.parse_args::<syn::Meta>().is_ok_and(|condition| names_test(&condition))
}

fn names_test(condition: &syn::Meta) -> bool {
    let syn::Meta::List(list) = condition else { return condition.path().is_ident("test") };
    let commas = syn::punctuated::Punctuated::<syn::Meta, syn::Token![,]>::parse_terminated;
    list.path.is_ident("all") && list.parse_args_with(commas).is_ok_and(|parts| parts.iter().any(names_test))
}

/// Walks the tokens of one file and notes what the rules want to know.
struct Reader {
    source: Source,
    test_spans: Vec<(LineColumn, LineColumn)>,
    logic: BTreeSet<usize>,
}

impl Reader {
    fn read(file: File) -> Source {
        let File { path, text, test_spans, .. } = file;
        let tokens: TokenStream = text.parse().expect("it was parsed before");
        let parts: Vec<&str> = path.trim_end_matches(".rs").split('/').skip(1).collect();
        let module = parts[0].to_owned();
        // How many `super` lead to the crate: `sms.rs` needs one, `sms/phone.rs` two.
        let depth = if matches!(module.as_str(), "lib" | "main") { 0 } else { parts.len() };
        let source = Source {
            path,
            module,
            text,
            names: Vec::new(),
            functions: Vec::new(),
            inner_modules: Vec::new(),
            logic_lines: 0,
        };
        let mut reader = Self { source, test_spans, logic: BTreeSet::new() };
        reader.walk(tokens, depth);
        reader.source.logic_lines = reader.logic.len();
        reader.source
    }

    fn walk(&mut self, stream: TokenStream, depth: usize) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let next = self.token(&tokens, at, depth);
            debug_assert!(next > at, "the walk ends");
            at = next;
        }
    }

    /// Notes the token at `at`, and with it what belongs to it; gives the place of the next.
    fn token(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        let start = tokens[at].span().start();
        if self.test_spans.iter().any(|(from, to)| *from <= start && start < *to) {
            return at + 1;
        }
        if let Some(next) = after_doc(tokens, at) {
            return next;
        }
        match &tokens[at] {
            TokenTree::Group(group) => {
                self.logic.insert(group.span_open().start().line);
                self.logic.insert(group.span_close().end().line);
                self.walk(group.stream(), depth);
                at + 1
            }
            TokenTree::Ident(word) if word == "fn" => {
                self.logic.insert(start.line);
                self.function(tokens, at);
                at + 1
            }
            TokenTree::Ident(word) if word == "mod" => self.inner_module(tokens, at, depth),
            TokenTree::Ident(_) => self.path(tokens, at, &[], depth),
            TokenTree::Punct(_) => {
                self.logic.insert(start.line);
                at + 1
            }
            TokenTree::Literal(literal) => {
                self.logic.extend(start.line..=literal.span().end().line);
                at + 1
            }
        }
    }

    /// `fn name … { … }`: a pointer type has no name, and a trait's signature has no body.
    fn function(&mut self, tokens: &[TokenTree], at: usize) {
        let Some(TokenTree::Ident(name)) = tokens.get(at + 1) else { return };
        let line = tokens[at].span().start().line;
        let body = tokens[at..].iter().find(|token| is_punct(token, ';') || is_braces(token));
        if let Some(TokenTree::Group(body)) = body {
            let lines = body.span_close().end().line + 1 - line;
            self.source.functions.push(Function { name: name.to_string(), line, lines });
        }
    }

    /// `mod name { … }` is one step further from the crate. `mod name;` is a file that is read on its own.
    fn inner_module(&mut self, tokens: &[TokenTree], at: usize, depth: usize) -> usize {
        let line = tokens[at].span().start().line;
        self.logic.insert(line);
        let (Some(TokenTree::Ident(name)), Some(body)) = (tokens.get(at + 1), tokens.get(at + 2)) else {
            return at + 1;
        };
        self.source.inner_modules.push((name.to_string(), line));
        if let TokenTree::Group(body) = body {
            self.logic.insert(body.span_close().end().line);
            self.walk(body.stream(), depth + 1);
            return at + 3;
        }
        at + 2
    }

    /// A path from `at` on, below `prefix`: `a::b`, and each branch of `a::{b, c::d}`.
    fn path(&mut self, tokens: &[TokenTree], at: usize, prefix: &[String], depth: usize) -> usize {
        let line = tokens[at].span().start().line;
        let is_member =
            at > 0 && prefix.is_empty() && (is_punct(&tokens[at - 1], '.') || is_punct(&tokens[at - 1], ':'));
        let mut parts = prefix.to_vec();
        let mut next = at;
        loop {
            match tokens.get(next) {
                Some(TokenTree::Ident(part)) => parts.push(part.to_string()),
                Some(TokenTree::Group(branches)) if branches.delimiter() == Delimiter::Brace => {
                    self.logic.insert(branches.span_close().end().line);
                    self.branches(branches.stream(), &parts, depth);
                    return next + 1;
                }
                // `use crate::*` names every module at once.
                Some(star) if next > at && is_punct(star, '*') => parts.push("*".to_owned()),
                _ => break,
            }
            self.logic.insert(tokens[next].span().start().line);
            next += 1;
            if !is_path_mark(tokens, next) {
                break;
            }
            next += 2;
        }
        let is_macro = is_bang(tokens, next);
        // `a::{self}` is `a`.
        if parts.len() > 1 && parts.last().is_some_and(|last| last == "self") {
            parts.pop();
        }
        let top_level = top_level(&parts, depth);
        self.source.names.push(Name { parts, line, is_member, is_macro, top_level });
        next
    }

    fn branches(&mut self, stream: TokenStream, prefix: &[String], depth: usize) {
        let tokens: Vec<TokenTree> = stream.into_iter().collect();
        let mut at = 0;
        while at < tokens.len() {
            let begins = at == 0 || is_punct(&tokens[at - 1], ',');
            let goes_on = matches!(tokens[at], TokenTree::Ident(_) | TokenTree::Group(_));
            at = if begins && goes_on { self.path(&tokens, at, prefix, depth) } else { at + 1 };
        }
    }
}

/// The module of the crate that a path reaches, by `crate::sms` or, from two steps below, `super::super::sms`.
fn top_level(parts: &[String], depth: usize) -> Option<String> {
    let ups = parts.iter().take_while(|part| *part == "super" || *part == "self");
    let (skipped, supers) = ups.fold((0, 0), |(all, up), part| (all + 1, up + usize::from(part == "super")));
    let reaches_crate =
        if parts[0] == "crate" { Some(1) } else { (supers > 0 && supers >= depth).then_some(skipped) };
    parts.get(reaches_crate?).cloned()
}

/// The place after a doc comment, which the tokens show as `#[doc = "…"]` or `#![doc = "…"]`.
fn after_doc(tokens: &[TokenTree], at: usize) -> Option<usize> {
    let bang =
        usize::from(is_punct(&tokens[at], '#') && tokens.get(at + 1).is_some_and(|next| is_punct(next, '!')));
    let Some(TokenTree::Group(group)) = tokens.get(at + 1 + bang) else { return None };
    let mut inner = group.stream().into_iter();
    let is_doc = matches!(inner.next(), Some(TokenTree::Ident(word)) if word == "doc");
    let is_comment = is_doc && inner.next().is_some_and(|token| is_punct(&token, '='));
    (is_punct(&tokens[at], '#') && is_comment).then_some(at + 2 + bang)
}

fn is_punct(token: &TokenTree, mark: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == mark)
}

fn is_braces(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

/// Whether `::` stands at `at`.
fn is_path_mark(tokens: &[TokenTree], at: usize) -> bool {
    let Some([TokenTree::Punct(first), second]) = tokens.get(at..at + 2) else { return false };
    first.as_char() == ':' && first.spacing() == Spacing::Joint && is_punct(second, ':')
}

/// Whether a macro's `!` stands at `at`; `!=` has no group behind it.
fn is_bang(tokens: &[TokenTree], at: usize) -> bool {
    let bang = tokens.get(at).is_some_and(|token| is_punct(token, '!'));
    bang && matches!(tokens.get(at + 1), Some(TokenTree::Group(_)))
}
