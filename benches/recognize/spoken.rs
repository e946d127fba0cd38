//! What can be done with a pattern besides compiling it: saying one text of it, saying all of them, and writing it as a
//! regular expression or as a parser of nom.

use crate::words::Chance;
use nom::bytes::complete::{tag, take_while1};
use nom::character::complete::digit1;
use nom::combinator::opt;
use nom::{IResult, Parser};
use sayso::grammar::syntax::{GrammarFile, Sequence, Term, ValueDecl};
use sayso::slot::Value;
use sayso::sms::Text;
use std::collections::HashMap;

/// Texts of one pattern that are listed; the widest of the workload has 24.
const TEXTS_MAX: usize = 200;

/// Cities that are meant without their region, as sayso writes them.
const CITIES: [(&str, &str); 6] = [
    ("chicago", "Chicago, IL"),
    ("Houston", "Houston, TX"),
    ("seattle", "Seattle, WA"),
    ("san francisco", "San Francisco, CA"),
    ("Atlanta", "Atlanta, GA"),
    ("Philadelphia", "Philadelphia, PA"),
];
/// Names, as sayso keeps them.
const NAMES: [&str; 6] = ["Ana", "Maria Lopez", "John Smith", "Priya Patel", "Jean-Luc Martin", "Kwame"];
/// Numbers in words.
const NUMBERS: [(&str, u32); 6] =
    [("two", 2), ("three", 3), ("ten", 10), ("twenty five", 25), ("a dozen", 12), ("ninety-nine", 99)];
const MONTHS: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];

/// What the names in patterns stand for.
#[derive(Debug)]
pub(crate) struct Ways<'w> {
    concepts: HashMap<&'w str, Vec<&'w str>>,
    lists: HashMap<&'w str, &'w [ValueDecl]>,
}

impl<'w> Ways<'w> {
    pub(crate) fn of(files: &'w [GrammarFile]) -> Self {
        let concepts = files.iter().flat_map(|file| &file.concepts);
        let phrases = concepts.map(|concept| {
            (&*concept.name.value, concept.phrases.iter().map(|phrase| &*phrase.value).collect())
        });
        let lists = files.iter().flat_map(|file| &file.lists);
        let lists = lists.map(|list| (&*list.name.value, &*list.values));
        Self { concepts: phrases.collect(), lists: lists.collect() }
    }
}

fn kind(term: &Term) -> Option<(&str, &str)> {
    let Term::Slot { name, kind } = term else { return None };
    Some((&name.value, &kind.as_ref().unwrap_or(name).value))
}

/// The words of one text of a pattern, and what its slots hold.
pub(crate) fn say(
    pattern: &Sequence,
    ways: &Ways<'_>,
    chance: &mut Chance,
) -> (Vec<String>, Vec<(String, Value)>) {
    let (mut words, mut slots) = (Vec::new(), Vec::new());
    say_into(pattern, ways, chance, &mut words, &mut slots);
    (words, slots)
}

fn say_into(
    pattern: &Sequence,
    ways: &Ways<'_>,
    chance: &mut Chance,
    words: &mut Vec<String>,
    slots: &mut Vec<(String, Value)>,
) {
    for term in &pattern.terms {
        match term {
            Term::Word(word) => words.push(word.value.clone()),
            Term::Ending(word, ending) => {
                let ending = if chance.percent(50) { ending.value.as_str() } else { "" };
                words.push(format!("{}{ending}", word.value));
            }
            Term::Optional(choices) if chance.percent(50) => {
                say_into(chance.pick(choices), ways, chance, words, slots);
            }
            Term::Optional(_) => {}
            Term::Group(choices) => say_into(chance.pick(choices), ways, chance, words, slots),
            Term::AnyOrder(parts) => {
                let mut order: Vec<&Sequence> = parts.iter().collect();
                chance.shuffle(&mut order);
                for part in order {
                    say_into(part, ways, chance, words, slots);
                }
            }
            Term::Concept(name) => words.push((*chance.pick(&ways.concepts[&*name.value])).to_owned()),
            Term::Slot { .. } => {
                let (name, kind) = kind(term).expect("it is a slot");
                let (said, value) = value(kind, ways, chance);
                words.push(said);
                slots.push((name.to_owned(), value));
            }
            Term::Gap(_) => unreachable!("the workload has no gaps"),
        }
    }
}

/// A value of a type, as somebody types it and as sayso keeps it.
fn value(kind: &str, ways: &Ways<'_>, chance: &mut Chance) -> (String, Value) {
    let text = |said: String| (said.clone(), Value::Text(said));
    match kind {
        "number" => {
            let digits = u32::try_from(2 + chance.below(998)).expect("it is small");
            let (said, number) = if chance.percent(50) {
                let (said, number) = *chance.pick(&NUMBERS);
                (said.to_owned(), number)
            } else {
                (digits.to_string(), digits)
            };
            (said, Value::Number(number.into()))
        }
        "us_zip" => text((10_000 + chance.below(90_000)).to_string()),
        "city" => {
            let (said, city) = *chance.pick(&CITIES);
            (said.to_owned(), Value::Text(city.to_owned()))
        }
        "date" => date(chance),
        "name" => text((*chance.pick(&NAMES)).to_owned()),
        "email" => text(format!("ana{}@mail{}.com", chance.below(1_000), chance.below(100))),
        list => {
            let value = chance.pick(ways.lists[list]);
            let spellings: Vec<&str> =
                std::iter::once(&value.key).chain(&value.spellings).map(|at| &*at.value).collect();
            ((*chance.pick(&spellings)).to_owned(), Value::Choice(value.key.value.clone()))
        }
    }
}

fn date(chance: &mut Chance) -> (String, Value) {
    let (month, day) = (chance.below(12), 1 + chance.below(28));
    let number = |n: usize| i8::try_from(n).expect("it is small");
    let value = jiff::civil::date(2027, number(month + 1), number(day));
    let said = match chance.below(4) {
        0 => format!("{} {day} 2027", MONTHS[month]),
        1 => format!("{day} {} 2027", MONTHS[month].to_lowercase()),
        2 => format!("{}/{day}/2027", month + 1),
        _ => value.to_string(),
    };
    (said, Value::Date(value))
}

/// Whether a pattern has a slot somewhere.
pub(crate) fn has_slot(pattern: &Sequence) -> bool {
    pattern.terms.iter().any(|term| match term {
        Term::Slot { .. } => true,
        Term::Optional(parts) | Term::Group(parts) | Term::AnyOrder(parts) => parts.iter().any(has_slot),
        Term::Word(_) | Term::Ending(..) | Term::Concept(_) | Term::Gap(_) => false,
    })
}

/// All texts of a pattern without slots: folded words, parted by spaces.
pub(crate) fn all_texts(pattern: &Sequence, ways: &Ways<'_>) -> Vec<String> {
    let mut texts = vec![String::new()];
    for term in &pattern.terms {
        let more: Vec<String> = match term {
            Term::Word(word) => vec![folded(&word.value)],
            Term::Ending(word, ending) => {
                vec![folded(&word.value), folded(&format!("{}{}", word.value, ending.value))]
            }
            Term::Optional(choices) => {
                let chosen = choices.iter().flat_map(|choice| all_texts(choice, ways));
                std::iter::once(String::new()).chain(chosen).collect()
            }
            Term::Group(choices) => choices.iter().flat_map(|choice| all_texts(choice, ways)).collect(),
            Term::AnyOrder(parts) => {
                let ordered = orders(parts).into_iter();
                ordered.flat_map(|terms| all_texts(&terms, ways)).collect()
            }
            Term::Concept(name) => ways.concepts[&*name.value].iter().map(|phrase| folded(phrase)).collect(),
            Term::Slot { .. } | Term::Gap(_) => unreachable!("only patterns of words are listed"),
        };
        let joined = texts.iter().flat_map(|text| more.iter().map(move |more| joined(text, more)));
        texts = joined.collect();
        assert!(texts.len() <= TEXTS_MAX, "a pattern of the workload has too many texts to list");
    }
    texts
}

fn joined(text: &str, more: &str) -> String {
    match (text, more) {
        ("", words) | (words, "") => words.to_owned(),
        (text, more) => format!("{text} {more}"),
    }
}

fn folded(phrase: &str) -> String {
    Text::new(phrase).words().collect::<Vec<_>>().join(" ")
}

/// The parts of `(a ; b)` in all orders, each as one sequence.
fn orders(parts: &[Sequence]) -> Vec<Sequence> {
    let [first, rest @ ..] = parts else { return vec![] };
    if rest.is_empty() {
        return vec![first.clone()];
    }
    let mut all = Vec::new();
    for at in 0..parts.len() {
        let mut others = parts.to_vec();
        let chosen = others.remove(at);
        for other in orders(&others) {
            let terms = chosen.terms.iter().chain(&other.terms).cloned().collect();
            all.push(Sequence { terms, place: chosen.place });
        }
    }
    all
}

/// A pattern as a regular expression over folded words that each have a space behind them.
pub(crate) fn regex(pattern: &Sequence, ways: &Ways<'_>) -> String {
    let mut all = String::new();
    for term in &pattern.terms {
        let one_of =
            |parts: &[Sequence]| parts.iter().map(|part| regex(part, ways)).collect::<Vec<_>>().join("|");
        let written = match term {
            Term::Word(word) => format!("{} ", folded(&word.value)),
            Term::Ending(word, ending) => format!("{}(?:{})? ", folded(&word.value), ending.value),
            Term::Optional(choices) => format!("(?:{})?", one_of(choices)),
            Term::Group(choices) => format!("(?:{})", one_of(choices)),
            Term::AnyOrder(parts) => format!("(?:{})", one_of(&orders(parts))),
            Term::Concept(name) => {
                let phrases = ways.concepts[&*name.value].iter().map(|phrase| folded(phrase));
                format!("(?:{}) ", phrases.collect::<Vec<_>>().join("|"))
            }
            Term::Slot { .. } => match kind(term).expect("it is a slot").1 {
                "us_zip" => "[0-9]{5} ".to_owned(),
                "number" | "city" | "date" | "name" | "email" => "(?:[^ ]+ ){1,4}".to_owned(),
                list => format!("(?:{}) ", spellings(list, ways).join("|")),
            },
            Term::Gap(_) => unreachable!("the workload has no gaps"),
        };
        all += &written;
    }
    all
}

fn spellings(list: &str, ways: &Ways<'_>) -> Vec<String> {
    let spelt = |value: &ValueDecl| {
        std::iter::once(&value.key).chain(&value.spellings).map(|at| folded(&at.value)).collect::<Vec<_>>()
    };
    ways.lists[list].iter().flat_map(spelt).collect()
}

/// A parser of one pattern over folded words that each have a space behind them.
#[derive(Debug)]
pub(crate) enum Node {
    Word(String),
    Opt(Box<Node>),
    OneOf(Vec<Node>),
    All(Vec<Node>),
    Digits,
    /// One to so many words.
    AnyWords(usize),
}

/// The parser of a pattern. What is optional is taken where it can be: nom does not go back.
pub(crate) fn node(pattern: &Sequence, ways: &Ways<'_>) -> Node {
    let word = |word: &str| Node::Word(format!("{} ", folded(word)));
    let one_of = |parts: &[Sequence]| Node::OneOf(parts.iter().map(|part| node(part, ways)).collect());
    let parts = pattern.terms.iter().map(|term| match term {
        Term::Word(at) => word(&at.value),
        Term::Ending(at, ending) => {
            Node::OneOf(vec![word(&at.value), word(&format!("{}{}", at.value, ending.value))])
        }
        Term::Optional(choices) => Node::Opt(Box::new(one_of(choices))),
        Term::Group(choices) => one_of(choices),
        Term::AnyOrder(parts) => one_of(&orders(parts)),
        Term::Concept(name) => {
            Node::OneOf(ways.concepts[&*name.value].iter().map(|phrase| word(phrase)).collect())
        }
        Term::Slot { .. } => match kind(term).expect("it is a slot").1 {
            "us_zip" => Node::Digits,
            "number" | "city" | "date" | "name" | "email" => Node::AnyWords(4),
            list => Node::OneOf(spellings(list, ways).iter().map(|spelling| word(spelling)).collect()),
        },
        Term::Gap(_) => unreachable!("the workload has no gaps"),
    });
    Node::All(parts.collect())
}

impl Node {
    pub(crate) fn parse<'t>(&self, input: &'t str) -> IResult<&'t str, ()> {
        let any_word = |input: &'t str| (take_while1(|c| c != ' '), tag(" ")).map(|_| ()).parse(input);
        match self {
            Self::Word(word) => tag(word.as_str()).map(|_| ()).parse(input),
            Self::Opt(inner) => opt(|input| inner.parse(input)).map(|_| ()).parse(input),
            Self::OneOf(nodes) => {
                let mut last = any_word(input);
                for node in nodes {
                    last = node.parse(input);
                    if last.is_ok() {
                        break;
                    }
                }
                last
            }
            Self::All(nodes) => nodes.iter().try_fold((input, ()), |(input, ()), node| node.parse(input)),
            Self::Digits => (digit1, tag(" ")).map(|_| ()).parse(input),
            Self::AnyWords(most) => nom::multi::many_m_n(1, *most, any_word).map(|_| ()).parse(input),
        }
    }
}
