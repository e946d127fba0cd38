//! From pattern files to the automaton of a scope: words get numbers, names find their lists and types, and each pattern
//! becomes a small automaton of its own. O(total size of the patterns), before [`freeze`] joins them.

use super::automaton::{Gapped, Grammar, Kind, Mark, Pattern};
use super::freeze::{Purpose, freeze};
use super::list::{choice, told_apart};
use super::positions::{Label, Sketch, Sym};
use super::skip::{Languages, SkipWords};
use super::syntax::{GrammarFile, Sequence, Term, ValueDecl};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place};
use crate::language::{self, Lang};
use crate::slot::{self, Choice, SlotType};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use crate::typo::{Vocabulary, Words};
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
    for phrase in files.iter().flat_map(GrammarFile::phrases) {
        builder.spoken(phrase);
    }
    for list in files.iter().flat_map(|file| &file.lists) {
        told_apart("values", list.values.iter().map(ValueDecl::words), builder.found);
        for was in list.values.iter().flat_map(|value| &value.was) {
            let message = "values of a grammar's list are kept nowhere, and so have no earlier key";
            builder.found.push(Diagnostic::new(Code::DeepIndent, was.place, message));
        }
    }
    for word in files.iter().flat_map(|file| file.skip.iter().chain(&file.keep)) {
        if folded(&word.value).len() > 1 {
            let message = format!("`{}` is more than one word", word.value);
            let diagnostic = Diagnostic::new(Code::BadPattern, word.place, message);
            builder.found.push(diagnostic.hint("`skip` and `keep` take single words, parted by commas"));
        }
    }
    for file in files {
        let language = file.language();
        for intent in &file.intents {
            let number = builder.intent(&intent.name.value);
            for written in &intent.patterns {
                builder.pattern(number, language, intent.priority, written);
            }
        }
    }
    builder.finish(files)
}

struct Builder<'b> {
    grammar: Grammar,
    words: Words,
    intents: FxHashMap<String, u32>,
    kinds: FxHashMap<String, u16>,
    lists: BTreeMap<String, Arc<Choice>>,
    concepts: BTreeMap<String, Vec<String>>,
    types: &'b TypeLookup<'b>,
    found: &'b mut Diagnostics,
}

/// A pattern that is being built.
struct Draft {
    sketch: Sketch,
    slots: Vec<String>,
    gapped: bool,
    place: Place,
}

impl<'b> Builder<'b> {
    fn new(files: &[GrammarFile], types: &'b TypeLookup<'b>, found: &'b mut Diagnostics) -> Self {
        let mut languages: Vec<Lang> = files.iter().map(GrammarFile::language).collect();
        languages.sort_unstable();
        languages.dedup();
        let lists = files.iter().flat_map(|f| &f.lists);
        let lists = lists.map(|list| {
            let name = &list.name.value;
            (name.clone(), Arc::new(choice(name, &list.values)))
        });
        let concepts = files.iter().flat_map(|f| &f.concepts).map(|concept| {
            (concept.name.value.clone(), concept.phrases.iter().map(|p| p.value.clone()).collect())
        });
        found.once("list", files.iter().flat_map(|f| &f.lists).map(|list| &list.name));
        found.once("concept", files.iter().flat_map(|f| &f.concepts).map(|concept| &concept.name));
        Self {
            grammar: Grammar { languages, ..Grammar::default() },
            words: Words::default(),
            intents: FxHashMap::default(),
            kinds: FxHashMap::default(),
            lists: lists.collect(),
            concepts: concepts.collect(),
            types,
            found,
        }
    }

    fn intent(&mut self, name: &str) -> u32 {
        if let Some(known) = self.intents.get(name) {
            return *known;
        }
        let number = u32::try_from(self.intents.len()).expect("intents are counted in thousands");
        self.intents.insert(name.to_owned(), number);
        self.grammar.intents.push(name.to_owned());
        number
    }

    fn pattern(&mut self, intent: u32, language: Lang, priority: i32, written: &Sequence) {
        let mut draft =
            Draft { sketch: Sketch::default(), slots: Vec::new(), gapped: false, place: written.place };
        let start = draft.sketch.state();
        let Some(last) = self.sequence(written, start, &mut draft) else { return };
        let end = draft.sketch.state();
        draft.sketch.silent(last, end);
        if self.grammar.positions.add(draft.sketch) {
            self.grammar.positions.pop();
            let message = "this pattern takes a text of no words";
            let diagnostic = Diagnostic::new(Code::EmptyPattern, written.place, message);
            self.found.push(diagnostic.hint("at least one word or slot must not be optional"));
            return;
        }
        self.grammar.patterns.push(Pattern {
            intent,
            language,
            priority,
            slots: draft.slots.into(),
            place: written.place,
            gapped: draft.gapped,
            plain: false,
            skippable: false,
        });
    }

    /// Adds a sequence from state `from`; the state it ends in.
    fn sequence(&mut self, sequence: &Sequence, from: u32, draft: &mut Draft) -> Option<u32> {
        let mut at = from;
        for term in &sequence.terms {
            at = self.term(term, at, draft)?;
        }
        Some(at)
    }

    fn term(&mut self, term: &Term, from: u32, draft: &mut Draft) -> Option<u32> {
        if draft.sketch.len() > PATTERN_STATES_MAX || self.grammar.kinds.len() >= KINDS_MAX {
            self.found.push(
                Diagnostic::new(Code::TooManyStates, draft.place, "this pattern grows too large")
                    .hint("write it with fewer alternatives, or as several patterns"),
            );
            return None;
        }
        match term {
            Term::Word(word) => {
                self.spoken(word);
                Some(self.phrase(&word.value, from, draft))
            }
            Term::Ending(word, ending) => {
                let ends = [word.value.clone(), format!("{}{}", word.value, ending.value)];
                Some(self.any_phrase(&ends, from, draft))
            }
            Term::Concept(name) => {
                let phrases = self.concepts.get(&name.value).cloned();
                if phrases.is_none() {
                    let known = self.concepts.keys().map(String::as_str);
                    let message = format!("no concept is called `{}`", name.value);
                    let diagnostic = Diagnostic::new(Code::UnknownConcept, name.place, message);
                    let hint = format!(
                        "write `concept {}` and its phrases below it, in a file of this folder",
                        name.value
                    );
                    self.found.push(diagnostic.did_you_mean(&name.value, known).hint(hint));
                }
                Some(self.any_phrase(&phrases?, from, draft))
            }
            Term::Optional(choices) => {
                let to = self.choices(choices, from, draft)?;
                draft.sketch.silent(from, to);
                Some(to)
            }
            Term::Group(choices) => self.choices(choices, from, draft),
            Term::AnyOrder(parts) => self.any_order(parts, from, draft),
            Term::Gap(words) => Some(Self::gap(words.value, from, draft)),
            Term::Slot { name, kind } => self.slot(name, kind.as_ref(), from, draft),
        }
    }

    fn choices(&mut self, choices: &[Sequence], from: u32, draft: &mut Draft) -> Option<u32> {
        let to = draft.sketch.state();
        for choice in choices {
            let last = self.sequence(choice, from, draft)?;
            draft.sketch.silent(last, to);
        }
        Some(to)
    }

    /// Reports words without letters: texts are compared without signs.
    fn spoken(&mut self, phrase: &At<String>) {
        if folded(&phrase.value).is_empty() {
            let message = format!("`{}` has no letters or digits", phrase.value);
            let diagnostic = Diagnostic::new(Code::BadPattern, phrase.place, message);
            self.found.push(diagnostic.hint(
                "texts are compared without signs: leave it out; a gap is three dots, `...`, or `*~3` for at most three words",
            ));
        }
    }

    fn any_phrase(&mut self, phrases: &[String], from: u32, draft: &mut Draft) -> u32 {
        let to = draft.sketch.state();
        for phrase in phrases {
            let last = self.phrase(phrase, from, draft);
            draft.sketch.silent(last, to);
        }
        to
    }

    fn phrase(&mut self, phrase: &str, from: u32, draft: &mut Draft) -> u32 {
        let mut at = from;
        for word in folded(&phrase.replace('\\', "")) {
            let label = Label::Word(self.words.intern(&word));
            let to = draft.sketch.state();
            draft.sketch.step(at, label, to);
            at = to;
        }
        at
    }

    fn any_order(&mut self, parts: &[Sequence], from: u32, draft: &mut Draft) -> Option<u32> {
        if parts.len() > ANY_ORDER_MAX {
            let place = parts[0].place.to(parts[parts.len() - 1].place);
            let message = format!("{} parts in any order; at most {ANY_ORDER_MAX} can be", parts.len());
            self.found.push(Diagnostic::new(Code::BadPattern, place, message).hint("write two patterns"));
            return None;
        }
        let to = draft.sketch.state();
        for order in orders(parts.len()) {
            let mut at = from;
            for part in order {
                at = self.sequence(&parts[part], at, draft)?;
            }
            draft.sketch.silent(at, to);
        }
        Some(to)
    }

    fn slot(
        &mut self,
        name: &At<String>,
        kind: Option<&At<String>>,
        from: u32,
        draft: &mut Draft,
    ) -> Option<u32> {
        let kind = self.kind(kind.unwrap_or(name))?;
        let slot = draft.slots.iter().position(|slot| *slot == name.value).unwrap_or_else(|| {
            draft.slots.push(name.value.clone());
            draft.slots.len() - 1
        });
        let slot = u16::try_from(slot).expect("a line holds few slots");
        let to = draft.sketch.state();
        draft.sketch.step(from, Label::Slot { slot, kind }, to);
        Some(to)
    }

    /// The number of a type: a list of these files, a brand's field or type, or a type of sayso, in this order.
    fn kind(&mut self, name: &At<String>) -> Option<u16> {
        if let Some(known) = self.kinds.get(&name.value) {
            return Some(*known);
        }
        let list = self.lists.get(&name.value).cloned();
        let slot_type = list.map(|list| list as Arc<dyn SlotType>);
        let Some(slot_type) =
            slot_type.or_else(|| (self.types)(&name.value)).or_else(|| slot::by_name(&name.value))
        else {
            let types = slot::ALL.iter().map(super::super::slot::SlotType::name);
            let known = self.lists.keys().map(String::as_str).chain(types);
            let message = format!("no list, field or slot type is called `{}`", name.value);
            let diagnostic = Diagnostic::new(Code::UnknownType, name.place, message);
            self.found.push(diagnostic.did_you_mean(&name.value, known));
            return None;
        };
        let number = u16::try_from(self.grammar.kinds.len()).expect("types are bounded");
        self.grammar.kinds.push(Kind { slot_type });
        self.kinds.insert(name.value.clone(), number);
        Some(number)
    }

    /// Adds a gap from state `from`; the state it ends in.
    fn gap(words: Option<u16>, from: u32, draft: &mut Draft) -> u32 {
        draft.gapped = true;
        let to = draft.sketch.state();
        let mut at = from;
        for _ in 0..words.unwrap_or(0) {
            let next = draft.sketch.state();
            draft.sketch.silent(at, to);
            draft.sketch.step(at, Label::Any, next);
            at = next;
        }
        if words.is_none() {
            let within = draft.sketch.state();
            draft.sketch.silent(at, within);
            draft.sketch.step(within, Label::Any, within);
            at = within;
        }
        draft.sketch.silent(at, to);
        to
    }

    /// All words have numbers, then the automaton is frozen.
    fn finish(self, files: &[GrammarFile]) -> Grammar {
        let Self { mut grammar, mut words, found, .. } = self;
        let choices = grammar.kinds.iter().filter_map(Kind::choice);
        for spelling in choices.flat_map(Choice::values).flat_map(|value| &value.spellings) {
            spelling.split(' ').for_each(|word| _ = words.intern(word));
        }
        let changed = |changes: fn(&GrammarFile) -> &Vec<At<String>>| {
            files.iter().flat_map(changes).flat_map(|phrase| folded(&phrase.value)).collect::<Vec<_>>()
        };
        grammar.skips = SkipWords::new(changed(|file| &file.skip), changed(|file| &file.keep));
        let usual: Vec<&str> = language::all().flat_map(|lang| lang.lexicon().skip).copied().collect();
        usual.iter().copied().chain(grammar.skips.more()).for_each(|word| _ = words.intern(word));
        let mark = |word| {
            let usual = if is_emoji(word) { Languages::ALL } else { Languages::skipping(word) };
            Mark { skip: grammar.skips.languages(word, usual), calls: false }
        };
        grammar.marks = words.iter().map(mark).collect();
        words.shrink();
        grammar.vocabulary = Vocabulary::new(words);
        grammar.positions.shrink();
        grammar.patterns.shrink_to_fit();
        mark_plain(&mut grammar);
        grammar.gapped = index_gapped(&grammar);
        grammar.gapped.by_word.keys().for_each(|sym| grammar.marks[*sym as usize].calls = true);
        grammar.automaton = freeze(&grammar, Purpose::Run, found).unwrap_or_default();
        grammar
    }
}

/// Marks the patterns of words alone, and those with words that may be skipped.
fn mark_plain(grammar: &mut Grammar) {
    for (number, pattern) in (0..).zip(&mut grammar.patterns) {
        let skips = |sym: Sym| grammar.marks[sym as usize].skip != Languages::default();
        let mut labels = grammar.positions.labels(number);
        pattern.skippable = labels.any(|label| matches!(label, Label::Word(sym) if skips(sym)));
        pattern.plain = grammar.positions.labels(number).all(|label| matches!(label, Label::Word(_)));
    }
}

/// Files every pattern with a gap under the word that is hardest to meet by chance: of the words that every text it takes
/// must hold, the one that the fewest patterns name, then the longest; under all its words, where no single one must be
/// there. O(size of those patterns × their words).
fn index_gapped(grammar: &Grammar) -> Gapped {
    let mut gapped = Gapped::default();
    let mut named: FxHashMap<Sym, usize> = FxHashMap::default();
    let mut all: Vec<(u32, Vec<Sym>)> = Vec::new();
    for (number, _) in (0..).zip(&grammar.patterns).filter(|(_, pattern)| pattern.gapped) {
        let word = |label| if let Label::Word(sym) = label { Some(sym) } else { None };
        let mut words: Vec<Sym> = grammar.positions.labels(number).filter_map(word).collect();
        words.sort_unstable();
        words.dedup();
        for sym in &words {
            *named.entry(*sym).or_default() += 1;
        }
        all.push((number, words));
    }
    for (number, words) in all {
        let ends_without = |without: &dyn Fn(Sym) -> bool| {
            grammar.positions.ends(number, |label| !matches!(label, Label::Word(sym) if without(sym)))
        };
        let required = words.iter().copied().filter(|sym| !ends_without(&|other| other == *sym));
        let rarity = |sym: &Sym| (named[sym], std::cmp::Reverse(grammar.words().word(*sym).len()), *sym);
        if let Some(sym) = required.min_by_key(rarity) {
            gapped.by_word.entry(sym).or_default().push(number);
        } else if ends_without(&|_| true) {
            gapped.always.push(number);
        } else {
            for sym in words {
                gapped.by_word.entry(sym).or_default().push(number);
            }
        }
    }
    gapped
}

/// The words of a phrase in folded form.
fn folded(phrase: &str) -> Vec<String> {
    Text::new(phrase).words().map(str::to_owned).collect()
}

/// Whether a folded word is a pictogram: these say nothing, as skip words do, unless a pattern holds them.
fn is_emoji(word: &str) -> bool {
    !word.is_ascii() && Text::new(word).tokens().iter().any(|token| token.kind == TokenKind::Emoji)
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
