//! Timers by a clock that is a value: it jumps ahead, is put back, and stands; each timer rings once, the oldest first.

use crate::brands::{BOTS, OWN};
use crate::chance::{Chance, Points};
use crate::disk::{Disk, everything};
use jiff::{SignedDuration, Timestamp};
use sayso::dialogue::Event;
use sayso::engine::transport::Nowhere;
use sayso::engine::{Arrival, Clock, CountedChance, Engine, ManualClock, Parts, ReceiveError, Received};
use sayso::sms::{Inbound, Key, Phone};
use sayso::store::{Death, MemoryStore, RowState, Scanned, Store, Table};
use std::collections::BTreeMap;
use std::sync::Arc;

/// In New York the clocks are put forward at 2:00 that night.
const BEFORE_THE_CLOCKS_CHANGE: &str = "2026-03-08T05:00:00Z";

pub(crate) fn engine_on(store: Arc<dyn Store>, clock: &Arc<ManualClock>) -> Arc<Engine> {
    Arc::new(Engine::new(Parts {
        bots: BOTS.clone(),
        closed: Vec::new(),
        accounts: Vec::new(),
        store,
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        transport: Arc::new(Nowhere),
        outside: Arc::new(Nowhere),
        secrets: BTreeMap::new(),
        chance: Arc::new(CountedChance::default()),
        log_numbers: false,
    }))
}

pub(crate) fn at(moment: &str) -> Timestamp {
    moment.parse().unwrap()
}

/// Somebody writes to the first brand, by a message of that number.
pub(crate) fn text(person: u64, message: u64, body: &str) -> Arrival {
    let from: Phone = format!("+1404555{person:04}").parse().unwrap();
    let inbound = Inbound {
        account: "one".into(),
        id: format!("in-{person}-{message}").as_str().into(),
        from,
        to: OWN.parse().unwrap(),
        body: body.to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint: None,
        missing: 0,
    };
    Arrival::text(Key { brand: "alba".into(), phone: from }, inbound)
}

/// People who were asked something and say nothing: each has a timer.
async fn asked(engine: &Engine, clock: &ManualClock, people: u64) {
    for person in 0..people {
        for (message, body) in ["JOIN", "yes"].into_iter().enumerate() {
            let received = engine.receive(text(person, message as u64, body)).await.unwrap();
            assert!(matches!(received, Received::Turn { .. }), "{received:?}");
        }
        clock.advance(SignedDuration::from_secs(1));
    }
}

/// How often each person's timers rang, by the turn that armed them. In hours in which nothing is begun a timer only says
/// when it rings instead.
async fn rung(store: &dyn Store) -> BTreeMap<(Key, u64), usize> {
    let mut rung = BTreeMap::new();
    for item in everything(store, Table::Turns).await {
        let Scanned::Turn { entry, .. } = item else { continue };
        if let (Event::Timer { armed_in }, false) = (&entry.event, entry.trace.ways.is_empty()) {
            *rung.entry((entry.key, *armed_in)).or_default() += 1;
        }
    }
    rung
}

async fn tick(engine: &Arc<Engine>) -> usize {
    let mut rang = 0;
    loop {
        match engine.tick().await.unwrap() {
            0 => return rang,
            more => rang += more,
        }
    }
}

#[tokio::test]
async fn a_clock_that_jumps_rings_each_timer_once() {
    let clock = Arc::new(ManualClock::new(at(BEFORE_THE_CLOCKS_CHANGE)));
    let store = Arc::new(MemoryStore::default());
    let engine = engine_on(Arc::clone(&store) as Arc<dyn Store>, &clock);
    asked(&engine, &clock, 20).await;
    assert_eq!(tick(&engine).await, 0, "nobody has been silent for long");
    let jumps = [
        SignedDuration::from_hours(14),  // the machine slept
        SignedDuration::from_hours(-14), // its clock is put right
        SignedDuration::from_mins(90),   // an hour that New York does not have lies between
        SignedDuration::from_secs(-3_600),
        SignedDuration::from_hours(12),
        SignedDuration::from_hours(24),
    ];
    for jump in jumps {
        clock.advance(jump);
        tick(&engine).await;
    }
    let rung = rung(&*store).await;
    let people: std::collections::BTreeSet<&Key> = rung.keys().map(|(key, _)| key).collect();
    assert_eq!(people.len(), 20, "every silence is noticed");
    assert!(rung.values().all(|times| *times == 1), "{rung:?}");
}

#[tokio::test]
async fn what_is_late_rings_oldest_first_and_says_how_late() {
    let clock = Arc::new(ManualClock::new(at("2026-06-01T14:00:00Z")));
    let store = Arc::new(MemoryStore::default());
    let engine = engine_on(Arc::clone(&store) as Arc<dyn Store>, &clock);
    asked(&engine, &clock, 300).await;
    let first = store.due(Timestamp::MAX, 1).await.unwrap()[0].at;
    clock.set(first + SignedDuration::from_mins(10));
    let before = engine.tick().await.unwrap();
    assert!(before < 300, "so many at once, and not all");
    assert_eq!(engine.timers_late(), SignedDuration::from_mins(10));
    let left = store.due(clock.now(), 1).await.unwrap();
    let oldest = first + SignedDuration::from_secs(i64::try_from(before).unwrap());
    assert_eq!(left[0].at, oldest, "those who have been silent for longest come first");
    assert_eq!(before + tick(&engine).await, 300);
    assert_eq!(engine.timers_late(), SignedDuration::ZERO);
}

#[tokio::test]
async fn timers_of_many_ring_beside_each_other() {
    let points = Arc::new(Points::default());
    let chance = Arc::new(Chance::new(1));
    let disk = Arc::new(Disk::new(Arc::clone(&points), Arc::clone(&chance)));
    disk.calm();
    let clock = Arc::new(ManualClock::new(at("2026-06-01T14:00:00Z")));
    // Twenty people, on the store behind the points at which everybody waits.
    asked(&engine_on(disk.now(), &clock), &clock, 20).await;
    clock.advance(SignedDuration::from_hours(25));
    let engine = engine_on(Arc::clone(&disk) as Arc<dyn Store>, &clock);
    let ticking = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { engine.tick().await }
    });
    let mut most = 0;
    while !ticking.is_finished() {
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        most = most.max(points.waiting());
        points.let_one_go(&chance);
    }
    assert_eq!(ticking.await.unwrap(), Ok(20));
    assert_eq!(most, 20, "so many wait for the store at once");
}

#[tokio::test]
async fn over_the_limit_nothing_is_taken_and_timers_go_on() {
    let points = Arc::new(Points::default());
    let chance = Arc::new(Chance::new(1));
    let disk = Arc::new(Disk::new(Arc::clone(&points), Arc::clone(&chance)));
    disk.calm();
    let clock = Arc::new(ManualClock::new(at("2026-06-01T14:00:00Z")));
    asked(&engine_on(disk.now(), &clock), &clock, 1).await;
    clock.advance(SignedDuration::from_hours(25));
    let engine = engine_on(Arc::clone(&disk) as Arc<dyn Store>, &clock);
    let mut storm = tokio::task::JoinSet::new();
    for person in 0..4_096 {
        let engine = Arc::clone(&engine);
        storm.spawn(async move { engine.receive(text(person, 7, "HELP")).await });
    }
    let timers = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { engine.tick().await }
    });
    for _ in 0..200 {
        tokio::task::yield_now().await;
    }
    let one_more = engine.receive(text(5_000, 1, "JOIN")).await;
    assert_eq!(one_more, Err(ReceiveError::Overloaded), "it is said at once, before anything is promised");
    while points.let_one_go(&chance) || !timers.is_finished() {
        tokio::task::yield_now().await;
    }
    assert_eq!(timers.await.unwrap(), Ok(1));
    while let Some(taken) = storm.join_next().await {
        assert!(matches!(taken.unwrap(), Ok(Received::Turn { .. })));
    }
    let key = text(5_000, 1, "JOIN").key;
    assert_eq!(disk.now().load(&key).await.unwrap().version, 0, "nothing of it was kept");
    let again = tokio::spawn({
        let engine = Arc::clone(&engine);
        async move { engine.receive(text(5_000, 1, "JOIN")).await }
    });
    while !again.is_finished() {
        tokio::task::yield_now().await;
        points.let_one_go(&chance);
    }
    assert!(matches!(again.await.unwrap(), Ok(Received::Turn { .. })), "and it comes again");
}

/// A brand that is not served for long owes answers that nobody wants any more.
#[tokio::test]
async fn what_was_held_for_too_long_is_dropped_with_its_reason() {
    let clock = Arc::new(ManualClock::new(at("2026-06-01T14:00:00Z")));
    let store = Arc::new(MemoryStore::default());
    let taken = engine_on(Arc::clone(&store) as Arc<dyn Store>, &clock).receive(text(1, 1, "HELP")).await;
    assert!(matches!(taken, Ok(Received::Turn { .. })));
    // The next process does not serve the brand.
    let engine = Engine::new(Parts {
        bots: Vec::new(),
        closed: Vec::new(),
        accounts: Vec::new(),
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: Arc::clone(&clock) as Arc<dyn Clock>,
        transport: Arc::new(Nowhere),
        outside: Arc::new(Nowhere),
        secrets: BTreeMap::new(),
        chance: Arc::new(CountedChance::default()),
        log_numbers: false,
    });
    let engine = Arc::new(engine.stale_after(SignedDuration::from_hours(72)));
    let mut states = Vec::new();
    for hours in [0, 71, 2] {
        clock.advance(SignedDuration::from_hours(hours));
        engine.dispatch().await.unwrap();
        let rows = everything(&*store, Table::Outbox).await.into_iter().filter_map(Scanned::row);
        states.extend(rows.map(|row| row.state));
    }
    assert_eq!(states, [RowState::Held, RowState::Held, RowState::Dead { why: Death::Stale }]);
}
