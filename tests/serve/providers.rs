//! Other providers through the front door: how each signs, what it posts, what it is sent.

use crate::fake::Answer;
use crate::server::{CURL_TOKEN, FIRST_SID, PUBLIC_URL, World, answered, export};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use serde_json::{Value, json};
use sha2::Sha256;
use std::fmt::Write as _;

const BEN: &str = "+14045550124";
const PATH: &str = "/v1/providers/push/inbound";

/// A world in which the account `push` is another provider's; secrets are the token of curl, as the process has it.
pub(crate) async fn world(kind: &str, settings: &str) -> World {
    World::start_with(|before| {
        let (head, push) = before.split_once("[providers.push]").unwrap();
        let fake = push.split('"').find(|value| value.ends_with("/send")).unwrap();
        let settings = settings.replace("FAKE", fake.trim_end_matches("/send"));
        let secret = settings.replace("SECRET", "env:TEST_CURL_TOKEN");
        format!("{head}[providers.push]\nkind = \"{kind}\"\n{secret}\n")
    })
    .await
}

fn code(parts: &[&[u8]]) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(CURL_TOKEN.as_bytes()).unwrap();
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().to_vec()
}

pub(crate) const SINCH: &str = r#"
service_plan_id = "plan-1"
base_url = "FAKE"
api_token = "SECRET"
webhook_secret = "SECRET"
"#;

async fn sinch(world: &World, message: &Value) -> u16 {
    let (body, nonce) = (message.to_string(), "01JHFFHWYY7HSS4FWTMDTQEK8V");
    let time = Timestamp::now().as_second().to_string();
    let signature = STANDARD.encode(code(&[body.as_bytes(), b".", nonce.as_bytes(), b".", time.as_bytes()]));
    let headers = [
        ("x-sinch-webhook-signature", signature.as_str()),
        ("x-sinch-webhook-signature-nonce", nonce),
        ("x-sinch-webhook-signature-timestamp", &time),
    ];
    world.post("push", &headers, body).await.status
}

#[tokio::test(flavor = "multi_thread")]
async fn sinch_brings_texts_and_receipts_of_its_batches() {
    let world = world("sinch", SINCH).await;
    let text = json!({ "type": "mo_text", "id": "in-1", "from": "14045550124", "to": "14045550102", "body": "JOIN" });
    assert_eq!(sinch(&world, &text).await, 200);
    assert_eq!(world.post("push", &[], text.to_string()).await.status, 403);
    let calls = world.fake.wait_for("", 1).await;
    assert_eq!(calls[0].line, "POST /xms/v1/plan-1/batches HTTP/1.1");
    assert_eq!(calls[0].headers["authorization"], format!("Bearer {CURL_TOKEN}"));
    let body: Value = serde_json::from_str(&calls[0].body).unwrap();
    assert_eq!((&body["to"], &body["from"]), (&json!(["14045550124"]), &json!("14045550102")));
    assert_eq!(body["callback_url"], format!("{PUBLIC_URL}{PATH}"));

    world.export_until("sent", |sent| sent.len() == 1).await;
    let receipt =
        json!({ "type": "recipient_delivery_report_sms", "batch_id": "out-1", "status": "Dispatched" });
    let delivered =
        json!({ "type": "recipient_delivery_report_sms", "batch_id": "out-1", "status": "Delivered" });
    assert_eq!((sinch(&world, &delivered).await, sinch(&world, &receipt).await), (200, 200));
    let sent = world.export("sent");
    assert_eq!((sent[0]["id"].as_str(), sent[0]["receipt"].as_str()), (Some("out-1"), Some("delivered")));
    world.end();
}

pub(crate) const INFOBIP: &str = r#"
base_url = "FAKE"
api_key = "SECRET"
callback_user = "sayso"
callback_password = "SECRET"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn infobip_brings_batches_of_which_a_bad_item_takes_nothing() {
    let world = world("infobip", INFOBIP).await;
    let item = |id: &str, from: &str| json!({ "messageId": id, "from": from, "to": "14045550102", "text": "JOIN", "receivedAt": "2026-06-01T12:00:00.000+0000" });
    let batch =
        json!({ "results": [item("1", "14045550124"), item("2", "Gelato"), item("3", "14045550125")] });
    let basic = |password: &str| format!("Basic {}", STANDARD.encode(format!("sayso:{password}")));
    let taken = br#"{"messages":[{"messageId":"i-1","status":{"groupId":1}}]}"#;
    let taken = Answer::Say(200, String::new(), String::from_utf8_lossy(taken).into_owned());
    world.fake.script("", [taken.clone(), taken]);
    let wrong = world.post("push", &[("authorization", &basic("sesame"))], batch.to_string()).await;
    assert_eq!(wrong.status, 403);
    let right = world.post("push", &[("authorization", &basic(CURL_TOKEN))], batch.to_string()).await;
    assert_eq!(right.status, 200, "{right:?}");
    let calls = world.fake.wait_for("", 2).await;
    assert_eq!(calls[0].line, "POST /sms/3/messages HTTP/1.1");
    let mut people: Vec<_> =
        calls.iter().map(|call| serde_json::from_str::<Value>(&call.body).unwrap()).collect();
    people.sort_by_key(|call| call["messages"][0]["destinations"][0]["to"].to_string());
    let to = |call: &Value| call["messages"][0]["destinations"][0]["to"].clone();
    assert_eq!([to(&people[0]), to(&people[1])], ["14045550124", "14045550125"]);
    let (_folder, said) = world.end();
    assert!(said.contains("an item of a webhook makes no sense"), "{said}");
}

const WHATSAPP: &str = r#"
base_url = "FAKE"
version = "v23.0"
phone_number_id = "100"
access_token = "SECRET"
app_secret = "SECRET"
verify_token = "SECRET"
"#;

#[tokio::test(flavor = "multi_thread")]
async fn whatsapp_shakes_hands_and_then_brings_texts() {
    let world = world("whatsapp", WHATSAPP).await;
    let asked = |word: &str| {
        let query = format!("hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token={word}");
        world.client.get(format!("{}{PATH}?{query}", world.server.address))
    };
    let right = answered(asked(CURL_TOKEN)).await.unwrap();
    assert_eq!((right.status, right.body.as_str()), (200, "1158201444"));
    assert_eq!(answered(asked("sesame")).await.unwrap().status, 403);

    let message =
        json!({ "id": "wamid.1", "from": "14045550124", "type": "text", "text": { "body": "JOIN" } });
    let value = json!({ "metadata": { "display_phone_number": "14045550102" }, "messages": [message] });
    let body = json!({ "entry": [{ "changes": [{ "value": value }] }] }).to_string();
    let mut signature = "sha256=".to_owned();
    for byte in code(&[body.as_bytes()]) {
        write!(signature, "{byte:02x}").unwrap();
    }
    let changed = body.replace("JOIN", "STOP");
    let forged = world.post("push", &[("x-hub-signature-256", &signature)], changed).await;
    assert_eq!(forged.status, 403);
    let right = world.post("push", &[("x-hub-signature-256", &signature)], body).await;
    assert_eq!(right.status, 200, "{right:?}");
    let calls = world.fake.wait_for(&BEN[1..], 1).await;
    assert_eq!(calls[0].line, "POST /v23.0/100/messages HTTP/1.1");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_that_outruns_the_answer_finds_its_message() {
    let world = World::start().await;
    world.fake.hold();
    world.say(BEN, "SM1", "JOIN").await;
    world.fake.wait_held(1).await;
    // The provider has it, and says so before it answers.
    let early =
        [("MessageSid", FIRST_SID), ("MessageStatus", "undelivered"), ("ErrorCode", "21610"), ("To", BEN)];
    assert_eq!(world.twilio("twilio-main", &early).await.status, 200);
    assert_eq!(world.export("sent"), Vec::<Value>::new());
    world.fake.release();
    let sent = world.export_until("sent", |sent| sent.len() == 1).await;
    assert_eq!((sent[0]["id"].as_str(), sent[0]["receipt"].as_str()), (Some(FIRST_SID), Some("undelivered")));
    world
        .export_until("consents", |entries| {
            entries.iter().any(|entry| entry["change"] == "out" || entry["entry"]["change"] == "out")
        })
        .await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_longer_than_a_provider_carries_is_not_sent() {
    let long =
        format!("\nflow long\n  start on more\n\nnode first\n  say {}\n  end\n", "gelato ".repeat(250));
    let more = [
        ("flows/gelato/long.flow", long),
        ("grammars/en.grammar", "\nintent more\n  more\n  > MORE\n".to_owned()),
    ];
    let world = World::start_among(&more, |settings| settings).await;
    world.say(BEN, "SM1", "MORE").await;
    let rows =
        world.export_until("outbox", |rows| rows.iter().any(|row| row["state"].get("dead").is_some())).await;
    assert!(rows[0].to_string().contains("1600 characters"), "{rows:#?}");
    assert!(world.fake.calls().is_empty());
    let folder = world.end().0;
    assert_eq!(export(folder.path(), "sent"), Vec::<Value>::new());
}
