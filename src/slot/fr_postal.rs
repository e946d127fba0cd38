//! `fr_postal`: a postal code of France, five digits that begin with a département.

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Tokens of an answer that is meant as a code, if as a wrong one.
const MEANT_TOKENS_MAX: usize = 3;

pub(super) struct FrPostal;

impl SlotType for FrPostal {
    fn name(&self) -> &'static str {
        "fr_postal"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        9 // most of the ZIP codes, which are nearly all numbers of five digits
    }

    fn example(&self) -> Option<String> {
        Some("75001".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let whole = is_code(text.token(at)).then(|| (at + 1, text.token(at).to_owned()));
        let found = whole.or_else(|| parted(text, at));
        found.into_iter().map(|(end, code)| Found { end, value: Value::Text(code) }).collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let answer = read_only_value(self, text, context);
        let has_number = text.tokens().iter().any(|token| token.kind == TokenKind::Number);
        let none = (0..text.tokens().len()).all(|at| self.find(text, at, context).is_empty());
        if answer == Answer::Unclear && has_number && none && text.tokens().len() <= MEANT_TOKENS_MAX {
            return Answer::Invalid("a French postal code has five digits");
        }
        answer
    }
}

/// "75 001": the département, one space, the rest.
fn parted(text: &Text, at: usize) -> Option<(usize, String)> {
    let joined = at + 1 < text.tokens().len() && matches!(text.gap(at + 1), " " | "\u{a0}");
    if !joined || text.token(at).len() != 2 {
        return None;
    }
    let code = format!("{}{}", text.token(at), text.token(at + 1));
    is_code(&code).then_some((at + 2, code))
}

/// Five digits; the first two are 01 to 95, or the first three those of a territory overseas or of Monaco (La Poste).
fn is_code(folded: &str) -> bool {
    if folded.len() != 5 || !folded.bytes().all(|b| b.is_ascii_digit()) {
        return false;
    }
    match folded.as_bytes() {
        [b'0', b'0', ..] => false,
        [b'9', b'7', third, ..] => (b'1'..=b'8').contains(third),
        [b'9', b'8', third, ..] => matches!(third, b'0' | b'4' | b'6' | b'7' | b'8'),
        [b'9', second, ..] => *second <= b'5',
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    fn read(text: &str) -> Answer {
        FrPostal.read(&Text::new(text), &Context::of(&[Lang::FR]))
    }

    #[test]
    fn codes_are_read_inside_sentences() {
        for (text, code) in [
            ("75001", "75001"),
            ("75011 Paris", "75011"),
            ("mon code postal est 69003.", "69003"),
            ("01000 merci", "01000"),
            ("F-33000", "33000"),
            ("20000", "20000"),
            ("97400", "97400"),
            ("98000", "98000"),
            ("95880", "95880"),
            ("75 001", "75001"),
            ("75008 Paris cedex 08", "75008"),
            ("٧٥٠٠١", "75001"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(code.into())), "{text}");
        }
    }

    #[test]
    fn other_digits_are_invalid_and_other_words_unclear() {
        for text in ["7500", "750011", "00100", "96000", "97000", "97900", "98500", "99000", "code 750"] {
            assert!(matches!(read(text), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "Paris", "75001 ou 75002", "K1A 0B1"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}|[0-9]{2,5}| |-){0,10}") {
            let text = Text::new(&body);
            let context = Context::of(&[Lang::FR]);
            for at in 0..text.tokens().len() {
                for found in FrPostal.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            FrPostal.read(&text, &context);
        }
    }
}
