//! Two patterns side by side: the shortest texts that both take and that score alike.
//!
//! A walk over pairs of items, one of each pattern, with how far the first is ahead in words and in slots. Exact for words,
//! lists and skip words; two slots of the same type are walked together with the type's example.

use crate::grammar::align::narrowness;
use crate::grammar::automaton::Grammar;
use crate::grammar::freeze::{Item, Spellings};
use crate::grammar::positions::{Label, Sym};
use crate::typo::Words;
use rustc_hash::FxHashMap;
use std::collections::{BTreeSet, VecDeque};

/// Pairs that are looked at for two patterns; a pattern of a hundred places has ten thousand with itself.
const PAIRS_MAX: usize = 20_000;
/// Pairs that are looked at for all patterns of a scope together.
pub(super) const BUDGET: usize = 3_000_000;
/// What reading a text costs of it.
const READING: usize = 200;
/// How far apart two ways may be in words and still be followed.
const WORDS_APART_MAX: i32 = 12;
/// How far apart two ways may be in slots and still be followed: as many of the narrowest.
const SLOTS_APART_MAX: i32 = 12_000;
/// Texts that are tried for two patterns: where some other pattern wins all of these, it is before them everywhere.
const TEXTS_MAX: usize = 20;

/// What a step takes, in the numbers that both sides share.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Taken {
    /// A word.
    Word(u32),
    /// The example of a type.
    Slot(u32),
}

/// Two scopes, or one with itself, with one numbering of their words and types.
pub(super) struct Sides<'g> {
    first: Side<'g>,
    second: Side<'g>,
    /// Words of both, and which of them say nothing.
    words: Words,
    skip: Vec<bool>,
    /// Types of both by name, and their examples.
    types: Words,
    examples: Vec<Option<String>>,
}

/// One scope.
struct Side<'g> {
    grammar: &'g Grammar,
    spellings: Spellings,
    /// The common number of each word and of each type.
    words: Vec<u32>,
    types: Vec<u32>,
}

/// What the search for a text came to.
pub(super) enum Search<T> {
    /// This was found.
    Found(T),
    /// There is none.
    None,
    /// It was given up.
    Stopped,
}

impl<'g> Sides<'g> {
    /// A scope with another one, or with itself. What the first changes about skip words holds for both.
    pub(super) fn of(first: &'g Grammar, second: &'g Grammar) -> Self {
        let (mut words, mut types) = (Words::default(), Words::default());
        let mut side = |grammar: &'g Grammar| Side {
            grammar,
            spellings: Spellings::of(grammar),
            words: grammar.words().iter().map(|word| words.intern(word)).collect(),
            types: grammar.kinds.iter().map(|kind| types.intern(kind.slot_type.name())).collect(),
        };
        let (first, second) = (side(first), side(second));
        let usually = |word: &str| second.grammar.is_skip_word(word) || first.grammar.is_skip_word(word);
        let skip = words.iter().map(|word| first.grammar.skips.skips(word, usually(word))).collect();
        let mut examples = vec![None; types.len()];
        for side in [&first, &second] {
            for (kind, number) in side.grammar.kinds.iter().zip(&side.types) {
                examples[*number as usize] = kind.slot_type.example();
            }
        }
        Self { first, second, words, skip, types, examples }
    }

    /// The number in the second scope of a word of the first.
    pub(super) fn in_second(&self, sym: Sym) -> Option<Sym> {
        self.second.grammar.words().number(self.first.grammar.words().word(sym))
    }

    /// The shortest text for which `accept` gives something, among those that a pattern of the first scope and one of the
    /// second take with equal scores. What it looks at is taken from `budget`.
    pub(super) fn search<T>(
        &self,
        (a, b): (u32, u32),
        budget: &mut usize,
        mut accept: impl FnMut(String) -> Option<T>,
    ) -> Search<T> {
        let start = |side: &Side<'_>, pattern| Item::at(side.grammar.positions.start(pattern));
        let start = Pair { first: start(&self.first, a), second: start(&self.second, b), words: 0, slots: 0 };
        let mut from: FxHashMap<Pair, Option<(Pair, Taken)>> = FxHashMap::default();
        let mut queue = VecDeque::from([start]);
        from.insert(start, None);
        let (mut tried, mut far_apart) = (0, false);
        while let Some(pair) = queue.pop_front() {
            if pair.words == 0
                && pair.slots == 0
                && self.first.ends(pair.first)
                && self.second.ends(pair.second)
            {
                if let Some(found) = accept(self.spelt(pair, &from)) {
                    return Search::Found(found);
                }
                tried += 1;
                *budget = budget.saturating_sub(READING);
            }
            let next = self.together(pair);
            *budget = budget.saturating_sub(1 + next.len());
            for (taken, next) in next {
                let apart = next.words.abs() > WORDS_APART_MAX || next.slots.abs() > SLOTS_APART_MAX;
                far_apart |= apart;
                if !apart && !from.contains_key(&next) {
                    from.insert(next, Some((pair, taken)));
                    queue.push_back(next);
                }
            }
            if from.len() > PAIRS_MAX || tried >= TEXTS_MAX || *budget == 0 {
                return Search::Stopped;
            }
        }
        if far_apart { Search::Stopped } else { Search::None }
    }

    /// Where two items can go by one word or one value: each by consuming it, or one of them by skipping it.
    fn together(&self, pair: Pair) -> Vec<(Taken, Pair)> {
        let (mut firsts, mut seconds) = (self.first.steps(pair.first), self.second.steps(pair.second));
        let taken: BTreeSet<Taken> = firsts.iter().chain(&seconds).map(|step| step.taken).collect();
        for taken in taken.into_iter().filter(|taken| self.is_skip(*taken)) {
            firsts.push(Step { taken, to: pair.first, words: 0, slots: 0 });
            seconds.push(Step { taken, to: pair.second, words: 0, slots: 0 });
        }
        seconds.sort_by_key(|step| step.taken);
        let mut pairs = Vec::new();
        for a in &firsts {
            let start = seconds.partition_point(|b| b.taken < a.taken);
            for b in seconds[start..].iter().take_while(|b| b.taken == a.taken) {
                let (words, slots) = (pair.words + a.words - b.words, pair.slots + a.slots - b.slots);
                pairs.push((a.taken, Pair { first: a.to, second: b.to, words, slots }));
                if pairs.len() > PAIRS_MAX {
                    return pairs; // so many that the search stops
                }
            }
        }
        pairs
    }

    fn is_skip(&self, taken: Taken) -> bool {
        matches!(taken, Taken::Word(word) if self.skip[word as usize])
    }

    /// The text that led to a pair.
    fn spelt(&self, mut pair: Pair, from: &FxHashMap<Pair, Option<(Pair, Taken)>>) -> String {
        let mut text = Vec::new();
        while let Some(Some((before, taken))) = from.get(&pair) {
            text.push(self.show(*taken));
            pair = *before;
        }
        text.reverse();
        text.join(" ")
    }

    fn show(&self, taken: Taken) -> &str {
        match taken {
            Taken::Word(word) => self.words.word(word),
            Taken::Slot(kind) => {
                self.examples[kind as usize].as_deref().unwrap_or_else(|| self.types.word(kind))
            }
        }
    }
}

/// Two ways side by side: where each stands, and how far the first is ahead in words and in slots.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
struct Pair {
    first: Item,
    second: Item,
    words: i32,
    slots: i32,
}

/// A step of one item, and what it adds to the score.
#[derive(Debug, Clone, Copy)]
struct Step {
    taken: Taken,
    to: Item,
    words: i32,
    slots: i32,
}

impl Side<'_> {
    fn ends(&self, item: Item) -> bool {
        item.place().is_none() && self.grammar.positions.is_end(item.position())
    }

    fn steps(&self, item: Item) -> Vec<Step> {
        let word = |sym: Sym| Taken::Word(self.words[sym as usize]);
        if let Some(place) = item.place() {
            let next = self.spellings.next_words(place, item.position());
            return next.map(|(sym, to)| Step { taken: word(sym), to, words: 0, slots: 0 }).collect();
        }
        let mut steps = Vec::new();
        for step in self.grammar.positions.steps(item.position()) {
            match step.label {
                Label::Word(sym) => {
                    steps.push(Step { taken: word(sym), to: Item::at(step.to), words: 1, slots: 0 });
                }
                Label::Slot { kind, .. } => {
                    let known = &self.grammar.kinds[usize::from(kind)];
                    let slots = i32::try_from(narrowness(known)).unwrap_or(i32::MAX);
                    if known.choice().is_none() {
                        let taken = Taken::Slot(self.types[usize::from(kind)]);
                        steps.push(Step { taken, to: Item::at(step.to), words: 0, slots });
                    }
                    let first = self.spellings.first_words(kind, step.to);
                    steps.extend(first.map(|(sym, to)| Step { taken: word(sym), to, words: 0, slots }));
                }
                Label::Any => {}
            }
        }
        steps
    }
}
