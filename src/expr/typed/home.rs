//! What is known without being asked for: the age from the birthdate, the place from the postal code.

use super::{Formula, Kind, Schema, Term, Typed};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::expr::measure::Distance;
use crate::expr::syntax::{Compare, Expr};
use crate::slot::ValueKind;
use crate::slot::gazetteer::{Area, Circle, City, PostalCodes, called, labels};
use std::sync::Arc;

/// The field that holds a person's postal code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HomeField {
    /// Its stable name.
    pub name: Arc<str>,
    /// Which codes it holds.
    pub codes: PostalCodes,
}

/// All that is at most so far from the middle of a city.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    /// The city.
    pub city: City,
    /// How far, as it was written.
    pub distance: Distance,
    /// The same, ready to be asked.
    pub circle: Circle,
}

/// Places that a diagnostic lists: who has more to choose from writes the state.
const LISTED_MAX: usize = 6;

pub(super) fn age(word: &At<String>, schema: &Schema, found: &mut Diagnostics) -> Option<Typed> {
    let field = schema.fields.iter().find(|field| field.slot_type == "birthdate");
    if field.is_none() {
        let message = "`age` is counted from a birthdate, and the brand has no such field";
        let diagnostic = Diagnostic::new(Code::NeedsField, word.place, message);
        found.push(diagnostic.hint("declare one in `brand.flow`, as in `personal field born: birthdate`"));
    }
    let term = Term::Age(field?.name.as_str().into());
    Some(Typed { term, kind: Kind::Of(ValueKind::Number), choice: None })
}

pub(super) fn region(word: &At<String>, schema: &Schema, found: &mut Diagnostics) -> Option<Typed> {
    let field = home_field(word, schema, found)?;
    Some(Typed { term: Term::Region(field), kind: Kind::Region, choice: None })
}

/// The brand's first field of a postal type.
fn home_field(word: &At<String>, schema: &Schema, found: &mut Diagnostics) -> Option<HomeField> {
    let postal = schema.fields.iter().find_map(|field| {
        let codes = PostalCodes::of_type(&field.slot_type)?;
        Some(HomeField { name: field.name.as_str().into(), codes })
    });
    if postal.is_none() {
        let message = format!("`{}` comes from a postal code, and the brand has no such field", word.value);
        let diagnostic = Diagnostic::new(Code::NeedsField, word.place, message);
        found.push(diagnostic.hint("declare one in `brand.flow`, as in `field zip: us_zip`"));
    }
    postal
}

/// `region = "Atlanta, GA"`
pub(super) fn lives_in(
    field: HomeField,
    compare: &At<Compare>,
    right: &Expr,
    found: &mut Diagnostics,
) -> Option<Formula> {
    let inside = match compare.value {
        Compare::Equal => true,
        Compare::Unequal => false,
        Compare::Less | Compare::AtMost | Compare::More | Compare::AtLeast => {
            let message = "a place has no greater and smaller";
            let diagnostic = Diagnostic::new(Code::WrongType, compare.place, message);
            found.push(diagnostic.hint("write `region = \"Atlanta, GA\"`, or `near \"Atlanta, GA\" 50 mi`"));
            return None;
        }
    };
    let Expr::Quoted(words) = right else {
        let message = "a place is compared with the name of a place in quotes";
        let diagnostic = Diagnostic::new(Code::WrongType, right.place(), message);
        found.push(diagnostic.hint("write for example `region = \"Atlanta, GA\"` or `region = \"GA\"`"));
        return None;
    };
    let mut areas = called(&words.value, field.codes.country());
    // "Quebec" is a city as well; where cities cannot be asked for, the region is meant.
    if !field.codes.have_points() && areas.iter().any(|area| matches!(area, Area::Region(_))) {
        areas.retain(|area| matches!(area, Area::Region(_)));
    }
    let area = one_of(words, &areas, field.codes, found)?;
    if matches!(area, Area::City(_)) && !field.codes.have_points() {
        let message = format!("of the codes in `{}` only the region is known, not the city", field.name);
        let diagnostic = Diagnostic::new(Code::UnknownPlace, words.place, message);
        found.push(diagnostic.hint("compare `region` with a province or a region, as in `region = \"QC\"`"));
        return None;
    }
    Some(Formula::LivesIn(field, inside, area))
}

/// `near "Atlanta, GA" 50 mi`
pub(super) fn near(
    expr: &Expr,
    place: &At<String>,
    distance: &At<Distance>,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<Formula> {
    let field = home_field(&At::new("near".to_owned(), expr.place()), schema, found)?;
    if !field.codes.have_points() {
        let message = format!("how far the codes in `{}` are from a place is not known", field.name);
        let diagnostic = Diagnostic::new(Code::UnknownPlace, expr.place(), message);
        found.push(diagnostic.hint("ask for the province or the region, as in `region = \"QC\"`"));
        return None;
    }
    let mut areas = called(&place.value, field.codes.country());
    let only_regions = !areas.is_empty() && areas.iter().all(|area| matches!(area, Area::Region(_)));
    areas.retain(|area| matches!(area, Area::City(_)));
    if only_regions {
        let message = format!("`{}` is no city, and how near it is cannot be said", place.value);
        let diagnostic = Diagnostic::new(Code::UnknownPlace, place.place, message);
        found.push(diagnostic.hint(format!("write `region = \"{}\"`", place.value)));
        return None;
    }
    let Area::City(city) = one_of(place, &areas, field.codes, found)? else { return None };
    let Some(km) = distance.value.km() else {
        let message = format!("`{}` is no distance between two places", distance.value);
        let diagnostic = Diagnostic::new(Code::BadNumber, distance.place, message);
        found.push(diagnostic.hint("write for example `50 mi` or `80 km`"));
        return None;
    };
    let circle = Circle::new(city.centre(), km);
    Some(Formula::Near(field, Near { city, distance: distance.value, circle }))
}

/// The one area that words name; none and several are reported.
fn one_of(words: &At<String>, areas: &[Area], codes: PostalCodes, found: &mut Diagnostics) -> Option<Area> {
    let name = &words.value;
    match areas {
        [area] => return Some(*area),
        [] => {
            let message = format!("no place in {} is called `{name}`", codes.country_name());
            let known = labels(codes.country());
            let diagnostic = Diagnostic::new(Code::UnknownPlace, words.place, message)
                .did_you_mean(name, known.iter().map(String::as_str));
            found.push(diagnostic.hint(match codes {
                PostalCodes::UnitedStates => {
                    "write a city with its state (`\"Atlanta, GA\"`), or a state (`\"GA\"`)"
                }
                PostalCodes::Canada => "write a province, as in `\"QC\"`",
                PostalCodes::France => "write a region, as in `\"Bretagne\"`",
            }));
        }
        [..] => {
            let message = format!("`{name}` may be one of several places");
            let mut listed: Vec<String> =
                areas.iter().take(LISTED_MAX).map(|area| format!("`\"{}\"`", area.label())).collect();
            if areas.len() > LISTED_MAX {
                listed.push("…".to_owned());
            }
            let diagnostic = Diagnostic::new(Code::UnknownPlace, words.place, message);
            found.push(diagnostic.hint(format!("write one of {}", listed.join(", "))));
        }
    }
    None
}
