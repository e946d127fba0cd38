//! Renaming: every use, and `was OLD` below the declaration, so that people who stand there survive it.

use super::analysis::{Analysis, Named, Scope, block_at, line_at};
use crate::bot::{Mention, Role, Symbol};
use crate::diagnostic::{At, Diagnostics, FileId, Place, Sources};
use crate::expr;
use crate::flow::syntax::{self, FlowDecl};
use crate::grammar::syntax::named as read_name;
use crate::outline::{Reader, Span};
use std::collections::BTreeMap;

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
    let flows = flows(analysis, &home);
    free(analysis, &home, of, new, &flows)?;
    let mut edits = Edits::new();
    for mention in analysis.all(&home, of) {
        edits.entry(mention.place.file).or_default().push((mention.place, new.to_owned()));
    }
    for (file, decl) in &flows {
        let file = *file;
        match of {
            Symbol::Flow(name) if decl.name.value == *name => {
                remember(analysis, file, &decl.name, &decl.was, new, &mut edits);
            }
            Symbol::Node { flow, name } if decl.name.value == *flow => {
                for node in decl.nodes.iter().filter(|node| node.name.value == *name) {
                    remember(analysis, file, &node.name, &node.was, new, &mut edits);
                }
            }
            Symbol::Flow(_)
            | Symbol::Node { .. }
            | Symbol::Field(_)
            | Symbol::Intent(_)
            | Symbol::List(_)
            | Symbol::Concept(_)
            | Symbol::Type(_) => {}
        }
    }
    for edits in edits.values_mut() {
        edits.sort();
    }
    Ok(edits)
}

/// Writes `was OLD` below a declaration. Where the new name is a former one, its line becomes that of the old name.
fn remember(
    analysis: &Analysis,
    file: FileId,
    name: &At<String>,
    was: &[At<String>],
    new: &str,
    edits: &mut Edits,
) {
    let edits = edits.entry(file).or_default();
    if let Some(former) = was.iter().find(|was| was.value == new) {
        edits.push((former.place, name.value.clone()));
        return;
    }
    let text = &analysis.source(file).text;
    let line = line_at(text, name.place.range().start);
    let ending = if text[line.end..].starts_with("\r\n") { "\r\n" } else { "\n" };
    edits.push((Place::new(file, line.end..line.end), format!("{ending}  was {}", name.value)));
}

/// The flows of a brand, as they are written.
fn flows(analysis: &Analysis, home: &Scope) -> Vec<(FileId, FlowDecl)> {
    let declared = analysis.mentions_in(home.as_ref()).iter();
    let declared = declared.filter(|m| m.role == Role::Declared && matches!(m.of, Symbol::Flow(_)));
    let mut files: Vec<FileId> = declared.map(|mention| mention.place.file).collect();
    files.dedup();
    let read = |file: &FileId| {
        let text = &analysis.source(*file).text;
        let flows = syntax::parse(text, &mut Reader::new(*file, &mut Diagnostics::default())).flows;
        flows.into_iter().map(|flow| (*file, flow)).collect::<Vec<_>>()
    };
    files.iter().flat_map(read).collect()
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
    flows: &[(FileId, FlowDecl)],
) -> Result<(), String> {
    let renamed = with_name(of, new);
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
    let led_astray = |other: &str| {
        Err(format!(
            "`{new}` is a former name of the {} `{other}`: people who stand there would be led astray",
            of.kind()
        ))
    };
    let has_been = |was: &[At<String>]| was.iter().any(|was| was.value == new);
    for (_, decl) in flows {
        match of {
            Symbol::Flow(name) if decl.name.value != *name && has_been(&decl.was) => {
                return led_astray(&decl.name.value);
            }
            Symbol::Node { flow, name } if decl.name.value == *flow => {
                let mut others = decl.nodes.iter().filter(|node| node.name.value != *name);
                if let Some(other) = others.find(|node| has_been(&node.was)) {
                    return led_astray(&other.name.value);
                }
            }
            Symbol::Flow(_)
            | Symbol::Node { .. }
            | Symbol::Field(_)
            | Symbol::Intent(_)
            | Symbol::List(_)
            | Symbol::Concept(_)
            | Symbol::Type(_) => {}
        }
    }
    Ok(())
}

fn with_name(of: &Symbol, new: &str) -> Symbol {
    let new = new.to_owned();
    match of {
        Symbol::Flow(_) => Symbol::Flow(new),
        Symbol::Node { flow, .. } => Symbol::Node { flow: flow.clone(), name: new },
        Symbol::Field(_) => Symbol::Field(new),
        Symbol::Intent(_) => Symbol::Intent(new),
        Symbol::List(_) => Symbol::List(new),
        Symbol::Concept(_) => Symbol::Concept(new),
        Symbol::Type(_) => Symbol::Type(new),
    }
}

/// Why perhaps not every use is seen: an error in a block that holds the name, too. What cannot be read is not resolved, and
/// a rename that leaves a use behind is worse than none.
fn unseen(analysis: &Analysis, all: &[&Mention], of: &Symbol) -> Option<String> {
    let declared = all.iter().find(|mention| mention.role == Role::Declared)?.place.file;
    let brand = analysis.brand_of(&analysis.path(declared));
    let may_name = |file: FileId| match of {
        // Nodes are named in the file of their flow, and in conversations.
        Symbol::Node { .. } => {
            file == declared || analysis.source(file).path.extension().is_some_and(|ending| ending == "chat")
        }
        Symbol::Flow(_)
        | Symbol::Field(_)
        | Symbol::Intent(_)
        | Symbol::List(_)
        | Symbol::Concept(_)
        | Symbol::Type(_) => analysis.brand_of(&analysis.path(file)) == brand,
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
