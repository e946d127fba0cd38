//! Recognizing texts by grammars of 20 to 20,000 intents, beside an exact look-up and other ways to find an intent; with
//! what it costs to normalize a text, to build a grammar and to hold many brands. Nothing is read from outside.
//!
//! `cargo bench --bench recognize`, or a part of it: `cargo bench --bench recognize -- --size 2000`,
//! `-- --only recognize`, `-- --only normalize`, `-- --only build`, `-- --only brands`; `-- --only sayso` does nothing but
//! recognize, for a profiler to look at. How time is taken is said in `timing.rs`, what is recognized in `workload.rs`,
//! and what the others do in `peers.rs`. What does not hold is printed; it is no failure.

// Bench code: it prints, it measures, and a panic is the report.
#![allow(clippy::expect_used, clippy::print_stdout, clippy::disallowed_methods, clippy::cast_precision_loss)]

mod child;
mod peers;
mod spoken;
mod timing;
mod words;
mod workload;

use peers::{Peer, Query};
use sayso::diagnostic::Diagnostics;
use sayso::grammar::{Grammar, compile};
use sayso::language::Lang;
use sayso::slot::{Context, Value};
use sayso::sms::Text;
use std::collections::BTreeMap;
use std::hint::black_box;
use std::time::{Duration, Instant};
use timing::{Side, Times, time};
use workload::{Class, Written};

/// Intents of the grammars.
const SIZES: [usize; 4] = [20, 200, 2_000, 20_000];
/// Brands that are held at once.
const BRANDS: usize = 8_000;
/// How long each class is recognized for a profiler.
const ALONE: Duration = Duration::from_secs(2);
/// Intents for which a set of regular expressions with the usual limits is tried: it does not fit into them from some
/// hundreds on, and takes long to find out.
const REGEX_INTENTS_MAX: usize = 2_000;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let value = |name: &str| {
        let at = arguments.iter().position(|argument| argument == name)?;
        arguments.get(at + 1).cloned()
    };
    let number = |name: &str| value(name).map(|value| value.parse::<usize>().expect("a number"));
    let done = number("--child-build").map(child::build);
    if let Some(done) = done.or_else(|| number("--child-brands").map(child::link_brands)) {
        return println!("{}", done.unwrap_or_else(|why| why));
    }
    let sizes = number("--size").map_or_else(|| SIZES.to_vec(), |size| vec![size]);
    let only = value("--only");
    let wanted = |part: &str| only.as_ref().is_none_or(|only| only == part);
    let mut bars = Bars::default();
    if only.as_deref() == Some("sayso") {
        sayso_alone(number("--size").unwrap_or(2_000));
        return;
    }
    if wanted("recognize") {
        recognize(&sizes, &mut bars);
    }
    if wanted("normalize") {
        normalize(&mut bars);
    }
    if wanted("build") {
        build(&sizes, &mut bars);
    }
    if wanted("brands") && number("--size").is_none() {
        brands(&mut bars);
    }
    bars.print();
}

/// What must hold, and whether it does.
#[derive(Debug, Default)]
struct Bars(Vec<(String, bool)>);

impl Bars {
    fn at_most(&mut self, what: &str, value: f64, most: f64) {
        self.0.push((format!("{what}: {value:.2}, at most {most}"), value <= most));
    }

    fn print(&self) {
        println!("\nbars");
        for (what, holds) in &self.0 {
            println!("  {:11}  {what}", if *holds { "ok" } else { "NOT REACHED" });
        }
    }
}

fn recognize(sizes: &[usize], bars: &mut Bars) {
    println!(
        "recognizing: {} texts, ns a call; times of others are for less work, see `peers.rs`",
        workload::TEXTS
    );
    let mut means = BTreeMap::new();
    for size in sizes {
        let written = Written::new(*size, 0);
        let mut found = Diagnostics::default();
        let files = workload::parse(&written.files, &mut found);
        let grammar = compile(&files, &|_| None, &mut found);
        if let Err(why) = child::sound(&found) {
            println!("\n{size} intents\n  NOT BUILT: {why}");
            bars.0.push((format!("a grammar of {size} intents can be built"), false));
            continue;
        }
        let queries = peers::queries(&workload::samples(&written, &files));
        println!("\n{size} intents, {} states", grammar.states());
        check_all(&written, &grammar, &queries, *size, bars);
        let (mean, ratio) = compare(&written, &files, &grammar, &queries);
        means.insert(*size, mean);
        if *size == 2_000 {
            bars.at_most("median at 2,000 intents, times that of the HashMap", ratio, 4.0);
        }
    }
    let growth = means.iter().map(|(size, mean)| {
        let times = means.get(&20).map_or(f64::NAN, |small| mean / small);
        format!("{mean:.0} ns at {size} ({times:.2} times that at 20)")
    });
    println!("\nsayso's mean: {}", growth.collect::<Vec<_>>().join(", "));
    for (to, most) in [(2_000, 3.0), (20_000, 6.0)] {
        if let (Some(small), Some(large)) = (means.get(&20), means.get(&to)) {
            bars.at_most(&format!("mean at {to} intents, times that at 20"), large / small, most);
        }
    }
}

/// Recognizes all texts again and again for a while.
fn sayso_alone(size: usize) {
    let written = Written::new(size, 0);
    let mut found = Diagnostics::default();
    let files = workload::parse(&written.files, &mut found);
    let grammar = compile(&files, &|_| None, &mut found);
    let queries = peers::queries(&workload::samples(&written, &files));
    let context = context();
    for (class, queries) in &queries {
        let begin = Instant::now();
        let mut rounds = 0;
        while begin.elapsed() < ALONE {
            rounds += 1;
            for query in queries {
                black_box(grammar.recognize(black_box(&query.text), &context));
            }
        }
        let each = begin.elapsed().as_secs_f64() * 1e9 / (f64::from(rounds) * queries.len() as f64);
        println!("{:8} {each:.0} ns", class.name());
    }
}

/// The moment and the place in which all texts are read.
fn context() -> Context<'static> {
    Context { now: "2026-06-03T12:00:00Z".parse().expect("a moment"), ..Context::of(&[Lang::EN]) }
}

/// Which of our texts sayso gets right, intent and slots; prints the first that it does not.
fn check_all(
    written: &Written,
    grammar: &Grammar,
    queries: &BTreeMap<Class, Vec<Query>>,
    size: usize,
    bars: &mut Bars,
) {
    let context = context();
    let names: Vec<&str> = grammar.intents().collect();
    let mut all_right = true;
    for (class, queries) in queries {
        let mut wrong = Vec::new();
        for query in queries {
            let best = grammar.recognize(&query.text, &context).into_iter().next();
            let (intent, slots) = best.map_or((None, Vec::new()), |best| {
                let slots = best.slots.into_iter().map(|slot| (slot.name, slot.value));
                (Some(names[best.intent as usize]), slots.collect())
            });
            let meant = query.intent.map(|intent| written.intents[intent].name.as_str());
            if intent != meant || sorted(slots.clone()) != sorted(query.slots.clone()) {
                wrong.push((query, intent, slots));
            }
        }
        let right = 100.0 * (1.0 - wrong.len() as f64 / queries.len() as f64);
        println!("  {:8} {right:6.2} % right of {}", class.name(), queries.len());
        if let Some((query, intent, slots)) = wrong.first() {
            let typed = query.text.original();
            println!(
                "           `{typed}`: {intent:?} {slots:?}; meant {:?} {:?}",
                query.intent, query.slots
            );
        }
        all_right &= wrong.is_empty();
    }
    bars.0.push((format!("all right at {size} intents"), all_right));
}

fn sorted(mut slots: Vec<(String, Value)>) -> Vec<(String, Value)> {
    slots.sort_by(|a, b| a.0.cmp(&b.0));
    slots
}

/// Times sayso and the others; sayso's mean, and its median as a multiple of the look-up's.
fn compare(
    written: &Written,
    files: &[sayso::grammar::syntax::GrammarFile],
    grammar: &Grammar,
    queries: &BTreeMap<Class, Vec<Query>>,
) -> (f64, f64) {
    let context = context();
    let best = |query: &Query| Some(grammar.recognize(&query.text, &context).first()?.intent as usize);
    let sayso = Peer { name: "sayso", note: String::new(), answer: Box::new(best) };
    // The slow ones walk through so much memory that they would leave cold caches to the others: they have rounds of
    // their own.
    let look_ups = [peers::hash_map(files), peers::hash_map_of_strings(files)].map(Ok);
    let near = [Ok(sayso)].into_iter().chain(look_ups).chain([peers::keywords(written)]);
    let times = time_side_by_side(near.collect(), queries);
    let mut slow =
        vec![Ok(peers::nom_parsers(files)), peers::regex_set("RegexSet 512M", files, Some(512 << 20))];
    if written.intents.len() <= REGEX_INTENTS_MAX {
        slow.push(peers::regex_set("RegexSet", files, None));
    } else {
        println!(
            "  RegexSet with the usual limits: not tried, it is above them with a tenth of these intents"
        );
    }
    time_side_by_side(slow, queries);
    let (sayso, look_up) = (&times[0], &times[1]);
    let by_class = Class::ALL.map(|class| {
        format!("{} {:.2}", class.name(), sayso.median(Some(class)) / look_up.median(Some(class)))
    });
    let ratio = sayso.median(None) / look_up.median(None);
    let of_strings = sayso.median(None) / times[2].median(None);
    println!("  sayso's median, times that of the HashMap: {ratio:.2} ({})", by_class.join(", "));
    println!("  and of the one of strings, made before: {of_strings:.2}");
    (sayso.mean(None), ratio)
}

/// Times sides that could be built, and prints all about them.
fn time_side_by_side(
    sides: Vec<Result<Peer<'_>, String>>,
    queries: &BTreeMap<Class, Vec<Query>>,
) -> Vec<Times> {
    let told = |side: Result<_, _>| side.inspect_err(|why| println!("  cannot be built: {why}")).ok();
    let mut sides: Vec<Peer<'_>> = sides.into_iter().filter_map(told).collect();
    let times = time(&sides, queries);
    for (side, times) in sides.iter_mut().zip(&times) {
        side.note = format!("{:5.1} %  {}", right(side, times, queries), side.note);
    }
    print_times(&sides, &times, queries);
    times
}

/// Of the texts that a side was timed on, of how many in a hundred it says the right intent.
fn right(side: &Peer<'_>, measured: &Times, queries: &BTreeMap<Class, Vec<Query>>) -> f64 {
    let tried = queries.iter().flat_map(|(class, queries)| &queries[..measured.texts(Some(*class))]);
    let rights: Vec<bool> = tried.map(|query| (side.answer)(query) == query.intent).collect();
    100.0 * rights.iter().filter(|right| **right).count() as f64 / rights.len() as f64
}

/// A row for each side: median and mean of each class and of all, then its note.
fn print_times<T, A>(sides: &[Side<'_, T, A>], measured: &[Times], classes: &BTreeMap<Class, Vec<T>>) {
    print!("  {:22}", "median / mean");
    for class in Class::ALL.iter().filter(|class| classes.contains_key(class)) {
        print!("{:>20}", class.name());
    }
    let notes = if sides.iter().any(|side| !side.note.is_empty()) { "  right    built of" } else { "" };
    println!("{:>20}{notes}", "all");
    for (side, times) in sides.iter().zip(measured) {
        print!("  {:22}", side.name);
        let each = Class::ALL.iter().filter(|class| classes.contains_key(class)).copied().map(Some);
        for class in each.chain([None]) {
            print!("{:>20}", format!("{:.0} / {:.0}", times.median(class), times.mean(class)));
        }
        let (tried, all) = (times.texts(None), classes.values().map(Vec::len).sum::<usize>());
        let sample = if tried * 10 < all * 9 { format!("; only {tried} texts") } else { String::new() };
        println!("  {}{sample}", side.note);
    }
}

fn normalize(bars: &mut Bars) {
    let written = Written::new(2_000, 0);
    let files = workload::parse(&written.files, &mut Diagnostics::default());
    let samples = workload::samples(&written, &files);
    println!("\nnormalizing, ns a text, beside to_lowercase and split_whitespace into a Vec");
    for ascii in [true, false] {
        let mut bodies: BTreeMap<Class, Vec<String>> = BTreeMap::new();
        for sample in samples.iter().filter(|sample| sample.body.is_ascii() == ascii) {
            bodies.entry(sample.class).or_default().push(sample.body.clone());
        }
        let read = |body: &String| black_box(Text::new(body)).tokens().len();
        let split = |body: &String| {
            let lower = body.to_lowercase();
            black_box(lower.split_whitespace().collect::<Vec<&str>>()).len()
        };
        let sides = [
            Side { name: "Text::new", note: String::new(), answer: Box::new(read) },
            Side { name: "to_lowercase + split", note: String::new(), answer: Box::new(split) },
        ];
        let times = time(&sides, &bodies);
        let count = bodies.values().map(Vec::len).sum::<usize>();
        println!("  {count} texts, {}", if ascii { "all ASCII" } else { "none of them ASCII" });
        print_times(&sides, &times, &bodies);
        let [median, mean] =
            [times[0].median(None) / times[1].median(None), times[0].mean(None) / times[1].mean(None)];
        println!("  ratio of the medians {median:.2}, of the means {mean:.2}");
        if ascii {
            bars.at_most("normalizing ASCII, times to_lowercase and split, medians", median, 3.0);
            bars.at_most("normalizing ASCII, times to_lowercase and split, means", mean, 3.0);
        }
    }
}

fn build(sizes: &[usize], bars: &mut Bars) {
    println!("\nbuilding, each in a process of its own; the middle one of five, but the largest only once");
    println!("  intents  parse + compile s  prove s  states  peak MiB  of these before parsing  warnings");
    for size in sizes {
        match child::Built::of(*size) {
            Ok(built) => {
                println!(
                    "  {size:7}  {:17.3}  {:7.3}  {:6}  {:8.1}  {:23.1}  {:8}",
                    built.compile, built.prove, built.states, built.peak, built.before, built.remarks
                );
                if *size == 2_000 {
                    bars.at_most("seconds to build and prove 2,000 intents", built.seconds(), 1.0);
                    bars.at_most("MiB at the peak of building 2,000 intents", built.peak, 150.0);
                }
            }
            Err(why) => {
                println!("  {size:7}  NOT BUILT: {why}");
                bars.0.push((format!("a grammar of {size} intents can be built and proved"), false));
            }
        }
    }
}

fn brands(bars: &mut Bars) {
    println!("\n{BRANDS} brands of 20 intents, with the shared grammars of this repository");
    match child::brands(BRANDS) {
        Ok((seconds, grown)) => {
            println!("  made, read and linked in {seconds:.1} s; the process grew by {grown:.1} MiB");
            bars.at_most("MiB of 8,000 brands", grown, 1_024.0);
        }
        Err(why) => {
            println!("  NOT LINKED: {why}");
            bars.0.push(("8,000 brands can be linked".to_owned(), false));
        }
    }
}
