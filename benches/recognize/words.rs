//! Chance that is the same in every run, and words made of syllables by it.

use sayso::reserved;
use sayso::sms::Text;
use std::collections::HashSet;

/// Splitmix64 (Steele, Lea, Flood 2014): sixty-four bits of state, and good enough for a workload.
#[derive(Debug)]
pub(crate) struct Chance(u64);

impl Chance {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    /// A number below `end`.
    pub(crate) fn below(&mut self, end: usize) -> usize {
        usize::try_from(self.next() % end as u64).expect("it is below a usize")
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, of: usize) -> bool {
        self.below(100) < of
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[self.below(from.len())]
    }

    pub(crate) fn shuffle<T>(&mut self, all: &mut [T]) {
        for end in (1..all.len()).rev() {
            all.swap(end, self.below(end + 1));
        }
    }

    /// So many different things of `from`, in its order.
    pub(crate) fn some<'a, T>(&mut self, count: usize, from: &'a [T]) -> Vec<&'a T> {
        let mut numbers: Vec<usize> = (0..from.len()).collect();
        self.shuffle(&mut numbers);
        numbers.truncate(count);
        numbers.sort_unstable();
        numbers.into_iter().map(|number| &from[number]).collect()
    }
}

const STARTS: [&str; 24] = [
    "b", "br", "c", "d", "dr", "f", "fl", "g", "gl", "h", "j", "k", "l", "m", "n", "p", "pl", "r", "s", "st",
    "t", "tr", "v", "z",
];
const VOWELS: [&str; 8] = ["a", "e", "i", "o", "u", "ai", "ea", "ou"];
const ENDS: [&str; 10] = ["", "", "", "", "", "l", "m", "n", "r", "x"];

/// Makes words that sound like some, each once, and none that means something to sayso by itself.
#[derive(Debug)]
pub(crate) struct Words {
    taken: HashSet<String>,
}

impl Words {
    /// Words that are none of `known`.
    pub(crate) fn without<'w>(known: impl IntoIterator<Item = &'w str>) -> Self {
        Self { taken: known.into_iter().map(str::to_owned).collect() }
    }

    /// A new word of two or three syllables; with an `s` behind it, it is another word that is taken too.
    pub(crate) fn fresh(&mut self, chance: &mut Chance) -> String {
        loop {
            let mut word = String::new();
            for _ in 0..2 + chance.below(2) {
                word += *chance.pick(&STARTS);
                word += *chance.pick(&VOWELS);
                word += *chance.pick(&ENDS);
            }
            let plural = format!("{word}s");
            let means = reserved::meaning(&Text::new(&word)).is_some();
            if word.len() >= 5 && !means && !self.taken.contains(&word) && !self.taken.contains(&plural) {
                self.taken.insert(plural);
                self.taken.insert(word.clone());
                return word;
            }
        }
    }
}
