//! The power goes while the server works. Everything that it does to the store's files is written down; at random moments
//! the disk is put together with all that was synced and a random part of what was not, and the store is opened on it.
//!
//! `SAYSO_CASES` says how many cuts; `SAYSO_SEED` makes a single one of them. The load itself goes differently each time.

use crate::disk::{Chance, Disk, SHIM};
use crate::server::{MAIN, PATIENCE, PUBLIC_URL, Server, World, answered, encode, form, sign};
use sayso::dialogue::{Effect, Event};
use sayso::store::{Row, RowId, RowState, Scanned, SledStore, Store, Table};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// Cuts where nothing else is asked for.
const CUTS: u64 = 5;
/// People who write at the same time.
const PEOPLE: usize = 40;
/// What each of them writes: the dialogue is gone through, again and again.
const TEXTS: [&str; 8] = ["JOIN", "yes", "no", "ana", "STOP", "START", "JOIN", "HELP"];

fn setting(name: &str) -> Option<u64> {
    std::env::var(name).ok().map(|value| value.parse().unwrap())
}

/// What the world outside was promised, and how long the log was then.
#[derive(Debug, Clone, Default)]
struct Promises {
    /// Texts that were answered 200.
    texts: Vec<(String, usize)>,
    /// Messages of which the provider saw the first byte.
    begun: Vec<(String, String, usize)>,
}

struct Recorded {
    log: PathBuf,
    promises: Mutex<Promises>,
}

impl Recorded {
    fn length(&self) -> usize {
        usize::try_from(std::fs::metadata(&self.log).map_or(0, |log| log.len())).unwrap()
    }
}

fn number(person: usize) -> String {
    format!("+1404555{person:04}")
}

async fn writes(
    person: usize,
    texts: usize,
    address: String,
    client: reqwest::Client,
    recorded: Arc<Recorded>,
) {
    let path = "/v1/providers/twilio-main/inbound";
    for text in 0..texts {
        let (from, sid) = (number(person), format!("SM{person:04}-{text}"));
        let form = form(&from, MAIN, &sid, TEXTS[text % TEXTS.len()]);
        let signature = sign(&format!("{PUBLIC_URL}{path}"), &form);
        let request = client.post(format!("{address}{path}")).header("x-twilio-signature", &signature);
        let answered = answered(request.body(encode(&form))).await.unwrap();
        assert_eq!(answered.status, 200, "{}", answered.body);
        let length = recorded.length();
        recorded.promises.lock().unwrap().texts.push((sid, length));
    }
}

/// A server under load, and everything that was done to its disk meanwhile.
async fn record(texts: usize) -> (Vec<u8>, Promises) {
    let World { folder, fake, server, client } = World::start().await;
    server.stop();
    std::fs::remove_dir_all(folder.path().join("store")).unwrap();
    let real = folder.path().canonicalize().unwrap();
    let recorded = Arc::new(Recorded { log: real.join("disk.log"), promises: Mutex::default() });
    let seen = Arc::clone(&recorded);
    fake.on_call(move |call| {
        let length = seen.length();
        seen.promises.lock().unwrap().begun.push((call.to(), call.text(), length));
    });
    let server = Server::start_under(
        &real,
        &[
            ("LD_PRELOAD", SHIM.as_os_str()),
            ("SHIM_FOLDER", real.join("store").as_os_str()),
            ("SHIM_LOG", recorded.log.as_os_str()),
        ],
    );
    let people: Vec<_> = (0..PEOPLE)
        .map(|person| {
            let address = server.address.clone();
            tokio::spawn(writes(person, texts, address, client.clone(), Arc::clone(&recorded)))
        })
        .collect();
    for person in people {
        tokio::time::timeout(PATIENCE * 10, person).await.expect("the load comes to its end").unwrap();
    }
    server.kill();
    let promises = recorded.promises.lock().unwrap().clone();
    (std::fs::read(&recorded.log).unwrap(), promises)
}

/// What a store holds.
struct Found {
    texts: BTreeMap<String, u64>,
    rows: BTreeMap<RowId, Row>,
    sent: BTreeSet<RowId>,
    /// Messages by whom and what: every reply of this load to one person may come several times.
    wanted: Vec<(RowId, String, String)>,
}

async fn everything(store: &dyn Store, table: Table) -> Vec<Scanned> {
    let (mut all, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(table, after, 1_000).await.unwrap();
        all.extend(page.items);
        after = page.next;
        if after.is_none() {
            return all;
        }
    }
}

async fn read(store: &dyn Store) -> Found {
    let (mut texts, mut rows, mut sent, mut wanted) =
        (BTreeMap::new(), BTreeMap::new(), BTreeSet::new(), Vec::new());
    let (mut last, mut versions) = (0, BTreeMap::new());
    for item in everything(store, Table::Turns).await {
        let Scanned::Turn { seq, entry } = item else { panic!("{item:?}") };
        assert_eq!(seq, last + 1, "the log has a hole");
        last = seq;
        *versions.entry(entry.key.clone()).or_insert(0) += 1;
        if let Event::Text(inbound) = &entry.event {
            let twice = texts.insert(inbound.id.as_str().to_owned(), seq);
            assert!(twice.is_none(), "{:?} is two turns", inbound.id);
        }
        for (index, effect) in entry.effects.iter().enumerate() {
            if let Effect::Send(send) = effect {
                let id = RowId { seq, index: u16::try_from(index).unwrap() };
                wanted.push((id, entry.key.phone.to_string(), send.body.clone()));
            }
        }
    }
    for (key, turns) in versions {
        assert_eq!(store.load(&key).await.unwrap().version, turns, "{key:?} is not what its turns made");
    }
    for item in everything(store, Table::Outbox).await {
        let Scanned::Row(row) = item else { panic!("{item:?}") };
        rows.insert(row.id, *row);
    }
    for item in everything(store, Table::Sent).await {
        let Scanned::Sent(row) = item else { panic!("{item:?}") };
        sent.insert(row.row);
    }
    let mut ledgers: BTreeMap<_, u32> = BTreeMap::new();
    let mut verifier = sayso::consent::Verifier::default();
    for item in everything(store, Table::Roots).await {
        let Scanned::Root { root, .. } = item else { panic!("{item:?}") };
        verifier.root(*root);
    }
    for item in everything(store, Table::Consents).await {
        let Scanned::Consent { key, entry, link } = item else { panic!("{item:?}") };
        verifier.entry(&key, &entry, &link);
        let count = ledgers.entry(key).or_default();
        *count += 1;
        assert_eq!(entry.number, *count, "a ledger has a hole");
    }
    assert_eq!(verifier.finish(), [], "chains and days are whole");
    for (key, entries) in ledgers {
        assert_eq!(store.load(&key).await.unwrap().record.person.standing.entries, entries, "{key:?}");
    }
    Found { texts, rows, sent, wanted }
}

/// What was promised before the cut is there.
fn keeps(found: &Found, promises: &Promises, cut: usize) {
    for (sid, length) in &promises.texts {
        assert!(*length > cut || found.texts.contains_key(sid), "{sid} was acknowledged and is lost");
    }
    for (id, ..) in &found.wanted {
        let row = found.rows.get(id);
        assert!(row.is_some() != found.sent.contains(id), "{id} is lost, or both sent and not");
        assert!(row.is_none_or(|row| row.state != RowState::Sending), "{id} is open: {row:?}");
    }
    let mut begun: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for (to, text, _) in promises.begun.iter().filter(|(_, _, length)| *length <= cut) {
        *begun.entry((to, text)).or_default() += 1;
    }
    for ((to, text), times) in begun {
        let same = found.wanted.iter().filter(|(_, phone, body)| phone == to && body == text);
        let begun =
            same.filter(|(id, ..)| found.rows.get(id).is_none_or(|row| row.state != RowState::Pending));
        assert!(begun.count() >= times, "{text:?} left for {to}, and would leave again");
    }
}

#[expect(clippy::print_stdout, reason = "a failure is found again by it")]
async fn cut(log: &[u8], promises: &Promises, seed: u64) {
    let mut chance = Chance(seed);
    // At least the first turn is there: what comes before is the making of an empty store.
    let first = promises.texts.iter().map(|(_, length)| *length).min().unwrap_or(0);
    let at = first + usize::try_from(chance.below((log.len() - first) as u64)).unwrap();
    let folder = tempfile::tempdir().unwrap();
    Disk::after(log, at).cut_into(folder.path(), &mut chance);
    // The record that lies across the cut was taken whole: it was under way, and may have come this far.
    let store = open(folder.path()).unwrap_or_else(|error| panic!("cut {seed} at byte {at}: {error}"));
    println!("cut {seed} at byte {at} of {}", log.len());
    keeps(&read(&store).await, promises, at);
}

fn open(folder: &Path) -> Result<SledStore, sayso::store::OpenError> {
    SledStore::open(folder, 16 * 1024 * 1024)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_power_cut_loses_nothing_that_was_acknowledged() {
    let cuts = setting("SAYSO_CASES").unwrap_or(CUTS);
    let (log, promises) = record(if cuts > CUTS { 40 } else { 8 }).await;
    let seeds = setting("SAYSO_SEED").map_or(1..=cuts, |seed| seed..=seed);
    for seed in seeds {
        cut(&log, &promises, seed).await;
    }
}
