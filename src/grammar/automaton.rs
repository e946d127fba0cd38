//! The frozen grammar of one scope: its patterns, and the deterministic automaton over words that finds which of them take
//! a text. How it is made is told in [`super::freeze`].

use super::positions::{Label, Positions, Sym};
use super::skip::{Languages, SkipWords};
use crate::diagnostic::Place;
use crate::language::Lang;
use crate::slot::{Choice, Context, SlotType};
use crate::typo::{Vocabulary, Words};
use rustc_hash::FxHashMap;
use std::sync::Arc;

/// A pattern of an intent.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) intent: u32,
    pub(super) language: Lang,
    pub(super) priority: i32,
    /// The names of its slots.
    pub(super) slots: Box<[String]>,
    /// Where it is written.
    pub(super) place: Place,
    /// It has a gap, so it is no part of the automaton: gaps multiply its states (3^k for k floating ones).
    pub(super) gapped: bool,
    /// It has words only: which words of a text it took needs no second look, where none can be skipped.
    pub(super) plain: bool,
    /// Some of its words are skip words.
    pub(super) skippable: bool,
}

/// A type that slots of this grammar use.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) slot_type: Arc<dyn SlotType>,
}

impl Kind {
    /// The list, when it is one: its spellings are spelt out in the automaton.
    pub(super) fn choice(&self) -> Option<&Choice> {
        self.slot_type.as_choice()
    }
}

/// The patterns of one scope, frozen. Shared between threads without locks.
#[derive(Default)]
pub struct Grammar {
    /// The words of patterns, lists and skip words, and their misspellings.
    pub(super) vocabulary: Vocabulary,
    /// What each word is, by its number.
    pub(super) marks: Vec<Mark>,
    pub(super) skips: SkipWords,
    pub(super) languages: Vec<Lang>,
    pub(super) intents: Vec<String>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) positions: Positions,
    pub(super) kinds: Vec<Kind>,
    pub(super) automaton: Automaton,
    pub(super) gapped: Gapped,
}

/// What a word is to a grammar, besides its part in the automaton.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Mark {
    /// The languages in which it says nothing, so that a pattern need not account for it.
    pub(super) skip: Languages,
    /// Some pattern with a gap is tried when a text holds it.
    pub(super) calls: bool,
}

/// Patterns with gaps, by a word that each text they take must hold.
#[derive(Debug, Default)]
pub(super) struct Gapped {
    /// Patterns to try when a text holds this word.
    pub(super) by_word: FxHashMap<Sym, Vec<u32>>,
    /// Patterns that take texts without any word of theirs.
    pub(super) always: Vec<u32>,
}

impl std::fmt::Debug for Grammar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grammar({} intents, {} states)", self.intents.len(), self.states())
    }
}

impl Grammar {
    /// The names of its intents.
    pub fn intents(&self) -> impl Iterator<Item = &str> {
        self.intents.iter().map(String::as_str)
    }

    /// The words of its patterns and lists, and their misspellings.
    #[must_use]
    pub fn vocabulary(&self) -> &Vocabulary {
        &self.vocabulary
    }

    /// The words of its patterns and lists in one language, its skip words among them, and their misspellings. O(its size).
    #[must_use]
    pub fn vocabulary_in(&self, language: Lang) -> Vocabulary {
        let spoken = (0..).zip(&self.patterns).filter(|(_, pattern)| pattern.language == language);
        let mut words: Words = language.lexicon().skip.iter().copied().collect();
        for label in spoken.flat_map(|(number, _)| self.positions.labels(number)) {
            match label {
                Label::Word(sym) => _ = words.intern(self.words().word(sym)),
                Label::Slot { kind, .. } => {
                    let values = self.kinds[usize::from(kind)].choice().into_iter().flat_map(Choice::values);
                    for spelling in values.flat_map(|value| &value.spellings) {
                        spelling.split(' ').for_each(|word| _ = words.intern(word));
                    }
                }
                Label::Any => {}
            }
        }
        Vocabulary::new(words)
    }

    /// What its files change about skip words.
    #[must_use]
    pub fn skips(&self) -> &SkipWords {
        &self.skips
    }

    /// How many states its automaton has.
    #[must_use]
    pub fn states(&self) -> usize {
        self.automaton.len()
    }

    pub(super) fn words(&self) -> &Words {
        self.vocabulary.words()
    }

    /// The context in which samples are checked and proofs are made.
    pub(super) fn context(&self) -> Context<'_> {
        Context::of(&self.languages)
    }

    /// Whether a folded word says nothing here.
    pub(super) fn is_skip_word(&self, word: &str) -> bool {
        self.words().number(word).is_some_and(|sym| self.is_skip(sym))
    }

    /// Whether a word says nothing in the languages of these files.
    pub(super) fn is_skip(&self, sym: Sym) -> bool {
        self.marks[sym as usize].skip.overlap(Languages::of(&self.languages))
    }
}

/// No row of its own.
const NO_ROW: u32 = u32::MAX;
/// No such edge, in a row.
const NO_EDGE: u32 = u32::MAX;
/// Edges up to which they are looked at one by one: they lie in one or two lines of the cache.
const FEW_EDGES: usize = 8;
/// A state has a row, one entry for each word of the grammar, when it has an edge for at least one word in so many; the
/// start always has one.
const ROW_SHARE: usize = 3;

/// A deterministic automaton over words, as flat tables. A step is O(1) at the start and in every state that knows many
/// words, O(log edges) elsewhere.
#[derive(Debug)]
pub(super) struct Automaton {
    /// The states, and one more, where the tables end.
    states: Vec<State>,
    word_edges: Vec<(Sym, u32)>,
    slot_edges: Vec<(u16, u32)>,
    accepts: Vec<u32>,
    rows: Vec<u32>,
    row_length: usize,
}

/// A state: where its part of each table begins; it ends where the next state's begins.
#[derive(Debug, Clone, Copy)]
struct State {
    words: u32,
    slots: u32,
    accepts: u32,
    row: u32,
}

impl Default for Automaton {
    fn default() -> Self {
        let mut empty = Self {
            states: Vec::new(),
            word_edges: Vec::new(),
            slot_edges: Vec::new(),
            accepts: Vec::new(),
            rows: Vec::new(),
            row_length: 0,
        };
        empty.mark_end();
        empty
    }
}

impl Automaton {
    pub(super) fn len(&self) -> usize {
        self.states.len() - 1
    }

    pub(super) fn is_empty(&self) -> bool {
        self.len() == 0
    }

    pub(super) fn edges(&self) -> usize {
        self.word_edges.len() + self.slot_edges.len()
    }

    /// Adds the next state. `words` and `slots` are sorted.
    pub(super) fn push(
        &mut self,
        words: impl Iterator<Item = (Sym, u32)>,
        slots: impl Iterator<Item = (u16, u32)>,
        accepts: impl Iterator<Item = u32>,
    ) {
        self.word_edges.extend(words);
        self.slot_edges.extend(slots);
        self.accepts.extend(accepts);
        self.mark_end();
    }

    fn mark_end(&mut self) {
        let number = |n: usize| u32::try_from(n).expect("edges are bounded with the states");
        self.states.push(State {
            words: number(self.word_edges.len()),
            slots: number(self.slot_edges.len()),
            accepts: number(self.accepts.len()),
            row: NO_ROW,
        });
    }

    /// Gives rows to the states that know many of the grammar's words; no state is added afterwards.
    pub(super) fn finish(&mut self, words: usize) {
        self.row_length = words;
        for state in (0..).take(self.len()) {
            let edges = self.word_edges(state);
            if state > 0 && (edges.len() <= FEW_EDGES || edges.len() * ROW_SHARE < words) {
                continue;
            }
            let mut row = vec![NO_EDGE; words];
            for (sym, to) in edges {
                row[*sym as usize] = *to;
            }
            let number = u32::try_from(self.rows.len() / words).expect("rows are few");
            self.rows.append(&mut row);
            self.states[state as usize].row = number;
        }
        self.states.shrink_to_fit();
        self.word_edges.shrink_to_fit();
        self.slot_edges.shrink_to_fit();
        self.accepts.shrink_to_fit();
        self.rows.shrink_to_fit();
    }

    /// The state after one more word.
    #[inline]
    pub(super) fn after(&self, state: u32, sym: Sym) -> Option<u32> {
        let row = self.states[state as usize].row;
        if row != NO_ROW {
            if sym as usize >= self.row_length {
                return None; // a word that no pattern holds
            }
            let to = self.rows[row as usize * self.row_length + sym as usize];
            return (to != NO_EDGE).then_some(to);
        }
        let edges = self.word_edges(state);
        if edges.len() <= FEW_EDGES {
            return edges.iter().find(|(other, _)| *other == sym).map(|(_, to)| *to);
        }
        let edge = edges.binary_search_by_key(&sym, |(sym, _)| *sym).ok()?;
        Some(edges[edge].1)
    }

    /// A state, and the next one, where its tables end.
    #[inline]
    fn bounds(&self, state: u32) -> (State, State) {
        (self.states[state as usize], self.states[state as usize + 1])
    }

    #[inline]
    pub(super) fn word_edges(&self, state: u32) -> &[(Sym, u32)] {
        let (here, next) = self.bounds(state);
        &self.word_edges[here.words as usize..next.words as usize]
    }

    #[inline]
    pub(super) fn slot_edges(&self, state: u32) -> &[(u16, u32)] {
        let (here, next) = self.bounds(state);
        &self.slot_edges[here.slots as usize..next.slots as usize]
    }

    #[inline]
    pub(super) fn accepts(&self, state: u32) -> &[u32] {
        let (here, next) = self.bounds(state);
        &self.accepts[here.accepts as usize..next.accepts as usize]
    }
}
