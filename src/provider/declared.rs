//! A provider as its file says: one account's translator, made of the file and the account's settings.

mod mimic;
mod read;
mod send;

pub use self::mimic::{Mimic, MimicError};

use super::file::{Class, Codes, File, Hole, Path, Scope, Template, When};
use super::file::{Expected, text_of, xml};
use super::scheme::{self, Keys, Scheme};
use super::{
    Call, DecodeError, Delivery, Forged, Handshake, Kind, Outcome, Provider, RawRequest, Reply, Response,
    SendBy, SettingError, Settings, Verified,
};
use crate::sms::{AccountId, Outbound};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// One account of a provider that is a file.
pub(super) struct Declared {
    kind: Arc<Kind>,
    setup: Setup,
    schemes: Vec<(&'static Scheme, Keys)>,
    /// The address at which its webhooks are taken, where it is known.
    inbound: String,
    /// Whether a call of ours can send; otherwise replies leave in the answer to a webhook.
    calls: bool,
}

/// What the account says.
struct Setup {
    settings: BTreeMap<String, String>,
    secrets: BTreeMap<String, Vec<SecretString>>,
    callback: Option<String>,
}

impl Setup {
    /// What a hole holds that does not depend on a message. Of several values of a secret the last is the newest; a provider
    /// takes both while one is replaced.
    fn value(&self, hole: &Hole) -> Option<Cow<'_, str>> {
        let secret = |name| Some(self.secrets.get(name)?.last()?.expose_secret().into());
        match hole {
            Hole::Setting(name) => self.settings.get(name).map(|value| value.as_str().into()),
            Hole::Secret(name) => secret(name.as_str()),
            Hole::Callback => self.callback.as_deref().map(Cow::from),
            Hole::To
            | Hole::ToDigits
            | Hole::ToNational
            | Hole::From
            | Hole::FromDigits
            | Hole::Text
            | Hole::TextHex
            | Hole::Media
            | Hole::Id
            | Hole::Uuid => None,
        }
    }

    /// All values that a key of a scheme may have today; none where something of it is not set.
    fn values(&self, template: &Template) -> Vec<SecretString> {
        let mut holes = template.holes();
        if let (Some(Hole::Secret(name)), None) = (holes.next(), holes.next()) {
            // A secret alone: each of its values.
            let all = self.secrets.get(name).into_iter().flatten();
            return all
                .filter_map(|value| template.fill(|| true, |_| Some(value.expose_secret().into())))
                .map(SecretString::from)
                .collect();
        }
        template.fill(|| true, |hole| self.value(hole)).map(SecretString::from).into_iter().collect()
    }

    fn keys(&self, written: &BTreeMap<String, Template>) -> Keys {
        let mut keys = Keys::default();
        for (name, template) in written {
            let values = self.values(template);
            if !values.is_empty() {
                keys.insert(name.clone(), values);
            }
        }
        keys
    }
}

impl Declared {
    /// Makes an account's translator.
    pub(super) fn open(kind: &Arc<Kind>, settings: &Settings) -> Result<Self, SettingError> {
        let file = &kind.file;
        let mut setup =
            Setup { settings: settings.plain.clone(), secrets: settings.secrets.clone(), callback: None };
        for (name, setting) in &file.settings {
            match (setup.settings.get(name), &setting.default) {
                (Some(value), _) if !setting.one_of.is_empty() && !setting.one_of.contains(value) => {
                    let known = setting.one_of.join(", ");
                    return Err(settings.error(format!("`{name}` is one of {known}")));
                }
                (None, Some(default)) => {
                    setup.settings.insert(name.clone(), default.clone());
                }
                (None, None) if !setting.optional => {
                    return Err(settings.error(format!("the setting `{name}` is missing")));
                }
                (Some(_), _) | (None, None) => {}
            }
        }
        for (name, secret) in &file.secrets {
            let has = setup.secrets.get(name).is_some_and(|values| !values.is_empty());
            if !has && !secret.optional {
                return Err(settings.error(format!("the secret `{name}` is missing")));
            }
        }
        let schemes: Vec<_> = file.verify.iter().filter_map(|written| scheme_of(&setup, written)).collect();
        if schemes.is_empty() {
            return Err(settings.error("nothing is set by which we could tell who calls".to_owned()));
        }
        let token = schemes.iter().find(|(scheme, _)| scheme.name == "token");
        let token = token.and_then(|(_, keys)| keys.one("secret"));
        setup.callback = settings.inbound_url.as_ref().map(|url| with_token(url, token));
        let is_said = |name: &str| setup.settings.contains_key(name) || setup.secrets.contains_key(name);
        let calls = file.send.iter().any(|send| send.takes_all(is_said));
        if !calls && file.answer.replies.is_none() {
            return Err(settings.error("nothing is set by which it could send".to_owned()));
        }
        let inbound = settings.inbound_url.clone().unwrap_or_default();
        Ok(Self { kind: Arc::clone(kind), setup, schemes, inbound, calls })
    }

    /// Whether what a handshake wants visited, if anything, is where the provider is.
    fn may_visit(&self, handshake: &Handshake) -> bool {
        let may = |url: &String| self.schemes.iter().any(|(scheme, keys)| (scheme.visits)(keys, url));
        handshake.visit.as_ref().is_none_or(may)
    }

    /// What a request brought, whoever it is from.
    pub(super) fn read(
        &self,
        account: &AccountId,
        request: &RawRequest,
    ) -> Result<Vec<Delivery>, DecodeError> {
        read::deliveries(&self.kind.file, &self.setup, account, request)
    }
}

/// The scheme with its keys, if all that it needs is set.
fn scheme_of(setup: &Setup, written: &BTreeMap<String, Template>) -> Option<(&'static Scheme, Keys)> {
    let scheme = scheme::by_name(written.get("scheme")?.words()?)?;
    let keys = setup.keys(written);
    scheme
        .needs
        .iter()
        .all(|need| keys.one(need).is_some_and(|key| !key.is_empty()))
        .then_some((scheme, keys))
}

/// An address with a token in its query.
fn with_token(url: &str, token: Option<&str>) -> String {
    let Some(token) = token else { return url.to_owned() };
    let query = form_urlencoded::Serializer::new(String::new()).append_pair("token", token).finish();
    format!("{url}?{query}")
}

impl Setup {
    /// Whether a condition on what is set holds.
    fn holds(&self, condition: &str) -> bool {
        let setting = condition.strip_prefix("cfg.").is_some_and(|name| self.settings.contains_key(name));
        setting || condition.strip_prefix("secret.").is_some_and(|name| self.secrets.contains_key(name))
    }
}

impl Provider for Declared {
    fn wants(&self, request: &RawRequest) -> Option<String> {
        self.schemes.iter().find_map(|(scheme, keys)| (scheme.wants)(request, keys))
    }

    fn verify(&self, request: RawRequest) -> Result<Verified, Forged> {
        let mut why = Forged("nothing is set by which we could tell who calls");
        for (scheme, keys) in &self.schemes {
            match scheme.prove(&request, keys) {
                Ok(proof) => return Ok(request.vouched(proof)),
                Err(forged) => why = forged,
            }
        }
        Err(why)
    }

    fn handshake(&self, request: &Verified) -> Option<Handshake> {
        let value = read::value(&self.kind.file, request.request()).ok()?;
        let root = Scope { item: &value, outer: None, any_case: self.kind.file.any_case };
        let mut found = None;
        for rule in &self.kind.file.handshake {
            each(&rule.each, root, &mut |scope| {
                if found.is_none() && holds(&rule.when, &scope) {
                    found = handshake(rule, &scope).filter(|handshake| self.may_visit(handshake));
                }
            });
        }
        found
    }

    fn decode(&self, account: &AccountId, request: &Verified) -> Result<Vec<Delivery>, DecodeError> {
        self.read(account, request.request())
    }

    fn acknowledge(&self, replies: &[Outbound]) -> Reply {
        let answer = &self.kind.file.answer;
        let body = match &answer.replies {
            Some(rule) if !self.calls => {
                let each = replies.iter().filter_map(|reply| send::body(&rule.each, &self.filling(reply)));
                json!({ rule.list.as_str(): each.collect::<Vec<_>>() }).to_string()
            }
            _ => answer.body.clone(),
        };
        Reply { status: 200, content_type: answer.kind.clone(), body }
    }

    fn send_by(&self) -> SendBy {
        if self.calls { SendBy::Call } else { SendBy::Answer }
    }

    fn characters_max(&self) -> Option<usize> {
        self.kind.file.limits.characters
    }

    fn encode(&self, outbound: &Outbound, at: Timestamp) -> Call {
        send::call(&self.kind.file, &self.filling(outbound), at)
    }

    fn token_request(&self, outbound: &Outbound) -> Option<Call> {
        send::token_request(&self.kind.file, &self.filling(outbound))
    }

    fn outcome(&self, response: &Response) -> Outcome {
        send::outcome(&self.kind.file, response)
    }
}

/// What is answered to a request that wants nothing else; nothing where it lacks what is to be given back.
fn handshake(rule: &super::file::Handshake, scope: &Scope<'_>) -> Option<Handshake> {
    let visit = rule.visit.as_ref().and_then(|path| path.text(scope));
    let echo = rule.echo.as_ref().and_then(|path| path.text(scope));
    if visit.is_none() && echo.is_none() {
        return None;
    }
    let echo = echo.unwrap_or_default();
    let (content_type, body) = match &rule.echo_as {
        Some(name) => ("application/json", json!({ name.as_str(): echo }).to_string()),
        None => ("text/plain", echo),
    };
    Some(Handshake { reply: Reply { status: 200, content_type: content_type.to_owned(), body }, visit })
}

/// Goes through the items that a list of places leads to, one within the other.
fn each(places: &[Path], scope: Scope<'_>, read: &mut dyn FnMut(Scope<'_>)) {
    let Some((place, rest)) = places.split_first() else { return read(scope) };
    place.each(&scope, &mut |item| {
        each(rest, Scope { item, outer: Some(&scope), any_case: scope.any_case }, read);
    });
}

/// Whether all conditions hold.
fn holds(when: &When, scope: &Scope<'_>) -> bool {
    when.iter().all(|(path, expected)| match expected {
        Expected::There(wanted) => path.with(scope, is_there).unwrap_or(false) == *wanted,
        Expected::OneOf(values) => path.text(scope).is_some_and(|text| values.contains(&text)),
    })
}

fn is_there(value: &Value) -> bool {
    match value {
        Value::Null => false,
        Value::String(text) => !text.is_empty(),
        Value::Array(list) => !list.is_empty(),
        Value::Object(_) => !xml::is_empty(value),
        Value::Bool(_) | Value::Number(_) => true,
    }
}

/// The first of these places that holds something that is not empty.
fn first(paths: &[Path], scope: &Scope<'_>) -> Option<String> {
    paths.iter().find_map(|path| path.with(scope, text_of).flatten().filter(|text| !text.is_empty()))
}

/// What an error code means by a file's own words.
fn class(codes: &Codes, code: Option<&str>) -> Option<Class> {
    code.and_then(|code| codes.class(code))
}
