//! Verifying ledgers: every chain is computed again, and every day counted again. Memory grows with the roots of the
//! brands, with the people whose earlier entries were erased, and with what is found; not with the ledgers.

use super::LedgerEntry;
use super::chain::{Digest, Link, Root};
use super::sum::Sum;
use crate::sms::{BrandId, Key};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Broken {
    /// The brand, by the name under which its data is kept.
    pub brand: BrandId,
    /// Where: a person's number, the keyed hash of an erased person, or a day.
    pub whose: String,
    /// The number of the entry; a day has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<u32>,
    /// What is wrong.
    pub what: String,
}

/// The person whose chain is being followed.
#[derive(Debug)]
struct Chain {
    brand: BrandId,
    whose: String,
    last: Option<(u32, Digest)>,
    is_erased: bool,
    is_broken: bool,
}

/// Follows the chains of a store, entry by entry in the order of its scan.
#[derive(Debug, Default)]
pub struct Verifier {
    /// Whether the store grows meanwhile: entries of a brand's last day may be younger than its root.
    is_live: bool,
    roots: BTreeMap<BrandId, BTreeMap<Date, Root>>,
    /// The brand whose entries are being followed, and what was counted of its days.
    brand: Option<BrandId>,
    counted: BTreeMap<Date, (u64, Sum)>,
    chain: Option<Chain>,
    /// The last links of people who were erased, by what a later entry names them.
    ends: BTreeSet<(BrandId, Digest, u32)>,
    /// First entries of people who were erased before, and what they name.
    returned: Vec<(Broken, Digest)>,
    broken: Vec<Broken>,
    entries: u64,
    people: u64,
}

impl Verifier {
    /// A verifier of a store that is at rest, or of one that grows meanwhile.
    #[must_use]
    pub fn new(is_live: bool) -> Self {
        Self { is_live, ..Self::default() }
    }

    /// Takes a day as it was counted when the entries were written. All days come before all entries: what is written later is
    /// left out.
    pub fn root(&mut self, root: Root) {
        self.roots.entry(root.brand.clone()).or_default().insert(root.day, root);
    }

    /// Follows an entry.
    pub fn entry(&mut self, key: &Key, entry: &LedgerEntry, link: &Link) {
        let wrong = link.wrong_with(key, entry);
        self.link(&key.brand, key.phone.to_string(), link, wrong, false);
    }

    /// Follows what an erasure has left of an entry.
    pub fn proof(&mut self, brand: &BrandId, whose: &Digest, link: &Link) {
        let wrong = link.salt.is_some().then_some("it was erased, and its salt is there");
        self.link(brand, whose.to_string(), link, wrong, true);
    }

    /// Takes note of an entry that cannot be read.
    pub fn damaged(&mut self, brand: &BrandId, whose: &str, number: u32, what: &str) {
        self.follow(brand, whose.to_owned(), false);
        self.report(number, what);
    }

    /// Entries that were followed, and people.
    #[must_use]
    pub fn counts(&self) -> (u64, u64) {
        (self.entries, self.people)
    }

    /// What is broken: of each person the first entry, of each brand every day.
    #[must_use]
    pub fn finish(mut self) -> Vec<Broken> {
        self.chains();
        if let Some(last) = self.brand.take() {
            self.days(&last);
        }
        // Of these, no entry was there.
        for brand in self.roots.keys().cloned().collect::<Vec<_>>() {
            self.days(&brand);
        }
        self.broken.sort();
        self.broken
    }

    /// What is broken in the chains alone: of somebody whose entries are all that was followed.
    #[must_use]
    pub fn finish_chains(mut self) -> Vec<Broken> {
        self.chains();
        self.broken
    }

    fn chains(&mut self) {
        self.close();
        for (broken, previous) in std::mem::take(&mut self.returned) {
            let before = broken.number.unwrap_or_default().saturating_sub(1);
            if !self.ends.contains(&(broken.brand.clone(), previous, before)) {
                self.broken.push(broken);
            }
        }
    }

    /// Turns to a person, if it is another one than before.
    fn follow(&mut self, brand: &BrandId, whose: String, is_erased: bool) {
        if self.chain.as_ref().is_none_or(|chain| chain.whose != whose || chain.brand != *brand) {
            self.close();
            if self.brand.as_ref() != Some(brand)
                && let Some(before) = self.brand.replace(brand.clone())
            {
                self.days(&before);
            }
            self.people += 1;
            let brand = brand.clone();
            self.chain = Some(Chain { brand, whose, last: None, is_erased, is_broken: false });
        }
    }

    fn close(&mut self) {
        if let Some(Chain { brand, last: Some((number, hash)), is_erased: true, .. }) = self.chain.take() {
            self.ends.insert((brand, hash, number));
        }
    }

    fn report(&mut self, number: u32, what: &str) {
        let Some(chain) = self.chain.as_mut().filter(|chain| !chain.is_broken) else { return };
        chain.is_broken = true;
        let (brand, whose) = (chain.brand.clone(), chain.whose.clone());
        self.broken.push(Broken { brand, whose, number: Some(number), what: what.to_owned() });
    }

    fn link(
        &mut self,
        brand: &BrandId,
        whose: String,
        link: &Link,
        wrong: Option<&'static str>,
        is_erased: bool,
    ) {
        self.follow(brand, whose.clone(), is_erased);
        self.entries += 1;
        if !(self.is_live && self.is_later(brand, link)) {
            let (entries, sum) = self.counted.entry(link.day).or_default();
            *entries += 1;
            sum.add(&link.hash);
        }
        if let Some(what) = link.wrong().or(wrong) {
            self.report(link.number, what);
        }
        let last = self.chain.as_mut().and_then(|chain| chain.last.replace((link.number, link.hash)));
        match last {
            Some((before, hash)) if before + 1 != link.number || hash != link.previous => {
                self.report(link.number, "the entry before it is not the one that it names");
            }
            None if link.number == 1 && link.previous != Digest::default() => {
                self.report(link.number, "the first entry names one before it");
            }
            None if link.number > 1 => {
                let what = "the entries before it are gone".to_owned();
                let broken = Broken { brand: brand.clone(), whose, number: Some(link.number), what };
                self.returned.push((broken, link.previous));
            }
            Some(_) | None => {}
        }
    }

    /// Whether an entry is younger than the last root of its brand that was read.
    fn is_later(&self, brand: &BrandId, link: &Link) -> bool {
        let last = self.roots.get(brand).and_then(|days| days.values().next_back());
        last.is_none_or(|last| (link.day, link.place) > (last.day, last.entries))
    }

    /// Compares the days of a brand with what was counted.
    fn days(&mut self, brand: &BrandId) {
        let roots = self.roots.remove(brand).unwrap_or_default();
        let mut counted = std::mem::take(&mut self.counted);
        let mut report = |day: Date, what: String| {
            self.broken.push(Broken { brand: brand.clone(), whose: day.to_string(), number: None, what });
        };
        let mut previous = Digest::default();
        for (day, root) in &roots {
            let (entries, sum) = counted.remove(day).unwrap_or_default();
            if let Some(what) = root.wrong() {
                report(*day, what.to_owned());
            } else if root.previous != previous {
                report(*day, "the day before it is not the one that it names".to_owned());
            }
            if entries != root.entries {
                report(*day, format!("{} entries were written, {entries} are there", root.entries));
            } else if sum.digest() != root.sum {
                report(*day, "the entries that are there are not those that were written".to_owned());
            }
            previous = root.hash;
        }
        for (day, (entries, _)) in counted {
            report(day, format!("{entries} entries are there, and no root"));
        }
    }
}
