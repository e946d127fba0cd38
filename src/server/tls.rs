//! Certificates of our own, for where no proxy has them: TLS 1.2 and 1.3, read again when their files change.

use crate::certificate::{Identity, Unfit};
use crate::config::TlsConfig;
use rustls::crypto::ring;
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;

/// How often the files are looked at. Looking is reliable where watching is not: certificates come by links and mounts.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// Why certificates cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TlsError {
    /// A file cannot be read.
    #[error("`{path}` cannot be read: {why}")]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        why: String,
    },
    /// The certificate and the key do not belong together, or are of a kind that is not known.
    #[error("the certificate `{path}` cannot be used with its key: {why}")]
    Unfit {
        /// The certificate.
        path: PathBuf,
        /// What is wrong.
        why: rustls::Error,
    },
}

/// Reads the identity that the files hold.
pub fn identity(files: &TlsConfig) -> Result<Identity, TlsError> {
    let unreadable = |path: &Path, why: String| TlsError::Unreadable { path: path.to_path_buf(), why };
    let read = |path: &Path| std::fs::read(path).map_err(|why| unreadable(path, why.to_string()));
    let (certificate, key) = (read(&files.certificate)?, read(&files.key)?);
    Identity::from_pem(&certificate, &key).map_err(|unfit| match unfit {
        Unfit::Apart(why) => TlsError::Unfit { path: files.certificate.clone(), why },
        of_key @ (Unfit::NoKey | Unfit::Locked | Unfit::BadKey(_)) => {
            unreadable(&files.key, of_key.to_string())
        }
        other @ (Unfit::NoCertificate | Unfit::BadCertificate(_)) => {
            unreadable(&files.certificate, other.to_string())
        }
    })
}

/// The certificate of the moment.
#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl ResolvesServerCert for Current {
    fn resolve(&self, _hello: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner)))
    }
}

/// Certificates that are kept up to their files.
pub struct Certificates {
    files: TlsConfig,
    current: Arc<Current>,
    acceptor: TlsAcceptor,
}

impl std::fmt::Debug for Certificates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Certificates").field("files", &self.files).finish_non_exhaustive()
    }
}

impl Certificates {
    /// Reads the files.
    pub fn open(files: TlsConfig) -> Result<Self, TlsError> {
        let current = Arc::new(Current(RwLock::new(identity(&files)?.shown())));
        let builder = rustls::ServerConfig::builder_with_provider(Arc::new(ring::default_provider()));
        let builder = builder
            .with_safe_default_protocol_versions()
            .map_err(|why| TlsError::Unfit { path: files.certificate.clone(), why })?;
        let resolver = Arc::clone(&current) as Arc<dyn ResolvesServerCert>;
        let mut config = builder.with_no_client_auth().with_cert_resolver(resolver);
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(Self { files, current, acceptor: TlsAcceptor::from(Arc::new(config)) })
    }

    /// A handshake.
    pub(super) async fn accept(&self, stream: TcpStream) -> std::io::Result<TlsStream<TcpStream>> {
        self.acceptor.accept(stream).await
    }

    /// Reads the files again whenever they change. What cannot be used is told, and the old one stays.
    pub(super) async fn follow(&self) {
        let mut seen = self.looks();
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            let looks = self.looks();
            if looks == seen {
                continue;
            }
            seen = looks;
            match identity(&self.files) {
                Ok(identity) => {
                    *self.current.0.write().unwrap_or_else(PoisonError::into_inner) = identity.shown();
                    let ends = identity.ends().map(tracing::field::display);
                    tracing::info!(ends, "the certificate was read again");
                }
                Err(error) => tracing::error!(%error, "the certificate stays the old one"),
            }
        }
    }

    /// What tells a file that was changed or put in the place of another.
    fn looks(&self) -> [Option<(u64, i64, i64, u64)>; 2] {
        [&self.files.certificate, &self.files.key].map(|path| {
            let metadata = std::fs::metadata(path).ok()?;
            Some((metadata.ino(), metadata.mtime(), metadata.mtime_nsec(), metadata.len()))
        })
    }
}
