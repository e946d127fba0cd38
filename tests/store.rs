//! The contract of every store: each rule is one function and runs on each store. Behind the rules stand the promises
//! that only the embedded store makes, and a random use that must look alike on both.
//!
//! Nothing here waits: time is a value.

// Test code: a panic is the report.
#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

use jiff::Timestamp;
use proptest::prelude::*;
use proptest::test_runner::TestCaseResult;
use sayso::consent::chain::Salt;
use sayso::consent::{
    Change, How, LedgerEntry, Obstacle, Pass, Reason, Refusal, Standing, SuppressionKey, Unsure, Why,
    ZoneSource,
};
use sayso::dialogue::{
    Cause, Effect, Errand, Event, Lookup, Notify, Record, Seen, Send, Take, TakeFrom, Taken, Timer, Trace,
};
use sayso::language::Lang;
use sayso::slot::Value;
use sayso::sms::{Class, Content, Inbound, Key, Pace, Part, Rate, Receipt, ReceiptState, Sender};
use sayso::store::{
    Alarm, Claim, Claimed, Commit, Death, Entry, Erasure, MemoryStore, OpenError, PARTS_WITHIN, Parts,
    Resolution, Resolved, Row, RowId, RowState, Scanned, Sent, Settlement, SledStore, Snapshot, Store,
    StoreError, Table, Tally, Turn, Via, Whole,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

#[path = "store/ledger.rs"]
mod ledgers;
#[path = "store/wall.rs"]
mod wall;

use ledgers::{
    a_chain_goes_on_behind_an_erasure, a_message_that_is_settled_after_an_erasure_leaves_nothing,
    an_erasure_takes_everything_of_one_person_and_nothing_of_others,
    days_are_counted_and_name_the_one_before, entries_stand_in_a_chain_of_their_own,
    what_was_read_before_an_erasure_is_a_conflict_after_it,
    who_was_erased_starts_clean_and_keeps_the_opt_out, whom_nobody_knows_nobody_erases,
};

/// Makes a test of each rule on each store. A rule that a store does not keep yet says so here.
macro_rules! contract {
    ($($rule:ident $(, memory #[$memory:meta])? $(, sled #[$sled:meta])?;)*) => {
        mod on_memory {
            $(
                #[tokio::test]
                $(#[$memory])?
                async fn $rule() {
                    super::$rule(&super::MemoryStore::default()).await;
                }
            )*
        }

        mod on_sled {
            $(
                #[tokio::test]
                $(#[$sled])?
                async fn $rule() {
                    let folder = tempfile::tempdir().unwrap();
                    super::$rule(&super::open(folder.path())).await;
                }
            )*
        }
    };
}

contract! {
    // load and commit
    an_unknown_key_is_empty_and_at_version_zero;
    a_commit_is_read_back_and_grows_the_version_by_one;
    a_turn_is_written_whole;
    a_turn_at_another_version_is_a_conflict_and_writes_nothing;
    a_conflict_fails_no_neighbour;
    turns_of_one_dialogue_in_one_call_follow_each_other;
    a_message_seen_before_is_a_duplicate_and_writes_nothing;
    the_log_has_one_growing_sequence;
    brands_and_people_are_apart;
    ledger_entries_are_added_and_never_replaced;
    a_text_that_waits_to_be_read_is_listed_until_it_is_decided;
    // takes
    a_counter_gives_every_number_once;
    a_pool_hands_out_its_pieces_and_then_nothing;
    a_take_waits_in_the_record_and_is_due_at_once;
    // the outbox
    a_claimed_row_tells_all_about_its_message;
    replies_of_one_dialogue_go_one_at_a_time_in_order;
    lookups_come_with_the_replies_and_webhooks_after_them;
    a_lookup_waits_for_nobody_and_is_gone_when_it_is_done;
    what_waits_for_a_webhooks_answer_are_messages_alone;
    the_confirmation_of_an_opt_out_waits_for_nothing;
    dialogues_do_not_wait_for_each_other;
    replies_that_come_off_hold_together_go_one_at_a_time;
    a_reply_off_hold_waits_for_the_one_being_sent;
    rows_that_are_out_of_the_way_block_nobody;
    campaign_rows_neither_block_nor_wait;
    replies_come_before_campaigns;
    a_claim_keeps_to_its_limit;
    nothing_is_claimed_before_it_is_due;
    a_retry_waits_counts_and_keeps_its_place;
    a_held_row_comes_again_and_stays_marked;
    a_sent_row_leaves_the_outbox_with_its_proof;
    unknown_and_dead_rows_are_kept_and_never_sent;
    what_has_left_is_counted_for_its_person_alone;
    settling_is_one_call_for_many_and_ignores_strangers;
    what_waits_for_a_webhook_is_taken_by_person;
    what_waits_for_a_webhook_goes_by_itself_in_the_end;
    // whose turn it is, and how fast
    brands_of_one_account_take_turns;
    a_reply_waits_for_no_campaign_of_another_brand;
    accounts_take_turns;
    who_was_silent_has_saved_up_no_turns;
    a_reminder_before_a_reply_comes_as_that_does;
    reminders_that_come_due_together_delay_no_reply;
    a_number_keeps_its_pace_in_parts;
    an_account_keeps_its_pace_over_all_its_numbers;
    a_paused_account_holds_up_no_other;
    so_many_are_on_their_way_at_once;
    an_operator_decides_about_what_the_store_keeps;
    // timers
    alarms_come_earliest_first_and_only_when_due;
    a_dialogue_has_one_alarm_at_its_earliest_timer;
    a_moved_timer_is_not_given_at_its_old_time;
    the_earliest_alarm_is_found_behind_timers_that_moved;
    timers_keep_to_fractions_of_a_millisecond;
    the_next_moment_is_never_named_too_late;
    who_follows_the_next_moment_gets_there;
    // receipts
    a_receipt_is_only_for_what_was_sent;
    a_receipt_never_leaves_a_final_state;
    receipts_that_come_early_are_kept_for_a_while_and_given_out_once;

    // parts of texts
    parts_are_joined_in_their_order_and_known_for_a_while;
    a_part_with_the_number_of_another_is_of_another_text;
    parts_wait_for_a_time_and_are_given_out_with_a_mark;
    // ledgers and erasures
    entries_stand_in_a_chain_of_their_own;
    days_are_counted_and_name_the_one_before;
    an_erasure_takes_everything_of_one_person_and_nothing_of_others;
    who_was_erased_starts_clean_and_keeps_the_opt_out;
    a_chain_goes_on_behind_an_erasure;
    what_was_read_before_an_erasure_is_a_conflict_after_it;
    a_message_that_is_settled_after_an_erasure_leaves_nothing;
    whom_nobody_knows_nobody_erases;
    // scans
    pages_of_any_size_give_everything_once_in_one_order;
    paging_goes_on_where_it_was_while_things_come_and_go;
}

// ── words of the tests ──────────────────────────────────────────────────────────────────────────

/// Opens the folder; again where it was closed a moment ago: a thread of sled's own may hold its lock for some
/// microseconds longer than the store lives.
fn open(folder: &Path) -> SledStore {
    for _ in 0..10_000 {
        match SledStore::open(folder, 4 * 1024 * 1024) {
            Err(OpenError::Locked(_)) => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
    panic!("`{}` stays locked", folder.display());
}

/// A second of the test's own time.
fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_780_300_800 + second).unwrap()
}

fn person(brand: &str, number: u32) -> Key {
    Key { brand: brand.into(), phone: format!("+1404555{number:04}").parse().unwrap() }
}

fn ann() -> Key {
    person("scoops", 1)
}

fn bob() -> Key {
    person("scoops", 2)
}

fn cyd() -> Key {
    person("scoops", 3)
}

/// A turn of a dialogue that was read at a version, at a second, wanting that.
fn turn(key: &Key, read_version: u64, second: i64, effects: Vec<Effect>) -> Turn {
    let mut record = Record::default();
    record.person.turn = read_version + 1;
    let entry = Entry {
        key: key.clone(),
        turn: read_version + 1,
        at: at(second),
        event: Event::Start { flow: "join".into(), cause: Cause::Api },
        seed: 7,
        bot: "b0".into(),
        effects,
        trace: Trace::default(),
    };
    let salt = Salt::new([9; 16]);
    Turn {
        key: key.clone(),
        read_version,
        at: at(second),
        seen: None,
        record,
        salt,
        hold_until: None,
        via: Some(via()),
        entry,
    }
}

/// The way by which everything is to leave.
fn via() -> Via {
    Via { account: "main".into(), number: None }
}

/// The turn with timers at those seconds.
fn armed(mut turn: Turn, seconds: &[i64]) -> Turn {
    let armed_in = turn.record.person.turn;
    turn.record.person.timers = seconds.iter().map(|s| Timer { due: at(*s), armed_in }).collect();
    turn
}

/// The turn as the handling of a message with that fingerprint.
fn seeing(mut turn: Turn, id: u64) -> Turn {
    turn.seen = Some(id);
    turn.record.person.recent.push(Seen { id, at: turn.at });
    turn
}

/// The turn with its messages held for a webhook until then.
fn held(mut turn: Turn, until: i64) -> Turn {
    turn.hold_until = Some(at(until));
    turn
}

fn send(class: Class, body: &str) -> Send {
    let media = vec!["https://scoops.example/cone.jpg".to_owned()];
    Send {
        class,
        content: Content::Marketing,
        programme: sayso::sms::ProgrammeId::main(),
        from: Some(number()),
        body: body.into(),
        language: Lang::EN,
        media,
    }
}

fn message(class: Class, body: &str) -> Effect {
    Effect::Send(send(class, body))
}

fn lookup(name: &str) -> Lookup {
    Lookup { name: name.into(), url: "https://weather.example/?zip=30309".into(), armed_in: 1 }
}

fn told(name: &str) -> Notify {
    let fields = BTreeMap::from([("visits".to_owned(), Value::Number(3.into()))]);
    Notify { name: name.into(), node: "welcome.done".into(), fields, alert: None }
}

fn reply(body: &str) -> Effect {
    message(Class::Reply, body)
}

fn campaign(body: &str) -> Effect {
    message(Class::Campaign, body)
}

fn ledger_entry(number: u32, second: i64) -> LedgerEntry {
    LedgerEntry {
        number,
        at: at(second),
        change: if number.is_multiple_of(2) { Change::Out } else { Change::In },
        how: How::Text,
        rule: "join".into(),
        reason: Reason::Asked,
        settles: None,
        shown: Some("Reply YES to join.".into()),
        received: Some("Join!".into()),
        message: Some("SM1".into()),
        sender: "72345".parse().ok(),
        language: Lang::ES,
        programme: "Scoops".into(),
        scope: sayso::consent::Scope::Brand,
    }
}

fn ledger(number: u32, second: i64) -> Effect {
    Effect::Ledger(ledger_entry(number, second))
}

fn erasure(key: &Key, second: i64) -> Erasure {
    Erasure { key: key.clone(), at: at(second), rule: "forget".into(), salt: Salt::new([3; 16]) }
}

/// The turn that leaves a text to be read, by that ledger entry.
fn unsure(mut turn: Turn, number: u32) -> Turn {
    let entry = LedgerEntry { change: Change::Unsure, ..ledger_entry(number, 0) };
    turn.record.person.standing = Standing {
        unsure: Some(Unsure { since: turn.at, entry: number }),
        entries: number,
        ..Standing::default()
    };
    turn.entry.effects.push(Effect::Ledger(entry));
    turn
}

async fn a_text_that_waits_to_be_read_is_listed_until_it_is_decided(store: &dyn Store) {
    done(store, unsure(turn(&bob(), 0, 0, Vec::new()), 1)).await;
    done(store, unsure(turn(&ann(), 0, 0, Vec::new()), 1)).await;
    done(store, turn(&person("donuts", 1), 0, 0, vec![ledger(1, 0)])).await;
    // A later turn that says nothing about it leaves it on the list.
    let mut later = unsure(turn(&ann(), 1, 1, Vec::new()), 1);
    later.entry.effects.clear();
    done(store, later).await;
    let waiting = |items: Vec<Scanned>| -> Vec<(Key, u32, Change)> {
        let each = items.into_iter().map(|item| match item {
            Scanned::Review { key, entry } => (key, entry.number, entry.change),
            other => panic!("no text that waits: {other:?}"),
        });
        each.collect()
    };
    let mut listed = waiting(paged(store, Table::Reviews, 1).await);
    listed.sort_by(|a, b| a.0.cmp(&b.0));
    let mut expected = vec![(ann(), 1, Change::Unsure), (bob(), 1, Change::Unsure)];
    expected.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(listed, expected);
    let kept = LedgerEntry { change: Change::Kept, settles: Some(1), ..ledger_entry(2, 5) };
    done(store, turn(&ann(), 2, 5, vec![Effect::Ledger(kept)])).await;
    assert_eq!(waiting(paged(store, Table::Reviews, 10).await), [(bob(), 1, Change::Unsure)]);
    let tally = store.tally().await.unwrap();
    assert_eq!((tally.reviews, tally.first_review), (1, Some(ledger_entry(1, 0).at)));
}

fn take(name: &str, from: TakeFrom) -> Effect {
    Effect::Take(Take { name: name.into(), from })
}

fn pass(second: i64) -> Pass {
    let zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    let local = vec![at(second).to_zoned(zone)];
    Pass { entry: 3, checked_at: at(second), local, zone: Some(ZoneSource::Prefix), counts: true }
}

fn sent_as(id: &str, second: i64) -> Settlement {
    Settlement::Sent { account: "main".into(), id: id.into(), at: at(second), pass: pass(second - 1) }
}

fn unknown() -> Settlement {
    Settlement::Unknown { why: "timeout".into(), counts: Some(at(7)) }
}

fn hold(second: i64) -> Settlement {
    Settlement::Hold { until: at(second), why: Some(Obstacle { why: Why::Cap, place: Some("US-FL".into()) }) }
}

fn dead() -> Settlement {
    Settlement::Dead { why: Death::Refused(Refusal::OptedOut) }
}

fn receipt(account: &str, id: &str, state: ReceiptState) -> Receipt {
    Receipt { account: account.into(), id: id.into(), state, code: None, opted_out: false, bad_number: false }
}

async fn commit(store: &dyn Store, turn: Turn) -> Commit {
    let mut answers = store.commit(vec![turn]).await.unwrap();
    assert_eq!(answers.len(), 1);
    answers.remove(0)
}

/// Commits what must not fail; its number in the log and what its takes came to.
async fn done(store: &dyn Store, turn: Turn) -> (u64, Vec<Taken>) {
    match commit(store, turn).await {
        Commit::Committed { seq, taken } => (seq, taken),
        other => panic!("not committed: {other:?}"),
    }
}

/// Takes once for somebody at version 0; the number that came.
async fn took(store: &dyn Store, key: &Key, name: &str, from: TakeFrom) -> Option<u64> {
    let (_, taken) = done(store, turn(key, 0, 0, vec![take(name, from)])).await;
    let [taken] = taken.try_into().unwrap();
    assert_eq!(taken.name, name);
    taken.number
}

async fn claim(store: &dyn Store, second: i64, limit: usize) -> Vec<Row> {
    store.claim(Claim::of(at(second), limit)).await.unwrap().rows
}

/// Claims what is due, in words.
async fn claimed(store: &dyn Store, second: i64) -> Vec<String> {
    words(&claim(store, second, 100).await)
}

/// Claims the one message that must be due.
async fn only(store: &dyn Store, second: i64, body: &str) -> RowId {
    let rows = claim(store, second, 100).await;
    assert_eq!(words(&rows), [body]);
    rows[0].id
}

/// The number that everything leaves from.
fn number() -> Sender {
    "72345".parse().unwrap()
}

async fn claimed_for(store: &dyn Store, key: &Key, limit: usize) -> Vec<String> {
    words(&store.claim_for(key, number(), limit).await.unwrap())
}

async fn settle(store: &dyn Store, id: RowId, settlement: Settlement) {
    store.settle(vec![(id, settlement)]).await.unwrap();
}

fn words(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| row.errand.send().unwrap().body.clone()).collect()
}

async fn due(store: &dyn Store, second: i64, limit: usize) -> Vec<Alarm> {
    store.due(at(second), limit).await.unwrap()
}

fn alarm(key: &Key, second: i64) -> Alarm {
    Alarm { at: at(second), key: key.clone() }
}

const TABLES: [Table; 8] = [
    Table::Subscribers,
    Table::Turns,
    Table::Outbox,
    Table::Sent,
    Table::Consents,
    Table::Roots,
    Table::Suppressions,
    Table::Reviews,
];

/// All of one kind, in pages of that size.
async fn paged(store: &dyn Store, table: Table, size: usize) -> Vec<Scanned> {
    let (mut items, mut after) = (Vec::new(), None);
    loop {
        let page = store.scan(table, after, size).await.unwrap();
        assert!(page.items.len() <= size, "{table:?} in pages of {size}: {}", page.items.len());
        assert!(page.next.is_none() || !page.items.is_empty(), "an empty page of {table:?} is the last");
        items.extend(page.items);
        after = page.next;
        if after.is_none() {
            return items;
        }
    }
}

async fn everything(store: &dyn Store) -> Vec<Vec<Scanned>> {
    let mut all = Vec::new();
    for table in TABLES {
        all.push(paged(store, table, 500).await);
    }
    all
}

async fn outbox(store: &dyn Store) -> Vec<Row> {
    let row = |item| match item {
        Scanned::Row(row) => *row,
        other => panic!("in the outbox: {other:?}"),
    };
    paged(store, Table::Outbox, 500).await.into_iter().map(row).collect()
}

async fn sent(store: &dyn Store) -> Vec<Sent> {
    let sent = |item| match item {
        Scanned::Sent(sent) => *sent,
        other => panic!("among the sent: {other:?}"),
    };
    paged(store, Table::Sent, 500).await.into_iter().map(sent).collect()
}

async fn log(store: &dyn Store) -> Vec<(u64, Entry)> {
    let turn = |item| match item {
        Scanned::Turn { seq, entry } => (seq, *entry),
        other => panic!("in the log: {other:?}"),
    };
    paged(store, Table::Turns, 500).await.into_iter().map(turn).collect()
}

// ── load and commit ─────────────────────────────────────────────────────────────────────────────

async fn an_unknown_key_is_empty_and_at_version_zero(store: &dyn Store) {
    let empty = Snapshot { version: 0, record: Record::default() };
    assert_eq!(store.load(&ann()).await, Ok(empty.clone()));
    done(store, turn(&ann(), 0, 0, vec![])).await;
    assert_eq!(store.load(&bob()).await, Ok(empty));
}

async fn a_commit_is_read_back_and_grows_the_version_by_one(store: &dyn Store) {
    for version in 0..3 {
        let mut turn = armed(turn(&ann(), version, 10, vec![]), &[50, 60]);
        let person = &mut turn.record.person;
        person.fields.insert("size".into(), Value::Choice("large".into()));
        person.fields.insert("price".into(), Value::Number("2.50".parse().unwrap()));
        person.tags.insert(format!("tag{version}"));
        person.language = Some(Lang::FR);
        person.sender = "72345".parse().ok();
        let record = turn.record.clone();
        done(store, turn).await;
        assert_eq!(store.load(&ann()).await, Ok(Snapshot { version: version + 1, record }));
    }
}

async fn a_turn_is_written_whole(store: &dyn Store) {
    assert_eq!(everything(store).await, vec![Vec::<Scanned>::new(); TABLES.len()]);
    let pool = TakeFrom::Pool { size: 1 };
    let effects = vec![ledger(1, 10), reply("hello"), take("coupons", pool), campaign("offer")];
    let turn = armed(turn(&ann(), 0, 10, effects), &[90]);
    let (mut record, entry) = (turn.record.clone(), turn.entry.clone());
    let taken = Taken { name: "coupons".into(), number: Some(1) };
    assert_eq!(commit(store, turn).await, Commit::Committed { seq: 1, taken: vec![taken.clone()] });
    record.person.taken.push(taken);
    let row = |index, class, body: &str| Row {
        id: RowId { seq: 1, index },
        key: ann(),
        turn: 1,
        errand: Errand::Send(send(class, body)),
        state: RowState::Pending,
        attempts: 0,
        held: false,
        waits: None,
        due: at(10),
        written: at(10),
        via: Some(via()),
    };
    let rows = [row(1, Class::Reply, "hello"), row(3, Class::Campaign, "offer")];
    let expected = vec![
        vec![Scanned::Subscriber { key: ann(), record: Box::new(record) }],
        vec![Scanned::Turn { seq: 1, entry: Box::new(entry) }],
        rows.map(|row| Scanned::Row(Box::new(row))).to_vec(),
        vec![],
    ];
    let found = everything(store).await;
    assert_eq!(found[..4], expected);
    let [Scanned::Consent { key, entry, link }] = &found[4][..] else { panic!("{found:#?}") };
    assert_eq!((key, &**entry, link.number), (&ann(), &ledger_entry(1, 10), 1));
    assert_eq!((found[5].len(), found[6].len()), (1, 0), "the day has a root, and nobody was erased");
}

async fn a_turn_at_another_version_is_a_conflict_and_writes_nothing(store: &dyn Store) {
    let effects = || vec![reply("a"), ledger(1, 0), take("votes", TakeFrom::Counter)];
    for version in 0..2 {
        done(store, turn(&ann(), version, 0, vec![reply("first"), ledger(9, 0)])).await;
    }
    let (before, loaded) = (everything(store).await, store.load(&ann()).await);
    for version in [0, 1, 3] {
        let stale = armed(turn(&ann(), version, 1, effects()), &[2]);
        assert_eq!(commit(store, stale).await, Commit::Conflict, "read at version {version}");
    }
    let stale = turn(&bob(), 1, 1, effects());
    assert_eq!(commit(store, stale).await, Commit::Conflict, "a dialogue that does not exist");
    assert_eq!(everything(store).await, before);
    assert_eq!(store.load(&ann()).await, loaded);
    assert_eq!(store.load(&bob()).await, Ok(Snapshot::default()));
    assert_eq!(due(store, 100, 10).await, [], "no timer of theirs is armed");
    assert_eq!(took(store, &cyd(), "votes", TakeFrom::Counter).await, Some(1), "none was counted");
    assert_eq!(log(store).await.len(), 3);
}

async fn a_conflict_fails_no_neighbour(store: &dyn Store) {
    done(store, turn(&bob(), 0, 0, vec![])).await;
    let turns = vec![
        turn(&ann(), 0, 1, vec![reply("to ann")]),
        turn(&bob(), 0, 1, vec![reply("to bob")]),
        turn(&cyd(), 0, 1, vec![reply("to cyd")]),
    ];
    let answers = store.commit(turns).await.unwrap();
    let fine = |seq| Commit::Committed { seq, taken: vec![] };
    assert_eq!(answers, [fine(2), Commit::Conflict, fine(3)], "in the order of the turns");
    assert_eq!(claimed(store, 1).await, ["to ann", "to cyd"]);
    assert_eq!(store.load(&bob()).await.unwrap().version, 1);
    assert_eq!(store.commit(vec![]).await, Ok(vec![]));
}

async fn turns_of_one_dialogue_in_one_call_follow_each_other(store: &dyn Store) {
    let counted = |version| turn(&ann(), version, 1, vec![take("votes", TakeFrom::Counter)]);
    let answers = store.commit(vec![counted(0), counted(0), counted(1)]).await.unwrap();
    let fine =
        |seq| Commit::Committed { seq, taken: vec![Taken { name: "votes".into(), number: Some(seq) }] };
    assert_eq!(answers, [fine(1), Commit::Conflict, fine(2)]);
    assert_eq!(store.load(&ann()).await.unwrap().version, 2);
}

async fn a_message_seen_before_is_a_duplicate_and_writes_nothing(store: &dyn Store) {
    done(store, seeing(turn(&ann(), 0, 0, vec![reply("once")]), 11)).await;
    let before = everything(store).await;
    let again = || vec![reply("again"), ledger(1, 1), take("votes", TakeFrom::Counter)];
    let twice = armed(seeing(turn(&ann(), 0, 1, again()), 11), &[2]);
    assert_eq!(commit(store, twice).await, Commit::Duplicate);
    let other = seeing(turn(&ann(), 0, 1, again()), 12);
    assert_eq!(commit(store, other).await, Commit::Conflict, "another message is merely late");
    let no_message = turn(&ann(), 0, 1, again());
    assert_eq!(commit(store, no_message).await, Commit::Conflict);
    assert_eq!(everything(store).await, before);
    assert_eq!(due(store, 100, 10).await, []);
    assert_eq!(took(store, &cyd(), "votes", TakeFrom::Counter).await, Some(1), "none was counted");
    for somebody_else in [bob(), person("donuts", 1)] {
        done(store, seeing(turn(&somebody_else, 0, 1, vec![]), 11)).await;
    }
}

async fn the_log_has_one_growing_sequence(store: &dyn Store) {
    let turns = [(ann(), 0), (person("donuts", 1), 0), (ann(), 1), (bob(), 0), (ann(), 2)];
    let mut seqs = Vec::new();
    for (key, version) in &turns {
        seqs.push(done(store, turn(key, *version, 0, vec![])).await.0);
        commit(store, turn(key, 90, 0, vec![])).await; // a conflict; what it does to the numbers is free
    }
    assert!(seqs.is_sorted_by(|a, b| a < b), "{seqs:?}");
    let log: Vec<_> = log(store).await.into_iter().map(|(seq, entry)| (seq, entry.key)).collect();
    let expected: Vec<_> = seqs.into_iter().zip(turns.map(|(key, _)| key)).collect();
    assert_eq!(log, expected);
}

async fn brands_and_people_are_apart(store: &dyn Store) {
    let other = person("donuts", 1);
    assert_eq!(other.phone, ann().phone);
    done(store, armed(turn(&ann(), 0, 0, vec![reply("scoops"), ledger(1, 0)]), &[50])).await;
    assert_eq!(store.load(&other).await, Ok(Snapshot::default()));
    done(store, held(armed(turn(&other, 0, 0, vec![reply("donuts"), ledger(1, 0)]), &[40]), 3_600)).await;
    done(store, turn(&bob(), 0, 0, vec![])).await;
    assert_eq!(due(store, 40, 10).await, [alarm(&other, 40)]);
    assert_eq!(due(store, 50, 10).await, [alarm(&other, 40), alarm(&ann(), 50)]);
    assert_eq!(claimed_for(store, &bob(), 10).await, Vec::<String>::new());
    assert_eq!(claimed_for(store, &other, 10).await, ["donuts"]);
    assert_eq!(claimed_for(store, &ann(), 10).await, ["scoops"]);
    let keys: Vec<Key> = (paged(store, Table::Consents, 10).await.into_iter())
        .map(|item| match item {
            Scanned::Consent { key, .. } => key,
            other => panic!("in the ledger: {other:?}"),
        })
        .collect();
    assert_eq!(keys, [other, ann()]);
}

async fn ledger_entries_are_added_and_never_replaced(store: &dyn Store) {
    done(store, turn(&bob(), 0, 0, vec![ledger(1, 5)])).await;
    done(store, turn(&ann(), 0, 0, vec![ledger(1, 10), ledger(2, 10)])).await;
    // Two digits, and more than one byte: entries stand by their numbers.
    for (version, number) in [(1, 3), (2, 10), (3, 300)] {
        done(store, turn(&ann(), version, 0, vec![ledger(number, 20)])).await;
    }
    let consent = |key: &Key, number, second| (key.clone(), ledger_entry(number, second));
    let anns = [(1, 10), (2, 10), (3, 20), (10, 20), (300, 20)];
    let mut expected: Vec<_> = anns.iter().map(|(number, s)| consent(&ann(), *number, *s)).collect();
    expected.push(consent(&bob(), 1, 5));
    let found = paged(store, Table::Consents, 2).await.into_iter().map(|item| match item {
        Scanned::Consent { key, entry, .. } => (key, *entry),
        other => panic!("in the ledger: {other:?}"),
    });
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

// ── takes ───────────────────────────────────────────────────────────────────────────────────────

async fn a_counter_gives_every_number_once(store: &dyn Store) {
    let votes = || take("votes", TakeFrom::Counter);
    for number in 1..=4 {
        let came = took(store, &person("scoops", number), "votes", TakeFrom::Counter).await;
        assert_eq!(came, Some(u64::from(number)));
    }
    let (_, twice) = done(store, turn(&person("scoops", 5), 0, 0, vec![votes(), reply("x"), votes()])).await;
    assert_eq!(twice.iter().map(|taken| taken.number).collect::<Vec<_>>(), [Some(5), Some(6)]);
    let together = (6..=9).map(|number| turn(&person("scoops", number), 0, 0, vec![votes()])).collect();
    let mut numbers = Vec::new();
    for answer in store.commit(together).await.unwrap() {
        let Commit::Committed { taken, .. } = answer else { panic!("not committed: {answer:?}") };
        numbers.extend(taken.into_iter().map(|taken| taken.number));
    }
    assert_eq!(numbers, [Some(7), Some(8), Some(9), Some(10)]);
    assert_eq!(took(store, &person("donuts", 1), "votes", TakeFrom::Counter).await, Some(1));
    assert_eq!(took(store, &person("scoops", 10), "others", TakeFrom::Counter).await, Some(1));
}

async fn a_pool_hands_out_its_pieces_and_then_nothing(store: &dyn Store) {
    let pool = TakeFrom::Pool { size: 3 };
    let mut numbers = Vec::new();
    for number in 1..=5 {
        numbers.push(took(store, &person("scoops", number), "coupons", pool).await);
    }
    assert_eq!(numbers, [Some(1), Some(2), Some(3), None, None]);
    assert_eq!(took(store, &person("donuts", 1), "coupons", pool).await, Some(1), "a pool of its own");
    assert_eq!(took(store, &person("donuts", 2), "none", TakeFrom::Pool { size: 0 }).await, None);
    let larger = TakeFrom::Pool { size: 4 };
    assert_eq!(took(store, &person("scoops", 6), "coupons", larger).await, Some(4), "it was filled up");
}

async fn a_take_waits_in_the_record_and_is_due_at_once(store: &dyn Store) {
    let empty = TakeFrom::Pool { size: 0 };
    let effects = vec![take("votes", TakeFrom::Counter), take("coupons", empty)];
    done(store, armed(turn(&ann(), 0, 10, effects), &[500])).await;
    let both =
        [Taken { name: "votes".into(), number: Some(1) }, Taken { name: "coupons".into(), number: None }];
    assert_eq!(store.load(&ann()).await.unwrap().record.person.taken, both);
    assert_eq!(due(store, 9, 10).await, []);
    assert_eq!(due(store, 10, 10).await, [alarm(&ann(), 10)]);
    assert!(store.next_due().await.unwrap().is_some_and(|next| next <= at(10)));
    // One is heard: the other is due at once again.
    let mut heard = armed(turn(&ann(), 1, 12, vec![]), &[500]);
    heard.record.person.taken = both[1..].to_vec();
    done(store, heard).await;
    assert_eq!(due(store, 12, 10).await, [alarm(&ann(), 12)]);
    // Both are heard: only the timer is left.
    done(store, armed(turn(&ann(), 2, 13, vec![]), &[500])).await;
    assert_eq!(due(store, 499, 10).await, []);
    assert_eq!(due(store, 500, 10).await, [alarm(&ann(), 500)]);
}

// ── errands that are no messages ────────────────────────────────────────────────────────────────

async fn lookups_come_with_the_replies_and_webhooks_after_them(store: &dyn Store) {
    let wanted = vec![
        Effect::Notify(told("crm")),
        campaign("a campaign"),
        Effect::Lookup(lookup("weather")),
        reply("one moment"),
    ];
    done(store, turn(&ann(), 0, 0, wanted)).await;
    let errands = |rows: Vec<Row>| rows.into_iter().map(|row| row.errand).collect::<Vec<_>>();
    let first = claim(store, 0, 2).await;
    let then = claim(store, 0, 10).await;
    assert_eq!(
        errands(first),
        [Errand::Lookup(lookup("weather")), Errand::Send(send(Class::Reply, "one moment"))]
    );
    assert_eq!(
        errands(then),
        [Errand::Notify(told("crm")), Errand::Send(send(Class::Campaign, "a campaign"))]
    );
}

async fn a_lookup_waits_for_nobody_and_is_gone_when_it_is_done(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![reply("one"), Effect::Lookup(lookup("weather"))])).await;
    let rows = claim(store, 0, 10).await;
    assert_eq!(rows.len(), 2, "the reply that is being sent holds up no lookup");
    let done: Vec<_> = rows.iter().map(|row| (row.id, Settlement::Done)).collect();
    store.settle(done).await.unwrap();
    assert_eq!(outbox(store).await, Vec::<Row>::new());
}

async fn what_waits_for_a_webhooks_answer_are_messages_alone(store: &dyn Store) {
    let wanted = vec![reply("hi"), Effect::Notify(told("crm"))];
    done(store, held(turn(&ann(), 0, 0, wanted), 60)).await;
    let rows = claim(store, 0, 10).await;
    assert_eq!(rows.iter().map(|row| row.errand.clone()).collect::<Vec<_>>(), [Errand::Notify(told("crm"))]);
}

// ── the outbox ──────────────────────────────────────────────────────────────────────────────────

async fn a_claimed_row_tells_all_about_its_message(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![])).await;
    done(store, turn(&ann(), 1, 5, vec![ledger(1, 5), message(Class::FollowUp, "still there?")])).await;
    let row = Row {
        id: RowId { seq: 2, index: 1 },
        key: ann(),
        turn: 2,
        errand: Errand::Send(send(Class::FollowUp, "still there?")),
        state: RowState::Sending,
        attempts: 0,
        held: false,
        waits: None,
        due: at(5),
        written: at(5),
        via: Some(via()),
    };
    let rows = claim(store, 5, 10).await;
    assert_eq!(outbox(store).await, rows);
    assert_eq!(rows, [row]);
    assert_eq!(claimed(store, 9_999).await, Vec::<String>::new(), "it is being sent");
}

async fn replies_of_one_dialogue_go_one_at_a_time_in_order(store: &dyn Store) {
    let first = vec![reply("1"), message(Class::Help, "2")];
    done(store, turn(&ann(), 0, 0, first)).await;
    done(store, turn(&ann(), 1, 0, vec![reply("3"), message(Class::FollowUp, "4")])).await;
    for body in ["1", "2", "3", "4"] {
        let row = only(store, 0, body).await;
        assert_eq!(claimed(store, 0).await, Vec::<String>::new(), "{body} is not settled");
        settle(store, row, sent_as(body, 1)).await;
    }
    assert_eq!(claimed(store, 9_999).await, Vec::<String>::new());
}

/// Minutes count for it, and what stands before it will be refused anyway.
async fn the_confirmation_of_an_opt_out_waits_for_nothing(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![reply("1")])).await;
    assert_eq!(claimed(store, 0).await, ["1"]);
    done(store, turn(&ann(), 1, 1, vec![message(Class::OptOutConfirmation, "2")])).await;
    assert_eq!(claimed(store, 1).await, ["2"]);
}

async fn dialogues_do_not_wait_for_each_other(store: &dyn Store) {
    done(store, turn(&ann(), 0, 2, vec![reply("a1"), reply("a2")])).await;
    done(store, turn(&bob(), 0, 1, vec![reply("b1"), reply("b2")])).await;
    done(store, turn(&person("donuts", 1), 0, 3, vec![reply("c1"), reply("c2")])).await;
    let rows = claim(store, 3, 10).await;
    assert_eq!(words(&rows), ["c1", "b1", "a1"], "the longest due first, and brands take turns");
    settle(store, rows[2].id, sent_as("a1", 4)).await;
    assert_eq!(claimed(store, 4).await, ["a2"]);
}

async fn replies_that_come_off_hold_together_go_one_at_a_time(store: &dyn Store) {
    done(store, held(turn(&ann(), 0, 0, vec![reply("1"), reply("2"), reply("3")]), 60)).await;
    for body in ["1", "2", "3"] {
        let row = only(store, 60, body).await;
        settle(store, row, sent_as(body, 61)).await;
    }
}

async fn a_reply_off_hold_waits_for_the_one_being_sent(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![reply("1"), reply("2")])).await;
    settle(store, only(store, 0, "1").await, hold(60)).await;
    let second = only(store, 1, "2").await;
    assert_eq!(claimed(store, 60).await, Vec::<String>::new(), "one at a time");
    settle(store, second, sent_as("2", 61)).await;
    assert_eq!(claimed(store, 61).await, ["1"]);
}

async fn rows_that_are_out_of_the_way_block_nobody(store: &dyn Store) {
    let bodies = ["held", "unknown", "dead", "last"];
    done(store, turn(&ann(), 0, 0, bodies.map(reply).to_vec())).await;
    let ways = [hold(900), unknown(), dead()];
    for (body, settlement) in bodies.into_iter().zip(ways) {
        settle(store, only(store, 0, body).await, settlement).await;
    }
    only(store, 0, "last").await;
}

async fn campaign_rows_neither_block_nor_wait(store: &dyn Store) {
    let effects = vec![campaign("c1"), reply("r1"), campaign("c2"), reply("r2"), campaign("c3")];
    done(store, turn(&ann(), 0, 0, effects)).await;
    let rows = claim(store, 0, 10).await;
    assert_eq!(words(&rows), ["r1", "c1", "c2", "c3"]);
    settle(store, rows[0].id, sent_as("r1", 1)).await;
    assert_eq!(claimed(store, 1).await, ["r2"], "while three campaign messages are being sent");
}

async fn replies_come_before_campaigns(store: &dyn Store) {
    for number in 1..=3 {
        done(store, turn(&person("scoops", number), 0, 0, vec![campaign(&format!("c{number}"))])).await;
    }
    done(store, turn(&person("scoops", 4), 0, 50, vec![message(Class::FollowUp, "f4")])).await;
    done(store, turn(&person("scoops", 5), 0, 40, vec![reply("r5")])).await;
    assert_eq!(words(&claim(store, 100, 1).await), ["r5"]);
    assert_eq!(words(&claim(store, 100, 3).await), ["f4", "c1", "c2"]);
    assert_eq!(claimed(store, 100).await, ["c3"]);
}

async fn a_claim_keeps_to_its_limit(store: &dyn Store) {
    for number in 1..=5 {
        done(store, turn(&person("scoops", number), 0, 0, vec![reply(&format!("{number}"))])).await;
    }
    assert_eq!(claim(store, 0, 0).await, []);
    assert_eq!(words(&claim(store, 0, 2).await), ["1", "2"]);
    assert_eq!(words(&claim(store, 0, 2).await), ["3", "4"]);
    assert_eq!(words(&claim(store, 0, 2).await), ["5"]);
    assert_eq!(claim(store, 0, 2).await, []);
}

async fn nothing_is_claimed_before_it_is_due(store: &dyn Store) {
    done(store, turn(&ann(), 0, 10, vec![reply("10")])).await;
    done(store, turn(&bob(), 0, 20, vec![campaign("20")])).await;
    assert_eq!(claimed(store, 9).await, Vec::<String>::new());
    assert_eq!(claimed(store, 19).await, ["10"]);
    assert_eq!(claimed(store, 20).await, ["20"]);
}

async fn a_retry_waits_counts_and_keeps_its_place(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![reply("1"), reply("2")])).await;
    let mut second = 0;
    for attempts in 1..=2 {
        let row = only(store, second, "1").await;
        second += 60;
        settle(store, row, Settlement::Retry { at: at(second) }).await;
        assert_eq!(claimed(store, second - 1).await, Vec::<String>::new(), "not yet, and nothing past it");
        let rows = outbox(store).await;
        assert_eq!(
            (rows[0].attempts, rows[0].due, &rows[0].state),
            (attempts, at(second), &RowState::Pending)
        );
        assert!(!rows[0].held);
    }
    let rows = claim(store, second, 10).await;
    assert_eq!((words(&rows), rows[0].attempts), (vec!["1".to_owned()], 2));
}

async fn a_held_row_comes_again_and_stays_marked(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![message(Class::FollowUp, "later")])).await;
    let row = only(store, 0, "later").await;
    settle(store, row, hold(60)).await;
    let rows = outbox(store).await;
    assert_eq!((&rows[0].state, rows[0].held, rows[0].attempts), (&RowState::Held, true, 0));
    assert_eq!(rows[0].due, at(60));
    assert_eq!(claimed(store, 59).await, Vec::<String>::new());
    let again = claim(store, 60, 10).await;
    assert_eq!((words(&again), again[0].held, again[0].attempts), (vec!["later".to_owned()], true, 0));
    settle(store, row, Settlement::Retry { at: at(90) }).await;
    let again = claim(store, 90, 10).await;
    assert_eq!((again[0].held, again[0].attempts), (true, 1), "once held, always marked");
}

async fn a_sent_row_leaves_the_outbox_with_its_proof(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![ledger(1, 0), reply("hello")])).await;
    let row = only(store, 0, "hello").await;
    assert_eq!(sent(store).await, []);
    settle(store, row, sent_as("SM7", 5)).await;
    assert_eq!(outbox(store).await, []);
    let proof = Sent {
        row: RowId { seq: 1, index: 1 },
        key: ann(),
        account: "main".into(),
        id: "SM7".into(),
        at: at(5),
        pass: pass(4),
        receipt: ReceiptState::Accepted,
    };
    assert_eq!(sent(store).await, [proof]);
    assert_eq!(claimed(store, 9_999).await, Vec::<String>::new());
}

async fn what_has_left_is_counted_for_its_person_alone(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, (0..12).map(|n| campaign(&n.to_string())).collect())).await;
    let rows = claim(store, 0, 20).await;
    let uncounted = Settlement::Sent {
        account: "main".into(),
        id: "reply".into(),
        at: at(1),
        pass: Pass { counts: false, ..pass(1) },
    };
    let others = [uncounted, unknown(), dead(), hold(60), Settlement::Retry { at: at(60) }, Settlement::Done];
    for (row, settlement) in rows.iter().zip(others) {
        settle(store, row.id, settlement).await;
    }
    assert_eq!(store.left(&ann()).await, Ok(vec![at(7)]), "one that may have left has left");
    for (second, row) in [20, 9, 8, 7, 6, 5].into_iter().zip(&rows[6..]) {
        settle(store, row.id, sent_as(&second.to_string(), second)).await;
    }
    assert_eq!(
        store.left(&ann()).await,
        Ok([5, 6, 7, 7, 8, 9, 20].map(at).to_vec()),
        "the oldest comes first"
    );
    done(store, turn(&ann(), 1, 30, vec![campaign("a"), campaign("b")])).await;
    for row in claim(store, 30, 2).await {
        settle(store, row.id, sent_as(&row.id.to_string(), 30)).await;
    }
    assert_eq!(store.left(&ann()).await, Ok([6, 7, 7, 8, 9, 20, 30, 30].map(at).to_vec()), "and goes first");
    assert_eq!(store.left(&bob()).await, Ok(vec![]));
    let elsewhere = person("donuts", 1);
    assert_eq!(store.left(&elsewhere).await, Ok(vec![]), "nor for another brand");
}

async fn unknown_and_dead_rows_are_kept_and_never_sent(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![reply("unknown")])).await;
    done(store, turn(&bob(), 0, 0, vec![campaign("dead")])).await;
    let rows = claim(store, 0, 10).await;
    settle(store, rows[0].id, unknown()).await;
    settle(store, rows[1].id, dead()).await;
    assert_eq!(claimed(store, 99_999).await, Vec::<String>::new());
    for key in [ann(), bob()] {
        assert_eq!(claimed_for(store, &key, 10).await, Vec::<String>::new());
    }
    let states: Vec<RowState> = outbox(store).await.into_iter().map(|row| row.state).collect();
    let why = Death::Refused(Refusal::OptedOut);
    assert_eq!(states, [RowState::Unknown { why: "timeout".into() }, RowState::Dead { why }]);
    assert_eq!(sent(store).await, []);
    assert_eq!(store.next_due().await, Ok(None), "there is nothing to wait for");
}

async fn settling_is_one_call_for_many_and_ignores_strangers(store: &dyn Store) {
    for number in 1..=3 {
        done(store, turn(&person("scoops", number), 0, 0, vec![reply(&format!("{number}"))])).await;
    }
    let rows = claim(store, 0, 10).await;
    let stranger = RowId { seq: 77, index: 0 };
    let settled = vec![
        (rows[0].id, sent_as("SM1", 1)),
        (stranger, sent_as("SM2", 1)),
        (rows[1].id, Settlement::Retry { at: at(30) }),
        (rows[2].id, sent_as("SM3", 1)),
    ];
    store.settle(settled).await.unwrap();
    settle(store, rows[0].id, Settlement::Retry { at: at(30) }).await; // it has left
    assert_eq!(words(&outbox(store).await), ["2"]);
    let ids: Vec<_> = sent(store).await.into_iter().map(|sent| (sent.id, sent.row)).collect();
    assert_eq!(ids, [("SM1".into(), rows[0].id), ("SM3".into(), rows[2].id)]);
    assert_eq!(claimed(store, 30).await, ["2"]);
}

async fn what_waits_for_a_webhook_is_taken_by_person(store: &dyn Store) {
    done(store, held(turn(&ann(), 0, 0, vec![reply("1"), campaign("2"), reply("3")]), 3_600)).await;
    done(store, turn(&ann(), 1, 5, vec![reply("4")])).await;
    done(store, held(turn(&bob(), 0, 0, vec![reply("bob")]), 3_600)).await;
    assert_eq!(store.next_due().await, Ok(Some(at(5))));
    let rows = outbox(store).await;
    assert_eq!((&rows[0].state, rows[0].held), (&RowState::Held, true));
    let rows = store.claim_for(&ann(), number(), 2).await.unwrap();
    assert_eq!(words(&rows), ["1", "2"]);
    assert!(rows.iter().all(|row| row.state == RowState::Sending));
    assert_eq!(claimed_for(store, &ann(), 10).await, ["3", "4"], "held and pending, in order");
    assert_eq!(claimed_for(store, &ann(), 10).await, Vec::<String>::new());
    assert_eq!(claimed(store, 3_599).await, Vec::<String>::new());
    // The gate holds one of them: the next text of the person takes it again.
    settle(store, rows[0].id, hold(9_000)).await;
    settle(store, rows[1].id, sent_as("SM2", 1)).await;
    assert_eq!(claimed_for(store, &ann(), 10).await, ["1"]);
    assert_eq!(claimed(store, 9_999).await, ["bob"], "what was taken is not given out a second time");
}

async fn what_waits_for_a_webhook_goes_by_itself_in_the_end(store: &dyn Store) {
    done(store, held(turn(&ann(), 0, 0, vec![reply("1")]), 3_600)).await;
    assert_eq!(store.next_due().await, Ok(Some(at(3_600))));
    assert_eq!(claimed(store, 3_599).await, Vec::<String>::new());
    assert_eq!(claimed(store, 3_600).await, ["1"]);
}

// ── whose turn it is, and how fast ──────────────────────────────────────────────────────────────

/// A turn by whose account its messages are to leave.
fn by(account: &str, mut turn: Turn) -> Turn {
    turn.via = Some(Via { account: account.into(), ..via() });
    turn
}

/// So many campaign messages of a brand, each to somebody else.
async fn campaign_of(store: &dyn Store, brand: &str, people: u32) {
    for number in 0..people {
        let name = format!("{brand} {number}");
        done(store, turn(&person(brand, number), 0, 0, vec![campaign(&name)])).await;
    }
}

async fn brands_of_one_account_take_turns(store: &dyn Store) {
    campaign_of(store, "scoops", 40).await;
    campaign_of(store, "donuts", 3).await;
    let given = words(&claim(store, 5, 8).await);
    assert_eq!(given[..6], ["donuts 0", "scoops 0", "donuts 1", "scoops 1", "donuts 2", "scoops 2"]);
    assert_eq!(given[6..], ["scoops 3", "scoops 4"], "nobody's turn is left unused");
}

async fn a_reply_waits_for_no_campaign_of_another_brand(store: &dyn Store) {
    campaign_of(store, "scoops", 400).await;
    claim(store, 5, 10).await;
    done(store, turn(&person("donuts", 1), 0, 6, vec![reply("the reply")])).await;
    done(store, turn(&person("scoops", 9_000), 0, 6, vec![reply("our own reply")])).await;
    let before = words(&claim(store, 6, 500).await);
    let place = |body: &str| before.iter().position(|other| other == body).unwrap();
    assert_eq!((place("the reply"), place("our own reply")), (0, 1), "rows handled before it");
}

async fn accounts_take_turns(store: &dyn Store) {
    for number in 0..30 {
        let name = format!("main {number}");
        done(store, by("main", turn(&person("scoops", number), 0, 0, vec![reply(&name)]))).await;
    }
    done(store, by("other", turn(&person("scoops", 99), 0, 9, vec![reply("other")]))).await;
    let given = words(&claim(store, 9, 3).await);
    assert_eq!(given, ["main 0", "other", "main 1"]);
}

async fn who_was_silent_has_saved_up_no_turns(store: &dyn Store) {
    campaign_of(store, "donuts", 60).await;
    claim(store, 0, 30).await;
    campaign_of(store, "scoops", 60).await;
    let given = words(&claim(store, 0, 20).await);
    let of_scoops = given.iter().filter(|body| body.starts_with("scoops")).count();
    assert_eq!(of_scoops, 10, "{given:?}");
}

async fn a_reminder_before_a_reply_comes_as_that_does(store: &dyn Store) {
    for number in 0..20 {
        let told = vec![message(Class::FollowUp, "another's reminder")];
        done(store, turn(&person("scoops", 100 + number), 0, 0, told)).await;
    }
    done(store, turn(&ann(), 0, 1, vec![message(Class::FollowUp, "reminder")])).await;
    done(store, turn(&ann(), 1, 2, vec![reply("reply")])).await;
    let rows = claim(store, 5, 1).await;
    assert_eq!(words(&rows), ["reminder"]);
    settle(store, rows[0].id, sent_as("SM1", 5)).await;
    assert_eq!(words(&claim(store, 5, 1).await), ["reply"]);
}

async fn reminders_that_come_due_together_delay_no_reply(store: &dyn Store) {
    for number in 0..200 {
        let told = vec![message(Class::FollowUp, "at nine")];
        done(store, turn(&person("scoops", 100 + number), 0, 0, told)).await;
    }
    let rows = claim(store, 0, 500).await;
    let nine: Vec<_> = rows.iter().map(|row| (row.id, hold(900))).collect();
    store.settle(nine).await.unwrap();
    done(store, turn(&ann(), 0, 1_000, vec![reply("reply")])).await;
    assert_eq!(words(&claim(store, 1_000, 2).await), ["reply", "at nine"]);
}

fn rate(per_second: f64) -> Option<Rate> {
    Rate::try_from(per_second).ok()
}

/// What is given out at a second by accounts that keep this pace, in words, and when to ask again.
async fn paced(store: &dyn Store, pace: &Pace, second: i64) -> (Vec<String>, Option<Timestamp>) {
    let pace = Arc::new(BTreeMap::from([("main".into(), pace.clone())]));
    let Claimed { rows, again } = store.claim(Claim { pace, ..Claim::of(at(second), 100) }).await.unwrap();
    (words(&rows), again)
}

async fn a_number_keeps_its_pace_in_parts(store: &dyn Store) {
    let slow = Pace { short_code: rate(1.0), ..Pace::default() };
    let long = format!("two parts {}", "x".repeat(200));
    let bodies = [long.as_str(), "b", "c"];
    for (number, body) in (1..).zip(bodies) {
        done(store, turn(&person("scoops", number), 0, i64::from(number) - 10, vec![reply(body)])).await;
    }
    // What leaves by another account keeps no pace.
    done(store, by("other", turn(&person("scoops", 50), 0, 0, vec![reply("other")]))).await;
    assert_eq!(paced(store, &slow, 0).await.0, [long.as_str(), "other"]);
    assert_eq!(paced(store, &slow, 0).await, (vec![], Some(at(2))), "two parts take two seconds");
    assert_eq!(paced(store, &slow, 1).await.0, Vec::<String>::new());
    assert_eq!(paced(store, &slow, 2).await, (vec!["b".to_owned()], Some(at(3))));
    // The clock is put back by an hour: nobody waits for that hour.
    assert_eq!(paced(store, &slow, -3_600 + 10).await.0, Vec::<String>::new());
    assert_eq!(paced(store, &slow, 5).await.0, ["c"]);
}

async fn an_account_keeps_its_pace_over_all_its_numbers(store: &dyn Store) {
    let slow = Pace { account: rate(4.0), ..Pace::default() };
    for number in 0..10 {
        let other = Send { from: "72346".parse().ok(), ..send(Class::Reply, &format!("{number}")) };
        let effect = if number % 2 == 0 { reply(&format!("{number}")) } else { Effect::Send(other) };
        done(store, turn(&person("scoops", number), 0, 0, vec![effect])).await;
    }
    let given: Vec<usize> = {
        let mut given = Vec::new();
        for second in 0..3 {
            given.push(paced(store, &slow, second).await.0.len());
        }
        given
    };
    assert_eq!(given, [4, 4, 2]);
}

async fn a_paused_account_holds_up_no_other(store: &dyn Store) {
    for (number, account) in (1..).zip(["main", "main", "other"]) {
        done(store, by(account, turn(&person("scoops", number), 0, 0, vec![reply(account)]))).await;
    }
    let claim = |second: i64, until: i64| {
        let paused = vec![("main".into(), at(until))];
        async move { store.claim(Claim { paused, ..Claim::of(at(second), 10) }).await.unwrap() }
    };
    let first = claim(0, 90).await;
    assert_eq!((words(&first.rows), first.again), (vec!["other".to_owned()], Some(at(90))));
    assert_eq!(claim(89, 90).await.rows, []);
    assert_eq!(words(&claim(90, 90).await.rows), ["main", "main"]);
}

async fn so_many_are_on_their_way_at_once(store: &dyn Store) {
    for number in 1..=5 {
        done(store, turn(&person("scoops", number), 0, 0, vec![reply(&format!("{number}"))])).await;
        done(store, turn(&person("donuts", number), 0, 0, vec![Effect::Notify(told("crm"))])).await;
    }
    let claim = || async {
        let wanted = Claim { by_account: 2, by_brand: 1, ..Claim::of(at(0), 10) };
        store.claim(wanted).await.unwrap().rows
    };
    let rows = claim().await;
    let (sends, told): (Vec<Row>, Vec<Row>) = rows.into_iter().partition(|row| row.errand.send().is_some());
    assert_eq!((words(&sends), told.len()), (vec!["1".to_owned(), "2".to_owned()], 1));
    assert_eq!(claim().await, []);
    // What comes in for later meanwhile keeps nobody waiting who may leave as soon as there is room.
    done(store, held(turn(&person("scoops", 6), 0, 0, vec![reply("6")]), 500)).await;
    settle(store, sends[0].id, sent_as("SM1", 1)).await;
    assert_eq!(words(&claim().await), ["3"]);
    settle(store, told[0].id, Settlement::Done).await;
    assert_eq!(claim().await.len(), 1);
}

async fn an_operator_decides_about_what_the_store_keeps(store: &dyn Store) {
    for (number, body) in (1..).zip(["unknown", "dead", "waits", "sending"]) {
        done(store, turn(&person("scoops", number), 0, i64::from(number), vec![reply(body)])).await;
    }
    let rows = claim(store, 2, 10).await;
    settle(store, rows[0].id, unknown()).await;
    settle(store, rows[1].id, dead()).await;
    let sending = claim(store, 4, 2).await[1].id;
    let waits = RowId { seq: 3, index: 0 };
    settle(store, waits, Settlement::Retry { at: at(99) }).await;
    let resolve = |id: RowId, resolution| async move {
        match store.resolve(id, resolution, at(50)).await.unwrap() {
            Resolved::Done(before) => Some(before.id == id),
            Resolved::Not(row) => (row.id == id).then_some(false),
            Resolved::Missing => None,
        }
    };
    let (unknown, dead) = (rows[0].id, rows[1].id);
    for (id, resolution) in [
        (dead, Resolution::Sent),
        (waits, Resolution::Sent),
        (waits, Resolution::Resend),
        (sending, Resolution::Drop),
    ] {
        assert_eq!(resolve(id, resolution).await, Some(false), "{id} {resolution:?}");
    }
    assert_eq!(resolve(RowId { seq: 77, index: 0 }, Resolution::Drop).await, None);
    assert_eq!(store.row(unknown).await.unwrap().map(|row| row.id), Some(unknown));
    assert_eq!(resolve(unknown, Resolution::Sent).await, Some(true));
    assert_eq!(store.row(unknown).await, Ok(None));
    assert_eq!(resolve(dead, Resolution::Resend).await, Some(true));
    let again = claim(store, 50, 10).await;
    assert_eq!((words(&again), again[0].attempts), (vec!["dead".to_owned()], 0));
    assert_eq!(resolve(waits, Resolution::Drop).await, Some(true));
    assert_eq!(words(&outbox(store).await), ["dead", "sending"]);
    assert_eq!(claimed(store, 9_999).await, Vec::<String>::new());
}

// ── timers ──────────────────────────────────────────────────────────────────────────────────────

async fn alarms_come_earliest_first_and_only_when_due(store: &dyn Store) {
    for (key, second) in [(ann(), 30), (bob(), 10), (cyd(), 20)] {
        done(store, armed(turn(&key, 0, 0, vec![]), &[second])).await;
    }
    let all = [alarm(&bob(), 10), alarm(&cyd(), 20), alarm(&ann(), 30)];
    assert_eq!(due(store, 9, 10).await, []);
    assert_eq!(due(store, 20, 10).await, all[..2], "the moment itself included");
    assert_eq!(due(store, 99, 0).await, []);
    assert_eq!(due(store, 99, 1).await, all[..1]);
    assert_eq!(due(store, 99, 2).await, all[..2]);
    assert_eq!(due(store, 99, 10).await, all, "asking takes nothing away");
}

async fn a_dialogue_has_one_alarm_at_its_earliest_timer(store: &dyn Store) {
    done(store, armed(turn(&ann(), 0, 0, vec![]), &[50, 20, 30])).await;
    done(store, armed(turn(&bob(), 0, 0, vec![]), &[20])).await;
    done(store, turn(&cyd(), 0, 0, vec![])).await;
    assert_eq!(due(store, 19, 10).await, []);
    assert_eq!(due(store, 99, 10).await, [alarm(&ann(), 20), alarm(&bob(), 20)]);
    // The first has been handled at its time; the second is next.
    done(store, armed(turn(&ann(), 1, 20, vec![]), &[50, 30])).await;
    assert_eq!(due(store, 29, 10).await, [alarm(&bob(), 20)]);
    assert_eq!(due(store, 30, 10).await, [alarm(&bob(), 20), alarm(&ann(), 30)]);
}

async fn a_moved_timer_is_not_given_at_its_old_time(store: &dyn Store) {
    let moves: [(&[i64], &[i64]); 4] = [(&[10], &[40]), (&[40], &[10]), (&[10], &[]), (&[10, 20], &[30, 20])];
    let mut version = 0;
    for (before, after) in moves {
        done(store, armed(turn(&ann(), version, 0, vec![]), before)).await;
        done(store, armed(turn(&ann(), version + 1, 5, vec![]), after)).await;
        version += 2;
        let first = after.iter().min();
        for second in [10, 19, 20, 30, 39, 40, 99] {
            let rung = first.filter(|first| **first <= second).map(|first| alarm(&ann(), *first));
            assert_eq!(
                due(store, second, 10).await,
                Vec::from_iter(rung),
                "{before:?} to {after:?} at {second}"
            );
        }
    }
}

async fn the_earliest_alarm_is_found_behind_timers_that_moved(store: &dyn Store) {
    for number in 1..=5 {
        let key = person("scoops", number);
        done(store, armed(turn(&key, 0, 0, vec![]), &[10])).await;
        done(store, armed(turn(&key, 1, 1, vec![]), &[80])).await;
    }
    let real = person("scoops", 9);
    done(store, armed(turn(&real, 0, 2, vec![]), &[50])).await;
    // A limit small enough that the five that moved fill it more than once.
    assert_eq!(due(store, 90, 1).await, [alarm(&real, 50)]);
    assert_eq!(due(store, 60, 1).await, [alarm(&real, 50)]);
}

async fn timers_keep_to_fractions_of_a_millisecond(store: &dyn Store) {
    let fraction = |nanos| Timestamp::new(at(10).as_second(), nanos).unwrap();
    let mut turn = armed(turn(&ann(), 0, 0, vec![]), &[0]);
    turn.record.person.timers[0].due = fraction(500_700);
    done(store, turn).await;
    assert!(store.next_due().await.unwrap().is_some_and(|next| next <= fraction(500_700)));
    assert_eq!(store.due(fraction(500_699), 10).await, Ok(vec![]));
    let rung = Alarm { at: fraction(500_700), key: ann() };
    assert_eq!(store.due(fraction(500_700), 10).await, Ok(vec![rung]));
}

async fn the_next_moment_is_never_named_too_late(store: &dyn Store) {
    assert_eq!(store.next_due().await, Ok(None));
    let latest = async |expected: i64| {
        let next = store.next_due().await.unwrap();
        assert!(next.is_some_and(|next| next <= at(expected)), "{next:?}, not later than {expected}");
    };
    done(store, held(turn(&ann(), 0, 0, vec![campaign("c")]), 90)).await;
    assert_eq!(store.next_due().await, Ok(Some(at(90))), "a message that waits");
    done(store, held(turn(&bob(), 0, 0, vec![reply("r")]), 95)).await;
    assert_eq!(store.next_due().await, Ok(Some(at(90))), "campaign or reply, the earlier");
    done(store, armed(turn(&cyd(), 0, 0, vec![]), &[70])).await;
    latest(70).await;
    done(store, armed(turn(&cyd(), 1, 0, vec![]), &[200])).await;
    latest(90).await;
    done(store, armed(turn(&cyd(), 2, 0, vec![]), &[60])).await;
    latest(60).await;
    done(store, armed(turn(&cyd(), 3, 1, vec![take("votes", TakeFrom::Counter)]), &[60])).await;
    latest(1).await;
    done(store, armed(turn(&cyd(), 4, 2, vec![]), &[300])).await;
    assert_eq!(due(store, 80, 10).await, []);
    assert_eq!(store.next_due().await, Ok(Some(at(90))), "the timer of 60 is gone, and looked for in vain");
    let row = only(store, 90, "c").await;
    assert_eq!(store.next_due().await, Ok(Some(at(95))), "what is being sent is not waited for");
    settle(store, row, Settlement::Retry { at: at(91) }).await;
    assert_eq!(store.next_due().await, Ok(Some(at(91))));
}

/// An alarm may ring early, but looking puts it right: nobody turns in circles.
async fn who_follows_the_next_moment_gets_there(store: &dyn Store) {
    done(store, armed(turn(&ann(), 0, 0, vec![]), &[10])).await;
    done(store, armed(turn(&ann(), 1, 1, vec![]), &[40])).await;
    done(store, armed(turn(&bob(), 0, 1, vec![]), &[20])).await;
    done(store, armed(turn(&bob(), 1, 2, vec![]), &[])).await;
    let mut looks = 0;
    loop {
        let next = store.next_due().await.unwrap().unwrap();
        let rung = store.due(next, 10).await.unwrap();
        looks += 1;
        if !rung.is_empty() {
            assert_eq!((next, rung), (at(40), vec![alarm(&ann(), 40)]));
            break;
        }
        assert!(looks < 5, "still {next}");
    }
    done(store, turn(&ann(), 2, 40, vec![])).await;
    assert_eq!(store.next_due().await, Ok(None));
}

// ── receipts ────────────────────────────────────────────────────────────────────────────────────

async fn a_receipt_is_only_for_what_was_sent(store: &dyn Store) {
    let delivered = |account| receipt(account, "SM1", ReceiptState::Delivered);
    assert_eq!(store.receipt(&delivered("main")).await, Ok(None));
    done(store, turn(&ann(), 0, 0, vec![reply("1")])).await;
    let row = only(store, 0, "1").await;
    assert_eq!(store.receipt(&delivered("main")).await, Ok(None), "it is only being sent");
    settle(store, row, sent_as("SM1", 1)).await;
    assert_eq!(store.receipt(&delivered("other")).await, Ok(None), "an id means something in its account");
    assert_eq!(sent(store).await[0].receipt, ReceiptState::Accepted);
    assert_eq!(store.receipt(&delivered("main")).await, Ok(Some(ann())));
    assert_eq!(sent(store).await[0].receipt, ReceiptState::Delivered);
}

async fn a_receipt_never_leaves_a_final_state(store: &dyn Store) {
    use ReceiptState::{Delivered, Failed, Queued, Read, Undelivered, Unknown};
    let heard = [
        (Queued, Queued),
        (ReceiptState::Sent, ReceiptState::Sent),
        (Unknown, Unknown),
        (Delivered, Delivered),
        (ReceiptState::Sent, Delivered),
        (Undelivered, Delivered),
        (Read, Read),
        (Failed, Read),
    ];
    done(store, turn(&ann(), 0, 0, vec![reply("1")])).await;
    settle(store, only(store, 0, "1").await, sent_as("SM1", 1)).await;
    for (said, kept) in heard {
        let known = store.receipt(&receipt("main", "SM1", said)).await;
        assert_eq!(known, Ok(Some(ann())), "ours, whatever it says");
        assert_eq!(sent(store).await[0].receipt, kept, "after {said:?}");
    }
}

async fn receipts_that_come_early_are_kept_for_a_while_and_given_out_once(store: &dyn Store) {
    use ReceiptState::{Delivered, Queued};
    let (first, second) = (receipt("main", "SM1", Queued), receipt("main", "SM1", Delivered));
    for early in [&first, &second, &second] {
        store.stray(early, at(0)).await.unwrap();
    }
    store.stray(&receipt("other", "SM1", Delivered), at(1)).await.unwrap();
    let kept = |account: &'static str| async move { store.strays(&account.into(), &"SM1".into()).await };
    assert_eq!(kept("main").await, Ok(vec![first, second]), "in their order, each once");
    assert_eq!(kept("main").await, Ok(vec![]), "they are given out once");
    // What is older than an hour makes room when another comes.
    store.stray(&receipt("main", "SM2", Delivered), at(3_602)).await.unwrap();
    assert_eq!(kept("other").await, Ok(vec![]));
    let left = store.strays(&"main".into(), &"SM2".into()).await;
    assert_eq!(left, Ok(vec![receipt("main", "SM2", Delivered)]));
}

/// A part of a text of two parts.
fn part(number: u8, id: &str, words: &str) -> Part {
    let inbound = Inbound {
        account: "main".into(),
        id: id.into(),
        from: ann().phone,
        to: "+14045550100".parse().unwrap(),
        body: words.to_owned(),
        sent_at: None,
        media: Vec::new(),
        hint: None,
        missing: 0,
    };
    Part::new(inbound, "42".to_owned(), number, 2).unwrap()
}

fn whole(parts: Result<Parts, StoreError>) -> Whole {
    match parts {
        Ok(Parts::Whole(whole)) => whole,
        other => panic!("{other:?}"),
    }
}

async fn parts_are_joined_in_their_order_and_known_for_a_while(store: &dyn Store) {
    let (first, second) = (part(1, "m1", "JO"), part(2, "m2", "IN"));
    for again in 0..2 {
        assert_eq!(store.part(&second, at(again)).await, Ok(Parts::Waiting));
    }
    let joined = whole(store.part(&first, at(2)).await);
    assert_eq!((joined.inbound.body.as_str(), joined.inbound.missing), ("JOIN", 0));
    assert_eq!(joined.inbound.id, "m1".into(), "a text has the id of its first part");
    // Until it is taken it is given out again: whoever was to take it may have crashed.
    assert_eq!(whole(store.part(&second, at(3)).await), joined);
    store.parts_done(&joined.name).await.unwrap();
    for known in [&first, &second] {
        assert_eq!(store.part(known, at(4)).await, Ok(Parts::Known));
    }
    assert_eq!(store.parts_due(at(86_400), 9).await, Ok(vec![]));
}

async fn a_part_with_the_number_of_another_is_of_another_text(store: &dyn Store) {
    assert_eq!(store.part(&part(1, "m1", "old"), at(0)).await, Ok(Parts::Waiting));
    assert_eq!(store.part(&part(1, "m3", "new "), at(60)).await, Ok(Parts::Waiting));
    // What completes both completes the newer: the older has waited for long.
    let joined = whole(store.part(&part(2, "m4", "text"), at(61)).await);
    assert_eq!(joined.inbound.body, "new text");
    store.parts_done(&joined.name).await.unwrap();
    let due = store.parts_due(at(300), 9).await.unwrap();
    assert_eq!(due.iter().map(|whole| whole.inbound.body.as_str()).collect::<Vec<_>>(), ["old…"]);
    // The phone has counted once around.
    assert_eq!(store.part(&part(1, "m5", "third"), at(310)).await, Ok(Parts::Waiting));
}

async fn parts_wait_for_a_time_and_are_given_out_with_a_mark(store: &dyn Store) {
    store.part(&part(2, "m2", "IN"), at(0)).await.unwrap();
    let within = PARTS_WITHIN.as_secs();
    assert_eq!(store.next_due().await, Ok(Some(at(within))));
    assert_eq!(store.parts_due(at(within - 1), 9).await, Ok(vec![]));
    let due = store.parts_due(at(within), 9).await.unwrap();
    let [whole] = &due[..] else { panic!("{due:?}") };
    assert_eq!((whole.inbound.body.as_str(), whole.inbound.missing), ("…IN", 1));
    assert_eq!(store.parts_due(at(within), 9).await.unwrap(), due, "until it is taken");
    store.parts_done(&whole.name).await.unwrap();
    assert_eq!(store.parts_due(at(within), 9).await, Ok(vec![]));
    assert_eq!(store.part(&part(2, "m2", "IN"), at(within + 1)).await, Ok(Parts::Known));
}

// ── scans ───────────────────────────────────────────────────────────────────────────────────────

/// Seven of everything.
async fn fill(store: &dyn Store) {
    for number in [5, 3, 7, 1] {
        done(store, turn(&person("scoops", number), 0, 0, vec![reply("sent"), ledger(1, 0)])).await;
    }
    for number in [4, 2, 300] {
        done(store, turn(&person("donuts", number), 0, 0, vec![reply("sent"), ledger(1, 0)])).await;
    }
    let rows = claim(store, 0, 10).await;
    let id = |row: &Row| format!("SM{}", (row.id.seq * 37) % 100);
    store.settle(rows.iter().map(|row| (row.id, sent_as(&id(row), 1))).collect()).await.unwrap();
    let seven = (1..=7).map(|n| reply(&n.to_string())).collect();
    done(store, turn(&person("scoops", 5), 1, 0, seven)).await;
}

async fn pages_of_any_size_give_everything_once_in_one_order(store: &dyn Store) {
    fill(store).await;
    for (table, count) in TABLES.into_iter().zip([7, 8, 7, 7, 7]) {
        let whole = store.scan(table, None, 1_000).await.unwrap();
        assert_eq!((whole.items.len(), &whole.next), (count, &None), "{table:?}");
        for size in [1, 2, 3, 6, 7, 8, 1_000] {
            assert_eq!(paged(store, table, size).await, whole.items, "{table:?} in pages of {size}");
        }
        assert_eq!(store.scan(table, None, usize::MAX).await, Ok(whole), "{table:?}");
    }
    assert_eq!(words(&outbox(store).await), ["1", "2", "3", "4", "5", "6", "7"]);
    let seqs: Vec<u64> = log(store).await.into_iter().map(|(seq, _)| seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5, 6, 7, 8]);
}

async fn paging_goes_on_where_it_was_while_things_come_and_go(store: &dyn Store) {
    for number in 3..=8 {
        done(store, turn(&person("scoops", number), 0, 0, vec![reply(&number.to_string())])).await;
    }
    let page = store.scan(Table::Outbox, None, 2).await.unwrap();
    settle(store, claim(store, 0, 1).await[0].id, sent_as("SM1", 1)).await;
    let rest = store.scan(Table::Outbox, page.next, 10).await.unwrap().items;
    assert_eq!(
        rest,
        paged(store, Table::Outbox, 10).await[1..],
        "none is left out when one before it leaves"
    );
    let page = store.scan(Table::Subscribers, None, 2).await.unwrap();
    done(store, turn(&person("scoops", 1), 0, 0, vec![])).await;
    let rest = store.scan(Table::Subscribers, page.next, 10).await.unwrap().items;
    assert_eq!(
        rest,
        paged(store, Table::Subscribers, 10).await[3..],
        "none comes twice when one joins before it"
    );
}

// ── only the embedded store ─────────────────────────────────────────────────────────────────────

#[tokio::test]
async fn reopening_keeps_everything() {
    let folder = tempfile::tempdir().unwrap();
    let (before, loaded, alarms);
    {
        let store = open(folder.path());
        fill(&store).await;
        let effects = vec![take("votes", TakeFrom::Counter), reply("pending")];
        done(&store, seeing(armed(turn(&ann(), 1, 20, effects), &[70]), 11)).await;
        done(&store, armed(turn(&bob(), 0, 20, vec![campaign("retried")]), &[30])).await;
        store.receipt(&receipt("main", "SM37", ReceiptState::Delivered)).await.unwrap();
        (before, loaded) = (everything(&store).await, store.load(&ann()).await);
        alarms = due(&store, 99, 10).await;
        assert_eq!(alarms, [alarm(&ann(), 20), alarm(&bob(), 30)]);
    }
    let store = open(folder.path());
    assert_eq!(everything(&store).await, before);
    assert_eq!(store.load(&ann()).await, loaded);
    assert_eq!(due(&store, 99, 10).await, alarms);
    let stale = seeing(turn(&ann(), 1, 21, vec![]), 11);
    assert_eq!(commit(&store, stale).await, Commit::Duplicate);
    assert_eq!(commit(&store, turn(&ann(), 1, 21, vec![])).await, Commit::Conflict);
}

#[tokio::test]
async fn reopening_keeps_receipts_that_came_early() {
    let folder = tempfile::tempdir().unwrap();
    let early = receipt("main", "SM1", ReceiptState::Delivered);
    open(folder.path()).stray(&early, at(0)).await.unwrap();
    let store = open(folder.path());
    assert_eq!(store.strays(&"main".into(), &"SM1".into()).await, Ok(vec![early]));
    drop(store);
    let left = open(folder.path()).strays(&"main".into(), &"SM1".into()).await;
    assert_eq!(left, Ok(vec![]));
}

#[tokio::test]
async fn reopening_keeps_parts_that_wait_and_those_that_are_known() {
    let folder = tempfile::tempdir().unwrap();
    let (first, second) = (part(1, "m1", "JO"), part(2, "m2", "IN"));
    assert_eq!(open(folder.path()).part(&second, at(0)).await, Ok(Parts::Waiting));
    let joined = whole(open(folder.path()).part(&first, at(1)).await);
    assert_eq!(joined.inbound.body, "JOIN");
    let store = open(folder.path());
    assert_eq!(store.parts_due(at(300), 9).await, Ok(vec![joined.clone()]), "nobody took it");
    store.parts_done(&joined.name).await.unwrap();
    drop(store);
    assert_eq!(open(folder.path()).part(&second, at(2)).await, Ok(Parts::Known));
    // After a day both are forgotten, whatever comes.
    let other = part(1, "m9", "another");
    assert_eq!(open(folder.path()).part(&other, at(86_402)).await, Ok(Parts::Waiting));
    assert_eq!(whole(open(folder.path()).part(&second, at(86_403)).await).inbound.body, "anotherIN");
}

#[tokio::test]
async fn reopening_tells_which_links_were_running() {
    let folder = tempfile::tempdir().unwrap();
    let (main, other) = ("main".into(), "other".into());
    assert_eq!(open(folder.path()).linked(&main, true).await, Ok(false));
    let store = open(folder.path());
    assert_eq!(store.linked(&other, false).await, Ok(false));
    assert_eq!(store.linked(&main, false).await, Ok(true));
    drop(store);
    assert_eq!(open(folder.path()).linked(&main, false).await, Ok(false));
}

#[tokio::test]
async fn reopening_goes_on_counting() {
    let folder = tempfile::tempdir().unwrap();
    for opened in 1..=3 {
        let store = open(folder.path());
        let vote = turn(&person("scoops", opened), 0, 0, vec![take("votes", TakeFrom::Counter)]);
        let number = Some(u64::from(opened));
        let taken = vec![Taken { name: "votes".into(), number }];
        assert_eq!(commit(&store, vote).await, Commit::Committed { seq: u64::from(opened), taken });
    }
}

#[tokio::test]
async fn reopening_tells_webhooks_again_and_leaves_lookups_to_their_late_end() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = open(folder.path());
        let wanted = vec![Effect::Notify(told("crm")), Effect::Lookup(lookup("weather"))];
        done(&store, turn(&ann(), 0, 0, wanted)).await;
        assert_eq!(claim(&store, 0, 10).await.len(), 2);
    }
    let store = open(folder.path());
    let rows = claim(&store, 0, 10).await;
    assert_eq!(rows.iter().map(|row| row.errand.clone()).collect::<Vec<_>>(), [Errand::Notify(told("crm"))]);
}

#[tokio::test]
async fn reopening_counts_what_may_have_left() {
    let folder = tempfile::tempdir().unwrap();
    {
        let store = open(folder.path());
        done(&store, turn(&ann(), 0, 0, vec![campaign("offer"), reply("hello")])).await;
        assert_eq!(claim(&store, 5, 10).await.len(), 2);
    }
    let store = open(folder.path());
    assert_eq!(store.left(&ann()).await, Ok(vec![at(5)]), "when it was taken to be sent");
}

#[tokio::test]
async fn reopening_goes_on_sending_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    done(&store, turn(&ann(), 0, 0, vec![reply("1"), reply("2"), campaign("3")])).await;
    done(&store, held(turn(&bob(), 0, 0, vec![reply("4")]), 60)).await;
    let rows = claim(&store, 0, 1).await;
    settle(&store, rows[0].id, Settlement::Retry { at: at(30) }).await;
    drop(store);
    let store = open(folder.path());
    assert_eq!(claimed(&store, 29).await, ["3"], "the retried one still stands before the second");
    assert_eq!(store.next_due().await, Ok(Some(at(30))), "what it stands before comes after it");
    let row = only(&store, 30, "1").await;
    settle(&store, row, sent_as("SM1", 31)).await;
    assert_eq!(claimed(&store, 60).await, ["2", "4"]);
}

#[tokio::test]
async fn what_was_being_sent_when_the_process_ended_is_never_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    done(&store, turn(&ann(), 0, 0, vec![reply("1"), reply("2"), campaign("3")])).await;
    done(&store, held(turn(&bob(), 0, 0, vec![reply("4"), reply("5")]), 60)).await;
    assert_eq!(claimed(&store, 0).await, ["1", "3"]);
    assert_eq!(claimed_for(&store, &bob(), 1).await, ["4"]);
    drop(store);
    for _ in 0..2 {
        let store = open(folder.path());
        let rows = outbox(&store).await;
        let unknown: Vec<_> = (rows.iter())
            .filter(|row| matches!(&row.state, RowState::Unknown { why } if !why.is_empty()))
            .map(|row| row.errand.send().unwrap().body.as_str())
            .collect();
        assert_eq!(unknown, ["1", "3", "4"]);
        let waiting = rows.iter().filter(|row| matches!(row.state, RowState::Pending | RowState::Held));
        assert_eq!(waiting.count(), 2, "and the others still wait");
    }
    let store = open(folder.path());
    assert_eq!(claimed(&store, 99).await, ["2", "5"], "they block nobody");
    for key in [ann(), bob()] {
        assert_eq!(claimed_for(&store, &key, 10).await, Vec::<String>::new());
    }
    // An operator finds it in the provider's list.
    settle(&store, RowId { seq: 1, index: 0 }, sent_as("SM1", 200)).await;
    assert_eq!(sent(&store).await[0].key, ann());
}

#[tokio::test]
async fn a_folder_is_open_once() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    match SledStore::open(folder.path(), 1024 * 1024) {
        Err(OpenError::Locked(path)) => assert_eq!(path, folder.path()),
        other => panic!("opened twice: {other:?}"),
    }
    done(&store, turn(&ann(), 0, 0, vec![])).await;
    drop(store);
    assert_eq!(open(folder.path()).load(&ann()).await.unwrap().version, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn many_at_once_all_commit() {
    const PEOPLE: u32 = 64;
    const TURNS: u64 = 20;
    let folder = tempfile::tempdir().unwrap();
    let store = Arc::new(open(folder.path()));
    let mut tasks = tokio::task::JoinSet::new();
    for number in 0..PEOPLE {
        let store = Arc::clone(&store);
        tasks.spawn(async move {
            let key = person("scoops", number);
            let mut got = Vec::new();
            for version in 0..TURNS {
                assert_eq!(store.load(&key).await.unwrap().version, version);
                let effects = vec![reply(&version.to_string()), take("votes", TakeFrom::Counter)];
                let (seq, taken) = done(&*store, turn(&key, version, 0, effects)).await;
                got.push((seq, taken[0].number.unwrap()));
            }
            got
        });
    }
    let got = tasks.join_all().await;
    assert!(got.iter().all(|of_one| of_one.is_sorted()), "in order for each");
    let total = u64::from(PEOPLE) * TURNS;
    let seqs: BTreeSet<u64> = got.iter().flatten().map(|(seq, _)| *seq).collect();
    let votes: BTreeSet<u64> = got.iter().flatten().map(|(_, vote)| *vote).collect();
    assert_eq!(seqs, (1..=total).collect());
    assert_eq!(votes, (1..=total).collect());
    let store = Arc::into_inner(store).unwrap();
    assert_eq!(paged(&store, Table::Turns, 1_000).await.len(), seqs.len());
    assert_eq!(paged(&store, Table::Outbox, 1_000).await.len(), seqs.len());
}

/// Turns that sled would have to keep in files of their own, which no sync of ours covers.
#[tokio::test]
async fn what_is_too_large_is_refused_and_nothing_of_it_is_written() {
    const LARGE: usize = 16 * 1024;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let effects = |body: &str| vec![ledger(1, 0), take("votes", TakeFrom::Counter), reply(body)];
    let entry = armed(turn(&ann(), 0, 0, effects(&"x".repeat(LARGE))), &[5]);
    let mut record = armed(turn(&ann(), 0, 0, effects("x")), &[5]);
    record.record.person.tags.insert("x".repeat(LARGE));
    for large in [entry, record] {
        let refused = store.commit(vec![large]).await.unwrap();
        assert!(matches!(refused[..], [Commit::Refused { .. }]), "{refused:?}");
    }
    assert_eq!(everything(&store).await, vec![Vec::<Scanned>::new(); TABLES.len()]);
    assert_eq!(store.load(&ann()).await, Ok(Snapshot::default()));
    assert_eq!(due(&store, 99, 10).await, []);
    assert_eq!(took(&store, &bob(), "votes", TakeFrom::Counter).await, Some(1), "none was counted");
    assert_eq!(log(&store).await[0].0, 1, "no number was used");
}

#[tokio::test]
async fn near_the_limit_a_turn_is_kept_whole_or_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (mut kept, mut refused) = (Vec::new(), 0);
    for (number, bytes) in (14_800..15_900).step_by(50).enumerate() {
        let key = person("scoops", u32::try_from(number).unwrap());
        let mut turn = turn(&key, 0, 0, vec![]);
        turn.record.person.tags.insert("x".repeat(bytes));
        let record = turn.record.clone();
        match store.commit(vec![turn]).await.unwrap().remove(0) {
            Commit::Refused { .. } => refused += 1,
            answer => {
                assert!(matches!(answer, Commit::Committed { .. }), "{answer:?}");
                assert_eq!(refused, 0, "{bytes} bytes fit where fewer did not");
                kept.push((key, record));
            }
        }
    }
    assert!(!kept.is_empty() && refused > 0, "{} kept, {refused} refused", kept.len());
    drop(store);
    let store = open(folder.path());
    for (key, record) in kept {
        assert_eq!(store.load(&key).await, Ok(Snapshot { version: 1, record }));
    }
}

/// What is too large for ever fails no neighbour.
#[tokio::test]
async fn a_turn_that_is_too_large_fails_no_neighbour() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let large = turn(&bob(), 0, 0, vec![reply(&"x".repeat(20_000))]);
    let answers =
        store.commit(vec![turn(&ann(), 0, 0, vec![]), large, turn(&cyd(), 0, 0, vec![])]).await.unwrap();
    assert!(matches!(answers[1], Commit::Refused { .. }), "{answers:?}");
    let done: Vec<_> = [&answers[0], &answers[2]].into_iter().cloned().collect();
    assert_eq!(done, [1, 2].map(|seq| Commit::Committed { seq, taken: Vec::new() }));
    assert_eq!(log(&store).await.len(), 2);
}

// ── both side by side ───────────────────────────────────────────────────────────────────────────

/// Something done to both stores.
#[derive(Debug, Clone)]
enum Op {
    Commit(Vec<Said>),
    Claim { limit: usize },
    ClaimFor { who: usize, limit: usize },
    Settle(Vec<(u64, u16, Fate)>),
    Resolve { seq: u64, index: u16, resolution: Resolution },
    Due { limit: usize },
    Receipt { id: u8, state: ReceiptState },
    Erase { who: usize },
    Wait { seconds: i64 },
}

/// A turn to be made of the dialogue as it is.
#[derive(Debug, Clone)]
struct Said {
    who: usize,
    /// Versions that it is behind or, below zero, ahead.
    stale: i8,
    wants: Vec<Want>,
    /// Seconds from now.
    timers: Vec<i64>,
    hold: Option<i64>,
    seen: Option<u64>,
    /// Whether it hears what waits in the record.
    hears: bool,
    /// The account by which its messages are to leave.
    via: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
enum Want {
    Say(Class),
    Ledger,
    Count,
    Draw,
}

#[derive(Debug, Clone, Copy)]
enum Fate {
    Sent(u8),
    Retry(i64),
    Hold(i64),
    Unknown,
    Dead,
}

const WHO: usize = 3;

fn op() -> impl Strategy<Value = Op> {
    let fate = prop_oneof![
        3 => (0..6_u8).prop_map(Fate::Sent),
        2 => (-5..40_i64).prop_map(Fate::Retry),
        2 => (-5..40_i64).prop_map(Fate::Hold),
        1 => Just(Fate::Unknown),
        1 => Just(Fate::Dead),
    ];
    let state = prop::sample::select(vec![
        ReceiptState::Queued,
        ReceiptState::Sent,
        ReceiptState::Delivered,
        ReceiptState::Read,
        ReceiptState::Failed,
    ]);
    let resolution = prop::sample::select(vec![Resolution::Sent, Resolution::Resend, Resolution::Drop]);
    prop_oneof![
        6 => prop::collection::vec(said(), 1..3).prop_map(Op::Commit),
        3 => (0..5_usize).prop_map(|limit| Op::Claim { limit }),
        1 => (0..WHO, 0..4_usize).prop_map(|(who, limit)| Op::ClaimFor { who, limit }),
        4 => prop::collection::vec((1..20_u64, 0..3_u16, fate), 1..6).prop_map(Op::Settle),
        1 => (1..20_u64, 0..3_u16, resolution)
            .prop_map(|(seq, index, resolution)| Op::Resolve { seq, index, resolution }),
        3 => (0..4_usize).prop_map(|limit| Op::Due { limit }),
        1 => (0..6_u8, state).prop_map(|(id, state)| Op::Receipt { id, state }),
        1 => (0..WHO).prop_map(|who| Op::Erase { who }),
        2 => prop_oneof![20 => 0..40_i64, 4 => 0..2_i64, 2 => -9..0_i64, 1 => Just(90_000)].prop_map(|seconds| Op::Wait { seconds }),
    ]
}

fn said() -> impl Strategy<Value = Said> {
    let class = prop::sample::select(vec![Class::Reply, Class::Reply, Class::FollowUp, Class::Campaign]);
    let want = prop_oneof![
        4 => class.prop_map(Want::Say),
        1 => Just(Want::Ledger),
        1 => Just(Want::Count),
        1 => Just(Want::Draw),
    ];
    (
        0..WHO,
        prop::sample::select(vec![0, 0, 0, 0, 0, 1, -1]),
        prop::collection::vec(want, 0..4),
        prop::collection::vec(-3..60_i64, 0..3),
        prop::option::weighted(0.2, 0..50_i64),
        prop::option::weighted(0.4, 0..8_u64),
        any::<bool>(),
        prop::sample::select(vec![Some("main"), Some("slow"), None]),
    )
        .prop_map(|(who, stale, wants, timers, hold, seen, hears, via)| Said {
            who,
            stale,
            wants,
            timers,
            hold,
            seen,
            hears,
            via,
        })
}

struct Both {
    memory: MemoryStore,
    sled: SledStore,
    now: i64,
}

/// Asks both stores the same and sees that the answers are equal; the answer.
macro_rules! ask {
    ($both:ident.$call:ident($($argument:expr),*)) => {{
        let memory = $both.memory.$call($($argument),*).await.unwrap();
        let sled = $both.sled.$call($($argument),*).await.unwrap();
        prop_assert_eq!(&memory, &sled, "`{}`: memory and sled", stringify!($call));
        memory
    }};
}

impl Both {
    async fn run(&mut self, op: Op) -> TestCaseResult {
        let (both, now) = (&*self, self.now);
        match op {
            Op::Commit(said) => {
                let mut turns = Vec::new();
                for said in &said {
                    turns.push(self.turn(said).await?);
                }
                ask!(both.commit(turns.clone()));
            }
            Op::Claim { limit } => {
                let claim = self.pacing(limit);
                let memory = both.memory.claim(claim.clone()).await.unwrap();
                let sled = both.sled.claim(claim).await.unwrap();
                prop_assert_eq!(&memory.rows, &sled.rows, "`claim`: memory and sled");
                // The embedded store may name a moment too early.
                let late = |again: Option<Timestamp>| again.unwrap_or(Timestamp::MAX);
                let is_done = memory.rows.len() < limit;
                prop_assert!(!is_done || late(sled.again) <= late(memory.again), "{:?} {:?}", memory, sled);
            }
            Op::ClaimFor { who, limit } => {
                ask!(both.claim_for(&somebody(who), number(), limit));
            }
            Op::Settle(fates) => {
                let settled: Vec<_> = (fates.into_iter())
                    .map(|(seq, index, fate)| (RowId { seq, index }, fate.settlement(now)))
                    .collect();
                ask!(both.settle(settled.clone()));
            }
            Op::Resolve { seq, index, resolution } => {
                ask!(both.resolve(RowId { seq, index }, resolution, at(now)));
            }
            Op::Due { limit } => {
                ask!(both.due(at(now), limit));
            }
            Op::Receipt { id, state } => {
                let (account, id) = given(id);
                ask!(both.receipt(&receipt(account, &id, state)));
            }
            Op::Erase { who } => {
                ask!(both.erase(vec![erasure(&somebody(who), now)]));
            }
            Op::Wait { seconds } => self.now += seconds,
        }
        self.look().await
    }

    /// A claim at a pace, with a pause now and then.
    fn pacing(&self, limit: usize) -> Claim {
        let now = at(self.now);
        let rate = |per_second: f64| Rate::try_from(per_second).ok();
        let slow = Pace { account: rate(3.0), short_code: rate(0.5), ..Pace::default() };
        let pace = Arc::new(BTreeMap::from([("slow".into(), slow)]));
        let paused = if self.now % 7 == 0 { vec![("main".into(), at(self.now + 3))] } else { Vec::new() };
        Claim { by_account: 3, pace, paused, ..Claim::of(now, limit) }
    }

    async fn turn(&self, said: &Said) -> Result<Turn, TestCaseError> {
        let key = somebody(said.who);
        let Snapshot { version, record } = ask!(self.load(&key));
        let wants = said.wants.iter().enumerate().map(|(index, want)| match want {
            Want::Say(class) => message(*class, &format!("{version}.{index}")),
            Want::Ledger => {
                ledger(u32::try_from(version * 10).unwrap() + u32::try_from(index).unwrap(), self.now)
            }
            Want::Count => take("votes", TakeFrom::Counter),
            Want::Draw => take("coupons", TakeFrom::Pool { size: 2 }),
        });
        let read_version = version.checked_add_signed(-i64::from(said.stale)).unwrap_or(9);
        let mut turn = turn(&key, read_version, self.now, wants.collect());
        turn.hold_until = said.hold.map(|seconds| at(self.now + seconds));
        turn.via = said.via.map(|account| Via { account: account.into(), number: None });
        turn.record.person.recent = record.person.recent;
        if !said.hears {
            turn.record.person.taken = record.person.taken;
        }
        let timers: Vec<i64> = said.timers.iter().map(|seconds| self.now + seconds).collect();
        let turn = armed(turn, &timers);
        Ok(match said.seen {
            Some(id) => seeing(turn, id),
            None => turn,
        })
    }

    /// Sees that both look alike from everywhere.
    async fn look(&self) -> TestCaseResult {
        for table in TABLES {
            let memory = paged(&self.memory, table, 500).await;
            let sled = paged(&self.sled, table, 3).await;
            prop_assert_eq!(memory, sled, "{:?}: memory and sled", table);
        }
        for who in 0..WHO {
            ask!(self.load(&somebody(who)));
            ask!(self.ledger(&somebody(who)));
            ask!(self.left(&somebody(who)));
        }
        // What is counted as it changes is what there is.
        let counted = |tally: Tally| (tally.rows, tally.reviews, tally.first_review);
        prop_assert_eq!(
            counted(self.memory.tally().await.unwrap()),
            counted(self.sled.tally().await.unwrap())
        );
        // The embedded store may leave an alarm in place that rings early, never late.
        let late = |next: Option<Timestamp>| next.unwrap_or(Timestamp::MAX);
        let memory = late(self.memory.next_due().await.unwrap());
        let sled = late(self.sled.next_due().await.unwrap());
        prop_assert!(sled <= memory, "next in memory at {}, in sled at {}", memory, sled);
        Ok(())
    }
}

impl Fate {
    fn settlement(self, now: i64) -> Settlement {
        match self {
            Self::Sent(id) => {
                let (account, id) = given(id);
                Settlement::Sent {
                    account: account.into(),
                    id: id.as_str().into(),
                    at: at(now),
                    pass: pass(now),
                }
            }
            Self::Retry(seconds) => Settlement::Retry { at: at(now + seconds) },
            Self::Hold(seconds) => Settlement::Hold { until: at(now + seconds), why: None },
            Self::Unknown => unknown(),
            Self::Dead => dead(),
        }
    }
}

/// Two people, and one of them with a second brand.
fn somebody(who: usize) -> Key {
    [ann(), bob(), person("donuts", 1)][who].clone()
}

/// An account and an id that it gave.
fn given(id: u8) -> (&'static str, String) {
    (if id.is_multiple_of(2) { "main" } else { "other" }, format!("SM{id}"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 64,
        max_shrink_iters: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn memory_and_sled_are_alike(ops in prop::collection::vec(op(), 1..40)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let key = || SuppressionKey::new(vec![5; 32]).unwrap();
        let sled = SledStore::open_with(folder.path(), 4 * 1024 * 1024, Some(key())).unwrap();
        let mut both = Both { memory: MemoryStore::with_key(key()), sled, now: 100 };
        runtime.block_on(async {
            for op in ops {
                both.run(op).await?;
            }
            Ok::<(), TestCaseError>(())
        })?;
    }
}
