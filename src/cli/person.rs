//! Everything of one person: `sayso export --person` gives it to them (GDPR articles 15 and 20), `sayso forget` takes it away
//! (article 17).

use super::desk::{Desk, agreed, kept_as, left_alone, nobody, strange};
use super::{Exit, Streams, Unusable, many, runtime};
use crate::consent::{Change, Status};
use crate::dialogue::{Effect, Event, Record};
use crate::server::socket::{Request, Response};
use crate::sms::{Key, Phone};
use crate::store::{Entry, Row, RowId, Scanned, Sent, Table};
use crate::workspace::Workspace;
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;

/// Who is to be forgotten.
#[derive(Debug, clap::Args)]
pub(super) struct Forget {
    /// The number.
    phone: Phone,
    /// The brand; not needed where there is only one.
    #[arg(long)]
    brand: Option<String>,
    /// Do it; without it, somebody at the terminal is asked.
    #[arg(long)]
    yes: bool,
}

/// Everything of one person.
struct Dossier {
    key: Key,
    record: Record,
    ledger: Vec<Scanned>,
    turns: Vec<(u64, Entry)>,
    outbox: Vec<Row>,
    sent: BTreeMap<RowId, Sent>,
    /// Since when the number has its present holder, where it had another one before.
    since: Option<Timestamp>,
}

impl Dossier {
    /// Looks for everything. O(what the store holds): turns are not indexed by person.
    async fn gather(desk: &mut Desk, workspace: &Workspace, key: Key) -> Result<Self, Unusable> {
        let Response::Person { version, record, ledger } = desk.ask(Request::Person(key.clone())).await?
        else {
            return Err(strange());
        };
        if version == 0 && ledger.is_empty() {
            return Err(nobody(workspace, &key));
        }
        let (mut turns, mut outbox, mut sent) = (Vec::new(), Vec::new(), BTreeMap::new());
        for table in [Table::Turns, Table::Outbox, Table::Sent] {
            desk.each(table, Some(&key), |item| {
                match item {
                    Scanned::Turn { seq, entry } => turns.push((seq, *entry)),
                    Scanned::Row(row) => outbox.push(*row),
                    Scanned::Sent(one) => {
                        sent.insert(one.row, *one);
                    }
                    Scanned::Subscriber { .. }
                    | Scanned::ErasedTurn { .. }
                    | Scanned::Consent { .. }
                    | Scanned::Proof { .. }
                    | Scanned::Damaged { .. }
                    | Scanned::Root { .. }
                    | Scanned::Review { .. }
                    | Scanned::Suppression { .. } => {}
                }
                Ok(())
            })
            .await?;
        }
        let left = |item: &Scanned| {
            let Scanned::Consent { link, .. } = item else { return None };
            matches!(link.change, Change::Deactivated(_) | Change::Reassigned(_)).then_some(link.at)
        };
        let since = ledger.iter().rev().find_map(left);
        Ok(Self { key, record: *record, ledger, turns, outbox, sent, since })
    }

    /// Leaves out what an earlier holder of the number said: it is somebody else's.
    fn of_today(mut self) -> Self {
        let Some(since) = self.since else { return self };
        self.turns.retain(|(_, entry)| entry.at > since);
        let turns: std::collections::BTreeSet<u64> = self.turns.iter().map(|(seq, _)| *seq).collect();
        self.outbox.retain(|row| turns.contains(&row.id.seq));
        self.sent.retain(|row, _| turns.contains(&row.seq));
        self.ledger.retain(|item| matches!(item, Scanned::Consent { link, .. } if link.at > since));
        self
    }

    /// The texts of both sides, in order.
    fn messages(&self) -> Vec<Json> {
        self.turns.iter().flat_map(|(seq, entry)| self.of_turn(*seq, entry)).collect()
    }

    fn of_turn(&self, seq: u64, entry: &Entry) -> Vec<Json> {
        let received = if let Event::Text(text) = &entry.event {
            let media: Vec<&str> = text.media.iter().map(|media| media.url.as_str()).collect();
            let (at, to, id) = (entry.at, text.to, &text.id);
            Some(json!({ "at": at, "from": "person", "to": to, "text": text.body, "media": media, "id": id }))
        } else {
            None
        };
        let sends = entry.effects.iter().enumerate().filter_map(|(index, effect)| match effect {
            Effect::Send(send) => {
                let id = RowId { seq, index: u16::try_from(index).unwrap_or(u16::MAX) };
                let waiting = self.outbox.iter().find(|row| row.id == id).map(|row| json!(row.state));
                let state = self.sent.get(&id).map(|sent| json!(sent.receipt)).or(waiting);
                Some(json!({
                    "at": entry.at, "from": "brand", "number": send.from, "text": send.body,
                    "media": send.media, "why": send.class, "state": state,
                    "sent_at": self.sent.get(&id).map(|sent| sent.at),
                }))
            }
            Effect::Ledger(_) | Effect::Take(_) | Effect::Lookup(_) | Effect::Notify(_) => None,
        });
        received.into_iter().chain(sends).collect()
    }

    fn json(&self, brand: &str) -> Json {
        let person = &self.record.person;
        json!({
            "brand": brand,
            "phone": self.key.phone,
            "holder_since": self.since,
            "fields": person.fields.iter().map(|(name, value)| (name, value.to_string())).collect::<BTreeMap<_, _>>(),
            "tags": person.tags,
            "standing": person.standing,
            "messages": self.messages(),
            "ledger": self.ledger,
            "dialogue": self.record,
            "turns": self.turns.iter().map(|(seq, entry)| json!({ "seq": seq, "entry": entry })).collect::<Vec<_>>(),
            "outbox": self.outbox,
            "sent": self.sent.values().collect::<Vec<_>>(),
        })
    }

    fn print(&self, brand: &str, streams: &mut Streams<'_>) -> Result<(), Unusable> {
        let person = &self.record.person;
        writeln!(streams.out, "What the brand `{brand}` knows about {}", self.key.phone)?;
        if let Some(since) = self.since {
            writeln!(streams.out, "since {since}, when the number got another holder")?;
        }
        writeln!(streams.out, "\nFields")?;
        for (name, value) in &person.fields {
            writeln!(streams.out, "  {name}: {value}")?;
        }
        let tags: Vec<&str> = person.tags.iter().map(String::as_str).collect();
        writeln!(streams.out, "Tags: {}", if tags.is_empty() { "none".to_owned() } else { tags.join(", ") })?;
        writeln!(streams.out, "Consent: {}; `sayso consent show` prints the ledger", person.standing.status)?;
        writeln!(streams.out, "\nMessages")?;
        for message in self.messages() {
            let word = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
            let side = if word("from") == "person" { ">" } else { "<" };
            writeln!(streams.out, "  {} {side} {}", word("at"), word("text").replace('\n', "\n      "))?;
            for url in message["media"].as_array().into_iter().flatten().filter_map(Json::as_str) {
                writeln!(streams.out, "      [{url}]")?;
            }
        }
        Ok(())
    }
}

/// Prints everything of one person.
pub(super) fn export(
    workspace: &Workspace,
    phone: Phone,
    brand: Option<&str>,
    readable: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let key = Key { brand: kept_as(workspace, brand)?, phone };
    let dossier = runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        Dossier::gather(&mut desk, workspace, key).await
    })?;
    let dossier = dossier.of_today();
    let brand = workspace.called(&dossier.key.brand).as_str();
    if readable {
        dossier.print(brand, streams)?;
    } else {
        writeln!(streams.out, "{}", dossier.json(brand))?;
    }
    Ok(Exit::Done)
}

/// Says what goes and what must stay, and does it when somebody agrees.
pub(super) fn forget(
    workspace: &Workspace,
    wanted: &Forget,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let key = Key { brand: kept_as(workspace, wanted.brand.as_deref())?, phone: wanted.phone };
    runtime(false)?.block_on(async {
        let mut desk = Desk::open(workspace).await?;
        let dossier = Dossier::gather(&mut desk, workspace, key.clone()).await?;
        if dossier.record.person.turn == 0 {
            let brand = workspace.called(&key.brand);
            writeln!(streams.out, "{} was erased from the brand `{brand}` before", key.phone)?;
            return Ok(Exit::Done);
        }
        goes(workspace, &dossier, streams)?;
        if !agreed(wanted.yes, streams)? {
            return left_alone(streams);
        }
        let asked = desk.ask(Request::Erase(vec![key.clone()], "forget".to_owned())).await?;
        let Response::Erased(erased) = asked else { return Err(strange()) };
        let erased = erased.first().copied().unwrap_or_default();
        let (turns, sent, waiting) = (erased.turns, erased.sent, erased.outbox);
        writeln!(
            streams.out,
            "\nerased: {turns} turns, {sent} sent and {waiting} waiting messages, the words of {} ledger entries",
            erased.entries.saturating_sub(1)
        )?;
        Ok(Exit::Done)
    })
}

fn goes(workspace: &Workspace, dossier: &Dossier, streams: &mut Streams<'_>) -> Result<(), Unusable> {
    let Dossier { key, record, ledger, turns, outbox, sent, .. } = dossier;
    let person = &record.person;
    let brand = workspace.called(&key.brand);
    let texts = turns.iter().filter(|(_, entry)| matches!(entry.event, Event::Text(_))).count();
    let media: usize = turns
        .iter()
        .map(|(_, entry)| if let Event::Text(text) = &entry.event { text.media.len() } else { 0 })
        .sum();
    let entries = ledger.iter().filter(|item| matches!(item, Scanned::Consent { .. })).count();
    writeln!(streams.out, "What the brand `{brand}` keeps of {} and what becomes of it\n", key.phone)?;
    writeln!(streams.out, "goes")?;
    writeln!(streams.out, "  {} and {}", many(person.fields.len(), "field"), many(person.tags.len(), "tag"))?;
    writeln!(streams.out, "  the dialogue: where it stands, votes, contests, timers")?;
    writeln!(
        streams.out,
        "  {} of theirs with {}, and what was answered, in {} of the log",
        many(texts, "text"),
        many(media, "reference to media").replace("medias", "media"),
        many(turns.len(), "turn")
    )?;
    writeln!(
        streams.out,
        "  {} and {}",
        many(sent.len(), "sent message"),
        many(outbox.len(), "waiting message")
    )?;
    writeln!(
        streams.out,
        "  the words and salts of {} in the ledger",
        if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") }
    )?;
    writeln!(streams.out, "\nstays, without the number")?;
    writeln!(streams.out, "  the places of the turns in the log: number, brand, moment of the erasure")?;
    writeln!(
        streams.out,
        "  of each ledger entry the number, moment, change and digests: that consent was asked and given must be provable\n  \
         (GDPR articles 7(1) and 17(3)(e); 47 CFR 64.1200)"
    )?;
    let out = if person.standing.status == Status::Out { "the opt-out" } else { "that they were erased" };
    writeln!(
        streams.out,
        "  a keyed hash of brand and number with {out}: who is forgotten must not be written to again\n  \
         (ICO, respect people's preferences: suppress, do not delete)"
    )?;
    writeln!(
        streams.out,
        "\nnot reached by this: providers' own logs, webhooks that were told, backups, logs of the server"
    )?;
    Ok(())
}
