//! Where dialogues stand, and what the brand's own people and systems do with them. All of it are events like any other.

use super::problem::Problem;
use super::scope::{InPerson, OfPerson};
use super::subscribers::known;
use super::{Answer, Api, Asked};
use crate::consent::Status;
use crate::diagnostic::nearest;
use crate::dialogue::{Cause, Effect, Event, Human, Record};
use crate::engine::{Arrival, Received};
use axum::Json;
use axum::extract::State;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Where a dialogue stands.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Dialogue {
    /// Whether a human has taken it over: the bot is silent.
    human: bool,
    /// The team that it was handed to.
    team: Option<String>,
    /// The flows that are open. The last one is heard; each before it waits to be returned to.
    open: Vec<Stand>,
    /// Flows that wait to start.
    waiting: Vec<String>,
}

/// A place in a flow.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Stand {
    /// The flow.
    flow: String,
    /// The node whose question waits.
    node: String,
    /// Bad answers to it.
    tries: u32,
    /// When the pause ends that it makes, or an answer from outside comes too late.
    #[schema(value_type = Option<String>, format = DateTime)]
    until: Option<jiff::Timestamp>,
}

impl Dialogue {
    pub(super) fn of(record: &Record) -> Self {
        let stand = |stood: &crate::dialogue::Standpoint| Stand {
            flow: stood.flow.clone(),
            node: stood.node.clone(),
            tries: stood.tries,
            until: stood.until,
        };
        Self {
            human: record.person.human,
            team: record.person.team.clone(),
            open: record.stack.iter().map(stand).collect(),
            waiting: record.person.starts.iter().map(|start| start.flow.clone()).collect(),
        }
    }
}

/// What an event came to.
#[derive(Debug, Serialize, ToSchema)]
pub(super) struct Outcome {
    /// The number of the turn in the log.
    turn: u64,
    /// Messages that it wants sent. Each passes the gate before it leaves.
    messages: usize,
    /// Why it went this way.
    notes: Vec<String>,
}

/// Lets an event happen.
pub(super) async fn happen(api: &Api, person: &OfPerson, event: Event) -> Result<Option<Outcome>, Problem> {
    match api.engine.receive(Arrival::other(person.key().clone(), event)).await? {
        Received::Turn { seq, step } => {
            let messages = step.effects.iter().filter_map(Effect::send).count();
            Ok(Some(Outcome { turn: seq, messages, notes: step.trace.notes.clone() }))
        }
        Received::Duplicate | Received::Unchanged => Ok(None),
    }
}

/// Where a dialogue stands.
#[utoipa::path(get, path = "/v1/brands/{brand}/subscribers/{phone}/dialogue", tag = "dialogues",
    params(InPerson), responses((status = 200, body = Dialogue)))]
pub(super) async fn stand(State(api): State<Api>, person: OfPerson) -> Answer<Dialogue> {
    Ok(Json(Dialogue::of(&known(&api, &person).await?)))
}

/// Which flow.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Start {
    /// The flow's name.
    flow: String,
}

/// Starts a flow for a person who has agreed to be written to. It may wait for the end of a dialogue or for a lawful hour; the
/// notes of the answer say so.
#[utoipa::path(post, path = "/v1/brands/{brand}/subscribers/{phone}/dialogue/start", tag = "dialogues",
    params(InPerson), request_body = Start, responses((status = 200, body = Outcome)))]
pub(super) async fn start(
    State(api): State<Api>,
    person: OfPerson,
    Asked(Json(Start { flow })): Asked<Json<Start>>,
) -> Answer<Outcome> {
    let bot = api.engine.bot(&person.key().brand).ok_or_else(Problem::no_brand)?;
    if bot.flow_named(&flow).is_none() {
        let near = nearest(&flow, bot.flows().map(|flow| flow.name.as_str()));
        return Err(Problem::no_flow(
            near.map_or_else(String::new, |near| format!("did you mean `{near}`?")),
        ));
    }
    if known(&api, &person).await?.person.standing.status != Status::In {
        return Err(Problem::no_consent());
    }
    let done = happen(&api, &person, Event::Start { flow, cause: Cause::Api }).await?;
    done.map(Json).ok_or_else(|| Problem::unchanged("the flow was not started"))
}

/// A human takes the dialogue over: the bot is silent until it is given back.
#[utoipa::path(post, path = "/v1/brands/{brand}/subscribers/{phone}/dialogue/take-over", tag = "dialogues",
    params(InPerson), responses((status = 200, body = Outcome)))]
pub(super) async fn take_over(State(api): State<Api>, person: OfPerson) -> Answer<Outcome> {
    known(&api, &person).await?;
    let done = happen(&api, &person, Event::Human(Human::TookOver)).await?;
    done.map(Json).ok_or_else(|| Problem::unchanged("a human has it already"))
}

/// A human gives the dialogue back to the bot, which goes on where it stood.
#[utoipa::path(post, path = "/v1/brands/{brand}/subscribers/{phone}/dialogue/give-back", tag = "dialogues",
    params(InPerson), responses((status = 200, body = Outcome)))]
pub(super) async fn give_back(State(api): State<Api>, person: OfPerson) -> Answer<Outcome> {
    known(&api, &person).await?;
    let done = happen(&api, &person, Event::Human(Human::GaveBack)).await?;
    done.map(Json).ok_or_else(|| Problem::unchanged("no human has it"))
}
