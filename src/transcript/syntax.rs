//! Reading `*.chat` files.

use crate::consent::{Refusal, Why};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::dialogue::{Decision, Human};
use crate::flow::Delay;
use crate::outline::{Block, Reader, Span, after, first_word, outline};
use crate::simulator::{Carrier, World};
use crate::sms::Phone;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};

/// The words that lines begin with, besides the signs.
const WORDS: [&str; 10] = ["brand", "from", "at", "lookup", "deliver", "tap", "set", "node", "campaign", "h"];

/// A conversation as it was written.
#[derive(Debug, Clone, Default)]
pub struct Chat {
    /// The brand; that of the folder where nothing is said.
    pub brand: Option<At<String>>,
    /// Who writes first.
    pub from: Option<At<Phone>>,
    /// When it begins.
    pub at: Option<At<Timestamp>>,
    /// What is said and expected, in order.
    pub lines: Vec<At<Line>>,
}

/// A line of a conversation: something that happens, or something that is expected.
#[derive(Debug, Clone, PartialEq)]
pub enum Line {
    /// `>`: they write. A line `[https://…]` is a picture.
    Text(String),
    /// `from +1…`: from now on these lines are about that person.
    From(Phone),
    /// `at 2026-06-01 12:00 America/New_York`: time passes until then.
    At(Timestamp),
    /// `tap 👍`: they react to our last text.
    Tap(String),
    /// `deliver fail`: from now on the provider does this with our messages.
    Deliver(Carrier),
    /// `set name Ana`: a field is filled, or with no words emptied.
    Set(String, Option<String>),
    /// `node flow.node`: they are led there.
    Node(String),
    /// `campaign FLOW`: a campaign of the brand starts that flow for them.
    Campaign(String),
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

impl Line {
    /// Whether messages may be sent because of it: what was said before it must have been met by then.
    #[must_use]
    pub fn is_event(&self) -> bool {
        match self {
            Self::Text(_)
            | Self::At(_)
            | Self::Tap(_)
            | Self::Node(_)
            | Self::Campaign(_)
            | Self::Wait(_)
            | Self::Human(_)
            | Self::Reviewed(_) => true,
            Self::From(_)
            | Self::Deliver(_)
            | Self::Set(..)
            | Self::Reply(_)
            | Self::Known(_)
            | Self::Never(_)
            | Self::Pin(..)
            | Self::Draw(..)
            | Self::Lookup(..) => false,
        }
    }
}

/// What an `=` line expects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expectation {
    /// `= consent in`, `out`, `none` or `unsure`; `= consent out deals` is about one programme, `= consent out marketing` about
    /// that.
    Consent(String, Option<String>),
    /// `= tag vip`
    Tag(String),
    /// `= not tag vip`
    NoTag(String),
    /// `= at flow.node`, or `= at nothing`.
    At(String),
    /// `= language es`: the language they are written in.
    Language(String),
    /// `= held hours until 2026-06-02 08:00 America/New_York`: something waits, by that rule, until then where it is said.
    Held(Why, Option<Zoned>),
    /// `= dropped opted-out`: the last event has let the gate drop something, by that rule.
    Dropped(String),
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
        let Some(line) = line(&block, &TimeZone::UTC, &mut chat, reader) else { continue };
        let begun = chat.lines.iter().any(|line| line.value.is_event());
        // Who writes first and when it begins stand in the head, as long as nothing has happened.
        if let Line::From(phone) = line
            && !begun
            && chat.from.is_none()
        {
            chat.from = Some(At::new(phone, place));
        } else if let Line::At(moment) = line
            && !begun
            && chat.at.is_none()
        {
            chat.at = Some(At::new(moment, place));
        } else {
            chat.lines.push(At::new(line, place));
        }
    }
    chat
}

/// Reads one line of a conversation; a moment without a zone is in this one. Mistakes go to the reader.
pub fn parse_line(text: &str, zone: &TimeZone, reader: &mut Reader<'_>) -> Option<At<Line>> {
    let block = outline(text, reader).into_iter().next()?;
    let place = reader.place(block.line);
    line(&block, zone, &mut Chat::default(), reader).map(|line| At::new(line, place))
}

fn line(block: &Block<'_>, zone: &TimeZone, chat: &mut Chat, reader: &mut Reader<'_>) -> Option<Line> {
    let sign = block.line.fragment().chars().next()?;
    let rest = after(block.line, sign.len_utf8());
    match sign {
        '>' => return Some(Line::Text(said(block, 1))),
        '<' => return Some(Line::Reply(words(block, 1))),
        '!' => return Some(Line::Never(words(block, 1))),
        'h' if block.line.fragment().starts_with("h>") => {
            return Some(Line::Human(Human::Wrote { body: said(block, 2) }));
        }
        _ => {}
    }
    if let Some(child) = block.children.first() {
        let place = reader.place(child.line);
        let message = "only what is written goes on in further lines";
        reader.report(Diagnostic::new(Code::BadChat, place, message).hint("begin it at the left edge"));
    }
    match sign {
        '~' => return wait(rest, reader).map(Line::Wait),
        '=' => return pinned(rest).or_else(|| known(rest, zone, reader).map(Line::Known)),
        _ => {}
    }
    let (word, rest) = first_word(block.line);
    if *word.fragment() == "brand" {
        if chat.brand.is_some() || !chat.lines.is_empty() {
            bad(block.line, "the brand stands at the top, once", "a conversation is with one brand", reader);
        } else {
            chat.brand = Some(At::new((*rest.fragment()).to_owned(), reader.place(rest)));
        }
        return None;
    }
    happening(word, rest, zone, reader)
}

/// A line that begins with a word.
fn happening(word: Span<'_>, rest: Span<'_>, zone: &TimeZone, reader: &mut Reader<'_>) -> Option<Line> {
    let said = *rest.fragment();
    match *word.fragment() {
        "from" => match said.parse() {
            Ok(phone) => return Some(Line::From(phone)),
            Err(error) => bad(rest, &format!("{error}"), "write for example `from +14045550123`", reader),
        },
        "at" => return moment(rest, zone, reader).map(Line::At),
        "lookup" => return lookup(rest, reader),
        "deliver" => match Carrier::ALL.into_iter().find(|carrier| carrier.word() == said) {
            Some(carrier) => return Some(Line::Deliver(carrier)),
            None => deliver(rest, reader),
        },
        "tap" if REACTIONS.contains(&said.to_lowercase().as_str()) || is_sign(said) => {
            return Some(Line::Tap(said.to_owned()));
        }
        "tap" => bad(rest, "this is no reaction", "write for example `tap 👍` or `tap Liked`", reader),
        "set" if !said.is_empty() => {
            let (field, words) = first_word(rest);
            let words = Some((*words.fragment()).to_owned()).filter(|words| !words.is_empty());
            return Some(Line::Set((*field.fragment()).to_owned(), words));
        }
        "set" => bad(word, "which field?", "write for example `set name Ana`; `set name` empties it", reader),
        "node" if said.contains('.') => return Some(Line::Node(said.to_owned())),
        "node" => bad(rest, "this is no node", "write it as `node FLOW.NODE`", reader),
        "campaign" if !said.is_empty() => return Some(Line::Campaign(said.to_owned())),
        "campaign" => bad(word, "which flow does it start?", "write it as `campaign FLOW`", reader),
        "h" => match said {
            "take" => return Some(Line::Human(Human::TookOver)),
            "back" => return Some(Line::Human(Human::GaveBack)),
            "keep" => return Some(Line::Reviewed(Decision::Keep)),
            "optout" => return Some(Line::Reviewed(Decision::OptOut)),
            _ => bad(
                rest,
                "this is nothing a human does",
                "write `h take`, `h back`, `h keep`, `h optout` or `h> TEXT`",
                reader,
            ),
        },
        other => {
            let message = format!("a conversation has no `{other}`");
            let diagnostic = Diagnostic::new(Code::BadChat, reader.place(word), message);
            reader.report(diagnostic.did_you_mean(other, WORDS).known(&WORDS).hint(LINES));
        }
    }
    None
}

/// How lines begin.
const LINES: &str = "lines begin with `>` (they write), `<` (we write), `~` (time passes), `=` (what is known), `!` \
                     (what must not be written), `h>` (a human writes), or with `brand`, `from`, `at`, `lookup`, \
                     `deliver`, `tap`, `set`, `node`, `campaign`, `h take`, `h back`, `h keep`, `h optout`";

/// Reactions as phones spell them before our own words in quotes.
const REACTIONS: [&str; 6] = ["loved", "liked", "disliked", "laughed at", "emphasized", "questioned"];

/// Whether this is an emoji or the like: short, and no word.
fn is_sign(said: &str) -> bool {
    !said.is_empty()
        && said.chars().count() <= 12
        && !said.contains(|c: char| c.is_alphanumeric() || c == ' ')
}

fn bad(at: Span<'_>, message: &str, hint: &str, reader: &mut Reader<'_>) {
    let place: Place = reader.place(at);
    reader.report(Diagnostic::new(Code::BadChat, place, message).hint(hint));
}

fn deliver(rest: Span<'_>, reader: &mut Reader<'_>) {
    let words = Carrier::ALL.map(Carrier::word);
    let message = format!("the provider does not know `{}`", rest.fragment());
    let diagnostic = Diagnostic::new(Code::BadChat, reader.place(rest), message);
    let diagnostic = diagnostic.did_you_mean(rest.fragment(), words).known(&words);
    reader.report(diagnostic.hint("write `deliver ok`, `fail`, `late`, `lost` or `stopped`"));
}

/// The words behind a sign of so many bytes, and those of the lines below, which go on the same message.
fn words(block: &Block<'_>, sign: usize) -> String {
    let mut words = (*after(block.line, sign).fragment()).to_owned();
    append(&block.children, &mut words);
    words
}

fn append(children: &[Block<'_>], words: &mut String) {
    for child in children {
        words.push('\n');
        words.push_str(child.line.fragment());
        append(&child.children, words);
    }
}

/// The same of a text that is written as it is: a `\` before a `#`, before a `\` and alone lets a line begin with that, or
/// be empty.
fn said(block: &Block<'_>, sign: usize) -> String {
    let words = words(block, sign);
    let mut lines = words.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |said, line| {
        let hidden = line.strip_prefix('\\').filter(|rest| rest.is_empty() || rest.starts_with(['#', '\\']));
        format!("{said}\n{}", hidden.unwrap_or(line))
    })
}

fn wait(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<Delay> {
    crate::flow::delay(rest, reader)
}

/// `2026-06-01 12:00 America/New_York`; this zone, where none is written.
fn moment(rest: Span<'_>, zone: &TimeZone, reader: &mut Reader<'_>) -> Option<Timestamp> {
    let mut parts = rest.fragment().splitn(3, ' ');
    let read = || {
        let (date, time) = (parts.next()?, parts.next()?);
        let local: DateTime = format!("{date}T{time}").parse().ok()?;
        let zone = parts.next().map_or_else(|| Ok(zone.clone()), TimeZone::get).ok()?;
        zone.to_ambiguous_timestamp(local).compatible().ok()
    };
    let found = { read }();
    if found.is_none() {
        bad(rest, "this is no moment", "write for example `at 2026-06-01 12:00 America/New_York`", reader);
    }
    found
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
        let hint = "write for example `lookup weather -> ok {\"sky\": \"clear\"}`, `-> failed` or `-> late`";
        bad(rest, "this is no answer of a lookup", hint, reader);
    }
    Some(Line::Lookup(said?.0.to_owned(), answer?))
}

fn known(rest: Span<'_>, zone: &TimeZone, reader: &mut Reader<'_>) -> Option<Expectation> {
    let (word, value) = first_word(rest);
    let said = (*value.fragment()).to_owned();
    let (what, of) = first_word(value);
    let of = Some((*of.fragment()).to_owned()).filter(|of| !of.is_empty());
    let expectation = match (*word.fragment(), of.map(|of| (*what.fragment(), of))) {
        ("consent", Some((status @ ("in" | "out" | "none"), of))) => {
            Expectation::Consent(status.to_owned(), Some(of))
        }
        ("consent", None) if matches!(said.as_str(), "in" | "out" | "none" | "unsure") => {
            Expectation::Consent(said, None)
        }
        ("held", _) => return held(value, zone, reader),
        ("dropped", _) if Refusal::NAMES.contains(&said.as_str()) => Expectation::Dropped(said),
        ("dropped", _) => {
            let message = format!("the gate drops nothing because of `{said}`");
            let diagnostic = Diagnostic::new(Code::BadChat, reader.place(value), message);
            let diagnostic = diagnostic.did_you_mean(&said, Refusal::NAMES).known(&Refusal::NAMES);
            reader.report(diagnostic.hint("write for example `= dropped opted-out`"));
            return None;
        }
        ("consent", _) => {
            bad(
                rest,
                "consent is `in`, `out`, `none` or `unsure`",
                "write for example `= consent in`",
                reader,
            );
            return None;
        }
        ("tag", _) => Expectation::Tag(said),
        ("not", Some(("tag", tag))) => Expectation::NoTag(tag),
        ("not", Some(("known", field))) => Expectation::Field(field, None),
        ("at", _) => Expectation::At(said),
        ("told", _) => Expectation::Told(said),
        ("language", _) => Expectation::Language(said),
        ("", _) => {
            bad(rest, "this line says nothing", "write for example `= name Ana`", reader);
            return None;
        }
        (field, _) => Expectation::Field(field.to_owned(), Some(said)),
    };
    Some(expectation)
}

/// `hours until 2026-06-02 08:00 America/New_York`
fn held(rest: Span<'_>, zone: &TimeZone, reader: &mut Reader<'_>) -> Option<Expectation> {
    let (word, more) = first_word(rest);
    let names = Why::ALL.map(Why::name);
    let Some(why) = Why::ALL.into_iter().find(|why| why.name() == *word.fragment()) else {
        let message = format!("nothing waits because of `{}`", word.fragment());
        let diagnostic = Diagnostic::new(Code::BadChat, reader.place(word), message);
        let diagnostic = diagnostic.did_you_mean(word.fragment(), names).known(&names);
        reader.report(diagnostic.hint("write for example `= held hours`"));
        return None;
    };
    if more.fragment().is_empty() {
        return Some(Expectation::Held(why, None));
    }
    let (until, then) = first_word(more);
    if *until.fragment() != "until" {
        bad(more, "this is no moment", "write for example `= held hours until 2026-06-02 08:00 UTC`", reader);
        return None;
    }
    let own_zone = then.fragment().splitn(3, ' ').nth(2).and_then(|zone| TimeZone::get(zone).ok());
    let moment = moment(then, zone, reader)?;
    Some(Expectation::Held(why, Some(moment.to_zoned(own_zone.unwrap_or_else(|| zone.clone())))))
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
