//! Waiting: for an answer, for time to pass.

use super::Machine;
use crate::bot::{Action, Awaited, Prompt, Question};
use crate::consent::{Status, quiet_until};
use crate::dialogue::reading::waiting;
use crate::dialogue::state::Timer;
use crate::flow::{Delay, Door, Pause};
use crate::slot::{Menu, Value};
use crate::sms::Class;
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Bytes of all field values of one person, for the same reason.
pub const FIELD_BYTES_MAX: usize = 8 * 1024;
/// Messages of a dialogue that follow one another without a text of the person: who has not answered sixteen is not there.
pub const FOLLOW_UPS_MAX: u32 = 16;

/// What is wrong with an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::dialogue) enum Bad {
    /// It was not understood.
    Unclear,
    /// It was understood and cannot be accepted.
    Invalid,
}

impl Machine<'_> {
    /// Repeats the waiting question: its `again`, or the last text of its node.
    pub(in crate::dialogue) fn ask_again(&mut self) {
        let bot = self.bot;
        let Some(frame) = self.state.stack.last().copied() else { return };
        let Some(Question { wait, .. }) = bot.question(frame.node) else { return };
        let last = bot.node(frame.node).actions.iter().rev().find_map(Action::text);
        self.say_and_offer(wait.prompt.again.as_ref().or(last), Some(wait));
        self.arm(&wait.prompt);
    }

    /// Takes the answer to the waiting question, and goes on.
    pub(in crate::dialogue) fn answer(&mut self, value: Value) {
        let bot = self.bot;
        let Some(frame) = self.state.stack.last().copied() else { return };
        let Some(question) = waiting(bot, &self.state) else { return };
        let door = match &question.wait.what {
            Awaited::Field(field) => {
                if !self.fill(&bot.field(*field).name, value) {
                    self.bad_answer(Bad::Invalid);
                    return;
                }
                None
            }
            Awaited::Option { .. } => Menu::option(&value).map(Door::Option),
            Awaited::Pause(_) | Awaited::Flow(_) => None,
        };
        let next = self.pass(frame.node, door);
        self.go_on(next);
    }

    /// Fills a field; whether there was room.
    pub(super) fn fill(&mut self, name: &str, value: Value) -> bool {
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
    pub(in crate::dialogue) fn bad_answer(&mut self, bad: Bad) {
        let bot = self.bot;
        let Some(prompt) = waiting(bot, &self.state).map(|question| &question.wait.prompt) else { return };
        let Some(frame) = self.state.stack.last_mut() else { return };
        frame.tries += 1;
        let (node, tried) = (frame.node, frame.tries);
        if prompt.tries.is_some_and(|tries| tried >= tries) {
            let next = self.pass(node, Some(Door::Tries));
            self.go_on(next);
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

    /// Measures the silence from now on.
    pub(super) fn arm(&mut self, prompt: &Prompt) {
        self.state.person.timers.clear();
        if let Some(delay) = prompt.silent {
            let timer = Timer { due: self.after(delay), armed_in: self.turn };
            self.state.person.timers.push(timer);
        }
    }

    /// Waits until a moment, whatever is said.
    pub(super) fn pause(&mut self, until: Timestamp) {
        self.state.person.timers.clear();
        self.state.person.timers.push(Timer { due: until, armed_in: self.turn });
        if let Some(frame) = self.state.stack.last_mut() {
            frame.until = Some(until);
        }
    }

    /// The moment in which a pause that begins now ends.
    pub(super) fn until(&self, pause: Pause) -> Timestamp {
        match pause {
            Pause::For(delay) => self.after(delay),
            Pause::Until(time) => {
                let here = self.now.to_zoned(self.bot.zone.clone());
                let on = |date: Date| date.to_datetime(time).to_zoned(self.bot.zone.clone()).ok();
                let tomorrow = here.date().tomorrow().ok();
                let next = on(here.date()).filter(|then| *then > here).or_else(|| on(tomorrow?));
                next.map_or(Timestamp::MAX, |then| then.timestamp())
            }
        }
    }

    /// The moment after a delay. Calendar days keep the hour of the day in the brand's zone; an hour that daylight
    /// saving skips moves forward.
    pub(super) fn after(&self, delay: Delay) -> Timestamp {
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
    pub(in crate::dialogue) fn timer(&mut self, armed_in: u64) {
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
        let Some(frame) = self.state.stack.last().copied() else { return };
        let next = match self.bot.node(frame.node).wait.as_ref().map(|wait| &wait.what) {
            Some(Awaited::Field(_) | Awaited::Option { .. }) => self.pass(frame.node, Some(Door::Silent)),
            Some(Awaited::Pause(_)) => self.way_out(frame.node),
            Some(Awaited::Flow(_)) | None => None,
        };
        self.go_on(next);
    }
}
