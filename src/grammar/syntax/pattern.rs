//! Reading one pattern: `[i want] {size} (a ; b) light[s] *~3 ...`.

use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::outline::{Reader, Span, name};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{anychar, char, one_of, space0, u16};
use nom::combinator::{map, not, opt, peek, recognize, value, verify};
use nom::multi::{many0, many1, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Input, Parser};

/// Terms one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Sequence {
    /// The terms.
    pub terms: Vec<Term>,
    /// Where they stand.
    pub place: Place,
}

/// A piece of a pattern.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// A word.
    Word(At<String>),
    /// `light[s]`: a word with or without an ending.
    Ending(At<String>, At<String>),
    /// `[…]`: one of these, or nothing.
    Optional(Vec<Sequence>),
    /// `(a | b)`: one of these.
    Group(Vec<Sequence>),
    /// `(a ; b)`: all of these, in any order.
    AnyOrder(Vec<Sequence>),
    /// `{slot}` or `{slot: type}`.
    Slot {
        /// The name of the slot.
        name: At<String>,
        /// Its type, if it is not that of the list or field of the same name.
        kind: Option<At<String>>,
    },
    /// `<concept>`.
    Concept(At<String>),
    /// `*~3`: at most so many words of any kind; `...`: any number of them.
    Gap(At<Option<u16>>),
}

/// Brackets inside brackets; a pattern that needs more is two patterns.
const NESTED_MAX: usize = 8;
/// Words of one bounded gap: a longer one is a floating gap.
const GAP_WORDS_MAX: u16 = 20;
/// What a gap of so many words begins with. No word begins so: `*~99` would be taken for the word 99.
const BOUNDED_GAP: &str = "*~";
/// Characters that mean something in a pattern.
const OPERATORS: &str = "[](){}<>|;\\";

/// Reads a pattern; reports the place where it cannot go on.
pub fn pattern(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Sequence> {
    let scope = Scope { reader, depth: 0 };
    let (stopped, kind) = match sequence(span, scope) {
        Ok((rest, sequence)) if rest.fragment().is_empty() => return Some(sequence),
        Ok((rest, _)) => (rest, nom::error::ErrorKind::Eof),
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => (error.input, error.code),
        Err(nom::Err::Incomplete(_)) => (span, nom::error::ErrorKind::Eof),
    };
    let place = reader.place(stopped);
    let diagnostic = match stopped.fragment().chars().next() {
        Some(c) if kind == nom::error::ErrorKind::Space => {
            Diagnostic::new(Code::BadPattern, place, format!("a blank is missing before `{c}`"))
                .hint("only an ending stands right behind its word, as in `light[s]`; `\\` makes a sign an ordinary one")
        }
        None => Diagnostic::new(Code::BadPattern, place, "the pattern ends too early")
            .hint("is a bracket open, or empty?"),
        Some(c) if "[({<".contains(c) => {
            let message = format!("what begins with this `{c}` is not closed, or cannot be read");
            Diagnostic::new(Code::BadPattern, place, message)
                .hint("brackets come in pairs, hold something, and go at most eight deep; `\\` makes a sign an ordinary one")
        }
        Some('*') if stopped.fragment().starts_with(BOUNDED_GAP) => {
            let message = format!("a gap holds from 1 to {GAP_WORDS_MAX} words, as in `*~3`");
            Diagnostic::new(Code::BadPattern, place, message).hint("`...` is a gap of any number of words")
        }
        Some(c) => Diagnostic::new(Code::BadPattern, place, format!("`{c}` cannot stand here"))
            .hint("write `\\` before a sign that is meant as itself"),
    };
    reader.report(diagnostic);
    None
}

#[derive(Clone, Copy)]
struct Scope<'r, 'd> {
    reader: &'r Reader<'d>,
    depth: usize,
}

impl<'a> Scope<'_, '_> {
    fn deeper(self, input: Span<'a>) -> Result<Self, nom::Err<nom::error::Error<Span<'a>>>> {
        if self.depth >= NESTED_MAX {
            return Err(nom::Err::Failure(nom::error::Error::new(input, nom::error::ErrorKind::TooLarge)));
        }
        Ok(Self { depth: self.depth + 1, ..self })
    }

    fn at(self, span: Span<'_>) -> At<String> {
        At::new((*span.fragment()).to_owned(), self.reader.place(span))
    }
}

type Parsed<'a, T> = IResult<Span<'a>, T>;

fn sequence<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Sequence> {
    let (rest, terms) = many1(delimited(space0, |i| apart(i, scope), space0)).parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, Sequence { terms, place: scope.reader.place(input.take(length)) }))
}

/// A term, and a blank or the end of a bracket behind it.
fn apart<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    let (rest, term) = term(input, scope)?;
    match rest.fragment().chars().next() {
        Some(c) if !c.is_whitespace() && !"])|;>}".contains(c) => {
            Err(nom::Err::Failure(nom::error::Error::new(rest, nom::error::ErrorKind::Space)))
        }
        _ => Ok((rest, term)),
    }
}

fn term<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    alt((
        |i| gap(i, scope),
        |i| word(i, scope),
        |i| slot(i, scope),
        map(delimited(char('<'), name, char('>')), |n| Term::Concept(scope.at(n))),
        |i| bracketed(i, scope),
    ))
    .parse(input)
}

/// `...`, or `*~3`.
fn gap<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    let bounded = verify(preceded(tag(BOUNDED_GAP), u16), |words| (1..=GAP_WORDS_MAX).contains(words));
    let (rest, words) = alt((value(None, tag("...")), map(bounded, Some))).parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, Term::Gap(At::new(words, scope.reader.place(input.take(length))))))
}

/// A word, perhaps with an ending in brackets right behind it.
fn word<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    let plain = || take_while1(|c: char| !c.is_whitespace() && !OPERATORS.contains(c));
    let escaped = || recognize(preceded(char('\\'), anychar));
    let (rest, word) =
        preceded(not(tag(BOUNDED_GAP)), recognize(many1(alt((plain(), escaped()))))).parse(input)?;
    let ending = opt(delimited(char('['), plain(), char(']')));
    let (rest, ending) = { ending }.parse(rest)?;
    Ok((
        rest,
        match ending {
            Some(ending) => Term::Ending(scope.at(word), scope.at(ending)),
            None => Term::Word(scope.at(word)),
        },
    ))
}

fn slot<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    let kind = opt(preceded((space0, char(':'), space0), name));
    let (rest, (slot, kind)) =
        delimited((char('{'), space0), (name, kind), (space0, char('}'))).parse(input)?;
    Ok((rest, Term::Slot { name: scope.at(slot), kind: kind.map(|kind| scope.at(kind)) }))
}

fn bracketed<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    peek(one_of("([")).parse(input)?;
    let deeper = scope.deeper(input)?;
    let inner = |i| sequence(i, deeper);
    let optional = delimited(char('['), separated_list1(char('|'), inner), char(']'));
    alt((map(optional, Term::Optional), delimited(char('('), |i| group(i, deeper), char(')')))).parse(input)
}

/// `a | b` or `a ; b`. What stands first is read once, whichever it is: reading it for both would double at each bracket.
fn group<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    let more = |sign| many0(preceded(char(sign), |i| sequence(i, scope)));
    let (rest, first) = sequence(input, scope)?;
    let (rest, parts) = more(';').parse(rest)?;
    if !parts.is_empty() {
        return Ok((rest, Term::AnyOrder(std::iter::once(first).chain(parts).collect())));
    }
    let (rest, choices) = more('|').parse(rest)?;
    Ok((rest, Term::Group(std::iter::once(first).chain(choices).collect())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Sources};

    fn is_read(text: &str) -> bool {
        let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
        let file = sources.add("x", text);
        pattern(Span::new(text), &mut Reader::new(file, &mut found)).is_some()
    }

    #[test]
    fn brackets_go_eight_deep() {
        let deep = |levels| ["(".repeat(levels), "a".to_owned(), ")".repeat(levels)].concat();
        assert!(is_read(&deep(NESTED_MAX)));
        assert!(!is_read(&deep(NESTED_MAX + 1)));
    }

    /// Each bracket doubled the time: forty thousand words behind seven of them took 18 seconds.
    #[test]
    fn brackets_that_are_never_closed_are_read_once() {
        assert!(!is_read(&["(".repeat(NESTED_MAX), "word ".repeat(100_000)].concat()));
    }
}
