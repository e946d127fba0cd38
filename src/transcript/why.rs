//! Why a text was taken as it was: what it means, which rung took it, what lost by which rule, which ways were weighed.

use crate::bot::{Awaited, Bot, By, Heard};
use crate::consent::{Kind, Status};
use crate::dialogue::{Event, Move, RUNGS, Reading, Rung, Scene, State, Trace, read};
use crate::grammar::{Rank, SlotValue};
use crate::sms::{Inbound, Sender};
use jiff::Timestamp;
use serde::Serialize;

/// The explanation of one text. With `--json` it is one line; the shape only ever grows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Why {
    /// The text as it came.
    pub text: String,
    /// `answer`, `intent`, `opt_out`, `unsure`, `opt_in`, `help`, `auto_reply`, `tapback` or `none`.
    pub kind: &'static str,
    /// The word or rule by which it is an opt-out, unsure, a call for help or an opt-in.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rule: Option<String>,
    /// The rung that took it.
    pub rung: Option<&'static str>,
    /// The intent that it means here.
    pub intent: Option<String>,
    /// What it answers: field and value.
    pub answer: Option<Answered>,
    /// The slots of that intent.
    pub slots: Vec<Slot>,
    /// The language of the pattern that took it.
    pub language: Option<String>,
    /// Whether a misspelt word was mended.
    pub repaired: bool,
    /// Other readings, and the rule by which each lost.
    pub candidates: Vec<Candidate>,
}

/// What a text answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Answered {
    /// The field, or what else is asked for.
    pub field: String,
    /// What it is to hold.
    pub value: String,
}

/// A slot of an intent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Slot {
    /// Its name in the pattern.
    pub name: String,
    /// What was read.
    pub value: String,
    /// Bytes of the text.
    pub start: usize,
    /// One past the last byte.
    pub end: usize,
}

/// A reading that lost.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Candidate {
    /// The intent.
    pub intent: String,
    /// The language of the pattern.
    pub language: String,
    /// The rule.
    pub lost_by: &'static str,
}

/// What a text means at this point of a dialogue. O(text), as reading it is.
///
/// # Panics
/// Never: the number that it is read under is one.
#[must_use]
pub fn explain(bot: &Bot, state: &State, text: &str, now: Timestamp) -> Why {
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
        missing: 0,
    });
    let reading = read(bot, state, &event, now);
    let scene = Scene { bot, state, reading: &reading, now };
    let stopped = state.person.standing.status == Status::Out;
    let hearing = RUNGS.iter().filter(|rung| rung.hears_stopped || !stopped);
    let taken = { hearing }.find_map(|rung| Some((rung, (rung.decide)(&scene)?)));
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

impl Why {
    /// It in lines: what it is, then a name and a value a line.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        let mut line = |name, value: String| lines.push((name, value));
        if let Some(rule) = &self.rule {
            line("rule", rule.clone());
        }
        if let Some(rung) = self.rung {
            line("rung", rung.to_owned());
        }
        if let Some(intent) = &self.intent {
            line("intent", intent.clone());
        }
        if let Some(answer) = &self.answer {
            line("answer", format!("{} = {}", answer.field, answer.value));
        }
        for slot in &self.slots {
            line("slot", format!("{} = {} (bytes {}–{})", slot.name, slot.value, slot.start, slot.end));
        }
        if let Some(language) = &self.language {
            line("language", language.clone());
        }
        if self.repaired {
            line("repaired", "a misspelt word was mended".to_owned());
        }
        for lost in &self.candidates {
            line("lost", format!("{} ({}): {}", lost.intent, lost.language, lost.lost_by));
        }
        lines
    }
}

/// What a turn weighed on its way, as names and values: the nodes it entered, and of each node that it left the ways out as
/// they were tried, `*` before the one that was taken.
#[must_use]
pub fn walked(bot: &Bot, trace: &Trace) -> Vec<(&'static str, String)> {
    let mut lines: Vec<_> = trace.nodes.iter().map(|node| ("entered", node.clone())).collect();
    for taken in &trace.ways {
        let Some((node, way)) = taken.split_once(' ') else { continue };
        let Some(ix) = bot.node_at(node) else {
            lines.push(("left", taken.clone())); // by an `on` of its flow
            continue;
        };
        lines.push(("left", node.to_owned()));
        lines.extend(bot.node(ix).ways().map(|weighed| {
            let name = weighed.by.name(bot);
            let sign = if name == way { "*" } else { " " };
            let to = weighed.to.map_or_else(|| "end".to_owned(), |to| format!("-> {}", bot.path(to)));
            let words = match weighed.by {
                By::When(_, when) => format!("{name} ({when})"),
                By::Always => "else".to_owned(),
                By::Arm(_) | By::Door(_) | By::On(_) => name,
            };
            ("way", format!("{sign} {words} {to}"))
        }));
    }
    lines.extend(trace.notes.iter().map(|note| ("note", note.clone())));
    lines
}
