//! Connections: how many, how long they may take to say what they want, and that they end gracefully.

use super::tls::Certificates;
use axum::Router;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use ipnet::IpNet;
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Within this a whole head must have come, from the connection or from the request before; and a TLS handshake.
const HEAD_WITHIN: Duration = Duration::from_secs(10);
/// Bytes of a head: the largest of a provider, with its signature, have two thousand.
const HEAD_BYTES_MAX: usize = 16 * 1024;
/// Lines of a head.
const HEAD_LINES_MAX: usize = 64;
/// How long a connection lives: one that reads its answer a byte at a time holds a place no longer.
const CONNECTION_WITHIN: Duration = Duration::from_secs(5 * 60);
/// One address holds a quarter of all places at most, unless it speaks for others.
const SHARE_OF_ONE: u32 = 4;

/// The other end of a connection.
#[derive(Debug, Clone, Copy)]
pub(super) struct Peer(pub(super) IpAddr);

/// What is listened on, and the limits of it.
#[derive(Debug)]
pub(super) struct Front {
    pub(super) listener: TcpListener,
    pub(super) certificates: Option<Arc<Certificates>>,
    pub(super) connections: NonZeroU32,
    pub(super) trusted: Arc<[IpNet]>,
}

/// Takes connections until `stop` is done, and then waits for the requests that have begun.
pub(super) async fn listen(front: Front, router: Router, stop: impl Future<Output = ()>) {
    let Front { listener, certificates, connections, trusted } = front;
    let places = Places::new(connections, trusted);
    let graceful = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let taken = tokio::select! {
            taken = accept(&listener, &places) => taken,
            () = &mut stop => break,
        };
        let Some((stream, peer, place)) = taken else { continue };
        let watcher = graceful.watcher();
        let (router, certificates) = (router.clone(), certificates.clone());
        tokio::spawn(async move {
            let _place = place;
            converse(stream, peer, certificates, router, watcher).await;
        });
    }
    // Nobody new is let in while the others finish.
    drop(listener);
    graceful.shutdown().await;
}

/// The next connection, once there is a place for it; `None` where it is not to have one.
async fn accept(listener: &TcpListener, places: &Arc<Places>) -> Option<(TcpStream, Peer, Place)> {
    let permit = places.free().await?;
    match listener.accept().await {
        Ok((stream, address)) => {
            let peer = Peer(address.ip().to_canonical());
            let place = places.take(peer, permit);
            if place.is_none() {
                tracing::warn!(client = %peer.0, "one address holds too many connections: one more is closed");
            }
            Some((stream, peer, place?))
        }
        Err(error) => {
            tracing::warn!(%error, "a connection cannot be taken");
            // Too many open files ends by itself; asking at once would only heat the room.
            tokio::time::sleep(Duration::from_millis(100)).await;
            None
        }
    }
}

/// One connection, from its handshake to its end.
async fn converse(
    stream: TcpStream,
    peer: Peer,
    certificates: Option<Arc<Certificates>>,
    router: Router,
    watcher: Watcher,
) {
    // Answers are small and whole; waiting for more to send only delays them.
    let _as_it_is = stream.set_nodelay(true);
    let Some(certificates) = certificates else {
        return requests(stream, peer, router, watcher).await;
    };
    match tokio::time::timeout(HEAD_WITHIN, certificates.accept(stream)).await {
        Ok(Ok(stream)) => requests(stream, peer, router, watcher).await,
        Ok(Err(error)) => tracing::debug!(%error, client = %peer.0, "no handshake"),
        Err(_) => tracing::debug!(client = %peer.0, "the handshake takes too long"),
    }
}

/// The requests of one connection, one after the other.
async fn requests<S>(stream: S, peer: Peer, router: Router, watcher: Watcher)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let router = TowerToHyperService::new(router);
    let service = service_fn(move |mut request: Request<Incoming>| {
        request.extensions_mut().insert(peer);
        router.call(request)
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_WITHIN)
        .max_headers(HEAD_LINES_MAX)
        .max_buf_size(HEAD_BYTES_MAX)
        .serve_connection(TokioIo::new(stream), service);
    match tokio::time::timeout(CONNECTION_WITHIN, watcher.watch(connection)).await {
        Ok(Ok(())) => {}
        Ok(Err(error)) => tracing::debug!(%error, client = %peer.0, "a connection ends"),
        Err(_) => tracing::debug!(client = %peer.0, "a connection has lived long enough"),
    }
}

/// The places for connections, and who holds how many of them.
#[derive(Debug)]
struct Places {
    all: Arc<Semaphore>,
    of_one_max: u32,
    held: Mutex<HashMap<IpAddr, u32>>,
    trusted: Arc<[IpNet]>,
}

/// The place of one connection.
#[derive(Debug)]
struct Place {
    peer: IpAddr,
    places: Arc<Places>,
    _permit: OwnedSemaphorePermit,
}

impl Places {
    fn new(connections: NonZeroU32, trusted: Arc<[IpNet]>) -> Arc<Self> {
        let connections = connections.get();
        Arc::new(Self {
            all: Arc::new(Semaphore::new(connections as usize)),
            of_one_max: (connections / SHARE_OF_ONE).max(1),
            held: Mutex::default(),
            trusted,
        })
    }

    /// Waits for a place.
    async fn free(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.all).acquire_owned().await.ok()
    }

    /// Gives a place to somebody who has not too many. O(1).
    fn take(self: &Arc<Self>, Peer(peer): Peer, permit: OwnedSemaphorePermit) -> Option<Place> {
        let speaks_for_others =
            peer.is_loopback() || self.trusted.iter().any(|network| network.contains(&peer));
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let of_one = held.entry(peer).or_default();
        if *of_one >= self.of_one_max && !speaks_for_others {
            return None;
        }
        *of_one += 1;
        Some(Place { peer, places: Arc::clone(self), _permit: permit })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut held = self.places.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut of_one) = held.entry(self.peer) {
            *of_one.get_mut() -= 1;
            if *of_one.get() == 0 {
                of_one.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};

    fn from(places: &Arc<Places>, address: &str) -> Option<Place> {
        let permit = Arc::clone(&places.all).try_acquire_owned().ok()?;
        places.take(Peer(address.parse().unwrap()), permit)
    }

    #[tokio::test(start_paused = true)]
    async fn a_connection_that_goes_on_asking_ends_all_the_same() {
        let router = Router::new().route("/", axum::routing::get(async || "here"));
        let graceful = GracefulShutdown::new();
        let (ours, mut theirs) = tokio::io::duplex(4_096);
        let peer = Peer("192.0.2.1".parse().unwrap());
        tokio::spawn(requests(ours, peer, router, graceful.watcher()));
        let begun = tokio::time::Instant::now();
        // Well within every limit of one request.
        let mut answers = 0_u32;
        while theirs.write_all(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n").await.is_ok()
            && theirs.read(&mut [0; 4_096]).await.is_ok_and(|length| length > 0)
        {
            answers += 1;
            tokio::time::sleep(Duration::from_secs(7)).await;
        }
        assert_eq!(answers, 43, "one at the beginning, and one every seven seconds of five minutes");
        assert!(begun.elapsed() < CONNECTION_WITHIN + Duration::from_secs(7));
    }

    #[test]
    fn nobody_holds_all_places_but_a_proxy() {
        let trusted: Arc<[IpNet]> = Arc::new(["10.0.0.0/8".parse().unwrap()]);
        let places = Places::new(NonZeroU32::new(8).unwrap(), trusted);
        let held = [from(&places, "192.0.2.1"), from(&places, "192.0.2.1")];
        assert!(held.iter().all(Option::is_some));
        assert!(from(&places, "192.0.2.1").is_none(), "a quarter is his");
        assert!(from(&places, "192.0.2.2").is_some(), "another one has his own");
        let proxied: Vec<_> = (0..6).map(|_| from(&places, "10.0.0.1").unwrap()).collect();
        assert!(from(&places, "10.0.0.1").is_none(), "eight are all there are");
        drop((held, proxied));
        assert!(from(&places, "192.0.2.1").is_some());
        assert!(places.held.lock().unwrap().is_empty(), "who has left is not kept");
    }
}
