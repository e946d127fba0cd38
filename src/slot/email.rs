//! `email`: an e-mail address; its domain in small letters, the part before the @ as it was typed.
//!
//! What people have, not all that RFC 5322 allows: no quotes, no comments, no letters beyond ASCII.

use super::{Answer, Context, Found, Longest, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::sms::Text;

/// Bytes before the @ (RFC 5321 §4.5.3.1.1).
const LOCAL_MAX: usize = 64;
/// Bytes of an address (RFC 5321 §4.5.3.1.3: a path of 256 with its angle brackets).
const ADDRESS_MAX: usize = 254;
/// Bytes of one label of a domain (RFC 1035 §2.3.4).
const LABEL_MAX: usize = 63;
/// Tokens of an answer that is meant as an address, if as a wrong one: "ana @ gmail", "my email is @ana".
const MEANT_TOKENS_MAX: usize = 8;

pub(super) struct Email;

impl SlotType for Email {
    fn name(&self) -> &'static str {
        "email"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::gsm7(50)
    }

    fn width(&self) -> u32 {
        5 // every one has an @
    }

    fn example(&self) -> Option<String> {
        Some("ana@x.com".to_owned())
    }

    fn find(&self, text: &Text, at: usize, _: &Context<'_>) -> Vec<Found> {
        found(text, at).into_iter().collect()
    }

    fn read(&self, text: &Text, _: &Context<'_>) -> Answer {
        let answer =
            read_only_meant(text, |at| found(text, at).map(|found| Meant::value(found.end, found.value)));
        let none = || (0..text.tokens().len()).all(|at| found(text, at).is_none());
        let meant = text.original().contains('@') && text.tokens().len() <= MEANT_TOKENS_MAX;
        if answer == Answer::Unclear && meant && none() {
            return Answer::Invalid("an e-mail address looks like name@example.com");
        }
        answer
    }
}

fn found(text: &Text, at: usize) -> Option<Found> {
    let typed = text.original();
    let start = local_start(typed, text.span(at..at + 1).start)?;
    let local_end = start + typed[start..].bytes().take(LOCAL_MAX + 1).take_while(|b| is_local(*b)).count();
    let local = &typed[start..local_end];
    if local.len() > LOCAL_MAX || local.ends_with('.') || local.contains("..") || local.starts_with('.') {
        return None;
    }
    let domain = domain(typed[local_end..].strip_prefix('@')?)?;
    let length = local.len() + 1 + domain.len();
    let end = end_token(text, at, start + length)?;
    (length <= ADDRESS_MAX)
        .then(|| Found { end, value: Value::Text(format!("{local}@{}", domain.to_ascii_lowercase())) })
}

/// Where the part before the @ starts, when its first letter or digit is at `at`: an underscore may come first.
/// `None` when more of it stands before `at`.
fn local_start(typed: &str, at: usize) -> Option<usize> {
    let before = typed[..at].bytes().rev().take(LOCAL_MAX).take_while(|b| is_local(*b));
    if before.clone().any(|b| b.is_ascii_alphanumeric()) || typed[..at].ends_with('@') {
        return None;
    }
    Some(at - before.take_while(|b| *b == b'_').count())
}

/// The characters of RFC 5322's `dot-atom`, without those that stand between words more often: `/ ? ! | =` and braces.
fn is_local(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"._%+-'&#$*^~`".contains(&byte)
}

/// The domain that `rest` begins with, without a full stop or a hyphen that ends the sentence.
fn domain(rest: &str) -> Option<&str> {
    let is_part = |b: &u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.');
    let run = rest.bytes().take(ADDRESS_MAX + 1).take_while(is_part).count();
    let domain = rest[..run].trim_end_matches(['.', '-']);
    let (_, top) = domain.rsplit_once('.')?;
    let labels_fit = domain.split('.').all(|label| {
        (1..=LABEL_MAX).contains(&label.len()) && !label.starts_with('-') && !label.ends_with('-')
    });
    let top_fits = top.len() >= 2 && top.bytes().all(|b| b.is_ascii_alphabetic()) || top.starts_with("xn--");
    let goes_on = rest[run..].starts_with(['@', '_']);
    (labels_fit && top_fits && !goes_on).then_some(domain)
}

/// One past the token that ends at byte `end`; `None` when none does.
fn end_token(text: &Text, at: usize, end: usize) -> Option<usize> {
    let mut last = at;
    while last + 1 < text.tokens().len() && text.span(last + 1..last + 2).start < end {
        last += 1;
    }
    (text.span(last..last + 1).end == end).then_some(last + 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    fn read(text: &str) -> Answer {
        Email.read(&Text::new(text), &Context::of(&[Lang::EN]))
    }

    #[test]
    fn addresses_are_read_inside_sentences() {
        for (text, address) in [
            ("it's Ana@X.com thanks", "Ana@x.com"),
            ("ana@x.com.", "ana@x.com"),
            ("ana@x.com, please", "ana@x.com"),
            ("<ana@x.com>", "ana@x.com"),
            ("mailto:ana@x.com", "ana@x.com"),
            ("\"ana@x.com\"!", "ana@x.com"),
            ("ana.lopez+scoops@mail.example.co.uk", "ana.lopez+scoops@mail.example.co.uk"),
            ("_ana_@x.com", "_ana_@x.com"),
            ("my email is o'neil-99@x-y.org thank you so much", "o'neil-99@x-y.org"),
            ("4045550123@vtext.com", "4045550123@vtext.com"),
            ("ana@x.com ana@X.COM", "ana@x.com"),
            ("...ana@xn--caf-dma.example", "ana@xn--caf-dma.example"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(address.into())), "{text}");
        }
    }

    #[test]
    fn what_is_almost_an_address_is_told_from_what_is_none() {
        for text in [
            "ana@gmail",
            "ana@gmail,com",
            "@ana",
            "ana @ gmail.com",
            "ana@",
            "a..b@x.com",
            "ana.@x.com",
            "josé@x.com",
            "ana@x_y.com",
            "ana@-x.com",
            "ana@x.c",
            "ana@b@x.com",
            "ana@x.comé",
        ] {
            assert!(matches!(read(text), Answer::Invalid(_)), "{text}");
        }
        for text in ["", "no", "ana at x dot com", "x.com", "ana@x.com or bob@x.com"] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn lengths_are_those_of_the_standard() {
        let local = |length| format!("{}@x.com", "a".repeat(length));
        assert!(matches!(read(&local(64)), Answer::Value(_)));
        assert!(matches!(read(&local(65)), Answer::Invalid(_)));
        let long = format!("a@{}com", "abcdefghi.".repeat(25));
        assert!(matches!(read(&long), Answer::Unclear | Answer::Invalid(_)));
    }

    #[test]
    fn an_address_is_found_at_its_first_token_only() {
        let text = Text::new("mail ana.lopez@x.com now");
        let found = |at| Email.find(&text, at, &Context::of(&[Lang::EN])).first().map(|found| found.end);
        assert_eq!((0..6).map(found).collect::<Vec<_>>(), [None, Some(5), None, None, None, None]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,6}|[a-c@._' -]{0,12}){0,8}") {
            let text = Text::new(&body);
            let context = Context::of(&[Lang::EN]);
            for at in 0..text.tokens().len() {
                for found in Email.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            Email.read(&text, &context);
        }
    }
}
