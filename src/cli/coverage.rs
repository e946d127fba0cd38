//! What of a brand its conversations walk: the summary, what they never walk, and conversations that would.

use super::{Streams, Unusable, many, runtime};
use crate::bot::Bot;
use crate::diagnostic::{Diagnostics, Sources};
use crate::explore::{Conversation, LINES_MAX, TURNS_MAX, conversations};
use crate::outline::Reader;
use crate::transcript::coverage::Part;
use crate::transcript::{Coverage, Outcome, parse, run};
use crate::workspace::Workspace;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Prints how much of a brand was walked; with `list` also what was not, with conversations that walk it.
pub(super) fn print(
    bot: &Arc<Bot>,
    walked: &Coverage,
    list: bool,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Unusable> {
    let all = Part::ALL.map(|part| (part, part.of(bot)));
    let counted = |names: &[String]| names.iter().filter(|name| walked.has(name)).count();
    if json {
        let parts = all.iter().map(|(part, names)| {
            (part.name().to_owned(), json!({ "walked": counted(names), "all": names.len() }))
        });
        let parts: Map<String, Value> = parts.collect();
        writeln!(streams.out, "{}", json!({ "brand": bot.id.as_str(), "coverage": parts }))?;
    } else {
        let parts =
            all.iter().map(|(part, names)| format!("{} of {} {}", counted(names), names.len(), part.name()));
        writeln!(streams.out, "{}: {} walked", bot.id, parts.collect::<Vec<_>>().join(", "))?;
    }
    let never: Vec<String> =
        all.iter().flat_map(|(_, names)| names).filter(|name| !walked.has(name)).cloned().collect();
    if list && !never.is_empty() { print_never(bot, &never, json, streams) } else { Ok(()) }
}

/// Prints what was never walked, each with a conversation that walks it, where one is found.
fn print_never(
    bot: &Arc<Bot>,
    never: &[String],
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<(), Unusable> {
    let found =
        conversations(bot, never, &runtime(false)?).map_err(|error| Unusable::new(error.to_string()))?;
    let is_found = |name: &String| found.iter().any(|conversation| conversation.walks.contains(name));
    let lost: Vec<&String> = never.iter().filter(|name| !is_found(name)).collect();
    if json {
        for Conversation { walks, chat } in &found {
            writeln!(streams.out, "{}", json!({ "brand": bot.id.as_str(), "never": walks, "chat": chat }))?;
        }
        for name in lost {
            writeln!(streams.out, "{}", json!({ "brand": bot.id.as_str(), "never": [name], "chat": null }))?;
        }
        return Ok(());
    }
    for Conversation { walks, chat } in &found {
        walks.iter().try_for_each(|name| writeln!(streams.out, "  never: {name}"))?;
        writeln!(streams.out, "\n# Walks {}.\n{chat}", walks.join(", "))?;
    }
    lost.iter().try_for_each(|name| writeln!(streams.out, "  never: {name}"))?;
    if !lost.is_empty() {
        let what = if lost.len() == 1 { "it" } else { "any of them" };
        writeln!(
            streams.out,
            "  no conversation of at most {LINES_MAX} lines was found that walks {what}, in {TURNS_MAX} trials"
        )?;
    }
    Ok(())
}

/// What the conversations of a brand walk; those that cannot be read or fail are told, and count as far as they went.
pub(super) fn of_brand(
    workspace: &Workspace,
    bot: &Arc<Bot>,
    streams: &mut Streams<'_>,
) -> Result<Coverage, Unusable> {
    let runtime = runtime(false)?;
    let (mut walked, mut failed) = (Coverage::default(), 0);
    for path in workspace.chats(&bot.id) {
        let bytes =
            std::fs::read(&path).map_err(|error| Unusable::new(format!("`{}`: {error}", path.display())))?;
        let text = String::from_utf8_lossy(&bytes);
        let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
        let file = sources.add(workspace.shown(&path), text.as_ref());
        let chat = parse(&text, &mut Reader::new(file, &mut found));
        let ran = runtime.block_on(run(&chat, file, bot, &mut found));
        let ran = ran.map_err(|error| Unusable::new(format!("`{}`: {error}", path.display())))?;
        failed += usize::from(ran.outcome == Outcome::Failed || found.has_errors());
        walked.extend(ran.coverage);
    }
    if failed > 0 {
        let failed = many(failed, "conversation");
        writeln!(
            streams.err,
            "warning: {failed} of `{}` went otherwise than written; run `sayso test`",
            bot.id
        )?;
    }
    Ok(walked)
}
