//! From patterns to one frozen automaton per scope.
//!
//! Each pattern becomes a small nondeterministic automaton ([`Nfa`]); all of them together are made deterministic
//! over word symbols, by subsets. List values are spelt out into words. Slot types that read for themselves (numbers,
//! names …) stay edges of their own, followed at run time where the type finds a value.
//!
//! Building: O(total pattern size) for the NFA; the subset construction is bounded by [`STATES_MAX`] states.

use super::syntax::{GrammarFile, Sequence, Term};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::language::{self, Lang};
use crate::slot::{self, Choice, ChoiceValue, SlotType};
use crate::sms::Text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// States of one scope's automaton. Two thousand intents of five patterns need about 40,000.
pub const STATES_MAX: usize = 250_000;
/// Parts of one `(a ; b)`: their orders multiply.
const ANY_ORDER_MAX: usize = 5;

/// A word's number in one grammar.
pub(super) type Sym = u32;

/// What an edge of a pattern takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Label {
    /// This word.
    Word(Sym),
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
    fn state(&mut self) -> u32 {
        self.edges.push(Vec::new());
        self.silent.push(Vec::new());
        u32::try_from(self.edges.len() - 1).expect("patterns are short")
    }

    pub(super) fn end(&self) -> u32 {
        u32::try_from(self.edges.len() - 1).expect("patterns are short")
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

    /// How many states its automaton has.
    #[must_use]
    pub fn states(&self) -> usize {
        self.states.len()
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

/// Finds a slot type by the name that a pattern gives: a brand's field or a type of its own.
pub type TypeLookup<'l> = dyn Fn(&str) -> Option<Arc<dyn SlotType>> + 'l;

/// Compiles the files of one scope. `replaced` are shared intents that are left out here; mistakes go to `found`.
///
/// A pattern with a mistake is left out; the rest works.
#[must_use]
pub fn compile(files: &[GrammarFile], types: &TypeLookup<'_>, found: &mut Diagnostics) -> Grammar {
    let mut builder = Builder::new(files, types, found);
    for file in files {
        let language = file.language.as_ref().map_or(Lang::EN, |lang| lang.value);
        for intent in &file.intents {
            let number = builder.intent(&intent.name.value);
            for written in &intent.patterns {
                builder.pattern(number, language, intent.priority, written);
            }
        }
    }
    let mut grammar = builder.finish();
    freeze(&mut grammar, found);
    grammar
}

struct Builder<'b> {
    grammar: Grammar,
    lists: BTreeMap<String, Arc<Choice>>,
    concepts: BTreeMap<String, Vec<String>>,
    types: &'b TypeLookup<'b>,
    found: &'b mut Diagnostics,
}

impl<'b> Builder<'b> {
    fn new(files: &[GrammarFile], types: &'b TypeLookup<'b>, found: &'b mut Diagnostics) -> Self {
        let mut languages: Vec<Lang> =
            files.iter().map(|f| f.language.as_ref().map_or(Lang::EN, |lang| lang.value)).collect();
        languages.sort_unstable();
        languages.dedup();
        let grammar = Grammar {
            words: FxHashMap::default(),
            skip: Vec::new(),
            languages,
            intents: Vec::new(),
            patterns: Vec::new(),
            kinds: Vec::new(),
            states: Vec::new(),
            word_edges: Vec::new(),
            slot_edges: Vec::new(),
            accepts: Vec::new(),
        };
        let lists = files.iter().flat_map(|f| &f.lists).map(|list| {
            let values = list.values.iter().map(|value| ChoiceValue {
                key: value.key.value.clone(),
                spellings: std::iter::once(&value.key)
                    .chain(&value.spellings)
                    .map(|s| folded(&s.value).join(" "))
                    .filter(|s| !s.is_empty())
                    .collect(),
            });
            (list.name.value.clone(), Arc::new(Choice::new(&list.name.value, values.collect())))
        });
        let concepts = files.iter().flat_map(|f| &f.concepts).map(|concept| {
            (concept.name.value.clone(), concept.phrases.iter().map(|p| p.value.clone()).collect())
        });
        let mut builder =
            Self { grammar, lists: lists.collect(), concepts: concepts.collect(), types, found };
        for word in language::all().flat_map(|lang| lang.lexicon().skip) {
            let sym = builder.word(word);
            builder.grammar.skip[sym as usize] = true;
        }
        builder
    }

    fn intent(&mut self, name: &str) -> u32 {
        let known = self.grammar.intents.iter().position(|intent| intent == name);
        let number = known.unwrap_or_else(|| {
            self.grammar.intents.push(name.to_owned());
            self.grammar.intents.len() - 1
        });
        u32::try_from(number).expect("intents are counted in thousands")
    }

    fn word(&mut self, word: &str) -> Sym {
        if let Some(sym) = self.grammar.words.get(word) {
            return *sym;
        }
        let sym = u32::try_from(self.grammar.skip.len()).expect("words are counted in millions");
        self.grammar.words.insert(word.into(), sym);
        self.grammar.skip.push(false);
        sym
    }

    fn pattern(&mut self, intent: u32, language: Lang, priority: i32, written: &Sequence) {
        let mut pattern = Pattern {
            intent,
            language,
            priority,
            slots: Vec::new(),
            nfa: Nfa::default(),
            written: written.clone(),
        };
        let start = pattern.nfa.state();
        if let Some(last) = self.sequence(written, start, &mut pattern) {
            let end = pattern.nfa.state();
            pattern.nfa.silent[last as usize].push(end);
            let mut reached = vec![start];
            pattern.nfa.closure(&mut reached);
            if reached.contains(&end) {
                self.found.push(
                    Diagnostic::new(
                        Code::EmptyPattern,
                        written.place,
                        "this pattern takes a text of no words",
                    )
                    .hint("at least one word or slot must not be optional"),
                );
                return;
            }
            self.grammar.patterns.push(pattern);
        }
    }

    /// Adds a sequence from state `from`; the state it ends in.
    fn sequence(&mut self, sequence: &Sequence, from: u32, pattern: &mut Pattern) -> Option<u32> {
        let mut at = from;
        for term in &sequence.terms {
            at = self.term(term, at, pattern)?;
        }
        Some(at)
    }

    fn term(&mut self, term: &Term, from: u32, pattern: &mut Pattern) -> Option<u32> {
        match term {
            Term::Word(word) => Some(self.phrase(&word.value, from, pattern)),
            Term::Ending(word, ending) => {
                let ends = [word.value.clone(), format!("{}{}", word.value, ending.value)];
                Some(self.any_phrase(&ends, from, pattern))
            }
            Term::Concept(name) => {
                let phrases = self.concepts.get(&name.value).cloned();
                if phrases.is_none() {
                    let known = self.concepts.keys().map(String::as_str);
                    let message = format!("no concept is called `{}`", name.value);
                    let diagnostic = Diagnostic::new(Code::UnknownConcept, name.place, message);
                    self.found.push(diagnostic.did_you_mean(&name.value, known));
                }
                Some(self.any_phrase(&phrases?, from, pattern))
            }
            Term::Optional(choices) => {
                let to = self.choices(choices, from, pattern)?;
                pattern.nfa.silent[from as usize].push(to);
                Some(to)
            }
            Term::Group(choices) => self.choices(choices, from, pattern),
            Term::AnyOrder(parts) => self.any_order(parts, from, pattern),
            Term::Slot { name, kind } => self.slot(name, kind.as_ref(), from, pattern),
        }
    }

    fn choices(&mut self, choices: &[Sequence], from: u32, pattern: &mut Pattern) -> Option<u32> {
        let to = pattern.nfa.state();
        for choice in choices {
            let last = self.sequence(choice, from, pattern)?;
            pattern.nfa.silent[last as usize].push(to);
        }
        Some(to)
    }

    fn any_phrase(&mut self, phrases: &[String], from: u32, pattern: &mut Pattern) -> u32 {
        let to = pattern.nfa.state();
        for phrase in phrases {
            let last = self.phrase(phrase, from, pattern);
            pattern.nfa.silent[last as usize].push(to);
        }
        to
    }

    fn phrase(&mut self, phrase: &str, from: u32, pattern: &mut Pattern) -> u32 {
        let mut at = from;
        for word in folded(&phrase.replace('\\', "")) {
            let label = Label::Word(self.word(&word));
            let to = pattern.nfa.state();
            pattern.nfa.edges[at as usize].push((label, to));
            at = to;
        }
        at
    }

    fn any_order(&mut self, parts: &[Sequence], from: u32, pattern: &mut Pattern) -> Option<u32> {
        if parts.len() > ANY_ORDER_MAX {
            let place = parts[0].place.to(parts[parts.len() - 1].place);
            let message = format!("{} parts in any order; at most {ANY_ORDER_MAX} can be", parts.len());
            self.found.push(Diagnostic::new(Code::BadPattern, place, message).hint("write two patterns"));
            return None;
        }
        let to = pattern.nfa.state();
        for order in orders(parts.len()) {
            let mut at = from;
            for part in order {
                at = self.sequence(&parts[part], at, pattern)?;
            }
            pattern.nfa.silent[at as usize].push(to);
        }
        Some(to)
    }

    fn slot(
        &mut self,
        name: &At<String>,
        kind: Option<&At<String>>,
        from: u32,
        pattern: &mut Pattern,
    ) -> Option<u32> {
        let kind = self.kind(kind.unwrap_or(name))?;
        let slot = pattern.slots.iter().position(|slot| *slot == name.value).unwrap_or_else(|| {
            pattern.slots.push(name.value.clone());
            pattern.slots.len() - 1
        });
        let slot = u16::try_from(slot).expect("a line holds few slots");
        let to = pattern.nfa.state();
        pattern.nfa.edges[from as usize].push((Label::Slot { slot, kind }, to));
        Some(to)
    }

    /// The number of a type: a list of these files, a brand's field, or a type of sayso, in this order.
    fn kind(&mut self, name: &At<String>) -> Option<u16> {
        let number = |at: usize| u16::try_from(at).expect("types are few");
        if let Some(known) = self.grammar.kinds.iter().position(|k| k.slot_type.name() == name.value) {
            return Some(number(known));
        }
        let choice = self.lists.get(&name.value).cloned();
        let slot_type = choice.clone().map(|list| list as Arc<dyn SlotType>);
        let Some(slot_type) =
            slot_type.or_else(|| (self.types)(&name.value)).or_else(|| slot::by_name(&name.value))
        else {
            let known = self
                .lists
                .keys()
                .map(String::as_str)
                .chain(slot::ALL.iter().map(super::super::slot::SlotType::name));
            let message = format!("no list, field or slot type is called `{}`", name.value);
            let diagnostic = Diagnostic::new(Code::UnknownType, name.place, message);
            self.found.push(diagnostic.did_you_mean(&name.value, known));
            return None;
        };
        self.grammar.kinds.push(Kind { slot_type, choice });
        Some(number(self.grammar.kinds.len() - 1))
    }

    fn finish(self) -> Grammar {
        let Self { mut grammar, .. } = self;
        // Words of list spellings get numbers before the automaton is frozen.
        let spellings: Vec<String> = grammar
            .kinds
            .iter()
            .filter_map(|kind| kind.choice.as_ref())
            .flat_map(|choice| choice.values().iter().flat_map(|value| value.spellings.clone()))
            .collect();
        for word in spellings.iter().flat_map(|spelling| spelling.split(' ')) {
            if !grammar.words.contains_key(word) {
                let sym = u32::try_from(grammar.skip.len()).expect("words are counted in millions");
                grammar.words.insert(word.into(), sym);
                grammar.skip.push(false);
            }
        }
        grammar
    }
}

/// The words of a phrase in folded form.
fn folded(phrase: &str) -> Vec<String> {
    Text::new(phrase).words().map(str::to_owned).collect()
}

/// All orders of `n` things.
fn orders(n: usize) -> Vec<Vec<usize>> {
    if n == 0 {
        return vec![Vec::new()];
    }
    let mut all = Vec::new();
    for shorter in orders(n - 1) {
        for at in 0..=shorter.len() {
            let mut order = shorter.clone();
            order.insert(at, n - 1);
            all.push(order);
        }
    }
    all
}

/// A place in the union of all patterns: pattern, its state, and inside which list value it is (its number in
/// `Spellings`, words taken), if inside one.
type Item = (u32, u32, Option<(u32, u16)>);

/// Every spelling of every list, as word numbers.
struct Spellings {
    all: Vec<Vec<Sym>>,
    by_kind: Vec<std::ops::Range<usize>>,
}

impl Spellings {
    fn of(grammar: &Grammar) -> Self {
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
fn freeze(grammar: &mut Grammar, found: &mut Diagnostics) {
    let spellings = Spellings::of(grammar);
    let mut numbers: FxHashMap<Vec<Item>, u32> = FxHashMap::default();
    let mut queue: Vec<Vec<Item>> = Vec::new();
    let start = (0..grammar.patterns.len()).map(|p| (u32::try_from(p).expect("patterns are few"), 0, None));
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
fn closed(grammar: &Grammar, items: Vec<Item>) -> Vec<Item> {
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
