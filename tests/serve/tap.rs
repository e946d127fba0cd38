//! `sayso trigger` at a running server, and `sayso tap` beside it: what one sends, the other shows.

use crate::providers::{INFOBIP, SINCH, world};
use crate::server::{FIRST_SID, World, sayso};
use serde_json::Value;
use std::io::{BufRead, BufReader, Lines};
use std::process::{Child, ChildStdout};

const ANA: &str = "+14045550123";
const MASKED: &str = "+1404•••••23";
const VONAGE: &str = r#"
base_url = "FAKE"
api_key = "a1b2c3d4"
api_secret = "SECRET"
signature_secret = "SECRET"
"#;

/// A `sayso tap` that listens.
struct Tap {
    child: Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Tap {
    fn open(world: &World, more: &[&str]) -> Self {
        let mut child = sayso(world.folder.path(), &[&["tap"], more].concat()).spawn().unwrap();
        let mut said = BufReader::new(child.stderr.take().unwrap()).lines();
        assert_eq!(said.next().unwrap().unwrap(), "listening; Ctrl-C ends it");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    fn line(&mut self) -> String {
        self.lines.next().unwrap().unwrap()
    }

    fn object(&mut self) -> Value {
        serde_json::from_str(&self.line()).unwrap()
    }

    /// The next turn; sends come when the provider has answered.
    fn turn(&mut self) -> Value {
        loop {
            let object = self.object();
            if object["what"] == "turn" {
                return object;
            }
        }
    }
}

impl Drop for Tap {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// What `sayso trigger` comes to: its exit code, what it prints, what it says.
fn trigger(world: &World, arguments: &[&str]) -> (i32, String, String) {
    let url = ["--url", world.server.address.as_str()];
    let done = sayso(world.folder.path(), &[&["trigger"], arguments, &url].concat()).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (done.status.code().unwrap(), text(done.stdout), text(done.stderr))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_that_is_triggered_is_shown_answered_and_received() {
    let world = World::start().await;
    let mut tap = Tap::open(&world, &["--json"]);
    let mut shown = Tap::open(&world, &["--brand", "gelato"]);
    let mut other = Tap::open(&world, &["--json", "--number", "+14045550199"]);
    let text = ["inbound", "--provider", "twilio-main", "--from", ANA, "--text", "JOIN", "--id", "SM1"];
    let (code, out, said) = trigger(&world, &text);
    assert_eq!((code, out.as_str()), (0, "200 <Response/>\n"), "{said}");
    assert!(said.contains("signed by `twilio`"), "{said}");

    let turn = tap.object();
    assert_eq!((&turn["what"], &turn["event"]), (&"turn".into(), &"text".into()), "{turn}");
    assert_eq!((&turn["brand"], &turn["phone"]), (&"gelato".into(), &MASKED.into()), "{turn}");
    assert_eq!((&turn["text"], &turn["node"]), (&"JOIN".into(), &"welcome.cone".into()), "{turn}");
    assert!(turn["replies"][0].as_str().unwrap().starts_with("Welcome to Gelato News!"), "{turn}");
    let send = tap.object();
    assert_eq!((&send["what"], &send["settlement"]), (&"send".into(), &"sent".into()), "{send}");
    assert_eq!(send["account"], "twilio-main");
    let line = shown.line();
    assert!(line.contains(&format!(" gelato {MASKED} < \"JOIN\" = ")), "{line}");
    assert!(line.contains(" > \"Welcome to Gelato News!") && line.ends_with("…\""), "{line}");
    assert!(shown.line().contains(" sent by twilio-main \"Welcome"));

    // The same id is a second delivery.
    assert_eq!(trigger(&world, &text).0, 0);
    assert_eq!(tap.turn()["outcome"], "duplicate");

    world.export_until("sent", |sent| sent.len() == 1).await;
    let receipt = ["receipt", "--provider", "twilio-main", "--id", FIRST_SID, "--state", "delivered"];
    let (code, out, said) = trigger(&world, &receipt);
    assert_eq!((code, out.as_str()), (0, "200 <Response/>\n"), "{said}");
    assert_eq!(world.export("sent")[0]["receipt"], "delivered");

    let (code, _, said) =
        trigger(&world, &["receipt", "--provider", "twilio-main", "--id", "1", "--state", "lost"]);
    assert!(code == 2 && said.contains("has no word for `lost`; it knows accepted"), "{code} {said}");
    let (code, _, said) =
        trigger(&world, &["inbound", "--provider", "twilio", "--from", ANA, "--text", "JOIN"]);
    assert!(code == 2 && said.contains("several accounts are of the kind `twilio`"), "{code} {said}");

    // Who listens for somebody else has heard nothing: the next text is the first thing.
    let text = ["inbound", "--provider", "push", "--from", "+14045550199", "--text", "JOIN"];
    assert_eq!(trigger(&world, &text).0, 0);
    assert_eq!(other.turn()["text"], "JOIN");
    world.end();
    let end = tap.lines.by_ref().map_while(Result::ok).last().unwrap();
    assert!(end.contains("\"what\""), "{end}");
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_are_signed_as_each_provider_signs() {
    for (kind, settings, scheme) in
        [("sinch", SINCH, "sinch"), ("infobip", INFOBIP, "basic"), ("vonage", VONAGE, "vonage")]
    {
        let world = world(kind, settings).await;
        let mut tap = Tap::open(&world, &["--json", "--numbers"]);
        let text = ["inbound", "--provider", kind, "--from", ANA, "--text", "JOIN, I = Ana & co"];
        let (code, out, said) = trigger(&world, &text);
        assert!(code == 0 && out.starts_with("200"), "{kind}: {code} {out} {said}");
        assert!(said.contains(&format!("signed by `{scheme}`")), "{said}");
        let turn = tap.turn();
        assert_eq!((&turn["text"], &turn["phone"]), (&"JOIN, I = Ana & co".into(), &ANA.into()), "{kind}");
        world.end();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_the_provider_can_sign_is_said_with_a_way_out() {
    let telnyx = "public_key = \"11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=\"\napi_key = \"SECRET\"";
    let world = world("telnyx", telnyx).await;
    let (code, out, said) =
        trigger(&world, &["inbound", "--provider", "push", "--from", ANA, "--text", "JOIN"]);
    assert_eq!((code, out.as_str()), (2, ""));
    assert!(said.contains("Telnyx signs with a key that it alone has") && said.contains("hint: "), "{said}");
    world.end();
}

#[test]
fn without_a_server_there_is_nothing_to_listen_to() {
    let folder = crate::server::workspace("[store]\npath = \"store\"\n");
    std::fs::create_dir(folder.path().join("store")).unwrap();
    let done = sayso(folder.path(), &["tap"]).output().unwrap();
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(done.status.code() == Some(2) && said.contains("`sayso serve` is one; start it first"), "{said}");
}
