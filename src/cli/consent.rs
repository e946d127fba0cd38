//! `sayso consent`: the ledger as a proof. One person's page, the chains computed again, the roots of the days, and what is
//! kept no longer; and the texts that somebody must read.

mod optout;
mod page;
mod review;

use super::desk::{Desk, agreed, kept_as, left_alone, nobody, strange};
use super::{Exit, Streams, Unusable, runtime};
use crate::consent::{Broken, Verifier};
use crate::engine::expiry::{ERASED_AT_ONCE, years_before};
use crate::engine::{Clock, SystemClock};
use crate::server::socket::{Request, Response};
use crate::sms::{BrandId, Key, Phone};
use crate::store::{Erased, Scanned, Table};
use crate::workspace::Workspace;
use clap::Subcommand;
use optout::Entered;
use serde_json::json;
use std::collections::BTreeMap;

/// How often the ledgers are followed again where a server erased somebody meanwhile.
const VERIFY_TRIES: usize = 5;

/// What is asked about consent.
#[derive(Debug, Subcommand)]
pub(super) enum Wanted {
    /// Show the proof for a number: every entry with the words shown and received, and what it means now.
    Show {
        /// The number.
        phone: Phone,
        /// The brand; not needed where there is only one.
        #[arg(long)]
        brand: Option<String>,
    },
    /// Compute all chains and days again; exit code 1 and every broken place where something is not as it was written.
    Verify {
        /// Only of this brand.
        #[arg(long)]
        brand: Option<String>,
    },
    /// Print the roots of the days: kept elsewhere, they show that a whole chain was taken away.
    Roots {
        /// Only of this brand.
        #[arg(long)]
        brand: Option<String>,
    },
    /// Erase people whose consent ended longer ago than `keep_years` in `sayso.toml`.
    Expire {
        /// Only of this brand.
        #[arg(long)]
        brand: Option<String>,
        /// Do it; without it, only say how many there are.
        #[arg(long)]
        yes: bool,
    },
    /// Enter opt-outs that came by another way than a text: nothing is sent because of it.
    Optout {
        /// The numbers; `-` reads them from the standard input, one a line.
        #[arg(required = true)]
        numbers: Vec<String>,
        /// The brand; not needed where there is only one.
        #[arg(long)]
        brand: Option<String>,
        /// How they said so, for the ledger: "an e-mail of 3 June".
        #[arg(long, default_value = "another way than a text")]
        way: String,
        /// Who enters it, for the ledger.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
    /// List the texts that may be opt-outs, oldest first, and decide them. Nothing is sent to who wrote one until then.
    Review {
        /// These are opt-outs: each as it is listed, or a number alone.
        #[arg(long, value_name = "BRAND/NUMBER", num_args = 1..)]
        optout: Vec<String>,
        /// These are none: the dialogue goes on.
        #[arg(long, value_name = "BRAND/NUMBER", num_args = 1..)]
        keep: Vec<String>,
        /// Who has read them, for the ledger.
        #[arg(long, env = "USER", default_value = "an operator")]
        by: String,
    },
}

/// Does what is asked.
pub(super) fn consent(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    match wanted {
        Wanted::Show { phone, brand } => {
            let key = Key { brand: kept_as(workspace, brand.as_deref())?, phone: *phone };
            show(workspace, &key, json, streams)
        }
        Wanted::Verify { brand } => {
            verify(workspace, only(workspace, brand.as_deref()).as_ref(), json, streams)
        }
        Wanted::Roots { brand } => {
            roots(workspace, only(workspace, brand.as_deref()).as_ref(), json, streams)
        }
        Wanted::Expire { brand, yes } => {
            expire(workspace, only(workspace, brand.as_deref()).as_ref(), *yes, streams)
        }
        Wanted::Optout { numbers, brand, way, by } => {
            let entered = Entered { numbers, brand: brand.as_deref(), way, by };
            optout::optout(workspace, &entered, streams)
        }
        Wanted::Review { optout, keep, by } => review::review(workspace, (optout, keep), by, json, streams),
    }
}

/// The name under which the data of the one brand is kept that is asked for.
fn only(workspace: &Workspace, brand: Option<&str>) -> Option<BrandId> {
    brand.map(|brand| workspace.kept_as(&BrandId::from(brand)).clone())
}

fn show(workspace: &Workspace, key: &Key, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let asked = runtime(false)?
        .block_on(async { Desk::open(workspace).await?.ask(Request::Person(key.clone())).await })?;
    let Response::Person { version, record, ledger } = asked else { return Err(strange()) };
    if version == 0 && ledger.is_empty() {
        return Err(nobody(workspace, key));
    }
    let broken = chain(&ledger);
    let brand = workspace.called(&key.brand);
    if json {
        let page = json!({
            "brand": brand,
            "phone": key.phone,
            "standing": record.person.standing,
            "chain": { "entries": ledger.len(), "broken": broken },
            "ledger": ledger,
        });
        writeln!(streams.out, "{page}")?;
    } else {
        page::print(brand, key.phone, &record.person.standing, &ledger, &broken, streams.out)?;
    }
    Ok(if broken.is_empty() { Exit::Done } else { Exit::Found })
}

/// What is broken in one person's chain.
fn chain(ledger: &[Scanned]) -> Vec<Broken> {
    let mut verifier = Verifier::default();
    for item in ledger {
        follow(&mut verifier, item);
    }
    verifier.finish_chains()
}

fn follow(verifier: &mut Verifier, item: &Scanned) {
    match item {
        Scanned::Consent { key, entry, link } => verifier.entry(key, entry, link),
        Scanned::Proof { brand, whose, link } => verifier.proof(brand, whose, link),
        Scanned::Damaged { brand, whose, number, damage } => verifier.damaged(brand, whose, *number, damage),
        Scanned::Root { root, .. } => verifier.root((**root).clone()),
        Scanned::Subscriber { .. }
        | Scanned::Turn { .. }
        | Scanned::ErasedTurn { .. }
        | Scanned::Row(_)
        | Scanned::Sent(_)
        | Scanned::Review { .. }
        | Scanned::Suppression { .. } => {}
    }
}

/// Follows everything: O(entries) time; memory as [`Verifier`] says.
fn verify(
    workspace: &Workspace,
    brand: Option<&BrandId>,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let ((entries, people), broken) = runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        let mut tries = 1;
        loop {
            let (counts, broken) = followed(&mut desk, brand).await?;
            // Somebody who is erased while their chain is followed is met twice, or not at all.
            if broken.is_empty() || !desk.is_live() || tries == VERIFY_TRIES {
                return Ok::<_, Unusable>((counts, broken));
            }
            tries += 1;
        }
    })?;
    for found in &broken {
        let Broken { brand, whose, number, what } = found;
        let brand = workspace.called(brand);
        if json {
            writeln!(
                streams.out,
                "{}",
                json!({ "brand": brand, "whose": whose, "number": number, "what": what })
            )?;
        } else {
            let place =
                number.map_or_else(|| format!("day {whose}"), |number| format!("{whose}, entry {number}"));
            writeln!(streams.out, "{brand}: {place}: {what}")?;
        }
    }
    writeln!(streams.err, "{entries} entries of {people} people followed, {} broken", broken.len())?;
    Ok(if broken.is_empty() { Exit::Done } else { Exit::Found })
}

async fn followed(desk: &mut Desk, brand: Option<&BrandId>) -> Result<((u64, u64), Vec<Broken>), Unusable> {
    let mut verifier = Verifier::new(desk.is_live());
    for table in [Table::Roots, Table::Consents] {
        desk.each(table, None, |item| {
            if brand.is_none_or(|brand| item.brand() == brand) {
                follow(&mut verifier, &item);
            }
            Ok(())
        })
        .await?;
    }
    Ok((verifier.counts(), verifier.finish()))
}

fn roots(
    workspace: &Workspace,
    brand: Option<&BrandId>,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        desk.each(Table::Roots, None, |item| {
            let Scanned::Root { root, open } = &item else { return Ok(()) };
            if brand.is_some_and(|brand| root.brand != *brand) {
                return Ok(());
            }
            if json {
                writeln!(streams.out, "{}", json!({ "root": root, "open": open }))?;
            } else {
                let grows = if *open { "  (may still grow)" } else { "" };
                let (brand, day, entries, hash) =
                    (workspace.called(&root.brand), root.day, root.entries, root.hash);
                writeln!(streams.out, "{brand}  {day}  {entries:>8}  {hash}{grows}")?;
            }
            Ok(())
        })
        .await
    })?;
    Ok(Exit::Done)
}

fn expire(
    workspace: &Workspace,
    brand: Option<&BrandId>,
    yes: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let years = workspace.config.ledger.keep_years;
    let moment = years_before(SystemClock.now(), years);
    runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        let asked = desk.ask(Request::EndedBefore { brand: brand.cloned(), moment }).await?;
        let Response::People(people) = asked else { return Err(strange()) };
        let mut of_brands: BTreeMap<&BrandId, u64> = BTreeMap::new();
        for key in &people {
            *of_brands.entry(workspace.called(&key.brand)).or_default() += 1;
        }
        for (brand, count) in &of_brands {
            let who = if *count == 1 { "person's" } else { "people's" };
            writeln!(streams.out, "{brand}: {count} {who} consent ended more than {years} years ago")?;
        }
        if people.is_empty() {
            writeln!(streams.out, "nobody's consent ended more than {years} years ago")?;
            return Ok(Exit::Done);
        }
        if !agreed(yes, streams)? {
            return left_alone(streams);
        }
        let mut erased = 0;
        for people in people.chunks(ERASED_AT_ONCE) {
            let asked = desk.ask(Request::Erase(people.to_vec(), "retention".to_owned())).await?;
            let Response::Erased(done) = asked else { return Err(strange()) };
            erased += done.iter().filter(|done: &&Erased| done.known).count();
        }
        writeln!(streams.out, "{erased} erased; the proofs and the suppressions stay")?;
        Ok(Exit::Done)
    })
}
