//! Opening hours: `hours mon-fri 09:00 to 18:00, sat 10:00 to 16:00`.

use super::time::from_to;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::outline::{Reader, Span, first_word, split};
use jiff::Zoned;
use jiff::civil::{Time, Weekday};

/// When a brand's people are there, on the clocks of its time zone. Days that are not named are closed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Hours(Vec<Opening>);

/// Days in a row, and the time at which they open and close; one that closes before it opens closes on the next day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Opening {
    first: Weekday,
    last: Weekday,
    from: Time,
    to: Time,
}

impl Opening {
    fn has(self, day: Weekday) -> bool {
        self.first.until(day) <= self.first.until(self.last)
    }
}

impl Hours {
    /// Whether that moment falls into the hours. O(lines).
    #[must_use]
    pub fn is_open(&self, here: &Zoned) -> bool {
        let (day, time) = (here.weekday(), here.time());
        self.0.iter().any(|hours| {
            if hours.from < hours.to {
                return hours.has(day) && (hours.from..hours.to).contains(&time);
            }
            hours.has(day) && time >= hours.from || hours.has(day.previous()) && time < hours.to
        })
    }
}

const DAYS: [(&str, Weekday); 7] = [
    ("mon", Weekday::Monday),
    ("tue", Weekday::Tuesday),
    ("wed", Weekday::Wednesday),
    ("thu", Weekday::Thursday),
    ("fri", Weekday::Friday),
    ("sat", Weekday::Saturday),
    ("sun", Weekday::Sunday),
];

/// Reads the hours of a brand; reports what is none.
pub(super) fn hours(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<Hours>> {
    let mut openings = Vec::new();
    for piece in split(rest, ',') {
        let Some(opening) = opening(piece) else {
            let place = reader.place(piece);
            let diagnostic = Diagnostic::new(Code::BadHours, place, "these are no opening hours");
            let hint = "write for example `hours mon-fri 09:00 to 18:00, sat 10:00 to 16:00`";
            reader.report(diagnostic.hint(hint));
            return None;
        };
        openings.push(opening);
    }
    Some(At::new(Hours(openings), reader.place(rest)))
}

fn opening(piece: Span<'_>) -> Option<Opening> {
    let (days, times) = first_word(piece);
    let day = |name: &str| DAYS.iter().find(|(known, _)| *known == name).map(|(_, day)| *day);
    let (first, last) = days.fragment().split_once('-').unwrap_or((days.fragment(), days.fragment()));
    let (from, to) = from_to(times.fragment())?;
    Some(Opening { first: day(first)?, last: day(last)?, from, to })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Sources};

    fn read(text: &str) -> Option<Hours> {
        let mut found = Diagnostics::default();
        let file = Sources::default().add("x", text);
        let read = hours(Span::new(text), &mut Reader::new(file, &mut found)).map(|at| at.value);
        assert_eq!(read.is_none(), found.has_errors(), "{text}");
        read
    }

    #[test]
    fn days_in_a_row_and_nights_over_midnight() {
        let hours = read("mon-wed 09:00 to 18:00, fri-sun 20:00 to 02:00").expect("hours");
        for (moment, open) in [
            ("2026-06-01T08:59:59", false), // a Monday
            ("2026-06-01T09:00", true),
            ("2026-06-01T18:00", false),
            ("2026-06-03T17:59", true),
            ("2026-06-04T12:00", false),
            ("2026-06-05T20:00", true),
            ("2026-06-06T01:59", true),
            ("2026-06-06T02:00", false),
            ("2026-06-08T01:00", true),
            ("2026-06-09T01:00", false),
        ] {
            let here: jiff::civil::DateTime = moment.parse().expect("a moment");
            let here = here.to_zoned(jiff::tz::TimeZone::UTC).expect("a moment in time");
            assert_eq!(hours.is_open(&here), open, "{moment}");
        }
    }

    #[test]
    fn what_is_no_hours_is_said() {
        for text in
            ["", "mon", "mon 9 to 5", "monday 09:00 to 17:00", "mon-fri 09:00-17:00", "mon 09:00 to 09:00"]
        {
            assert_eq!(read(text), None, "{text}");
        }
    }
}
