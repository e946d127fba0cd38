//! A file as an outline of what it declares: flows with their nodes, intents, lists, fields.

use super::position::{Encoding, Page};
use crate::diagnostic::{Diagnostics, Sources};
use crate::outline::{Block, Reader, first_word, outline};
use lsp_types::{DocumentSymbol, SymbolKind};
use std::ops::Range as Bytes;

/// What a text declares, from the words that its blocks begin with; nodes stand below their flow.
pub(super) fn symbols(text: &str, encoding: Encoding) -> Vec<DocumentSymbol> {
    let file = Sources::default().add("", "");
    let mut found = Diagnostics::default();
    let blocks = outline(text, &mut Reader::new(file, &mut found));
    let page = Page::new(text, encoding);
    let mut symbols: Vec<DocumentSymbol> = Vec::new();
    for block in &blocks {
        let Some((name, kind)) = declared(block) else { continue };
        let symbol = symbol(page, name, kind, bytes(block));
        match symbols.last_mut() {
            Some(flow) if kind == SymbolKind::Function && flow.kind == SymbolKind::Module => {
                flow.range.end = symbol.range.end;
                flow.children.get_or_insert_default().push(symbol);
            }
            _ => symbols.push(symbol),
        }
    }
    symbols
}

/// The name that a block declares: its bytes, its words, and what it is.
fn declared<'a>(block: &Block<'a>) -> Option<((usize, &'a str), SymbolKind)> {
    let (mut word, mut rest) = first_word(block.line);
    if *word.fragment() == "personal" {
        (word, rest) = first_word(rest);
    }
    let kind = match *word.fragment() {
        "flow" => SymbolKind::Module,
        "node" => SymbolKind::Function,
        "brand" => SymbolKind::Package,
        "field" => SymbolKind::Field,
        "intent" => SymbolKind::Event,
        "list" => SymbolKind::Enum,
        "concept" => SymbolKind::Constant,
        "type" => SymbolKind::TypeParameter,
        _ => return None,
    };
    let name = if kind == SymbolKind::Package { rest } else { first_word(rest).0 };
    let words = name.fragment().trim_end_matches(':');
    // Editors refuse an outline with a name of nothing, as it stands while one is typed.
    (!words.is_empty()).then_some(((name.location_offset(), words), kind))
}

/// From the first byte of a block to the last of the lines below it.
fn bytes(block: &Block<'_>) -> Bytes<usize> {
    let mut last = block;
    while let Some(child) = last.children.last() {
        last = child;
    }
    block.line.location_offset()..last.line.location_offset() + last.line.fragment().len()
}

fn symbol(
    page: Page<'_>,
    (at, name): (usize, &str),
    kind: SymbolKind,
    bytes: Bytes<usize>,
) -> DocumentSymbol {
    let (range, selected) = (page.range(bytes), page.range(at..at + name.len()));
    DocumentSymbol::new(name.to_owned(), None, kind, None, None, range, selected, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_stand_below_their_flow() {
        let text = "flow a\n  start on join\n\nnode x\n  end\n\nnode\n\nflow b\nnode y\n  end\n";
        let symbols = symbols(text, Encoding::Utf16);
        let names = |symbols: &[DocumentSymbol]| symbols.iter().map(|s| s.name.clone()).collect::<Vec<_>>();
        assert_eq!(names(&symbols), ["a", "b"]);
        let a = symbols[0].children.as_deref().unwrap();
        assert_eq!(names(a), ["x"], "a node without a name yet is left out");
        assert_eq!((symbols[0].range.end.line, symbols[0].selection_range.start.character), (4, 5));
    }

    #[test]
    fn other_files_are_lists() {
        let text = "brand Caf\u{e9} X\n  program X\n\npersonal field name: name\nfield zip: us_zip\n";
        let symbols = symbols(text, Encoding::Utf16);
        let names: Vec<_> = symbols.iter().map(|s| (s.name.as_str(), s.kind)).collect();
        let fields = [("name", SymbolKind::Field), ("zip", SymbolKind::Field)];
        assert_eq!(names, [&[("Caf\u{e9} X", SymbolKind::Package)][..], &fields].concat());
    }
}
