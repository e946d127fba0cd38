//! Whether a text is as a conversation expects it.

/// A piece of an expectation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Piece {
    /// Any text.
    Any,
    /// This character.
    Sign(char),
}

/// Whether a text is as an expectation says: `*` is any text, `\*`, `\{` and `\\` the characters. Empty lines and
/// blanks at the ends of lines do not count.
///
/// O(text) where no `*` is met, and O(text · expectation) at most: of the stars only the last one is ever tried again.
#[must_use]
pub fn matches(expected: &str, said: &str) -> bool {
    let expected = pieces(expected);
    let said: Vec<char> = lines(said).chars().collect();
    let (mut at, mut piece) = (0, 0);
    // The last star, and where the text behind it is tried next.
    let mut star: Option<(usize, usize)> = None;
    while at < said.len() {
        match expected.get(piece) {
            Some(Piece::Sign(c)) if *c == said[at] => (at, piece) = (at + 1, piece + 1),
            Some(Piece::Any) => {
                star = Some((piece + 1, at));
                piece += 1;
            }
            Some(Piece::Sign(_)) | None => {
                let Some((behind, from)) = star else { return false };
                star = Some((behind, from + 1));
                (at, piece) = (from + 1, behind);
            }
        }
    }
    expected[piece..].iter().all(|piece| *piece == Piece::Any)
}

fn pieces(expected: &str) -> Vec<Piece> {
    let lines = lines(expected);
    let mut pieces = Vec::with_capacity(lines.len());
    let mut chars = lines.chars();
    while let Some(c) = chars.next() {
        pieces.push(match c {
            '*' => Piece::Any,
            '\\' => Piece::Sign(chars.next().unwrap_or('\\')),
            c => Piece::Sign(c),
        });
    }
    pieces
}

/// A text without empty lines, and without blanks around its lines.
fn lines(text: &str) -> String {
    let mut lines = String::with_capacity(text.len());
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if !lines.is_empty() {
            lines.push('\n');
        }
        lines.push_str(line);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::matches;
    use proptest::prelude::*;

    #[test]
    fn a_star_is_any_text_and_signs_are_themselves() {
        assert!(matches("Welcome! *", "Welcome! What's your name?\nReally?"));
        assert!(matches("2 \\* 3 = 6 (about).", "2 * 3 = 6 (about)."));
        assert!(matches("one\ntwo", "one\n\ntwo "));
        assert!(matches("*\n  1 Red\n  *", "Which?\n1 Red\n2 Blue"));
        assert!(matches("a*b*c", "a b b c"));
        assert!(!matches("Welcome!", "Welcome! And more"));
        assert!(!matches("2 \\* 3", "2 x 3"));
        assert!(!matches("a*b*c", "a c b"));
        assert!(!matches("one two", "one\ntwo"));
    }

    /// The same as an expression says it.
    fn by_expression(expected: &str, said: &str) -> bool {
        let pattern: String = expected
            .chars()
            .map(|c| if c == '*' { "(?s).*".to_owned() } else { regex::escape(&c.to_string()) })
            .collect();
        regex::Regex::new(&format!("^{pattern}$")).expect("it is one").is_match(said)
    }

    proptest! {
        #[test]
        fn stars_take_what_an_expression_takes(expected in "[ab*]{0,8}", said in "[ab]{0,10}") {
            prop_assert_eq!(matches(&expected, &said), by_expression(&expected, &said), "{} {}", expected, said);
        }
    }
}
