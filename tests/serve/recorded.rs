//! What production has recorded: replayed on edited files, and written as a conversation that is a test.

use crate::server::{World, sayso};
use std::path::Path;
use std::process::Output;

const HAL: &str = "+14042345678";

struct Ran {
    code: Option<i32>,
    out: String,
    err: String,
}

fn run(folder: &Path, arguments: &[&str]) -> Ran {
    let Output { status, stdout, stderr } = sayso(folder, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { code: status.code(), out: text(stdout), err: text(stderr) }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dialogue_of_production_becomes_a_test_and_the_log_shows_what_an_edit_changes() {
    let private = ("flows/gelato/brand.flow", "\npersonal field nickname: name\n".to_owned());
    let world = World::start_among(&[private], |settings| settings).await;
    for (sid, text) in [("SM1", "JOIN"), ("SM2", "yes"), ("SM3", "perhaps"), ("SM4", "yes"), ("SM5", "hal")] {
        world.say(HAL, sid, text).await;
    }
    world.fake.wait_for(HAL, 5).await;
    let folder = world.folder.path();
    let chat = ["export", "turns", "--dialogue", HAL, "--as", "chat"];
    let during = run(folder, &chat);
    assert_eq!(during.code, Some(0), "{}", during.err);
    assert!(!during.err.contains("warning"), "{}", during.err);
    assert_eq!(
        run(folder, &["replay", "--store"]).code,
        Some(0),
        "through the server that has the store open"
    );
    let (folder, _) = world.end();
    let folder = folder.path();

    let made = run(folder, &chat);
    assert_eq!(made.out, during.out, "the store itself says the same");
    assert!(made.out.contains("\nfrom +14045550123\n") && !made.out.contains("234"), "{}", made.out);
    assert!(!made.out.contains("SM"), "ids of the provider: {}", made.out);
    std::fs::write(folder.join("flows/gelato/recorded.chat"), &made.out).unwrap();
    let test = run(folder, &["test"]);
    assert_eq!(test.code, Some(0), "{}\n{}\n{}", test.out, test.err, made.out);

    let log = run(folder, &["export", "turns"]).out;
    std::fs::write(folder.join("log.jsonl"), log).unwrap();
    let flow = folder.join("flows/gelato/welcome.flow");
    let edited = std::fs::read_to_string(&flow).unwrap().replace("say And cups?", "say And paper cups?");
    std::fs::write(&flow, edited).unwrap();
    let store = run(folder, &["replay", "--store"]);
    assert_eq!(store.code, Some(1), "{}", store.out);
    assert!(store.out.contains("  then  < And cups?\n"), "{}", store.out);
    assert!(store.out.contains("  today < And paper cups?\n"), "{}", store.out);
    assert!(store.out.contains("  gelato: welcome.cup  0 same, 1 differ\n"), "{}", store.out);
    let file = run(folder, &["replay", "log.jsonl"]);
    assert_eq!((file.code, file.out, file.err), (store.code, store.out, store.err));
    let test = run(folder, &["test"]);
    assert_eq!(test.code, Some(1), "the conversation says it too: {}", test.out);
}
