//! Lists as they are written: values, each with words that stand for it.

use super::syntax::ValueDecl;
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place};
use crate::slot::{Choice, ChoiceValue};
use crate::sms::Text;
use std::collections::BTreeMap;

/// The list of these values. Words without letters are left out.
#[must_use]
pub fn choice(name: &str, values: &[ValueDecl]) -> Choice {
    let value = |value: &ValueDecl| {
        let mut spellings: Vec<String> = Vec::new();
        for spelling in value.words().map(|word| Text::new(&word.value).phrase()) {
            if !spelling.is_empty() && !spellings.contains(&spelling) {
                spellings.push(spelling);
            }
        }
        ChoiceValue { key: value.key.value.clone(), spellings }
    };
    Choice::new(name, values.iter().map(value).collect())
}

/// Reports words that stand for two of some things (`of` says which), compared as texts are.
pub fn told_apart<'w, W>(of: &str, things: impl Iterator<Item = W>, found: &mut Diagnostics)
where
    W: IntoIterator<Item = &'w At<String>>,
{
    let mut taken: BTreeMap<String, (usize, Place)> = BTreeMap::new();
    for (number, words) in things.enumerate() {
        for word in words {
            let known = taken.entry(Text::new(&word.value).phrase()).or_insert((number, word.place));
            if known.0 != number {
                let message = format!("`{}` stands for two {of}", word.value);
                let diagnostic = Diagnostic::new(Code::DeclaredTwice, word.place, message);
                found.push(diagnostic.related(known.1, "the first one").hint("keep it at one of them"));
            }
        }
    }
}
