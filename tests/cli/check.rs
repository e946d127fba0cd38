//! What `sayso check` does besides checking once for people: for GitHub, against the store, again and again.

use crate::{BRAND, BROKEN, MISTAKES, SETTINGS, WELCOME, fed, run, start, workspace};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use std::time::Duration;
use tempfile::TempDir;

/// `%XX` read back, as GitHub does.
fn unescaped(text: &str) -> String {
    let pairs = [("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")];
    pairs.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}

#[test]
fn github_gets_one_command_a_mistake() {
    let folder = workspace(&[("flows/gelato/broken.flow", BROKEN)]);
    let check = run(folder.path(), &["check", "--github"]);
    assert_eq!((check.code, check.err.as_str()), (Some(1), ""), "{check:#?}");
    for line in check.out.lines() {
        let kinds = ["::error file=", "::warning file=", "::notice file="];
        assert!(kinds.iter().any(|kind| line.starts_with(kind)), "{line}");
    }
    for (code, line, column, hint) in MISTAKES {
        let place = format!("::error file=flows/gelato/broken.flow,line={line},endLine={line},col={column},");
        let mut same = check.out.lines().filter(|one| one.starts_with(&place));
        let one =
            same.find(|one| one.contains(&format!("title={code} "))).unwrap_or_else(|| panic!("{code}"));
        assert!(unescaped(one).contains(hint), "{one}");
    }
    let wanted = "::error file=flows/gelato/broken.flow,line=8,endLine=8,col=6,endColumn=9,\
                  title=F301 an unknown node::";
    let one = check.out.lines().find(|line| line.starts_with(wanted)).unwrap_or_else(|| panic!("{check:#?}"));
    assert!(one.contains("%0Ahint: did you mean `two`?"), "{one}");
}

#[test]
fn github_gets_every_line_whole_whatever_a_file_is_called() {
    let broken = "flow odd\n\nnode one\n  sya 100%: a, b\n  end\n";
    let folder = workspace(&[("flows/gelato/50%, odd: one.flow", broken)]);
    let check = run(folder.path(), &["check", "--github"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    let place = "::error file=flows/gelato/50%25%2C odd%3A one.flow,line=4,endLine=4,col=3,";
    assert!(check.out.lines().any(|line| line.starts_with(place)), "{check:#?}");
    assert!(check.out.lines().all(|line| line.starts_with("::")), "{check:#?}");
}

#[test]
fn github_gets_warnings_and_the_exit_code_stays_what_it_is() {
    let lonely = WELCOME.replace("node done", "node lonely\n  end\n\nnode done");
    let folder = workspace(&[("flows/gelato/welcome.flow", &lonely)]);
    let check = run(folder.path(), &["check", "--github"]);
    assert_eq!((check.code, check.out.lines().count()), (Some(0), 1), "{check:#?}");
    assert!(check.out.starts_with("::warning file=flows/gelato/welcome.flow,line=10,"), "{check:#?}");
    let sound = run(workspace(&[]).path(), &["check", "--github"]);
    assert_eq!((sound.code, sound.out.as_str(), sound.err.as_str()), (Some(0), "", ""), "{sound:#?}");
    let quiet = BRAND.replace("  numbers +14045550100 via curl\n", "");
    let noted = run(workspace(&[("flows/gelato/brand.flow", &quiet)]).path(), &["check", "--github"]);
    assert!(
        noted.code == Some(0) && noted.out.starts_with("::notice file=flows/gelato/brand.flow,"),
        "{noted:#?}"
    );
    let both = run(folder.path(), &["check", "--github", "--json"]);
    assert_eq!((both.code, both.out.as_str()), (Some(2), ""), "{both:#?}");
    assert!(both.err.contains("hint: "), "{both:#?}");
}

/// A brand whose dialogue asks twice.
const ASKS_TWICE: &str = "\
flow welcome
  start on join

node hello
  say Welcome to {program}! {terms} Do you like cones?
  ask cone
    tries 3 -> done
  -> second

node second
  say What's your name?
  ask name
    tries 3 -> done
  -> done

node done
  say You're in!
  end
";

/// Settings whose store is the folder in which `chat --store` keeps its dialogues.
fn settings_of_chats() -> String {
    format!("{SETTINGS}\n[store]\npath = \"data/store-chat\"\n")
}

/// A workspace in whose store two people stand on `hello` and one, who likes cones, on `second`.
fn peopled() -> TempDir {
    let folder = workspace(&[("flows/gelato/welcome.flow", ASKS_TWICE)]);
    let people = [("+14045550123", "JOIN\n"), ("+14045550124", "JOIN\n"), ("+14045550125", "JOIN\nyes\n")];
    for (from, texts) in people {
        let chat = fed(folder.path(), &["chat", "--store", "--from", from], texts.as_bytes());
        assert_eq!(chat.code, Some(0), "{chat:#?}");
    }
    write(folder.path(), "sayso.toml", &settings_of_chats());
    folder
}

fn write(folder: &Path, path: &str, text: &str) {
    std::fs::write(folder.join(path), text).unwrap();
}

/// Writes the flow anew and compares: the exit code, the rows of the table, and what is said of mistakes.
fn compared(folder: &Path, flow: &str) -> (Option<i32>, Vec<String>, String) {
    write(folder, "flows/gelato/welcome.flow", flow);
    let check = run(folder, &["check", "--live"]);
    let table = check.out.lines().skip_while(|line| *line != "gelato: 3 people").skip(1);
    (check.code, table.map(|line| line.trim().to_owned()).collect(), check.err)
}

#[test]
fn people_whose_node_has_not_changed_stay() {
    let folder = peopled();
    let (code, rows, err) = compared(folder.path(), ASKS_TWICE);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(rows, ["welcome.hello   2 people", "welcome.second  1 person"]);
}

#[test]
fn people_who_are_moved_by_a_declaration_are_no_mistake() {
    let folder = peopled();
    let moved = ASKS_TWICE
        .replace("node hello\n", "node greeting\n  was hello\n")
        .replace("-> second", "-> done")
        .replace("start on join\n", "start on join\n  gone -> done\n")
        .replace("node second\n  say What's your name?\n  ask name\n    tries 3 -> done\n  -> done\n\n", "");
    let (code, rows, err) = compared(folder.path(), &moved);
    assert_eq!(code, Some(0), "{err}");
    let wanted = [
        "welcome.hello   2 people  moved to welcome.greeting (was)",
        "welcome.second  1 person  moved to welcome.done (gone)",
    ];
    assert_eq!(rows, wanted);
    let (code, rows, err) =
        compared(folder.path(), &ASKS_TWICE.replace("flow welcome", "flow hi\n  was welcome"));
    assert_eq!(code, Some(0), "{err}");
    assert!(rows[0].ends_with("moved to hi.hello (was)"), "{rows:?}");
}

#[test]
fn people_whose_place_is_gone_are_mistakes_with_a_way_out() {
    let folder = peopled();
    let renamed = ASKS_TWICE.replace("node second", "node later").replace("-> second", "-> later");
    let (code, rows, err) = compared(folder.path(), &renamed);
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(
        rows,
        [
            "welcome.hello   2 people",
            "welcome.second  1 person  the node is gone: they begin again at welcome.hello",
        ]
    );
    assert!(err.contains("error: gelato: `welcome.second`, 1 person: "), "{err}");
    assert!(err.contains("hint: write `was second` below"), "{err}");
    let (code, rows, err) = compared(folder.path(), &ASKS_TWICE.replace("flow welcome", "flow hi"));
    assert_eq!(code, Some(1), "{err}");
    assert_eq!(rows[0], "welcome.hello   2 people  the flow is gone: they leave it");
    assert!(err.contains("hint: write `was welcome` below the flow"), "{err}");
}

#[test]
fn a_question_that_became_a_pause_is_told() {
    let folder = peopled();
    let paused = ASKS_TWICE.replace("  ask name\n    tries 3 -> done\n", "  wait 1d\n");
    let (code, rows, err) = compared(folder.path(), &paused);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(rows[1], "welcome.second  1 person  welcome.second waits for something else than before");
}

#[test]
fn a_question_that_asks_for_another_field_is_told_and_asked_anew() {
    let folder = peopled();
    let asks_again =
        ASKS_TWICE.replace("  say What's your name?\n  ask name\n", "  say And cups?\n  ask cup\n");
    write(folder.path(), "flows/gelato/brand.flow", &format!("{BRAND}field cup: yes_no\n"));
    let (code, rows, err) = compared(folder.path(), &asks_again);
    assert_eq!(code, Some(0), "{err}");
    assert_eq!(rows[1], "welcome.second  1 person  welcome.second waits for something else than before");
    write(folder.path(), "sayso.toml", SETTINGS);
    let chat = fed(folder.path(), &["chat", "--store", "--from", "+14045550125"], b"yes\n");
    assert_eq!(
        chat.out, "< And cups?\n",
        "an answer to what they were asked before fills nothing: {chat:#?}"
    );
    let folder = peopled();
    let first = BRAND.replace("field name: name\n", "field first: name\n  was name\n");
    write(folder.path(), "flows/gelato/brand.flow", &first);
    let renamed = ASKS_TWICE.replace("ask name", "ask first");
    let (code, rows, err) = compared(folder.path(), &renamed);
    assert_eq!((code, rows[1].as_str()), (Some(0), "welcome.second  1 person"), "{err}");
}

#[test]
fn values_that_their_list_has_no_more_are_told() {
    let folder = workspace(&[]);
    let brand = |values: &str| {
        let field = format!("field flavor: one of\n{values}\nfield name: name\n");
        write(folder.path(), "flows/gelato/brand.flow", &BRAND.replace("field name: name\n", &field));
    };
    let asks = ASKS_TWICE.replace("  ask cone\n", "  ask flavor\n");
    brand("  mint: peppermint\n  vanilla\n");
    write(folder.path(), "flows/gelato/welcome.flow", &asks);
    let chat = fed(folder.path(), &["chat", "--store", "--from", "+14045550126"], b"JOIN\nmint\n");
    assert_eq!(chat.code, Some(0), "{chat:#?}");
    write(folder.path(), "sayso.toml", &settings_of_chats());
    let told = |values: &str| {
        brand(values);
        let check = run(folder.path(), &["check", "--live"]);
        let row = check.out.lines().find(|line| line.trim().starts_with("field flavor")).map(str::to_owned);
        (check.code, row, check.err)
    };
    let (code, row, err) = told("  vanilla\n  peppermint\n");
    assert_eq!(code, Some(1), "{err}");
    assert!(row.unwrap().ends_with("1 person  `mint` is no value of it any more"));
    assert!(err.contains("hint: write `was mint` below the value"), "{err}");
    let (code, row, err) = told("  vanilla\n  peppermint\n    was mint\n");
    assert_eq!((code, row), (Some(0), None), "{err}");
}

#[test]
fn values_of_another_kind_than_their_field_are_told() {
    let folder = peopled();
    for (kind, code, row) in [
        ("number", 1, "a yes or no, but the field is a number now: counts as unfilled"),
        ("number\n  convert", 0, "a yes or no, cannot be read as a number: counts as unfilled"),
        ("text\n  convert", 0, "a yes or no, read anew as a text (convert)"),
    ] {
        write(
            folder.path(),
            "flows/gelato/brand.flow",
            &BRAND.replace("cone: yes_no", &format!("cone: {kind}")),
        );
        let (came, rows, err) = compared(folder.path(), ASKS_TWICE);
        assert_eq!(came, Some(code), "{kind}: {rows:?} {err}");
        assert_eq!(rows[2], format!("field cone      1 person  {row}"));
        assert_eq!(err.contains("hint: write `convert` below the field `cone`"), code == 1, "{err}");
    }
}

#[test]
fn live_json_is_one_object_a_finding() {
    let folder = peopled();
    write(folder.path(), "flows/gelato/welcome.flow", &ASKS_TWICE.replace("node hello", "node hi"));
    let check = run(folder.path(), &["check", "--live", "--json"]);
    assert_eq!((check.code, check.err.as_str()), (Some(1), ""), "{check:#?}");
    let found: Vec<Value> = check.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let wanted = [
        json!({"brand": "gelato", "node": "welcome.hello", "people": 2, "fate": "node_gone", "to": "welcome.hi",
            "undeclared": true}),
        json!({"brand": "gelato", "node": "welcome.second", "people": 1, "fate": "stays", "undeclared": false}),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_workspace_without_a_store_has_nobody_to_compare_with() {
    let folder = workspace(&[]);
    let check = run(folder.path(), &["check", "--live"]);
    assert_eq!(check.code, Some(0), "{check:#?}");
    assert!(check.err.contains("there is no store"), "{check:#?}");
    assert!(!folder.path().join("data").exists(), "comparing makes no store");
}

#[test]
fn people_of_a_brand_that_has_no_folder_are_mistakes() {
    let folder = peopled();
    std::fs::rename(folder.path().join("flows/gelato"), folder.path().join("flows/ices")).unwrap();
    let check = run(folder.path(), &["check", "--live"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    assert!(check.err.contains("its name back, or write `was NAME` below the brand"), "{check:#?}");
    let (code, rows) = {
        let was = BRAND.replace("brand Gelato\n", "brand Gelato\n  was gelato\n");
        write(folder.path(), "flows/ices/brand.flow", &was);
        let check = run(folder.path(), &["check", "--live"]);
        (check.code, check.out.lines().map(str::trim).map(str::to_owned).collect::<Vec<_>>())
    };
    assert_eq!(code, Some(0));
    assert!(rows.contains(&"ices: 3 people".to_owned()), "{rows:?}");
    write(folder.path(), "sayso.toml", SETTINGS);
    let chat = fed(folder.path(), &["chat", "ices", "--store", "--from", "+14045550125"], b"Ana\n");
    assert_eq!(chat.out, "< You're in!\n", "the dialogue goes on under the new name: {chat:#?}");
}

#[test]
fn the_server_is_asked_while_it_has_the_store() {
    let folder = peopled();
    let mut server = Command::new(env!("CARGO_BIN_EXE_sayso"));
    server.current_dir(folder.path()).args(["serve", "--listen", "127.0.0.1:0"]).env("TEST_TOKEN", "secret");
    server.env_remove("SAYSO_WORKSPACE").env("SAYSO_LOG", "warn").stderr(Stdio::piped());
    let mut server = server.spawn().unwrap();
    let mut said = String::new();
    BufReader::new(server.stderr.as_mut().unwrap()).read_line(&mut said).unwrap();
    assert!(said.starts_with("serving 1 brands"), "{said}");
    let (code, rows, err) = compared(folder.path(), ASKS_TWICE);
    interrupt(&server);
    assert_eq!(server.wait().unwrap().code(), Some(0));
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert_eq!(rows[0], "welcome.hello   2 people");
}

/// Ctrl-C.
fn interrupt(child: &Child) {
    let killed = Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap();
    assert!(killed.success());
}

/// How long a check may take before a test gives up.
const PATIENCE: Duration = Duration::from_secs(30);

/// `check --watch` at work, and the lines that it prints.
struct Watching {
    child: Child,
    lines: Receiver<String>,
}

impl Watching {
    fn start(folder: &Path, arguments: &[&str]) -> Self {
        let mut child = start(folder, arguments);
        let (tell, lines) = channel();
        let out = BufReader::new(child.stdout.take().unwrap());
        // It ends with the output.
        spawn(move || out.lines().map_while(Result::ok).try_for_each(|line| tell.send(line)));
        Self { child, lines }
    }

    fn line(&self) -> String {
        self.lines.recv_timeout(PATIENCE).expect("a line is printed")
    }

    /// The next line that holds these words: a change may be seen in two steps, and be told in two lines.
    fn until(&self, words: &str) -> String {
        std::iter::repeat_with(|| self.line()).find(|line| line.contains(words)).unwrap()
    }

    /// Ends it by Ctrl-C; the exit code.
    fn stop(mut self) -> Option<i32> {
        interrupt(&self.child);
        self.child.wait().unwrap().code()
    }
}

impl Drop for Watching {
    /// A test that fails leaves nothing behind.
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

#[test]
fn files_are_checked_again_when_they_change() {
    let folder = workspace(&[]);
    let watching = Watching::start(folder.path(), &["check", "--watch"]);
    let first = watching.line();
    let time = first.strip_prefix("── checked at ").and_then(|rest| rest.get(..8)).unwrap();
    assert!(time.split(':').all(|part| part.len() == 2 && part.parse::<u8>().is_ok()), "{first}");
    assert!(first.ends_with(": 0 errors, 0 warnings, 0 notes (1 brand, 1 flow, 2 nodes)"), "{first}");

    write(folder.path(), "flows/gelato/welcome.flow", &WELCOME.replace("  -> done", "  -> dnoe"));
    watching.until(": 1 error,");
    // As many editors save: beside it, then in its place.
    for words in [": 0 errors,", ": 1 error,", ": 0 errors,"] {
        let text =
            if words.contains('0') { WELCOME.to_owned() } else { WELCOME.replace("  -> done", "  -> dnoe") };
        write(folder.path(), "flows/gelato/welcome.flow~", &text);
        let flow = folder.path().join("flows/gelato/welcome.flow");
        std::fs::rename(folder.path().join("flows/gelato/welcome.flow~"), flow).unwrap();
        watching.until(words);
    }
    assert_eq!(watching.stop(), Some(0));
}

#[test]
fn folders_that_come_and_go_are_watched_too() {
    let folder = workspace(&[]);
    let watching = Watching::start(folder.path(), &["check", "--watch"]);
    watching.until("(1 brand,");
    let other = folder.path().join("flows/other");
    std::fs::create_dir(&other).unwrap();
    watching.until("(2 brands,");
    write(&other, "brand.flow", &BRAND.replace("0100", "0101").replace("timezone", "tmezone"));
    watching.until(": 1 error,");
    std::fs::remove_dir_all(&other).unwrap();
    watching.until(": 0 errors, 0 warnings, 0 notes (1 brand,");
    // All of it in another's place.
    let (flows, away) = (folder.path().join("flows"), folder.path().join("away"));
    std::fs::rename(&flows, &away).unwrap();
    watching.until("(0 brands,");
    std::fs::rename(&away, &flows).unwrap();
    watching.until("(1 brand,");
    write(folder.path(), "flows/gelato/welcome.flow", &WELCOME.replace("  -> done", "  -> dnoe"));
    watching.until(": 1 error,");
    // The settings vanish and come back.
    write(folder.path(), "flows/gelato/welcome.flow", WELCOME);
    watching.until(": 0 errors,");
    let settings = folder.path().join("sayso.toml");
    std::fs::remove_file(&settings).unwrap();
    watching.until("error");
    std::fs::write(&settings, SETTINGS).unwrap();
    watching.until(": 0 errors,");
    assert_eq!(watching.stop(), Some(0));
}

#[test]
fn watching_in_json_tells_where_each_check_ends() {
    let folder = workspace(&[]);
    let watching = Watching::start(folder.path(), &["check", "--watch", "--json"]);
    let object = |line: &str| serde_json::from_str::<Value>(line).unwrap();
    let first = object(&watching.line());
    assert_eq!(first["checked"]["errors"], 0, "{first}");
    assert!(first["checked"]["at"].is_string(), "{first}");
    write(folder.path(), "flows/gelato/welcome.flow", &WELCOME.replace("  -> done", "  -> dnoe"));
    assert_eq!(object(&watching.until("\"code\""))["severity"], "error");
    assert_ne!(object(&watching.until("\"checked\""))["checked"]["errors"], 0);
    assert_eq!(watching.stop(), Some(0));
}

#[test]
fn what_is_watched_is_not_compared() {
    let folder = workspace(&[]);
    for other in ["--github", "--live"] {
        let check = run(folder.path(), &["check", "--watch", other]);
        assert_eq!((check.code, check.out.as_str()), (Some(2), ""), "{check:#?}");
    }
}
