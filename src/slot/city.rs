//! `city`: a city of the United States, Canada or France: "Atlanta, GA", "Montréal, QC", "Lyon, FR".
//!
//! A region or country behind the name decides. Without one, the cities of the context's country come first; of
//! these, one with ten times the people of the next is meant ("Atlanta" is the one in Georgia), else it is ambiguous.
//! A name that is an everyday word counts as the whole answer, with a region, or with a capital inside a sentence.

use super::gazetteer::{CITIES, Met, Place, REGIONS, country_at, is_meant, is_shouted, is_word_code};
use super::{Answer, Context, Found, Longest, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;

/// A place this many times as large as the next of its name is the one that is meant.
const CLEARLY_LARGER: u32 = 10;

/// Places that an ambiguous name is offered as: what fits into a text of choices.
const OFFERED_MAX: usize = 5;

pub(super) struct City;

impl SlotType for City {
    fn name(&self) -> &'static str {
        "city"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::any(40) // all but a few
    }

    fn width(&self) -> u32 {
        30 // thousands of names; some are of regions too
    }

    fn example(&self) -> Option<String> {
        Some("atlanta".to_owned())
    }

    /// An ambiguous name gives every place that it may be, largest first, all with one end.
    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let mut all = Vec::new();
        for read in readings(text, at, context) {
            if let Reading::Places { end, places } = read {
                all.extend(places.iter().map(|place| Found { end, value: Value::Text(place.label()) }));
            }
        }
        all.sort_by_key(|found| std::cmp::Reverse(found.end));
        all
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| readings(text, at, context).into_iter().next().map(Reading::meant))
    }
}

/// What a name that was met says.
enum Reading {
    /// One of these, largest first.
    Places { end: usize, places: Vec<&'static Place> },
    /// A city that is not in the region that follows it: taking another of that name would be wrong.
    NoSuchPlace { end: usize },
}

impl Reading {
    fn meant(self) -> Meant {
        match self {
            Self::NoSuchPlace { end } => {
                Meant { end, answer: Answer::Invalid("no city of that name is known there") }
            }
            Self::Places { end, places } => {
                let mut values: Vec<_> = places.iter().map(|place| Value::Text(place.label())).collect();
                let only = if values.len() == 1 { values.pop() } else { None };
                Meant { end, answer: only.map_or(Answer::Ambiguous(values), Answer::Value) }
            }
        }
    }
}

/// The readings of names that start at `at`, longest name first.
fn readings(text: &Text, at: usize, context: &Context<'_>) -> Vec<Reading> {
    CITIES.starting_at(text, at).into_iter().filter_map(|met| reading(text, at, met, context)).collect()
}

fn reading(text: &Text, at: usize, met: Met<Place>, context: &Context<'_>) -> Option<Reading> {
    let behind = behind(text, &met);
    if let Behind::Narrows { end, places } = behind {
        return Some(Reading::Places { end, places: clearest(places) });
    }
    if !is_meant(text, at, met.end, met.code, context) {
        return None;
    }
    Some(match behind {
        Behind::Excludes { end } => Reading::NoSuchPlace { end },
        Behind::Nothing | Behind::Narrows { .. } => {
            Reading::Places { end: met.end, places: clearest(nearest(met.rows, context)) }
        }
    })
}

/// What stands behind the name of a city.
enum Behind {
    /// A region or a country, in which these are.
    Narrows { end: usize, places: Vec<&'static Place> },
    /// A region or a country without such a city.
    Excludes { end: usize },
    /// Neither.
    Nothing,
}

fn behind(text: &Text, met: &Met<Place>) -> Behind {
    let mut excluded = None;
    for place in whereabouts(text, met) {
        match (says_where(text, met.end, &place), place.places.is_empty()) {
            (Says::Maybe | Says::Surely, false) => {
                return Behind::Narrows { end: place.end, places: place.places };
            }
            (Says::Surely, true) => excluded = excluded.max(Some(place.end)),
            (Says::Maybe, true) | (Says::Nothing, _) => {}
        }
    }
    excluded.map_or(Behind::Nothing, |end| Behind::Excludes { end })
}

/// A region or a country behind a name.
struct Whereabouts {
    end: usize,
    /// Written as a code.
    code: bool,
    /// The cities of the name that lie there.
    places: Vec<&'static Place>,
}

/// All that may stand behind a name: regions, perhaps with their country, then a country alone.
fn whereabouts(text: &Text, met: &Met<Place>) -> Vec<Whereabouts> {
    let regions = REGIONS.starting_at(text, met.end).into_iter().map(|region| {
        let within = |place: &Place| region.rows.iter().any(|row| row.holds(place));
        let country = country_at(text, region.end)
            .filter(|(country, _)| region.rows.iter().any(|row| row.country == *country));
        let end = country.map_or(region.end, |(_, end)| end);
        Whereabouts { end, code: region.code, places: filtered(&met.rows, within) }
    });
    let country = country_at(text, met.end).map(|(country, end)| {
        let code = text.token(met.end).eq_ignore_ascii_case(country);
        Whereabouts { end, code, places: filtered(&met.rows, |place| place.country == country) }
    });
    regions.chain(country).collect()
}

fn filtered(places: &[&'static Place], keep: impl Fn(&Place) -> bool) -> Vec<&'static Place> {
    places.iter().copied().filter(|place| keep(place)).collect()
}

/// How much the spelling of a region behind a city tells that it is one.
enum Says {
    /// It is a word of the sentence: "portland or seattle".
    Nothing,
    /// It is one if there is such a city: "portland or".
    Maybe,
    /// It is one: "Atlanta, GA", "springfield illinois".
    Surely,
}

fn says_where(text: &Text, at: usize, place: &Whereabouts) -> Says {
    let comma = text.gap(at).contains([',', '(']);
    let shouted = is_shouted(text, at, place.end);
    if !place.code || !is_word_code(text, at) || shouted && comma {
        return Says::Surely;
    }
    let last = (place.end..text.tokens().len()).all(|after| text.tokens()[after].kind == TokenKind::Number);
    if shouted || comma || last { Says::Maybe } else { Says::Nothing }
}

/// The places in the context's country, if there are any; else all.
fn nearest(places: Vec<&'static Place>, context: &Context<'_>) -> Vec<&'static Place> {
    let near = filtered(&places, |place| place.country == context.country);
    if near.is_empty() { places } else { near }
}

/// The first place, if it is clearly larger than the second; else the largest few. They come largest first.
fn clearest(mut places: Vec<&'static Place>) -> Vec<&'static Place> {
    if let [first, second, ..] = places[..]
        && first.population >= second.population.saturating_mul(CLEARLY_LARGER)
    {
        places.truncate(1);
    }
    places.truncate(OFFERED_MAX);
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use jiff::Timestamp;
    use proptest::prelude::*;

    const LANGUAGES: [Lang; 3] = [Lang::EN, Lang::FR, Lang::ES];

    fn read_in(country: &str, text: &str) -> Answer {
        let context = Context { country, now: Timestamp::UNIX_EPOCH, ..Context::of(&LANGUAGES) };
        City.read(&Text::new(text), &context)
    }

    fn city(label: &str) -> Answer {
        Answer::Value(Value::Text(label.into()))
    }

    #[test]
    fn cities_are_read_as_people_write_them() {
        for (text, label) in [
            ("Atlanta", "Atlanta, GA"),
            ("atlanta ga", "Atlanta, GA"),
            ("ATLANTA, GA 30309", "Atlanta, GA"),
            ("I live in atlanta thanks", "Atlanta, GA"),
            ("New York City", "New York City, NY"),
            ("new york", "New York City, NY"),
            ("NYC!", "New York City, NY"),
            ("nyc", "New York City, NY"),
            ("New York City, New York, United States of America", "New York City, NY"),
            ("St. Louis", "St. Louis, MO"),
            ("saint louis", "St. Louis, MO"),
            ("ft worth", "Fort Worth, TX"),
            ("Washington, D.C.", "Washington, DC"),
            ("Springfield, IL", "Springfield, IL"),
            ("springfield illinois", "Springfield, IL"),
            ("Portland or", "Portland, OR"),
            ("portland me", "Portland, ME"),
            ("Kansas City, KS", "Kansas City, KS"),
            ("Montreal", "Montréal, QC"),
            ("MONTRÉAL", "Montréal, QC"),
            ("Toronto, Canada", "Toronto, ON"),
            ("toronto ca", "Toronto, ON"),
            ("Quebec City", "Québec, QC"),
            ("dallas ok", "Dallas, TX"),
            ("la", "Los Angeles, CA"),
            ("vivo en Filadelfia", "Philadelphia, PA"),
        ] {
            assert_eq!(read_in("US", text), city(label), "{text}");
        }
    }

    #[test]
    fn the_country_of_the_context_comes_first() {
        assert_eq!(read_in("US", "Paris"), city("Paris, TX"));
        assert_eq!(read_in("US", "Paris France"), city("Paris, FR"));
        assert_eq!(read_in("FR", "j'habite à Paris 15"), city("Paris, FR"));
        assert_eq!(read_in("FR", "saint-denis, idf"), city("Saint-Denis, FR"));
        assert_eq!(read_in("CA", "london"), city("London, ON"));
        assert_eq!(read_in("CA", "vancouver"), city("Vancouver, BC"));
        assert_eq!(read_in("CA", "Vancouver, Washington"), city("Vancouver, WA"));
    }

    #[test]
    fn several_of_one_size_are_ambiguous_largest_first() {
        let Answer::Ambiguous(values) = read_in("US", "springfield") else { panic!("one was taken") };
        assert_eq!(values.len(), OFFERED_MAX);
        assert_eq!(values[0], Value::Text("Springfield, MO".into()));
        assert!(matches!(read_in("US", "Portland"), Answer::Ambiguous(_)));
        assert!(matches!(read_in("US", "lexington"), Answer::Value(_)));
        assert!(matches!(read_in("US", "Kansas City"), Answer::Ambiguous(_)));
    }

    #[test]
    fn everyday_words_need_to_stand_out() {
        for (text, label) in [
            ("Mobile", "Mobile, AL"),
            ("mobile", "Mobile, AL"),
            ("normal please", "Normal, IL"),
            ("i live in mobile", "Mobile, AL"),
            ("we are moving to mobile al", "Mobile, AL"),
            ("my aunt has a shop in Mobile you know", "Mobile, AL"),
            ("Nice", "Nice, FR"),
        ] {
            assert_eq!(read_in("US", text), city(label), "{text}");
        }
        for text in [
            "call me on my mobile",
            "Nice to hear from you",
            "that is nice",
            "orange is my favorite",
            "I AM READING",
            "the normal one",
            "ok. Surprise me",
            "i want a surprise",
        ] {
            assert_eq!(read_in("US", text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn what_is_no_city_or_several_is_refused() {
        for text in
            ["", "yes", "30309", "somewhere", "paris or london", "Georgia", "la la land", "tell me in a bit"]
        {
            assert_eq!(read_in("US", text), Answer::Unclear, "{text}");
        }
        let long = "i was telling my sister about that time when we both went to atlanta";
        assert_eq!(read_in("US", long), Answer::Unclear);
        for text in ["Atlanta, TX", "chicago wyoming", "Toronto, France", "London, England"] {
            assert!(matches!(read_in("US", text), Answer::Invalid(_)), "{text}");
        }
    }

    #[test]
    fn a_city_is_found_at_its_token_longest_first() {
        let text = Text::new("stores near New York City NY");
        let found = City.find(&text, 2, &Context::of(&LANGUAGES));
        assert_eq!(found.iter().map(|f| f.end).collect::<Vec<_>>(), [6, 4]);
        assert!(City.find(&text, 1, &Context::of(&LANGUAGES)).is_empty());
        let text = Text::new("springfield");
        assert_eq!(City.find(&text, 0, &Context::of(&LANGUAGES)).len(), OFFERED_MAX);
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}| |or|St|New|york|nice|GA|la|,){0,12}") {
            let text = Text::new(&body);
            let context = Context::of(&LANGUAGES);
            for at in 0..text.tokens().len() {
                for found in City.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            City.read(&text, &context);
        }
    }
}
