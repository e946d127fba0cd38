//! `us_zip`, `ca_postal` and `fr_postal`: the postal codes of the United States, Canada and France.
//!
//! A ZIP+4 is read and its first five digits kept. A Canadian code is letter digit letter, digit letter digit:
//! "K1A 0B1". A French one is five digits that begin with a département.

use super::{Answer, Context, Found, Longest, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Tokens of an answer that is meant as a code, if as a wrong one.
const MEANT_TOKENS_MAX: usize = 3;
/// Letters that no Canadian code has: they look like others (Canada Post, Addressing Guidelines).
const NO_LETTERS: &[u8] = b"dfioqu";
/// Letters that no Canadian code begins with.
const NO_FIRST_LETTERS: &[u8] = b"wz";

/// The postal codes of one country.
pub(super) struct Postal {
    name: &'static str,
    width: u32,
    example: &'static str,
    /// What is said of an answer that is meant as a code and is none.
    looks: &'static str,
    /// The code that starts at a token, and the end.
    code_at: fn(&Text, usize) -> Option<(String, usize)>,
    /// Whether a token is meant as a code, if as a wrong one.
    is_meant: fn(&Text, usize) -> bool,
    /// Whether a short answer with two codes is a wrong one, rather than one that says nothing yet.
    one_only: bool,
}

pub(super) const US_ZIP: Postal = Postal {
    name: "us_zip",
    width: 10, // some of the numbers of five digits
    example: "30309",
    looks: "a ZIP code has five digits",
    code_at: zip_at,
    is_meant: is_number,
    one_only: true,
};

pub(super) const CA_POSTAL: Postal = Postal {
    name: "ca_postal",
    width: 5, // letters and digits in one order only
    example: "k1a 0b1",
    looks: "a Canadian postal code looks like K1A 0B1",
    code_at: canadian_at,
    is_meant: |text, at| text.token(at).bytes().any(|b| b.is_ascii_digit()),
    one_only: false,
};

pub(super) const FR_POSTAL: Postal = Postal {
    name: "fr_postal",
    width: 9, // most of the ZIP codes, which are nearly all numbers of five digits
    example: "75001",
    looks: "a French postal code has five digits",
    code_at: french_at,
    is_meant: is_number,
    one_only: false,
};

impl SlotType for Postal {
    fn name(&self) -> &str {
        self.name
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::gsm7(7) // "K1A 0B1"
    }

    fn width(&self) -> u32 {
        self.width
    }

    fn example(&self) -> Option<String> {
        Some(self.example.to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let found = (self.code_at)(text, at);
        found.map(|(code, end)| Found { end, value: Value::Text(code) }).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let answer = read_only_value(self, text, context);
        let all = text.tokens().len();
        if answer != Answer::Unclear
            || all > MEANT_TOKENS_MAX
            || !(0..all).any(|at| (self.is_meant)(text, at))
        {
            return answer;
        }
        let two = (0..all).any(|at| (self.code_at)(text, at).is_some());
        if two && !self.one_only { Answer::Unclear } else { Answer::Invalid(self.looks) }
    }
}

fn is_number(text: &Text, at: usize) -> bool {
    text.tokens()[at].kind == TokenKind::Number
}

/// Tokens `at` and `at + 1` as one word, if the first has so many bytes and one of `gaps` stands between them.
fn joined(text: &Text, at: usize, first: usize, gaps: &[&str]) -> Option<String> {
    let joins = || at + 1 < text.tokens().len() && gaps.contains(&text.gap(at + 1));
    (text.token(at).len() == first && joins()).then(|| format!("{}{}", text.token(at), text.token(at + 1)))
}

/// "30309", "30309-1234" and "303091234".
fn zip_at(text: &Text, at: usize) -> Option<(String, usize)> {
    let digits = text.token(at);
    if !is_number(text, at) || digits == "00000" || !matches!(digits.len(), 5 | 9) {
        return None;
    }
    let four = |at| at < text.tokens().len() && is_number(text, at) && text.token(at).len() == 4;
    let plus_four = digits.len() == 5 && four(at + 1) && text.gap(at + 1) == "-";
    Some((digits[..5].to_owned(), at + 1 + usize::from(plus_four)))
}

/// "K1A0B1" and "K1A 0B1".
fn canadian_at(text: &Text, at: usize) -> Option<(String, usize)> {
    let parted = || Some((canadian(&joined(text, at, 3, &[" ", "-", "\u{a0}"])?)?, at + 2));
    canadian(text.token(at)).map(|code| (code, at + 1)).or_else(parted)
}

/// Six letters and digits in turn as a code.
fn canadian(folded: &str) -> Option<String> {
    let bytes = folded.as_bytes();
    let letter = |byte: &u8| byte.is_ascii_lowercase() && !NO_LETTERS.contains(byte);
    let fits = bytes.len() == 6
        && bytes.iter().step_by(2).all(letter)
        && bytes.iter().skip(1).step_by(2).all(u8::is_ascii_digit)
        && !NO_FIRST_LETTERS.contains(&bytes[0]);
    fits.then(|| format!("{} {}", folded[..3].to_ascii_uppercase(), folded[3..].to_ascii_uppercase()))
}

/// "75001", and "75 001" with its département apart.
fn french_at(text: &Text, at: usize) -> Option<(String, usize)> {
    if is_french(text.token(at)) {
        return Some((text.token(at).to_owned(), at + 1));
    }
    joined(text, at, 2, &[" ", "\u{a0}"]).filter(|code| is_french(code)).map(|code| (code, at + 2))
}

/// Five digits; the first two are 01 to 95, or the first three those of a territory overseas or of Monaco (La Poste).
fn is_french(folded: &str) -> bool {
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

    fn read(postal: &Postal, text: &str) -> Answer {
        postal.read(&Text::new(text), &Context::of(&[Lang::EN, Lang::FR]))
    }

    fn code(code: &str) -> Answer {
        Answer::Value(Value::Text(code.into()))
    }

    #[test]
    fn a_zip_is_found_in_small_talk_and_a_wrong_one_is_told_from_a_strange_one() {
        for text in ["30309", "my zip is 30309.", "30309-1234", "303091234", "30309 thanks!"] {
            assert_eq!(read(&US_ZIP, text), code("30309"), "{text}");
        }
        for text in ["3030", "00000", "30309 30310", "zip 303"] {
            assert!(matches!(read(&US_ZIP, text), Answer::Invalid(_)), "{text}");
        }
        assert_eq!(read(&US_ZIP, "Atlanta"), Answer::Unclear);
    }

    #[test]
    fn canadian_codes_are_read_with_and_without_the_space() {
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
            assert_eq!(read(&CA_POSTAL, text), code("K1A 0B1"), "{text}");
        }
        assert_eq!(read(&CA_POSTAL, "h2x 1y4"), code("H2X 1Y4"));
    }

    #[test]
    fn wrong_letters_and_lengths_are_invalid_in_canada() {
        for text in
            ["D1A 0B1", "W1A 0B1", "Z1A0B1", "K1A OB1", "K1O 0B1", "K1A", "K1A 0B", "30309", "K1A0B12"]
        {
            assert!(matches!(read(&CA_POSTAL, text), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "Ottawa", "no", "K1A 0B1 or H2X 1Y4"] {
            assert_eq!(read(&CA_POSTAL, text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn french_codes_are_read_inside_sentences() {
        for (text, expected) in [
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
            assert_eq!(read(&FR_POSTAL, text), code(expected), "{text}");
        }
    }

    #[test]
    fn other_digits_are_invalid_in_france_and_other_words_unclear() {
        for text in ["7500", "750011", "00100", "96000", "97000", "97900", "98500", "99000", "code 750"] {
            assert!(matches!(read(&FR_POSTAL, text), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "Paris", "75001 ou 75002", "K1A 0B1"] {
            assert_eq!(read(&FR_POSTAL, text), Answer::Unclear, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}|[a-c][0-9][a-c]|[0-9]{2,5}| |-){0,10}") {
            let text = Text::new(&body);
            let context = Context::of(&[Lang::EN]);
            for postal in [US_ZIP, CA_POSTAL, FR_POSTAL] {
                for at in 0..text.tokens().len() {
                    for found in postal.find(&text, at, &context) {
                        prop_assert!(found.end > at && found.end <= text.tokens().len());
                    }
                }
                postal.read(&text, &context);
            }
        }
    }
}
