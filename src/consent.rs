//! May we write to this person? What a text says about that, the ledger of every change, the texts the rules
//! require, and the gate in front of every send. All of it pure.

pub mod chain;
mod gate;
mod holiday;
mod hours;
mod inflect;
mod kind;
mod ledger;
mod likeness;
mod opt_out;
mod phrase;
mod rules;
mod scope;
mod sum;
mod suppression;
mod tapback;
mod verify;
mod whereabouts;
mod word;
pub mod wording;

pub use gate::{Asking, LEFT_MAX, Limits, Obstacle, Pass, Refusal, Verdict, Why, gate};
pub use kind::{Kind, kind_of};
pub use ledger::{Change, How, LedgerEntry, Standing, Status, Unsure};
pub use rules::Reason;
pub use scope::{Ended, Parts, Scope};
pub use suppression::{Suppressed, SuppressionKey};
pub use verify::{Broken, Verifier};
pub use whereabouts::{Known, Whereabouts, ZoneSource};
