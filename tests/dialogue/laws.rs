//! What holds after every step of every bot, whatever happens: a dialogue that is followed through its events, and a panic
//! where a law is broken. The fuzz target `files` follows its dialogues by the same laws.

use jiff::{SignedDuration, Timestamp};
use sayso::bot::{Awaited, Bot};
use sayso::consent::{Change, Standing, Status};
use sayso::dialogue::{
    Effect, Event, FIELD_BYTES_MAX, FOLLOW_UPS_MAX, Frame, NODES_MAX, RECENT_MAX, SENDS_MAX, SENT_BYTES_MAX,
    STACK_MAX, State, Step, Taken, read, resume, step, to_record,
};
use sayso::sms::Class;

/// A dialogue, from its first event on.
pub(crate) struct Followed<'b> {
    bot: &'b Bot,
    seed: u64,
    /// Where it stands.
    pub(crate) state: State,
    /// The moment of the last event.
    pub(crate) now: Timestamp,
    /// Takes that nobody has resolved: a commit does it.
    takes: u64,
    /// The sum of the ledger so far.
    ledger: Standing,
    /// Whether the opt-out that holds was confirmed.
    confirmed: bool,
    /// Turns in which lookups were asked, with their names: late answers are made of them too.
    pub(crate) asked: Vec<(u64, String)>,
}

impl<'b> Followed<'b> {
    /// Somebody who has never written, at that moment.
    pub(crate) fn new(bot: &'b Bot, now: Timestamp, seed: u64) -> Self {
        let (state, ledger) = (State::default(), Standing::default());
        Self { bot, seed, state, now, takes: 0, ledger, confirmed: false, asked: Vec::new() }
    }

    /// Lets something happen `after` so many seconds.
    pub(crate) fn happens(&mut self, event: &Event, after: i64) -> Step {
        self.now = self.now.checked_add(SignedDuration::from_secs(after)).unwrap_or(self.now);
        let (bot, now) = (self.bot, self.now);
        let before = self.state.clone();
        let once = || {
            let reading = read(bot, &before, event, now);
            step(bot, &before, event, &reading, now, self.seed)
        };
        let step = once();
        assert_eq!(format!("{step:?}"), format!("{:?}", once()), "the same inputs give the same step");
        self.bounded(&step);
        self.lawful(&before, event, &step);
        self.told(&before, &step);
        is_for_its_asker(bot, &before, event, &step);
        if is_stale(bot, &before, event, now) {
            let mut kept = before;
            // A result is off the list once it was heard, whoever waited for it.
            if let Event::Taken(taken) = event {
                let listed = kept.person.taken.len();
                kept.person.taken.retain(|waiting| waiting != taken);
                kept.person.turn += u64::from(kept.person.taken.len() < listed);
            }
            assert_eq!(step.state, kept, "{event:?} is stale");
            assert!(step.effects.is_empty() && !step.trace.notes.is_empty(), "{event:?} is stale: {step:?}");
        }
        self.state = step.state.clone();
        self.commit(&step);
        let stored = resume(bot, to_record(bot, &self.state));
        assert_eq!(stored, self.state, "a dialogue survives the way through the store");
        step
    }

    /// What a commit does: a pool of one piece in two is empty, a counter goes up.
    fn commit(&mut self, step: &Step) {
        for effect in &step.effects {
            match effect {
                Effect::Take(take) => {
                    self.takes += 1;
                    let number = Some(self.takes).filter(|number| number % 2 == 1);
                    self.state.person.taken.push(Taken { name: take.name.clone(), number });
                }
                Effect::Lookup(lookup) => self.asked.push((lookup.armed_in, lookup.name.clone())),
                Effect::Send(_) | Effect::Ledger(_) | Effect::Notify(_) => {}
            }
        }
    }

    fn bounded(&self, step: &Step) {
        let sends: Vec<usize> = step.effects.iter().filter_map(|effect| Some(sent(effect)?.1)).collect();
        let person = &step.state.person;
        assert!(sends.len() <= SENDS_MAX, "{} messages", sends.len());
        assert!(sends.iter().sum::<usize>() <= SENT_BYTES_MAX, "{sends:?} bytes");
        assert!(step.trace.nodes.len() <= NODES_MAX, "{} nodes", step.trace.nodes.len());
        assert!(step.state.stack.len() <= STACK_MAX, "{} open flows", step.state.stack.len());
        assert!(person.recent.len() <= RECENT_MAX);
        assert!(person.follow_ups <= FOLLOW_UPS_MAX);
        let known: usize = person.fields.values().map(|value| value.to_string().len()).sum();
        assert!(known <= FIELD_BYTES_MAX, "{known} bytes are known");
        assert!(step.state.stack.iter().all(|frame| self.bot.node(frame.node).flow == frame.flow));
    }

    /// Who has stopped is sent one confirmation and answers to HELP; and nothing is begun without consent.
    fn lawful(&mut self, before: &State, event: &Event, step: &Step) {
        let (was, is) = (&before.person.standing, &step.state.person.standing);
        for send in step.effects.iter().filter_map(Effect::send) {
            let towards = |standing: &Standing| standing.towards(&send.programme, send.content);
            match send.class {
                Class::OptOutConfirmation => {
                    assert!(is.is_stopped() && was.status != Status::Out, "{event:?} is confirmed");
                    assert_ne!((is.status, &is.parts), (was.status, &was.parts), "{event:?} ends nothing");
                    assert!(!std::mem::replace(&mut self.confirmed, true), "confirmed twice");
                }
                Class::Help => {}
                Class::Reply => {
                    assert!(towards(is) != Status::Out, "{event:?} makes a stopped person be written to");
                }
                Class::FollowUp | Class::Campaign => {
                    assert!(towards(was) == Status::In && towards(is) == Status::In, "{event:?}");
                }
            }
        }
        // Who is still in something can end that, too.
        self.confirmed &= is.status == Status::Out;
    }

    /// The standing is the sum of the ledger, whose entries are numbered without a gap; only a text ends an opt-out.
    fn told(&mut self, before: &State, step: &Step) {
        for effect in &step.effects {
            let Effect::Ledger(entry) = effect else { continue };
            assert_eq!(entry.number, self.ledger.entries + 1);
            assert_eq!(entry.at, self.now);
            self.ledger = self.ledger.after(entry);
        }
        assert_eq!(self.ledger, step.state.person.standing, "the ledger tells where the person stands");
        if before.person.standing.status == Status::Out && self.ledger.status != Status::Out {
            let opens = |effect: &Effect| matches!(effect, Effect::Ledger(entry) if matches!(entry.change, Change::In | Change::Asked | Change::Reassigned(_)));
            assert!(
                step.effects.iter().any(opens),
                "only the person ends an opt-out, or another person with the number"
            );
        }
    }
}

fn sent(effect: &Effect) -> Option<(Class, usize)> {
    match effect {
        Effect::Send(send) => Some((send.class, send.body.len())),
        Effect::Ledger(_) | Effect::Take(_) | Effect::Lookup(_) | Effect::Notify(_) => None,
    }
}

/// Whether nothing waits for an event: a timer that is not armed or not due, an answer that was not asked for here.
fn is_stale(bot: &Bot, state: &State, event: &Event, now: Timestamp) -> bool {
    let awaited = |frame: &Frame| bot.node(frame.node).wait.as_ref().map(|wait| &wait.what);
    let mut open = state.stack.iter().filter(|frame| frame.came.is_none());
    match event {
        Event::Timer { armed_in } => {
            !state.person.armed().any(|timer| timer.armed_in == *armed_in && timer.due <= now)
        }
        Event::Lookup { armed_in, name, .. } => !open.any(|frame| {
            frame.turn == *armed_in
                && matches!(awaited(frame), Some(Awaited::Lookup(lookup)) if lookup.name == *name)
        }),
        Event::Taken(taken) => !open.any(|frame| {
            matches!(awaited(frame), Some(Awaited::Draw(contest)) if taken.name == format!("contest {}", contest.name))
        }),
        Event::Receipt(receipt) => !receipt.opted_out,
        Event::Text(_)
        | Event::Start { .. }
        | Event::Human(_)
        | Event::OptOut { .. }
        | Event::Left { .. }
        | Event::Reviewed { .. }
        | Event::Pinned { .. }
        | Event::Filled { .. }
        | Event::Placed { .. } => false,
    }
}

/// An outside answer moves the node that asked for it: while another flow is heard, none but that one.
fn is_for_its_asker(bot: &Bot, before: &State, event: &Event, step: &Step) {
    let Event::Lookup { armed_in, .. } = event else { return };
    let asks = |frame: &Frame| {
        let what = bot.node(frame.node).wait.as_ref().map(|wait| &wait.what);
        frame.turn == *armed_in && matches!(what, Some(Awaited::Lookup(_)))
    };
    let Some((_, below)) = before.stack.split_last() else { return };
    if below.iter().any(asks) && !before.stack.last().is_some_and(asks) {
        assert_eq!(step.state.stack.len(), before.stack.len(), "another flow is heard: {step:?}");
        for (was, is) in before.stack.iter().zip(&step.state.stack) {
            assert!(was == is || asks(was), "{event:?} moves {was:?}");
        }
    }
}
