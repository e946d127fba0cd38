//! Lookups and webhooks: a brand's own server on loopback is asked and told, where the operator allows it, and a human's
//! silence ends a hand-over.

use crate::server::{PATIENCE, Server, World};
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc::{Receiver, channel};

const GUS: &str = "+14045550131";

/// A request that the brand's server got.
struct Asked {
    line: String,
    headers: String,
    body: String,
}

/// A server that answers one request after the other, each with the next answer; what it was asked comes out of the channel.
fn outside(answers: Vec<&'static str>) -> (SocketAddr, Receiver<Asked>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (send, asked) = channel();
    std::thread::spawn(move || {
        for answer in answers {
            let Ok((stream, _)) = listener.accept() else { return };
            let mut reader = BufReader::new(stream);
            let (mut line, mut headers) = (String::new(), String::new());
            reader.read_line(&mut line).unwrap();
            loop {
                let mut header = String::new();
                reader.read_line(&mut header).unwrap();
                if header.trim().is_empty() {
                    break;
                }
                headers.push_str(&header.to_lowercase());
            }
            let length = headers.lines().find_map(|header| header.strip_prefix("content-length: "));
            let mut body = vec![0; length.map_or(0, |length| length.trim().parse().unwrap())];
            reader.read_exact(&mut body).unwrap();
            let mut stream = reader.into_inner();
            let length = answer.split_once("\r\n\r\n").map_or(0, |(_, body)| body.len());
            let answer =
                answer.replacen("\r\n", &format!("\r\ncontent-length: {length}\r\nconnection: close\r\n"), 1);
            stream.write_all(answer.as_bytes()).unwrap();
            let body = String::from_utf8(body).unwrap();
            let _nobody_reads = send.send(Asked { line, headers, body });
        }
    });
    (address, asked)
}

fn brand(address: SocketAddr) -> [(&'static str, String); 3] {
    let blocks = format!(
        "\nfield town: text\nfield miles: number\n\nlookup shops\n  url http://{address}/shops?name={{name else \"?\"}}\n  \
         secret X-Api-Key = shops-key\n  within 5s\n  fill town = shops.0.town\n  fill miles = shops.0.miles\n\n\
         webhook desk\n  url http://{address}/told\n  secret desk-key\n  send town\n"
    );
    let flow = "flow shop\n  start on location\n\nnode look\n  lookup shops\n    failed -> sorry\n  -> near\n\n\
                node near\n  notify desk\n  say {town}, {miles} miles.\n  end\n\nnode sorry\n  say We cannot tell.\n  end\n";
    let grammar = "language en\n\nintent location\n  location\n";
    [
        ("flows/gelato/brand.flow", blocks),
        ("flows/gelato/shop.flow", flow.to_owned()),
        ("grammars/shop.grammar", grammar.to_owned()),
    ]
}

const SECRETS: &str =
    "\n[secrets]\nshops-key = \"env:TEST_CURL_TOKEN\"\ndesk-key = \"env:TEST_TWILIO_TOKEN\"\n";

#[tokio::test(flavor = "multi_thread")]
async fn a_lookup_is_answered_and_a_webhook_is_told_until_it_takes_it() {
    let found = "HTTP/1.1 200 OK\r\n\r\n{\"shops\": [{\"town\": \"Decatur\", \"miles\": 2.5}]}";
    let refused = "HTTP/1.1 503 Busy\r\nretry-after: 1\r\n\r\n";
    let (address, asked) = outside(vec![found, refused, "HTTP/1.1 204 No Content\r\n\r\n"]);
    let allow = format!("{SECRETS}[outside]\nallow = [\"127.0.0.1\"]\n");
    let world = World::start_among(&brand(address), |settings| settings + &allow).await;
    world.say(GUS, "SM1", "location").await;
    let told = world.fake.wait_for(GUS, 1).await;
    assert_eq!(told[0].text(), "Decatur, 2.5 miles.");

    let lookup = asked.recv_timeout(PATIENCE).unwrap();
    assert_eq!(lookup.line, "GET /shops?name=%3F HTTP/1.1\r\n");
    assert!(lookup.headers.contains("x-api-key: the-token-of-curl"), "{}", lookup.headers);
    let (first, second) = (asked.recv_timeout(PATIENCE).unwrap(), asked.recv_timeout(PATIENCE).unwrap());
    assert_eq!(first.line, "POST /told HTTP/1.1\r\n");
    assert_eq!(
        first.headers.lines().find(|line| line.starts_with("webhook-id")),
        second.headers.lines().find(|line| line.starts_with("webhook-id")),
        "the same name each time"
    );
    assert!(second.headers.contains("webhook-signature: v1,"), "{}", second.headers);
    let body: Value = serde_json::from_str(&second.body).unwrap();
    assert_eq!(body["data"]["brand"], "gelato");
    assert_eq!(body["data"]["node"], "shop.near");
    assert_eq!(body["data"]["phone"], GUS);
    assert_eq!(body["data"]["fields"], serde_json::json!({ "town": "Decatur" }));
    world.export_until("outbox", <[_]>::is_empty).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_private_address_is_not_called_unless_the_operator_allows_it() {
    let (address, asked) = outside(vec!["HTTP/1.1 200 OK\r\n\r\n{}"]);
    let world = World::start_among(&brand(address), |settings| settings + SECRETS).await;
    world.say(GUS, "SM1", "location").await;
    let told = world.fake.wait_for(GUS, 1).await;
    assert_eq!(told[0].text(), "We cannot tell.");
    world.export_until("outbox", <[_]>::is_empty).await;
    assert!(asked.try_recv().is_err(), "nobody was called");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_threat_is_told_with_its_words_and_delays_no_confirmation() {
    let (address, asked) =
        outside(vec!["HTTP/1.1 503 Busy\r\nretry-after: 1\r\n\r\n", "HTTP/1.1 204 No Content\r\n\r\n"]);
    let allow = format!("{SECRETS}[outside]\nallow = [\"127.0.0.1\"]\n");
    let World { folder, fake, server, client } =
        World::start_among(&brand(address), |settings| settings + &allow).await;
    server.stop();
    let path = folder.path().join("flows/gelato/brand.flow");
    let text =
        std::fs::read_to_string(&path).unwrap().replacen("  optin join\n", "  optin join\n  alert desk\n", 1);
    std::fs::write(&path, text).unwrap();
    let server = Server::start(folder.path());
    let world = World { folder, fake, server, client };
    world.say(GUS, "SM1", "stop texting me or my lawyer will call you").await;
    let told = world.fake.wait_for(GUS, 1).await;
    assert!(told[0].text().starts_with("You have been unsubscribed"), "{}", told[0].text());
    asked.recv_timeout(PATIENCE).unwrap();
    let body: Value = serde_json::from_str(&asked.recv_timeout(PATIENCE).unwrap().body).unwrap();
    assert_eq!(body["type"], "sayso.alert");
    let data = serde_json::json!({
        "brand": "gelato", "webhook": "desk", "phone": GUS, "reason": "threat",
        "text": "stop texting me or my lawyer will call you",
    });
    assert_eq!(body["data"], data);
}
