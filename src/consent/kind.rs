//! What kind of text this is, before any flow looks at it: not a person speaking, an opt-out, a call for help, an opt-in.
//!
//! The words are data (see [`crate::reserved`]), with source and date. A text is one of them only as a whole, after
//! folding: "Stop!" and "S T O P" are, "stop by my house" is not. Carriers want the words heard at any time, in any
//! state (CTIA Messaging Principles 5.1.3).

use crate::reserved::{Reserved, meaning};
use crate::sms::{OptOutHint, Text};
use regex::Regex;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// What kind of text an inbound text is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Kind {
    /// A person says something that the dialogue may hear.
    Speech,
    /// A reaction to one of our messages, sent as text by the phone.
    Tapback,
    /// A machine answers for a person who is driving, away or on no phone that takes texts.
    AutoReply,
    /// The person wants no more texts; by this word or rule.
    OptOut(String),
    /// The person asks what this is; by this word or rule.
    Help(String),
    /// The person wants texts again; by this word or rule.
    OptIn(String),
}

impl Kind {
    /// One word for logs.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Speech => "speech",
            Self::Tapback => "tapback",
            Self::AutoReply => "auto_reply",
            Self::OptOut(_) => "opt_out",
            Self::Help(_) => "help",
            Self::OptIn(_) => "opt_in",
        }
    }
}

/// Reactions as iPhones and Google Messages spell them in English: a verb, then our own words in quotes.
static TAPBACK: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)^[\s\u{200a}-\u{200f}]*(?:
            (?i:loved|liked|disliked|laughed\ at|emphasized|questioned)\s+(?:[“"«].*|(?i:an?\ (?:image|video|attachment)))
          | (?i:removed\ an?\ [\w\ ]+\ from)\s+[“"«].*
          | (?i:reacted)\s+\S+\s+to\s+[“"«].*
          | [^\w\s]{1,12}[\s\u{200a}-\u{200f}]+to\s*[\u{200a}-\u{200f}]*[“"«].*[”"»][\s\u{200a}-\u{200f}]*
        )$"#,
    )
    .expect("the pattern is part of the program and read by its tests")
});

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    begins: BTreeMap<String, Vec<String>>,
    holds: BTreeMap<String, Vec<String>>,
}

/// What machines say, each phrase with a blank before and behind, by whether a text must begin with it.
static AUTO_REPLIES: LazyLock<Vec<(bool, String)>> = LazyLock::new(|| {
    let lists: Lists = toml::from_str(include_str!("../../data/rules/auto_reply.toml"))
        .expect("the word lists are part of the program and read by its tests");
    let padded = |first: bool, lists: BTreeMap<String, Vec<String>>| {
        lists.into_values().flatten().map(move |phrase| (first, format!(" {phrase} "))).collect::<Vec<_>>()
    };
    [padded(true, lists.begins), padded(false, lists.holds)].concat()
});

/// Tokens at the beginning of a text that are looked at: machines are brief.
const AUTO_REPLY_TOKENS_MAX: usize = 60;

fn is_auto_reply(text: &Text) -> bool {
    let words: Vec<&str> = text.words().take(AUTO_REPLY_TOKENS_MAX).collect();
    let words = format!(" {} ", words.join(" "));
    AUTO_REPLIES
        .iter()
        .any(|(first, phrase)| if *first { words.starts_with(phrase) } else { words.contains(phrase) })
}

/// The kind of a text, given what the provider itself took it for. O(bytes).
#[must_use]
pub fn kind_of(text: &Text, hint: Option<OptOutHint>) -> Kind {
    match hint {
        Some(OptOutHint::Stop) => return Kind::OptOut("provider".to_owned()),
        Some(OptOutHint::Help) => return Kind::Help("provider".to_owned()),
        Some(OptOutHint::Start) => return Kind::OptIn("provider".to_owned()),
        None => {}
    }
    // Before the words: a reaction quotes our own text, and that may hold "Reply STOP".
    if text.original().contains(['“', '"', '«']) && TAPBACK.is_match(&text.original().replace('\n', " "))
        || is_tapback_to_a_picture(text)
    {
        return Kind::Tapback;
    }
    match meaning(text) {
        Some((word, Reserved::OptOut)) => Kind::OptOut(word),
        Some((word, Reserved::Help)) => Kind::Help(word),
        Some((word, Reserved::OptIn)) => Kind::OptIn(word),
        None if is_auto_reply(text) => Kind::AutoReply,
        None => Kind::Speech,
    }
}

fn is_tapback_to_a_picture(text: &Text) -> bool {
    (3..=5).contains(&text.tokens().len()) && TAPBACK.is_match(text.original())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(body: &str) -> Kind {
        kind_of(&Text::new(body), None)
    }

    #[test]
    fn the_words_count_as_a_whole_message_however_they_are_typed() {
        for body in [
            "STOP",
            "stop.",
            "\" stop! \"",
            "Stop all",
            "opt-out",
            "OPT OUT",
            "S T O P",
            "𝓢𝓽𝓸𝓹",
            "st\u{200b}op",
            "ＳＴＯＰ",
            "Arrêt",
            "🛑",
            "✋🏽",
            "no más",
            "unsub",
            "END",
        ] {
            assert!(matches!(kind(body), Kind::OptOut(_)), "{body}");
        }
        for body in ["HELP", "help?", "info", "Ayuda"] {
            assert!(matches!(kind(body), Kind::Help(_)), "{body}");
        }
        for body in ["START", "unstop!"] {
            assert!(matches!(kind(body), Kind::OptIn(_)), "{body}");
        }
    }

    #[test]
    fn sentences_and_neighbours_are_speech() {
        for body in [
            "stop by my house",
            "shop",
            "top",
            "spot",
            "I quit my job",
            "when does it end?",
            "start the engine",
            "yes",
            "",
            "...",
            "helpful",
            "cancel my appointment",
        ] {
            assert_eq!(kind(body), Kind::Speech, "{body}");
        }
    }

    #[test]
    fn machines_that_answer_for_people_are_no_speech() {
        for body in [
            "I'm driving with Focus turned on. I'll see your message when I get where I'm going.",
            "(I’m not receiving notifications. If this is urgent, reply “urgent”.)",
            "Driving, can't text - Sent from MY ALTIMA",
            "Estoy conduciendo",
            "Je suis au volant",
            "Sorry, I can't talk right now.",
            "The number you have texted does not accept text messages",
        ] {
            assert_eq!(kind(body), Kind::AutoReply, "{body}");
        }
        for body in ["I'm driving there tomorrow", "sorry", "auto", "are you driving right now?", "office"] {
            assert_eq!(kind(body), Kind::Speech, "{body}");
        }
    }

    #[test]
    fn reactions_are_no_speech_even_when_they_quote_stop() {
        for body in [
            "Liked “Welcome! Reply STOP to end.”",
            "Loved \"You're in!\"",
            "Reacted 😂 to “Hi”",
            "Removed a heart from “Hi”",
            "Loved an image",
            "\u{200a}👍\u{200b} to \u{201c}Reply STOP\u{201d}",
        ] {
            assert_eq!(kind(body), Kind::Tapback, "{body}");
        }
        for body in ["Liked it a lot", "I loved \"Dune\"", "back to \"normal\""] {
            assert_eq!(kind(body), Kind::Speech, "{body}");
        }
    }
}
