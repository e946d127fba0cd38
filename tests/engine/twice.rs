//! Texts that come twice, through the front door: a request as a provider makes it, verified, decoded and received.

use crate::brands::OWN;
use crate::clock::{at, engine_on};
use http::{HeaderMap, HeaderValue, Method, header};
use jiff::SignedDuration;
use sayso::engine::{Clock, Engine, ManualClock, Received};
use sayso::provider::{Catalogue, DecodeError, Kind, Provider, RawRequest, Settings, Way};
use sayso::sms::Key;
use sayso::store::{MemoryStore, Store};
use serde_json::{Value, json};
use std::sync::Arc;

const TOKEN: &str = "a-token-that-nobody-guesses";
const ANN: &str = "+14045550190";

/// A server's way from a request to turns.
struct Door {
    engine: Arc<Engine>,
    clock: Arc<ManualClock>,
    store: Arc<MemoryStore>,
    provider: Box<dyn Provider>,
}

impl Door {
    /// Behind it stands a provider of the plain kind, or of one whose file was changed.
    fn open(change: impl FnOnce(String) -> String) -> Self {
        let clock = Arc::new(ManualClock::new(at("2026-06-01T16:00:00Z")));
        let store = Arc::new(MemoryStore::default());
        let engine = engine_on(Arc::clone(&store) as Arc<dyn Store>, &clock);
        assert!(Catalogue::default().kind("generic").is_some());
        let file = change(include_str!("../../providers/generic.toml").to_owned());
        let kind = Arc::new(Kind::parse("generic", &file).unwrap());
        let mut settings = Settings { account: "one".to_owned(), ..Settings::default() };
        settings.plain.insert("send_url".to_owned(), "http://127.0.0.1:1".to_owned());
        settings.secrets.insert("token".to_owned(), vec![TOKEN.into()]);
        let Way::Calls(provider) = kind.open(&settings).unwrap() else { panic!("it is called") };
        Self { engine, clock, store, provider }
    }

    /// Without ids: who wrote, what and when tell one text from another.
    fn without_ids() -> Self {
        Self::open(|file| file.replacen("id = \"id\"\n", "", 1))
    }

    fn decode(&self, message: &Value) -> Result<Vec<sayso::provider::Delivery>, DecodeError> {
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, HeaderValue::from_str(&format!("Bearer {TOKEN}")).unwrap());
        let request = RawRequest {
            url: String::new(),
            method: Method::POST,
            headers,
            body: message.to_string().into_bytes(),
            at: self.clock.now(),
            fetched: None,
        };
        self.provider.decode(&"one".into(), &self.provider.verify(request).unwrap())
    }

    /// One request; whether it became a turn.
    async fn is_turn(&self, message: &Value) -> bool {
        let mut turns = 0;
        for delivery in self.decode(message).unwrap() {
            for arrival in self.engine.arrivals(&"one".into(), delivery).await.unwrap() {
                match self.engine.receive(arrival).await.unwrap() {
                    Received::Turn { .. } => turns += 1,
                    Received::Duplicate => {}
                    Received::Unchanged => panic!("a text that is new says something"),
                }
            }
        }
        turns == 1
    }

    async fn ids_kept(&self) -> usize {
        let key = Key { brand: "alba".into(), phone: ANN.parse().unwrap() };
        self.store.load(&key).await.unwrap().record.person.recent.len()
    }
}

fn message(id: Option<&str>, text: &str) -> Value {
    let mut message = json!({ "from": ANN, "to": OWN, "text": text });
    if let Some(id) = id {
        message["id"] = id.into();
    }
    message
}

#[tokio::test]
async fn a_text_is_known_again_for_three_days_and_then_swept() {
    let door = Door::open(|file| file);
    assert!(door.is_turn(&message(Some("a"), "JOIN")).await);
    assert!(!door.is_turn(&message(Some("a"), "JOIN")).await, "at once");
    door.clock.advance(SignedDuration::from_hours(24));
    assert!(!door.is_turn(&message(Some("a"), "JOIN")).await, "as long as any provider retries");
    door.clock.advance(SignedDuration::from_hours(47));
    assert!(door.is_turn(&message(Some("b"), "HELP")).await);
    door.clock.advance(SignedDuration::from_mins(59));
    assert!(!door.is_turn(&message(Some("a"), "JOIN")).await, "after 71 h 59 min, with others in between");
    assert_eq!(door.ids_kept().await, 2);
    door.clock.advance(SignedDuration::from_mins(2));
    assert!(
        !door.is_turn(&message(Some("a"), "JOIN")).await,
        "it is swept when the next one comes, not before"
    );
    assert!(door.is_turn(&message(Some("c"), "HELP")).await);
    assert_eq!(door.ids_kept().await, 2, "the oldest is gone");
    assert!(door.is_turn(&message(Some("a"), "JOIN")).await);
}

#[tokio::test]
async fn a_second_yes_with_an_id_of_its_own_is_a_second_answer() {
    let door = Door::open(|file| file);
    assert!(door.is_turn(&message(Some("a"), "JOIN")).await);
    for id in ["b", "c"] {
        door.clock.advance(SignedDuration::from_secs(2));
        assert!(door.is_turn(&message(Some(id), "yes")).await, "{id}");
    }
    assert!(!door.is_turn(&message(Some("b"), "another text under an id that was seen")).await);
}

#[tokio::test]
async fn without_ids_the_same_words_within_a_minute_are_one_text() {
    let door = Door::without_ids();
    assert!(door.is_turn(&message(None, "JOIN")).await);
    door.clock.advance(SignedDuration::from_secs(30));
    assert!(!door.is_turn(&message(None, "JOIN")).await, "a retry");
    assert!(door.is_turn(&message(None, "yes")).await, "other words");
    door.clock.advance(SignedDuration::from_secs(60));
    assert!(door.is_turn(&message(None, "yes")).await, "a minute later it is a second answer");
}

#[tokio::test]
async fn without_ids_the_providers_time_tells_two_answers_apart() {
    let door = Door::without_ids();
    let said = |second: u8| {
        let mut message = message(None, "yes");
        message["sent_at"] = format!("2026-06-01T16:00:{second:02}Z").into();
        message
    };
    assert!(door.is_turn(&message(None, "JOIN")).await);
    assert!(door.is_turn(&said(10)).await);
    assert!(door.is_turn(&said(12)).await, "two seconds later");
    door.clock.advance(SignedDuration::from_hours(20));
    assert!(!door.is_turn(&said(10)).await, "a retry, hours later");
}

#[tokio::test]
async fn a_text_without_the_id_that_its_provider_gives_is_refused() {
    let door = Door::open(|file| file);
    assert_eq!(door.decode(&message(None, "JOIN")), Err(DecodeError::Missing("id".to_owned())));
}

#[tokio::test]
async fn ids_are_their_accounts() {
    let door = Door::open(|file| file);
    let by = |account: &str| sayso::dialogue::fingerprint(&account.into(), &"a".into());
    assert_ne!(by("one"), by("two"));
    // Nothing that one account's id holds makes it look like another's.
    assert_ne!(
        sayso::dialogue::fingerprint(&"on".into(), &"ea".into()),
        sayso::dialogue::fingerprint(&"one".into(), &"a".into())
    );
    assert!(door.is_turn(&message(Some("a"), "JOIN")).await);
}
