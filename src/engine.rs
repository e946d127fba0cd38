//! The engine: events in, one turn each, messages out. It owns the order of things: load, read, step, commit, and only
//! then send.

mod chance;
pub mod clock;
mod errand;
pub mod expiry;
mod fetch;
mod joining;
mod lanes;
pub mod link;
mod metrics;
mod outbox;
pub mod outside;
mod parked;
mod receive;
pub mod rights;
mod route;
mod serving;
mod tap;
mod timers;
pub mod tokens;
pub mod transport;

pub use chance::{Chance, CountedChance, SystemChance};
pub use clock::{Clock, ManualClock, SystemClock};
pub use errand::Secrets;
pub use metrics::Metrics;
pub use outbox::STALE_AFTER;
pub use outside::{Outside, OutsideError};
pub use receive::{Arrival, ReceiveError, Received};
pub use route::Arrivals;
pub use serving::Served;
pub use tap::Happening;
pub use transport::{CallError, Transport};

use crate::bot::Bot;
use crate::provider::Account;
use crate::sms::{AccountId, Key, Phone, Sender};
use crate::store::Store;
use arc_swap::ArcSwap;
use fetch::Fetched;
use jiff::{SignedDuration, Timestamp};
use joining::Joining;
use lanes::Lanes;
use link::Links;
use parked::Parked;
use serving::Serving;
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tap::Tap;
use tokens::Tokens;
use tokio::sync::{Notify, Semaphore, watch};
use transport::Nowhere;

/// Everything that a message passes through.
pub struct Engine {
    serving: ArcSwap<Serving>,
    /// Dialogues whose timers could not be handled.
    parked: Parked<Key>,
    /// How late the oldest timer was that rang last.
    late_millis: AtomicI64,
    /// Accounts whose provider asked to be left alone.
    paused: Parked<AccountId>,
    /// How long a held message may wait in all.
    stale_after: SignedDuration,
    /// Room for events that are being handled.
    room: Semaphore,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    transport: Arc<dyn Transport>,
    outside: Arc<dyn Outside>,
    lanes: Lanes,
    /// One marketing message at a time to each person: the next one counts it.
    counted: Lanes,
    /// Lanes of their own for numbers that brands share: whoever stands in one of these enters one of the others.
    lines: Lanes,
    joining: Joining,
    links: Links,
    fetched: Fetched,
    tokens: Tokens,
    wake_outbox: Notify,
    stop: watch::Sender<bool>,
    log_numbers: bool,
    /// What is counted and measured, where somebody wants to know it.
    metrics: Option<Metrics>,
    tap: Tap,
}

/// What an engine is made of.
pub struct Parts {
    /// The brands.
    pub bots: Vec<Arc<Bot>>,
    /// Numbers of brands that cannot be served now: texts for them are not taken, and come again.
    pub closed: Vec<Sender>,
    /// The provider accounts.
    pub accounts: Vec<Account>,
    /// Where turns are kept.
    pub store: Arc<dyn Store>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// What makes the digests of ledger entries impossible to guess.
    pub chance: Arc<dyn Chance>,
    /// What carries requests to providers.
    pub transport: Arc<dyn Transport>,
    /// What carries the calls that brands' files cause.
    pub outside: Arc<dyn Outside>,
    /// The secrets that these calls may use.
    pub secrets: Secrets,
    /// Whether logs show numbers in full; they are masked otherwise.
    pub log_numbers: bool,
}

impl Parts {
    /// The parts of an engine that calls nobody and has no account, by the clock and the chance of this machine: for verbs that
    /// work on a store, and for benches.
    #[must_use]
    pub fn alone(bots: Vec<Arc<Bot>>, store: Arc<dyn Store>) -> Self {
        Self {
            bots,
            closed: Vec::new(),
            accounts: Vec::new(),
            store,
            clock: Arc::new(SystemClock),
            chance: Arc::new(SystemChance),
            transport: Arc::new(Nowhere),
            outside: Arc::new(Nowhere),
            secrets: Secrets::new(),
            log_numbers: false,
        }
    }
}

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        let Parts { bots, closed, secrets, accounts, .. } = parts;
        let served = Served { bots, closed, secrets, accounts: Some(accounts) };
        Self {
            serving: ArcSwap::from_pointee(Serving::of(served, &Serving::default())),
            links: Links::default(),
            joining: Joining::default(),
            parked: Parked::for_at_most(timers::PARKED_FOR),
            late_millis: AtomicI64::new(0),
            paused: Parked::for_at_most(outbox::PAUSED_AT_MOST),
            stale_after: STALE_AFTER,
            room: Semaphore::new(receive::AT_ONCE_MAX),
            store: parts.store,
            clock: parts.clock,
            chance: parts.chance,
            transport: parts.transport,
            outside: parts.outside,
            lanes: Lanes::default(),
            counted: Lanes::default(),
            lines: Lanes::default(),
            fetched: Fetched::default(),
            tokens: Tokens::default(),
            wake_outbox: Notify::new(),
            stop: watch::Sender::new(false),
            log_numbers: parts.log_numbers,
            metrics: None,
            tap: Tap::default(),
        }
    }

    /// The same engine, where held messages wait for that long at most.
    #[must_use]
    pub fn stale_after(self, stale_after: SignedDuration) -> Self {
        Self { stale_after, ..self }
    }

    /// The store.
    #[must_use]
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What time it is here.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A number as logs show it.
    fn shown(&self, phone: Phone) -> String {
        if self.log_numbers { phone.to_string() } else { phone.masked() }
    }
}
