//! The search for conversations that walk what no conversation has walked.
//!
//! Breadth first through the simulator, by novelty (iterated width; Lipovetzky and Geffner, 2012): a conversation is gone on
//! with only where it has come to a fact that none before it had come to, and in a second round to a fact that none had come to
//! at that node, the rarest first. What is found is made as short as it gets, and is run as a file before it is shown: it walks what it says, or it is not shown.

use super::alphabet::Alphabet;
use super::shrink::shrink;
use super::talk::{Script, Talk, Turned};
use crate::bot::{Awaited, Bot, Contest, Node};
use crate::consent::{Limits, Status};
use crate::diagnostic::{Diagnostics, Sources};
use crate::dialogue::{Effect, Record, Standpoint};
use crate::flow::Delay;
use crate::outline::Reader;
use crate::simulator::{Simulation, SimulationError};
use crate::sms::{Content, Phone};
use crate::transcript::{Coverage, Line, Outcome, parse, run};
use jiff::civil::{Date, Time, date, time};
use jiff::{SignedDuration, Timestamp};
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};
use std::hash::{Hash, Hasher};
use std::sync::Arc;
use tokio::runtime::Runtime;

/// Lines of the longest conversation that is tried: nobody reads a longer test.
pub const LINES_MAX: usize = 24;
/// Lines that are tried for one brand: seconds.
pub const TURNS_MAX: usize = 40_000;
/// Ways of chance and of the world outside that are changed for one line.
const OTHERWISE_MAX: usize = 2;
/// Who writes: a number that nobody has (555-01xx, NANPA).
const SOMEBODY: &str = "+14045550123";
/// The day on which conversations begin: a Monday.
const DAY: Date = date(2026, 6, 1);
const NOON: Time = time(12, 0, 0, 0);
/// When few brands are there and all are quiet.
const NIGHT: Time = time(23, 0, 0, 0);

/// A conversation that was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conversation {
    /// What it walks of what was wanted and of what no conversation before it in the list walks.
    pub walks: Vec<String>,
    /// It as a file.
    pub chat: String,
}

/// Conversations that walk what is wanted, each as short as it gets, in the order of `wanted`; what none of them walks was not
/// found within [`LINES_MAX`] lines and [`TURNS_MAX`] trials. O(trials).
///
/// # Errors
/// When the simulation fails, which is a bug of sayso.
pub fn conversations(
    bot: &Arc<Bot>,
    wanted: &[String],
    runtime: &Runtime,
) -> Result<Vec<Conversation>, SimulationError> {
    let begin = moment(bot, DAY, NOON);
    let mut search = Search {
        bot,
        alphabet: Alphabet::of(bot, begin),
        wanted: wanted.iter().cloned().collect(),
        found: BTreeMap::new(),
        left: TURNS_MAX,
        joined: None,
    };
    runtime.block_on(search.everywhere())?;
    let mut told: BTreeSet<String> = BTreeSet::new();
    let mut conversations = Vec::new();
    for name in wanted {
        let Some(script) = search.found.get(name).filter(|_| !told.contains(name)) else { continue };
        let script = shorter(bot, script, name, runtime)?;
        let Some((chat, walked)) = runtime.block_on(shown(bot, &script, name))? else { continue };
        let walks: Vec<String> =
            wanted.iter().filter(|other| walked.has(other) && !told.contains(*other)).cloned().collect();
        told.extend(walks.iter().cloned());
        conversations.push(Conversation { walks, chat });
    }
    Ok(conversations)
}

/// The script without what that way does not need.
fn shorter(
    bot: &Arc<Bot>,
    script: &Script,
    name: &str,
    runtime: &Runtime,
) -> Result<Script, SimulationError> {
    let mut failed = None;
    let lines = shrink(script.lines.clone(), |lines| {
        let trial = Script { lines: lines.to_vec(), ..script.clone() };
        match runtime.block_on(replay(bot, &trial)) {
            Ok(talk) => talk.walked().has(name),
            Err(error) => {
                failed = Some(error);
                false
            }
        }
    });
    failed.map_or(Ok(Script { lines, ..script.clone() }), Err)
}

/// A script as a file, and what it walks; nothing if it does not walk that when it is read and run.
async fn shown(
    bot: &Arc<Bot>,
    script: &Script,
    name: &str,
) -> Result<Option<(String, Coverage)>, SimulationError> {
    let chat = replay(bot, script).await?.written();
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let file = sources.add("found.chat", chat.as_str());
    let read = parse(&chat, &mut Reader::new(file, &mut found));
    let ran = run(&read, file, bot, &mut found).await?;
    let is_true = ran.outcome == Outcome::Passed && !found.has_errors() && ran.coverage.has(name);
    Ok(is_true.then_some((chat, ran.coverage)))
}

/// A script, from its beginning to its end.
async fn replay(bot: &Arc<Bot>, script: &Script) -> Result<Talk, SimulationError> {
    let mut talk = Talk::new(Simulation::new(bot, script.begin)?, bot, script.phone);
    for line in &script.lines {
        talk.go(line).await?;
    }
    Ok(talk)
}

/// A moment on the clocks of a brand; one that daylight saving skips is a little later.
fn moment(bot: &Bot, day: Date, time: Time) -> Timestamp {
    let there = bot.zone.to_ambiguous_timestamp(day.to_datetime(time)).compatible();
    there.unwrap_or(Timestamp::UNIX_EPOCH)
}

/// Days on which something is otherwise than on [`DAY`]: contests are open, or over.
fn other_days(bot: &Bot) -> Vec<Date> {
    let contests = bot.nodes().filter_map(|(_, node)| contest(node));
    let ends = contests.flat_map(|contest| [contest.from, contest.until.and_then(|day| day.tomorrow().ok())]);
    let days: BTreeSet<Date> = ends.flatten().filter(|day| *day != DAY).collect();
    days.into_iter().collect()
}

fn contest(node: &Node) -> Option<&Contest> {
    let what = node.wait.as_ref().map(|wait| &wait.what);
    if let Some(Awaited::Draw(contest)) = what { Some(contest) } else { None }
}

/// What must be new: a fact, or a fact where the dialogue stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Width {
    One,
    Two,
}

struct Search<'s> {
    bot: &'s Arc<Bot>,
    alphabet: Alphabet,
    /// What was not walked yet.
    wanted: BTreeSet<String>,
    found: BTreeMap<String, Script>,
    /// Lines that may still be tried.
    left: usize,
    /// The first who has joined and is asked nothing.
    joined: Option<Talk>,
}

impl Search<'_> {
    /// Begins with a stranger, and with somebody who has joined: by day, by night, and on days on which something is otherwise;
    /// first for single facts, then for facts at each node.
    async fn everywhere(&mut self) -> Result<(), SimulationError> {
        let noon = moment(self.bot, DAY, NOON);
        let mut moments = vec![noon];
        if self.bot.hours.is_some() || self.bot.quiet.is_some() {
            moments.push(moment(self.bot, DAY, NIGHT));
        }
        moments.extend(other_days(self.bot).into_iter().map(|day| moment(self.bot, day, NOON)));
        for width in [Width::One, Width::Two] {
            for begin in &moments {
                self.from(self.stranger(*begin)?, width).await?;
                if let Some(joined) = &self.joined {
                    let mut joined = fork(joined)?;
                    let seconds = begin.duration_since(joined.now()).as_secs();
                    if seconds > 0 {
                        self.spend();
                        joined.go(&Line::Wait(Delay::Exact { seconds })).await?;
                    }
                    self.from(joined, width).await?;
                }
            }
        }
        Ok(())
    }

    fn stranger(&self, begin: Timestamp) -> Result<Talk, SimulationError> {
        let phone: Phone = SOMEBODY.parse().expect("a number");
        Ok(Talk::new(Simulation::new(self.bot, begin)?, self.bot, phone))
    }

    fn spend(&mut self) {
        self.left = self.left.saturating_sub(1);
    }

    fn is_over(&self) -> bool {
        self.wanted.is_empty() || self.left == 0
    }

    async fn from(&mut self, start: Talk, width: Width) -> Result<(), SimulationError> {
        let mut known = Known::default();
        let mut open = Open::default();
        open.push(start, 0);
        while let Some(talk) = open.pop() {
            let record = talk.record().await?;
            for (_, line) in self.alphabet.moves(self.bot, &record, talk.now()) {
                if self.is_over() {
                    return Ok(());
                }
                for next in self.try_all(&talk, &line).await? {
                    let record = next.record().await?;
                    let rests = record.stack.is_empty() && record.person.standing.status == Status::In;
                    if self.joined.is_none() && rests {
                        self.joined = Some(fork(&next)?);
                    }
                    let facts = facts(self.bot, &record, next.now());
                    if let Some(rarest) = known.novelty(&facts, width).filter(|_| next.lines() < LINES_MAX) {
                        open.push(next, rarest);
                    }
                }
            }
        }
        Ok(())
    }

    /// A line, with chance and the world outside as they come, and with each other way they could go.
    async fn try_all(&mut self, talk: &Talk, line: &Line) -> Result<Vec<Talk>, SimulationError> {
        let mut ends = Vec::new();
        let mut open: Vec<Vec<Line>> = vec![Vec::new()];
        let mut tried: BTreeSet<String> = BTreeSet::new();
        while let Some(before) = open.pop() {
            let mut next = fork(talk)?;
            for line in &before {
                next.go(line).await?;
            }
            self.spend();
            let turned = next.go(line).await?;
            self.walked(&next);
            if before.len() < OTHERWISE_MAX {
                for other in self.otherwise(&turned) {
                    let is_set = before.iter().any(|line| decides_the_same(line, &other));
                    if !is_set && tried.insert(format!("{before:?} {other}")) {
                        open.push(before.iter().cloned().chain([other]).collect());
                    }
                }
            }
            ends.push(next);
        }
        Ok(ends)
    }

    /// What chance and the world outside decided in these turns, decided otherwise.
    fn otherwise(&self, turned: &Turned) -> Vec<Line> {
        let ways = turned.turns.iter().flat_map(|turn| turn.trace.ways.iter().chain(&turn.trace.nodes));
        let nodes: BTreeSet<&str> =
            ways.map(|way| way.split_once(' ').map_or(way.as_str(), |(node, _)| node)).collect();
        let effects = turned.turns.iter().flat_map(|turn| &turn.effects);
        let lookups = effects.filter_map(|effect| match effect {
            Effect::Lookup(lookup) => Some(lookup.name.as_str()),
            Effect::Send(_) | Effect::Ledger(_) | Effect::Take(_) | Effect::Notify(_) => None,
        });
        self.alphabet.otherwise(nodes.into_iter(), lookups)
    }

    /// Keeps the conversation for all that is wanted and that it has walked.
    fn walked(&mut self, talk: &Talk) {
        let walked: Vec<String> =
            self.wanted.iter().filter(|name| talk.walked().has(name)).cloned().collect();
        for name in walked {
            self.wanted.remove(&name);
            self.found.insert(name, talk.script());
        }
    }
}

fn fork(talk: &Talk) -> Result<Talk, SimulationError> {
    Ok(talk.fork()?.expect("its store forgets"))
}

/// Whether two lines decide the same thing, one way or another.
fn decides_the_same(a: &Line, b: &Line) -> bool {
    match (a, b) {
        (Line::Pin(a, _), Line::Pin(b, _))
        | (Line::Draw(a, _), Line::Draw(b, _))
        | (Line::Lookup(a, _), Line::Lookup(b, _)) => a == b,
        _ => false,
    }
}

/// Bad answers so far, where they are counted.
fn tries(bot: &Bot, top: &Standpoint) -> u32 {
    let node = bot.flow_named(&top.flow).and_then(|flow| bot.node_named(flow, &top.node));
    let wait = node.and_then(|node| bot.node(node).wait.as_ref());
    wait.and_then(|wait| wait.prompt.tries).map_or(0, |_| top.tries)
}

/// What can be said about a dialogue, each fact as a number: where it stands, then what is known and what time it is.
pub(super) fn facts(bot: &Bot, record: &Record, now: Timestamp) -> Vec<u64> {
    let person = &record.person;
    let mut facts: Vec<u64> = Vec::new();
    let mut add = |kind: &str, what: &dyn std::fmt::Debug| {
        let mut hasher = FxHasher::default();
        (kind, format!("{what:?}")).hash(&mut hasher);
        facts.push(hasher.finish());
    };
    let stood: Vec<_> = record.stack.iter().map(|stood| (&stood.flow, &stood.node)).collect();
    add("stands", &(stood, record.stack.last().map(|top| tries(bot, top)), &person.offered, person.human));
    let past =
        record.stack.iter().any(|stood| stood.came.is_some() || stood.until.is_some_and(|end| end <= now));
    add("waits", &(person.timers.is_empty(), past));
    add("standing", &(person.standing.status, person.language));
    person.fields.iter().for_each(|field| add("field", &field));
    person.tags.iter().for_each(|tag| add("tag", tag));
    person.votes.iter().for_each(|vote| add("vote", &vote));
    person.entries.iter().for_each(|(name, count)| add("entry", &(name, count.count.min(3))));
    person.arms.iter().for_each(|arm| add("arm", &arm));
    let is_open = bot.hours.as_ref().is_none_or(|hours| hours.is_open(&now.to_zoned(bot.zone.clone())));
    let whereabouts = bot.whereabouts(person.phone, &person.fields);
    let (content, quiet) = (Content::default(), bot.quiet);
    let is_quiet = Limits { content, whereabouts: &whereabouts, quiet, left: &[] }.blocked(now).is_some();
    add("clock", &(is_open, is_quiet));
    let day = SignedDuration::from_hours(24);
    add("silence", &person.last_text.is_some_and(|last| now.duration_since(last) >= day));
    facts
}

/// Conversations that can be gone on with: those first that have come to what is rarest, and of these the shortest.
#[derive(Default)]
struct Open {
    order: BinaryHeap<Reverse<(u32, usize, usize)>>,
    talks: Vec<Option<Talk>>,
}

impl Open {
    fn push(&mut self, talk: Talk, rarest: u32) {
        self.order.push(Reverse((rarest, talk.lines(), self.talks.len())));
        self.talks.push(Some(talk));
    }

    fn pop(&mut self) -> Option<Talk> {
        let Reverse((_, _, number)) = self.order.pop()?;
        self.talks.get_mut(number)?.take()
    }
}

/// Facts that were met, and how often; and at which nodes they were.
#[derive(Default)]
struct Known {
    facts: FxHashMap<u64, u32>,
    there: FxHashSet<u64>,
}

impl Known {
    /// How often the rarest of these facts has been met, if one is met for the first time: at all, or where the dialogue
    /// stands, which is the first of them.
    fn novelty(&mut self, facts: &[u64], width: Width) -> Option<u32> {
        let (mut new, mut rarest) = (false, u32::MAX);
        for (number, fact) in facts.iter().enumerate() {
            let met = self.facts.entry(*fact).or_default();
            *met += 1;
            new |= *met == 1;
            rarest = rarest.min(*met);
            if let (Width::Two, 1.., Some(stands)) = (width, number, facts.first()) {
                new |= self.there.insert(stands.rotate_left(17) ^ fact.wrapping_mul(0x9E37_79B9_7F4A_7C15));
            }
        }
        new.then_some(rarest)
    }
}
