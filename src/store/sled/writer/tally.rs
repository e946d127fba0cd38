//! What the writer keeps count of: texts that wait to be read, messages, the first timer.

use super::Writer;
use crate::consent::LedgerEntry;
use crate::sms::Key;
use crate::store::sled::keys::{self, gone};
use crate::store::{StoreError, Tally, Turn, codec};
use jiff::Timestamp;

impl Writer {
    /// Puts a text that became unsure on the list of those that wait to be read, and takes off what was decided.
    pub(super) fn list_review(&mut self, turn: &Turn, change: &LedgerEntry) {
        let waits = turn.record.person.standing.unsure.is_some_and(|unsure| unsure.entry == change.number);
        if waits {
            self.batch.put(keys::review(&turn.key), codec::encode(&change.number));
            self.reviews.put(&turn.key, change.at);
        } else if change.settles.is_some() {
            self.unlist_review(&turn.key);
        }
    }

    pub(in crate::store::sled) fn unlist_review(&mut self, key: &Key) {
        self.batch.delete(keys::review(key));
        self.reviews.remove(key);
    }

    pub(super) fn first_alarm(&self) -> Result<Option<Timestamp>, StoreError> {
        let first = self.db.scan_prefix(b"a").keys().next().transpose().map_err(|error| gone(&error))?;
        Ok(first.map(|key| keys::alarm_from(&key)).transpose()?.map(|(at, _)| at))
    }

    pub(super) fn tally(&self) -> Result<Tally, StoreError> {
        Ok(Tally {
            rows: self.live.counts(),
            first_due: self.live.next_due(),
            first_alarm: self.first_alarm()?,
            reviews: self.reviews.len(),
            first_review: self.reviews.first(),
        })
    }
}
