//! Where a dialogue stands, and what the brand knows about the person.

use super::event::Cause;
use crate::bot::{Bot, FlowIx, NodeIx};
use crate::consent::{Standing, wording};
use crate::expr::{Fact, Facts};
use crate::flow::Door;
use crate::language::Lang;
use crate::slot::Value;
use crate::sms::{AccountId, Content, MessageId, Phone, ProgrammeId, Sender};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

/// A dialogue linked to a bot.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct State {
    /// The flows that are open, the last one being heard; each but the last waits to be returned to.
    pub stack: Vec<Frame>,
    /// All that does not depend on the bot.
    pub person: Person,
}

impl State {
    /// Whether a dialogue goes on, with the bot or with a human.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.person.human || !self.stack.is_empty()
    }
}

/// An open flow and the node whose question waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Frame {
    /// The flow.
    pub flow: FlowIx,
    /// The node.
    pub node: NodeIx,
    /// Bad answers to its question.
    pub tries: u32,
    /// An edit moved the person here: they have not been asked, and arrive with the next event.
    pub displaced: bool,
    /// When the pause ends that its node makes, or the outside answer comes too late.
    pub until: Option<Timestamp>,
    /// The turn in which the node was entered: what it asked for outside the dialogue comes back under this name.
    pub turn: u64,
    /// What its node waited for has come while another flow was heard.
    pub came: Option<Door>,
}

impl Frame {
    /// A node that somebody has just arrived at.
    #[must_use]
    pub fn at(flow: FlowIx, node: NodeIx) -> Self {
        Self { flow, node, tries: 0, displaced: false, until: None, turn: 0, came: None }
    }
}

/// What is kept about a person by stable names; a brand that drops a field loses no data by it.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Person {
    /// Turns so far.
    #[serde(default)]
    pub turn: u64,
    /// Field values by field name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub fields: BTreeMap<String, Value>,
    /// Tags.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub tags: BTreeSet<String>,
    /// When they last wrote; a reaction or a machine's answer is no text of theirs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_text: Option<Timestamp>,
    /// The language they have shown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Lang>,
    /// Where they stand with the brand.
    #[serde(default)]
    pub standing: Standing,
    /// Their number, once they have texted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub phone: Option<Phone>,
    /// The brand's number that they texted last: replies leave from it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sender: Option<Sender>,
    /// Messages of this dialogue that the person did not cause, since their last text.
    #[serde(default)]
    pub follow_ups: u32,
    /// When they got messages that they had not asked for: as many as the brand's `cap` and the caps of the law count.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<Timestamp>,
    /// What chance came to: the arm that was drawn at each `split`, by the names of its node (`flow.node`) and of the arm's.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub arms: BTreeMap<String, String>,
    /// Timers that are armed.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub timers: Vec<Timer>,
    /// Starts by the brand that wait, for the end of the dialogue or for a lawful hour.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub starts: Vec<WaitingStart>,
    /// A human has taken the dialogue over.
    #[serde(default)]
    pub human: bool,
    /// The team that it was handed to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub team: Option<String>,
    /// The flow for which the dialogue is to be left, if the person says yes to that.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offered: Option<String>,
    /// The words by which consent was last asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub shown: Option<String>,
    /// What they voted for, by the name of the vote.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub votes: BTreeMap<String, String>,
    /// How often they took part, by the name of the contest.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub entries: BTreeMap<String, Count>,
    /// Messages that found that nobody can be texted at this number, since the first of them; a text or a delivery ends it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bad_number: Option<Count>,
    /// When the fallback was last said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub fallback_at: Option<Timestamp>,
    /// Provider message ids of the last days, for telling a text that is delivered twice.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub recent: Vec<Seen>,
    /// Replies in the hour that began then.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replies: Option<Count>,
    /// How often the last text came, and its fingerprint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repeated: Option<(u64, Count)>,
    /// Texts that each came right behind the one before, too quick for somebody who reads; nothing where there was a pause.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub hurried: u32,
    /// What the last messages belonged to, oldest first, where a STOP may end less than everything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub said: Vec<Said>,
    /// Results of takes that are still to be heard.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<super::Taken>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl Person {
    /// Whether so many messages have found nobody there.
    #[must_use]
    pub fn is_unreachable(&self, after: u32) -> bool {
        self.bad_number.is_some_and(|refused| refused.count >= after)
    }
}

/// What a message belonged to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Said {
    /// When it left, or may leave first.
    pub at: Timestamp,
    /// Its programme.
    #[serde(default, skip_serializing_if = "ProgrammeId::is_main")]
    pub programme: ProgrammeId,
    /// What it was about.
    #[serde(default, skip_serializing_if = "Content::is_usual")]
    pub content: Content,
}

/// Something counted since a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Count {
    /// Since when.
    pub since: Timestamp,
    /// How many.
    pub count: u32,
}

impl Count {
    /// One more, in a window of that length that begins anew when it is over.
    #[must_use]
    pub fn one_more(count: Option<Self>, now: Timestamp, window: SignedDuration) -> Self {
        match count {
            Some(count) if now.duration_since(count.since) < window => {
                Self { count: count.count.saturating_add(1), ..count }
            }
            _ => Self { since: now, count: 1 },
        }
    }
}

/// An armed timer: a silence that is being measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timer {
    /// When it comes due.
    pub due: Timestamp,
    /// The turn it was armed in: its name.
    pub armed_in: u64,
}

/// A start by the brand that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct WaitingStart {
    /// The flow's name.
    pub flow: String,
    /// Why it starts.
    pub cause: Cause,
    /// When the brand wanted it.
    pub since: Timestamp,
    /// When it is looked at again.
    pub timer: Timer,
}

/// A message that was seen. Stored as a pair, fingerprint and second: there may be hundreds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "(u64, i64)", into = "(u64, i64)")]
pub struct Seen {
    /// Its [`fingerprint`].
    pub id: u64,
    /// When, in whole seconds.
    pub at: Timestamp,
}

impl From<(u64, i64)> for Seen {
    fn from((id, second): (u64, i64)) -> Self {
        Self { id, at: Timestamp::from_second(second).unwrap_or(Timestamp::UNIX_EPOCH) }
    }
}

impl From<Seen> for (u64, i64) {
    fn from(seen: Seen) -> Self {
        (seen.id, seen.at.as_second())
    }
}

/// Message ids that are kept for one person. Providers retry for up to 24 hours and ids are kept for 72; who sends more
/// than 256 texts in that time is a machine. At 15 bytes each the record stays far below the 16 KiB of the store.
pub const RECENT_MAX: usize = 256;
/// How long a message id is kept: three times the longest retry of any provider.
const RECENT_HOURS: i64 = 72;

/// The fingerprint of a provider's message id. Stored, so it is made by a hash that never changes.
#[must_use]
pub fn fingerprint(account: &AccountId, id: &MessageId) -> u64 {
    let mut hash = Sha256::new();
    hash.update(account.as_str());
    hash.update([0]);
    hash.update(id.as_str());
    let bytes: [u8; 8] = hash.finalize()[..8].try_into().expect("a SHA-256 has 32 bytes");
    u64::from_be_bytes(bytes)
}

impl Person {
    /// Whether a message of that fingerprint was seen.
    #[must_use]
    pub fn has_seen(&self, id: u64) -> bool {
        self.recent.iter().any(|seen| seen.id == id)
    }

    /// Remembers a message, and forgets those that are too old to come again.
    pub(super) fn remember(&mut self, id: u64, now: Timestamp) {
        self.recent.retain(|seen| now.duration_since(seen.at) < SignedDuration::from_hours(RECENT_HOURS));
        if self.recent.len() >= RECENT_MAX {
            self.recent.remove(0);
        }
        self.recent.push(Seen::from((id, now.as_second())));
    }

    /// Every timer that is armed: the dialogue's, and those of starts that wait.
    pub fn armed(&self) -> impl Iterator<Item = Timer> {
        self.timers.iter().copied().chain(self.starts.iter().map(|start| start.timer))
    }

    /// The earliest timer.
    #[must_use]
    pub fn next_due(&self) -> Option<Timestamp> {
        self.armed().map(|timer| timer.due).min()
    }
}

/// A person as expressions see them.
pub(super) struct View<'a> {
    pub(super) bot: &'a Bot,
    pub(super) person: &'a Person,
    pub(super) now: Timestamp,
    /// The facts of the programme that is spoken of.
    facts: wording::Facts<'a>,
    /// The time zone of the person, once it was asked for.
    zone: OnceCell<TimeZone>,
}

impl<'a> View<'a> {
    pub(super) fn of(bot: &'a Bot, person: &'a Person, facts: wording::Facts<'a>, now: Timestamp) -> Self {
        Self { bot, person, now, facts, zone: OnceCell::new() }
    }

    pub(super) fn language(&self) -> Lang {
        self.person.language.unwrap_or_else(|| self.bot.first_language())
    }
}

impl Facts for View<'_> {
    fn field(&self, name: &str) -> Option<&Value> {
        self.person.fields.get(name)
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.person.tags.contains(tag)
    }

    fn fact(&self, fact: Fact) -> Cow<'_, str> {
        match fact {
            Fact::Program => Cow::Borrowed(self.facts.program),
            Fact::Contact => Cow::Borrowed(self.facts.contact),
            Fact::Terms => Cow::Owned(wording::terms(self.facts, self.language())),
        }
    }

    fn is_open(&self) -> bool {
        let here = || self.now.to_zoned(self.bot.zone.clone());
        self.bot.hours.as_ref().is_none_or(|hours| hours.is_open(&here()))
    }

    fn last_text(&self) -> Option<Timestamp> {
        self.person.last_text
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    /// Of all zones in which they may be the one whose clock is most behind: nobody grows older before their day has come.
    fn zone(&self) -> &TimeZone {
        let whereabouts = || self.bot.whereabouts(self.person.phone, &self.person.fields);
        self.zone.get_or_init(|| whereabouts().behind(self.now).clone())
    }
}
