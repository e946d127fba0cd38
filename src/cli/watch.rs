//! `sayso check --watch`: checks again whenever a file of the workspace changes, until told to stop.

use super::serve::stop_signal;
use super::{Exit, Streams, Unusable, check, runtime};
use crate::diagnostic::Severity;
use crate::engine::{Clock, SystemClock};
use crate::workspace::{CONFIG_FILE, Workspace};
use jiff::tz::TimeZone;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

/// The folders of a workspace that hold its files.
const FOLDERS: [&str; 2] = ["flows", "grammars"];
/// Editors save in several steps: files are read when nothing has changed for so long.
const QUIET: Duration = Duration::from_millis(100);
/// So many times it is waited for quiet; then files are read though they still change.
const WAITS_MAX: usize = 20;

/// Checks now and after every change. What is wrong with the files does not end it, nor does a file that vanishes while it is
/// read: that is a diagnostic, and the next change tells better.
pub(super) fn watch(root: &Path, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    // As the system names it when it tells of changes.
    let root = root.canonicalize()?;
    runtime(false)?.block_on(async {
        let stop = stop_signal()?;
        tokio::pin!(stop);
        let mut watched = Watched::new(root.clone())?;
        loop {
            // First watched, then read: a change in between is read twice, and none is missed.
            watched.renew(streams)?;
            report(&Workspace::open(&root), json, streams)?;
            tokio::select! {
                () = &mut stop => return Ok(Exit::Done),
                () = watched.change() => {}
            }
        }
    })
}

/// Prints what was found, and when.
fn report(workspace: &Workspace, json: bool, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    check::print(workspace, json, streams)?;
    streams.err.flush()?;
    let now = SystemClock.now();
    if json {
        let count = |severity| workspace.found.count(severity);
        let (errors, warnings) = (count(Severity::Error), count(Severity::Warning));
        let notes = count(Severity::Note);
        let checked = json!({ "at": now, "errors": errors, "warnings": warnings, "notes": notes });
        writeln!(streams.out, "{}", json!({ "checked": checked }))?;
    } else {
        let time = now.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string();
        let (said, size) = (check::said(workspace), check::size(workspace));
        writeln!(streams.out, "── checked at {time}: {said} ({size})")?;
    }
    Ok(streams.out.flush()?)
}

/// The files of a workspace, watched.
pub(super) struct Watched {
    root: PathBuf,
    watcher: RecommendedWatcher,
    changes: Receiver<()>,
}

impl Watched {
    pub(super) fn new(root: PathBuf) -> Result<Self, Unusable> {
        // One word is enough, however much changes.
        let (tell, changes) = channel(1);
        let own = root.clone();
        let watcher = notify::recommended_watcher(move |told: notify::Result<Event>| {
            if told.map_or(true, |event| is_change(&own, &event)) {
                // Full: it is known already. Closed: nobody wants to know.
                let _known = tell.try_send(());
            }
        });
        let mut watcher = watcher.map_err(|error| unusable(&root, &error))?;
        watcher.watch(&root, RecursiveMode::NonRecursive).map_err(|error| unusable(&root, &error))?;
        Ok(Self { root, watcher, changes })
    }

    /// Watches the folders that are there now: one may have been taken away or put in another's place.
    pub(super) fn renew(&mut self, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        for folder in FOLDERS.map(|name| self.root.join(name)) {
            // It is no matter that it was not watched.
            let _before = self.watcher.unwatch(&folder);
            if let Err(error) = self.watcher.watch(&folder, RecursiveMode::Recursive)
                && folder.is_dir()
            {
                writeln!(streams.err, "warning: {}", unusable(&folder, &error))?;
            }
        }
        Ok(())
    }

    /// Done when something has changed and then nothing for a moment.
    pub(super) async fn change(&mut self) {
        if self.changes.recv().await.is_none() {
            // The watcher lives as long as we do.
            return std::future::pending().await;
        }
        for _ in 0..WAITS_MAX {
            if timeout(QUIET, self.changes.recv()).await.is_err() {
                break;
            }
        }
    }
}

/// Whether a file that is checked may read otherwise now. That it was read is no change: we read it ourselves.
fn is_change(root: &Path, event: &Event) -> bool {
    let is_ours = |path: &PathBuf| {
        let Ok(inside) = path.strip_prefix(root) else { return false };
        let hidden = inside.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."));
        let folder = FOLDERS.iter().any(|folder| inside.starts_with(folder));
        !hidden && (folder || inside == Path::new(CONFIG_FILE))
    };
    // What was lost may have been ours.
    event.need_rescan() || (!event.kind.is_access() && event.paths.iter().any(is_ours))
}

fn unusable(path: &Path, error: &notify::Error) -> Unusable {
    Unusable::new(format!("`{}` cannot be watched: {error}", path.display()))
}
