//! What kind of text this is, before any flow looks at it: not a person speaking, an opt-out, a call for help, an opt-in.
//!
//! The order is that of what must not be mistaken: a reaction quotes our own "Reply STOP"; the words of the law
//! ([`crate::reserved`]) count as a whole text, however they are typed; then slips of them, then what people say in words of
//! their own. Carriers want opt-outs heard at any time, in any state (CTIA Messaging Principles 5.1.3).

use super::likeness::{Phrases, Sum, likeness};
use super::opt_out::{Judged, judge};
use super::rules::Reason;
use super::tapback::is_tapback;
use super::word::mistyped;
use crate::reserved::{Reserved, meaning};
use crate::sms::{OptOutHint, Text};
use serde::{Deserialize, Serialize};

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
    /// The person wants no more texts.
    OptOut {
        /// The word or rule that says so.
        rule: String,
        /// Why they want none.
        reason: Reason,
        /// The waiting question may take the text as its answer instead.
        yields: bool,
    },
    /// Perhaps the person wants no more texts: somebody must read it, and until then nothing is sent.
    Unsure {
        /// The rule that says so.
        rule: String,
        /// The waiting question may take the text as its answer instead.
        yields: bool,
    },
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
            Self::OptOut { .. } => "opt_out",
            Self::Unsure { .. } => "unsure",
            Self::Help(_) => "help",
            Self::OptIn(_) => "opt_in",
        }
    }

    /// The word or rule that decided.
    #[must_use]
    pub fn rule(&self) -> Option<&str> {
        match self {
            Self::OptOut { rule, .. } | Self::Unsure { rule, .. } | Self::Help(rule) | Self::OptIn(rule) => {
                Some(rule)
            }
            Self::Speech | Self::Tapback | Self::AutoReply => None,
        }
    }

    /// Whether the waiting question may take the text as its answer instead. The words of the law yield to nothing.
    #[must_use]
    pub fn yields(&self) -> bool {
        matches!(self, Self::Speech | Self::OptOut { yields: true, .. } | Self::Unsure { yields: true, .. })
    }

    fn opt_out(rule: impl Into<String>) -> Self {
        Self::OptOut { rule: rule.into(), reason: Reason::Asked, yields: false }
    }
}

/// The kind of a text, given what the provider itself took it for. O(bytes).
#[must_use]
pub fn kind_of(text: &Text, hint: Option<OptOutHint>) -> Kind {
    match hint {
        Some(OptOutHint::Stop) => return Kind::opt_out("provider"),
        Some(OptOutHint::Help) => return Kind::Help("provider".to_owned()),
        Some(OptOutHint::Start) => return Kind::OptIn("provider".to_owned()),
        None => {}
    }
    if is_tapback(text) {
        return Kind::Tapback;
    }
    match meaning(text) {
        Some((word, Reserved::OptOut)) => return Kind::opt_out(word),
        Some((word, Reserved::Help)) => return Kind::Help(word),
        Some((word, Reserved::OptIn)) => return Kind::OptIn(word),
        None => {}
    }
    if let Some(word) = mistyped(text) {
        return Kind::opt_out(word);
    }
    let judged = judge(text).or_else(|| judge(&text.latinized()?));
    read_twice(text, judged)
}

/// What the phrases and all words together say.
fn read_twice(text: &Text, judged: Option<Judged>) -> Kind {
    let (phrases, found) = match judged {
        Some(Judged::OptOut { rule, reason, yields, alone }) => {
            (if alone { Phrases::Alone } else { Phrases::Sure }, Some((rule, reason, yields)))
        }
        Some(Judged::Unsure { rule, reason, yields }) => (Phrases::Doubtful, Some((rule, reason, yields))),
        Some(Judged::Help(rule)) => return Kind::Help(rule),
        Some(Judged::OptIn(rule)) => return Kind::OptIn(rule),
        Some(Judged::AutoReply) => return Kind::AutoReply,
        Some(Judged::Wanted) => return Kind::Speech,
        None => (Phrases::Silent, None),
    };
    let words = likeness(text);
    let why = || found.unwrap_or_else(|| (words.reason(), Reason::Asked, true));
    match words.with(phrases) {
        Sum::OptOut => {
            let (rule, reason, yields) = why();
            Kind::OptOut { rule, reason, yields }
        }
        Sum::Doubt => {
            let (rule, _, yields) = why();
            Kind::Unsure { rule, yields }
        }
        Sum::Speech => Kind::Speech,
    }
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
            assert!(matches!(kind(body), Kind::OptOut { .. }), "{body}");
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
            "I want to stop smoking",
            "no more than $50",
            // Words beside the words of the law.
            "stip",
            "atop",
            "kung fu",
            "block party",
            "start the engine",
            "canceled",
            "no no thanks",
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
