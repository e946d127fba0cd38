//! `ca_postal`: a postal code of Canada, letter digit letter, digit letter digit: "K1A 0B1".

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Letters that no code has: they look like others (Canada Post, Addressing Guidelines).
const NO_LETTERS: &[u8] = b"dfioqu";
/// Letters that no code begins with.
const NO_FIRST_LETTERS: &[u8] = b"wz";
/// Tokens of an answer that is meant as a code, if as a wrong one.
const MEANT_TOKENS_MAX: usize = 3;

pub(super) struct CaPostal;

impl SlotType for CaPostal {
    fn name(&self) -> &'static str {
        "ca_postal"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        5 // letters and digits in one order only
    }

    fn example(&self) -> Option<String> {
        Some("k1a 0b1".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let whole = code(text.token(at)).map(|code| (at + 1, code));
        let found = whole.or_else(|| parted(text, at));
        found.into_iter().map(|(end, code)| Found { end, value: Value::Text(code) }).collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let answer = read_only_value(self, text, context);
        let meant = |at: usize| {
            let word = text.token(at);
            text.tokens()[at].kind == TokenKind::Number || word.bytes().any(|b| b.is_ascii_digit())
        };
        let short = text.tokens().len() <= MEANT_TOKENS_MAX;
        let none = (0..text.tokens().len()).all(|at| self.find(text, at, context).is_empty());
        if answer == Answer::Unclear && short && none && (0..text.tokens().len()).any(meant) {
            return Answer::Invalid("a Canadian postal code looks like K1A 0B1");
        }
        answer
    }
}

/// "K1A 0B1": two tokens, parted by one space or hyphen.
fn parted(text: &Text, at: usize) -> Option<(usize, String)> {
    let joined = at + 1 < text.tokens().len() && matches!(text.gap(at + 1), " " | "-" | "\u{a0}");
    if !joined || text.token(at).len() != 3 {
        return None;
    }
    code(&format!("{}{}", text.token(at), text.token(at + 1))).map(|code| (at + 2, code))
}

/// Six letters and digits in turn as a code.
fn code(folded: &str) -> Option<String> {
    let bytes = folded.as_bytes();
    let letter = |byte: &u8| byte.is_ascii_lowercase() && !NO_LETTERS.contains(byte);
    let fits = bytes.len() == 6
        && bytes.iter().step_by(2).all(letter)
        && bytes.iter().skip(1).step_by(2).all(u8::is_ascii_digit)
        && !NO_FIRST_LETTERS.contains(&bytes[0]);
    fits.then(|| format!("{} {}", folded[..3].to_ascii_uppercase(), folded[3..].to_ascii_uppercase()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    fn read(text: &str) -> Answer {
        CaPostal.read(&Text::new(text), &Context::of(&[Lang::EN, Lang::FR]))
    }

    #[test]
    fn codes_are_read_with_and_without_the_space() {
        for text in [
            "K1A 0B1",
            "k1a0b1",
            "K1A0B1.",
            "k1a-0b1",
            "my code is k1a 0b1",
            "K1A 0B1 merci!",
            "(K1A 0B1)",
            "k1a\u{a0}0b1",
            "K1A 0B1 k1a0b1",
            "Ｋ１Ａ ０Ｂ１",
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text("K1A 0B1".into())), "{text}");
        }
        assert_eq!(read("h2x 1y4"), Answer::Value(Value::Text("H2X 1Y4".into())));
    }

    #[test]
    fn wrong_letters_and_lengths_are_invalid() {
        for text in
            ["D1A 0B1", "W1A 0B1", "Z1A0B1", "K1A OB1", "K1O 0B1", "K1A", "K1A 0B", "30309", "K1A0B12"]
        {
            assert!(matches!(read(text), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "Ottawa", "no", "K1A 0B1 or H2X 1Y4"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}|[a-c][0-9][a-c]| |-){0,10}") {
            let text = Text::new(&body);
            let context = Context::of(&[Lang::EN]);
            for at in 0..text.tokens().len() {
                for found in CaPostal.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            CaPostal.read(&text, &context);
        }
    }
}
