//! A provider as a file: how it signs, where the fields of its requests are, how it sends and what its errors mean.
//! `docs/providers.md` shows how one is written.

mod check;
mod path;
mod template;
pub(super) mod xml;

pub use path::{Path, Scope};
pub use template::{Hole, Template};
pub use xml::Xml;

pub(super) use path::text_of;

use super::grant::{self, Grant};
use crate::sms::{Pace, ReceiptState};
use regex::Regex;
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{Error as _, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};
use std::collections::BTreeMap;
use std::fmt;
use std::marker::PhantomData;
use std::ops::Range;

/// Something wrong in a provider's file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mistake {
    /// Where: bytes of the file.
    pub at: Range<usize>,
    /// What.
    pub what: String,
    /// A way out.
    pub hint: Option<String>,
}

/// A provider's file, read. What is left out has the default that stands with it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct File {
    /// What the provider calls itself.
    pub title: String,
    /// Where it documents what stands here.
    pub documentation: String,
    /// Whether it answers STOP by itself, unless the account says otherwise.
    #[serde(default)]
    pub answers_stop: bool,
    /// The protocol of a connection that is kept, where there are no requests and answers.
    #[serde(default)]
    pub link: Option<String>,
    /// What an account may say.
    #[serde(default)]
    pub settings: BTreeMap<String, Setting>,
    /// The same for secrets.
    #[serde(default)]
    pub secrets: BTreeMap<String, Setting>,
    /// How it proves who calls: `scheme`, and the keys of that scheme. Of several, those count whose keys are all set.
    #[serde(default)]
    pub verify: Vec<BTreeMap<String, Template>>,
    /// How its requests are read. What a GET brings is always in its address.
    #[serde(default)]
    pub read: Read,
    /// How answers to our sends are read.
    #[serde(default)]
    pub read_answers: ReadAnswers,
    /// Whether names of fields come in any case.
    #[serde(default)]
    pub any_case: bool,
    /// Requests that want nothing but an answer.
    #[serde(default)]
    pub handshake: Vec<Handshake>,
    /// Texts.
    #[serde(default)]
    pub inbound: Vec<InboundRule>,
    /// Words about messages that we sent.
    #[serde(default)]
    pub receipt: Vec<ReceiptRule>,
    /// Opt-outs that the provider took by itself.
    #[serde(default)]
    pub opt_out: Vec<OptOutRule>,
    /// What is answered when all is on the disk.
    #[serde(default)]
    pub answer: Answer,
    /// Requests that send a message: the first whose conditions hold. With none that can hold, replies leave in the answer.
    #[serde(default)]
    pub send: Vec<Send>,
    /// What its error codes mean.
    #[serde(default)]
    pub codes: Codes,
    /// What it carries.
    #[serde(default)]
    pub limits: Limits,
    /// How fast its accounts send, where they say nothing.
    #[serde(default)]
    pub pace: Pace,
}

/// Something that an account may say.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setting {
    /// What it is, in a line.
    pub about: String,
    /// Whether it may be left out.
    #[serde(default)]
    pub optional: bool,
    /// What stands for it where it is left out.
    #[serde(default)]
    pub default: Option<String>,
    /// The only values that it may have, where there are few.
    #[serde(default)]
    pub one_of: Vec<String>,
}

/// How requests are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Read {
    /// As forms.
    Form,
    /// As JSON.
    Json,
    /// As XML.
    Xml,
    /// As what their content type says.
    #[default]
    FormOrJson,
}

/// How answers to our sends are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ReadAnswers {
    /// As JSON.
    #[default]
    Json,
    /// As XML.
    Xml,
}

/// Conditions on fields: all of them must hold.
pub type When = BTreeMap<Path, Expected>;

/// What a field must say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expected {
    /// Whether there is one that is not empty.
    There(bool),
    /// One of these.
    OneOf(Vec<String>),
}

/// A request that wants nothing but an answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Handshake {
    /// Where such requests are within one.
    #[serde(default)]
    pub each: Many<Path>,
    /// Which requests are.
    #[serde(default)]
    pub when: When,
    /// The value that is given back.
    #[serde(default)]
    pub echo: Option<Path>,
    /// The name under which it is, in an object of JSON; without one it is all of the answer.
    #[serde(default)]
    pub echo_as: Option<String>,
    /// The address that is to be visited once. The scheme has the last word on which may be.
    #[serde(default)]
    pub visit: Option<Path>,
}

/// How numbers are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Numbers {
    /// With their `+`.
    #[default]
    E164,
    /// International, with or without it.
    Digits,
    /// As they are dialled in the country of the setting `country`.
    National,
}

/// Where a text stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InboundRule {
    /// Where texts are within a request, from the outside in; all of it where nothing is said.
    #[serde(default)]
    pub each: Many<Path>,
    /// Which items are texts.
    #[serde(default)]
    pub when: When,
    /// The provider's id: the first that is there. Without one, who, what and when tell duplicates.
    #[serde(default)]
    pub id: Many<Path>,
    /// Who wrote.
    pub from: Many<Path>,
    /// The number that was texted.
    pub to: Many<Path>,
    /// The words; a message without them is empty.
    #[serde(default)]
    pub text: Many<Path>,
    /// The octets of the words, where the words themselves may be broken.
    #[serde(default)]
    pub octets: Option<Octets>,
    /// Whether long texts may come in base64.
    #[serde(default)]
    pub perhaps_base64: bool,
    /// When the provider took it.
    #[serde(default)]
    pub sent_at: Option<Path>,
    /// How its numbers are written.
    #[serde(default)]
    pub numbers: Numbers,
    /// Its pictures.
    #[serde(default)]
    pub media: Option<MediaRule>,
    /// What the provider itself took it for.
    #[serde(default)]
    pub hint: Option<HintRule>,
    /// Where it says that it is one of several parts of a text, which are joined here.
    #[serde(default)]
    pub part: Option<PartRule>,
}

/// Where the numbers of a part stand.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PartRule {
    /// What all parts of a text have in common.
    pub reference: Path,
    /// Which of them it is, from 1.
    pub number: Path,
    /// How many there are.
    pub total: Path,
}

/// Where the octets of a text stand, in hexadecimal digits, and their coding as SMPP numbers it (0, 1, 3 or 8).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Octets {
    /// The octets.
    pub hex: Path,
    /// Their coding.
    pub coding: Path,
}

/// Where pictures stand: in a list, or in fields that are numbered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MediaRule {
    /// The list.
    #[serde(default)]
    pub list: Option<Path>,
    /// How many numbered fields there are.
    #[serde(default)]
    pub count: Option<Path>,
    /// The number of the first.
    #[serde(default)]
    pub first: usize,
    /// The address: a field of each of the list, which itself is the address without one; or a name with `{n}`.
    #[serde(default)]
    pub url: Option<String>,
    /// The media type, in the same way.
    #[serde(default, rename = "type")]
    pub kind: Option<String>,
}

/// What the provider itself took a text for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HintRule {
    /// Where it says so.
    pub path: Path,
    /// What it says for an opt-out.
    #[serde(default)]
    pub stop: Many<String>,
    /// For a call for help.
    #[serde(default)]
    pub help: Many<String>,
    /// For an opt-in.
    #[serde(default)]
    pub start: Many<String>,
}

/// Where a receipt stands.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReceiptRule {
    /// Where receipts are within a request.
    #[serde(default)]
    pub each: Many<Path>,
    /// Which items are receipts.
    #[serde(default)]
    pub when: When,
    /// The id that we were given, or our own name of the message: the first that is there.
    pub id: Many<Path>,
    /// How far it got.
    pub state: Many<Path>,
    /// The provider's words for that, in any case; a word that is not among them is kept as `unknown`.
    pub states: BTreeMap<String, ReceiptState>,
    /// Its error code.
    #[serde(default)]
    pub code: Many<Path>,
    /// What error codes mean in receipts, where it is not what they mean in answers.
    #[serde(default)]
    pub codes: Option<Codes>,
}

/// Where an opt-out stands that the provider took by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OptOutRule {
    /// Where opt-outs are within a request.
    #[serde(default)]
    pub each: Many<Path>,
    /// Which items are opt-outs.
    pub when: When,
    /// Who.
    pub from: Many<Path>,
    /// From which number of ours.
    pub to: Many<Path>,
    /// How its numbers are written.
    #[serde(default)]
    pub numbers: Numbers,
}

/// What is answered.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Answer {
    /// The media type.
    #[serde(rename = "type")]
    pub kind: String,
    /// The body.
    pub body: String,
    /// The list in an object of JSON that takes our replies, where the account cannot send otherwise.
    pub replies: Option<Replies>,
}

impl Default for Answer {
    fn default() -> Self {
        Self { kind: "text/plain".to_owned(), body: String::new(), replies: None }
    }
}

/// How replies stand in an answer.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Replies {
    /// The name of the list.
    pub list: String,
    /// What stands in it for each.
    pub each: Body,
}

/// A request that sends a message.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Send {
    /// Conditions: `media`, `gsm7`, `short_code`, `cfg.NAME`, `secret.NAME`; `!` before one turns it round.
    #[serde(default)]
    pub when: Vec<String>,
    /// `POST` or `GET`.
    #[serde(default = "post")]
    pub method: String,
    /// The address. What is filled in is escaped, but for settings and secrets.
    pub url: Template,
    /// Its query.
    #[serde(default)]
    pub query: BTreeMap<String, Template>,
    /// Its headers.
    #[serde(default)]
    pub headers: BTreeMap<String, Template>,
    /// A user and a password (RFC 7617).
    #[serde(default)]
    pub basic: Option<(Template, Template)>,
    /// A token (RFC 6750).
    #[serde(default)]
    pub bearer: Option<Template>,
    /// How the token is got that it bears, where it is one that ends: `by`, and the keys of that grant.
    #[serde(default)]
    pub token: Option<BTreeMap<String, Template>>,
    /// How it is signed: `by`, and the keys of that signer.
    #[serde(default)]
    pub sign: Option<BTreeMap<String, Template>>,
    /// Its body as a form.
    #[serde(default)]
    pub form: BTreeMap<String, Template>,
    /// Its body as JSON.
    #[serde(default)]
    pub json: Option<Body>,
    /// Its body as XML.
    #[serde(default)]
    pub xml: Option<Xml>,
    /// When a message is taken.
    #[serde(default)]
    pub accepted: Accepted,
}

impl Send {
    /// How the token is got that it bears, where it is one that ends.
    #[must_use]
    pub fn grant(&self) -> Option<&'static Grant> {
        grant::by_name(self.token.as_ref()?.get("by")?.words()?)
    }

    /// Whether it takes every message of an account that says these names.
    pub(super) fn takes_all(&self, is_said: impl Fn(&str) -> bool) -> bool {
        self.when.iter().all(|condition| {
            let (bare, wanted) =
                condition.strip_prefix('!').map_or((condition.as_str(), true), |bare| (bare, false));
            let name = bare.strip_prefix("cfg.").or_else(|| bare.strip_prefix("secret."));
            name.is_some_and(|name| is_said(name) == wanted)
        })
    }
}

fn post() -> String {
    "POST".to_owned()
}

/// When a message is taken: the status is one of 200 to 299, and these hold.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Accepted {
    /// What the answer must say.
    pub when: When,
    /// The provider's id of the message: the first that is there.
    pub id: Many<Path>,
    /// The same in an answer that is neither JSON nor XML: its first group.
    pub id_pattern: Option<Pattern>,
    /// Whether an answer without an id means that the message was not taken.
    pub id_required: bool,
}

/// What kind of failure a code means.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Try again.
    Retry,
    /// The person has opted out at the provider.
    OptedOut,
    /// The number cannot be texted.
    BadNumber,
    /// A filter took it for spam.
    Filtered,
    /// It is too long.
    TooLong,
    /// Our account is not set up for it.
    Config,
    /// Never.
    Permanent,
}

/// What error codes mean. An `x` stands for any digit: `57xx`. What is not named is told by the status: 408, 429 and 500 on
/// are tried again, 401 and 403 mean the account, all else is for good.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Codes {
    /// Where the code stands in an answer: the first that is there.
    pub path: Many<Path>,
    /// The same in an answer that is neither JSON nor XML: its first group.
    pub pattern: Option<Pattern>,
    /// Where the words for people stand.
    pub message: Many<Path>,
    /// How many milliseconds it asks us to wait: the first group, in the whole answer.
    pub wait_pattern: Option<Pattern>,
    /// What some statuses mean where no code says more.
    pub status: BTreeMap<String, Class>,
    /// Codes after which it is tried again.
    pub retry: Many<String>,
    /// The person has opted out at the provider.
    pub opted_out: Many<String>,
    /// The number cannot be texted.
    pub bad_number: Many<String>,
    /// A filter took it for spam.
    pub filtered: Many<String>,
    /// It is too long.
    pub too_long: Many<String>,
    /// Our account is not set up for it.
    pub config: Many<String>,
    /// Never, whatever the status says.
    pub permanent: Many<String>,
}

impl Codes {
    /// What a code means, if it is named.
    #[must_use]
    pub fn class(&self, code: &str) -> Option<Class> {
        let lists = [
            (&self.retry, Class::Retry),
            (&self.opted_out, Class::OptedOut),
            (&self.bad_number, Class::BadNumber),
            (&self.filtered, Class::Filtered),
            (&self.too_long, Class::TooLong),
            (&self.config, Class::Config),
            (&self.permanent, Class::Permanent),
        ];
        let named = |same: fn(&str, &str) -> bool| {
            lists.iter().find(|(list, _)| list.iter().any(|one| same(one, code))).map(|(_, class)| *class)
        };
        named(|one, code| one == code).or_else(|| named(fits))
    }
}

/// Whether a code is one of those that a pattern with `x` for digits means.
fn fits(pattern: &str, code: &str) -> bool {
    let one = |(p, c): (char, char)| p == c || p == 'x' && c.is_ascii_digit();
    pattern.contains('x') && pattern.len() == code.len() && pattern.chars().zip(code.chars()).all(one)
}

/// What a provider carries.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// The longest text, in 16-bit units. A longer one is refused before it is sent.
    pub characters: Option<usize>,
}

/// A regular expression.
#[derive(Debug)]
pub struct Pattern(pub Regex);

impl Pattern {
    /// The first group of the first match.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<String> {
        Some(self.0.captures(text)?.get(1)?.as_str().to_owned())
    }
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let written = String::deserialize(deserializer)?;
        let regex = Regex::new(&written);
        let regex = regex.map_err(|_| D::Error::custom(format!("`{written}` is no regular expression")))?;
        let has_group = regex.captures_len() > 1;
        has_group.then_some(Self(regex)).ok_or_else(|| D::Error::custom("a group `(…)` says what is meant"))
    }
}

/// One, or a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Many<T>(Vec<T>);

impl<T> Default for Many<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T> std::ops::Deref for Many<T> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de> + TryFrom<String, Error: fmt::Display>> Deserialize<'de> for Many<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct OneOrList<T>(PhantomData<T>);

        impl<'de, T: Deserialize<'de> + TryFrom<String, Error: fmt::Display>> Visitor<'de> for OneOrList<T> {
            type Value = Many<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("words in quotes, or a list of them")
            }

            fn visit_str<E: serde::de::Error>(self, one: &str) -> Result<Many<T>, E> {
                T::try_from(one.to_owned()).map(|one| Many(vec![one])).map_err(E::custom)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Many<T>, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Many)
            }
        }

        deserializer.deserialize_any(OneOrList(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Condition;

        impl<'de> Visitor<'de> for Condition {
            type Value = Expected;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("`true`, `false`, words in quotes, or a list of them")
            }

            fn visit_bool<E>(self, there: bool) -> Result<Expected, E> {
                Ok(Expected::There(there))
            }

            fn visit_str<E>(self, one: &str) -> Result<Expected, E> {
                Ok(Expected::OneOf(vec![one.to_owned()]))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Expected, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Expected::OneOf)
            }
        }

        deserializer.deserialize_any(Condition)
    }
}

/// A body in JSON whose texts have holes. A field that cannot be filled is left out.
#[derive(Debug)]
pub enum Body {
    /// A text.
    Text(Template),
    /// A number or a truth value.
    Plain(serde_json::Value),
    /// A list.
    List(Vec<Body>),
    /// An object.
    Object(BTreeMap<String, Body>),
}

impl<'de> Deserialize<'de> for Body {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;

        impl<'de> Visitor<'de> for Any {
            type Value = Body;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a table, a list, words, a number, or a truth value")
            }

            fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Body, E> {
                text.parse().map(Body::Text).map_err(E::custom)
            }

            fn visit_bool<E>(self, truth: bool) -> Result<Body, E> {
                Ok(Body::Plain(truth.into()))
            }

            fn visit_i64<E>(self, number: i64) -> Result<Body, E> {
                Ok(Body::Plain(number.into()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, list: A) -> Result<Body, A::Error> {
                Vec::deserialize(SeqAccessDeserializer::new(list)).map(Body::List)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Body, A::Error> {
                BTreeMap::deserialize(MapAccessDeserializer::new(map)).map(Body::Object)
            }
        }

        deserializer.deserialize_any(Any)
    }
}

impl File {
    /// Reads a file; otherwise everything that is wrong with it. O(its bytes).
    pub fn parse(text: &str) -> Result<Self, Vec<Mistake>> {
        let file: Self = toml::from_str(text).map_err(|error| {
            let at = error.span().unwrap_or(0..0);
            let what = error.message().lines().next().unwrap_or_default().to_owned();
            vec![Mistake {
                at,
                what,
                hint: Some("`docs/providers.md` says what stands in such a file".to_owned()),
            }]
        })?;
        let mistakes = check::mistakes(&file, text);
        if mistakes.is_empty() { Ok(file) } else { Err(mistakes) }
    }
}
