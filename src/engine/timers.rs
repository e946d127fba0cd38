//! Timers and results that wait to be heard: both are found by looking at dialogues whose time has come.

use super::{Arrival, Engine, ReceiveError};
use crate::dialogue::Event;
use crate::sms::Key;

/// Dialogues that are looked at in one go.
const ALARMS_MAX: usize = 256;

impl Engine {
    /// Handles every timer that is due now; how many there were. Each is one event like any other.
    pub async fn tick(&self) -> Result<usize, ReceiveError> {
        let now = self.clock.now();
        let alarms = self.store.due(now, ALARMS_MAX).await?;
        for alarm in &alarms {
            self.wake(&alarm.key).await?;
        }
        Ok(alarms.len())
    }

    /// Tells a dialogue what it waits for: first the results of its takes, then the timer that is due.
    async fn wake(&self, key: &Key) -> Result<(), ReceiveError> {
        let person = self.store.load(key).await?.record.person;
        let now = self.clock.now();
        let taken = person.taken.first().cloned().map(Event::Taken);
        let timer = person.timers.iter().filter(|timer| timer.due <= now).min_by_key(|timer| timer.due);
        let due = taken.or_else(|| timer.map(|timer| Event::Timer { armed_in: timer.armed_in }));
        if let Some(event) = due {
            self.receive(Arrival::other(key.clone(), event)).await?;
        }
        Ok(())
    }
}
