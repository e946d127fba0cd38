//! `sayso key`: the keys of the API. `serve` sees what is changed here from the next call on.

use super::desk::kept_as;
use super::{Exit, Streams, Unusable};
use crate::engine::{Clock, SystemClock};
use crate::server::api::keys::{Key, Keys, KeysError, Scope};
use crate::workspace::Workspace;
use jiff::{SignedDuration, Timestamp};
use std::num::NonZeroU16;
use std::path::Path;

/// What is to be done.
#[derive(Debug, clap::Subcommand)]
pub(super) enum Wanted {
    /// Make a key, and show it this once.
    Add(Add),
    /// Print the keys that there are, without themselves.
    List,
    /// Take a key back: the next call with it is refused.
    Revoke {
        /// Its name in `sayso key list`.
        id: String,
    },
}

/// The key that is to be made.
#[derive(Debug, clap::Args)]
pub(super) struct Add {
    /// Whose it is, in your words.
    name: String,
    /// What it opens.
    #[command(flatten)]
    opens: Opens,
    /// After how many days it ends.
    #[arg(long, default_value = "365", value_name = "DAYS")]
    days: NonZeroU16,
}

/// One of these.
#[derive(Debug, clap::Args)]
#[group(required = true, multiple = false)]
struct Opens {
    /// The one brand that it opens.
    #[arg(long)]
    brand: Option<String>,
    /// It opens all brands.
    #[arg(long)]
    all_brands: bool,
    /// It opens `GET /metrics` and nothing else: for who watches the host.
    #[arg(long)]
    metrics: bool,
}

/// Does it.
pub(super) fn key(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let path = workspace.root.join(&workspace.config.api.keys);
    let keys = Keys::read(&path)?;
    match wanted {
        Wanted::Add(add) => made(workspace, keys, &path, add, streams),
        Wanted::List => list(&keys, json, streams),
        Wanted::Revoke { id } => revoke(keys, &path, id, streams),
    }
}

impl From<KeysError> for Unusable {
    fn from(error: KeysError) -> Self {
        Self::new(error.to_string()).hint("is it yours to read and write? `[api]` in `sayso.toml` names it")
    }
}

fn made(
    workspace: &Workspace,
    mut keys: Keys,
    path: &Path,
    add: &Add,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let scope = match &add.opens.brand {
        None if add.opens.metrics => Scope::Metrics,
        None => Scope::All,
        Some(brand) => {
            let known = |name: &str| workspace.brands.iter().any(|known| known.as_str() == name);
            let kept_as = kept_as(workspace, Some(brand))?;
            if !known(brand) && workspace.called(&kept_as) == &kept_as {
                return Err(super::no_brand(workspace, brand));
            }
            Scope::Brand(kept_as)
        }
    };
    let now = SystemClock.now();
    let ends = now + SignedDuration::from_hours(24 * i64::from(add.days.get()));
    let (key, shown) = keys.add(&add.name, scope, now, ends);
    keys.write(path)?;
    writeln!(streams.err, "the key {} ends on {}; it is shown this once:", key.id, day(key.ends))?;
    writeln!(streams.out, "{shown}")?;
    Ok(Exit::Done)
}

fn list(keys: &Keys, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let now = SystemClock.now();
    for key in &keys.keys {
        let state = state(key, now);
        let opens = match &key.scope {
            Scope::All => "all brands",
            Scope::Brand(brand) => brand.as_str(),
            Scope::Metrics => "metrics alone",
        };
        if json {
            let Key { id, name, scope, made, ends, revoked, .. } = key;
            let line = serde_json::json!({
                "id": id, "name": name, "scope": scope, "made": made, "ends": ends, "revoked": revoked,
                "valid": key.is_valid(now),
            });
            writeln!(streams.out, "{line}")?;
        } else {
            writeln!(streams.out, "{}  {opens}  made {}  {state}  {}", key.id, day(key.made), key.name)?;
        }
    }
    Ok(Exit::Done)
}

fn state(key: &Key, now: Timestamp) -> String {
    match key.revoked {
        Some(at) => format!("revoked {}", day(at)),
        None if key.is_valid(now) => format!("ends {}", day(key.ends)),
        None => format!("ended {}", day(key.ends)),
    }
}

fn day(at: Timestamp) -> String {
    at.strftime("%Y-%m-%d").to_string()
}

fn revoke(mut keys: Keys, path: &Path, id: &str, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let Some(key) = keys.keys.iter_mut().find(|key| key.id == id) else {
        return Err(Unusable::new(format!("there is no key `{id}`")).hint("`sayso key list` shows them"));
    };
    if key.revoked.is_some() {
        writeln!(streams.err, "the key {id} was revoked before")?;
        return Ok(Exit::Done);
    }
    key.revoked = Some(SystemClock.now());
    keys.write(path)?;
    writeln!(streams.err, "the key {id} opens nothing any more")?;
    Ok(Exit::Done)
}
