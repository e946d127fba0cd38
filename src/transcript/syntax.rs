//! Reading `*.chat` files.

use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::dialogue::{Decision, Human};
use crate::flow::Delay;
use crate::outline::{Block, Reader, Span, after, first_word, outline};
use crate::simulator::World;
use crate::sms::Phone;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// A conversation as it was written.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// The brand; that of the folder where nothing is said.
    pub brand: Option<At<String>>,
    /// Who writes.
    pub from: Option<At<Phone>>,
    /// When it begins.
    pub at: Option<At<Timestamp>>,
    /// What is said and expected, in order.
    pub lines: Vec<At<Line>>,
}

/// A line of a conversation.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// `>`: they write.
    Text(String),
    /// `<`: we write.
    Reply(String),
    /// `~`: time passes.
    Wait(Delay),
    /// `=`: this is known now.
    Known(Expectation),
    /// `!`: nothing like this is written since the last `>` or `~`.
    Never(String),
    /// `= split flow.node arm`: from now on they take this arm.
    Pin(String, String),
    /// `= draw contest won`: chance has this end for them.
    Draw(String, String),
    /// `lookup NAME -> ok {…}`, `-> failed`, `-> late`: what the world outside answers from now on.
    Lookup(String, World),
    /// `h> TEXT`: a human writes to them; `h take`, `h back`: takes the dialogue over, gives it back.
    Human(Human),
    /// `h keep`, `h optout`: somebody reads a text that was unsure, and says what it is.
    Reviewed(Decision),
}

/// What an `=` line expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// `= consent in`, `out`, `none`, or `unsure` where a text waits to be read.
    Consent(String),
    /// `= tag vip`
    Tag(String),
    /// `= not tag vip`
    NoTag(String),
    /// `= at flow.node`, or `= at nothing`.
    At(String),
    /// `= told WEBHOOK`: it was told since the last `>` or `~`.
    Told(String),
    /// `= name Ana`, or `= not known name` with no value.
    Field(String, Option<String>),
}

/// Reads a conversation. Returns all that could be read; mistakes go to the reader.
pub fn parse(text: &str, reader: &mut Reader<'_>) -> Chat {
    let mut chat = Chat::default();
    for block in outline(text, reader) {
        let place = reader.place(block.line);
        if let Some(line) = line(&block, &mut chat, reader) {
            chat.lines.push(At::new(line, place));
        }
    }
    chat
}

fn line(block: &Block<'_>, chat: &mut Chat, reader: &mut Reader<'_>) -> Option<Line> {
    let sign = block.line.fragment().chars().next()?;
    let rest = after(block.line, sign.len_utf8());
    match sign {
        '>' => return Some(Line::Text(words(block))),
        '<' => return Some(Line::Reply(words(block))),
        '!' => return Some(Line::Never(words(block))),
        '~' => return wait(rest, reader).map(Line::Wait),
        '=' => return pinned(rest).or_else(|| known(rest, reader).map(Line::Known)),
        'h' if block.line.fragment().starts_with("h>") => {
            return Some(Line::Human(Human::Wrote { body: words_after(block, 2) }));
        }
        _ => {}
    }
    let (word, rest) = first_word(block.line);
    match *word.fragment() {
        "brand" => chat.brand = Some(At::new((*rest.fragment()).to_owned(), reader.place(rest))),
        "from" => match rest.fragment().parse() {
            Ok(phone) => chat.from = Some(At::new(phone, reader.place(rest))),
            Err(error) => bad(rest, &format!("{error}"), reader),
        },
        "at" => chat.at = moment(rest, reader),
        "lookup" => return lookup(rest, reader),
        "h" if matches!(*rest.fragment(), "take" | "back") => {
            let taken = *rest.fragment() == "take";
            return Some(Line::Human(if taken { Human::TookOver } else { Human::GaveBack }));
        }
        "h" if matches!(*rest.fragment(), "keep" | "optout") => {
            let keep = *rest.fragment() == "keep";
            return Some(Line::Reviewed(if keep { Decision::Keep } else { Decision::OptOut }));
        }
        other => {
            let message = format!("a conversation has no `{other}`");
            bad(word, &message, reader);
        }
    }
    None
}

fn bad(at: Span<'_>, message: &str, reader: &mut Reader<'_>) {
    let place: Place = reader.place(at);
    reader.report(Diagnostic::new(Code::BadChat, place, message).hint(
        "lines begin with `>` (they write), `<` (we write), `~` (time passes), `=` (what is known), `!` (what must not \
         be written), `h>` (a human writes), or with `brand`, `from`, `at`, `lookup`, `h take`, `h back`, `h keep`, `h optout`",
    ));
}

/// The words of a line and of the lines below it, which go on the same message.
fn words(block: &Block<'_>) -> String {
    words_after(block, 1)
}

/// The same behind a sign of so many bytes.
fn words_after(block: &Block<'_>, sign: usize) -> String {
    let mut words = (*after(block.line, sign).fragment()).to_owned();
    for child in &block.children {
        append(child, &mut words);
    }
    words
}

fn append(block: &Block<'_>, words: &mut String) {
    words.push('\n');
    words.push_str(block.line.fragment());
    for child in &block.children {
        append(child, words);
    }
}

fn wait(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Delay> {
    crate::flow::delay(rest, reader)
}

/// `2026-06-01 12:00 America/New_York`
fn moment(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<Timestamp>> {
    let mut parts = rest.fragment().splitn(3, ' ');
    let read = || {
        let (date, time) = (parts.next()?, parts.next()?);
        let local: DateTime = format!("{date}T{time}").parse().ok()?;
        let zone = TimeZone::get(parts.next().unwrap_or("UTC")).ok()?;
        zone.to_ambiguous_timestamp(local).compatible().ok()
    };
    let found = { read }();
    if found.is_none() {
        bad(rest, "this is no moment; write for example `at 2026-06-01 12:00 America/New_York`", reader);
    }
    found.map(|moment| At::new(moment, reader.place(rest)))
}

/// `= split flow.node arm`, `= draw contest won`
fn pinned(rest: Span<'_>) -> Option<Line> {
    let (word, said) = first_word(rest);
    let (what, end) = first_word(said);
    let (what, end) = ((*what.fragment()).to_owned(), (*end.fragment()).to_owned());
    match (*word.fragment(), end.as_str()) {
        ("split", arm) if !arm.is_empty() => Some(Line::Pin(what, end)),
        ("draw", "won" | "lost") => Some(Line::Draw(what, end)),
        _ => None,
    }
}

/// `NAME -> ok {…}`, `NAME -> failed`, `NAME -> late`
fn lookup(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Line> {
    let said = rest.fragment().split_once("->").map(|(name, answer)| (name.trim(), answer.trim()));
    let answer = match said {
        Some((_, "failed")) => Some(World::Failed),
        Some((_, "late")) => Some(World::Late),
        Some((_, answer)) => answer.strip_prefix("ok").and_then(|json| {
            let json = if json.trim().is_empty() { "{}" } else { json.trim() };
            serde_json::from_str::<serde_json::Value>(json).ok().map(|_| World::Ok(json.to_owned()))
        }),
        None => None,
    };
    if answer.is_none() {
        bad(
            rest,
            "write for example `lookup weather -> ok {\"sky\": \"clear\"}`, `-> failed` or `-> late`",
            reader,
        );
    }
    Some(Line::Lookup(said?.0.to_owned(), answer?))
}

fn known(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Expectation> {
    let (word, value) = first_word(rest);
    let said = (*value.fragment()).to_owned();
    let (what, of) = first_word(value);
    let of = Some((*of.fragment()).to_owned()).filter(|of| !of.is_empty());
    let expectation = match (*word.fragment(), of.map(|of| (*what.fragment(), of))) {
        ("consent", _) if matches!(said.as_str(), "in" | "out" | "none" | "unsure") => {
            Expectation::Consent(said)
        }
        ("consent", _) => {
            bad(rest, "consent is `in`, `out`, `none` or `unsure`", reader);
            return None;
        }
        ("tag", _) => Expectation::Tag(said),
        ("not", Some(("tag", tag))) => Expectation::NoTag(tag),
        ("not", Some(("known", field))) => Expectation::Field(field, None),
        ("at", _) => Expectation::At(said),
        ("told", _) => Expectation::Told(said),
        ("", _) => {
            bad(rest, "this line says nothing", reader);
            return None;
        }
        (field, _) => Expectation::Field(field.to_owned(), Some(said)),
    };
    Some(expectation)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Sources};

    fn read(text: &str) -> Vec<Line> {
        let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
        let chat = parse(text, &mut Reader::new(sources.add("x", text), &mut found));
        assert_eq!(found.iter().count(), 0, "{found:?}");
        chat.lines.into_iter().map(|line| line.value).collect()
    }

    /// `= not tag  vip` asked for the tag ` vip`, which nobody has, and so held always.
    #[test]
    fn blanks_between_words_are_no_part_of_them() {
        let lines = read("=  not  tag\tvip\n= not   known  name\n= split  menu.flavor \t mint\n");
        let wanted = [
            Line::Known(Expectation::NoTag("vip".to_owned())),
            Line::Known(Expectation::Field("name".to_owned(), None)),
            Line::Pin("menu.flavor".to_owned(), "mint".to_owned()),
        ];
        assert_eq!(lines, wanted);
    }
}
