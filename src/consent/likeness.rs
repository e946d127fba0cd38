//! How much a text reads like an opt-out: a second reader beside the phrases, and only for the review list.
//!
//! It knows words and pairs of words and what each says for or against: a linear model, `data/rules/opt_out_weights.tsv`,
//! which `scripts/learn` makes from `tests/consent/development`. It never opts anybody out. It sends a text to the review list
//! that no phrase caught, and one that a phrase caught but whose other words speak against it; and it takes a doubt away
//! where nearly all words do.

#[cfg(test)]
mod learn;

use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::{FxHashMap, FxHasher};
use std::hash::Hasher;
use std::sync::LazyLock;

/// What stands for the beginning and the end of a text, for the end of a sentence in it, and for any number.
const BEGIN: &str = "^";
const END: &str = "$";
const PART: &str = "|";
const NUMBER: &str = "9";
/// Words that are named as the reason.
const REASONS_MAX: usize = 3;

/// The weights, and where the scores mean something.
struct Model {
    weights: FxHashMap<u64, f32>,
    bias: f32,
    limits: Limits,
}

/// Scores from which, or below which, something is done.
#[derive(Debug, Clone, Copy, Default)]
struct Limits {
    /// From here a text that no phrase caught is looked at.
    raise: f32,
    /// Below this a doubt is none.
    drop: f32,
    /// Below this what a phrase is sure of is looked at.
    demote: f32,
}

static MODEL: LazyLock<Model> = LazyLock::new(|| read(include_str!("../../data/rules/opt_out_weights.tsv")));

fn read(file: &str) -> Model {
    let mut model = Model { weights: FxHashMap::default(), bias: 0.0, limits: Limits::default() };
    for line in file.lines().filter(|line| !line.starts_with('#')) {
        let (weight, feature) =
            line.split_once('\t').expect("the weights are made by a script and read by tests");
        let weight: f32 = weight.parse().expect("a weight is a number");
        match feature {
            "= bias" => model.bias = weight,
            "= raise" => model.limits.raise = weight,
            "= drop" => model.limits.drop = weight,
            "= demote" => model.limits.demote = weight,
            _ => {
                let (word, next) = feature.split_once(' ').map_or((feature, None), |(a, b)| (a, Some(b)));
                model.weights.insert(key(word, next), weight);
            }
        }
    }
    model
}

/// How much a text reads like an opt-out. O(tokens).
pub(super) fn likeness(text: &Text) -> Likeness<'_> {
    let mut score = MODEL.bias;
    each_feature(text, |word, next| {
        score += MODEL.weights.get(&key(word, next)).copied().unwrap_or_default();
    });
    Likeness { text, score }
}

/// A text, and how much it reads like an opt-out: the logarithm of odds.
pub(super) struct Likeness<'t> {
    text: &'t Text,
    score: f32,
}

impl Likeness<'_> {
    /// Somebody should look at it, though no phrase caught it.
    pub(super) fn is_likely(&self) -> bool {
        self.score >= MODEL.limits.raise
    }

    /// It is none, though a phrase left a doubt.
    pub(super) fn is_unlikely(&self) -> bool {
        self.score < MODEL.limits.drop
    }

    /// Somebody should look at it, though a phrase is sure.
    pub(super) fn is_doubtful(&self) -> bool {
        self.score < MODEL.limits.demote
    }

    /// The words that did it, those that weigh most first, as the name of a rule.
    pub(super) fn reason(&self) -> String {
        let mut said: Vec<(f32, String)> = Vec::new();
        each_feature(self.text, |word, next| {
            let weight = MODEL.weights.get(&key(word, next)).copied().unwrap_or_default();
            let words: Vec<&str> = [Some(word), next].into_iter().flatten().filter(|w| !is_sign(w)).collect();
            let words = words.join(" ");
            if weight > 0.0 && !words.is_empty() && said.iter().all(|(_, other)| *other != words) {
                said.push((weight, words));
            }
        });
        said.sort_by(|a, b| b.0.total_cmp(&a.0));
        let words: Vec<String> =
            said.iter().take(REASONS_MAX).map(|(_, words)| format!("\"{words}\"")).collect();
        format!("reads like one: {}", words.join(", "))
    }
}

fn is_sign(word: &str) -> bool {
    matches!(word, BEGIN | END | PART)
}

fn key(word: &str, next: Option<&str>) -> u64 {
    let mut hasher = FxHasher::default();
    hasher.write(word.as_bytes());
    if let Some(next) = next {
        hasher.write_u8(b' ');
        hasher.write(next.as_bytes());
    }
    hasher.finish()
}

/// Each word of a text, and each with the next.
fn each_feature(text: &Text, mut see: impl FnMut(&str, Option<&str>)) {
    let mut before = BEGIN;
    let mut next = |word| {
        if !is_sign(word) {
            see(word, None);
        }
        see(before, Some(word));
        before = word;
    };
    for at in 0..text.tokens().len() {
        if at > 0 && super::opt_out::parts(text.gap(at)) {
            next(PART);
        }
        next(if text.tokens()[at].kind == TokenKind::Number { NUMBER } else { text.token(at) });
    }
    next(END);
}
