//! `sayso chat`: a conversation with a brand, on a terminal with a line editor, on a pipe line by line.

use super::{Exit, Streams, Unusable, runtime};
use crate::bot::Bot;
use crate::engine::{Clock, Received, SystemClock};
use crate::simulator::{Delivered, Simulation, SimulationError};
use crate::sms::Phone;
use crate::store::{MemoryStore, SledStore, Store};
use crate::workspace::Workspace;
use rustyline::error::ReadlineError;
use std::io::{BufRead, IsTerminal, Write};
use std::path::PathBuf;
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
        // A folder of its own: the simulated provider takes every message, and must not take those of real people.
        let mut folder = workspace.root.join(&workspace.config.store.path).into_os_string();
        folder.push("-chat");
        let folder = PathBuf::from(folder);
        let cache = workspace.config.store.cache_mb * 1024 * 1024;
        Arc::new(SledStore::open(&folder, cache).map_err(|error| Unusable::new(error.to_string()))?)
    } else {
        Arc::new(MemoryStore::default())
    };
    let unusable = |error: SimulationError| Unusable::new(error.to_string());
    let mut simulation = Simulation::with_store(bot, SystemClock.now(), store).map_err(unusable)?;
    let runtime = runtime(false)?;
    let mut say = |line: &str, streams: &mut Streams<'_>| -> Result<(), Unusable> {
        // Time passes here as it does outside: timers ring between two lines.
        let passed = SystemClock.now().duration_since(simulation.now());
        let mut delivered = runtime.block_on(simulation.advance(passed)).map_err(unusable)?;
        let (received, replies) = runtime.block_on(simulation.text(phone, line)).map_err(unusable)?;
        delivered.extend(replies);
        print(&delivered, phone, streams.out)?;
        if let (true, Received::Turn { step, .. }) = (delivered.is_empty() && streams.terminal, received) {
            // For whoever watches: why nothing was answered.
            for note in step.trace.notes {
                writeln!(streams.err, "({note})")?;
            }
        }
        Ok(())
    };
    if std::io::stdin().is_terminal() {
        terminal(&bot.name, &mut say, streams)?;
    } else {
        pipe(&mut say, streams)?;
    }
    Ok(Exit::Done)
}

type Say<'s> = dyn FnMut(&str, &mut Streams<'_>) -> Result<(), Unusable> + 's;

fn pipe(say: &mut Say<'_>, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        say(text.trim_end_matches(['\n', '\r']), streams)?;
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
                say(&line, streams)?;
            }
            Err(ReadlineError::Eof | ReadlineError::Interrupted) => return Ok(()),
            Err(error) => return Err(broken(error)),
        }
    }
}

/// Prints what reached the phone: `< ` and the text, its further lines indented by two spaces.
fn print(delivered: &[Delivered], phone: Phone, out: &mut dyn Write) -> Result<(), Unusable> {
    for message in delivered.iter().filter(|message| message.to == phone) {
        writeln!(out, "< {}", message.shown().replace('\n', "\n  "))?;
    }
    out.flush()?;
    Ok(())
}
