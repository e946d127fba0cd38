//! The links of a brand: every text that may give one a name.

use crate::bot::BrandSources;
use crate::diagnostic::Diagnostics;
use crate::expr::{self, Template};
use crate::flow::TextDecl;
use crate::flow::syntax::{Line, PromptDecl};
use std::collections::BTreeMap;

/// The addresses of the brand's links by name, wherever in its files they stand.
pub(super) fn links(sources: &BrandSources<'_>, found: &mut Diagnostics) -> BTreeMap<String, String> {
    let nodes = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    let said = nodes.flat_map(|node| &node.lines).flat_map(texts);
    let brand = sources.brand;
    expr::links(brand.fallback.iter().chain(&brand.leaving).chain(said).flat_map(templates), found)
}

fn templates(text: &TextDecl) -> impl Iterator<Item = &Template> {
    std::iter::once(&text.template).chain(&text.others)
}

/// The texts of a line, and of what stands below it.
fn texts(line: &Line) -> Vec<&TextDecl> {
    match line {
        Line::Say(text) => vec![text],
        Line::Wait(wait) => prompt(&wait.prompt),
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

fn prompt(prompt: &PromptDecl) -> Vec<&TextDecl> {
    let PromptDecl { unclear, invalid, again, tries: _, silent: _, on: _, doors: _ } = prompt;
    unclear.iter().chain(invalid).chain(again).collect()
}
