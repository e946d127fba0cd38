//! Calls that brands' files cause, on servers of loopback: what is refused, what is followed, what is too much.
//!
//! Nothing here is called but loopback, also where the guard should fail. What it says of other addresses is tested
//! beside it, without calling them.

// Test code: a panic is the report, and the environment of a child is set.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::disallowed_methods)]

use http::{HeaderName, Method};
use sayso::engine::outside::{Guarded, Outside, OutsideError, WITHIN_DEFAULT};
use sayso::provider::{Call, Response};
use std::io::ErrorKind;
use std::net::SocketAddr;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpSocket, TcpStream};

// ── servers ─────────────────────────────────────────────────────────────────────────────────────

/// What a server does after it has written its answer.
#[derive(Debug, Clone, Copy)]
enum Then {
    /// Closes the connection.
    Close,
    /// Keeps it open, and says no more.
    Hold,
    /// Goes on with chunks of a body until nobody listens.
    Pour,
}

/// A server on loopback with one answer for each path. It writes down each request as it came.
struct Server {
    address: SocketAddr,
    requests: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server whose `answers` are heads and bodies by path; `HERE` in them is its own address.
    async fn start(answers: Vec<(&'static str, String, Then)>) -> Self {
        Self::start_at("127.0.0.1:0", answers).await
    }

    async fn start_at(address: &str, answers: Vec<(&'static str, String, Then)>) -> Self {
        let listener = TcpListener::bind(address).await.unwrap();
        let address = listener.local_addr().unwrap();
        let requests: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, answers) = (Arc::clone(&requests), Arc::new(answers));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (seen, answers) = (Arc::clone(&seen), Arc::clone(&answers));
                tokio::spawn(async move { converse(stream, address, &seen, &answers).await });
            }
        });
        Self { address, requests }
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn requests(&self) -> Vec<String> {
        self.requests.lock().unwrap().clone()
    }
}

async fn converse(
    stream: TcpStream,
    here: SocketAddr,
    seen: &Mutex<Vec<String>>,
    answers: &[(&'static str, String, Then)],
) -> Option<()> {
    let mut stream = BufReader::new(stream);
    let mut head = String::new();
    while !head.ends_with("\r\n\r\n") {
        (stream.read_line(&mut head).await.ok()? > 0).then_some(())?;
    }
    let lower = head.to_lowercase();
    let length = lower.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |length| length.parse().unwrap())];
    stream.read_exact(&mut body).await.ok()?;
    let path = head.split(' ').nth(1)?.to_owned();
    seen.lock().unwrap().push(head + &String::from_utf8(body).unwrap());
    let (_, answer, then) = answers.iter().find(|(known, ..)| *known == path)?;
    stream.write_all(answer.replace("HERE", &here.to_string()).as_bytes()).await.ok()?;
    match then {
        Then::Close => stream.shutdown().await.ok(),
        Then::Hold => std::future::pending().await,
        Then::Pour => loop {
            let chunk = format!("1000\r\n{}\r\n", "x".repeat(0x1000));
            stream.write_all(chunk.as_bytes()).await.ok()?;
        },
    }
}

fn ok(body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n{body}", body.len())
}

fn redirect(status: u16, to: &str) -> String {
    format!("HTTP/1.1 {status} Elsewhere\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n")
}

// ── calls ───────────────────────────────────────────────────────────────────────────────────────

/// A guard that lets these networks be called.
fn allowing(networks: &[&str]) -> Guarded {
    let networks: Vec<_> = networks.iter().map(|network| network.parse().unwrap()).collect();
    Guarded::new(&networks).unwrap()
}

/// A guard that lets this one address of loopback be called.
fn open() -> Guarded {
    allowing(&["127.0.0.1/32"])
}

fn call(method: Method, url: impl Into<String>, headers: &[(&'static str, &str)], body: &str) -> Call {
    let headers =
        headers.iter().map(|(name, value)| (HeaderName::from_static(name), (*value).to_owned())).collect();
    Call { method, url: url.into(), headers, body: body.into() }
}

async fn get(guard: &dyn Outside, url: impl Into<String>) -> Result<Response, OutsideError> {
    guard.call(call(Method::GET, url, &[], ""), WITHIN_DEFAULT).await
}

fn body(answer: Result<Response, OutsideError>) -> (u16, String) {
    let answer = answer.unwrap();
    (answer.status, String::from_utf8(answer.body).unwrap())
}

#[track_caller]
fn is_refused(answer: Result<Response, OutsideError>, why: &str) {
    match answer {
        Err(OutsideError::Refused(said)) => assert!(said.contains(why), "{said}"),
        other => panic!("{other:?}, where `{why}` was expected"),
    }
}

#[track_caller]
fn has_failed(answer: Result<Response, OutsideError>, expected: Option<u16>, why: &str) {
    match answer {
        Err(OutsideError::Failed { status, why: said }) => {
            assert_eq!(status, expected, "{said}");
            assert!(said.contains(why), "{said}");
        }
        other => panic!("{other:?}, where `{why}` was expected"),
    }
}

// ── whom it calls ───────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn an_allowed_network_is_called() {
    let answer = "HTTP/1.1 503 Later\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nsoon".to_owned();
    let server =
        Server::start(vec![("/a?b=c", ok("hello"), Then::Close), ("/busy", answer, Then::Close)]).await;
    let asked = call(Method::POST, server.url("/a?b=c"), &[("x-key", "k"), ("accept", "text/plain")], "told");
    assert_eq!(body(open().call(asked, WITHIN_DEFAULT).await), (200, "hello".to_owned()));
    let [request] = server.requests().try_into().unwrap();
    assert!(
        request.starts_with("POST /a?b=c HTTP/1.1\r\n") && request.ends_with("\r\n\r\ntold"),
        "{request}"
    );
    let lower = request.to_lowercase();
    for line in ["x-key: k", "accept: text/plain", &format!("host: {}", server.address), "user-agent: sayso/"]
    {
        assert!(lower.contains(&format!("\r\n{line}")), "{line} in {request}");
    }
    assert!(!lower.contains("accept-encoding"), "nothing here could unpack it: {request}");
    let busy = get(&open(), server.url("/busy")).await.unwrap();
    assert_eq!((busy.status, busy.retry_after), (503, Some(jiff::SignedDuration::from_secs(7))));
}

/// A proxy of the environment would resolve names itself, and so call what it likes. The environment is a process's
/// own, so the test above runs in one that has proxies, none of which listens.
#[tokio::test]
async fn proxies_of_the_environment_are_not_used() {
    let mut child = Command::new(std::env::current_exe().unwrap());
    child.args(["--exact", "an_allowed_network_is_called"]);
    for name in ["HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"] {
        child.env(name, "http://127.0.0.1:1").env(name.to_lowercase(), "http://127.0.0.1:1");
    }
    let output = child.env_remove("NO_PROXY").env_remove("no_proxy").output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

#[tokio::test]
async fn loopback_is_refused_in_every_spelling() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let port = listener.local_addr().unwrap().port();
    let guard = allowing(&[]);
    for host in [
        "127.0.0.1",
        "127.0.0.1.",
        "127.1",
        "2130706433",
        "0x7f000001",
        "0177.0.0.1",
        "%31%32%37.0.0.1",
        "１２７.0.0.1",
        "[::ffff:127.0.0.1]",
        "[::ffff:7f00:1]",
        "0.0.0.0",
        "[::]",
        "localhost",
        "LOCALHOST",
    ] {
        is_refused(
            get(&guard, format!("http://{host}:{port}/?key=sesame")).await,
            "not on the public internet",
        );
        is_refused(get(&guard, format!("https://{host}:{port}/")).await, "not on the public internet");
    }
    is_refused(get(&guard, format!("http://user:sesame@127.0.0.1:{port}/")).await, "no place in an address");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock, "somebody connected");
}

#[tokio::test]
async fn a_refusal_names_the_host_and_nothing_else_of_the_address() {
    let answer = get(&allowing(&[]), "http://localhost/path?key=sesame#part").await;
    let Err(OutsideError::Refused(said)) = answer else { panic!("{answer:?}") };
    assert!(said.contains("`localhost`") && said.contains("loopback"), "{said}");
    assert!(!said.contains("path") && !said.contains("sesame") && !said.contains("part"), "{said}");
}

#[tokio::test]
async fn a_name_is_called_at_its_allowed_addresses() {
    let server = Server::start(vec![("/", ok("by name"), Then::Close)]).await;
    let url = format!("http://localhost:{}/", server.address.port());
    assert_eq!(body(get(&open(), url).await).1, "by name");
}

#[tokio::test]
async fn headers_that_frame_a_message_are_not_a_files() {
    let server = Server::start(vec![("/", ok(""), Then::Close)]).await;
    for name in
        ["host", "content-length", "transfer-encoding", "connection", "upgrade", "proxy-authorization"]
    {
        let asked = call(Method::GET, server.url("/"), &[(name, "1")], "");
        is_refused(open().call(asked, WITHIN_DEFAULT).await, name);
    }
    let split = call(Method::GET, server.url("/"), &[("x-key", "sesame\r\nhost: b")], "");
    let answer = open().call(split, WITHIN_DEFAULT).await;
    assert!(!format!("{answer:?}").contains("sesame"), "{answer:?}");
    is_refused(answer, "x-key");
    assert!(server.requests().is_empty());
}

// ── redirects ───────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn a_lookup_follows_redirects() {
    for status in [301, 302, 303, 307, 308] {
        let answers = vec![
            ("/a", redirect(status, "b"), Then::Close),
            ("/b", redirect(status, "http://HERE/c"), Then::Close),
            ("/c", redirect(status, "/d?e"), Then::Close),
            ("/d?e", ok("there"), Then::Close),
        ];
        let server = Server::start(answers).await;
        assert_eq!(body(get(&open(), server.url("/a")).await).1, "there");
        assert_eq!(server.requests().len(), 4);
        let head = open().call(call(Method::HEAD, server.url("/b"), &[], ""), WITHIN_DEFAULT).await;
        assert_eq!(body(head), (200, String::new()));
        assert!(server.requests().iter().skip(4).all(|request| request.starts_with("HEAD ")));
    }
}

#[tokio::test]
async fn redirects_end() {
    let server = Server::start(vec![("/", redirect(302, "/"), Then::Close)]).await;
    has_failed(get(&open(), server.url("/")).await, None, "more than 3 redirects");
    assert_eq!(server.requests().len(), 4, "the first and three more");
}

#[tokio::test]
async fn a_redirect_leads_nowhere_that_is_refused() {
    let own: [(&str, &str); 6] = [
        ("/plain", "http://127.0.0.2:1/"),
        ("/decimal", "http://2130706434:1/"),
        ("/mapped", "http://[::ffff:127.0.0.2]:1/"),
        ("/six", "http://[::1]:1/"),
        ("/scheme-relative", "//127.0.0.2:1/"),
        ("/unspecified", "http://0.0.0.0:1/"),
    ];
    let answers = own.map(|(path, to)| (path, redirect(302, to), Then::Close));
    let server = Server::start(answers.into()).await;
    for (path, _) in own {
        is_refused(get(&open(), server.url(path)).await, "not on the public internet");
    }
    assert_eq!(server.requests().len(), own.len());
}

/// Only Linux answers at all of 127.0.0.0/8, so that one address of loopback can be open and `localhost` closed.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_name_that_a_redirect_leads_to_is_looked_at() {
    let answers = vec![("/", redirect(302, "http://localhost:1/"), Then::Close)];
    let server = Server::start_at("127.0.0.3:0", answers).await;
    is_refused(
        get(&allowing(&["127.0.0.3/32"]), server.url("/")).await,
        "`localhost` is not on the public internet",
    );
    assert_eq!(server.requests().len(), 1);
}

#[tokio::test]
async fn only_plain_lookups_are_redirected() {
    for status in [301, 302, 303, 307, 308] {
        let answers = vec![("/", redirect(status, "/other"), Then::Close), ("/other", ok(""), Then::Close)];
        let server = Server::start(answers).await;
        let others =
            [(Method::POST, "told"), (Method::POST, ""), (Method::PUT, ""), (Method::GET, "with a body")];
        for (method, told) in others {
            let answer = open().call(call(method.clone(), server.url("/"), &[], told), WITHIN_DEFAULT).await;
            assert_eq!(body(answer).0, status, "{method}");
        }
        assert!(server.requests().iter().all(|request| !request.contains("/other")));
    }
    let nowhere = "HTTP/1.1 302 Elsewhere\r\nContent-Length: 2\r\n\r\n{}".to_owned();
    let unmoved = "HTTP/1.1 300 Many\r\nLocation: /b\r\nContent-Length: 2\r\n\r\n{}".to_owned();
    let server = Server::start(vec![("/a", nowhere, Then::Close), ("/b", unmoved, Then::Close)]).await;
    assert_eq!(body(get(&open(), server.url("/a")).await), (302, "{}".to_owned()));
    assert_eq!(body(get(&open(), server.url("/b")).await), (300, "{}".to_owned()));
}

#[tokio::test]
async fn another_origin_sees_no_keys() {
    let back = Server::start(vec![("/back", ok("done"), Then::Close)]).await;
    let other = Server::start(vec![("/other", redirect(302, &back.url("/back")), Then::Close)]).await;
    let answers = vec![
        ("/", redirect(302, "/same"), Then::Close),
        ("/same", redirect(302, &other.url("/other")), Then::Close),
    ];
    let server = Server::start(answers).await;
    let keys = [
        ("authorization", "Bearer sesame"),
        ("x-api-key", "sesame"),
        ("cookie", "s=sesame"),
        ("accept", "application/json"),
        ("accept-language", "es"),
    ];
    let answer = open().call(call(Method::GET, server.url("/"), &keys, ""), WITHIN_DEFAULT).await;
    assert_eq!(body(answer).1, "done");
    for request in server.requests() {
        assert_eq!(request.matches("sesame").count(), 3, "the same origin sees all of them: {request}");
    }
    for request in [other.requests(), back.requests()].concat() {
        assert!(!request.contains("sesame"), "{request}");
        assert!(request.contains("application/json") && request.contains(": es"), "{request}");
        assert!(!request.to_lowercase().contains("referer"), "{request}");
    }
    assert_eq!((server.requests().len(), other.requests().len(), back.requests().len()), (2, 1, 1));
}

// ── answers ─────────────────────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn an_answer_has_a_size() {
    let exact = "x".repeat(64 * 1024);
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n".to_owned();
    let answers = vec![
        ("/exact", ok(&exact), Then::Close),
        ("/over", ok(&format!("{exact}x")), Then::Close),
        ("/endless", chunked, Then::Pour),
    ];
    let server = Server::start(answers).await;
    assert_eq!(body(get(&open(), server.url("/exact")).await), (200, exact));
    has_failed(get(&open(), server.url("/over")).await, Some(200), "more than 65536 bytes");
    has_failed(get(&open(), server.url("/endless")).await, Some(200), "more than 65536 bytes");
}

#[tokio::test]
async fn heads_have_a_size() {
    let lines = |count: usize| {
        let lines = (0..count).fold(String::new(), |lines, number| lines + &format!("X-{number}: y\r\n"));
        format!("HTTP/1.1 200 OK\r\n{lines}Content-Length: 0\r\n\r\n")
    };
    let long = format!("HTTP/1.1 200 OK\r\nX: {}\r\nContent-Length: 0\r\n\r\n", "y".repeat(1 << 20));
    let answers = vec![
        ("/some", lines(60), Then::Close),
        ("/many", lines(64), Then::Close),
        ("/long", long, Then::Close),
    ];
    let server = Server::start(answers).await;
    assert_eq!(body(get(&open(), server.url("/some")).await).0, 200);
    has_failed(get(&open(), server.url("/many")).await, None, "");
    has_failed(get(&open(), server.url("/long")).await, None, "");
}

#[tokio::test]
async fn an_answer_that_cannot_be_used_is_a_failure() {
    let cut = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"".to_owned();
    let packed = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 1\r\n\r\nx".to_owned();
    let answers = vec![
        ("/cut", cut, Then::Close),
        ("/packed", packed, Then::Close),
        ("/nothing", String::new(), Then::Close),
        ("/garbage", "SSH-2.0-OpenSSH_9.2\r\n".to_owned(), Then::Close),
        ("/nonsense", redirect(302, "http://["), Then::Close),
    ];
    let server = Server::start(answers).await;
    has_failed(get(&open(), server.url("/cut")).await, Some(200), "");
    has_failed(get(&open(), server.url("/packed")).await, Some(200), "compressed");
    for path in ["/nothing", "/garbage", "/nonsense"] {
        has_failed(get(&open(), server.url(path)).await, None, "");
    }
    // Bound and not listening: nobody answers there, and nobody else can.
    let closed = TcpSocket::new_v4().unwrap();
    closed.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let url = format!("http://{}/path?key=sesame", closed.local_addr().unwrap());
    let answer = get(&open(), url).await;
    assert!(!format!("{answer:?}").contains("sesame"), "{answer:?}");
    has_failed(answer, None, "refused");
}

/// None of these servers ever gets to its end, so the limits are small.
#[tokio::test]
async fn what_takes_too_long_is_late() {
    let half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"a\"".to_owned();
    let answers = vec![
        ("/silent", String::new(), Then::Hold),
        ("/head", "HTTP/1.1 200 OK\r\nX: ".to_owned(), Then::Hold),
        ("/half", half, Then::Hold),
        ("/redirect", redirect(302, "/silent"), Then::Close),
    ];
    let server = Server::start(answers).await;
    for path in ["/silent", "/head", "/half", "/redirect"] {
        let asked = call(Method::GET, server.url(path), &[], "");
        let answer = open().call(asked, Duration::from_millis(50)).await;
        assert_eq!(answer, Err(OutsideError::Late), "{path}");
    }
}
