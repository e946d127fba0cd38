//! A language server: an editor that speaks the Language Server Protocol learns what is wrong while somebody types, where
//! a name is declared, who leads to a node, and what can be written next.
//!
//! The answers are functions of what was checked (`analysis`) and of a document (`documents`); the conversation itself
//! (`host`) only decides when. A check runs in a thread of its own, and requests that need places to fit wait for the
//! check of the text that they are about; nothing else waits.

mod analysis;
mod chats;
mod checker;
mod complete;
mod diagnostics;
mod documents;
mod host;
mod hover;
mod position;
mod rename;
mod requests;
mod symbols;
#[cfg(test)]
mod tests;

use analysis::Analysis;
use checker::{Checker, Job};
use documents::path_of;
use host::Host;
use lsp_server::{Connection, Message, Request};
use lsp_types::{
    ClientCapabilities, CodeActionKind, CodeActionOptions, CompletionOptions, InitializeParams,
    InitializeResult, RenameOptions, ServerCapabilities, ServerInfo, TextDocumentSyncKind,
    TextDocumentSyncOptions, WorkspaceFolders, WorkspaceFoldersServerCapabilities, WorkspaceOptions,
};
use position::Encoding;
use requests::Editor;
use serde_json::json;
use std::path::PathBuf;

/// Why the conversation with an editor broke off.
#[derive(Debug, thiserror::Error)]
pub enum BrokenOff {
    /// What came is not the protocol.
    #[error("the editor does not speak the language server protocol: {0}")]
    Protocol(#[from] lsp_server::ProtocolError),
    /// What it says of itself cannot be read.
    #[error("the editor says something about itself that cannot be read: {0}")]
    Initialize(#[from] serde_json::Error),
    /// Reading, writing, or a thread failed.
    #[error("{0}")]
    Io(#[from] std::io::Error),
    /// Nobody reads what is sent.
    #[error("the editor is gone")]
    Gone,
}

impl<T> From<crossbeam_channel::SendError<T>> for BrokenOff {
    fn from(_: crossbeam_channel::SendError<T>) -> Self {
        Self::Gone
    }
}

/// Serves an editor over the standard input and output until it says that it ends. Whether it said so in order: first
/// `shutdown`, then `exit`.
///
/// # Errors
/// When the conversation broke off.
pub fn serve() -> Result<bool, BrokenOff> {
    let (connection, threads) = Connection::stdio();
    let check = |job: Job, encoding| Analysis::check(&job.root, job.documents, encoding);
    let in_order = converse(&connection, check)?;
    drop(connection);
    threads.join()?;
    Ok(in_order)
}

/// The whole conversation, over any connection.
fn converse(
    connection: &Connection,
    check: impl Fn(Job, Encoding) -> Analysis + Send + 'static,
) -> Result<bool, BrokenOff> {
    let (id, params) = connection.initialize_start()?;
    let params: InitializeParams = serde_json::from_value(params)?;
    let editor = editor(&params.capabilities);
    let result = InitializeResult {
        capabilities: capabilities(editor.encoding),
        server_info: Some(ServerInfo {
            name: "sayso".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
    };
    connection.initialize_finish(id, serde_json::to_value(result)?)?;
    let checker = Checker::start(move |job| check(job, editor.encoding))?;
    let mut host = Host::new(connection.sender.clone(), editor, folders(&params), checker);
    if watches(&params.capabilities) {
        connection.sender.send(watch().into())?;
    }
    host.refresh()?;
    loop {
        crossbeam_channel::select! {
            recv(connection.receiver) -> message => match message {
                Ok(Message::Notification(notice)) if notice.method == "exit" => return Ok(host.is_shut_down),
                Ok(Message::Notification(notice)) => host.notice(notice)?,
                Ok(Message::Request(request)) => host.request(request)?,
                // The answer to what we asked for: watching files. Without it, what is saved is seen all the same.
                Ok(Message::Response(_)) => {}
                Err(_) => return Ok(false),
            },
            recv(host.checker.outcomes) -> outcome => if let Ok(outcome) = outcome {
                host.checked(outcome)?;
            },
        }
    }
}

fn editor(capabilities: &ClientCapabilities) -> Editor {
    let general = capabilities.general.as_ref();
    let offered = general.and_then(|general| general.position_encodings.as_deref());
    let workspace = capabilities.workspace.as_ref();
    let edits = workspace.and_then(|workspace| workspace.workspace_edit.as_ref());
    Editor {
        encoding: Encoding::agreed(offered.unwrap_or_default()),
        versioned_edits: edits.and_then(|edits| edits.document_changes).unwrap_or(false),
    }
}

fn capabilities(encoding: Encoding) -> ServerCapabilities {
    let words = |signs: &[&str]| Some(signs.iter().map(|sign| (*sign).to_owned()).collect());
    ServerCapabilities {
        position_encoding: Some(encoding.kind()),
        text_document_sync: Some(
            TextDocumentSyncOptions {
                open_close: Some(true),
                change: Some(TextDocumentSyncKind::Incremental),
                save: Some(true.into()),
                ..TextDocumentSyncOptions::default()
            }
            .into(),
        ),
        completion_provider: Some(CompletionOptions {
            trigger_characters: words(&[" ", ">", "{", "<", ".", "="]),
            ..CompletionOptions::default()
        }),
        hover_provider: Some(true.into()),
        definition_provider: Some(true.into()),
        references_provider: Some(true.into()),
        document_symbol_provider: Some(true.into()),
        document_formatting_provider: Some(true.into()),
        code_action_provider: Some(
            CodeActionOptions {
                code_action_kinds: Some(vec![CodeActionKind::QuickFix]),
                ..CodeActionOptions::default()
            }
            .into(),
        ),
        rename_provider: Some(
            RenameOptions { prepare_provider: Some(true), ..RenameOptions::default() }.into(),
        ),
        workspace: Some(WorkspaceOptions {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(true.into()),
            }),
            ..WorkspaceOptions::default()
        }),
        ..ServerCapabilities::default()
    }
}

/// The folders that the editor has opened.
#[expect(deprecated, reason = "older editors name their one folder so")]
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    let named = match &params.workspace_folders_initialize_params.workspace_folders {
        Some(WorkspaceFolders::WorkspaceFolderList(folders)) => {
            folders.iter().filter_map(|folder| path_of(&folder.uri)).collect()
        }
        Some(WorkspaceFolders::Null) | None => Vec::new(),
    };
    if named.is_empty() { params.root_uri.iter().filter_map(path_of).collect() } else { named }
}

/// Whether the editor can be asked to watch files.
fn watches(capabilities: &ClientCapabilities) -> bool {
    let workspace = capabilities.workspace.as_ref();
    let watched = workspace.and_then(|workspace| workspace.did_change_watched_files.as_ref());
    watched.and_then(|watched| watched.dynamic_registration).unwrap_or(false)
}

/// Asks the editor to tell when files of a workspace change that are not open in it.
fn watch() -> Request {
    let watchers =
        [json!({ "globPattern": "**/*.{flow,grammar,chat}" }), json!({ "globPattern": "**/sayso.toml" })];
    let registration = json!({
        "id": "files",
        "method": "workspace/didChangeWatchedFiles",
        "registerOptions": { "watchers": watchers },
    });
    Request::new(0.into(), "client/registerCapability".to_owned(), json!({ "registrations": [registration] }))
}
