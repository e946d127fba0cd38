//! Columns: the middle of each box and of each line in each layer, after Brandes and Köpf (2002).
//!
//! Items are hung below the middle one of their neighbours, once from each of four corners; what hangs together is a block
//! and stands straight, blocks are pushed together, and the four results are evened out.

use super::order::{Item, Layers, Tie};
use rustc_hash::FxHashSet;

/// The middle of each item; the leftmost border is 0.
pub(super) fn columns(layers: &Layers) -> Vec<i32> {
    let conflicts = conflicts(layers);
    let corners = [(true, false), (true, true), (false, false), (false, true)];
    let mut four: Vec<Vec<i32>> = Vec::with_capacity(corners.len());
    for (down, from_right) in corners {
        let view = View { layers, conflicts: &conflicts, down, from_right };
        four.push(view.columns());
    }
    // All four are laid over the narrowest one: those from the left by their left border, the others by their right one.
    let border = |columns: &[i32], right: bool| {
        let sides = columns.iter().zip(&layers.items).map(|(x, item)| {
            let half = item.size.width / 2;
            if right { x + half } else { x - half }
        });
        if right { sides.max() } else { sides.min() }.unwrap_or_default()
    };
    let borders: Vec<(i32, i32)> = four.iter().map(|x| (border(x, false), border(x, true))).collect();
    let narrowest = borders.iter().min_by_key(|(left, right)| right - left).copied().unwrap_or_default();
    for ((columns, (left, right)), (_, from_right)) in four.iter_mut().zip(&borders).zip(corners) {
        let shift = if from_right { narrowest.1 - right } else { narrowest.0 - left };
        for x in columns.iter_mut() {
            *x += shift;
        }
    }
    let middle = |at: usize| {
        let mut own: Vec<i32> = four.iter().map(|columns| columns[at]).collect();
        own.sort_unstable();
        (own[1] + own[2]).div_euclid(2)
    };
    let mut columns: Vec<i32> = (0..layers.items.len()).map(middle).collect();
    let left = border(&columns, false);
    for x in &mut columns {
        *x -= left;
    }
    columns
}

/// Pieces that cross a piece within a long line, as their upper and lower item: the long line is kept straight.
fn conflicts(layers: &Layers) -> FxHashSet<(usize, usize)> {
    let mut found = FxHashSet::default();
    let within = |at: usize| {
        let item = &layers.items[at];
        let above = item.above.first().filter(|_| item.passes)?;
        layers.items[above.to].passes.then(|| layers.places[above.to])
    };
    for (upper, row) in layers.rows.iter().zip(layers.rows.iter().skip(1)) {
        let end = super::int(upper.len()) - 1;
        let (mut from, mut open) = (0, 0);
        for (place, at) in row.iter().enumerate() {
            let straight = within(*at);
            if straight.is_none() && place + 1 < row.len() {
                continue;
            }
            let to = straight.unwrap_or(end);
            for lower in &row[open..=place] {
                let crossing = |tie: &&Tie| !(from..=to).contains(&layers.places[tie.to]);
                let ties = layers.items[*lower].above.iter().filter(crossing);
                found.extend(ties.filter(|_| within(*lower).is_none()).map(|tie| (tie.to, *lower)));
            }
            (from, open) = (to, place + 1);
        }
    }
    found
}

/// The layers as they look from one of the corners.
struct View<'l> {
    layers: &'l Layers,
    conflicts: &'l FxHashSet<(usize, usize)>,
    down: bool,
    from_right: bool,
}

impl View<'_> {
    fn columns(&self) -> Vec<i32> {
        let blocks = self.blocks();
        let columns = self.push_together(&blocks);
        let sign = if self.from_right { -1 } else { 1 };
        blocks.iter().map(|block| columns[*block] * sign).collect()
    }

    /// A layer's items as they are seen.
    fn row(&self, row: &[usize]) -> Vec<usize> {
        let mut row = row.to_vec();
        if self.from_right {
            row.reverse();
        }
        row
    }

    /// The neighbours that an item can hang from: the strong ones, where it has any.
    fn ties(&self, item: &Item) -> Vec<usize> {
        let ties = if self.down { &item.above } else { &item.below };
        let strong = ties.iter().any(|tie| tie.strong);
        let ties = ties.iter().filter(|tie| tie.strong == strong).map(|tie| tie.to);
        self.row(&ties.collect::<Vec<_>>())
    }

    /// The block of each item, called by its first item.
    fn blocks(&self) -> Vec<usize> {
        let mut block: Vec<usize> = (0..self.layers.items.len()).collect();
        let mut hung = vec![false; block.len()];
        let mut rows: Vec<&Vec<usize>> = self.layers.rows.iter().collect();
        if !self.down {
            rows.reverse();
        }
        for row in rows {
            let mut last = i32::MIN;
            for at in self.row(row) {
                let ties = self.ties(&self.layers.items[at]);
                let middles = ties.len().saturating_sub(1) / 2..=ties.len() / 2;
                let middles = ties.get(middles).unwrap_or(&ties);
                let fits = |to: &&usize| {
                    let pair = if self.down { (**to, at) } else { (at, **to) };
                    !hung[**to] && self.place(**to) > last && !self.conflicts.contains(&pair)
                };
                if let Some(to) = middles.iter().find(fits) {
                    hung[*to] = true;
                    last = self.place(*to);
                    block[at] = block[*to];
                }
            }
        }
        block
    }

    fn place(&self, at: usize) -> i32 {
        let place = self.layers.places[at];
        if self.from_right { -place } else { place }
    }

    /// The column of each block: as far left as its neighbours allow, then to the right as far as costs no room.
    fn push_together(&self, blocks: &[usize]) -> Vec<i32> {
        let count = blocks.len();
        let mut right_of: Vec<Vec<(usize, i32)>> = vec![Vec::new(); count];
        let mut waiting = vec![0usize; count];
        for row in &self.layers.rows {
            for pair in self.row(row).windows(2) {
                let apart = self.layers.apart(pair[0], pair[1]);
                right_of[blocks[pair[0]]].push((blocks[pair[1]], apart));
                waiting[blocks[pair[1]]] += 1;
            }
        }
        let mut columns = vec![0; count];
        let mut sorted: Vec<usize> =
            (0..count).filter(|at| blocks[*at] == *at && waiting[*at] == 0).collect();
        let mut next = 0;
        while let Some(block) = sorted.get(next).copied() {
            next += 1;
            for (right, apart) in &right_of[block] {
                columns[*right] = columns[*right].max(columns[block] + apart);
                waiting[*right] -= 1;
                if waiting[*right] == 0 {
                    sorted.push(*right);
                }
            }
        }
        for block in sorted.iter().rev() {
            let room = right_of[*block].iter().map(|(right, apart)| columns[*right] - apart).min();
            columns[*block] = room.unwrap_or(columns[*block]).max(columns[*block]);
        }
        columns
    }
}
