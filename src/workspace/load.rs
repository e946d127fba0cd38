//! Reading and linking the files of a workspace: what all brands share once, then each brand by itself.

use super::files::Files;
use super::{CONFIG_FILE, decode, relative};
use crate::bot::{Bot, BrandSources, Mention, Notes, Shared, link, link_shared, shared_mentions};
use crate::config::Config;
use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place, Severity, Sources};
use crate::flow::brand::{self, BrandFile};
use crate::flow::syntax as flow_syntax;
use crate::grammar::syntax::{self as grammar_syntax, GrammarFile};
use crate::outline::Reader;
use crate::provider::{Catalogue, Kind};
use crate::sms::BrandId;
use rayon::prelude::*;
use sha2::{Digest, Sha256};
use std::fmt;
use std::path::{Path, PathBuf};

/// What all brands share, linked once.
pub(super) struct Common {
    shared: Shared,
    /// Part of every brand's fingerprint.
    digest: [u8; 32],
    /// With errors here no brand is sound.
    broken: bool,
}

impl fmt::Debug for Common {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Common").field("broken", &self.broken).finish_non_exhaustive()
    }
}

/// The files of one brand, read and not parsed yet.
pub(super) struct Texts {
    id: BrandId,
    brand: FileId,
    flows: Vec<FileId>,
    grammars: Vec<FileId>,
    /// What was wrong with reading them.
    pub(super) found: Diagnostics,
}

/// A brand that was parsed and linked.
pub(super) struct Linked {
    /// Its folder's name.
    pub(super) id: BrandId,
    /// Its facts.
    pub(super) brand: BrandFile,
    /// Nothing, where there are errors.
    pub(super) bot: Option<Bot>,
    /// What was found in its files.
    pub(super) found: Diagnostics,
    /// Where its names stand, if somebody asked.
    pub(super) mentions: Vec<Mention>,
}

/// Files on their way into a workspace.
pub(super) struct Loader<'o> {
    pub(super) root: PathBuf,
    pub(super) files: Files<'o>,
    pub(super) sources: Sources,
    pub(super) found: Diagnostics,
}

impl Loader<'_> {
    /// The operator's settings.
    pub(super) fn config(&mut self) -> Config {
        let kinds = self.kinds();
        let path = self.root.join(CONFIG_FILE);
        let Some(id) = self.read(&path) else { return Config::of_kinds(kinds) };
        let config = Config::parse(&self.sources.get(id).text, id, kinds, &mut self.found);
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
            let Some(id) = self.read(&path) else { continue };
            match Kind::parse(&name, &self.sources.get(id).text) {
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

    fn read(&mut self, path: &Path) -> Option<FileId> {
        read(self.files, &self.root, path, &mut self.sources, &mut self.found)
    }

    /// The grammars that all brands share; where names stand in them goes to `mentions`, if somebody asks.
    pub(super) fn common(&mut self, mentions: Option<&mut Vec<Mention>>) -> Common {
        let before = self.found.count(Severity::Error);
        let paths = self.files.files_in(&self.root.join("grammars"), "grammar");
        let files: Vec<FileId> = paths.iter().filter_map(|path| self.read(path)).collect();
        let grammars = grammars(&files, &self.sources, &mut self.found);
        if let Some(mentions) = mentions {
            *mentions = shared_mentions(&grammars);
        }
        let shared = link_shared(&grammars, &mut self.found);
        let broken = self.found.count(Severity::Error) > before;
        Common { shared, digest: digest(&files, &self.sources).finalize().into(), broken }
    }

    /// The files of a brand, if there is one in the folder of that name.
    pub(super) fn texts(&mut self, id: &BrandId) -> Option<Texts> {
        let folder = self.root.join("flows").join(id.as_str());
        let facts = folder.join("brand.flow");
        if !self.files.is_file(&facts) {
            let file = self.sources.add(relative(&self.root, &folder), "");
            let message = format!("the brand `{id}` has no `brand.flow`");
            let diagnostic = Diagnostic::new(Code::NoBrandFile, Place::new(file, 0..0), message);
            self.found.push(diagnostic.hint("write one that begins with `brand NAME`"));
            return None;
        }
        let mut found = Diagnostics::default();
        let mut read = |path: &PathBuf| read(self.files, &self.root, path, &mut self.sources, &mut found);
        let Some(brand) = read(&facts) else {
            self.found.extend(found);
            return None;
        };
        let flows = self.files.files_in(&folder, "flow");
        let flows = flows.iter().filter(|path| **path != facts).filter_map(&mut read).collect();
        let grammars = self.files.files_in(&self.root.join("grammars").join(id.as_str()), "grammar");
        let grammars = grammars.iter().filter_map(&mut read).collect();
        Some(Texts { id: id.clone(), brand, flows, grammars, found })
    }
}

/// Adds a file to the sources as UTF-8; broken bytes are replaced and reported, so that the rest is still read.
fn read(
    files: Files<'_>,
    root: &Path,
    path: &Path,
    sources: &mut Sources,
    found: &mut Diagnostics,
) -> Option<FileId> {
    let shown = relative(root, path);
    match files.read(path) {
        Ok(bytes) => decode(shown, &bytes, sources, found),
        Err(error) => {
            let id = sources.add(shown, "");
            let message = format!("this file cannot be read: {error}");
            found.push(Diagnostic::new(Code::Unreadable, Place::new(id, 0..0), message));
            None
        }
    }
}

fn grammars(files: &[FileId], sources: &Sources, found: &mut Diagnostics) -> Vec<GrammarFile> {
    let parse =
        |file: &FileId| grammar_syntax::parse(&sources.get(*file).text, &mut Reader::new(*file, found));
    files.iter().map(parse).collect()
}

/// A fingerprint of files, to which more can be added.
fn digest(files: &[FileId], sources: &Sources) -> Sha256 {
    let mut digest = Sha256::new();
    for file in files {
        let source = sources.get(*file);
        for part in [source.path.as_os_str().as_encoded_bytes(), source.text.as_bytes()] {
            digest.update(part);
            digest.update([0]);
        }
    }
    digest
}

/// Parses and links brands, on all cores, and returns them in their order. O(bytes of their files).
pub(super) fn link_all(texts: &[Texts], sources: &Sources, common: &Common, mentioned: bool) -> Vec<Linked> {
    texts.par_iter().map(|texts| link_one(texts, sources, common, mentioned)).collect()
}

/// Parses and links one brand. One whose files could not all be read whole has no bot, whatever linking says.
fn link_one(texts: &Texts, sources: &Sources, common: &Common, mentioned: bool) -> Linked {
    let mut found = Diagnostics::default();
    let words = |file: FileId| sources.get(file).text.as_str();
    let brand = brand::parse(words(texts.brand), &mut Reader::new(texts.brand, &mut found));
    let flow = |file: &FileId| flow_syntax::parse(words(*file), &mut Reader::new(*file, &mut found));
    let flows: Vec<_> = texts.flows.iter().map(flow).collect();
    let grammars = grammars(&texts.grammars, sources, &mut found);
    let own: Vec<FileId> = [texts.brand].iter().chain(&texts.flows).chain(&texts.grammars).copied().collect();
    let hash = digest(&own, sources).chain_update(common.digest).finalize();
    let notes = mentioned.then(Notes::default);
    let first_line = words(texts.brand).lines().next().map_or(0, str::len);
    let sources = BrandSources {
        id: texts.id.clone(),
        brand: &brand,
        top: Place::new(texts.brand, 0..first_line),
        flows: &flows,
        grammars: &grammars,
        hash: hash[..8].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}")),
        files: sources,
        notes: notes.as_ref(),
    };
    let bot = link(&sources, &common.shared, &mut found);
    let mentions = sources.notes.map(|notes| notes.mentions(&sources)).unwrap_or_default();
    let broken = common.broken || texts.found.has_errors() || found.has_errors();
    Linked { id: texts.id.clone(), bot: bot.filter(|_| !broken), brand, found, mentions }
}
