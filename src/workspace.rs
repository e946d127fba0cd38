//! A workspace: the folder with `sayso.toml`, its brands and grammars, read and linked.

mod files;
mod live;
mod load;
mod names;

pub use files::Overlay;
pub use live::{Live, Reread};
pub use names::SHARED_MAX;

use crate::bot::{Bot, Mention};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place, Sources};
use crate::flow::brand::BrandFile;
use crate::outline::FILE_BYTES_MAX;
use crate::sms::{BrandId, Sender};
use files::Files;
use load::{Common, Linked, Loader, Texts, link_all};
use names::Names;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The name of the operator's file; the folder that holds it is the workspace.
pub const CONFIG_FILE: &str = "sayso.toml";

/// A workspace as it was read. Reading never fails: what is wrong is in `found`, and what is right works.
#[derive(Debug)]
pub struct Workspace {
    /// Its folder.
    pub root: PathBuf,
    /// The operator's settings.
    pub config: Config,
    /// Brands without errors.
    pub bots: Vec<Arc<Bot>>,
    /// The names of all brands, with and without errors.
    pub brands: Vec<BrandId>,
    /// Everything that was read.
    pub sources: Sources,
    /// Everything that was found.
    pub found: Diagnostics,
    /// The numbers that brands with errors claim.
    closed: BTreeMap<BrandId, Vec<Sender>>,
    names: Names,
    common: Common,
}

/// Where names stand in the files of a workspace.
#[derive(Debug, Default)]
pub struct Mentions {
    /// Those in the grammars that all brands share.
    pub shared: Vec<Mention>,
    /// Those in the files of each brand, with and without errors: what could be resolved.
    pub brands: BTreeMap<BrandId, Vec<Mention>>,
}

/// The workspace that `start` lies in: the nearest folder upwards with a `sayso.toml`.
#[must_use]
pub fn find(start: &Path) -> Option<PathBuf> {
    start.ancestors().find(|folder| folder.join(CONFIG_FILE).is_file()).map(Path::to_path_buf)
}

impl Workspace {
    /// Reads and links everything in `root`. O(bytes of all files).
    #[must_use]
    pub fn open(root: &Path) -> Self {
        Self::read(root, &Overlay::new(), None)
    }

    /// The same as an editor needs it: with texts in place of files, and with the places of names.
    #[must_use]
    pub fn open_in_editor(root: &Path, overlay: &Overlay) -> (Self, Mentions) {
        let mut mentions = Mentions::default();
        (Self::read(root, overlay, Some(&mut mentions)), mentions)
    }

    fn read(root: &Path, overlay: &Overlay, mut mentions: Option<&mut Mentions>) -> Self {
        let files = Files(overlay);
        let (sources, found) = (Sources::default(), Diagnostics::default());
        let mut loader = Loader { root: root.to_path_buf(), files, sources, found };
        let config = loader.config();
        let common = loader.common(mentions.as_mut().map(|mentions| &mut mentions.shared));
        let folders = files.folders_in(&root.join("flows"));
        let name = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()).map(BrandId::from);
        let brands: Vec<BrandId> = folders.iter().filter_map(name).collect();
        let texts: Vec<Texts> = brands.iter().filter_map(|id| loader.texts(id)).collect();
        let Loader { sources, mut found, .. } = loader;
        let linked = link_all(&texts, &sources, &common, mentions.is_some());
        for texts in texts {
            found.extend(texts.found);
        }
        config.check_secrets(&brands, &mut found);
        let mut names = Names::of(&brands);
        let (mut bots, mut closed) = (Vec::new(), BTreeMap::new());
        for Linked { id, brand, bot, found: own, mentions: noted } in linked {
            found.extend(own);
            if let Some(mentions) = &mut mentions {
                mentions.brands.insert(id.clone(), noted);
            }
            let claimed = names.claim(&id, &brand, &config, &mut found);
            match bot.filter(|_| claimed) {
                Some(bot) => bots.push(Arc::new(bot)),
                None => _ = closed.insert(id, senders(&brand)),
            }
        }
        let by_name: HashMap<&BrandId, &Arc<Bot>> = bots.iter().map(|bot| (&bot.id, bot)).collect();
        names.settle(None, |id| by_name.get(id).copied(), &mut found);
        Self { root: root.to_path_buf(), config, bots, brands, sources, found, closed, names, common }
    }

    /// Whether `sayso.toml` itself has errors.
    #[must_use]
    pub fn config_is_broken(&self) -> bool {
        self.found.iter().any(|d| d.code == Code::BadConfig)
    }

    /// A brand without errors.
    #[must_use]
    pub fn bot(&self, id: &str) -> Option<&Arc<Bot>> {
        self.bots.iter().find(|bot| bot.id.as_str() == id)
    }

    /// What a brand is called today whose data is kept under that name.
    #[must_use]
    pub fn called<'a>(&'a self, kept_as: &'a BrandId) -> &'a BrandId {
        self.names.called(kept_as).unwrap_or(kept_as)
    }

    /// The name under which the data of a brand is kept.
    #[must_use]
    pub fn kept_as<'a>(&'a self, brand: &'a BrandId) -> &'a BrandId {
        self.names.kept_as(brand).unwrap_or(brand)
    }

    /// The numbers of brands that cannot be served: texts for them come again.
    #[must_use]
    pub fn closed(&self) -> Vec<Sender> {
        closed(&self.closed, self.bots.iter())
    }

    /// The conversations of a brand, in order of name.
    #[must_use]
    pub fn chats(&self, brand: &BrandId) -> Vec<PathBuf> {
        self.chats_with(brand, &Overlay::new())
    }

    /// The same with texts in place of files.
    #[must_use]
    pub fn chats_with(&self, brand: &BrandId, overlay: &Overlay) -> Vec<PathBuf> {
        Files(overlay).files_in(&self.root.join("flows").join(brand.as_str()), "chat")
    }

    /// A path as it is shown: relative to the workspace.
    #[must_use]
    pub fn shown(&self, path: &Path) -> PathBuf {
        relative(&self.root, path)
    }
}

/// A path relative to a workspace's folder, where it lies in it.
#[must_use]
pub fn relative(root: &Path, path: &Path) -> PathBuf {
    path.strip_prefix(root).unwrap_or(path).to_path_buf()
}

fn senders(brand: &BrandFile) -> Vec<Sender> {
    brand.numbers.iter().map(|number| number.number.value).collect()
}

/// The numbers of closed brands, without those that a sound brand has for itself.
fn closed<'b>(
    closed: &BTreeMap<BrandId, Vec<Sender>>,
    bots: impl Iterator<Item = &'b Arc<Bot>>,
) -> Vec<Sender> {
    let own = bots.flat_map(|bot| &bot.numbers).filter(|number| !number.shared);
    let own: HashSet<Sender> = own.map(|number| number.sender).collect();
    closed.values().flatten().filter(|number| !own.contains(number)).copied().collect()
}

/// The bytes of a file as text, without a byte order mark. Broken ones are replaced and reported; a file that is too
/// large is reported and not read.
pub fn decode(
    shown: PathBuf,
    bytes: &[u8],
    sources: &mut Sources,
    found: &mut Diagnostics,
) -> Option<FileId> {
    if bytes.len() > FILE_BYTES_MAX {
        let id = sources.add(shown, "");
        let message =
            format!("this file has {} bytes; the largest that is read has {FILE_BYTES_MAX}", bytes.len());
        found.push(Diagnostic::new(Code::TooLarge, Place::new(id, 0..0), message));
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let id = sources.add(shown, text);
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        let place = Place::new(id, at..at + 3);
        let diagnostic = Diagnostic::new(Code::NotUtf8, place, "this is not UTF-8");
        found.push(diagnostic.hint("save the file as UTF-8"));
    }
    Some(id)
}

/// All files below a workspace's folder that are written in a language of ours: shared grammars, and those of each
/// brand; flows; conversations. In order of folder and name.
#[must_use]
pub fn written_files(root: &Path) -> Vec<PathBuf> {
    let nothing_open = Overlay::new();
    let on_disk = Files(&nothing_open);
    let grammars = root.join("grammars");
    let mut files = on_disk.files_in(&grammars, "grammar");
    files.extend(on_disk.folders_in(&grammars).iter().flat_map(|folder| on_disk.files_in(folder, "grammar")));
    for folder in on_disk.folders_in(&root.join("flows")) {
        files.extend(["flow", "chat"].iter().flat_map(|ending| on_disk.files_in(&folder, ending)));
    }
    files
}
