//! `sayso test`: runs the conversations of all brands.

mod junit;

use super::{Exit, Streams, Unusable, coverage, explore, fmt, runtime};
use crate::bot::Bot;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place, draw, draw_json};
use crate::outline::Reader;
use crate::sms::BrandId;
use crate::transcript::{Coverage, Outcome, Ran, parse, run, update};
use crate::workspace::{Workspace, decode};
use clap::Args;
use rayon::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// Only conversations whose path holds these words.
    #[arg(long)]
    filter: Option<String>,
    /// List what no conversation walks, with conversations that would walk it.
    #[arg(long)]
    coverage: bool,
    /// Write down what is sent and known now as what is expected; what must not be sent stays as it is.
    #[arg(long)]
    update: bool,
    /// Write the results into a file in the form of `JUnit`, for CI.
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    #[command(flatten)]
    exploring: explore::RandomWalk,
}

/// A conversation of a brand.
struct Job {
    bot: Arc<Bot>,
    path: PathBuf,
    shown: PathBuf,
    /// Its number among the sources and its text; nothing where it could not be read.
    read: Option<(FileId, String)>,
    found: Diagnostics,
}

/// What became of it.
struct Done {
    ran: Ran,
    found: Diagnostics,
    /// Its expectations were written anew.
    updated: bool,
}

/// Runs all conversations, or those that are wanted: on all cores, told in the order of their names.
pub(super) fn test(
    mut workspace: Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if wanted.exploring.is_asked() {
        return explore::explore(&workspace, wanted.exploring, wanted.filter.as_deref(), json, streams);
    }
    let (jobs, broken) = jobs(&mut workspace, wanted.filter.as_deref())?;
    let mut done = jobs.par_iter().map(one).collect::<Result<Vec<_>, _>>()?;
    if wanted.update {
        for (job, done) in jobs.iter().zip(&mut done) {
            write_anew(&mut workspace, job, done)?;
        }
    }
    if let Some(path) = &wanted.junit {
        junit::write(path, &workspace, &jobs, &done)?;
    }
    let failed = done.iter().filter(|done| done.ran.outcome == Outcome::Failed).count();
    let passed = done.len() - failed;
    let mut walked: Vec<(Arc<Bot>, Coverage)> = Vec::new();
    let mut found = Diagnostics::default();
    for (Job { bot, shown, .. }, Done { ran, found: own, updated }) in jobs.into_iter().zip(done) {
        let passed = ran.outcome == Outcome::Passed;
        match walked.last_mut().filter(|(last, _)| Arc::ptr_eq(last, &bot)) {
            Some((_, walked)) => walked.extend(ran.coverage),
            None => walked.push((bot, ran.coverage)),
        }
        found.extend(own);
        if json {
            let mut object = serde_json::json!({ "chat": shown, "passed": passed });
            if updated {
                object["updated"] = true.into();
            }
            writeln!(streams.out, "{object}")?;
        } else {
            let word = if !passed {
                "FAILED"
            } else if updated {
                "new"
            } else {
                "ok"
            };
            writeln!(streams.out, "{word:6} {}", shown.display())?;
        }
    }
    let (report, _) = found.into_report();
    if json {
        report.iter().try_for_each(|d| writeln!(streams.out, "{}", draw_json(&workspace.sources, d)))?;
    } else {
        write!(streams.err, "{}", draw(&workspace.sources, &report, streams.colour))?;
        writeln!(streams.out, "{passed} passed, {failed} failed")?;
    }
    if wanted.filter.is_none() {
        // A brand without a conversation has walked nothing, and is told.
        let silent =
            workspace.bots.iter().filter(|bot| !walked.iter().any(|(other, _)| Arc::ptr_eq(other, bot)));
        walked.extend(silent.map(|bot| (Arc::clone(bot), Coverage::default())).collect::<Vec<_>>());
    }
    let list = wanted.coverage;
    walked.iter().try_for_each(|(bot, walked)| coverage::print(bot, walked, list, json, streams))?;
    for brand in &broken {
        writeln!(streams.err, "error: the brand `{brand}` has errors; run `sayso check`")?;
    }
    Ok(if failed == 0 && broken.is_empty() { Exit::Done } else { Exit::Found })
}

/// The conversations whose path holds the words of `filter`, read; and the brands that cannot be tested.
fn jobs(workspace: &mut Workspace, filter: Option<&str>) -> Result<(Vec<Job>, Vec<BrandId>), Unusable> {
    let (mut jobs, mut broken) = (Vec::new(), Vec::new());
    for brand in workspace.brands.clone() {
        let paths = workspace.chats(&brand).into_iter();
        let wanted = paths.filter(|path| filter.is_none_or(|words| path.to_string_lossy().contains(words)));
        let Some(bot) = workspace.bot(brand.as_str()).cloned() else {
            broken.push(brand);
            continue;
        };
        for path in wanted {
            let bytes = std::fs::read(&path)
                .map_err(|error| Unusable::new(format!("`{}`: {error}", path.display())))?;
            let shown = workspace.shown(&path);
            let mut found = Diagnostics::default();
            let read = decode(shown.clone(), &bytes, &mut workspace.sources, &mut found);
            let read = read.map(|file| (file, workspace.sources.get(file).text.clone()));
            jobs.push(Job { bot: Arc::clone(&bot), path, shown, read, found });
        }
    }
    Ok((jobs, broken))
}

fn one(job: &Job) -> Result<Done, Unusable> {
    let mut found = job.found.clone();
    let ran = match &job.read {
        Some((file, text)) => runtime(false)?.block_on(ran(&job.bot, *file, text, &mut found)),
        None => Ran::failed(),
    };
    Ok(Done { ran, found, updated: false })
}

/// Writes the expectations of a conversation anew and runs it once more.
fn write_anew(workspace: &mut Workspace, job: &Job, done: &mut Done) -> Result<(), Unusable> {
    let Some((_, text)) = job.read.as_ref().filter(|_| !done.ran.changes.is_empty()) else { return Ok(()) };
    let text = update(text, &done.ran.changes);
    fmt::write(&job.path, &text)
        .map_err(|error| Unusable::new(format!("`{}` cannot be written: {error}", job.shown.display())))?;
    let file = workspace.sources.add(&job.shown, text.as_str());
    done.found = Diagnostics::default();
    done.ran = runtime(false)?.block_on(ran(&job.bot, file, &text, &mut done.found));
    done.updated = true;
    Ok(())
}

/// Reads and runs a conversation; one with mistakes is not run.
async fn ran(bot: &Arc<Bot>, file: FileId, text: &str, found: &mut Diagnostics) -> Ran {
    let chat = parse(text, &mut Reader::new(file, found));
    if let Some(brand) = chat.brand.as_ref().filter(|brand| brand.value != bot.id.as_str()) {
        let message =
            format!("this conversation lies in the folder of `{}` and names `{}`", bot.id, brand.value);
        found.push(Diagnostic::new(Code::BadChat, brand.place, message));
    }
    if found.has_errors() {
        return Ran::failed();
    }
    match run(&chat, file, bot, found).await {
        Ok(ran) => ran,
        Err(error) => {
            found.push(Diagnostic::new(Code::ChatFails, Place::new(file, 0..0), error.to_string()));
            Ran::failed()
        }
    }
}
