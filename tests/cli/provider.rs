//! `sayso provider`: what there is, what a request brings, what would be sent, and one real message.

use crate::run;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::path::Path;
use tempfile::TempDir;

const SETTINGS: &str = "\
[server]
public_url = \"https://sms.example.com\"

[providers.curl]
kind = \"generic\"
token = \"file:token\"
send_url = \"http://ADDRESS/send\"

[providers.in-place]
kind = \"generic\"
token = \"file:token\"

[providers.entra]
kind = \"azure\"
endpoint = \"https://a.example\"
tenant_id = \"tenant-1\"
client_id = \"client-1\"
client_secret = \"file:token\"
callback_token = \"file:token\"
";

const REQUEST: &str = "\
POST /v1/providers/curl/inbound HTTP/1.1
Content-Type: application/json
Authorization: Bearer sesame

{\"from\": \"+14045550123\", \"to\": \"+14045550100\", \"text\": \"JOIN\", \"id\": \"1\"}
";

fn workspace(address: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| std::fs::write(folder.path().join(path), text).unwrap();
    write("sayso.toml", &SETTINGS.replace("ADDRESS", address));
    write("token", "sesame");
    write("request.http", REQUEST);
    write("forged.http", &REQUEST.replace("sesame", "please"));
    folder
}

fn provider(folder: &Path, arguments: &[&str]) -> (Option<i32>, String, String) {
    let ran = run(folder, &[&["provider"], arguments].concat());
    (ran.code, ran.out, ran.err)
}

#[test]
fn kinds_are_listed_and_shown_as_they_are_set_up() {
    let folder = workspace("127.0.0.1:1");
    let (code, out, _) = provider(folder.path(), &["list"]);
    assert_eq!((code, out.lines().count()), (Some(0), sayso::provider::ALL.len()), "{out}");
    assert!(out.contains("Telnyx (telnyx)"), "{out}");
    let (code, out, _) = provider(folder.path(), &["show", "kannel"]);
    assert_eq!(code, Some(0));
    for words in
        ["kind = \"kannel\"", "password = \"env:…\"", "# smsc = \"…\"", "/v1/providers/NAME/inbound?token=…"]
    {
        assert!(out.contains(words), "{words}:\n{out}");
    }
    let (_, out, _) = provider(folder.path(), &["show", "azure"]);
    assert!(out.contains("\ntoken:     client credentials (RFC 6749, 4.4)"), "{out}");
    let (code, _, err) = provider(folder.path(), &["show", "telnix"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("did you mean `telnyx`?"), "{err}");
}

#[test]
fn a_request_is_told_with_who_sent_it() {
    let folder = workspace("127.0.0.1:1");
    let (code, out, _) = provider(folder.path(), &["decode", "curl", "--request", "request.http"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("signature: valid\ntext: {") && out.contains("\"JOIN\""), "{out}");
    let (code, out, _) = provider(folder.path(), &["decode", "curl", "--request", "forged.http", "--json"]);
    assert_eq!(code, Some(1), "{out}");
    assert!(out.contains("the bearer token is missing or wrong\",\"valid\":false"), "{out}");
    let (code, out, _) = provider(folder.path(), &["decode", "generic", "--request", "forged.http"]);
    assert_eq!(code, Some(0), "{out}");
    assert!(out.starts_with("signature: not checked"), "{out}");
    let (code, _, err) = provider(folder.path(), &["decode", "curl", "--request", "sayso.toml"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("the request cannot be read"), "{err}");
}

#[test]
fn what_would_be_sent_is_shown_without_its_secrets() {
    let folder = workspace("127.0.0.1:1");
    let message = ["--to", "+14045550123", "--from", "+14045550100", "--text", "hi"];
    let (code, out, _) = provider(folder.path(), &[&["encode", "curl"], &message[..]].concat());
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("authorization: Bearer •••") && !out.contains("sesame"), "{out}");
    let (code, out, _) = provider(folder.path(), &[&["encode", "in-place"], &message[..]].concat());
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains(r#"{"replies":[{"text":"hi"}]}"#), "{out}");
    for (kind, _) in sayso::provider::ALL {
        let (code, out, err) = provider(folder.path(), &[&["encode", kind], &message[..]].concat());
        if *kind == "smpp" {
            // How it codes is said by the account.
            assert!(code == Some(2) && err.contains("only an account says what it sends"), "{err}");
            continue;
        }
        assert_eq!((code, err.as_str()), (Some(0), ""), "{kind}: {out}");
    }
    let (code, _, err) = provider(folder.path(), &["encode", "curl", "--to", "+14045550123"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("--from"), "{err}");
}

#[test]
fn where_a_token_is_fetched_first_both_requests_are_shown() {
    let folder = workspace("127.0.0.1:1");
    let arguments =
        ["encode", "entra", "--from", "+14045550100", "--to", "+14045550123", "--text", "Hi", "--json"];
    let (code, out, _) = provider(folder.path(), &arguments);
    assert_eq!(code, Some(0), "{out}");
    let shown: serde_json::Value = serde_json::from_str(&out).unwrap();
    assert_eq!(shown["token"]["url"], "https://login.microsoftonline.com/tenant-1/oauth2/v2.0/token");
    let body = shown["token"]["body"].as_str().unwrap();
    assert!(body.ends_with("&client_id=client-1&client_secret=•••"), "{body}");
    assert_eq!(shown["headers"]["authorization"], "Bearer •••");
    assert!(!out.contains("sesame"), "{out}");
}

#[test]
fn one_real_message_is_sent() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = workspace(&listener.local_addr().unwrap().to_string());
    let answering = std::thread::spawn(move || {
        let mut stream = BufReader::new(listener.accept().unwrap().0);
        let (mut head, mut length) = (String::new(), 0);
        while !head.ends_with("\r\n\r\n") {
            let start = head.len();
            stream.read_line(&mut head).unwrap();
            if let Some((_, value)) = head[start..].to_lowercase().split_once("content-length: ") {
                length = value.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        stream.read_exact(&mut body).unwrap();
        stream.get_mut().write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 12\r\n\r\n{\"id\":\"x-1\"}").unwrap();
        (head, String::from_utf8(body).unwrap())
    });
    let arguments = ["test", "curl", "--to", "+14045550123", "--from", "+14045550100", "--text", "hi"];
    let (code, out, err) = provider(folder.path(), &arguments);
    assert_eq!((code, out.as_str()), (Some(0), "accepted as x-1\n"), "{err}");
    let (head, body) = answering.join().unwrap();
    assert!(head.contains("Bearer sesame") && body.contains("\"hi\""), "{head}{body}");
    let (code, _, err) =
        provider(folder.path(), &["test", "generic", "--to", "+14045550123", "--from", "72345"]);
    assert_eq!(code, Some(2));
    assert!(err.contains("only an account can send"), "{err}");
}
