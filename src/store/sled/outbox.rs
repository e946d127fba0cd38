//! Rows of the outbox as the writer keeps them: claimed, settled, decided by an operator.

use super::keys::{self, StoredRow};
use super::writer::{Prepared, Writer};
use crate::sms::{Key, Sender};
use crate::store::codec;
use crate::store::queue::{parts, resolved};
use crate::store::{
    Claim, Claimed, Resolution, Resolved, Row, RowId, RowState, Settlement, StoreError, counted, one_more,
    sent, settled,
};
use jiff::Timestamp;

/// Messages that may wait to be sent: with 200 bytes of memory for each, about a gigabyte. Beyond it nothing is taken that
/// wants to say something; who begins a campaign of more people feeds it in portions.
const WAITING_MAX: usize = 5_000_000;

impl Writer {
    pub(super) fn put_row(&mut self, row: &Row) {
        self.put(keys::row(row.id), StoredRow::encode(row));
        self.live.put(row);
    }

    fn row(&self, id: RowId) -> Result<Option<Row>, StoreError> {
        let key = keys::row(id);
        self.get(&key)?.map(|value| keys::read_row(&|key| self.get(key), &key, &value)).transpose()
    }

    pub(super) fn claim(&mut self, claim: &Claim) -> Claimed {
        let mut rows = Vec::new();
        while rows.len() < claim.limit {
            let Some((priority, id)) = self.live.next(claim) else { break };
            let Some(mut row) = self.readable_row(id) else {
                self.live.set_aside(id);
                continue;
            };
            self.live.leaves(&row, priority, parts(&row), claim);
            self.mark_sending(&mut row, Some(claim.now));
            rows.push(row);
        }
        Claimed { rows, again: self.live.again(claim.now) }
    }

    /// Does what an operator wants of a row.
    pub(super) fn resolve(
        &mut self,
        id: RowId,
        resolution: Resolution,
        at: Timestamp,
    ) -> Result<Resolved, StoreError> {
        let Some(row) = self.row(id)? else { return Ok(Resolved::Missing) };
        let row = Box::new(row);
        let Some(after) = resolved(&row, resolution, at) else { return Ok(Resolved::Not(row)) };
        self.live.forget(&row);
        match after {
            Some(after) => self.put_row(&after),
            None => self.delete(keys::row(id)),
        }
        Ok(Resolved::Done(row))
    }

    /// Whether so much waits to be sent already that these turns would have no place for their messages.
    pub(super) fn has_no_place_for(&self, turns: &[Prepared]) -> bool {
        let sends = |turn: &Prepared| turn.turn.entry.effects.iter().any(|effect| effect.errand().is_some());
        self.live.waiting() >= WAITING_MAX && turns.iter().any(sends)
    }

    pub(super) fn claim_for(&mut self, key: &Key, from: Sender, limit: usize) -> Vec<Row> {
        let mut claimed = Vec::new();
        for id in self.live.waiting_for(key) {
            if claimed.len() == limit {
                break;
            }
            let Some(mut row) = self.readable_row(id) else { continue };
            if row.errand.send().is_some_and(|send| send.from == Some(from)) {
                self.mark_sending(&mut row, None);
                claimed.push(row);
            }
        }
        claimed
    }

    /// A row to be claimed. One that cannot be read is left out: it must not keep the others from being sent.
    pub(super) fn readable_row(&self, id: RowId) -> Option<Row> {
        self.row(id).unwrap_or_else(|error| {
            tracing::error!(row = %id, %error, "a message cannot be read; it stays where it is");
            None
        })
    }

    fn mark_sending(&mut self, row: &mut Row, now: Option<Timestamp>) {
        self.live.forget(row);
        row.state = RowState::Sending;
        row.due = now.unwrap_or(row.due);
        self.put_row(row);
    }

    pub(super) fn settle(&mut self, id: RowId, settlement: &Settlement) -> Result<(), StoreError> {
        let Some(row) = self.row(id)? else { return Ok(()) };
        self.live.forget(&row);
        if let Some(at) = counted(settlement) {
            self.count(&row.key, at)?;
        }
        if let Some(sent) = sent(&row, settlement) {
            self.put(keys::sent(&sent.account, &sent.id), codec::encode(&sent));
        }
        match settled(row, settlement) {
            Some(row) => self.put_row(&row),
            None => self.delete(keys::row(id)),
        }
        Ok(())
    }

    /// Writes down that a message left at that moment.
    pub(super) fn count(&mut self, key: &Key, at: Timestamp) -> Result<(), StoreError> {
        let key = keys::left(key);
        let mut left = keys::read_left(self.get(&key)?.as_deref())?;
        one_more(&mut left, at);
        self.put(key, codec::encode(&left));
        Ok(())
    }
}
