//! Pictures of flows: the example brand as it must be drawn, and whatever a brand may write.
//!
//! `SAYSO_BLESS=1` writes the expected pictures anew; read them before you keep them.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use proptest::prelude::*;
use roxmltree::{Document, Node};
use sayso::bot::Bot;
use sayso::graph::{ALL, Picture};
use sayso::workspace::Workspace;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;
use std::sync::Arc;

const BRAND: &str = "\
brand Shop & <Sons>
  program News
  contact help@shop.example
  languages en, es

field name: name
field cups: number
";

const GRAMMAR: &str = "\
intent join
  join

intent other
  other
";

/// A brand with these flows; they must be sound.
fn brand(flows: &str) -> Arc<Bot> {
    let folder = tempfile::tempdir().unwrap();
    let files = [
        ("sayso.toml", ""),
        ("flows/shop/brand.flow", BRAND),
        ("flows/shop/a.flow", flows),
        ("grammars/en.grammar", GRAMMAR),
    ];
    for (path, text) in files {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    let workspace = Workspace::open(folder.path());
    let (report, _) = workspace.found.clone().into_report();
    let shown = sayso::diagnostic::draw(&workspace.sources, &report, false);
    Arc::clone(workspace.bot("shop").unwrap_or_else(|| panic!("{shown}\n{flows}")))
}

fn written(bot: &Bot, format: &str, flow: Option<&str>) -> String {
    let format = ALL.into_iter().find(|known| known.name == format).unwrap();
    let flow = flow.map(|name| bot.flow_named(name).unwrap());
    (format.write)(&Picture::of(bot, flow, bot.first_language()))
}

fn scoops() -> Arc<Bot> {
    let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
    Arc::clone(workspace.bot("scoops").unwrap())
}

#[test]
fn the_order_flow_is_drawn_as_expected() {
    let bot = scoops();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/graph");
    for (format, file) in [("mermaid", "order.mmd"), ("dot", "order.dot"), ("json", "order.json")] {
        let mut drawn = written(&bot, format, Some("order"));
        if format == "json" {
            // One line is hard to read, and to compare.
            let value: serde_json::Value = serde_json::from_str(&drawn).unwrap();
            drawn = serde_json::to_string_pretty(&value).unwrap() + "\n";
        }
        let path = folder.join(file);
        if std::env::var_os("SAYSO_BLESS").is_some() {
            std::fs::write(&path, &drawn).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap();
        assert_eq!(drawn, expected, "{file}: SAYSO_BLESS=1 writes it anew");
    }
}

/// How often each stable name stands in an svg picture.
fn names(picture: &Document<'_>) -> BTreeMap<String, usize> {
    let mut names = BTreeMap::new();
    for name in picture.descendants().filter_map(|node| node.attribute("data-id")) {
        *names.entry(name.to_owned()).or_default() += 1;
    }
    names
}

#[test]
fn every_node_and_every_way_of_the_example_can_be_found_by_its_name() {
    let bot = scoops();
    let svg = written(&bot, "svg", None);
    let names = names(&Document::parse(&svg).unwrap());
    let mut wanted: Vec<String> = Vec::new();
    for (flow, node) in bot.nodes() {
        wanted.push(format!("{}.{}", flow.name, node.name));
        wanted.extend(node.ways().map(|way| format!("{}.{} {}", flow.name, node.name, way.by.name(&bot))));
    }
    wanted.push("order on cancel-order".to_owned());
    assert!(wanted.len() > 50, "{wanted:?}");
    for name in wanted {
        assert_eq!(names.get(&name), Some(&1), "{name}: {names:#?}");
    }
}

#[test]
fn an_svg_picture_needs_nothing_else_and_can_be_read_aloud() {
    let svg = written(&scoops(), "svg", None);
    let picture = Document::parse(&svg).unwrap();
    let root = picture.root_element();
    assert_eq!(root.attribute("role"), Some("img"));
    let title = root.first_element_child().unwrap();
    assert_eq!(title.attribute("id"), root.attribute("aria-labelledby"));
    assert_eq!(title.text(), Some("Scoops: hours, menu, order, welcome"));
    assert!(svg.contains("prefers-color-scheme:dark"));
    let outside = |node: &Node<'_, '_>| {
        let name = node.tag_name().name();
        matches!(name, "script" | "image" | "use" | "link" | "foreignObject")
            || node.attributes().any(|attribute| attribute.name().ends_with("href"))
    };
    assert_eq!(picture.descendants().find(outside), None);
    assert!(!svg.contains("url(") && !svg.contains("@import"));
}

#[test]
fn a_picture_speaks_the_language_that_is_asked_for() {
    let bot = scoops();
    let flow = bot.flow_named("menu");
    for (language, says, option) in [
        ("en", "What can we do for you?", "option 1 Opening hours"),
        ("es", "En que podemos", "option 1 Horario"),
    ] {
        let picture = Picture::of(&bot, flow, language.parse().unwrap());
        for format in ALL {
            let drawn = (format.write)(&picture);
            assert!(drawn.contains(says) && drawn.contains(option), "{}: {drawn}", format.name);
        }
    }
}

#[test]
fn signs_of_the_formats_are_words_like_others() {
    let bot = brand(
        "flow a\n  start on join\n\nnode one\n  say 1. <b>\"A & B\"</b> %%{{init}}%% `x` *y* \\n #35; --> 👍\n  ask name\n  \
         when name = \"a|b<c>\" -> end-2\n  -> end-2\n\nnode end-2\n  say $$x$$\n  end\n",
    );
    let svg = written(&bot, "svg", None);
    let picture = Document::parse(&svg).unwrap();
    let one = picture.descendants().find(|node| node.attribute("data-id") == Some("a.one")).unwrap();
    let whole = one.first_element_child().unwrap().text().unwrap();
    assert!(whole.contains("1. <b>\"A & B\"</b> %%{{init}}%% `x` *y* \\n #35; --> 👍"), "{whole}");
    assert!(whole.contains("when name = \"a|b<c>\" -> end-2"), "{whole}");

    let mermaid = written(&bot, "mermaid", None);
    for line in mermaid.lines().filter(|line| line.contains("f0n")) {
        let quotes = line.matches('"').count();
        assert!(quotes == 0 || quotes == 2, "{line}");
    }
    let words = mermaid.replace("<br/>", "").replace("<b>", "").replace("</b>", "");
    assert!(words.contains("1#46; #60;b#62;#34;A #38; B#34;#60;/b#62; #37;#37;{{init}}"), "{mermaid}");
    assert!(words.contains("when name = #34;a#124;b#60;c#62;#34;"), "{mermaid}");
    assert!(words.contains("#36;\u{200b}#36;"), "a formula: {mermaid}");

    let dot = written(&bot, "dot", None);
    assert!(dot.contains("1. <b>\\\"A &amp; B\\\"</b>"), "{dot}");
    assert!(dot.contains("when name = \\\"a|b<c>\\\"\\l"), "{dot}");

    let json: serde_json::Value = serde_json::from_str(&written(&bot, "json", None)).unwrap();
    assert_eq!(json["name"], "Shop & <Sons>");
    assert_eq!(json["flows"][0]["ways"][0]["label"], "when name = \"a|b<c>\"");
}

#[test]
fn ways_that_are_no_lines_are_told_in_the_box() {
    let mut flows = String::from("flow a\n  start on join\n\n");
    for at in 0..7 {
        let next = if at == 6 { "last".to_owned() } else { format!("n{}", at + 1) };
        writeln!(flows, "node n{at}\n  say Question {at}?\n  ask name\n    tries 2 -> last").unwrap();
        writeln!(flows, "    on other -> n{at}\n  -> {next}\n").unwrap();
    }
    flows += "node last\n  say Bye\n  end\n";
    let bot = brand(&flows);
    let svg = written(&bot, "svg", None);
    let picture = Document::parse(&svg).unwrap();
    let texts = |name: &str| -> Vec<String> {
        let node = picture.descendants().find(|node| node.attribute("data-id") == Some(name)).unwrap();
        let texts = node.children().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
        texts.filter_map(|node| node.text().map(str::to_owned)).collect()
    };
    // A dozen dashed lines to one node would be no help, and a line from a node to itself none either.
    assert_eq!(texts("a.n0"), ["n0", "Question 0?", "ask name", "tries 2 → last", "on other → n0"]);
    assert_eq!(texts("a.last"), ["last", "Bye", "■ end"]);
}

/// A line out of one of the nodes, by its words.
fn way(nodes: usize) -> impl Strategy<Value = String> {
    let by = prop::sample::select(vec!["tries 3", "on other", "option Yes please", "option No", "when", ""]);
    (by, 0..nodes, "[ -~é😀]{0,12}").prop_map(|(by, to, words)| {
        let words: String = words.chars().filter(|c| !"\"{}".contains(*c)).collect();
        match by {
            "when" => format!("when name = \"{words}\" -> n{to}"),
            by => format!("{by} -> n{to}").trim().to_owned(),
        }
    })
}

/// Flows of which each node asks, so that no circle is a mistake, with ways of all kinds to anywhere.
fn flows() -> impl Strategy<Value = String> {
    let nodes = (1usize..14).prop_flat_map(|count| {
        let node = ("[ -~é😀]{1,60}", prop::collection::vec(way(count), 0..7), 0..=count);
        prop::collection::vec(node, count)
    });
    nodes.prop_map(|nodes| {
        let mut text = String::from("flow a\n  start on join\n  on other -> n0\n\n");
        for (at, (says, ways, last)) in nodes.iter().enumerate() {
            let says: String = says.chars().filter(|c| !"{}".contains(*c)).collect();
            let below = |begins: &str| {
                let mut ways: Vec<&String> = ways.iter().filter(|way| way.starts_with(begins)).collect();
                ways.dedup_by_key(|way| way.split(" ->").next());
                ways
            };
            writeln!(text, "node n{at}\n  say Q {says}").unwrap();
            let options = below("option");
            writeln!(text, "  {}", if options.is_empty() { "ask name" } else { "choose" }).unwrap();
            let mut told = options.clone();
            told.sort();
            told.dedup_by_key(|way| way.split(" ->").next());
            for line in told.iter().chain(below("tries").iter().take(1)).chain(below("on").iter().take(1)) {
                writeln!(text, "    {line}").unwrap();
            }
            if options.is_empty() {
                for line in below("when") {
                    writeln!(text, "  {line}").unwrap();
                }
                let last = if *last == nodes.len() { "end".to_owned() } else { format!("-> n{last}") };
                writeln!(text, "  {last}").unwrap();
            }
            text.push('\n');
        }
        text
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    #[test]
    fn whatever_a_brand_writes_is_drawn(flows in flows()) {
        let bot = brand(&flows);
        for format in ALL {
            let drawn = written(&bot, format.name, None);
            prop_assert!(drawn.ends_with('\n'));
            prop_assert_eq!(&drawn, &written(&bot, format.name, None));
        }
        let svg = written(&bot, "svg", None);
        let names = names(&Document::parse(&svg).unwrap());
        for (flow, node) in bot.nodes() {
            for way in node.ways() {
                let name = format!("{}.{} {}", flow.name, node.name, way.by.name(&bot));
                prop_assert_eq!(names.get(&name), Some(&1), "{}\n{}", name, svg);
            }
        }
        let json: serde_json::Value = serde_json::from_str(&written(&bot, "json", None)).unwrap();
        let ways = json["flows"][0]["ways"].as_array().unwrap().len();
        prop_assert_eq!(ways, bot.nodes().map(|(_, node)| node.ways().count()).sum::<usize>());
        // No words close a string of the dot language.
        let dot = written(&bot, "dot", None).replace("\\\\", "").replace("\\\"", "");
        for line in dot.lines() {
            prop_assert_eq!(line.matches('"').count() % 2, 0, "{}", line);
        }
    }
}
