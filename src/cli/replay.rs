//! `sayso replay`: recorded texts against the files of the day.

use super::export::Source;
use super::{Exit, Streams, Unusable, check, no_brand, no_store, runtime};
use crate::replay::log::{LineError, Logged};
use crate::replay::{Compared, Count, DIALOGUES_MAX, Outcome, Replay, Tally, Verdict};
use crate::store::{Entry, Scanned, Table};
use crate::workspace::Workspace;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde_json::json;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

/// Bytes of one line: an entry of the store has 16 KiB, and no form of JSON makes more than six of one.
const LINE_BYTES_MAX: usize = 256 * 1024;
/// Damaged lines that are shown one by one.
const DAMAGED_SHOWN_MAX: u64 = 10;

/// What is replayed.
#[derive(Debug, clap::Args)]
#[command(group(clap::ArgGroup::new("log").required(true).args(["file", "store"])))]
pub(super) struct Wanted {
    /// A log: the lines that `sayso export turns` prints; `-` reads them from the standard input.
    file: Option<PathBuf>,
    /// The log of the workspace's store, read through the server where one runs.
    #[arg(long)]
    store: bool,
    /// Compare only turns from this moment on, such as 2026-06-01 (in UTC) or 2026-06-01T16:00:00Z.
    #[arg(long, value_name = "TIME", value_parser = moment)]
    since: Option<Timestamp>,
    /// Only this brand's.
    #[arg(long)]
    brand: Option<String>,
}

fn moment(text: &str) -> Result<Timestamp, String> {
    let day = || text.parse::<Date>().ok()?.to_zoned(TimeZone::UTC).ok().map(|begin| begin.timestamp());
    let moment = text.parse().ok().or_else(day);
    moment.ok_or_else(|| "a moment is written as 2026-06-01 or 2026-06-01T16:00:00Z".to_owned())
}

/// Replays a log. O(turns) steps; memory is bounded by [`DIALOGUES_MAX`] dialogues and the number of each other one: where
/// there are more, the log is read again for each hundred thousand of them.
pub(super) fn replay(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if let Some(name) = &wanted.brand
        && !workspace.brands.iter().any(|brand| brand.as_str() == name)
    {
        return Err(no_brand(workspace, name));
    }
    if workspace.bots.len() < workspace.brands.len() {
        let mut nowhere = std::io::sink();
        let Streams { colour, terminal, .. } = *streams;
        check::check(
            workspace,
            false,
            &mut Streams { out: &mut nowhere, err: &mut *streams.err, colour, terminal },
        )?;
    }
    let from_pipe = wanted.file.as_deref().is_some_and(|file| file == Path::new("-"));
    // What comes through a pipe comes once.
    let at_once = if from_pipe { usize::MAX } else { DIALOGUES_MAX };
    let mut replay = Replay::new(&workspace.bots, wanted.since, at_once);
    let (mut tally, mut damaged) = (Tally::default(), 0);
    for pass in 0.. {
        let mut turn = |seq: u64, entry: &Entry, streams: &mut Streams<'_>| {
            let called = workspace.called(&entry.key.brand).as_str();
            if wanted.brand.as_ref().is_some_and(|brand| called != brand) {
                return Ok(());
            }
            replay.turn(seq, entry).iter().try_for_each(|compared| {
                tally.add(compared);
                if json { print_json(compared, streams) } else { print(compared, streams) }
            })
        };
        let broken = match &wanted.file {
            Some(file) => lines(file, pass == 0, streams, &mut turn)?,
            None => runtime(false)?.block_on(store(workspace, streams, &mut turn))?,
        };
        damaged = broken;
        if !replay.ends_pass() {
            break;
        }
    }
    summary(&tally, damaged, json, streams)?;
    Ok(if tally.has_differences() || damaged > 0 { Exit::Found } else { Exit::Done })
}

type Turn<'t> = dyn FnMut(u64, &Entry, &mut Streams<'_>) -> Result<(), Unusable> + 't;

/// Reads a file line by line; how many lines were damaged. They are left out: the gap shows in their dialogues.
fn lines(file: &Path, tell: bool, streams: &mut Streams<'_>, turn: &mut Turn<'_>) -> Result<u64, Unusable> {
    let shown = file.display();
    let mut input: Box<dyn BufRead> = if file == Path::new("-") {
        Box::new(std::io::stdin().lock())
    } else {
        let opened = File::open(file).map_err(|error| {
            Unusable::new(format!("`{shown}`: {error}")).hint("`sayso export turns > FILE` writes one")
        })?;
        Box::new(BufReader::new(opened))
    };
    let (mut line, mut damaged) = (Vec::new(), 0);
    for number in 1_u64.. {
        line.clear();
        (&mut input).take(LINE_BYTES_MAX as u64 + 1).read_until(b'\n', &mut line)?;
        if line.is_empty() {
            break;
        }
        if line.len() > LINE_BYTES_MAX {
            let message = format!("{shown}:{number}: this line is longer than any turn");
            return Err(
                Unusable::new(message).hint("a log has one turn a line, as `sayso export turns` prints it")
            );
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        match Logged::read(&line) {
            Ok(logged) => turn(logged.seq, &logged.entry, streams)?,
            Err(LineError::Erased) => {}
            Err(error @ LineError::Later(_)) => {
                return Err(
                    Unusable::new(format!("{shown}:{number}: {error}")).hint("use the sayso that wrote it")
                );
            }
            Err(error) => {
                damaged += 1;
                if tell && damaged <= DAMAGED_SHOWN_MAX {
                    writeln!(streams.err, "{shown}:{number}: {error}")?;
                }
            }
        }
    }
    Ok(damaged)
}

/// Reads the store's log page by page. None of its turns can be damaged: it would not have given them out.
async fn store(
    workspace: &Workspace,
    streams: &mut Streams<'_>,
    turn: &mut Turn<'_>,
) -> Result<u64, Unusable> {
    let folder = workspace.root.join(&workspace.config.store.path);
    if !folder.is_dir() {
        let hint = "`sayso serve` makes it; a log in a file is replayed by `sayso replay FILE`";
        return Err(no_store(&folder, hint));
    }
    let mut source = Source::open(&folder, workspace.config.store.cache_mb * 1024 * 1024).await?;
    let mut after = None;
    loop {
        let page = source.page(Table::Turns, after).await;
        let page = page.map_err(|error| Unusable::new(error.to_string()))?;
        for item in &page.items {
            if let Scanned::Turn { seq, entry } = item {
                turn(*seq, entry, streams)?;
            }
        }
        after = page.next;
        if after.is_none() {
            return Ok(0);
        }
    }
}

fn print_json(compared: &Compared, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    writeln!(streams.out, "{}", json!(compared))?;
    Ok(())
}

/// Prints a turn that is not the same: what was said, then what was answered and why, then and today.
fn print(compared: &Compared, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let word = match compared.verdict {
        Verdict::Same | Verdict::Unknown => return Ok(()),
        Verdict::Differs => "differs",
        Verdict::Follows => "follows",
    };
    let Compared { brand, phone, turn, at, event, why, .. } = compared;
    let why = why.as_ref().map(|why| format!(" ({why})")).unwrap_or_default();
    writeln!(streams.out, "{word} {brand} {phone} turn {turn}, {at:.0}{why}")?;
    match &compared.text {
        Some(text) => writeln!(streams.out, "  > {}", text.replace('\n', "\n    "))?,
        None => writeln!(streams.out, "  ({event})")?,
    }
    outcome("then", &compared.then, streams)?;
    compared.today.iter().try_for_each(|today| outcome("today", today, streams))
}

fn outcome(when: &str, outcome: &Outcome, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let said = outcome.answers.iter().map(|answer| format!("< {}", answer.replace('\n', "\n          ")));
    let wanted = outcome.wanted.iter().map(|wanted| format!("+ {wanted}"));
    let rung = outcome.rung.iter().map(|rung| format!("rung {rung}"));
    let intent = outcome.intent.iter().map(|intent| format!("intent {intent}"));
    let nodes = (!outcome.nodes.is_empty()).then(|| outcome.nodes.join(", "));
    let reasons: Vec<String> = rung.chain(intent).chain(nodes).chain(outcome.notes.iter().cloned()).collect();
    let reasons = (!reasons.is_empty()).then(|| format!("= {}", reasons.join("; ")));
    let mut lines: Vec<String> = said.chain(wanted).collect();
    if lines.is_empty() {
        lines.push("nothing".to_owned());
    }
    for (at, line) in lines.into_iter().chain(reasons).enumerate() {
        let when = if at == 0 { when } else { "" };
        writeln!(streams.out, "  {when:5} {line}")?;
    }
    Ok(())
}

/// The numbers: in all, then each intent and each node with something that is not the same.
fn summary(tally: &Tally, damaged: u64, json: bool, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    if json {
        writeln!(streams.out, "{}", json!({ "summary": tally, "damaged": damaged }))?;
        return Ok(());
    }
    let groups = [("by intent", &tally.intents), ("by node", &tally.nodes)];
    for (title, counts) in groups {
        let changed: Vec<_> = counts.iter().filter(|(_, count)| count.has_differences()).collect();
        let wide = changed.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (at, (name, count)) in changed.into_iter().enumerate() {
            if at == 0 {
                writeln!(streams.out, "{title}:")?;
            }
            writeln!(streams.out, "  {name:wide$}  {}", words(*count))?;
        }
    }
    writeln!(streams.out, "texts: {}", words(tally.texts))?;
    if tally.others != Count::default() {
        writeln!(streams.out, "other turns: {}", words(tally.others))?;
    }
    let unknown = tally.texts.unknown + tally.others.unknown;
    if unknown > 0 {
        let why =
            "their dialogues begin before the log or have gaps in it, or their brand has no sound files";
        writeln!(streams.err, "{unknown} not compared: {why}; `--json` says which")?;
    }
    if damaged > 0 {
        writeln!(
            streams.err,
            "lines that are no turns: {damaged}; what follows them in a dialogue is not compared"
        )?;
    }
    Ok(())
}

fn words(count: Count) -> String {
    let Count { same, differs, follows, unknown } = count;
    let all = [(same, "same"), (differs, "differ"), (follows, "follow"), (unknown, "not compared")];
    let told = all.iter().enumerate().filter(|(at, (count, _))| *at < 2 || *count > 0);
    told.map(|(_, (count, word))| format!("{count} {word}")).collect::<Vec<_>>().join(", ")
}
