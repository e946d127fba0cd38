//! A flow on paper: how much room boxes and labels need, and so where they stand.

use crate::graph::caption::{self, Row, SMALL};
use crate::graph::joined::{CROWD, Drawn, Joined};
use crate::graph::layout::{Layout, Size, Sketch, Wire, layout};
use crate::graph::measure::width;
use crate::graph::picture::{Chart, LineKind};

/// Between a box's border and its words.
pub(super) const PADDING: i32 = 10;
/// The height of a line of a label, and where its letters stand in it.
pub(super) const LABEL_LINE: i32 = 14;
pub(super) const LABEL_BASE: i32 = 11;

/// The height of a line in a box, and where its letters stand in it.
const ROW: (i32, i32) = (16, 12);
/// The narrowest box.
const WIDTH_MIN: i32 = 60;

/// A flow with everything in its place.
#[derive(Debug)]
pub(super) struct Sheet<'p> {
    pub(super) chart: &'p Chart,
    pub(super) drawn: Drawn,
    /// What stands in each box.
    pub(super) rows: Vec<Vec<Row<'p>>>,
    pub(super) layout: Layout,
}

impl<'p> Sheet<'p> {
    pub(super) fn of(chart: &'p Chart) -> Self {
        let drawn = Drawn::of(chart, CROWD);
        let rows = chart.marks.iter().zip(&drawn.told).map(|(mark, told)| caption::rows(chart, mark, told));
        let rows: Vec<Vec<Row<'p>>> = rows.collect();
        let wires = drawn.lines.iter().map(|line| Wire {
            from: line.from,
            to: line.to,
            label: label_size(&caption::labels(chart, line)),
            strong: matches!(line.kind, LineKind::Main | LineKind::Entry),
        });
        let sketch =
            Sketch { boxes: rows.iter().map(|rows| box_size(rows)).collect(), wires: wires.collect() };
        Self { chart, layout: layout(&sketch), drawn, rows }
    }

    /// What stands at a line: the stable name of each of its ways, and its words.
    pub(super) fn labels(&self, line: &Joined) -> Vec<(&'p str, String)> {
        caption::labels(self.chart, line)
    }

    /// Where the letters of each row of a box stand, from its upper border.
    pub(super) fn baselines(&self, at: usize) -> impl Iterator<Item = i32> {
        let top = top_padding(&self.rows[at]);
        (0..).map(move |nth| top + ROW.1 + ROW.0 * nth)
    }
}

fn label_size(labels: &[(&str, String)]) -> Option<Size> {
    let widest = labels.iter().map(|(_, label)| width(label, SMALL)).max()?;
    let count = i32::try_from(labels.len()).unwrap_or(i32::MAX);
    Some(Size { width: even(widest + 8), height: even(LABEL_LINE * count) })
}

fn top_padding(rows: &[Row<'_>]) -> i32 {
    if rows.len() == 1 { 5 } else { 7 }
}

fn box_size(rows: &[Row<'_>]) -> Size {
    let widest = rows.iter().map(Row::width).max().unwrap_or_default();
    let count = i32::try_from(rows.len()).unwrap_or(i32::MAX);
    Size {
        width: even(widest + 2 * PADDING).max(WIDTH_MIN),
        height: even(ROW.0 * count + 2 * top_padding(rows)),
    }
}

fn even(pixels: i32) -> i32 {
    pixels + pixels % 2
}
