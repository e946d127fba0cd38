//! Who calls: the other end of the connection, or whom a trusted proxy speaks for; and the name of the request.

use super::listen::Peer;
use crate::config::ProxyHeader;
use axum::http::HeaderMap;
use ipnet::IpNet;
use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;

/// The header that names a request.
pub(super) const REQUEST_ID: &str = "x-request-id";
/// Letters of a name that a proxy may give.
const ID_LENGTH_MAX: usize = 128;

/// Whose word about others is believed, and where they say it.
#[derive(Debug, Clone)]
pub(super) struct Proxies {
    pub(super) trusted: Arc<[IpNet]>,
    pub(super) header: ProxyHeader,
}

/// Who calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Client(pub(super) IpAddr);

/// The name of a request: a trusted proxy's, so that its log and ours can be laid side by side, or our own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct RequestId(Arc<str>);

impl fmt::Display for RequestId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Proxies {
    fn trusts(&self, address: IpAddr) -> bool {
        self.trusted.iter().any(|network| network.contains(&address))
    }

    /// Who calls: read from the nearest end, for as long as somebody trusted says it. What stands further away may have been
    /// written by anybody.
    pub(super) fn client(&self, Peer(peer): Peer, headers: &HeaderMap) -> Client {
        let mut client = peer;
        if !self.trusts(peer) {
            return Client(client);
        }
        let name = match self.header {
            ProxyHeader::XForwardedFor => "x-forwarded-for",
            ProxyHeader::Forwarded => "forwarded",
        };
        let said: Vec<_> = headers.get_all(name).iter().filter_map(|value| value.to_str().ok()).collect();
        for hop in said.iter().rev().flat_map(|line| line.rsplit(',')) {
            let hop = match self.header {
                ProxyHeader::XForwardedFor => address(hop.trim()),
                ProxyHeader::Forwarded => forwarded_for(hop),
            };
            // An unknown or hidden name: whoever passed it on is the last one that is known.
            let Some(hop) = hop else { break };
            client = hop;
            if !self.trusts(hop) {
                break;
            }
        }
        Client(client)
    }

    /// The name of a request.
    pub(super) fn request_id(&self, Peer(peer): Peer, headers: &HeaderMap) -> RequestId {
        let is_name = |name: &&str| {
            let may = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.:=+/".contains(&byte);
            !name.is_empty() && name.len() <= ID_LENGTH_MAX && name.bytes().all(may)
        };
        let given = headers.get(REQUEST_ID).filter(|_| self.trusts(peer));
        let given = given.and_then(|id| id.to_str().ok()).filter(is_name);
        RequestId(given.map_or_else(own_id, Into::into))
    }
}

/// A name that nobody had before.
fn own_id() -> Arc<str> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes[4..])
        .expect("the operating system gives random bytes to every process once it is up");
    format!("{:024x}", u128::from_be_bytes(bytes)).into()
}

/// An address, with or without a port and brackets.
fn address(written: &str) -> Option<IpAddr> {
    let bare = written.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(written);
    let read = bare.parse().ok().or_else(|| written.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    read.map(|address: IpAddr| address.to_canonical())
}

/// The `for` of one element of `Forwarded` (RFC 7239, section 4).
fn forwarded_for(element: &str) -> Option<IpAddr> {
    element.split(';').find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.trim().eq_ignore_ascii_case("for").then(|| address(value.trim().trim_matches('"')))?
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn client(header: ProxyHeader, peer: &str, said: &[&str]) -> String {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let proxies = Proxies { trusted: Arc::new(trusted), header };
        let mut headers = HeaderMap::new();
        let name = if header == ProxyHeader::Forwarded { "forwarded" } else { "x-forwarded-for" };
        for value in said {
            headers.append(name, value.parse().unwrap());
        }
        proxies.client(Peer(peer.parse().unwrap()), &headers).0.to_string()
    }

    #[test]
    fn only_trusted_proxies_speak_for_others() {
        let client = |peer, said: &[&str]| client(ProxyHeader::XForwardedFor, peer, said);
        assert_eq!(client("192.0.2.1", &["198.51.100.7"]), "192.0.2.1", "anybody can write a header");
        assert_eq!(client("10.0.0.1", &["198.51.100.7"]), "198.51.100.7");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1, 198.51.100.7"]),
            "198.51.100.7",
            "what came before is not known"
        );
        assert_eq!(client("10.0.0.1", &["1.1.1.1, 198.51.100.7, 10.0.0.2"]), "198.51.100.7", "two proxies");
        assert_eq!(
            client("10.0.0.1", &["1.1.1.1", "198.51.100.7"]),
            "198.51.100.7",
            "two headers are one list"
        );
        assert_eq!(client("10.0.0.1", &["198.51.100.7:4711"]), "198.51.100.7");
        assert_eq!(client("10.0.0.1", &["[2001:db8::7]:4711"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["2001:db8::7"]), "2001:db8::7");
        assert_eq!(client("10.0.0.1", &["198.51.100.7, unknown"]), "10.0.0.1", "nobody says who it was");
        assert_eq!(client("10.0.0.1", &["10.0.0.9"]), "10.0.0.9", "one of our own");
        assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
    }

    #[test]
    fn forwarded_is_read_as_its_rfc_says() {
        let client = |said: &[&str]| client(ProxyHeader::Forwarded, "fd00::1", said);
        assert_eq!(client(&["for=198.51.100.7;proto=https, For=\"[fd00::2]:80\""]), "198.51.100.7");
        assert_eq!(client(&["by=10.0.0.1;FOR=\"[2001:db8::7]\""]), "2001:db8::7");
        assert_eq!(client(&["for=1.1.1.1, for=_hidden"]), "fd00::1");
        assert_eq!(client(&["proto=https"]), "fd00::1");
    }

    #[test]
    fn a_name_that_could_forge_a_log_is_not_taken() {
        let proxies =
            Proxies { trusted: Arc::new(["10.0.0.1/32".parse().unwrap()]), header: ProxyHeader::default() };
        let id = |peer: &str, name: &str| {
            let headers = HeaderMap::from_iter([(REQUEST_ID.parse().unwrap(), name.parse().unwrap())]);
            proxies.request_id(Peer(peer.parse().unwrap()), &headers).to_string()
        };
        assert_eq!(id("10.0.0.1", "abc-1.2"), "abc-1.2");
        for (peer, name) in
            [("192.0.2.1", "abc"), ("10.0.0.1", "a b"), ("10.0.0.1", "a\"b"), ("10.0.0.1", "")]
        {
            assert_eq!(id(peer, name).len(), 24, "{name}");
        }
        assert_eq!(id("10.0.0.1", &"x".repeat(129)).len(), 24);
    }
}
