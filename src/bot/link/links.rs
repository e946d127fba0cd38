//! The links of a brand: every text that may give one a name.

use crate::bot::BrandSources;
use crate::diagnostic::Diagnostics;
use crate::expr;
use crate::flow::TextDecl;
use crate::flow::syntax::Line;
use std::collections::BTreeMap;

/// The addresses of the brand's links by name, wherever in its files they stand.
pub(super) fn links(sources: &BrandSources<'_>, found: &mut Diagnostics) -> BTreeMap<String, String> {
    let nodes = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    let said = nodes.flat_map(|node| &node.lines).flat_map(texts);
    expr::links(sources.brand.texts().chain(said).flat_map(TextDecl::wordings), found)
}

/// The texts of a line, and of what stands below it.
fn texts(line: &Line) -> Vec<&TextDecl> {
    match line {
        Line::Say(text) => vec![text],
        Line::Wait(wait) => wait.prompt.texts().collect(),
        Line::Tag(_)
        | Line::Untag(_)
        | Line::Language(_)
        | Line::Set(..)
        | Line::Split(_)
        | Line::Notify(_)
        | Line::When(..)
        | Line::Go(_)
        | Line::End(_) => Vec::new(),
    }
}
