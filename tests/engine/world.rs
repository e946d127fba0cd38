//! What surrounds the engine: providers that take messages, refuse them and lose their answers; services that are asked
//! and told; and the accounts through which all of it goes.

use crate::chance::{Chance, Points};
use crate::disk::{Disk, at_once};
use async_trait::async_trait;
use http::Method;
use jiff::{SignedDuration, Timestamp};
use sayso::consent::Status;
use sayso::engine::{CallError, Outside, OutsideError, Transport};
use sayso::provider::{
    Account, Call, DecodeError, Delivery, Forged, Outcome, Provider, RawRequest, Rejection, Reply, Response,
    Verified, Way,
};
use sayso::sms::{AccountId, Class, MessageId, Outbound, Pace, Rate};
use sayso::store::{RowId, Store};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A provider that speaks in references and statuses.
struct Plain;

impl Provider for Plain {
    fn verify(&self, request: RawRequest) -> Result<Verified, Forged> {
        drop(request);
        Err(Forged("deliveries come decoded here"))
    }

    fn decode(&self, _: &AccountId, _: &Verified) -> Result<Vec<Delivery>, DecodeError> {
        Ok(Vec::new())
    }

    fn acknowledge(&self, _: &[Outbound]) -> Reply {
        Reply { status: 200, content_type: "text/plain".to_owned(), body: String::new() }
    }

    fn encode(&self, outbound: &Outbound, _: Timestamp) -> Call {
        let body = outbound.reference.clone().into_bytes();
        Call { method: Method::POST, url: String::new(), headers: Vec::new(), body }
    }

    fn outcome(&self, response: &Response) -> Outcome {
        let said = String::from_utf8_lossy(&response.body).into_owned();
        match response.status {
            200 => Outcome::Accepted { id: Some(MessageId::from(said.as_str())) },
            410 => Outcome::OptedOut { code: "410".to_owned() },
            429 | 503 => Outcome::Retry { after: response.retry_after, why: said },
            _ => Outcome::Rejected { kind: Rejection::Permanent, why: said },
        }
    }
}

/// The accounts.
pub(crate) fn accounts() -> Vec<Account> {
    let account = |name: &str, answers_stop, pace| Account {
        id: name.into(),
        way: Way::Calls(Box::new(Plain)),
        answers_stop,
        bad_number_after: 3,
        pace,
        requests_per_second: sayso::provider::REQUESTS_PER_SECOND,
    };
    let slow =
        Pace { account: Rate::try_from(2.0).ok(), number: Rate::try_from(1.0).ok(), ..Pace::default() };
    vec![account("one", false, Pace::default()), account("two", true, slow)]
}

/// What reached a phone.
#[derive(Debug, Clone)]
pub(crate) struct Delivered {
    pub(crate) row: RowId,
    /// The id that the provider gave it.
    pub(crate) id: MessageId,
}

/// Everything outside.
pub(crate) struct World {
    points: Arc<Points>,
    chance: Arc<Chance>,
    disk: Arc<Disk>,
    calm: AtomicBool,
    delivered: Mutex<Vec<Delivered>>,
    told: Mutex<Vec<String>>,
    /// Laws that were seen to be broken: the engine survives a panic of a send, so they are told at the end.
    broken: Mutex<Vec<String>>,
}

/// The name of a message, as it stands in the call.
fn reference(call: &Call) -> RowId {
    let words = std::str::from_utf8(&call.body).unwrap();
    let (seq, index) = words.split_once('.').unwrap();
    RowId { seq: seq.parse().unwrap(), index: index.parse().unwrap() }
}

impl World {
    pub(crate) fn new(points: Arc<Points>, chance: Arc<Chance>, disk: Arc<Disk>) -> Self {
        let calm = AtomicBool::new(false);
        Self {
            points,
            chance,
            disk,
            calm,
            delivered: Mutex::default(),
            told: Mutex::default(),
            broken: Mutex::default(),
        }
    }

    pub(crate) fn broken(&self) -> Vec<String> {
        self.broken.lock().unwrap().clone()
    }

    pub(crate) fn calm(&self) {
        self.calm.store(true, Ordering::Relaxed);
    }

    pub(crate) fn delivered(&self) -> Vec<Delivered> {
        self.delivered.lock().unwrap().clone()
    }

    /// The ids under which webhooks were told something.
    pub(crate) fn told(&self) -> Vec<String> {
        self.told.lock().unwrap().clone()
    }

    fn goes_wrong(&self, in_a_thousand: usize) -> bool {
        !self.calm.load(Ordering::Relaxed) && self.chance.hits(in_a_thousand)
    }

    fn deliver(&self, row: RowId) -> MessageId {
        let mut delivered = self.delivered.lock().unwrap();
        let id = MessageId::from(format!("out-{}", delivered.len()).as_str());
        delivered.push(Delivered { row, id: id.clone() });
        id
    }

    /// Nothing is begun for somebody who has said stop. Between the gate's look at the store and this call nobody else
    /// is let go on, so the store says what the gate was told.
    fn may_begin(&self, row: RowId) {
        let broken = |words: String| self.broken.lock().unwrap().push(words);
        let Some(wanted) = self.disk.wanted(row) else { return broken(format!("nobody wanted {row}")) };
        let person = at_once(self.disk.now().load(&wanted.key)).unwrap().record.person;
        let allowed = matches!(wanted.class, Class::OptOutConfirmation | Class::Help);
        let stopped = person.standing.status == Status::Out;
        if stopped && !allowed {
            broken(format!("{row} begins to be sent to somebody who has said stop: {wanted:?}"));
        }
    }
}

#[async_trait]
impl Transport for World {
    async fn call(&self, call: Call) -> Result<Response, CallError> {
        let row = reference(&call);
        self.may_begin(row);
        self.points.pass().await; // on its way
        let answer = |status, words: &str| Response { status, retry_after: None, body: words.into() };
        if !self.goes_wrong(300) {
            let id = self.deliver(row);
            self.points.pass().await; // the answer is on its way
            return Ok(answer(200, id.as_str()));
        }
        let answered = match self.chance.below(7) {
            0 => Err(CallError::NotSent("no connection".to_owned())),
            1 => Err(CallError::NoAnswer("it never came".to_owned())),
            2 => {
                self.deliver(row);
                Err(CallError::NoAnswer("the answer was lost".to_owned()))
            }
            3 => Ok(answer(503, "overloaded")),
            4 => Ok(Response { retry_after: Some(SignedDuration::from_secs(90)), ..answer(429, "slower") }),
            5 => Ok(answer(400, "no")),
            _ => Ok(answer(410, "they said stop to us")),
        };
        self.points.pass().await;
        answered
    }
}

#[async_trait]
impl Outside for World {
    async fn call(&self, call: Call, _: Duration) -> Result<Response, OutsideError> {
        self.points.pass().await;
        let failed = || OutsideError::Failed { status: None, why: "it is down".to_owned() };
        if self.goes_wrong(150) {
            return Err(failed());
        }
        if call.method == Method::POST {
            let id = call.headers.iter().find(|(name, _)| name == "webhook-id");
            self.told.lock().unwrap().push(id.map(|(_, id)| id.clone()).unwrap_or_default());
        }
        self.points.pass().await;
        if self.goes_wrong(150) {
            return Err(OutsideError::Late);
        }
        Ok(Response { status: 200, retry_after: None, body: br#"{"left":3}"#.to_vec() })
    }
}
