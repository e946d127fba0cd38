//! Chance: the one place that asks for it. The step gets its chance as a seed, so that it can be repeated; a salt must never be.

use crate::consent::chain::Salt;

/// A salt that nobody can guess.
pub(super) fn salt() -> Salt {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)
        .expect("the operating system gives random bytes to every process once it is up");
    Salt::new(bytes)
}
