//! The doors that open to the outside while sayso serves: webhooks of providers over HTTP, and an owner-only socket for
//! the verbs that need the store while it is in use.

mod access;
pub mod api;
mod body;
mod caller;
mod http;
mod listen;
mod metrics;
mod rate;
pub mod socket;
pub mod tls;

pub use self::http::{Doors, ServeError, serve};
pub use self::metrics::serve as serve_metrics;
