//! What a sound bot may still get wrong: nodes that nobody reaches, flows that nothing starts.

use super::{Action, Bot, BrandSources, NodeIx};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};

/// Reports what would surprise people. O(nodes + ways).
pub(super) fn check(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let mut reached = vec![false; bot.nodes.len()];
    for (number, decl) in sources.flows.iter().flat_map(|file| &file.flows).enumerate() {
        let flow = &bot.flows[number];
        walk(bot, flow.first, &mut reached);
        for (_, to) in &flow.on {
            walk(bot, *to, &mut reached);
        }
        if let Some(to) = flow.gone {
            walk(bot, to, &mut reached);
        }
        if decl.start_on.is_empty() {
            let message = format!("nothing starts the flow `{}`", flow.name);
            let diagnostic = Diagnostic::new(Code::NeverStarted, decl.name.place, message);
            found.push(diagnostic.hint("write `start on INTENT` below it, if people start it by a text"));
        }
    }
    let decls = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    for (decl, reached) in decls.zip(&reached) {
        if !reached {
            let message = format!("nothing leads to the node `{}`", decl.name.value);
            let diagnostic = Diagnostic::new(Code::Unreachable, decl.name.place, message);
            found.push(diagnostic.hint("lead a way out to it with `-> NODE`, or take it away"));
        }
    }
    let decls: Vec<_> =
        sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes).collect();
    for (index, decl) in decls.iter().enumerate() {
        if speaks_for_ever(bot, NodeIx::new(index)) {
            let message =
                format!("silence leads from `{0}` back to `{0}`, and it speaks on the way", decl.name.value);
            let diagnostic = Diagnostic::new(Code::SilentCycle, decl.name.place, message);
            found.push(diagnostic.hint("let one of the `silent` ways lead to an end"));
        }
    }
    if bot.numbers.is_empty() {
        let diagnostic = Diagnostic::new(Code::NoNumber, sources.top, "the brand has no number");
        found.push(diagnostic.hint("write `numbers +14045550100 via ACCOUNT` before it goes live"));
    }
}

/// Whether somebody who never answers would be written to again and again: a way from a node back to itself by silence
/// and open ways out alone, on which a text is said.
fn speaks_for_ever(bot: &Bot, start: NodeIx) -> bool {
    let says = |ix: NodeIx| bot.node(ix).actions.iter().any(|action| matches!(action, Action::Say(_)));
    let mut reached = vec![false; bot.nodes.len()];
    let mut open = silent_ways(bot, start);
    let mut spoken = says(start);
    while let Some(at) = open.pop() {
        if at == start {
            return spoken;
        }
        if !std::mem::replace(&mut reached[at.index()], true) {
            spoken |= says(at);
            open.extend(silent_ways(bot, at));
        }
    }
    false
}

/// Where a node leads when nobody answers.
fn silent_ways(bot: &Bot, ix: NodeIx) -> Vec<NodeIx> {
    let node = bot.node(ix);
    let leaving = node.actions.iter().filter_map(|action| match action {
        Action::Leave(exit) => exit.to,
        Action::Say(_) | Action::Tag(_) | Action::Untag(_) | Action::Language(_) => None,
    });
    match &node.wait {
        Some(ask) => leaving.chain(ask.silent.iter().map(|(_, to)| *to)).collect(),
        None => leaving.chain(node.exits.iter().filter_map(|exit| exit.to)).collect(),
    }
}

/// Marks every node that can be reached from one.
fn walk(bot: &Bot, from: NodeIx, reached: &mut [bool]) {
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        let Some(mark) = reached.get_mut(at.index()) else { continue };
        if std::mem::replace(mark, true) {
            continue;
        }
        let node = bot.node(at);
        let leaving = node.actions.iter().filter_map(|action| match action {
            Action::Leave(exit) => exit.to,
            Action::Say(_) | Action::Tag(_) | Action::Untag(_) | Action::Language(_) => None,
        });
        open.extend(leaving.chain(node.exits.iter().filter_map(|exit| exit.to)));
        if let Some(ask) = &node.wait {
            open.extend(ask.tries.iter().map(|(_, to)| *to));
            open.extend(ask.silent.iter().map(|(_, to)| *to));
            open.extend(ask.on.iter().map(|(_, to)| *to));
        }
    }
}
