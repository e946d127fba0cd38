//! `birthdate`: a full date in the past on which a person who lives could have been born. Nothing is guessed:
//! two digits of a year that fit two centuries are asked about.

use super::date::{NO_SUCH_DATE, WRITTEN, Written, Year, compact, today, written};
use super::number::{digits_and_letters, ends_clean, starts_clean};
use super::phrase::can_begin;
use super::{Answer, Context, Found, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::sms::Text;
use jiff::civil::Date;

/// Years of the oldest person that two digits of a year may mean: few are older, and they can write four.
const AGE_GUESSED_MAX: i16 = 110;
/// Years of the oldest person; the oldest ever known was 122.
const AGE_MAX: i16 = 120;

pub(super) struct Birthdate;

impl SlotType for Birthdate {
    fn name(&self) -> &'static str {
        "birthdate"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Date
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        25 // a part of the dates
    }

    fn example(&self) -> Option<String> {
        Some("1960-03-04".to_owned()) // long ago at any moment that a proof may stand at
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        meant(text, at, context).and_then(Meant::found).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| meant(text, at, context))
    }
}

fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    if !can_begin(text, at, WRITTEN) {
        return None;
    }
    let today = today(context);
    if let Some(written) = written(text, at, context) {
        return Some(Meant { end: written.end, answer: born(&written, today) });
    }
    if let Some(Meant { end, answer: Answer::Value(Value::Date(date)) }) = compact(text, at, context) {
        return Some(Meant { end, answer: lived(date, today) });
    }
    let missing = Answer::Invalid("day, month and year are needed");
    is_year(text, at).then_some(Meant { end: at + 1, answer: missing })
}

fn born(written: &Written, today: Date) -> Answer {
    let fits = |date: &Date| written.weekday.is_none_or(|weekday| weekday == date.weekday());
    match written.year {
        Year::Missing => Answer::Invalid("the year is missing"),
        Year::Full(year) => {
            written.in_year(year).filter(fits).map_or(NO_SUCH_DATE, |date| lived(date, today))
        }
        Year::Short(year) => {
            let dates = [1900 + year, 2000 + year].into_iter().filter_map(|year| written.in_year(year));
            let living = |date: &Date| *date <= today && age(*date, today) <= AGE_GUESSED_MAX;
            let mut dates: Vec<Value> = dates.filter(living).filter(fits).map(Value::Date).collect();
            match (dates.len(), dates.pop()) {
                (1, Some(date)) => Answer::Value(date),
                (_, Some(date)) => {
                    dates.push(date);
                    Answer::Ambiguous(dates)
                }
                (_, None) => NO_SUCH_DATE,
            }
        }
    }
}

fn lived(date: Date, today: Date) -> Answer {
    if date > today {
        Answer::Invalid("a date in the future")
    } else if age(date, today) > AGE_MAX {
        Answer::Invalid("more than 120 years ago")
    } else {
        Answer::Value(Value::Date(date))
    }
}

/// Years that somebody born then has completed; who is born on 29 February completes one on 1 March.
fn age(born: Date, today: Date) -> i16 {
    let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    today.year() - born.year() - i16::from(before_birthday)
}

/// Whether token `at` is a year and nothing more.
fn is_year(text: &Text, at: usize) -> bool {
    let digits =
        digits_and_letters(text, at).filter(|(digits, letters)| digits.len() == 4 && letters.is_empty());
    let year = digits.and_then(|(digits, _)| digits.parse::<i16>().ok());
    year.is_some_and(|year| (1900..2100).contains(&year))
        && starts_clean(text, at)
        && ends_clean(text, at + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use crate::slot::DateOrder;
    use jiff::Timestamp;

    fn read(text: &str, lang: Lang) -> Answer {
        let now: Timestamp = "2026-06-03T12:00:00Z".parse().expect("a moment");
        let dates = if lang == Lang::EN { DateOrder::MonthFirst } else { DateOrder::DayFirst };
        Birthdate.read(&Text::new(text), &Context { now, dates, ..Context::of(&[lang]) })
    }

    fn date(date: &str) -> Value {
        Value::Date(date.parse().expect("a date"))
    }

    #[test]
    fn birthdates_are_read_as_people_write_them() {
        for (text, lang, expected) in [
            ("3/4/1985", Lang::EN, "1985-03-04"),
            ("3/4/85", Lang::EN, "1985-03-04"),
            ("03-04-1985", Lang::EN, "1985-03-04"),
            ("1985-03-04", Lang::EN, "1985-03-04"),
            ("03041985", Lang::EN, "1985-03-04"),
            ("03 04 1985", Lang::EN, "1985-03-04"),
            ("march 4 1985", Lang::EN, "1985-03-04"),
            ("March 4th, '85", Lang::EN, "1985-03-04"),
            ("I was born on 4 march 85", Lang::EN, "1985-03-04"),
            ("2/29/2000", Lang::EN, "2000-02-29"),
            ("3/4/12", Lang::EN, "2012-03-04"),
            ("1/1/1910", Lang::EN, "1910-01-01"),
            ("4/3/1985", Lang::FR, "1985-03-04"),
            ("le 4 mars 1985", Lang::FR, "1985-03-04"),
            ("né le 1er mai 1990", Lang::FR, "1990-05-01"),
            ("4 de marzo de 1985", Lang::ES, "1985-03-04"),
            ("nací el 4 de marzo del 85", Lang::ES, "1985-03-04"),
        ] {
            assert_eq!(read(text, lang), Answer::Value(date(expected)), "{text}");
        }
    }

    #[test]
    fn a_century_is_not_guessed() {
        let both = |early, late| Answer::Ambiguous(vec![date(early), date(late)]);
        assert_eq!(read("3/4/24", Lang::EN), both("1924-03-04", "2024-03-04"));
        assert_eq!(read("4 mars 20", Lang::FR), both("1920-03-04", "2020-03-04"));
        // In 2026 the second one is still to come.
        assert_eq!(read("12/31/26", Lang::EN), Answer::Value(date("1926-12-31")));
        // 1924 was a leap year, 2023 and 1923 were not.
        assert_eq!(read("2/29/23", Lang::EN), NO_SUCH_DATE);
    }

    #[test]
    fn what_is_no_birthdate_is_refused() {
        for text in ["3/4/2027", "6/4/2026", "3/4/1905", "2/30/1985", "2/29/1985", "march 4", "3/4", "1985"] {
            assert!(matches!(read(text, Lang::EN), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "yesterday", "next friday", "35", "i am 35", "3 days ago", "3/4/1985 or 4/4/1985"] {
            assert_eq!(read(text, Lang::EN), Answer::Unclear, "{text}");
        }
    }
}
