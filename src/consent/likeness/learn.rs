//! Makes `data/rules/opt_out_weights.bin` and `opt_out_scale.toml` from the texts of `tests/consent/development`: `scripts/learn`.
//!
//! Logistic regression with the square of the weights held against them, by full-batch `AdaGrad` steps in a fixed order: the
//! same texts give the same files.

use super::super::tapback::is_tapback;
use super::super::word::mistyped;
use super::{WEIGHTS, each_feature};
use crate::reserved::meaning;
use crate::sms::Text;
use std::fmt::Write;
use std::path::Path;

/// Half the square of each weight is held against it, so much.
const REGULARIZATION: f32 = 0.005;
const STEPS: usize = 300;
const STEP: f32 = 0.5;

struct Example {
    /// The numbers of its features.
    features: Vec<usize>,
    is_opt_out: bool,
}

impl Example {
    /// Nothing, where the second reader is not asked.
    fn new(text: &str, is_opt_out: bool) -> Option<Self> {
        let text = Text::new(&text.replace("\\n", "\n"));
        if is_tapback(&text) || meaning(&text).is_some() || mistyped(&text).is_some() {
            return None;
        }
        let mut features = Vec::new();
        each_feature(&text, |feature, _| features.push(feature));
        Some(Self { features, is_opt_out })
    }

    /// What each of its features counts.
    #[expect(clippy::cast_precision_loss, reason = "a text has a few hundred features")]
    fn share(&self) -> f32 {
        1.0 / (self.features.len().max(1) as f32).sqrt()
    }
}

fn examples() -> Vec<Example> {
    let read = |file: &str| {
        let path = format!("{}/tests/consent/development/{file}", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    let mut examples = Vec::new();
    for row in read("optouts.tsv").lines() {
        examples.extend(Example::new(row.splitn(3, '\t').nth(2).unwrap(), true));
    }
    examples.extend(read("others.txt").lines().filter_map(|line| Example::new(line, false)));
    for row in read("hard.tsv").lines() {
        let (kind, text) = row.split_once('\t').unwrap();
        if matches!(kind, "speech" | "help" | "opt_in") {
            examples.extend(Example::new(text, false));
        }
    }
    examples
}

/// The weights, and the bias behind them.
fn learned(examples: &[Example]) -> Vec<f32> {
    let mut weights = vec![0.0; WEIGHTS + 1];
    let mut squares = vec![1e-6; WEIGHTS + 1];
    for _ in 0..STEPS {
        let mut gradient: Vec<f32> = weights.iter().map(|weight| weight * REGULARIZATION).collect();
        gradient[WEIGHTS] = 0.0;
        for example in examples {
            let probability = 1.0 / (1.0 + (-score(example, &weights)).exp());
            let error = if example.is_opt_out { probability - 1.0 } else { probability };
            let share = error * example.share();
            for feature in &example.features {
                gradient[*feature] += share;
            }
            gradient[WEIGHTS] += error;
        }
        for at in 0..=WEIGHTS {
            squares[at] += gradient[at] * gradient[at];
            weights[at] -= STEP * gradient[at] / squares[at].sqrt();
        }
    }
    weights
}

fn score(example: &Example, weights: &[f32]) -> f32 {
    let sum: f32 = example.features.iter().map(|feature| weights[*feature]).sum();
    weights[WEIGHTS] + sum * example.share()
}

#[test]
#[ignore = "writes the weights; `scripts/learn` runs it"]
fn learn() {
    let examples = examples();
    let weights = learned(&examples);
    let largest = weights[..WEIGHTS].iter().fold(0.0_f32, |largest, weight| largest.max(weight.abs()));
    let unit = largest / f32::from(i8::MAX);
    #[expect(clippy::cast_possible_truncation, reason = "no weight is above the largest")]
    let bytes: Vec<u8> =
        weights[..WEIGHTS].iter().map(|weight| ((weight / unit).round() as i8).cast_unsigned()).collect();
    let mut file = String::from(
        "# How the weights of `opt_out_weights.bin` are read: made by `scripts/learn`, not by hand.\n",
    );
    writeln!(file, "bias = {:.4}\nunit = {unit:.6}", weights[WEIGHTS]).unwrap();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/rules");
    std::fs::write(folder.join("opt_out_weights.bin"), bytes).unwrap();
    std::fs::write(folder.join("opt_out_scale.toml"), file).unwrap();
}
