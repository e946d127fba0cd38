//! What sayso is measured beside: other ways to find which intent a text means. None of them knows skip words or reads the
//! values of slots, so each does less; what it gets right is printed with its times.
//!
//! - A `HashMap` with the standard hasher, from the tokens of every text of every pattern without slots to its intent; and
//!   one from the same texts as single strings, which sayso would first have to make.
//! - Aho-Corasick over the intents' own words, each with its spaces: the first one found is the answer.
//! - A `RegexSet` of all patterns, anchored, with the limits as they are and with large ones.
//! - One parser of nom for each pattern, tried one after the other.

use crate::spoken::{self, Node, Ways};
use crate::timing::{Input, Side};
use crate::workload::{Class, Sample, Written};
use aho_corasick::{AhoCorasick, MatchKind};
use regex::RegexSetBuilder;
use sayso::grammar::syntax::{GrammarFile, Sequence};
use sayso::slot::Value;
use sayso::sms::Text;
use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

/// A text as each side takes it, made ready before anything is timed.
#[derive(Debug)]
pub(crate) struct Query {
    pub(crate) text: Text,
    /// The folded words.
    words: Vec<String>,
    /// The folded words, parted by spaces.
    pub(crate) joined: String,
    /// The same with a space before and behind.
    padded: String,
    pub(crate) intent: Option<usize>,
    pub(crate) slots: Vec<(String, Value)>,
}

impl Input for Query {
    fn touch(&self) -> usize {
        let words = self.text.words().chain(self.words.iter().map(String::as_str)).chain([
            &*self.joined,
            &*self.padded,
            self.text.original(),
        ]);
        words.flat_map(str::bytes).map(usize::from).sum()
    }
}

pub(crate) fn queries(samples: &[Sample]) -> BTreeMap<Class, Vec<Query>> {
    let mut queries: BTreeMap<Class, Vec<Query>> = BTreeMap::new();
    for sample in samples {
        let text = Text::new(&sample.body);
        let words: Vec<String> = text.words().map(str::to_owned).collect();
        let joined = words.join(" ");
        let (intent, slots) = (sample.intent, sample.slots.clone());
        let query = Query { text, words, padded: format!(" {joined} "), joined, intent, slots };
        queries.entry(sample.class).or_default().push(query);
    }
    queries
}

/// A side that says the number of a text's intent, if any.
pub(crate) type Peer<'p> = Side<'p, Query, Option<usize>>;

/// Pattern by pattern, with the number of its intent.
fn patterns(files: &[GrammarFile]) -> impl Iterator<Item = (usize, &Sequence)> {
    let intents = files.iter().flat_map(|file| &file.intents).enumerate();
    intents.flat_map(|(number, intent)| intent.patterns.iter().map(move |pattern| (number, pattern)))
}

/// The exact look-up of the same tokens.
pub(crate) fn hash_map(files: &[GrammarFile]) -> Peer<'static> {
    let begin = Instant::now();
    let words = |text: String| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    let map: HashMap<Vec<String>, usize> = texts(files).map(|(text, intent)| (words(text), intent)).collect();
    let note = format!("{} texts in {:.1?}", map.len(), begin.elapsed());
    let answer = Box::new(move |query: &Query| map.get(&query.words).copied());
    Peer { name: "HashMap", note, answer }
}

/// The exact look-up of a single string.
pub(crate) fn hash_map_of_strings(files: &[GrammarFile]) -> Peer<'static> {
    let begin = Instant::now();
    let map: HashMap<String, usize> = texts(files).collect();
    let note = format!("{} texts in {:.1?}", map.len(), begin.elapsed());
    let answer = Box::new(move |query: &Query| map.get(query.joined.as_str()).copied());
    Peer { name: "HashMap of strings", note, answer }
}

/// Every text of every pattern without slots, with the number of its intent.
fn texts(files: &[GrammarFile]) -> impl Iterator<Item = (String, usize)> {
    let ways = Ways::of(files);
    let patterns = patterns(files).filter(|(_, pattern)| !spoken::has_slot(pattern));
    patterns.flat_map(move |(intent, pattern)| {
        spoken::all_texts(pattern, &ways).into_iter().map(move |text| (text, intent)).collect::<Vec<_>>()
    })
}

/// Keywords anywhere in a text.
pub(crate) fn keywords(written: &Written) -> Result<Peer<'static>, String> {
    let begin = Instant::now();
    let words = written.intents.iter().flat_map(|intent| &intent.own).map(|word| format!(" {word} "));
    let set = AhoCorasick::builder().match_kind(MatchKind::LeftmostFirst).build(words);
    let set = set.map_err(|error| error.to_string())?;
    let note = format!("{} words in {:.1?}", written.intents.len() * 2, begin.elapsed());
    let find = move |query: &Query| set.find(&query.padded).map(|found| found.pattern().as_usize() / 2);
    Ok(Peer { name: "aho-corasick", note, answer: Box::new(find) })
}

/// All patterns as one set of regular expressions; `limit` in bytes, or the limits as they are.
pub(crate) fn regex_set(
    name: &'static str,
    files: &[GrammarFile],
    limit: Option<usize>,
) -> Result<Peer<'static>, String> {
    let begin = Instant::now();
    let ways = Ways::of(files);
    let (intents, written): (Vec<usize>, Vec<String>) = patterns(files)
        .map(|(intent, pattern)| (intent, format!("^ {}$", spoken::regex(pattern, &ways))))
        .unzip();
    let mut builder = RegexSetBuilder::new(&written);
    if let Some(limit) = limit {
        builder.size_limit(limit).dfa_size_limit(limit);
    }
    let set =
        builder.build().map_err(|error| format!("{name}: {error}; known after {:.1?}", begin.elapsed()))?;
    let note = format!("{} expressions in {:.1?}", intents.len(), begin.elapsed());
    let first = move |query: &Query| set.matches(&query.padded).iter().next().map(|number| intents[number]);
    Ok(Peer { name, note, answer: Box::new(first) })
}

/// One parser after the other.
pub(crate) fn nom_parsers(files: &[GrammarFile]) -> Peer<'static> {
    let begin = Instant::now();
    let ways = Ways::of(files);
    let nodes: Vec<(usize, Node)> =
        patterns(files).map(|(intent, pattern)| (intent, spoken::node(pattern, &ways))).collect();
    let note = format!("{} parsers in {:.1?}", nodes.len(), begin.elapsed());
    let answer = Box::new(move |query: &Query| {
        let takes = |node: &Node| node.parse(&query.padded[1..]).is_ok_and(|(rest, ())| rest.is_empty());
        nodes.iter().find(|(_, node)| takes(node)).map(|(intent, _)| *intent)
    });
    Peer { name: "nom", note, answer }
}
