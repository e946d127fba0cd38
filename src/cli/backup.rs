//! `sayso backup` and `sayso restore`: the store in one file, and back.

use super::export::Source;
use super::{Exit, Streams, Unusable, no_store, runtime};
use crate::engine::{Clock, SystemClock};
use crate::store::{self, BackupError, Restored};
use crate::workspace::Workspace;
use jiff::Timestamp;
use serde_json::json;
use std::fs::File;
use std::io::{BufReader, BufWriter};
use std::path::{Path, PathBuf};

impl From<BackupError> for Unusable {
    fn from(error: BackupError) -> Self {
        let unusable = Self::new(error.to_string());
        match error {
            BackupError::Open(error) => error.into(),
            BackupError::Broken(_) => unusable.hint("take an earlier backup; nothing was changed"),
            BackupError::Newer { .. } => {
                unusable.hint("restore it with the version that made it, or a newer one")
            }
            BackupError::Occupied(_) => unusable
                .hint("move the folder away first: a store is never written over, and may still be of use"),
            BackupError::Io(_) | BackupError::Store(_) => {
                unusable.hint("nothing was changed; `sayso doctor` looks at the store and its disk")
            }
        }
    }
}

/// Writes a backup beside its place, reads it again, and puts it there.
pub(super) fn backup(
    workspace: &Workspace,
    to: &Path,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let store = workspace.root.join(&workspace.config.store.path);
    if !store.is_dir() {
        return Err(no_store(&store, "`sayso serve` makes it"));
    }
    let now = SystemClock.now();
    let file = place(to, now)?;
    let failed = |error: std::io::Error| {
        Unusable::new(format!("cannot write `{}`: {error}", file.display())).hint("nothing is left of it")
    };
    let beside = file.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let unfinished = tempfile::NamedTempFile::new_in(beside).map_err(failed)?;
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    let runtime = runtime(false)?;
    match runtime.block_on(Source::open(&store, cache_bytes))? {
        Source::Store(store) => {
            store.backup(now, BufWriter::new(unfinished.as_file()))?;
        }
        Source::Server(client) => {
            let into = unfinished.as_file().try_clone().map_err(failed)?;
            runtime.block_on(client.backup(into)).map_err(failed)?;
        }
    }
    unfinished.as_file().sync_all().map_err(failed)?;
    let whole = store::verify(BufReader::new(File::open(unfinished.path()).map_err(failed)?))?;
    let bytes = unfinished.as_file().metadata().map_err(failed)?.len();
    unfinished.persist_noclobber(&file).map_err(|error| failed(error.error))?;
    File::open(beside).and_then(|folder| folder.sync_all()).map_err(failed)?;
    if json {
        let line = json!({ "file": file, "at": whole.at, "records": whole.records, "bytes": bytes });
        writeln!(streams.out, "{line}")?;
    } else {
        let (records, file) = (whole.records, file.display());
        writeln!(streams.out, "{file}: {records} records, {bytes} bytes, read again and whole")?;
    }
    Ok(Exit::Done)
}

/// The file of a backup: as it is named, or by its moment in a folder. One that is there is never written over.
fn place(to: &Path, now: Timestamp) -> Result<PathBuf, Unusable> {
    let name = || format!("sayso-{}.backup", now.strftime("%Y-%m-%dT%H%M%SZ"));
    let file = if to.is_dir() { to.join(name()) } else { to.to_path_buf() };
    if file.exists() {
        return Err(Unusable::new(format!("`{}` is there already", file.display()))
            .hint("name another file, or a folder in which one is made"));
    }
    Ok(file)
}

/// Reads a backup to its end before anything is made of it.
pub(super) fn restore(
    workspace: &Workspace,
    file: &Path,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let failed = |error: std::io::Error| Unusable::new(format!("cannot read `{}`: {error}", file.display()));
    let open = || File::open(file).map(BufReader::new).map_err(failed);
    store::verify(open()?)?;
    let folder = workspace.root.join(&workspace.config.store.path);
    let restored = store::restore(open()?, &folder, SystemClock.now())?;
    if json {
        writeln!(streams.out, "{}", json!(restored))?;
        return Ok(Exit::Done);
    }
    let Restored { at, records, unknown, waiting } = restored;
    writeln!(streams.out, "`{}` is as it was on {at}: {records} records", folder.display())?;
    let people = if waiting == 1 { "person" } else { "people" };
    writeln!(
        streams.err,
        "{unknown} messages were open: they may have been sent since, and are `unknown` now (`sayso export outbox`)\n\
         {waiting} {people} waited for a time that is over: nothing is sent to them before they write\n\
         what came after {at} is not in it: enter the opt-outs since then before you serve"
    )?;
    Ok(Exit::Done)
}
