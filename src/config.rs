//! `sayso.toml`: the operator's settings. Secrets never stand in it, only where they are: `env:NAME` or `file:PATH`.

mod secrets;
mod server;

pub use secrets::SecretError;
pub use server::{ApiConfig, ProxyHeader, ServerConfig, TlsConfig};

use crate::diagnostic::{Code, Diagnostic, Diagnostics, FileId, Place};
use crate::provider::file::{Send, Setting};
use crate::provider::link::Said;
use crate::provider::{
    Account, BAD_NUMBER_AFTER, COMMON, Catalogue, Kind, REQUESTS_PER_SECOND, SettingError, Settings,
};
use crate::sms::{AccountId, Pace, Rate};
use ipnet::IpNet;
use secrecy::SecretString;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::IpAddr;
use std::num::{NonZeroU8, NonZeroU16};
use std::ops::Range;
use std::path::{Path, PathBuf};
use toml::Spanned;

/// Account tables as they were written.
type Accounts = BTreeMap<Spanned<String>, BTreeMap<Spanned<String>, Spanned<toml::Value>>>;

/// The operator's settings.
#[derive(Debug, Clone, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The server.
    pub server: ServerConfig,
    /// The API for the brands' own systems.
    pub api: ApiConfig,
    /// The store.
    pub store: StoreConfig,
    /// The logs.
    pub log: LogConfig,
    /// The consent ledgers.
    pub ledger: LedgerConfig,
    /// What waits to be sent.
    pub outbox: OutboxConfig,
    /// What brands' files may call.
    pub outside: OutsideConfig,
    /// Provider accounts by name.
    providers: Accounts,
    /// Secrets of brands' files by name.
    #[serde(deserialize_with = "secrets::later")]
    secrets: secrets::Secrets,
    /// The kinds of provider that accounts may name.
    #[serde(skip)]
    pub kinds: Catalogue,
    /// Bytes of the file that may hold secrets which should not stand there: nobody may print them.
    #[serde(skip)]
    pub hidden: Vec<Range<usize>>,
}

/// `[store]`
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct StoreConfig {
    /// The folder, relative to the workspace.
    pub path: PathBuf,
    /// Megabytes of cache. The store takes about as much again.
    pub cache_mb: u64,
}

impl Default for StoreConfig {
    fn default() -> Self {
        Self { path: PathBuf::from("data/store"), cache_mb: 256 }
    }
}

/// `[ledger]`
#[derive(Debug, Clone, Deserialize, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct LedgerConfig {
    /// Years for which the ledger of somebody is kept after their consent has ended, by the calendar. The limitation of
    /// 28 U.S.C. 1658 is four years; one more is the margin.
    pub keep_years: NonZeroU8,
    /// Whether `serve` erases daily what was kept long enough; where a court has told you to keep everything, it must not.
    pub expire: bool,
}

impl Default for LedgerConfig {
    fn default() -> Self {
        Self { keep_years: NonZeroU8::new(5).expect("five is not zero"), expire: true }
    }
}

/// `[outbox]`
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OutboxConfig {
    /// Hours after which a message that is held is not sent any more.
    pub stale_hours: NonZeroU16,
}

impl Default for OutboxConfig {
    fn default() -> Self {
        Self { stale_hours: NonZeroU16::new(7 * 24).expect("a week is not zero") }
    }
}

/// `[log]`
#[derive(Debug, Clone, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    /// Whether numbers are shown in full. They are masked otherwise.
    pub numbers: bool,
}

/// `[outside]`
#[derive(Debug, Clone, Deserialize, Default, PartialEq)]
#[serde(deny_unknown_fields, default)]
pub struct OutsideConfig {
    /// Networks as they were written.
    allow: Vec<Spanned<String>>,
}

impl OutsideConfig {
    /// Networks that brands' files may call although they are not on the public internet.
    #[must_use]
    pub fn allow(&self) -> Vec<IpNet> {
        self.allow.iter().filter_map(|written| network(written.get_ref()).ok()).collect()
    }
}

impl Config {
    /// The defaults, with these kinds of provider.
    #[must_use]
    pub fn of_kinds(kinds: Catalogue) -> Self {
        Self { kinds, ..Self::default() }
    }

    /// Reads `sayso.toml`; what cannot be read is reported, and the defaults stand in for it.
    pub fn parse(text: &str, file: FileId, kinds: Catalogue, found: &mut Diagnostics) -> Self {
        match toml::from_str::<Self>(text) {
            Ok(mut config) => {
                config.kinds = kinds;
                config.check(file, found);
                (config.secrets, config.hidden) = secrets::read(text, file, found);
                config.hidden.extend(config.misplaced_secrets());
                config
            }
            Err(error) => {
                let place = Place::new(file, error.span().unwrap_or(0..0));
                let message = without_value(error.message().lines().next().unwrap_or_default());
                let diagnostic = Diagnostic::new(Code::BadConfig, place, message);
                found.push(diagnostic.hint("the settings are described in `docs/operating.md`"));
                // What could not be read may hold anything: no value of the file is printed.
                Self { hidden: values_of(text), kinds, ..Self::default() }
            }
        }
    }

    /// Values of accounts that are no plain settings, and not written as the places where a secret is.
    fn misplaced_secrets(&self) -> Vec<Range<usize>> {
        let misplaced = |(key, value): (&Spanned<String>, &Spanned<toml::Value>)| {
            let name = key.get_ref().as_str();
            let plain = self.kinds.kinds().any(|kind| kind.file.settings.contains_key(name))
                || COMMON.contains(&name);
            (!plain && !is_reference(value.get_ref())).then(|| value.span())
        };
        self.providers.values().flatten().filter_map(misplaced).collect()
    }

    /// Whether there is an account of that name.
    #[must_use]
    pub fn has_account(&self, name: &str) -> bool {
        self.providers.keys().any(|key| key.get_ref() == name)
    }

    /// The names of all accounts.
    pub fn accounts(&self) -> impl Iterator<Item = &str> {
        self.providers.keys().map(|name| name.get_ref().as_str())
    }

    fn check(&self, file: FileId, found: &mut Diagnostics) {
        self.server.check(file, found);
        for written in &self.outside.allow {
            if let Err((message, hint)) = network(written.get_ref()) {
                let place = Place::new(file, written.span());
                found.push(Diagnostic::new(Code::BadConfig, place, message).hint(hint));
            }
        }
        for (name, settings) in &self.providers {
            let place = Place::new(file, name.span());
            let kind = settings
                .iter()
                .find(|(key, _)| key.get_ref() == "kind")
                .and_then(|(_, kind)| kind.get_ref().as_str());
            let known = || self.kinds.kinds().map(|kind| kind.name.as_str());
            let Some(of) = kind.and_then(|kind| self.kinds.kind(kind)) else {
                let message = format!("the account `{name}` names no known kind", name = name.get_ref());
                let diagnostic = Diagnostic::new(Code::BadConfig, place, message);
                found.push(
                    diagnostic
                        .did_you_mean(kind.unwrap_or_default(), known())
                        .hint(format!("kinds are {}", known().collect::<Vec<_>>().join(", "))),
                );
                continue;
            };
            for (key, value) in settings {
                check_setting(of, key, value.get_ref(), file, found);
            }
            check_missing(of, name, settings, file, found);
            check_beside(of, settings, file, found);
        }
    }

    /// The tables that say otherwise in another version of the file and are read at the start alone.
    #[must_use]
    pub fn needs_restart(&self, other: &Self) -> Vec<&'static str> {
        let tables = [
            ("server", self.server != other.server),
            ("api", self.api != other.api),
            ("store", self.store != other.store),
            ("log", self.log != other.log),
            ("ledger", self.ledger != other.ledger),
            ("outside", self.outside != other.outside),
        ];
        tables.into_iter().filter_map(|(table, differs)| differs.then_some(table)).collect()
    }

    /// Makes the accounts, with their secrets from the environment and from files below `root`.
    ///
    /// # Errors
    /// The first account whose settings or secrets are missing.
    pub fn open_accounts(&self, root: &Path) -> Result<Vec<Account>, SettingError> {
        self.providers.keys().map(|name| self.open_account(name.get_ref(), root)).collect()
    }
}

/// What the reader says is wrong, without what it found there: that may be a secret.
fn without_value(message: &str) -> String {
    let wrong = ["invalid type: ", "invalid value: "].iter().any(|start| message.starts_with(start));
    match message.rsplit_once(", expected ") {
        Some((_, expected)) if wrong => format!("expected {expected}"),
        _ => message.to_owned(),
    }
}

/// What may be values in a file that cannot be read: what stands behind the equals signs, and whole lines without one
/// that are no heads of tables.
fn values_of(text: &str) -> Vec<Range<usize>> {
    let mut start = 0;
    let mut values = Vec::new();
    for line in text.split_inclusive('\n') {
        let is_head = line.trim_start().starts_with('[') && !line.contains(['"', '\'']);
        match line.find('=') {
            Some(at) => values.push(start + at + 1..start + line.trim_end().len()),
            None if is_head => {}
            None => values.push(start..start + line.trim_end().len()),
        }
        start += line.len();
    }
    values.retain(|range| range.start < range.end);
    values
}

/// A network, or one address; otherwise what is wrong, and a hint.
fn network(written: &str) -> Result<IpNet, (String, String)> {
    let read = written.parse().or_else(|_| written.parse::<IpAddr>().map(IpNet::from));
    let network: IpNet = read.map_err(|_| {
        let hint =
            "write addresses or networks, such as `127.0.0.1` or `10.1.0.0/16`; names are not looked at";
        (format!("`{written}` is no network"), hint.to_owned())
    })?;
    if network.addr() != network.network() {
        let message = format!("`{written}` is not where a network begins");
        return Err((message, format!("did you mean `{}`, or `{}` alone?", network.trunc(), network.addr())));
    }
    match network.addr().to_canonical() {
        IpAddr::V4(plain) if network.addr().is_ipv6() => {
            let message = format!("`{written}` is IPv4 in the spelling of IPv6");
            Err((message, format!("write it as `{plain}`, with a prefix of IPv4 if it has one")))
        }
        IpAddr::V4(_) | IpAddr::V6(_) => Ok(network),
    }
}

fn check_setting(
    kind: &Kind,
    key: &Spanned<String>,
    value: &toml::Value,
    file: FileId,
    found: &mut Diagnostics,
) {
    let name = key.get_ref().as_str();
    let place = Place::new(file, key.span());
    if kind.file.secrets.contains_key(name) {
        if !is_reference(value) {
            let message = format!("the secret `{name}` stands in the file");
            let diagnostic = Diagnostic::new(Code::BadConfig, place, message);
            found.push(diagnostic.hint(SAY_WHERE));
        }
        return;
    }
    let Some(setting) = kind.file.settings.get(name) else {
        if let Some(wanted) = wanted(name, value) {
            found.push(Diagnostic::new(Code::BadConfig, place, format!("`{name}` wants {wanted}")));
        } else if !COMMON.contains(&name) {
            let known = kind.settings().chain(kind.secrets()).chain(COMMON);
            let message = format!("an account of the kind `{}` has no setting `{name}`", kind.name);
            found.push(Diagnostic::new(Code::BadConfig, place, message).did_you_mean(name, known));
        }
        return;
    };
    match value.as_str() {
        None => {
            let message = format!("`{name}` wants words in quotes");
            found.push(Diagnostic::new(Code::BadConfig, place, message));
        }
        Some(said) if !setting.one_of.is_empty() && !setting.one_of.iter().any(|one| one == said) => {
            let message = format!("`{name}` is one of {}", setting.one_of.join(", "));
            let diagnostic = Diagnostic::new(Code::BadConfig, place, message);
            found.push(diagnostic.did_you_mean(said, setting.one_of.iter().map(String::as_str)));
        }
        Some(said) => {
            if let Some(wrong) = kind.protocol().and_then(|protocol| (protocol.wrong)(name, said)) {
                found.push(Diagnostic::new(Code::BadConfig, place, wrong));
            }
        }
    }
}

/// What a setting that every account has wants instead of this value.
fn wanted(name: &str, value: &toml::Value) -> Option<&'static str> {
    match name {
        "kind" if !value.is_str() => Some("words in quotes"),
        "answers_stop" if !value.is_bool() => Some("`true` or `false`"),
        "bad_number_after" if !value.as_integer().is_some_and(|number| (1..=100).contains(&number)) => {
            Some("a number from 1 to 100")
        }
        "pace" if value.clone().try_into::<Pace>().is_err() => Some(
            "parts a second, from 0.01 to 10000, as in `{ account = 30, us_number = 1, \"+14045550100\" = 75 }`: for \
             `account`, `number`, `us_number`, `toll_free`, `short_code` or a single number",
        ),
        "requests_per_second" if value.clone().try_into::<Rate>().is_err() => {
            Some("a number of requests a second, from 0.01 to 10000")
        }
        _ => None,
    }
}

/// Reports what an account cannot do without and does not say.
fn check_missing(
    kind: &Kind,
    name: &Spanned<String>,
    said: &BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    file: FileId,
    found: &mut Diagnostics,
) {
    let is_said = |wanted: &str| said.keys().any(|key| key.get_ref() == wanted);
    let place = Place::new(file, name.span());
    let settings = kind.file.settings.iter().map(|setting| ("setting", "…", setting));
    let secrets = kind.file.secrets.iter().map(|secret| ("secret", "env:NAME", secret));
    for (what, value, (missing, setting)) in settings.chain(secrets) {
        if !setting.optional && setting.default.is_none() && !is_said(missing) {
            let message = format!("the account `{}` lacks the {what} `{missing}`", name.get_ref());
            let hint = format!("add `{missing} = \"{value}\"`: {}", setting.about);
            found.push(Diagnostic::new(Code::BadConfig, place, message).hint(hint));
        }
    }
    let lacks = |(missing, setting): (&String, &Setting)| {
        !setting.optional && setting.default.is_none() && !is_said(missing)
    };
    let is_told = kind.file.settings.iter().chain(&kind.file.secrets).any(lacks);
    let is_called = kind.protocol().is_none();
    if is_called && !is_told && !kind.file.verify.iter().any(|keys| kind.is_set(keys, is_said)) {
        let message = format!("nothing tells who calls the account `{}`", name.get_ref());
        let ways = kind.file.secrets.iter().filter(|(_, secret)| secret.optional);
        let secrets: Vec<_> = ways.map(|(name, _)| name.as_str()).collect();
        let hint =
            format!("give it one of the secrets by which `{}` can tell: {}", kind.name, secrets.join(", "));
        found.push(Diagnostic::new(Code::BadConfig, place, message).hint(hint));
    }
    if is_called && !is_told && !kind.can_send(is_said) {
        let message = format!("the account `{}` has nothing by which it could send", name.get_ref());
        let named = |condition: &String| {
            let name = condition.strip_prefix("cfg.").or_else(|| condition.strip_prefix("secret."))?;
            Some(format!("`{name}`"))
        };
        let all_of =
            |send: &Send| Some(send.when.iter().map(named).collect::<Option<Vec<_>>>()?.join(" and "));
        let ways: Vec<_> = kind.file.send.iter().filter_map(all_of).collect();
        let hint = format!("give it what `{}` can send with: {}", kind.name, ways.join(", or "));
        found.push(Diagnostic::new(Code::BadConfig, place, message).hint(hint));
    }
}

/// Reports settings that do not go with the others.
fn check_beside(
    kind: &Kind,
    said: &BTreeMap<Spanned<String>, Spanned<toml::Value>>,
    file: FileId,
    found: &mut Diagnostics,
) {
    let Some(protocol) = kind.protocol() else { return };
    let own = said
        .iter()
        .map(|(key, value)| (key.get_ref().as_str(), value.get_ref().as_str().unwrap_or_default()));
    for clash in (protocol.clashes)(&Said::of(&kind.file, own)) {
        if let Some(key) = said.keys().find(|key| key.get_ref() == clash.setting) {
            let diagnostic = Diagnostic::new(Code::BadConfig, Place::new(file, key.span()), clash.what);
            found.push(diagnostic.hint(clash.way_out));
        }
    }
}

/// Whether a secret is written as the places where it is, and not as itself.
fn is_reference(value: &toml::Value) -> bool {
    let sources = sources_of(value);
    !sources.is_empty() && sources.into_iter().all(names_a_place)
}

/// The way out where a secret stands in the file.
const SAY_WHERE: &str = "say where it is: `env:NAME` or `file:PATH`";

/// Whether it says where a secret is, and is none itself.
fn names_a_place(source: &str) -> bool {
    source.starts_with("env:") || source.starts_with("file:")
}

/// Where the values of a secret are: one place, or several while it is being changed.
fn sources_of(value: &toml::Value) -> Vec<&str> {
    match value {
        toml::Value::String(one) => vec![one],
        toml::Value::Array(several) => several.iter().filter_map(toml::Value::as_str).collect(),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Table(_) => Vec::new(),
    }
}

impl Config {
    /// Makes one account.
    pub fn open_account(&self, name: &str, root: &Path) -> Result<Account, SettingError> {
        let settings = self.open_settings(name, root)?;
        let kind = self.kind_of(name)?;
        let answers_stop = self.said(name, "answers_stop").and_then(toml::Value::as_bool);
        let after = self.said(name, "bad_number_after").and_then(toml::Value::as_integer);
        Ok(Account {
            id: AccountId::from(name),
            way: kind.open(&settings)?,
            answers_stop: answers_stop.unwrap_or(kind.file.answers_stop),
            bad_number_after: after.and_then(|after| u32::try_from(after).ok()).unwrap_or(BAD_NUMBER_AFTER),
            pace: self.pace(name).or(&kind.file.pace),
            requests_per_second: self.requests_per_second(name),
        })
    }

    /// How fast an account is to send, as far as it says so itself.
    fn pace(&self, account: &str) -> Pace {
        let said = self.said(account, "pace").cloned();
        said.and_then(|said| said.try_into().ok()).unwrap_or_default()
    }

    /// What an account says, with its secrets.
    pub fn open_settings(&self, name: &str, root: &Path) -> Result<Settings, SettingError> {
        self.account_settings(name, |source| secret(source, root))
    }

    /// The kind of an account.
    pub fn kind_of(&self, account: &str) -> Result<&std::sync::Arc<Kind>, SettingError> {
        let kind = self.said(account, "kind").and_then(toml::Value::as_str);
        let what = || "names no known kind".to_owned();
        kind.and_then(|kind| self.kinds.kind(kind))
            .ok_or_else(|| SettingError { account: account.to_owned(), what: what() })
    }

    /// What an account says, with its secrets as `secret` reads them from where they are.
    pub fn account_settings(
        &self,
        account: &str,
        secret: impl Fn(&str) -> Result<SecretString, String>,
    ) -> Result<Settings, SettingError> {
        let kind = self.kind_of(account)?;
        let error = |what: String| SettingError { account: account.to_owned(), what };
        let url = self.server.public_url.as_ref().map(|_| self.server.inbound_url(account));
        let mut settings = Settings { account: account.to_owned(), inbound_url: url, ..Settings::default() };
        let values = self.providers.iter().find(|(name, _)| name.get_ref() == account);
        for (key, value) in values.into_iter().flat_map(|(_, values)| values) {
            let (key, value) = (key.get_ref(), value.get_ref());
            if kind.file.secrets.contains_key(key) {
                let named = |what| error(format!("the secret `{key}`: {what}"));
                let resolved = sources_of(value).into_iter().map(|source| secret(source).map_err(named));
                settings.secrets.insert(key.clone(), resolved.collect::<Result<_, _>>()?);
            } else if let (true, Some(value)) = (kind.file.settings.contains_key(key), value.as_str()) {
                settings.plain.insert(key.clone(), value.to_owned());
            }
        }
        Ok(settings)
    }

    /// How many webhooks a second are taken of an account.
    fn requests_per_second(&self, account: &str) -> Rate {
        let said = self.said(account, "requests_per_second").cloned();
        said.and_then(|said| said.try_into().ok()).unwrap_or(REQUESTS_PER_SECOND)
    }

    /// What an account says under a name.
    fn said(&self, account: &str, wanted: &str) -> Option<&toml::Value> {
        let (_, values) = self.providers.iter().find(|(name, _)| name.get_ref() == account)?;
        values.iter().find(|(key, _)| key.get_ref() == wanted).map(|(_, value)| value.get_ref())
    }
}

/// A secret from where it is.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that reads secrets from the environment"
)]
fn secret(source: &str, root: &Path) -> Result<SecretString, String> {
    let value = if let Some(name) = source.strip_prefix("env:") {
        std::env::var(name).map_err(|_| format!("the environment has no `{name}`"))?
    } else if let Some(path) = source.strip_prefix("file:") {
        std::fs::read_to_string(root.join(path))
            .map_err(|error| format!("`{path}` cannot be read: {error}"))?
    } else {
        return Err("a secret is written as `env:NAME` or `file:PATH`".to_owned());
    };
    match value.trim() {
        "" => Err(format!("`{source}` is empty")),
        secret => Ok(SecretString::from(secret)),
    }
}
