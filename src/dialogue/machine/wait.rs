//! Waiting: for an answer, for time to pass.

use super::{Machine, Told};
use crate::bot::{Action, Awaited, NodeIx, Prompt, Question, Texts};
use crate::consent::{Change, How, Limits, Obstacle, Reason, Scope, Status, Why};
use crate::dialogue::effect::{Effect, Take, TakeFrom};
use crate::dialogue::event::Decision;
use crate::dialogue::reading::waiting;
use crate::dialogue::state::Timer;
use crate::dialogue::step::PutOff;
use crate::expr::whole_years;
use crate::flow::{Delay, Door, Pause};
use crate::slot::{self, Menu, Value, ValueKind};
use crate::sms::{Class, Content, Inbound};
use jiff::civil::Date;
use jiff::{SignedDuration, Timestamp, ToSpan};

/// Bytes of all field values of one person, for the same reason.
pub const FIELD_BYTES_MAX: usize = 8 * 1024;
/// Messages of a dialogue that follow one another without a text of the person: who has not answered sixteen is not there.
pub const FOLLOW_UPS_MAX: u32 = 16;

/// Votes of one person that are remembered: a brand holds a few a year.
const VOTES_MAX: usize = 64;

/// Who is younger is a child.
const CHILD_YEARS: i16 = 13;
/// The rule by which a child's birth date is an opt-out, as the ledger has it.
pub(super) const UNDER_13: &str = "under 13";

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
        let said = self.effects.len();
        self.say_and_offer(wait.prompt.again.as_ref().or(last), &[], Some(wait));
        if matches!(wait.what, Awaited::Consent) {
            self.keep_shown(said);
        }
        self.arm(&wait.prompt);
    }

    /// Takes the answer to the waiting question, and goes on.
    pub(in crate::dialogue) fn answer(&mut self, value: Value, inbound: &Inbound) {
        let bot = self.bot;
        let Some(frame) = self.state.stack.last().copied() else { return };
        let Some(question) = waiting(bot, &self.state) else { return };
        if self.is_child(&value, &question) {
            self.leave_child(inbound);
            return;
        }
        self.answered(frame.node, &value);
        let door = match (&question.wait.what, value) {
            (Awaited::Field(field), value) => {
                if !self.fill(&bot.field(*field).name, value) {
                    self.bad_answer(Bad::Invalid);
                    return;
                }
                None
            }
            (Awaited::Option { .. }, value) => Menu::option(&value).map(Door::Option),
            (Awaited::Vote { name, options, .. }, value) => self.vote(name, options, &value),
            (Awaited::Consent, Value::Truth(true)) => {
                let scope = self.given_in(Some(frame.flow));
                self.ledger(Told { scope, ..Told::of(Change::In, How::Text, "consent ask") }, Some(inbound));
                None
            }
            (Awaited::Consent, _) => {
                let scope = self.given_in(Some(frame.flow));
                self.ledger(
                    Told { scope, ..Told::of(Change::Declined, How::Text, "consent ask") },
                    Some(inbound),
                );
                Some(Door::No)
            }
            (Awaited::Age(years), value) => self.shows_age(*years, &value, inbound),
            (
                Awaited::Pause(_)
                | Awaited::Flow(_)
                | Awaited::Draw(_)
                | Awaited::Lookup(_)
                | Awaited::Human(_),
                _,
            ) => None,
        };
        let next = self.pass(frame.node, door);
        self.go_on(next);
    }

    /// Writes down an answer that is one of a few; others say nothing about the flow, and something about the person.
    fn answered(&mut self, node: NodeIx, value: &Value) {
        if matches!(value.kind(), ValueKind::Choice | ValueKind::Truth) {
            self.trace.answers.push(format!("{} = {value}", self.bot.path(node)));
        }
    }

    /// Counts a vote, once for each person.
    fn vote(&mut self, name: &str, options: &[(String, Texts)], value: &Value) -> Option<Door> {
        let number = Menu::option(value)?;
        let votes = &mut self.state.person.votes;
        if votes.contains_key(name) || votes.len() >= VOTES_MAX {
            return Some(Door::Voted);
        }
        let (counted, _) = options.get(usize::from(number).checked_sub(1)?)?;
        votes.insert(name.to_owned(), counted.clone());
        let take = Take { name: format!("vote {name}: {counted}"), from: TakeFrom::Counter };
        self.effects.push(Effect::Take(take));
        Some(Door::Option(number))
    }

    /// Writes down whether a birth date makes the person old enough; the date itself is not kept.
    fn shows_age(&mut self, years: u8, value: &Value, inbound: &Inbound) -> Option<Door> {
        let Value::Date(born) = value else { return Some(Door::Under) };
        // The earliest day that it may be where they are: nobody is old enough before their birthday there.
        let (change, door) = if self.lived(*born).is_some_and(|lived| lived >= i16::from(years)) {
            (Change::OfAge(years), None)
        } else {
            (Change::Underage(years), Some(Door::Under))
        };
        self.ledger(Told::of(change, How::Text, "age"), Some(inbound));
        door
    }

    /// Whole years since a birth date, on the earliest day that the person's calendar may show.
    fn lived(&self, born: Date) -> Option<i16> {
        whole_years(born, self.today().0)
    }

    /// Whether an answer is the birth date of a child, who may not be written to (Children's Online Privacy Protection Act, 16 CFR
    /// 312.2: under 13; the brand may have asked for something else altogether).
    fn is_child(&self, value: &Value, question: &Question<'_>) -> bool {
        let Value::Date(born) = value else { return false };
        let is_birthdate = question.slot_type.name() == slot::BIRTHDATE.name();
        is_birthdate && self.lived(*born).is_some_and(|lived| lived < CHILD_YEARS)
    }

    /// Ends everything for a child, as their own STOP would. Of the birth date nothing is kept, nor of what they have told before
    /// it (16 CFR 312.5(c): nothing may be gathered of a child before a parent agrees).
    fn leave_child(&mut self, inbound: &Inbound) {
        let told = Told { reason: Reason::Minor, ..Told::of(Change::Out, How::Text, UNDER_13) };
        self.ledger(told, Some(inbound));
        self.close();
        self.confirm(&Scope::Brand);
        self.unlearn();
    }

    /// Everything that was learned of the person is gone.
    pub(super) fn unlearn(&mut self) {
        let person = &mut self.state.person;
        person.fields.clear();
        person.tags.clear();
        person.votes.clear();
        person.entries.clear();
        person.arms.clear();
    }

    /// Waits on where a flow above has ended, and says nothing; what would have to speak is left.
    pub(super) fn wait_on(&mut self) {
        let Some(frame) = self.state.stack.last().copied() else { return };
        let bot = self.bot;
        let wait = bot.node(frame.node).wait.as_ref().filter(|_| frame.came.is_none() && !frame.displaced);
        match (frame.until, wait) {
            (Some(until), Some(_)) => self.pause(until.max(self.now)),
            (None, Some(wait)) if !matches!(wait.what, Awaited::Flow(_) | Awaited::Draw(_)) => {
                self.arm(&wait.prompt);
            }
            _ => self.close(),
        }
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
        self.later(self.now, delay)
    }

    /// The moment after a delay that begins at another one.
    pub(super) fn later(&self, begin: Timestamp, delay: Delay) -> Timestamp {
        let far = Timestamp::MAX;
        match delay {
            Delay::Exact { seconds } => begin.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(far),
            Delay::Calendar { days } => {
                let here = begin.to_zoned(self.bot.zone.clone());
                here.checked_add(days.days()).map_or(far, |then| then.timestamp())
            }
        }
    }

    /// Until when the brand's cap allows no message that the person has not asked for.
    pub(in crate::dialogue) fn capped_until(&self) -> Option<Timestamp> {
        let (count, within) = self.bot.cap?;
        let unasked = &self.state.person.unasked;
        let oldest = unasked.len().checked_sub(count as usize).and_then(|at| unasked.get(at))?;
        Some(self.later(*oldest, within)).filter(|until| *until > self.now)
    }

    /// Until when nothing may be begun: by hours and caps of the law where the person may be, the brand's quiet hours and its cap.
    pub(super) fn blocked_until(&self, content: Content) -> Option<(Timestamp, Obstacle)> {
        let whereabouts = self.whereabouts();
        let limits = Limits {
            content,
            whereabouts: &whereabouts,
            quiet: self.bot.quiet,
            left: &self.state.person.unasked,
        };
        let after_cap = self.capped_until();
        let own = after_cap.map(|until| (until, Obstacle { why: Why::Cap, place: None }));
        limits.blocked(after_cap.unwrap_or(self.now)).or(own)
    }

    /// Somebody has read a text that was unsure. An opt-out is not confirmed: the minutes in which it may be are over
    /// (47 CFR 64.1200(a)(12)). Otherwise the dialogue goes on where it stood.
    pub(in crate::dialogue) fn reviewed(&mut self, decision: Decision, by: &str) {
        if self.state.person.standing.unsure.is_none() {
            self.note("no text of theirs waits to be read");
            return;
        }
        let rule = format!("read by {by}");
        match decision {
            Decision::OptOut => {
                self.ledger(Told::of(Change::Out, How::Review, &rule), None);
                self.close();
            }
            Decision::Keep => {
                self.ledger(Told::of(Change::Kept, How::Review, &rule), None);
                self.take_up();
            }
        }
    }

    /// Takes up a dialogue whose timers were taken away: a pause ends when it would have ended, a question is asked again.
    fn take_up(&mut self) {
        let Some(frame) = self.state.stack.last().copied() else { return };
        if let Some(until) = frame.until {
            let timer = Timer { due: until.max(self.now), armed_in: self.turn };
            self.state.person.timers.push(timer);
        } else if self.towards(frame.flow) == Status::In && !self.state.person.human {
            self.class = Class::FollowUp;
            self.ask_again();
        }
    }

    /// A timer came due. One that is no longer armed, or not due yet, changes nothing.
    pub(in crate::dialogue) fn timer(&mut self, armed_in: u64) {
        if self.start_again(armed_in) {
            return;
        }
        let now = self.now;
        let armed =
            self.state.person.timers.iter().any(|timer| timer.armed_in == armed_in && timer.due <= now);
        if !armed {
            self.note("a stale timer changes nothing");
            return;
        }
        if self.state.person.standing.unsure.is_some() {
            self.state.person.timers.retain(|timer| timer.armed_in != armed_in);
            self.note("a text of theirs waits to be read: nothing moves until then");
            return;
        }
        let frame = self.state.stack.last().copied();
        let what = frame.and_then(|frame| Some(&self.bot.node(frame.node).wait.as_ref()?.what));
        let is_handed_over = matches!(what, Some(Awaited::Human(_)));
        if self.state.person.human && !is_handed_over {
            self.state.person.timers.retain(|timer| timer.armed_in != armed_in);
            self.note("a human has taken over: nothing moves until they give it back");
            return;
        }
        // What was asked outside answers the person, who is there: no hour is too late for that.
        if let (Some(frame), Some(Awaited::Lookup(_))) = (frame, what) {
            self.state.person.timers.retain(|timer| timer.armed_in != armed_in);
            let next = self.pass(frame.node, Some(Door::Late));
            self.go_on(next);
            return;
        }
        let content = frame.map(|frame| self.bot.flow(frame.flow).content).unwrap_or_default();
        let blocked = self.blocked_until(content);
        let Some(timer) = self.state.person.timers.iter_mut().find(|timer| timer.armed_in == armed_in) else {
            return;
        };
        // Nobody is moved on by a text that is held: what would speak waits for the first lawful instant.
        if let Some((until, why)) = blocked {
            timer.due = until;
            self.trace.put_off = Some(PutOff { until, why });
            return;
        }
        let person = &mut self.state.person;
        person.timers.retain(|timer| timer.armed_in != armed_in);
        if is_handed_over {
            person.human = false;
            person.team = None;
        }
        let is_silent = person.follow_ups >= FOLLOW_UPS_MAX || !person.standing.is_of_age(self.bot.age);
        let status = frame.map_or(person.standing.status, |frame| self.towards(frame.flow));
        if status != Status::In || is_silent {
            self.note("no consent, no age shown, or no answer to many messages: the silence has no end");
            if is_handed_over {
                self.close(); // the human has let go of it, and nobody may be written to unasked
            }
            return;
        }
        self.state.person.follow_ups += 1;
        self.class = Class::FollowUp;
        let Some(frame) = frame else { return };
        let next = match what {
            _ if frame.displaced => Some(frame.node),
            Some(Awaited::Pause(_)) => self.way_out(frame.node),
            Some(_) => self.pass(frame.node, Some(Door::Silent)),
            None => None,
        };
        self.go_on(next);
    }
}
