//! Other providers through the front door: how each signs, what it posts, what it is sent.

use crate::fake::Answer;
use crate::server::{CURL_TOKEN, FIRST_SID, PUBLIC_URL, World, answered, export, sayso};
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
    world_among(&[], kind, settings).await
}

/// The same, with more in its files.
async fn world_among(more: &[(&str, String)], kind: &str, settings: &str) -> World {
    World::start_among(more, |before| {
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

const OWN_XML: &str = r#"
url = "FAKE"
client_id = "sayso"
client_secret = "SECRET"
token = "SECRET"
"#;

/// A token that must not be seen anywhere but in the header of a send.
const TOKEN: &str = "2YotnFZFEjr1zCsicMWpAA";

fn granted() -> Answer {
    let body = json!({ "access_token": TOKEN, "token_type": "bearer", "expires_in": 3600 });
    Answer::Say(200, String::new(), body.to_string())
}

fn says(status: u16, body: &str) -> Answer {
    Answer::Say(status, String::new(), body.to_owned())
}

async fn xml(world: &World, body: &str) -> u16 {
    let bearer = format!("Bearer {CURL_TOKEN}");
    world.post("push", &[("authorization", &bearer), ("content-type", "text/xml")], body).await.status
}

fn message(id: &str, from: &str, text: &str) -> String {
    format!("<message id='{id}'><from>{from}</from><to>14045550102</to><text>{text}</text></message>")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_workspaces_own_file_speaks_xml_with_a_token_that_ends() {
    let file = include_str!("../providers/own-xml/kind.toml").to_owned();
    let world = world_among(&[("providers/own-xml.toml", file)], "own-xml", OWN_XML).await;
    world
        .fake
        .script("", [granted(), says(200, "<accepted id='out-1'/>"), says(200, "<accepted id='out-2'/>")]);
    assert_eq!(
        xml(&world, &format!("<messages>{}</messages>", message("1", "14045550124", "JOIN"))).await,
        200
    );
    let calls = world.fake.wait_for("", 2).await;
    assert_eq!(calls[0].line, "POST /token HTTP/1.1");
    let basic = format!("Basic {}", STANDARD.encode(format!("sayso:{CURL_TOKEN}")));
    assert_eq!(
        (&calls[0].headers["authorization"], calls[0].body.as_str()),
        (&basic, "grant_type=client_credentials&scope=sms")
    );
    assert_eq!(calls[1].line, "POST /submit HTTP/1.1");
    assert_eq!(calls[1].headers["authorization"], format!("Bearer {TOKEN}"));
    assert_eq!(calls[1].headers["content-type"], "application/xml");
    let document = roxmltree::Document::parse(&calls[1].body).unwrap();
    let said = |name: &str| {
        document
            .descendants()
            .find(|node| node.has_tag_name(("urn:carrier", name)))
            .and_then(|node| node.text())
    };
    assert_eq!((said("to"), said("from")), (Some("14045550124"), Some("14045550102")));
    assert!(said("text").unwrap().contains("cones?"), "{}", calls[1].body);

    // The next message bears the same token; a report by XML finds the first.
    assert_eq!(
        xml(&world, &format!("<messages>{}</messages>", message("2", "14045550124", "yes"))).await,
        200
    );
    assert_eq!(world.fake.wait_for("", 3).await[2].line, "POST /submit HTTP/1.1");
    world.export_until("sent", |sent| sent.len() == 2).await;
    let report = "<reports><report message='out-1'><state>Delivered</state></report></reports>";
    assert_eq!(xml(&world, report).await, 200);
    let sent = world.export("sent");
    let first = sent.iter().find(|sent| sent["id"] == "out-1").unwrap();
    assert_eq!(first["receipt"], "delivered");
    let (_folder, said) = world.end();
    assert!(!said.contains(TOKEN), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_that_fetches_or_grows_is_refused_and_leaves_no_trace() {
    let file = include_str!("../providers/own-xml/kind.toml").to_owned();
    let world = world_among(&[("providers/own-xml.toml", file)], "own-xml", OWN_XML).await;
    let secret = world.folder.path().join("sayso.toml");
    let external = format!("<!ENTITY mine SYSTEM 'file://{}'>", secret.display());
    let called = format!("<!ENTITY mine SYSTEM 'http://{}/entity'>", world.fake.address);
    let mut laughs = "<!ENTITY l0 'ha'>".to_owned();
    for n in 1..10 {
        write!(laughs, "<!ENTITY l{n} '{}'>", format!("&l{};", n - 1).repeat(10)).unwrap();
    }
    laughs.push_str("<!ENTITY mine '&l9;'>");
    for entities in [external, called, laughs] {
        let body = message("1", "14045550124", "&mine;");
        let body = format!("<!DOCTYPE messages [{entities}]><messages>{body}</messages>");
        assert_eq!(xml(&world, &body).await, 400, "{body}");
    }
    let deep = format!("<messages>{}{}</messages>", "<a>".repeat(9_000), "</a>".repeat(9_000));
    assert_eq!(xml(&world, &deep).await, 400);
    assert!(world.fake.calls().is_empty(), "{:?}", world.fake.calls());
    let (folder, _) = world.end();
    assert_eq!(export(folder.path(), "turns"), Vec::<Value>::new());
}

/// What a person writes is said back in XML as it was written, and is no XML of ours.
#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_writes_is_no_element_of_what_is_sent() {
    let file = include_str!("../providers/own-xml/kind.toml").to_owned();
    let echo = "\nflow echo\n  start on echo\n\nnode first\n  say What is it?\n  ask word\n    tries 5 -> last\n  -> last\n\n\
                node last\n  say It is {word else \"nothing\"}!\n  end\n";
    let more = [
        ("providers/own-xml.toml", file),
        ("flows/gelato/echo.flow", echo.to_owned()),
        ("flows/gelato/brand.flow", "field word: text\n".to_owned()),
        ("grammars/en.grammar", "\nintent echo\n  echo\n  > ECHO\n".to_owned()),
    ];
    let world = world_among(&more, "own-xml", OWN_XML).await;
    let taken = || says(200, "<accepted id='a'/>");
    world.fake.script("", [granted(), taken(), taken()]);
    let words = r#"</c:text><c:to>+1</c:to>&x; {secret.token} ]]> <![CDATA[ "it's" "#;
    let escaped = words.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    for (id, text) in [("1", "ECHO"), ("2", escaped.as_str())] {
        assert_eq!(
            xml(&world, &format!("<messages>{}</messages>", message(id, "14045550124", text))).await,
            200
        );
        world.export_until("outbox", <[_]>::is_empty).await;
    }
    let calls = world.fake.wait_for("", 3).await;
    let document = roxmltree::Document::parse(&calls[2].body).unwrap();
    let all = |name: &str| {
        document
            .descendants()
            .filter(|node| node.has_tag_name(("urn:carrier", name)))
            .filter_map(|node| node.text())
            .collect::<Vec<_>>()
    };
    assert_eq!(all("to"), ["14045550124"]);
    assert_eq!(all("text"), [format!("It is {}!", words.trim())]);
    world.end();
}

const ENTRA: &str = r#"
endpoint = "FAKE"
login_url = "FAKE"
tenant_id = "tenant-1"
client_id = "client-1"
client_secret = "SECRET"
callback_token = "SECRET"
"#;

/// A text as Event Grid brings it.
async fn event(world: &World, id: &str, from: &str, text: &str) {
    let data = json!({ "messageId": id, "from": from, "to": "+14045550102", "message": text });
    let event = json!([{ "eventType": "Microsoft.Communication.SMSReceived", "data": data }]);
    let url = format!("{}{PATH}?token={CURL_TOKEN}", world.server.address);
    let answered = answered(world.client.post(url).body(event.to_string())).await.unwrap();
    assert_eq!(answered.status, 200, "{answered:?}");
}

fn lines(world: &World) -> Vec<String> {
    let path = |line: &str| line.split(' ').nth(1).unwrap().split('?').next().unwrap().to_owned();
    world.fake.calls().iter().map(|call| path(&call.line)).collect()
}

const GRANTS: &str = "/tenant-1/oauth2/v2.0/token";

#[tokio::test(flavor = "multi_thread")]
async fn azure_takes_a_token_of_entra_which_is_fetched_anew_when_it_is_not_taken() {
    let world = world("azure", ENTRA).await;
    let taken = |id: &str| says(202, &format!(r#"{{"value":[{{"messageId":"{id}","successful":true}}]}}"#));
    let denied = says(401, r#"{"error":{"code":"Denied"}}"#);
    world.fake.script("", [granted(), taken("o-1"), denied, granted(), taken("o-2")]);
    event(&world, "1", BEN, "JOIN").await;
    let calls = world.fake.wait_for("", 2).await;
    assert_eq!(lines(&world), [GRANTS, "/sms"]);
    let expected = "grant_type=client_credentials&scope=https%3A%2F%2Fcommunication.azure.com%2F%2F.default&client_id=client-1&client_secret=";
    assert_eq!(calls[0].body, format!("{expected}{CURL_TOKEN}"));
    assert_eq!(calls[1].headers["authorization"], format!("Bearer {TOKEN}"));
    assert!(!calls[1].headers.contains_key("x-ms-date"), "it is signed by nothing else");

    event(&world, "2", BEN, "yes").await;
    let calls = world.fake.wait_for("", 5).await;
    assert_eq!(lines(&world)[2..], ["/sms", GRANTS, "/sms"]);
    assert_eq!(calls[2].body, calls[4].body, "one message, tried once more");
    world.export_until("sent", |sent| sent.len() == 2).await;
    let (_folder, said) = world.end();
    assert!(!said.contains(TOKEN), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn where_no_token_is_granted_messages_wait_or_are_shown_and_no_redirect_is_followed() {
    let world = world("azure", ENTRA).await;
    let elsewhere = format!("Location: http://{}/elsewhere\r\n", world.fake.address);
    let taken = says(202, r#"{"value":[{"messageId":"o-1","successful":true}]}"#);
    let redirected = Answer::Say(307, elsewhere, String::new());
    world.fake.script("", [says(503, ""), Answer::HangUp, granted(), taken]);
    event(&world, "1", BEN, "JOIN").await;
    world.fake.wait_for("", 4).await;
    assert_eq!(lines(&world), [GRANTS, GRANTS, GRANTS, "/sms"], "it came again, and left once");
    world.export_until("sent", |sent| sent.len() == 1).await;

    // The provider takes the token no longer, and the endpoint gives no other.
    world.fake.script("", [says(401, "{}"), redirected]);
    event(&world, "2", BEN, "yes").await;
    let rows =
        world.export_until("outbox", |rows| rows.iter().any(|row| row["state"].get("dead").is_some())).await;
    assert!(rows[0].to_string().contains("the token endpoint answers 307"), "{rows:#?}");
    assert_eq!(lines(&world)[4..], ["/sms", GRANTS], "the secret goes nowhere else");
    let (_folder, said) = world.end();
    assert!(said.contains("there is no token to send with") && !said.contains(TOKEN), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_real_message_is_tried_with_a_token_of_its_own() {
    let world = world("azure", ENTRA).await;
    let taken = says(202, r#"{"value":[{"messageId":"o-1","successful":true}]}"#);
    world.fake.script("", [granted(), taken, says(400, r#"{"error":"unauthorized_client"}"#)]);
    let test = ["provider", "test", "push", "--to", BEN, "--text", "hi"];
    let tried = || {
        let done = sayso(world.folder.path(), &test).output().unwrap();
        (done.status.code().unwrap(), String::from_utf8(done.stdout).unwrap())
    };
    assert_eq!(tried(), (0, "accepted as o-1\n".to_owned()));
    assert_eq!(lines(&world), [GRANTS, "/sms"]);
    assert_eq!(
        tried(),
        (1, "refused (Config): the token endpoint answers 400 unauthorized_client\n".to_owned())
    );
    assert_eq!(world.fake.calls().len(), 3);
    world.end();
}
