//! Everything that can happen to a dialogue. A closed list: what is not here does not happen.

use crate::consent::How;
use crate::sms::{Inbound, Receipt};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// Something that happened. Kept in the log by these names: they may grow, not change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Event {
    /// The person wrote.
    Text(Inbound),
    /// A timer came due.
    Timer {
        /// The turn it was armed in; a timer that is no longer armed is stale and changes nothing.
        armed_in: u64,
    },
    /// The provider says how far a message got.
    Receipt(Receipt),
    /// An outside answer arrived.
    Lookup {
        /// The turn that asked for it.
        armed_in: u64,
        /// The lookup's name.
        name: String,
        /// What came.
        answer: LookupAnswer,
    },
    /// A flow is to start without a text of the person.
    Start {
        /// The flow's stable name.
        flow: String,
        /// Why.
        cause: Cause,
    },
    /// A human takes the dialogue over, or gives it back.
    Human(Human),
    /// The person opted out by another way than a text to us.
    OptOut {
        /// Which way.
        how: How,
        /// What says so: an error code, a person's name.
        rule: String,
    },
    /// The number was switched off, or given to somebody else: its next text is another person's.
    Left {
        /// What became of it.
        how: Left,
        /// When.
        on: Date,
    },
    /// A person of the brand has read a text that was unsure.
    Reviewed {
        /// What it is.
        decision: Decision,
        /// Who says so.
        by: String,
    },
    /// What a brand-wide take came to.
    Taken(Taken),
    /// From now on chance has this end for the person: tests and experiments decide instead.
    Pinned {
        /// What chance decides: the node of a split, as `flow.node`, or a contest by its name.
        node: String,
        /// The end: the node of the arm, or `won` or `lost`.
        arm: String,
    },
    /// Somebody else than the person says what a field holds.
    Filled {
        /// The field's name.
        field: String,
        /// Words that its type reads; `None` empties it.
        words: Option<String>,
        /// Who says so, where somebody of the brand corrects what is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        by: Option<String>,
    },
    /// Somebody else than the person leads them to a node: what went on before is left.
    Placed {
        /// The node, as `flow.node`.
        node: String,
    },
}

/// What an outside answer came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum LookupAnswer {
    /// It answered: the names of the fields that it fills, and what each is to hold.
    Ok(Vec<(String, String)>),
    /// It could not.
    Failed,
    /// It took too long.
    Late,
}

/// Why a flow starts without a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// A campaign.
    Campaign,
    /// The API.
    Api,
    /// A time of the calendar.
    Time,
    /// A field that was filled.
    Field,
}

/// What a text that was unsure is, as somebody who has read it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// No opt-out: the dialogue goes on.
    Keep,
    /// An opt-out.
    OptOut,
}

/// What a human did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Human {
    /// Took the dialogue over: the bot is silent.
    TookOver,
    /// Wrote to the person; whoever writes has taken over.
    Wrote {
        /// The words.
        body: String,
    },
    /// Gave it back.
    GaveBack,
}

/// What became of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Left {
    /// It was switched off.
    Deactivated,
    /// It was given to somebody else.
    Reassigned,
}

/// What a [`super::Take`] came to: resolved inside the commit, so that two people never get the same thing.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Taken {
    /// The take's name.
    pub name: String,
    /// The counter's new value, or the number of the piece that was taken from a pool; `None` when the pool is empty.
    pub number: Option<u64>,
}

impl Event {
    /// One word for logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Text(_) => "text",
            Self::Timer { .. } => "timer",
            Self::Receipt(_) => "receipt",
            Self::Lookup { .. } => "lookup",
            Self::Start { .. } => "start",
            Self::Human(_) => "human",
            Self::OptOut { .. } => "opt-out",
            Self::Left { .. } => "left",
            Self::Reviewed { .. } => "reviewed",
            Self::Taken(_) => "taken",
            Self::Pinned { .. } => "pinned",
            Self::Filled { .. } => "filled",
            Self::Placed { .. } => "placed",
        }
    }
}
