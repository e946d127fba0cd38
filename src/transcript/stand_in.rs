//! Stand-ins for what people said about themselves: a conversation that is kept as a test walks the same way with them, and
//! tells nothing about anybody.

use crate::bot::{Awaited, Bot, NodeIx};
use crate::dialogue::{Event, Human, LookupAnswer, RUNGS, State, Step};
use crate::expr::shown;
use crate::replay::again;
use crate::slot::{Answer, BIRTHDATE, SlotType, Value};
use crate::sms::{Inbound, Text, replace_numbers};
use crate::store::Entry;
use regex::Regex;
use std::collections::BTreeSet;
use std::sync::LazyLock;

/// What a human of the team is made to say.
const TEAM_WORDS: &str = "(words of the team)";
/// What a person is made to say to a human.
const PERSON_WORDS: &str = "(words for the team)";
/// What an answer becomes whose question the files do not have any more.
const ANSWER: &str = "(an answer)";
/// Answers that few questions take, for those that were not taken.
const BAD_ANSWERS: [&str; 6] = ["hm?", "what do you mean", "000", "99/99/9999", "123456789", "¿?"];
/// A number that nobody has, as people write it.
const NUMBER: &str = "404-555-0123";
/// An address that nobody has.
const ADDRESS: &str = "ana@mail.example";
/// Values shorter than this are not looked for in our own words.
const TOLD_CHARS_MIN: usize = 2;

static ADDRESSES: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"[^\s@<>]+@[^\s@<>]+\.[^\s@<>]+").expect("read by its test"));

/// Puts stand-ins in the place of personal words, and follows the dialogue as it goes with them.
pub(super) struct StandIns<'b> {
    bot: &'b Bot,
    /// Where the dialogue stands with the stand-ins.
    state: State,
    /// The last node that was recorded: its question was asked then, whatever is asked today.
    stood: Option<NodeIx>,
    /// The values and words that nobody is to read.
    hidden: BTreeSet<String>,
    /// What was replaced, in a word each.
    pub(super) replaced: BTreeSet<String>,
    /// Turns that go another way with their stand-in.
    pub(super) astray: Vec<u64>,
}

/// Something that is not to be read by others.
enum Secret<'b> {
    /// An answer to a question, and what was asked for.
    Answer(&'b dyn SlotType, String),
    /// Free words, by whom they are replaced, and what they are.
    Words(&'static str, &'static str),
}

impl<'b> StandIns<'b> {
    pub(super) fn new(bot: &'b Bot) -> Self {
        Self {
            bot,
            state: State::default(),
            stood: None,
            hidden: BTreeSet::new(),
            replaced: BTreeSet::new(),
            astray: Vec::new(),
        }
    }

    /// A recorded turn's event with stand-ins; `state` is where the dialogue stands without them. O(candidates) steps.
    pub(super) fn event(&mut self, state: &State, entry: &Entry, turn: u64) -> Event {
        let plain = again(self.bot, &mut state.clone(), &entry.event, entry, turn);
        let (what, candidates) = self.candidates(state, entry);
        let mut likely: Option<(bool, Event, Step)> = None;
        for event in candidates {
            let step = again(self.bot, &mut self.state, &event, entry, turn);
            let is_alike = alike(&plain, &step);
            let is_same = is_alike && said(&plain).eq(said(&step));
            if is_same || likely.as_ref().is_none_or(|(before, ..)| is_alike && !before) {
                likely = Some((is_alike, event, step));
            }
            if is_same {
                break;
            }
        }
        let (is_alike, event, step) = likely.expect("there is always a candidate");
        if !is_alike {
            self.astray.push(turn);
        }
        self.replaced.extend(what.filter(|_| event != entry.event));
        self.state = step.state;
        self.remember(&plain.state);
        if let Some(node) = entry.trace.nodes.last() {
            let (flow, node) = node.split_once('.').unwrap_or_default();
            self.stood = self.bot.flow_named(flow).and_then(|flow| self.bot.node_named(flow, node));
        }
        event
    }

    /// An expectation that holds for words of ours, whatever personal values stand in them.
    pub(super) fn starred(&self, said: &str) -> String {
        let mut hidden: Vec<&String> = self.hidden.iter().collect();
        hidden.sort_by_key(|words| std::cmp::Reverse(words.len()));
        let mut pieces = vec![said.to_owned()];
        for words in hidden {
            let parts = |piece: &String| piece.split(words.as_str()).map(str::to_owned).collect::<Vec<_>>();
            pieces = pieces.iter().flat_map(parts).collect();
        }
        pieces.iter().map(|piece| super::exactly(piece)).collect::<Vec<_>>().join("*")
    }

    /// Events that may stand for a recorded one, the best first, and what is replaced by them; never an empty list.
    fn candidates(&mut self, state: &State, entry: &Entry) -> (Option<String>, Vec<Event>) {
        match &entry.event {
            Event::Text(inbound) => {
                let with = |body: String| Event::Text(Inbound { body, ..inbound.clone() });
                let (what, texts) = self.texts(state, entry, &inbound.body);
                (Some(what), texts.into_iter().map(with).collect())
            }
            Event::Human(Human::Wrote { body }) => {
                self.hidden.insert(body.clone());
                let stand_in = Event::Human(Human::Wrote { body: TEAM_WORDS.to_owned() });
                (Some("words of the team".to_owned()), vec![stand_in])
            }
            Event::Lookup { armed_in, name, answer: LookupAnswer::Ok(values) } => {
                let filled = values.iter().map(|(field, value)| (field.clone(), self.filled(field, value)));
                let answer = LookupAnswer::Ok(filled.collect());
                let stand_in = Event::Lookup { armed_in: *armed_in, name: name.clone(), answer };
                (Some("answers of lookups".to_owned()), vec![stand_in])
            }
            Event::Filled { words: Some(words), .. } => {
                self.hidden.insert(words.clone());
                (None, vec![entry.event.clone()])
            }
            Event::Lookup { .. }
            | Event::Left { .. }
            | Event::Human(_)
            | Event::Timer { .. }
            | Event::Receipt(_)
            | Event::Start { .. }
            | Event::OptOut { .. }
            | Event::Reviewed { .. }
            | Event::Taken(_)
            | Event::Pinned { .. }
            | Event::Filled { .. }
            | Event::Placed { .. } => (None, vec![entry.event.clone()]),
        }
    }

    fn texts(&mut self, state: &State, entry: &Entry, body: &str) -> (String, Vec<String>) {
        match self.secret(state, entry) {
            Some(Secret::Words(stand_in, what)) => {
                self.hidden.insert(body.to_owned());
                (what.to_owned(), vec![stand_in.to_owned()])
            }
            Some(Secret::Answer(slot_type, what)) => {
                self.hidden.insert(body.to_owned());
                let texts = match slot_type.read(&Text::new(body), &self.bot.context(entry.at)) {
                    Answer::Value(value) => values(slot_type, &value),
                    Answer::Invalid(_) | Answer::Ambiguous(_) | Answer::Unclear => {
                        BAD_ANSWERS.map(str::to_owned).to_vec()
                    }
                };
                (what, texts)
            }
            None => {
                let told = ADDRESSES.replace_all(body, ADDRESS);
                let told = replace_numbers(&told, NUMBER).into_owned();
                // Where the number alone walks the way, it answers a field that the brand does not call personal.
                let kept =
                    (told != body && self.state.stack.len() == state.stack.len()).then(|| body.to_owned());
                let what = "numbers and addresses in texts".to_owned();
                (what, std::iter::once(told).chain(kept).collect())
            }
        }
    }

    /// What a text tells that others are not to read.
    fn secret(&self, state: &State, entry: &Entry) -> Option<Secret<'b>> {
        let trace = &entry.trace;
        let taken_by = |name: &str| trace.rung.as_deref() == Some(name);
        let [_, _, unread, human, closed, _, _, open, leftover] = RUNGS.map(|rung| rung.name);
        if taken_by(human) || taken_by(unread) {
            return Some(Secret::Words(PERSON_WORDS, "words for the team"));
        }
        // What an `on` or a keyword took was meant for the flow, and tells nothing.
        let heard = trace.intent.as_ref().is_some_and(|intent| {
            trace.ways.iter().any(|way| way.ends_with(&format!(" on {intent}"))) || taken_by(leftover)
        });
        if heard || !(taken_by(closed) || taken_by(open) || taken_by(leftover)) {
            return None;
        }
        let today = state.stack.last().filter(|frame| !frame.displaced).map(|frame| frame.node);
        let asked: Vec<NodeIx> = today.into_iter().chain(self.stood).collect();
        if asked.is_empty() && !taken_by(leftover) {
            return Some(Secret::Words(ANSWER, "answers to questions that are gone"));
        }
        asked.into_iter().find_map(|node| match &self.bot.node(node).wait.as_ref()?.what {
            Awaited::Field(field) => {
                let field = self.bot.field(*field);
                field.personal.then(|| Secret::Answer(&*field.slot_type, field.name.clone()))
            }
            Awaited::Age(_) => Some(Secret::Answer(BIRTHDATE, "the birth date".to_owned())),
            Awaited::Option { .. }
            | Awaited::Pause(_)
            | Awaited::Flow(_)
            | Awaited::Consent
            | Awaited::Vote { .. }
            | Awaited::Draw(_)
            | Awaited::Lookup(_)
            | Awaited::Human(_) => None,
        })
    }

    /// What a lookup fills a field with.
    fn filled(&self, field: &str, value: &str) -> String {
        let found = self.bot.fields().iter().find(|known| known.name == field && known.personal);
        let Some(field) = found else { return value.to_owned() };
        let read = field.slot_type.read(&Text::new(value), &self.bot.context(jiff::Timestamp::UNIX_EPOCH));
        let Answer::Value(read) = read else { return ANSWER.to_owned() };
        values(&*field.slot_type, &read).into_iter().next().unwrap_or_else(|| ANSWER.to_owned())
    }

    /// Keeps what is known about the person, as our words would show it.
    fn remember(&mut self, state: &State) {
        for field in self.bot.fields().iter().filter(|field| field.personal) {
            let Some(value) = state.person.fields.get(&field.name) else { continue };
            let languages = self.bot.languages.iter().map(|language| shown(value, *language));
            self.hidden.extend(languages.chain([value.to_string()]));
        }
        self.hidden.retain(|words| words.chars().count() >= TOLD_CHARS_MIN);
    }
}

/// Whether two steps walk the same way.
fn alike(plain: &Step, masked: &Step) -> bool {
    let way = |step: &Step| (step.trace.rung.clone(), step.trace.nodes.clone(), step.trace.ways.clone());
    way(plain) == way(masked) && said(plain).count() == said(masked).count()
}

/// What a step says.
fn said(step: &Step) -> impl Iterator<Item = &str> {
    step.effects.iter().filter_map(|effect| Some(effect.send()?.body.as_str()))
}

/// Answers of the same type that are not the value itself, the likeliest to walk the same way first.
fn values(slot_type: &dyn SlotType, value: &Value) -> Vec<String> {
    let of_type = || slot_type.answers().into_iter();
    let own = value.to_string();
    let texts: Vec<String> = match value {
        _ if slot_type.name() == "name" => ["Ana", "Ben"].map(str::to_owned).to_vec(),
        // The first three digits are a region of the post: states, time zones and distances stay about the same.
        Value::Text(zip) if slot_type.name() == "us_zip" => {
            let region: String = zip.chars().take(3).collect();
            (1..100).map(|end| format!("{region}{end:02}")).chain(of_type()).collect()
        }
        Value::Date(date) => {
            let (year, month) = (date.year(), date.month());
            let days = [(1, 15), (7, 15), (month, 15), (month, 14)];
            days.map(|(month, day)| format!("{year:04}-{month:02}-{day:02}")).to_vec()
        }
        Value::Number(_) => {
            let numbers = (0..=20).chain([25, 50, 100, 1_000, 10_000]).map(|number: u32| number.to_string());
            numbers.collect()
        }
        Value::Truth(_) => vec!["yes".to_owned(), "no".to_owned()],
        Value::Text(_) | Value::Choice(_) | Value::Time(_) | Value::Duration { .. } | Value::Money { .. } => {
            of_type().chain([ANSWER.to_owned()]).collect()
        }
    };
    let others: Vec<String> = texts.into_iter().filter(|text| !text.eq_ignore_ascii_case(&own)).collect();
    if others.is_empty() { vec![ANSWER.to_owned()] } else { others }
}
