//! What leaves, held against the second reading: moment by moment, and over random lives.

use crate::reading::{Message, PHONES, Spot, ZIPS, is_quiet, refuses, spots};
use crate::table::{shown, verdict};
use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;
use sayso::bot::Bot;
use sayso::consent::{Known, Verdict};
use sayso::dialogue::{Cause, Effect, Event};
use sayso::engine::Arrival;
use sayso::simulator::Simulation;
use sayso::sms::{Class, Content, Phone};
use sayso::store::{Cursor, Scanned, Table};
use sayso::workspace::Workspace;
use std::collections::BTreeMap;
use std::sync::{Arc, LazyLock};

/// Minutes of 2026 and 2027.
const MINUTES: i64 = 2 * 365 * 24 * 60;

fn moment(minute: i64) -> Timestamp {
    let begin: Timestamp = "2026-01-01T06:00:00Z".parse().unwrap();
    begin + SignedDuration::from_mins(minute)
}

fn known<'a>(phone: &str, zip: Option<&'a str>) -> Known<'a> {
    const ZONE: &TimeZone = &TimeZone::UTC;
    Known { phone: Some(phone.parse().unwrap()), zip, region: None, zone: ZONE, country: "US" }
}

/// Whether the reading is the whole law for them: of a toll-free number, and of an area code whose table names one zone too many,
/// the program is stricter.
fn is_exact(phone: &str, zip: Option<&str>) -> bool {
    zip.is_some() || !["+18005550123", "+16895550123"].contains(&phone)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    /// A message passes exactly where the reading allows it; one that waits does so to the first minute at which it does.
    #[test]
    fn the_gate_says_what_the_reading_says(
        who in 0..PHONES.len(),
        zip in prop::option::weighted(0.3, 0..ZIPS.len()),
        minute in 0..MINUTES,
        service in prop::bool::weighted(0.2),
        quiet in prop::option::weighted(0.3, prop::sample::select(vec![(20, 9), (22, 6), (21, 10)])),
        left in prop::collection::vec(0..40 * 60_i64, 0..5),
    ) {
        let (phone, zip) = (PHONES[who].0, zip.map(|zip| ZIPS[zip].0));
        let now = moment(minute);
        let mut left: Vec<Timestamp> = left.into_iter().map(|ago| now - SignedDuration::from_mins(ago)).collect();
        left.sort_unstable();
        let content = if service { Content::Service } else { Content::Marketing };
        let refused = |at| {
            let (message, spots) = (Message { class: Class::Campaign, content, at }, spots(phone, zip));
            let quiet = quiet.filter(|quiet| is_quiet(at, *quiet, &spots)).map(|quiet| format!("quiet {quiet:?}"));
            quiet.or_else(|| refuses(&message, &spots, &left))
        };
        let hours = quiet.map(|(from, to)| (Time::constant(from, 0, 0, 0), Time::constant(to, 0, 0, 0)));
        let said = verdict(known(phone, zip), (Class::Campaign, content), hours, &left, now);
        match &said {
            Verdict::Pass(_) => prop_assert_eq!(refused(now), None, "{} {:?} at {}", phone, zip, now),
            Verdict::Hold { until, .. } => {
                prop_assert_eq!(refused(*until), None, "{} {:?} at {}: {}", phone, zip, now, shown(&said));
                let mut at = now;
                while is_exact(phone, zip) && at < *until {
                    prop_assert!(refused(at).is_some(), "{} {:?} at {}: {} is too late", phone, zip, at, shown(&said));
                    at += SignedDuration::from_mins(1);
                }
            }
            Verdict::Refuse(refusal) => prop_assert!(false, "{refusal:?}"),
        }
    }
}

const FILES: [(&str, &str); 4] = [
    ("sayso.toml", ""),
    ("grammars/en.grammar", "language en\nintent join\n  join\nintent news\n  news\n"),
    (
        "flows/shop/brand.flow",
        "brand Shop\n  program Shop News\n  contact help@shop.example\n  frequency up to 9 msgs/week\n  languages en\n  \
         timezone America/Chicago\n  optin join\nfield zip: us_zip\nfield more: yes_no\n",
    ),
    (
        "flows/shop/a.flow",
        "flow welcome\n  start on join\nnode zip\n  say {program}! {terms} What is your ZIP code?\n  ask zip\n    silent 3h -> nudge\n  \
         -> done\nnode nudge\n  say Still there? Your ZIP code?\n  ask zip\n    silent 5h -> again\n  -> done\nnode again\n  say A last time: your ZIP code?\n  \
         ask zip\n    silent 1 day -> done\n  -> done\nnode done\n  say You are in.\n  end\n\
         flow offer\n  start on news\nnode one\n  say {program}: half price today. {terms}\n  say And tomorrow.\n  say Shall we tell you more?\n  ask more\n    \
         silent 2h -> two\n  -> two\nnode two\n  say That was it.\n  end\n\
         flow notice\n  content service\nnode ready\n  say Your order is ready.\n  end\n",
    ),
];

static SHOP: LazyLock<Arc<Bot>> = LazyLock::new(|| shop(""));

/// The same where a STOP to marketing leaves what serves.
static SERVING: LazyLock<Arc<Bot>> = LazyLock::new(|| shop("  stop ends content\n"));

fn shop(line: &str) -> Arc<Bot> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in FILES {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text.replace("field zip", &format!("{line}field zip"))).unwrap();
    }
    let workspace = Workspace::open(folder.path());
    Arc::clone(workspace.bot("shop").expect("the brand is sound"))
}

/// Something that happens to a person.
#[derive(Debug, Clone)]
enum Happening {
    Text(&'static str),
    Zip(usize),
    Start(&'static str),
    Passes(i64),
}

fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        3 => prop::sample::select(vec!["JOIN", "JOIN", "hello", "yes", "STOP", "STOP", "stop all", "START", "HELP", "news"]).prop_map(Happening::Text),
        2 => (0..ZIPS.len()).prop_map(Happening::Zip),
        6 => prop::sample::select(vec!["offer", "offer", "notice"]).prop_map(Happening::Start),
        5 => (1..240_i64).prop_map(Happening::Passes),
        3 => (240..40 * 60_i64).prop_map(Happening::Passes),
    ]
}

/// What somebody has said yes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Consent {
    Nothing,
    ServiceAlone,
    Everything,
}

/// What the reading follows of one person: since when they may be where, and whether they have said yes.
struct Life {
    simulation: Simulation,
    phone: Phone,
    /// Whether a STOP to marketing leaves what serves.
    serving: bool,
    /// From these moments on.
    consent: Vec<(Timestamp, Consent)>,
    zip: Vec<(Timestamp, Option<String>)>,
}

impl Life {
    async fn happens(&mut self, what: &Happening) {
        // No two things happen at one moment: what was known when a message left stays clear.
        self.simulation.advance(SignedDuration::from_secs(1)).await.unwrap();
        let now = self.simulation.now();
        match what {
            Happening::Text(body) => {
                match *body {
                    "JOIN" | "START" => self.consent.push((now, Consent::Everything)),
                    "STOP" if self.answers_marketing().await => {
                        self.consent.push((now, Consent::ServiceAlone));
                    }
                    "STOP" | "stop all" => self.consent.push((now, Consent::Nothing)),
                    _ => {}
                }
                self.simulation.text(self.phone, body).await.unwrap();
            }
            Happening::Zip(zip) => {
                self.simulation.text(self.phone, ZIPS[*zip].0).await.unwrap();
            }
            Happening::Start(flow) => {
                let event = Event::Start { flow: (*flow).to_owned(), cause: Cause::Campaign };
                let key = self.simulation.key(self.phone);
                self.simulation.engine().receive(Arrival::other(key, event)).await.unwrap();
                self.simulation.advance(SignedDuration::ZERO).await.unwrap();
            }
            Happening::Passes(minutes) => {
                self.simulation.advance(SignedDuration::from_mins(*minutes)).await.unwrap();
            }
        }
        let person = self.simulation.snapshot(self.phone).await.unwrap().record.person;
        self.zip.push((now, person.fields.get("zip").map(ToString::to_string)));
    }

    /// Everything that left, in order.
    async fn sent(&self) -> Vec<Message> {
        let store = self.simulation.engine().store();
        let (mut wanted, mut left) = (BTreeMap::new(), Vec::new());
        for table in [Table::Turns, Table::Sent] {
            let mut after: Option<Cursor> = None;
            loop {
                let page = store.scan(table, after, 1_000).await.unwrap();
                for item in page.items {
                    match item {
                        Scanned::Turn { seq, entry } => {
                            wanted.insert(seq, entry.effects);
                        }
                        Scanned::Sent(message) => {
                            let effect = &wanted[&message.row.seq][usize::from(message.row.index)];
                            let Effect::Send(send) = effect else { panic!("{effect:?}") };
                            let gone = Message { class: send.class, content: send.content, at: message.at };
                            left.push((message.row, gone));
                        }
                        Scanned::Subscriber { .. }
                        | Scanned::ErasedTurn { .. }
                        | Scanned::Review { .. }
                        | Scanned::Row(_)
                        | Scanned::Consent { .. }
                        | Scanned::Proof { .. }
                        | Scanned::Damaged { .. }
                        | Scanned::Root { .. }
                        | Scanned::Suppression { .. } => {}
                    }
                }
                after = page.next;
                if after.is_none() {
                    break;
                }
            }
        }
        // What left at one moment left in the order in which it was put in.
        left.sort_by_key(|(row, message)| (message.at, row.seq, row.index));
        left.into_iter().map(|(_, message)| message).collect()
    }

    fn spots(&self, at: Timestamp) -> Vec<Spot> {
        let zip = self.zip.iter().rev().find(|(since, _)| *since <= at).and_then(|(_, zip)| zip.as_deref());
        spots(&self.phone.to_string(), zip)
    }

    /// Whether a STOP now is the first to a message that is marketing, and may leave what serves.
    async fn answers_marketing(&self) -> bool {
        let begun = |message: &&Message| !matches!(message.class, Class::Help | Class::OptOutConfirmation);
        let sent = self.sent().await;
        let last = sent.iter().rev().find(begun).map(|message| message.content);
        let now = self.consent.last().map(|(_, consent)| *consent);
        self.serving && now == Some(Consent::Everything) && last == Some(Content::Marketing)
    }

    fn has_consented(&self, message: &Message) -> bool {
        let said = self.consent.iter().rev().find(|(since, _)| *since <= message.at);
        match said.map_or(Consent::Nothing, |(_, consent)| *consent) {
            Consent::Nothing => false,
            Consent::ServiceAlone => message.content == Content::Service,
            Consent::Everything => true,
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, ..ProptestConfig::default() })]

    /// Whatever people text, whatever is begun for them and however time jumps: nothing leaves that the reading refuses.
    #[test]
    fn nothing_leaves_that_the_reading_refuses(
        who in 0..PHONES.len(),
        minute in 0..MINUTES / 2,
        serving in any::<bool>(),
        happenings in prop::collection::vec(happening(), 10..60),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (sent, life) = runtime.block_on(async {
            let simulation = Simulation::new(if serving { &SERVING } else { &SHOP }, moment(minute)).unwrap();
            let phone = PHONES[who].0.parse().unwrap();
            let mut life = Life { simulation, phone, serving, consent: Vec::new(), zip: Vec::new() };
            for what in [Happening::Text("JOIN")].iter().chain(&happenings) {
                life.happens(what).await;
            }
            (life.sent().await, life)
        });
        let mut counted: Vec<Timestamp> = Vec::new();
        for message in &sent {
            let begun = matches!(message.class, Class::FollowUp | Class::Campaign);
            let why = refuses(message, &life.spots(message.at), &counted);
            prop_assert_eq!(why, None, "{:?} to {}", message, PHONES[who].0);
            if begun {
                prop_assert!(life.has_consented(message), "{message:?}");
            }
            if begun && message.content == Content::Marketing {
                counted.push(message.at);
            }
        }
    }
}
