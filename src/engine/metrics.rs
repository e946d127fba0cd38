//! Numbers for operators, in the text format of Prometheus. `docs/operating.md` says what each means and when to worry.
//!
//! To count costs no lock and no allocation where the words of a label are known before, as they are for all that a
//! turn counts. No label holds a number of a person or the name of a brand: of both there may be too many.

use super::clock::Stopwatch;
use super::{Engine, ReceiveError, Received};
use crate::consent::{Refusal, Why};
use crate::dialogue::Errand;
use crate::store::{Death, Settlement, StoreError, Tally};
use jiff::Timestamp;
use prometheus::core::Collector;
use prometheus::{
    Gauge, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts,
    Registry, TextEncoder,
};
use rustc_hash::FxHashMap;

/// Bounds of what is measured, in seconds: from a turn that finds everything in memory to a provider that is given up.
#[rustfmt::skip]
const SECONDS: [f64; 17] = [
    0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0,
];
/// The same for timers, which are looked at twice a second: late by minutes is what matters.
const SECONDS_LATE: [f64; 9] = [0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0, 1_800.0, 7_200.0];

/// Events that are counted from the beginning; another one is counted from its first time.
const EVENTS: [&str; 6] = ["text", "timer", "receipt", "lookup", "opt-out", "taken"];
/// What an event can come to.
const OUTCOMES: [&str; 5] = ["turn", "duplicate", "unchanged", "refused", "error"];
/// What leaves the house.
const ERRANDS: [&str; 3] = ["message", "lookup", "webhook"];
/// What a message can come to: [`Settlement::name`].
const SETTLEMENTS: [&str; 6] = ["sent", "done", "retry", "held", "unknown", "dead"];

/// A part of a turn that is measured.
#[derive(Debug, Clone, Copy)]
pub(super) enum TurnStage {
    /// Waiting until other events of the same person are done.
    Lane,
    /// Reading the dialogue.
    Load,
    /// Understanding the text, and the step.
    Step,
    /// Until it is on the disk.
    Commit,
    /// All of it.
    Whole,
}

/// A part of a send that is measured.
#[derive(Debug, Clone, Copy)]
pub(super) enum SendStage {
    /// What the gate must know, and its verdict.
    Gate,
    /// The provider's answer.
    Provider,
}

/// Everything that is counted and measured.
pub struct Metrics {
    registry: Registry,
    turns: Counters,
    turn_seconds: [Histogram; 5],
    sends: Counters,
    send_seconds: [Histogram; 2],
    refusals: Counters,
    holds: Counters,
    webhooks: IntCounterVec,
    timer_lateness: Histogram,
    timers_due: IntGauge,
    gauges: Gauges,
}

/// What is asked for when somebody looks.
struct Gauges {
    rows: IntGaugeVec,
    oldest_row: Gauge,
    oldest_timer: Gauge,
    reviews: IntGauge,
    oldest_review: Gauge,
    brands: IntGauge,
    closed: IntGauge,
}

/// Counters whose words are known before: these are found without a lock, and are there at 0 before the first time.
struct Counters {
    family: IntCounterVec,
    known: FxHashMap<Vec<&'static str>, IntCounter>,
}

impl Counters {
    fn count(&self, words: &[&'static str]) {
        match self.known.get(words) {
            Some(counter) => counter.inc(),
            None => self.family.with_label_values(words).inc(),
        }
    }
}

/// A part of the metrics that takes its place in the registry when it is made.
struct Maker<'r>(&'r Registry);

impl Maker<'_> {
    fn put<C: Collector + Clone + 'static>(&self, made: Result<C, prometheus::Error>) -> C {
        let made = made.expect("the names of this file are valid");
        self.0.register(Box::new(made.clone())).expect("the names of this file differ");
        made
    }

    fn gauge(&self, name: &str, help: &str) -> Gauge {
        self.put(Gauge::new(name, help))
    }

    fn count(&self, name: &str, help: &str) -> IntGauge {
        self.put(IntGauge::new(name, help))
    }

    fn counters(
        &self,
        (name, help): (&str, &str),
        labels: &[&str],
        known: impl IntoIterator<Item = Vec<&'static str>>,
    ) -> Counters {
        let family = self.put(IntCounterVec::new(Opts::new(name, help), labels));
        let known = known.into_iter().map(|words| (words.clone(), family.with_label_values(&words)));
        let known = known.collect();
        Counters { family, known }
    }

    fn stages<const N: usize>(&self, name: &str, help: &str, stages: [&str; N]) -> [Histogram; N] {
        let bounds = HistogramOpts::new(name, help).buckets(SECONDS.to_vec());
        let family = self.put(HistogramVec::new(bounds, &["stage"]));
        stages.map(|stage| family.with_label_values(&[stage]))
    }
}

impl Default for Metrics {
    fn default() -> Self {
        let registry = Registry::new();
        let make = Maker(&registry);
        let pairs = |ones: &[&'static str], others: &[&'static str]| -> Vec<Vec<&'static str>> {
            ones.iter().flat_map(|one| others.iter().map(move |other| vec![*one, *other])).collect()
        };
        let turns = ("sayso_turns_total", "Events that were handled, by what they came to.");
        let sends = ("sayso_sends_total", "Attempts at what leaves the house, by what they came to.");
        let refusals = ("sayso_gate_refusals_total", "Messages that the gate refused for good.");
        let holds = ("sayso_gate_holds_total", "Times that the gate let a message wait.");
        let late = HistogramOpts::new("sayso_timer_lateness_seconds", "How late timers rang.");
        let webhooks =
            Opts::new("sayso_webhooks_total", "Webhooks of providers, by the status of the answer.");
        Self {
            turns: make.counters(turns, &["event", "outcome"], pairs(&EVENTS, &OUTCOMES)),
            turn_seconds: make.stages(
                "sayso_turn_seconds",
                "How long parts of turns took.",
                ["lane", "load", "step", "commit", "whole"],
            ),
            sends: make.counters(sends, &["errand", "settlement"], pairs(&ERRANDS, &SETTLEMENTS)),
            send_seconds: make.stages(
                "sayso_send_seconds",
                "How long parts of sends took.",
                ["gate", "provider"],
            ),
            refusals: make.counters(refusals, &["reason"], Refusal::NAMES.map(|name| vec![name])),
            holds: make.counters(holds, &["reason"], Why::ALL.map(|why| vec![why.name()])),
            webhooks: make.put(IntCounterVec::new(webhooks, &["account", "status"])),
            timer_lateness: make.put(Histogram::with_opts(late.buckets(SECONDS_LATE.to_vec()))),
            timers_due: make.count("sayso_timers_due", "Timers that were due when they were last looked at."),
            gauges: Gauges::new(&make),
            registry,
        }
    }
}

impl Gauges {
    fn new(make: &Maker<'_>) -> Self {
        let rows = Opts::new("sayso_outbox_rows", "Messages in the outbox, by their state.");
        Self {
            rows: make.put(IntGaugeVec::new(rows, &["state"])),
            oldest_row: make.gauge(
                "sayso_outbox_oldest_due_seconds",
                "For how long the oldest waiting message has been due.",
            ),
            oldest_timer: make
                .gauge("sayso_timers_oldest_due_seconds", "For how long the oldest timer has been due."),
            reviews: make
                .count("sayso_reviews_waiting", "Texts that may be opt-outs and that nobody has read."),
            oldest_review: make
                .gauge("sayso_reviews_oldest_seconds", "For how long the oldest of them has waited."),
            brands: make.count("sayso_brands_served", "Brands that are served."),
            closed: make
                .count("sayso_numbers_closed", "Numbers whose brands have errors and are not served."),
        }
    }

    fn set(&self, tally: &Tally, now: Timestamp) {
        let since =
            |at: Option<Timestamp>| at.map_or(0.0, |at| now.duration_since(at).as_secs_f64().max(0.0));
        for (state, count) in tally.rows.iter() {
            self.rows.with_label_values(&[state]).set(whole(count));
        }
        self.oldest_row.set(since(tally.first_due));
        self.oldest_timer.set(since(tally.first_alarm));
        self.reviews.set(whole(tally.reviews));
        self.oldest_review.set(since(tally.first_review));
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

impl Metrics {
    pub(super) fn turn(&self, event: &'static str, result: &Result<Received, ReceiveError>) {
        let outcome = match result {
            Ok(Received::Turn { .. }) => "turn",
            Ok(Received::Duplicate) => "duplicate",
            Ok(Received::Unchanged) => "unchanged",
            Err(ReceiveError::Store(_) | ReceiveError::Contended) => "error",
            Err(_) => "refused",
        };
        self.turns.count(&[event, outcome]);
    }

    pub(super) fn turn_stage(&self, stage: TurnStage, seconds: f64) {
        self.turn_seconds[stage as usize].observe(seconds);
    }

    pub(super) fn send(&self, errand: &Errand, settlement: &Settlement) {
        let errand = match errand {
            Errand::Send(_) => "message",
            Errand::Lookup(_) => "lookup",
            Errand::Notify(_) => "webhook",
        };
        self.sends.count(&[errand, settlement.name()]);
        match settlement {
            Settlement::Dead { why: Death::Refused(refusal) } => self.refusals.count(&[refusal.name()]),
            Settlement::Hold { why: Some(obstacle), .. } => self.holds.count(&[obstacle.why.name()]),
            Settlement::Dead { .. }
            | Settlement::Hold { .. }
            | Settlement::Sent { .. }
            | Settlement::Done
            | Settlement::Retry { .. }
            | Settlement::Unknown { .. } => {}
        }
    }

    pub(super) fn send_stage(&self, stage: SendStage, seconds: f64) {
        self.send_seconds[stage as usize].observe(seconds);
    }

    /// Timers were looked at; how late each of those that are due is.
    pub(super) fn timers(&self, late: impl Iterator<Item = f64>) {
        let mut due = 0;
        for seconds in late {
            due += 1;
            self.timer_lateness.observe(seconds);
        }
        self.timers_due.set(due);
    }

    fn text(&self) -> Result<String, prometheus::Error> {
        TextEncoder::new().encode_to_string(&self.registry.gather())
    }
}

/// A measurement that goes on: from one lap to the next.
pub(super) struct Laps<'m>(Option<(&'m Metrics, Stopwatch)>);

impl Laps<'_> {
    /// A part of a turn ends here.
    pub(super) fn turn(&mut self, stage: TurnStage) {
        if let Some((metrics, watch)) = &mut self.0 {
            metrics.turn_stage(stage, watch.lap());
        }
    }

    /// A part of a send ends here.
    pub(super) fn send(&mut self, stage: SendStage) {
        if let Some((metrics, watch)) = &mut self.0 {
            metrics.send_stage(stage, watch.lap());
        }
    }
}

impl Engine {
    /// The same engine, which counts and measures what it does.
    #[must_use]
    pub fn measured(self) -> Self {
        Self { metrics: Some(Metrics::default()), ..self }
    }

    /// A measurement that begins now. Without metrics it costs nothing.
    pub(super) fn laps(&self) -> Laps<'_> {
        Laps(self.metrics.as_ref().map(|metrics| (metrics, Stopwatch::start())))
    }

    /// Counts the answer to a webhook. An account that is not there is counted as `unknown`: anybody can make up names.
    pub fn answered(&self, account: &crate::sms::AccountId, status: &str) {
        if let Some(metrics) = &self.metrics {
            let account = if self.account(account).is_some() { account.as_str() } else { "unknown" };
            metrics.webhooks.with_label_values(&[account, status]).inc();
        }
    }

    /// All metrics in the text format of Prometheus; none, where nothing is measured. O(metrics), and one question to
    /// the store.
    pub async fn metrics(&self) -> Result<String, StoreError> {
        let Some(metrics) = &self.metrics else { return Ok(String::new()) };
        let tally = self.store.tally().await?;
        metrics.gauges.set(&tally, self.clock.now());
        let (brands, closed) = self.served();
        metrics.gauges.brands.set(whole(brands));
        metrics.gauges.closed.set(whole(closed));
        metrics.text().map_err(|error| StoreError::Gone(error.to_string()))
    }
}
