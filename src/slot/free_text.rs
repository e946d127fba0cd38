//! `text`: anything a person writes, as it was written.

use super::{Answer, Context, Found, Longest, Openness, SlotType, Value, ValueKind};
use crate::sms::Text;

/// Characters of a free text that are kept: two long messages. What is longer is refused, not cut.
const CHARACTERS_MAX: usize = 320;

/// Tokens of a free text in the middle of a pattern; at its end it takes all that is left.
const INNER_TOKENS_MAX: usize = 12;

pub(super) struct FreeText;

impl SlotType for FreeText {
    fn name(&self) -> &'static str {
        "text"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Open
    }

    fn longest(&self) -> Longest {
        Longest::any(80) // a sentence
    }

    fn example(&self) -> Option<String> {
        Some("something else".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let all = text.tokens().len();
        let inner = at + 1..=all.saturating_sub(1).min(at + INNER_TOKENS_MAX);
        std::iter::once(all)
            .chain(inner.rev())
            .map(|end| Found { end, value: Value::Text(text.typed(at..end).to_owned()) })
            .collect()
    }

    fn read(&self, text: &Text, _: &Context<'_>) -> Answer {
        let typed = text.original().trim();
        if typed.is_empty() {
            Answer::Unclear
        } else if typed.chars().count() > CHARACTERS_MAX {
            Answer::Invalid("longer than 320 characters")
        } else {
            Answer::Value(Value::Text(typed.to_owned()))
        }
    }
}
