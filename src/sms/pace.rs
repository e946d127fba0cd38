//! How fast messages may leave, in parts a second: by an account, and by each of its numbers.

use super::Sender;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::num::NonZeroU16;

/// Parts a second, kept in thousandths: the slowest number that a carrier gives out sends 15 parts a minute.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Rate(u32);

/// A number that is no rate.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[error("a pace is a number of parts a second from 0.01 to 10000")]
pub struct BadRate;

/// More than any provider takes from one account.
const PER_SECOND_MAX: f64 = 10_000.0;
/// One part in a hundred seconds.
const PER_SECOND_MIN: f64 = 0.01;

impl TryFrom<f64> for Rate {
    type Error = BadRate;

    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the range was looked at")]
    fn try_from(per_second: f64) -> Result<Self, BadRate> {
        let is_one = (PER_SECOND_MIN..=PER_SECOND_MAX).contains(&per_second);
        is_one.then(|| Self((per_second * 1_000.0).round() as u32)).ok_or(BadRate)
    }
}

impl From<Rate> for f64 {
    fn from(rate: Rate) -> Self {
        Self::from(rate.0) / 1_000.0
    }
}

impl Rate {
    /// A whole number a second.
    #[must_use]
    pub const fn whole(per_second: NonZeroU16) -> Self {
        Self(per_second.get() as u32 * 1_000)
    }

    /// The time that one part takes.
    fn each(self) -> SignedDuration {
        SignedDuration::from_nanos(1_000_000_000_000 / i64::from(self.0))
    }
}

/// How fast one account sends. What is not said is not limited.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Pace {
    /// The account in all.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<Rate>,
    /// Each full number that is none of the next two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<Rate>,
    /// Each full number of the North American plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub us_number: Option<Rate>,
    /// Each toll-free number of the North American plan.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub toll_free: Option<Rate>,
    /// Each short code.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub short_code: Option<Rate>,
    /// Single numbers, before all that is said of their kind.
    #[serde(flatten)]
    pub own: BTreeMap<Sender, Rate>,
}

impl Pace {
    /// How fast one of the account's numbers sends.
    #[must_use]
    pub fn of(&self, sender: Sender) -> Option<Rate> {
        let of_kind = || match sender {
            Sender::ShortCode(_) => self.short_code,
            Sender::Number(_) if sender.is_toll_free() => self.toll_free.or(self.us_number).or(self.number),
            Sender::Number(_) if sender.is_north_american() => self.us_number.or(self.number),
            Sender::Number(_) => self.number,
        };
        self.own.get(&sender).copied().or_else(of_kind)
    }

    /// What this one says, and where it says nothing, what the other does.
    #[must_use]
    pub fn or(&self, other: &Self) -> Self {
        let mut own = other.own.clone();
        own.extend(&self.own);
        Self {
            account: self.account.or(other.account),
            number: self.number.or(other.number),
            us_number: self.us_number.or(other.us_number),
            toll_free: self.toll_free.or(other.toll_free),
            short_code: self.short_code.or(other.short_code),
            own,
        }
    }
}

/// What has been sent by something that keeps a pace: how long it would take to send all of that, less the time that has
/// passed. A second's worth may leave at once, so that it matters little how often somebody looks.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Meter {
    owed: SignedDuration,
    at: Timestamp,
}

impl Meter {
    /// When the next message may leave: now, or later. A clock that was put back takes nothing away and gives nothing.
    #[must_use]
    pub fn opens(&self, now: Timestamp, rate: Rate) -> Timestamp {
        let at_once = (SignedDuration::from_secs(1) - rate.each()).max(SignedDuration::ZERO);
        let wait = (self.left(now) - at_once).max(SignedDuration::ZERO);
        now.checked_add(wait).unwrap_or(now)
    }

    /// A message of so many parts leaves. One that may begin may also be longer than what is left: the next one waits for it.
    pub fn take(&mut self, now: Timestamp, rate: Rate, parts: usize) {
        let parts = i32::try_from(parts).unwrap_or(i32::MAX);
        self.owed = self.left(now).saturating_add(rate.each().saturating_mul(parts));
        self.at = now;
    }

    /// What is owed at a moment.
    fn left(&self, now: Timestamp) -> SignedDuration {
        let passed = now.duration_since(self.at).max(SignedDuration::ZERO);
        (self.owed - passed).max(SignedDuration::ZERO)
    }

    /// The clock was put back: what was owed is owed from now on.
    pub fn rewind(&mut self, now: Timestamp) {
        self.at = self.at.min(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_780_000_000_000 + millis).expect("a moment")
    }

    fn rate(per_second: f64) -> Rate {
        Rate::try_from(per_second).expect("a rate")
    }

    /// How many messages of so many parts leave in a time, when somebody looks every so often.
    fn sent(rate: Rate, parts: usize, seconds: i64, look_every: i64) -> usize {
        let (mut meter, mut sent) = (Meter::default(), 0);
        for now in (0..seconds * 1_000).step_by(usize::try_from(look_every).expect("a time")).map(at) {
            while meter.opens(now, rate) <= now {
                meter.take(now, rate, parts);
                sent += 1;
            }
        }
        sent
    }

    #[test]
    fn a_pace_is_kept_in_parts_however_often_somebody_looks() {
        assert_eq!(sent(rate(1.0), 1, 60, 10), 60);
        assert_eq!(sent(rate(1.0), 2, 60, 10), 30);
        assert_eq!(sent(rate(0.25), 1, 60, 10), 15);
        // The first second's worth leaves at once.
        for look_every in [5, 100, 500] {
            let sent = sent(rate(40.0), 1, 60, look_every);
            assert!((2_400..=2_440).contains(&sent), "{sent} at a look every {look_every} ms");
        }
    }

    #[test]
    fn what_rested_may_send_a_seconds_worth_and_no_more() {
        let (mut meter, rate) = (Meter::default(), rate(3.0));
        for expected in [true, true, true, false] {
            assert_eq!(meter.opens(at(0), rate) <= at(0), expected);
            meter.take(at(0), rate, 1);
        }
        let mut meter = Meter::default();
        meter.take(at(0), rate, 1);
        let later = at(3_600_000);
        let burst =
            std::iter::from_fn(|| (meter.opens(later, rate) <= later).then(|| meter.take(later, rate, 1)));
        assert_eq!(burst.count(), 3, "an hour of rest is no store of messages");
    }

    #[test]
    fn a_clock_that_is_put_back_closes_nothing_for_longer() {
        let (mut meter, rate) = (Meter::default(), rate(1.0));
        meter.take(at(3_600_000), rate, 2);
        meter.rewind(at(0));
        assert_eq!(meter.opens(at(0), rate), at(2_000));
        assert_eq!(meter.opens(at(2_000), rate), at(2_000));
    }

    #[test]
    fn a_number_keeps_the_pace_of_its_kind_or_its_own() {
        let provider: Pace = toml::from_str("us_number = 1\ntoll_free = 3\nshort_code = 40").expect("a pace");
        let account: Pace = toml::from_str("account = 30\n\"+14045550100\" = 75").expect("a pace");
        let pace = account.or(&provider);
        let of = |sender: &str| pace.of(sender.parse().expect("a sender")).map(f64::from);
        assert_eq!(of("+14045550100"), Some(75.0));
        assert_eq!(of("+14045550101"), Some(1.0));
        assert_eq!(of("+18885550101"), Some(3.0));
        assert_eq!(of("72345"), Some(40.0));
        assert_eq!(of("+442079460018"), None);
        assert_eq!(pace.account.map(f64::from), Some(30.0));
    }

    #[test]
    fn a_rate_is_a_number_of_parts_a_second() {
        for wrong in [0.0, -1.0, f64::NAN, 0.001, 1e9] {
            assert_eq!(Rate::try_from(wrong), Err(BadRate), "{wrong}");
        }
        assert!(toml::from_str::<Pace>("acount = 3").is_err(), "a slip is no number");
    }
}
