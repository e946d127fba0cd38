//! What a `<` or `!` line expects: words, `*` for any text, `{field}` for what a field holds; and where a text differs.

use super::session::Mistake;
use crate::diagnostic::{Code, Diagnostic, Place, Sources};
use std::ops::Range;

/// An expectation, ready to be held against texts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Pattern {
    /// As it is shown: with the values of fields in it.
    shown: String,
    /// The words between the `*`, each with where it stands in `shown`. Never empty.
    words: Vec<(Range<usize>, String)>,
}

/// Where a text is not what was expected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Difference {
    /// What was expected, with a line of carets below the first line that differs.
    pub(super) expected: String,
    /// What was sent, marked in the same way.
    pub(super) sent: String,
}

impl Pattern {
    /// Reads an expectation; `value` is asked what each `{field}` holds.
    ///
    /// # Errors
    /// Those of `value`, and a brace that is never closed.
    pub(super) fn read(
        written: &str,
        place: Place,
        value: impl Fn(&str) -> Result<String, Mistake>,
    ) -> Result<Self, Mistake> {
        // A lone `\` is an empty line.
        let written =
            trimmed(&written.split('\n').filter(|line| line.trim() != "\\").collect::<Vec<_>>().join("\n"));
        let mut pattern = Self { shown: String::new(), words: vec![(0..0, String::new())] };
        let mut rest = written.as_str();
        while let Some(c) = rest.chars().next() {
            let (taken, literal) = match c {
                '*' => {
                    pattern.shown.push('*');
                    pattern.words.push((pattern.shown.len()..pattern.shown.len(), String::new()));
                    (1, None)
                }
                '{' => {
                    let never_closed = || {
                        let mistake = Diagnostic::new(Code::BadChat, place, "a brace that is never closed");
                        Mistake::new(mistake.hint("write `\\{` for the sign itself"))
                    };
                    let end = rest.find('}').ok_or_else(never_closed)?;
                    (end + 1, Some(value(rest[1..end].trim())?))
                }
                '\\' => {
                    let hidden = rest[1..].chars().next().filter(|hidden| *hidden != '\n');
                    (1 + hidden.map_or(0, char::len_utf8), Some(hidden.map(String::from).unwrap_or_default()))
                }
                c => (c.len_utf8(), Some(String::from(c))),
            };
            if let (Some(literal), Some((place, words))) = (literal, pattern.words.last_mut()) {
                pattern.shown.push_str(&literal);
                words.push_str(&literal);
                place.end = pattern.shown.len();
            }
            rest = &rest[taken..];
        }
        Ok(pattern)
    }

    /// Where a text differs; `None` where it is as expected. Empty lines and blanks at the ends of lines do not count.
    /// O(bytes of both), but for texts that repeat themselves.
    pub(super) fn differs(&self, said: &str) -> Option<Difference> {
        let said = trimmed(said);
        let (expected, sent) = self.gap(&said)?;
        Some(Difference { expected: marked(&self.shown, expected), sent: marked(&said, sent) })
    }

    /// The bytes that differ: of what is shown, and of what was said.
    fn gap(&self, said: &str) -> Option<(Range<usize>, Range<usize>)> {
        let [(place, first), others @ ..] = self.words.as_slice() else { return None };
        let Some(((last_place, last), middle)) = others.split_last() else {
            // Without a `*` the two are the same from both ends up to the difference.
            let start = alike(first, said);
            let end = alike_at_the_end(&first[start..], &said[start..]);
            let is_same = start == first.len() && start == said.len();
            return (!is_same).then(|| (place.start + start..place.end - end, start..said.len() - end));
        };
        if !said.starts_with(first.as_str()) {
            let start = alike(first, said);
            return Some((place.start + start..place.end, start..said.len()));
        }
        let mut reached = first.len();
        for (place, words) in middle {
            match said[reached..].find(words.as_str()) {
                Some(at) => reached += at + words.len(),
                None => return Some((place.clone(), reached..said.len())),
            }
        }
        if said[reached..].ends_with(last.as_str()) {
            return None;
        }
        let end = alike_at_the_end(last, &said[reached..]);
        Some((last_place.start..last_place.end - end, reached..said.len() - end))
    }
}

/// Whether a text is as an expectation without fields says: `*` is any text, `\*`, `\{` and `\\` the characters. Empty lines
/// and blanks at the ends of lines do not count.
#[must_use]
pub fn matches(expected: &str, said: &str) -> bool {
    let nowhere = Place::new(Sources::default().add("", ""), 0..0);
    let literal = |field: &str| Ok(format!("{{{field}}}"));
    Pattern::read(expected, nowhere, literal).is_ok_and(|pattern| pattern.differs(said).is_none())
}

/// A text without what does not count: empty lines, blanks at the ends of lines.
fn trimmed(text: &str) -> String {
    let lines = text.split('\n').map(str::trim).filter(|line| !line.is_empty());
    lines.collect::<Vec<_>>().join("\n")
}

/// The bytes that two texts begin with alike.
fn alike(a: &str, b: &str) -> usize {
    a.chars().zip(b.chars()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

/// The bytes that two texts end with alike.
fn alike_at_the_end(a: &str, b: &str) -> usize {
    a.chars().rev().zip(b.chars().rev()).take_while(|(a, b)| a == b).map(|(c, _)| c.len_utf8()).sum()
}

/// A text with a line of carets below the line in which these bytes begin. Further lines are indented by two spaces, as in
/// a conversation.
fn marked(text: &str, gap: Range<usize>) -> String {
    let mut shown: Vec<String> = Vec::new();
    let mut start = 0;
    for line in text.split('\n') {
        let (end, indent) = (start + line.len(), if shown.is_empty() { "" } else { "  " });
        shown.push(format!("{indent}{line}"));
        if (start..=end).contains(&gap.start) {
            let blanks = indent.len() + text[start..gap.start].chars().count();
            let carets = text[gap.start..gap.end.clamp(gap.start, end)].chars().count().max(1);
            shown.push(format!("{}{}", " ".repeat(blanks), "^".repeat(carets)));
        }
        start = end + 1;
    }
    shown.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(written: &str) -> Result<Pattern, Mistake> {
        let place = Place::new(Sources::default().add("x", ""), 0..0);
        Pattern::read(written, place, |field| match field {
            "name" => Ok("Ana".to_owned()),
            _ => Err(Diagnostic::new(Code::UnknownField, place, "no such field").into()),
        })
    }

    fn pattern(written: &str) -> Pattern {
        read(written).expect("a pattern")
    }

    fn matches(written: &str, said: &str) -> bool {
        pattern(written).differs(said).is_none()
    }

    #[test]
    fn a_star_is_any_text_and_signs_are_themselves() {
        assert!(matches("Welcome! *", "Welcome! What's your name?\nReally?"));
        assert!(matches("2 \\* 3 = 6 (about).", "2 * 3 = 6 (about)."));
        assert!(matches("one\ntwo", "one\n\ntwo "));
        assert!(matches("*a*b", "aab"));
        assert!(matches("one\n\\#two\n\\", "one\n#two"));
        assert!(!matches("Welcome!", "Welcome! And more"));
        assert!(!matches("2 \\* 3", "2 x 3"));
        assert!(!matches("ab*ba", "aba"), "a letter is not counted twice");
    }

    #[test]
    fn a_field_is_what_it_holds() {
        assert!(matches("Thanks { name }! *", "Thanks Ana! Your ZIP?"));
        assert!(!matches("Thanks {name}!", "Thanks {name}!"));
        assert!(matches("Thanks \\{name}!", "Thanks {name}!"));
        assert_eq!(read("Hi {zip}").map_err(|error| error.code), Err(Code::UnknownField));
        assert_eq!(read("Hi {name").map_err(|error| error.code), Err(Code::BadChat));
    }

    #[test]
    fn the_difference_is_marked_in_both() {
        let marks = |written: &str, said: &str| {
            let difference = pattern(written).differs(said).expect("a difference");
            (difference.expected, difference.sent)
        };
        let two = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(
            marks("You are in!", "You're in!"),
            two("You are in!\n   ^^", "You're in!\n   ^"),
            "what both have at the ends is no difference"
        );
        assert_eq!(
            marks("one\ntwo\nsix", "one\ntoo\nsix"),
            two("one\n  two\n   ^\n  six", "one\n  too\n   ^\n  six")
        );
        assert_eq!(marks("Hi", "Hi there"), two("Hi\n  ^", "Hi there\n  ^^^^^^"));
        assert_eq!(
            marks("Hi {name}, *", "Hi Bob, you"),
            two("Hi Ana, *\n   ^^^^^", "Hi Bob, you\n   ^^^^^^^^")
        );
        assert_eq!(marks("Hi *bob*", "Hi all"), two("Hi *bob*\n    ^^^", "Hi all\n   ^^^"));
        assert_eq!(
            marks("¡Hola *!", "¡Hola a todos."),
            two("¡Hola *!\n       ^", "¡Hola a todos.\n      ^^^^^^^^")
        );
    }
}
