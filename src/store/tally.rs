//! What waits in a store, counted. Stores that hold much keep these numbers as they change, so that to ask for them
//! costs no scan.

use super::RowState;
use crate::sms::Key;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// What waits, at one moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tally {
    /// The messages of the outbox, by their state.
    pub rows: RowCounts,
    /// When the first message that waits is due, if any waits.
    pub first_due: Option<Timestamp>,
    /// When the first dialogue is to be looked at for its timer. It may be earlier than the timer itself, never later.
    pub first_alarm: Option<Timestamp>,
    /// Texts that may be opt-outs and that nobody has read yet.
    pub reviews: usize,
    /// When the oldest of them came.
    pub first_review: Option<Timestamp>,
}

/// Messages of the outbox by their state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RowCounts([usize; Self::NAMES.len()]);

impl RowCounts {
    /// The states, in the order of [`Self::iter`].
    pub const NAMES: [&str; 5] = ["pending", "held", "sending", "unknown", "dead"];

    /// Each state with its messages, in the order of [`Self::NAMES`].
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, usize)> {
        Self::NAMES.into_iter().zip(self.0)
    }

    /// One more in that state.
    pub fn add(&mut self, state: &RowState) {
        self.0[place(state)] += 1;
    }

    pub(super) fn remove(&mut self, state: &RowState) {
        let count = &mut self.0[place(state)];
        *count = count.saturating_sub(1);
    }
}

impl RowState {
    /// Its word, wherever it is printed or counted.
    #[must_use]
    pub fn name(&self) -> &'static str {
        RowCounts::NAMES[place(self)]
    }
}

fn place(state: &RowState) -> usize {
    match state {
        RowState::Pending => 0,
        RowState::Held => 1,
        RowState::Sending => 2,
        RowState::Unknown { .. } => 3,
        RowState::Dead { .. } => 4,
    }
}

/// The people whose texts wait to be read, the oldest first. O(log people) a change, some 100 bytes each; they are few.
#[derive(Debug, Default)]
pub(super) struct Reviews {
    since: FxHashMap<Key, Timestamp>,
    in_order: BTreeSet<(Timestamp, Key)>,
}

impl Reviews {
    /// Somebody's text waits that came then.
    pub(super) fn put(&mut self, key: &Key, at: Timestamp) {
        self.remove(key);
        self.since.insert(key.clone(), at);
        self.in_order.insert((at, key.clone()));
    }

    pub(super) fn remove(&mut self, key: &Key) {
        if let Some(at) = self.since.remove(key) {
            self.in_order.remove(&(at, key.clone()));
        }
    }

    pub(super) fn len(&self) -> usize {
        self.since.len()
    }

    pub(super) fn first(&self) -> Option<Timestamp> {
        self.in_order.first().map(|(at, _)| *at)
    }
}
