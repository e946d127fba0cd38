//! A text that is one word of the law, badly typed: "STPO", "stopppp", "ST0P". A slip counts in a whole text only, never in
//! a sentence, and never where it makes an ordinary word ("shop", "quiz"): `data/rules/opt_out_words.toml`.

use super::phrase::is_one_slip;
use crate::reserved;
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use std::sync::LazyLock;

/// Letters from which a word may have a slip.
const LETTERS_MIN: usize = 4;
/// Bytes of the longest word: a longer text is none.
const BYTES_MAX: usize = 40;
/// Letters from which a word may have two slips.
const TWO_SLIPS_FROM: usize = 9;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    words: Vec<String>,
    spelt: Vec<String>,
    no_slips: Vec<String>,
}

struct Words {
    law: Vec<String>,
    spelt: FxHashSet<String>,
    no_slips: FxHashSet<String>,
}

static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let data: Data = toml::from_str(include_str!("../../data/rules/opt_out_words.toml"))
        .expect("the words are part of the program and read by its tests");
    let list = |lines: Vec<String>| -> Vec<String> {
        lines.iter().flat_map(|line| line.split_whitespace()).map(str::to_owned).collect()
    };
    Words {
        law: list(data.words),
        spelt: list(data.spelt).into_iter().collect(),
        no_slips: list(data.no_slips).into_iter().collect(),
    }
});

/// The word of the law that a whole text stands for, if it does. O(1) for texts that are longer than such a word.
pub(super) fn mistyped(text: &Text) -> Option<&'static str> {
    if text.original().len() > 2 * BYTES_MAX || text.tokens().len() > BYTES_MAX {
        return None;
    }
    let mut word = String::new();
    let mut tokens = 0;
    let mut longest = 0;
    for at in 0..text.tokens().len() {
        if text.tokens()[at].kind != TokenKind::Emoji {
            word.push_str(text.token(at));
            tokens += 1;
            longest = longest.max(text.token(at).len());
        }
    }
    if word.len() > BYTES_MAX || tokens == 0 {
        return None;
    }
    // Of several words only letters that were parted make one: "s t o p", "st op", "opt out".
    let parted = tokens > 1;
    meant(&word, parted, longest).or_else(|| {
        let plain = unleeted(text.original())?;
        WORDS.law.iter().find(|known| **known == plain).map(String::as_str)
    })
}

fn meant(word: &str, parted: bool, longest: usize) -> Option<&'static str> {
    let words = &WORDS.law;
    let find = |word: &str| words.iter().find(|known| *known == word).map(String::as_str);
    if parted {
        return find(word).filter(|known| longest < known.len());
    }
    if WORDS.no_slips.contains(word) || reserved::meaning_of(word).is_some() {
        return None;
    }
    if let Some(spelt) = WORDS.spelt.get(word) {
        return Some(spelt);
    }
    if let Some(held) = find(&without_repeats(word)).or_else(|| stop_in_another_order(word)) {
        return Some(held);
    }
    // What stands before or behind by accident: "stop1".
    let letters = word.trim_matches(|c: char| c.is_ascii_digit());
    if letters.len() < word.len()
        && letters.len() >= LETTERS_MIN
        && let Some(known) = find(letters)
    {
        return Some(known);
    }
    let is_near = |known: &str| {
        is_one_slip(word.as_bytes(), known.as_bytes())
            || known.len() >= TWO_SLIPS_FROM && strsim::osa_distance(word, known) <= 2
    };
    let long = word.chars().count() >= LETTERS_MIN;
    words
        .iter()
        .filter(|known| long && known.chars().count() >= LETTERS_MIN)
        .find(|known| is_near(known))
        .map(String::as_str)
}

/// Whether a word is made of the letters of "stop" and begins as it does, in whatever order they fell: "soptp", "stpoo".
fn stop_in_another_order(word: &str) -> Option<&'static str> {
    let is_stop = word.starts_with('s') && word.len() <= 7 && "stop".chars().all(|c| word.contains(c));
    (is_stop && word.chars().all(|c| "stop".contains(c))).then_some("stop")
}

/// A word without its repeated letters.
fn without_repeats(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    for c in word.chars() {
        if !out.ends_with(c) {
            out.push(c);
        }
    }
    out
}

/// A short text with signs that are typed for letters read as those; `None` where there is none, or nothing but such.
fn unleeted(original: &str) -> Option<String> {
    let mut changed = false;
    let mut plain = String::new();
    for c in original.chars().filter(|c| !c.is_whitespace()) {
        let letter = match c {
            '0' => 'o',
            '1' | '!' | '|' => 'i',
            '3' => 'e',
            '4' | '@' => 'a',
            '5' | '$' => 's',
            '7' | '+' => 't',
            'p' | 'P' => 'p',
            c if c.is_ascii_alphabetic() => c.to_ascii_lowercase(),
            c if c.is_ascii_punctuation() => continue,
            _ => return None,
        };
        changed |= !c.is_ascii_alphabetic();
        plain.push(letter);
    }
    // "!" is an i only inside a word.
    let trimmed = plain.trim_end_matches('i').to_owned();
    (changed && original.chars().any(|c| c.is_ascii_alphabetic())).then_some(if WORDS.law.contains(&plain) {
        plain
    } else {
        trimmed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_counts_in_a_whole_text_only() {
        for body in [
            "STPO",
            "stpp",
            "soptp",
            "stoopp",
            "stopppp",
            "sotp",
            "stp",
            "Dtop",
            "STOP1",
            "st op",
            "s.t.o.p",
            "ST0P!!",
            "5top",
            "$top",
            "unsubcribe",
            "UNSUBSCRIBR",
            "un subscribe",
            "qiut",
            "canel",
            "S🛑T🛑O🛑P",
        ] {
            assert!(mistyped(&Text::new(body)).is_some(), "{body}");
        }
        for body in [
            "shop",
            "top",
            "spot",
            "step",
            "quiz",
            "quite",
            "quit it now",
            "and",
            "stops",
            "stopped",
            "cancer",
            "remote",
            "",
            "555",
            "s",
            "to p",
            "$5",
            "no more",
            "cane",
            "store",
            "slop",
        ] {
            assert_eq!(mistyped(&Text::new(body)), None, "{body}");
        }
    }
}
