//! Walking the nodes of a bot: entering, saying, asking, leaving. Bounded in every direction.

use super::effect::{Effect, Send};
use super::reading::{Reading, waiting};
use super::rung::HOUR;
use super::state::{Count, Frame, State, Timer, View};
use super::step::{Step, Trace};
use crate::bot::{Action, Bot, Exit, FlowIx, IntentIx, NodeIx, Prompt, Texts, Wait};
use crate::consent::{Change, How, LedgerEntry, Status, quiet_until, wording};
use crate::expr;
use crate::flow::Delay;
use crate::flow::brand::Interrupt;
use crate::language::Lang;
use crate::slot::Value;
use crate::sms::{Class, Inbound};
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Nodes that one event may enter. A flow that needs more runs in a circle.
pub const NODES_MAX: usize = 64;
/// Messages that one event may send: nobody reads an eighth text in a row.
pub const SENDS_MAX: usize = 8;
/// Bytes that one event may send in all: with the text it answers, a log entry stays below the 16 KiB of the store.
pub const SENT_BYTES_MAX: usize = 5 * 1024;
/// Bytes of all field values of one person, for the same reason.
pub const FIELD_BYTES_MAX: usize = 8 * 1024;
/// Bytes of a text that the ledger repeats; the log holds all of it.
const RECEIVED_BYTES_MAX: usize = 512;
/// Flows that may wait for each other.
pub const STACK_MAX: usize = 8;

/// Messages of a dialogue that follow one another without a text of the person: who has not answered sixteen is not there.
pub const FOLLOW_UPS_MAX: u32 = 16;
/// Tags of one person.
const TAGS_MAX: usize = 64;
/// Nodes that a trace names; a step that enters more is rare, and the log stays small.
const TRACED_MAX: usize = 16;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Bad {
    /// It was not understood.
    Unclear,
    /// It was understood and cannot be accepted.
    Invalid,
}

/// A dialogue in the middle of a step.
pub(super) struct Machine<'b> {
    pub(super) bot: &'b Bot,
    pub(super) state: State,
    pub(super) now: Timestamp,
    pub(super) trace: Trace,
    /// Why messages of this step are sent.
    pub(super) class: Class,
    /// Nothing is sent any more: two machines seem to talk to each other.
    pub(super) muted: bool,
    effects: Vec<Effect>,
    sends: usize,
    sent_bytes: usize,
    nodes: usize,
    turn: u64,
    #[expect(dead_code, reason = "part of the step's inputs: sticky splits and variants draw from it")]
    seed: u64,
}

impl<'b> Machine<'b> {
    pub(super) fn new(bot: &'b Bot, state: State, now: Timestamp, seed: u64) -> Self {
        let turn = state.person.turn + 1;
        Self {
            bot,
            state,
            now,
            trace: Trace::default(),
            class: Class::Reply,
            muted: false,
            effects: Vec::new(),
            sends: 0,
            sent_bytes: 0,
            nodes: 0,
            turn,
            seed,
        }
    }

    /// The finished step. An event that changed nothing leaves the turn count as it was.
    pub(super) fn finish(mut self, before: &State) -> Step {
        if self.state != *before || !self.effects.is_empty() {
            self.state.person.turn = self.turn;
        }
        Step { state: self.state, effects: self.effects, trace: self.trace }
    }

    pub(super) fn note(&mut self, words: &str) {
        self.trace.notes.push(words.to_owned());
    }

    pub(super) fn is_open(&self, flow: FlowIx) -> bool {
        self.state.stack.iter().any(|frame| frame.flow == flow)
    }

    /// The language of the patterns by which an intent took the text is the person's, unless they have shown one before.
    /// "Menu" is a word of several languages: such a text shows none.
    pub(super) fn learn_language(&mut self, reading: &Reading, intent: IntentIx) {
        let heard = reading.heard.iter().chain(reading.repaired.iter().flat_map(|repaired| &repaired.heard));
        let mut meant = heard.filter(|heard| heard.intent == intent);
        let Some(first) = meant.next().map(|heard| &heard.matched) else { return };
        let alike = meant.map(|heard| &heard.matched).take_while(|other| other.rank == first.rank);
        let shown = { alike }.all(|other| other.language == first.language);
        if self.state.person.language.is_none() && shown && self.bot.languages.contains(&first.language) {
            self.state.person.language = Some(first.language);
        }
    }

    fn view(&self) -> View<'_> {
        View { bot: self.bot, person: &self.state.person }
    }

    fn language(&self) -> Lang {
        self.view().language()
    }

    // ── sending ──

    /// Sends one of the texts that the rules require.
    pub(super) fn send(&mut self, class: Class, words: fn(wording::Facts<'_>, Lang) -> String) {
        let body = words(self.view().facts(), self.language());
        self.push_send(class, body);
    }

    fn say(&mut self, texts: &Texts) {
        let body = expr::render(texts.in_language(self.language()), &self.view());
        if body.trim().is_empty() {
            self.note("a text without words is not sent");
            return;
        }
        self.push_send(self.class, body);
    }

    fn push_send(&mut self, class: Class, body: String) {
        if self.muted {
            self.note("a machine answers a machine");
            return;
        }
        self.sent_bytes += body.len();
        if self.sends == SENDS_MAX || self.sent_bytes > SENT_BYTES_MAX {
            self.note("limit: more messages in one turn than anybody reads");
            return;
        }
        self.sends += 1;
        let person = &mut self.state.person;
        person.replies = Some(Count::one_more(person.replies, self.now, HOUR));
        let from = person.sender;
        let language = self.language();
        self.effects.push(Effect::Send(Send { class, from, body, language }));
    }

    pub(super) fn fallback(&mut self) {
        self.state.person.fallback_at = Some(self.now);
        match &self.bot.fallback {
            Some(texts) => self.say(texts),
            None => self.send(Class::Reply, wording::fallback),
        }
    }

    // ── consent ──

    pub(super) fn ledger(&mut self, change: Change, how: How, rule: &str, inbound: Option<&Inbound>) {
        let entry = LedgerEntry {
            number: self.state.person.standing.entries + 1,
            at: self.now,
            change,
            how,
            rule: rule.to_owned(),
            received: inbound.map(|inbound| shortened(&inbound.body)),
            message: inbound.map(|inbound| inbound.id.clone()),
            sender: inbound.map(|inbound| inbound.to).or(self.state.person.sender),
            language: self.language(),
            programme: self.bot.program.clone(),
        };
        self.state.person.standing = self.state.person.standing.after(&entry);
        self.effects.push(Effect::Ledger(entry));
    }

    /// Ends everything that is going on.
    pub(super) fn close(&mut self) {
        self.state.stack.clear();
        self.state.person.timers.clear();
        self.state.person.human = false;
    }

    // ── walking ──

    /// Starts a flow: above the one that waits, or in its place, as the brand's `interrupt` says.
    pub(super) fn interrupt(&mut self, flow: FlowIx) {
        if self.bot.interrupt == Interrupt::Switch || self.state.stack.len() >= STACK_MAX {
            self.state.stack.clear();
        }
        let first = self.bot.flow(flow).first;
        self.state.stack.push(Frame::at(flow, first));
        self.go(first);
    }

    /// Goes on at a node of the flow that is heard.
    pub(super) fn go(&mut self, node: NodeIx) {
        let mut next = Some(node);
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
    fn enter(&mut self, ix: NodeIx) -> Option<NodeIx> {
        let bot = self.bot;
        let node = bot.node(ix);
        if self.trace.nodes.len() < TRACED_MAX {
            self.trace.nodes.push(format!("{}.{}", bot.flow(node.flow).name, node.name));
        }
        if let Some(frame) = self.state.stack.last_mut() {
            *frame = Frame::at(node.flow, ix);
        }
        self.state.person.timers.clear();
        for action in &node.actions {
            match action {
                Action::Say(texts) => self.say(texts),
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
                Action::Leave(exit) if self.is_passable(exit) => return self.leave(exit),
                Action::Leave(_) => {}
            }
        }
        match &node.wait {
            Some(Wait::Ask { prompt, .. }) => {
                self.arm(prompt);
                None
            }
            None => self.way_out(ix),
        }
    }

    fn is_passable(&self, exit: &Exit) -> bool {
        exit.when.as_ref().is_none_or(|formula| expr::holds(formula, &self.view()))
    }

    /// The node behind the first way out that is open.
    fn way_out(&mut self, ix: NodeIx) -> Option<NodeIx> {
        let exits = &self.bot.node(ix).exits;
        let exit = exits.iter().find(|exit| self.is_passable(exit));
        match exit {
            Some(exit) => self.leave(exit),
            None => self.end_flow(),
        }
    }

    fn leave(&mut self, exit: &Exit) -> Option<NodeIx> {
        match exit.to {
            Some(node) => Some(node),
            None => self.end_flow(),
        }
    }

    /// Ends the flow that is heard and returns to the one below it, which asks its question again.
    fn end_flow(&mut self) -> Option<NodeIx> {
        self.state.stack.pop();
        self.state.person.timers.clear();
        let frame = *self.state.stack.last()?;
        if frame.displaced || self.bot.node(frame.node).wait.is_none() {
            return Some(frame.node);
        }
        self.ask_again();
        None
    }

    // ── asking ──

    /// Repeats the waiting question: its `again`, or the last text of its node.
    pub(super) fn ask_again(&mut self) {
        let bot = self.bot;
        let Some(frame) = self.state.stack.last().copied() else { return };
        let node = bot.node(frame.node);
        let Some(prompt) = node.wait.as_ref().and_then(Wait::prompt) else { return };
        let last = node.actions.iter().rev().find_map(|action| match action {
            Action::Say(texts) => Some(texts),
            Action::Tag(_) | Action::Untag(_) | Action::Language(_) | Action::Leave(_) => None,
        });
        if let Some(texts) = prompt.again.as_ref().or(last) {
            self.say(texts);
        }
        self.arm(prompt);
    }

    /// Takes the answer to the waiting question, and goes on.
    pub(super) fn answer(&mut self, value: Value) {
        let bot = self.bot;
        let Some(question) = waiting(bot, &self.state) else { return };
        let next = match question.wait {
            Wait::Ask { field, .. } => {
                if !self.fill(&bot.field(*field).name, value) {
                    self.bad_answer(Bad::Invalid);
                    return;
                }
                let Some(frame) = self.state.stack.last().copied() else { return };
                self.way_out(frame.node)
            }
        };
        if let Some(next) = next {
            self.go(next);
        }
    }

    /// Fills a field; whether there was room.
    fn fill(&mut self, name: &str, value: Value) -> bool {
        let fields = &mut self.state.person.fields;
        let others = fields.iter().filter(|(other, _)| *other != name);
        let known: usize = others.map(|(_, value)| value.to_string().len()).sum();
        let fits = known + value.to_string().len() <= FIELD_BYTES_MAX;
        if fits {
            fields.insert(name.to_owned(), value);
        } else {
            self.note("limit: more is known about this person than a record holds");
        }
        fits
    }

    /// Counts a bad answer: the last one that the question allows leaves, any other one says what is wrong.
    pub(super) fn bad_answer(&mut self, bad: Bad) {
        let bot = self.bot;
        let Some(prompt) = waiting(bot, &self.state).map(|question| question.prompt) else { return };
        let Some(frame) = self.state.stack.last_mut() else { return };
        frame.tries += 1;
        let tried = frame.tries;
        if let Some((_, to)) = prompt.tries.filter(|(tries, _)| tried >= *tries) {
            self.go(to);
            return;
        }
        let words = match bad {
            Bad::Unclear => prompt.unclear.as_ref(),
            Bad::Invalid => prompt.invalid.as_ref(),
        };
        match words {
            Some(texts) => {
                self.say(texts);
                self.arm(prompt);
            }
            None => self.ask_again(),
        }
    }

    // ── waiting ──

    /// Measures the silence from now on.
    fn arm(&mut self, prompt: &Prompt) {
        self.state.person.timers.clear();
        if let Some((delay, _)) = prompt.silent {
            let timer = Timer { due: self.after(delay), armed_in: self.turn };
            self.state.person.timers.push(timer);
        }
    }

    /// The moment after a delay. Calendar days keep the hour of the day in the brand's zone; an hour that daylight
    /// saving skips moves forward.
    fn after(&self, delay: Delay) -> Timestamp {
        let far = Timestamp::MAX;
        match delay {
            Delay::Exact { seconds } => {
                self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(far)
            }
            Delay::Calendar { days } => {
                let here = self.now.to_zoned(self.bot.zone.clone());
                here.checked_add(days.days()).map_or(far, |then| then.timestamp())
            }
        }
    }

    /// A timer came due. One that is no longer armed, or not due yet, changes nothing.
    pub(super) fn timer(&mut self, armed_in: u64) {
        let now = self.now;
        let armed =
            self.state.person.timers.iter().any(|timer| timer.armed_in == armed_in && timer.due <= now);
        if !armed {
            self.note("a stale timer changes nothing");
            return;
        }
        let person = &mut self.state.person;
        let Some(timer) = person.timers.iter_mut().find(|timer| timer.armed_in == armed_in) else { return };
        // Nobody is moved on by a text that is held: what would speak waits for the first lawful instant.
        if let Some(until) = quiet_until(self.bot.quiet, &self.bot.zone, now) {
            timer.due = until;
            return;
        }
        person.timers.retain(|timer| timer.armed_in != armed_in);
        if person.standing.status != Status::In || person.follow_ups >= FOLLOW_UPS_MAX {
            self.note("no consent, or no answer to many messages: the silence has no end");
            return;
        }
        person.follow_ups += 1;
        self.class = Class::FollowUp;
        if let Some(frame) = self.state.stack.last().copied().filter(|frame| frame.displaced) {
            self.go(frame.node);
            return;
        }
        if let Some((_, to)) = waiting(self.bot, &self.state).and_then(|question| question.prompt.silent) {
            self.go(to);
        }
    }
}

/// The beginning of a text, cut at a character.
fn shortened(body: &str) -> String {
    body.chars()
        .scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= RECEIVED_BYTES_MAX).then_some(c)
        })
        .collect()
}
