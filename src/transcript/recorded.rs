//! A recorded dialogue as a conversation: what happened in production, as a test.
//!
//! The inputs are those of the log: texts, time, what chance and the world outside came to, what humans did. They run once
//! through the simulator, and where today's files answer as it was recorded, what the simulator delivers is what the
//! conversation expects: it passes. Where they answer otherwise, it expects what was recorded, and `test` shows the
//! difference.

use super::print::{exactly, moment};
use super::stand_in::StandIns;
use super::syntax::Line;
use crate::bot::{Awaited, Bot, NodeIx};
use crate::dialogue::{Decision, Effect, Event, Human, LookupAnswer, State};
use crate::flow::Delay;
use crate::replay::{Replay, Verdict};
use crate::simulator::{Delivered, Simulation, SimulationError, World};
use crate::store::Entry;
use jiff::{SignedDuration, Timestamp, TimestampRound, Unit};
use serde_json::{Value as Json, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;
use std::sync::Arc;

/// From here on a wait is written in whole minutes: nobody reads seconds in an hour.
const IN_MINUTES_FROM: SignedDuration = SignedDuration::from_mins(10);
/// By so much a timer may ring later here than it rang then, because waits are cut to whole minutes.
const CUT_MAX: SignedDuration = SignedDuration::from_mins(2);

/// A recorded dialogue as a conversation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// The file.
    pub text: String,
    /// Turns that today's files answer otherwise.
    pub differing: usize,
    /// What its reader must know: the log has gaps, something cannot be written, a stand-in walks another way.
    pub warnings: Vec<String>,
}

/// Something that happens to a dialogue from outside, and all that comes of it until the next.
struct Beat {
    at: Timestamp,
    input: Input,
    /// What has to be said before it: ends of chance, answers of the world outside.
    before: Vec<Line>,
    /// What was sent then, as expectations.
    said: Vec<String>,
    /// Whether all of it is as it was.
    same: bool,
}

enum Input {
    Text(String),
    Human(Human),
    Reviewed(Decision),
    /// They are led to a node.
    Placed(String),
    /// The brand starts a flow.
    Started(String),
    /// A timer rings.
    Time,
    /// Nothing that a conversation could say.
    Untold,
}

/// Writes a recorded dialogue, whose turns are given in the order of the log, as a conversation; with `personal` as it was,
/// else with stand-ins for what is personal. The number is a fictional one in any case. O(turns), each a few steps.
///
/// # Errors
/// When the simulation itself fails, which is a bug of sayso.
pub async fn recorded(
    bot: &Arc<Bot>,
    entries: &[Entry],
    personal: bool,
) -> Result<Recorded, SimulationError> {
    let mut teller = Teller::new(bot, personal);
    for entry in entries {
        teller.turn(entry);
    }
    let begin = entries.first().map_or(Timestamp::UNIX_EPOCH, |entry| entry.at);
    let begin = begin.round(TimestampRound::new().smallest(Unit::Minute).mode(jiff::RoundMode::Floor));
    let begin = begin.unwrap_or(Timestamp::UNIX_EPOCH);
    let phone =
        entries.first().map_or_else(|| "+14045550123".parse(), |entry| Ok(entry.key.phone.fictional()));
    let phone = phone.expect("it is a number");
    let cut = entries.first().map_or(SignedDuration::ZERO, |entry| entry.at.duration_since(begin));
    let mut stage = Stage { simulation: Simulation::new(bot, begin)?, cut, lines: Vec::new() };
    for beat in &teller.beats {
        stage.play(beat, phone).await?;
    }
    let mut text =
        format!("# Recorded on {}; the number is fictional.\n", begin.to_zoned(bot.zone.clone()).date());
    if !teller.stand_ins.replaced.is_empty() {
        let replaced: Vec<&str> = teller.stand_ins.replaced.iter().map(String::as_str).collect();
        let _infallible = writeln!(text, "# Stand-ins for: {}.", replaced.join(", "));
    }
    let warnings = teller.warnings();
    for warning in &warnings {
        let _infallible = writeln!(text, "# {warning}");
    }
    let at = moment(begin, &bot.zone);
    let _infallible = writeln!(text, "brand {}\nfrom {phone}\nat {at}\n", bot.id);
    for line in &stage.lines {
        let _infallible = writeln!(text, "{line}");
    }
    Ok(Recorded { text, differing: teller.differing, warnings })
}

/// Goes through the log and makes beats of it.
struct Teller<'b> {
    bot: &'b Bot,
    replay: Replay,
    stand_ins: StandIns<'b>,
    personal: bool,
    turns: u64,
    beats: Vec<Beat>,
    /// The nodes whose split has been written.
    pinned: BTreeSet<String>,
    /// What each lookup answers by the lines so far.
    world: BTreeMap<String, World>,
    differing: usize,
    untold: BTreeSet<String>,
}

impl<'b> Teller<'b> {
    fn new(bot: &'b Arc<Bot>, personal: bool) -> Self {
        Self {
            bot,
            replay: Replay::new(std::slice::from_ref(bot), None, 1),
            stand_ins: StandIns::new(bot),
            personal,
            turns: 0,
            beats: Vec::new(),
            pinned: BTreeSet::new(),
            world: BTreeMap::new(),
            differing: 0,
            untold: BTreeSet::new(),
        }
    }

    fn turn(&mut self, entry: &Entry) {
        self.turns = if entry.turn == 0 { self.turns + 1 } else { entry.turn };
        let state = self.replay.state(&entry.key).cloned().unwrap_or_else(State::default);
        let event =
            if self.personal { entry.event.clone() } else { self.stand_ins.event(&state, entry, self.turns) };
        let mut same = true;
        for compared in self.replay.turn(0, entry) {
            same &= compared.verdict == Verdict::Same;
            if compared.verdict == Verdict::Unknown {
                self.untold.extend(compared.why);
            }
        }
        self.differing += usize::from(!same);
        self.begin(&event, entry);
        self.chance(entry);
        self.outside(&event, entry);
        let Some(beat) = self.beats.last_mut() else { return };
        beat.same &= same;
        for send in entry.effects.iter().filter_map(Effect::send) {
            let shown = send.media.iter().fold(send.body.clone(), |said, url| format!("{said}\n[{url}]"));
            beat.said.push(if self.personal { exactly(&shown) } else { self.stand_ins.starred(&shown) });
        }
    }

    /// Begins a beat, where something comes from outside; what answers come by themselves belongs to the beat before.
    fn begin(&mut self, event: &Event, entry: &Entry) {
        let input = match event {
            Event::Text(inbound) => {
                if !inbound.media.is_empty() {
                    self.untold.insert("pictures that came with a text are left out".to_owned());
                }
                let lines = inbound.body.lines().map(str::trim).filter(|line| !line.is_empty());
                Input::Text(lines.collect::<Vec<_>>().join("\n"))
            }
            Event::Human(human) => Input::Human(human.clone()),
            Event::Reviewed { decision, .. } => Input::Reviewed(*decision),
            Event::Timer { .. } if is_late_lookup(entry) => return,
            Event::Timer { .. } if entry.effects.is_empty() && entry.trace.nodes.is_empty() => return,
            Event::Timer { .. } => Input::Time,
            Event::Lookup { .. } | Event::Taken(_) | Event::Pinned { .. } => return,
            Event::Filled { field, .. } => {
                self.untold.insert(format!("that `{field}` was filled by hand is left out"));
                return;
            }
            Event::Placed { node } => Input::Placed(node.clone()),
            Event::Start { flow, .. } => Input::Started(flow.clone()),
            Event::OptOut { .. } => {
                self.untold.insert("an opt-out by another way than a text cannot be written".to_owned());
                Input::Untold
            }
            Event::Left { .. } => {
                self.untold.insert("a number that left its holder cannot be written".to_owned());
                Input::Untold
            }
            Event::Receipt(_) => {
                self.untold.insert("an opt-out by a receipt cannot be written".to_owned());
                Input::Untold
            }
        };
        self.beats.push(Beat { at: entry.at, input, before: Vec::new(), said: Vec::new(), same: true });
    }

    /// What chance came to.
    fn chance(&mut self, entry: &Entry) {
        let mut lines = Vec::new();
        for way in &entry.trace.ways {
            let Some((path, by)) = way.split_once(' ') else { continue };
            let nodes = &entry.trace.nodes;
            if by.starts_with("arm ") && self.pinned.insert(path.to_owned()) {
                let arm = nodes.iter().position(|node| node == path).and_then(|at| nodes.get(at + 1));
                let arm = arm.and_then(|arm| arm.split_once('.')).map(|(_, node)| node.to_owned());
                lines.extend(arm.map(|arm| Line::Pin(path.to_owned(), arm)));
            }
            if let ("won" | "lost", Some(Awaited::Draw(contest))) = (by, self.awaited(path)) {
                lines.push(Line::Draw(contest.name.clone(), by.to_owned()));
            }
        }
        self.before(lines);
    }

    /// What the world outside answered.
    fn outside(&mut self, event: &Event, entry: &Entry) {
        let late = || {
            let way = entry.trace.ways.iter().find(|way| way.ends_with(" late"))?;
            let waits = self.awaited(way.split_once(' ')?.0)?;
            if let Awaited::Lookup(lookup) = waits { Some((lookup.name.clone(), World::Late)) } else { None }
        };
        let answered = if let Event::Lookup { name, answer, .. } = event {
            let world = match answer {
                LookupAnswer::Ok(values) => World::Ok(self.body(name, values)),
                LookupAnswer::Failed => World::Failed,
                LookupAnswer::Late => World::Late,
            };
            Some((name.clone(), world))
        } else {
            late().filter(|_| is_late_lookup(entry))
        };
        let Some((name, world)) = answered else { return };
        if self.world.get(&name) != Some(&world) {
            self.world.insert(name.clone(), world.clone());
            self.before(vec![Line::Lookup(name, world)]);
        }
    }

    fn before(&mut self, lines: Vec<Line>) {
        if let Some(beat) = self.beats.last_mut() {
            beat.before.extend(lines);
        }
    }

    /// What a node waits for, by its recorded name.
    fn awaited(&self, path: &str) -> Option<&'b Awaited> {
        let (flow, node) = path.split_once('.')?;
        let node: NodeIx = self.bot.node_named(self.bot.flow_named(flow)?, node)?;
        self.bot.node(node).wait.as_ref().map(|wait| &wait.what)
    }

    /// A body in which a lookup finds these values.
    fn body(&self, name: &str, values: &[(String, String)]) -> String {
        let mut body = json!({});
        for (field, path) in self.bot.lookup(name).map(|lookup| lookup.fills.as_slice()).unwrap_or_default() {
            let value = values.iter().find(|(known, _)| *known == self.bot.field(*field).name);
            if let Some((_, value)) = value {
                put(&mut body, path, value);
            }
        }
        body.to_string()
    }

    fn warnings(&self) -> Vec<String> {
        let mut warnings: Vec<String> = self.untold.iter().cloned().collect();
        if self.differing > 0 {
            let turns = if self.differing == 1 { "turn" } else { "turns" };
            warnings
                .push(format!("the files answer {} {turns} otherwise than it was recorded", self.differing));
        }
        if !self.stand_ins.astray.is_empty() {
            let turns: Vec<String> = self.stand_ins.astray.iter().map(u64::to_string).collect();
            let turns = turns.join(", ");
            warnings.push(format!(
                "with stand-ins it goes another way in turn {turns}; `--personal` keeps the words"
            ));
        }
        warnings
    }
}

/// Whether a timer told that an outside answer comes too late.
fn is_late_lookup(entry: &Entry) -> bool {
    matches!(entry.event, Event::Timer { .. }) && entry.trace.ways.iter().any(|way| way.ends_with(" late"))
}

/// Puts a value at a path of names, and of numbers in lists.
fn put(json: &mut Json, path: &[String], value: &str) {
    let Some((name, rest)) = path.split_first() else {
        *json = json!(value);
        return;
    };
    let place = if let Ok(at) = name.parse::<usize>().map(|at| at.min(usize::from(u8::MAX))) {
        if !json.is_array() {
            *json = json!([]);
        }
        let items = json.as_array_mut().expect("it was made one");
        items.resize(items.len().max(at + 1), Json::Null);
        &mut items[at]
    } else {
        if !json.is_object() {
            *json = json!({});
        }
        json.as_object_mut().expect("it was made one").entry(name.clone()).or_insert(Json::Null)
    };
    put(place, rest, value);
}

/// Plays the beats in the simulator, and writes down what is said.
struct Stage {
    simulation: Simulation,
    /// By so much everything is earlier than it was: it begins at a whole minute.
    cut: SignedDuration,
    lines: Vec<Line>,
}

impl Stage {
    async fn play(&mut self, beat: &Beat, phone: crate::sms::Phone) -> Result<(), SimulationError> {
        for line in &beat.before {
            self.lines.push(line.clone());
            if let Line::Lookup(name, world) = line {
                self.simulation.answer_lookup(name, world.clone());
            }
            if let Line::Pin(what, end) | Line::Draw(what, end) = line {
                self.simulation.pin(phone, what, end).await?;
            }
        }
        let waited = self.wait(beat).await?;
        let delivered = match &beat.input {
            Input::Text(body) => {
                self.expect(&waited, beat.same);
                self.lines.push(Line::Text(body.clone()));
                self.simulation.text(phone, body).await?.1
            }
            Input::Human(human) => {
                self.expect(&waited, beat.same);
                self.lines.push(Line::Human(human.clone()));
                self.simulation.human(phone, human.clone()).await?
            }
            Input::Reviewed(decision) => {
                self.expect(&waited, beat.same);
                self.lines.push(Line::Reviewed(*decision));
                self.simulation.reviewed(phone, *decision).await?
            }
            Input::Placed(node) => {
                self.expect(&waited, beat.same);
                self.lines.push(Line::Node(node.clone()));
                self.simulation.place(phone, node).await?
            }
            Input::Started(flow) => {
                self.expect(&waited, beat.same);
                self.lines.push(Line::Campaign(flow.clone()));
                self.simulation.campaign(phone, flow).await?
            }
            Input::Time | Input::Untold => waited,
        };
        if beat.same {
            self.expect(&delivered, true);
        } else {
            self.lines.extend(beat.said.iter().cloned().map(Line::Reply));
        }
        Ok(())
    }

    /// Lets the time pass until a beat. Cut to whole minutes where it is long, so that it is never later than it was; a
    /// timer that was armed by then still rings.
    async fn wait(&mut self, beat: &Beat) -> Result<Vec<Delivered>, SimulationError> {
        let now = self.simulation.now();
        let passed = (beat.at.duration_since(now) - self.cut).max(SignedDuration::ZERO);
        let rings = matches!(beat.input, Input::Time);
        let mut seconds = passed.as_secs();
        if rings {
            let due = self.simulation.engine().store().next_due().await?;
            let due = due.map(|due| due.duration_since(now)).filter(|due| *due <= passed + CUT_MAX);
            let until = due.unwrap_or(passed);
            seconds = until.as_secs() + i64::from(until.subsec_nanos() > 0);
        } else if passed >= IN_MINUTES_FROM {
            seconds -= seconds % 60;
        }
        if seconds <= 0 {
            return Ok(Vec::new());
        }
        self.lines.push(Line::Wait(Delay::Exact { seconds }));
        self.simulation.advance(SignedDuration::from_secs(seconds)).await
    }

    fn expect(&mut self, delivered: &[Delivered], really: bool) {
        if really {
            self.lines.extend(delivered.iter().map(|message| Line::Reply(exactly(&message.shown()))));
        }
    }
}
