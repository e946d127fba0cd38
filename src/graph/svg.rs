//! `svg`: a picture that needs nothing else, in light and dark surroundings.

mod legend;
mod sheet;
mod style;

use super::Format;
use super::caption::Tone;
use super::joined::Shade;
use super::layout::{Point, Rect, Route};
use super::picture::{LineKind, MarkKind, Picture, To};
use legend::Sample;
use sheet::Sheet;
use std::fmt::Write;

pub(super) const FORMAT: Format = Format { name: "svg", endings: &["svg"], write };

/// Room around everything, and between flows.
const MARGIN: i32 = 24;
/// Room between a flow's frame and what is in it; its name stands in the upper one.
const FRAME: (i32, i32) = (20, 40);
/// The arrow's length and half of its width.
const ARROW: (i32, i32) = (9, 4);

fn write(picture: &Picture) -> String {
    let sheets: Vec<Sheet<'_>> = picture.charts.iter().map(Sheet::of).collect();
    let frames = frames(&sheets);
    let right = frames.iter().map(|frame| frame.right()).max().unwrap_or_default();
    let bottom = frames.iter().map(|frame| frame.bottom()).max().unwrap_or_default();
    let (legend, legend_right) =
        legend::legend(&sheets, picture.shaded, Point { x: MARGIN, y: bottom + MARGIN / 2 });
    let (width, height) = (right.max(legend_right) + MARGIN, bottom + legend::HEIGHT + MARGIN / 2);
    let mut page = Page(String::new());
    let flows: Vec<&str> = picture.charts.iter().map(|chart| chart.flow.as_str()).collect();
    let title = format!("{}: {}", picture.name, flows.join(", "));
    page.line(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" aria-labelledby=\"title\">"
    ));
    page.line(&format!("<title id=\"title\">{}</title>", escaped(&title)));
    page.line(&format!("<style>{}</style>", style::rules(picture.shaded)));
    page.line(&format!("<rect class=\"paper\" width=\"{width}\" height=\"{height}\"/>"));
    for (sheet, frame) in sheets.iter().zip(&frames) {
        page.flow(sheet, *frame);
    }
    for entry in &legend {
        page.legend(entry);
    }
    page.line("</svg>");
    page.0
}

/// Where the flows stand: side by side as long as the picture is not much wider than high.
fn frames(sheets: &[Sheet<'_>]) -> Vec<Rect> {
    let mut sizes: Vec<_> = sheets.iter().map(|sheet| sheet.layout.size).collect();
    for size in &mut sizes {
        size.width += 2 * FRAME.0;
        size.height += FRAME.0 + FRAME.1;
    }
    let area: i64 = sizes.iter().map(|size| i64::from(size.width) * i64::from(size.height)).sum();
    let widest = sizes.iter().map(|size| size.width).max().unwrap_or_default();
    let room = widest.max(i32::try_from((area * 3 / 2).isqrt()).unwrap_or(i32::MAX));
    let (mut left, mut top, mut bottom) = (MARGIN, MARGIN, MARGIN);
    let mut frames = Vec::with_capacity(sizes.len());
    for size in sizes {
        if left > MARGIN && left + size.width > room + MARGIN {
            (left, top) = (MARGIN, bottom + MARGIN);
        }
        frames.push(Rect { left, top, size });
        left += size.width + MARGIN;
        bottom = bottom.max(top + size.height);
    }
    frames
}

struct Page(String);

impl Page {
    fn line(&mut self, line: &str) {
        self.0.push_str(line);
        self.0.push('\n');
    }

    fn flow(&mut self, sheet: &Sheet<'_>, frame: Rect) {
        self.line(&format!("<g{}>", data_id(Some(&sheet.chart.flow))));
        self.line(&rect("frame", frame, 10));
        let name = Point { x: frame.left + FRAME.0, y: frame.top + 26 };
        self.text("flow", name, &sheet.chart.flow, None);
        self.line(&format!("<g transform=\"translate({} {})\">", frame.left + FRAME.0, frame.top + FRAME.1));
        // Those that stand out are drawn last.
        let mut order: Vec<usize> = (0..sheet.drawn.lines.len()).collect();
        order.sort_by_key(|at| {
            let kind = sheet.drawn.lines[*at].kind;
            (kind == LineKind::Main, sheet.layout.routes[*at].back)
        });
        for at in order {
            self.way(sheet, at);
        }
        for at in 0..sheet.chart.marks.len() {
            self.mark(sheet, at);
        }
        self.line("</g>\n</g>");
    }

    /// A line with its arrow and its labels. A line of one way carries its name, else each label that of its own.
    fn way(&mut self, sheet: &Sheet<'_>, at: usize) {
        let (line, route) = (&sheet.drawn.lines[at], &sheet.layout.routes[at]);
        let kind = match line.kind {
            LineKind::Entry => "entry",
            LineKind::Main => "main",
            LineKind::Side => "side",
            LineKind::Heard => "heard",
        };
        let back = if route.back { " back" } else { "" };
        let shade = class(line.shade(sheet.chart));
        let ids: Vec<&str> = line.ways.iter().map(|way| sheet.chart.ways[*way].id.as_str()).collect();
        let own = match ids.as_slice() {
            // The mark of an entry carries the name.
            [id] if line.kind != LineKind::Entry => data_id(Some(id)),
            _ => String::new(),
        };
        self.line(&format!("<g class=\"{kind}{back}{shade}\"{own}>"));
        self.line(&format!("<title>{}</title>", escaped(&ids.join("\n"))));
        self.line(&format!("<path class=\"line\" d=\"{}\"/>", curve(route)));
        self.line(&format!("<path class=\"arrow\" d=\"{}\"/>", arrow(route)));
        if let Some(label) = route.label {
            self.line(&rect("mask", label, 3));
            let x = label.left + label.size.width / 2;
            for ((id, words), nth) in sheet.labels(line).iter().zip(0..) {
                let y = label.top + sheet::LABEL_LINE * nth + sheet::LABEL_BASE;
                self.text("label", Point { x, y }, words, Some(*id).filter(|_| own.is_empty()));
            }
        }
        self.line("</g>");
    }

    fn mark(&mut self, sheet: &Sheet<'_>, at: usize) {
        let (mark, place) = (&sheet.chart.marks[at], sheet.layout.boxes[at]);
        let kind = match mark.kind {
            MarkKind::Entry => "enter",
            MarkKind::Passes => "passes",
            MarkKind::Asks => "asks",
            MarkKind::Waits => "waits",
            MarkKind::Calls => "calls",
        };
        let ways = sheet.chart.ways.iter().filter(|way| way.from == at).map(|way| {
            let to = match &way.to {
                To::Mark(to) => &sheet.chart.marks[*to].title,
                To::Elsewhere(id) => id,
                To::End => "end",
            };
            format!("{} -> {to}", way.label).trim().to_owned()
        });
        let whole = std::iter::once(mark.id.clone()).chain(mark.says.iter().cloned());
        let whole = whole.chain(mark.does.iter().cloned()).chain(mark.waits.clone()).chain(ways);
        let whole: Vec<String> = whole.map(|line| escaped(&line)).collect();
        let shade = class(Shade::of(mark.walked));
        self.line(&format!("<g class=\"{kind}{shade}\"{}>", data_id(Some(&mark.id))));
        self.line(&format!("<title>{}</title>", whole.join("\n")));
        let round = if mark.kind == MarkKind::Entry { place.size.height / 2 } else { 6 };
        self.line(&rect("box", place, round));
        for (row, y) in sheet.rows[at].iter().zip(sheet.baselines(at)) {
            let class = match row.tone {
                Tone::Name => "name",
                Tone::Says => "says",
                Tone::Does => "does",
                Tone::Waits => "waits-for",
                Tone::Leaves => "leaves",
                Tone::Ends => "ends",
            };
            let middle = place.left + place.size.width / 2;
            let x = if mark.kind == MarkKind::Entry { middle } else { place.left + sheet::PADDING };
            self.text(class, Point { x, y: place.top + y }, &row.words, row.way);
        }
        self.line("</g>");
    }

    fn legend(&mut self, entry: &legend::Entry) {
        let sample = match entry.sample {
            Sample::Box(place) => rect("box", place, 3),
            Sample::Line(Point { x, y }, length) => format!("<path class=\"line\" d=\"M{x} {y}h{length}\"/>"),
        };
        self.line(&format!("<g class=\"{}\">{sample}</g>", entry.class));
        self.text("legend", entry.at, entry.words, None);
    }

    fn text(&mut self, class: &str, at: Point, words: &str, id: Option<&str>) {
        let (Point { x, y }, id, words) = (at, data_id(id), escaped(words));
        self.line(&format!("<text class=\"{class}\" x=\"{x}\" y=\"{y}\"{id}>{words}</text>"));
    }
}

/// The class of what was walked so far, where that is shown.
fn class(shade: Option<Shade>) -> &'static str {
    match shade {
        None => "",
        Some(Shade::Walked) => " walked",
        Some(Shade::Partly) => " partly",
        Some(Shade::Never) => " never",
    }
}

/// The stable name of a node or a way, by which styles are found.
fn data_id(id: Option<&str>) -> String {
    id.map(|id| format!(" data-id=\"{}\"", escaped(id))).unwrap_or_default()
}

fn rect(class: &str, place: Rect, round: i32) -> String {
    let Rect { left, top, size } = place;
    format!(
        "<rect class=\"{class}\" x=\"{left}\" y=\"{top}\" width=\"{}\" height=\"{}\" rx=\"{round}\"/>",
        size.width, size.height
    )
}

/// Upright within rows, and swinging from one to the next.
fn curve(route: &Route) -> String {
    let mut path = String::new();
    let end = shortened_end(route);
    let last = route.points.len().saturating_sub(1);
    for (nth, point) in route.points.iter().enumerate() {
        let point = if nth == last { end } else { *point };
        let before = nth.checked_sub(1).map(|nth| route.points[nth]);
        let written = match before {
            None => write!(path, "M{} {}", point.x, point.y),
            Some(before) if before.x == point.x => write!(path, "V{}", point.y),
            Some(before) => {
                let middle = i32::midpoint(before.y, point.y);
                write!(path, "C{} {middle} {} {middle} {} {}", before.x, point.x, point.x, point.y)
            }
        };
        written.expect("writing to a string cannot fail");
    }
    path
}

/// The line ends within its arrow, so that it does not show at the tip.
fn shortened_end(route: &Route) -> Point {
    let tip = route.points.last().copied().unwrap_or(Point { x: 0, y: 0 });
    Point { y: tip.y - ARROW.0 / 2 * downwards(route), ..tip }
}

/// 1 for a line whose last piece leads down, -1 for one that leads up.
fn downwards(route: &Route) -> i32 {
    if route.back { -1 } else { 1 }
}

fn arrow(route: &Route) -> String {
    let tip = route.points.last().copied().unwrap_or(Point { x: 0, y: 0 });
    let base = -ARROW.0 * downwards(route);
    format!("M{} {}l-{} {base}h{}z", tip.x, tip.y, ARROW.1, 2 * ARROW.1)
}

/// Words as XML holds them. What XML 1.0 cannot hold at all is shown as U+FFFD.
pub fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    for c in words.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\t' | '\n' | '\r' => escaped.push(c),
            '\0'..' ' | '\u{fffe}' | '\u{ffff}' => escaped.push('\u{fffd}'),
            _ => escaped.push(c),
        }
    }
    escaped
}
