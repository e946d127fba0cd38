//! Fields that are read where nothing can have filled them yet.

use super::super::{Bot, BrandSources};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::expr::{Expr, Piece, Template};
use crate::flow::brand::{BrandFile, LookupDecl};
use crate::flow::syntax::{AwaitedDecl, FlowDecl, Line, NodeDecl, WaitDecl};
use crate::flow::{Door, TextDecl};
use std::collections::{BTreeMap, BTreeSet};

/// Fields by name.
type Fields<'s> = BTreeSet<&'s str>;

/// Reports fields that are read where no way through the flow has filled them, and no other flow fills them either: those who
/// come for the first time would read a gap, and a comparison would be false for them. O(ways · fields) for each flow.
pub(super) fn filled(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let flows: Vec<&FlowDecl> = sources.flows.iter().flat_map(|file| &file.flows).collect();
    let filled_in: Vec<Fields<'_>> = flows.iter().map(|flow| all_filled(flow, sources.brand)).collect();
    for (number, flow) in flows.iter().enumerate() {
        let others = filled_in.iter().enumerate().filter(|(other, _)| *other != number);
        let elsewhere: Fields<'_> = others.flat_map(|(_, fields)| fields.iter().copied()).collect();
        let mut walk = Walk { bot, brand: sources.brand, flow, before: BTreeMap::new(), ahead: Vec::new() };
        walk.run(&elsewhere);
        walk.report(found);
    }
}

/// Every field that a flow may fill.
fn all_filled<'s>(flow: &'s FlowDecl, brand: &'s BrandFile) -> Fields<'s> {
    let lines = flow.nodes.iter().flat_map(|node| &node.lines);
    lines.flat_map(|line| fills(line, brand)).collect()
}

/// The fields that a line fills, once it is over.
fn fills<'s>(line: &'s Line, brand: &'s BrandFile) -> Vec<&'s str> {
    if let Line::Set(field, _) = line {
        return vec![&field.value];
    }
    let Some(wait) = line.wait() else { return Vec::new() };
    if let AwaitedDecl::Ask(field) = &wait.what {
        return vec![&field.value];
    }
    lookups(wait, brand).flat_map(|lookup| &lookup.fills).map(|(field, _)| field.value.as_str()).collect()
}

/// The block of the lookup that a wait asks for.
fn lookups<'s>(wait: &'s WaitDecl, brand: &'s BrandFile) -> impl Iterator<Item = &'s LookupDecl> {
    let asked = if let AwaitedDecl::Lookup(name) = &wait.what { Some(name) } else { None };
    brand.lookups.iter().filter(move |lookup| asked.is_some_and(|name| lookup.name.value == name.value))
}

/// A walk through one flow that collects, for each node, what some way to it has filled.
struct Walk<'s> {
    bot: &'s Bot,
    brand: &'s BrandFile,
    flow: &'s FlowDecl,
    before: BTreeMap<&'s str, Fields<'s>>,
    ahead: Vec<&'s NodeDecl>,
}

impl<'s> Walk<'s> {
    /// Walks until nothing new is learned: sets only grow, and there are as many as nodes.
    fn run(&mut self, elsewhere: &Fields<'s>) {
        if let Some(first) = self.flow.nodes.first() {
            self.arrive(&first.name.value, elsewhere);
        }
        self.flow.gone.iter().for_each(|to| self.arrive(&to.value, elsewhere));
        while let Some(node) = self.ahead.pop() {
            let before = self.before[node.name.value.as_str()].clone();
            self.node(node, before, &mut |_, _| {});
        }
    }

    fn report(&mut self, found: &mut Diagnostics) {
        let mut told = BTreeSet::new();
        for node in &self.flow.nodes {
            let Some(before) = self.before.get(node.name.value.as_str()).cloned() else { continue };
            let mut gaps: Vec<&At<String>> = Vec::new();
            self.node(node, before, &mut |name, filled| {
                if !filled.contains(name.value.as_str()) {
                    gaps.push(name);
                }
            });
            gaps.retain(|name| told.insert(name.place));
            for name in gaps {
                let message = format!("nothing has filled `{}` when it is read here", name.value);
                let diagnostic = Diagnostic::new(Code::NeverFilled, name.place, message);
                found.push(diagnostic.hint(format!(
                    "ask for it before, write `{} else …`, or go another way by `when known {}`",
                    name.value, name.value
                )));
            }
        }
    }

    /// Comes to a node with what is filled by then.
    fn arrive(&mut self, name: &str, filled: &Fields<'s>) {
        let Some(node) = self.flow.nodes.iter().find(|node| node.name.value == name) else { return };
        let new = !self.before.contains_key(node.name.value.as_str());
        let known = self.before.entry(&node.name.value).or_default();
        let learned = known.len();
        known.extend(filled);
        if new || known.len() > learned {
            self.ahead.push(node);
        }
    }

    /// Goes through the lines of a node: each field that is read goes to `read`, with what is filled by then.
    fn node(
        &mut self,
        node: &'s NodeDecl,
        mut filled: Fields<'s>,
        read: &mut impl FnMut(&'s At<String>, &Fields<'s>),
    ) {
        let bot = self.bot;
        let is_field = |name: &str| bot.fields().iter().any(|field| field.name == name);
        for line in &node.lines {
            let mut names = Vec::new();
            match line {
                Line::Say(text) => text.wordings().for_each(|template| of_template(template, &mut names)),
                Line::Set(_, value) | Line::When(value, _) => of_expr(value, &mut names),
                Line::Wait(wait) => of_wait(wait, self.brand, &mut names),
                Line::Tag(_)
                | Line::Untag(_)
                | Line::Language(_)
                | Line::Notify(_)
                | Line::Split(_)
                | Line::Go(_)
                | Line::End(_) => {}
            }
            names.into_iter().filter(|name| is_field(&name.value)).for_each(|name| read(name, &filled));
            self.lead(line, &filled);
            let before = filled.clone();
            filled.extend(fills(line, self.brand));
            if let Line::Wait(wait) = line {
                // Whoever waits hears the flow's own `on`; of the doors only that of an answer has filled something.
                self.flow.on.iter().for_each(|branch| self.arrive(&branch.to.value, &before));
                for (door, to) in &wait.prompt.doors {
                    self.arrive(&to.value, if *door == Door::Ok { &filled } else { &before });
                }
            }
        }
    }

    /// Goes where a line leads.
    fn lead(&mut self, line: &'s Line, filled: &Fields<'s>) {
        match line {
            Line::When(condition, to) => {
                let mut filled = filled.clone();
                known(condition, &mut filled);
                self.arrive(&to.value, &filled);
            }
            Line::Go(to) => self.arrive(&to.value, filled),
            Line::Split(arms) => arms.value.iter().for_each(|(_, to)| self.arrive(&to.value, filled)),
            Line::Wait(wait) => wait.prompt.on.iter().for_each(|on| self.arrive(&on.to.value, filled)),
            Line::Say(_)
            | Line::Tag(_)
            | Line::Untag(_)
            | Line::Language(_)
            | Line::Set(..)
            | Line::Notify(_)
            | Line::End(_) => {}
        }
    }
}

/// What the texts below a wait read, and the address of a lookup.
fn of_wait<'s>(wait: &'s WaitDecl, brand: &'s BrandFile, names: &mut Vec<&'s At<String>>) {
    let said = wait.prompt.texts().flat_map(TextDecl::wordings);
    let asked = lookups(wait, brand).flat_map(|lookup| &lookup.url).map(|url| &url.value);
    said.chain(asked).for_each(|template| of_template(template, names));
}

/// The names that a text reads without a default.
fn of_template<'s>(template: &'s Template, names: &mut Vec<&'s At<String>>) {
    for piece in &template.pieces {
        match piece {
            Piece::Expr(expr) | Piece::Plural(expr, _) => of_expr(expr, names),
            Piece::Words(_) | Piece::Link(_) => {}
        }
    }
}

/// The names that an expression reads without a default.
fn of_expr<'s>(expr: &'s Expr, names: &mut Vec<&'s At<String>>) {
    match expr {
        Expr::Name(name) => names.push(name),
        Expr::Else(_, default) => of_expr(default, names),
        Expr::Not(inner) => of_expr(inner, names),
        // Where both stand in one condition, `known` is there for the other.
        Expr::And(a, b) | Expr::Or(a, b) => {
            let mut asked = Fields::new();
            asks(expr, &mut asked);
            let mut both = Vec::new();
            of_expr(a, &mut both);
            of_expr(b, &mut both);
            names.extend(both.into_iter().filter(|name| !asked.contains(name.value.as_str())));
        }
        Expr::Sum(a, _, b) | Expr::Compare(a, _, b) => {
            of_expr(a, names);
            of_expr(b, names);
        }
        Expr::Number(_)
        | Expr::Quoted(_)
        | Expr::Tag(_)
        | Expr::Known(_)
        | Expr::LastReply(_)
        | Expr::Near(..) => {}
    }
}

/// The fields of which a condition asks whether they are filled.
fn asks<'s>(expr: &'s Expr, fields: &mut Fields<'s>) {
    match expr {
        Expr::Known(name) => _ = fields.insert(&name.value),
        Expr::And(a, b) | Expr::Or(a, b) => {
            asks(a, fields);
            asks(b, fields);
        }
        Expr::Not(inner) => asks(inner, fields),
        Expr::Name(_)
        | Expr::Compare(..)
        | Expr::Number(_)
        | Expr::Quoted(_)
        | Expr::Tag(_)
        | Expr::Else(..)
        | Expr::Sum(..)
        | Expr::LastReply(_)
        | Expr::Near(..) => {}
    }
}

/// The fields that a condition asks to be filled, and those that it compares: where it holds, they are.
fn known<'s>(expr: &'s Expr, filled: &mut Fields<'s>) {
    match expr {
        Expr::Known(name) | Expr::Name(name) => _ = filled.insert(&name.value),
        Expr::And(a, b) | Expr::Or(a, b) | Expr::Compare(a, _, b) => {
            known(a, filled);
            known(b, filled);
        }
        Expr::Not(inner) => known(inner, filled),
        Expr::Number(_)
        | Expr::Quoted(_)
        | Expr::Tag(_)
        | Expr::Else(..)
        | Expr::Sum(..)
        | Expr::LastReply(_)
        | Expr::Near(..) => {}
    }
}
