//! `sayso chat`: a conversation with a brand, on a terminal with a line editor, on a pipe line by line.
//!
//! What is typed is a text or a command; a command is a line of a conversation (`*.chat`) or shows something. The clock
//! stands between lines, so that what is saved is exactly what happened; only a dialogue that is kept (`--store`) goes on
//! with the clock on the wall.

mod command;
mod complete;
mod prompt;
mod reload;
mod show;

use super::{Exit, Streams, Unusable, runtime};
use crate::bot::Bot;
use crate::diagnostic::{At, Diagnostic, Diagnostics, Sources};
use crate::engine::{Clock, SystemClock};
use crate::outline::Reader;
use crate::simulator::{Delivered, Simulation, SimulationError};
use crate::sms::{BrandId, Phone};
use crate::store::{SledStore, Store};
use crate::transcript::{Happened, Line, Recording, Refusal, parse_line, print};
use crate::workspace::Workspace;
use anstyle::{AnsiColor, Style};
use clap::Args;
use command::{COMMANDS, Command, Does, Typed, typed};
use jiff::{SignedDuration, Timestamp};
use reload::{Fresh, read_anew};
use show::Rows;
use std::collections::BTreeSet;
use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What is asked for.
#[derive(Debug, Args)]
pub(super) struct Wanted {
    /// The brand; not needed where there is only one.
    pub(super) brand: Option<String>,
    /// The number that writes.
    #[arg(long, default_value = "+14045550123")]
    from: String,
    /// When it begins, as `2026-06-01 12:00` in the brand's zone, instead of now.
    #[arg(long, value_name = "MOMENT", conflicts_with = "store")]
    at: Option<String>,
    /// Keep the dialogue, in a folder beside the workspace's store, instead of forgetting it.
    #[arg(long)]
    store: bool,
    /// Where what was typed is kept for the next time, instead of in the state folder of the user.
    #[arg(long, env = "SAYSO_HISTORY", value_name = "FILE")]
    history: Option<PathBuf>,
    /// The state folder of the user (XDG Base Directory Specification).
    #[arg(long, hide = true, env = "XDG_STATE_HOME")]
    state_home: Option<PathBuf>,
}

/// Runs the conversation until the input ends.
pub(super) fn chat(
    workspace: &Workspace,
    bot: &Arc<Bot>,
    wanted: &Wanted,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let phone: Phone = wanted.from.parse().map_err(|error| Unusable::new(format!("--from: {error}")))?;
    let begin = match &wanted.at {
        Some(moment) => begin(moment, bot)?,
        None if wanted.store => SystemClock.now(),
        None => to_the_minute(SystemClock.now()),
    };
    let simulation = if wanted.store {
        Simulation::with_store(bot, begin, kept(workspace)?)
    } else {
        Simulation::new(bot, begin)
    };
    let terminal = std::io::stdin().is_terminal();
    let mut talk = Talk {
        recording: Recording::new(simulation?, bot, phone),
        runtime: runtime(false)?,
        root: workspace.root.clone(),
        brand: bot.id.clone(),
        ahead: wanted.store.then_some(SignedDuration::ZERO),
        people: BTreeSet::from([phone]),
        fresh: None,
        terminal,
        colour: terminal && streams.colour && std::io::stdout().is_terminal(),
        mistakes: 0,
    };
    if terminal {
        prompt::talk(&mut talk, wanted, streams)?;
    } else {
        pipe(&mut talk, streams)?;
    }
    // A person has seen it; a script looks at the exit code.
    Ok(if talk.mistakes == 0 || terminal { Exit::Done } else { Exit::Found })
}

/// The store of dialogues that are kept: a folder of its own, because the simulated provider takes every message, and must
/// not take those of real people.
fn kept(workspace: &Workspace) -> Result<Arc<dyn Store>, Unusable> {
    let mut folder = workspace.root.join(&workspace.config.store.path).into_os_string();
    folder.push("-chat");
    let cache = workspace.config.store.cache_mb * 1024 * 1024;
    let store = SledStore::open(&PathBuf::from(folder), cache);
    Ok(Arc::new(store?))
}

fn begin(moment: &str, bot: &Bot) -> Result<Timestamp, Unusable> {
    match line_of(&format!("at {moment}"), bot) {
        Ok(At { value: Line::At(moment), .. }) => Ok(moment),
        _ => {
            Err(Unusable::new(format!("--at: `{moment}` is no moment"))
                .hint("write it as `2026-06-01 12:00`"))
        }
    }
}

/// A moment as people would write it.
fn to_the_minute(at: Timestamp) -> Timestamp {
    let second = at.as_second();
    Timestamp::from_second(second - second.rem_euclid(60)).unwrap_or(at)
}

impl From<SimulationError> for Unusable {
    fn from(error: SimulationError) -> Self {
        Self::new(error.to_string())
    }
}

/// A line of a conversation as a command means it, or the first thing that is wrong with it.
fn line_of(words: &str, bot: &Bot) -> Result<At<Line>, Option<Box<Diagnostic>>> {
    let mut found = Diagnostics::default();
    let file = Sources::default().add("", words);
    let line = parse_line(words, &bot.zone, &mut Reader::new(file, &mut found));
    let mistake = found.iter().next().cloned().map(Box::new);
    // A pin that lacks its end reads as something that is expected.
    let is_done = |line: &At<Line>| !matches!(line.value, Line::Known(_) | Line::Reply(_) | Line::Never(_));
    line.filter(is_done).filter(|_| mistake.is_none()).ok_or(mistake)
}

fn pipe(talk: &mut Talk, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let mut input = std::io::stdin().lock();
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line)? > 0 {
        let text = String::from_utf8_lossy(&line);
        if !talk.hear(text.trim_end_matches(['\n', '\r']), streams)? {
            return Ok(());
        }
        line.clear();
    }
    Ok(())
}

/// A conversation that goes on.
struct Talk {
    recording: Recording,
    runtime: tokio::runtime::Runtime,
    root: PathBuf,
    brand: BrandId,
    /// How far the clock of a dialogue that is kept is ahead of the one on the wall; other clocks stand.
    ahead: Option<SignedDuration>,
    /// Who has written so far.
    people: BTreeSet<Phone>,
    /// The brand as it was read anew when its files changed.
    fresh: Option<Fresh>,
    terminal: bool,
    colour: bool,
    /// Commands that could not be done.
    mistakes: usize,
}

impl Talk {
    /// Takes what was typed; whether the conversation goes on.
    fn hear(&mut self, line: &str, streams: &mut Streams<'_>) -> Result<bool, Unusable> {
        if let Some(bot) = self.fresh.as_ref().and_then(Fresh::take) {
            self.recording.reload(&bot)?;
        }
        match typed(line) {
            Typed::Text(text) => {
                self.catch_up(streams)?;
                self.perform(At::new(Line::Text(text.to_owned()), nowhere()), streams)?;
            }
            Typed::Command(command, _) if command.does == Does::Quit => return Ok(false),
            Typed::Command(command, words) => self.command(command, words, streams)?,
            Typed::Slip(word, near) => {
                let text = format!("write `:{line}` to text it");
                self.mistake(
                    &format!("`:{word}` is no command"),
                    [format!("did you mean `:{near}`?"), text],
                    streams,
                )?;
            }
        }
        streams.out.flush()?;
        Ok(true)
    }

    /// A dialogue that is kept goes on with the clock on the wall.
    fn catch_up(&mut self, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let Some(ahead) = self.ahead else { return Ok(()) };
        let now = SystemClock.now();
        let now = now.checked_add(ahead).unwrap_or(now);
        if now > self.recording.session().now() {
            self.perform(At::new(Line::At(now), nowhere()), streams)?;
        }
        Ok(())
    }

    fn command(&mut self, command: &Command, words: &str, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        match command.does {
            Does::Line(sign) => self.line(command, &format!("{sign}{words}"), streams),
            Does::State => {
                self.look(|talk| talk.runtime.block_on(show::state(talk.recording.session())), streams)
            }
            Does::Consent => {
                self.look(|talk| talk.runtime.block_on(show::consent(talk.recording.session())), streams)
            }
            Does::Data => self.look(Self::data, streams),
            Does::Why => self.look(Self::why, streams),
            Does::Back | Does::Reset if self.ahead.is_some() => {
                let hint = "talk without `--store`, or take the folder of that store away";
                self.mistake("a dialogue that is kept cannot be taken back", [hint.to_owned()], streams)
            }
            Does::Back => self.back(streams),
            Does::Reset => {
                self.recording.reset()?;
                self.aside("everything is taken back", streams)
            }
            Does::Save { over } => self.save(words, over, streams),
            Does::Reload => self.reload(streams),
            Does::Help => help(streams),
            Does::Quit => Ok(()),
        }
    }

    /// Does the line of a conversation that a command stands for.
    fn line(&mut self, command: &Command, words: &str, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let usage = format!("write for example `:{} {}`", command.word, command.usage);
        match line_of(words, self.recording.session().bot()) {
            Ok(line) => {
                self.catch_up(streams)?;
                self.perform(line, streams)
            }
            Err(mistake) => {
                let meant = mistake.as_ref().and_then(|mistake| mistake.meant.as_ref());
                let meant = meant.map(|meant| format!("did you mean `{}`?", meant.meant));
                let message = mistake.as_ref().map_or("something is missing", |mistake| &mistake.message);
                self.mistake(message, meant.into_iter().chain([usage]), streams)
            }
        }
    }

    fn perform(&mut self, line: At<Line>, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let value = line.value.clone();
        let happened = match self.runtime.block_on(self.recording.perform(line)) {
            Ok(happened) => happened,
            Err(Refusal::Broken(error)) => return Err(error.into()),
            Err(Refusal::Mistake(mistake)) => {
                return self.mistake(&mistake.message, mistake.hints, streams);
            }
        };
        let session = self.recording.session();
        let (phone, now) = (session.phone(), session.now());
        self.people.insert(phone);
        match value {
            Line::Wait(_) | Line::At(_) => {
                if let Some(ahead) = &mut self.ahead {
                    *ahead = now.duration_since(SystemClock.now());
                }
                let shown = show::moment(session.bot(), now);
                self.said(&happened, streams)?;
                if self.ahead.is_none() {
                    self.aside(&format!("it is {shown}"), streams)?;
                }
                Ok(())
            }
            Line::From(_) => self.aside(&format!("{phone} writes now"), streams),
            Line::Text(_) | Line::Tap(_) | Line::Campaign(_) => {
                self.said(&happened, streams)?;
                self.silence(&happened, streams)
            }
            Line::Node(_)
            | Line::Human(_)
            | Line::Reviewed(_)
            | Line::Deliver(_)
            | Line::Set(..)
            | Line::Pin(..)
            | Line::Draw(..)
            | Line::Lookup(..)
            | Line::Reply(_)
            | Line::Known(_)
            | Line::Never(_) => self.said(&happened, streams),
        }
    }

    /// For whoever watches: why nothing was answered.
    fn silence(&mut self, happened: &Happened, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        if !happened.delivered.is_empty() || !self.terminal {
            return Ok(());
        }
        for (name, note) in self.why()? {
            if name == "note" {
                self.aside(&note, streams)?;
            }
        }
        Ok(())
    }

    /// Prints what reached phones: `< ` and the text, its further lines indented by two spaces; before it the number, if it
    /// is another one than that which writes.
    fn said(&self, happened: &Happened, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let phone = self.recording.session().phone();
        for message in &happened.delivered {
            let to = if message.to == phone { String::new() } else { format!("{} ", message.to) };
            let (sign, text) = (self.styled("<", AnsiColor::Green.on_default()), message.shown());
            writeln!(streams.out, "{to}{sign} {}", text.replace('\n', "\n  "))?;
            if self.terminal {
                let price = format!("  {}", show::price(message));
                writeln!(streams.out, "{}", self.styled(&price, Style::new().dimmed()))?;
            }
        }
        streams.out.flush()?;
        let lost = |message: &Delivered| format!("not delivered: {}", message.shown());
        happened.undelivered.iter().try_for_each(|message| self.aside(&lost(message), streams))?;
        self.stayed(streams)
    }

    /// Says what the gate holds or has dropped since the last line, and why.
    fn stayed(&self, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let session = self.recording.session();
        let stayed = self.runtime.block_on(session.stayed_new())?;
        if stayed.is_empty() {
            return Ok(());
        }
        let place = self.runtime.block_on(session.place())?;
        stayed.iter().try_for_each(|one| self.aside(&one.words(session.bot(), &place), streams))
    }

    /// Prints something that is no part of the conversation.
    fn aside(&self, words: &str, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        writeln!(streams.err, "{}", self.styled(&format!("({words})"), Style::new().dimmed()))?;
        Ok(())
    }

    fn mistake(
        &mut self,
        message: &str,
        hints: impl IntoIterator<Item = String>,
        streams: &mut Streams<'_>,
    ) -> Result<(), Unusable> {
        self.mistakes += 1;
        let error = self.styled("error", AnsiColor::Red.on_default().bold());
        writeln!(streams.err, "{error}: {message}")?;
        hints.into_iter().try_for_each(|hint| writeln!(streams.err, "  hint: {hint}"))?;
        Ok(())
    }

    fn styled(&self, words: &str, style: Style) -> String {
        if self.colour { format!("{style}{words}{style:#}") } else { words.to_owned() }
    }
}

// ── commands that are no lines ──────────────────────────────────────────────────────────────────

impl Talk {
    fn look(
        &mut self,
        at: impl FnOnce(&Self) -> Result<Rows, SimulationError>,
        streams: &mut Streams<'_>,
    ) -> Result<(), Unusable> {
        let rows = at(self)?;
        let width = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        for (name, value) in &rows {
            writeln!(streams.out, "  {name:width$}  {value}")?;
        }
        if rows.is_empty() { self.aside("nothing yet", streams) } else { Ok(()) }
    }

    fn data(&self) -> Result<Rows, SimulationError> {
        let session = self.recording.session();
        Ok(show::data(session.bot(), &self.runtime.block_on(session.record())?))
    }

    fn why(&self) -> Result<Rows, SimulationError> {
        let reasons = self.runtime.block_on(self.recording.session().reasons())?;
        Ok(reasons.map(|reasons| show::why(&reasons)).unwrap_or_default())
    }

    fn back(&mut self, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        match self.runtime.block_on(self.recording.undo()) {
            Ok(Some(line)) => self.aside(&format!("taken back: {line}"), streams),
            Ok(None) => self.mistake("there is nothing to take back", [], streams),
            Err(Refusal::Broken(error)) => Err(error.into()),
            Err(Refusal::Mistake(mistake)) => self.mistake(&mistake.message, mistake.hints, streams),
        }
    }

    /// Writes the conversation down. A bare name stands in the brand's folder, where `sayso test` finds it.
    fn save(&mut self, name: &str, over: bool, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        if name.is_empty() {
            return self.mistake("where?", ["write for example `:save joins.chat`".to_owned()], streams);
        }
        if self.recording.lines().next().is_none() {
            return self.mistake("nothing has happened yet", [], streams);
        }
        let mut path = PathBuf::from(name);
        if path.extension().is_none_or(|ending| ending != "chat") {
            path.as_mut_os_string().push(".chat");
        }
        if path.components().count() == 1 {
            path = self.root.join("flows").join(self.brand.as_str()).join(path);
        }
        let bot = self.recording.session().bot();
        let text = print(&self.recording.chat(&self.brand), &bot.zone);
        let shown = path.strip_prefix(&self.root).unwrap_or(&path).display().to_string();
        match write(&path, &text, over) {
            Ok(()) => {
                let filter = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                self.aside(&format!("saved as {shown}; `sayso test --filter {filter}` runs it"), streams)
            }
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {
                let hint = format!("`:save! {name}` writes over it");
                self.mistake(&format!("`{shown}` is there already"), [hint], streams)
            }
            Err(error) => self.mistake(&format!("`{shown}` cannot be written: {error}"), [], streams),
        }
    }

    fn reload(&mut self, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        match read_anew(&self.root, &self.brand, streams.colour) {
            Ok(bot) => {
                self.recording.reload(&bot)?;
                self.aside("read anew", streams)
            }
            Err(report) => {
                write!(streams.err, "{report}")?;
                self.mistake("the files have errors", ["everything stays as it was".to_owned()], streams)
            }
        }
    }
}

fn write(path: &Path, text: &str, over: bool) -> std::io::Result<()> {
    let mut options = std::fs::OpenOptions::new();
    options.write(true).truncate(over).create(over).create_new(!over);
    options.open(path)?.write_all(text.as_bytes())
}

fn help(streams: &mut Streams<'_>) -> Result<(), Unusable> {
    writeln!(streams.out, "Each line is a text, but for these:")?;
    for Command { word, usage, about, .. } in COMMANDS.iter().filter(|command| !command.about.is_empty()) {
        let typed = format!(":{word} {usage}");
        writeln!(streams.out, "  {typed:22} {about}")?;
    }
    Ok(())
}

/// The place of what stands in no file.
fn nowhere() -> crate::diagnostic::Place {
    crate::diagnostic::Place::new(Sources::default().add("", ""), 0..0)
}
