//! `sayso init`: a workspace to begin with, which passes `check` and `test` as it is.

use super::{Exit, Streams, Unusable};
use crate::workspace::CONFIG_FILE;
use clap::ValueEnum;
use std::fs::{DirBuilder, File};
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is begun.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// The folder; it is made where it is missing, and must be empty. The current one, if nothing is said.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// The programme to begin with.
    #[arg(long, value_enum, default_value_t = Template::Join)]
    template: Template,
}

/// A programme to begin with.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Template {
    /// People join, and tell their name and ZIP code.
    Join,
    /// A few questions, whose answers somebody reads.
    Survey,
    /// A vote for one of three.
    Vote,
    /// Opening hours, and a person to talk to.
    Support,
    /// One word, one answer.
    Blank,
}

/// A file that is written: its path in the workspace, and its text.
type Written = (&'static str, &'static str);

/// A list of files below `data/templates`, each at its own path.
macro_rules! files {
    ($template:literal: $($path:literal),+ $(,)?) => {
        &[$(($path, include_str!(concat!("../../data/templates/", $template, "/", $path)))),+]
    };
}

/// What every workspace has.
const SHARED: [Written; 2] = [
    (CONFIG_FILE, include_str!("../../data/templates/sayso.toml")),
    // Under another name in our own repository, where it would be obeyed.
    (".gitignore", include_str!("../../data/templates/gitignore")),
];

impl Template {
    fn files(self) -> &'static [Written] {
        match self {
            Self::Join => files!["join":
                "flows/club/brand.flow",
                "flows/club/join.flow",
                "flows/club/join.chat",
                "flows/club/late.chat",
                "flows/club/shrug.chat",
                "flows/club/silent.chat",
                "flows/club/unclear.chat",
                "grammars/club/club.grammar",
            ],
            Self::Survey => files!["survey":
                "flows/shop/brand.flow",
                "flows/shop/survey.flow",
                "flows/shop/displeased.chat",
                "flows/shop/given-up.chat",
                "flows/shop/pleased.chat",
                "grammars/shop/shop.grammar",
            ],
            Self::Vote => files!["vote":
                "flows/radio/brand.flow",
                "flows/radio/vote.flow",
                "flows/radio/name.chat",
                "flows/radio/unclear.chat",
                "flows/radio/vote.chat",
                "grammars/radio/radio.grammar",
            ],
            Self::Support => files!["support":
                "flows/desk/brand.flow",
                "flows/desk/agent.flow",
                "flows/desk/hours.flow",
                "flows/desk/join.flow",
                "flows/desk/agent.chat",
                "flows/desk/hours.chat",
                "flows/desk/night.chat",
                "flows/desk/silence.chat",
                "grammars/desk/desk.grammar",
            ],
            Self::Blank => files!["blank":
                "flows/brand/brand.flow",
                "flows/brand/hello.flow",
                "flows/brand/hello.chat",
                "grammars/brand/brand.grammar",
            ],
        }
    }
}

/// Writes a workspace, and prints what it wrote and the next three commands. Nothing that is there is written over.
pub(super) fn init(wanted: &Wanted, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let folder = wanted.folder.as_path();
    must_be_empty(folder)?;
    for (path, text) in wanted.template.files().iter().chain(&SHARED) {
        write(&folder.join(path), text)?;
        writeln!(streams.err, "wrote {}", folder.join(path).display())?;
    }
    let first = if folder == Path::new(".") {
        "sayso chat".to_owned()
    } else {
        format!("cd {} && sayso chat", quoted(folder))
    };
    writeln!(streams.out, "{first:24}  # text it: your first word is in flows/*/*.chat")?;
    writeln!(streams.out, "{:24}  # run its conversations", "sayso test --coverage")?;
    writeln!(streams.out, "{:24}  # check the files as you write them", "sayso check --watch")?;
    Ok(Exit::Done)
}

/// Refuses a folder with something in it; that of a version control does not count.
fn must_be_empty(folder: &Path) -> Result<(), Unusable> {
    let shown = folder.display();
    let entries = match std::fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(Unusable::new(format!("`{shown}`: {error}"))),
    };
    for entry in entries {
        let name = entry?.file_name();
        if name != ".git" {
            let message = format!("`{shown}` is not empty: `{}` is there", name.display());
            return Err(Unusable::new(message).hint(
                "name a folder that is empty or new, as in `sayso init my-brand`; nothing was written",
            ));
        }
    }
    Ok(())
}

/// Writes a new file, and the folders that it lies in.
fn write(path: &Path, text: &str) -> Result<(), Unusable> {
    let failed = |error: std::io::Error| Unusable::new(format!("`{}`: {error}", path.display()));
    if let Some(folder) = path.parent() {
        DirBuilder::new().recursive(true).create(folder).map_err(failed)?;
    }
    File::create_new(path).and_then(|mut file| file.write_all(text.as_bytes())).map_err(failed)
}

/// A path as a shell reads it.
fn quoted(path: &Path) -> String {
    let shown = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if shown.chars().all(plain) { shown } else { format!("'{}'", shown.replace('\'', r"'\''")) }
}
