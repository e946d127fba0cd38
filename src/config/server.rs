//! `[server]` and `[api]`: where it listens, who may speak for whom, and who may ask.

use super::network;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place};
use ipnet::IpNet;
use serde::Deserialize;
use std::net::SocketAddr;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Connections at once, where the settings say nothing: each may hold a head and a body, 80 KiB at most.
const CONNECTIONS_MAX: NonZeroU32 = NonZeroU32::new(1_024).expect("this is not zero");

/// `[server]`
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ServerConfig {
    /// The address it listens on.
    pub listen: SocketAddr,
    /// The address that providers call, as it is configured there: signatures cover it. `http://`, or `https://` with
    /// certificates of our own, and the listening address where nothing is said.
    pub public_url: Option<String>,
    /// The address at which metrics are told to whoever asks, such as `127.0.0.1:9090`; nowhere without one.
    pub metrics: Option<SocketAddr>,
    /// Certificates, where no proxy in front has them.
    pub tls: Option<TlsConfig>,
    /// Networks as they were written.
    trusted_proxies: Vec<Spanned<String>>,
    /// The header in which they say whom they speak for. Only this one is believed: what a proxy does not write itself, it
    /// passes on from anybody.
    pub proxy_header: ProxyHeader,
    /// Connections at once. Who comes then waits until one ends.
    pub connections: NonZeroU32,
}

/// `[server.tls]`: paths relative to the workspace.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TlsConfig {
    /// The certificate and those that lead from it to a root, as PEM.
    pub certificate: PathBuf,
    /// Its private key, as PEM.
    pub key: PathBuf,
}

/// The header in which a proxy says whom it speaks for.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ProxyHeader {
    /// `X-Forwarded-For`, as most write it.
    #[default]
    XForwardedFor,
    /// `Forwarded` (RFC 7239).
    Forwarded,
}

/// `[api]`
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct ApiConfig {
    /// The file of the keys, relative to the workspace. It holds hashes.
    pub keys: PathBuf,
    /// The file to which every call is added.
    pub audit: PathBuf,
}

impl Default for ServerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            public_url: None,
            metrics: None,
            tls: None,
            trusted_proxies: Vec::new(),
            proxy_header: ProxyHeader::default(),
            connections: CONNECTIONS_MAX,
        }
    }
}

impl Default for ApiConfig {
    fn default() -> Self {
        Self { keys: PathBuf::from("data/api-keys.json"), audit: PathBuf::from("data/audit.jsonl") }
    }
}

impl TlsConfig {
    /// The same below a folder.
    #[must_use]
    pub fn below(&self, root: &Path) -> Self {
        Self { certificate: root.join(&self.certificate), key: root.join(&self.key) }
    }
}

impl ServerConfig {
    /// The address that providers call, without a slash at its end.
    #[must_use]
    pub fn public_url(&self) -> String {
        let url = self.public_url.clone().unwrap_or_else(|| format!("{}://{}", self.scheme(), self.listen));
        url.trim_end_matches('/').to_owned()
    }

    /// What is spoken at the listening address.
    #[must_use]
    pub fn scheme(&self) -> &'static str {
        if self.tls.is_some() { "https" } else { "http" }
    }

    /// The address at which the webhooks of an account are taken.
    #[must_use]
    pub fn inbound_url(&self, account: &str) -> String {
        format!("{}/v1/providers/{account}/inbound", self.public_url())
    }

    /// Networks whose word about others is believed.
    #[must_use]
    pub fn trusted_proxies(&self) -> Vec<IpNet> {
        self.trusted_proxies.iter().filter_map(|written| network(written.get_ref()).ok()).collect()
    }

    /// Reports what cannot be as it is written.
    pub(super) fn check(&self, file: FileId, found: &mut Diagnostics) {
        for written in &self.trusted_proxies {
            let place = Place::new(file, written.span());
            match network(written.get_ref()) {
                Err((message, hint)) => {
                    found.push(Diagnostic::new(Code::BadConfig, place, message).hint(hint));
                }
                Ok(network) if network.prefix_len() == 0 => {
                    let message = format!("`{}` trusts everybody", written.get_ref());
                    let hint = "name the proxies' own addresses: whoever is trusted says who he is himself";
                    found.push(Diagnostic::new(Code::BadConfig, place, message).hint(hint));
                }
                Ok(_) => {}
            }
        }
    }
}
