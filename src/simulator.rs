//! The production engine with a clock that is a value and a provider that is a list: for the REPL and for tests.

use crate::bot::{Bot, Lookup, Number};
use crate::dialogue::{Decision, Event, Human, Trace};
use crate::engine::{
    Arrival, CallError, Clock, Engine, ManualClock, Outside, OutsideError, Parts, ReceiveError, Received,
    Secrets, Transport,
};
use crate::expr::TextPiece;
use crate::provider::{self, Account, Call, RawRequest, Response, Settings};
use crate::sms::{AccountId, BrandId, Key, Phone, Sender};
use crate::store::{MemoryStore, Scanned, Snapshot, Store, StoreError, Table};
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Rounds of timers and sends after one event: far more than any flow can ask for.
const ROUNDS_MAX: usize = 10_000;
/// Turns that are read in one go.
const PAGE: usize = 1_000;
/// The token that the simulated provider signs with.
const TOKEN: &str = "simulated";
/// The number of a brand that has none yet: a short code that no carrier gives out.
const NUMBERLESS: Sender = Sender::ShortCode(10_000);

/// One brand, one store, and a clock that stands until it is moved.
pub struct Simulation {
    engine: Arc<Engine>,
    clock: Arc<ManualClock>,
    wire: Arc<Wire>,
    around: Arc<Around>,
    brand: BrandId,
    to: Sender,
    account: AccountId,
    texts: u64,
}

/// A message that reached a phone.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Delivered {
    /// From which number.
    pub from: Sender,
    /// Whose phone.
    pub to: Phone,
    /// The words.
    pub text: String,
    /// The addresses of the pictures that came with them.
    #[serde(default)]
    pub media: Vec<String>,
}

impl Delivered {
    /// The words, and a line `[address]` for each picture: as conversations are written.
    #[must_use]
    pub fn shown(&self) -> String {
        self.media.iter().fold(self.text.clone(), |shown, url| format!("{shown}\n[{url}]"))
    }
}

/// What the world outside answers to a lookup.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum World {
    /// A JSON object.
    Ok(String),
    /// It cannot answer.
    Failed,
    /// It takes too long.
    Late,
}

/// What went wrong in a simulation.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The engine did not take an event.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Timers and sends went on without end.
    #[error("the dialogue never comes to rest")]
    Restless,
    /// The simulated provider refused its own request; a bug of sayso.
    #[error("the simulated provider: {0}")]
    Provider(String),
}

/// The provider's side: it takes every message and keeps it.
#[derive(Debug, Default)]
struct Wire {
    delivered: Mutex<Vec<Delivered>>,
}

#[async_trait]
impl Transport for Wire {
    async fn call(&self, call: Call) -> Result<Response, CallError> {
        let message =
            serde_json::from_slice(&call.body).map_err(|error| CallError::NotSent(error.to_string()))?;
        self.delivered.lock().unwrap_or_else(PoisonError::into_inner).push(message);
        Ok(Response { status: 200, retry_after: None, body: Vec::new() })
    }
}

/// The world outside: lookups get what was said that they get, and webhooks are written down.
#[derive(Debug, Default)]
struct Around {
    /// Where each lookup's address begins, and its name.
    lookups: Vec<(String, String)>,
    answers: Mutex<BTreeMap<String, World>>,
    told: Mutex<Vec<String>>,
}

impl Around {
    /// The names of a brand's lookups are found again by what their addresses begin with.
    fn of(bot: &Bot) -> Self {
        let begins = |lookup: &Lookup| match lookup.url.first() {
            Some(TextPiece::Words(words)) => words.clone(),
            _ => String::new(),
        };
        let lookups = bot.lookups().map(|lookup| (begins(lookup), lookup.name.clone()));
        Self { lookups: lookups.collect(), ..Self::default() }
    }
}

#[async_trait]
impl Outside for Around {
    async fn call(&self, call: Call, _: Duration) -> Result<Response, OutsideError> {
        let ok = |body: Vec<u8>| Ok(Response { status: 200, retry_after: None, body });
        if call.method == Method::POST {
            let told: serde_json::Value = serde_json::from_slice(&call.body).unwrap_or_default();
            let name = told["data"]["webhook"].as_str().unwrap_or_default().to_owned();
            self.told.lock().unwrap_or_else(PoisonError::into_inner).push(name);
            return ok(Vec::new());
        }
        let asked = self.lookups.iter().filter(|(begins, _)| call.url.starts_with(begins));
        let asked = asked.max_by_key(|(begins, _)| begins.len()).map(|(_, name)| name);
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        match asked.and_then(|name| answers.get(name)) {
            Some(World::Ok(body)) => ok(body.clone().into_bytes()),
            Some(World::Late) => Err(OutsideError::Late),
            Some(World::Failed) | None => {
                Err(OutsideError::Failed { status: None, why: "simulated".to_owned() })
            }
        }
    }
}

impl Simulation {
    /// A simulation of a brand that forgets everything in the end.
    ///
    /// # Errors
    /// Never in practice: the simulated provider opens with its own settings.
    pub fn new(bot: &Arc<Bot>, now: Timestamp) -> Result<Self, SimulationError> {
        Self::with_store(bot, now, Arc::new(MemoryStore::default()))
    }

    /// A simulation of a brand on a store.
    ///
    /// # Errors
    /// Never in practice: the simulated provider opens with its own settings.
    pub fn with_store(
        bot: &Arc<Bot>,
        now: Timestamp,
        store: Arc<dyn Store>,
    ) -> Result<Self, SimulationError> {
        let mut bot = Bot::clone(bot);
        if bot.numbers.is_empty() {
            bot.numbers.push(Number { sender: NUMBERLESS, account: "simulated".into(), shared: false });
        }
        let (to, account) = (bot.numbers[0].sender, bot.numbers[0].account.clone());
        let names: BTreeSet<AccountId> = bot.numbers.iter().map(|number| number.account.clone()).collect();
        let accounts = names.into_iter().map(simulated).collect::<Result<_, _>>()?;
        let clock = Arc::new(ManualClock::new(now));
        let wire = Arc::new(Wire::default());
        let around = Arc::new(Around::of(&bot));
        let brand = bot.kept_as.clone();
        let parts = Parts {
            closed: Vec::new(),
            accounts,
            store,
            clock: Arc::clone(&clock) as Arc<dyn Clock>,
            transport: Arc::clone(&wire) as Arc<dyn Transport>,
            outside: Arc::clone(&around) as Arc<dyn Outside>,
            secrets: secrets(&bot),
            bots: vec![Arc::new(bot)],
            log_numbers: false,
        };
        Ok(Self { engine: Arc::new(Engine::new(parts)), clock, wire, around, brand, to, account, texts: 0 })
    }

    /// What time it is here.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The engine.
    #[must_use]
    pub fn engine(&self) -> &Arc<Engine> {
        &self.engine
    }

    /// The person of a number.
    #[must_use]
    pub fn key(&self, phone: Phone) -> Key {
        Key { brand: self.brand.clone(), phone }
    }

    /// Everything that is known about a person.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn snapshot(&self, phone: Phone) -> Result<Snapshot, SimulationError> {
        Ok(self.engine.store().load(&self.key(phone)).await?)
    }

    /// Somebody writes: their text goes the whole way of a webhook. What reached phones because of it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn text(
        &mut self,
        from: Phone,
        body: &str,
    ) -> Result<(Received, Vec<Delivered>), SimulationError> {
        self.texts += 1;
        // Unique beyond this simulation too: a store outlives it.
        let id = format!("{}-{}-{}", self.now(), from.digits(), self.texts);
        let message = json!({ "from": from, "to": self.to, "text": body, "id": id });
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer simulated"));
        let request = RawRequest {
            url: String::new(),
            method: Method::POST,
            headers,
            body: message.to_string().into_bytes(),
        };
        let refused = |error: String| SimulationError::Provider(error);
        let account = self.engine.account(&self.account).ok_or_else(|| refused("it is gone".to_owned()))?;
        let verified = account.provider.verify(request).map_err(|error| refused(error.to_string()))?;
        let decoded =
            account.provider.decode(&account.id, &verified).map_err(|error| refused(error.to_string()))?;
        let mut received = Received::Unchanged;
        for delivery in decoded {
            for arrival in self.engine.arrivals(&self.account, delivery).await? {
                received = self.engine.receive(arrival).await?;
            }
        }
        Ok((received, self.settle().await?))
    }

    /// Why every turn so far went its way, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn traces(&self) -> Result<Vec<Trace>, SimulationError> {
        let mut traces = Vec::new();
        let mut after = None;
        loop {
            let page = self.engine.store().scan(Table::Turns, after, PAGE).await?;
            traces.extend(page.items.into_iter().filter_map(|item| match item {
                Scanned::Turn { entry, .. } => Some(entry.trace),
                Scanned::Subscriber { .. }
                | Scanned::Row(_)
                | Scanned::Sent(_)
                | Scanned::Consent { .. }
                | Scanned::Review { .. } => None,
            }));
            match page.next {
                Some(next) => after = Some(next),
                None => return Ok(traces),
            }
        }
    }

    /// From now on chance has this end for somebody: the arm of the split in a node (`flow.node`), or `won` or `lost` of
    /// a contest.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn pin(&self, phone: Phone, node: &str, arm: &str) -> Result<(), SimulationError> {
        let event = Event::Pinned { node: node.to_owned(), arm: arm.to_owned() };
        self.engine.receive(Arrival::other(self.key(phone), event)).await?;
        Ok(())
    }

    /// A human does something in somebody's dialogue. What reached phones because of it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn human(&mut self, phone: Phone, done: Human) -> Result<Vec<Delivered>, SimulationError> {
        self.engine.receive(Arrival::other(self.key(phone), Event::Human(done))).await?;
        self.settle().await
    }

    /// Somebody reads a text that was unsure. What reached phones because of it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn reviewed(
        &mut self,
        phone: Phone,
        decision: Decision,
    ) -> Result<Vec<Delivered>, SimulationError> {
        let event = Event::Reviewed { decision, by: "a test".to_owned() };
        self.engine.receive(Arrival::other(self.key(phone), event)).await?;
        self.settle().await
    }

    /// From now on a lookup gets this answer; until then it fails.
    pub fn answer_lookup(&self, name: &str, answer: World) {
        let mut answers = self.around.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.insert(name.to_owned(), answer);
    }

    /// The webhooks that were told something since this was last asked.
    #[must_use]
    pub fn told(&self) -> Vec<String> {
        std::mem::take(&mut *self.around.told.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Time passes: every timer rings and every message that was held leaves at its own moment.
    ///
    /// # Errors
    /// When the engine or the store does not work.
    pub async fn advance(&mut self, by: SignedDuration) -> Result<Vec<Delivered>, SimulationError> {
        let end = self.now().checked_add(by.max(SignedDuration::ZERO)).unwrap_or(self.now());
        let mut delivered = Vec::new();
        for _ in 0..ROUNDS_MAX {
            match self.engine.store().next_due().await? {
                Some(due) if due <= end => {
                    self.clock.set(due.max(self.now()));
                    delivered.extend(self.settle().await?);
                }
                _ => {
                    self.clock.set(end);
                    return Ok(delivered);
                }
            }
        }
        Err(SimulationError::Restless)
    }

    /// Does everything that is due now.
    async fn settle(&self) -> Result<Vec<Delivered>, SimulationError> {
        for _ in 0..ROUNDS_MAX {
            if self.engine.tick().await? + self.engine.dispatch().await? == 0 {
                return Ok(std::mem::take(
                    &mut *self.wire.delivered.lock().unwrap_or_else(PoisonError::into_inner),
                ));
            }
        }
        Err(SimulationError::Restless)
    }
}

/// A value for every secret that the brand's files name; none of them leaves the house.
fn secrets(bot: &Bot) -> Secrets {
    let own = bot.secrets().map(|name| (name.to_owned(), vec![TOKEN.into()])).collect();
    BTreeMap::from([(bot.kept_as.clone(), own)])
}

/// An account that is served by the generic provider and the list above.
fn simulated(id: AccountId) -> Result<Account, SimulationError> {
    let mut settings = Settings { account: id.to_string(), ..Settings::default() };
    settings.plain.insert("send_url".to_owned(), "simulated:".to_owned());
    settings.secrets.insert("token".to_owned(), vec![TOKEN.into()]);
    let refused = |error: String| SimulationError::Provider(error);
    let kind =
        provider::by_name("generic").ok_or_else(|| refused("there is no generic provider".to_owned()))?;
    let provider = (kind.open)(&settings).map_err(|error| refused(error.to_string()))?;
    Ok(Account { id, provider, answers_stop: false })
}
