//! Expressions from their spelling to their truth: read, typed and evaluated about one person.

use super::{
    Fact, Facts, Field, Formula, Schema, Template, expression, holds, links, render, template,
    type_condition, type_template,
};
use crate::diagnostic::{Diagnostics, FileId, Sources};
use crate::language::Lang;
use crate::outline::{Reader, Span};
use crate::slot::{self, Choice, ChoiceValue, Value};
use jiff::civil::{date, time};
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use proptest::prelude::*;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Somebody at a moment in New York; 1 June 2026, 21:30 there, when it is the 2nd elsewhere.
#[derive(Debug, Clone)]
struct Somebody {
    fields: BTreeMap<&'static str, Value>,
    tags: BTreeSet<String>,
    last_text: Option<Timestamp>,
    now: Timestamp,
    zone: TimeZone,
}

impl Somebody {
    fn unknown() -> Self {
        Self {
            fields: BTreeMap::new(),
            tags: BTreeSet::new(),
            last_text: None,
            now: "2026-06-02T01:30:00Z".parse().expect("a moment"),
            zone: TimeZone::get("America/New_York").expect("zones are bundled"),
        }
    }

    fn with(field: &'static str, value: Value) -> Self {
        let mut somebody = Self::unknown();
        somebody.fields.insert(field, value);
        somebody
    }

    fn of_zip(zip: &str) -> Self {
        Self::with("zip", Value::Text(zip.to_owned()))
    }
}

impl Facts for Somebody {
    fn field(&self, name: &str) -> Option<&Value> {
        self.fields.get(name)
    }

    fn has_tag(&self, tag: &str) -> bool {
        self.tags.contains(tag)
    }

    fn fact(&self, fact: Fact) -> Cow<'_, str> {
        Cow::Borrowed(match fact {
            Fact::Program => "Scoops Alerts",
            Fact::Contact => "help@scoops.example",
            Fact::Terms => "Msg&data rates may apply.",
        })
    }

    fn is_open(&self) -> bool {
        self.tags.contains("open")
    }

    fn last_text(&self) -> Option<Timestamp> {
        self.last_text
    }

    fn now(&self) -> Timestamp {
        self.now
    }

    fn zone(&self) -> &TimeZone {
        &self.zone
    }
}

/// The fields, each with the name of its type.
const FIELDS: [(&str, &str); 9] = [
    ("name", "name"),
    ("visits", "number"),
    ("flavor", "one of"),
    ("news", "yes_no"),
    ("born", "birthdate"),
    ("zip", "us_zip"),
    ("day", "date"),
    ("hour", "time"),
    ("nap", "duration"),
];

fn schema() -> Schema {
    let value = |key: &str| ChoiceValue { key: key.to_owned(), spellings: vec![key.to_owned()] };
    let list = Arc::new(Choice::new("flavor", ["vanilla", "mint", "mango"].map(value).into()));
    let field = |(name, of): (&str, &str)| {
        let kind = slot::by_name(of).map_or(slot::ValueKind::Choice, |slot| slot.kind());
        let choice = (of == "one of").then(|| Arc::clone(&list));
        Field { name: name.to_owned(), slot_type: of.to_owned(), kind, choice }
    };
    let links = BTreeMap::from([("mango".to_owned(), "https://scoops.example/mango".to_owned())]);
    Schema { fields: FIELDS.map(field).into(), links, has_hours: true, uses: None }
}

fn file() -> FileId {
    Sources::default().add("a.flow", "")
}

fn condition(words: &str) -> Formula {
    let mut found = Diagnostics::default();
    let expr = expression(Span::new(words), &mut Reader::new(file(), &mut found));
    let typed = expr.and_then(|expr| type_condition(&expr, &schema(), &mut found));
    assert!(!found.has_errors(), "{words}: {found:?}");
    typed.expect("no mistake was found")
}

fn is(words: &str, somebody: &Somebody) -> bool {
    holds(&condition(words), somebody)
}

fn said(words: &str, language: Lang, somebody: &Somebody) -> String {
    let mut found = Diagnostics::default();
    let read = template(Span::new(words), &mut Reader::new(file(), &mut found));
    let text = type_template(&read, language, &schema(), &mut found);
    assert!(!found.has_errors(), "{words}: {found:?}");
    render(&text, somebody)
}

#[test]
fn a_reply_counts_from_its_moment() {
    let mut somebody = Somebody::unknown();
    assert!(!is("last reply within 30d", &somebody), "never written");
    assert!(is("not last reply within 30d", &somebody));
    somebody.last_text = Some(somebody.now - 48.hours());
    assert!(is("last reply within 2d", &somebody));
    assert!(!is("last reply within 47h", &somebody));
    somebody.last_text = Some(somebody.now - 48.hours() - 1.second());
    assert!(!is("last reply within 2d", &somebody));
    // The clocks went forward on 8 March 2026: two days were 47 hours.
    somebody.now = "2026-03-09T12:00:00-04:00".parse().expect("a moment");
    somebody.last_text = Some(somebody.now - 48.hours());
    assert!(is("last reply within 2d", &somebody));
    assert!(!is("last reply within 2 days", &somebody));
}

#[test]
fn a_birthday_begins_at_the_persons_midnight() {
    let born = |year, month, day| Somebody::with("born", Value::Date(date(year, month, day)));
    assert!(is("age >= 21", &born(2005, 6, 1)), "21 today");
    assert!(!is("age >= 21", &born(2005, 6, 2)), "21 tomorrow, though it is tomorrow in London");
    assert!(is("age = 20 and age + 1 > 20", &born(2005, 6, 2)));
    assert!(is("age = 0", &born(2026, 6, 1)));
    assert!(!is("age >= 0", &born(2026, 6, 2)), "not born");
    assert!(!is("age < 21", &Somebody::unknown()), "unfilled");
    assert_eq!(said("{age}", Lang::EN, &born(1996, 6, 1)), "30");

    let mut leap = born(2008, 2, 29);
    leap.now = "2029-02-28T18:00:00-05:00".parse().expect("a moment");
    assert!(is("age = 20", &leap));
    leap.now = "2029-03-01T18:00:00-05:00".parse().expect("a moment");
    assert!(is("age = 21", &leap));
}

#[test]
fn a_zip_code_lies_in_its_city_its_state_and_near_others() {
    let midtown = Somebody::of_zip("30309");
    for words in [
        "region = \"Atlanta, GA\"",
        "region = \"GA\"",
        "region = \"Georgia\"",
        "region != \"Savannah, GA\"",
        "near \"Atlanta, GA\" 5 mi",
        "near \"Decatur, GA\" 10 km",
        "near \"Macon, GA\" 90 mi",
        "not near \"Macon, GA\" 70 mi",
    ] {
        assert!(is(words, &midtown), "{words}");
    }
    for words in ["region != \"GA\"", "region = \"AL\"", "near \"Savannah, GA\" 200 mi"] {
        assert!(!is(words, &midtown), "{words}");
    }
    let macon = Somebody::of_zip("31201");
    assert!(is("region = \"GA\" and region != \"Atlanta, GA\"", &macon));
    assert_eq!(said("in {region}", Lang::EN, &macon), "in Macon, GA");
    // Not filled, or no code that anybody has: nothing is known, not even that it lies elsewhere.
    for somebody in [Somebody::unknown(), Somebody::of_zip("00000")] {
        for words in ["region = \"GA\"", "region != \"GA\"", "near \"Macon, GA\" 9000 mi"] {
            assert!(!is(words, &somebody), "{words}");
        }
        assert_eq!(said("{region else \"here\"}", Lang::EN, &somebody), "here");
    }
}

#[test]
fn quotes_are_read_as_what_they_are_compared_with() {
    let mut somebody = Somebody::with("day", Value::Date(date(2026, 6, 1)));
    somebody.fields.insert("hour", Value::Time(time(14, 30, 0, 0)));
    somebody.fields.insert("nap", Value::Duration { seconds: 5_400 });
    somebody.fields.insert("flavor", Value::Choice("mango".to_owned()));
    for words in [
        "day = \"2026-06-01\" and day < \"2026-06-02\"",
        "hour >= \"14:30\" and hour < \"14:31\"",
        "nap = \"90m\" and nap < \"2 days\"",
        "flavor = \"mango\" and flavor = mango and flavor != mint",
    ] {
        assert!(is(words, &somebody), "{words}");
    }
}

#[test]
fn a_value_of_a_former_type_is_not_compared() {
    let somebody = Somebody::with("visits", Value::Text("three".to_owned()));
    for words in ["visits = 3", "visits != 3", "visits < 3", "visits >= 3"] {
        assert!(!is(words, &somebody), "{words}");
    }
}

#[test]
fn texts_are_written_as_their_language_does() {
    let mut somebody = Somebody::with("visits", Value::Number("1.5".parse().expect("a number")));
    somebody.fields.insert("day", Value::Date(date(2026, 6, 1)));
    somebody.fields.insert("hour", Value::Time(time(14, 30, 0, 0)));
    let said = |words: &str, language: &str| {
        super::tests::said(words, language.parse().expect("a language"), &somebody)
    };
    let words = "{visits} {visits one \"visite\" other \"visites\"}, {day}, {hour}";
    assert_eq!(said(words, "fr"), "1,5 visite, 1 juin 2026, 14:30");
    let words = "{visits} {visits one \"visit\" other \"visits\"}, {day}, {hour}";
    assert_eq!(said(words, "en"), "1.5 visits, June 1, 2026, 2:30 PM");
    assert_eq!(said("{visits - 0.5 one \"visit\" other \"visits\"}", "en"), "visits", "1.0 visits");
    assert_eq!(said("{1 one \"una\" other \"unas\"} {2 other \"unas\"}", "es"), "una unas");
}

#[test]
fn what_is_unfilled_shows_nothing() {
    let nobody = Somebody::unknown();
    assert_eq!(said("[{visits one \"visit\" other \"visits\"}{age}{region}{name}]", Lang::EN, &nobody), "[]");
    let words = "{visits else 0 one \"visit\" other \"visits\"}";
    assert_eq!(said(words, Lang::EN, &nobody), "visits");
}

#[test]
fn links_show_their_address() {
    let nobody = Somebody::unknown();
    let words = "{link https://scoops.example/a?b={{c as x}";
    let mut found = Diagnostics::default();
    template(Span::new(words), &mut Reader::new(file(), &mut found));
    assert!(found.has_errors(), "a brace is no letter of an address");
    let words = "{link https://scoops.example/a?b=%7Bc#d as x} or {link mango}, {{link}}";
    let shown = "https://scoops.example/a?b=%7Bc#d or https://scoops.example/mango, {link}";
    assert_eq!(said(words, Lang::EN, &nobody), shown);
}

#[test]
fn links_are_named_once() {
    let mut found = Diagnostics::default();
    let texts = [
        "{link https://a.example/1 as one}",
        "{link https://a.example/2}",
        "{link one}",
        "{link https://a.example/1 as one}",
    ];
    let read = texts.map(|words| template(Span::new(words), &mut Reader::new(file(), &mut found)));
    let named = links(read.iter(), &mut found);
    assert_eq!(named, BTreeMap::from([("one".to_owned(), "https://a.example/1".to_owned())]));
    assert!(!found.has_errors());
}

/// A comparison and its kin in words, with the field that must be filled for it to hold.
fn comparison() -> impl Strategy<Value = (String, &'static str)> {
    let pick = prop::sample::select::<&'static str>;
    let order = || pick(vec!["=", "!=", "<", "<=", ">", ">="]);
    let equal = || pick(vec!["=", "!="]);
    let numbers = pick(vec!["0", "3", "-2.50", "visits", "age", "visits + 1", "(visits else 7) - 0.1"]);
    prop_oneof![
        (order(), numbers.clone()).prop_map(|(by, with)| (format!("visits {by} {with}"), "visits")),
        (order(), numbers).prop_map(|(by, with)| (format!("age {by} {with}"), "born")),
        (order(), pick(vec!["\"2026-06-01\"", "born"]))
            .prop_map(|(by, with)| (format!("day {by} {with}"), "day")),
        order().prop_map(|by| (format!("hour {by} \"09:30\""), "hour")),
        order().prop_map(|by| (format!("nap {by} \"90m\""), "nap")),
        (equal(), pick(vec!["mint", "\"mango\"", "flavor", "(flavor else mint)"]))
            .prop_map(|(by, with)| (format!("flavor {by} {with}"), "flavor")),
        (equal(), pick(vec!["\"Ana\"", "program", "(name else contact)"]))
            .prop_map(|(by, with)| (format!("name {by} {with}"), "name")),
        (equal(), pick(vec!["GA", "Atlanta, GA", "New York City, NY"]))
            .prop_map(|(by, place)| (format!("region {by} \"{place}\""), "zip")),
        (pick(vec!["Atlanta, GA", "Decatur, GA"]), pick(vec!["0.5 km", "50 mi", "12000 mi"]))
            .prop_map(|(place, far)| (format!("near \"{place}\" {far}"), "zip")),
        Just(("news".to_owned(), "news")),
        Just(("known born".to_owned(), "born")),
    ]
}

fn formula() -> impl Strategy<Value = String> {
    let pick = prop::sample::select::<&'static str>;
    let leaf = prop_oneof![
        4 => comparison().prop_map(|(words, _)| words),
        1 => pick(vec!["tag vip", "last reply within 30d", "last reply within 2 days", "news else yes"])
            .prop_map(str::to_owned),
    ];
    leaf.prop_recursive(4, 24, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|a| format!("not ({a})")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) and ({b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("({a}) or ({b})")),
        ]
    })
}

/// Any value a store may hold for a field: also one of another kind than the field has today.
fn stored() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop_oneof!["[a-z]{0,4}", "[0-9]{5}", Just("30309".to_owned())].prop_map(Value::Text),
        (any::<i128>(), 0u32..29).prop_map(|(digits, scale)| Value::Number(
            rust_decimal::Decimal::from_i128_with_scale(digits >> 32, scale)
        )),
        "[a-z]{0,6}".prop_map(Value::Choice),
        any::<bool>().prop_map(Value::Truth),
        (-9999i16..=9999, 1i8..=12, 1i8..=28).prop_map(|(y, m, d)| Value::Date(date(y, m, d))),
        (0i8..24, 0i8..60).prop_map(|(h, m)| Value::Time(time(h, m, 0, 0))),
        any::<i64>().prop_map(|seconds| Value::Duration { seconds }),
        ("[A-Z]{0,4}", any::<i64>(), 0u32..4).prop_map(|(currency, amount, scale)| Value::Money {
            amount: rust_decimal::Decimal::new(amount, scale),
            currency
        }),
    ]
}

fn somebody() -> impl Strategy<Value = Somebody> {
    let name = prop::sample::select(FIELDS.map(|(name, _)| name).to_vec());
    let moment = -377_705_023_201i64..=253_402_207_200;
    let moment = moment.prop_map(|second| Timestamp::from_second(second).expect("within the calendar"));
    let fields = prop::collection::btree_map(name, stored(), 0..6);
    (fields, any::<bool>(), prop::option::of(moment.clone()), moment).prop_map(
        |(fields, tagged, last_text, now)| {
            let tags = tagged.then(|| "vip".to_owned()).into_iter().collect();
            Somebody { fields, tags, last_text, now, ..Somebody::unknown() }
        },
    )
}

proptest! {
    #[test]
    fn any_condition_has_a_truth_about_anybody(words in formula(), somebody in somebody()) {
        let typed = condition(&words);
        let truth = holds(&typed, &somebody);
        prop_assert_eq!(holds(&Formula::Not(Box::new(typed)), &somebody), !truth);
    }

    #[test]
    fn what_compares_an_unfilled_field_is_false((words, field) in comparison(), somebody in somebody()) {
        let mut somebody = somebody;
        somebody.fields.remove(field);
        prop_assert!(!is(&words, &somebody), "{}", words);
        let negated = format!("not ({words})");
        prop_assert!(is(&negated, &somebody), "{}", negated);
    }

    #[test]
    fn any_value_is_shown_in_any_language(value in stored(), language in "[a-z]{2}") {
        let somebody = Somebody::with("visits", value.clone());
        let mut text = type_template(&Template::default(), language.parse().expect("two letters"), &schema(), &mut Diagnostics::default());
        let visits = super::Term::Field("visits".into());
        let other = "other".to_owned();
        text.pieces.push(super::TextPiece::Term(visits.clone()));
        text.pieces.push(super::TextPiece::Plural { of: visits, forms: Vec::new(), other });
        let shown = render(&text, &somebody);
        let counted = matches!(value, Value::Number(_));
        prop_assert_eq!(shown.ends_with("other"), counted, "{}", shown);
    }

    #[test]
    fn any_text_is_read(words in "(\\PC{0,4}|\\{|\\}|\"| |link|name|near|last reply within|30d|one|other|age|region|=|else|https://a.example){0,12}") {
        let mut found = Diagnostics::default();
        let read = template(Span::new(&words), &mut Reader::new(file(), &mut found));
        let text = type_template(&read, Lang::EN, &schema(), &mut found);
        let mut reader = Reader::new(file(), &mut found);
        if let Some(expr) = expression(Span::new(&words), &mut reader)
            && let Some(formula) = type_condition(&expr, &schema(), &mut found)
        {
            holds(&formula, &Somebody::unknown());
        }
        render(&text, &Somebody::unknown());
    }
}
