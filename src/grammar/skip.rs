//! Skip words: greetings, politeness, what says nothing. Each language has a list; a scope may change it.

use crate::language::{self, Lang};
use rustc_hash::FxHashSet;

/// Some of the languages that have skip words, as bits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Languages(u8);

impl Languages {
    /// Whatever is spoken.
    pub(super) const ALL: Self = Self(u8::MAX);

    /// These languages; those that have no skip words do not count.
    pub(super) fn of(languages: &[Lang]) -> Self {
        Self::that(|lang| languages.contains(&lang))
    }

    /// The languages of which a word is a skip word.
    pub(super) fn skipping(word: &str) -> Self {
        Self::that(|lang| lang.lexicon().skip.contains(&word))
    }

    fn that(is: impl Fn(Lang) -> bool) -> Self {
        Self((0..).zip(language::all()).filter(|(_, lang)| is(*lang)).fold(0, |bits, (at, _)| bits | 1 << at))
    }

    pub(super) fn overlap(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// What a scope's files change about the skip words of its languages. The changes of a brand hold for its own grammar and
/// for the shared one, when it reads the brand's texts.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct SkipWords {
    /// Words that say nothing here: `skip yo, dude`.
    more: FxHashSet<Box<str>>,
    /// Words that count here: `keep thanks`.
    fewer: FxHashSet<Box<str>>,
}

impl SkipWords {
    /// Changes to the usual lists; a word in both counts.
    pub fn new(more: impl IntoIterator<Item = String>, fewer: impl IntoIterator<Item = String>) -> Self {
        Self {
            more: more.into_iter().map(String::into_boxed_str).collect(),
            fewer: fewer.into_iter().map(String::into_boxed_str).collect(),
        }
    }

    /// Whether nothing is changed.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.more.is_empty() && self.fewer.is_empty()
    }

    /// Whether a word is skipped, if `usually` it is.
    pub(super) fn skips(&self, word: &str, usually: bool) -> bool {
        (usually || self.more.contains(word)) && !self.fewer.contains(word)
    }

    /// The languages in which a word says nothing, if those are `usual`.
    pub(super) fn languages(&self, word: &str, usual: Languages) -> Languages {
        match (self.fewer.contains(word), self.more.contains(word)) {
            (true, _) => Languages::default(),
            (false, true) => Languages::ALL,
            (false, false) => usual,
        }
    }

    pub(super) fn more(&self) -> impl Iterator<Item = &str> {
        self.more.iter().map(|word| &**word)
    }
}
