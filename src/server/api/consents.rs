//! What a person has agreed to, with its proof; and an opt-out that reached the brand by another way.

use super::dialogues::{Outcome, happen};
use super::problem::Problem;
use super::scope::{Caller, InPerson, OfPerson};
use super::{Answer, Api};
use crate::consent::How;
use crate::dialogue::Event;
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A person's ledger.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Ledger {
    /// Whether they may be written to: `in`, `out`, or `none` where they have never said so.
    consent: String,
    /// Since when.
    #[schema(value_type = Option<String>, format = DateTime)]
    since: Option<jiff::Timestamp>,
    /// Every change with the words that made it and its place in the chain, as `sayso export consents` prints it.
    #[schema(value_type = Vec<Object>)]
    entries: Vec<Value>,
}

/// The ledger of one person.
#[utoipa::path(get, path = "/v1/brands/{brand}/subscribers/{phone}/consents", tag = "consents",
    params(InPerson), responses((status = 200, body = Ledger)))]
pub(super) async fn ledger(State(api): State<Api>, person: OfPerson) -> Answer<Ledger> {
    let store = api.engine.store();
    let (snapshot, entries) = (store.load(person.key()).await?, store.ledger(person.key()).await?);
    if snapshot.version == 0 && entries.is_empty() {
        return Err(Problem::nobody());
    }
    let written: Result<Vec<_>, _> = entries.iter().map(serde_json::to_value).collect();
    let entries = written.map_err(|error| Problem::try_again(error.to_string()))?;
    let standing = &snapshot.record.person.standing;
    Ok(Json(Ledger { consent: standing.status.to_string(), since: standing.since, entries }))
}

/// Enters an opt-out that reached the brand by another way than a text, such as a call or a letter. It holds at once.
#[utoipa::path(post, path = "/v1/brands/{brand}/subscribers/{phone}/consents/opt-out", tag = "consents",
    params(InPerson), responses((status = 200, body = Outcome)))]
pub(super) async fn opt_out(State(api): State<Api>, caller: Caller, person: OfPerson) -> Answer<Outcome> {
    let event = Event::OptOut { how: How::Api, rule: caller.name() };
    let done = happen(&api, &person, event).await?;
    done.map(Json).ok_or_else(|| Problem::unchanged("the person has opted out already"))
}
