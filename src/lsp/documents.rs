//! The documents that are open in the editor, and what is typed into them.

use super::position::{Encoding, Page};
use crate::format::Kind;
use crate::workspace::Overlay;
use lsp_types::{TextDocumentContentChangeEvent, Uri};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// An open document.
#[derive(Debug, Clone)]
pub(super) struct Document {
    /// As the editor names it.
    pub(super) uri: Uri,
    /// The editor's number of this text.
    pub(super) version: i32,
    /// What is written.
    pub(super) text: Arc<str>,
}

/// The open documents by full path. What has no path on disk cannot belong to a workspace and is left alone.
#[derive(Debug, Clone, Default)]
pub(super) struct Documents(BTreeMap<PathBuf, Document>);

impl Documents {
    pub(super) fn open(&mut self, path: PathBuf, document: Document) {
        self.0.insert(path, document);
    }

    pub(super) fn close(&mut self, path: &Path) -> Option<Document> {
        self.0.remove(path)
    }

    pub(super) fn get(&self, path: &Path) -> Option<&Document> {
        self.0.get(path)
    }

    /// Takes over what was typed; whether the document is open.
    pub(super) fn change(
        &mut self,
        path: &Path,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) -> bool {
        let Some(document) = self.0.get_mut(path) else { return false };
        document.version = version;
        document.text = edited(&document.text, changes, encoding).into();
        true
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = (&Path, &Document)> {
        self.0.iter().map(|(path, document)| (path.as_path(), document))
    }

    /// Those that are chosen, alone.
    pub(super) fn filtered(&self, chosen: impl Fn(&Path) -> bool) -> Self {
        let chosen = self.0.iter().filter(|(path, _)| chosen(path));
        Self(chosen.map(|(path, document)| (path.clone(), document.clone())).collect())
    }

    /// Their texts.
    pub(super) fn overlay(&self) -> Overlay {
        self.0.iter().map(|(path, document)| (path.clone(), Arc::clone(&document.text))).collect()
    }
}

/// A text after some changes; each is meant for the text that the one before it left.
fn edited(text: &str, changes: Vec<TextDocumentContentChangeEvent>, encoding: Encoding) -> String {
    let mut text = text.to_owned();
    for change in changes {
        match change {
            TextDocumentContentChangeEvent::TextDocumentContentChangePartial(change) => {
                let bytes = Page::new(&text, encoding).bytes(change.range);
                text.replace_range(bytes, &change.text);
            }
            TextDocumentContentChangeEvent::TextDocumentContentChangeWholeDocument(change) => {
                text = change.text;
            }
        }
    }
    text
}

/// What a file is written in, by its name; none where it is nothing of ours.
pub(super) fn kind_of(path: &Path) -> Option<Kind> {
    Kind::of(path.file_name()?.to_str()?)
}

/// The path of a document on disk, without `.` and `..`.
pub(super) fn path_of(uri: &Uri) -> Option<PathBuf> {
    (uri.scheme() == "file").then(|| uri.to_file_path().ok())?
}

/// The name of a file on disk, as editors write it.
pub(super) fn uri_of(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{from_value, json};

    #[test]
    fn changes_are_applied_one_after_the_other() {
        let changes = from_value(json!([
            { "range": { "start": { "line": 0, "character": 6 }, "end": { "line": 0, "character": 6 } },
              "text": "\u{e9}\u{1f366}" },
            { "range": { "start": { "line": 0, "character": 9 }, "end": { "line": 1, "character": 2 } },
              "text": "!\n" },
        ]))
        .unwrap();
        assert_eq!(edited("node caf\nxyz\n", changes, Encoding::Utf16), "node c\u{e9}\u{1f366}!\nz\n");
        let whole = from_value(json!([{ "text": "flow a\n" }])).unwrap();
        assert_eq!(edited("node", whole, Encoding::Utf8), "flow a\n");
    }

    #[test]
    fn only_documents_on_disk_have_paths() {
        let path = |uri: &str| path_of(&uri.parse().unwrap());
        assert_eq!(path("file:///tmp/a%20b/x.flow"), Some("/tmp/a b/x.flow".into()));
        assert_eq!(path("untitled:Untitled-1"), None);
        assert_eq!(path("file://elsewhere/x.flow"), None, "on another machine");
        assert_eq!(uri_of(Path::new("/tmp/a b")).unwrap().as_str(), "file:///tmp/a%20b");
    }
}
