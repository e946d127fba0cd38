//! Timers and results that wait to be heard: both are found by looking at dialogues whose time has come.

use super::{Arrival, Engine, ReceiveError};
use crate::dialogue::Event;
use crate::sms::Key;
use jiff::SignedDuration;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;
use tokio::task::JoinSet;

/// Dialogues that are looked at in one go, all at once: their turns share one sync of the disk.
const ALARMS_MAX: usize = 256;
/// How long a dialogue is left alone whose timer could not be handled: its brand may be broken, or its record.
pub(super) const PARKED_FOR: SignedDuration = SignedDuration::from_mins(1);
/// How often the timers are looked at.
const IDLE: Duration = Duration::from_millis(500);
/// A timer that rings later than this is late: nobody sees a second.
const LATE: SignedDuration = SignedDuration::from_secs(1);

impl Engine {
    /// Handles the timers that are due now, the oldest of them first; how many there were. Each is one event like any other:
    /// in its subscriber's order, beside all others, and one that fails stops no other.
    pub async fn tick(self: &Arc<Self>) -> Result<usize, ReceiveError> {
        let now = self.clock.now();
        let joined = self.join_overdue(now).await?;
        let parked = self.parked.now(now);
        let alarms = self.store.due(now, ALARMS_MAX + parked.len()).await?;
        let ringing: Vec<_> = alarms.into_iter().filter(|alarm| !parked.contains_key(&alarm.key)).collect();
        let late = ringing.first().map_or(SignedDuration::ZERO, |oldest| now.duration_since(oldest.at));
        self.note_lateness(late, ringing.len());
        if let Some(metrics) = &self.metrics {
            metrics.timers(ringing.iter().map(|alarm| now.duration_since(alarm.at).as_secs_f64()));
        }
        let mut wakes = JoinSet::new();
        let count = ringing.len();
        for alarm in ringing {
            let engine = Arc::clone(self);
            wakes.spawn(async move { (engine.wake(&alarm.key).await, alarm.key) });
        }
        while let Some(woken) = wakes.join_next().await {
            match woken {
                Ok((Ok(()), _)) => {}
                Ok((Err(error), key)) => {
                    tracing::error!(brand = %key.brand, %error, "a timer could not be handled; trying again in a minute");
                    self.parked.park(key, now, PARKED_FOR);
                }
                Err(error) => tracing::error!(%error, "a timer ended in a panic; it rings again"),
            }
        }
        Ok(joined + count)
    }

    /// How late the timers ring that ring now: the oldest that was due when they were last looked at.
    #[must_use]
    pub fn timers_late(&self) -> SignedDuration {
        SignedDuration::from_millis(self.late_millis.load(Ordering::Relaxed))
    }

    /// Notes how late the oldest is, and says so when they begin to be late and when they have caught up.
    fn note_lateness(&self, late: SignedDuration, count: usize) {
        let millis = i64::try_from(late.as_millis()).unwrap_or(i64::MAX);
        let before = self.late_millis.swap(millis, Ordering::Relaxed);
        let was_late = SignedDuration::from_millis(before) > LATE;
        match (was_late, late > LATE) {
            (false, true) => tracing::warn!(late_ms = millis, count, "timers ring late, the oldest first"),
            (true, false) => tracing::info!("timers ring in time again"),
            (true, true) | (false, false) => {}
        }
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
