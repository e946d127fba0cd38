//! `sayso chat` on a terminal, as a person uses it: a pseudo-terminal, and the screen that it would show.

use super::workspace;
use pty_process::Size;
use pty_process::blocking::{Command, Pty, open};
use std::fs::{read_to_string, write};
use std::io::{Read, Write};
use std::path::Path;
use std::process::Child;
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread::spawn;
use std::time::Duration;

/// How long the screen may take to show what is waited for: far longer than any machine needs.
const LIMIT: Duration = Duration::from_secs(20);
/// Lines of the screen.
const ROWS: u16 = 40;
const ENTER: &str = "\r";
const CTRL_C: &str = "\x03";
const CTRL_D: &str = "\x04";
const TAB: &str = "\t";
const UP: &str = "\x1b[A";

/// A person at a terminal.
struct Terminal {
    child: Child,
    pty: Pty,
    screen: vt100::Parser,
    output: Receiver<Vec<u8>>,
    /// Everything that was written to it.
    raw: String,
    /// Prompts that were answered.
    answered: usize,
}

impl Terminal {
    fn new(folder: &Path, columns: u16, settings: &[(&str, &str)]) -> Self {
        let (pty, pts) = open().unwrap();
        pty.resize(Size::new(ROWS, columns)).unwrap();
        let mut command =
            Command::new(env!("CARGO_BIN_EXE_sayso")).args(["chat", "--at", "2026-06-01 12:00"]);
        for name in ["SAYSO_WORKSPACE", "SAYSO_LOG", "SAYSO_LOG_FORMAT", "NO_COLOR", "SAYSO_HISTORY"] {
            command = command.env_remove(name);
        }
        command =
            command.current_dir(folder).env("TERM", "xterm").env("XDG_STATE_HOME", folder.join("state"));
        let child = command.envs(settings.iter().copied()).spawn(pts).unwrap();
        let mut reader = std::fs::File::from(std::os::fd::AsFd::as_fd(&pty).try_clone_to_owned().unwrap());
        let (told, output) = channel();
        spawn(move || {
            let mut bytes = [0; 4096];
            // An error is how a pseudo-terminal says that the other side has gone.
            while let Ok(read @ 1..) = reader.read(&mut bytes) {
                if told.send(bytes[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        let screen = vt100::Parser::new(ROWS.try_into().unwrap(), columns.try_into().unwrap(), 0);
        Self { child, pty, screen, output, raw: String::new(), answered: 0 }
    }

    /// Presses keys, and waits for the prompt first.
    fn presses(&mut self, keys: &str) {
        self.is_asked();
        self.types(keys);
    }

    fn types(&mut self, keys: &str) {
        self.types_bytes(keys.as_bytes());
    }

    fn types_bytes(&mut self, keys: &[u8]) {
        self.pty.write_all(keys).unwrap();
        self.answered += keys.iter().filter(|key| b"\r\x03\x04".contains(key)).count();
    }

    /// Waits for the next prompt: before it is there, keys are not the line editor's.
    fn is_asked(&mut self) {
        // The line editor wants to be told of pastes, each time that it begins to listen.
        while self.raw.matches("\x1b[?2004h").count() <= self.answered {
            match self.output.recv_timeout(LIMIT) {
                Ok(bytes) => self.reads(&bytes),
                Err(error) => panic!("there is no prompt ({error}):\n{}", self.now()),
            }
        }
    }

    fn says(&mut self, line: &str, answer: &str) {
        self.presses(&[line, ENTER].concat());
        self.is_asked();
        self.shows(answer);
    }

    /// Waits until the screen shows these words. Long lines are read as one.
    fn shows(&mut self, words: &str) {
        while !self.now().contains(words) {
            match self.output.recv_timeout(LIMIT) {
                Ok(bytes) => self.reads(&bytes),
                Err(error) => panic!("the screen never shows {words:?} ({error}):\n{}", self.now()),
            }
        }
    }

    fn reads(&mut self, bytes: &[u8]) {
        self.screen.process(bytes);
        self.raw.push_str(&String::from_utf8_lossy(bytes));
    }

    fn now(&self) -> String {
        self.screen.screen().contents()
    }

    /// Waits for the end; its exit code, and whether all that it wrote is sane.
    fn ends(mut self) -> (Option<i32>, String) {
        loop {
            match self.output.recv_timeout(LIMIT) {
                Ok(bytes) => self.reads(&bytes),
                Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {
                    self.child.kill().unwrap();
                    panic!("it does not end:\n{}", self.now());
                }
            }
        }
        let code = self.child.wait().unwrap().code();
        assert!(!self.raw.contains("panicked"), "{}", self.raw);
        (code, self.raw)
    }
}

#[test]
fn a_person_talks_looks_and_takes_back() {
    let folder = workspace(&[]);
    let mut terminal = Terminal::new(folder.path(), 100, &[]);
    terminal.shows("You are texting Gelato. Each line is a text; :help lists commands, Ctrl-D ends.");
    terminal.says("JOIN", "1 part, GSM-7, 149 of 160");
    terminal.says(":state", "at        welcome.hello: asks for cone");
    terminal.says("yes", "< You're in!");
    terminal.shows("1 part, GSM-7, 10 of 160");
    terminal.says(":why", "answer   cone = yes");
    terminal.says(":back", "(taken back: > yes)");
    terminal.says(":data", "(nothing yet)");
    terminal.says(":as +33612345678", "+33612345678 > ");
    terminal.says("zzz", "< ");
    terminal.says(":wiat 2d", "did you mean `:wait`?");
    terminal.says("STOP", "You have been unsubscribed");
    terminal.says("hello?", "(opted out: recorded, not answered)");
    terminal.presses(":quit\r");
    let (code, raw) = terminal.ends();
    assert_eq!(code, Some(0), "mistakes were seen by a person: {raw}");
    assert!(raw.contains("\x1b[32m<\x1b[0m "), "a sign in colour: {raw:?}");
}

#[test]
fn commands_names_and_files_are_completed() {
    let folder = workspace(&[]);
    let mut terminal = Terminal::new(folder.path(), 100, &[]);
    terminal.presses(&[":no", TAB, "welcome.d", TAB, ENTER].concat());
    terminal.shows("> :node welcome.done");
    terminal.shows("< You're in!");
    terminal.presses(&[":set na", TAB, " Ana", ENTER].concat());
    terminal.says(":data", "name  Ana");
    terminal.presses(&[":del", TAB, "st", TAB, ENTER].concat());
    terminal.shows("> :deliver stopped");
    terminal.presses(&[":s", TAB, TAB].concat());
    terminal.shows(":split");
    terminal.shows(":state");
    terminal.types(CTRL_C);
    terminal.presses(&[":save flo", TAB].concat());
    terminal.shows("> :save flows/");
    // The second line in a row that is dropped.
    terminal.types(CTRL_C);
    assert_eq!(terminal.ends().0, Some(0));
}

#[test]
fn what_was_typed_is_there_the_next_time() {
    let folder = workspace(&[]);
    let mut first = Terminal::new(folder.path(), 80, &[]);
    first.says("JOIN", "Do you like cones?");
    first.presses(CTRL_D);
    assert_eq!(first.ends().0, Some(0));
    let kept = folder.path().join("state/sayso/chat_history");
    assert!(read_to_string(&kept).unwrap().contains("JOIN"));
    let mut second = Terminal::new(folder.path(), 80, &[]);
    second.presses(&[UP, ENTER].concat());
    second.shows("Do you like cones?");
    second.presses(CTRL_D);
    assert_eq!(second.ends().0, Some(0));

    // A place where nothing can be kept.
    let file = folder.path().join("file");
    write(&file, "").unwrap();
    let nowhere = file.join("history");
    let mut third = Terminal::new(folder.path(), 80, &[("SAYSO_HISTORY", nowhere.to_str().unwrap())]);
    third.says("JOIN", "Do you like cones?");
    third.presses(CTRL_D);
    assert_eq!(third.ends().0, Some(0));
}

#[test]
fn files_that_change_are_read_anew_and_broken_ones_are_shown() {
    let folder = workspace(&[]);
    let flow = folder.path().join("flows/gelato/welcome.flow");
    let mut terminal = Terminal::new(folder.path(), 100, &[]);
    terminal.says("JOIN", "Do you like cones?");
    let sound = read_to_string(&flow).unwrap();
    write(&flow, sound.replace("-> done", "-> nowhere")).unwrap();
    terminal.shows("error[F301]");
    terminal.shows("(the files have errors: everything stays as it was)");
    terminal.says("maybe", "Do you like cones?");
    write(&flow, sound.replace("You're in", "Well done")).unwrap();
    terminal.shows("(the files changed: read anew)");
    terminal.says("yes", "< Well done!");
    terminal.presses(CTRL_D);
    assert_eq!(terminal.ends().0, Some(0));
}

#[test]
fn a_first_interrupt_drops_the_line_and_a_second_one_ends() {
    let folder = workspace(&[]);
    let mut terminal = Terminal::new(folder.path(), 80, &[]);
    terminal.presses(&["JO", CTRL_C].concat());
    terminal.shows("(Ctrl-C again ends, as Ctrl-D and :quit do)");
    terminal.says("JOIN", "Do you like cones?");
    terminal.presses(CTRL_C);
    terminal.presses(CTRL_C);
    assert_eq!(terminal.ends().0, Some(0));
}

#[test]
fn a_narrow_terminal_without_colours_and_bytes_that_are_no_text() {
    let folder = workspace(&[]);
    let mut terminal = Terminal::new(folder.path(), 40, &[("NO_COLOR", "1")]);
    let long = "this is a long text that goes on and on over the edge of the screen";
    terminal.says(long, "the edge of the screen");
    terminal.says(":help", ":quit");
    terminal.is_asked();
    terminal.types_bytes(b"caf\xe9\r");
    terminal.shows("not UTF-8");
    terminal.presses(CTRL_C);
    terminal.says("JOIN", "cones?");
    terminal.presses(CTRL_D);
    let (code, raw) = terminal.ends();
    assert_eq!(code, Some(0));
    assert!(!raw.contains("\x1b[3") && !raw.contains("\x1b[2m"), "no colours: {raw:?}");
}

#[test]
fn a_terminal_that_can_do_nothing_is_enough() {
    let folder = workspace(&[]);
    let mut terminal = Terminal::new(folder.path(), 80, &[("TERM", "dumb")]);
    terminal.shows("Ctrl-D ends.");
    terminal.types("JOIN\r");
    terminal.shows("Do you like cones?");
    terminal.types(":quit\r");
    assert_eq!(terminal.ends().0, Some(0));
}
