//! What is asked for in a person's name, or about their number: erasure, correction, a number that has another holder. All of
//! it goes through the one writer; what changes a dialogue is an event like any other.

use super::{Arrival, Engine, ReceiveError, Received};
use crate::consent::{How, Status};
use crate::dialogue::{Event, Left};
use crate::slot::{Answer, Value};
use crate::sms::{BrandId, Key, Phone};
use crate::store::{Erased, Erasure, Scanned, StoreError, Table};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::task::JoinSet;

/// People that are read in one go.
const PAGE: usize = 500;
/// Single reads for a list of numbers: above this many, one pass over all people is no dearer in a house of many brands.
const READS_MAX: usize = 100_000;
/// Events that are handled at once: they share one sync of the disk.
const AT_ONCE: usize = 128;

/// A number that has left its holder, as a carrier says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeftNumber {
    /// The number.
    pub phone: Phone,
    /// When.
    pub on: Date,
    /// What became of it.
    pub how: Left,
}

/// Why a field was not corrected. Nothing was changed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CorrectError {
    /// The brand has no such field.
    #[error("the brand has no field `{field}`; its fields are {}", known.join(", "))]
    NoField {
        /// What was asked for.
        field: String,
        /// The fields that there are.
        known: Vec<String>,
    },
    /// The brand does not know the person.
    #[error("the brand does not know this number")]
    Nobody,
    /// The words are no value of the field.
    #[error("`{words}` is no value of `{field}`: {why}")]
    NoValue {
        /// The field.
        field: String,
        /// The words.
        words: String,
        /// What is wrong with them.
        why: String,
    },
    /// The field holds that already, or the record has no room for more.
    #[error("nothing was changed: the field holds this already, or the record is full")]
    Unchanged,
    /// The event was not taken.
    #[error(transparent)]
    Receive(#[from] ReceiveError),
}

impl Engine {
    /// Erases people, for that reason. O(what the store holds), once for all of them.
    pub async fn erase(&self, people: Vec<Key>, rule: &str) -> Result<Vec<Erased>, StoreError> {
        let at = self.clock.now();
        let erasure = |key| Erasure { key, at, rule: rule.to_owned(), salt: self.chance.salt() };
        self.store.erase(people.into_iter().map(erasure).collect()).await
    }

    /// People of a brand, or of all, whose consent ended before that moment. O(people).
    pub async fn ended_before(
        &self,
        brand: Option<&BrandId>,
        moment: Timestamp,
    ) -> Result<Vec<Key>, StoreError> {
        let (mut ended, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.scan(Table::Subscribers, after, PAGE).await?;
            ended.extend(page.items.into_iter().filter_map(|item| {
                let Scanned::Subscriber { key, record } = item else { return None };
                let person = &record.person;
                let is_older = |at: Option<Timestamp>| at.is_some_and(|at| at < moment);
                let is_over = match person.standing.status {
                    Status::In => false,
                    Status::Out => is_older(person.standing.since),
                    // A number that has left its holder; whoever writes from it today is not over.
                    Status::None => {
                        is_older(person.standing.since) && person.last_text.is_none_or(|at| at < moment)
                    }
                };
                (is_over && brand.is_none_or(|brand| key.brand == *brand)).then_some(key)
            }));
            after = page.next;
            if after.is_none() {
                return Ok(ended);
            }
        }
    }

    /// Opts somebody out who has said so by another way than a text; whether they had not before.
    pub async fn opt_out(&self, key: Key, rule: &str) -> Result<bool, ReceiveError> {
        let received = self.receive(Arrival::opt_out(key, How::Api, rule)).await?;
        Ok(matches!(received, Received::Turn { .. }))
    }

    /// Corrects what a brand knows about somebody; `None` empties the field. The words are read as an answer to a question
    /// for the field would be.
    pub async fn correct(
        &self,
        key: &Key,
        field: &str,
        words: Option<&str>,
        by: &str,
    ) -> Result<Option<Value>, CorrectError> {
        let unknown = || ReceiveError::UnknownBrand(key.brand.to_string());
        let bot = self.bot(&key.brand).ok_or_else(unknown)?;
        let known = || bot.fields().iter().map(|field| field.name.clone()).collect();
        let Some(found) = bot.fields().iter().find(|known| known.name == field) else {
            return Err(CorrectError::NoField { field: field.to_owned(), known: known() });
        };
        let snapshot = self.store.load(key).await.map_err(ReceiveError::from)?;
        if snapshot.record.person.turn == 0 {
            return Err(CorrectError::Nobody);
        }
        let read = |words: &str| {
            let why = match found.slot_type.read(&crate::sms::Text::new(words), &bot.context(self.now())) {
                Answer::Value(value) => return Ok(value),
                Answer::Invalid(why) => why.to_owned(),
                Answer::Ambiguous(values) => {
                    let values: Vec<_> = values.iter().map(ToString::to_string).collect();
                    format!("it may mean {}", values.join(" or "))
                }
                Answer::Unclear => "it is not understood".to_owned(),
            };
            Err(CorrectError::NoValue { field: field.to_owned(), words: words.to_owned(), why })
        };
        let value = words.map(read).transpose()?;
        let (words, by) = (words.map(str::to_owned), Some(by.to_owned()));
        let event = Event::Filled { field: field.to_owned(), words, by };
        match self.receive(Arrival::other(key.clone(), event)).await? {
            Received::Turn { .. } => Ok(value),
            Received::Duplicate | Received::Unchanged => Err(CorrectError::Unchanged),
        }
    }

    /// Ends what the holders of these numbers said, in each of these brands that knows them; how many that were. The same
    /// news twice changes nothing. O(numbers x brands) reads while these are few, else one pass over all people; only who is
    /// known costs a turn.
    pub async fn left(
        self: &Arc<Self>,
        brands: &[BrandId],
        numbers: &[LeftNumber],
    ) -> Result<u64, ReceiveError> {
        let known = if brands.len() > 1 && numbers.len() * brands.len() > READS_MAX {
            self.known_by_pass(brands, numbers).await?
        } else {
            self.known_by_reads(brands, numbers).await?
        };
        let (mut turns, mut ended) = (JoinSet::new(), 0);
        for (key, LeftNumber { on, how, .. }) in known {
            let arrival = Arrival::other(key, Event::Left { how, on });
            let engine = Arc::clone(self);
            turns.spawn(async move { engine.receive(arrival).await });
            if turns.len() == AT_ONCE {
                ended += next(&mut turns).await?;
            }
        }
        while !turns.is_empty() {
            ended += next(&mut turns).await?;
        }
        Ok(ended)
    }

    /// Who of them is known, asked one by one. Of somebody who was erased nothing is known that could pass to another person.
    async fn known_by_reads(
        &self,
        brands: &[BrandId],
        numbers: &[LeftNumber],
    ) -> Result<Vec<(Key, LeftNumber)>, StoreError> {
        let mut known = Vec::new();
        for number in numbers {
            for brand in brands {
                let key = Key { brand: brand.clone(), phone: number.phone };
                if self.store.load(&key).await?.record.person.turn > 0 {
                    known.push((key, number.clone()));
                }
            }
        }
        Ok(known)
    }

    /// The same, found in one pass over all people; a number that stands in the list twice is told twice, in the list's order.
    async fn known_by_pass(
        &self,
        brands: &[BrandId],
        numbers: &[LeftNumber],
    ) -> Result<Vec<(Key, LeftNumber)>, StoreError> {
        let mut listed: HashMap<Phone, Vec<&LeftNumber>> = HashMap::new();
        for number in numbers {
            listed.entry(number.phone).or_default().push(number);
        }
        let brands: HashSet<&BrandId> = brands.iter().collect();
        let (mut known, mut after) = (Vec::new(), None);
        loop {
            let page = self.store.scan(Table::Subscribers, after, PAGE).await?;
            for item in page.items {
                let Scanned::Subscriber { key, record } = item else { continue };
                let Some(listed) = listed.get(&key.phone) else { continue };
                if record.person.turn > 0 && brands.contains(&key.brand) {
                    known.extend(listed.iter().map(|number| (key.clone(), (*number).clone())));
                }
            }
            after = page.next;
            if after.is_none() {
                return Ok(known);
            }
        }
    }
}

/// Waits for one of the turns: 1 where it changed something.
async fn next(turns: &mut JoinSet<Result<Received, ReceiveError>>) -> Result<u64, ReceiveError> {
    match turns.join_next().await {
        Some(Ok(received)) => Ok(u64::from(matches!(received?, Received::Turn { .. }))),
        Some(Err(panicked)) => Err(StoreError::Gone(panicked.to_string()).into()),
        None => Ok(0),
    }
}
