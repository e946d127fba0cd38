//! What an editor is told about a small workspace. `‸` in a text is where the cursor stands.

use super::analysis::Analysis;
use super::complete::complete;
use super::documents::{Document, Documents, uri_of};
use super::position::Encoding;
use super::rename::{can_rename, rename};
use super::requests::formatting;
use super::{diagnostics, hover};
use crate::bot::Role;
use crate::diagnostic::Place;
use crate::expr::FACTS;
use serde_json::json;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

const BRAND: &str = "\
brand Corner Shop
  program Corner Shop News
  contact help@corner.example
  languages en, es
  optin join

personal field name: name
field zip: us_zip
field drink: one of
  tea
  coffee

webhook office
  url https://office.example/hook
  send name
";

const WELCOME: &str = "\
flow welcome
  start on join
  gone -> zip

node hello
  say Welcome to {program}! {terms} Your name?
  say.es Hola de {program}! {terms} Su nombre?
  ask name
    tries 2 -> zip
  when known drink -> done
  -> zip

node zip
  say Hi {name else \"friend\"}, your ZIP?
  say.es Hola, su codigo?
  ask zip
  -> done

node done
  say Done.
  say.es Listo.
  end
";

const HOURS: &str = "\
flow hours
  start on hours
  was times

node open
  was first
  say Open at 9.
  say.es A las 9.
  call welcome
  -> close

node close
  notify office
  say Bye.
  say.es Adios.
  end
";

const SHARED: &str = "\
language en

intent join
  join [now]
  sign me up
  > join now please

intent hours
  hours
";

const OWN: &str = "\
language en

list size
  small
  large

concept polite
  could you, would you

intent order
  [<polite>] bring me a {size}
  my zip is {zip}
";

const CHAT: &str = "\
> join
= at welcome.hello
< *
= split welcome.hello done
= name Ana
= not known zip
";

const FILES: [(&str, &str); 7] = [
    ("sayso.toml", ""),
    ("flows/corner/brand.flow", BRAND),
    ("flows/corner/welcome.flow", WELCOME),
    ("flows/corner/hours.flow", HOURS),
    ("flows/corner/join.chat", CHAT),
    ("grammars/en.grammar", SHARED),
    ("grammars/corner/own.grammar", OWN),
];

const WELCOME_FILE: &str = "flows/corner/welcome.flow";
const HOURS_FILE: &str = "flows/corner/hours.flow";
const BRAND_FILE: &str = "flows/corner/brand.flow";
const OWN_FILE: &str = "grammars/corner/own.grammar";
const CHAT_FILE: &str = "flows/corner/join.chat";

/// A workspace with some documents open, each with the text that is typed there.
struct Shop {
    folder: TempDir,
    analysis: Analysis,
}

impl Shop {
    fn open(typed: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in FILES {
            let path = folder.path().join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        let mut documents = Documents::default();
        for (path, text) in typed {
            let path = folder.path().join(path);
            let uri = uri_of(&path).unwrap();
            documents.open(path, Document { uri, version: 1, text: (*text).into() });
        }
        let analysis = Analysis::check(folder.path(), documents, Encoding::Utf16);
        Self { folder, analysis }
    }

    fn sound() -> Self {
        let shop = Self::open(&[]);
        let errors: Vec<_> = shop.analysis.errors().map(|error| error.message.clone()).collect();
        assert_eq!(errors, [""; 0]);
        shop
    }

    fn path(&self, file: &str) -> PathBuf {
        self.folder.path().join(file)
    }

    /// The name at the cursor of `mark` in a file, or behind it.
    fn named(&self, file: &str, mark: &str) -> super::analysis::Named<'_> {
        let path = self.path(file);
        let text = &self.analysis.source(self.analysis.file(&path).unwrap()).text;
        let cursor = mark.find('‸').unwrap_or(mark.len());
        let byte = text.find(&mark.replace('‸', "")).expect("the mark is there") + cursor;
        self.analysis.named(&path, byte).unwrap_or_else(|| panic!("no name behind `{mark}`"))
    }

    fn told(&self, place: Place) -> String {
        format!("{}: {}", self.analysis.told(place), self.analysis.line(place))
    }

    /// Where what is named is mentioned in one role.
    fn places(&self, file: &str, mark: &str, role: Role) -> Vec<String> {
        let named = self.named(file, mark);
        let all = self.analysis.all(&self.analysis.home(named), &named.mention.of);
        all.iter().filter(|m| m.role == role).map(|m| self.told(m.place)).collect()
    }

    fn hover(&self, file: &str, mark: &str) -> String {
        hover::hover(&self.analysis, self.named(file, mark))
    }

    /// A file after a rename.
    fn renamed(&self, file: &str, mark: &str, new: &str, after: &str) -> Result<String, String> {
        let edits = rename(&self.analysis, self.named(file, mark), new)?;
        let id = self.analysis.file(&self.path(after)).unwrap();
        let mut text = self.analysis.source(id).text.clone();
        for (place, new) in edits.get(&id).into_iter().flatten().rev() {
            text.replace_range(place.range(), new);
        }
        Ok(text)
    }

    fn refused(&self, file: &str, mark: &str, new: &str) -> String {
        rename(&self.analysis, self.named(file, mark), new).unwrap_err()
    }

    /// What is offered at the cursor.
    fn offers(&self, file: &str, text: &str) -> Vec<String> {
        let path = self.path(file);
        offers(text, &path, Some(&self.analysis))
    }
}

fn offers(text: &str, path: &Path, analysis: Option<&Analysis>) -> Vec<String> {
    let byte = text.find('‸').expect("the cursor is somewhere");
    let text = text.replace('‸', "");
    complete(&text, byte, path, analysis).into_iter().map(|offer| offer.word).collect()
}

/// A text with the first offer of that word taken at the cursor.
fn taken(shop: &Shop, file: &str, text: &str, word: &str) -> String {
    let byte = text.find('‸').unwrap();
    let mut text = text.replace('‸', "");
    let offers = complete(&text, byte, &shop.path(file), Some(&shop.analysis));
    let offer = offers.iter().find(|offer| offer.word == word);
    let offer = offer.unwrap_or_else(|| panic!("`{word}` is not offered: {offers:?}"));
    text.replace_range(offer.replaces.clone(), word);
    text
}

#[test]
fn names_lead_to_their_declarations() {
    let shop = Shop::sound();
    let declared = |file, mark| shop.places(file, mark, Role::Declared);
    assert_eq!(declared(WELCOME_FILE, "gone -> "), ["flows/corner/welcome.flow:13: node zip"]);
    assert_eq!(declared(WELCOME_FILE, "Hi {na"), ["flows/corner/brand.flow:7: personal field name: name"]);
    assert_eq!(declared(WELCOME_FILE, "known "), ["flows/corner/brand.flow:9: field drink: one of"]);
    assert_eq!(declared(WELCOME_FILE, "start on "), ["grammars/en.grammar:3: intent join"]);
    assert_eq!(declared(HOURS_FILE, "call "), ["flows/corner/welcome.flow:1: flow welcome"]);
    assert_eq!(declared(HOURS_FILE, "notify "), ["flows/corner/brand.flow:13: webhook office"]);
    assert_eq!(declared(OWN_FILE, "a {"), ["grammars/corner/own.grammar:3: list size"]);
    assert_eq!(declared(OWN_FILE, "is {"), ["flows/corner/brand.flow:8: field zip: us_zip"]);
    assert_eq!(declared(OWN_FILE, "[<"), ["grammars/corner/own.grammar:7: concept polite"]);
    assert_eq!(declared(CHAT_FILE, "at welcome."), ["flows/corner/welcome.flow:5: node hello"]);
    assert_eq!(declared(CHAT_FILE, "at "), ["flows/corner/welcome.flow:1: flow welcome"]);
    assert_eq!(declared(CHAT_FILE, "split welcome.hello "), ["flows/corner/welcome.flow:19: node done"]);
}

#[test]
fn uses_are_all_that_linking_resolved() {
    let shop = Shop::sound();
    assert_eq!(
        shop.places(WELCOME_FILE, "node ", Role::Used),
        [
            "flows/corner/join.chat:2: = at welcome.hello",
            "flows/corner/join.chat:4: = split welcome.hello done"
        ]
    );
    assert_eq!(
        shop.places(WELCOME_FILE, "gone -> ", Role::Used),
        [
            "flows/corner/welcome.flow:3: gone -> zip",
            "flows/corner/welcome.flow:9: tries 2 -> zip",
            "flows/corner/welcome.flow:11: -> zip",
        ]
    );
    assert_eq!(
        shop.places(BRAND_FILE, "field zip", Role::Used),
        [
            "flows/corner/welcome.flow:16: ask zip",
            "grammars/corner/own.grammar:12: my zip is {zip}",
            "flows/corner/join.chat:6: = not known zip",
        ]
    );
    // From the grammar that all share to the files of every brand.
    assert_eq!(
        shop.places("grammars/en.grammar", "intent ", Role::Used),
        ["flows/corner/brand.flow:5: optin join", "flows/corner/welcome.flow:2: start on join",]
    );
}

#[test]
fn names_are_known_in_a_brand_with_errors() {
    let broken = WELCOME.replace("  -> done\n", "  -> nowhere\n  zzz\n");
    let shop = Shop::open(&[(WELCOME_FILE, &broken)]);
    assert!(shop.analysis.errors().count() >= 2);
    assert_eq!(shop.places(WELCOME_FILE, "gone -> ", Role::Used).len(), 3);
    assert!(shop.analysis.named(&shop.path(WELCOME_FILE), broken.find("nowhere").unwrap()).is_none());
}

#[test]
fn a_hover_tells_who_leads_to_a_node() {
    let shop = Shop::sound();
    let hello = shop.hover(WELCOME_FILE, "node ");
    assert_eq!(
        hello,
        "node `hello` of the flow `welcome`\n\nWays here:\n- the flow `welcome` starts here on `join`"
    );
    let zip = shop.hover(WELCOME_FILE, "gone -> ");
    assert_eq!(
        zip,
        "node `zip` of the flow `welcome`\n\nWays here:\n- the flow `welcome`: `gone -> zip`\n\
         - `hello`: `tries 2 -> zip`\n- `hello`: `-> zip`"
    );
    let alone = Shop::open(&[(WELCOME_FILE, &WELCOME.replace("node done", "node done\n  end\n\nnode left"))]);
    assert!(alone.hover(WELCOME_FILE, "node left").ends_with("Nothing leads here."));
}

#[test]
fn a_hover_tells_about_flows_intents_and_fields() {
    let shop = Shop::sound();
    assert_eq!(
        shop.hover(HOURS_FILE, "call "),
        "flow `welcome` of 3 nodes\n\nStarts on `join`\n\nUsed in:\n- `hours.open`: `call welcome`"
    );
    assert_eq!(
        shop.hover(WELCOME_FILE, "start on "),
        "intent `join`\n\n- 2 patterns and 1 samples in `en`, in `grammars/en.grammar`\n\nUsed in:\n\
         - `flows/corner/brand.flow`: `optin join`\n- the flow `welcome`: `start on join`"
    );
    assert_eq!(
        shop.hover(WELCOME_FILE, "known "),
        "```\nfield drink: one of\n  tea\n  coffee\n```\n\nUsed in:\n- `welcome.hello`: `when known drink -> done`"
    );
    assert!(shop.hover(BRAND_FILE, "zip: ").contains("comes with sayso"));
}

#[test]
fn a_renamed_node_remembers_its_old_name() {
    let shop = Shop::sound();
    let after = shop.renamed(WELCOME_FILE, "gone -> ", "postal", WELCOME_FILE).unwrap();
    assert!(after.contains("node postal\n  was zip\n  say Hi"), "{after}");
    assert_eq!(after.matches("-> postal").count(), 3);
    assert!(after.contains("  ask zip\n"), "the field keeps its name");
    let chat = shop.renamed(WELCOME_FILE, "node ", "start", CHAT_FILE).unwrap();
    assert!(chat.contains("= at welcome.start\n") && chat.contains("= split welcome.start done\n"), "{chat}");
}

#[test]
fn a_node_that_gets_a_former_name_back_swaps_the_two() {
    let shop = Shop::sound();
    let after = shop.renamed(HOURS_FILE, "node ", "first", HOURS_FILE).unwrap();
    assert!(after.contains("node first\n  was open\n  say Open"), "{after}");
}

#[test]
fn flows_and_fields_are_renamed_wherever_they_are_used() {
    let shop = Shop::sound();
    let hours = shop.renamed(WELCOME_FILE, "flow ", "signup", HOURS_FILE).unwrap();
    assert!(hours.contains("  call signup\n"));
    let welcome = shop.renamed(WELCOME_FILE, "flow ", "signup", WELCOME_FILE).unwrap();
    assert!(welcome.starts_with("flow signup\n  was welcome\n  start on join\n"));
    let chat = shop.renamed(WELCOME_FILE, "flow ", "signup", CHAT_FILE).unwrap();
    assert!(chat.contains("= at signup.hello\n") && chat.contains("= split signup.hello done\n"), "{chat}");
    let brand = shop.renamed(WELCOME_FILE, "ask ‸name", "first-name", BRAND_FILE).unwrap();
    assert!(brand.contains("personal field first-name: name\n"), "{brand}");
    let grammar = shop.renamed(BRAND_FILE, "field zip", "postal", OWN_FILE).unwrap();
    assert!(grammar.contains("  my zip is {postal}\n"), "{grammar}");
    let brand = shop.renamed(BRAND_FILE, "field zip", "postal", BRAND_FILE).unwrap();
    assert!(brand.contains("field postal: us_zip\n  was zip\nfield drink"), "{brand}");
    let hours = shop.renamed(BRAND_FILE, "webhook ", "desk", HOURS_FILE).unwrap();
    assert!(hours.contains("  notify desk\n"), "{hours}");
    let text = shop.renamed(BRAND_FILE, "field name", "first-name", WELCOME_FILE).unwrap();
    assert!(text.contains("{first-name else \"friend\"}") && text.contains("ask first-name\n"), "{text}");
}

#[test]
fn line_ends_of_another_kind_are_kept() {
    let windows = HOURS.replace('\n', "\r\n");
    let shop = Shop::open(&[(HOURS_FILE, &windows)]);
    let after = shop.renamed(HOURS_FILE, "node ‸close", "doors", HOURS_FILE).unwrap();
    assert!(after.contains("node doors\r\n  was close\r\n  notify office\r\n"), "{after:?}");
}

#[test]
fn names_that_cannot_be_are_refused() {
    let shop = Shop::sound();
    let node = |new: &str| shop.refused(WELCOME_FILE, "gone -> ", new);
    assert!(node("Zip Code").starts_with("`Zip Code` is no node name: a name is at most 64 small letters"));
    assert!(node("").starts_with("this node has no name"));
    assert_eq!(node("done"), "`done` is taken: the node in flows/corner/welcome.flow:19 has this name");
    assert_eq!(
        shop.refused(HOURS_FILE, "-> ", "first"),
        "`first` is a former name of the node `open`: what the store holds under it would be led astray"
    );
    assert!(
        shop.refused(WELCOME_FILE, "flow ", "times")
            .starts_with("`times` is a former name of the flow `hours`")
    );
    assert!(
        shop.refused(BRAND_FILE, "field zip", "tag").starts_with("`tag` means something in every expression")
    );
    assert!(
        shop.refused(BRAND_FILE, "field zip", "size").contains("the list in grammars/corner/own.grammar:3")
    );
    assert!(shop.refused(WELCOME_FILE, "start on ", "sign-up").contains("is shared by all brands"));
    assert!(shop.refused(BRAND_FILE, "zip: ", "zip5").contains("comes with sayso"));
    assert!(rename(&shop.analysis, shop.named(WELCOME_FILE, "gone -> "), "zip").unwrap().is_empty());
}

#[test]
fn a_rename_that_could_miss_a_use_is_refused() {
    // The last way out is never reached, so it is not resolved.
    let dead = WELCOME.replace("  ask zip\n  -> done\n", "  set zip = zip\n  end\n  -> done\n");
    let shop = Shop::open(&[(WELCOME_FILE, &dead)]);
    let why = shop.refused(WELCOME_FILE, "drink -> ", "finish");
    assert!(why.starts_with("not every use of `done` can be seen: first mend the error in"), "{why}");
    // What the block with the error names only where it was resolved, as this node and the field of its name, can be renamed.
    assert_eq!(can_rename(&shop.analysis, shop.named(WELCOME_FILE, "gone -> ")), Ok(()));
    assert!(rename(&shop.analysis, shop.named(WELCOME_FILE, "node "), "begin").is_ok());
}

#[test]
fn nodes_of_the_flow_are_offered_behind_an_arrow() {
    let shop = Shop::sound();
    let text = |line: &str| WELCOME.replace("  when known drink -> done\n", &format!("{line}\n"));
    let nodes = ["hello", "zip", "done"];
    for line in
        ["  -> ‸", "  -> z‸", "    tries 2 -> ‸", "  when name = -> ‸", "  split 1 ‸", "  split 1 zip, 2 d‸"]
    {
        assert_eq!(shop.offers(WELCOME_FILE, &text(line)), nodes, "{line}");
    }
    let two = format!("{WELCOME}\nflow other\nnode here\n  -> ‸");
    assert_eq!(shop.offers(WELCOME_FILE, &two), ["here"], "those of another flow lead nowhere");
    assert_eq!(
        taken(&shop, WELCOME_FILE, "flow a\nnode x-y\n  -> x‸-z", "x-y"),
        "flow a\nnode x-y\n  -> x-y"
    );
}

#[test]
fn names_are_offered_where_their_verbs_want_them() {
    let shop = Shop::sound();
    let at = |line: &str| shop.offers(WELCOME_FILE, &format!("flow welcome\n\nnode hello\n{line}"));
    let fields = ["name", "zip", "drink"];
    assert_eq!(at("  ask ‸"), fields);
    assert_eq!(at("  set n‸"), fields);
    assert_eq!(at("  say Hi {‸"), [&fields[..], &FACTS].concat());
    assert_eq!(at("  say Hi {na‸}!"), [&fields[..], &FACTS].concat());
    assert_eq!(at("  say Hi {{‸"), [""; 0], "a brace that is sent");
    assert_eq!(
        at("  when ‸"),
        [&fields[..], &["known", "tag", "not", "open", "near", "last reply within"]].concat()
    );
    assert_eq!(at("  when drink = ‸"), [&["tea", "coffee"][..], &fields].concat());
    assert_eq!(at("  call ‸"), ["hours", "welcome"]);
    assert_eq!(at("  notify ‸"), ["office"]);
    assert_eq!(at("  say some words ‸"), [""; 0]);
    assert_eq!(at("  # ‸"), [""; 0]);
    let intents = ["order", "hours", "join"].map(str::to_owned);
    let on = |line: &str| {
        let mut offers = shop.offers(WELCOME_FILE, &format!("flow welcome\n{line}\nnode hello\n  end\n"));
        offers.sort();
        offers
    };
    for line in ["  on ‸", "  start on ‸", "  start on join, o‸"] {
        let mut intents = intents.clone();
        intents.sort();
        assert_eq!(on(line), intents, "{line}");
    }
    assert_eq!(shop.offers(CHAT_FILE, "= at ‸").first().map(String::as_str), Some("hours.open"));
    assert_eq!(taken(&shop, CHAT_FILE, "= at welcome.z‸", "welcome.zip"), "= at welcome.zip");
    assert_eq!(shop.offers(OWN_FILE, "intent x\n  [<‸").first().map(String::as_str), Some("polite"));
    assert!(
        shop.offers(OWN_FILE, "intent x\n  a {‸")
            .starts_with(&["name", "zip", "drink", "size"].map(str::to_owned))
    );
}

#[test]
fn verbs_are_offered_as_the_parsers_know_them() {
    let shop = Shop::sound();
    let at = |text: &str| shop.offers(WELCOME_FILE, text);
    assert_eq!(at("‸"), ["flow", "node"]);
    assert_eq!(at("flow a\n  ‸"), ["start", "on", "gone", "content", "program", "was"]);
    assert!(at("flow a\n\nnode x\n  sa‸").contains(&"say".to_owned()));
    assert!(at("flow a\n\nnode x\n  ask name\n    ‸\n  -> x").contains(&"silent".to_owned()));
    assert_eq!(at("flow a\n\nnode x\n  say.‸"), ["say.es"]);
    assert_eq!(taken(&shop, WELCOME_FILE, "flow a\n\nnode x\n  -‸", "->"), "flow a\n\nnode x\n  ->");
    assert!(shop.offers(BRAND_FILE, "per‸").contains(&"personal".to_owned()));
    assert!(shop.offers(BRAND_FILE, "brand X\n  t‸").contains(&"timezone".to_owned()));
    assert_eq!(shop.offers(BRAND_FILE, "brand X\n  dates ‸"), ["month first", "day first"]);
    assert!(shop.offers(BRAND_FILE, "field x: ‸").contains(&"us_zip".to_owned()));
    assert!(shop.offers(OWN_FILE, "‸").contains(&"concept".to_owned()));
    assert_eq!(shop.offers(OWN_FILE, "intent x p‸"), ["replace", "priority"]);
    // Without a workspace, too.
    assert_eq!(offers("flow a\nnode x\n  -> ‸", Path::new("/nowhere/a.flow"), None), ["x"]);
}

#[test]
fn what_is_typed_is_checked_in_place_of_what_is_saved() {
    let new = "flow extra\n  start on order\n\nnode a\n  say Hi.\n  say.es Hola.\n  -> b\n";
    let shop = Shop::open(&[("flows/corner/extra.flow", new)]);
    let shown = diagnostics::shown(&shop.analysis);
    let (_, found) = &shown[&shop.path("flows/corner/extra.flow")];
    let found = serde_json::to_value(&found[0]).unwrap();
    assert_eq!(found["code"], "F301");
    assert_eq!(found["range"]["start"], json!({ "line": 6, "character": 5 }));
    assert_eq!(found["message"], "the flow `extra` has no node `b`");
}

#[test]
fn slips_have_quick_fixes() {
    let shop = Shop::open(&[(WELCOME_FILE, &WELCOME.replace("gone -> zip", "gone -> zpi"))]);
    let path = shop.path(WELCOME_FILE);
    let line = lsp_types::Range::new(lsp_types::Position::new(2, 0), lsp_types::Position::new(2, 99));
    let fixes = diagnostics::fixes(&shop.analysis, &path, line);
    let fix = serde_json::to_value(&fixes).unwrap();
    assert_eq!(fix[0]["title"], "write `zip` instead of `zpi`");
    let edit = &fix[0]["edit"]["changes"][uri_of(&path).unwrap().as_str()][0];
    assert_eq!(
        (edit["newText"].as_str(), edit["range"]["start"]["character"].as_u64()),
        (Some("zip"), Some(10))
    );
    let elsewhere = lsp_types::Range::default();
    assert_eq!(diagnostics::fixes(&shop.analysis, &path, elsewhere), []);
}

#[test]
fn documents_that_nothing_reads_are_told_why() {
    let shop = Shop::open(&[("notes.flow", "flow a\n")]);
    let (_, found) = &diagnostics::shown(&shop.analysis)[&shop.path("notes.flow")];
    let message = serde_json::to_value(&found[0].message).unwrap();
    assert!(message.as_str().unwrap().contains("stand in `flows/BRAND/`"), "{message}");
    let uri = "file:///nowhere/a.flow".parse().unwrap();
    let document = Document { uri, version: 1, text: "flow a\nnode\n".into() };
    let found = diagnostics::alone(Path::new("/nowhere/a.flow"), &document, Encoding::Utf8);
    let said: Vec<_> = found.iter().map(|d| serde_json::to_value(&d.message).unwrap().to_string()).collect();
    assert!(
        said[0].contains("lies in no workspace") && said[1].contains("this node has no name"),
        "{said:?}"
    );
}

#[test]
fn a_check_that_fails_is_told_and_the_next_one_counts() {
    let shop = Shop::sound();
    let (server, editor) = lsp_server::Connection::memory();
    let fails = |job: &super::Job| job.documents.iter().any(|(_, document)| document.text.contains("# fail"));
    let check = move |job: super::Job, encoding| {
        assert!(!fails(&job), "on purpose");
        Analysis::check(&job.root, job.documents, encoding)
    };
    let thread = std::thread::spawn(move || super::converse(&server, check).unwrap());
    let send =
        |message: serde_json::Value| editor.sender.send(serde_json::from_value(message).unwrap()).unwrap();
    let uri = uri_of(&shop.path(WELCOME_FILE)).unwrap();
    let open = |id: i32, version: i32, text: &str| {
        let document = json!({ "uri": uri, "languageId": "sayso-flow", "version": version, "text": text });
        send(json!({ "method": "textDocument/didOpen", "params": { "textDocument": document } }));
        let at = json!({ "textDocument": { "uri": uri }, "position": { "line": 4, "character": 5 } });
        send(json!({ "id": id, "method": "textDocument/hover", "params": at }));
    };
    send(json!({ "id": 1, "method": "initialize", "params": { "capabilities": {} } }));
    send(json!({ "method": "initialized", "params": {} }));
    open(2, 1, &format!("{WELCOME}# fail"));
    open(3, 2, WELCOME);
    send(json!({ "id": 4, "method": "shutdown" }));
    let mut seen = Vec::new();
    while seen.len() < 5 {
        match editor.receiver.recv().unwrap() {
            lsp_server::Message::Response(response) => seen.push(serde_json::to_value(&response).unwrap()),
            lsp_server::Message::Notification(told) if told.method == "window/showMessage" => {
                assert!(told.params["message"].as_str().unwrap().contains("on purpose"));
                seen.push(json!("told"));
            }
            lsp_server::Message::Notification(_) | lsp_server::Message::Request(_) => {}
        }
    }
    send(json!({ "method": "exit" }));
    assert!(thread.join().unwrap());
    let answer = |id| seen.iter().find(|message| message["id"] == id).unwrap();
    assert_eq!(answer(2)["error"]["code"], -32603, "places of a check that failed are nobody's answer");
    assert!(answer(3)["result"]["contents"]["value"].as_str().unwrap().contains("`hello`"));
}

#[test]
fn a_document_is_formatted_by_one_edit_of_the_lines_that_differ() {
    let text = "flow a\n  start on join\n\nnode x\n    say Caf\u{e9}\n\n\n  end";
    let edits = formatting(Encoding::Utf16, Path::new("/x/a.flow"), text).unwrap();
    let range = |from: u32, to: u32, column: u32| {
        json!({
            "start": { "line": from, "character": 0 }, "end": { "line": to, "character": column }
        })
    };
    assert_eq!(edits, json!([{ "range": range(4, 7, 5), "newText": "  say Caf\u{e9}\n\n  end\n" }]));
    let tidy = crate::format::format(text, crate::format::Kind::Flow);
    assert_eq!(formatting(Encoding::Utf16, Path::new("/x/a.flow"), &tidy).unwrap(), json!([]));
    assert_eq!(formatting(Encoding::Utf16, Path::new("/x/a.toml"), text).unwrap(), json!(null));
}
