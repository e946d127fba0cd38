//! The commands of the prompt. Most are a line of a conversation (`*.chat`) under a word that is easy to type.

use crate::diagnostic::nearest;

/// A command.
#[derive(Debug)]
pub(super) struct Command {
    /// Its word, behind the `:`.
    pub(super) word: &'static str,
    /// What may stand behind it, for people.
    pub(super) usage: &'static str,
    /// What it is good for.
    pub(super) about: &'static str,
    /// What it does.
    pub(super) does: Does,
}

/// What a command does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Does {
    /// It is the line of a conversation that begins so; the words behind the command go on it.
    Line(&'static str),
    /// Shows where the dialogue stands.
    State,
    /// Shows what is known.
    Data,
    /// Shows why the last turn went as it did.
    Why,
    /// Shows the consent ledger.
    Consent,
    /// Takes the last line back.
    Back,
    /// Takes everything back.
    Reset,
    /// Writes the conversation into a file; over one that is there, if that is wanted.
    Save { over: bool },
    /// Reads the files anew.
    Reload,
    /// Lists the commands.
    Help,
    /// Ends.
    Quit,
}

/// All commands, in the order in which `:help` lists them.
#[rustfmt::skip]
pub(super) const COMMANDS: [Command; 24] = [
    Command { word: "wait", usage: "2d", about: "time passes: timers ring, held messages leave", does: Does::Line("~ ") },
    Command { word: "at", usage: "2026-12-24 23:30", about: "time passes until then, in the brand's zone", does: Does::Line("at ") },
    Command { word: "as", usage: "+33612345678", about: "somebody else writes from now on", does: Does::Line("from ") },
    Command { word: "tap", usage: "👍", about: "they react to our last text", does: Does::Line("tap ") },
    Command { word: "state", usage: "", about: "where the dialogue stands", does: Does::State },
    Command { word: "data", usage: "", about: "what is known: fields, tags, votes, arms", does: Does::Data },
    Command { word: "consent", usage: "", about: "their consent, with its proof", does: Does::Consent },
    Command { word: "why", usage: "", about: "the last turn: what was understood, what lost, which ways were weighed", does: Does::Why },
    Command { word: "back", usage: "", about: "take the last line back", does: Does::Back },
    Command { word: "reset", usage: "", about: "take everything back", does: Does::Reset },
    Command { word: "set", usage: "FIELD VALUE", about: "fill a field; without a value, empty it", does: Does::Line("set ") },
    Command { word: "node", usage: "FLOW.NODE", about: "jump to a node", does: Does::Line("node ") },
    Command { word: "campaign", usage: "FLOW", about: "a campaign of the brand starts a flow for them", does: Does::Line("campaign ") },
    Command { word: "split", usage: "FLOW.NODE ARM", about: "from now on they take this arm", does: Does::Line("= split ") },
    Command { word: "draw", usage: "CONTEST won", about: "chance has this end: `won` or `lost`", does: Does::Line("= draw ") },
    Command { word: "lookup", usage: "NAME -> ok {…}", about: "what the world outside answers: `ok {…}`, `failed`, `late`", does: Does::Line("lookup ") },
    Command { word: "deliver", usage: "fail", about: "what the provider does with our texts: `ok`, `fail`, `late`, `lost`, `stopped`", does: Does::Line("deliver ") },
    Command { word: "human", usage: "TEXT", about: "a human writes to them", does: Does::Line("h> ") },
    Command { word: "h", usage: "take", about: "a human takes the dialogue over; `:h back` gives it back", does: Does::Line("h ") },
    Command { word: "save", usage: "FILE", about: "write this down as a test; `:save! FILE` writes over one", does: Does::Save { over: false } },
    Command { word: "save!", usage: "FILE", about: "", does: Does::Save { over: true } },
    Command { word: "reload", usage: "", about: "read the files anew now; it happens by itself on a terminal", does: Does::Reload },
    Command { word: "help", usage: "", about: "this list", does: Does::Help },
    Command { word: "quit", usage: "", about: "end, as Ctrl-D does", does: Does::Quit },
];

/// What was typed.
#[derive(Debug, Clone, Copy)]
pub(super) enum Typed<'t> {
    /// A text.
    Text(&'t str),
    /// A command and the words behind it.
    Command(&'static Command, &'t str),
    /// A word behind a `:` that is no command, and the one that was probably meant.
    Slip(&'t str, &'static str),
}

/// What a line is: a command begins with `:` and a known word, so that `:)` is a text. A second `:` makes a text of it.
pub(super) fn typed(line: &str) -> Typed<'_> {
    let Some(rest) = line.strip_prefix(':') else { return Typed::Text(line) };
    let said = rest.strip_prefix(':').unwrap_or(rest);
    let (word, behind) = said.split_once([' ', '\t']).unwrap_or((said, ""));
    let found = COMMANDS.iter().find(|command| command.word == word);
    match (found, said == rest) {
        (Some(command), true) => Typed::Command(command, behind.trim()),
        (Some(_), false) => Typed::Text(rest),
        (None, true) if is_word(word) => match nearest(word, COMMANDS.iter().map(|command| command.word)) {
            Some(near) => Typed::Slip(word, near),
            None => Typed::Text(line),
        },
        (None, _) => Typed::Text(line),
    }
}

/// Whether somebody who typed this may have meant a command: `:D`, `:p` and `:-)` are faces.
fn is_word(word: &str) -> bool {
    word.len() > 1 && word.chars().all(|c| c.is_ascii_lowercase() || c == '!')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_begins_with_a_known_word() {
        let kind = |line| match typed(line) {
            Typed::Text(text) => format!("text {text}"),
            Typed::Command(command, behind) => format!("{} ({behind})", command.word),
            Typed::Slip(word, near) => format!("{word}? {near}"),
        };
        let cases = [
            ("hi", "text hi"),
            (":)", "text :)"),
            (":D", "text :D"),
            (":p", "text :p"),
            (":hello there", "text :hello there"),
            (":wait  2d ", "wait (2d)"),
            (":state", "state ()"),
            (":satte", "satte? state"),
            (":wiat 2d", "wiat? wait"),
            ("::state of it", "text :state of it"),
            ("::)", "text ::)"),
            ("", "text "),
            (":", "text :"),
        ];
        for (line, wanted) in cases {
            assert_eq!(kind(line), wanted, "{line:?}");
        }
    }

    #[test]
    fn every_word_is_there_once() {
        let mut words: Vec<_> = COMMANDS.iter().map(|command| command.word).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), COMMANDS.len());
    }
}
