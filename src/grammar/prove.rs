//! What can be shown about a grammar before anybody texts: its samples hold, and where two intents can tie.
//!
//! Ties are looked for on the automaton's word edges: for every state in which patterns of two intents end, the
//! shortest text that leads there is aligned with both. Slot types that read for themselves are not walked.

use super::automaton::{Grammar, Sym};
use super::syntax::GrammarFile;
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::sms::Text;
use std::collections::VecDeque;

/// Checks samples and ties of one scope; mistakes go to `found`.
pub fn prove(grammar: &Grammar, files: &[GrammarFile], found: &mut Diagnostics) {
    for intent in files.iter().flat_map(|file| &file.intents) {
        for sample in &intent.samples {
            sample_holds(grammar, &intent.name.value, sample, true, found);
        }
        for sample in &intent.counter_samples {
            sample_holds(grammar, &intent.name.value, sample, false, found);
        }
    }
    ties(grammar, found);
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

/// Two intents that a text cannot tell apart, each pair once, with the shortest text that shows it.
fn ties(grammar: &Grammar, found: &mut Diagnostics) {
    let mut told = Vec::new();
    for (state, witness) in shortest_texts(grammar) {
        let ending = grammar.accepts(state);
        if ending
            .iter()
            .all(|p| grammar.patterns[*p as usize].intent == grammar.patterns[ending[0] as usize].intent)
        {
            continue;
        }
        let matches = grammar.recognize(&Text::new(&witness), &grammar.context());
        let Some((best, rest)) = matches.split_first() else { continue };
        let Some(other) = rest.iter().find(|m| m.rank == best.rank && m.intent != best.intent) else {
            continue;
        };
        let pair = (best.intent.min(other.intent), best.intent.max(other.intent));
        if told.contains(&pair) {
            continue;
        }
        told.push(pair);
        let [a, b] = [best, other].map(|m| &grammar.intents[m.intent as usize]);
        let [here, there] = [best, other].map(|m| grammar.patterns[m.pattern as usize].written.place);
        found.push(
            Diagnostic::new(Code::Tie, there, format!("`{witness}` means `{a}` and `{b}` alike"))
                .label("and this one")
                .related(here, "this pattern takes it")
                .hint("make one of them narrower, or give its intent a `priority`"),
        );
    }
}

/// Every state in which some pattern ends, with the shortest text of words that leads there.
fn shortest_texts(grammar: &Grammar) -> Vec<(u32, String)> {
    let mut words: Vec<&str> = vec![""; grammar.words.len()];
    for (word, sym) in &grammar.words {
        words[*sym as usize] = word;
    }
    let mut from: Vec<Option<(u32, Sym)>> = vec![None; grammar.states.len()];
    let mut queue = VecDeque::from([0_u32]);
    let mut texts = Vec::new();
    while let Some(state) = queue.pop_front() {
        if !grammar.accepts(state).is_empty() {
            texts.push((state, spelt(state, &from, &words)));
        }
        for &(sym, to) in grammar.word_edges(state) {
            if to != 0 && from[to as usize].is_none() {
                from[to as usize] = Some((state, sym));
                queue.push_back(to);
            }
        }
    }
    texts
}

fn spelt(mut state: u32, from: &[Option<(u32, Sym)>], words: &[&str]) -> String {
    let mut text = Vec::new();
    while let Some((before, sym)) = from[state as usize] {
        text.push(words[sym as usize]);
        state = before;
    }
    text.reverse();
    text.join(" ")
}
