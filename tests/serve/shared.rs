//! A number that two brands share: the keyword says which is meant, then the last dialogue, and STOP ends both.

use crate::server::{World, export};
use serde_json::{Value, json};

const BOTH: &str = "+14045550109";
const ANN: &str = "+14045550135";

fn brand(name: &str, keyword: &str) -> [String; 3] {
    let facts = format!(
        "brand {name}\n  program {name} News\n  numbers {BOTH} via curl shared\n  contact help@{keyword}.example\n  \
         frequency up to 4 msgs/month\n  timezone America/New_York\n  optin {keyword}\n  fallback {name} does not follow.\n\n\
         field size: one of\n  small\n  large\n"
    );
    let flow = format!(
        "flow welcome\n  start on {keyword}\n\nnode size\n  say Welcome to {{program}}! {{terms}} Small or large?\n  \
         ask size\n  -> done\n\nnode done\n  say {name} notes {{size}}.\n  end\n"
    );
    let grammar = format!("language en\n\nintent {keyword}\n  {keyword}\n  > {keyword}\n");
    [facts, flow, grammar]
}

async fn world() -> World {
    let [[alba, alba_flow, alba_words], [bruno, bruno_flow, bruno_words]] =
        [brand("Alba", "gelati"), brand("Bruno", "coffee")];
    let files = [
        ("flows/alba/brand.flow", alba),
        ("flows/alba/welcome.flow", alba_flow),
        ("grammars/alba/words.grammar", alba_words),
        ("flows/bruno/brand.flow", bruno),
        ("flows/bruno/welcome.flow", bruno_flow),
        ("grammars/bruno/words.grammar", bruno_words),
    ];
    World::start_among(&files, |settings| settings).await
}

/// Texts the number and returns what is answered.
async fn say(world: &World, id: &str, text: &str) -> Vec<String> {
    let message = json!({ "from": ANN, "to": BOTH, "text": text, "id": id });
    let answered = world.json("curl", &message).await;
    assert_eq!(answered.status, 200, "{answered:?}");
    let body: Value = serde_json::from_str(&answered.body).unwrap();
    let replies = body["replies"].as_array().unwrap().iter();
    replies.map(|reply| reply["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_keyword_says_whom_a_text_is_for_and_then_the_last_dialogue() {
    let world = world().await;
    let said = say(&world, "1", "coffee").await;
    assert!(said.len() == 1 && said[0].starts_with("Welcome to Bruno News!"), "{said:?}");
    let said = say(&world, "2", "gelati").await;
    assert!(said.len() == 1 && said[0].starts_with("Welcome to Alba News!"), "{said:?}");
    assert_eq!(say(&world, "3", "large").await, ["Alba notes large."]);
    assert_eq!(say(&world, "3", "large").await, [""; 0], "the second delivery of one text");
    // Bruno's question waits still, but the last dialogue is Alba's.
    assert_eq!(say(&world, "4", "qwrty").await, ["Alba does not follow."]);
    let said = say(&world, "5", "coffee").await;
    assert!(said.len() == 1 && said[0].contains("Small or large?"), "{said:?}");
    assert_eq!(say(&world, "6", "small").await, ["Bruno notes small."]);
    let said = say(&world, "7", "HELP").await;
    assert!(said.len() == 1 && said[0].contains("Bruno News"), "{said:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn stop_ends_the_messages_of_every_brand_of_the_number_with_one_confirmation() {
    let world = world().await;
    say(&world, "1", "gelati").await;
    let said = say(&world, "2", "stop").await;
    assert!(said.len() == 1 && said[0].contains("Alba News"), "{said:?}");
    assert_eq!(say(&world, "3", "small").await, [""; 0]);
    let folder = world.end().0;
    let mut out: Vec<(String, String)> = Vec::new();
    for line in export(folder.path(), "consents") {
        let entry = &line["entry"];
        if entry["change"] == "out" {
            let brand = line["key"]["brand"].as_str().unwrap_or_default();
            out.push((brand.to_owned(), entry["how"].as_str().unwrap_or_default().to_owned()));
        }
    }
    out.sort();
    let wanted = [("alba", "text"), ("bruno", "text")].map(|(brand, how)| (brand.to_owned(), how.to_owned()));
    assert_eq!(out, wanted);
}
