//! What the prompt offers at the press of Tab: commands, and the names that they take.

use super::command::{COMMANDS, Command, Does, Typed, typed};
use crate::bot::{Bot, By};
use crate::simulator::Carrier;
use crate::sms::Phone;
use rustyline::completion::{Completer, FilenameCompleter, Pair};
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::validate::Validator;
use rustyline::{Context, Helper};
use std::collections::BTreeSet;
use std::sync::Arc;

/// What can be named.
pub(super) struct Names {
    pub(super) bot: Arc<Bot>,
    pub(super) people: BTreeSet<Phone>,
}

impl Names {
    /// What may stand behind these words of a command's line, by the word that it begins with.
    fn behind(&self, sign: &str, before: &[&str]) -> Vec<String> {
        let nodes = || self.bot.nodes().map(|(flow, node)| format!("{}.{}", flow.name, node.name)).collect();
        let words = |words: &[&str]| words.iter().map(|word| (*word).to_owned()).collect();
        match (sign.trim(), before) {
            ("from", []) => self.people.iter().map(ToString::to_string).collect(),
            ("set", []) => self.bot.fields().iter().map(|field| field.name.clone()).collect(),
            ("node" | "= split", []) => nodes(),
            ("campaign", []) => self.bot.flows().map(|flow| flow.name.clone()).collect(),
            ("= split", [node]) => self.arms(node),
            ("= draw", [_]) => words(&["won", "lost"]),
            ("lookup", []) => self.bot.lookups().map(|lookup| format!("{} -> ", lookup.name)).collect(),
            ("lookup", [_, "->"]) => words(&["ok", "failed", "late"]),
            ("deliver", []) => words(&Carrier::ALL.map(Carrier::word)),
            ("h", []) => words(&["take", "back"]),
            _ => Vec::new(),
        }
    }

    fn arms(&self, node: &str) -> Vec<String> {
        let ways = self.bot.node_at(node).into_iter().flat_map(|node| self.bot.node(node).ways());
        let arms = ways.filter(|way| matches!(way.by, By::Arm(_))).filter_map(|way| way.to);
        arms.map(|to| self.bot.node(to).name.clone()).collect()
    }

    /// The byte at which the last word before the cursor begins, and what it may become.
    pub(super) fn complete(&self, before: &str) -> (usize, Vec<String>) {
        let start = before.rfind(' ').map_or(0, |blank| blank + 1);
        let begun = &before[start..];
        let offered = match typed(before) {
            _ if start == 0 && before.starts_with(':') => COMMANDS
                .iter()
                .map(|command| {
                    format!(":{}{}", command.word, if command.usage.is_empty() { "" } else { " " })
                })
                .collect(),
            Typed::Command(Command { does: Does::Line(sign), .. }, _) => {
                self.behind(sign, &before[..start].split_whitespace().skip(1).collect::<Vec<_>>())
            }
            Typed::Command(..) | Typed::Text(_) | Typed::Slip(..) => Vec::new(),
        };
        (start, offered.into_iter().filter(|offer| offer.starts_with(begun)).collect())
    }
}

impl Completer for Names {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let before = &line[..pos];
        if matches!(typed(before), Typed::Command(command, _) if matches!(command.does, Does::Save { .. }))
            && before.contains(' ')
        {
            return FilenameCompleter::new().complete_path(line, pos);
        }
        let (start, offers) = self.complete(before);
        let pair = |offer: String| Pair { display: offer.trim().to_owned(), replacement: offer };
        Ok((start, offers.into_iter().map(pair).collect()))
    }
}

impl Helper for Names {}
impl Highlighter for Names {}
impl Validator for Names {}
impl Hinter for Names {
    type Hint = String;
}
