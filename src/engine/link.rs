//! Links at work: their sockets are opened here, they are told what comes and what time it is, and what they want is done.
//! What a provider brings is answered when it is on the disk, and not before.

mod socket;

use super::tokens::Means;
use super::{Arrival, CallError, Clock, Engine, ReceiveError};
use crate::dialogue::fingerprint;
use crate::provider::link::{Happened, Link, NoAnswer, Opener, Taken, Ticket, Use, Weight, Wire, Wish};
use crate::provider::{Account, Delivery, Outcome, Way};
use crate::sms::{AccountId, MessageId, Outbound, mask_numbers};
use async_trait::async_trait;
use jiff::Timestamp;
use rustc_hash::FxBuildHasher;
use socket::Socket;
use std::collections::{BTreeMap, HashMap};
use std::hash::BuildHasher;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;

/// Messages that wait to be looked at by one link. The outbox has no more in flight.
const ORDERS_MAX: usize = 1_024;
/// What waits to be told to one link.
const EVENTS_MAX: usize = 1_024;
/// Deliveries of one link that are handled at once; those of one person one after the other, as they came.
const LANES: usize = 64;
/// The shortest sleep: a clock that is read twice may stand.
const BLINK: Duration = Duration::from_millis(1);
/// The longest sleep of a link that waits for nothing.
const IDLE: Duration = Duration::from_secs(60);

/// A message that is to leave by a link.
struct Order {
    outbound: Outbound,
    answer: oneshot::Sender<Result<Outcome, NoAnswer>>,
}

/// The links of an engine.
#[derive(Default)]
pub(super) struct Links {
    /// Where messages for those go that run.
    running: Mutex<HashMap<AccountId, mpsc::Sender<Order>>>,
    stop: watch::Sender<bool>,
    /// Changes with the accounts.
    renewed: watch::Sender<()>,
}

impl Links {
    fn running(&self) -> MutexGuard<'_, HashMap<AccountId, mpsc::Sender<Order>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn send(&self, account: &AccountId, outbound: &Outbound) -> Result<Outcome, CallError> {
        let away = || CallError::NotSent("the link does not run".to_owned());
        let orders = self.running().get(account).cloned().ok_or_else(away)?;
        let (answer, outcome) = oneshot::channel();
        orders.send(Order { outbound: outbound.clone(), answer }).await.map_err(|_| away())?;
        match outcome.await {
            Ok(outcome) => outcome.map_err(|NoAnswer(why)| CallError::NoAnswer(why)),
            Err(_) => Err(CallError::NoAnswer("the link ended".to_owned())),
        }
    }
}

impl Engine {
    /// Carries a message to its provider, by a call or by the account's link; the status of the answer, which is 0 over a link,
    /// and what it means.
    pub(super) async fn carry(
        &self,
        account: &Account,
        outbound: &Outbound,
    ) -> Result<(u16, Outcome), CallError> {
        match &account.way {
            Way::Calls(provider) => self.tokens.carry(self.means(), &account.id, &**provider, outbound).await,
            Way::Link(_) => Ok((0, self.links.send(&account.id, outbound).await?)),
        }
    }

    /// Sees that whatever a message needs besides itself is at hand before the gate is asked.
    pub(super) async fn prepare(&self, account: &Account, outbound: &Outbound) {
        if let Way::Calls(provider) = &account.way {
            self.tokens.prepare(self.means(), &account.id, &**provider, outbound).await;
        }
    }

    fn means(&self) -> Means<'_> {
        Means { transport: &*self.transport, clock: &*self.clock }
    }

    /// Runs the links of all accounts until [`Self::close_links`]; then tells their providers, and ends. When the accounts
    /// change, all links end well and those of the new accounts begin.
    pub async fn run_links(self: Arc<Self>) {
        let (mut renewed, mut closing) = (self.links.renewed.subscribe(), self.links.stop.subscribe());
        while !*closing.borrow_and_update() {
            renewed.mark_unchanged();
            let stop = watch::Sender::new(false);
            let mut running = JoinSet::new();
            for account in self.accounts() {
                let Way::Link(opener) = &account.way else { continue };
                let (orders, waiting) = mpsc::channel(ORDERS_MAX);
                self.links.running().insert(account.id.clone(), orders);
                let taker = Arc::clone(&self) as Arc<dyn Taker>;
                let run =
                    Run::new(account.id.clone(), opener.open(Use::Serving), taker, Arc::clone(&self.clock));
                running.spawn(Arc::clone(&self).run_link(account.id.clone(), run, waiting, stop.subscribe()));
            }
            tokio::select! {
                _ = renewed.changed() => {}
                _ = closing.changed() => {}
            }
            self.links.running().clear();
            stop.send_replace(true);
            while running.join_next().await.is_some() {}
        }
    }

    /// Runs the links of the accounts of now.
    pub(super) fn renew_links(&self) {
        self.links.renewed.send_replace(());
    }

    async fn run_link(
        self: Arc<Self>,
        account: AccountId,
        run: Run,
        orders: mpsc::Receiver<Order>,
        stop: watch::Receiver<bool>,
    ) {
        // Noted before the first text is taken, and taken back at the end: a crash leaves it standing.
        let killed = self.store.linked(&account, true).await.unwrap_or_else(|error| {
            tracing::error!(%account, %error, "it cannot be read how the link ended");
            true
        });
        let heard = run.until(orders, stop, !killed).await;
        if heard && let Err(error) = self.store.linked(&account, false).await {
            tracing::error!(%account, %error, "it cannot be noted that the link ended in peace");
        }
    }

    /// Lets [`Self::run_links`] finish.
    pub fn close_links(&self) {
        self.links.stop.send_replace(true);
    }

    /// Whether one of these is the id of a text that was taken.
    async fn has_taken(&self, arrival: &Arrival, perhaps: &[u64]) -> Result<bool, ReceiveError> {
        if perhaps.is_empty() || arrival.seen.is_none() {
            return Ok(false);
        }
        let person = self.store.load(&arrival.key).await?.record.person;
        Ok(perhaps.iter().any(|id| person.has_seen(*id)))
    }

    async fn take_all(
        &self,
        account: &AccountId,
        delivery: Delivery,
        perhaps: &[MessageId],
    ) -> Result<(), ReceiveError> {
        let perhaps: Vec<u64> = perhaps.iter().map(|id| fingerprint(account, id)).collect();
        for arrival in self.arrivals(account, delivery).await? {
            if !self.has_taken(&arrival, &perhaps).await? {
                self.receive(arrival).await?;
            }
        }
        Ok(())
    }
}

/// Whoever takes what a link brings.
#[async_trait]
trait Taker: Send + Sync {
    async fn take(&self, account: &AccountId, delivery: Delivery, perhaps: &[MessageId]) -> Taken;
}

#[async_trait]
impl Taker for Engine {
    async fn take(&self, account: &AccountId, delivery: Delivery, perhaps: &[MessageId]) -> Taken {
        match self.take_all(account, delivery, perhaps).await {
            Ok(()) => Taken::Kept,
            Err(
                error @ (ReceiveError::UnknownNumber(_)
                | ReceiveError::UnknownBrand(_)
                | ReceiveError::TooLarge(_)),
            ) => {
                tracing::warn!(%account, %error, "what the provider brings is refused");
                Taken::Never
            }
            Err(
                error @ (ReceiveError::Closed(_)
                | ReceiveError::Contended
                | ReceiveError::Overloaded
                | ReceiveError::Store(_)),
            ) => {
                tracing::warn!(%account, %error, "what the provider brings is to come again");
                Taken::Later
            }
        }
    }
}

/// Nobody: whatever comes is to come again, to somebody else.
struct Nobody;

#[async_trait]
impl Taker for Nobody {
    async fn take(&self, _: &AccountId, _: Delivery, _: &[MessageId]) -> Taken {
        Taken::Later
    }
}

/// Sends one message by a link of its own, which ends with it.
pub async fn send_one(
    account: &AccountId,
    opener: &Opener,
    outbound: &Outbound,
    clock: Arc<dyn Clock>,
) -> Result<Outcome, CallError> {
    let (orders, waiting) = mpsc::channel(1);
    let (answer, outcome) = oneshot::channel();
    let (stop, stopped) = watch::channel(false);
    let order = Order { outbound: outbound.clone(), answer };
    let _room = orders.try_send(order);
    let run = Run::new(account.clone(), opener.open(Use::SendingOnly), Arc::new(Nobody), clock);
    let run = tokio::spawn(run.until(waiting, stopped, true));
    let outcome = outcome.await;
    stop.send_replace(true);
    let _ended = run.await;
    match outcome {
        Ok(outcome) => outcome.map_err(|NoAnswer(why)| CallError::NoAnswer(why)),
        Err(_) => Err(CallError::NoAnswer("the link ended".to_owned())),
    }
}

/// What is told to a link by the tasks that work for it.
enum Event {
    /// About the connection of that number, which may be the last but one.
    Socket(Wire, u64, socket::Event),
    Taken(Ticket, Taken),
}

/// A delivery on its way to whoever takes it.
struct Brought {
    ticket: Ticket,
    delivery: Delivery,
    perhaps: Vec<MessageId>,
}

/// One link that runs.
struct Run {
    account: AccountId,
    link: Box<dyn Link>,
    clock: Arc<dyn Clock>,
    taker: Arc<dyn Taker>,
    tell: mpsc::Sender<Event>,
    told: mpsc::Receiver<Event>,
    sockets: BTreeMap<Wire, (u64, Socket)>,
    opened: u64,
    answers: HashMap<Ticket, oneshot::Sender<Result<Outcome, NoAnswer>>>,
    tickets: u64,
    lanes: BTreeMap<usize, mpsc::UnboundedSender<Brought>>,
    /// Whether it is over, and then whether the provider has heard all our answers.
    ended: Option<bool>,
}

impl Run {
    fn new(account: AccountId, link: Box<dyn Link>, taker: Arc<dyn Taker>, clock: Arc<dyn Clock>) -> Self {
        let (tell, told) = mpsc::channel(EVENTS_MAX);
        Self {
            account,
            link,
            clock,
            taker,
            tell,
            told,
            sockets: BTreeMap::new(),
            opened: 0,
            answers: HashMap::new(),
            tickets: 0,
            lanes: BTreeMap::new(),
            ended: None,
        }
    }

    /// Runs until it is stopped and has said goodbye; whether the provider has heard all our answers. `told` says so of the link
    /// before it.
    async fn until(
        mut self,
        mut orders: mpsc::Receiver<Order>,
        mut stop: watch::Receiver<bool>,
        told: bool,
    ) -> bool {
        self.step(Happened::Started { told });
        let mut stopping = false;
        while self.ended.is_none() {
            let sleep = self.sleep();
            // In this order: what came is heard before anything is given up because it did not come.
            tokio::select! {
                biased;
                _ = stop.wait_for(|stop| *stop), if !stopping => {
                    stopping = true;
                    self.step(Happened::Stop);
                }
                event = self.told.recv() => {
                    if let Some(event) = event {
                        self.event(event);
                    }
                    // However much comes, something leaves.
                    if let Ok(order) = orders.try_recv() {
                        self.order(order);
                    }
                }
                order = orders.recv(), if !orders.is_closed() || !orders.is_empty() => {
                    if let Some(order) = order {
                        self.order(order);
                    }
                }
                () = tokio::time::sleep(sleep) => self.step(Happened::Time),
            }
        }
        // What came too late has not left.
        orders.close();
        while let Ok(Order { answer, .. }) = orders.try_recv() {
            let why = "the link ends".to_owned();
            let _nobody_waits = answer.send(Ok(Outcome::Retry { after: None, why }));
        }
        self.ended.unwrap_or_default()
    }

    /// How long nothing is to be done.
    fn sleep(&self) -> Duration {
        let now = self.clock.now();
        let until = |due: Timestamp| due.duration_since(now).unsigned_abs().max(BLINK);
        self.link.due(now).map_or(IDLE, |due| if due <= now { BLINK } else { until(due).min(IDLE) })
    }

    fn order(&mut self, order: Order) {
        self.tickets += 1;
        let ticket = Ticket(self.tickets);
        self.answers.insert(ticket, order.answer);
        self.step(Happened::Send(ticket, &order.outbound));
    }

    fn event(&mut self, event: Event) {
        match event {
            Event::Taken(ticket, taken) => self.step(Happened::Taken(ticket, taken)),
            Event::Socket(wire, number, event) => {
                // One that was closed, or had another in its place, has nothing to say any more.
                let Some((current, socket)) = self.sockets.get_mut(&wire) else { return };
                if *current != number {
                    return;
                }
                match event {
                    socket::Event::Opened(write) => {
                        socket.opened(write);
                        self.step(Happened::Opened(wire));
                    }
                    socket::Event::Heard(bytes) => self.step(Happened::Heard(wire, &bytes)),
                    socket::Event::Closed(why) => {
                        self.sockets.remove(&wire);
                        self.step(Happened::Closed(wire, &why));
                    }
                }
            }
        }
    }

    fn step(&mut self, happened: Happened<'_>) {
        let wishes = self.link.step(happened, self.clock.now());
        for wish in wishes {
            self.fulfil(wish);
        }
    }

    fn fulfil(&mut self, wish: Wish) {
        match wish {
            Wish::Open(wire, peer) => {
                self.opened += 1;
                let (number, tell) = (self.opened, self.tell.clone());
                let socket = Socket::open(peer, move |event| {
                    let tell = tell.clone();
                    async move { tell.send(Event::Socket(wire, number, event)).await.is_ok() }
                });
                self.sockets.insert(wire, (number, socket));
            }
            Wish::Write(wire, bytes) => {
                if let Some((number, socket)) = self.sockets.get(&wire)
                    && !socket.write(bytes)
                {
                    let why = "the provider does not read what is written".to_owned();
                    let closed = Event::Socket(wire, *number, socket::Event::Closed(why));
                    let _told_already = self.tell.try_send(closed);
                }
            }
            Wish::Close(wire) => {
                self.sockets.remove(&wire);
            }
            Wish::Deliver { ticket, delivery, perhaps } => {
                self.deliver(Brought { ticket, delivery: *delivery, perhaps });
            }
            Wish::Settle(ticket, outcome) => {
                if let Some(answer) = self.answers.remove(&ticket) {
                    let _nobody_waits = answer.send(outcome);
                }
            }
            Wish::Say(weight, words) => self.say(weight, &words),
            Wish::End { heard } => self.ended = Some(heard),
        }
    }

    fn say(&self, weight: Weight, words: &str) {
        let (account, words) = (&self.account, mask_numbers(words));
        match weight {
            Weight::Info => tracing::info!(%account, %words, "link"),
            Weight::Warning => tracing::warn!(%account, %words, "link"),
            Weight::Error => tracing::error!(%account, %words, "link"),
        }
    }

    /// Hands a delivery to the lane of its person.
    fn deliver(&mut self, brought: Brought) {
        let lane = lane(&brought.delivery);
        let queue = self.lanes.entry(lane).or_insert_with(|| {
            let (queue, mut waiting) = mpsc::unbounded_channel::<Brought>(); // the link has a limit of its own
            let (account, gate, tell) = (self.account.clone(), Arc::clone(&self.taker), self.tell.clone());
            tokio::spawn(async move {
                while let Some(Brought { ticket, delivery, perhaps }) = waiting.recv().await {
                    let taken = gate.take(&account, delivery, &perhaps).await;
                    let _link_ended = tell.send(Event::Taken(ticket, taken)).await;
                }
            });
            queue
        });
        let _lane_ended = queue.send(brought);
    }
}

/// Where a delivery waits for those before it.
fn lane(delivery: &Delivery) -> usize {
    let hash = match delivery {
        Delivery::Text(inbound) => FxBuildHasher.hash_one(inbound.from),
        Delivery::Part(part) => FxBuildHasher.hash_one(part.inbound.from),
        Delivery::OptOut { from, .. } => FxBuildHasher.hash_one(from),
        Delivery::Receipt(receipt) => FxBuildHasher.hash_one(&receipt.id),
        Delivery::Unread { .. } => 0,
    };
    usize::try_from(hash % LANES as u64).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::SystemClock;
    use crate::provider::{Catalogue, Settings};
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::sync::Semaphore;

    const ENQUIRE_LINK: u32 = 0x15;
    const DELIVER_SM: u32 = 0x05;
    const BIND_TRANSCEIVER: u32 = 0x09;
    const UNBIND: u32 = 0x06;
    const ANSWER: u32 = 0x8000_0000;

    /// Takes what comes when it is let.
    struct Gate(Semaphore);

    #[async_trait]
    impl Taker for Gate {
        async fn take(&self, _: &AccountId, _: Delivery, _: &[MessageId]) -> Taken {
            self.0.acquire().await.expect("the gate is never closed for good").forget();
            Taken::Kept
        }
    }

    fn opener(port: u16) -> Opener {
        let mut settings = Settings { account: "smsc".to_owned(), ..Settings::default() };
        settings.plain.insert("address".to_owned(), format!("127.0.0.1:{port}"));
        settings.plain.insert("system_id".to_owned(), "sayso".to_owned());
        settings.secrets.insert("password".to_owned(), vec!["secret".into()]);
        match Catalogue::default().kind("smpp").expect("it is shipped").open(&settings) {
            Ok(Way::Link(opener)) => opener,
            Ok(Way::Calls(_)) | Err(_) => panic!("SMPP keeps a link"),
        }
    }

    async fn write(stream: &mut TcpStream, id: u32, number: u32, body: &[u8]) {
        let length = u32::try_from(16 + body.len()).expect("a short one");
        let head = [length, id, 0, number].map(u32::to_be_bytes).concat();
        stream.write_all(&[&head, body].concat()).await.expect("the link reads");
    }

    /// What the next PDU is, and its number.
    async fn read(stream: &mut TcpStream) -> (u32, u32) {
        let mut words = [0; 4];
        for word in &mut words {
            *word = stream.read_u32().await.expect("the link writes");
        }
        let rest = usize::try_from(words[0]).expect("a short one") - 16;
        stream.read_exact(&mut vec![0; rest]).await.expect("the link writes");
        (words[1], words[3])
    }

    #[tokio::test]
    async fn a_text_is_answered_behind_all_else_until_it_is_taken() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("loopback");
        let port = listener.local_addr().expect("it listens").port();
        let gate = Arc::new(Gate(Semaphore::new(0)));
        let (_orders, waiting) = mpsc::channel(1);
        let (stop, stopped) = watch::channel(false);
        let link = opener(port).open(Use::Serving);
        let run = Run::new("smsc".into(), link, Arc::clone(&gate) as Arc<dyn Taker>, Arc::new(SystemClock));
        let run = tokio::spawn(run.until(waiting, stopped, false));
        let (mut smsc, _) = listener.accept().await.expect("the link comes");
        assert_eq!(read(&mut smsc).await, (BIND_TRANSCEIVER, 1));
        write(&mut smsc, BIND_TRANSCEIVER | ANSWER, 1, b"smsc\0").await;

        let text = b"\0\x01\x0114045550123\0\x01\x0114045550100\0\0\0\0\0\0\0\0\0\0\x04JOIN";
        write(&mut smsc, DELIVER_SM, 7, text).await;
        for number in 8..12 {
            write(&mut smsc, ENQUIRE_LINK, number, b"").await;
            assert_eq!(read(&mut smsc).await, (ENQUIRE_LINK | ANSWER, number), "the text is not taken yet");
        }
        gate.0.add_permits(1);
        assert_eq!(read(&mut smsc).await, (DELIVER_SM | ANSWER, 7));

        stop.send_replace(true);
        assert_eq!(read(&mut smsc).await, (UNBIND, 2));
        drop(smsc);
        // This process took the place of one that nobody knows the end of.
        assert!(!run.await.expect("it ends with the connection"));
    }
}
