//! A dialogue as it is stored: by stable names, never by numbers that the next edit of a file would change.
//! Joining a stored dialogue to the bot of the day happens here and nowhere else.

use super::state::{Frame, Person, State};
use crate::bot::{Awaited, Bot, Field, FlowIx, NodeIx};
use crate::flow::Door;
use crate::slot::{Answer, Context, Value};
use crate::sms::Text;
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
    /// What it waited for, as [`Awaited::name`] says it.
    ///
    /// [`Awaited::name`]: crate::bot::Awaited::name
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub awaits: Option<String>,
    /// Bad answers to its question.
    #[serde(default)]
    pub tries: u32,
    /// The person was moved here by an edit and has not been asked yet.
    #[serde(default)]
    pub displaced: bool,
    /// When the pause ends that its node makes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    /// The turn in which the node was entered.
    #[serde(default)]
    pub turn: u64,
    /// What the node waited for has come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came: Option<Door>,
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
        let mut frame = linked(stood, flow, node);
        frame.displaced |= moved || !is_same(bot, stood, node) || !is_waiting(bot, &frame, &record.person);
        stack.push(frame);
    }
    State { stack, person: renamed(bot, record.person) }
}

/// A standpoint on that node of the bot.
pub(super) fn linked(stood: &Standpoint, flow: FlowIx, node: NodeIx) -> Frame {
    let Standpoint { tries, displaced, until, turn, came, .. } = *stood;
    Frame { flow, node, tries, displaced, until, turn, came }
}

/// The node somebody stands on, and whether it is another one than before.
pub(super) fn node_of(bot: &Bot, flow: FlowIx, name: &str) -> (NodeIx, bool) {
    match bot.node_named(flow, name) {
        Some(node) => (node, false),
        None => (bot.flow(flow).gone.unwrap_or(bot.flow(flow).first), true),
    }
}

/// Whether the node waits for the same as when somebody came to it, as far as the record says.
pub(super) fn is_same(bot: &Bot, stood: &Standpoint, node: NodeIx) -> bool {
    let wait = bot.node(node).wait.as_ref();
    let today = wait.map(|wait| &wait.what);
    match (&stood.awaits, today) {
        (None, _) | (Some(_), None) => true,
        (Some(before), Some(today)) => today.is_called(before, bot),
    }
}

/// Whether what the node waits for today can still come.
pub(super) fn is_waiting(bot: &Bot, frame: &Frame, person: &Person) -> bool {
    let what = bot.node(frame.node).wait.as_ref().map(|wait| &wait.what);
    if frame.until.is_some() {
        // Whoever waited for time to pass was asked nothing, and nothing else was begun for them.
        return matches!(what, Some(Awaited::Pause(_) | Awaited::Lookup(_)));
    }
    match what {
        None => false,
        Some(
            Awaited::Field(_)
            | Awaited::Option { .. }
            | Awaited::Vote { .. }
            | Awaited::Consent
            | Awaited::Age(_)
            | Awaited::Flow(_),
        ) => true,
        Some(Awaited::Pause(_) | Awaited::Lookup(_)) => frame.came.is_some(),
        Some(Awaited::Human(_)) => person.human,
        Some(Awaited::Draw(_)) => !person.taken.is_empty() || frame.came.is_some(),
    }
}

/// What is known about a person under the names and types that the fields and tags have today. A value of another kind
/// than its field is read anew where the field says `convert`; else it is kept and counts as unfilled.
fn renamed(bot: &Bot, person: Person) -> Person {
    let mut person = called_today(bot, person);
    for field in bot.fields().iter().filter(|field| field.convert) {
        if let Some(value) = person.fields.get(&field.name).and_then(|value| anew(bot, field, value)) {
            person.fields.insert(field.name.clone(), value);
        }
    }
    person
}

/// What is known about a person under the names that the fields and tags have today.
pub(super) fn called_today(bot: &Bot, mut person: Person) -> Person {
    for field in bot.fields() {
        for was in &field.was {
            if let Some(value) = person.fields.remove(was) {
                person.fields.entry(field.name.clone()).or_insert(value);
            }
        }
        if let Some(Value::Choice(key)) = person.fields.get_mut(&field.name)
            && let Some((_, today)) = field.keys_before.iter().find(|(was, _)| was == key)
        {
            today.clone_into(key);
        }
    }
    for (was, now) in &bot.tags_before {
        if person.tags.remove(was) {
            person.tags.insert(now.clone());
        }
    }
    person
}

/// A value of another kind than its field, read anew; `None` where it is of the field's kind or cannot be read.
pub(super) fn anew(bot: &Bot, field: &Field, value: &Value) -> Option<Value> {
    if value.kind() == field.slot_type.kind() {
        return None;
    }
    let read = field.slot_type.read(&Text::new(&value.to_string()), &Context::of(&bot.languages));
    if let Answer::Value(value) = read { Some(value) } else { None }
}

/// A dialogue as it is stored.
#[must_use]
pub fn to_record(bot: &Bot, state: &State) -> Record {
    let named = |frame: &Frame| Standpoint {
        flow: bot.flow(frame.flow).name.clone(),
        node: bot.node(frame.node).name.clone(),
        awaits: bot.node(frame.node).wait.as_ref().map(|wait| wait.what.name(bot)),
        tries: frame.tries,
        displaced: frame.displaced,
        until: frame.until,
        turn: frame.turn,
        came: frame.came,
    };
    Record { stack: state.stack.iter().map(named).collect(), person: state.person.clone() }
}
