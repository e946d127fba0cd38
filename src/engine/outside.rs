//! Calls that a brand's file causes, such as a lookup. Whoever writes the file chooses the address, so it is never a way
//! into the operator's own networks: what is connected to is a public address, whatever its name is.

mod address;

use super::transport::{Nowhere, retry_after, words};
use crate::provider::{Call, Response};
use async_trait::async_trait;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, StatusCode};
use ipnet::IpNet;
use reqwest::Url;
use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use std::error::Error;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// Carries a brand's calls outside and brings the answers back.
#[async_trait]
pub trait Outside: Send + Sync {
    /// Makes a call; resolving, connecting, redirects and reading the answer take at most `within` together.
    async fn call(&self, call: Call, within: Duration) -> Result<Response, OutsideError>;
}

#[async_trait]
impl Outside for Nowhere {
    async fn call(&self, _: Call, _: Duration) -> Result<Response, OutsideError> {
        Err(OutsideError::Refused("nothing is called from here".to_owned()))
    }
}

/// Why there is no answer. The variants say what is done next; none names more of an address than its host, since the
/// rest may hold secrets and people's words.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutsideError {
    /// The call may not be made. Nothing was sent to the refused address, and trying again would end in the same way.
    #[error("refused: {0}")]
    Refused(String),
    /// It went wrong on the way, and may go better another time.
    #[error("failed: {why}")]
    Failed {
        /// The status, where the answer had begun and could not be used. Whoever wanted to tell something and nothing
        /// else has been heard when it is a 2xx.
        status: Option<u16>,
        /// What went wrong.
        why: String,
    },
    /// There was no whole answer in time. The other side may have taken the request, or not.
    #[error("there was no answer in time")]
    Late,
}

impl OutsideError {
    fn failed(why: impl Into<String>) -> Self {
        Self::Failed { status: None, why: why.into() }
    }
}

/// How long a call takes at most where nothing is said. Somebody waits for a text; longer is no conversation.
pub const WITHIN_DEFAULT: Duration = Duration::from_secs(10);
/// How long a connection may take to be made. Three tries of TCP fall into it.
const CONNECT_WITHIN: Duration = Duration::from_secs(5);
/// Bytes of an answer. What a text can say is a few hundred; more is an error, since cut JSON is nonsense.
const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// Header lines of an answer over HTTP/1.1; most have ten to thirty. Their bytes are bounded by hyper's buffer, 400 KiB.
const HEADER_LINES_MAX: usize = 64;
/// Bytes of an answer's headers over HTTP/2. No server that means well comes near it.
const HEADER_BYTES_MAX: u32 = 16 * 1024;
/// Bytes of an address. Most servers refuse longer request lines.
const URL_BYTES_MAX: usize = 8 * 1024;
/// Redirects that are followed: to https, to another host, to the place that it has there.
const REDIRECTS_MAX: usize = 3;
/// Names that are resolved at once. The system's resolver holds a thread for up to half a minute where a name's servers
/// are silent, also when nobody waits for it any more.
const RESOLVING_MAX: usize = 32;

/// Headers that another origin may see after a redirect; any other may be a key.
const HARMLESS: [HeaderName; 2] = [header::ACCEPT, header::ACCEPT_LANGUAGE];

/// Headers that say where a message goes and where it ends: they are the client's.
#[rustfmt::skip]
const FRAMING: [HeaderName; 10] = [
    header::CONNECTION, header::CONTENT_LENGTH, header::EXPECT, header::HOST, header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION, header::TE, header::TRAILER, header::TRANSFER_ENCODING, header::UPGRADE,
];

/// The way outside that is no way inside. Names are resolved here, and only addresses that passed are connected to, so a
/// name that changes its address between the check and the call gains nothing. Proxies of the environment are not used:
/// they would resolve names for us.
#[derive(Debug, Clone)]
pub struct Guarded {
    client: reqwest::Client,
    allow: Arc<[IpNet]>,
}

impl Guarded {
    /// A client with its own connections. `allow` names networks that may be called although they are not public.
    pub fn new(allow: &[IpNet]) -> Result<Self, reqwest::Error> {
        // A second client finds the provider installed: that is no error.
        let _installed = rustls::crypto::ring::default_provider().install_default();
        let allow: Arc<[IpNet]> = allow.into();
        let names = Names { allow: Arc::clone(&allow), turns: Arc::new(Semaphore::new(RESOLVING_MAX)) };
        let client = reqwest::Client::builder()
            .no_proxy()
            .dns_resolver(Arc::new(names))
            .connect_timeout(CONNECT_WITHIN)
            .redirect(reqwest::redirect::Policy::none()) // followed by `follow`, which looks at each target
            .http1_max_headers(HEADER_LINES_MAX)
            .http2_max_header_list_size(HEADER_BYTES_MAX)
            .user_agent(concat!("sayso/", env!("CARGO_PKG_VERSION")))
            .build()?;
        Ok(Self { client, allow })
    }

    /// Makes the call, and those that redirects ask for.
    async fn follow(&self, call: Call) -> Result<Response, OutsideError> {
        let mut headers = own_headers(call.headers)?;
        let mut url = address_of(&call.url)?;
        // A body is meant for whom it was sent to; 303 and 302 would turn a POST into something else besides.
        let may_go_on = matches!(call.method, Method::GET | Method::HEAD) && call.body.is_empty();
        for _ in 0..=REDIRECTS_MAX {
            self.pass(&url)?;
            let request = self.client.request(call.method.clone(), url.clone()).headers(headers.clone());
            let answer = request.body(call.body.clone()).send().await.map_err(|error| went_wrong(&error))?;
            let target = location(answer.status(), answer.headers()).filter(|_| may_go_on);
            let Some(target) = target else { return read(answer).await };
            let next = next_address(&url, target)?;
            if next.origin() != url.origin() {
                headers = only_harmless(&headers);
            }
            url = next;
        }
        Err(OutsideError::failed(format!(
            "more than {REDIRECTS_MAX} redirects, the last to `{}`",
            host(&url)
        )))
    }

    /// Lets names pass, whose addresses are looked at when they are resolved, and addresses that may be called.
    fn pass(&self, url: &Url) -> Result<(), OutsideError> {
        // The address is read as the connector reads it: in brackets or not. Odd spellings were made plain by `Url`.
        let host = host(url);
        match host.trim_start_matches('[').trim_end_matches(']').parse::<IpAddr>() {
            Ok(address) => match address::closed(address, &self.allow) {
                Some(what) => Err(OutsideError::Refused(NotPublic::new(host, address, what).to_string())),
                None => Ok(()),
            },
            Err(_) => Ok(()),
        }
    }
}

#[async_trait]
impl Outside for Guarded {
    async fn call(&self, call: Call, within: Duration) -> Result<Response, OutsideError> {
        tokio::time::timeout(within, self.follow(call)).await.unwrap_or(Err(OutsideError::Late))
    }
}

// ── addresses ───────────────────────────────────────────────────────────────────────────────────

/// That somebody wants to call what is not on the public internet.
#[derive(Debug, thiserror::Error)]
#[error("`{host}` is not on the public internet: {address}, {what}")]
struct NotPublic {
    host: String,
    address: IpAddr,
    what: &'static str,
}

impl NotPublic {
    fn new(host: &str, address: IpAddr, what: &'static str) -> Self {
        Self { host: host.to_owned(), address, what }
    }
}

/// The resolver of the client: the system's, less the addresses that may not be called.
struct Names {
    allow: Arc<[IpNet]>,
    turns: Arc<Semaphore>,
}

impl Resolve for Names {
    fn resolve(&self, name: Name) -> Resolving {
        let (allow, turns) = (Arc::clone(&self.allow), Arc::clone(&self.turns));
        Box::pin(async move {
            let turn = turns.acquire_owned().await?;
            // In a task of its own, so that the turn ends when the resolver does, not when its caller gives up.
            let resolving = tokio::spawn(async move {
                let found = tokio::net::lookup_host((name.as_str(), 0)).await;
                drop(turn);
                Ok(passing(name.as_str(), found?, &allow)?)
            });
            resolving.await?.map(|open| Box::new(open.into_iter()) as Addrs)
        })
    }
}

/// The addresses of a name that may be called.
fn passing(
    name: &str,
    found: impl Iterator<Item = SocketAddr>,
    allow: &[IpNet],
) -> Result<Vec<SocketAddr>, NotPublic> {
    let mut refused = None;
    let mut open = Vec::new();
    for socket in found {
        match address::closed(socket.ip(), allow) {
            Some(what) => refused = Some(NotPublic::new(name, socket.ip(), what)),
            None => open.push(socket),
        }
    }
    refused.filter(|_| open.is_empty()).map_or(Ok(open), Err)
}

/// An address that a file or a redirect names, with its host in the plain spelling.
fn address_of(written: &str) -> Result<Url, OutsideError> {
    if written.len() > URL_BYTES_MAX {
        return Err(OutsideError::Refused(format!("an address has at most {URL_BYTES_MAX} bytes")));
    }
    Url::parse(written)
        .map_err(|error| OutsideError::Refused(format!("the address makes no sense: {error}")))
        .and_then(well_formed)
}

fn well_formed(url: Url) -> Result<Url, OutsideError> {
    let refused = |what: &str| Err(OutsideError::Refused(what.to_owned()));
    if url.as_str().len() > URL_BYTES_MAX {
        return Err(OutsideError::Refused(format!("an address has at most {URL_BYTES_MAX} bytes")));
    }
    match url.scheme() {
        "http" | "https" if !url.username().is_empty() || url.password().is_some() => {
            refused("a name and a password have no place in an address; a header can hold a secret")
        }
        "http" | "https" => Ok(url),
        scheme => Err(OutsideError::Refused(format!("only http and https are called, not `{scheme}`"))),
    }
}

/// Where a redirect goes.
fn next_address(from: &Url, location: &HeaderValue) -> Result<Url, OutsideError> {
    let nonsense = |error: String| {
        OutsideError::failed(format!("`{}` redirects to an address that makes no sense: {error}", host(from)))
    };
    let written = location.to_str().map_err(|error| nonsense(error.to_string()))?;
    let next = well_formed(from.join(written).map_err(|error| nonsense(error.to_string()))?)?;
    if from.scheme() == "https" && next.scheme() == "http" {
        let message = format!("`{}` redirects from https to http, at `{}`", host(from), host(&next));
        return Err(OutsideError::Refused(message));
    }
    Ok(next)
}

fn host(url: &Url) -> &str {
    url.host_str().unwrap_or_default()
}

/// Where an answer redirects to, if it does.
fn location(status: StatusCode, headers: &HeaderMap) -> Option<&HeaderValue> {
    let redirects = [
        StatusCode::MOVED_PERMANENTLY,
        StatusCode::FOUND,
        StatusCode::SEE_OTHER,
        StatusCode::TEMPORARY_REDIRECT,
        StatusCode::PERMANENT_REDIRECT,
    ];
    headers.get(header::LOCATION).filter(|_| redirects.contains(&status))
}

// ── headers and answers ─────────────────────────────────────────────────────────────────────────

/// The headers of a call, as long as they are the caller's to set.
fn own_headers(headers: Vec<(HeaderName, String)>) -> Result<HeaderMap, OutsideError> {
    let mut own = HeaderMap::new();
    for (name, value) in headers {
        if FRAMING.contains(&name) {
            return Err(OutsideError::Refused(format!("the header `{name}` is not a file's to set")));
        }
        let mut value = HeaderValue::from_str(&value).map_err(|_| {
            OutsideError::Refused(format!("the header `{name}` has characters that none may have"))
        })?;
        value.set_sensitive(true);
        own.append(name, value);
    }
    Ok(own)
}

/// What another origin may see.
fn only_harmless(headers: &HeaderMap) -> HeaderMap {
    let harmless = headers.iter().filter(|(name, _)| HARMLESS.contains(name));
    harmless.map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// An answer, read to its end.
async fn read(mut answer: reqwest::Response) -> Result<Response, OutsideError> {
    let status = answer.status().as_u16();
    let unusable = |why: String| OutsideError::Failed { status: Some(status), why };
    let encoding = answer.headers().get(header::CONTENT_ENCODING);
    if encoding.is_some_and(|encoding| !encoding.as_bytes().eq_ignore_ascii_case(b"identity")) {
        return Err(unusable("the answer is compressed, which nobody asked for".to_owned()));
    }
    let retry_after = retry_after(answer.headers());
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| unusable(words(&error)))? {
        if body.len() + chunk.len() > ANSWER_BYTES_MAX {
            return Err(unusable(format!("the answer has more than {ANSWER_BYTES_MAX} bytes")));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(Response { status, retry_after, body })
}

/// Why a request had no answer: the resolver's refusal lies at the bottom of the client's error.
fn went_wrong(error: &reqwest::Error) -> OutsideError {
    let mut cause = error.source();
    while let Some(inner) = cause {
        if let Some(refusal) = inner.downcast_ref::<NotPublic>() {
            return OutsideError::Refused(refusal.to_string());
        }
        cause = inner.source();
    }
    OutsideError::failed(words(error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(allow: &[&str]) -> Guarded {
        let allow: Vec<IpNet> = allow.iter().map(|network| network.parse().expect("a network")).collect();
        Guarded::new(&allow).expect("a client")
    }

    /// What is said of an address before anything is resolved or called.
    fn verdict(guarded: &Guarded, url: &str) -> Result<(), String> {
        address_of(url).and_then(|url| guarded.pass(&url)).map_err(|error| error.to_string())
    }

    /// Each spelling of an address that the parser of addresses reads, and what it is for.
    #[test]
    fn no_spelling_of_a_private_address_passes() {
        let cases = [
            ("http://127.0.0.1/", "loopback"),
            ("http://127.0.0.1./", "loopback"),
            ("http://127.1/", "loopback"),
            ("http://2130706433/", "loopback"),
            ("http://017700000001/", "loopback"),
            ("http://0x7f000001/", "loopback"),
            ("http://0177.0.0.1/", "loopback"),
            ("http://0x7f.0.0x0.1/", "loopback"),
            ("http://127.0.1/", "loopback"),
            ("http://%31%32%37.0.0.1/", "loopback"),
            ("http://１２７。０。０。１/", "loopback"),
            ("http:\\\\127.0.0.1\\", "loopback"),
            ("HTTP:127.0.0.1", "loopback"),
            (" http://127.0.0.1\n/", "loopback"),
            ("https://127.0.0.1:8443/", "loopback"),
            ("http://0/", "this network"),
            ("http://10.0.0.1:9200/_search?q=x", "private use"),
            ("http://0xa.1/", "private use"),
            ("http://169.254.169.254/latest/meta-data/", "link local"),
            ("http://2852039166/", "link local"),
            ("http://[::]/", "unspecified"),
            ("http://[::1]/", "loopback"),
            ("http://[0:0:0:0:0:0:0:1]/", "loopback"),
            ("http://[::ffff:127.0.0.1]/", "loopback"),
            ("http://[::ffff:7f00:1]/", "loopback"),
            ("http://[::FFFF:169.254.169.254]/", "link local"),
            ("http://[::127.0.0.1]/", "IPv4-compatible"),
            ("http://[64:ff9b::127.0.0.1]/", "loopback"),
            ("http://[64:ff9b::a00:1]/", "private use"),
            ("http://[64:ff9b:1::a00:1]/", "translation to IPv4"),
            ("http://[2002:7f00:1::]/", "6to4"),
            ("http://[2001:0:7f00:1::80ff:fffe]/", "Teredo"),
            ("http://[fd00:ec2::254]/", "unique local"),
            ("http://[fe80::1]/", "link local"),
        ];
        let guarded = guarded(&[]);
        for (url, what) in cases {
            let said = verdict(&guarded, url).expect_err(url);
            assert!(said.contains("is not on the public internet") && said.contains(what), "{url}: {said}");
        }
    }

    #[test]
    fn what_is_no_plain_http_address_is_refused() {
        let long = format!("http://example.com/{}", "é".repeat(URL_BYTES_MAX / 5));
        let cases = [
            ("http://[fe80::1%25eth0]/", "makes no sense"),
            ("http://[fe80::1%eth0]/", "makes no sense"),
            ("http://256.0.0.1/", "makes no sense"),
            ("http:///", "makes no sense"),
            ("//example.com/", "makes no sense"),
            ("example.com", "makes no sense"),
            ("ftp://example.com/", "not `ftp`"),
            ("file:///etc/passwd", "not `file`"),
            ("unix:/run/docker.sock", "not `unix`"),
            ("gopher://127.0.0.1:6379/_FLUSHALL", "not `gopher`"),
            ("https://sesame@example.com/", "no place in an address"),
            ("https://:sesame@example.com/", "no place in an address"),
            ("https://example.com:pw@127.0.0.1/", "no place in an address"),
            (long.as_str(), "at most 8192 bytes"),
        ];
        for (url, what) in cases {
            let said = verdict(&guarded(&[]), url).expect_err(url);
            assert!(said.contains(what) && !said.contains("sesame"), "{url}: {said}");
        }
    }

    #[test]
    fn public_addresses_names_and_what_is_allowed_pass() {
        let guarded = guarded(&["10.1.0.0/16", "::1/128"]);
        for url in [
            "https://example.com/a?b=c#d",
            "http://example.com:8080/",
            "https://8.8.8.8/",
            "https://[2606:4700::1111]/",
            "http://10.1.2.3/",
            "http://[::1]:9/",
            "http://10.1.2.3.example.com/",
        ] {
            assert_eq!(verdict(&guarded, url), Ok(()), "{url}");
        }
        assert!(verdict(&guarded, "http://10.2.0.1/").is_err());
    }

    #[test]
    fn of_a_names_addresses_only_public_ones_are_left() {
        let sockets = |addresses: &[&str]| -> Vec<SocketAddr> {
            addresses.iter().map(|address| SocketAddr::new(address.parse().expect("an address"), 0)).collect()
        };
        let left = |addresses: &[&str], allow: &[IpNet]| {
            passing("db.example", sockets(addresses).into_iter(), allow)
                .map_err(|refusal| refusal.to_string())
        };
        let mixed = ["10.0.0.5", "8.8.8.8", "::1", "::ffff:127.0.0.1", "2606:4700::1111"];
        assert_eq!(left(&mixed, &[]), Ok(sockets(&["8.8.8.8", "2606:4700::1111"])));
        let said = left(&["::1", "10.0.0.5"], &[]).expect_err("none is left");
        assert_eq!(said, "`db.example` is not on the public internet: 10.0.0.5, private use (RFC 1918)");
        let allow = ["10.0.0.0/24".parse().expect("a network")];
        assert_eq!(left(&["::1", "10.0.0.5"], &allow), Ok(sockets(&["10.0.0.5"])));
        assert_eq!(left(&[], &[]), Ok(Vec::new()));
    }

    #[test]
    fn redirects_lead_to_plain_addresses_and_never_out_of_tls() {
        let next = |from: &str, to: &[u8]| {
            let from = address_of(from).expect("an address");
            next_address(&from, &HeaderValue::from_bytes(to).expect("a header")).map(String::from)
        };
        let from = "https://a.example/x/y?key=sesame";
        for (to, expected) in [
            ("../z?q#f", "https://a.example/z?q#f"),
            ("//b.example", "https://b.example/"),
            ("https://b.example:444/", "https://b.example:444/"),
        ] {
            assert_eq!(next(from, to.as_bytes()).as_deref(), Ok(expected));
        }
        assert_eq!(next("http://a.example/", b"https://a.example/").as_deref(), Ok("https://a.example/"));
        for to in [
            "http://a.example/z?key=sesame",
            "ftp://a.example/",
            "javascript:1",
            "https://u:sesame@a.example/",
        ] {
            let refused = next(from, to.as_bytes()).expect_err(to);
            assert!(matches!(refused, OutsideError::Refused(_)), "{to}: {refused}");
            assert!(!refused.to_string().contains("sesame"), "{to}: {refused}");
        }
        for nonsense in [b"https://[/".as_slice(), b"\xff", b"https://"] {
            let failed = next(from, nonsense).expect_err("nonsense");
            assert!(matches!(failed, OutsideError::Failed { status: None, .. }), "{failed}");
            assert!(!failed.to_string().contains("sesame"), "{failed}");
        }
    }
}
