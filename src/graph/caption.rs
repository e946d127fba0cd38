//! What stands in the box of a mark and at a line, broken into lines: the same in every format that draws.

use super::joined::Joined;
use super::measure::{lines, width};
use super::picture::{Chart, Line, Mark, MarkKind, To};

/// Sizes of the fonts, in pixels: of a node's name, of what else stands in its box, of the smaller words there and at lines.
pub(super) const NAME: i32 = 13;
pub(super) const WORDS: i32 = 12;
pub(super) const SMALL: i32 = 11;

/// The room that words have in a box and at a line, in pixels.
const IN_BOX: i32 = 184;
const AT_LINE: i32 = 210;
/// Lines of a node's text, and of what a node without a text does.
const TEXT_LINES: usize = 2;
const DOES_LINES: usize = 2;

/// A line in a box.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Row<'c> {
    pub(super) tone: Tone,
    pub(super) words: String,
    /// The stable name of the way out that it tells.
    pub(super) way: Option<&'c str>,
}

/// What a line in a box tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Tone {
    /// The node's name, or the way into the flow.
    Name,
    /// The text it says first.
    Says,
    /// What it does, where it says nothing.
    Does,
    /// What it waits for.
    Waits,
    /// A way out.
    Leaves,
    /// A way out that ends the flow.
    Ends,
}

impl Tone {
    /// The size of its letters.
    pub(super) fn font(self) -> i32 {
        match self {
            Self::Name => NAME,
            Self::Says | Self::Does | Self::Waits => WORDS,
            Self::Leaves | Self::Ends => SMALL,
        }
    }

    pub(super) fn is_bold(self) -> bool {
        matches!(self, Self::Name | Self::Waits)
    }
}

impl Row<'_> {
    /// The room it needs in pixels; bold letters are a tenth wider.
    pub(super) fn width(&self) -> i32 {
        let plain = width(&self.words, self.tone.font());
        if self.tone.is_bold() { plain * 11 / 10 } else { plain }
    }
}

/// What stands in a box; `told` are the ways out that are not drawn as lines, by their place in the chart.
pub(super) fn rows<'c>(chart: &'c Chart, mark: &Mark, told: &[usize]) -> Vec<Row<'c>> {
    let mut rows = Vec::new();
    let mut add = |tone: Tone, text: &str, most, way| {
        let broken = lines(text, tone.font(), IN_BOX, most).into_iter();
        rows.extend(broken.map(|words| Row { tone, words, way }));
    };
    add(Tone::Name, &mark.title, if mark.kind == MarkKind::Entry { TEXT_LINES } else { 1 }, None);
    match mark.says.first() {
        Some(text) => add(Tone::Says, text, TEXT_LINES, None),
        None => mark.does.iter().take(DOES_LINES).for_each(|does| add(Tone::Does, does, 1, None)),
    }
    if let Some(waits) = &mark.waits {
        add(Tone::Waits, waits, 1, None);
    }
    for way in told.iter().map(|at| &chart.ways[*at]) {
        let tone = if way.to == To::End { Tone::Ends } else { Tone::Leaves };
        add(tone, &format!("{}{}", sign(way), told_words(chart, way)), 1, Some(&way.id));
    }
    rows
}

/// A way out in words.
fn told_words(chart: &Chart, way: &Line) -> String {
    let to = match &way.to {
        To::Mark(to) => &chart.marks[*to].title,
        To::Elsewhere(id) => id,
        To::End if way.label.is_empty() => return "■ end".to_owned(),
        To::End => "end",
    };
    format!("{} → {to}", way.label).trim().to_owned()
}

/// What stands before a way that conversations have never walked: a colour alone is not seen by everybody.
fn sign(way: &Line) -> &'static str {
    if way.walked == Some(false) { "✗ " } else { "" }
}

/// What stands at a line, one under the other: the stable name of each of its ways, and its words. The plain way out needs
/// none where it is alone.
pub(super) fn labels<'c>(chart: &'c Chart, line: &Joined) -> Vec<(&'c str, String)> {
    let ways: Vec<&Line> = line.ways.iter().map(|at| &chart.ways[*at]).collect();
    if let [only] = ways.as_slice()
        && only.label.is_empty()
        && sign(only).is_empty()
    {
        return Vec::new();
    }
    let label = |way: &&'c Line| {
        let is_alone = ways.len() == 1;
        let words = if way.label.is_empty() && !is_alone { "otherwise" } else { &way.label };
        (way.id.as_str(), lines(&format!("{}{words}", sign(way)), SMALL, AT_LINE, 1).concat())
    };
    ways.iter().map(label).collect()
}
