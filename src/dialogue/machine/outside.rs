//! What the dialogue has to do with others than the person: draws, lookups, webhooks, humans.

use super::Machine;
use crate::bot::{Awaited, Contest, Lookup, NodeIx, Prompt, Team, Webhook};
use crate::consent::Status;
use crate::dialogue::effect::{Effect, Lookup as LookupEffect, Notify, Take, TakeFrom};
use crate::dialogue::event::{LookupAnswer, Taken};
use crate::dialogue::state::{Count, Frame};
use crate::flow::Door;
use crate::slot::Answer;
use crate::sms::Text;

/// Contests of one person that are remembered.
const CONTESTS_MAX: usize = 64;
/// Bytes of an address: what servers take at least (RFC 9110, section 4.1).
const ADDRESS_BYTES_MAX: usize = 8_000;

impl Machine<'_> {
    /// Takes part in a contest; the node to go on at, where there is nothing to draw.
    pub(super) fn enter_contest(&mut self, ix: NodeIx, contest: &Contest) -> Option<NodeIx> {
        let (first, last) = self.today();
        if !(contest.is_open(first) && contest.is_open(last)) {
            return self.pass(ix, Some(Door::Closed));
        }
        let before = self.state.person.entries.get(&contest.name).copied();
        let begun = before
            .filter(|count| contest.every.is_none_or(|every| self.now < self.later(count.since, every)));
        let entries = &mut self.state.person.entries;
        let full = before.is_none() && entries.len() >= CONTESTS_MAX;
        if full || begun.is_some_and(|count| count.count >= contest.entries) {
            return self.pass(ix, Some(Door::Entered));
        }
        let (since, count) = begun.map_or((self.now, 0), |count| (count.since, count.count));
        entries.insert(contest.name.clone(), Count { since, count: count + 1 });
        if !self.is_lucky(contest) {
            return self.pass(ix, Some(Door::Lost));
        }
        let from = TakeFrom::Pool { size: contest.prizes };
        self.effects.push(Effect::Take(Take { name: take_of(contest), from }));
        None
    }

    /// Whether chance lets this entry draw for a prize.
    fn is_lucky(&mut self, contest: &Contest) -> bool {
        match self.state.person.arms.get(&contest.name).map(String::as_str) {
            Some("won") => true,
            Some("lost") => false,
            _ => contest.odds.is_none_or(|odds| self.draw_below(odds as usize) == 0),
        }
    }

    /// Hears what a take came to.
    pub(in crate::dialogue) fn taken(&mut self, taken: &Taken) {
        self.state.person.taken.retain(|waiting| waiting != taken);
        let door = if taken.number.is_some() { Door::Won } else { Door::Lost };
        let waits = |_: &Frame, what: &Awaited| matches!(what, Awaited::Draw(contest) if take_of(contest) == taken.name);
        if !self.comes(door, waits) {
            self.note(&format!("nothing waits for the take `{}`", taken.name));
        }
    }

    /// Asks an outside service.
    pub(super) fn look_up(&mut self, lookup: &Lookup) {
        let url = self.address(&lookup.url);
        let until = self.now.checked_add(lookup.within).unwrap_or(self.now);
        if url.len() > ADDRESS_BYTES_MAX {
            self.note("limit: an address longer than servers read; the lookup will be late");
        } else {
            let armed_in = self.turn;
            self.effects.push(Effect::Lookup(LookupEffect { name: lookup.name.clone(), url, armed_in }));
        }
        self.pause(until);
    }

    /// Hears an outside answer. One that nobody waits for any more changes nothing.
    pub(in crate::dialogue) fn looked_up(&mut self, armed_in: u64, name: &str, answer: &LookupAnswer) {
        let bot = self.bot;
        // Two flows may wait for the same lookup: the turn tells which one asked.
        let asked = |frame: &Frame, what: &Awaited| {
            frame.turn == armed_in && matches!(what, Awaited::Lookup(lookup) if lookup.name == name)
        };
        let waiting = self.awaiting(asked).and_then(|at| bot.node(self.state.stack[at].node).wait.as_ref());
        let Some(Awaited::Lookup(lookup)) = waiting.map(|wait| &wait.what) else {
            self.note(&format!("nothing waits for the lookup `{name}`"));
            return;
        };
        let door = match answer {
            LookupAnswer::Ok(values) if self.fill_all(lookup, values) => Door::Ok,
            LookupAnswer::Ok(_) | LookupAnswer::Failed => Door::Failed,
            LookupAnswer::Late => Door::Late,
        };
        self.comes(door, asked);
    }

    /// Fills the fields of a lookup, all or none: half an answer would be a mixture of then and now.
    fn fill_all(&mut self, lookup: &Lookup, values: &[(String, String)]) -> bool {
        let bot = self.bot;
        let mut read = Vec::new();
        for (field, _) in &lookup.fills {
            let field = bot.field(*field);
            let said = values.iter().find(|(name, _)| *name == field.name);
            let answer = said.map(|(_, said)| field.slot_type.read(&Text::new(said), &bot.context(self.now)));
            let Some(Answer::Value(value)) = answer else {
                self.note(&format!("the answer of `{}` holds no value for `{}`", lookup.name, field.name));
                return false;
            };
            read.push((field.name.as_str(), value));
        }
        read.into_iter().all(|(name, value)| self.fill(name, value))
    }

    /// The place in the stack of the uppermost node that still waits for something.
    fn awaiting(&self, waits: impl Fn(&Frame, &Awaited) -> bool) -> Option<usize> {
        let awaits = |frame: &Frame| {
            self.bot.node(frame.node).wait.as_ref().is_some_and(|wait| waits(frame, &wait.what))
        };
        self.state.stack.iter().rposition(|frame| frame.came.is_none() && awaits(frame))
    }

    /// Something has come that the dialogue waits for: it goes on, or will when the flows above have ended. Whether it was
    /// waited for.
    fn comes(&mut self, door: Door, waits: impl Fn(&Frame, &Awaited) -> bool) -> bool {
        let Some(at) = self.awaiting(waits) else { return false };
        let stack = &mut self.state.stack;
        if at + 1 < stack.len() {
            stack[at].came = Some(door);
            return true;
        }
        let node = stack[at].node;
        let next = self.pass(node, Some(door));
        self.go_on(next);
        true
    }

    /// Tells an outside service, with the fields that its block names.
    pub(super) fn notify(&mut self, ix: NodeIx, webhook: &Webhook) {
        let bot = self.bot;
        let node = bot.path(ix);
        let mut fields = std::collections::BTreeMap::new();
        for field in &webhook.send {
            let name = &bot.field(*field).name;
            if let Some(value) = self.state.person.fields.get(name) {
                self.sent_bytes += name.len() + value.to_string().len();
                fields.insert(name.clone(), value.clone());
            }
        }
        if self.sent_bytes > super::SENT_BYTES_MAX {
            self.note("limit: more in one turn than the log holds; a webhook is told no fields");
            fields.clear();
        }
        self.effects.push(Effect::Notify(Notify { name: webhook.name.clone(), node, fields, alert: None }));
    }

    /// Hands the dialogue to a team: the bot falls silent until they give it back, or neither side writes.
    pub(super) fn hand_over(&mut self, ix: NodeIx, team: &Team, prompt: &Prompt) {
        self.state.person.human = true;
        self.state.person.team = Some(team.name.clone());
        self.arm(prompt);
        if let Some(webhook) = &team.notify {
            self.notify(ix, webhook);
        }
    }

    /// A text for the human who has taken over.
    pub(in crate::dialogue) fn for_human(&mut self) {
        self.note("a human has taken over: for them to read");
        self.rearm_silence();
    }

    /// A human takes the dialogue over by themselves.
    pub(in crate::dialogue) fn taken_over(&mut self) {
        self.state.person.human = true;
        self.rearm_silence();
    }

    /// A human writes to the person.
    pub(in crate::dialogue) fn human_wrote(&mut self, body: &str) {
        if self.state.person.standing.status == Status::Out {
            self.note("opted out: not even a human may write");
            return;
        }
        self.taken_over();
        self.say_words(body.to_owned(), &[]);
    }

    /// A human gives the dialogue back: it goes on behind its `handoff`, or asks its question again.
    pub(in crate::dialogue) fn given_back(&mut self) {
        if !std::mem::take(&mut self.state.person.human) {
            self.note("no human had taken over");
            return;
        }
        self.state.person.team = None;
        if self.state.person.standing.status == Status::Out {
            return;
        }
        if self.comes(Door::Back, |_, what| matches!(what, Awaited::Human(_))) {
            return;
        }
        if let Some(frame) = self.state.stack.last().copied() {
            let next = self.come_back(&frame);
            self.go_on(next);
        }
    }

    /// Somebody else than the person says what a field holds, or empties it.
    pub(in crate::dialogue) fn filled(&mut self, field: &str, words: Option<&str>, by: Option<&str>) {
        let bot = self.bot;
        let Some(known) = bot.fields().iter().find(|known| known.name == field) else {
            self.note(&format!("there is no field `{field}`"));
            return;
        };
        match words.map(|words| known.slot_type.read(&Text::new(words), &bot.context(self.now))) {
            Some(Answer::Value(value)) => _ = self.fill(field, value),
            Some(_) => self.note(&format!("this is no value of `{field}`")),
            None => _ = self.state.person.fields.remove(field),
        }
        if let Some(by) = by {
            self.note(&format!("{by} corrects `{field}`"));
        }
    }

    /// Somebody else than the person leads them to a node. It speaks as if they had asked for it.
    pub(in crate::dialogue) fn placed(&mut self, path: &str) {
        let Some(node) = self.bot.node_at(path) else {
            self.note(&format!("there is no node `{path}`"));
            return;
        };
        if self.state.person.standing.status == Status::Out {
            self.note("opted out: nobody is led anywhere");
            return;
        }
        self.close();
        self.state.stack.push(Frame::at(self.bot.node(node).flow, node));
        self.go(node);
    }

    /// Neither side has been silent: the silence is measured anew.
    fn rearm_silence(&mut self) {
        let Some(frame) = self.state.stack.last().copied() else { return };
        let bot = self.bot;
        if let Some(wait) = bot.node(frame.node).wait.as_ref()
            && matches!(wait.what, Awaited::Human(_))
        {
            self.arm(&wait.prompt);
        }
    }
}

/// The name under which the prizes of a contest are taken.
fn take_of(contest: &Contest) -> String {
    format!("contest {}", contest.name)
}
