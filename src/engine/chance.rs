//! Chance: the one place that asks for it. The step gets its chance as a seed, so that it can be repeated; a salt must never be,
//! but where a whole run is to be repeated.

use crate::consent::chain::Salt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that nobody can foresee.
pub trait Chance: Send + Sync {
    /// A salt for the ledger entries of one turn.
    fn salt(&self) -> Salt;

    /// A number below `end`.
    fn below(&self, end: u64) -> u64 {
        let drawn = u128::from_be_bytes(*self.salt().bytes());
        u64::try_from(drawn % u128::from(end.max(1))).unwrap_or(0)
    }
}

/// The machine's chance.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemChance;

impl Chance for SystemChance {
    fn salt(&self) -> Salt {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes)
            .expect("the operating system gives random bytes to every process once it is up");
        Salt::new(bytes)
    }
}

/// Chance that counts: for tests and the simulator, where nothing is kept and a run is to be the same again.
#[derive(Debug, Default)]
pub struct CountedChance(AtomicU64);

impl Chance for CountedChance {
    fn salt(&self) -> Salt {
        let count = u128::from(self.0.fetch_add(1, Ordering::Relaxed));
        Salt::new(count.to_be_bytes())
    }
}
