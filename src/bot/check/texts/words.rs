//! Words that a brand may not use, or not before it knows somebody's age: `data/rules/forbidden.toml`.

use super::super::super::Bot;
use super::Passage;
use super::gate::Gates;
use super::phrases::Phrases;
use super::place::Places;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::language::Lang;
use crate::sms::Text;
use jiff::civil::Date;
use serde::Deserialize;
use std::ops::Range;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    category: Vec<Category>,
}

/// Like words with one rule.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Category {
    name: String,
    kind: Kind,
    countries: Vec<String>,
    source: String,
    /// When the source was read.
    checked: Date,
    #[serde(default)]
    en: Vec<String>,
    #[serde(default)]
    es: Vec<String>,
    #[serde(default)]
    fr: Vec<String>,
    #[serde(default)]
    unless: Vec<String>,
}

/// What a word of a category is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Kind {
    /// An address that carriers block.
    Blocked,
    /// A sign of what carriers forbid.
    Forbidden,
    /// A sign of what only grown-ups may read.
    Age,
}

struct Rules {
    categories: Vec<Category>,
    /// Phrases with the number of their category, and their language if it is not every one.
    phrases: Phrases<(usize, Option<Lang>)>,
    /// Phrases in which a word is meant otherwise, with the number of the category.
    unless: Phrases<usize>,
    /// Words of the longest of these.
    unless_words: usize,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let lists: Lists = toml::from_str(include_str!("../../../../data/rules/forbidden.toml"))
        .expect("the word lists are part of the program and read by its tests");
    let categories = lists.category;
    let mut phrases: Vec<(String, (usize, Option<Lang>))> = Vec::new();
    let mut unless: Vec<(String, usize)> = Vec::new();
    for (number, category) in categories.iter().enumerate() {
        let lists = [(&category.en, None), (&category.es, Some(Lang::ES)), (&category.fr, Some(Lang::FR))];
        for (list, language) in lists {
            phrases.extend(list.iter().map(|phrase| (phrase.clone(), (number, language))));
        }
        unless.extend(category.unless.iter().map(|phrase| (phrase.clone(), number)));
    }
    let unless_words = unless.iter().map(|(phrase, _)| phrase.split(' ').count()).max().unwrap_or_default();
    Rules { categories, phrases: Phrases::new(phrases), unless: Phrases::new(unless), unless_words }
});

/// The rules that count for a brand.
pub(super) struct Words {
    /// For each category, whether it counts in the countries of the brand's numbers.
    counts: Vec<bool>,
}

impl Words {
    pub(super) fn of(bot: &Bot) -> Self {
        let mut countries: Vec<String> =
            bot.numbers.iter().filter_map(|number| number.sender.country()).collect();
        countries.push(bot.country.clone());
        let counts =
            |category: &Category| category.countries.iter().any(|country| countries.contains(country));
        Self { counts: RULES.categories.iter().map(counts).collect() }
    }

    /// Reports the words of a passage that need a second thought.
    pub(super) fn check(
        &self,
        passage: &Passage<'_>,
        places: &Places<'_>,
        gates: &mut Gates<'_>,
        found: &mut Diagnostics,
    ) {
        let text = &passage.text;
        let mut after = 0;
        for at in 0..text.tokens().len() {
            let counting = RULES.phrases.at(text, at).filter(|(_, (number, language))| {
                self.counts[*number] && language.is_none_or(|language| language == passage.language)
            });
            let Some((end, (number, _))) = counting.max_by_key(|(end, _)| *end) else { continue };
            let category = &RULES.categories[*number];
            let meant = match category.kind {
                Kind::Blocked => is_address(text, at..end),
                Kind::Forbidden => !is_harmless(text, at, *number),
                Kind::Age => !is_harmless(text, at, *number) && gates.is_open(passage.read),
            };
            if meant && at >= after {
                after = end;
                let place = places.within(passage.origin, text.original(), text.span(at..end));
                found.push(report(category, text.typed(at..end), place));
            }
        }
    }
}

fn report(category: &Category, typed: &str, place: Place) -> Diagnostic {
    let name = &category.name;
    let (code, message, hint) = match category.kind {
        Kind::Blocked => (
            Code::BlockedAddress,
            format!("`{typed}` is {name}: carriers block texts that hold one"),
            "write the whole address, or one of a domain of your own",
        ),
        Kind::Forbidden => (
            Code::ForbiddenWord,
            format!("`{typed}` is a word of what carriers forbid: {name}"),
            "ask your provider before you send it; a whole campaign can be refused for it",
        ),
        Kind::Age => (
            Code::AgeGate,
            format!("`{typed}` ({name}) can be read before a date of birth was asked for"),
            "lead to it through `age at least 21`, or through an `ask` of a field of the type `birthdate`",
        ),
    };
    let source = format!("the rule: {} (read {})", category.source, category.checked);
    Diagnostic::new(code, place, message).hint(hint).hint(source)
}

/// Whether tokens are an address: full stops between them, and no longer name of a host around them.
fn is_address(text: &Text, tokens: Range<usize>) -> bool {
    let inner = (tokens.start + 1..tokens.end).all(|at| text.gap(at) == ".");
    let before = text.gap(tokens.start);
    let starts =
        !before.ends_with(['.', '-', '@', '_']) || text.token(tokens.start.saturating_sub(1)) == "www";
    let behind = text.gap(tokens.end);
    let ends = tokens.end == text.tokens().len() || !matches!(behind, "." | "-" | "_");
    inner && starts && ends
}

/// Whether the word at `at` stands in a phrase in which it means something else.
fn is_harmless(text: &Text, at: usize, category: usize) -> bool {
    let first = (at + 1).saturating_sub(RULES.unless_words);
    (first..=at).any(|from| RULES.unless.at(text, from).any(|(end, number)| *number == category && end > at))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_list_has_a_source_and_folded_words() {
        for category in &RULES.categories {
            assert!(!category.source.is_empty() && !category.countries.is_empty(), "{}", category.name);
            let all = [&category.en, &category.es, &category.fr, &category.unless];
            for phrase in all.into_iter().flatten() {
                let folded = Text::new(phrase).phrase();
                let written = phrase.replace('.', " ");
                assert_eq!(folded, written, "{}", category.name);
            }
        }
    }
}
