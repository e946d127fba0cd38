//! What is served: brands, their numbers, accounts and secrets. It is put in place whole, while turns go on.

use super::route::{Line, Numbers};
use super::{Engine, ReceiveError, Secrets};
use crate::bot::Bot;
use crate::provider::Account;
use crate::sms::{AccountId, BrandId, Pace, Sender};
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// What is to be served from now on.
#[derive(Default)]
pub struct Served {
    /// The brands.
    pub bots: Vec<Arc<Bot>>,
    /// Numbers of brands that cannot be served: texts for them are not taken, and come again.
    pub closed: Vec<Sender>,
    /// The secrets that calls of the brands' files may use.
    pub secrets: Secrets,
    /// The provider accounts; those of now, where nothing is said.
    pub accounts: Option<Vec<Account>>,
}

/// The same as the engine looks things up.
#[derive(Default)]
pub(super) struct Serving {
    bots: HashMap<BrandId, Arc<Bot>>,
    numbers: Numbers,
    accounts: HashMap<AccountId, Arc<Account>>,
    /// How fast each account sends.
    pace: Arc<BTreeMap<AccountId, Pace>>,
    secrets: Secrets,
    /// Numbers of brands that cannot be served.
    closed: usize,
}

impl Serving {
    pub(super) fn of(served: Served, before: &Self) -> Self {
        let named = |account: Account| (account.id.clone(), Arc::new(account));
        let accounts: HashMap<AccountId, Arc<Account>> = match served.accounts {
            Some(accounts) => accounts.into_iter().map(named).collect(),
            None => before.accounts.clone(),
        };
        let pace = accounts.iter().map(|(id, account)| (id.clone(), account.pace.clone())).collect();
        Self {
            numbers: Numbers::of(&served.bots, &served.closed),
            bots: served.bots.into_iter().map(|bot| (bot.kept_as.clone(), bot)).collect(),
            accounts,
            pace: Arc::new(pace),
            secrets: served.secrets,
            closed: served.closed.len(),
        }
    }
}

impl Engine {
    /// Serves this from now on. A turn that has begun ends with the files it began with; no turn waits. O(brands), some
    /// pointers each.
    pub fn serve(&self, served: Served) {
        let other_accounts = served.accounts.is_some();
        let next = Serving::of(served, &self.serving.load());
        self.serving.store(Arc::new(next));
        if other_accounts {
            self.renew_links();
        }
        self.wake_outbox.notify_one();
    }

    /// A brand's bot, by the name under which the brand's data is kept.
    #[must_use]
    pub fn bot(&self, brand: &BrandId) -> Option<Arc<Bot>> {
        self.serving.load().bots.get(brand).cloned()
    }

    /// The brands that are served, by the names under which their data is kept.
    #[must_use]
    pub fn brands(&self) -> Vec<BrandId> {
        self.serving.load().bots.keys().cloned().collect()
    }

    /// How many brands are served, and how many numbers are not because their brands have errors.
    pub(super) fn served(&self) -> (usize, usize) {
        let serving = self.serving.load();
        (serving.bots.len(), serving.closed)
    }

    /// An account.
    #[must_use]
    pub fn account(&self, id: &AccountId) -> Option<Arc<Account>> {
        self.serving.load().accounts.get(id).cloned()
    }

    /// All accounts.
    pub(super) fn accounts(&self) -> Vec<Arc<Account>> {
        self.serving.load().accounts.values().cloned().collect()
    }

    /// How fast each account sends.
    pub(super) fn pace(&self) -> Arc<BTreeMap<AccountId, Pace>> {
        Arc::clone(&self.serving.load().pace)
    }

    /// Who answers a number. An account speaks only for the numbers that it carries.
    pub(super) fn line(&self, account: &AccountId, to: Sender) -> Result<Arc<Line>, ReceiveError> {
        self.serving.load().numbers.line(account, to)
    }

    /// The values of a secret that a brand's files name, the newest first; none, where it has no such secret.
    pub(super) fn secret(&self, brand: &BrandId, name: &str) -> Vec<secrecy::SecretString> {
        let serving = self.serving.load();
        serving.secrets.get(brand).and_then(|own| own.get(name)).cloned().unwrap_or_default()
    }
}
