//! Rewriting the expectations of a conversation in its file: comments, order and all other lines stay.

use super::syntax::Line;
use crate::diagnostic::Place;

/// What would have to be written for a conversation to pass.
#[derive(Debug, Clone, PartialEq)]
pub enum Change {
    /// These lines stand in place of the one that begins there, with the lines that go on it; none takes it away.
    Replace(Place, Vec<Line>),
    /// These lines stand behind the one that begins there.
    Insert(Place, Vec<Line>),
}

impl Change {
    fn place(&self) -> Place {
        match self {
            Self::Replace(place, _) | Self::Insert(place, _) => *place,
        }
    }
}

/// A file's text with its changes made. What must not be sent (`!`) is never among them: that is for people to decide.
/// O(bytes × changes).
#[must_use]
pub fn update(text: &str, changes: &[Change]) -> String {
    let mut changes: Vec<&Change> = changes.iter().collect();
    // From the end, so that the places before stay true; of two at one place what is added, behind what it stands behind.
    changes.sort_by_key(|change| (change.place().start, matches!(change, Change::Insert(..))));
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let mut text = text.to_owned();
    if !text.is_empty() && !text.ends_with('\n') {
        text.push_str(ending);
    }
    for change in changes.into_iter().rev() {
        let (start, end, comments) = extent(&text, change.place().range().start);
        let written = |lines: &[Line]| {
            let lines = lines.iter().map(|line| format!("{line}\n").replace('\n', ending));
            lines.collect::<String>()
        };
        match change {
            Change::Replace(_, lines) => text.replace_range(start..end, &(written(lines) + &comments)),
            Change::Insert(_, lines) => text.insert_str(end, &written(lines)),
        }
    }
    text
}

/// From the beginning of a line to the end of those that go on it, and the comments that stand between them.
fn extent(text: &str, at: usize) -> (usize, usize, String) {
    let start = text[..at.min(text.len())].rfind('\n').map_or(0, |newline| newline + 1);
    let mut lines = text[start..].split_inclusive('\n');
    let mut end = start + lines.next().map_or(0, str::len);
    let (mut reached, mut comments, mut pending) = (end, String::new(), String::new());
    for line in lines {
        reached += line.len();
        let words = line.trim();
        if words.is_empty() || words.starts_with('#') {
            pending.push_str(line);
        } else if line.starts_with([' ', '\t']) {
            comments.push_str(&std::mem::take(&mut pending));
            end = reached;
        } else {
            break;
        }
    }
    (start, end, comments)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Sources};
    use crate::outline::Reader;
    use crate::transcript::{Expectation, parse};

    #[test]
    fn only_what_changed_is_written_anew() {
        let text = "# top\n> hi\n# why\n< one\n  two\n\n  # kept\n  three\n= consent  in\n\n# tail\n> bye";
        let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
        let chat = parse(text, &mut Reader::new(sources.add("x", text), &mut found));
        let place = |at: usize| chat.lines[at].place;
        let said = |words: &str| Line::Reply(words.to_owned());
        let changes = [
            Change::Replace(place(1), vec![said("uno\ndos")]),
            Change::Insert(place(2), vec![said("more")]),
            Change::Replace(place(2), vec![Line::Known(Expectation::Consent("out".to_owned(), None))]),
            Change::Insert(place(3), vec![said("bye")]),
        ];
        let wanted =
            "# top\n> hi\n# why\n< uno\n  dos\n\n  # kept\n= consent out\n< more\n\n# tail\n> bye\n< bye\n";
        assert_eq!(update(text, &changes), wanted);
        assert_eq!(update("> a\r\n< b\r\n", &[]), "> a\r\n< b\r\n");
    }
}
