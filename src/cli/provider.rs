//! `sayso provider`: the kinds that there are, what a request means to one, what it would be sent, and one real message.

use super::{Exit, Streams, Unusable};
use crate::diagnostic::nearest;
use crate::engine::tokens::{Means, Tokens};
use crate::engine::transport::Http;
use crate::engine::{CallError, Clock, SystemClock, link};
use crate::provider::file::{Hole, Send, Setting, Template};
use crate::provider::link::Use;
use crate::provider::{Call, Delivery, Kind, Outcome, RawRequest, SendBy, Settings, Way, scheme};
use crate::sms::{AccountId, Outbound, Part, Phone, Sender};
use crate::workspace::Workspace;
use clap::{Args, Subcommand};
use http::{HeaderMap, HeaderName, HeaderValue, Method, header};
use jiff::Timestamp;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// What stands in the place of a secret.
const MASK: &str = "•••";

#[derive(Debug, Subcommand)]
pub(super) enum Wanted {
    /// List the kinds of provider.
    List,
    /// Show what a kind takes and does.
    Show {
        /// The kind, or an account of `sayso.toml`.
        provider: String,
    },
    /// Say who sent a request, and what it brings.
    Decode {
        /// An account of `sayso.toml`; or a kind, whose signature then cannot be checked.
        provider: String,
        /// The request as it stands on the wire: a line, headers, an empty line, the body. `-` reads it from the standard
        /// input.
        #[arg(long, value_name = "FILE")]
        request: PathBuf,
        /// When it arrived, instead of now: old signatures are refused.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
        /// What stands at the address of the signing certificate, for schemes that fetch one.
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
    },
    /// Show the request that a message would be sent by, without its secrets.
    Encode {
        /// An account of `sayso.toml`, or a kind.
        provider: String,
        #[command(flatten)]
        message: Message,
        /// When it would be sent, instead of now: some signatures hold the time.
        #[arg(long, value_name = "TIME")]
        at: Option<Timestamp>,
    },
    /// Send one real message.
    Test {
        /// The account of `sayso.toml`.
        provider: String,
        #[command(flatten)]
        message: Message,
    },
}

#[derive(Debug, Args)]
pub(super) struct Message {
    /// Who gets it.
    #[arg(long)]
    to: Phone,
    /// The words.
    #[arg(long, default_value = "This is a test of sayso.")]
    text: String,
    /// The number it leaves from; the first that a brand has by this account, where nothing is said.
    #[arg(long)]
    from: Option<Sender>,
    /// The address of a picture that goes with it; may be said several times.
    #[arg(long, value_name = "URL")]
    media: Vec<String>,
}

/// Does what is wanted.
pub(super) fn provider(
    workspace: &Workspace,
    wanted: &Wanted,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    match wanted {
        Wanted::List => list(workspace, json, streams),
        Wanted::Show { provider } => show(&Named::of(workspace, provider)?, json, streams),
        Wanted::Decode { provider, request, at, certificate } => {
            let named = Named::of(workspace, provider)?;
            let mut raw = read(&input(request)?, workspace, at.unwrap_or_else(now))?;
            raw.fetched = certificate.as_ref().map(std::fs::read).transpose()?;
            decode(&named, raw, json, streams)
        }
        Wanted::Encode { provider, message, at } => {
            let named = Named::of(workspace, provider)?;
            let outbound = outbound(workspace, &named, message)?;
            encode(&named, &outbound, at.unwrap_or_else(now), json, streams)
        }
        Wanted::Test { provider, message } => {
            let named = Named::of(workspace, provider)?;
            let outbound = outbound(workspace, &named, message)?;
            test(&named, &outbound, json, streams)
        }
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

/// A kind, with the account that was named, if one was.
struct Named<'w> {
    workspace: &'w Workspace,
    name: String,
    kind: Arc<Kind>,
    is_account: bool,
}

impl<'w> Named<'w> {
    fn of(workspace: &'w Workspace, name: &str) -> Result<Self, Unusable> {
        let config = &workspace.config;
        if config.has_account(name) {
            let kind = config
                .kind_of(name)
                .map_err(|error| Unusable::new(error.to_string()).hint("`sayso check` says what is wrong"))?;
            return Ok(Self { workspace, name: name.to_owned(), kind: Arc::clone(kind), is_account: true });
        }
        if let Some(kind) = config.kinds.kind(name) {
            return Ok(Self { workspace, name: name.to_owned(), kind: Arc::clone(kind), is_account: false });
        }
        let known = || config.accounts().chain(config.kinds.kinds().map(|kind| kind.name.as_str()));
        let near = nearest(name, known()).map(|near| format!("did you mean `{near}`?"));
        let hint = near.unwrap_or_else(|| "`sayso provider list` names the kinds".to_owned());
        Err(Unusable::new(format!("no account and no kind of provider is called `{name}`")).hint(hint))
    }

    /// What stands for a secret. A link shows none, and takes only what its protocol can carry.
    fn mask(&self) -> &'static str {
        if self.kind.protocol().is_some() { "***" } else { MASK }
    }

    /// The account's settings with a mask in place of every secret; for a kind alone, the names of its settings in theirs.
    fn masked(&self) -> Result<Settings, Unusable> {
        let mut settings = if self.is_account {
            let mask = self.mask();
            let masked = self.workspace.config.account_settings(&self.name, |_| Ok(mask.into()));
            masked.map_err(|error| Unusable::new(error.to_string()))?
        } else {
            Settings { account: self.name.clone(), ..Settings::default() }
        };
        let needed = |setting: &Setting| !setting.optional && setting.default.is_none();
        for (name, setting) in &self.kind.file.settings {
            if needed(setting) && !settings.plain.contains_key(name) {
                settings.plain.insert(name.clone(), format!("<{name}>"));
            }
        }
        if !self.is_account {
            // Whatever it signs with, it can be opened.
            let ways = self.kind.file.verify.iter().flat_map(BTreeMap::values).flat_map(Template::holes);
            for hole in ways {
                if let Hole::Setting(name) = hole {
                    settings.plain.entry(name.clone()).or_insert_with(|| format!("<{name}>"));
                }
            }
            for (name, setting) in &self.kind.file.settings {
                if let Some(default) = &setting.default {
                    settings.plain.insert(name.clone(), default.clone());
                }
            }
            let secrets = self.kind.secrets();
            settings.secrets =
                secrets.map(|name| (name.to_owned(), vec![SecretString::from(self.mask())])).collect();
        }
        if self.kind.protocol().is_some() {
            // Certificates are read when a link is opened, and a mask is none.
            settings.secrets.retain(|name, _| self.kind.file.secrets.get(name).is_some_and(needed));
        }
        Ok(settings)
    }
}

fn list(workspace: &Workspace, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let kinds = || workspace.config.kinds.kinds();
    let widest = kinds().map(|kind| kind.name.len()).max().unwrap_or(0);
    for kind in kinds() {
        let (file, schemes) = (&kind.file, schemes(kind));
        if json {
            let row = json!({ "kind": kind.name, "title": file.title, "schemes": schemes });
            writeln!(streams.out, "{row}")?;
        } else {
            writeln!(streams.out, "{:widest$}  {} ({})", kind.name, file.title, schemes.join(", "))?;
        }
    }
    Ok(Exit::Done)
}

/// By what it is told who calls; a link is called by nobody, and has its protocol.
fn schemes(kind: &Kind) -> Vec<&str> {
    if let Some(protocol) = kind.protocol() {
        return vec![protocol.name];
    }
    kind.file.verify.iter().filter_map(|keys| keys.get("scheme")?.words()).collect()
}

fn show(named: &Named<'_>, json: bool, streams: &mut Streams<'_>) -> Result<Exit, Unusable> {
    let (kind, file) = (&named.kind, &named.kind.file);
    let about = |setting: &Setting| match (&setting.default, setting.optional) {
        (Some(default), _) => format!("{} (`{default}`)", setting.about),
        (None, true) => format!("{} (may be left out)", setting.about),
        (None, false) => setting.about.clone(),
    };
    if json {
        let of = |settings: &BTreeMap<String, Setting>| -> Value {
            let row = |(name, setting): (&String, &Setting)| {
                let needed = !setting.optional && setting.default.is_none();
                let value = json!({ "about": setting.about, "default": setting.default, "needed": needed });
                (name.clone(), value)
            };
            Value::Object(settings.iter().map(row).collect())
        };
        let shown = json!({
            "kind": kind.name, "title": file.title, "documentation": file.documentation, "schemes": schemes(kind),
            "link": file.link,
            "settings": of(&file.settings), "secrets": of(&file.secrets), "receipts": !file.receipt.is_empty(),
            "sends": file.send.len(), "characters": file.limits.characters, "answers_stop": file.answers_stop,
        });
        writeln!(streams.out, "{shown}")?;
        return Ok(Exit::Done);
    }
    writeln!(streams.out, "{} ({})", file.title, file.documentation)?;
    writeln!(streams.out, "\n[providers.{}]\nkind = \"{}\"", named.account_name(), kind.name)?;
    for (name, setting) in &file.settings {
        let sign = if setting.optional || setting.default.is_some() { "# " } else { "" };
        writeln!(streams.out, "{sign}{name} = \"…\"  # {}", about(setting))?;
    }
    for (name, secret) in &file.secrets {
        let sign = if secret.optional { "# " } else { "" };
        writeln!(streams.out, "{sign}{name} = \"env:…\"  # {}", about(secret))?;
    }
    writeln!(streams.out)?;
    if let Some(protocol) = kind.protocol() {
        writeln!(streams.out, "link:      {}", protocol.about)?;
        return Ok(Exit::Done);
    }
    for scheme in schemes(kind).into_iter().filter_map(scheme::by_name) {
        writeln!(streams.out, "who calls: {}", scheme.about)?;
    }
    for grant in kind.file.send.iter().filter_map(Send::grant) {
        writeln!(streams.out, "token:     {}", grant.about)?;
    }
    let url = named.workspace.config.server.inbound_url(named.account_name());
    let token = if schemes(kind).contains(&"token") { "?token=…" } else { "" };
    writeln!(streams.out, "webhooks:  {url}{token}")?;
    writeln!(streams.out, "receipts:  {}", if file.receipt.is_empty() { "none" } else { "yes" })?;
    if let Some(most) = file.limits.characters {
        writeln!(streams.out, "longest:   {most} characters")?;
    }
    Ok(Exit::Done)
}

impl Named<'_> {
    fn takes_no_requests(&self) -> Unusable {
        let error = Unusable::new(format!("`{}` takes no requests: it keeps a link", self.name));
        error.hint(
            "what it sends is shown by `sayso provider encode`, what it hears by the log of `sayso serve`",
        )
    }

    fn account_name(&self) -> &str {
        if self.is_account { &self.name } else { "NAME" }
    }
}

/// The bytes of a file, or of the standard input.
fn input(path: &std::path::Path) -> Result<Vec<u8>, Unusable> {
    if path == std::path::Path::new("-") {
        let mut bytes = Vec::new();
        std::io::Read::read_to_end(&mut std::io::stdin(), &mut bytes)?;
        return Ok(bytes);
    }
    std::fs::read(path)
        .map_err(|error| Unusable::new(format!("`{}` cannot be read: {error}", path.display())))
}

/// A request as it stands on the wire. What a file has more than the request, a line feed at its end, is taken off.
fn read(bytes: &[u8], workspace: &Workspace, at: Timestamp) -> Result<RawRequest, Unusable> {
    let broken = |what: &str| {
        let hint = "it begins `POST /path HTTP/1.1`; headers, an empty line and the body follow";
        Unusable::new(format!("the request cannot be read: {what}")).hint(hint)
    };
    let ends = [&b"\r\n\r\n"[..], b"\n\n"];
    let found = ends.iter().filter_map(|end| Some((find(bytes, end)?, end.len()))).min();
    let (end, length) = found.unwrap_or((bytes.len(), 0));
    let (head, body) = (&bytes[..end], bytes.get(end + length..).unwrap_or_default());
    let head = std::str::from_utf8(head).map_err(|_| broken("its head is not UTF-8"))?;
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split_whitespace();
    let (method, target) =
        (first.next().unwrap_or_default(), first.next().ok_or_else(|| broken("no address"))?);
    let method: Method = method.parse().map_err(|_| broken("no method"))?;
    let mut headers = HeaderMap::new();
    for line in lines.filter(|line| !line.trim().is_empty()) {
        let (name, value) = line.split_once(':').ok_or_else(|| broken("a header has no colon"))?;
        let name: HeaderName = name.trim().parse().map_err(|_| broken("a header has no name"))?;
        let value = HeaderValue::from_str(value.trim()).map_err(|_| broken("a header has no value"))?;
        headers.append(name, value);
    }
    let length = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let body = match length {
        Some(length) => body.get(..length).ok_or_else(|| broken("the body is shorter than it says"))?,
        None => body.strip_suffix(b"\n").unwrap_or(body),
    };
    let url = if target.starts_with('/') {
        format!("{}{target}", workspace.config.server.public_url())
    } else {
        target.to_owned()
    };
    Ok(RawRequest { url, method, headers, body: body.to_vec(), at, fetched: None })
}

fn find(bytes: &[u8], end: &[u8]) -> Option<usize> {
    bytes.windows(end.len()).position(|window| window == end)
}

/// Prints who sent it and what it brings; 1 where it would be refused.
fn decode(
    named: &Named<'_>,
    raw: RawRequest,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if named.kind.protocol().is_some() {
        return Err(named.takes_no_requests());
    }
    let settings = named.masked()?;
    let seen = named.kind.preview(&settings, &raw);
    let (verdict, handshake) = if named.is_account { verdict(named, raw)? } else { (None, None) };
    let said = match &verdict {
        None => "not checked: no account was named".to_owned(),
        Some(Ok(())) => "valid".to_owned(),
        Some(Err(why)) => why.clone(),
    };
    let refused = matches!(verdict, Some(Err(_))) || seen.is_err();
    let signature = json!({ "signature": said, "valid": verdict.as_ref().map(Result::is_ok) });
    writeln!(streams.out, "{}", if json { signature.to_string() } else { format!("signature: {said}") })?;
    if let Some(reply) = handshake {
        let line = json!({ "handshake": reply });
        writeln!(streams.out, "{}", if json { line.to_string() } else { format!("handshake: {reply}") })?;
        return Ok(Exit::Done);
    }
    match seen {
        Err(error) if json => writeln!(streams.out, "{}", json!({ "error": error.to_string() }))?,
        Err(error) => writeln!(streams.out, "error: {error}")?,
        Ok(deliveries) if deliveries.is_empty() && !json => {
            writeln!(streams.out, "nothing: it is acknowledged")?;
        }
        Ok(deliveries) => {
            for delivery in deliveries {
                let event = event(&delivery);
                match (json, event.as_object().and_then(|event| event.iter().next())) {
                    (false, Some((name, what))) => writeln!(streams.out, "{name}: {what}")?,
                    _ => writeln!(streams.out, "{event}")?,
                }
            }
        }
    }
    Ok(if refused { Exit::Found } else { Exit::Done })
}

/// What the account's scheme says about a request, and what is answered where it is a handshake.
type Verdict = (Option<Result<(), String>>, Option<String>);

fn verdict(named: &Named<'_>, raw: RawRequest) -> Result<Verdict, Unusable> {
    let account = named.workspace.config.open_account(&named.name, &named.workspace.root);
    let account = account.map_err(|error| Unusable::new(error.to_string()).hint("set it, and try again"))?;
    let provider = account.provider().ok_or_else(|| named.takes_no_requests())?;
    Ok(match provider.verify(raw) {
        Err(forged) => (Some(Err(forged.to_string())), None),
        Ok(verified) => {
            let handshake = provider.handshake(&verified);
            let reply = handshake.map(|handshake| handshake.visit.unwrap_or(handshake.reply.body));
            (Some(Ok(())), reply)
        }
    })
}

/// A delivery as an object with one field: what it is.
fn event(delivery: &Delivery) -> Value {
    match delivery {
        Delivery::Text(inbound) => json!({ "text": inbound }),
        Delivery::Part(part) => {
            let words = String::from_utf16_lossy(&part.units);
            let Part { inbound, reference, number, total, .. } = part;
            json!({ "part": { "reference": reference, "number": number, "total": total, "body": words, "of": inbound } })
        }
        Delivery::Receipt(receipt) => json!({ "receipt": receipt }),
        Delivery::OptOut { from, to, how } => json!({ "opt_out": { "from": from, "to": to, "how": how } }),
        Delivery::Unread { why } => json!({ "unread": why }),
    }
}

/// The message as it would leave.
fn outbound(workspace: &Workspace, named: &Named<'_>, message: &Message) -> Result<Outbound, Unusable> {
    let numbers = || workspace.bots.iter().flat_map(|bot| &bot.numbers);
    let own = || numbers().find(|number| number.account.as_str() == named.name).map(|number| number.sender);
    let from = message.from.or_else(own).ok_or_else(|| {
        let error = Unusable::new(format!("no brand has a number by `{}`", named.name));
        error.hint("say which one it leaves from: `--from +14045550100`")
    })?;
    Ok(Outbound {
        from,
        to: message.to,
        body: message.text.clone(),
        media: message.media.clone(),
        reference: "test.0".to_owned(),
    })
}

fn encode(
    named: &Named<'_>,
    outbound: &Outbound,
    at: Timestamp,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if named.kind.protocol().is_some() && !named.is_account {
        let error =
            Unusable::new(format!("`{}` is a kind, and only an account says what it sends", named.name));
        return Err(error
            .hint(format!("add a table `[providers.{}-main]` to `sayso.toml`, and name that", named.name)));
    }
    let way = named.kind.open(&named.masked()?);
    let provider = match way.map_err(|error| Unusable::new(error.to_string()))? {
        Way::Calls(provider) => provider,
        Way::Link(opener) => {
            let lines = opener.open(Use::SendingOnly).preview(outbound);
            if json {
                writeln!(streams.out, "{}", json!({ "sends": lines }))?;
            } else {
                lines.iter().try_for_each(|line| writeln!(streams.out, "{line}"))?;
            }
            return Ok(Exit::Done);
        }
    };
    if provider.send_by() == SendBy::Answer {
        let reply = provider.acknowledge(std::slice::from_ref(outbound));
        let line = json!({ "answer": reply.body });
        let said = format!("it leaves in the answer to a webhook:\n\n{}", reply.body);
        writeln!(streams.out, "{}", if json { line.to_string() } else { said })?;
        return Ok(Exit::Done);
    }
    let token = provider.token_request(outbound);
    let mut call = provider.encode(outbound, at);
    if token.is_some() {
        call = call.bearing(MASK);
    }
    if json {
        let mut line = as_json(&call);
        if let Some(request) = &token {
            line["token"] = as_json(request);
        }
        writeln!(streams.out, "{line}")?;
        return Ok(Exit::Done);
    }
    let lines: Vec<_> = token.iter().chain([&call]).map(as_lines).collect();
    writeln!(streams.out, "{}", lines.join("\n\n"))?;
    Ok(Exit::Done)
}

/// A text without the escapes that its masks got.
fn unmasked(text: &str) -> String {
    let escaped: String = form_urlencoded::byte_serialize(MASK.as_bytes()).collect();
    text.replace(&escaped, MASK)
}

fn as_json(Call { method, url, headers, body }: &Call) -> Value {
    let headers: BTreeMap<_, _> =
        headers.iter().map(|(name, value)| (name.as_str(), shown(name, value))).collect();
    let body = unmasked(&String::from_utf8_lossy(body));
    json!({ "method": method.as_str(), "url": unmasked(url), "headers": headers, "body": body })
}

fn as_lines(Call { method, url, headers, body }: &Call) -> String {
    let headers = headers.iter().map(|(name, value)| format!("{name}: {}\n", shown(name, value)));
    let (headers, body) = (headers.collect::<String>(), unmasked(&String::from_utf8_lossy(body)));
    format!("{method} {}\n{headers}\n{body}", unmasked(url))
}

/// A header without the secret that is coded or signed into it.
fn shown(name: &HeaderName, value: &str) -> String {
    match value.split_once(' ') {
        Some((kind, _)) if *name == header::AUTHORIZATION => format!("{kind} {MASK}"),
        _ => value.to_owned(),
    }
}

/// Sends one message; 1 where it was not taken.
fn test(
    named: &Named<'_>,
    outbound: &Outbound,
    json: bool,
    streams: &mut Streams<'_>,
) -> Result<Exit, Unusable> {
    if !named.is_account {
        let hint = format!("add a table `[providers.{}-main]` to `sayso.toml`, and name that", named.name);
        return Err(
            Unusable::new(format!("`{}` is a kind, and only an account can send", named.name)).hint(hint)
        );
    }
    let account = named.workspace.config.open_account(&named.name, &named.workspace.root);
    let account = account.map_err(|error| Unusable::new(error.to_string()).hint("set it, and try again"))?;
    if account.sends_by_answer() {
        let error = Unusable::new("this account sends only in the answers to its webhooks");
        return Err(error.hint("text it, and see what is answered"));
    }
    let runtime = super::runtime(false)?;
    let unusable = |error: CallError| Unusable::new(error.to_string());
    let (outcome, status) = match &account.way {
        Way::Calls(provider) => {
            let transport = Http::new().map_err(|error| Unusable::new(error.to_string()))?;
            let (tokens, means) = (Tokens::default(), Means { transport: &transport, clock: &SystemClock });
            let carried = tokens.carry(means, &account.id, &**provider, outbound);
            let (status, outcome) = runtime.block_on(carried).map_err(unusable)?;
            (outcome, Some(status))
        }
        Way::Link(opener) => {
            let account = AccountId::from(named.name.as_str());
            let sent = link::send_one(&account, opener, outbound, Arc::new(SystemClock));
            (runtime.block_on(sent).map_err(unusable)?, None)
        }
    };
    let (said, taken) = match &outcome {
        Outcome::Accepted { id: Some(id) } => (format!("accepted as {id}"), true),
        Outcome::Accepted { id: None } => ("accepted; the provider gives no id".to_owned(), true),
        Outcome::Retry { why, .. } => (format!("not now: {why}"), false),
        Outcome::OptedOut { code } => (format!("the person has opted out at the provider ({code})"), false),
        Outcome::Rejected { kind, why } => (format!("refused ({kind:?}): {why}"), false),
    };
    let line = json!({ "accepted": taken, "status": status, "said": said });
    writeln!(streams.out, "{}", if json { line.to_string() } else { said })?;
    Ok(if taken { Exit::Done } else { Exit::Found })
}
