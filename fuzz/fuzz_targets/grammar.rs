//! Any bytes as a grammar file: it is read, compiled and proved to its end, and what is wrong is said where it stands.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sayso::diagnostic::{Diagnostic, Diagnostics, Sources, draw};
use sayso::grammar::syntax::parse;
use sayso::grammar::{compile, declared, prove, prove_together};
use sayso::outline::Reader;

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let id = sources.add("any.grammar", text.as_ref());
    let files = [parse(&text, &mut Reader::new(id, &mut found))];
    let types = declared(&files, &mut found);
    let grammar = compile(&files, &|name| types.get(name).cloned(), &mut found);
    let comparable = prove(&grammar, &files, &mut found);
    let alone = (&grammar, &comparable);
    prove_together(alone, alone, &|_| false, &mut found);
    // Any two lines can tie; beyond that, a mistake needs a byte.
    let lines = text.lines().count();
    assert!(found.iter().count() <= lines * lines + text.len(), "{}", found.iter().count());
    found.iter().for_each(|diagnostic| lies_in(&text, diagnostic));
    let (report, left_out) = found.clone().into_report();
    assert!(report.len() + left_out <= found.iter().count());
    assert_eq!(draw(&sources, &report, false).is_empty(), report.is_empty());
});

fn lies_in(text: &str, diagnostic: &Diagnostic) {
    let places = diagnostic.related.iter().map(|(place, _)| *place).chain([diagnostic.place]);
    for place in places {
        assert!(text.get(place.range()).is_some(), "{diagnostic:?}");
    }
    assert!(!diagnostic.message.is_empty() && !diagnostic.message.contains('\n'), "{diagnostic:?}");
}
