//! Reading expressions.

use super::measure::{Delay, Distance, distance, length};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::outline::{Reader, Span, after, name};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_till, take_while1};
use nom::character::complete::{char, space0, space1};
use nom::combinator::{consumed, cut, map, not, opt, recognize, value, verify};
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
    /// `last reply within 30d`
    LastReply(At<Delay>),
    /// `near "Atlanta, GA" 50 mi`
    Near(At<String>, At<Distance>),
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
            Self::LastReply(at) => at.place,
            Self::Near(place, distance) => place.place.to(distance.place),
            Self::Not(inner) => inner.place(),
            Self::Else(a, b)
            | Self::Compare(a, _, b)
            | Self::Sum(a, _, b)
            | Self::And(a, b)
            | Self::Or(a, b) => a.place().to(b.place()),
        }
    }
}

/// Levels of `not` and brackets in one expression: deeper ones are a mistake or an attack on the stack.
const DEPTH_MAX: usize = 32;

/// Conditions that one `and` or `or` joins to the first: each is a level of the tree.
const TERMS_MAX: usize = 64;

pub(super) type Parsed<'a, T> = IResult<Span<'a>, T>;

/// Where in a file an expression is read from, and how deep.
#[derive(Clone, Copy)]
pub(super) struct Here<'r, 'd> {
    reader: &'r Reader<'d>,
    depth: usize,
}

impl<'r, 'd> Here<'r, 'd> {
    pub(super) fn new(reader: &'r Reader<'d>) -> Self {
        Self { reader, depth: 0 }
    }

    pub(super) fn at<T>(self, span: Span<'_>, value: T) -> At<T> {
        At::new(value, self.reader.place(span))
    }
}

/// Reads a whole span as one expression; reports the first place where it cannot go on.
pub fn expression(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Expr> {
    let parsed = delimited(space0, |i| or(i, Here::new(reader)), space0).parse(span);
    let stopped = match parsed {
        Ok((rest, expr)) if rest.fragment().is_empty() => return Some(expr),
        Ok((rest, _)) => rest,
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => error.input,
        Err(nom::Err::Incomplete(_)) => span,
    };
    report_stop(span, stopped, reader);
    None
}

/// Reports where reading an expression could not go on.
pub(super) fn report_stop(all: Span<'_>, stopped: Span<'_>, reader: &mut Reader<'_>) {
    let read = stopped.location_offset().saturating_sub(all.location_offset());
    let read = all.fragment().get(..read).unwrap_or_default();
    let stopped = after(stopped, 0);
    let place = reader.place(stopped);
    let diagnostic = if stopped.fragment().is_empty() {
        Diagnostic::new(Code::BadExpression, place, "the expression ends too early")
    } else {
        let word: String = stopped.fragment().chars().take(20).collect();
        Diagnostic::new(Code::BadExpression, place, format!("`{word}` cannot stand here"))
    };
    reader.report(diagnostic.hint(way_out(read)));
}

/// How the thing is written that was read last.
fn way_out(read: &str) -> &'static str {
    let begins = read.split_whitespace().rev().take_while(|word| !matches!(*word, "and" | "or" | "not"));
    let hints = begins.filter_map(|word| {
        Some(match word.trim_start_matches('(') {
            "near" => "write for example `near \"Atlanta, GA\" 50 mi`; distances are in `mi` and `km`",
            "last" => "write for example `last reply within 30d`, or `last reply within 2 days`",
            "region" => "write the place in quotes: `region = \"Atlanta, GA\"`, `region = \"GA\"`",
            "link" => "write for example `{link https://scoops.example/mango as mango}`, then `{link mango}`",
            "tag" => "write for example `tag vip`",
            "known" => "write for example `known flavor`",
            _ => return None,
        })
    });
    let any = "write for example `flavor = mango and not tag staff`, or `name else \"friend\"`";
    hints.last().unwrap_or(any)
}

pub(super) fn or<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
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
            map(|i| quoted(i, here), Expr::Quoted),
            |i| number(i, here),
            |i| prefixed("tag", i, here, Expr::Tag),
            |i| prefixed("known", i, here, Expr::Known),
            |i| last_reply(i, here),
            |i| near(i, here),
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

pub(super) fn quoted<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, At<String>> {
    let (rest, words) = delimited(char('"'), take_till(|c| c == '"'), char('"')).parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, here.at(input.take(length), (*words.fragment()).to_owned())))
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
    let (rest, named) = preceded((keyword_only(word), cut(space1)), cut(name)).parse(input)?;
    Ok((rest, make(here.at(named, (*named.fragment()).to_owned()))))
}

/// `last reply within 30d`
fn last_reply<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let words = cut((space1, keyword_only("reply"), space1, keyword_only("within"), space1));
    let (rest, _) = (keyword_only("last"), words).parse(input)?;
    let (rest, (written, delay)) = cut(consumed(length)).parse(rest)?;
    Ok((rest, Expr::LastReply(here.at(written, delay))))
}

/// `near "Atlanta, GA" 50 mi`
fn near<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let (rest, _) = (keyword_only("near"), cut(space1)).parse(input)?;
    let (rest, place) = cut(|i| quoted(i, here)).parse(rest)?;
    let (rest, (written, distance)) = cut(preceded(space1, consumed(distance))).parse(rest)?;
    Ok((rest, Expr::Near(place, here.at(written, distance))))
}

/// Words that begin or join something else, and so are never names.
const KEYWORDS: [&str; 9] = ["and", "or", "not", "else", "tag", "known", "last", "near", "link"];

fn bare<'a>(input: Span<'a>, here: Here<'_, '_>) -> Parsed<'a, Expr> {
    let word = |span: &Span<'a>| !KEYWORDS.contains(span.fragment());
    let (rest, named) = verify(name, word).parse(input)?;
    Ok((rest, Expr::Name(here.at(named, (*named.fragment()).to_owned()))))
}

/// A word of the language with the blanks around it.
fn keyword<'a>(
    word: &'static str,
) -> impl Parser<Span<'a>, Output = (), Error = nom::error::Error<Span<'a>>> {
    value((), delimited(space0, keyword_only(word), space0))
}

/// A word of the language that is not the beginning of a longer one.
pub(super) fn keyword_only<'a>(
    word: &'static str,
) -> impl Parser<Span<'a>, Output = (), Error = nom::error::Error<Span<'a>>> {
    let more = take_while1(|c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_');
    value((), terminated(tag(word), not(more)))
}
