//! What was said on both sides, and what became of what was sent.

use super::page::{self, From, Page};
use super::problem::Problem;
use super::scope::{InBrand, InPerson, OfBrand, OfPerson};
use super::{Answer, Api, Asked};
use crate::dialogue::{Effect, Errand, Event};
use crate::store::{Cursor, Entry, Row, RowId, RowState, Scanned, Sent, Table};
use axum::Json;
use axum::extract::{Query, State};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Things that are read in one go.
const PAGE: usize = 500;
/// Pages that one call looks at: tables are in the order of time, and nobody waits for the end of a long one.
const PAGES_MAX: usize = 20;

/// A text of one side.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Message {
    /// Its name: the turn in the log and, of ours, the place in it; `sends` knows it by this name.
    id: String,
    /// When the turn was made.
    #[schema(value_type = String, format = DateTime)]
    at: jiff::Timestamp,
    /// Who wrote it: `person` or `brand`.
    from: &'static str,
    /// The words.
    text: String,
    /// Addresses of pictures.
    media: Vec<String>,
}

/// Something that was to leave the house.
#[derive(Debug, Default, Serialize, ToSchema)]
pub(super) struct Outgoing {
    /// Its name: the turn in the log, and the place in it.
    id: String,
    /// To whom, or about whom.
    phone: String,
    /// `message`, `lookup` or `notify`.
    kind: &'static str,
    /// How far it is.
    state: &'static str,
    /// Why, where it is `unknown` or `dead`.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    why: Option<serde_json::Value>,
    /// The words, as long as it has not been sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    /// When it is tried next, or was taken to be sent.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    due: Option<jiff::Timestamp>,
    /// Attempts so far.
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<u32>,
    /// When a provider took it.
    #[schema(value_type = Option<String>, format = DateTime)]
    #[serde(skip_serializing_if = "Option::is_none")]
    sent_at: Option<jiff::Timestamp>,
    /// The provider's account and its name for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    provider_id: Option<String>,
    /// The provider's last word.
    #[schema(value_type = Option<Object>)]
    #[serde(skip_serializing_if = "Option::is_none")]
    receipt: Option<serde_json::Value>,
}

/// How far something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Progress {
    /// To be sent when due.
    Pending,
    /// The gate holds it.
    Held,
    /// It is being sent.
    Sending,
    /// Nobody knows whether it left; it is not repeated.
    Unknown,
    /// It is never sent.
    Dead,
    /// A provider took it.
    Sent,
}

/// What is to be listed.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct OfState {
    /// Only what is this far. `sent` is a list of its own: all others are what has not been sent.
    state: Option<Progress>,
    /// Where to go on: the `next` of the page before.
    after: Option<String>,
}

/// What was said on both sides, oldest first. The log is not kept by person: a page is what of it stands within the next ten
/// thousand turns of all brands, so that it may be empty and not be the last.
#[utoipa::path(get, path = "/v1/brands/{brand}/subscribers/{phone}/messages", tag = "messages",
    params(InPerson, From), responses((status = 200, body = Page<Message>)))]
pub(super) async fn messages(
    State(api): State<Api>,
    person: OfPerson,
    Asked(Query(from)): Asked<Query<From>>,
) -> Answer<Page<Message>> {
    let is_theirs = |item: &Scanned| item.key() == Some(person.key());
    let (items, next) = some(&api, Table::Turns, from.after.as_deref(), is_theirs).await?;
    let items =
        items.into_iter().filter_map(Scanned::turn).flat_map(|(seq, entry)| said(seq, &entry)).collect();
    Ok(Json(Page { items, next }))
}

/// What leaves the house for a brand, and how far it is, oldest first. A page is what of it stands within the next ten thousand
/// of all brands, so that it may be empty and not be the last.
#[utoipa::path(get, path = "/v1/brands/{brand}/sends", tag = "messages",
    params(InBrand, OfState), responses((status = 200, body = Page<Outgoing>)))]
pub(super) async fn sends(
    State(api): State<Api>,
    brand: OfBrand,
    Asked(Query(wanted)): Asked<Query<OfState>>,
) -> Answer<Page<Outgoing>> {
    let table = if wanted.state == Some(Progress::Sent) { Table::Sent } else { Table::Outbox };
    let is_wanted = |item: &Scanned| {
        let state = if let Scanned::Row(row) = item { row.state.name() } else { Progress::Sent.name() };
        item.brand() == brand.id() && wanted.state.is_none_or(|wanted| wanted.name() == state)
    };
    let (items, next) = some(&api, table, wanted.after.as_deref(), is_wanted).await?;
    let outgoing = items.into_iter().filter_map(|item| {
        let sent = if let Scanned::Sent(sent) = &item { Some(Outgoing::sent(sent)) } else { None };
        sent.or_else(|| item.row().as_ref().map(Outgoing::waiting))
    });
    Ok(Json(Page { items: outgoing.collect(), next }))
}

/// What is wanted of the next pages of a table, until something was found or enough was looked at. O([`PAGE`] x [`PAGES_MAX`]).
async fn some(
    api: &Api,
    table: Table,
    after: Option<&str>,
    is_wanted: impl Fn(&Scanned) -> bool,
) -> Result<(Vec<Scanned>, Option<String>), Problem> {
    let mut after: Option<Cursor> = page::read(after)?;
    let mut wanted = Vec::new();
    for _ in 0..PAGES_MAX {
        let found = api.engine.store().scan(table, after, PAGE).await?;
        wanted.extend(found.items.into_iter().filter(&is_wanted));
        after = found.next;
        if after.is_none() || wanted.len() >= PAGE {
            break;
        }
    }
    Ok((wanted, after.as_ref().and_then(page::written)))
}

/// The texts of a turn.
fn said(seq: u64, entry: &Entry) -> Vec<Message> {
    let heard = if let Event::Text(text) = &entry.event {
        let media = text.media.iter().map(|media| media.url.clone()).collect();
        Some(Message { id: seq.to_string(), at: entry.at, from: "person", text: text.body.clone(), media })
    } else {
        None
    };
    let sends = entry.effects.iter().enumerate().filter_map(|(index, effect)| {
        let Effect::Send(send) = effect else { return None };
        let id = RowId { seq, index: u16::try_from(index).ok()? };
        let (text, media) = (send.body.clone(), send.media.clone());
        Some(Message { id: id.to_string(), at: entry.at, from: "brand", text, media })
    });
    heard.into_iter().chain(sends).collect()
}

impl Progress {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Held => "held",
            Self::Sending => "sending",
            Self::Unknown => "unknown",
            Self::Dead => "dead",
            Self::Sent => "sent",
        }
    }
}

impl Outgoing {
    fn waiting(row: &Row) -> Self {
        let why = match &row.state {
            RowState::Unknown { why } => Some(why.clone().into()),
            RowState::Dead { why } => serde_json::to_value(why).ok(),
            RowState::Held => row.waits.as_ref().and_then(|waits| serde_json::to_value(waits).ok()),
            RowState::Pending | RowState::Sending => None,
        };
        let (kind, text) = match &row.errand {
            Errand::Send(send) => ("message", Some(send.body.clone())),
            Errand::Lookup(_) => ("lookup", None),
            Errand::Notify(_) => ("notify", None),
        };
        let (state, due, attempts) = (row.state.name(), Some(row.due), Some(row.attempts));
        let (id, phone) = (row.id.to_string(), row.key.phone.to_string());
        Self { id, phone, kind, state, why, text, due, attempts, ..Self::default() }
    }

    fn sent(sent: &Sent) -> Self {
        Self {
            id: sent.row.to_string(),
            phone: sent.key.phone.to_string(),
            kind: "message",
            state: Progress::Sent.name(),
            sent_at: Some(sent.at),
            provider_id: Some(format!("{} {}", sent.account, sent.id)),
            receipt: serde_json::to_value(sent.receipt).ok(),
            ..Self::default()
        }
    }
}
