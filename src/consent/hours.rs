//! When messages may leave: the rows of `data/rules/hours.toml`, each with source and date.

use super::gate::Why;
use super::holiday::Calendar;
use crate::sms::Content;
use jiff::civil::{Date, DateTime, Time, Weekday};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Deserializer, de::Error as _};
use std::sync::LazyLock;

/// A row of the rules.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    /// Countries and states.
    #[serde(rename = "where")]
    pub(super) places: Vec<String>,
    /// What it is about; all, where nothing is said.
    #[serde(default)]
    of: Option<Content>,
    hours: Window,
    saturday: Option<Window>,
    sunday: Option<Window>,
    holidays: Option<Window>,
    calendar: Option<Calendar>,
    pub(super) cap: Option<Cap>,
    /// Who says so, when that was read, how sure it is, and what else is to be known: for people who read the file.
    #[allow(dead_code, reason = "the test of the file reads them")]
    source: String,
    #[allow(dead_code, reason = "the test of the file reads it")]
    date: Date,
    #[allow(dead_code, reason = "the test of the file reads it")]
    confidence: char,
    #[allow(dead_code, reason = "for people")]
    note: Option<String>,
}

/// So many messages in so many hours.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Cap {
    messages: usize,
    hours: i64,
}

impl Cap {
    /// Until when messages that left at these moments, oldest first, allow no other one.
    pub(super) fn blocks(self, left: &[Timestamp], at: Timestamp) -> Option<Timestamp> {
        let oldest = left.len().checked_sub(self.messages).and_then(|index| left.get(index))?;
        let until = oldest.checked_add(SignedDuration::from_hours(self.hours)).ok()?;
        (until > at).then_some(until)
    }
}

/// The part of a day in which messages may leave, the end not included; none on some days.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Window(Option<(Time, Time)>);

impl<'de> Deserialize<'de> for Window {
    /// `08:00 to 21:00`, `none`
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        if text == "none" {
            return Ok(Self(None));
        }
        let times =
            text.split_once(" to ").and_then(|(from, to)| Some((from.parse().ok()?, to.parse().ok()?)));
        let times = times.filter(|(from, to): &(Time, Time)| from < to);
        times.map(|times| Self(Some(times))).ok_or_else(|| D::Error::custom(format!("`{text}` is no window")))
    }
}

/// Days that are looked through for one with a window: no calendar closes a fortnight.
const DAYS_MAX: i64 = 14;

impl Row {
    /// Whether it is about such messages.
    pub(super) fn is_about(&self, content: Content) -> bool {
        self.of.is_none_or(|of| of == content)
    }

    /// The window of a day, and what kind of day decides it.
    fn window(&self, day: Date) -> (Window, Why) {
        let holiday = self.holidays.zip(self.calendar).filter(|(_, calendar)| calendar.has(day));
        if let Some((window, _)) = holiday {
            return (window, Why::Holiday);
        }
        match day.weekday() {
            Weekday::Saturday => (self.saturday.unwrap_or(self.hours), Why::Hours),
            Weekday::Sunday => self.sunday.map_or((self.hours, Why::Hours), |sunday| (sunday, Why::Sunday)),
            Weekday::Monday | Weekday::Tuesday | Weekday::Wednesday | Weekday::Thursday | Weekday::Friday => {
                (self.hours, Why::Hours)
            }
        }
    }

    /// Until when it lets nothing leave in that zone, if it does not now, and why. O(1): a handful of days.
    pub(super) fn blocks(&self, zone: &TimeZone, at: Timestamp) -> Option<(Timestamp, Why)> {
        let local = zone.to_datetime(at);
        let (Window(today), why) = self.window(local.date());
        if today.is_some_and(|(from, to)| (from..to).contains(&local.time())) {
            return None;
        }
        // What closes the day closes it whatever the hour; else the hour does.
        let why = if today.is_some() { Why::Hours } else { why };
        let mut day = local.date();
        for _ in 0..=DAYS_MAX {
            if let (Window(Some((from, _))), _) = self.window(day)
                && let Some(opens) = next_instant(zone, day.to_datetime(from), at)
            {
                return Some((opens, why));
            }
            day = day.tomorrow().ok()?;
        }
        let later = at.checked_add(SignedDuration::from_hours(24 * DAYS_MAX)).unwrap_or(Timestamp::MAX);
        Some((later, why))
    }
}

/// The first instant behind another one at which clocks in a zone show that time. A time that they skip is the jump itself; one
/// that they show twice counts twice.
fn next_instant(zone: &TimeZone, time: DateTime, at: Timestamp) -> Option<Timestamp> {
    let ambiguous = zone.to_ambiguous_timestamp(time);
    let instants = match ambiguous.offset() {
        AmbiguousOffset::Gap { before, .. } => {
            // Read by the clock before the jump, it lies behind the jump.
            let behind = before.to_timestamp(time).ok()?;
            [zone.preceding(behind).next().map(|jump| jump.timestamp()), None]
        }
        AmbiguousOffset::Unambiguous { .. } => [ambiguous.earlier().ok(), None],
        AmbiguousOffset::Fold { .. } => [ambiguous.earlier().ok(), ambiguous.later().ok()],
    };
    instants.into_iter().flatten().find(|instant| *instant > at)
}

/// Until when hours of a brand last in which it does not write first, if they last now.
pub(super) fn quiet_until((from, to): (Time, Time), zone: &TimeZone, at: Timestamp) -> Option<Timestamp> {
    let local = zone.to_datetime(at);
    let is_quiet =
        |clock: Time| if from > to { clock >= from || clock < to } else { (from..to).contains(&clock) };
    if !is_quiet(local.time()) {
        return None;
    }
    let end = |day: Date| next_instant(zone, day.to_datetime(to), at);
    let ends = end(local.date()).or_else(|| end(local.date().tomorrow().ok()?))?;
    // Where clocks are set back in between, they may leave the hours earlier, and come into them once more.
    let set_back = zone.following(at).next().map(|change| change.timestamp());
    let earlier = set_back.filter(|change| *change < ends && !is_quiet(zone.to_datetime(*change).time()));
    Some(earlier.unwrap_or(ends))
}

#[derive(Deserialize)]
struct Rows {
    row: Vec<Row>,
}

/// All rows.
pub(super) static ROWS: LazyLock<Vec<Row>> = LazyLock::new(|| {
    let rows: Rows = toml::from_str(include_str!("../../data/rules/hours.toml"))
        .expect("the rules are part of the program and read by their tests");
    rows.row
});

#[cfg(test)]
mod tests {
    use super::*;

    fn new_york() -> TimeZone {
        TimeZone::get("America/New_York").expect("bundled")
    }

    fn moment(text: &str) -> Timestamp {
        text.parse().expect("a moment")
    }

    #[test]
    fn every_row_says_where_it_comes_from() {
        assert!(ROWS.len() > 15);
        for row in ROWS.iter() {
            assert!(!row.places.is_empty() && !row.source.is_empty(), "{row:?}");
            assert!("PVSMD".contains(row.confidence), "{row:?}");
            assert!(row.date >= Date::constant(2026, 1, 1), "{row:?}");
            assert_eq!(row.holidays.is_some(), row.calendar.is_some(), "{row:?}");
        }
        let mut places: Vec<&str> = ROWS.iter().flat_map(|row| &row.places).map(String::as_str).collect();
        places.sort_unstable();
        assert!(places.windows(2).all(|two| two[0] != two[1]), "a place has one row: {places:?}");
    }

    #[test]
    fn quiet_hours_end_at_the_first_instant_behind_them_also_where_clocks_change() {
        let time = |hour, minute| Time::constant(hour, minute, 0, 0);
        for (from, to, now, until) in [
            (time(20, 0), time(9, 0), "2026-06-02T00:30:00Z", Some("2026-06-02T13:00:00Z")), // 20:30
            (time(20, 0), time(9, 0), "2026-06-02T12:59:59Z", Some("2026-06-02T13:00:00Z")),
            (time(20, 0), time(9, 0), "2026-06-02T13:00:00Z", None),
            (time(20, 0), time(9, 0), "2026-11-01T04:30:00Z", Some("2026-11-01T14:00:00Z")), // clocks go back
            (time(20, 0), time(9, 0), "2026-03-08T04:30:00Z", Some("2026-03-08T13:00:00Z")), // clocks go forward
            // 02:30 is skipped: 03:00 follows 01:59.
            (time(20, 0), time(2, 30), "2026-03-08T06:00:00Z", Some("2026-03-08T07:00:00Z")),
            // 01:30 comes twice; the hour before the second one is quiet again.
            (time(20, 0), time(1, 30), "2026-11-01T05:15:00Z", Some("2026-11-01T05:30:00Z")),
            (time(20, 0), time(1, 30), "2026-11-01T05:45:00Z", None),
            (time(20, 0), time(1, 30), "2026-11-01T06:15:00Z", Some("2026-11-01T06:30:00Z")),
            // Set back from 01:59 to 01:00, out of them.
            (time(1, 30), time(5, 0), "2026-11-01T05:45:00Z", Some("2026-11-01T06:00:00Z")),
        ] {
            assert_eq!(quiet_until((from, to), &new_york(), moment(now)), until.map(moment), "{now}");
        }
    }
}
