//! Where turns are kept. A store promises three things: a turn is written whole or not at all, at the version it was
//! read at; what was answered is on the disk; and a message is marked as being sent before its first byte leaves.
//!
//! To add a store: one file here, one arm where `sayso.toml` chooses, and the contract in `tests/store.rs` must pass.

mod codec;
mod live;
mod memory;
mod parts;
mod queue;
mod sled;
mod stray;
mod tally;

pub use self::sled::{
    BackupError, Fault, OpenError, ROOM_BYTES_MIN, Report, Restored, SledStore, restore, room, verify,
};
pub use memory::MemoryStore;
pub use parts::PARTS_WITHIN;
pub use queue::{Claim, Claimed, Resolution, Resolved, Via};
pub use tally::{RowCounts, Tally};

use crate::consent::chain::{Digest, Link, Root, Salt};
use crate::consent::{LEFT_MAX, LedgerEntry, Obstacle, Pass, Refusal, Suppressed};
use crate::dialogue::{Effect, Errand, Event, Record, Taken, Trace};
use crate::sms::{
    AccountId, BrandId, Class, Content, Inbound, Key, MessageId, Part, Receipt, ReceiptState, Sender,
};
use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Calls that every store answers alike; the contract test is their definition.
#[async_trait]
pub trait Store: Send + Sync {
    /// One dialogue as it was last committed; version 0 and an empty record where there is none.
    async fn load(&self, key: &Key) -> Result<Snapshot, StoreError>;

    /// Writes turns, each whole or not at all, each at the version it was read at. Answers in the same order, when what
    /// was committed is on the disk. How turns are batched is the store's own affair: one conflict fails no neighbour.
    async fn commit(&self, turns: Vec<Turn>) -> Result<Vec<Commit>, StoreError>;

    /// Takes messages that are due and marks them as being sent, durably, before it answers.
    ///
    /// Replies of one dialogue are given out in their order, one at a time: the next when the one before is settled. What
    /// somebody waits for comes before reminders and webhooks, and those before campaigns; a reminder in front of a reply of
    /// the same dialogue comes as that does. Of one priority, the accounts take turns, and within an account the brands, each
    /// for each of its numbers: whoever was served longest ago comes first, and of that the longest due. `Held`, `Unknown` and
    /// `Dead` rows and campaign rows block nobody; a held reply that comes due waits for one that is being sent. Nothing is
    /// given out beyond a pace, a pause or what may be on its way at once. O(log of what waits) a row.
    async fn claim(&self, claim: Claim) -> Result<Claimed, StoreError>;

    /// Takes what waits for one person and is to leave from one number, held or pending, in order, and marks it as being
    /// sent: for providers that can send only in the answer to that person's own text.
    async fn claim_for(&self, key: &Key, from: Sender, limit: usize) -> Result<Vec<Row>, StoreError>;

    /// When messages left for a person that count for caps, the last [`LEFT_MAX`] of them, oldest first. A message of which
    /// nobody knows whether it left is taken to have left. One read.
    async fn left(&self, key: &Key) -> Result<Vec<Timestamp>, StoreError>;

    /// Writes down what became of claimed messages.
    async fn settle(&self, settled: Vec<(RowId, Settlement)>) -> Result<(), StoreError>;

    /// A message of the outbox by its name, if it is there. One read.
    async fn row(&self, id: RowId) -> Result<Option<Row>, StoreError>;

    /// Does to a row what an operator wants, where that makes sense in its state.
    async fn resolve(
        &self,
        row: RowId,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<Resolved, StoreError>;

    /// Dialogues with a timer at or before `until`, earliest first, at most `limit`.
    async fn due(&self, until: Timestamp, limit: usize) -> Result<Vec<Alarm>, StoreError>;

    /// The earliest moment at which a message that nothing stands before is due, or a timer, if there is any.
    async fn next_due(&self) -> Result<Option<Timestamp>, StoreError>;

    /// What waits, counted: no scan, where a store holds much. O(log rows).
    async fn tally(&self) -> Result<Tally, StoreError>;

    /// Writes down a receipt; whose message it was, if we sent it.
    async fn receipt(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError>;

    /// One person's ledger, in order, with the proofs that erasures have left. O(their entries).
    async fn ledger(&self, key: &Key) -> Result<Vec<Scanned>, StoreError>;

    /// Erases people, each whole or not at all: the dialogue, the words of their turns and of their ledger, what was sent and
    /// what waits to be. The turns keep their places in the log, the ledger keeps its chain and grows by an entry that says
    /// so, and a keyed hash keeps an opt-out. O(what the store holds), once for all of them: turns are not indexed by person.
    async fn erase(&self, erasures: Vec<Erasure>) -> Result<Vec<Erased>, StoreError>;

    /// Keeps a receipt of a message that is not known, for an hour and up to a few thousand of them: it may have outrun the
    /// answer to the send.
    async fn stray(&self, receipt: &Receipt, at: Timestamp) -> Result<(), StoreError>;

    /// Takes out the receipts that are kept of a message, in their order.
    async fn strays(&self, account: &AccountId, id: &MessageId) -> Result<Vec<Receipt>, StoreError>;

    /// Keeps a part of a text until the others are there; the text, once they are. What was kept before is kept once.
    async fn part(&self, part: &Part, at: Timestamp) -> Result<Parts, StoreError>;

    /// Texts whose missing parts are waited for no longer, oldest first, at most `limit`; see [`PARTS_WITHIN`].
    async fn parts_due(&self, now: Timestamp, limit: usize) -> Result<Vec<Whole>, StoreError>;

    /// Forgets the words of parts whose text was taken. Their names are known for a while, so that a part which comes again
    /// begins no text.
    async fn parts_done(&self, name: &PartsName) -> Result<(), StoreError>;

    /// Notes whether an account's link runs; what was noted before. Where one is said to run whose process has ended, it was
    /// killed, and what it took may come again.
    async fn linked(&self, account: &AccountId, runs: bool) -> Result<bool, StoreError>;

    /// A page of everything of one kind, in a stable order, from behind `after`.
    async fn scan(&self, what: Table, after: Option<Cursor>, limit: usize) -> Result<Page, StoreError>;
}

/// What became of a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Parts {
    /// Others are missing.
    Waiting,
    /// The text was taken before.
    Known,
    /// All are there.
    Whole(Whole),
}

/// A text that was joined, or what there is of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Under which its parts are kept.
    pub name: PartsName,
    /// The text.
    pub inbound: Inbound,
}

/// The name of a text in parts. It does not show whose it is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PartsName {
    /// What its parts have in common.
    digest: String,
    /// Phones count their texts in circles: how many of that name came before.
    round: u8,
}

/// A dialogue as it was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Snapshot {
    /// Grows by one with every commit; 0 where nothing was ever committed.
    pub version: u64,
    /// The dialogue.
    pub record: Record,
}

/// One event fully handled: all of it is written, or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub key: Key,
    /// The version that the state was read at.
    pub read_version: u64,
    /// The moment of the turn.
    pub at: Timestamp,
    /// The fingerprint of the message that it handles, for telling duplicates.
    pub seen: Option<u64>,
    /// The new state.
    pub record: Record,
    /// What makes the digests of its ledger entries impossible to guess.
    pub salt: Salt,
    /// Until when its messages are held for [`Store::claim_for`]; `None` sends them at once.
    pub hold_until: Option<Timestamp>,
    /// The way by which its messages are to leave: they queue there. `None` where no account has the number.
    pub via: Option<Via>,
    /// What goes into the log.
    pub entry: Entry,
}

/// A turn as the log keeps it: enough to replay it, to the byte.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Whose.
    pub key: Key,
    /// The dialogue's turn, from 1: where a log is cut, the number tells. 0 in logs that were written without it.
    #[serde(default)]
    pub turn: u64,
    /// When.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
    /// What chance the step was given.
    pub seed: u64,
    /// The fingerprint of the bot's files.
    pub bot: String,
    /// What was wanted, in order: the outbox refers to it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub effects: Vec<Effect>,
    /// Why it went this way.
    #[serde(default)]
    pub trace: Trace,
}

/// What became of one turn. The variants say what the caller does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Commit {
    /// Done: it is on the disk.
    Committed {
        /// Its number in the log; the log has one growing sequence.
        seq: u64,
        /// What its takes came to; they also wait in the record until their events are handled.
        taken: Vec<Taken>,
    },
    /// Somebody else was faster: load, read and step again.
    Conflict,
    /// The message was handled before: answer as then. The store looks only where the version is not the one that was
    /// read: who read the newest one has seen for himself.
    Duplicate,
    /// It is larger than a store takes, and so can never be committed.
    Refused {
        /// What is too large.
        why: String,
    },
}

/// Somebody who is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// Who.
    pub key: Key,
    /// When.
    pub at: Timestamp,
    /// Why: `forget`, or `retention`.
    pub rule: String,
    /// What makes the digest of the entry impossible to guess that says so.
    pub salt: Salt,
}

/// What an erasure took away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Erased {
    /// Whether anything was known; all else is 0 where nothing was.
    pub known: bool,
    /// Turns whose words are gone.
    pub turns: u64,
    /// Messages that were waiting, unknown or dead.
    pub outbox: u64,
    /// Messages that were sent.
    pub sent: u64,
    /// Ledger entries of which the proof alone is left, the one of the erasure included.
    pub entries: u64,
}

/// A message in the outbox: the turn that wanted it, and its place among the effects of that turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RowId {
    /// The turn's number in the log.
    pub seq: u64,
    /// Its place among the effects.
    pub index: u16,
}

impl std::fmt::Display for RowId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}.{}", self.seq, self.index)
    }
}

impl std::str::FromStr for RowId {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let read = text
            .split_once('.')
            .and_then(|(seq, index)| Some(Self { seq: seq.parse().ok()?, index: index.parse().ok()? }));
        read.ok_or_else(|| "the name of a message is as it is listed, such as `17.0`".to_owned())
    }
}

/// A message in the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Its name.
    pub id: RowId,
    /// To whom.
    pub key: Key,
    /// The dialogue's turn that wrote it; a later turn of the dialogue has overtaken it.
    pub turn: u64,
    /// When that was: by it a message that waits grows old.
    pub written: Timestamp,
    /// What is to be done.
    pub errand: Errand,
    /// The way by which it is to leave, as the files said when it was written: it queues there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub via: Option<Via>,
    /// How far it is.
    pub state: RowState,
    /// Attempts so far.
    pub attempts: u32,
    /// Whether the gate has ever held it.
    pub held: bool,
    /// What was in the way when the gate held it last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waits: Option<Obstacle>,
    /// When to try next; while it is being sent, when it was taken for that.
    pub due: Timestamp,
}

/// How far a message of the outbox is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RowState {
    /// To be sent when due.
    Pending,
    /// Outside the hours in which it may be sent; the gate is asked again when due.
    Held,
    /// Taken by a worker. After a crash nobody knows whether it left: it becomes `Unknown`.
    Sending,
    /// The outcome is not known, and it is not repeated: an operator decides.
    Unknown {
        /// What hid the outcome.
        why: String,
    },
    /// Never to be sent.
    Dead {
        /// Why.
        why: Death,
    },
}

/// Why a message is never sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Death {
    /// The gate refused it.
    Refused(Refusal),
    /// The provider says that the person has opted out.
    OptedOut,
    /// The provider refused it for good.
    Rejected(String),
    /// Every attempt failed.
    Exhausted(String),
    /// No account carries the number it should leave from.
    NoAccount,
    /// It was held for so long that it answers nobody any more.
    Stale,
    /// Several messages have found that nobody can be texted at this number, and the person has not written since.
    BadNumber,
}

/// What became of a claimed message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Settlement {
    /// The provider took it.
    Sent {
        /// The account.
        account: AccountId,
        /// The provider's id; our own name of the message where it gives none.
        id: MessageId,
        /// When.
        at: Timestamp,
        /// Why it was allowed.
        pass: Pass,
    },
    /// It is done, and nothing of it is kept but the log.
    Done,
    /// Try again then.
    Retry {
        /// When.
        at: Timestamp,
    },
    /// It is held until then; no attempt was made.
    Hold {
        /// When to ask again.
        until: Timestamp,
        /// What is in the way, where that is a rule.
        why: Option<Obstacle>,
    },
    /// The outcome is hidden.
    Unknown {
        /// By what.
        why: String,
        /// When it was sent, if it counts for caps.
        counts: Option<Timestamp>,
    },
    /// Never.
    Dead {
        /// Why.
        why: Death,
    },
}

impl Settlement {
    /// One word for logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Sent { .. } => "sent",
            Self::Done => "done",
            Self::Retry { .. } => "retry",
            Self::Hold { .. } => "held",
            Self::Unknown { .. } => "unknown",
            Self::Dead { .. } => "dead",
        }
    }
}

/// A message that a provider took: kept as the proof of why it was allowed, and to recognize its receipts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sent {
    /// Its name in the outbox.
    pub row: RowId,
    /// To whom.
    pub key: Key,
    /// The account.
    pub account: AccountId,
    /// The provider's id.
    pub id: MessageId,
    /// When.
    pub at: Timestamp,
    /// Why it was allowed.
    pub pass: Pass,
    /// The last word of the provider.
    pub receipt: ReceiptState,
}

/// A dialogue whose timer has come due.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Alarm {
    /// When it came due.
    pub at: Timestamp,
    /// Whose.
    pub key: Key,
}

/// A kind of thing that can be scanned.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Table {
    /// Dialogues and what is known about people.
    Subscribers,
    /// The log of turns.
    Turns,
    /// Messages that are not sent: pending, held, being sent, unknown, dead.
    Outbox,
    /// Messages that providers took.
    Sent,
    /// Consent ledgers.
    Consents,
    /// The roots of the brands' days.
    Roots,
    /// People who were erased.
    Suppressions,
    /// Texts that may be opt-outs and that nobody has read yet: one for each person, and only for those.
    Reviews,
}

/// One thing that was scanned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Scanned {
    /// A dialogue.
    Subscriber {
        /// Whose.
        key: Key,
        /// The dialogue.
        record: Box<Record>,
    },
    /// A turn.
    Turn {
        /// Its number.
        seq: u64,
        /// The turn.
        entry: Box<Entry>,
    },
    /// A message of the outbox.
    Row(Box<Row>),
    /// A message that was sent.
    Sent(Box<Sent>),
    /// A turn of somebody who was erased: its place in the log.
    ErasedTurn {
        /// Its number.
        seq: u64,
        /// The brand.
        brand: BrandId,
        /// When it was erased.
        erased_at: Timestamp,
    },
    /// A ledger entry.
    Consent {
        /// Whose.
        key: Key,
        /// The entry.
        entry: Box<LedgerEntry>,
        /// Its place in the chain.
        link: Box<Link>,
    },
    /// A text that waits to be read. Behind the entries: in JSON it is one without its link.
    Review {
        /// Whose.
        key: Key,
        /// Its entry in the ledger.
        entry: Box<LedgerEntry>,
    },
    /// What an erasure has left of a ledger entry.
    Proof {
        /// The brand.
        brand: BrandId,
        /// The keyed hash of whom it was.
        whose: Digest,
        /// Its place in the chain.
        link: Box<Link>,
    },
    /// A ledger entry that is not as it was written. It stops no scan: all others are read.
    Damaged {
        /// The brand.
        brand: BrandId,
        /// The number, or the keyed hash of somebody who was erased.
        whose: String,
        /// The entry's number.
        number: u32,
        /// What is wrong.
        damage: String,
    },
    /// The root of a day.
    Root {
        /// The root.
        root: Box<Root>,
        /// Whether the day is the brand's last, and may still grow.
        open: bool,
    },
    /// Somebody who was erased.
    Suppression {
        /// The brand.
        brand: BrandId,
        /// The keyed hash of whom.
        whose: Digest,
        /// What is remembered.
        suppressed: Box<Suppressed>,
    },
}

impl Scanned {
    /// Whose it is; `None` where nobody's name is on it any more.
    #[must_use]
    pub fn key(&self) -> Option<&Key> {
        match self {
            Self::Subscriber { key, .. } | Self::Consent { key, .. } | Self::Review { key, .. } => Some(key),
            Self::Turn { entry, .. } => Some(&entry.key),
            Self::Row(row) => Some(&row.key),
            Self::Sent(sent) => Some(&sent.key),
            Self::ErasedTurn { .. }
            | Self::Proof { .. }
            | Self::Damaged { .. }
            | Self::Root { .. }
            | Self::Suppression { .. } => None,
        }
    }

    /// The turn, with its number, if it is one.
    #[must_use]
    pub fn turn(self) -> Option<(u64, Entry)> {
        if let Self::Turn { seq, entry } = self { Some((seq, *entry)) } else { None }
    }

    /// The message of the outbox, if it is one.
    #[must_use]
    pub fn row(self) -> Option<Row> {
        if let Self::Row(row) = self { Some(*row) } else { None }
    }

    /// The brand that it belongs to.
    #[must_use]
    pub fn brand(&self) -> &BrandId {
        match self {
            Self::Subscriber { key, .. } | Self::Consent { key, .. } | Self::Review { key, .. } => &key.brand,
            Self::Turn { entry, .. } => &entry.key.brand,
            Self::Row(row) => &row.key.brand,
            Self::Sent(sent) => &sent.key.brand,
            Self::Root { root, .. } => &root.brand,
            Self::ErasedTurn { brand, .. }
            | Self::Proof { brand, .. }
            | Self::Damaged { brand, .. }
            | Self::Suppression { brand, .. } => brand,
        }
    }
}

/// Where a scan goes on. Opaque.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor(Vec<u8>);

impl Cursor {
    /// Where the dialogues of a brand begin in [`Table::Subscribers`]: every store keeps them in order of brand and number, under
    /// the names that `store/sled/keys.rs` documents.
    #[must_use]
    pub fn of_brand(brand: &BrandId) -> Self {
        Self([b"d", brand.as_str().as_bytes()].concat())
    }
}

/// A page of a scan.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Page {
    /// The things, in order.
    pub items: Vec<Scanned>,
    /// Where the next page begins; `None` after the last.
    pub next: Option<Cursor>,
}

/// What a store can fail with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// Too much is waiting to be written: nothing was taken; try again in a moment.
    #[error("the store has more to write than it can take; try again")]
    Busy,
    /// The disk has no room left: nothing was taken; try again when there is some.
    #[error("the disk is full: nothing is taken until there is room")]
    Full,
    /// What was read makes no sense.
    #[error("the store holds something that cannot be read: {0}")]
    Corrupt(String),
    /// The store is gone.
    #[error("the store does not answer: {0}")]
    Gone(String),
}

impl Turn {
    /// When the dialogue wants to be woken: its earliest timer, or at once when results wait to be heard.
    #[must_use]
    pub fn wake(&self) -> Option<Timestamp> {
        let person = &self.record.person;
        let has_taken = self.entry.effects.iter().any(|effect| matches!(effect, Effect::Take(_)));
        if has_taken || !person.taken.is_empty() { Some(self.at) } else { person.next_due() }
    }
}

/// Whether an errand waits for those before it in its dialogue.
fn in_order(errand: &Errand) -> bool {
    // Somebody waits for the answer of a lookup, and a webhook delays nobody.
    errand.send().is_some_and(|send| match send.class {
        Class::Help | Class::Reply | Class::FollowUp => true,
        // The confirmation of an opt-out waits for nothing: minutes count (47 CFR 64.1200(a)(12)).
        Class::OptOutConfirmation | Class::Campaign => false,
    })
}

/// The errands that an entry puts into the outbox.
fn rows(seq: u64, turn: &Turn) -> Vec<Row> {
    let errands = turn.entry.effects.iter().enumerate();
    let errands = errands.filter_map(|(index, effect)| Some((index, effect.errand()?)));
    errands
        .map(|(index, errand)| {
            // Only messages can wait for somebody to take them.
            let hold_until = turn.hold_until.filter(|_| errand.send().is_some());
            Row {
                id: RowId { seq, index: u16::try_from(index).expect("a step has few effects") },
                key: turn.key.clone(),
                turn: turn.record.person.turn,
                state: if hold_until.is_some() { RowState::Held } else { RowState::Pending },
                attempts: 0,
                held: hold_until.is_some(),
                waits: None,
                due: hold_until.unwrap_or(turn.at),
                written: turn.entry.at,
                via: turn.via.clone().filter(|_| errand.send().is_some()),
                errand,
            }
        })
        .collect()
}

/// The moment at which a message left, or may have left, if it counts for caps.
fn counted(settlement: &Settlement) -> Option<Timestamp> {
    match settlement {
        Settlement::Sent { at, pass, .. } => pass.counts.then_some(*at),
        Settlement::Unknown { counts, .. } => *counts,
        Settlement::Done | Settlement::Retry { .. } | Settlement::Hold { .. } | Settlement::Dead { .. } => {
            None
        }
    }
}

/// When an interrupted message may have left, if it counts for caps: what its pass said is lost with the process.
fn interrupted_at(row: &Row) -> Option<Timestamp> {
    let marketing = |send: &&crate::dialogue::Send| send.content == Content::Marketing;
    let send = row.errand.send().filter(marketing)?;
    matches!(send.class, Class::FollowUp | Class::Campaign).then_some(row.due)
}

/// One moment more; the oldest is forgotten where there are enough.
fn one_more(left: &mut Vec<Timestamp>, at: Timestamp) {
    let place = left.partition_point(|moment| *moment <= at);
    left.insert(place, at);
    left.drain(..left.len().saturating_sub(LEFT_MAX));
}

/// What becomes of an errand that was begun when the process ended. A message is not repeated: nobody knows whether it
/// left. A lookup has its own end, `late`. A webhook is told again, under the same name.
fn interrupted(row: &mut Row) {
    cut_short(row, "the process ended while it was being sent");
}

/// The same, with other words for why nobody knows.
fn cut_short(row: &mut Row, why: &str) {
    match row.errand {
        Errand::Send(_) => row.state = RowState::Unknown { why: why.to_owned() },
        Errand::Lookup(_) => {
            row.state =
                RowState::Dead { why: Death::Exhausted("the process ended during the lookup".to_owned()) };
        }
        Errand::Notify(_) => row.state = RowState::Pending,
    }
}

/// A row after its settlement; `None` when it leaves the outbox.
fn settled(mut row: Row, settlement: &Settlement) -> Option<Row> {
    match settlement {
        Settlement::Sent { .. } | Settlement::Done => return None,
        Settlement::Retry { at } => {
            row.state = RowState::Pending;
            row.attempts += 1;
            row.due = *at;
        }
        Settlement::Hold { until, why } => {
            row.state = RowState::Held;
            row.held = true;
            row.waits.clone_from(why);
            row.due = *until;
        }
        Settlement::Unknown { why, .. } => row.state = RowState::Unknown { why: why.clone() },
        Settlement::Dead { why } => row.state = RowState::Dead { why: why.clone() },
    }
    Some(row)
}

/// What is kept of a row that a provider took.
fn sent(row: &Row, settlement: &Settlement) -> Option<Sent> {
    let Settlement::Sent { account, id, at, pass } = settlement else { return None };
    Some(Sent {
        row: row.id,
        key: row.key.clone(),
        account: account.clone(),
        id: id.clone(),
        at: *at,
        pass: pass.clone(),
        receipt: ReceiptState::Accepted,
    })
}

/// The name of a brand-wide counter or pool.
type TakeKey = (BrandId, String);

/// What a take comes to, given how many there were before.
fn take(before: u64, take: &crate::dialogue::Take) -> (u64, Taken) {
    use crate::dialogue::TakeFrom;
    let number = match take.from {
        TakeFrom::Counter => Some(before + 1),
        TakeFrom::Pool { size } => (before < size).then_some(before + 1),
    };
    (number.unwrap_or(before), Taken { name: take.name.clone(), number })
}

/// The dialogue of somebody who was erased: nothing is known but where they stand.
fn remembered(suppressed: &Suppressed) -> Snapshot {
    let mut record = Record::default();
    record.person.standing = suppressed.standing.clone();
    Snapshot { version: suppressed.version, record }
}

/// The ledger entry that says that somebody was erased, behind the last one that is theirs.
fn erasure_entry(erasure: &Erasure, record: &Record, last: u32) -> LedgerEntry {
    let person = &record.person;
    let last = person.standing.entries.max(last);
    LedgerEntry::erasure(last + 1, erasure.at, &erasure.rule, person.language)
}
