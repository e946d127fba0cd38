//! Metrics: what is told, at their own address or with a key, is what has happened, and names nobody.

use crate::api::key;
use crate::server::{ACCOUNT_SID, MAIN, NOWHERE, World, answered, encode, form};
use serde_json::Value;
use std::collections::BTreeMap;

const ANA: &str = "+14045550123";
const BEN: &str = "+14045550124";
const GIL: &str = "+14045550129";

/// Every sample by its name and labels.
async fn scraped(request: reqwest::RequestBuilder) -> BTreeMap<String, f64> {
    let told = answered(request).await.unwrap();
    assert_eq!(told.status, 200, "{}", told.body);
    assert!(told.content_type.starts_with("text/plain; version=0.0.4"), "{}", told.content_type);
    for secret in ["4045550", ACCOUNT_SID, "gelato", "JOIN", "too much"] {
        assert!(!told.body.contains(secret), "{secret} stands in a label:\n{}", told.body);
    }
    let samples = told.body.lines().filter(|line| !line.starts_with('#'));
    samples
        .map(|line| line.rsplit_once(' ').unwrap())
        .map(|(n, v)| (n.to_owned(), v.parse().unwrap()))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_told_is_what_has_happened() {
    let with = "[server]\nmetrics = \"127.0.0.1:0\"";
    let world = World::start_with(|settings| settings.replacen("[server]", with, 1)).await;
    let address = world.server.said_before("metrics on ");

    for (sid, text) in [("SM1", "JOIN"), ("SM2", "yes"), ("SM2", "yes")] {
        world.say(ANA, sid, text).await;
    }
    let nowhere = form(BEN, NOWHERE, "SM3", "JOIN");
    assert_eq!(world.twilio("nowhere", &nowhere).await.status, 200);
    world.say(GIL, "SM4", "JOIN").await;
    world.say(GIL, "SM5", "go away lol").await;
    let forged = world.post_form("twilio-main", encode(&form(ANA, MAIN, "SM9", "STOP")), "forged").await;
    assert_eq!(forged.status, 403);
    assert_eq!(world.post("made-up", &[], "").await.status, 404);
    world.export_until("sent", |sent| sent.len() >= 3).await;
    world.export_until("outbox", |rows| rows.iter().any(|row| row["attempts"].as_u64() > Some(0))).await;

    let told = scraped(world.client.get(&address)).await;
    let expected = [
        (r#"sayso_turns_total{event="text",outcome="turn"}"#, 5.0),
        (r#"sayso_turns_total{event="text",outcome="duplicate"}"#, 1.0),
        (r#"sayso_turns_total{event="text",outcome="error"}"#, 0.0),
        (r#"sayso_turn_seconds_count{stage="whole"}"#, 6.0),
        (r#"sayso_turn_seconds_count{stage="lane"}"#, 6.0),
        (r#"sayso_turn_seconds_count{stage="load"}"#, 6.0),
        (r#"sayso_turn_seconds_count{stage="step"}"#, 5.0),
        (r#"sayso_turn_seconds_count{stage="commit"}"#, 5.0),
        (r#"sayso_sends_total{errand="message",settlement="sent"}"#, 3.0),
        (r#"sayso_webhooks_total{account="twilio-main",status="200"}"#, 5.0),
        (r#"sayso_webhooks_total{account="twilio-main",status="403"}"#, 1.0),
        (r#"sayso_webhooks_total{account="nowhere",status="200"}"#, 1.0),
        (r#"sayso_webhooks_total{account="unknown",status="404"}"#, 1.0),
        (r#"sayso_outbox_rows{state="pending"}"#, 1.0),
        (r#"sayso_outbox_rows{state="dead"}"#, 0.0),
        ("sayso_reviews_waiting", 1.0),
        ("sayso_brands_served", 1.0),
        ("sayso_numbers_closed", 0.0),
    ];
    for (name, value) in expected {
        assert_eq!(told.get(name), Some(&value), "{name} of {told:#?}");
    }
    let retried = told[r#"sayso_sends_total{errand="message",settlement="retry"}"#];
    assert!(retried >= 1.0, "{retried}");
    assert!(told["sayso_reviews_oldest_seconds"] < 60.0);
    assert!(
        told[r#"sayso_turn_seconds_sum{stage="whole"}"#] >= told[r#"sayso_turn_seconds_sum{stage="commit"}"#]
    );

    // What listens for providers tells nothing to who shows no key.
    let public = format!("{}/metrics", world.server.address);
    let refused = answered(world.client.get(&public)).await.unwrap();
    assert!(refused.status == 401 && !refused.body.contains("sayso_turns"), "{}", refused.body);
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_a_key_of_the_host_scrapes_where_webhooks_come_in() {
    let world = World::start().await;
    let folder = world.folder.path();
    let public = format!("{}/metrics", world.server.address);
    let keys = [key(folder, &["--metrics"]), key(folder, &["--all-brands"])];
    world.say(ANA, "SM1", "JOIN").await;
    for key in &keys {
        for _ in 0..5 {
            let told = scraped(world.client.get(&public).bearer_auth(key)).await;
            for name in [r#"sayso_turns_total{event="text",outcome="turn"}"#, "sayso_brands_served"] {
                assert_eq!(told.get(name), Some(&1.0), "{name} of {told:#?}");
            }
        }
    }
    let brands = key(folder, &["--brand", "gelato"]);
    for _ in 0..2 {
        let refused = answered(world.client.get(&public).bearer_auth(&brands)).await.unwrap();
        assert!(refused.status == 403 && refused.body.contains("not-its-own"), "{}", refused.body);
    }
    // Scrapes that follow one another are one line an hour; who is refused is told each time.
    let audit = std::fs::read_to_string(folder.join("data/audit.jsonl")).unwrap();
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let told: Vec<_> =
        lines.iter().map(|line| (line["what"].as_str().unwrap(), line["status"].as_u64().unwrap())).collect();
    assert_eq!(told, [200, 200, 403, 403].map(|status| ("GET /metrics", status)), "{audit}");
    assert_ne!(lines[0]["key"], lines[1]["key"]);
    world.end();
}
