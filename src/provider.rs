//! Providers: pure translators between a company's HTTP and our events. They never call anybody; the outbox owns the
//! one HTTP client.
//!
//! To add one in code: a file here, a line in [`ALL`], requests and what they mean as tests.
//! Outside crates implement [`Provider`] and hand it to the engine.

mod generic;
pub mod signature;
pub mod signing;
mod twilio;

pub use signature::Proof;

use crate::consent::How;
use crate::sms::{AccountId, Inbound, Media, MessageId, Outbound, Phone, Receipt, Sender};
use http::{HeaderMap, HeaderName, Method};
use jiff::SignedDuration;
use secrecy::SecretString;
use std::collections::BTreeMap;
use std::fmt;

/// The providers that come with sayso, by the `kind` of an account.
pub const ALL: [Kind; 2] = [generic::KIND, twilio::KIND];

/// A kind of provider.
pub struct Kind {
    /// The `kind` that an account names.
    pub name: &'static str,
    /// Settings it knows.
    pub settings: &'static [&'static str],
    /// Settings that are secrets: written in `sayso.toml` as `env:NAME` or `file:PATH`.
    pub secrets: &'static [&'static str],
    /// Makes an account's translator from its settings.
    pub open: fn(&Settings) -> Result<Box<dyn Provider>, SettingError>,
}

impl fmt::Debug for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// The kind of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Kind> {
    static KINDS: [Kind; 2] = ALL;
    KINDS.iter().find(|kind| kind.name == name)
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

    /// A setting that must be there.
    fn required(&self, name: &str) -> Result<String, SettingError> {
        self.plain.get(name).cloned().ok_or_else(|| self.error(format!("the setting `{name}` is missing")))
    }

    /// A secret that must be there; never empty.
    fn secret(&self, name: &str) -> Result<Vec<SecretString>, SettingError> {
        let values = self.secrets.get(name).filter(|values| !values.is_empty());
        values.cloned().ok_or_else(|| self.error(format!("the secret `{name}` is missing")))
    }
}

/// A provider account, ready to be used.
pub struct Account {
    /// Its name.
    pub id: AccountId,
    /// Its translator.
    pub provider: Box<dyn Provider>,
    /// Whether the provider answers STOP by itself, so that ours would be a second confirmation.
    pub answers_stop: bool,
}

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
    Missing(&'static str),
    /// A value cannot be read.
    #[error("{0}")]
    Bad(String),
}

/// Bytes of a provider's message id; the longest that is known has 64.
const MESSAGE_ID_BYTES_MAX: usize = 128;

/// A provider's message id, which becomes part of a key of the store and so must be of sane length.
fn message_id(id: &str) -> Result<MessageId, DecodeError> {
    match id.len() {
        0 => Err(DecodeError::Missing("id")),
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
}

/// What we answer to a webhook.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status.
    pub status: u16,
    /// The media type of the body.
    pub content_type: &'static str,
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
    /// Checks who sent a request. The raw body is checked, never one that was read and written again.
    fn verify(&self, request: RawRequest) -> Result<Verified, Forged>;

    /// What a verified request brought. Fields it does not know are ignored: providers add them without notice.
    fn decode(&self, account: &AccountId, request: &Verified) -> Result<Vec<Delivery>, DecodeError>;

    /// What is answered to a webhook whose deliveries are committed. `replies` is empty unless it sends by answer.
    fn acknowledge(&self, replies: &[Outbound]) -> Reply;

    /// How its messages leave.
    fn send_by(&self) -> SendBy {
        SendBy::Call
    }

    /// The request that sends a message.
    fn encode(&self, outbound: &Outbound) -> Call;

    /// What an answer to such a request means.
    fn outcome(&self, response: &Response) -> Outcome;
}
