//! `sayso chat` on a pipe, as a script uses it.

use super::{HERE, fed, run, workspace};
use serde_json::Value;
use std::fs::{read_to_string, write};
use std::path::Path;

#[test]
fn a_conversation_on_a_pipe_is_one_line_a_reply() {
    let chat = fed(Path::new(HERE), &["chat", "scoops"], b"JOIN\nana\n30309\nSTOP\nhello\n");
    assert_eq!((chat.code, chat.err.as_str()), (Some(0), ""), "{chat:#?}");
    let lines: Vec<_> = chat.out.lines().collect();
    let wanted = [
        "< Welcome to Scoops Alerts! ",
        "< Thanks Ana! What's your ZIP code?",
        "< Vanilla, mint or mango?",
        "< You have been unsubscribed from Scoops Alerts.",
    ];
    assert_eq!(lines.len(), wanted.len(), "{lines:#?}");
    for (line, wanted) in lines.iter().zip(wanted) {
        assert!(line.starts_with(wanted), "{lines:#?}");
    }
}

#[test]
fn a_conversation_takes_whatever_comes() {
    let folder = workspace(&[]);
    let mut input = b"\n\r\n\xff\xfe\xfd\n\x00\x1b[31mred\r\nJOIN\r\n".to_vec();
    input.extend(b"x".repeat(200_000));
    input.extend(b"\nyes");
    let chat = fed(folder.path(), &["chat"], &input);
    assert_eq!(chat.code, Some(0), "{chat:#?}");
    assert!(chat.out.contains("Do you like cones?"), "{chat:#?}");
    assert!(chat.out.ends_with("< You're in!\n"), "the last line counts without its end: {chat:#?}");
    let nothing = fed(folder.path(), &["chat"], b"");
    assert_eq!((nothing.code, nothing.out.as_str()), (Some(0), ""), "{nothing:#?}");
}

#[test]
fn a_conversation_that_is_kept_goes_on_where_it_was() {
    let folder = workspace(&[]);
    let first = fed(folder.path(), &["chat", "--store"], b"JOIN\n");
    assert!(first.out.contains("Do you like cones?"), "{first:#?}");
    let second = fed(folder.path(), &["chat", "--store"], b"yes\n");
    assert_eq!(second.out, "< You're in!\n", "{second:#?}");
    let other = fed(folder.path(), &["chat", "--store", "--from", "+14045550124"], b"yes\n");
    assert!(!other.out.contains("You're in!"), "{other:#?}");
    let turns = run(folder.path(), &["export", "turns", "--folder", "data/store-chat"]);
    assert_eq!((turns.code, turns.out.lines().count()), (Some(0), 3), "{turns:#?}");
    for line in turns.out.lines() {
        let turn: Value = serde_json::from_str(line).unwrap();
        assert_eq!(turn["entry"]["key"]["brand"], "gelato");
    }
}

#[test]
fn a_conversation_on_a_pipe_has_all_commands() {
    let folder = workspace(&[]);
    let typed = "JOIN\n:data\n:set name Ana\n:data\n:tap 👍\n:)\n::state\n:back\n:wait 2h\n:state\n:why\n:consent\n:help\n:quit\nJOIN\n";
    let chat = fed(folder.path(), &["chat", "--at", "2026-12-24 22:30"], typed.as_bytes());
    assert_eq!(chat.code, Some(0), "{chat:#?}");
    let welcome = chat.out.matches("Do you like cones?").count();
    assert_eq!(welcome, 3, "asked once, and again for each text that is no answer: {chat:#?}");
    for words in [
        "\n  name  Ana\n",
        "\n  time      Fri 2026-12-25 00:30 EST\n",
        "\n  at        welcome.hello: asks for cone, bad answers: 1\n",
        "\n  1         opted in by text (join), Thu 2026-12-24 22:30 EST\n",
        "\n  received  \"JOIN\"\n",
        "\n  :wait 2d ",
    ] {
        assert!(chat.out.contains(words), "{words:?}: {chat:#?}");
    }
    for words in ["(nothing yet)\n", "(taken back: > :state)\n", "(it is Fri 2026-12-25 00:30 EST)\n"] {
        assert!(chat.err.contains(words), "{words:?}: {chat:#?}");
    }
}

#[test]
fn a_command_that_cannot_be_done_is_an_error_with_a_way_out() {
    let folder = workspace(&[]);
    let cases = [
        (":wiat 2d", &["`:wiat` is no command", "did you mean `:wait`?", "`::wiat 2d`"][..]),
        (":wait soon", &["error: ", "`:wait 2d`"]),
        (":at yesterday", &["this is no moment", "`:at 2026-12-24 23:30`"]),
        (":at 2020-01-01 12:00", &["this moment is past"]),
        (":as bob", &["error: ", "`:as +33612345678`"]),
        (":set nmae Ana", &["no field is called `nmae`", "did you mean `name`?"]),
        (":set cone perhaps", &["`perhaps` is no value of `cone`"]),
        (":node welcome.helo", &["no node `welcome.helo`", "did you mean `welcome.hello`?"]),
        (":split welcome.hello", &["something is missing", ":split FLOW.NODE ARM"]),
        (":split welcome.hello done", &["`welcome.hello` has no arm `done`"]),
        (":draw cones won", &["no contest `cones`"]),
        (":lookup sky -> ok", &["no lookup `sky`"]),
        (":lookup sky", &["this is no answer of a lookup"]),
        (":deliver lat", &["does not know `lat`", "did you mean `late`?"]),
        (":tap 👍", &["nothing was written to them yet"]),
        (":tap hello", &["this is no reaction"]),
        (":h off", &["this is nothing a human does"]),
        (":back", &["there is nothing to take back"]),
        (":save", &["where?"]),
        (":save x", &["nothing has happened yet"]),
    ];
    for (typed, wanted) in cases {
        let chat = fed(folder.path(), &["chat"], typed.as_bytes());
        assert_eq!((chat.code, chat.out.as_str()), (Some(1), ""), "{typed}: {chat:#?}");
        assert!(wanted.iter().all(|words| chat.err.contains(words)), "{typed}: {chat:#?}");
    }
    let bad = run(folder.path(), &["chat", "--at", "noon"]);
    assert!(bad.code == Some(2) && bad.err.contains("`noon` is no moment"), "{bad:#?}");
    let kept = fed(folder.path(), &["chat", "--store"], b"JOIN\n:back\n");
    assert!(kept.code == Some(1) && kept.err.contains("cannot be taken back"), "{kept:#?}");
}

/// The first promise of the page: who had a conversation has a test.
#[test]
fn a_conversation_that_is_saved_is_a_test_that_passes() {
    let folder = workspace(&[]);
    let typed = "JOIN\n:as +33612345678\njoin\n[https://example.com/cat.png]\n:back\nHELP\n:deliver late\nyes\n:as +14045550123\n\
                 :wait 90s\n:deliver ok\n:wait 2m\n:human I am * {Eve} \\o/ #1\n:set name Ana Maria\n:tap Liked\n\
                 :h back\nyes\n:node welcome.hello\nSTOP\n:at 2026-06-03 09:00\n:save first\n";
    let chat = fed(folder.path(), &["chat", "--at", "2026-06-01 12:00"], typed.as_bytes());
    assert_eq!(chat.code, Some(0), "{chat:#?}");
    assert!(
        chat.out.contains("+33612345678 < "),
        "a late answer for somebody else has their number: {chat:#?}"
    );
    let path = folder.path().join("flows/gelato/first.chat");
    let saved = read_to_string(&path).unwrap();
    let head = "brand gelato\nfrom +14045550123\nat 2026-06-01 12:00 America/New_York\n\n> JOIN\n= consent in\n< Welcome";
    assert!(saved.starts_with(head), "{saved}");
    for words in [
        "\nfrom +33612345678\n> join\n",
        "\nh> I am * {Eve}",
        "\n< I am \\* \\{Eve} \\\\o/ #1\n",
        "\n= consent out\n",
    ] {
        assert!(saved.contains(words), "{words:?}: {saved}");
    }
    let test = run(folder.path(), &["test"]);
    assert_eq!(test.code, Some(0), "{test:#?}\n{saved}");
    assert_eq!(run(folder.path(), &["fmt", "--check"]).code, Some(0), "it is in its one form");

    let again = fed(folder.path(), &["chat"], b"JOIN\n:save first\n");
    assert!(again.code == Some(1) && again.err.contains("`:save! first` writes over it"), "{again:#?}");
    assert_eq!(read_to_string(&path).unwrap(), saved);
    let over = fed(
        folder.path(),
        &["chat"],
        b"JOIN\n:save! first.chat\n:save ./elsewhere.chat\n:save no/such/folder.chat\n",
    );
    assert!(over.err.contains("cannot be written"), "{over:#?}");
    assert!(folder.path().join("elsewhere.chat").is_file());
    assert_ne!(read_to_string(&path).unwrap(), saved);
}

#[test]
fn files_are_read_anew_when_that_is_asked_for() {
    let folder = workspace(&[]);
    let flow = folder.path().join("flows/gelato/welcome.flow");
    let mut child = super::start(folder.path(), &["chat"]);
    let mut typed = child.stdin.take().unwrap();
    let mut heard = super::BufReader::new(child.stdout.take().unwrap());
    let mut said = |line: &str| {
        use std::io::{BufRead, Write};
        writeln!(typed, "{line}").unwrap();
        let mut answer = String::new();
        heard.read_line(&mut answer).unwrap();
        answer
    };
    assert!(said("JOIN").contains("Do you like cones?"));
    let sound = read_to_string(&flow).unwrap();
    write(&flow, sound.replace("-> done", "-> nowhere")).unwrap();
    assert_eq!(said(":reload\nyes"), "< You're in!\n", "files with errors change nothing");
    write(&flow, sound.replace("You're in", "Well done")).unwrap();
    assert_eq!(said(":back\n:reload\nyes"), "< Well done!\n", "and sound ones keep the dialogue");
    drop(typed);
    let output = child.wait_with_output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    for words in
        ["nowhere", "error: the files have errors\n  hint: everything stays as it was\n", "(read anew)\n"]
    {
        assert!(err.contains(words), "{words}: {err}");
    }
}
