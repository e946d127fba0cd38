//! Texts that come in parts, through the engine with a clock that stands: joined when all are there, or taken as they are when
//! one never comes; one turn each, whatever comes twice.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use jiff::{SignedDuration, Timestamp};
use sayso::dialogue::Event;
use sayso::engine::Received;
use sayso::provider::Delivery;
use sayso::simulator::Simulation;
use sayso::sms::{Inbound, Part, Phone};
use sayso::store::PARTS_WITHIN;
use sayso::workspace::Workspace;
use std::path::Path;
use std::sync::Arc;

struct Scene {
    simulation: Simulation,
    ana: Phone,
}

impl Scene {
    fn new() -> Self {
        let workspace = Workspace::open(Path::new(env!("CARGO_MANIFEST_DIR")));
        let bot = Arc::clone(workspace.bots.first().expect("the example brands are sound"));
        let begin: Timestamp = "2026-06-01T16:00:00Z".parse().unwrap();
        let simulation = Simulation::new(&bot, begin).unwrap();
        Self { simulation, ana: "+14045550123".parse().unwrap() }
    }

    /// Part `number` of `total`, under an id; what became of it.
    async fn part(&self, reference: &str, number: u8, total: u8, id: &str, body: &str) -> Vec<Received> {
        let bot = self.simulation.engine().bot(&self.simulation.key(self.ana).brand).unwrap();
        let line = bot.numbers.first().unwrap();
        let inbound = Inbound {
            account: line.account.clone(),
            id: id.into(),
            from: self.ana,
            to: line.sender,
            body: body.to_owned(),
            sent_at: None,
            media: Vec::new(),
            hint: None,
            missing: 0,
        };
        let part = Part::new(inbound, reference.to_owned(), number, total).unwrap();
        let engine = self.simulation.engine();
        let mut received = Vec::new();
        for arrival in engine.arrivals(&line.account, Delivery::Part(part)).await.unwrap() {
            received.push(engine.receive(arrival).await.unwrap());
        }
        received
    }

    /// The texts that became turns: words, and how many parts are missing.
    async fn texts(&self) -> Vec<(String, u8)> {
        let turns = self.simulation.turns_behind(0).await.unwrap();
        let text = |event: Event| if let Event::Text(inbound) = event { Some(inbound) } else { None };
        let texts = turns.into_iter().filter_map(|(_, entry)| text(entry.event));
        texts.map(|inbound| (inbound.body, inbound.missing)).collect()
    }

    async fn pass(&mut self, time: SignedDuration) {
        self.simulation.advance(time).await.unwrap();
    }
}

#[tokio::test]
async fn parts_in_any_order_are_one_turn() {
    let scene = Scene::new();
    assert_eq!(scene.part("7", 3, 3, "c", "again").await, []);
    assert_eq!(scene.part("7", 1, 3, "a", "here ").await, []);
    let [Received::Turn { .. }] = scene.part("7", 2, 3, "b", "and ").await[..] else { panic!("it is whole") };
    assert_eq!(scene.texts().await, [("here and again".to_owned(), 0)]);
}

#[tokio::test]
async fn parts_that_come_twice_change_nothing() {
    let mut scene = Scene::new();
    for _ in 0..2 {
        scene.part("7", 2, 2, "b", "again").await;
    }
    for _ in 0..2 {
        scene.part("7", 1, 2, "a", "here ").await;
        scene.part("7", 2, 2, "b", "again").await;
    }
    scene.pass(SignedDuration::from_hours(2)).await;
    assert_eq!(scene.texts().await, [("here again".to_owned(), 0)]);
}

#[tokio::test]
async fn what_is_there_is_taken_with_a_mark_when_a_part_never_comes() {
    let mut scene = Scene::new();
    scene.part("7", 1, 3, "a", "here ").await;
    scene.part("7", 3, 3, "c", "again").await;
    scene.pass(PARTS_WITHIN - SignedDuration::from_secs(1)).await;
    assert_eq!(scene.texts().await, []);
    scene.pass(SignedDuration::from_secs(2)).await;
    assert_eq!(scene.texts().await, [("here …again".to_owned(), 1)]);
    // What was taken is not taken again.
    scene.part("7", 1, 3, "a", "here ").await;
    scene.pass(SignedDuration::from_hours(1)).await;
    assert_eq!(scene.texts().await.len(), 1);
}

#[tokio::test]
async fn two_texts_at_once_are_told_apart() {
    let scene = Scene::new();
    scene.part("7", 1, 2, "a", "one ").await;
    scene.part("8", 1, 2, "b", "two ").await;
    scene.part("8", 2, 2, "c", "zwei").await;
    scene.part("7", 2, 2, "d", "eins").await;
    assert_eq!(scene.texts().await, [("two zwei".to_owned(), 0), ("one eins".to_owned(), 0)]);
}
