//! A dialogue as it is stored: by stable names, never by numbers that the next edit of a file would change.
//! Joining a stored dialogue to the bot of the day happens here and nowhere else.

use super::state::{Frame, Person, State};
use crate::bot::{Bot, FlowIx, NodeIx};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A stored dialogue.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Record {
    /// The open flows, by name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub stack: Vec<Standpoint>,
    /// All else.
    pub person: Person,
}

/// An open flow and the node whose question waits, by name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standpoint {
    /// The flow.
    pub flow: String,
    /// The node.
    pub node: String,
    /// Bad answers to its question.
    #[serde(default)]
    pub tries: u32,
    /// The person was moved here by an edit and has not been asked yet.
    #[serde(default)]
    pub displaced: bool,
    /// When the pause ends that its node makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Joins a stored dialogue to a bot.
///
/// A flow or node that was renamed is found by its `was`; where a node is gone, the flow's `gone` says where its people
/// go, else they begin the flow again; where a flow is gone, it is left. Nobody is lost, and what is known stays.
#[must_use]
pub fn resume(bot: &Bot, record: Record) -> State {
    let mut stack: Vec<Frame> = Vec::with_capacity(record.stack.len());
    for stood in &record.stack {
        let Some(flow) = bot.flow_named(&stood.flow) else {
            // Whoever returns from a flow that is gone is asked again where they come back to.
            if let Some(below) = stack.last_mut() {
                below.displaced = true;
            }
            continue;
        };
        let (node, moved) = node_of(bot, flow, &stood.node);
        let displaced = stood.displaced || moved;
        stack.push(Frame { flow, node, tries: stood.tries, displaced, until: stood.until });
    }
    State { stack, person: record.person }
}

/// The node somebody stands on, and whether it is another one than before or has lost its question.
fn node_of(bot: &Bot, flow: FlowIx, name: &str) -> (NodeIx, bool) {
    match bot.node_named(flow, name) {
        Some(node) => (node, bot.node(node).wait.is_none()),
        None => (bot.flow(flow).gone.unwrap_or(bot.flow(flow).first), true),
    }
}

/// A dialogue as it is stored.
#[must_use]
pub fn to_record(bot: &Bot, state: &State) -> Record {
    let named = |frame: &Frame| Standpoint {
        flow: bot.flow(frame.flow).name.clone(),
        node: bot.node(frame.node).name.clone(),
        tries: frame.tries,
        displaced: frame.displaced,
        until: frame.until,
    };
    Record { stack: state.stack.iter().map(named).collect(), person: state.person.clone() }
}
