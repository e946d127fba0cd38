//! `json`: the picture as data, for tools that draw or count for themselves.

use super::Format;
use super::picture::{Chart, Line, LineKind, Mark, MarkKind, Picture, To};
use serde::Serialize;

pub(super) const FORMAT: Format = Format { name: "json", endings: &["json"], write };

#[derive(Serialize)]
struct Drawn<'p> {
    brand: &'p str,
    name: &'p str,
    language: String,
    flows: Vec<Flow<'p>>,
}

#[derive(Serialize)]
struct Flow<'p> {
    name: &'p str,
    entries: Vec<Way<'p>>,
    nodes: Vec<Node<'p>>,
    ways: Vec<Way<'p>>,
}

#[derive(Serialize)]
struct Node<'p> {
    id: &'p str,
    name: &'p str,
    kind: &'static str,
    says: &'p [String],
    does: &'p [String],
    #[serde(skip_serializing_if = "Option::is_none")]
    waits: Option<&'p str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    walked: Option<bool>,
}

#[derive(Serialize)]
struct Way<'p> {
    id: &'p str,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<&'p str>,
    /// `null` where the flow ends.
    to: Option<&'p str>,
    label: &'p str,
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    walked: Option<bool>,
}

/// One object on one line, in the order of the files.
fn write(picture: &Picture) -> String {
    let drawn = Drawn {
        brand: &picture.brand,
        name: &picture.name,
        language: picture.language.to_string(),
        flows: picture.charts.iter().map(flow).collect(),
    };
    let text = serde_json::to_string(&drawn).expect("strings and lists of them are always JSON");
    text + "\n"
}

fn flow(chart: &Chart) -> Flow<'_> {
    let (entries, ways): (Vec<&Line>, Vec<&Line>) =
        chart.ways.iter().partition(|way| way.kind == LineKind::Entry);
    let marks = chart.marks.iter().filter(|mark| mark.kind != MarkKind::Entry);
    Flow {
        name: &chart.flow,
        entries: entries.into_iter().map(|line| way(chart, line)).collect(),
        nodes: marks.map(node).collect(),
        ways: ways.into_iter().map(|line| way(chart, line)).collect(),
    }
}

fn node(mark: &Mark) -> Node<'_> {
    Node {
        id: &mark.id,
        name: &mark.title,
        kind: match mark.kind {
            MarkKind::Entry => "entry",
            MarkKind::Passes => "passes",
            MarkKind::Asks => "asks",
            MarkKind::Waits => "waits",
            MarkKind::Calls => "calls",
        },
        says: &mark.says,
        does: &mark.does,
        waits: mark.waits.as_deref(),
        walked: mark.walked,
    }
}

fn way<'p>(chart: &'p Chart, line: &'p Line) -> Way<'p> {
    let from = &chart.marks[line.from];
    Way {
        id: &line.id,
        from: (line.kind != LineKind::Entry).then_some(from.id.as_str()),
        to: match &line.to {
            To::Mark(to) => Some(&chart.marks[*to].id),
            To::Elsewhere(id) => Some(id),
            To::End => None,
        },
        label: if line.kind == LineKind::Entry { &from.title } else { &line.label },
        kind: match line.kind {
            LineKind::Entry => "entry",
            LineKind::Main => "main",
            LineKind::Side => "side",
            LineKind::Heard => "heard",
        },
        walked: line.walked,
    }
}
