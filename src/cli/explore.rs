//! `sayso test --explore N`: random conversations that look for trouble.

use super::{Exit, Streams, Unusable, many};
use crate::bot::Bot;
use crate::explore::{Explored, Exploring, Kind, explore as walk};
use crate::simulator::Simulation;
use crate::workspace::Workspace;
use clap::Args;
use serde_json::json;
use std::num::NonZero;
use std::sync::Arc;

/// How much is explored.
#[derive(Debug, Clone, Copy, Args)]
pub(super) struct RandomWalk {
    /// Instead of the conversations that are written, walk random ones of so many turns in all, and report people who get no
    /// further, limits that are met, texts over the budget, and panics.
    #[arg(long, value_name = "TURNS", value_parser = clap::value_parser!(u32).range(1..))]
    explore: Option<u32>,
    /// What the random conversations are drawn from: the same seed walks the same ones.
    #[arg(long, requires = "explore", default_value_t = 1)]
    seed: u64,
}

impl RandomWalk {
    /// Whether anything is to be explored.
    pub(super) fn is_asked(self) -> bool {
        self.explore.is_some()
    }
}

/// Walks random conversations with all brands, or with those whose name holds the words of `filter`.
pub(super) fn explore(
    workspace: &Workspace,
    wanted: RandomWalk,
    filter: Option<&str>,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let is_wanted = |name: &str| filter.is_none_or(|words| name.contains(words));
    let bots: Vec<Arc<Bot>> =
        workspace.bots.iter().filter(|bot| is_wanted(bot.id.as_str())).cloned().collect();
    let broken = workspace.brands.iter().filter(|brand| workspace.bot(brand.as_str()).is_none());
    let broken: Vec<_> = broken.filter(|brand| is_wanted(brand.as_str())).collect();
    for brand in &broken {
        writeln!(streams.err, "error: the brand `{brand}` has errors; run `sayso check`")?;
    }
    if bots.is_empty() {
        return if broken.is_empty() {
            Err(Unusable::new("there is no such brand"))
        } else {
            Ok(Exit::Found)
        };
    }
    let threads = std::thread::available_parallelism().map_or(1, NonZero::get);
    let exploring =
        Exploring { turns: wanted.explore.unwrap_or_default() as usize, seed: wanted.seed, threads };
    let explored = quietly(|| walk(&bots, exploring, &|bot, begin| Simulation::new(bot, begin)));
    if json {
        print_json(&explored, wanted, streams)?;
    } else {
        print(&explored, &bots, wanted, streams)?;
    }
    Ok(if explored.findings.is_empty() && broken.is_empty() { Exit::Done } else { Exit::Found })
}

/// Does something whose panics are told otherwise: shrinking a conversation panics at every trial.
fn quietly<T>(run: impl FnOnce() -> T) -> T {
    let usual = std::panic::take_hook();
    std::panic::set_hook(Box::new(|_| {}));
    let result = run();
    std::panic::set_hook(usual);
    result
}

fn print(
    explored: &Explored,
    bots: &[Arc<Bot>],
    wanted: RandomWalk,
    streams: &mut Streams<'_>,
) -> Result<(), Unusable> {
    let Explored { turns, conversations, findings } = explored;
    for finding in findings {
        let (brand, trouble) = (&finding.brand, &finding.trouble);
        let share = shared(finding.conversations, *conversations);
        writeln!(
            streams.out,
            "{brand}: {} at `{}`: {}; {share}",
            trouble.kind.name(),
            trouble.node,
            trouble.what
        )?;
        writeln!(streams.out, "\n# Comes to it.\n{}", finding.chat)?;
    }
    let brands = many(bots.len(), "brand");
    writeln!(
        streams.out,
        "{turns} turns in {} with {brands}, seed {}",
        many(*conversations, "conversation"),
        wanted.seed
    )?;
    for kind in Kind::ALL {
        let own = findings.iter().filter(|finding| finding.trouble.kind == kind);
        let share = shared(own.map(|finding| finding.conversations).sum(), *conversations);
        writeln!(streams.out, "  {}: {share}", kind.name())?;
    }
    Ok(())
}

/// `12 conversations (0.19 %)`
fn shared(some: usize, all: usize) -> String {
    if some == 0 {
        return "none".to_owned();
    }
    #[expect(clippy::cast_precision_loss, reason = "a share of two digits")]
    let share = some as f64 * 100.0 / all.max(1) as f64;
    format!("{} ({share:.2} %)", many(some, "conversation"))
}

fn print_json(explored: &Explored, wanted: RandomWalk, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    for finding in &explored.findings {
        let trouble = &finding.trouble;
        let line = json!({
            "brand": finding.brand.as_str(),
            "finding": trouble.kind.name(),
            "node": trouble.node,
            "what": trouble.what,
            "conversations": finding.conversations,
            "chat": finding.chat,
        });
        writeln!(streams.out, "{line}")?;
    }
    let Explored { turns, conversations, .. } = explored;
    let explored = json!({ "turns": turns, "conversations": conversations, "seed": wanted.seed });
    writeln!(streams.out, "{}", json!({ "explored": explored }))?;
    Ok(())
}
