//! `sayso outbox`: what waits to leave and what could not. An operator looks at it, and decides what the engine must not: whether
//! a message whose fate nobody knows did leave, and whether a dead one is to be tried once more.

use super::desk::{Desk, strange};
use super::{Exit, Streams, Unusable, age, many, runtime};
use crate::dialogue::Errand;
use crate::engine::{Clock, SystemClock};
use crate::server::socket::{Request, Response};
use crate::sms::BrandId;
use crate::store::{Death, Resolution, Resolved, Row, RowCounts, RowId, RowState, Scanned, Table};
use crate::workspace::Workspace;
use clap::builder::PossibleValuesParser;
use clap::{Subcommand, ValueEnum};
use jiff::Timestamp;
use serde_json::{Value as Json, json};

/// What is asked about the outbox.
#[derive(Debug, Subcommand)]
pub(super) enum Wanted {
    /// List what is not sent, oldest first.
    List {
        /// Only what is in this state.
        #[arg(long, value_parser = PossibleValuesParser::new(RowCounts::NAMES))]
        state: Option<String>,
        /// Only of this brand.
        #[arg(long)]
        brand: Option<String>,
    },
    /// Show all about one message.
    Show {
        /// Its name, as it is listed.
        id: RowId,
    },
    /// Decide about a message whose fate nobody knows.
    Settle {
        /// Its name, as it is listed.
        id: RowId,
        /// What became of it.
        fate: Fate,
        /// Who has found out, for the log.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
    /// Send dead messages once more, if the gate lets them.
    Resend {
        /// Their names, as they are listed.
        #[arg(required = true)]
        ids: Vec<RowId>,
        /// Who says so, for the log.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
    /// Forget messages, whatever they wait for. Those that are being sent are left alone.
    Drop {
        /// Their names, as they are listed.
        #[arg(required = true)]
        ids: Vec<RowId>,
        /// Who says so, for the log.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
}

/// What became of a message whose fate nobody knew.
#[derive(Debug, Clone, Copy, ValueEnum)]
pub(super) enum Fate {
    /// It did leave.
    Sent,
    /// It did not: send it again.
    Resend,
}

/// Does what is asked; nothing said asks for the list.
pub(super) fn outbox(
    workspace: &Workspace,
    wanted: Option<&Wanted>,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let decide = |ids: &[RowId], resolution, by: &str, streams: &mut Streams<'_>| {
        resolve(workspace, ids, resolution, by, json, streams)
    };
    match wanted {
        None => list(workspace, None, None, json, streams),
        Some(Wanted::List { state, brand }) => {
            list(workspace, state.as_deref(), brand.as_deref(), json, streams)
        }
        Some(Wanted::Show { id }) => show(workspace, *id, json, streams),
        Some(Wanted::Settle { id, fate: Fate::Sent, by }) => decide(&[*id], Resolution::Sent, by, streams),
        Some(Wanted::Settle { id, fate: Fate::Resend, by }) => {
            decide(&[*id], Resolution::Resend, by, streams)
        }
        Some(Wanted::Resend { ids, by }) => decide(ids, Resolution::Resend, by, streams),
        Some(Wanted::Drop { ids, by }) => decide(ids, Resolution::Drop, by, streams),
    }
}

fn list(
    workspace: &Workspace,
    state: Option<&str>,
    brand: Option<&str>,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let brand = brand.map(|brand| workspace.kept_as(&BrandId::from(brand)).clone());
    let now = SystemClock.now();
    let mut counts = RowCounts::default();
    runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        desk.each(Table::Outbox, None, |item| {
            let Scanned::Row(row) = item else { return Ok(()) };
            let is_wanted = state.is_none_or(|state| row.state.name() == state);
            if !is_wanted || brand.as_ref().is_some_and(|brand| row.key.brand != *brand) {
                return Ok(());
            }
            counts.add(&row.state);
            if json {
                writeln!(streams.out, "{}", as_json(workspace, &row))?;
            } else {
                writeln!(streams.out, "{}", as_line(workspace, &row, now))?;
            }
            Ok(())
        })
        .await
    })?;
    if !json {
        let counts = counts.iter().filter(|(_, count)| *count > 0);
        let counts: Vec<String> = counts.map(|(state, count)| format!("{count} {state}")).collect();
        let counts = if counts.is_empty() { "nothing".to_owned() } else { counts.join(", ") };
        writeln!(streams.err, "{counts}")?;
    }
    Ok(Exit::Done)
}

fn show(workspace: &Workspace, id: RowId, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let row = runtime(false)?.block_on(async {
        let asked = Desk::open(workspace).await?.ask(Request::Row(id)).await?;
        let Response::Row(row) = asked else { return Err(strange()) };
        row.ok_or_else(|| missing(id))
    })?;
    if json {
        writeln!(streams.out, "{}", as_json(workspace, &row))?;
        return Ok(Exit::Done);
    }
    writeln!(streams.out, "{}", as_line(workspace, &row, SystemClock.now()))?;
    let way = row.via.as_ref().map(|via| format!("via {}", via.account));
    let from = row.errand.send().and_then(|send| send.from);
    let from = row.via.as_ref().and_then(|via| via.number).or(from).map(|from| format!("from {from}"));
    let moments = [format!("written {}", row.written), format!("due {}", row.due)];
    let attempts = (row.attempts > 0).then(|| many(row.attempts as usize, "attempt"));
    let facts: Vec<String> = from.into_iter().chain(way).chain(moments).chain(attempts).collect();
    writeln!(streams.out, "{}", facts.join(", "))?;
    let ways = match row.state {
        RowState::Unknown { .. } => {
            format!("`sayso outbox settle {id} sent` where it arrived, `… settle {id} resend` where not")
        }
        RowState::Dead { .. } => {
            format!("`sayso outbox resend {id}` tries it once more, `sayso outbox drop {id}` forgets it")
        }
        RowState::Pending | RowState::Held => format!("`sayso outbox drop {id}` forgets it"),
        RowState::Sending => "it is being sent".to_owned(),
    };
    writeln!(streams.err, "{ways}")?;
    Ok(Exit::Done)
}

fn resolve(
    workspace: &Workspace,
    ids: &[RowId],
    resolution: Resolution,
    by: &str,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let mut exit = Exit::Done;
    runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        for id in ids {
            let asked = desk.ask(Request::Resolve { row: *id, resolution, by: by.to_owned() }).await?;
            let Response::Resolved(resolved) = asked else { return Err(strange()) };
            let done = matches!(resolved, Resolved::Done(_));
            let was = match &resolved {
                Resolved::Done(row) | Resolved::Not(row) => row.state.name(),
                Resolved::Missing => "missing",
            };
            if json {
                writeln!(streams.out, "{}", json!({ "id": id.to_string(), "done": done, "was": was }))?;
            } else if let Resolved::Missing = resolved {
                writeln!(streams.err, "{id}: there is no such message in the outbox")?;
            } else {
                let what = match (done, resolution) {
                    (true, Resolution::Sent) => "is taken to have left",
                    (true, Resolution::Resend) => "is sent once more",
                    (true, Resolution::Drop) => "is forgotten",
                    (false, Resolution::Sent) => {
                        "is left alone: only of an unknown one it is asked whether it left"
                    }
                    (false, Resolution::Resend) => {
                        "is left alone: only an unknown or a dead one is sent once more"
                    }
                    (false, Resolution::Drop) => "is left alone: it is being sent",
                };
                writeln!(streams.err, "{id}: was {was}, {what}")?;
            }
            if !done {
                exit = Exit::Found;
            }
        }
        Ok(())
    })?;
    Ok(exit)
}

fn missing(id: RowId) -> Unusable {
    Unusable::new(format!("there is no message `{id}` in the outbox"))
        .hint("`sayso outbox` lists them; what was sent is in `sayso export sent`")
}

/// What is in the way of a row, or ended it.
fn why(row: &Row) -> Option<String> {
    match &row.state {
        RowState::Held => row.waits.as_ref().map(ToString::to_string),
        RowState::Unknown { why } => Some(why.clone()),
        RowState::Dead { why } => Some(match why {
            Death::Refused(refusal) => refusal.to_string(),
            Death::OptedOut => "the provider says that the person has opted out".to_owned(),
            Death::Rejected(why) => format!("refused for good: {why}"),
            Death::Exhausted(why) => format!("every attempt failed: {why}"),
            Death::NoAccount => "no account carries the number it should leave from".to_owned(),
            Death::BadNumber => "nobody can be texted at this number".to_owned(),
            Death::Stale => "it was held for so long that it answers nobody any more".to_owned(),
        }),
        RowState::Pending | RowState::Sending => None,
    }
}

/// What kind of errand a row is, and its words.
fn errand(row: &Row) -> (String, String) {
    match &row.errand {
        Errand::Send(send) => {
            let class = serde_json::to_value(send.class).ok();
            let class = class.and_then(|class| Some(class.as_str()?.to_owned())).unwrap_or_default();
            (class, send.body.clone())
        }
        Errand::Lookup(lookup) => ("lookup".to_owned(), lookup.name.clone()),
        Errand::Notify(notify) => ("webhook".to_owned(), notify.name.clone()),
    }
}

fn as_line(workspace: &Workspace, row: &Row, now: Timestamp) -> String {
    let (kind, words) = errand(row);
    let (brand, phone) = (workspace.called(&row.key.brand), row.key.phone);
    let state = row.state.name();
    let age = age(now.duration_since(row.written).as_secs().max(0));
    let why = why(row).map(|why| format!("  ({why})")).unwrap_or_default();
    format!("{:<10} {state:<7}  {age:>11}  {brand}/{phone}  {kind}  {words:?}{why}", row.id.to_string())
}

fn as_json(workspace: &Workspace, row: &Row) -> Json {
    let (kind, words) = errand(row);
    json!({
        "id": row.id.to_string(),
        "state": row.state.name(),
        "why": why(row),
        "brand": workspace.called(&row.key.brand),
        "phone": row.key.phone,
        "kind": kind,
        "text": words,
        "account": row.via.as_ref().map(|via| &via.account),
        "attempts": row.attempts,
        "written": row.written,
        "due": row.due,
    })
}
