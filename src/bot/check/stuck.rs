//! Where people would be stuck: nodes from which no way leads to an end.

use super::super::{Action, Bot, FlowIx, NodeIx, Wait};
use super::calls;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::flow::syntax::NodeDecl;

/// Reports such nodes.
pub(super) fn stuck(bot: &Bot, decls: &[&NodeDecl], found: &mut Diagnostics) {
    let ends = ends(bot);
    let mut told: Option<FlowIx> = None;
    for ((decl, node), _) in decls.iter().zip(&bot.nodes).zip(ends).filter(|(_, ends)| !ends) {
        if told.replace(node.flow) == Some(node.flow) {
            continue; // the first of a flow is enough: the others lead to it, or it leads to them
        }
        let message = format!("nobody who comes to `{}` gets to an end", decl.name.value);
        let diagnostic = Diagnostic::new(Code::NoEnd, decl.name.place, message);
        found.push(
            diagnostic.hint(
                "let a way out lead to `end`: after some `tries`, after a `silent` time, or by an option",
            ),
        );
    }
}

/// For each node whether some way leads from it to the end of its flow, what it calls having ended too.
fn ends(bot: &Bot) -> Vec<bool> {
    let mut ends = vec![false; bot.nodes.len()];
    let mut changed = true;
    // As often as flows call one another, plus once for each node on the longest way in the worst order of writing.
    while changed {
        changed = false;
        for index in (0..ends.len()).rev() {
            if ends[index] {
                continue;
            }
            let node = bot.node(NodeIx::new(index));
            let comes_back = calls(node).is_none_or(|flow| ends[bot.flow(flow).first.index()]);
            let behind =
                comes_back && node.exits.iter().any(|exit| exit.to.is_none_or(|to| ends[to.index()]));
            let before = node.actions.iter().flat_map(Action::ways);
            let doors = node.wait.iter().flat_map(Wait::ways);
            let heard =
                node.wait.iter().flat_map(|_| &bot.flow(node.flow).on).any(|(_, to)| ends[to.index()]);
            let leads = before.chain(doors).any(|way| way.to.is_none_or(|to| ends[to.index()]));
            if behind || leads || heard {
                (ends[index], changed) = (true, true);
            }
        }
    }
    ends
}
