//! The links of a brand: every text that may give one a name.

use crate::bot::BrandSources;
use crate::diagnostic::Diagnostics;
use crate::expr::{self, Template};
use crate::flow::TextDecl;
use crate::flow::syntax::Line;
use std::collections::BTreeMap;

/// The addresses of the brand's links by name, wherever in its files they stand.
pub(super) fn links(sources: &BrandSources<'_>, found: &mut Diagnostics) -> BTreeMap<String, String> {
    let nodes = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    let said = nodes.flat_map(|node| &node.lines).flat_map(texts);
    expr::links(
        sources.brand.fallback.iter().chain(&sources.brand.leaving).chain(said).flat_map(templates),
        found,
    )
}

fn templates(text: &TextDecl) -> impl Iterator<Item = &Template> {
    std::iter::once(&text.template).chain(&text.others)
}

/// The texts of a line, and of what stands below it.
fn texts(line: &Line) -> Vec<&TextDecl> {
    let said = if let Line::Say(text) = line { Some(text) } else { None };
    let prompt = line.wait().map(|wait| &wait.prompt);
    let below = prompt.into_iter().flat_map(|p| p.unclear.iter().chain(&p.invalid).chain(&p.again));
    said.into_iter().chain(below).collect()
}
