//! How much a text reads like an opt-out: a second reader beside the phrases.
//!
//! It knows words, pairs of words and pieces of words, and what each says for or against: a linear model over hashed features
//! (Weinberger et al., "Feature Hashing for Large Scale Multitask Learning", 2009), `data/rules/opt_out_weights.bin`, which
//! `scripts/learn` makes from `tests/consent/development`. Pieces of words are what slips, endings and words that no list has
//! share with those that are known. Its score is the logarithm of odds. What a phrase says adds to it, and the sum decides:
//! an opt-out, a text for the review list, or neither.

#[cfg(test)]
mod learn;

use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use serde::Deserialize;
use smallvec::SmallVec;
use std::sync::LazyLock;

/// Features share this many weights, by their hash. A power of two: 128 KiB, which a core keeps at hand.
const WEIGHTS: usize = 1 << WEIGHTS_BITS;
const WEIGHTS_BITS: u32 = 17;
/// Letters of a piece of a word, its ends being letters too.
const PIECE_MIN: usize = 3;
const PIECE_MAX: usize = 5;
/// Letters of a word's beginning.
const BEGINNING: usize = 4;
/// Numbers below this may be a child's age.
const CHILD: u32 = 13;
/// Words that are named as the reason.
const REASONS_MAX: usize = 3;

/// What stands for the beginning of a text, the ends of its sentences, and numbers.
mod sign {
    pub(super) const BEGIN: u32 = 1;
    pub(super) const END: u32 = 2;
    pub(super) const PART: u32 = 3;
    pub(super) const QUESTION: u32 = 4;
    pub(super) const NUMBER: u32 = 5;
    pub(super) const SMALL_NUMBER: u32 = 6;
}

/// The weights, one signed byte each.
static MODEL: &[u8; WEIGHTS] = include_bytes!("../../data/rules/opt_out_weights.bin");

static SCALE: LazyLock<Scale> = LazyLock::new(|| {
    let file = include_str!("../../data/rules/opt_out_scale.toml");
    toml::from_str(file).expect("the scale is made by a script and read by tests")
});

/// What makes scores of weights.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
struct Scale {
    /// What a text of nothing would score.
    bias: f32,
    /// What a weight of 1 is worth.
    unit: f32,
}

/// From these scores on a text opts out, and a person looks at it: odds of thirty, and of six, to one.
const SURE: f32 = 3.5;
const DOUBT: f32 = 1.75;

/// What phrases say of a text, and what that is worth beside its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Phrases {
    /// None was found.
    Silent,
    /// One that leaves a doubt.
    Doubtful,
    /// One that is sure, among other words.
    Sure,
    /// One that is sure, and the text says nothing else.
    Alone,
}

impl Phrases {
    /// Points of score: one that is sure opts out unless the words speak against it; alone, unless they do so at three to one.
    fn worth(self) -> f32 {
        match self {
            Self::Silent => 0.0,
            Self::Doubtful => 2.0,
            Self::Sure => 3.5,
            Self::Alone => 4.5,
        }
    }
}

/// What comes of phrases and words together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Sum {
    /// It is an opt-out.
    OptOut,
    /// A person should look at it.
    Doubt,
    /// It is none.
    Speech,
}

/// How much a text reads like an opt-out. O(bytes).
pub(super) fn likeness(text: &Text) -> Likeness<'_> {
    let (mut sum, mut count) = (0_i32, 0_u32);
    each_feature(text, |feature, _| {
        sum += i32::from(weight(feature));
        count += 1;
    });
    let norm = f64::from(count.max(1)).sqrt();
    #[expect(clippy::cast_possible_truncation, reason = "a score needs three digits")]
    let score = SCALE.bias + (f64::from(sum) * f64::from(SCALE.unit) / norm) as f32;
    Likeness { text, score }
}

fn weight(feature: usize) -> i8 {
    MODEL[feature].cast_signed()
}

/// A text, and how much it reads like an opt-out: the logarithm of odds.
pub(super) struct Likeness<'t> {
    text: &'t Text,
    score: f32,
}

impl Likeness<'_> {
    /// What comes of it together with what phrases say.
    pub(super) fn with(&self, phrases: Phrases) -> Sum {
        match self.score + phrases.worth() {
            sum if sum >= SURE => Sum::OptOut,
            sum if sum >= DOUBT => Sum::Doubt,
            _ => Sum::Speech,
        }
    }

    /// The words that did it, those that weigh most first, as the name of a rule.
    pub(super) fn reason(&self) -> String {
        let mut said = vec![0_i32; self.text.tokens().len()];
        each_feature(self.text, |feature, token| {
            if let Some(said) = said.get_mut(token) {
                *said += i32::from(weight(feature));
            }
        });
        let mut words: Vec<(i32, usize)> = said.into_iter().zip(0..).filter(|(said, _)| *said > 0).collect();
        words.sort_by_key(|(said, token)| (-said, *token));
        words.truncate(REASONS_MAX);
        words.sort_by_key(|(_, token)| *token);
        let words: Vec<String> =
            words.iter().map(|(_, token)| format!("\"{}\"", self.text.token(*token))).collect();
        format!("reads like one: {}", words.join(", "))
    }
}

/// A word, or a sign between words, as pairs know it.
#[derive(Debug, Clone, Copy)]
struct Word {
    whole: u32,
    beginning: u32,
}

impl Word {
    const fn sign(sign: u32) -> Self {
        Self { whole: sign, beginning: sign }
    }
}

/// Sees the number of each feature of a text, and the token at which it ends. What comes twice is seen twice.
fn each_feature(text: &Text, mut see: impl FnMut(usize, usize)) {
    let tokens = text.tokens().len();
    let mut before = [Word::sign(0), Word::sign(sign::BEGIN)];
    let mut next = |word: Word, at: usize, see: &mut dyn FnMut(usize, usize)| {
        let [second, first] = before;
        see(number(1, first.whole, word.whole), at);
        see(number(2, second.whole, word.whole), at);
        see(number(3, first.beginning, word.beginning), at);
        before = [first, word];
    };
    for at in 0..tokens {
        if let Some(sign) = sign_in(text.gap(at)).filter(|_| at > 0) {
            next(Word::sign(sign), at, &mut see);
        }
        let word = match text.tokens()[at].kind {
            TokenKind::Number => {
                let is_small = text.token(at).parse::<u32>().is_ok_and(|number| number < CHILD);
                Word::sign(if is_small { sign::SMALL_NUMBER } else { sign::NUMBER })
            }
            TokenKind::Word | TokenKind::Emoji => spelled(text.token(at), |piece| see(piece, at)),
        };
        see(number(4, 0, word.whole), at);
        next(word, at, &mut see);
    }
    if sign_in(text.gap(tokens)) == Some(sign::QUESTION) {
        next(Word::sign(sign::QUESTION), tokens, &mut see);
    }
    next(Word::sign(sign::END), tokens, &mut see);
}

/// The sign that stands for what is between two words, if it parts them.
fn sign_in(gap: &str) -> Option<u32> {
    if gap.contains(['?', '？']) {
        Some(sign::QUESTION)
    } else {
        super::opt_out::parts(gap).then_some(sign::PART)
    }
}

/// A word, whose pieces are seen.
fn spelled(word: &str, mut see: impl FnMut(usize)) -> Word {
    let mut letters: SmallVec<[u32; 24]> = SmallVec::new();
    letters.push(u32::from('<'));
    letters.extend(word.chars().map(u32::from));
    let beginning = letters.iter().take(1 + BEGINNING).fold(0, |hash, letter| step(hash, *letter));
    let whole = letters.iter().fold(1, |hash, letter| step(hash, *letter));
    letters.push(u32::from('>'));
    for start in 0..letters.len() {
        let mut hash = 2;
        for (length, letter) in (1..=PIECE_MAX).zip(&letters[start..]) {
            hash = step(hash, *letter);
            if length >= PIECE_MIN {
                see(place(hash));
            }
        }
    }
    Word { whole, beginning }
}

fn step(hash: u32, next: u32) -> u32 {
    (hash.rotate_left(5) ^ next).wrapping_mul(0x9E37_79B1)
}

/// The number of a feature of a kind that is made of two.
fn number(kind: u32, first: u32, second: u32) -> usize {
    place(step(step(step(kind, first), second), 0))
}

/// Where the weight of a hash stands: its upper bits are the best mixed.
fn place(hash: u32) -> usize {
    (step(hash, 0) >> (u32::BITS - WEIGHTS_BITS)) as usize
}
