//! The patterns of a scope as automata without silent moves: positions, and the steps between them, each by one word or
//! one value. All patterns lie in the same two tables, one behind the other.

use rustc_hash::FxHashMap;
use smallvec::SmallVec;

/// A word's number in one grammar.
pub(super) type Sym = u32;

/// What a step takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Label {
    /// This word.
    Word(Sym),
    /// Any one word: part of a gap.
    Any,
    /// A value of that slot (number in [`super::automaton::Pattern::slots`]), whose type has that number in the grammar.
    Slot { slot: u16, kind: u16 },
}

/// A step from one position to another.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Step {
    pub(super) label: Label,
    /// The number of a position, counted over all patterns.
    pub(super) to: u32,
}

/// A place in a pattern between two words.
#[derive(Debug, Clone, Copy)]
struct Position {
    /// Its first step; its last one is before the next position's first.
    steps: u32,
    /// Twice the number of its pattern, and one more where the pattern can end.
    pattern_and_end: u32,
}

/// The positions of all patterns.
#[derive(Debug, Default)]
pub(super) struct Positions {
    all: Vec<Position>,
    steps: Vec<Step>,
    /// The first position of each pattern: where it starts.
    starts: Vec<u32>,
}

impl Positions {
    /// The start of a pattern.
    pub(super) fn start(&self, pattern: u32) -> u32 {
        self.starts[pattern as usize]
    }

    /// All positions of a pattern, the start first.
    pub(super) fn of(&self, pattern: u32) -> std::ops::Range<u32> {
        let next = self.starts.get(pattern as usize + 1).copied();
        self.start(pattern)..next.unwrap_or_else(|| number(self.all.len()))
    }

    pub(super) fn pattern(&self, position: u32) -> u32 {
        self.all[position as usize].pattern_and_end / 2
    }

    pub(super) fn is_end(&self, position: u32) -> bool {
        self.all[position as usize].pattern_and_end % 2 == 1
    }

    pub(super) fn steps(&self, position: u32) -> &[Step] {
        let next = self.all.get(position as usize + 1).map_or(self.steps.len(), |p| p.steps as usize);
        &self.steps[self.all[position as usize].steps as usize..next]
    }

    /// The steps from a position by one word, and those that are no words. O(log steps).
    pub(super) fn steps_by(&self, position: u32, sym: Sym) -> (&[Step], &[Step]) {
        // Words come first, by number.
        let steps = self.steps(position);
        let (words, others) =
            steps.split_at(steps.partition_point(|step| matches!(step.label, Label::Word(_))));
        let start = words.partition_point(|step| step.label < Label::Word(sym));
        let end = words.partition_point(|step| step.label <= Label::Word(sym));
        (&words[start..end], others)
    }

    /// All labels of a pattern, with repetitions.
    pub(super) fn labels(&self, pattern: u32) -> impl Iterator<Item = Label> {
        self.of(pattern).flat_map(|position| self.steps(position)).map(|step| step.label)
    }

    /// Whether a pattern can end by steps of these labels alone. O(its size).
    pub(super) fn ends(&self, pattern: u32, passable: impl Fn(Label) -> bool) -> bool {
        let own = self.of(pattern);
        let mut reached = vec![false; own.len()];
        let mut open = vec![own.start];
        while let Some(position) = open.pop() {
            if std::mem::replace(&mut reached[(position - own.start) as usize], true) {
                continue;
            }
            if self.is_end(position) {
                return true;
            }
            open.extend(self.steps(position).iter().filter(|step| passable(step.label)).map(|step| step.to));
        }
        false
    }

    /// Adds the pattern of a sketch. Whether it takes a text of no words. O(states × moves).
    pub(super) fn add(&mut self, mut sketch: Sketch) -> bool {
        sketch.silent.sort_unstable();
        sketch.labelled.sort_unstable();
        let (pattern, first) = (number(self.starts.len()), number(self.all.len()));
        self.starts.push(first);
        let mut numbers: FxHashMap<u32, u32> = FxHashMap::default();
        let mut order = vec![0_u32];
        numbers.insert(0, first);
        let mut next = 0;
        while next < order.len() {
            let reached = sketch.silently_from(order[next]);
            let end = u32::from(reached.contains(&sketch.end()));
            self.all.push(Position { steps: number(self.steps.len()), pattern_and_end: 2 * pattern + end });
            let before = self.steps.len();
            for (_, label, to) in reached.iter().flat_map(|state| sketch.labelled_from(*state)) {
                let to = sketch.onward(*to);
                let to = *numbers.entry(to).or_insert_with(|| {
                    order.push(to);
                    first + number(order.len() - 1)
                });
                self.steps.push(Step { label: *label, to });
            }
            self.steps[before..].sort_unstable();
            let mut kept = before;
            for step in before..self.steps.len() {
                if step == before || self.steps[step] != self.steps[kept - 1] {
                    self.steps[kept] = self.steps[step];
                    kept += 1;
                }
            }
            self.steps.truncate(kept);
            next += 1;
        }
        self.is_end(first)
    }

    /// Takes the last pattern away again.
    pub(super) fn pop(&mut self) {
        let Some(first) = self.starts.pop() else { return };
        self.steps.truncate(self.all[first as usize].steps as usize);
        self.all.truncate(first as usize);
    }

    pub(super) fn shrink(&mut self) {
        self.all.shrink_to_fit();
        self.steps.shrink_to_fit();
        self.starts.shrink_to_fit();
    }
}

fn number(n: usize) -> u32 {
    u32::try_from(n).expect("patterns are bounded far below four billion positions")
}

/// A pattern while it is read, with silent moves (Thompson's construction, 1968). State 0 is the start, the state that was
/// added last the end.
#[derive(Debug, Default)]
pub(super) struct Sketch {
    states: u32,
    silent: Vec<(u32, u32)>,
    labelled: Vec<(u32, Label, u32)>,
}

impl Sketch {
    pub(super) fn state(&mut self) -> u32 {
        self.states += 1;
        self.states - 1
    }

    pub(super) fn len(&self) -> usize {
        self.states as usize
    }

    pub(super) fn silent(&mut self, from: u32, to: u32) {
        self.silent.push((from, to));
    }

    pub(super) fn step(&mut self, from: u32, label: Label, to: u32) {
        self.labelled.push((from, label, to));
    }

    fn end(&self) -> u32 {
        self.states - 1
    }

    fn silent_from(&self, state: u32) -> &[(u32, u32)] {
        let start = self.silent.partition_point(|(from, _)| *from < state);
        let length = self.silent[start..].iter().take_while(|(from, _)| *from == state).count();
        &self.silent[start..start + length]
    }

    fn labelled_from(&self, state: u32) -> &[(u32, Label, u32)] {
        let start = self.labelled.partition_point(|(from, _, _)| *from < state);
        let length = self.labelled[start..].iter().take_while(|(from, _, _)| *from == state).count();
        &self.labelled[start..start + length]
    }

    /// A state and all that is reached from it without a word.
    fn silently_from(&self, state: u32) -> SmallVec<[u32; 16]> {
        let mut reached: SmallVec<[u32; 16]> = SmallVec::from_slice(&[state]);
        let mut next = 0;
        while next < reached.len() {
            for (_, to) in self.silent_from(reached[next]) {
                if !reached.contains(to) {
                    reached.push(*to);
                }
            }
            next += 1;
        }
        reached
    }

    /// The state that stands for this one: where all that can be done is one silent move, the one it leads to. So the
    /// ends of `(a | b)` are one position, and what follows is not doubled.
    fn onward(&self, mut state: u32) -> u32 {
        while let ([], [(_, only)]) = (self.labelled_from(state), self.silent_from(state)) {
            state = *only;
        }
        state
    }
}
