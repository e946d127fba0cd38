//! A workspace that is served: one brand is read again without the others.

use super::files::Files;
use super::load::{Common, Linked, Loader, link_all};
use super::names::Names;
use super::{Overlay, Workspace, closed, senders};
use crate::bot::Bot;
use crate::config::Config;
use crate::diagnostic::{Diagnostics, Sources};
use crate::sms::{BrandId, Sender};
use std::collections::{BTreeMap, BTreeSet};
use std::mem::take;
use std::path::PathBuf;
use std::sync::Arc;

/// What is kept of a workspace while it is served: what one brand is linked with, and the sound brands.
#[derive(Debug)]
pub struct Live {
    root: PathBuf,
    config: Config,
    common: Common,
    names: Names,
    /// By the names of their folders.
    bots: BTreeMap<BrandId, Arc<Bot>>,
    closed: BTreeMap<BrandId, Vec<Sender>>,
}

/// What came of reading brands again.
#[derive(Debug, Default)]
pub struct Reread {
    /// Brands that are served otherwise from now on, or again.
    pub changed: Vec<BrandId>,
    /// Brands with errors that go on as they were.
    pub kept: Vec<BrandId>,
    /// Brands that are served no more.
    pub gone: Vec<BrandId>,
    /// What was read.
    pub sources: Sources,
    /// What was found in it.
    pub found: Diagnostics,
}

impl Live {
    /// A workspace from now on.
    #[must_use]
    pub fn of(workspace: Workspace) -> Self {
        let Workspace { root, config, bots, closed, mut names, common, .. } = workspace;
        names.forget_places();
        let bots = bots.into_iter().map(|bot| (bot.id.clone(), bot)).collect();
        Self { root, config, common, names, bots, closed }
    }

    /// The operator's settings.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The brands that are served.
    pub fn bots(&self) -> impl Iterator<Item = &Arc<Bot>> {
        self.bots.values()
    }

    /// The numbers of brands that cannot be served: texts for them come again.
    #[must_use]
    pub fn closed(&self) -> Vec<Sender> {
        closed(&self.closed, self.bots.values())
    }

    /// Puts a workspace that was read anew in the place of this one. A brand that has errors now and had none before goes
    /// on as it was, as long as nobody else claims what it has.
    pub fn replace(&mut self, mut workspace: Workspace) -> Reread {
        let (sources, found) = (take(&mut workspace.sources), take(&mut workspace.found));
        let mut reread = Reread { sources, found, ..Reread::default() };
        let mut next = Self::of(workspace);
        for (id, before) in &self.bots {
            match next.bots.get(id) {
                Some(bot) if bot.hash == before.hash => {}
                Some(_) => reread.changed.push(id.clone()),
                None if next.closed.contains_key(id) && next.names.keep(before) => {
                    next.closed.remove(id);
                    next.bots.insert(id.clone(), Arc::clone(before));
                    reread.kept.push(id.clone());
                }
                None => reread.gone.push(id.clone()),
            }
        }
        let is_new = |id: &&BrandId| !self.bots.contains_key(*id);
        reread.changed.extend(next.bots.keys().filter(is_new).cloned());
        *self = next;
        reread
    }

    /// Reads these brands again, and those that could not be served: what stood in their way may be gone. One that has
    /// errors now goes on as it was. O(bytes of their files), and a look at each number.
    pub fn reread(&mut self, brands: &BTreeSet<BrandId>) -> Reread {
        let overlay = Overlay::new();
        let (sources, found) = (Sources::default(), Diagnostics::default());
        let mut loader = Loader { root: self.root.clone(), files: Files(&overlay), sources, found };
        let mut reread = Reread::default();
        let mut texts = Vec::new();
        for id in brands.iter().chain(self.closed.keys().filter(|id| !brands.contains(*id))).cloned() {
            if self.root.join("flows").join(id.as_str()).is_dir() {
                match loader.texts(&id) {
                    Some(read) => texts.push(read),
                    None => reread.kept.extend(self.bots.contains_key(&id).then_some(id)),
                }
            } else {
                reread.gone.push(id);
            }
        }
        for id in &reread.gone {
            self.names.release(id);
            self.closed.remove(id);
        }
        reread.gone.retain(|id| self.bots.remove(id).is_some());
        let Loader { sources, mut found, .. } = loader;
        let linked = link_all(&texts, &sources, &self.common, false);
        for (linked, read) in linked.into_iter().zip(texts) {
            let mut own = read.found;
            self.take(linked, &mut own, &mut reread);
            found.extend(own);
        }
        self.names.forget_places();
        Reread { sources, found, ..reread }
    }

    /// Takes a brand that was read again into the place of what it was, if it is sound.
    fn take(&mut self, linked: Linked, found: &mut Diagnostics, reread: &mut Reread) {
        let Linked { id, brand, bot, found: own, .. } = linked;
        found.extend(own);
        self.names.release(&id);
        let claimed = self.names.claim(&id, &brand, &self.config, found);
        let before = self.bots.remove(&id);
        if let Some(bot) = bot.filter(|_| claimed) {
            if before.as_ref().is_none_or(|before| before.hash != bot.hash) {
                reread.changed.push(id.clone());
            }
            self.bots.insert(id.clone(), Arc::new(bot));
            self.names.settle(Some(&id), |id| self.bots.get(id), found);
            if !found.has_errors() {
                self.closed.remove(&id);
                return;
            }
            reread.changed.retain(|changed| *changed != id);
            self.bots.remove(&id);
        }
        self.names.release(&id);
        match before.filter(|before| self.names.keep(before)) {
            Some(before) => {
                reread.kept.push(id.clone());
                self.bots.insert(id, before);
            }
            None => _ = self.closed.insert(id, senders(&brand)),
        }
    }
}
