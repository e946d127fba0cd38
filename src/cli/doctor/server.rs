//! What `serve` listens on and who may ask it: certificates, addresses, proxies, keys, the audit.

use super::Findings;
use crate::cli::many;
use crate::config::{ServerConfig, TlsConfig};
use crate::server::api::keys::{Key, Keys, Scope};
use crate::server::socket;
use crate::server::tls::identity;
use crate::workspace::Workspace;
use jiff::{SignedDuration, Timestamp};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::net::{IpAddr, TcpListener};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixStream;
use std::path::Path;

/// What ends within this is worth a word: whoever renews it does so earlier.
const SOON: SignedDuration = SignedDuration::from_hours(14 * 24);
/// Networks larger than these hold more than somebody's own proxies.
const PREFIX_MIN: [u8; 2] = [8, 16];

/// Looks at all of it.
pub(super) fn server(workspace: &Workspace, now: Timestamp, found: &mut Findings) {
    if workspace.config_is_broken() {
        // What it says is told as a mistake of the files, and what it does not say is not known.
        return;
    }
    let config = &workspace.config;
    if let Some(files) = &config.server.tls {
        certificate(&files.below(&workspace.root), now, found);
    }
    let store = workspace.root.join(&config.store.path);
    address(&config.server, UnixStream::connect(store.join(socket::NAME)).is_ok(), found);
    metrics(&config.server, found);
    public_url(&config.server, found);
    proxies(&config.server, found);
    keys(workspace, now, found);
    audit(&workspace.root.join(&config.api.audit), found);
}

fn certificate(files: &TlsConfig, now: Timestamp, found: &mut Findings) {
    match identity(files) {
        Err(error) => {
            found.problem("tls", error.to_string(), "`[server.tls]` in `sayso.toml` names both files");
        }
        Ok(identity) => {
            let way = "renew it; `serve` reads the files again by itself";
            ends("tls", "the certificate", identity.ends(), now, way, found);
        }
    }
    owners_alone("tls", &files.key, found);
}

/// Whether a certificate that fits its key is valid for a while yet.
pub(super) fn ends(
    about: &'static str,
    which: &str,
    ends: Option<Timestamp>,
    now: Timestamp,
    way: &str,
    found: &mut Findings,
) {
    match ends {
        None => found.note(about, format!("{which} does not say when it ends"), way),
        Some(ends) if ends <= now => found.problem(about, format!("{which} ended on {}", day(ends)), way),
        Some(ends) if ends.duration_since(now) < SOON => {
            found.note(about, format!("{which} ends on {}", day(ends)), way);
        }
        Some(ends) => found.ok(about, format!("{which} fits its key, and ends on {}", day(ends))),
    }
}

/// A file that is its owner's alone, if it is there.
fn owners_alone(about: &'static str, path: &Path, found: &mut Findings) {
    let mode = std::fs::metadata(path).map_or(0, |metadata| metadata.permissions().mode() & 0o777);
    if mode & 0o077 != 0 {
        let (path, way) = (path.display(), format!("`chmod go= {}`", path.display()));
        found.problem(about, format!("others may use `{path}` (mode {mode:03o})"), &way);
    }
}

/// Whether the address can be listened on, or is listened on by the server that has the store.
fn address(server: &ServerConfig, is_served: bool, found: &mut Findings) {
    let listen = server.listen;
    match TcpListener::bind(listen) {
        Ok(_) => found.ok("address", format!("{listen} can be listened on")),
        Err(error) if error.kind() == ErrorKind::AddrInUse && is_served => {
            found.ok("address", format!("{listen} is listened on"));
        }
        Err(error) => {
            let what = format!("{listen} cannot be listened on: {error}");
            found.problem("address", what, "`listen` below `[server]` in `sayso.toml` names it");
        }
    }
    if server.tls.is_none() && !listen.ip().is_loopback() {
        let what = format!("whoever reaches {listen} speaks http, which others can read");
        let way = "listen on 127.0.0.1 behind a proxy with TLS, or give `[server.tls]` a certificate";
        found.note("address", what, way);
    }
}

/// Metrics at an address of their own are told to whoever reaches it.
fn metrics(server: &ServerConfig, found: &mut Findings) {
    if let Some(address) = server.metrics.filter(|address| !address.ip().is_loopback()) {
        let what = format!("whoever reaches {address} reads metrics, without a key");
        let way = "listen on 127.0.0.1 or in a network of yours; `GET /metrics` of the API wants a key";
        found.note("metrics", what, way);
    }
}

fn public_url(server: &ServerConfig, found: &mut Findings) {
    let way = "set `public_url` below `[server]` to the address that providers call";
    let Some(url) = &server.public_url else {
        let what = format!("none is set: signatures are checked for {}", server.public_url());
        return found.note("public url", what, way);
    };
    let read: Result<http::Uri, _> = url.parse();
    let parts = read.ok().and_then(|read| Some((read.scheme_str()?.to_owned(), read.host()?.to_owned())));
    let Some((scheme, host)) = parts.filter(|(scheme, _)| scheme == "http" || scheme == "https") else {
        return found.problem("public url", format!("`{url}` is no address of http or https"), way);
    };
    let bare = host.trim_matches(['[', ']']);
    let private = match bare.parse::<IpAddr>() {
        Ok(IpAddr::V4(address)) => address.is_private() || address.is_loopback() || address.is_link_local(),
        Ok(IpAddr::V6(address)) => address.is_unique_local() || address.is_loopback(),
        Err(_) => bare == "localhost" || !bare.contains('.'),
    };
    if private {
        found.note("public url", format!("no provider can call `{host}`"), way);
    } else if scheme == "http" {
        let what = format!("`{url}` is called without TLS: numbers and words can be read on the way");
        found.note("public url", what, "let providers call an address of https");
    } else {
        found.ok("public url", url.clone());
    }
}

fn proxies(server: &ServerConfig, found: &mut Findings) {
    let trusted = server.trusted_proxies();
    for network in &trusted {
        let [four, six] = PREFIX_MIN;
        if network.prefix_len() < if network.addr().is_ipv4() { four } else { six } {
            let way = "name the proxies' own addresses: whoever is trusted says who he is himself";
            found.note("proxies", format!("`{network}` is more than somebody's own proxies"), way);
        }
    }
    let is_proxied =
        server.tls.is_none() && server.public_url.as_deref().is_some_and(|url| url.starts_with("https:"));
    if trusted.is_empty() && is_proxied {
        let way = "name it in `trusted_proxies` below `[server]`";
        found.note(
            "proxies",
            "a proxy takes TLS off, and none is trusted: logs show it in place of who calls",
            way,
        );
    } else {
        found.ok("proxies", format!("{} trusted", many(trusted.len(), "network")));
    }
}

fn keys(workspace: &Workspace, now: Timestamp, found: &mut Findings) {
    let path = workspace.root.join(&workspace.config.api.keys);
    let keys = match Keys::read(&path) {
        Ok(keys) => keys.keys,
        Err(error) => return found.problem("keys", error.to_string(), "restore the file, or make new keys"),
    };
    owners_alone("keys", &path, found);
    let valid: Vec<&Key> = keys.iter().filter(|key| key.is_valid(now)).collect();
    for key in &valid {
        let (id, name) = (&key.id, &key.name);
        if key.ends.duration_since(now) < SOON {
            let what = format!("the key {id} of `{name}` ends on {}", day(key.ends));
            found.note("keys", what, "`sayso key add` makes another; both are valid meanwhile");
        }
        if let Scope::Brand(brand) = &key.scope
            && !workspace.brands.contains(workspace.called(brand))
        {
            let what = format!("the key {id} of `{name}` is for `{brand}`, which is no brand");
            found.note("keys", what, &format!("`sayso key revoke {id}`"));
        }
    }
    found.ok("keys", format!("{} of the API, {} valid", many(keys.len(), "key"), valid.len()));
}

fn audit(path: &Path, found: &mut Findings) {
    if !path.exists() {
        return found.ok("audit", "the first call of the API begins it");
    }
    match OpenOptions::new().append(true).open(path) {
        Ok(_) => found.ok("audit", format!("`{}` can be written", path.display())),
        Err(error) => {
            let what =
                format!("`{}` cannot be written, and so the API does nothing: {error}", path.display());
            found.problem("audit", what, "`audit` below `[api]` in `sayso.toml` names it");
        }
    }
    owners_alone("audit", path, found);
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}
