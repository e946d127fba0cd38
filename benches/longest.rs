//! The longest texts there are, 1,600 characters, made to be slow: how long reading them takes, stage by stage.
//!
//! `cargo bench --bench longest`; `-- FOLDER` adds the texts of a folder, such as a corpus that a fuzz target has grown.
//! Each seed of the fuzz targets is repeated until it is that long. Read by the shared grammars of this repository and by
//! `fuzz/rich.grammar`, which uses every construct; and for itself by a grammar of every type between two gaps. A time is
//! the shortest of several: what others on the machine take is not ours. What does not hold is printed; it is no failure.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods)]

use sayso::diagnostic::{Diagnostics, Sources};
use sayso::grammar::syntax::parse;
use sayso::grammar::{Grammar, compile, declared};
use sayso::language::Lang;
use sayso::outline::Reader;
use sayso::slot::{ALL, Context, SlotType};
use sayso::sms::Text;
use sayso::typo::mended;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::path::Path;
use std::time::{Duration, Instant};

/// Characters of the longest text that a provider carries.
const CHARACTERS: usize = 1_600;
/// What no stage, and no text in all stages, may take.
const BAR: Duration = Duration::from_millis(1);
/// Runs of which the shortest counts.
const RUNS: usize = 7;
/// Texts that are shown for each stage.
const SHOWN: usize = 3;

/// Pieces that are repeated until a text is full, by what they are meant to make slow.
const PIECES: [(&str, &str); 37] = [
    ("single letters", "a "),
    ("single letters, all", "a b c d e f g h i j k l m n o p q r s t u v w x y z "),
    ("a word of one letter", "a"),
    ("skip words", "please "),
    ("skip words, many", "hi please thanks yo dude hello ok "),
    ("emoji", "🍦"),
    ("emoji apart", "🍦 "),
    ("keywords", "join "),
    ("keywords of many patterns", "order small cone please call now today join add me up "),
    ("digits", "1234567890"),
    ("numbers", "1 "),
    ("numbers in words", "one "),
    ("numbers in words, large", "two hundred thousand and five million "),
    ("numbers and a scale", "million "),
    ("numbers and signs", "1,1.1/"),
    ("dates", "3/4 march 4th next friday in two weeks "),
    ("times", "5pm half past five 17:30 "),
    ("lengths of time", "an hour and a half 2 days "),
    ("money", "$5 five hundred dollars 20 cents "),
    ("phone", "404 555 0123 "),
    ("addresses", "a@b.co x.co/y "),
    ("places", "new york san francisco saint louis paris tx "),
    ("names", "de la Ana y Lopez "),
    ("names after a lead", "call Ana Bob "),
    ("open slots", "note a "),
    ("open slots, three", "note for on "),
    ("open slots, a literal between", "versus a "),
    ("open slots, two in a row", "tell Ana "),
    ("gaps", "lost order "),
    ("gaps, all called", "lost order where is package missing 3 late refund never money about help me with "),
    ("gaps with skip words", "please lost dude order yo where "),
    ("gaps and slots", "1 missing cone where about "),
    ("misspelt", "subscirbe odrer latre pakcage tikcet "),
    ("spaced out", "j o i n "),
    ("not ASCII", "é ñ ü ß Ł ǆ "),
    ("signs that grow", "ﷺ"),
    ("marks", "a\u{301}\u{302}\u{303}\u{304}\u{305}\u{306}\u{307}"),
];

/// What one text took, by stage.
type Times = BTreeMap<Stage, Duration>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Normalize,
    Recognize,
    Mend,
    Whole,
    Gaps,
    Slot,
}

impl Stage {
    fn says(self) -> &'static str {
        match self {
            Self::Normalize => "normalize",
            Self::Recognize => "recognize, by both grammars",
            Self::Mend => "mend, and recognize what is mended",
            Self::Whole => "all of these",
            Self::Gaps => "recognize, by patterns of every type between two gaps",
            Self::Slot => "one type of slots, asked at every token",
        }
    }
}

fn main() {
    let readers = Readers::new();
    let mut texts: Vec<(String, String)> =
        PIECES.iter().map(|(name, piece)| ((*name).to_owned(), filled(piece))).collect();
    texts.push(("twelve long misspelt words".to_owned(), long_words()));
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for target in ["normalize", "recognize", "slots"] {
        files(&root.join("fuzz/seeds").join(target), &mut texts);
    }
    for folder in std::env::args().skip(1).filter(|argument| !argument.starts_with("--")) {
        files(Path::new(&folder), &mut texts);
    }
    println!("{} texts of {CHARACTERS} characters, the shortest of {RUNS} runs\n", texts.len());
    let mut by_stage: BTreeMap<Stage, Vec<(Duration, String)>> = BTreeMap::new();
    for (name, body) in &texts {
        for (stage, time) in readers.times(body) {
            by_stage.entry(stage).or_default().push((time, name.clone()));
        }
        let (time, slot) = readers.slowest_slot(body);
        by_stage.entry(Stage::Slot).or_default().push((time, format!("{name}: {slot}")));
    }
    for (stage, mut times) in by_stage {
        times.sort_unstable_by(|a, b| b.cmp(a));
        let over = times.iter().filter(|(time, _)| *time > BAR).count();
        println!("{}  {}", if over == 0 { "ok         " } else { "NOT REACHED" }, stage.says());
        println!("    {over} of {} texts above {BAR:?}; the slowest:", times.len());
        for (time, name) in times.iter().take(SHOWN.max(over.min(20))) {
            println!("    {:8.1} µs  {name}", time.as_secs_f64() * 1e6);
        }
    }
}

/// A text of nothing but this piece, again and again.
fn filled(piece: &str) -> String {
    piece.chars().cycle().take(CHARACTERS).collect()
}

/// Words that are looked up with all their slips: no more than are mended, each as long as can be.
fn long_words() -> String {
    let word = |at: u8| format!("{}subscirbes{}", char::from(b'a' + at), "abcdefghij".repeat(13));
    (0..12).map(word).collect::<Vec<_>>().join(" ").chars().take(CHARACTERS).collect()
}

fn files(folder: &Path, texts: &mut Vec<(String, String)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let body = String::from_utf8_lossy(&std::fs::read(&path).expect("a file")).into_owned();
        if !body.is_empty() {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            texts.push((format!("{}/{name}", folder.display()), filled(&format!("{body} "))));
        }
    }
}

/// What texts are read by.
struct Readers {
    shared: Grammar,
    own: Grammar,
    gaps: Grammar,
    context: Context<'static>,
}

impl Readers {
    fn new() -> Self {
        let read = |path: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
            std::fs::read_to_string(path).expect("a grammar of this repository")
        };
        let shared = ["grammars/en.grammar", "grammars/es.grammar", "grammars/fr.grammar"].map(read);
        Self {
            shared: built(&shared),
            own: built(&[read("fuzz/rich.grammar")]),
            gaps: built(&[every_type_in_gaps()]),
            context: Context {
                now: "2026-06-03T12:00:00Z".parse().expect("a moment"),
                ..Context::of(&[Lang::EN, Lang::ES, Lang::FR])
            },
        }
    }

    fn times(&self, body: &str) -> Times {
        let (normalize, text) = shortest(|| Text::new(body));
        let (recognize, _) = shortest(|| self.recognize(&text));
        let vocabularies = [self.own.vocabulary(), self.shared.vocabulary()];
        let (mend, _) = shortest(|| mended(&text, &vocabularies).map(|mended| self.recognize(&mended)));
        let (gaps, _) = shortest(|| self.gaps.recognize(&text, &self.context));
        BTreeMap::from([
            (Stage::Gaps, gaps),
            (Stage::Normalize, normalize),
            (Stage::Recognize, recognize),
            (Stage::Mend, mend),
            (Stage::Whole, normalize + recognize + mend),
        ])
    }

    /// As a brand's text is read: by its own grammar, then by the shared one.
    fn recognize(&self, text: &Text) -> usize {
        let own = self.own.recognize(text, &self.context);
        own.len() + self.shared.recognize_for(text, &self.context, self.own.skips()).len()
    }

    fn slowest_slot(&self, body: &str) -> (Duration, String) {
        let text = Text::new(body);
        let ask = |slot: &dyn SlotType| {
            let find = |at| slot.find(&text, at, &self.context).len();
            let found: usize = (0..text.tokens().len()).map(find).sum();
            (found, slot.read(&text, &self.context))
        };
        let times = ALL.iter().map(|slot| (shortest(|| ask(*slot)).0, slot.name().to_owned()));
        times.max().expect("there are types")
    }
}

fn every_type_in_gaps() -> String {
    let patterns = ALL.iter().map(|slot| format!("  ... {{x: {}}} ...\n", slot.name()));
    format!("intent any\n{}", patterns.collect::<String>())
}

fn built(texts: &[String]) -> Grammar {
    let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
    let parsed = texts.iter().map(|text| {
        let file = sources.add("a.grammar", text.as_str());
        parse(text, &mut Reader::new(file, &mut found))
    });
    let files: Vec<_> = parsed.collect();
    let types = declared(&files, &mut found);
    let grammar = compile(&files, &|name| types.get(name).cloned(), &mut found);
    assert!(!found.has_errors(), "{found:?}");
    grammar
}

/// The shortest time that `run` takes, and what it returns. Dropping it is no part of the time.
fn shortest<T>(run: impl Fn() -> T) -> (Duration, T) {
    let once = || {
        let begin = Instant::now();
        let result = black_box(run());
        (begin.elapsed(), result)
    };
    (1..RUNS).fold(once(), |best, _| {
        let next = once();
        if next.0 < best.0 { next } else { best }
    })
}
