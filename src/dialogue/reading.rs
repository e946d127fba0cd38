//! Everything that an inbound text could mean at this point of the dialogue. Deciding is the rungs' affair.

use super::event::Event;
use super::state::State;
use crate::bot::{Bot, Heard, Question};
use crate::consent::{Kind, kind_of};
use crate::slot::{self, Answer, Context, Openness, Value};
use crate::sms::Text;
use jiff::Timestamp;

/// What a text could mean here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reading {
    /// The text, normalized.
    pub text: Text,
    /// What kind of text it is, before any flow.
    pub kind: Kind,
    /// The intents that it means, best first.
    pub heard: Vec<Heard>,
    /// What it is as an answer to the waiting question, and whether such answers are closed.
    pub answer: Option<(Openness, Answer)>,
    /// Yes or no to the question whether the dialogue is to be left, if that was asked.
    pub agreed: Option<bool>,
    /// What it could mean with its misspelt words mended; only where it means nothing as it stands.
    pub repaired: Option<Box<Self>>,
}

impl Default for Reading {
    /// The reading of an event that is no text.
    fn default() -> Self {
        Self {
            text: Text::default(),
            kind: Kind::Speech,
            heard: Vec::new(),
            answer: None,
            agreed: None,
            repaired: None,
        }
    }
}

/// Reads an event: recognizing happens here, once. O(text), whatever the number of flows and intents.
#[must_use]
pub fn read(bot: &Bot, state: &State, event: &Event, now: Timestamp) -> Reading {
    let Event::Text(inbound) = event else { return Reading::default() };
    let text = Text::new(&inbound.body);
    let kind = kind_of(&text, inbound.hint);
    if !kind.yields() {
        return Reading { text, kind, ..Reading::default() };
    }
    let context = bot.context(now);
    let question = waiting(bot, state);
    let mut reading = meanings(bot, question, text, &context);
    if state.person.offered.is_some()
        && let Answer::Value(Value::Truth(yes)) = slot::YES_NO.read(&reading.text, &context)
    {
        reading.agreed = Some(yes);
    }
    let answered = reading.agreed.is_some() || matches!(reading.answer, Some((_, Answer::Value(_))));
    // An intent that no file names leads nowhere: "not interested" is a no, and where nobody asked it is an opt-out.
    let is_meant = reading.heard.iter().any(|heard| bot.intent(heard.intent).named);
    if kind != Kind::Speech && !answered && !is_meant {
        return Reading { text: reading.text, kind, ..Reading::default() };
    }
    if reading.heard.is_empty() && !answered {
        let mended = bot.mended(&reading.text, question);
        reading.repaired = mended.map(|text| Box::new(meanings(bot, question, text, &context)));
    }
    reading
}

fn meanings(bot: &Bot, question: Option<Question<'_>>, text: Text, context: &Context<'_>) -> Reading {
    let heard = bot.recognize(&text, context);
    let answer =
        question.map(|Question { slot_type, .. }| (slot_type.openness(), slot_type.read(&text, context)));
    Reading { text, kind: Kind::Speech, heard, answer, agreed: None, repaired: None }
}

/// The question that waits, if one does.
pub(super) fn waiting<'b>(bot: &'b Bot, state: &State) -> Option<Question<'b>> {
    let frame = state.stack.last().filter(|frame| !frame.displaced)?;
    bot.question(frame.node)
}
