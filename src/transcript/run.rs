//! Running a conversation: texts go the whole way, replies must come as written, nothing else may.

use super::Coverage;
use super::gate::{Fate, Stayed};
use super::pattern::Pattern;
use super::print::exactly;
use super::session::{Happened, Mistake, Refusal, Session};
use super::syntax::{Chat, Expectation, Line};
use super::update::Change;
use crate::bot::Bot;
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, FileId, Place};
use crate::dialogue::Record;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::Phone;
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Who writes where a conversation does not say: a number that nobody has (555-01xx, NANPA).
const SOMEBODY: &str = "+14045550123";
/// When it begins where a conversation does not say: a Monday at noon in Atlanta.
const SOME_DAY: &str = "2026-06-01T16:00:00Z";

/// What became of a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All went as written.
    Passed,
    /// Something went otherwise; the diagnostics say where.
    Failed,
}

/// A conversation that was run.
#[derive(Debug, Clone, PartialEq)]
pub struct Ran {
    /// What became of it.
    pub outcome: Outcome,
    /// What it walked.
    pub coverage: Coverage,
    /// What would have to be written for it to pass.
    pub changes: Vec<Change>,
}

impl Ran {
    /// A conversation that could not be run.
    #[must_use]
    pub fn failed() -> Self {
        Self { outcome: Outcome::Failed, coverage: Coverage::default(), changes: Vec::new() }
    }
}

/// Runs a conversation of a brand; what went otherwise goes to `found`.
///
/// # Errors
/// When the simulation itself fails, which is a bug of sayso.
pub async fn run(
    chat: &Chat,
    file: FileId,
    bot: &Arc<Bot>,
    found: &mut Diagnostics,
) -> Result<Ran, SimulationError> {
    let begin = chat.at.as_ref().map_or_else(|| SOME_DAY.parse().expect("a moment"), |at| at.value);
    let phone = chat.from.as_ref().map_or_else(|| SOMEBODY.parse().expect("a number"), |from| from.value);
    let top = Place::new(file, 0..0);
    let mut runner = Runner {
        session: Session::new(Simulation::new(bot, begin)?, bot, phone),
        said: BTreeMap::new(),
        waiting: BTreeMap::new(),
        event: top,
        met: (top, phone),
        stayed: Vec::new(),
        found: Diagnostics::default(),
        changes: Vec::new(),
    };
    for line in &chat.lines {
        runner.line(line).await?;
    }
    runner.nothing_left();
    let outcome = if runner.found.has_errors() { Outcome::Failed } else { Outcome::Passed };
    found.extend(runner.found);
    let mut coverage = Coverage::default();
    let turns = runner.session.simulation().turns_behind(0).await?;
    for (_, turn) in &turns {
        coverage.add(turn);
    }
    Ok(Ran { outcome, coverage, changes: runner.changes })
}

struct Runner {
    session: Session,
    /// Everything that was written to each person by the last event.
    said: BTreeMap<Phone, Vec<String>>,
    /// What of it no `<` has met yet.
    waiting: BTreeMap<Phone, VecDeque<String>>,
    /// The last line by which messages may have been sent.
    event: Place,
    /// The last line that belongs to it, the event itself or an expectation, and whom it is about.
    met: (Place, Phone),
    /// What the gate has stopped, as far as an expectation asks.
    stayed: Vec<Stayed>,
    found: Diagnostics,
    changes: Vec<Change>,
}

impl Runner {
    async fn line(&mut self, line: &At<Line>) -> Result<(), SimulationError> {
        let place = line.place;
        if line.value.is_event() {
            self.nothing_left();
            self.event = place;
        }
        match &line.value {
            Line::Reply(expected) => self.reply(place, expected).await?,
            Line::Never(pattern) => self.never(place, pattern).await?,
            Line::Known(expectation) => self.known(place, expectation).await?,
            Line::Text(_)
            | Line::From(_)
            | Line::At(_)
            | Line::Tap(_)
            | Line::Deliver(_)
            | Line::Set(..)
            | Line::Node(_)
            | Line::Campaign(_)
            | Line::Wait(_)
            | Line::Pin(..)
            | Line::Draw(..)
            | Line::Lookup(..)
            | Line::Human(_)
            | Line::Reviewed(_) => match self.session.perform(line).await {
                Ok(happened) if line.value.is_event() => self.hear(happened),
                Ok(_) => {}
                Err(Refusal::Mistake(mistake)) => self.found.push(*mistake),
                Err(Refusal::Broken(error)) => return Err(error),
            },
        }
        if line.value.is_event() || matches!(line.value, Line::Reply(_) | Line::Known(_) | Line::Never(_)) {
            self.met = (place, self.session.phone());
        }
        Ok(())
    }

    fn hear(&mut self, happened: Happened) {
        self.said.clear();
        for message in happened.delivered {
            self.said.entry(message.to).or_default().push(message.shown());
        }
        self.waiting =
            self.said.iter().map(|(phone, said)| (*phone, said.iter().cloned().collect())).collect();
    }

    /// Reports replies that nothing expected.
    fn nothing_left(&mut self) {
        let (met, about) = self.met;
        let (mut missing, mut current) = (Vec::new(), about);
        for (phone, waiting) in std::mem::take(&mut self.waiting) {
            for said in waiting {
                let to = if phone == about { String::new() } else { format!(" to {phone}") };
                let message = format!("something else was sent{to}, and no `<` line expects it");
                let diagnostic = Diagnostic::new(Code::ChatFails, self.event, message);
                self.found.push(diagnostic.hint(sent(&said)));
                if phone != current {
                    missing.push(Line::From(phone));
                    current = phone;
                }
                missing.push(Line::Reply(exactly(&said)));
            }
        }
        if current != about {
            missing.push(Line::From(about));
        }
        if !missing.is_empty() {
            self.changes.push(Change::Insert(met, missing));
        }
    }

    async fn reply(&mut self, place: Place, expected: &str) -> Result<(), SimulationError> {
        let phone = self.session.phone();
        let Some(said) = self.waiting.get_mut(&phone).and_then(VecDeque::pop_front) else {
            let diagnostic = Diagnostic::new(Code::ChatFails, place, "nothing was sent");
            self.found.push(self.with_why(diagnostic).await?);
            self.changes.push(Change::Replace(place, Vec::new()));
            return Ok(());
        };
        let difference = match self.pattern(place, expected).await? {
            Ok(pattern) => pattern.differs(&said),
            Err(mistake) => {
                self.found.push(*mistake);
                return Ok(());
            }
        };
        if let Some(difference) = difference {
            let diagnostic = Diagnostic::new(Code::ChatFails, place, "another text was sent")
                .hint(aligned("expected: < ", &difference.expected))
                .hint(aligned("sent was: < ", &difference.sent));
            self.found.push(self.with_why(diagnostic).await?);
            self.changes.push(Change::Replace(place, vec![Line::Reply(exactly(&said))]));
        }
        Ok(())
    }

    async fn never(&mut self, place: Place, expected: &str) -> Result<(), SimulationError> {
        let pattern = match self.pattern(place, expected).await? {
            Ok(pattern) => pattern,
            Err(mistake) => {
                self.found.push(*mistake);
                return Ok(());
            }
        };
        let said = self.said.get(&self.session.phone()).into_iter().flatten();
        if let Some(said) = { said }.find(|said| pattern.differs(said).is_none()).cloned() {
            let diagnostic = Diagnostic::new(Code::ChatFails, place, "this was sent").hint(sent(&said));
            self.found.push(self.with_why(diagnostic).await?);
        }
        Ok(())
    }

    async fn pattern(
        &self,
        place: Place,
        expected: &str,
    ) -> Result<Result<Pattern, Mistake>, SimulationError> {
        if !expected.contains('{') {
            return Ok(Pattern::read(expected, place, |_| Ok(String::new())));
        }
        let record = self.session.record().await?;
        Ok(Pattern::read(expected, place, |field| self.session.shown(&record, field, place)))
    }

    /// The same with the reasons of the last event.
    async fn with_why(&self, diagnostic: Diagnostic) -> Result<Diagnostic, SimulationError> {
        let reasons = self.session.reasons().await?.map(|reasons| reasons.brief());
        Ok(match reasons.filter(|reasons| !reasons.is_empty()) {
            Some(reasons) => diagnostic.hint(format!("why: {reasons}")),
            None => diagnostic,
        })
    }

    async fn known(&mut self, place: Place, expectation: &Expectation) -> Result<(), SimulationError> {
        let record = self.session.record().await?;
        if matches!(expectation, Expectation::Held(..) | Expectation::Dropped(_)) {
            self.stayed = self.session.stayed().await?;
        }
        match self.judge(place, expectation, &record) {
            Ok(None) => {}
            Ok(Some((message, now))) => {
                self.found.push(Diagnostic::new(Code::ChatFails, place, message));
                let now = now.map(|now| Change::Replace(place, vec![Line::Known(now)]));
                self.changes.extend(now);
            }
            Err(mistake) => self.found.push(*mistake),
        }
        Ok(())
    }

    /// Nothing where an expectation holds; else how it is, and what would hold instead.
    fn judge(&self, place: Place, expectation: &Expectation, record: &Record) -> Judged {
        let person = &record.person;
        let otherwise = |message, now| Ok(Some((message, now)));
        match expectation {
            Expectation::Consent(status, Some(of)) => {
                let known = self.session.consent_of(&person.standing, of, place)?.to_string();
                if *status == known {
                    return Ok(None);
                }
                let now = Expectation::Consent(known.clone(), Some(of.clone()));
                otherwise(format!("consent is `{known}` for `{of}`"), Some(now))
            }
            Expectation::Held(..) | Expectation::Dropped(_) => Ok(self.judge_stayed(expectation)),
            Expectation::Consent(status, None) => {
                let unsure = person.standing.unsure.map(|_| "unsure".to_owned());
                let known = unsure.unwrap_or_else(|| person.standing.status.to_string());
                if *status == known {
                    return Ok(None);
                }
                otherwise(format!("consent is `{known}`"), Some(Expectation::Consent(known, None)))
            }
            Expectation::Tag(tag) if person.tags.contains(tag) => Ok(None),
            Expectation::NoTag(tag) if !person.tags.contains(tag) => Ok(None),
            Expectation::Tag(tag) => {
                otherwise(format!("the tags are {:?}", person.tags), Some(Expectation::NoTag(tag.clone())))
            }
            Expectation::NoTag(tag) => {
                otherwise(format!("the tags are {:?}", person.tags), Some(Expectation::Tag(tag.clone())))
            }
            Expectation::Told(webhook) => self.told(place, webhook),
            Expectation::At(node) => {
                let at = place_of(record);
                if *node == at {
                    return Ok(None);
                }
                if node != NOTHING {
                    self.session.known_node(node, place)?;
                }
                otherwise(format!("the question that waits is of `{at}`"), Some(Expectation::At(at)))
            }
            // A brand may have a field of that name.
            Expectation::Language(said) if self.session.known_field("language", place).is_ok() => {
                self.field(place, "language", Some(said), record)
            }
            Expectation::Language(language) => {
                let bot = self.session.bot();
                let known = person.language.unwrap_or_else(|| bot.first_language()).to_string();
                if *language == known {
                    return Ok(None);
                }
                otherwise(format!("the language is `{known}`"), Some(Expectation::Language(known)))
            }
            Expectation::Field(field, value) => self.field(place, field, value.as_ref(), record),
        }
    }

    /// The same for what the gate has stopped.
    fn judge_stayed(&self, expectation: &Expectation) -> Option<(String, Option<Expectation>)> {
        let holds = |stayed: &Stayed| match (expectation, &stayed.fate) {
            (Expectation::Held(expected, then), Fate::Held { until, why }) => {
                why.why == *expected && then.as_ref().is_none_or(|then| then.timestamp() == *until)
            }
            (Expectation::Dropped(expected), Fate::Dropped(refusal)) => refusal.name() == expected,
            _ => false,
        };
        if self.stayed.iter().any(holds) {
            return None;
        }
        let zone = &self.session.bot().zone;
        let is: Vec<Expectation> = self.stayed.iter().map(|stayed| stayed.expected(zone)).collect();
        let words: Vec<String> = is.iter().map(|is| format!("`{is}`")).collect();
        let message = if words.is_empty() {
            "nothing is held or dropped".to_owned()
        } else {
            format!("it is {}", words.join(", "))
        };
        Some((message, is.into_iter().next()))
    }

    fn field(&self, place: Place, field: &str, value: Option<&String>, record: &Record) -> Judged {
        self.session.known_field(field, place)?;
        let known = record.person.fields.get(field).map(ToString::to_string);
        if value == known.as_ref() {
            return Ok(None);
        }
        let words = known.as_ref().map_or_else(|| "is not known".to_owned(), |known| format!("is `{known}`"));
        Ok(Some((format!("`{field}` {words}"), Some(Expectation::Field(field.to_owned(), known)))))
    }

    fn told(&self, place: Place, webhook: &str) -> Judged {
        let told = self.session.told();
        if told.iter().any(|told| told == webhook) {
            return Ok(None);
        }
        if self.session.bot().webhook(webhook).is_none() {
            let message = format!("the brand has no webhook `{webhook}`");
            return Err(Diagnostic::new(Code::ChatFails, place, message).into());
        }
        Ok(Some((format!("the webhooks that were told something are {told:?}"), None)))
    }
}

/// Nothing where it holds; else what is the case, and the expectation that would hold.
type Judged = Result<Option<(String, Option<Expectation>)>, Mistake>;

/// Where nobody stands.
const NOTHING: &str = "nothing";

/// Whose question waits, as `flow.node`.
fn place_of(record: &Record) -> String {
    record.stack.last().map_or_else(|| NOTHING.to_owned(), |stood| format!("{}.{}", stood.flow, stood.node))
}

fn sent(said: &str) -> String {
    format!("sent was: < {}", said.replace('\n', "\n  "))
}

/// A text behind a few words, its further lines below the first, so that carets stay where they point.
fn aligned(words: &str, text: &str) -> String {
    format!("{words}{}", text.replace('\n', &format!("\n{}", " ".repeat(words.len()))))
}
