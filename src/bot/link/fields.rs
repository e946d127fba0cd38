//! The fields of a brand, each with its type.

use super::{Types, once};
use crate::bot::Field;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::expr;
use crate::flow::brand::{BrandFile, FieldDecl, KindDecl};
use crate::grammar::reserved_spelling;
use crate::slot::{self, Choice, ChoiceValue, SlotType};
use crate::sms::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The brand's fields with their types.
pub(super) fn fields(brand: &BrandFile, types: &Types, found: &mut Diagnostics) -> Vec<(Field, expr::Field)> {
    once("field", brand.fields.iter().map(|field| &field.name), found);
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
            KindDecl::OneOf(_) => {
                let choice = Arc::new(choice(decl, found));
                (Arc::clone(&choice) as Arc<dyn SlotType>, Some(choice))
            }
        };
        let kind = slot_type.kind();
        let field = Field { name: name.clone(), personal: decl.personal, slot_type };
        fields.push((field, expr::Field { name, kind, choice }));
    }
    fields
}

/// The list behind a type that comes with sayso, if it is one.
fn known_list(slot_type: &dyn SlotType) -> Option<Arc<Choice>> {
    let value = |key: &&str| ChoiceValue { key: (*key).to_owned(), spellings: Vec::new() };
    let values: Vec<ChoiceValue> = slot_type.keys().iter().map(value).collect();
    (!values.is_empty()).then(|| Arc::new(Choice::new(slot_type.name(), values)))
}

/// A `one of` list; an empty one, and a spelling that two values share, are mistakes.
fn choice(decl: &FieldDecl, found: &mut Diagnostics) -> Choice {
    let KindDecl::OneOf(values) = &decl.kind else { return Choice::new(&decl.name.value, Vec::new()) };
    if values.is_empty() {
        let message = format!("the list of `{}` is empty", decl.name.value);
        let diagnostic = Diagnostic::new(Code::EmptyList, decl.name.place, message);
        found.push(diagnostic.hint("write its values below it, one a line"));
    }
    let mut taken: BTreeMap<String, Place> = BTreeMap::new();
    let mut linked = Vec::new();
    for value in values {
        let mut spellings = Vec::new();
        for spelling in std::iter::once(&value.key).chain(&value.spellings) {
            reserved_spelling(spelling, found);
            let folded = Text::new(&spelling.value).words().collect::<Vec<_>>().join(" ");
            match taken.get(&folded) {
                Some(_) if spellings.contains(&folded) => {}
                Some(before) => {
                    let message = format!("`{}` stands for two values", spelling.value);
                    let diagnostic = Diagnostic::new(Code::DeclaredTwice, spelling.place, message);
                    found.push(diagnostic.related(*before, "the first one").hint("keep it at one of them"));
                }
                None => {
                    taken.insert(folded.clone(), spelling.place);
                    spellings.push(folded);
                }
            }
        }
        linked.push(ChoiceValue { key: value.key.value.clone(), spellings });
    }
    Choice::new(&decl.name.value, linked)
}
