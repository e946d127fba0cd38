//! Texts of late, by what they say. SMPP gives a text no id, and an SMSC brings again what was not answered: after a
//! connection has ended nobody knows whether it heard our last answers. So a text that says the same as one of which that is
//! not known is taken to be that one, under the same id; whoever writes the same words twice is otherwise heard twice.

use crate::provider::link::Wire;
use crate::sms::MessageId;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, VecDeque};

/// How long an SMSC tries to bring a text again that was not answered.
const REPEATED_WITHIN: SignedDuration = SignedDuration::from_hours(1);
/// How long after the beginning of a process a text may be one that the process before it took and did not answer. An SMSC
/// brings such texts when it is bound again.
const FIRST_WHILE: SignedDuration = SignedDuration::from_mins(5);
/// How long before its end that process may have taken it: what is older was answered.
const BEFORE_END: SignedDuration = SignedDuration::from_mins(15);
/// Texts that are remembered.
const TEXTS_MAX: usize = 10_000;
/// Texts of the same words within one second of which a process before this one is asked.
const ALIKE_MAX: u32 = 2;

/// Texts of late.
#[derive(Debug, Default)]
pub(super) struct Recent {
    texts: BTreeMap<String, Text>,
    by_age: VecDeque<(Timestamp, String)>,
    /// Texts whose answers were written to a connection that has not shown yet that it heard them.
    unheard: Vec<(Wire, u32, String)>,
    begun: Option<Timestamp>,
}

#[derive(Debug)]
struct Text {
    at: Timestamp,
    alike: u32,
    state: State,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Not answered yet, over this connection.
    Open(Wire),
    /// Answered.
    Answered(Wire),
    /// The connection ended, and nobody knows whether the answer was heard.
    Unsure,
    /// The answer was heard.
    Heard,
}

impl Recent {
    /// The process begins; the one before it was killed, or so it seems.
    pub(super) fn begin_unsure(&mut self, now: Timestamp) {
        self.begun = Some(now);
    }

    /// Whether nothing that was taken can come again.
    pub(super) fn is_sure(&self, now: Timestamp) -> bool {
        let begun = self.begun.is_none_or(|begun| now.duration_since(begun) >= FIRST_WHILE);
        begun && self.texts.values().all(|text| text.state == State::Heard)
    }

    /// The SMSC has heard everything that was written.
    pub(super) fn heard_all(&mut self, wire: Wire) {
        self.heard(wire, u32::MAX);
    }

    /// The id of a text, and those under which a process before this one may have taken it.
    pub(super) fn name(&mut self, wire: Wire, content: &str, now: Timestamp) -> (MessageId, Vec<MessageId>) {
        self.forget(now);
        let alike = match self.texts.get_mut(content) {
            Some(text) if matches!(text.state, State::Unsure | State::Open(_)) => {
                text.state = State::Open(wire);
                return (id(content, text.at.as_second(), text.alike), Vec::new());
            }
            Some(text) if text.at.as_second() == now.as_second() => text.alike + 1,
            Some(_) => 0,
            None => {
                let perhaps = self.before(content, now);
                self.keep(content, 0, wire, now);
                return (id(content, now.as_second(), 0), perhaps);
            }
        };
        self.keep(content, alike, wire, now);
        (id(content, now.as_second(), alike), Vec::new())
    }

    fn keep(&mut self, content: &str, alike: u32, wire: Wire, now: Timestamp) {
        self.by_age.push_back((now, content.to_owned()));
        self.texts.insert(content.to_owned(), Text { at: now, alike, state: State::Open(wire) });
    }

    /// Ids under which a process before this one may have taken it: some thousand of them, for the first minutes behind a crash.
    fn before(&self, content: &str, now: Timestamp) -> Vec<MessageId> {
        let Some(begun) = self.begun.filter(|begun| now.duration_since(*begun) < FIRST_WHILE) else {
            return Vec::new();
        };
        let end = begun.as_second();
        let seconds = (end - BEFORE_END.as_secs()..=end).rev();
        seconds.flat_map(|second| (0..ALIKE_MAX).map(move |alike| id(content, second, alike))).collect()
    }

    /// An answer was written; whatever the SMSC answers to a request with a number above `sequence` shows that it was heard.
    pub(super) fn answered(&mut self, wire: Wire, content: &str, sequence: u32) {
        if let Some(text) = self.texts.get_mut(content) {
            text.state = State::Answered(wire);
            self.unheard.push((wire, sequence, content.to_owned()));
        }
    }

    /// It was not taken, and may come again.
    pub(super) fn refused(&mut self, content: &str) {
        if let Some(text) = self.texts.get_mut(content) {
            text.state = State::Unsure;
        }
    }

    /// The SMSC answered a request of that number. O(answers that are not known to be heard).
    pub(super) fn heard(&mut self, wire: Wire, sequence: u32) {
        let texts = &mut self.texts;
        self.unheard.retain(|(over, answered, content)| {
            let known = *over == wire && sequence > *answered;
            if known
                && let Some(text) = texts.get_mut(content)
                && text.state == State::Answered(wire)
            {
                text.state = State::Heard;
            }
            !known
        });
    }

    /// A connection has ended. O(texts of late).
    pub(super) fn lost(&mut self, wire: Wire) {
        self.unheard.retain(|(over, ..)| *over != wire);
        for text in self.texts.values_mut() {
            if matches!(text.state, State::Open(over) | State::Answered(over) if over == wire) {
                text.state = State::Unsure;
            }
        }
    }

    fn forget(&mut self, now: Timestamp) {
        while let Some((at, content)) = self.by_age.front() {
            if now.duration_since(*at) < REPEATED_WITHIN && self.by_age.len() < TEXTS_MAX {
                break;
            }
            if self.texts.get(content).is_some_and(|text| text.at == *at) {
                self.texts.remove(content);
            }
            self.by_age.pop_front();
        }
    }
}

fn id(content: &str, second: i64, alike: u32) -> MessageId {
    MessageId::from(format!("by-content-{content}-{second}-{alike}").as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIRE: Wire = Wire(0);

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(1_780_000_000 + second).expect("a moment")
    }

    /// The id of a text after the first while of a process.
    fn name(recent: &mut Recent, second: i64) -> MessageId {
        let (id, perhaps) = recent.name(WIRE, "yes", at(second));
        assert_eq!(perhaps, []);
        id
    }

    #[test]
    fn the_same_words_written_twice_are_two_texts() {
        let mut recent = Recent::default();
        let first = name(&mut recent, 0);
        recent.answered(WIRE, "yes", 1);
        let second = name(&mut recent, 0);
        assert_ne!(first, second);
        recent.answered(WIRE, "yes", 1);
        let ids = [first, second, name(&mut recent, 120)];
        assert_ne!(ids[1], ids[2]);
        assert_ne!(ids[0], ids[2]);
    }

    #[test]
    fn what_was_not_answered_is_the_same_text_when_it_comes_again() {
        let mut recent = Recent::default();
        let first = name(&mut recent, 0);
        assert_eq!(name(&mut recent, 30), first, "while it is being taken");
        recent.lost(WIRE);
        assert_eq!(name(&mut recent, 300), first, "over a new connection");
    }

    #[test]
    fn an_answer_that_nobody_heard_makes_the_next_one_the_same_text() {
        let mut recent = Recent::default();
        let first = name(&mut recent, 0);
        recent.answered(WIRE, "yes", 5);
        recent.heard(WIRE, 5);
        recent.lost(WIRE);
        assert_eq!(name(&mut recent, 60), first, "number 5 was asked before the answer");
        recent.answered(WIRE, "yes", 6);
        recent.heard(WIRE, 7);
        recent.lost(WIRE);
        assert_ne!(name(&mut recent, 120), first, "7 was asked behind it, and answered");
    }

    #[test]
    fn a_new_process_asks_for_what_the_one_before_took() {
        let mut before = Recent::default();
        let first = name(&mut before, 0);
        let mut after = Recent::default();
        after.begin_unsure(at(90));
        let (id, perhaps) = after.name(WIRE, "yes", at(100));
        assert!(perhaps.contains(&first) && id != first);
        let mut later = Recent::default();
        later.begin_unsure(at(90));
        assert_eq!(later.name(WIRE, "yes", at(90 + 301)).1, []);
    }

    #[test]
    fn old_texts_are_forgotten() {
        let mut recent = Recent::default();
        let first = name(&mut recent, 0);
        recent.lost(WIRE);
        assert_ne!(name(&mut recent, 3_601), first);
        assert_eq!((recent.texts.len(), recent.by_age.len()), (1, 1));
    }
}
