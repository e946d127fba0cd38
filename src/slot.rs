//! Values inside texts: a slot type reads one kind of value, as a whole answer or inside a sentence.
//!
//! To add a type: one file here with its cases, one line in [`ALL`].

mod birthdate;
mod choice;
mod city;
mod custom;
mod date;
mod duration;
mod email;
mod emoji;
mod free_text;
pub mod gazetteer;
mod longest;
mod menu;
mod money;
mod name;
mod number;
mod percent;
mod phone;
mod phrase;
mod postal;
mod rating;
mod region;
mod time;
mod url;
mod yes_no;

pub use choice::{Choice, ChoiceValue};
pub use custom::{Custom, EXPRESSION_BYTES_MAX};
pub use longest::{Letters, Longest};
pub use menu::Menu;

use crate::language::Lang;
use crate::sms::Text;
use crate::typo::Vocabulary;
use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// The slot types that come with sayso.
pub const ALL: [&dyn SlotType; 21] = [
    &name::Name,
    &free_text::FreeText,
    &number::Number,
    &postal::US_ZIP,
    &yes_no::YesNo,
    &money::Money,
    &percent::Percent,
    &rating::Rating,
    &yes_no::YesNoMaybe,
    &phone::Phone,
    &email::Email,
    &url::Url,
    &postal::CA_POSTAL,
    &postal::FR_POSTAL,
    &city::City,
    &region::Region,
    &emoji::Emoji,
    &date::DateSlot,
    &birthdate::Birthdate,
    &duration::Duration,
    &time::TimeSlot,
];

/// How consent is answered.
pub const YES_NO: &dyn SlotType = &yes_no::YesNo;
/// How an age is shown: a full date, never yes or no (carriers refuse such gates; Twilio errors 30456, 30529).
pub const BIRTHDATE: &dyn SlotType = &birthdate::Birthdate;

/// The type of that name, as fields and slots name it.
#[must_use]
pub fn by_name(name: &str) -> Option<Arc<dyn SlotType>> {
    ALL.into_iter().find(|slot| slot.name() == name).map(|slot| Arc::new(slot) as Arc<dyn SlotType>)
}

/// A value that was read from a text. Stored by these names: they may grow, not change.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Value {
    /// Words as they were typed.
    Text(String),
    /// A number, exactly: "2.50" stays "2.50".
    Number(Decimal),
    /// The stable key of a value of a list.
    Choice(String),
    /// Yes or no.
    Truth(bool),
    /// A day of the calendar.
    Date(Date),
    /// A time of the day.
    Time(Time),
    /// A length of time.
    Duration {
        /// In seconds; a day has 86,400.
        seconds: i64,
    },
    /// An amount of money.
    Money {
        /// How much.
        amount: Decimal,
        /// Of which currency (ISO 4217, three letters).
        currency: String,
    },
}

impl Value {
    /// What kind of value it is.
    #[must_use]
    pub fn kind(&self) -> ValueKind {
        match self {
            Self::Text(_) => ValueKind::Text,
            Self::Number(_) => ValueKind::Number,
            Self::Choice(_) => ValueKind::Choice,
            Self::Truth(_) => ValueKind::Truth,
            Self::Date(_) => ValueKind::Date,
            Self::Time(_) => ValueKind::Time,
            Self::Duration { .. } => ValueKind::Duration,
            Self::Money { .. } => ValueKind::Money,
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) | Self::Choice(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Truth(truth) => f.write_str(if *truth { "yes" } else { "no" }),
            Self::Date(date) => date.fmt(f),
            Self::Time(time) => write!(f, "{:02}:{:02}", time.hour(), time.minute()),
            Self::Duration { seconds } => show_duration(*seconds, f),
            Self::Money { amount, currency } => write!(f, "{amount} {currency}"),
        }
    }
}

/// A length of time as flows write it: the largest unit that divides it.
fn show_duration(seconds: i64, f: &mut fmt::Formatter<'_>) -> fmt::Result {
    let units = [(86_400, "d"), (3_600, "h"), (60, "m"), (1, "s")];
    let (size, unit) = units.into_iter().find(|(size, _)| seconds % size == 0).unwrap_or((1, "s"));
    write!(f, "{}{unit}", seconds / size)
}

/// What kind of [`Value`] a type yields; expressions are typed by it when files are linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ValueKind {
    /// [`Value::Text`].
    Text,
    /// [`Value::Number`].
    Number,
    /// [`Value::Choice`].
    Choice,
    /// [`Value::Truth`].
    Truth,
    /// [`Value::Date`].
    Date,
    /// [`Value::Time`].
    Time,
    /// [`Value::Duration`].
    Duration,
    /// [`Value::Money`].
    Money,
}

impl ValueKind {
    /// Whether its values have an order: greater and smaller ones.
    #[must_use]
    pub fn is_ordered(self) -> bool {
        matches!(self, Self::Number | Self::Date | Self::Time | Self::Duration)
    }
}

/// Whether a text can be told to be an answer of this type by looking at it alone.
///
/// A closed answer is taken before the brand's keywords, an open one after them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Openness {
    /// A list, a number, a date: few texts are one.
    Closed,
    /// A name, free text: almost any text could be one.
    Open,
}

/// What reading a value depends on besides the text. The moment is the turn's, so the same turn reads the same value.
#[derive(Debug, Clone)]
pub struct Context<'c> {
    /// The languages that are understood, the most likely first.
    pub languages: &'c [Lang],
    /// The moment of the turn: "tomorrow" is the day after it.
    pub now: Timestamp,
    /// The person's time zone: their day, not ours.
    pub zone: TimeZone,
    /// How "3/4" is meant.
    pub dates: DateOrder,
    /// The country (ISO 3166-1, two letters) of numbers without a prefix and of amounts without a currency.
    pub country: &'c str,
}

/// The order of day and month in a date of digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DateOrder {
    /// Month first, as in the United States.
    #[default]
    MonthFirst,
    /// Day first, as nearly everywhere else.
    DayFirst,
}

/// The moment in which samples are read and proofs are made (1 June 2026): any will do, if it is always the same.
const PROOF_MOMENT: Timestamp = Timestamp::constant(1_780_272_000, 0);

impl<'c> Context<'c> {
    /// A context in which only the languages matter: for types that know no time and no place, and for proofs.
    #[must_use]
    pub fn of(languages: &'c [Lang]) -> Self {
        Self { languages, now: PROOF_MOMENT, zone: TimeZone::UTC, dates: DateOrder::default(), country: "US" }
    }
}

/// What reading a whole answer came to. The two failures have two texts in a flow: `unclear` and `invalid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    /// This value.
    Value(Value),
    /// Meant as such a value, but not one that can be accepted; why, in a few words.
    Invalid(&'static str),
    /// Meant as one of these; guessing would be worse than asking.
    Ambiguous(Vec<Value>),
    /// Not understood as such a value.
    Unclear,
}

/// A value found inside a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Found {
    /// One past the last token of the value.
    pub end: usize,
    /// The value.
    pub value: Value,
}

/// The width of a type that takes nearly every text.
pub const WIDTH_MAX: u32 = 1_000;

/// A kind of value that can be read from texts. Pure: the same text gives the same value at any time.
pub trait SlotType: Send + Sync {
    /// The name that fields and slots use.
    fn name(&self) -> &str;

    /// The kind of value it yields.
    fn kind(&self) -> ValueKind;

    /// Whether its answers can be told from other texts.
    fn openness(&self) -> Openness;

    /// The values that start at token `at`, longest first; empty when none does. O(tokens of the value).
    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found>;

    /// Reads a whole answer. O(tokens).
    fn read(&self, text: &Text, context: &Context<'_>) -> Answer;

    /// How many texts are such a value, roughly, from 1 to [`WIDTH_MAX`]: of two slots that take the same words the
    /// narrower one wins. A type that takes a part of another's values must be narrower than it.
    fn width(&self) -> u32 {
        match self.openness() {
            Openness::Closed => 100,
            Openness::Open => WIDTH_MAX,
        }
    }

    /// A text that is such a value: proofs walk through the type with it. `None` where a type cannot be walked.
    fn example(&self) -> Option<String> {
        None
    }

    /// The stable keys of its values, where it is a list that comes with sayso: expressions are typed by them.
    fn keys(&self) -> &'static [&'static str] {
        &[]
    }

    /// Texts that are such a value, for checks: all of a list, an example of the others.
    fn answers(&self) -> Vec<String> {
        self.example().into_iter().collect()
    }

    /// Itself as a list of a brand's own values, if it is one: grammars spell these out.
    fn as_choice(&self) -> Option<&Choice> {
        None
    }

    /// The words of its values and their misspellings, where they are a list.
    fn vocabulary(&self) -> Option<&Vocabulary> {
        None
    }

    /// The longest that a value of it is expected to be when a text shows it.
    fn longest(&self) -> Longest {
        Longest::of(self)
    }
}

impl<T: SlotType + ?Sized> SlotType for &T {
    fn name(&self) -> &str {
        (**self).name()
    }

    fn kind(&self) -> ValueKind {
        (**self).kind()
    }

    fn openness(&self) -> Openness {
        (**self).openness()
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        (**self).find(text, at, context)
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        (**self).read(text, context)
    }

    fn example(&self) -> Option<String> {
        (**self).example()
    }

    fn keys(&self) -> &'static [&'static str] {
        (**self).keys()
    }

    fn as_choice(&self) -> Option<&Choice> {
        (**self).as_choice()
    }

    fn answers(&self) -> Vec<String> {
        (**self).answers()
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        (**self).vocabulary()
    }

    fn width(&self) -> u32 {
        (**self).width()
    }

    fn longest(&self) -> Longest {
        (**self).longest()
    }
}

/// Tokens of an answer that may surround one closed value, as in "I think my zip is 30309": in a longer text
/// the number is more likely to be about something else.
const ANSWER_TOKENS_MAX: usize = 8;

/// Reads an answer that holds exactly one value of a closed type, whatever small talk surrounds it.
/// Two different values are no answer: guessing is worse than asking again.
fn read_only_value(slot: &dyn SlotType, text: &Text, context: &Context<'_>) -> Answer {
    if text.tokens().len() > ANSWER_TOKENS_MAX {
        return Answer::Unclear;
    }
    let mut only = None;
    let mut at = 0;
    while at < text.tokens().len() {
        let Some(found) = slot.find(text, at, context).into_iter().next() else {
            at += 1;
            continue;
        };
        at = found.end;
        if only.as_ref().is_some_and(|value| *value != found.value) {
            return Answer::Unclear;
        }
        only = Some(found.value);
    }
    only.map_or(Answer::Unclear, Answer::Value)
}

/// What the tokens from one place on are meant as, for types that can tell a bad or an unsure value from none.
struct Meant {
    /// One past the last of these tokens.
    end: usize,
    /// The value, what is wrong with it, or all that it could be.
    answer: Answer,
}

impl Meant {
    fn value(end: usize, value: Value) -> Self {
        Self { end, answer: Answer::Value(value) }
    }

    /// Inside a sentence only what is sure and right is a value.
    fn found(self) -> Option<Found> {
        match self.answer {
            Answer::Value(value) => Some(Found { end: self.end, value }),
            Answer::Invalid(_) | Answer::Ambiguous(_) | Answer::Unclear => None,
        }
    }
}

/// Reads an answer that means exactly one thing, whatever small talk surrounds it. Two different things are no answer.
/// Only the small talk is counted: a number in words may be long.
fn read_only_meant(text: &Text, meant_at: impl Fn(usize) -> Option<Meant>) -> Answer {
    let (mut at, mut around, mut only) = (0, 0, None);
    while at < text.tokens().len() && around <= ANSWER_TOKENS_MAX {
        let Some(meant) = meant_at(at) else {
            at += 1;
            around += 1;
            continue;
        };
        at = meant.end;
        if only.as_ref().is_some_and(|answer| *answer != meant.answer) {
            return Answer::Unclear;
        }
        only = Some(meant.answer);
    }
    if around > ANSWER_TOKENS_MAX { Answer::Unclear } else { only.unwrap_or(Answer::Unclear) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language;

    /// Types of which the first takes a part of what the second takes. `text` takes what any other does.
    const PARTS: [(&str, &str); 15] = [
        ("birthdate", "date"),
        ("city", "name"),
        ("fr_postal", "money"),
        ("fr_postal", "number"),
        ("fr_postal", "us_zip"),
        ("number", "money"),
        ("percent", "number"),
        ("rating", "money"),
        ("rating", "number"),
        ("rating", "percent"),
        ("region", "name"),
        ("us_zip", "money"),
        ("us_zip", "number"),
        ("us_zip", "percent"),
        ("yes_no", "yes_no_maybe"),
    ];

    fn example(slot: &dyn SlotType) -> Text {
        Text::new(&slot.example().expect("every type of ours can be walked"))
    }

    /// Each language, and all of them.
    fn languages() -> Vec<Vec<Lang>> {
        let all: Vec<Lang> = language::all().collect();
        all.iter().map(|lang| vec![*lang]).chain([all.clone()]).collect()
    }

    #[test]
    fn the_example_of_a_type_is_such_a_value_and_nothing_more() {
        for (slot, languages) in ALL.iter().flat_map(|slot| languages().into_iter().map(move |l| (slot, l))) {
            let (text, context) = (example(slot), Context::of(&languages));
            let found = slot.find(&text, 0, &context).into_iter().next();
            let found = found.unwrap_or_else(|| panic!("{} in {languages:?}", slot.name()));
            assert_eq!(found.end, text.tokens().len(), "{} in {languages:?}", slot.name());
            assert_eq!(slot.read(&text, &context), Answer::Value(found.value), "{}", slot.name());
        }
    }

    #[test]
    fn a_type_that_takes_a_part_of_another_is_narrower() {
        let others = ALL.iter().map(SlotType::name).filter(|name| *name != "text");
        for (part, whole) in PARTS.into_iter().chain(others.map(|name| (name, "text"))) {
            let slot = |name| by_name(name).unwrap_or_else(|| panic!("{name} is no type"));
            let (part, whole) = (slot(part), slot(whole));
            let names = format!("{} and {}", part.name(), whole.name());
            assert!(part.width() < whole.width(), "{names}");
            let answer = whole.read(&example(part.as_ref()), &Context::of(&[Lang::EN]));
            assert!(matches!(answer, Answer::Value(_)), "{names}: {answer:?}");
        }
        assert!(ALL.iter().all(|slot| (1..=WIDTH_MAX).contains(&slot.width())));
    }
}
