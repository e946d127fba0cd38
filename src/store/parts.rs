//! Parts of texts that wait for the others: a provider may leave it to us to join them. Those of one text are kept until all
//! are there, or for a time; then its name and the ids of its parts are kept for a while, because parts come again.

use super::{Parts, PartsName, Whole};
use crate::sms::{MessageId, Part};
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

/// How long the parts of a text wait for one that is missing: nearly all come within seconds, and somebody waits for an
/// answer.
pub const PARTS_WITHIN: SignedDuration = SignedDuration::from_mins(5);
/// How long a text is known whose parts were joined: providers bring again for a day what they think was not taken.
const KNOWN_FOR: SignedDuration = SignedDuration::from_hours(24);
/// Texts that may wait for parts. Beyond it the oldest waits no longer.
const WAITING_MAX: usize = 4_096;
/// Texts that are known.
const KNOWN_MAX: usize = 16_384;

/// One part as it is kept.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Piece {
    /// The text that it is of.
    pub(super) name: PartsName,
    /// When the first part of the text came.
    pub(super) at: Timestamp,
    /// Its number.
    pub(super) number: u8,
    /// Its id.
    pub(super) id: MessageId,
    /// The part; `None` once the text was joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) part: Option<Part>,
}

/// Texts in parts.
#[derive(Debug, Default, Clone)]
pub(super) struct Gatherings {
    by_name: BTreeMap<PartsName, Gathering>,
    waiting: BTreeSet<(Timestamp, PartsName)>,
    known: BTreeSet<(Timestamp, PartsName)>,
}

#[derive(Debug, Clone, Default)]
struct Gathering {
    at: Timestamp,
    pieces: BTreeMap<u8, Piece>,
    joined: bool,
}

impl Gathering {
    /// The text, as far as it is there.
    fn whole(&self, name: &PartsName) -> Option<Whole> {
        let inbound = Part::join(self.pieces.values().filter_map(|piece| piece.part.as_ref()))?;
        Some(Whole { name: name.clone(), inbound })
    }
}

/// What is to be written down.
#[derive(Debug, Default)]
pub(super) struct Changes {
    /// Parts as they are now.
    pub(super) put: Vec<Piece>,
    /// Parts that are forgotten.
    pub(super) gone: Vec<(PartsName, u8)>,
}

/// The name of the text that a part is of: all that its parts have in common, without showing whose it is.
fn digest(part: &Part) -> String {
    let Part { inbound, reference, total, .. } = part;
    let common = format!("{}\0{}\0{}\0{reference}\0{total}", inbound.account, inbound.from, inbound.to);
    Sha256::digest(common)[..16].iter().fold(String::new(), |mut hex, byte| {
        let _infallible = write!(hex, "{byte:02x}");
        hex
    })
}

impl Gatherings {
    /// Puts back what was read from a disk.
    pub(super) fn put(&mut self, piece: Piece) {
        let gathering = self.by_name.entry(piece.name.clone()).or_default();
        gathering.at = piece.at;
        gathering.joined |= piece.part.is_none();
        let place = (piece.at, piece.name.clone());
        if gathering.joined {
            self.waiting.remove(&place);
            self.known.insert(place);
        } else {
            self.waiting.insert(place);
        }
        gathering.pieces.insert(piece.number, piece);
    }

    /// Keeps a part. One that was kept before changes nothing; one with the number of another belongs to another text, for
    /// phones count in circles. O(log kept), and as much for each that is forgotten.
    pub(super) fn keep(&mut self, part: &Part, now: Timestamp) -> (Parts, Changes) {
        let digest = digest(part);
        let last = PartsName { digest: digest.clone(), round: u8::MAX };
        let mut round = 0;
        let mut name = None;
        for (kept, gathering) in self.by_name.range(PartsName { digest: digest.clone(), round: 0 }..=last) {
            round = kept.round.saturating_add(1);
            match gathering.pieces.get(&part.number) {
                Some(piece) if piece.id == part.inbound.id && gathering.joined => {
                    return (Parts::Known, Changes::default());
                }
                Some(piece) if piece.id == part.inbound.id => {
                    return (self.state(kept, part.total), Changes::default());
                }
                None if !gathering.joined => name = Some(kept.clone()),
                Some(_) | None => {}
            }
        }
        let name = name.unwrap_or(PartsName { digest, round });
        let at = self.by_name.get(&name).map_or(now, |gathering| gathering.at);
        let (number, id) = (part.number, part.inbound.id.clone());
        let piece = Piece { name: name.clone(), at, number, id, part: Some(part.clone()) };
        self.put(piece.clone());
        let changes = Changes { put: vec![piece], gone: self.forget(now) };
        (self.state(&name, part.total), changes)
    }

    fn state(&self, name: &PartsName, total: u8) -> Parts {
        let complete =
            self.by_name.get(name).filter(|gathering| gathering.pieces.len() == usize::from(total));
        complete.and_then(|gathering| gathering.whole(name)).map_or(Parts::Waiting, Parts::Whole)
    }

    /// Texts that wait no longer, oldest first, with a mark where parts are missing.
    pub(super) fn due(&self, now: Timestamp, limit: usize) -> Vec<Whole> {
        let over = self.waiting.len().saturating_sub(WAITING_MAX);
        let due = self.waiting.iter().enumerate();
        let due = due.take_while(|(place, (at, _))| *place < over || now.duration_since(*at) >= PARTS_WITHIN);
        due.take(limit).filter_map(|(_, (_, name))| self.by_name.get(name)?.whole(name)).collect()
    }

    /// When the first text waits no longer.
    pub(super) fn next_due(&self) -> Option<Timestamp> {
        self.waiting.first().and_then(|(at, _)| at.checked_add(PARTS_WITHIN).ok())
    }

    /// A text was made of these parts: their words are forgotten.
    pub(super) fn done(&mut self, name: &PartsName) -> Changes {
        let Some(gathering) = self.by_name.get_mut(name) else { return Changes::default() };
        gathering.joined = true;
        self.waiting.remove(&(gathering.at, name.clone()));
        self.known.insert((gathering.at, name.clone()));
        let forgotten = gathering.pieces.values_mut().map(|piece| {
            piece.part = None;
            piece.clone()
        });
        Changes { put: forgotten.collect(), gone: Vec::new() }
    }

    /// Forgets texts that are known for long enough.
    fn forget(&mut self, now: Timestamp) -> Vec<(PartsName, u8)> {
        let mut gone = Vec::new();
        while let Some((at, _)) = self.known.first() {
            if now.duration_since(*at) < KNOWN_FOR && self.known.len() <= KNOWN_MAX {
                break;
            }
            let Some((_, name)) = self.known.pop_first() else { break };
            let gathering = self.by_name.remove(&name).unwrap_or_default();
            gone.extend(gathering.pieces.into_keys().map(|number| (name.clone(), number)));
        }
        gone
    }
}
