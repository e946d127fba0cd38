//! `sayso consent`: the texts that may be opt-outs, and what somebody who has read them says.

use super::export::Source;
use super::{Exit, Streams, Unusable, many, runtime};
use crate::consent::LedgerEntry;
use crate::dialogue::Decision;
use crate::engine::outside::Guarded;
use crate::engine::transport::Http;
use crate::engine::{Clock, Engine, Parts, Secrets, SystemClock};
use crate::server::socket;
use crate::sms::{BrandId, Key, Phone};
use crate::store::{Scanned, SledStore, Table};
use crate::workspace::Workspace;
use clap::Subcommand;
use jiff::Timestamp;
use serde_json::json;
use std::sync::Arc;

/// What is to be seen to.
#[derive(Debug, Subcommand)]
pub(super) enum Wanted {
    /// List the texts that may be opt-outs, oldest first, and decide them. Nothing is sent to who wrote one until then.
    Review {
        /// These are opt-outs: each as it is listed, or a number alone.
        #[arg(long, value_name = "BRAND/NUMBER", num_args = 1..)]
        optout: Vec<String>,
        /// These are none: the dialogue goes on.
        #[arg(long, value_name = "BRAND/NUMBER", num_args = 1..)]
        keep: Vec<String>,
        /// Who has read them, for the ledger.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
}

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
pub(super) fn consent(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let Wanted::Review { optout, keep, by } = wanted;
    let folder = workspace.root.join(&workspace.config.store.path);
    if !folder.is_dir() {
        return Err(Unusable::new(format!("there is no store at `{}` yet", folder.display()))
            .hint("`sayso serve` makes it"));
    }
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    runtime(false)?.block_on(async {
        let mut source = Source::open(&folder, cache_bytes).await?;
        let waiting = list(&mut source).await?;
        if optout.is_empty() && keep.is_empty() {
            print(&waiting, json, SystemClock.now(), streams)?;
            return Ok(Exit::Done);
        }
        let decided = optout.iter().map(|id| (id, Decision::OptOut));
        let decided = decided.chain(keep.iter().map(|id| (id, Decision::Keep)));
        // All of them are looked up before the first is decided: a slip of the pen decides nothing.
        let found = decided.map(|(id, decision)| Ok((key(&waiting, id)?, decision)));
        let found = found.collect::<Result<Vec<_>, Unusable>>()?;
        let mut desk = Desk::new(workspace, source)?;
        let mut exit = Exit::Done;
        for (key, decision) in found {
            let id = format!("{}/{}", key.brand, key.phone);
            let what = match decision {
                Decision::OptOut => "opted out",
                Decision::Keep => "kept",
            };
            if desk.decide(key, decision, by).await? {
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
async fn list(source: &mut Source) -> Result<Vec<Waiting>, Unusable> {
    let (mut waiting, mut after) = (Vec::new(), None);
    loop {
        let page = source.page(Table::Reviews, after).await;
        let page = page.map_err(|error| Unusable::new(error.to_string()))?;
        waiting.extend(page.items.into_iter().filter_map(|item| match item {
            Scanned::Review { key, entry } => Some(Waiting { key, entry: *entry }),
            Scanned::Subscriber { .. }
            | Scanned::Turn { .. }
            | Scanned::Row(_)
            | Scanned::Sent(_)
            | Scanned::Consent { .. } => None,
        }));
        after = page.next;
        if after.is_none() {
            waiting.sort_by_key(|waiting| waiting.entry.at);
            return Ok(waiting);
        }
    }
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

/// A time that has passed, in its two largest units.
fn age(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// Where decisions are handed in: the server that has the store open, or an engine of our own on it. What that engine has
/// to send waits in the outbox for the next `sayso serve`.
enum Desk {
    Server(socket::Client),
    Engine(Box<Engine>),
}

impl Desk {
    fn new(workspace: &Workspace, source: Source) -> Result<Self, Unusable> {
        match source {
            Source::Server(client) => Ok(Self::Server(client)),
            Source::Store(store) => Ok(Self::Engine(Box::new(engine(workspace, store)?))),
        }
    }

    async fn decide(&mut self, key: Key, decision: Decision, by: &str) -> Result<bool, Unusable> {
        match self {
            Self::Server(client) => client
                .review(key, decision, by.to_owned())
                .await
                .map_err(|error| Unusable::new(error.to_string())),
            Self::Engine(engine) => {
                let done = socket::review(engine, key, decision, by.to_owned()).await;
                done.map_err(|why| {
                    Unusable::new(why).hint("`sayso check` says what is wrong with a brand's files")
                })
            }
        }
    }
}

fn engine(workspace: &Workspace, store: SledStore) -> Result<Engine, Unusable> {
    let unusable = |error: String| Unusable::new(error);
    let transport = Http::new().map_err(|error| unusable(error.to_string()))?;
    let outside =
        Guarded::new(&workspace.config.outside.allow()).map_err(|error| unusable(error.to_string()))?;
    Ok(Engine::new(Parts {
        bots: workspace.bots.clone(),
        closed: workspace.closed.clone(),
        accounts: Vec::new(),
        store: Arc::new(store),
        clock: Arc::new(SystemClock),
        transport: Arc::new(transport),
        outside: Arc::new(outside),
        secrets: Secrets::new(),
        log_numbers: workspace.config.log.numbers,
    }))
}
