//! Conversations (`*.chat`): tests, bug reports, documentation. Read, and run against the production engine.

mod run;
mod syntax;

pub use run::{Outcome, run};
pub use syntax::{Chat, Expectation, Line, parse};
