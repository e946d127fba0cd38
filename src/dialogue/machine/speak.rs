//! Choosing words and sending them.

use super::Machine;
use crate::bot::{Media, Texts, Wait};
use crate::consent::{LEFT_MAX, Status, wording};
use crate::dialogue::effect::{Effect, Send};
use crate::dialogue::rung::HOUR;
use crate::dialogue::state::Count;
use crate::expr::{self, TextPiece};
use crate::language::Lang;
use crate::sms::encoding::in_plain_signs;
use crate::sms::{Class, Signs};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use std::sync::Arc;

/// Messages that one event may send: nobody reads an eighth text in a row.
pub const SENDS_MAX: usize = 8;
/// Bytes that one event may send in all: with the text it answers, a log entry stays below the 16 KiB of the store.
pub const SENT_BYTES_MAX: usize = 5 * 1024;

impl Machine<'_> {
    /// Sends one of the texts that the rules require: in the brand's words, or in ours.
    pub(in crate::dialogue) fn send(
        &mut self,
        class: Class,
        own: Option<&Texts>,
        ours: fn(wording::Facts<'_>, Lang) -> String,
    ) {
        let body = own.map(|texts| self.worded(texts)).filter(|body| !body.trim().is_empty());
        let body = body.unwrap_or_else(|| ours(self.facts(), self.language()));
        self.push_send(class, body, &[]);
    }

    /// A number that chance decides, the same whenever the step is made again (`SplitMix64`; Steele, Lea and Flood, 2014).
    pub(super) fn draw(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.seed;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below another one, which is not 0.
    pub(super) fn draw_below(&mut self, end: usize) -> usize {
        let drawn = self.draw() % u64::try_from(end.max(1)).unwrap_or(u64::MAX);
        usize::try_from(drawn).unwrap_or_default()
    }

    /// The words of a text in the person's language; one of its wordings, where there are several.
    pub(super) fn worded(&mut self, texts: &Texts) -> String {
        let wordings = texts.in_language(self.language());
        let pick = if wordings.len() > 1 { self.draw_below(wordings.len()) } else { 0 };
        wordings.get(pick).map(|wording| expr::render(wording, &self.view())).unwrap_or_default()
    }

    pub(super) fn say(&mut self, texts: &Texts) {
        let body = self.worded(texts);
        self.say_words(body, &[]);
    }

    /// Sends words, with pictures or without.
    pub(super) fn say_words(&mut self, body: String, media: &[Arc<Media>]) {
        if body.trim().is_empty() {
            self.note("a text without words is not sent");
            return;
        }
        self.push_send(self.class, body, media);
    }

    pub(super) fn push_send(&mut self, class: Class, body: String, media: &[Arc<Media>]) {
        if self.muted {
            self.note("a machine answers a machine");
            return;
        }
        let (programme, content) = self.topic();
        let allowed = match (class, self.state.person.standing.towards(&programme, content)) {
            (Class::OptOutConfirmation | Class::Help, _) | (_, Status::In) | (Class::Reply, Status::None) => {
                true
            }
            (Class::Reply | Class::FollowUp | Class::Campaign, _) => false,
        };
        if !allowed {
            self.note("no consent to what this belongs to: not sent");
            return;
        }
        let body = match self.bot.signs {
            Signs::AsWritten => body,
            Signs::Plain => in_plain_signs(&body).into_owned(),
        };
        self.sent_bytes += body.len();
        if self.sends == SENDS_MAX || self.sent_bytes > SENT_BYTES_MAX {
            self.note("limit: more messages in one turn than anybody reads");
            return;
        }
        self.sends += 1;
        let person = &mut self.state.person;
        person.replies = Some(Count::one_more(person.replies, self.now, HOUR));
        if matches!(class, Class::FollowUp | Class::Campaign) {
            person.unasked.push(self.now);
            let kept = self.bot.cap.map_or(LEFT_MAX, |(count, _)| LEFT_MAX.max(count as usize));
            let old = person.unasked.len().saturating_sub(kept);
            person.unasked.drain(..old);
        }
        let from = person.sender;
        self.remember_said(class, &programme, content);
        let language = self.language();
        let media = media.iter().map(|media| media.url(language).to_owned()).collect();
        self.effects.push(Effect::Send(Send { class, content, programme, from, body, language, media }));
    }

    pub(in crate::dialogue) fn fallback(&mut self) {
        self.state.person.fallback_at = Some(self.now);
        self.send(Class::Reply, self.bot.fallback.as_ref(), wording::fallback);
    }

    /// Sends a text with the options of the menu that follows it, or either alone.
    pub(super) fn say_and_offer(&mut self, texts: Option<&Texts>, media: &[Arc<Media>], wait: Option<&Wait>) {
        let mut lines: Vec<String> = texts.map(|texts| self.worded(texts)).into_iter().collect();
        for (number, label) in (1..).zip(wait.iter().flat_map(|wait| wait.what.labels())) {
            let label = self.worded(label);
            lines.push(format!("{number} {label}"));
        }
        if !lines.is_empty() {
            self.say_words(lines.join("\n"), media);
        }
    }

    /// Keeps the words of the messages from one on: they are what consent is asked by.
    pub(super) fn keep_shown(&mut self, from: usize) {
        let said = self.effects[from..].iter().filter_map(Effect::send);
        let words: Vec<&str> = said.map(|send| send.body.as_str()).collect();
        self.state.person.shown = Some(words.join("\n")).filter(|words| !words.is_empty());
    }

    /// The values in an address, each in the signs that an address may hold.
    pub(super) fn address(&self, pieces: &[TextPiece]) -> String {
        let mut address = String::new();
        for piece in pieces {
            match piece {
                TextPiece::Words(words) => address.push_str(words),
                TextPiece::Term(term) => {
                    let value = expr::value(term, &self.view()).map(|value| value.to_string());
                    address.extend(utf8_percent_encode(&value.unwrap_or_default(), NON_ALPHANUMERIC));
                }
                TextPiece::Plural { .. } | TextPiece::Link { .. } => {} // linking lets none into an address
            }
        }
        address
    }
}
