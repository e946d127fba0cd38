//! The brand read anew when its files change, while somebody talks with it.

use crate::bot::Bot;
use crate::cli::watch::Watched;
use crate::cli::{Streams, Unusable, runtime};
use crate::diagnostic::{Severity, draw};
use crate::sms::BrandId;
use crate::workspace::Workspace;
use std::io::sink;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// The brand as its files are now, or what is wrong with them.
pub(super) fn read_anew(root: &Path, brand: &BrandId, colour: bool) -> Result<Arc<Bot>, String> {
    let workspace = Workspace::open(root);
    if let Some(bot) = workspace.bot(brand.as_str()) {
        return Ok(Arc::clone(bot));
    }
    let (mut report, _) = workspace.found.clone().into_report();
    report.retain(|diagnostic| diagnostic.code.severity() == Severity::Error);
    if report.is_empty() {
        return Err(format!("error: the brand `{brand}` is gone\n"));
    }
    Err(draw(&workspace.sources, &report, colour))
}

/// The newest sound brand that nobody has taken yet.
#[derive(Debug, Clone, Default)]
pub(super) struct Fresh(Arc<Mutex<Option<Arc<Bot>>>>);

impl Fresh {
    pub(super) fn take(&self) -> Option<Arc<Bot>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }

    fn put(&self, bot: Option<Arc<Bot>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = bot;
    }
}

/// Watches the files from now on, until the process ends. What there is to say about a change is said at once.
pub(super) fn follow(
    root: &Path,
    bot: &Bot,
    colour: bool,
    say: impl FnMut(String) + Send + 'static,
) -> Result<Fresh, Unusable> {
    let root = root.canonicalize()?;
    let mut watched = Watched::new(root.clone())?;
    renew(&mut watched)?;
    let runtime = runtime(false)?;
    let (fresh, brand, hash) = (Fresh::default(), bot.id.clone(), bot.hash.clone());
    let told = fresh.clone();
    let mut follower = Follower { root, brand, hash, colour, fresh: told, say };
    std::thread::spawn(move || {
        runtime.block_on(async {
            loop {
                watched.change().await;
                if renew(&mut watched).is_err() {
                    return; // nothing can be watched any more; `:reload` is left
                }
                follower.look();
            }
        });
    });
    Ok(fresh)
}

/// First watched, then read: a change in between is read twice, and none is missed.
fn renew(watched: &mut Watched) -> Result<(), Unusable> {
    watched.renew(&mut Streams { out: &mut sink(), err: &mut sink(), colour: false, terminal: false })
}

struct Follower<S> {
    root: PathBuf,
    brand: BrandId,
    /// Of the files that were read last and were sound; empty once they were not.
    hash: String,
    colour: bool,
    fresh: Fresh,
    say: S,
}

impl<S: FnMut(String)> Follower<S> {
    fn look(&mut self) {
        match read_anew(&self.root, &self.brand, self.colour) {
            // Another file of the workspace.
            Ok(bot) if bot.hash == self.hash => {}
            Ok(bot) => {
                self.hash.clone_from(&bot.hash);
                self.fresh.put(Some(bot));
                (self.say)("(the files changed: read anew)".to_owned());
            }
            Err(report) => {
                self.hash.clear();
                self.fresh.put(None);
                (self.say)(format!("{report}(the files have errors: everything stays as it was)"));
            }
        }
    }
}
