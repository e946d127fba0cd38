//! `duration`: a length of time, from seconds to weeks. Months and years have no fixed length and are not read.

use super::date::{unit_at, unit_named};
use super::number::{
    QUANTITIES, Quantity, count, digits_and_letters, ends_clean, linked, one_of_two, quantity, starts_clean,
};
use super::phrase::{can_begin, end_of, is_word, is_word_of, longest};
use super::{Answer, Context, Found, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::language::{List, Lists, TimeUnit};
use crate::sms::Text;
use rust_decimal::Decimal;
use rust_decimal::prelude::ToPrimitive;

/// The longest that is read: a hundred years. What is longer is a slip of the finger.
const SECONDS_MAX: i64 = 100 * 366 * 86_400;

const TOO_LONG: Answer = Answer::Invalid("longer than a hundred years");

pub(super) struct Duration;

impl SlotType for Duration {
    fn name(&self) -> &'static str {
        "duration"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Duration
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        40 // most of its texts hold a number as well
    }

    fn example(&self) -> Option<String> {
        Some("2h".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        meant(text, at, context).and_then(Meant::found).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| meant(text, at, context))
    }
}

/// One unit of a length: "1 hour" of "1 hour 30 minutes".
#[derive(Clone, Copy)]
struct Term {
    seconds: Decimal,
    unit: TimeUnit,
    end: usize,
}

/// Lists of which a phrase begins every length that has no digit in front.
const LENGTHS: Lists = QUANTITIES.and(Lists::of(&[List::Lengths, List::Articles]));

/// Terms in a row, from great to small: "1 hour 30 minutes", "1h30", "an hour and a half".
fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    if !can_begin(text, at, LENGTHS) {
        return None;
    }
    if let Some((seconds, end)) = named(text, at, context) {
        return ends_clean(text, end).then_some(Meant::value(end, Value::Duration { seconds }));
    }
    let glued = glued(text, at, context);
    let mut last = glued.or_else(|| term(text, at, context))?;
    let mut total = last.seconds;
    while let Some(next) = next_term(text, &last, context) {
        total = total.checked_add(next.seconds)?;
        last = next;
    }
    let end = last.end;
    if !ends_clean(text, end) || !total.is_integer() {
        return None;
    }
    let answer = match total.to_i64() {
        _ if one_of_two(text, at, end, context) => Answer::Unclear,
        Some(seconds) if seconds < 0 => Answer::Invalid("a length of time below zero"),
        Some(seconds) if seconds <= SECONDS_MAX => Answer::Value(Value::Duration { seconds }),
        _ => TOO_LONG,
    };
    Some(Meant { end, answer })
}

/// "Half an hour", "media hora".
fn named(text: &Text, at: usize, context: &Context<'_>) -> Option<(i64, usize)> {
    let said = longest(text, at, context, List::Lengths)?;
    Some((said.lang.lexicon().time.lengths[said.row].1, said.end))
}

/// A number and its unit: "2 hours", "2h", "an hour".
fn term(text: &Text, at: usize, context: &Context<'_>) -> Option<Term> {
    let number = if is_word(text, at, context, List::Articles) {
        Quantity { value: Decimal::ONE, end: at + 1, unit: "" }
    } else {
        quantity(text, at, context)?
    };
    let (unit, end) = if number.unit.is_empty() {
        (unit_at(text, number.end, context)?, number.end + 1)
    } else {
        (unit_named(number.unit, context)?, number.end)
    };
    let seconds = number.value.checked_mul(seconds(unit)?.into())?;
    Some(with_half(text, Term { seconds, unit, end }, context))
}

/// "An hour and a half".
fn with_half(text: &Text, term: Term, context: &Context<'_>) -> Term {
    let half = end_of(text, term.end, context, List::AndHalf).filter(|_| linked(text, term.end));
    // "An hour and a half hour" has its half in words of its own.
    let half = half.filter(|end| unit_at(text, *end, context).is_none());
    let Some((end, unit)) = half.zip(seconds(term.unit)) else { return term };
    let seconds = term.seconds.checked_add(Decimal::from(unit / 2));
    seconds.map_or(term, |seconds| Term { seconds, end, ..term })
}

/// What goes on after a term, in a smaller unit, which minutes and seconds may leave out: "1h 30". A length with a name
/// of its own counts as the smallest unit, so that it ends the row.
fn next_term(text: &Text, last: &Term, context: &Context<'_>) -> Option<Term> {
    let joins = matches!(text.gap(last.end).trim(), "" | ",");
    let and = usize::from(is_word_of(text, last.end, &["and", "et", "y", "con"]));
    let from = last.end + and;
    if !joins || last.seconds.is_sign_negative() || from >= text.tokens().len() {
        return None;
    }
    let named = named(text, from, context).filter(|_| last.unit > TimeUnit::Second);
    if let Some((seconds, end)) = named {
        return Some(Term { seconds: seconds.into(), unit: TimeUnit::Second, end });
    }
    if let Some(next) = term(text, from, context) {
        return (next.unit < last.unit && !next.seconds.is_sign_negative()).then_some(next);
    }
    let (number, end) = without_unit(text, from, context).filter(|_| and == 0)?;
    let (unit, each) = match last.unit {
        TimeUnit::Hour => (TimeUnit::Minute, 60),
        TimeUnit::Minute => (TimeUnit::Second, 1),
        TimeUnit::Second | TimeUnit::Day | TimeUnit::Week | TimeUnit::Month | TimeUnit::Year => return None,
    };
    Some(Term { seconds: (number * each).into(), unit, end })
}

/// Two digits of a clock, or their words: the "30" of "1h 30", the "trente" of "une heure trente".
fn without_unit(text: &Text, at: usize, context: &Context<'_>) -> Option<(u64, usize)> {
    let found = match digits_and_letters(text, at) {
        Some((digits, "")) if digits.len() == 2 => Some((digits.parse().ok()?, at + 1)),
        Some(_) => None,
        None => {
            let counts = context.languages.iter().filter_map(|lang| count(text, at, *lang));
            counts.max_by_key(|(_, end)| *end).filter(|(number, _)| *number >= 10)
        }
    };
    found.filter(|(number, _)| *number < 60)
}

/// Several terms in one token: "1h30", "1h30m", "2d12h". Bare digits at the end are minutes behind hours.
fn glued(text: &Text, at: usize, context: &Context<'_>) -> Option<Term> {
    let (_, letters) = digits_and_letters(text, at)?;
    letters.find(|c: char| c.is_ascii_digit())?;
    if !starts_clean(text, at) {
        return None;
    }
    let (mut rest, mut total, mut last) = (text.token(at), Decimal::ZERO, None);
    while !rest.is_empty() {
        let (digits, behind) = rest.split_at(rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len()));
        let (name, behind) =
            behind.split_at(behind.find(|c: char| c.is_ascii_digit()).unwrap_or(behind.len()));
        let unit = match (name, last) {
            ("", Some(TimeUnit::Hour)) if digits.len() == 2 => TimeUnit::Minute,
            _ => unit_named(name, context)?,
        };
        if last.is_some_and(|last| unit >= last) {
            return None;
        }
        let number: u32 = digits.parse().ok().filter(|number| !name.is_empty() || *number < 60)?;
        total += Decimal::from(number).checked_mul(seconds(unit)?.into())?;
        (last, rest) = (Some(unit), behind);
    }
    Some(Term { seconds: total, unit: last?, end: at + 1 })
}

/// The length of a unit, if it has one that is always the same.
fn seconds(unit: TimeUnit) -> Option<i64> {
    match unit {
        TimeUnit::Second => Some(1),
        TimeUnit::Minute => Some(60),
        TimeUnit::Hour => Some(3_600),
        TimeUnit::Day => Some(86_400),
        TimeUnit::Week => Some(604_800),
        TimeUnit::Month | TimeUnit::Year => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    fn read(text: &str, lang: Lang) -> Answer {
        Duration.read(&Text::new(text), &Context::of(&[lang]))
    }

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, lang, seconds) in [
            ("2h", Lang::EN, 7_200),
            ("2 hours", Lang::EN, 7_200),
            ("about two hours", Lang::EN, 7_200),
            ("30 min", Lang::EN, 1_800),
            ("90s", Lang::EN, 90),
            ("1h30", Lang::EN, 5_400),
            ("1h30m", Lang::EN, 5_400),
            ("1h 30", Lang::EN, 5_400),
            ("1 hour 30 minutes", Lang::EN, 5_400),
            ("1 hour and 30 mins", Lang::EN, 5_400),
            ("half an hour", Lang::EN, 1_800),
            ("an hour", Lang::EN, 3_600),
            ("an hour and a half", Lang::EN, 5_400),
            ("one and a half hours", Lang::EN, 5_400),
            ("2 1/2 hours", Lang::EN, 9_000),
            ("2.5 hours", Lang::EN, 9_000),
            ("2½h", Lang::EN, 9_000),
            ("a week", Lang::EN, 604_800),
            ("2 days, 3 hours", Lang::EN, 183_600),
            ("a 30-minute call", Lang::EN, 1_800),
            ("hour and a half", Lang::EN, 5_400),
            ("5 minutes 30", Lang::EN, 330),
            ("une heure trente", Lang::FR, 5_400),
            ("2h", Lang::FR, 7_200),
            ("1h30", Lang::FR, 5_400),
            ("2 heures 30", Lang::FR, 9_000),
            ("une demi-heure", Lang::FR, 1_800),
            ("une heure et demie", Lang::FR, 5_400),
            ("trois quarts d'heure", Lang::FR, 2_700),
            ("15 jours", Lang::FR, 1_296_000),
            ("2,5 heures", Lang::FR, 9_000),
            ("dos días", Lang::ES, 172_800),
            ("media hora", Lang::ES, 1_800),
            ("una hora y media", Lang::ES, 5_400),
            ("una hora y 20 minutos", Lang::ES, 4_800),
            ("2 hs", Lang::ES, 7_200),
            ("una semana", Lang::ES, 604_800),
        ] {
            assert_eq!(read(text, lang), Answer::Value(Value::Duration { seconds }), "{text}");
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_refused() {
        for text in ["-2 hours", "99999999999 weeks"] {
            assert!(matches!(read(text, Lang::EN), Answer::Invalid(_)), "{text}");
        }
        for text in [
            "",
            "long",
            "2",
            "2 months",
            "a year",
            "1:30",
            "2 or 3 hours or 4 hours",
            "2 hours or 3 hours",
            "2 or 3 hours",
            "2-3 hours",
            "an hour or two",
            "a couple of hours",
            "2k",
            "1h75",
            "2hx",
            "0.3 s",
            "an hour half an hour half an hour",
            "5pm",
        ] {
            assert_eq!(read(text, Lang::EN), Answer::Unclear, "{text}");
        }
    }
}
