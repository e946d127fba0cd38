//! A person's ledger as a page that a lawyer can read.

use crate::cli::Unusable;
use crate::consent::chain::Link;
use crate::consent::{Broken, Change, How, LedgerEntry, Standing, Status};
use crate::sms::{BrandId, Phone};
use crate::store::Scanned;
use std::io::Write;

/// Prints the page.
pub(in crate::cli) fn print(
    brand: &BrandId,
    phone: Phone,
    standing: &Standing,
    ledger: &[Scanned],
    broken: &[Broken],
    out: &mut dyn Write,
) -> Result<(), Unusable> {
    writeln!(out, "Consent of {phone} with the brand `{brand}`\n")?;
    let since = standing.since.map_or_else(String::new, |since| format!(" since {since}"));
    writeln!(out, "Now: {}{since}. {}", standing.status, means(standing.status))?;
    if let Some(years) = standing.of_age {
        writeln!(out, "Has shown by a birth date to be {years} or older.")?;
    }
    match broken.first() {
        None => writeln!(out, "Chain: unbroken, {} entries.", ledger.len())?,
        Some(Broken { number, what, .. }) => {
            writeln!(out, "Chain: BROKEN at entry {}: {what}.", number.unwrap_or_default())?;
        }
    }
    for item in ledger {
        match item {
            Scanned::Consent { entry, link, .. } => live(entry, link, out)?,
            Scanned::Proof { link, .. } => erased(link, out)?,
            Scanned::Damaged { number, damage, .. } => {
                writeln!(out, "\n{number}. This entry cannot be read: {damage}.")?;
            }
            Scanned::Subscriber { .. }
            | Scanned::Turn { .. }
            | Scanned::ErasedTurn { .. }
            | Scanned::Row(_)
            | Scanned::Sent(_)
            | Scanned::Root { .. }
            | Scanned::Suppression { .. } => {}
        }
    }
    let proof = "Every hash is SHA-256 and covers the entry before it; `sayso consent verify` computes all of them again.";
    writeln!(out, "\n{proof}")?;
    Ok(())
}

fn live(entry: &LedgerEntry, link: &Link, out: &mut dyn Write) -> Result<(), Unusable> {
    head(link, out)?;
    let sender = entry.sender.map_or_else(|| "none".to_owned(), |sender| sender.to_string());
    let message = entry.message.as_ref().map_or("none", |id| id.as_str());
    let language = entry.language;
    writeln!(out, "   program   {}", entry.programme)?;
    writeln!(out, "   sender    {sender}")?;
    writeln!(out, "   message   {message}")?;
    writeln!(out, "   rule      {}", entry.rule)?;
    writeln!(out, "   language  {language}")?;
    words("shown", entry.shown.as_deref(), "nothing: the person wrote first, or was not asked", out)?;
    words("received", entry.received.as_deref(), "nothing that is kept", out)?;
    writeln!(out, "   digest    {}", link.digest)?;
    writeln!(out, "   hash      {}", link.hash)?;
    Ok(())
}

fn erased(link: &Link, out: &mut dyn Write) -> Result<(), Unusable> {
    head(link, out)?;
    writeln!(
        out,
        "   erased    the words and the salt are gone; the digest proves that there was such an entry"
    )?;
    writeln!(out, "   digest    {}", link.digest)?;
    writeln!(out, "   hash      {}", link.hash)?;
    Ok(())
}

fn head(link: &Link, out: &mut dyn Write) -> Result<(), Unusable> {
    writeln!(out, "\n{}. {}  {}, {}", link.number, link.at, changed(link.change), by(link.how))?;
    Ok(())
}

/// Words as they were, each of their lines behind the margin.
fn words(name: &str, words: Option<&str>, none: &str, out: &mut dyn Write) -> Result<(), Unusable> {
    let Some(words) = words else {
        writeln!(out, "   {name:9} ({none})")?;
        return Ok(());
    };
    for (index, line) in words.split('\n').enumerate() {
        let name = if index == 0 { name } else { "" };
        writeln!(out, "   {name:9} | {line}")?;
    }
    Ok(())
}

fn changed(change: Change) -> String {
    match change {
        Change::In => "opted in".to_owned(),
        Change::Out => "opted out".to_owned(),
        Change::Asked => "asked to be asked: the first half of a double opt-in".to_owned(),
        Change::Declined => "was asked and said no".to_owned(),
        Change::OfAge(years) => format!("showed to be {years} or older"),
        Change::Underage(years) => format!("showed to be younger than {years}"),
        Change::Deactivated(on) => format!("the number was switched off on {on}: consent ended"),
        Change::Reassigned(on) => {
            format!(
                "the number was given to somebody else on {on}: consent ended, the new holder starts clean"
            )
        }
        Change::Erased => "was erased".to_owned(),
    }
}

fn by(how: How) -> &'static str {
    match how {
        How::Text => "by a text",
        How::Provider => "by the provider",
        How::Api => "by the operator",
        How::Import => "by a list that was imported",
        How::Erasure => "by an erasure",
    }
}

fn means(status: Status) -> &'static str {
    match status {
        Status::None => "Only direct answers to texts of theirs may be sent.",
        Status::In => "Messages of the program may be sent.",
        Status::Out => "Nothing may be sent but answers to HELP.",
    }
}
