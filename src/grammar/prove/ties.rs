//! Ties: texts that two intents take alike, within one scope and between a brand's own grammar and the shared one.

use super::walk::names;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::grammar::align::narrowness;
use crate::grammar::automaton::{Grammar, Item, Label, Spellings, Sym, closed};
use crate::grammar::recognize::Match;
use crate::sms::Text;
use rustc_hash::{FxHashMap, FxHashSet};
use std::collections::{BTreeSet, VecDeque};

/// Pairs of places that are looked at for one pair of patterns; a pattern of a hundred places has ten thousand with
/// itself.
const PAIRS_MAX: usize = 20_000;
/// Pairs of states of the two automata that are looked at together.
const STATES_MAX: usize = 200_000;
/// How far apart two ways may be in words and still meet: no pattern has more.
const WORDS_APART_MAX: i32 = 12;
/// How far apart two ways may be in slots: as many of the narrowest.
const SLOTS_APART_MAX: i32 = 12_000;

/// Reports every pair of intents that some text cannot tell apart, each once.
pub(super) fn ties(grammar: &Grammar, texts: &[(u32, String)], found: &mut Diagnostics) {
    let mut told = BTreeSet::new();
    let mut searched = FxHashSet::default();
    let spellings = Spellings::of(grammar);
    for (state, text) in texts {
        if let Some((a, b)) = tied(grammar, text) {
            report(grammar, text, &a, &b, &mut told, found);
        }
        // Other texts that end in the same state may tie where the shortest does not: they may use other words of it.
        let ending = grammar.accepts(*state);
        for (number, a) in ending.iter().enumerate() {
            for b in &ending[number + 1..] {
                let [p, q] = [*a, *b].map(|pattern| &grammar.patterns[pattern as usize]);
                if p.intent == q.intent || p.priority != q.priority || !searched.insert((*a, *b)) {
                    continue;
                }
                let text = tie_text(grammar, &spellings, *a, *b);
                if let Some((text, (a, b))) =
                    text.and_then(|text| tied(grammar, &text).map(|pair| (text, pair)))
                {
                    report(grammar, &text, &a, &b, &mut told, found);
                }
            }
        }
    }
}

/// The two best readings of a text, if they are of different intents and equal in the order of ties.
fn tied(grammar: &Grammar, text: &str) -> Option<(Match, Match)> {
    let matches = grammar.recognize(&Text::new(text), &grammar.context());
    let (best, rest) = matches.split_first()?;
    let other = rest.iter().find(|m| m.rank == best.rank && m.intent != best.intent)?;
    Some((best.clone(), other.clone()))
}

fn report(
    grammar: &Grammar,
    text: &str,
    a: &Match,
    b: &Match,
    told: &mut BTreeSet<(u32, u32)>,
    found: &mut Diagnostics,
) {
    if !told.insert((a.intent.min(b.intent), a.intent.max(b.intent))) {
        return;
    }
    let [first, second] = [a, b].map(|m| &grammar.intents[m.intent as usize]);
    let [here, there] = [a, b].map(|m| grammar.patterns[m.pattern as usize].written.place);
    let message = format!("`{text}` means `{first}` and `{second}` alike");
    let diagnostic = Diagnostic::new(Code::Tie, there, message).label("and this one");
    found.push(diagnostic.related(here, "this pattern takes it").hint(HINT));
}

const HINT: &str = "make one of them narrower, or give its intent a `priority`";

/// Two ways side by side: where each stands, and how far the first is ahead in words and in slots.
type Pair = (Item, Item, i32, i32);

/// How each place of a walk was first reached: from where, by which word.
type Trail<P> = FxHashMap<P, Option<(P, Sym)>>;

/// The shortest text of words that two patterns take with equal scores: a walk over the product of the two.
fn tie_text(grammar: &Grammar, spellings: &Spellings, a: u32, b: u32) -> Option<String> {
    let names = names(grammar);
    let mut from: Trail<Pair> = FxHashMap::default();
    let mut queue: VecDeque<Pair> = VecDeque::new();
    for p in closed(grammar, vec![(a, 0, None)]) {
        for q in closed(grammar, vec![(b, 0, None)]) {
            from.insert((p, q, 0, 0), None);
            queue.push_back((p, q, 0, 0));
        }
    }
    while let Some(pair @ (p, q, words, slots)) = queue.pop_front() {
        if words == 0 && slots == 0 && ends(grammar, p) && ends(grammar, q) {
            return Some(spelt(pair, &from, &names));
        }
        if from.len() > PAIRS_MAX {
            return None;
        }
        for (sym, p, q, more_words, more_slots) in together(grammar, spellings, p, q) {
            let next = (p, q, words + more_words, slots + more_slots);
            let apart = next.2.abs() > WORDS_APART_MAX || next.3.abs() > SLOTS_APART_MAX;
            if !apart && !from.contains_key(&next) {
                from.insert(next, Some((pair, sym)));
                queue.push_back(next);
            }
        }
    }
    None
}

fn ends(grammar: &Grammar, (pattern, state, inside): Item) -> bool {
    inside.is_none() && state == grammar.patterns[pattern as usize].nfa.end()
}

/// The words that led to a place of a walk.
fn spelt<P: Copy + Eq + std::hash::Hash>(mut place: P, from: &Trail<P>, names: &[&str]) -> String {
    let mut text = Vec::new();
    while let Some(Some((before, sym))) = from.get(&place) {
        text.push(names[*sym as usize]);
        place = *before;
    }
    text.reverse();
    text.join(" ")
}

/// Where two items can go by one word both: by consuming it, or by skipping it where it says nothing.
fn together(grammar: &Grammar, spellings: &Spellings, p: Item, q: Item) -> Vec<(Sym, Item, Item, i32, i32)> {
    let (by_p, by_q) = (by_word(grammar, spellings, p), by_word(grammar, spellings, q));
    let mut steps = Vec::new();
    let syms: BTreeSet<Sym> = by_p.iter().chain(&by_q).map(|step| step.sym).collect();
    for sym in syms {
        let ways = |item: Item, steps: &[Step]| -> Vec<Step> {
            let taking: Vec<Step> = steps.iter().filter(|step| step.sym == sym).copied().collect();
            let skips = taking.is_empty() && grammar.skip[sym as usize];
            if skips { vec![Step { sym, to: item, words: 0, slots: 0 }] } else { taking }
        };
        for a in ways(p, &by_p) {
            for b in ways(q, &by_q) {
                for to_a in closed(grammar, vec![a.to]) {
                    for to_b in closed(grammar, vec![b.to]) {
                        steps.push((sym, to_a, to_b, a.words - b.words, a.slots - b.slots));
                    }
                }
            }
        }
    }
    steps
}

/// A step of one item by a word, and what it adds to the score.
#[derive(Debug, Clone, Copy)]
struct Step {
    sym: Sym,
    to: Item,
    words: i32,
    slots: i32,
}

fn by_word(grammar: &Grammar, spellings: &Spellings, (pattern, state, inside): Item) -> Vec<Step> {
    let list_word = |spelling: u32, taken: u16, to: u32, slots: i32| {
        let syms = &spellings.all[spelling as usize];
        let sym = *syms.get(usize::from(taken))?;
        let more = usize::from(taken) + 1 < syms.len();
        Some(Step { sym, to: (pattern, to, more.then_some((spelling, taken + 1))), words: 0, slots })
    };
    if let Some((spelling, taken)) = inside {
        return list_word(spelling, taken, state, 0).into_iter().collect();
    }
    let mut steps = Vec::new();
    for &(label, to) in &grammar.patterns[pattern as usize].nfa.edges[state as usize] {
        match label {
            Label::Word(sym) => steps.push(Step { sym, to: (pattern, to, None), words: 1, slots: 0 }),
            Label::Slot { kind, .. } => {
                let all = spellings.by_kind[usize::from(kind)].clone();
                let numbers = all.filter_map(|spelling| u32::try_from(spelling).ok());
                let score = i32::try_from(narrowness(&grammar.kinds[usize::from(kind)])).unwrap_or(i32::MAX);
                steps.extend(numbers.filter_map(|spelling| list_word(spelling, 0, to, score)));
            }
            Label::Any => {}
        }
    }
    steps
}

/// Reports texts that a brand's own grammar and the shared one take alike: a walk over the product of the two automata.
///
/// `is_replaced` names shared intents that the brand has put its own in the place of.
pub fn prove_together(
    own: &Grammar,
    shared: &Grammar,
    is_replaced: &dyn Fn(&str) -> bool,
    found: &mut Diagnostics,
) {
    if own.states.is_empty() || shared.states.is_empty() {
        return;
    }
    let names = names(own);
    let mut from: Trail<(u32, u32)> = FxHashMap::default();
    let mut queue = VecDeque::from([(0_u32, 0_u32)]);
    from.insert((0, 0), None);
    let mut told = BTreeSet::new();
    while let Some(pair) = queue.pop_front() {
        if !own.accepts(pair.0).is_empty() && !shared.accepts(pair.1).is_empty() {
            let text = spelt(pair, &from, &names);
            together_tied(own, shared, &text, is_replaced, &mut told, found);
        }
        for &(sym, to) in own.word_edges(pair.0) {
            let Some(other) = shared.after_word(pair.1, names[sym as usize]) else { continue };
            if from.len() < STATES_MAX && !from.contains_key(&(to, other)) {
                from.insert((to, other), Some((pair, sym)));
                queue.push_back((to, other));
            }
        }
    }
}

fn together_tied(
    own: &Grammar,
    shared: &Grammar,
    text: &str,
    is_replaced: &dyn Fn(&str) -> bool,
    told: &mut BTreeSet<(u32, u32)>,
    found: &mut Diagnostics,
) {
    let text_read = Text::new(text);
    let mine = own.recognize(&text_read, &own.context()).into_iter().next();
    let theirs = shared.recognize(&text_read, &shared.context());
    let theirs = theirs.into_iter().find(|m| !is_replaced(&shared.intents[m.intent as usize]));
    let (Some(mine), Some(theirs)) = (mine, theirs) else { return };
    let [a, b] = [&own.intents[mine.intent as usize], &shared.intents[theirs.intent as usize]];
    if mine.rank != theirs.rank || a == b || !told.insert((mine.intent, theirs.intent)) {
        return;
    }
    let message = format!("`{text}` means `{a}` and the shared `{b}` alike");
    let here = own.patterns[mine.pattern as usize].written.place;
    let there = shared.patterns[theirs.pattern as usize].written.place;
    let diagnostic = Diagnostic::new(Code::Tie, here, message).related(there, "the shared pattern");
    found.push(
        diagnostic.hint(format!("make yours narrower, give it a `priority`, or write `intent {b} replace`")),
    );
}
