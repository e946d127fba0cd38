//! What the doctor says of what is listened on, and of who may ask.

use crate::server::{sayso, some_workspace};
use serde_json::Value;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/tls");

/// What it says about something: how grave it is, and what it is.
fn said(folder: &Path, about: &str) -> Vec<(String, String)> {
    let output = sayso(folder, &["doctor", "--json"]).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    let findings = lines.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let words = |finding: &Value, name: &str| finding[name].as_str().unwrap().to_owned();
    findings
        .filter(|finding| finding["about"] == about)
        .inspect(|finding| assert!(finding["grade"] == "ok" || finding["way_out"].is_string(), "{finding}"))
        .map(|finding| (words(&finding, "grade"), words(&finding, "what")))
        .collect()
}

#[track_caller]
fn says(folder: &Path, about: &str, grade: &str, what: &str) {
    let said = said(folder, about);
    assert!(said.iter().any(|(known, words)| known == grade && words.contains(what)), "{what}: {said:?}");
}

fn put(folder: &Path, from: &str, name: &str, mode: u32) {
    std::fs::copy(Path::new(CERTIFICATES).join(from), folder.join(name)).unwrap();
    std::fs::set_permissions(folder.join(name), std::fs::Permissions::from_mode(mode)).unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn certificates_and_addresses_are_looked_at() {
    let tls = "\n[server.tls]\ncertificate = \"cert.pem\"\nkey = \"key.pem\"\n";
    let folder = some_workspace(|settings| settings + tls).await;
    let folder = folder.path();
    says(folder, "tls", "problem", "`");
    put(folder, "first.pem", "cert.pem", 0o644);
    put(folder, "first.key", "key.pem", 0o600);
    assert_eq!(said(folder, "tls").len(), 1);
    says(folder, "tls", "ok", "ends on 2126-10-30");
    says(folder, "address", "ok", "can be listened on");
    says(folder, "public url", "ok", "https://sms.example.com");
    put(folder, "first.key", "key.pem", 0o640);
    says(folder, "tls", "problem", "mode 640");
    put(folder, "second.key", "key.pem", 0o600);
    says(folder, "tls", "problem", "cannot be used with its key");
    put(folder, "ended.pem", "cert.pem", 0o644);
    put(folder, "ended.key", "key.pem", 0o600);
    says(folder, "tls", "problem", "ended on 2026-11-22");

    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap();
    let change = |settings: String| {
        let settings = settings.replace("127.0.0.1:0", &address.to_string());
        settings.replace("https://sms.example.com", "http://10.0.0.7:8080")
    };
    let folder = some_workspace(change).await;
    says(folder.path(), "address", "problem", &format!("{address} cannot be listened on"));
    says(folder.path(), "public url", "note", "no provider can call `10.0.0.7`");
    let change = |settings: String| {
        let settings = settings.replace("127.0.0.1:0", "0.0.0.0:0");
        settings.replacen("[server]\n", "[server]\ntrusted_proxies = [\"10.0.0.0/7\"]\n", 1)
    };
    let folder = some_workspace(change).await;
    says(folder.path(), "address", "note", "speaks http");
    assert_eq!(said(folder.path(), "metrics"), [], "none are told there");
    let metrics =
        |settings: String| settings.replacen("[server]\n", "[server]\nmetrics = \"0.0.0.0:9090\"\n", 1);
    let folder_of_metrics = some_workspace(metrics).await;
    says(folder_of_metrics.path(), "metrics", "note", "whoever reaches 0.0.0.0:9090 reads metrics");
    says(folder.path(), "proxies", "note", "more than somebody's own proxies");
    let folder = some_workspace(|settings| settings).await;
    says(folder.path(), "proxies", "note", "none is trusted");
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_and_the_audit_are_looked_at() {
    let folder = some_workspace(|settings| settings).await;
    let folder = folder.path();
    says(folder, "keys", "ok", "0 keys");
    for arguments in [["--brand", "gelato", "--days", "9"], ["--all-brands", "--days", "90", "--json"]] {
        let added = sayso(folder, &[&["key", "add", "crm"], &arguments[..]].concat()).output().unwrap();
        assert!(added.status.success(), "{}", String::from_utf8_lossy(&added.stderr));
    }
    says(folder, "keys", "ok", "2 keys of the API, 2 valid");
    says(folder, "keys", "note", "of `crm` ends on ");
    let file = folder.join("data/api-keys.json");
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
    says(folder, "keys", "problem", "mode 644");
    let kept = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, kept.replace("gelato", "gone")).unwrap();
    says(folder, "keys", "note", "is for `gone`, which is no brand");
    std::fs::write(&file, "[]").unwrap();
    says(folder, "keys", "problem", "cannot be read");
    std::fs::create_dir(folder.join("data/audit.jsonl")).unwrap();
    says(folder, "audit", "problem", "the API does nothing");
    let wrong = sayso(folder, &["key", "add", "crm", "--brand", "gelatto"]).output().unwrap();
    assert_eq!(wrong.status.code(), Some(2));
    std::fs::remove_file(&file).unwrap();
    let wrong = sayso(folder, &["key", "add", "crm", "--brand", "gelatto"]).output().unwrap();
    let why = String::from_utf8_lossy(&wrong.stderr);
    assert!(wrong.status.code() == Some(2) && why.contains("did you mean `gelato`?"), "{why}");
}
