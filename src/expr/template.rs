//! Reading texts with expressions in them: `Hi {name else "friend"}!`, `{scoops one "scoop" other "scoops"}`, `{link mango}`.

use super::syntax::{Expr, Here, Parsed, keyword_only, or, quoted, report_stop};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::outline::{Reader, Span, name};
use nom::branch::alt;
use nom::bytes::complete::take_till1;
use nom::character::complete::{char, space0, space1};
use nom::combinator::{all_consuming, consumed, cut, opt, value};
use nom::multi::many_m_n;
use nom::sequence::{delimited, preceded, separated_pair};
use nom::{Input, Parser};
use std::fmt;

/// A text with expressions in it, as it was written.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Template {
    /// Its pieces in order.
    pub pieces: Vec<Piece>,
}

/// A piece of a [`Template`].
#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    /// Words that are sent as they stand.
    Words(String),
    /// `{…}`
    Expr(Expr),
    /// `{scoops one "scoop" other "scoops"}`: the word that goes with a number.
    Plural(Expr, Vec<(At<Category>, At<String>)>),
    /// `{link …}`
    Link(Link),
}

/// A link in a text.
#[derive(Debug, Clone, PartialEq)]
pub enum Link {
    /// `{link https://scoops.example/mango as mango}`: the address, and a name for it.
    To(At<String>, Option<At<String>>),
    /// `{link mango}`: the address that bears this name elsewhere.
    Named(At<String>),
}

/// A class of numbers that take the same form of a word (Unicode Technical Standard 35, Language Plural Rules).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Category {
    /// `zero`
    Zero,
    /// `one`
    One,
    /// `two`
    Two,
    /// `few`
    Few,
    /// `many`
    Many,
    /// `other`
    Other,
}

impl Category {
    /// Every category.
    pub const ALL: [Self; 6] = [Self::Zero, Self::One, Self::Two, Self::Few, Self::Many, Self::Other];

    /// Its word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Zero => "zero",
            Self::One => "one",
            Self::Two => "two",
            Self::Few => "few",
            Self::Many => "many",
            Self::Other => "other",
        }
    }
}

impl fmt::Display for Category {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Reads a text with expressions: `{{` is a brace, `{…}` an expression. A mistake inside one brace is reported
/// and the rest of the text is still read.
pub fn template(span: Span<'_>, reader: &mut Reader<'_>) -> Template {
    let mut pieces = Vec::new();
    let mut words = String::new();
    let mut rest = span;
    while let Some(brace) = rest.fragment().find(['{', '}']) {
        words.push_str(&rest.fragment()[..brace]);
        let at = rest.take_from(brace);
        if at.fragment().starts_with("{{") || at.fragment().starts_with("}}") {
            words.push_str(&at.fragment()[..1]);
            rest = at.take_from(2);
        } else if at.fragment().starts_with('{') {
            let (piece, after) = braced(at.take_from(1), reader);
            if !words.is_empty() {
                pieces.push(Piece::Words(std::mem::take(&mut words)));
            }
            // What could not be read stands there as nothing: a text of it alone is not reported as empty as well.
            pieces.push(piece.unwrap_or(Piece::Words(String::new())));
            rest = after;
        } else {
            let place = reader.place(at.take(1));
            reader.report(
                Diagnostic::new(Code::BadTemplate, place, "a closing brace without an opening one")
                    .hint("write `}}` for a brace that is to be sent"),
            );
            rest = at.take_from(1);
        }
    }
    words.push_str(rest.fragment());
    if !words.is_empty() {
        pieces.push(Piece::Words(words));
    }
    Template { pieces }
}

/// What stands up to the closing brace, found by the parser: a `}` in quotes ends nothing.
fn braced<'a>(inside: Span<'a>, reader: &mut Reader<'_>) -> (Option<Piece>, Span<'a>) {
    let here = Here::new(reader);
    let piece = alt((|i| link(i, here), |i| counted(i, here)));
    let parsed = delimited(space0, piece, (space0, char('}'))).parse(inside);
    match parsed {
        Ok((rest, piece)) => (Some(piece), rest),
        Err(error) => {
            let stopped = match error {
                nom::Err::Error(error) | nom::Err::Failure(error) => error.input,
                nom::Err::Incomplete(_) => inside,
            };
            if stopped.fragment().is_empty() || !inside.fragment().contains('}') {
                let place = reader.place(inside);
                let diagnostic = Diagnostic::new(Code::BadTemplate, place, "a brace that is never closed");
                reader.report(
                    diagnostic.hint("close it with `}`, or write `{{` for a brace that is to be sent"),
                );
            } else {
                report_stop(inside, stopped, reader);
            }
            let end = inside.fragment().find('}').map_or(inside.fragment().len(), |end| end + 1);
            (None, inside.take_from(end))
        }
    }
}

/// An expression, and perhaps the words that go with its number.
fn counted<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Piece> {
    let (rest, expr) = or(input, here)?;
    let category = alt((
        value(Category::Zero, keyword_only("zero")),
        value(Category::One, keyword_only("one")),
        value(Category::Two, keyword_only("two")),
        value(Category::Few, keyword_only("few")),
        value(Category::Many, keyword_only("many")),
        value(Category::Other, keyword_only("other")),
    ));
    let category = consumed(category).map(|(written, category)| here.at(written, category));
    let form = separated_pair(preceded(space1, category), cut(space1), cut(|i| quoted(i, here)));
    let (rest, forms) = many_m_n(0, FORMS_MAX, form).parse(rest)?;
    Ok((rest, if forms.is_empty() { Piece::Expr(expr) } else { Piece::Plural(expr, forms) }))
}

/// Forms of one word: each category once, and some to be reported.
const FORMS_MAX: usize = 12;

/// `link ADDRESS as NAME`, `link ADDRESS`, `link NAME`
fn link<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Piece> {
    let (rest, _) = (keyword_only("link"), cut(space1)).parse(input)?;
    let target = take_till1(|c: char| c.is_whitespace() || c == '{' || c == '}');
    let (rest, target) = cut(target).parse(rest)?;
    let words = |span: Span<'a>| here.at(span, (*span.fragment()).to_owned());
    if all_consuming(name).parse(target).is_ok() {
        return Ok((rest, Piece::Link(Link::Named(words(target)))));
    }
    let label = preceded((space1, keyword_only("as"), cut(space1)), cut(name));
    let (rest, label) = opt(label).parse(rest)?;
    Ok((rest, Piece::Link(Link::To(words(target), label.map(words)))))
}

impl Template {
    /// The links that bear a name, as name and address.
    pub fn named_links(&self) -> impl Iterator<Item = (&At<String>, &At<String>)> {
        self.pieces.iter().filter_map(|piece| match piece {
            Piece::Link(Link::To(address, Some(name))) => Some((name, address)),
            Piece::Link(_) | Piece::Words(_) | Piece::Expr(_) | Piece::Plural(..) => None,
        })
    }
}
