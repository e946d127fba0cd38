//! The order within rows: few lines cross.

use super::rank::Ranks;
use super::{Size, Sketch, int};

/// Sweeps down and up; the best order that they pass is kept. More find nothing in flows of some forty nodes.
const SWEEPS: usize = 24;

/// How often neighbours are swapped after each sweep, at most; each time some lines cross less.
const SWAPS: usize = 8;

/// Room between two lines side by side.
const LINE_GAP: i32 = 18;
/// Room between two boxes or labels side by side.
const BOX_GAP: i32 = 28;

/// Something that has a place in a layer.
#[derive(Debug, Clone, Default)]
pub(super) struct Item {
    pub(super) layer: usize,
    pub(super) size: Size,
    /// Whether a line passes here; else it is a box.
    pub(super) passes: bool,
    /// Its neighbours in the layer above, from left to right.
    pub(super) above: Vec<Tie>,
    /// Its neighbours in the layer below, from left to right.
    pub(super) below: Vec<Tie>,
}

/// A piece of a line between two layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Tie {
    /// The item at its other end.
    pub(super) to: usize,
    /// Whether it is better straight than others.
    pub(super) strong: bool,
}

/// All layers: those of even number hold boxes, those between them labels.
#[derive(Debug)]
pub(super) struct Layers {
    /// Boxes first, in the order of the sketch.
    pub(super) items: Vec<Item>,
    /// The items of each line, from its upper box to its lower one.
    pub(super) chains: Vec<Vec<usize>>,
    /// The items of each layer from left to right.
    pub(super) rows: Vec<Vec<usize>>,
    /// The place of each item in its row.
    pub(super) places: Vec<i32>,
}

impl Layers {
    pub(super) fn new(sketch: &Sketch, ranks: &Ranks) -> Self {
        let boxes = sketch.boxes.iter().zip(&ranks.rows);
        let boxes = boxes.map(|(size, row)| Item { layer: 2 * row, size: *size, ..Item::default() });
        let mut layers =
            Self { items: boxes.collect(), chains: Vec::new(), rows: Vec::new(), places: Vec::new() };
        for (at, wire) in sketch.wires.iter().enumerate() {
            let (up, down) = ranks.ends(at, wire);
            let (first, last) = (layers.items[up].layer + 1, layers.items[down].layer);
            // The label stands where the line leaves its box.
            let labelled = if ranks.back[at] { last - 1 } else { first };
            let mut chain = vec![up];
            for layer in first..last {
                let size = wire.label.filter(|_| layer == labelled).unwrap_or_default();
                chain.push(layers.items.len());
                layers.items.push(Item { layer, size, passes: true, ..Item::default() });
            }
            chain.push(down);
            for pair in chain.windows(2) {
                let strong = wire.strong && !ranks.back[at];
                layers.items[pair[0]].below.push(Tie { to: pair[1], strong });
                layers.items[pair[1]].above.push(Tie { to: pair[0], strong });
            }
            layers.chains.push(chain);
        }
        layers.first_order();
        layers.untangle();
        layers.face_right();
        layers.sort_ties();
        layers
    }

    /// The room that must lie between the middles of two neighbours.
    pub(super) fn apart(&self, left: usize, right: usize) -> i32 {
        let (left, right) = (&self.items[left], &self.items[right]);
        let bare = |item: &Item| item.passes && item.size.width == 0;
        let gap = if bare(left) && bare(right) { LINE_GAP } else { BOX_GAP };
        i32::midpoint(left.size.width, right.size.width) + gap
    }

    /// From where to where an item can be moved between its neighbours in the row.
    pub(super) fn room(&self, at: usize, columns: &[i32]) -> (i32, i32) {
        let row = &self.rows[self.items[at].layer];
        let place = usize::try_from(self.places[at]).unwrap_or_default();
        let left = place.checked_sub(1).map(|left| columns[row[left]] + self.apart(row[left], at));
        let right = row.get(place + 1).map(|right| columns[*right] - self.apart(at, *right));
        (left.unwrap_or(self.items[at].size.width / 2), right.unwrap_or(i32::MAX))
    }

    /// Every box stands where a walk from the first one downwards meets it.
    fn first_order(&mut self) {
        let count = self.items.iter().map(|item| item.layer + 1).max().unwrap_or_default();
        self.rows = vec![Vec::new(); count];
        let mut met = vec![false; self.items.len()];
        let mut starts: Vec<usize> = (0..self.items.len()).filter(|at| !self.items[*at].passes).collect();
        starts.sort_by_key(|at| self.items[*at].layer);
        for start in starts {
            let mut open = vec![start];
            while let Some(at) = open.pop() {
                if !std::mem::replace(&mut met[at], true) {
                    self.rows[self.items[at].layer].push(at);
                    open.extend(self.items[at].below.iter().rev().map(|tie| tie.to));
                }
            }
        }
        self.places = vec![0; self.items.len()];
        (0..count).for_each(|layer| self.number(layer));
    }

    fn number(&mut self, layer: usize) {
        for (place, at) in self.rows[layer].iter().enumerate() {
            self.places[*at] = int(place);
        }
    }

    /// Sweeps down and up; each layer follows the one before it.
    fn untangle(&mut self) {
        let mut best = (self.crossings(), self.rows.clone());
        for sweep in 0..SWEEPS {
            if best.0 == 0 {
                break;
            }
            let (down, turned) = (sweep % 2 == 0, sweep % 4 >= 2);
            let count = self.rows.len();
            for step in 1..count {
                let layer = if down { step } else { count - 1 - step };
                self.follow(layer, down, turned);
            }
            for _ in 0..SWAPS {
                if !self.swap_neighbours() {
                    break;
                }
            }
            let crossings = self.crossings();
            if crossings < best.0 {
                best = (crossings, self.rows.clone());
            }
        }
        self.rows = best.1;
        (0..self.rows.len()).for_each(|layer| self.number(layer));
    }

    /// Sorts a layer by the mean place of each item's neighbours; an item without any stays where it is. Where it is turned,
    /// items of one mean change places: it may be the other way round that what follows has fewer crossings.
    fn follow(&mut self, layer: usize, down: bool, turned: bool) {
        let mean = |at: usize| {
            let ties = if down { &self.items[at].above } else { &self.items[at].below };
            let sum: i64 = ties.iter().map(|tie| i64::from(self.places[tie.to])).sum();
            let count = i64::from(int(ties.len()));
            // In thousandths: a mean is seldom whole.
            if count == 0 { i64::from(self.places[at]) * 1000 } else { sum * 1000 / count }
        };
        let mut row: Vec<(i64, usize)> = self.rows[layer].iter().map(|at| (mean(*at), *at)).collect();
        if turned {
            row.reverse();
        }
        row.sort_by_key(|(mean, _)| *mean);
        self.rows[layer] = row.into_iter().map(|(_, at)| at).collect();
        self.number(layer);
    }

    /// Swaps neighbours whose lines cross less the other way round; whether any were.
    fn swap_neighbours(&mut self) -> bool {
        let mut swapped = false;
        for layer in 0..self.rows.len() {
            for place in 1..self.rows[layer].len() {
                let (left, right) = (self.rows[layer][place - 1], self.rows[layer][place]);
                let between = |a: usize, b: usize| {
                    let (a, b) = (&self.items[a], &self.items[b]);
                    self.crossings_of(&a.above, &b.above) + self.crossings_of(&a.below, &b.below)
                };
                if between(right, left) < between(left, right) {
                    self.rows[layer].swap(place - 1, place);
                    self.places.swap(left, right);
                    swapped = true;
                }
            }
        }
        swapped
    }

    /// How often the pieces of a left item cross those of a right one.
    fn crossings_of(&self, left: &[Tie], right: &[Tie]) -> usize {
        let crosses = |a: &Tie| right.iter().filter(|b| self.places[a.to] > self.places[b.to]).count();
        left.iter().map(crosses).sum()
    }

    /// How many pieces of lines cross, in all layers.
    pub(super) fn crossings(&self) -> usize {
        self.rows.iter().map(|row| self.crossings_below(row)).sum()
    }

    /// The pieces below a row, from left to right, put into a tree of sums: each crosses those already there that end further
    /// right. O(pieces · log places).
    fn crossings_below(&self, row: &[usize]) -> usize {
        let mut ends: Vec<usize> = Vec::new();
        for at in row {
            let start = ends.len();
            let below = self.items[*at].below.iter();
            ends.extend(below.map(|tie| usize::try_from(self.places[tie.to]).unwrap_or_default()));
            ends[start..].sort_unstable();
        }
        let size = ends.iter().max().map_or(0, |last| last + 2);
        let mut sums = vec![0usize; size];
        let mut crossings = 0;
        for (earlier, end) in ends.iter().enumerate() {
            let (mut at, mut up_to) = (end + 1, 0);
            while at > 0 {
                up_to += sums[at];
                at &= at - 1;
            }
            crossings += earlier - up_to;
            at = end + 1;
            while at < size {
                sums[at] += 1;
                at += at & at.wrapping_neg();
            }
        }
        crossings
    }

    /// Turns everything round where the lines out of boxes rather stand from right to left: the first option is looked for on
    /// the left. As many lines cross. The ties are still in the order of the sketch here.
    fn face_right(&mut self) {
        let pairs = self.items.iter().flat_map(|item| item.below.windows(2));
        let (to_right, to_left) = pairs.fold((0usize, 0usize), |(to_right, to_left), pair| {
            let is_right = self.places[pair[0].to] < self.places[pair[1].to];
            if is_right { (to_right + 1, to_left) } else { (to_right, to_left + 1) }
        });
        if to_left > to_right {
            for row in &mut self.rows {
                row.reverse();
            }
            (0..self.rows.len()).for_each(|layer| self.number(layer));
        }
    }

    fn sort_ties(&mut self) {
        for item in &mut self.items {
            item.above.sort_by_key(|tie| self.places[tie.to]);
            item.below.sort_by_key(|tie| self.places[tie.to]);
        }
    }
}
