//! A message from a subscriber.

use super::{AccountId, MessageId, Phone, Sender};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A message from a subscriber, as a provider delivered it (its trade calls this "mobile originated").
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inbound {
    /// The account it came through.
    pub account: AccountId,
    /// The provider's id: the same message delivered twice carries the same one.
    pub id: MessageId,
    /// Who wrote.
    pub from: Phone,
    /// The number that was texted.
    pub to: Sender,
    /// The words, exactly; empty when only a picture came.
    #[serde(default)]
    pub body: String,
    /// When the provider took it, where it says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sent_at: Option<Timestamp>,
    /// References to pictures and the like; nothing is downloaded here.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub media: Vec<Media>,
    /// What the provider itself took the text for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hint: Option<OptOutHint>,
    /// How many of its parts never came; in the body `…` stands in their place.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub missing: u8,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "the shape that serde asks for")]
fn is_zero(number: &u8) -> bool {
    *number == 0
}

/// One part of a text that comes in several, each a message of its own, because the provider leaves it to us to join them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The part as a message; its words stand in `units`.
    pub inbound: Inbound,
    /// What all parts of the text have in common, beside who wrote to whom.
    pub reference: String,
    /// How many parts the text has.
    pub total: u8,
    /// Which of them this is, from 1.
    pub number: u8,
    /// Its words in 16-bit units: phones cut between the halves of one character.
    pub units: Vec<u16>,
}

/// What stands for parts that never came.
const GAP: &str = "…";

impl Part {
    /// A message that is one part of a text, if its numbers make sense: two parts or more, and this is one of them.
    #[must_use]
    pub fn new(mut inbound: Inbound, reference: String, number: u8, total: u8) -> Option<Self> {
        let units = std::mem::take(&mut inbound.body).encode_utf16().collect();
        Self::of_units(inbound, reference, number, total, units)
    }

    /// The same with its words in units, which may begin or end with half a character.
    #[must_use]
    pub fn of_units(
        inbound: Inbound,
        reference: String,
        number: u8,
        total: u8,
        units: Vec<u16>,
    ) -> Option<Self> {
        let sound = total >= 2 && (1..=total).contains(&number);
        sound.then_some(Self { inbound, reference, total, number, units })
    }

    /// The text that parts of one text are, in the order of their numbers: under the id of the first that is there, and with
    /// a mark in the place of those that are not. Nothing where there are none. O(units).
    #[must_use]
    pub fn join<'p>(parts: impl IntoIterator<Item = &'p Self>) -> Option<Inbound> {
        let mut units: Vec<u16> = Vec::new();
        let mut whole: Option<Inbound> = None;
        let (mut next, mut total, mut there) = (1, 0, 0);
        for part in parts {
            if part.number > next {
                units.extend(GAP.encode_utf16());
            }
            units.extend(&part.units);
            (next, total, there) = (part.number.saturating_add(1), part.total, there + 1);
            whole.get_or_insert_with(|| part.inbound.clone());
        }
        if next <= total {
            units.extend(GAP.encode_utf16());
        }
        let whole = whole?;
        Some(Inbound { body: String::from_utf16_lossy(&units), missing: total - there, ..whole })
    }
}

/// A picture or other file that came with a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Media {
    /// Where it can be fetched.
    pub url: String,
    /// Its media type, such as `image/jpeg`.
    pub content_type: String,
}

/// A provider's own reading of a compliance word, such as Twilio's `OptOutType`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum OptOutHint {
    /// It took the text for an opt-out.
    Stop,
    /// It took the text for a call for help.
    Help,
    /// It took the text for an opt-in.
    Start,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(number: u8, total: u8, units: &[u16]) -> Part {
        let inbound = Inbound {
            account: "main".into(),
            id: format!("m{number}").as_str().into(),
            from: "+14045550123".parse().expect("a number"),
            to: "+14045550100".parse().expect("a number"),
            body: String::new(),
            sent_at: None,
            media: Vec::new(),
            hint: None,
            missing: 0,
        };
        Part::of_units(inbound, "7".to_owned(), number, total, units.to_vec())
            .expect("its numbers make sense")
    }

    fn words(text: &str) -> Vec<u16> {
        text.encode_utf16().collect()
    }

    #[test]
    fn a_character_that_was_cut_between_two_parts_is_whole_again() {
        let smile = words("🙂");
        let joined =
            Part::join([&part(1, 2, &[words("a"), smile[..1].to_vec()].concat()), &part(2, 2, &smile[1..])]);
        let joined = joined.expect("there are parts");
        assert_eq!((joined.body.as_str(), joined.missing, joined.id.as_str()), ("a🙂", 0, "m1"));
    }

    #[test]
    fn what_never_came_leaves_a_mark_where_it_was() {
        let one = |number: u8| part(number, 4, &words(&number.to_string()));
        for (there, body, missing) in [
            (vec![2, 3], "…23…", 2),
            (vec![1, 4], "1…4", 2),
            (vec![1], "1…", 3),
            (vec![1, 2, 3, 4], "1234", 0),
        ] {
            let parts: Vec<_> = there.into_iter().map(one).collect();
            let joined = Part::join(&parts).expect("there are parts");
            assert_eq!((joined.body.as_str(), joined.missing), (body, missing));
        }
        assert_eq!(Part::join([]), None);
    }

    #[test]
    fn numbers_that_make_no_sense_are_no_parts() {
        let inbound = part(1, 2, &[]).inbound;
        for (number, total) in [(0, 2), (3, 2), (1, 1), (1, 0)] {
            assert_eq!(
                Part::new(inbound.clone(), "7".to_owned(), number, total),
                None,
                "{number} of {total}"
            );
        }
    }
}
