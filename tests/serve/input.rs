//! What makes no sense, or is too long, or is broken: it is refused or kept, and nothing falls over.

use crate::server::{
    CURL, CURL_TOKEN, MAIN, PUBLIC_URL, World, answered, encode, export, form, of, sign, texts,
};
use serde_json::{Value, json};
use std::io::{Read, Write};

const CAT: &str = "+14045550125";
/// The longest body that is kept (`sms::BODY_BYTES_MAX`).
const KEPT: usize = 4_800;

fn bearer() -> String {
    format!("Bearer {CURL_TOKEN}")
}

#[tokio::test(flavor = "multi_thread")]
async fn requests_that_make_no_sense_are_refused_each_in_its_way() {
    let world = World::start().await;
    let health = answered(world.client.get(format!("{}/healthz", world.server.address))).await.unwrap();
    assert_eq!((health.status, health.body.trim()), (200, "ok"));
    let unknown = answered(world.client.get(format!("{}/nothing", world.server.address))).await.unwrap();
    assert_eq!(unknown.status, 404);

    let right = form(CAT, MAIN, "SM1", "JOIN");
    assert_eq!(world.twilio("nobody", &right).await.status, 404);
    assert_eq!(world.twilio("%FF%FE", &right).await.status, 400);
    assert_eq!(world.twilio("twilio-main", &form(CAT, "+14045550199", "SM1", "JOIN")).await.status, 404);

    let mut cases: Vec<(&str, Vec<(&str, &str)>)> = vec![
        ("a number that is none", form("ana", MAIN, "SM1", "JOIN")),
        ("an empty number", form("", MAIN, "SM1", "JOIN")),
        ("a number without end", form("+140455501230000000000", MAIN, "SM1", "JOIN")),
        ("a short code that writes", form("72345", MAIN, "SM1", "JOIN")),
        ("a receipt of nothing", vec![("MessageStatus", "sent")]),
        ("no form at all", vec![]),
    ];
    for missing in ["MessageSid", "From", "To"] {
        let rest = right.iter().copied().filter(|(name, _)| *name != missing);
        cases.push((missing, rest.collect()));
    }
    for (what, form) in &cases {
        let answered = world.twilio("twilio-main", form).await;
        assert_eq!(answered.status, 400, "{what}: {}", answered.body);
    }
    let folder = world.end().0;
    assert_eq!(export(folder.path(), "turns"), Vec::<Value>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn json_that_is_no_message_is_refused() {
    let world = World::start().await;
    let right = json!({ "from": CAT, "to": CURL, "text": "JOIN", "id": "1" });
    let mut bodies: Vec<Vec<u8>> = [
        "",
        "{",
        "[]",
        "null",
        "JOIN",
        r#"{"from":"+14045550125"}"#,
        r#"{"from":14045550125,"to":"+14045550101","text":"JOIN","id":"1"}"#,
        r#"{"from":"+14045550125","to":"+14045550101","text":"JOIN","id":""}"#,
        r#"{"from":"+14045550125","to":"+14045550101","text":["JOIN"],"id":"1"}"#,
    ]
    .map(|body| body.as_bytes().to_vec())
    .to_vec();
    bodies.push(
        b"{\"from\":\"+14045550125\",\"to\":\"+14045550101\",\"text\":\"\xff\xfe\",\"id\":\"1\"}".to_vec(),
    );
    bodies.push(format!("{}{}", "[".repeat(30_000), "]".repeat(30_000)).into_bytes());
    for field in ["from", "to", "id"] {
        let mut missing = right.clone();
        missing.as_object_mut().unwrap().remove(field);
        bodies.push(missing.to_string().into_bytes());
    }
    for body in bodies {
        let shown: String = String::from_utf8_lossy(&body).chars().take(80).collect();
        let answered = world.post("curl", &[("authorization", &bearer())], body).await;
        assert_eq!(answered.status, 400, "{shown}: {}", answered.body);
    }
    let nowhere = json!({ "from": CAT, "to": "+14045550199", "text": "JOIN", "id": "1" });
    assert_eq!(world.json("curl", &nowhere).await.status, 404);
    assert_eq!(world.json("curl", &right).await.status, 200);
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")), ["1"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_id_that_no_store_can_hold_is_refused_for_good() {
    let world = World::start().await;
    let endless = json!({ "from": CAT, "to": CURL, "text": "JOIN", "id": "1".repeat(60_000) });
    let answered = world.json("curl", &endless).await;
    assert_eq!(answered.status, 400, "503 would call it back for ever: {}", answered.body);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn broken_utf8_and_empty_texts_are_kept() {
    let world = World::start().await;
    let path = format!("{PUBLIC_URL}/v1/providers/twilio-main/inbound");
    // What is signed is what the form says once it is read: broken bytes become U+FFFD.
    let read = form(CAT, MAIN, "SM1", "caf\u{fffd} \u{fffd}");
    for broken in [&b"caf%E9+%FF"[..], b"caf\xe9+\xff"] {
        let form = encode(&form(CAT, MAIN, "SM1", "WORDS"));
        let (head, tail) = form.split_once("WORDS").unwrap();
        let body = [head.as_bytes(), broken, tail.as_bytes()].concat();
        let answered = world.post_form("twilio-main", body, &sign(&path, &read)).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
    }
    world.fake.wait_for(CAT, 1).await;
    for (sid, text) in [("SM2", ""), ("SM3", " \n\t "), ("SM4", "\u{0}"), ("SM5", "\u{200b}\u{feff}")] {
        world.say(CAT, sid, text).await;
    }
    let without: Vec<_> =
        form(CAT, MAIN, "SM6", "").into_iter().filter(|(name, _)| *name != "Body").collect();
    assert_eq!(world.twilio("twilio-main", &without).await.status, 200);
    let folder = world.end().0;
    let turns = export(folder.path(), "turns");
    assert_eq!(texts(&turns), ["SM1", "SM2", "SM3", "SM4", "SM5", "SM6"]);
    assert_eq!(turns[0]["entry"]["event"]["text"]["body"], "caf\u{fffd} \u{fffd}");
    let replies: Vec<_> = turns.iter().map(|turn| turn["entry"]["effects"].clone()).collect();
    assert!(replies[1].is_null() && replies[2].is_null() && replies[5].is_null(), "{replies:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_text_longer_than_any_provider_carries_is_cut_and_kept() {
    let world = World::start().await;
    world.say(CAT, "SM1", "JOIN").await;
    let long = [
        "x".repeat(65_000),
        format!("a{}", "\u{e9}".repeat(10_000)),
        format!("y{}", "\u{1f366}".repeat(5_000)),
    ];
    for (number, text) in long.iter().enumerate() {
        let sid = format!("SM1{number}");
        let answered = world.text(CAT, &sid, text).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
    }
    let more = ["\u{fdfa}".repeat(10_000), "\u{e9}\u{301}".repeat(10_000), "yes ".repeat(15_000)];
    for (number, text) in more.iter().enumerate() {
        let message = json!({ "from": CAT, "to": CURL, "text": text, "id": format!("SM2{number}") });
        let answered = world.json("curl", &message).await;
        assert_eq!(answered.status, 200, "{}", answered.body);
    }
    world.say(CAT, "SM3", "STOP").await;
    let folder = world.end().0;
    let turns = export(folder.path(), "turns");
    assert_eq!(texts(&turns), ["SM1", "SM10", "SM11", "SM12", "SM20", "SM21", "SM22", "SM3"]);
    for (turn, whole) in turns[1..7].iter().zip(long.iter().chain(&more)) {
        let kept = turn["entry"]["event"]["text"]["body"].as_str().unwrap();
        assert!(whole.starts_with(kept) && (KEPT - 3..=KEPT).contains(&kept.len()), "{}", kept.len());
    }
    let person = export(folder.path(), "subscribers");
    assert_eq!(of(&person, CAT)[0]["record"]["person"]["standing"]["status"], "out");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_larger_than_any_webhook_is_refused() {
    let world = World::start().await;
    let large = "x".repeat(100_000);
    assert_eq!(world.text(CAT, "SM1", &large).await.status, 413);
    let message = json!({ "from": CAT, "to": CURL, "text": large, "id": "1" });
    assert_eq!(world.json("curl", &message).await.status, 413);
    world.say(CAT, "SM2", "JOIN").await;
    let folder = world.end().0;
    assert_eq!(texts(&export(folder.path(), "turns")), ["SM2"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_http_is_refused_and_the_rest_goes_on() {
    let world = World::start().await;
    let address = world.server.address.trim_start_matches("http://").to_owned();
    let head = "POST /v1/providers/twilio-main/inbound HTTP/1.1\r\nHost: x\r\n";
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03".to_vec(),
        b"HELLO\r\n\r\n".to_vec(),
        format!("{head}Content-Length: -1\r\n\r\n").into_bytes(),
        format!("{head}X-Twilio-Signature: \u{e9}\r\nContent-Length: 0\r\n\r\n").into_bytes(),
        format!("{head}Content-Length: 10\r\n\r\nhalf").into_bytes(),
    ] {
        let mut stream = std::net::TcpStream::connect(&address).unwrap();
        stream.set_read_timeout(Some(crate::server::PATIENCE)).unwrap();
        stream.write_all(&bytes).unwrap();
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        let mut answer = Vec::new();
        // A reset is an answer too.
        let _closed = stream.read_to_end(&mut answer);
        assert!(!answer.starts_with(b"HTTP/1.1 2"), "{}", String::from_utf8_lossy(&answer));
    }
    world.say(CAT, "SM1", "JOIN").await;
    world.end();
}
