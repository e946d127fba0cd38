//! Ties: texts that two intents take alike, within one scope and between a brand's own grammar and the shared one.
//!
//! Which two patterns could take one text is read off the automaton in which skip words are walked over: they end in one
//! state of it. Each such pair is then searched for its shortest tie.

use super::pair::{BUDGET, Search, Sides};
use super::walk::Example;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::grammar::automaton::{Automaton, Grammar};
use crate::grammar::freeze::{Purpose, freeze};
use crate::grammar::recognize::Match;
use crate::language::Lang;
use crate::sms::Text;
use rustc_hash::FxHashSet;
use std::collections::{BTreeMap, VecDeque};

/// Pairs of states of two automata that are looked at together.
const STATES_MAX: usize = 200_000;

/// A proven scope, made ready to be compared with others.
#[derive(Debug, Default)]
pub struct Comparable {
    automaton: Automaton,
    /// Texts that its patterns take, the shortest for each end, with the number of the intent that each means.
    pub texts: Vec<(u32, String)>,
}

/// The ties that were found: for each two intents the shortest text.
#[derive(Default)]
struct Ties {
    shortest: BTreeMap<(u32, u32), Tie>,
    /// Intents that tie with some other: what else they tie with is looked for when that is mended.
    crowd: FxHashSet<u32>,
    stopped: Vec<(Place, Place)>,
}

struct Tie {
    text: String,
    patterns: (u32, u32),
}

/// Reports every pair of intents that some text cannot tell apart, each once, with the shortest such text.
pub(super) fn ties(grammar: &Grammar, examples: Vec<Example>, found: &mut Diagnostics) -> Comparable {
    let overran = grammar.automaton.is_empty() && grammar.patterns.iter().any(|pattern| !pattern.gapped);
    let automaton = if overran { None } else { freeze(grammar, Purpose::Compare, found) };
    let Some(automaton) = automaton else { return Comparable::default() };
    let mut ties = Ties::default();
    let mut pairs: FxHashSet<(u32, u32)> = FxHashSet::default();
    for state in (0..).take(automaton.len()) {
        every_pair(automaton.accepts(state), &mut pairs);
    }
    for example in &examples {
        if let Some((a, b)) = tied(&example.matches) {
            ties.add(example.text.clone(), a, b);
            let best = example.matches[0].rank;
            ties.crowd.extend(example.matches.iter().take_while(|m| m.rank == best).map(|m| m.intent));
        }
        // A value of one type can be a word of another pattern, which no edge of the automaton says.
        every_pair(&example.matches.iter().map(|m| m.pattern).collect::<Vec<_>>(), &mut pairs);
    }
    let intent = |pattern: u32| &grammar.patterns[pattern as usize];
    pairs.retain(|(a, b)| {
        intent(*a).intent != intent(*b).intent && intent(*a).priority == intent(*b).priority
    });
    if !pairs.is_empty() {
        let sides = Sides::of(grammar, grammar);
        let context = grammar.context();
        let mut pairs: Vec<(u32, u32)> = pairs.into_iter().collect();
        pairs.sort_unstable();
        let mut budget = BUDGET;
        for (a, b) in pairs {
            if ties.holds(intent(a).intent, intent(b).intent) {
                continue; // told already
            }
            let tie = |text: String| {
                let matches = grammar.recognize(&Text::new(&text), &context);
                tied(&matches).map(|(a, b)| (text, a.clone(), b.clone()))
            };
            match sides.search((a, b), &mut budget, tie) {
                Search::Found((text, a, b)) => ties.add(text, &a, &b),
                Search::Stopped => ties.stopped.push((intent(a).place, intent(b).place)),
                Search::None => {}
            }
        }
    }
    ties.report(grammar, found);
    let meant = |example: Example| Some((example.matches.first()?.intent, example.text));
    Comparable { automaton, texts: examples.into_iter().filter_map(meant).collect() }
}

fn every_pair(patterns: &[u32], pairs: &mut FxHashSet<(u32, u32)>) {
    for (number, a) in patterns.iter().enumerate() {
        pairs.extend(patterns[number + 1..].iter().map(|b| (*a.min(b), *a.max(b))));
    }
}

/// The two best readings of a text, if they are of different intents and equal in the order of ties.
fn tied(matches: &[Match]) -> Option<(&Match, &Match)> {
    let (best, rest) = matches.split_first()?;
    let alike = rest.iter().take_while(|m| m.rank == best.rank);
    let other = { alike }.find(|m| m.intent != best.intent)?;
    Some((best, other))
}

const HINT: &str = "make one of them narrower, or give its intent a `priority`";

impl Ties {
    fn holds(&self, a: u32, b: u32) -> bool {
        self.shortest.contains_key(&(a.min(b), a.max(b)))
            || self.crowd.contains(&a) && self.crowd.contains(&b)
    }

    fn add(&mut self, text: String, a: &Match, b: &Match) {
        let (a, b) = if a.intent < b.intent { (a, b) } else { (b, a) };
        let tie = Tie { text, patterns: (a.pattern, b.pattern) };
        let length = |text: &str| (text.split(' ').count(), text.len());
        let known = self.shortest.entry((a.intent, b.intent));
        known
            .and_modify(|known| {
                if (length(&tie.text), &tie.text) < (length(&known.text), &known.text) {
                    *known = Tie { text: tie.text.clone(), patterns: tie.patterns };
                }
            })
            .or_insert(tie);
    }

    fn report(self, grammar: &Grammar, found: &mut Diagnostics) {
        let place = |pattern: u32| grammar.patterns[pattern as usize].place;
        for ((a, b), Tie { text, patterns }) in self.shortest {
            let [first, second] = [a, b].map(|intent| &grammar.intents[intent as usize]);
            let message = format!("`{text}` means `{first}` and `{second}` alike");
            let diagnostic = Diagnostic::new(Code::Tie, place(patterns.1), message).label("and this one");
            found.push(diagnostic.related(place(patterns.0), "this pattern takes it").hint(HINT));
        }
        stopped(&self.stopped, found);
    }
}

/// Says which searches were given up: the first, and how many more.
fn stopped(pairs: &[(Place, Place)], found: &mut Diagnostics) {
    let Some((a, b)) = pairs.first() else { return };
    let message = match pairs.len() {
        1 => "whether this pattern and another can tie was not searched to the end".to_owned(),
        all => format!(
            "of {all} pairs of patterns, this and another the first, ties were not searched to the end"
        ),
    };
    let diagnostic = Diagnostic::new(Code::Uncovered, *b, message).related(*a, "the other one");
    found.push(diagnostic.hint("simpler patterns, or a `priority` of one of the intents, end the search"));
}

/// Reports texts that a brand's own grammar and the shared one take alike.
///
/// `is_heard` says whether the brand hears a shared intent in a language: it has put none of its own in the place of it, a
/// flow of it names it, and it speaks the language. O(pairs of states that one text reaches), and a search for each pair of
/// patterns that one text could mean.
pub fn prove_together(
    (own, own_comparable): (&Grammar, &Comparable),
    (shared, shared_comparable): (&Grammar, &Comparable),
    is_heard: &dyn Fn(&str, Lang) -> bool,
    found: &mut Diagnostics,
) {
    let (first, second) = (&own_comparable.automaton, &shared_comparable.automaton);
    if first.is_empty() || second.is_empty() {
        return;
    }
    let sides = Sides::of(own, shared);
    let mut told = FxHashSet::default();
    let (mut budget, mut given_up) = (BUDGET, Vec::new());
    let (pairs, all) = common_pairs(first, second, own, shared, &sides);
    if let (false, Some(pattern), Some(other)) = (all, own.patterns.first(), shared.patterns.first()) {
        given_up.push((other.place, pattern.place));
    }
    for (a, b) in pairs {
        let (mine, theirs) = (&own.patterns[a as usize], &shared.patterns[b as usize]);
        let names = [&own.intents[mine.intent as usize], &shared.intents[theirs.intent as usize]];
        let apart = names[0] == names[1] || mine.priority != theirs.priority;
        if apart || !is_heard(names[1], theirs.language) || told.contains(&(mine.intent, theirs.intent)) {
            continue;
        }
        let tie = |text: String| together_tied(own, shared, &text, is_heard).map(|(a, b)| (text, a, b));
        match sides.search((a, b), &mut budget, tie) {
            Search::None => {}
            Search::Stopped => given_up.push((theirs.place, mine.place)),
            Search::Found((text, mine, theirs)) => {
                if told.insert((mine.intent, theirs.intent)) {
                    report_together(own, shared, &text, &mine, &theirs, found);
                }
            }
        }
    }
    stopped(&given_up, found);
}

/// The shortest text that an intent of one scope and an intent of another take alike, of those pairs of intents that
/// `matters`. Searched as ties are: a text that one takes far more narrowly than the other is not looked for.
#[must_use]
pub fn common_text(
    first: &Grammar,
    second: &Grammar,
    matters: &dyn Fn(&str, &str) -> bool,
) -> Option<String> {
    let mut found = Diagnostics::default();
    let (a, b) =
        (freeze(first, Purpose::Compare, &mut found)?, freeze(second, Purpose::Compare, &mut found)?);
    if a.is_empty() || b.is_empty() {
        return None;
    }
    let sides = Sides::of(first, second);
    let intent = |grammar: &Grammar, pattern: u32| {
        grammar.intents[grammar.patterns[pattern as usize].intent as usize].clone()
    };
    let pairs = common_pairs(&a, &b, first, second, &sides).0.into_iter();
    let pairs = pairs.filter(|(a, b)| matters(&intent(first, *a), &intent(second, *b)));
    let mut budget = BUDGET;
    let texts = pairs.filter_map(|pair| match sides.search(pair, &mut budget, Some) {
        Search::Found(text) => Some(text),
        Search::None | Search::Stopped => None,
    });
    texts.min_by_key(|text| (text.split(' ').count(), text.len()))
}

fn report_together(
    own: &Grammar,
    shared: &Grammar,
    text: &str,
    mine: &Match,
    theirs: &Match,
    found: &mut Diagnostics,
) {
    let [a, b] = [&own.intents[mine.intent as usize], &shared.intents[theirs.intent as usize]];
    let message = format!("`{text}` means `{a}` and the shared `{b}` alike");
    let here = own.patterns[mine.pattern as usize].place;
    let there = shared.patterns[theirs.pattern as usize].place;
    let diagnostic = Diagnostic::new(Code::Tie, here, message).related(there, "the shared pattern");
    found.push(
        diagnostic.hint(format!("make yours narrower, give it a `priority`, or write `intent {b} replace`")),
    );
}

/// Pairs of patterns, one of each scope, that one text could mean, and whether these are all: a walk over the product of
/// two automata.
fn common_pairs(
    first: &Automaton,
    second: &Automaton,
    own: &Grammar,
    shared: &Grammar,
    sides: &Sides<'_>,
) -> (Vec<(u32, u32)>, bool) {
    let mut pairs = Vec::new();
    let mut known = FxHashSet::default();
    let mut seen = FxHashSet::from_iter([(0_u32, 0_u32)]);
    let mut queue = VecDeque::from([(0_u32, 0_u32)]);
    while let Some((a, b)) = queue.pop_front() {
        for p in first.accepts(a) {
            let fresh = second.accepts(b).iter().map(|q| (*p, *q)).filter(|pair| known.insert(*pair));
            pairs.extend(fresh);
        }
        let words = first.word_edges(a).iter().filter_map(|(sym, to)| {
            let other = second.after(b, sides.in_second(*sym)?)?;
            Some((*to, other))
        });
        let slots = first.slot_edges(a).iter().flat_map(|(kind, to)| {
            let name = own.kinds[usize::from(*kind)].slot_type.name();
            let same = move |other: &&(u16, u32)| shared.kinds[usize::from(other.0)].slot_type.name() == name;
            second.slot_edges(b).iter().filter(same).map(|(_, other)| (*to, *other))
        });
        // What the brand alone takes for a skip word, the shared automaton has edges for.
        let skipped = own.skips.more().filter_map(|word| second.after(b, shared.words().number(word)?));
        let skipped: Vec<(u32, u32)> = skipped.map(|other| (a, other)).collect();
        if seen.len() >= STATES_MAX {
            return (pairs, false);
        }
        let fresh: Vec<_> = words.chain(slots).chain(skipped).filter(|pair| seen.insert(*pair)).collect();
        queue.extend(fresh);
    }
    (pairs, true)
}

/// The best readings of a text in both scopes, if they are of different intents and equal in the order of ties.
fn together_tied(
    own: &Grammar,
    shared: &Grammar,
    text: &str,
    is_heard: &dyn Fn(&str, Lang) -> bool,
) -> Option<(Match, Match)> {
    let text = Text::new(text);
    let mine = own.recognize(&text, &own.context()).into_iter().next()?;
    let theirs = shared.recognize_for(&text, &shared.context(), &own.skips).into_iter();
    let theirs = { theirs }.find(|m| is_heard(&shared.intents[m.intent as usize], m.language))?;
    let same = own.intents[mine.intent as usize] == shared.intents[theirs.intent as usize];
    (mine.rank == theirs.rank && !same).then_some((mine, theirs))
}
