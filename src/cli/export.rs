//! `sayso export`: what the store holds, as JSON lines; through the running server where it has the store open.

use super::{Exit, Streams, Unusable, What, no_brand, runtime};
use crate::server::socket::Client;
use crate::store::{Cursor, OpenError, Page, Scanned, SledStore, Store, StoreError, Table};
use crate::workspace::Workspace;
use std::path::Path;

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

/// Prints a table.
pub(super) fn export(
    workspace: &Workspace,
    what: What,
    brand: Option<&str>,
    folder: Option<&Path>,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let table = match what {
        What::Subscribers => Table::Subscribers,
        What::Turns => Table::Turns,
        What::Outbox => Table::Outbox,
        What::Sent => Table::Sent,
        What::Consents => Table::Consents,
    };
    let folder = workspace.root.join(folder.unwrap_or(&workspace.config.store.path));
    if !folder.is_dir() {
        return Err(Unusable::new(format!("there is no store at `{}` yet", folder.display()))
            .hint("`sayso serve` makes it"));
    }
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    runtime(false)?.block_on(async {
        let mut source = Source::open(&folder, cache_bytes).await?;
        let (mut after, mut printed) = (None, 0);
        loop {
            let page = source.page(table, after).await.map_err(|error| Unusable::new(error.to_string()))?;
            for item in page.items.iter().filter(|item| brand.is_none_or(|brand| brand_of(item) == brand)) {
                let line = serde_json::to_string(item).map_err(|error| Unusable::new(error.to_string()))?;
                writeln!(streams.out, "{line}")?;
                printed += 1;
            }
            after = page.next;
            if after.is_none() {
                // The store may hold a brand whose folder is gone; only one that neither knows is a slip.
                let known = |name: &str| workspace.brands.iter().any(|brand| brand.as_str() == name);
                let stranger = brand.filter(|name| printed == 0 && !known(name));
                return stranger.map_or(Ok(Exit::Done), |name| Err(no_brand(workspace, name)));
            }
        }
    })
}

fn brand_of(item: &Scanned) -> &str {
    match item {
        Scanned::Subscriber { key, .. } | Scanned::Consent { key, .. } | Scanned::Review { key, .. } => {
            key.brand.as_str()
        }
        Scanned::Turn { entry, .. } => entry.key.brand.as_str(),
        Scanned::Row(row) => row.key.brand.as_str(),
        Scanned::Sent(sent) => sent.key.brand.as_str(),
    }
}
