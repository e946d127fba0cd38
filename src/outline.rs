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
    let mut open: Vec<Block<'a>> = Vec::new(); // the path from the left edge to the line read last
    let mut roots = Vec::new();
    for line in lines(text).filter(|line| !line.is_passed_over()) {
        report_indent(&line, reader);
        while open.len() > line.level {
            close(&mut open, &mut roots);
        }
        open.push(Block { line: line.words, children: Vec::new() });
    }
    while !open.is_empty() {
        close(&mut open, &mut roots);
    }
    roots
}

/// One line of a file, also a blank one and a comment, with the level it stands at.
#[derive(Debug, Clone)]
pub struct Line<'a> {
    indent: Span<'a>,
    /// The line without indentation and trailing blanks; nothing where it is blank.
    pub words: Span<'a>,
    /// How many lines stand open above it: those it belongs to, from the left edge on. For a comment, which belongs to
    /// none, those it stands below.
    pub level: usize,
}

impl Line<'_> {
    /// Whether nothing stands in it.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.words.fragment().is_empty()
    }

    /// Whether it is no part of the tree: blank, or a comment.
    #[must_use]
    pub fn is_passed_over(&self) -> bool {
        self.is_blank() || self.words.fragment().starts_with('#')
    }

    /// Its indentation in levels as it is written, rounded down.
    fn wanted(&self) -> usize {
        let columns: usize = self.indent.fragment().bytes().map(|b| if b == b'\t' { 2 } else { 1 }).sum();
        columns / 2
    }
}

/// The lines of a file in order, each at its level. A bad indentation is mended: the nearest sensible level is taken.
/// O(bytes) for all of them.
#[must_use]
pub fn lines(text: &str) -> Lines<'_> {
    Lines { rest: Span::new(text), open: Vec::new() }
}

/// What [`lines`] gives.
#[derive(Debug, Clone)]
pub struct Lines<'a> {
    rest: Span<'a>,
    /// The indentation, as it was written, of the lines that stand open. It grows from each to the next.
    open: Vec<usize>,
}

impl<'a> Iterator for Lines<'a> {
    type Item = Line<'a>;

    fn next(&mut self) -> Option<Line<'a>> {
        if self.rest.fragment().is_empty() {
            return None;
        }
        let (after, (indent, words)) = line(self.rest).ok()?;
        self.rest = after;
        let mut line = Line { indent, words: trimmed(words), level: 0 };
        // Lines that are too deep all by the same width stand beside one another.
        let wanted = line.wanted();
        line.level = self.open.partition_point(|open| *open < wanted).min(LEVELS_MAX - 1);
        if !line.is_passed_over() {
            self.open.truncate(line.level);
            self.open.push(wanted);
        }
        Some(line)
    }
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

fn report_indent(line: &Line<'_>, reader: &mut Reader<'_>) {
    let blanks = line.indent.fragment();
    if blanks.contains('\t') {
        let place = reader.place(line.indent);
        reader.report(
            Diagnostic::new(Code::TabIndent, place, "a tab in the indentation")
                .hint("use two spaces for each level"),
        );
    } else if blanks.len() % 2 == 1 {
        let place = reader.place(line.words);
        reader.report(
            Diagnostic::new(Code::OddIndent, place, format!("indented by {} spaces", blanks.len()))
                .hint("use two spaces for each level"),
        );
    }
    if line.wanted() != line.level {
        let place = reader.place(line.words);
        reader.report(
            Diagnostic::new(Code::DeepIndent, place, "indented deeper than the line above allows")
                .hint("indent by two spaces below the line it belongs to"),
        );
    }
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

/// The two sides of `… -> node`, trimmed, if there is an arrow. Arrows inside quotes are no arrows.
#[must_use]
pub fn arrow(line: Span<'_>) -> Option<(Span<'_>, Span<'_>)> {
    use nom::Input;
    let mut quoted = false;
    let bytes = line.fragment().as_bytes();
    for at in 0..bytes.len() {
        match bytes[at] {
            b'"' => quoted = !quoted,
            b'-' if !quoted && bytes.get(at + 1) == Some(&b'>') => {
                return Some((trimmed(line.take(at)), after(line, at + 2)));
            }
            _ => {}
        }
    }
    None
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
    fn lines_that_are_too_deep_all_alike_stand_beside_one_another() {
        let (tree, found) = read("a\n    b\n        c\n        d\n    e\n  f\ng\n");
        assert_eq!(tree, "a(b(c()d())e()f())g()");
        assert_eq!(found, [Code::DeepIndent; 4], "each of them is to be mended");
    }

    #[test]
    fn every_line_has_a_level() {
        let text = "\n# top\na\n      # far\n    b\r\n    # beside\n\r\n  # between\nc";
        let levels: Vec<_> = lines(text).map(|line| (line.level, *line.words.fragment())).collect();
        let wanted = [
            (0, ""),
            (0, "# top"),
            (0, "a"),
            (1, "# far"),
            (1, "b"),
            (1, "# beside"),
            (0, ""),
            (1, "# between"),
            (0, "c"),
        ];
        assert_eq!(levels, wanted);
    }

    #[test]
    fn levels_end_somewhere() {
        let deep =
            (0..40).map(|level| ["  ".repeat(level), "x\n".to_owned()].concat()).collect::<Vec<_>>().concat();
        assert_eq!(lines(&deep).map(|line| line.level).max(), Some(LEVELS_MAX - 1));
    }

    #[test]
    fn bad_indentation_is_reported_and_the_rest_is_read() {
        let (tree, found) = read("a\n   b\n\tc\n        d\ne");
        assert_eq!(tree, "a(b()c(d()))e()");
        assert_eq!(found, [Code::OddIndent, Code::TabIndent, Code::DeepIndent]);
    }
}
