//! Lengths of time as flows write them: `2d` is 48 hours, `2 days` is two calendar days.

use crate::diagnostic::{Code, Diagnostic};
use crate::outline::{Reader, Span, first_word};
use jiff::civil::Time;
use nom::Parser;
use nom::branch::alt;
use nom::bytes::complete::tag;
use nom::character::complete::{space1, u32};
use nom::combinator::{all_consuming, map, value};
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

/// How long `wait` waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pause {
    /// So long.
    For(Delay),
    /// Until the clock next shows this time in the person's zone; an hour that daylight saving skips moves forward.
    Until(Time),
}

/// Reads what follows `wait`; reports what is none.
pub(super) fn pause(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Pause> {
    let (word, rest) = first_word(span);
    if *word.fragment() != "until" {
        return delay(span, reader).map(Pause::For);
    }
    if let Ok(time) = Time::strptime("%H:%M", rest.fragment()) {
        return Some(Pause::Until(time));
    }
    let place = reader.place(span);
    let message = format!("`{}` is no time of the day", rest.fragment());
    reader
        .report(Diagnostic::new(Code::BadDelay, place, message).hint("write for example `wait until 09:00`"));
    None
}

/// Reads a length of time; reports what is none.
pub fn delay(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Delay> {
    type Unit = (i64, bool);
    fn unit(input: Span<'_>) -> nom::IResult<Span<'_>, Unit> {
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
        alt((calendar, exact)).parse(input)
    }
    let parsed = all_consuming(map((u32, unit), |(count, (size, calendar)): (u32, Unit)| {
        let amount = i64::from(count) * size;
        if calendar { Delay::Calendar { days: amount } } else { Delay::Exact { seconds: amount } }
    }))
    .parse(span);
    let place = reader.place(span);
    let hint = "write `30m`, `2h`, `2d` (48 hours) or `2 days` (two calendar days); at most two years";
    let bad = |message: String| Diagnostic::new(Code::BadDelay, place, message).hint(hint);
    match parsed.ok().map(|(_, delay)| delay) {
        None => {
            reader.report(bad(format!("`{}` is no length of time", span.fragment())));
            None
        }
        Some(delay) => {
            let days = match delay {
                Delay::Exact { seconds } => seconds / 86_400,
                Delay::Calendar { days } => days,
            };
            let empty = matches!(delay, Delay::Exact { seconds: 0 } | Delay::Calendar { days: 0 });
            if empty || days > DAYS_MAX {
                reader.report(bad(format!("`{}` cannot be waited for", span.fragment())));
                return None;
            }
            Some(delay)
        }
    }
}
