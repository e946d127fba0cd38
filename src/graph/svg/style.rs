//! Colours and strokes. The two sets of colours are written out: variables are not understood everywhere.

use crate::graph::caption::{NAME, SMALL, WORDS};

/// What is coloured, by which property, in light and in dark surroundings.
const COLOURS: [(&str, &str, &str, &str); 27] = [
    (".paper", "fill", "#ffffff", "#14161a"),
    (".frame", "fill", "#f6f7f9", "#1b1e24"),
    (".frame", "stroke", "#d9dde3", "#343a44"),
    (".mask", "fill", "#f6f7f9", "#1b1e24"),
    ("text", "fill", "#1c2330", "#e7eaef"),
    (".flow", "fill", "#5b6675", "#a3adbb"),
    (".box", "fill", "#ffffff", "#262b33"),
    (".box", "stroke", "#8993a1", "#76808f"),
    (".asks .box", "stroke", "#2f6fde", "#6ea0ff"),
    (".asks .waits-for", "fill", "#2359b8", "#8fb6ff"),
    (".waits .box", "stroke", "#b07514", "#dca94c"),
    (".waits .waits-for", "fill", "#8a5a08", "#ebc079"),
    (".calls .box", "stroke", "#7c4fd0", "#b394f5"),
    (".calls .waits-for", "fill", "#6639ba", "#c9b3fa"),
    (".enter .box", "fill", "#39424f", "#c3cad4"),
    (".enter .box", "stroke", "#39424f", "#c3cad4"),
    (".enter text", "fill", "#ffffff", "#14161a"),
    (".leaves", "fill", "#697484", "#98a3b2"),
    (".legend", "fill", "#697484", "#98a3b2"),
    (".line", "stroke", "#39424f", "#c3cad4"),
    (".arrow", "fill", "#39424f", "#c3cad4"),
    (".side .line", "stroke", "#9aa4b1", "#6d7785"),
    (".side .arrow", "fill", "#9aa4b1", "#6d7785"),
    (".side .label", "fill", "#697484", "#98a3b2"),
    (".back .line", "stroke", "#c2571a", "#ef935c"),
    (".back .arrow", "fill", "#c2571a", "#ef935c"),
    (".back .label", "fill", "#a34310", "#f4ad80"),
];

/// The same of what conversations have walked: it goes before the colours of kinds.
const SHADES: [(&str, &str, &str, &str); 12] = [
    (".walked .box", "stroke", "#1a7f4b", "#4fc98a"),
    (".walked .line", "stroke", "#1a7f4b", "#4fc98a"),
    (".walked .arrow", "fill", "#1a7f4b", "#4fc98a"),
    (".walked .label", "fill", "#15663c", "#7fd9aa"),
    (".partly .box", "stroke", "#b07514", "#dca94c"),
    (".partly .line", "stroke", "#b07514", "#dca94c"),
    (".partly .arrow", "fill", "#b07514", "#dca94c"),
    (".partly .label", "fill", "#8a5a08", "#ebc079"),
    (".never .box", "stroke", "#c22f2f", "#f07a7a"),
    (".never .line", "stroke", "#c22f2f", "#f07a7a"),
    (".never .arrow", "fill", "#c22f2f", "#f07a7a"),
    (".never .label", "fill", "#9c2424", "#f5a3a3"),
];

/// The style sheet of a picture; `shaded` where it shows what conversations have walked.
pub(super) fn rules(shaded: bool) -> String {
    let (name, words, label) = (NAME, WORDS, SMALL);
    let mut rules = format!(
        "text{{font:{words}px system-ui,sans-serif}}\
         .flow{{font-size:15px;font-weight:600}}\
         .name{{font-size:{name}px;font-weight:600}}\
         .waits-for{{font-weight:600}}\
         .does{{font-style:italic}}\
         .enter .name{{font-size:{words}px;font-weight:400;text-anchor:middle}}\
         .leaves,.ends,.label,.legend{{font-size:{label}px}}\
         .label{{text-anchor:middle}}\
         .box{{stroke-width:1.3}}\
         .asks .box{{stroke-width:1.8}}\
         .line{{fill:none;stroke-width:1.5}}\
         .side .line{{stroke-width:1.1;stroke-dasharray:5 4}}\
         .heard .line{{stroke-width:1.1;stroke-dasharray:1.5 3.5;stroke-linecap:round}}"
    );
    let colours = |dark: bool| {
        let rule = move |(what, property, light, other): &(&str, &str, &str, &str)| {
            format!("{what}{{{property}:{}}}", if dark { other } else { light })
        };
        let more = if shaded { SHADES.as_slice() } else { &[] };
        COLOURS.iter().chain(more).map(rule).collect::<String>()
    };
    rules.extend([&colours(false), "@media (prefers-color-scheme:dark){", &colours(true), "}"]);
    rules
}
