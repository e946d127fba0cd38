//! Webhooks of every provider, and of one of a workspace's own that speaks XML: any bytes are refused, or read into numbers and
//! ids that fit the store; as an answer to a send, any bytes mean something. The first byte chooses the provider, the second
//! how the request comes.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sayso::provider::link::{Happened, Use, Wire};
use sayso::provider::{ALL, Catalogue, Delivery, Kind, Outcome, RawRequest, Response, Settings, Way};
use std::sync::Arc;
use std::sync::LazyLock;

/// Bytes of an id, at most: it is part of a key of the store.
const ID_BYTES_MAX: usize = 128;
/// Bytes of all addresses of pictures and their types.
const MEDIA_BYTES_MAX: usize = 2 * 1024;

/// What none of those does that come with sayso.
const OWN: (&str, &str) = ("own-xml", include_str!("../../tests/providers/own-xml/kind.toml"));

static CATALOGUE: LazyLock<Catalogue> = LazyLock::new(|| {
    let mut catalogue = Catalogue::default();
    catalogue.add(Kind::parse(OWN.0, OWN.1).expect("tests read it"));
    catalogue
});

fuzz_target!(|bytes: &[u8]| {
    let [which, how, content @ ..] = bytes else { return };
    let (name, _) = ALL.get(usize::from(*which) % (ALL.len() + 1)).copied().unwrap_or(OWN);
    let kind = CATALOGUE.kind(name).expect("it is in the catalogue");
    let mut settings = Settings { account: name.to_owned(), ..Settings::default() };
    for (name, setting) in &kind.file.settings {
        let value = setting.default.clone().unwrap_or_else(|| "x".to_owned());
        settings.plain.insert(name.clone(), value);
    }
    for name in kind.secrets() {
        settings.secrets.insert(name.to_owned(), vec!["known to nobody".into()]);
    }
    let text = String::from_utf8_lossy(content);
    let is_get = how % 3 == 0;
    let query = if is_get { text.replace(['#', '\n'], "") } else { String::new() };
    let mut request = RawRequest {
        url: format!("https://sms.example.com/v1/providers/{name}/inbound?{query}"),
        method: if is_get { http::Method::GET } else { http::Method::POST },
        headers: http::HeaderMap::new(),
        body: if is_get { Vec::new() } else { content.to_vec() },
        at: jiff::Timestamp::UNIX_EPOCH,
        fetched: Some(content.to_vec()),
    };
    if how % 3 == 1 {
        request.headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    }
    if kind.protocol().is_some() {
        return heard(kind, settings, content);
    }
    let Ok(Way::Calls(opened)) = kind.open(&settings) else { panic!("all that it needs is set") };
    let _what_it_wants = opened.wants(&request);
    assert!(opened.verify(request.clone()).is_err(), "nobody signed this");
    for status in [200, 400] {
        let outcome = opened.outcome(&Response { status, retry_after: None, body: content.to_vec() });
        if let Outcome::Accepted { id: Some(id) } = outcome {
            assert!((1..=ID_BYTES_MAX).contains(&id.as_str().len()), "{id}");
        }
    }
    for delivery in kind.preview(&settings, &request).unwrap_or_default() {
        let id = match &delivery {
            Delivery::Text(inbound) => {
                let media = inbound.media.iter().map(|media| media.url.len() + media.content_type.len());
                assert!(media.sum::<usize>() <= MEDIA_BYTES_MAX);
                &inbound.id
            }
            Delivery::Part(part) => {
                assert!(part.total >= 2 && (1..=part.total).contains(&part.number));
                &part.inbound.id
            }
            Delivery::Receipt(receipt) => &receipt.id,
            Delivery::OptOut { .. } | Delivery::Unread { .. } => continue,
        };
        assert!((1..=ID_BYTES_MAX).contains(&id.as_str().len()), "{id}");
    }
});

/// The answer to a bind that takes it.
const BOUND: [u8; 17] = [0, 0, 0, 17, 0x80, 0, 0, 9, 0, 0, 0, 0, 0, 0, 0, 1, 0];

/// A link that hears these bytes: whatever they are, it goes on.
fn heard(kind: &Arc<Kind>, mut settings: Settings, content: &[u8]) {
    settings.plain.insert("address".to_owned(), "localhost:2775".to_owned());
    settings.plain.remove("country");
    settings.secrets.insert("password".to_owned(), vec!["secret".into()]);
    let Ok(Way::Link(opener)) = kind.open(&settings) else { panic!("all that it needs is set") };
    let (mut link, now) = (opener.open(Use::Serving), jiff::Timestamp::UNIX_EPOCH);
    for happened in [Happened::Started { told: false }, Happened::Opened(Wire(0)), Happened::Heard(Wire(0), &BOUND)] {
        link.step(happened, now);
    }
    link.step(Happened::Heard(Wire(0), content), now);
    link.step(Happened::Stop, now);
}
