//! Evaluating typed expressions. Nothing here can fail; what is unfilled is `None`, and makes a comparison false.

use super::syntax::{Compare, Sign};
use super::typed::{Fact, Formula, Term, Text, TextPiece};
use crate::slot::Value;
use std::borrow::Cow;
use std::cmp::Ordering;

/// What is known about a person and their brand at one moment.
pub trait Facts {
    /// The value of a field, if it is filled.
    fn field(&self, name: &str) -> Option<&Value>;
    /// Whether the person carries a tag.
    fn has_tag(&self, tag: &str) -> bool;
    /// What the brand says about itself, in the person's language.
    fn fact(&self, fact: Fact) -> Cow<'_, str>;
}

/// Whether a condition holds. O(its size).
pub fn holds(formula: &Formula, facts: &impl Facts) -> bool {
    match formula {
        Formula::Compare(a, compare, b) => match (value(a, facts), value(b, facts)) {
            (Some(a), Some(b)) => compared(&a, *compare, &b),
            _ => false,
        },
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
        (Compare::Unequal, a, b) => a != b,
        (Compare::Less, a, b) => order(a, b).is_some_and(Ordering::is_lt),
        (Compare::AtMost, a, b) => order(a, b).is_some_and(Ordering::is_le),
        (Compare::More, a, b) => order(a, b).is_some_and(Ordering::is_gt),
        (Compare::AtLeast, a, b) => order(a, b).is_some_and(Ordering::is_ge),
    }
}

/// The order of two values of a kind that has one; linking refuses to compare others by it.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
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

/// The text a person reads; an unfilled value shows nothing.
pub fn render(text: &Text, facts: &impl Facts) -> String {
    let mut out = String::new();
    for piece in &text.pieces {
        match piece {
            TextPiece::Words(words) => out.push_str(words),
            TextPiece::Term(term) => {
                if let Some(value) = value(term, facts) {
                    out.push_str(&value.to_string());
                }
            }
        }
    }
    out
}
