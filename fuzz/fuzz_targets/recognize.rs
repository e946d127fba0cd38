//! Recognizing any text by a grammar that uses every construct, as it was typed and mended.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sayso::diagnostic::{Diagnostics, Sources, draw};
use sayso::grammar::syntax::parse;
use sayso::grammar::{Grammar, compile, declared};
use sayso::language::Lang;
use sayso::outline::Reader;
use sayso::slot::Context;
use sayso::sms::Text;
use sayso::typo::mended;
use std::sync::LazyLock;

static RICH: LazyLock<Grammar> = LazyLock::new(|| {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let written = include_str!("../rich.grammar");
    let file = sources.add("rich.grammar", written);
    let files = [parse(written, &mut Reader::new(file, &mut found))];
    let types = declared(&files, &mut found);
    let grammar = compile(&files, &|name| types.get(name).cloned(), &mut found);
    let (report, _) = found.clone().into_report();
    assert!(report.is_empty(), "{}", draw(&sources, &report, false));
    grammar
});

fuzz_target!(|bytes: &[u8]| {
    let text = Text::new(&String::from_utf8_lossy(bytes));
    recognize(&text);
    let vocabularies = [RICH.vocabulary()];
    let repaired = mended(&text, &vocabularies);
    assert_eq!(repaired, mended(&text, &vocabularies));
    if let Some(repaired) = repaired {
        assert_eq!(repaired.original(), text.original());
        assert!(repaired.words().all(|word| !word.is_empty()));
        recognize(&repaired);
    }
});

fn recognize(text: &Text) {
    let languages = [Lang::EN, Lang::ES, Lang::FR];
    let context =
        Context { now: "2026-06-03T12:00:00Z".parse().expect("a moment"), ..Context::of(&languages) };
    let matches = RICH.recognize(text, &context);
    assert_eq!(matches, RICH.recognize(text, &context), "{text:?}");
    assert!(matches.is_sorted_by(|before, after| before.rank >= after.rank), "{matches:?}");
    for found in &matches {
        assert!((found.intent as usize) < RICH.intents().count());
        let mut last = 0;
        for slot in &found.slots {
            assert!(last <= slot.span.start && slot.span.start <= slot.span.end, "{found:?}");
            assert!(text.original().get(slot.span.clone()).is_some(), "{found:?}");
            assert!(!slot.value.to_string().is_empty(), "{found:?}");
            last = slot.span.end;
        }
    }
    let mut patterns: Vec<u32> = matches.iter().map(|found| found.pattern).collect();
    patterns.sort_unstable();
    patterns.dedup();
    assert_eq!(patterns.len(), matches.len(), "each pattern once: {matches:?}");
}
