//! Words and their numbers: each word is kept once, in one string, and found by one hash.

use hashbrown::HashTable;
use rustc_hash::FxHasher;
use std::hash::Hasher;

/// Folded words, numbered from 0 in the order they came. Looking up is O(letters), whatever the number of words.
#[derive(Debug, Default, Clone)]
pub struct Words {
    entries: HashTable<Entry>,
    letters: String,
    /// One past the last byte of each word in `letters`.
    ends: Vec<u32>,
}

/// Letters of a word that stand in its entry: for most words all of them, so that finding one looks at one place.
const BEGINNING: usize = 11;

/// The beginning of a word, filled up with zeros, then its length; and its number.
#[derive(Debug, Clone, Copy)]
struct Entry {
    key: [u8; BEGINNING + 1],
    number: u32,
}

fn key(word: &str) -> [u8; BEGINNING + 1] {
    let mut key = [0; BEGINNING + 1];
    let beginning = word.len().min(BEGINNING);
    key[..beginning].copy_from_slice(&word.as_bytes()[..beginning]);
    key[BEGINNING] = u8::try_from(word.len()).unwrap_or(u8::MAX);
    key
}

impl Words {
    /// The number of a word, which it gets here if it has none.
    ///
    /// # Panics
    /// With four gigabytes of words: files are bounded far below.
    pub fn intern(&mut self, word: &str) -> u32 {
        if let Some(known) = self.number(word) {
            return known;
        }
        let number = u32::try_from(self.ends.len()).expect("files are bounded far below four billion words");
        self.letters.push_str(word);
        self.ends.push(u32::try_from(self.letters.len()).expect("files are bounded far below 4 GiB"));
        let (letters, ends) = (&self.letters, &self.ends);
        let entry = Entry { key: key(word), number };
        self.entries.insert_unique(hash(word), entry, |other| hash(spelt(letters, ends, other.number)));
        number
    }

    /// The number of a word.
    #[must_use]
    pub fn number(&self, word: &str) -> Option<u32> {
        let key = key(word);
        let is_it =
            |entry: &Entry| entry.key == key && (word.len() <= BEGINNING || self.word(entry.number) == word);
        self.entries.find(hash(word), is_it).map(|entry| entry.number)
    }

    /// The word of a number.
    ///
    /// # Panics
    /// When no word has that number.
    #[must_use]
    pub fn word(&self, number: u32) -> &str {
        spelt(&self.letters, &self.ends, number)
    }

    /// All words, in the order of their numbers.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..).take(self.len()).map(|number| self.word(number))
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Gives back memory that was kept for words to come.
    pub fn shrink(&mut self) {
        self.letters.shrink_to_fit();
        self.ends.shrink_to_fit();
        let (letters, ends) = (&self.letters, &self.ends);
        self.entries.shrink_to_fit(|entry| hash(spelt(letters, ends, entry.number)));
    }
}

impl<'w> FromIterator<&'w str> for Words {
    fn from_iter<I: IntoIterator<Item = &'w str>>(words: I) -> Self {
        let mut all = Self::default();
        for word in words {
            all.intern(word);
        }
        all
    }
}

fn spelt<'l>(letters: &'l str, ends: &[u32], number: u32) -> &'l str {
    let number = number as usize;
    let start = number.checked_sub(1).map_or(0, |before| ends[before] as usize);
    &letters[start..ends[number] as usize]
}

fn hash(word: &str) -> u64 {
    let mut state = FxHasher::default();
    state.write(word.as_bytes());
    state.finish()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_keep_their_numbers() {
        let mut words: Words =
            ["join", "now", "join", "日本", "", "unforgettable", "unforgettably"].into_iter().collect();
        assert_eq!(
            words.iter().collect::<Vec<_>>(),
            ["join", "now", "日本", "", "unforgettable", "unforgettably"]
        );
        assert_eq!([words.number("日本"), words.number("jo"), words.number("")], [Some(2), None, Some(3)]);
        assert_eq!(words.number("unforgettably"), Some(5));
        words.shrink();
        assert_eq!(words.number("now"), Some(1));
    }
}
