//! What conversations walk, what they never walk, and what random ones find: through the front door.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};
use tempfile::TempDir;

const FLOW: &str = "\
flow welcome
  start on join
  on stop-asking -> done

node hello
  say {program}: {terms} Do you like cones?
  say.es {program}: {terms} Le gustan?
  ask cone
    tries 2 -> done
    silent 1d -> done
  when not cone -> cup
  -> done

node cup
  say A cup, then.
  say.es Un vaso.
  split 1 done, 1 again

node again
  say You will like our cups.
  say.es Le gustaran.
  -> done

node done
  end
";

const BRAND: &str = "\
brand Gelato
  program Gelato News
  numbers +14045550100 via main
  contact help@gelato.example
  languages en, es
  timezone America/New_York
  optin join

field cone: yes_no
";

const ENGLISH: &str = "intent join\n  join\nintent stop-asking\n  no more questions\n";
const SPANISH: &str = "language es\nintent join\n  unirse\n";

/// A workspace of one brand, with these files besides or instead of its own.
fn workspace(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = [
        ("sayso.toml", "[providers.main]\nkind = \"generic\"\ntoken = \"env:TOKEN\"\n"),
        ("flows/gelato/brand.flow", BRAND),
        ("flows/gelato/welcome.flow", FLOW),
        ("grammars/en.grammar", ENGLISH),
        ("grammars/es.grammar", SPANISH),
    ];
    for (path, text) in own.iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn sayso(folder: &Path, arguments: &[&str]) -> (Option<i32>, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sayso"));
    command.env_remove("SAYSO_WORKSPACE").current_dir(folder).args(arguments);
    let Output { status, stdout, stderr } = command.output().unwrap();
    assert_eq!(String::from_utf8_lossy(&stderr), "", "{arguments:?}");
    (status.code(), String::from_utf8(stdout).unwrap())
}

const HELLO: (&str, &str) = ("flows/gelato/hello.chat", "brand gelato\n\n> join\n< Gelato News: *\n> yes\n");

/// What was never walked is walked when the conversations that were printed are put into files.
#[test]
fn the_conversations_that_are_printed_close_the_gap() {
    let folder = workspace(&[HELLO]);
    let (code, out) = sayso(folder.path(), &["test", "--coverage"]);
    assert_eq!(code, Some(0), "{out}");
    let summary = "gelato: 2 of 4 nodes, 2 of 9 ways out, 2 of 4 answers, 1 of 2 languages walked\n";
    assert!(out.contains(summary), "{out}");
    for never in ["welcome on stop-asking", "welcome.hello silent", "welcome.cup arm 2", "language es"] {
        assert!(out.contains(&format!("  never: {never}\n")), "{never}: {out}");
    }
    let chats = out.split("\n# Walks ").skip(1);
    let chats = chats.map(|chat| chat.split_once('\n').unwrap().1.split("\n  never: ").next().unwrap());
    for (number, chat) in chats.enumerate() {
        std::fs::write(folder.path().join(format!("flows/gelato/found-{number}.chat")), chat).unwrap();
    }
    let (code, out) = sayso(folder.path(), &["test", "--coverage"]);
    assert_eq!(code, Some(0), "{out}");
    let summary = "gelato: 4 of 4 nodes, 9 of 9 ways out, 4 of 4 answers, 2 of 2 languages walked\n";
    assert!(out.ends_with(summary), "{out}");
}

/// A flow that nobody asks for is walked by a campaign, at an hour in which it may speak.
#[test]
fn a_campaign_walks_what_no_text_starts() {
    let sale = "flow sale\n\nnode sale\n  say Half price at {program} today.\n  say.es Mitad de precio en {program} hoy.\n  end\n";
    let folder = workspace(&[HELLO, ("flows/gelato/sale.flow", sale)]);
    let (code, out) = sayso(folder.path(), &["test", "--coverage"]);
    assert_eq!(code, Some(0), "{out}");
    let chat = out.split("\n# Walks ").find(|chat| chat.starts_with("sale.sale")).unwrap();
    assert!(chat.contains("\ncampaign sale\n< Half price at Gelato News today.\n"), "{chat}");
    let (_, chat) = chat.split_once('\n').unwrap();
    std::fs::write(folder.path().join("flows/gelato/sale.chat"), chat.split("\n  never: ").next().unwrap())
        .unwrap();
    let (code, out) = sayso(folder.path(), &["test", "--coverage"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(!out.contains("never: sale.sale"), "{out}");
}

#[test]
fn programs_read_coverage_as_objects() {
    let folder = workspace(&[HELLO]);
    let (_, out) = sayso(folder.path(), &["test", "--coverage", "--json"]);
    let objects: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let coverage = objects.iter().find_map(|object| object.get("coverage")).unwrap();
    assert_eq!((&coverage["nodes"]["walked"], &coverage["nodes"]["all"]), (&Value::from(2), &Value::from(4)));
    let found = objects.iter().filter(|object| object["never"].is_array());
    let mut walks = found.flat_map(|object| object["never"].as_array().unwrap());
    assert!(walks.any(|name| name == "welcome.cup arm 1"), "{out}");
}

#[test]
fn pictures_show_what_was_walked() {
    let folder = workspace(&[HELLO]);
    let (_, json) = sayso(folder.path(), &["graph", "--coverage", "--format", "json"]);
    let json: Value = serde_json::from_str(&json).unwrap();
    let of = |list: &str, id: &str| {
        let all = json["flows"][0][list].as_array().unwrap().iter();
        all.clone().find(|thing| thing["id"] == id).unwrap_or_else(|| panic!("{id}"))["walked"].clone()
    };
    assert_eq!(of("nodes", "welcome.hello"), true);
    assert_eq!(of("nodes", "welcome.cup"), false);
    assert_eq!(of("ways", "welcome.hello ->"), true);
    assert_eq!(of("ways", "welcome.hello tries"), false);
    assert_eq!(of("entries", "welcome on stop-asking"), false);
    assert_eq!(of("entries", "welcome start"), Value::Null);

    let (_, svg) = sayso(folder.path(), &["graph", "--coverage"]);
    let document = roxmltree::Document::parse(&svg).unwrap();
    let class = |id: &str| {
        let mut marks = document.descendants().filter(|node| node.attribute("data-id") == Some(id));
        marks.next().and_then(|mark| mark.attribute("class")).unwrap_or_default().to_owned()
    };
    assert_eq!(class("welcome.hello"), "asks walked");
    assert_eq!(class("welcome.cup"), "passes never");
    let legend = ["walked", "some of its ways", "✗ never walked"];
    let words = |words: &str| document.descendants().any(|node| node.text() == Some(words));
    assert!(legend.into_iter().all(words), "{svg}");

    let (_, dot) = sayso(folder.path(), &["graph", "--coverage", "--format", "dot"]);
    let line = |begin: &str| dot.lines().find(|line| line.trim().starts_with(begin)).unwrap().to_owned();
    assert!(
        line("\"welcome.hello\" [").ends_with("color=\"#1a7f4b\", fontcolor=\"#1a7f4b\", penwidth=1.8]"),
        "{dot}"
    );
    assert!(line("\"welcome.cup\" [").contains("#c22f2f") && dot.contains("cluster legend"), "{dot}");
    let (_, mermaid) = sayso(folder.path(), &["graph", "--coverage", "--format", "mermaid"]);
    assert!(mermaid.contains("classDef never") && mermaid.contains("subgraph legend"), "{mermaid}");

    // Nobody who did not ask sees any of it.
    for format in ["svg", "dot", "mermaid", "json"] {
        let (_, plain) = sayso(folder.path(), &["graph", "--format", format]);
        assert!(!plain.contains("walked") && !plain.contains('✗'), "{plain}");
    }
}

#[test]
fn exploring_tells_what_it_found_and_how_often() {
    let folder = workspace(&[]);
    let (code, out) = sayso(folder.path(), &["test", "--explore", "200", "--seed", "5"]);
    let sound = "200 turns in 13 conversations with 1 brand, seed 5\n  stuck: none\n  limit: none\n  \
                 over budget: none\n  panic: none\n";
    assert_eq!((code, out.as_str()), (Some(0), sound));

    let flow = FLOW.replace("node cup\n", "node cup\n  say One\n  say Two\n  say Three\n  say Four\n  say Five\n  say Six\n  say Seven\n  say Eight\n");
    let folder = workspace(&[("flows/gelato/welcome.flow", &flow)]);
    let arguments = ["test", "--explore", "400", "--seed", "5"];
    let (code, out) = sayso(folder.path(), &arguments);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.starts_with("gelato: limit at `welcome."), "{out}");
    assert!(out.contains("  limit: ") && out.contains(" %)\n"), "{out}");
    assert_eq!(sayso(folder.path(), &arguments).1, out, "the same seed");
    // It is a conversation as people write them.
    let chat = out.split("\n# Comes to it.\n").nth(1).unwrap();
    let chat: Vec<&str> = chat
        .lines()
        .take_while(|line| !line.starts_with("gelato: ") && !line.contains(" turns in "))
        .collect();
    let chat = chat.join("\n");
    std::fs::write(folder.path().join("flows/gelato/found.chat"), format!("{chat}\n")).unwrap();
    assert_eq!(sayso(folder.path(), &["test"]).0, Some(0), "{chat}");

    let (code, out) = sayso(folder.path(), &["test", "--explore", "400", "--seed", "5", "--json"]);
    let objects: Vec<Value> = out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!((code, &objects[0]["finding"]), (Some(1), &Value::from("limit")));
    assert_eq!(objects.last().unwrap()["explored"]["turns"].as_u64().map(|turns| turns <= 400), Some(true));
}
