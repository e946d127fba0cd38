//! Killed in the middle of its work, several times: what was acknowledged is there, and nothing is there twice.

use crate::fake::Call;
use crate::server::{
    MAIN, PATIENCE, PUBLIC_URL, REPLIES, Server, World, answered, encode, form, sign, texts, whose,
};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use tokio::sync::watch;

/// People who write at the same time.
const PEOPLE: usize = 120;
/// What each of them writes, one after the other; each has an answer of its own.
const TEXTS: [&str; 4] = ["JOIN", "yes", "yes", "ana"];
/// The server is killed when so many texts were acknowledged.
const KILLS: [usize; 3] = [60, 200, 340];
/// Calls that the provider has at least read and not answered when the server is killed.
const HELD: usize = 1;

fn phone(person: usize) -> String {
    format!("+1404555{person:04}")
}

fn sid(person: usize, text: usize) -> String {
    format!("SM{person:04}-{text}")
}

/// Where the server is: how often it was started, and its address.
type Whereabouts = (usize, String);

/// Writes all texts, each until it is acknowledged, as a provider does; how often one had to be written again.
async fn person(
    number: usize,
    client: reqwest::Client,
    mut server: watch::Receiver<Whereabouts>,
    acknowledged: Arc<watch::Sender<usize>>,
) -> usize {
    let path = "/v1/providers/twilio-main/inbound";
    let mut again = 0;
    for (text, body) in TEXTS.iter().enumerate() {
        let (from, sid) = (phone(number), sid(number, text));
        let form = form(&from, MAIN, &sid, body);
        let signature = sign(&format!("{PUBLIC_URL}{path}"), &form);
        loop {
            let (life, address) = server.borrow().clone();
            let request = client
                .post(format!("{address}{path}"))
                .header("x-twilio-signature", &signature)
                .body(encode(&form));
            match answered(request).await {
                Ok(answered) if answered.status == 200 => break,
                Ok(answered) => assert_eq!(answered.status, 503, "{}", answered.body),
                Err(_) => {
                    let next = server.wait_for(|(started, _)| *started > life);
                    tokio::time::timeout(PATIENCE, next).await.expect("the server comes back").unwrap();
                }
            }
            again += 1;
        }
        acknowledged.send_modify(|count| *count += 1);
    }
    again
}

#[tokio::test(flavor = "multi_thread")]
async fn killed_under_load_it_loses_nothing_and_repeats_nothing() {
    let mut world = World::start().await;
    let acknowledged = Arc::new(watch::Sender::new(0));
    let (moved, server) = watch::channel((0, world.server.address.clone()));
    let people: Vec<_> = (0..PEOPLE)
        .map(|number| {
            tokio::spawn(person(number, world.client.clone(), server.clone(), Arc::clone(&acknowledged)))
        })
        .collect();
    let mut cut = Vec::new();
    for (life, kill) in KILLS.into_iter().enumerate() {
        let mut count = acknowledged.subscribe();
        count.wait_for(|count| *count >= kill - 20).await.unwrap();
        world.fake.hold();
        count.wait_for(|count| *count >= kill).await.unwrap();
        world.fake.wait_held(HELD).await;
        world.server.kill();
        cut.extend(world.fake.release());
        world.server = Server::start(world.folder.path());
        moved.send_replace((life + 1, world.server.address.clone()));
    }
    let mut again = 0;
    for person in people {
        again += person.await.unwrap();
    }
    assert!(again > 0, "no text was under way when the server was killed");
    let quiet = |rows: &[Value]| rows.iter().all(|row| row["state"]["unknown"].is_object());
    let outbox = world.export_until("outbox", quiet).await;
    let (turns, sent) = (world.export("turns"), world.export("sent"));
    let calls = world.fake.calls();
    every_text_is_one_turn(&turns);
    every_reply_left_once(&turns, &sent, &outbox, &calls);
    what_was_cut_is_unknown(&cut, &outbox);
    let subscribers = world.export("subscribers");
    let done = |person: &&Value| person["record"]["person"]["tags"][0] == "member";
    assert_eq!(subscribers.iter().filter(done).count(), PEOPLE);
    world.end();
}

fn every_text_is_one_turn(turns: &[Value]) {
    let mut found = texts(turns);
    found.sort();
    let wanted: Vec<_> =
        (0..PEOPLE).flat_map(|person| (0..TEXTS.len()).map(move |text| sid(person, text))).collect();
    assert_eq!(found, wanted);
}

/// A message by its name in the outbox.
fn name(id: &Value) -> (u64, u64) {
    (id["seq"].as_u64().unwrap(), id["index"].as_u64().unwrap())
}

fn every_reply_left_once(turns: &[Value], sent: &[Value], outbox: &[Value], calls: &[Call]) {
    let mut arrived: BTreeMap<(String, String), usize> = BTreeMap::new();
    let mut heard: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for call in calls {
        *arrived.entry((call.to(), call.text())).or_default() += 1;
        let place =
            REPLIES.iter().position(|words| call.text().contains(words)).expect("a reply of the flow");
        heard.entry(call.to()).or_default().push(place);
    }
    let twice: Vec<_> = arrived.iter().filter(|(_, count)| **count > 1).collect();
    assert!(twice.is_empty(), "these came twice: {twice:#?}");
    let disordered: Vec<_> = heard.iter().filter(|(_, places)| !places.is_sorted()).collect();
    assert!(disordered.is_empty(), "these came out of order: {disordered:#?}");

    let sent: BTreeSet<_> = sent.iter().map(|sent| name(&sent["row"])).collect();
    let unknown: BTreeSet<_> = outbox.iter().map(|row| name(&row["id"])).collect();
    for turn in turns {
        let effects = turn["entry"]["effects"].as_array().unwrap();
        for (index, effect) in effects.iter().enumerate().filter(|(_, effect)| effect["send"].is_object()) {
            let row = (turn["seq"].as_u64().unwrap(), index as u64);
            let body = effect["send"]["body"].as_str().unwrap().to_owned();
            let came = arrived.contains_key(&(whose(turn).to_owned(), body));
            assert!(
                sent.contains(&row) != unknown.contains(&row),
                "{row:?} is lost, or both sent and unknown"
            );
            assert!(came || unknown.contains(&row), "{row:?} is said to be sent and never arrived");
        }
    }
    assert_eq!(sent.len() + unknown.len(), turns.len(), "each of these turns has one reply");
}

fn what_was_cut_is_unknown(cut: &[Call], outbox: &[Value]) {
    assert!(cut.len() >= HELD * KILLS.len());
    for call in cut {
        let row =
            outbox.iter().find(|row| whose(row) == call.to() && row["errand"]["send"]["body"] == call.text());
        let why =
            row.unwrap_or_else(|| panic!("no row tells of {call:?}"))["state"]["unknown"]["why"].clone();
        assert_eq!(why, "the process ended while it was being sent");
    }
}
