//! What the gate did not let pass: messages that wait for their hour, silences that wait with them, and what is never sent.

use super::session::Session;
use super::syntax::Expectation;
use crate::bot::Bot;
use crate::consent::{Obstacle, Refusal};
use crate::dialogue::{Errand, PutOff};
use crate::simulator::{Simulation, SimulationError};
use crate::sms::{Key, Phone};
use crate::store::{Death, Row, RowState, Scanned, Table};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::collections::BTreeSet;

/// Something that did not leave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stayed {
    /// Whom it is for.
    pub to: Phone,
    /// Its words; none where a silence or a start waits, of which nobody knows yet what it will say.
    pub body: Option<String>,
    /// What became of it.
    pub fate: Fate,
}

/// What became of something that did not leave.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fate {
    /// It waits.
    Held {
        /// Until then, when the gate is asked again.
        until: Timestamp,
        /// What is in the way.
        why: Obstacle,
    },
    /// It is never sent.
    Dropped(Refusal),
}

impl Stayed {
    /// A message of the outbox, if the gate has stopped it.
    fn of(row: Row) -> Option<Self> {
        let fate = match (row.state, row.waits) {
            (RowState::Held, Some(why)) => Fate::Held { until: row.due, why },
            (RowState::Dead { why: Death::Refused(refusal) }, _) => Fate::Dropped(refusal),
            _ => return None,
        };
        let Errand::Send(send) = row.errand else { return None };
        Some(Self { to: row.key.phone, body: Some(send.body), fate })
    }

    /// It as an expectation; the moment is written in that zone.
    #[must_use]
    pub fn expected(&self, zone: &TimeZone) -> Expectation {
        match &self.fate {
            Fate::Held { until, why } => Expectation::Held(why.why, Some(until.to_zoned(zone.clone()))),
            Fate::Dropped(refusal) => Expectation::Dropped(refusal.name().to_owned()),
        }
    }

    /// It in words: what became of it, by which rule, and where the person is taken to be.
    #[must_use]
    pub fn words(&self, bot: &Bot, place: &str) -> String {
        let what =
            self.body.as_ref().map_or_else(|| "what was to begin".to_owned(), |body| format!("{body:?}"));
        match &self.fate {
            Fate::Held { until, why } => {
                let until = until.to_zoned(bot.zone.clone()).strftime("%a %Y-%m-%d %H:%M %Z");
                format!("{what} waits until {until}: {why} ({place})")
            }
            Fate::Dropped(refusal) => format!("{what} is never sent: {refusal} ({place})"),
        }
    }
}

/// Everything that the gate has stopped so far and that has not left. O(outbox).
pub(super) async fn stayed(simulation: &Simulation) -> Result<BTreeSet<Stayed>, SimulationError> {
    let rows = simulation.all(Table::Outbox).await?.into_iter();
    Ok({ rows }
        .filter_map(|item| if let Scanned::Row(row) = item { Stayed::of(*row) } else { None })
        .collect())
}

impl Session {
    /// What has not left of what is for whom lines are about: what waits now, and what the last event has dropped. O(outbox and
    /// turns).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn stayed(&self) -> Result<Vec<Stayed>, SimulationError> {
        let phone = self.phone();
        let own = stayed(self.simulation()).await?.into_iter().filter(|one| one.to == phone);
        let is_now = |one: &Stayed| match one.fate {
            Fate::Held { .. } => true,
            Fate::Dropped(_) => !self.stayed_before().contains(one),
        };
        let mut stayed: Vec<Stayed> = own.filter(is_now).collect();
        stayed.extend(self.put_off(&self.simulation().key(phone)).await?);
        Ok(stayed)
    }

    /// The same, without what was so before the last event.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn stayed_new(&self) -> Result<Vec<Stayed>, SimulationError> {
        let mut stayed = self.stayed().await?;
        stayed.retain(|one| !self.stayed_before().contains(one));
        Ok(stayed)
    }

    /// A silence of theirs that has passed, or a start, at a moment at which nothing may be said: it waits.
    pub(super) async fn put_off(&self, key: &Key) -> Result<Option<Stayed>, SimulationError> {
        let person = self.record().await?.person;
        let starts = person.starts.iter().map(|start| start.timer.due);
        let dues: Vec<Timestamp> = person.timers.iter().map(|timer| timer.due).chain(starts).collect();
        let last = self.simulation().turns_behind(0).await?.into_iter().rev();
        let last = { last }.find(|(_, entry)| entry.key == *key).and_then(|(_, entry)| entry.trace.put_off);
        let waits = last.filter(|put_off: &PutOff| dues.contains(&put_off.until));
        Ok(waits.map(|PutOff { until, why }| Stayed {
            to: key.phone,
            body: None,
            fate: Fate::Held { until, why },
        }))
    }

    /// Where whom lines are about may be, and how that is known.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn place(&self) -> Result<String, SimulationError> {
        let person = self.record().await?.person;
        let whereabouts = self.bot().whereabouts(Some(self.phone()), &person.fields);
        let zones: BTreeSet<String> = whereabouts
            .local(self.now())
            .iter()
            .map(|local| local.time_zone().iana_name().unwrap_or("UTC").to_owned())
            .collect();
        let zones: Vec<String> = zones.into_iter().collect();
        let shown = if zones.len() > 3 { format!("{} zones", zones.len()) } else { zones.join(", ") };
        Ok(format!("{shown} by {}", whereabouts.source))
    }
}
