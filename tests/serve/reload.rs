//! Files that change while they are served.

use crate::server::{CURL_TOKEN, MAIN, WELCOME, World, write};
use serde_json::json;

const ANA: &str = "+14045550123";
const BEN: &str = "+14045550124";

/// The words by which the log says that a brand was put in place, and that it was not.
const SERVED: &str = "a brand is served as its files are now";
const KEPT: &str = "a brand has errors: it goes on as it was";

#[tokio::test(flavor = "multi_thread")]
async fn an_edit_is_served_at_once_and_nobody_loses_their_place() {
    let mut world = World::start().await;
    world.say(ANA, "SM1", "JOIN").await;
    world.fake.wait_for(ANA, 1).await;
    let edited = WELCOME.replace("And cups?", "Or rather cups?");
    write(world.folder.path(), "flows/gelato/welcome.flow", &edited);
    world.server.hear(SERVED);
    world.say(ANA, "SM2", "yes").await;
    assert!(world.fake.wait_for(ANA, 2).await[1].get("Body").contains("Or rather cups?"));
    // A brand with an error goes on as it was, and the error is said with its place.
    write(world.folder.path(), "flows/gelato/welcome.flow", &edited.replace("-> name", "-> nowhere"));
    let said = world.server.hear(KEPT);
    assert!(said.contains("has no node `nowhere`") && said.contains("flows/gelato/welcome.flow:"), "{said}");
    world.say(BEN, "SM3", "JOIN").await;
    world.fake.wait_for(BEN, 1).await;
    // Mended, it is served again.
    write(world.folder.path(), "flows/gelato/welcome.flow", &edited.replace("first name", "given name"));
    world.server.hear(SERVED);
    world.say(ANA, "SM4", "yes").await;
    assert!(world.fake.wait_for(ANA, 3).await[2].get("Body").contains("given name"));
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_brand_comes_and_goes() {
    let mut world = World::start().await;
    let brand = "brand Sorbet\n  program Sorbet News\n  contact help@sorbet.example\n  timezone America/New_York\n  optin join\n";
    // A number that another brand has is not taken from it.
    let claims = format!("{brand}  numbers {MAIN} via twilio-main\n");
    let flow = "flow hello\n  start on join\n\nnode hello\n  say Welcome to {program}! {terms}\n  end\n";
    write(world.folder.path(), "flows/sorbet/hello.flow", flow);
    write(world.folder.path(), "flows/sorbet/brand.flow", &claims);
    world.server.hear("is claimed by `gelato` already");
    let own = format!("{brand}  numbers +14045550109 via push\n");
    write(world.folder.path(), "flows/sorbet/brand.flow", &own);
    world.server.hear(SERVED);
    let text = |id: &str, to: &str| json!({"from": ANA, "to": to, "text": "JOIN", "id": id});
    assert_eq!(world.json("push", &text("1", "+14045550109")).await.status, 200);
    std::fs::remove_dir_all(world.folder.path().join("flows/sorbet")).unwrap();
    world.server.hear("a brand is served no more");
    assert_eq!(world.json("push", &text("2", "+14045550109")).await.status, 404);
    world.say(ANA, "SM1", "JOIN").await;
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_operators_settings_are_read_at_a_signal_and_bad_ones_change_nothing() {
    let mut world = World::start().await;
    let path = world.folder.path().join("sayso.toml");
    let before = std::fs::read_to_string(&path).unwrap();
    let other = before.replace("env:TEST_CURL_TOKEN", "file:token");
    std::fs::write(world.folder.path().join("token"), "another-token").unwrap();
    std::fs::write(&path, format!("{other}\nnonsense =")).unwrap();
    world.server.hang_up();
    let said = world.server.hear("nothing is put in place");
    assert!(said.contains("`sayso.toml` has errors") && !said.contains(CURL_TOKEN), "{said}");
    let text = |id: &str| json!({"from": ANA, "to": "+14045550102", "text": "JOIN", "id": id});
    assert_eq!(world.json("push", &text("1")).await.status, 200);
    std::fs::write(&path, other.replace("cache_mb = 16", "cache_mb = 17")).unwrap();
    world.server.hear("this is read at the next start alone");
    // The token of before is none any more, once the new one is in place.
    let refused = loop {
        let status = world.json("push", &text("2")).await.status;
        if status != 200 {
            break status;
        }
    };
    assert_eq!(refused, 403);
    world.end();
}
