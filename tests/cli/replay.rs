//! `sayso replay` of a log in a file.

use crate::{WELCOME, fed, run, workspace};
use serde_json::Value;
use std::path::Path;
use tempfile::TempDir;

const LOG: &str = "log.jsonl";

/// A workspace in which somebody has joined, and the log of it: `JOIN`, `yes`.
fn recorded() -> (TempDir, Vec<String>) {
    let folder = workspace(&[]);
    let chat = fed(folder.path(), &["chat", "--store"], b"JOIN\nyes\n");
    assert_eq!(chat.code, Some(0), "{chat:#?}");
    let log = run(folder.path(), &["export", "turns", "--folder", "data/store-chat"]);
    assert_eq!(log.out.lines().count(), 2, "{log:#?}");
    let lines = log.out.lines().map(str::to_owned).collect();
    write(folder.path(), &log.out);
    (folder, lines)
}

fn write(folder: &Path, log: &str) {
    std::fs::write(folder.join(LOG), log).unwrap();
}

fn edit(folder: &Path, from: &str, to: &str) {
    assert!(WELCOME.contains(from));
    std::fs::write(folder.join("flows/gelato/welcome.flow"), WELCOME.replace(from, to)).unwrap();
}

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn what_would_be_answered_otherwise_is_shown_with_both_answers_and_reasons() {
    let (folder, _) = recorded();
    let same = run(folder.path(), &["replay", LOG]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), "texts: 2 same, 0 differ\n"), "{same:#?}");

    edit(folder.path(), "You're in!", "You're in, at last!");
    let differs = run(folder.path(), &["replay", LOG]);
    assert_eq!(differs.code, Some(1), "{differs:#?}");
    for line in [
        "differs gelato +14045550123 turn 2, ",
        "  > yes\n",
        "  then  < You're in!\n        = rung closed answer or the node's `on`; welcome.done\n",
        "  today < You're in, at last!\n        = rung closed answer or the node's `on`; welcome.done\n",
        "by node:\n  gelato: welcome.done  0 same, 1 differ\n",
        "texts: 1 same, 1 differ\n",
    ] {
        assert!(differs.out.contains(line), "{line:?} in {differs:#?}");
    }

    let json = run(folder.path(), &["--json", "replay", LOG]);
    assert_eq!(json.code, Some(1));
    let objects = objects(&json.out);
    let verdicts: Vec<&str> = objects.iter().filter_map(|turn| turn["verdict"].as_str()).collect();
    assert_eq!(verdicts, ["same", "differs"]);
    assert_eq!(objects[0]["then"]["intent"], "join");
    assert_eq!(objects[1]["then"]["answers"][0], "You're in!");
    assert_eq!(objects[1]["today"]["answers"][0], "You're in, at last!");
    assert_eq!(objects[2]["summary"]["texts"]["differs"], 1);
    assert_eq!(objects[2]["summary"]["intents"]["gelato: join"]["same"], 1);
}

#[test]
fn other_words_lead_nowhere_else_and_another_way_does() {
    let (folder, _) = recorded();
    edit(folder.path(), "Do you like cones?", "Cones?");
    let words = run(folder.path(), &["replay", LOG]);
    assert!(words.out.ends_with("texts: 1 same, 1 differ\n"), "{words:#?}");

    edit(folder.path(), "  ask cone\n    tries 3 -> done\n", "");
    let way = run(folder.path(), &["replay", LOG]);
    assert_eq!(way.code, Some(1));
    assert!(way.out.contains("follows gelato +14045550123 turn 2, "), "{way:#?}");
    assert!(way.out.contains("(turn 1 led elsewhere)"), "{way:#?}");
    assert!(way.out.ends_with("texts: 0 same, 1 differ, 1 follow\n"), "{way:#?}");
}

#[test]
fn a_node_that_was_renamed_is_the_same_node() {
    let (folder, _) = recorded();
    let renamed =
        WELCOME.replace("node done\n", "node finished\n  was done\n").replace("-> done", "-> finished");
    std::fs::write(folder.path().join("flows/gelato/welcome.flow"), renamed).unwrap();
    let same = run(folder.path(), &["replay", LOG]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), "texts: 2 same, 0 differ\n"), "{same:#?}");
}

#[test]
fn a_brand_that_was_renamed_is_replayed_under_its_name_of_today() {
    let (folder, _) = recorded();
    let flows = folder.path().join("flows");
    std::fs::rename(flows.join("gelato"), flows.join("sorbet")).unwrap();
    let brand = std::fs::read_to_string(flows.join("sorbet/brand.flow")).unwrap();
    let brand = brand.replacen("brand Gelato\n", "brand Gelato\n  was gelato\n", 1);
    std::fs::write(flows.join("sorbet/brand.flow"), brand).unwrap();
    let same = run(folder.path(), &["replay", LOG, "--brand", "sorbet"]);
    assert_eq!((same.code, same.out.as_str()), (Some(0), "texts: 2 same, 0 differ\n"), "{same:#?}");
    let chat = ["export", "turns", "--as", "chat", "--dialogue", "+14045550123", "--brand", "sorbet"];
    let chat = run(folder.path(), &[&chat[..], &["--folder", "data/store-chat"]].concat());
    assert!(chat.out.contains("\nbrand sorbet\n"), "{chat:#?}");
}

#[test]
fn a_silence_that_is_measured_today_rings_between_recorded_texts() {
    let (folder, lines) = recorded();
    let mut later: Value = serde_json::from_str(&lines[1]).unwrap();
    let at: jiff::Timestamp = later["entry"]["at"].as_str().unwrap().parse().unwrap();
    // Noon of the day after tomorrow in the brand's zone: whenever this runs, it is no quiet hour.
    let noon = at.to_zoned(jiff::tz::TimeZone::get("America/New_York").unwrap());
    let noon = noon.checked_add(jiff::ToSpan::days(2)).unwrap().with().hour(12).build().unwrap();
    later["entry"]["at"] = noon.timestamp().to_string().into();
    write(folder.path(), &format!("{}\n{later}\n", lines[0]));
    assert_eq!(
        run(folder.path(), &["replay", LOG]).code,
        Some(0),
        "under the same files what did not ring did not"
    );

    edit(folder.path(), "    tries 3 -> done\n", "    tries 3 -> done\n    silent 24h -> done\n");
    let rang = run(folder.path(), &["replay", LOG]);
    assert_eq!(rang.code, Some(1), "{rang:#?}");
    assert!(rang.out.contains("a timer rings today that did not ring then"), "{rang:#?}");
    assert!(rang.out.contains("  then  nothing\n  today < You're in!\n"), "{rang:#?}");
    assert!(rang.out.contains("other turns: 0 same, 1 differ\n"), "{rang:#?}");
}

#[test]
fn a_log_with_gaps_is_not_guessed_at() {
    let (folder, lines) = recorded();
    edit(folder.path(), "You're in!", "You're in, at last!");
    write(folder.path(), &lines[1]);
    let unknown = run(folder.path(), &["replay", LOG]);
    assert_eq!(unknown.code, Some(0), "{unknown:#?}");
    assert_eq!(unknown.out, "texts: 0 same, 0 differ, 1 not compared\n");
    assert!(unknown.err.contains("1 not compared"), "{unknown:#?}");
    let json = objects(&run(folder.path(), &["--json", "replay", LOG]).out);
    assert_eq!(json[0]["why"], "the log has only turn 2 and later ones of this dialogue");

    // A damaged line is told, and is a gap.
    write(folder.path(), &format!("{}\n{}\n", &lines[0][..100], lines[1]));
    let damaged = run(folder.path(), &["replay", LOG]);
    assert_eq!(damaged.code, Some(1), "{damaged:#?}");
    assert!(damaged.err.contains("log.jsonl:1: this is no turn of a log: "), "{damaged:#?}");
    assert!(damaged.out.contains("1 not compared"), "{damaged:#?}");
}

#[test]
fn since_leaves_out_what_was_before() {
    let (folder, lines) = recorded();
    let second: Value = serde_json::from_str(&lines[1]).unwrap();
    let at = second["entry"]["at"].as_str().unwrap();
    let since = run(folder.path(), &["replay", LOG, "--since", at]);
    assert_eq!((since.code, since.out.as_str()), (Some(0), "texts: 1 same, 0 differ\n"), "{since:#?}");
    let later = run(folder.path(), &["replay", LOG, "--since", "2999-01-01"]);
    assert_eq!(later.out, "texts: 0 same, 0 differ\n", "{later:#?}");
}

#[test]
fn a_log_through_a_pipe_is_a_log() {
    let (folder, lines) = recorded();
    let piped = fed(folder.path(), &["replay", "-"], lines.join("\n").as_bytes());
    assert_eq!((piped.code, piped.out.as_str()), (Some(0), "texts: 2 same, 0 differ\n"), "{piped:#?}");
}

#[test]
fn what_cannot_be_replayed_is_said() {
    let (folder, lines) = recorded();
    let says = |arguments: &[&str], words: &str| {
        let ran = run(folder.path(), arguments);
        assert_eq!(ran.code, Some(2), "{ran:#?}");
        assert!(ran.err.contains(words), "{words:?} in {ran:#?}");
    };
    says(&["replay"], "<FILE|--store>");
    says(&["replay", "nothing.jsonl"], "hint: `sayso export turns > FILE` writes one");
    says(&["replay", "--store"], "there is no store at ");
    says(&["replay", LOG, "--since", "yesterday"], "2026-06-01T16:00:00Z");
    says(&["replay", LOG, "--brand", "gelatto"], "did you mean `gelato`?");
    write(folder.path(), &lines[0].replace("\"version\":1", "\"version\":9"));
    says(&["replay", LOG], "log.jsonl:1: this log is of version 9");
    write(folder.path(), &"x".repeat(300_000));
    says(&["replay", LOG], "this line is longer than any turn");
}

#[test]
fn a_dialogue_is_written_as_a_conversation_that_passes() {
    let (folder, _) = recorded();
    let store = ["--folder", "data/store-chat"];
    let chat = |more: &[&str]| {
        run(folder.path(), &[&["export", "turns", "--as", "chat"], &store[..], more].concat())
    };
    let made = chat(&["--dialogue", "+14045550123"]);
    assert_eq!((made.code, made.err.as_str()), (Some(0), ""), "{made:#?}");
    assert!(made.out.contains("\n> JOIN\n< Welcome to Gelato News! "), "{made:#?}");
    std::fs::write(folder.path().join("flows/gelato/recorded.chat"), &made.out).unwrap();
    let test = run(folder.path(), &["test"]);
    assert_eq!(test.code, Some(0), "{test:#?}");
    let fmt = run(folder.path(), &["fmt", "--check"]);
    assert_eq!(fmt.code, Some(0), "{fmt:#?}");

    // Today's files answer otherwise: it says what was answered, so that the test shows it.
    edit(folder.path(), "You're in!", "You're in, at last!");
    let differs = chat(&["--dialogue", "+14045550123"]);
    assert!(
        differs.err.contains("warning: the files answer 1 turn otherwise than it was recorded"),
        "{differs:#?}"
    );
    assert!(differs.out.contains("\n> yes\n< You're in!\n"), "{differs:#?}");

    assert_eq!(chat(&[]).code, Some(2), "whose dialogue?");
    let nobody = chat(&["--dialogue", "+14045550199"]);
    assert!(nobody.err.contains("the log has no dialogue with this number"), "{nobody:#?}");
    let table = run(folder.path(), &["export", "sent", "--as", "chat", "--dialogue", "+14045550123"]);
    assert!(table.err.contains("only turns make a conversation"), "{table:#?}");
}
