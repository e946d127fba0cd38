//! Which lines lead upwards, and which row each box stands in.

use super::{Sketch, Wire};

/// Sweeps that look for shorter lines; more hardly move anything.
const SWEEPS: usize = 8;

/// Rows and directions.
#[derive(Debug)]
pub(super) struct Ranks {
    /// The row of each box, from 0.
    pub(super) rows: Vec<usize>,
    /// Whether each line leads upwards.
    pub(super) back: Vec<bool>,
}

impl Ranks {
    /// The boxes that a line joins, the upper one first.
    pub(super) fn ends(&self, at: usize, wire: &Wire) -> (usize, usize) {
        if self.back[at] { (wire.to, wire.from) } else { (wire.from, wire.to) }
    }
}

/// O((boxes + lines) · weak lines).
pub(super) fn ranks(sketch: &Sketch) -> Ranks {
    let count = sketch.boxes.len();
    let mut back = strong_circles(sketch);
    // A weak line gives way to what stands: it is turned where it would close a circle.
    let mut below = vec![Vec::new(); count];
    for (wire, back) in sketch.wires.iter().zip(&back).filter(|(wire, _)| wire.strong) {
        let (up, down) = if *back { (wire.to, wire.from) } else { (wire.from, wire.to) };
        below[up].push(down);
    }
    for (wire, back) in sketch.wires.iter().zip(&mut back).filter(|(wire, _)| !wire.strong) {
        *back = reaches(&below, wire.to, wire.from);
        let (up, down) = if *back { (wire.to, wire.from) } else { (wire.from, wire.to) };
        below[up].push(down);
    }
    let mut ranks = Ranks { rows: vec![0; count], back };
    ranks.longest(&below);
    ranks.shorten(sketch);
    ranks
}

/// The strong lines that close a circle of strong lines: those that lead back to a box on the way to them.
fn strong_circles(sketch: &Sketch) -> Vec<bool> {
    let mut leaving = vec![Vec::new(); sketch.boxes.len()];
    for (at, wire) in sketch.wires.iter().enumerate().filter(|(_, wire)| wire.strong) {
        leaving[wire.from].push(at);
    }
    let mut back = vec![false; sketch.wires.len()];
    let mut met = vec![false; sketch.boxes.len()];
    let mut on_the_way = vec![false; sketch.boxes.len()];
    for start in 0..sketch.boxes.len() {
        let mut open: Vec<(usize, usize)> = Vec::new();
        let mut next = Some(start).filter(|start| !met[*start]);
        loop {
            if let Some(place) = next.take() {
                (met[place], on_the_way[place]) = (true, true);
                open.push((place, 0));
            }
            let Some((place, taken)) = open.last_mut() else { break };
            let Some(at) = leaving[*place].get(*taken) else {
                on_the_way[*place] = false;
                open.pop();
                continue;
            };
            *taken += 1;
            let to = sketch.wires[*at].to;
            back[*at] = on_the_way[to];
            next = Some(to).filter(|to| !met[*to]);
        }
    }
    back
}

fn reaches(below: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut met = vec![false; below.len()];
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        if at == to {
            return true;
        }
        if !std::mem::replace(&mut met[at], true) {
            open.extend(&below[at]);
        }
    }
    false
}

impl Ranks {
    /// Gives each box the first row below all that lead to it.
    fn longest(&mut self, below: &[Vec<usize>]) {
        let mut above = vec![0usize; below.len()];
        below.iter().flatten().for_each(|to| above[*to] += 1);
        let mut open: Vec<usize> = (0..below.len()).filter(|at| above[*at] == 0).collect();
        while let Some(at) = open.pop() {
            for to in &below[at] {
                self.rows[*to] = self.rows[*to].max(self.rows[at] + 1);
                above[*to] -= 1;
                if above[*to] == 0 {
                    open.push(*to);
                }
            }
        }
    }

    /// Moves boxes up and down between those above and those below them, so that lines become shorter.
    fn shorten(&mut self, sketch: &Sketch) {
        let mut ends: Vec<Vec<(usize, bool, usize)>> = vec![Vec::new(); sketch.boxes.len()];
        for (at, wire) in sketch.wires.iter().enumerate() {
            let (up, down) = self.ends(at, wire);
            let weight = if wire.strong { 4 } else { 1 };
            ends[up].push((down, true, weight));
            ends[down].push((up, false, weight));
        }
        for _ in 0..SWEEPS {
            let mut moved = false;
            for (at, ends) in ends.iter().enumerate().rev() {
                let rows = |below: bool| {
                    ends.iter().filter(move |end| end.1 == below).map(|(other, _, _)| self.rows[*other])
                };
                let low = rows(false).max().map_or(0, |row| row + 1);
                let high = rows(true).min().map_or_else(|| self.rows[at].max(low), |row| row - 1);
                let mut wanted: Vec<(usize, usize)> =
                    ends.iter().map(|(other, _, weight)| (self.rows[*other], *weight)).collect();
                let row = median(&mut wanted).unwrap_or(self.rows[at]).clamp(low, high);
                moved |= row != self.rows[at];
                self.rows[at] = row;
            }
            if !moved {
                break;
            }
        }
        let first = self.rows.iter().min().copied().unwrap_or_default();
        self.rows.iter_mut().for_each(|row| *row -= first);
    }
}

/// The row in the middle, by weights.
fn median(wanted: &mut [(usize, usize)]) -> Option<usize> {
    wanted.sort_unstable();
    let all: usize = wanted.iter().map(|(_, weight)| weight).sum();
    let mut left = 0;
    let middle = wanted.iter().find(|(_, weight)| {
        left += weight;
        2 * left >= all
    });
    middle.map(|(row, _)| *row)
}
