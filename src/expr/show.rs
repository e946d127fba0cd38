//! Expressions as they are written: what this prints is read back as the same expression.
//!
//! The spelling is the one of the pages: brackets only where something else would be read without them, and around a
//! default that is part of more: `(cups else 0) + 1`.

use super::RESERVED;
use super::syntax::{Compare, Sign};
use super::typed::{Fact, Formula, Term, Text, TextPiece};
use crate::slot::Value;
use std::fmt::{self, Display, Formatter};

impl Display for Compare {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Equal => "=",
            Self::Unequal => "!=",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
        })
    }
}

impl Display for Sign {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Plus => "+",
            Self::Minus => "-",
        })
    }
}

impl Display for Fact {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Program => "program",
            Self::Contact => "contact",
            Self::Terms => "terms",
        })
    }
}

impl Display for Term {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Field(name) => f.write_str(name),
            Self::Fact(fact) => fact.fmt(f),
            Self::Age(_) => f.write_str("age"),
            Self::Region(_) => f.write_str("region"),
            Self::Constant(value) => constant(value, f),
            Self::Else(first, default) => {
                within(first, !first.is_part(), f)?;
                f.write_str(" else ")?;
                within(default, !default.is_part(), f)
            }
            // Sums are read from the left.
            Self::Sum(first, sign, second) => {
                within(first, matches!(**first, Self::Else(..)), f)?;
                write!(f, " {sign} ")?;
                within(second, !second.is_part(), f)
            }
        }
    }
}

impl Term {
    /// Whether it is one word or a few in quotes.
    fn is_part(&self) -> bool {
        !matches!(self, Self::Else(..) | Self::Sum(..))
    }
}

impl Display for Formula {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            // A yes or no is a condition by itself.
            Self::Compare(term, Compare::Equal, Term::Constant(Value::Truth(true))) => term.fmt(f),
            Self::Compare(a, compare, b) => {
                within(a, matches!(a, Term::Else(..)), f)?;
                write!(f, " {compare} ")?;
                within(b, matches!(b, Term::Else(..)), f)
            }
            Self::LivesIn(_, inside, area) => {
                let compare = if *inside { Compare::Equal } else { Compare::Unequal };
                write!(f, "region {compare} \"{}\"", area.label())
            }
            Self::Near(_, near) => write!(f, "near \"{}\" {}", near.city.label(), near.distance),
            Self::LastReply(delay) => write!(f, "last reply within {delay}"),
            Self::Open => f.write_str("open"),
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::Known(field) => write!(f, "known {field}"),
            Self::Not(inner) => {
                f.write_str("not ")?;
                within(inner, matches!(**inner, Self::And(..) | Self::Or(..)) || inner.is_default(), f)
            }
            Self::And(a, b) => {
                within(a, matches!(**a, Self::Or(..)) || a.is_default(), f)?;
                f.write_str(" and ")?;
                within(b, matches!(**b, Self::And(..) | Self::Or(..)) || b.is_default(), f)
            }
            Self::Or(a, b) => {
                within(a, a.is_default(), f)?;
                f.write_str(" or ")?;
                within(b, matches!(**b, Self::Or(..)) || b.is_default(), f)
            }
        }
    }
}

impl Formula {
    /// Whether it is a yes or no with a default, which has an `else` in it.
    fn is_default(&self) -> bool {
        matches!(self, Self::Compare(Term::Else(..), Compare::Equal, Term::Constant(Value::Truth(true))))
    }
}

/// A text as it is written behind its verb: values in braces, a brace doubled.
impl Display for Text {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.pieces.iter().try_for_each(|piece| match piece {
            TextPiece::Words(words) => f.write_str(&words.replace('{', "{{").replace('}', "}}")),
            TextPiece::Term(term) => write!(f, "{{{term}}}"),
            TextPiece::Plural { of, forms, other } => {
                write!(f, "{{{of}")?;
                forms.iter().try_for_each(|(category, word)| write!(f, " {category} \"{word}\""))?;
                write!(f, " other \"{other}\"}}")
            }
            TextPiece::Link { name: Some(name), url } => write!(f, "{{link {url} as {name}}}"),
            TextPiece::Link { name: None, url } => write!(f, "{{link {url}}}"),
        })
    }
}

fn within(inner: &impl Display, brackets: bool, f: &mut Formatter<'_>) -> fmt::Result {
    if brackets { write!(f, "({inner})") } else { inner.fmt(f) }
}

/// A constant: the value of a list is a bare word, unless that word would be read as something else.
fn constant(value: &Value, f: &mut Formatter<'_>) -> fmt::Result {
    match value {
        Value::Choice(key) if is_bare(key) => f.write_str(key),
        Value::Text(words) | Value::Choice(words) => write!(f, "\"{words}\""),
        Value::Date(_) | Value::Time(_) | Value::Duration { .. } => write!(f, "\"{value}\""),
        Value::Number(_) | Value::Truth(_) | Value::Money { .. } => value.fmt(f),
    }
}

/// Whether a word beside a list is read as a value of it, and as nothing else.
fn is_bare(key: &str) -> bool {
    let letters = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-' || c == '_';
    key.starts_with(|c: char| c.is_ascii_lowercase()) && key.chars().all(letters) && !RESERVED.contains(&key)
}

#[cfg(test)]
mod tests {
    use crate::diagnostic::{Diagnostics, FileId, Sources};
    use crate::expr::{
        Compare, Fact, Field, Formula, Schema, Sign, Term, Text, TextPiece, expression, template,
        type_assignment, type_condition, type_template,
    };
    use crate::language::Lang;
    use crate::outline::{Reader, Span};
    use crate::slot::{Choice, ChoiceValue, Value, ValueKind};
    use proptest::prelude::*;
    use std::collections::BTreeMap;
    use std::sync::Arc;

    /// `flavor` of a list that has a reserved word in it, `cups`, `news`, `name`; `born`, `zip`, `day`, `hour`, `nap`.
    fn schema() -> Schema {
        let value = |key: &str| ChoiceValue { key: key.to_owned(), spellings: vec![key.to_owned()] };
        let list = Arc::new(Choice::new("flavor", ["mint", "mango-2", "not"].map(value).into()));
        let field = |name: &str, slot_type: &str, kind, choice| Field {
            name: name.to_owned(),
            slot_type: slot_type.to_owned(),
            kind,
            choice,
        };
        Schema {
            fields: vec![
                field("flavor", "flavor", ValueKind::Choice, Some(list)),
                field("cups", "number", ValueKind::Number, None),
                field("news", "yes_no", ValueKind::Truth, None),
                field("name", "name", ValueKind::Text, None),
                field("born", "birthdate", ValueKind::Date, None),
                field("zip", "us_zip", ValueKind::Text, None),
                field("day", "date", ValueKind::Date, None),
                field("hour", "time", ValueKind::Time, None),
                field("nap", "duration", ValueKind::Duration, None),
            ],
            links: BTreeMap::from([("menu".to_owned(), "https://scoops.example/menu".to_owned())]),
            has_hours: true,
            uses: None,
        }
    }

    fn file() -> FileId {
        Sources::default().add("a.flow", "")
    }

    fn condition(words: &str) -> Formula {
        let mut found = Diagnostics::default();
        let expr = expression(Span::new(words), &mut Reader::new(file(), &mut found));
        let typed = expr.and_then(|expr| type_condition(&expr, &schema(), &mut found));
        typed.unwrap_or_else(|| panic!("{words}: {found:?}"))
    }

    fn value(field: &str, words: &str) -> Term {
        let mut found = Diagnostics::default();
        let schema = schema();
        let target = schema.fields.iter().find(|known| known.name == field).expect("a field of the schema");
        let expr = expression(Span::new(words), &mut Reader::new(file(), &mut found));
        let typed = expr.and_then(|expr| type_assignment(target, &expr, &schema, &mut found));
        typed.unwrap_or_else(|| panic!("{words}: {found:?}"))
    }

    fn text(words: &str) -> Text {
        let mut found = Diagnostics::default();
        let read = template(Span::new(words), &mut Reader::new(file(), &mut found));
        let typed = type_template(&read, Lang::EN, &schema(), &mut found);
        assert!(!found.has_errors(), "{words}: {found:?}");
        typed
    }

    #[test]
    fn conditions_are_printed_as_the_pages_write_them() {
        for words in [
            "flavor = mint",
            "flavor != \"not\"",
            "cups > 4",
            "cups + 1 - cups >= -2.50",
            "(cups else 0) + 1 < 3",
            "name = \"Ana\"",
            "(name else program) = contact",
            "news",
            "news else no",
            "not news",
            "open and not (open or news)",
            "not (news else yes)",
            "tag vip-2 and known name",
            "not tag vip or not (known name and news)",
            "(news or tag vip) and cups <= 2",
            "cups - (cups + 1) = 0",
            "age >= 21 and region != \"Atlanta, GA\"",
            "region = \"GA\" or near \"Atlanta, GA\" 12.5 mi",
            "last reply within 30d and not last reply within 2 days",
            "day > \"2026-06-01\" and hour < \"09:30\" and nap >= \"90m\"",
        ] {
            assert_eq!(condition(words).to_string(), words);
        }
        for (words, shown) in [
            ("news = yes", "news"),
            (
                "region = \"atlanta, georgia\" and last reply within 1 week",
                "region = \"Atlanta, GA\" and last reply within 7 days",
            ),
            ("nap = \"2 days\" and near \"Decatur, GA\" 80km", "nap = \"2d\" and near \"Decatur, GA\" 80 km"),
            ("news = no", "news = no"),
            ("cups else 0 + 1 > 2", "(cups else 0) + 1 > 2"),
            ("((flavor=mint))and(tag vip)", "flavor = mint and tag vip"),
            ("flavor = \"mint\"", "flavor = mint"),
            ("news and (tag a and tag b)", "news and (tag a and tag b)"),
        ] {
            assert_eq!(condition(words).to_string(), shown);
        }
    }

    #[test]
    fn values_and_texts_are_printed_as_they_are_written() {
        for (field, words) in [
            ("cups", "(cups else 0) + 1"),
            ("cups", "-0.50"),
            ("name", "name else \"friend\""),
            ("name", "(name else program) else contact"),
            ("flavor", "flavor else \"not\""),
            ("news", "no"),
        ] {
            assert_eq!(value(field, words).to_string(), words);
        }
        for words in [
            "Hi {name else \"you\"}! {{5 off}} {cups + 1}",
            "{terms}",
            "plain",
            "{age} in {region else \"your town\"}",
            "{cups} {(cups else 0) + 1 one \"cup\" other \"cups\"}",
            "{link https://scoops.example/mango as mango} {link https://scoops.example/}",
        ] {
            assert_eq!(text(words).to_string(), words);
        }
        assert_eq!(text("{link menu}").to_string(), "{link https://scoops.example/menu as menu}");
    }

    fn number() -> BoxedStrategy<Term> {
        let leaf = prop_oneof![
            Just(Term::Field("cups".into())),
            (-200i64..200, 0u32..3).prop_map(|(digits, scale)| Term::Constant(Value::Number(
                rust_decimal::Decimal::new(digits, scale)
            ))),
        ];
        leaf.prop_recursive(3, 12, 2, |inner| {
            let pair = (inner.clone(), inner, prop::sample::select(vec![Sign::Plus, Sign::Minus]));
            prop_oneof![
                pair.clone().prop_map(|(a, b, sign)| Term::Sum(Box::new(a), sign, Box::new(b))),
                pair.prop_map(|(a, b, _)| Term::Else(Box::new(a), Box::new(b))),
            ]
        })
        .boxed()
    }

    fn words() -> BoxedStrategy<Term> {
        let leaf = prop_oneof![
            Just(Term::Field("name".into())),
            prop::sample::select(vec![Fact::Program, Fact::Contact, Fact::Terms]).prop_map(Term::Fact),
            "[ a-zA-Z(){}=]{0,8}".prop_map(|words| Term::Constant(Value::Text(words))),
        ];
        leaf.prop_recursive(2, 4, 2, |inner| {
            (inner.clone(), inner).prop_map(|(a, b)| Term::Else(Box::new(a), Box::new(b)))
        })
        .boxed()
    }

    fn flavor() -> BoxedStrategy<Term> {
        let key = prop::sample::select(vec!["mint", "mango-2", "not"]);
        let key = key.prop_map(|key| Term::Constant(Value::Choice(key.to_owned())));
        prop_oneof![
            key.clone(),
            key.prop_map(|key| Term::Else(Box::new(Term::Field("flavor".into())), Box::new(key)))
        ]
        .boxed()
    }

    fn truth() -> BoxedStrategy<Formula> {
        let news = || Term::Field("news".into());
        let constant = |truth| Term::Constant(Value::Truth(truth));
        let compare = move |term| Formula::Compare(term, Compare::Equal, constant(true));
        prop_oneof![
            Just(compare(news())),
            any::<bool>()
                .prop_map(move |truth| compare(Term::Else(Box::new(news()), Box::new(constant(truth))))),
            Just(Formula::Compare(news(), Compare::Unequal, constant(false))),
        ]
        .boxed()
    }

    fn formula() -> impl Strategy<Value = Formula> {
        let order =
            prop::sample::select(vec![Compare::Less, Compare::AtMost, Compare::More, Compare::AtLeast]);
        let equal = prop::sample::select(vec![Compare::Equal, Compare::Unequal]);
        let leaf = prop_oneof![
            (number(), order, number()).prop_map(|(a, compare, b)| Formula::Compare(a, compare, b)),
            (words(), equal.clone(), words()).prop_map(|(a, compare, b)| Formula::Compare(a, compare, b)),
            (equal, flavor()).prop_map(|(compare, b)| Formula::Compare(
                Term::Field("flavor".into()),
                compare,
                b
            )),
            truth(),
            Just(Formula::Tag("vip".into())),
            Just(Formula::Known("name".into())),
        ];
        leaf.prop_recursive(4, 24, 2, |inner| {
            prop_oneof![
                inner.clone().prop_map(|a| Formula::Not(Box::new(a))),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| Formula::And(Box::new(a), Box::new(b))),
                (inner.clone(), inner).prop_map(|(a, b)| Formula::Or(Box::new(a), Box::new(b))),
            ]
        })
    }

    proptest! {
        #[test]
        fn what_is_printed_is_read_back(formula in formula()) {
            prop_assert_eq!(condition(&formula.to_string()), formula);
        }

        #[test]
        fn texts_are_read_back(before in "[ -~]{1,12}", term in words(), after in "[ -~]{1,12}") {
            let pieces = vec![TextPiece::Words(before), TextPiece::Term(term), TextPiece::Words(after)];
            let written = Text { language: Lang::EN, pieces };
            prop_assert_eq!(text(&written.to_string()), written);
        }
    }
}
