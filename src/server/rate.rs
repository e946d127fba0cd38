//! How often somebody may ask: so many requests a second, and as many at once.

use crate::sms::{Meter, Rate};
use jiff::{SignedDuration, Timestamp};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::hash::Hash;
use std::sync::{Mutex, PoisonError};

/// What was asked under each name. Names are known ones, so there are few.
#[derive(Debug)]
pub(super) struct Rates<N>(Mutex<HashMap<N, Meter>>);

impl<N> Default for Rates<N> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<N: Hash + Eq> Rates<N> {
    /// Counts a request, or says after how long to come again. O(1).
    pub(super) fn take<Q>(&self, name: &Q, rate: Rate, now: Timestamp) -> Result<(), SignedDuration>
    where
        N: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = N> + ?Sized,
    {
        let mut meters = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let meter = meters.entry(name.to_owned()).or_default();
        meter.rewind(now);
        let opens = meter.opens(now, rate);
        if opens > now {
            return Err(opens.duration_since(now));
        }
        meter.take(now, rate, 1);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_second_s_worth_comes_at_once_and_then_it_is_slow() {
        let rates: Rates<String> = Rates::default();
        let (four, one) = (Rate::try_from(4.0).unwrap(), Rate::try_from(1.0).unwrap());
        let now = Timestamp::from_second(1_780_000_000).unwrap();
        let at = |millis| now + SignedDuration::from_millis(millis);
        let taken = (0..9).filter(|_| rates.take("a", four, now).is_ok()).count();
        assert_eq!(taken, 4);
        assert_eq!(rates.take("a", four, now), Err(SignedDuration::from_millis(250)));
        assert_eq!(rates.take("a", four, at(249)), Err(SignedDuration::from_millis(1)));
        assert_eq!(rates.take("a", four, at(250)), Ok(()));
        assert!(rates.take("a", four, at(250)).is_err());
        assert!(rates.take("b", one, now).is_ok(), "another name has its own");
        assert!(rates.take("b", one, now).is_err());
        assert_eq!(
            (0..9).filter(|_| rates.take("a", four, at(60_000)).is_ok()).count(),
            4,
            "nothing is saved up"
        );
        assert!(rates.take("a", four, at(2_000)).is_err(), "a clock that was put back gives nothing");
        assert!(rates.take("a", four, at(2_250)).is_ok(), "and takes nothing away");
    }
}
