//! **sayso** turns a phone number into a conversation. A brand writes its dialogues as plain text files; people text
//! the number; sayso understands what they mean, answers, asks, remembers what they say, and never writes to anybody
//! who has not said so.
//!
//! A message takes one path, and the modules below are its stations:
//!
//! ```text
//! HTTP ─► provider ─► sms ─► store.load ─► grammar ─► dialogue.step ─► store.commit ─► 200 OK
//!         verify,     normalize            recognize                   one write       │
//!         decode                                                                       ▼
//!                        provider.outcome ◄─ HTTP ◄─ provider.encode ◄─ consent.gate ◄─ outbox
//! ```
//!
//! # A whole example
//!
//! A brand in three files, and somebody who texts it. The simulator is the production engine with a clock that is a
//! value and a provider that is a list.
//!
//! ```
//! use sayso::simulator::Simulation;
//! use sayso::workspace::Workspace;
//!
//! let folder = tempfile::tempdir()?;
//! let write = |path: &str, text: &str| {
//!     let path = folder.path().join(path);
//!     std::fs::create_dir_all(path.parent().unwrap()).and_then(|()| std::fs::write(path, text))
//! };
//! write("sayso.toml", "")?;
//! write("grammars/en.grammar", "
//! intent join
//!   join [now]
//!   sign me up
//! ")?;
//! write("flows/scoops/brand.flow", "
//! brand Scoops
//!   program Scoops Alerts
//!   contact help@scoops.example
//!   optin join
//!
//! field name: name
//! ")?;
//! write("flows/scoops/welcome.flow", "
//! flow welcome
//!   start on join
//!
//! node hello
//!   say Welcome to {program}! {terms} What's your first name?
//!   ask name
//!   -> done
//!
//! node done
//!   say You're in, {name}!
//!   end
//! ")?;
//!
//! let workspace = Workspace::open(folder.path());
//! assert!(!workspace.found.has_errors());
//! let mut scoops = Simulation::new(workspace.bot("scoops").unwrap(), "2026-06-01T16:00:00Z".parse()?)?;
//! let ana = "+14045550123".parse()?;
//!
//! tokio::runtime::Runtime::new()?.block_on(async {
//!     let (_, replies) = scoops.text(ana, "Hi, JOIN please!").await?;
//!     assert!(replies[0].text.starts_with("Welcome to Scoops Alerts! Message frequency varies."));
//!     let (_, replies) = scoops.text(ana, "I'm Ana").await?;
//!     assert_eq!(replies[0].text, "You're in, Ana!");
//!     let (_, replies) = scoops.text(ana, "stop").await?;
//!     assert!(replies[0].text.starts_with("You have been unsubscribed from Scoops Alerts."));
//!     let (_, replies) = scoops.text(ana, "are you still there?").await?;
//!     assert!(replies.is_empty());
//!     Ok::<_, sayso::simulator::SimulationError>(())
//! })?;
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! ```
//!
//! # Where to begin
//!
//! - A brand's files: [`flow`], [`grammar`], linked into a [`bot`]; what is wrong with them is a [`diagnostic`].
//! - What happens to a text: [`dialogue::step`], and the rungs that decide: [`dialogue::RUNGS`].
//! - May we write? [`consent`].
//! - A new provider, store or slot type: [`provider::Provider`], [`store::Store`], [`slot::SlotType`].
//! - The line from text to answer: [`engine::Engine::receive`].

pub mod bot;
pub mod certificate;
pub mod cli;
pub mod config;
pub mod consent;
pub mod diagnostic;
pub mod dialogue;
pub mod engine;
pub mod explore;
pub mod expr;
pub mod flow;
pub mod format;
pub mod grammar;
pub mod graph;
pub mod language;
pub mod lsp;
pub mod outline;
pub mod provider;
pub mod replay;
pub mod reserved;
pub mod server;
pub mod simulator;
pub mod slot;
pub mod sms;
pub mod store;
pub mod transcript;
pub mod typo;
pub mod workspace;
