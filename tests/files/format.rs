//! The one canonical form: what becomes of messy files, and that only blanks change, never the meaning.
//!
//! In `tests/format` a messy file stands above `== canonical` and its form below. There `·` is a blank, `→` a tab and
//! `␍` a carriage return. `SAYSO_BLESS=1` writes down what comes out now; read the diff.

use crate::any_bytes::text;
use crate::diagnostics::{difference, is_annotation};
use crate::pages::blocks;
use proptest::prelude::*;
use regex::Regex;
use sayso::diagnostic::{Code, Diagnostics, Sources};
use sayso::format::{Kind, format};
use sayso::outline::Reader;
use sayso::workspace::written_files;
use sayso::{flow, grammar, transcript};
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

const KINDS: [Kind; 4] = [Kind::Brand, Kind::Flow, Kind::Grammar, Kind::Chat];

#[test]
fn messy_files_become_canonical() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/format");
    for (name, kind) in ["brand", "flow", "grammar", "chat"].into_iter().zip(KINDS) {
        let path = folder.join(format!("{name}.txt"));
        let case = std::fs::read_to_string(&path).unwrap();
        let (messy, wanted) = case.split_once("== canonical\n").unwrap();
        let formatted = format(&meant(messy), kind);
        if std::env::var_os("SAYSO_BLESS").is_some() {
            let marked = formatted.replace('\t', "→");
            std::fs::write(&path, format!("{messy}== canonical\n{marked}")).unwrap();
            continue;
        }
        assert_eq!(formatted, meant(wanted), "{name}");
        assert_eq!(format(&formatted, kind), formatted, "{name}, formatted again");
    }
}

/// The characters that the marks of a case stand for.
fn meant(case: &str) -> String {
    case.replace('·', " ").replace('→', "\t").replace('␍', "\r")
}

#[test]
fn names_say_what_files_are_written_in() {
    let named = |name| Kind::of(name);
    assert_eq!(named("brand.flow"), Some(Kind::Brand));
    assert_eq!(named("my-brand.flow"), Some(Kind::Flow));
    assert_eq!(named("en.grammar"), Some(Kind::Grammar));
    assert_eq!(named("a.b.chat"), Some(Kind::Chat));
    assert_eq!((named("flow"), named("sayso.toml"), named("")), (None, None, None));
}

/// A file of ours, and where it comes from.
struct Example {
    from: String,
    kind: Kind,
    text: String,
}

/// What the other examples do not show.
const RICH: &str = r#"# What this is about.

# And what it is not about.
flow rich
  start on join, vip-join
  on back -> a
  # gone -> a

node a
  say Hi, {name else "a -> b"}!
    # Said in three lines, of which one is empty.
    |
    |   Two  blanks , and=more -> signs
    or Hello  there
      | and there
  # In Spanish too.
  say.es  Hola, with a blank of its own
    # | y mas
  set visits = (visits else 0) + 1
  when name = "Ana  -> B, C" and (visits >= 3 or not tag vip) -> a

  when visits != -1 -> a
  choose
    option Opening  hours, "-> now" -> a
      label.es Horario  de apertura
      also times, when
    # option Nothing -> a

    tries 3 -> a
  # The end of it.

# Of the other one.
node b
  notify crm
  handoff shop
    silent 1h -> a
    back -> a

node c
  say Look:
    media menu
  vote best
    option Mint, or mango
    voted -> a

node d
  consent ask
    no -> a
    # of age
  age at least 21
    under -> a
  lookup weather
    ok -> a
    failed -> a
"#;

const RICH_BRAND: &str = r#"brand Rich
  program Rich, and  richer
  contact a  b
  dates month first
  quiet 20:00 to 09:00
  hours mon-fri 09:00 to 18:00, sat 10:00 to 16:00
  interrupt ask
  leaving Leave  this?
    # In two lines.
    | Yes or no
  double-optin join, vip-join

media menu
  url https://rich.example/menu.jpg?a=b,c-d

# Told about it.
webhook crm
  url https://crm.example/hook
  secret crm-key
  send zip, drink

lookup weather
  url https://weather.example/now?zip={zip else  "0"}&units=us
  secret X-Api-Key = weather-key
  within 5s
  fill sky = current.a=b,c

contest scratch
  prizes 3
  odds 1 in 50
  entries 1 per 1 day
  from 2026-06-01
  until 2026-06-30
  rules https://rich.example/rules
tag vip

field drink: one of
  tea: black  tea, green | es te, te verde
  plain
"#;

const RICH_CHAT: &str = r#"brand rich
at 2026-06-01 12:00 America/New_York

lookup weather -> ok {"sky":"clear",  "wind": 3}
lookup weather -> late
# Somebody joins.
> Hello  there, you->there

  # in two lines
h take
h> Hello,  this->is Eve.
  How  can I help?
h back
= draw scratch won
= told crm
= split menu.flavor mint
= name Ana  Maria
= not tag vip
= not known name
= consent none
~ 2 days
! *name*
"#;

/// The example brands, the pages for people, and what they do not show.
static EXAMPLES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rich = [(Kind::Flow, RICH), (Kind::Brand, RICH_BRAND), (Kind::Chat, RICH_CHAT)];
    let rich = rich.map(|(kind, text)| Example { from: format!("{kind:?}"), kind, text: text.to_owned() });
    let mut examples: Vec<Example> = written_files(here)
        .into_iter()
        .chain([here.join("fuzz/rich.grammar")])
        .map(|path| {
            let name = path.file_name().unwrap().to_string_lossy().into_owned();
            let text = std::fs::read_to_string(&path).unwrap();
            Example { from: path.display().to_string(), kind: Kind::of(&name).unwrap(), text }
        })
        .chain(rich)
        .collect();
    for page in files_in(&here.join("docs")) {
        for (kind, text) in blocks(&std::fs::read_to_string(&page).unwrap()) {
            let name = if kind == "brand" { "brand.flow".to_owned() } else { format!("x.{kind}") };
            let Some(kind) = Kind::of(&name) else { continue };
            examples.push(Example { from: page.display().to_string(), kind, text });
        }
    }
    examples
});

/// Each file of the cases of mistakes.
static MISTAKES: LazyLock<Vec<Example>> = LazyLock::new(|| {
    let mut examples: Vec<Example> = Vec::new();
    for case in files_in(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/diagnostics")) {
        let text = std::fs::read_to_string(&case).unwrap();
        let mut kind = None;
        for line in text.lines().filter(|line| !is_annotation(line)) {
            if let Some(path) = line.strip_prefix("== ") {
                kind = Kind::of(path.rsplit('/').next().unwrap());
                let from = format!("{}: {path}", case.display());
                examples.extend(kind.map(|kind| Example { from, kind, text: String::new() }));
            } else if let (Some(_), Some(example)) = (kind, examples.last_mut()) {
                example.text.push_str(line);
                example.text.push('\n');
            }
        }
    }
    examples
});

fn files_in(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files
}

static PLACE: LazyLock<Regex> = LazyLock::new(|| Regex::new(r"Place \{[^}]*\}").unwrap());

/// What the parser of its language makes of a text, without the places, and what it says is wrong.
fn meaning(text: &str, kind: Kind) -> (String, Vec<(Code, String)>) {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let mut reader = Reader::new(sources.add("x", text), &mut found);
    let value = match kind {
        Kind::Brand => format!("{:?}", flow::brand::parse(text, &mut reader)),
        Kind::Flow => format!("{:?}", flow::syntax::parse(text, &mut reader)),
        Kind::Grammar => format!("{:?}", grammar::syntax::parse(text, &mut reader)),
        Kind::Chat => format!("{:?}", transcript::parse(text, &mut reader)),
    };
    let said = found.iter().map(|diagnostic| (diagnostic.code, diagnostic.message.clone())).collect();
    (PLACE.replace_all(&value, "").into_owned(), said)
}

/// Whether it is said of a bad indentation, which is mended.
fn is_mended((code, message): &(Code, String)) -> bool {
    matches!(code, Code::TabIndent | Code::OddIndent)
        || message == "indented deeper than the line above allows"
}

#[test]
fn files_mean_the_same_in_their_form() {
    assert!(EXAMPLES.len() > 30 && MISTAKES.len() > 30, "{} and {}", EXAMPLES.len(), MISTAKES.len());
    for Example { from, kind, text } in EXAMPLES.iter().chain(&*MISTAKES) {
        let formatted = format(text, *kind);
        assert_eq!(format(&formatted, *kind), formatted, "{from}, formatted again");
        let (value, mut said) = meaning(text, *kind);
        let (same, still) = meaning(&formatted, *kind);
        assert_eq!(same, value, "{from}");
        said.retain(|one| !is_mended(one));
        assert_eq!(still, said, "{from}");
    }
}

#[test]
fn what_we_show_is_canonical() {
    for Example { from, kind, text } in &*EXAMPLES {
        assert_eq!(meaning(text, *kind).1, [], "{from}");
        assert_eq!(format(text, *kind), *text, "{from}");
    }
}

/// The words that the parsers say a line can begin with, each below lines that lead there.
#[test]
fn every_first_word_is_known() {
    let below = |kind, above: &'static str| {
        // What stands below the last line is two spaces deeper.
        let depth = above.lines().last().map_or(0, |line| levels(line) + 1);
        (kind, above, "  ".repeat(depth))
    };
    let brand =
        ["", "brand B\n", "media m\n", "team t\n", "webhook w\n", "lookup l\n", "contest c\n", "tag t\n"];
    let flow = [
        "",
        "flow a\n",
        "flow a\nnode n\n",
        "flow a\nnode n\n  ask f\n",
        "flow a\nnode n\n  choose\n",
        "flow a\nnode n\n  consent ask\n",
        "flow a\nnode n\n  age at least 21\n",
        "flow a\nnode n\n  vote v\n",
        "flow a\nnode n\n  contest c\n",
        "flow a\nnode n\n  lookup l\n",
        "flow a\nnode n\n  handoff t\n",
        "flow a\nnode n\n  choose\n    option A -> n\n",
    ];
    let brand = brand.map(|above| below(Kind::Brand, above));
    let flow = flow.map(|above| below(Kind::Flow, above));
    for (kind, above, indent) in brand.into_iter().chain(flow).chain([below(Kind::Grammar, "")]) {
        for word in first_words(kind, &format!("{above}{indent}zzzz\n")) {
            // A known word gets the one blank that parts it from what follows.
            let line = format!("{above}{indent}{word}\tx\n");
            let wanted = format!("{above}{indent}{word} x\n");
            assert_eq!(
                format(&line, kind).replace("\n\n", "\n"),
                wanted,
                "`{word}` has no row in src/format/table.rs"
            );
        }
    }
}

/// The words of the hint about a line that begins with none of them.
fn first_words(kind: Kind, text: &str) -> Vec<String> {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let mut reader = Reader::new(sources.add("x", text), &mut found);
    match kind {
        Kind::Brand => drop(flow::brand::parse(text, &mut reader)),
        Kind::Flow => drop(flow::syntax::parse(text, &mut reader)),
        Kind::Grammar => drop(grammar::syntax::parse(text, &mut reader)),
        Kind::Chat => drop(transcript::parse(text, &mut reader)),
    }
    let hints = found.iter().flat_map(|diagnostic| &diagnostic.hints);
    let list = hints.filter_map(|hint| hint.split_once("begins with one of: ")).last();
    let (_, list) = list.unwrap_or_else(|| panic!("{text} gives no list: {found:?}"));
    list.split(", ").map(str::to_owned).collect()
}

/// Chooses as it is told to; zeros choose what is there already.
struct Dice {
    thrown: Vec<u8>,
    next: usize,
}

impl Dice {
    fn one_of<'a>(&mut self, ways: &[&'a str]) -> &'a str {
        self.next += 1;
        let thrown =
            self.thrown.get(self.next % self.thrown.len().max(1)).map_or(0, |byte| usize::from(*byte));
        ways[thrown % ways.len()]
    }
}

/// First words behind which each blank outside of quotes may be several.
#[rustfmt::skip]
const STRUCTURE: [&str; 60] = [
    "media", "team", "webhook", "lookup", "contest", "hours", "interrupt", "double-optin", "send", "within", "prizes",
    "odds", "entries", "until", "notify", "consent", "age", "vote", "handoff", "no", "under", "voted", "won", "lost",
    "entered", "closed", "ok", "failed", "late", "back", "dates", "timezone", "flow", "node", "start", "on", "gone", "was", "ask", "choose", "tries", "silent", "set", "when", "tag", "untag",
    "language", "split", "wait", "call", "end", "->", "field", "personal", "numbers", "languages", "quiet", "optin",
    "at", "~",
];
/// First words behind which only the next blank may be several.
#[rustfmt::skip]
const SPOKEN: [&str; 16] = [
    "program", "contact", "frequency", "brand", "or", "label.es", "option", "url", "url.es", "rules", ">", "<", "!", "h>", "h",
    "=",
];
/// First words of blocks whose lines are lists.
const LISTS: [&str; 4] = ["list", "concept", "field", "personal"];

/// The same file as a hand in a hurry could have written it.
fn untidy(text: &str, kind: Kind, dice: &mut Dice) -> String {
    let level = dice.one_of(&["  ", "    ", "\t"]);
    let written: Vec<&str> = text.lines().collect();
    let mut block = "";
    let mut out = String::from(dice.one_of(&["", "\u{feff}", "\n", " \r\n\n"]));
    for (number, line) in written.iter().enumerate() {
        let near = |by: usize| written.get((number + by).wrapping_sub(1)).copied().unwrap_or_default();
        let (before, next) = (near(0), near(2));
        if line.is_empty() {
            // Between two blocks one must stand, so it may be missing.
            let is_due = kind != Kind::Chat
                && is_inner(before)
                && next.starts_with(|c: char| c.is_ascii_lowercase())
                && is_inner(near(3));
            let ways = ["\n", "\n\n", "\r\n", " \t\n\n  \n", ""];
            out.push_str(dice.one_of(&ways[..if is_due { 5 } else { 4 }]));
            continue;
        }
        let (words, depth) = (line.trim_start(), levels(line));
        let is_comment = words.starts_with('#');
        let opens = !is_comment && levels(next) > depth && !next.trim_start().starts_with('#');
        let indent = level.repeat(depth);
        if is_comment {
            // It is indented with the line it precedes, wherever it stood.
            let with_next = !next.is_empty() && levels(next) >= depth;
            out.push_str(dice.one_of(&[&indent, if with_next { "" } else { &indent }]));
            out.push_str(words);
        } else {
            if depth == 0 {
                block = words.split(' ').next().unwrap_or_default();
            }
            out.push_str(&indent);
            out.push_str(dice.one_of(&["", "", "", " "]));
            out.push_str(&noise(words, if depth > 0 { block } else { "" }, dice));
        }
        out.push_str(dice.one_of(&["\n", "\r\n", "  \n", "\t\r\n"]));
        if opens || kind != Kind::Grammar && next.trim_start().starts_with('|') {
            out.push_str(dice.one_of(&["", "", "\n", "\r\n \n"]));
        }
    }
    out.push_str(dice.one_of(&["", "\n", "\n \n\n"]));
    out
}

fn levels(line: &str) -> usize {
    (line.len() - line.trim_start().len()) / 2
}

fn is_inner(line: &str) -> bool {
    levels(line) > 0 && !line.trim_start().starts_with('#')
}

/// A canonical line, which stands in a block of this first word, with other blanks that mean the same.
fn noise(line: &str, block: &str, dice: &mut Dice) -> String {
    let (first, rest) = line.split_once(' ').unwrap_or((line, ""));
    let mut swap = |text: &str, from: &str, ways: &[&str]| {
        let mut pieces = text.split(from);
        let mut swapped = pieces.next().unwrap_or_default().to_owned();
        pieces.for_each(|piece| swapped.extend([dice.one_of(&[&[from], ways].concat()), piece]));
        swapped
    };
    if LISTS.contains(&block) {
        let line = swap(line, ", ", &[",", " , ", ",  "]);
        let line = swap(&line, ": ", &[":", " : ", ":\t"]);
        return swap(&line, " | ", &["|", "|  ", "\t|"]);
    }
    if rest.is_empty() {
        return line.to_owned();
    }
    if first == "="
        && ["at ", "consent ", "tag ", "not ", "split ", "told "].iter().any(|word| rest.starts_with(word))
    {
        return format!("={}", swap(&format!(" {rest}"), " ", &["  ", "\t"]));
    }
    if first == "|" && !rest.starts_with(' ') {
        return format!("|{}{rest}", swap(" ", " ", &[""]));
    }
    if SPOKEN.contains(&first) {
        let glued = if first.ends_with(['>', '<', '!', '=']) { "" } else { "  " };
        return format!("{first}{}{rest}", swap(" ", " ", &[glued, "\t"]));
    }
    if first == "lookup" && rest.contains(" -> ") {
        return swap(line, " -> ", &["->", " ->\t", "  -> "]);
    }
    let is_pattern = matches!(block, "intent" | "type");
    if is_pattern || !STRUCTURE.contains(&first) {
        return line.to_owned();
    }
    let outside = |(number, piece): (usize, &str)| {
        if number % 2 == 1 {
            return piece.to_owned();
        }
        let mut piece = swap(piece, " -> ", &["->", "  ->", "->\t "]);
        if matches!(first, "when" | "set") {
            for sign in [" = ", " > ", " < "] {
                piece = swap(&piece, sign, &[sign.trim(), &sign[1..]]);
            }
        }
        let piece = swap(&piece, ", ", &[",", " ,\t"]);
        swap(&piece, " ", &["  ", "\t", " \t "])
    };
    let rest = rest.split('"').enumerate().map(outside).collect::<Vec<_>>().join("\"");
    format!("{first}{}{rest}", swap(" ", " ", &["  ", "\t"]))
}

/// First words, signs and blanks of all sorts in any order.
fn debris() -> impl Strategy<Value = Vec<u8>> {
    #[rustfmt::skip]
    let pieces = vec![
        "say", "when ", "set ", "option ", "also ", "field ", "personal ", "list ", "concept ", "type ", "intent ", "flow ",
        "node ", "brand ", "lookup ", "fill ", "h>", "vote ", "webhook ", "url ", "was ", "media ", "draw ", "fallback ", "choose", "or ", "= ", "= not ", "> ", "| ", "|", "->", "-", ">", "<", "=", "!", ",",
        ":", "\"", "(", ")", "and", "not", "x", "one of", "#", ".es", " ", " ", "  ", "\t", "\n", "\n", "\n  ", "\n  ",
        "\n    ", "\n\n", "\r\n", "\r", "\u{a0}", "\u{2028}", "\u{b}", "\u{feff}", "é",
    ];
    prop::collection::vec(prop::sample::select(pieces), 0..60).prop_map(|pieces| pieces.concat().into_bytes())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, ..ProptestConfig::default() })]

    #[test]
    fn other_blanks_make_no_other_form(
        which in any::<prop::sample::Index>(), thrown in prop::collection::vec(any::<u8>(), 1..400),
    ) {
        let small: Vec<_> = EXAMPLES.iter().filter(|example| example.text.len() < 5_000).collect();
        let Example { from, kind, text } = which.get(&small);
        let messy = untidy(text, *kind, &mut Dice { thrown, next: 0 });
        let formatted = format(&messy, *kind);
        prop_assert!(formatted == *text, "{}:\n{}\n── from ──\n{}", from, difference(text, &formatted), messy);
        // Blanks that a parser stumbles over may be mended; what it takes, it must take as the same.
        let (value, said) = meaning(messy.trim_start_matches('\u{feff}'), *kind);
        if said.iter().all(is_mended) {
            prop_assert_eq!(value, meaning(text, *kind).0);
        }
    }

    #[test]
    fn whatever_stands_there_only_blanks_change(
        bytes in prop_oneof![text(), debris()], kind in prop::sample::select(KINDS.to_vec()),
    ) {
        let text = String::from_utf8_lossy(&bytes);
        let formatted = format(&text, kind);
        let signs = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '\u{feff}').collect::<String>();
        prop_assert_eq!(signs(&formatted), signs(&text));
        prop_assert_eq!(format(&formatted, kind), formatted.as_str(), "formatted again");
        prop_assert!(formatted.is_empty() || formatted.ends_with('\n') && !formatted.ends_with("\n\n"));
        prop_assert!(!formatted.starts_with('\n') && !formatted.contains("\n\n\n"));
        prop_assert!(!formatted.contains('\r'));
        let (value, said) = meaning(&text, kind);
        let (same, still) = meaning(&formatted, kind);
        prop_assert!(!still.iter().any(is_mended), "{:?}", still);
        // Where a mistake of blanks was mended, more may be understood than before.
        if said.into_iter().filter(|one| !is_mended(one)).collect::<Vec<_>>() == still {
            prop_assert_eq!(same, value);
        }
    }
}
