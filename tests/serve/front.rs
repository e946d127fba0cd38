//! What stands in front of every request: TLS, proxies, limits, names, headers, and a log that tells nothing it should not.

use crate::server::{CURL, CURL_TOKEN, PATIENCE, World, answered, client, export, texts};
use serde_json::json;
use std::io::{ErrorKind, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::time::{Duration, Instant};

const DEE: &str = "+14045550177";

fn front(lines: &'static str) -> impl FnOnce(String) -> String {
    move |settings| settings.replacen("[server]\n", &format!("[server]\n{lines}\n"), 1)
}

/// A connection that has said so much.
fn begun(world: &World, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(world.server.address.trim_start_matches("http://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// All that comes until the other side closes.
fn heard(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    match stream.read_to_end(&mut bytes) {
        Err(error) if error.kind() == ErrorKind::WouldBlock => panic!("the server waits for ever"),
        // A reset is an end too.
        Ok(_) | Err(_) => String::from_utf8_lossy(&bytes).into_owned(),
    }
}

async fn is_healthy(world: &World) -> bool {
    let health = world.client.get(format!("{}/healthz", world.server.address));
    answered(health).await.is_ok_and(|answered| answered.status == 200)
}

// ── limits ──────────────────────────────────────────────────────────────────────────────────────

#[tokio::test(flavor = "multi_thread")]
async fn who_says_nothing_or_speaks_too_slowly_is_let_go_of() {
    let world = World::start().await;
    let head = "POST /v1/providers/curl/inbound HTTP/1.1\r\nHost: x\r\n";
    let silent = begun(&world, b"");
    let slow = begun(&world, head.as_bytes());
    let mut dribbles = slow.try_clone().unwrap();
    // One more byte each moment: a limit on silence alone would never end this.
    std::thread::spawn(move || {
        while dribbles.write_all(b"X").is_ok() {
            std::thread::sleep(Duration::from_millis(500));
        }
    });
    let bearer = format!("Authorization: Bearer {CURL_TOKEN}\r\n");
    let body = begun(&world, format!("{head}{bearer}Content-Length: 100\r\n\r\n{{\"from\"").as_bytes());
    assert!(is_healthy(&world).await);
    let ends = [silent, slow, body].map(|stream| std::thread::spawn(move || heard(stream)));
    let [silent, slow, body] = ends.map(|end| end.join().unwrap());
    assert_eq!(silent, "");
    assert!(slow.is_empty() || slow.starts_with("HTTP/1.1 408"), "{slow}");
    assert!(body.starts_with("HTTP/1.1 503"), "{body}");
    assert!(is_healthy(&world).await);
    let folder = world.end().0;
    assert!(export(folder.path(), "turns").is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn heads_have_a_limit() {
    let world = World::start().await;
    let large = format!("GET /healthz HTTP/1.1\r\nHost: x\r\nX-Large: {}\r\n\r\n", "x".repeat(40_000));
    let long = format!("GET /healthz?{} HTTP/1.1\r\nHost: x\r\n\r\n", "x".repeat(40_000));
    let lines = "X-Line: x\r\n".repeat(100);
    let many = format!("GET /healthz HTTP/1.1\r\nHost: x\r\n{lines}\r\n");
    for (what, head) in [("a large line", large), ("a long address", long), ("many lines", many)] {
        let answer = heard(begun(&world, head.as_bytes()));
        assert!(answer.starts_with("HTTP/1.1 431") || answer.starts_with("HTTP/1.1 414"), "{what}: {answer}");
    }
    assert!(is_healthy(&world).await);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn connections_have_a_number_and_the_next_one_waits() {
    let world = World::start_with(front("connections = 3")).await;
    let mut held: Vec<_> = (0..3).map(|_| begun(&world, b"")).collect();
    let mut next = begun(&world, b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    next.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    let waits = next.read(&mut [0]).unwrap_err().kind();
    assert!(matches!(waits, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{waits}");
    drop(held.pop());
    next.set_read_timeout(Some(PATIENCE)).unwrap();
    assert!(heard(next).starts_with("HTTP/1.1 200"), "a place was free");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_that_asks_too_often_is_told_to_come_again_and_loses_nothing() {
    let curl = |settings: String| {
        settings.replacen("[providers.curl]\n", "[providers.curl]\nrequests_per_second = 2\n", 1)
    };
    let world = World::start_with(curl).await;
    for _ in 0..50 {
        let forged = world.post("curl", &[("authorization", "Bearer guess")], "{}").await;
        assert_eq!(forged.status, 403, "who is not the account uses up nothing of its share");
    }
    let ids: Vec<String> = (0..6).map(|number| format!("id-{number}")).collect();
    let mut again = 0;
    let deadline = Instant::now() + PATIENCE;
    for id in &ids {
        loop {
            assert!(Instant::now() < deadline, "a text is never taken");
            let message = json!({ "from": DEE, "to": CURL, "text": "JOIN", "id": id });
            let url = format!("{}/v1/providers/curl/inbound", world.server.address);
            let request = world.client.post(url).bearer_auth(CURL_TOKEN).body(message.to_string());
            let response = request.send().await.unwrap();
            if response.status() == 200 {
                break;
            }
            assert_eq!(
                (response.status().as_u16(), &response.headers()["retry-after"]),
                (503, &"1".parse().unwrap())
            );
            again += 1;
        }
    }
    assert!(again > 0, "six at once are more than two a second");
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")), ids);
}

// ── who calls ───────────────────────────────────────────────────────────────────────────────────

/// The log of a world that was asked once, with these headers; and the name that the answer gave the request.
async fn asked_with(settings: &'static str, headers: &[(&str, &str)]) -> (String, String) {
    let world = World::start_with(front(settings)).await;
    let mut request = world.client.get(format!("{}/healthz", world.server.address));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    (world.end().1, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn whom_a_request_comes_from_only_a_trusted_proxy_says() {
    let headers = [("x-forwarded-for", "1.1.1.1, 203.0.113.9"), ("x-request-id", "trace-4711")];
    let (log, id) = asked_with("trusted_proxies = [\"127.0.0.1\"]", &headers).await;
    assert_eq!(id, "trace-4711");
    assert!(log.contains("client=203.0.113.9") && log.contains("id=trace-4711"), "{log}");
    let (log, id) = asked_with("trusted_proxies = [\"10.0.0.0/8\"]", &headers).await;
    assert!(
        log.contains("client=127.0.0.1") && !log.contains("203.0.113.9") && !log.contains("1.1.1.1"),
        "{log}"
    );
    assert!(id != "trace-4711" && log.contains(&format!("id={id}")), "{log}");
    let forwarded = [("forwarded", "for=\"[2001:db8::7]:80\""), ("x-forwarded-for", "203.0.113.9")];
    let both = "trusted_proxies = [\"127.0.0.1\"]\nproxy_header = \"forwarded\"";
    let (log, _) = asked_with(both, &forwarded).await;
    assert!(log.contains("client=2001:db8::7") && !log.contains("203.0.113.9"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn answers_carry_what_keeps_browsers_from_harm() {
    let world = World::start().await;
    let address = &world.server.address;
    for (path, status) in
        [("/healthz", 200), ("/nothing", 404), ("/v1/brands", 401), ("/v1/providers/curl/inbound", 403)]
    {
        let response = world.client.get(format!("{address}{path}")).send().await.unwrap();
        assert_eq!(response.status().as_u16(), status, "{path}");
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("x-frame-options", "DENY"),
            ("referrer-policy", "no-referrer"),
            ("cache-control", "no-store"),
            // The public address is https, whatever is spoken behind the proxy.
            ("strict-transport-security", "max-age=31536000"),
        ] {
            assert_eq!(response.headers()[name], value, "{path}");
        }
        assert!(response.headers().contains_key("content-security-policy"), "{path}");
        assert!(!response.headers().contains_key("server"), "{path}");
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_cannot_be_smuggled_into_an_answer_or_a_log() {
    let world = World::start_with(front("trusted_proxies = [\"127.0.0.1\"]")).await;
    let head =
        "GET /healthz%0d%0aX-Smuggled:%20yes?a=%0d%0aforged HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    for line in ["X-Request-Id: a\u{b}b", "X-Request-Id: a b\"", "X-Forwarded-For: 1.1.1.1\tforged", ""] {
        let line = if line.is_empty() { String::new() } else { format!("{line}\r\n") };
        let answer = heard(begun(&world, format!("{head}{line}\r\n").as_bytes())).to_lowercase();
        assert!(answer.starts_with("http/1.1 4"), "{answer}");
        assert!(!answer.contains("x-smuggled") && !answer.contains("a b"), "{answer}");
    }
    let (_, log) = world.end();
    assert!(!log.contains("forged") && !log.contains("X-Smuggled"), "{log}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_tells_no_number_token_or_word() {
    let world = World::start().await;
    let address = world.server.address.clone();
    let text = json!({ "from": DEE, "to": CURL, "text": "JOIN sesame-body", "id": "1" });
    assert_eq!(world.json("curl", &text).await.status, 200);
    for path in [
        format!("/v1/providers/curl/inbound?token=sesame-query&from={DEE}"),
        format!("/v1/brands/gelato/subscribers/{DEE}?after=sesame-page"),
        format!("/sesame-path/{DEE}"),
    ] {
        let request = world.client.get(format!("{address}{path}")).bearer_auth("sayso_sesame-key");
        let refused = answered(request).await.unwrap();
        assert!((400..500).contains(&refused.status), "{path}: {}", refused.status);
    }
    let (folder, log) = world.end();
    let audit = std::fs::read_to_string(folder.path().join("data/audit.jsonl")).unwrap();
    for said in [&log, &audit] {
        assert!(!said.contains("sesame") && !said.contains(&DEE[1..]), "{said}");
    }
    for line in ["route=\"/v1/providers/{account}/inbound\"", "account=\"curl\"", "status=200"] {
        assert!(log.contains(line), "{line} is missing:\n{log}");
    }
    assert!(audit.contains("+1404•••••77"), "{audit}");
}

// ── TLS ─────────────────────────────────────────────────────────────────────────────────────────

const CERTIFICATES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/serve/tls");

/// Puts a certificate and its key in place, as whoever renews them does: each whole.
fn put(folder: &Path, certificate: &str, key: &str) {
    for (name, from) in [("key.pem", format!("{key}.key")), ("cert.pem", format!("{certificate}.pem"))] {
        std::fs::copy(Path::new(CERTIFICATES).join(from), folder.join("new")).unwrap();
        std::fs::rename(folder.join("new"), folder.join(name)).unwrap();
    }
}

/// A client that trusts this one certificate.
fn trusting(certificate: &str) -> reqwest::Client {
    let _provider = client();
    let pem = std::fs::read(format!("{CERTIFICATES}/{certificate}.pem")).unwrap();
    let certificate = reqwest::Certificate::from_pem(&pem).unwrap();
    reqwest::Client::builder().tls_certs_only([certificate]).no_proxy().timeout(PATIENCE).build().unwrap()
}

async fn sees(client: &reqwest::Client, world: &World) -> bool {
    let health = client.get(format!("{}/healthz", world.server.address));
    answered(health).await.is_ok_and(|answered| answered.status == 200)
}

#[tokio::test(flavor = "multi_thread")]
async fn it_speaks_tls_by_itself_and_reads_a_new_certificate_while_it_serves() {
    let certificates = tempfile::tempdir().unwrap();
    let folder = certificates.path();
    put(folder, "first", "first");
    let tls = format!(
        "[server.tls]\ncertificate = {0:?}\nkey = {1:?}\n",
        folder.join("cert.pem"),
        folder.join("key.pem")
    );
    let world = World::start_with(|settings| format!("{settings}\n{tls}")).await;
    assert!(world.server.address.starts_with("https://"));
    let (first, second) = (trusting("first"), trusting("second"));
    assert!(sees(&first, &world).await);
    assert!(!sees(&second, &world).await);
    let plain = begun_tls(&world, b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
    assert!(!heard(plain).contains("200 OK"), "nothing is said in the clear");

    // A certificate without its key is told, and the old one stays.
    put(folder, "second", "ended");
    let renewed = async |client: &reqwest::Client| {
        let deadline = Instant::now() + PATIENCE;
        while !sees(client, &world).await {
            assert!(Instant::now() < deadline, "the new certificate is not used");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    assert!(sees(&trusting("first"), &world).await);
    put(folder, "second", "second");
    renewed(&trusting("second")).await;
    assert!(!sees(&trusting("first"), &world).await, "the old one is gone");
    let (_, log) = world.end();
    assert!(log.contains("the certificate was read again"), "{log}");
}

fn begun_tls(world: &World, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(world.server.address.trim_start_matches("https://")).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_that_cannot_be_used_is_named_before_it_serves() {
    let certificates = tempfile::tempdir().unwrap();
    put(certificates.path(), "first", "second");
    let tls = format!(
        "[server.tls]\ncertificate = {0:?}\nkey = {1:?}\n",
        certificates.path().join("cert.pem"),
        certificates.path().join("key.pem")
    );
    let folder = crate::server::some_workspace(|settings| format!("{settings}\n{tls}")).await;
    let output = crate::server::sayso(folder.path(), &["serve"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cert.pem"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_that_trust_everybody_are_a_mistake() {
    for (line, why) in [
        ("trusted_proxies = [\"0.0.0.0/0\"]", "trusts everybody"),
        ("trusted_proxies = [\"proxy.example\"]", "is no network"),
        ("connections = 0", "nonzero"),
    ] {
        let folder = crate::server::some_workspace(front(line)).await;
        let check = crate::server::sayso(folder.path(), &["check"]).output().unwrap();
        let said = String::from_utf8_lossy(&check.stderr);
        assert_eq!(check.status.code(), Some(1), "{line}: {said}");
        assert!(said.contains("W601") && said.contains(why), "{line}: {said}");
    }
}
