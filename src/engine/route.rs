//! Which brand a delivery is for: that of the number, or of a number that several share, by keyword and last dialogue.

use super::{Arrival, Engine, ReceiveError};
use crate::bot::Bot;
use crate::consent::{How, Kind, kind_of};
use crate::dialogue::{Event, KEYWORD, Move, Scene, State, decide, fingerprint, read, resume};
use crate::provider::Delivery;
use crate::sms::{
    AccountId, BODY_BYTES_MAX, BrandId, Inbound, Key, Part, Phone, Receipt, Sender, Text, mask_numbers,
};
use crate::store::{Parts, PartsName, StoreError};
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::MutexGuard;

/// Who answers each number.
#[derive(Debug, Default)]
pub(super) struct Numbers(HashMap<Sender, Arc<Line>>);

/// Who answers one number.
#[derive(Debug, Default)]
pub(super) struct Line {
    account: Option<AccountId>,
    /// One, but for numbers that are shared; in the order of their names.
    brands: Vec<BrandId>,
    /// Whether a brand that cannot be served now has it too.
    closed: bool,
}

impl Numbers {
    /// The numbers of the brands that are served, and those that are closed.
    pub(super) fn of(bots: &[Arc<Bot>], closed: &[Sender]) -> Self {
        let mut lines: HashMap<Sender, Line> = HashMap::new();
        for bot in bots {
            for number in &bot.numbers {
                let line = lines.entry(number.sender).or_default();
                line.account = Some(number.account.clone());
                line.brands.push(bot.kept_as.clone());
            }
        }
        for number in closed {
            lines.entry(*number).or_default().closed = true;
        }
        for line in lines.values_mut() {
            line.brands.sort();
        }
        Self(lines.into_iter().map(|(number, line)| (number, Arc::new(line))).collect())
    }

    /// The line of a number. An account speaks only for the numbers that it carries.
    pub(super) fn line(&self, account: &AccountId, to: Sender) -> Result<Arc<Line>, ReceiveError> {
        let line = self.0.get(&to).ok_or(ReceiveError::UnknownNumber(to))?;
        match &line.account {
            None => Err(ReceiveError::Closed(to)),
            Some(carrier) if carrier == account => Ok(Arc::clone(line)),
            Some(_) => Err(ReceiveError::UnknownNumber(to)),
        }
    }
}

/// The events that a delivery is, in the order in which they are to be received.
///
/// For a text to a number that brands share, nobody else decides whose the same person's next one is until these are
/// dropped: a text that is delivered twice at once must not become a turn of two brands.
pub struct Arrivals<'e> {
    events: std::vec::IntoIter<Arrival>,
    _lane: Option<MutexGuard<'e, ()>>,
}

impl Iterator for Arrivals<'_> {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        self.events.next()
    }
}

/// What a person has with one of the brands that share a number.
struct Side {
    key: Key,
    state: State,
    /// Where in the order of rungs the brand takes the text, and whether that begins one of its flows.
    rung: usize,
    begins: bool,
}

impl Engine {
    /// The events that a delivery of an account is to our brands, in the order in which they are to be received: one, but
    /// none for a receipt of a message that we did not send, and several for an opt-out from a number that brands share.
    pub async fn arrivals(
        &self,
        account: &AccountId,
        delivery: Delivery,
    ) -> Result<Arrivals<'_>, ReceiveError> {
        let events = match delivery {
            Delivery::Text(inbound) => return self.text(account, inbound, None).await,
            Delivery::Part(part) => return self.part(account, &part).await,
            Delivery::OptOut { from, to, how } => self.opt_outs(account, from, to, how)?,
            Delivery::Receipt(receipt) => {
                let key = self.whose(&receipt).await?;
                key.map(|key| Arrival::receipt(key, receipt)).into_iter().collect()
            }
            Delivery::Unread { why } => {
                tracing::warn!(%account, why = %mask_numbers(&why), "an item of a webhook makes no sense");
                Vec::new()
            }
        };
        Ok(Arrivals { events: events.into_iter(), _lane: None })
    }

    /// The events that a text is, and the parts that it was joined of.
    pub(super) async fn text(
        &self,
        account: &AccountId,
        mut inbound: Inbound,
        parts: Option<PartsName>,
    ) -> Result<Arrivals<'_>, ReceiveError> {
        let guard = self.lane_of_line(account, &inbound).await?;
        shorten(&mut inbound.body);
        let line = self.line(account, inbound.to)?;
        let mut events = match line.brands.as_slice() {
            [brand] if !line.closed => vec![Arrival::text(key(brand, inbound.from), inbound)],
            _ => self.shared(&line, inbound).await?,
        };
        // The text itself comes last.
        if let Some(last) = events.last_mut() {
            last.parts = parts;
        }
        Ok(Arrivals { events: events.into_iter(), _lane: guard })
    }

    /// The events that a part is: none, or those of the text that it completes.
    async fn part(&self, account: &AccountId, part: &Part) -> Result<Arrivals<'_>, ReceiveError> {
        self.line(account, part.inbound.to)?;
        match self.store.part(part, self.clock.now()).await? {
            Parts::Whole(whole) => self.text(account, whole.inbound, Some(whole.name)).await,
            Parts::Waiting | Parts::Known => Ok(Arrivals { events: Vec::new().into_iter(), _lane: None }),
        }
    }

    fn opt_outs(
        &self,
        account: &AccountId,
        from: Phone,
        to: Sender,
        how: How,
    ) -> Result<Vec<Arrival>, ReceiveError> {
        let line = self.line(account, to)?;
        if line.closed {
            return Err(ReceiveError::Closed(to));
        }
        let out = |brand| Arrival::opt_out(key(brand, from), how, "provider");
        Ok(line.brands.iter().map(out).collect())
    }

    /// Where brands share a number, its texts of one person are routed and received one at a time.
    async fn lane_of_line(
        &self,
        account: &AccountId,
        inbound: &Inbound,
    ) -> Result<Option<MutexGuard<'_, ()>>, ReceiveError> {
        match self.line(account, inbound.to)?.brands.as_slice() {
            [first, _, ..] => Ok(Some(self.lines.enter(&key(first, inbound.from)).await)),
            _ => Ok(None),
        }
    }

    /// Whose message a receipt is of. One that outran the answer to its send is kept until that has come.
    async fn whose(&self, receipt: &Receipt) -> Result<Option<Key>, StoreError> {
        if let Some(key) = self.store.receipt(receipt).await? {
            return Ok(Some(key));
        }
        self.store.stray(receipt, self.clock.now()).await?;
        // The answer may have come in between, and have found nothing.
        let key = self.store.receipt(receipt).await?;
        if key.is_some() {
            self.store.strays(&receipt.account, &receipt.id).await?;
        }
        Ok(key)
    }

    /// A text to a number that brands share. An opt-out is one from all of them, and one of them confirms it. Else it is for
    /// the brand of the person's last dialogue, if that takes it as highly as a keyword; then for the brand whose keyword it
    /// is; then for the last dialogue's again, or the first brand. O(brands of the number), [`SHARED_MAX`] at most.
    ///
    /// [`SHARED_MAX`]: crate::workspace::SHARED_MAX
    async fn shared(&self, line: &Line, inbound: Inbound) -> Result<Vec<Arrival>, ReceiveError> {
        let closed = || ReceiveError::Closed(inbound.to);
        let seen = fingerprint(&inbound.account, &inbound.id);
        let mut sides = Vec::with_capacity(line.brands.len());
        for brand in &line.brands {
            let side = self.side(brand, &inbound).await?;
            if side.state.person.has_seen(seen) {
                return Ok(vec![Arrival::text(side.key, inbound)]);
            }
            sides.push(side);
        }
        // The one they texted last before all others.
        sides.sort_by_key(|side| std::cmp::Reverse(side.state.person.last_text));
        if let Kind::OptOut { rule, yields: false, .. } = kind_of(&Text::new(&inbound.body), inbound.hint) {
            if line.closed {
                return Err(closed());
            }
            let (confirming, others) = sides.split_first().ok_or_else(closed)?;
            let out = |side: &Side| Arrival::opt_out(side.key.clone(), How::Text, &rule);
            // The confirmation comes last: whatever comes again until then changes nothing.
            let text = Arrival::text(confirming.key.clone(), inbound);
            return Ok(others.iter().map(out).chain([text]).collect());
        }
        let talks = sides.first().filter(|side| side.state.person.last_text.is_some());
        let takes = talks
            .filter(|side| side.rung <= KEYWORD)
            .or_else(|| sides.iter().filter(|side| side.begins).min_by_key(|side| side.rung));
        let side = match takes {
            Some(side) => side,
            // It may be meant for the brand that cannot be served.
            None if line.closed => return Err(closed()),
            None => sides.first().ok_or_else(closed)?,
        };
        Ok(vec![Arrival::text(side.key.clone(), inbound)])
    }

    async fn side(&self, brand: &BrandId, inbound: &Inbound) -> Result<Side, ReceiveError> {
        let bot = self.bot(brand).ok_or_else(|| ReceiveError::UnknownBrand(brand.to_string()))?;
        let bot = &*bot;
        let key = key(brand, inbound.from);
        let state = resume(bot, self.store.load(&key).await?.record);
        let now = self.clock.now();
        let reading = read(bot, &state, &Event::Text(inbound.clone()), now);
        let decided = decide(&Scene { bot, state: &state, reading: &reading, now });
        let rung = decided.as_ref().map_or(usize::MAX, |(rung, _)| *rung);
        let begins = matches!(decided, Some((_, Move::Start(..) | Move::AskAgain(_))));
        Ok(Side { key, state, rung, begins })
    }
}

fn key(brand: &BrandId, phone: Phone) -> Key {
    Key { brand: brand.clone(), phone }
}

/// Cuts a body at the longest that is kept, at a character; what providers carry is far shorter.
fn shorten(body: &mut String) {
    if body.len() > BODY_BYTES_MAX {
        let mut end = BODY_BYTES_MAX;
        while !body.is_char_boundary(end) {
            end -= 1;
        }
        tracing::warn!(bytes = body.len(), "a body longer than any provider carries was cut");
        body.truncate(end);
    }
}
