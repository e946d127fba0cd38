//! `date`: a day of the calendar, in digits, with the name of its month, or by its distance from today.

use super::number::{
    QUANTITIES, count, digits_and_letters, ends_clean, linked, ordinal, quantity, starts_clean,
};
use super::phrase::{can_begin, end_of, is_skip, is_word, is_word_of, longest, row_of};
use super::{
    Answer, Context, DateOrder, Found, Meant, Openness, SlotType, Value, ValueKind, read_only_meant,
};
use crate::language::{Lang, List, Lists, TimeUnit};
use crate::sms::Text;
use jiff::Span;
use jiff::civil::{Date, Weekday};
use rust_decimal::prelude::ToPrimitive;

/// Years that are written in full; other numbers of four digits are something else.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=2199;
/// Years that are looked at for the next such day: from one 29 February to the next it can be eight.
const YEARS_AHEAD: i16 = 8;
/// The most days, weeks, months or years that "in 3 days" may count.
const AHEAD_MAX: i64 = 999;

/// Bytes between two parts of a date: ", '" is the longest that people type.
const GAP_MAX: usize = 6;

pub(super) const NO_SUCH_DATE: Answer = Answer::Invalid("no such date");

pub(super) struct DateSlot;

impl SlotType for DateSlot {
    fn name(&self) -> &'static str {
        "date"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Date
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        30 // most of its texts hold a number as well
    }

    fn example(&self) -> Option<String> {
        Some("2027-03-04".to_owned())
    }

    /// "Next friday" is found as the nearer of the two that it may be.
    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let Some(Meant { end, answer }) = meant(text, at, context) else { return Vec::new() };
        match answer {
            Answer::Value(value) => vec![Found { end, value }],
            Answer::Ambiguous(values) => {
                values.into_iter().next().map(|value| Found { end, value }).into_iter().collect()
            }
            Answer::Invalid(_) | Answer::Unclear => Vec::new(),
        }
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| meant(text, at, context))
    }
}

/// Lists of which a phrase begins every written day that has no digit in front.
pub(super) const WRITTEN: Lists = QUANTITIES.and(Lists::of(&[
    List::DayLead,
    List::Weekdays,
    List::WeekdaysShort,
    List::Months,
    List::Ordinals,
]));
/// The same for days around today.
const AROUND: Lists = Lists::of(&[
    List::This,
    List::NextBefore,
    List::LastBefore,
    List::AheadBefore,
    List::AgoBefore,
    List::Articles,
    List::Days,
]);

/// The longest of the ways to say a day.
fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    if !can_begin(text, at, WRITTEN.and(AROUND)) {
        return None;
    }
    let today = today(context);
    let ways = [
        written(text, at, context).map(|written| dated(&written, today)),
        compact(text, at, context),
        by_weekday(text, at, context, today),
        by_distance(text, at, context, today),
        named_day(text, at, context, today),
    ];
    let meant = ways.into_iter().flatten().max_by_key(|meant| meant.end)?;
    // "A week from friday" is not friday, and neither is "from friday on" a day.
    let counted = at > 0 && is_word(text, at - 1, context, List::CountedFrom);
    Some(if counted { Meant { answer: Answer::Unclear, ..meant } } else { meant })
}

/// The day of the turn where the person is.
pub(super) fn today(context: &Context<'_>) -> Date {
    context.now.to_zoned(context.zone.clone()).date()
}

/// Without a year it is the next such day, today included; two digits are a year of this century.
fn dated(written: &Written, today: Date) -> Meant {
    let date = match written.year {
        Year::Full(year) => written.in_year(year).filter(|_| YEARS.contains(&year)),
        Year::Short(year) => written.in_year(2000 + year),
        Year::Missing => (today.year()..=today.year().saturating_add(YEARS_AHEAD))
            .filter_map(|year| written.in_year(year))
            .find(|date| *date >= today),
    };
    let answer = match date {
        None => NO_SUCH_DATE,
        Some(date) if written.weekday.is_some_and(|weekday| weekday != date.weekday()) => {
            Answer::Invalid("that date is another day of the week")
        }
        Some(date) => Answer::Value(Value::Date(date)),
    };
    Meant { end: written.end, answer }
}

// ── day, month and year ─────────────────────────────────────────────────────────────────────────

/// A day as somebody wrote it. It need not exist.
pub(super) struct Written {
    /// One past its last token.
    pub(super) end: usize,
    /// What there is of a year.
    pub(super) year: Year,
    /// The day of the week, where it is said too.
    pub(super) weekday: Option<Weekday>,
    month: i8,
    day: i8,
}

/// What there is of a year.
#[derive(Clone, Copy)]
pub(super) enum Year {
    /// All of it.
    Full(i16),
    /// Its last two digits.
    Short(i16),
    /// Nothing.
    Missing,
}

impl Written {
    /// The day in that year, if that year has it.
    pub(super) fn in_year(&self, year: i16) -> Option<Date> {
        Date::new(year, self.month, self.day).ok()
    }
}

/// The day that is written from `at` on, perhaps after "on the" and the day of the week.
pub(super) fn written(text: &Text, at: usize, context: &Context<'_>) -> Option<Written> {
    if !can_begin(text, at, WRITTEN) {
        return None;
    }
    let from = after_lead(text, at, context);
    let weekday = weekday(text, from, context, true);
    let from = weekday.map_or(from, |(_, end)| after_lead(text, end, context));
    let written = in_digits(text, from, context).or_else(|| with_month(text, from, context))?;
    Some(Written { weekday: weekday.map(|(weekday, _)| weekday), ..written })
}

fn after_lead(text: &Text, at: usize, context: &Context<'_>) -> usize {
    end_of(text, at, context, List::DayLead).unwrap_or(at)
}

/// Plain digits of token `at`.
fn plain_digits(text: &Text, at: usize) -> Option<&str> {
    digits_and_letters(text, at).filter(|(_, letters)| letters.is_empty()).map(|(digits, _)| digits)
}

/// "2027-03-04", "3/4/2027", "3-4-27", "3/4". Two numbers with a hyphen are a range, with a point a decimal.
fn in_digits(text: &Text, at: usize, context: &Context<'_>) -> Option<Written> {
    let first = plain_digits(text, at).filter(|_| starts_clean(text, at))?;
    let second = plain_digits(text, at + 1).filter(|digits| digits.len() <= 2)?;
    let sign = text.gap(at + 1);
    let third = plain_digits(text, at + 2).filter(|_| text.gap(at + 2).trim() == sign.trim());
    let (end, year, (first, second)) = match (first.len(), sign.trim(), third) {
        (4, "-" | "/" | ".", Some(day)) if day.len() <= 2 => (at + 3, full(first)?, (second, day)),
        (1 | 2, "-" | "/" | "." | "", Some(year)) if year.len() == 4 => {
            (at + 3, full(year)?, (first, second))
        }
        (1 | 2, "-" | "/" | ".", Some(year)) if year.len() == 2 => {
            (at + 3, Year::Short(year.parse().ok()?), (first, second))
        }
        (1 | 2, "/", None) => (at + 2, Year::Missing, (first, second)),
        _ => return None,
    };
    let (first, second) = (first.parse().ok()?, second.parse().ok()?);
    let year_first = plain_digits(text, at)?.len() == 4;
    let month_first = year_first || context.dates == DateOrder::MonthFirst;
    let (month, day): (i8, i8) = if month_first { (first, second) } else { (second, first) };
    // "13/4" can only be meant one way.
    let swapped = !year_first && month > 12 && day <= 12;
    let (month, day) = if swapped { (day, month) } else { (month, day) };
    ends_clean(text, end).then_some(Written { end, year, weekday: None, month, day })
}

fn full(year: &str) -> Option<Year> {
    year.parse().ok().map(Year::Full)
}

/// "march 4", "4th of march 2027", "4 de marzo del 2027", "1er mai".
fn with_month(text: &Text, at: usize, context: &Context<'_>) -> Option<Written> {
    let day_first = || {
        let (day, end) = day_of_month(text, at, context)?;
        let from = end_of(text, end, context, List::Of).unwrap_or(end);
        let (month, after) = month(text, from, context).filter(|_| near(text, end) && near(text, from))?;
        Some((day, month, after))
    };
    let month_first = || {
        let (month, end) = month(text, at, context)?;
        let from = if is_word_of(text, end, &["the"]) { end + 1 } else { end };
        // "May one ask" is no date: a plain word for a number does not do here.
        let digits = digits_and_letters(text, from).is_some();
        let ordinal = ordinal(text, from, context);
        let (day, after) = if digits { day_of_month(text, from, context) } else { ordinal }?;
        near(text, from).then_some((day, month, after))
    };
    let (day, month, end) = day_first().or_else(month_first)?;
    let (year, end) = year(text, end, context);
    let day = i8::try_from(day).ok()?;
    ends_clean(text, end).then_some(Written { end, year, weekday: None, month, day })
}

/// Whether the parts of a date go on over the gap before `at`: "4-mar", "march 4, 2027", "4. marzo".
fn near(text: &Text, at: usize) -> bool {
    let mut signs = text.gap(at).chars().filter(|c| !c.is_whitespace());
    let plain = signs.all(|c| matches!(c, '-' | '.' | ',' | '/' | '\'' | '’'));
    plain && text.gap(at).len() <= GAP_MAX
}

fn day_of_month(text: &Text, at: usize, context: &Context<'_>) -> Option<(u32, usize)> {
    if let Some(digits) = plain_digits(text, at) {
        return (digits.len() <= 2 && starts_clean(text, at)).then_some((digits.parse().ok()?, at + 1));
    }
    let counts = context.languages.iter().filter_map(|lang| count(text, at, *lang));
    let counts = counts.filter_map(|(day, end)| Some((u32::try_from(day).ok()?, end)));
    ordinal(text, at, context).into_iter().chain(counts).max_by_key(|(_, end)| *end)
}

fn month(text: &Text, at: usize, context: &Context<'_>) -> Option<(i8, usize)> {
    let (_, row) = named(text, at, context, List::Months)?;
    Some((i8::try_from(row + 1).ok()?, at + 1))
}

/// The row of token `at` in a list, in the first language that has it there.
fn named(text: &Text, at: usize, context: &Context<'_>, list: List) -> Option<(Lang, usize)> {
    (at < text.tokens().len()).then(|| row_of(text.token(at), context, list)).flatten()
}

/// The year behind day and month. Two digits are one only where they are parted by a sign or end the text:
/// "march 4 20 people" is of no year.
fn year(text: &Text, end: usize, context: &Context<'_>) -> (Year, usize) {
    let at = end_of(text, end, context, List::Of).unwrap_or(end);
    let missing = (Year::Missing, end);
    let Some(digits) = plain_digits(text, at).filter(|_| near(text, at)) else { return missing };
    let Ok(number) = digits.parse::<i16>() else { return missing };
    let last = !text.gap(at).trim().is_empty() || at + 1 == text.tokens().len();
    match digits.len() {
        4 if YEARS.contains(&number) => (Year::Full(number), at + 1),
        2 if last && ends_clean(text, at + 1) => (Year::Short(number), at + 1),
        _ => missing,
    }
}

/// Eight digits without a sign, "03041985" or "19850304": in the order of the place, or year first.
pub(super) fn compact(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    let digits = plain_digits(text, at).filter(|digits| digits.len() == 8)?;
    if !starts_clean(text, at) || !ends_clean(text, at + 1) || text.gap(at).ends_with('+') {
        return None;
    }
    let day = |year: &str, month: &str, day: &str| {
        let year = year.parse().ok().filter(|year| YEARS.contains(year))?;
        Date::new(year, month.parse().ok()?, day.parse().ok()?).ok()
    };
    let (one, two, last) = (&digits[..2], &digits[2..4], &digits[4..]);
    let ordered = match context.dates {
        DateOrder::MonthFirst => day(last, one, two),
        DateOrder::DayFirst => day(last, two, one),
    };
    let year_first = day(&digits[..4], &digits[4..6], &digits[6..]);
    // Never both: a year begins with 19 to 21, which is no month.
    let date = ordered.or(year_first)?;
    Some(Meant::value(at + 1, Value::Date(date)))
}

// ── days around today ───────────────────────────────────────────────────────────────────────────

/// "Today", "day after tomorrow".
fn named_day(text: &Text, at: usize, context: &Context<'_>, today: Date) -> Option<Meant> {
    let said = longest(text, at, context, List::Days)?;
    if at > 0 && is_word(text, at - 1, context, List::NotDaysAfter) {
        return None;
    }
    let (_, days) = said.lang.lexicon().time.days[said.row];
    Some(Meant { end: said.end, answer: moved(today, days, TimeUnit::Day) })
}

/// Which of all fridays.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Which {
    /// The next one; today's is said as "today".
    Coming,
    /// The next one, or today's.
    This,
    /// The next one, or the one after it.
    Next,
    /// The one of the next week.
    OfNextWeek,
    /// The one before today.
    Last,
}

/// "Friday", "next friday", "vendredi prochain", "el viernes que viene".
fn by_weekday(text: &Text, at: usize, context: &Context<'_>, today: Date) -> Option<Meant> {
    let (before, from) = which_before(text, at, context);
    let from = if before.is_some() { from } else { after_lead(text, at, context) };
    let alone = || (0..text.tokens().len()).all(|other| other == from || is_skip(text, other, context));
    let short = weekday(text, from, context, true)?;
    let (weekday, end) =
        weekday(text, from, context, false).or_else(|| (before.is_some() || alone()).then_some(short))?;
    let (after, end) = if before.is_none() { which_after(text, end, context) } else { (None, end) };
    if day_follows(text, end, context) {
        return None;
    }
    let coming =
        |from: Date| (1..=7).filter_map(move |days| day(from, days)).find(|d| d.weekday() == weekday);
    let near = coming(today)?;
    let value = match before.or(after).unwrap_or(Which::Coming) {
        Which::This if today.weekday() == weekday => today,
        Which::Next if may_skip(context) && same_week(today, near) => {
            let values = [near, day(near, 7)?].map(Value::Date).to_vec();
            return Some(Meant { end, answer: Answer::Ambiguous(values) });
        }
        Which::Last => coming(day(today, -8)?)?,
        Which::OfNextWeek => {
            let monday = day(today, 7 - i64::from(today.weekday().to_monday_zero_offset()))?;
            day(monday, i64::from(weekday.to_monday_zero_offset()))?
        }
        Which::Coming | Which::This | Which::Next => near,
    };
    Some(Meant::value(end, Value::Date(value)))
}

/// English leaves "next friday" open; a brand that understands English first has to ask.
fn may_skip(context: &Context<'_>) -> bool {
    context.languages.first().is_some_and(|lang| lang.lexicon().time.next_may_skip)
}

/// Whether two days are in one week, for those who begin it on Monday or for those who begin it on Sunday.
fn same_week(today: Date, later: Date) -> bool {
    let apart = i64::from((later - today).get_days());
    let of_monday = i64::from(today.weekday().to_monday_zero_offset());
    let of_sunday = i64::from(today.weekday().to_sunday_zero_offset());
    of_monday + apart < 7 || of_sunday + apart < 7
}

fn which_before(text: &Text, at: usize, context: &Context<'_>) -> (Option<Which>, usize) {
    let lists = [(Which::This, List::This), (Which::Next, List::NextBefore), (Which::Last, List::LastBefore)];
    let ends = lists.into_iter().filter_map(|(which, list)| Some((which, end_of(text, at, context, list)?)));
    ends.max_by_key(|(_, end)| *end).map_or((None, at), |(which, end)| (Some(which), end))
}

fn which_after(text: &Text, at: usize, context: &Context<'_>) -> (Option<Which>, usize) {
    if let Some(end) = end_of(text, at, context, List::OfNextWeek) {
        return (Some(Which::OfNextWeek), end);
    }
    if let Some(end) = end_of(text, at, context, List::NextAfter) {
        return (Some(Which::Next), end);
    }
    let last = end_of(text, at, context, List::LastAfter);
    // "Pasado mañana" is the day after tomorrow.
    let last = last.filter(|end| !is_word_of(text, *end, &["manana"]));
    last.map_or((None, at), |end| (Some(Which::Last), end))
}

fn weekday(text: &Text, at: usize, context: &Context<'_>, short: bool) -> Option<(Weekday, usize)> {
    let whole = named(text, at, context, List::Weekdays);
    let cut = || named(text, at, context, List::WeekdaysShort).filter(|_| short);
    let (_, row) = whole.or_else(cut)?;
    let weekday = Weekday::from_monday_zero_offset(i8::try_from(row).ok()?).ok()?;
    Some((weekday, at + 1))
}

/// Whether a day of the month follows, as in "friday the 13th": then it is not just any friday.
fn day_follows(text: &Text, at: usize, context: &Context<'_>) -> bool {
    let at = after_lead(text, at, context);
    let digits = plain_digits(text, at).is_some_and(|digits| digits.len() <= 2) && ends_clean(text, at + 1);
    digits || ordinal(text, at, context).is_some()
}

/// "In 3 days", "two weeks from now", "il y a 3 jours".
fn by_distance(text: &Text, at: usize, context: &Context<'_>, today: Date) -> Option<Meant> {
    let ahead = end_of(text, at, context, List::AheadBefore);
    let ago = end_of(text, at, context, List::AgoBefore);
    let before = match (ahead, ago) {
        (Some(ahead), ago) if ago.is_none_or(|ago| ahead >= ago) => Some((1, ahead)),
        (_, ago) => ago.map(|ago| (-1, ago)),
    };
    let from = before.map_or(at, |(_, end)| end);
    let (number, unit, end) = length(text, from, context)?;
    if let Some((sign, _)) = before {
        return Some(Meant { end, answer: moved(today, sign * number, unit) });
    }
    let ahead = end_of(text, end, context, List::AheadAfter).map(|end| (1, end));
    let ago = || end_of(text, end, context, List::AgoAfter).map(|end| (-1, end));
    let (sign, end) = ahead.or_else(ago)?;
    Some(Meant { end, answer: moved(today, sign * number, unit) })
}

/// A whole number of days, weeks, months or years.
fn length(text: &Text, at: usize, context: &Context<'_>) -> Option<(i64, TimeUnit, usize)> {
    let (number, glued, from) = if is_word(text, at, context, List::Articles) {
        (1, "", at + 1)
    } else {
        let number = quantity(text, at, context).filter(|number| number.value.is_integer())?;
        (number.value.to_i64().filter(|n| (0..=AHEAD_MAX).contains(n))?, number.unit, number.end)
    };
    let (unit, end) = if glued.is_empty() {
        (unit_at(text, from, context)?, from + 1)
    } else {
        (unit_named(glued, context)?, from)
    };
    (unit >= TimeUnit::Day).then_some((number, unit, end))
}

/// The unit of time that token `at` is.
pub(super) fn unit_at(text: &Text, at: usize, context: &Context<'_>) -> Option<TimeUnit> {
    (at < text.tokens().len() && linked(text, at)).then(|| unit_named(text.token(at), context)).flatten()
}

/// The unit of time of that name.
pub(super) fn unit_named(name: &str, context: &Context<'_>) -> Option<TimeUnit> {
    let (lang, row) = row_of(name, context, List::TimeUnits)?;
    Some(lang.lexicon().time.units[row].1)
}

fn moved(today: Date, number: i64, unit: TimeUnit) -> Answer {
    let span = match unit {
        TimeUnit::Year => Span::new().try_years(number),
        TimeUnit::Month => Span::new().try_months(number),
        TimeUnit::Week => Span::new().try_weeks(number),
        TimeUnit::Day | TimeUnit::Hour | TimeUnit::Minute | TimeUnit::Second => Span::new().try_days(number),
    };
    let date = span.and_then(|span| today.checked_add(span));
    date.map_or(NO_SUCH_DATE, |date| Answer::Value(Value::Date(date)))
}

fn day(from: Date, days: i64) -> Option<Date> {
    from.checked_add(Span::new().days(days)).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use jiff::civil;
    use jiff::tz::TimeZone;

    /// 2026-06-03 is a Wednesday.
    fn at_noon(date: &str) -> jiff::Timestamp {
        let date: Date = date.parse().expect("a date");
        date.at(12, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a moment").timestamp()
    }

    fn read_on(today: &str, text: &str, languages: &[Lang], dates: DateOrder) -> Answer {
        let context = Context { now: at_noon(today), dates, ..Context::of(languages) };
        DateSlot.read(&Text::new(text), &context)
    }

    fn read(text: &str, lang: Lang) -> Answer {
        let dates = if lang == Lang::EN { DateOrder::MonthFirst } else { DateOrder::DayFirst };
        read_on("2026-06-03", text, &[lang], dates)
    }

    fn date(date: &str) -> Value {
        Value::Date(date.parse().expect("a date"))
    }

    #[test]
    fn dates_are_read_as_people_write_them() {
        for (text, lang, expected) in [
            ("2027-03-04", Lang::EN, "2027-03-04"),
            ("2027/3/4", Lang::FR, "2027-03-04"),
            ("3/4/2027", Lang::EN, "2027-03-04"),
            ("3-4-27", Lang::EN, "2027-03-04"),
            ("3.4.2027", Lang::EN, "2027-03-04"),
            ("03 04 2027", Lang::EN, "2027-03-04"),
            ("03042027", Lang::EN, "2027-03-04"),
            ("13/4/2027", Lang::EN, "2027-04-13"),
            ("7/4", Lang::EN, "2026-07-04"),
            ("3/4", Lang::EN, "2027-03-04"),
            ("6/3", Lang::EN, "2026-06-03"),
            ("march 4", Lang::EN, "2027-03-04"),
            ("March 4th, 2027!", Lang::EN, "2027-03-04"),
            ("4 march 2027", Lang::EN, "2027-03-04"),
            ("the 4th of july", Lang::EN, "2026-07-04"),
            ("the first of march", Lang::EN, "2027-03-01"),
            ("4-Mar-27", Lang::EN, "2027-03-04"),
            ("feb 29", Lang::EN, "2028-02-29"),
            ("Thursday, March 4 2027 please", Lang::EN, "2027-03-04"),
            ("3/4/2027", Lang::FR, "2027-04-03"),
            ("4/13/2027", Lang::FR, "2027-04-13"),
            ("le 4 mars", Lang::FR, "2027-03-04"),
            ("1er mai 2027", Lang::FR, "2027-05-01"),
            ("premier août", Lang::FR, "2026-08-01"),
            ("vingt et un mars", Lang::FR, "2027-03-21"),
            ("jeudi 4 mars 2027", Lang::FR, "2027-03-04"),
            ("3/4/2027", Lang::ES, "2027-04-03"),
            ("4 de marzo", Lang::ES, "2027-03-04"),
            ("el 4 de marzo del 2027", Lang::ES, "2027-03-04"),
            ("primero de mayo", Lang::ES, "2027-05-01"),
            ("4 marzo de 2027", Lang::ES, "2027-03-04"),
        ] {
            assert_eq!(read(text, lang), Answer::Value(date(expected)), "{text}");
        }
    }

    #[test]
    fn days_are_read_by_their_distance_from_today() {
        for (text, lang, expected) in [
            ("today", Lang::EN, "2026-06-03"),
            ("tomorrow please", Lang::EN, "2026-06-04"),
            ("tmrw", Lang::EN, "2026-06-04"),
            ("yesterday", Lang::EN, "2026-06-02"),
            ("the day after tomorrow", Lang::EN, "2026-06-05"),
            ("friday", Lang::EN, "2026-06-05"),
            ("on Friday at 5pm", Lang::EN, "2026-06-05"),
            ("wednesday", Lang::EN, "2026-06-10"),
            ("this wednesday", Lang::EN, "2026-06-03"),
            ("next tuesday", Lang::EN, "2026-06-09"),
            ("last friday", Lang::EN, "2026-05-29"),
            ("friday next week", Lang::EN, "2026-06-12"),
            ("last wednesday", Lang::EN, "2026-05-27"),
            ("sat", Lang::EN, "2026-06-06"),
            ("this sat", Lang::EN, "2026-06-06"),
            ("in 3 days", Lang::EN, "2026-06-06"),
            ("in two weeks", Lang::EN, "2026-06-17"),
            ("in a month", Lang::EN, "2026-07-03"),
            ("3 days from now", Lang::EN, "2026-06-06"),
            ("a week ago", Lang::EN, "2026-05-27"),
            ("aujourd'hui", Lang::FR, "2026-06-03"),
            ("demain matin", Lang::FR, "2026-06-04"),
            ("après-demain", Lang::FR, "2026-06-05"),
            ("vendredi prochain", Lang::FR, "2026-06-05"),
            ("mardi de la semaine prochaine", Lang::FR, "2026-06-09"),
            ("dans 3 jours", Lang::FR, "2026-06-06"),
            ("dans une semaine", Lang::FR, "2026-06-10"),
            ("il y a deux jours", Lang::FR, "2026-06-01"),
            ("hoy", Lang::ES, "2026-06-03"),
            ("mañana por la mañana", Lang::ES, "2026-06-04"),
            ("pasado mañana", Lang::ES, "2026-06-05"),
            ("el viernes que viene", Lang::ES, "2026-06-05"),
            ("el próximo lunes", Lang::ES, "2026-06-08"),
            ("en dos semanas", Lang::ES, "2026-06-17"),
            ("hace 3 días", Lang::ES, "2026-05-31"),
            ("de hoy en ocho", Lang::ES, "2026-06-10"),
            ("hoy en quince días", Lang::ES, "2026-06-17"),
            ("mañana en ocho, gracias", Lang::ES, "2026-06-11"),
            ("el viernes en ocho", Lang::ES, "2026-06-12"),
            ("demain en huit", Lang::FR, "2026-06-11"),
        ] {
            assert_eq!(read(text, lang), Answer::Value(date(expected)), "{text}");
        }
    }

    #[test]
    fn next_friday_is_asked_about_where_it_is_open() {
        let read = |today: &str, text: &str| read_on(today, text, &[Lang::EN], DateOrder::MonthFirst);
        let both = |near, far| Answer::Ambiguous(vec![date(near), date(far)]);
        assert_eq!(read("2026-06-03", "next friday"), both("2026-06-05", "2026-06-12"));
        assert_eq!(read("2026-06-07", "next monday"), both("2026-06-08", "2026-06-15"));
        assert_eq!(read("2026-06-06", "next friday"), Answer::Value(date("2026-06-12")));
        assert_eq!(read("2026-06-05", "next friday"), Answer::Value(date("2026-06-12")));
        let context = Context { now: at_noon("2026-06-03"), ..Context::of(&[Lang::EN]) };
        let found = DateSlot.find(&Text::new("book next friday"), 1, &context);
        assert_eq!(found, [Found { end: 3, value: date("2026-06-05") }]);
    }

    #[test]
    fn what_is_no_date_is_refused() {
        for text in
            ["2/30", "feb 30", "31/4/2027", "13/13/2027", "2027-02-29", "march 32", "friday march 4 2027"]
        {
            assert!(matches!(read(text, Lang::EN), Answer::Invalid(_)), "{text}: {:?}", read(text, Lang::EN));
        }
        for text in [
            "",
            "soon",
            "3-4",
            "3.4",
            "march",
            "march 2027",
            "march 4-6",
            "today or tomorrow",
            "555-123-4567",
            "1/2/3/4",
            "friday the 13th",
            "a week from friday",
            "i sat in the sun",
            "in 3 hours",
            "may one ask",
            "192.168.1.1",
            "5",
        ] {
            assert_eq!(read(text, Lang::EN), Answer::Unclear, "{text}");
        }
        assert_eq!(read("mon chien", Lang::FR), Answer::Unclear);
        assert_eq!(read("por la mañana", Lang::ES), Answer::Unclear);
    }

    #[test]
    fn the_day_is_that_of_the_person() {
        let now =
            civil::date(2026, 6, 3).at(2, 0, 0, 0).to_zoned(TimeZone::UTC).expect("a moment").timestamp();
        let zone = TimeZone::get("America/New_York").expect("a known zone");
        let context = Context { now, zone, ..Context::of(&[Lang::EN]) };
        let read = DateSlot.read(&Text::new("today"), &context);
        assert_eq!(read, Answer::Value(date("2026-06-02")));
    }
}
