//! How long a shown value gets: what `check` reckons with when it counts the parts of a text.
//!
//! These are expectations, not limits. A free text may have 320 characters; if that were reckoned with, every text that
//! repeats one would be too long, and nobody would read the warning. What is rare and longer costs a part more when it
//! happens.

use super::{SlotType, ValueKind};

/// The longest that a value of a type is expected to be when it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Longest {
    /// How long, in 16-bit units: one for each character but pictograms.
    pub units: usize,
    /// What it is made of.
    pub letters: Letters,
}

/// What a shown value is made of, as far as the alphabet of a text depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Letters {
    /// Never anything but GSM-7, each character one septet.
    Gsm7,
    /// What somebody typed, or the name of a place: mostly GSM-7, sometimes not.
    Any,
    /// Pictograms: never GSM-7.
    Pictograms,
}

impl Longest {
    /// So many characters of GSM-7.
    #[must_use]
    pub const fn gsm7(units: usize) -> Self {
        Self { units, letters: Letters::Gsm7 }
    }

    /// So many characters of any alphabet.
    #[must_use]
    pub const fn any(units: usize) -> Self {
        Self { units, letters: Letters::Any }
    }

    /// What is expected of a kind of values whose type says nothing itself: "1234567.89", "yes", "2027-03-04", "17:30",
    /// "1036800s", "1234567.89 USD"; for texts, what a code is long. Languages write numbers, dates and money longer.
    #[must_use]
    pub const fn of_kind(kind: ValueKind) -> Self {
        match kind {
            ValueKind::Text => Self::any(40),
            ValueKind::Number | ValueKind::Date | ValueKind::Choice => Self::gsm7(10),
            ValueKind::Truth => Self::gsm7(3),
            ValueKind::Time => Self::gsm7(5),
            ValueKind::Duration => Self::gsm7(8),
            ValueKind::Money => Self::gsm7(14),
        }
    }

    /// What is expected of a type that says nothing itself; of a list that comes with sayso its longest key.
    pub(super) fn of(slot: &(impl SlotType + ?Sized)) -> Self {
        let keys = slot.keys().iter().map(|key| key.len());
        keys.max().map_or_else(|| Self::of_kind(slot.kind()), Self::gsm7)
    }
}

#[cfg(test)]
mod tests {
    use super::super::gazetteer::{CITIES, REGIONS};
    use super::super::{ALL, Answer, Context, by_name};
    use super::*;
    use crate::language::Lang;
    use crate::sms::Text;
    use crate::sms::encoding::{Alphabet, cost};

    /// What a type shows for an answer.
    fn shown(name: &str, answer: &str) -> String {
        let slot = by_name(name).unwrap_or_else(|| panic!("{name} is no type"));
        let read = slot.read(&Text::new(answer), &Context::of(&[Lang::EN]));
        let Answer::Value(value) = read else { panic!("{name}: {answer}: {read:?}") };
        value.to_string()
    }

    #[test]
    fn what_people_answer_is_not_longer_than_expected() {
        for (name, answer) in [
            ("name", "María del Carmen García López"),
            ("text", "Please leave it with the neighbour on the second floor"),
            ("number", "1234567.89"),
            ("us_zip", "30309-1234"),
            ("ca_postal", "k1a0b1"),
            ("fr_postal", "75001"),
            ("yes_no", "yes"),
            ("yes_no_maybe", "maybe"),
            ("money", "1234567.89 dollars"),
            ("percent", "12.25%"),
            ("rating", "4 stars"),
            ("phone", "+33 6 12 34 56 78"),
            ("email", "maria.del.carmen.lopez@department.example.com"),
            ("url", "https://www.example.com/shops/atlanta/ponce-city-market"),
            ("city", "atlanta"),
            ("region", "Provence-Alpes-Côte d'Azur"),
            ("emoji", "👩🏽‍🚀"),
            ("date", "2027-03-04"),
            ("birthdate", "3/4/1960"),
            ("duration", "23 hours 59 minutes 59 seconds"),
            ("time", "5:30 pm"),
        ] {
            let (value, longest) = (shown(name, answer), by_name(name).map(|slot| slot.longest()));
            let units = value.encode_utf16().count();
            assert!(longest.is_some_and(|longest| units <= longest.units), "{name}: {value}: {longest:?}");
            let gsm7 = cost(&value).alphabet == Alphabet::Gsm7;
            assert!(
                gsm7 || longest.is_some_and(|longest| longest.letters != Letters::Gsm7),
                "{name}: {value}"
            );
        }
        assert_eq!(ALL.len(), 21, "a type more wants a line above");
    }

    #[test]
    fn nearly_every_place_is_as_short_as_expected() {
        let city = by_name("city").map_or(0, |slot| slot.longest().units);
        let region = by_name("region").map_or(0, |slot| slot.longest().units);
        let long = CITIES.rows.iter().filter(|place| place.label().chars().count() > city).count();
        assert!(long <= 5, "{long} cities are longer");
        assert!(REGIONS.rows.iter().all(|row| row.label().chars().count() <= region));
    }
}
