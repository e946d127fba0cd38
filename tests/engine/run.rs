//! One run: people write, providers deliver twice and late, time jumps, the process crashes; then everything comes to
//! rest, and the laws are looked at. All of it follows from the seed.

use crate::brands::{BOTS, OWN, SHARED, TEXTS};
use crate::chance::{Chance, Points};
use crate::disk::{Disk, at_once, everything};
use crate::world::{World, accounts};
use jiff::{SignedDuration, Timestamp};
use sayso::consent::How;
use sayso::dialogue::{Cause, Event, Human};
use sayso::engine::{Arrival, Clock, CountedChance, Engine, ManualClock, Outside, Parts, Transport};
use sayso::provider::Delivery;
use sayso::sms::{AccountId, Inbound, Key, MessageId, Phone, Receipt, ReceiptState, Sender};
use sayso::store::{Resolution, Scanned, Store, Table};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinSet;

/// People who write.
const PEOPLE: usize = 5;
/// Things that happen in a run before it comes to rest.
const HAPPENINGS: usize = 400;
/// Steps after that; a run that needs more never comes to rest.
const STEPS_MAX: usize = 200_000;
/// For how long a provider delivers a text again; the store remembers three times as long.
const AGAIN_WITHIN: SignedDuration = SignedDuration::from_hours(24);
/// Longer than the engine's loops sleep.
const NAP: Duration = Duration::from_millis(600);

/// A text that somebody wrote.
#[derive(Debug, Clone)]
pub(crate) struct Written {
    pub(crate) inbound: Inbound,
    /// Texts of the same person to the same number that had been acknowledged before this one was first delivered.
    pub(crate) after: Vec<usize>,
    first_delivered: Timestamp,
    deliveries: usize,
    pub(crate) acknowledged: bool,
}

/// The run.
pub(crate) struct Run {
    chance: Arc<Chance>,
    points: Arc<Points>,
    pub(crate) disk: Arc<Disk>,
    pub(crate) world: Arc<World>,
    clock: Arc<ManualClock>,
    engine: Arc<Engine>,
    /// The engine's own loops, and the webhooks that are being handled.
    process: JoinSet<()>,
    texts: Arc<Mutex<Vec<Written>>>,
}

fn engine(disk: &Arc<Disk>, world: &Arc<World>, clock: &Arc<ManualClock>) -> Arc<Engine> {
    Arc::new(Engine::new(Parts {
        bots: BOTS.clone(),
        closed: Vec::new(),
        accounts: accounts(),
        store: Arc::clone(disk) as Arc<dyn Store>,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        transport: Arc::clone(world) as Arc<dyn Transport>,
        outside: Arc::clone(world) as Arc<dyn Outside>,
        secrets: BTreeMap::from([(
            "alba".into(),
            BTreeMap::from([("crm-key".to_owned(), vec!["0123456789abcdef0123456789abcdef".into()])]),
        )]),
        chance: Arc::new(CountedChance::default()),
        log_numbers: false,
    }))
}

/// What a webhook does: every delivery becomes turns on the disk, or it comes again.
async fn webhook(engine: &Engine, account: &AccountId, delivery: Delivery) -> bool {
    let Ok(arrivals) = engine.arrivals(account, delivery).await else { return false };
    for arrival in arrivals {
        if engine.receive(arrival).await.is_err() {
            return false;
        }
    }
    true
}

impl Run {
    /// Lives through one seed; panics where a law is broken.
    pub(crate) async fn of(seed: u64) -> Self {
        let (chance, points) = (Arc::new(Chance::new(seed)), Arc::new(Points::default()));
        let disk = Arc::new(Disk::new(Arc::clone(&points), Arc::clone(&chance)));
        let world = Arc::new(World::new(Arc::clone(&points), Arc::clone(&chance), Arc::clone(&disk)));
        let hour = i64::try_from(chance.below(24 * 30)).unwrap();
        let clock = Arc::new(ManualClock::new(Timestamp::from_second(1_780_000_000 + hour * 3_600).unwrap()));
        let engine = engine(&disk, &world, &clock);
        let (process, texts) = (JoinSet::new(), Arc::default());
        let mut run = Self { chance, points, disk, world, clock, engine, process, texts };
        run.start();
        for _ in 0..HAPPENINGS {
            run.happen().await;
            run.rest().await;
        }
        run.come_to_rest().await;
        run.process.shutdown().await;
        run
    }

    pub(crate) fn texts(&self) -> Vec<Written> {
        self.texts.lock().unwrap().clone()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// The engine's loops begin.
    fn start(&mut self) {
        self.process.spawn(Arc::clone(&self.engine).run_outbox());
        self.process.spawn(Arc::clone(&self.engine).run_timers());
    }

    /// Until nobody walks any more: everybody waits at a point, for somebody else, or for time to pass.
    async fn rest(&mut self) {
        let (mut seen, mut still) = (self.points.passed(), 0);
        while still < 4 {
            tokio::task::yield_now().await;
            let passed = self.points.passed();
            still = if passed == seen { still + 1 } else { 0 };
            seen = passed;
        }
        while let Some(ended) = self.process.try_join_next() {
            ended.expect("no webhook ends in a panic");
        }
    }

    async fn happen(&mut self) {
        match self.chance.below(1_000) {
            0..640 => {
                if !self.points.let_one_go(&self.chance) {
                    tokio::time::advance(NAP).await;
                }
            }
            640..720 => self.write(),
            720..780 => self.deliver_again(),
            780..800 => self.receipt(),
            800..806 => self.opt_out(),
            806..824 => self.outer_event(),
            824..830 => self.operator_decides().await,
            830..990 => self.time_passes().await,
            _ => self.crash().await,
        }
    }

    fn phone(&self) -> Phone {
        format!("+1404555013{}", self.chance.below(PEOPLE)).parse().unwrap()
    }

    /// Somebody writes something, to the one number or the other.
    fn write(&mut self) {
        let (account, to) = if self.chance.hits(600) { ("one", OWN) } else { ("two", SHARED) };
        let (from, to): (Phone, Sender) = (self.phone(), to.parse().unwrap());
        let body = (*self.chance.one_of(&TEXTS)).to_owned();
        let number = {
            let mut texts = self.texts.lock().unwrap();
            let before = texts.iter().enumerate();
            let before = before
                .filter(|(_, text)| text.acknowledged && text.inbound.from == from && text.inbound.to == to);
            let after = before.map(|(number, _)| number).collect();
            let number = texts.len();
            let id = MessageId::from(format!("in-{number}").as_str());
            let inbound = Inbound {
                account: account.into(),
                id,
                from,
                to,
                body,
                sent_at: None,
                media: Vec::new(),
                hint: None,
                missing: 0,
            };
            let first_delivered = self.clock.now();
            texts.push(Written { inbound, after, first_delivered, deliveries: 0, acknowledged: false });
            number
        };
        self.deliver(number);
    }

    /// The provider delivers a text.
    fn deliver(&mut self, number: usize) {
        let inbound = {
            let mut texts = self.texts.lock().unwrap();
            texts[number].deliveries += 1;
            texts[number].inbound.clone()
        };
        let (engine, texts) = (Arc::clone(&self.engine), Arc::clone(&self.texts));
        self.process.spawn(async move {
            let account = inbound.account.clone();
            let taken = webhook(&engine, &account, Delivery::Text(inbound)).await;
            let mut texts = texts.lock().unwrap();
            texts[number].deliveries -= 1;
            texts[number].acknowledged |= taken;
        });
    }

    /// The provider delivers a text once more: it heard no answer, or a refusal, or is in doubt.
    fn deliver_again(&mut self) {
        let now = self.clock.now();
        let again: Vec<usize> = {
            let texts = self.texts.lock().unwrap();
            let young = |text: &Written| now.duration_since(text.first_delivered) < AGAIN_WITHIN;
            (0..texts.len()).filter(|number| young(&texts[*number])).collect()
        };
        if !again.is_empty() {
            let number = *self.chance.one_of(&again);
            self.deliver(number);
        }
    }

    fn spawn(&mut self, account: &'static str, delivery: Delivery) {
        let engine = Arc::clone(&self.engine);
        self.process.spawn(async move {
            webhook(&engine, &account.into(), delivery).await;
        });
    }

    fn receipt(&mut self) {
        let delivered = self.world.delivered();
        if delivered.is_empty() {
            return;
        }
        let of = self.chance.one_of(&delivered).clone();
        let state =
            *self.chance.one_of(&[ReceiptState::Delivered, ReceiptState::Sent, ReceiptState::Undelivered]);
        let account = if self.chance.hits(600) { "one" } else { "two" };
        let receipt = Receipt {
            account: account.into(),
            id: of.id,
            state,
            code: None,
            opted_out: self.chance.hits(50),
            bad_number: false,
        };
        self.spawn(account, Delivery::Receipt(receipt));
    }

    fn opt_out(&mut self) {
        let (account, to) = if self.chance.hits(500) { ("one", OWN) } else { ("two", SHARED) };
        let from = self.phone();
        self.spawn(account, Delivery::OptOut { from, to: to.parse().unwrap(), how: How::Provider });
    }

    /// A campaign reaches somebody, or a human does something.
    fn outer_event(&mut self) {
        let brand = *self.chance.one_of(&["alba", "bruno", "carla"]);
        let key = Key { brand: brand.into(), phone: self.phone() };
        let event = match self.chance.below(4) {
            0 => Event::Human(Human::Wrote { body: "I am a person.".to_owned() }),
            1 => Event::Human(Human::GaveBack),
            _ => Event::Start { flow: "welcome".to_owned(), cause: Cause::Campaign },
        };
        let engine = Arc::clone(&self.engine);
        self.process.spawn(async move {
            let _may_fail = engine.receive(Arrival::other(key, event)).await;
        });
    }

    /// An operator looks at what is left over, and decides.
    async fn operator_decides(&mut self) {
        let rows = everything(&*self.disk.now(), Table::Outbox).await.into_iter().filter_map(Scanned::row);
        let rows: Vec<_> = rows.filter(|row| row.errand.send().is_some()).collect();
        if rows.is_empty() {
            return;
        }
        let row = self.chance.one_of(&rows).id;
        let resolution = *self.chance.one_of(&[Resolution::Sent, Resolution::Resend, Resolution::Drop]);
        let engine = Arc::clone(&self.engine);
        self.process.spawn(async move {
            let _may_fail = engine.resolve(row, resolution, "somebody").await;
        });
    }

    /// Mostly a little; sometimes the machine slept, and sometimes its clock is put back.
    async fn time_passes(&mut self) {
        let seconds = match self.chance.below(20) {
            0..14 => self.chance.below(6),
            14..16 => 90,
            16..18 => 3_600,
            18 => 3 * 3_600,
            _ => 0,
        };
        let seconds = i64::try_from(seconds).unwrap();
        let jump = match self.chance.below(60) {
            0 => SignedDuration::from_secs(-2),
            1 => SignedDuration::from_secs(-3_600),
            2 => SignedDuration::from_hours(14),
            _ => SignedDuration::from_secs(seconds),
        };
        self.clock.advance(jump);
        tokio::time::advance(NAP).await;
    }

    /// The process ends, whatever it was doing, and the next one begins on what is on the disk.
    async fn crash(&mut self) {
        self.process.abort_all();
        while self.process.join_next().await.is_some() {}
        self.texts.lock().unwrap().iter_mut().for_each(|text| text.deliveries = 0);
        self.disk.crash();
        self.engine = engine(&self.disk, &self.world, &self.clock);
        self.start();
    }

    /// Nothing goes wrong any more: all that is owed is done.
    async fn come_to_rest(&mut self) {
        self.disk.calm();
        self.world.calm();
        let end = self.clock.now() + SignedDuration::from_hours(24 * 10);
        for _ in 0..STEPS_MAX {
            self.rest().await;
            if self.points.let_one_go(&self.chance) || self.deliver_the_rest() {
                continue;
            }
            let before = self.points.passed();
            tokio::time::advance(NAP).await;
            self.rest().await;
            // A look of the outbox and one of the timers is all that happens when there is nothing to do.
            let (looks, now) = (self.points.passed() - before, self.clock.now());
            match at_once(self.disk.now().next_due()).unwrap() {
                Some(due) if due > end => return,
                None if looks <= 2 => return self.finish_looking().await,
                Some(due) if due > now => self.clock.set(due),
                // Due and not done: it is being done, or waits its minute after a failure.
                _ => self.clock.advance(SignedDuration::from_secs(1)),
            }
        }
        panic!("it never comes to rest; {:?} is due at {}", self.disk.now(), self.clock.now());
    }

    async fn finish_looking(&mut self) {
        while self.points.let_one_go(&self.chance) {
            self.rest().await;
        }
    }

    /// Delivers what was never acknowledged; false when there is nothing like that.
    fn deliver_the_rest(&mut self) -> bool {
        let now = self.clock.now();
        let open: Vec<usize> = {
            let texts = self.texts.lock().unwrap();
            let is_open = |text: &Written| {
                let young = now.duration_since(text.first_delivered) < AGAIN_WITHIN;
                !text.acknowledged && text.deliveries == 0 && young
            };
            (0..texts.len()).filter(|number| is_open(&texts[*number])).collect()
        };
        for number in &open {
            self.deliver(*number);
        }
        !open.is_empty()
    }
}
