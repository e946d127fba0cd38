//! `sayso test`: conversations as tests.

use super::{here, run, workspace};
use serde_json::Value;
use std::fs::read_to_string;

#[test]
fn the_conversations_of_the_repository_pass() {
    let test = here(&["test"]);
    assert_eq!((test.code, test.err.as_str()), (Some(0), ""), "{test:#?}");
    assert!(test.out.contains("flows/scoops/welcome.chat") && test.out.contains(" 0 failed"), "{test:#?}");
}

#[test]
fn a_conversation_that_goes_otherwise_says_what_was_sent() {
    let good = "brand gelato\n\n> JOIN\n< Welcome to Gelato News! *\n> yes\n< You're in!\n";
    let bad = "brand gelato\n\n> JOIN\n< Welcome to Gelato News! *\n> yes\n< You are out!\n= consent out\n";
    let folder = workspace(&[("flows/gelato/a.chat", good), ("flows/gelato/b.chat", bad)]);
    let test = run(folder.path(), &["test"]);
    assert_eq!(test.code, Some(1), "{test:#?}");
    assert!(test.out.contains("ok     flows/gelato/a.chat\nFAILED flows/gelato/b.chat\n"), "{test:#?}");
    let summary = "1 passed, 1 failed\ngelato: 2 of 2 nodes, 2 of 3 ways out, 2 of 3 answers, 1 of 1 languages walked\n";
    assert!(test.out.ends_with(summary), "{test:#?}");
    for words in ["flows/gelato/b.chat:6:1\n", "< You're in!", "flows/gelato/b.chat:7:1\n", "consent is `in`"]
    {
        assert!(test.err.contains(words), "{words}: {}", test.err);
    }
    let only = run(folder.path(), &["test", "--filter", "a.chat"]);
    assert_eq!(
        (only.code, only.out.as_str()),
        (
            Some(0),
            "ok     flows/gelato/a.chat\n1 passed, 0 failed\ngelato: 2 of 2 nodes, 2 of 3 ways out, 2 of 3 answers, 1 of 1 languages walked\n"
        )
    );
    let json = run(folder.path(), &["test", "--json"]);
    assert_eq!((json.code, json.err.as_str()), (Some(1), ""), "{json:#?}");
    let objects: Vec<Value> = json.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let failed = objects.iter().find(|object| object["chat"] == "flows/gelato/b.chat").unwrap();
    assert_eq!(failed["passed"], false);
}

#[test]
fn the_difference_is_marked_and_explained() {
    let chat = "> JOIN\n< Welcome to Gelato News! *\n> yes\n< You are in!\n";
    let folder = workspace(&[("flows/gelato/a.chat", chat)]);
    let test = run(folder.path(), &["test"]);
    assert_eq!(test.code, Some(1), "{test:#?}");
    let wanted = "  = hint: expected: < You are in!\n                         ^^\n  = hint: sent was: < You're in!\n                         ^\n";
    assert!(test.err.contains(wanted), "{}", test.err);
    let why = "why: \"yes\" is answer; rung: closed answer or the node's `on`; answer: cone = yes; entered welcome.done; \
               left welcome.hello; way else -> welcome.done";
    assert!(test.err.contains(why), "{}", test.err);
}

#[test]
fn mistakes_in_a_conversation_have_places_and_ways_out() {
    let cases = [
        ("delivr late\n", "1:1", &["a conversation has no `delivr`", "did you mean `deliver`?"][..]),
        ("> hi\nbrand gelato\n", "2:1", &["the brand stands at the top, once"]),
        ("from 911\n", "1:6", &["+14045550123"]),
        ("at noon\n", "1:4", &["this is no moment"]),
        ("= name\n  Ana\n", "2:3", &["only what is written goes on in further lines"]),
        ("> JOIN\n< {nmae} *\n", "2:1", &["no field is called `nmae`", "did you mean `name`?"]),
        ("> JOIN\n< {name *\n", "2:1", &["a brace that is never closed", "`\\{`"]),
        ("= at welcome.helo\n", "1:1", &["no node `welcome.helo`", "did you mean `welcome.hello`?"]),
        ("= told crm\n", "1:1", &["no webhook `crm`"]),
        ("at 2026-06-01 12:00\n> JOIN\n< *\nat 2026-05-01 12:00\n", "4:1", &["this moment is past"]),
        ("set cone perhaps\n", "1:1", &["`perhaps` is no value of `cone`"]),
        ("> JOIN\n! Welcome *\n< *\n", "2:1", &["this was sent", "why: "]),
        ("> JOIN\n< *\n= language es\n", "3:1", &["the language is `en`"]),
    ];
    for (text, place, wanted) in cases {
        let folder = workspace(&[("flows/gelato/a.chat", text)]);
        let test = run(folder.path(), &["test"]);
        assert_eq!(test.code, Some(1), "{text:?}: {test:#?}");
        assert!(test.err.contains(&format!("flows/gelato/a.chat:{place}\n")), "{text:?}: {}", test.err);
        assert!(wanted.iter().all(|words| test.err.contains(words)), "{text:?}: {}", test.err);
    }
    let folder = workspace(&[]);
    std::fs::write(folder.path().join("flows/gelato/a.chat"), b"> caf\xe9\n").unwrap();
    let test = run(folder.path(), &["test"]);
    assert!(test.code == Some(1) && test.err.contains("this is not UTF-8"), "{test:#?}");
}

#[test]
fn expectations_are_written_anew_and_nothing_else() {
    let chat = "# Somebody joins.\nbrand gelato\n\n> JOIN\n# The terms are the law's.\n< Welcome to Gelato News! *\n> yes\n= cone no\n\
                < You are out!\n  # why\n  Really.\n= consent out\n= at welcome.hello\n\n> HELP\n< Gelato *\n< more\n> hi\n";
    let folder = workspace(&[("flows/gelato/a.chat", chat)]);
    let test = run(folder.path(), &["test", "--update"]);
    assert_eq!((test.code, test.err.as_str()), (Some(0), ""), "{test:#?}");
    assert!(test.out.starts_with("new    flows/gelato/a.chat\n1 passed, 0 failed\n"), "{test:#?}");
    let wanted = "# Somebody joins.\nbrand gelato\n\n> JOIN\n# The terms are the law's.\n< Welcome to Gelato News! *\n> yes\n= cone yes\n\
                  < You're in!\n  # why\n= consent in\n= at nothing\n\n> HELP\n< Gelato *\n> hi\n< ";
    let written = read_to_string(folder.path().join("flows/gelato/a.chat")).unwrap();
    assert!(written.starts_with(wanted), "{written}");
    let again = run(folder.path(), &["test", "--update", "--json"]);
    assert!(again.code == Some(0) && !again.out.contains("updated"), "nothing is left to write: {again:#?}");

    let never = "> JOIN\n< Welcome *\n! Welcome *\n";
    let folder = workspace(&[("flows/gelato/a.chat", never)]);
    assert_eq!(
        run(folder.path(), &["test", "--update"]).code,
        Some(1),
        "what must not be is for people to decide"
    );
    assert_eq!(read_to_string(folder.path().join("flows/gelato/a.chat")).unwrap(), never);
}

#[test]
fn many_conversations_are_told_in_order() {
    let names: Vec<String> = (0..40).map(|number| format!("flows/gelato/{number:02}.chat")).collect();
    let chats: Vec<(&str, &str)> =
        names.iter().map(|name| (name.as_str(), "> JOIN\n< Welcome *\n")).collect();
    let folder = workspace(&chats);
    let test = run(folder.path(), &["test"]);
    let told: Vec<&str> = test.out.lines().filter_map(|line| line.strip_prefix("ok     ")).collect();
    assert_eq!(told, names.iter().map(String::as_str).collect::<Vec<_>>());
}

#[test]
fn results_are_written_for_ci() {
    let good = "> JOIN\n< Welcome *\n";
    let bad = "> JOIN\n< Welcome & <more>\n";
    let folder = workspace(&[("flows/gelato/a.chat", good), ("flows/gelato/b.chat", bad)]);
    let test = run(folder.path(), &["test", "--junit", "report.xml"]);
    assert_eq!(test.code, Some(1), "{test:#?}");
    let xml = read_to_string(folder.path().join("report.xml")).unwrap();
    let report = roxmltree::Document::parse(&xml).unwrap();
    let suite = report.descendants().find(|node| node.has_tag_name("testsuite")).unwrap();
    assert_eq!(
        ["name", "tests", "failures"].map(|name| suite.attribute(name).unwrap()),
        ["gelato", "2", "1"]
    );
    let failure = report.descendants().find(|node| node.has_tag_name("failure")).unwrap();
    assert_eq!(failure.parent().unwrap().attribute("name"), Some("flows/gelato/b.chat"));
    assert_eq!(failure.attribute("message"), Some("another text was sent"));
    assert!(failure.text().unwrap().contains("expected: < Welcome & <more>"), "{xml}");
    let nowhere = run(folder.path(), &["test", "--junit", "no/such/report.xml"]);
    assert!(nowhere.code == Some(2) && nowhere.err.contains("no/such/report.xml"), "{nowhere:#?}");
}

/// A brand whose question waits, with a campaign of one text.
fn with_campaign(setting: &str) -> String {
    format!(
        "brand Gelato\n  program Gelato News\n  contact help@gelato.example\n  timezone America/New_York\n  optin join\n{setting}\nfield cone: yes_no\n"
    )
}

#[test]
fn a_campaign_waits_for_the_dialogue_that_goes_on() {
    let flows = "flow welcome\n  start on join\n\nnode hello\n  say Welcome to {program}! {terms} A cone?\n  ask cone\n  -> done\n\nnode done\n  say Fine.\n  end\n\nflow sale\n\nnode sale\n  say Half price at {program} today. Reply STOP to end.\n  end\n";
    let head = "at 2026-06-02 12:00 America/New_York\n> join\n< Welcome to *A cone?\n";
    let cases = [
        // Until the dialogue is over.
        ("", "campaign sale\n! *\n~ 3h\n> yes\n< Fine.\n< Half price *\n~ 2d\n! *\n"),
        // One that was silent for a day is replaced; what is late speaks at the first lawful hour.
        ("", "campaign sale\n~ 23h\n! *\n= at welcome.hello\n~ 1h\n< Half price *\n= at nothing\n"),
        ("", "~ 7h\ncampaign sale\n~ 24h\n< Half price *\n= at nothing\n"),
        (
            "  campaigns wait 33h",
            "campaign sale\n~ 33h\n! *\nat 2026-06-04 08:00 America/New_York\n< Half price *\n",
        ),
        // One that was not is left alone.
        ("", "campaign sale\n~ 2h\n> perhaps\n< *\n~ 3d\n! *\n= at welcome.hello\n"),
        ("  campaigns wait 2h", "campaign sale\n~ 1h\n> perhaps\n< *\n~ 1h\n! *\n> no\n< Fine.\n! Half*\n"),
        (
            "  campaigns skip",
            "campaign sale\n! *\n> yes\n< Fine.\n~ 2d\n! *\ncampaign sale\n< Half price *\n",
        ),
        ("  campaigns replace", "campaign sale\n< Half price *\n= at nothing\n"),
        ("  campaigns replace", "h take\ncampaign sale\n! *\nh back\n< *\n> yes\n< Fine.\n~ 2d\n! *\n"),
        // A human has it: it waits as well, and never takes it from them.
        ("", "h take\ncampaign sale\nh back\n< *\n> yes\n< Fine.\n< Half price *\n"),
        ("", "h take\ncampaign sale\n~ 3d\n! *\nh back\n< *\n> yes\n< Fine.\n! Half*\n"),
        // The same twice is once; STOP ends what waits, for good.
        ("", "campaign sale\ncampaign sale\n> yes\n< Fine.\n< Half price *\n~ 2d\n! *\n"),
        (
            "",
            "campaign sale\n> STOP\n< You have been unsubscribed *\n> START\n< Welcome to *A cone?\n> yes\n< Fine.\n! Half*\n",
        ),
    ];
    for (setting, told) in cases {
        let chat = format!("{head}{told}");
        let brand = with_campaign(setting);
        let folder = workspace(&[
            ("flows/gelato/brand.flow", brand.as_str()),
            ("flows/gelato/welcome.flow", flows),
            ("flows/gelato/a.chat", &chat),
        ]);
        let check = run(folder.path(), &["check"]);
        assert_eq!(check.code, Some(0), "{}", check.err);
        let test = run(folder.path(), &["test"]);
        assert_eq!((test.code, test.err.as_str()), (Some(0), ""), "{setting}: {told}\n{}", test.err);
    }
}

#[test]
fn a_campaign_starts_a_flow_that_the_brand_has() {
    let folder = workspace(&[("flows/gelato/a.chat", "> JOIN\n< *\ncampaign welcom\n")]);
    let test = run(folder.path(), &["test"]);
    assert_eq!(test.code, Some(1), "{test:#?}");
    assert!(test.err.contains("did you mean `welcome`?"), "{}", test.err);
    let brand = workspace(&[("flows/gelato/brand.flow", &with_campaign("  campaigns never"))]);
    let check = run(brand.path(), &["check"]);
    assert!(check.code == Some(1) && check.err.contains("wait 24h, replace, skip"), "{check:#?}");
}
