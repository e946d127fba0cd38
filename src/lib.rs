//! sayso
pub mod bot;
pub mod diagnostic;
pub mod expr;
pub mod flow;
pub mod grammar;
pub mod language;
pub mod outline;
pub mod slot;
pub mod sms;
pub mod consent;
pub mod dialogue;
pub mod store;
pub mod provider;
