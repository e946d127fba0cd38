//! A person's ledger as a page that a lawyer can read.

use crate::cli::Unusable;
use crate::consent::chain::Link;
use crate::consent::{Broken, LedgerEntry, Reason, Scope, Standing, Status};
use crate::sms::{BrandId, Phone, ProgrammeId};
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
    if let Some(unsure) = standing.unsure {
        let (entry, since) = (unsure.entry, unsure.since);
        writeln!(
            out,
            "A text that may be an opt-out (entry {entry}) waits to be read since {since}: nothing is sent until then."
        )?;
    }
    for line in parts(standing) {
        writeln!(out, "{line}")?;
    }
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
            | Scanned::Review { .. }
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
    writeln!(out, "   reaches   {}", reach(entry))?;
    writeln!(out, "   sender    {sender}")?;
    writeln!(out, "   message   {message}")?;
    writeln!(out, "   rule      {}", entry.rule)?;
    if entry.reason != Reason::Asked {
        writeln!(out, "   reason    {}", entry.reason.name())?;
    }
    if let Some(settles) = entry.settles {
        writeln!(out, "   decides   entry {settles}")?;
    }
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
    writeln!(out, "\n{}. {}  {} by {}", link.number, link.at, link.change, link.how)?;
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

/// What was said about parts of the brand, a sentence each.
fn parts(standing: &Standing) -> Vec<String> {
    let parts = &standing.parts;
    let of = |programme: &ProgrammeId| {
        if programme.is_main() { "the main program".to_owned() } else { format!("the program `{programme}`") }
    };
    let programmes =
        parts.programmes.iter().map(|(programme, status)| format!("For {}: {status}.", of(programme)));
    let mut lines: Vec<String> = programmes.collect();
    if parts.no_marketing {
        lines.push("Marketing: out. Only messages of flows with `content service` may be sent.".to_owned());
    }
    lines
}

/// How far an entry reaches, in words.
fn reach(entry: &LedgerEntry) -> String {
    match &entry.scope {
        Scope::Brand => "everything of the brand".to_owned(),
        Scope::Programme(programme) if programme.is_main() => "the main program alone".to_owned(),
        Scope::Programme(programme) => format!("the program `{programme}` alone"),
        Scope::Marketing => "marketing alone".to_owned(),
    }
}

fn means(status: Status) -> &'static str {
    match status {
        Status::None => "Only direct answers to texts of theirs may be sent.",
        Status::In => "Messages of the program may be sent.",
        Status::Out => "Nothing may be sent but answers to HELP.",
    }
}
