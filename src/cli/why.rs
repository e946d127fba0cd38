//! `sayso why`: what a text means to a brand, which rung took it, and what lost by which rule.

use super::{Exit, Streams, Unusable};
use crate::bot::{Awaited, Bot, Heard};
use crate::consent::Kind;
use crate::dialogue::{Event, Frame, Move, RUNGS, Reading, Rung, Scene, State, read};
use crate::engine::{Clock, SystemClock};
use crate::grammar::{Rank, SlotValue};
use crate::sms::{Inbound, Sender};
use serde::Serialize;
use std::io::BufRead;

/// The explanation of one text. With `--json` it is one line; the shape only ever grows.
#[derive(Debug, Serialize)]
struct Why {
    /// The text as it came.
    text: String,
    /// `answer`, `intent`, `opt_out`, `unsure`, `opt_in`, `help`, `auto_reply`, `tapback` or `none`.
    kind: &'static str,
    /// The word or rule by which it is an opt-out, unsure, a call for help or an opt-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    rule: Option<String>,
    /// The rung that took it.
    rung: Option<&'static str>,
    /// The intent that it means here.
    intent: Option<String>,
    /// What it answers: field and value.
    answer: Option<Answered>,
    /// The slots of that intent.
    slots: Vec<Slot>,
    /// The language of the pattern that took it.
    language: Option<String>,
    /// Whether a misspelt word was mended.
    repaired: bool,
    /// Other readings, and the rule by which each lost.
    candidates: Vec<Candidate>,
}

#[derive(Debug, Serialize)]
struct Answered {
    field: String,
    value: String,
}

#[derive(Debug, Serialize)]
struct Slot {
    name: String,
    value: String,
    /// Bytes of the text.
    start: usize,
    /// One past the last byte.
    end: usize,
}

#[derive(Debug, Serialize)]
struct Candidate {
    intent: String,
    language: String,
    lost_by: &'static str,
}

/// Explains one text, or every line of the standard input where the text is `-`.
pub(super) fn why(
    bot: &Bot,
    node: Option<&str>,
    text: &str,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let state = node.map_or_else(|| Ok(State::default()), |node| standing_at(bot, node))?;
    each_line(text, |line| {
        let why = explain(bot, &state, line);
        if json {
            let line = serde_json::to_string(&why).map_err(|error| Unusable::new(error.to_string()))?;
            writeln!(streams.out, "{line}")?;
        } else {
            print(&why, streams)?;
        }
        Ok(())
    })?;
    Ok(Exit::Done)
}

/// The text itself, or the lines of the standard input for `-`; broken bytes are replaced.
pub(super) fn each_line(
    text: &str,
    mut work: impl FnMut(&str) -> Result<(), Unusable>,
) -> Result<(), Unusable> {
    if text != "-" {
        return work(text);
    }
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        work(String::from_utf8_lossy(&line).trim_end_matches(['\n', '\r']))?;
        line.clear();
    }
    Ok(())
}

/// A dialogue whose question of that node waits.
fn standing_at(bot: &Bot, node: &str) -> Result<State, Unusable> {
    let found = node.split_once('.').and_then(|(flow, node)| {
        let flow = bot.flow_named(flow)?;
        Some(Frame::at(flow, bot.node_named(flow, node)?))
    });
    let frame = found.ok_or_else(|| {
        Unusable::new(format!("there is no node `{node}`")).hint("write it as FLOW.NODE, as in `welcome.zip`")
    })?;
    Ok(State { stack: vec![frame], ..State::default() })
}

fn explain(bot: &Bot, state: &State, text: &str) -> Why {
    let sender = bot.numbers.first().map_or(Sender::ShortCode(10_000), |number| number.sender);
    let event = Event::Text(Inbound {
        account: "why".into(),
        id: "why".into(),
        from: "+14045550123".parse().expect("a number"),
        to: sender,
        body: text.to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint: None,
    });
    let now = SystemClock.now();
    let reading = read(bot, state, &event, now);
    let scene = Scene { bot, state, reading: &reading, now };
    let taken = RUNGS.iter().find_map(|rung| Some((rung, (rung.decide)(&scene)?)));
    let decided = taken.as_ref().map(|(_, decided)| decided);
    let repaired = reading.repaired.is_some() && decided.is_some_and(is_understood);
    let meant: &Reading = if repaired { reading.repaired.as_deref().unwrap_or(&reading) } else { &reading };
    let winner = decided.and_then(|decided| winner(meant, decided));
    Why {
        text: text.to_owned(),
        kind: kind(&reading.kind, decided),
        rule: reading.kind.rule().map(str::to_owned),
        rung: taken
            .as_ref()
            .map(|(rung, _): &(&Rung, Move)| if repaired { "a misspelt text" } else { rung.name }),
        intent: winner.map(|heard| bot.intent(heard.intent).name.clone()),
        answer: decided.and_then(|decided| answered(bot, state, decided)),
        slots: winner.map(|heard| heard.matched.slots.iter().map(slot).collect()).unwrap_or_default(),
        language: winner.map(|heard| heard.matched.language.to_string()),
        repaired,
        candidates: candidates(bot, meant, winner),
    }
}

/// Whether a decision says that the text was understood.
fn is_understood(decided: &Move) -> bool {
    matches!(decided, Move::Answer(_) | Move::Go(..) | Move::Start(..) | Move::AskAgain(_))
}

/// What stands behind a decision: the best reading that leads to it.
fn winner<'r>(reading: &'r Reading, decided: &Move) -> Option<&'r Heard> {
    match decided {
        Move::Start(intent, _) | Move::AskAgain(intent) | Move::Go(Some(intent), _) => {
            reading.heard.iter().find(|heard| heard.intent == *intent)
        }
        Move::Go(None, _)
        | Move::Ignore(_)
        | Move::OptOut(..)
        | Move::Unsure(_)
        | Move::Help
        | Move::OptIn(_)
        | Move::Answer(_)
        | Move::Leave(_)
        | Move::Stay
        | Move::ToHuman
        | Move::Unclear
        | Move::Invalid
        | Move::Fallback => None,
    }
}

fn kind(kind: &Kind, decided: Option<&Move>) -> &'static str {
    match (kind, decided) {
        (Kind::Speech, Some(Move::Answer(_))) => "answer",
        (Kind::Speech, Some(Move::Start(..) | Move::Go(..) | Move::AskAgain(_))) => "intent",
        (Kind::Speech, _) => "none",
        (kind, _) => kind.name(),
    }
}

fn answered(bot: &Bot, state: &State, decided: &Move) -> Option<Answered> {
    let Move::Answer(value) = decided else { return None };
    let field = match &bot.node(state.stack.last()?.node).wait.as_ref()?.what {
        Awaited::Field(field) => bot.field(*field).name.clone(),
        Awaited::Option { .. } => "choose".to_owned(),
        Awaited::Vote { name, .. } => format!("vote {name}"),
        Awaited::Consent => "consent".to_owned(),
        Awaited::Age(years) => format!("age at least {years}"),
        Awaited::Pause(_) | Awaited::Flow(_) | Awaited::Draw(_) | Awaited::Lookup(_) | Awaited::Human(_) => {
            return None;
        }
    };
    Some(Answered { field, value: value.to_string() })
}

fn slot(slot: &SlotValue) -> Slot {
    Slot {
        name: slot.name.clone(),
        value: slot.value.to_string(),
        start: slot.span.start,
        end: slot.span.end,
    }
}

fn candidates(bot: &Bot, reading: &Reading, winner: Option<&Heard>) -> Vec<Candidate> {
    let losers = reading.heard.iter().filter(|heard| winner.is_none_or(|winner| winner != *heard));
    losers
        .map(|heard| Candidate {
            intent: bot.intent(heard.intent).name.clone(),
            language: heard.matched.language.to_string(),
            lost_by: winner.map_or("another rung took the text", |winner| rule(winner, heard)),
        })
        .collect()
}

/// The first rule of the order of ties by which one reading is before another.
fn rule(winner: &Heard, loser: &Heard) -> &'static str {
    let (won, lost): (Rank, Rank) = (winner.matched.rank, loser.matched.rank);
    if winner.intent == loser.intent {
        "it is another pattern of the same intent"
    } else if won < lost {
        "it starts nothing here"
    } else if won.priority != lost.priority {
        "declared priority"
    } else if won.literals != lost.literals {
        "fewer literal words"
    } else if won.narrow != lost.narrow {
        "wider slots"
    } else if won.gaps != lost.gaps {
        "more words in gaps"
    } else {
        "nothing: the two tie where `check` cannot see it, and the first is taken"
    }
}

fn print(why: &Why, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    writeln!(streams.out, "{:?} is {}", why.text, why.kind)?;
    let mut line = |name: &str, value: &str| writeln!(streams.out, "  {name:9} {value}");
    if let Some(rule) = &why.rule {
        line("rule", rule)?;
    }
    if let Some(rung) = why.rung {
        line("rung", rung)?;
    }
    if let Some(intent) = &why.intent {
        line("intent", intent)?;
    }
    if let Some(answer) = &why.answer {
        line("answer", &format!("{} = {}", answer.field, answer.value))?;
    }
    for slot in &why.slots {
        line("slot", &format!("{} = {} (bytes {}–{})", slot.name, slot.value, slot.start, slot.end))?;
    }
    if let Some(language) = &why.language {
        line("language", language)?;
    }
    if why.repaired {
        line("repaired", "a misspelt word was mended")?;
    }
    for candidate in &why.candidates {
        line("lost", &format!("{} ({}): {}", candidate.intent, candidate.language, candidate.lost_by))?;
    }
    Ok(())
}
