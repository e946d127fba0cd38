//! The subset construction (Rabin and Scott, 1959): all patterns of a scope become one deterministic automaton over words.
//!
//! List values are spelt out into words. Slot types that read for themselves (numbers, names …) stay edges of their own,
//! followed at run time where the type finds a value. Skip words are no affair of the automaton: a text may stay in a
//! state over them. Patterns with gaps are left out: gaps multiply the states.
//!
//! Cost: O(edges × log edges) time, 8 bytes for each place of a pattern in each state. Both are bounded by
//! [`STATES_MAX`], [`PLACES_MAX`] and [`MOVES_MAX`].

use super::automaton::{Automaton, Grammar};
use super::positions::{Label, Sym};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::slot::Choice;
use hashbrown::HashTable;
use rustc_hash::{FxHashSet, FxHasher};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// States of one scope's automaton. By the bench `recognize`, two thousand intents of five patterns need some 30,000, and
/// twenty thousand some 300,000.
pub const STATES_MAX: usize = 500_000;
/// Places of patterns in all states together, and edges of all states: what bounds memory while an automaton is made.
const PLACES_MAX: usize = 20_000_000;
/// Moves of places by words and values, over all states: what bounds the time.
const MOVES_MAX: usize = 20_000_000;

/// A place in the union of all patterns: a position (high half), and how far a list spelling has come that leads to it
/// (low half: 0 outside of one, else the number of its place in [`Spellings`]).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Item(u64);

impl Item {
    pub(super) fn at(position: u32) -> Self {
        Self(u64::from(position) << 32)
    }

    fn within(position: u32, place: u32) -> Self {
        Self(u64::from(position) << 32 | u64::from(place))
    }

    /// The position, which is reached only with the last word of a spelling that is begun.
    pub(super) fn position(self) -> u32 {
        u32::try_from(self.0 >> 32).expect("a half")
    }

    /// The place in a spelling that is begun.
    pub(super) fn place(self) -> Option<u32> {
        Some(u32::try_from(self.0 & u64::from(u32::MAX)).expect("a half")).filter(|place| *place > 0)
    }
}

/// Every spelling of every list, as a tree of words: spellings that begin alike share their beginning.
#[derive(Debug, Default)]
pub(super) struct Spellings {
    places: Vec<SpellingPlace>,
    /// The tree of each kind.
    roots: Vec<u32>,
}

/// A place in spellings.
#[derive(Debug, Default)]
struct SpellingPlace {
    next: BTreeMap<Sym, u32>,
    /// Whether a spelling ends here.
    end: bool,
}

impl Spellings {
    pub(super) fn of(grammar: &Grammar) -> Self {
        // Number 0 stands for no place.
        let mut spellings = Self { places: vec![SpellingPlace::default()], roots: Vec::new() };
        for kind in &grammar.kinds {
            let root = spellings.place();
            spellings.roots.push(root);
            for spelling in
                kind.choice().into_iter().flat_map(Choice::values).flat_map(|value| &value.spellings)
            {
                let mut at = root;
                for sym in spelling.split(' ').filter_map(|word| grammar.words().number(word)) {
                    at = spellings.after(at, sym);
                }
                spellings.places[at as usize].end = at != root;
            }
        }
        spellings
    }

    /// The place behind a word, which is added if it is new.
    fn after(&mut self, at: u32, sym: Sym) -> u32 {
        if let Some(known) = self.places[at as usize].next.get(&sym) {
            return *known;
        }
        let fresh = self.place();
        self.places[at as usize].next.insert(sym, fresh);
        fresh
    }

    fn place(&mut self) -> u32 {
        self.places.push(SpellingPlace::default());
        u32::try_from(self.places.len() - 1).expect("files are bounded far below four billion words")
    }

    /// The items after the first words of a list's spellings.
    pub(super) fn first_words(&self, kind: u16, to: u32) -> impl Iterator<Item = (Sym, Item)> {
        self.next_words(self.roots[usize::from(kind)], to)
    }

    /// The items after the next words of the spellings that are begun.
    pub(super) fn next_words(&self, place: u32, to: u32) -> impl Iterator<Item = (Sym, Item)> {
        self.places[place as usize].next.iter().flat_map(move |(sym, next)| {
            let reached = &self.places[*next as usize];
            let done = reached.end.then(|| (*sym, Item::at(to)));
            let more = (!reached.next.is_empty()).then(|| (*sym, Item::within(to, *next)));
            done.into_iter().chain(more)
        })
    }
}

/// What the construction is made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Purpose {
    /// Recognizing.
    Run,
    /// Finding which patterns could take one text. Skip words may be there or not; so those that a pattern consumes are
    /// walked over silently, and two patterns that take one text end in one state.
    Compare,
}

/// Makes the automaton; `None` when it grows too large, which is then reported.
pub(super) fn freeze(grammar: &Grammar, purpose: Purpose, found: &mut Diagnostics) -> Option<Automaton> {
    let spellings = Spellings::of(grammar);
    let mut sets = Sets::default();
    let mut automaton = Automaton::default();
    let patterns = (0..).zip(&grammar.patterns).filter(|(_, pattern)| !pattern.gapped);
    let mut start: Vec<Item> =
        patterns.map(|(number, _)| Item::at(grammar.positions.start(number))).collect();
    let maker = Maker { grammar, spellings: &spellings, purpose };
    maker.close(&mut start);
    sets.number(&start);
    let mut moves = Moves::default();
    let mut items = Vec::new();
    let mut work = 0;
    while automaton.len() < sets.len() {
        items.clear();
        items.extend_from_slice(sets.get(automaton.len()));
        maker.moves(&items, &mut moves);
        work += moves.words.len() + moves.slots.len();
        let words = maker.targets(&mut moves.words, &mut sets);
        let slots = maker.targets(&mut moves.slots, &mut sets);
        automaton.push(words.into_iter(), slots.into_iter(), moves.accepts.drain(..));
        let places = sets.items.len().max(automaton.edges());
        if sets.len() > STATES_MAX || places > PLACES_MAX || work > MOVES_MAX {
            report_overrun(grammar, found);
            return None;
        }
    }
    automaton.finish(grammar.words().len());
    Some(automaton)
}

/// Where the items of one state go.
#[derive(Debug, Default)]
struct Moves {
    words: Vec<(Sym, Item)>,
    slots: Vec<(u16, Item)>,
    accepts: Vec<u32>,
}

struct Maker<'m> {
    grammar: &'m Grammar,
    spellings: &'m Spellings,
    purpose: Purpose,
}

impl Maker<'_> {
    fn moves(&self, items: &[Item], moves: &mut Moves) {
        let positions = &self.grammar.positions;
        for item in items {
            let position = item.position();
            if let Some(place) = item.place() {
                moves.words.extend(self.spellings.next_words(place, position));
                continue;
            }
            if positions.is_end(position) {
                moves.accepts.push(positions.pattern(position));
            }
            for step in positions.steps(position) {
                match step.label {
                    Label::Any => {}
                    Label::Word(sym) => moves.words.push((sym, Item::at(step.to))),
                    Label::Slot { kind, .. } if self.grammar.kinds[usize::from(kind)].choice().is_some() => {
                        moves.words.extend(self.spellings.first_words(kind, step.to));
                    }
                    Label::Slot { kind, .. } => moves.slots.push((kind, Item::at(step.to))),
                }
            }
        }
        moves.accepts.sort_unstable();
        moves.accepts.dedup();
    }

    /// The states that moves lead to, by what they take.
    fn targets<T: Copy + Ord>(&self, moves: &mut Vec<(T, Item)>, sets: &mut Sets) -> Vec<(T, u32)> {
        moves.sort_unstable();
        moves.dedup();
        let mut targets: Vec<(T, u32)> = Vec::new();
        let (mut items, mut last) = (Vec::new(), Vec::new());
        for group in moves.chunk_by(|a, b| a.0 == b.0) {
            items.clear();
            items.extend(group.iter().map(|(_, item)| *item));
            // The values of a list lead to one state.
            if let Some((_, to)) = targets.last().copied().filter(|_| items == last) {
                targets.push((group[0].0, to));
                continue;
            }
            last.clone_from(&items);
            self.close(&mut items);
            targets.push((group[0].0, sets.number(&items)));
        }
        moves.clear();
        targets
    }

    /// Adds what is reached over skip words, where they are walked over silently; sorts.
    fn close(&self, items: &mut Vec<Item>) {
        if self.purpose == Purpose::Run {
            return; // as they come from a sorted list
        }
        let mut seen = FxHashSet::default();
        let mut next = 0;
        while next < items.len() {
            let mut reached: SmallVec<[Item; 8]> = SmallVec::new();
            self.over_skip_words(items[next], &mut reached);
            next += 1;
            if seen.is_empty() && !reached.is_empty() {
                seen.extend(items.iter().copied());
            }
            items.extend(reached.into_iter().filter(|item| seen.insert(*item)));
        }
        items.sort_unstable();
    }

    /// What one item reaches by a skip word that it consumes.
    fn over_skip_words(&self, item: Item, reached: &mut SmallVec<[Item; 8]>) {
        let skipped = |(sym, to): (Sym, Item)| self.grammar.is_skip(sym).then_some(to);
        if let Some(place) = item.place() {
            reached.extend(self.spellings.next_words(place, item.position()).filter_map(skipped));
            return;
        }
        for step in self.grammar.positions.steps(item.position()) {
            match step.label {
                Label::Word(sym) => reached.extend(skipped((sym, Item::at(step.to)))),
                Label::Slot { kind, .. } => {
                    reached.extend(self.spellings.first_words(kind, step.to).filter_map(skipped));
                }
                Label::Any => {}
            }
        }
    }
}

/// Sets of items, each with its number.
#[derive(Debug, Default)]
struct Sets {
    items: Vec<Item>,
    ends: Vec<usize>,
    numbers: HashTable<u32>,
}

impl Sets {
    fn len(&self) -> usize {
        self.ends.len()
    }

    fn get(&self, number: usize) -> &[Item] {
        items_of(&self.items, &self.ends, number)
    }

    fn number(&mut self, set: &[Item]) -> u32 {
        let hash = hash(set);
        if let Some(known) = self.numbers.find(hash, |number| self.get(*number as usize) == set) {
            return *known;
        }
        let number = u32::try_from(self.ends.len()).expect("states are bounded");
        self.items.extend_from_slice(set);
        self.ends.push(self.items.len());
        let (items, ends) = (&self.items, &self.ends);
        self.numbers.insert_unique(hash, number, |other| self::hash(items_of(items, ends, *other as usize)));
        number
    }
}

fn items_of<'i>(items: &'i [Item], ends: &[usize], number: usize) -> &'i [Item] {
    let start = number.checked_sub(1).map_or(0, |before| ends[before]);
    &items[start..ends[number]]
}

fn hash(items: &[Item]) -> u64 {
    let mut state = FxHasher::default();
    for item in items {
        state.write_u64(item.0);
    }
    state.finish()
}

/// Names the patterns with the most positions: they are the ones to take apart.
fn report_overrun(grammar: &Grammar, found: &mut Diagnostics) {
    let mut by_size: Vec<u32> = (0..).take(grammar.patterns.len()).collect();
    by_size.sort_by_key(|pattern| std::cmp::Reverse(grammar.positions.of(*pattern).len()));
    for pattern in by_size.into_iter().take(3) {
        let message = "these grammars need too many states; this pattern is one of the largest".to_owned();
        let place = grammar.patterns[pattern as usize].place;
        let diagnostic = Diagnostic::new(Code::TooManyStates, place, message);
        found.push(diagnostic.hint("write it with fewer alternatives, or as several patterns"));
    }
}
