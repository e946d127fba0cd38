//! What can happen at each point of a dialogue: a few texts for everything that a brand can tell apart, and time.

use super::constants::Constants;
use crate::bot::{Action, Awaited, Bot, By, FlowIx, IntentIx, NodeIx, Optin, Question};
use crate::consent::{Kind, Status, kind_of};
use crate::dialogue::{Human, Record};
use crate::expr::whole_years;
use crate::flow::Delay;
use crate::simulator::World;
use crate::slot::{Answer, SlotType, Value};
use crate::sms::Text;
use crate::transcript::Line;
use jiff::{Timestamp, ToSpan};
use serde_json::Value as Json;
use std::collections::{BTreeMap, BTreeSet};

/// Answers of a list that comes with sayso and is longer than anybody chooses from: some of them stand for all.
const ANSWERS_MAX: usize = 12;
/// Answers of an outside service that differ in one value.
const LOOKUPS_MAX: usize = 12;
/// What people write who answer nothing: one of these is no answer to a question, if any text is none.
const MUMBLED: [&str; 9] = [
    "hm",
    "what do you mean",
    "12345 67",
    "1234567",
    "99999999",
    "0",
    "2999-01-01",
    "31/31/2020",
    "qwrtz plk",
];

/// A small alphabet of a brand.
#[derive(Debug)]
pub struct Alphabet {
    /// Texts that mean an intent, one for each language.
    intents: BTreeMap<IntentIx, Vec<String>>,
    /// Flows that only a campaign starts.
    campaigns: Vec<String>,
    /// What answers the question of a node, by its path.
    questions: BTreeMap<String, Replies>,
    /// What outside services may answer, by the lookup's name.
    lookups: BTreeMap<String, Vec<World>>,
    /// The ends of each split, and the contest of each draw, by the path of the node.
    chances: BTreeMap<String, Vec<Line>>,
    silences: Vec<Delay>,
}

#[derive(Debug, Default)]
struct Replies {
    good: Vec<String>,
    bad: Vec<String>,
}

/// What a line is at the point where it can happen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sort {
    /// An answer to the waiting question.
    Answer,
    /// Time passes, up to what the dialogue waits for.
    Time,
    /// A human gives the dialogue back.
    Human,
    /// An intent that is heard here.
    Heard,
    /// An intent that starts a flow, or is consent.
    Keyword,
    /// A campaign starts a flow that nothing else does.
    Campaign,
    /// No answer.
    Bad,
}

impl Alphabet {
    /// The alphabet of a brand, for conversations that begin about then. O(nodes + conditions), and a reading of each text
    /// that the grammars know.
    #[must_use]
    pub fn of(bot: &Bot, now: Timestamp) -> Self {
        let today = now.to_zoned(bot.zone.clone()).date();
        let constants = Constants::of(bot, today);
        let all =
            || bot.flows().filter_map(|flow| bot.flow_named(&flow.name)).flat_map(|flow| bot.nodes_of(flow));
        let asked = all().filter_map(|(ix, _)| Some((bot.path(ix), bot.question(ix)?)));
        let questions =
            asked.map(|(path, question)| (path, Replies::to(bot, &question, &constants, now))).collect();
        let lookups = bot.lookups().map(|lookup| {
            let values = |field| {
                let field = bot.field(field);
                values(bot, &*field.slot_type, constants.values.get(&field.name), now)
            };
            let fills: Vec<_> =
                lookup.fills.iter().map(|(field, path)| (path.as_slice(), values(*field))).collect();
            (lookup.name.clone(), answers(&fills))
        });
        Self {
            intents: intents(bot, now),
            campaigns: campaigns(bot),
            questions,
            lookups: lookups.collect(),
            chances: all().map(|(ix, _)| (bot.path(ix), chances(bot, ix))).collect(),
            silences: constants.silences,
        }
    }

    /// What can happen next, in the order in which it is worth trying. O(intents + answers of the question).
    #[must_use]
    pub fn moves(&self, bot: &Bot, record: &Record, now: Timestamp) -> Vec<(Sort, Line)> {
        let person = &record.person;
        let stopped = person.standing.status == Status::Out;
        let mut moves: Vec<(Sort, Line)> = Vec::new();
        let text = |text: &String| Line::Text(text.clone());
        let node =
            record.stack.last().and_then(|stood| bot.node_named(bot.flow_named(&stood.flow)?, &stood.node));
        let replies = node.and_then(|node| self.questions.get(&bot.path(node)));
        if person.offered.is_some() {
            moves.extend(["yes", "no"].map(|word| (Sort::Answer, Line::Text(word.to_owned()))));
        }
        moves.extend(replies.iter().flat_map(|replies| &replies.good).map(|good| (Sort::Answer, text(good))));
        if let Some(due) = person.next_due() {
            let seconds = due.duration_since(now).as_secs().max(0) + i64::from(due.subsec_nanosecond() > 0);
            moves.push((Sort::Time, Line::Wait(Delay::Exact { seconds: seconds.max(1) })));
        }
        moves.extend(self.silences.iter().map(|delay| (Sort::Time, Line::Wait(*delay))));
        if person.human {
            moves.push((Sort::Human, Line::Human(Human::GaveBack)));
        }
        let node_on =
            node.and_then(|node| bot.node(node).wait.as_ref()).into_iter().flat_map(|wait| &wait.prompt.on);
        let flow_on = node.into_iter().flat_map(|node| &bot.flow(bot.node(node).flow).on);
        let heard: Vec<IntentIx> = node_on.chain(flow_on).map(|(intent, _)| *intent).collect();
        for (intent, texts) in &self.intents {
            let known = bot.intent(*intent);
            let starts = known.starts.is_some() || known.optin != Optin::No;
            let sort = if heard.contains(intent) { Sort::Heard } else { Sort::Keyword };
            if sort == Sort::Heard || starts && (!stopped || known.optin != Optin::No) {
                moves.extend(texts.iter().map(|words| (sort, text(words))));
            }
        }
        if person.standing.status == Status::In && record.stack.is_empty() && !person.human {
            moves.extend(self.campaigns.iter().map(|flow| (Sort::Campaign, Line::Campaign(flow.clone()))));
        }
        moves.extend(replies.iter().flat_map(|replies| &replies.bad).map(|bad| (Sort::Bad, text(bad))));
        moves.sort_by_key(|(sort, _)| *sort);
        moves
    }

    /// The ways that chance and the world outside may go otherwise than they did in a turn: lines to be written before it.
    pub fn otherwise<'a>(
        &'a self,
        nodes: impl Iterator<Item = &'a str>,
        lookups: impl Iterator<Item = &'a str>,
    ) -> Vec<Line> {
        let chances = nodes.filter_map(|node| self.chances.get(node)).flatten().cloned();
        let named = lookups.filter_map(|name| Some((name, self.lookups.get(name)?)));
        let answers = named.flat_map(|(name, answers)| {
            answers.iter().map(|answer| Line::Lookup(name.to_owned(), answer.clone()))
        });
        chances.chain(answers).collect()
    }

    /// What the world outside may answer, each with the name of its lookup.
    #[must_use]
    pub fn outside(&self) -> Vec<Line> {
        self.otherwise(std::iter::empty(), self.lookups.keys().map(String::as_str))
    }
}

/// The flows that no intent starts and no other flow calls.
fn campaigns(bot: &Bot) -> Vec<String> {
    let waits = bot.nodes().filter_map(|(_, node)| node.wait.as_ref());
    let called = waits.filter_map(|wait| if let Awaited::Flow(flow) = wait.what { Some(flow) } else { None });
    let started: BTreeSet<FlowIx> = bot.intents().filter_map(|intent| intent.starts).chain(called).collect();
    let others =
        bot.flows().filter(|flow| !bot.flow_named(&flow.name).is_some_and(|ix| started.contains(&ix)));
    others.map(|flow| flow.name.clone()).collect()
}

/// For each intent that the files name the shortest text in each language that means it and nothing before it.
fn intents(bot: &Bot, now: Timestamp) -> BTreeMap<IntentIx, Vec<String>> {
    let context = bot.context(now);
    let mut shortest: BTreeMap<(IntentIx, crate::language::Lang), &str> = BTreeMap::new();
    for (intent, words) in bot.texts() {
        let text = Text::new(words);
        let heard = bot.recognize(&text, &context).into_iter().next();
        let Some(heard) = heard.filter(|heard| heard.intent == intent) else { continue };
        if kind_of(&text, None) == Kind::Speech {
            let known = shortest.entry((intent, heard.matched.language)).or_insert(words);
            if (words.len(), words) < (known.len(), *known) {
                *known = words;
            }
        }
    }
    let mut intents: BTreeMap<IntentIx, Vec<String>> = BTreeMap::new();
    for ((intent, _), words) in shortest {
        intents.entry(intent).or_default().push(words.to_owned());
    }
    intents
}

/// The ends of what chance decides in a node.
fn chances(bot: &Bot, ix: NodeIx) -> Vec<Line> {
    let node = bot.node(ix);
    let arms = node.actions.iter().flat_map(Action::ways).filter(|way| matches!(way.by, By::Arm(_)));
    let arms = arms.filter_map(|way| Some(Line::Pin(bot.path(ix), bot.node(way.to?).name.clone())));
    let contest = match node.wait.as_ref().map(|wait| &wait.what) {
        Some(Awaited::Draw(contest)) => Some(&contest.name),
        _ => None,
    };
    let draws = contest
        .into_iter()
        .flat_map(|name| ["won", "lost"].map(|end| Line::Draw(name.clone(), end.to_owned())));
    arms.chain(draws).collect()
}

impl Replies {
    fn to(bot: &Bot, question: &Question<'_>, constants: &Constants, now: Timestamp) -> Self {
        let more = match &question.wait.what {
            Awaited::Field(field) => constants.values.get(&bot.field(*field).name).cloned(),
            Awaited::Age(years) => Some(ages(bot, *years, now)),
            Awaited::Option { .. }
            | Awaited::Vote { .. }
            | Awaited::Consent
            | Awaited::Pause(_)
            | Awaited::Flow(_)
            | Awaited::Draw(_)
            | Awaited::Lookup(_)
            | Awaited::Human(_) => None,
        };
        Self { good: values(bot, question.slot_type, more.as_ref(), now), bad: mumbled(bot, *question, now) }
    }
}

/// Birth dates of somebody just old enough, and of somebody who is not.
fn ages(bot: &Bot, years: u8, now: Timestamp) -> Vec<String> {
    let today = now.to_zoned(bot.zone.clone()).date();
    let born = |years: i32| today.checked_sub(years.years()).ok();
    let dates = [born(i32::from(years) + 9), born(i32::from(years) - 3)];
    let is_sensible = |date: &jiff::civil::Date| whole_years(*date, today).is_some_and(|lived| lived >= 0);
    dates.into_iter().flatten().filter(is_sensible).map(|date| date.to_string()).collect()
}

/// Texts that are values of a type, each another one: all of a short list, else an example; and those that conditions name.
fn values(bot: &Bot, slot_type: &dyn SlotType, more: Option<&Vec<String>>, now: Timestamp) -> Vec<String> {
    let context = bot.context(now);
    let mut texts = slot_type.answers();
    texts.extend(["yes", "no", "si", "oui", "non"].map(str::to_owned));
    let keys = slot_type.as_choice().map(|list| list.values().iter().map(|value| value.key.clone()));
    texts.extend(keys.into_iter().flatten());
    let is_text = slot_type.kind() == crate::slot::ValueKind::Text;
    if is_text {
        texts.truncate(1);
    }
    texts.extend(more.into_iter().flatten().cloned());
    let mut known: Vec<Value> = Vec::new();
    texts.retain(|text| {
        let text = Text::new(text);
        let Answer::Value(value) = slot_type.read(&text, &context) else { return false };
        let is_new = kind_of(&text, None) == Kind::Speech && !known.contains(&value);
        if is_new {
            known.push(value);
        }
        is_new
    });
    let own = slot_type.as_choice().is_some() || slot_type.name() == "menu";
    if !own && texts.len() > ANSWERS_MAX && more.is_none() {
        texts.truncate(ANSWERS_MAX);
    }
    texts
}

/// A text that is not understood as an answer, and one that is understood and not acceptable, where there are such.
fn mumbled(bot: &Bot, question: Question<'_>, now: Timestamp) -> Vec<String> {
    let context = bot.context(now);
    let example = question.slot_type.example().unwrap_or_default();
    let mut shorter = example.clone();
    shorter.pop();
    let candidates = [shorter, format!("{example}{example}")];
    let candidates = candidates.into_iter().chain(MUMBLED.map(str::to_owned));
    let (mut unclear, mut invalid) = (None, None);
    for candidate in candidates.filter(|candidate| !candidate.is_empty()) {
        let text = Text::new(&candidate);
        let slot = match question.slot_type.read(&text, &context) {
            Answer::Value(_) => continue,
            Answer::Invalid(_) => &mut invalid,
            Answer::Unclear | Answer::Ambiguous(_) => &mut unclear,
        };
        let means_nothing = kind_of(&text, None) == Kind::Speech
            && bot.recognize(&text, &context).is_empty()
            && bot.mended(&text, Some(question)).is_none();
        if slot.is_none() && means_nothing {
            *slot = Some(candidate);
        }
    }
    unclear.into_iter().chain(invalid).collect()
}

/// What an outside service may answer: what fills all fields, once for each value that matters, and its failures.
fn answers(fills: &[(&[String], Vec<String>)]) -> Vec<World> {
    let usual: Vec<&str> =
        fills.iter().map(|(_, values)| values.first().map_or("", String::as_str)).collect();
    let object = |values: &[&str]| {
        let mut json = Json::Null;
        for ((path, _), value) in fills.iter().zip(values) {
            put(&mut json, path, value);
        }
        World::Ok(if json.is_null() { "{}".to_owned() } else { json.to_string() })
    };
    let mut answers = vec![object(&usual)];
    for (at, (_, values)) in fills.iter().enumerate() {
        for value in values.iter().skip(1) {
            let mut other = usual.clone();
            other[at] = value;
            answers.push(object(&other));
        }
    }
    answers.truncate(LOOKUPS_MAX);
    answers.extend([World::Failed, World::Late]);
    answers
}

/// Puts a value at a path of names, and of numbers in lists, into a JSON value.
fn put(json: &mut Json, path: &[String], value: &str) {
    let Some((name, rest)) = path.split_first() else {
        let number = value.parse::<serde_json::Number>().ok();
        *json = number.map_or_else(|| Json::String(value.to_owned()), Json::Number);
        return;
    };
    if let Ok(at @ 0..=15) = name.parse::<usize>() {
        if !json.is_array() {
            *json = Json::Array(Vec::new());
        }
        if let Json::Array(items) = json {
            items.resize(items.len().max(at + 1), Json::Null);
            put(&mut items[at], rest, value);
        }
        return;
    }
    if !json.is_object() {
        *json = Json::Object(serde_json::Map::new());
    }
    if let Json::Object(members) = json {
        put(members.entry(name.clone()).or_insert(Json::Null), rest, value);
    }
}
