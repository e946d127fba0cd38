//! `sayso serve`: webhooks, timers, outbox, until told to stop.

use super::reload::Reloader;
use super::{Exit, Streams, Unusable, check, runtime};
use crate::bot::Bot;
use crate::config::Config;
use crate::engine::outside::Guarded;
use crate::engine::transport::Http;
use crate::engine::{Engine, Parts, Secrets, SystemChance, SystemClock};
use crate::server::api::reload::line;
use crate::server::{self, Doors, ServeError, socket};
use crate::store::{SledStore, Store};
use crate::workspace::Workspace;
use jiff::SignedDuration;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Serves. Brands with errors are printed and left out: they do not stop the others.
pub(super) fn serve(
    workspace: Workspace,
    listen: Option<SocketAddr>,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if workspace.found.has_errors() {
        check::check(&workspace, false, streams)?;
    }
    if workspace.config_is_broken() {
        return Err(Unusable::new("`sayso.toml` has errors")
            .hint("mend them first: a setting that is ignored does harm"));
    }
    if workspace.bots.is_empty() {
        return Err(Unusable::new("no brand can be served").hint("`sayso check` says what is wrong"));
    }
    let mut config = workspace.config.clone();
    config.server.listen = listen.unwrap_or(config.server.listen);
    let accounts = config.open_accounts(&workspace.root).map_err(|error| {
        Unusable::new(error.to_string()).hint("set it, or take the account out of `sayso.toml`")
    })?;
    let folder = workspace.root.join(&config.store.path);
    let store = Arc::new(SledStore::open(&folder, config.store.cache_mb * 1024 * 1024)?);
    let transport = Http::new().map_err(|error| Unusable::new(error.to_string()))?;
    let outside = Guarded::new(&config.outside.allow()).map_err(|error| Unusable::new(error.to_string()))?;
    let secrets = secrets(workspace.bots.iter(), &config, &workspace.root)?;
    let engine = Engine::new(Parts {
        bots: workspace.bots.clone(),
        closed: workspace.closed(),
        accounts,
        store: Arc::clone(&store) as Arc<dyn Store>,
        clock: Arc::new(SystemClock),
        transport: Arc::new(transport),
        outside: Arc::new(outside),
        secrets,
        chance: Arc::new(SystemChance),
        log_numbers: config.log.numbers,
    });
    let stale_after = SignedDuration::from_hours(config.outbox.stale_hours.get().into());
    let engine = engine.stale_after(stale_after);
    let engine = Arc::new(engine.measured());
    runtime(true)?.block_on(async {
        let address = config.server.listen;
        let listener = bind(address).await?;
        let metrics = metrics(&config, &engine, streams).await?;
        config.server.listen = listener.local_addr()?;
        let stop = stop_signal()?;
        let socket = folder.join(socket::NAME);
        let doors = Doors::open(listener, socket, store, &config, &workspace.root).map_err(unusable)?;
        let (brands, scheme) = (workspace.bots.len(), config.server.scheme());
        let (reload, asked) = line();
        let mut reloader = Reloader::new(workspace, Arc::clone(&engine), asked, streams)?;
        // Said when it is true: from here on it can be called, asked and stopped.
        writeln!(streams.err, "serving {brands} brands on {scheme}://{}", config.server.listen)?;
        streams.err.flush()?;
        tokio::select! {
            served = server::serve(engine, doors, &config, reload, stop) => served.map_err(unusable),
            broken = reloader.run(streams) => broken,
            ended = metrics => ended,
        }
    })?;
    Ok(Exit::Done)
}

async fn bind(address: SocketAddr) -> Result<TcpListener, Unusable> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|error| Unusable::new(format!("cannot listen on {address}: {error}")))
}

/// Tells metrics at an address of their own for as long as it is asked; waits for ever, where `sayso.toml` names none.
async fn metrics(
    config: &Config,
    engine: &Arc<Engine>,
    streams: &mut Streams<'_>,
) -> Result<impl Future<Output = Result<(), Unusable>> + use<>, Unusable> {
    let listener = match config.server.metrics {
        Some(address) => Some(bind(address).await?),
        None => None,
    };
    if let Some(listener) = &listener {
        writeln!(streams.err, "metrics on http://{}/metrics", listener.local_addr()?)?;
    }
    let engine = Arc::clone(engine);
    Ok(async move {
        match listener {
            Some(listener) => Ok(server::serve_metrics(engine, listener).await?),
            None => std::future::pending().await,
        }
    })
}

/// The secrets that the files of these brands may name.
pub(super) fn secrets<'b>(
    bots: impl Iterator<Item = &'b Arc<Bot>>,
    config: &Config,
    root: &Path,
) -> Result<Secrets, Unusable> {
    let mut secrets = Secrets::new();
    for bot in bots.filter(|bot| bot.secrets().next().is_some()) {
        let own = config.open_secrets(&bot.id, root).map_err(|error| {
            Unusable::new(error.to_string()).hint("set it, or take it out of `sayso.toml`")
        })?;
        secrets.insert(bot.kept_as.clone(), own);
    }
    Ok(secrets)
}

#[expect(clippy::needless_pass_by_value, reason = "the shape of `map_err`")]
fn unusable(error: ServeError) -> Unusable {
    Unusable::new(error.to_string())
}

/// Done when the process is told to end.
pub(super) fn stop_signal() -> Result<impl Future<Output = ()> + Send + 'static, Unusable> {
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
