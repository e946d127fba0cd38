//! A numbered menu: an answer is the number of an option, its label, another word for it, or the beginning of one label
//! alone. The value is the option's number, as the key of a list.

use super::{
    Answer, Choice, ChoiceValue, Context, Found, Openness, SlotType, Value, ValueKind, number::Number,
};
use crate::sms::Text;
use crate::typo::Vocabulary;
use rust_decimal::prelude::ToPrimitive;

/// Words before the number of an option: "option 2", "la 2".
const LEADS: [&str; 18] = [
    "option", "number", "no", "nr", "num", "choice", "choose", "pick", "the", "opcion", "numero", "la", "el",
    "choix", "le", "im", "ill", "take",
];
/// Letters from which the beginning of a label stands for it.
const BEGINNING_LETTERS: usize = 2;

/// A menu.
#[derive(Debug, Clone)]
pub struct Menu {
    choice: Choice,
    options: usize,
}

impl Menu {
    /// A menu whose options have these labels and other words, in any language, the first option first.
    #[must_use]
    pub fn new(options: &[Vec<String>]) -> Self {
        let values = options.iter().enumerate().map(|(number, words)| {
            let folded = words.iter().map(|word| Text::new(word).phrase());
            let spellings = folded.filter(|spelling| !spelling.is_empty()).collect();
            ChoiceValue { key: (number + 1).to_string(), spellings }
        });
        Self { choice: Choice::new("menu", values.collect()), options: options.len() }
    }

    /// The number of the option that a value of this menu stands for, from 1.
    #[must_use]
    pub fn option(value: &Value) -> Option<u16> {
        let Value::Choice(key) = value else { return None };
        key.parse().ok()
    }

    fn numbered(&self, text: &Text, context: &Context<'_>) -> Option<Answer> {
        let said: Vec<usize> =
            (0..text.tokens().len()).filter(|at| !super::phrase::is_skip(text, *at, context)).collect();
        let leads = said.iter().take_while(|at| LEADS.contains(&text.token(**at))).count();
        let found = Number.find(text, *said.get(leads)?, context).into_iter().next()?;
        let (Value::Number(number), true) = (&found.value, said.iter().all(|at| *at < found.end)) else {
            return None;
        };
        let option = number.is_integer().then(|| number.to_usize()).flatten();
        let known = option.filter(|option| (1..=self.options).contains(option));
        Some(match known {
            Some(option) => Answer::Value(Value::Choice(option.to_string())),
            None => Answer::Invalid("no option has that number"),
        })
    }

    /// The only option with a label that begins as the whole text does.
    fn begun(&self, text: &Text) -> Option<Answer> {
        let typed = text.phrase();
        if typed.chars().count() < BEGINNING_LETTERS {
            return None;
        }
        let begins =
            |value: &&ChoiceValue| value.spellings.iter().any(|spelling| spelling.starts_with(&typed));
        let mut options = self.choice.values().iter().filter(begins);
        let only = options.next()?;
        options.next().is_none().then(|| Answer::Value(Value::Choice(only.key.clone())))
    }
}

impl SlotType for Menu {
    fn name(&self) -> &'static str {
        "menu"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Choice
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn example(&self) -> Option<String> {
        Some("1".to_owned())
    }

    fn answers(&self) -> Vec<String> {
        self.choice.answers()
    }

    fn vocabulary(&self) -> Option<&Vocabulary> {
        self.choice.vocabulary()
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        self.choice.find(text, at, context)
    }

    /// O(tokens + labels).
    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let named = Some(self.choice.read(text, context)).filter(|answer| *answer != Answer::Unclear);
        named.or_else(|| self.numbered(text, context)).or_else(|| self.begun(text)).unwrap_or(Answer::Unclear)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    #[test]
    fn numbers_labels_and_beginnings_are_answers() {
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect::<Vec<_>>();
        let menu = Menu::new(&[
            words(&["Opening hours", "Horario", "times"]),
            words(&["Our menu", "Carta"]),
            words(&["Open an account"]),
        ]);
        let languages = [Lang::EN, Lang::ES];
        let read = |body: &str| menu.read(&Text::new(body), &Context::of(&languages));
        for (body, option) in [
            ("1", 1),
            ("2.", 2),
            ("two", 2),
            ("option 3 please", 3),
            ("la 2", 2),
            ("opening hours", 1),
            ("the times please", 1),
            ("Horario", 1),
            ("our", 2),
            ("carta", 2),
            ("openi", 1),
            ("#3", 3),
            ("the second", 2),
        ] {
            assert_eq!(read(body), Answer::Value(Value::Choice(option.to_string())), "{body}");
        }
        for body in ["open", "2 but stop", "1 or 2", "o", "pizza", "", "2 times 3"] {
            assert!(!matches!(read(body), Answer::Value(Value::Choice(key)) if key != "1"), "{body}");
        }
        assert_eq!(read("open"), Answer::Unclear);
        assert_eq!(read("2 but stop"), Answer::Unclear);
        assert!(matches!(read("7"), Answer::Invalid(_)));
        assert_eq!(Menu::option(&Value::Choice("3".to_owned())), Some(3));
    }
}
