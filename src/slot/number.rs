//! `number`: digits, with thousands and a decimal part, or a small number in words.

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, longest_phrase, read_only_value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rust_decimal::Decimal;

/// Digits of a number that are read: more is an account number or nonsense, not a quantity.
const DIGITS_MAX: usize = 15;

pub(super) struct Number;

impl SlotType for Number {
    fn name(&self) -> &'static str {
        "number"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        if let Some(found) = digits(text, at) {
            return vec![found];
        }
        for lang in context.languages {
            if let Some((number, end)) = longest_phrase(text, at, lang.lexicon().numbers.iter().copied()) {
                return vec![Found { end, value: Value::Number(Decimal::from(number)) }];
            }
        }
        Vec::new()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_value(self, text, context)
    }
}

/// Digits from token `at` on: "1,200.50" is three tokens with a comma and a point between them.
fn digits(text: &Text, at: usize) -> Option<Found> {
    if text.tokens()[at].kind != TokenKind::Number {
        return None;
    }
    let mut plain = text.token(at).to_owned();
    let mut end = at + 1;
    while let Some((',', group)) = joined_digits(text, end) {
        if group.len() != 3 || plain.len() > 3 && end == at + 1 {
            break;
        }
        plain.push_str(group);
        end += 1;
    }
    if let Some(('.', fraction)) = joined_digits(text, end) {
        plain.push('.');
        plain.push_str(fraction);
        end += 1;
    }
    if plain.len() > DIGITS_MAX {
        return None;
    }
    let before = text.span(at..at + 1).start;
    if text.original()[..before].ends_with('-')
        && !text.original()[..before - 1].ends_with(char::is_alphanumeric)
    {
        plain.insert(0, '-');
    }
    plain.parse().ok().map(|number| Found { end, value: Value::Number(number) })
}

/// The digits of token `at` when exactly one character, which is returned, stands between it and the one before.
fn joined_digits(text: &Text, at: usize) -> Option<(char, &str)> {
    if at >= text.tokens().len() || text.tokens()[at].kind != TokenKind::Number {
        return None;
    }
    let between = &text.original()[text.span(at - 1..at).end..text.span(at..at + 1).start];
    let mut chars = between.chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => Some((c, text.token(at))),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    #[test]
    fn numbers_are_read_as_written_and_two_are_no_answer() {
        let read = |text: &str| Number.read(&Text::new(text), &Context::of(&[Lang::EN]));
        for (text, number) in [
            ("3", "3"),
            ("1,200", "1200"),
            ("1,200,000.50", "1200000.50"),
            ("2.5 please", "2.5"),
            ("i have twelve", "12"),
            ("-4", "-4"),
            ("٣٤", "34"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Number(number.parse().expect("a number"))), "{text}");
        }
        for text in ["", "many", "3 or 4", "12345678901234567890", "24ans"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }
}
