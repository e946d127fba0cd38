//! Twilio: form webhooks signed by HMAC-SHA1, sends by its REST call (API of 2010-04-01).

use super::{
    Call, DecodeError, Delivery, Forged, Kind, MEDIA_MAX, Outcome, Provider, RawRequest, Rejection, Reply,
    Response, SettingError, Settings, Verified, bounded, message_id, signature,
};
use crate::sms::{AccountId, Inbound, Media, OptOutHint, Outbound, Receipt, ReceiptState};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use std::collections::BTreeMap;

pub(super) const KIND: Kind = Kind {
    name: "twilio",
    settings: &["account_sid", "base_url"],
    secrets: &["auth_token"],
    open: |settings| Ok(Box::new(Twilio::new(settings)?)),
};

/// Where Twilio's API stands.
const BASE_URL: &str = "https://api.twilio.com";

struct Twilio {
    account_sid: String,
    auth_tokens: Vec<SecretString>,
    base_url: String,
}

impl Twilio {
    fn new(settings: &Settings) -> Result<Self, SettingError> {
        let base_url = settings.plain.get("base_url").map_or(BASE_URL, String::as_str);
        Ok(Self {
            account_sid: settings.required("account_sid")?,
            auth_tokens: settings.secret("auth_token")?,
            base_url: base_url.trim_end_matches('/').to_owned(),
        })
    }
}

/// A form with one value for each name; the first counts.
struct Form(BTreeMap<String, String>);

impl Form {
    fn of(request: &RawRequest) -> Self {
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        let body = if request.method == Method::GET { query.as_bytes() } else { &request.body };
        let mut form = BTreeMap::new();
        for (name, value) in form_urlencoded::parse(body) {
            form.entry(name.into_owned()).or_insert_with(|| value.into_owned());
        }
        Self(form)
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    fn required(&self, name: &'static str) -> Result<&str, DecodeError> {
        self.get(name).filter(|value| !value.is_empty()).ok_or(DecodeError::Missing(name))
    }
}

impl Provider for Twilio {
    fn verify(&self, request: RawRequest) -> Result<Verified, Forged> {
        let body: &[u8] = if request.method == Method::GET { &[] } else { &request.body };
        let proof = signature::twilio(&request.url, &request.headers, body, &self.auth_tokens);
        proof.map(|proof| request.vouched(proof)).ok_or(Forged("`X-Twilio-Signature` does not match"))
    }

    fn decode(&self, account: &AccountId, request: &Verified) -> Result<Vec<Delivery>, DecodeError> {
        let form = Form::of(request.request());
        let delivery = match form.get("MessageStatus") {
            Some(status) => Delivery::Receipt(receipt(account, status, &form)?),
            None => Delivery::Text(inbound(account, &form)?),
        };
        Ok(vec![delivery])
    }

    fn acknowledge(&self, _: &[Outbound]) -> Reply {
        Reply { status: 200, content_type: "text/xml", body: "<Response/>".to_owned() }
    }

    fn encode(&self, outbound: &Outbound) -> Call {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("To", &outbound.to.to_string())
            .append_pair("From", &outbound.from.to_string())
            .append_pair("Body", &outbound.body)
            .extend_pairs(outbound.media.iter().take(MEDIA_MAX).map(|url| ("MediaUrl", url)));
        let body = form.finish();
        // The newest token is the last one: Twilio takes both while one is being replaced.
        let token = self.auth_tokens.last().map_or("", |token| token.expose_secret());
        let basic = STANDARD.encode(format!("{}:{token}", self.account_sid));
        Call {
            method: Method::POST,
            url: format!("{}/2010-04-01/Accounts/{}/Messages.json", self.base_url, self.account_sid),
            headers: vec![
                (header::AUTHORIZATION, format!("Basic {basic}")),
                (header::CONTENT_TYPE, "application/x-www-form-urlencoded".to_owned()),
            ],
            body: body.into_bytes(),
        }
    }

    fn outcome(&self, response: &Response) -> Outcome {
        if (200..300).contains(&response.status) {
            let sent: Option<SentBody> = serde_json::from_slice(&response.body).ok();
            return Outcome::Accepted { id: sent.and_then(|sent| message_id(&sent.sid).ok()) };
        }
        let error: ErrorBody = serde_json::from_slice(&response.body).unwrap_or_default();
        let why = format!("{} {} {}", response.status, error.code, error.message).trim().to_owned();
        let rejected = |kind| Outcome::Rejected { kind, why: why.clone() };
        match (response.status, error.code) {
            (429 | 500.., _) | (_, 20429 | 14107 | 63018 | 21611 | 30001 | 30022) => {
                Outcome::Retry { after: response.retry_after, why }
            }
            (_, 21610) => Outcome::OptedOut { code: error.code.to_string() },
            (_, 21211 | 21214 | 21217 | 21614 | 21612 | 30005 | 30006) => rejected(Rejection::BadNumber),
            (_, 30007 | 30004 | 30034 | 30018) => rejected(Rejection::Filtered),
            (_, 21617) => rejected(Rejection::TooLong),
            (401 | 403, _) | (_, 20003 | 21606 | 21408 | 30002) => rejected(Rejection::Config),
            _ => rejected(Rejection::Permanent),
        }
    }
}

#[derive(Deserialize)]
struct SentBody {
    sid: String,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    code: u32,
    message: String,
}

fn inbound(account: &AccountId, form: &Form) -> Result<Inbound, DecodeError> {
    let bad = |error: crate::sms::BadNumber| DecodeError::Bad(error.to_string());
    let hint = match form.get("OptOutType") {
        Some("STOP") => Some(OptOutHint::Stop),
        Some("HELP") => Some(OptOutHint::Help),
        Some("START") => Some(OptOutHint::Start),
        _ => None,
    };
    Ok(Inbound {
        account: account.clone(),
        id: message_id(form.get("MessageSid").map_or_else(|| form.required("SmsSid"), Ok)?)?,
        from: form.required("From")?.parse().map_err(bad)?,
        to: form.required("To")?.parse().map_err(bad)?,
        body: form.get("Body").unwrap_or_default().to_owned(),
        sent_at: None,
        media: media(form),
        hint,
    })
}

fn media(form: &Form) -> Vec<Media> {
    let count: usize = form.get("NumMedia").and_then(|count| count.parse().ok()).unwrap_or(0);
    let named = (0..count.min(MEDIA_MAX)).filter_map(|number| {
        let url = form.get(&format!("MediaUrl{number}"))?.to_owned();
        let content_type = form.get(&format!("MediaContentType{number}")).unwrap_or_default().to_owned();
        Some(Media { url, content_type })
    });
    bounded(named)
}

fn receipt(account: &AccountId, status: &str, form: &Form) -> Result<Receipt, DecodeError> {
    let code = form.get("ErrorCode").filter(|code| !code.is_empty()).map(str::to_owned);
    let state = match status {
        "accepted" | "scheduled" | "queued" | "sending" => ReceiptState::Queued,
        "sent" => ReceiptState::Sent,
        "delivered" => ReceiptState::Delivered,
        "read" => ReceiptState::Read,
        "undelivered" => ReceiptState::Undelivered,
        "failed" | "canceled" => ReceiptState::Failed,
        _ => ReceiptState::Unknown,
    };
    let opted_out = code.as_deref() == Some("21610");
    Ok(Receipt {
        account: account.clone(),
        id: message_id(form.required("MessageSid")?)?,
        state,
        code,
        opted_out,
    })
}
