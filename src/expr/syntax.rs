//! Reading expressions and texts with expressions in them.

use crate::diagnostic::{At, Code, Diagnostic};
use crate::outline::{Reader, Span, name};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{not, opt, peek, recognize, value};
use nom::multi::many_m_n;
use nom::sequence::{delimited, preceded, terminated};
use nom::{IResult, Input, Parser};
use rust_decimal::Decimal;

/// How two values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Compare {
    /// `=`
    Equal,
    /// `!=`
    Unequal,
    /// `<`
    Less,
    /// `<=`
    AtMost,
    /// `>`
    More,
    /// `>=`
    AtLeast,
}

/// What a sum does with its second part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Sign {
    /// `+`
    Plus,
    /// `-`
    Minus,
}

/// An expression as it was written: names are still names.
#[derive(Debug, Clone, PartialEq)]
pub enum Expr {
    /// A bare word: a field, a fact of the brand, or a value of the other side's list.
    Name(At<String>),
    /// A number.
    Number(At<Decimal>),
    /// Words in double quotes.
    Quoted(At<String>),
    /// `tag vip`
    Tag(At<String>),
    /// `known name`
    Known(At<String>),
    /// `a else b`
    Else(Box<Expr>, Box<Expr>),
    /// `a + b`, or `a - b` with blanks around the sign: names have hyphens.
    Sum(Box<Expr>, Sign, Box<Expr>),
    /// `a = b` and its kin.
    Compare(Box<Expr>, At<Compare>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`
    Or(Box<Expr>, Box<Expr>),
}

impl Expr {
    /// Where it stands, from its first to its last word.
    #[must_use]
    pub fn place(&self) -> crate::diagnostic::Place {
        match self {
            Self::Name(at) | Self::Quoted(at) | Self::Tag(at) | Self::Known(at) => at.place,
            Self::Number(at) => at.place,
            Self::Not(inner) => inner.place(),
            Self::Else(a, b)
            | Self::Compare(a, _, b)
            | Self::Sum(a, _, b)
            | Self::And(a, b)
            | Self::Or(a, b) => a.place().to(b.place()),
        }
    }
}

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
}

/// Levels of `not` and brackets in one expression: deeper ones are a mistake or an attack on the stack.
const DEPTH_MAX: usize = 32;

/// Conditions that one `and` or `or` joins to the first: each is a level of the tree.
const TERMS_MAX: usize = 64;

type Parsed<'a, T> = IResult<Span<'a>, T>;

/// Where in a file an expression is read from, and how deep.
#[derive(Clone, Copy)]
struct Here<'r, 'd> {
    reader: &'r Reader<'d>,
    depth: usize,
}

impl Here<'_, '_> {
    fn at<T>(self, span: Span<'_>, value: T) -> At<T> {
        At::new(value, self.reader.place(span))
    }
}

/// Reads a whole span as one expression; reports the first place where it cannot go on.
pub fn expression(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Expr> {
    let parsed = delimited(space0, |i| or(i, Here { reader, depth: 0 }), space0).parse(span);
    let stopped = match parsed {
        Ok((rest, expr)) if rest.fragment().is_empty() => return Some(expr),
        Ok((rest, _)) => rest,
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => error.input,
        Err(nom::Err::Incomplete(_)) => span,
    };
    report_stop(stopped, reader);
    None
}

fn report_stop(stopped: Span<'_>, reader: &mut Reader<'_>) {
    let place = reader.place(stopped);
    let diagnostic = if stopped.fragment().is_empty() {
        Diagnostic::new(Code::BadExpression, place, "the expression ends too early")
    } else {
        let word: String = stopped.fragment().chars().take(20).collect();
        Diagnostic::new(Code::BadExpression, place, format!("`{word}` cannot stand here"))
    };
    reader.report(
        diagnostic.hint("write for example `flavor = mango and not tag staff`, or `name else \"friend\"`"),
    );
}

fn or<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let (input, first) = and(input, here)?;
    let (input, more) = many_m_n(0, TERMS_MAX, preceded(keyword("or"), |i| and(i, here))).parse(input)?;
    Ok((input, more.into_iter().fold(first, |a, b| Expr::Or(Box::new(a), Box::new(b)))))
}

fn and<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let (input, first) = negated(input, here)?;
    let (input, more) =
        many_m_n(0, TERMS_MAX, preceded(keyword("and"), |i| negated(i, here))).parse(input)?;
    Ok((input, more.into_iter().fold(first, |a, b| Expr::And(Box::new(a), Box::new(b)))))
}

fn negated<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let deeper = deeper(input, here)?;
    let (input, negation) = opt(keyword("not")).parse(input)?;
    if negation.is_some() {
        let (input, inner) = negated(input, deeper)?;
        return Ok((input, Expr::Not(Box::new(inner))));
    }
    comparison(input, here)
}

fn comparison<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let (input, left) = sum(input, here)?;
    let (input, operator) = opt(delimited(space0, operator, space0)).parse(input)?;
    let Some((at, compare)) = operator else { return Ok((input, left)) };
    let (input, right) = sum(input, here)?;
    Ok((input, Expr::Compare(Box::new(left), here.at(at, compare), Box::new(right))))
}

fn operator(input: Span<'_>) -> Parsed<'_, (Span<'_>, Compare)> {
    let (rest, compare) = alt((
        value(Compare::Unequal, tag("!=")),
        value(Compare::AtMost, tag("<=")),
        value(Compare::AtLeast, tag(">=")),
        value(Compare::Equal, tag("=")),
        value(Compare::Less, tag("<")),
        value(Compare::More, tag(">")),
    ))
    .parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, (input.take(length), compare)))
}

fn sum<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let sign = || alt((value(Sign::Plus, char('+')), value(Sign::Minus, char('-'))));
    let (input, first) = with_default(input, here)?;
    let more = (delimited(space1, sign(), space1), |i| with_default(i, here));
    let (input, more) = many_m_n(0, TERMS_MAX, more).parse(input)?;
    Ok((input, more.into_iter().fold(first, |a, (sign, b)| Expr::Sum(Box::new(a), sign, Box::new(b)))))
}

fn with_default<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let (input, first) = primary(input, here)?;
    let (input, default) = opt(preceded(keyword("else"), |i| primary(i, here))).parse(input)?;
    Ok((
        input,
        match default {
            Some(default) => Expr::Else(Box::new(first), Box::new(default)),
            None => first,
        },
    ))
}

fn primary<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let deeper = deeper(input, here)?;
    preceded(
        space0,
        alt((
            delimited((char('('), space0), |i| or(i, deeper), (space0, char(')'))),
            |i| quoted(i, here),
            |i| number(i, here),
            |i| prefixed("tag", i, here, Expr::Tag),
            |i| prefixed("known", i, here, Expr::Known),
            |i| bare(i, here),
        )),
    )
    .parse(input)
}

fn deeper<'a, 'r, 'd>(
    input: Span<'a>,
    here: Here<'r, 'd>,
) -> Result<Here<'r, 'd>, nom::Err<nom::error::Error<Span<'a>>>> {
    if here.depth >= DEPTH_MAX {
        return Err(nom::Err::Failure(nom::error::Error::new(input, nom::error::ErrorKind::TooLarge)));
    }
    Ok(Here { depth: here.depth + 1, ..here })
}

fn quoted<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let (rest, words) = delimited(char('"'), take_till(|c| c == '"'), char('"')).parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, Expr::Quoted(here.at(input.take(length), (*words.fragment()).to_owned()))))
}

fn number<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let digits = || take_while1(|c: char| c.is_ascii_digit());
    let (rest, written) = recognize((opt(char('-')), digits(), opt((char('.'), digits())))).parse(input)?;
    let number = written.fragment().parse::<Decimal>();
    let too_large = || nom::Err::Failure(nom::error::Error::new(input, nom::error::ErrorKind::Digit));
    Ok((rest, Expr::Number(here.at(written, number.map_err(|_| too_large())?))))
}

fn prefixed<'a>(
    word: &'static str,
    input: Span<'a>,
    here: Here<'_, '_>,
    make: fn(At<String>) -> Expr,
) -> Parsed<'a, Expr> {
    let (rest, named) = preceded((tag(word), space1), name).parse(input)?;
    Ok((rest, make(here.at(named, (*named.fragment()).to_owned()))))
}

fn bare<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let word = |i| {
        alt((keyword_only("and"), keyword_only("or"), keyword_only("not"), keyword_only("else"))).parse(i)
    };
    let (rest, named) = preceded(peek(not(word)), name).parse(input)?;
    Ok((rest, Expr::Name(here.at(named, (*named.fragment()).to_owned()))))
}

/// A word of the language with the blanks around it.
fn keyword<'a>(
    word: &'static str,
) -> impl Parser<Span<'a>, Output = (), Error = nom::error::Error<Span<'a>>> {
    value((), delimited(space0, keyword_only(word), space0))
}

/// A word of the language that is not the beginning of a longer one.
fn keyword_only<'a>(
    word: &'static str,
) -> impl Parser<Span<'a>, Output = (), Error = nom::error::Error<Span<'a>>> {
    let more = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    value((), terminated(tag(word), not(more)))
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
            let (expr, after) = braced(at.take_from(1), reader);
            if let Some(expr) = expr {
                if !words.is_empty() {
                    pieces.push(Piece::Words(std::mem::take(&mut words)));
                }
                pieces.push(Piece::Expr(expr));
            }
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

/// An expression up to its closing brace, found by the expression parser: a `}` in quotes ends nothing.
fn braced<'a>(inside: Span<'a>, reader: &mut Reader<'_>) -> (Option<Expr>, Span<'a>) {
    let here = Here { reader, depth: 0 };
    let parsed = delimited(space0, |i| or(i, here), (space0, char('}'))).parse(inside);
    match parsed {
        Ok((rest, expr)) => (Some(expr), rest),
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
                report_stop(stopped, reader);
            }
            let end = inside.fragment().find('}').map_or(inside.fragment().len(), |end| end + 1);
            (None, inside.take_from(end))
        }
    }
}
