//! `sayso why`: what a text means to a brand, which rung took it, and what lost by which rule.

use super::{Exit, Streams, Unusable};
use crate::bot::Bot;
use crate::dialogue::{Frame, State};
use crate::engine::{Clock, SystemClock};
use crate::transcript::{Why, explain};
use std::io::BufRead;

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
        let why = explain(bot, &state, line, SystemClock.now());
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

fn print(why: &Why, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    writeln!(streams.out, "{:?} is {}", why.text, why.kind)?;
    for (name, value) in why.lines() {
        writeln!(streams.out, "  {name:9} {value}")?;
    }
    Ok(())
}
