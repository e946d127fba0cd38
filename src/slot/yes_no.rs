//! `yes_no` and `yes_no_maybe`: closed lexicons; whatever is neither is neither, never "no".

use super::phrase::{begins, end_of, is_skip, row_of};
use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind};
use crate::language::{List, Lists};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// Letters at the end of a word that are there for emphasis: "nooo", but not "too".
const STRETCH_MIN: usize = 3;
/// Letters of one kind at the end of a word of the lists: "yess".
const PLAIN_MAX: usize = 2;

/// Yes or no, as a truth.
pub(super) struct YesNo;

/// Yes, no or maybe, as a choice.
pub(super) struct YesNoMaybe;

/// What a list of answers says.
const ANSWERS: [(&str, List); 3] = [(YES, List::Yes), (NO, List::No), (MAYBE, List::Maybe)];
const YES: &str = "yes";
const NO: &str = "no";
const MAYBE: &str = "maybe";

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
        let said = said_at(text, at, context).filter(|(key, _)| *key != MAYBE);
        said.map(|(key, end)| Found { end, value: Value::Truth(key == YES) }).into_iter().collect()
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
        Some("no".to_owned()) // no word for maybe is one in every language
    }

    fn keys(&self) -> &'static [&'static str] {
        &[YES, NO, MAYBE]
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let said = said_at(text, at, context);
        said.map(|(key, end)| Found { end, value: Value::Choice(key.to_owned()) }).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_all(self, text, context)
    }
}

/// The longest phrase that starts at `at`: what it says, and its end. The longer one says more ("no i do not");
/// a phrase that two lists have says neither.
fn said_at(text: &Text, at: usize, context: &Context<'_>) -> Option<(&'static str, usize)> {
    let word = text.token(at);
    let held = held(word);
    if held.is_empty() && !begins(word, Lists::of(&[List::Yes, List::No, List::Maybe])) {
        return None;
    }
    let end_of_list = |list| {
        let stretched = || held.iter().any(|plain| row_of(plain, context, list).is_some());
        end_of(text, at, context, list).or_else(|| stretched().then_some(at + 1))
    };
    let ends = ANSWERS.map(|(key, list)| (end_of_list(list), key));
    let longest = ends.iter().filter_map(|(end, _)| *end).max()?;
    let mut says = ends.into_iter().filter(|(end, _)| *end == Some(longest));
    match (says.next(), says.next()) {
        (Some((_, key)), None) => Some((key, longest)),
        _ => None,
    }
}

/// What `word` is without the emphasis of holding its last letter: "no" and "noo" for "nooo". Nothing where that letter
/// is not held, or is all there is.
fn held(word: &str) -> Vec<&str> {
    let Some(last) = word.chars().next_back() else { return Vec::new() };
    let stem = word.trim_end_matches(last);
    let letters = (word.len() - stem.len()) / last.len_utf8();
    if letters < STRETCH_MIN || stem.is_empty() {
        return Vec::new();
    }
    (1..=PLAIN_MAX).map(|letters| &word[..stem.len() + letters * last.len_utf8()]).collect()
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
    text.tokens()[at].kind == TokenKind::Emoji && said_at(text, at, context).is_none()
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
    fn no_word_of_the_lists_holds_its_last_letter_longer_than_is_looked_for() {
        for phrase in LANGUAGES.map(Lang::lexicon).iter().flat_map(|l| [l.yes, l.no, l.maybe]).flatten() {
            let last = phrase.chars().next_back().expect("a letter");
            let held = phrase.chars().rev().take_while(|c| *c == last).count();
            assert!(held <= PLAIN_MAX, "{phrase}");
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
