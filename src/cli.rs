//! The verbs of the command line. Results go to `out`, everything else to `err`; what a verb came to is its exit code.

mod backup;
mod chat;
mod check;
mod consent;
mod coverage;
mod desk;
mod doctor;
mod explore;
mod export;
mod fmt;
mod graph;
mod import;
mod init;
mod key;
mod live;
mod lsp;
mod outbox;
mod person;
mod provider;
mod read;
mod reload;
mod replay;
mod serve;
mod set;
mod tap;
mod test;
mod trigger;
mod watch;
mod why;

use crate::diagnostic::{Code, Severity, nearest};
use crate::store::OpenError;
use crate::workspace::{Workspace, find};
use clap::{Parser, Subcommand};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Turns a phone number into a conversation.
#[derive(Debug, Parser)]
#[command(name = "sayso", version, about, infer_subcommands = false)]
pub struct Cli {
    /// The workspace: the folder with `sayso.toml`; found by walking up from the current folder.
    #[arg(long, global = true, env = "SAYSO_WORKSPACE", value_name = "DIR")]
    workspace: Option<PathBuf>,
    /// Print one JSON object per line.
    #[arg(long, global = true)]
    json: bool,
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Debug, Subcommand)]
enum Verb {
    /// Write a workspace to begin with, which works as it is.
    Init(init::Wanted),
    /// Check all files: all mistakes at once, each with a place and a way out.
    Check(check::Wanted),
    /// Write files in their one canonical form; print which ones changed.
    Fmt(fmt::Wanted),
    /// Explain a diagnostic's code.
    Explain {
        /// The code, such as F301.
        code: String,
    },
    /// Talk with a brand: each line is a text.
    Chat(chat::Wanted),
    /// Say what a text means to a brand, which rung takes it, and what lost by which rule.
    Why {
        /// The brand; not needed where there is only one.
        #[arg(long)]
        brand: Option<String>,
        /// The node whose question waits, as FLOW.NODE.
        #[arg(long)]
        node: Option<String>,
        /// The text; `-` reads one text a line from the standard input.
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Say what a slot type reads in a text.
    Read {
        /// The type, such as `us_zip`.
        #[arg(value_name = "TYPE")]
        kind: String,
        #[command(flatten)]
        surroundings: read::Surroundings,
        /// The text; `-` reads one text a line from the standard input.
        #[arg(allow_hyphen_values = true)]
        text: String,
    },
    /// Draw a brand's flows: what each node says and waits for, and every way out.
    Graph {
        /// The brand, or one flow of it as BRAND.FLOW; the brand is not needed where there is only one.
        #[arg(value_name = "BRAND[.FLOW]")]
        of: Option<String>,
        #[command(flatten)]
        drawing: graph::Drawing,
    },
    /// Run the conversations (`*.chat`) of all brands.
    Test(test::Wanted),
    /// Look at providers: the kinds that there are, what a request means, what would be sent.
    #[command(subcommand)]
    Provider(provider::Wanted),
    /// Serve webhooks, timers and the outbox until told to stop.
    Serve {
        /// The address to listen on, instead of the one in `sayso.toml`.
        #[arg(long, env = "SAYSO_LISTEN")]
        listen: Option<std::net::SocketAddr>,
    },
    /// Make, list and revoke keys of the API.
    #[command(subcommand)]
    Key(key::Wanted),
    /// Print the document of the API (`OpenAPI`).
    Openapi,
    /// Show what a running server does, while it does it.
    Tap(tap::Wanted),
    /// Send a request to a running server as a provider would, signed with the account's own secret.
    #[command(subcommand)]
    Trigger(trigger::Wanted),
    /// Serve an editor that speaks the Language Server Protocol, over the standard input and output.
    Lsp {
        /// The only way there is; editors like to say it.
        #[arg(long, hide = true)]
        stdio: bool,
    },
    /// Look at the workspace, the store, its disk and the clock: what is wrong, and a way out of it.
    Doctor,
    /// Write a backup of the store, also while `serve` runs.
    Backup {
        /// A new file, or a folder in which one is made.
        #[arg(value_name = "FILE|DIR")]
        to: PathBuf,
    },
    /// Put a backup in the place of a store that is gone.
    Restore {
        /// The backup.
        file: PathBuf,
    },
    /// Print what the store holds, one JSON object per line, one dialogue as a conversation, or everything of one person.
    Export(export::Wanted),
    /// Run recorded texts against the files of the day, and show what would be answered otherwise.
    Replay(replay::Wanted),
    /// Look at what waits to be sent or could not be, and decide about it.
    Outbox {
        #[command(subcommand)]
        wanted: Option<outbox::Wanted>,
    },
    /// Show and verify the proofs of consent.
    #[command(subcommand)]
    Consent(consent::Wanted),
    /// Erase a person, after saying what goes and what must stay.
    Forget(person::Forget),
    /// Correct what is known about a person.
    Set(set::Wanted),
    /// Take in a list from outside.
    #[command(subcommand)]
    Import(import::Wanted),
}

/// What a verb came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Errors were found, or tests failed.
    Found,
    /// Usage, configuration or an internal error.
    Unusable,
}

impl Exit {
    /// The exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Found => 1,
            Self::Unusable => 2,
        }
    }
}

/// Why a verb could not be done.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct Unusable {
    message: String,
    hint: Option<String>,
    unheard: bool,
}

impl Unusable {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, unheard: false }
    }

    fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// A way out, if there is one.
    #[must_use]
    pub fn way_out(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Whether whoever read our output has heard enough, as `head` does: no error.
    #[must_use]
    pub fn is_unheard(&self) -> bool {
        self.unheard
    }
}

impl From<std::io::Error> for Unusable {
    /// Of our own input and output. What fails elsewhere is said in words of its own.
    fn from(error: std::io::Error) -> Self {
        Self { unheard: error.kind() == std::io::ErrorKind::BrokenPipe, ..Self::new(error.to_string()) }
    }
}

impl From<OpenError> for Unusable {
    fn from(error: OpenError) -> Self {
        Self::new(error.to_string()).hint(error.way_out())
    }
}

/// Where a verb writes.
pub struct Streams<'s> {
    /// Results.
    pub out: &'s mut dyn Write,
    /// Everything else.
    pub err: &'s mut dyn Write,
    /// Whether `err` is a terminal that wants colour.
    pub colour: bool,
    /// Whether `err` is a terminal.
    pub terminal: bool,
}

/// Does what the command line asks for.
///
/// # Errors
/// When it cannot be done at all: no workspace, no such brand, a store in use.
pub fn run(cli: &Cli, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    match &cli.verb {
        Verb::Init(wanted) => init::init(wanted, streams),
        Verb::Explain { code } => explain(code, streams),
        Verb::Check(wanted) => check::asked(cli, wanted, streams),
        Verb::Fmt(wanted) => fmt::fmt(cli, wanted, streams),
        Verb::Chat(wanted) => {
            let workspace = cli.open()?;
            let bot = cli.brand(&workspace, wanted.brand.as_deref(), streams)?;
            chat::chat(&workspace, &bot, wanted, streams)
        }
        Verb::Why { brand, node, text } => {
            let workspace = cli.open()?;
            let bot = cli.brand(&workspace, brand.as_deref(), streams)?;
            why::why(&bot, node.as_deref(), text, cli.json, streams)
        }
        Verb::Read { kind, surroundings, text } => read::read(kind, surroundings, text, cli.json, streams),
        Verb::Test(wanted) => test::test(cli.open()?, wanted, cli.json, streams),
        Verb::Graph { of, drawing } => {
            let workspace = cli.open()?;
            let (brand, flow) = graph::parts(&workspace, of.as_deref());
            let bot = cli.brand(&workspace, brand, streams)?;
            graph::graph(&workspace, &bot, flow, drawing, cli.json, streams)
        }
        Verb::Provider(wanted) => provider::provider(&cli.open()?, wanted, cli.json, streams),
        Verb::Serve { listen } => serve::serve(cli.open()?, *listen, streams),
        Verb::Key(wanted) => key::key(&cli.open()?, wanted, cli.json, streams),
        Verb::Openapi => openapi(streams),
        Verb::Tap(wanted) => tap::tap(&cli.open()?, wanted, cli.json, streams),
        Verb::Trigger(wanted) => trigger::trigger(&cli.open()?, wanted, cli.json, streams),
        Verb::Lsp { .. } => lsp::lsp(),
        Verb::Doctor => doctor::doctor(&cli.open()?, cli.json, streams),
        Verb::Backup { to } => backup::backup(&cli.open()?, to, cli.json, streams),
        Verb::Restore { file } => backup::restore(&cli.open()?, file, cli.json, streams),
        Verb::Export(wanted) => export::export(&cli.open()?, wanted, streams),
        Verb::Replay(wanted) => replay::replay(&cli.open()?, wanted, cli.json, streams),
        Verb::Outbox { wanted } => outbox::outbox(&cli.open()?, wanted.as_ref(), cli.json, streams),
        Verb::Consent(wanted) => consent::consent(&cli.open()?, wanted, cli.json, streams),
        Verb::Forget(wanted) => person::forget(&cli.open()?, wanted, streams),
        Verb::Set(wanted) => set::set(&cli.open()?, wanted, streams),
        Verb::Import(wanted) => import::import(&cli.open()?, wanted, cli.json, streams),
    }
}

impl Cli {
    /// Whether the verb runs for long and tells what it does.
    #[must_use]
    pub fn serves(&self) -> bool {
        matches!(self.verb, Verb::Serve { .. })
    }

    /// Reads the workspace.
    fn open(&self) -> Result<Workspace, Unusable> {
        Ok(Workspace::open(&self.root()?))
    }

    /// The workspace's folder.
    fn root(&self) -> Result<PathBuf, Unusable> {
        match &self.workspace {
            Some(folder) if folder.join(crate::workspace::CONFIG_FILE).is_file() => Ok(folder.clone()),
            Some(folder) => {
                let folder = folder.display();
                Err(Unusable::new(format!("`{folder}` is no workspace: it has no `sayso.toml`")))
            }
            None => find(&std::env::current_dir()?).ok_or_else(|| {
                Unusable::new("there is no `sayso.toml` here or in a folder above")
                    .hint("go into a workspace, or name one by `--workspace DIR`")
            }),
        }
    }

    /// A brand's bot; its mistakes are printed where it has none.
    fn brand(
        &self,
        workspace: &Workspace,
        name: Option<&str>,
        streams: &mut Streams<'_>,
    ) -> Result<std::sync::Arc<crate::bot::Bot>, Unusable> {
        let known = || workspace.brands.iter().map(crate::sms::BrandId::as_str);
        let name = match (name, workspace.brands.as_slice()) {
            (Some(name), _) => name.to_owned(),
            (None, [only]) => only.to_string(),
            (None, _) => {
                let list = known().collect::<Vec<_>>().join(", ");
                return Err(Unusable::new("which brand?").hint(format!("name one of: {list}")));
            }
        };
        if let Some(bot) = workspace.bot(&name) {
            return Ok(std::sync::Arc::clone(bot));
        }
        if known().any(|brand| brand == name) {
            // What `check` sums up is no result of another verb, whose output may go into a file.
            let mut nowhere = std::io::sink();
            let out: &mut dyn Write = if self.json { streams.out } else { &mut nowhere };
            let Streams { colour, terminal, .. } = *streams;
            check::check(workspace, self.json, &mut Streams { out, err: streams.err, colour, terminal })?;
            return Err(Unusable::new(format!("the brand `{name}` has errors")).hint("mend them first"));
        }
        Err(no_brand(workspace, &name))
    }
}

/// That nothing has been kept yet in a folder, and what makes it.
fn no_store(folder: &Path, hint: &str) -> Unusable {
    Unusable::new(format!("there is no store at `{}` yet", folder.display())).hint(hint)
}

/// That there is no such brand, and which one was meant.
fn no_brand(workspace: &Workspace, name: &str) -> Unusable {
    let known = || workspace.brands.iter().map(crate::sms::BrandId::as_str);
    let error = Unusable::new(format!("there is no brand `{name}`"));
    let list = || known().collect::<Vec<_>>().join(", ");
    let near = nearest(name, known()).map(|near| format!("did you mean `{near}`?"));
    error.hint(near.unwrap_or_else(|| format!("brands are folders below `flows/`: {}", list())))
}

fn explain(id: &str, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let Some(code) = Code::by_id(id) else {
        let error = Unusable::new(format!("there is no code `{id}`"));
        return Err(match Code::nearest_id(id) {
            Some(near) => error.hint(format!("did you mean `{near}`?")),
            None => error.hint("codes are a letter and three digits, as `check` prints them"),
        });
    };
    let grave = match code.severity() {
        Severity::Error => "an error",
        Severity::Warning => "a warning",
        Severity::Note => "a note",
    };
    writeln!(streams.out, "{}: {} ({grave})\n\n{}", code.id(), code.title(), code.page())?;
    Ok(Exit::Done)
}

fn openapi(streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let document = crate::server::api::document().to_pretty_json();
    writeln!(streams.out, "{}", document.map_err(|error| Unusable::new(error.to_string()))?)?;
    Ok(Exit::Done)
}

/// How many there are of something, in words.
fn many(count: usize, of: &str) -> String {
    format!("{count} {of}{}", if count == 1 { "" } else { "s" })
}

/// A time that has passed, in its two largest units.
fn age(seconds: i64) -> String {
    let (days, hours, minutes) = (seconds / 86_400, seconds / 3_600 % 24, seconds / 60 % 60);
    match (days, hours) {
        (0, 0) => format!("{minutes} min"),
        (0, _) => format!("{hours} h {minutes} min"),
        _ => format!("{days} d {hours} h"),
    }
}

/// A runtime for verbs that talk with a store or a network.
fn runtime(threads: bool) -> Result<tokio::runtime::Runtime, Unusable> {
    let mut builder = if threads {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    Ok(builder.enable_all().build()?)
}
