//! The inside of a line: one blank where blanks part its words, and everything else as it stands.

use super::table::{Inside, Known};
use crate::outline::{Span, arrow};

/// What parts words. Other blanks, such as one that does not break, are signs of a text like all others.
const BLANKS: [char; 2] = [' ', '\t'];

/// Prints a line without its indentation.
pub(super) fn print(line: &str, known: &Known, out: &mut String) {
    let (first, rest) = line.split_at(known.first);
    out.push_str(first);
    if !first.is_empty() {
        out.push(' ');
    }
    print_inside(rest, known.inside, out);
    // No line ends in a blank, so these are ours.
    out.truncate(out.trim_end_matches(BLANKS).len());
}

fn print_inside(rest: &str, inside: Inside, out: &mut String) {
    let words = rest.trim_matches(BLANKS);
    match inside {
        Inside::AsIs | Inside::GoesOn => out.push_str(rest),
        Inside::Text => out.push_str(rest.strip_prefix(BLANKS).unwrap_or(rest)),
        Inside::TextGoesOn => out.push_str(rest.strip_prefix(' ').unwrap_or(rest)),
        Inside::Words => out.push_str(words),
        Inside::Plain => plain(words, &[], out),
        Inside::Condition => plain(words, &COMPARISONS, out),
        Inside::List => list(words, out),
        Inside::Named(inner) => match words.split_once(':') {
            Some((name, of)) => {
                out.push_str(name.trim_matches(BLANKS));
                out.push_str(": ");
                print_inside(of, *inner, out);
            }
            None => plain(words, &[], out),
        },
        Inside::Leads(inner) => match arrow(Span::new(words)) {
            Some((before, to)) => {
                out.push_str(before.fragment());
                out.push_str(if before.fragment().is_empty() { "-> " } else { " -> " });
                print_inside(to.fragment(), *inner, out);
            }
            None => out.push_str(words),
        },
        Inside::Equal => match words.split_once('=') {
            Some((left, right)) => {
                out.push_str(left.trim_end_matches(BLANKS));
                out.push_str(if left.is_empty() { "= " } else { " = " });
                out.push_str(right.trim_start_matches(BLANKS));
            }
            None => out.push_str(words),
        },
        Inside::Line(of) => print(words, &of.known(words), out),
        Inside::Value => value(words, out),
        Inside::Said => {
            let (word, said) = words.split_once(BLANKS).unwrap_or((words, ""));
            out.push_str(word);
            out.push(' ');
            out.push_str(said.trim_matches(BLANKS));
        }
    }
}

fn list(words: &str, out: &mut String) {
    for (number, piece) in words.split(',').enumerate() {
        out.push_str(if number == 0 { "" } else { ", " });
        out.push_str(piece.trim_matches(BLANKS));
    }
}

/// `key: spelling, spelling | es spelling`. A bar before the colon is a mistake, and left to its writer.
fn value(words: &str, out: &mut String) {
    let Some((key, spellings)) = words.split_once(':').filter(|(key, _)| !key.contains('|')) else {
        out.push_str(words);
        return;
    };
    out.push_str(key.trim_matches(BLANKS));
    out.push(':');
    for (number, part) in spellings.split('|').enumerate() {
        let part = part.trim_matches(BLANKS);
        out.push_str(if number == 0 { " " } else { " | " });
        // From the second part on, the first word is the language.
        let (language, part) =
            if number == 0 { ("", part) } else { part.split_once(BLANKS).unwrap_or((part, "")) };
        out.push_str(language);
        out.push_str(if language.is_empty() { "" } else { " " });
        list(part, out);
        out.truncate(out.trim_end_matches(BLANKS).len());
    }
}

/// Signs that stand between two blanks in a condition.
const COMPARISONS: [&str; 6] = ["=", "!=", "<", "<=", ">", ">="];
/// Words of a condition that stand between two blanks, whatever is beside them.
const JOINTS: [&str; 4] = ["and", "or", "not", "else"];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Token {
    Word,
    Joint,
    Quoted,
    Comma,
    Between,
    Opening,
    Closing,
}

/// Names, numbers, times and what is quoted, parted by blanks, commas, arrows and these comparisons; brackets only where
/// there are comparisons.
fn plain(text: &str, comparisons: &[&str], out: &mut String) {
    let mut rest = text;
    let mut before = None;
    loop {
        let blanks = rest.len() - rest.trim_start_matches(BLANKS).len();
        rest = &rest[blanks..];
        let Some((token, length)) = token(rest, comparisons) else { return };
        if before.is_some_and(|before| is_apart(before, token, blanks > 0)) {
            out.push(' ');
        }
        out.push_str(&rest[..length]);
        rest = &rest[length..];
        before = Some(token);
    }
}

/// Whether a blank stands between the two; where both ways mean the same to nobody, as it was.
fn is_apart(left: Token, right: Token, was: bool) -> bool {
    use Token::{Between, Closing, Comma, Joint, Opening, Quoted, Word};
    match (left, right) {
        (_, Comma | Closing) | (Opening, _) => false,
        (Comma | Between | Joint, _) | (_, Between | Joint) => true,
        (Word | Quoted | Closing, Word | Quoted | Opening) => was,
    }
}

/// The token at the beginning of a text without leading blanks, and its bytes.
fn token(text: &str, comparisons: &[&str]) -> Option<(Token, usize)> {
    if let Some(sign) = sign(text, comparisons) {
        return Some(sign);
    }
    let mut end = 0;
    while let Some(letter) = text[end..].chars().next() {
        if BLANKS.contains(&letter) || sign(&text[end..], comparisons).is_some() {
            break;
        }
        // A run of signs that is no comparison, such as `==`, is a word, whole.
        end += run(&text[end..]).max(letter.len_utf8());
    }
    let is_joint = !comparisons.is_empty() && JOINTS.contains(&&text[..end]);
    (end > 0).then_some((if is_joint { Token::Joint } else { Token::Word }, end))
}

fn sign(text: &str, comparisons: &[&str]) -> Option<(Token, usize)> {
    if text.starts_with("->") {
        return Some((Token::Between, 2));
    }
    match text.as_bytes().first()? {
        b',' => Some((Token::Comma, 1)),
        b'"' => Some((Token::Quoted, text[1..].find('"').map_or(text.len(), |end| end + 2))),
        b'(' if !comparisons.is_empty() => Some((Token::Opening, 1)),
        b')' if !comparisons.is_empty() => Some((Token::Closing, 1)),
        _ => {
            let run = run(text);
            comparisons.contains(&&text[..run]).then_some((Token::Between, run))
        }
    }
}

/// The bytes of the signs of comparison that a text begins with.
fn run(text: &str) -> usize {
    text.len() - text.trim_start_matches(['<', '>', '=', '!']).len()
}
