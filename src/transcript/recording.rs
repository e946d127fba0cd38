//! A conversation that is written down while somebody has it: it can be taken back line by line, and saved as a file that
//! passes.

use super::print::exactly;
use super::session::{Happened, Refusal, Session};
use super::syntax::{Chat, Expectation, Line};
use crate::bot::Bot;
use crate::consent::Standing;
use crate::diagnostic::{At, Place, Sources};
use crate::dialogue::Record;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::{BrandId, Content, Phone, ProgrammeId};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A session and all that was done in it.
pub struct Recording {
    session: Session,
    /// The brand as it was in the beginning.
    bot: Arc<Bot>,
    phone: Phone,
    begin: Timestamp,
    steps: Vec<Step>,
}

enum Step {
    /// A line, and what is known and was sent because of it.
    Line(At<Line>, Vec<Line>),
    /// The brand was read anew.
    Reload(Arc<Bot>),
}

impl Recording {
    /// Begins on a simulation; somebody with that number writes first.
    #[must_use]
    pub fn new(simulation: Simulation, bot: &Arc<Bot>, phone: Phone) -> Self {
        let begin = simulation.now();
        let session = Session::new(simulation, bot, phone);
        Self { session, bot: Arc::clone(bot), phone, begin, steps: Vec::new() }
    }

    /// The session.
    #[must_use]
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// The lines that were performed.
    pub fn lines(&self) -> impl DoubleEndedIterator<Item = &Line> {
        self.steps.iter().filter_map(|step| match step {
            Step::Line(line, _) => Some(&line.value),
            Step::Reload(_) => None,
        })
    }

    /// Does what a line says and writes it down.
    ///
    /// # Errors
    /// As [`Session::perform`]; such a line is not written down.
    pub async fn perform(&mut self, line: At<Line>) -> Result<Happened, Refusal> {
        let before = self.session.record().await?;
        let happened = self.session.perform(&line).await?;
        let mut after = Vec::new();
        if line.value.is_event() {
            let now = self.session.record().await?;
            let bot = self.session.bot();
            after = known(bot, &before, &now);
            let stayed = self.session.stayed_new().await?;
            after.extend(stayed.iter().map(|one| Line::Known(one.expected(&bot.zone))));
            after.extend(replies(&happened, self.session.phone()));
        }
        self.steps.push(Step::Line(line, after));
        Ok(happened)
    }

    /// From now on the brand is this one.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub fn reload(&mut self, bot: &Arc<Bot>) -> Result<(), SimulationError> {
        self.session.reload(bot)?;
        self.steps.push(Step::Reload(Arc::clone(bot)));
        Ok(())
    }

    /// Takes the last line back; it is returned, or `None` where there is none. All lines before it are performed anew from
    /// the beginning, which is exact: clock and chance are values. O(lines).
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub async fn undo(&mut self) -> Result<Option<Line>, Refusal> {
        let last = self.steps.iter().rposition(|step| matches!(step, Step::Line(..)));
        let Some(Step::Line(undone, _)) = last.map(|last| self.steps.remove(last)) else { return Ok(None) };
        let mut session = self.fresh()?;
        for step in &self.steps {
            match step {
                Step::Line(line, _) => _ = session.perform(line).await?,
                Step::Reload(bot) => session.reload(bot)?,
            }
        }
        self.session = session;
        Ok(Some(undone.value))
    }

    /// Takes everything back, with the brand as it is now.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub fn reset(&mut self) -> Result<(), SimulationError> {
        self.bot = Arc::clone(self.session.bot());
        self.session = self.fresh()?;
        self.steps.clear();
        Ok(())
    }

    fn fresh(&self) -> Result<Session, SimulationError> {
        Ok(Session::new(Simulation::new(&self.bot, self.begin)?, &self.bot, self.phone))
    }

    /// The conversation as a file: each line, what is known after it, and what was sent.
    #[must_use]
    pub fn chat(&self, brand: &BrandId) -> Chat {
        let nowhere = Place::new(Sources::default().add("", ""), 0..0);
        let written = self.steps.iter().flat_map(|step| match step {
            Step::Line(line, after) => std::iter::once(&line.value).chain(after).collect::<Vec<_>>(),
            Step::Reload(_) => Vec::new(),
        });
        let mut chat = Chat {
            brand: Some(At::new(brand.to_string(), nowhere)),
            from: Some(At::new(self.phone, nowhere)),
            at: Some(At::new(self.begin, nowhere)),
            lines: Vec::new(),
        };
        let mut phone = self.phone;
        let mut next = phone;
        for line in written {
            // Who writes is said once, before the line that it matters for.
            if let Line::From(other) = line {
                next = *other;
                continue;
            }
            if next != phone {
                chat.lines.push(At::new(Line::From(next), nowhere));
                phone = next;
            }
            chat.lines.push(At::new(line.clone(), nowhere));
        }
        chat
    }
}

/// What is known now that was not known before, as expectations.
fn known(bot: &Bot, before: &Record, now: &Record) -> Vec<Line> {
    let (before, now) = (&before.person, &now.person);
    let mut known = Vec::new();
    if now.standing.unsure.is_some() && before.standing.unsure.is_none() {
        known.push(Expectation::Consent("unsure".to_owned(), None));
    } else if before.standing.status != now.standing.status {
        known.push(Expectation::Consent(now.standing.status.to_string(), None));
    } else {
        known.extend(parts(bot, &before.standing, &now.standing));
    }
    for field in bot.fields() {
        let (was, is) = (before.fields.get(&field.name), now.fields.get(&field.name));
        let value = is.map(ToString::to_string);
        // What does not stand in one line as it is cannot be expected.
        let is_plain = |value: &String| !value.is_empty() && !value.contains('\n') && value.trim() == value;
        if was != is && value.as_ref().is_none_or(is_plain) {
            known.push(Expectation::Field(field.name.clone(), value));
        }
    }
    known.extend(now.tags.difference(&before.tags).cloned().map(Expectation::Tag));
    known.extend(before.tags.difference(&now.tags).cloned().map(Expectation::NoTag));
    let language = |spoken: Option<crate::language::Lang>| spoken.unwrap_or_else(|| bot.first_language());
    let is_field = bot.fields().iter().any(|field| field.name == "language");
    if language(before.language) != language(now.language) && !is_field {
        known.push(Expectation::Language(language(now.language).to_string()));
    }
    known.into_iter().map(Line::Known).collect()
}

/// The parts of the brand with which somebody stands otherwise than before.
fn parts(bot: &Bot, before: &Standing, now: &Standing) -> Vec<Expectation> {
    let main = ProgrammeId::main();
    let others =
        bot.programmes.iter().map(|programme| (programme.id.as_str(), &programme.id, Content::Service));
    let all = [("marketing", &main, Content::Marketing), (ProgrammeId::MAIN, &main, Content::Service)];
    let changed = all.into_iter().chain(others).filter_map(|(name, programme, content)| {
        let (was, is) = (before.towards(programme, content), now.towards(programme, content));
        (was != is).then(|| Expectation::Consent(is.to_string(), Some(name.to_owned())))
    });
    changed.collect()
}

/// What was sent, as expectations: first to whom lines are about, then to others.
fn replies(happened: &Happened, phone: Phone) -> Vec<Line> {
    let mut others: BTreeMap<Phone, Vec<Line>> = BTreeMap::new();
    let mut lines = Vec::new();
    for message in &happened.delivered {
        let to = if message.to == phone { &mut lines } else { others.entry(message.to).or_default() };
        to.push(Line::Reply(exactly(&message.shown())));
    }
    let others_too = !others.is_empty();
    for (other, said) in others {
        lines.push(Line::From(other));
        lines.extend(said);
    }
    if others_too {
        lines.push(Line::From(phone));
    }
    lines
}
