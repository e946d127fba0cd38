//! Somebody in a simulation, and what was said so far: a conversation that can go on in several ways.

use crate::bot::Bot;
use crate::diagnostic::{At, Place, Sources};
use crate::dialogue::Record;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::Phone;
use crate::store::Entry;
use crate::transcript::{Chat, Coverage, Happened, Line, Refusal, Session, exactly, print};
use jiff::Timestamp;
use std::sync::Arc;

/// What somebody does in a conversation, from its beginning on: lines that happen, none that is expected.
#[derive(Debug, Clone, PartialEq)]
pub struct Script {
    /// When it begins.
    pub begin: Timestamp,
    /// Who writes.
    pub phone: Phone,
    /// What they do, and what time and the world outside do.
    pub lines: Vec<Line>,
}

/// A conversation that is going on.
pub struct Talk {
    session: Session,
    begin: Timestamp,
    /// What happened, each with what was answered.
    lines: Vec<(Line, Vec<String>)>,
    /// The last turn of the log that was looked at.
    seen: u64,
    walked: Coverage,
}

/// What came of a line.
#[derive(Debug, Clone, Default)]
pub struct Turned {
    /// The turns of the person's dialogue, in order.
    pub turns: Vec<Entry>,
    /// What reached their phone.
    pub said: Vec<String>,
}

impl Talk {
    /// Somebody who has never written, in a simulation of the brand.
    #[must_use]
    pub fn new(simulation: Simulation, bot: &Arc<Bot>, phone: Phone) -> Self {
        let begin = simulation.now();
        let (lines, walked) = (Vec::new(), Coverage::default());
        Self { session: Session::new(simulation, bot, phone), begin, lines, seen: 0, walked }
    }

    /// The same conversation a second time, to go on otherwise; `None` where its store does not forget.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub fn fork(&self) -> Result<Option<Self>, SimulationError> {
        let Some(session) = self.session.fork()? else { return Ok(None) };
        let (lines, walked) = (self.lines.clone(), self.walked.clone());
        Ok(Some(Self { session, lines, walked, ..*self }))
    }

    /// The next line happens.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub async fn go(&mut self, line: &Line) -> Result<Turned, SimulationError> {
        let happened = match self.session.perform(&At::new(line.clone(), nowhere())).await {
            Ok(happened) => happened,
            Err(Refusal::Broken(error)) => return Err(error),
            // What makes no sense here does not happen.
            Err(Refusal::Mistake(_)) => Happened::default(),
        };
        let said = happened.delivered.iter().filter(|message| message.to == self.session.phone());
        let said: Vec<String> = said.map(crate::simulator::Delivered::shown).collect();
        let turns = self.session.simulation().turns_behind(self.seen).await?;
        self.seen = turns.last().map_or(self.seen, |(seq, _)| *seq);
        let turns: Vec<Entry> = turns.into_iter().map(|(_, turn)| turn).collect();
        for turn in &turns {
            self.walked.add(turn);
        }
        self.lines.push((line.clone(), said.clone()));
        Ok(Turned { turns, said })
    }

    /// What is known about the person, and where they stand.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn record(&self) -> Result<Record, SimulationError> {
        self.session.record().await
    }

    /// The simulation.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        self.session.simulation()
    }

    /// The brand.
    #[must_use]
    pub fn bot(&self) -> &Arc<Bot> {
        self.session.bot()
    }

    /// What time it is there.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.session.now()
    }

    /// How many lines there were.
    #[must_use]
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// What was walked so far.
    #[must_use]
    pub fn walked(&self) -> &Coverage {
        &self.walked
    }

    /// What was done so far.
    #[must_use]
    pub fn script(&self) -> Script {
        let lines = self.lines.iter().map(|(line, _)| line.clone()).collect();
        Script { begin: self.begin, phone: self.session.phone(), lines }
    }

    /// The conversation as a file: all that happened, with each answer exactly as it came.
    #[must_use]
    pub fn written(&self) -> String {
        let place = nowhere();
        let said = |(line, said): &(Line, Vec<String>)| {
            let replies: Vec<Line> = said.iter().map(|said| Line::Reply(exactly(said))).collect();
            std::iter::once(line.clone()).chain(replies)
        };
        let chat = Chat {
            brand: Some(At::new(self.bot().id.to_string(), place)),
            from: Some(At::new(self.session.phone(), place)),
            at: Some(At::new(self.begin, place)),
            lines: self.lines.iter().flat_map(said).map(|line| At::new(line, place)).collect(),
        };
        print(&chat, &self.bot().zone)
    }
}

/// The place of what is written in no file yet.
fn nowhere() -> Place {
    Place::new(Sources::default().add("", ""), 0..0)
}
