//! The fields of a brand, each with its type.

use super::Types;
use crate::bot::Field;
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expr;
use crate::flow::brand::{BrandFile, FieldDecl, KindDecl};
use crate::grammar::syntax::ValueDecl;
use crate::grammar::{choice, reserved_spelling, told_apart};
use crate::slot::{self, Choice, ChoiceValue, SlotType};
use std::sync::Arc;

/// The brand's fields with their types.
pub(super) fn fields(brand: &BrandFile, types: &Types, found: &mut Diagnostics) -> Vec<(Field, expr::Field)> {
    found.once("field", brand.fields.iter().map(|field| &field.name));
    let mut fields = Vec::new();
    for decl in &brand.fields {
        let name = decl.name.value.clone();
        if expr::RESERVED.contains(&name.as_str()) {
            let message = format!("`{name}` means something in every expression");
            let diagnostic = Diagnostic::new(Code::ReservedName, decl.name.place, message);
            found.push(diagnostic.hint("give the field another name"));
        }
        let (slot_type, choice): (Arc<dyn SlotType>, _) = match &decl.kind {
            KindDecl::Named(kind) => {
                if let Some(slot_type) =
                    slot::by_name(&kind.value).or_else(|| types.get(&kind.value).cloned())
                {
                    let list = known_list(&*slot_type);
                    (slot_type, list)
                } else {
                    let message = format!("no slot type is called `{}`", kind.value);
                    let own = types.keys().map(String::as_str);
                    let known = slot::ALL.iter().map(SlotType::name).chain(own).chain(["one of"]);
                    let diagnostic = Diagnostic::new(Code::UnknownType, kind.place, message);
                    found.push(
                        diagnostic
                            .did_you_mean(&kind.value, known.clone())
                            .hint(format!("the types are {}", known.collect::<Vec<_>>().join(", "))),
                    );
                    continue;
                }
            }
            KindDecl::OneOf(values) => {
                let choice = Arc::new(one_of(decl, values, found));
                (Arc::clone(&choice) as Arc<dyn SlotType>, Some(choice))
            }
        };
        let known = expr::Field {
            name: name.clone(),
            slot_type: slot_type.name().to_owned(),
            kind: slot_type.kind(),
            choice,
        };
        let field = Field {
            name,
            personal: decl.personal,
            slot_type,
            was: decl.was.iter().map(|was| was.value.clone()).collect(),
            convert: decl.convert,
            keys_before: keys_before(&decl.kind),
        };
        fields.push((field, known));
    }
    fields
}

/// The keys that the values of a list had before, with those of today.
fn keys_before(kind: &KindDecl) -> Vec<(String, String)> {
    let KindDecl::OneOf(values) = kind else { return Vec::new() };
    let was = |value: &ValueDecl| {
        let now = value.key.value.clone();
        value.was.iter().map(move |was| (was.value.clone(), now.clone())).collect::<Vec<_>>()
    };
    values.iter().flat_map(was).collect()
}

/// The list behind a type that comes with sayso, if it is one.
fn known_list(slot_type: &dyn SlotType) -> Option<Arc<Choice>> {
    let value = |key: &&str| ChoiceValue { key: (*key).to_owned(), spellings: Vec::new() };
    let values: Vec<ChoiceValue> = slot_type.keys().iter().map(value).collect();
    (!values.is_empty()).then(|| Arc::new(Choice::new(slot_type.name(), values)))
}

/// A `one of` list; an empty one, and a spelling or a key, of today or before, that two values share, are mistakes.
fn one_of(decl: &FieldDecl, values: &[ValueDecl], found: &mut Diagnostics) -> Choice {
    if values.is_empty() {
        let message = format!("the list of `{}` is empty", decl.name.value);
        let diagnostic = Diagnostic::new(Code::EmptyList, decl.name.place, message);
        found.push(diagnostic.hint("write its values below it, one a line"));
    }
    for word in values.iter().flat_map(ValueDecl::words) {
        reserved_spelling(word, found);
    }
    told_apart("values", values.iter().map(ValueDecl::words), found);
    told_apart("values", values.iter().map(ValueDecl::keys), found);
    choice(&decl.name.value, values)
}
