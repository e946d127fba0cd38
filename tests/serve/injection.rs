//! What a person writes is words: it is never read as a template, a form, JSON or a header.

use crate::server::{PUSH, World};
use serde_json::{Value, json};

const KIT: &str = "+14045550188";
/// The number that answers in place.
const ECHO: &str = "+14045550107";

#[tokio::test(flavor = "multi_thread")]
async fn what_a_person_writes_is_said_back_as_it_was_written() {
    let facts = |name: &str, numbers: &str| {
        format!(
            "brand {name}\n  program {name} News\n  numbers {numbers}\n  contact help@echo.example\n  \
             frequency up to 4 msgs/month\n  timezone America/New_York\n  optin join\n  fallback Pardon?\n\nfield words: text\n"
        )
    };
    let flow = "flow welcome\n  start on join\n\nnode words\n  say Welcome to {program}! {terms} Which words?\n  \
                ask words\n  -> done\n\nnode done\n  say You said {words else \"nothing\"}!\n  end\n";
    let files = [
        ("flows/echo/brand.flow", facts("Echo", &format!("{ECHO} via curl"))),
        ("flows/echo/welcome.flow", flow.to_owned()),
        ("flows/gelato/welcome.flow", String::new()),
    ];
    let world = World::start_among(&files, |settings| settings).await;
    let hostile = [
        "{program} {terms} {{words}} {words else \"x\"}",
        "${jndi:ldap://127.0.0.1/x} %s %n %x {0} <%= 7*7 %> #{7*7}",
        "a\",\"to\":\"+19995550100\",\"text\":\"b",
        "a&To=%2B19995550100&Body=b",
        "a\\u000d\\u000aX-Smuggled: yes",
        "<script>alert(1)</script> & ' ; DROP TABLE people; --",
    ];
    for (number, words) in hostile.iter().enumerate() {
        let from = format!("+1404555018{number}");
        for (id, text) in [("a", "JOIN"), ("b", words)] {
            let message = json!({ "from": from, "to": ECHO, "text": text, "id": format!("{id}{number}") });
            let answered = world.json("curl", &message).await;
            assert_eq!(answered.status, 200, "{}", answered.body);
            let body: Value = serde_json::from_str(&answered.body).unwrap();
            if text != "JOIN" {
                assert_eq!(body["replies"], json!([{ "text": format!("You said {words}!") }]));
            }
        }
    }
    // The same on the way out: the name of somebody is one value of the call to the provider, whatever stands in it.
    for (id, text) in [("c", "JOIN"), ("d", "yes"), ("e", "yes"), ("f", "a\",\"to\":\"+19995550100")] {
        let message = json!({ "from": KIT, "to": PUSH, "text": text, "id": id });
        assert_eq!(world.json("push", &message).await.status, 200);
    }
    let calls = world.fake.wait_for(KIT, 4).await;
    assert!(calls.iter().all(|call| call.to() == KIT && serde_json::from_str::<Value>(&call.body).is_ok()));
    assert!(world.fake.texts_to("+19995550100").is_empty());
    let (_, log) = world.end();
    assert!(!log.contains("jndi") && !log.contains("DROP TABLE") && !log.contains("X-Smuggled"), "{log}");
}
