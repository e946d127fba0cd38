//! Phrases of folded words, found in a text by their first word.

use super::VALUE;
use crate::sms::Text;
use rustc_hash::FxHashMap;

/// Phrases, each with what it stands for.
pub(super) struct Phrases<T> {
    by_first: FxHashMap<String, Vec<(Vec<String>, T)>>,
}

impl<T> Phrases<T> {
    /// Phrases as data write them: folded words with blanks or full stops between.
    pub(super) fn new(phrases: impl IntoIterator<Item = (String, T)>) -> Self {
        let mut by_first: FxHashMap<String, Vec<(Vec<String>, T)>> = FxHashMap::default();
        for (phrase, what) in phrases {
            let mut words = phrase.split([' ', '.']).map(str::to_owned);
            let first = words.next().unwrap_or_default();
            by_first.entry(first).or_default().push((words.collect(), what));
        }
        Self { by_first }
    }

    /// The phrases that start at token `at`, each with the end.
    pub(super) fn at<'p>(&'p self, text: &'p Text, at: usize) -> impl Iterator<Item = (usize, &'p T)> {
        let starting = self.by_first.get(text.token(at)).into_iter().flatten();
        starting.filter_map(move |(rest, what)| {
            let end = at + 1 + rest.len();
            let goes_on =
                || (at + 1..end).zip(rest).all(|(at, word)| text.token(at) == word && joins(text.gap(at)));
            (end <= text.tokens().len() && goes_on()).then_some((end, what))
        })
    }
}

/// Whether words on both sides belong together: no sentence and no clause ends there. Addresses have full stops.
fn joins(gap: &str) -> bool {
    gap == "." || !gap.contains(['.', ',', ';', ':', '!', '?', '(', ')', '\n', VALUE])
}
