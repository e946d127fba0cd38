//! `sayso lsp` as an editor drives it: over the standard input and output.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;
use tempfile::TempDir;

/// How long an answer may take before the test gives up. Nothing is measured by it.
const GIVE_UP: Duration = Duration::from_secs(60);

const WELCOME: &str = "\
flow welcome
  start on join

node hello
  say Café 🍦! {terms} {program}: your name?
  ask name
    tries 2 -> done
  -> done

node done
  say Bye {name}.
  end
";

const FILES: [(&str, &str); 4] = [
    ("sayso.toml", ""),
    (
        "flows/shop/brand.flow",
        "brand Shop\n  program Shop\n  contact help@shop.example\n  optin join\n\nfield name: name\n",
    ),
    ("flows/shop/welcome.flow", WELCOME),
    ("grammars/en.grammar", "language en\n\nintent join\n  join\n"),
];

const FILE: &str = "flows/shop/welcome.flow";

/// An editor with the server it started.
struct Editor {
    folder: TempDir,
    server: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    /// What came and was not asked for yet.
    unread: VecDeque<Value>,
    asked: u64,
}

impl Editor {
    /// Starts the server in a workspace and does nothing more.
    fn start(files: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in files {
            write(folder.path(), path, text);
        }
        let mut server = Command::new(env!("CARGO_BIN_EXE_sayso"))
            .args(["lsp", "--stdio"])
            .current_dir(folder.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut out = BufReader::new(server.stdout.take().unwrap());
        let (send, from) = channel();
        std::thread::spawn(move || {
            while let Some(message) = receive(&mut out) {
                if send.send(message).is_err() {
                    break;
                }
            }
        });
        let to = server.stdin.take();
        Self { folder, server, to, from, unread: VecDeque::new(), asked: 0 }
    }

    /// Starts the server and greets it, as an editor that can do what `capabilities` says.
    fn greeted(files: &[(&str, &str)], capabilities: &Value) -> (Self, Value) {
        let mut editor = Self::start(files);
        let folders = [json!({ "uri": editor.uri(""), "name": "test" })];
        let hello = json!({ "processId": null, "rootUri": null, "workspaceFolders": folders, "capabilities": capabilities });
        let said = editor.ask("initialize", &hello);
        editor.tell("initialized", &json!({}));
        (editor, said["result"]["capabilities"].clone())
    }

    fn shop() -> Self {
        Self::greeted(&FILES, &json!({})).0
    }

    fn uri(&self, path: &str) -> String {
        let path = self.folder.path().canonicalize().unwrap().join(path);
        format!("file://{}", path.display()).trim_end_matches('/').to_owned()
    }

    fn send(&mut self, mut message: Value) {
        message["jsonrpc"] = json!("2.0");
        let text = message.to_string();
        let to = self.to.as_mut().unwrap();
        write!(to, "Content-Length: {}\r\n\r\n{text}", text.len()).unwrap();
        to.flush().unwrap();
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(json!({ "method": method, "params": params }));
    }

    /// Sends a request; its number.
    fn request(&mut self, method: &str, params: &Value) -> u64 {
        self.asked += 1;
        self.send(json!({ "id": self.asked, "method": method, "params": params }));
        self.asked
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let id = self.request(method, params);
        self.answer(id)
    }

    fn answer(&mut self, id: u64) -> Value {
        self.until(&format!("the answer to request {id}"), |message| {
            message["id"] == id && message.get("method").is_none()
        })
    }

    /// The next message that is looked for; others are kept for later.
    fn until(&mut self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        if let Some(at) = self.unread.iter().position(&wanted) {
            return self.unread.remove(at).unwrap();
        }
        loop {
            let message = self.from.recv_timeout(GIVE_UP);
            let message = message.unwrap_or_else(|_| panic!("{what} never came; unread: {:?}", self.unread));
            if wanted(&message) {
                return message;
            }
            self.unread.push_back(message);
        }
    }

    /// Waits until what is shown about a file is what is looked for.
    fn shown(&mut self, path: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let uri = self.uri(path);
        let message = self.until(&format!("what is wrong with {path}"), |message| {
            message["method"] == "textDocument/publishDiagnostics"
                && message["params"]["uri"] == uri.as_str()
                && wanted(message["params"]["diagnostics"].as_array().unwrap())
        });
        message["params"]["diagnostics"].as_array().unwrap().clone()
    }

    fn open(&mut self, path: &str, text: &str) {
        let document =
            json!({ "uri": self.uri(path), "languageId": "sayso-flow", "version": 1, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }

    fn change(&mut self, path: &str, version: i32, changes: &Value) {
        let document = json!({ "uri": self.uri(path), "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", &params);
    }

    /// A position in a file, as requests name it.
    fn at(&self, path: &str, line: u32, character: u32) -> Value {
        let position = json!({ "line": line, "character": character });
        json!({ "textDocument": { "uri": self.uri(path) }, "position": position })
    }

    /// Ends in order; the exit code.
    fn end(mut self) -> Option<i32> {
        assert_eq!(self.ask("shutdown", &Value::Null)["result"], Value::Null);
        self.tell("exit", &Value::Null);
        self.server.wait().unwrap().code()
    }
}

impl Drop for Editor {
    fn drop(&mut self) {
        let _gone = self.server.kill();
        let _gone = self.server.wait();
    }
}

fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// One message with its header; none at the end.
fn receive(from: &mut impl BufRead) -> Option<Value> {
    let mut length = None;
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).ok()? == 0 {
            return None;
        }
        if line == "\r\n" {
            break;
        }
        if let Some(value) = line.strip_prefix("Content-Length: ") {
            length = value.trim().parse::<usize>().ok();
        }
    }
    let mut bytes = vec![0; length?];
    from.read_exact(&mut bytes).ok()?;
    serde_json::from_slice(&bytes).ok()
}

fn range(line: u32, from: u32, to: u32) -> Value {
    json!({ "start": { "line": line, "character": from }, "end": { "line": line, "character": to } })
}

fn has(code: &str) -> impl Fn(&[Value]) -> bool + use<'_> {
    move |found| found.iter().any(|one| one["code"] == code)
}

fn has_no_error(found: &[Value]) -> bool {
    found.iter().all(|one| one["severity"] != 1)
}

#[test]
fn the_server_says_what_it_can_do() {
    let (editor, can) = Editor::greeted(&FILES, &json!({}));
    assert_eq!(can["positionEncoding"], "utf-16", "the one that need not be agreed on");
    assert_eq!(can["textDocumentSync"]["change"], 2);
    assert_eq!(can["renameProvider"]["prepareProvider"], true);
    assert!(can["completionProvider"]["triggerCharacters"].as_array().unwrap().contains(&json!("{")));
    assert_eq!(editor.end(), Some(0));
    let utf_8 = json!({ "general": { "positionEncodings": ["utf-16", "utf-8"] } });
    let (editor, can) = Editor::greeted(&FILES, &utf_8);
    assert_eq!(can["positionEncoding"], "utf-8");
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn mistakes_are_shown_while_they_are_typed_and_taken_back_when_they_are_mended() {
    let mut editor = Editor::shop();
    editor.open(FILE, WELCOME);
    editor.shown(FILE, has_no_error);
    // Behind the emoji, which is two units of UTF-16.
    editor.change(FILE, 2, &json!([{ "range": range(4, 15, 15), "text": "{nam}" }]));
    let found = editor.shown(FILE, has("F303"));
    assert_eq!(found[0]["range"], range(4, 16, 19));
    assert_eq!(found[0]["source"], "sayso");
    let message = found[0]["message"].as_str().unwrap();
    assert!(message.starts_with("no field is called `nam`\nhint: did you mean `name`?"), "{message}");
    editor.change(FILE, 3, &json!([{ "range": range(4, 16, 19), "text": "name" }]));
    editor.shown(FILE, has_no_error);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn files_that_are_not_open_are_shown_too_and_cleared_when_they_are_mended() {
    let mut editor = Editor::shop();
    editor.open("grammars/en.grammar", "language en\n\nintent joined\n  join\n");
    editor.shown(FILE, has("F302"));
    editor.change("grammars/en.grammar", 2, &json!([{ "text": "language en\n\nintent join\n  join\n" }]));
    editor.shown(FILE, |found| !has("F302")(found));
    // What is closed without being saved is read from the disk again.
    editor.change("grammars/en.grammar", 3, &json!([{ "text": "language en\n" }]));
    editor.shown(FILE, has("F302"));
    let closed = json!({ "textDocument": { "uri": editor.uri("grammars/en.grammar") } });
    editor.tell("textDocument/didClose", &closed);
    editor.shown(FILE, |found| !has("F302")(found));
    // Another program writes a file.
    let broken = WELCOME.replace("-> done", "-> gone");
    write(editor.folder.path(), FILE, &broken);
    let changed = json!({ "changes": [{ "uri": editor.uri(FILE), "type": 2 }] });
    editor.tell("workspace/didChangeWatchedFiles", &changed);
    let found = editor.shown(FILE, has("F301"));
    assert_eq!(found.iter().filter(|one| one["code"] == "F301").count(), 2);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn names_are_followed_renamed_and_completed() {
    let edits = json!({ "workspace": { "workspaceEdit": { "documentChanges": true } } });
    let (mut editor, _) = Editor::greeted(&FILES, &edits);
    editor.open(FILE, WELCOME);
    // Requests may come before any check is done: they wait for it.
    let definition = editor.ask("textDocument/definition", &editor.at(FILE, 7, 7));
    let done = json!({ "uri": editor.uri(FILE), "range": range(9, 5, 9) });
    assert_eq!(definition["result"], json!([done]));
    let mut params = editor.at(FILE, 9, 5);
    params["context"] = json!({ "includeDeclaration": false });
    let references = editor.ask("textDocument/references", &params);
    let lines: Vec<_> =
        references["result"].as_array().unwrap().iter().map(|at| &at["range"]["start"]["line"]).collect();
    assert_eq!(lines, [6, 7]);
    let hover = editor.ask("textDocument/hover", &editor.at(FILE, 9, 6));
    let said = hover["result"]["contents"]["value"].as_str().unwrap();
    assert!(said.contains("`hello`: `tries 2 -> done`"), "{said}");
    let prepared = editor.ask("textDocument/prepareRename", &editor.at(FILE, 9, 6));
    assert_eq!(prepared["result"], json!({ "range": range(9, 5, 9), "placeholder": "done" }));
    let mut params = editor.at(FILE, 9, 6);
    params["newName"] = json!("bye");
    let renamed = editor.ask("textDocument/rename", &params.clone());
    let change = &renamed["result"]["documentChanges"][0];
    assert_eq!(change["textDocument"], json!({ "uri": editor.uri(FILE), "version": 1 }));
    assert_eq!(
        change["edits"],
        json!([
            { "range": range(6, 15, 19), "newText": "bye" },
            { "range": range(7, 5, 9), "newText": "bye" },
            { "range": range(9, 5, 9), "newText": "bye" },
            { "range": range(9, 9, 9), "newText": "\n  was done" },
        ])
    );
    params["newName"] = json!("hello");
    let refused = editor.ask("textDocument/rename", &params);
    assert_eq!(refused["error"]["code"], -32803);
    assert!(refused["error"]["message"].as_str().unwrap().contains("`hello` is taken"));
    // A line that is still being written.
    editor.change(FILE, 2, &json!([{ "range": range(7, 2, 9), "text": "-> " }]));
    let offered = editor.ask("textDocument/completion", &editor.at(FILE, 7, 5));
    let words: Vec<_> = offered["result"].as_array().unwrap().iter().map(|item| &item["label"]).collect();
    assert_eq!(words, ["hello", "done"]);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_slip_has_a_quick_fix_and_a_file_an_outline() {
    let mut editor = Editor::shop();
    editor.open(FILE, &WELCOME.replace("tries 2 -> done", "tries 2 -> doen"));
    let outline =
        editor.ask("textDocument/documentSymbol", &json!({ "textDocument": { "uri": editor.uri(FILE) } }));
    assert_eq!(outline["result"][0]["name"], "welcome");
    assert_eq!(outline["result"][0]["children"][1]["name"], "done");
    let params = json!({
        "textDocument": { "uri": editor.uri(FILE) },
        "range": range(6, 17, 17),
        "context": { "diagnostics": [] },
    });
    let fixes = editor.ask("textDocument/codeAction", &params);
    let edits = &fixes["result"][0]["edit"]["changes"][editor.uri(FILE)];
    assert_eq!(*edits, json!([{ "range": range(6, 15, 19), "newText": "done" }]));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn bytes_are_counted_where_utf_8_was_agreed() {
    let utf_8 = json!({ "general": { "positionEncodings": ["utf-8"] } });
    let (mut editor, _) = Editor::greeted(&FILES, &utf_8);
    editor.open(FILE, WELCOME);
    editor.change(FILE, 2, &json!([{ "range": range(4, 18, 18), "text": "{nam}" }]));
    let found = editor.shown(FILE, has("F303"));
    assert_eq!(found.len(), 1);
    assert_eq!(found[0]["range"], range(4, 19, 22));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn a_file_without_a_workspace_is_told_what_one_is() {
    let (mut editor, _) = Editor::greeted(&[("notes/a.flow", "flow a\nnode\n")], &json!({}));
    editor.open("notes/a.flow", "flow a\nnode\n");
    let found = editor.shown("notes/a.flow", |found| found.len() == 2);
    assert!(found[0]["message"].as_str().unwrap().contains("a workspace is a folder with a `sayso.toml`"));
    assert_eq!(found[1]["code"], "S006", "its own lines are read");
    assert_eq!(editor.ask("textDocument/hover", &editor.at("notes/a.flow", 0, 5))["result"], Value::Null);
    // A workspace is made around it.
    write(editor.folder.path(), "sayso.toml", "");
    editor.tell("workspace/didChangeWatchedFiles", &json!({ "changes": [] }));
    editor.shown("notes/a.flow", |found| {
        found.len() == 1 && found[0]["message"].as_str().unwrap().starts_with("nothing reads this file")
    });
    let closed = json!({ "textDocument": { "uri": editor.uri("notes/a.flow") } });
    editor.tell("textDocument/didClose", &closed);
    editor.shown("notes/a.flow", <[_]>::is_empty);
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn each_file_belongs_to_the_nearest_workspace() {
    let inner = FILES.map(|(path, text)| (format!("inner/{path}"), text));
    let inner = inner.iter().map(|(path, text)| (path.as_str(), *text));
    let all: Vec<_> = FILES.into_iter().chain(inner).collect();
    let (mut editor, _) = Editor::greeted(&all, &json!({}));
    editor.shown("flows/shop/brand.flow", |found| !found.is_empty());
    let file = format!("inner/{FILE}");
    editor.open(&file, WELCOME);
    let definition = editor.ask("textDocument/definition", &editor.at(&file, 1, 12));
    assert_eq!(definition["result"][0]["uri"], editor.uri("inner/grammars/en.grammar"));
    editor.shown("inner/flows/shop/brand.flow", has("B209"));
    assert_eq!(editor.end(), Some(0));
}

#[test]
fn what_is_not_known_is_said_and_what_is_nonsense_is_survived() {
    let mut editor = Editor::shop();
    assert_eq!(editor.ask("textDocument/inlayHint", &json!({}))["error"]["code"], -32601);
    let nonsense = json!({ "textDocument": { "uri": editor.uri(FILE) }, "position": "here" });
    assert_eq!(editor.ask("textDocument/hover", &nonsense)["error"]["code"], -32602);
    editor.tell("textDocument/didChange", &json!({ "nothing": true }));
    editor.tell("sayso/unheardOf", &Value::Null);
    // A request that is given up before the check that it waits for is answered nevertheless, one way or the other.
    editor.open(FILE, WELCOME);
    let id = editor.request("textDocument/hover", &editor.at(FILE, 9, 6));
    editor.tell("$/cancelRequest", &json!({ "id": id }));
    let answer = editor.answer(id);
    assert!(answer.get("result").is_some() || answer["error"]["code"] == -32800, "{answer}");
    assert_eq!(editor.ask("shutdown", &Value::Null)["result"], Value::Null);
    assert_eq!(editor.ask("textDocument/hover", &json!({}))["error"]["code"], -32600);
    editor.tell("exit", &Value::Null);
    assert_eq!(editor.server.wait().unwrap().code(), Some(0));
}

#[test]
fn an_end_out_of_order_is_no_success() {
    let mut editor = Editor::shop();
    editor.tell("exit", &Value::Null);
    assert_eq!(editor.server.wait().unwrap().code(), Some(1), "`exit` without `shutdown`");
    let mut editor = Editor::shop();
    editor.to = None;
    assert_eq!(editor.server.wait().unwrap().code(), Some(1), "the editor is gone");
    let mut editor = Editor::start(&FILES);
    assert_eq!(editor.ask("textDocument/hover", &json!({}))["error"]["code"], -32002, "not greeted yet");
    editor.to = None;
    assert_eq!(editor.server.wait().unwrap().code(), Some(2), "never greeted");
}
