//! The API, through HTTP: what a key opens and what it never opens, and that every call is told.

use crate::server::{Server, World, export, of, sayso};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const EVE: &str = "+14045550151";
/// The number of the other brand.
const SORBET: &str = "+14045550108";

/// A world with a second brand, and a person who talks with both.
async fn world() -> World {
    let facts = format!(
        "brand Sorbet\n  program Sorbet News\n  numbers {SORBET} via curl\n  contact help@sorbet.example\n  \
         frequency up to 4 msgs/month\n  languages en\n  timezone America/New_York\n  optin join\n  fallback Pardon?\n\n\
         field size: one of\n  small\n  large\n"
    );
    let flow = "flow welcome\n  start on join\n\nnode size\n  say Welcome to {program}! {terms} Small or large?\n  \
         ask size\n  -> done\n\nnode done\n  say Noted.\n  end\n";
    let files = [("flows/sorbet/brand.flow", facts), ("flows/sorbet/welcome.flow", flow.to_owned())];
    let world = World::start_among(&files, |settings| settings).await;
    world.say(EVE, "SM1", "JOIN").await;
    for (id, text) in [("1", "JOIN"), ("2", "large")] {
        let message = json!({ "from": EVE, "to": SORBET, "text": text, "id": id });
        assert_eq!(world.json("curl", &message).await.status, 200);
    }
    world.fake.wait_for(EVE, 1).await;
    world
}

/// A key from the verb, as an operator makes one.
pub(crate) fn key(folder: &Path, arguments: &[&str]) -> String {
    let output = sayso(folder, &[&["key", "add", "crm"], arguments].concat()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

struct Said {
    status: u16,
    body: Value,
    text: String,
}

async fn call(world: &World, key: &str, method: &str, path: &str, body: Option<Value>) -> Said {
    let url = format!("{}{path}", world.server.address);
    let mut request = world.client.request(method.parse().unwrap(), url);
    if !key.is_empty() {
        request = request.bearer_auth(key);
    }
    if let Some(body) = body {
        request = request.header("content-type", "application/json").body(body.to_string());
    }
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    if status >= 400 {
        assert_eq!(response.headers()["content-type"], "application/problem+json", "{method} {path}");
    }
    let text = response.text().await.unwrap();
    Said { status, body: serde_json::from_str(&text).unwrap_or_default(), text }
}

async fn get(world: &World, key: &str, path: &str) -> Value {
    let said = call(world, key, "GET", path, None).await;
    assert_eq!(said.status, 200, "{path}: {}", said.text);
    said.body
}

/// Every call that the document lists: its method, its pattern, and a body that it takes.
async fn routes(world: &World) -> Vec<(String, String, Option<Value>)> {
    let document = get(world, "", "/v1/openapi.json").await;
    let mut routes = Vec::new();
    for (path, operations) in document["paths"].as_object().unwrap() {
        for (method, operation) in operations.as_object().unwrap() {
            let body =
                (!operation["requestBody"].is_null()).then(|| json!({ "flow": "welcome", "value": "eve" }));
            // Of the two things that bodies hold, each call takes one.
            let body = body.map(|_| {
                if path.contains("/fields/") {
                    json!({ "value": "eve" })
                } else {
                    json!({ "flow": "welcome" })
                }
            });
            routes.push((method.to_uppercase(), path.clone(), body));
        }
    }
    routes
}

fn filled(pattern: &str, brand: &str) -> String {
    pattern.replace("{brand}", brand).replace("{phone}", EVE).replace("{field}", "name")
}

#[tokio::test(flavor = "multi_thread")]
async fn no_route_opens_to_a_key_of_another_brand_or_to_none() {
    let world = world().await;
    let folder = world.folder.path();
    let (gelato, all) = (key(folder, &["--brand", "gelato"]), key(folder, &["--all-brands"]));
    let metrics = key(folder, &["--metrics"]);
    let (revoked, ended) = (key(folder, &["--brand", "sorbet"]), key(folder, &["--brand", "sorbet"]));
    let id = |key: &str| key.split('_').nth(1).unwrap().to_owned();
    assert!(sayso(folder, &["key", "revoke", &id(&revoked)]).status().unwrap().success());
    let file = folder.join("data/api-keys.json");
    let mut keys: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let of_ended =
        keys["keys"].as_array_mut().unwrap().iter_mut().find(|key| key["id"] == id(&ended)).unwrap();
    of_ended["ends"] = json!("2026-01-01T00:00:00Z");
    std::fs::write(&file, keys.to_string()).unwrap();
    // The right name with another key's secret, one letter short, one changed, another case.
    let cut = &gelato[..gelato.len() - 1];
    let mixed = format!("sayso_{}_{}", id(&all), gelato.splitn(3, '_').nth(2).unwrap());
    let guesses = ["", "guess", "sayso__", cut, &mixed, &gelato.to_uppercase(), &revoked, &ended];

    let before = export(folder, "subscribers");
    let routes = routes(&world).await;
    assert!(routes.len() >= 15, "{routes:?}");
    let mut tried = BTreeSet::new();
    for (method, pattern, body) in &routes {
        for brand in ["sorbet", "gelato"] {
            for guess in guesses {
                let said = call(&world, guess, method, &filled(pattern, brand), body.clone()).await;
                assert!(
                    matches!(said.status, 401 | 429),
                    "{method} {pattern} opens to `{guess}`: {}",
                    said.text
                );
            }
        }
        if matches!(pattern.as_str(), "/v1/reload" | "/metrics") {
            assert_eq!(call(&world, &gelato, method, pattern, None).await.status, 403);
        }
        if !matches!(pattern.as_str(), "/v1/brands" | "/metrics") {
            let said = call(&world, &metrics, method, &filled(pattern, "gelato"), body.clone()).await;
            assert!(matches!(said.status, 403 | 404), "{method} {pattern} opens to metrics: {}", said.text);
        }
        if !pattern.contains("{brand}") {
            continue;
        }
        tried.insert(pattern.clone());
        for brand in
            ["sorbet", "nobody", "Gelato", "gelato%00", "..%2Fsorbet", "%2e%2e", "sorbet%2Fsubscribers"]
        {
            let said = call(&world, &gelato, method, &filled(pattern, brand), body.clone()).await;
            assert_eq!(said.status, 404, "{method} {pattern} opens {brand}: {}", said.text);
            assert!(!said.text.contains("large") && !said.text.contains("Sorbet"), "{}", said.text);
        }
        // What is refused for another's brand is refused in the same words as one that is not there.
        let (other, none) = (filled(pattern, "sorbet"), filled(pattern, "nobody"));
        let other = call(&world, &gelato, method, &other, body.clone()).await.body;
        assert_eq!(other, call(&world, &gelato, method, &none, body.clone()).await.body);
    }
    assert_eq!(tried.len(), 11, "{tried:?}");
    assert_eq!(before, export(folder, "subscribers"), "a call that was refused did something");
    let brands = get(&world, &gelato, "/v1/brands").await;
    assert_eq!(brands, json!([{ "brand": "gelato", "called": "gelato" }]));
    assert_eq!(get(&world, &all, "/v1/brands").await.as_array().unwrap().len(), 2);
    assert_eq!(get(&world, &metrics, "/v1/brands").await, json!([]));
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn the_place_of_another_brand_s_page_shows_nothing_of_it() {
    let world = world().await;
    let folder = world.folder.path();
    let (gelato, all) = (key(folder, &["--brand", "gelato"]), key(folder, &["--all-brands"]));
    for number in 0..3 {
        world.say(&format!("+1404555016{number}"), &format!("SM2{number}"), "JOIN").await;
    }
    let first = get(&world, &all, "/v1/brands/gelato/subscribers?limit=2").await;
    let (items, next) = (first["items"].as_array().unwrap(), first["next"].as_str().unwrap());
    assert_eq!(items.len(), 2);
    let second = get(&world, &gelato, &format!("/v1/brands/gelato/subscribers?after={next}")).await;
    assert_eq!(second["items"].as_array().unwrap().len(), 2);
    assert!(second["next"].is_null(), "behind gelato's last one stands sorbet's first: {second}");
    let others = format!("/v1/brands/sorbet/subscribers?after={next}");
    assert!(get(&world, &all, &others).await["items"].as_array().unwrap().is_empty());
    for path in ["sends?state=sent", &format!("subscribers/{EVE}/messages")] {
        let page = get(&world, &gelato, &format!("/v1/brands/gelato/{path}")).await.to_string();
        assert!(page.contains("brand") || page.contains("twilio-main"), "{page}");
        assert!(!page.contains("Sorbet") && !page.contains("large") && !page.contains("curl"), "{page}");
    }
    for place in ["x", "AAAA", "kQD_", "%F0%9F%8D%A6"] {
        for path in ["subscribers", "sends", &format!("subscribers/{EVE}/messages")] {
            let said =
                call(&world, &gelato, "GET", &format!("/v1/brands/gelato/{path}?after={place}"), None).await;
            assert!(said.status == 400 || !said.text.contains("Sorbet"), "{place}: {}", said.text);
        }
    }
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_person_s_life_through_the_api() {
    let world = world().await;
    let folder = world.folder.path().to_path_buf();
    let key = key(&folder, &["--brand", "gelato"]);
    let eve = format!("/v1/brands/gelato/subscribers/{EVE}");
    let known = get(&world, &key, &eve).await;
    assert_eq!((known["consent"].as_str(), &known["fields"]), (Some("in"), &json!({})));
    assert_eq!(known["dialogue"]["open"][0]["node"], "cone");
    assert_eq!(get(&world, &key, &format!("{eve}/dialogue")).await, known["dialogue"]);
    assert_eq!(
        get(&world, &key, &format!("{eve}/consents")).await["entries"][0]["entry"]["received"],
        "JOIN"
    );
    let messages = get(&world, &key, &format!("{eve}/messages")).await;
    let said: Vec<_> =
        messages["items"].as_array().unwrap().iter().map(|item| item["from"].as_str().unwrap()).collect();
    assert_eq!((said, messages["items"][0]["text"].as_str()), (vec!["person", "brand"], Some("JOIN")));

    let put = |field: &'static str, value: Value| {
        let (world, key, path) = (&world, &key, format!("{eve}/fields/{field}"));
        async move { call(world, key, "PUT", &path, Some(json!({ "value": value }))).await }
    };
    assert_eq!(put("name", json!("eve")).await.body["value"], "Eve");
    assert_eq!(put("name", json!("eve")).await.status, 409);
    assert_eq!(put("cone", json!("perhaps")).await.status, 422);
    assert_eq!(put("shoe", json!("1")).await.status, 404);
    assert_eq!(put("name", json!(7)).await.status, 400);
    assert_eq!(put("name", json!("x".repeat(100_000))).await.status, 413);
    assert_eq!(put("name", Value::Null).await.status, 200);

    let post = |path: &'static str, body: Option<Value>| {
        let (world, key, path) = (&world, &key, format!("{eve}/{path}"));
        async move { call(world, key, "POST", &path, body).await }
    };
    assert_eq!(post("dialogue/take-over", None).await.status, 200);
    assert_eq!(post("dialogue/take-over", None).await.status, 409);
    assert_eq!(post("dialogue/give-back", None).await.status, 200);
    let near = post("dialogue/start", Some(json!({ "flow": "welcom" }))).await;
    assert_eq!((near.status, near.body["detail"].as_str()), (404, Some("did you mean `welcome`?")));
    let started = post("dialogue/start", Some(json!({ "flow": "welcome" }))).await;
    assert_eq!(started.status, 200, "{}", started.text);
    assert_eq!(post("consents/opt-out", None).await.status, 200);
    assert_eq!(post("consents/opt-out", None).await.status, 409);
    assert_eq!(post("dialogue/start", Some(json!({ "flow": "welcome" }))).await.status, 409, "consent rules");
    let ledger = get(&world, &key, &format!("{eve}/consents")).await;
    let last = ledger["entries"].as_array().unwrap().last().unwrap()["entry"].clone();
    assert_eq!((last["change"].as_str(), last["how"].as_str()), (Some("out"), Some("api")), "{ledger}");
    assert!(last["rule"].as_str().unwrap().starts_with("crm (key "), "{last}");

    let erased = call(&world, &key, "DELETE", &eve, None).await;
    assert!(erased.status == 200 && erased.body["turns"].as_u64() > Some(3), "{}", erased.text);
    assert_eq!(call(&world, &key, "GET", &eve, None).await.status, 404);
    assert_eq!(call(&world, &key, "DELETE", &eve, None).await.status, 404);
    let left = export(&folder, "subscribers");
    assert_eq!(of(&left, EVE).len(), 1, "what she told the other brand is the other brand's");
    audited(&folder, &key);
    world.end();
}

/// Every one of those calls is a line, with who, what, about whom and how it ended.
fn audited(folder: &Path, key: &str) {
    let path = folder.join("data/audit.jsonl");
    let audit = std::fs::read_to_string(&path).unwrap();
    let lines: Vec<Value> = audit.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(lines.len(), 23, "{audit}");
    let id = key.split('_').nth(1).unwrap();
    assert!(lines.iter().all(|line| line["key"] == id && line["name"] == "crm" && line["brand"] == "gelato"));
    assert!(
        lines
            .iter()
            .all(|line| line["person"] == "+1404•••••51" && line["request"].as_str().unwrap().len() == 24)
    );
    let ended = |call: &str| -> Vec<u64> {
        let calls = lines.iter().filter(|line| line["what"] == call);
        calls.map(|line| line["status"].as_u64().unwrap()).collect()
    };
    let person = "/v1/brands/{brand}/subscribers/{phone}";
    assert_eq!(ended(&format!("DELETE {person}")), [200, 404]);
    assert_eq!(ended(&format!("PUT {person}/fields/{{field}}")), [200, 409, 422, 404, 400, 413, 200]);
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_change_while_it_serves_and_are_kept_as_hashes() {
    let world = world().await;
    let folder = world.folder.path().to_path_buf();
    let status = async |world: &World, key: &str| call(world, key, "GET", "/v1/brands", None).await.status;
    let old = key(&folder, &["--brand", "gelato"]);
    assert_eq!(status(&world, &old).await, 200);
    let new = key(&folder, &["--brand", "gelato"]);
    assert_eq!(
        (status(&world, &old).await, status(&world, &new).await),
        (200, 200),
        "both, while it is changed"
    );
    let revoke = sayso(&folder, &["key", "revoke", old.split('_').nth(1).unwrap()]).status().unwrap();
    assert!(revoke.success());
    assert_eq!((status(&world, &old).await, status(&world, &new).await), (401, 200));

    let file = folder.join("data/api-keys.json");
    let kept = std::fs::read_to_string(&file).unwrap();
    let list = sayso(&folder, &["key", "list"]).output().unwrap();
    let list = String::from_utf8(list.stdout).unwrap();
    for key in [&old, &new] {
        let secret = key.splitn(3, '_').nth(2).unwrap();
        assert!(!kept.contains(secret) && !list.contains(secret), "a key is kept");
    }
    assert!(list.contains("revoked") && list.contains("gelato"), "{list}");
    assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
    std::fs::write(&file, "{").unwrap();
    assert_eq!(status(&world, &new).await, 503, "keys that cannot be read open nothing");
    std::fs::write(&file, kept).unwrap();
    let World { server, folder, .. } = world;
    server.stop();
    let restarted = Server::start(folder.path());
    let request = crate::server::client().get(format!("{}/v1/brands", restarted.address)).bearer_auth(&new);
    assert_eq!(request.send().await.unwrap().status(), 200, "a key outlives the server");
    restarted.stop();
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_audited_is_not_done() {
    let world = world().await;
    let folder = world.folder.path().to_path_buf();
    let key = key(&folder, &["--brand", "gelato"]);
    let audit = folder.join("data/audit.jsonl");
    std::fs::create_dir(&audit).unwrap();
    let eve = format!("/v1/brands/gelato/subscribers/{EVE}");
    for (method, path) in
        [("DELETE", eve.clone()), ("GET", eve.clone()), ("POST", format!("{eve}/consents/opt-out"))]
    {
        assert_eq!(call(&world, &key, method, &path, None).await.status, 503, "{method} {path}");
    }
    std::fs::remove_dir(&audit).unwrap();
    assert_eq!(get(&world, &key, &eve).await["consent"], "in");
    let lines = std::fs::read_to_string(&audit).unwrap();
    assert_eq!(lines.lines().count(), 4, "the calls that were refused are told now: {lines}");
    world.say(EVE, "SM9", "yes").await;
    assert_eq!(crate::server::texts(&world.export("turns")).len(), 4, "texts do not wait for the audit");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn who_guesses_fills_no_disk_and_stops_nobody() {
    let world = world().await;
    let key = key(world.folder.path(), &["--brand", "gelato"]);
    let mut slowed = 0;
    for number in 0..120 {
        let guess = format!("{}{number:03}", &key[..key.len() - 3]);
        match call(&world, &guess, "GET", "/v1/brands", None).await.status {
            401 => {}
            429 => slowed += 1,
            other => panic!("{other}"),
        }
        if number % 40 == 0 {
            assert_eq!(
                call(&world, &key, "GET", "/v1/brands", None).await.status,
                200,
                "the right key is let in"
            );
        }
    }
    let audit = std::fs::read_to_string(world.folder.path().join("data/audit.jsonl")).unwrap();
    assert_eq!(audit.lines().count() + slowed, 123, "{slowed}");
    world.end();
}

#[tokio::test(flavor = "multi_thread")]
async fn files_are_read_again_when_a_key_of_all_brands_asks() {
    let world = world().await;
    let folder = world.folder.path().to_path_buf();
    let all = key(&folder, &["--all-brands"]);
    let flow = folder.join("flows/gelato/welcome.flow");
    let written = std::fs::read_to_string(&flow).unwrap();
    // Read by the watch or by the call, whichever comes first.
    std::fs::write(&flow, written.replace("And cups?", "And bowls?")).unwrap();
    let done = call(&world, &all, "POST", "/v1/reload", None).await;
    assert!(
        done.status == 200 && done.body["errors"] == 0 && done.body["refused"].is_null(),
        "{}",
        done.text
    );
    world.say(EVE, "SM2", "yes").await;
    let calls = world.fake.wait_for(EVE, 2).await;
    assert!(calls[1].text().contains("And bowls?"), "{}", calls[1].text());
    std::fs::write(&flow, "flow").unwrap();
    let kept = call(&world, &all, "POST", "/v1/reload", None).await;
    assert!(
        kept.status == 200 && kept.body["kept"] == json!(["gelato"]) && kept.body["errors"] != 0,
        "{}",
        kept.text
    );
    world.end();
}
