//! `sayso check --live`: what the files of the day mean for the people who stand in dialogues.

use super::export::Source;
use super::{Exit, Streams, Unusable, runtime};
use crate::dialogue::standing::{By, Fate, Finding, Kept, judge, judge_without_brand};
use crate::sms::BrandId;
use crate::store::{Scanned, Table};
use crate::workspace::Workspace;
use serde_json::json;
use std::collections::BTreeMap;

/// What was counted in one brand.
#[derive(Debug, Default)]
struct Count {
    people: u64,
    findings: BTreeMap<Finding, u64>,
}

/// Reads the store page by page and prints what becomes of its people: memory grows with the nodes they stand on, not with
/// the people. 1 where something is taken from somebody without the files saying so.
pub(super) fn compare(
    workspace: &Workspace,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let folder = workspace.root.join(&workspace.config.store.path);
    if !folder.is_dir() {
        writeln!(streams.err, "there is no store at `{}` yet: nobody to compare with", folder.display())?;
        return Ok(Exit::Done);
    }
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    let counts = runtime(false)?.block_on(async {
        let mut source = Source::open(&folder, cache_bytes).await?;
        let (mut after, mut counts) = (None, BTreeMap::new());
        loop {
            let page = source.page(Table::Subscribers, after).await;
            let page = page.map_err(|error| Unusable::new(error.to_string()))?;
            page.items.iter().for_each(|item| count(workspace, item, &mut counts));
            after = page.next;
            if after.is_none() {
                return Ok::<_, Unusable>(counts);
            }
        }
    })?;
    for (brand, count) in &counts {
        if json { print_json(brand, count, streams)? } else { print(workspace, brand, count, streams)? }
    }
    let undeclared = counts.values().flat_map(|count| count.findings.keys()).any(Finding::is_undeclared);
    Ok(if undeclared { Exit::Found } else { Exit::Done })
}

fn count(workspace: &Workspace, item: &Scanned, counts: &mut BTreeMap<BrandId, Count>) {
    let Scanned::Subscriber { key, record } = item else { return };
    let brand = workspace.called(&key.brand);
    let findings = match workspace.bot(brand.as_str()) {
        Some(bot) => judge(bot, record),
        // Nothing can be said about a brand with errors, which the check itself has printed.
        None if workspace.brands.contains(brand) => Vec::new(),
        None => judge_without_brand(record),
    };
    let count = counts.entry(brand.clone()).or_default();
    count.people += 1;
    for finding in findings {
        *count.findings.entry(finding).or_default() += 1;
    }
}

fn print(
    workspace: &Workspace,
    brand: &BrandId,
    count: &Count,
    streams: &mut Streams<'_>,
) -> Result<(), Unusable> {
    writeln!(streams.out, "{brand}: {}", people(count.people))?;
    if workspace.brands.contains(brand) && workspace.bot(brand.as_str()).is_none() {
        writeln!(streams.err, "the brand `{brand}` has errors: its people are not compared")?;
    }
    let place = |finding: &Finding| match finding {
        Finding::Stands { node, .. } => node.clone(),
        Finding::Holds { field, .. } | Finding::Unlisted { field, .. } => format!("field {field}"),
    };
    let rows: Vec<_> = count
        .findings
        .iter()
        .map(|(finding, count)| (place(finding), people(*count), words(finding)))
        .collect();
    let wide = |width: fn(&(String, String, String)) -> usize| rows.iter().map(width).max().unwrap_or(0);
    let (places, counts) = (wide(|row| row.0.chars().count()), wide(|row| row.1.chars().count()));
    for (place, count, words) in &rows {
        let line = format!("  {place:places$}  {count:>counts$}  {words}");
        writeln!(streams.out, "{}", line.trim_end())?;
    }
    for (finding, count) in count.findings.iter().filter(|(finding, _)| finding.is_undeclared()) {
        let (place, count, words) = (place(finding), people(*count), words(finding));
        writeln!(streams.err, "error: {brand}: `{place}`, {count}: {words}")?;
        if let Some(hint) = hint(workspace.brands.contains(brand), finding) {
            writeln!(streams.err, "  hint: {hint}")?;
        }
    }
    Ok(())
}

/// One object for each finding: `brand`, `people`, `undeclared`, and the fields of [`Finding`].
fn print_json(brand: &BrandId, count: &Count, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    for (finding, people) in &count.findings {
        let mut object = json!(finding);
        object["brand"] = json!(brand.as_str());
        object["people"] = json!(people);
        object["undeclared"] = json!(finding.is_undeclared());
        writeln!(streams.out, "{object}")?;
    }
    Ok(())
}

fn people(count: u64) -> String {
    format!("{count} {}", if count == 1 { "person" } else { "people" })
}

fn words(finding: &Finding) -> String {
    match finding {
        Finding::Stands { fate, .. } => match fate {
            Fate::Stays => String::new(),
            Fate::Moved { to, by: By::Was } => format!("moved to {to} (was)"),
            Fate::Moved { to, by: By::Gone } => format!("moved to {to} (gone)"),
            Fate::WaitChanged { to } => format!("{to} waits for something else than before"),
            Fate::NodeGone { to } => format!("the node is gone: they begin again at {to}"),
            Fate::FlowGone => "the flow is gone: they leave it".to_owned(),
        },
        Finding::Unlisted { key, .. } => format!("`{key}` is no value of it any more"),
        Finding::Holds { stored, today, value, .. } => match value {
            Kept::Converted => format!("{stored}, read anew as {today} (convert)"),
            Kept::Unreadable => format!("{stored}, cannot be read as {today}: counts as unfilled"),
            Kept::Undeclared => format!("{stored}, but the field is {today} now: counts as unfilled"),
        },
    }
}

/// How what happens is declared.
fn hint(has_folder: bool, finding: &Finding) -> Option<String> {
    match finding {
        Finding::Stands { .. } if !has_folder => {
            let way = "give the folder below `flows/` its name back, or write `was NAME` below the brand that it became";
            Some(way.to_owned())
        }
        Finding::Stands { node, fate } => {
            let (flow, node) = node.split_once('.')?;
            match fate {
                Fate::NodeGone { .. } => Some(format!(
                    "write `was {node}` below the node that it became, or `gone -> NODE` below its flow"
                )),
                Fate::FlowGone => Some(format!("write `was {flow}` below the flow that it became")),
                Fate::Stays | Fate::Moved { .. } | Fate::WaitChanged { .. } => None,
            }
        }
        Finding::Unlisted { key, .. } => {
            Some(format!("write `was {key}` below the value that it became, or put it back into the list"))
        }
        Finding::Holds { field, .. } => Some(format!(
            "write `convert` below the field `{field}` to read its values anew, or give the new field another name"
        )),
    }
}
