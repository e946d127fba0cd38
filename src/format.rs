//! Files in their one canonical form: the lines stay and mean what they meant, only blanks and blank lines change.
//!
//! It works on the lines of the outline, not on what the parsers understood: a file with mistakes is formatted as far as
//! its lines are known, and a line that is not known keeps its words as they stand. Which blanks of a line count is
//! said in one place, the table of first words.

mod inside;
mod table;

use crate::outline::{Line, lines};
use table::Below;

/// What a file is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `brand.flow`
    Brand,
    /// Any other `*.flow`
    Flow,
    /// `*.grammar`
    Grammar,
    /// `*.chat`
    Chat,
}

impl Kind {
    /// What a file of that name is written in, without its folders.
    #[must_use]
    pub fn of(name: &str) -> Option<Self> {
        match name.rsplit_once('.')? {
            ("brand", "flow") => Some(Self::Brand),
            (_, "flow") => Some(Self::Flow),
            (_, "grammar") => Some(Self::Grammar),
            (_, "chat") => Some(Self::Chat),
            _ => None,
        }
    }

    /// What stands at the left edge.
    fn top(self) -> &'static Below {
        match self {
            Self::Brand => &table::BRAND,
            Self::Flow => &table::FLOW,
            Self::Grammar => &table::GRAMMAR,
            Self::Chat => &table::CHAT,
        }
    }

    /// Whether its files are made of blocks, with a blank line between two that have lines below them.
    fn has_blocks(self) -> bool {
        self != Self::Chat
    }
}

/// The canonical form of a file's text. Formatting it again changes nothing. O(bytes).
///
/// ```
/// use sayso::format::{Kind, format};
///
/// let messy = "flow  hours\n\tstart on hours\nnode open\n  say We open at 9.  \n\n\n  when cups>4->done\n  end";
/// let tidy = "flow hours\n  start on hours\n\nnode open\n  say We open at 9.\n\n  when cups > 4 -> done\n  end\n";
/// assert_eq!(format(messy, Kind::Flow), tidy);
/// ```
#[must_use]
pub fn format(text: &str, kind: Kind) -> String {
    let text = unmarked(text);
    let mut page = Page::new(kind, text.len());
    let mut rest = lines(text);
    while let Some(line) = rest.next() {
        if line.is_blank() {
            page.gap = true;
        } else if line.is_passed_over() {
            page.comment(&line);
        } else {
            // Only a line at the left edge looks ahead, to the next of the tree: every line is looked at twice at most.
            let is_block = line.level == 0
                && kind.has_blocks()
                && rest.clone().find(|next| !next.is_passed_over()).is_some_and(|next| next.level > 0);
            page.line(&line, is_block);
        }
    }
    page.end()
}

/// A text without byte order marks at its beginning. Below blank lines one would come to stand at the beginning.
fn unmarked(mut text: &str) -> &str {
    while let Some(rest) = text.trim_start().strip_prefix('\u{feff}') {
        text = rest;
    }
    text
}

/// A comment that waits for the line it precedes.
struct Comment<'a> {
    words: &'a str,
    level: usize,
    gap: bool,
}

/// A line of the tree that what follows may belong to.
struct Open {
    level: usize,
    goes_on: bool,
    below: &'static Below,
}

/// Which blank lines are printed above a line and its comments.
struct Gaps {
    /// One is kept above what comes first of them.
    first: bool,
    /// One is kept above the others.
    others: bool,
    /// One must stand above what comes first of them at the left edge.
    edge: bool,
}

/// What is printed so far, and what waits to be.
struct Page<'a> {
    out: String,
    top: &'static Below,
    /// The path from the left edge to the line printed last.
    open: Vec<Open>,
    /// Whether the last line at the left edge has lines below it.
    after_block: bool,
    comments: Vec<Comment<'a>>,
    /// Whether blank lines stand above what comes next.
    gap: bool,
}

impl<'a> Page<'a> {
    fn new(kind: Kind, bytes: usize) -> Self {
        Self {
            out: String::with_capacity(bytes),
            top: kind.top(),
            open: Vec::new(),
            after_block: false,
            comments: Vec::new(),
            gap: false,
        }
    }

    fn comment(&mut self, line: &Line<'a>) {
        let gap = std::mem::take(&mut self.gap);
        self.comments.push(Comment { words: line.words.fragment(), level: line.level, gap });
    }

    fn line(&mut self, line: &Line<'a>, is_block: bool) {
        let words = *line.words.fragment();
        let is_first_below = line.level == self.open.len();
        let comment_max = self.open.last().map_or(0, |last| last.level + 1);
        self.open.truncate(line.level);
        let known = self.open.last().map_or(self.top, |parent| parent.below).known(words);
        let goes_on = known.inside.goes_on();
        let level = match self.open.last() {
            // What goes on a text that goes on already stands beside it.
            Some(parent) if goes_on && parent.goes_on => parent.level,
            Some(parent) => parent.level + 1,
            None => 0,
        };
        let edge = level == 0 && is_block && self.after_block;
        self.comments(
            level,
            comment_max,
            Gaps { first: !goes_on && !is_first_below, others: !goes_on, edge },
        );
        indent(level, &mut self.out);
        inside::print(words, &known, &mut self.out);
        self.out.push('\n');
        self.open.push(Open { level, goes_on, below: known.below });
        if level == 0 {
            self.after_block = is_block;
        }
    }

    /// Prints the comments that wait for a line of `level`, and the blank lines above them and the line. A comment is
    /// indented with that line, or deeper if it was: then it ends the block above. A blank line never opens a file.
    fn comments(&mut self, level: usize, comment_max: usize, mut gaps: Gaps) {
        let mut deepest = comment_max.max(level);
        for comment in std::mem::take(&mut self.comments) {
            deepest = comment.level.clamp(level, deepest);
            self.gap_above(deepest, comment.gap, &mut gaps);
            indent(deepest, &mut self.out);
            self.out.push_str(comment.words);
            self.out.push('\n');
        }
        let gap = std::mem::take(&mut self.gap);
        self.gap_above(level, gap, &mut gaps);
    }

    fn gap_above(&mut self, level: usize, is_there: bool, gaps: &mut Gaps) {
        let is_due = level == 0 && std::mem::take(&mut gaps.edge);
        let may_be = std::mem::replace(&mut gaps.first, gaps.others);
        if (is_due || may_be && is_there) && !self.out.is_empty() {
            self.out.push('\n');
        }
    }

    /// The whole page; comments that precede nothing stand at its end.
    fn end(mut self) -> String {
        let comment_max = self.open.last().map_or(0, |last| last.level + 1);
        self.gap = false;
        self.comments(0, comment_max, Gaps { first: true, others: true, edge: false });
        self.out
    }
}

fn indent(level: usize, out: &mut String) {
    (0..level).for_each(|_| out.push_str("  "));
}
