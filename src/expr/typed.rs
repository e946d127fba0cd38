//! Expressions typed against a brand's fields: after this nothing can dangle and no comparison makes no sense.

use super::syntax::{Compare, Expr, Piece, Sign, Template};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place};
use crate::slot::{Choice, Value, ValueKind};
use std::sync::Arc;

/// A field of a brand as expressions see it.
#[derive(Debug, Clone)]
pub struct Field {
    /// Its stable name.
    pub name: String,
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
}

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

/// A text with typed expressions.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Text {
    /// Its pieces in order.
    pub pieces: Vec<TextPiece>,
}

/// A piece of a [`Text`].
#[derive(Debug, Clone, PartialEq)]
pub enum TextPiece {
    /// Words.
    Words(String),
    /// A value.
    Term(Term),
}

/// What a term is, for comparing: its kind, and its list if it is a choice.
struct Typed {
    term: Term,
    kind: ValueKind,
    choice: Option<Arc<Choice>>,
}

/// Types a text; an expression with a mistake is reported and left out.
pub fn type_template(template: &Template, schema: &Schema, found: &mut Diagnostics) -> Text {
    let pieces = template.pieces.iter().filter_map(|piece| match piece {
        Piece::Words(words) => Some(TextPiece::Words(words.clone())),
        Piece::Expr(expr) => term(expr, None, schema, found).map(|typed| TextPiece::Term(typed.term)),
    });
    Text { pieces: pieces.collect() }
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
            let field = field(name, schema, found)?;
            Some(Formula::Known(field.name.as_str().into()))
        }
        Expr::Compare(left, compare, right) => comparison(left, compare, right, schema, found),
        Expr::Name(_) | Expr::Number(_) | Expr::Quoted(_) | Expr::Else(..) | Expr::Sum(..) => {
            let typed = term(expr, None, schema, found)?;
            if typed.kind == ValueKind::Truth {
                return Some(Formula::Compare(
                    typed.term,
                    Compare::Equal,
                    Term::Constant(Value::Truth(true)),
                ));
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
    let b = term(right, Some(&a), schema, found)?;
    let places = left.place().to(right.place());
    if a.kind != b.kind {
        let (a, b) = (kind_name(a.kind), kind_name(b.kind));
        found.push(Diagnostic::new(Code::WrongType, places, format!("{a} cannot be compared with {b}")));
        return None;
    }
    let orders = !matches!(compare.value, Compare::Equal | Compare::Unequal);
    let ordered =
        matches!(a.kind, ValueKind::Number | ValueKind::Date | ValueKind::Time | ValueKind::Duration);
    if orders && !ordered {
        let kind = kind_name(a.kind);
        found.push(
            Diagnostic::new(Code::WrongType, compare.place, format!("{kind} has no greater and smaller"))
                .hint("only numbers, dates and times can be compared by `<`, `<=`, `>` and `>=`"),
        );
        return None;
    }
    Some(Formula::Compare(a.term, compare.value, b.term))
}

/// Types what a field is set to: a value of the field's kind.
pub fn type_assignment(
    target: &Field,
    expr: &Expr,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<Term> {
    let term_of_field = Term::Field(target.name.as_str().into());
    let side = Typed { term: term_of_field, kind: target.kind, choice: target.choice.clone() };
    let typed = term(expr, Some(&side), schema, found)?;
    if typed.kind == target.kind {
        return Some(typed.term);
    }
    let (given, wanted) = (kind_name(typed.kind), kind_name(target.kind));
    let message = format!("`{}` is {wanted} and cannot be set to {given}", target.name);
    found.push(
        Diagnostic::new(Code::WrongType, expr.place(), message).hint("set it to a value of its own kind"),
    );
    None
}

fn kind_name(kind: ValueKind) -> &'static str {
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

/// Types a value; a bare word beside a list or a yes/no is one of its values.
fn term(expr: &Expr, other: Option<&Typed>, schema: &Schema, found: &mut Diagnostics) -> Option<Typed> {
    let constant = |value, kind| Some(Typed { term: Term::Constant(value), kind, choice: None });
    match expr {
        Expr::Number(number) => constant(Value::Number(number.value), ValueKind::Number),
        Expr::Quoted(words) => match other {
            Some(side) if side.kind == ValueKind::Choice => list_value(words, side, found),
            _ => constant(Value::Text(words.value.clone()), ValueKind::Text),
        },
        Expr::Name(word) => named(word, other, schema, found),
        Expr::Else(first, default) => {
            let first = term(first, other, schema, found)?;
            let default_value = term(default, Some(&first), schema, found)?;
            // A default is only shown, unless the whole is compared; so any text may stand in for any value.
            let kind = if first.kind == default_value.kind { first.kind } else { ValueKind::Text };
            let term = Term::Else(Box::new(first.term), Box::new(default_value.term));
            Some(Typed { term, kind, choice: first.choice })
        }
        Expr::Sum(first, sign, second) => {
            let mut number = |expr: &Expr| {
                let typed = term(expr, None, schema, found)?;
                if typed.kind != ValueKind::Number {
                    let message = format!("{} cannot be added up", kind_name(typed.kind));
                    found.push(
                        Diagnostic::new(Code::WrongType, expr.place(), message).hint("only numbers can"),
                    );
                    return None;
                }
                Some(Box::new(typed.term))
            };
            let (first, second) = (number(first), number(second));
            Some(Typed { term: Term::Sum(first?, *sign, second?), kind: ValueKind::Number, choice: None })
        }
        Expr::Tag(_) | Expr::Known(_) | Expr::Compare(..) | Expr::Not(_) | Expr::And(..) | Expr::Or(..) => {
            found.push(
                Diagnostic::new(Code::WrongType, expr.place(), "a condition cannot stand here, only a value")
                    .hint("put the condition into a `when … -> node` line"),
            );
            None
        }
    }
}

fn named(
    word: &At<String>,
    other: Option<&Typed>,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<Typed> {
    if let Some(side) = other {
        if side.kind == ValueKind::Choice
            && side.choice.as_ref().is_some_and(|list| list.has_key(&word.value))
        {
            return list_value(word, side, found);
        }
        if side.kind == ValueKind::Truth && matches!(word.value.as_str(), "yes" | "no") {
            let term = Term::Constant(Value::Truth(word.value == "yes"));
            return Some(Typed { term, kind: ValueKind::Truth, choice: None });
        }
    }
    if let Some(fact) = Fact::by_name(&word.value) {
        return Some(Typed { term: Term::Fact(fact), kind: ValueKind::Text, choice: None });
    }
    if let (Some(side), false) = (other, schema.fields.iter().any(|f| f.name == word.value))
        && side.choice.is_some()
    {
        return list_value(word, side, found);
    }
    let field = field(word, schema, found)?;
    let term = Term::Field(field.name.as_str().into());
    Some(Typed { term, kind: field.kind, choice: field.choice.clone() })
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
    Some(Typed { term, kind: ValueKind::Choice, choice: Some(list) })
}

fn field<'s>(name: &At<String>, schema: &'s Schema, found: &mut Diagnostics) -> Option<&'s Field> {
    let field = schema.fields.iter().find(|field| field.name == name.value);
    if field.is_none() {
        found.push(unknown_field(&name.value, name.place, schema));
    }
    field
}

/// The diagnostic for a name that is no field.
fn unknown_field(name: &str, place: Place, schema: &Schema) -> Diagnostic {
    let names = schema.fields.iter().map(|field| field.name.as_str()).chain(["program", "contact", "terms"]);
    Diagnostic::new(Code::UnknownField, place, format!("no field is called `{name}`"))
        .did_you_mean(name, names)
        .hint(format!("declare it in `brand.flow`, as in `field {name}: text`"))
}
