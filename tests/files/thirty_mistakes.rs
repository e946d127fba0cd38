//! One mistake hides no other: a grammar file with thirty different ones is told about each of them, once, at its line.

use crate::write;
use sayso::workspace::Workspace;

/// The lines of the file, each with the code of what is wrong with it.
const LINES: &[(&str, &str)] = &[
    ("language english", "S007"),
    ("intents order", "S004"),
    ("intent Order", "S006"),
    ("list", "S006"),
    ("intent join loudly", "S005"),
    ("  join", ""),
    ("   join today", "S002"),
    ("\tjoin at once", "S001"),
    ("  join [now", "G101"),
    ("  join now]", "G101"),
    ("  join (a | )", "G101"),
    ("  join {who name}", "G101"),
    ("  join *~99 us", "G101"),
    ("  (a ; b ; c ; d ; e ; f)", "G101"),
    ("  ((((((((((a))))))))))", "G101"),
    ("  [join] [now]", "G102"),
    ("  join <freinds>", "G103"),
    ("  join {who: person}", "G104"),
    ("  > leave", "G106"),
    ("  ! join", "G106"),
    ("  (a ; b ; c ; d ; (e ; f ; g ; h ; (i ; j ; k ; l ; (m ; n ; o ; p))))", "G108"),
    ("intent first priority high", "G101"),
    ("      sign me up", "S003"),
    ("intent second", ""),
    ("  sign me [up]", "G107"),
    ("intent leave", ""),
    ("  stop", "G110"),
    ("  leave {nothing}", "G111"),
    ("  [please] leave", "G112"),
    ("intent shadow", "G113"),
    ("  leave now", ""),
    ("intent wins priority 2", ""),
    ("  leave now", ""),
    ("concept friends", ""),
    ("  all, folks, , everybody", "G105"),
    ("list nothing", ""),
    ("list size", ""),
    ("  Small: s", "S006"),
    ("  medium: m | spanish mediano", "S007"),
    ("  large: help", "G110"),
    ("type number: /[0-9]+/", "G115"),
    ("type ticket: [0-9]+", "G115"),
    ("type code: /[0-9/", "G115"),
    ("type order: /[A-Z]{2}[0-9]{6}/", ""),
    ("  > AB12", "G115"),
    ("  é", "G115"),
    ("type order: /x/", "B208"),
];

#[test]
fn thirty_mistakes_are_told_each_at_its_line() {
    let folder = tempfile::tempdir().unwrap();
    let text = LINES.iter().map(|(line, _)| *line).collect::<Vec<_>>().join("\n");
    write(folder.path(), "sayso.toml", "");
    write(folder.path(), "grammars/en.grammar", &text);
    let workspace = Workspace::open(folder.path());
    let (report, left_out) = workspace.found.clone().into_report();
    let said = report.iter().map(|diagnostic| {
        let place = diagnostic.place;
        let (line, _) = workspace.sources.line_column(place.file, place.start as usize);
        (line, diagnostic.code.id())
    });
    let said: Vec<_> = said.collect();
    let meant =
        (1..).zip(LINES).filter(|(_, (_, code))| !code.is_empty()).map(|(line, (_, code))| (line, *code));
    let meant: Vec<_> = meant.collect();
    assert!(meant.len() >= 30);
    assert_eq!(said, meant, "{}", sayso::diagnostic::draw(&workspace.sources, &report, false));
    assert_eq!(left_out, 0);
}
