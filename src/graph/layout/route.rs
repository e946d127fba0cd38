//! Heights of rows, and the ways of lines through them.

use super::order::Layers;
use super::rank::Ranks;
use super::{Layout, Point, Rect, Route, Size, Sketch, int};

/// Room between two rows in which lines swing to the side, at least and at most: the further they swing, the more.
const SWING: (i32, i32) = (14, 56);
/// Pixels to the side for one more pixel of that room.
const STEEPNESS: i32 = 9;
/// How far lines are upright before the box that they lead to, so that their arrows are.
const UPRIGHT: i32 = 12;
/// Room between two lines at a box's border, where it has that much, and between them and its corners.
const DOOR_GAP: i32 = 16;

/// Sweeps that straighten lines: where one has moved, another may have room.
const SWEEPS: usize = 3;

/// The heights of a layer.
#[derive(Debug, Clone, Copy)]
struct Band {
    /// Where lines that come from above become upright.
    enter: i32,
    /// Where items begin.
    top: i32,
    /// Where the highest item ends.
    bottom: i32,
    /// Up to where lines that lead on below are upright.
    leave: i32,
}

/// Puts everything in its place.
pub(super) fn routes(sketch: &Sketch, ranks: &Ranks, layers: &Layers, columns: &[i32]) -> Layout {
    let mut columns = columns.to_vec();
    let mut traces = traces(layers, sketch.boxes.len(), &columns);
    for _ in 0..SWEEPS {
        straighten(layers, &traces, &mut columns);
        traces = self::traces(layers, sketch.boxes.len(), &columns);
    }
    let bands = bands(layers, ranks, &traces);
    let place = |at: usize| {
        let (item, band) = (&layers.items[at], bands[layers.items[at].layer]);
        // Boxes begin at one height, labels stand around one line.
        let sunk = if item.passes { (band.bottom - band.top - item.size.height) / 2 } else { 0 };
        Rect { left: columns[at] - item.size.width / 2, top: band.top + sunk, size: item.size }
    };
    let boxes: Vec<Rect> = (0..sketch.boxes.len()).map(place).collect();
    let routes = layers.chains.iter().zip(&traces).zip(&ranks.back).map(|((chain, trace), back)| {
        let mut points = Vec::with_capacity(2 * chain.len());
        for (nth, (at, x)) in chain.iter().zip(trace).enumerate() {
            let band = bands[layers.items[*at].layer];
            let from = if nth == 0 { boxes[*at].bottom() } else { band.enter };
            let to = if nth + 1 == chain.len() { boxes[*at].top } else { band.leave };
            points.extend([Point { x: *x, y: from }, Point { x: *x, y: to }]);
        }
        if *back {
            points.reverse();
        }
        let labelled = |at: &usize| layers.items[*at].passes && layers.items[*at].size.width > 0;
        let label = chain.iter().copied().find(labelled).map(place);
        Route { points, label, back: *back }
    });
    let routes = routes.collect();
    let width = (0..layers.items.len()).map(|at| place(at).right()).max().unwrap_or_default();
    let height = bands.last().map_or(0, |band| band.bottom);
    Layout { size: Size { width, height }, boxes, routes }
}

/// The heights of all layers: the further lines swing to the side between two of them, the more room they have.
fn bands(layers: &Layers, ranks: &Ranks, traces: &[Vec<i32>]) -> Vec<Band> {
    let mut swings = vec![0; layers.rows.len()];
    let mut arrows_below = vec![false; layers.rows.len()];
    for ((chain, trace), back) in layers.chains.iter().zip(traces).zip(&ranks.back) {
        for (at, pair) in chain.iter().zip(trace.windows(2)) {
            let swing: &mut i32 = &mut swings[layers.items[*at].layer];
            *swing = (*swing).max((pair[0] - pair[1]).abs());
        }
        arrows_below[layers.items[chain[0]].layer] |= *back;
    }
    let mut enter = 0;
    let mut bands = Vec::with_capacity(swings.len());
    for (layer, (swing, arrows)) in swings.iter().zip(arrows_below).enumerate() {
        let items = || layers.rows[layer].iter().map(|at| &layers.items[*at]);
        let has_boxes = items().any(|item| !item.passes);
        let top = enter + if has_boxes && layer > 0 { UPRIGHT } else { 0 };
        let bottom = top + items().map(|item| item.size.height).max().unwrap_or_default();
        let leave = bottom + if arrows { UPRIGHT } else { 0 };
        bands.push(Band { enter, top, bottom, leave });
        enter = leave + SWING.0 + (swing / STEEPNESS).min(SWING.1 - SWING.0);
    }
    bands
}

/// Moves the upright pieces of lines within the room that they have, so that lines do not swing out and back again, and
/// rather once than twice. O(items).
fn straighten(layers: &Layers, traces: &[Vec<i32>], columns: &mut [i32]) {
    for (chain, trace) in layers.chains.iter().zip(traces) {
        let last = chain.len() - 1;
        let mut first = 1;
        while first < last {
            let x = columns[chain[first]];
            let run = chain[first..last].iter().take_while(|at| columns[**at] == x).count();
            let run = first..first + run;
            let before = if first == 1 { trace[0] } else { columns[chain[first - 1]] };
            let after = if run.end == last { trace[last] } else { columns[chain[run.end]] };
            let room = chain[run.clone()].iter().map(|at| layers.room(*at, columns));
            let (low, high) = room
                .fold((i32::MIN, i32::MAX), |(low, high), (left, right)| (low.max(left), high.min(right)));
            let monotone = x.clamp(before.min(after), before.max(after));
            let straight = [after, before].into_iter().find(|x| (low..=high).contains(x));
            let to = straight.unwrap_or_else(|| monotone.min(high).max(low));
            chain[run.clone()].iter().for_each(|at| columns[*at] = to);
            first = run.end;
        }
    }
}

/// The column of each line in each layer that it meets, from its upper box to its lower one.
fn traces(layers: &Layers, boxes: usize, columns: &[i32]) -> Vec<Vec<i32>> {
    let ports = ports(layers, boxes, columns);
    let traces = layers.chains.iter().zip(ports).map(|(chain, (upper, lower))| {
        let within = chain[1..chain.len() - 1].iter().map(|at| columns[*at]);
        std::iter::once(upper).chain(within).chain([lower]).collect()
    });
    traces.collect()
}

/// Where each line touches its upper and its lower box.
fn ports(layers: &Layers, boxes: usize, columns: &[i32]) -> Vec<(i32, i32)> {
    let mut ports = vec![(0, 0); layers.chains.len()];
    let mut leaving = vec![Vec::new(); boxes];
    let mut coming = vec![Vec::new(); boxes];
    for (wire, chain) in layers.chains.iter().enumerate() {
        let last = chain.len() - 1;
        leaving[chain[0]].push((layers.places[chain[1]], wire, columns[chain[1]]));
        coming[chain[last]].push((layers.places[chain[last - 1]], wire, columns[chain[last - 1]]));
    }
    for (at, (leaving, coming)) in leaving.iter_mut().zip(&mut coming).enumerate() {
        let half = layers.items[at].size.width / 2 - DOOR_GAP / 2;
        let (low, high) = (columns[at] - half, columns[at] + half);
        leaving.sort_unstable();
        for (x, (_, wire, _)) in spread(leaving, low, high).into_iter().zip(leaving) {
            ports[*wire].0 = x;
        }
        coming.sort_unstable();
        for (x, (_, wire, _)) in spread(coming, low, high).into_iter().zip(coming) {
            ports[*wire].1 = x;
        }
    }
    ports
}

/// Places between two bounds, in the given order and apart from each other, as near as that allows to those that are wanted:
/// the places that are wanted too near to each other share their mean.
fn spread(wanted: &[(i32, usize, i32)], low: i32, high: i32) -> Vec<i32> {
    let count = int(wanted.len());
    let gap = DOOR_GAP.min((high - low) / (count - 1).max(1)).max(0);
    // Without the gaps, what is left is that no place is left of the one before it.
    let mut groups: Vec<(i32, i32)> = Vec::new();
    for ((_, _, x), nth) in wanted.iter().zip(0..) {
        let mut group = (x - nth * gap, 1);
        while let Some((sum, size)) = groups.pop_if(|(sum, size)| *sum * group.1 > group.0 * *size) {
            group = (group.0 + sum, group.1 + size);
        }
        groups.push(group);
    }
    let highest = (high - (count - 1) * gap).max(low);
    let means = groups.iter().flat_map(|(sum, size)| {
        let mean = sum.div_euclid(*size).clamp(low, highest);
        (0..*size).map(move |_| mean)
    });
    means.zip(0..).map(|(mean, nth)| mean + nth * gap).collect()
}
