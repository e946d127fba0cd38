//! SMPP 3.4 and 5.0 (smpp.org): binds to an SMSC, sends messages, takes texts and receipts.

mod deliver;
mod outgoing;
mod recent;
mod session;
mod setup;
mod submit;
#[cfg(test)]
mod tests;
mod wire;

use super::{Happened, Link, Opener, Protocol, Taken, Ticket, Use, Weight, Wire, Wish};
use crate::provider::{Delivery, Kind, Outcome, Rejection, SettingError, Settings};
use crate::sms::{MessageId, Outbound};
use deliver::Brought;
use jiff::{SignedDuration, Timestamp};
use outgoing::Outgoing;
use recent::Recent;
use rusmpp_core::command::owned::Command;
use rusmpp_core::pdus::owned::{DataSmResp, DeliverSmResp, Pdu};
use rusmpp_core::{CommandId, CommandStatus};
use session::{Came, Session, Turn};
use setup::{Role, Setup};
use std::collections::BTreeMap;
use std::sync::Arc;

pub(super) const PROTOCOL: Protocol = Protocol {
    name: "smpp",
    about: "SMPP 3.4 and 5.0: a connection to an SMSC that is kept",
    reads: setup::READS,
    wrong: setup::wrong,
    clashes: setup::clashes,
    open,
};

/// Texts and receipts that wait for us at once; an SMSC that sends more is told to come back.
const OPEN_MAX: usize = 1_000;
/// How long what has begun may go on when the link is to end.
const FINISH_WITHIN: SignedDuration = SignedDuration::from_secs(5);
/// The bit of a command's number that says that it is an answer.
const ANSWER: u32 = 0x8000_0000;

fn open(kind: &Arc<Kind>, settings: &Settings) -> Result<Opener, SettingError> {
    let setup = Arc::new(Setup::of(kind, settings)?);
    let peer = setup.peer.clone();
    Ok(Opener::new(move |purpose| Box::new(Smpp::new(Arc::clone(&setup), purpose))).to(peer))
}

/// One account.
struct Smpp {
    setup: Arc<Setup>,
    sessions: Vec<Session>,
    outgoing: Outgoing,
    /// What was brought and is not answered.
    open: BTreeMap<Ticket, Open>,
    recent: Recent,
    tickets: u64,
    /// Until when what has begun may go on, once the link is to end.
    ending: Option<Timestamp>,
    ended: bool,
}

/// A request of the SMSC that waits for our answer.
struct Open {
    wire: Wire,
    life: u64,
    sequence: u32,
    is_data: bool,
    /// What a text says, to know it when it comes again.
    content: Option<String>,
}

impl Smpp {
    fn new(setup: Arc<Setup>, purpose: Use) -> Self {
        let session = |(number, role): (usize, &Role)| Session::new(Wire(number), *role);
        let sends: &[Role] = if setup.roles == [Role::Receiver] { &[] } else { &[Role::Transmitter] };
        let roles = if purpose == Use::SendingOnly { sends } else { setup.roles };
        Self {
            sessions: roles.iter().enumerate().map(session).collect(),
            outgoing: Outgoing::new(&setup),
            open: BTreeMap::new(),
            recent: Recent::default(),
            tickets: 0,
            ending: None,
            ended: false,
            setup,
        }
    }

    fn session(&mut self, wire: Wire) -> Option<&mut Session> {
        self.sessions.iter_mut().find(|session| session.wire == wire)
    }

    fn heard(&mut self, turn: &mut Turn<'_>, wire: Wire, bytes: &[u8]) {
        let Some(session) = self.session(wire) else { return };
        let (came, lost) = session.heard(turn, bytes);
        for one in came {
            match one {
                Came::Pdu(command) => self.command(turn, wire, &command),
                Came::Unreadable { id, sequence } => self.unreadable(turn, wire, id, sequence),
            }
        }
        if lost {
            let why = self.session(wire).map(|session| session.absence().0).unwrap_or_default();
            self.lost(turn, wire, &why);
        }
    }

    fn command(&mut self, turn: &mut Turn<'_>, wire: Wire, command: &Command) {
        let (status, sequence) = (command.status(), command.sequence_number());
        if u32::from(command.id()) & ANSWER != 0 {
            self.recent.heard(wire, sequence);
        }
        match (command.id(), command.pdu()) {
            (CommandId::SubmitSmResp, Some(Pdu::SubmitSmResp(answer))) => {
                self.outgoing.answered(turn, sequence, status, answer.message_id().as_str());
            }
            (CommandId::SubmitSmResp | CommandId::GenericNack, _) => {
                self.outgoing.answered(turn, sequence, status, "");
            }
            (_, Some(Pdu::DeliverSm(deliver))) => {
                self.brought(turn, wire, sequence, false, &Brought::by_deliver(deliver));
            }
            (_, Some(Pdu::DataSm(data))) => self.brought(turn, wire, sequence, true, &Brought::by_data(data)),
            (id, _) if u32::from(id) & ANSWER == 0 => {
                if let Some(session) = self.session(wire) {
                    session.answer(turn, CommandStatus::EsmeRinvcmdid, sequence, Pdu::GenericNack);
                }
            }
            _ => {}
        }
    }

    #[expect(clippy::wildcard_enum_match_arm, reason = "the codec knows all commands, we a few")]
    fn unreadable(&mut self, turn: &mut Turn<'_>, wire: Wire, id: CommandId, sequence: u32) {
        let asks = u32::from(id) & ANSWER == 0;
        turn.say(Weight::Warning, format!("a PDU of the SMSC cannot be read: {id:?}"));
        match id {
            CommandId::SubmitSmResp => self.outgoing.unreadable(turn, sequence),
            CommandId::DeliverSm => self.answer(turn, wire, sequence, false, CommandStatus::EsmeRxPAppn),
            _ if asks => {
                if let Some(session) = self.session(wire) {
                    session.answer(turn, CommandStatus::EsmeRinvcmdlen, sequence, Pdu::GenericNack);
                }
            }
            _ => {}
        }
    }

    /// A text, a part of one, or a receipt: it is answered when it is on the disk.
    fn brought(
        &mut self,
        turn: &mut Turn<'_>,
        wire: Wire,
        sequence: u32,
        is_data: bool,
        brought: &Brought<'_>,
    ) {
        let bound = self.session(wire).is_some_and(|session| session.is_bound());
        if !bound || self.open.len() >= OPEN_MAX {
            return self.answer(turn, wire, sequence, is_data, CommandStatus::EsmeRmsgqful);
        }
        if brought.is_of_no_person() {
            return self.answer(turn, wire, sequence, is_data, CommandStatus::EsmeRok);
        }
        let mut content = None;
        let mut perhaps = Vec::new();
        let delivery = if brought.is_receipt() {
            brought.receipt(turn.setup).map(Delivery::Receipt)
        } else {
            let fingerprint = brought.fingerprint();
            let id = brought.own_id().unwrap_or_else(|| {
                // What a part says is its name: the store knows those that were joined.
                if brought.is_part() {
                    return MessageId::from(format!("by-content-{fingerprint}").as_str());
                }
                let (id, before) = self.recent.name(wire, &fingerprint, turn.now);
                (perhaps, content) = (before, Some(fingerprint));
                id
            });
            brought.text(turn.setup, id)
        };
        match delivery {
            Ok(delivery) => {
                self.tickets += 1;
                let ticket = Ticket(self.tickets);
                let life = self.session(wire).map_or(0, |session| session.life);
                self.open.insert(ticket, Open { wire, life, sequence, is_data, content });
                turn.wishes.push(Wish::Deliver { ticket, delivery: Box::new(delivery), perhaps });
            }
            Err(why) => {
                turn.say(Weight::Warning, format!("something that the SMSC brings makes no sense: {why}"));
                self.answer(turn, wire, sequence, is_data, CommandStatus::EsmeRxPAppn);
            }
        }
    }

    /// Answers what was brought.
    fn taken(&mut self, turn: &mut Turn<'_>, ticket: Ticket, taken: Taken) {
        let Some(open) = self.open.remove(&ticket) else { return };
        let status = match taken {
            Taken::Kept => CommandStatus::EsmeRok,
            Taken::Later => CommandStatus::EsmeRxTAppn,
            Taken::Never => CommandStatus::EsmeRxPAppn,
        };
        let session =
            self.session(open.wire).filter(|session| session.life == open.life && session.is_open());
        let Some(last) = session.map(|session| session.last_request()) else { return };
        if let Some(content) = &open.content {
            if taken == Taken::Kept {
                self.recent.answered(open.wire, content, last);
            } else {
                self.recent.refused(content);
            }
        }
        self.answer(turn, open.wire, open.sequence, open.is_data, status);
    }

    fn answer(
        &mut self,
        turn: &mut Turn<'_>,
        wire: Wire,
        sequence: u32,
        is_data: bool,
        status: CommandStatus,
    ) {
        let Some(session) = self.session(wire).filter(|session| session.is_open()) else { return };
        if is_data {
            session.answer(turn, status, sequence, DataSmResp::default());
        } else {
            session.answer(turn, status, sequence, DeliverSmResp::default());
        }
    }

    /// A connection has ended.
    fn lost(&mut self, turn: &mut Turn<'_>, wire: Wire, why: &str) {
        // After a goodbye nothing is in doubt.
        if self.session(wire).is_some_and(|session| !session.parted) {
            self.recent.lost(wire);
        }
        if self.session(wire).is_some_and(|session| session.role.sends()) {
            self.outgoing.lost(turn, why);
        }
    }

    fn send(&mut self, turn: &mut Turn<'_>, ticket: Ticket, outbound: &Outbound) {
        let session = self.sessions.iter().find(|session| session.role.sends());
        let Some(session) = session else {
            let why = "the account is bound as a receiver, and cannot send".to_owned();
            let outcome = Outcome::Rejected { kind: Rejection::Config, why };
            return turn.wishes.push(Wish::Settle(ticket, Ok(outcome)));
        };
        if session.is_coming() && self.ending.is_none() {
            return self.outgoing.accept(turn, ticket, outbound);
        }
        let (why, until) = session.absence();
        let after = until.map(|until| until.duration_since(turn.now));
        turn.wishes.push(Wish::Settle(ticket, Ok(Outcome::Retry { after, why })));
    }

    fn time(&mut self, turn: &mut Turn<'_>) {
        let mut lost = Vec::new();
        for session in &mut self.sessions {
            if session.time(turn) {
                lost.push(session.wire);
            }
        }
        for wire in lost {
            self.lost(turn, wire, "the SMSC does not answer");
        }
        self.outgoing.time(turn);
    }

    /// Finishes what has begun, says goodbye, and ends when that is done.
    fn finish(&mut self, turn: &mut Turn<'_>) {
        let Some(until) = self.ending.filter(|_| !self.ended) else { return };
        if (self.outgoing.is_empty() && self.open.is_empty()) || until <= turn.now {
            self.outgoing.lost(turn, "the link ends");
            for session in &mut self.sessions {
                session.unbind(turn);
            }
        }
        for session in self.sessions.iter().filter(|session| session.parted) {
            self.recent.heard_all(session.wire);
        }
        if self.sessions.iter().all(Session::is_ended) {
            self.ended = true;
            turn.wishes.push(Wish::End { heard: self.recent.is_sure(turn.now) });
        }
    }
}

impl Link for Smpp {
    fn step(&mut self, happened: Happened<'_>, now: Timestamp) -> Vec<Wish> {
        let setup = Arc::clone(&self.setup);
        let mut turn = Turn { setup: &setup, now, wishes: Vec::new() };
        match happened {
            Happened::Started { told } => {
                if !told {
                    self.recent.begin_unsure(now);
                }
                self.sessions.iter_mut().for_each(|session| session.open(&mut turn));
            }
            Happened::Opened(wire) => {
                if let Some(session) = self.session(wire) {
                    session.opened(&mut turn);
                }
            }
            Happened::Heard(wire, bytes) => self.heard(&mut turn, wire, bytes),
            Happened::Closed(wire, why) => {
                if let Some(session) = self.session(wire) {
                    session.closed(&mut turn, why);
                }
                self.lost(&mut turn, wire, why);
            }
            Happened::Send(ticket, outbound) => self.send(&mut turn, ticket, outbound),
            Happened::Taken(ticket, taken) => self.taken(&mut turn, ticket, taken),
            Happened::Time => self.time(&mut turn),
            Happened::Stop => {
                self.ending.get_or_insert(turn.after(FINISH_WITHIN));
            }
        }
        if let Some(session) = self.sessions.iter_mut().find(|session| session.role.sends()) {
            self.outgoing.pump(&mut turn, session);
        }
        self.finish(&mut turn);
        turn.wishes
    }

    fn due(&self, now: Timestamp) -> Option<Timestamp> {
        if self.ended {
            return None;
        }
        let sessions = self.sessions.iter().filter_map(|session| session.due(&self.setup));
        sessions.chain(self.outgoing.due(now)).chain(self.ending.filter(|until| *until > now)).min()
    }

    fn preview(&self, outbound: &Outbound) -> Vec<String> {
        submit::submits(&self.setup, outbound, 1).iter().map(submit::shown).collect()
    }
}
