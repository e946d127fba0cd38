//! What an edit of the files means for somebody who stands in a dialogue: said before the files are served. It joins by the
//! rules of [`super::record`], so it foretells what [`super::resume`] will do.

use super::record::{Record, anew, called_today, is_same, is_waiting, linked, node_of};
use crate::bot::{Bot, Field};
use crate::expr::kind_name;
use crate::slot::Value;
use serde::Serialize;

/// One thing about a person.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(untagged)]
pub enum Finding {
    /// They stand on a node.
    Stands {
        /// The flow and the node as the dialogue was stored, `flow.node`.
        node: String,
        /// What becomes of them there.
        #[serde(flatten)]
        fate: Fate,
    },
    /// A value of theirs is none of its list's any more: it is kept, and is none of those that flows compare it with.
    Unlisted {
        /// The field, by its name of today.
        field: String,
        /// The key of the value.
        key: String,
    },
    /// A value of theirs is of another kind than its field.
    Holds {
        /// The field, by its name of today.
        field: String,
        /// The kind of the value.
        stored: &'static str,
        /// The kind of the field.
        today: &'static str,
        /// What becomes of it.
        value: Kept,
    },
}

/// What becomes of somebody on a node.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fate", rename_all = "snake_case")]
pub enum Fate {
    /// Nothing changes for them.
    Stays,
    /// The node has another name, or is gone and the files say where its people go.
    Moved {
        /// Where they go on, `flow.node`.
        to: String,
        /// How the files say it.
        by: By,
    },
    /// The node waits for another thing than it did: it asks for another field, or a question became a pause. They are asked
    /// anew.
    WaitChanged {
        /// Where, `flow.node`.
        to: String,
    },
    /// The node is gone, and nothing says where its people go: they begin the flow again.
    NodeGone {
        /// Where, `flow.node`.
        to: String,
    },
    /// The flow is gone, and no other was it: they leave it.
    FlowGone,
}

/// How files say where people go.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum By {
    /// A former name.
    Was,
    /// The flow's line for nodes that were taken away.
    Gone,
}

/// What becomes of a value of another kind than its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Kept {
    /// The field says `convert`, and it can be read anew.
    Converted,
    /// The field says `convert`, and it cannot be read anew: it is kept and counts as unfilled.
    Unreadable,
    /// Nothing says that the type has changed: it is kept and counts as unfilled.
    Undeclared,
}

impl Finding {
    /// Whether the files take something from people without saying so.
    #[must_use]
    pub fn is_undeclared(&self) -> bool {
        match self {
            Self::Stands { fate, .. } => matches!(fate, Fate::NodeGone { .. } | Fate::FlowGone),
            Self::Holds { value, .. } => *value == Kept::Undeclared,
            Self::Unlisted { .. } => true,
        }
    }
}

/// Where somebody stands and what the files of the day make of it: each node once, the outermost flow first, then the values
/// whose kind has changed. O(open flows + fields).
#[must_use]
pub fn judge(bot: &Bot, record: &Record) -> Vec<Finding> {
    let mut findings = stands(record, |at| fate(bot, record, at));
    let person = called_today(bot, record.person.clone());
    for field in bot.fields() {
        let Some(value) = person.fields.get(&field.name) else { continue };
        if value.kind() == field.slot_type.kind() {
            findings.extend(unlisted(field, value));
            continue;
        }
        let kept = match (field.convert, anew(bot, field, value)) {
            (false, _) => Kept::Undeclared,
            (true, Some(_)) => Kept::Converted,
            (true, None) => Kept::Unreadable,
        };
        let (stored, today) = (kind_name(value.kind()), kind_name(field.slot_type.kind()));
        findings.push(Finding::Holds { field: field.name.clone(), stored, today, value: kept });
    }
    findings
}

/// A value that was taken out of its list, with nothing that it became.
fn unlisted(field: &Field, value: &Value) -> Option<Finding> {
    let (Value::Choice(key), Some(list)) = (value, field.slot_type.as_choice()) else { return None };
    let is_listed = list.values().iter().any(|value| value.key == *key);
    (!is_listed).then(|| Finding::Unlisted { field: field.name.clone(), key: key.clone() })
}

/// The same for a brand that has no files any more: all its flows are gone.
#[must_use]
pub fn judge_without_brand(record: &Record) -> Vec<Finding> {
    stands(record, |_| Fate::FlowGone)
}

fn stands(record: &Record, fate: impl Fn(usize) -> Fate) -> Vec<Finding> {
    let mut findings = Vec::with_capacity(record.stack.len());
    for (at, stood) in record.stack.iter().enumerate() {
        let node = format!("{}.{}", stood.flow, stood.node);
        let finding = Finding::Stands { node, fate: fate(at) };
        if !findings.contains(&finding) {
            findings.push(finding);
        }
    }
    findings
}

fn fate(bot: &Bot, record: &Record, at: usize) -> Fate {
    let stood = &record.stack[at];
    let Some(flow) = bot.flow_named(&stood.flow) else { return Fate::FlowGone };
    let (node, moved) = node_of(bot, flow, &stood.node);
    let (flow_name, node_name) = (&bot.flow(flow).name, &bot.node(node).name);
    let to = format!("{flow_name}.{node_name}");
    if moved {
        return match bot.flow(flow).gone {
            Some(_) => Fate::Moved { to, by: By::Gone },
            None => Fate::NodeGone { to },
        };
    }
    let frame = linked(stood, flow, node);
    // Who has been moved before is asked anew anyway.
    let waits = || is_same(bot, stood, node) && is_waiting(bot, &frame, &record.person);
    if !stood.displaced && !waits() {
        return Fate::WaitChanged { to };
    }
    if (flow_name, node_name) == (&stood.flow, &stood.node) {
        Fate::Stays
    } else {
        Fate::Moved { to, by: By::Was }
    }
}
