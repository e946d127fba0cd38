//! Age gates: which texts somebody can read before their date of birth was asked.

use super::super::super::{Action, Awaited, Bot, Exit, FlowIx, Node, NodeIx, Wait};
use super::super::calls;
use super::Read;
use crate::expr::{Formula, Term};
use std::collections::BTreeSet;

/// The type of a field that is a gate as good as `age at least …`: carriers refuse a yes or no, and a year alone (Twilio
/// errors 30456, 30529, 30875).
const GATE_TYPE: &str = "birthdate";

/// Which texts stand behind a gate; worked out when it is asked for, as hardly any brand needs one.
pub(super) struct Gates<'b> {
    bot: &'b Bot,
    open: Option<Vec<usize>>,
}

impl<'b> Gates<'b> {
    pub(super) fn new(bot: &'b Bot) -> Self {
        Self { bot, open: None }
    }

    /// Whether somebody can read it of whom no date of birth was asked.
    pub(super) fn is_open(&mut self, read: Read) -> bool {
        let bot = self.bot;
        let open = self.open.get_or_insert_with(|| open(bot));
        match read {
            Read::Anywhere => true,
            Read::Named => false,
            Read::Arriving(node, text) => text < open[node.index()],
            Read::Asked(node) => open[node.index()] == usize::MAX,
        }
    }
}

/// For each node how many of its texts can be read without a gate before them; all of them and its question, if
/// `usize::MAX`. O(nodes + ways).
fn open(bot: &Bot) -> Vec<usize> {
    let mut open = vec![0; bot.nodes.len()];
    let mut reached = vec![false; bot.nodes.len()];
    let mut ahead = starts(bot);
    while let Some(at) = ahead.pop() {
        if reached.get_mut(at.index()).is_some_and(|reached| !std::mem::replace(reached, true)) {
            open[at.index()] = walk(bot, at, &mut ahead);
        }
    }
    open
}

/// Where somebody may come in of whom nothing is known.
fn starts(bot: &Bot) -> Vec<NodeIx> {
    let called: BTreeSet<FlowIx> = bot.nodes.iter().filter_map(calls).collect();
    let started: BTreeSet<FlowIx> = bot.intents.iter().filter_map(|intent| intent.starts).collect();
    let flows = (0..bot.flows.len()).map(FlowIx::new);
    let open = flows.filter(|flow| started.contains(flow) || !called.contains(flow));
    open.map(|flow| bot.flow(flow).first).collect()
}

/// Walks one node from its top: how much of it is read without a gate, and where one goes on without having met one.
fn walk(bot: &Bot, at: NodeIx, ahead: &mut Vec<NodeIx>) -> usize {
    let node = bot.node(at);
    let mut texts = 0;
    for action in &node.actions {
        match action {
            Action::Say(..) => texts += 1,
            Action::Leave(exit) => {
                if !leave(bot, exit, ahead) {
                    return texts;
                }
            }
            Action::Split(arms) => ahead.extend(arms.iter().map(|(_, to)| *to)),
            Action::Tag(_) | Action::Untag(_) | Action::Language(_) | Action::Set(..) | Action::Notify(_) => {
            }
        }
    }
    // Whoever waits in a flow hears its `on`, gate or no gate; and the doors of a gate are for those who do not pass.
    ahead.extend(bot.flow(node.flow).on.iter().map(|(_, to)| *to));
    ahead.extend(node.wait.iter().flat_map(Wait::ways).filter_map(|way| way.to));
    ahead.extend(calls(node).map(|flow| bot.flow(flow).first));
    let gated = match calls(node) {
        Some(flow) => bot.nodes.iter().any(|node| node.flow == flow && asks(bot, node)),
        None => asks(bot, node),
    };
    if !gated {
        for exit in &node.exits {
            if !leave(bot, exit, ahead) {
                break;
            }
        }
    }
    usize::MAX
}

/// Notes where an exit leads, unless it leads through a gate; whether there is no gate behind it either.
fn leave(bot: &Bot, exit: &Exit, ahead: &mut Vec<NodeIx>) -> bool {
    let (leads_on, stays) = match &exit.when {
        None => (true, false),
        Some(when) if !names_gate(bot, when) => (true, true),
        Some(Formula::Known(_)) => (false, true),
        Some(Formula::Not(inner)) if matches!(**inner, Formula::Known(_)) => (true, false),
        // A comparison with a date of birth: whichever side is meant, it was asked before.
        Some(_) => (false, false),
    };
    if leads_on {
        ahead.extend(exit.to);
    }
    stays
}

/// Whether a node asks for the date of birth.
fn asks(bot: &Bot, node: &Node) -> bool {
    match node.wait.as_ref().map(|wait| &wait.what) {
        Some(Awaited::Age(_)) => true,
        Some(Awaited::Field(field)) => is_gate(bot, &bot.field(*field).name),
        Some(
            Awaited::Option { .. }
            | Awaited::Pause(_)
            | Awaited::Flow(_)
            | Awaited::Consent
            | Awaited::Vote { .. }
            | Awaited::Draw(_)
            | Awaited::Lookup(_)
            | Awaited::Human(_),
        )
        | None => false,
    }
}

fn is_gate(bot: &Bot, field: &str) -> bool {
    bot.fields.iter().any(|known| known.name == field && known.slot_type.name() == GATE_TYPE)
}

fn names_gate(bot: &Bot, formula: &Formula) -> bool {
    match formula {
        Formula::Compare(a, _, b) => shows_gate(bot, a) || shows_gate(bot, b),
        Formula::Known(field) => is_gate(bot, field),
        Formula::Not(inner) => names_gate(bot, inner),
        Formula::And(a, b) | Formula::Or(a, b) => names_gate(bot, a) || names_gate(bot, b),
        Formula::LivesIn(..)
        | Formula::Near(..)
        | Formula::LastReply(_)
        | Formula::Open
        | Formula::Tag(_) => false,
    }
}

fn shows_gate(bot: &Bot, term: &Term) -> bool {
    match term {
        Term::Field(field) | Term::Age(field) => is_gate(bot, field),
        Term::Else(a, b) | Term::Sum(a, _, b) => shows_gate(bot, a) || shows_gate(bot, b),
        Term::Fact(_) | Term::Region(_) | Term::Constant(_) => false,
    }
}
