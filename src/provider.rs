//! Providers: pure translators between a company's HTTP and our events. They never call anybody; the outbox owns the
//! one HTTP client.
//!
//! A provider is a file in `providers/`: how it signs, where its fields are, how it sends. What truly needs code is a named
//! building block: a [`scheme`] by which it proves who calls, a [`signer`] of our own requests, a [`grant`] of the token that
//! they bear.
//! What is no request and an answer keeps a connection: a [`link`].
//! Outside crates implement [`Provider`] or [`link::Link`] and hand it to the engine.

mod declared;
pub mod file;
pub mod grant;
pub mod link;
pub mod scheme;
mod shipped;
pub mod signer;
pub mod signing;

pub use declared::{Mimic, MimicError};
pub use scheme::Proof;
pub use shipped::{ALL, Catalogue};

use crate::consent::How;
use crate::sms::{AccountId, Inbound, Media, MessageId, Outbound, Pace, Part, Phone, Rate, Receipt, Sender};
use file::{File, Hole, Mistake, Template};
use http::{HeaderMap, HeaderName, Method, header};
use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;
use std::num::NonZeroU16;
use std::sync::Arc;

/// What every account may say besides what its kind knows.
pub const COMMON: [&str; 5] = ["kind", "answers_stop", "bad_number_after", "pace", "requests_per_second"];

/// A kind of provider: a file that was read.
pub struct Kind {
    /// The `kind` that an account names.
    pub name: String,
    /// Its file.
    pub file: File,
}

impl Kind {
    /// Reads a kind's file; otherwise everything that is wrong with it. O(bytes).
    pub fn parse(name: &str, text: &str) -> Result<Self, Vec<Mistake>> {
        File::parse(text).map(|file| Self { name: name.to_owned(), file })
    }

    /// The settings that its accounts know.
    pub fn settings(&self) -> impl Iterator<Item = &str> {
        self.file.settings.keys().map(String::as_str)
    }

    /// The settings that are secrets: written in `sayso.toml` as `env:NAME` or `file:PATH`.
    pub fn secrets(&self) -> impl Iterator<Item = &str> {
        self.file.secrets.keys().map(String::as_str)
    }

    /// Whether an account that says these names has all that a way to prove who calls takes from it.
    #[must_use]
    pub fn is_set(&self, keys: &BTreeMap<String, Template>, is_said: impl Fn(&str) -> bool) -> bool {
        keys.values().flat_map(Template::holes).all(|hole| match hole {
            Hole::Setting(name) => {
                is_said(name) || self.file.settings.get(name).is_some_and(|setting| setting.default.is_some())
            }
            Hole::Secret(name) => is_said(name),
            Hole::To
            | Hole::ToDigits
            | Hole::ToNational
            | Hole::From
            | Hole::FromDigits
            | Hole::Text
            | Hole::TextHex
            | Hole::Media
            | Hole::Id
            | Hole::Uuid
            | Hole::Callback => true,
        })
    }

    /// Whether an account that says these names can send, whatever the message is: by a call, or in the answer to a webhook.
    #[must_use]
    pub fn can_send(&self, is_said: impl Fn(&str) -> bool) -> bool {
        let has = |name: &str| {
            is_said(name) || self.file.settings.get(name).is_some_and(|setting| setting.default.is_some())
        };
        self.file.answer.replies.is_some() || self.file.send.iter().any(|send| send.takes_all(has))
    }

    /// The protocol of its link, if it keeps a connection.
    #[must_use]
    pub fn protocol(&self) -> Option<&'static link::Protocol> {
        link::by_name(self.file.link.as_deref()?)
    }

    /// Makes an account's way out from its settings.
    pub fn open(self: &Arc<Self>, settings: &Settings) -> Result<Way, SettingError> {
        Ok(match self.protocol() {
            Some(protocol) => Way::Link((protocol.open)(self, settings)?),
            None => Way::Calls(Box::new(declared::Declared::open(self, settings)?)),
        })
    }

    /// The request by which the provider would say something to this account, signed with the account's own secrets.
    pub fn mimic(
        self: &Arc<Self>,
        settings: &Settings,
        wanted: &Mimic,
        at: Timestamp,
    ) -> Result<Result<Mimicked, MimicError>, SettingError> {
        if self.protocol().is_some() {
            return Ok(Err(MimicError::Link));
        }
        let account = AccountId::from(settings.account.as_str());
        Ok(declared::Declared::open(self, settings)?.mimic(&account, wanted, at))
    }

    /// What a request says by this kind's rules, whoever sent it: to look at, while a file is written. Nothing of it may reach
    /// an engine, which takes only what [`Provider::verify`] let through.
    pub fn preview(
        self: &Arc<Self>,
        settings: &Settings,
        request: &RawRequest,
    ) -> Result<Vec<Delivery>, DecodeError> {
        let account = AccountId::from(settings.account.as_str());
        let opened = declared::Declared::open(self, settings);
        opened.map_err(|error| DecodeError::Bad(error.to_string()))?.read(&account, request)
    }
}

/// A request as a provider would make it.
pub struct Mimicked {
    /// The request, signed for the address at which the account's webhooks are taken.
    pub request: RawRequest,
    /// The scheme by which it is signed.
    pub scheme: &'static str,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

/// An account's settings with their secrets resolved.
#[derive(Debug, Default)]
pub struct Settings {
    /// The account's name.
    pub account: String,
    /// Plain settings.
    pub plain: BTreeMap<String, String>,
    /// Secrets; several values of one are valid at once, so that they can be changed without a gap.
    pub secrets: BTreeMap<String, Vec<SecretString>>,
    /// The public address at which the account's webhooks are taken, where it is known.
    pub inbound_url: Option<String>,
}

/// A setting is missing or makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("account `{account}`: {what}")]
pub struct SettingError {
    /// The account.
    pub account: String,
    /// What is wrong.
    pub what: String,
}

impl Settings {
    fn error(&self, what: String) -> SettingError {
        SettingError { account: self.account.clone(), what }
    }
}

/// A provider account, ready to be used.
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// How its messages travel.
    pub way: Way,
    /// Whether the provider answers STOP by itself, so that ours would be a second confirmation.
    pub answers_stop: bool,
    /// After how many messages that found no such number nothing more is begun with it.
    pub bad_number_after: u32,
    /// How fast it sends: what its file in `providers/` says, and before that what the account does.
    pub pace: Pace,
    /// Webhooks a second that are taken of it.
    pub requests_per_second: Rate,
}

impl Account {
    /// Its translator, if its messages travel by requests and answers.
    #[must_use]
    pub fn provider(&self) -> Option<&dyn Provider> {
        match &self.way {
            Way::Calls(provider) => Some(provider.as_ref()),
            Way::Link(_) => None,
        }
    }

    /// Whether its messages leave only in the answer to a webhook.
    #[must_use]
    pub fn sends_by_answer(&self) -> bool {
        self.provider().is_some_and(|provider| provider.send_by() == SendBy::Answer)
    }
}

/// How an account's messages travel.
pub enum Way {
    /// By requests and answers.
    Calls(Box<dyn Provider>),
    /// Over a connection that is kept.
    Link(link::Opener),
}

/// Of one refusal carriers are not always sure.
pub const BAD_NUMBER_AFTER: u32 = 3;
/// Webhooks a second of an account that says nothing of it: a hundred thousand people who text within the same minute.
pub const REQUESTS_PER_SECOND: Rate = Rate::whole(NonZeroU16::new(2_000).expect("this is not zero"));

/// A webhook request as it came, before anything in it is believed.
#[derive(Clone)]
pub struct RawRequest {
    /// The address that the provider called: the *configured* public one, with the request's path and query. What a
    /// proxy shows us may differ from what was signed.
    pub url: String,
    /// Its method.
    pub method: Method,
    /// Its headers.
    pub headers: HeaderMap,
    /// Its body, byte for byte.
    pub body: Vec<u8>,
    /// When it arrived: old signatures are refused.
    pub at: Timestamp,
    /// What stands at the address that [`Provider::wants`] named.
    pub fetched: Option<Vec<u8>>,
}

impl RawRequest {
    /// The request, vouched for. A [`Proof`] comes only from a check that passed.
    #[must_use]
    pub fn vouched(self, _proof: Proof) -> Verified {
        Verified(self)
    }
}

/// A request whose sender was verified: the only way to an [`Inbound`].
pub struct Verified(RawRequest);

impl Verified {
    /// The request.
    #[must_use]
    pub fn request(&self) -> &RawRequest {
        &self.0
    }
}

/// A request that nobody we know has signed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the request is not signed as this account's provider signs: {0}")]
pub struct Forged(pub &'static str);

/// A verified request that makes no sense.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DecodeError {
    /// Something that every such request has is missing.
    #[error("`{0}` is missing")]
    Missing(String),
    /// A value cannot be read.
    #[error("{0}")]
    Bad(String),
}

/// Bytes of a provider's message id; the longest that is known has 64.
const MESSAGE_ID_BYTES_MAX: usize = 128;

/// A provider's message id, which becomes part of a key of the store and so must be of sane length.
fn message_id(id: &str) -> Result<MessageId, DecodeError> {
    match id.len() {
        0 => Err(DecodeError::Missing("id".to_owned())),
        1..=MESSAGE_ID_BYTES_MAX => Ok(MessageId::from(id)),
        _ => Err(DecodeError::Bad(format!("a message id has at most {MESSAGE_ID_BYTES_MAX} bytes"))),
    }
}

/// Pictures that one message carries (Twilio's limit, the highest that is known).
const MEDIA_MAX: usize = 10;
/// Bytes of all media addresses that are kept: ten of Twilio's have about 1,700. A log entry must stay below 16 KiB.
const MEDIA_BYTES_MAX: usize = 2 * 1024;

/// As many of the pictures of a message as are kept.
fn bounded(media: impl IntoIterator<Item = Media>) -> Vec<Media> {
    let mut bytes = 0;
    let fits = |media: &Media| {
        bytes += media.url.len() + media.content_type.len();
        bytes <= MEDIA_BYTES_MAX
    };
    media.into_iter().take(MEDIA_MAX).filter(fits).collect()
}

/// Something that a request brought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// A text.
    Text(Inbound),
    /// One of several parts of a text.
    Part(Part),
    /// A word about a message that we sent.
    Receipt(Receipt),
    /// An opt-out that the provider took by itself.
    OptOut {
        /// Who.
        from: Phone,
        /// From which number.
        to: Sender,
        /// Which way.
        how: How,
    },
    /// Something that makes no sense, beside others that do: it is told, and takes nothing from them.
    Unread {
        /// What is wrong with it.
        why: String,
    },
}

/// What is wanted by a request that brings nothing: the first one after an address was set up, for example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Handshake {
    /// What is answered.
    pub reply: Reply,
    /// The address that is to be visited once, before it is answered.
    pub visit: Option<String>,
}

/// What we answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: String,
    /// The body.
    pub body: String,
}

/// A request that sends a message.
#[derive(Clone, PartialEq, Eq)]
pub struct Call {
    /// The method.
    pub method: Method,
    /// The address.
    pub url: String,
    /// The headers.
    pub headers: Vec<(HeaderName, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Call {
    /// The same, with a token (RFC 6750).
    #[must_use]
    pub fn bearing(mut self, token: &str) -> Self {
        self.headers.push((header::AUTHORIZATION, format!("Bearer {token}")));
        self
    }
}

impl fmt::Debug for Call {
    /// Without headers and body: they hold secrets and people's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.url)
    }
}

/// What a provider answered to a [`Call`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Response {
    /// The status.
    pub status: u16,
    /// How long it asks us to wait, by `Retry-After` in seconds.
    pub retry_after: Option<SignedDuration>,
    /// The body.
    pub body: Vec<u8>,
}

/// What a send came to. The variants say what the outbox does next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The provider took it, under this id if it gives one.
    Accepted {
        /// The provider's id.
        id: Option<MessageId>,
    },
    /// Not now; try again.
    Retry {
        /// How long the provider asks us to wait.
        after: Option<SignedDuration>,
        /// What it says.
        why: String,
    },
    /// The person has opted out at the provider.
    OptedOut {
        /// Its error code.
        code: String,
    },
    /// Never; trying again would fail in the same way.
    Rejected {
        /// What kind of refusal it is.
        kind: Rejection,
        /// What it says.
        why: String,
    },
}

/// Why a provider refuses a message for good.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rejection {
    /// The number cannot be texted.
    BadNumber,
    /// A filter took it for spam.
    Filtered,
    /// It is longer than the provider carries.
    TooLong,
    /// Our account is not set up for it: nothing will go through until somebody looks.
    Config,
    /// Anything else.
    Permanent,
}

/// How an account's messages leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SendBy {
    /// By a call of ours.
    Call,
    /// Only in the answer to a webhook: the provider has no other way to send.
    Answer,
}

/// One account's translator. Pure: what it says depends on its settings and its input alone.
pub trait Provider: Send + Sync {
    /// The address of what is needed to check a request, such as a certificate; always one in a place that is trusted. It is
    /// fetched, kept, and handed over as [`RawRequest::fetched`].
    fn wants(&self, _request: &RawRequest) -> Option<String> {
        None
    }

    /// Checks who sent a request. The raw body is checked, never one that was read and written again.
    fn verify(&self, request: RawRequest) -> Result<Verified, Forged>;

    /// What a verified request wants that brings nothing else.
    fn handshake(&self, _request: &Verified) -> Option<Handshake> {
        None
    }

    /// What a verified request brought. Fields it does not know are ignored: providers add them without notice.
    fn decode(&self, account: &AccountId, request: &Verified) -> Result<Vec<Delivery>, DecodeError>;

    /// What is answered to a webhook whose deliveries are committed. `replies` is empty unless it sends by answer.
    fn acknowledge(&self, replies: &[Outbound]) -> Reply;

    /// How its messages leave.
    fn send_by(&self) -> SendBy {
        SendBy::Call
    }

    /// The longest text that it carries, in 16-bit units, where there is a limit.
    fn characters_max(&self) -> Option<usize> {
        None
    }

    /// The request that sends a message, made at that moment: some signatures hold the time.
    fn encode(&self, outbound: &Outbound, at: Timestamp) -> Call;

    /// The request by which the token is fetched that [`Self::encode`]'s request is to bear, where it bears one that ends. Its
    /// answer is read by [`grant::granted`]; whoever calls keeps the token until it ends, and adds it.
    fn token_request(&self, _outbound: &Outbound) -> Option<Call> {
        None
    }

    /// What an answer to such a request means.
    fn outcome(&self, response: &Response) -> Outcome;
}
