//! `sayso check --watch`: checks again whenever a file of the workspace changes, until told to stop.

use super::serve::stop_signal;
use super::{Exit, Streams, Unusable, check, runtime};
use crate::diagnostic::Severity;
use crate::engine::{Clock, SystemClock};
use crate::sms::BrandId;
use crate::workspace::{CONFIG_FILE, Workspace};
use jiff::tz::TimeZone;
use notify::{Event, RecommendedWatcher, RecursiveMode, Watcher};
use serde_json::json;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::mpsc::{Receiver, channel};
use tokio::time::timeout;

/// The folders of a workspace that hold its files.
const FOLDERS: [&str; 3] = ["flows", "grammars", "providers"];
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
                _ = watched.change() => {}
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

/// What may read otherwise now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Changed {
    /// Files of these brands alone.
    Brands(BTreeSet<BrandId>),
    /// Something that all of them share, or nobody knows what.
    All,
}

impl Changed {
    fn and(&mut self, other: Self) {
        match (&mut *self, other) {
            (Self::Brands(brands), Self::Brands(others)) => brands.extend(others),
            (_, Self::All) => *self = Self::All,
            (Self::All, Self::Brands(_)) => {}
        }
    }
}

/// The files of a workspace, watched.
pub(super) struct Watched {
    root: PathBuf,
    watcher: RecommendedWatcher,
    told: Receiver<()>,
    changed: Arc<Mutex<Option<Changed>>>,
}

impl Watched {
    pub(super) fn new(root: PathBuf) -> Result<Self, Unusable> {
        // One word is enough, however much changes.
        let (tell, told) = channel(1);
        let changed = Arc::new(Mutex::new(None::<Changed>));
        let (own, noted) = (root.clone(), Arc::clone(&changed));
        let watcher = notify::recommended_watcher(move |event: notify::Result<Event>| {
            if let Some(more) = event.map_or(Some(Changed::All), |event| change(&own, &event)) {
                let mut noted = noted.lock().unwrap_or_else(PoisonError::into_inner);
                match &mut *noted {
                    Some(changed) => changed.and(more),
                    nothing @ None => *nothing = Some(more),
                }
                // Full: it is known already. Closed: nobody wants to know.
                let _known = tell.try_send(());
            }
        });
        let mut watcher = watcher.map_err(|error| unusable(&root, &error))?;
        watcher.watch(&root, RecursiveMode::NonRecursive).map_err(|error| unusable(&root, &error))?;
        Ok(Self { root, watcher, told, changed })
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

    /// What has changed, when then nothing has for a moment.
    pub(super) async fn change(&mut self) -> Changed {
        if self.told.recv().await.is_none() {
            // The watcher lives as long as we do.
            return std::future::pending().await;
        }
        for _ in 0..WAITS_MAX {
            if timeout(QUIET, self.told.recv()).await.is_err() {
                break;
            }
        }
        self.changed.lock().unwrap_or_else(PoisonError::into_inner).take().unwrap_or(Changed::All)
    }
}

/// What may read otherwise now, if anything. That a file was read is no change: we read it ourselves.
fn change(root: &Path, event: &Event) -> Option<Changed> {
    // What was lost may have been ours.
    if event.need_rescan() {
        return Some(Changed::All);
    }
    let touched =
        event.paths.iter().filter(|_| !event.kind.is_access()).filter_map(|path| touched(root, path));
    touched.reduce(|mut all, more| {
        all.and(more);
        all
    })
}

fn touched(root: &Path, path: &Path) -> Option<Changed> {
    let inside = path.strip_prefix(root).ok()?;
    let mut parts = inside.iter().filter_map(|part| part.to_str());
    let (folder, name) = (parts.next()?, parts.next());
    if inside.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b".")) {
        return None;
    }
    match (folder, name) {
        ("flows" | "grammars", Some(name)) if !name.ends_with(".grammar") => {
            Some(Changed::Brands(BTreeSet::from([BrandId::from(name)])))
        }
        _ => (folder == CONFIG_FILE || FOLDERS.contains(&folder)).then_some(Changed::All),
    }
}

fn unusable(path: &Path, error: &notify::Error) -> Unusable {
    Unusable::new(format!("`{}` cannot be watched: {error}", path.display()))
}
