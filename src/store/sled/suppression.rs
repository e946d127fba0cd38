//! The key of the suppression hashes: drawn when the store is made, and kept in it, so that no backup is without it.

use super::keys::{self, gone};
use crate::consent::SuppressionKey;
use crate::store::{StoreError, codec};

/// Bytes of a new key.
const KEY_BYTES: usize = 32;

/// The key that a store has; where it has none yet, the one that is given, or a new one.
pub(super) fn key(db: &sled::Db, given: Option<SuppressionKey>) -> Result<SuppressionKey, StoreError> {
    let stored = stored(db)?;
    match (stored, given) {
        (Some(stored), Some(given)) if stored.bytes() != given.bytes() => Err(StoreError::Corrupt(
            "people were erased under another key than the one that is given".to_owned(),
        )),
        (Some(key), _) | (None, Some(key)) => Ok(key),
        (None, None) => {
            let mut bytes = vec![0; KEY_BYTES];
            getrandom::fill(&mut bytes).map_err(|error| StoreError::Gone(error.to_string()))?;
            SuppressionKey::new(bytes).ok_or_else(too_short)
        }
    }
}

/// The key that a store has, if it has one.
pub(super) fn stored(db: &sled::Db) -> Result<Option<SuppressionKey>, StoreError> {
    let Some(value) = db.get(keys::SUPPRESSION).map_err(|error| gone(&error))? else { return Ok(None) };
    let bytes: Vec<u8> = codec::decode("the key of the suppression hashes", &value)?;
    SuppressionKey::new(bytes).map(Some).ok_or_else(too_short)
}

fn too_short() -> StoreError {
    StoreError::Corrupt("the key of the suppression hashes is too short".to_owned())
}
