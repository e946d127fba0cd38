//! Letters of other scripts that look like Latin ones: Cyrillic, Greek, and those that pages of "fonts" make words of.
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

/// Small Latin letters, each with the Cyrillic letters that look like it in either case, then the Greek, Armenian, Cherokee,
/// Canadian and Lisu ones.
const LOOK_ALIKES: [(char, &str); 26] = [
    ('a', "аАαΑᎪᗩꓮ"),
    ('b', "вВΒᏴᗷꓐ"),
    ('c', "сСϲϹᏟᑕꓚ"),
    ('d', "ԁᎠᗪꓓ"),
    ('e', "еЕёЁεΕᎬᗴᕮꓰ"),
    ('f', "ᖴꓝ"),
    ('g', "Ꮐꓖ"),
    ('h', "һнНΗᎻᕼꓧ"),
    ('i', "іІїЇιΙꓲ"),
    ('j', "јЈϳᎫᒍꓙ"),
    ('k', "кКκΚᏦꓗ"),
    ('l', "ӏᏞᒪꓡ"),
    ('m', "мМΜᎷᗰꓟ"),
    ('n', "Νᑎꓠ"),
    ('o', "оОοΟօՕꓳ"),
    ('p', "рРρΡᏢᑭꓑ"),
    ('q', "ԛᑫ"),
    ('r', "Ꭱᖇꓣ"),
    ('s', "ѕЅՏᏚᔕꓢ"),
    ('t', "тТτΤᎢꓔ"),
    ('u', "υᑌꓴ"),
    ('v', "ѵѴνᏙᐯꓦ"),
    ('w', "ԝԜᎳᗯꓪ"),
    ('x', "хХχΧ᙭ꓫ"),
    ('y', "уУүҮΥꓬ"),
    ('z', "ΖᏃꓜ"),
];

/// The small Latin letter that one of another script looks like.
fn looks_like(c: char) -> Option<char> {
    if !matches!(c, '\u{370}'..='\u{58F}' | '\u{13A0}'..='\u{167F}' | '\u{A4D0}'..='\u{A4FF}') {
        return None;
    }
    LOOK_ALIKES.iter().find(|(_, letters)| letters.contains(c)).map(|(latin, _)| *latin)
}
