//! The rules once more, read from the compliance notes alone and as plainly as can be: no table of the program, none of its
//! code. It knows a few dozen numbers and ZIP codes by heart, walks through months to find a holiday, and tells of one moment
//! whether a message was allowed.

use jiff::civil::{Date, Weekday};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use sayso::sms::{Class, Content};

const EAST: &str = "America/New_York";
const CENTRAL: &str = "America/Chicago";
const MOUNTAIN: &str = "America/Denver";
const PACIFIC: &str = "America/Los_Angeles";
const PARIS: &str = "Europe/Paris";

/// A state, or a country, and a time zone in it.
pub(crate) type Spot = (&'static str, &'static str);

/// Numbers of people, and where they may be.
pub(crate) const PHONES: [(&str, &[Spot]); 24] = [
    ("+14045550123", &[("GA", EAST)]),
    ("+12055550123", &[("AL", CENTRAL)]),
    ("+15045550123", &[("LA", CENTRAL)]),
    ("+16015550123", &[("MS", CENTRAL)]),
    ("+12035550123", &[("CT", EAST)]),
    ("+13055550123", &[("FL", EAST)]),
    ("+18505550123", &[("FL", EAST), ("FL", CENTRAL)]),
    ("+16895550123", &[("FL", EAST)]),
    ("+12705550123", &[("KY", EAST), ("KY", CENTRAL)]),
    ("+12195550123", &[("IN", EAST), ("IN", CENTRAL)]),
    ("+14235550123", &[("TN", EAST), ("TN", CENTRAL)]),
    ("+14105550123", &[("MD", EAST)]),
    ("+13125550123", &[("IL", CENTRAL)]),
    ("+14055550123", &[("OK", CENTRAL)]),
    ("+15035550123", &[("OR", PACIFIC)]),
    ("+14015550123", &[("RI", EAST)]),
    ("+12145550123", &[("TX", CENTRAL)]),
    ("+17025550123", &[("NV", PACIFIC)]),
    ("+14155550123", &[("CA", PACIFIC)]),
    ("+12155550123", &[("PA", EAST)]),
    ("+12065550123", &[("WA", PACIFIC)]),
    ("+18085550123", &[("HI", "Pacific/Honolulu")]),
    ("+33612345678", &[("FR", PARIS)]),
    // Toll-free: anywhere.
    (
        "+18005550123",
        &[
            ("?", EAST),
            ("?", CENTRAL),
            ("?", MOUNTAIN),
            ("?", PACIFIC),
            ("?", "America/Phoenix"),
            ("?", "America/Anchorage"),
            ("?", "Pacific/Honolulu"),
            ("RI", EAST),
            ("KY", CENTRAL),
            ("AL", CENTRAL),
        ],
    ),
];

/// ZIP codes, and where they lie.
pub(crate) const ZIPS: [(&str, Spot); 10] = [
    ("30309", ("GA", EAST)),
    ("32501", ("FL", CENTRAL)),
    ("32301", ("FL", EAST)),
    ("79901", ("TX", MOUNTAIN)),
    ("35203", ("AL", CENTRAL)),
    ("02903", ("RI", EAST)),
    ("42101", ("KY", CENTRAL)),
    ("97201", ("OR", PACIFIC)),
    ("96813", ("HI", "Pacific/Honolulu")),
    ("19103", ("PA", EAST)),
];

/// Where somebody may be: their ZIP code counts before their number.
pub(crate) fn spots(phone: &str, zip: Option<&str>) -> Vec<Spot> {
    if let Some((_, spot)) = ZIPS.iter().find(|(code, _)| Some(*code) == zip) {
        return vec![*spot];
    }
    PHONES.iter().find(|(known, _)| *known == phone).unwrap().1.to_vec()
}

/// A message.
#[derive(Debug, Clone)]
pub(crate) struct Message {
    pub(crate) class: Class,
    pub(crate) content: Content,
    pub(crate) at: Timestamp,
}

/// Why a message must not leave, wherever the person may be; `earlier` are marketing messages that left for them before.
pub(crate) fn refuses(message: &Message, spots: &[Spot], earlier: &[Timestamp]) -> Option<String> {
    if !matches!(message.class, Class::FollowUp | Class::Campaign) {
        return None;
    }
    let marketing = message.content == Content::Marketing;
    spots.iter().find_map(|(state, zone)| {
        let local = TimeZone::get(zone).unwrap().to_datetime(message.at);
        let minute = i32::from(local.hour()) * 60 + i32::from(local.minute());
        if *state == "FR" {
            let why = marketing && !french_hours(local.date(), minute);
            return why.then(|| format!("{local} in France"));
        }
        if !(8 * 60..21 * 60).contains(&minute) {
            return Some(format!("{local} in {zone}: federal hours"));
        }
        if !marketing {
            return None;
        }
        if !state_hours(state, local.date(), minute) {
            return Some(format!("{local} in {state}"));
        }
        let day = message.at - SignedDuration::from_hours(24);
        let recent = earlier.iter().filter(|at| **at > day && **at <= message.at).count();
        let full = ["FL", "OK", "OR"].contains(state) && recent >= 3;
        full.then(|| format!("{recent} in 24 hours in {state}"))
    })
}

/// Whether it is one of the brand's quiet hours somewhere where the person may be; from an evening's hour to a morning's.
pub(crate) fn is_quiet(at: Timestamp, (evening, morning): (i8, i8), spots: &[Spot]) -> bool {
    spots.iter().any(|(_, zone)| {
        let hour = TimeZone::get(zone).unwrap().to_datetime(at).hour();
        hour >= evening || hour < morning
    })
}

fn state_hours(state: &str, day: Date, minute: i32) -> bool {
    let from_to = |from: i32, to: i32| (from * 60..to * 60).contains(&minute);
    let sunday = day.weekday() == Weekday::Sunday;
    let saturday = day.weekday() == Weekday::Saturday;
    match state {
        "AL" | "LA" => from_to(8, 20) && !sunday && !is_federal_holiday(day),
        "MS" => from_to(8, 20) && !sunday,
        "FL" | "MD" | "OK" | "OR" | "WA" => from_to(8, 20),
        "CT" | "NV" => from_to(9, 20),
        "KY" => from_to(10, 21),
        "RI" if saturday || sunday => from_to(10, 17),
        "RI" => from_to(9, 18),
        "TX" if sunday => from_to(12, 21),
        "TX" | "MI" | "MN" | "NM" | "CA" | "IL" => from_to(9, 21),
        "PA" if saturday => from_to(8, 12),
        "?" if sunday => from_to(12, 20) && !is_federal_holiday(day),
        "?" => from_to(9, 20) && !is_federal_holiday(day),
        _ => true,
    }
}

fn french_hours(day: Date, minute: i32) -> bool {
    let easter = match day.year() {
        2025 => Date::constant(2025, 4, 20),
        2026 => Date::constant(2026, 4, 5),
        2027 => Date::constant(2027, 3, 28),
        2028 => Date::constant(2028, 4, 16),
        other => panic!("{other}: look Easter up"),
    };
    let moving = [1, 39, 50].map(|days: i64| easter + days.days());
    let fixed = ["01-01", "05-01", "05-08", "07-14", "08-15", "11-01", "11-11", "12-25"];
    let holiday = moving.contains(&day) || fixed.contains(&&*day.strftime("%m-%d").to_string());
    (8 * 60..20 * 60).contains(&minute) && day.weekday() != Weekday::Sunday && !holiday
}

/// A federal holiday, or the weekday on which one that falls on a weekend is kept.
fn is_federal_holiday(day: Date) -> bool {
    let itself = |day: Date| holidays_of(day.year()).contains(&day);
    let (before, after) = (day.yesterday().unwrap(), day.tomorrow().unwrap());
    itself(day)
        || day.weekday() == Weekday::Monday && itself(before)
        || day.weekday() == Weekday::Friday && itself(after)
}

fn holidays_of(year: i16) -> Vec<Date> {
    // All days of a month that are this weekday.
    let all = |month: i8, weekday: Weekday| -> Vec<Date> {
        let first = Date::constant(year, month, 1);
        first
            .series(1.day())
            .take_while(|day| day.month() == month)
            .filter(|day| day.weekday() == weekday)
            .collect()
    };
    let mut days: Vec<Date> = [(1, 1), (6, 19), (7, 4), (11, 11), (12, 25)]
        .into_iter()
        .map(|(month, day)| Date::constant(year, month, day))
        .collect();
    days.push(all(1, Weekday::Monday)[2]);
    days.push(all(2, Weekday::Monday)[2]);
    days.push(*all(5, Weekday::Monday).last().unwrap());
    days.push(all(9, Weekday::Monday)[0]);
    days.push(all(10, Weekday::Monday)[1]);
    days.push(all(11, Weekday::Thursday)[3]);
    days
}
