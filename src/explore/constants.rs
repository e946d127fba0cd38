//! Values that conditions tell apart: for each field the constants that it is compared with, and those around them.

use crate::bot::{Action, Bot};
use crate::expr::{Formula, HomeField, Term};
use crate::flow::Delay;
use crate::slot::Value;
use crate::slot::gazetteer::{Home, PostalCodes};
use jiff::ToSpan;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// What the conditions of a brand ask.
#[derive(Debug, Default)]
pub(super) struct Constants {
    /// Texts that are values of a field, by its name.
    pub(super) values: BTreeMap<String, Vec<String>>,
    /// How long ago a text may be.
    pub(super) silences: Vec<Delay>,
    /// The day on which ages are counted.
    today: Date,
}

impl Constants {
    /// Those of all conditions of a brand. O(conditions), and a walk through the postal codes for each place.
    pub(super) fn of(bot: &Bot, today: Date) -> Self {
        let mut constants = Self { today, ..Self::default() };
        for (_, node) in bot.nodes() {
            let before = node.actions.iter().filter_map(|action| match action {
                Action::Leave(exit) => exit.when.as_ref(),
                Action::Say(..)
                | Action::Tag(_)
                | Action::Untag(_)
                | Action::Language(_)
                | Action::Set(..)
                | Action::Notify(_)
                | Action::Split(_) => None,
            });
            for when in before.chain(node.exits.iter().filter_map(|exit| exit.when.as_ref())) {
                constants.formula(when);
            }
        }
        constants
    }

    fn formula(&mut self, formula: &Formula) {
        match formula {
            Formula::Compare(a, _, b) => {
                self.compared(a, b);
                self.compared(b, a);
            }
            Formula::LivesIn(field, _, area) => self.lives(field, |home| area.holds(home)),
            Formula::Near(field, near) => {
                self.lives(field, |home| home.point.is_some_and(|point| near.circle.holds(point)));
            }
            Formula::LastReply(delay) => self.silences.push(*delay),
            Formula::Not(inner) => self.formula(inner),
            Formula::And(a, b) | Formula::Or(a, b) => {
                self.formula(a);
                self.formula(b);
            }
            Formula::Open | Formula::Tag(_) | Formula::Known(_) => {}
        }
    }

    fn compared(&mut self, term: &Term, constant: &Term) {
        let Term::Constant(constant) = constant else { return };
        match term {
            Term::Field(field) => self.add(field, around(constant)),
            Term::Age(field) => {
                let years =
                    if let Value::Number(years) = constant { i16::try_from(*years).ok() } else { None };
                let born = |years: i16| self.today.checked_sub(i32::from(years).years()).ok();
                let dates = years.into_iter().flat_map(|years| [years.saturating_sub(1), years, years + 1]);
                let dates: Vec<String> = dates.filter_map(born).map(|date| date.to_string()).collect();
                self.add(field, dates);
            }
            Term::Else(a, b) | Term::Sum(a, _, b) => {
                let constant = Term::Constant(constant.clone());
                self.compared(a, &constant);
                self.compared(b, &constant);
            }
            Term::Fact(_) | Term::Region(_) | Term::Constant(_) => {}
        }
    }

    /// A postal code of that area, and one that is not.
    fn lives(&mut self, field: &HomeField, is_there: impl Fn(&Home) -> bool) {
        if field.codes != PostalCodes::UnitedStates {
            return; // no table says what other countries' codes there are
        }
        let codes = || (500..=99_950_u32).step_by(3).map(|code| format!("{code:05}"));
        let is_in = |code: &String| field.codes.home(code).map(|home| is_there(&home));
        let inside = codes().find(|code| is_in(code) == Some(true));
        let outside = codes().find(|code| is_in(code) == Some(false));
        self.add(&field.name, inside.into_iter().chain(outside).collect());
    }

    fn add(&mut self, field: &str, values: Vec<String>) {
        let known = self.values.entry(field.to_owned()).or_default();
        for value in values {
            if !known.contains(&value) {
                known.push(value);
            }
        }
    }
}

/// A constant, and its neighbours where it has some.
fn around(constant: &Value) -> Vec<String> {
    match constant {
        Value::Number(number) => {
            [*number, *number + Decimal::ONE, *number - Decimal::ONE].map(|number| number.to_string()).into()
        }
        Value::Date(date) => {
            let days = [Some(*date), date.tomorrow().ok(), date.yesterday().ok()];
            days.into_iter().flatten().map(|date| date.to_string()).collect()
        }
        Value::Text(_)
        | Value::Choice(_)
        | Value::Truth(_)
        | Value::Time(_)
        | Value::Duration { .. }
        | Value::Money { .. } => vec![constant.to_string()],
    }
}
