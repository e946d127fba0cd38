//! What is to be drawn: the flows of a brand as marks and ways between them, with names that stay when files are edited.

use super::words;
use crate::bot::{Awaited, Bot, By, Flow, FlowIx, Node, NodeIx};
use crate::flow::Door;
use crate::language::Lang;

/// A brand's flows, or one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Picture {
    /// The brand's stable name.
    pub brand: String,
    /// What people call it.
    pub name: String,
    /// The language its texts are shown in.
    pub language: Lang,
    /// Its flows, in the order of the files.
    pub charts: Vec<Chart>,
    /// Whether it shows what conversations have walked.
    pub shaded: bool,
}

/// A flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// The flow's stable name.
    pub flow: String,
    /// How one comes into it, and its nodes in the order of the file.
    pub marks: Vec<Mark>,
    /// The ways from mark to mark, in the order of the file.
    pub ways: Vec<Line>,
}

/// A node, or a way into the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// Its stable name: `flow.node`; of a way into the flow, that of its [`Line`].
    pub id: String,
    /// The node's name, or the line that leads in: `start on join`.
    pub title: String,
    /// What it is.
    pub kind: MarkKind,
    /// The texts it says, each in its first wording.
    pub says: Vec<String>,
    /// What it does besides, in the spelling of the files: `tag vip`.
    pub does: Vec<String>,
    /// What it waits for, in the spelling of the files: `ask zip`.
    pub waits: Option<String>,
    /// Whether conversations have walked it; nothing where that is not shown or, for a way in, not known.
    pub walked: Option<bool>,
}

/// What a [`Mark`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MarkKind {
    /// A way into the flow.
    Entry,
    /// A node that waits for nothing.
    Passes,
    /// A node that asks a question.
    Asks,
    /// A node that waits for something else than an answer.
    Waits,
    /// A node that waits for another flow to end.
    Calls,
}

/// A way out of a node, or into the flow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    /// Its stable name, as coverage and the trace of a turn print it: `flow.node way`, or `flow on INTENT`.
    pub id: String,
    /// The mark that it leaves, by its place in [`Chart::marks`].
    pub from: usize,
    /// Where it leads.
    pub to: To,
    /// By what it leaves, in the spelling of the files; nothing where it is the plain way out.
    pub label: String,
    /// What it is.
    pub kind: LineKind,
    /// Whether conversations have walked it; nothing where that is not shown or, for a way in, not known.
    pub walked: Option<bool>,
}

/// Where a [`Line`] leads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum To {
    /// To the mark at that place in [`Chart::marks`].
    Mark(usize),
    /// To the flow's end.
    End,
    /// To a node of another flow: its `flow.node`.
    Elsewhere(String),
}

/// What a [`Line`] is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineKind {
    /// A way into the flow.
    Entry,
    /// What the flow is for: answers, options, conditions, arms, the plain way out.
    Main,
    /// What is done when no answer comes, or none that helps: `tries`, `silent`, `failed` and their kin.
    Side,
    /// An intent that is heard while the node waits.
    Heard,
}

impl LineKind {
    fn of(by: By<'_>) -> Self {
        match by {
            By::When(..) | By::Always | By::Arm(_) => Self::Main,
            By::Door(door) => Self::behind(door),
            By::On(_) => Self::Heard,
        }
    }

    fn behind(door: Door) -> Self {
        match door {
            Door::Option(_) | Door::No | Door::Won | Door::Lost | Door::Ok | Door::Back => Self::Main,
            Door::Tries
            | Door::Silent
            | Door::Under
            | Door::Voted
            | Door::Entered
            | Door::Closed
            | Door::Failed
            | Door::Late => Self::Side,
        }
    }
}

impl Picture {
    /// The flows of a brand, or one of them. O(nodes + ways).
    #[must_use]
    pub fn of(bot: &Bot, only: Option<FlowIx>, language: Lang) -> Self {
        let flows = numbered(bot).filter(|(ix, _)| only.is_none_or(|only| only == *ix));
        let charts = flows.map(|(ix, flow)| Chart::of(bot, ix, flow, language)).collect();
        Self { brand: bot.id.to_string(), name: bot.name.clone(), language, charts, shaded: false }
    }

    /// Shows what was walked, by its stable names. Of ways into a flow that is known of those alone which it hears.
    pub fn shade(&mut self, walked: impl Fn(&str) -> bool) {
        self.shaded = true;
        for chart in &mut self.charts {
            let heard = format!("{} on ", chart.flow);
            let known = |id: &str, entry: bool| (!entry || id.starts_with(&heard)).then(|| walked(id));
            for mark in &mut chart.marks {
                mark.walked = known(&mark.id, mark.kind == MarkKind::Entry);
            }
            for line in &mut chart.ways {
                line.walked = known(&line.id, line.kind == LineKind::Entry);
            }
        }
    }
}

impl Chart {
    fn of(bot: &Bot, ix: FlowIx, flow: &Flow, language: Lang) -> Self {
        let mut chart = Self { flow: flow.name.clone(), marks: Vec::new(), ways: Vec::new() };
        let entries = entries(bot, ix, flow);
        let nodes: Vec<(NodeIx, &Node)> = bot.nodes_of(ix).collect();
        let place = |to: NodeIx| {
            let within = nodes.iter().position(|(own, _)| *own == to);
            within.map_or_else(|| To::Elsewhere(bot.path(to)), |at| To::Mark(entries.len() + at))
        };
        for Entry { way, title, to } in &entries {
            let id = format!("{} {way}", flow.name);
            let from = chart.marks.len();
            chart.marks.push(Mark {
                id: id.clone(),
                title: title.clone(),
                kind: MarkKind::Entry,
                says: Vec::new(),
                does: Vec::new(),
                waits: None,
                walked: None,
            });
            let (to, label) = (place(*to), String::new());
            chart.ways.push(Line { id, from, to, label, kind: LineKind::Entry, walked: None });
        }
        for (ix, node) in &nodes {
            let from = chart.marks.len();
            let mark = mark(bot, *ix, node, language);
            chart.ways.extend(node.ways().map(|way| Line {
                id: format!("{} {}", mark.id, way.by.name(bot)),
                from,
                to: way.to.map_or(To::End, place),
                label: words::way(bot, node, &way, language),
                kind: LineKind::of(way.by),
                walked: None,
            }));
            chart.marks.push(mark);
        }
        chart
    }

    /// Whether a mark leads to the flow's end, by the plain way out or another.
    #[must_use]
    pub fn ends(&self, mark: usize) -> bool {
        self.ways.iter().any(|way| way.from == mark && way.to == To::End)
    }
}

/// A way into a flow.
struct Entry {
    /// Its name among those of the flow.
    way: String,
    /// The line of the files that leads in, or who calls.
    title: String,
    to: NodeIx,
}

fn entries(bot: &Bot, ix: FlowIx, flow: &Flow) -> Vec<Entry> {
    let starts = bot.intents().filter(|intent| intent.starts == Some(ix)).map(|intent| intent.name.clone());
    let waits_for_it = |node: &Node| {
        node.wait.as_ref().is_some_and(|wait| matches!(wait.what, Awaited::Flow(called) if called == ix))
    };
    let nodes = numbered(bot).flat_map(|(own, _)| bot.nodes_of(own));
    let callers = nodes.filter(|(_, node)| waits_for_it(node)).map(|(caller, _)| bot.path(caller));
    let into_first = |way: &str, verb: &str, names: Vec<String>| {
        let title = format!("{verb} {}", names.join(", "));
        (!names.is_empty()).then(|| Entry { way: way.to_owned(), title, to: flow.first })
    };
    let mut entries = Vec::new();
    entries.extend(into_first("start", "start on", starts.collect()));
    entries.extend(into_first("called", "called by", callers.collect()));
    entries.extend(flow.on.iter().map(|(intent, to)| {
        let way = By::On(*intent).name(bot);
        Entry { title: way.clone(), way, to: *to }
    }));
    entries.extend(flow.gone.map(|to| Entry { way: "gone".to_owned(), title: "gone".to_owned(), to }));
    entries
}

/// All flows with their numbers, in the order of the files.
fn numbered(bot: &Bot) -> impl Iterator<Item = (FlowIx, &Flow)> {
    bot.flows().filter_map(|flow| Some((bot.flow_named(&flow.name)?, flow)))
}

fn mark(bot: &Bot, ix: NodeIx, node: &Node, language: Lang) -> Mark {
    let awaited = node.wait.as_ref().map(|wait| &wait.what);
    let kind = match awaited {
        None => MarkKind::Passes,
        Some(Awaited::Flow(_)) => MarkKind::Calls,
        Some(_) if bot.question(ix).is_some() => MarkKind::Asks,
        Some(_) => MarkKind::Waits,
    };
    let says = node.actions.iter().filter_map(|action| action.text());
    Mark {
        id: bot.path(ix),
        title: node.name.clone(),
        kind,
        says: says.map(|texts| words::text(texts, language)).collect(),
        does: node.actions.iter().flat_map(|action| words::action(bot, action)).collect(),
        waits: awaited.map(|awaited| words::awaited(bot, awaited)),
        walked: None,
    }
}
