//! `emoji`: the first emoji of a text, as it was typed: with its skin tone, its joined parts, both halves of a flag.

use super::{
    ANSWER_TOKENS_MAX, Answer, Context, Found, Letters, Longest, Openness, SlotType, Value, ValueKind,
};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Joins pictograms into one: 👩 and 🚀 are 👩‍🚀.
const JOINER: char = '\u{200D}';
/// Halves of flags in a row that are counted back: in more of them than anybody sends, every second token of the text is
/// a second half, whichever flags that makes.
const FLAG_HALVES_MAX: usize = 64;

pub(super) struct Emoji;

impl SlotType for Emoji {
    fn name(&self) -> &'static str {
        "emoji"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest { units: 11, letters: Letters::Pictograms } // a family of four
    }

    fn width(&self) -> u32 {
        20 // no word is one
    }

    fn example(&self) -> Option<String> {
        Some("🍦".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        if text.tokens()[at].kind != TokenKind::Emoji || continues(text, at) {
            return Vec::new();
        }
        let mut end = at + 1;
        while end < text.tokens().len() && is_joined(text, end) {
            end += 1;
        }
        if end == at + 1 && is_flag_half(text, at) && follows_directly(text, end) && is_flag_half(text, end) {
            end += 1;
        }
        let typed = &text.original()[text.span(at..end)];
        let modifiers = modifiers(&text.original()[text.span(at..end).end..]);
        vec![Found { end, value: Value::Text(format!("{typed}{modifiers}")) }]
    }

    /// The first one counts; more are an emphasis.
    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let words = text.tokens().iter().filter(|token| token.kind != TokenKind::Emoji).count();
        if words > ANSWER_TOKENS_MAX {
            return Answer::Unclear;
        }
        let first = (0..text.tokens().len()).find_map(|at| self.find(text, at, context).pop());
        first.map_or(Answer::Unclear, |found| Answer::Value(found.value))
    }
}

/// Whether token `at` is the later part of an emoji that began before it.
fn continues(text: &Text, at: usize) -> bool {
    let flag_halves_before = (1..=at)
        .rev()
        .take(FLAG_HALVES_MAX)
        .take_while(|half| follows_directly(text, *half) && is_flag_half(text, half - 1))
        .count();
    let first_half = if flag_halves_before < FLAG_HALVES_MAX { flag_halves_before } else { at };
    is_joined(text, at) || is_flag_half(text, at) && first_half % 2 == 1
}

/// Whether token `at` is an emoji that a joiner binds to the one before it.
fn is_joined(text: &Text, at: usize) -> bool {
    text.tokens()[at].kind == TokenKind::Emoji
        && at > 0
        && text.tokens()[at - 1].kind == TokenKind::Emoji
        && text.gap(at).strip_suffix(JOINER).is_some_and(|gap| gap.chars().all(is_modifier))
}

fn follows_directly(text: &Text, at: usize) -> bool {
    at > 0 && at < text.tokens().len() && text.gap(at).is_empty()
}

/// Regional indicators: two of them are a flag.
fn is_flag_half(text: &Text, at: usize) -> bool {
    text.token(at).starts_with(|c| matches!(c, '\u{1F1E6}'..='\u{1F1FF}'))
}

/// The characters that belong to the emoji before them.
fn modifiers(rest: &str) -> &str {
    let end = rest.find(|c| !is_modifier(c)).unwrap_or(rest.len());
    &rest[..end]
}

/// Skin tones, the choice of a colourful form, and the tags of flags such as Scotland's.
fn is_modifier(c: char) -> bool {
    matches!(c, '\u{1F3FB}'..='\u{1F3FF}' | '\u{FE0E}' | '\u{FE0F}' | '\u{E0020}'..='\u{E007F}')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    fn read(text: &str) -> Answer {
        Emoji.read(&Text::new(text), &Context::of(&[Lang::EN]))
    }

    #[test]
    fn the_first_emoji_is_taken_whole() {
        for (text, emoji) in [
            ("🍦", "🍦"),
            ("👍🏽 yes", "👍🏽"),
            ("love it ❤️!", "❤️"),
            ("👩‍🚀", "👩‍🚀"),
            ("👩🏾‍🚀🎉", "👩🏾‍🚀"),
            ("👨‍👩‍👧‍👦 us", "👨‍👩‍👧‍👦"),
            ("🇫🇷🇨🇦", "🇫🇷"),
            ("🏳️‍🌈", "🏳️‍🌈"),
            ("🤷🏻‍♀️", "🤷🏻‍♀️"),
            ("🏴󠁧󠁢󠁳󠁣󠁴󠁿", "🏴󠁧󠁢󠁳󠁣󠁴󠁿"),
            ("hm 🍓🍫", "🍓"),
            ("😂😂😂😂😂😂😂😂😂😂", "😂"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(emoji.into())), "{text}");
        }
    }

    #[test]
    fn a_text_without_one_is_unclear() {
        for text in ["", "yes", ":)", "12", "I have so very much to tell you about this 🍦"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn every_second_half_of_many_flags_begins_none() {
        let text = Text::new(&"🇫🇷".repeat(100));
        let found = |at| Emoji.find(&text, at, &Context::of(&[Lang::EN])).len();
        assert!((0..200).all(|at| found(at) == usize::from(at % 2 == 0)));
    }

    #[test]
    fn an_emoji_is_found_at_its_first_token_only() {
        let text = Text::new("a 👩🏾‍🚀 🇫🇷🇨🇦");
        let end = |at| Emoji.find(&text, at, &Context::of(&[Lang::EN])).first().map(|found| found.end);
        assert_eq!((0..7).map(end).collect::<Vec<_>>(), [None, Some(3), None, Some(5), None, Some(7), None]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,6}|👩|\u{200D}|\u{1F3FD}|\u{1F1EB}|\u{FE0F}|♀| ){0,14}") {
            let text = Text::new(&body);
            let context = Context::of(&[Lang::EN]);
            for at in 0..text.tokens().len() {
                for found in Emoji.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            Emoji.read(&text, &context);
        }
    }
}
