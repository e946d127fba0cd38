//! How records become bytes: one byte of format version, then `MessagePack` with field names.
//!
//! Why `MessagePack` with names: it tells itself. A field that a newer version adds is skipped by an older one, a field
//! that is missing gets its default, so that most changes need no migration at all; a compact format without names
//! (bincode, postcard) would need one for each. JSON would do the same at twice the bytes and four times the time.
//! The version byte is for the changes that names cannot bridge.

use super::StoreError;
use crate::consent::chain::{Digest, Root};
use crate::sms::{BrandId, Key};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The format that is written. Older ones are read for ever.
pub(super) const FORMAT: u8 = 1;

/// Largest value that is stored, in bytes. sled moves values beyond its page size into files that no sync of ours
/// covers, so nothing comes near.
const VALUE_BYTES_MAX: usize = 16 * 1024;

/// Bytes that the store adds to a dialogue: version, alarm, and what its takes come to.
const ADDED_BYTES_MAX: usize = 1_024;

/// Why a turn can never be stored, if it cannot: its dialogue or its log entry is too large.
pub(super) fn refusal(record: &[u8], entry: &[u8]) -> Option<String> {
    let large = |what: &str, bytes: usize| format!("{what} of {bytes} bytes is larger than the store takes");
    if record.len() + ADDED_BYTES_MAX > VALUE_BYTES_MAX {
        Some(large("a dialogue", record.len()))
    } else if entry.len() > VALUE_BYTES_MAX {
        Some(large("a turn", entry.len()))
    } else {
        None
    }
}

/// A record as bytes.
pub(super) fn encode(record: &impl Serialize) -> Vec<u8> {
    let mut bytes = vec![FORMAT];
    rmp_serde::encode::write_named(&mut bytes, record).expect("records hold nothing that MessagePack cannot");
    bytes
}

/// A record from bytes.
pub(super) fn decode<T: DeserializeOwned>(what: &str, bytes: &[u8]) -> Result<T, StoreError> {
    match bytes.split_first() {
        Some((&FORMAT, body)) => {
            rmp_serde::from_slice(body).map_err(|error| StoreError::Corrupt(format!("{what}: {error}")))
        }
        Some((newer, _)) => Err(StoreError::Corrupt(format!(
            "{what} is of format {newer}; this version of sayso reads up to format {FORMAT}"
        ))),
        None => Err(StoreError::Corrupt(format!("{what} is empty"))),
    }
}

/// The bytes of a person's key: brand, a zero byte (no brand holds one), the number.
pub(super) fn key_bytes(key: &Key) -> Vec<u8> {
    let mut bytes = key.brand.as_str().as_bytes().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(&key.phone.digits().to_be_bytes());
    bytes
}

/// The bytes under which stands what is left of somebody who was erased: brand, a zero byte, the keyed hash of whom.
pub(super) fn erased_bytes(brand: &BrandId, whose: &Digest) -> Vec<u8> {
    let mut bytes = brand.as_str().as_bytes().to_vec();
    bytes.push(0);
    bytes.extend_from_slice(whose.bytes());
    bytes
}

/// The bytes under which a brand's day stands: brand, a zero byte, the day; the one that is open comes last.
pub(super) fn root_bytes(root: &Root, open: bool) -> Vec<u8> {
    let day = if open { OPEN.to_owned() } else { root.day.to_string() };
    [root.brand.as_str().as_bytes(), &[0], day.as_bytes()].concat()
}

/// What stands in the place of a brand's last day while it still grows: it sorts behind all days.
pub(super) const OPEN: &str = "open";

/// A person's key from its bytes.
pub(super) fn key_from(bytes: &[u8]) -> Result<Key, StoreError> {
    let bad = || StoreError::Corrupt("a key of a dialogue".to_owned());
    let zero = bytes.iter().position(|b| *b == 0).ok_or_else(bad)?;
    let brand = std::str::from_utf8(&bytes[..zero]).map_err(|_| bad())?;
    let digits: [u8; 8] = bytes[zero + 1..].try_into().map_err(|_| bad())?;
    let phone = format!("+{}", u64::from_be_bytes(digits)).parse().map_err(|_| bad())?;
    Ok(Key { brand: BrandId::from(brand), phone })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Deserialize;

    #[derive(Serialize)]
    struct Newer {
        kept: u32,
        added: String,
    }

    #[derive(Deserialize, Debug, PartialEq)]
    struct Older {
        kept: u32,
        #[serde(default)]
        missing: u32,
    }

    #[test]
    fn fields_may_come_and_go_between_versions() {
        let bytes = encode(&Newer { kept: 7, added: "x".into() });
        assert_eq!(decode::<Older>("a record", &bytes), Ok(Older { kept: 7, missing: 0 }));
    }

    #[test]
    fn a_newer_format_is_refused_with_its_number() {
        let mut bytes = encode(&7_u32);
        bytes[0] = 9;
        let error = decode::<u32>("a record", &bytes).expect_err("a newer format");
        assert!(error.to_string().contains("format 9"), "{error}");
    }

    #[test]
    fn keys_survive_the_way_through_bytes() {
        let key = Key { brand: "scoops".into(), phone: "+14045550123".parse().expect("a number") };
        assert_eq!(key_from(&key_bytes(&key)), Ok(key));
    }
}
