//! Nobody is written to at a wrong hour, too often, or without having said so: a table of cases that was written by hand, and a
//! second, plainer reading of the rules that everything which leaves is held against.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used)]

mod life;
mod reading;
mod scope;
mod table;
