//! Walking the nodes: entering, doing, leaving.

use super::Machine;
use crate::bot::{Action, Awaited, By, Exit, FieldIx, FlowIx, IntentIx, NodeIx, Wait};
use crate::consent::wording;
use crate::dialogue::reading::waiting;
use crate::dialogue::state::Frame;
use crate::expr;
use crate::flow::Door;
use crate::flow::brand::Interrupt;
use std::borrow::Cow;

/// Nodes that one event may enter. A flow that needs more runs in a circle.
pub const NODES_MAX: usize = 64;
/// Flows that may wait for each other.
pub const STACK_MAX: usize = 8;
/// Tags of one person.
const TAGS_MAX: usize = 64;
/// Splits whose arm is kept for one person; further ones are drawn again each time.
const ARMS_MAX: usize = 64;
/// Nodes that a trace names; a step that enters more is rare, and the log stays small.
const TRACED_MAX: usize = 16;

impl Machine<'_> {
    /// Starts a flow: above the one that waits, or in its place, as the brand's `interrupt` says.
    /// Where the brand wants it, the person is asked first.
    pub(in crate::dialogue) fn interrupt(&mut self, flow: FlowIx) {
        if self.bot.interrupt == Interrupt::Ask && waiting(self.bot, &self.state).is_some() {
            self.state.person.offered = Some(self.bot.flow(flow).name.clone());
            self.send(self.class, self.bot.leaving.as_ref(), wording::leaving);
            return;
        }
        if self.bot.interrupt == Interrupt::Switch || self.state.stack.len() >= STACK_MAX {
            self.state.stack.clear();
        }
        self.begin_above(flow);
    }

    /// Leaves everything for a flow.
    pub(in crate::dialogue) fn leave_for(&mut self, flow: FlowIx) {
        self.state.stack.clear();
        self.begin_above(flow);
    }

    /// Begins a flow above those that wait.
    fn begin_above(&mut self, flow: FlowIx) {
        let first = self.bot.flow(flow).first;
        self.state.stack.push(Frame::at(flow, first));
        self.go(first);
    }

    /// Goes on where an intent leads that the waiting question or the flow hears.
    pub(in crate::dialogue) fn hear(&mut self, intent: IntentIx, to: NodeIx) {
        if let Some(frame) = self.state.stack.last().copied() {
            let wait = self.bot.node(frame.node).wait.as_ref();
            if wait.is_some_and(|wait| wait.prompt.on.contains(&(intent, to))) {
                self.left(frame.node, By::On(intent));
            } else {
                let (flow, by) = (&self.bot.flow(frame.flow).name, By::On(intent).name(self.bot));
                self.trace.ways.push(format!("{flow} {by}"));
            }
        }
        self.go(to);
    }

    /// Goes on at a node of the flow that is heard.
    pub(in crate::dialogue) fn go(&mut self, node: NodeIx) {
        self.go_on(Some(node));
    }

    /// Goes on at a node, if there is one.
    pub(super) fn go_on(&mut self, mut next: Option<NodeIx>) {
        while let Some(node) = next {
            if self.nodes == NODES_MAX {
                self.note("limit: the flow runs in a circle; the dialogue ends here");
                self.close();
                return;
            }
            self.nodes += 1;
            next = self.enter(node);
        }
    }

    /// Does what a node does on arrival; the node to go on at, if it is left at once.
    pub(super) fn enter(&mut self, ix: NodeIx) -> Option<NodeIx> {
        let bot = self.bot;
        let node = bot.node(ix);
        if self.trace.nodes.len() < TRACED_MAX {
            self.trace.nodes.push(bot.path(ix));
        }
        if let Some(frame) = self.state.stack.last_mut() {
            *frame = Frame { turn: self.turn, ..Frame::at(node.flow, ix) };
        }
        self.state.person.timers.clear();
        if let Some(Awaited::Vote { name, .. }) = node.wait.as_ref().map(|wait| &wait.what)
            && self.state.person.votes.contains_key(name)
        {
            return self.pass(ix, Some(Door::Voted)); // nobody is asked for what does not count
        }
        let said = self.effects.len();
        let last_text = node.actions.iter().rposition(|action| action.text().is_some());
        for (at, action) in node.actions.iter().enumerate() {
            match action {
                Action::Say(texts, media) => {
                    let wait = node.wait.as_ref().filter(|_| Some(at) == last_text);
                    self.say_and_offer(Some(texts), media, wait);
                }
                Action::Notify(webhook) => self.notify(ix, webhook),
                Action::Tag(_) if self.state.person.tags.len() >= TAGS_MAX => {
                    self.note("limit: nobody carries that many tags");
                }
                Action::Tag(tag) => {
                    self.state.person.tags.insert(tag.clone());
                }
                Action::Untag(tag) => {
                    self.state.person.tags.remove(tag);
                }
                Action::Language(language) => self.state.person.language = Some(*language),
                Action::Set(field, term) => self.set(*field, term),
                Action::Leave(exit) if self.is_passable(exit) => return self.leave(ix, exit),
                Action::Leave(_) => {}
                Action::Split(arms) => return self.split(ix, arms),
            }
        }
        let Some(wait) = &node.wait else { return self.way_out(ix) };
        if last_text.is_none() {
            self.say_and_offer(None, &[], Some(wait));
        }
        if matches!(wait.what, Awaited::Consent) {
            self.keep_shown(said);
        }
        self.begin(ix, wait)
    }

    /// Begins to wait; the node to go on at, where there is nothing to wait for.
    fn begin(&mut self, ix: NodeIx, wait: &Wait) -> Option<NodeIx> {
        match &wait.what {
            Awaited::Field(_)
            | Awaited::Option { .. }
            | Awaited::Vote { .. }
            | Awaited::Consent
            | Awaited::Age(_) => self.arm(&wait.prompt),
            Awaited::Pause(pause) => {
                let until = self.until(*pause);
                self.pause(until);
            }
            Awaited::Flow(flow) => return self.call(ix, *flow),
            Awaited::Draw(contest) => return self.enter_contest(ix, contest),
            Awaited::Lookup(lookup) => self.look_up(lookup),
            Awaited::Human(team) => self.hand_over(ix, team, &wait.prompt),
        }
        None
    }

    /// Fills a field, or empties it where the value is unfilled.
    pub(super) fn set(&mut self, field: FieldIx, term: &expr::Term) {
        let name = &self.bot.field(field).name;
        match expr::value(term, &self.view()).map(Cow::into_owned) {
            Some(value) => _ = self.fill(name, value),
            None => _ = self.state.person.fields.remove(name),
        }
    }

    /// The arm that this person takes at a split: the one they took before, or one that is drawn.
    pub(super) fn split(&mut self, ix: NodeIx, arms: &[(u32, NodeIx)]) -> Option<NodeIx> {
        let bot = self.bot;
        let here = bot.path(ix);
        let before = self.state.person.arms.get(&here);
        let before = before.and_then(|name| arms.iter().position(|(_, to)| bot.node(*to).is_called(name)));
        if let Some(at) = before {
            return self.leave_by_arm(ix, arms, at);
        }
        let total: usize = arms.iter().map(|(weight, _)| *weight as usize).sum();
        let mut drawn = self.draw_below(total);
        for (at, (weight, to)) in arms.iter().enumerate() {
            if drawn < *weight as usize {
                self.pin(&here, &bot.node(*to).name);
                return self.leave_by_arm(ix, arms, at);
            }
            drawn -= *weight as usize;
        }
        self.end_flow()
    }

    fn leave_by_arm(&mut self, ix: NodeIx, arms: &[(u32, NodeIx)], at: usize) -> Option<NodeIx> {
        self.left(ix, By::Arm(u16::try_from(at + 1).unwrap_or(u16::MAX)));
        arms.get(at).map(|(_, to)| *to)
    }

    /// Keeps the arm that this person takes at a split.
    pub(in crate::dialogue) fn pin(&mut self, node: &str, arm: &str) {
        let arms = &mut self.state.person.arms;
        if arms.len() < ARMS_MAX || arms.contains_key(node) {
            arms.insert(node.to_owned(), arm.to_owned());
        }
    }

    /// Runs another flow; where too many wait for each other already, it is left out.
    pub(super) fn call(&mut self, ix: NodeIx, flow: FlowIx) -> Option<NodeIx> {
        if self.state.stack.len() >= STACK_MAX {
            self.note("limit: more flows wait for each other than anybody follows");
            return self.way_out(ix);
        }
        let first = self.bot.flow(flow).first;
        self.state.stack.push(Frame::at(flow, first));
        Some(first)
    }

    pub(super) fn is_passable(&self, exit: &Exit) -> bool {
        exit.when.as_ref().is_none_or(|formula| expr::holds(formula, &self.view()))
    }

    /// The node behind the first way out that is open.
    pub(super) fn way_out(&mut self, ix: NodeIx) -> Option<NodeIx> {
        let exits = &self.bot.node(ix).exits;
        let exit = exits.iter().find(|exit| self.is_passable(exit));
        match exit {
            Some(exit) => self.leave(ix, exit),
            None => self.end_flow(),
        }
    }

    /// The node behind a door of a wait; behind the first way out that is open, where it has no such door.
    pub(super) fn pass(&mut self, ix: NodeIx, door: Option<Door>) -> Option<NodeIx> {
        let wait = self.bot.node(ix).wait.as_ref();
        let doors = std::iter::successors(door, |door| door.otherwise());
        let behind = doors.into_iter().find_map(|door| Some((door, wait?.door(door)?)));
        let Some((door, to)) = behind else { return self.way_out(ix) };
        self.left(ix, By::Door(door));
        Some(to)
    }

    /// Writes down by which way a node is left.
    pub(super) fn left(&mut self, ix: NodeIx, by: By<'_>) {
        if self.trace.ways.len() < TRACED_MAX {
            self.trace.ways.push(format!("{} {}", self.bot.path(ix), by.name(self.bot)));
        }
    }

    pub(super) fn leave(&mut self, ix: NodeIx, exit: &Exit) -> Option<NodeIx> {
        self.left(ix, exit.way().by);
        match exit.to {
            Some(node) => Some(node),
            None => self.end_flow(),
        }
    }

    /// Ends the flow that is heard and returns to the one below it, which asks its question again, goes on waiting, or
    /// goes on behind its `call`.
    pub(super) fn end_flow(&mut self) -> Option<NodeIx> {
        self.state.stack.pop();
        self.state.person.timers.clear();
        let frame = *self.state.stack.last()?;
        self.come_back(&frame)
    }

    /// Goes on with a flow that was left alone for a while; the node to go on at, if it does not wait on.
    pub(super) fn come_back(&mut self, frame: &Frame) -> Option<NodeIx> {
        if frame.displaced {
            return Some(frame.node);
        }
        if frame.came.is_some() {
            return self.pass(frame.node, frame.came);
        }
        let past = frame.until.is_some_and(|until| until <= self.now);
        match self.bot.node(frame.node).wait.as_ref().map(|wait| &wait.what) {
            None => return Some(frame.node),
            Some(Awaited::Flow(_)) => return self.way_out(frame.node),
            Some(Awaited::Pause(_)) if past => return self.way_out(frame.node),
            Some(Awaited::Lookup(_)) if past => return self.pass(frame.node, Some(Door::Late)),
            Some(Awaited::Pause(_) | Awaited::Lookup(_)) => match frame.until {
                Some(until) => self.pause(until),
                None => return Some(frame.node),
            },
            // A draw comes in any case; a human hears all that is said, so nothing was heard above them.
            Some(Awaited::Draw(_) | Awaited::Human(_)) => {}
            Some(
                Awaited::Field(_)
                | Awaited::Option { .. }
                | Awaited::Vote { .. }
                | Awaited::Consent
                | Awaited::Age(_),
            ) => self.ask_again(),
        }
        None
    }
}
