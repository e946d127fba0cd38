//! Receipts of messages that nobody knows yet: a receipt can outrun the answer to the send. They are kept for a while, few
//! at a time, and found when the answer has come.

use crate::sms::{AccountId, MessageId, Receipt};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// How long one is kept. A send that was answered is settled within a minute; an hour leaves room for a store that is
/// busy. Whoever sends through the same account elsewhere fills the room, and so it is not large.
pub(super) const KEPT_FOR: SignedDuration = SignedDuration::from_hours(1);
/// Messages whose receipts are kept.
const MESSAGES_MAX: usize = 4_096;
/// Receipts that are kept of one message: providers send four or five.
const RECEIPTS_MAX: usize = 8;

type Name = (AccountId, MessageId);

/// The receipts of one message, in their order.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Stray {
    /// When the first came.
    pub(super) at: Timestamp,
    /// The receipts.
    pub(super) receipts: Vec<Receipt>,
}

/// Receipts by the message that they are of, and by age.
#[derive(Debug, Default, Clone)]
pub(super) struct Strays {
    by_name: BTreeMap<Name, Stray>,
    by_age: BTreeSet<(Timestamp, Name)>,
}

impl Strays {
    /// Puts back what was read from a disk.
    pub(super) fn put(&mut self, stray: Stray) {
        let Some(first) = stray.receipts.first() else { return };
        let name = (first.account.clone(), first.id.clone());
        self.by_age.insert((stray.at, name.clone()));
        self.by_name.insert(name, stray);
    }

    /// Keeps a receipt; what is kept of its message now, and the messages whose receipts were dropped for age or for room.
    /// O(log kept), and as much for each that is dropped.
    pub(super) fn keep(&mut self, receipt: &Receipt, at: Timestamp) -> (Stray, Vec<Name>) {
        let name = (receipt.account.clone(), receipt.id.clone());
        let stray = self.by_name.entry(name.clone()).or_insert_with(|| Stray { at, receipts: Vec::new() });
        if stray.receipts.len() < RECEIPTS_MAX && !stray.receipts.contains(receipt) {
            stray.receipts.push(receipt.clone());
        }
        let kept = stray.clone();
        self.by_age.insert((kept.at, name));
        let mut dropped = Vec::new();
        while let Some((since, _)) = self.by_age.first() {
            if at.duration_since(*since) < KEPT_FOR && self.by_age.len() <= MESSAGES_MAX {
                break;
            }
            if let Some((_, name)) = self.by_age.pop_first() {
                self.by_name.remove(&name);
                dropped.push(name);
            }
        }
        (kept, dropped)
    }

    /// Takes out what is kept of a message.
    pub(super) fn take(&mut self, account: &AccountId, id: &MessageId) -> Vec<Receipt> {
        let name = (account.clone(), id.clone());
        let Some(stray) = self.by_name.remove(&name) else { return Vec::new() };
        self.by_age.remove(&(stray.at, name));
        stray.receipts
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::ReceiptState;

    #[test]
    fn room_is_made_by_age() {
        let mut strays = Strays::default();
        let receipt = |number: usize| Receipt {
            account: "main".into(),
            id: MessageId::from(format!("SM{number}").as_str()),
            state: ReceiptState::Delivered,
            code: None,
            opted_out: false,
            bad_number: false,
        };
        let second =
            |second: usize| Timestamp::from_millisecond(i64::try_from(second).expect("few")).expect("a time");
        for number in 0..MESSAGES_MAX {
            assert!(strays.keep(&receipt(number), second(number)).1.is_empty());
        }
        let (_, dropped) = strays.keep(&receipt(MESSAGES_MAX), second(MESSAGES_MAX));
        assert_eq!(dropped, [("main".into(), "SM0".into())]);
        assert_eq!(strays.take(&"main".into(), &"SM0".into()), []);
        assert_eq!(strays.take(&"main".into(), &"SM1".into()), [receipt(1)]);
        assert_eq!((strays.by_name.len(), strays.by_age.len()), (MESSAGES_MAX - 1, MESSAGES_MAX - 1));
    }
}
