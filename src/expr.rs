//! The expression language: in texts (`{name else "friend"}`), in `when`, and for audiences.
//!
//! Parsed once with places, typed against the brand's fields when files are linked, evaluated without failure:
//! an unfilled field makes any comparison false. There are no loops and no calls.

mod eval;
mod format;
mod measure;
mod show;
mod syntax;
mod template;
mod typed;

#[cfg(test)]
mod tests;

pub use eval::{Facts, holds, order, render, value, whole_years};
pub use format::shown;
pub use measure::{Delay, Distance, Unit, delay};
pub use syntax::{Compare, Expr, Sign, expression};
pub use template::{Category, Link, Piece, Template, template};
pub use typed::{
    FACTS, Fact, Field, Formula, HomeField, Near, Schema, Term, Text, TextPiece, Uses, kind_name, links,
    type_assignment, type_condition, type_template, unknown_field, web_address,
};

/// Names that mean something in every expression and so cannot be names of fields.
pub const RESERVED: [&str; 15] = [
    "age", "open", "region", "tag", "last", "near", "program", "link", "contact", "terms", "and", "or",
    "not", "else", "known",
];
