//! One connection of a link: made, read and written by tasks of its own, over TCP or TLS.

use crate::provider::link::{Peer, Tls};
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use rustls::sign::SingleCertAndKey;
use rustls_platform_verifier::BuilderVerifierExt;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_rustls::TlsConnector;

/// How long a connection may take to be made, TLS included.
const CONNECT_WITHIN: Duration = Duration::from_secs(10);
/// What waits to be written: a peer that reads so little is not there.
const WRITES_MAX: usize = 4_096;
/// Octets that are read at once.
const READ: usize = 16 * 1024;

/// What becomes of a connection.
pub(super) enum Event {
    /// It stands; this is what writes to it.
    Opened(mpsc::Sender<Vec<u8>>),
    /// Something came.
    Heard(Vec<u8>),
    /// It could not be made, or has ended.
    Closed(String),
}

/// A connection. It is closed when this is dropped, after what was written has left.
pub(super) struct Socket {
    reader: AbortHandle,
    write: Option<mpsc::Sender<Vec<u8>>>,
}

impl Socket {
    /// Begins to make a connection; `tell` says whether anybody still listens.
    pub(super) fn open<T, F>(peer: Peer, tell: T) -> Self
    where
        T: Fn(Event) -> F + Send + Sync + 'static,
        F: Future<Output = bool> + Send,
    {
        let task = tokio::spawn(async move {
            let why = match tokio::time::timeout(CONNECT_WITHIN, connect(&peer)).await {
                Ok(Ok(stream)) => converse(stream, &tell).await,
                Ok(Err(error)) => format!("cannot connect to {}:{}: {error}", peer.host, peer.port),
                Err(_) => format!("cannot connect to {}:{}: it takes too long", peer.host, peer.port),
            };
            tell(Event::Closed(why)).await;
        });
        Self { reader: task.abort_handle(), write: None }
    }

    /// It stands.
    pub(super) fn opened(&mut self, write: mpsc::Sender<Vec<u8>>) {
        self.write = Some(write);
    }

    /// Writes in order; whether that can still be.
    pub(super) fn write(&self, bytes: Vec<u8>) -> bool {
        self.write.as_ref().is_none_or(|write| write.try_send(bytes).is_ok())
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

/// Something that is read and written.
trait Stream: AsyncRead + AsyncWrite + Send + Unpin {}
impl<S: AsyncRead + AsyncWrite + Send + Unpin> Stream for S {}

async fn connect(peer: &Peer) -> io::Result<Box<dyn Stream>> {
    let stream = TcpStream::connect((peer.host.as_str(), peer.port)).await?;
    stream.set_nodelay(true)?; // PDUs are small, and each is waited for
    let Some(tls) = &peer.tls else { return Ok(Box::new(stream)) };
    let name = ServerName::try_from(peer.host.clone()).map_err(io::Error::other)?;
    let config = client(tls).map_err(io::Error::other)?;
    Ok(Box::new(TlsConnector::from(Arc::new(config)).connect(name, stream).await?))
}

/// How the peer must prove who it is, and how we do where it asks.
fn client(tls: &Tls) -> Result<ClientConfig, rustls::Error> {
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
    let config = match &tls.authorities {
        Some(authorities) => config.with_root_certificates(authorities.roots()),
        None => config.with_platform_verifier()?,
    };
    Ok(match &tls.identity {
        Some(identity) => {
            config.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(identity.shown())))
        }
        None => config.with_no_client_auth(),
    })
}

/// Why a connection is broken. What a peer thinks of our certificate it may say only when the connection stands already (RFC
/// 8446, 4.4.2.4), and in words that nobody remembers.
fn broken(error: &io::Error) -> String {
    use rustls::AlertDescription as Alert;
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref());
    let about = match tls {
        Some(rustls::Error::AlertReceived(Alert::CertificateRequired)) => {
            "the provider asks for a certificate of ours"
        }
        Some(rustls::Error::AlertReceived(
            Alert::BadCertificate
            | Alert::UnsupportedCertificate
            | Alert::CertificateRevoked
            | Alert::CertificateExpired
            | Alert::CertificateUnknown
            | Alert::UnknownCA,
        )) => "the provider does not take our certificate",
        Some(_) | None => "the connection is broken",
    };
    format!("{about}: {error}")
}

/// Reads until the connection ends; why it did.
async fn converse<T, F>(stream: Box<dyn Stream>, tell: &T) -> String
where
    T: Fn(Event) -> F,
    F: Future<Output = bool>,
{
    let (mut read, mut write) = tokio::io::split(stream);
    let (writes, mut waiting) = mpsc::channel::<Vec<u8>>(WRITES_MAX);
    // Of its own: what was written before the end still leaves.
    tokio::spawn(async move {
        while let Some(bytes) = waiting.recv().await {
            if write.write_all(&bytes).await.is_err() || (waiting.is_empty() && write.flush().await.is_err())
            {
                break; // whoever reads sees it too
            }
        }
        let _gone = write.shutdown().await;
    });
    if !tell(Event::Opened(writes)).await {
        return "nobody listens".to_owned();
    }
    let mut bytes = vec![0; READ];
    loop {
        match read.read(&mut bytes).await {
            Ok(0) => return "the provider has closed the connection".to_owned(),
            Ok(length) => {
                if !tell(Event::Heard(bytes[..length].to_vec())).await {
                    return "nobody listens".to_owned();
                }
            }
            Err(error) => return broken(&error),
        }
    }
}
