//! The people of a brand: who they are, what is known about them, a correction, an erasure.

use super::page::{self, Page, Wanted};
use super::problem::Problem;
use super::scope::{Caller, InBrand, InPerson, OfBrand, OfPerson};
use super::{Answer, Api, Asked, dialogues::Dialogue};
use crate::dialogue::Record;
use crate::sms::Key;
use crate::store::{Cursor, Erased as ErasedCounts, Scanned, Table};
use axum::Json;
use axum::extract::{Path, Query, State};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};

/// A person, as a brand knows them.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Subscriber {
    /// Their number.
    #[schema(example = "+14045550123")]
    phone: String,
    /// Whether they may be written to: `in`, `out`, or `none` where they have never said so.
    consent: String,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    consent_since: Option<jiff::Timestamp>,
    /// A text of theirs that may be an opt-out waits to be read; nothing is sent meanwhile.
    unsure: bool,
    /// What is known about them, as their fields write it.
    fields: BTreeMap<String, String>,
    /// Their tags.
    tags: Vec<String>,
    /// The language they have shown.
    language: Option<String>,
    /// When they last wrote.
    #[schema(value_type = Option<String>, format = DateTime)]
    last_text: Option<jiff::Timestamp>,
    /// Turns so far.
    turns: u64,
    /// Where their dialogue stands.
    dialogue: Dialogue,
}

impl Subscriber {
    fn of(key: &Key, record: &Record) -> Self {
        let person = &record.person;
        Self {
            phone: key.phone.to_string(),
            consent: person.standing.status.to_string(),
            consent_since: person.standing.since,
            unsure: person.standing.unsure.is_some(),
            fields: person.fields.iter().map(|(name, value)| (name.clone(), value.to_string())).collect(),
            tags: person.tags.iter().cloned().collect(),
            language: person.language.map(|language| language.to_string()),
            last_text: person.last_text,
            turns: person.turn,
            dialogue: Dialogue::of(record),
        }
    }
}

/// The people of a brand, in order of their numbers.
#[utoipa::path(get, path = "/v1/brands/{brand}/subscribers", tag = "subscribers",
    params(InBrand, Wanted), responses((status = 200, body = Page<Subscriber>)))]
pub(super) async fn list(
    State(api): State<Api>,
    brand: OfBrand,
    Asked(Query(wanted)): Asked<Query<Wanted>>,
) -> Answer<Page<Subscriber>> {
    let after = page::read(wanted.after.as_deref())?.unwrap_or_else(|| Cursor::of_brand(brand.id()));
    let found = api.engine.store().scan(Table::Subscribers, Some(after), wanted.limit()).await?;
    let read = found.items.len();
    let own = found.items.iter().map_while(|item| {
        let Scanned::Subscriber { key, record } = item else { return None };
        (key.brand == *brand.id()).then(|| Subscriber::of(key, record))
    });
    let items: Vec<_> = own.collect();
    // Behind the brand's last one stands another brand's first.
    let next = found.next.filter(|_| items.len() == read).as_ref().and_then(page::written);
    Ok(Json(Page { items, next }))
}

/// One person.
#[utoipa::path(get, path = "/v1/brands/{brand}/subscribers/{phone}", tag = "subscribers",
    params(InPerson), responses((status = 200, body = Subscriber)))]
pub(super) async fn one(State(api): State<Api>, person: OfPerson) -> Answer<Subscriber> {
    let record = known(&api, &person).await?;
    Ok(Json(Subscriber::of(person.key(), &record)))
}

/// What the brand knows about somebody it knows.
pub(super) async fn known(api: &Api, person: &OfPerson) -> Result<Record, Problem> {
    let snapshot = api.engine.store().load(person.key()).await?;
    if snapshot.record.person.turn == 0 { Err(Problem::nobody()) } else { Ok(snapshot.record) }
}

/// Which field.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub(super) struct OfField {
    /// The field's name in `brand.flow`.
    #[param(example = "zip")]
    field: String,
}

/// What a field is to hold.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Correction {
    /// The words, as the person would answer the field's question; nothing empties it.
    value: Option<String>,
}

/// What a field holds.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Corrected {
    /// What was read; nothing where it is empty.
    value: Option<String>,
}

/// Corrects a field of a person.
#[utoipa::path(put, path = "/v1/brands/{brand}/subscribers/{phone}/fields/{field}", tag = "subscribers",
    params(InPerson, OfField), request_body = Correction, responses((status = 200, body = Corrected)))]
pub(super) async fn correct(
    State(api): State<Api>,
    caller: Caller,
    person: OfPerson,
    Asked(Path(OfField { field })): Asked<Path<OfField>>,
    Asked(Json(correction)): Asked<Json<Correction>>,
) -> Answer<Corrected> {
    let words = correction.value.as_deref();
    let value = api.engine.correct(person.key(), &field, words, &caller.name()).await?;
    Ok(Json(Corrected { value: value.map(|value| value.to_string()) }))
}

/// What an erasure took away.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Erased {
    /// Turns whose words are gone.
    turns: u64,
    /// Messages that were waiting, unknown or dead.
    outbox: u64,
    /// Messages that were sent.
    sent: u64,
    /// Entries of the ledger of which only the proof is left.
    entries: u64,
}

/// Erases a person. The whole log is read for it: half a minute for ten million turns.
#[utoipa::path(delete, path = "/v1/brands/{brand}/subscribers/{phone}", tag = "subscribers",
    params(InPerson), responses((status = 200, body = Erased)))]
pub(super) async fn forget(State(api): State<Api>, person: OfPerson) -> Answer<Erased> {
    let erased = api.engine.erase(vec![person.key().clone()], "forget").await?;
    match erased.first() {
        Some(ErasedCounts { known: true, turns, outbox, sent, entries }) => {
            Ok(Json(Erased { turns: *turns, outbox: *outbox, sent: *sent, entries: *entries }))
        }
        Some(_) | None => Err(Problem::nobody()),
    }
}
