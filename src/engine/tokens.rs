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
        let Some(request) = provider.token_request(outbound) else {
            let response = transport.call(call()).await?;
            return Ok((response.status, provider.outcome(&response)));
        };
        let asking = Asking { slot: self.slot(&request, clock.now()), request, account, means };
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
