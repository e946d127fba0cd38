//! The chain: each entry of a person's ledger names the one before it, so that a change shows; and each day of a brand has
//! a root, so that a chain that is gone as a whole shows too.
//!
//! Two hashes stand behind an entry. The *digest* covers whose it is and what it says, with a salt that nobody can guess; the
//! *hash* covers the entry before it, its number, moment, change and way, its place in the brand's day, and that digest. An
//! erasure takes away the words and the salt. What is left proves that there was such an entry, and nobody can find out by
//! trying numbers or words whose it was or what it said; and the chain still closes.
//!
//! Both are SHA-256 over a line that names them and JSON as it is exported, so that anybody can compute them again.

use super::sum::Sum;
use super::{Change, How, LedgerEntry};
use crate::sms::{BrandId, Key};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};
use std::fmt;

/// Bytes that are written in hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Hex<const N: usize>([u8; N]);

/// A SHA-256; of the entry before the first one, all zeros.
pub type Digest = Hex<32>;

/// What makes the digest of an entry impossible to guess. Drawn by the engine for each turn.
pub type Salt = Hex<16>;

impl<const N: usize> Hex<N> {
    /// These bytes.
    #[must_use]
    pub fn new(bytes: [u8; N]) -> Self {
        Self(bytes)
    }

    /// The bytes.
    #[must_use]
    pub fn bytes(&self) -> &[u8; N] {
        &self.0
    }
}

impl<const N: usize> Default for Hex<N> {
    fn default() -> Self {
        Self([0; N])
    }
}

impl<const N: usize> fmt::Display for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl<const N: usize> fmt::Debug for Hex<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl<const N: usize> From<Hex<N>> for String {
    fn from(hex: Hex<N>) -> Self {
        hex.to_string()
    }
}

impl<const N: usize> TryFrom<String> for Hex<N> {
    type Error = String;

    fn try_from(digits: String) -> Result<Self, String> {
        let bad = || format!("{} hexadecimal digits are wanted", 2 * N);
        let digits = digits.as_bytes();
        if digits.len() != 2 * N {
            return Err(bad());
        }
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
        let mut bytes = [0; N];
        for (byte, pair) in bytes.iter_mut().zip(digits.chunks_exact(2)) {
            *byte = digit(pair[0]).ok_or_else(bad)? << 4 | digit(pair[1]).ok_or_else(bad)?;
        }
        Ok(Self(bytes))
    }
}

/// The SHA-256 of these bytes.
#[must_use]
pub fn digest_of(bytes: &[u8]) -> Digest {
    Hex(Sha256::digest(bytes).into())
}

/// The SHA-256 of a line that names what is hashed, and of its JSON.
fn hash_of(name: &str, what: &impl Serialize) -> Digest {
    let mut bytes = format!("sayso {name} 1\n").into_bytes();
    serde_json::to_writer(&mut bytes, what).expect("these are plain structures with names for keys");
    digest_of(&bytes)
}

/// An entry's place in its chain: all that an erasure leaves of it, but for the salt.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    /// Its number in the person's ledger, from 1.
    pub number: u32,
    /// When.
    pub at: Timestamp,
    /// What changed.
    pub change: Change,
    /// How.
    pub how: How,
    /// The day of the brand that it was counted in (UTC). Days only go forward: an entry of a clock that went back is counted
    /// in the last one.
    pub day: Date,
    /// Its place among the brand's entries of that day, from 1.
    pub place: u64,
    /// The hash of the entry before it.
    pub previous: Digest,
    /// The salted digest of the entry.
    pub digest: Digest,
    /// The hash of all of the above.
    pub hash: Digest,
    /// The salt; gone with the entry when the person was erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub salt: Option<Salt>,
}

/// What a digest covers.
#[derive(Serialize)]
struct Salted<'a> {
    salt: Salt,
    key: &'a Key,
    entry: &'a LedgerEntry,
}

/// What a hash covers.
#[derive(Serialize)]
struct Head<'a> {
    number: u32,
    at: Timestamp,
    change: Change,
    how: How,
    day: Date,
    place: u64,
    previous: &'a Digest,
    digest: &'a Digest,
}

impl Link {
    /// The link of a new entry behind another, counted in the brand's day.
    #[must_use]
    pub fn new(
        key: &Key,
        entry: &LedgerEntry,
        salt: Salt,
        previous: Digest,
        (day, place): (Date, u64),
    ) -> Self {
        let digest = hash_of("entry", &Salted { salt, key, entry });
        let LedgerEntry { number, at, change, how, .. } = *entry;
        let mut link =
            Self { number, at, change, how, day, place, previous, digest, hash: digest, salt: Some(salt) };
        link.hash = link.computed();
        link
    }

    fn computed(&self) -> Digest {
        let Self { number, at, change, how, day, place, ref previous, ref digest, .. } = *self;
        hash_of("link", &Head { number, at, change, how, day, place, previous, digest })
    }

    /// What is left when the entry is erased.
    #[must_use]
    pub fn erased(&self) -> Self {
        Self { salt: None, ..self.clone() }
    }

    /// What is wrong with it by itself, if anything is.
    #[must_use]
    pub fn wrong(&self) -> Option<&'static str> {
        (self.hash != self.computed()).then_some("its hash is not that of what it says")
    }

    /// What is wrong with the entry that stands beside it, if anything is.
    #[must_use]
    pub fn wrong_with(&self, key: &Key, entry: &LedgerEntry) -> Option<&'static str> {
        let Some(salt) = self.salt else { return Some("its salt is gone, and its words are there") };
        let Self { number, at, change, how, .. } = *self;
        if (number, at, change, how) != (entry.number, entry.at, entry.change, entry.how) {
            return Some("it says other than its proof");
        }
        let digest = hash_of("entry", &Salted { salt, key, entry });
        (digest != self.digest).then_some("its digest is not that of what it says")
    }
}

/// A day of a brand on which its ledgers grew.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Root {
    /// The brand, by the name under which its data is kept.
    pub brand: BrandId,
    /// The day (UTC).
    pub day: Date,
    /// Entries of that day.
    pub entries: u64,
    /// The sum of their hashes, in any order.
    pub sum: Digest,
    /// The root of the day before it with entries; all zeros on the first.
    pub previous: Digest,
    /// The hash of all of the above: the root.
    pub hash: Digest,
}

/// What a root covers.
#[derive(Serialize)]
struct Counted<'a> {
    brand: &'a BrandId,
    day: Date,
    entries: u64,
    sum: &'a Digest,
    previous: &'a Digest,
}

impl Root {
    /// What is wrong with it by itself, if anything is.
    #[must_use]
    pub fn wrong(&self) -> Option<&'static str> {
        let Self { brand, day, entries, sum, previous, hash } = self;
        let (day, entries) = (*day, *entries);
        let computed = hash_of("root", &Counted { brand, day, entries, sum, previous });
        (*hash != computed).then_some("its hash is not that of what it says")
    }
}

/// The last day of a brand, while it still grows.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct OpenDay {
    day: Date,
    entries: u64,
    sum: Sum,
    previous: Digest,
}

impl OpenDay {
    /// Where an entry of that moment is counted: the day, its place in it; and the root of the day that it ends, if a new
    /// one begins.
    pub fn next(&mut self, brand: &BrandId, at: Timestamp) -> ((Date, u64), Option<Root>) {
        let day = at.to_zoned(TimeZone::UTC).date();
        let mut closed = None;
        if self.entries == 0 || day > self.day {
            closed = (self.entries > 0).then(|| self.root(brand));
            let previous = closed.as_ref().map_or(self.previous, |root| root.hash);
            *self = Self { day, entries: 0, sum: Sum::default(), previous };
        }
        self.entries += 1;
        ((self.day, self.entries), closed)
    }

    /// Counts the entry that [`Self::next`] made room for.
    pub fn add(&mut self, hash: &Digest) {
        self.sum.add(hash);
    }

    /// The day's root as it is now.
    #[must_use]
    pub fn root(&self, brand: &BrandId) -> Root {
        let (day, entries, sum, previous) = (self.day, self.entries, self.sum.digest(), self.previous);
        let hash = hash_of("root", &Counted { brand, day, entries, sum: &sum, previous: &previous });
        Root { brand: brand.clone(), day, entries, sum, previous, hash }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    fn key() -> Key {
        Key { brand: "scoops".into(), phone: "+14045550123".parse().expect("a number") }
    }

    fn entry() -> LedgerEntry {
        LedgerEntry {
            number: 1,
            at: "2026-06-01T16:00:00Z".parse().expect("a time"),
            change: Change::In,
            how: How::Text,
            rule: "join".into(),
            reason: crate::consent::Reason::Asked,
            settles: None,
            shown: None,
            received: Some("Join!".into()),
            message: Some("SM1".into()),
            sender: "72345".parse().ok(),
            language: Lang::EN,
            scope: crate::consent::Scope::Brand,
            programme: "Scoops".into(),
        }
    }

    fn link() -> Link {
        let day = entry().at.to_zoned(TimeZone::UTC).date();
        Link::new(&key(), &entry(), Salt::new([7; 16]), Digest::default(), (day, 1))
    }

    /// Computed by another program, from what this module's page says. If this fails, every ledger that was ever written looks
    /// broken.
    #[test]
    fn hashes_never_change() {
        let link = link();
        assert_eq!(
            link.digest.to_string(),
            "8ef51eb25686b96d6aa48a7c5689faf491d21498b838aad224185ef1f897a130"
        );
        assert_eq!(link.hash.to_string(), "aa0435c922c3d8a0ac881a37fa9eddab52d5e72854eae9325efb3555b8f99020");
    }

    #[test]
    fn another_word_another_person_another_salt_show() {
        let (link, key, entry) = (link(), key(), entry());
        assert_eq!((link.wrong(), link.wrong_with(&key, &entry)), (None, None));
        let other_words = LedgerEntry { received: Some("Joln!".into()), ..entry.clone() };
        let other_person = Key { phone: "+14045550124".parse().expect("a number"), ..key.clone() };
        let other_salt = Link { salt: Some(Salt::new([8; 16])), ..link.clone() };
        assert!(link.wrong_with(&key, &other_words).is_some());
        assert!(link.wrong_with(&other_person, &entry).is_some());
        assert!(other_salt.wrong_with(&key, &entry).is_some());
        assert!(Link { place: 2, ..link.clone() }.wrong().is_some());
        assert_eq!(link.erased().wrong(), None, "the chain closes without the words");
    }

    #[test]
    fn days_go_forward_and_name_the_one_before() {
        let (brand, mut open) = (BrandId::from("scoops"), OpenDay::default());
        let at = |text: &str| text.parse().expect("a time");
        let ((first, place), closed) = open.next(&brand, at("2026-06-01T23:59:59Z"));
        assert_eq!((first.to_string().as_str(), place, closed), ("2026-06-01", 1, None));
        open.add(&digest_of(b"a"));
        let before = open.root(&brand);
        let ((second, place), closed) = open.next(&brand, at("2026-06-02T00:00:01Z"));
        assert_eq!((second.to_string().as_str(), place), ("2026-06-02", 1));
        assert_eq!(closed, Some(before.clone()));
        open.add(&digest_of(b"b"));
        let ((day, place), closed) = open.next(&brand, at("2026-06-01T12:00:00Z"));
        assert_eq!((day, place, closed), (second, 2, None), "an entry of a clock that went back");
        open.add(&digest_of(b"c"));
        assert_eq!(open.root(&brand).previous, before.hash);
        assert_eq!((open.root(&brand).wrong(), before.wrong()), (None, None));
    }
}
