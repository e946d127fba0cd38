//! Conversations (`*.chat`): tests, bug reports, documentation. Read, and run against the production engine.

pub mod coverage;
mod pattern;
mod print;
mod recorded;
mod run;
mod stand_in;
mod syntax;

pub use coverage::Coverage;
pub use pattern::matches;
pub use print::{exactly, print};
pub use recorded::{Recorded, recorded};
pub use run::{Outcome, Ran, run};
pub use syntax::{Chat, Expectation, Line, parse};
