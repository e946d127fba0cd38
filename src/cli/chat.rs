//! `sayso chat`: a conversation with a brand, on a terminal with a line editor, on a pipe line by line.

use super::{Exit, Streams, Unusable, runtime};
use crate::bot::Bot;
use crate::engine::{Clock, SystemClock};
use crate::simulator::{Delivered, Simulation, SimulationError};
use crate::sms::Phone;
use crate::store::{MemoryStore, SledStore, Store};
use crate::workspace::Workspace;
use rustyline::error::ReadlineError;
use std::io::{BufRead, IsTerminal, Write};
use std::sync::Arc;

/// Runs the conversation until the input ends.
pub(super) fn chat(
    workspace: &Workspace,
    bot: &Arc<Bot>,
    from: &str,
    keep: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let phone: Phone = from.parse().map_err(|error| Unusable::new(format!("--from: {error}")))?;
    let store: Arc<dyn Store> = if keep {
        let folder = workspace.root.join(&workspace.config.store.path);
        let cache = workspace.config.store.cache_mb * 1024 * 1024;
        Arc::new(SledStore::open(&folder, cache).map_err(|error| Unusable::new(error.to_string()))?)
    } else {
        Arc::new(MemoryStore::default())
    };
    let unusable = |error: SimulationError| Unusable::new(error.to_string());
    let mut simulation = Simulation::with_store(bot, SystemClock.now(), store).map_err(unusable)?;
    let runtime = runtime(false)?;
    let mut say = |line: &str, out: &mut dyn Write| -> Result<(), Unusable> {
        let (_, delivered) = runtime.block_on(simulation.text(phone, line)).map_err(unusable)?;
        print(&delivered, phone, out)
    };
    if std::io::stdin().is_terminal() {
        terminal(&bot.name, &mut say, streams)?;
    } else {
        pipe(&mut say, streams)?;
    }
    Ok(Exit::Done)
}

type Say<'s> = dyn FnMut(&str, &mut dyn Write) -> Result<(), Unusable> + 's;

fn pipe(say: &mut Say<'_>, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        say(text.trim_end_matches(['\n', '\r']), streams.out)?;
        line.clear();
    }
    Ok(())
}

fn terminal(brand: &str, say: &mut Say<'_>, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    writeln!(streams.err, "You are texting {brand}. Each line is a text; Ctrl-D ends.")?;
    let broken = |error: ReadlineError| Unusable::new(error.to_string());
    let mut editor = rustyline::DefaultEditor::new().map_err(broken)?;
    loop {
        match editor.readline("> ") {
            Ok(line) => {
                let _kept = editor.add_history_entry(&line);
                say(&line, streams.out)?;
            }
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
            Err(error) => return Err(broken(error)),
        }
    }
}

/// Prints what reached the phone: `< ` and the text, its further lines indented by two spaces.
fn print(delivered: &[Delivered], phone: Phone, out: &mut dyn Write) -> Result<(), Unusable> {
    for message in delivered.iter().filter(|message| message.to == phone) {
        writeln!(out, "< {}", message.text.replace('\n', "\n  "))?;
    }
    out.flush()?;
    Ok(())
}
