//! `region`: a state, a province or a region: "GA", "QC", "Île-de-France".
//!
//! Codes count as the whole answer, or in capitals inside a sentence: "in", "or", "me", "ok" and "hi" are words.

use super::gazetteer::{CITIES, Met, REGIONS, Region as Row, country_at, is_meant};
use super::{Answer, Context, Found, Longest, Openness, SlotType, Value, ValueKind, read_only_value};
use crate::sms::Text;

/// Words of a city's name that are looked at before a code; longer names are districts.
const CITY_WORDS: usize = 3;

pub(super) struct Region;

impl SlotType for Region {
    fn name(&self) -> &'static str {
        "region"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::any(26) // "Provence-Alpes-Côte d'Azur"
    }

    fn width(&self) -> u32 {
        20 // a hundred names
    }

    fn example(&self) -> Option<String> {
        Some("georgia".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let met = REGIONS.starting_at(text, at);
        met.into_iter().filter_map(|met| found(text, at, &met, context)).collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_value(self, text, context)
    }
}

fn found(text: &Text, at: usize, met: &Met<Row>, context: &Context<'_>) -> Option<Found> {
    let row = met.rows.first()?;
    let country = country_at(text, met.end).filter(|(country, _)| *country == row.country);
    let end = country.map_or(met.end, |(_, end)| end);
    let meant = is_meant(text, at, end, met.code, context) || is_behind_a_city(text, at, row);
    let meant = meant && !is_within_a_city(text, at, met.end, row);
    meant.then(|| Found { end, value: Value::Text(row.label().to_owned()) })
}

/// Whether a city of this region stands before it: "tulsa ok".
fn is_behind_a_city(text: &Text, at: usize, row: &Row) -> bool {
    (at.saturating_sub(CITY_WORDS)..at).any(|from| {
        let cities = CITIES.starting_at(text, from).into_iter().filter(|city| city.end == at);
        cities.flat_map(|city| city.rows).any(|place| place.region == row.code)
    })
}

/// Whether the name only begins a city that lies elsewhere too: "Kansas City", but not "Virginia Beach".
fn is_within_a_city(text: &Text, at: usize, end: usize, row: &Row) -> bool {
    let cities = CITIES.starting_at(text, at);
    let longer = cities.first().filter(|city| city.end > end);
    longer.is_some_and(|city| city.rows.iter().any(|place| place.region != row.code))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    const LANGUAGES: [Lang; 3] = [Lang::EN, Lang::FR, Lang::ES];

    fn read(text: &str) -> Answer {
        Region.read(&Text::new(text), &Context::of(&LANGUAGES))
    }

    #[test]
    fn regions_are_read_by_name_and_by_code() {
        for (text, label) in [
            ("Georgia", "GA"),
            ("GA", "GA"),
            ("ga", "GA"),
            ("georgia usa", "GA"),
            ("I'm in GA", "GA"),
            ("in", "IN"),
            ("ok", "OK"),
            ("OR!", "OR"),
            ("I live in NC with my dog", "NC"),
            ("west virginia please", "WV"),
            ("Washington DC", "DC"),
            ("washington d.c.", "DC"),
            ("washington", "WA"),
            ("caroline du nord", "NC"),
            ("Nuevo México", "NM"),
            ("Quebec", "QC"),
            ("QUÉBEC, Canada", "QC"),
            ("colombie-britannique", "BC"),
            ("Île-de-France", "Île-de-France"),
            ("idf", "Île-de-France"),
            ("provence alpes côte d'azur", "Provence-Alpes-Côte d'Azur"),
            ("la réunion", "La Réunion"),
            ("Virginia Beach", "VA"),
            ("Kansas City, MO", "MO"),
            ("Tulsa, OK", "OK"),
            ("springfield il", "IL"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(label.into())), "{text}");
        }
    }

    #[test]
    fn words_are_no_codes_and_two_regions_no_answer() {
        for text in [
            "",
            "me or you",
            "ok then hi there",
            "OK I will tell you",
            "come in",
            "TELL ME",
            "georgia or texas",
            "Kansas City",
            "dallas ok",
            "on verra à la réunion demain",
            "30309",
            "the south",
        ] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}| |or|New|york|virginia|GA|d.c|usa|,){0,12}") {
            let text = Text::new(&body);
            let context = Context::of(&LANGUAGES);
            for at in 0..text.tokens().len() {
                for found in Region.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            Region.read(&text, &context);
        }
    }
}
