//! `sayso test`: runs the conversations of all brands.

use super::{Exit, Streams, Unusable, coverage, runtime};
use crate::bot::Bot;
use crate::diagnostic::{Diagnostics, draw, draw_json};
use crate::outline::Reader;
use crate::transcript::{Coverage, Outcome, Ran, parse, run};
use crate::workspace::Workspace;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Runs all conversations, or those whose path holds the words of `filter`.
pub(super) fn test(
    mut workspace: Workspace,
    filter: Option<&str>,
    json: bool,
    list: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let runtime = runtime(false)?;
    let mut chats: Vec<(Arc<Bot>, PathBuf)> = Vec::new();
    let mut broken = Vec::new();
    for brand in workspace.brands.clone() {
        let paths = workspace.chats(&brand).into_iter();
        let wanted = paths.filter(|path| filter.is_none_or(|words| path.to_string_lossy().contains(words)));
        match workspace.bot(brand.as_str()) {
            Some(bot) => chats.extend(wanted.map(|path| (Arc::clone(bot), path))),
            None => broken.push(brand),
        }
    }
    let (mut passed, mut failed) = (0, 0);
    let mut walked: Vec<(Arc<Bot>, Coverage)> = Vec::new();
    let mut found = Diagnostics::default();
    for (bot, path) in chats {
        let shown = workspace.shown(&path);
        let Ran { outcome, coverage } = runtime.block_on(one(&mut workspace, &bot, &path, &mut found))?;
        match walked.last_mut().filter(|(last, _)| Arc::ptr_eq(last, &bot)) {
            Some((_, walked)) => walked.extend(coverage),
            None => walked.push((bot, coverage)),
        }
        let word = if outcome == Outcome::Passed { "ok" } else { "FAILED" };
        if json {
            writeln!(
                streams.out,
                "{}",
                serde_json::json!({ "chat": shown, "passed": outcome == Outcome::Passed })
            )?;
        } else {
            writeln!(streams.out, "{word:6} {}", shown.display())?;
        }
        if outcome == Outcome::Passed { passed += 1 } else { failed += 1 }
    }
    let (report, _) = found.into_report();
    if json {
        report.iter().try_for_each(|d| writeln!(streams.out, "{}", draw_json(&workspace.sources, d)))?;
    } else {
        write!(streams.err, "{}", draw(&workspace.sources, &report, streams.colour))?;
        writeln!(streams.out, "{passed} passed, {failed} failed")?;
    }
    if filter.is_none() {
        // A brand without a conversation has walked nothing, and is told.
        let silent =
            workspace.bots.iter().filter(|bot| !walked.iter().any(|(other, _)| Arc::ptr_eq(other, bot)));
        walked.extend(silent.map(|bot| (Arc::clone(bot), Coverage::default())).collect::<Vec<_>>());
    }
    walked.iter().try_for_each(|(bot, walked)| coverage::print(bot, walked, list, json, streams))?;
    for brand in &broken {
        writeln!(streams.err, "error: the brand `{brand}` has errors; run `sayso check`")?;
    }
    Ok(if failed == 0 && broken.is_empty() { Exit::Done } else { Exit::Found })
}

async fn one(
    workspace: &mut Workspace,
    bot: &Arc<Bot>,
    path: &Path,
    found: &mut Diagnostics,
) -> Result<Ran, Unusable> {
    let text =
        std::fs::read(path).map_err(|error| Unusable::new(format!("`{}`: {error}", path.display())))?;
    let text = String::from_utf8_lossy(&text).into_owned();
    let file = workspace.sources.add(workspace.shown(path), text.as_str());
    let mut own = Diagnostics::default();
    let chat = parse(&text, &mut Reader::new(file, &mut own));
    let brand = chat.brand.as_ref().map(|brand| brand.value.clone());
    let other = brand.as_ref().filter(|brand| brand.as_str() != bot.id.as_str());
    if let (Some(other), Some(at)) = (other, &chat.brand) {
        let message = format!("this conversation lies in the folder of `{}` and names `{other}`", bot.id);
        own.push(crate::diagnostic::Diagnostic::new(crate::diagnostic::Code::BadChat, at.place, message));
    }
    let failed = Ran { outcome: Outcome::Failed, coverage: Coverage::default() };
    let ran = if own.has_errors() {
        failed
    } else {
        run(&chat, file, bot, &mut own).await.unwrap_or_else(|error| {
            let whole = crate::diagnostic::Place::new(file, 0..0);
            own.push(crate::diagnostic::Diagnostic::new(
                crate::diagnostic::Code::ChatFails,
                whole,
                error.to_string(),
            ));
            failed
        })
    };
    found.extend(own);
    Ok(ran)
}
