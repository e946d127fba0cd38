//! Texts typed against a brand's fields and links.

use super::{Kind, Schema, Term, term};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics};
use crate::expr::format;
use crate::expr::syntax::Expr;
use crate::expr::template::{Category, Link, Piece, Template};
use crate::language::Lang;
use crate::slot::ValueKind;
use http::Uri;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A text with typed expressions.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The language it is written in: numbers and dates are shown as it writes them.
    pub language: Lang,
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
    /// The word that goes with a number.
    Plural {
        /// The number.
        of: Term,
        /// A word for each category that has one of its own.
        forms: Vec<(Category, String)>,
        /// The word for all others.
        other: String,
    },
    /// A link.
    Link {
        /// The name that the brand's files give it, by which it is counted.
        name: Option<Arc<str>>,
        /// Where it leads.
        url: Arc<str>,
    },
}

/// Types a text of that language; an expression with a mistake is reported and left out.
pub fn type_template(template: &Template, language: Lang, schema: &Schema, found: &mut Diagnostics) -> Text {
    let pieces = template.pieces.iter().filter_map(|piece| match piece {
        Piece::Words(words) => Some(TextPiece::Words(words.clone())),
        Piece::Expr(expr) => term(expr, None, schema, found).map(|typed| TextPiece::Term(typed.term)),
        Piece::Plural(number, forms) => plural(number, forms, language, schema, found),
        Piece::Link(written) => link(written, schema, found),
    });
    let pieces = pieces.collect();
    Text { language, pieces }
}

fn plural(
    number: &Expr,
    forms: &[(At<Category>, At<String>)],
    language: Lang,
    schema: &Schema,
    found: &mut Diagnostics,
) -> Option<TextPiece> {
    let typed = term(number, None, schema, found)?;
    let mut wrong = |place, message: String, hint: String| {
        found.push(Diagnostic::new(Code::BadPlural, place, message).hint(hint));
    };
    if typed.kind != Kind::Of(ValueKind::Number) {
        let message = format!("{} cannot be counted", typed.kind.name());
        wrong(number.place(), message, "forms of a word go with a number".to_owned());
    }
    let used = format::categories(language);
    for (at, (category, _)) in forms.iter().enumerate() {
        if forms[..at].iter().any(|(earlier, _)| earlier.value == category.value) {
            let message = format!("the form `{}` stands here twice", category.value);
            wrong(category.place, message, "keep one of them".to_owned());
        } else if !used.contains(&category.value) {
            let message = format!("`{language}` has no form `{}`", category.value);
            let names: Vec<String> = used.iter().map(|used| format!("`{used}`")).collect();
            wrong(category.place, message, format!("numbers in `{language}` take {}", names.join(", ")));
        }
    }
    let other = forms.iter().find(|(category, _)| category.value == Category::Other);
    if other.is_none() {
        let hint = "write it last, for all numbers that have no form of their own: `other \"scoops\"`";
        wrong(number.place(), "the form `other` is missing".to_owned(), hint.to_owned());
    }
    let (_, other) = other?;
    let own = forms.iter().filter(|(category, _)| category.value != Category::Other);
    let own = own.map(|(category, word)| (category.value, word.value.clone())).collect();
    Some(TextPiece::Plural { of: typed.term, forms: own, other: other.value.clone() })
}

fn link(link: &Link, schema: &Schema, found: &mut Diagnostics) -> Option<TextPiece> {
    let (name, url) = match link {
        Link::To(address, name) => {
            if web_address(&address.value).is_none() {
                let message = format!("`{}` is no web address", address.value);
                let hint =
                    "a link begins with `https://` and names a host: `{link https://scoops.example/mango}`";
                found.push(Diagnostic::new(Code::BadLink, address.place, message).hint(hint));
                return None;
            }
            (name.as_ref(), address.value.as_str())
        }
        Link::Named(name) => {
            let Some(url) = schema.links.get(&name.value) else {
                let message = format!("no link is called `{}`", name.value);
                let hint = format!("give an address that name: `{{link https://… as {}}}`", name.value);
                let diagnostic = Diagnostic::new(Code::BadLink, name.place, message);
                let known = schema.links.keys().map(String::as_str);
                found.push(diagnostic.did_you_mean(&name.value, known).hint(hint));
                return None;
            };
            (Some(name), url.as_str())
        }
    };
    Some(TextPiece::Link { name: name.map(|name| name.value.as_str().into()), url: url.into() })
}

/// An address of the web, in full: its scheme and its host stand there.
pub fn web_address(words: &str) -> Option<Uri> {
    let uri: Uri = words.parse().ok()?;
    let names_host = uri.host().is_some_and(|host| !host.is_empty());
    (matches!(uri.scheme_str(), Some("http" | "https")) && names_host).then_some(uri)
}

/// The addresses of the links that bear a name, out of all texts of a brand; one name for two addresses is reported.
pub fn links<'t>(
    templates: impl Iterator<Item = &'t Template>,
    found: &mut Diagnostics,
) -> BTreeMap<String, String> {
    let mut links: BTreeMap<&str, (&At<String>, &At<String>)> = BTreeMap::new();
    for (name, address) in templates.flat_map(Template::named_links) {
        let (first, known) = *links.entry(&name.value).or_insert((name, address));
        if known.value != address.value {
            let message = format!("`{}` names two addresses", name.value);
            let diagnostic = Diagnostic::new(Code::DeclaredTwice, name.place, message);
            let other = format!("it is `{}` here", known.value);
            found.push(diagnostic.related(first.place, other).hint("give one of them another name"));
        }
    }
    links.into_iter().map(|(name, (_, address))| (name.to_owned(), address.value.clone())).collect()
}
