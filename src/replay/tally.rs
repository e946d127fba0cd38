//! What a replay came to, in numbers: in all, by what was understood, and by node.

use super::{Compared, Verdict};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// How many turns went how.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct Count {
    /// As they were recorded.
    pub same: u64,
    /// Otherwise.
    pub differs: u64,
    /// Otherwise, after an earlier turn of the dialogue had led elsewhere.
    pub follows: u64,
    /// Not to be compared.
    pub unknown: u64,
}

impl Count {
    fn add(&mut self, verdict: Verdict) {
        match verdict {
            Verdict::Same => self.same += 1,
            Verdict::Differs => self.differs += 1,
            Verdict::Follows => self.follows += 1,
            Verdict::Unknown => self.unknown += 1,
        }
    }

    /// Whether anything went otherwise.
    #[must_use]
    pub fn has_differences(&self) -> bool {
        self.differs + self.follows > 0
    }
}

/// What a replay came to. Grows with the brands' intents and nodes, not with the log.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Tally {
    /// Texts of people.
    pub texts: Count,
    /// All other turns: timers, lookups, humans, starts.
    pub others: Count,
    /// All turns by the intent that was recorded, `brand: intent`; those without one are not here.
    pub intents: BTreeMap<String, Count>,
    /// All turns by the nodes that they entered then, `brand: flow.node`: a turn counts at each of them, and one that entered
    /// none is not here.
    pub nodes: BTreeMap<String, Count>,
}

impl Tally {
    /// Counts a turn.
    pub fn add(&mut self, turn: &Compared) {
        let all = if turn.text.is_some() { &mut self.texts } else { &mut self.others };
        all.add(turn.verdict);
        let named = |name: &String| format!("{}: {name}", turn.brand);
        if let Some(intent) = &turn.then.intent {
            self.intents.entry(named(intent)).or_default().add(turn.verdict);
        }
        for node in turn.then.nodes.iter().collect::<BTreeSet<_>>() {
            self.nodes.entry(named(node)).or_default().add(turn.verdict);
        }
    }

    /// Whether anything went otherwise.
    #[must_use]
    pub fn has_differences(&self) -> bool {
        self.texts.has_differences() || self.others.has_differences()
    }
}
