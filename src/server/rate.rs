//! How often somebody may ask: so many requests a second, and as many at once.

use jiff::{SignedDuration, Timestamp};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Mutex, PoisonError};

/// Rates by name.
#[derive(Debug)]
pub(super) struct Rates<N> {
    usual: NonZeroU32,
    own: HashMap<N, NonZeroU32>,
    /// When all that was asked so far would have come at the rate: nobody who is further ahead than a second may ask.
    ahead: Mutex<HashMap<N, Timestamp>>,
}

impl<N: Hash + Eq + Clone> Rates<N> {
    /// Each name has the usual rate, but for those that have one of their own. Names are known ones, so there are few.
    pub(super) fn new(usual: NonZeroU32, own: HashMap<N, NonZeroU32>) -> Self {
        Self { usual, own, ahead: Mutex::default() }
    }

    /// Counts a request, or says after how long to come again. O(1).
    pub(super) fn take<Q>(&self, name: &Q, now: Timestamp) -> Result<(), SignedDuration>
    where
        N: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = N> + ?Sized,
    {
        let rate = i64::from(self.own.get(name).unwrap_or(&self.usual).get());
        let each = SignedDuration::from_nanos(1_000_000_000 / rate);
        let mut ahead = self.ahead.lock().unwrap_or_else(PoisonError::into_inner);
        let next = ahead.get(name).copied().unwrap_or(now).max(now) + each;
        let over = next.duration_since(now) - SignedDuration::from_secs(1);
        // A clock that was put back makes nobody wait for longer than this.
        if over > SignedDuration::from_secs(1) {
            ahead.insert(name.to_owned(), now + each);
        } else if over.is_positive() {
            return Err(over);
        } else {
            ahead.insert(name.to_owned(), next);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_comes_at_once_and_then_it_is_slow() {
        let rates =
            Rates::new(NonZeroU32::new(4).unwrap(), HashMap::from([("b".to_owned(), NonZeroU32::MIN)]));
        let now = Timestamp::UNIX_EPOCH;
        let at = |millis| now + SignedDuration::from_millis(millis);
        let taken = (0..9).filter(|_| rates.take("a", now).is_ok()).count();
        assert_eq!(taken, 4);
        assert_eq!(rates.take("a", now), Err(SignedDuration::from_millis(250)));
        assert_eq!(rates.take("a", at(249)), Err(SignedDuration::from_millis(1)));
        assert_eq!(rates.take("a", at(250)), Ok(()));
        assert!(rates.take("a", at(250)).is_err());
        assert!(rates.take("b", now).is_ok(), "another name has its own");
        assert!(rates.take("b", now).is_err());
        assert_eq!((0..9).filter(|_| rates.take("a", at(60_000)).is_ok()).count(), 4, "nothing is saved up");
        assert!(rates.take("a", at(1_000)).is_ok(), "a clock that was put back stops nobody");
    }
}
