//! `sayso export`: what the store holds, as JSON lines or as a conversation; through the running server where it has the store open.

use super::{Exit, Streams, Unusable, no_brand, no_store, person, runtime};
use crate::replay::log::Logged;
use crate::server::socket::Client;
use crate::sms::Phone;
use crate::store::{Cursor, Entry, OpenError, Page, Scanned, SledStore, Store, StoreError, Table};
use crate::transcript::{Recorded, recorded};
use crate::workspace::Workspace;
use clap::ValueEnum;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Things that are read at once.
const PAGE: usize = 500;

/// Where pages come from.
pub(super) enum Source {
    Store(SledStore),
    Server(Client),
}

impl Source {
    /// The store itself, or the server that has it open.
    pub(super) async fn open(folder: &Path, cache_bytes: u64) -> Result<Self, Unusable> {
        match SledStore::open(folder, cache_bytes) {
            Ok(store) => Ok(Self::Store(store)),
            Err(OpenError::Locked(path)) => {
                Client::connect(folder).await.map(Self::Server).map_err(|error| {
                    Unusable::new(format!(
                        "the store `{}` is in use, and its server does not answer: {error}",
                        path.display()
                    ))
                    .hint("is another verb using it? try again in a moment")
                })
            }
            Err(error) => Err(error.into()),
        }
    }

    pub(super) async fn page(&mut self, what: Table, after: Option<Cursor>) -> Result<Page, StoreError> {
        match self {
            Self::Store(store) => store.scan(what, after, PAGE).await,
            Self::Server(client) => client.scan(what, after, PAGE).await,
        }
    }
}

/// What is exported, and how.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// What to print.
    #[arg(required_unless_present = "person")]
    what: Option<What>,
    /// Everything of the person with this number: what is known, the texts of both sides, the ledger.
    #[arg(long, value_name = "PHONE", conflicts_with_all = ["what", "dialogue", "form", "personal", "folder"])]
    person: Option<Phone>,
    /// In a form for reading, instead of JSON.
    #[arg(long, requires = "person")]
    readable: bool,
    /// Only of this brand.
    #[arg(long)]
    brand: Option<String>,
    /// Only of the person with this number.
    #[arg(long, value_name = "PHONE")]
    dialogue: Option<Phone>,
    /// In which form: `chat` writes the turns of one dialogue as a conversation, for the brand's folder.
    #[arg(long = "as", value_name = "FORM", default_value = "json", requires_if("chat", "dialogue"))]
    form: Form,
    /// Leave what people said about themselves in the conversation; the number is replaced in any case.
    #[arg(long, requires = "dialogue")]
    personal: bool,
    /// The store's folder, relative to the workspace, instead of the one in `sayso.toml`.
    #[arg(long, value_name = "DIR")]
    folder: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum What {
    /// Dialogues and what is known about people.
    Subscribers,
    /// The log of turns.
    Turns,
    /// Messages that are not sent.
    Outbox,
    /// Messages that providers took.
    Sent,
    /// Consent ledgers.
    Consents,
    /// The roots of the brands' days.
    Roots,
    /// People who were erased, by keyed hashes.
    Suppressions,
}

/// How it is printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Form {
    /// One JSON object a line.
    Json,
    /// A conversation, as `sayso test` runs it.
    Chat,
}

impl What {
    fn table(self) -> Table {
        match self {
            Self::Subscribers => Table::Subscribers,
            Self::Turns => Table::Turns,
            Self::Outbox => Table::Outbox,
            Self::Sent => Table::Sent,
            Self::Consents => Table::Consents,
            Self::Roots => Table::Roots,
            Self::Suppressions => Table::Suppressions,
        }
    }
}

/// Prints a table, or a dialogue. O(what the store holds of it), whatever is left out; memory O(a page), and O(the turns of
/// the dialogue) for a conversation.
pub(super) fn export(
    workspace: &Workspace,
    wanted: &Wanted,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if let Some(phone) = wanted.person {
        return person::export(workspace, phone, wanted.brand.as_deref(), wanted.readable, streams);
    }
    if wanted.form == Form::Chat && !matches!(wanted.what, Some(What::Turns)) {
        let hint = "write `sayso export turns --dialogue PHONE --as chat`";
        return Err(Unusable::new("only turns make a conversation").hint(hint));
    }
    let mut printed = 0;
    let mut dialogue = Vec::new();
    each(workspace, wanted, |item| {
        printed += 1;
        if let (Form::Chat, Scanned::Turn { entry, .. }) = (wanted.form, &item) {
            dialogue.push(Entry::clone(entry));
        } else {
            writeln!(streams.out, "{}", line(&item)?)?;
        }
        Ok(())
    })?;
    if wanted.form == Form::Chat {
        return as_chat(workspace, wanted, &dialogue, streams);
    }
    // The store may hold a brand whose folder is gone; only one that neither knows is a slip.
    let known = |name: &str| workspace.brands.iter().any(|brand| brand.as_str() == name);
    let stranger = wanted.brand.as_deref().filter(|name| printed == 0 && !known(name));
    stranger.map_or(Ok(Exit::Done), |name| Err(no_brand(workspace, name)))
}

/// Does something with everything that is wanted.
fn each(
    workspace: &Workspace,
    wanted: &Wanted,
    mut work: impl FnMut(Scanned) -> Result<(), Unusable>,
) -> Result<(), Unusable> {
    let folder = workspace.root.join(wanted.folder.as_ref().unwrap_or(&workspace.config.store.path));
    if !folder.is_dir() {
        return Err(no_store(&folder, "`sayso serve` makes it"));
    }
    let cache_bytes = workspace.config.store.cache_mb * 1024 * 1024;
    let table = wanted.what.unwrap_or(What::Turns).table();
    runtime(false)?.block_on(async {
        let mut source = Source::open(&folder, cache_bytes).await?;
        let mut after = None;
        loop {
            let page = source.page(table, after).await;
            let page = page.map_err(|error| Unusable::new(error.to_string()))?;
            page.items.into_iter().filter(|item| wanted.has(workspace, item)).try_for_each(&mut work)?;
            after = page.next;
            if after.is_none() {
                return Ok(());
            }
        }
    })
}

/// Prints the turns of one dialogue as a conversation; what its reader must know also goes to the side.
fn as_chat(
    workspace: &Workspace,
    wanted: &Wanted,
    dialogue: &[Entry],
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let brands: BTreeSet<&str> =
        dialogue.iter().map(|entry| workspace.called(&entry.key.brand).as_str()).collect();
    let mut of_brands = brands.iter();
    let brand = match (of_brands.next(), of_brands.next()) {
        (Some(brand), None) => brand,
        (Some(_), Some(_)) => {
            let list = brands.iter().copied().collect::<Vec<_>>().join(", ");
            let error = Unusable::new("this number has texted several brands");
            return Err(error.hint(format!("name one by `--brand`: {list}")));
        }
        (None, _) => {
            if let Some(name) = wanted.brand.as_deref().filter(|name| workspace.bot(name).is_none()) {
                return Err(no_brand(workspace, name));
            }
            let hint = "`sayso export turns` prints the whole log";
            return Err(Unusable::new("the log has no dialogue with this number").hint(hint));
        }
    };
    let bot = workspace.bot(brand).ok_or_else(|| {
        let error = Unusable::new(format!("the files have no sound brand `{brand}`"));
        error.hint("`sayso check` says what is wrong")
    })?;
    let made = runtime(false)?.block_on(recorded(bot, dialogue, wanted.personal));
    let Recorded { text, warnings, .. } = made.map_err(|error| Unusable::new(error.to_string()))?;
    write!(streams.out, "{text}")?;
    warnings.iter().try_for_each(|warning| writeln!(streams.err, "warning: {warning}"))?;
    Ok(Exit::Done)
}

impl Wanted {
    /// Whether it is wanted. A brand goes by its name of today, and by the one under which its data is kept.
    fn has(&self, workspace: &Workspace, item: &Scanned) -> bool {
        let names = [item.brand(), workspace.called(item.brand())];
        self.brand.as_ref().is_none_or(|brand| names.iter().any(|name| name.as_str() == brand))
            && self.dialogue.is_none_or(|phone| item.key().is_some_and(|key| key.phone == phone))
    }
}

fn line(item: &Scanned) -> Result<String, Unusable> {
    let line = if let Scanned::Turn { seq, entry } = item {
        serde_json::to_string(&Logged::new(*seq, entry))
    } else {
        serde_json::to_string(item)
    };
    line.map_err(|error| Unusable::new(error.to_string()))
}
