//! The step: one event, one new state, and what is wanted. Pure and total.

use super::effect::Effect;
use super::event::{Event, Human};
use super::machine::{Bad, Machine};
use super::reading::Reading;
use super::rung::{Move, RUNGS, Scene, decide};
use super::state::{Count, State, fingerprint};
use crate::bot::{Bot, Optin};
use crate::consent::{Change, How, Kind, Reason, Status, wording};
use crate::sms::{Class, Inbound, Receipt, ReceiptState};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// What a step came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The dialogue after the event.
    pub state: State,
    /// What is wanted, in order.
    pub effects: Vec<Effect>,
    /// Why it went this way.
    pub trace: Trace,
}

/// Why a step went its way: what the log keeps and `why` prints.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Trace {
    /// The rung that took the text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rung: Option<String>,
    /// The best intent that the text means.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub intent: Option<String>,
    /// Nodes that were entered, as `flow.node`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub nodes: Vec<String>,
    /// The ways by which nodes were left, as `flow.node way`; [`crate::bot::By::name`] names the way.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ways: Vec<String>,
    /// Questions that were answered by one of a few values, as `flow.node = value`: an option's number, a list's key, yes or no.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub answers: Vec<String>,
    /// Anything else worth knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// Advances a dialogue by one event. O(nodes entered + size of their texts), bounded by
/// [`super::machine::NODES_MAX`]. A stale timer, a late receipt and an answer that nobody waits for change nothing.
#[must_use]
pub fn step(bot: &Bot, state: &State, event: &Event, reading: &Reading, now: Timestamp, seed: u64) -> Step {
    let mut machine = Machine::new(bot, state.clone(), now, seed);
    match event {
        Event::Text(inbound) => text(&mut machine, state, inbound, reading),
        Event::Timer { armed_in } => machine.timer(*armed_in),
        Event::Receipt(receipt) if receipt.opted_out => {
            let rule = receipt.code.clone().unwrap_or_else(|| "receipt".to_owned());
            opt_out_elsewhere(&mut machine, How::Provider, &rule);
        }
        Event::Receipt(receipt) => heard_of(&mut machine, receipt),
        Event::Reviewed { decision, by } => machine.reviewed(*decision, by),
        Event::OptOut { how, rule } => opt_out_elsewhere(&mut machine, *how, rule),
        Event::Left { how, on } => machine.holder_left(*how, *on),
        Event::Start { flow, cause } => machine.start(flow, *cause),
        Event::Human(Human::TookOver) => machine.taken_over(),
        Event::Human(Human::Wrote { body }) => machine.human_wrote(body),
        Event::Human(Human::GaveBack) => machine.given_back(),
        Event::Lookup { armed_in, name, answer } => machine.looked_up(*armed_in, name, answer),
        Event::Pinned { node, arm } => machine.pin(node, arm),
        Event::Filled { field, words, by } => machine.filled(field, words.as_deref(), by.as_deref()),
        Event::Placed { node } => machine.placed(node),
        Event::Taken(taken) => machine.taken(taken),
    }
    machine.finish(state)
}

/// A receipt changes no dialogue; what it says about the number is remembered.
fn heard_of(machine: &mut Machine<'_>, receipt: &Receipt) {
    let now = machine.now;
    let person = &mut machine.state.person;
    if receipt.bad_number {
        person.bad_number = Some(Count::one_more(person.bad_number, now, SignedDuration::MAX));
        machine.note("nobody can be texted at this number");
    } else if matches!(receipt.state, ReceiptState::Delivered | ReceiptState::Read) {
        person.bad_number = None;
    }
    machine.note("a receipt changes no dialogue");
}

fn text(machine: &mut Machine<'_>, before: &State, inbound: &Inbound, reading: &Reading) {
    let person = &mut machine.state.person;
    person.remember(fingerprint(&inbound.account, &inbound.id), machine.now);
    person.phone = Some(inbound.from);
    person.sender = Some(inbound.to);
    person.bad_number = None;
    person.offered = None;
    // A machine that answers for somebody is no sign of them; a reaction is a sign, and no reply.
    if reading.kind != Kind::AutoReply {
        person.follow_ups = 0;
    }
    person.hurried = super::rung::hurried(person, machine.now);
    if !matches!(reading.kind, Kind::AutoReply | Kind::Tapback) {
        person.last_text = Some(machine.now);
    }
    let same = super::rung::text_fingerprint(reading);
    let repeats = person.repeated.filter(|(text, _)| *text == same).map(|(_, count)| count);
    person.repeated = Some((same, Count::one_more(repeats, machine.now, super::rung::REPEAT_WINDOW)));
    machine.trace.intent = reading.heard.first().map(|heard| machine.bot.intent(heard.intent).name.clone());

    let scene = Scene { bot: machine.bot, state: before, reading, now: machine.now };
    machine.muted = super::rung::is_loop(&scene);
    let Some((place, decided)) = decide(&scene) else {
        machine.note("opted out: recorded, not answered");
        return;
    };
    machine.trace.rung = Some(RUNGS[place].name.to_owned());
    let meant = reading.repaired.as_deref().unwrap_or(reading);
    if reading.repaired.is_some()
        && matches!(decided, Move::Answer(_) | Move::Go(..) | Move::Start(..) | Move::AskAgain(_))
    {
        machine.note("repaired: a misspelt word was mended");
        machine.trace.intent = meant.heard.first().map(|heard| machine.bot.intent(heard.intent).name.clone());
    }
    apply(machine, inbound, meant, decided);
}

fn apply(machine: &mut Machine<'_>, inbound: &Inbound, reading: &Reading, decided: Move) {
    consent(machine, inbound, &decided);
    match decided {
        Move::Ignore(why) => machine.note(why),
        Move::Unsure(_) => {
            machine.state.person.timers.clear();
            machine.note("this may be an opt-out: nothing is sent until somebody has read it");
        }
        Move::OptOut(_, reason) => {
            if reason == Reason::Threat {
                machine.note("a threat: a person of the brand should read it");
            }
            machine.close();
            machine.send(Class::OptOutConfirmation, machine.bot.stopped.as_ref(), wording::opted_out);
        }
        Move::Help => machine.send(Class::Help, machine.bot.help.as_ref(), wording::help),
        Move::OptIn(_) if machine.muted => machine.note("a machine answers a machine"),
        Move::OptIn(_) => match machine.bot.optin_flow() {
            Some(flow) if machine.is_open(flow) => machine.ask_again(),
            Some(flow) => machine.interrupt(flow),
            None => machine.send(Class::Reply, machine.bot.started.as_ref(), wording::opted_in),
        },
        Move::Answer(value) => machine.answer(value, inbound),
        Move::Leave(flow) => machine.leave_for(flow),
        Move::ToHuman => machine.for_human(),
        Move::Go(Some(intent), node) => machine.hear(intent, node),
        Move::Go(None, node) => machine.go(node),
        Move::Start(intent, flow) => {
            machine.learn_language(reading, intent);
            machine.interrupt(flow);
        }
        Move::AskAgain(_) | Move::Stay => machine.ask_again(),
        Move::Unclear => machine.bad_answer(Bad::Unclear),
        Move::Invalid => machine.bad_answer(Bad::Invalid),
        Move::Fallback => machine.fallback(),
    }
}

/// Writes down what a text says about consent, whatever else it does: compliance words, and the intents that the brand
/// has declared to be consent.
fn consent(machine: &mut Machine<'_>, inbound: &Inbound, decided: &Move) {
    let how = if inbound.hint.is_some() { How::Provider } else { How::Text };
    match decided {
        Move::OptOut(rule, reason) => machine.ledger_for(Change::Out, how, rule, *reason, Some(inbound)),
        Move::Unsure(rule) => machine.ledger(Change::Unsure, how, rule, Some(inbound)),
        Move::OptIn(rule) => machine.ledger(Change::In, how, rule, Some(inbound)),
        Move::Start(intent, _) | Move::AskAgain(intent) | Move::Go(Some(intent), _) => {
            let intent = machine.bot.intent(*intent);
            match intent.optin {
                Optin::Single => machine.ledger(Change::In, How::Text, &intent.name, Some(inbound)),
                // Whoever has consented already needs no second asking.
                Optin::Double if machine.state.person.standing.status != Status::In => {
                    machine.ledger(Change::Asked, How::Text, &intent.name, Some(inbound));
                }
                Optin::Double | Optin::No => {}
            }
        }
        Move::Go(None, _)
        | Move::Ignore(_)
        | Move::Help
        | Move::Answer(_)
        | Move::Leave(_)
        | Move::Stay
        | Move::ToHuman
        | Move::Unclear
        | Move::Invalid
        | Move::Fallback => {}
    }
}

/// An opt-out that reached us otherwise than by a text to us: no confirmation, there is nothing to answer.
fn opt_out_elsewhere(machine: &mut Machine<'_>, how: How, rule: &str) {
    if machine.state.person.standing.status == Status::Out {
        machine.note("opted out already");
        return;
    }
    machine.ledger(Change::Out, how, rule, None);
    machine.close();
}
