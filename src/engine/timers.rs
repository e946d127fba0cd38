//! Timers and results that wait to be heard: both are found by looking at dialogues whose time has come.

use super::{Arrival, Engine, ReceiveError};
use crate::dialogue::Event;
use crate::sms::Key;
use jiff::{SignedDuration, Timestamp};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Dialogues that are looked at in one go.
const ALARMS_MAX: usize = 256;
/// How long a dialogue is left alone whose timer could not be handled: its brand may be broken, or its record.
const PARKED_FOR: SignedDuration = SignedDuration::from_mins(1);
/// How often the timers are looked at.
const IDLE: Duration = Duration::from_millis(500);

/// Dialogues whose timers could not be handled, and until when they are left alone.
#[derive(Debug, Default)]
pub(super) struct Parked(Mutex<BTreeMap<Key, Timestamp>>);

impl Parked {
    fn park(&self, key: Key, until: Timestamp) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(key, until);
    }

    /// Those that are still left alone.
    fn now(&self, now: Timestamp) -> BTreeSet<Key> {
        let mut parked = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        parked.retain(|_, until| *until > now);
        parked.keys().cloned().collect()
    }
}

impl Engine {
    /// Handles every timer that is due now; how many there were. Each is one event like any other, and one that fails
    /// stops no other.
    pub async fn tick(&self) -> Result<usize, ReceiveError> {
        let now = self.clock.now();
        let joined = self.join_overdue(now).await?;
        let parked = self.parked.now(now);
        let alarms = self.store.due(now, ALARMS_MAX + parked.len()).await?;
        let mut handled = joined;
        for alarm in alarms.into_iter().filter(|alarm| !parked.contains(&alarm.key)) {
            handled += 1;
            if let Err(error) = self.wake(&alarm.key).await {
                tracing::error!(brand = %alarm.key.brand, %error, "a timer could not be handled; trying again in a minute");
                self.parked.park(alarm.key, now.checked_add(PARKED_FOR).unwrap_or(now));
            }
        }
        Ok(handled)
    }

    /// Handles due timers, for as long as the process lives.
    pub async fn run_timers(self: Arc<Self>) {
        loop {
            match self.tick().await {
                Ok(0) => {}
                Ok(_) => continue,
                Err(error) => tracing::error!(%error, "the timers could not work"),
            }
            tokio::time::sleep(IDLE).await;
        }
    }

    /// Tells a dialogue what it waits for: first the results of its takes, then the timer that is due.
    async fn wake(&self, key: &Key) -> Result<(), ReceiveError> {
        let person = self.store.load(key).await?.record.person;
        let now = self.clock.now();
        let taken = person.taken.first().cloned().map(Event::Taken);
        let timer = person.armed().filter(|timer| timer.due <= now).min_by_key(|timer| timer.due);
        let due = taken.or_else(|| timer.map(|timer| Event::Timer { armed_in: timer.armed_in }));
        if let Some(event) = due {
            self.receive(Arrival::other(key.clone(), event)).await?;
        }
        Ok(())
    }
}
