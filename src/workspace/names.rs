//! What only one brand may have, its numbers and the name under which its data is kept; and what the operator must have set
//! up for it.

use super::CONFIG_FILE;
use crate::bot::{Bot, common_keyword};
use crate::config::Config;
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place, Severity};
use crate::flow::brand::{BrandFile, NumberDecl};
use crate::sms::{BrandId, Sender};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Brands that share one number: a text is laid before each of them, and an opt-out is written for each.
pub const SHARED_MAX: usize = 32;

/// What the brands of a workspace claim.
#[derive(Debug)]
pub(super) struct Names {
    brands: BTreeSet<BrandId>,
    numbers: BTreeMap<Sender, Vec<Claim>>,
    /// By the name under which data is kept: the brand that it is today, and where that says so.
    before: BTreeMap<BrandId, (BrandId, Option<Place>)>,
}

/// A brand that claims a number.
#[derive(Debug)]
struct Claim {
    brand: BrandId,
    account: String,
    shared: bool,
    /// Where, as long as the file is at hand.
    place: Option<Place>,
}

impl Names {
    /// Nothing is claimed yet by these brands.
    pub(super) fn of(brands: &[BrandId]) -> Self {
        let brands = brands.iter().cloned().collect();
        Self { brands, numbers: BTreeMap::new(), before: BTreeMap::new() }
    }

    /// What a brand is called today whose data is kept under that name, where it is another one.
    pub(super) fn called(&self, kept_as: &BrandId) -> Option<&BrandId> {
        self.before.get(kept_as).map(|(called, _)| called)
    }

    /// The name under which a brand's data is kept, where it is another one. O(renamed brands).
    pub(super) fn kept_as(&self, brand: &BrandId) -> Option<&BrandId> {
        let renamed = self.before.iter().find(|(_, (called, _))| called == brand);
        renamed.map(|(kept_as, _)| kept_as)
    }

    /// Whether a brand may have the numbers and the earlier name that its file claims, and the operator has set up the
    /// accounts and secrets that it names.
    pub(super) fn claim(
        &mut self,
        id: &BrandId,
        brand: &BrandFile,
        config: &Config,
        found: &mut Diagnostics,
    ) -> bool {
        let before = found.count(Severity::Error);
        self.brands.insert(id.clone());
        for number in &brand.numbers {
            self.number(id, number, found);
            account(number, config, found);
        }
        if let Some(was) = &brand.was {
            self.earlier(id, was, found);
        }
        secrets(id, brand, config, found);
        found.count(Severity::Error) == before
    }

    /// Claims again what a brand has that goes on as it was; whether it still may.
    pub(super) fn keep(&mut self, bot: &Bot) -> bool {
        let id = &bot.id;
        let may = bot.numbers.iter().all(|number| {
            let claims = self.numbers.get(&number.sender).map(Vec::as_slice).unwrap_or_default();
            let others = || claims.iter().filter(|claim| claim.brand != *id);
            let alike =
                |claim: &Claim| number.shared && claim.shared && claim.account == number.account.as_str();
            others().all(alike) && others().count() < SHARED_MAX
        });
        if !may {
            return false;
        }
        self.release(id);
        self.brands.insert(id.clone());
        for number in &bot.numbers {
            let account = number.account.as_str().to_owned();
            let claim = Claim { brand: id.clone(), account, shared: number.shared, place: None };
            self.numbers.entry(number.sender).or_default().push(claim);
        }
        if bot.kept_as != *id {
            self.before.insert(bot.kept_as.clone(), (id.clone(), None));
        }
        true
    }

    /// Takes back everything that a brand claims. O(numbers of all brands).
    pub(super) fn release(&mut self, id: &BrandId) {
        self.brands.remove(id);
        self.before.retain(|_, (brand, _)| brand != id);
        self.numbers.retain(|_, claims| {
            claims.retain(|claim| claim.brand != *id);
            !claims.is_empty()
        });
    }

    /// Forgets where things are claimed: those files are not at hand any more.
    pub(super) fn forget_places(&mut self) {
        self.numbers.values_mut().flatten().for_each(|claim| claim.place = None);
        self.before.values_mut().for_each(|(_, place)| *place = None);
    }

    fn earlier(&mut self, id: &BrandId, was: &At<String>, found: &mut Diagnostics) {
        let kept_as = BrandId::from(was.value.as_str());
        if self.brands.contains(&kept_as) {
            let message = format!("there is a brand `{kept_as}` still");
            let diagnostic = Diagnostic::new(Code::BrandTaken, was.place, message);
            let hint = "`was` names the folder that this one was: take the other one away, or this line";
            found.push(diagnostic.hint(hint));
        } else if let Some((other, place)) = self.before.get(&kept_as) {
            let message = format!("the data of `{kept_as}` is claimed by `{other}` already");
            let diagnostic = Diagnostic::new(Code::BrandTaken, was.place, message);
            let diagnostic = diagnostic.hint("a brand becomes one other, not two");
            found.push(place.iter().fold(diagnostic, |found, place| found.related(*place, "here")));
        } else {
            self.before.insert(kept_as, (id.clone(), Some(was.place)));
        }
    }

    fn number(&mut self, id: &BrandId, number: &NumberDecl, found: &mut Diagnostics) {
        let claims = self.numbers.entry(number.number.value).or_default();
        let clash = claims.first().and_then(|first| Some((first, clash(first, number, claims.len())?)));
        if let Some((first, (message, hint))) = clash {
            let diagnostic = Diagnostic::new(Code::NumberTaken, number.number.place, message).hint(hint);
            found.push(
                first.place.iter().fold(diagnostic, |found, place| found.related(*place, "first here")),
            );
        } else {
            let (account, shared) = (number.account.value.clone(), number.shared);
            let place = Some(number.number.place);
            claims.push(Claim { brand: id.clone(), account, shared, place });
        }
    }

    /// Reports keywords that two brands of one number take; those of one brand, or of all. O(brands of a number squared)
    /// searches for a common text.
    pub(super) fn settle<'b>(
        &self,
        of: Option<&BrandId>,
        bot: impl Fn(&BrandId) -> Option<&'b Arc<Bot>>,
        found: &mut Diagnostics,
    ) {
        let is_meant = |claim: &Claim| of.is_none_or(|of| claim.brand == *of);
        for claims in self.numbers.values().filter(|claims| claims.len() > 1 && claims.iter().any(is_meant)) {
            for (at, second) in claims.iter().enumerate() {
                for first in claims[..at].iter().filter(|first| is_meant(first) || is_meant(second)) {
                    if let (Some(a), Some(b)) = (bot(&first.brand), bot(&second.brand)) {
                        one_keyword((a, first), (b, second), found);
                    }
                }
            }
        }
    }
}

/// Why a brand may not have a number that others have, the first of them and how many; and a way out.
fn clash(first: &Claim, number: &NumberDecl, others: usize) -> Option<(String, &'static str)> {
    let sender = number.number.value;
    if !(number.shared && first.shared) {
        return Some((
            format!("the number {sender} is claimed by `{}` already", first.brand),
            "a number belongs to one brand; where several are to share it, each says `shared` behind its account",
        ));
    }
    if number.account.value != first.account {
        let message = format!("{sender} is carried by two accounts");
        return Some((message, "brands that share a number name the same account"));
    }
    (others >= SHARED_MAX).then(|| {
        let message = format!("more than {SHARED_MAX} brands share {sender}");
        (message, "give some of them a number of their own")
    })
}

/// Reports a text by which two brands of one number both begin a flow.
fn one_keyword((a, first): (&Bot, &Claim), (b, second): (&Bot, &Claim), found: &mut Diagnostics) {
    let Some(text) = common_keyword(a, b) else { return };
    // The file that was read last is at hand.
    let (place, other) = match (first.place, second.place) {
        (first, Some(second)) => (second, first),
        (Some(first), None) => (first, None),
        (None, None) => return,
    };
    let message = format!("`{text}` is a keyword of `{}` and of `{}`, which share this number", a.id, b.id);
    let hint =
        "nobody could say whom it is meant for: start one of the flows on an intent with words of its own";
    let diagnostic = Diagnostic::new(Code::KeywordShared, place, message).hint(hint);
    found.push(other.iter().fold(diagnostic, |found, place| found.related(*place, "the other brand")));
}

/// Reports an account that the operator has not set up.
fn account(number: &NumberDecl, config: &Config, found: &mut Diagnostics) {
    let account = &number.account;
    if !config.has_account(&account.value) {
        let message = format!("`{CONFIG_FILE}` has no provider account `{}`", account.value);
        let diagnostic = Diagnostic::new(Code::UnknownAccount, account.place, message);
        found.push(
            diagnostic
                .did_you_mean(&account.value, config.accounts())
                .hint(format!("add a table `[providers.{}]` to `{CONFIG_FILE}`", account.value)),
        );
    }
}

/// Reports secrets that a brand's file names and that the operator has not given it.
fn secrets(id: &BrandId, brand: &BrandFile, config: &Config, found: &mut Diagnostics) {
    let signing = brand.webhooks.iter().filter_map(|webhook| webhook.secret.as_ref());
    let asking = brand.lookups.iter().flat_map(|lookup| lookup.secrets.iter().map(|(_, secret)| secret));
    for secret in signing.chain(asking) {
        if config.secrets_of(id).all(|name| name != secret.value) {
            let message = format!("`{CONFIG_FILE}` has no secret `{}` for this brand", secret.value);
            let diagnostic = Diagnostic::new(Code::UnknownSecret, secret.place, message);
            let hint = format!("add `{} = \"env:NAME\"` to its table `[secrets]`", secret.value);
            found.push(diagnostic.did_you_mean(&secret.value, config.secrets_of(id)).hint(hint));
        }
    }
}
