//! The wall between brands: whatever happens to two brands that the same people text, nothing that one was told is in any
//! answer that the other gets.

use super::*;

/// Something done in a brand's name.
#[derive(Debug, Clone)]
enum Deed {
    Turn { phone: u32, wants: Vec<Want> },
    ClaimFor { phone: u32 },
    Erase { phone: u32 },
}

fn deed() -> impl Strategy<Value = (bool, Deed)> {
    let want = prop_oneof![
        3 => Just(Want::Say(Class::Reply)),
        1 => Just(Want::Say(Class::Campaign)),
        2 => Just(Want::Ledger),
        1 => Just(Want::Count),
        1 => Just(Want::Draw),
    ];
    let phone = || 1..4_u32;
    let deed = prop_oneof![
        6 => (phone(), prop::collection::vec(want, 0..4)).prop_map(|(phone, wants)| Deed::Turn { phone, wants }),
        2 => phone().prop_map(|phone| Deed::ClaimFor { phone }),
        1 => phone().prop_map(|phone| Deed::Erase { phone }),
    ];
    (any::<bool>(), deed)
}

/// Two names one of which begins like the other.
const BRANDS: [&str; 2] = ["scoops", "scoops2"];
/// What each brand alone is told.
const MARKS: [&str; 2] = ["mark-of-one", "mark-of-two"];

struct Walled<'s> {
    store: &'s dyn Store,
    now: i64,
}

impl Walled<'_> {
    /// Does it; everything that the brand hears of it.
    async fn does(&mut self, second: bool, deed: &Deed) -> String {
        self.now += 1;
        let (brand, mark) = (BRANDS[usize::from(second)], MARKS[usize::from(second)]);
        let key = |phone: u32| person(brand, phone);
        match deed {
            Deed::Turn { phone, wants } => {
                let key = key(*phone);
                let Snapshot { version, record } = self.store.load(&key).await.unwrap();
                let mut number = record.person.standing.entries;
                let mut effects = Vec::new();
                for want in wants {
                    effects.push(match want {
                        Want::Say(class) => message(*class, mark),
                        Want::Ledger => {
                            number += 1;
                            let entry = ledger_entry(number, self.now);
                            Effect::Ledger(LedgerEntry { received: Some(mark.into()), ..entry })
                        }
                        Want::Count => take("votes", TakeFrom::Counter),
                        Want::Draw => take("coupons", TakeFrom::Pool { size: 3 }),
                    });
                }
                let mut turn = turn(&key, version, self.now, effects);
                turn.record.person.standing.entries = number;
                turn.record.person.fields.insert("secret".into(), Value::Text(mark.into()));
                let told = self.store.commit(vec![turn]).await.unwrap();
                let snapshot = self.store.load(&key).await.unwrap();
                format!("{told:?} {snapshot:?}")
            }
            Deed::ClaimFor { phone } => {
                format!("{:?}", self.store.claim_for(&key(*phone), number(), 9).await.unwrap())
            }
            Deed::Erase { phone } => {
                format!("{:?}", self.store.erase(vec![erasure(&key(*phone), self.now)]).await)
            }
        }
    }

    /// Everything that can be asked in a brand's name.
    async fn knows(&self, second: bool) -> String {
        let brand = BRANDS[usize::from(second)];
        let mut known = Vec::new();
        for phone in 1..4 {
            let key = person(brand, phone);
            let snapshot = self.store.load(&key).await.unwrap();
            let ledger = self.store.ledger(&key).await.unwrap();
            assert!(ledger.iter().all(|item| item.brand().as_str() == brand), "{ledger:?}");
            known.push(format!("{snapshot:?} {ledger:?}"));
        }
        for table in TABLES {
            let items = paged(self.store, table, 3).await;
            let own: Vec<_> = items.into_iter().filter(|item| item.brand().as_str() == brand).collect();
            known.push(format!("{own:?}"));
        }
        known.concat()
    }
}

async fn stands(store: &dyn Store, deeds: &[(bool, Deed)]) -> TestCaseResult {
    let mut walled = Walled { store, now: 0 };
    for (second, deed) in deeds {
        let untouched = walled.knows(!second).await;
        let heard = walled.does(*second, deed).await;
        let foreign = MARKS[usize::from(!second)];
        prop_assert!(!heard.contains(foreign), "{deed:?}: {heard}");
        prop_assert_eq!(
            walled.knows(!second).await,
            untouched,
            "{:?} changed what the other brand has",
            deed
        );
        prop_assert!(!walled.knows(*second).await.contains(foreign), "{deed:?}");
    }
    prop_assert_eq!(ledgers::verified(store).await, vec![]);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 48,
        max_shrink_iters: 200,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn nothing_of_a_brand_is_in_what_another_is_told(deeds in prop::collection::vec(deed(), 1..30)) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            stands(&MemoryStore::default(), &deeds).await?;
            stands(&open(folder.path()), &deeds).await
        })?;
    }
}
