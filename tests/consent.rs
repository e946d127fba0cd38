//! What kind of text is this: the rates on texts that several people composed by hand for this purpose (`tests/consent`).
//!
//! `development` was looked at while the rules were written, `kept` was not (`tests/consent/README.md`). `scripts/evaluate`
//! prints all rates.

// Test code: a panic is the report, and rates are printed for whoever asks for them.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods)]

use sayso::consent::{Kind, kind_of};
use sayso::sms::Text;
use std::collections::BTreeMap;
use std::fmt::Write;

/// What the rules must hold on one half of the texts. The aim is 3 and 20 in 10,000, 1 % missed and 5 % left to a person;
/// the bars are where the rules stand, so that no change makes them worse unseen, and are drawn tighter as they get better.
struct Bars {
    /// Of 10,000 ordinary texts, so many may be taken for opt-outs.
    opted_out: usize,
    /// Of 10,000 ordinary texts, so many may be left to a person.
    reviewed: usize,
    /// Of 100 opt-outs, so many may be missed.
    missed: usize,
    /// Of 100 opt-outs, so many may be left to a person.
    unsure: usize,
    /// Of 100 hard texts of a kind, so many may be taken for something else.
    hard: usize,
}

const BARS: [Bars; 2] = [
    Bars { opted_out: 2, reviewed: 8, missed: 1, unsure: 17, hard: 4 },
    Bars { opted_out: 8, reviewed: 24, missed: 3, unsure: 4, hard: 39 },
];

/// One half of the texts.
struct Half {
    name: &'static str,
    /// Ordinary texts between persons.
    others: Vec<String>,
    /// Language, class, text.
    opt_outs: Vec<[String; 3]>,
    /// Expected kind, text.
    hard: Vec<[String; 2]>,
}

fn halves() -> [Half; 2] {
    ["development", "kept"].map(|name| {
        let read = |file: &str| {
            let path = format!("{}/tests/consent/{name}/{file}", env!("CARGO_MANIFEST_DIR"));
            std::fs::read_to_string(path).unwrap()
        };
        let rows = |file: &str| read(file).lines().map(str::to_owned).collect::<Vec<_>>();
        Half {
            name,
            others: rows("others.txt"),
            opt_outs: rows("optouts.tsv").iter().map(|row| columns(row)).collect(),
            hard: rows("hard.tsv").iter().map(|row| columns(row)).collect(),
        }
    })
}

/// The columns of a row; a text may hold anything but a tab and a line break, which is written `\n`.
fn columns<const N: usize>(row: &str) -> [String; N] {
    let parts: Vec<String> = row.splitn(N, '\t').map(|part| part.replace("\\n", "\n")).collect();
    parts.try_into().unwrap_or_else(|_| panic!("not {N} columns: {row}"))
}

fn kind(text: &str) -> Kind {
    kind_of(&Text::new(text), None)
}

/// What a kind counts as.
fn outcome(kind: &Kind) -> &'static str {
    match kind {
        Kind::OptOut { .. } => "opt_out",
        Kind::Unsure { .. } => "unsure",
        Kind::Help(_) => "help",
        Kind::OptIn(_) => "opt_in",
        Kind::Tapback => "tapback",
        Kind::AutoReply => "auto_reply",
        Kind::Speech => "speech",
    }
}

fn texts<'t>(texts: impl Iterator<Item = &'t String>, wanted: &str) -> Vec<String> {
    let found = texts.map(|text| (text, kind(text))).filter(|(_, kind)| outcome(kind) == wanted);
    found.map(|(text, kind)| format!("{text}   [{}]", kind.rule().unwrap_or("-"))).collect()
}

#[test]
fn there_are_enough_texts_to_measure_few_mistakes() {
    let halves = halves();
    assert!(halves.iter().map(|half| half.others.len()).sum::<usize>() >= 10_000);
    assert!(halves.iter().map(|half| half.opt_outs.len()).sum::<usize>() >= 600);
}

#[test]
fn ordinary_texts_are_hardly_ever_taken_for_opt_outs() {
    for (half, bars) in halves().iter().zip(BARS) {
        let count = half.others.len();
        for (wanted, max) in [("opt_out", bars.opted_out), ("unsure", bars.reviewed)] {
            let found = texts(half.others.iter(), wanted).len();
            assert!(found * 10_000 <= max * count, "{}: {found} of {count} are {wanted}", half.name);
        }
    }
}

#[test]
fn opt_outs_are_caught_however_they_are_worded() {
    for (half, bars) in halves().iter().zip(BARS) {
        let count = half.opt_outs.len();
        let outcomes: Vec<&str> = half.opt_outs.iter().map(|[_, _, text]| outcome(&kind(text))).collect();
        let of = |wanted: &str| outcomes.iter().filter(|got| **got == wanted).count();
        let missed = count - of("opt_out") - of("unsure");
        assert!(missed * 100 <= bars.missed * count, "{}: {missed} of {count} are missed", half.name);
        assert!(of("unsure") * 100 <= bars.unsure * count, "{}: {} of {count}", half.name, of("unsure"));
    }
}

/// A text may be an opt-out to one reader and none to another (`unsure_ok`): it is neither help nor a machine's.
fn is_as_expected(expected: &str, got: &str) -> bool {
    got == expected || expected == "unsure_ok" && matches!(got, "speech" | "unsure" | "opt_out")
}

#[test]
fn what_only_sounds_like_an_opt_out_is_what_it_is() {
    for (half, bars) in halves().iter().zip(BARS) {
        for sure in ["tapback", "auto_reply", "help", "opt_in", "speech"] {
            let of: Vec<_> = half.hard.iter().filter(|[expected, _]| expected == sure).collect();
            let wrong = of.iter().filter(|[_, text]| outcome(&kind(text)) != sure).count();
            // A class of few texts may have one that is wrong.
            let max = (bars.hard * of.len()).div_ceil(100);
            assert!(wrong <= max, "{}: {wrong} of {} are no {sure}", half.name, of.len());
        }
    }
}

/// Prints what `scripts/evaluate` is for.
#[test]
#[ignore = "prints rates and checks nothing; `scripts/evaluate` runs it"]
fn rates() {
    let list = std::env::var_os("SAYSO_LIST").is_some();
    for half in halves() {
        println!("── {}\n", half.name);
        print_opt_outs(&half, list);
        print_others(&half, list);
        print_hard(&half, list);
    }
}

fn print_opt_outs(half: &Half, list: bool) {
    let mut counts: BTreeMap<String, [usize; 3]> = BTreeMap::new();
    let mut lines = String::new();
    for [language, class, text] in &half.opt_outs {
        let got = kind(text);
        let place = match outcome(&got) {
            "opt_out" => 0,
            "unsure" => 1,
            _ => 2,
        };
        for name in [format!("  class {class}"), format!("  language {language}"), " all".to_owned()] {
            counts.entry(name).or_default()[place] += 1;
        }
        if place > 0 {
            writeln!(
                lines,
                "  {:8} {language} {class}: {text}   [{}]",
                outcome(&got),
                got.rule().unwrap_or("-")
            )
            .unwrap();
        }
    }
    println!("{:28} {:>8} {:>8} {:>8}", "opt-outs", "caught", "review", "missed");
    for (name, [caught, review, missed]) in &counts {
        println!("{name:28} {caught:8} {review:8} {missed:8}");
    }
    println!("{}", if list { lines } else { String::new() });
}

fn print_others(half: &Half, list: bool) {
    let count = half.others.len();
    println!("{count} ordinary texts, in each 10,000");
    for wanted in ["opt_out", "unsure", "help", "opt_in", "tapback", "auto_reply"] {
        let found = texts(half.others.iter(), wanted);
        let tenths = found.len() * 100_000 / count.max(1);
        println!("  {wanted:12} {:3}.{} ({})", tenths / 10, tenths % 10, found.len());
        if list {
            for text in &found {
                println!("      {text}");
            }
        }
    }
    println!();
}

fn print_hard(half: &Half, list: bool) {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    let mut lines = String::new();
    for [expected, text] in &half.hard {
        let got = kind(text);
        *counts.entry(expected).or_default().entry(outcome(&got)).or_default() += 1;
        if !is_as_expected(expected, outcome(&got)) {
            writeln!(lines, "  {expected} → {}: {text}   [{}]", outcome(&got), got.rule().unwrap_or("-"))
                .unwrap();
        }
    }
    println!("hard texts: expected, and what they were taken for");
    for (expected, got) in &counts {
        let got: Vec<String> = got.iter().map(|(kind, count)| format!("{kind} {count}")).collect();
        println!("  {expected:12} {}", got.join(", "));
    }
    println!("{}", if list { lines } else { String::new() });
}
