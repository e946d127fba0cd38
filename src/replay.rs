//! Recorded turns against the files of the day: every dialogue runs again from its beginning, event by event, and what it
//! answers is compared with what was answered then.
//!
//! The log holds what happened and what was wanted, not where a dialogue stood. So today's files run the *whole* dialogue,
//! at the recorded moments and with the recorded chance; a state that was guessed in the middle would compare two guesses.
//! What a difference means for the texts behind it depends on its kind. Other words leave the dialogue where it was, and
//! the next text is compared as if nothing had been. Another way through the nodes leads elsewhere: differences behind it
//! are counted apart, as what they may be, its consequences. Where the log lacks a turn of a dialogue, nothing behind the
//! gap is compared.

pub mod log;
mod tally;

pub use tally::{Count, Tally};

use crate::bot::Bot;
use crate::consent::{Change, LedgerEntry};
use crate::dialogue::{Effect, Event, Reading, State, Step, Trace, read, step};
use crate::sms::{BrandId, Key, Phone};
use crate::store::Entry;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Dialogues that are held in memory at once, at about a kilobyte each; more of them take another pass over the log.
pub const DIALOGUES_MAX: usize = 100_000;
/// A timer that is due so much before the next turn would have rung: `serve` looks twice a second.
const TIMER_GRACE: SignedDuration = SignedDuration::from_mins(1);
/// Timers that ring today between two recorded turns; more than a flow can arm before somebody writes.
const RINGS_MAX: usize = 64;

/// How a turn compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// The same is wanted, and the same nodes are entered.
    Same,
    /// Something else is wanted, or other nodes are entered.
    Differs,
    /// The same, after an earlier turn of the dialogue has led elsewhere.
    Follows,
    /// It cannot be told.
    Unknown,
}

/// What a turn came to, then or today.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize)]
pub struct Outcome {
    /// The messages, in order; a line `[address]` for each picture.
    pub answers: Vec<String>,
    /// What else was wanted, each in a few words.
    pub wanted: Vec<String>,
    /// The rung that took the text.
    pub rung: Option<String>,
    /// The best intent that the text means.
    pub intent: Option<String>,
    /// The nodes that were entered, as `flow.node`.
    pub nodes: Vec<String>,
    /// Anything else worth knowing.
    pub notes: Vec<String>,
}

/// A recorded turn and what it would be today.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compared {
    /// How it compares.
    pub verdict: Verdict,
    /// The turn's number in the log.
    pub seq: u64,
    /// The brand, as it is called today; as it was, where no files have it.
    pub brand: BrandId,
    /// Whose dialogue.
    pub phone: Phone,
    /// The dialogue's turn.
    pub turn: u64,
    /// When.
    pub at: Timestamp,
    /// What happened, in one word.
    pub event: &'static str,
    /// The words, if it was a text.
    pub text: Option<String>,
    /// What was recorded.
    pub then: Outcome,
    /// What it is today; nothing where that cannot be told.
    pub today: Option<Outcome>,
    /// Why it cannot be told, or which turn it may follow from.
    pub why: Option<String>,
}

/// A dialogue on its way through the log.
#[derive(Debug, Default)]
struct Played {
    state: State,
    /// The last turn.
    turn: u64,
    /// The first turn that led elsewhere than it was recorded.
    apart: Option<u64>,
    /// Why the dialogue can no longer be followed.
    lost: Option<String>,
}

/// A replay in progress: turns go in, in the order of the log, and come out compared.
#[derive(Debug)]
pub struct Replay {
    /// By the name under which their data is kept.
    bots: BTreeMap<BrandId, Arc<Bot>>,
    since: Option<Timestamp>,
    at_once: usize,
    dialogues: BTreeMap<Key, Played>,
    done: BTreeSet<Key>,
    left_out: bool,
}

impl Replay {
    /// A replay on these bots. Turns before `since` are gone through, and not compared; at most so many dialogues are held
    /// at once.
    #[must_use]
    pub fn new(bots: &[Arc<Bot>], since: Option<Timestamp>, at_once: usize) -> Self {
        Self {
            bots: bots.iter().map(|bot| (bot.kept_as.clone(), Arc::clone(bot))).collect(),
            since,
            at_once: at_once.max(1),
            dialogues: BTreeMap::new(),
            done: BTreeSet::new(),
            left_out: false,
        }
    }

    /// The next turn of the log, and before it the timers that would ring today. O(step + log dialogues).
    pub fn turn(&mut self, seq: u64, entry: &Entry) -> Vec<Compared> {
        if self.done.contains(&entry.key) {
            return Vec::new();
        }
        if !self.dialogues.contains_key(&entry.key) && self.dialogues.len() >= self.at_once {
            self.left_out = true;
            return Vec::new();
        }
        let wanted = self.since.is_none_or(|since| entry.at >= since);
        let played = self.dialogues.entry(entry.key.clone()).or_default();
        let bot = self.bots.get(&entry.key.brand);
        let mut compared = played.take(bot.map(|bot| &**bot), seq, entry);
        compared.retain(|_| wanted);
        compared
    }

    /// Where a dialogue stands under today's files, after the turns that were gone through.
    #[must_use]
    pub fn state(&self, key: &Key) -> Option<&State> {
        self.dialogues.get(key).map(|played| &played.state)
    }

    /// Ends a pass over the log. Whether dialogues were left out of it, so that the log is to be gone through again.
    pub fn ends_pass(&mut self) -> bool {
        self.done.extend(std::mem::take(&mut self.dialogues).into_keys());
        std::mem::take(&mut self.left_out)
    }
}

/// Steps an event at the moment and with the chance of a recorded turn. The turn keeps its number, by which timers and
/// lookups are named, whatever the turns before it have come to.
#[must_use]
pub fn again(bot: &Bot, state: &mut State, event: &Event, recorded: &Entry, turn: u64) -> Step {
    state.person.turn = turn.saturating_sub(1);
    let reading = read(bot, state, event, recorded.at);
    let mut step = step(bot, state, event, &reading, recorded.at, recorded.seed);
    step.state.person.turn = turn;
    step
}

impl Played {
    fn take(&mut self, bot: Option<&Bot>, seq: u64, entry: &Entry) -> Vec<Compared> {
        let expected = self.turn + 1;
        // Logs that were written without numbers are taken to be whole.
        self.turn = if entry.turn == 0 { expected } else { entry.turn };
        if self.lost.is_none() && self.turn != expected {
            self.lost = Some(gap(expected, self.turn));
        }
        let mut compared = Compared::of(seq, entry, self.turn);
        let Some(bot) = bot else {
            compared.why = Some(format!("the files have no sound brand `{}`", entry.key.brand));
            return vec![compared];
        };
        compared.brand = bot.id.clone();
        if self.lost.is_some() {
            compared.why.clone_from(&self.lost);
            return vec![compared];
        }
        let mut all = self.ring(bot, seq, entry);
        let today = again(bot, &mut self.state, &entry.event, entry, self.turn);
        self.judge(bot, entry, &today, &mut compared);
        self.state = today.state;
        all.push(compared);
        all
    }

    /// Says how today's turn compares, and whether the dialogue has gone another way by it.
    fn judge(&mut self, bot: &Bot, entry: &Entry, today: &Step, compared: &mut Compared) {
        let nodes: Vec<String> = entry.trace.nodes.iter().map(|node| called_today(bot, node)).collect();
        let same_way = nodes == today.trace.nodes;
        let same_effects = entry.effects == today.effects;
        compared.verdict = match self.apart {
            _ if same_way && same_effects => Verdict::Same,
            None => Verdict::Differs,
            Some(turn) => {
                compared.why = Some(format!("turn {turn} led elsewhere"));
                Verdict::Follows
            }
        };
        if !same_way || !differ_in_words_only(&entry.effects, &today.effects) {
            self.apart.get_or_insert(self.turn);
        }
        compared.today = Some(Outcome::of(&today.effects, &today.trace));
    }

    /// Rings the timers that files of another day had not armed: those that are due well before the next turn. Under the
    /// files that were recorded, what did not ring was late, and is none of theirs.
    fn ring(&mut self, bot: &Bot, seq: u64, entry: &Entry) -> Vec<Compared> {
        let mut rung = Vec::new();
        if entry.bot == bot.hash {
            return rung;
        }
        for _ in 0..RINGS_MAX {
            let Some(timer) = self.state.person.armed().min_by_key(|timer| timer.due) else { break };
            let own = matches!(entry.event, Event::Timer { armed_in } if armed_in == timer.armed_in);
            if own || entry.at.duration_since(timer.due) <= TIMER_GRACE {
                break;
            }
            let event = Event::Timer { armed_in: timer.armed_in };
            self.state.person.turn = self.turn - 1;
            let today = step(bot, &self.state, &event, &Reading::default(), timer.due, entry.seed);
            if !today.effects.is_empty() || !today.trace.nodes.is_empty() {
                rung.push(Compared {
                    verdict: if self.apart.is_some() { Verdict::Follows } else { Verdict::Differs },
                    at: timer.due,
                    event: event.name(),
                    text: None,
                    then: Outcome::default(),
                    today: Some(Outcome::of(&today.effects, &today.trace)),
                    why: Some("a timer rings today that did not ring then".to_owned()),
                    brand: bot.id.clone(),
                    ..Compared::of(seq, entry, self.turn)
                });
                self.apart.get_or_insert(self.turn);
            }
            self.state = today.state;
        }
        rung
    }
}

impl Compared {
    /// A turn of which only the record is known.
    fn of(seq: u64, entry: &Entry, turn: u64) -> Self {
        let text = if let Event::Text(inbound) = &entry.event { Some(inbound.body.clone()) } else { None };
        Self {
            verdict: Verdict::Unknown,
            seq,
            brand: entry.key.brand.clone(),
            phone: entry.key.phone,
            turn,
            at: entry.at,
            event: entry.event.name(),
            text,
            then: Outcome::of(&entry.effects, &entry.trace),
            today: None,
            why: None,
        }
    }
}

impl Outcome {
    fn of(effects: &[Effect], trace: &Trace) -> Self {
        let picture = |body: String, url: &String| format!("{body}\n[{url}]");
        let sends = effects.iter().filter_map(Effect::send);
        Self {
            answers: sends.map(|send| send.media.iter().fold(send.body.clone(), picture)).collect(),
            wanted: effects.iter().filter_map(in_words).collect(),
            rung: trace.rung.clone(),
            intent: trace.intent.clone(),
            nodes: trace.nodes.clone(),
            notes: trace.notes.clone(),
        }
    }
}

/// What is wanted besides messages.
fn in_words(effect: &Effect) -> Option<String> {
    match effect {
        Effect::Send(_) => None,
        Effect::Ledger(entry) => Some(match entry.change {
            Change::In => format!("consent in ({})", entry.rule),
            Change::Out => format!("consent out ({})", entry.rule),
            Change::Asked => format!("consent asked ({})", entry.rule),
            Change::Declined => "consent declined".to_owned(),
            Change::Unsure => format!("consent unsure ({})", entry.rule),
            Change::Kept => "consent kept".to_owned(),
            Change::OfAge(years) => format!("at least {years} years old"),
            Change::Underage(years) => format!("younger than {years}"),
            Change::Deactivated(_) => "the number was switched off".to_owned(),
            Change::Reassigned(_) => "the number was given to somebody else".to_owned(),
            Change::Erased => "erased".to_owned(),
        }),
        Effect::Take(take) => Some(format!("take {}", take.name)),
        Effect::Lookup(lookup) => Some(format!("lookup {} {}", lookup.name, lookup.url)),
        Effect::Notify(notify) => Some(format!("notify {}", notify.name)),
    }
}

/// A recorded node by the name that it has today.
fn called_today(bot: &Bot, recorded: &str) -> String {
    let found = recorded.split_once('.').and_then(|(flow, node)| bot.node_named(bot.flow_named(flow)?, node));
    found.map_or_else(|| recorded.to_owned(), |node| bot.path(node))
}

/// Whether two lists of effects are the same but for the words and pictures of their messages.
fn differ_in_words_only(then: &[Effect], today: &[Effect]) -> bool {
    let wordless = |effect: &Effect| match effect {
        Effect::Send(_) => None,
        // The ledger repeats the words that consent was asked by.
        Effect::Ledger(entry) => {
            Some(Effect::Ledger(LedgerEntry { shown: None, programme: String::new(), ..entry.clone() }))
        }
        Effect::Take(_) | Effect::Lookup(_) | Effect::Notify(_) => Some(effect.clone()),
    };
    then.iter().filter_map(wordless).eq(today.iter().filter_map(wordless))
}

fn gap(expected: u64, found: u64) -> String {
    match expected {
        1 => format!("the log has only turn {found} and later ones of this dialogue"),
        _ if found < expected => format!("turn {found} comes after turn {} in the log", expected - 1),
        _ if found == expected + 1 => format!("the log lacks turn {expected} of this dialogue"),
        _ => format!("the log lacks turns {expected} to {} of this dialogue", found - 1),
    }
}
