//! What a name stands for, in a few lines: who leads to a node, what starts on an intent, who asks for a field.

use super::analysis::{Analysis, Named};
use crate::bot::{Mention, Role, Symbol};
use crate::diagnostic::{Diagnostics, Place};
use crate::grammar::syntax;
use crate::outline::Reader;
use crate::sms::BrandId;
use std::fmt::Write;

/// Lines of a list that are shown: a node that a hundred ways lead to is no better known by the hundredth.
const LINES_MAX: usize = 20;

/// What is said about a name, in Markdown.
pub(super) fn hover(analysis: &Analysis, named: Named<'_>) -> String {
    let home = analysis.home(named);
    let all = analysis.all(&home, &named.mention.of);
    // Brands that share an intent know nothing of one another: only the own uses are told.
    let own = |mention: &&&Mention| {
        let brand = analysis.brand_of(&analysis.path(mention.place.file));
        mention.role == Role::Declared || named.scope.is_none() || brand == named.scope
    };
    let all: Vec<&Mention> = all.iter().filter(own).copied().collect();
    let about = About { analysis, scope: named.scope, of: &named.mention.of, all };
    match &named.mention.of {
        Symbol::Node { flow, name } => about.node(flow, name),
        Symbol::Flow(name) => about.flow(name),
        Symbol::Intent(name) => about.intent(name),
        Symbol::List(_) | Symbol::Concept(_) | Symbol::Type(_) => about.written(),
        Symbol::Field(_) | Symbol::Resource { .. } => about.written_and_used(),
    }
}

/// A name and all its mentions.
struct About<'a> {
    analysis: &'a Analysis,
    scope: Option<&'a BrandId>,
    of: &'a Symbol,
    all: Vec<&'a Mention>,
}

impl About<'_> {
    fn node(&self, flow: &str, name: &str) -> String {
        let mut ways: Vec<String> = Vec::new();
        if self.is_first(flow) {
            ways.push(format!("the flow `{flow}` starts here{}", self.starts(flow)));
        }
        ways.extend(self.used().filter_map(|place| self.way(place)));
        let title = format!("node `{name}` of the flow `{flow}`");
        if ways.is_empty() {
            return format!("{title}\n\nNothing leads here.");
        }
        format!("{title}\n\nWays here:\n{}", list(&ways))
    }

    fn flow(&self, name: &str) -> String {
        let is_node = |mention: &&Mention| {
            mention.role == Role::Declared && matches!(&mention.of, Symbol::Node { flow, .. } if flow == name)
        };
        let nodes = self.analysis.mentions_in(self.scope).iter().filter(is_node).count();
        let mut said = format!("flow `{name}` of {nodes} node{}", if nodes == 1 { "" } else { "s" });
        let starts = self.starts(name);
        let _written =
            write!(said, "\n\nStarts{}", if starts.is_empty() { " on no intent" } else { &starts });
        let ways: Vec<String> = self.used().filter_map(|place| self.way(place)).collect();
        if !ways.is_empty() {
            let _written = write!(said, "\n\nUsed in:\n{}", list(&ways));
        }
        said
    }

    fn written_and_used(&self) -> String {
        let declared = self.written();
        let ways: Vec<String> = self.used().filter_map(|place| self.way(place)).collect();
        if ways.is_empty() {
            return format!("{declared}\n\nNothing uses `{}`.", self.of.name());
        }
        format!("{declared}\n\nUsed in:\n{}", list(&ways))
    }

    fn intent(&self, name: &str) -> String {
        let mut said = format!("intent `{name}`");
        let mut counts = Vec::new();
        for file in self.declared().map(|place| place.file) {
            let source = self.analysis.source(file);
            let grammar = syntax::parse(&source.text, &mut Reader::new(file, &mut Diagnostics::default()));
            let language = grammar.language();
            let decls = grammar.intents.iter().filter(|intent| intent.name.value == name);
            let (patterns, samples) = decls.fold((0, 0), |(patterns, samples), intent| {
                (patterns + intent.patterns.len(), samples + intent.samples.len())
            });
            let path = source.path.display();
            let line = format!("{patterns} patterns and {samples} samples in `{language}`, in `{path}`");
            if !counts.contains(&line) {
                counts.push(line);
            }
        }
        let _written = write!(said, "\n\n{}", list(&counts));
        let ways: Vec<String> = self.used().filter_map(|place| self.way(place)).collect();
        if ways.is_empty() {
            said.push_str("\n\nNo flow names it: it starts nothing and leads nowhere.");
        } else {
            let _written = write!(said, "\n\nUsed in:\n{}", list(&ways));
        }
        said
    }

    /// Its declarations as they are written.
    fn written(&self) -> String {
        let mut blocks = Vec::new();
        for place in self.declared() {
            let written = self.analysis.declaration(place);
            let shown: Vec<&str> = written.lines().take(LINES_MAX).collect();
            let more = if written.lines().count() > LINES_MAX { "\n…" } else { "" };
            blocks.push(format!("```\n{}{more}\n```", shown.join("\n")));
        }
        if blocks.is_empty() {
            blocks.push(format!("{} `{}`, which comes with sayso", self.of.kind(), self.of.name()));
        }
        blocks.join("\n")
    }

    fn declared(&self) -> impl Iterator<Item = Place> {
        self.places(Role::Declared)
    }

    fn used(&self) -> impl Iterator<Item = Place> {
        self.places(Role::Used)
    }

    fn places(&self, role: Role) -> impl Iterator<Item = Place> {
        self.all.iter().filter(move |mention| mention.role == role).map(|mention| mention.place)
    }

    /// Where a use stands, and what the line says; conversations are no ways.
    fn way(&self, place: Place) -> Option<String> {
        let path = &self.analysis.source(place.file).path;
        let line = self.analysis.line(place).replace('`', "'");
        if path.extension().is_some_and(|ending| ending == "chat") {
            return None;
        }
        let brand = self.analysis.brand_of(&self.analysis.path(place.file));
        let owner = match self.analysis.within(brand, place) {
            Some((flow, Some(node))) if self.is_in(flow) => format!("`{node}`"),
            Some((flow, Some(node))) => format!("`{flow}.{node}`"),
            Some((flow, None)) => format!("the flow `{flow}`"),
            None => format!("`{}`", path.display()),
        };
        Some(format!("{owner}: `{line}`"))
    }

    /// Whether this is about a node of that flow.
    fn is_in(&self, flow: &str) -> bool {
        matches!(self.of, Symbol::Node { flow: own, .. } if own == flow)
    }

    /// Whether the node is the first of its flow.
    fn is_first(&self, flow: &str) -> bool {
        let nodes = self.analysis.mentions_in(self.scope).iter().filter(|mention| {
            mention.role == Role::Declared
                && matches!(&mention.of, Symbol::Node { flow: of, .. } if of == flow)
        });
        nodes.min_by_key(|mention| mention.place).is_some_and(|first| first.of == *self.of)
    }

    /// The intents that start a flow: ` on a, b`.
    fn starts(&self, flow: &str) -> String {
        let intents = self.analysis.mentions_in(self.scope).iter().filter(|mention| {
            matches!(mention.of, Symbol::Intent(_))
                && mention.role == Role::Used
                && self.analysis.line(mention.place).starts_with("start ")
                && self.analysis.within(self.scope, mention.place) == Some((flow, None))
        });
        let names: Vec<String> = intents.map(|mention| format!("`{}`", mention.of.name())).collect();
        if names.is_empty() { String::new() } else { format!(" on {}", names.join(", ")) }
    }
}

/// Lines as a Markdown list; the first ones, where there are many.
fn list(lines: &[String]) -> String {
    let mut list: Vec<String> = lines.iter().take(LINES_MAX).map(|line| format!("- {line}")).collect();
    if lines.len() > LINES_MAX {
        list.push(format!("- and {} more", lines.len() - LINES_MAX));
    }
    list.join("\n")
}
