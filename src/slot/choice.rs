//! A list of a brand's own values: `field flavor: one of`, `list size`. Each has a stable key and spellings.

use super::phrase::phrase_at;
use super::{Answer, Context, Found, Longest, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;
use crate::typo::Vocabulary;
use rustc_hash::FxHashMap;

/// One value of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChoiceValue {
    /// Its stable key, as it is stored and compared.
    pub key: String,
    /// What people may write for it, folded, several words parted by spaces; the key is among them.
    pub spellings: Vec<String>,
}

/// A closed list of values.
#[derive(Debug, Clone)]
pub struct Choice {
    name: String,
    values: Vec<ChoiceValue>,
    /// First word of a spelling to the spellings, longest first, and their value.
    by_first: FxHashMap<String, Vec<(String, usize)>>,
    vocabulary: Vocabulary,
}

impl Choice {
    /// A list of that name. A spelling given twice belongs to the first value that has it; `check` reports the other.
    #[must_use]
    pub fn new(name: &str, values: Vec<ChoiceValue>) -> Self {
        let mut by_first: FxHashMap<String, Vec<(String, usize)>> = FxHashMap::default();
        for (index, value) in values.iter().enumerate() {
            for spelling in &value.spellings {
                let first = spelling.split(' ').next().unwrap_or_default().to_owned();
                by_first.entry(first).or_default().push((spelling.clone(), index));
            }
        }
        for spellings in by_first.values_mut() {
            spellings
                .sort_by_key(|(spelling, index)| (std::cmp::Reverse(spelling.split(' ').count()), *index));
        }
        let words =
            values.iter().flat_map(|value| value.spellings.iter().flat_map(|spelling| spelling.split(' ')));
        let vocabulary = Vocabulary::new(words.collect());
        Self { name: name.to_owned(), values, by_first, vocabulary }
    }

    /// The values in the order they were declared.
    #[must_use]
    pub fn values(&self) -> &[ChoiceValue] {
        &self.values
    }

    /// Whether `key` is one of the values.
    #[must_use]
    pub fn has_key(&self, key: &str) -> bool {
        self.values.iter().any(|value| value.key == key)
    }
}

impl SlotType for Choice {
    fn width(&self) -> u32 {
        1 // a list takes what it names
    }

    fn example(&self) -> Option<String> {
        self.values.first().and_then(|value| value.spellings.first()).cloned()
    }

    fn as_choice(&self) -> Option<&Choice> {
        Some(self)
    }

    fn answers(&self) -> Vec<String> {
        self.values.iter().flat_map(|value| value.spellings.iter().cloned()).collect()
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        Some(&self.vocabulary)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Choice
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::gsm7(self.values.iter().map(|value| value.key.len()).max().unwrap_or_default())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        let Some(spellings) = self.by_first.get(text.token(at)) else { return Vec::new() };
        spellings
            .iter()
            .filter_map(|(spelling, index)| {
                let end = phrase_at(text, at, spelling)?;
                Some(Found { end, value: Value::Choice(self.values[*index].key.clone()) })
            })
            .collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_value(self, text, context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    #[test]
    fn the_longest_spelling_wins_and_two_values_are_no_answer() {
        let value = |key: &str, spellings: &[&str]| ChoiceValue {
            key: key.into(),
            spellings: spellings.iter().map(|s| (*s).into()).collect(),
        };
        let flavor = Choice::new(
            "flavor",
            vec![value("mint", &["mint", "menta"]), value("mint-chip", &["mint-chip", "mint chip"])],
        );
        let read = |text: &str| flavor.read(&Text::new(text), &Context::of(&[Lang::EN]));
        assert_eq!(read("Mint, please!"), Answer::Value(Value::Choice("mint".into())));
        assert_eq!(read("the mint chip one"), Answer::Value(Value::Choice("mint-chip".into())));
        assert_eq!(read("menta"), Answer::Value(Value::Choice("mint".into())));
        assert_eq!(read("mint or mint chip"), Answer::Unclear);
        assert_eq!(read("chip"), Answer::Unclear);
    }
}
