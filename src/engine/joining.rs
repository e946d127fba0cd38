//! Texts whose parts have waited long enough for one that is missing: what is there is the text.

use super::{Engine, ReceiveError};
use crate::store::Whole;
use jiff::{SignedDuration, Timestamp};
use std::sync::{Mutex, PoisonError};

/// Texts that are looked at in one go.
const TEXTS_MAX: usize = 64;
/// How long they are left alone when one could not be handled: its brand may be broken, or the store busy.
const LATER: SignedDuration = SignedDuration::from_mins(1);

/// Until when overdue texts are left alone.
#[derive(Debug, Default)]
pub(super) struct Joining(Mutex<Option<Timestamp>>);

impl Joining {
    fn is_resting(&self, now: Timestamp) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).is_some_and(|until| until > now)
    }

    fn rest(&self, until: Timestamp) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(until);
    }
}

impl Engine {
    /// Handles texts whose parts wait no longer; how many there were.
    pub(super) async fn join_overdue(&self, now: Timestamp) -> Result<usize, ReceiveError> {
        if self.joining.is_resting(now) {
            return Ok(0);
        }
        let mut handled = 0;
        for whole in self.store.parts_due(now, TEXTS_MAX).await? {
            let (account, missing) = (whole.inbound.account.clone(), whole.inbound.missing);
            tracing::warn!(%account, missing, "parts of a text never came: what is there is taken");
            handled += 1;
            match self.take_whole(whole).await {
                Ok(()) => {}
                Err(error) => {
                    tracing::error!(%account, %error, "a text whose parts never came could not be handled; trying again in a minute");
                    self.joining.rest(now.checked_add(LATER).unwrap_or(now));
                    break;
                }
            }
        }
        Ok(handled)
    }

    async fn take_whole(&self, whole: Whole) -> Result<(), ReceiveError> {
        let account = whole.inbound.account.clone();
        let name = whole.name.clone();
        let arrivals = match self.text(&account, whole.inbound, Some(whole.name)).await {
            // Its number was given up meanwhile, and nobody will ever have it by this account.
            Err(ReceiveError::UnknownNumber(_)) => return Ok(self.store.parts_done(&name).await?),
            arrivals => arrivals?,
        };
        for arrival in arrivals {
            self.receive(arrival).await?;
        }
        Ok(())
    }
}
