//! Ledgers: chains, days, erasures. The contract first, then what only the embedded store promises.

use super::*;
use sayso::consent::{Broken, Standing, Status, Verifier};
use sayso::sms::Inbound;

/// What a verifier says to a store.
pub(crate) async fn verified(store: &dyn Store) -> Vec<Broken> {
    let mut verifier = Verifier::default();
    for table in [Table::Roots, Table::Consents] {
        for item in paged(store, table, 100).await {
            match item {
                Scanned::Root { root, .. } => verifier.root(*root),
                Scanned::Consent { key, entry, link } => verifier.entry(&key, &entry, &link),
                Scanned::Proof { brand, whose, link } => verifier.proof(&brand, &whose, &link),
                Scanned::Damaged { brand, whose, number, damage } => {
                    verifier.damaged(&brand, &whose, number, &damage);
                }
                other => panic!("in {table:?}: {other:?}"),
            }
        }
    }
    verifier.finish()
}

/// A turn that knows where the person stands afterwards.
fn standing(mut turn: Turn, standing: Standing) -> Turn {
    turn.record.person.standing = standing;
    turn
}

fn opted_out(entries: u32, second: i64) -> Standing {
    Standing { status: Status::Out, since: Some(at(second)), entries, ..Standing::default() }
}

async fn erase(store: &dyn Store, key: &Key, second: i64) -> sayso::store::Erased {
    store.erase(vec![erasure(key, second)]).await.unwrap().remove(0)
}

/// A turn by a text with words, fields, media, and an answer.
fn talks(key: &Key, version: u64, effects: Vec<Effect>) -> Turn {
    let mut turn = turn(key, version, 10, effects);
    turn.record.person.fields.insert("town".into(), Value::Text("Zanzibar".into()));
    turn.record.person.tags.insert("zebra".into());
    turn.entry.event = Event::Text(Inbound {
        account: "main".into(),
        id: "SM-secret".into(),
        from: key.phone,
        to: number(),
        body: "my zither is in Zanzibar, call 4045550001".into(),
        sent_at: None,
        media: vec![sayso::sms::Media {
            url: "https://media.example/zither".into(),
            content_type: "image/png".into(),
        }],
        hint: None,
        missing: 0,
    });
    turn
}

/// What each brand's and each person's entries look like to the verifier, whatever their order.
pub(crate) async fn entries_stand_in_a_chain_of_their_own(store: &dyn Store) {
    for (key, version) in [(ann(), 0), (bob(), 0), (person("donuts", 1), 0), (ann(), 1)] {
        let first = u32::try_from(version).unwrap() * 2 + 1;
        done(store, turn(&key, version, 0, vec![ledger(first, 0), ledger(first + 1, 0)])).await;
    }
    let mut links = Vec::new();
    for item in store.ledger(&ann()).await.unwrap() {
        let Scanned::Consent { key, link, .. } = item else { panic!("{item:?}") };
        assert_eq!(key, ann());
        links.push(*link);
    }
    assert_eq!(links.iter().map(|link| link.number).collect::<Vec<_>>(), [1, 2, 3, 4]);
    assert!(links.windows(2).all(|pair| pair[1].previous == pair[0].hash), "{links:#?}");
    assert_eq!(verified(store).await, []);
    // An entry whose forerunner was never written.
    done(store, turn(&cyd(), 0, 0, vec![ledger(2, 0)])).await;
    let broken = verified(store).await;
    assert_eq!(broken.len(), 1, "{broken:#?}");
    assert_eq!((broken[0].whose.as_str(), broken[0].number), (cyd().phone.to_string().as_str(), Some(2)));
}

pub(crate) async fn days_are_counted_and_name_the_one_before(store: &dyn Store) {
    const DAY: i64 = 86_400;
    for (key, second) in [(ann(), 0), (bob(), 5), (cyd(), DAY), (person("scoops", 4), 5 * DAY)] {
        done(store, turn(&key, 0, second, vec![ledger(1, second)])).await;
    }
    // A clock that went back counts in the last day.
    done(store, turn(&person("scoops", 5), 0, 0, vec![ledger(1, 0)])).await;
    done(store, turn(&person("donuts", 1), 0, DAY, vec![ledger(1, DAY)])).await;
    let days: Vec<_> = (paged(store, Table::Roots, 1).await.into_iter())
        .map(|item| match item {
            Scanned::Root { root, open } => (*root, open),
            other => panic!("among the roots: {other:?}"),
        })
        .collect();
    let said: Vec<_> = (days.iter())
        .map(|(root, open)| (root.brand.as_str(), root.day.to_string(), root.entries, *open))
        .collect();
    let day = |days: i64| at(days * DAY).to_zoned(jiff::tz::TimeZone::UTC).date().to_string();
    let expected = [
        ("donuts", day(1), 1, true),
        ("scoops", day(0), 2, false),
        ("scoops", day(1), 1, false),
        ("scoops", day(5), 2, true),
    ];
    assert_eq!(said, expected);
    assert!(days[1..].windows(2).all(|pair| pair[1].0.previous == pair[0].0.hash), "{days:#?}");
    assert_eq!(verified(store).await, []);
}

pub(crate) async fn an_erasure_takes_everything_of_one_person_and_nothing_of_others(store: &dyn Store) {
    let others = [bob(), person("donuts", 1)];
    let effects = || vec![ledger(1, 10), reply("to Zanzibar"), campaign("zithers are cheap")];
    for key in [ann(), others[0].clone(), others[1].clone()] {
        done(store, talks(&key, 0, effects())).await;
        done(store, armed(turn(&key, 1, 20, vec![reply("again")]), &[90])).await;
    }
    for (n, row) in claim(store, 30, 3).await.into_iter().enumerate() {
        settle(store, row.id, sent_as(&format!("SM{n}"), 30)).await;
    }
    let is_anns = |item: &Scanned| item.key() == Some(&ann());
    let before = everything(store).await;
    assert!(before[..5].iter().all(|table| table.iter().any(is_anns)), "{before:#?}");
    let erased = erase(store, &ann(), 50).await;
    assert_eq!((erased.known, erased.turns, erased.sent, erased.outbox, erased.entries), (true, 2, 1, 2, 2));
    let after = everything(store).await;
    assert!(!format!("{after:?}").contains(&ann().phone.masked()) || !after.iter().flatten().any(is_anns));
    let kept = |tables: &[Vec<Scanned>]| -> Vec<Scanned> {
        let others = tables[..5].iter().flatten().filter(|item| item.key().is_some() && !is_anns(item));
        others.cloned().collect()
    };
    assert_eq!(kept(&after), kept(&before), "what is others' is as it was");
    let places = |tables: &[Vec<Scanned>]| -> Vec<u64> {
        let seq = |item: &Scanned| match item {
            Scanned::Turn { seq, .. } | Scanned::ErasedTurn { seq, .. } => *seq,
            other => panic!("in the log: {other:?}"),
        };
        tables[1].iter().map(seq).collect()
    };
    assert_eq!(places(&after), places(&before), "turns keep their places");
    assert_eq!(due(store, 99, 10).await, [alarm(&others[1], 90), alarm(&others[0], 90)], "its alarm is gone");
    assert_eq!(verified(store).await, []);
    done(store, turn(&ann(), 3, 60, vec![])).await;
}

pub(crate) async fn who_was_erased_starts_clean_and_keeps_the_opt_out(store: &dyn Store) {
    done(store, standing(talks(&ann(), 0, vec![ledger(1, 10), ledger(2, 10)]), opted_out(2, 10))).await;
    let opted_in = Standing { status: Status::In, ..opted_out(1, 10) };
    done(store, standing(talks(&bob(), 0, vec![ledger(1, 10)]), opted_in)).await;
    for key in [ann(), bob()] {
        erase(store, &key, 50).await;
    }
    let Snapshot { version, record } = store.load(&ann()).await.unwrap();
    assert_eq!(record.person.standing, opted_out(3, 10));
    assert_eq!(version, 2);
    let clean = Record {
        person: sayso::dialogue::Person { standing: opted_out(3, 10), ..Default::default() },
        ..Record::default()
    };
    assert_eq!(record, clean);
    let bobs = store.load(&bob()).await.unwrap().record.person.standing;
    assert_eq!(
        (bobs.status, bobs.since, bobs.entries),
        (Status::None, Some(at(50)), 2),
        "no consent outlives it"
    );
    let other = Key { brand: "donuts".into(), ..ann() };
    assert_eq!(store.load(&other).await, Ok(Snapshot::default()), "with another brand nothing was erased");
}

pub(crate) async fn a_chain_goes_on_behind_an_erasure(store: &dyn Store) {
    done(store, standing(turn(&ann(), 0, 0, vec![ledger(1, 0), ledger(2, 0)]), opted_out(2, 0))).await;
    erase(store, &ann(), 10).await;
    done(store, standing(turn(&ann(), 2, 20, vec![ledger(4, 20)]), opted_out(4, 20))).await;
    let kinds = |items: &[Scanned]| -> Vec<(u32, bool)> {
        let kind = |item: &Scanned| match item {
            Scanned::Consent { link, .. } => (link.number, true),
            Scanned::Proof { link, .. } => (link.number, link.salt.is_some()),
            other => panic!("in the ledger: {other:?}"),
        };
        items.iter().map(kind).collect()
    };
    let ledger = store.ledger(&ann()).await.unwrap();
    assert_eq!(kinds(&ledger), [(1, false), (2, false), (3, false), (4, true)]);
    assert_eq!(verified(store).await, []);
    assert_eq!(erase(store, &ann(), 30).await.entries, 2);
    let ledger = store.ledger(&ann()).await.unwrap();
    assert_eq!(kinds(&ledger), [1, 2, 3, 4, 5].map(|number| (number, false)));
    assert_eq!(verified(store).await, []);
}

pub(crate) async fn what_was_read_before_an_erasure_is_a_conflict_after_it(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![])).await;
    erase(store, &ann(), 10).await;
    for version in [0, 1] {
        assert_eq!(commit(store, turn(&ann(), version, 20, vec![reply("x")])).await, Commit::Conflict);
    }
    assert_eq!(outbox(store).await, []);
    done(store, turn(&ann(), 2, 20, vec![])).await;
    assert_eq!(store.load(&ann()).await.unwrap().version, 3);
}

pub(crate) async fn a_message_that_is_settled_after_an_erasure_leaves_nothing(store: &dyn Store) {
    done(store, turn(&ann(), 0, 0, vec![reply("x"), reply("y")])).await;
    let id = only(store, 0, "x").await;
    assert_eq!(erase(store, &ann(), 10).await.outbox, 2);
    settle(store, id, sent_as("SM1", 20)).await;
    assert_eq!((sent(store).await, outbox(store).await), (vec![], vec![]));
    assert_eq!(store.receipt(&receipt("main", "SM1", ReceiptState::Delivered)).await, Ok(None));
    assert_eq!(claimed(store, 99).await, Vec::<String>::new());
}

pub(crate) async fn whom_nobody_knows_nobody_erases(store: &dyn Store) {
    done(store, turn(&bob(), 0, 0, vec![ledger(1, 0)])).await;
    let before = everything(store).await;
    assert_eq!(erase(store, &ann(), 10).await, sayso::store::Erased::default());
    assert_eq!(everything(store).await, before);
    let both = store.erase(vec![erasure(&bob(), 10), erasure(&bob(), 10)]).await.unwrap();
    assert_eq!(both.iter().map(|erased| erased.known).collect::<Vec<_>>(), [true, false], "once");
    assert!(!erase(store, &bob(), 20).await.known);
}

// ── what only the embedded store promises ───────────────────────────────────────────────────────

fn raw(folder: &Path) -> sled::Db {
    for _ in 0..10_000 {
        match sled::open(folder.join("sled")) {
            Err(error) if error.to_string().contains("lock") => std::thread::yield_now(),
            other => return other.unwrap(),
        }
    }
    panic!("`{}` stays locked", folder.display());
}

/// Many people are broken at once, each at another byte: so every byte of an entry is tried in a few rounds.
#[tokio::test]
async fn one_flipped_byte_anywhere_in_an_entry_is_reported() {
    const PEOPLE: u32 = 96;
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..PEOPLE {
        done(&store, standing(turn(&person("scoops", number), 0, 0, vec![ledger(1, 0)]), opted_out(1, 0)))
            .await;
        if number % 2 == 0 {
            erase(&store, &person("scoops", number), 10).await;
        }
    }
    assert_eq!(verified(&store).await, []);
    drop(store);
    let all: Vec<(sled::IVec, sled::IVec)> =
        raw(folder.path()).scan_prefix(b"l").map(Result::unwrap).collect();
    // Entries, and the proofs that erasures have left of others.
    let (entries, proofs): (Vec<_>, Vec<_>) = all.into_iter().partition(|(key, _)| key.len() < 32);
    assert_eq!((entries.len(), proofs.len()), (PEOPLE as usize / 2, PEOPLE as usize));
    let longest =
        |kept: &[(sled::IVec, sled::IVec)]| kept.iter().map(|(_, value)| value.len()).max().unwrap();
    let rounds = longest(&entries).div_ceil(entries.len()).max(longest(&proofs).div_ceil(proofs.len()));
    for (round, mask) in (0..rounds).flat_map(|round| [0x01, 0x20, 0x80].map(|mask| (round, mask))) {
        let db = raw(folder.path());
        for kept in [&entries, &proofs] {
            for (place, (key, value)) in kept.iter().enumerate() {
                let mut bytes = value.to_vec();
                let at = (round * kept.len() + place) % bytes.len();
                bytes[at] ^= mask;
                db.insert(key, bytes).unwrap();
            }
        }
        db.flush().unwrap();
        drop(db);
        let store = open(folder.path());
        let broken: BTreeSet<_> = (verified(&store).await.into_iter())
            .filter(|broken| broken.number.is_some())
            .map(|broken| broken.whose)
            .collect();
        assert_eq!(broken.len(), PEOPLE as usize, "round {round}, mask {mask:#x}: {broken:#?}");
        drop(store);
        let db = raw(folder.path());
        for (key, value) in entries.iter().chain(&proofs) {
            db.insert(key, value).unwrap();
        }
        db.flush().unwrap();
    }
    assert_eq!(verified(&open(folder.path())).await, [], "as it was");
}

#[tokio::test]
async fn a_chain_that_was_taken_away_shows_in_the_root_of_its_day() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for number in 0..3 {
        done(&store, turn(&person("scoops", number), 0, 0, vec![ledger(1, 0), ledger(2, 0)])).await;
    }
    drop(store);
    let db = raw(folder.path());
    let entries: Vec<_> = db.scan_prefix(b"l").map(|found| found.unwrap()).collect();
    // A chain, and the end of a chain: by themselves both close.
    for gone in [&entries[2..4], &entries[1..2]] {
        for (key, _) in gone {
            db.remove(key).unwrap();
        }
        db.flush().unwrap();
    }
    drop(db);
    let broken = verified(&open(folder.path())).await;
    assert_eq!(broken.len(), 1, "{broken:#?}");
    assert_eq!((broken[0].number, broken[0].what.as_str()), (None, "6 entries were written, 3 are there"));
    // And the root with it.
    let db = raw(folder.path());
    let roots: Vec<_> = db.scan_prefix(b"y").keys().map(Result::unwrap).collect();
    for key in roots {
        db.remove(key).unwrap();
    }
    db.flush().unwrap();
    drop(db);
    let broken = verified(&open(folder.path())).await;
    assert_eq!(broken[0].what, "3 entries are there, and no root");
}

/// Everything that can be read in the store, byte by byte. What sled holds on the disk besides, until it writes its file anew,
/// is no value of any key.
#[tokio::test]
async fn nothing_readable_is_left_of_who_was_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let effects = vec![ledger(1, 10), reply("to Zanzibar"), campaign("zithers are cheap")];
    done(&store, standing(armed(talks(&ann(), 0, effects), &[90]), opted_out(1, 10))).await;
    done(&store, turn(&bob(), 0, 10, vec![reply("others stay")])).await;
    let row = only_of(&store, &ann()).await;
    settle(&store, row, sent_as("SM-proof", 20)).await;
    let secrets: Vec<Vec<u8>> =
        ["4045550001", "Zanzibar", "zither", "zebra", "SM-secret", "SM-proof", "Join!", "Reply YES"]
            .map(|word| word.as_bytes().to_vec())
            .into_iter()
            .chain([ann().phone.digits().to_be_bytes().to_vec()])
            .collect();
    drop(store);
    let found = |folder: &Path| -> Vec<String> {
        let db = raw(folder);
        let mut found = Vec::new();
        for tree in db.tree_names() {
            for item in &db.open_tree(tree).unwrap() {
                let (key, value) = item.unwrap();
                for bytes in [&key, &value] {
                    let has = |secret: &&Vec<u8>| {
                        bytes.windows(secret.len()).any(|window| window == secret.as_slice())
                    };
                    found.extend(
                        secrets.iter().filter(has).map(|secret| String::from_utf8_lossy(secret).into_owned()),
                    );
                }
            }
        }
        found.sort();
        found.dedup();
        found
    };
    let there = found(folder.path());
    assert_eq!(there.len(), secrets.len(), "the test looks for what is there, and finds {there:?}");
    let store = open(folder.path());
    assert!(erase(&store, &ann(), 50).await.known);
    drop(store);
    assert_eq!(found(folder.path()), Vec::<String>::new());
    let store = open(folder.path());
    assert_eq!(words(&claim(&store, 99, 10).await), ["others stay"]);
    assert_eq!(
        store.load(&ann()).await.unwrap().record.person.standing.status,
        Status::Out,
        "but the opt-out is"
    );
}

/// The first message of somebody that is due.
async fn only_of(store: &dyn Store, key: &Key) -> RowId {
    claim(store, 99, 1).await.into_iter().find(|row| row.key == *key).unwrap().id
}

#[tokio::test]
async fn who_was_erased_is_known_again_after_a_restore_and_by_no_other_key() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let turn = standing(talks(&ann(), 0, vec![ledger(1, 0)]), opted_out(1, 0));
    done(&store, turn).await;
    erase(&store, &ann(), 10).await;
    let store = Arc::new(store);
    let backed_up = Arc::clone(&store);
    let backup = tokio::task::spawn_blocking(move || {
        let mut bytes = Vec::new();
        backed_up.backup(at(20), &mut bytes).unwrap();
        bytes
    });
    let backup = backup.await.unwrap();
    drop(store);
    let other = tempfile::tempdir().unwrap();
    sayso::store::restore(&backup[..], &other.path().join("store"), at(30)).unwrap();
    let restored = open(&other.path().join("store"));
    assert_eq!(restored.load(&ann()).await.unwrap().record.person.standing, opted_out(2, 0));
    assert_eq!(verified(&restored).await, []);
    assert!(restored.examine().faults.is_empty(), "{:?}", restored.examine());
    done(&restored, standing(super::turn(&ann(), 2, 40, vec![ledger(3, 40)]), opted_out(3, 40))).await;
    assert!(restored.examine().faults.is_empty(), "{:?}", restored.examine());
    let key = SuppressionKey::new(vec![7; 32]);
    match SledStore::open_with(folder.path(), 1024 * 1024, key) {
        Err(OpenError::Unreadable { why, .. }) => assert!(why.contains("another key"), "{why}"),
        other => panic!("opened with another key: {other:?}"),
    }
}
