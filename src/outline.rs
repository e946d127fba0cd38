//! A file as a tree of lines: what is indented below a line belongs to it. All our files begin here.
//!
//! Two spaces a level; blank lines and whole-line comments (`#`) are passed over. Bad indentation is reported and
//! mended, so that the rest of the file is still read.

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place};
use nom::bytes::complete::take_till;
use nom::character::complete::{char, line_ending, space0};
use nom::combinator::opt;
use nom::{IResult, Parser};
use nom_locate::LocatedSpan;

/// A piece of a file's text that knows where it stands.
pub type Span<'a> = LocatedSpan<&'a str>;

/// Bytes of a file that are read; a brand's largest flow is a hundredth of it.
pub const FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Levels of indentation; the languages need four.
const LEVELS_MAX: usize = 16;

/// A line and the lines that belong to it.
#[derive(Debug, Clone)]
pub struct Block<'a> {
    /// The line without indentation and trailing spaces.
    pub line: Span<'a>,
    /// The lines indented below it.
    pub children: Vec<Block<'a>>,
}

/// What a parser carries along: which file it reads, and what it found wrong.
#[derive(Debug)]
pub struct Reader<'d> {
    file: FileId,
    found: &'d mut Diagnostics,
}

impl<'d> Reader<'d> {
    /// A reader of `file` that reports to `found`.
    pub fn new(file: FileId, found: &'d mut Diagnostics) -> Self {
        Self { file, found }
    }

    /// The place of a span.
    #[must_use]
    pub fn place(&self, span: Span<'_>) -> Place {
        let start = span.location_offset();
        Place::new(self.file, start..start + span.fragment().len())
    }

    /// Reports a mistake.
    pub fn report(&mut self, diagnostic: Diagnostic) {
        self.found.push(diagnostic);
    }

    /// Reports a mistake at a span.
    pub fn mistake(&mut self, code: Code, at: Span<'_>, message: impl Into<String>) {
        let place = self.place(at);
        self.report(Diagnostic::new(code, place, message));
    }
}

/// The file's lines as a tree. O(bytes).
pub fn outline<'a>(text: &'a str, reader: &mut Reader<'_>) -> Vec<Block<'a>> {
    let mut rest = Span::new(text);
    let mut open: Vec<Block<'a>> = Vec::new(); // the path from the left edge to the line read last
    let mut roots = Vec::new();
    while !rest.fragment().is_empty() {
        let Ok((after, (indent, line))) = line(rest) else { break };
        rest = after;
        let line = trimmed(line);
        if line.fragment().is_empty() || line.fragment().starts_with('#') {
            continue;
        }
        let level = level(indent, line, open.len(), reader);
        while open.len() > level {
            close(&mut open, &mut roots);
        }
        open.push(Block { line, children: Vec::new() });
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

fn line(input: Span<'_>) -> IResult<Span<'_>, (Span<'_>, Span<'_>)> {
    let not_ending = take_till(|c| c == '\n' || c == '\r');
    let (rest, (indent, body, _, _)) =
        (blanks, not_ending, opt(char('\r')), opt(line_ending)).parse(input)?;
    Ok((rest, (indent, body)))
}

fn blanks(input: Span<'_>) -> IResult<Span<'_>, Span<'_>> {
    space0(input)
}

fn trimmed(span: Span<'_>) -> Span<'_> {
    use nom::Input;
    span.take(span.fragment().trim_end().len())
}

fn close<'a>(open: &mut Vec<Block<'a>>, roots: &mut Vec<Block<'a>>) {
    if let Some(block) = open.pop() {
        open.last_mut().map_or(roots, |parent| &mut parent.children).push(block);
    }
}

/// The level a line stands at; a bad indentation is reported and the nearest sensible level taken.
fn level(indent: Span<'_>, line: Span<'_>, open: usize, reader: &mut Reader<'_>) -> usize {
    let blanks = indent.fragment();
    if blanks.contains('\t') {
        let place = reader.place(indent);
        reader.report(
            Diagnostic::new(Code::TabIndent, place, "a tab in the indentation")
                .hint("use two spaces for each level"),
        );
    } else if blanks.len() % 2 == 1 {
        let place = reader.place(line);
        reader.report(
            Diagnostic::new(Code::OddIndent, place, format!("indented by {} spaces", blanks.len()))
                .hint("use two spaces for each level"),
        );
    }
    let columns: usize = blanks.bytes().map(|b| if b == b'\t' { 2 } else { 1 }).sum();
    let level = columns / 2;
    if level > open || level >= LEVELS_MAX {
        let place = reader.place(line);
        reader.report(
            Diagnostic::new(Code::DeepIndent, place, "indented deeper than the line above allows")
                .hint("indent by two spaces below the line it belongs to"),
        );
    }
    level.min(open).min(LEVELS_MAX - 1)
}

/// A name: small letters, digits, `-` and `_`, beginning with a letter.
pub fn name(input: Span<'_>) -> IResult<Span<'_>, Span<'_>> {
    use nom::bytes::complete::take_while1;
    use nom::combinator::verify;
    verify(
        take_while1(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_'),
        |s: &Span<'_>| s.fragment().starts_with(|c: char| c.is_ascii_lowercase()),
    )
    .parse(input)
}

/// The first word of a line and the rest of it without the blanks between.
#[must_use]
pub fn first_word(line: Span<'_>) -> (Span<'_>, Span<'_>) {
    use nom::Input;
    let word = line.fragment().find([' ', '\t']).unwrap_or(line.fragment().len());
    let rest = line.take_from(word);
    let blanks = rest.fragment().len() - rest.fragment().trim_start().len();
    (line.take(word), rest.take_from(blanks))
}

/// The part of a line after its first `bytes`, and that part's leading blanks taken off.
#[must_use]
pub fn after(line: Span<'_>, bytes: usize) -> Span<'_> {
    use nom::Input;
    let rest = line.take_from(bytes);
    rest.take_from(rest.fragment().len() - rest.fragment().trim_start().len())
}

/// The pieces of a line between `separator`s, trimmed; empty pieces are kept, so that they can be reported.
#[must_use]
pub fn split(line: Span<'_>, separator: char) -> Vec<Span<'_>> {
    use nom::Input;
    let mut pieces = Vec::new();
    let mut rest = line;
    loop {
        let end = rest.fragment().find(separator);
        pieces.push(trimmed(after(rest.take(end.unwrap_or(rest.fragment().len())), 0)));
        match end {
            Some(end) => rest = rest.take_from(end + separator.len_utf8()),
            None => return pieces,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Sources;

    fn shape(blocks: &[Block<'_>]) -> String {
        let shown = |b: &Block<'_>| [b.line.fragment(), "(", &shape(&b.children), ")"].concat();
        blocks.iter().map(shown).collect()
    }

    fn read(text: &str) -> (String, Vec<Code>) {
        let mut found = Diagnostics::default();
        let mut sources = Sources::default();
        let file = sources.add("x", text);
        let tree = shape(&outline(text, &mut Reader::new(file, &mut found)));
        (tree, found.iter().map(|d| d.code).collect())
    }

    #[test]
    fn lines_belong_to_the_line_they_are_indented_below() {
        let (tree, found) = read("a\n  b\n    c\n\n# note\n  d #joy\r\ne");
        assert_eq!(tree, "a(b(c())d #joy())e()");
        assert_eq!(found, []);
    }

    #[test]
    fn bad_indentation_is_reported_and_the_rest_is_read() {
        let (tree, found) = read("a\n   b\n\tc\n        d\ne");
        assert_eq!(tree, "a(b()c(d()))e()");
        assert_eq!(found, [Code::OddIndent, Code::TabIndent, Code::DeepIndent]);
    }
}
