//! Evaluating typed expressions. Nothing here can fail; what is unfilled is `None`, and makes a comparison false.

use super::format::{category, write_value};
use super::syntax::{Compare, Sign};
use super::typed::{Fact, Formula, HomeField, Term, Text, TextPiece};
use crate::language::Lang;
use crate::slot::Value;
use crate::slot::gazetteer::Home;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::cmp::Ordering;
use std::mem::discriminant;

/// What is known about a person and their brand at one moment.
pub trait Facts {
    /// The value of a field, if it is filled.
    fn field(&self, name: &str) -> Option<&Value>;
    /// Whether the person carries a tag.
    fn has_tag(&self, tag: &str) -> bool;
    /// What the brand says about itself, in the person's language.
    fn fact(&self, fact: Fact) -> Cow<'_, str>;
    /// Whether the brand's people are there at the moment.
    fn is_open(&self) -> bool;
    /// When the person last wrote.
    fn last_text(&self) -> Option<Timestamp>;
    /// The moment.
    fn now(&self) -> Timestamp;
    /// The person's time zone: their birthday begins at their midnight.
    fn zone(&self) -> &TimeZone;
}

/// Whether a condition holds. O(its size).
pub fn holds(formula: &Formula, facts: &impl Facts) -> bool {
    match formula {
        Formula::Compare(a, compare, b) => match (value(a, facts), value(b, facts)) {
            (Some(a), Some(b)) => compared(&a, *compare, &b),
            _ => false,
        },
        Formula::LivesIn(field, inside, area) => {
            home(field, facts).is_some_and(|home| area.holds(&home) == *inside)
        }
        Formula::Near(field, near) => {
            home(field, facts).and_then(|home| home.point).is_some_and(|point| near.circle.holds(point))
        }
        Formula::LastReply(delay) => {
            facts.last_text().is_some_and(|last| last >= delay.before(facts.now(), facts.zone()))
        }
        Formula::Open => facts.is_open(),
        Formula::Tag(tag) => facts.has_tag(tag),
        Formula::Known(field) => facts.field(field).is_some(),
        Formula::Not(inner) => !holds(inner, facts),
        Formula::And(a, b) => holds(a, facts) && holds(b, facts),
        Formula::Or(a, b) => holds(a, facts) || holds(b, facts),
    }
}

fn compared(a: &Value, compare: Compare, b: &Value) -> bool {
    match (compare, a, b) {
        (Compare::Equal, a, b) => a == b,
        // A value that was stored when the field had another type is not compared.
        (Compare::Unequal, a, b) => discriminant(a) == discriminant(b) && a != b,
        (Compare::Less, a, b) => order(a, b).is_some_and(Ordering::is_lt),
        (Compare::AtMost, a, b) => order(a, b).is_some_and(Ordering::is_le),
        (Compare::More, a, b) => order(a, b).is_some_and(Ordering::is_gt),
        (Compare::AtLeast, a, b) => order(a, b).is_some_and(Ordering::is_ge),
    }
}

/// The order of two values of a kind that has one; linking refuses to compare others by it.
pub fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Date(a), Value::Date(b)) => Some(a.cmp(b)),
        (Value::Time(a), Value::Time(b)) => Some(a.cmp(b)),
        (Value::Duration { seconds: a }, Value::Duration { seconds: b }) => Some(a.cmp(b)),
        _ => None,
    }
}

/// The value of a term, if it is filled.
pub fn value<'a>(term: &'a Term, facts: &'a impl Facts) -> Option<Cow<'a, Value>> {
    match term {
        Term::Field(name) => facts.field(name).map(Cow::Borrowed),
        Term::Fact(fact) => Some(Cow::Owned(Value::Text(facts.fact(*fact).into_owned()))),
        Term::Age(field) => age(field, facts).map(|years| Cow::Owned(Value::Number(years))),
        Term::Region(field) => home(field, facts).map(|home| Cow::Owned(Value::Text(home.label()))),
        Term::Constant(value) => Some(Cow::Borrowed(value)),
        Term::Else(first, default) => value(first, facts).or_else(|| value(default, facts)),
        Term::Sum(first, sign, second) => match (&*value(first, facts)?, &*value(second, facts)?) {
            (Value::Number(a), Value::Number(b)) => {
                let sum = match sign {
                    Sign::Plus => a.checked_add(*b),
                    Sign::Minus => a.checked_sub(*b),
                };
                sum.map(|sum| Cow::Owned(Value::Number(sum))) // what no number holds is unfilled
            }
            _ => None,
        },
    }
}

/// Where a person lives, if their postal code is known and in a table.
fn home(field: &HomeField, facts: &impl Facts) -> Option<Home> {
    match facts.field(&field.name)? {
        Value::Text(code) => field.codes.home(code),
        Value::Number(_)
        | Value::Choice(_)
        | Value::Truth(_)
        | Value::Date(_)
        | Value::Time(_)
        | Value::Duration { .. }
        | Value::Money { .. } => None,
    }
}

/// Whole years since the date in a field, by the person's calendar. A date that lies ahead is no birthdate.
fn age(field: &str, facts: &impl Facts) -> Option<Decimal> {
    let Value::Date(born) = facts.field(field)? else { return None };
    let today = facts.now().to_zoned(facts.zone().clone()).date();
    whole_years(*born, today).map(Decimal::from)
}

/// Whole years from a day to another one. Who was born on 29 February is a year older on 1 March where there is no such day;
/// `None` where the first lies ahead.
#[must_use]
pub fn whole_years(born: Date, today: Date) -> Option<i16> {
    let before_birthday = (today.month(), today.day()) < (born.month(), born.day());
    let years = today.year() - born.year() - i16::from(before_birthday);
    (years >= 0).then_some(years)
}

/// The text a person reads; an unfilled value shows nothing.
pub fn render(text: &Text, facts: &impl Facts) -> String {
    let mut out = String::new();
    text.pieces.iter().for_each(|piece| write_piece(piece, text.language, facts, &mut out));
    out
}

fn write_piece(piece: &TextPiece, language: Lang, facts: &impl Facts, out: &mut String) {
    match piece {
        TextPiece::Words(words) => out.push_str(words),
        TextPiece::Term(term) => _ = write_term(term, language, facts, out),
        TextPiece::Plural { of, forms, other } => {
            if let Some(Value::Number(number)) = value(of, facts).as_deref() {
                let category = category(*number, language);
                let own = forms.iter().find(|(known, _)| *known == category);
                out.push_str(own.map_or(other, |(_, word)| word));
            }
        }
        TextPiece::Link { url, .. } => out.push_str(url),
    }
}

/// Appends a value in a language; whether it is filled. Facts are written as they come, without a value around them.
fn write_term(term: &Term, language: Lang, facts: &impl Facts, out: &mut String) -> bool {
    match term {
        Term::Fact(fact) => out.push_str(&facts.fact(*fact)),
        Term::Else(first, default) => {
            return write_term(first, language, facts, out) || write_term(default, language, facts, out);
        }
        Term::Field(_) | Term::Age(_) | Term::Region(_) | Term::Constant(_) | Term::Sum(..) => {
            let Some(value) = value(term, facts) else { return false };
            write_value(&value, language, out);
        }
    }
    true
}
