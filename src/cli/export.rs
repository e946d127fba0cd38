//! `sayso export`: what the store holds, as JSON lines; through the running server where it has the store open.

use super::{Exit, Streams, Unusable, no_brand, runtime};
use crate::replay::log::Logged;
use crate::server::socket::Client;
use crate::sms::{Key, Phone};
use crate::store::{Cursor, OpenError, Page, Scanned, SledStore, Store, StoreError, Table};
use crate::workspace::Workspace;
use clap::ValueEnum;
use std::path::{Path, PathBuf};

/// Things that are read at once.
const PAGE: usize = 500;

/// Where pages come from.
pub(super) enum Source {
    Store(SledStore),
    Server(Client),
}

impl Source {
    /// The store itself, or the server that has it open.
    pub(super) async fn open(folder: &Path, cache_bytes: u64) -> Result<Self, Unusable> {
        match SledStore::open(folder, cache_bytes) {
            Ok(store) => Ok(Self::Store(store)),
            Err(OpenError::Locked(path)) => {
                Client::connect(folder).await.map(Self::Server).map_err(|error| {
                    Unusable::new(format!(
                        "the store `{}` is in use, and its server does not answer: {error}",
                        path.display()
                    ))
                    .hint("is another verb using it? try again in a moment")
                })
            }
            Err(error) => Err(Unusable::new(error.to_string())),
        }
    }

    pub(super) async fn page(&mut self, what: Table, after: Option<Cursor>) -> Result<Page, StoreError> {
        match self {
            Self::Store(store) => store.scan(what, after, PAGE).await,
            Self::Server(client) => client.scan(what, after, PAGE).await,
        }
    }
}

/// What is exported, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// What to print.
    what: What,
    /// Only of this brand.
    #[arg(long)]
    brand: Option<String>,
    /// Only of the person with this number.
    #[arg(long, value_name = "PHONE")]
    dialogue: Option<Phone>,
    /// The store's folder, relative to the workspace, instead of the one in `sayso.toml`.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Dialogues and what is known about people.
    Subscribers,
    /// The log of turns.
    Turns,
    /// Messages that are not sent.
    Outbox,
    /// Messages that providers took.
    Sent,
    /// Consent ledgers.
    Consents,
}

impl What {
    fn table(self) -> Table {
        match self {
            Self::Subscribers => Table::Subscribers,
            Self::Turns => Table::Turns,
            Self::Outbox => Table::Outbox,
            Self::Sent => Table::Sent,
            Self::Consents => Table::Consents,
        }
    }
}

/// Prints a table.
pub(super) fn export(
    workspace: &Workspace,
    wanted: &Wanted,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let folder = workspace.root.join(wanted.folder.as_ref().unwrap_or(&workspace.config.store.path));
    if !folder.is_dir() {
        return Err(Unusable::new(format!("there is no store at `{}` yet", folder.display()))
            .hint("`sayso serve` makes it"));
    }
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    runtime(false)?.block_on(async {
        let mut source = Source::open(&folder, cache_bytes).await?;
        let (mut after, mut printed) = (None, 0);
        loop {
            let page = source.page(wanted.what.table(), after).await;
            let page = page.map_err(|error| Unusable::new(error.to_string()))?;
            for item in page.items.iter().filter(|item| wanted.has(item)) {
                writeln!(streams.out, "{}", line(item)?)?;
                printed += 1;
            }
            after = page.next;
            if after.is_none() {
                // The store may hold a brand whose folder is gone; only one that neither knows is a slip.
                let known = |name: &str| workspace.brands.iter().any(|brand| brand.as_str() == name);
                let stranger = wanted.brand.as_deref().filter(|name| printed == 0 && !known(name));
                return stranger.map_or(Ok(Exit::Done), |name| Err(no_brand(workspace, name)));
            }
        }
    })
}

impl Wanted {
    fn has(&self, item: &Scanned) -> bool {
        let key = key_of(item);
        self.brand.as_ref().is_none_or(|brand| key.brand.as_str() == brand)
            && self.dialogue.is_none_or(|phone| key.phone == phone)
    }
}

fn line(item: &Scanned) -> Result<String, Unusable> {
    let line = match item {
        Scanned::Turn { seq, entry } => serde_json::to_string(&Logged::new(*seq, entry)),
        Scanned::Subscriber { .. } | Scanned::Row(_) | Scanned::Sent(_) | Scanned::Consent { .. } => {
            serde_json::to_string(item)
        }
    };
    line.map_err(|error| Unusable::new(error.to_string()))
}

fn key_of(item: &Scanned) -> &Key {
    match item {
        Scanned::Subscriber { key, .. } | Scanned::Consent { key, .. } => key,
        Scanned::Turn { entry, .. } => &entry.key,
        Scanned::Row(row) => &row.key,
        Scanned::Sent(sent) => &sent.key,
    }
}
