//! The production engine with a clock that is a value and a provider that is a list: for the REPL and for tests.

use crate::bot::{Bot, Lookup, Number};
use crate::dialogue::{Cause, Decision, Event, Human, Trace};
use crate::engine::{
    Arrival, CallError, Clock, CountedChance, Engine, ManualClock, Outside, OutsideError, Parts,
    ReceiveError, Received, Secrets, Transport,
};
use crate::expr::TextPiece;
use crate::provider::{
    self, Account, BAD_NUMBER_AFTER, Call, Catalogue, REQUESTS_PER_SECOND, RawRequest, Response, Settings,
};
use crate::sms::{AccountId, BrandId, Key, Media, MessageId, Pace, Phone, Receipt, ReceiptState, Sender};
use crate::store::{Entry, MemoryStore, RowState, Scanned, Snapshot, Store, StoreError, Table};
use async_trait::async_trait;
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::json;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
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
    /// The store, where it is one that forgets: of such a simulation there can be a second one.
    memory: Option<Arc<MemoryStore>>,
    brand: BrandId,
    to: Sender,
    account: AccountId,
    /// The account of each of the brand's numbers.
    accounts: BTreeMap<Sender, AccountId>,
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

/// What the provider does with our messages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Carrier {
    /// It takes them, and they reach the phone.
    #[default]
    Ok,
    /// It refuses them for good.
    Fail,
    /// It is busy: they are tried again, as in production, and arrive once it is `Ok` again.
    Late,
    /// It takes them, and a receipt says that they did not reach the phone.
    Lost,
    /// It takes them, and a receipt says that the person has opted out there.
    Stopped,
}

impl Carrier {
    /// All of them.
    pub const ALL: [Self; 5] = [Self::Ok, Self::Fail, Self::Late, Self::Lost, Self::Stopped];

    /// Its word in conversations.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ok => "ok",
            Self::Fail => "fail",
            Self::Late => "late",
            Self::Lost => "lost",
            Self::Stopped => "stopped",
        }
    }

    /// What it answers to a call of ours. The codes are those that the generic provider tells apart.
    fn status(self) -> u16 {
        match self {
            Self::Ok | Self::Lost | Self::Stopped => 200,
            Self::Fail => 400,
            Self::Late => 503,
        }
    }
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

/// The provider's side: it does with every message what it was told to do.
#[derive(Debug, Default)]
struct Wire(Mutex<Carried>);

/// What the provider has done so far.
#[derive(Debug, Default)]
struct Carried {
    carrier: Carrier,
    delivered: Vec<Delivered>,
    undelivered: Vec<Delivered>,
    /// What it will say about messages that it took: from which number they left, and our reference.
    receipts: Vec<(Sender, String, Carrier)>,
}

impl Wire {
    fn carried(&self) -> MutexGuard<'_, Carried> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A message as the generic provider is asked to send it.
#[derive(Deserialize)]
struct Asked {
    #[serde(flatten)]
    message: Delivered,
    reference: String,
}

#[async_trait]
impl Transport for Wire {
    async fn call(&self, call: Call) -> Result<Response, CallError> {
        let Asked { message, reference } =
            serde_json::from_slice(&call.body).map_err(|error| CallError::NotSent(error.to_string()))?;
        let mut so_far = self.carried();
        let carrier = so_far.carrier;
        match carrier {
            Carrier::Ok => so_far.delivered.push(message),
            Carrier::Fail | Carrier::Late => so_far.undelivered.push(message),
            Carrier::Lost | Carrier::Stopped => {
                so_far.receipts.push((message.from, reference, carrier));
                so_far.undelivered.push(message);
            }
        }
        Ok(Response { status: carrier.status(), retry_after: None, body: Vec::new() })
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

impl Around {
    /// Goes on where another one was.
    fn take_over(&self, other: &Self) {
        let answers = std::mem::take(&mut *other.answers.lock().unwrap_or_else(PoisonError::into_inner));
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = answers;
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
        Self::remembering(bot, now, Arc::new(MemoryStore::default()))
    }

    /// The same simulation a second time: what happens in one of the two from here on does not happen in the other. `None`
    /// for one on a store that does not forget. O(what was said so far).
    ///
    /// # Errors
    /// Never in practice: the simulated provider opens with its own settings.
    pub fn fork(&self) -> Result<Option<Self>, SimulationError> {
        let (Some(memory), Some(bot)) = (&self.memory, self.engine.bot(&self.brand)) else { return Ok(None) };
        let mut other = Self::remembering(&bot, self.now(), Arc::new(MemoryStore::clone(memory)))?;
        other.texts = self.texts;
        let answers = self.around.answers.lock().unwrap_or_else(PoisonError::into_inner).clone();
        *other.around.answers.lock().unwrap_or_else(PoisonError::into_inner) = answers;
        other.deliver(self.wire.carried().carrier);
        Ok(Some(other))
    }

    fn remembering(
        bot: &Arc<Bot>,
        now: Timestamp,
        memory: Arc<MemoryStore>,
    ) -> Result<Self, SimulationError> {
        let simulation = Self::with_store(bot, now, Arc::clone(&memory) as Arc<dyn Store>)?;
        Ok(Self { memory: Some(memory), ..simulation })
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
        let bot = numbered(bot);
        let (to, account) = (bot.numbers[0].sender, bot.numbers[0].account.clone());
        let numbers = bot.numbers.iter().map(|number| (number.sender, number.account.clone())).collect();
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
            bots: vec![bot],
            chance: Arc::new(CountedChance::default()),
            log_numbers: false,
        };
        let engine = Arc::new(Engine::new(parts));
        Ok(Self {
            engine,
            clock,
            wire,
            around,
            memory: None,
            brand,
            to,
            account,
            accounts: numbers,
            texts: 0,
        })
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

    /// Somebody writes: their text goes the whole way of a webhook. What reached phones because of it. A line
    /// `[https://…]` is a picture, as in [`Delivered::shown`].
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
        let (text, media) = pictures(body);
        let message = json!({ "from": from, "to": self.to, "text": text, "media": media, "id": id });
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_static("Bearer simulated"));
        let request = RawRequest {
            url: String::new(),
            method: Method::POST,
            headers,
            body: message.to_string().into_bytes(),
            at: self.now(),
            fetched: None,
        };
        let refused = |error: String| SimulationError::Provider(error);
        let account = self.engine.account(&self.account).ok_or_else(|| refused("it is gone".to_owned()))?;
        let provider = account.provider().ok_or_else(|| refused("it keeps a link".to_owned()))?;
        let verified = provider.verify(request).map_err(|error| refused(error.to_string()))?;
        let decoded = provider.decode(&account.id, &verified).map_err(|error| refused(error.to_string()))?;
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
        Ok(self.turns_behind(0).await?.into_iter().map(|(_, entry)| entry.trace).collect())
    }

    /// The turns of the log behind one of them, each with its number; behind 0 come all.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn turns_behind(&self, seq: u64) -> Result<Vec<(u64, Entry)>, SimulationError> {
        if let Some(memory) = &self.memory {
            return Ok(memory.turns_behind(seq));
        }
        let turns = self.all(Table::Turns).await?.into_iter().filter_map(Scanned::turn);
        Ok(turns.filter(|(number, _)| *number > seq).collect())
    }

    /// Everything of one kind that the store holds, in order. O(all of it).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn all(&self, what: Table) -> Result<Vec<Scanned>, SimulationError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let page = self.engine.store().scan(what, after, PAGE).await?;
            all.extend(page.items);
            after = page.next;
            if after.is_none() {
                return Ok(all);
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

    /// Fills a field of somebody with what its type reads in these words, or empties it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn fill(&self, phone: Phone, field: &str, words: Option<&str>) -> Result<(), SimulationError> {
        let event = Event::Filled { field: field.to_owned(), words: words.map(str::to_owned), by: None };
        self.engine.receive(Arrival::other(self.key(phone), event)).await?;
        Ok(())
    }

    /// Leads somebody to a node (`flow.node`). What reached phones because of it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn place(&mut self, phone: Phone, node: &str) -> Result<Vec<Delivered>, SimulationError> {
        let event = Event::Placed { node: node.to_owned() };
        self.engine.receive(Arrival::other(self.key(phone), event)).await?;
        self.settle().await
    }

    /// From now on the brand is this one, read anew from its files: people stay where they are, as after a restart.
    ///
    /// # Errors
    /// Never in practice: the simulated provider opens with its own settings.
    pub fn reload(&mut self, bot: &Arc<Bot>) -> Result<(), SimulationError> {
        let next = Self::with_store(bot, self.now(), Arc::clone(self.engine.store()))?;
        std::mem::swap(&mut *next.wire.carried(), &mut *self.wire.carried());
        next.around.take_over(&self.around);
        *self = Self { texts: self.texts, memory: self.memory.take(), ..next };
        Ok(())
    }

    /// From now on the provider does this with our messages.
    pub fn deliver(&self, carrier: Carrier) {
        self.wire.carried().carrier = carrier;
    }

    /// The messages that did not reach a phone since this was last asked, each time one was tried.
    #[must_use]
    pub fn undelivered(&self) -> Vec<Delivered> {
        std::mem::take(&mut self.wire.carried().undelivered)
    }

    /// A human does something in somebody's dialogue. What reached phones because of it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn human(&mut self, phone: Phone, done: Human) -> Result<Vec<Delivered>, SimulationError> {
        self.engine.receive(Arrival::other(self.key(phone), Event::Human(done))).await?;
        self.settle().await
    }

    /// A campaign of the brand starts a flow for somebody. What reached phones because of it.
    ///
    /// # Errors
    /// When the engine or the store does not take it.
    pub async fn campaign(&mut self, phone: Phone, flow: &str) -> Result<Vec<Delivered>, SimulationError> {
        let event = Event::Start { flow: flow.to_owned(), cause: Cause::Campaign };
        self.engine.receive(Arrival::other(self.key(phone), event)).await?;
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
        let mut delivered = self.settle().await?;
        for _ in 0..ROUNDS_MAX {
            let due = match self.engine.store().next_due().await? {
                // A message that is due stands behind one that is tried again later.
                Some(due) if due <= self.now() => self.due_later(end).await?,
                due => due,
            };
            match due {
                Some(due) if due <= end => {
                    self.clock.set(due);
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

    /// The first moment behind now, and up to `end`, at which something comes due. O(outbox and timers).
    async fn due_later(&self, end: Timestamp) -> Result<Option<Timestamp>, SimulationError> {
        let now = self.now();
        let alarms = self.engine.store().due(end, usize::MAX).await?.into_iter().map(|alarm| alarm.at);
        let rows = self.all(Table::Outbox).await?.into_iter().filter_map(Scanned::row);
        let rows =
            rows.filter(|row| matches!(row.state, RowState::Pending | RowState::Held)).map(|row| row.due);
        Ok(alarms.chain(rows).filter(|due| *due > now).min())
    }

    /// Does everything that is due now.
    async fn settle(&self) -> Result<Vec<Delivered>, SimulationError> {
        for _ in 0..ROUNDS_MAX {
            let receipts = self.receipts().await?;
            if self.engine.tick().await? + self.engine.dispatch().await? + receipts == 0 {
                return Ok(std::mem::take(&mut self.wire.carried().delivered));
            }
        }
        Err(SimulationError::Restless)
    }

    /// The provider says what became of the messages that it took; how many words there were.
    async fn receipts(&self) -> Result<usize, SimulationError> {
        let receipts = std::mem::take(&mut self.wire.carried().receipts);
        let count = receipts.len();
        for (from, reference, carrier) in receipts {
            let account = self.accounts.get(&from).unwrap_or(&self.account);
            let receipt = Receipt {
                account: account.clone(),
                id: MessageId::from(reference.as_str()),
                state: ReceiptState::Undelivered,
                code: None,
                opted_out: carrier == Carrier::Stopped,
                bad_number: false,
            };
            for arrival in self.engine.arrivals(account, provider::Delivery::Receipt(receipt)).await? {
                self.engine.receive(arrival).await?;
            }
        }
        Ok(count)
    }
}

/// The bot itself, where people can text it; one that has no number yet is given one.
fn numbered(bot: &Arc<Bot>) -> Arc<Bot> {
    if !bot.numbers.is_empty() {
        return Arc::clone(bot);
    }
    let mut bot = Bot::clone(bot);
    bot.numbers.push(Number { sender: NUMBERLESS, account: "simulated".into(), shared: false });
    Arc::new(bot)
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
    let kinds = Catalogue::default();
    let kind = kinds.kind("generic").ok_or_else(|| refused("there is no generic provider".to_owned()))?;
    let way = kind.open(&settings).map_err(|error| refused(error.to_string()))?;
    Ok(Account {
        id,
        way,
        answers_stop: false,
        bad_number_after: BAD_NUMBER_AFTER,
        pace: Pace::default(),
        requests_per_second: REQUESTS_PER_SECOND,
    })
}

/// The words of a text, and the pictures that came with it: its lines `[https://…]`.
fn pictures(body: &str) -> (String, Vec<Media>) {
    let (mut words, mut media) = (Vec::new(), Vec::new());
    for line in body.split('\n') {
        let url = line.trim().strip_prefix('[').and_then(|rest| rest.strip_suffix(']'));
        match url.filter(|url| url.starts_with("https://") || url.starts_with("http://")) {
            Some(url) => {
                media.push(Media { url: url.to_owned(), content_type: content_type(url).to_owned() });
            }
            None => words.push(line),
        }
    }
    (words.join("\n"), media)
}

/// The media type of a picture by how its address ends, as phones send them.
fn content_type(url: &str) -> &'static str {
    match url.rsplit('.').next().map(str::to_ascii_lowercase).as_deref() {
        Some("png") => "image/png",
        Some("gif") => "image/gif",
        Some("mp4") => "video/mp4",
        Some("vcf") => "text/vcard",
        Some("pdf") => "application/pdf",
        _ => "image/jpeg",
    }
}
