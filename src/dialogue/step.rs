//! The step: one event, one new state, and what is wanted. Pure and total.

use super::effect::Effect;
use super::event::{Event, Human};
use super::machine::{Bad, Machine, Told};
use super::reading::Reading;
use super::rung::{Move, RUNGS, Scene, decide};
use super::state::{Count, State, fingerprint};
use crate::bot::{Bot, Optin};
use crate::consent::{Change, How, Kind, Obstacle, Reason, Scope, Status, wording};
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
    /// What would have been said at a moment at which nothing may be said waits for a better one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub put_off: Option<PutOff>,
    /// Anything else worth knowing.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
}

/// A silence that has passed at a moment at which nothing may be said.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PutOff {
    /// The first moment at which something may be said.
    pub until: Timestamp,
    /// What is in the way until then.
    pub why: Obstacle,
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
    let is_heard = matches!(decided, Move::OptOut(..) | Move::Ignore(_)) && !machine.muted;
    apply(machine, inbound, meant, decided);
    if is_heard && matches!(reading.kind, Kind::OptOut { reason: Reason::Threat, .. }) {
        machine.alert(inbound);
    }
}

fn apply(machine: &mut Machine<'_>, inbound: &Inbound, reading: &Reading, decided: Move) {
    let back = matches!(decided, Move::OptIn(_)).then(|| machine.taken_back());
    consent(machine, inbound, &decided, back.clone());
    match decided {
        Move::Ignore(why) => machine.note(why),
        Move::Unsure(_) => {
            machine.state.person.timers.clear();
            machine.note("this may be an opt-out: nothing is sent until somebody has read it");
        }
        Move::OptOut(rule, reason) => machine.opted_out(&rule, reason, how(inbound), inbound),
        Move::Help => machine.send(Class::Help, machine.bot.help.as_ref(), wording::help),
        Move::OptIn(_) if machine.muted => machine.note("a machine answers a machine"),
        Move::OptIn(_) => match back.and_then(|scope| machine.welcome_of(&scope)) {
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
fn consent(machine: &mut Machine<'_>, inbound: &Inbound, decided: &Move, back: Option<Scope>) {
    let tell = |machine: &mut Machine<'_>, change, how, rule: &str, scope| {
        machine.ledger(Told { scope, ..Told::of(change, how, rule) }, Some(inbound));
    };
    match decided {
        Move::Unsure(rule) => tell(machine, Change::Unsure, how(inbound), rule, Scope::Brand),
        Move::OptIn(rule) => tell(machine, Change::In, how(inbound), rule, back.unwrap_or_default()),
        Move::Start(intent, _) | Move::AskAgain(intent) | Move::Go(Some(intent), _) => {
            let intent = machine.bot.intent(*intent);
            let scope = machine.given_in(intent.starts);
            match intent.optin {
                Optin::Single => tell(machine, Change::In, How::Text, &intent.name, scope),
                // Whoever has consented already needs no second asking.
                Optin::Double if !machine.is_in(intent.starts) => {
                    tell(machine, Change::Asked, How::Text, &intent.name, scope);
                }
                Optin::Double | Optin::No => {}
            }
        }
        Move::OptOut(..) // it is told where it is known how far it reaches
        | Move::Go(None, _)
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

/// How what a text says came about: the provider may have read it first.
fn how(inbound: &Inbound) -> How {
    if inbound.hint.is_some() { How::Provider } else { How::Text }
}

/// An opt-out that reached us otherwise than by a text to us: no confirmation, there is nothing to answer.
fn opt_out_elsewhere(machine: &mut Machine<'_>, how: How, rule: &str) {
    if machine.state.person.standing.status == Status::Out {
        machine.note("opted out already");
        return;
    }
    machine.ledger(Told::of(Change::Out, how, rule), None);
    machine.close();
}
