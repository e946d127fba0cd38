//! `dot`: the language of Graphviz.

use super::Format;
use super::caption::{labels, rows};
use super::joined::{CROWD, Drawn, Shade};
use super::picture::{LineKind, MarkKind, Picture};
use std::fmt::Write;

pub(super) const FORMAT: Format = Format { name: "dot", endings: &["dot", "gv"], write };

const HEAD: &str =
    "  graph [fontname=\"sans-serif\", fontsize=14, labeljust=l, style=rounded, color=\"#d9dde3\"]
  node [fontname=\"sans-serif\", fontsize=11, shape=box, style=rounded, color=\"#8993a1\"]
  edge [fontname=\"sans-serif\", fontsize=10, color=\"#39424f\", arrowsize=0.7]
";

fn write(picture: &Picture) -> String {
    let mut page = format!("digraph {} {{\n{HEAD}", quoted(&picture.brand));
    for chart in &picture.charts {
        let drawn = Drawn::of(chart, CROWD);
        // What begins with `cluster` gets a frame.
        let (cluster, flow) = (quoted(&format!("cluster {}", chart.flow)), quoted(&chart.flow));
        add(&mut page, format_args!("  subgraph {cluster} {{\n    label={flow}"));
        for (mark, told) in chart.marks.iter().zip(&drawn.told) {
            let words: String = rows(chart, mark, told).iter().map(|row| left(&row.words)).collect();
            let look = match mark.kind {
                MarkKind::Entry => ", style=\"rounded,filled\", fillcolor=\"#e4e7eb\"",
                MarkKind::Passes => "",
                MarkKind::Asks => ", color=\"#2f6fde\", penwidth=1.6",
                MarkKind::Waits => ", color=\"#b07514\"",
                MarkKind::Calls => ", color=\"#7c4fd0\", peripheries=2",
            };
            let shade = shade(Shade::of(mark.walked));
            add(&mut page, format_args!("    {} [label=\"{words}\"{look}{shade}]", quoted(&mark.id)));
        }
        for line in &drawn.lines {
            let words: String = labels(chart, line).iter().map(|(_, words)| left(words)).collect();
            let look = match line.kind {
                LineKind::Entry | LineKind::Main => "weight=4",
                LineKind::Side => "style=dashed, color=\"#9aa4b1\", fontcolor=\"#697484\"",
                LineKind::Heard => "style=dotted",
            };
            let label = if words.is_empty() { words } else { format!("label=\"{words}\", ") };
            let (from, to) = (quoted(&chart.marks[line.from].id), quoted(&chart.marks[line.to].id));
            let shade = shade(line.shade(chart));
            add(&mut page, format_args!("    {from} -> {to} [{label}{look}{shade}]"));
        }
        page.push_str("  }\n");
    }
    if picture.shaded {
        page.push_str(LEGEND);
    }
    page.push_str("}\n");
    page
}

/// What the colours of a shaded picture mean.
const LEGEND: &str = "  subgraph \"cluster legend\" {
    label=\"walked by conversations\"
    \"legend walked\" [label=\"walked\", color=\"#1a7f4b\", fontcolor=\"#1a7f4b\", penwidth=1.8]
    \"legend partly\" [label=\"some of its ways\", color=\"#b07514\", fontcolor=\"#b07514\", penwidth=1.8]
    \"legend never\" [label=\"never\", color=\"#c22f2f\", fontcolor=\"#c22f2f\", penwidth=1.8]
  }
";

/// The attributes of what was walked or not; of two values for one attribute Graphviz takes the last.
fn shade(shade: Option<Shade>) -> String {
    let colour = match shade {
        None => return String::new(),
        Some(Shade::Walked) => "#1a7f4b",
        Some(Shade::Partly) => "#b07514",
        Some(Shade::Never) => "#c22f2f",
    };
    format!(", color=\"{colour}\", fontcolor=\"{colour}\", penwidth=1.8")
}

fn add(page: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(page, "{line}").expect("writing to a string cannot fail");
}

fn quoted(words: &str) -> String {
    format!("\"{}\"", escaped(words))
}

/// A line of a label that begins at the left.
fn left(words: &str) -> String {
    escaped(words) + "\\l"
}

/// Words between quotes: a backslash would begin a sign of its own, `&` one of HTML's.
fn escaped(words: &str) -> String {
    let words = words.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "&amp;");
    words.replace(|c: char| c.is_control(), " ")
}
