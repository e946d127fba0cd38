//! What the reference holds, as tables to be scanned.

use super::{Inner, Logged};
use crate::consent::chain::{Digest, Link};
use crate::consent::{LedgerEntry, Suppressed};
use crate::sms::{BrandId, Key};
use crate::store::codec::{erased_bytes, key_bytes, root_bytes};
use crate::store::{Scanned, Table};

impl Inner {
    /// Everything of one kind, each with the key by which a scan goes on.
    pub(super) fn everything(&self, what: Table) -> Vec<(Vec<u8>, Scanned)> {
        match what {
            Table::Subscribers => (self.dialogues.iter())
                .map(|(key, d)| {
                    (
                        [b"d", key_bytes(key).as_slice()].concat(),
                        Scanned::Subscriber { key: key.clone(), record: Box::new(d.record.clone()) },
                    )
                })
                .collect(),
            Table::Turns => (self.turns.iter())
                .map(|(seq, logged)| {
                    let turn = match logged {
                        Logged::Turn(entry) => Scanned::Turn { seq: *seq, entry: entry.clone() },
                        Logged::Erased(brand, at) => {
                            Scanned::ErasedTurn { seq: *seq, brand: brand.clone(), erased_at: *at }
                        }
                    };
                    (seq.to_be_bytes().to_vec(), turn)
                })
                .collect(),
            Table::Outbox => (self.outbox.iter())
                .map(|(id, row)| {
                    let key = [&id.seq.to_be_bytes()[..], &id.index.to_be_bytes()[..]].concat();
                    (key, Scanned::Row(Box::new(row.clone())))
                })
                .collect(),
            Table::Sent => (self.sent.iter())
                .map(|((account, id), sent)| {
                    let key = [account.as_str().as_bytes(), &[0], id.as_str().as_bytes()].concat();
                    (key, Scanned::Sent(Box::new(sent.clone())))
                })
                .collect(),
            Table::Reviews => (self.dialogues.iter())
                .filter_map(|(key, dialogue)| {
                    let unsure = dialogue.record.person.standing.unsure?;
                    let (entry, _) = self.ledger.get(&(key.clone(), unsure.entry))?;
                    Some((
                        key_bytes(key),
                        Scanned::Review { key: key.clone(), entry: Box::new(entry.clone()) },
                    ))
                })
                .collect(),
            Table::Consents | Table::Roots | Table::Suppressions => self.everything_proved(what),
        }
    }

    /// The same for ledgers and what stands behind them.
    fn everything_proved(&self, what: Table) -> Vec<(Vec<u8>, Scanned)> {
        if what == Table::Suppressions {
            let suppression = |((brand, whose), suppressed): (&(BrandId, Digest), &Suppressed)| {
                let (brand, whose, suppressed) = (brand.clone(), *whose, Box::new(suppressed.clone()));
                (erased_bytes(&brand, &whose), Scanned::Suppression { brand, whose, suppressed })
            };
            return self.suppressed.iter().map(suppression).collect();
        }
        if what == Table::Roots {
            let closed = self.roots.values().map(|root| (root.clone(), false));
            let open = self.days.iter().map(|(brand, day)| (day.root(brand), true));
            return closed
                .chain(open)
                .map(|(root, open)| (root_bytes(&root, open), Scanned::Root { root: Box::new(root), open }))
                .collect();
        }
        let entries = self.ledger.iter().map(|((key, number), (entry, link))| {
            let at = [key_bytes(key), number.to_be_bytes().to_vec()].concat();
            (at, consent(key, entry, link))
        });
        let proofs = self.proofs.iter().map(|((brand, whose, number), link)| {
            let at = [erased_bytes(brand, whose), number.to_be_bytes().to_vec()].concat();
            (at, proof(brand, whose, link))
        });
        entries.chain(proofs).collect()
    }

    pub(super) fn ledger(&self, key: &Key) -> Vec<Scanned> {
        let whose = self.suppression.whose(key);
        let brand = || key.brand.clone();
        let proofs = self.proofs.range((brand(), whose, 0)..=(brand(), whose, u32::MAX));
        let entries = self.ledger.range((key.clone(), 0)..=(key.clone(), u32::MAX));
        proofs
            .map(|(_, link)| proof(&key.brand, &whose, link))
            .chain(entries.map(|(_, (entry, link))| consent(key, entry, link)))
            .collect()
    }
}

fn consent(key: &Key, entry: &LedgerEntry, link: &Link) -> Scanned {
    Scanned::Consent { key: key.clone(), entry: Box::new(entry.clone()), link: Box::new(link.clone()) }
}

fn proof(brand: &BrandId, whose: &Digest, link: &Link) -> Scanned {
    Scanned::Proof { brand: brand.clone(), whose: *whose, link: Box::new(link.clone()) }
}
