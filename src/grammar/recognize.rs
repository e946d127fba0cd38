//! Running a text through the frozen automaton.
//!
//! O(tokens × log edges of a state) where no slot type reads for itself; each such slot adds the values it finds.
//! Patterns with gaps are no part of it: those that a word of the text calls are aligned one by one, O(tokens × states)
//! each. Nothing here depends on the number of intents.

use super::align::align;
use super::automaton::{Grammar, Sym};
use crate::language::Lang;
use crate::slot::{Context, Value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::FxHashSet;
use std::cmp::Reverse;
use std::ops::Range;

/// A word that no pattern of this grammar holds.
const UNKNOWN: Sym = Sym::MAX;
/// An emoji that no pattern of this grammar holds: it says nothing, like a skip word.
const EMOJI: Sym = Sym::MAX - 1;
/// (state, token) pairs that are looked at for one text; only slots that can be cut in many ways come near.
const PAIRS_MAX: usize = 4_096;

/// What settles ties between matches, the greater one winning: this is the total order that `why` prints.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rank {
    /// Declared priority.
    pub priority: i32,
    /// Words of the text that the pattern names.
    pub literals: u32,
    /// Narrowness of the slots: a list before another closed type before an open one.
    pub narrow: u32,
    /// Words of the text that stand in gaps of the pattern; fewer win.
    pub gaps: Reverse<u32>,
}

/// A value that a slot holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SlotValue {
    /// The slot's name.
    pub name: String,
    /// The value.
    pub value: Value,
    /// The bytes of the original text it was read from.
    pub span: Range<usize>,
}

/// A pattern that takes a whole text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Match {
    /// The number of the intent in its grammar.
    pub intent: u32,
    /// The number of the pattern in its grammar.
    pub pattern: u32,
    /// The language the pattern is written in.
    pub language: Lang,
    /// How it compares with other matches.
    pub rank: Rank,
    /// Its slots in the order of the text.
    pub slots: Vec<SlotValue>,
}

impl Grammar {
    /// All patterns that take the whole text, best first.
    #[must_use]
    pub fn recognize(&self, text: &Text, context: &Context<'_>) -> Vec<Match> {
        if self.states.is_empty() || text.tokens().is_empty() {
            return Vec::new();
        }
        let syms = self.syms(text);
        // A text of nothing but skip words keeps them: "thanks" can be an intent.
        let skipping = !syms.iter().all(|sym| self.is_skip(*sym));
        let mut accepted = self.run(text, context, &syms, skipping);
        accepted.extend(&self.gapped.always);
        accepted.extend(syms.iter().filter_map(|sym| self.gapped.by_word.get(sym)).flatten());
        accepted.sort_unstable();
        accepted.dedup();
        let mut matches: Vec<Match> = accepted
            .into_iter()
            .filter_map(|pattern| {
                let (rank, slots) = align(self, pattern, text, context, &syms, skipping)?;
                let written = &self.patterns[pattern as usize];
                Some(Match { intent: written.intent, pattern, language: written.language, rank, slots })
            })
            .collect();
        best_first(&mut matches);
        matches
    }

    fn syms(&self, text: &Text) -> Vec<Sym> {
        let sym = |(index, word): (usize, &str)| {
            let unknown = if text.tokens()[index].kind == TokenKind::Emoji { EMOJI } else { UNKNOWN };
            self.words.get(word).copied().unwrap_or(unknown)
        };
        text.words().enumerate().map(sym).collect()
    }

    fn is_skip(&self, sym: Sym) -> bool {
        sym == EMOJI || self.skip.get(sym as usize).copied().unwrap_or(false)
    }

    /// The patterns whose end is reached with the last token.
    fn run(&self, text: &Text, context: &Context<'_>, syms: &[Sym], skipping: bool) -> Vec<u32> {
        let mut accepted = Vec::new();
        let mut open = vec![(0_u32, 0_usize)];
        let mut seen = FxHashSet::default();
        while let Some((mut state, mut at)) = open.pop() {
            while at < syms.len() {
                for &(kind, to) in self.slot_edges(state) {
                    let found = self.kinds[usize::from(kind)].slot_type.find(text, at, context);
                    let fresh = found.into_iter().map(|found| (to, found.end));
                    open.extend(fresh.filter(|pair| seen.len() < PAIRS_MAX && seen.insert(*pair)));
                }
                let edges = self.word_edges(state);
                match edges.binary_search_by_key(&syms[at], |(sym, _)| *sym) {
                    Ok(edge) => state = edges[edge].1,
                    Err(_) if skipping && self.is_skip(syms[at]) => {}
                    Err(_) => break,
                }
                at += 1;
            }
            if at == syms.len() {
                accepted.extend_from_slice(self.accepts(state));
            }
        }
        accepted
    }
}

/// Sorts matches by the total order; what is equal in it stays in the order of the patterns, which `check` has
/// shown to be of one intent.
fn best_first(matches: &mut [Match]) {
    matches.sort_by_key(|m| (std::cmp::Reverse(m.rank), m.pattern));
}
