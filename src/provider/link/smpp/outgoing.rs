//! Messages on their way out: a window of them waits for answers at once, and fewer when the SMSC says that it is too fast.

use super::deliver::answer_id;
use super::session::{Session, Turn};
use super::setup::Setup;
use super::submit::submits;
use crate::provider::file::Class;
use crate::provider::link::{NoAnswer, Ticket, Wish};
use crate::provider::{Outcome, Rejection};
use crate::sms::Outbound;
use jiff::{SignedDuration, Timestamp};
use rusmpp_core::CommandStatus;
use rusmpp_core::pdus::owned::SubmitSm;
use std::collections::{BTreeMap, VecDeque};

/// How long an SMSC may take to answer a message; as long as a provider over HTTP.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(30);
/// How long the other parts of a message are tried whose first was taken.
const REST_WITHIN: SignedDuration = SignedDuration::from_mins(2);
/// Messages that wait for a place in the window, for each place: some seconds of them. What was asked of the consent ledger
/// before they came here must not grow old.
const QUEUED_PER_PLACE: usize = 20;
/// The pauses after the SMSC said that it was too fast.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_secs(8);
/// Messages that were told to come back are spread over that many parts of the pause.
const SPREAD: u64 = 8;

/// Messages on their way out.
#[derive(Debug)]
pub(super) struct Outgoing {
    messages: BTreeMap<Ticket, Message>,
    /// Those that wait for a place in the window, or for the end of a pause.
    queue: VecDeque<Ticket>,
    /// Those that wait for an answer, by the number of the request.
    flying: BTreeMap<u32, Flight>,
    /// Places in the window now.
    places: usize,
    /// Messages that were taken since the window last grew or shrank.
    steady: usize,
    /// How long the next pause is, but for doubling; it shrinks as the window grows.
    pause: SignedDuration,
    paused_until: Option<Timestamp>,
    reference: u16,
}

#[derive(Debug)]
struct Message {
    submits: Vec<SubmitSm>,
    /// How many of them were taken.
    taken: usize,
    /// Until when the rest is tried, once the first was taken.
    until: Option<Timestamp>,
}

#[derive(Debug)]
struct Flight {
    ticket: Ticket,
    until: Timestamp,
}

impl Outgoing {
    pub(super) fn new(setup: &Setup) -> Self {
        Self {
            messages: BTreeMap::new(),
            queue: VecDeque::new(),
            flying: BTreeMap::new(),
            places: setup.window,
            steady: 0,
            pause: SignedDuration::ZERO,
            paused_until: None,
            reference: 0,
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.messages.is_empty()
    }

    /// Takes a message, or says when it should come back.
    pub(super) fn accept(&mut self, turn: &mut Turn<'_>, ticket: Ticket, outbound: &Outbound) {
        if let Some(until) = self.paused_until.filter(|until| *until > turn.now) {
            let after = self.spread(ticket, until.duration_since(turn.now));
            let why = "the SMSC says that it is too fast".to_owned();
            return settle(turn, ticket, Ok(Outcome::Retry { after: Some(after), why }));
        }
        if self.queue.len() >= turn.setup.window * QUEUED_PER_PLACE {
            let why = "more is on its way than the SMSC takes at once".to_owned();
            return settle(turn, ticket, Ok(Outcome::Retry { after: None, why }));
        }
        if self.reference == 0 {
            // Another process may have begun at 0 a moment ago.
            self.reference = (turn.now.as_second() % 60_000).unsigned_abs().try_into().unwrap_or(0);
        }
        self.reference = self.reference.wrapping_add(1);
        let submits = submits(turn.setup, outbound, self.reference);
        self.messages.insert(ticket, Message { submits, taken: 0, until: None });
        self.queue.push_back(ticket);
    }

    /// Writes as much as there are places for.
    pub(super) fn pump(&mut self, turn: &mut Turn<'_>, session: &mut Session) {
        if !session.is_bound() || self.paused_until.is_some_and(|until| until > turn.now) {
            return;
        }
        while self.flying.len() < self.places
            && let Some(ticket) = self.queue.pop_front()
        {
            let Some(message) = self.messages.get(&ticket) else { continue };
            let submit = message.submits[message.taken].clone();
            let number = session.request(turn, submit);
            self.flying.insert(number, Flight { ticket, until: turn.after(ANSWER_WITHIN) });
        }
    }

    /// The SMSC answered a request. Answers to what nobody waits for any more are told to nobody.
    pub(super) fn answered(&mut self, turn: &mut Turn<'_>, number: u32, status: CommandStatus, id: &str) {
        let Some(Flight { ticket, .. }) = self.flying.remove(&number) else { return };
        let Some(message) = self.messages.get_mut(&ticket) else { return };
        if status == CommandStatus::EsmeRok {
            message.taken += 1;
            let whole = message.taken == message.submits.len();
            message.until.get_or_insert(turn.now.checked_add(REST_WITHIN).unwrap_or(turn.now));
            self.faster(turn);
            if whole {
                self.messages.remove(&ticket);
                return settle(turn, ticket, Ok(Outcome::Accepted { id: answer_id(turn.setup.ids, id) }));
            }
            return self.queue.push_front(ticket);
        }
        let throttled = matches!(status, CommandStatus::EsmeRthrottled | CommandStatus::EsmeRmsgqful);
        let begun = message.taken > 0;
        let refusal = refusal(turn.setup, status);
        if throttled {
            self.slower(turn);
        }
        match (begun, refusal) {
            (false, Outcome::Retry { why, .. }) => {
                let rest = self.paused_until.map(|until| until.duration_since(turn.now));
                let after = rest.filter(|_| throttled).map(|rest| self.spread(ticket, rest));
                self.messages.remove(&ticket);
                settle(turn, ticket, Ok(Outcome::Retry { after, why }));
            }
            (false, refusal) => {
                self.messages.remove(&ticket);
                settle(turn, ticket, Ok(refusal));
            }
            // What has begun is not begun again: the rest waits here.
            (true, Outcome::Retry { .. }) if throttled => self.queue.push_front(ticket),
            (true, _) => self.torn(turn, ticket, &said(status)),
        }
        if throttled {
            self.send_back(turn, "the SMSC says that it is too fast");
        }
    }

    /// An answer came that cannot be read.
    pub(super) fn unreadable(&mut self, turn: &mut Turn<'_>, number: u32) {
        if let Some(Flight { ticket, .. }) = self.flying.remove(&number) {
            self.messages.remove(&ticket);
            settle(turn, ticket, Err(NoAnswer("the SMSC's answer cannot be read".to_owned())));
        }
    }

    /// One place more for each window that was taken whole.
    fn faster(&mut self, turn: &Turn<'_>) {
        if self.paused_until.is_some_and(|until| until > turn.now) {
            return;
        }
        self.paused_until = None;
        self.steady += 1;
        if self.steady >= self.places && self.places < turn.setup.window {
            self.places += 1;
            self.steady = 0;
            self.pause /= 2;
        }
    }

    /// Half the places, and a pause that doubles; once for all answers that say so while it lasts.
    fn slower(&mut self, turn: &Turn<'_>) {
        if self.paused_until.is_some_and(|until| until > turn.now) {
            return;
        }
        self.places = (self.places / 2).max(1);
        self.steady = 0;
        self.pause = (self.pause * 2).clamp(FIRST_PAUSE, LONGEST_PAUSE);
        self.paused_until = Some(turn.after(self.pause));
    }

    /// When one of those that wait for the end of a pause comes back: not all at once.
    fn spread(&self, ticket: Ticket, rest: SignedDuration) -> SignedDuration {
        let share = i32::try_from(ticket.0 % SPREAD).unwrap_or(0);
        rest + self.pause * share / i32::try_from(SPREAD).unwrap_or(1)
    }

    /// Sends back what has not begun.
    fn send_back(&mut self, turn: &mut Turn<'_>, why: &str) {
        let rest = self.paused_until.map(|until| until.duration_since(turn.now));
        for ticket in std::mem::take(&mut self.queue) {
            if self.messages.get(&ticket).is_some_and(|message| message.taken > 0) {
                self.queue.push_back(ticket);
                continue;
            }
            self.messages.remove(&ticket);
            let after = rest.map(|rest| self.spread(ticket, rest));
            settle(turn, ticket, Ok(Outcome::Retry { after, why: why.to_owned() }));
        }
    }

    /// The connection has ended: of what was written nobody knows, all else has not left.
    pub(super) fn lost(&mut self, turn: &mut Turn<'_>, why: &str) {
        for (_, Flight { ticket, .. }) in std::mem::take(&mut self.flying) {
            if self.messages.get(&ticket).is_some_and(|message| message.taken > 0) {
                self.torn(turn, ticket, why);
            } else if self.messages.remove(&ticket).is_some() {
                settle(turn, ticket, Err(NoAnswer(why.to_owned())));
            }
        }
        self.paused_until = None;
        self.send_back(turn, why);
        for ticket in std::mem::take(&mut self.queue) {
            self.torn(turn, ticket, why);
        }
    }

    /// Some parts of a message were taken, and the others will not be.
    fn torn(&mut self, turn: &mut Turn<'_>, ticket: Ticket, why: &str) {
        if let Some(message) = self.messages.remove(&ticket) {
            let (taken, all) = (message.taken, message.submits.len());
            let why = format!("{taken} of {all} parts were taken, then: {why}");
            settle(turn, ticket, Err(NoAnswer(why)));
        }
    }

    /// What time does: answers that never came, and rests of messages that could not be sent.
    pub(super) fn time(&mut self, turn: &mut Turn<'_>) {
        let late: Vec<u32> = self
            .flying
            .iter()
            .filter(|(_, flight)| flight.until <= turn.now)
            .map(|(number, _)| *number)
            .collect();
        for number in late {
            if let Some(Flight { ticket, .. }) = self.flying.remove(&number) {
                self.messages.remove(&ticket);
                let why = format!("the SMSC did not answer within {} seconds", ANSWER_WITHIN.as_secs());
                settle(turn, ticket, Err(NoAnswer(why)));
            }
        }
        let is_late = |ticket: &Ticket| {
            let until = self.messages.get(ticket).and_then(|message| message.until);
            until.is_some_and(|until| until <= turn.now)
        };
        let late: Vec<Ticket> = self.queue.iter().filter(|ticket| is_late(ticket)).copied().collect();
        self.queue.retain(|ticket| !late.contains(ticket));
        for ticket in late {
            self.torn(turn, ticket, "the SMSC takes no more");
        }
    }

    /// When time does something next.
    pub(super) fn due(&self, now: Timestamp) -> Option<Timestamp> {
        let answers = self.flying.values().map(|flight| flight.until);
        let rests = self.queue.iter().filter_map(|ticket| self.messages.get(ticket)?.until);
        let pause = self.paused_until.filter(|until| !self.queue.is_empty() && *until > now);
        answers.chain(rests).chain(pause).min()
    }
}

fn settle(turn: &mut Turn<'_>, ticket: Ticket, what: Result<Outcome, NoAnswer>) {
    turn.wishes.push(Wish::Settle(ticket, what));
}

/// A status as people look it up.
pub(super) fn said(status: CommandStatus) -> String {
    format!("0x{:02x} ({status:?})", u32::from(status))
}

/// What a refusal means, by the words of the file.
fn refusal(setup: &Setup, status: CommandStatus) -> Outcome {
    let code = format!("0x{:02x}", u32::from(status));
    let why = said(status);
    let rejected = |kind| Outcome::Rejected { kind, why: why.clone() };
    match setup.class(&code).unwrap_or(Class::Permanent) {
        Class::Retry => Outcome::Retry { after: None, why },
        Class::OptedOut => Outcome::OptedOut { code },
        Class::BadNumber => rejected(Rejection::BadNumber),
        Class::Filtered => rejected(Rejection::Filtered),
        Class::TooLong => rejected(Rejection::TooLong),
        Class::Config => rejected(Rejection::Config),
        Class::Permanent => rejected(Rejection::Permanent),
    }
}
