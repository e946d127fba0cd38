//! A workspace: the folder with `sayso.toml`, its brands and grammars, read and linked.

mod files;
mod names;

pub use files::Overlay;
pub use names::SHARED_MAX;

use crate::bot::{Bot, BrandSources, Mention, Notes, Shared, link, link_shared, shared_mentions};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place, Sources};
use crate::flow::brand::{self, BrandFile};
use crate::flow::syntax::{self as flow_syntax, FlowFile};
use crate::grammar::syntax::{self as grammar_syntax, GrammarFile};
use crate::outline::{FILE_BYTES_MAX, Reader};
use crate::provider::{Catalogue, Kind};
use crate::sms::{BrandId, Sender};
use files::Files;
use names::Names;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
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
    /// Numbers that brands with errors claim.
    pub closed: Vec<Sender>,
    /// The names of all brands, with and without errors.
    pub brands: Vec<BrandId>,
    /// The brands whose data is kept under another name than theirs, by that name.
    renamed: BTreeMap<BrandId, BrandId>,
    /// Everything that was read.
    pub sources: Sources,
    /// Everything that was found.
    pub found: Diagnostics,
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
        let mut loader = Loader {
            root: root.to_path_buf(),
            files: Files(overlay),
            sources: Sources::default(),
            found: Diagnostics::default(),
        };
        let config = loader.config();
        let (grammars, shared_texts) = loader.grammars(&root.join("grammars"));
        if let Some(mentions) = &mut mentions {
            mentions.shared = shared_mentions(&grammars);
        }
        let shared = link_shared(&grammars, &mut loader.found);
        let mut bots: Vec<Arc<Bot>> = Vec::new();
        let mut closed = Vec::new();
        let folders = loader.files.folders_in(&root.join("flows"));
        let named = |folder: &PathBuf| folder.file_name().and_then(|name| name.to_str()).map(BrandId::from);
        let brands: Vec<BrandId> = folders.iter().filter_map(named).collect();
        let mut claims = Names::of(&brands);
        for (folder, id) in folders.iter().filter_map(|folder| Some((folder, named(folder)?))) {
            if let Some(files) = loader.brand(folder) {
                let claimed = claims.claim(&id, &files.brand, &config, &mut loader.found);
                loader.secrets(&id, &files.brand, &config);
                let bot = loader.link(&id, &files, (&shared, &shared_texts), mentions.as_deref_mut());
                match bot.filter(|_| claimed) {
                    Some(bot) => bots.push(Arc::new(bot)),
                    None => closed.extend(files.brand.numbers.iter().map(|number| number.number.value)),
                }
            }
        }
        config.check_secrets(&brands, &mut loader.found);
        let renamed = claims.settle(&bots, &mut loader.found);
        // A number that a sound brand has for itself is that brand's.
        let own = |bot: &Bot, number| bot.numbers.iter().any(|own| own.sender == number && !own.shared);
        closed.retain(|number| !bots.iter().any(|bot| own(bot, *number)));
        let Loader { sources, found, .. } = loader;
        Self { root: root.to_path_buf(), config, bots, closed, brands, renamed, sources, found }
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
        self.renamed.get(kept_as).unwrap_or(kept_as)
    }

    /// The name under which the data of a brand is kept.
    #[must_use]
    pub fn kept_as<'a>(&'a self, brand: &'a BrandId) -> &'a BrandId {
        let renamed = self.renamed.iter().find(|(_, called)| *called == brand);
        renamed.map_or(brand, |(kept_as, _)| kept_as)
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

/// The files of one brand.
struct BrandFiles {
    top: Place,
    brand: BrandFile,
    flows: Vec<FlowFile>,
    grammars: Vec<GrammarFile>,
    texts: Vec<FileId>,
}

struct Loader<'o> {
    root: PathBuf,
    files: Files<'o>,
    sources: Sources,
    found: Diagnostics,
}

impl Loader<'_> {
    fn config(&mut self) -> Config {
        let kinds = self.kinds();
        let path = self.root.join(CONFIG_FILE);
        let Some((id, text)) = self.read(&path) else { return Config::of_kinds(kinds) };
        let config = Config::parse(&text, id, kinds, &mut self.found);
        config.hidden.iter().for_each(|range| self.sources.redact(id, range.clone()));
        config
    }

    /// The kinds of provider: those that come with sayso, and the workspace's own in place of one of the same name.
    fn kinds(&mut self) -> Catalogue {
        let mut kinds = Catalogue::default();
        for path in self.files.files_in(&self.root.join("providers"), "toml") {
            let Some(name) = path.file_stem().and_then(|name| name.to_str()).map(str::to_owned) else {
                continue;
            };
            let Some((id, text)) = self.read(&path) else { continue };
            match Kind::parse(&name, &text) {
                Ok(kind) => kinds.add(kind),
                Err(mistakes) => {
                    kinds.remove(&name);
                    for mistake in mistakes {
                        let place = Place::new(id, mistake.at);
                        let diagnostic = Diagnostic::new(Code::BadProvider, place, mistake.what);
                        self.found.push(mistake.hint.into_iter().fold(diagnostic, Diagnostic::hint));
                    }
                }
            }
        }
        kinds
    }

    /// Reads a file as UTF-8; broken bytes are replaced and reported, so that the rest is still read.
    fn read(&mut self, path: &Path) -> Option<(FileId, String)> {
        let shown = relative(&self.root, path);
        let bytes = match self.files.read(path) {
            Ok(bytes) => bytes,
            Err(error) => {
                let id = self.sources.add(shown, "");
                let message = format!("this file cannot be read: {error}");
                self.found.push(Diagnostic::new(Code::Unreadable, Place::new(id, 0..0), message));
                return None;
            }
        };
        decode(shown, &bytes, &mut self.sources, &mut self.found)
    }

    fn grammars(&mut self, folder: &Path) -> (Vec<GrammarFile>, Vec<FileId>) {
        let mut grammars = Vec::new();
        let mut ids = Vec::new();
        for path in self.files.files_in(folder, "grammar") {
            let Some((id, text)) = self.read(&path) else { continue };
            grammars.push(grammar_syntax::parse(&text, &mut Reader::new(id, &mut self.found)));
            ids.push(id);
        }
        (grammars, ids)
    }

    fn brand(&mut self, folder: &Path) -> Option<BrandFiles> {
        let name = folder.file_name()?.to_os_string();
        let brand_path = folder.join("brand.flow");
        if !self.files.is_file(&brand_path) {
            let id = self.sources.add(relative(&self.root, folder), "");
            let message = format!("the brand `{}` has no `brand.flow`", name.to_string_lossy());
            let diagnostic = Diagnostic::new(Code::NoBrandFile, Place::new(id, 0..0), message);
            self.found.push(diagnostic.hint("write one that begins with `brand NAME`"));
            return None;
        }
        let (id, text) = self.read(&brand_path)?;
        let brand = brand::parse(&text, &mut Reader::new(id, &mut self.found));
        let first_line = text.lines().next().map_or(0, str::len);
        let mut files = BrandFiles {
            top: Place::new(id, 0..first_line),
            brand,
            flows: Vec::new(),
            grammars: Vec::new(),
            texts: vec![id],
        };
        for path in self.files.files_in(folder, "flow").into_iter().filter(|path| *path != brand_path) {
            let Some((id, text)) = self.read(&path) else { continue };
            files.flows.push(flow_syntax::parse(&text, &mut Reader::new(id, &mut self.found)));
            files.texts.push(id);
        }
        let (grammars, ids) = self.grammars(&self.root.join("grammars").join(name));
        files.grammars = grammars;
        files.texts.extend(ids);
        Some(files)
    }

    /// Reports secrets that a brand's file names and that the operator has not given it.
    fn secrets(&mut self, id: &BrandId, brand: &BrandFile, config: &Config) {
        let signing = brand.webhooks.iter().filter_map(|webhook| webhook.secret.as_ref());
        let asking = brand.lookups.iter().flat_map(|lookup| lookup.secrets.iter().map(|(_, secret)| secret));
        for secret in signing.chain(asking) {
            if config.secrets_of(id).all(|name| name != secret.value) {
                let message = format!("`{CONFIG_FILE}` has no secret `{}` for this brand", secret.value);
                let diagnostic = Diagnostic::new(Code::UnknownSecret, secret.place, message);
                let hint = format!("add `{} = \"env:NAME\"` to its table `[secrets]`", secret.value);
                self.found.push(diagnostic.did_you_mean(&secret.value, config.secrets_of(id)).hint(hint));
            }
        }
    }

    /// Links a brand; one whose files could not all be read whole is not used, whatever linking says.
    fn link(
        &mut self,
        id: &BrandId,
        files: &BrandFiles,
        (shared, shared_texts): (&Shared, &[FileId]),
        mentions: Option<&mut Mentions>,
    ) -> Option<Bot> {
        let mut hash = Sha256::new();
        for text in files.texts.iter().chain(shared_texts) {
            let source = self.sources.get(*text);
            hash.update(source.path.as_os_str().as_encoded_bytes());
            hash.update([0]);
            hash.update(source.text.as_bytes());
            hash.update([0]);
        }
        let hash = hash.finalize()[..8].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let notes = mentions.is_some().then(Notes::default);
        let sources = BrandSources {
            id: id.clone(),
            brand: &files.brand,
            top: files.top,
            flows: &files.flows,
            grammars: &files.grammars,
            hash,
            files: &self.sources,
            notes: notes.as_ref(),
        };
        let bot = link(&sources, shared, &mut self.found);
        if let (Some(mentions), Some(notes)) = (mentions, sources.notes) {
            mentions.brands.insert(id.clone(), notes.mentions(&sources));
        }
        let bot = bot?;
        let own = |file: FileId| files.texts.contains(&file) || shared_texts.contains(&file);
        let broken = self
            .found
            .iter()
            .any(|d| d.code.severity() == crate::diagnostic::Severity::Error && own(d.place.file));
        (!broken).then_some(bot)
    }
}

/// The bytes of a file as text, without a byte order mark. Broken ones are replaced and reported; a file that is too
/// large is reported and not read.
pub fn decode(
    shown: PathBuf,
    bytes: &[u8],
    sources: &mut Sources,
    found: &mut Diagnostics,
) -> Option<(FileId, String)> {
    if bytes.len() > FILE_BYTES_MAX {
        let id = sources.add(shown, "");
        let message =
            format!("this file has {} bytes; the largest that is read has {FILE_BYTES_MAX}", bytes.len());
        found.push(Diagnostic::new(Code::TooLarge, Place::new(id, 0..0), message));
        return None;
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = String::from_utf8_lossy(bytes).into_owned();
    let id = sources.add(shown, text.as_str());
    if let Err(error) = std::str::from_utf8(bytes) {
        let at = error.valid_up_to();
        let place = Place::new(id, at..at + 3);
        let diagnostic = Diagnostic::new(Code::NotUtf8, place, "this is not UTF-8");
        found.push(diagnostic.hint("save the file as UTF-8"));
    }
    Some((id, text))
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
