//! Where the phrases of the languages' lists stand in a text. Whatever is asked about a token is one lookup of its word,
//! and a comparison for each phrase of the list that begins with it.

use super::Context;
use crate::language::{Lang, List, Lists, Phrase, beginning_with};
use crate::sms::Text;
use rustc_hash::FxHashMap;

/// Lists of which a phrase begins every number in words.
pub(super) const NUMBERS: Lists = Lists::of(&[List::Units, List::Tens, List::Hundreds, List::Scales]);

/// A phrase of a list, where it stands in a text.
#[derive(Debug, Clone, Copy)]
pub(super) struct Said {
    /// The language of the list.
    pub(super) lang: Lang,
    /// Its row in the list.
    pub(super) row: usize,
    /// One past its last token.
    pub(super) end: usize,
}

/// Whether token `at` begins with a digit or begins a phrase of one of these lists in some language. Most words do
/// neither: who asks this first refuses them at the cost of one lookup.
pub(super) fn can_begin(text: &Text, at: usize, lists: Lists) -> bool {
    at < text.tokens().len() && {
        let word = text.token(at);
        word.starts_with(|c: char| c.is_ascii_digit()) || begins(word, lists)
    }
}

/// Whether `word` begins a phrase of one of these lists in some language.
pub(super) fn begins(word: &str, lists: Lists) -> bool {
    beginning_with(word).is_some_and(|beginning| beginning.is_in(lists))
}

/// The longest phrase of the list at token `at` in any of the languages.
pub(super) fn longest(text: &Text, at: usize, context: &Context<'_>, list: List) -> Option<Said> {
    longest_where(text, at, list, |lang| context.languages.contains(&lang))
}

/// The longest phrase of the list at token `at` in this language.
pub(super) fn longest_in(text: &Text, at: usize, lang: Lang, list: List) -> Option<Said> {
    longest_where(text, at, list, |other| other == lang)
}

/// The end of the longest phrase of the list at token `at` in any of the languages.
pub(super) fn end_of(text: &Text, at: usize, context: &Context<'_>, list: List) -> Option<usize> {
    longest(text, at, context, list).map(|said| said.end)
}

fn longest_where(text: &Text, at: usize, list: List, understood: impl Fn(Lang) -> bool) -> Option<Said> {
    if at >= text.tokens().len() {
        return None;
    }
    let mut phrases = beginning_with(text.token(at))?.of(list).filter(|phrase| understood(phrase.lang));
    phrases.find_map(|phrase| {
        let end = end_of_words(text, at + 1, phrase.rest())?;
        Some(Said { lang: phrase.lang, row: phrase.row, end })
    })
}

/// Whether tokens `at..end` are a phrase of the list in one of the languages.
pub(super) fn ends_at(text: &Text, at: usize, end: usize, context: &Context<'_>, list: List) -> bool {
    let phrases = beginning_with(text.token(at)).into_iter().flat_map(|beginning| beginning.of(list));
    let mut phrases = phrases.filter(|phrase| context.languages.contains(&phrase.lang));
    phrases.any(|phrase| end_of_words(text, at + 1, phrase.rest()) == Some(end))
}

/// Whether token `at` is there and a phrase of the list, all of it, in one of the languages.
pub(super) fn is_word(text: &Text, at: usize, context: &Context<'_>, list: List) -> bool {
    at < text.tokens().len() && row_of(text.token(at), context, list).is_some()
}

/// The row of `word` in the list, in the first of the languages that have it there.
pub(super) fn row_of(word: &str, context: &Context<'_>, list: List) -> Option<(Lang, usize)> {
    let words =
        || beginning_with(word).into_iter().flat_map(|beginning| beginning.of(list)).filter(|p| p.is_word());
    let of = |lang: &Lang| words().find(|phrase| phrase.lang == *lang);
    context.languages.iter().find_map(of).map(|phrase: &Phrase| (phrase.lang, phrase.row))
}

/// Whether token `at` says nothing in any of these languages.
pub(super) fn is_skip(text: &Text, at: usize, context: &Context<'_>) -> bool {
    is_word(text, at, context, List::Skip)
}

/// Whether token `at` is there and one of these words.
pub(super) fn is_word_of(text: &Text, at: usize, words: &[&str]) -> bool {
    at < text.tokens().len() && words.contains(&text.token(at))
}

/// Whether tokens from `at` on are these words; the end, if so.
fn end_of_words<'w>(text: &Text, at: usize, words: impl Iterator<Item = &'w str>) -> Option<usize> {
    let mut end = at;
    for word in words {
        if end >= text.tokens().len() || text.token(end) != word {
            return None;
        }
        end += 1;
    }
    Some(end)
}

/// Whether tokens from `at` on are the words of `phrase` (parted by spaces); the end, if so.
pub(super) fn phrase_at(text: &Text, at: usize, phrase: &str) -> Option<usize> {
    end_of_words(text, at, phrase.split(' '))
}

/// Tokens on each side of one in which small letters are looked for.
const AROUND: usize = 16;

/// Whether there are small letters around token `at`: a text all in capitals tells nothing by them.
pub(super) fn has_small_letters(text: &Text, at: usize) -> bool {
    let end = text.tokens().len().min(at + AROUND);
    text.typed(at.saturating_sub(AROUND)..end).contains(char::is_lowercase)
}

/// Phrases that belong to no language, each with what it stands for, by their first word.
#[derive(Debug)]
pub(super) struct ByFirstWord<T>(FxHashMap<&'static str, Vec<(&'static str, T)>>);

impl<T: Copy> ByFirstWord<T> {
    /// Indexes folded phrases.
    pub(super) fn new(phrases: impl IntoIterator<Item = (&'static str, T)>) -> Self {
        let mut by_first: FxHashMap<_, Vec<_>> = FxHashMap::default();
        for (phrase, meaning) in phrases {
            let first = phrase.split(' ').next().unwrap_or_default();
            by_first.entry(first).or_default().push((phrase, meaning));
        }
        Self(by_first)
    }

    /// What the longest phrase that starts at token `at` stands for, and its end.
    pub(super) fn longest(&self, text: &Text, at: usize) -> Option<(T, usize)> {
        let phrases = (at < text.tokens().len()).then(|| self.0.get(text.token(at))).flatten()?;
        let ends =
            phrases.iter().filter_map(|(phrase, meaning)| Some((*meaning, phrase_at(text, at, phrase)?)));
        ends.max_by_key(|(_, end)| *end)
    }

    /// What `word` alone stands for.
    pub(super) fn word(&self, word: &str) -> Option<T> {
        self.0.get(word)?.iter().find(|(phrase, _)| *phrase == word).map(|(_, meaning)| *meaning)
    }
}
