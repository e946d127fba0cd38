//! From pattern files to the automaton of a scope: words get numbers, names find their lists and types, and each pattern
//! becomes a small automaton of its own. O(total size of the patterns), before [`freeze`] joins them.

use super::automaton::{Gapped, Grammar, Kind, Label, Nfa, Pattern, Sym, freeze};
use super::syntax::{GrammarFile, Sequence, Term};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::language::{self, Lang};
use crate::slot::{self, Choice, ChoiceValue, SlotType};
use crate::sms::Text;
use crate::typo::Vocabulary;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Places of one pattern: orders within orders multiply, and a line that needs more is several patterns.
const PATTERN_STATES_MAX: usize = 2_000;
/// Types that one scope uses.
const KINDS_MAX: usize = 10_000;
/// Parts of one `(a ; b)`: their orders multiply.
const ANY_ORDER_MAX: usize = 5;

/// Finds a slot type by the name that a pattern gives: a brand's field or a type of its own.
pub type TypeLookup<'l> = dyn Fn(&str) -> Option<Arc<dyn SlotType>> + 'l;

/// Compiles the files of one scope; mistakes go to `found`.
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
            gapped: Gapped::default(),
            vocabulary: Vocabulary::default(),
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
            gapped: false,
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
        if pattern.nfa.edges.len() > PATTERN_STATES_MAX || self.grammar.kinds.len() >= KINDS_MAX {
            self.found.push(
                Diagnostic::new(Code::TooManyStates, pattern.written.place, "this pattern grows too large")
                    .hint("write it with fewer alternatives, or as several patterns"),
            );
            return None;
        }
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
            Term::Gap(words) => Some(gap(words.value, from, pattern)),
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
        grammar.gapped = index_gapped(&grammar);
        grammar.vocabulary = Vocabulary::new(grammar.words.keys().map(|word| &**word));
        grammar
    }
}

/// Files every pattern with a gap under the word that is hardest to meet by chance: the longest that every text it takes
/// must hold; under all its words, where no single one must. O(words + size of those patterns).
fn index_gapped(grammar: &Grammar) -> Gapped {
    let mut names: Vec<&str> = vec![""; grammar.skip.len()];
    for (word, sym) in &grammar.words {
        names[*sym as usize] = word;
    }
    let mut gapped = Gapped::default();
    for (number, pattern) in grammar.patterns.iter().enumerate().filter(|(_, pattern)| pattern.gapped) {
        let number = u32::try_from(number).expect("patterns are few");
        let words = pattern.nfa.words();
        let required = words.iter().filter(|sym| !pattern.nfa.ends_without(|other| other == **sym));
        if let Some(sym) = required.max_by_key(|sym| (names[**sym as usize].len(), **sym)) {
            gapped.by_word.entry(*sym).or_default().push(number);
        } else if pattern.nfa.ends_without(|_| true) {
            gapped.always.push(number);
        } else {
            for sym in words {
                gapped.by_word.entry(sym).or_default().push(number);
            }
        }
    }
    gapped
}

/// Adds a gap from state `from`; the state it ends in.
fn gap(words: Option<u16>, from: u32, pattern: &mut Pattern) -> u32 {
    pattern.gapped = true;
    let to = pattern.nfa.state();
    let mut at = from;
    for _ in 0..words.unwrap_or(0) {
        let next = pattern.nfa.state();
        pattern.nfa.silent[at as usize].push(to);
        pattern.nfa.edges[at as usize].push((Label::Any, next));
        at = next;
    }
    if words.is_none() {
        let within = pattern.nfa.state();
        pattern.nfa.silent[at as usize].push(within);
        pattern.nfa.edges[within as usize].push((Label::Any, within));
        at = within;
    }
    pattern.nfa.silent[at as usize].push(to);
    to
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
