//! Ledgers in sled: entries with their links, the roots of the days, and people who were erased.

use super::keys::gone;
use super::writer::Writer;
use crate::consent::chain::{Digest, Link, OpenDay, Root, Salt};
use crate::consent::{LedgerEntry, Suppressed, SuppressionKey};
use crate::sms::{BrandId, Key};
use crate::store::codec::{OPEN, decode, encode, erased_bytes, key_bytes, key_from, root_bytes};
use crate::store::{Scanned, StoreError};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A ledger entry as it is stored.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct StoredEntry {
    pub(super) link: Link,
    pub(super) entry: LedgerEntry,
}

fn prefixed(prefix: u8, rest: &[u8], number: Option<u32>) -> Vec<u8> {
    let mut key = vec![prefix];
    key.extend_from_slice(rest);
    key.extend(number.into_iter().flat_map(u32::to_be_bytes));
    key
}

/// The key of a ledger entry.
pub(super) fn entry(key: &Key, number: u32) -> Vec<u8> {
    prefixed(b'l', &key_bytes(key), Some(number))
}

/// What the keys of one person's entries begin with.
pub(super) fn entries(key: &Key) -> Vec<u8> {
    prefixed(b'l', &key_bytes(key), None)
}

/// The key of what an erasure has left of an entry.
pub(super) fn proof(brand: &BrandId, whose: &Digest, number: u32) -> Vec<u8> {
    prefixed(b'l', &erased_bytes(brand, whose), Some(number))
}

fn proofs(brand: &BrandId, whose: &Digest) -> Vec<u8> {
    prefixed(b'l', &erased_bytes(brand, whose), None)
}

/// The key of somebody who was erased.
pub(super) fn suppression(brand: &BrandId, whose: &Digest) -> Vec<u8> {
    prefixed(b'x', &erased_bytes(brand, whose), None)
}

fn root(root: &Root) -> Vec<u8> {
    prefixed(b'y', &root_bytes(root, false), None)
}

fn open_day(brand: &BrandId) -> Vec<u8> {
    [b"y", brand.as_str().as_bytes(), &[0], OPEN.as_bytes()].concat()
}

/// Reads what must be byte for byte as it was written: hashes see only what the bytes mean, and some bytes have a twin that
/// means the same.
fn exactly<T: Serialize + DeserializeOwned>(value: &[u8]) -> Result<T, String> {
    let read: T = decode("a ledger entry", value).map_err(|error| error.to_string())?;
    if encode(&read) == value { Ok(read) } else { Err("it is written otherwise than it was".to_owned()) }
}

/// Whose a value is, by the key without its first byte: the brand, what follows its zero byte, and the number behind that.
fn parts(key: &[u8], numbered: bool) -> Result<(BrandId, &[u8], u32), StoreError> {
    let bad = || StoreError::Corrupt("the key of a ledger entry".to_owned());
    let zero = key.iter().position(|byte| *byte == 0).ok_or_else(bad)?;
    let brand = std::str::from_utf8(&key[..zero]).map_err(|_| bad())?;
    let (whose, number) = match key[zero + 1..].split_last_chunk::<4>() {
        Some((whose, number)) if numbered => (whose, u32::from_be_bytes(*number)),
        _ if numbered => return Err(bad()),
        _ => (&key[zero + 1..], 0),
    };
    Ok((brand.into(), whose, number))
}

fn erased_whose(bytes: &[u8]) -> Result<Digest, StoreError> {
    let bytes: [u8; 32] =
        bytes.try_into().map_err(|_| StoreError::Corrupt("the hash of a person".to_owned()))?;
    Ok(Digest::new(bytes))
}

/// Reads a ledger entry, or what an erasure has left of one.
pub(super) fn scanned_entry(key: &[u8], value: &[u8]) -> Result<Scanned, StoreError> {
    let (brand, whose, number) = parts(&key[1..], true)?;
    let fits = |link: &Link| link.number == number;
    if whose.len() == 8 {
        let key = key_from(&key[1..key.len() - 4])?;
        return Ok(match exactly::<StoredEntry>(value) {
            Ok(stored) if fits(&stored.link) => {
                Scanned::Consent { key, entry: Box::new(stored.entry), link: Box::new(stored.link) }
            }
            other => damaged(brand, key.phone.to_string(), number, other.err()),
        });
    }
    let whose = erased_whose(whose)?;
    Ok(match exactly::<Link>(value) {
        Ok(link) if fits(&link) => Scanned::Proof { brand, whose, link: Box::new(link) },
        other => damaged(brand, whose.to_string(), number, other.err()),
    })
}

fn damaged(brand: BrandId, whose: String, number: u32, why: Option<String>) -> Scanned {
    let damage = why.unwrap_or_else(|| "it has another number than its key".to_owned());
    Scanned::Damaged { brand, whose, number, damage }
}

/// Reads the root of a day.
pub(super) fn scanned_root(key: &[u8], value: &[u8]) -> Result<Scanned, StoreError> {
    let (brand, day, _) = parts(&key[1..], false)?;
    let open = day == OPEN.as_bytes();
    let root = if open { decode::<OpenDay>("a day", value)?.root(&brand) } else { decode("a root", value)? };
    Ok(Scanned::Root { root: Box::new(root), open })
}

/// Reads somebody who was erased.
pub(super) fn scanned_suppression(key: &[u8], value: &[u8]) -> Result<Scanned, StoreError> {
    let (brand, whose, _) = parts(&key[1..], false)?;
    let suppressed = Box::new(decode("a suppression", value)?);
    Ok(Scanned::Suppression { brand, whose: erased_whose(whose)?, suppressed })
}

/// One person's ledger, the proofs of earlier erasures before the entries.
pub(super) fn ledger(db: &sled::Db, keys: &SuppressionKey, key: &Key) -> Result<Vec<Scanned>, StoreError> {
    let proofs = db.scan_prefix(proofs(&key.brand, &keys.whose(key)));
    proofs
        .chain(own(db, key))
        .map(|found| found.map_err(|error| gone(&error)).and_then(|(key, value)| scanned_entry(&key, &value)))
        .collect()
}

/// One person's entries; keys of others that begin alike are longer.
fn own(db: &sled::Db, key: &Key) -> impl Iterator<Item = sled::Result<(sled::IVec, sled::IVec)>> {
    let entries = entries(key);
    let length = entries.len() + 4;
    db.scan_prefix(entries).filter(move |found| found.as_ref().map_or(true, |(key, _)| key.len() == length))
}

/// The numbers of one person's entries, in order, and the keys that they stand under.
pub(super) fn numbers(db: &sled::Db, key: &Key) -> Result<Vec<(u32, Vec<u8>)>, StoreError> {
    own(db, key)
        .map(|found| {
            let (key, _) = found.map_err(|error| gone(&error))?;
            Ok((parts(&key[1..], true)?.2, key.to_vec()))
        })
        .collect()
}

/// What is remembered about somebody, if they were erased.
pub(super) fn suppressed(value: &[u8]) -> Result<Suppressed, StoreError> {
    decode("a suppression", value)
}

impl Writer {
    /// Puts an entry behind the last one of the person and into the brand's day; its link. Two keys, one more on the first
    /// entry of a day.
    pub(super) fn link(&mut self, key: &Key, entry: &LedgerEntry, salt: Salt) -> Result<Link, StoreError> {
        let previous = self.hash_of(key, entry.number.wrapping_sub(1))?;
        let day = open_day(&key.brand);
        let mut open = match self.get(&day)?.map(|value| decode::<OpenDay>("a day", &value)) {
            Some(Ok(open)) => open,
            // An opt-out must be written down whatever somebody has done to the file; `consent verify` tells of it.
            Some(Err(error)) => {
                tracing::error!(brand = %key.brand, %error, "the day of the ledgers cannot be read; it begins anew");
                OpenDay::default()
            }
            None => OpenDay::default(),
        };
        let (counted, closed) = open.next(&key.brand, entry.at);
        let link = Link::new(key, entry, salt, previous, counted);
        open.add(&link.hash);
        self.put(day, encode(&open));
        if let Some(closed) = closed {
            self.put(root(&closed), encode(&closed));
        }
        Ok(link)
    }

    /// The hash of an entry of somebody, erased or not; zeros where there is none, or none that can be read.
    fn hash_of(&self, key: &Key, number: u32) -> Result<Digest, StoreError> {
        if number == 0 {
            return Ok(Digest::default());
        }
        if let Some(value) = self.get(&entry(key, number))? {
            return Ok(exactly::<StoredEntry>(&value).map(|stored| stored.link.hash).unwrap_or_default());
        }
        let value = self.get(&proof(&key.brand, &self.suppression.whose(key), number))?;
        Ok(value.and_then(|value| exactly::<Link>(&value).ok()).map(|link| link.hash).unwrap_or_default())
    }

    /// What is remembered about somebody who was erased.
    pub(super) fn remembered(&self, key: &Key) -> Result<Option<Suppressed>, StoreError> {
        if !self.has_suppressed() {
            return Ok(None);
        }
        let whose = self.suppression.whose(key);
        self.get(&suppression(&key.brand, &whose))?.map(|value| suppressed(&value)).transpose()
    }
}
