//! Requests that send a message, and what their answers mean, by the rules of a file.

use super::{Class, Declared, File, Scope, Setup, class, first, holds};
use crate::provider::file::{Body, Codes, Hole, ReadAnswers, Send, Template, xml};
use crate::provider::scheme::hex;
use crate::provider::{Call, Outcome, Rejection, Response, message_id, signer};
use crate::sms::encoding::{Alphabet, cost};
use crate::sms::{Outbound, Sender};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderName, Method, header};
use jiff::{SignedDuration, Timestamp};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Characters of an answer that a complaint quotes where it names no reason.
const QUOTED_MAX: usize = 200;

/// What the holes of one request are filled with.
pub(super) struct Filling<'f> {
    setup: &'f Setup,
    outbound: &'f Outbound,
}

impl Declared {
    pub(super) fn filling<'f>(&'f self, outbound: &'f Outbound) -> Filling<'f> {
        Filling { setup: &self.setup, outbound }
    }
}

impl Filling<'_> {
    fn fill(&self, template: &Template) -> Option<String> {
        template.fill(|| self.is_gsm7(), |hole| self.value(hole))
    }

    fn is_gsm7(&self) -> bool {
        cost(&self.outbound.body).alphabet == Alphabet::Gsm7
    }

    fn value(&self, hole: &Hole) -> Option<Cow<'_, str>> {
        let outbound = self.outbound;
        Some(match hole {
            Hole::To => outbound.to.to_string().into(),
            Hole::ToDigits => outbound.to.digits().to_string().into(),
            Hole::ToNational => outbound.to.national().into(),
            Hole::From => outbound.from.to_string().into(),
            Hole::FromDigits => outbound.from.to_string().trim_start_matches('+').to_owned().into(),
            Hole::Text => outbound.body.as_str().into(),
            Hole::TextHex => {
                let octets: Vec<u8> = outbound.body.encode_utf16().flat_map(u16::to_be_bytes).collect();
                hex(&octets).into()
            }
            Hole::Media => outbound.media.first()?.as_str().into(),
            Hole::Id => outbound.reference.as_str().into(),
            Hole::Uuid => uuid(outbound).into(),
            Hole::Setting(_) | Hole::Secret(_) | Hole::Callback => return self.setup.value(hole),
        })
    }

    fn takes(&self, send: &Send) -> bool {
        send.when.iter().all(|condition| {
            let (bare, wanted) =
                condition.strip_prefix('!').map_or((condition.as_str(), true), |bare| (bare, false));
            let holds = match bare {
                "media" => !self.outbound.media.is_empty(),
                "gsm7" => self.is_gsm7(),
                "short_code" => matches!(self.outbound.from, Sender::ShortCode(_)),
                named => self.setup.holds(named),
            };
            holds == wanted
        })
    }
}

/// A name of the message in the form of a UUID (version 8 of RFC 9562): the same for every attempt.
fn uuid(outbound: &Outbound) -> String {
    let Outbound { from, to, body, reference, .. } = outbound;
    // The words too: another store counts its messages from 1 again.
    let hash = Sha256::digest(format!("{reference}\0{from}\0{to}\0{body}"));
    let mut bytes: [u8; 16] = hash[..16].try_into().expect("a hash has 32 bytes");
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex = hex(&bytes);
    format!("{}-{}-{}-{}-{}", &hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..])
}

/// The request that sends a message: the first of the file whose conditions hold.
pub(super) fn call(file: &File, filling: &Filling<'_>, at: Timestamp) -> Call {
    let nothing = || Call { method: Method::POST, url: String::new(), headers: Vec::new(), body: Vec::new() };
    let Some(send) = taken_by(file, filling) else { return nothing() };
    if !filling.outbound.media.is_empty() && !carries_media(send) {
        // Where pictures cannot go, their addresses do.
        let mut outbound = filling.outbound.clone();
        for address in std::mem::take(&mut outbound.media) {
            outbound.body.push('\n');
            outbound.body.push_str(&address);
        }
        return made(send, &Filling { setup: filling.setup, outbound: &outbound }, at);
    }
    made(send, filling, at)
}

fn taken_by<'f>(file: &'f File, filling: &Filling<'_>) -> Option<&'f Send> {
    file.send.iter().find(|send| filling.takes(send))
}

/// The request that brings the token which a message's own request bears, if it bears one.
pub(super) fn token_request(file: &File, filling: &Filling<'_>) -> Option<Call> {
    let send = taken_by(file, filling)?;
    Some((send.grant()?.request)(&filling.setup.keys(send.token.as_ref()?)))
}

fn carries_media(send: &Send) -> bool {
    fn names(template: &Template) -> bool {
        template.holes().any(|hole| *hole == Hole::Media)
    }
    fn has(body: &Body) -> bool {
        match body {
            Body::Text(template) => names(template),
            Body::Plain(_) => false,
            Body::List(list) => list.iter().any(has),
            Body::Object(fields) => fields.values().any(has),
        }
    }
    let mut fields = send.form.values().chain(send.query.values());
    fields.any(names)
        || send.json.as_ref().is_some_and(has)
        || send.xml.as_ref().is_some_and(|xml| xml.any(names))
}

fn made(send: &Send, filling: &Filling<'_>, at: Timestamp) -> Call {
    let (body, kind) = if let Some(json) = &send.json {
        let json = body(json, filling).unwrap_or(Value::Null);
        (json.to_string(), Some("application/json"))
    } else if let Some(xml) = &send.xml {
        let fill = |template: &Template| filling.fill(template);
        let values = xml::Values { fill: &fill, media: &filling.outbound.media };
        (xml.filled(&values), Some("application/xml"))
    } else if send.form.is_empty() {
        (String::new(), None)
    } else {
        (form(&send.form, filling), Some("application/x-www-form-urlencoded"))
    };
    let mut call = Call {
        method: send.method.parse().unwrap_or(Method::POST),
        url: url(send, filling),
        headers: headers(send, filling, kind),
        body: body.into_bytes(),
    };
    if let Some(written) = &send.sign {
        let signer = written.get("by").and_then(|by| signer::by_name(by.words()?));
        if let Some(signer) = signer {
            (signer.sign)(&mut call, &filling.setup.keys(written), at);
        }
    }
    call
}

fn url(send: &Send, filling: &Filling<'_>) -> String {
    let part = |hole: &Hole| {
        let value = filling.value(hole)?;
        Some(match hole {
            Hole::Setting(_) => Cow::from(value.trim_end_matches('/').to_owned()),
            Hole::Secret(_) | Hole::Callback => value,
            Hole::To
            | Hole::ToDigits
            | Hole::ToNational
            | Hole::From
            | Hole::FromDigits
            | Hole::Text
            | Hole::TextHex
            | Hole::Media
            | Hole::Id
            | Hole::Uuid => Cow::from(utf8_percent_encode(&value, NON_ALPHANUMERIC).to_string()),
        })
    };
    let url = send.url.fill(|| filling.is_gsm7(), part).unwrap_or_default();
    if send.query.is_empty() {
        return url;
    }
    let sign = if url.contains('?') { '&' } else { '?' };
    format!("{url}{sign}{}", form(&send.query, filling))
}

fn form(fields: &BTreeMap<String, Template>, filling: &Filling<'_>) -> String {
    let mut form = form_urlencoded::Serializer::new(String::new());
    for (name, template) in fields {
        if template.is_media() {
            form.extend_pairs(filling.outbound.media.iter().map(|address| (name, address)));
        } else if let Some(value) = filling.fill(template) {
            form.append_pair(name, &value);
        }
    }
    form.finish()
}

fn headers(send: &Send, filling: &Filling<'_>, kind: Option<&str>) -> Vec<(HeaderName, String)> {
    let mut headers = Vec::new();
    let bearer = send.bearer.as_ref().and_then(|token| filling.fill(token));
    let basic = send.basic.as_ref();
    let basic = basic.and_then(|(user, password)| Some((filling.fill(user)?, filling.fill(password)?)));
    if let Some(token) = bearer {
        headers.push((header::AUTHORIZATION, format!("Bearer {token}")));
    } else if let Some((user, password)) = basic {
        headers.push((
            header::AUTHORIZATION,
            format!("Basic {}", STANDARD.encode(format!("{user}:{password}"))),
        ));
    }
    if let Some(kind) =
        kind.filter(|_| !send.headers.keys().any(|name| name.eq_ignore_ascii_case("content-type")))
    {
        headers.push((header::CONTENT_TYPE, kind.to_owned()));
    }
    for (name, template) in &send.headers {
        // What is no header is told when the file is read.
        if let (Ok(name), Some(value)) = (name.parse(), filling.fill(template)) {
            headers.push((name, value));
        }
    }
    headers
}

/// A body with its holes filled. What cannot be filled is left out, and so is what held nothing else.
pub(super) fn body(body: &Body, filling: &Filling<'_>) -> Option<Value> {
    match body {
        Body::Text(template) if template.is_media() => {
            let media = &filling.outbound.media;
            (!media.is_empty()).then(|| media.iter().map(|address| Value::from(address.as_str())).collect())
        }
        Body::Text(template) => filling.fill(template).map(Value::String),
        Body::Plain(value) => Some(value.clone()),
        Body::List(list) => {
            let values: Vec<Value> = list.iter().filter_map(|item| self::body(item, filling)).collect();
            (list.is_empty() || !values.is_empty()).then_some(Value::Array(values))
        }
        Body::Object(fields) => {
            let filled =
                fields.iter().filter_map(|(name, value)| Some((name.clone(), self::body(value, filling)?)));
            let filled: Map<String, Value> = filled.collect();
            (fields.is_empty() || !filled.is_empty()).then_some(Value::Object(filled))
        }
    }
}

/// What an answer means. Which of several sends it answers is not asked: their answers are alike, or told apart by what
/// they hold.
pub(super) fn outcome(file: &File, response: &Response) -> Outcome {
    let text = String::from_utf8_lossy(&response.body);
    let value = match file.read_answers {
        ReadAnswers::Json => serde_json::from_str(&text).ok(),
        ReadAnswers::Xml => xml::read(&text).ok(),
    };
    let value = value.unwrap_or(Value::Null);
    let scope = Scope { item: &value, outer: None, any_case: file.any_case };
    if (200..300).contains(&response.status)
        && let Some(taken) = file.send.iter().find_map(|send| accepted(send, &scope, &text))
    {
        return taken;
    }
    let codes = &file.codes;
    let found = first(&codes.path, &scope).or_else(|| codes.pattern.as_ref()?.find(&text));
    let said = first(&codes.message, &scope);
    let why = [Some(response.status.to_string()), found.clone(), said].into_iter().flatten();
    let mut why = why.collect::<Vec<_>>().join(" ");
    if why.len() <= 3 {
        let quoted: String = text.trim().chars().take(QUOTED_MAX).collect();
        why = [why, quoted].join(" ").trim().into();
    }
    let class = class(codes, found.as_deref()).unwrap_or_else(|| by_status(codes, response.status));
    let rejected = |kind| Outcome::Rejected { kind, why: why.clone() };
    match class {
        Class::Retry => Outcome::Retry { after: wait(codes, response, &text), why },
        Class::OptedOut => Outcome::OptedOut { code: found.unwrap_or_else(|| response.status.to_string()) },
        Class::BadNumber => rejected(Rejection::BadNumber),
        Class::Filtered => rejected(Rejection::Filtered),
        Class::TooLong => rejected(Rejection::TooLong),
        Class::Config => rejected(Rejection::Config),
        Class::Permanent => rejected(Rejection::Permanent),
    }
}

/// That a message was taken by such a send, if it was.
fn accepted(send: &Send, scope: &Scope<'_>, text: &str) -> Option<Outcome> {
    let rule = &send.accepted;
    if !holds(&rule.when, scope) {
        return None;
    }
    let id = first(&rule.id, scope).or_else(|| rule.id_pattern.as_ref()?.find(text));
    let id = id.and_then(|id| message_id(&id).ok());
    (id.is_some() || !rule.id_required).then_some(Outcome::Accepted { id })
}

fn by_status(codes: &Codes, status: u16) -> Class {
    match (codes.status.get(status.to_string().as_str()), status) {
        (Some(class), _) => *class,
        (None, 408 | 429 | 500..) => Class::Retry,
        (None, 401 | 403) => Class::Config,
        (None, _) => Class::Permanent,
    }
}

/// How long the provider asks us to wait: by its header, or in its words.
fn wait(codes: &Codes, response: &Response, text: &str) -> Option<SignedDuration> {
    let said = || codes.wait_pattern.as_ref()?.find(text)?.parse().ok().map(SignedDuration::from_millis);
    response.retry_after.or_else(said)
}
