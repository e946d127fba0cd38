//! Plain HTTP with JSON and a bearer token, so that curl, a script or a provider without an adapter can talk to us.
//!
//! In: `{"from": "+1…", "to": "+1…", "text": "…", "id": "…"}`, and perhaps `media` with `url` and `content_type` of each. Out: with `send_url`, one such call for each message,
//! with `reference` and the same in `Idempotency-Key`; without it, the replies stand in the answer to the webhook.

use super::{
    Call, DecodeError, Delivery, Forged, Kind, Outcome, Provider, RawRequest, Rejection, Reply, Response,
    SendBy, SettingError, Settings, Verified, bounded, message_id, signature,
};
use crate::sms::{AccountId, Inbound, Media, Outbound, Phone, Sender};
use http::{HeaderName, Method, header};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde_json::json;

pub(super) const KIND: Kind = Kind {
    name: "generic",
    settings: &["send_url"],
    secrets: &["token"],
    open: |settings| Ok(Box::new(Generic::new(settings)?)),
};

struct Generic {
    tokens: Vec<SecretString>,
    send_url: Option<String>,
}

impl Generic {
    fn new(settings: &Settings) -> Result<Self, SettingError> {
        Ok(Self { tokens: settings.secret("token")?, send_url: settings.plain.get("send_url").cloned() })
    }
}

#[derive(Deserialize)]
struct InboundBody {
    from: Phone,
    to: Sender,
    #[serde(default)]
    text: String,
    id: String,
    #[serde(default)]
    media: Vec<Media>,
    #[serde(default)]
    sent_at: Option<Timestamp>,
}

#[derive(Deserialize)]
struct SentBody {
    id: String,
}

impl Provider for Generic {
    fn verify(&self, request: RawRequest) -> Result<Verified, Forged> {
        let proof = signature::bearer(&request.headers, &self.tokens);
        proof.map(|proof| request.vouched(proof)).ok_or(Forged("the bearer token is missing or wrong"))
    }

    fn decode(&self, account: &AccountId, request: &Verified) -> Result<Vec<Delivery>, DecodeError> {
        let body: InboundBody = serde_json::from_slice(&request.request().body)
            .map_err(|error| DecodeError::Bad(format!("the body is no message: {error}")))?;
        Ok(vec![Delivery::Text(Inbound {
            account: account.clone(),
            id: message_id(&body.id)?,
            from: body.from,
            to: body.to,
            body: body.text,
            sent_at: body.sent_at,
            media: bounded(body.media),
            hint: None,
        })])
    }

    fn acknowledge(&self, replies: &[Outbound]) -> Reply {
        let replies: Vec<_> = replies.iter().map(|reply| json!({ "text": reply.body })).collect();
        let body = if self.send_by() == SendBy::Answer { json!({ "replies": replies }) } else { json!({}) };
        Reply { status: 200, content_type: "application/json", body: body.to_string() }
    }

    fn send_by(&self) -> SendBy {
        if self.send_url.is_some() { SendBy::Call } else { SendBy::Answer }
    }

    fn encode(&self, outbound: &Outbound) -> Call {
        let token = self.tokens.last().map_or("", |token| token.expose_secret());
        let body = json!({
            "from": outbound.from.to_string(),
            "to": outbound.to.to_string(),
            "text": outbound.body,
            "media": outbound.media,
            "reference": outbound.reference,
        });
        Call {
            method: Method::POST,
            url: self.send_url.clone().unwrap_or_default(),
            headers: vec![
                (header::AUTHORIZATION, format!("Bearer {token}")),
                (header::CONTENT_TYPE, "application/json".to_owned()),
                (HeaderName::from_static("idempotency-key"), outbound.reference.clone()),
            ],
            body: body.to_string().into_bytes(),
        }
    }

    fn outcome(&self, response: &Response) -> Outcome {
        let said = || String::from_utf8_lossy(&response.body).chars().take(200).collect::<String>();
        let why = || format!("{} {}", response.status, said()).trim().to_owned();
        match response.status {
            200..300 => {
                let sent: Option<SentBody> = serde_json::from_slice(&response.body).ok();
                Outcome::Accepted { id: sent.and_then(|sent| message_id(&sent.id).ok()) }
            }
            429 | 500.. => Outcome::Retry { after: response.retry_after, why: why() },
            401 | 403 => Outcome::Rejected { kind: Rejection::Config, why: why() },
            _ => Outcome::Rejected { kind: Rejection::Permanent, why: why() },
        }
    }
}
