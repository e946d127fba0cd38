//! Reading `*.grammar` files: every line on its own, so that one mistake hides no other.

mod pattern;

use crate::diagnostic::{At, Code, Diagnostic};
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, after, first_word, name, outline, split};
use nom::combinator::all_consuming;
use nom::{Input, Parser};

pub use pattern::{Sequence, Term, pattern};

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
    /// Types that are defined by a regular expression.
    pub types: Vec<TypeDecl>,
    /// Words that say nothing here: `skip yo, dude`.
    pub skip: Vec<At<String>>,
    /// Words that count here, though they usually say nothing: `keep thanks`.
    pub keep: Vec<At<String>>,
}

impl GrammarFile {
    /// The phrases of its lists and concepts, and the words it changes.
    pub fn phrases(&self) -> impl Iterator<Item = &At<String>> {
        let values = self.lists.iter().flat_map(|list| &list.values).flat_map(|value| &value.spellings);
        let concepts = self.concepts.iter().flat_map(|concept| &concept.phrases);
        values.chain(concepts).chain(&self.skip).chain(&self.keep)
    }

    /// The language its patterns are written in.
    #[must_use]
    pub fn language(&self) -> Lang {
        self.language.as_ref().map_or(Lang::EN, |lang| lang.value)
    }
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
    /// Keys it had before: only values of a brand's fields are kept, and so may have some.
    pub was: Vec<At<String>>,
}

impl ValueDecl {
    /// The words that stand for it, the key first.
    pub fn words(&self) -> impl Iterator<Item = &At<String>> {
        std::iter::once(&self.key).chain(&self.spellings)
    }

    /// The key of today, then those it had before.
    pub fn keys(&self) -> impl Iterator<Item = &At<String>> {
        std::iter::once(&self.key).chain(&self.was)
    }
}

/// `concept NAME` and its phrases.
#[derive(Debug, Clone)]
pub struct ConceptDecl {
    /// Its name.
    pub name: At<String>,
    /// Its phrases.
    pub phrases: Vec<At<String>>,
}

/// `type NAME: /EXPRESSION/` and samples of it.
#[derive(Debug, Clone)]
pub struct TypeDecl {
    /// Its name.
    pub name: At<String>,
    /// The regular expression between the slashes.
    pub expression: At<String>,
    /// Texts that are such a value; the first one is its example in proofs.
    pub samples: Vec<At<String>>,
    /// Texts that are none.
    pub counter_samples: Vec<At<String>>,
}

/// Bytes of a name: names are stored with every turn.
const NAME_BYTES_MAX: usize = 64;
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
            "type" => file.types.extend(type_decl(&block, rest, reader)),
            "skip" => file.skip.extend(phrases(rest, reader)),
            "keep" => file.keep.extend(phrases(rest, reader)),
            other => {
                let place = reader.place(word);
                let diagnostic =
                    Diagnostic::new(Code::UnknownBlock, place, format!("a grammar has no `{other}`"));
                let known = ["language", "intent", "list", "concept", "type", "skip", "keep"];
                reader.report(
                    diagnostic
                        .known(&known)
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
                if let Ok(priority) = number.fragment().parse() {
                    intent.priority = priority;
                } else {
                    let place = reader.place(if number.fragment().is_empty() { option } else { number });
                    let diagnostic = Diagnostic::new(Code::BadPattern, place, "a priority is a whole number");
                    reader.report(diagnostic.hint("write for example `intent join priority 5`"));
                }
            }
            other => {
                let place = reader.place(option);
                let diagnostic =
                    Diagnostic::new(Code::UnknownWord, place, format!("an intent has no `{other}`"));
                let known = ["replace", "priority"];
                reader.report(diagnostic.known(&known).did_you_mean(other, known));
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

/// `type order: /[A-Z]{2}\d{6}/`, with samples below it.
fn type_decl(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<TypeDecl> {
    let colon = rest.fragment().find(':').unwrap_or(rest.fragment().len());
    let name = named(split(rest, ':')[0], "type", reader)?;
    let written = after(rest, (colon + 1).min(rest.fragment().len()));
    let inner = written.fragment().strip_prefix('/').and_then(|inner| inner.strip_suffix('/'));
    let Some(inner) = inner.filter(|inner| !inner.is_empty()) else {
        let place = reader.place(if written.fragment().is_empty() { rest } else { written });
        let diagnostic =
            Diagnostic::new(Code::BadType, place, "a regular expression between slashes is missing");
        reader.report(diagnostic.hint("write it as in `type order: /[A-Z]{2}[0-9]{6}/`"));
        return None;
    };
    let expression = At::new(inner.to_owned(), reader.place(written.take_from(1).take(inner.len())));
    let mut decl = TypeDecl { name, expression, samples: Vec::new(), counter_samples: Vec::new() };
    for child in &block.children {
        let sample = |reader: &Reader<'_>| {
            let sample = after(child.line, 1);
            At::new((*sample.fragment()).to_owned(), reader.place(sample))
        };
        match child.line.fragment().as_bytes()[0] {
            b'>' => decl.samples.push(sample(reader)),
            b'!' => decl.counter_samples.push(sample(reader)),
            _ => reader.mistake(Code::BadType, child.line, "below a type stand samples of it: `>` and `!`"),
        }
    }
    Some(decl)
}

/// The values below a list or a `one of` field.
pub fn list_values(blocks: &[Block<'_>], reader: &mut Reader<'_>) -> Vec<ValueDecl> {
    let mut values = Vec::new();
    for block in blocks {
        let value = list_value(block.line, reader);
        values.extend(value.map(|value| ValueDecl { was: keys_before(block, reader), ..value }));
    }
    values
}

/// `was KEY` below a value.
fn keys_before(block: &Block<'_>, reader: &mut Reader<'_>) -> Vec<At<String>> {
    let mut keys = Vec::new();
    for child in &block.children {
        match first_word(child.line) {
            (word, key) if *word.fragment() == "was" => keys.extend(named(key, "value", reader)),
            _ => reader.mistake(Code::DeepIndent, child.line, "only `was KEY` belongs below a value"),
        }
    }
    keys
}

/// `key`, `key: spelling, spelling`, `key: spelling | es spelling, spelling`.
fn list_value(line: Span<'_>, reader: &mut Reader<'_>) -> Option<ValueDecl> {
    let colon = line.fragment().find(':');
    let key = split(line.take(colon.unwrap_or(line.fragment().len())), '|')[0];
    let key = named(key, "value", reader)?;
    let mut value = ValueDecl { key, spellings: Vec::new(), was: Vec::new() };
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
