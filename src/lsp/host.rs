//! The conversation with the editor: what it opens and types, which checks follow from that, and who is answered when.

use super::analysis::Analysis;
use super::checker::{Checker, Job, Outcome, words};
use super::documents::{Document, Documents, path_of};
use super::requests::{self, Answer, Editor, Needs, Refusal};
use super::{diagnostics, symbols};
use crate::workspace::{CONFIG_FILE, find};
use lsp_server::{ErrorCode, Message, Notification, Request, RequestId, Response};
use lsp_types::{
    Diagnostic, DidChangeTextDocumentParams, DidChangeWorkspaceFoldersParams, DidOpenTextDocumentParams,
    MessageType, PublishDiagnosticsParams, ShowMessageParams, Uri,
};
use serde::Serialize;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::rc::Rc;

/// What goes to the editor; an error where it is gone.
pub(super) type Sent = Result<(), crossbeam_channel::SendError<Message>>;

/// Everything that is known about the editor and what is open in it.
pub(super) struct Host {
    out: crossbeam_channel::Sender<Message>,
    editor: Editor,
    folders: Vec<PathBuf>,
    documents: Documents,
    roots: BTreeMap<PathBuf, Root>,
    /// Documents that lie in no workspace, with what is shown about them.
    alone: BTreeSet<PathBuf>,
    deferred: Vec<Deferred>,
    asked: u64,
    /// The thread that checks.
    pub(super) checker: Checker,
    /// Whether the editor has said that it is about to end.
    pub(super) is_shut_down: bool,
}

/// A workspace, and what was found in it.
#[derive(Default)]
struct Root {
    /// The number of the newest check that was asked for.
    asked: u64,
    /// The number of the newest that is done.
    done: u64,
    /// What the last one found that did not fail.
    analysis: Option<Rc<Analysis>>,
    /// The words of the panic, if the last one failed.
    failed: Option<String>,
    /// What the editor shows.
    shown: BTreeMap<PathBuf, (Uri, Vec<Diagnostic>)>,
}

/// A request that waits for a check.
struct Deferred {
    request: Request,
    path: PathBuf,
    root: PathBuf,
    /// The check it waits for, or a newer one.
    number: u64,
    /// The document that its position is meant for.
    version: Option<i32>,
}

impl Host {
    pub(super) fn new(
        out: crossbeam_channel::Sender<Message>,
        editor: Editor,
        folders: Vec<PathBuf>,
        checker: Checker,
    ) -> Self {
        Self {
            out,
            editor,
            folders,
            documents: Documents::default(),
            roots: BTreeMap::new(),
            alone: BTreeSet::new(),
            deferred: Vec::new(),
            asked: 0,
            checker,
            is_shut_down: false,
        }
    }

    /// Answers a request, now or when the check that it needs is done.
    pub(super) fn request(&mut self, request: Request) -> Sent {
        if self.is_shut_down {
            let refusal = Refusal::new(ErrorCode::InvalidRequest, "the server is shut down");
            return self.answer(request.id, Err(refusal));
        }
        if request.method == "shutdown" {
            self.is_shut_down = true;
            return self.answer(request.id, Ok(Value::Null));
        }
        let needs = Needs::of(&request.method);
        if needs == Needs::Unknown {
            let message = format!("`{}` is not known here", request.method);
            return self.answer(request.id, Err(Refusal::new(ErrorCode::MethodNotFound, message)));
        }
        let Some(path) = requests::path(&request.params) else {
            return self.answer(request.id, Ok(Value::Null));
        };
        let root = path.parent().and_then(find).filter(|root| self.roots.contains_key(root));
        match (needs, root) {
            (Needs::Check, Some(root)) => {
                let number = self.roots.get(&root).map_or(0, |root| root.asked);
                let version = self.documents.get(&path).map(|document| document.version);
                self.deferred.push(Deferred { request, path, root, number, version });
                self.answer_deferred()
            }
            (Needs::Check, None) => self.answer(request.id, Ok(Value::Null)),
            (Needs::Document | Needs::Unknown, root) => {
                let analysis = root.and_then(|root| self.roots.get(&root)?.analysis.clone());
                let answer = guarded(|| self.of_document(&request, &path, analysis.as_deref()));
                self.answer(request.id, answer)
            }
        }
    }

    /// What needs the document as it is now, and no check of it.
    fn of_document(&self, request: &Request, path: &Path, analysis: Option<&Analysis>) -> Answer {
        let Some(document) = self.documents.get(path) else { return Ok(Value::Null) };
        let (encoding, text) = (self.editor.encoding, &*document.text);
        match request.method.as_str() {
            "textDocument/completion" => {
                requests::completion(analysis, encoding, path, text, request.params.clone())
            }
            "textDocument/formatting" => requests::formatting(encoding, path, text),
            _ => requests::written(&symbols::symbols(text, encoding)),
        }
    }

    /// Takes note of what the editor says.
    pub(super) fn notice(&mut self, notice: Notification) -> Sent {
        match notice.method.as_str() {
            "textDocument/didOpen" => {
                let Ok(params) = requests::read::<DidOpenTextDocumentParams>(notice.params) else {
                    return Ok(());
                };
                let opened = params.text_document;
                let Some(path) = path_of(&opened.uri) else { return Ok(()) };
                let document =
                    Document { uri: opened.uri, version: opened.version, text: opened.text.into() };
                self.documents.open(path.clone(), document);
                self.touch(&path)
            }
            "textDocument/didChange" => self.changed(notice.params),
            "textDocument/didClose" => {
                let Some(path) = requests::path(&notice.params) else { return Ok(()) };
                let closed = self.documents.close(&path);
                if let Some(document) = closed.filter(|_| self.alone.remove(&path)) {
                    return self.show(document.uri, None, Vec::new());
                }
                self.touch(&path)
            }
            "textDocument/didSave" => match requests::path(&notice.params) {
                Some(path) if path.file_name().is_none_or(|name| name != CONFIG_FILE) => self.touch(&path),
                _ => self.refresh(),
            },
            "workspace/didChangeWatchedFiles" => self.refresh(),
            "workspace/didChangeWorkspaceFolders" => {
                if let Ok(params) = requests::read::<DidChangeWorkspaceFoldersParams>(notice.params) {
                    let paths = |folders: Vec<lsp_types::WorkspaceFolder>| {
                        folders.into_iter().filter_map(|folder| path_of(&folder.uri)).collect::<Vec<_>>()
                    };
                    let (added, removed) = (paths(params.event.added), paths(params.event.removed));
                    self.folders.retain(|folder| !removed.contains(folder));
                    self.folders.extend(added);
                }
                self.refresh()
            }
            "$/cancelRequest" => self.cancel(&notice.params["id"]),
            _ => Ok(()),
        }
    }

    fn changed(&mut self, params: Value) -> Sent {
        let Ok(params) = requests::read::<DidChangeTextDocumentParams>(params) else { return Ok(()) };
        let document = params.text_document;
        let Some(path) = path_of(&document.text_document_identifier.uri) else { return Ok(()) };
        let encoding = self.editor.encoding;
        if self.documents.change(&path, document.version, params.content_changes, encoding) {
            return self.touch(&path);
        }
        Ok(())
    }

    /// Gives up a request that waits.
    fn cancel(&mut self, id: &Value) -> Sent {
        let Ok(id) = serde_json::from_value::<RequestId>(id.clone()) else { return Ok(()) };
        let Some(at) = self.deferred.iter().position(|deferred| deferred.request.id == id) else {
            return Ok(());
        };
        self.deferred.remove(at);
        self.answer(id, Err(Refusal::new(ErrorCode::RequestCanceled, "given up")))
    }

    /// Checks what a file belongs to.
    fn touch(&mut self, path: &Path) -> Sent {
        if let Some(root) = path.parent().and_then(find) {
            self.check(root);
            // What was shown about it while it lay alone is taken back.
            let alone = self.alone.remove(path).then(|| self.documents.get(path)).flatten();
            return alone.map_or(Ok(()), |document| self.show(document.uri.clone(), None, Vec::new()));
        }
        let Some(document) = self.documents.get(path) else { return Ok(()) };
        self.alone.insert(path.to_path_buf());
        self.show_alone(path, document)
    }

    /// Looks anew which workspaces there are, and checks all of them.
    pub(super) fn refresh(&mut self) -> Sent {
        let opened: Vec<PathBuf> = self.documents.iter().map(|(path, _)| path.to_path_buf()).collect();
        let folders = self.folders.iter().map(PathBuf::as_path);
        let roots: BTreeSet<PathBuf> =
            folders.chain(opened.iter().filter_map(|path| path.parent())).filter_map(find).collect();
        let gone: Vec<PathBuf> = self.roots.keys().filter(|root| !roots.contains(*root)).cloned().collect();
        for root in gone {
            let shown = self.roots.remove(&root).map(|root| root.shown).unwrap_or_default();
            for (uri, _) in shown.into_values() {
                self.show(uri, None, Vec::new())?;
            }
        }
        for root in roots {
            self.check(root);
        }
        for path in opened {
            let is_alone = path.parent().and_then(find).is_none();
            if is_alone || self.alone.contains(&path) {
                self.touch(&path)?;
            }
        }
        self.answer_deferred()
    }

    fn check(&mut self, root: PathBuf) {
        self.asked += 1;
        self.roots.entry(root.clone()).or_default().asked = self.asked;
        let documents = self.documents.filtered(|path| path.starts_with(&root));
        self.checker.ask(Job { root, documents, number: self.asked });
    }

    /// Takes what a check came to, shows it, and answers who waited for it.
    pub(super) fn checked(&mut self, outcome: Outcome) -> Sent {
        self.checker.is_done();
        let Some(root) = self.roots.get_mut(&outcome.root) else { return Ok(()) };
        root.done = outcome.number;
        match outcome.checked {
            Ok(analysis) => {
                let analysis = Rc::new(analysis);
                root.analysis = Some(Rc::clone(&analysis));
                root.failed = None;
                let found = guarded(|| Ok(diagnostics::shown(&analysis)));
                if let Ok(found) = found {
                    self.publish(&outcome.root, found)?;
                }
            }
            Err(panic) => {
                let message = format!(
                    "sayso stopped in the middle of a check, by a mistake of its own: {panic}. What is shown is of before."
                );
                tracing::error!("{message}");
                root.failed = Some(message.clone());
                self.notify("window/showMessage", &ShowMessageParams { kind: MessageType::Error, message })?;
            }
        }
        self.answer_deferred()
    }

    /// Shows what was found, and takes back what is mended.
    fn publish(&mut self, root: &Path, found: BTreeMap<PathBuf, (Uri, Vec<Diagnostic>)>) -> Sent {
        let Some(known) = self.roots.get_mut(root) else { return Ok(()) };
        let before = std::mem::replace(&mut known.shown, found.clone());
        let mended = before.iter().filter(|(path, _)| !found.contains_key(*path));
        let mut news: Vec<(Uri, Option<i32>, Vec<Diagnostic>)> =
            mended.map(|(_, (uri, _))| (uri.clone(), None, Vec::new())).collect();
        for (path, (uri, list)) in found {
            let document = self.documents.get(&path);
            // The editor moves what it shows while one types; so what is open is always told anew.
            if document.is_some() || before.get(&path).is_none_or(|(_, old)| *old != list) {
                let checked = self.roots.get(root).and_then(|root| root.analysis.as_ref());
                let version =
                    checked.and_then(|checked| checked.documents().get(&path)).map(|open| open.version);
                news.push((uri, version, list));
            }
        }
        for (uri, version, list) in news {
            self.show(uri, version, list)?;
        }
        Ok(())
    }

    /// Shows what is wrong with a document that lies in no workspace.
    fn show_alone(&self, path: &Path, document: &Document) -> Sent {
        let found = diagnostics::alone(path, document, self.editor.encoding);
        self.show(document.uri.clone(), Some(document.version), found)
    }

    fn show(&self, uri: Uri, version: Option<i32>, found: Vec<Diagnostic>) -> Sent {
        self.notify("textDocument/publishDiagnostics", &PublishDiagnosticsParams::new(uri, version, found))
    }

    /// Answers all requests whose check is done.
    fn answer_deferred(&mut self) -> Sent {
        let is_ready = |deferred: &mut Deferred| {
            self.roots.get(&deferred.root).is_none_or(|root| root.done >= deferred.number)
        };
        for deferred in self.deferred.extract_if(.., is_ready).collect::<Vec<_>>() {
            let id = deferred.request.id.clone();
            let answer = guarded(|| self.after_check(deferred));
            self.answer(id, answer)?;
        }
        Ok(())
    }

    fn after_check(&self, deferred: Deferred) -> Answer {
        let Some(root) = self.roots.get(&deferred.root) else { return Ok(Value::Null) };
        if let Some(failed) = &root.failed {
            return Err(Refusal::new(ErrorCode::InternalError, failed.clone()));
        }
        let Some(analysis) = &root.analysis else { return Ok(Value::Null) };
        let checked = analysis.documents().get(&deferred.path).map(|document| document.version);
        if checked != deferred.version {
            let refusal = Refusal::new(ErrorCode::ContentModified, "the document has changed meanwhile");
            return Err(refusal);
        }
        let Request { method, params, .. } = deferred.request;
        requests::checked(analysis, self.editor, &method, &deferred.path, params)
    }

    fn answer(&self, id: RequestId, answer: Answer) -> Sent {
        let response = match answer {
            Ok(value) => Response::new_ok(id, value),
            Err(refusal) => Response::new_err(id, refusal.code, refusal.message),
        };
        self.out.send(response.into())
    }

    fn notify(&self, method: &str, params: &impl Serialize) -> Sent {
        self.out.send(Notification::new(method.to_owned(), params).into())
    }
}

/// Does something that must not end the server, whatever happens in it.
fn guarded<T>(work: impl FnOnce() -> Result<T, Refusal>) -> Result<T, Refusal> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| {
        let message =
            format!("sayso stopped in the middle of this, by a mistake of its own: {}", words(&*panic));
        tracing::error!("{message}");
        Err(Refusal::new(ErrorCode::InternalError, message))
    })
}
