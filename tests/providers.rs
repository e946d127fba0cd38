//! Every provider that comes with sayso, and one of a workspace's own: requests as they would arrive, in
//! `tests/providers/KIND/*.http`, and beside each what it brings; what would be sent; what its answers mean. `SAYSO_BLESS=1` writes the expectations anew.

// Test code: a panic is the report, and one environment variable says whether to write.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

use http::{HeaderMap, HeaderName, Method};
use jiff::{SignedDuration, Timestamp};
use sayso::provider::{
    ALL, Catalogue, Delivery, Kind, Mimic, MimicError, Outcome, Provider, RawRequest, Response, Settings, Way,
};
use sayso::sms::{AccountId, ReceiptState};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

/// When all requests arrived.
const NOW: &str = "2026-06-01T12:00:00Z";
/// The address that providers are configured with.
const PUBLIC_URL: &str = "https://sms.example.com";

/// A kind of a workspace's own: what none of those does that come with sayso.
const OWN: (&str, &str) = ("own-xml", include_str!("providers/own-xml/kind.toml"));

/// Every kind that is tried.
fn kinds() -> impl Iterator<Item = &'static str> {
    ALL.iter().chain([&OWN]).map(|(kind, _)| *kind)
}

/// The kind of that name.
fn kind_of(name: &str) -> Arc<Kind> {
    let mut catalogue = Catalogue::default();
    catalogue.add(Kind::parse(OWN.0, OWN.1).unwrap());
    Arc::clone(catalogue.kind(name).unwrap())
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/providers")
}

/// The requests of a kind, in order of name.
fn requests(kind: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder().join(kind)).unwrap();
    let mut found: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    found.retain(|path| path.extension().is_some_and(|ending| ending == "http"));
    found.sort();
    found
}

/// What the account of a kind says.
fn account(kind: &str) -> BTreeMap<String, String> {
    toml::from_str(&std::fs::read_to_string(folder().join(kind).join("account.toml")).unwrap()).unwrap()
}

/// The account of a kind, with two values of each secret.
fn settings(kind: &str) -> (Arc<Kind>, Settings) {
    let of = kind_of(kind);
    let mut settings = Settings { account: format!("{kind}-main"), ..Settings::default() };
    for (name, value) in account(kind) {
        if of.file.secrets.contains_key(&name) {
            settings.secrets.insert(name, vec!["an older value".into(), value.into()]);
        } else {
            settings.plain.insert(name, value);
        }
    }
    (of, settings)
}

fn open(kind: &str) -> Box<dyn Provider> {
    let (of, settings) = settings(kind);
    match of.open(&settings).unwrap() {
        Way::Calls(provider) => provider,
        Way::Link(_) => panic!("{kind} keeps a link"),
    }
}

/// The kinds that are called, and call: all but those that keep a link.
fn called() -> impl Iterator<Item = &'static str> {
    kinds().filter(|kind| kind_of(kind).protocol().is_none())
}

/// A workspace with an account of each kind.
fn workspace(root: &Path) {
    let mut text = format!("[server]\npublic_url = \"{PUBLIC_URL}\"\n");
    std::fs::create_dir(root.join("providers")).unwrap();
    std::fs::write(root.join(format!("providers/{}.toml", OWN.0)), OWN.1).unwrap();
    for kind in kinds() {
        writeln!(text, "\n[providers.{kind}-main]\nkind = \"{kind}\"").unwrap();
        for (name, value) in account(kind) {
            if kind_of(kind).file.secrets.contains_key(&name) {
                std::fs::write(root.join(format!("{kind}-{name}")), value).unwrap();
                writeln!(text, "{name} = \"file:{kind}-{name}\"").unwrap();
            } else {
                writeln!(text, "{name} = \"{value}\"").unwrap();
            }
        }
    }
    std::fs::write(root.join("sayso.toml"), text).unwrap();
}

fn sayso(root: &Path, arguments: &[&str]) -> String {
    let ran = Command::new(env!("CARGO_BIN_EXE_sayso")).arg("--workspace").arg(root).args(arguments).output();
    let ran = ran.unwrap();
    assert!(ran.stderr.is_empty(), "{arguments:?}: {}", String::from_utf8_lossy(&ran.stderr));
    String::from_utf8(ran.stdout).unwrap()
}

/// Compares with a file, or writes it.
fn is_as(path: &Path, said: &str) {
    if std::env::var_os("SAYSO_BLESS").is_some() {
        std::fs::write(path, said).unwrap();
        return;
    }
    let expected = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(said, expected, "{}", path.display());
}

#[test]
fn every_request_brings_what_stands_beside_it() {
    let root = tempfile::tempdir().unwrap();
    workspace(root.path());
    let certificate = folder().join("aws/certificate.pem");
    for kind in called() {
        let found = requests(kind);
        assert!(found.len() >= 2, "{kind} has a text and a receipt");
        for request in found {
            let named = format!("{kind}-main");
            let path = request.to_str().unwrap();
            let mut arguments = vec!["provider", "decode", &named, "--request", path, "--at", NOW];
            if kind == "aws" {
                arguments.extend(["--certificate", certificate.to_str().unwrap()]);
            }
            is_as(&request.with_extension("expected"), &sayso(root.path(), &arguments));
        }
    }
}

#[test]
fn messages_leave_as_each_provider_takes_them() {
    let root = tempfile::tempdir().unwrap();
    workspace(root.path());
    let messages: [&[&str]; 3] = [
        &["--text", "yes [&] 50 €"],
        &["--text", "It’s “on” 🙂"],
        &["--text", "look", "--media", "https://a.example/1.png"],
    ];
    for kind in kinds() {
        let mut said = String::new();
        for message in messages {
            let named = format!("{kind}-main");
            let arguments = [
                "provider",
                "encode",
                &named,
                "--from",
                "+14045550100",
                "--to",
                "+447700900123",
                "--at",
                NOW,
            ];
            writeln!(said, "## {}\n", message.join(" ")).unwrap();
            said.push_str(&sayso(root.path(), &[&arguments[..], message].concat()));
            said.push('\n');
        }
        for (name, value) in account(kind) {
            let is_secret = kind_of(kind).file.secrets.contains_key(&name);
            assert!(!is_secret || !said.contains(&value), "{kind} shows its secret `{name}`:\n{said}");
        }
        is_as(&folder().join(kind).join("send.txt"), said.trim_end_matches('\n'));
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answers {
    answer: Vec<Answer>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Answer {
    status: u16,
    #[serde(default)]
    retry_after: Option<i64>,
    body: String,
    is: String,
}

#[test]
fn answers_mean_what_stands_beside_them() {
    for kind in called() {
        let provider = open(kind);
        let path = folder().join(kind).join("answers.toml");
        let answers: Answers = toml::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        for Answer { status, retry_after, body, is } in answers.answer {
            let retry_after = retry_after.map(SignedDuration::from_secs);
            let outcome =
                provider.outcome(&Response { status, retry_after, body: body.clone().into_bytes() });
            let said = match outcome {
                Outcome::Accepted { id } => {
                    format!("accepted {}", id.map_or("without an id".to_owned(), |id| id.to_string()))
                }
                Outcome::Retry { after: None, .. } => "retry".to_owned(),
                Outcome::Retry { after: Some(after), .. } => format!("retry after {} ms", after.as_millis()),
                Outcome::OptedOut { code } => format!("opted out {code}"),
                Outcome::Rejected { kind, why } => format!("{kind:?}: {why}"),
            };
            assert_eq!(said, is, "{kind}: {status} {body}");
        }
    }
}

/// A request as a file holds it.
fn read(path: &Path) -> RawRequest {
    let text = std::fs::read_to_string(path).unwrap();
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let mut first = lines.next().unwrap().split(' ');
    let method: Method = first.next().unwrap().parse().unwrap();
    let url = format!("{PUBLIC_URL}{}", first.next().unwrap());
    let header = |line: &str| {
        let (name, value) = line.split_once(": ").unwrap();
        (name.parse::<HeaderName>().unwrap(), value.parse().unwrap())
    };
    let headers: HeaderMap = lines.map(header).collect();
    let fetched = path.with_file_name("certificate.pem");
    RawRequest {
        url,
        method,
        headers,
        body: body.strip_suffix('\n').unwrap_or(body).as_bytes().to_vec(),
        at: NOW.parse().unwrap(),
        fetched: std::fs::read(fetched).ok(),
    }
}

/// Providers whose webhooks hold a secret and no signature: a body that was changed on the way is not noticed.
#[rustfmt::skip]
const UNSIGNED: [&str; 9] = [
    "africas-talking", "azure", "bandwidth", "clicksend", "generic", "infobip", "jasmin", "kannel", "own-xml",
];

#[test]
fn what_is_not_the_providers_own_is_refused() {
    for kind in called() {
        let provider = open(kind);
        for path in requests(kind) {
            let request = read(&path);
            let shown = path.display();
            assert!(provider.verify(request.clone()).is_ok(), "{shown}");

            let bare = RawRequest { headers: HeaderMap::new(), ..request.clone() };
            let bare = RawRequest { url: bare.url.replace("token=", "t="), ..bare };
            let says_itself = matches!(kind, "vonage" | "aws") || path.ends_with("handshake.http");
            assert!(says_itself || provider.verify(bare).is_err(), "{shown} without its proof");

            if UNSIGNED.contains(&kind) || path.ends_with("handshake.http") {
                continue;
            }
            if request.body.is_empty() {
                let other = RawRequest { url: request.url.replacen("JOIN", "STOP", 1), ..request.clone() };
                let changed = other.url != request.url;
                assert!(!changed || provider.verify(other).is_err(), "{shown} with another word");
                continue;
            }
            // Version 2 of Plivo's signature does not cover the body.
            if path.ends_with("text-version-2.http") {
                continue;
            }
            let mut changed = request.clone();
            let at = changed.body.iter().rposition(u8::is_ascii_lowercase).unwrap();
            changed.body[at] ^= 1;
            assert!(provider.verify(changed).is_err(), "{shown} with one byte changed");
        }
    }
}

#[test]
fn signatures_with_a_time_grow_old() {
    let later = |days: i64| NOW.parse::<Timestamp>().unwrap() + SignedDuration::from_hours(24 * days);
    for kind in ["bird", "messagebird", "sinch", "telnyx", "vonage", "vonage-messages"] {
        for path in requests(kind) {
            let request = RawRequest { at: later(2), ..read(&path) };
            assert!(open(kind).verify(request).is_err(), "{} after two days", path.display());
        }
    }
}

/// What a server of this account reads in a request that was made as its provider would make it; `None` where nobody else can
/// sign.
fn mimicked(kind: &str, wanted: &Mimic) -> Option<Vec<Delivery>> {
    let (of, mut settings) = settings(kind);
    settings.inbound_url = Some(format!("{PUBLIC_URL}/v1/providers/{kind}-main/inbound"));
    let made = match of.mimic(&settings, wanted, NOW.parse().unwrap()).unwrap() {
        Ok(made) => made,
        Err(MimicError::Unsignable(_)) => return None,
        Err(error) => panic!("{kind}: {error}"),
    };
    let provider = open(kind);
    let (url, body) = (made.request.url.clone(), String::from_utf8_lossy(&made.request.body).into_owned());
    let mut changed = made.request.clone();
    changed.headers.clear();
    url.split('?').next().unwrap().clone_into(&mut changed.url);
    changed.body = body.replace("sig=", "sign=").replace("\"sig\"", "\"sign\"").into_bytes();
    assert!(provider.verify(changed).is_err(), "{kind}: it is signed by {}", made.scheme);
    let verified =
        provider.verify(made.request).unwrap_or_else(|forged| panic!("{kind}: {forged}: {url} {body}"));
    let account = AccountId::from(format!("{kind}-main").as_str());
    Some(provider.decode(&account, &verified).unwrap_or_else(|error| panic!("{kind}: {error}: {body}")))
}

#[test]
fn what_is_made_as_a_provider_makes_it_is_read_as_it_was_meant() {
    let text = "Ja, gern & schnell = 100 %! 🍦 \"so\"\n+1";
    let (from, to) = ("+14045550123".parse().unwrap(), "+14045550100".parse().unwrap());
    let texted = Mimic::Text { from, to, text: text.to_owned(), id: "in-1".to_owned() };
    let mut unsigned = Vec::new();
    for kind in called() {
        match mimicked(kind, &texted).as_deref() {
            None => unsigned.push(kind),
            Some([Delivery::Text(read)]) => {
                assert_eq!((read.from, read.to, read.body.as_str()), (from, to, text), "{kind}");
                assert_eq!(read.id.as_str(), "in-1", "{kind}");
            }
            Some(other) => panic!("{kind}: {other:?}"),
        }
        let delivered = Mimic::Receipt { id: "out-1".to_owned(), state: "delivered".to_owned(), code: None };
        match mimicked(kind, &delivered).as_deref() {
            None => assert_eq!(unsigned.last(), Some(&kind)),
            Some([Delivery::Receipt(read)]) => {
                assert_eq!((read.id.as_str(), read.state), ("out-1", ReceiptState::Delivered), "{kind}");
            }
            Some(other) => panic!("{kind}: {other:?}"),
        }
    }
    assert_eq!(unsigned, ["aws", "telnyx"], "their keys are the providers' own");
}
