//! What becomes of a reply when the provider says no, not now, or nothing.

use crate::fake::Answer;
use crate::server::{NOWHERE, PUSH, REPLIES, STOPS, World, export, form, of};
use serde_json::Value;
use std::time::Duration;

const DAN: &str = "+14045550126";
const EVE: &str = "+14045550127";
const FAY: &str = "+14045550128";

fn state<'v>(rows: &'v [Value], phone: &str) -> &'v Value {
    of(rows, phone).first().map_or(&Value::Null, |row| &row["state"])
}

/// Somebody else writes and is answered: whatever the outbox had to do before, it has done.
async fn a_round_later(world: &World) {
    world.say(FAY, "SM-marker", "JOIN").await;
    world.fake.wait_for(FAY, 1).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn too_many_and_broken_come_again_and_arrive_once() {
    let world = World::start().await;
    world.fake.script(DAN, [Answer::Say(429, "Retry-After: 1\r\n".to_owned(), "{}".to_owned())]);
    world.fake.script(EVE, [Answer::status(500)]);
    world.say(DAN, "SM1", "JOIN").await;
    world.say(EVE, "SM2", "JOIN").await;
    world.say(DAN, "SM3", "yes").await;
    let dan = world.fake.wait_for(DAN, 3).await;
    let waited = dan[1].at.duration_since(dan[0].at);
    assert!(waited >= Duration::from_secs(1), "the provider asked for a second; it got {waited:?}");
    let said: Vec<_> = dan.iter().map(crate::fake::Call::text).collect();
    let in_order =
        said.iter().zip([REPLIES[0], REPLIES[0], REPLIES[1]]).all(|(text, words)| text.contains(words));
    assert!(in_order, "the second reply waits for the first: {said:#?}");
    let eve = world.fake.wait_for(EVE, 2).await;
    assert_eq!(eve[0].body, eve[1].body);
    world.export_until("outbox", <[_]>::is_empty).await;
    let folder = world.end().0;
    let sent = export(folder.path(), "sent");
    assert_eq!((of(&sent, DAN).len(), of(&sent, EVE).len()), (2, 1));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_opt_out_at_the_provider_is_an_opt_out() {
    let world = World::start().await;
    world.say(DAN, "SM1", "JOIN").await;
    world.fake.wait_for(DAN, 1).await;
    world.export_until("outbox", <[_]>::is_empty).await;
    world.fake.script(DAN, [Answer::error(21610, "Attempt to send to unsubscribed recipient")]);
    world.say(DAN, "SM2", "yes").await;
    world.fake.wait_for(DAN, 2).await;

    let outbox = world.export_until("outbox", |rows| state(rows, DAN)["dead"].is_object()).await;
    assert_eq!(state(&outbox, DAN)["dead"]["why"], "opted-out");
    let consents = world.export("consents");
    let changes: Vec<_> = of(&consents, DAN)
        .iter()
        .map(|row| (row["entry"]["change"].as_str().unwrap(), row["entry"]["how"].as_str().unwrap()))
        .collect();
    assert_eq!(changes, [("in", "text"), ("out", "provider")]);
    let subscribers = world.export("subscribers");
    let person = &of(&subscribers, DAN)[0]["record"];
    assert_eq!(person["person"]["standing"]["status"], "out");
    assert!(person["stack"].is_null(), "no question waits for somebody who has left: {person}");

    world.say(DAN, "SM3", "yes").await;
    a_round_later(&world).await;
    assert_eq!(world.fake.texts_to(DAN).len(), 2, "nothing more is sent, and nothing is sent again");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_refused_for_good_is_dead_and_is_shown() {
    let world = World::start().await;
    let bad = format!("The 'To' number {DAN} is not a valid phone number.");
    world.fake.script(DAN, [Answer::error(21211, &bad)]);
    let elsewhere = format!("Location: http://{}/elsewhere\r\n", world.fake.address);
    world.fake.script(EVE, [Answer::Say(307, elsewhere, String::new())]);
    world.say(DAN, "SM1", "JOIN").await;
    world.say(EVE, "SM2", "JOIN").await;
    let dead = |rows: &[Value], phone: &str| state(rows, phone)["dead"]["why"]["rejected"].is_string();
    let outbox = world.export_until("outbox", |rows| dead(rows, DAN) && dead(rows, EVE)).await;
    let why = state(&outbox, DAN)["dead"]["why"]["rejected"].as_str().unwrap();
    assert!(why.contains("21211"), "{why}");
    a_round_later(&world).await;
    assert_eq!((world.fake.texts_to(DAN).len(), world.fake.texts_to(EVE).len()), (1, 1));
    let consents = world.export("consents");
    assert_eq!(of(&consents, DAN).len(), 1, "a bad number is no opt-out");

    // The dead row blocks nobody: the next reply leaves.
    world.say(DAN, "SM3", "yes").await;
    world.fake.wait_for(DAN, 2).await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_in_a_providers_complaint_is_masked_in_the_log() {
    let world = World::start().await;
    let bad = format!("The 'To' number {DAN} is not a valid phone number.");
    world.fake.script(DAN, [Answer::error(21211, &bad)]);
    world.say(DAN, "SM1", "JOIN").await;
    world.export_until("outbox", |rows| state(rows, DAN)["dead"].is_object()).await;
    let (_folder, said) = world.end();
    assert!(!said.contains(DAN), "`log.numbers` is off, and the number stands in the log:\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hang_up_hides_the_outcome_and_is_not_repeated() {
    let world = World::start().await;
    // On a fresh connection, and on one that has been used before: clients like to repeat those.
    world.fake.script(DAN, [Answer::HangUp, Answer::Accept, Answer::HangUp]);
    for (sid, text, calls) in [("SM1", "JOIN", 1), ("SM2", "yes", 2), ("SM3", "yes", 3)] {
        world.say(DAN, sid, text).await;
        world.fake.wait_for(DAN, calls).await;
        let unknown = usize::midpoint(calls, 1);
        world
            .export_until("outbox", |rows| {
                rows.len() == unknown && rows.iter().all(|row| row["state"]["unknown"].is_object())
            })
            .await;
    }
    a_round_later(&world).await;
    let heard = world.fake.texts_to(DAN);
    let once = REPLIES[..3].iter().all(|words| heard.iter().filter(|text| text.contains(words)).count() == 1);
    assert!(heard.len() == 3 && once, "{heard:#?}");
    let folder = world.end().0;
    assert_eq!(of(&export(folder.path(), "sent"), DAN).len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_is_not_there_is_tried_again() {
    let world = World::start().await;
    let answered = world.twilio("nowhere", &form(DAN, NOWHERE, "SM1", "JOIN")).await;
    assert_eq!(answered.status, 200);
    let tried = |rows: &[Value]| of(rows, DAN).first().is_some_and(|row| row["attempts"].as_u64() >= Some(1));
    let outbox = world.export_until("outbox", tried).await;
    assert_eq!(state(&outbox, DAN), "pending", "nothing has left, so nothing is unknown");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_provider_that_asks_for_patience_gets_it_and_no_other_account_waits() {
    let world = World::start().await;
    world.fake.script(DAN, [Answer::Say(429, "Retry-After: 2\r\n".to_owned(), "{}".to_owned())]);
    world.say(DAN, "SM1", "JOIN").await;
    let refused = world.fake.wait_for(DAN, 1).await[0].at;
    world.say(EVE, "SM2", "JOIN").await;
    let message = serde_json::json!({ "from": FAY, "to": PUSH, "text": "JOIN", "id": "p1" });
    assert_eq!(world.json("push", &message).await.status, 200);
    let other = world.fake.wait_for(FAY, 1).await[0].at.duration_since(refused);
    let same = world.fake.wait_for(EVE, 1).await[0].at.duration_since(refused);
    assert!(same >= Duration::from_millis(1_900), "the account was left alone for {same:?}");
    assert!(other < Duration::from_millis(1_500), "another account waited for {other:?}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_number_keeps_the_pace_that_the_account_says() {
    let world = World::start_with(|settings| settings.replace("us_number = 1000", "us_number = 2")).await;
    for (number, person) in [DAN, EVE, FAY].into_iter().enumerate() {
        world.say(person, &format!("SM{number}"), "HELP").await;
    }
    let mut calls = Vec::new();
    for person in [DAN, EVE, FAY] {
        calls.push(world.fake.wait_for(person, 1).await.remove(0));
    }
    calls.sort_by_key(|call| call.at);
    let parts: Vec<_> = calls.iter().map(|call| sayso::sms::encoding::cost(&call.text()).parts).collect();
    // A second's worth leaves at once; the last one waits for all before it.
    let least =
        Duration::from_millis(500 * (parts[0] + parts[1]) as u64).saturating_sub(Duration::from_millis(600));
    let took = calls[2].at.duration_since(calls[0].at);
    assert!(took >= least, "{parts:?} parts left within {took:?}");
    world.end();
}

/// What the verb prints, as JSON lines.
fn outbox(folder: &std::path::Path, arguments: &[&str]) -> (Option<i32>, Vec<Value>) {
    let arguments = [&["outbox", "--json"], arguments].concat();
    let output = crate::server::sayso(folder, &arguments).output().unwrap();
    let lines = String::from_utf8(output.stdout).unwrap();
    (output.status.code(), lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operator_looks_at_the_outbox_and_decides() {
    let world = World::start().await;
    world.fake.script(DAN, [Answer::HangUp]);
    world.fake.script(EVE, [Answer::error(21211, "no such number"), Answer::Accept]);
    world.say(DAN, "SM1", "JOIN").await;
    world.say(EVE, "SM2", "JOIN").await;
    let done = |rows: &[Value]| rows.iter().all(|row| row["state"].is_object()) && rows.len() == 2;
    world.export_until("outbox", done).await;
    let folder = world.folder.path().to_owned();

    let (code, rows) = outbox(&folder, &["list"]);
    let listed: Vec<_> = rows.iter().map(|row| (row["state"].as_str(), row["phone"].as_str())).collect();
    assert_eq!(code, Some(0));
    assert_eq!(listed, [(Some("unknown"), Some(DAN)), (Some("dead"), Some(EVE))]);
    let (unknown, dead) = (rows[0]["id"].as_str().unwrap(), rows[1]["id"].as_str().unwrap());
    assert!(rows[1]["why"].as_str().unwrap().contains("21211"), "{rows:#?}");
    assert_eq!(outbox(&folder, &["list", "--state", "dead"]).1.len(), 1);
    assert_eq!(outbox(&folder, &["show", dead]).1, rows[1..]);
    // While the server has the store: it sends what is to be sent once more.
    assert_eq!(outbox(&folder, &["settle", dead, "sent"]).0, Some(1), "nobody asks that of a dead one");
    assert_eq!(outbox(&folder, &["resend", dead]).1[0]["done"], true);
    world.fake.wait_for(EVE, 2).await;
    world.export_until("outbox", |rows| rows.len() == 1).await;

    // And on the store of one that has stopped.
    let folder = world.end().0;
    let (code, settled) = outbox(folder.path(), &["settle", unknown, "sent"]);
    assert_eq!((code, &settled[0]["was"]), (Some(0), &Value::from("unknown")));
    assert_eq!(outbox(folder.path(), &[]).1, Vec::<Value>::new());
    let (code, gone) = outbox(folder.path(), &["drop", unknown]);
    assert_eq!((code, &gone[0]["done"]), (Some(1), &Value::from(false)));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_confirmation_and_none_where_the_provider_says_it() {
    let world = World::start().await;
    for (sid, text) in [("SM1", "JOIN"), ("SM2", "STOP"), ("SM3", "STOP"), ("SM4", "yes")] {
        world.say(DAN, sid, text).await;
        let answered = world.twilio("twilio-stops", &form(EVE, STOPS, sid, text)).await;
        assert_eq!(answered.status, 200);
        // The welcome is out before anybody says stop; otherwise it would not be sent at all.
        world.fake.wait_for(DAN, 1).await;
        world.fake.wait_for(EVE, 1).await;
    }
    world.fake.wait_for(DAN, 2).await;
    world.export_until("outbox", |rows| state(rows, EVE)["dead"].is_object()).await;
    a_round_later(&world).await;
    let confirmations = |to: &str| {
        let texts = world.fake.texts_to(to);
        texts.iter().filter(|text| text.contains("You have been unsubscribed from Gelato News")).count()
    };
    assert_eq!((confirmations(DAN), confirmations(EVE)), (1, 0));
    assert_eq!((world.fake.texts_to(DAN).len(), world.fake.texts_to(EVE).len()), (2, 1));
    let outbox = world.export("outbox");
    assert_eq!(state(&outbox, EVE)["dead"]["why"]["refused"], "provider-answers");
    let subscribers = world.export("subscribers");
    for phone in [DAN, EVE] {
        assert_eq!(of(&subscribers, phone)[0]["record"]["person"]["standing"]["status"], "out", "{phone}");
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reply_that_waits_for_its_next_attempt_is_not_sent_after_stop() {
    let world = World::start().await;
    world.fake.script(DAN, [Answer::Say(429, "Retry-After: 1\r\n".to_owned(), "{}".to_owned())]);
    world.say(DAN, "SM1", "JOIN").await;
    world.fake.wait_for(DAN, 1).await;
    world.say(DAN, "SM2", "STOP").await;
    let calls = world.fake.wait_for(DAN, 2).await;
    assert!(calls[1].text().contains("You have been unsubscribed"), "{calls:#?}");
    let outbox = world.export_until("outbox", |rows| state(rows, DAN)["dead"].is_object()).await;
    assert_eq!(state(&outbox, DAN)["dead"]["why"]["refused"], "opted-out");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_for_one_person_holds_up_nobody_else() {
    let world = World::start().await;
    world.fake.script(DAN, [Answer::Hold]);
    world.fake.script(EVE, [Answer::Accept]);
    world.say(DAN, "SM1", "JOIN").await;
    world.fake.wait_held(1).await;
    world.say(EVE, "SM2", "JOIN").await;
    let arrived = tokio::time::timeout(Duration::from_secs(5), world.fake.wait_for(EVE, 1)).await;
    world.fake.release();
    assert!(arrived.is_ok(), "a reply waits for the answer to somebody else's");
    world.end();
}
