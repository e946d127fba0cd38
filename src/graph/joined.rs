//! Which ways are drawn as lines, and which are told in words inside their box.

use super::picture::{Chart, LineKind, To};
use std::collections::BTreeMap;

/// Lines that come to a box before those of people who do not answer are told in words instead: a dozen dashed lines to the
/// last node tell nobody anything.
pub(super) const CROWD: usize = 5;

/// Ways of one kind from a mark to another: one line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Joined {
    pub(super) from: usize,
    pub(super) to: usize,
    pub(super) kind: LineKind,
    /// By their place in [`Chart::ways`].
    pub(super) ways: Vec<usize>,
}

/// How far what is drawn by one line was walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shade {
    /// All of it.
    Walked,
    /// Some of its ways.
    Partly,
    /// Nothing of it.
    Never,
}

impl Shade {
    /// Of one thing.
    pub(super) fn of(walked: Option<bool>) -> Option<Self> {
        walked.map(|walked| if walked { Self::Walked } else { Self::Never })
    }
}

impl Joined {
    /// How far its ways were walked, where that is shown.
    pub(super) fn shade(&self, chart: &Chart) -> Option<Shade> {
        let ways = self.ways.iter().filter_map(|at| chart.ways[*at].walked);
        let (all, walked) = ways.fold((0, 0), |(all, some), walked| (all + 1, some + usize::from(walked)));
        match (all, walked) {
            (0, _) => None,
            (_, 0) => Some(Shade::Never),
            (all, walked) => Some(if all == walked { Shade::Walked } else { Shade::Partly }),
        }
    }
}

/// The lines of a chart, and what is told in words: the ways, by their place, of each mark.
#[derive(Debug)]
pub(super) struct Drawn {
    pub(super) lines: Vec<Joined>,
    pub(super) told: Vec<Vec<usize>>,
}

impl Drawn {
    /// `crowd` is how many lines may come to a mark before some are told in words. O(ways · log ways).
    pub(super) fn of(chart: &Chart, crowd: usize) -> Self {
        let all = join(chart, |_| true);
        let mut coming = vec![0; chart.marks.len()];
        for line in &all {
            coming[line.to] += 1;
        }
        let is_line = |at: usize| {
            let way = &chart.ways[at];
            let To::Mark(to) = way.to else { return false };
            let weak = matches!(way.kind, LineKind::Side | LineKind::Heard);
            way.from != to && !(weak && coming[to] > crowd)
        };
        let mut told = vec![Vec::new(); chart.marks.len()];
        let words = (0..chart.ways.len()).filter(|at| !is_line(*at));
        words.for_each(|at| told[chart.ways[at].from].push(at));
        Self { lines: join(chart, is_line), told }
    }
}

/// Lines in the order of the file, by the first of their ways.
fn join(chart: &Chart, is_line: impl Fn(usize) -> bool) -> Vec<Joined> {
    let mut lines: Vec<Joined> = Vec::new();
    let mut known: BTreeMap<(usize, usize, LineKind), usize> = BTreeMap::new();
    for (at, way) in chart.ways.iter().enumerate().filter(|(at, _)| is_line(*at)) {
        let To::Mark(to) = way.to else { continue };
        let line = *known.entry((way.from, to, way.kind)).or_insert_with(|| {
            lines.push(Joined { from: way.from, to, kind: way.kind, ways: Vec::new() });
            lines.len() - 1
        });
        lines[line].ways.push(at);
    }
    lines
}
