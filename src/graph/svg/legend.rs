//! What colours and strokes mean, below the flows: only what is there.

use super::sheet::Sheet;
use crate::graph::caption::{SMALL, WORDS};
use crate::graph::layout::{Point, Rect, Size};
use crate::graph::measure::width;
use crate::graph::picture::{LineKind, MarkKind};

/// A sample's width, and the room behind it and behind its words.
const SAMPLE: i32 = 26;
const BEHIND: (i32, i32) = (6, 20);
/// Its height with the room above it.
pub(super) const HEIGHT: i32 = 28;

const MARKS: [(MarkKind, &str, &str); 3] = [
    (MarkKind::Asks, "asks", "asks"),
    (MarkKind::Waits, "waits", "waits"),
    (MarkKind::Calls, "calls", "calls another flow"),
];

const LINES: [(LineKind, &str, &str); 3] = [
    (LineKind::Main, "main", "the main way"),
    (LineKind::Side, "side", "no answer: tries, silence"),
    (LineKind::Heard, "heard", "heard meanwhile"),
];

/// What the colours mean of what conversations have walked.
const SHADES: [(&str, &str); 3] =
    [("main walked", "walked"), ("main partly", "some of its ways"), ("main never", "✗ never walked")];

/// A sample and what it means.
pub(super) struct Entry {
    /// The classes that it is drawn by.
    pub(super) class: &'static str,
    pub(super) sample: Sample,
    pub(super) words: &'static str,
    /// Where the words begin.
    pub(super) at: Point,
}

pub(super) enum Sample {
    Box(Rect),
    Line(Point, i32),
}

/// The legend from a point on, and where it ends.
pub(super) fn legend(sheets: &[Sheet<'_>], shaded: bool, from: Point) -> (Vec<Entry>, i32) {
    let has_mark =
        |kind: MarkKind| sheets.iter().any(|sheet| sheet.chart.marks.iter().any(|mark| mark.kind == kind));
    let has_line =
        |kind: LineKind| sheets.iter().any(|sheet| sheet.drawn.lines.iter().any(|line| line.kind == kind));
    let has_back = sheets.iter().any(|sheet| sheet.layout.routes.iter().any(|route| route.back));
    let marks = MARKS.iter().filter(|(kind, ..)| has_mark(*kind));
    let lines = LINES.iter().filter(|(kind, ..)| has_line(*kind));
    let back = has_back.then_some((false, "main back", "leads back up"));
    let shown = marks.map(|(_, class, words)| (true, *class, *words));
    let shown = shown.chain(lines.map(|(_, class, words)| (false, *class, *words))).chain(back);
    let colours = SHADES.iter().filter(|_| shaded).map(|(class, words)| (false, *class, *words));
    let shown = shown.chain(colours);
    let mut left = from.x;
    let mut entries = Vec::new();
    for (is_mark, class, words) in shown {
        let size = Size { width: SAMPLE, height: WORDS };
        let sample = if is_mark {
            Sample::Box(Rect { left, top: from.y, size })
        } else {
            Sample::Line(Point { x: left, y: from.y + WORDS / 2 }, SAMPLE)
        };
        let at = Point { x: left + SAMPLE + BEHIND.0, y: from.y + WORDS - 2 };
        left = at.x + width(words, SMALL) + BEHIND.1;
        entries.push(Entry { class, sample, words, at });
    }
    (entries, left - BEHIND.1)
}
