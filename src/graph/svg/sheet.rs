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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::picture::Picture;
    use crate::workspace::Workspace;

    /// A flow as large as people still want to see whole: 42 nodes, a hundred ways.
    fn table() -> Picture {
        let folder = tempfile::tempdir().expect("a folder can be made");
        for (path, text) in [
            ("sayso.toml", "[providers.main]\nkind = \"generic\"\ntoken = \"env:TOKEN\"\n"),
            ("flows/bistro/brand.flow", include_str!("../../../tests/graph/table/brand.flow")),
            ("flows/bistro/table.flow", include_str!("../../../tests/graph/table/table.flow")),
            ("grammars/bistro/table.grammar", include_str!("../../../tests/graph/table/table.grammar")),
        ] {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().expect("it lies in a folder")).expect("it can be made");
            std::fs::write(path, text).expect("it can be written");
        }
        let workspace = Workspace::open(folder.path());
        let bot = workspace.bot("bistro").expect("the brand has no errors");
        Picture::of(bot, None, bot.first_language())
    }

    /// Pieces of lines that cross, by going along them.
    fn crossings(layout: &Layout) -> usize {
        type Piece = ((i32, i32), (i32, i32));
        let pieces: Vec<(usize, Piece)> = layout
            .routes
            .iter()
            .enumerate()
            .flat_map(|(line, route)| {
                let pairs =
                    route.points.windows(2).map(|pair| ((pair[0].x, pair[0].y), (pair[1].x, pair[1].y)));
                pairs.map(move |(a, b)| (line, if a.1 <= b.1 { (a, b) } else { (b, a) }))
            })
            .collect();
        let cross = |((ax, ay), (bx, by)): Piece, ((cx, cy), (dx, dy)): Piece| {
            // Lines swing between the same two rows, or they do not meet.
            (ay, by) == (cy, dy) && ay < by && (ax - cx).signum() * (bx - dx).signum() < 0
        };
        let mut found = 0;
        for (nth, (line, piece)) in pieces.iter().enumerate() {
            found +=
                pieces[..nth].iter().filter(|(other, with)| other != line && cross(*piece, *with)).count();
        }
        found
    }

    #[test]
    fn a_flow_of_forty_nodes_can_be_read() {
        let picture = table();
        let sheet = Sheet::of(&picture.charts[0]);
        assert!(sheet.drawn.lines.len() > 60, "{}", sheet.drawn.lines.len());
        let crossings = crossings(&sheet.layout);

        assert!(crossings <= 12, "{crossings} pieces of lines cross");
        assert!(sheet.layout.size.width <= 2_100, "{:?}", sheet.layout.size);

        // The first option is on the left.
        let column = |option: &str| {
            let line =
                sheet.drawn.lines.iter().position(|line| sheet.chart.ways[line.ways[0]].id.ends_with(option));
            sheet.layout.routes[line.expect("the menu has it")].label.expect("options have labels").left
        };
        assert!(
            column("menu option 1") < column("menu option 2")
                && column("menu option 2") < column("menu option 3")
        );

        let up = sheet.drawn.lines.iter().zip(&sheet.layout.routes).filter(|(_, route)| route.back);
        let up: Vec<&str> = up.map(|(line, _)| sheet.chart.ways[line.ways[0]].id.as_str()).collect();
        assert_eq!(up, ["table.day on back", "table.hour on back", "table.confirm option 2"]);
    }
}
