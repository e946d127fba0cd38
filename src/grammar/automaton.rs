//! The frozen automaton of one scope, and its making.
//!
//! All patterns' small automata ([`Nfa`]) together are made deterministic over word symbols, by subsets. List values are
//! spelt out into words. Slot types that read for themselves (numbers, names …) stay edges of their own, followed at
//! run time where the type finds a value. The construction is bounded by [`STATES_MAX`] states.

use super::syntax::Sequence;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::language::Lang;
use crate::slot::{Choice, Context, SlotType};
use crate::typo::Vocabulary;
use rustc_hash::FxHashMap;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// States of one scope's automaton. Two thousand intents of five patterns need about 40,000.
pub const STATES_MAX: usize = 250_000;

/// A word's number in one grammar.
pub(super) type Sym = u32;

/// What an edge of a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Label {
    /// This word.
    Word(Sym),
    /// Any one word: part of a gap.
    Any,
    /// A value of that slot (number in [`Pattern::slots`]), whose type has that number in [`Grammar::types`].
    Slot { slot: u16, kind: u16 },
}

/// A pattern's automaton: states are numbers from 0, the start, to the last, the end.
#[derive(Debug, Clone, Default)]
pub(super) struct Nfa {
    pub(super) edges: Vec<Vec<(Label, u32)>>,
    pub(super) silent: Vec<Vec<u32>>,
}

impl Nfa {
    pub(super) fn state(&mut self) -> u32 {
        self.edges.push(Vec::new());
        self.silent.push(Vec::new());
        u32::try_from(self.edges.len() - 1).expect("patterns are short")
    }

    pub(super) fn end(&self) -> u32 {
        u32::try_from(self.edges.len() - 1).expect("patterns are short")
    }

    /// The words on its edges, each once.
    pub(super) fn words(&self) -> BTreeSet<Sym> {
        let word = |(label, _): &(Label, u32)| if let Label::Word(sym) = label { Some(*sym) } else { None };
        self.edges.iter().flatten().filter_map(word).collect()
    }

    /// Whether the end can be reached without any of these words.
    pub(super) fn ends_without(&self, without: impl Fn(Sym) -> bool) -> bool {
        self.ends(|label| !matches!(label, Label::Word(sym) if without(sym)))
    }

    /// Whether the end can be reached with slots of these types alone.
    pub(super) fn ends_with_slots(&self, with: impl Fn(u16) -> bool) -> bool {
        self.ends(|label| !matches!(label, Label::Slot { kind, .. } if !with(kind)))
    }

    /// Whether the end can be reached by edges of these labels.
    fn ends(&self, passable: impl Fn(Label) -> bool) -> bool {
        let mut reached = vec![0];
        let mut next = 0;
        while next < reached.len() {
            let state = reached[next] as usize;
            let open = self.edges[state].iter().filter(|(label, _)| passable(*label));
            for to in self.silent[state].iter().copied().chain(open.map(|(_, to)| *to)) {
                if !reached.contains(&to) {
                    reached.push(to);
                }
            }
            next += 1;
        }
        reached.contains(&self.end())
    }

    /// `states` and all that is reached from them without a word; sorted.
    pub(super) fn closure(&self, states: &mut Vec<u32>) {
        let mut next = 0;
        while next < states.len() {
            for target in &self.silent[states[next] as usize] {
                if !states.contains(target) {
                    states.push(*target);
                }
            }
            next += 1;
        }
        states.sort_unstable();
    }
}

/// A pattern of an intent.
#[derive(Debug)]
pub(super) struct Pattern {
    pub(super) intent: u32,
    pub(super) language: Lang,
    pub(super) priority: i32,
    pub(super) slots: Vec<String>,
    pub(super) nfa: Nfa,
    pub(super) written: Sequence,
    /// It has a gap, so it is no part of the automaton: gaps multiply its states (3^k for k floating ones).
    pub(super) gapped: bool,
}

/// A type that slots of this grammar use.
#[derive(Clone)]
pub(super) struct Kind {
    pub(super) slot_type: Arc<dyn SlotType>,
    /// The list, when it is one: its spellings are spelt out in the automaton.
    pub(super) choice: Option<Arc<Choice>>,
}

/// The patterns of one scope, frozen. Shared between threads without locks.
pub struct Grammar {
    pub(super) words: FxHashMap<Box<str>, Sym>,
    pub(super) skip: Vec<bool>,
    pub(super) languages: Vec<Lang>,
    pub(super) intents: Vec<String>,
    pub(super) patterns: Vec<Pattern>,
    pub(super) kinds: Vec<Kind>,
    pub(super) states: Vec<State>,
    pub(super) word_edges: Vec<(Sym, u32)>,
    pub(super) slot_edges: Vec<(u16, u32)>,
    pub(super) accepts: Vec<u32>,
    pub(super) gapped: Gapped,
    pub(super) vocabulary: Vocabulary,
}

/// Patterns with gaps, by a word that each text they take must hold.
#[derive(Debug, Default)]
pub(super) struct Gapped {
    /// Patterns to try when a text holds this word.
    pub(super) by_word: FxHashMap<Sym, Vec<u32>>,
    /// Patterns that take texts without any word of theirs.
    pub(super) always: Vec<u32>,
}

/// A state of the frozen automaton: ranges into the grammar's edge tables, each sorted.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) words: (u32, u32),
    pub(super) slots: (u32, u32),
    pub(super) accepts: (u32, u32),
}

impl std::fmt::Debug for Grammar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grammar({} intents, {} states)", self.intents.len(), self.states.len())
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

    /// How many states its automaton has.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.len()
    }

    /// The context in which samples are checked and proofs are made.
    pub(super) fn context(&self) -> Context<'_> {
        Context::of(&self.languages)
    }

    /// Whether a folded word says nothing here.
    pub(super) fn is_skip_word(&self, word: &str) -> bool {
        self.words.get(word).is_some_and(|sym| self.skip[*sym as usize])
    }

    /// The state after one more word: by an edge, or the same one for a word that says nothing.
    pub(super) fn after_word(&self, state: u32, word: &str) -> Option<u32> {
        let sym = self.words.get(word)?;
        let edges = self.word_edges(state);
        match edges.binary_search_by_key(sym, |(sym, _)| *sym) {
            Ok(edge) => Some(edges[edge].1),
            Err(_) => self.skip[*sym as usize].then_some(state),
        }
    }

    pub(super) fn word_edges(&self, state: u32) -> &[(Sym, u32)] {
        let (start, end) = self.states[state as usize].words;
        &self.word_edges[start as usize..end as usize]
    }

    pub(super) fn slot_edges(&self, state: u32) -> &[(u16, u32)] {
        let (start, end) = self.states[state as usize].slots;
        &self.slot_edges[start as usize..end as usize]
    }

    pub(super) fn accepts(&self, state: u32) -> &[u32] {
        let (start, end) = self.states[state as usize].accepts;
        &self.accepts[start as usize..end as usize]
    }
}

/// A place in the union of all patterns: pattern, its state, and inside which list value it is (its number in
/// `Spellings`, words taken), if inside one.
pub(super) type Item = (u32, u32, Option<(u32, u16)>);

/// Every spelling of every list, as word numbers.
pub(super) struct Spellings {
    pub(super) all: Vec<Vec<Sym>>,
    pub(super) by_kind: Vec<std::ops::Range<usize>>,
}

impl Spellings {
    pub(super) fn of(grammar: &Grammar) -> Self {
        let mut spellings = Self { all: Vec::new(), by_kind: Vec::new() };
        for kind in &grammar.kinds {
            let start = spellings.all.len();
            for value in kind.choice.iter().flat_map(|choice| choice.values()) {
                for spelling in &value.spellings {
                    let syms = spelling.split(' ').filter_map(|word| grammar.words.get(word).copied());
                    spellings.all.push(syms.collect());
                }
            }
            spellings.by_kind.push(start..spellings.all.len());
        }
        spellings
    }
}

/// The subset construction.
pub(super) fn freeze(grammar: &mut Grammar, found: &mut Diagnostics) {
    let spellings = Spellings::of(grammar);
    let mut numbers: FxHashMap<Vec<Item>, u32> = FxHashMap::default();
    let mut queue: Vec<Vec<Item>> = Vec::new();
    let patterns = grammar.patterns.iter().enumerate().filter(|(_, pattern)| !pattern.gapped);
    let start = patterns.map(|(number, _)| (u32::try_from(number).expect("patterns are few"), 0, None));
    let start = closed(grammar, start.collect());
    numbers.insert(start.clone(), 0);
    queue.push(start);
    let mut next = 0;
    while next < queue.len() {
        let items = queue[next].clone();
        let mut number_of = |items: Vec<Item>| {
            let fresh = u32::try_from(numbers.len()).expect("states are bounded");
            *numbers.entry(items).or_insert_with_key(|items| {
                queue.push(items.clone());
                fresh
            })
        };
        let state = freeze_state(grammar, &spellings, &items, &mut number_of);
        grammar.states.push(state);
        next += 1;
        if queue.len() > STATES_MAX {
            report_overrun(grammar, found);
            break;
        }
    }
    // After an overrun some states have no edges of their own: they are given empty ones, so that nothing dangles.
    let empty = State { words: (0, 0), slots: (0, 0), accepts: (0, 0) };
    grammar.states.resize(queue.len(), empty);
}

fn freeze_state(
    grammar: &mut Grammar,
    spellings: &Spellings,
    items: &[Item],
    number_of: &mut impl FnMut(Vec<Item>) -> u32,
) -> State {
    let (words, slots, accepts) = moves(grammar, spellings, items);
    let mark = |len: usize| u32::try_from(len).expect("edges are bounded with the states");
    let starts =
        (mark(grammar.word_edges.len()), mark(grammar.slot_edges.len()), mark(grammar.accepts.len()));
    for (sym, mut targets) in words {
        if grammar.skip[sym as usize] {
            // Skipping is tried only where a pattern does not consume: those items stay where they are.
            targets.extend(items.iter().filter(|item| !takes(grammar, spellings, **item, sym)));
        }
        let to = number_of(closed(grammar, targets));
        grammar.word_edges.push((sym, to));
    }
    for (kind, targets) in slots {
        let to = number_of(closed(grammar, targets));
        grammar.slot_edges.push((kind, to));
    }
    grammar.accepts.extend(accepts);
    State {
        words: (starts.0, mark(grammar.word_edges.len())),
        slots: (starts.1, mark(grammar.slot_edges.len())),
        accepts: (starts.2, mark(grammar.accepts.len())),
    }
}

type Moves = (BTreeMap<Sym, Vec<Item>>, BTreeMap<u16, Vec<Item>>, Vec<u32>);

/// Where the items of a state go by word and by slot, and which patterns end there.
fn moves(grammar: &Grammar, spellings: &Spellings, items: &[Item]) -> Moves {
    let (mut words, mut slots, mut accepts) = Moves::default();
    for &(pattern, state, inside) in items {
        let nfa = &grammar.patterns[pattern as usize].nfa;
        if let Some((spelling, taken)) = inside {
            let syms = &spellings.all[spelling as usize];
            let done = usize::from(taken) + 1 == syms.len();
            let to = (pattern, state, (!done).then_some((spelling, taken + 1)));
            words.entry(syms[usize::from(taken)]).or_default().push(to);
            continue;
        }
        if state == nfa.end() {
            accepts.push(pattern);
        }
        for &(label, to) in &nfa.edges[state as usize] {
            match label {
                Label::Any => {}
                Label::Word(sym) => words.entry(sym).or_default().push((pattern, to, None)),
                Label::Slot { kind, .. } if grammar.kinds[usize::from(kind)].choice.is_some() => {
                    for spelling in spellings.by_kind[usize::from(kind)].clone() {
                        let syms = &spellings.all[spelling];
                        let Some(first) = syms.first() else { continue };
                        let number = u32::try_from(spelling).expect("spellings are few");
                        let inside = (syms.len() > 1).then_some((number, 1));
                        words.entry(*first).or_default().push((pattern, to, inside));
                    }
                }
                Label::Slot { kind, .. } => slots.entry(kind).or_default().push((pattern, to, None)),
            }
        }
    }
    accepts.sort_unstable();
    accepts.dedup();
    (words, slots, accepts)
}

/// Whether an item itself consumes a word.
fn takes(grammar: &Grammar, spellings: &Spellings, item: Item, sym: Sym) -> bool {
    let (words, _, _) = moves(grammar, spellings, &[item]);
    words.contains_key(&sym)
}

/// Items with all that is reached silently; sorted, each once.
pub(super) fn closed(grammar: &Grammar, items: Vec<Item>) -> Vec<Item> {
    let mut all = Vec::with_capacity(items.len() * 2);
    for (pattern, state, inside) in items {
        if inside.is_some() {
            all.push((pattern, state, inside));
            continue;
        }
        let mut states = vec![state];
        grammar.patterns[pattern as usize].nfa.closure(&mut states);
        all.extend(states.into_iter().map(|state| (pattern, state, None)));
    }
    all.sort_unstable();
    all.dedup();
    all
}

/// Names the patterns with the most states: they are the ones to take apart.
fn report_overrun(grammar: &Grammar, found: &mut Diagnostics) {
    let mut by_size: Vec<&Pattern> = grammar.patterns.iter().collect();
    by_size.sort_by_key(|pattern| std::cmp::Reverse(pattern.nfa.edges.len()));
    for pattern in by_size.into_iter().take(3) {
        let message =
            format!("these grammars need more than {STATES_MAX} states; this pattern is one of the largest");
        let diagnostic = Diagnostic::new(Code::TooManyStates, pattern.written.place, message);
        found.push(diagnostic.hint("write it with fewer alternatives, or as several patterns"));
    }
}
