//! What subscribers say: grammar files, the automaton made of them, and recognizing.
//!
//! A grammar is regular: no recursion. That is what makes recognizing linear in the text and proofs possible.
//! The patterns of a scope (the shared files, or one brand's) become one frozen automaton over tokens; a text runs
//! through it once, in time that does not depend on the number of intents, and only the patterns that took it are
//! then aligned with it to read their slots.

mod align;
mod automaton;
mod compile;
mod freeze;
mod list;
mod positions;
mod prove;
mod recognize;
mod skip;
pub mod syntax;
mod types;

pub use automaton::Grammar;
pub use compile::{TypeLookup, compile};
pub use freeze::STATES_MAX;
pub use list::{choice, told_apart};
pub use prove::{Comparable, common_text, prove, prove_together, reserved_spelling};
pub use recognize::{Match, Rank, SlotValue};
pub use skip::SkipWords;
pub use types::declared;
