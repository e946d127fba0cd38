//! Where verbs that change the store, or ask it about one person, are served: at an engine of their own, or at the server that
//! has the store open. Both do the same.

use super::export::Source;
use super::{Exit, Streams, Unusable, no_brand, no_store};
use crate::engine::{Engine, Parts};
use crate::server::socket::{Client, Request, Response, answer};
use crate::sms::{BrandId, Key};
use crate::store::{Cursor, Scanned, SledStore, Table};
use crate::workspace::Workspace;
use std::io::{BufRead, IsTerminal};
use std::sync::Arc;

/// Things that are read at once.
const PAGE: usize = 500;

/// Where a verb is served.
pub(super) enum Desk {
    Here(Arc<Engine>),
    Server(Client),
}

impl Desk {
    /// The store of the workspace, or the server that has it open.
    pub(super) async fn open(workspace: &Workspace) -> Result<Self, Unusable> {
        let folder = workspace.root.join(&workspace.config.store.path);
        if !folder.is_dir() {
            return Err(no_store(&folder, "`sayso serve` makes it"));
        }
        let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
        Ok(match Source::open(&folder, cache_bytes).await? {
            Source::Store(store) => Self::Here(engine(workspace, store)),
            Source::Server(client) => Self::Server(client),
        })
    }

    /// Whether others write to the store meanwhile.
    pub(super) fn is_live(&self) -> bool {
        matches!(self, Self::Server(_))
    }

    /// Asks for something; what cannot be done is an error.
    pub(super) async fn ask(&mut self, request: Request) -> Result<Response, Unusable> {
        let response = match self {
            Self::Here(engine) => answer(request, engine).await,
            Self::Server(client) => {
                client.ask(&request).await.map_err(|error| Unusable::new(error.to_string()))?
            }
        };
        if let Response::Error(why) = response {
            return Err(Unusable::new(why));
        }
        Ok(response)
    }

    /// Everything of one kind, or what of it is one person's, page by page.
    pub(super) async fn each(
        &mut self,
        what: Table,
        only: Option<&Key>,
        mut work: impl FnMut(Scanned) -> Result<(), Unusable>,
    ) -> Result<(), Unusable> {
        let mut after: Option<Cursor> = None;
        loop {
            let request = Request::Scan { what, after, limit: PAGE, only: only.cloned() };
            let Response::Page { items, next } = self.ask(request).await? else { return Err(strange()) };
            items.into_iter().try_for_each(&mut work)?;
            after = next;
            if after.is_none() {
                return Ok(());
            }
        }
    }
}

/// That the server answers something else than it was asked: it is of another version.
pub(super) fn strange() -> Unusable {
    Unusable::new("the server answers something else than it was asked")
        .hint("is it of another version? start it anew")
}

/// An engine that sends nothing.
fn engine(workspace: &Workspace, store: SledStore) -> Arc<Engine> {
    Arc::new(Engine::new(Parts {
        closed: workspace.closed(),
        log_numbers: workspace.config.log.numbers,
        ..Parts::alone(workspace.bots.clone(), Arc::new(store))
    }))
}

/// The name under which the data of the brand is kept that somebody means. The store may hold a brand whose folder is gone,
/// under its own name.
pub(super) fn kept_as(workspace: &Workspace, name: Option<&str>) -> Result<BrandId, Unusable> {
    match (name, workspace.brands.as_slice()) {
        (Some(name), _) => Ok(workspace.kept_as(&BrandId::from(name)).clone()),
        (None, [only]) => Ok(workspace.kept_as(only).clone()),
        (None, brands) => {
            let list = brands.iter().map(BrandId::as_str).collect::<Vec<_>>().join(", ");
            Err(Unusable::new("which brand?").hint(format!("name one by `--brand`: {list}")))
        }
    }
}

/// That a brand knows nobody by this number; or that there is no such brand, where the name may be a slip.
pub(super) fn nobody(workspace: &Workspace, key: &Key) -> Unusable {
    let called = workspace.called(&key.brand);
    if workspace.brands.contains(called) {
        Unusable::new(format!("the brand `{called}` knows nobody by the number {}", key.phone))
    } else {
        no_brand(workspace, called.as_str())
    }
}

/// Whether somebody at the terminal, or the flag, says yes. Without a terminal nobody is asked.
pub(super) fn agreed(yes: bool, streams: &mut Streams<'_>) -> Result<bool, Unusable> {
    if yes {
        return Ok(true);
    }
    if !(streams.terminal && std::io::stdin().is_terminal()) {
        let hint = "add `--yes` to do it";
        return Err(Unusable::new("nothing was done: nobody is here to say yes").hint(hint));
    }
    write!(streams.err, "do it? [y/N] ")?;
    streams.err.flush()?;
    let mut line = String::new();
    std::io::stdin().lock().read_line(&mut line)?;
    Ok(matches!(line.trim(), "y" | "Y" | "yes"))
}

/// What a verb comes to that was not agreed to.
pub(super) fn left_alone(streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    writeln!(streams.err, "nothing was done")?;
    Ok(Exit::Found)
}
