//! `sayso tap`: what a running server does, while it does it, a line each.

use super::desk::kept_as;
use super::serve::stop_signal;
use super::{Exit, Streams, Unusable, no_store, runtime};
use crate::engine::Happening;
use crate::server::socket::{Client, Request, Response};
use crate::sms::{Phone, mask_numbers};
use crate::workspace::Workspace;
use anstyle::{AnsiColor, Style};
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use std::io::IsTerminal;

/// Characters of a text that a line shows.
const SHOWN: usize = 60;

/// Whom to listen for.
#[derive(Debug, clap::Args)]
pub(super) struct Wanted {
    /// Only this brand.
    #[arg(long)]
    brand: Option<String>,
    /// Only the person with this number.
    #[arg(long, value_name = "PHONE")]
    number: Option<Phone>,
    /// Show numbers in full.
    #[arg(long)]
    numbers: bool,
}

/// Prints what happens until it is told to stop, or the server ends.
pub(super) fn tap(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let folder = workspace.root.join(&workspace.config.store.path);
    if !folder.is_dir() {
        return Err(no_store(&folder, "`sayso serve` makes it"));
    }
    let brand = wanted.brand.as_deref().map(|name| kept_as(workspace, Some(name))).transpose()?;
    let request = Request::Tap { brand, phone: wanted.number };
    let colour = streams.colour && std::io::stdout().is_terminal();
    runtime(false)?.block_on(async {
        let client = Client::connect(&folder).await.map_err(|error| {
            Unusable::new(format!("no server answers: {error}")).hint("`sayso serve` is one; start it first")
        })?;
        let mut stop = Box::pin(stop_signal()?);
        let mut heard = client.listen(&request).await.map_err(|error| Unusable::new(error.to_string()))?;
        loop {
            let next = tokio::select! {
                () = &mut stop => return Ok(Exit::Done),
                next = heard.next() => next.map_err(|error| Unusable::new(error.to_string()))?,
            };
            match next {
                Some(Response::Listening) => {
                    writeln!(streams.err, "listening; Ctrl-C ends it")?;
                    streams.err.flush()?;
                }
                Some(Response::Happened(what)) if json => {
                    writeln!(streams.out, "{}", object(workspace, &what, wanted.numbers)?)?;
                }
                Some(Response::Happened(what)) => {
                    writeln!(streams.out, "{}", line(workspace, &what, wanted.numbers, colour))?;
                }
                Some(Response::Missed(count)) if json => {
                    writeln!(streams.out, "{}", json!({ "what": "missed", "count": count }))?;
                }
                Some(Response::Missed(count)) => {
                    writeln!(streams.out, "… {count} more, too fast to be shown")?;
                }
                Some(Response::Error(why)) => return Err(Unusable::new(why)),
                Some(_) => return Err(super::desk::strange()),
                None => {
                    writeln!(streams.err, "the server has ended")?;
                    return Ok(Exit::Done);
                }
            }
            streams.out.flush()?;
        }
    })
}

/// One object, with the brand's name of today.
fn object(workspace: &Workspace, what: &Happening, numbers: bool) -> Result<Value, Unusable> {
    let unreadable = |error: serde_json::Error| Unusable::new(error.to_string());
    let mut object = serde_json::to_value(what).map_err(unreadable)?;
    object["brand"] = json!(workspace.called(what.brand()).as_str());
    if !numbers {
        object["phone"] = json!(what.key().phone.masked());
        for field in ["text", "why", "outcome", "replies"] {
            if let Some(value) = object.get_mut(field) {
                mask(value);
            }
        }
    }
    Ok(object)
}

fn mask(value: &mut Value) {
    match value {
        Value::String(text) => *text = mask_numbers(text).into_owned(),
        Value::Array(list) => list.iter_mut().for_each(mask),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => {}
    }
}

/// The inks of a line.
struct Ink {
    faint: Style,
    brand: Style,
    theirs: Style,
    ours: Style,
    bad: Style,
}

impl Ink {
    fn of(colour: bool) -> Self {
        let ink = |ink: AnsiColor| if colour { ink.on_default() } else { Style::new() };
        Self {
            faint: if colour { Style::new().dimmed() } else { Style::new() },
            brand: ink(AnsiColor::Magenta),
            theirs: ink(AnsiColor::Cyan),
            ours: ink(AnsiColor::Green),
            bad: ink(AnsiColor::Red),
        }
    }
}

fn painted(ink: Style, words: &str) -> String {
    format!("{ink}{words}{ink:#}")
}

/// `12:03:04 scoops +1404•••••23 < "JOIN" = join (keyword) @ welcome.cone > "Welcome…"`
fn line(workspace: &Workspace, what: &Happening, numbers: bool, colour: bool) -> String {
    let ink = Ink::of(colour);
    let words = |text: &str| {
        let text = if numbers { text.into() } else { mask_numbers(text) };
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let short: String = text.chars().take(SHOWN).collect();
        if short.len() < text.len() { format!("{short}…") } else { short }
    };
    let (Happening::Turn { at, key, .. } | Happening::Send { at, key, .. }) = what;
    let time = at.to_zoned(TimeZone::system()).strftime("%H:%M:%S").to_string();
    let phone = if numbers { key.phone.to_string() } else { key.phone.masked() };
    let mut parts = vec![
        painted(ink.faint, &time),
        painted(ink.brand, workspace.called(&key.brand).as_str()),
        painted(ink.faint, &phone),
    ];
    match what {
        Happening::Turn { event, text, outcome, intent, rung, node, replies, .. } => {
            let said = text.as_ref().map_or_else(|| event.clone(), |text| format!("\"{}\"", words(text)));
            parts.push(painted(ink.theirs, &format!("< {said}")));
            parts.extend(intent.as_ref().map(|intent| format!("= {intent}")));
            parts.extend(rung.as_ref().map(|rung| painted(ink.faint, &format!("({rung})"))));
            parts.extend(node.as_ref().map(|node| format!("@ {node}")));
            if outcome != "turn" {
                parts.push(painted(ink.bad, &words(outcome)));
            }
            parts.extend(replies.iter().map(|reply| painted(ink.ours, &format!("> \"{}\"", words(reply)))));
        }
        Happening::Send { text, settlement, account, why, .. } => {
            let went = matches!(settlement.as_str(), "sent" | "done");
            parts.push(painted(if went { ink.ours } else { ink.bad }, settlement));
            parts.extend(account.as_ref().map(|account| format!("by {account}")));
            parts.push(format!("\"{}\"", words(text)));
            parts.extend(why.as_ref().map(|why| painted(ink.bad, &format!("({})", words(why)))));
        }
    }
    parts.join(" ")
}
