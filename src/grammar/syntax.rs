//! Reading `*.grammar` files: every line on its own, so that one mistake hides no other.

use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, after, first_word, name, outline, split};
use nom::branch::alt;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::{anychar, char, space0, u16};
use nom::combinator::{all_consuming, map, opt, recognize, value, verify};
use nom::multi::{many1, separated_list1};
use nom::sequence::{delimited, preceded};
use nom::{IResult, Input, Parser};

/// A grammar file.
#[derive(Debug, Clone, Default)]
pub struct GrammarFile {
    /// The language its patterns are written in; English when it says nothing.
    pub language: Option<At<Lang>>,
    /// Its intents.
    pub intents: Vec<IntentDecl>,
    /// Its lists.
    pub lists: Vec<ListDecl>,
    /// Its concepts.
    pub concepts: Vec<ConceptDecl>,
}

/// `intent NAME` and what belongs to it.
#[derive(Debug, Clone)]
pub struct IntentDecl {
    /// Its name.
    pub name: At<String>,
    /// Whether it takes the place of a shared intent of that name.
    pub replace: bool,
    /// Declared priority; the higher one wins, none is 0.
    pub priority: i32,
    /// Its patterns.
    pub patterns: Vec<Sequence>,
    /// Texts that must mean this.
    pub samples: Vec<At<String>>,
    /// Texts that must not mean this.
    pub counter_samples: Vec<At<String>>,
}

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

/// `list NAME` and its values.
#[derive(Debug, Clone)]
pub struct ListDecl {
    /// Its name.
    pub name: At<String>,
    /// Its values.
    pub values: Vec<ValueDecl>,
}

/// One value of a list: `mint: peppermint | es menta`.
#[derive(Debug, Clone)]
pub struct ValueDecl {
    /// The stable key; it is a spelling too.
    pub key: At<String>,
    /// Other spellings in any language.
    pub spellings: Vec<At<String>>,
}

/// `concept NAME` and its phrases.
#[derive(Debug, Clone)]
pub struct ConceptDecl {
    /// Its name.
    pub name: At<String>,
    /// Its phrases.
    pub phrases: Vec<At<String>>,
}

/// Bytes of a name: names are stored with every turn.
const NAME_BYTES_MAX: usize = 64;
/// Brackets inside brackets; a pattern that needs more is two patterns.
const NESTED_MAX: usize = 8;
/// Words of one bounded gap: a longer one is a floating gap.
const GAP_WORDS_MAX: u16 = 20;
/// Characters that mean something in a pattern.
const OPERATORS: &str = "[](){}<>|;\\";

/// Reads a grammar file. Returns all that could be read; mistakes go to the reader.
pub fn parse(text: &str, reader: &mut Reader<'_>) -> GrammarFile {
    let mut file = GrammarFile::default();
    for block in outline(text, reader) {
        let (word, rest) = first_word(block.line);
        match *word.fragment() {
            "language" => file.language = language(rest, reader),
            "intent" => file.intents.extend(intent(&block, rest, reader)),
            "list" => file.lists.extend(
                named(rest, "list", reader)
                    .map(|name| ListDecl { name, values: list_values(&block.children, reader) }),
            ),
            "concept" => file.concepts.extend(named(rest, "concept", reader).map(|name| ConceptDecl {
                name,
                phrases: block.children.iter().flat_map(|line| phrases(line.line, reader)).collect(),
            })),
            other => {
                let place = reader.place(word);
                let diagnostic =
                    Diagnostic::new(Code::UnknownBlock, place, format!("a grammar has no `{other}`"));
                let known = ["language", "intent", "list", "concept"];
                reader.report(
                    diagnostic
                        .did_you_mean(other, known)
                        .hint(format!("a block begins with one of: {}", known.join(", "))),
                );
            }
        }
    }
    file
}

/// A language code; reports what is none.
pub fn language(span: Span<'_>, reader: &mut Reader<'_>) -> Option<At<Lang>> {
    match span.fragment().parse() {
        Ok(lang) => Some(At::new(lang, reader.place(span))),
        Err(error) => {
            reader.mistake(Code::BadLanguage, span, format!("{error}"));
            None
        }
    }
}

/// A name that is the whole span; reports what is none.
pub fn named(span: Span<'_>, of: &str, reader: &mut Reader<'_>) -> Option<At<String>> {
    if let (Ok((_, named)), 0..=NAME_BYTES_MAX) = (all_consuming(name).parse(span), span.fragment().len()) {
        return Some(At::new((*named.fragment()).to_owned(), reader.place(named)));
    }
    let place = reader.place(span);
    let message = if span.fragment().is_empty() {
        format!("this {of} has no name")
    } else {
        format!("`{}` is no {of} name", span.fragment())
    };
    reader.report(
        Diagnostic::new(Code::BadName, place, message)
            .hint("a name is at most 64 small letters, digits, `-` and `_`, and begins with a letter"),
    );
    None
}

fn intent(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<IntentDecl> {
    let (named_span, mut options) = first_word(rest);
    let mut intent = IntentDecl {
        name: named(named_span, "intent", reader)?,
        replace: false,
        priority: 0,
        patterns: Vec::new(),
        samples: Vec::new(),
        counter_samples: Vec::new(),
    };
    while !options.fragment().is_empty() {
        let (option, more) = first_word(options);
        options = more;
        match *option.fragment() {
            "replace" => intent.replace = true,
            "priority" => {
                let (number, more) = first_word(options);
                options = more;
                match number.fragment().parse() {
                    Ok(priority) => intent.priority = priority,
                    Err(_) => reader.mistake(Code::BadPattern, number, "a priority is a whole number"),
                }
            }
            other => {
                let place = reader.place(option);
                let diagnostic =
                    Diagnostic::new(Code::UnknownWord, place, format!("an intent has no `{other}`"));
                reader.report(diagnostic.did_you_mean(other, ["replace", "priority"]));
            }
        }
    }
    for line in &block.children {
        intent_line(line, &mut intent, reader);
    }
    Some(intent)
}

fn intent_line(block: &Block<'_>, intent: &mut IntentDecl, reader: &mut Reader<'_>) {
    for child in &block.children {
        reader.mistake(Code::DeepIndent, child.line, "nothing belongs below a pattern");
    }
    let words = |sign: usize, reader: &Reader<'_>| {
        let words = after(block.line, sign);
        At::new((*words.fragment()).to_owned(), reader.place(words))
    };
    match block.line.fragment().as_bytes()[0] {
        b'>' => intent.samples.push(words(1, reader)),
        b'!' => intent.counter_samples.push(words(1, reader)),
        _ => intent.patterns.extend(pattern(block.line, reader)),
    }
}

/// Reads a pattern; reports the place where it cannot go on.
pub fn pattern(span: Span<'_>, reader: &mut Reader<'_>) -> Option<Sequence> {
    let scope = Scope { reader, depth: 0 };
    let stopped = match sequence(span, scope) {
        Ok((rest, sequence)) if rest.fragment().is_empty() => return Some(sequence),
        Ok((rest, _)) => rest,
        Err(nom::Err::Error(error) | nom::Err::Failure(error)) => error.input,
        Err(nom::Err::Incomplete(_)) => span,
    };
    let place = reader.place(stopped);
    let diagnostic = match stopped.fragment().chars().next() {
        None => Diagnostic::new(Code::BadPattern, place, "the pattern ends too early")
            .hint("is a bracket open, or empty?"),
        Some(c) if "[({<".contains(c) => {
            let message = format!("what begins with this `{c}` is not closed, or cannot be read");
            Diagnostic::new(Code::BadPattern, place, message)
                .hint("brackets come in pairs, hold something, and go at most eight deep; `\\` makes a sign an ordinary one")
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
    let (rest, terms) = many1(delimited(space0, |i| term(i, scope), space0)).parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, Sequence { terms, place: scope.reader.place(input.take(length)) }))
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
    let bounded = verify(preceded(tag("*~"), u16), |words| (1..=GAP_WORDS_MAX).contains(words));
    let (rest, words) = alt((value(None, tag("...")), map(bounded, Some))).parse(input)?;
    let length = input.fragment().len() - rest.fragment().len();
    Ok((rest, Term::Gap(At::new(words, scope.reader.place(input.take(length))))))
}

/// A word, perhaps with an ending in brackets right behind it.
fn word<'a>(input: Span<'a>, scope: Scope<'_, '_>) -> Parsed<'a, Term> {
    let plain = || take_while1(|c: char| !c.is_whitespace() && !OPERATORS.contains(c));
    let escaped = || recognize(preceded(char('\\'), anychar));
    let (rest, word) = recognize(many1(alt((plain(), escaped())))).parse(input)?;
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
    let deeper = scope.deeper(input)?;
    let one_of = |i| separated_list1(char('|'), |i| sequence(i, deeper)).parse(i);
    let all_of = |i| (|i| sequence(i, deeper), many1(preceded(char(';'), |i| sequence(i, deeper)))).parse(i);
    alt((
        map(delimited(char('['), one_of, char(']')), Term::Optional),
        map(delimited(char('('), all_of, char(')')), |(first, more)| {
            Term::AnyOrder(std::iter::once(first).chain(more).collect())
        }),
        map(delimited(tag("("), one_of, char(')')), Term::Group),
    ))
    .parse(input)
}

/// The values below a list or a `one of` field.
pub fn list_values(blocks: &[Block<'_>], reader: &mut Reader<'_>) -> Vec<ValueDecl> {
    let mut values = Vec::new();
    for block in blocks {
        for child in &block.children {
            reader.mistake(Code::DeepIndent, child.line, "nothing belongs below a value");
        }
        values.extend(list_value(block.line, reader));
    }
    values
}

/// `key`, `key: spelling, spelling`, `key: spelling | es spelling, spelling`.
fn list_value(line: Span<'_>, reader: &mut Reader<'_>) -> Option<ValueDecl> {
    let colon = line.fragment().find(':');
    let key = split(line.take(colon.unwrap_or(line.fragment().len())), '|')[0];
    let key = named(key, "value", reader)?;
    let mut value = ValueDecl { key, spellings: Vec::new() };
    let Some(colon) = colon else { return Some(value) };
    for (number, part) in split(line.take_from(colon + 1), '|').into_iter().enumerate() {
        // From the second part on, the first word is the language; spellings of all languages are understood.
        let spellings = if number == 0 {
            part
        } else {
            let (lang, rest) = first_word(part);
            if language(lang, reader).is_none() {
                continue;
            }
            rest
        };
        value.spellings.extend(phrases(spellings, reader));
    }
    Some(value)
}

/// Phrases parted by commas.
fn phrases(line: Span<'_>, reader: &mut Reader<'_>) -> Vec<At<String>> {
    let mut phrases = Vec::new();
    for piece in split(line, ',') {
        if piece.fragment().is_empty() {
            let place = reader.place(line);
            reader.report(
                Diagnostic::new(Code::EmptyPhrase, place, "nothing stands between two commas")
                    .hint("take the extra comma away"),
            );
        } else {
            phrases.push(At::new((*piece.fragment()).to_owned(), reader.place(piece)));
        }
    }
    phrases
}
