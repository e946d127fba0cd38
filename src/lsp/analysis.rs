//! A workspace as it was checked, with the texts of open documents, and what all requests ask of it: which name stands
//! where.

use super::chats;
use super::documents::{Documents, uri_of};
use super::position::{Encoding, Page};
use crate::bot::{Mention, Role, Symbol};
use crate::diagnostic::{Diagnostic, FileId, Place, Severity, Source};
use crate::outline::Reader;
use crate::sms::BrandId;
use crate::transcript;
use crate::workspace::{Mentions, Overlay, Workspace};
use lsp_types::{Location, Range, Uri};
use std::collections::BTreeMap;
use std::ops::Range as Bytes;
use std::path::{Path, PathBuf};

/// A workspace as it was checked.
pub(super) struct Analysis {
    workspace: Workspace,
    mentions: Mentions,
    report: Vec<Diagnostic>,
    files: BTreeMap<PathBuf, FileId>,
    documents: Documents,
    encoding: Encoding,
}

/// Whose names are meant: those of one brand, or those that all share.
pub(super) type Scope = Option<BrandId>;

/// A name that was found at a position.
#[derive(Clone, Copy)]
pub(super) struct Named<'a> {
    /// Whose it is.
    pub(super) scope: Option<&'a BrandId>,
    /// The name.
    pub(super) mention: &'a Mention,
}

impl Analysis {
    /// Reads and checks a workspace with the texts of open documents. O(bytes of all files).
    pub(super) fn check(root: &Path, documents: Documents, encoding: Encoding) -> Self {
        let overlay = documents.overlay();
        let (mut workspace, mut mentions) = Workspace::open_in_editor(root, &overlay);
        // An editor runs no dialogues.
        workspace.bots = Vec::new();
        for brand in workspace.brands.clone() {
            read_chats(&mut workspace, &mut mentions, &brand, &overlay);
        }
        let files = workspace.sources.iter().map(|(id, source)| (root.join(&source.path), id)).collect();
        let (report, _) = workspace.found.clone().into_report();
        Self { workspace, mentions, report, files, documents, encoding }
    }

    /// All that was found, sorted by place.
    pub(super) fn report(&self) -> &[Diagnostic] {
        &self.report
    }

    /// All errors, also those that are too many to be shown.
    pub(super) fn errors(&self) -> impl Iterator<Item = &Diagnostic> {
        self.workspace.found.iter().filter(|found| found.code.severity() == Severity::Error)
    }

    /// The documents as they were when it was checked.
    pub(super) fn documents(&self) -> &Documents {
        &self.documents
    }

    pub(super) fn root(&self) -> &Path {
        &self.workspace.root
    }

    pub(super) fn source(&self, file: FileId) -> &Source {
        self.workspace.sources.get(file)
    }

    /// The full path of a file.
    pub(super) fn path(&self, file: FileId) -> PathBuf {
        self.workspace.root.join(&self.source(file).path)
    }

    /// The file of a full path.
    pub(super) fn file(&self, path: &Path) -> Option<FileId> {
        self.files.get(path).copied()
    }

    /// The words at a place.
    pub(super) fn slice(&self, place: Place) -> &str {
        self.workspace.sources.slice(place)
    }

    pub(super) fn page(&self, file: FileId) -> Page<'_> {
        Page::new(&self.source(file).text, self.encoding)
    }

    pub(super) fn range(&self, place: Place) -> Range {
        self.page(place.file).range(place.range())
    }

    /// The name of a file as the editor knows it.
    pub(super) fn uri(&self, file: FileId) -> Option<Uri> {
        let path = self.path(file);
        self.documents.get(&path).map_or_else(|| uri_of(&path), |document| Some(document.uri.clone()))
    }

    pub(super) fn location(&self, place: Place) -> Option<Location> {
        Some(Location { uri: self.uri(place.file)?, range: self.range(place) })
    }

    /// The brand that a file belongs to, by its folder.
    pub(super) fn brand_of(&self, path: &Path) -> Option<&BrandId> {
        let mut parts = path.strip_prefix(&self.workspace.root).ok()?.components();
        let (top, brand) = (parts.next()?, parts.next()?);
        let is_deeper =
            parts.next().is_some() && matches!(top.as_os_str().to_str(), Some("flows" | "grammars"));
        is_deeper.then(|| self.workspace.brands.iter().find(|id| brand.as_os_str() == id.as_str()))?
    }

    /// The name at a position, or right before it.
    pub(super) fn named(&self, path: &Path, byte: usize) -> Option<Named<'_>> {
        let file = self.file(path)?;
        let scope = self.brand_of(path);
        let here = self.mentions_in(scope).iter().filter(|mention| mention.place.file == file);
        let at = |mention: &&Mention| {
            let bytes = mention.place.range();
            bytes.start <= byte && byte <= bytes.end
        };
        // Where two names touch, as in `flow.node`, the one that begins at the byte is meant.
        let mention = here.filter(at).max_by_key(|mention| mention.place.start)?;
        Some(Named { scope, mention })
    }

    /// The mentions in the files of a scope.
    pub(super) fn mentions_in(&self, scope: Option<&BrandId>) -> &[Mention] {
        match scope {
            Some(brand) => self.mentions.brands.get(brand).map_or(&[], Vec::as_slice),
            None => &self.mentions.shared,
        }
    }

    fn declares(&self, scope: Option<&BrandId>, of: &Symbol) -> bool {
        self.mentions_in(scope).iter().any(|mention| mention.role == Role::Declared && mention.of == *of)
    }

    /// The scope that declares what a name of another scope stands for: intents and types may be shared.
    pub(super) fn home(&self, named: Named<'_>) -> Scope {
        let of = &named.mention.of;
        let may_be_shared = matches!(of, Symbol::Intent(_) | Symbol::Type(_));
        let is_shared = may_be_shared && !self.declares(named.scope, of) && self.declares(None, of);
        named.scope.filter(|_| !is_shared).cloned()
    }

    /// All places where something is meant, by its home: what is shared is used by the brands, unless they have one of
    /// their own.
    pub(super) fn all(&self, home: &Scope, of: &Symbol) -> Vec<&Mention> {
        let brands = self.mentions.brands.keys().map(Some);
        let scopes: Vec<Option<&BrandId>> = match home {
            Some(brand) => vec![Some(brand)],
            None => brands.filter(|brand| !self.declares(*brand, of)).chain([None]).collect(),
        };
        let within = scopes.into_iter().flat_map(|scope| self.mentions_in(scope));
        within.filter(|mention| mention.of == *of).collect()
    }

    /// What is declared where `scope` looks, its own and the shared: flows, fields, intents …
    pub(super) fn declared<'a>(&'a self, scope: Option<&BrandId>) -> impl Iterator<Item = &'a Mention> {
        let shared: &[Mention] = if scope.is_some() { &self.mentions.shared } else { &[] };
        let shared = shared.iter().filter(|m| matches!(m.of, Symbol::Intent(_) | Symbol::Type(_)));
        let all = self.mentions_in(scope).iter().chain(shared);
        all.filter(|mention| mention.role == Role::Declared)
    }

    /// The texts of a brand's own files.
    pub(super) fn texts_of<'a>(&'a self, brand: Option<&'a BrandId>) -> impl Iterator<Item = &'a str> {
        let sources = self.workspace.sources.iter().map(|(_, source)| source);
        let own =
            sources.filter(move |source| self.brand_of(&self.workspace.root.join(&source.path)) == brand);
        own.map(|source| source.text.as_str())
    }

    /// The flow, and the node of it, that a place of a flow file lies in.
    pub(super) fn within(&self, scope: Option<&BrandId>, place: Place) -> Option<(&str, Option<&str>)> {
        let before = self.mentions_in(scope).iter().rev().filter(|mention| {
            mention.role == Role::Declared && mention.place.file == place.file && mention.place <= place
        });
        let mut node = None;
        for mention in before {
            if let Symbol::Flow(flow) = &mention.of {
                return Some((flow, node.filter(|(of, _)| *of == flow).map(|(_, name)| name)));
            }
            if let (Symbol::Node { flow, name }, None) = (&mention.of, node) {
                node = Some((flow, name.as_str()));
            }
        }
        None
    }

    /// A place as people are told it: `flows/scoops/welcome.flow:7`.
    pub(super) fn told(&self, place: Place) -> String {
        let (line, _) = self.workspace.sources.line_column(place.file, place.range().start);
        format!("{}:{line}", self.source(place.file).path.display())
    }

    /// The line that a byte of a file lies in, without the blanks around it.
    pub(super) fn line(&self, place: Place) -> &str {
        let text = &self.source(place.file).text;
        text.get(line_at(text, place.range().start)).unwrap_or_default().trim()
    }

    /// A declaration as it is written: its line and what is indented below it.
    pub(super) fn declaration(&self, place: Place) -> &str {
        let text = &self.source(place.file).text;
        text.get(block_at(text, place.range().start)).unwrap_or_default().trim_end()
    }
}

/// Adds the conversations of a brand to what was read: mistakes in them, and the names that they use.
fn read_chats(workspace: &mut Workspace, mentions: &mut Mentions, folder: &BrandId, overlay: &Overlay) {
    for path in workspace.chats_with(folder, overlay) {
        let read = overlay.get(&path).map(ToString::to_string);
        let Some(text) = read.or_else(|| std::fs::read_to_string(&path).ok()) else { continue };
        let file = workspace.sources.add(workspace.shown(&path), text.as_str());
        let chat = transcript::parse(&text, &mut Reader::new(file, &mut workspace.found));
        let brand = chat.brand.as_ref().map_or_else(|| folder.clone(), |at| BrandId::from(at.value.as_str()));
        let Some(names) = mentions.brands.get_mut(&brand) else { continue };
        let is_known =
            |of: &Symbol| names.iter().any(|mention| mention.role == Role::Declared && mention.of == *of);
        let more = chats::mentions(&chat, &workspace.sources, is_known);
        names.extend(more);
    }
}

/// The line that a byte lies in, without its end.
pub(super) fn line_at(text: &str, byte: usize) -> Bytes<usize> {
    let byte = byte.min(text.len());
    let start = text[..byte].rfind(['\n', '\r']).map_or(0, |end| end + 1);
    let end = text[byte..].find(['\n', '\r']).map_or(text.len(), |end| byte + end);
    start..end
}

/// The line that a byte lies in, and the lines below it that are indented deeper.
pub(super) fn block_at(text: &str, byte: usize) -> Bytes<usize> {
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    let first = line_at(text, byte);
    let depth = indent(&text[first.clone()]);
    let mut end = first.end;
    let mut at = first.end;
    for line in text[first.end..].split_inclusive('\n') {
        let words = line.trim();
        // The first piece is the end of the line itself.
        if at > first.end && !words.is_empty() && !words.starts_with('#') {
            if indent(line) <= depth {
                break;
            }
            end = at + line.trim_end().len();
        }
        at += line.len();
    }
    first.start..end
}
