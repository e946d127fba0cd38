//! Makes `data/rules/opt_out_weights.tsv` from the texts of `tests/consent/development`: `scripts/learn`.
//!
//! Logistic regression with the square of the weights held against them, by full-batch `AdaGrad` steps in a fixed order: the
//! same texts give the same file. The limits are read off scores of texts that the model had not seen (ten folds).

use super::super::opt_out::judge;
use super::{each_feature, key};
use crate::sms::Text;
use rustc_hash::FxHashMap;
use std::collections::BTreeMap;
use std::fmt::Write;

/// How much one opt-out weighs against one other text: there are twelve times as many of those.
const OPT_OUT_WEIGHT: f64 = 4.0;
/// Half the square of each weight is held against it, so much.
const REGULARIZATION: f64 = 1.0;
const STEPS: usize = 400;
const STEP: f64 = 0.4;
const FOLDS: usize = 10;
/// What is in fewer texts is chance.
const TEXTS_MIN: usize = 2;
/// Smaller weights change nothing and would fill the file.
const WEIGHT_MIN: f64 = 0.15;
/// Of 10,000 ordinary texts, so many may be raised.
const RAISED: usize = 8;
/// Of 1,000 opt-outs, so many may lie below the limits.
const DROPPED: usize = 50;
const DEMOTED: usize = 20;

struct Example {
    text: String,
    features: Vec<usize>,
    is_opt_out: bool,
    /// Between persons.
    is_ordinary: bool,
}

struct Names {
    numbers: BTreeMap<String, usize>,
}

fn examples() -> (Vec<Example>, Names) {
    let read = |file: &str| {
        let path = format!("{}/tests/consent/development/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let mut texts: Vec<(String, bool, bool)> = Vec::new();
    for row in read("optouts.tsv").lines() {
        texts.push((row.splitn(3, '\t').nth(2).unwrap().replace("\\n", "\n"), true, false));
    }
    texts.extend(read("others.txt").lines().map(|line| (line.to_owned(), false, true)));
    for row in read("hard.tsv").lines() {
        let (kind, text) = row.split_once('\t').unwrap();
        if matches!(kind, "speech" | "help" | "opt_in") {
            texts.push((text.replace("\\n", "\n"), false, false));
        }
    }
    let mut names = Names { numbers: BTreeMap::new() };
    let all: Vec<Vec<String>> = texts.iter().map(|(text, ..)| names_of(text)).collect();
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    all.iter().flatten().for_each(|name| *counts.entry(name).or_default() += 1);
    for (number, name) in
        counts.iter().filter(|(_, count)| **count >= TEXTS_MIN).map(|(name, _)| name).enumerate()
    {
        names.numbers.insert((*name).to_owned(), number);
    }
    let number = |name: &String| names.numbers.get(name).copied();
    let examples = all.iter().zip(&texts).map(|(own, (text, is_opt_out, is_ordinary))| Example {
        features: own.iter().filter_map(number).collect(),
        is_opt_out: *is_opt_out,
        is_ordinary: *is_ordinary,
        text: text.clone(),
    });
    (examples.collect(), names)
}

fn names_of(text: &str) -> Vec<String> {
    let mut own = Vec::new();
    each_feature(&Text::new(text), |word, next| {
        own.push(next.map_or(word.to_owned(), |next| format!("{word} {next}")));
    });
    own
}

/// Weights by the number of the feature, and the bias.
fn learned<'e>(examples: &(impl Iterator<Item = &'e Example> + Clone), features: usize) -> (Vec<f64>, f64) {
    let mut weights = vec![0.0; features + 1];
    let mut squares = vec![1e-8; features + 1];
    for _ in 0..STEPS {
        let mut gradient: Vec<f64> = weights.iter().map(|weight| weight * REGULARIZATION).collect();
        gradient[features] = 0.0;
        for example in examples.clone() {
            let score = score(example, &weights, weights[features]);
            let probability = 1.0 / (1.0 + (-score).exp());
            let error = if example.is_opt_out { (probability - 1.0) * OPT_OUT_WEIGHT } else { probability };
            example.features.iter().for_each(|feature| gradient[*feature] += error);
            gradient[features] += error;
        }
        for ((weight, square), slope) in weights.iter_mut().zip(&mut squares).zip(&gradient) {
            *square += slope * slope;
            *weight -= STEP * slope / square.sqrt();
        }
    }
    let bias = weights.pop().unwrap();
    (weights, bias)
}

fn score(example: &Example, weights: &[f64], bias: f64) -> f64 {
    bias + example.features.iter().map(|feature| weights[*feature]).sum::<f64>()
}

/// The score of each text by a model that has not seen it.
fn unseen_scores(examples: &[Example], features: usize) -> Vec<f64> {
    let mut scores = vec![0.0; examples.len()];
    for fold in 0..FOLDS {
        let seen =
            examples.iter().enumerate().filter(|(at, _)| at % FOLDS != fold).map(|(_, example)| example);
        let (weights, bias) = learned(&seen, features);
        for (at, example) in examples.iter().enumerate().filter(|(at, _)| at % FOLDS == fold) {
            scores[at] = score(example, &weights, bias);
        }
    }
    scores
}

/// The limits: what so many of the opt-outs lie below, and so many of the ordinary texts above.
fn limits(examples: &[Example], scores: &[f64]) -> [(&'static str, f64); 3] {
    let sorted = |is: fn(&Example) -> bool| {
        let of = examples.iter().zip(scores).filter(|(example, _)| is(example));
        let mut of: Vec<f64> = of.map(|(_, score)| *score).collect();
        of.sort_by(f64::total_cmp);
        of
    };
    let opt_outs = sorted(|example| example.is_opt_out);
    // What no phrase caught: only that is raised.
    let ordinary = sorted(|example| example.is_ordinary && judge(&Text::new(&example.text)).is_none());
    let raise = ordinary[ordinary.len() - 1 - RAISED * ordinary.len() / 10_000];
    let below = |share: usize| opt_outs[share * opt_outs.len() / 1_000];
    [("raise", raise), ("drop", below(DROPPED)), ("demote", below(DEMOTED))]
}

#[test]
#[ignore = "writes the weights; `scripts/learn` runs it"]
fn learn() {
    let (examples, names) = examples();
    let features = names.numbers.len();
    let (weights, bias) = learned(&examples.iter(), features);
    let mut file = String::from(
        "# What words and pairs of words say for an opt-out (more than 0) or against it: made by `scripts/learn`, not by hand.\n\
         # `^` and `$` are the ends of a text, `|` the end of a sentence, `9` a number. `=` names the bias and the limits.\n",
    );
    writeln!(file, "{bias:.2}\t= bias").unwrap();
    for (name, limit) in limits(&examples, &unseen_scores(&examples, features)) {
        writeln!(file, "{limit:.2}\t= {name}").unwrap();
    }
    for (name, number) in &names.numbers {
        if weights[*number].abs() >= WEIGHT_MIN {
            writeln!(file, "{:.2}\t{name}", weights[*number]).unwrap();
        }
    }
    std::fs::write(concat!(env!("CARGO_MANIFEST_DIR"), "/data/rules/opt_out_weights.tsv"), file).unwrap();
}

#[test]
fn no_two_features_share_a_key() {
    let mut names: FxHashMap<u64, String> = FxHashMap::default();
    for (name, _) in examples().1.numbers {
        let (word, next) = name.split_once(' ').map_or((name.as_str(), None), |(a, b)| (a, Some(b)));
        let other = names.insert(key(word, next), name.clone());
        assert_eq!(other, None, "{name}");
    }
}
