//! Files that change while they are served: what changed is read again and put in place; what has errors goes on as it was.

use super::serve::secrets;
use super::watch::{Changed, Watched};
use super::{Streams, Unusable};
use crate::diagnostic::{Severity, draw};
use crate::engine::{Engine, Served};
use crate::provider::Account;
use crate::server::api::reload::{Asked, Reloaded};
use crate::sms::BrandId;
use crate::workspace::{CONFIG_FILE, Live, Reread, Workspace};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::signal::unix::{Signal, SignalKind, signal};

/// What is served, and the files that it comes from.
pub(super) struct Reloader {
    root: PathBuf,
    live: Arc<Mutex<Live>>,
    engine: Arc<Engine>,
    /// Nothing, where the system does not tell of changes: then only a signal does.
    watched: Option<Watched>,
    hangup: Signal,
    /// Whoever asks by the API.
    asked: Asked,
}

impl Reloader {
    /// A workspace that this engine serves, watched from now on.
    pub(super) fn new(
        workspace: Workspace,
        engine: Arc<Engine>,
        asked: Asked,
        streams: &mut Streams<'_>,
    ) -> Result<Self, Unusable> {
        // As the system names it when it tells of changes.
        let root = workspace.root.canonicalize()?;
        let watched = match Watched::new(root.clone()) {
            Ok(mut watched) => {
                watched.renew(streams)?;
                Some(watched)
            }
            Err(error) => {
                writeln!(streams.err, "warning: {error}; send SIGHUP after a change")?;
                None
            }
        };
        let live = Arc::new(Mutex::new(Live::of(workspace)));
        Ok(Self { root, live, engine, watched, hangup: signal(SignalKind::hangup())?, asked })
    }

    /// Reads what changes, for as long as it is asked: files when they are saved, everything at a SIGHUP or when the API is asked.
    pub(super) async fn run(&mut self, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        loop {
            let (mut changed, mut asks) = (Changed::All, None);
            let files = async {
                match &mut self.watched {
                    Some(watched) => watched.change().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                files = files => changed = files,
                _ = self.hangup.recv() => {}
                Some(answer) = self.asked.recv() => asks = Some(answer),
            }
            // First watched, then read: a change in between is read twice, and none is missed.
            if let Some(watched) = &mut self.watched {
                watched.renew(streams)?;
            }
            let (engine, live, root) = (Arc::clone(&self.engine), Arc::clone(&self.live), self.root.clone());
            // Turns go on on the other threads.
            let read = tokio::task::spawn_blocking(move || {
                let mut live = live.lock().unwrap_or_else(PoisonError::into_inner);
                let (reread, accounts) = read_again(&mut live, &changed, &root);
                let put = accounts.and_then(|accounts| put(&engine, &live, &root, accounts));
                (reread, put)
            });
            match read.await {
                Ok((reread, put)) => {
                    if let Some(asks) = asks {
                        // Whoever asked may have gone away.
                        let _heard = asks.send(reloaded(&reread, &put));
                    }
                    report(&reread, put, streams)?;
                }
                Err(panic) => tracing::error!(%panic, "the files could not be read again"),
            }
        }
    }
}

/// What was read, and the accounts where these were opened again too; or why nothing is put in place.
type Read = (Reread, Result<Option<Vec<Account>>, String>);

fn read_again(live: &mut Live, changed: &Changed, root: &Path) -> Read {
    let workspace = match changed {
        Changed::Brands(brands) => return (live.reread(brands), Ok(None)),
        Changed::All => Workspace::open(root),
    };
    let why = if workspace.config_is_broken() {
        Some(format!("`{CONFIG_FILE}` has errors"))
    } else {
        for table in live.config().needs_restart(&workspace.config) {
            tracing::warn!(table, "this is read at the next start alone");
        }
        None
    };
    let accounts = match why {
        Some(why) => Err(why),
        None => workspace.config.open_accounts(root).map_err(|error| error.to_string()),
    };
    match accounts {
        Ok(accounts) => (live.replace(workspace), Ok(Some(accounts))),
        Err(why) => {
            let Workspace { sources, found, .. } = workspace;
            (Reread { sources, found, ..Reread::default() }, Err(why))
        }
    }
}

/// Puts what was read in place of what is served.
fn put(engine: &Engine, live: &Live, root: &Path, accounts: Option<Vec<Account>>) -> Result<(), String> {
    let secrets = secrets(live.bots(), live.config(), root).map_err(|error| error.to_string())?;
    let bots = live.bots().cloned().collect();
    engine.serve(Served { bots, closed: live.closed(), secrets, accounts });
    Ok(())
}

/// The same for whoever asked by the API.
fn reloaded(reread: &Reread, put: &Result<(), String>) -> Reloaded {
    let named = |brands: &[BrandId]| brands.iter().map(ToString::to_string).collect();
    let (mut errors, _) = reread.found.clone().into_report();
    errors.retain(|diagnostic| diagnostic.code.severity() == Severity::Error);
    Reloaded {
        changed: named(&reread.changed),
        kept: named(&reread.kept),
        gone: named(&reread.gone),
        errors: errors.len(),
        refused: put.as_ref().err().cloned(),
    }
}

/// Says what is wrong in the files that were read, and what became of their brands.
fn report(reread: &Reread, put: Result<(), String>, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let (mut errors, _) = reread.found.clone().into_report();
    errors.retain(|diagnostic| diagnostic.code.severity() == Severity::Error);
    write!(streams.err, "{}", draw(&reread.sources, &errors, streams.colour))?;
    streams.err.flush()?;
    if let Err(why) = put {
        tracing::error!(%why, "nothing is put in place: everything goes on as it was");
        return Ok(());
    }
    for brand in &reread.changed {
        tracing::info!(%brand, "a brand is served as its files are now");
    }
    for brand in &reread.kept {
        tracing::error!(%brand, "a brand has errors: it goes on as it was");
    }
    for brand in &reread.gone {
        tracing::warn!(%brand, "a brand is served no more");
    }
    Ok(())
}
