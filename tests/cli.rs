//! The command line through its front door: the real binary, its output on pipes, its exit codes.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

#[path = "cli/chat.rs"]
mod chat;
#[path = "cli/check.rs"]
mod check;
#[path = "cli/conversations.rs"]
mod conversations;
#[path = "cli/fmt.rs"]
mod fmt;
#[path = "cli/init.rs"]
mod init;
#[path = "cli/provider.rs"]
mod provider;
#[path = "cli/replay.rs"]
mod replay;
#[path = "cli/terminal.rs"]
mod terminal;

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::thread::spawn;
use tempfile::TempDir;

/// The repository: a workspace like any other.
const HERE: &str = env!("CARGO_MANIFEST_DIR");

const SETTINGS: &str = "[providers.curl]\nkind = \"generic\"\ntoken = \"env:TEST_TOKEN\"\n";

const BRAND: &str = "\
brand Gelato
  program Gelato News
  numbers +14045550100 via curl
  contact help@gelato.example
  languages en
  timezone America/New_York
  optin join

field cone: yes_no
field name: name
";

const WELCOME: &str = "\
flow welcome
  start on join

node hello
  say Welcome to {program}! {terms} Do you like cones?
  ask cone
    tries 3 -> done
  -> done

node done
  say You're in!
  end
";

const GRAMMAR: &str = "\
language en

intent join
  join [now]
";

/// A working workspace of one small brand, with these files instead of or besides its own.
fn workspace(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let own = [
        ("sayso.toml", SETTINGS),
        ("flows/gelato/brand.flow", BRAND),
        ("flows/gelato/welcome.flow", WELCOME),
        ("grammars/en.grammar", GRAMMAR),
    ];
    for (path, text) in own.iter().chain(files) {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    folder
}

fn start(folder: &Path, arguments: &[&str]) -> Child {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sayso"));
    for name in ["SAYSO_WORKSPACE", "SAYSO_LISTEN", "SAYSO_LOG", "SAYSO_LOG_FORMAT", "TEST_TOKEN"] {
        command.env_remove(name);
    }
    command.current_dir(folder).args(arguments);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// What an invocation came to.
#[derive(Debug)]
struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn ran(Output { status, stdout, stderr }: Output) -> Ran {
    let ran = Ran {
        code: status.code(),
        out: String::from_utf8(stdout).unwrap(),
        err: String::from_utf8(stderr).unwrap(),
    };
    assert!(!ran.err.contains("panicked"), "{ran:#?}");
    assert!(!ran.out.contains('\x1b') && !ran.err.contains('\x1b'), "colour on a pipe: {ran:#?}");
    ran
}

/// Runs it with this on its standard input.
fn fed(folder: &Path, arguments: &[&str], input: &[u8]) -> Ran {
    let mut child = start(folder, arguments);
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_vec());
    // It may end before it has read everything; then nobody listens any more.
    let feeder = spawn(move || stdin.write_all(&input));
    let output = child.wait_with_output().unwrap();
    let _unread = feeder.join().unwrap();
    ran(output)
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    fed(folder, arguments, b"")
}

fn here(arguments: &[&str]) -> Ran {
    run(Path::new(HERE), arguments)
}

#[test]
fn the_repository_is_a_workspace_without_mistakes() {
    let check = here(&["check"]);
    assert_eq!(check.code, Some(0), "{check:#?}");
    assert!(check.out.contains("0 errors, 0 warnings"), "{check:#?}");
    let below = run(&Path::new(HERE).join("flows"), &["check"]);
    assert_eq!(below.out, check.out, "a workspace is found from the folders in it");
    let named = run(Path::new("/"), &["check", "--workspace", HERE]);
    assert_eq!(named.out, check.out);
}

/// A flow with a mistake in each of these lines: code, line and column, a word of the hint.
const BROKEN: &str = "\
flow broken
  start on jion

node one
  say Hello {nmae}!
  ask coen
    tries 3 -> three
  -> tow

node two
  syy Good bye.
  end
";
const MISTAKES: [(&str, u64, u64, &str); 6] = [
    ("F302", 2, 12, "did you mean `join`?"),
    ("F303", 5, 14, "did you mean `name`?"),
    ("F303", 6, 7, "did you mean `cone`?"),
    ("F301", 7, 16, ""),
    ("F301", 8, 6, "did you mean `two`?"),
    ("S005", 11, 3, "did you mean `say`?"),
];

#[test]
fn all_mistakes_are_printed_at_once_each_with_its_place_and_a_way_out() {
    let folder = workspace(&[("flows/gelato/broken.flow", BROKEN)]);
    let check = run(folder.path(), &["check"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    for (code, line, column, hint) in MISTAKES {
        let place = format!("flows/gelato/broken.flow:{line}:{column}\n");
        let title = format!("error[{code}]");
        let mut drawn = check.err.split("\n\n").filter(|one| one.starts_with(&title) && one.contains(&place));
        assert!(drawn.any(|one| one.contains(hint)), "{code} at {place} with `{hint}`: {}", check.err);
    }
    assert!(check.out.starts_with("1 brand, "), "{check:#?}");
    let errors = check.err.matches("error[").count();
    assert!(check.out.contains(&format!("{errors} errors")), "{check:#?}");
}

#[test]
fn json_is_one_object_a_line_with_every_field() {
    let folder = workspace(&[("flows/gelato/broken.flow", BROKEN)]);
    for arguments in [["check", "--json"], ["--json", "check"]] {
        let check = run(folder.path(), &arguments);
        assert_eq!((check.code, check.err.as_str()), (Some(1), ""), "{check:#?}");
        let found: Vec<Value> = check.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        for one in &found {
            assert!(["error", "warning", "note"].contains(&one["severity"].as_str().unwrap()), "{one}");
            assert!(["code", "message", "file", "label"].iter().all(|name| one[name].is_string()), "{one}");
            assert!(
                ["line", "column", "end_line", "end_column"].iter().all(|name| one[name].is_u64()),
                "{one}"
            );
            assert!(one["hints"].as_array().unwrap().iter().all(Value::is_string), "{one}");
        }
        for (code, line, column, hint) in MISTAKES {
            let same = |one: &&Value| one["code"] == code && one["line"] == line && one["column"] == column;
            let one =
                found.iter().find(same).unwrap_or_else(|| panic!("{code} at {line}:{column}: {found:#?}"));
            assert_eq!(one["file"], "flows/gelato/broken.flow");
            assert!(one["end_column"].as_u64() >= Some(column), "{one}");
            assert!(hint.is_empty() || one["hints"].as_array().unwrap().iter().any(|h| h == hint), "{one}");
        }
    }
}

#[test]
fn warnings_alone_are_no_reason_to_stop() {
    let lonely = WELCOME.replace("node done", "node lonely\n  end\n\nnode done");
    let folder = workspace(&[("flows/gelato/welcome.flow", &lonely)]);
    let check = run(folder.path(), &["check"]);
    assert_eq!(check.code, Some(0), "{check:#?}");
    assert!(check.err.starts_with("warning[F316]"), "{check:#?}");
    assert!(check.out.contains("0 errors, 1 warning,"), "{check:#?}");
}

#[test]
fn files_that_are_no_words_are_mistakes_too() {
    let folder = workspace(&[]);
    let flows = folder.path().join("flows/gelato");
    std::fs::write(flows.join("latin.flow"), b"flow latin\n\nnode one\n  say caf\xe9\n  end\n").unwrap();
    std::fs::write(flows.join("noise.flow"), [0_u8, 159, 146, 150].repeat(500)).unwrap();
    std::fs::write(flows.join("empty.flow"), b"").unwrap();
    std::fs::create_dir(flows.join("folder.flow")).unwrap();
    std::fs::create_dir(folder.path().join("flows/nobody")).unwrap();
    std::fs::write(folder.path().join("sayso.toml"), b"[server\nlisten = \xff\n").unwrap();
    let check = run(folder.path(), &["check"]);
    assert_eq!(check.code, Some(1), "{check:#?}");
    for words in ["latin.flow:4", "noise.flow:1", "sayso.toml:", "error[W602]"] {
        assert!(check.err.contains(words), "{words}: {}", check.err);
    }
}

#[test]
fn what_cannot_be_done_is_2_and_says_what_could() {
    let nowhere = tempfile::tempdir().unwrap();
    let folder = workspace(&[]);
    let two = workspace(&[("flows/other/brand.flow", &BRAND.replace("0100", "0101"))]);
    let cases: [(&Path, &[&str], &[&str]); 12] = [
        (nowhere.path(), &["check"], &["no `sayso.toml`", "--workspace"]),
        (nowhere.path(), &["check", "--workspace", "."], &["is no workspace"]),
        (folder.path(), &["chekc"], &["chekc", "'check'"]),
        (folder.path(), &["check", "--jsn"], &["--jsn", "'--json'"]),
        (folder.path(), &[], &["Usage"]),
        (folder.path(), &["chat", "gelatto"], &["gelatto", "did you mean `gelato`?"]),
        (folder.path(), &["chat", "zzzzzzzz"], &["zzzzzzzz", "gelato"]),
        (two.path(), &["chat"], &["which brand?", "gelato, other"]),
        (folder.path(), &["chat", "--from", "bad"], &["--from", "bad"]),
        (folder.path(), &["explain", "F999"], &["F999", "hint: "]),
        (folder.path(), &["export", "turns", "--folder", "data/store-chat"], &["no store", "hint: "]),
        (folder.path(), &["serve"], &["TEST_TOKEN"]),
    ];
    for (folder, arguments, words) in cases {
        let ran = run(folder, arguments);
        assert_eq!((ran.code, ran.out.as_str()), (Some(2), ""), "{arguments:?}: {ran:#?}");
        for words in words {
            assert!(ran.err.contains(words), "{arguments:?} does not say {words}: {}", ran.err);
        }
    }
}

#[test]
fn a_code_is_explained_in_any_case() {
    let explained = here(&["explain", "f301"]);
    assert_eq!((explained.code, explained.err.as_str()), (Some(0), ""), "{explained:#?}");
    assert!(explained.out.starts_with("F301: an unknown node (an error)\n\n"), "{explained:#?}");
    for asked in [["--help"], ["--version"]] {
        let ran = here(&asked);
        assert_eq!(ran.code, Some(0), "{ran:#?}");
        assert!(ran.out.contains("sayso") && ran.err.is_empty(), "{ran:#?}");
    }
}

/// Reads one line of what it prints, then closes the pipe, as `| head -1` does.
fn heard_enough(folder: &Path, arguments: &[&str], input: &str) {
    let mut child = start(folder, arguments);
    let (mut stdin, input) = (child.stdin.take().unwrap(), input.to_owned());
    let feeder = spawn(move || stdin.write_all(input.as_bytes()));
    let mut out = BufReader::new(child.stdout.take().unwrap());
    let mut line = String::new();
    out.read_line(&mut line).unwrap();
    assert!(!line.is_empty(), "{arguments:?} printed nothing");
    drop(out);
    let mut err = String::new();
    child.stderr.take().unwrap().read_to_string(&mut err).unwrap();
    let status = child.wait().unwrap();
    let _unread = feeder.join().unwrap();
    assert_eq!((status.code(), err.as_str()), (Some(0), ""), "{arguments:?}");
}

#[test]
fn a_reader_that_has_heard_enough_is_no_error() {
    let folder = workspace(&[]);
    // Every text has an answer, and there are more of them than a pipe holds.
    heard_enough(folder.path(), &["chat"], &"HELP\nJOIN\nSTOP\nSTART\n".repeat(1_000));
    let texts = (0..400).map(|number| format!("what is {number}?\n")).collect::<Vec<_>>().concat();
    fed(folder.path(), &["chat", "--store"], texts.as_bytes());
    heard_enough(folder.path(), &["export", "turns", "--folder", "data/store-chat"], "");

    // A pipe that is closed before the first word.
    for arguments in [
        &["--help"][..],
        &["explain", "F301"],
        &["check"],
        &["test"],
        &["export", "turns", "--folder", "data/store-chat"],
    ] {
        let mut child = start(folder.path(), arguments);
        drop(child.stdout.take());
        let ran = ran(child.wait_with_output().unwrap());
        assert_eq!(ran.code, Some(0), "{arguments:?}: {ran:#?}");
    }
}

/// However a secret comes to stand in the settings: what is said about it shows the place, and never the secret.
#[test]
fn a_secret_in_the_settings_is_never_printed() {
    let written = [
        "[secrets]\ncrm-key = \"sesame\"\n",
        "[secrets]\ncrm-key = [\n  \"env:NEW\",\n  \"sesame\",\n]\n",
        "[secrets]\ncrm-key = \"\"\"\nsesame\n\"\"\"\n",
        "[secrets]\ncrm-key = { value = \"sesame\", brands = [\"gelato\"] }\n",
        "[secrets]\ncrm-key = { value = \"env:NEW\", key = \"sesame\" }\n",
        "[secrets.crm-key]\nvalue = \"sesame\"\n",
        "[secrets.crm-key]\nvalue = \"env:NEW\"\nbrands = \"sesame\"\n",
        "[secrets.crm-key.value]\nkey = \"sesame\"\n",
        "[[secrets]]\ncrm-key = \"sesame\"\n",
        "[providers]\nmain = \"sesame\"\n",
        // No TOML at all.
        "[secrets]\ncrm-key = \"sesame\n",
        "[secrets]\ncrm-key \"sesame\"\n",
        "[secrets]\ncrm-key sesame\n",
        "[secrets]\ncrm-key = [\n  \"env:NEW\"\n  \"sesame\"\n]\n",
        "[secrets]\ncrm-key = sesame\n",
        "secrets = \"sesame\"\n",
    ];
    for written in written {
        let folder = workspace(&[("sayso.toml", &format!("{written}{SETTINGS}"))]);
        for arguments in [&["check"] as &[&str], &["serve"]] {
            let Ran { code, out, err } = run(folder.path(), arguments);
            assert!(code != Some(0) && format!("{out}{err}").contains("W601"), "{written}{out}{err}");
            assert!(!format!("{out}{err}").contains("sesame"), "{written}{out}{err}");
        }
    }
}

#[test]
fn a_picture_is_printed_or_written_in_the_format_of_its_name() {
    let folder = workspace(&[]);
    let printed = run(folder.path(), &["graph"]);
    assert!(printed.code == Some(0) && printed.err.is_empty(), "{printed:#?}");
    assert!(printed.out.starts_with("<svg ") && printed.out.ends_with("</svg>\n"), "{printed:#?}");
    for (arguments, begins) in [
        (["graph", "gelato.welcome", "--format", "mermaid"], "flowchart TD\n"),
        (["graph", "gelato", "--format", "dot"], "digraph \"gelato\" {\n"),
        (["graph", "gelato.welcome", "--language", "en"], "<svg "),
        (["graph", "--json", "--format", "json"], "{\"brand\":\"gelato\""),
    ] {
        let Ran { code, out, err } = run(folder.path(), &arguments);
        assert!(code == Some(0) && out.starts_with(begins), "{arguments:?}: {out}{err}");
    }
    let json = run(folder.path(), &["graph", "--json"]);
    let json: Value = serde_json::from_str(&json.out).unwrap();
    let ways: Vec<&str> =
        json["flows"][0]["ways"].as_array().unwrap().iter().map(|way| way["id"].as_str().unwrap()).collect();
    assert_eq!(ways, ["welcome.hello tries", "welcome.hello ->", "welcome.done ->"]);

    for (file, begins) in [("a.svg", "<svg "), ("a.mmd", "flowchart"), ("a.gv", "digraph"), ("a.json", "{")] {
        let Ran { code, out, err } = run(folder.path(), &["graph", "--output", file]);
        assert!(code == Some(0) && out.is_empty() && err.is_empty(), "{file}: {out}{err}");
        let written = std::fs::read_to_string(folder.path().join(file)).unwrap();
        assert!(written.starts_with(begins), "{file}: {written}");
    }
}

#[test]
fn a_picture_that_cannot_be_drawn_says_what_could() {
    let folder = workspace(&[]);
    for (arguments, says, hint) in [
        (&["graph", "gelatto"] as &[&str], "no brand `gelatto`", "did you mean `gelato`?"),
        (&["graph", "gelato.welcom"], "no flow `welcom`", "did you mean `gelato.welcome`?"),
        (&["graph", "gelato.order"], "no flow `order`", "its flows are welcome"),
        (&["graph", "--language", "es"], "does not speak `es`", "it speaks en"),
        (
            &["graph", "--output", "a.png"],
            "`a.png` does not end as a picture does",
            "svg, mermaid, dot, json",
        ),
        (&["graph", "--format", "png"], "invalid value 'png'", "svg, mermaid, dot, json"),
        (&["graph", "--output", "no/such/folder/a.svg"], "`no/such/folder/a.svg`", ""),
    ] {
        let Ran { code, out, err } = run(folder.path(), arguments);
        assert!(code == Some(2) && out.is_empty(), "{arguments:?}: {out}{err}");
        assert!(err.contains(says) && err.contains(hint), "{arguments:?}: {err}");
    }
    let broken = workspace(&[("flows/gelato/broken.flow", BROKEN)]);
    let ran = run(broken.path(), &["graph"]);
    assert!(ran.code == Some(2) && ran.out.is_empty() && ran.err.contains("mend them first"), "{ran:#?}");
}
