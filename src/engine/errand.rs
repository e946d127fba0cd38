//! Errands that are no messages: questions to outside services, and what they are told.

use super::outside::OutsideError;
use super::{Arrival, Engine, ReceiveError};
use crate::bot::Lookup;
use crate::dialogue::{Event, Lookup as LookupErrand, LookupAnswer, Notify};
use crate::provider::signing::standard_webhook;
use crate::provider::{Call, Response};
use crate::sms::BrandId;
use crate::store::{Death, Row, Settlement};
use http::{HeaderName, Method, header};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value as Json, json};
use std::collections::BTreeMap;
use std::time::Duration;

/// Bytes of all values that an answer fills fields with: with the text of a turn they stay in one log entry.
const VALUES_BYTES_MAX: usize = 4 * 1024;
/// How long a webhook may take: those who need longer take it first and work then.
const NOTIFY_WITHIN: Duration = Duration::from_secs(10);

/// The secrets that brands' files name: by brand, by name, all values that are valid, the newest first.
pub type Secrets = BTreeMap<BrandId, BTreeMap<String, Vec<SecretString>>>;

impl Engine {
    /// Asks an outside service, and tells the dialogue what came of it.
    pub(super) async fn look_up(&self, row: &Row, wanted: &LookupErrand) -> Result<Settlement, ReceiveError> {
        let bot = self.bot(&row.key.brand);
        let answer = match bot.as_ref().and_then(|bot| Some((bot, bot.lookup(&wanted.name)?))) {
            Some((bot, lookup)) => {
                let asked = self.ask(&row.key.brand, lookup, &wanted.url).await;
                asked.map_or_else(
                    |error| {
                        tracing::info!(brand = %row.key.brand, lookup = wanted.name, %error, "a lookup failed");
                        if error == OutsideError::Late { LookupAnswer::Late } else { LookupAnswer::Failed }
                    },
                    |response| answer(&response, lookup, |field| bot.field(field).name.clone()),
                )
            }
            None => LookupAnswer::Failed,
        };
        let event = Event::Lookup { armed_in: wanted.armed_in, name: wanted.name.clone(), answer };
        self.receive(Arrival::other(row.key.clone(), event)).await?;
        Ok(Settlement::Done)
    }

    async fn ask(&self, brand: &BrandId, lookup: &Lookup, url: &str) -> Result<Response, OutsideError> {
        let mut headers = vec![(header::ACCEPT, "application/json".to_owned())];
        for (name, secret) in &lookup.secrets {
            let value = self.secret(brand, secret).first().map(|value| value.expose_secret().to_owned());
            let missing = || OutsideError::Refused(format!("there is no secret `{secret}`"));
            let name = name.parse::<HeaderName>().map_err(|_| missing())?;
            headers.push((name, value.ok_or_else(missing)?));
        }
        let call = Call { method: Method::GET, url: url.to_owned(), headers, body: Vec::new() };
        self.outside.call(call, lookup.within.unsigned_abs()).await
    }

    /// Tells an outside service; whoever is told twice sees it by the id.
    pub(super) async fn notify(&self, row: &Row, wanted: &Notify) -> Settlement {
        let brand = &row.key.brand;
        let bot = self.bot(brand);
        let Some(webhook) = bot.as_ref().and_then(|bot| bot.webhook(&wanted.name)) else {
            let why = format!("the brand has no webhook `{}` any more", wanted.name);
            return Settlement::Dead { why: Death::Rejected(why) };
        };
        let now = self.clock.now();
        let mut body = json!({
            "type": "sayso.notify",
            "timestamp": now,
            "data": {
                "brand": brand.as_str(),
                "webhook": wanted.name,
                "node": wanted.node,
                "phone": row.key.phone,
                "fields": wanted.fields.iter().map(|(name, value)| (name, value.to_string())).collect::<BTreeMap<_, _>>(),
            },
        });
        if let Some(alert) = &wanted.alert {
            body["type"] = json!("sayso.alert");
            body["data"] = json!({
                "brand": brand.as_str(),
                "webhook": wanted.name,
                "phone": row.key.phone,
                "reason": alert.reason,
                "text": alert.text,
            });
        }
        let body = body.to_string().into_bytes();
        let mut headers = vec![(header::CONTENT_TYPE, "application/json".to_owned())];
        if let Some(secret) = &webhook.secret {
            let id = format!("{}-{}", row.id.seq, row.id.index);
            match standard_webhook(&id, now, &body, &self.secret(brand, secret)) {
                Ok(signature) => headers.extend(signature),
                Err(error) => return Settlement::Dead { why: Death::Rejected(error.to_string()) },
            }
        }
        let call = Call { method: Method::POST, url: webhook.url.clone(), headers, body };
        let why = match self.outside.call(call, NOTIFY_WITHIN).await {
            Ok(response) if (200..300).contains(&response.status) => return Settlement::Done,
            Err(OutsideError::Failed { status: Some(200..300), .. }) => return Settlement::Done,
            Ok(Response { status: 410, .. }) => {
                return Settlement::Dead { why: Death::Rejected("410: it is gone for good".to_owned()) };
            }
            Ok(response) => return self.retry(row, response.retry_after, &response.status.to_string()),
            Err(error @ OutsideError::Refused(_)) => {
                return Settlement::Dead { why: Death::Rejected(error.to_string()) };
            }
            Err(error) => error.to_string(),
        };
        self.retry(row, None, &why)
    }
}

/// What an answer says for the fields that it is to fill.
fn answer(
    response: &Response,
    lookup: &Lookup,
    name: impl Fn(crate::bot::FieldIx) -> String,
) -> LookupAnswer {
    let Some(body) =
        serde_json::from_slice::<Json>(&response.body).ok().filter(|_| response.status / 100 == 2)
    else {
        return LookupAnswer::Failed;
    };
    let found = lookup.fills.iter().filter_map(|(field, path)| Some((name(*field), value_at(&body, path)?)));
    let values: Vec<(String, String)> = found.collect();
    let bytes: usize = values.iter().map(|(name, value)| name.len() + value.len()).sum();
    if bytes > VALUES_BYTES_MAX { LookupAnswer::Failed } else { LookupAnswer::Ok(values) }
}

/// The value at a path of names, and of numbers in lists; as words, if it is a single value.
fn value_at(body: &Json, path: &[String]) -> Option<String> {
    match path.iter().try_fold(body, |json, name| member(json, name))? {
        Json::String(words) => Some(words.clone()),
        Json::Number(number) => Some(number.to_string()),
        Json::Bool(truth) => Some(if *truth { "yes" } else { "no" }.to_owned()),
        Json::Null | Json::Array(_) | Json::Object(_) => None,
    }
}

fn member<'j>(json: &'j Json, name: &str) -> Option<&'j Json> {
    match json {
        Json::Object(members) => members.get(name),
        Json::Array(items) => items.get(name.parse::<usize>().ok()?),
        Json::Null | Json::Bool(_) | Json::Number(_) | Json::String(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_found_by_their_path() {
        let body: Json =
            serde_json::from_str(r#"{"a":{"b":[{"c":"x"},2.50]},"t":true,"n":null}"#).expect("it is JSON");
        let at = |path: &str| value_at(&body, &path.split('.').map(str::to_owned).collect::<Vec<_>>());
        assert_eq!(at("a.b.0.c").as_deref(), Some("x"));
        assert_eq!(at("a.b.1").as_deref(), Some("2.5"));
        assert_eq!(at("t").as_deref(), Some("yes"));
        for path in ["n", "a", "a.b", "a.b.7", "a.b.x", "zzz", "t.u"] {
            assert_eq!(at(path), None, "{path}");
        }
    }
}
