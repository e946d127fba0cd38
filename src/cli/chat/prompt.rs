//! The prompt of a terminal: a line editor with history and completion.

use super::complete::Names;
use super::reload::follow;
use super::{Talk, Wanted};
use crate::cli::{Streams, Unusable};
use rustyline::config::CompletionType;
use rustyline::error::ReadlineError;
use rustyline::history::FileHistory;
use rustyline::{Config, Editor, ExternalPrinter};
use std::collections::BTreeSet;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;
use std::sync::Arc;

/// Lines that are kept for the next time.
const HISTORY_MAX: usize = 1_000;

/// Talks until the input ends.
pub(super) fn talk(talk: &mut Talk, wanted: &Wanted, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let bot = Arc::clone(talk.recording.session().bot());
    writeln!(
        streams.err,
        "You are texting {}. Each line is a text; :help lists commands, Ctrl-D ends.",
        bot.name
    )?;
    let mut editor =
        editor(Names { bot: Arc::clone(&bot), people: BTreeSet::new() }).map_err(|error| broken(&error))?;
    let history = history(wanted);
    if let Some(path) = &history {
        // There is none the first time, and nobody misses one that cannot be read.
        let _missing = path.parent().map(std::fs::create_dir_all);
        let _missing = editor.load_history(path);
    }
    let say: Box<dyn FnMut(String) + Send> = match editor.create_external_printer() {
        Ok(mut printer) => Box::new(move |words| _ = printer.print(format!("{words}\n"))),
        Err(_) => Box::new(|words| _ = writeln!(std::io::stderr(), "{words}")),
    };
    match follow(&talk.root, &bot, streams.colour, say) {
        Ok(fresh) => talk.fresh = Some(fresh),
        Err(error) => writeln!(streams.err, "warning: {error}; `:reload` reads them anew")?,
    }
    let mut interrupted = false;
    loop {
        if let Some(names) = editor.helper_mut() {
            names.bot = Arc::clone(talk.recording.session().bot());
            names.people.clone_from(&talk.people);
        }
        let prompt = prompt(talk);
        let read = editor.readline(&prompt);
        let again = std::mem::replace(&mut interrupted, matches!(read, Err(ReadlineError::Interrupted)));
        match read {
            Ok(line) if line.trim().is_empty() => {}
            Ok(line) => {
                keep(&mut editor, &line, history.as_ref());
                if !talk.hear(&line, streams)? {
                    return Ok(());
                }
            }
            Err(ReadlineError::Eof) => return Ok(()),
            Err(ReadlineError::Interrupted) if again => return Ok(()),
            Err(ReadlineError::Interrupted) => {
                talk.aside("Ctrl-C again ends, as Ctrl-D and :quit do", streams)?;
            }
            Err(ReadlineError::Io(error)) if error.kind() == ErrorKind::InvalidData => {
                talk.aside("that was not UTF-8; the line is dropped", streams)?;
            }
            Err(ReadlineError::Signal(_)) => {}
            Err(error) => return Err(broken(&error)),
        }
    }
}

fn broken(error: &ReadlineError) -> Unusable {
    Unusable::new(error.to_string())
}

fn editor(names: Names) -> rustyline::Result<Editor<Names, FileHistory>> {
    let config = Config::builder()
        .max_history_size(HISTORY_MAX)?
        .history_ignore_space(true)
        .completion_type(CompletionType::List)
        .build();
    let mut editor = Editor::with_config(config)?;
    editor.set_helper(Some(names));
    Ok(editor)
}

/// Who writes is said once there is more than one.
fn prompt(talk: &Talk) -> String {
    match talk.people.len() {
        0 | 1 => "> ".to_owned(),
        _ => format!("{} > ", talk.recording.session().phone()),
    }
}

/// Keeps a line at once, so that it outlives whatever happens; that it cannot be kept disturbs nobody.
fn keep(editor: &mut Editor<Names, FileHistory>, line: &str, history: Option<&PathBuf>) {
    if editor.add_history_entry(line).unwrap_or(false)
        && let Some(path) = history
    {
        let _unkept = editor.append_history(path);
    }
}

/// Where the history is kept: in the state folder of the user, as the XDG Base Directory Specification has it.
fn history(wanted: &Wanted) -> Option<PathBuf> {
    if let Some(path) = &wanted.history {
        return Some(path.clone());
    }
    let state = wanted.state_home.clone().filter(|folder| folder.is_absolute());
    let state = state.or_else(|| Some(std::env::home_dir()?.join(".local").join("state")))?;
    Some(state.join("sayso").join("chat_history"))
}
