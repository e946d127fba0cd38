//! `name`: what somebody is called. Takes "I'm Ana" and "my name is Ana Lopez", refuses "yes please".

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, is_skip, longest_phrase};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Words of a name: "María del Carmen García López" has five.
const WORDS_MAX: usize = 5;
/// Characters of a name; the longest that registries print.
const CHARACTERS_MAX: usize = 60;

pub(super) struct Name;

impl SlotType for Name {
    fn name(&self) -> &'static str {
        "name"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Open
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let mut found = Vec::new();
        for end in at + 1..=text.tokens().len().min(at + WORDS_MAX) {
            if !is_name_word(text, end - 1, context) {
                break;
            }
            found.push(Found { end, value: Value::Text(capitalized(text.typed(at..end))) });
        }
        found.reverse();
        found
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let (start, end) = inner(text, context);
        if start >= end || text.original().contains('?') {
            return Answer::Unclear;
        }
        if (start..end).any(|at| text.tokens()[at].kind == TokenKind::Emoji) {
            return Answer::Unclear;
        }
        if end - start > WORDS_MAX || text.typed(start..end).chars().count() > CHARACTERS_MAX {
            return Answer::Invalid("too long for a name");
        }
        if (start..end).any(|at| !is_name_word(text, at, context)) {
            return Answer::Unclear;
        }
        Answer::Value(Value::Text(capitalized(text.typed(start..end))))
    }
}

/// The tokens that remain when greetings, a lead-in ("my name is") and politeness are taken off.
fn inner(text: &Text, context: &Context<'_>) -> (usize, usize) {
    let (mut start, mut end) = (0, text.tokens().len());
    while start < end && is_skip(text, start, context) {
        start += 1;
    }
    let leads = context.languages.iter().flat_map(|lang| lang.lexicon().name_lead.iter().copied());
    if let Some((_, after)) = longest_phrase(text, start, leads) {
        start = after;
    }
    while end > start && (is_skip(text, end - 1, context) || text.tokens()[end - 1].kind == TokenKind::Emoji)
    {
        end -= 1;
    }
    (start, end)
}

fn is_name_word(text: &Text, at: usize, context: &Context<'_>) -> bool {
    let word = text.token(at);
    text.tokens()[at].kind == TokenKind::Word
        && !word.chars().any(|c| c.is_ascii_digit())
        && !context.languages.iter().any(|lang| lang.lexicon().not_a_name.contains(&word))
}

/// A name typed all small or all large gets capitals; one with both is left as its owner writes it.
fn capitalized(typed: &str) -> String {
    let mixed = typed.chars().any(char::is_uppercase) && typed.chars().any(char::is_lowercase);
    if mixed {
        return typed.to_owned();
    }
    let mut out = String::with_capacity(typed.len());
    let mut fresh = true;
    for c in typed.chars() {
        if fresh {
            out.extend(c.to_uppercase());
        } else {
            out.extend(c.to_lowercase());
        }
        fresh = !c.is_alphanumeric() && c != '\'' && c != '’';
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    fn read(text: &str) -> Answer {
        Name.read(&Text::new(text), &Context::of(&[Lang::EN, Lang::ES]))
    }

    #[test]
    fn names_are_taken_as_people_give_them() {
        for (text, name) in [
            ("ana", "Ana"),
            ("ANA", "Ana"),
            ("I'm Ana!", "Ana"),
            ("my name is Ana Lopez", "Ana Lopez"),
            ("Hi, it's ana maría please", "Ana María"),
            ("me llamo José", "José"),
            ("DeShawn McCoy", "DeShawn McCoy"),
            ("jean-luc o'neil", "Jean-Luc O'neil"),
            ("Will", "Will"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(name.into())), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["yes please", "no", "", "30309", "what?", "hello", "👍", "who is this"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
        assert!(matches!(read("well my mother used to say all sorts of things"), Answer::Invalid(_)));
    }
}
