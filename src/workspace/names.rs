//! What only one brand may have: its numbers, and the name under which its data is kept.

use super::CONFIG_FILE;
use crate::bot::{Bot, common_keyword};
use crate::config::Config;
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place, Severity};
use crate::flow::brand::{BrandFile, NumberDecl};
use crate::sms::{BrandId, Sender};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Brands that share one number: a text is laid before each of them, and an opt-out is written for each.
pub const SHARED_MAX: usize = 32;

/// What the brands of a workspace claim.
#[derive(Debug)]
pub(super) struct Names<'w> {
    brands: &'w [BrandId],
    numbers: BTreeMap<Sender, Vec<Claim>>,
    before: BTreeMap<BrandId, (BrandId, Place)>,
}

/// A brand that claims a number.
#[derive(Debug)]
struct Claim {
    brand: BrandId,
    number: NumberDecl,
}

impl<'w> Names<'w> {
    /// Nothing is claimed yet by these brands.
    pub(super) fn of(brands: &'w [BrandId]) -> Self {
        Self { brands, numbers: BTreeMap::new(), before: BTreeMap::new() }
    }

    /// Whether a brand may have the numbers and the earlier name that its file claims.
    pub(super) fn claim(
        &mut self,
        id: &BrandId,
        brand: &BrandFile,
        config: &Config,
        found: &mut Diagnostics,
    ) -> bool {
        let before = found.count(Severity::Error);
        for number in &brand.numbers {
            self.number(id, number, found);
            account(number, config, found);
        }
        if let Some(was) = &brand.was {
            self.earlier(id, was, found);
        }
        found.count(Severity::Error) == before
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
            found.push(diagnostic.related(*place, "here").hint("a brand becomes one other, not two"));
        } else {
            self.before.insert(kept_as, (id.clone(), was.place));
        }
    }

    fn number(&mut self, id: &BrandId, number: &NumberDecl, found: &mut Diagnostics) {
        let claims = self.numbers.entry(number.number.value).or_default();
        let clash = claims.first().and_then(|first| Some((first, clash(first, number, claims.len())?)));
        if let Some((first, (message, hint))) = clash {
            let diagnostic = Diagnostic::new(Code::NumberTaken, number.number.place, message);
            found.push(diagnostic.related(first.number.number.place, "first here").hint(hint));
        } else {
            claims.push(Claim { brand: id.clone(), number: number.clone() });
        }
    }

    /// Reports keywords that two brands of one number take, now that all are known, and returns which brand's data is kept
    /// under another name. O(brands of a number squared) searches for a common text.
    pub(super) fn settle(self, bots: &[Arc<Bot>], found: &mut Diagnostics) -> BTreeMap<BrandId, BrandId> {
        let bot = |id: &BrandId| bots.iter().find(|bot| bot.id == *id);
        for claims in self.numbers.values().filter(|claims| claims.len() > 1) {
            for (at, second) in claims.iter().enumerate() {
                for first in &claims[..at] {
                    if let (Some(a), Some(b)) = (bot(&first.brand), bot(&second.brand)) {
                        one_keyword((a, first), (b, second), found);
                    }
                }
            }
        }
        self.before.into_iter().map(|(kept_as, (id, _))| (kept_as, id)).collect()
    }
}

/// Why a brand may not have a number that others have, the first of them and how many; and a way out.
fn clash(first: &Claim, number: &NumberDecl, others: usize) -> Option<(String, &'static str)> {
    let sender = number.number.value;
    if !(number.shared && first.number.shared) {
        return Some((
            format!("the number {sender} is claimed twice"),
            "a number belongs to one brand; where several are to share it, each says `shared` behind its account",
        ));
    }
    if number.account.value != first.number.account.value {
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
    let message = format!("`{text}` is a keyword of `{}` and of `{}`, which share this number", a.id, b.id);
    let diagnostic = Diagnostic::new(Code::KeywordShared, second.number.number.place, message);
    let hint =
        "nobody could say whom it is meant for: start one of the flows on an intent with words of its own";
    found.push(diagnostic.related(first.number.number.place, "the other brand").hint(hint));
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
