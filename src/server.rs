//! The doors that open to the outside while sayso serves: webhooks of providers over HTTP, and an owner-only socket for
//! the verbs that need the store while it is in use.

mod http;
pub mod socket;

pub use self::http::{Doors, ServeError, serve};
