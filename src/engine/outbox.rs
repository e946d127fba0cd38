//! The outbox: what was committed is sent, once. A message is marked as being sent before its first byte leaves; after
//! a crash in between nobody knows whether it left, so it is shown to the operator and not repeated.

use super::metrics::SendStage;
use super::{Arrival, CallError, Chance, Engine, ReceiveError};
use crate::bot::{Bot, Number};
use crate::consent::{Asking, How, Limits, Pass, Verdict, gate};
use crate::dialogue::{Effect, Errand, Send};
use crate::provider::{Account, Outcome, Provider, Rejection};
use crate::sms::{AccountId, Class, Key, MessageId, Outbound, Receipt, ReceiptState, Sender, mask_numbers};
use crate::store::{Claim, Claimed, Death, Resolution, Resolved, Row, RowId, Settlement, StoreError, Via};
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::MutexGuard;
use tokio::task::JoinSet;

/// Messages that are being sent at once.
const IN_FLIGHT_MAX: usize = 1_024;
/// Messages that are being sent at once by one account: at a fifth of a second for each more than 300 a second, and of
/// accounts that answer slowly it takes sixteen to use all that there is room for.
const BY_ACCOUNT_MAX: usize = 64;
/// Lookups and webhooks of one brand that are under way at once: a service that is slow is not asked more often for that.
const BY_BRAND_MAX: usize = 16;
/// How long an account is left alone that answers 429 and does not say for how long.
const PAUSE: SignedDuration = SignedDuration::from_secs(1);
/// The longest that a provider is left alone because it asks for it; then it is asked again.
pub(super) const PAUSED_AT_MOST: SignedDuration = SignedDuration::from_hours(1);
/// How long a held message may wait in all, where nothing else is said: nights, a weekend with a holiday and a cap fit in.
pub const STALE_AFTER: SignedDuration = SignedDuration::from_hours(7 * 24);
/// Attempts at one message: with the delays below, the last comes a little over an hour after the first. A reply that
/// late answers nobody.
const ATTEMPTS_MAX: u32 = 12;
/// The first delay; it doubles with each attempt.
const RETRY_FIRST_SECONDS: i64 = 2;
/// The longest delay.
const RETRY_LONGEST_SECONDS: i64 = 3_600;
/// How long a message waits whose brand is not served.
const BRAND_AWAY: SignedDuration = SignedDuration::from_mins(10);
/// Characters of a provider's complaint that are kept.
const WHY_CHARACTERS_MAX: usize = 300;
/// How often the outbox is looked at when nothing wakes it.
const IDLE: Duration = Duration::from_millis(500);
/// How long is waited at least where a pace lets something pass: what passes meanwhile leaves together.
const SHORTEST: SignedDuration = SignedDuration::from_millis(5);

impl Engine {
    /// Sends what is due now and waits for all of it; how many messages were tried.
    pub async fn dispatch(self: &Arc<Self>) -> Result<usize, ReceiveError> {
        let mut sending = Sending::default();
        let (tried, _) = sending.claim(self).await?;
        while sending.done(self).await {}
        Ok(tried)
    }

    /// Sends what is due until [`Self::stop_sending`]; then finishes what has begun. A slow answer holds up only the person
    /// it was asked for, while fewer than [`IN_FLIGHT_MAX`] are waited for.
    pub async fn run_outbox(self: Arc<Self>) {
        let mut stop = self.stop.subscribe();
        let mut sending = Sending::default();
        while !*stop.borrow_and_update() {
            let nap = match sending.claim(&self).await {
                Ok((0, again)) => again.map_or(IDLE, |again| self.until(again).min(IDLE)),
                Ok(_) => continue,
                Err(error) => {
                    tracing::error!(%error, "the outbox could not work");
                    IDLE
                }
            };
            // In this order where several are ready: a run depends on what happens and not on chance.
            tokio::select! {
                biased;
                _ = stop.changed() => {}
                _ = sending.done(&self), if !sending.tasks.is_empty() => {}
                () = self.wake_outbox.notified(), if sending.has_room() => {}
                () = tokio::time::sleep(nap), if sending.has_room() => {}
            }
        }
        while sending.done(&self).await {}
    }

    /// How long it is until a moment.
    fn until(&self, moment: Timestamp) -> Duration {
        moment.duration_since(self.clock.now()).max(SHORTEST).unsigned_abs()
    }

    /// What may be claimed now.
    fn claims(&self, now: Timestamp, limit: usize) -> Claim {
        let (by_account, by_brand) = (BY_ACCOUNT_MAX, BY_BRAND_MAX);
        let paused = self.paused.now(now).into_iter().collect();
        Claim { now, limit, by_account, by_brand, pace: self.pace(), paused }
    }

    /// Does to a message what an operator wants, where that makes sense in its state.
    pub async fn resolve(&self, id: RowId, resolution: Resolution, by: &str) -> Result<Resolved, StoreError> {
        let resolved = self.store.resolve(id, resolution, self.clock.now()).await?;
        if let Resolved::Done(before) = &resolved {
            tracing::info!(row = %id, brand = %before.key.brand, ?resolution, by, "an operator has decided");
            self.wake_outbox.notify_one();
        }
        Ok(resolved)
    }

    /// Lets [`Self::run_outbox`] finish.
    pub fn stop_sending(&self) {
        self.stop.send_replace(true);
    }

    /// Sends one message and settles it, whatever happens on the way.
    async fn send(&self, row: Row) {
        let _lane = self.counting(&row).await;
        let settlement = match self.outcome(&row).await {
            Ok(settlement) => settlement,
            Err(error) => {
                tracing::error!(row = %row.id, %error, "a message could not be looked at; trying again");
                self.retry(&row, None, &error.to_string())
            }
        };
        let phone = self.shown(row.key.phone);
        tracing::info!(row = %row.id, brand = %row.key.brand, %phone, settlement = settlement.name(), "send");
        self.note_send(&row, &settlement);
        let taken = if let Settlement::Sent { account, id, .. } = &settlement {
            Some((account.clone(), id.clone()))
        } else {
            None
        };
        self.settle(row.id, settlement).await;
        if let Some((account, id)) = taken {
            self.early_receipts(row.id, &account, &id).await;
        }
    }

    /// Takes the receipts that came before the answer to their send; a store that is busy is asked until it has taken them.
    async fn early_receipts(&self, row: RowId, account: &AccountId, id: &MessageId) {
        let early = loop {
            match self.store.strays(account, id).await {
                Err(StoreError::Busy) => tokio::time::sleep(IDLE).await,
                early => break early,
            }
        };
        for receipt in early.unwrap_or_default() {
            while let Err(error) = self.early_receipt(&receipt).await {
                tracing::error!(%row, %error, "a receipt that came early could not be taken");
                if !matches!(error, ReceiveError::Contended | ReceiveError::Store(StoreError::Busy)) {
                    break;
                }
                tokio::time::sleep(IDLE).await;
            }
        }
    }

    async fn early_receipt(&self, receipt: &Receipt) -> Result<(), ReceiveError> {
        if let Some(key) = self.store.receipt(receipt).await? {
            self.receive(Arrival::receipt(key, receipt.clone())).await?;
        }
        Ok(())
    }

    /// Waits until nothing else is on its way to a person that a cap may count beside this message.
    async fn counting(&self, row: &Row) -> Option<MutexGuard<'_, ()>> {
        let bot = self.bot(&row.key.brand)?;
        let is_limited = row.errand.send().is_some_and(|send| bot.limits(send.class));
        if is_limited { Some(self.counted.enter(&row.key).await) } else { None }
    }

    /// Counts what became of a message, and tells it to whoever listens.
    fn note_send(&self, row: &Row, settlement: &Settlement) {
        if let Some(metrics) = &self.metrics {
            metrics.send(&row.errand, settlement);
        }
        self.tell_send(row, settlement);
    }

    async fn outcome(&self, row: &Row) -> Result<Settlement, ReceiveError> {
        match &row.errand {
            Errand::Send(send) => {
                let mut laps = self.laps();
                let admitted = self.admit(row, send).await?;
                laps.send(SendStage::Gate);
                match admitted {
                    Ok((account, outbound, pass)) => self.transmit(row, &account, &outbound, pass).await,
                    Err(settlement) => Ok(settlement),
                }
            }
            Errand::Lookup(lookup) => self.look_up(row, lookup).await,
            Errand::Notify(notify) => Ok(self.notify(row, notify).await),
        }
    }

    /// Writes down what became of a message; a store that is busy is asked until it has taken it.
    async fn settle(&self, id: RowId, settlement: Settlement) {
        while let Err(error) = self.store.settle(vec![(id, settlement.clone())]).await {
            tracing::error!(row = %id, %error, "an outcome could not be written down");
            if error != StoreError::Busy {
                return; // it stays `sending`, and is shown as unknown after the next start
            }
            tokio::time::sleep(IDLE).await;
        }
    }

    /// Asks the gate; what is to be sent and through whom, or what becomes of the message instead.
    async fn admit(
        &self,
        row: &Row,
        send: &Send,
    ) -> Result<Result<(Arc<Account>, Outbound, Pass), Settlement>, StoreError> {
        let never = |why| Ok(Err(Settlement::Dead { why }));
        if row.held && self.clock.now().duration_since(row.written) > self.stale_after {
            tracing::info!(row = %row.id, written = %row.written, "a message was held for too long to be sent");
            return never(Death::Stale);
        }
        let Some(bot) = self.bot(&row.key.brand) else {
            // Its files have errors today, or its folder is away: what it owes is not thrown away for that.
            return Ok(Err(Settlement::Hold { until: self.later(BRAND_AWAY), why: None }));
        };
        let Some((from, account)) = self.leaves_from(&bot, send) else { return never(Death::NoAccount) };
        let (body, media, reference) = (send.body.clone(), send.media.clone(), row.id.to_string());
        let outbound = Outbound { from, to: row.key.phone, body, media, reference };
        self.prepare(&account, &outbound).await;
        let left = if bot.limits(send.class) { self.store.left(&row.key).await? } else { Vec::new() };
        // Read last: between this and the first byte nothing is waited for, so that a STOP comes before it or after it.
        let person = self.store.load(&row.key).await?.record.person;
        let begun_by_us = matches!(send.class, Class::FollowUp | Class::Campaign);
        if begun_by_us && person.is_unreachable(account.bad_number_after) {
            return never(Death::BadNumber);
        }
        let whereabouts = bot.whereabouts(Some(row.key.phone), &person.fields);
        let verdict = gate(&Asking {
            class: send.class,
            standing: &person.standing,
            programme: &send.programme,
            answers_stop: account.answers_stop,
            overtaken: row.held && person.turn > row.turn,
            age: bot.age,
            replies: bot.replies,
            outside: bot.outside,
            limits: Limits {
                content: send.content,
                whereabouts: &whereabouts,
                quiet: bot.quiet,
                left: &left,
            },
            now: self.clock.now(),
        });
        Ok(match verdict {
            Verdict::Pass(pass) => {
                if send.class == Class::OptOutConfirmation {
                    late(row, person.standing.stopped(), pass.checked_at);
                }
                Ok((account, outbound, pass))
            }
            Verdict::Hold { until, why } => {
                tracing::info!(row = %row.id, %until, %why, "a message waits");
                Err(Settlement::Hold { until, why: Some(why) })
            }
            Verdict::Refuse(refusal) => {
                tracing::info!(row = %row.id, why = %refusal, "a message is never sent");
                Err(Settlement::Dead { why: Death::Refused(refusal) })
            }
        })
    }

    /// The number a message leaves from and the account that carries it: the number last texted, while the brand has it.
    fn leaves_from(&self, bot: &Bot, send: &Send) -> Option<(Sender, Arc<Account>)> {
        let number = leaving_number(bot, send)?;
        Some((number.sender, self.account(&number.account)?))
    }

    async fn transmit(
        &self,
        row: &Row,
        account: &Account,
        outbound: &Outbound,
        pass: Pass,
    ) -> Result<Settlement, ReceiveError> {
        if account.sends_by_answer() {
            // It leaves with the answer to the person's next text, if that comes within a day.
            if row.held {
                return Ok(Settlement::Dead { why: Death::Exhausted("nobody came to take it".to_owned()) });
            }
            return Ok(Settlement::Hold { until: self.later(SignedDuration::from_hours(24)), why: None });
        }
        if let Some(most) = account.provider().and_then(Provider::characters_max)
            && outbound.body.encode_utf16().count() > most
        {
            let why = format!("the text has more than the {most} characters that the provider carries");
            return Ok(Settlement::Dead { why: Death::Rejected(why) });
        }
        let mut laps = self.laps();
        let carried = self.carry(account, outbound).await;
        laps.send(SendStage::Provider);
        let outcome = match carried {
            Ok((status, outcome)) => {
                self.pause(account, status, &outcome);
                outcome
            }
            Err(CallError::NotSent(why)) => Outcome::Retry { after: None, why },
            Err(CallError::NoAnswer(why)) => {
                let counts = pass.counts.then(|| self.clock.now());
                return Ok(Settlement::Unknown { why: brief(&why), counts });
            }
        };
        Ok(match outcome {
            Outcome::Accepted { id } => self.sent(account, outbound, id, pass),
            Outcome::Retry { after, why } => self.retry(row, after, &why),
            Outcome::OptedOut { code } => {
                self.receive(Arrival::opt_out(row.key.clone(), How::Provider, &code)).await?;
                Settlement::Dead { why: Death::OptedOut }
            }
            Outcome::Rejected { kind, why } => {
                let said = if self.log_numbers { why.as_str().into() } else { mask_numbers(&why) };
                tracing::warn!(account = %account.id, ?kind, why = %said, "the provider refuses a message");
                if kind == Rejection::BadNumber {
                    self.receive(Arrival::receipt(row.key.clone(), refused(account, outbound))).await?;
                }
                Settlement::Dead { why: Death::Rejected(brief(&why)) }
            }
        })
    }

    /// Leaves an account alone whose provider asks for it; the others go on.
    fn pause(&self, account: &Account, status: u16, outcome: &Outcome) {
        let Outcome::Retry { after, .. } = outcome else { return };
        let throttled = (status == 429).then_some(PAUSE);
        if let Some(wait) = after.or(throttled) {
            tracing::warn!(account = %account.id, status, seconds = wait.as_secs(), "the provider asks for patience");
            self.paused.park(account.id.clone(), self.clock.now(), wait.max(PAUSE));
        }
    }

    fn sent(&self, account: &Account, outbound: &Outbound, id: Option<MessageId>, pass: Pass) -> Settlement {
        let id = id.unwrap_or_else(|| MessageId::from(outbound.reference.as_str()));
        Settlement::Sent { account: account.id.clone(), id, at: self.clock.now(), pass }
    }

    pub(super) fn retry(&self, row: &Row, after: Option<SignedDuration>, why: &str) -> Settlement {
        if row.attempts + 1 >= ATTEMPTS_MAX {
            return Settlement::Dead { why: Death::Exhausted(brief(why)) };
        }
        // A provider may ask for more patience than we have of our own, and not for less.
        let ours = retry_delay(row.attempts, &*self.chance);
        let longest = SignedDuration::from_secs(RETRY_LONGEST_SECONDS).max(ours);
        Settlement::Retry { at: self.later(after.unwrap_or(ours).clamp(ours, longest)) }
    }

    fn later(&self, delay: SignedDuration) -> Timestamp {
        let now = self.clock.now();
        now.checked_add(delay).unwrap_or(now)
    }

    /// The replies that wait for one person at one of our numbers, for a provider that takes them only in the answer to
    /// a webhook. Each is settled before it is given out.
    pub async fn answers(&self, key: &Key, from: Sender) -> Result<Vec<Outbound>, StoreError> {
        let mut answers = Vec::new();
        for row in self.store.claim_for(key, from, IN_FLIGHT_MAX).await? {
            let Errand::Send(send) = &row.errand else { continue }; // the store gives out messages alone
            let _lane = self.counting(&row).await;
            let settlement = match self.admit(&row, send).await {
                Ok(Ok((account, outbound, pass))) => {
                    let settlement = self.sent(&account, &outbound, None, pass);
                    answers.push(outbound);
                    settlement
                }
                Ok(Err(settlement)) => settlement,
                Err(error) => self.retry(&row, None, &error.to_string()),
            };
            self.note_send(&row, &settlement);
            self.settle(row.id, settlement).await;
        }
        Ok(answers)
    }
}

/// The way by which the messages of a turn are to leave: they queue there.
pub(super) fn way(bot: &Bot, effects: &[Effect]) -> Option<Via> {
    let send = effects.iter().find_map(Effect::send)?;
    let number = leaving_number(bot, send)?;
    let account = number.account.clone();
    Some(Via { account, number: Some(number.sender).filter(|sender| send.from != Some(*sender)) })
}

/// The number a message leaves from: the one last texted, while the brand has it.
fn leaving_number<'b>(bot: &'b Bot, send: &Send) -> Option<&'b Number> {
    let texted = send.from.and_then(|from| bot.numbers.iter().find(|number| number.sender == from));
    texted.or_else(|| bot.numbers.first())
}

/// Messages that are being sent.
#[derive(Default)]
struct Sending {
    tasks: JoinSet<()>,
    rows: HashMap<tokio::task::Id, RowId>,
}

impl Sending {
    fn has_room(&self) -> bool {
        self.tasks.len() < IN_FLIGHT_MAX
    }

    /// Takes what is due, as far as there is room, and begins to send it; how many there were, and when there may be more.
    async fn claim(&mut self, engine: &Arc<Engine>) -> Result<(usize, Option<Timestamp>), ReceiveError> {
        let room = IN_FLIGHT_MAX - self.tasks.len();
        if room == 0 {
            return Ok((0, None));
        }
        let now = engine.clock.now();
        let Claimed { rows, again } = engine.store.claim(engine.claims(now, room)).await?;
        let claimed = rows.len();
        for row in rows {
            let (id, engine) = (row.id, Arc::clone(engine));
            let task = self.tasks.spawn(async move { engine.send(row).await });
            self.rows.insert(task.id(), id);
        }
        Ok((claimed, again))
    }

    /// Waits until one of them is settled; false when there is none.
    async fn done(&mut self, engine: &Arc<Engine>) -> bool {
        match self.tasks.join_next_with_id().await {
            None => false,
            Some(Ok((task, ()))) => {
                self.rows.remove(&task);
                true
            }
            Some(Err(error)) => {
                tracing::error!(%error, "a send ended in a panic");
                if let Some(row) = self.rows.remove(&error.id()) {
                    let why = "sending it ended in a panic".to_owned();
                    let counts = Some(engine.clock.now()); // it may have left
                    engine.settle(row, Settlement::Unknown { why, counts }).await;
                }
                true
            }
        }
    }
}

/// A confirmation within these minutes is presumed to be covered by the opt-out; a later one needs a reason
/// (47 CFR 64.1200(a)(12)).
const CONFIRMED_WITHIN: SignedDuration = SignedDuration::from_mins(5);

/// Says that the confirmation of an opt-out leaves late, and after how many attempts.
fn late(row: &Row, stopped: Option<Timestamp>, now: Timestamp) {
    let waited = stopped.map(|stopped| now.duration_since(stopped));
    if let Some(waited) = waited.filter(|waited| *waited > CONFIRMED_WITHIN) {
        let (minutes, attempts) = (waited.as_mins(), row.attempts);
        tracing::warn!(row = %row.id, minutes, attempts, "the confirmation of an opt-out leaves late");
    }
}

/// A refused number as the dialogue hears of it: as if by a receipt.
fn refused(account: &Account, outbound: &Outbound) -> Receipt {
    Receipt {
        account: account.id.clone(),
        id: MessageId::from(outbound.reference.as_str()),
        state: ReceiptState::Rejected,
        code: None,
        opted_out: false,
        bad_number: true,
    }
}

/// The beginning of a provider's words: enough to act upon, little to store.
fn brief(why: &str) -> String {
    why.chars().take(WHY_CHARACTERS_MAX).collect()
}

/// The delay before the next attempt: doubling, and up to a quarter longer by chance, so that messages that failed together
/// do not come back together.
fn retry_delay(attempts: u32, chance: &dyn Chance) -> SignedDuration {
    let doubled = RETRY_FIRST_SECONDS.saturating_mul(1 << attempts.min(20));
    let millis = doubled.min(RETRY_LONGEST_SECONDS) * 1_000;
    let jitter = chance.below(millis.unsigned_abs() / 4);
    SignedDuration::from_millis(millis + i64::try_from(jitter).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::SystemChance;

    #[test]
    fn attempts_come_ever_later_and_not_together() {
        for attempts in 0..ATTEMPTS_MAX {
            let least = (RETRY_FIRST_SECONDS << attempts).min(RETRY_LONGEST_SECONDS) * 1_000;
            let delays: Vec<_> = (0..50).map(|_| retry_delay(attempts, &SystemChance).as_millis()).collect();
            let bounds = i128::from(least)..i128::from(least + least / 4);
            assert!(delays.iter().all(|delay| bounds.contains(delay)), "{attempts}: {delays:?}");
            let different: std::collections::BTreeSet<_> = delays.iter().collect();
            assert!(different.len() > 25, "{attempts}: {delays:?}");
        }
    }
}
