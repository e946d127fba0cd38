//! What can be written at a place. Names are offered where a line's words lead up to one; everywhere else the parsers are
//! asked: a sign that can stand nowhere is put to the place, and the words offered are those that the mistake names.

use super::analysis::{Analysis, line_at};
use super::documents::kind_of;
use crate::bot::Symbol;
use crate::consent::{Refusal, Why};
use crate::diagnostic::{Diagnostic, Diagnostics, Sources};
use crate::expr::FACTS;
use crate::flow::brand::{self, BrandFile, KindDecl};
use crate::flow::syntax;
use crate::format::Kind;
use crate::grammar::syntax as grammar;
use crate::outline::Reader;
use crate::slot::{self, SlotType};
use crate::transcript;
use lsp_types::CompletionItemKind as Item;
use std::ops::Range as Bytes;
use std::path::Path;

/// A word that can be written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Offer {
    /// The word.
    pub(super) word: String,
    /// What it is.
    pub(super) kind: Item,
    /// A few words about it.
    pub(super) detail: Option<String>,
    /// The bytes that it takes the place of.
    pub(super) replaces: Bytes<usize>,
}

/// What can be written at a byte of a document. The names of other files are those of the last check, if there was one.
pub(super) fn complete(text: &str, byte: usize, path: &Path, analysis: Option<&Analysis>) -> Vec<Offer> {
    let Some(written) = kind_of(path) else { return Vec::new() };
    let line = line_at(text, byte);
    let before = &text[line.start..byte];
    if before.trim_start().starts_with('#') {
        return Vec::new();
    }
    let place = Place { text, path, line, byte, analysis };
    match written {
        Kind::Brand | Kind::Flow => place.in_flow(before, written),
        Kind::Grammar => place.in_grammar(before),
        Kind::Chat => place.in_chat(before.trim_start()),
    }
}

/// Where something is to be written.
struct Place<'p> {
    text: &'p str,
    path: &'p Path,
    line: Bytes<usize>,
    byte: usize,
    analysis: Option<&'p Analysis>,
}

impl Place<'_> {
    fn in_flow(&self, before: &str, written: Kind) -> Vec<Offer> {
        if let Some(inside) = open(before, '{', '}') {
            return [self.values(inside), self.facts()].concat();
        }
        if let Some((left, name)) = before.rsplit_once("->")
            && name.trim_start().chars().all(is_name)
            && !left.trim_start().is_empty() | name.starts_with(' ')
        {
            return self.nodes();
        }
        let line = before.trim_start();
        let (verb, rest) = line.split_once(' ').unwrap_or((line, ""));
        let rest = rest.trim_start();
        let is_first = !line.contains(' ');
        match verb {
            _ if is_first && line.contains('.') => self.languages(line),
            _ if is_first => self.words(written, line),
            "ask" | "send" => self.fields(),
            "set" | "fill" if !rest.contains('=') => self.fields(),
            "set" | "when" => [self.values(rest), self.conditions(rest)].concat(),
            "call" => self.flows(),
            "start" if rest.starts_with("on ") => self.intents(),
            "start" => self.plain(&["on"], Item::Keyword),
            "on" | "optin" | "double-optin" => self.intents(),
            "notify" | "alert" => self.resources("webhook"),
            "program" if written == Kind::Flow => self.resources("program"),
            "handoff" => self.resources("team"),
            // In `brand.flow` a name behind these words is a new one.
            "lookup" | "contest" | "media" if written == Kind::Flow => self.resources(verb),
            "split" if in_last_piece(rest) => self.nodes(),
            "tag" | "untag" => self.tags(),
            "field" | "personal" if rest.contains(':') => self.types(),
            "personal" => self.plain(&["field"], Item::Keyword),
            "language" => self.brand().map(|brand| self.spoken(&brand, "")).unwrap_or_default(),
            _ => self.words(written, rest),
        }
    }

    fn in_grammar(&self, before: &str) -> Vec<Offer> {
        let line = before.trim_start();
        if line.starts_with(['>', '!']) {
            return Vec::new();
        }
        if open(before, '{', '}').is_some() {
            let named = |of: &Symbol| matches!(of, Symbol::List(_) | Symbol::Field(_) | Symbol::Type(_));
            return [self.symbols(named, Item::Enum), self.builtin_types()].concat();
        }
        if open(before, '<', '>').is_some() {
            return self.symbols(|of| matches!(of, Symbol::Concept(_)), Item::Constant);
        }
        let word = line.rsplit(' ').next().unwrap_or_default();
        self.words(Kind::Grammar, word)
    }

    /// `= at flow.node`, `= split flow.node arm`, `= FIELD …`, `set FIELD …`, `node flow.node`
    fn in_chat(&self, line: &str) -> Vec<Offer> {
        let place = |rest: &str| !rest.trim_start().contains(' ');
        let Some(rest) = line.strip_prefix('=').map(str::trim_start) else {
            return match line.split_once(' ') {
                None if !line.starts_with(['>', '<', '!', '~']) => self.words(Kind::Chat, line),
                Some(("set", rest)) if place(rest) => self.fields(),
                Some(("node", rest)) if place(rest) => self.all_nodes(),
                Some(("campaign", rest)) if place(rest) => self.flows(),
                Some(("lookup", rest)) if place(rest) => self.resources("lookup"),
                Some(("deliver", rest)) => self.words(Kind::Chat, rest.trim_start()),
                _ => Vec::new(),
            };
        };
        match rest.split_once(' ') {
            None => {
                let words = self.plain(
                    &["at", "consent", "draw", "dropped", "held", "language", "not", "split", "tag", "told"],
                    Item::Keyword,
                );
                [self.fields(), words].concat()
            }
            Some(("at", rest)) if place(rest) => {
                [self.all_nodes(), self.plain(&["nothing"], Item::Keyword)].concat()
            }
            Some(("split", rest)) if place(rest) => self.all_nodes(),
            Some(("told", rest)) if place(rest) => self.resources("webhook"),
            Some(("draw", rest)) if place(rest) => self.resources("contest"),
            Some(("draw", _)) => self.plain(&["won", "lost"], Item::EnumMember),
            Some(("not", rest)) if place(rest) => self.plain(&["known", "tag"], Item::Keyword),
            Some(("not", rest)) if rest.trim_start().starts_with("known ") => self.fields(),
            Some(("not" | "tag", _)) => self.tags(),
            Some(("consent", _)) => self.plain(&["in", "out", "none"], Item::EnumMember),
            Some(("held", rest)) if place(rest) => self.plain(&Why::ALL.map(Why::name), Item::EnumMember),
            Some(("dropped", _)) => self.plain(&Refusal::NAMES, Item::EnumMember),
            Some(_) => Vec::new(),
        }
    }

    /// The bytes of the word at the place: letters of names before it and behind it, and what else `also` allows before.
    fn word(&self, also: &[char]) -> Bytes<usize> {
        let before = &self.text[self.line.start..self.byte];
        let behind = &self.text[self.byte..self.line.end];
        let start = before.trim_end_matches(|c| is_name(c) || also.contains(&c)).len();
        let end = behind.len() - behind.trim_start_matches(is_name).len();
        self.line.start + start..self.byte + end
    }

    fn plain(&self, words: &[&str], kind: Item) -> Vec<Offer> {
        let replaces = self.word(&[]);
        words
            .iter()
            .map(|word| Offer { word: (*word).to_owned(), kind, detail: None, replaces: replaces.clone() })
            .collect()
    }

    /// What the parsers would have taken where now `word` ends. They are given a sign that is no word of any language.
    fn words(&self, written: Kind, word: &str) -> Vec<Offer> {
        let start = self.byte - word.len();
        let behind = &self.text[self.byte..self.line.end];
        let end = self.byte + behind.find(' ').unwrap_or(behind.len());
        let probe = [&self.text[..start], "?", &self.text[end..]].concat();
        let mut found = Diagnostics::default();
        let reader = &mut Reader::new(Sources::default().add("", ""), &mut found);
        match written {
            Kind::Brand => drop(brand::parse(&probe, reader)),
            Kind::Flow => drop(syntax::parse(&probe, reader)),
            Kind::Grammar => drop(grammar::parse(&probe, reader)),
            Kind::Chat => drop(transcript::parse(&probe, reader)),
        }
        let here = |diagnostic: &&Diagnostic| diagnostic.place.range() == (start..start + 1);
        let known = found.iter().filter(here).flat_map(|diagnostic| &diagnostic.known);
        let offer = |word: &String| Offer {
            word: word.clone(),
            kind: Item::Keyword,
            detail: None,
            replaces: start..end,
        };
        known.map(offer).collect()
    }

    fn symbols(&self, is_wanted: impl Fn(&Symbol) -> bool, kind: Item) -> Vec<Offer> {
        let Some(analysis) = self.analysis else { return Vec::new() };
        let replaces = self.word(&[]);
        let mut offers: Vec<Offer> = Vec::new();
        for mention in analysis.declared(analysis.brand_of(self.path)).filter(|m| is_wanted(&m.of)) {
            let word = mention.of.name().to_owned();
            if !offers.iter().any(|offer| offer.word == word) {
                let detail = Some(about(analysis, mention));
                offers.push(Offer { word, kind, detail, replaces: replaces.clone() });
            }
        }
        offers
    }

    fn fields(&self) -> Vec<Offer> {
        self.symbols(|of| matches!(of, Symbol::Field(_)), Item::Field)
    }

    fn flows(&self) -> Vec<Offer> {
        self.symbols(|of| matches!(of, Symbol::Flow(_)), Item::Module)
    }

    fn intents(&self) -> Vec<Offer> {
        self.symbols(|of| matches!(of, Symbol::Intent(_)), Item::Event)
    }

    fn resources(&self, of: &str) -> Vec<Offer> {
        self.symbols(|symbol| matches!(symbol, Symbol::Resource { kind, .. } if *kind == of), Item::Reference)
    }

    /// The nodes of the flow that the place lies in, as the document says now.
    fn nodes(&self) -> Vec<Offer> {
        let mut found = Diagnostics::default();
        let file = Sources::default().add("", "");
        let flows = syntax::parse(self.text, &mut Reader::new(file, &mut found)).flows;
        let own = flows.iter().rev().find(|flow| flow.name.place.range().start <= self.byte);
        let names = own.into_iter().flat_map(|flow| &flow.nodes).map(|node| node.name.value.as_str());
        self.plain(&names.collect::<Vec<_>>(), Item::Function)
    }

    /// All nodes as `flow.node`.
    fn all_nodes(&self) -> Vec<Offer> {
        let Some(analysis) = self.analysis else { return Vec::new() };
        let replaces = self.word(&['.']);
        let declared = analysis.declared(analysis.brand_of(self.path));
        let nodes = declared.filter_map(|mention| {
            let Symbol::Node { flow, name } = &mention.of else { return None };
            Some(format!("{flow}.{name}"))
        });
        let offer = |word| Offer { word, kind: Item::Function, detail: None, replaces: replaces.clone() };
        nodes.map(offer).collect()
    }

    /// What the brand says about itself, as texts name it.
    fn facts(&self) -> Vec<Offer> {
        self.plain(&FACTS, Item::Constant)
    }

    /// Values in an expression: the fields, or behind a comparison the values of the field that is compared.
    fn values(&self, before: &str) -> Vec<Offer> {
        let before = before.trim_end_matches(is_name).trim_end();
        let left = before.trim_end_matches(['=', '!', '<', '>']);
        let field = left.trim_end().rsplit(|c| !is_name(c)).next().unwrap_or_default();
        let values = if left.len() < before.len() { self.values_of(field) } else { Vec::new() };
        if before.rsplit(|c| !is_name(c)).next() == Some("tag") {
            return self.tags();
        }
        [values, self.fields()].concat()
    }

    /// The values of a field with a list, or `yes` and `no`.
    fn values_of(&self, field: &str) -> Vec<Offer> {
        let Some(brand) = self.brand() else { return Vec::new() };
        let Some(decl) = brand.fields.iter().find(|decl| decl.name.value == field) else { return Vec::new() };
        match &decl.kind {
            KindDecl::OneOf(values) => {
                let keys: Vec<&str> = values.iter().map(|value| value.key.value.as_str()).collect();
                self.plain(&keys, Item::EnumMember)
            }
            KindDecl::Named(kind) => {
                let known = slot::by_name(&kind.value);
                let keys = known.iter().flat_map(|kind| kind.keys()).copied();
                let keys = keys.chain(["yes", "no"].into_iter().filter(|_| kind.value == "yes_no"));
                self.plain(&keys.collect::<Vec<_>>(), Item::EnumMember)
            }
        }
    }

    /// What a condition can begin with, besides a field.
    fn conditions(&self, before: &str) -> Vec<Offer> {
        let last = before.trim_end_matches(is_name).trim_end();
        let begins = last.is_empty() || ["and", "or", "not", "("].iter().any(|word| last.ends_with(word));
        if begins {
            self.plain(&["known", "tag", "not", "open", "near", "last reply within"], Item::Keyword)
        } else {
            Vec::new()
        }
    }

    /// The tags that the brand's files put on people or take off.
    fn tags(&self) -> Vec<Offer> {
        let Some(analysis) = self.analysis else { return Vec::new() };
        let mut tags: Vec<&str> = Vec::new();
        for text in analysis.texts_of(analysis.brand_of(self.path)) {
            let lines = text.lines().filter_map(|line| line.trim().strip_prefix("tag "));
            tags.extend(lines.map(str::trim).filter(|tag| tag.chars().all(is_name)));
        }
        tags.sort_unstable();
        tags.dedup();
        self.plain(&tags, Item::Constant)
    }

    /// The types of fields.
    fn types(&self) -> Vec<Offer> {
        let own = self.symbols(|of| matches!(of, Symbol::Type(_)), Item::TypeParameter);
        [self.builtin_types(), self.plain(&["one of"], Item::Keyword), own].concat()
    }

    fn builtin_types(&self) -> Vec<Offer> {
        let names: Vec<&str> = slot::ALL.iter().map(SlotType::name).collect();
        self.plain(&names, Item::TypeParameter)
    }

    /// Behind `say.`, the languages that a text can be written in.
    fn languages(&self, word: &str) -> Vec<Offer> {
        let Some((verb, _)) = word.split_once('.') else { return Vec::new() };
        self.brand().map(|brand| self.spoken(&brand, verb)).unwrap_or_default()
    }

    /// The brand's languages; as `verb.es` without the first one, where a verb is given.
    fn spoken(&self, brand: &BrandFile, verb: &str) -> Vec<Offer> {
        let codes = brand.languages.iter().map(|language| language.value.to_string());
        if verb.is_empty() {
            return self.plain(
                &codes.collect::<Vec<_>>().iter().map(String::as_str).collect::<Vec<_>>(),
                Item::Constant,
            );
        }
        let replaces = self.word(&['.']);
        let offer = |code: String| Offer {
            word: format!("{verb}.{code}"),
            kind: Item::Keyword,
            detail: None,
            replaces: replaces.clone(),
        };
        codes.skip(1).map(offer).collect()
    }

    /// The brand's `brand.flow`, as it was checked.
    fn brand(&self) -> Option<BrandFile> {
        let analysis = self.analysis?;
        let brand = analysis.brand_of(self.path)?;
        let path = analysis.root().join("flows").join(brand.as_str()).join("brand.flow");
        let file = analysis.file(&path)?;
        let text = &analysis.source(file).text;
        Some(brand::parse(text, &mut Reader::new(file, &mut Diagnostics::default())))
    }
}

/// A few words about a declaration: its line, without its name.
fn about(analysis: &Analysis, mention: &crate::bot::Mention) -> String {
    let line = analysis.line(mention.place);
    match (&mention.of, line.split_once(':')) {
        (Symbol::Field(_), Some((_, kind))) => kind.trim().to_owned(),
        _ => analysis.source(mention.place.file).path.display().to_string(),
    }
}

/// What stands behind the last opening sign of a line that is not closed; two of them are the sign itself.
fn open(before: &str, opening: char, closing: char) -> Option<&str> {
    let (left, inside) = before.rsplit_once(opening)?;
    let is_double = left.chars().rev().take_while(|c| *c == opening).count() % 2 == 1;
    (!is_double && !inside.contains(closing)).then_some(inside)
}

/// Whether the last piece of `50 a, 50 b` has its weight already.
fn in_last_piece(rest: &str) -> bool {
    rest.rsplit(',').next().is_some_and(|piece| piece.trim_start().contains(' '))
}

fn is_name(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}
