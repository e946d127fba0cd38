//! Reading questions: `ask`, `choose`, and the lines below them.

use super::{Branch, branch, target_of, unknown};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::flow::text::{TextDecl, text, verb};
use crate::flow::time::{Delay, delay};
use crate::grammar::syntax::named;
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, first_word, split};

/// `ask FIELD` and the lines that belong to it.
#[derive(Debug, Clone)]
pub struct AskDecl {
    /// The field.
    pub field: At<String>,
    /// The lines below it.
    pub prompt: PromptDecl,
}

/// `choose` and its options.
#[derive(Debug, Clone)]
pub struct ChooseDecl {
    /// Where it stands.
    pub place: Place,
    /// Its options in order.
    pub options: Vec<OptionDecl>,
    /// The other lines below it.
    pub prompt: PromptDecl,
}

/// `option LABEL -> node`
#[derive(Debug, Clone)]
pub struct OptionDecl {
    /// What is shown, in the brand's first language.
    pub label: At<String>,
    /// What is shown in other languages: `label.es …`.
    pub labels: Vec<(At<Lang>, At<String>)>,
    /// Other words for it: `also times, when`.
    pub also: Vec<At<String>>,
    /// Where it leads.
    pub to: At<String>,
}

impl OptionDecl {
    /// The words that stand for it: its labels in all languages, and others.
    pub fn words(&self) -> impl Iterator<Item = &At<String>> {
        std::iter::once(&self.label).chain(self.labels.iter().map(|(_, label)| label)).chain(&self.also)
    }
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

const ASK_WORDS: [&str; 6] = ["unclear", "invalid", "again", "tries", "silent", "on"];
const CHOOSE_WORDS: [&str; 7] = ["option", "unclear", "invalid", "again", "tries", "silent", "on"];
const OPTION_WORDS: [&str; 2] = ["label.es", "also"];

pub(super) fn ask(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<AskDecl> {
    let mut ask = AskDecl { field: named(rest, "field", reader)?, prompt: PromptDecl::default() };
    for child in &block.children {
        let (word, _) = first_word(child.line);
        if !prompt_line(child, &mut ask.prompt, reader) {
            unknown(Code::UnknownWord, word, word.fragment(), "a question", &ASK_WORDS, reader);
        }
    }
    Some(ask)
}

pub(super) fn choose(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> ChooseDecl {
    if !rest.fragment().is_empty() {
        reader.mistake(
            Code::UnknownWord,
            rest,
            "options stand below `choose`, one a line: `option LABEL -> node`",
        );
    }
    let place = reader.place(block.line);
    let mut choose = ChooseDecl { place, options: Vec::new(), prompt: PromptDecl::default() };
    for child in &block.children {
        let (word, rest) = first_word(child.line);
        if *word.fragment() == "option" {
            choose.options.extend(option(child, rest, reader));
        } else if !prompt_line(child, &mut choose.prompt, reader) {
            unknown(Code::UnknownWord, word, word.fragment(), "a choice", &CHOOSE_WORDS, reader);
        }
    }
    choose
}

fn option(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<OptionDecl> {
    let (label, to) = target_of(rest, reader)?;
    let shown = |span: Span<'_>, reader: &mut Reader<'_>| {
        if span.fragment().is_empty() {
            reader.mistake(Code::EmptyText, span, "an option needs words to show");
            return None;
        }
        Some(At::new((*span.fragment()).to_owned(), reader.place(span)))
    };
    let mut option = OptionDecl { label: shown(label, reader)?, labels: Vec::new(), also: Vec::new(), to };
    for child in &block.children {
        let (word, language) = verb(child.line, reader);
        let (first, rest) = first_word(child.line);
        match (*word.fragment(), language) {
            ("label", Some(language)) => {
                option.labels.extend(shown(rest, reader).map(|label| (language, label)));
            }
            ("also", None) => {
                option.also.extend(split(rest, ',').into_iter().filter_map(|words| shown(words, reader)));
            }
            _ => unknown(Code::UnknownWord, first, first.fragment(), "an option", &OPTION_WORDS, reader),
        }
    }
    Some(option)
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
