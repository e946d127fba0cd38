//! Misspelt words: finding the known word that was meant, by an index of deletions.
//!
//! A word of 4 letters or more may be one edit away, one of 8 or more two (an edit is a letter more, less, other, or two
//! swapped). Guard words (see [`crate::reserved`]) are never touched and reserved words never suggested; where two
//! known words are equally near, nothing is.
//!
//! The index holds each word with one letter left out (and two, for long ones): looking up is O(letters²) hashes,
//! whatever the number of words (Garbe's symmetric deletion, 2012).

mod words;

pub use words::Words;

use crate::reserved::{is_guarded, is_reserved};
use crate::sms::Text;
use crate::sms::normalize::{Piece, TokenKind};
use rustc_hash::FxHasher;
use smallvec::SmallVec;
use std::hash::Hasher;

/// Letters from which a word may have one edit.
const ONE_EDIT_FROM: usize = 4;
/// Letters from which a word may have two edits.
const TWO_EDITS_FROM: usize = 8;
/// Letters of the longest word that is indexed: deletions of longer ones cost more than they are worth.
const LETTERS_MAX: usize = 24;

/// Words that are known, and their misspellings.
#[derive(Debug, Default, Clone)]
pub struct Vocabulary {
    words: Words,
    /// Hashes of words without some of their letters, each with the number of its word; sorted.
    deletions: Vec<(u32, u32)>,
}

impl Vocabulary {
    /// A vocabulary of folded words. O(words × their deletions), of which a word has at most 29.
    #[must_use]
    pub fn new(words: Words) -> Self {
        let mut indexed = Vec::new();
        for (number, word) in (0..).zip(words.iter()) {
            let letters = word.chars().count();
            if (ONE_EDIT_FROM..=LETTERS_MAX).contains(&letters) && !is_reserved(word) {
                each_deletion(word, edits_max(letters), &mut |hash| indexed.push((hash, number)));
            }
        }
        indexed.sort_unstable();
        indexed.dedup();
        indexed.shrink_to_fit();
        Self { words, deletions: indexed }
    }

    /// The words and their numbers.
    #[must_use]
    pub fn words(&self) -> &Words {
        &self.words
    }

    /// Whether a word is known as it stands.
    #[must_use]
    pub fn knows(&self, word: &str) -> bool {
        self.words.number(word).is_some()
    }

    /// The known words that are nearest to a word, and how many edits away.
    fn nearest(&self, word: &str) -> Vec<(usize, &str)> {
        let letters = word.chars().count();
        if !(ONE_EDIT_FROM..=LETTERS_MAX + 2).contains(&letters) {
            return Vec::new();
        }
        let mut found: Vec<(usize, &str)> = Vec::new();
        // A letter too few may stand for a longer word, which may have more edits.
        each_deletion(word, edits_max(letters + 1), &mut |hash| {
            let start = self.deletions.partition_point(|(other, _)| *other < hash);
            for (_, number) in self.deletions[start..].iter().take_while(|(other, _)| *other == hash) {
                let known = self.words.word(*number);
                let edits = strsim::osa_distance(word, known);
                if edits <= edits_max(known.chars().count()) && !found.contains(&(edits, known)) {
                    found.push((edits, known));
                }
            }
        });
        found
    }
}

fn edits_max(letters: usize) -> usize {
    match letters {
        TWO_EDITS_FROM.. => 2,
        ONE_EDIT_FROM.. => 1,
        _ => 0,
    }
}

/// Letters at the beginning of a word of which deletions are made. Two words that are within two edits have beginnings that
/// are alike without two letters each, if these are longer than two (Garbe's prefix index).
const BEGINNING: usize = 7;

/// Hashes of the beginning of a word and of what is left of it without one letter, or without two.
fn each_deletion(word: &str, depth: usize, found: &mut impl FnMut(u32)) {
    let letters: SmallVec<[char; BEGINNING]> = word.chars().take(BEGINNING).collect();
    let hash = |one: usize, two: usize| {
        let mut state = FxHasher::default();
        for (at, letter) in letters.iter().enumerate() {
            if at != one && at != two {
                state.write_u32(u32::from(*letter));
            }
        }
        (state.finish() >> 32) as u32 // half a hash finds as well: what it finds is compared
    };
    let nothing = letters.len();
    found(hash(nothing, nothing));
    for one in 0..letters.len() * usize::from(depth > 0) {
        found(hash(one, nothing));
        (one + 1..letters.len() * usize::from(depth > 1)).for_each(|two| found(hash(one, two)));
    }
}

/// Letters of a word that is looked at as two: what is longer is no two keywords, and each place to split it costs.
const SPLIT_LETTERS_MAX: usize = 2 * LETTERS_MAX;

/// Tokens of a text that is mended: longer ones are no misspelt keywords, and each unknown word costs.
const TOKENS_MAX: usize = 12;

/// The text with its unknown words mended, if any could be. What was typed is still what it says it was.
#[must_use]
pub fn mended(text: &Text, vocabularies: &[&Vocabulary]) -> Option<Text> {
    let known = |word: &str| vocabularies.iter().any(|vocabulary| vocabulary.knows(word));
    if let Some(whole) = spaced_out(text).filter(|word| known(word)) {
        return Some(text.rebuilt(vec![Piece { word: whole, tokens: 0..text.tokens().len() }]));
    }
    if text.tokens().len() > TOKENS_MAX {
        return None;
    }
    let mut pieces = Vec::new();
    let mut changed = false;
    let mut at = 0;
    while at < text.tokens().len() {
        let word = text.token(at);
        let joined = (at + 1 < text.tokens().len()).then(|| format!("{word}{}", text.token(at + 1)));
        if known(word) || is_guarded(word) || text.tokens()[at].kind != TokenKind::Word {
            pieces.push(Piece { word: word.to_owned(), tokens: at..at + 1 });
        } else if let Some(joined) = joined.filter(|joined| known(joined)) {
            pieces.push(Piece { word: joined, tokens: at..at + 2 });
            changed = true;
            at += 1;
        } else {
            let mended = mended_word(word, vocabularies);
            changed |= mended.is_some();
            for word in mended.unwrap_or_else(|| vec![word.to_owned()]) {
                pieces.push(Piece { word, tokens: at..at + 1 });
            }
        }
        at += 1;
    }
    changed.then(|| text.rebuilt(pieces))
}

/// "j o i n" as one word, whatever pictograms stand around it.
fn spaced_out(text: &Text) -> Option<String> {
    let spoken =
        || text.tokens().iter().zip(text.words()).filter(|(token, _)| token.kind != TokenKind::Emoji);
    let single = spoken().count() >= ONE_EDIT_FROM && spoken().all(|(_, word)| word.chars().count() == 1);
    single.then(|| spoken().map(|(_, word)| word).collect())
}

/// What an unknown word stands for: letters held too long, a slip, or two words run together.
fn mended_word(word: &str, vocabularies: &[&Vocabulary]) -> Option<Vec<String>> {
    let known = |word: &str| vocabularies.iter().any(|vocabulary| vocabulary.knows(word));
    for held in [2, 1] {
        let shorter = without_repeats(word, held);
        if shorter != word && known(&shorter) {
            return Some(vec![shorter]);
        }
    }
    let mut nearest: Vec<(usize, &str)> = vocabularies.iter().flat_map(|v| v.nearest(word)).collect();
    nearest.sort_unstable();
    nearest.dedup();
    match nearest.as_slice() {
        [(_, only)] => return Some(vec![(*only).to_owned()]),
        [(edits, best), (more, _), ..] if edits < more => return Some(vec![(*best).to_owned()]),
        [_, _, ..] => return None,
        [] => {}
    }
    if word.chars().nth(SPLIT_LETTERS_MAX).is_some() {
        return None;
    }
    let splits = word.char_indices().map(|(at, _)| word.split_at(at));
    let mut both = splits.filter(|(a, b)| a.len() > 1 && b.len() > 1 && known(a) && known(b));
    let (first, second) = both.next()?;
    both.next().is_none().then(|| vec![first.to_owned(), second.to_owned()])
}

/// A word whose repeated letters stand at most so often in a row.
fn without_repeats(word: &str, times: usize) -> String {
    let mut out = String::with_capacity(word.len());
    let (mut last, mut run) = (None, 0);
    for c in word.chars() {
        run = if last == Some(c) { run + 1 } else { 1 };
        last = Some(c);
        if run <= times {
            out.push(c);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn vocabulary<const N: usize>(words: [&str; N]) -> Vocabulary {
        Vocabulary::new(words.into_iter().collect())
    }

    fn mend(body: &str) -> Option<String> {
        let words = [
            "join",
            "subscribe",
            "vanilla",
            "mint",
            "ice",
            "cream",
            "hours",
            "sign",
            "me",
            "up",
            "coffee",
            "icecream",
        ];
        let text = mended(&Text::new(body), &[&vocabulary(words)])?;
        Some(text.phrase())
    }

    #[test]
    fn slips_are_mended() {
        for (typed, meant) in [
            ("jion", "join"),
            ("JOIM", "join"),
            ("joinn", "join"),
            ("joiiiiin!", "join"),
            ("subcribe", "subscribe"),
            ("susbcrieb", "subscribe"),
            ("vanila please", "vanilla please"),
            ("coffe", "coffee"),
            ("j o i n", "join"),
            ("ice creem", "ice cream"),
            ("signme up", "sign me up"),
            ("hors", "hours"),
        ] {
            assert_eq!(mend(typed).as_deref(), Some(meant), "{typed}");
        }
    }

    #[test]
    fn what_is_short_guarded_known_or_far_is_left_alone() {
        for typed in ["jon", "mit", "join", "coin", "stop", "stpo", "quite", "joyous", "", "30309", "👍"] {
            assert_eq!(mend(typed), None, "{typed}");
        }
    }

    #[test]
    fn words_run_together_keep_their_order_in_the_text() {
        let spans = |body| {
            let text = mended(&Text::new(body), &[&vocabulary(["sign", "me", "up", "off"])]).expect("mended");
            [0, 1, 2].map(|at| text.typed(at..at + 1).to_owned())
        };
        assert_eq!(spans("signme up"), ["sign", "me", "up"]);
        assert_eq!(spans("SÍGN'me up"), ["SÍGN'", "me", "up"], "a sign between them belongs to the first");
        assert_eq!(spans("si\u{301}gnme\u{301} up"), ["si\u{301}gn", "me\u{301}", "up"]);
        assert_eq!(spans("upoﬀ me"), ["up", "oﬀ", "me"]);
    }

    /// A text can be one word of thousands of letters.
    #[test]
    fn a_word_of_very_many_letters_is_not_taken_apart() {
        let split = |letters: usize| {
            let (first, second) = ("ab".repeat(letters / 4), "cd".repeat(letters / 4));
            mended_word(&format!("{first}{second}"), &[&vocabulary([first.as_str(), second.as_str()])])
        };
        assert!(split(SPLIT_LETTERS_MAX).is_some());
        assert_eq!(split(SPLIT_LETTERS_MAX + 4), None);
    }

    #[test]
    fn a_slip_behind_the_indexed_beginning_is_mended_too() {
        let vocabulary = vocabulary(["subscription", "announcement"]);
        for (typed, meant) in [
            ("subscriptoin", "subscription"),
            ("subscriptn", "subscription"),
            ("xsubscription", "subscription"),
            ("bscription", "subscription"),
            ("annoucemnt", "announcement"),
            ("anouncemment", "announcement"),
        ] {
            assert_eq!(mended_word(typed, &[&vocabulary]), Some(vec![meant.to_owned()]), "{typed}");
        }
        assert_eq!(mended_word("anncement", &[&vocabulary]), None);
    }

    #[test]
    fn two_equally_near_words_are_no_answer() {
        let text = mended(&Text::new("mind"), &[&vocabulary(["mint", "mine"])]);
        assert_eq!(text, None);
    }
}
