//! What holds after every run, whatever happened in it.

use crate::disk::everything;
use crate::run::Run;
use jiff::{SignedDuration, Timestamp};
use sayso::consent::{LedgerEntry, Standing, Status};
use sayso::dialogue::{Effect, Errand, Event};
use sayso::sms::{Class, Key, MessageId};
use sayso::store::{Entry, MemoryStore, Row, RowId, RowState, Scanned, Sent, Store, Table};
use std::collections::{BTreeMap, BTreeSet};

/// Everything that the store holds in the end.
struct End<'r> {
    run: &'r Run,
    store: &'r MemoryStore,
    turns: BTreeMap<u64, Entry>,
    outbox: BTreeMap<RowId, Row>,
    sent: BTreeMap<RowId, Sent>,
    ledger: BTreeMap<Key, Vec<LedgerEntry>>,
    /// What operators have decided about, and how often it was to be sent once more.
    decided: BTreeMap<RowId, usize>,
}

impl<'r> End<'r> {
    async fn of(run: &'r Run, store: &'r MemoryStore) -> Self {
        let mut end = Self {
            run,
            store,
            turns: BTreeMap::new(),
            outbox: BTreeMap::new(),
            sent: BTreeMap::new(),
            ledger: BTreeMap::new(),
            decided: run.disk.decided(),
        };
        for table in [Table::Turns, Table::Outbox, Table::Sent, Table::Consents] {
            for item in everything(store, table).await {
                match item {
                    Scanned::Turn { seq, entry } => assert!(end.turns.insert(seq, *entry).is_none()),
                    Scanned::Row(row) => assert!(end.outbox.insert(row.id, *row).is_none()),
                    Scanned::Sent(sent) => assert!(end.sent.insert(sent.row, *sent).is_none(), "sent twice"),
                    Scanned::Consent { key, entry, .. } => end.ledger.entry(key).or_default().push(*entry),
                    Scanned::Subscriber { .. }
                    | Scanned::ErasedTurn { .. }
                    | Scanned::Proof { .. }
                    | Scanned::Damaged { .. }
                    | Scanned::Root { .. }
                    | Scanned::Review { .. }
                    | Scanned::Suppression { .. } => {}
                }
            }
        }
        end
    }
}

/// All laws. O(turns) but for the order of texts, which looks at pairs.
pub(crate) async fn hold(run: &Run) {
    let store = run.disk.now();
    let end = End::of(run, &store).await;
    assert_eq!(run.world.broken(), [""; 0]);
    the_log_has_no_holes(&end).await;
    every_text_is_one_turn(&end);
    texts_keep_their_order(&end);
    every_message_is_settled_or_explained(&end);
    nothing_leaves_twice(&end);
    replies_arrive_in_their_order(&end);
    what_was_sent_was_allowed(&end);
    timers_ring_once(&end).await;
    errands_are_done_once(&end);
}

/// The log is numbered from 1, and a dialogue's version counts its turns.
async fn the_log_has_no_holes(end: &End<'_>) {
    let wanted: Vec<u64> = (1..=end.turns.len() as u64).collect();
    assert_eq!(end.turns.keys().copied().collect::<Vec<_>>(), wanted);
    let mut versions: BTreeMap<&Key, u64> = BTreeMap::new();
    end.turns.values().for_each(|entry| *versions.entry(&entry.key).or_default() += 1);
    for (key, turns) in versions {
        assert_eq!(end.store.load(key).await.unwrap().version, turns, "{key:?}");
    }
}

fn texts(end: &End<'_>) -> BTreeMap<MessageId, Vec<u64>> {
    let mut texts: BTreeMap<MessageId, Vec<u64>> = BTreeMap::new();
    for (seq, entry) in &end.turns {
        if let Event::Text(inbound) = &entry.event {
            texts.entry(inbound.id.clone()).or_default().push(*seq);
        }
    }
    texts
}

/// So long a text is known again that is delivered again. No provider tries for longer than a day.
const KNOWN: SignedDuration = SignedDuration::from_hours(72);

/// What was acknowledged is one turn; what was not is one or none. What is delivered again days later is another.
fn every_text_is_one_turn(end: &End<'_>) {
    let turns = texts(end);
    for text in end.run.texts() {
        let found = turns.get(&text.inbound.id).map_or(&[][..], Vec::as_slice);
        let at = |seq: &u64| end.turns[seq].at;
        let is_forgotten = |two: &[u64]| at(&two[1]).duration_since(at(&two[0])) >= KNOWN;
        assert!(found.windows(2).all(is_forgotten), "{:?} is several turns: {found:?}", text.inbound);
        assert!(!text.acknowledged || !found.is_empty(), "{:?} was acknowledged and is lost", text.inbound);
    }
}

/// Who wrote after a text was acknowledged is answered after it.
fn texts_keep_their_order(end: &End<'_>) {
    let (turns, texts) = (texts(end), end.run.texts());
    let seq = |number: usize| turns.get(&texts[number].inbound.id).map(|found| found[0]);
    for (number, text) in texts.iter().enumerate() {
        for before in &text.after {
            let (first, second) = (seq(*before), seq(number));
            assert!(
                second.is_none() || first < second,
                "{:?} overtook {:?}",
                text.inbound,
                texts[*before].inbound
            );
        }
    }
}

/// Every message that a turn wanted is sent, or stands in the outbox with the reason why it is not; nothing is pending
/// or being sent when all is at rest.
fn every_message_is_settled_or_explained(end: &End<'_>) {
    let now = end.run.now();
    for (seq, entry) in &end.turns {
        for (index, effect) in entry.effects.iter().enumerate() {
            let Some(Errand::Send(_)) = effect.errand() else { continue };
            let id = RowId { seq: *seq, index: u16::try_from(index).unwrap() };
            let (sent, waits) = (end.sent.contains_key(&id), end.outbox.get(&id));
            let forgotten = !sent && waits.is_none() && end.decided.contains_key(&id);
            assert!(forgotten || sent != waits.is_some(), "{id} is lost, or both sent and not: {waits:?}");
        }
    }
    for row in end.outbox.values() {
        let open = matches!(row.state, RowState::Pending | RowState::Sending);
        let due = row.state == RowState::Held && row.due <= now;
        assert!(!open && !due, "{row:?} is left over at {now}");
    }
}

/// A message reaches a phone once at most; what is said to be sent did.
fn nothing_leaves_twice(end: &End<'_>) {
    let mut arrived: BTreeMap<RowId, usize> = BTreeMap::new();
    end.run.world.delivered().iter().for_each(|delivered| *arrived.entry(delivered.row).or_default() += 1);
    for (row, times) in &arrived {
        let again = end.decided.get(row).copied();
        assert!(*times <= 1 + again.unwrap_or_default(), "{row} arrived {times} times");
        let unknown = |row: &Row| matches!(row.state, RowState::Unknown { .. });
        let told = end.sent.contains_key(row) || end.outbox.get(row).is_some_and(unknown);
        assert!(
            told || again.is_some(),
            "{row} arrived, and the store does not say so: {:?}",
            end.outbox.get(row)
        );
    }
    for row in end.sent.keys() {
        assert!(arrived.contains_key(row), "{row} is said to be sent and never arrived");
    }
}

/// Replies of a dialogue arrive in the order in which they were wanted.
fn replies_arrive_in_their_order(end: &End<'_>) {
    let wanted = end.run.disk.all_wanted();
    let mut last: BTreeMap<Key, RowId> = BTreeMap::new();
    for delivered in end.run.world.delivered() {
        let wanted = &wanted[&delivered.row];
        if matches!(wanted.class, Class::Reply | Class::Help) && !end.decided.contains_key(&delivered.row) {
            let before = last.insert(wanted.key.clone(), delivered.row);
            assert!(before < Some(delivered.row), "{} arrived after {before:?}", delivered.row);
        }
    }
}

/// The ledger entry that allowed a message leaves the person in a standing that allows it.
fn what_was_sent_was_allowed(end: &End<'_>) {
    for (key, entries) in &end.ledger {
        let numbers: Vec<u32> = entries.iter().map(|entry| entry.number).collect();
        assert!(
            numbers.iter().copied().eq(1..=u32::try_from(numbers.len()).unwrap()),
            "{key:?}: {numbers:?}"
        );
    }
    for sent in end.sent.values() {
        let class = end.turns[&sent.row.seq].effects[usize::from(sent.row.index)].send().unwrap().class;
        let entries = end.ledger.get(&sent.key).map_or(&[][..], Vec::as_slice);
        let until = entries.iter().filter(|entry| entry.number <= sent.pass.entry);
        let status = until.fold(Standing::default(), |standing, entry| standing.after(entry)).status;
        let allowed = match class {
            Class::Help => true,
            Class::OptOutConfirmation => status == Status::Out,
            Class::Reply => status != Status::Out,
            Class::FollowUp | Class::Campaign => status == Status::In,
        };
        assert!(allowed, "{sent:?} of {class:?} was sent to somebody who is {status}");
    }
}

/// A timer is one turn at most, and none is left behind.
async fn timers_ring_once(end: &End<'_>) {
    let mut rung: BTreeSet<(&Key, u64)> = BTreeSet::new();
    for entry in end.turns.values() {
        let Event::Timer { armed_in } = entry.event else { continue };
        // In the quiet hours it only says when it rings instead.
        if !entry.trace.ways.is_empty() {
            assert!(
                rung.insert((&entry.key, armed_in)),
                "the timer of {armed_in} rang twice: {:?}",
                entry.key
            );
        }
    }
    let now: Timestamp = end.run.now();
    let left = end.store.due(now, usize::MAX).await.unwrap();
    assert!(left.is_empty(), "these timers did not ring: {left:?}");
}

/// A lookup is answered once at most, and a webhook that is done was told.
fn errands_are_done_once(end: &End<'_>) {
    let told: BTreeSet<String> = end.run.world.told().into_iter().collect();
    let mut answered: BTreeSet<(&Key, u64, &str)> = BTreeSet::new();
    for (seq, entry) in &end.turns {
        if let Event::Lookup { armed_in, name, .. } = &entry.event {
            assert!(
                answered.insert((&entry.key, *armed_in, name)),
                "{name} was answered twice: {:?}",
                entry.key
            );
        }
        for (index, effect) in entry.effects.iter().enumerate() {
            let id = RowId { seq: *seq, index: u16::try_from(index).unwrap() };
            if matches!(effect, Effect::Notify(_)) && !end.outbox.contains_key(&id) {
                assert!(
                    told.contains(&format!("{}-{}", id.seq, id.index)),
                    "{id} is done, and nobody was told"
                );
            }
        }
    }
}
