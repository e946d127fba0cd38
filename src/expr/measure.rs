//! Lengths of time and distances as files write them: `2d` is 48 hours, `2 days` is two calendar days; `50 mi`, `80 km`.

use crate::diagnostic::{Code, Diagnostic};
use crate::outline::{Reader, Span};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{digit1, space0, space1, u32};
use nom::combinator::{all_consuming, map, map_res, not, opt, recognize, value};
use nom::sequence::terminated;
use nom::{IResult, Parser};
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;
use std::fmt;

/// A length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Delay {
    /// So many seconds, whatever the clocks do.
    Exact {
        /// Seconds.
        seconds: i64,
    },
    /// So many days on the calendar of the person's time zone: the same hour of a later day.
    Calendar {
        /// Days.
        days: i64,
    },
}

/// The longest time that can be waited for: two years. Longer ones are slips of the pen.
const DAYS_MAX: i64 = 731;

/// What is said of a length of time that cannot be read.
pub(super) const DELAY_HINT: &str =
    "write `30m`, `2h`, `2d` (48 hours) or `2 days` (two calendar days); at most two years";

impl Delay {
    /// Whether it is more than nothing and at most two years.
    pub(super) fn is_sensible(self) -> bool {
        let (empty, days) = match self {
            Self::Exact { seconds } => (seconds == 0, seconds / 86_400),
            Self::Calendar { days } => (days == 0, days),
        };
        !empty && days <= DAYS_MAX
    }

    /// The moment that lies so long before another one; calendar days keep the hour of the day in that zone.
    #[must_use]
    pub fn before(self, moment: Timestamp, zone: &TimeZone) -> Timestamp {
        let early = Timestamp::MIN;
        match self {
            Self::Exact { seconds } => {
                moment.checked_sub(SignedDuration::from_secs(seconds)).unwrap_or(early)
            }
            Self::Calendar { days } => {
                let there = moment.to_zoned(zone.clone());
                let before = jiff::Span::new().try_days(days).and_then(|days| there.checked_sub(days));
                before.map_or(early, |then| then.timestamp())
            }
        }
    }
}

impl fmt::Display for Delay {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Calendar { days } => write!(f, "{days} days"),
            Self::Exact { seconds } if seconds % 86_400 == 0 => write!(f, "{}d", seconds / 86_400),
            Self::Exact { seconds } if seconds % 3_600 == 0 => write!(f, "{}h", seconds / 3_600),
            Self::Exact { seconds } if seconds % 60 == 0 => write!(f, "{}m", seconds / 60),
            Self::Exact { seconds } => write!(f, "{seconds}s"),
        }
    }
}

/// Reads a whole span as a length of time; reports what is none.
pub fn delay(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Delay> {
    let place = reader.place(span);
    let bad = |message: String| Diagnostic::new(Code::BadDelay, place, message).hint(DELAY_HINT);
    match all_consuming(length).parse(span) {
        Err(_) => {
            reader.report(bad(format!("`{}` is no length of time", span.fragment())));
            None
        }
        Ok((_, delay)) if !delay.is_sensible() => {
            reader.report(bad(format!("`{}` cannot be waited for", span.fragment())));
            None
        }
        Ok((_, delay)) => Some(delay),
    }
}

/// A length of time at the beginning of a span.
pub(super) fn length(input: Span<'_>) -> IResult<Span<'_>, Delay> {
    type Unit = (i64, bool);
    fn unit(input: Span<'_>) -> IResult<Span<'_>, Unit> {
        // Long words first: nom takes the first that fits.
        let calendar = alt((
            value((7, true), (space1, alt((tag("weeks"), tag("week"))))),
            value((1, true), (space1, alt((tag("days"), tag("day"))))),
        ));
        let exact = alt((
            value((3_600, false), (space1, alt((tag("hours"), tag("hour"))))),
            value((60, false), (space1, alt((tag("minutes"), tag("minute"))))),
            value((604_800, false), tag("w")),
            value((86_400, false), tag("d")),
            value((3_600, false), tag("h")),
            value((60, false), tag("m")),
            value((1, false), tag("s")),
        ));
        terminated(alt((calendar, exact)), word_ends).parse(input)
    }
    map((u32, unit), |(count, (size, calendar)): (u32, Unit)| {
        let amount = i64::from(count) * size;
        if calendar { Delay::Calendar { days: amount } } else { Delay::Exact { seconds: amount } }
    })
    .parse(input)
}

/// Nothing of a word goes on here.
fn word_ends(input: Span<'_>) -> IResult<Span<'_>, ()> {
    not(take_while1(|c: char| c.is_alphanumeric() || c == '-' || c == '_')).parse(input)
}

/// How far something is away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Distance {
    /// How many of the unit.
    pub amount: Decimal,
    /// The unit.
    pub unit: Unit,
}

/// What distances are measured in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Unit {
    /// `mi`: the international mile of 1,609.344 metres.
    Mile,
    /// `km`
    Kilometre,
}

/// Half the way around the earth, in kilometres: nothing is farther away.
const KM_MAX: f64 = 20_016.0;

impl Distance {
    /// In kilometres; `None` where it is nothing, or more than there is on earth.
    #[must_use]
    pub fn km(self) -> Option<f64> {
        let unit = match self.unit {
            Unit::Mile => 1.609_344,
            Unit::Kilometre => 1.0,
        };
        self.amount.to_f64().map(|amount| amount * unit).filter(|km| *km > 0.0 && *km <= KM_MAX)
    }
}

impl fmt::Display for Distance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let unit = match self.unit {
            Unit::Mile => "mi",
            Unit::Kilometre => "km",
        };
        write!(f, "{} {unit}", self.amount)
    }
}

/// A distance at the beginning of a span: `50 mi`, `2.5 km`.
pub(super) fn distance(input: Span<'_>) -> IResult<Span<'_>, Distance> {
    let digits = recognize((digit1, opt((tag("."), digit1))));
    let amount = map_res(digits, |digits: Span<'_>| digits.fragment().parse::<Decimal>());
    let unit = alt((value(Unit::Mile, tag("mi")), value(Unit::Kilometre, tag("km"))));
    let (rest, (amount, _, unit, ())) = (amount, space0, unit, word_ends).parse(input)?;
    Ok((rest, Distance { amount, unit }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_length_ends_where_its_word_ends() {
        let read = |text: &str| length(Span::new(text)).ok().map(|(rest, delay)| (delay, rest.to_string()));
        assert_eq!(read("30d)"), Some((Delay::Exact { seconds: 30 * 86_400 }, ")".to_owned())));
        assert_eq!(read("2 days and tag a"), Some((Delay::Calendar { days: 2 }, " and tag a".to_owned())));
        assert_eq!(read("1 week"), Some((Delay::Calendar { days: 7 }, String::new())));
        for text in ["30days", "30", "d", "2 dayss", "30 d"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn calendar_days_keep_the_hour_where_clocks_change() {
        let zone = TimeZone::get("America/New_York").expect("zones are bundled");
        let noon: Timestamp = "2026-03-09T12:00:00-04:00".parse().expect("a moment");
        let before = |delay: Delay| delay.before(noon, &zone).to_string();
        assert_eq!(before(Delay::Calendar { days: 2 }), "2026-03-07T17:00:00Z");
        assert_eq!(before(Delay::Exact { seconds: 2 * 86_400 }), "2026-03-07T16:00:00Z");
        assert_eq!(Delay::Calendar { days: i64::MAX }.before(noon, &zone), Timestamp::MIN);
    }

    #[test]
    fn distances_are_miles_or_kilometres() {
        let read = |text: &str| distance(Span::new(text)).ok().map(|(_, distance)| distance);
        let shown = |text: &str| read(text).map(|distance| distance.to_string());
        assert_eq!(shown("50 mi"), Some("50 mi".to_owned()));
        assert_eq!(shown("2.5km)"), Some("2.5 km".to_owned()));
        for text in ["50", "50 m", "50 miles", "-5 mi", "mi"] {
            assert_eq!(read(text), None, "{text}");
        }
        let km = |text: &str| read(text).and_then(Distance::km);
        assert_eq!(km("100 mi").map(|km| (km * 1000.0).round()), Some(160_934.0));
        assert_eq!(km("0 mi"), None);
        assert_eq!(km("90000 km"), None);
    }
}
