//! A text in one language: it starts one space after its verb and goes on in lines that begin with `| `. Below it may stand
//! other wordings (`or …`) and pictures that are sent with it (`media NAME`).

use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::expr::{Piece, Template, template};
use crate::grammar::syntax::{language, named};
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, first_word};
use nom::Input;

/// A text as it was written: `say.es …`.
#[derive(Debug, Clone, PartialEq)]
pub struct TextDecl {
    /// Its language; the brand's first where nothing is said.
    pub language: Option<At<Lang>>,
    /// The words.
    pub template: Template,
    /// Other wordings, of which one is picked: `or …` below the text.
    pub others: Vec<Template>,
    /// Pictures that are sent with it: `media NAME` below the text.
    pub media: Vec<At<String>>,
    /// Where they stand.
    pub place: Place,
}

impl TextDecl {
    /// Its wordings, the first one first.
    pub fn wordings(&self) -> impl Iterator<Item = &Template> {
        std::iter::once(&self.template).chain(&self.others)
    }
}

/// A verb with its language: `say.es` is `say` and Spanish.
pub(super) fn verb<'a>(line: Span<'a>, reader: &mut Reader<'_>) -> (Span<'a>, Option<At<Lang>>) {
    let (word, _) = first_word(line);
    match word.fragment().find('.') {
        Some(dot) => (word.take(dot), language(word.take_from(dot + 1), reader)),
        None => (word, None),
    }
}

/// The text of a line and the lines that go on below it.
pub(super) fn text(
    block: &Block<'_>,
    language: Option<At<Lang>>,
    reader: &mut Reader<'_>,
) -> Option<TextDecl> {
    let (word, _) = first_word(block.line);
    let verb_and_space = (word.fragment().len() + 1).min(block.line.fragment().len());
    let first = block.line.take_from(verb_and_space);
    let mut template_read = template(first, reader);
    let mut others: Vec<Template> = Vec::new();
    let mut media = Vec::new();
    for child in &block.children {
        let (first, rest) = first_word(child.line);
        if *first.fragment() == "or" {
            let mut other = template(rest, reader);
            child.children.iter().for_each(|line| continuation(line, &mut other, reader));
            if other.pieces.is_empty() {
                reader.mistake(Code::EmptyText, child.line, "another wording needs words");
            } else {
                others.push(other);
            }
        } else if *first.fragment() == "media" {
            media.extend(named(rest, "media", reader));
        } else {
            continuation(child, others.last_mut().unwrap_or(&mut template_read), reader);
        }
    }
    if template_read.pieces.is_empty() {
        let place = reader.place(block.line);
        let message = format!("`{}` has no text", word.fragment());
        reader.report(Diagnostic::new(Code::EmptyText, place, message).hint("write the words behind it"));
        return None;
    }
    Some(TextDecl { language, template: template_read, others, media, place: reader.place(block.line) })
}

fn continuation(block: &Block<'_>, so_far: &mut Template, reader: &mut Reader<'_>) {
    let line = block.line;
    let Some(rest) = line.fragment().strip_prefix('|') else {
        let place = reader.place(line);
        reader.report(
            Diagnostic::new(Code::UnknownWord, place, "only a continued text or another wording can stand below a text")
                .hint("begin the line with `| ` if it belongs to the text above, with `or ` if it is sent in its place"),
        );
        return;
    };
    let sign = if rest.starts_with(' ') { 2 } else { 1 };
    let more = template(line.take_from(sign), reader);
    so_far.pieces.push(Piece::Words("\n".to_owned()));
    so_far.pieces.extend(more.pieces);
    for child in &block.children {
        continuation(child, so_far, reader);
    }
}
