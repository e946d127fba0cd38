//! Types that grammar files define by a regular expression.

use super::syntax::{GrammarFile, TypeDecl};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place};
use crate::slot::{self, Answer, Context, Custom, EXPRESSION_BYTES_MAX, SlotType};
use crate::sms::Text;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The types that files define, by name; mistakes and samples that do not hold go to `found`.
#[must_use]
pub fn declared(files: &[GrammarFile], found: &mut Diagnostics) -> BTreeMap<String, Arc<dyn SlotType>> {
    let mut types: BTreeMap<String, Arc<dyn SlotType>> = BTreeMap::new();
    let mut places: BTreeMap<&str, Place> = BTreeMap::new();
    for decl in files.iter().flat_map(|file| &file.types) {
        let name = decl.name.value.as_str();
        if slot::by_name(name).is_some() {
            let message = format!("`{name}` is a type that comes with sayso");
            found.push(
                Diagnostic::new(Code::BadType, decl.name.place, message).hint("give yours another name"),
            );
        } else if let Some(first) = places.insert(name, decl.name.place) {
            let diagnostic =
                Diagnostic::new(Code::DeclaredTwice, decl.name.place, format!("a second type `{name}`"));
            found.push(diagnostic.related(first, "the first one").hint("give one of them another name"));
        } else if let Some(custom) = custom(decl, found) {
            types.insert(name.to_owned(), Arc::new(custom));
        }
    }
    types
}

fn custom(decl: &TypeDecl, found: &mut Diagnostics) -> Option<Custom> {
    let example = decl.samples.first().map(|sample| sample.value.as_str());
    let mut mistake = |place: Place, message: String, hint: &str| {
        found.push(Diagnostic::new(Code::BadType, place, message).hint(hint.to_owned()));
    };
    let expression = &decl.expression;
    let custom = match Custom::new(&decl.name.value, &expression.value, example) {
        Ok(custom) => custom,
        Err(regex::Error::CompiledTooBig(_)) => {
            let message =
                format!("this expression needs more than {EXPRESSION_BYTES_MAX} bytes when compiled");
            mistake(
                expression.place,
                message,
                "repeat less, or use smaller classes: `[0-9]` instead of `\\d`",
            );
            return None;
        }
        Err(error) => {
            let message = error.to_string();
            let reason = message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned();
            let hint = "the syntax is that of the `regex` crate: no look-around, no back-references";
            mistake(expression.place, reason, hint);
            return None;
        }
    };
    if custom.takes_nothing() {
        let message = "this expression also takes a text of no letters".to_owned();
        mistake(expression.place, message, "at least one sign must not be optional");
    }
    let takes = |sample: &At<String>| {
        let text = Text::new(&sample.value);
        matches!(custom.read(&text, &Context::of(&[])), Answer::Value(_))
    };
    for sample in decl.samples.iter().filter(|sample| !takes(sample)) {
        let message = format!("`{}` does not take this", decl.name.value);
        mistake(sample.place, message, "a value begins and ends where a word does");
    }
    for sample in decl.counter_samples.iter().filter(|sample| takes(sample)) {
        mistake(
            sample.place,
            format!("`{}` does take this", decl.name.value),
            "make the expression narrower",
        );
    }
    Some(custom)
}
