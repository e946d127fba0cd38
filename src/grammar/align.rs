//! Laying one pattern along a text: which words it took as they stand, and what its slots hold.
//!
//! A table of (token, position) cells, each with the best way to it: O(tokens × positions of the pattern), and only for
//! patterns that the automaton has found to take the text, or that a word of it calls.

use super::automaton::{Grammar, Kind};
use super::positions::Label;
use super::recognize::{Rank, SlotValue, View};
use crate::slot::{Found, WIDTH_MAX};
use rustc_hash::FxHashMap;
use smallvec::SmallVec;
use std::cmp::Reverse;
use std::ops::Range;

/// Cells that are laid out for one text; what would need more is not tried. Nine patterns of twenty positions along the
/// longest text come near.
const CELLS_MAX: usize = 150_000;
/// Questions to slot types for one text; behind them nothing more is found. Seven types at every word of an ordinary text of
/// the greatest length come near.
const ASKED_MAX: usize = 2_000;

/// What slot types found in a text, each asked once for each token.
#[derive(Debug, Default)]
pub(super) struct Finds {
    /// Token, type, and the values: a range of `found`. The first ones, which are all for most texts.
    first: SmallVec<[(Asked, Range<u32>); 8]>,
    /// The others: a long text of many types has thousands.
    others: FxHashMap<Asked, Range<u32>>,
    found: Vec<Found>,
    /// Cells laid out so far.
    cells: usize,
}

/// A token, and the type that was asked there.
type Asked = (u32, u16);

impl Finds {
    /// The values of a type that begin at a token.
    pub(super) fn at(&mut self, view: &View<'_>, kind: u16, at: usize) -> &[Found] {
        let range = self.range(view, kind, at);
        &self.found[range.start as usize..range.end as usize]
    }

    fn range(&mut self, view: &View<'_>, kind: u16, at: usize) -> Range<u32> {
        let number = |n: usize| u32::try_from(n).expect("texts are cut");
        let asked = (number(at), kind);
        let first = self.first.iter().find(|(known, _)| *known == asked).map(|(_, range)| range);
        if let Some(range) = first.or_else(|| self.others.get(&asked)) {
            return range.clone();
        }
        let before = number(self.found.len());
        if self.others.len() >= ASKED_MAX {
            return before..before;
        }
        let slot_type = &view.grammar.kinds[usize::from(kind)].slot_type;
        self.found.append(&mut slot_type.find(view.text, at, view.context));
        let range = before..number(self.found.len());
        if self.first.len() < self.first.inline_size() {
            self.first.push((asked, range.clone()));
        } else {
            self.others.insert(asked, range.clone());
        }
        range
    }
}

/// The best alignment of a pattern with a whole text, or `None` if there is none.
pub(super) fn align(view: &View<'_>, pattern: u32, finds: &mut Finds) -> Option<(Rank, Vec<SlotValue>)> {
    let Grammar { positions, patterns, .. } = view.grammar;
    let own = positions.of(pattern);
    let cells = own.len() * (view.seen.len() + 1);
    let written = &patterns[pattern as usize];
    if finds.cells + cells > CELLS_MAX {
        return None;
    }
    finds.cells += cells;
    let mut table = Table {
        cells: SmallVec::from_elem(Cell::default(), cells),
        first: own.start,
        width: own.len(),
        taken: SmallVec::new(),
    };
    table.cells[0].score = Score::default().packed();
    for at in 0..view.seen.len() {
        for position in own.clone() {
            let here = table.cell(at, position);
            if table.cells[here].score != UNREACHED {
                table.leave(view, finds, at, position);
            }
        }
    }
    let ends = own.filter(|position| positions.is_end(*position));
    let best = ends.map(|end| table.cell(view.seen.len(), end)).max_by_key(|end| table.cells[*end].score)?;
    let score = Score::unpacked(table.cells[best].score)?;
    let rank = Rank {
        priority: written.priority,
        literals: score.literals,
        narrow: score.narrow,
        gaps: Reverse(score.gaps),
    };
    Some((rank, table.slots(view, pattern, finds, best)))
}

/// How well a way explains the text so far.
#[derive(Debug, Clone, Copy, Default)]
struct Score {
    literals: u32,
    narrow: u32,
    gaps: u32,
}

/// The packed score of a cell that no way has reached.
const UNREACHED: u64 = 0;

impl Score {
    /// One number that is greater for the better of two ways: more words as they stand, then narrower slots, then fewer
    /// words in gaps. Texts have at most [`crate::sms::normalize::TOKENS_MAX`] tokens, which 15 bits hold, and as many slots
    /// of at most [`WIDTH_MAX`], which 33 bits hold.
    fn packed(self) -> u64 {
        let gaps = u64::from(u16::MAX) - u64::from(self.gaps);
        u64::from(self.literals) << 49 | u64::from(self.narrow) << 16 | gaps
    }

    fn unpacked(packed: u64) -> Option<Self> {
        let part = |from: u32, bits: u32| u32::try_from(packed >> from & ((1 << bits) - 1)).ok();
        let gaps = u32::from(u16::MAX) - part(0, 16)?;
        (packed != UNREACHED).then_some(Self { literals: part(49, 15)?, narrow: part(16, 33)?, gaps })
    }
}

/// The best way to a (token, position) pair.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    score: u64,
    /// The cell before it.
    from: u32,
    /// One more than the number of the slot it took last in [`Table::taken`]; 0 for none.
    took: u32,
}

struct Table {
    cells: SmallVec<[Cell; 96]>,
    first: u32,
    width: usize,
    taken: SmallVec<[Taken; 4]>,
}

/// A value that a way took.
#[derive(Debug, Clone)]
struct Taken {
    slot: u16,
    tokens: Range<usize>,
    found: u32,
}

impl Table {
    fn cell(&self, at: usize, position: u32) -> usize {
        at * self.width + (position - self.first) as usize
    }

    /// Takes every step from one cell.
    fn leave(&mut self, view: &View<'_>, finds: &mut Finds, at: usize, position: u32) {
        let token = view.seen[at];
        let here = self.cell(at, position);
        let Some(score) = Score::unpacked(self.cells[here].score) else { return };
        let (by_word, others) = view.grammar.positions.steps_by(position, token.sym);
        for step in by_word {
            self.offer(here, at + 1, step.to, Score { literals: score.literals + 1, ..score }, None);
        }
        for step in others {
            match step.label {
                Label::Word(_) => {}
                Label::Any => {
                    self.offer(here, at + 1, step.to, Score { gaps: score.gaps + 1, ..score }, None);
                }
                Label::Slot { slot, kind } => {
                    let narrow = score.narrow + narrowness(&view.grammar.kinds[usize::from(kind)]);
                    for found in finds.range(view, kind, at) {
                        let end = finds.found[found as usize].end;
                        let value = Taken { slot, tokens: at..end, found };
                        self.offer(here, end, step.to, Score { narrow, ..score }, Some(value));
                    }
                }
            }
        }
        if token.skip {
            self.offer(here, at + 1, position, score, None);
        }
    }

    /// Keeps a way if it is better than the known one.
    fn offer(&mut self, from: usize, at: usize, to: u32, score: Score, taken: Option<Taken>) {
        let there = self.cell(at, to);
        let score = score.packed();
        if score <= self.cells[there].score {
            return;
        }
        let number = |n: usize| u32::try_from(n).expect("cells are bounded");
        let took = taken.map_or(0, |taken| {
            self.taken.push(taken);
            number(self.taken.len())
        });
        self.cells[there] = Cell { score, from: number(from), took };
    }

    /// The slots along the way to a cell, in the order of the text.
    fn slots(&self, view: &View<'_>, pattern: u32, finds: &Finds, end: usize) -> Vec<SlotValue> {
        let names = &view.grammar.patterns[pattern as usize].slots;
        let mut slots = Vec::new();
        let mut at = end;
        while at != 0 {
            let cell = self.cells[at];
            if let Some(taken) = (cell.took as usize).checked_sub(1).map(|took| &self.taken[took]) {
                slots.push(SlotValue {
                    name: names[usize::from(taken.slot)].clone(),
                    value: finds.found[taken.found as usize].value.clone(),
                    span: view.text.span(taken.tokens.clone()),
                });
            }
            at = cell.from as usize;
        }
        slots.reverse();
        slots
    }
}

/// How narrow a slot is: what it adds to a way's score.
pub(super) fn narrowness(kind: &Kind) -> u32 {
    WIDTH_MAX + 1 - kind.slot_type.width()
}
