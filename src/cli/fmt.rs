//! `sayso fmt`: files in their one canonical form.

use super::{Cli, Exit, Streams, Unusable, many};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place, Sources, draw, draw_json};
use crate::format::{Kind, format};
use crate::outline::FILE_BYTES_MAX;
use crate::workspace::{decode, relative, written_files};
use clap::{Args, ValueEnum};
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

/// What is to be formatted.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// The files; all of the workspace, if none is named. `-` is the standard input, printed in its form.
    #[arg(value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Write nothing: print which files would change, and exit with 1 if any would.
    #[arg(long)]
    check: bool,
    /// What they are written in, whatever their names say.
    #[arg(long = "as", value_name = "KIND")]
    kind: Option<As>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum As {
    /// Dialogues: any `*.flow` but `brand.flow`.
    Flow,
    /// A brand's facts: `brand.flow`.
    Brand,
    /// What subscribers say: `*.grammar`.
    Grammar,
    /// A conversation: `*.chat`.
    Chat,
}

impl From<As> for Kind {
    fn from(kind: As) -> Self {
        match kind {
            As::Flow => Self::Flow,
            As::Brand => Self::Brand,
            As::Grammar => Self::Grammar,
            As::Chat => Self::Chat,
        }
    }
}

/// A file that can be formatted.
struct Named {
    path: PathBuf,
    /// As it is printed.
    shown: PathBuf,
    kind: Kind,
}

/// Formats what is wanted. 1 where something would change, or cannot be read.
pub(super) fn fmt(cli: &Cli, wanted: &Wanted, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    if wanted.files.iter().any(|file| file.as_os_str() == "-") {
        return piped(cli, wanted, streams);
    }
    let files = named(cli, wanted)?;
    let mut reading = Reading::default();
    let (changed, written) = each(&files, wanted.check, &mut reading);
    // Said when all is done: nobody who stops listening leaves half of the files as they were.
    for file in &changed {
        if cli.json {
            writeln!(streams.out, "{}", serde_json::json!({ "file": file }))?;
        } else {
            writeln!(streams.out, "{}", file.display())?;
        }
    }
    let left_alone = reading.report(cli.json, streams)?;
    written?;
    if !cli.json {
        let verb = if wanted.check { "would change" } else { "changed" };
        let alone = if left_alone > 0 { format!(", {left_alone} left alone") } else { String::new() };
        writeln!(streams.err, "{}: {} {verb}{alone}", many(files.len(), "file"), changed.len())?;
    }
    let is_found = left_alone > 0 || wanted.check && !changed.is_empty();
    Ok(if is_found { Exit::Found } else { Exit::Done })
}

/// Writes the files that are not in their form, until one cannot be written; gives those, and how it ended.
fn each<'f>(files: &'f [Named], check: bool, reading: &mut Reading) -> (Vec<&'f Path>, Result<(), Unusable>) {
    let mut changed = Vec::new();
    for file in files {
        let Some((bytes, formatted)) = reading.file(file) else { continue };
        if formatted.as_bytes() == bytes {
            continue;
        }
        if !check && let Err(error) = write(&file.path, &formatted) {
            let shown = file.shown.display();
            return (changed, Err(Unusable::new(format!("`{shown}` cannot be written: {error}"))));
        }
        changed.push(file.shown.as_path());
    }
    (changed, Ok(()))
}

/// The standard input, in its form on the standard output.
fn piped(cli: &Cli, wanted: &Wanted, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let ([path], Some(kind)) = (wanted.files.as_slice(), wanted.kind) else {
        let error = Unusable::new("`-` stands alone, and does not say what it is written in");
        return Err(error.hint("write for example `sayso fmt - --as flow < FILE`"));
    };
    let mut bytes = Vec::new();
    // One byte more than is read of a file, so that too many are seen.
    std::io::stdin().lock().take(FILE_BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    let mut reading = Reading::default();
    let Some(formatted) = reading.bytes(path, &bytes, kind.into()) else {
        reading.report(cli.json, streams)?;
        return Ok(Exit::Found);
    };
    if !wanted.check {
        write!(streams.out, "{formatted}")?;
    } else if formatted.as_bytes() != bytes {
        writeln!(streams.out, "-")?;
        return Ok(Exit::Found);
    }
    Ok(Exit::Done)
}

/// The files that are wanted, each with what it is written in.
fn named(cli: &Cli, wanted: &Wanted) -> Result<Vec<Named>, Unusable> {
    let (root, paths) = if wanted.files.is_empty() {
        let root = cli.root()?;
        let paths = written_files(&root);
        (root, paths)
    } else {
        (PathBuf::new(), wanted.files.clone())
    };
    let known = |path: PathBuf| {
        let shown = relative(&root, &path);
        let own = path.file_name().and_then(|name| Kind::of(&name.to_string_lossy()));
        match wanted.kind.map(Kind::from).or(own) {
            Some(kind) => Ok(Named { path, shown, kind }),
            None => Err(Unusable::new(format!("what is `{}` written in?", shown.display()))
                .hint("our files end in `.flow`, `.grammar` or `.chat`; `--as KIND` says it of others")),
        }
    };
    paths.into_iter().map(known).collect()
}

/// What was read, and what was wrong with it.
#[derive(Default)]
struct Reading {
    sources: Sources,
    found: Diagnostics,
}

impl Reading {
    /// The bytes of a file, and its form; nothing where it cannot be read as text.
    fn file(&mut self, file: &Named) -> Option<(Vec<u8>, String)> {
        match std::fs::read(&file.path) {
            Ok(bytes) => {
                let formatted = self.bytes(&file.shown, &bytes, file.kind)?;
                Some((bytes, formatted))
            }
            Err(error) => {
                let place = Place::new(self.sources.add(&file.shown, ""), 0..0);
                let message = format!("this file cannot be read: {error}");
                self.found.push(Diagnostic::new(Code::Unreadable, place, message));
                None
            }
        }
    }

    fn bytes(&mut self, shown: &Path, bytes: &[u8], kind: Kind) -> Option<String> {
        let before = self.found.iter().count();
        let file = decode(shown.to_path_buf(), bytes, &mut self.sources, &mut self.found)?;
        (self.found.iter().count() == before).then(|| format(&self.sources.get(file).text, kind))
    }

    /// Says what could not be read; how many files that were.
    fn report(self, json: bool, streams: &mut Streams<'_>) -> Result<usize, Unusable> {
        let (report, _) = self.found.into_report();
        if json {
            report.iter().try_for_each(|d| writeln!(streams.out, "{}", draw_json(&self.sources, d)))?;
        } else {
            write!(streams.err, "{}", draw(&self.sources, &report, streams.colour))?;
        }
        Ok(report.len())
    }
}

/// Puts a text in the place of a file at once, so that nobody reads half of it and nothing is lost when it fails. The
/// permissions stay; where the file is a link, what it leads to is written.
pub(super) fn write(path: &Path, text: &str) -> std::io::Result<()> {
    let path = path.canonicalize()?;
    let permissions = path.metadata()?.permissions();
    if permissions.readonly() {
        return Err(std::io::Error::new(ErrorKind::PermissionDenied, "it is read-only"));
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut file = tempfile::Builder::new().prefix(".new-").tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.as_file().sync_all()?;
    file.persist(&path)?;
    Ok(())
}
