//! Writing a conversation as a file: what `parse` reads again as the same conversation.

use super::syntax::{Chat, Expectation, Line};
use crate::diagnostic::At;
use crate::dialogue::{Decision, Human};
use crate::simulator::World;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use std::fmt::{self, Display, Formatter};

/// The text of a file: the head, an empty line, the lines. The moment is written in that zone.
#[must_use]
pub fn print(chat: &Chat, zone: &TimeZone) -> String {
    let brand = chat.brand.iter().map(|brand| format!("brand {}\n", brand.value));
    let from = chat.from.iter().map(|from| format!("from {}\n", from.value));
    let at = chat.at.iter().map(|at| format!("at {}\n", moment(at.value, zone)));
    let lines = chat.lines.iter().map(|At { value: line, .. }| {
        if let Line::At(then) = line { format!("at {}\n", moment(*then, zone)) } else { format!("{line}\n") }
    });
    brand.chain(from).chain(at).chain([String::from("\n")]).chain(lines).collect()
}

/// `2026-06-01 12:00 America/New_York`
pub(super) fn moment(at: Timestamp, zone: &TimeZone) -> String {
    let local = at.to_zoned(zone.clone());
    let form = if local.second() == 0 { "%Y-%m-%d %H:%M" } else { "%Y-%m-%d %H:%M:%S" };
    format!("{} {}", local.strftime(form), zone.iana_name().unwrap_or("UTC"))
}

/// A text that was sent, as an expectation that holds for this text alone. Empty lines do not count.
#[must_use]
pub fn exactly(said: &str) -> String {
    let mut expected = String::with_capacity(said.len());
    for line in said.split('\n').filter(|line| !line.trim().is_empty()) {
        if !expected.is_empty() {
            expected.push('\n');
        }
        if line.starts_with('#') {
            expected.push('\\'); // else it would be a comment
        }
        for c in line.chars() {
            if matches!(c, '*' | '{' | '\\') {
                expected.push('\\');
            }
            expected.push(c);
        }
    }
    expected
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(body) => message(f, ">", &hidden(body)),
            Self::From(phone) => write!(f, "from {phone}"),
            Self::At(then) => write!(f, "at {}", moment(*then, &TimeZone::UTC)),
            Self::Tap(reaction) => write!(f, "tap {reaction}"),
            Self::Deliver(carrier) => write!(f, "deliver {}", carrier.word()),
            Self::Set(field, Some(words)) => write!(f, "set {field} {words}"),
            Self::Set(field, None) => write!(f, "set {field}"),
            Self::Node(node) => write!(f, "node {node}"),
            Self::Campaign(flow) => write!(f, "campaign {flow}"),
            Self::Reply(body) => message(f, "<", body),
            Self::Never(body) => message(f, "!", body),
            Self::Wait(delay) => write!(f, "~ {delay}"),
            Self::Known(expectation) => write!(f, "= {expectation}"),
            Self::Pin(node, arm) => write!(f, "= split {node} {arm}"),
            Self::Draw(contest, end) => write!(f, "= draw {contest} {end}"),
            Self::Lookup(name, answer) => write!(f, "lookup {name} -> {answer}"),
            Self::Human(Human::Wrote { body }) => message(f, "h>", &hidden(body)),
            Self::Human(Human::TookOver) => f.write_str("h take"),
            Self::Human(Human::GaveBack) => f.write_str("h back"),
            Self::Reviewed(Decision::Keep) => f.write_str("h keep"),
            Self::Reviewed(Decision::OptOut) => f.write_str("h optout"),
        }
    }
}

impl Display for Expectation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Consent(status, None) => write!(f, "consent {status}"),
            Self::Consent(status, Some(of)) => write!(f, "consent {status} {of}"),
            Self::Held(why, None) => write!(f, "held {}", why.name()),
            Self::Held(why, Some(until)) => {
                let moment = moment(until.timestamp(), until.time_zone());
                write!(f, "held {} until {moment}", why.name())
            }
            Self::Dropped(why) => write!(f, "dropped {why}"),
            Self::Tag(tag) => write!(f, "tag {tag}"),
            Self::NoTag(tag) => write!(f, "not tag {tag}"),
            Self::At(node) => write!(f, "at {node}"),
            Self::Language(language) => write!(f, "language {language}"),
            Self::Told(webhook) => write!(f, "told {webhook}"),
            Self::Field(field, Some(value)) => write!(f, "{field} {value}"),
            Self::Field(field, None) => write!(f, "not known {field}"),
        }
    }
}

impl Display for World {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ok(body) => write!(f, "ok {body}"),
            Self::Failed => f.write_str("failed"),
            Self::Late => f.write_str("late"),
        }
    }
}

/// A text whose further lines are read as they are: one that begins like a comment, or is empty, stands behind a `\`.
fn hidden(body: &str) -> String {
    let mut lines = body.split('\n');
    let first = lines.next().unwrap_or_default().to_owned();
    lines.fold(first, |said, line| {
        let hides = line.trim().is_empty() || line.starts_with(['#', '\\']);
        format!("{said}\n{}{line}", if hides { "\\" } else { "" })
    })
}

/// A sign, the first line of a message, and its further lines indented by two spaces.
fn message(f: &mut Formatter<'_>, sign: &str, body: &str) -> fmt::Result {
    write!(f, "{sign} {}", body.replace('\n', "\n  "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::{Diagnostics, Sources};
    use crate::outline::Reader;
    use crate::transcript::parse;

    const WRITTEN: &str = "\
brand scoops
from +14045550123
at 2026-06-01 12:00 America/New_York

lookup weather -> ok {\"sky\": \"clear\"}
lookup weather -> failed
= split menu.flavor mint
= draw cones won
> JOIN
= consent in
= tag vip
= not tag old
= name Ana
= not known zip
= at menu.flavor
= told crm
< Welcome! *
  More: \\* and \\{zip}.
! Sorry*
~ 2d
~ 90s
h take
h> I am Kim.
h back
from +14045550124
at 2026-06-05 09:30 America/New_York
> Look:
  \\
  \\# one
  [https://example.com/cat.png]
tap 👍
tap Laughed at
deliver late
set name Ana Maria
set name
node menu.flavor
campaign summer
= language es
";

    #[test]
    fn what_was_read_is_written_as_it_was() {
        let (mut sources, mut found) = (Sources::default(), Diagnostics::default());
        let chat = parse(WRITTEN, &mut Reader::new(sources.add("x", WRITTEN), &mut found));
        assert_eq!(found.iter().count(), 0, "{found:?}");
        assert_eq!(print(&chat, &TimeZone::get("America/New_York").expect("a zone")), WRITTEN);
    }

    #[test]
    fn an_exact_expectation_hides_the_signs_that_mean_more() {
        assert_eq!(exactly("2 * 3 {x} \\"), "2 \\* 3 \\{x} \\\\");
        assert_eq!(exactly("one\n\n#two"), "one\n\\#two");
    }
}
