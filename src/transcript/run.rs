//! Running a conversation: texts go the whole way, replies must come as written, nothing else may.

use super::Coverage;
use super::syntax::{Chat, Expectation, Line};
use crate::bot::{Bot, By};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, FileId, Place};
use crate::flow::Delay;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::Phone;
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::VecDeque;
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
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ran {
    /// What became of it.
    pub outcome: Outcome,
    /// What it walked.
    pub coverage: Coverage,
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
    let mut runner = Runner {
        simulation: Simulation::new(bot, begin)?,
        bot,
        phone: chat.from.as_ref().map_or_else(|| SOMEBODY.parse().expect("a number"), |from| from.value),
        waiting: VecDeque::new(),
        said: Vec::new(),
        told: Vec::new(),
        last: Place::new(file, 0..0),
        found: Diagnostics::default(),
    };
    for line in &chat.lines {
        runner.line(line).await?;
    }
    runner.nothing_left();
    let outcome = if runner.found.has_errors() { Outcome::Failed } else { Outcome::Passed };
    found.extend(runner.found);
    let mut coverage = Coverage::default();
    runner.simulation.traces().await?.iter().for_each(|trace| coverage.add(trace));
    Ok(Ran { outcome, coverage })
}

struct Runner<'r> {
    simulation: Simulation,
    bot: &'r Bot,
    phone: Phone,
    /// Replies that no `<` has met yet.
    waiting: VecDeque<String>,
    /// Everything that was written since the last `>` or `~`.
    said: Vec<String>,
    /// The webhooks that were told something since then.
    told: Vec<String>,
    /// The last `>` or `~`.
    last: Place,
    found: Diagnostics,
}

impl Runner<'_> {
    async fn line(&mut self, line: &At<Line>) -> Result<(), SimulationError> {
        match &line.value {
            Line::Text(body) => {
                self.nothing_left();
                let (_, delivered) = self.simulation.text(self.phone, body).await?;
                self.hear(line.place, delivered);
            }
            Line::Wait(delay) => {
                self.nothing_left();
                let delivered = self.simulation.advance(self.length(*delay)).await?;
                self.hear(line.place, delivered);
            }
            Line::Reply(expected) => match self.waiting.pop_front() {
                Some(said) if matches(expected, &said) => {}
                Some(said) => self.fail(line.place, "another text was sent", &said),
                None => self.fail(line.place, "nothing was sent", ""),
            },
            Line::Never(pattern) => {
                if let Some(said) = self.said.iter().find(|said| matches(pattern, said)).cloned() {
                    self.fail(line.place, "this was sent", &said);
                }
            }
            Line::Known(expectation) => self.known(line.place, expectation).await?,
            Line::Draw(contest, end) => self.simulation.pin(self.phone, contest, end).await?,
            Line::Lookup(name, answer) if self.bot.lookup(name).is_some() => {
                self.simulation.answer_lookup(name, answer.clone());
            }
            Line::Lookup(name, _) => {
                let message = format!("the brand has no lookup `{name}`");
                let known = self.bot.lookups().map(|lookup| lookup.name.as_str());
                self.found
                    .push(Diagnostic::new(Code::ChatFails, line.place, message).did_you_mean(name, known));
            }
            Line::Human(done) => {
                self.nothing_left();
                let delivered = self.simulation.human(self.phone, done.clone()).await?;
                self.hear(line.place, delivered);
            }
            Line::Reviewed(decision) => {
                self.nothing_left();
                let delivered = self.simulation.reviewed(self.phone, *decision).await?;
                self.hear(line.place, delivered);
            }
            Line::Pin(node, arm) if self.is_arm(node, arm) => {
                self.simulation.pin(self.phone, node, arm).await?;
            }
            Line::Pin(node, arm) => {
                let message = format!("`{node}` has no arm `{arm}`");
                let diagnostic = Diagnostic::new(Code::ChatFails, line.place, message);
                self.found.push(diagnostic.hint("write it as `= split FLOW.NODE ARM`"));
            }
        }
        Ok(())
    }

    /// Whether a node splits into an arm of that name.
    fn is_arm(&self, node: &str, arm: &str) -> bool {
        let found = node
            .split_once('.')
            .and_then(|(flow, node)| self.bot.node_named(self.bot.flow_named(flow)?, node));
        let mut ways = found.into_iter().flat_map(|node| self.bot.node(node).ways());
        ways.any(|way| {
            matches!(way.by, By::Arm(_)) && way.to.is_some_and(|to| self.bot.node(to).is_called(arm))
        })
    }

    fn hear(&mut self, place: Place, delivered: Vec<crate::simulator::Delivered>) {
        self.last = place;
        self.said = delivered.into_iter().filter(|d| d.to == self.phone).map(|d| d.shown()).collect();
        self.told = self.simulation.told();
        self.waiting = self.said.iter().cloned().collect();
    }

    /// Reports replies that nothing expected.
    fn nothing_left(&mut self) {
        while let Some(said) = self.waiting.pop_front() {
            self.fail(self.last, "something else was sent, and no `<` line expects it", &said);
        }
    }

    fn fail(&mut self, place: Place, message: &str, said: &str) {
        let diagnostic = Diagnostic::new(Code::ChatFails, place, message);
        let diagnostic =
            if said.is_empty() { diagnostic } else { diagnostic.hint(format!("sent was: < {said}")) };
        self.found.push(diagnostic);
    }

    fn length(&self, delay: Delay) -> SignedDuration {
        match delay {
            Delay::Exact { seconds } => SignedDuration::from_secs(seconds),
            Delay::Calendar { days } => {
                let now: Timestamp = self.simulation.now();
                let then = now.to_zoned(self.bot.zone.clone()).checked_add(days.days());
                then.map_or(SignedDuration::ZERO, |then| then.timestamp().duration_since(now))
            }
        }
    }

    async fn known(&mut self, place: Place, expectation: &Expectation) -> Result<(), SimulationError> {
        let record = self.simulation.snapshot(self.phone).await?.record;
        let person = record.person;
        let (holds, known) = match expectation {
            Expectation::Consent(status) => {
                let unsure = person.standing.unsure.map(|_| "unsure".to_owned());
                let known = unsure.unwrap_or_else(|| person.standing.status.to_string());
                (*status == known, format!("consent is `{known}`"))
            }
            Expectation::Tag(tag) => (person.tags.contains(tag), format!("the tags are {:?}", person.tags)),
            Expectation::NoTag(tag) => {
                (!person.tags.contains(tag), format!("the tags are {:?}", person.tags))
            }
            Expectation::Told(webhook) => (
                self.told.contains(webhook),
                format!("the webhooks that were told something are {:?}", self.told),
            ),
            Expectation::At(node) => {
                let at = record
                    .stack
                    .last()
                    .map_or_else(|| "nothing".to_owned(), |s| format!("{}.{}", s.flow, s.node));
                (*node == at, format!("the question that waits is of `{at}`"))
            }
            Expectation::Field(field, value) => {
                if !self.bot.fields().iter().any(|known| known.name == *field) {
                    let names = self.bot.fields().iter().map(|field| field.name.as_str());
                    let diagnostic =
                        Diagnostic::new(Code::UnknownField, place, format!("no field is called `{field}`"));
                    self.found.push(diagnostic.did_you_mean(field, names));
                    return Ok(());
                }
                let known = person.fields.get(field).map(ToString::to_string);
                let words =
                    known.clone().map_or_else(|| "is not known".to_owned(), |known| format!("is `{known}`"));
                (*value == known, format!("`{field}` {words}"))
            }
        };
        if !holds {
            self.found.push(Diagnostic::new(Code::ChatFails, place, known));
        }
        Ok(())
    }
}

/// Whether a text is as an expectation says: `*` is any text, `\*`, `\{` and `\\` the characters. Empty lines and
/// blanks at the ends of lines do not count.
fn matches(expected: &str, said: &str) -> bool {
    let mut pattern = String::from("(?s)^");
    let mut chars = expected.chars();
    while let Some(c) = chars.next() {
        match c {
            '*' => pattern.push_str(".*"),
            '\\' => pattern.push_str(&regex::escape(&chars.next().unwrap_or('\\').to_string())),
            '\n' => pattern.push_str(r"\s*\n\s*"),
            c => pattern.push_str(&regex::escape(&c.to_string())),
        }
    }
    pattern.push_str(r"\s*$");
    regex::Regex::new(&pattern).is_ok_and(|pattern| pattern.is_match(said.trim_start()))
}

#[cfg(test)]
mod tests {
    use super::matches;

    #[test]
    fn a_star_is_any_text_and_signs_are_themselves() {
        assert!(matches("Welcome! *", "Welcome! What's your name?\nReally?"));
        assert!(matches("2 \\* 3 = 6 (about).", "2 * 3 = 6 (about)."));
        assert!(matches("one\ntwo", "one\n\ntwo "));
        assert!(!matches("Welcome!", "Welcome! And more"));
        assert!(!matches("2 \\* 3", "2 x 3"));
    }
}
