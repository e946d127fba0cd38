//! The outbox rows of an embedded store that may still be sent, indexed for claiming. Held in memory, made anew from
//! the disk when the store is opened.

use super::{Row, RowId, RowState, can_wait, in_order};
use crate::sms::Key;
use jiff::Timestamp;
use rustc_hash::FxHashMap;
use std::collections::BTreeSet;

/// Pending, held and sending rows. Adding, claiming and settling are O(log rows).
#[derive(Debug, Default)]
pub(super) struct Live {
    /// Pending and held rows: what somebody waits for before what can wait, then by due time, then by age.
    waiting: BTreeSet<(bool, Timestamp, RowId)>,
    /// What waits for each person.
    lanes: FxHashMap<Key, Lane>,
}

/// The rows of one dialogue.
#[derive(Debug, Default)]
struct Lane {
    /// Pending and sending replies, in order: the first is the one that may be sent.
    replies: BTreeSet<RowId>,
    /// All pending and held rows.
    waiting: BTreeSet<RowId>,
    /// Replies that are being sent.
    sending: BTreeSet<RowId>,
}

impl Live {
    /// Takes in a row as it now is.
    pub(super) fn put(&mut self, row: &Row) {
        let waits = matches!(row.state, RowState::Pending | RowState::Held);
        let blocks = matches!(row.state, RowState::Pending | RowState::Sending) && in_order(&row.errand);
        if !waits && !blocks {
            return;
        }
        let lane = self.lanes.entry(row.key.clone()).or_default();
        if waits {
            self.waiting.insert(place(row));
            lane.waiting.insert(row.id);
        }
        if blocks {
            lane.replies.insert(row.id);
        }
        if blocks && !waits {
            lane.sending.insert(row.id);
        }
    }

    /// Forgets a row as it was before.
    pub(super) fn forget(&mut self, row: &Row) {
        self.waiting.remove(&place(row));
        if let Some(lane) = self.lanes.get_mut(&row.key) {
            lane.replies.remove(&row.id);
            lane.waiting.remove(&row.id);
            lane.sending.remove(&row.id);
            if lane.replies.is_empty() && lane.waiting.is_empty() {
                self.lanes.remove(&row.key);
            }
        }
    }

    /// Rows that are due, in the order in which they are to be tried; those that wait for an earlier reply included.
    pub(super) fn due(&self, now: Timestamp) -> impl Iterator<Item = RowId> {
        [false, true].into_iter().flat_map(move |can_wait| {
            let first = RowId { seq: 0, index: 0 };
            let last = RowId { seq: u64::MAX, index: u16::MAX };
            let range = (can_wait, Timestamp::MIN, first)..=(can_wait, now, last);
            self.waiting.range(range).map(|(_, _, id)| *id)
        })
    }

    /// Whether another reply of the same dialogue must be settled first: an earlier one, or one that is being sent.
    pub(super) fn is_blocked(&self, row: &Row) -> bool {
        let lane = self.lanes.get(&row.key).filter(|_| in_order(&row.errand));
        lane.is_some_and(|lane| {
            let earlier = lane.replies.first().is_some_and(|first| *first < row.id);
            earlier || lane.sending.iter().any(|other| *other != row.id)
        })
    }

    /// What waits for one person, in order.
    pub(super) fn waiting_for(&self, key: &Key) -> Vec<RowId> {
        self.lanes.get(key).map(|lane| lane.waiting.iter().copied().collect()).unwrap_or_default()
    }

    /// When the first row is due.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        let first = |can_wait: bool| {
            let from = (can_wait, Timestamp::MIN, RowId { seq: 0, index: 0 });
            self.waiting.range(from..).next().filter(|(c, _, _)| *c == can_wait).map(|(_, due, _)| *due)
        };
        first(false).into_iter().chain(first(true)).min()
    }
}

fn place(row: &Row) -> (bool, Timestamp, RowId) {
    (can_wait(&row.errand), row.due, row.id)
}
