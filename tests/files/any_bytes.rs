//! Whatever stands in the files, reading and linking them ends, with diagnostics and without a panic.

use crate::write;
use proptest::prelude::*;
use sayso::workspace::Workspace;

const LINES: &[&str] = &[
    "flow a",
    "flow b",
    "node x",
    "node y",
    "start on join",
    "start on",
    "on join -> x",
    "gone -> y",
    "was z",
    "say Hi {name else \"you\"}!",
    "say.es Hola {name",
    "say",
    "| more {{",
    "ask name",
    "ask zip",
    "unclear What?",
    "invalid.es No",
    "tries 3 -> x",
    "tries -> x",
    "silent 2d -> y",
    "silent 2 days -> x",
    "when known name -> y",
    "when flavor = mint and (visits > 3 or not tag vip) -> x",
    "-> x",
    "-> ",
    "->x",
    "end",
    "tag vip",
    "untag -",
    "language es",
    "brand B",
    "program P",
    "numbers +14045550100 via main",
    "contact c",
    "languages en, es",
    "timezone America/New_York",
    "quiet 20:00 to 09:00",
    "interrupt return",
    "optin join",
    "fallback.es x",
    "field name: name",
    "field zip: us_zip",
    "field flavor: one of",
    "personal field visits: number",
    "mint: menta | es menta",
    "language fr",
    "intent join",
    "intent join replace priority 3",
    "join [now]",
    "(sign | add) me up",
    "(a ; b ; c)",
    "{size} {flavor}",
    "light[s]",
    "<polite> join",
    "> join",
    "! join",
    "list size",
    "concept polite",
    "type order: /[a-z]{2}[0-9]+/",
    "type order: /(/",
    "{order} *~3 x ...",
    "> ab12",
    "été",
    "👍",
    "small: s, little",
    "please, pls",
    "[[[[",
    "((((",
    "{{{{",
    "\\",
    "a\\",
    "…",
    "#",
];

/// Lines that are nearly right, so that reading goes deep before it stumbles.
fn line() -> impl Strategy<Value = String> {
    let known = prop::sample::select(LINES.to_vec()).prop_map(str::to_owned);
    let any = prop_oneof![8 => known, 1 => "\\PC{0,30}", 1 => "[\\[\\](){}<>|;\\\\ab \"=.-]{0,20}"];
    let indent = prop::sample::select(vec!["", "  ", "    ", "      ", " ", "\t"]);
    (indent, any).prop_map(|(indent, line)| format!("{indent}{line}"))
}

pub(crate) fn text() -> impl Strategy<Value = Vec<u8>> {
    let lines = prop::collection::vec(line(), 0..30).prop_map(|lines| lines.join("\n").into_bytes());
    prop_oneof![9 => lines, 1 => prop::collection::vec(any::<u8>(), 0..200)]
}

/// What no hand would write: lines that are far too long, and brackets that multiply.
#[test]
fn what_is_far_too_long_is_reported() {
    let files = [
        ("grammars/en.grammar", format!("intent join\n  join\n  {}\n", "{a: number} ".repeat(66_000))),
        ("grammars/shop/own.grammar", "intent own\n  (a;b;c;d;(a;b;c;d;(a;b;c;d;(a;b;c;d;e))))\n".to_owned()),
        ("flows/shop/brand.flow", "brand B\n  program P\n  contact c\nfield name: name\n".to_owned()),
        (
            "flows/shop/a.flow",
            format!(
                "flow a\n  start on join\nnode x\n  when known name{} -> x\n  end\n",
                " and known name".repeat(200_000)
            ),
        ),
        ("sayso.toml", String::new()),
    ];
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in &files {
        write(folder.path(), path, text);
    }
    let workspace = Workspace::open(folder.path());
    let (report, _) = workspace.found.into_report();
    let codes: Vec<_> = report.iter().map(|diagnostic| diagnostic.code.id()).collect();
    for code in ["G108", "E401"] {
        assert!(codes.contains(&code), "{codes:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn any_files_are_read_to_their_end(
        brand in text(), flow in text(), grammar in text(), own in text(), config in text(),
    ) {
        let folder = tempfile::tempdir().unwrap();
        for (path, text) in [
            ("flows/shop/brand.flow", &brand),
            ("flows/shop/a.flow", &flow),
            ("grammars/en.grammar", &grammar),
            ("grammars/shop/own.grammar", &own),
            ("sayso.toml", &config),
        ] {
            write(folder.path(), path, "");
            std::fs::write(folder.path().join(path), text).unwrap();
        }
        let workspace = Workspace::open(folder.path());
        let (report, _) = workspace.found.clone().into_report();
        for diagnostic in &report {
            let place = diagnostic.place;
            let length = workspace.sources.get(place.file).text.len();
            prop_assert!(place.range().end <= length.max(place.range().start), "{diagnostic:?}");
        }
        // Drawing must not stumble either.
        let drawn = sayso::diagnostic::draw(&workspace.sources, &report, false);
        for (bot, format) in workspace.bots.iter().flat_map(|bot| sayso::graph::ALL.map(|format| (bot, format))) {
            let picture = sayso::graph::Picture::of(bot, None, bot.first_language());
            prop_assert!(!(format.write)(&picture).is_empty());
        }
        prop_assert_eq!(drawn.is_empty(), report.is_empty());
    }
}
