//! Walking an automaton breadth first: for every state in which a pattern ends, the shortest text that leads there.

use crate::grammar::automaton::Grammar;
use crate::grammar::positions::Sym;
use crate::grammar::recognize::Match;
use crate::sms::Text;
use std::collections::VecDeque;

/// A text that some pattern takes, and all that it means, best first.
pub(super) struct Example {
    pub(super) text: String,
    pub(super) matches: Vec<Match>,
}

/// What an edge takes.
#[derive(Debug, Clone, Copy)]
enum Taken {
    Word(Sym),
    Slot(u16),
}

/// The shortest text to every state in which some pattern ends; a slot whose type gives no example is not walked.
/// O(states + edges), and one reading for each such state.
pub(super) fn examples(grammar: &Grammar) -> Vec<Example> {
    let automaton = &grammar.automaton;
    if automaton.is_empty() {
        return Vec::new();
    }
    let samples: Vec<Option<String>> = grammar.kinds.iter().map(|kind| kind.slot_type.example()).collect();
    let mut from: Vec<Option<(u32, Taken)>> = vec![None; automaton.len()];
    let mut queue = VecDeque::from([0_u32]);
    let mut examples = Vec::new();
    let context = grammar.context();
    while let Some(state) = queue.pop_front() {
        if !automaton.accepts(state).is_empty() {
            let text = spelt(grammar, state, &from, &samples);
            let matches = grammar.recognize(&Text::new(&text), &context);
            examples.push(Example { text, matches });
        }
        let words = automaton.word_edges(state).iter().map(|(sym, to)| (Taken::Word(*sym), *to));
        let slots = automaton.slot_edges(state).iter().map(|(kind, to)| (Taken::Slot(*kind), *to));
        let slots =
            slots.filter(|(taken, _)| matches!(taken, Taken::Slot(k) if samples[usize::from(*k)].is_some()));
        for (taken, to) in words.chain(slots) {
            if to != 0 && from[to as usize].is_none() {
                from[to as usize] = Some((state, taken));
                queue.push_back(to);
            }
        }
    }
    examples
}

fn spelt(
    grammar: &Grammar,
    mut state: u32,
    from: &[Option<(u32, Taken)>],
    samples: &[Option<String>],
) -> String {
    let mut text = Vec::new();
    while let Some((before, taken)) = from[state as usize] {
        text.push(match taken {
            Taken::Word(sym) => grammar.words().word(sym),
            Taken::Slot(kind) => samples[usize::from(kind)].as_deref().unwrap_or_default(),
        });
        state = before;
    }
    text.reverse();
    text.join(" ")
}
