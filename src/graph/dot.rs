//! `dot`: the language of Graphviz.

use super::Format;
use super::caption::{labels, rows};
use super::joined::{CROWD, Drawn};
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
            add(&mut page, format_args!("    {} [label=\"{words}\"{look}]", quoted(&mark.id)));
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
            add(&mut page, format_args!("    {from} -> {to} [{label}{look}]"));
        }
        page.push_str("  }\n");
    }
    page.push_str("}\n");
    page
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
