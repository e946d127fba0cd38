//! `yes_no` and `yes_no_maybe`: closed lexicons; whatever is neither is neither, never "no".

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, is_skip, phrase_at};
use crate::language::Lexicon;
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Letters at the end of a word that are there for emphasis: "nooo", but not "too".
const STRETCH_MIN: usize = 3;

/// Yes or no, as a truth.
pub(super) struct YesNo;

/// Yes, no or maybe, as a choice.
pub(super) struct YesNoMaybe;

/// What an answer says, and the lists of its phrases.
struct Says {
    key: &'static str,
    phrases: fn(&Lexicon) -> &'static [&'static str],
}

const YES: Says = Says { key: "yes", phrases: |lexicon| lexicon.yes };
const NO: Says = Says { key: "no", phrases: |lexicon| lexicon.no };
const MAYBE: Says = Says { key: "maybe", phrases: |lexicon| lexicon.maybe };

impl SlotType for YesNo {
    fn name(&self) -> &'static str {
        "yes_no"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Truth
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        3 // a short list
    }

    fn example(&self) -> Option<String> {
        Some("yes".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        // Maybe is looked for too: "not sure" is no "sure", and "i dont know" no "i dont".
        let said = said_at(text, at, context, &[YES, NO, MAYBE]).filter(|(key, _)| *key != MAYBE.key);
        said.map(|(key, end)| Found { end, value: Value::Truth(key == YES.key) }).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_all(self, text, context)
    }
}

impl SlotType for YesNoMaybe {
    fn name(&self) -> &'static str {
        "yes_no_maybe"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Choice
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        4 // the same list and a little more
    }

    fn example(&self) -> Option<String> {
        Some("maybe".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let said = said_at(text, at, context, &[YES, NO, MAYBE]);
        said.map(|(key, end)| Found { end, value: Value::Choice(key.to_owned()) }).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_all(self, text, context)
    }
}

/// The longest phrase that starts at `at`: what it says, and its end. The longer one says more ("no i do not");
/// a phrase that two lists have says neither.
fn said_at(text: &Text, at: usize, context: &Context<'_>, all: &[Says]) -> Option<(&'static str, usize)> {
    let ends = all.iter().filter_map(|says| {
        let lists = context.languages.iter().flat_map(|lang| (says.phrases)(lang.lexicon()).iter().copied());
        lists.filter_map(|phrase| end_of(text, at, phrase)).max().map(|end| (end, says.key))
    });
    let ends: Vec<_> = ends.collect();
    let longest = ends.iter().map(|(end, _)| *end).max()?;
    let mut says = ends.into_iter().filter(|(end, _)| *end == longest);
    match (says.next(), says.next()) {
        (Some((end, key)), None) => Some((key, end)),
        _ => None,
    }
}

/// The end of `phrase` at `at`; a phrase of one word may be stretched.
fn end_of(text: &Text, at: usize, phrase: &str) -> Option<usize> {
    // Most phrases begin otherwise, and hundreds are looked at.
    if text.token(at).as_bytes().first() != phrase.as_bytes().first() {
        return None;
    }
    phrase_at(text, at, phrase).or_else(|| is_stretched(text.token(at), phrase).then_some(at + 1))
}

/// Whether `word` is `plain` with its last letter held: "nooo", "yesss". A letter alone is no word to hold.
fn is_stretched(word: &str, plain: &str) -> bool {
    let Some(last) = plain.chars().next_back() else { return false };
    let stem = plain.trim_end_matches(last);
    let held = word.strip_prefix(stem).filter(|held| held.chars().all(|c| c == last));
    !stem.is_empty() && held.is_some_and(|held| held.chars().count() >= STRETCH_MIN)
}

/// Every token must be part of the answer or say nothing: "yes but change it" is neither yes nor no.
/// An emoji that is no answer itself only colours one.
fn read_all(slot: &dyn SlotType, text: &Text, context: &Context<'_>) -> Answer {
    let mut only = None;
    let mut at = 0;
    while at < text.tokens().len() {
        match slot.find(text, at, context).pop() {
            Some(found) if only.as_ref().is_none_or(|value| *value == found.value) => {
                at = found.end;
                only = Some(found.value);
            }
            None if is_skip(text, at, context) || is_colour(text, at, context) => at += 1,
            _ => return Answer::Unclear,
        }
    }
    only.map_or(Answer::Unclear, Answer::Value)
}

fn is_colour(text: &Text, at: usize, context: &Context<'_>) -> bool {
    text.tokens()[at].kind == TokenKind::Emoji && said_at(text, at, context, &[YES, NO, MAYBE]).is_none()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    const LANGUAGES: [Lang; 3] = [Lang::EN, Lang::FR, Lang::ES];

    fn truth(text: &str) -> Answer {
        YesNo.read(&Text::new(text), &Context::of(&LANGUAGES))
    }

    fn choice(text: &str) -> Answer {
        YesNoMaybe.read(&Text::new(text), &Context::of(&LANGUAGES))
    }

    #[test]
    fn yes_is_read_in_all_its_forms() {
        for text in [
            "yes",
            "Y",
            "y",
            "yes please",
            "ok",
            "OK",
            "k",
            "kk",
            "okie",
            "ya",
            "yup",
            "sure",
            "go ahead",
            "send it",
            "👍🏽",
            "yeah sure",
            "Yes, thank you!",
            "YESSS",
            "okkkk",
            "yes 😊",
            "why not",
            "for sure",
            "sí",
            "claro que sí",
            "oui",
            "ouiii",
            "d'accord",
            "bien sûr",
            "pourquoi pas",
            "por supuesto",
        ] {
            assert_eq!(truth(text), Answer::Value(Value::Truth(true)), "{text}");
        }
    }

    #[test]
    fn no_is_read_in_all_its_forms() {
        for text in [
            "no",
            "N",
            "n",
            "nope",
            "nah",
            "don't",
            "no no thanks",
            "no thank you",
            "never mind",
            "no gracias",
            "nooo",
            "👎🏿",
            "no 😂",
            "absolutely not",
            "of course not",
            "not really",
            "I don't",
            "non merci",
            "pas du tout",
            "claro que no",
            "bien sûr que non",
            "no way",
        ] {
            assert_eq!(truth(text), Answer::Value(Value::Truth(false)), "{text}");
        }
    }

    #[test]
    fn whatever_is_neither_is_neither() {
        for text in [
            "",
            "maybe",
            "yes but change the day",
            "ok who is this",
            "yes no",
            "thanks",
            "not sure",
            "i don't know",
            "no problem",
            "hi",
            "😂",
            "👍👎",
            "nose",
            "yesterday",
            "kkk",
            "im not sure",
            "no sé",
            "stop",
            "no idea",
        ] {
            assert_eq!(truth(text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn maybe_is_a_third_answer() {
        for (text, key) in [
            ("yes please", "yes"),
            ("k", "yes"),
            ("n", "no"),
            ("no no thanks", "no"),
            ("maybe", "maybe"),
            ("Maybe?", "maybe"),
            ("not sure", "maybe"),
            ("I'm not sure 🤔", "maybe"),
            ("perhaps", "maybe"),
            ("idk", "maybe"),
            ("it depends", "maybe"),
            ("I don't know", "maybe"),
            ("no idea", "maybe"),
            ("🤷🏽‍♀️", "maybe"),
            ("peut-être", "maybe"),
            ("je ne sais pas", "maybe"),
            ("quizás", "maybe"),
            ("tal vez", "maybe"),
            ("no lo sé", "maybe"),
        ] {
            assert_eq!(choice(text), Answer::Value(Value::Choice(key.into())), "{text}");
        }
        for text in ["", "maybe not today but tomorrow", "yes maybe", "who is this", "😂"] {
            assert_eq!(choice(text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn no_phrase_is_in_two_lists_of_a_language() {
        for lexicon in LANGUAGES.map(Lang::lexicon) {
            for phrase in lexicon.yes {
                assert!(!lexicon.no.contains(phrase) && !lexicon.maybe.contains(phrase), "{phrase}");
            }
            assert!(lexicon.no.iter().all(|phrase| !lexicon.maybe.contains(phrase)));
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}| |no|yes|not sure|👍|ooo){0,10}") {
            let text = Text::new(&body);
            let context = Context::of(&LANGUAGES);
            for at in 0..text.tokens().len() {
                let mut found = YesNo.find(&text, at, &context);
                found.extend(YesNoMaybe.find(&text, at, &context));
                prop_assert!(found.iter().all(|found| found.end > at && found.end <= text.tokens().len()));
            }
            YesNo.read(&text, &context);
            YesNoMaybe.read(&text, &context);
        }
    }
}
