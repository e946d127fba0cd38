//! May we write to this person? What a text says about that, the ledger of every change, the texts the rules
//! require, and the gate in front of every send. All of it pure.

pub mod chain;
mod gate;
mod kind;
mod ledger;
mod sum;
mod suppression;
mod verify;
pub mod wording;

pub use gate::{Asking, Pass, Refusal, Verdict, gate, quiet_until};
pub use kind::{Kind, kind_of};
pub use ledger::{Change, How, LedgerEntry, Standing, Status};
pub use suppression::{Suppressed, SuppressionKey};
pub use verify::{Broken, Verifier};
