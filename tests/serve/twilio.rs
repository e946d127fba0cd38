//! Twilio: signed forms in, calls of its API out.

use crate::server::{
    ACCOUNT_SID, MAIN, PUBLIC_URL, REPLIES, TWILIO_TOKEN, World, answered, encode, export, form, of, sign,
    sign_with, texts,
};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const ANA: &str = "+14045550123";
const PATH: &str = "/v1/providers/twilio-main/inbound";

#[tokio::test(flavor = "multi_thread")]
async fn a_signed_text_is_acknowledged_and_answered_by_a_call() {
    let world = World::start().await;
    let answered = world.text(ANA, "SM1", "JOIN").await;
    assert_eq!((answered.status, answered.body.as_str()), (200, "<Response/>"));
    assert!(answered.content_type.starts_with("text/xml"), "{answered:?}");

    let calls = world.fake.wait_for(ANA, 1).await;
    let call = &calls[0];
    assert_eq!(call.line, format!("POST /2010-04-01/Accounts/{ACCOUNT_SID}/Messages.json HTTP/1.1"));
    assert_eq!((call.to().as_str(), call.get("From").as_str()), (ANA, MAIN));
    assert!(call.text().starts_with("Welcome to Gelato News! Up to 4 msgs/month."), "{call:?}");
    assert_eq!(call.headers["content-type"], "application/x-www-form-urlencoded");
    let basic = STANDARD.encode(format!("{ACCOUNT_SID}:{TWILIO_TOKEN}"));
    assert_eq!(call.headers["authorization"], format!("Basic {basic}"));

    let sent = world.export_until("sent", |sent| sent.len() == 1).await;
    assert_eq!(sent[0]["id"], format!("SM{:032}", 1));
    let (_folder, said) = world.end();
    assert!(!said.contains(ANA), "a number stands in the log:\n{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_not_signed_for_the_public_address_is_refused_and_leaves_no_trace() {
    let world = World::start().await;
    let form = form(ANA, MAIN, "SM1", "JOIN");
    let public = format!("{PUBLIC_URL}{PATH}");
    let right = sign(&public, &form);
    let mut wrong = STANDARD.decode(&right).unwrap();
    wrong[19] ^= 1;
    let forgeries = [
        String::new(),
        "not base64!".to_owned(),
        STANDARD.encode(wrong),
        sign_with("another-token", &public, &form),
        sign(&format!("{}{PATH}", world.server.address), &form),
        sign(&format!("{PUBLIC_URL}/v1/providers/twilio-stops/inbound"), &form),
        sign(&public, &form[1..]),
    ];
    for signature in &forgeries {
        let answered = world.post_form("twilio-main", encode(&form), signature).await;
        assert_eq!(answered.status, 403, "{signature}");
    }
    let unsigned = world.post("twilio-main", &[], encode(&form)).await;
    assert_eq!(unsigned.status, 403);
    let changed = crate::server::form(ANA, MAIN, "SM1", "STOP");
    assert_eq!(world.post_form("twilio-main", encode(&changed), &right).await.status, 403);
    let query = format!("{}{PATH}?more=1", world.server.address);
    let request = world.client.post(query).header("x-twilio-signature", &right).body(encode(&form));
    assert_eq!(answered(request).await.unwrap().status, 403);

    let folder = world.end().0;
    for what in ["turns", "subscribers", "outbox", "sent", "consents"] {
        assert_eq!(export(folder.path(), what), Vec::<serde_json::Value>::new(), "{what}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_delivered_twice_is_one_turn_and_a_second_yes_is_another() {
    let world = World::start().await;
    world.say(ANA, "SM1", "JOIN").await;
    world.say(ANA, "SM1", "JOIN").await;
    // Once more, several at the same moment: a provider that got no answer in time does that.
    let again = form(ANA, MAIN, "SM2", "yes");
    let both = tokio::join!(
        world.twilio("twilio-main", &again),
        world.twilio("twilio-main", &again),
        world.twilio("twilio-main", &again)
    );
    assert_eq!((both.0.status, both.1.status, both.2.status), (200, 200, 200));
    world.say(ANA, "SM3", "yes").await;
    world.say(ANA, "SM1", "JOIN").await;
    world.fake.wait_for(ANA, 3).await;
    world.export_until("outbox", <[_]>::is_empty).await;

    let heard = world.fake.texts_to(ANA);
    assert_eq!(heard.len(), 3, "{heard:#?}");
    for (text, words) in heard.iter().zip(REPLIES) {
        assert!(text.contains(words), "{heard:#?}");
    }
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")), ["SM1", "SM2", "SM3"]);
    assert_eq!(export(folder.path(), "sent").len(), 3);
}

#[tokio::test(flavor = "multi_thread")]
async fn without_a_public_address_the_listening_one_is_signed() {
    let public = format!("public_url = \"{PUBLIC_URL}\"\n");
    let world = World::start_with(|settings| settings.replace(&public, "")).await;
    let form = form(ANA, MAIN, "SM1", "JOIN");
    let elsewhere = world.twilio("twilio-main", &form).await;
    assert_eq!(elsewhere.status, 403);
    let here = sign(&format!("{}{PATH}", world.server.address), &form);
    assert_eq!(world.post_form("twilio-main", encode(&form), &here).await.status, 200);
    world.fake.wait_for(ANA, 1).await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_is_signed_over_its_whole_address() {
    let world = World::start().await;
    let query = encode(&form(ANA, MAIN, "SM1", "JOIN"));
    let get = |signature: String| {
        let url = format!("{}{PATH}?{query}", world.server.address);
        world.client.get(url).header("x-twilio-signature", signature)
    };
    let signed = sign(&format!("{PUBLIC_URL}{PATH}?{query}"), &[]);
    assert_eq!(answered(get(signed)).await.unwrap().status, 200);
    let unsigned = sign(&format!("{PUBLIC_URL}{PATH}"), &[]);
    assert_eq!(answered(get(unsigned)).await.unwrap().status, 403);
    world.fake.wait_for(ANA, 1).await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_receipt_is_kept_with_its_message_and_is_no_turn() {
    let world = World::start().await;
    world.say(ANA, "SM1", "JOIN").await;
    let sent = world.export_until("sent", |sent| sent.len() == 1).await;
    let id = sent[0]["id"].as_str().unwrap();
    for (sid, status) in [(id, "delivered"), (id, "sent"), ("SM-of-somebody-else", "failed")] {
        let form = [("MessageSid", sid), ("MessageStatus", status), ("From", MAIN), ("To", ANA)];
        assert_eq!(world.twilio("twilio-main", &form).await.status, 200, "{sid} {status}");
    }
    let folder = world.end().0;
    let sent = export(folder.path(), "sent");
    assert_eq!((sent.len(), sent[0]["receipt"].as_str()), (1, Some("delivered")));
    assert_eq!(of(&export(folder.path(), "turns"), ANA).len(), 1);
}
