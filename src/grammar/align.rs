//! Laying one pattern along a text: which words it took as they stand, and what its slots hold.
//!
//! A walk over (token, state) pairs that keeps the best way to each: O(tokens × states of the pattern), and only for
//! patterns that the automaton has already found to take the text.

use super::automaton::{Grammar, Kind, Label, Sym};
use super::recognize::{Rank, SlotValue};
use crate::slot::{Context, Value, WIDTH_MAX};
use crate::sms::Text;
use std::cmp::Reverse;

/// How well a partial way explains the text so far: words as they stand, then narrow slots, then few words in gaps.
type Score = (u32, u32, Reverse<u32>);

/// The best way to a (token, state) pair.
#[derive(Debug, Clone)]
struct Way {
    score: Score,
    from: Option<(usize, u32)>,
    took: Option<(u16, std::ops::Range<usize>, Value)>,
}

/// The best alignment of a pattern with a whole text, or `None` if there is none.
pub(super) fn align(
    grammar: &Grammar,
    pattern: u32,
    text: &Text,
    context: &Context<'_>,
    syms: &[Sym],
    skipping: bool,
) -> Option<(Rank, Vec<SlotValue>)> {
    let written = &grammar.patterns[pattern as usize];
    let states = written.nfa.edges.len();
    let mut table = Table { ways: vec![None; (syms.len() + 1) * states], states };
    table.offer((0, 0), Way { score: Score::default(), from: None, took: None });
    for at in 0..=syms.len() {
        let mut open: Vec<u32> =
            (0..).take(states).filter(|state| table.way((at, *state)).is_some()).collect();
        while let Some(state) = open.pop() {
            let score = table.way((at, state)).map_or_else(Score::default, |way| way.score);
            for target in &written.nfa.silent[state as usize] {
                if table.offer((at, *target), Way { score, from: Some((at, state)), took: None }) {
                    open.push(*target);
                }
            }
            if at < syms.len() {
                step(grammar, pattern, text, context, syms, skipping, (at, state), score, &mut table);
            }
        }
    }
    let end = (syms.len(), written.nfa.end());
    let score = table.way(end)?.score;
    let rank = Rank { priority: written.priority, literals: score.0, narrow: score.1, gaps: score.2 };
    Some((rank, slots(&written.slots, text, end, &table)))
}

struct Table {
    ways: Vec<Option<Way>>,
    states: usize,
}

impl Table {
    fn way(&self, (at, state): (usize, u32)) -> Option<&Way> {
        self.ways[at * self.states + state as usize].as_ref()
    }

    /// Keeps a way if it is better than the known one; whether it was.
    fn offer(&mut self, (at, state): (usize, u32), way: Way) -> bool {
        let known = &mut self.ways[at * self.states + state as usize];
        let better = known.as_ref().is_none_or(|known| way.score > known.score);
        if better {
            *known = Some(way);
        }
        better
    }
}

#[expect(
    clippy::too_many_arguments,
    reason = "one step of one walk; a struct for it would only rename the walk"
)]
fn step(
    grammar: &Grammar,
    pattern: u32,
    text: &Text,
    context: &Context<'_>,
    syms: &[Sym],
    skipping: bool,
    (at, state): (usize, u32),
    (literals, narrow, gaps): Score,
    table: &mut Table,
) {
    let from = Some((at, state));
    let mut consumed = false;
    for &(label, to) in &grammar.patterns[pattern as usize].nfa.edges[state as usize] {
        match label {
            Label::Word(sym) if sym == syms[at] => {
                consumed = true;
                table.offer((at + 1, to), Way { score: (literals + 1, narrow, gaps), from, took: None });
            }
            Label::Word(_) => {}
            Label::Any => {
                let score = (literals, narrow, Reverse(gaps.0 + 1));
                table.offer((at + 1, to), Way { score, from, took: None });
            }
            Label::Slot { slot, kind } => {
                let kind = &grammar.kinds[usize::from(kind)];
                let width = narrowness(kind);
                for found in kind.slot_type.find(text, at, context) {
                    let took = Some((slot, at..found.end, found.value));
                    table.offer((found.end, to), Way { score: (literals, narrow + width, gaps), from, took });
                }
            }
        }
    }
    let skip = skipping && grammar.skip.get(syms[at] as usize).copied().unwrap_or(false);
    if skip && !consumed {
        table.offer((at + 1, state), Way { score: (literals, narrow, gaps), from, took: None });
    }
}

/// How narrow a slot is: what it adds to a way's score.
pub(super) fn narrowness(kind: &Kind) -> u32 {
    WIDTH_MAX + 1 - kind.slot_type.width()
}

/// The slots along the best way, in the order of the text.
fn slots(names: &[String], text: &Text, end: (usize, u32), table: &Table) -> Vec<SlotValue> {
    let mut slots = Vec::new();
    let mut at = Some(end);
    while let Some(way) = at.and_then(|here| table.way(here)) {
        if let Some((slot, tokens, value)) = &way.took {
            let span = text.span(tokens.clone());
            slots.push(SlotValue { name: names[usize::from(*slot)].clone(), value: value.clone(), span });
        }
        at = way.from;
    }
    slots.reverse();
    slots
}
