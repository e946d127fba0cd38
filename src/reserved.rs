//! Words that belong to the law: alone in a text they are an opt-out, a call for help or an opt-in, whatever any flow
//! or grammar says. They are data with source and date: `data/rules/reserved.toml`.

use crate::sms::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What a reserved word is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reserved {
    /// The person wants no more texts.
    OptOut,
    /// The person asks what this is.
    Help,
    /// The person wants texts again.
    OptIn,
}

impl std::fmt::Display for Reserved {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::OptOut => "an opt-out",
            Self::Help => "a call for help",
            Self::OptIn => "an opt-in",
        })
    }
}

type ByLanguage = BTreeMap<String, Vec<String>>;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    opt_out: ByLanguage,
    everything: ByLanguage,
    help: ByLanguage,
    opt_in: ByLanguage,
    guard: ByLanguage,
}

struct Words {
    meanings: FxHashMap<String, Reserved>,
    everything: FxHashSet<String>,
    guard: FxHashSet<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let lists: Lists = toml::from_str(include_str!("../data/rules/reserved.toml"))
        .expect("the word lists are part of the program and read by its tests");
    let mut meanings = FxHashMap::default();
    // Opt-outs last: a word in two lists is an opt-out.
    let by_meaning =
        [(lists.opt_in, Reserved::OptIn), (lists.help, Reserved::Help), (lists.opt_out, Reserved::OptOut)];
    for (words, meaning) in by_meaning {
        meanings.extend(words.into_values().flatten().map(|word| (word, meaning)));
    }
    let everything = lists.everything.into_values().flatten().collect();
    Words { meanings, everything, guard: lists.guard.into_values().flatten().collect() }
});

/// Letters of the longest word: a longer text is none of them.
const WORD_BYTES_MAX: usize = 32;

/// The word that a whole text is, and what it is, however it is typed: "Stop!", "S T O P", "𝓢𝓽𝓸𝓹", "ЅТОР" in Cyrillic
/// letters. O(text).
#[must_use]
pub fn meaning(text: &Text) -> Option<(String, Reserved)> {
    as_it_stands(text).or_else(|| as_it_stands(&text.latinized()?))
}

fn as_it_stands(text: &Text) -> Option<(String, Reserved)> {
    let bytes: usize = text.words().map(str::len).sum();
    if bytes == 0 || bytes > WORD_BYTES_MAX {
        return None;
    }
    let word = text.joined();
    WORDS.meanings.get(&word).map(|meaning| (word, *meaning))
}

/// All reserved words, in order.
pub fn all() -> impl Iterator<Item = &'static str> {
    let mut words: Vec<_> = WORDS.meanings.keys().map(String::as_str).collect();
    words.sort_unstable();
    words.into_iter()
}

/// What a folded word is when it is a whole text.
#[must_use]
pub fn meaning_of(word: &str) -> Option<Reserved> {
    WORDS.meanings.get(word).copied()
}

/// Whether a folded word is an opt-out that a brand may let end less than everything.
#[must_use]
pub fn may_end_less(word: &str) -> bool {
    meaning_of(word) == Some(Reserved::OptOut) && !WORDS.everything.contains(word)
}

/// Whether a folded word is reserved.
#[must_use]
pub fn is_reserved(word: &str) -> bool {
    WORDS.meanings.contains_key(word)
}

/// Whether a folded word must never be taken for a misspelling of another.
#[must_use]
pub fn is_guarded(word: &str) -> bool {
    WORDS.guard.contains(word) || is_reserved(word)
}
