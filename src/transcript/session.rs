//! A conversation while it goes on: what lines do, whoever writes them. `run` checks files by it, a prompt talks by it.

use super::gate::{Fate, Stayed, stayed};
use super::syntax::Line;
use super::why::{Why, explain, walked};
use crate::bot::{Awaited, Bot, By};
use crate::consent::{Standing, Status};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::dialogue::{Record, Trace, resume};
use crate::expr;
use crate::flow::Delay;
use crate::simulator::{Delivered, Simulation, SimulationError};
use crate::slot::Answer;
use crate::sms::{Content, Phone, ProgrammeId, Text};
use crate::store::{Scanned, Table};
use jiff::{SignedDuration, Timestamp, ToSpan};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// A brand, a clock, and people who text; the lines are about one of them at a time.
pub struct Session {
    simulation: Simulation,
    bot: Arc<Bot>,
    phone: Phone,
    /// What was written to each person last.
    last_texts: BTreeMap<Phone, String>,
    /// The webhooks that were told something by the last event.
    told: Vec<String>,
    /// What the gate had stopped before the last event.
    stayed: BTreeSet<Stayed>,
    last: Option<Event>,
}

/// The last event, for whoever asks why it went as it did.
#[derive(Clone)]
struct Event {
    phone: Phone,
    before: Record,
    at: Timestamp,
    /// What the person wrote.
    body: Option<String>,
}

/// What a line came to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Happened {
    /// What reached phones, in order.
    pub delivered: Vec<Delivered>,
    /// What did not, each time that it was tried.
    pub undelivered: Vec<Delivered>,
}

/// What makes no sense, and a way out.
pub type Mistake = Box<Diagnostic>;

/// Why a line was not performed.
#[derive(Debug, thiserror::Error)]
pub enum Refusal {
    /// It makes no sense here.
    #[error("{}", .0.message)]
    Mistake(Mistake),
    /// The simulation failed.
    #[error(transparent)]
    Broken(#[from] SimulationError),
}

impl From<Mistake> for Refusal {
    fn from(mistake: Mistake) -> Self {
        Self::Mistake(mistake)
    }
}

impl Session {
    /// A session over a simulation of that bot.
    #[must_use]
    pub fn new(simulation: Simulation, bot: &Arc<Bot>, phone: Phone) -> Self {
        let (last_texts, told, stayed) = (BTreeMap::new(), Vec::new(), BTreeSet::new());
        Self { simulation, bot: Arc::clone(bot), phone, last_texts, told, stayed, last: None }
    }

    /// The same session a second time, to go on otherwise; `None` where its store does not forget.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub fn fork(&self) -> Result<Option<Self>, SimulationError> {
        Ok(self.simulation.fork()?.map(|simulation| Self {
            simulation,
            bot: Arc::clone(&self.bot),
            phone: self.phone,
            last_texts: self.last_texts.clone(),
            told: self.told.clone(),
            stayed: self.stayed.clone(),
            last: self.last.clone(),
        }))
    }

    /// The simulation that it goes over.
    #[must_use]
    pub fn simulation(&self) -> &Simulation {
        &self.simulation
    }

    /// The brand as it is now.
    #[must_use]
    pub fn bot(&self) -> &Arc<Bot> {
        &self.bot
    }

    /// Whom lines are about.
    #[must_use]
    pub fn phone(&self) -> Phone {
        self.phone
    }

    /// What time it is here.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.simulation.now()
    }

    /// The webhooks that were told something by the last event.
    #[must_use]
    pub fn told(&self) -> &[String] {
        &self.told
    }

    /// What the gate had stopped before the last event.
    pub(super) fn stayed_before(&self) -> &BTreeSet<Stayed> {
        &self.stayed
    }

    /// What is known about whom lines are about.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn record(&self) -> Result<Record, SimulationError> {
        Ok(self.simulation.snapshot(self.phone).await?.record)
    }

    /// Everything of one kind that the store holds. O(all of it).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn all(&self, what: Table) -> Result<Vec<Scanned>, SimulationError> {
        self.simulation.all(what).await
    }

    /// From now on the brand is this one: people stay where they are.
    ///
    /// # Errors
    /// When the simulation fails, which is a bug of sayso.
    pub fn reload(&mut self, bot: &Arc<Bot>) -> Result<(), SimulationError> {
        self.simulation.reload(bot)?;
        self.bot = Arc::clone(bot);
        Ok(())
    }

    /// Does what a line says; expectations do nothing.
    ///
    /// # Errors
    /// When the line makes no sense for this brand at this moment, or the simulation fails.
    pub async fn perform(&mut self, line: &At<Line>) -> Result<Happened, Refusal> {
        let place = line.place;
        match &line.value {
            Line::Text(body) => self.text(body).await,
            Line::Tap(reaction) => {
                let body = self.reaction(reaction, place)?;
                self.text(&body).await
            }
            Line::Wait(delay) => {
                let by = self.length(*delay);
                self.pass(by).await
            }
            Line::At(then) => {
                let by = then.duration_since(self.now());
                if by < SignedDuration::ZERO {
                    let here = self.now().to_zoned(self.bot.zone.clone()).strftime("%Y-%m-%d %H:%M %Q");
                    let message = format!("this moment is past: it is {here} here");
                    return Err(Refusal::Mistake(Diagnostic::new(Code::ChatFails, place, message).into()));
                }
                self.pass(by).await
            }
            Line::Human(done) => {
                self.begin(None).await?;
                let delivered = self.simulation.human(self.phone, done.clone()).await?;
                Ok(self.end(delivered))
            }
            Line::Reviewed(decision) => {
                self.begin(None).await?;
                let delivered = self.simulation.reviewed(self.phone, *decision).await?;
                Ok(self.end(delivered))
            }
            Line::Node(node) => {
                self.known_node(node, place)?;
                self.begin(None).await?;
                let delivered = self.simulation.place(self.phone, node).await?;
                Ok(self.end(delivered))
            }
            Line::Campaign(flow) => {
                let known: Vec<_> = self.bot.flows().map(|flow| flow.name.as_str()).collect();
                is_one_of("flow", flow, &known, place)?;
                self.begin(None).await?;
                let delivered = self.simulation.campaign(self.phone, flow).await?;
                Ok(self.end(delivered))
            }
            Line::From(_)
            | Line::Deliver(_)
            | Line::Set(..)
            | Line::Pin(..)
            | Line::Draw(..)
            | Line::Lookup(..)
            | Line::Reply(_)
            | Line::Known(_)
            | Line::Never(_) => self.arrange(&line.value, place).await.map(|()| Happened::default()),
        }
    }

    /// Does what a line says that lets nobody write.
    async fn arrange(&mut self, line: &Line, place: Place) -> Result<(), Refusal> {
        match line {
            Line::From(phone) => self.phone = *phone,
            Line::Deliver(carrier) => self.simulation.deliver(*carrier),
            Line::Set(field, words) => {
                self.known_value(field, words.as_deref(), place)?;
                self.simulation.fill(self.phone, field, words.as_deref()).await?;
            }
            Line::Pin(node, arm) => {
                self.known_arm(node, arm, place)?;
                self.simulation.pin(self.phone, node, arm).await?;
            }
            Line::Draw(contest, end) => {
                self.known_contest(contest, place)?;
                self.simulation.pin(self.phone, contest, end).await?;
            }
            Line::Lookup(name, answer) => {
                let known: Vec<_> = self.bot.lookups().map(|lookup| lookup.name.as_str()).collect();
                is_one_of("lookup", name, &known, place)?;
                self.simulation.answer_lookup(name, answer.clone());
            }
            Line::Text(_)
            | Line::Tap(_)
            | Line::Wait(_)
            | Line::At(_)
            | Line::Human(_)
            | Line::Reviewed(_)
            | Line::Node(_)
            | Line::Campaign(_)
            | Line::Reply(_)
            | Line::Known(_)
            | Line::Never(_) => {}
        }
        Ok(())
    }

    async fn text(&mut self, body: &str) -> Result<Happened, Refusal> {
        self.begin(Some(body)).await?;
        let (_, delivered) = self.simulation.text(self.phone, body).await?;
        Ok(self.end(delivered))
    }

    async fn pass(&mut self, by: SignedDuration) -> Result<Happened, Refusal> {
        self.begin(None).await?;
        let delivered = self.simulation.advance(by).await?;
        Ok(self.end(delivered))
    }

    async fn begin(&mut self, body: Option<&str>) -> Result<(), SimulationError> {
        let before = self.record().await?;
        self.stayed = stayed(&self.simulation).await?;
        self.stayed.extend(self.put_off(&self.simulation.key(self.phone)).await?);
        let body = body.map(str::to_owned);
        self.last = Some(Event { phone: self.phone, before, at: self.now(), body });
        Ok(())
    }

    fn end(&mut self, delivered: Vec<Delivered>) -> Happened {
        self.told = self.simulation.told();
        for message in &delivered {
            self.last_texts.insert(message.to, message.text.clone());
        }
        Happened { delivered, undelivered: self.simulation.undelivered() }
    }

    /// A reaction to our last text, as phones write it.
    fn reaction(&self, reaction: &str, place: Place) -> Result<String, Mistake> {
        let Some(text) = self.last_texts.get(&self.phone) else {
            let message = "nothing was written to them yet that they could react to";
            return Err(Diagnostic::new(Code::ChatFails, place, message).into());
        };
        let mut letters = reaction.chars();
        Ok(match letters.next().filter(|first| first.is_alphabetic()) {
            Some(first) => format!("{}{} “{text}”", first.to_uppercase(), letters.as_str().to_lowercase()),
            None => format!("Reacted {reaction} to “{text}”"),
        })
    }

    fn length(&self, delay: Delay) -> SignedDuration {
        match delay {
            Delay::Exact { seconds } => SignedDuration::from_secs(seconds),
            Delay::Calendar { days } => {
                let now = self.now();
                let then = now.to_zoned(self.bot.zone.clone()).checked_add(days.days());
                then.map_or(SignedDuration::ZERO, |then| then.timestamp().duration_since(now))
            }
        }
    }

    /// What a field holds, as a text shows it; nothing where it is unfilled.
    ///
    /// # Errors
    /// When the brand has no such field.
    pub fn shown(&self, record: &Record, field: &str, place: Place) -> Result<String, Mistake> {
        self.known_field(field, place)?;
        let language = record.person.language.unwrap_or_else(|| self.bot.first_language());
        Ok(record.person.fields.get(field).map(|value| expr::shown(value, language)).unwrap_or_default())
    }
}

// ── what a brand knows ──────────────────────────────────────────────────────────────────────────

impl Session {
    /// Whether the brand has a field of that name.
    ///
    /// # Errors
    /// When it has none, with the name that was probably meant.
    pub fn known_field(&self, field: &str, place: Place) -> Result<(), Mistake> {
        let fields = self.bot.fields();
        if fields.iter().any(|known| known.name == field) {
            return Ok(());
        }
        let diagnostic = Diagnostic::new(Code::UnknownField, place, format!("no field is called `{field}`"));
        Err(diagnostic.did_you_mean(field, fields.iter().map(|field| field.name.as_str())).into())
    }

    /// Whether the brand has a node of that name (`flow.node`).
    ///
    /// # Errors
    /// When it has none, with the name that was probably meant.
    pub fn known_node(&self, node: &str, place: Place) -> Result<(), Mistake> {
        if self.bot.node_at(node).is_some() {
            return Ok(());
        }
        let nodes: Vec<_> =
            self.bot.nodes().map(|(flow, node)| format!("{}.{}", flow.name, node.name)).collect();
        let diagnostic = Diagnostic::new(Code::ChatFails, place, format!("the brand has no node `{node}`"));
        let diagnostic = diagnostic.did_you_mean(node, nodes.iter().map(String::as_str));
        Err(diagnostic.hint("write it as FLOW.NODE").into())
    }

    /// Where somebody stands with a programme of the brand, or with its `marketing`.
    ///
    /// # Errors
    /// When the brand has no such programme.
    pub fn consent_of(&self, standing: &Standing, of: &str, place: Place) -> Result<Status, Mistake> {
        let programme = ProgrammeId::from(of);
        let mut known = vec!["marketing", ProgrammeId::MAIN];
        known.extend(self.bot.programmes.iter().map(|programme| programme.id.as_str()));
        is_one_of("program", of, &known, place)?;
        Ok(match of {
            "marketing" => standing.towards(&ProgrammeId::main(), Content::Marketing),
            _ => standing.towards(&programme, Content::Service),
        })
    }

    /// Whether these words are a value of the field.
    fn known_value(&self, field: &str, words: Option<&str>, place: Place) -> Result<(), Mistake> {
        self.known_field(field, place)?;
        let slot_type =
            self.bot.fields().iter().find(|known| known.name == field).map(|known| &known.slot_type);
        let (Some(slot_type), Some(words)) = (slot_type, words) else { return Ok(()) };
        match slot_type.read(&Text::new(words), &self.bot.context(self.now())) {
            Answer::Value(_) => Ok(()),
            Answer::Invalid(_) | Answer::Ambiguous(_) | Answer::Unclear => {
                let message = format!("`{words}` is no value of `{field}`");
                let example = slot_type.example().map(|example| format!(", such as `{example}`"));
                let hint = format!("write one as a person would{}", example.unwrap_or_default());
                Err(Diagnostic::new(Code::ChatFails, place, message).hint(hint).into())
            }
        }
    }

    /// Whether a node splits into an arm of that name.
    fn known_arm(&self, node: &str, arm: &str, place: Place) -> Result<(), Mistake> {
        self.known_node(node, place)?;
        let ways = self.bot.node_at(node).into_iter().flat_map(|node| self.bot.node(node).ways());
        let arms: Vec<&str> = ways
            .filter(|way| matches!(way.by, By::Arm(_)))
            .filter_map(|way| way.to.map(|to| self.bot.node(to).name.as_str()))
            .collect();
        let message = format!("`{node}` has no arm `{arm}`");
        if arms.contains(&arm) {
            return Ok(());
        }
        let diagnostic =
            Diagnostic::new(Code::ChatFails, place, message).did_you_mean(arm, arms.iter().copied());
        Err(diagnostic.hint("write it as `= split FLOW.NODE ARM`").into())
    }

    fn known_contest(&self, contest: &str, place: Place) -> Result<(), Mistake> {
        let waits = self.bot.nodes().filter_map(|(_, node)| node.wait.as_ref());
        let drawn = waits.filter_map(|wait| match &wait.what {
            Awaited::Draw(contest) => Some(contest.name.as_str()),
            Awaited::Field(_)
            | Awaited::Option { .. }
            | Awaited::Pause(_)
            | Awaited::Flow(_)
            | Awaited::Consent
            | Awaited::Age(_)
            | Awaited::Vote { .. }
            | Awaited::Lookup(_)
            | Awaited::Human(_) => None,
        });
        let known: BTreeSet<&str> = drawn.collect();
        is_one_of("contest", contest, &known.into_iter().collect::<Vec<_>>(), place)
    }
}

fn is_one_of(what: &str, name: &str, known: &[&str], place: Place) -> Result<(), Mistake> {
    if known.contains(&name) {
        return Ok(());
    }
    let message = format!("the brand has no {what} `{name}`");
    Err(Diagnostic::new(Code::ChatFails, place, message).did_you_mean(name, known.iter().copied()).into())
}

// ── why ─────────────────────────────────────────────────────────────────────────────────────────

/// Why the last event went as it did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reasons {
    /// What the text meant, if it was one.
    pub text: Option<Why>,
    /// What the turns walked and weighed that it caused, as names and values.
    pub walked: Vec<(&'static str, String)>,
}

impl Reasons {
    /// In one line, for those who only want to know where to look.
    #[must_use]
    pub fn brief(&self) -> String {
        let text = self.text.iter().flat_map(|why| {
            std::iter::once(format!("{:?} is {}", why.text, why.kind))
                .chain(why.lines().into_iter().map(|(name, value)| format!("{name}: {value}")))
        });
        let walked = self.walked.iter().filter(|(name, value)| *name != "way" || value.starts_with('*'));
        let walked = walked.map(|(name, value)| format!("{name} {}", value.trim_start_matches("* ")));
        text.chain(walked).collect::<Vec<_>>().join("; ")
    }
}

impl Session {
    /// Why the last event went as it did; `None` where nothing has happened yet. O(turns so far).
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn reasons(&self) -> Result<Option<Reasons>, SimulationError> {
        let Some(last) = &self.last else { return Ok(None) };
        let before = resume(&self.bot, last.before.clone());
        let text = last.body.as_ref().map(|body| explain(&self.bot, &before, body, last.at));
        let key = self.simulation.key(last.phone);
        // Each turn of a person is one entry of the log.
        let since = usize::try_from(last.before.person.turn).unwrap_or(usize::MAX);
        let turns = self.all(Table::Turns).await?.into_iter().filter_map(Scanned::turn);
        let traces: Vec<Trace> =
            turns.filter_map(|(_, entry)| (entry.key == key).then_some(entry.trace)).skip(since).collect();
        let mut walked: Vec<_> = traces.iter().flat_map(|trace| walked(&self.bot, trace)).collect();
        let place = self.place().await?;
        for one in self.stayed_new().await? {
            let name = if matches!(one.fate, Fate::Held { .. }) { "held" } else { "dropped" };
            walked.push((name, one.words(&self.bot, &place)));
        }
        Ok(Some(Reasons { text, walked }))
    }

    /// Why every turn so far went its way, in order.
    ///
    /// # Errors
    /// When the store does not answer.
    pub async fn traces(&self) -> Result<Vec<Trace>, SimulationError> {
        self.simulation.traces().await
    }
}
