//! What it costs to say what kind of text this is, beside normalizing it.

// A bench asks the clock, prints what it measures, and needs no more digits than a float has.
#![allow(clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

use sayso::consent::kind_of;
use sayso::sms::Text;
use std::hint::black_box;
use std::time::Instant;

/// Rounds over all texts: enough for a stable third digit.
const ROUNDS: u32 = 200;

/// As long as a text can be.
const LETTERS: usize = 1_600;

/// What a list of expressions would look for, for comparison: it tells far less.
const WORDS: [&str; 12] = [
    "stop",
    "unsubscribe",
    "cancel",
    "end",
    "quit",
    "remove",
    "opt out",
    "take me off",
    "text me",
    "wrong number",
    "lawyer",
    "not interested",
];

fn main() {
    let read = |half: &str| {
        let path = format!("{}/tests/consent/{half}/others.txt", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).expect("the texts are part of the repository")
    };
    let all = [read("development"), read("kept")].concat();
    let bodies: Vec<&str> = all.lines().collect();
    let texts: Vec<Text> = bodies.iter().map(|body| Text::new(body)).collect();
    drop(black_box(kind_of(&Text::new("stop"), None))); // the rules are read once
    drop(black_box(kind_of(&Text::new("i quit my job"), None)));
    let nanoseconds = |work: &dyn Fn()| {
        let began = Instant::now();
        (0..ROUNDS).for_each(|_| work());
        began.elapsed().as_nanos() as f64 / f64::from(ROUNDS) / bodies.len() as f64
    };
    let normalizing = nanoseconds(&|| bodies.iter().for_each(|body| drop(black_box(Text::new(body)))));
    let telling = nanoseconds(&|| texts.iter().for_each(|text| drop(black_box(kind_of(text, None)))));
    println!("{} ordinary texts", bodies.len());
    println!("normalize      {normalizing:6.0} ns");
    println!("what kind      {telling:6.0} ns, {:.1} times as long", telling / normalizing);
    let words = aho_corasick::AhoCorasick::builder()
        .ascii_case_insensitive(true)
        .build(WORDS)
        .expect("a handful of words");
    let looking = nanoseconds(&|| bodies.iter().for_each(|body| _ = black_box(words.find(*body))));
    println!("twelve words   {looking:6.0} ns, looked for in one pass (aho-corasick)");
    let long = Text::new(&all.replace('\n', " ").chars().take(LETTERS).collect::<String>());
    let began = Instant::now();
    (0..ROUNDS).for_each(|_| drop(black_box(kind_of(&long, None))));
    let long = began.elapsed().as_nanos() as f64 / f64::from(ROUNDS) / 1_000.0;
    println!("what kind      {long:6.1} µs for {LETTERS} letters");
}
