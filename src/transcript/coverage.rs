//! What of a brand's flows conversations have walked: nodes, ways out of them, answers, and languages.

use crate::bot::{Awaited, Bot, By, NodeIx, Optin};
use crate::dialogue::Effect;
use crate::slot::{SlotType, ValueKind};
use crate::store::Entry;
use std::collections::BTreeSet;

/// Keys of a list that comes with sayso, up to which each counts as an answer of its own: nobody tests every state of a
/// country.
const KEYS_MAX: usize = 12;

/// What was walked, by its stable names: `flow.node`, `flow.node way`, `flow on intent`, `flow.node = value`,
/// `intent NAME`, `language en`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Coverage {
    walked: BTreeSet<String>,
}

impl Coverage {
    /// Adds what one turn walked.
    pub fn add(&mut self, turn: &Entry) {
        let trace = &turn.trace;
        self.walked.extend(trace.nodes.iter().chain(&trace.ways).chain(&trace.answers).cloned());
        self.walked.extend(trace.intent.iter().map(|name| intent(name)));
        let said = turn.effects.iter().filter_map(Effect::send);
        self.walked.extend(said.map(|send| language(send.language)));
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

/// The kinds of things that can be walked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Nodes.
    Nodes,
    /// Ways out.
    Ways,
    /// Values of questions that have a few, and intents that the files name.
    Answers,
    /// Languages that are spoken.
    Languages,
}

impl Part {
    /// All of them, in the order in which they are told.
    pub const ALL: [Self; 4] = [Self::Nodes, Self::Ways, Self::Answers, Self::Languages];

    /// What they are called.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Nodes => "nodes",
            Self::Ways => "ways out",
            Self::Answers => "answers",
            Self::Languages => "languages",
        }
    }

    /// All of a brand, by name, in the order of its files. O(nodes + ways).
    #[must_use]
    pub fn of(self, bot: &Bot) -> Vec<String> {
        match self {
            Self::Nodes => nodes(bot),
            Self::Ways => ways(bot),
            Self::Answers => answers(bot),
            Self::Languages => bot.languages.iter().map(|lang| language(*lang)).collect(),
        }
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

/// Every value of every question that has a few, and every intent that does something.
fn answers(bot: &Bot) -> Vec<String> {
    let flows = bot.flows().filter_map(|flow| bot.flow_named(&flow.name));
    let nodes = flows.flat_map(|flow| bot.nodes_of(flow));
    let values = nodes.flat_map(|(ix, _)| {
        let path = bot.path(ix);
        values(bot, ix).into_iter().map(move |value| format!("{path} = {value}"))
    });
    let acts = |intent: &&crate::bot::Intent| intent.named || intent.optin != Optin::No;
    values.chain(bot.intents().filter(acts).map(|known| intent(&known.name))).collect()
}

/// The values of a question, where they are few.
fn values(bot: &Bot, ix: NodeIx) -> Vec<String> {
    let Some(question) = bot.question(ix) else { return Vec::new() };
    let numbers = |options: usize| (1..=options).map(|number| number.to_string()).collect();
    match &question.wait.what {
        Awaited::Option { labels, .. } => numbers(labels.len()),
        Awaited::Vote { options, .. } => numbers(options.len()),
        Awaited::Field(_) | Awaited::Consent => keys(question.slot_type),
        Awaited::Age(_)
        | Awaited::Pause(_)
        | Awaited::Flow(_)
        | Awaited::Draw(_)
        | Awaited::Lookup(_)
        | Awaited::Human(_) => Vec::new(),
    }
}

fn keys(slot_type: &dyn SlotType) -> Vec<String> {
    if let Some(list) = slot_type.as_choice() {
        return list.values().iter().map(|value| value.key.clone()).collect();
    }
    match slot_type.kind() {
        ValueKind::Truth => ["yes", "no"].map(str::to_owned).to_vec(),
        ValueKind::Choice if slot_type.keys().len() <= KEYS_MAX => {
            slot_type.keys().iter().map(|key| (*key).to_owned()).collect()
        }
        ValueKind::Choice
        | ValueKind::Text
        | ValueKind::Number
        | ValueKind::Date
        | ValueKind::Time
        | ValueKind::Duration
        | ValueKind::Money => Vec::new(),
    }
}

fn intent(name: &str) -> String {
    format!("intent {name}")
}

fn language(language: crate::language::Lang) -> String {
    format!("language {language}")
}
