//! What is left alone for a while: dialogues whose timer could not be handled, accounts whose provider asked for it.

use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// Things, and until when they are left alone.
#[derive(Debug)]
pub(super) struct Parked<K> {
    longest: SignedDuration,
    until: Mutex<BTreeMap<K, Timestamp>>,
}

impl<K: Ord + Clone> Parked<K> {
    /// Nothing yet; and nothing ever for longer than that, so that a clock that is put back leaves nothing alone for ever.
    pub(super) fn for_at_most(longest: SignedDuration) -> Self {
        Self { longest, until: Mutex::default() }
    }

    /// Leaves something alone for that long.
    pub(super) fn park(&self, thing: K, now: Timestamp, wait: SignedDuration) {
        let until = now.checked_add(wait.min(self.longest)).unwrap_or(now);
        let mut parked = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        let before = parked.entry(thing).or_insert(until);
        *before = until.max(*before);
    }

    /// What is still left alone. O(of them).
    pub(super) fn now(&self, now: Timestamp) -> BTreeMap<K, Timestamp> {
        let mut parked = self.until.lock().unwrap_or_else(PoisonError::into_inner);
        parked.retain(|_, until| *until > now && until.duration_since(now) <= self.longest);
        parked.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_parked_is_let_go_in_time_also_by_a_clock_that_is_put_back() {
        let at = |second: i64| Timestamp::from_second(1_780_000_000 + second).expect("a moment");
        let parked = Parked::for_at_most(SignedDuration::from_mins(1));
        parked.park("a", at(0), SignedDuration::from_secs(30));
        parked.park("a", at(1), SignedDuration::from_secs(2));
        parked.park("b", at(0), SignedDuration::from_hours(1));
        assert_eq!(parked.now(at(29)).into_iter().collect::<Vec<_>>(), [("a", at(30)), ("b", at(60))]);
        assert_eq!(parked.now(at(30)).into_keys().collect::<Vec<_>>(), ["b"]);
        assert!(parked.now(at(-3_600)).is_empty());
    }
}
