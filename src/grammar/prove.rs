//! What can be shown about grammars before anybody texts.
//!
//! Samples hold; no two intents take a text alike; every intent wins somewhere; every pattern can be met; no reserved word
//! means anything else. The automaton is walked with its words, and with an example of each slot type; so the proofs are
//! exact for words and lists, hold for the examples of types that read for themselves, and do not cover gaps.

mod pair;
mod ties;
mod walk;

pub use ties::{Comparable, common_text, prove_together};

use super::automaton::Grammar;
use super::positions::Label;
use super::syntax::{GrammarFile, Sequence, Term, ValueDecl};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::reserved;
use crate::sms::Text;
use std::collections::{BTreeMap, BTreeSet};
use walk::{Example, examples};

/// Proves one scope; what does not hold goes to `found`. What comparing it with another scope needs is given back.
pub fn prove(grammar: &Grammar, files: &[GrammarFile], found: &mut Diagnostics) -> Comparable {
    for intent in files.iter().flat_map(|file| &file.intents) {
        for sample in &intent.samples {
            sample_holds(grammar, &intent.name.value, sample, true, found);
        }
        for sample in &intent.counter_samples {
            sample_holds(grammar, &intent.name.value, sample, false, found);
        }
    }
    let examples = examples(grammar);
    shadowed(grammar, files, &examples, found);
    dead_patterns(grammar, found);
    idle_options(grammar, files, found);
    reserved_words(grammar, files, found);
    uncovered(grammar, found);
    ties::ties(grammar, examples, found)
}

fn sample_holds(grammar: &Grammar, intent: &str, sample: &At<String>, must: bool, found: &mut Diagnostics) {
    let best = grammar.recognize(&Text::new(&sample.value), &grammar.context()).into_iter().next();
    let meant = best.map(|m| grammar.intents[m.intent as usize].clone());
    if (meant.as_deref() == Some(intent)) == must {
        return;
    }
    let diagnostic = match (must, meant) {
        (true, Some(other)) => {
            Diagnostic::new(Code::SampleFails, sample.place, format!("this means `{other}`, not `{intent}`"))
                .hint("make one of the two patterns narrower, or give its intent a `priority`")
        }
        (true, None) => {
            Diagnostic::new(Code::SampleFails, sample.place, format!("no pattern of `{intent}` takes this"))
                .hint("a pattern must account for every word that is not a skip word")
        }
        (false, _) => Diagnostic::new(Code::SampleFails, sample.place, format!("this does mean `{intent}`"))
            .hint("make the pattern that takes it narrower"),
    };
    found.push(diagnostic);
}

/// Intents that win nowhere: wherever one of their patterns ends, another intent is before it.
fn shadowed(grammar: &Grammar, files: &[GrammarFile], examples: &[Example], found: &mut Diagnostics) {
    let mut wins: BTreeSet<u32> = BTreeSet::new();
    let mut loses: BTreeMap<u32, (u32, &str)> = BTreeMap::new();
    let samples = files.iter().flat_map(|file| &file.intents).flat_map(|intent| &intent.samples);
    let samples: Vec<Example> = samples
        .map(|sample| Example {
            matches: grammar.recognize(&Text::new(&sample.value), &grammar.context()),
            text: sample.value.clone(),
        })
        .collect();
    for example in examples.iter().chain(&samples) {
        let Some((best, rest)) = example.matches.split_first() else { continue };
        // Ties are reported as such: nobody loses by them.
        let (tied, lost) = rest.split_at(rest.iter().take_while(|m| m.rank == best.rank).count());
        wins.extend(tied.iter().map(|m| m.intent).chain([best.intent]));
        for m in lost {
            loses.entry(m.intent).or_insert((best.intent, &example.text));
        }
    }
    // A pattern with a gap takes texts that no walk has tried.
    wins.extend(grammar.patterns.iter().filter(|pattern| pattern.gapped).map(|pattern| pattern.intent));
    for (loser, (winner, text)) in loses.into_iter().filter(|(loser, _)| !wins.contains(loser)) {
        let [lost, won] = [loser, winner].map(|intent| &grammar.intents[intent as usize]);
        let named = files.iter().flat_map(|file| &file.intents).find(|intent| intent.name.value == *lost);
        let Some(named) = named else { continue };
        if by_example(grammar, loser) {
            let message = format!("`{won}` is before `{lost}` in every text that was tried, as `{text}`");
            let diagnostic = Diagnostic::new(Code::PerhapsShadowed, named.name.place, message);
            found
                .push(diagnostic.hint("a sample (`> …`) that only this intent takes shows that it is meant"));
            continue;
        }
        let message = format!("`{lost}` is never meant: `{won}` takes all its texts, as `{text}`");
        let diagnostic = Diagnostic::new(Code::Shadowed, named.name.place, message);
        found.push(diagnostic.hint("take one of the two away, or give it a `priority`"));
    }
}

/// Whether an intent has a slot that reads for itself: of such a type only an example is tried.
fn by_example(grammar: &Grammar, intent: u32) -> bool {
    let own = (0..).zip(&grammar.patterns).filter(|(_, pattern)| pattern.intent == intent);
    let mut labels = own.flat_map(|(number, _)| grammar.positions.labels(number));
    labels.any(|label| {
        matches!(label, Label::Slot { kind, .. } if grammar.kinds[usize::from(kind)].choice().is_none())
    })
}

/// Patterns that no text can meet: they hold a list without values, or signs alone.
fn dead_patterns(grammar: &Grammar, found: &mut Diagnostics) {
    let is_empty = |kind: u16| {
        grammar.kinds[usize::from(kind)].choice().is_some_and(|choice| choice.values().is_empty())
    };
    for (number, pattern) in (0..).zip(&grammar.patterns) {
        if !grammar
            .positions
            .ends(number, |label| !matches!(label, Label::Slot { kind, .. } if is_empty(kind)))
        {
            let diagnostic =
                Diagnostic::new(Code::DeadPattern, pattern.place, "no text can meet this pattern");
            found.push(diagnostic.hint("a list in it has no values"));
        }
    }
}

/// Optional parts of skip words alone: the pattern takes the same texts without them.
fn idle_options(grammar: &Grammar, files: &[GrammarFile], found: &mut Diagnostics) {
    for pattern in files.iter().flat_map(|file| &file.intents).flat_map(|intent| &intent.patterns) {
        idle_options_in(grammar, pattern, found);
    }
}

fn idle_options_in(grammar: &Grammar, sequence: &Sequence, found: &mut Diagnostics) {
    let says_nothing = |sequence: &Sequence| {
        sequence.terms.iter().all(|term| {
            let Term::Word(word) = term else { return false };
            Text::new(&word.value).words().all(|word| grammar.is_skip_word(word))
        })
    };
    for term in &sequence.terms {
        let (choices, optional) = match term {
            Term::Optional(choices) => (choices, true),
            Term::Group(choices) | Term::AnyOrder(choices) => (choices, false),
            Term::Word(_) | Term::Ending(..) | Term::Slot { .. } | Term::Concept(_) | Term::Gap(_) => {
                continue;
            }
        };
        if optional && sequence.terms.len() > 1 && choices.iter().all(says_nothing) {
            let place = choices[0].place.to(choices[choices.len() - 1].place);
            let message = "this option takes no other text: its words may stand anywhere as it is";
            let hint = "take it away, unless it is there to win over another intent";
            found.push(Diagnostic::new(Code::IdleOption, place, message).hint(hint));
        } else {
            for choice in choices {
                idle_options_in(grammar, choice, found);
            }
        }
    }
}

/// Texts that are heard before any grammar and so can never mean what a pattern or a list says.
fn reserved_words(grammar: &Grammar, files: &[GrammarFile], found: &mut Diagnostics) {
    for word in reserved::all() {
        for m in grammar.recognize(&Text::new(word), &grammar.context()) {
            let pattern = &grammar.patterns[m.pattern as usize];
            let open = m.slots.iter().any(|slot| matches!(slot.value, crate::slot::Value::Text(_)));
            if pattern.gapped || open {
                continue; // it takes other texts too
            }
            let intent = &grammar.intents[m.intent as usize];
            let message = format!("`{word}` alone can never mean `{intent}`: it belongs to the law");
            found.push(Diagnostic::new(Code::ReservedWord, pattern.place, message).hint(RESERVED_HINT));
        }
    }
    let values = files.iter().flat_map(|file| &file.lists).flat_map(|list| &list.values);
    for word in values.flat_map(ValueDecl::words) {
        reserved_spelling(word, found);
    }
}

/// What can be done about a reserved word.
const RESERVED_HINT: &str =
    "use another word; `sayso explain G110` lists those that are heard before any flow";

/// Reports a spelling of a list value that is heard before any flow.
pub fn reserved_spelling(spelling: &At<String>, found: &mut Diagnostics) {
    if let Some((word, meaning)) = reserved::meaning(&Text::new(&spelling.value)) {
        let message = format!("`{word}` cannot be an answer: alone in a text it is {meaning}");
        found.push(Diagnostic::new(Code::ReservedWord, spelling.place, message).hint(RESERVED_HINT));
    }
}

/// Says where the proofs stop: at gaps, and at types of which no example is known.
fn uncovered(grammar: &Grammar, found: &mut Diagnostics) {
    let mut gapped = grammar.patterns.iter().filter(|pattern| pattern.gapped);
    if let Some(first) = gapped.next() {
        let message = match gapped.count() {
            0 => "this pattern has a gap: the proof of ties does not cover it".to_owned(),
            1 => "this pattern and another have gaps: the proof of ties does not cover them".to_owned(),
            more => {
                format!("this pattern and {more} others have gaps: the proof of ties does not cover them")
            }
        };
        let diagnostic = Diagnostic::new(Code::Uncovered, first.place, message);
        found.push(diagnostic.hint("samples (`>` and `!`) are checked for them as for all others"));
    }
    for (number, kind) in (0..).zip(&grammar.kinds) {
        if kind.choice().is_some() || kind.slot_type.example().is_some() {
            continue;
        }
        let holds = |label| matches!(label, Label::Slot { kind, .. } if kind == number);
        let mut patterns = (0..).zip(&grammar.patterns);
        let Some((_, first)) = patterns.find(|(pattern, _)| grammar.positions.labels(*pattern).any(holds))
        else {
            continue;
        };
        let message = format!("the proof of ties stops at `{}`: it has no example", kind.slot_type.name());
        let diagnostic = Diagnostic::new(Code::Uncovered, first.place, message);
        found.push(diagnostic.hint("a type of your own has one when a sample (`> …`) stands below it"));
    }
}
