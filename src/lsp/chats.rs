//! Names in conversations (`*.chat`): `= at flow.node`, `= split flow.node arm`, `= field …`, and other things of a brand. They are no part of what a brand
//! is linked from, but a rename must not leave them behind.

use crate::bot::{Mention, Role, Symbol};
use crate::diagnostic::{Place, Sources};
use crate::transcript::{Chat, Expectation, Line};

/// The names in a conversation that stand for something; `is_known` says what does.
pub(super) fn mentions(chat: &Chat, sources: &Sources, is_known: impl Fn(&Symbol) -> bool) -> Vec<Mention> {
    let mut found = Vec::new();
    for line in &chat.lines {
        let words = Words { words: sources.slice(line.place), place: line.place };
        match &line.value {
            Line::Known(Expectation::At(place)) => node(words.last(place), place, &mut found),
            Line::Pin(place, arm) => {
                node(words.behind("split", place), place, &mut found);
                if let Some((flow, _)) = place.split_once('.') {
                    let of = Symbol::Node { flow: flow.to_owned(), name: arm.clone() };
                    found.extend(words.last(arm).map(|place| (place, of)));
                }
            }
            Line::Node(place) => node(words.behind("node", place), place, &mut found),
            Line::Campaign(flow) => {
                found.extend(words.last(flow).map(|place| (place, Symbol::Flow(flow.clone()))));
            }
            Line::Set(field, _) => {
                found.extend(words.behind("set", field).map(|at| (at, Symbol::Field(field.clone()))));
            }
            Line::Known(Expectation::Field(field, value)) => {
                let at = if value.is_some() { words.behind("=", field) } else { words.last(field) };
                found.extend(at.map(|place| (place, Symbol::Field(field.clone()))));
            }
            Line::Known(Expectation::Consent(_, Some(name))) => {
                found.extend(words.last(name).map(|at| (at, resource("program", name))));
            }
            Line::Known(Expectation::Told(name)) => {
                found.extend(words.behind("told", name).map(|at| (at, resource("webhook", name))));
            }
            Line::Draw(name, _) => {
                found.extend(words.behind("draw", name).map(|at| (at, resource("contest", name))));
            }
            Line::Lookup(name, _) => {
                found.extend(words.behind("lookup", name).map(|at| (at, resource("lookup", name))));
            }
            Line::Known(_)
            | Line::Text(_)
            | Line::From(_)
            | Line::At(_)
            | Line::Tap(_)
            | Line::Deliver(_)
            | Line::Reply(_)
            | Line::Wait(_)
            | Line::Never(_)
            | Line::Human(_)
            | Line::Reviewed(_) => {}
        }
    }
    let known = found.into_iter().filter(|(_, of)| is_known(of));
    known.map(|(place, of)| Mention { place, of, role: Role::Used }).collect()
}

fn resource(kind: &'static str, name: &str) -> Symbol {
    Symbol::Resource { kind, name: name.to_owned() }
}

/// `flow.node`: two names.
fn node(at: Option<Place>, written: &str, found: &mut Vec<(Place, Symbol)>) {
    let (Some(at), Some((flow, name))) = (at, written.split_once('.')) else { return };
    let start = at.range().start;
    let dot = start + flow.len();
    found.push((Place::new(at.file, start..dot), Symbol::Flow(flow.to_owned())));
    let of = Symbol::Node { flow: flow.to_owned(), name: name.to_owned() };
    found.push((Place::new(at.file, dot + 1..at.range().end), of));
}

/// The words of a line.
#[derive(Clone, Copy)]
struct Words<'w> {
    words: &'w str,
    place: Place,
}

impl Words<'_> {
    fn at(self, start: usize, word: &str) -> Place {
        let start = self.place.range().start + start;
        Place::new(self.place.file, start..start + word.len())
    }

    /// The place of a word that ends the line.
    fn last(self, word: &str) -> Option<Place> {
        let start = self.words.len().checked_sub(word.len())?;
        self.words.ends_with(word).then(|| self.at(start, word))
    }

    /// The place of a word that stands right behind another.
    fn behind(self, before: &str, word: &str) -> Option<Place> {
        let from = self.words.find(before)? + before.len();
        let rest = &self.words[from..];
        let start = from + rest.len() - rest.trim_start().len();
        self.words[start..].starts_with(word).then(|| self.at(start, word))
    }
}
