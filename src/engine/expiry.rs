//! The ledgers that need be kept no longer: found once a day and erased, by the clock that everything else goes by.

use super::Engine;
use crate::sms::BrandId;
use crate::store::{Erased, StoreError};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use std::num::NonZeroU8;
use std::sync::Arc;
use std::time::Duration;

/// People that are erased at once: the log is read once for all of them.
pub const ERASED_AT_ONCE: usize = 500;
/// The hour of the day (UTC) at which it is done: night in America and Europe.
const HOUR: i64 = 7;
/// How often the clock is looked at.
const IDLE: Duration = Duration::from_secs(60);

/// So many years before a moment, by the calendar.
#[must_use]
pub fn years_before(now: Timestamp, years: NonZeroU8) -> Timestamp {
    let then = now.to_zoned(TimeZone::UTC).checked_sub(i64::from(years.get()).years());
    then.map_or(Timestamp::MIN, |then| then.timestamp())
}

/// The day whose work is due at a moment: the one before, until its hour has come.
#[must_use]
pub fn day_due(now: Timestamp) -> Date {
    let begun = now.checked_sub(HOUR.hours()).unwrap_or(now);
    begun.to_zoned(TimeZone::UTC).date()
}

impl Engine {
    /// Erases the people of a brand, or of all, whose consent ended so many years ago; how many that were. O(people), and
    /// O(what the store holds) for each 500 of those who are erased.
    pub async fn expire(&self, brand: Option<&BrandId>, years: NonZeroU8) -> Result<u64, StoreError> {
        let people = self.ended_before(brand, years_before(self.now(), years)).await?;
        let mut erased = 0;
        for people in people.chunks(ERASED_AT_ONCE) {
            let done = self.erase(people.to_vec(), "retention").await?;
            erased += done.iter().filter(|done: &&Erased| done.known).count() as u64;
        }
        Ok(erased)
    }

    /// Does that once a day, for as long as the process lives. A day on which it was not up is made up for by the next.
    pub async fn run_expiry(self: Arc<Self>, years: NonZeroU8) {
        let mut done = None;
        loop {
            let day = day_due(self.now());
            if done != Some(day) {
                match self.expire(None, years).await {
                    Ok(erased) => {
                        done = Some(day);
                        tracing::info!(erased, years, "ledgers that were kept long enough are erased");
                    }
                    Err(error) => {
                        tracing::error!(%error, "ledgers could not be looked through; trying again in a minute");
                    }
                }
            }
            tokio::time::sleep(IDLE).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_begins_at_its_hour_and_years_go_by_the_calendar() {
        let at = |moment: &str| moment.parse::<Timestamp>().expect("a moment");
        for (now, day) in [
            ("2026-06-02T06:59:59Z", "2026-06-01"),
            ("2026-06-02T07:00:00Z", "2026-06-02"),
            ("2026-06-03T06:00:00Z", "2026-06-02"),
        ] {
            assert_eq!(day_due(at(now)).to_string(), day, "{now}");
        }
        let five = NonZeroU8::new(5).expect("it is not zero");
        assert_eq!(years_before(at("2033-02-28T12:00:00Z"), five), at("2028-02-28T12:00:00Z"));
        assert_eq!(years_before(at("2032-02-29T12:00:00Z"), five), at("2027-02-28T12:00:00Z"));
    }
}
