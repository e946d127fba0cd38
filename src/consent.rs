//! May we write to this person? What a text says about that, the ledger of every change, the texts the rules
//! require, and the gate in front of every send. All of it pure.

mod gate;
mod kind;
mod ledger;
mod opt_out;
mod phrase;
mod tapback;
mod word;
pub mod wording;

pub use gate::{Asking, HeldBy, Pass, Refusal, Verdict, gate, quiet_until};
pub use kind::{Kind, kind_of};
pub use ledger::{Change, How, LedgerEntry, Standing, Status, Unsure};
pub use opt_out::Reason;
