//! What happens, told while it happens to whoever listens. While nobody does, it costs one look at a counter.

use super::{Arrival, Engine, ReceiveError, Received};
use crate::dialogue::{Effect, Errand, Event};
use crate::sms::{AccountId, BrandId, Key};
use crate::store::{Death, Row, Settlement};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::broadcast;

/// Happenings that are kept for a listener that is slow; what it does not take in time it misses, and is told how many.
const KEPT: usize = 1_024;

/// Something that happened. Numbers are in full: who shows them masks them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "what", rename_all = "kebab-case")]
pub enum Happening {
    /// An event was handled.
    Turn {
        /// When.
        at: Timestamp,
        /// Whose.
        #[serde(flatten)]
        key: Key,
        /// What kind of event.
        event: String,
        /// The person's words, where it is a text.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        text: Option<String>,
        /// `turn`, `duplicate`, `unchanged`, or why it was not taken.
        outcome: String,
        /// What the text means.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        intent: Option<String>,
        /// The rung that took it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        rung: Option<String>,
        /// The node where the dialogue is now, if it was led to one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        node: Option<String>,
        /// The words of the replies, in order.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        replies: Vec<String>,
    },
    /// Something left the house, or was kept from it.
    Send {
        /// When.
        at: Timestamp,
        /// To whom.
        #[serde(flatten)]
        key: Key,
        /// Its name in the outbox.
        row: String,
        /// The words of a message; the name of a lookup or webhook.
        text: String,
        /// What it came to: [`Settlement::name`].
        settlement: String,
        /// The account by which it left.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        account: Option<AccountId>,
        /// Why it did not.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        why: Option<String>,
    },
}

impl Happening {
    /// Of whom it tells.
    #[must_use]
    pub fn key(&self) -> &Key {
        match self {
            Self::Turn { key, .. } | Self::Send { key, .. } => key,
        }
    }

    /// The brand, which its files may name otherwise.
    #[must_use]
    pub fn brand(&self) -> &BrandId {
        &self.key().brand
    }
}

/// Whoever listens.
#[derive(Debug)]
pub(super) struct Tap(broadcast::Sender<Arc<Happening>>);

impl Default for Tap {
    fn default() -> Self {
        Self(broadcast::Sender::new(KEPT))
    }
}

impl Tap {
    /// Tells what is made only where somebody listens.
    fn tell(&self, happening: impl FnOnce() -> Happening) {
        if self.0.receiver_count() > 0 {
            let _nobody_listens_any_more = self.0.send(Arc::new(happening()));
        }
    }
}

impl Engine {
    /// Listens to what happens from now on.
    #[must_use]
    pub fn listen(&self) -> broadcast::Receiver<Arc<Happening>> {
        self.tap.0.subscribe()
    }

    pub(super) fn tell_turn(&self, arrival: &Arrival, result: &Result<Received, ReceiveError>) {
        self.tap.tell(|| turn(self.clock.now(), arrival, result));
    }

    pub(super) fn tell_send(&self, row: &Row, settlement: &Settlement) {
        self.tap.tell(|| send(self.clock.now(), row, settlement));
    }
}

fn turn(at: Timestamp, arrival: &Arrival, result: &Result<Received, ReceiveError>) -> Happening {
    let step = if let Ok(Received::Turn { step, .. }) = result { Some(step) } else { None };
    let trace = step.map(|step| &step.trace);
    let outcome = match result {
        Ok(Received::Turn { .. }) => "turn".to_owned(),
        Ok(Received::Duplicate) => "duplicate".to_owned(),
        Ok(Received::Unchanged) => "unchanged".to_owned(),
        Err(error) => error.to_string(),
    };
    let sends = step.into_iter().flat_map(|step| step.effects.iter().filter_map(Effect::send));
    Happening::Turn {
        at,
        key: arrival.key.clone(),
        event: arrival.event.name().to_owned(),
        text: if let Event::Text(inbound) = &arrival.event { Some(inbound.body.clone()) } else { None },
        outcome,
        intent: trace.and_then(|trace| trace.intent.clone()),
        rung: trace.and_then(|trace| trace.rung.clone()),
        node: trace.and_then(|trace| trace.nodes.last().cloned()),
        replies: sends.map(|send| send.body.clone()).collect(),
    }
}

fn send(at: Timestamp, row: &Row, settlement: &Settlement) -> Happening {
    let text = match &row.errand {
        Errand::Send(send) => send.body.clone(),
        Errand::Lookup(lookup) => format!("lookup {}", lookup.name),
        Errand::Notify(notify) => format!("webhook {}", notify.name),
    };
    let why = match settlement {
        Settlement::Dead { why } => Some(words(why)),
        Settlement::Unknown { why, .. } => Some(why.clone()),
        Settlement::Hold { until, why: Some(why) } => Some(format!("{why}, until {until}")),
        Settlement::Hold { until, why: None } => Some(format!("until {until}")),
        Settlement::Retry { at } => Some(format!("again at {at}")),
        Settlement::Sent { .. } | Settlement::Done => None,
    };
    let account =
        if let Settlement::Sent { account, .. } = settlement { Some(account.clone()) } else { None };
    Happening::Send {
        at,
        key: row.key.clone(),
        row: row.id.to_string(),
        text,
        settlement: settlement.name().to_owned(),
        account,
        why,
    }
}

/// Why something is never sent, in words.
fn words(why: &Death) -> String {
    match why {
        Death::Refused(refusal) => refusal.to_string(),
        Death::OptedOut => "the person has opted out at the provider".to_owned(),
        Death::Rejected(why) | Death::Exhausted(why) => why.clone(),
        Death::NoAccount => "no account carries the number it should leave from".to_owned(),
        Death::Stale => "it was held for so long that it answers nobody any more".to_owned(),
        Death::BadNumber => "nobody could be texted at this number, again and again".to_owned(),
    }
}
