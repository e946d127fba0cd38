//! The engine: events in, one turn each, messages out. It owns the order of things: load, read, step, commit, and only
//! then send.

mod chance;
pub mod clock;
mod errand;
mod fetch;
mod lanes;
mod outbox;
pub mod outside;
mod parked;
mod receive;
pub mod rights;
mod route;
mod timers;
pub mod transport;

pub use chance::{Chance, CountedChance, SystemChance};
pub use clock::{Clock, ManualClock, SystemClock};
pub use errand::Secrets;
pub use outbox::STALE_AFTER;
pub use outside::{Outside, OutsideError};
pub use receive::{Arrival, ReceiveError, Received};
pub use route::Arrivals;
pub use transport::{CallError, Transport};

use crate::bot::Bot;
use crate::provider::Account;
use crate::sms::{AccountId, BrandId, Key, Pace, Phone, Sender};
use crate::store::Store;
use fetch::Fetched;
use jiff::{SignedDuration, Timestamp};
use lanes::Lanes;
use parked::Parked;
use route::Numbers;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::sync::atomic::AtomicI64;
use tokio::sync::{Notify, Semaphore, watch};

/// Everything that a message passes through.
pub struct Engine {
    bots: HashMap<BrandId, Arc<Bot>>,
    numbers: Numbers,
    /// Dialogues whose timers could not be handled.
    parked: Parked<Key>,
    /// How late the oldest timer was that rang last.
    late_millis: AtomicI64,
    accounts: HashMap<AccountId, Account>,
    /// How fast each account sends.
    pace: Arc<BTreeMap<AccountId, Pace>>,
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
    secrets: Secrets,
    lanes: Lanes,
    /// One marketing message at a time to each person: the next one counts it.
    counted: Lanes,
    /// Lanes of their own for numbers that brands share: whoever stands in one of these enters one of the others.
    lines: Lanes,
    fetched: Fetched,
    wake_outbox: Notify,
    stop: watch::Sender<bool>,
    log_numbers: bool,
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

impl Engine {
    /// An engine of these parts.
    #[must_use]
    pub fn new(parts: Parts) -> Self {
        Self {
            numbers: Numbers::of(&parts.bots, &parts.closed),
            parked: Parked::for_at_most(timers::PARKED_FOR),
            late_millis: AtomicI64::new(0),
            pace: Arc::new(
                parts.accounts.iter().map(|account| (account.id.clone(), account.pace.clone())).collect(),
            ),
            paused: Parked::for_at_most(outbox::PAUSED_AT_MOST),
            stale_after: STALE_AFTER,
            room: Semaphore::new(receive::AT_ONCE_MAX),
            bots: parts.bots.into_iter().map(|bot| (bot.kept_as.clone(), bot)).collect(),
            accounts: parts.accounts.into_iter().map(|account| (account.id.clone(), account)).collect(),
            store: parts.store,
            clock: parts.clock,
            chance: parts.chance,
            transport: parts.transport,
            outside: parts.outside,
            secrets: parts.secrets,
            lanes: Lanes::default(),
            counted: Lanes::default(),
            lines: Lanes::default(),
            fetched: Fetched::default(),
            wake_outbox: Notify::new(),
            stop: watch::Sender::new(false),
            log_numbers: parts.log_numbers,
        }
    }

    /// The same engine, where held messages wait for that long at most.
    #[must_use]
    pub fn stale_after(self, stale_after: SignedDuration) -> Self {
        Self { stale_after, ..self }
    }

    /// A brand's bot, by the name under which the brand's data is kept.
    #[must_use]
    pub fn bot(&self, brand: &BrandId) -> Option<&Arc<Bot>> {
        self.bots.get(brand)
    }

    /// An account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<&Account> {
        self.accounts.get(id)
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
