//! Walking an automaton breadth first: for every state in which a pattern ends, the shortest text that leads there.

use crate::grammar::automaton::{Grammar, Sym};
use std::collections::VecDeque;

/// What an edge takes.
#[derive(Debug, Clone, Copy)]
enum Taken {
    Word(Sym),
    Slot(u16),
}

/// The words of a grammar by their numbers.
pub(super) fn names(grammar: &Grammar) -> Vec<&str> {
    let mut names: Vec<&str> = vec![""; grammar.skip.len()];
    for (word, sym) in &grammar.words {
        names[*sym as usize] = word;
    }
    names
}

/// Every state in which some pattern ends, with the shortest text that leads there; a slot whose type gives no example
/// is not walked. O(states + edges).
pub(super) fn shortest_texts(grammar: &Grammar) -> Vec<(u32, String)> {
    if grammar.states.is_empty() {
        return Vec::new();
    }
    let names = names(grammar);
    let examples: Vec<Option<String>> = grammar.kinds.iter().map(|kind| kind.slot_type.example()).collect();
    let mut from: Vec<Option<(u32, Taken)>> = vec![None; grammar.states.len()];
    let mut queue = VecDeque::from([0_u32]);
    let mut texts = Vec::new();
    while let Some(state) = queue.pop_front() {
        if !grammar.accepts(state).is_empty() {
            texts.push((state, spelt(state, &from, &names, &examples)));
        }
        let words = grammar.word_edges(state).iter().map(|(sym, to)| (Taken::Word(*sym), *to));
        let slots = grammar.slot_edges(state).iter().map(|(kind, to)| (Taken::Slot(*kind), *to));
        let slots =
            slots.filter(|(taken, _)| matches!(taken, Taken::Slot(k) if examples[usize::from(*k)].is_some()));
        for (taken, to) in words.chain(slots) {
            if to != 0 && from[to as usize].is_none() {
                from[to as usize] = Some((state, taken));
                queue.push_back(to);
            }
        }
    }
    texts
}

fn spelt(
    mut state: u32,
    from: &[Option<(u32, Taken)>],
    names: &[&str],
    examples: &[Option<String>],
) -> String {
    let mut text = Vec::new();
    while let Some((before, taken)) = from[state as usize] {
        text.push(match taken {
            Taken::Word(sym) => names[sym as usize],
            Taken::Slot(kind) => examples[usize::from(kind)].as_deref().unwrap_or_default(),
        });
        state = before;
    }
    text.reverse();
    text.join(" ")
}
