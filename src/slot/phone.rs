//! `phone`: a phone number, kept in E.164. A number without a country is one of the context's country.

use super::number::digits_and_letters;
use super::{Answer, Context, Found, Longest, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rlibphonenumber::{NumberLengthType, PHONE_NUMBER_UTIL, PhoneNumber, PhoneNumberFormat, ValidationError};

/// Groups that a number is written in: "+33 (0)6 12 34 56 78" has seven.
const GROUPS_MAX: usize = 8;
/// Digits of a number with the longest prefix: 15 by E.164, and up to four to dial abroad.
const DIGITS_MAX: usize = 19;
/// Digits of a number that may be a full one: fewer are a local number at best.
const DIGITS_MIN: usize = 7;
/// Digits that are meant as a number, if as a wrong one.
const DIGITS_MEANT: usize = 4;
/// Characters between two groups: ") - " is the widest that people type.
const GAP_MAX: usize = 3;

pub(super) struct Phone;

impl SlotType for Phone {
    fn name(&self) -> &'static str {
        "phone"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::gsm7(16) // a plus and 15 digits (E.164)
    }

    fn width(&self) -> u32 {
        20 // some of the numbers with many digits
    }

    fn example(&self) -> Option<String> {
        Some("404 555 0123".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        if !is_group(text, at, false) || is_in_a_list(text, at) {
            return Vec::new();
        }
        let mut written = String::new();
        if has_plus(text, at) {
            written.push('+');
        }
        let mut found = Vec::new();
        for end in at + 1..=text.tokens().len().min(at + GROUPS_MAX) {
            if !is_group(text, end - 1, end - 1 > at) || written.len() > DIGITS_MAX {
                break;
            }
            written.push_str(text.token(end - 1));
            if written.len() < DIGITS_MIN {
                continue;
            }
            match number(&written, context) {
                Ok(number) if !goes_on(text, end) => found.push(Found { end, value: Value::Text(number) }),
                Err(NoNumber::TooLong) => break,
                Ok(_) | Err(NoNumber::Other) => {}
            }
        }
        found.reverse();
        found
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let answer = read_only_meant(text, |at| {
            let found = self.find(text, at, context).into_iter().next()?;
            Some(Meant::value(found.end, found.value))
        });
        let digits: usize = text.words().map(str::len).sum();
        let all_digits = text.tokens().iter().all(|token| token.kind == TokenKind::Number);
        let none = (0..text.tokens().len().min(GROUPS_MAX)).all(|at| self.find(text, at, context).is_empty());
        if answer == Answer::Unclear && all_digits && digits >= DIGITS_MEANT && none {
            return Answer::Invalid("not a full phone number");
        }
        answer
    }
}

/// Whether a plus stands before token `at`, perhaps with a parenthesis or a space between.
fn has_plus(text: &Text, at: usize) -> bool {
    text.gap(at).trim_end_matches([' ', '(']).ends_with(['+', '＋'])
}

/// Whether token `at` is digits that may be a group of a number; `inner` when groups stand before it.
fn is_group(text: &Text, at: usize, inner: bool) -> bool {
    let gap = || text.gap(at);
    let joins =
        |c: char| c.is_whitespace() || matches!(c, '-' | '.' | '/' | '(' | ')' | '\u{2010}'..='\u{2015}');
    text.tokens()[at].kind == TokenKind::Number
        && digits_and_letters(text, at).is_some()
        && (!inner || gap().chars().count() <= GAP_MAX && gap().chars().all(joins))
}

/// Whether more groups stand right before token `at` than a number has: then they are a list of whatever they are.
/// Reading a number is what costs here, and this bounds how often a text can ask for it.
fn is_in_a_list(text: &Text, at: usize) -> bool {
    at >= GROUPS_MAX
        && is_group(text, at - GROUPS_MAX, false)
        && (at - GROUPS_MAX + 1..=at).all(|group| is_group(text, group, true))
}

/// Whether the digits before `end` are part of a time: "2026-11-22 10:30".
fn goes_on(text: &Text, end: usize) -> bool {
    end < text.tokens().len() && text.tokens()[end].kind == TokenKind::Number && text.gap(end) == ":"
}

/// The number in E.164, if its length is one of its country. Numbers are assigned faster than tables are published,
/// so no more is asked, but of the plan that the United States and Canada share: its digits 1 and 4 are never 0 or 1.
fn number(written: &str, context: &Context<'_>) -> Result<String, NoNumber> {
    let number =
        PHONE_NUMBER_UTIL.parse(written, context.country.parse().ok()).map_err(|_| NoNumber::Other)?;
    match number.is_possible_with_reason() {
        Ok(NumberLengthType::IsPossible) if fits_plan(&number) => {
            Ok(number.format_as(PhoneNumberFormat::E164).into_owned())
        }
        Err(ValidationError::TooLong) => Err(NoNumber::TooLong),
        _ => Err(NoNumber::Other),
    }
}

/// Why digits are no number.
enum NoNumber {
    /// No number begins with them.
    TooLong,
    /// More digits may make them one.
    Other,
}

fn fits_plan(number: &PhoneNumber) -> bool {
    let national = number.get_national_significant_number();
    let fits = |at: usize| national.as_bytes().get(at).is_some_and(|digit| (b'2'..=b'9').contains(digit));
    number.country_code != 1 || fits(0) && fits(3)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    const LANGUAGES: [Lang; 3] = [Lang::EN, Lang::FR, Lang::ES];

    fn read_in(country: &str, text: &str) -> Answer {
        Phone.read(&Text::new(text), &Context { country, ..Context::of(&LANGUAGES) })
    }

    #[test]
    fn numbers_are_read_in_any_spacing() {
        for (text, number) in [
            ("(914)349-8600", "+19143498600"),
            ("914.349.8600", "+19143498600"),
            ("914-349-8600", "+19143498600"),
            ("9143498600", "+19143498600"),
            ("1 (914) 349 - 8600", "+19143498600"),
            ("+1 914 349 8600", "+19143498600"),
            ("(+1) 914 349 8600", "+19143498600"),
            ("+33 6 12 34 56 78", "+33612345678"),
            ("+33 (0)6 12 34 56 78", "+33612345678"),
            ("my number is +33 6 12 34 56 78 thanks a lot", "+33612345678"),
            ("call me at 404 555 0123", "+14045550123"),
            ("404 555 0123 or 4045550123", "+14045550123"),
            ("404-555-0123 x12", "+14045550123"),
            ("٤٠٤٥٥٥٠١٢٣", "+14045550123"),
        ] {
            assert_eq!(read_in("US", text), Answer::Value(Value::Text(number.into())), "{text}");
        }
        assert_eq!(read_in("FR", "06 12 34 56 78"), Answer::Value(Value::Text("+33612345678".into())));
        assert_eq!(read_in("FR", "0033612345678"), Answer::Value(Value::Text("+33612345678".into())));
    }

    #[test]
    fn a_wrong_length_is_told_from_what_is_no_number() {
        for text in [
            "5550123",
            "404555012",
            "404 555 01234",
            "30309",
            "1234567890",
            "0000000000",
            "+1 404",
            "2026-11-22 10:30",
        ] {
            assert!(matches!(read_in("US", text), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "no", "1-800-FLOWERS", "call me", "12", "404 555 0123, 404 555 0124", "zip 30309"] {
            assert_eq!(read_in("US", text), Answer::Unclear, "{text}");
        }
        assert!(matches!(read_in("nowhere", "404 555 0123"), Answer::Invalid(_)));
    }

    #[test]
    fn a_list_of_digits_holds_no_number_behind_its_start() {
        let text = Text::new(&"12 ".repeat(20));
        let found = |at| Phone.find(&text, at, &Context { country: "FR", ..Context::of(&LANGUAGES) });
        assert!((GROUPS_MAX..20).all(|at| found(at).is_empty()));
        assert!(!matches!(read_in("US", "404 555 01½"), Answer::Value(_)));
    }

    #[test]
    fn a_number_ends_where_its_groups_end() {
        let text = Text::new("at 404 555 0123 30309");
        let ends =
            |at| Phone.find(&text, at, &Context::of(&LANGUAGES)).iter().map(|f| f.end).collect::<Vec<_>>();
        assert_eq!(ends(1), [4]);
        assert!(ends(0).is_empty() && ends(2).is_empty() && ends(4).is_empty());
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,6}|[0-9 ().+-]{0,20}){0,4}") {
            let text = Text::new(&body);
            let context = Context::of(&LANGUAGES);
            for at in 0..text.tokens().len() {
                for found in Phone.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            Phone.read(&text, &context);
        }
    }
}
