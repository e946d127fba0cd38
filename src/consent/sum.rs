//! A sum of hashes that does not depend on their order: the days of a brand are counted by it.
//!
//! It is `LtHash` (Bellare and Micciancio 1997; Lewi, Kim, Maykov and Weis 2019, "Securing Update Propagation with
//! Homomorphic Hashing", with 1,024 lanes of 16 bits: about 200 bits of security). A plain sum or an exclusive or of hashes
//! would do the same, and whoever may choose salts could find other entries with the same sum.

use super::chain::{Digest, digest_of};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Lanes of 16 bits.
const LANES: usize = 1_024;

/// The sum of a set of hashes.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Sum(Box<[u16; LANES]>);

impl Default for Sum {
    fn default() -> Self {
        Self(Box::new([0; LANES]))
    }
}

impl Sum {
    /// Adds a hash. O(lanes): 64 blocks of SHA-256.
    pub fn add(&mut self, hash: &Digest) {
        for (block, lanes) in (0_u32..).zip(self.0.chunks_exact_mut(16)) {
            let mut expanded = Sha256::new();
            expanded.update(b"sayso sum 1\n");
            expanded.update(block.to_be_bytes());
            expanded.update(hash.bytes());
            let expanded = expanded.finalize();
            for (lane, bytes) in lanes.iter_mut().zip(expanded.chunks_exact(2)) {
                *lane = lane.wrapping_add(u16::from_be_bytes([bytes[0], bytes[1]]));
            }
        }
    }

    /// The sum as one hash.
    #[must_use]
    pub fn digest(&self) -> Digest {
        digest_of(&self.bytes())
    }

    fn bytes(&self) -> Vec<u8> {
        self.0.iter().flat_map(|lane| lane.to_be_bytes()).collect()
    }
}

impl From<Sum> for String {
    fn from(sum: Sum) -> Self {
        STANDARD.encode(sum.bytes())
    }
}

impl TryFrom<String> for Sum {
    type Error = String;

    fn try_from(words: String) -> Result<Self, String> {
        let bytes = STANDARD.decode(words).map_err(|error| error.to_string())?;
        if bytes.len() != 2 * LANES {
            return Err("a sum of another size".to_owned());
        }
        let mut sum = Self::default();
        for (lane, bytes) in sum.0.iter_mut().zip(bytes.chunks_exact(2)) {
            *lane = u16::from_be_bytes([bytes[0], bytes[1]]);
        }
        Ok(sum)
    }
}

impl std::fmt::Debug for Sum {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Sum({})", self.digest())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sum(of: &[&str]) -> Sum {
        let mut sum = Sum::default();
        for words in of {
            sum.add(&digest_of(words.as_bytes()));
        }
        sum
    }

    #[test]
    fn the_order_does_not_matter_and_every_hash_does() {
        assert_eq!(sum(&["a", "b", "c"]), sum(&["c", "a", "b"]));
        for other in [&["a", "b"][..], &["a", "b", "c", "c"], &["a", "b", "d"], &[]] {
            assert_ne!(sum(&["a", "b", "c"]).digest(), sum(other).digest(), "{other:?}");
        }
    }

    #[test]
    fn it_survives_the_way_through_text() {
        let sum = sum(&["a", "b"]);
        assert_eq!(Sum::try_from(String::from(sum.clone())), Ok(sum));
        assert!(Sum::try_from("AAAA".to_owned()).is_err());
    }
}
