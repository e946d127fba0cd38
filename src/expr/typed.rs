//! Expressions typed against a brand's fields: after this nothing can dangle and no comparison makes no sense.

mod home;
mod text;

pub use home::{HomeField, Near};
pub use text::{Text, TextPiece, links, type_template, web_address};

use super::RESERVED;
use super::measure::{DELAY_HINT, Delay, length};
use super::syntax::{Compare, Expr, Sign};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::outline::Span;
use crate::slot::gazetteer::Area;
use crate::slot::{Choice, Value, ValueKind};
use jiff::civil::{Date, Time};
use nom::Parser;
use nom::combinator::all_consuming;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::Arc;

/// A field of a brand as expressions see it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its stable name.
    pub name: String,
    /// The name of its slot type: `age` is counted from the first `birthdate`, `region` read off the first postal code.
    pub slot_type: String,
    /// The kind of its values.
    pub kind: ValueKind,
    /// Its list, when it has one.
    pub choice: Option<Arc<Choice>>,
}

/// Everything that a name can stand for.
#[derive(Debug, Clone, Default)]
pub struct Schema {
    /// The brand's fields.
    pub fields: Vec<Field>,
    /// The addresses of the brand's links, by the names that its texts give them.
    pub links: BTreeMap<String, String>,
    /// Whether the brand says when its people are there.
    pub has_hours: bool,
    /// Where fields are noted as they are used, if somebody asks.
    pub uses: Option<Uses>,
}

/// The fields that expressions used, each where it stands.
pub type Uses = Rc<RefCell<Vec<At<String>>>>;

/// What the brand says about itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Fact {
    /// The programme's name.
    Program,
    /// Where people find help.
    Contact,
    /// The sentence that the rules require in a first message.
    Terms,
}

/// What stands for a value besides the fields.
pub const FACTS: [&str; 5] = ["program", "contact", "terms", "age", "region"];

impl Fact {
    fn by_name(name: &str) -> Option<Self> {
        Some(match name {
            "program" => Self::Program,
            "contact" => Self::Contact,
            "terms" => Self::Terms,
            _ => return None,
        })
    }
}

/// A value that is known when it is asked for, or unfilled.
#[derive(Debug, Clone, PartialEq)]
pub enum Term {
    /// The field of that stable name.
    Field(Arc<str>),
    /// A fact of the brand.
    Fact(Fact),
    /// Whole years since the date in that field.
    Age(Arc<str>),
    /// Where the postal code in that field lies: "Atlanta, GA". It is compared by [`Formula::LivesIn`].
    Region(HomeField),
    /// A constant.
    Constant(Value),
    /// The first, or the second where the first is unfilled.
    Else(Box<Term>, Box<Term>),
    /// Two numbers added, or the second taken from the first; unfilled where one of them is.
    Sum(Box<Term>, Sign, Box<Term>),
}

/// A condition.
#[derive(Debug, Clone, PartialEq)]
pub enum Formula {
    /// Both sides filled, and so compared.
    Compare(Term, Compare, Term),
    /// The postal code in that field lies in this area (`true`), or it does not; false where it is unfilled or unknown.
    LivesIn(HomeField, bool, Area),
    /// The postal code in that field lies near a place; false where it is unfilled or unknown.
    Near(HomeField, Near),
    /// The person's last text is at most so old; false where there is none.
    LastReply(Delay),
    /// The brand's people are there, by its opening hours.
    Open,
    /// The person carries this tag.
    Tag(Arc<str>),
    /// This field is filled.
    Known(Arc<str>),
    /// Not.
    Not(Box<Formula>),
    /// Both.
    And(Box<Formula>, Box<Formula>),
    /// Either.
    Or(Box<Formula>, Box<Formula>),
}

/// What a term is, for comparing: its kind, and its list if it is a choice.
struct Typed {
    term: Term,
    kind: Kind,
    choice: Option<Arc<Choice>>,
}

/// What a term can be compared with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// Values of this kind.
    Of(ValueKind),
    /// Places in quotes.
    Region,
    /// Nothing: it may be of one kind or of another, and can only be shown.
    Mixed,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Self::Of(kind) => kind_name(kind),
            Self::Region => "a place",
            Self::Mixed => "a value of one kind or another",
        }
    }
}

/// What a kind of value is called in messages, with its article.
#[must_use]
pub fn kind_name(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "a text",
        ValueKind::Number => "a number",
        ValueKind::Choice => "a value of a list",
        ValueKind::Truth => "a yes or no",
        ValueKind::Date => "a date",
        ValueKind::Time => "a time of day",
        ValueKind::Duration => "a length of time",
        ValueKind::Money => "an amount of money",
    }
}

/// Types a condition.
pub fn type_condition(expr: &Expr, schema: &Schema, found: &mut Diagnostics) -> Option<Formula> {
    let both = |a: &Expr, b: &Expr, found: &mut Diagnostics| {
        let (a, b) = (type_condition(a, schema, found), type_condition(b, schema, found));
        Some((Box::new(a?), Box::new(b?)))
    };
    match expr {
        Expr::And(a, b) => both(a, b, found).map(|(a, b)| Formula::And(a, b)),
        Expr::Or(a, b) => both(a, b, found).map(|(a, b)| Formula::Or(a, b)),
        Expr::Not(inner) => Some(Formula::Not(Box::new(type_condition(inner, schema, found)?))),
        Expr::Tag(tag) => Some(Formula::Tag(tag.value.as_str().into())),
        Expr::Known(name) => {
            let field = field(name, schema, &[], found)?;
            Some(Formula::Known(field.name.as_str().into()))
        }
        Expr::LastReply(delay) if delay.value.is_sensible() => Some(Formula::LastReply(delay.value)),
        Expr::LastReply(delay) => {
            let message = format!("a reply cannot be looked for within `{}`", delay.value);
            found.push(Diagnostic::new(Code::BadDelay, delay.place, message).hint(DELAY_HINT));
            None
        }
        Expr::Name(word) if word.value == "open" => {
            if !schema.has_hours {
                let message = "the brand does not say when it is open";
                let diagnostic = Diagnostic::new(Code::MissingLine, word.place, message);
                let hint =
                    "write `hours mon-fri 09:00 to 18:00, sat 10:00 to 16:00` below `brand` in `brand.flow`";
                found.push(diagnostic.hint(hint));
            }
            Some(Formula::Open)
        }
        Expr::Near(place, distance) => home::near(expr, place, distance, schema, found),
        Expr::Compare(left, compare, right) => comparison(left, compare, right, schema, found),
        Expr::Name(_) | Expr::Number(_) | Expr::Quoted(_) | Expr::Else(..) | Expr::Sum(..) => {
            let typed = term(expr, None, schema, found)?;
            if typed.kind == Kind::Of(ValueKind::Truth) {
                let yes = Term::Constant(Value::Truth(true));
                return Some(Formula::Compare(typed.term, Compare::Equal, yes));
            }
            found.push(
                Diagnostic::new(Code::WrongType, expr.place(), "this is a value, not a condition")
                    .hint("compare it, as in `flavor = mango`, or ask whether it is filled: `known flavor`"),
            );
            None
        }
    }
}

fn comparison(
    left: &Expr,
    compare: &At<Compare>,
    right: &Expr,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<Formula> {
    let a = term(left, None, schema, found)?;
    if let Term::Region(field) = a.term {
        return home::lives_in(field, compare, right, found);
    }
    let b = term(right, Some(&a), schema, found)?;
    let places = left.place().to(right.place());
    let mut wrong = |place, message: String, hint: &str| {
        found.push(Diagnostic::new(Code::WrongType, place, message).hint(hint));
    };
    let Kind::Of(kind) = a.kind else {
        let message = format!("{} cannot be compared", a.kind.name());
        wrong(left.place(), message, "compare the field itself, and join two conditions by `or`");
        return None;
    };
    if a.kind != b.kind {
        let message = format!("{} cannot be compared with {}", a.kind.name(), b.kind.name());
        let region = "write `region` on the left: `region = \"Atlanta, GA\"`";
        wrong(places, message, if b.kind == Kind::Region { region } else { hint_for(kind) });
        return None;
    }
    if let (Some(a), Some(b)) = (&a.choice, &b.choice)
        && !b.values().iter().any(|value| a.has_key(&value.key))
    {
        let hint = "write one of the list's own values on the right";
        wrong(places, "these are two lists that have no value in common".to_owned(), hint);
        return None;
    }
    let orders = !matches!(compare.value, Compare::Equal | Compare::Unequal);
    if orders && !kind.is_ordered() {
        let message = format!("{} has no greater and smaller", kind_name(kind));
        wrong(
            compare.place,
            message,
            "only numbers, dates and times can be compared by `<`, `<=`, `>` and `>=`",
        );
        return None;
    }
    Some(Formula::Compare(a.term, compare.value, b.term))
}

/// How values of a kind are written beside a field.
fn hint_for(kind: ValueKind) -> &'static str {
    match kind {
        ValueKind::Text => "write a text in quotes: `\"Ana\"`",
        ValueKind::Number => "write a number in digits: `3`, `2.50`",
        ValueKind::Choice => "write one of the list's values as a bare word",
        ValueKind::Truth => "write `yes` or `no`",
        ValueKind::Date => "write a date in quotes, the year first: `\"2026-06-01\"`",
        ValueKind::Time => "write a time of the day in quotes: `\"14:30\"`",
        ValueKind::Duration => "write a length of time in quotes: `\"2h\"`",
        ValueKind::Money => "an amount of money can only be compared with another field",
    }
}

/// Types what a field is set to: a value of the field's kind.
pub fn type_assignment(
    target: &Field,
    expr: &Expr,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<Term> {
    let term_of_field = Term::Field(target.name.as_str().into());
    let side = Typed { term: term_of_field, kind: Kind::Of(target.kind), choice: target.choice.clone() };
    let typed = term(expr, Some(&side), schema, found)?;
    // A place is kept as the words that show it.
    let kind = if typed.kind == Kind::Region { Kind::Of(ValueKind::Text) } else { typed.kind };
    if kind == side.kind {
        return Some(typed.term);
    }
    let (given, wanted) = (typed.kind.name(), kind_name(target.kind));
    let message = format!("`{}` is {wanted} and cannot be set to {given}", target.name);
    found.push(Diagnostic::new(Code::WrongType, expr.place(), message).hint(hint_for(target.kind)));
    None
}

/// Types a value; a bare word beside a list or a yes/no is one of its values.
fn term(expr: &Expr, other: Option<&Typed>, schema: &Schema, found: &mut Diagnostics) -> Option<Typed> {
    match expr {
        Expr::Number(number) => Some(constant(Value::Number(number.value), ValueKind::Number)),
        Expr::Quoted(words) => quoted(words, other, found),
        Expr::Name(word) => named(word, other, schema, found),
        Expr::Else(first, default) => {
            let first = term(first, other, schema, found)?;
            let default_value = term(default, Some(&first), schema, found)?;
            let kind = if first.kind == default_value.kind { first.kind } else { Kind::Mixed };
            // A place that may be another place is only shown, too.
            let kind = if kind == Kind::Region { Kind::Mixed } else { kind };
            let term = Term::Else(Box::new(first.term), Box::new(default_value.term));
            Some(Typed { term, kind, choice: first.choice })
        }
        Expr::Sum(first, sign, second) => {
            let mut number = |expr: &Expr| {
                let typed = term(expr, None, schema, found)?;
                if typed.kind != Kind::Of(ValueKind::Number) {
                    let message = format!("{} cannot be added up", typed.kind.name());
                    found.push(
                        Diagnostic::new(Code::WrongType, expr.place(), message).hint("only numbers can"),
                    );
                    return None;
                }
                Some(Box::new(typed.term))
            };
            let (first, second) = (number(first), number(second));
            let term = Term::Sum(first?, *sign, second?);
            Some(Typed { term, kind: Kind::Of(ValueKind::Number), choice: None })
        }
        Expr::Tag(_)
        | Expr::Known(_)
        | Expr::LastReply(_)
        | Expr::Near(..)
        | Expr::Compare(..)
        | Expr::Not(_)
        | Expr::And(..)
        | Expr::Or(..) => {
            found.push(
                Diagnostic::new(Code::WrongType, expr.place(), "a condition cannot stand here, only a value")
                    .hint("put the condition into a `when … -> node` line"),
            );
            None
        }
    }
}

fn constant(value: Value, kind: ValueKind) -> Typed {
    Typed { term: Term::Constant(value), kind: Kind::Of(kind), choice: None }
}

/// Words in quotes are what the other side is, where that can be written: a value of its list, a date, a time.
fn quoted(words: &At<String>, other: Option<&Typed>, found: &mut Diagnostics) -> Option<Typed> {
    let Some(Kind::Of(kind)) = other.map(|side| side.kind) else {
        return Some(constant(Value::Text(words.value.clone()), ValueKind::Text));
    };
    let read = match kind {
        ValueKind::Choice => return list_value(words, other?, found),
        ValueKind::Date => Date::strptime("%Y-%m-%d", &words.value).ok().map(Value::Date),
        ValueKind::Time => Time::strptime("%H:%M", &words.value).ok().map(Value::Time),
        ValueKind::Duration => duration(&words.value).map(|seconds| Value::Duration { seconds }),
        ValueKind::Text | ValueKind::Number | ValueKind::Truth | ValueKind::Money => {
            return Some(constant(Value::Text(words.value.clone()), ValueKind::Text));
        }
    };
    if read.is_none() {
        let message = format!("`{}` is not {}", words.value, kind_name(kind));
        found.push(Diagnostic::new(Code::WrongType, words.place, message).hint(hint_for(kind)));
    }
    Some(constant(read?, kind))
}

/// The seconds of a length of time; a day of a stored one has 86,400.
fn duration(words: &str) -> Option<i64> {
    let (_, delay) = all_consuming(length).parse(Span::new(words)).ok()?;
    match delay {
        Delay::Exact { seconds } => Some(seconds),
        Delay::Calendar { days } => days.checked_mul(86_400),
    }
}

fn named(
    word: &At<String>,
    other: Option<&Typed>,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<Typed> {
    let is_field = schema.fields.iter().any(|field| field.name == word.value);
    if let Some(side) = other {
        if side.choice.as_ref().is_some_and(|list| list.has_key(&word.value)) {
            if is_field {
                let message = format!("`{}` is a value of this list and a field", word.value);
                let hint =
                    format!("write `\"{}\"` if the value is meant, and rename one of them", word.value);
                found.push(Diagnostic::new(Code::WrongType, word.place, message).hint(hint));
                return None;
            }
            return list_value(word, side, found);
        }
        if side.kind == Kind::Of(ValueKind::Truth) && matches!(word.value.as_str(), "yes" | "no") {
            return Some(constant(Value::Truth(word.value == "yes"), ValueKind::Truth));
        }
    }
    match word.value.as_str() {
        "age" => return home::age(word, schema, found),
        "region" => return home::region(word, schema, found),
        _ => {}
    }
    if let Some(fact) = Fact::by_name(&word.value) {
        return Some(Typed { term: Term::Fact(fact), kind: Kind::Of(ValueKind::Text), choice: None });
    }
    if let (Some(side), false) = (other, is_field)
        && side.choice.is_some()
    {
        return list_value(word, side, found);
    }
    let field = field(word, schema, &FACTS, found)?;
    let term = Term::Field(field.name.as_str().into());
    Some(Typed { term, kind: Kind::Of(field.kind), choice: field.choice.clone() })
}

fn list_value(word: &At<String>, side: &Typed, found: &mut Diagnostics) -> Option<Typed> {
    let list = side.choice.clone()?;
    if !list.has_key(&word.value) {
        let message = format!("`{}` is no value of this list", word.value);
        let keys = list.values().iter().map(|v| v.key.as_str());
        found.push(Diagnostic::new(Code::UnknownValue, word.place, message).did_you_mean(&word.value, keys));
        return None;
    }
    let term = Term::Constant(Value::Choice(word.value.clone()));
    Some(Typed { term, kind: Kind::Of(ValueKind::Choice), choice: Some(list) })
}

fn field<'s>(
    name: &At<String>,
    schema: &'s Schema,
    others: &[&str],
    found: &mut Diagnostics,
) -> Option<&'s Field> {
    let field = schema.fields.iter().find(|field| field.name == name.value);
    if let (Some(uses), Some(_)) = (&schema.uses, field) {
        uses.borrow_mut().push(name.clone());
    }
    if field.is_none() {
        found.push(unknown_field(name, schema, others));
    }
    field
}

/// The diagnostic for a name that is no field; `others` may stand there as well.
#[must_use]
pub fn unknown_field(name: &At<String>, schema: &Schema, others: &[&str]) -> Diagnostic {
    let At { value: name, place } = name;
    let names = schema.fields.iter().map(|field| field.name.as_str()).chain(others.iter().copied());
    if RESERVED.contains(&name.as_str()) {
        let diagnostic = Diagnostic::new(Code::UnknownField, *place, format!("`{name}` is no field"));
        return diagnostic.hint("it has a meaning of its own in every expression; name the field itself");
    }
    Diagnostic::new(Code::UnknownField, *place, format!("no field is called `{name}`"))
        .did_you_mean(name, names)
        .hint(format!("declare it in `brand.flow`, as in `field {name}: text`"))
}
