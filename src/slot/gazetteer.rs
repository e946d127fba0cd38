//! Cities and regions of the United States, Canada and France, by the names that people write for them.
//!
//! The tables are in `data/places`: cities of 15,000 people and more (see its NOTICE), states, provinces
//! and regions, where postal codes lie, and the names that are everyday words too. Names are compared folded, "Saint" and
//! "St." alike.

mod area;
mod postal;

pub use area::{Area, Circle, City, Point, called, labels};
pub use postal::{Home, PostalCodes};

use super::phrase::{ByFirstWord, end_of, has_small_letters, is_skip};
use super::{ANSWER_TOKENS_MAX, Context};
use crate::language::{Lang, List};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// A state, a province or a region.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Region {
    /// Its code: "GA", "QC", "IDF".
    pub code: &'static str,
    /// Its country (ISO 3166-1, two letters).
    pub country: &'static str,
    /// Its name in the language of the country.
    pub name: &'static str,
}

impl Region {
    /// Whether a city lies in it.
    #[must_use]
    pub fn holds(&self, place: &Place) -> bool {
        self.code == place.region && self.country == place.country
    }

    /// As it is stored and compared: "GA", "QC", "Île-de-France". Nobody in France knows the codes.
    #[must_use]
    pub fn label(&self) -> &'static str {
        if self.country == "FR" { self.name } else { self.code }
    }
}

/// A city.
#[derive(Debug, Clone, PartialEq)]
pub struct Place {
    /// Its name, with its accents.
    pub name: &'static str,
    /// The code of its region.
    pub region: &'static str,
    /// Its country (ISO 3166-1, two letters).
    pub country: &'static str,
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// How many people live there, roughly; a district may count its surroundings.
    pub population: u32,
}

impl Place {
    /// As it is stored and compared: "Atlanta, GA", "Montréal, QC", "Lyon, FR". No two places share one.
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}, {}", self.name, if self.country == "FR" { "FR" } else { self.region })
    }
}

/// The city of that label ("Atlanta, GA"), in any case, with or without accents.
#[must_use]
pub fn place(label: &str) -> Option<&'static Place> {
    static BY_LABEL: LazyLock<FxHashMap<String, usize>> = LazyLock::new(|| {
        let labels = CITIES.rows.iter().enumerate();
        labels.map(|(row, place)| (phrase(&place.label()), row)).collect()
    });
    BY_LABEL.get(&phrase(label)).map(|row| &CITIES.rows[*row])
}

/// Rows, and the phrases that name them.
#[derive(Debug)]
pub(super) struct Names<T> {
    pub(super) rows: Vec<T>,
    by_phrase: FxHashMap<String, Named>,
    /// The words of the longest phrase that begins with this word.
    longest: FxHashMap<String, usize>,
}

/// The rows that one phrase names, in the order of the table.
#[derive(Debug)]
struct Named {
    rows: Vec<usize>,
    /// Written as a code ("GA", "NYC"), and so easily taken for a word.
    code: bool,
}

/// A name that was met in a text.
#[derive(Debug)]
pub(super) struct Met<T: 'static> {
    /// One past its last token.
    pub(super) end: usize,
    /// What it may name.
    pub(super) rows: Vec<&'static T>,
    /// Whether it is written as a code.
    pub(super) code: bool,
}

impl<T: 'static> Names<T> {
    /// Indexes rows with their spellings; a spelling of at most four capitals is a code.
    fn new(table: impl Iterator<Item = (T, Vec<&'static str>)>) -> Self {
        let mut names =
            Self { rows: Vec::new(), by_phrase: FxHashMap::default(), longest: FxHashMap::default() };
        for (row, spellings) in table {
            for spelling in spellings {
                names.add(spelling, names.rows.len());
            }
            names.rows.push(row);
        }
        names
    }

    fn add(&mut self, spelling: &str, row: usize) {
        let folded = phrase(spelling);
        let Some(first) = folded.split(' ').next().filter(|word| !word.is_empty()) else { return };
        let longest = self.longest.entry(first.to_owned()).or_default();
        *longest = (*longest).max(folded.split(' ').count());
        let code = spelling.len() <= CODE_LETTERS_MAX && spelling.bytes().all(|b| b.is_ascii_uppercase());
        let named = self.by_phrase.entry(folded).or_insert(Named { rows: Vec::new(), code });
        named.code &= code;
        if !named.rows.contains(&row) {
            named.rows.push(row);
        }
    }

    /// The names that start at token `at`, longest first. One lookup a word of the longest possible name.
    pub(super) fn starting_at(&'static self, text: &Text, at: usize) -> Vec<Met<T>> {
        let all = text.tokens().len();
        let Some(longest) = (at < all).then(|| self.longest.get(plain(text.token(at)))).flatten() else {
            return Vec::new();
        };
        let (mut met, mut folded) = (Vec::new(), String::new());
        for end in at + 1..=all.min(at + longest) {
            if end > at + 1 {
                folded.push(' ');
            }
            folded.push_str(plain(text.token(end - 1)));
            if let Some(named) = self.by_phrase.get(&folded) {
                let rows = named.rows.iter().map(|row| &self.rows[*row]).collect();
                met.push(Met { end, rows, code: named.code });
            }
        }
        met.reverse();
        met
    }

    /// The rows that exactly these words name, in the order of the table.
    fn called(&'static self, words: &str) -> impl Iterator<Item = &'static T> {
        self.by_phrase
            .get(&phrase(words))
            .into_iter()
            .flat_map(|named| &named.rows)
            .map(|row| &self.rows[*row])
    }
}

/// Letters of the longest code: "NOLA", "PACA".
const CODE_LETTERS_MAX: usize = 4;

/// The cities, largest first.
pub(super) static CITIES: LazyLock<Names<Place>> = LazyLock::new(|| {
    Names::new(rows(include_str!("../../data/places/cities.tsv")).filter_map(|row| city(&row)))
});

/// The regions.
pub(super) static REGIONS: LazyLock<Names<Region>> = LazyLock::new(|| {
    Names::new(rows(include_str!("../../data/places/regions.tsv")).filter_map(|row| region(&row)))
});

/// Names that are everyday words, and the languages in which they are.
static EVERYDAY: LazyLock<FxHashMap<String, Vec<Lang>>> = LazyLock::new(|| {
    let mut words: FxHashMap<String, Vec<Lang>> = FxHashMap::default();
    for columns in rows(include_str!("../../data/places/everyday.tsv")) {
        if let [lang, word] = columns[..] {
            words.entry(phrase(word)).or_default().extend(lang.parse::<Lang>());
        }
    }
    words
});

/// The lines of a table in columns, without its comments.
fn rows(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

fn city(columns: &[&'static str]) -> Option<(Place, Vec<&'static str>)> {
    let [name, region, country, latitude, longitude, population, others] = *columns else { return None };
    let place = Place {
        name,
        region,
        country,
        latitude: latitude.parse().ok()?,
        longitude: longitude.parse().ok()?,
        population: population.parse().ok()?,
    };
    Some((place, spellings(name, others)))
}

fn region(columns: &[&'static str]) -> Option<(Region, Vec<&'static str>)> {
    let [code, country, _, name, others] = *columns else { return None };
    let mut names = spellings(name, others);
    names.push(code);
    Some((Region { code, country, name }, names))
}

fn spellings(name: &'static str, others: &'static str) -> Vec<&'static str> {
    std::iter::once(name).chain(others.split('|').filter(|other| !other.is_empty())).collect()
}

/// A name as it is compared.
fn phrase(name: &str) -> String {
    Text::new(name).words().map(plain).collect::<Vec<_>>().join(" ")
}

/// Words that people write long or short.
fn plain(word: &str) -> &str {
    match word {
        "saint" => "st",
        "sainte" => "ste",
        "mount" => "mt",
        "fort" => "ft",
        other => other,
    }
}

/// What people here write for the countries, folded; and for some others, so that "London, England" is not in Ontario.
#[rustfmt::skip]
const COUNTRIES: [(&str, &[&str]); 12] = [
    ("US", &[
        "us", "usa", "u s", "u s a", "united states", "united states of america", "america", "etats unis",
        "estados unidos", "ee uu",
    ]),
    ("CA", &["ca", "canada"]),
    ("FR", &["fr", "france", "francia"]),
    ("GB", &[
        "uk", "u k", "united kingdom", "great britain", "england", "scotland", "wales", "royaume uni", "angleterre",
        "ecosse", "reino unido", "inglaterra", "escocia",
    ]),
    ("IE", &["ireland", "irlande", "irlanda"]),
    ("AU", &["australia", "australie"]),
    ("DE", &["germany", "allemagne", "alemania"]),
    ("ES", &["spain", "espagne", "espana"]),
    ("IT", &["italy", "italie", "italia"]),
    ("BE", &["belgium", "belgique", "belgica"]),
    ("MX", &["mexico", "mexique", "mejico"]),
    ("CO", &["colombia", "colombie"]),
];

/// The country that token `at` begins to name, and the end.
pub(super) fn country_at(text: &Text, at: usize) -> Option<(&'static str, usize)> {
    static NAMED: LazyLock<ByFirstWord<&str>> = LazyLock::new(|| {
        let rows = COUNTRIES.into_iter();
        ByFirstWord::new(rows.flat_map(|(country, names)| names.iter().map(move |name| (*name, country))))
    });
    NAMED.longest(text, at)
}

/// Codes of regions and countries that are words in a language of ours, folded.
const CODES_THAT_ARE_WORDS: [&str; 26] = [
    "al", "ar", "as", "ca", "co", "de", "hi", "id", "il", "in", "la", "ma", "me", "mi", "mo", "ms", "mt",
    "ne", "oh", "ok", "on", "or", "pa", "pe", "us", "va",
];

/// Of these, the ones that people shout without meaning a place.
const WORDS_IN_CAPITALS: [&str; 8] = ["hi", "id", "in", "me", "oh", "ok", "on", "or"];

/// Whether the one token at `at` is a word as well as a code.
pub(super) fn is_word_code(text: &Text, at: usize) -> bool {
    CODES_THAT_ARE_WORDS.contains(&text.token(at))
}

/// Whether tokens `at..end`, which spell a place, are meant as one.
///
/// A place that is no word always is. A code ("GA") is as the whole answer, or in capitals within a text that is not
/// all capitals, unless it is shouted as a word ("OK", "ME"). An everyday word ("Nice", "Mobile", "Reading") is as the whole
/// answer, or with a capital that no start of a sentence explains.
pub(super) fn is_meant(text: &Text, at: usize, end: usize, code: bool, context: &Context<'_>) -> bool {
    if stands_alone(text, at, end, context) {
        return true;
    }
    if code {
        return is_shouted(text, at, end) && !(end == at + 1 && WORDS_IN_CAPITALS.contains(&text.token(at)));
    }
    if !is_everyday(text, at, end, context) {
        return true;
    }
    let last = text.typed(end - 1..end);
    last.starts_with(char::is_uppercase) && has_small_letters(text, at) && !starts_sentence(text, at)
}

/// Whether tokens `at..end` are all capitals in a text that is not.
pub(super) fn is_shouted(text: &Text, at: usize, end: usize) -> bool {
    !text.typed(at..end).chars().any(char::is_lowercase) && has_small_letters(text, at)
}

/// Whether tokens `at..end` are the whole answer but for small talk: "I live in Nice, thanks", "GA 30309".
pub(super) fn stands_alone(text: &Text, at: usize, end: usize, context: &Context<'_>) -> bool {
    let all = text.tokens().len();
    let outside = all - (end - at);
    outside <= ANSWER_TOKENS_MAX
        && leads_to(text, at, context)
        && (end..all).all(|after| says_nothing(text, after, context) || is_number(text, after))
}

/// Whether the tokens before `at` are small talk and at most one lead-in: "hi, i live in".
fn leads_to(text: &Text, at: usize, context: &Context<'_>) -> bool {
    let leads = |from: usize| end_of(text, from, context, List::PlaceLead) == Some(at);
    let mut before = 0;
    while before < at && says_nothing(text, before, context) && !leads(before) {
        before += 1;
    }
    before == at || leads(before)
}

fn says_nothing(text: &Text, at: usize, context: &Context<'_>) -> bool {
    text.tokens()[at].kind == TokenKind::Emoji || is_skip(text, at, context)
}

fn is_number(text: &Text, at: usize) -> bool {
    text.tokens()[at].kind == TokenKind::Number
}

fn is_everyday(text: &Text, at: usize, end: usize, context: &Context<'_>) -> bool {
    let folded = (at..end).map(|token| plain(text.token(token))).collect::<Vec<_>>().join(" ");
    let langs = EVERYDAY.get(&folded);
    langs.is_some_and(|langs| langs.iter().any(|lang| context.languages.contains(lang)))
}

fn starts_sentence(text: &Text, at: usize) -> bool {
    at == 0 || text.gap(at).contains(['.', '!', '?', '\n', '¡', '¿', ':'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language;
    use crate::typo::{Vocabulary, mended};

    #[test]
    fn every_row_is_read_and_no_two_share_a_label() {
        let lines = |table: &'static str| rows(table).count();
        assert_eq!(CITIES.rows.len(), lines(include_str!("../../data/places/cities.tsv")));
        assert_eq!(REGIONS.rows.len(), lines(include_str!("../../data/places/regions.tsv")));
        assert!(EVERYDAY.values().all(|langs| !langs.is_empty()));
        for row in &CITIES.rows {
            assert_eq!(place(&row.label()), Some(row), "{}", row.label());
            assert!((-180.0..0.0).contains(&row.longitude) || row.country == "FR", "{}", row.label());
            assert!((15.0..72.0).contains(&row.latitude), "{}", row.label());
        }
    }

    #[test]
    fn the_tables_belong_together() {
        for row in &CITIES.rows {
            let mut regions = REGIONS.rows.iter();
            assert!(regions.any(|region| region.holds(row)), "{}", row.label());
        }
        for (word, langs) in EVERYDAY.iter() {
            let known = CITIES.by_phrase.contains_key(word) || REGIONS.by_phrase.contains_key(word);
            assert!(known, "{word} is no name of a place");
            assert!(langs.iter().all(|lang| language::all().any(|known| known == *lang)), "{word}");
        }
    }

    #[test]
    fn a_mended_text_has_gaps_of_nothing() {
        let vocabulary = Vocabulary::new(["sign", "me", "up"].into_iter().collect());
        let text = mended(&Text::new("signme up"), &[&vocabulary]).expect("mended");
        assert_eq!((0..3).map(|at| text.gap(at)).collect::<Vec<_>>(), ["", "", " "]);
    }

    #[test]
    fn the_largest_come_first() {
        assert!(CITIES.rows.windows(2).all(|pair| pair[0].population >= pair[1].population));
    }

    #[test]
    fn coordinates_are_found_by_the_label() {
        let atlanta = place("Atlanta, GA").expect("a city");
        assert!((atlanta.latitude - 33.749).abs() < 0.01 && (atlanta.longitude + 84.388).abs() < 0.01);
        assert_eq!(place("montreal, qc").map(Place::label), Some("Montréal, QC".into()));
        assert_eq!(place("Saint Louis, MO").map(Place::label), Some("St. Louis, MO".into()));
        for label in ["Atlanta", "Atlanta, TX", ""] {
            assert_eq!(place(label), None, "{label}");
        }
    }
}
