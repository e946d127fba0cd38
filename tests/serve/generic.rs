//! Plain JSON with a bearer token.

use crate::server::{CURL, CURL_TOKEN, PUSH, REPLIES, World, export, texts};
use serde_json::{Value, json};

const BEN: &str = "+14045550124";

fn message(to: &str, id: &str, text: &str) -> Value {
    json!({ "from": BEN, "to": to, "text": text, "id": id })
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_send_url_the_replies_stand_in_the_answer() {
    let world = World::start().await;
    let mut said = Vec::new();
    for (id, text) in [("1", "JOIN"), ("2", "yes"), ("2", "yes"), ("3", "yes"), ("4", "ana"), ("5", "STOP")] {
        let answered = world.json("curl", &message(CURL, id, text)).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
        assert!(answered.content_type.starts_with("application/json"), "{answered:?}");
        let body: Value = serde_json::from_str(&answered.body).unwrap();
        said.extend(body["replies"].as_array().unwrap().iter().map(|reply| reply["text"].clone()));
    }
    assert_eq!(said.len(), 5, "{said:#?}");
    for (text, words) in said.iter().zip(REPLIES.into_iter().chain(["unsubscribed from Gelato News"])) {
        assert!(text.as_str().unwrap().contains(words), "{said:#?}");
    }
    assert!(world.fake.calls().is_empty(), "there is nobody to call");
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")), ["1", "2", "3", "4", "5"]);
    assert_eq!(export(folder.path(), "outbox"), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn without_the_token_nothing_is_taken() {
    let world = World::start().await;
    let body = message(CURL, "1", "JOIN").to_string();
    let almost = &CURL_TOKEN[..CURL_TOKEN.len() - 1];
    for wrong in ["Bearer ", "Bearer wrong", CURL_TOKEN, &format!("Bearer {almost}"), "Basic dXNlcjpwYXNz"] {
        let answered = world.post("curl", &[("authorization", wrong)], body.clone()).await;
        assert_eq!(answered.status, 403, "{wrong}");
    }
    assert_eq!(world.post("curl", &[], body).await.status, 403);
    let folder = world.end().0;
    assert_eq!(export(folder.path(), "turns"), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn with_a_send_url_each_reply_is_a_call_with_a_key_of_its_own() {
    let world = World::start().await;
    for (id, text) in [("1", "JOIN"), ("2", "yes")] {
        let answered = world.json("push", &message(PUSH, id, text)).await;
        assert_eq!((answered.status, answered.body.as_str()), (200, "{}"));
    }
    let calls = world.fake.wait_for(BEN, 2).await;
    for (call, words) in calls.iter().zip(REPLIES) {
        assert_eq!(call.line, "POST /send HTTP/1.1");
        assert_eq!(call.headers["authorization"], format!("Bearer {CURL_TOKEN}"));
        assert_eq!((call.get("From").as_str(), call.to().as_str()), (PUSH, BEN));
        assert!(call.text().contains(words), "{call:?}");
        assert_eq!(call.headers["idempotency-key"], call.get("Reference"));
    }
    assert_ne!(calls[0].get("Reference"), calls[1].get("Reference"));
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn every_attempt_at_a_message_has_the_same_key() {
    let world = World::start().await;
    let later = crate::fake::Answer::Say(503, "Retry-After: 0\r\n".to_owned(), String::new());
    world.fake.script(BEN, [later]);
    world.json("push", &message(PUSH, "1", "JOIN")).await;
    let calls = world.fake.wait_for(BEN, 2).await;
    assert_eq!(calls[0].headers["idempotency-key"], calls[1].headers["idempotency-key"]);
    assert_eq!(calls[0].body, calls[1].body);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_speaks_only_for_the_numbers_that_it_carries() {
    let world = World::start().await;
    let answered = world.json("curl", &message(PUSH, "1", "STOP")).await;
    assert_eq!(answered.status, 404, "{answered:?}");
    let folder = world.end().0;
    assert_eq!(export(folder.path(), "turns"), Vec::<Value>::new());
    assert_eq!(export(folder.path(), "consents"), Vec::<Value>::new());
}
