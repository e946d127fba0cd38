//! Where the names of a brand stand: what an editor asks for. Linking notes each name as it resolves it, and only if
//! somebody asks; a bot that serves keeps none of this.

use super::BrandSources;
use crate::diagnostic::{At, Place};
use crate::expr::Uses;
use crate::flow::brand::{BrandFile, KindDecl};
use crate::grammar::syntax::{GrammarFile, Sequence, Term};
use std::cell::RefCell;
use std::rc::Rc;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Symbol {
    /// A flow.
    Flow(String),
    /// A node of a flow.
    Node {
        /// The flow.
        flow: String,
        /// The node.
        name: String,
    },
    /// A field of the brand.
    Field(String),
    /// An intent.
    Intent(String),
    /// A list of a grammar.
    List(String),
    /// A concept of a grammar.
    Concept(String),
    /// A slot type that a grammar defines.
    Type(String),
    /// Something that `brand.flow` declares and flows use: a webhook, a team, a picture, a lookup, a contest.
    Resource {
        /// The word of its block.
        kind: &'static str,
        /// Its name.
        name: String,
    },
}

impl Symbol {
    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Flow(name)
            | Self::Node { name, .. }
            | Self::Field(name)
            | Self::Intent(name)
            | Self::List(name)
            | Self::Concept(name)
            | Self::Type(name)
            | Self::Resource { name, .. } => name,
        }
    }

    /// The same thing under another name.
    #[must_use]
    pub fn renamed(&self, name: &str) -> Self {
        let name = name.to_owned();
        match self {
            Self::Flow(_) => Self::Flow(name),
            Self::Node { flow, .. } => Self::Node { flow: flow.clone(), name },
            Self::Field(_) => Self::Field(name),
            Self::Intent(_) => Self::Intent(name),
            Self::List(_) => Self::List(name),
            Self::Concept(_) => Self::Concept(name),
            Self::Type(_) => Self::Type(name),
            Self::Resource { kind, .. } => Self::Resource { kind, name },
        }
    }

    /// What it is, in one word.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Flow(_) => "flow",
            Self::Node { .. } => "node",
            Self::Field(_) => "field",
            Self::Intent(_) => "intent",
            Self::List(_) => "list",
            Self::Concept(_) => "concept",
            Self::Type(_) => "type",
            Self::Resource { kind, .. } => kind,
        }
    }
}

/// What a name does where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// It is declared here.
    Declared,
    /// It is used here.
    Used,
}

/// A name at a place, and what it stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mention {
    /// Where it stands: the name alone.
    pub place: Place,
    /// What it stands for.
    pub of: Symbol,
    /// What it does there.
    pub role: Role,
}

/// What linking notes down about one brand, if it is asked to.
#[derive(Debug, Default)]
pub struct Notes {
    used: RefCell<Vec<Mention>>,
    fields: Uses,
}

impl Notes {
    /// Notes that a name was resolved.
    pub(super) fn used(&self, name: &At<String>, of: Symbol) {
        self.used.borrow_mut().push(Mention { place: name.place, of, role: Role::Used });
    }

    /// Where expressions note the fields that they use.
    pub(super) fn fields(&self) -> Uses {
        Rc::clone(&self.fields)
    }

    /// All mentions in a brand's files, sorted by place, each once. What was noted is taken.
    #[must_use]
    pub fn mentions(&self, sources: &BrandSources<'_>) -> Vec<Mention> {
        let mut mentions = self.used.take();
        let fields = self.fields.take();
        mentions.extend(fields.into_iter().map(|name| used(&name, Symbol::Field)));
        for decl in &sources.brand.fields {
            mentions.push(declared(&decl.name, Symbol::Field));
            if let KindDecl::Named(kind) = &decl.kind {
                mentions.push(used(kind, Symbol::Type));
            }
        }
        resources(sources.brand, &mut mentions);
        for flow in sources.flows.iter().flat_map(|file| &file.flows) {
            mentions.push(declared(&flow.name, Symbol::Flow));
            let node = |name| Symbol::Node { flow: flow.name.value.clone(), name };
            mentions.extend(flow.nodes.iter().map(|decl| declared(&decl.name, node)));
        }
        let fields: Vec<&str> = sources.brand.fields.iter().map(|decl| decl.name.value.as_str()).collect();
        in_grammars(sources.grammars, &fields, &mut mentions);
        sorted(mentions)
    }
}

/// What `brand.flow` declares for flows to use by name.
fn resources(brand: &BrandFile, mentions: &mut Vec<Mention>) {
    let mut declare = |kind: &'static str, name: &At<String>| {
        mentions.push(declared(name, |name| Symbol::Resource { kind, name }));
    };
    brand.webhooks.iter().for_each(|decl| declare("webhook", &decl.name));
    brand.teams.iter().for_each(|decl| declare("team", &decl.name));
    brand.media.iter().for_each(|decl| declare("media", &decl.name));
    brand.lookups.iter().for_each(|decl| declare("lookup", &decl.name));
    brand.contests.iter().for_each(|decl| declare("contest", &decl.name));
    brand.programs.iter().for_each(|decl| declare("program", &decl.name));
}

/// All mentions in the grammars that brands share, sorted by place, each once.
#[must_use]
pub fn shared_mentions(grammars: &[GrammarFile]) -> Vec<Mention> {
    let mut mentions = Vec::new();
    in_grammars(grammars, &[], &mut mentions);
    sorted(mentions)
}

fn declared(name: &At<String>, of: impl FnOnce(String) -> Symbol) -> Mention {
    Mention { place: name.place, of: of(name.value.clone()), role: Role::Declared }
}

fn used(name: &At<String>, of: impl FnOnce(String) -> Symbol) -> Mention {
    Mention { place: name.place, of: of(name.value.clone()), role: Role::Used }
}

fn sorted(mut mentions: Vec<Mention>) -> Vec<Mention> {
    mentions.sort_by(|a, b| (a.place, &a.of, a.role).cmp(&(b.place, &b.of, b.role)));
    mentions.dedup();
    mentions
}

/// The names in grammars of one scope; slots can stand for `fields`, too.
fn in_grammars(grammars: &[GrammarFile], fields: &[&str], mentions: &mut Vec<Mention>) {
    let lists: Vec<&str> =
        grammars.iter().flat_map(|file| &file.lists).map(|list| list.name.value.as_str()).collect();
    for file in grammars {
        mentions.extend(file.intents.iter().map(|intent| declared(&intent.name, Symbol::Intent)));
        mentions.extend(file.lists.iter().map(|list| declared(&list.name, Symbol::List)));
        mentions.extend(file.concepts.iter().map(|concept| declared(&concept.name, Symbol::Concept)));
        mentions.extend(file.types.iter().map(|decl| declared(&decl.name, Symbol::Type)));
        // The order in which compiling resolves a slot: a list of these files, a field, a type.
        let mut slot = |kind: &At<String>| {
            let of = match kind.value.as_str() {
                list if lists.contains(&list) => Symbol::List,
                field if fields.contains(&field) => Symbol::Field,
                _ => Symbol::Type,
            };
            mentions.push(used(kind, of));
        };
        let mut concepts = Vec::new();
        for pattern in file.intents.iter().flat_map(|intent| &intent.patterns) {
            in_pattern(pattern, &mut slot, &mut |concept| concepts.push(used(concept, Symbol::Concept)));
        }
        mentions.extend(concepts);
    }
}

fn in_pattern(pattern: &Sequence, slot: &mut impl FnMut(&At<String>), concept: &mut impl FnMut(&At<String>)) {
    let mut open = vec![pattern];
    while let Some(sequence) = open.pop() {
        for term in &sequence.terms {
            match term {
                Term::Optional(parts) | Term::Group(parts) | Term::AnyOrder(parts) => open.extend(parts),
                Term::Slot { name, kind } => slot(kind.as_ref().unwrap_or(name)),
                Term::Concept(name) => concept(name),
                Term::Word(_) | Term::Ending(..) | Term::Gap(_) => {}
            }
        }
    }
}
