//! Reading any text: its tokens stand in order where they were typed, and what is folded stays as it is.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sayso::sms::normalize::{Piece, TOKENS_MAX};
use sayso::sms::{BODY_BYTES_MAX, Text};

/// Bytes that one character folds to at most: "ﷺ" is a sentence of 18 letters, most of them of two bytes.
const FOLDED_BYTES_MAX: usize = 36;

fuzz_target!(|bytes: &[u8]| {
    let body = String::from_utf8_lossy(bytes);
    let text = Text::new(&body);
    assert!(body.starts_with(text.original()));
    assert!(text.original().len() <= BODY_BYTES_MAX && text.tokens().len() <= TOKENS_MAX);
    assert!(text.joined().len() <= text.original().chars().count() * FOLDED_BYTES_MAX);
    spans_are_in_order(&text);
    // Proofs write texts of folded words and read them again, so a folded word must be itself.
    let words: Vec<&str> = text.words().collect();
    let joined = words.join(" ");
    if joined.len() <= BODY_BYTES_MAX {
        assert_eq!(Text::new(&joined).words().collect::<Vec<_>>(), words, "{body:?}");
    }
    let same = (0..).zip(&words).map(|(at, word)| Piece { word: (*word).to_owned(), tokens: at..at + 1 });
    let rebuilt = text.rebuilt(same.collect());
    assert_eq!(rebuilt.words().collect::<Vec<_>>(), words);
    spans_are_in_order(&rebuilt);
});

fn spans_are_in_order(text: &Text) {
    let mut last = 0;
    let mut read = String::new();
    for at in 0..text.tokens().len() {
        let span = text.span(at..at + 1);
        assert!(!text.token(at).is_empty());
        assert!(last <= span.start && span.start < span.end, "{at} {:?}", text.original());
        assert_eq!(text.original().get(span.clone()), Some(text.typed(at..at + 1)));
        read.push_str(text.gap(at));
        read.push_str(text.typed(at..at + 1));
        last = span.end;
    }
    read.push_str(text.gap(text.tokens().len()));
    assert_eq!(read, text.original());
}
