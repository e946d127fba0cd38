//! Links: providers whose messages travel over a connection that is kept, instead of requests and answers.
//!
//! A link is a machine that is told what happened and what time it is, and says what it wants done. It opens no socket and
//! waits for nothing: `engine::link` does that for every link in the same way. So the whole of a protocol, its back-off and
//! its time limits included, is tested without a network and without waiting.

mod smpp;

use super::file::File;
use super::{Delivery, Outcome, SettingError, Settings};
use crate::certificate::{Authorities, Identity};
use crate::sms::{MessageId, Outbound};
use jiff::Timestamp;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The protocols, by the names under which files speak of them.
pub const ALL: &[&Protocol] = &[&smpp::PROTOCOL];

/// A protocol that links speak.
pub struct Protocol {
    /// Its name in a provider's file: `link = "smpp"`.
    pub name: &'static str,
    /// What it is, in a line.
    pub about: &'static str,
    /// The settings and secrets that it reads. A file declares those that accounts may say.
    pub reads: &'static [&'static str],
    /// What is wrong with the value of a setting, if anything is.
    pub wrong: fn(&str, &str) -> Option<String>,
    /// What is wrong with settings beside one another that are each sound alone.
    pub clashes: fn(&Said<'_>) -> Vec<Clash>,
    /// Makes what opens the links of an account.
    pub open: fn(&Arc<super::Kind>, &Settings) -> Result<Opener, SettingError>,
}

/// What an account says: plain settings by their values, defaults among them, and secrets by their names alone.
pub struct Said<'s>(BTreeMap<&'s str, &'s str>);

impl<'s> Said<'s> {
    /// What is said by names and values, over the defaults of a kind's file.
    pub fn of(file: &'s File, own: impl IntoIterator<Item = (&'s str, &'s str)>) -> Self {
        let defaults =
            file.settings.iter().filter_map(|(name, s)| Some((name.as_str(), s.default.as_deref()?)));
        Self(defaults.chain(own).collect())
    }

    /// The value of a plain setting.
    #[must_use]
    pub fn value(&self, name: &str) -> Option<&'s str> {
        self.0.get(name).copied()
    }

    /// Whether it says something under a name.
    #[must_use]
    pub fn says(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }
}

/// A setting that does not go with the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Clash {
    /// Which.
    pub setting: &'static str,
    /// What is wrong.
    pub what: String,
    /// What to do.
    pub way_out: String,
}

/// The protocol of that name.
#[must_use]
pub fn by_name(name: &str) -> Option<&'static Protocol> {
    ALL.iter().find(|protocol| protocol.name == name).copied()
}

/// Makes an account's link, whenever one is wanted: by a server, or by a verb that sends one message.
pub struct Opener {
    open: Box<dyn Fn(Use) -> Box<dyn Link> + Send + Sync>,
    peer: Option<Peer>,
}

/// What a link is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// Everything that the account does.
    Serving,
    /// One message; texts of people stay at the provider where that can be.
    SendingOnly,
}

impl Opener {
    /// Something that makes links.
    pub fn new(open: impl Fn(Use) -> Box<dyn Link> + Send + Sync + 'static) -> Self {
        Self { open: Box::new(open), peer: None }
    }

    /// The same, which says where its links connect to.
    #[must_use]
    pub fn to(self, peer: Peer) -> Self {
        Self { peer: Some(peer), ..self }
    }

    /// Where its links connect to, for whoever looks after them; an opener may not say.
    #[must_use]
    pub fn peer(&self) -> Option<&Peer> {
        self.peer.as_ref()
    }

    /// A link that has not begun.
    #[must_use]
    pub fn open(&self, purpose: Use) -> Box<dyn Link> {
        (self.open)(purpose)
    }
}

/// One account's conversation with its provider. Pure: what it wants follows from what it was told.
pub trait Link: Send {
    /// Takes in what happened; what is wanted now, in order.
    fn step(&mut self, happened: Happened<'_>, now: Timestamp) -> Vec<Wish>;

    /// When it is to be told the time, if nothing else happens before.
    fn due(&self, now: Timestamp) -> Option<Timestamp>;

    /// What would leave for a message, a line for each thing that is sent; without secrets.
    fn preview(&self, outbound: &Outbound) -> Vec<String>;
}

/// One of a link's connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Wire(pub usize);

/// The name of something whose end is told later.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Ticket(pub u64);

/// What a link is told.
#[derive(Debug, Clone, Copy)]
pub enum Happened<'h> {
    /// It begins.
    Started {
        /// Whether the link before it ended with [`Wish::End`] and `heard`: nothing that it took comes again.
        told: bool,
    },
    /// A connection that it wanted stands.
    Opened(Wire),
    /// Something came over a connection.
    Heard(Wire, &'h [u8]),
    /// A connection could not be made, or has ended: why.
    Closed(Wire, &'h str),
    /// A message is to leave. What becomes of it is told by [`Wish::Settle`] with the same ticket.
    Send(Ticket, &'h Outbound),
    /// What became of a [`Wish::Deliver`].
    Taken(Ticket, Taken),
    /// Nothing: the moment has come that [`Link::due`] named.
    Time,
    /// It is to end: what has begun is finished, and the provider told.
    Stop,
}

/// What became of something that a provider brought.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It is on the disk.
    Kept,
    /// Not now: it may come again.
    Later,
    /// It is for nobody here, and would be for nobody if it came again.
    Never,
}

/// What a link wants.
#[derive(Debug, PartialEq, Eq)]
pub enum Wish {
    /// A connection.
    Open(Wire, Peer),
    /// Something is written to a connection.
    Write(Wire, Vec<u8>),
    /// A connection is closed; it hears no more of it.
    Close(Wire),
    /// Something came that is to be taken. `perhaps` holds the ids under which the same text may have been taken before: the
    /// provider gives none of its own, and brings again what was not answered.
    Deliver {
        /// Under which [`Happened::Taken`] tells of it.
        ticket: Ticket,
        /// What.
        delivery: Box<Delivery>,
        /// Ids under which it may have been taken.
        perhaps: Vec<MessageId>,
    },
    /// What became of a message.
    Settle(Ticket, Result<Outcome, NoAnswer>),
    /// Something for the log.
    Say(Weight, String),
    /// Nothing more will come of it.
    End {
        /// Whether the provider has heard all our answers.
        heard: bool,
    },
}

/// How much an operator should mind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Weight {
    /// It is as it should be.
    Info,
    /// It mends itself.
    Warning,
    /// Somebody has to do something.
    Error,
}

/// A message may have left, all of it or some: nobody knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct NoAnswer(pub String);

/// Where a provider is connected to.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Its name or address.
    pub host: String,
    /// Its port.
    pub port: u16,
    /// Whether the connection is TLS, and by what each of us is known.
    pub tls: Option<Tls>,
}

/// How TLS tells that it is the right provider, and the provider that it is us.
#[derive(Debug, Clone, Default)]
pub struct Tls {
    /// Who vouches for the provider; the authorities that the machine trusts where none are named.
    pub authorities: Option<Authorities>,
    /// What we show to a provider that asks who we are.
    pub identity: Option<Identity>,
}

impl PartialEq for Peer {
    fn eq(&self, other: &Self) -> bool {
        (&self.host, self.port, self.tls.is_some()) == (&other.host, other.port, other.tls.is_some())
    }
}

impl Eq for Peer {}

/// What a file that speaks of a link gets wrong: names that the protocol does not read, and rules that are for requests.
pub(super) fn mistakes(name: &str, file: &File) -> Vec<(String, String, Option<String>)> {
    let Some(protocol) = by_name(name) else {
        let known = ALL.iter().map(|protocol| protocol.name).collect::<Vec<_>>().join(", ");
        return vec![(
            "link".to_owned(),
            format!("there is no protocol `{name}`"),
            Some(format!("there is {known}")),
        )];
    };
    let mut found = Vec::new();
    for unread in file.settings.keys().chain(file.secrets.keys()) {
        if !protocol.reads.contains(&unread.as_str()) {
            let hint = format!("it reads {}", protocol.reads.join(", "));
            found.push((
                unread.clone(),
                format!("the protocol `{name}` does not read `{unread}`"),
                Some(hint),
            ));
        }
    }
    for (setting, default) in file.settings.iter().filter_map(|(name, s)| Some((name, s.default.as_ref()?))) {
        if let Some(wrong) = (protocol.wrong)(setting, default) {
            found.push((setting.clone(), wrong, None));
        }
    }
    let rules = [
        ("[[verify]]", file.verify.is_empty()),
        ("[[handshake]]", file.handshake.is_empty()),
        ("[[inbound]]", file.inbound.is_empty()),
        ("[[receipt]]", file.receipt.is_empty()),
        ("[[opt_out]]", file.opt_out.is_empty()),
        ("[[send]]", file.send.is_empty()),
    ];
    for (rule, _) in rules.into_iter().filter(|(_, is_empty)| !is_empty) {
        let what = "a link has no requests, and so no rules for them".to_owned();
        found.push((rule.to_owned(), what, Some(format!("take `{rule}` out, or `link`"))));
    }
    found
}
