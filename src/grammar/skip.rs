//! Skip words: greetings, politeness, what says nothing. Each language has a list; a scope may change it.

use rustc_hash::FxHashSet;

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
        let boxed = |words: Vec<String>| words.into_iter().map(String::into_boxed_str).collect();
        Self { more: boxed(more.into_iter().collect()), fewer: boxed(fewer.into_iter().collect()) }
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

    pub(super) fn more(&self) -> impl Iterator<Item = &str> {
        self.more.iter().map(|word| &**word)
    }
}
