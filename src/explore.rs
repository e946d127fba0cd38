//! Conversations that nobody has written: what can be said to a brand at each point, the search for a conversation that
//! walks a way, and random ones that look for trouble.
//!
//! All of them go through the simulator, which is the production engine: what is found here happens to people, too.

mod alphabet;
mod constants;
mod random;
mod search;
mod shrink;
mod stuck;
mod talk;

pub use alphabet::{Alphabet, Sort};
pub use random::{Explored, Exploring, Finding, Kind, Open, Trouble, explore};
pub use search::{Conversation, LINES_MAX, TURNS_MAX, conversations};
pub use talk::{Script, Talk, Turned};
