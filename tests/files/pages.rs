//! The pages in `docs/`: their `brand`, `grammar`, `flow` and `toml` blocks make a workspace (`toml PATH` is a file of it), in which every `chat` block
//! must go as it says, and nothing may be wrong but where a block is marked `wrong`.

use crate::write;
use sayso::diagnostic::{Diagnostics, draw};
use sayso::outline::Reader;
use sayso::transcript::{Outcome, parse, run};
use sayso::workspace::Workspace;
use std::path::Path;
use std::sync::Arc;

#[test]
fn the_pages_for_people_are_true() {
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut pages: Vec<_> = std::fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.retain(|page| page.extension().is_some_and(|ending| ending == "md"));
    pages.sort();
    assert!(pages.len() >= 3, "{pages:?}");
    for page in pages {
        is_true(&page);
    }
}

fn is_true(page: &Path) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let text = std::fs::read_to_string(page).unwrap();
    let blocks = blocks(&text);
    let mut settings = String::new();
    for (number, (kind, body)) in blocks.iter().enumerate() {
        match kind.as_str() {
            "brand" => write(root, "flows/shop/brand.flow", body),
            "flow" => write(root, &format!("flows/shop/{number:03}.flow"), body),
            "grammar" => write(root, &format!("grammars/shop/{number:03}.grammar"), body),
            "toml" => settings.push_str(body),
            kind => {
                if let Some(path) = kind.strip_prefix("toml ") {
                    write(root, path, body);
                }
            }
        }
    }
    if settings.is_empty() {
        settings.push_str("[providers.main]\nkind = \"generic\"\ntoken = \"env:TOKEN\"\n");
    }
    write(root, "sayso.toml", &settings);
    let mut workspace = Workspace::open(root);
    let (report, _) = workspace.found.clone().into_report();
    let errors: Vec<_> =
        report.into_iter().filter(|d| d.code.severity() == sayso::diagnostic::Severity::Error).collect();
    assert!(errors.is_empty(), "{}:\n{}", page.display(), draw(&workspace.sources, &errors, false));
    for (_, body) in blocks.iter().filter(|(kind, _)| kind == "chat") {
        let bot = Arc::clone(workspace.bot("shop").expect("a page with conversations has a brand"));
        let file = workspace.sources.add(page, body.as_str());
        let mut found = Diagnostics::default();
        let chat = parse(body, &mut Reader::new(file, &mut found));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let ran = runtime.block_on(run(&chat, file, &bot, &mut found)).unwrap();
        let (report, _) = found.into_report();
        let shown = draw(&workspace.sources, &report, false);
        assert!(ran.outcome == Outcome::Passed && report.is_empty(), "{}:\n{body}\n{shown}", page.display());
    }
}

/// The fenced blocks of a page: what each is, and its text.
pub(crate) fn blocks(page: &str) -> Vec<(String, String)> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in page.lines() {
        if let Some(kind) = line.strip_prefix("```") {
            open = !open;
            if open {
                blocks.push((kind.trim().to_owned(), String::new()));
            }
        } else if let (true, Some((_, body))) = (open, blocks.last_mut()) {
            body.push_str(line);
            body.push('\n');
        }
    }
    blocks
}

/// The lines that people are told to type: verbs, flags and arguments that there are.
#[test]
fn what_the_pages_say_to_type_can_be_typed() {
    use clap::Parser;
    let docs = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let mut typed = 0;
    for page in std::fs::read_dir(docs).unwrap().map(|entry| entry.unwrap().path()) {
        let text = std::fs::read_to_string(&page).unwrap_or_default();
        for (_, body) in blocks(&text).iter().filter(|(kind, _)| kind == "sh") {
            for line in body.lines().filter(|line| line.starts_with("sayso ")) {
                // Words in quotes are one argument.
                let pieces = line.split('"').enumerate();
                let words = pieces.flat_map(|(at, piece)| match at % 2 {
                    0 => piece.split_whitespace().collect::<Vec<_>>(),
                    _ => vec![piece],
                });
                // What stands behind these is for the shell.
                let words = words.take_while(|word| !matches!(*word, "<" | ">" | "|"));
                let parsed = sayso::cli::Cli::try_parse_from(words);
                assert!(parsed.is_ok(), "{}: {line}\n{}", page.display(), parsed.unwrap_err());
                typed += 1;
            }
        }
    }
    assert!(typed >= 10, "{typed} lines");
}

/// A test that is named as the proof of something must be there.
#[test]
fn the_tests_that_the_page_about_security_names_are_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/security.md")).unwrap();
    let mut sources = String::new();
    let mut folders = vec![root.join("src"), root.join("tests")];
    while let Some(folder) = folders.pop() {
        for path in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|ending| ending == "rs") {
                sources += &std::fs::read_to_string(path).unwrap();
            }
        }
    }
    let names =
        page.lines().filter(|line| line.starts_with("| ")).filter_map(|line| line.split(" | ").nth(2));
    let names = names.flat_map(|names| names.split('`').skip(1).step_by(2));
    let mut shown = 0;
    for name in names.map(|name| name.rsplit("::").next().unwrap_or(name)) {
        assert!(
            sources.contains(&format!("fn {name}(")),
            "`docs/security.md` names `{name}`, which is no test"
        );
        shown += 1;
    }
    assert!(shown >= 30, "{shown} tests");
}
