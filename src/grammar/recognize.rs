//! Running a text through the frozen automaton.
//!
//! One token at a time, with the set of states that the text could be in: one state, where no skip word and no slot could
//! be read in two ways. O(tokens) steps, each O(1) at the start and O(log edges of the state) later; each slot type that
//! reads for itself adds the values it finds. Patterns with gaps are no part of the automaton: those that a word of the
//! text calls are laid along it one by one. Nothing here depends on the number of intents.

use super::align::{Finds, align};
use super::automaton::{Grammar, Pattern};
use super::positions::Sym;
use super::skip::{Languages, SkipWords};
use crate::language::Lang;
use crate::slot::{Context, Value};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::ops::Range;

/// A word that no pattern of this grammar holds.
const UNKNOWN: Sym = Sym::MAX;
/// States that are followed at the same time; only texts made to be read in very many ways come near.
const STATES_AT_ONCE_MAX: usize = 64;
/// Arrivals behind slots that are waited for at the same time.
const ARRIVALS_MAX: usize = 1_024;

/// Tokens of a text of skip words alone in which some are skipped: nobody says more of them and means something.
const SMALL_TALK_MAX: usize = 16;

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

/// A token as one grammar sees it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Seen {
    /// Its number, or [`UNKNOWN`].
    pub(super) sym: Sym,
    /// It may be skipped.
    pub(super) skip: bool,
    /// It calls patterns with gaps.
    calls: bool,
}

/// A text as one grammar sees it.
#[derive(Clone, Copy)]
pub(super) struct View<'v> {
    pub(super) grammar: &'v Grammar,
    pub(super) text: &'v Text,
    pub(super) context: &'v Context<'v>,
    pub(super) seen: &'v [Seen],
    /// Another scope changes which words may be skipped.
    skips_changed: bool,
}

type Numbers = SmallVec<[u32; 8]>;

impl Grammar {
    /// All patterns that take the whole text, best first.
    #[must_use]
    pub fn recognize(&self, text: &Text, context: &Context<'_>) -> Vec<Match> {
        self.recognize_for(text, context, &SkipWords::default())
    }

    /// All patterns that take the whole text, best first, where another scope changes which words say nothing.
    #[must_use]
    pub fn recognize_for(&self, text: &Text, context: &Context<'_>, skips: &SkipWords) -> Vec<Match> {
        if text.tokens().is_empty() {
            return Vec::new();
        }
        let mut seen: SmallVec<[Seen; 32]> = SmallVec::new();
        self.see(text, context, skips, &mut seen);
        let skips_changed = !skips.is_empty();
        if seen.iter().any(|token| !token.skip) {
            return View { grammar: self, text, context, seen: &seen, skips_changed }.matches();
        }
        // A text of nothing but skip words keeps them: "thanks" can be an intent. What no pattern holds stays unsaid.
        let mut kept = seen.clone();
        kept.iter_mut().for_each(|token| token.skip = token.sym == UNKNOWN);
        let matches = View { grammar: self, text, context, seen: &kept, skips_changed }.matches();
        if !matches.is_empty() || seen.len() > SMALL_TALK_MAX {
            return matches;
        }
        // "Hey thanks": where they mean nothing together, some may be skipped, if only one intent is left.
        let matches = View { grammar: self, text, context, seen: &seen, skips_changed: true }.matches();
        let alike = matches.iter().take_while(|m| m.rank == matches[0].rank);
        let one = { alike }.all(|m| m.intent == matches[0].intent);
        if one { matches } else { Vec::new() }
    }

    fn see(&self, text: &Text, context: &Context<'_>, skips: &SkipWords, all: &mut SmallVec<[Seen; 32]>) {
        let languages = Languages::of(context.languages);
        for (token, word) in text.tokens().iter().zip(text.words()) {
            all.push(match self.words().number(word) {
                Some(sym) => {
                    let mark = self.marks[sym as usize];
                    Seen { sym, skip: mark.skip.overlap(languages), calls: mark.calls }
                }
                None => Seen { sym: UNKNOWN, skip: token.kind == TokenKind::Emoji, calls: false },
            });
        }
        if !skips.is_empty() {
            all.iter_mut()
                .zip(text.words())
                .for_each(|(seen, word)| seen.skip = skips.skips(word, seen.skip));
        }
    }
}

impl View<'_> {
    /// All patterns that take the whole text, best first.
    fn matches(&self) -> Vec<Match> {
        let mut finds = Finds::default();
        let mut patterns = self.run(&mut finds);
        self.call_gapped(&mut patterns);
        if patterns.len() > 1 {
            patterns.sort_unstable();
            patterns.dedup();
        }
        let words = self.seen.iter().filter(|token| !token.skip).count();
        let mut matches = Vec::with_capacity(patterns.len());
        matches.extend(patterns.into_iter().filter_map(|pattern| self.matched(pattern, words, &mut finds)));
        best_first(&mut matches);
        matches
    }

    /// The patterns that end with the last token.
    fn run(&self, finds: &mut Finds) -> Numbers {
        let automaton = &self.grammar.automaton;
        if automaton.is_empty() {
            return Numbers::new();
        }
        let mut state = 0;
        // As long as there is one way only, no set of states is kept.
        for (at, token) in self.seen.iter().enumerate() {
            let begins = |(kind, _): &(u16, u32)| !finds.at(self, *kind, at).is_empty();
            if automaton.slot_edges(state).iter().any(begins) {
                return self.run_ways(state, at, finds);
            }
            state = match (automaton.after(state, token.sym), token.skip) {
                (Some(to), false) => to,
                (None, true) => state,
                (Some(_), true) => return self.run_ways(state, at, finds),
                (None, false) => return Numbers::new(),
            };
        }
        Numbers::from_slice(automaton.accepts(state))
    }

    /// The patterns that end with the last token, from a state and a token on, by all ways.
    fn run_ways(&self, state: u32, from: usize, finds: &mut Finds) -> Numbers {
        let automaton = &self.grammar.automaton;
        let mut accepted = Numbers::new();
        let mut now = Numbers::from_slice(&[state]);
        let mut next = Numbers::new();
        // Where slots end that were found on the way: token and state.
        let mut arrivals: BTreeSet<(usize, u32)> = BTreeSet::new();
        for (at, token) in self.seen.iter().enumerate().skip(from) {
            for state in &now {
                for &(kind, to) in automaton.slot_edges(*state) {
                    let ends = finds.at(self, kind, at).iter().map(|found| (found.end, to));
                    arrivals.extend(ends.take(ARRIVALS_MAX.saturating_sub(arrivals.len())));
                }
                if let Some(to) = automaton.after(*state, token.sym) {
                    reach(&mut next, to);
                }
                if token.skip {
                    reach(&mut next, *state);
                }
            }
            now.clear();
            while let Some((_, state)) = arrivals.first().copied().filter(|(end, _)| *end == at + 1) {
                arrivals.pop_first();
                reach(&mut next, state);
            }
            if next.is_empty() && arrivals.is_empty() {
                return accepted;
            }
            std::mem::swap(&mut now, &mut next);
        }
        for state in now {
            accepted.extend_from_slice(automaton.accepts(state));
        }
        accepted
    }

    /// Adds the patterns with gaps that words of the text call.
    fn call_gapped(&self, patterns: &mut Numbers) {
        let gapped = &self.grammar.gapped;
        patterns.extend_from_slice(&gapped.always);
        for token in self.seen.iter().filter(|token| token.calls) {
            patterns.extend_from_slice(gapped.by_word.get(&token.sym).map_or(&[], Vec::as_slice));
        }
    }

    /// How a pattern takes the text, if it does.
    fn matched(&self, number: u32, words: usize, finds: &mut Finds) -> Option<Match> {
        let Pattern { intent, language, plain, skippable, priority, .. } =
            self.grammar.patterns[number as usize];
        // No word that it holds could be skipped: it took every token that is not.
        let all_taken = plain && (words == self.seen.len() || !skippable && !self.skips_changed);
        let (rank, slots) = if all_taken {
            let literals = u32::try_from(words).expect("texts are cut");
            (Rank { priority, literals, narrow: 0, gaps: Reverse(0) }, Vec::new())
        } else {
            align(self, number, finds)?
        };
        Some(Match { intent, pattern: number, language, rank, slots })
    }
}

fn reach(states: &mut Numbers, state: u32) {
    if !states.contains(&state) && states.len() < STATES_AT_ONCE_MAX {
        states.push(state);
    }
}

/// Sorts matches by the total order; what is equal in it stays in the order of the patterns, which `check` has
/// shown to be of one intent.
fn best_first(matches: &mut [Match]) {
    if matches.len() > 1 {
        matches.sort_unstable_by_key(|m| (Reverse(m.rank), m.pattern));
    }
}
