//! The server through its front door: the real binary on a store of its own, signed webhooks in, and a provider on
//! loopback that writes down every call.
//!
//! What is waited for in this process comes over channels. The other process is asked at short intervals, with a
//! deadline (`server::PATIENCE`).

// Test code: a panic is the report, and the clock is asked for deadlines.
#![allow(clippy::unwrap_used, clippy::disallowed_methods)]

mod api;
mod crash;
mod disk;
mod doctor;
mod errands;
mod fake;
mod front;
mod generic;
mod injection;
mod input;
mod life;
mod metrics;
mod powercut;
mod providers;
mod recorded;
mod recovery;
mod reload;
mod rights;
mod sends;
mod server;
mod shared;
mod smpp;
mod smsc;
mod tap;
mod twilio;
