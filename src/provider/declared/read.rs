//! What a request says, by the rules of a file.

use super::{Class, File, Setup, class, each, first, holds};
use crate::consent::How;
use crate::provider::file::{
    HintRule, InboundRule, Many, MediaRule, Numbers, OptOutRule, Path, Read, ReceiptRule, Scope, text_of, xml,
};
use crate::provider::scheme::hex;
use crate::provider::{DecodeError, Delivery, MEDIA_MAX, RawRequest, bounded, message_id};
use crate::sms::encoding::octets_as_text;
use crate::sms::{
    AccountId, Inbound, Media, MessageId, OptOutHint, Part, Phone, Receipt, ReceiptState, Sender,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, header};
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

/// Items of one request that are read. The largest batch that is known has 1,000 (Infobip).
const ITEMS_MAX: usize = 1_000;
/// Bytes from which on a text may be base64: it comes so only when it was too long for one part.
const BASE64_BYTES_MIN: usize = 160;

/// All that a request brought. One item that makes no sense takes nothing from those beside it. O(bytes × rules).
pub(super) fn deliveries(
    file: &File,
    setup: &Setup,
    account: &AccountId,
    request: &RawRequest,
) -> Result<Vec<Delivery>, DecodeError> {
    let value = value(file, request)?;
    let root = Scope { item: &value, outer: None, any_case: file.any_case };
    let reader = Reader { file, setup, account, request };
    let mut found = Vec::new();
    for rule in &file.inbound {
        each(&rule.each, root, &mut |scope| {
            if holds(&rule.when, &scope) && found.len() < ITEMS_MAX {
                found.push(reader.text(rule, &scope));
            }
        });
    }
    for rule in &file.receipt {
        each(&rule.each, root, &mut |scope| {
            if holds(&rule.when, &scope) && found.len() < ITEMS_MAX {
                found.push(reader.receipt(rule, &scope).map(Delivery::Receipt));
            }
        });
    }
    for rule in &file.opt_out {
        each(&rule.each, root, &mut |scope| {
            if holds(&rule.when, &scope) && found.len() < ITEMS_MAX {
                found.push(reader.opt_out(rule, &scope));
            }
        });
    }
    if found.iter().all(Result::is_err) {
        return found.into_iter().collect();
    }
    let unread = |error: DecodeError| Delivery::Unread { why: error.to_string() };
    Ok(found.into_iter().map(|item| item.unwrap_or_else(unread)).collect())
}

/// A request as a value: what a GET brings in its address, else the body as a form, JSON or XML.
pub(super) fn value(file: &File, request: &RawRequest) -> Result<Value, DecodeError> {
    if request.method == Method::GET {
        let query = request.url.split_once('?').map_or("", |(_, query)| query);
        return Ok(form(query.as_bytes()));
    }
    let kind = request.headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok());
    let as_json = || {
        let value = serde_json::from_slice(&request.body);
        value.map_err(|error| DecodeError::Bad(format!("the body is no JSON: {error}")))
    };
    match file.read {
        Read::Json => as_json(),
        Read::FormOrJson if kind.is_some_and(|kind| kind.contains("json")) => as_json(),
        Read::Form | Read::FormOrJson => Ok(form(&request.body)),
        Read::Xml => {
            let text = str::from_utf8(&request.body).map_err(|error| error.to_string());
            let value = text.and_then(xml::read);
            value.map_err(|error| DecodeError::Bad(format!("the body is no XML: {error}")))
        }
    }
}

/// A form as an object; the first value of a name counts.
fn form(bytes: &[u8]) -> Value {
    let mut fields = Map::new();
    for (name, value) in form_urlencoded::parse(bytes) {
        fields.entry(name).or_insert_with(|| value.into());
    }
    Value::Object(fields)
}

struct Reader<'r> {
    file: &'r File,
    setup: &'r Setup,
    account: &'r AccountId,
    request: &'r RawRequest,
}

impl Reader<'_> {
    /// A text, or one of its parts.
    fn text(&self, rule: &InboundRule, scope: &Scope<'_>) -> Result<Delivery, DecodeError> {
        let inbound = self.inbound(rule, scope)?;
        let numbers = rule.part.as_ref().and_then(|part| {
            let number = |path: &Path| path.text(scope)?.trim().parse::<u8>().ok();
            Some((part.reference.text(scope)?, number(&part.number)?, number(&part.total)?))
        });
        let part = numbers
            .and_then(|(reference, number, total)| Part::new(inbound.clone(), reference, number, total));
        Ok(part.map_or(Delivery::Text(inbound), Delivery::Part))
    }

    fn inbound(&self, rule: &InboundRule, scope: &Scope<'_>) -> Result<Inbound, DecodeError> {
        let from = self.phone(&required(&rule.from, scope)?, rule.numbers)?;
        let to = self.sender(&required(&rule.to, scope)?, rule.numbers)?;
        let body = text(rule, scope)?;
        let sent_at = rule.sent_at.as_ref().and_then(|path| path.text(scope)).and_then(|text| moment(&text));
        let id = match first(&rule.id, scope) {
            Some(id) => message_id(&id)?,
            None if rule.id.is_empty() => self.named_by_content(from, to, &body, sent_at),
            None => return Err(DecodeError::Missing(rule.id[0].to_string())),
        };
        Ok(Inbound {
            account: self.account.clone(),
            id,
            from,
            to,
            body,
            sent_at,
            media: rule.media.as_ref().map(|media| pictures(media, scope)).unwrap_or_default(),
            hint: rule.hint.as_ref().and_then(|rule| hint(rule, scope)),
            missing: 0,
        })
    }

    fn receipt(&self, rule: &ReceiptRule, scope: &Scope<'_>) -> Result<Receipt, DecodeError> {
        let said = required(&rule.state, scope)?;
        let state = rule.states.iter().find(|(word, _)| word.eq_ignore_ascii_case(&said));
        let code = first(&rule.code, scope);
        let class = class(rule.codes.as_ref().unwrap_or(&self.file.codes), code.as_deref());
        Ok(Receipt {
            account: self.account.clone(),
            id: message_id(&required(&rule.id, scope)?)?,
            state: state.map_or(ReceiptState::Unknown, |(_, state)| *state),
            code,
            opted_out: class == Some(Class::OptedOut),
            bad_number: class == Some(Class::BadNumber),
        })
    }

    fn opt_out(&self, rule: &OptOutRule, scope: &Scope<'_>) -> Result<Delivery, DecodeError> {
        let from = self.phone(&required(&rule.from, scope)?, rule.numbers)?;
        let to = self.sender(&required(&rule.to, scope)?, rule.numbers)?;
        Ok(Delivery::OptOut { from, to, how: How::Provider })
    }

    /// A name for a text to which the provider gives none: the same for the same words of the same person within a minute, or
    /// at the same time where the provider tells it.
    fn named_by_content(&self, from: Phone, to: Sender, body: &str, sent_at: Option<Timestamp>) -> MessageId {
        let when = sent_at.map_or(self.request.at.as_second() / 60, Timestamp::as_second);
        let content = format!("{from}\0{to}\0{when}\0{body}");
        let hash = hex(&Sha256::digest(content)[..16]);
        MessageId::from(format!("by-content-{hash}").as_str())
    }

    fn phone(&self, written: &str, numbers: Numbers) -> Result<Phone, DecodeError> {
        let bad = |error: crate::sms::BadNumber| DecodeError::Bad(error.to_string());
        let country = self.setup.settings.get("country");
        match (numbers, country) {
            (Numbers::National, Some(country)) if !written.starts_with('+') => {
                Phone::dialled_in(written, country).map_err(bad)
            }
            _ => international(written, numbers).parse().map_err(bad),
        }
    }

    fn sender(&self, written: &str, numbers: Numbers) -> Result<Sender, DecodeError> {
        match written.trim().parse::<Sender>() {
            Ok(sender) => Ok(sender),
            Err(_) => self.phone(written, numbers).map(Sender::Number),
        }
    }
}

/// A number with its `+`. In an address that was not escaped, the sign is a space.
fn international(written: &str, numbers: Numbers) -> String {
    let digits = written.trim();
    match (numbers, digits.strip_prefix("00")) {
        _ if digits.starts_with('+') => digits.to_owned(),
        (Numbers::Digits | Numbers::National, Some(rest)) => format!("+{rest}"),
        (Numbers::Digits | Numbers::National, None) => format!("+{digits}"),
        (Numbers::E164, _) if written.starts_with(' ') => format!("+{digits}"),
        (Numbers::E164, _) => digits.to_owned(),
    }
}

fn required(paths: &Many<Path>, scope: &Scope<'_>) -> Result<String, DecodeError> {
    let missing = || DecodeError::Missing(paths.first().map(ToString::to_string).unwrap_or_default());
    first(paths, scope).ok_or_else(missing)
}

/// The words: from their octets where those are there, else as they stand.
fn text(rule: &InboundRule, scope: &Scope<'_>) -> Result<String, DecodeError> {
    let octets = rule.octets.as_ref().and_then(|octets| {
        let coding = octets.coding.text(scope).and_then(|coding| coding.parse().ok()).unwrap_or(0);
        octets_as_text(&octets.hex.text(scope)?, coding)
    });
    if let Some(text) = octets {
        return Ok(text);
    }
    if let [only] = &rule.text[..]
        && only.with(scope, |value| !value.is_null() && text_of(value).is_none()) == Some(true)
    {
        return Err(DecodeError::Bad(format!("`{only}` is no text")));
    }
    let text = rule.text.iter().find_map(|path| path.text(scope)).unwrap_or_default();
    Ok(if rule.perhaps_base64 { out_of_base64(&text).unwrap_or(text) } else { text })
}

/// What a long text says that came in base64: no such text of a person is one word, and decodes into several.
fn out_of_base64(text: &str) -> Option<String> {
    if text.len() < BASE64_BYTES_MIN {
        return None;
    }
    let decoded = String::from_utf8(STANDARD.decode(text.trim()).ok()?).ok()?;
    (decoded.contains(' ') && !decoded.contains('\0')).then_some(decoded)
}

fn pictures(rule: &MediaRule, scope: &Scope<'_>) -> Vec<Media> {
    if let Some(list) = &rule.list {
        let mut found = Vec::new();
        list.with(scope, |list| {
            for item in xml::items(list).iter().take(MEDIA_MAX) {
                let inner = Scope { item, ..*scope };
                let url = match &rule.url {
                    Some(url) => at(url, &inner),
                    None => text_of(item),
                };
                let kind = rule.kind.as_ref().and_then(|kind| at(kind, &inner));
                found.extend(url.map(|url| Media { url, content_type: kind.unwrap_or_default() }));
            }
        });
        return bounded(found);
    }
    let count = rule.count.as_ref().and_then(|path| path.text(scope)).and_then(|count| count.parse().ok());
    let count: usize = count.unwrap_or(0);
    let numbered = (rule.first..).take(count.min(MEDIA_MAX)).filter_map(|number| {
        let named = |name: &Option<String>| at(&name.as_ref()?.replace("{n}", &number.to_string()), scope);
        Some(Media { url: named(&rule.url)?, content_type: named(&rule.kind).unwrap_or_default() })
    });
    bounded(numbered)
}

/// The value at a path that is made as it is needed.
fn at(path: &str, scope: &Scope<'_>) -> Option<String> {
    path.parse::<Path>().ok()?.text(scope)
}

fn hint(rule: &HintRule, scope: &Scope<'_>) -> Option<OptOutHint> {
    let said = rule.path.text(scope)?;
    let hints =
        [(&rule.stop, OptOutHint::Stop), (&rule.help, OptOutHint::Help), (&rule.start, OptOutHint::Start)];
    hints.into_iter().find(|(words, _)| words.contains(&said)).map(|(_, hint)| hint)
}

/// A moment in any of the forms that providers write: RFC 3339, the same with `+0000`, SQL in UTC, seconds or milliseconds
/// since 1970.
pub(super) fn moment(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if let Ok(number) = text.parse::<i64>() {
        // A hundred billion seconds is the year 5138; as many milliseconds are of 1973.
        let seconds = number.abs() < 100_000_000_000;
        return if seconds { Timestamp::from_second(number) } else { Timestamp::from_millisecond(number) }
            .ok();
    }
    let plain = || text.parse::<DateTime>().ok()?.to_zoned(TimeZone::UTC).ok().map(|zoned| zoned.timestamp());
    let offset = || Timestamp::strptime("%Y-%m-%dT%H:%M:%S%.f%z", text).ok();
    text.parse().ok().or_else(offset).or_else(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_read_in_every_form_that_providers_write() {
        let noon = [
            "2026-06-01T12:00:00Z",
            "2026-06-01T12:00:00.000+0000",
            "2026-06-01T14:00:00+02:00",
            "2026-06-01T12:00:00",
            "2026-06-01 12:00:00",
            "1780315200",
            "1780315200000",
        ];
        for text in noon {
            assert_eq!(
                moment(text).map(|at| at.to_string()).as_deref(),
                Some("2026-06-01T12:00:00Z"),
                "{text}"
            );
        }
        assert_eq!((moment("yesterday"), moment("")), (None, None));
    }

    #[test]
    fn only_long_texts_are_taken_for_base64() {
        let long = "a word and another ".repeat(10);
        assert_eq!(out_of_base64(&STANDARD.encode(&long)), Some(long));
        for text in ["JOIN", "aGVsbG8gdGhlcmU=", &"A".repeat(200)] {
            assert_eq!(out_of_base64(text), None, "{text}");
        }
    }

    #[test]
    fn numbers_get_the_sign_that_was_lost() {
        assert_eq!(international(" 14045550123", Numbers::E164), "+14045550123");
        assert_eq!(international("14045550123", Numbers::E164), "14045550123");
        assert_eq!(international("447700900123", Numbers::Digits), "+447700900123");
        assert_eq!(international("00447700900123", Numbers::Digits), "+447700900123");
    }
}
