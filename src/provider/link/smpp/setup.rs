//! What an account over SMPP says about itself, read once.

use crate::certificate::{Authorities, Identity, Unfit};
use crate::provider::file::Class;
use crate::provider::link::{self, Clash, Peer, Tls};
use crate::provider::{Kind, SettingError, Settings};
use crate::sms::AccountId;
use jiff::SignedDuration;
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;

/// The settings and secrets that accounts may say.
pub(super) const READS: &[&str] = &[
    "address",
    "system_id",
    "system_type",
    "address_range",
    "version",
    "bind",
    "tls",
    "window",
    "enquire_link",
    "alphabet",
    "coding",
    "long",
    "receipts",
    "message_ids",
    "short_code_type",
    "country",
    "password",
    "authority",
    "certificate",
    "certificate_key",
];

/// Characters of the strings of a bind, without the zero that ends them (SMPP 3.4, 4.1.1).
const SYSTEM_ID_MAX: usize = 15;
const PASSWORD_MAX: usize = 8;
const SYSTEM_TYPE_MAX: usize = 12;
const ADDRESS_RANGE_MAX: usize = 40;
/// Messages that may wait for answers at once: more than any SMSC grants.
const WINDOW_MAX: usize = 1_000;
/// Seconds of silence between which a question is worth asking.
const ENQUIRE_SECONDS: std::ops::RangeInclusive<i64> = 5..=3_600;

/// What one connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Transceiver,
    Transmitter,
    Receiver,
}

impl Role {
    pub(super) fn sends(self) -> bool {
        self != Self::Receiver
    }

    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Transceiver => "transceiver",
            Self::Transmitter => "transmitter",
            Self::Receiver => "receiver",
        }
    }
}

/// What data coding 0 means at the SMSC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Zero {
    Gsm7,
    Latin1,
}

/// How texts of several parts leave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Long {
    /// By a header in front of the words (3GPP TS 23.040, 9.2.3.24.1).
    Udh,
    /// By fields beside them.
    Sar,
    /// As one message of any length.
    Payload,
}

/// How an id in a receipt differs from the one in the answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ids {
    Same,
    AnyCase,
    HexDecimal,
    DecimalHex,
}

/// One account.
pub(super) struct Setup {
    pub(super) account: AccountId,
    pub(super) peer: Peer,
    pub(super) system_id: String,
    pub(super) system_type: String,
    pub(super) address_range: String,
    pub(super) password: SecretString,
    pub(super) version: u8,
    pub(super) roles: &'static [Role],
    pub(super) window: usize,
    pub(super) enquire_link: SignedDuration,
    pub(super) zero: Zero,
    pub(super) coding: u8,
    pub(super) long: Long,
    pub(super) receipts: bool,
    pub(super) ids: Ids,
    pub(super) short_code: (u8, u8),
    pub(super) country: Option<String>,
    kind: Arc<Kind>,
}

impl Setup {
    /// Reads what an account says.
    pub(super) fn of(kind: &Arc<Kind>, settings: &Settings) -> Result<Self, SettingError> {
        let said = Said { kind, settings };
        let (host, port) = address(said.needed("address")?).ok_or_else(|| said.error(ADDRESS.to_owned()))?;
        let password =
            said.secret("password").ok_or_else(|| said.error("the secret `password` is missing".into()))?;
        if password.expose_secret().len() > PASSWORD_MAX || !password.expose_secret().is_ascii() {
            return Err(
                said.error(format!("a password of SMPP has at most {PASSWORD_MAX} characters of ASCII"))
            );
        }
        for name in READS {
            if let Some(wrong) = said.value(name).and_then(|value| wrong(name, value)) {
                return Err(said.error(wrong));
            }
        }
        let own = settings.plain.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let secrets = settings.secrets.keys().map(|name| (name.as_str(), ""));
        if let Some(clash) = clashes(&link::Said::of(&kind.file, own.chain(secrets))).first() {
            return Err(said.error(format!("{}: {}", clash.what, clash.way_out)));
        }
        Ok(Self {
            account: AccountId::from(settings.account.as_str()),
            peer: Peer { host, port, tls: said.tls()? },
            system_id: said.needed("system_id")?.to_owned(),
            system_type: said.value("system_type").unwrap_or_default().to_owned(),
            address_range: said.value("address_range").unwrap_or_default().to_owned(),
            password,
            version: if said.value("version") == Some("5.0") { 0x50 } else { 0x34 },
            roles: roles(said.value("bind")),
            window: said.value("window").and_then(|window| window.parse().ok()).unwrap_or(10),
            enquire_link: SignedDuration::from_secs(
                said.value("enquire_link").and_then(|seconds| seconds.parse().ok()).unwrap_or(30),
            ),
            zero: if said.value("alphabet") == Some("latin1") { Zero::Latin1 } else { Zero::Gsm7 },
            coding: said.value("coding").and_then(|coding| coding.parse().ok()).unwrap_or(0),
            long: match said.value("long") {
                Some("sar") => Long::Sar,
                Some("payload") => Long::Payload,
                Some(_) | None => Long::Udh,
            },
            receipts: said.value("receipts") != Some("no"),
            ids: match said.value("message_ids") {
                Some("any-case") => Ids::AnyCase,
                Some("hex-decimal") => Ids::HexDecimal,
                Some("decimal-hex") => Ids::DecimalHex,
                Some(_) | None => Ids::Same,
            },
            short_code: said.value("short_code_type").and_then(type_and_plan).unwrap_or((3, 0)),
            country: said.value("country").map(str::to_owned),
            kind: Arc::clone(kind),
        })
    }

    /// What a code means by the words of the file.
    pub(super) fn class(&self, code: &str) -> Option<Class> {
        self.kind.file.codes.class(code)
    }
}

/// What is said, with the defaults of the file.
struct Said<'s> {
    kind: &'s Kind,
    settings: &'s Settings,
}

impl Said<'_> {
    fn value(&self, name: &str) -> Option<&str> {
        let own = self.settings.plain.get(name).map(String::as_str);
        own.or_else(|| self.kind.file.settings.get(name)?.default.as_deref())
    }

    fn needed(&self, name: &str) -> Result<&str, SettingError> {
        self.value(name).ok_or_else(|| self.error(format!("the setting `{name}` is missing")))
    }

    /// The newest of its values.
    fn secret(&self, name: &str) -> Option<SecretString> {
        self.settings.secrets.get(name)?.last().cloned()
    }

    /// How TLS is spoken, where it is.
    fn tls(&self) -> Result<Option<Tls>, SettingError> {
        if self.value("tls") != Some("yes") {
            return Ok(None);
        }
        let pem = |name| self.secret(name).map(|pem| pem.expose_secret().as_bytes().to_vec());
        let unfit = |name: &str, why: &Unfit| self.error(format!("the secret `{name}` is unfit: {why}"));
        let authorities = pem("authority").map(|pem| Authorities::from_pem(&pem));
        let authorities = authorities.transpose().map_err(|why| unfit("authority", &why))?;
        let identity = pem("certificate").zip(pem("certificate_key"));
        let identity = identity.map(|(certificate, key)| Identity::from_pem(&certificate, &key));
        let identity = identity
            .transpose()
            .map_err(|why| unfit(if why.is_of_key() { "certificate_key" } else { "certificate" }, &why))?;
        Ok(Some(Tls { authorities, identity }))
    }

    fn error(&self, what: String) -> SettingError {
        SettingError { account: self.settings.account.clone(), what }
    }
}

/// What is said of TLS where there is none, and half an identity: either would be sent in the open, or not at all.
pub(super) fn clashes(said: &link::Said<'_>) -> Vec<Clash> {
    let clash = |setting, what, way_out| Clash { setting, what, way_out };
    let mut found = Vec::new();
    for (one, other, about) in [
        ("certificate", "certificate_key", "its private key, as PEM"),
        ("certificate_key", "certificate", "the certificate and those that lead from it to a root, as PEM"),
    ] {
        if said.says(one) && !said.says(other) {
            let way_out = format!("add `{other} = \"file:PATH\"`: {about}");
            found.push(clash(one, format!("`{one}` is of no use without `{other}`"), way_out));
        }
    }
    for setting in ["authority", "certificate", "certificate_key"] {
        if said.says(setting) && said.value("tls") != Some("yes") {
            let what = format!("`{setting}` is for TLS, and this connection is without it");
            found.push(clash(setting, what, format!("add `tls = \"yes\"`, or take `{setting}` out")));
        }
    }
    found
}

fn roles(bind: Option<&str>) -> &'static [Role] {
    match bind {
        Some("transmitter") => &[Role::Transmitter],
        Some("receiver") => &[Role::Receiver],
        Some("pair") => &[Role::Transmitter, Role::Receiver],
        Some(_) | None => &[Role::Transceiver],
    }
}

const ADDRESS: &str = "`address` is a host and a port, as in `smsc.example.com:2775`";

/// `HOST:PORT`; an address of IPv6 stands in brackets.
fn address(written: &str) -> Option<(String, u16)> {
    let (host, port) = written.rsplit_once(':')?;
    let bracketed = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
    let host = bracketed.unwrap_or(host);
    let sound = !host.is_empty()
        && !host.contains([' ', '/', '[', ']'])
        && (bracketed.is_some() || !host.contains(':'));
    let port = port.parse().ok().filter(|port| *port != 0)?;
    sound.then(|| (host.to_owned(), port))
}

/// `3/0`: a type of number and a numbering plan.
fn type_and_plan(written: &str) -> Option<(u8, u8)> {
    let (ton, npi) = written.split_once('/')?;
    let ton = ton.trim().parse().ok().filter(|ton| *ton <= 6)?;
    let npi = npi.trim().parse().ok().filter(|npi| *npi <= 18)?;
    Some((ton, npi))
}

/// What is wrong with the value of a setting.
pub(super) fn wrong(name: &str, value: &str) -> Option<String> {
    let longest = |most: usize| {
        let fits = value.len() <= most && value.is_ascii();
        (!fits).then(|| format!("`{name}` has at most {most} characters of ASCII"))
    };
    match name {
        "address" => address(value).is_none().then(|| ADDRESS.to_owned()),
        "system_id" => longest(SYSTEM_ID_MAX),
        "system_type" => longest(SYSTEM_TYPE_MAX),
        "address_range" => longest(ADDRESS_RANGE_MAX),
        "window" => {
            let fits = value.parse().is_ok_and(|window: usize| (1..=WINDOW_MAX).contains(&window));
            (!fits).then(|| format!("`window` is a number from 1 to {WINDOW_MAX}, in quotes"))
        }
        "enquire_link" => {
            let fits = value.parse().is_ok_and(|seconds: i64| ENQUIRE_SECONDS.contains(&seconds));
            let (least, most) = (ENQUIRE_SECONDS.start(), ENQUIRE_SECONDS.end());
            (!fits)
                .then(|| format!("`enquire_link` is a number of seconds from {least} to {most}, in quotes"))
        }
        "short_code_type" => {
            let sound = type_and_plan(value).is_some();
            (!sound)
                .then(|| "`short_code_type` is a type of number and a numbering plan, as in `3/0`".to_owned())
        }
        "country" => {
            let sound = value.len() == 2 && value.bytes().all(|letter| letter.is_ascii_uppercase());
            (!sound).then(|| "`country` has two letters, as in `US`".to_owned())
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_have_a_host_and_a_port() {
        assert_eq!(address("smsc.example.com:2775"), Some(("smsc.example.com".to_owned(), 2775)));
        assert_eq!(address("[::1]:2775"), Some(("::1".to_owned(), 2775)));
        for bad in
            ["smsc.example.com", ":2775", "::1:2775", "smsc:0", "smsc:port", "smpp://smsc:2775", "a b:1"]
        {
            assert_eq!(address(bad), None, "{bad}");
        }
    }

    #[test]
    fn values_that_no_bind_can_carry_are_told() {
        let cases = [
            ("system_id", "sixteen-or-more-x"),
            ("system_type", "thirteen-long"),
            ("window", "0"),
            ("window", "many"),
            ("enquire_link", "1"),
            ("short_code_type", "3"),
            ("country", "usa"),
        ];
        for (name, value) in cases {
            assert!(wrong(name, value).is_some_and(|told| told.contains(name)), "{name} {value}");
        }
        assert_eq!(wrong("window", "50"), None);
    }
}
