//! `sayso consent review`: the texts that may be opt-outs, and what somebody who has read them says.

use crate::cli::desk::{Desk, strange};
use crate::cli::{Exit, Streams, Unusable, age, many, runtime};
use crate::consent::LedgerEntry;
use crate::dialogue::Decision;
use crate::engine::{Clock, SystemClock};
use crate::server::socket::{Request, Response};
use crate::sms::{BrandId, Key, Phone};
use crate::store::{Scanned, Table};
use crate::workspace::Workspace;
use jiff::Timestamp;
use serde_json::json;

/// A text that waits.
struct Waiting {
    key: Key,
    entry: LedgerEntry,
}

impl Waiting {
    fn id(&self) -> String {
        format!("{}/{}", self.key.brand, self.key.phone)
    }
}

/// Does what is asked for. 1 where something was to be decided that is not on the list.
pub(in crate::cli) fn review(
    workspace: &Workspace,
    (optout, keep): (&[String], &[String]),
    by: &str,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        let waiting = list(&mut desk).await?;
        if optout.is_empty() && keep.is_empty() {
            print(&waiting, json, SystemClock.now(), streams)?;
            return Ok(Exit::Done);
        }
        let decided = optout.iter().map(|id| (id, Decision::OptOut));
        let decided = decided.chain(keep.iter().map(|id| (id, Decision::Keep)));
        // All of them are looked up before the first is decided: a slip of the pen decides nothing.
        let found = decided.map(|(id, decision)| Ok((key(&waiting, id)?, decision)));
        let found = found.collect::<Result<Vec<_>, Unusable>>()?;
        let mut exit = Exit::Done;
        for (key, decision) in found {
            let id = format!("{}/{}", key.brand, key.phone);
            let what = match decision {
                Decision::OptOut => "opted out",
                Decision::Keep => "kept",
            };
            let asked = desk.ask(Request::Review { key, decision, by: by.to_owned() }).await?;
            let Response::Reviewed(is_decided) = asked else { return Err(strange()) };
            if is_decided {
                writeln!(streams.out, "{id} {what}")?;
            } else {
                writeln!(streams.err, "{id} was decided meanwhile")?;
                exit = Exit::Found;
            }
        }
        Ok(exit)
    })
}

/// All texts that wait, oldest first.
async fn list(desk: &mut Desk) -> Result<Vec<Waiting>, Unusable> {
    let mut waiting = Vec::new();
    desk.each(Table::Reviews, None, |item| {
        if let Scanned::Review { key, entry } = item {
            waiting.push(Waiting { key, entry: *entry });
        }
        Ok(())
    })
    .await?;
    waiting.sort_by_key(|waiting| waiting.entry.at);
    Ok(waiting)
}

/// Whose text is meant: `BRAND/NUMBER`, or a number that waits in one brand only.
fn key(waiting: &[Waiting], id: &str) -> Result<Key, Unusable> {
    let (brand, number) = id.split_once('/').map_or((None, id), |(brand, number)| (Some(brand), number));
    let phone: Phone = number.parse().map_err(|error| Unusable::new(format!("`{id}`: {error}")))?;
    let of = waiting.iter().filter(|one| {
        one.key.phone == phone && brand.is_none_or(|brand| one.key.brand == BrandId::from(brand))
    });
    match of.collect::<Vec<_>>().as_slice() {
        [one] => Ok(one.key.clone()),
        [] => Err(Unusable::new(format!("no text of `{id}` waits to be read"))
            .hint("`sayso consent review` lists those that do")),
        several => {
            let ids: Vec<String> = several.iter().map(|one| one.id()).collect();
            Err(Unusable::new(format!("texts of `{id}` wait in several brands"))
                .hint(format!("name one of: {}", ids.join(", "))))
        }
    }
}

fn print(waiting: &[Waiting], json: bool, now: Timestamp, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    for one in waiting {
        let seconds = now.duration_since(one.entry.at).as_secs().max(0);
        let text = one.entry.received.as_deref().unwrap_or_default();
        if json {
            let line = json!({
                "id": one.id(), "brand": one.key.brand, "phone": one.key.phone, "at": one.entry.at,
                "age_seconds": seconds, "rule": one.entry.rule, "text": text, "entry": one.entry.number,
            });
            writeln!(streams.out, "{line}")?;
        } else {
            writeln!(streams.out, "{}  {}  {text:?}  ({})", one.id(), age(seconds), one.entry.rule)?;
        }
    }
    if !json {
        let oldest = waiting.first().map(|one| now.duration_since(one.entry.at).as_secs());
        let oldest = oldest.map(|seconds| format!(", the oldest for {}", age(seconds))).unwrap_or_default();
        let wait = if waiting.len() == 1 { "waits" } else { "wait" };
        writeln!(streams.err, "{} {wait} to be read{oldest}", many(waiting.len(), "text"))?;
    }
    Ok(())
}
