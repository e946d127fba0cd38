//! Reading `*.flow` files: flows, their nodes, and the lines of a node.

use super::arrow;
use super::text::{TextDecl, text, verb};
use super::time::{Delay, delay};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::expr::{Expr, expression};
use crate::grammar::syntax::{language, named};
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, first_word, outline, split};

/// A `*.flow` file.
#[derive(Debug, Clone, Default)]
pub struct FlowFile {
    /// Its flows.
    pub flows: Vec<FlowDecl>,
}

/// `flow NAME`, its own lines, and the nodes that follow it.
#[derive(Debug, Clone)]
pub struct FlowDecl {
    /// Its name.
    pub name: At<String>,
    /// Names it had before.
    pub was: Vec<At<String>>,
    /// Intents that start it.
    pub start_on: Vec<At<String>>,
    /// Intents heard anywhere in it, and where they lead.
    pub on: Vec<Branch>,
    /// Where people go whose node is no more.
    pub gone: Option<At<String>>,
    /// Its nodes; the first is where it starts.
    pub nodes: Vec<NodeDecl>,
}

/// `on INTENT -> node`.
#[derive(Debug, Clone)]
pub struct Branch {
    /// The intent.
    pub intent: At<String>,
    /// The node.
    pub to: At<String>,
}

/// `node NAME` and its lines.
#[derive(Debug, Clone)]
pub struct NodeDecl {
    /// Its name.
    pub name: At<String>,
    /// Names it had before.
    pub was: Vec<At<String>>,
    /// Its lines in order.
    pub lines: Vec<Line>,
}

/// A line of a node.
#[derive(Debug, Clone)]
pub enum Line {
    /// `say TEXT`
    Say(TextDecl),
    /// `tag NAME`
    Tag(At<String>),
    /// `untag NAME`
    Untag(At<String>),
    /// `language es`
    Language(At<Lang>),
    /// `ask FIELD`
    Ask(Box<AskDecl>),
    /// `when CONDITION -> node`
    When(Expr, At<String>),
    /// `-> node`
    Go(At<String>),
    /// `end`
    End(Place),
}

/// `ask FIELD` and the lines that belong to it.
#[derive(Debug, Clone)]
pub struct AskDecl {
    /// The field.
    pub field: At<String>,
    /// The lines below it.
    pub prompt: PromptDecl,
}

/// The lines that belong to a question.
#[derive(Debug, Clone, Default)]
pub struct PromptDecl {
    /// Printed when the answer was not understood.
    pub unclear: Vec<TextDecl>,
    /// Printed when the answer was understood and cannot be accepted.
    pub invalid: Vec<TextDecl>,
    /// Printed when the question is asked again.
    pub again: Vec<TextDecl>,
    /// After so many bad answers, there.
    pub tries: Option<(At<u32>, At<String>)>,
    /// After so long a silence, there.
    pub silent: Option<(At<Delay>, At<String>)>,
    /// Intents that are heard while this waits.
    pub on: Vec<Branch>,
}

/// Bad answers that a question may take before it gives up: nobody answers a tenth time.
const TRIES_MAX: u32 = 10;

const FLOW_WORDS: [&str; 4] = ["start", "on", "gone", "was"];
const NODE_WORDS: [&str; 9] = ["say", "ask", "tag", "untag", "language", "when", "end", "was", "->"];
const ASK_WORDS: [&str; 6] = ["unclear", "invalid", "again", "tries", "silent", "on"];

/// Reads a flow file. Returns all that could be read; mistakes go to the reader.
pub fn parse(text: &str, reader: &mut Reader<'_>) -> FlowFile {
    let mut file = FlowFile::default();
    for block in outline(text, reader) {
        let (word, rest) = first_word(block.line);
        match *word.fragment() {
            "flow" => file.flows.extend(flow(&block, rest, reader)),
            "node" => match (file.flows.last_mut(), node(&block, rest, reader)) {
                (Some(flow), Some(node)) => flow.nodes.push(node),
                (None, _) => {
                    let place = reader.place(block.line);
                    let diagnostic = Diagnostic::new(Code::StrayNode, place, "a node before any flow");
                    reader.report(diagnostic.hint("begin the file with `flow NAME`"));
                }
                (Some(_), None) => {}
            },
            other => unknown(Code::UnknownBlock, word, other, "a flow file", &["flow", "node"], reader),
        }
    }
    file
}

/// Reports a word that the language does not have at this place.
pub(super) fn unknown(
    code: Code,
    at: Span<'_>,
    word: &str,
    within: &str,
    known: &[&str],
    reader: &mut Reader<'_>,
) {
    let place = reader.place(at);
    let diagnostic = Diagnostic::new(code, place, format!("{within} has no `{word}`"));
    let list = format!("a line begins with one of: {}", known.join(", "));
    reader.report(diagnostic.did_you_mean(word, known.iter().copied()).hint(list));
}

fn flow(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<FlowDecl> {
    let mut flow = FlowDecl {
        name: named(rest, "flow", reader)?,
        was: Vec::new(),
        start_on: Vec::new(),
        on: Vec::new(),
        gone: None,
        nodes: Vec::new(),
    };
    for child in &block.children {
        childless(child, reader);
        let (word, rest) = first_word(child.line);
        match *word.fragment() {
            "start" => flow.start_on.extend(start_on(rest, reader)),
            "on" => flow.on.extend(branch(rest, reader)),
            "gone" => flow.gone = target_of(child.line, reader).map(|(_, to)| to),
            "was" => flow.was.extend(named(rest, "flow", reader)),
            other => unknown(Code::UnknownWord, word, other, "a flow", &FLOW_WORDS, reader),
        }
    }
    Some(flow)
}

/// `on INTENT, INTENT`
fn start_on(rest: Span<'_>, reader: &mut Reader<'_>) -> Vec<At<String>> {
    let (on, intents) = first_word(rest);
    if *on.fragment() != "on" {
        let place = reader.place(rest);
        reader.report(
            Diagnostic::new(Code::UnknownWord, place, "`start` goes on with `on INTENT`")
                .hint("write for example `start on join`"),
        );
        return Vec::new();
    }
    split(intents, ',').into_iter().filter_map(|intent| named(intent, "intent", reader)).collect()
}

/// `INTENT -> node`
fn branch(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Branch> {
    let (intent, to) = target_of(rest, reader)?;
    Some(Branch { intent: named(intent, "intent", reader)?, to })
}

/// What stands before an arrow, and the node behind it.
fn target_of<'a>(line: Span<'a>, reader: &mut Reader<'_>) -> Option<(Span<'a>, At<String>)> {
    let Some((left, right)) = arrow(line) else {
        let place = reader.place(line);
        reader.report(
            Diagnostic::new(Code::NoTarget, place, "this line does not say where it leads")
                .hint("end it with `-> NODE`"),
        );
        return None;
    };
    Some((left, named(right, "node", reader)?))
}

fn childless(block: &Block<'_>, reader: &mut Reader<'_>) {
    for child in &block.children {
        reader.mistake(Code::DeepIndent, child.line, "nothing belongs below this line");
    }
}

fn node(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<NodeDecl> {
    let name = named(rest, "node", reader)?;
    let mut node = NodeDecl { name, was: Vec::new(), lines: Vec::new() };
    for child in &block.children {
        let (word, language) = verb(child.line, reader);
        let (first, rest) = first_word(child.line);
        let translated = *word.fragment() == "say";
        if language.is_some() && !translated {
            unknown(Code::UnknownWord, first, first.fragment(), "a node", &NODE_WORDS, reader);
            continue;
        }
        match *word.fragment() {
            "say" => node.lines.extend(text(child, language, reader).map(Line::Say)),
            "ask" => node.lines.extend(ask(child, rest, reader).map(|ask| Line::Ask(Box::new(ask)))),
            "was" => node.was.extend(named(rest, "node", reader)),
            _ => {
                childless(child, reader);
                node.lines.extend(short_line(child.line, reader));
            }
        }
    }
    Some(node)
}

/// A line that owns no others.
fn short_line(line: Span<'_>, reader: &mut Reader<'_>) -> Option<Line> {
    let (word, rest) = first_word(line);
    match *word.fragment() {
        "tag" => named(rest, "tag", reader).map(Line::Tag),
        "untag" => named(rest, "tag", reader).map(Line::Untag),
        "language" => language(rest, reader).map(Line::Language),
        "end" if rest.fragment().is_empty() => Some(Line::End(reader.place(line))),
        "when" => {
            let (condition, to) = target_of(rest, reader)?;
            Some(Line::When(expression(condition, reader)?, to))
        }
        arrow if arrow.starts_with("->") => target_of(line, reader).map(|(_, to)| Line::Go(to)),
        other => {
            unknown(Code::UnknownWord, word, other, "a node", &NODE_WORDS, reader);
            None
        }
    }
}

fn ask(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<AskDecl> {
    let mut ask = AskDecl { field: named(rest, "field", reader)?, prompt: PromptDecl::default() };
    for child in &block.children {
        let (word, _) = first_word(child.line);
        if !prompt_line(child, &mut ask.prompt, reader) {
            unknown(Code::UnknownWord, word, word.fragment(), "a question", &ASK_WORDS, reader);
        }
    }
    Some(ask)
}

/// Reads a line that any question may have; whether it is one.
fn prompt_line(block: &Block<'_>, prompt: &mut PromptDecl, reader: &mut Reader<'_>) -> bool {
    let (word, language) = verb(block.line, reader);
    let (_, rest) = first_word(block.line);
    match *word.fragment() {
        "unclear" => prompt.unclear.extend(text(block, language, reader)),
        "invalid" => prompt.invalid.extend(text(block, language, reader)),
        "again" => prompt.again.extend(text(block, language, reader)),
        "tries" => prompt.tries = tries(rest, reader),
        "silent" => prompt.silent = silent(rest, reader),
        "on" => prompt.on.extend(branch(rest, reader)),
        _ => return false,
    }
    true
}

/// `3 -> node`
fn tries(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<(At<u32>, At<String>)> {
    let (count, to) = target_of(rest, reader)?;
    let place = reader.place(count);
    if let Ok(number @ 1..=TRIES_MAX) = count.fragment().parse() {
        Some((At::new(number, place), to))
    } else {
        let message = format!("`{}` is no number of tries", count.fragment());
        let diagnostic = Diagnostic::new(Code::BadNumber, place, message);
        reader.report(diagnostic.hint(format!("write a number from 1 to {TRIES_MAX}")));
        None
    }
}

/// `2d -> node`
fn silent(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<(At<Delay>, At<String>)> {
    let (length, to) = target_of(rest, reader)?;
    let place = reader.place(length);
    Some((At::new(delay(length, reader)?, place), to))
}
