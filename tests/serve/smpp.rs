//! SMPP through its front door: the server bound to SMSCs that others have written, each test against both of them.

use crate::server::{GLANCE, PATIENCE, Server, World, export, sayso, some_workspace, texts, write};
use crate::smsc::{Deliver, PASSWORD, Smsc, THROTTLED, free_port};
use jiff::Timestamp;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::WebPkiClientVerifier;
use rustls::{RootCertStore, ServerConfig};
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

const PIER: &str = "+14045550105";
const ANA: &str = "+14045550123";

const BRAND: &str = "\
brand Pier
  program Pier News
  numbers +14045550105 via smsc
  contact help@pier.example
  frequency up to 4 msgs/month
  languages en
  timezone America/New_York
  optin join
  fallback Pardon? Text JOIN or HELP.
  signs plain
";

const WELCOME: &str = "\
flow welcome
  start on join

node hello
  say Welcome to {program}! {terms}
  end

flow signs
  start on signs

node signs
  say “It’s on” – come…
  end

flow long
  start on tell

node tell
  say It begins here, and goes on for a while, because there is a lot to be said about the pier: it was built, it burned down, it was built anew, and it has stood in the sea ever since, as everybody knows who was there.
  end
";

const GRAMMAR: &str = "\
language en

intent signs
  show signs
  > SHOW SIGNS

intent tell
  tell me
  > TELL ME
";

/// A server that is bound to an SMSC, with more settings of the account.
async fn world(smsc: &Smsc, more: &str) -> World {
    world_at(smsc.port, PASSWORD, more).await
}

async fn world_at(port: u16, password: &str, more: &str) -> World {
    let account = format!(
        "\n[providers.smsc]\nkind = \"smpp\"\naddress = \"127.0.0.1:{port}\"\nsystem_id = \"sayso\"\npassword = \"file:smpp-password\"\n{more}\n"
    );
    let files = [
        ("flows/pier/brand.flow", BRAND.to_owned()),
        ("flows/pier/welcome.flow", WELCOME.to_owned()),
        ("grammars/pier/en.grammar", GRAMMAR.to_owned()),
        ("smpp-password", password.to_owned()),
    ];
    World::start_among(&files, |settings| settings + &account).await
}

/// The state of the receipt of the one message that was sent.
fn receipt(sent: &[Value]) -> Option<&str> {
    sent.first()?["receipt"].as_str()
}

macro_rules! against_both {
    ($($name:ident)*) => {
        mod crate_smpp34 {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                super::$name(super::Smsc::rust().await.unwrap()).await;
            })*
        }

        mod npm_smpp {
            $(#[tokio::test(flavor = "multi_thread")]
            async fn $name() {
                if let Some(smsc) = super::Smsc::node() {
                    super::$name(smsc).await;
                }
            })*
        }
    };
}

against_both! {
    a_text_is_answered_and_its_receipt_told
    ids_that_are_written_otherwise_in_receipts_meet
    a_storm_of_throttling_loses_and_repeats_nothing
    long_replies_leave_in_parts_and_have_one_receipt
    parts_come_in_any_order_and_more_than_once
    plain_signs_leave_in_gsm_7
    a_text_whose_answer_was_lost_in_a_crash_is_one_turn
    the_same_words_twice_are_two_turns
    the_same_words_behind_a_restart_are_two_turns
    a_lost_link_is_bound_again
    a_wrong_password_is_told_and_tried_once
    the_end_is_told
    one_message_is_sent_by_hand
    texts_for_nobody_are_refused
}

async fn a_text_is_answered_and_its_receipt_told(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await, 0);
    let seen = smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    let submit = &seen.submits[0];
    assert_eq!(submit.from, PIER.trim_start_matches('+'));
    assert!(submit.text.contains("Welcome to Pier News!") && submit.wants_receipt, "{submit:?}");
    world.export_until("sent", |sent| receipt(sent) == Some("accepted")).await;
    smsc.deliver(Deliver::receipt(ANA, PIER, &submit.id, "ENROUTE")).await;
    world.export_until("sent", |sent| receipt(sent) == Some("sent")).await;
    smsc.deliver(Deliver::receipt_by_field(ANA, PIER, &submit.id, 2)).await;
    world.export_until("sent", |sent| receipt(sent) == Some("delivered")).await;
    world.end();
}

async fn ids_that_are_written_otherwise_in_receipts_meet(smsc: Smsc) {
    let world = world(&smsc, "message_ids = \"hex-decimal\"").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await;
    let seen = smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    let decimal = u64::from_str_radix(&seen.submits[0].id, 16).unwrap();
    smsc.deliver(Deliver::receipt(ANA, PIER, &format!("{decimal:010}"), "DELIVRD")).await;
    world.export_until("sent", |sent| receipt(sent) == Some("delivered")).await;
    world.end();
}

async fn a_storm_of_throttling_loses_and_repeats_nothing(smsc: Smsc) {
    let world = world(&smsc, "window = \"5\"").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    smsc.script(&[THROTTLED; 3]);
    let people: Vec<String> = (0..12).map(|person| format!("+140455510{person:02}")).collect();
    for person in &people {
        assert_eq!(smsc.deliver(Deliver::text(person, PIER, "JOIN")).await, 0);
    }
    let everybody = |seen: &crate::smsc::Seen| people.iter().all(|person| !seen.texts_to(person).is_empty());
    let seen = smsc.wait("an answer for everybody", everybody).await;
    for person in &people {
        assert_eq!(seen.texts_to(person).len(), 1, "{person}");
    }
    assert!(seen.submits.len() <= people.len() + 3);
    let folder = world.end().0;
    assert_eq!(export(folder.path(), "outbox"), Vec::<Value>::new());
}

async fn long_replies_leave_in_parts_and_have_one_receipt(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    smsc.deliver(Deliver::text(ANA, PIER, "tell me")).await;
    let seen = smsc.wait("two parts", |seen| seen.submits.len() == 2).await;
    let (first, last) = (&seen.submits[0], &seen.submits[1]);
    assert!(first.has_header && last.has_header);
    assert_eq!((first.text.len(), first.wants_receipt, last.wants_receipt), (153, false, true));
    assert!((first.text.clone() + &last.text).ends_with("who was there."), "{seen:?}");
    smsc.deliver(Deliver::receipt(ANA, PIER, &last.id, "DELIVRD")).await;
    world.export_until("sent", |sent| receipt(sent) == Some("delivered")).await;
    world.end();
}

async fn plain_signs_leave_in_gsm_7(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    smsc.deliver(Deliver::text(ANA, PIER, "show signs")).await;
    let seen = smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    assert_eq!(seen.texts_to(ANA), ["\"It's on\" - come..."]);
    world.end();
}

async fn parts_come_in_any_order_and_more_than_once(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    for (number, words) in [(2, "IN"), (2, "IN"), (1, "JO"), (1, "JO"), (2, "IN")] {
        assert_eq!(smsc.deliver(Deliver::part(ANA, PIER, number, words)).await, 0);
    }
    smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    let folder = world.end().0;
    let turns = export(folder.path(), "turns");
    assert_eq!(texts(&turns).len(), 1, "{turns:#?}");
    let text = turns.iter().find(|turn| turn["entry"]["event"]["text"].is_object()).unwrap();
    assert_eq!(text["entry"]["event"]["text"]["body"], "JOIN");
}

async fn a_text_whose_answer_was_lost_in_a_crash_is_one_turn(smsc: Smsc) {
    let mut world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    // It is on the disk; the SMSC has not heard so, and brings it again.
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await, 0);
    smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    world.server.kill();
    world.server = Server::start(world.folder.path());
    smsc.wait("another bind", |seen| seen.bound == 2).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await, 0);
    // Something else is heard as ever.
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "what?")).await, 0);
    smsc.wait("another answer", |seen| seen.texts_to(ANA).len() == 2).await;
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")).len(), 2);
}

async fn the_same_words_twice_are_two_turns(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    for _ in 0..2 {
        assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "what?")).await, 0);
    }
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")).len(), 2);
}

async fn the_same_words_behind_a_restart_are_two_turns(smsc: Smsc) {
    let mut world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "what?")).await, 0);
    let first = Timestamp::now().as_second();
    let (status, said) = world.server.stop();
    assert!(status.success(), "{said}");
    world.server = Server::start(world.folder.path());
    smsc.wait("another bind", |seen| seen.bound == 2).await;
    // What has no id of its own is named after its words and its second: the same second is the same text.
    while Timestamp::now().as_second() == first {
        tokio::time::sleep(GLANCE).await;
    }
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "what?")).await, 0);
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")).len(), 2);
}

async fn a_lost_link_is_bound_again(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    smsc.drop_sessions().await;
    smsc.wait("another bind", |seen| seen.bound == 2).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await, 0);
    smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    let said = world.end().1;
    assert!(said.contains("trying again at"), "{said}");
}

async fn a_wrong_password_is_told_and_tried_once(smsc: Smsc) {
    let world = world_at(smsc.port, "wrong", "").await;
    smsc.wait("a bind", |seen| seen.binds.len() == 1).await;
    let health = world.client.get(format!("{}/healthz", world.server.address)).send().await.unwrap();
    assert_eq!(health.status().as_u16(), 200, "the others are served");
    let said = world.end().1;
    assert!(said.contains("the SMSC refuses the password of `sayso` (0x0e)"), "{said}");
    assert!(said.contains("not trying again before"), "{said}");
    assert_eq!((smsc.seen().binds.len(), smsc.seen().bound), (1, 0));
}

async fn the_end_is_told(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    let begun = Instant::now();
    let said = world.end().1;
    assert!(begun.elapsed() < PATIENCE);
    smsc.wait("an unbind", |seen| seen.unbinds == 1).await;
    assert!(!said.contains("is lost"), "{said}");
}

async fn one_message_is_sent_by_hand(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    let arguments = ["provider", "test", "smsc", "--to", ANA, "--text", "by hand"];
    let folder = world.folder.path().to_path_buf();
    let ran = tokio::task::spawn_blocking(move || sayso(&folder, &arguments).output().unwrap());
    let ran = ran.await.unwrap();
    let said = String::from_utf8(ran.stdout).unwrap();
    assert!(ran.status.success(), "{said}{}", String::from_utf8_lossy(&ran.stderr));
    let seen = smsc.seen();
    assert_eq!(seen.texts_to(ANA), ["by hand"]);
    assert_eq!(said, format!("accepted as {}\n", seen.submits[0].id));
    assert_eq!(seen.binds[1], "bind_transmitter", "texts of people stay with the server");
    world.end();
}

async fn texts_for_nobody_are_refused(smsc: Smsc) {
    let world = world(&smsc, "").await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, "+14045550100", "STOP")).await, 0x65, "another account's");
    assert_eq!(smsc.deliver(Deliver::text("nobody", PIER, "JOIN")).await, 0x65);
    let folder = world.end().0;
    assert_eq!(export(folder.path(), "turns"), Vec::<Value>::new());
}

/// TLS in front of an SMSC: a certificate for `localhost`, which the authority in `tests/serve/tls` vouches for. It may ask who
/// we are: then it lets in whom `clients.pem` vouches for. All made by `openssl`, for these tests alone.
async fn tls_before(smsc: u16, asks: bool) -> u16 {
    let certificate = CertificateDer::from_pem_slice(include_bytes!("tls/localhost.pem")).unwrap();
    let key = PrivateKeyDer::from_pem_slice(include_bytes!("tls/localhost.key")).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(Arc::clone(&provider));
    let config = config.with_safe_default_protocol_versions().unwrap();
    let mut clients = RootCertStore::empty();
    clients.add(CertificateDer::from_pem_slice(include_bytes!("tls/clients.pem")).unwrap()).unwrap();
    let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(clients), provider).build().unwrap();
    let config = if asks { config.with_client_cert_verifier(verifier) } else { config.with_no_client_auth() };
    let config = config.with_single_cert(vec![certificate], key).unwrap();
    let (acceptor, listener) =
        (TlsAcceptor::from(Arc::new(config)), TcpListener::bind("127.0.0.1:0").await.unwrap());
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let acceptor = acceptor.clone();
            tokio::spawn(async move {
                match acceptor.accept(stream).into_fallible().await {
                    Ok(mut outside) => {
                        let mut inside = TcpStream::connect(("127.0.0.1", smsc)).await.unwrap();
                        let _ended = tokio::io::copy_bidirectional(&mut outside, &mut inside).await;
                    }
                    // What was said arrives: a socket that is closed with something unread takes it back.
                    Err((_, mut refused)) => {
                        let _gone = refused.shutdown().await;
                        let _gone = tokio::io::copy(&mut refused, &mut tokio::io::sink()).await;
                    }
                }
            });
        }
    });
    port
}

/// An account at an SMSC with TLS.
fn over_tls(name: &str, port: u16, more: &str) -> String {
    format!(
        "\n[providers.{name}]\nkind = \"smpp\"\naddress = \"localhost:{port}\"\nsystem_id = \"sayso\"\npassword = \"file:smpp-password\"\ntls = \"yes\"\n{more}\n"
    )
}

fn files_for_tls() -> [(&'static str, String); 7] {
    [
        ("flows/pier/brand.flow", BRAND.to_owned()),
        ("flows/pier/welcome.flow", WELCOME.to_owned()),
        ("grammars/pier/en.grammar", GRAMMAR.to_owned()),
        ("smpp-password", PASSWORD.to_owned()),
        ("authority.pem", include_str!("tls/authority.pem").to_owned()),
        ("link.pem", include_str!("tls/link.pem").to_owned()),
        ("link.key", include_str!("tls/link.key").to_owned()),
    ]
}

const AUTHORITY: &str = "authority = \"file:authority.pem\"";
const IDENTITY: &str = "certificate = \"file:link.pem\"\ncertificate_key = \"file:link.key\"";

#[tokio::test(flavor = "multi_thread")]
async fn tls_takes_the_smsc_that_its_authority_vouches_for_and_no_other() {
    let smsc = Smsc::rust().await.unwrap();
    let port = tls_before(smsc.port, false).await;
    let accounts = over_tls("smsc", port, AUTHORITY) + &over_tls("stranger", port, "");
    let world = World::start_among(&files_for_tls(), |settings| settings + &accounts).await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await, 0);
    smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    let said = world.end().1;
    assert!(said.contains("invalid peer certificate"), "{said}");
    assert_eq!(smsc.seen().binds.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_smsc_that_asks_who_we_are_is_shown_our_certificate() {
    let smsc = Smsc::rust().await.unwrap();
    let port = tls_before(smsc.port, true).await;
    let known = format!("{AUTHORITY}\n{IDENTITY}");
    // One that nobody there vouches for: it is for a server of these tests.
    let foreign = known.replace("link.", "localhost.");
    let accounts = over_tls("smsc", port, &known)
        + &over_tls("unknown", port, AUTHORITY)
        + &over_tls("foreign", port, &foreign);
    let mut files = files_for_tls().to_vec();
    files.push(("localhost.pem", include_str!("tls/localhost.pem").to_owned()));
    files.push(("localhost.key", include_str!("tls/localhost.key").to_owned()));
    let mut world = World::start_among(&files, |settings| settings + &accounts).await;
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    assert_eq!(smsc.deliver(Deliver::text(ANA, PIER, "JOIN")).await, 0);
    smsc.wait("an answer", |seen| !seen.texts_to(ANA).is_empty()).await;
    world.server.hear("the provider asks for a certificate of ours");
    world.server.hear("the provider does not take our certificate");
    assert_eq!(smsc.seen().binds.len(), 1, "nobody else was let in");

    // A certificate that was renewed is read when the files are, and one that is unfit changes nothing.
    let folder = world.folder.path().to_path_buf();
    std::fs::write(folder.join("link.pem"), include_str!("tls/first.pem")).unwrap();
    world.server.hang_up();
    world
        .server
        .hear("the secret `certificate` is unfit: the certificate and the key do not fit one another");
    std::fs::write(folder.join("link.pem"), include_str!("tls/link.pem")).unwrap();
    world.server.hang_up();
    smsc.wait("another bind", |seen| seen.bound == 2 && seen.unbinds == 1).await;
    let preview =
        sayso(&folder, &["provider", "encode", "smsc", "--to", ANA, "--text", "hi"]).output().unwrap();
    assert!(preview.status.success(), "{}", String::from_utf8_lossy(&preview.stderr));
    let (_, log) = world.end();
    for told in [PASSWORD, &ANA[1..], "PRIVATE KEY", "Welcome to Pier News"] {
        assert!(!log.contains(told), "{told} is in the log:\n{log}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_is_missing_or_unfit_is_told_before_anything_is_served() {
    let accounts = over_tls("smsc", 1, &format!("{AUTHORITY}\n{IDENTITY}"));
    let folder = some_workspace(|settings| settings + &accounts).await;
    let folder = folder.path();
    for (path, text) in files_for_tls() {
        write(folder, path, &text);
    }
    let told = |arguments: &[&str]| {
        let output = sayso(folder, arguments).output().unwrap();
        let said = [output.stdout, output.stderr].concat();
        (output.status.code(), String::from_utf8(said).unwrap())
    };
    let (_, said) = told(&["doctor"]);
    assert!(said.contains("the certificate of `smsc` fits its key, and ends on 2126-"), "{said}");
    let open = folder.join("sayso.toml");
    let over_tls = std::fs::read_to_string(&open).unwrap();
    for (host, is_told) in
        [("smsc.example.com", true), ("192.0.2.7", true), ("127.0.0.1", false), ("[::1]", false)]
    {
        let plain = over_tls.replace("tls = \"yes\"", "").replace("localhost:1\"", &format!("{host}:2775\""));
        let plain = plain.replace(AUTHORITY, "").replace(IDENTITY, "");
        std::fs::write(&open, plain).unwrap();
        let (_, said) = told(&["doctor"]);
        assert_eq!(said.contains("links: `smsc` is without TLS"), is_told, "{said}");
    }
    std::fs::write(&open, over_tls).unwrap();
    let spoiled: [(&str, Option<&str>, &str); 6] = [
        ("link.key", None, "the secret `certificate_key`: `link.key` cannot be read: No such file"),
        ("link.key", Some(include_str!("tls/first.key")), "do not fit one another"),
        (
            "link.key",
            Some("-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGj\n-----END ENCRYPTED PRIVATE KEY-----\n"),
            "the secret `certificate_key` is unfit: its private key has a passphrase",
        ),
        ("link.pem", Some("nothing"), "the secret `certificate` is unfit: there is no certificate in it"),
        ("authority.pem", Some("nothing"), "the secret `authority` is unfit: there is no certificate in it"),
        ("link.pem", None, "the secret `certificate`: `link.pem` cannot be read: No such file"),
    ];
    for (path, text, what) in spoiled {
        let sound = std::fs::read_to_string(folder.join(path)).unwrap();
        match text {
            Some(text) => std::fs::write(folder.join(path), text).unwrap(),
            None => std::fs::remove_file(folder.join(path)).unwrap(),
        }
        for (verb, code) in [("serve", 2), ("doctor", 1)] {
            let (status, said) = told(&[verb]);
            assert!(
                status == Some(code) && said.contains("account `smsc`: ") && said.contains(what),
                "{said}"
            );
        }
        std::fs::write(folder.join(path), sound).unwrap();
    }
    let ended = [("ended.pem", "link.pem"), ("ended.key", "link.key")];
    for (from, to) in ended {
        std::fs::copy(Path::new("tests/serve/tls").join(from), folder.join(to)).unwrap();
    }
    let (status, said) = told(&["doctor"]);
    assert!(status == Some(1) && said.contains("the certificate of `smsc` ended on 2026-11-22"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn without_an_smsc_all_else_is_served_and_the_link_waits_for_it() {
    let port = free_port();
    let world = world_at(port, PASSWORD, "").await;
    let health = world.client.get(format!("{}/healthz", world.server.address)).send().await.unwrap();
    assert_eq!(health.status().as_u16(), 200);
    let smsc = Smsc::rust_at(port).await.unwrap();
    smsc.wait("a bind", |seen| seen.bound == 1).await;
    world.end();
}
