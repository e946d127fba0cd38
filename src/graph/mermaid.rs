//! `mermaid`: a flowchart in the language that Markdown pages on the web draw.

use super::Format;
use super::caption::{Row, Tone, labels, rows};
use super::joined::{CROWD, Drawn, Shade};
use super::picture::{LineKind, Mark, MarkKind, Picture};
use std::fmt::Write;

pub(super) const FORMAT: Format = Format { name: "mermaid", endings: &["mmd", "mermaid"], write };

/// How kinds of nodes and the lighter lines are drawn.
const CLASSES: &str = "  classDef asks stroke:#2f6fde,stroke-width:2px
  classDef waits stroke:#b07514
  classDef calls stroke:#7c4fd0
";
/// What the colours of a shaded picture mean.
const LEGEND: &str = "  subgraph legend [\"walked by conversations\"]
    legendWalked[\"walked\"]
    legendPartly[\"some of its ways\"]
    legendNever[\"never\"]
  end
";
/// How far something was walked, and how that is drawn.
const SHADES: [(Shade, &str, &str, &str); 3] = [
    (Shade::Walked, "walked", "stroke:#1a7f4b,stroke-width:2px", "legendWalked"),
    (Shade::Partly, "partly", "stroke:#b07514,stroke-width:2px", "legendPartly"),
    (Shade::Never, "never", "stroke:#c22f2f,stroke-width:2px", "legendNever"),
];
const LIGHT: &str = "stroke:#9aa4b1,stroke-width:1px";

fn write(picture: &Picture) -> String {
    let mut page = String::from("flowchart TD\n");
    let mut light: Vec<String> = Vec::new();
    let mut lines = 0usize;
    let mut shaded = Shaded::default();
    for (nth, chart) in picture.charts.iter().enumerate() {
        let drawn = Drawn::of(chart, CROWD);
        add(&mut page, format_args!("  subgraph f{nth} [\"{}\"]", escaped(&chart.flow)));
        page.push_str("    direction TB\n");
        for ((at, mark), told) in chart.marks.iter().enumerate().zip(&drawn.told) {
            let words = box_words(mark, &rows(chart, mark, told));
            let (open, close) = match mark.kind {
                MarkKind::Entry => ("([\"", "\"])"),
                MarkKind::Passes => ("[\"", "\"]"),
                MarkKind::Asks => ("[\"", "\"]:::asks"),
                MarkKind::Waits => ("[\"", "\"]:::waits"),
                MarkKind::Calls => ("[[\"", "\"]]:::calls"),
            };
            add(&mut page, format_args!("    f{nth}n{at}{open}{words}{close}"));
            shaded.marks.extend(Shade::of(mark.walked).map(|shade| (shade, format!("f{nth}n{at}"))));
        }
        for line in &drawn.lines {
            let labels = labels(chart, line).into_iter().map(|(_, words)| escaped(&words));
            let labels = labels.collect::<Vec<_>>().join("<br/>");
            let label = if labels.is_empty() { labels } else { format!("|\"{labels}\"|") };
            let arrow = match line.kind {
                LineKind::Entry | LineKind::Main => "-->",
                LineKind::Side | LineKind::Heard => "-.->",
            };
            match line.shade(chart) {
                Some(shade) => shaded.lines.push((shade, lines.to_string())),
                None if line.kind == LineKind::Side => light.push(lines.to_string()),
                None => {}
            }
            lines += 1;
            add(&mut page, format_args!("    f{nth}n{} {arrow}{label} f{nth}n{}", line.from, line.to));
        }
        page.push_str("  end\n");
    }
    page.push_str(CLASSES);
    if !light.is_empty() {
        add(&mut page, format_args!("  linkStyle {} {LIGHT}", light.join(",")));
    }
    if picture.shaded {
        shaded.write(&mut page);
    }
    page
}

/// What is coloured by how far it was walked: the names of marks, the numbers of lines.
#[derive(Default)]
struct Shaded {
    marks: Vec<(Shade, String)>,
    lines: Vec<(Shade, String)>,
}

impl Shaded {
    fn write(&self, page: &mut String) {
        page.push_str(LEGEND);
        for (shade, class, look, sample) in SHADES {
            let of = |all: &[(Shade, String)]| {
                let own = all.iter().filter(|(own, _)| *own == shade).map(|(_, name)| name.clone());
                own.collect::<Vec<_>>()
            };
            let marks = [of(&self.marks), vec![sample.to_owned()]].concat().join(",");
            add(page, format_args!("  classDef {class} {look}\n  class {marks} {class}"));
            let lines = of(&self.lines);
            if !lines.is_empty() {
                add(page, format_args!("  linkStyle {} {look}", lines.join(",")));
            }
        }
    }
}

/// The lines in a box. Mermaid breaks a text by itself.
fn box_words(mark: &Mark, rows: &[Row<'_>]) -> String {
    let mut words = String::new();
    for (nth, row) in rows.iter().enumerate() {
        let goes_on = row.tone == Tone::Says && nth > 0 && rows[nth - 1].tone == Tone::Says;
        let between = if goes_on { " " } else { "<br/>" };
        words.push_str(if nth == 0 { "" } else { between });
        let bold = row.tone.is_bold() && mark.kind != MarkKind::Entry;
        let (open, close) = if bold { ("<b>", "</b>") } else { ("", "") };
        words.extend([open, escaped(&row.words).as_str(), close]);
    }
    words
}

fn add(page: &mut String, line: std::fmt::Arguments<'_>) {
    writeln!(page, "{line}").expect("writing to a string cannot fail");
}

/// Words between quotes. Signs that mean something to mermaid, to Markdown or to HTML are written as numbers: mermaid reads
/// labels as all three. What it still takes for a formula or a line break then is parted by a blank without width.
fn escaped(words: &str) -> String {
    let mut escaped = String::with_capacity(words.len());
    // "1. " begins a list.
    let number = words.chars().take_while(char::is_ascii_digit).count();
    let mut signs = words.chars().enumerate().peekable();
    while let Some((at, c)) = signs.next() {
        let begins_list = at == number && (c == '.' || c == ')' && at > 0 || at == 0 && "-+".contains(c));
        if begins_list || "\"#&<>%$*_~`|\\^".contains(c) || c.is_control() {
            write!(escaped, "#{};", u32::from(c)).expect("writing to a string cannot fail");
        } else {
            escaped.push(c);
        }
        if matches!((c, signs.peek()), ('$', Some((_, '$'))) | ('\\', Some((_, 'n')))) {
            escaped.push('\u{200b}');
        }
    }
    escaped
}
