//! One connection: bound, kept alive, ended, and bound again after a while.

use super::setup::{Role, Setup};
use super::wire::{Frame, Frames, bytes};
use crate::provider::link::{Weight, Wire, Wish};
use jiff::{SignedDuration, Timestamp};
use rusmpp_core::command::owned::Command;
use rusmpp_core::pdus::owned::{BindReceiver, BindTransceiver, BindTransmitter, Pdu};
use rusmpp_core::types::owned::COctetString;
use rusmpp_core::values::InterfaceVersion;
use rusmpp_core::{CommandId, CommandStatus};
use secrecy::ExposeSecret;

/// The pause before the first new attempt; it doubles with each.
const FIRST_PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// The longest pause.
const LONGEST_PAUSE: SignedDuration = SignedDuration::from_mins(1);
/// The first pause after a wrong password, and the longest: SMSCs lock out who guesses.
const BARRED_FIRST: SignedDuration = SignedDuration::from_mins(5);
const BARRED_LONGEST: SignedDuration = SignedDuration::from_hours(1);
/// A connection that was bound for so long has worked: the next pause is the first again.
const STEADY: SignedDuration = SignedDuration::from_mins(1);
/// How long an SMSC may take to answer a bind, a question whether it is there, and an unbind.
const ANSWER_WITHIN: SignedDuration = SignedDuration::from_secs(10);
const UNBIND_WITHIN: SignedDuration = SignedDuration::from_secs(5);

/// What a step works with.
pub(super) struct Turn<'t> {
    pub(super) setup: &'t Setup,
    pub(super) now: Timestamp,
    pub(super) wishes: Vec<Wish>,
}

impl Turn<'_> {
    pub(super) fn say(&mut self, weight: Weight, words: impl Into<String>) {
        self.wishes.push(Wish::Say(weight, words.into()));
    }

    pub(super) fn after(&self, duration: SignedDuration) -> Timestamp {
        self.now.checked_add(duration).unwrap_or(self.now)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Phase {
    /// Until the next attempt; and why.
    Resting { until: Timestamp, why: String },
    /// A connection is being made.
    Opening,
    /// The bind waits for its answer.
    Binding { until: Timestamp },
    /// Bound.
    Bound { since: Timestamp },
    /// The unbind waits for its answer.
    Unbinding { until: Timestamp },
    /// Over.
    Ended,
}

/// What came over a connection that is none of its own affairs.
pub(super) enum Came {
    /// A request or an answer.
    Pdu(Box<Command>),
    /// One that cannot be read.
    Unreadable { id: CommandId, sequence: u32 },
}

/// One connection.
#[derive(Debug)]
pub(super) struct Session {
    pub(super) wire: Wire,
    pub(super) role: Role,
    phase: Phase,
    attempts: u32,
    sequence: u32,
    frames: Frames,
    heard_at: Timestamp,
    asked: Option<Timestamp>,
    /// Whether it ended in peace: the SMSC was told, and has heard what was written before.
    pub(super) parted: bool,
    /// How many connections there have been: an answer belongs to the one that its request came over.
    pub(super) life: u64,
}

impl Session {
    pub(super) fn new(wire: Wire, role: Role) -> Self {
        Self {
            wire,
            role,
            phase: Phase::Ended,
            attempts: 0,
            sequence: 0,
            frames: Frames::default(),
            heard_at: Timestamp::UNIX_EPOCH,
            asked: None,
            parted: false,
            life: 0,
        }
    }

    pub(super) fn is_bound(&self) -> bool {
        matches!(self.phase, Phase::Bound { .. })
    }

    /// Whether it is bound, or may be in a moment.
    pub(super) fn is_coming(&self) -> bool {
        matches!(self.phase, Phase::Opening | Phase::Binding { .. } | Phase::Bound { .. })
    }

    pub(super) fn is_ended(&self) -> bool {
        self.phase == Phase::Ended
    }

    /// Whether PDUs can still be answered over it.
    pub(super) fn is_open(&self) -> bool {
        matches!(self.phase, Phase::Bound { .. } | Phase::Unbinding { .. })
    }

    /// Why nothing can be sent over it, and when that may change.
    pub(super) fn absence(&self) -> (String, Option<Timestamp>) {
        match &self.phase {
            Phase::Resting { until, why } => (why.clone(), Some(*until)),
            Phase::Opening
            | Phase::Binding { .. }
            | Phase::Bound { .. }
            | Phase::Unbinding { .. }
            | Phase::Ended => ("the link is ending".to_owned(), None),
        }
    }

    /// Asks for a connection.
    pub(super) fn open(&mut self, turn: &mut Turn<'_>) {
        self.phase = Phase::Opening;
        turn.wishes.push(Wish::Open(self.wire, turn.setup.peer.clone()));
    }

    /// The connection stands: binds.
    pub(super) fn opened(&mut self, turn: &mut Turn<'_>) {
        if self.phase != Phase::Opening {
            return turn.wishes.push(Wish::Close(self.wire));
        }
        self.life += 1;
        self.sequence = 0;
        self.frames.clear();
        self.asked = None;
        self.heard_at = turn.now;
        self.phase = Phase::Binding { until: turn.after(ANSWER_WITHIN) };
        let bind = bind(turn.setup, self.role);
        self.request(turn, bind);
    }

    /// Writes a request; its number.
    pub(super) fn request(&mut self, turn: &mut Turn<'_>, pdu: impl Into<Pdu>) -> u32 {
        self.sequence = if self.sequence >= 0x7fff_ffff { 1 } else { self.sequence + 1 };
        let written = bytes(CommandStatus::EsmeRok, self.sequence, pdu);
        turn.wishes.push(Wish::Write(self.wire, written));
        self.sequence
    }

    /// The number of the last request.
    pub(super) fn last_request(&self) -> u32 {
        self.sequence
    }

    /// Answers a request.
    pub(super) fn answer(
        &self,
        turn: &mut Turn<'_>,
        status: CommandStatus,
        sequence: u32,
        pdu: impl Into<Pdu>,
    ) {
        turn.wishes.push(Wish::Write(self.wire, bytes(status, sequence, pdu)));
    }

    /// Takes in what came; what is not the session's own affair, and whether the session ended over it.
    pub(super) fn heard(&mut self, turn: &mut Turn<'_>, came: &[u8]) -> (Vec<Came>, bool) {
        if self.is_ended() || matches!(self.phase, Phase::Resting { .. } | Phase::Opening) {
            return (Vec::new(), false);
        }
        self.heard_at = turn.now;
        let mut others = Vec::new();
        for frame in self.frames.take(came) {
            match frame {
                Frame::Pdu(command) => {
                    if let Some(command) = self.own(turn, command) {
                        others.push(Came::Pdu(command));
                    }
                }
                Frame::Unreadable { id, status, .. } if is_bind_answer(id) => {
                    self.bound(turn, CommandStatus::from(status));
                }
                Frame::Unreadable { id, sequence, .. } => others.push(Came::Unreadable { id, sequence }),
                Frame::Lost => {
                    self.give_up(turn, "what the SMSC says is no SMPP");
                }
            }
            if !self.is_open() && !matches!(self.phase, Phase::Binding { .. }) {
                return (others, true);
            }
        }
        (others, false)
    }

    /// Deals with what keeps a session; gives back all else.
    #[expect(
        clippy::wildcard_enum_match_arm,
        reason = "the codec knows all commands, a session is kept by a few"
    )]
    fn own(&mut self, turn: &mut Turn<'_>, command: Box<Command>) -> Option<Box<Command>> {
        let (status, sequence) = (command.status(), command.sequence_number());
        match command.id() {
            id if is_bind_answer(id) => self.bound(turn, status),
            CommandId::GenericNack if matches!(self.phase, Phase::Binding { .. }) => self.bound(turn, status),
            CommandId::EnquireLink => {
                self.answer(turn, CommandStatus::EsmeRok, sequence, Pdu::EnquireLinkResp);
            }
            CommandId::EnquireLinkResp => {
                self.asked = None;
                return Some(command);
            }
            CommandId::Unbind => {
                self.answer(turn, CommandStatus::EsmeRok, sequence, Pdu::UnbindResp);
                if matches!(self.phase, Phase::Unbinding { .. }) {
                    self.part(turn);
                } else {
                    self.give_up(turn, "the SMSC has unbound");
                }
            }
            CommandId::UnbindResp if matches!(self.phase, Phase::Unbinding { .. }) => self.part(turn),
            CommandId::Outbind | CommandId::AlertNotification | CommandId::UnbindResp => {}
            _ => return Some(command),
        }
        None
    }

    /// What the SMSC answered to the bind.
    fn bound(&mut self, turn: &mut Turn<'_>, status: CommandStatus) {
        if !matches!(self.phase, Phase::Binding { .. }) {
            return;
        }
        let name = self.role.name();
        if status == CommandStatus::EsmeRok {
            self.phase = Phase::Bound { since: turn.now };
            let peer = &turn.setup.peer;
            return turn.say(Weight::Info, format!("bound as {name} to {}:{}", peer.host, peer.port));
        }
        turn.wishes.push(Wish::Close(self.wire));
        let code = u32::from(status);
        let credentials = matches!(status, CommandStatus::EsmeRinvpaswd | CommandStatus::EsmeRinvsysid);
        if credentials {
            let what = if status == CommandStatus::EsmeRinvpaswd { "password" } else { "system id" };
            let why = format!("the SMSC refuses the {what} of `{}` (0x{code:02x})", turn.setup.system_id);
            self.rest(turn, BARRED_FIRST, BARRED_LONGEST, &why);
            turn.say(Weight::Error, format!("{why}: not trying again before {}", self.next()));
        } else {
            let why = format!("the SMSC refuses to be bound as {name} (0x{code:02x})");
            self.rest(turn, FIRST_PAUSE, LONGEST_PAUSE, &why);
            turn.say(Weight::Error, format!("{why}: trying again at {}", self.next()));
        }
    }

    /// The connection has ended, or could not be made.
    pub(super) fn closed(&mut self, turn: &mut Turn<'_>, why: &str) {
        match &self.phase {
            Phase::Unbinding { .. } => {
                self.phase = Phase::Ended;
                self.parted = true;
            }
            Phase::Resting { .. } | Phase::Ended => {}
            Phase::Opening | Phase::Binding { .. } | Phase::Bound { .. } => self.lost(turn, why),
        }
    }

    /// Ends a connection that is of no use.
    pub(super) fn give_up(&mut self, turn: &mut Turn<'_>, why: &str) {
        turn.wishes.push(Wish::Close(self.wire));
        self.lost(turn, why);
    }

    fn lost(&mut self, turn: &mut Turn<'_>, why: &str) {
        if matches!(self.phase, Phase::Bound { since } if turn.now.duration_since(since) >= STEADY) {
            self.attempts = 0;
        }
        self.rest(turn, FIRST_PAUSE, LONGEST_PAUSE, why);
        turn.say(
            Weight::Warning,
            format!("the {} is lost: {why}; trying again at {}", self.role.name(), self.next()),
        );
    }

    /// Waits before the next attempt: doubling, with up to a half of jitter, so that those who lost the same SMSC do not
    /// come back together.
    fn rest(&mut self, turn: &Turn<'_>, first: SignedDuration, longest: SignedDuration, why: &str) {
        let doubled = first.saturating_mul(1 << self.attempts.min(16)).min(longest);
        let half = doubled.as_millis() / 2;
        let draw = i128::from(turn.now.subsec_nanosecond() / 1_000 % 1_000);
        let jitter = i64::try_from(half * draw / 1_000).unwrap_or(0);
        let pause = doubled.saturating_sub(SignedDuration::from_millis(jitter));
        self.attempts += 1;
        self.phase = Phase::Resting { until: turn.after(pause), why: why.to_owned() };
    }

    fn next(&self) -> String {
        match &self.phase {
            Phase::Resting { until, .. } => format!("{until:.0}"),
            Phase::Opening
            | Phase::Binding { .. }
            | Phase::Bound { .. }
            | Phase::Unbinding { .. }
            | Phase::Ended => String::new(),
        }
    }

    /// Tells the SMSC that it is over; a session that is not bound ends at once.
    pub(super) fn unbind(&mut self, turn: &mut Turn<'_>) {
        match self.phase {
            Phase::Bound { .. } => {
                self.phase = Phase::Unbinding { until: turn.after(UNBIND_WITHIN) };
                self.request(turn, Pdu::Unbind);
            }
            Phase::Opening | Phase::Binding { .. } => self.end(turn),
            Phase::Resting { .. } => self.phase = Phase::Ended,
            Phase::Unbinding { .. } | Phase::Ended => {}
        }
    }

    fn part(&mut self, turn: &mut Turn<'_>) {
        self.parted = true;
        self.end(turn);
    }

    fn end(&mut self, turn: &mut Turn<'_>) {
        self.phase = Phase::Ended;
        turn.wishes.push(Wish::Close(self.wire));
    }

    /// What time does: binds again, asks whether the SMSC is there, ends what takes too long. Whether a connection was lost.
    pub(super) fn time(&mut self, turn: &mut Turn<'_>) -> bool {
        let now = turn.now;
        match self.phase {
            Phase::Resting { until, .. } if until <= now => self.open(turn),
            Phase::Binding { until } if until <= now => {
                self.give_up(turn, "the SMSC does not answer the bind");
                return true;
            }
            Phase::Unbinding { until } if until <= now => self.end(turn),
            Phase::Bound { .. } => match self.asked {
                Some(asked) if now.duration_since(asked) >= ANSWER_WITHIN => {
                    self.give_up(turn, "the SMSC does not answer");
                    return true;
                }
                None if now.duration_since(self.heard_at) >= turn.setup.enquire_link => {
                    self.asked = Some(now);
                    self.request(turn, Pdu::EnquireLink);
                }
                Some(_) | None => {}
            },
            Phase::Resting { .. }
            | Phase::Opening
            | Phase::Binding { .. }
            | Phase::Unbinding { .. }
            | Phase::Ended => {}
        }
        false
    }

    /// When time does something next.
    pub(super) fn due(&self, setup: &Setup) -> Option<Timestamp> {
        let after = |at: Timestamp, wait| at.checked_add(wait).ok();
        match &self.phase {
            Phase::Resting { until, .. } | Phase::Binding { until } | Phase::Unbinding { until } => {
                Some(*until)
            }
            Phase::Bound { .. } => match self.asked {
                Some(asked) => after(asked, ANSWER_WITHIN),
                None => after(self.heard_at, setup.enquire_link),
            },
            Phase::Opening | Phase::Ended => None,
        }
    }
}

fn is_bind_answer(id: CommandId) -> bool {
    matches!(
        id,
        CommandId::BindTransceiverResp | CommandId::BindTransmitterResp | CommandId::BindReceiverResp
    )
}

fn bind(setup: &Setup, role: Role) -> Pdu {
    macro_rules! of {
        ($bind:ident) => {
            Pdu::$bind($bind {
                system_id: string(&setup.system_id),
                password: string(setup.password.expose_secret()),
                system_type: string(&setup.system_type),
                interface_version: InterfaceVersion::from(setup.version),
                address_range: string(&setup.address_range),
                ..$bind::default()
            })
        };
    }
    match role {
        Role::Transceiver => of!(BindTransceiver),
        Role::Transmitter => of!(BindTransmitter),
        Role::Receiver => of!(BindReceiver),
    }
}

fn string<const MIN: usize, const MAX: usize>(text: &str) -> COctetString<MIN, MAX> {
    COctetString::from_string(text.to_owned()).expect("its length was checked when the account was opened")
}
