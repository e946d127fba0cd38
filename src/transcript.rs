//! Conversations (`*.chat`): tests, bug reports, documentation. Read, performed, and run against the production engine.

pub mod coverage;
mod gate;
mod pattern;
mod print;
mod recorded;
mod recording;
mod run;
mod session;
mod stand_in;
mod syntax;
mod update;
mod why;

pub use coverage::Coverage;
pub use gate::{Fate, Stayed};
pub use pattern::matches;
pub use print::{exactly, print};
pub use recorded::{Recorded, recorded};
pub use recording::Recording;
pub use run::{Outcome, Ran, run};
pub use session::{Happened, Mistake, Reasons, Refusal, Session};
pub use syntax::{Chat, Expectation, Line, parse, parse_line};
pub use update::{Change, update};
pub use why::{Answered, Candidate, Slot, Why, explain, walked};
