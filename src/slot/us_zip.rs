//! `us_zip`: a ZIP code of the United States, five digits; a ZIP+4 is read and its first five digits kept.

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

pub(super) struct UsZip;

impl SlotType for UsZip {
    fn name(&self) -> &'static str {
        "us_zip"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        10 // some of the numbers of five digits
    }

    fn example(&self) -> Option<String> {
        Some("30309".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let digits = text.token(at);
        if text.tokens()[at].kind != TokenKind::Number || digits == "00000" {
            return Vec::new();
        }
        let zip = |end| vec![Found { end, value: Value::Text(digits[..5].to_owned()) }];
        match digits.len() {
            5 if plus_four(text, at + 1) => zip(at + 2),
            5 | 9 => zip(at + 1),
            _ => Vec::new(),
        }
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let answer = read_only_value(self, text, context);
        let has_number = text.tokens().iter().any(|token| token.kind == TokenKind::Number);
        if answer == Answer::Unclear && has_number && text.tokens().len() <= 3 {
            return Answer::Invalid("a ZIP code has five digits");
        }
        answer
    }
}

/// Whether token `at` is the `-1234` of a ZIP+4.
fn plus_four(text: &Text, at: usize) -> bool {
    at < text.tokens().len()
        && text.tokens()[at].kind == TokenKind::Number
        && text.token(at).len() == 4
        && &text.original()[text.span(at - 1..at).end..text.span(at..at + 1).start] == "-"
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    #[test]
    fn a_zip_is_found_in_small_talk_and_a_wrong_one_is_told_from_a_strange_one() {
        let read = |text: &str| UsZip.read(&Text::new(text), &Context::of(&[Lang::EN]));
        for text in ["30309", "my zip is 30309.", "30309-1234", "303091234", "30309 thanks!"] {
            assert_eq!(read(text), Answer::Value(Value::Text("30309".into())), "{text}");
        }
        for text in ["3030", "00000", "30309 30310", "zip 303"] {
            assert!(matches!(read(text), Answer::Invalid(_)), "{text}");
        }
        assert_eq!(read("Atlanta"), Answer::Unclear);
    }
}
