//! What waits to leave, and in which order: whose turn it is, how fast, how many at once. The words that every store shares.

use super::{Row, RowState};
use crate::dialogue::Errand;
use crate::sms::{AccountId, BrandId, Class, Pace, Sender, encoding};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What is asked of [`Store::claim`].
///
/// [`Store::claim`]: super::Store::claim
#[derive(Debug, Clone)]
pub struct Claim {
    /// The moment.
    pub now: Timestamp,
    /// Rows at most.
    pub limit: usize,
    /// Messages that may be on their way at once by one account.
    pub by_account: usize,
    /// Lookups and webhooks of one brand that may be on their way at once.
    pub by_brand: usize,
    /// How fast accounts send; one that is not named sends as fast as it can.
    pub pace: Arc<BTreeMap<AccountId, Pace>>,
    /// Accounts that asked to be left alone, and until when.
    pub paused: Vec<(AccountId, Timestamp)>,
}

impl Claim {
    /// So many rows, at whatever pace.
    #[must_use]
    pub fn of(now: Timestamp, limit: usize) -> Self {
        let pace = Arc::default();
        Self { now, limit, by_account: usize::MAX, by_brand: usize::MAX, pace, paused: Vec::new() }
    }

    /// How many of a group may be on their way at once.
    pub(super) fn at_once(&self, group: &Group) -> usize {
        match group {
            Group::Outside(_) => self.by_brand,
            Group::Account(_) => self.by_account,
        }
    }

    /// Until when an account is to be left alone.
    pub(super) fn paused_until(&self, group: &Group) -> Option<Timestamp> {
        let Group::Account(Some(account)) = group else { return None };
        self.paused.iter().find(|(paused, _)| paused == account).map(|(_, until)| *until)
    }

    /// The pace of a group.
    pub(super) fn pace_of(&self, group: &Group) -> Option<&Pace> {
        let Group::Account(Some(account)) = group else { return None };
        self.pace.get(account)
    }
}

/// What [`Store::claim`] gave out.
///
/// [`Store::claim`]: super::Store::claim
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Claimed {
    /// The rows, marked as being sent.
    pub rows: Vec<Row>,
    /// A moment at which there may be more, if nothing else happens before: the pace allows it, or something comes due. It may
    /// be named too early, and never too late.
    pub again: Option<Timestamp>,
}

/// The way by which the messages of a turn are to leave, as the files of the day say.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Via {
    /// The account.
    pub account: AccountId,
    /// The number, where it is not the one that the message names.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub number: Option<Sender>,
}

/// What an operator wants of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolution {
    /// It did leave: an unknown one goes out of the outbox.
    Sent,
    /// Send it once more, if the gate lets it: an unknown or a dead one. It begins anew, with all its attempts.
    Resend,
    /// Forget it, whatever it waits for.
    Drop,
}

/// What became of a [`Resolution`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Resolved {
    /// It was done; this is the row as it was before.
    Done(Box<Row>),
    /// It is no word for a row in this state.
    Not(Box<Row>),
    /// There is no such row.
    Missing,
}

/// The row after an operator's word; `None` where the word makes no sense in its state.
#[expect(clippy::option_option, reason = "whether it may be done, and whether a row is left")]
pub(super) fn resolved(row: &Row, resolution: Resolution, at: Timestamp) -> Option<Option<Row>> {
    let unknown = matches!(row.state, RowState::Unknown { .. });
    let dead = matches!(row.state, RowState::Dead { .. });
    match resolution {
        Resolution::Sent => unknown.then_some(None),
        Resolution::Resend => (unknown || dead).then(|| {
            Some(Row {
                state: RowState::Pending,
                attempts: 0,
                due: at,
                held: false,
                waits: None,
                ..row.clone()
            })
        }),
        Resolution::Drop => (row.state != RowState::Sending).then_some(None),
    }
}

/// What comes before what, wherever both wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Priority {
    /// Somebody waits for it: an answer, or what an answer needs.
    Awaited,
    /// It belongs to a dialogue, and nobody waits for it: a reminder, a webhook.
    Later,
    /// A campaign.
    Bulk,
}

impl Priority {
    pub(super) const ALL: [Self; 3] = [Self::Awaited, Self::Later, Self::Bulk];

    /// The priority of an errand. A reminder in front of an answer of the same dialogue comes as that does: it must leave first.
    pub(super) fn of(errand: &Errand) -> Self {
        match errand {
            Errand::Send(send) => match send.class {
                Class::OptOutConfirmation | Class::Help | Class::Reply => Self::Awaited,
                Class::FollowUp => Self::Later,
                Class::Campaign => Self::Bulk,
            },
            Errand::Lookup(_) => Self::Awaited,
            Errand::Notify(_) => Self::Later,
        }
    }
}

/// What shares one way out, and so one limit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Group {
    /// The lookups and webhooks of a brand.
    Outside(BrandId),
    /// An account; `None` where no file says by which account a number sends.
    Account(Option<AccountId>),
}

/// What takes turns within a group: what one brand sends from one number.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Line {
    pub(super) group: Group,
    pub(super) brand: BrandId,
    pub(super) number: Option<Sender>,
}

impl Line {
    /// Where a row stands in line.
    pub(super) fn of(row: &Row) -> Self {
        let brand = row.key.brand.clone();
        match row.errand.send() {
            None => Self { group: Group::Outside(brand.clone()), brand, number: None },
            Some(send) => {
                let (account, number) = match &row.via {
                    Some(via) => (Some(via.account.clone()), via.number.or(send.from)),
                    None => (None, send.from),
                };
                Self { group: Group::Account(account), brand, number }
            }
        }
    }
}

/// What a row counts against a pace: its parts. O(characters).
pub(super) fn parts(row: &Row) -> usize {
    row.errand.send().map_or(0, |send| encoding::cost(&send.body).parts)
}
