//! SMSCs on loopback that others have written: the server of the crate `smpp34`, in this process, and that of the npm package
//! `smpp`, in one of its own. Tests speak with both in the same way.

use crate::server::PATIENCE;
use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use serde_json::json;
use smpp34::server::ESME;
use smpp34::{
    SmppConnectionInformation, SmppError, SmppServer, SmppServerListener, TlvTag, bind_receiver,
    bind_receiver_resp, bind_transceiver, bind_transceiver_resp, bind_transmitter, bind_transmitter_resp,
    submit_sm, submit_sm_resp, unbind, unbind_resp,
};
use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead, BufReader, Write};
use std::net::{IpAddr, Ipv4Addr, TcpListener};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex};
use tokio::sync::watch;

pub(crate) const PASSWORD: &str = "sesame";
pub(crate) const THROTTLED: u32 = 0x58;

/// A message that an SMSC was given.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Submit {
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) text: String,
    pub(crate) has_header: bool,
    pub(crate) wants_receipt: bool,
    /// What it was answered.
    pub(crate) status: u32,
    pub(crate) id: String,
}

/// Something that an SMSC brings.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Deliver {
    number: usize,
    from: String,
    to: String,
    esm_class: u8,
    coding: u8,
    /// In hexadecimal digits.
    octets: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<String>,
    state: u8,
}

impl Deliver {
    pub(crate) fn text(from: &str, to: &str, text: &str) -> Self {
        Self::octets(from, to, 0, text.as_bytes())
    }

    /// One of two parts of a text, by a header.
    pub(crate) fn part(from: &str, to: &str, number: u8, text: &str) -> Self {
        let header = [5, 0, 3, 0x2a, 2, number];
        Self::octets(from, to, 0x40, &[&header, text.as_bytes()].concat())
    }

    /// A receipt by its words, as in appendix B of SMPP 3.4.
    pub(crate) fn receipt(from: &str, to: &str, id: &str, state: &str) -> Self {
        let words = format!(
            "id:{id} sub:001 dlvrd:001 submit date:2606011200 done date:2606011201 stat:{state} err:000 text:"
        );
        Self::octets(from, to, 0x04, words.as_bytes())
    }

    /// A receipt by its fields.
    pub(crate) fn receipt_by_field(from: &str, to: &str, id: &str, state: u8) -> Self {
        Self { id: Some(id.to_owned()), state, ..Self::octets(from, to, 0x04, b"-") }
    }

    fn octets(from: &str, to: &str, esm_class: u8, octets: &[u8]) -> Self {
        let digits = |number: &str| number.trim_start_matches('+').to_owned();
        let octets = octets.iter().fold(String::new(), |hex, octet| format!("{hex}{octet:02x}"));
        Self {
            number: 0,
            from: digits(from),
            to: digits(to),
            esm_class,
            coding: 0,
            octets,
            id: None,
            state: 0,
        }
    }
}

/// What an SMSC has seen.
#[derive(Debug, Clone, Default)]
pub(crate) struct Seen {
    pub(crate) binds: Vec<String>,
    pub(crate) bound: usize,
    pub(crate) unbinds: usize,
    pub(crate) submits: Vec<Submit>,
    /// What deliveries were answered, by their numbers.
    answers: BTreeMap<usize, i64>,
}

impl Seen {
    /// The words of the messages that were taken for somebody, in order.
    pub(crate) fn texts_to(&self, to: &str) -> Vec<String> {
        let to = to.trim_start_matches('+');
        let taken = self.submits.iter().filter(|submit| submit.to == to && submit.status == 0);
        taken.map(|submit| submit.text.clone()).collect()
    }
}

/// An SMSC that runs.
pub(crate) struct Smsc {
    pub(crate) port: u16,
    seen: Arc<watch::Sender<Seen>>,
    delivered: Mutex<usize>,
    inner: Inner,
}

enum Inner {
    Rust { _server: SmppServer, esme: Esmes, script: Script },
    Node { child: Child, input: Mutex<ChildStdin> },
}

type Script = Arc<Mutex<VecDeque<u32>>>;
/// Sessions that are bound, by name.
type Esmes = Arc<Mutex<BTreeMap<String, Arc<ESME>>>>;

impl Smsc {
    pub(crate) async fn rust() -> Option<Self> {
        Self::rust_at(free_port()).await
    }

    /// One at a port that another was at before.
    pub(crate) async fn rust_at(port: u16) -> Option<Self> {
        let (seen, script) = (Arc::new(watch::Sender::new(Seen::default())), Script::default());
        let esme = Esmes::default();
        let listener =
            Listener { seen: Arc::clone(&seen), script: Arc::clone(&script), esme: Arc::clone(&esme) };
        let address = IpAddr::V4(Ipv4Addr::LOCALHOST);
        let mut server = SmppServer::new(address, port, Arc::new(listener));
        server.start().await;
        assert!(server.is_alive());
        Some(Self {
            port,
            seen,
            delivered: Mutex::new(0),
            inner: Inner::Rust { _server: server, esme, script },
        })
    }

    /// The other one, if it is installed.
    #[allow(clippy::print_stderr)]
    pub(crate) fn node() -> Option<Self> {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smsc");
        if !folder.join("node_modules/smpp").is_dir() {
            eprintln!("skipped: the SMSC of npm is not installed; `scripts/test` installs it");
            return None;
        }
        let mut child = Command::new("node")
            .arg(folder.join("smsc.js"))
            .arg(PASSWORD)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let seen = Arc::new(watch::Sender::new(Seen::default()));
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let first: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
        let port = u16::try_from(first["listening"].as_u64().unwrap()).unwrap();
        let telling = Arc::clone(&seen);
        std::thread::spawn(move || {
            for line in lines.map_while(Result::ok) {
                let said: Said = serde_json::from_str(&line).unwrap();
                telling.send_modify(|seen| said.into(seen));
            }
        });
        let input = Mutex::new(child.stdin.take().unwrap());
        Some(Self { port, seen, delivered: Mutex::new(0), inner: Inner::Node { child, input } })
    }

    /// What the next messages are answered; 0 takes them, as all others.
    pub(crate) fn script(&self, statuses: &[u32]) {
        match &self.inner {
            Inner::Rust { script, .. } => script.lock().unwrap().extend(statuses),
            Inner::Node { .. } => self.tell(&json!({ "statuses": statuses })),
        }
    }

    /// Brings something, and waits for the answer.
    pub(crate) async fn deliver(&self, deliver: Deliver) -> i64 {
        let number = {
            let mut delivered = self.delivered.lock().unwrap();
            *delivered += 1;
            *delivered
        };
        let deliver = Deliver { number, ..deliver };
        match &self.inner {
            Inner::Rust { esme, .. } => {
                let esme = esme.lock().unwrap().values().find(|esme| esme.can_receive).cloned();
                let esme = esme.expect("somebody is bound");
                let octets: Vec<u8> = hex(&deliver.octets);
                let mut pdu = esme
                    .deliver_sm()
                    .source_addr_ton(1)
                    .source_addr_npi(1)
                    .source_addr(deliver.from)
                    .destination_addr(deliver.to)
                    .esm_class(deliver.esm_class)
                    .data_coding(deliver.coding)
                    .short_message(octets);
                if let Some(id) = deliver.id {
                    pdu = pdu.tlv(TlvTag::ReceiptedMessageId, id + "\0");
                    pdu = pdu.tlv(TlvTag::MessageStateTlv, [deliver.state]);
                }
                match pdu.send().await {
                    Ok(answer) => i64::from(answer.command_status()),
                    Err(_) => -1,
                }
            }
            Inner::Node { .. } => {
                self.tell(&json!({ "deliver": deliver }));
                let seen = self.wait("an answer", |seen| seen.answers.contains_key(&number)).await;
                seen.answers[&number]
            }
        }
    }

    /// Ends every session: one SMSC says so, the other just hangs up.
    pub(crate) async fn drop_sessions(&self) {
        match &self.inner {
            Inner::Rust { esme, .. } => {
                let bound: Vec<_> = esme.lock().unwrap().values().cloned().collect();
                for esme in bound {
                    let _answered = esme.send_unbind().await;
                }
            }
            Inner::Node { .. } => self.tell(&json!({ "drop": true })),
        }
    }

    fn tell(&self, what: &serde_json::Value) {
        if let Inner::Node { input, .. } = &self.inner {
            writeln!(input.lock().unwrap(), "{what}").unwrap();
        }
    }

    pub(crate) fn seen(&self) -> Seen {
        self.seen.borrow().clone()
    }

    /// Waits until it has seen what is wanted.
    pub(crate) async fn wait(&self, what: &str, wanted: impl Fn(&Seen) -> bool) -> Seen {
        let mut seen = self.seen.subscribe();
        let found = tokio::time::timeout(PATIENCE, seen.wait_for(|seen| wanted(seen))).await;
        let Ok(found) = found else { panic!("{what} was expected; seen was {:#?}", self.seen()) };
        found.unwrap().clone()
    }
}

impl Drop for Smsc {
    fn drop(&mut self) {
        if let Inner::Node { child, .. } = &mut self.inner {
            let _ended = child.kill();
            let _reaped = child.wait();
        }
    }
}

/// A port that nobody has at this moment.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn hex(digits: &str) -> Vec<u8> {
    (0..digits.len() / 2).map(|at| u8::from_str_radix(&digits[at * 2..at * 2 + 2], 16).unwrap()).collect()
}

/// A line of the other process.
#[derive(Deserialize, Default)]
#[serde(default)]
struct Said {
    bind: Option<String>,
    bound: Option<String>,
    unbind: bool,
    submit: Option<Submit>,
    answered: Option<usize>,
    status: i64,
}

impl Said {
    fn into(self, seen: &mut Seen) {
        seen.binds.extend(self.bind);
        seen.bound += usize::from(self.bound.is_some());
        seen.unbinds += usize::from(self.unbind);
        seen.submits.extend(self.submit);
        if let Some(number) = self.answered {
            seen.answers.insert(number, self.status);
        }
    }
}

/// What the one in this process does.
struct Listener {
    seen: Arc<watch::Sender<Seen>>,
    script: Script,
    esme: Esmes,
}

macro_rules! bind {
    ($self:ident, $request:ident, $kind:literal) => {{
        $self.seen.send_modify(|seen| seen.binds.push($kind.to_owned()));
        if $request.password == PASSWORD {
            $request.accept("smsc".to_owned(), Some(0x34))
        } else {
            $request.reject(SmppError::ESME_RINVPASWD)
        }
    }};
}

#[async_trait]
impl SmppServerListener for Listener {
    async fn on_bind_transceiver(
        &self,
        request: bind_transceiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transceiver_resp {
        bind!(self, request, "bind_transceiver")
    }

    async fn on_bind_transmitter(
        &self,
        request: bind_transmitter,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_transmitter_resp {
        bind!(self, request, "bind_transmitter")
    }

    async fn on_bind_receiver(
        &self,
        request: bind_receiver,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> bind_receiver_resp {
        bind!(self, request, "bind_receiver")
    }

    async fn on_submit_sm(
        &self,
        request: submit_sm,
        _: &SmppConnectionInformation,
        _: &String,
    ) -> submit_sm_resp {
        let status = self.script.lock().unwrap().pop_front().unwrap_or(0);
        let has_header = request.esm_class & 0x40 != 0;
        let words = &request.short_message[if has_header { 6 } else { 0 }..];
        let mut id = String::new();
        self.seen.send_modify(|seen| {
            id = format!("{:x}", 0xa0 + seen.submits.len());
            seen.submits.push(Submit {
                from: request.source_addr.clone(),
                to: request.destination_addr.clone(),
                text: String::from_utf8_lossy(words).into_owned(),
                has_header,
                wants_receipt: request.registered_delivery == 1,
                status,
                id: id.clone(),
            });
        });
        match status {
            0 => request.accept(id),
            THROTTLED => request.reject(SmppError::ESME_RTHROTTLED),
            _ => request.reject(SmppError::ESME_RSYSERR),
        }
    }

    async fn on_unbind(&self, request: unbind, _: &SmppConnectionInformation, _: &String) -> unbind_resp {
        self.seen.send_modify(|seen| seen.unbinds += 1);
        request.accept()
    }

    async fn on_esme_bound(&self, esme: ESME, session: &String) {
        self.esme.lock().unwrap().insert(session.clone(), Arc::new(esme));
        self.seen.send_modify(|seen| seen.bound += 1);
    }

    async fn on_esme_unbound(&self, session: &String) {
        self.esme.lock().unwrap().remove(session);
    }
}
