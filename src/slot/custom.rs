//! A type of a brand's own, by a regular expression: `type order: /[A-Z]{2}\d{6}/`. The value is what was typed.
//!
//! The expression is tried where a word begins and must end where one ends, so it never takes a part of a word. Case does
//! not count unless it says so (`(?-i)`): people type on phones. Reading is linear in the text (`regex` has no look-around
//! and no back-references), and the size of an expression is bounded.

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;
use regex::{Regex, RegexBuilder};

/// Bytes of memory that one compiled expression may need: enough for some hundred characters or classes.
pub const EXPRESSION_BYTES_MAX: usize = 1 << 18;
/// Bytes of the scratch memory that matching may need.
const SCRATCH_BYTES_MAX: usize = 1 << 18;
/// Brackets within brackets.
const NESTED_MAX: u32 = 20;
/// Bytes behind the beginning of a value that are looked at: no code that people type is longer.
const VALUE_BYTES_MAX: usize = 128;

/// A type that takes what a regular expression takes.
#[derive(Debug)]
pub struct Custom {
    name: String,
    expression: Regex,
    example: Option<String>,
}

impl Custom {
    /// A type of that name. The example is a text that is such a value, for proofs.
    pub fn new(name: &str, expression: &str, example: Option<&str>) -> Result<Self, regex::Error> {
        let expression = RegexBuilder::new(&format!(r"\A(?:{expression})"))
            .case_insensitive(true)
            .size_limit(EXPRESSION_BYTES_MAX)
            .dfa_size_limit(SCRATCH_BYTES_MAX)
            .nest_limit(NESTED_MAX)
            .build()?;
        Ok(Self { name: name.to_owned(), expression, example: example.map(str::to_owned) })
    }

    /// Whether the expression also takes nothing at all.
    #[must_use]
    pub fn takes_nothing(&self) -> bool {
        self.expression.is_match("")
    }
}

impl SlotType for Custom {
    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        2 // only a list is narrower: it was written for this brand
    }

    fn example(&self) -> Option<String> {
        self.example.clone()
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let start = text.span(at..at + 1).start;
        let rest = &text.original()[start..];
        let mut bytes = rest.len().min(VALUE_BYTES_MAX);
        while !rest.is_char_boundary(bytes) {
            bytes -= 1;
        }
        let Some(found) = self.expression.find(&rest[..bytes]).filter(|found| !found.is_empty()) else {
            return Vec::new();
        };
        let end = start + found.end();
        let last =
            (at..text.tokens().len()).take_while(|token| text.span(*token..token + 1).start < end).last();
        let whole = last.filter(|last| text.span(*last..last + 1).end <= end);
        let value = || Value::Text(found.as_str().trim_end().to_owned());
        whole.map(|last| Found { end: last + 1, value: value() }).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_value(self, text, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(expression: &str, body: &str) -> Option<String> {
        let custom = Custom::new("order", expression, None).expect("an expression");
        match custom.read(&Text::new(body), &Context::of(&[])) {
            Answer::Value(value) => Some(value.to_string()),
            Answer::Invalid(_) | Answer::Ambiguous(_) | Answer::Unclear => None,
        }
    }

    #[test]
    fn a_value_is_whole_words_as_they_were_typed() {
        let code = r"[A-Z]{2}\d{6}";
        for (body, value) in [
            ("AB123456", Some("AB123456")),
            ("it is ab123456.", Some("ab123456")),
            ("AB1234567", None),
            ("XAB123456", None),
            ("AB12345", None),
            ("AB123456 or CD123456", None),
            ("AB123456 yes ab123456", None),
            ("", None),
        ] {
            assert_eq!(read(code, body).as_deref(), value, "{body}");
        }
        assert_eq!(read(r"\d{3}-?\d{3}", "no. 123-456!").as_deref(), Some("123-456"));
        assert_eq!(read(r"\d{3}-?\d{3}", "123-4567"), None);
        assert_eq!(read("(?-i)[A-Z]{3}", "abc"), None);
        assert_eq!(read("caf[eé] [0-9]", "Café 7").as_deref(), Some("Café 7"));
    }

    #[test]
    fn a_huge_expression_is_refused() {
        assert!(Custom::new("x", r"(\w{1000}){1000}", None).is_err());
        assert!(Custom::new("x", "(a|b", None).is_err());
        assert!(Custom::new("x", "a*", None).is_ok_and(|custom| custom.takes_nothing()));
    }
}
