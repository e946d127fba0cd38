//! Cyrillic and Greek letters that look like Latin ones.
//!
//! Source: Unicode Technical Standard 39, `confusables.txt`: the letters whose prototype is one Latin letter, and small
//! forms of capitals that look Latin (т for T), as people use them to get past filters.

use super::{fold_into, is_combining_mark, is_ignorable};

/// A word with its look-alikes taken for Latin letters, folded; `None` where there are none, or other letters that are
/// neither: then it is a word of another script.
pub(super) fn latin(typed: &str) -> Option<String> {
    let mut word = String::with_capacity(typed.len());
    let mut changed = false;
    for c in typed.chars().filter(|c| !is_ignorable(*c) && !is_combining_mark(*c)) {
        let before = word.len();
        if let Some(latin) = looks_like(c) {
            word.push(latin);
            changed = true;
        } else {
            fold_into(c, &mut word);
        }
        if !word[before..].is_ascii() {
            return None;
        }
    }
    changed.then_some(word)
}

/// Small Latin letters, each with the Cyrillic letters that look like it in either case, then the Greek ones.
const LOOK_ALIKES: [(char, &str); 23] = [
    ('a', "аАαΑ"),
    ('b', "вВΒ"),
    ('c', "сСϲϹ"),
    ('d', "ԁ"),
    ('e', "еЕёЁεΕ"),
    ('h', "һнНΗ"),
    ('i', "іІїЇιΙ"),
    ('j', "јЈϳ"),
    ('k', "кКκΚ"),
    ('l', "ӏ"),
    ('m', "мМΜ"),
    ('n', "Ν"),
    ('o', "оОοΟ"),
    ('p', "рРρΡ"),
    ('q', "ԛ"),
    ('s', "ѕЅ"),
    ('t', "тТτΤ"),
    ('u', "υ"),
    ('v', "ѵѴν"),
    ('w', "ԝԜ"),
    ('x', "хХχΧ"),
    ('y', "уУүҮΥ"),
    ('z', "Ζ"),
];

/// The small Latin letter that a Cyrillic or Greek one looks like.
fn looks_like(c: char) -> Option<char> {
    if !matches!(c, '\u{370}'..='\u{52F}') {
        return None;
    }
    LOOK_ALIKES.iter().find(|(_, letters)| letters.contains(c)).map(|(latin, _)| *latin)
}
