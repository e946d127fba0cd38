//! `sayso trigger`: a request as a provider would send it, signed, at a running server. So a webhook can be tried without a
//! phone, a provider and a way in from outside.

use super::{Exit, Streams, Unusable, runtime};
use crate::config::Config;
use crate::diagnostic::nearest;
use crate::engine::transport::Http;
use crate::engine::{Chance, Clock, SystemChance, SystemClock, Transport};
use crate::provider::{Call, Mimic, MimicError, SettingError};
use crate::sms::{Phone, Sender};
use crate::workspace::Workspace;
use clap::{Args, Subcommand};
use serde_json::json;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

#[derive(Debug, Subcommand)]
pub(super) enum Wanted {
    /// Somebody texts.
    Inbound {
        #[command(flatten)]
        to: Door,
        /// Who texts.
        #[arg(long, value_name = "PHONE")]
        from: Phone,
        /// The number that is texted; the first that a brand has by this account, where nothing is said.
        #[arg(long = "to", value_name = "NUMBER")]
        number: Option<Sender>,
        /// The words.
        #[arg(long, allow_hyphen_values = true)]
        text: String,
        /// The provider's id of the text, instead of a new one: one that was used before is a second delivery.
        #[arg(long)]
        id: Option<String>,
    },
    /// The provider tells how far a message got.
    Receipt {
        #[command(flatten)]
        to: Door,
        /// The id that the provider gave the message: `sayso export sent` names them.
        #[arg(long)]
        id: String,
        /// `delivered`, `undelivered`, `failed` and so on, or the provider's own word.
        #[arg(long)]
        state: String,
        /// The provider's error code.
        #[arg(long)]
        code: Option<String>,
    },
}

#[derive(Debug, Args)]
pub(super) struct Door {
    /// The account of `sayso.toml`, or its kind where only one account is of it.
    #[arg(long, value_name = "ACCOUNT")]
    provider: String,
    /// Where the server is, instead of the address of `sayso.toml`. What is signed is `public_url` all the same.
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

/// Makes the request, sends it, and prints what is answered; 1 where it is refused.
pub(super) fn trigger(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    let (door, mimic) = match wanted {
        Wanted::Inbound { to, from, number, text, id } => {
            let account = account(&workspace.config, &to.provider)?;
            let number = number.map_or_else(|| first_number(workspace, &account), Ok)?;
            let id = id.clone().unwrap_or_else(new_id);
            (to, Mimic::Text { from: *from, to: number, text: text.clone(), id })
        }
        Wanted::Receipt { to, id, state, code } => {
            (to, Mimic::Receipt { id: id.clone(), state: state.clone(), code: code.clone() })
        }
    };
    let config = &workspace.config;
    let account = account(config, &door.provider)?;
    let unset = |error: SettingError| Unusable::new(error.to_string()).hint("set it, and try again");
    let mut settings = config.open_settings(&account, &workspace.root).map_err(unset)?;
    settings.inbound_url = Some(config.server.inbound_url(&account));
    let kind = config.kind_of(&account).map_err(unset)?;
    let made = kind.mimic(&settings, &mimic, SystemClock.now()).map_err(unset)?;
    let made = made.map_err(|error| unusable(&account, &error))?;
    let public = config.server.public_url();
    let path = made.request.url.strip_prefix(&public).unwrap_or(&made.request.url);
    let url = format!("{}{path}", door.url.as_deref().map_or_else(|| local(config), trimmed));
    let shown = url.split('?').next().unwrap_or_default().to_owned();
    let headers = made
        .request
        .headers
        .iter()
        .filter_map(|(name, value)| Some((name.clone(), value.to_str().ok()?.to_owned())));
    let headers = headers.collect();
    let call = Call { method: made.request.method.clone(), url, headers, body: made.request.body.clone() };
    let transport = Http::new().map_err(|error| Unusable::new(error.to_string()))?;
    let answer = runtime(false)?.block_on(transport.call(call)).map_err(|error| {
        Unusable::new(format!("{shown}: {error}")).hint("is `sayso serve` running? `--url` says where")
    })?;
    let body = String::from_utf8_lossy(&answer.body);
    if json {
        let line = json!({ "url": shown, "scheme": made.scheme, "status": answer.status, "answer": body });
        writeln!(streams.out, "{line}")?;
    } else {
        writeln!(streams.err, "POST {shown}, signed by `{}`", made.scheme)?;
        writeln!(streams.out, "{}", format!("{} {body}", answer.status).trim_end())?;
    }
    Ok(if (200..300).contains(&answer.status) { Exit::Done } else { Exit::Found })
}

/// The account that somebody means.
fn account(config: &Config, name: &str) -> Result<String, Unusable> {
    if config.has_account(name) {
        return Ok(name.to_owned());
    }
    let is_of_kind = |account: &&str| config.kind_of(account).is_ok_and(|kind| kind.name == name);
    let of_kind: Vec<&str> = config.accounts().filter(is_of_kind).collect();
    match of_kind.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => {
            let near = nearest(name, config.accounts()).map(|near| format!("did you mean `{near}`?"));
            let hint = near.unwrap_or_else(|| {
                format!("accounts are tables of `sayso.toml`: add `[providers.{name}-main]`")
            });
            Err(Unusable::new(format!("no account is called `{name}`")).hint(hint))
        }
        several => {
            let hint = format!("name one: {}", several.join(", "));
            Err(Unusable::new(format!("several accounts are of the kind `{name}`")).hint(hint))
        }
    }
}

fn first_number(workspace: &Workspace, account: &str) -> Result<Sender, Unusable> {
    let mut numbers = workspace.bots.iter().flat_map(|bot| &bot.numbers);
    let own = numbers.find(|number| number.account.as_str() == account);
    own.map(|number| number.sender).ok_or_else(|| {
        let error = Unusable::new(format!("no brand has a number by `{account}`"));
        error.hint("say which one is texted: `--to +14045550100`")
    })
}

/// An id that no text had before.
fn new_id() -> String {
    let salt = SystemChance.salt().to_string();
    format!("trigger-{}", salt.chars().take(20).collect::<String>())
}

fn unusable(account: &str, error: &MimicError) -> Unusable {
    let hint = match error {
        MimicError::Unsignable(_) | MimicError::Link => format!(
            "try the dialogue by an account of kind `generic`, which has a secret of yours; for `{account}` itself, keep a \
             request that came and look at it with `sayso provider decode {account} --request FILE`"
        ),
        MimicError::State { .. } => "name one of these, or what it means: `delivered`".to_owned(),
        MimicError::NoRule(_) | MimicError::OneWay(_) => {
            "write the request into a file, and look at it with `sayso provider decode`".to_owned()
        }
    };
    Unusable::new(error.to_string()).hint(hint)
}

fn trimmed(url: &str) -> String {
    url.trim_end_matches('/').to_owned()
}

/// Where a server of this workspace is, seen from this machine.
fn local(config: &Config) -> String {
    let mut address = config.server.listen;
    match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => address.set_ip(Ipv4Addr::LOCALHOST.into()),
        IpAddr::V6(ip) if ip.is_unspecified() => address.set_ip(Ipv6Addr::LOCALHOST.into()),
        IpAddr::V4(_) | IpAddr::V6(_) => {}
    }
    format!("{}://{address}", config.server.scheme())
}
