//! Somebody in a simulation, and what was said so far: a conversation that can go on in several ways.

use crate::bot::Bot;
use crate::diagnostic::{At, FileId, Place, Sources};
use crate::dialogue::Record;
use crate::flow::Delay;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::Phone;
use crate::store::Entry;
use crate::transcript::{Chat, Coverage, Line, exactly, print};
use jiff::{SignedDuration, Timestamp, ToSpan};
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
    simulation: Simulation,
    bot: Arc<Bot>,
    begin: Timestamp,
    phone: Phone,
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
        Self { simulation, bot: Arc::clone(bot), begin, phone, lines, seen: 0, walked }
    }

    /// The same conversation a second time, to go on otherwise; `None` where its store does not forget.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub fn fork(&self) -> Result<Option<Self>, SimulationError> {
        Ok(self.simulation.fork()?.map(|simulation| Self {
            simulation,
            bot: Arc::clone(&self.bot),
            lines: self.lines.clone(),
            walked: self.walked.clone(),
            ..*self
        }))
    }

    /// The next line happens.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub async fn go(&mut self, line: &Line) -> Result<Turned, SimulationError> {
        let phone = self.phone;
        let delivered = match line {
            Line::Text(body) => self.simulation.text(phone, body).await?.1,
            Line::Wait(delay) => self.simulation.advance(self.length(*delay)).await?,
            Line::Human(done) => self.simulation.human(phone, done.clone()).await?,
            Line::Pin(node, end) | Line::Draw(node, end) => {
                self.simulation.pin(phone, node, end).await?;
                Vec::new()
            }
            Line::Lookup(name, answer) => {
                self.simulation.answer_lookup(name, answer.clone());
                Vec::new()
            }
            Line::Reply(_) | Line::Never(_) | Line::Known(_) => Vec::new(), // nothing happens by them
        };
        let said = delivered.iter().filter(|message| message.to == phone);
        let said: Vec<String> = said.map(crate::simulator::Delivered::shown).collect();
        let turns = self.simulation.turns_behind(self.seen).await?;
        self.seen = turns.last().map_or(self.seen, |(seq, _)| *seq);
        let turns: Vec<Entry> = turns.into_iter().map(|(_, turn)| turn).collect();
        for turn in &turns {
            self.walked.add(turn);
        }
        self.lines.push((line.clone(), said.clone()));
        Ok(Turned { turns, said })
    }

    fn length(&self, delay: Delay) -> SignedDuration {
        match delay {
            Delay::Exact { seconds } => SignedDuration::from_secs(seconds),
            Delay::Calendar { days } => {
                let then = self.now().to_zoned(self.bot.zone.clone()).checked_add(days.days());
                then.map_or(SignedDuration::ZERO, |then| then.timestamp().duration_since(self.now()))
            }
        }
    }

    /// What is known about the person, and where they stand.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn record(&self) -> Result<Record, SimulationError> {
        Ok(self.simulation.snapshot(self.phone).await?.record)
    }

    /// The simulation.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The brand.
    #[must_use]
    pub fn bot(&self) -> &Arc<Bot> {
        &self.bot
    }

    /// What time it is there.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.simulation.now()
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
        Script { begin: self.begin, phone: self.phone, lines }
    }

    /// The conversation as a file: all that happened, with each answer exactly as it came.
    #[must_use]
    pub fn written(&self) -> String {
        let place = Place::new(nowhere(), 0..0);
        let said = |(line, said): &(Line, Vec<String>)| {
            let replies: Vec<Line> = said.iter().map(|said| Line::Reply(exactly(said))).collect();
            std::iter::once(line.clone()).chain(replies)
        };
        let chat = Chat {
            brand: Some(At::new(self.bot.id.to_string(), place)),
            from: Some(At::new(self.phone, place)),
            at: Some(At::new(self.begin, place)),
            lines: self.lines.iter().flat_map(said).map(|line| At::new(line, place)).collect(),
        };
        print(&chat, &self.bot.zone)
    }
}

/// The file of what is written in none yet.
fn nowhere() -> FileId {
    Sources::default().add("", "")
}
