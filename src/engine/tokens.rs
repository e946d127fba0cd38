//! Tokens that sends bear: each fetched once however many sends wait for it, kept until shortly before it ends, and fetched
//! anew where a provider no longer takes it.

use super::Clock;
use super::outbox::PAUSED_AT_MOST;
use super::transport::{CallError, Transport};
use crate::provider::grant::{Granted, granted};
use crate::provider::{Call, Outcome, Provider};
use crate::sms::{AccountId, Outbound};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

/// How long nobody asks again where no token was granted: sends that waited for the answer share it.
const REFUSED_FOR: SignedDuration = SignedDuration::from_secs(1);

/// The tokens of all accounts, by a hash of what asks for them: with another secret it is another token.
#[derive(Default)]
pub struct Tokens(Mutex<HashMap<[u8; 32], Slot>>);

type Slot = Arc<tokio::sync::Mutex<Kept>>;

/// What became of asking. Whoever asks holds it locked until there is an answer.
#[derive(Default)]
enum Kept {
    #[default]
    Nothing,
    Token(Granted),
    Refused {
        until: Timestamp,
        refusal: Refusal,
    },
}

/// That there is no token: the status of the endpoint's answer, which is 0 where there was none, and what becomes of the
/// message that wanted it. Nothing of it has left.
type Refusal = (u16, Outcome);

/// What carries messages, and when.
#[derive(Clone, Copy)]
pub struct Means<'m> {
    /// What carries requests.
    pub transport: &'m dyn Transport,
    /// What time it is.
    pub clock: &'m dyn Clock,
}

impl Tokens {
    /// Carries a message to its provider, with a token where its request bears one; the status of the answer, and what it
    /// means. Where the provider does not take the token (401), a new one is fetched, and it is tried once more.
    pub async fn carry(
        &self,
        means: Means<'_>,
        account: &AccountId,
        provider: &dyn Provider,
        outbound: &Outbound,
    ) -> Result<(u16, Outcome), CallError> {
        let Means { transport, clock } = means;
        let call = || provider.encode(outbound, clock.now());
        let bearing = |token: &SecretString| transport.call(call().bearing(token.expose_secret()));
        let Some(asking) = self.asking(means, account, provider, outbound) else {
            let response = transport.call(call()).await?;
            return Ok((response.status, provider.outcome(&response)));
        };
        let token = match asking.token().await {
            Ok(token) => token,
            Err(refusal) => return Ok(refusal),
        };
        let mut response = bearing(&token).await?;
        if response.status == StatusCode::UNAUTHORIZED {
            asking.forget(&token).await;
            match asking.token().await {
                Ok(another) => response = bearing(&another).await?,
                Err(refusal) => return Ok(refusal),
            }
        }
        Ok((response.status, provider.outcome(&response)))
    }

    /// Sees that the token which a message will bear is at hand, so that the message need not wait for it. Where there is none,
    /// [`Self::carry`] says so.
    pub async fn prepare(
        &self,
        means: Means<'_>,
        account: &AccountId,
        provider: &dyn Provider,
        outbound: &Outbound,
    ) {
        if let Some(asking) = self.asking(means, account, provider, outbound) {
            let _kept = asking.token().await;
        }
    }

    /// What asks for the token that a message bears, if it bears one.
    fn asking<'m>(
        &self,
        means: Means<'m>,
        account: &'m AccountId,
        provider: &dyn Provider,
        outbound: &Outbound,
    ) -> Option<Asking<'m>> {
        let request = provider.token_request(outbound)?;
        Some(Asking { slot: self.slot(&request, means.clock.now()), request, account, means })
    }

    /// Where such a token is kept. A new place takes those away whose token has ended: O(tokens), once for each account.
    fn slot(&self, request: &Call, now: Timestamp) -> Slot {
        let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let name = hash(request);
        if let Some(slot) = slots.get(&name) {
            return Arc::clone(slot);
        }
        let is_used = |slot: &Slot| {
            Arc::strong_count(slot) > 1 || slot.try_lock().is_ok_and(|kept| kept.answer(now).is_some())
        };
        slots.retain(|_, slot| is_used(slot));
        Arc::clone(slots.entry(name).or_default())
    }
}

/// A name for what asks for a token, which tells nothing of it.
fn hash(request: &Call) -> [u8; 32] {
    let Call { method, url, headers, body } = request;
    let mut hash = Sha256::new();
    let headers = headers.iter().flat_map(|(name, value)| [name.as_str().as_bytes(), value.as_bytes()]);
    for part in [method.as_str().as_bytes(), url.as_bytes(), body].into_iter().chain(headers) {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    hash.finalize().into()
}

impl Kept {
    /// What is known without asking, as of now.
    fn answer(&self, now: Timestamp) -> Option<Result<SecretString, Refusal>> {
        match self {
            Self::Token(granted) if now < granted.until => Some(Ok(granted.token.clone())),
            Self::Refused { until, refusal } if now < *until => Some(Err(refusal.clone())),
            Self::Nothing | Self::Token(_) | Self::Refused { .. } => None,
        }
    }
}

/// One message's wish for a token.
struct Asking<'m> {
    slot: Slot,
    request: Call,
    account: &'m AccountId,
    means: Means<'m>,
}

impl Asking<'_> {
    /// The token that is kept, or a new one.
    async fn token(&self) -> Result<SecretString, Refusal> {
        let mut kept = self.slot.lock().await;
        if let Some(answer) = kept.answer(self.means.clock.now()) {
            return answer;
        }
        match self.fetch().await {
            Ok(granted) => {
                let token = granted.token.clone();
                *kept = Kept::Token(granted);
                Ok(token)
            }
            Err(refusal) => {
                *kept = Kept::Refused { until: self.refused_until(&refusal.1), refusal: refusal.clone() };
                Err(refusal)
            }
        }
    }

    /// Asks the endpoint. What goes wrong there is no word about the message, which has not left.
    async fn fetch(&self) -> Result<Granted, Refusal> {
        let asked_at = self.means.clock.now();
        let fetched = match self.means.transport.call(self.request.clone()).await {
            Ok(response) => granted(&response, asked_at).map_err(|outcome| (response.status, outcome)),
            Err(CallError::NotSent(why) | CallError::NoAnswer(why)) => {
                let why = format!("the token endpoint does not answer: {why}");
                Err((0, Outcome::Retry { after: None, why }))
            }
        };
        if let Err((_, Outcome::Retry { why, .. } | Outcome::Rejected { why, .. })) = &fetched {
            tracing::warn!(account = %self.account, %why, "there is no token to send with");
        }
        fetched
    }

    /// Until when nobody asks again: as long as the endpoint wants to be left alone, within reason.
    fn refused_until(&self, outcome: &Outcome) -> Timestamp {
        let after = if let Outcome::Retry { after, .. } = outcome { *after } else { None };
        let (now, wait) =
            (self.means.clock.now(), after.unwrap_or(REFUSED_FOR).clamp(REFUSED_FOR, PAUSED_AT_MOST));
        now.checked_add(wait).unwrap_or(now)
    }

    /// Gives a token up that the provider does not take, unless another one stands there by now.
    async fn forget(&self, refused: &SecretString) {
        let mut kept = self.slot.lock().await;
        if matches!(&*kept, Kept::Token(granted) if granted.token.expose_secret() == refused.expose_secret())
        {
            *kept = Kept::Nothing;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::ManualClock;
    use crate::provider::{Kind, Rejection, Response, Settings, Way};
    use async_trait::async_trait;
    use std::collections::VecDeque;
    use tokio::task::JoinSet;

    const FILE: &str = r#"
        title = "A"
        documentation = "a"
        verify = [{ scheme = "token", secret = "{secret.secret}" }]
        secrets = { secret = { about = "a" } }
        [[send]]
        url = "https://a.example/send"
        token = { by = "client_secret_post", url = "https://a.example/token", id = "a", secret = "{secret.secret}" }
        form = { text = "{text}" }
    "#;

    fn provider(secret: &str) -> Box<dyn Provider> {
        let kind = Arc::new(Kind::parse("a", FILE).expect("a file"));
        let mut settings = Settings { account: "main".to_owned(), ..Settings::default() };
        settings.secrets.insert("secret".to_owned(), vec![secret.into()]);
        let Ok(Way::Calls(provider)) = kind.open(&settings) else { panic!("it is called") };
        provider
    }

    /// An endpoint that grants `t-1`, `t-2` and so on, each for an hour, where nothing else is scripted; and a provider that
    /// takes the newest alone.
    #[derive(Default)]
    struct Far {
        script: Mutex<VecDeque<Result<Response, CallError>>>,
        granted: Mutex<usize>,
        asked: Mutex<Vec<String>>,
        borne: Mutex<Vec<String>>,
        takes_none: bool,
    }

    fn response(status: u16, body: &str) -> Response {
        Response { status, retry_after: None, body: body.as_bytes().to_vec() }
    }

    #[async_trait]
    impl Transport for Far {
        async fn call(&self, call: Call) -> Result<Response, CallError> {
            if call.url.ends_with("/token") {
                self.asked.lock().expect("no panic").push(String::from_utf8_lossy(&call.body).into_owned());
                for _ in 0..3 {
                    tokio::task::yield_now().await; // everybody else comes to wait for it
                }
                if let Some(scripted) = self.script.lock().expect("no panic").pop_front() {
                    return scripted;
                }
                let mut granted = self.granted.lock().expect("no panic");
                *granted += 1;
                return Ok(response(200, &format!(r#"{{"access_token":"t-{granted}","expires_in":3600}}"#)));
            }
            let bearer = call.headers.iter().find(|(name, _)| name.as_str() == "authorization");
            let bearer = bearer.map(|(_, value)| value.clone()).unwrap_or_default();
            let newest = format!("Bearer t-{}", self.granted.lock().expect("no panic"));
            let is_taken = bearer == newest && !self.takes_none;
            self.borne.lock().expect("no panic").push(bearer);
            Ok(response(if is_taken { 200 } else { 401 }, "{}"))
        }
    }

    struct World {
        tokens: Tokens,
        far: Far,
        clock: ManualClock,
    }

    impl World {
        fn new(far: Far) -> Arc<Self> {
            Arc::new(Self { tokens: Tokens::default(), far, clock: ManualClock::new(Timestamp::UNIX_EPOCH) })
        }

        async fn send(&self, secret: &str) -> (u16, Outcome) {
            let outbound = Outbound {
                from: "+14045550100".parse().expect("a number"),
                to: "+14045550123".parse().expect("a number"),
                body: "hi".to_owned(),
                media: Vec::new(),
                reference: "1.0".to_owned(),
            };
            let means = Means { transport: &self.far, clock: &self.clock };
            let account = AccountId::from("main");
            self.tokens.carry(means, &account, &*provider(secret), &outbound).await.expect("an outcome")
        }

        /// So many messages at once.
        async fn at_once(self: &Arc<Self>, count: usize) -> Vec<(u16, Outcome)> {
            let mut sends = JoinSet::new();
            for _ in 0..count {
                let world = Arc::clone(self);
                sends.spawn(async move { world.send("sesame").await });
            }
            sends.join_all().await
        }

        fn asked(&self) -> usize {
            self.far.asked.lock().expect("no panic").len()
        }
    }

    fn taken() -> (u16, Outcome) {
        (200, Outcome::Accepted { id: None })
    }

    #[tokio::test]
    async fn one_token_is_fetched_however_many_wait_and_another_shortly_before_its_end() {
        let world = World::new(Far::default());
        assert_eq!(world.at_once(50).await, vec![taken(); 50]);
        assert_eq!(world.asked(), 1);
        world.clock.advance(SignedDuration::from_secs(3_539));
        assert_eq!((world.send("sesame").await, world.asked()), (taken(), 1));
        world.clock.advance(SignedDuration::from_secs(1));
        assert_eq!(world.at_once(50).await, vec![taken(); 50]);
        assert_eq!(world.asked(), 2, "a minute before its end it is given up");
    }

    #[tokio::test]
    async fn another_secret_is_another_token_and_what_ended_is_not_kept() {
        let world = World::new(Far::default());
        world.send("sesame").await;
        assert_eq!((world.send("barley").await, world.asked()), (taken(), 2));
        assert!(world.far.asked.lock().expect("no panic")[1].ends_with("client_secret=barley"));
        world.clock.advance(SignedDuration::from_hours(1));
        world.send("rye").await;
        assert_eq!(world.tokens.0.lock().expect("no panic").len(), 1);
    }

    #[tokio::test]
    async fn a_token_that_is_not_taken_is_dropped_and_it_is_tried_once_anew() {
        let world = World::new(Far::default());
        world.send("sesame").await;
        *world.far.granted.lock().expect("no panic") += 1; // somebody else has made it void
        assert_eq!(world.at_once(20).await, vec![taken(); 20]);
        assert_eq!(world.asked(), 2, "one new token for all of them");
        let borne = world.far.borne.lock().expect("no panic").clone();
        assert_eq!(
            (borne[0].as_str(), borne[1].as_str(), borne.last().map(String::as_str)),
            ("Bearer t-1", "Bearer t-1", Some("Bearer t-3"))
        );

        let closed = World::new(Far { takes_none: true, ..Far::default() });
        let (status, outcome) = closed.send("sesame").await;
        assert!(matches!(outcome, Outcome::Rejected { kind: Rejection::Config, .. }), "{outcome:?}");
        assert_eq!((status, closed.asked(), closed.far.borne.lock().expect("no panic").len()), (401, 2, 2));
    }

    #[tokio::test]
    async fn an_endpoint_that_fails_is_asked_once_and_left_alone_for_as_long_as_it_wants() {
        let after = Some(SignedDuration::from_secs(30));
        let script = [
            Ok(Response { retry_after: after, ..response(503, "") }),
            Err(CallError::NoAnswer("it hung up".to_owned())),
            Ok(response(401, r#"{"error":"invalid_client"}"#)),
        ];
        let world = World::new(Far { script: Mutex::new(script.into()), ..Far::default() });
        let retry = |after, why: &str| Outcome::Retry { after, why: format!("the token endpoint {why}") };
        let busy = (503, retry(after, "answers 503"));
        assert_eq!(world.at_once(50).await, vec![busy.clone(); 50]);
        world.clock.advance(SignedDuration::from_secs(29));
        assert_eq!((world.send("sesame").await, world.asked()), (busy, 1));

        world.clock.advance(SignedDuration::from_secs(1));
        let silent = (0, retry(None, "does not answer: it hung up"));
        assert_eq!(world.at_once(50).await, vec![silent; 50], "no message has left, so none is unknown");
        assert_eq!(world.asked(), 2);

        world.clock.advance(REFUSED_FOR);
        let why = "the token endpoint answers 401 invalid_client".to_owned();
        assert_eq!(world.send("sesame").await, (401, Outcome::Rejected { kind: Rejection::Config, why }));
        assert_eq!(world.far.borne.lock().expect("no panic").len(), 0);
        world.clock.advance(REFUSED_FOR);
        assert_eq!((world.send("sesame").await, world.asked()), (taken(), 4));
    }
}
