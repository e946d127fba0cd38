//! Reactions, as phones write them into texts: `Loved “…”`. What is in the quotes is a message of ours, and no word of it
//! is the person's. The forms are data: `data/rules/tapback.toml`.

use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::FxHashSet;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// Where the message of ours stands in a form.
const QUOTE: &str = "…";
/// Bytes before the quote: the longest form has half of them.
const LEAD_BYTES_MAX: usize = 120;
/// Words around the quote: no form has more.
const WORDS_AROUND_MAX: usize = 8;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    objects: Vec<String>,
    particles: Vec<String>,
    words: BTreeMap<String, Vec<String>>,
    forms: BTreeMap<String, Vec<String>>,
}

struct Forms {
    /// Words around the quote, with `…` in its place, and `*` for pictograms.
    around: FxHashSet<String>,
    /// The same with an object in its place.
    whole: FxHashSet<String>,
    /// What a form can begin with, by its first word: whatever begins otherwise is no reaction.
    firsts: FxHashSet<String>,
    words_max: usize,
    /// The words of which each language makes its forms: another order of them is a form as well.
    words: Vec<FxHashSet<String>>,
    /// Those that say nothing alone.
    particles: FxHashSet<String>,
}

static FORMS: LazyLock<Forms> = LazyLock::new(|| {
    let data: Data = toml::from_str(include_str!("../../data/rules/tapback.toml"))
        .expect("the forms are part of the program and read by its tests");
    let mut forms = Forms {
        around: FxHashSet::default(),
        whole: FxHashSet::default(),
        firsts: FxHashSet::default(),
        words_max: 0,
        words: Vec::new(),
        particles: data.particles.into_iter().collect(),
    };
    for (language, list) in &data.forms {
        let own = list.iter().chain(data.words.get(language).into_iter().flatten());
        let words = own.flat_map(|form| form.split(' ')).filter(|word| ![QUOTE, "*"].contains(word));
        forms.words.push(words.map(|word| pattern(&Text::new(word))).collect());
    }
    for form in data.forms.values().flatten() {
        let part = |words: &str| {
            let starred = words
                .split(' ')
                .map(|word| if word == "*" { word.to_owned() } else { pattern(&Text::new(word)) });
            starred.filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
        };
        let (before, after) = form.split_once(QUOTE).expect("a form has a place for the message");
        let (before, after) = (part(before.trim()), part(after.trim()));
        let join = |middle: &str| {
            [&before, middle, &after]
                .iter()
                .filter(|part| !part.is_empty())
                .map(ToString::to_string)
                .collect::<Vec<_>>()
                .join(" ")
        };
        forms.around.insert(join(QUOTE));
        for object in &data.objects {
            let whole = join(&pattern(&Text::new(object)));
            forms.words_max = forms.words_max.max(whole.split(' ').count());
            forms.firsts.insert(whole.split(' ').next().unwrap_or_default().to_owned());
            forms.whole.insert(whole);
        }
    }
    forms
});

/// The words of a text, a run of pictograms as one `*`.
fn pattern(text: &Text) -> String {
    let mut out = String::new();
    for at in 0..text.tokens().len() {
        let word = if text.tokens()[at].kind == TokenKind::Emoji { "*" } else { text.token(at) };
        if word == "*" && out.ends_with('*') {
            continue;
        }
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

/// Whether a text is a reaction. O(bytes + languages) for texts with quotes, O(1) for others.
pub(super) fn is_tapback(text: &Text) -> bool {
    let original = text.original();
    if let Some(open) = original.find(OPENING).filter(|open| *open <= LEAD_BYTES_MAX) {
        return quotes(original, open).into_iter().any(|quote| {
            let around = format!(
                "{} {QUOTE} {}",
                pattern(&Text::new(&original[..quote.start])),
                pattern(&Text::new(&original[quote.end..]))
            );
            FORMS.around.contains(around.trim()) || is_made_of_words(around.trim())
        });
    }
    let words = text.tokens().len();
    if words < 2 || words > FORMS.words_max + 2 {
        return false;
    }
    let begins = text.tokens()[0].kind == TokenKind::Emoji || FORMS.firsts.contains(text.token(0));
    begins && FORMS.whole.contains(&pattern(text))
}

/// Whether what stands around a quote is nothing but words of which one language makes its forms, in whatever order. A form
/// that nobody has listed yet is made of the same few words.
fn is_made_of_words(around: &str) -> bool {
    let own = || around.split(' ').filter(|word| ![QUOTE, "*"].contains(word));
    let count = own().count();
    let says_something = own().any(|word| !FORMS.particles.contains(word));
    (1..=WORDS_AROUND_MAX).contains(&count)
        && says_something
        && FORMS.words.iter().any(|words| own().all(|word| words.contains(word)))
}

const OPENING: [char; 8] = ['“', '"', '«', '„', '「', '『', '”', '‹'];
const CLOSING: [char; 8] = ['”', '"', '»', '“', '」', '』', '‟', '›'];

/// What may be the quoted message: up to its last closing sign, and to the end where it was cut short.
fn quotes(text: &str, open: usize) -> Vec<Range<usize>> {
    let opened = text[open..].chars().next().map_or(1, char::len_utf8);
    let close = text[open + opened..].rfind(CLOSING).map(|at| open + opened + at);
    let closed = close.map(|at| open..at + text[at..].chars().next().map_or(1, char::len_utf8));
    let ends = text.trim_end();
    let is_cut = close.is_none() || ends.ends_with('…') || ends.ends_with("...");
    closed.into_iter().chain(is_cut.then_some(open..text.len())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reactions_are_told_by_what_stands_around_the_quote() {
        for body in [
            "Liked “Welcome! Reply STOP to end.”",
            "Loved \"You're in!\"",
            "Loved “Flash sale today only! 30% off everythi…",
            "Reacted 😂 to “Hi”",
            "Removed a heart from “Hi”",
            "Loved an image",
            "\u{200a}👍\u{200b} to \u{201c}\u{200a}Reply STOP\u{200a}\u{201d}",
            "👍🏽 to an image",
            "Le gustó “Hoy 2x1. Responda ALTO”",
            "N’a pas aimé « Votre colis a du retard. STOP »",
            "Lacht über „Der Döner vermisst dich. STOPP“",
            "对“生日快乐”表示喜爱",
            "Hat „Alles Gute!“ mit einem Herz markiert",
            "Поставлен вопрос на «Придёте завтра?»",
            "أحبّ \"كل عام وأنت بخير\"",
        ] {
            assert!(is_tapback(&Text::new(body)), "{body}");
        }
        for body in [
            "Liked it a lot",
            "I loved \"Dune\"",
            "Liked \"Dune\" a lot",
            "back to \"normal\"",
            "\"Reply STOP to end\" lol never",
            "STOP",
            "",
            "loved",
            "🛑",
        ] {
            assert!(!is_tapback(&Text::new(body)), "{body}");
        }
    }
}
