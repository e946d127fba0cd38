//! A request as the provider would make it: its file read the other way round. So a server can be tried without a phone.
//!
//! What is made is read again by the rules of the file, and its signature is checked: what would not be understood as it
//! is meant is an error here, and not a riddle there.

use super::{Declared, Scope};
use crate::provider::file::{Expected, File, InboundRule, Many, Numbers, Path, Read, ReceiptRule, When, xml};
use crate::provider::scheme::hex;
use crate::provider::{Delivery, Mimicked, RawRequest};
use crate::sms::{AccountId, Phone, Receipt, ReceiptState, Sender};
use http::{HeaderMap, Method, header};
use jiff::Timestamp;
use serde_json::Value;

/// What the provider is to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Mimic {
    /// Somebody has texted.
    Text {
        /// Who.
        from: Phone,
        /// Which number of ours.
        to: Sender,
        /// The words.
        text: String,
        /// The provider's id of it.
        id: String,
    },
    /// How far a message of ours got.
    Receipt {
        /// The id that the provider gave it.
        id: String,
        /// A state by our name, or by the provider's own word.
        state: String,
        /// An error code.
        code: Option<String>,
    },
}

/// Why a provider cannot be mimicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MimicError {
    /// Its file has no rule for it.
    #[error("the file of this provider says nothing about {0}")]
    NoRule(&'static str),
    /// No rule of the file gives back what was put in.
    #[error("no rule of the file of this provider can be read the other way round: {0}")]
    OneWay(String),
    /// The file has no word for a state.
    #[error("this provider has no word for `{state}`; it knows {}", known.join(", "))]
    State {
        /// The state.
        state: String,
        /// Its words.
        known: Vec<String>,
    },
    /// It calls nobody: a connection is kept to it.
    #[error("what this account brings comes by a link that we keep, and not by webhooks")]
    Link,
    /// Nobody but the provider can sign.
    #[error("a request of this account cannot be signed here: {0}")]
    Unsignable(&'static str),
}

impl Declared {
    /// The request by which the provider would say this, signed.
    pub(in crate::provider) fn mimic(
        &self,
        account: &AccountId,
        wanted: &Mimic,
        at: Timestamp,
    ) -> Result<Mimicked, MimicError> {
        let mut why = None;
        for value in self.values_of(wanted, at)? {
            let mut request = self.request(&value, at);
            let scheme = self.sign(&mut request)?;
            match self.read_again(account, &request, wanted) {
                Ok(()) => return Ok(Mimicked { request, scheme }),
                Err(error) => why = why.or(Some(error)),
            }
        }
        let what = if matches!(wanted, Mimic::Text { .. }) { "texts" } else { "receipts" };
        Err(why.map_or(MimicError::NoRule(what), MimicError::OneWay))
    }

    /// What each rule of the file makes of it.
    fn values_of(&self, wanted: &Mimic, at: Timestamp) -> Result<Vec<Value>, MimicError> {
        let file = &self.kind.file;
        match wanted {
            Mimic::Text { .. } => {
                Ok(file.inbound.iter().filter_map(|rule| text(file, rule, wanted, at)).collect())
            }
            Mimic::Receipt { id, state, code } => {
                let mut values = Vec::new();
                let mut known = Vec::new();
                for rule in &file.receipt {
                    known.extend(rule.states.keys().cloned());
                    let Some(word) = word(rule, state) else { continue };
                    values.extend(receipt(file, rule, id, word, code.as_deref()));
                }
                if values.is_empty() && !known.is_empty() {
                    return Err(MimicError::State { state: state.clone(), known });
                }
                Ok(values)
            }
        }
    }

    /// The request that says it, before it is signed.
    fn request(&self, value: &Value, at: Timestamp) -> RawRequest {
        let fields = value.as_object();
        let is_flat =
            fields.is_some_and(|fields| fields.values().all(|field| super::text_of(field).is_some()));
        let as_form = match self.kind.file.read {
            Read::Form => true,
            Read::Json | Read::Xml => false,
            Read::FormOrJson => is_flat,
        };
        let (kind, body) = if as_form {
            let mut form = form_urlencoded::Serializer::new(String::new());
            for (name, value) in fields.into_iter().flatten() {
                form.append_pair(name, &super::text_of(value).unwrap_or_default());
            }
            ("application/x-www-form-urlencoded", form.finish())
        } else if self.kind.file.read == Read::Xml {
            ("application/xml", xml::write(value))
        } else {
            ("application/json", value.to_string())
        };
        let headers = HeaderMap::from_iter([(header::CONTENT_TYPE, header::HeaderValue::from_static(kind))]);
        RawRequest {
            url: self.inbound.clone(),
            method: Method::POST,
            headers,
            body: body.into_bytes(),
            at,
            fetched: None,
        }
    }

    /// Signs by the first of the account's schemes that can; its name.
    fn sign(&self, request: &mut RawRequest) -> Result<&'static str, MimicError> {
        let mut why = "nothing is set by which it could be signed";
        for (scheme, keys) in &self.schemes {
            let mut signed = request.clone();
            match (scheme.sign)(&mut signed, keys) {
                Ok(()) if scheme.prove(&signed, keys).is_ok() => {
                    *request = signed;
                    return Ok(scheme.name);
                }
                Ok(()) => why = "its own scheme does not know the signature",
                Err(unsignable) => why = unsignable.0,
            }
        }
        Err(MimicError::Unsignable(why))
    }

    /// Whether a request says what it was made to say.
    fn read_again(&self, account: &AccountId, request: &RawRequest, wanted: &Mimic) -> Result<(), String> {
        let found = self.read(account, request).map_err(|error| error.to_string())?;
        match (found.as_slice(), wanted) {
            ([Delivery::Text(read)], Mimic::Text { from, to, text, .. })
                if read.from == *from && read.to == *to && read.body == *text =>
            {
                Ok(())
            }
            ([Delivery::Receipt(Receipt { id: read, .. })], Mimic::Receipt { id, .. })
                if read.as_str() == id =>
            {
                Ok(())
            }
            (found, _) => Err(format!("it reads as {found:?}")),
        }
    }
}

/// A request that is being made.
struct Made<'f> {
    file: &'f File,
    items: &'f [Path],
    value: Value,
}

impl<'f> Made<'f> {
    /// What a rule wants of its items stands there already.
    fn of(file: &'f File, items: &'f [Path], when: &When) -> Option<Self> {
        let mut made = Self { file, items, value: Value::Null };
        for (path, expected) in when {
            match expected {
                Expected::OneOf(values) => made.put(path, values.first()?)?,
                Expected::There(_) => {}
            }
        }
        Some(made)
    }

    fn put(&mut self, path: &Path, value: &str) -> Option<()> {
        path.from_root(self.items)?.put(&mut self.value, value.into());
        Some(())
    }

    /// Puts it at the first of several places, if there is one.
    fn put_first(&mut self, paths: &Many<Path>, value: &str) -> Option<()> {
        paths.first().map_or(Some(()), |path| self.put(path, value))
    }

    /// What is to be there, and is not yet, is put there.
    fn finish(mut self, when: &When) -> Option<Value> {
        for (path, expected) in when {
            let place = path.from_root(self.items)?;
            let root = Scope { item: &self.value, outer: None, any_case: self.file.any_case };
            let is_there = place.with(&root, super::is_there).unwrap_or(false);
            if *expected == Expected::There(true) && !is_there {
                place.put(&mut self.value, "1".into());
            }
        }
        Some(self.value)
    }
}

fn text(file: &File, rule: &InboundRule, wanted: &Mimic, at: Timestamp) -> Option<Value> {
    let Mimic::Text { from, to, text, id } = wanted else { return None };
    let mut made = Made::of(file, &rule.each, &rule.when)?;
    made.put_first(&rule.id, id)?;
    made.put_first(&rule.from, &number(&from.to_string(), rule.numbers))?;
    made.put_first(&rule.to, &number(&to.to_string(), rule.numbers))?;
    made.put_first(&rule.text, text)?;
    if let Some(octets) = &rule.octets {
        let octets_of_text: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        made.put(&octets.hex, &hex(&octets_of_text))?;
        made.put(&octets.coding, "8")?;
    }
    if let Some(path) = &rule.sent_at {
        made.put(path, &at.to_string())?;
    }
    made.finish(&rule.when)
}

fn receipt(file: &File, rule: &ReceiptRule, id: &str, word: &str, code: Option<&str>) -> Option<Value> {
    let mut made = Made::of(file, &rule.each, &rule.when)?;
    if let Some(code) = code {
        made.put_first(&rule.code, code)?;
    }
    made.put_first(&rule.id, id)?;
    made.put_first(&rule.state, word)?;
    made.finish(&rule.when)
}

/// The provider's word for a state: the word itself, or the first that means it. Where a condition of the rule stands on the
/// state's own place, the word is one that it takes.
fn word<'r>(rule: &'r ReceiptRule, state: &str) -> Option<&'r str> {
    let taken = rule.state.first().and_then(|path| rule.when.get(path));
    let fits = |word: &&String| match taken {
        Some(Expected::OneOf(values)) => values.contains(word),
        Some(Expected::There(_)) | None => true,
    };
    let own = rule.states.keys().filter(fits).find(|word| word.eq_ignore_ascii_case(state));
    let wanted: Option<ReceiptState> = serde_json::from_value(state.to_lowercase().into()).ok();
    let means = |(word, known): &(&'r String, &ReceiptState)| Some(**known) == wanted && fits(word);
    own.or_else(|| rule.states.iter().find(means).map(|(word, _)| word)).map(String::as_str)
}

/// A number as the file says that the provider writes it.
fn number(number: &str, numbers: Numbers) -> String {
    match numbers {
        Numbers::E164 | Numbers::National => number.to_owned(),
        Numbers::Digits => number.trim_start_matches('+').to_owned(),
    }
}
