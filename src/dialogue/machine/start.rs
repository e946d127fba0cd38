//! Starts without a text: by a campaign, the API, a time or a field.

use super::Machine;
use crate::bot::FlowIx;
use crate::consent::{Obstacle, Status};
use crate::dialogue::event::Cause;
use crate::dialogue::state::{Timer, WaitingStart};
use crate::dialogue::step::PutOff;
use crate::flow::brand::Busy;
use crate::sms::Class;
use jiff::{SignedDuration, Timestamp};

/// Starts of one person that wait for each other.
const STARTS_MAX: usize = 8;
/// How long a start waits for an hour in which it may speak: a night, and a Sunday with a holiday behind it. What comes later is
/// no news any more.
const HELD_MAX: SignedDuration = SignedDuration::from_hours(72);

/// What becomes of a start.
enum Weighed {
    Now(FlowIx),
    /// It is looked at again then.
    Later(Timestamp, &'static str),
    /// The same, because it would speak at a moment at which nothing may be said.
    Held(Timestamp, Obstacle),
    Never(&'static str),
}

impl Machine<'_> {
    /// Starts a flow for somebody who has not asked for it now. The start waits for the end of their dialogue, as the brand's
    /// `campaigns` says, and for the first lawful instant, so that nobody is moved on by a text that is held.
    pub(in crate::dialogue) fn start(&mut self, flow: &str, cause: Cause) {
        if self.state.person.starts.iter().any(|start| start.flow == flow) {
            self.note("this flow waits to start already");
        } else {
            self.start_since(self.now, flow, cause);
        }
    }

    /// Looks again at the start that waits under this name; whether one did.
    pub(super) fn start_again(&mut self, armed_in: u64) -> bool {
        let now = self.now;
        let starts = &mut self.state.person.starts;
        let is_due = |start: &WaitingStart| start.timer.armed_in == armed_in && start.timer.due <= now;
        let Some(at) = starts.iter().position(is_due) else { return false };
        let start = starts.remove(at);
        self.start_since(start.since, &start.flow, start.cause);
        true
    }

    /// Lets the starts that wait be looked at, now that the dialogue is over.
    pub(super) fn call_starts(&mut self) {
        for start in &mut self.state.person.starts {
            start.timer.due = self.now;
        }
    }

    fn start_since(&mut self, since: Timestamp, flow: &str, cause: Cause) {
        match self.weigh(since, flow) {
            Weighed::Never(why) => self.note(&format!("{why}: `{flow}` is not started")),
            Weighed::Later(..) | Weighed::Held(..) if self.state.person.starts.len() >= STARTS_MAX => {
                self.note(&format!("limit: more starts wait than anybody wants: `{flow}` is not started"));
            }
            Weighed::Later(due, why) => {
                self.note(&format!("{why}: `{flow}` waits"));
                self.wait_to_start(due, since, flow, cause);
            }
            Weighed::Held(due, why) => {
                self.note(&format!("it may not speak yet: `{flow}` waits"));
                self.trace.put_off = Some(PutOff { until: due, why });
                self.wait_to_start(due, since, flow, cause);
            }
            Weighed::Now(flow) => {
                self.class = match cause {
                    Cause::Campaign | Cause::Api | Cause::Time | Cause::Field => Class::Campaign,
                };
                self.leave_for(flow);
            }
        }
    }

    fn wait_to_start(&mut self, due: Timestamp, since: Timestamp, flow: &str, cause: Cause) {
        let timer = Timer { due, armed_in: self.turn };
        self.state.person.starts.push(WaitingStart { flow: flow.to_owned(), cause, since, timer });
    }

    /// Whether a start that the brand wanted at that moment comes now.
    fn weigh(&self, since: Timestamp, flow: &str) -> Weighed {
        let Some(flow) = self.bot.flow_named(flow) else { return Weighed::Never("there is no such flow") };
        let person = &self.state.person;
        if self.towards(flow) != Status::In {
            return Weighed::Never("no consent");
        }
        if !person.standing.is_of_age(self.bot.age) {
            return Weighed::Never("no age shown");
        }
        if person.standing.unsure.is_some() {
            return Weighed::Never("a text of theirs waits to be read");
        }
        if self.capped_until().is_some() {
            return Weighed::Never("the cap is reached");
        }
        if let Some(busy) = self.busy_with(since) {
            return busy;
        }
        let content = self.bot.flow(flow).content;
        match self.blocked_until(content) {
            Some((until, _)) if until.duration_since(since) > HELD_MAX => {
                Weighed::Never("it may not speak for days")
            }
            Some((until, why)) => Weighed::Held(until, why),
            None => Weighed::Now(flow),
        }
    }

    /// What a dialogue that goes on makes of a start; nothing, where there is none or it is to be replaced.
    fn busy_with(&self, since: Timestamp) -> Option<Weighed> {
        if !self.state.is_busy() {
            return None;
        }
        let person = &self.state.person;
        let is_silent = person.last_text.is_none_or(|last| last <= since);
        match self.bot.campaigns {
            Busy::Replace if !person.human => None,
            Busy::Replace => Some(Weighed::Never("a human has taken over")),
            Busy::Skip => Some(Weighed::Never("a dialogue goes on")),
            Busy::Wait(length) => match self.later(since, length) {
                until if until > self.now => Some(Weighed::Later(until, "a dialogue goes on")),
                _ if is_silent && !person.human => None,
                _ => Some(Weighed::Never("a dialogue went on for too long")),
            },
        }
    }
}
