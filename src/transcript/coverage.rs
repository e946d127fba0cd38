//! What of a brand's flows conversations have walked: nodes, and ways out of them.

use crate::bot::{Bot, By};
use crate::dialogue::Trace;
use std::collections::BTreeSet;

/// The nodes and ways that were walked, by their stable names: `flow.node`, `flow.node way`, `flow on intent`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    walked: BTreeSet<String>,
}

impl Coverage {
    /// Adds what one turn walked.
    pub fn add(&mut self, trace: &Trace) {
        self.walked.extend(trace.nodes.iter().chain(&trace.ways).cloned());
    }

    /// Adds what others walked.
    pub fn extend(&mut self, other: Self) {
        self.walked.extend(other.walked);
    }

    /// Whether that was walked.
    #[must_use]
    pub fn has(&self, name: &str) -> bool {
        self.walked.contains(name)
    }
}

/// All nodes of a brand, by name.
#[must_use]
pub fn nodes(bot: &Bot) -> Vec<String> {
    bot.nodes().map(|(flow, node)| format!("{}.{}", flow.name, node.name)).collect()
}

/// All ways of a brand, by name, in the order of its files: those that its flows hear, and those out of its nodes.
#[must_use]
pub fn ways(bot: &Bot) -> Vec<String> {
    let heard = bot.flows().flat_map(|flow| {
        flow.on.iter().map(|(intent, _)| format!("{} {}", flow.name, By::On(*intent).name(bot)))
    });
    let out = bot.nodes().flat_map(|(flow, node)| {
        node.ways().map(|way| format!("{}.{} {}", flow.name, node.name, way.by.name(bot)))
    });
    heard.chain(out).collect()
}
