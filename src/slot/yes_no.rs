//! `yes_no`: a closed lexicon; whatever is neither is neither, never "no".

use super::{Answer, Context, Found, Openness, SlotType, Value, ValueKind, is_skip, longest_phrase};
use crate::language::Lang;
use crate::sms::Text;

pub(super) struct YesNo;

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

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let longest = |pick: fn(Lang) -> &'static [&'static str]| {
            let phrases = context.languages.iter().flat_map(|lang| pick(*lang).iter().copied());
            longest_phrase(text, at, phrases).map(|(_, end)| end)
        };
        let (yes, no) = (longest(|lang| lang.lexicon().yes), longest(|lang| lang.lexicon().no));
        // Equal length is a phrase of both, as "n" cannot be; the longer one says more ("no i do not").
        match (yes, no) {
            (Some(end), other) if other.is_none_or(|no_end| end > no_end) => {
                vec![Found { end, value: Value::Truth(true) }]
            }
            (other, Some(end)) if other.is_none_or(|yes_end| end > yes_end) => {
                vec![Found { end, value: Value::Truth(false) }]
            }
            _ => Vec::new(),
        }
    }

    /// Every token must be part of an answer or say nothing: "yes but change it" is neither yes nor no.
    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let mut only = None;
        let mut at = 0;
        while at < text.tokens().len() {
            match self.find(text, at, context).pop() {
                Some(found) if only.as_ref().is_none_or(|value| *value == found.value) => {
                    at = found.end;
                    only = Some(found.value);
                }
                None if is_skip(text, at, context) => at += 1,
                _ => return Answer::Unclear,
            }
        }
        only.map_or(Answer::Unclear, Answer::Value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lexicon_is_closed() {
        let read = |text: &str| YesNo.read(&Text::new(text), &Context::of(&[Lang::EN, Lang::ES]));
        for text in ["yes", "Y", "yes please", "ok", "k", "sí", "👍🏽", "yeah sure", "Yes, thank you!"] {
            assert_eq!(read(text), Answer::Value(Value::Truth(true)), "{text}");
        }
        for text in ["no", "N", "nope", "no no thanks", "never mind", "no gracias"] {
            assert_eq!(read(text), Answer::Value(Value::Truth(false)), "{text}");
        }
        for text in ["", "maybe", "yes but change the day", "ok who is this", "yes no", "thanks"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }
}
