//! The files of a workspace: those on disk, and texts that stand in for them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Texts that stand in for files on disk, by full path: what is written in an editor and not saved yet. A file that is
/// only here is read as if it were on disk.
pub type Overlay = BTreeMap<PathBuf, Arc<str>>;

/// Files as they are read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Files<'o>(pub(super) &'o Overlay);

impl Files<'_> {
    /// The bytes of a file.
    pub(super) fn read(self, path: &Path) -> std::io::Result<Vec<u8>> {
        match self.0.get(path) {
            Some(text) => Ok(text.as_bytes().to_vec()),
            None => std::fs::read(path),
        }
    }

    pub(super) fn is_file(self, path: &Path) -> bool {
        self.0.contains_key(path) || path.is_file()
    }

    /// The folders of a folder, in order of name.
    pub(super) fn folders_in(self, parent: &Path) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
        let written = self.0.keys().filter_map(|path| path.parent());
        let written = written.filter(|folder| folder.parent() == Some(parent)).map(Path::to_path_buf);
        let on_disk = entries.filter(|path| path.is_dir());
        sorted(on_disk.chain(written).filter(|path| !is_hidden(path)))
    }

    /// Files of a folder with that ending, in order of name; none where there is no such folder.
    pub(super) fn files_in(self, folder: &Path, ending: &str) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
        let written = self.0.keys().filter(|path| path.parent() == Some(folder)).cloned();
        let on_disk = entries.filter(|path| path.is_file());
        let all = on_disk.chain(written).filter(|path| path.extension().is_some_and(|e| e == ending));
        sorted(all.filter(|path| !is_hidden(path)))
    }
}

fn sorted(paths: impl Iterator<Item = PathBuf>) -> Vec<PathBuf> {
    let mut paths: Vec<PathBuf> = paths.collect();
    paths.sort();
    paths.dedup();
    paths
}

fn is_hidden(path: &Path) -> bool {
    path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"."))
}
