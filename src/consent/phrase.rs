//! Phrases in a text, all of them in one walk: what the rules of `data/rules/` are written in.
//!
//! A phrase is a line of words: `[maybe]`, `(one | the other)`, `*` for any word, `<class>` for any member of a class, which
//! may be a phrase itself. Words that say nothing here (`filler`) may stand anywhere between its words, so that word lists
//! need not know every politeness and every curse. Held letters ("pleaseeee"), words without a blank between them
//! ("takemeoff") and slips of long words are read as what they stand for. All phrases of all languages are one graph over words
//! and classes, in which alike beginnings are one. A text is walked once, from every token at the same time:
//! O(tokens × phrases that have begun and not yet failed), which for ordinary texts is hardly ever one.

use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};
use smallvec::SmallVec;
use std::collections::BTreeMap;
use std::hash::Hasher;

/// Phrases that may have begun at the same time: a text of nothing but beginnings is nobody's.
const ACTIVE_MAX: usize = 128;
/// Letters from which a word may be one slip away from a word that is read with slips; in shorter ones two letters may have
/// changed places.
const SLIP_FROM: usize = 4;
/// Letters of the longest word that is looked at for a slip.
const LETTERS_MAX: usize = 16;
/// Letters from which two may have changed places.
const SWAP_FROM: usize = 3;
/// Letters from which it may be two.
const TWO_SLIPS_FROM: usize = 10;
/// Letters from which an unknown word may be several that were typed without a blank.
const GLUED_FROM: usize = 6;

/// What a phrase is made of, and a word is one of.
type Symbol = u16;
/// Any one word: `*`.
const ANY: Symbol = 0;
/// A place in the graph.
type Place = u32;
/// Where a place leads: most are ends, and few go on with any word.
#[derive(Debug, Clone, Copy, Default)]
struct Leads {
    /// The bits of all symbols that lead on: most of what a text says leads nowhere, and is told so without a look-up.
    by: u64,
    by_any: bool,
}

fn bit(symbol: Symbol) -> u64 {
    1 << (symbol % 64)
}

/// What is known about a word.
#[derive(Debug, Clone, Default)]
struct Known {
    /// The word itself, if a phrase names it, and its classes.
    symbols: SmallVec<[Symbol; 4]>,
    /// It may stand inside any phrase.
    filler: bool,
    /// It adds nothing to what a text says.
    small: bool,
    /// It is said in jest, or to a friend.
    jest: bool,
}

/// Phrases that were found, as tokens `start..end` of the text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Hit {
    /// The number that the phrase was given.
    pub(super) rule: u16,
    /// Its first token.
    pub(super) start: usize,
    /// One past its last token.
    pub(super) end: usize,
}

/// What words are, and what classes stand for: made before the phrases.
#[derive(Debug, Default)]
pub(super) struct Lexicon<'d> {
    /// Members of classes, by language and name.
    pub(super) classes: BTreeMap<(&'d str, String), Vec<String>>,
    /// May stand inside any phrase.
    pub(super) filler: Vec<String>,
    /// Add nothing to what a text says.
    pub(super) small: Vec<String>,
    /// Are said in jest, or to a friend.
    pub(super) jest: Vec<String>,
    /// Words that are read with slips.
    pub(super) slips: Vec<String>,
    /// Words that are no slips of another.
    pub(super) sure: Vec<String>,
    /// Words with which several may begin that were typed without a blank.
    pub(super) glued: Vec<String>,
}

/// All phrases, ready to be looked for.
#[derive(Debug, Default)]
pub(super) struct Phrases {
    words: FxHashMap<Box<str>, Known>,
    symbols: FxHashMap<(String, bool), Symbol>,
    edges: FxHashMap<(Place, Symbol), SmallVec<[Place; 2]>>,
    /// The steps that were made, by where they begin: alike beginnings are walked once.
    steps: FxHashMap<(Vec<Place>, Symbol), Place>,
    ends: Vec<SmallVec<[u16; 1]>>,
    /// Where each place leads.
    leads: Vec<Leads>,
    /// Words that are read with slips.
    slips: Vec<Box<str>>,
    /// Their numbers by what they are without one letter, and by what they are: two words that are one slip apart share one
    /// of these (Garbe's symmetric deletion).
    deletions: FxHashMap<u64, SmallVec<[u16; 2]>>,
    sure: FxHashSet<Box<str>>,
    glued: Vec<Box<str>>,
}

impl Phrases {
    /// What the data files know about words, and no phrases yet.
    pub(super) fn new(lexicon: &Lexicon<'_>) -> Self {
        let mut phrases =
            Self { ends: vec![SmallVec::new()], leads: vec![Leads::default()], ..Self::default() };
        for (list, mark) in [
            (&lexicon.filler, (|known| known.filler = true) as fn(&mut Known)),
            (&lexicon.small, |known| known.small = true),
            (&lexicon.jest, |known| known.jest = true),
        ] {
            for word in list {
                mark(phrases.words.entry(word.as_str().into()).or_default());
            }
        }
        for ((language, name), members) in &lexicon.classes {
            let class = phrases.symbol(&format!("{language} {name}"), true);
            for member in members.iter().filter(|member| !is_phrase(member)) {
                for word in folded(member) {
                    phrases.words.entry(word.as_str().into()).or_default().symbols.push(class);
                }
            }
        }
        for (number, word) in (0..).zip(&lexicon.slips) {
            phrases.slips.push(word.as_str().into());
            each_deletion(word, |hash| phrases.deletions.entry(hash).or_default().push(number));
        }
        phrases.sure = lexicon.sure.iter().map(|word| word.as_str().into()).collect();
        phrases.glued = lexicon.glued.iter().map(|word| word.as_str().into()).collect();
        phrases
    }

    /// Adds a phrase of a language under a number. Phrases that begin alike share their beginnings.
    pub(super) fn add(&mut self, lexicon: &Lexicon<'_>, language: &str, phrase: &str, rule: u16) {
        let ends = Builder::read(self, lexicon, language, phrase, &[0]);
        assert!(!ends.contains(&0), "`{phrase}` would be in every text");
        for end in ends {
            let rules = &mut self.ends[end as usize];
            if !rules.contains(&rule) {
                rules.push(rule);
            }
        }
    }

    /// The place that a word leads to from any of these places.
    fn step(&mut self, from: &[Place], symbol: Symbol) -> Place {
        let next = Place::try_from(self.ends.len()).expect("the phrases are few");
        let place = *self.steps.entry((from.to_vec(), symbol)).or_insert(next);
        if place == next {
            self.ends.push(SmallVec::new());
            self.leads.push(Leads::default());
            for before in from {
                let leads = &mut self.leads[*before as usize];
                leads.by |= bit(symbol);
                leads.by_any |= symbol == ANY;
                self.edges.entry((*before, symbol)).or_default().push(place);
            }
        }
        place
    }

    fn symbol(&mut self, name: &str, class: bool) -> Symbol {
        let next = Symbol::try_from(self.symbols.len() + 1).expect("the words are few");
        *self.symbols.entry((name.to_owned(), class)).or_insert(next)
    }

    fn literal(&mut self, word: &str) -> Symbol {
        let symbol = self.symbol(word, false);
        let known = self.words.entry(word.into()).or_default();
        if !known.symbols.contains(&symbol) {
            known.symbols.push(symbol);
        }
        symbol
    }

    /// All phrases in a text.
    pub(super) fn find(&self, text: &Text) -> Found {
        let mut found = Found::default();
        let (mut active, mut next) = (Active::new(), Active::new());
        for at in 0..text.tokens().len() {
            let word = text.token(at);
            for unit in self.units(word) {
                let known = self.known(unit);
                found.add(at, known, text.tokens()[at].kind);
                if known.is_none() && active.is_empty() {
                    continue;
                }
                next.clear();
                self.advance(known, at, &active, &mut next, &mut found.hits);
                if known.map_or(text.tokens()[at].kind == TokenKind::Emoji, |known| known.filler) {
                    next.append(&mut active);
                }
                next.truncate(ACTIVE_MAX);
                std::mem::swap(&mut active, &mut next);
            }
        }
        found
    }

    /// One word further in everything that has begun, and what begins with it.
    fn advance(
        &self,
        known: Option<&Known>,
        at: usize,
        active: &Active,
        next: &mut Active,
        hits: &mut Vec<Hit>,
    ) {
        let mut reach = |place: Place, symbol: Symbol, start: usize| {
            for after in self.edges.get(&(place, symbol)).into_iter().flatten() {
                if !next.contains(&(*after, start)) {
                    hits.extend(self.ends[*after as usize].iter().map(|rule| Hit {
                        rule: *rule,
                        start,
                        end: at + 1,
                    }));
                    if self.leads[*after as usize].by != 0 {
                        next.push((*after, start));
                    }
                }
            }
        };
        let by_any = active.iter().filter(|(place, _)| self.leads[*place as usize].by_any);
        by_any.for_each(|(place, start)| reach(*place, ANY, *start));
        let symbols = known.map_or(&[][..], |known| &known.symbols);
        let bits = symbols.iter().fold(0, |bits, symbol| bits | bit(*symbol));
        for (place, start) in active.iter().filter(|(place, _)| self.leads[*place as usize].by & bits != 0) {
            let by = self.leads[*place as usize].by;
            symbols
                .iter()
                .filter(|symbol| by & bit(**symbol) != 0)
                .for_each(|symbol| reach(*place, *symbol, *start));
        }
        for symbol in symbols {
            reach(0, *symbol, at);
        }
    }

    /// What is known about a word, as it stands, with held letters let go, or with a slip mended.
    fn known(&self, word: &str) -> Option<&Known> {
        self.words
            .get(word)
            .or_else(|| self.held(word))
            .or_else(|| self.words.get(unleeted(word)?.as_str()))
            .or_else(|| self.words.get(self.meant(word).filter(|_| !self.sure.contains(word))?))
    }

    /// The word that was meant by one with a slip; two letters that changed places are likelier than another letter.
    fn meant(&self, word: &str) -> Option<&str> {
        if !(SWAP_FROM..=LETTERS_MAX).contains(&word.len()) || !word.is_ascii() {
            return None;
        }
        let mut best: Option<&str> = None;
        each_deletion(word, |hash| {
            for number in self.deletions.get(&hash).into_iter().flatten() {
                let meant = &*self.slips[usize::from(*number)];
                let is_better = best.is_none() || is_swap(word.as_bytes(), meant.as_bytes());
                if is_better && is_slip(word, meant) {
                    best = Some(meant);
                }
            }
        });
        best.or_else(|| {
            let long = || self.slips.iter().filter(|meant| meant.len() >= TWO_SLIPS_FROM);
            let near =
                || long().find(|meant| meant.as_bytes()[0] == word.as_bytes()[0] && is_slip(word, meant));
            (word.len() + 2 >= TWO_SLIPS_FROM).then(near).flatten().map(|meant| &**meant)
        })
    }

    /// What is known about a word without its held letters: "stoppppp", "pleaseee". No English word holds one three times.
    fn held(&self, word: &str) -> Option<&Known> {
        let is_held = word.as_bytes().windows(3).any(|three| three[0] == three[1] && three[1] == three[2]);
        let known = |most| self.words.get(shortened(word, most).as_str());
        if is_held { known(1).or_else(|| known(2)) } else { None }
    }

    /// The units of a word of a text: [`units`], and words that were typed without a blank between them.
    fn units<'w>(&self, word: &'w str) -> SmallVec<[&'w str; 4]> {
        let mut parts = SmallVec::new();
        if word.is_ascii() && word.len() >= GLUED_FROM && !self.words.contains_key(word) {
            let begun = self.glued.iter().any(|head| word.starts_with(&**head));
            if begun && !self.sure.contains(word) && self.unglued(word, &mut parts) {
                return parts;
            }
            parts.clear();
        }
        parts.extend(units(word));
        parts
    }

    /// Takes known words off a word until nothing is left, the longest first.
    fn unglued<'w>(&self, word: &'w str, parts: &mut SmallVec<[&'w str; 4]>) -> bool {
        if word.is_empty() {
            return true;
        }
        for end in (2..=word.len()).rev() {
            if self.words.contains_key(&word[..end]) {
                parts.push(&word[..end]);
                if self.unglued(&word[end..], parts) {
                    return true;
                }
                parts.pop();
            }
        }
        false
    }
}

type Active = SmallVec<[(Place, usize); 8]>;

/// What a walk has found in a text.
#[derive(Debug, Default)]
pub(super) struct Found {
    /// The phrases, by their ends.
    pub(super) hits: Vec<Hit>,
    /// What is known about each token; of a token of several signs, about the last one.
    marks: SmallVec<[Mark; 32]>,
}

/// What a token is.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Mark {
    /// It adds nothing to what a text says.
    pub(super) small: bool,
    /// It is said in jest, or to a friend.
    pub(super) jest: bool,
}

impl Found {
    fn add(&mut self, at: usize, known: Option<&Known>, kind: TokenKind) {
        let mark = Mark {
            small: known.map_or(kind == TokenKind::Emoji, |known| {
                known.filler || known.small || kind == TokenKind::Emoji && !known.jest
            }),
            jest: known.is_some_and(|known| known.jest),
        };
        match self.marks.get_mut(at) {
            Some(before) => before.small &= mark.small,
            None => self.marks.push(mark),
        }
    }

    /// What a token is.
    pub(super) fn mark(&self, at: usize) -> Mark {
        self.marks.get(at).copied().unwrap_or_default()
    }
}

/// The units of words as they are written in a data file, folded as texts are.
pub(super) fn folded(words: &str) -> Vec<String> {
    let text = Text::new(words);
    text.words().flat_map(units).map(str::to_owned).collect()
}

/// The units of a word: Chinese and Japanese characters one by one, for nobody parts the words; everything else whole.
fn units(word: &str) -> impl Iterator<Item = &str> {
    let parted = !word.is_ascii() && word.chars().any(is_unparted);
    let whole = Some(word).filter(|_| !parted);
    let each = word.char_indices().filter(move |_| parted).map(|(at, c)| &word[at..at + c.len_utf8()]);
    whole.into_iter().chain(each)
}

/// A word in which digits stand for letters that look like them: "st0p", "5top"; `None` where there are none, or no letters.
fn unleeted(word: &str) -> Option<String> {
    let is_mixed =
        word.bytes().any(|byte| byte.is_ascii_digit()) && word.bytes().any(|byte| byte.is_ascii_alphabetic());
    let letter = |digit: char| match digit {
        '0' => 'o',
        '1' => 'i',
        '3' => 'e',
        '4' => 'a',
        '5' => 's',
        '7' => 't',
        other => other,
    };
    is_mixed.then(|| word.chars().map(letter).collect())
}

/// A word in which no letter stands more often than so in a row.
fn shortened(word: &str, most: usize) -> String {
    let mut out = String::with_capacity(word.len());
    let mut run = 0;
    let mut last = None;
    for c in word.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if run <= most {
            out.push(c);
        }
    }
    out
}

/// A character of a script that is written without blanks between words.
fn is_unparted(c: char) -> bool {
    matches!(c, '\u{3040}'..='\u{30FF}' | '\u{3400}'..='\u{9FFF}' | '\u{F900}'..='\u{FAFF}')
}

/// Hashes of a word and of what is left of it without one letter.
fn each_deletion(word: &str, mut found: impl FnMut(u64)) {
    let letters = word.as_bytes();
    for without in 0..=letters.len() {
        let mut hasher = FxHasher::default();
        let left = letters.iter().enumerate().filter(|(at, _)| *at != without);
        left.for_each(|(_, letter)| hasher.write_u8(*letter));
        found(hasher.finish());
    }
}

/// Whether a word is another one with one slip, or two where it is long.
fn is_slip(word: &str, meant: &str) -> bool {
    let (short, long) = (word.len().min(meant.len()), word.len().max(meant.len()));
    if short < SLIP_FROM {
        return long == short && is_swap(word.as_bytes(), meant.as_bytes());
    }
    match long - short {
        0 | 1 if is_one_slip(word.as_bytes(), meant.as_bytes()) => true,
        0..=2 if meant.len() >= TWO_SLIPS_FROM => strsim::osa_distance(word, meant) <= 2,
        _ => false,
    }
}

/// Whether two letters beside each other changed places.
fn is_swap(word: &[u8], meant: &[u8]) -> bool {
    let same = word.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (a, b) = (&word[same..], &meant[same..]);
    a.len() > 1 && a.len() == b.len() && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
}

/// A letter more, less, other, or two that changed places. O(letters), without the table that a distance takes.
pub(super) fn is_one_slip(word: &[u8], meant: &[u8]) -> bool {
    let same = word.iter().zip(meant).take_while(|(a, b)| a == b).count();
    let (a, b) = (&word[same..], &meant[same..]);
    match (a.len(), b.len()) {
        (0, 0) => false,
        (more, less) if more == less + 1 => a[1..] == *b,
        (less, more) if more == less + 1 => b[1..] == *a,
        (la, lb) if la == lb => {
            a[1..] == b[1..] || la > 1 && a[0] == b[1] && a[1] == b[0] && a[2..] == b[2..]
        }
        _ => false,
    }
}

/// Whether a member of a class is more than one word.
fn is_phrase(member: &str) -> bool {
    member.contains(['(', '[', '<']) || folded(member).len() > 1
}

/// Reads a phrase into the graph. The phrases are our own: a mistake in one is found by the first test that looks at a text.
struct Builder<'b, 'd> {
    phrases: &'b mut Phrases,
    lexicon: &'b Lexicon<'d>,
    language: &'b str,
    words: Vec<String>,
    at: usize,
}

impl<'b, 'd> Builder<'b, 'd> {
    /// The places in which a phrase ends that begins in any of these.
    fn read(
        phrases: &'b mut Phrases,
        lexicon: &'b Lexicon<'d>,
        language: &'b str,
        phrase: &str,
        from: &[Place],
    ) -> Vec<Place> {
        let spaced = |c: char| if "[]()|".contains(c) { vec![' ', c, ' '] } else { vec![c] };
        let spaced: String = phrase.chars().flat_map(spaced).collect();
        let words = spaced.split_whitespace().map(str::to_owned).collect();
        let mut builder = Self { phrases, lexicon, language, words, at: 0 };
        let ends = builder.alternatives(from);
        assert_eq!(builder.at, builder.words.len(), "`{phrase}` closes what it has not opened");
        ends
    }

    /// The places in which one of several sequences ends that begin in any of these.
    fn alternatives(&mut self, from: &[Place]) -> Vec<Place> {
        let mut ends = self.sequence(from);
        while self.words.get(self.at).is_some_and(|word| word == "|") {
            self.at += 1;
            ends.extend(self.sequence(from));
        }
        ends.sort_unstable();
        ends.dedup();
        ends
    }

    fn sequence(&mut self, from: &[Place]) -> Vec<Place> {
        let mut here = from.to_vec();
        while let Some(word) = self.words.get(self.at).cloned() {
            match word.as_str() {
                "]" | ")" | "|" => break,
                "[" | "(" => {
                    self.at += 1;
                    let ends = self.alternatives(&here);
                    here = if word == "[" { [here, ends].concat() } else { ends };
                    here.sort_unstable();
                    here.dedup();
                }
                word => here = self.word(&here, word),
            }
            self.at += 1;
        }
        here
    }

    fn word(&mut self, from: &[Place], word: &str) -> Vec<Place> {
        if word == "*" {
            return vec![self.phrases.step(from, ANY)];
        }
        let Some(name) = word.strip_prefix('<').and_then(|name| name.strip_suffix('>')) else {
            return self.spelt(from, word);
        };
        let lexicon = self.lexicon;
        let members = lexicon.classes.get(&(self.language, name.to_owned()));
        let members = members.unwrap_or_else(|| panic!("`<{name}>` is no class of `{}`", self.language));
        let class = self.phrases.symbol(&format!("{} {name}", self.language), true);
        let mut ends = vec![self.phrases.step(from, class)];
        // Members that are phrases are spelt out; the others are one step together.
        for member in members.iter().filter(|member| is_phrase(member)) {
            ends.extend(Builder::read(self.phrases, lexicon, self.language, member, from));
        }
        ends
    }

    fn spelt(&mut self, from: &[Place], words: &str) -> Vec<Place> {
        folded(words).iter().fold(from.to_vec(), |from, unit| {
            let symbol = self.phrases.literal(unit);
            vec![self.phrases.step(&from, symbol)]
        })
    }
}
