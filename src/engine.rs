//! The engine: events in, one turn each, messages out. It owns the order of things: load, read, step, commit, and only
//! then send.

mod chance;
pub mod clock;
mod errand;
mod fetch;
mod joining;
mod lanes;
pub mod link;
mod outbox;
pub mod outside;
mod receive;
pub mod rights;
mod route;
mod timers;
pub mod transport;

pub use chance::{Chance, CountedChance, SystemChance};
pub use clock::{Clock, ManualClock, SystemClock};
pub use errand::Secrets;
pub use outside::{Outside, OutsideError};
pub use receive::{Arrival, ReceiveError, Received};
pub use route::Arrivals;
pub use transport::{CallError, Transport};

use crate::bot::Bot;
use crate::provider::Account;
use crate::sms::{AccountId, BrandId, Phone, Sender};
use crate::store::{Scanned, Store, StoreError, Table};
use fetch::Fetched;
use jiff::Timestamp;
use joining::Joining;
use lanes::Lanes;
use link::Links;
use route::Numbers;
use std::collections::HashMap;
use std::sync::Arc;
use timers::Parked;
use tokio::sync::{Notify, watch};

/// Texts that wait to be read which are asked of the store at once.
const REVIEWS_PAGE: usize = 500;

/// The list of texts that wait to be read, as two numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct UnderReview {
    /// How many people wait: nothing is sent to them.
    pub people: usize,
    /// Since when the first of them.
    pub oldest: Option<Timestamp>,
}

/// Everything that a message passes through.
pub struct Engine {
    bots: HashMap<BrandId, Arc<Bot>>,
    numbers: Numbers,
    parked: Parked,
    accounts: HashMap<AccountId, Account>,
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
    joining: Joining,
    links: Links,
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
            parked: Parked::default(),
            bots: parts.bots.into_iter().map(|bot| (bot.kept_as.clone(), bot)).collect(),
            links: Links::of(&parts.accounts),
            joining: Joining::default(),
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

    /// The texts that may be opt-outs and that nobody has read yet: how many people wait, and since when the first. A
    /// read of those people alone, however many subscribers there are.
    pub async fn under_review(&self) -> Result<UnderReview, StoreError> {
        let mut waiting = UnderReview::default();
        let mut after = None;
        loop {
            let page = self.store.scan(Table::Reviews, after, REVIEWS_PAGE).await?;
            for item in page.items {
                let Scanned::Review { entry, .. } = item else { continue };
                waiting.people += 1;
                waiting.oldest = Some(waiting.oldest.map_or(entry.at, |oldest| oldest.min(entry.at)));
            }
            after = page.next;
            if after.is_none() {
                return Ok(waiting);
            }
        }
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
