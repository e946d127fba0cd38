//! `url`: a web address, with or without its scheme: `https://x.com/a`, `www.x.com`, `scoops.example/mango`.
//!
//! A bare name counts when its ending is a common one or when `www.` or a path shows what it is: "ok.thanks" is two
//! words. The scheme and the name of the host are kept in small letters, the rest as it was typed.

use super::{Answer, Context, Found, Longest, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::sms::Text;

/// Bytes of an address: more than browsers pass on unharmed.
const URL_MAX: usize = 1_000;
/// Bytes of the name of a host (RFC 1035 §2.3.4).
const HOST_MAX: usize = 253;
/// Bytes of one label of it (RFC 1035 §2.3.4).
const LABEL_MAX: usize = 63;

/// Endings that people type without a scheme and that are no words of ours. `example` is for documents.
const COMMON_ENDINGS: [&str; 31] = [
    "com", "org", "net", "edu", "gov", "mil", "io", "app", "dev", "ai", "biz", "shop", "store", "online",
    "xyz", "tv", "fr", "uk", "eu", "mx", "ly", "gl", "gg", "cc", "gouv", "quebec", "paris", "nyc", "ca",
    "co", "example",
];

pub(super) struct Url;

impl SlotType for Url {
    fn name(&self) -> &'static str {
        "url"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::any(60)
    }

    fn width(&self) -> u32 {
        20 // a part of what has a full stop inside
    }

    fn example(&self) -> Option<String> {
        Some("www.x.com".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        found(text, at).into_iter().collect()
    }

    fn read(&self, text: &Text, _: &Context<'_>) -> Answer {
        read_only_meant(text, |at| found(text, at).map(|found| Meant::value(found.end, found.value)))
    }
}

fn found(text: &Text, at: usize) -> Option<Found> {
    let start = text.span(at..at + 1).start;
    let (before, rest) = text.original().split_at(start);
    if before.ends_with(|c: char| c.is_alphanumeric() || "@._-/+%".contains(c)) {
        return None;
    }
    let scheme = scheme(rest);
    let after = &rest[scheme.len()..];
    let host = host(after)?;
    let tail = tail(&after[host.len()..]);
    if !scheme.is_empty() || is_bare_address(host, tail) {
        let length = scheme.len() + host.len() + tail.len();
        let value = format!("{}{}{tail}", scheme.to_ascii_lowercase(), host.to_lowercase());
        return (length <= URL_MAX)
            .then(|| Found { end: end_token(text, at, start + length), value: Value::Text(value) });
    }
    None
}

/// `http://` or `https://`, if `rest` begins with it; else nothing.
fn scheme(rest: &str) -> &str {
    let known = ["https://", "http://"];
    let length = known.iter().map(|scheme| scheme.len()).find(|length| {
        rest.get(..*length).is_some_and(|head| known.iter().any(|scheme| head.eq_ignore_ascii_case(scheme)))
    });
    &rest[..length.unwrap_or(0)]
}

/// The name of the host that `rest` begins with: labels with full stops between, the last of letters.
fn host(rest: &str) -> Option<&str> {
    let run = rest.find(|c: char| !(c.is_alphanumeric() || c == '-' || c == '.')).unwrap_or(rest.len());
    let host = rest[..run].trim_end_matches(['.', '-']);
    let (_, top) = host.rsplit_once('.')?;
    let labels_fit = host.split('.').all(|label| {
        (1..=LABEL_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    });
    let top_fits =
        top.chars().count() >= 2 && top.chars().all(char::is_alphabetic) || top.starts_with("xn--");
    let is_other = rest[run..].starts_with(['@', '_']);
    (host.len() <= HOST_MAX && labels_fit && top_fits && !is_other).then_some(host)
}

fn is_bare_address(host: &str, tail: &str) -> bool {
    let top = host.rsplit('.').next().unwrap_or_default().to_ascii_lowercase();
    let www =
        host.get(..4).is_some_and(|head| head.eq_ignore_ascii_case("www.")) && host.matches('.').count() > 1;
    www || !tail.is_empty() || COMMON_ENDINGS.contains(&top.as_str())
}

/// Port, path, query and fragment behind the host, without the punctuation that ends the sentence.
fn tail(rest: &str) -> &str {
    let after_port =
        rest.strip_prefix(':').map_or(rest, |port| port.trim_start_matches(|c: char| c.is_ascii_digit()));
    let port = rest.len() - after_port.len();
    if !after_port.starts_with(['/', '?', '#']) {
        return if port > 1 { &rest[..port] } else { "" };
    }
    let run = after_port.char_indices().take_while(|(at, c)| *at <= URL_MAX && !ends_address(*c)).last();
    let run = run.map_or(0, |(at, c)| at + c.len_utf8());
    let tail = without_punctuation(&rest[..port + run]);
    if tail == "?" || tail == "#" { "" } else { tail }
}

/// Whether an address is over where this stands.
fn ends_address(c: char) -> bool {
    let sign = matches!(c, '<' | '>' | '"' | '“' | '”' | '«' | '»' | '{' | '}' | '|' | '\\' | '^' | '`');
    sign || c.is_whitespace() || c.is_control()
}

/// `tail` without the characters at its end that end a sentence or close what was opened before the address. O(bytes).
fn without_punctuation(tail: &str) -> &str {
    let closes_more = |open, close| {
        let count = |sign: u8| tail.bytes().filter(|byte| *byte == sign).count();
        count(close).saturating_sub(count(open))
    };
    let (mut round, mut square) = (None, None);
    tail.trim_end_matches(|c: char| {
        let surplus = match c {
            ')' => round.get_or_insert_with(|| closes_more(b'(', b')')),
            ']' => square.get_or_insert_with(|| closes_more(b'[', b']')),
            _ => return matches!(c, '.' | ',' | ';' | ':' | '!' | '?' | '\'' | '’' | '*' | '…'),
        };
        let strange = *surplus > 0;
        *surplus = surplus.saturating_sub(1);
        strange
    })
}

/// One past the last token that starts before byte `end`.
fn end_token(text: &Text, at: usize, end: usize) -> usize {
    let mut after = at + 1;
    while after < text.tokens().len() && text.span(after..after + 1).start < end {
        after += 1;
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    fn read(text: &str) -> Answer {
        Url.read(&Text::new(text), &Context::of(&[Lang::EN]))
    }

    #[test]
    fn addresses_are_read_without_the_punctuation_around_them() {
        for (text, url) in [
            ("https://x.com", "https://x.com"),
            ("HTTPS://Scoops.Example/Mango.", "https://scoops.example/Mango"),
            ("see http://x.com/a?b=c#d, ok", "http://x.com/a?b=c#d"),
            ("scoops.example/mango", "scoops.example/mango"),
            ("www.x.com", "www.x.com"),
            ("WWW.joes-pizza.nyc!", "www.joes-pizza.nyc"),
            ("it's x.com thanks", "x.com"),
            ("(x.com/a_(b))", "x.com/a_(b)"),
            ("\"x.com/a\"", "x.com/a"),
            ("is it x.com?", "x.com"),
            ("x.com:8080/y", "x.com:8080/y"),
            ("x.com: the best", "x.com"),
            ("https://ok.thanks", "https://ok.thanks"),
            ("https://café.example/glacé", "https://café.example/glacé"),
            ("https://x.com/it's/🍦", "https://x.com/it's/🍦"),
            ("bit.ly/3xYz", "bit.ly/3xYz"),
            ("([x.com/a_(b)[c]]).", "x.com/a_(b)[c]"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(url.into())), "{text}");
        }
    }

    #[test]
    fn what_is_no_address_is_refused() {
        for text in [
            "",
            "yes",
            "ok.thanks",
            "hi.how are you",
            "e.g. this",
            "10.30am",
            "3.5",
            "ana@x.com",
            "ana.lopez@x.com",
            "http://",
            "http://x",
            "https://ana@x.com",
            "x..com",
            "and/or",
            "x.com y.org",
            "ftp://x.com",
        ] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn an_address_covers_all_its_tokens() {
        let text = Text::new("see https://www.x.com/a-b?c=1 now");
        let found = |at| Url.find(&text, at, &Context::of(&[Lang::EN])).first().map(|found| found.end);
        assert_eq!(found(1), Some(9));
        assert!((2..10).all(|at| found(at).is_none()));
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,6}|https?:|//|[a-cé.:/?#'() -]{0,10}|\\.com){0,8}") {
            let text = Text::new(&body);
            let context = Context::of(&[Lang::EN]);
            for at in 0..text.tokens().len() {
                for found in Url.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            Url.read(&text, &context);
        }
    }
}
