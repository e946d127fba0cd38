//! Where a value stands in a request: `data.payload.to[0].phone_number`.
//!
//! | written | means |
//! |---|---|
//! | `a.b` | the field `b` of the field `a`; `'a.b'` is one field whose name has a full stop |
//! | `a[0]` | the first of the list `a` |
//! | `a[]` | each of the list `a`, where there may be several |
//! | `a.(json)`, `a.(xml)` | what the text in `a` says as JSON, or as XML |
//! | `a.@b` | the attribute `b` of the element `a` |
//! | `../a` | the field `a` of what is around this item |

use super::xml;
use serde::Deserialize;
use serde_json::Value;
use std::fmt;
use std::str::FromStr;

/// A place in a request.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(try_from = "String")]
pub struct Path {
    written: String,
    up: usize,
    steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
enum Step {
    Name(String),
    At(usize),
    Each,
    Json,
    Xml,
}

/// An item of a request, and what it lies in.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'s> {
    /// The item.
    pub item: &'s Value,
    /// What is around it.
    pub outer: Option<&'s Scope<'s>>,
    /// Whether names are found in any case.
    pub any_case: bool,
}

impl Path {
    /// Whether it may mean several values.
    #[must_use]
    pub fn is_several(&self) -> bool {
        self.steps.contains(&Step::Each)
    }

    /// Reads the value that stands there.
    pub fn with<R>(&self, scope: &Scope<'_>, read: impl FnOnce(&Value) -> R) -> Option<R> {
        let mut scope = scope;
        for _ in 0..self.up {
            scope = scope.outer?;
        }
        let mut read = Some(read);
        let mut result = None;
        walk(&self.steps, scope.item, scope.any_case, &mut |value| {
            if let Some(read) = read.take() {
                result = Some(read(value));
            }
        });
        result
    }

    /// The value as text: words, a number or a truth value; nothing where there is none.
    #[must_use]
    pub fn text(&self, scope: &Scope<'_>) -> Option<String> {
        self.with(scope, text_of).flatten()
    }

    /// The same place seen from the whole request, for an item that these places lead to; nothing where it leads out of it.
    #[must_use]
    pub fn from_root(&self, items: &[Self]) -> Option<Self> {
        let mut around: Vec<Vec<Step>> = vec![Vec::new()];
        let from = |around: &[Vec<Step>], path: &Self| {
            let outer = around.len().checked_sub(path.up + 1)?;
            Some([&around[outer][..], &path.steps].concat())
        };
        for item in items {
            around.push(from(&around, item)?);
        }
        Some(Self { written: self.written.clone(), up: 0, steps: from(&around, self)? })
    }

    /// Puts a value there, seen from the whole request; of a list where there may be several, as the first. O(steps), and
    /// O(bytes) for each JSON within a text.
    pub fn put(&self, request: &mut Value, value: Value) {
        put(&self.steps, request, value);
    }

    /// Reads each value that it means, in order.
    pub fn each(&self, scope: &Scope<'_>, read: &mut dyn FnMut(&Value)) {
        walk(&self.steps, scope.item, scope.any_case, read);
    }
}

/// A plain value as text, or the text of an element of XML.
pub(in crate::provider) fn text_of(value: &Value) -> Option<String> {
    match xml::first(value) {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(truth) => Some(truth.to_string()),
        element @ Value::Object(_) => xml::text(element).map(str::to_owned),
        Value::Null | Value::Array(_) => None,
    }
}

/// O(values that are met). Steps are few, and so is what is on the stack.
fn walk(steps: &[Step], value: &Value, any_case: bool, read: &mut dyn FnMut(&Value)) {
    let Some((step, rest)) = steps.split_first() else { return read(value) };
    match step {
        Step::Name(name) => {
            let Value::Object(fields) = xml::first(value) else { return };
            let exact = fields.get(name);
            let in_any_case =
                || fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value);
            if let Some(value) = exact.or_else(|| in_any_case().filter(|_| any_case)) {
                walk(rest, value, any_case, read);
            }
        }
        Step::At(at) => {
            if let Some(value) = xml::items(value).get(*at) {
                walk(rest, value, any_case, read);
            }
        }
        Step::Each => xml::items(value).iter().for_each(|value| walk(rest, value, any_case, read)),
        Step::Json | Step::Xml => {
            if let Some(value) = text_of(value).and_then(|text| document(step, &text)) {
                walk(rest, &value, any_case, read);
            }
        }
    }
}

/// What a text says as JSON or XML, if it is that.
fn document(step: &Step, text: &str) -> Option<Value> {
    if *step == Step::Xml { xml::read(text).ok() } else { serde_json::from_str(text).ok() }
}

/// What stands in the way is made into what the place needs.
fn put(steps: &[Step], within: &mut Value, value: Value) {
    let Some((step, rest)) = steps.split_first() else { return xml::put_text(within, value) };
    match step {
        Step::Name(name) => {
            if !within.is_object() {
                *within = xml::opened(within.take(), name);
            }
            if let Some(fields) = within.as_object_mut() {
                put(rest, fields.entry(name.as_str()).or_insert(Value::Null), value);
            }
        }
        Step::At(_) | Step::Each => {
            let at = if let Step::At(at) = step { *at } else { 0 };
            if !within.is_array() {
                *within = Value::Array(Vec::new());
            }
            if let Some(list) = within.as_array_mut() {
                while list.len() <= at {
                    list.push(Value::Null);
                }
                put(rest, &mut list[at], value);
            }
        }
        Step::Json | Step::Xml => {
            let before = within.as_str().and_then(|text| document(step, text));
            let mut inner = before.unwrap_or(Value::Null);
            put(rest, &mut inner, value);
            let written = if *step == Step::Xml { xml::write(&inner) } else { inner.to_string() };
            *within = Value::String(written);
        }
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl TryFrom<String> for Path {
    type Error = String;

    fn try_from(written: String) -> Result<Self, String> {
        written.parse()
    }
}

impl FromStr for Path {
    type Err = String;

    fn from_str(written: &str) -> Result<Self, String> {
        let mut rest = written;
        let mut up = 0;
        while let Some(outer) = rest.strip_prefix("../") {
            (up, rest) = (up + 1, outer);
        }
        let mut steps = Vec::new();
        loop {
            rest = segment(rest, &mut steps).map_err(|what| format!("`{written}` is no path: {what}"))?;
            match rest.strip_prefix('.') {
                Some(next) => rest = next,
                None if rest.is_empty() => return Ok(Self { written: written.to_owned(), up, steps }),
                None => return Err(format!("`{written}` is no path: a full stop parts names")),
            }
        }
    }
}

/// Reads one name with what stands in brackets behind it; what is left.
fn segment<'t>(text: &'t str, steps: &mut Vec<Step>) -> Result<&'t str, &'static str> {
    if let Some(rest) = text.strip_prefix("(json)") {
        steps.push(Step::Json);
        return Ok(rest);
    }
    if let Some(rest) = text.strip_prefix("(xml)") {
        steps.push(Step::Xml);
        return Ok(rest);
    }
    let mut rest = if let Some(quoted) = text.strip_prefix('\'') {
        let (name, rest) = quoted.split_once('\'').ok_or("a quote is not closed")?;
        steps.push(Step::Name(name.to_owned()));
        rest
    } else {
        let end = text.find(['.', '[']).unwrap_or(text.len());
        if end > 0 {
            steps.push(Step::Name(text[..end].to_owned()));
        } else if !text.starts_with('[') {
            return Err("a name is missing");
        }
        &text[end..]
    };
    while let Some(bracket) = rest.strip_prefix('[') {
        let (at, behind) = bracket.split_once(']').ok_or("a bracket is not closed")?;
        steps.push(match at {
            "" => Step::Each,
            at => Step::At(at.parse().map_err(|_| "brackets hold a number, or nothing")?),
        });
        rest = behind;
    }
    Ok(rest)
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use serde_json::json;

    /// Where a path leads, as texts.
    pub(in crate::provider::file) fn all(path: &str, value: &Value) -> Vec<String> {
        let mut found = Vec::new();
        let scope = Scope { item: value, outer: None, any_case: false };
        path.parse::<Path>().expect("a path").each(&scope, &mut |value| found.extend(text_of(value)));
        found
    }

    #[test]
    fn paths_lead_through_fields_lists_and_json_in_texts() {
        let value = json!({
            "a": { "b": "1", "c.d": 2 },
            "list": [{ "x": "3" }, { "x": null }, { "x": true }],
            "inside": r#"{"y": [4, 5]}"#,
            "none": null,
        });
        assert_eq!(all("a.b", &value), ["1"]);
        assert_eq!(all("a.'c.d'", &value), ["2"]);
        assert_eq!(all("list[0].x", &value), ["3"]);
        assert_eq!(all("list[].x", &value), ["3", "true"]);
        assert_eq!(all("inside.(json).y[1]", &value), ["5"]);
        assert_eq!(all("[].x", &value["list"]), ["3", "true"]);
        for nothing in ["none", "a", "a.x", "list[9].x", "list.x", "a.(json)", "inside.y"] {
            assert_eq!(all(nothing, &value), Vec::<String>::new(), "{nothing}");
        }
    }

    #[test]
    fn an_item_knows_what_it_lies_in() {
        let value = json!({ "to": "5", "items": [{ "From": "6" }] });
        let root = Scope { item: &value, outer: None, any_case: true };
        let scope = Scope { item: &value["items"][0], outer: Some(&root), any_case: true };
        let text = |path: &str| path.parse::<Path>().expect("a path").text(&scope);
        assert_eq!(text("../to").as_deref(), Some("5"));
        assert_eq!(text("from").as_deref(), Some("6"));
        assert_eq!(text("../../to"), None);
    }

    #[test]
    fn what_is_no_path_is_told() {
        for wrong in ["", "a.", ".a", "a[", "a[x]", "'a", "a[0]b", "a..b", "../"] {
            assert!(wrong.parse::<Path>().is_err(), "{wrong}");
        }
    }
}
