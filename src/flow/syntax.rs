//! Reading `*.flow` files: flows, their nodes, and the lines of a node.

mod wait;

pub(super) use wait::age;
pub use wait::{AwaitedDecl, OptionDecl, PromptDecl, WaitDecl};

use super::arrow;
use super::text::{TextDecl, text, verb};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::expr::{Expr, expression};
use crate::grammar::syntax::{language, named};
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, after, first_word, outline, split};
use crate::sms::Content;
use nom::Input;
use wait::{WAIT_WORDS, wait};

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
    /// What its messages are about.
    pub content: Option<At<Content>>,
    /// The programme that it belongs to.
    pub program: Option<At<String>>,
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
    /// `set FIELD = VALUE`
    Set(At<String>, Expr),
    /// `split 50 a, 50 b`
    Split(At<Vec<(u32, At<String>)>>),
    /// `notify WEBHOOK`
    Notify(At<String>),
    /// Something to wait for.
    Wait(Box<WaitDecl>),
    /// `when CONDITION -> node`
    When(Expr, At<String>),
    /// `-> node`
    Go(At<String>),
    /// `end`
    End(Place),
}

impl Line {
    /// What it waits for, if it does.
    #[must_use]
    pub fn wait(&self) -> Option<&WaitDecl> {
        if let Self::Wait(wait) = self { Some(wait) } else { None }
    }

    /// Where it stands.
    #[must_use]
    pub fn place(&self) -> Place {
        match self {
            Self::Say(text) => text.place,
            Self::Tag(at)
            | Self::Untag(at)
            | Self::Notify(at)
            | Self::Go(at)
            | Self::When(_, at)
            | Self::Set(at, _) => at.place,
            Self::Language(at) => at.place,
            Self::Split(at) => at.place,
            Self::Wait(wait) => wait.place,
            Self::End(place) => *place,
        }
    }
}

/// The weight of an arm: a share in a thousand is finer than anybody measures.
const WEIGHT_MAX: u32 = 1_000;

const FLOW_WORDS: [&str; 6] = ["start", "on", "gone", "content", "program", "was"];
const NODE_WORDS: [&str; 21] = [
    "say", "ask", "choose", "set", "tag", "untag", "language", "split", "wait", "call", "lookup", "notify",
    "handoff", "consent", "age", "vote", "contest", "when", "end", "was", "->",
];

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
    reader.report(diagnostic.known(known).did_you_mean(word, known.iter().copied()).hint(list));
}

fn flow(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<FlowDecl> {
    let mut flow = FlowDecl {
        name: named(rest, "flow", reader)?,
        was: Vec::new(),
        start_on: Vec::new(),
        on: Vec::new(),
        gone: None,
        content: None,
        program: None,
        nodes: Vec::new(),
    };
    for child in &block.children {
        childless(child, reader);
        let (word, rest) = first_word(child.line);
        match *word.fragment() {
            "start" => flow.start_on.extend(start_on(rest, reader)),
            "on" => flow.on.extend(branch(rest, reader)),
            "gone" => flow.gone = target_of(child.line, reader).map(|(_, to)| to),
            "content" => {
                let contents = [("marketing", Content::Marketing), ("service", Content::Service)];
                flow.content = one_of("content", &contents, rest, reader);
            }
            "program" => flow.program = named(rest, "program", reader),
            "was" => flow.was.extend(named(rest, "flow", reader)),
            other => unknown(Code::UnknownWord, word, other, "a flow", &FLOW_WORDS, reader),
        }
    }
    Some(flow)
}

/// What one of a few words stands for.
pub(super) fn one_of<T: Copy>(
    of: &str,
    words: &[(&'static str, T)],
    rest: Span<'_>,
    reader: &mut Reader<'_>,
) -> Option<At<T>> {
    if let Some((_, value)) = words.iter().find(|(word, _)| word == rest.fragment()) {
        return Some(At::new(*value, reader.place(rest)));
    }
    let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
    unknown(Code::UnknownWord, rest, rest.fragment(), &format!("`{of}`"), &known, reader);
    None
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
            word if WAIT_WORDS.contains(&word) => {
                node.lines.extend(wait(child, reader).map(|wait| Line::Wait(Box::new(wait))));
            }
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
        "notify" => named(rest, "webhook", reader).map(Line::Notify),
        "language" => language(rest, reader).map(Line::Language),
        "set" => set(rest, reader),
        "split" => split_line(rest, reader),
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

/// `FIELD = VALUE`
fn set(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Line> {
    let Some(equal) = rest.fragment().find('=') else {
        let place = reader.place(rest);
        let diagnostic = Diagnostic::new(Code::UnknownWord, place, "`set` goes on with `FIELD = VALUE`");
        reader.report(diagnostic.hint("write for example `set visits = (visits else 0) + 1`"));
        return None;
    };
    let field = named(split(rest.take(equal), '=')[0], "field", reader)?;
    Some(Line::Set(field, expression(after(rest, equal + 1), reader)?))
}

/// `50 a, 50 b`
fn split_line(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Line> {
    let mut arms = Vec::new();
    for arm in split(rest, ',') {
        let (weight, to) = first_word(arm);
        let Ok(number @ 1..=WEIGHT_MAX) = weight.fragment().parse() else {
            let place = reader.place(arm);
            let diagnostic = Diagnostic::new(Code::BadNumber, place, "each arm has a weight and a node");
            let hint = format!("write for example `split 50 a, 50 b`, weights from 1 to {WEIGHT_MAX}");
            reader.report(diagnostic.hint(hint));
            return None;
        };
        arms.push((number, named(to, "node", reader)?));
    }
    Some(Line::Split(At::new(arms, reader.place(rest))))
}
