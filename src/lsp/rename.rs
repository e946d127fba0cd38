//! Renaming: every use, and `was OLD` below the declaration, so that people who stand there survive it.

use super::analysis::{Analysis, Named, Scope, block_at, line_at};
use super::documents::kind_of;
use crate::bot::{Mention, Role, Symbol};
use crate::diagnostic::{At, Diagnostics, FileId, Place, Sources};
use crate::expr;
use crate::flow::{brand, syntax};
use crate::format::Kind;
use crate::grammar::syntax::named as read_name;
use crate::outline::{Reader, Span};
use std::collections::{BTreeMap, BTreeSet};

/// Edits of files, in bytes of the texts as they were checked.
pub(super) type Edits = BTreeMap<FileId, Vec<(Place, String)>>;

/// Whether a name can be renamed; else why not.
pub(super) fn can_rename(analysis: &Analysis, named: Named<'_>) -> Result<(), String> {
    let of = &named.mention.of;
    let (kind, name) = (of.kind(), of.name());
    let home = analysis.home(named);
    let all = analysis.all(&home, of);
    if !all.iter().any(|mention| mention.role == Role::Declared) {
        return Err(format!("the {kind} `{name}` comes with sayso and keeps its name"));
    }
    if home.is_none() && named.scope.is_some() || named.scope.is_none() {
        return Err(format!(
            "the {kind} `{name}` is shared by all brands; rename it by hand, in each of them"
        ));
    }
    if matches!(of, Symbol::Resource { kind: "contest" | "team" | "program", .. }) {
        return Err(format!(
            "the store holds what belongs to the {kind} `{name}` under this name, so it keeps it"
        ));
    }
    unseen(analysis, &all, of).map_or(Ok(()), Err)
}

/// The edits that give something another name.
///
/// # Errors
/// In words for the writer: the name is none, it is taken, or not every use can be seen.
pub(super) fn rename(analysis: &Analysis, named: Named<'_>, new: &str) -> Result<Edits, String> {
    can_rename(analysis, named)?;
    let of = &named.mention.of;
    if new == of.name() {
        return Ok(Edits::new());
    }
    well_formed(new, of)?;
    let home = analysis.home(named);
    let memories = memories(analysis, &home);
    free(analysis, &home, of, new, &memories)?;
    let mut edits = Edits::new();
    for mention in analysis.all(&home, of) {
        edits.entry(mention.place.file).or_default().push((mention.place, new.to_owned()));
    }
    for memory in memories.iter().filter(|memory| memory.of == *of) {
        remember(analysis, memory, new, &mut edits);
    }
    for edits in edits.values_mut() {
        edits.sort();
    }
    Ok(edits)
}

/// Writes `was OLD` below a declaration. Where the new name is a former one, its line becomes that of the old name.
fn remember(analysis: &Analysis, memory: &Memory, new: &str, edits: &mut Edits) {
    let (name, old) = (memory.name.place, memory.name.value.as_str());
    let edits = edits.entry(name.file).or_default();
    if let Some(former) = memory.was.iter().find(|was| was.value == new) {
        edits.push((former.place, old.to_owned()));
        return;
    }
    let text = &analysis.source(name.file).text;
    let line = line_at(text, name.range().start);
    let ending = if text[line.end..].starts_with("\r\n") { "\r\n" } else { "\n" };
    edits.push((Place::new(name.file, line.end..line.end), format!("{ending}  was {old}")));
}

/// Something that the store knows by its name, and the names it had before.
struct Memory {
    of: Symbol,
    name: At<String>,
    was: Vec<At<String>>,
}

/// All flows, nodes and fields of a brand, as its files say it.
fn memories(analysis: &Analysis, home: &Scope) -> Vec<Memory> {
    let remembers = |of: &Symbol| matches!(of, Symbol::Flow(_) | Symbol::Field(_));
    let declared = analysis.mentions_in(home.as_ref()).iter();
    let declared = declared.filter(|mention| mention.role == Role::Declared && remembers(&mention.of));
    let files: BTreeSet<FileId> = declared.map(|mention| mention.place.file).collect();
    let mut memories = Vec::new();
    let memory =
        |of, name: &At<String>, was: &[At<String>]| Memory { of, name: name.clone(), was: was.to_vec() };
    for file in files {
        let source = analysis.source(file);
        let mut found = Diagnostics::default();
        let reader = &mut Reader::new(file, &mut found);
        if kind_of(&source.path) == Some(Kind::Brand) {
            for decl in brand::parse(&source.text, reader).fields {
                memories.push(memory(Symbol::Field(decl.name.value.clone()), &decl.name, &decl.was));
            }
            continue;
        }
        for flow in syntax::parse(&source.text, reader).flows {
            memories.push(memory(Symbol::Flow(flow.name.value.clone()), &flow.name, &flow.was));
            for node in &flow.nodes {
                let of = Symbol::Node { flow: flow.name.value.clone(), name: node.name.value.clone() };
                memories.push(memory(of, &node.name, &node.was));
            }
        }
    }
    memories
}

/// Whether the parsers take a name.
fn well_formed(new: &str, of: &Symbol) -> Result<(), String> {
    let mut sources = Sources::default();
    let mut found = Diagnostics::default();
    let file = sources.add("", "");
    if read_name(Span::new(new), of.kind(), &mut Reader::new(file, &mut found)).is_none() {
        let said = found.iter().next().map(|d| format!("{}: {}", d.message, d.hints.join("; ")));
        return Err(said.unwrap_or_else(|| format!("`{new}` is no name")));
    }
    if matches!(of, Symbol::Field(_)) && expr::RESERVED.contains(&new) {
        return Err(format!("`{new}` means something in every expression; take another name"));
    }
    Ok(())
}

/// Whether nothing else has the name, today or in the memory of people who stand in a dialogue.
fn free(
    analysis: &Analysis,
    home: &Scope,
    of: &Symbol,
    new: &str,
    memories: &[Memory],
) -> Result<(), String> {
    let renamed = of.renamed(new);
    let taken = analysis.declared(home.as_ref()).find(|mention| mention.of == renamed);
    // Within a pattern a list, a field and a type are written alike.
    let in_slots = |of: &Symbol| matches!(of, Symbol::List(_) | Symbol::Field(_) | Symbol::Type(_));
    let in_grammar =
        |m: &&Mention| analysis.source(m.place.file).path.extension().is_some_and(|e| e == "grammar");
    let slots = analysis.mentions_in(home.as_ref()).iter().filter(in_grammar);
    let alike = analysis.declared(home.as_ref()).chain(slots);
    let alike = alike.filter(|m| in_slots(of) && in_slots(&m.of)).find(|m| m.of.name() == new);
    if let Some(other) = taken.or(alike) {
        return Err(format!(
            "`{new}` is taken: the {} in {} has this name",
            other.of.kind(),
            analysis.told(other.place)
        ));
    }
    let others = memories.iter().filter(|memory| memory.of != *of && memory.of.renamed(new) == renamed);
    for other in others {
        if other.was.iter().any(|was| was.value == new) {
            return Err(format!(
                "`{new}` is a former name of the {} `{}`: what the store holds under it would be led astray",
                of.kind(),
                other.of.name()
            ));
        }
    }
    Ok(())
}

/// Why perhaps not every use is seen: an error in a block that holds the name, too. What cannot be read is not resolved, and
/// a rename that leaves a use behind is worse than none.
fn unseen(analysis: &Analysis, all: &[&Mention], of: &Symbol) -> Option<String> {
    let declared = all.iter().find(|mention| mention.role == Role::Declared)?.place.file;
    let brand = analysis.brand_of(&analysis.path(declared));
    // Nodes are named in the file of their flow, and in conversations.
    let is_node = matches!(of, Symbol::Node { .. });
    let may_name = |file: FileId| {
        let path = analysis.path(file);
        let is_near = !is_node || file == declared || kind_of(&path) == Some(Kind::Chat);
        is_near && analysis.brand_of(&path) == brand
    };
    for error in analysis.errors().filter(|error| may_name(error.place.file)) {
        let file = error.place.file;
        let text = &analysis.source(file).text;
        let block = block_at(text, top_of(text, error.place.range().start));
        let resolved = analysis.mentions_in(brand).iter().filter(|mention| mention.place.file == file);
        let seen = |at: usize| resolved.clone().any(|mention| mention.place.range().start == at);
        let hidden = words(&text[block.clone()], of.name()).any(|at| !seen(block.start + at));
        if hidden {
            return Some(format!(
                "not every use of `{}` can be seen: first mend the error in {} ({})",
                of.name(),
                analysis.told(error.place),
                error.message
            ));
        }
    }
    None
}

/// The first byte of the line at the left edge that a byte's line belongs to.
fn top_of(text: &str, byte: usize) -> usize {
    let mut start = line_at(text, byte).start;
    while start > 0 && text[start..].starts_with([' ', '\t', '\n', '\r', '#']) {
        start = line_at(text, start - 1).start;
    }
    start
}

/// Where a word stands in a text, whole.
fn words<'t>(text: &'t str, word: &'t str) -> impl Iterator<Item = usize> {
    let inside = |c: char| c.is_alphanumeric() || c == '-' || c == '_';
    text.match_indices(word)
        .map(|(at, _)| at)
        .filter(move |at| !text[..*at].ends_with(inside) && !text[at + word.len()..].starts_with(inside))
}
