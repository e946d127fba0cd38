//! The body of a request, read whole.

use axum::body::Body;
use hyper::body::Body as _;
use std::future::poll_fn;
use std::pin::Pin;

/// Largest body of a webhook or a call, in bytes: the largest seen are a tenth of it.
pub(super) const BODY_BYTES_MAX: usize = 64 * 1024;
/// What is read of a larger one, only to be thrown away: whoever is cut off while they write may never read why.
const READ_BYTES_MAX: usize = 1024 * 1024;

/// The whole body, or nothing if it is larger than that, or cut off. The caller says how long it may take.
pub(super) async fn whole(mut body: Body) -> Option<Vec<u8>> {
    let mut read = 0;
    let mut kept = Vec::new();
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let Ok(data) = frame.ok()?.into_data() else { continue };
        read += data.len();
        if read <= BODY_BYTES_MAX {
            kept.extend_from_slice(&data);
        } else if read > READ_BYTES_MAX {
            break;
        }
    }
    (read <= BODY_BYTES_MAX).then_some(kept)
}
