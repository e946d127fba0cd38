//! The answers to requests, as functions of what was checked.

use super::analysis::Analysis;
use super::complete::{Offer, complete};
use super::documents::{kind_of, path_of};
use super::position::{Encoding, Page};
use super::rename::{Edits, can_rename, rename};
use super::{diagnostics, hover};
use crate::bot::Role;
use crate::format::format;
use lsp_server::ErrorCode;
use lsp_types::{
    CodeActionParams, CodeActionResponse, CompletionItem, CompletionItemTextEdit, Contents, DocumentChange,
    Hover, Location, MarkupContent, MarkupKind, OptionalVersionedTextDocumentIdentifier,
    PrepareRenamePlaceholder, ReferenceParams, RenameParams, TextDocumentEdit, TextDocumentIdentifier,
    TextDocumentPositionParams, TextEdit, WorkspaceEdit,
};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Why a request is not answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Refusal {
    /// The kind, for the editor.
    pub(super) code: i32,
    /// The words, for the writer.
    pub(super) message: String,
}

impl Refusal {
    pub(super) fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self { code: code as i32, message: message.into() }
    }
}

/// What a request came to.
pub(super) type Answer = Result<Value, Refusal>;

/// What requests need to know about the editor.
#[derive(Debug, Clone, Copy)]
pub(super) struct Editor {
    /// What it counts within a line.
    pub(super) encoding: Encoding,
    /// Whether it takes edits with the version of the document that they are meant for.
    pub(super) versioned_edits: bool,
}

/// What a request needs before it can be answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Needs {
    /// A check of the texts as they are: places must fit.
    Check,
    /// The document alone; names of other files may be those of a moment ago.
    Document,
    /// It is none of ours.
    Unknown,
}

impl Needs {
    pub(super) fn of(method: &str) -> Self {
        match method {
            "textDocument/definition"
            | "textDocument/references"
            | "textDocument/hover"
            | "textDocument/prepareRename"
            | "textDocument/rename"
            | "textDocument/codeAction" => Self::Check,
            "textDocument/completion" | "textDocument/documentSymbol" | "textDocument/formatting" => {
                Self::Document
            }
            _ => Self::Unknown,
        }
    }
}

/// The file that a request is about.
pub(super) fn path(params: &Value) -> Option<PathBuf> {
    path_of(&params["textDocument"]["uri"].as_str()?.parse().ok()?)
}

/// Answers a request that needs a check.
pub(super) fn checked(
    analysis: &Analysis,
    editor: Editor,
    method: &str,
    path: &Path,
    params: Value,
) -> Answer {
    match method {
        "textDocument/definition" => definition(analysis, path, &read(params)?),
        "textDocument/references" => references(analysis, path, &read(params)?),
        "textDocument/hover" => hovered(analysis, path, &read(params)?),
        "textDocument/prepareRename" => prepare_rename(analysis, path, &read(params)?),
        "textDocument/rename" => renamed(analysis, editor, path, &read(params)?),
        _ => code_actions(analysis, path, &read(params)?),
    }
}

/// What can be written at a position of a document.
pub(super) fn completion(
    analysis: Option<&Analysis>,
    encoding: Encoding,
    path: &Path,
    text: &str,
    params: Value,
) -> Answer {
    let at: TextDocumentPositionParams = read(params)?;
    let page = Page::new(text, encoding);
    let item = |offer: Offer| {
        let edit = TextEdit { range: page.range(offer.replaces), new_text: offer.word.clone() };
        CompletionItem {
            label: offer.word,
            kind: Some(offer.kind),
            detail: offer.detail,
            text_edit: Some(CompletionItemTextEdit::TextEdit(edit)),
            ..CompletionItem::default()
        }
    };
    let offers = complete(text, page.byte(at.position), path, analysis);
    written(&offers.into_iter().map(item).collect::<Vec<_>>())
}

/// The edit that gives a document its canonical form: none where it has it, else one from the first line that differs to
/// the last.
pub(super) fn formatting(encoding: Encoding, path: &Path, text: &str) -> Answer {
    let Some(kind) = kind_of(path) else { return Ok(Value::Null) };
    let tidy = format(text, kind);
    let same = |pairs: &mut dyn Iterator<Item = (&str, &str)>| {
        pairs.take_while(|(a, b)| a == b).map(|(line, _)| line.len()).sum::<usize>()
    };
    let before = same(&mut text.split_inclusive('\n').zip(tidy.split_inclusive('\n')));
    let (old, new) = (&text[before..], &tidy[before..]);
    let behind = same(&mut old.split_inclusive('\n').rev().zip(new.split_inclusive('\n').rev()));
    let range = Page::new(text, encoding).range(before..text.len() - behind);
    let new_text = new[..new.len() - behind].to_owned();
    let edits = if text == tidy { Vec::new() } else { vec![TextEdit { range, new_text }] };
    written(&edits)
}

fn definition(analysis: &Analysis, path: &Path, at: &TextDocumentPositionParams) -> Answer {
    written(&places(analysis, path, at, |role| role == Role::Declared))
}

fn references(analysis: &Analysis, path: &Path, params: &ReferenceParams) -> Answer {
    let also_declared = params.context.include_declaration;
    let is_wanted = |role| role == Role::Used || also_declared;
    written(&places(analysis, path, &params.text_document_position_params, is_wanted))
}

/// Where what is named at a position is mentioned.
fn places(
    analysis: &Analysis,
    path: &Path,
    at: &TextDocumentPositionParams,
    is_wanted: impl Fn(Role) -> bool,
) -> Vec<Location> {
    let Some(named) = named(analysis, path, at) else { return Vec::new() };
    let all = analysis.all(&analysis.home(named), &named.mention.of);
    let wanted = all.into_iter().filter(|mention| is_wanted(mention.role));
    wanted.filter_map(|mention| analysis.location(mention.place)).collect()
}

fn hovered(analysis: &Analysis, path: &Path, at: &TextDocumentPositionParams) -> Answer {
    let hover = named(analysis, path, at).map(|named| Hover {
        contents: Contents::MarkupContent(MarkupContent {
            kind: MarkupKind::Markdown,
            value: hover::hover(analysis, named),
        }),
        range: Some(analysis.range(named.mention.place)),
    });
    written(&hover)
}

fn prepare_rename(analysis: &Analysis, path: &Path, at: &TextDocumentPositionParams) -> Answer {
    let Some(named) = named(analysis, path, at) else { return Ok(Value::Null) };
    can_rename(analysis, named).map_err(|why| Refusal::new(ErrorCode::RequestFailed, why))?;
    let placeholder = named.mention.of.name().to_owned();
    written(&PrepareRenamePlaceholder { range: analysis.range(named.mention.place), placeholder })
}

fn renamed(analysis: &Analysis, editor: Editor, path: &Path, params: &RenameParams) -> Answer {
    let refusal = |why: String| Refusal::new(ErrorCode::RequestFailed, why);
    let named = named(analysis, path, &params.text_document_position_params)
        .ok_or_else(|| refusal("nothing stands here that has a name".to_owned()))?;
    let edits = rename(analysis, named, params.new_name.trim()).map_err(refusal)?;
    written(&workspace_edit(analysis, editor, edits))
}

fn workspace_edit(analysis: &Analysis, editor: Editor, edits: Edits) -> WorkspaceEdit {
    let mut changes = Vec::new();
    for (file, edits) in edits {
        let Some(uri) = analysis.uri(file) else { continue };
        let edits =
            edits.into_iter().map(|(place, new_text)| TextEdit { range: analysis.range(place), new_text });
        let version = analysis.documents().get(&analysis.path(file)).map(|document| document.version);
        changes.push((uri, version, edits.collect::<Vec<_>>()));
    }
    if !editor.versioned_edits {
        let changes: HashMap<_, _> = changes.into_iter().map(|(uri, _, edits)| (uri, edits)).collect();
        return WorkspaceEdit { changes: Some(changes), ..WorkspaceEdit::default() };
    }
    let document = |(uri, version, edits): (_, _, Vec<TextEdit>)| {
        let text_document = OptionalVersionedTextDocumentIdentifier {
            version,
            text_document_identifier: TextDocumentIdentifier { uri },
        };
        let edits = edits.into_iter().map(Into::into).collect();
        DocumentChange::TextDocumentEdit(TextDocumentEdit { text_document, edits })
    };
    let changes = changes.into_iter().map(document).collect();
    WorkspaceEdit { document_changes: Some(changes), ..WorkspaceEdit::default() }
}

fn code_actions(analysis: &Analysis, path: &Path, params: &CodeActionParams) -> Answer {
    let fixes = diagnostics::fixes(analysis, path, params.range).into_iter();
    written(&fixes.map(CodeActionResponse::CodeAction).collect::<Vec<_>>())
}

fn named<'a>(
    analysis: &'a Analysis,
    path: &Path,
    at: &TextDocumentPositionParams,
) -> Option<super::analysis::Named<'a>> {
    let file = analysis.file(path)?;
    analysis.named(path, analysis.page(file).byte(at.position))
}

/// The parameters of a request.
pub(super) fn read<T: DeserializeOwned>(params: Value) -> Result<T, Refusal> {
    serde_json::from_value(params).map_err(|error| Refusal::new(ErrorCode::InvalidParams, error.to_string()))
}

/// An answer as it is sent.
pub(super) fn written(answer: &impl Serialize) -> Answer {
    serde_json::to_value(answer).map_err(|error| Refusal::new(ErrorCode::InternalError, error.to_string()))
}
