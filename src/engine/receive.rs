//! The straight line: an event comes in, and when this returns it is on the disk with all that it wants.

use super::Engine;
use super::metrics::TurnStage;
use super::outbox::way;
use crate::consent::How;
use crate::dialogue::{Effect, Event, Step, fingerprint, read, resume, step, to_record};
use crate::sms::{Inbound, Key, Receipt, Sender};
use crate::store::{Commit, Entry, PartsName, Snapshot, StoreError, Turn, Via};
use jiff::SignedDuration;
use tokio::sync::SemaphorePermit;
use tracing::{Instrument, field};

/// How often a turn is tried when others are faster; within one process lanes prevent it altogether.
const CONFLICTS_MAX: usize = 16;
/// Events that are being handled at once. At the slowest disk that was measured (2,000 turns a second) the last of them is
/// answered within two seconds, long before a provider gives up; whoever comes then is told to come again.
pub(super) const AT_ONCE_MAX: usize = 4_096;
/// How long replies wait for a provider that takes them only in the answer to the person's own text.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_hours(1);

/// An event for one subscriber of one brand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Arrival {
    /// Whose.
    pub key: Key,
    /// What happened.
    pub event: Event,
    /// The fingerprint of the provider's message id, for telling a second delivery.
    pub seen: Option<u64>,
    /// The parts that the text was joined of: they are forgotten when it is on the disk.
    pub(super) parts: Option<PartsName>,
}

impl Arrival {
    /// A text.
    #[must_use]
    pub fn text(key: Key, inbound: Inbound) -> Self {
        let seen = Some(fingerprint(&inbound.account, &inbound.id));
        Self { key, event: Event::Text(inbound), seen, parts: None }
    }

    /// Anything but a text: such events are harmless when they come twice.
    #[must_use]
    pub fn other(key: Key, event: Event) -> Self {
        Self { key, event, seen: None, parts: None }
    }

    pub(super) fn opt_out(key: Key, how: How, rule: &str) -> Self {
        Self::other(key, Event::OptOut { how, rule: rule.to_owned() })
    }

    pub(super) fn receipt(key: Key, receipt: Receipt) -> Self {
        Self::other(key, Event::Receipt(receipt))
    }
}

/// What became of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Received {
    /// A turn was made and is on the disk.
    Turn {
        /// Its number in the log.
        seq: u64,
        /// The turn.
        step: Box<Step>,
    },
    /// It had been handled before; nothing was done again.
    Duplicate,
    /// It was stale or said nothing new; nothing was written.
    Unchanged,
}

/// Why an event was not taken. It may come again: nothing was promised.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ReceiveError {
    /// No brand has this number by this account.
    #[error("no brand has the number {0} by this account")]
    UnknownNumber(Sender),
    /// The brand of this number has errors in its files.
    #[error("the brand of {0} cannot be served now; try again")]
    Closed(Sender),
    /// There is no such brand.
    #[error("there is no brand `{0}`")]
    UnknownBrand(String),
    /// So many are being handled that this one would wait for too long.
    #[error("too much is being handled at once; try again")]
    Overloaded,
    /// Others were faster, again and again.
    #[error("the dialogue is too busy; try again")]
    Contended,
    /// It is larger than the store takes, now and ever: a limit of ours is set wrong.
    #[error("{0}")]
    TooLarge(String),
    /// The store could not take it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Engine {
    /// Handles one event: exactly one turn, on the disk when this returns. This is the one place that steps and commits.
    pub async fn receive(&self, arrival: Arrival) -> Result<Received, ReceiveError> {
        let span = tracing::info_span!(
            "turn",
            brand = %arrival.key.brand,
            phone = %self.shown(arrival.key.phone),
            event = arrival.event.name(),
            intent = field::Empty,
            node = field::Empty,
            rung = field::Empty,
            outcome = field::Empty,
        );
        let mut whole = self.laps();
        let result = self.take(&arrival).instrument(span.clone()).await;
        whole.turn(TurnStage::Whole);
        record(&span, &result);
        if let Some(metrics) = &self.metrics {
            metrics.turn(arrival.event.name(), &result);
        }
        self.tell_turn(&arrival, &result);
        if let (Ok(_), Some(parts)) = (&result, &arrival.parts) {
            self.store.parts_done(parts).await?;
        }
        result
    }

    async fn take(&self, arrival: &Arrival) -> Result<Received, ReceiveError> {
        let key = &arrival.key;
        let _room = self.room_for(&arrival.event)?;
        let mut laps = self.laps();
        let _lane = self.lanes.enter(key).await;
        laps.turn(TurnStage::Lane);
        let bot = self.bot(&key.brand).ok_or_else(|| ReceiveError::UnknownBrand(key.brand.to_string()))?;
        let bot = &*bot;
        for _ in 0..CONFLICTS_MAX {
            let snapshot = self.store.load(key).await?;
            laps.turn(TurnStage::Load);
            if arrival.seen.is_some_and(|id| snapshot.record.person.has_seen(id)) {
                return Ok(Received::Duplicate);
            }
            let (now, seed) = (self.clock.now(), seed(arrival, snapshot.version));
            let before = resume(bot, snapshot.record.clone());
            let reading = read(bot, &before, &arrival.event, now);
            let step = step(bot, &before, &arrival.event, &reading, now, seed);
            laps.turn(TurnStage::Step);
            if step.state == before && step.effects.is_empty() {
                return Ok(Received::Unchanged);
            }
            let entry = Entry {
                key: key.clone(),
                turn: step.state.person.turn,
                at: now,
                event: arrival.event.clone(),
                seed,
                bot: bot.hash.clone(),
                effects: step.effects.clone(),
                trace: step.trace.clone(),
            };
            let record = to_record(bot, &step.state);
            let turn = self.turn(arrival, &snapshot, record, entry, way(bot, &step.effects));
            let committed = self.store.commit(vec![turn]).await?.pop();
            laps.turn(TurnStage::Commit);
            match committed {
                Some(Commit::Committed { seq, .. }) => {
                    self.wake_outbox.notify_one();
                    return Ok(Received::Turn { seq, step: Box::new(step) });
                }
                Some(Commit::Duplicate) => return Ok(Received::Duplicate),
                Some(Commit::Refused { why }) => return Err(ReceiveError::TooLarge(why)),
                Some(Commit::Conflict) | None => {}
            }
        }
        Err(ReceiveError::Contended)
    }

    /// Room for an event, before anything is promised: who is told no comes again. What the engine tells itself needs none:
    /// of timers and lookups so many are under way at once anyway.
    fn room_for(&self, event: &Event) -> Result<Option<SemaphorePermit<'_>>, ReceiveError> {
        if matches!(event, Event::Timer { .. } | Event::Taken(_) | Event::Lookup { .. }) {
            return Ok(None);
        }
        self.room.try_acquire().map(Some).map_err(|_| ReceiveError::Overloaded)
    }

    fn turn(
        &self,
        arrival: &Arrival,
        snapshot: &Snapshot,
        record: crate::dialogue::Record,
        entry: Entry,
        via: Option<Via>,
    ) -> Turn {
        let now = entry.at;
        Turn {
            key: arrival.key.clone(),
            read_version: snapshot.version,
            at: now,
            seen: arrival.seen,
            record,
            salt: self.chance.salt(),
            hold_until: self
                .answers_in_place(&arrival.event)
                .then(|| now.checked_add(ANSWER_WITHIN).unwrap_or(now)),
            via,
            entry,
        }
    }

    /// Whether the replies to an event can leave only in the answer to its webhook.
    fn answers_in_place(&self, event: &Event) -> bool {
        let Event::Text(inbound) = event else { return false };
        self.account(&inbound.account).is_some_and(|account| account.sends_by_answer())
    }
}

/// What chance a turn gets: the same for the same message, so that a second try of a turn goes the same way.
fn seed(arrival: &Arrival, version: u64) -> u64 {
    arrival.seen.unwrap_or(version).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ arrival.key.phone.digits()
}

/// How many messages a step sends.
fn sends(step: &Step) -> usize {
    step.effects.iter().filter_map(Effect::send).count()
}

/// Writes what became of a turn into its span.
fn record(span: &tracing::Span, result: &Result<Received, ReceiveError>) {
    let outcome = match result {
        Ok(Received::Turn { seq, step }) => {
            if let Some(intent) = &step.trace.intent {
                span.record("intent", intent.as_str());
            }
            if let Some(rung) = &step.trace.rung {
                span.record("rung", rung.as_str());
            }
            if let Some(node) = step.trace.nodes.last() {
                span.record("node", node.as_str());
            }
            span.record("outcome", "turn");
            span.in_scope(|| tracing::info!(seq, sends = sends(step), notes = ?step.trace.notes, "turn"));
            return;
        }
        Ok(Received::Duplicate) => "duplicate",
        Ok(Received::Unchanged) => "unchanged",
        Err(error) => {
            span.record("outcome", "error");
            span.in_scope(|| tracing::warn!(%error, "turn"));
            return;
        }
    };
    span.record("outcome", outcome);
    span.in_scope(|| tracing::info!("turn"));
}
