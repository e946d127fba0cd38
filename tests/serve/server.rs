//! A workspace in a temporary folder, the binary that serves it, and webhooks as providers sign them.

use crate::fake::Fake;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;
use std::collections::BTreeMap;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// How long anything may take before a test gives up.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How often the other process is asked.
pub(crate) const GLANCE: Duration = Duration::from_millis(20);

/// The address that providers are told; it is not the one that is listened on.
pub(crate) const PUBLIC_URL: &str = "https://sms.example.com";
pub(crate) const ACCOUNT_SID: &str = "AC00000000000000000000000000000000";
/// The id that the fake gives to the first call.
pub(crate) const FIRST_SID: &str = "SM00000000000000000000000000000001";
pub(crate) const TWILIO_TOKEN: &str = "the-token-of-twilio";
pub(crate) const CURL_TOKEN: &str = "the-token-of-curl";

/// The brand's numbers, one for each account.
pub(crate) const MAIN: &str = "+14045550100";
pub(crate) const CURL: &str = "+14045550101";
pub(crate) const PUSH: &str = "+14045550102";
pub(crate) const STOPS: &str = "+14045550103";
pub(crate) const NOWHERE: &str = "+14045550104";

/// The questions of the brand's one dialogue, in order, by words that only they hold. `JOIN`, `yes`, `yes`, `ana`.
pub(crate) const REPLIES: [&str; 4] = ["cones?", "cups?", "first name?", "Thanks Ana!"];

const BRAND: &str = "\
brand Gelato
  program Gelato News
  numbers +14045550100 via twilio-main, +14045550101 via curl, +14045550102 via push
  numbers +14045550103 via twilio-stops, +14045550104 via nowhere
  contact help@gelato.example
  frequency up to 4 msgs/month
  languages en
  timezone America/New_York
  optin join
  fallback Pardon? Text JOIN or HELP.

field cone: yes_no
field cup: yes_no
field name: name
";

pub(crate) const WELCOME: &str = "\
flow welcome
  start on join

node cone
  say Welcome to {program}! {terms} Do you like cones?
  ask cone
    tries 5 -> cup
  -> cup

node cup
  say And cups?
  ask cup
    tries 5 -> name
  -> name

node name
  say What is your first name?
  ask name
    tries 5 -> done
  -> done

node done
  say Thanks {name else \"friend\"}!
  tag member
  end
";

const GRAMMAR: &str = "\
language en

intent join
  join [now]
  > JOIN
";

/// The settings, with every account's sends going to `fake`.
fn settings(fake: &Fake) -> String {
    let fake = fake.address;
    format!(
        r#"[server]
listen = "127.0.0.1:0"
public_url = "{PUBLIC_URL}"

[store]
path = "store"
cache_mb = 16

[providers.twilio-main]
kind = "twilio"
account_sid = "{ACCOUNT_SID}"
auth_token = "env:TEST_TWILIO_TOKEN"
base_url = "http://{fake}"
pace = {{ us_number = 1000 }}

[providers.twilio-stops]
kind = "twilio"
account_sid = "{ACCOUNT_SID}"
auth_token = "env:TEST_TWILIO_TOKEN"
base_url = "http://{fake}"
answers_stop = true
pace = {{ us_number = 1000 }}

[providers.nowhere]
kind = "twilio"
account_sid = "{ACCOUNT_SID}"
auth_token = "env:TEST_TWILIO_TOKEN"
base_url = "http://127.0.0.1:1"

[providers.curl]
kind = "generic"
token = "env:TEST_CURL_TOKEN"

[providers.push]
kind = "generic"
token = "env:TEST_CURL_TOKEN"
send_url = "http://{fake}/send"
"#
    )
}

pub(crate) fn write(folder: &Path, path: &str, text: &str) {
    let path = folder.join(path);
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
}

/// The binary in a workspace, with the secrets that its settings name and nothing else of `SAYSO_*`.
pub(crate) fn sayso(folder: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_sayso"));
    command.current_dir(folder).args(arguments);
    for name in ["SAYSO_WORKSPACE", "SAYSO_LISTEN", "SAYSO_LOG_FORMAT"] {
        command.env_remove(name);
    }
    command.env("SAYSO_LOG", "info,sayso=debug");
    command.env("TEST_TWILIO_TOKEN", TWILIO_TOKEN).env("TEST_CURL_TOKEN", CURL_TOKEN);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A running server.
#[derive(Debug)]
pub(crate) struct Server {
    /// `http://127.0.0.1:PORT`
    pub(crate) address: String,
    child: Child,
    lines: Receiver<String>,
    reader: Option<JoinHandle<()>>,
    heard: String,
}

impl Server {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::start_under(folder, &[])
    }

    /// One with more in its environment.
    pub(crate) fn start_under(folder: &Path, variables: &[(&str, &OsStr)]) -> Self {
        let mut command = sayso(folder, &["serve"]);
        command.envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::null()).spawn().unwrap();
        let stderr = child.stderr.take().unwrap();
        let (send, lines) = channel();
        let reader = std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _nobody_reads = send.send(line);
            }
        });
        let mut server =
            Self { address: String::new(), child, lines, reader: Some(reader), heard: String::new() };
        let deadline = Instant::now() + PATIENCE;
        while server.address.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = server.lines.recv_timeout(left) else {
                panic!("the server does not come up; it says:\n{}", server.heard);
            };
            server.heard.extend([line.as_str(), "\n"]);
            if let Some((_, address)) = line.split_once(" brands on ")
                && line.starts_with("serving ")
            {
                address.clone_into(&mut server.address);
            }
        }
        server
    }

    /// The rest of a line that it said before it came up.
    pub(crate) fn said_before(&self, words: &str) -> String {
        let line = self.heard.lines().find_map(|line| line.strip_prefix(words));
        line.unwrap_or_else(|| panic!("it never said {words:?}:\n{}", self.heard)).to_owned()
    }

    /// SIGTERM, and everything that it said; it must end by itself.
    pub(crate) fn stop(self) -> (ExitStatus, String) {
        self.terminate();
        self.ended()
    }

    /// Waits for the end of one that was told to stop.
    pub(crate) fn ended(mut self) -> (ExitStatus, String) {
        let deadline = Instant::now() + PATIENCE;
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            assert!(Instant::now() < deadline, "the server does not stop");
            std::thread::sleep(GLANCE);
        };
        (status, self.said())
    }

    /// Waits until it has said a line with these words; all that it said until then.
    pub(crate) fn hear(&mut self, words: &str) -> String {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            let Ok(line) = self.lines.recv_timeout(left) else {
                panic!("it never says {words:?}; it says:\n{}", self.heard);
            };
            self.heard.extend([line.as_str(), "\n"]);
            if line.contains(words) {
                return self.heard.clone();
            }
        }
    }

    /// SIGHUP: everything is read again.
    pub(crate) fn hang_up(&self) {
        let sent = Command::new("kill").args(["-HUP", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Only the signal.
    pub(crate) fn terminate(&self) {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// SIGKILL: it has no say in it.
    pub(crate) fn kill(mut self) -> String {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        self.said()
    }

    fn said(&mut self) -> String {
        if let Some(reader) = self.reader.take() {
            reader.join().unwrap();
        }
        for line in self.lines.try_iter() {
            self.heard.extend([line.as_str(), "\n"]);
        }
        let said = std::mem::take(&mut self.heard);
        assert!(!said.contains("panicked"), "{said}");
        assert!(
            !said.contains(TWILIO_TOKEN) && !said.contains(CURL_TOKEN),
            "a secret is in the log:\n{said}"
        );
        said
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ended = self.child.kill();
        let _reaped = self.child.wait();
    }
}

/// An answer to a webhook.
#[derive(Debug)]
pub(crate) struct Answered {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) body: String,
}

/// Everything that a test needs.
pub(crate) struct World {
    pub(crate) folder: TempDir,
    pub(crate) fake: Fake,
    pub(crate) server: Server,
    pub(crate) client: reqwest::Client,
}

impl World {
    pub(crate) async fn start() -> Self {
        Self::start_with(|settings| settings).await
    }

    /// A world with other settings.
    pub(crate) async fn start_with(change: impl FnOnce(String) -> String) -> Self {
        Self::start_among(&[], change).await
    }

    /// A world with other settings, and with more in its files.
    pub(crate) async fn start_among(more: &[(&str, String)], change: impl FnOnce(String) -> String) -> Self {
        let fake = Fake::start().await;
        let folder = workspace(&change(settings(&fake)));
        for (path, text) in more {
            let before = std::fs::read_to_string(folder.path().join(path)).unwrap_or_default();
            write(folder.path(), path, &(before + text));
        }
        let server = Server::start(folder.path());
        Self { folder, fake, server, client: client() }
    }

    /// A text through Twilio.
    pub(crate) async fn text(&self, from: &str, sid: &str, body: &str) -> Answered {
        self.twilio("twilio-main", &form(from, MAIN, sid, body)).await
    }

    /// The same, which must be taken.
    pub(crate) async fn say(&self, from: &str, sid: &str, body: &str) {
        let answered = self.text(from, sid, body).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
    }

    /// A form through an account of Twilio, signed for the public address.
    pub(crate) async fn twilio(&self, account: &str, form: &[(&str, &str)]) -> Answered {
        let path = format!("/v1/providers/{account}/inbound");
        let signature = sign(&format!("{PUBLIC_URL}{path}"), form);
        self.post_form(account, encode(form), &signature).await
    }

    pub(crate) async fn post_form(
        &self,
        account: &str,
        body: impl Into<Vec<u8>>,
        signature: &str,
    ) -> Answered {
        let form = "application/x-www-form-urlencoded";
        self.post(account, &[("content-type", form), ("x-twilio-signature", signature)], body).await
    }

    /// JSON with the token, as curl would send it.
    pub(crate) async fn json(&self, account: &str, message: &Value) -> Answered {
        let bearer = format!("Bearer {CURL_TOKEN}");
        self.post(account, &[("authorization", &bearer)], message.to_string()).await
    }

    pub(crate) async fn post(
        &self,
        account: &str,
        headers: &[(&str, &str)],
        body: impl Into<Vec<u8>>,
    ) -> Answered {
        let url = format!("{}/v1/providers/{account}/inbound", self.server.address);
        let mut request = self.client.post(url).body(body.into());
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        answered(request).await.unwrap()
    }

    /// What `sayso export` prints, by an invocation of its own.
    pub(crate) fn export(&self, what: &str) -> Vec<Value> {
        export(self.folder.path(), what)
    }

    /// The same, until it is as wanted.
    pub(crate) async fn export_until(&self, what: &str, wanted: impl Fn(&[Value]) -> bool) -> Vec<Value> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let rows = self.export(what);
            if wanted(&rows) {
                return rows;
            }
            assert!(Instant::now() < deadline, "`export {what}` never came to what is wanted: {rows:#?}");
            tokio::time::sleep(GLANCE).await;
        }
    }

    /// Stops the server properly; what it said, and the folder with the store.
    pub(crate) fn end(self) -> (TempDir, String) {
        let (status, said) = self.server.stop();
        assert_eq!(status.code(), Some(0), "{said}");
        (self.folder, said)
    }
}

/// A folder with a brand and these settings.
pub(crate) fn workspace(settings: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "sayso.toml", settings);
    write(folder.path(), "flows/gelato/brand.flow", BRAND);
    write(folder.path(), "flows/gelato/welcome.flow", WELCOME);
    write(folder.path(), "grammars/en.grammar", GRAMMAR);
    folder
}

/// A folder whose settings do not matter to the test.
pub(crate) async fn some_workspace(change: impl FnOnce(String) -> String) -> TempDir {
    workspace(&change(settings(&Fake::start().await)))
}

pub(crate) fn export(folder: &Path, what: &str) -> Vec<Value> {
    let Output { status, stdout, stderr } = sayso(folder, &["export", what]).output().unwrap();
    assert!(status.success(), "export {what}: {}", String::from_utf8_lossy(&stderr));
    let lines = String::from_utf8(stdout).unwrap();
    lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

pub(crate) fn client() -> reqwest::Client {
    // Another test may have installed it already.
    let _installed = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(PATIENCE).no_proxy().build().unwrap()
}

pub(crate) async fn answered(request: reqwest::RequestBuilder) -> Result<Answered, reqwest::Error> {
    let response = request.send().await?;
    let status = response.status().as_u16();
    let content_type = response.headers().get("content-type").map_or("", |value| value.to_str().unwrap());
    let content_type = content_type.to_owned();
    Ok(Answered { status, content_type, body: response.text().await? })
}

/// What Twilio posts for a text, as far as it matters, and some more that does not.
pub(crate) fn form<'a>(from: &'a str, to: &'a str, sid: &'a str, body: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("ToCountry", "US"),
        ("MessageSid", sid),
        ("NumMedia", "0"),
        ("From", from),
        ("To", to),
        ("Body", body),
        ("AccountSid", ACCOUNT_SID),
        ("ApiVersion", "2010-04-01"),
    ]
}

pub(crate) fn encode(form: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(form).finish()
}

/// Twilio's signature: HMAC-SHA1 over the address and the form's names and values, in order of the names.
pub(crate) fn sign(url: &str, form: &[(&str, &str)]) -> String {
    sign_with(TWILIO_TOKEN, url, form)
}

pub(crate) fn sign_with(token: &str, url: &str, form: &[(&str, &str)]) -> String {
    let sorted: BTreeMap<_, _> = form.iter().copied().collect();
    let signed = sorted.iter().fold(url.to_owned(), |signed, (name, value)| signed + name + value);
    let mut mac = Hmac::<Sha1>::new_from_slice(token.as_bytes()).unwrap();
    mac.update(signed.as_bytes());
    STANDARD.encode(mac.finalize().into_bytes())
}

/// The provider's id of each text in the log, in order.
pub(crate) fn texts(turns: &[Value]) -> Vec<String> {
    let ids = turns.iter().filter_map(|turn| turn["entry"]["event"]["text"]["id"].as_str());
    ids.map(str::to_owned).collect()
}

/// Things that belong to one person.
pub(crate) fn of<'v>(rows: &'v [Value], phone: &str) -> Vec<&'v Value> {
    rows.iter().filter(|row| whose(row) == phone).collect()
}

pub(crate) fn whose(row: &Value) -> &str {
    row["key"]["phone"].as_str().or_else(|| row["entry"]["key"]["phone"].as_str()).unwrap_or_default()
}
