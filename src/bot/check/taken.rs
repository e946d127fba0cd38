//! Ways out that can never be taken, because an earlier one takes all that they could.

use super::super::{Action, Awaited, Bot, Exit, Node};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expr::{Compare, Formula, Term, order};
use crate::flow::syntax::{Line, NodeDecl};
use crate::slot::{SlotType, Value, ValueKind};
use rustc_hash::FxHashMap;
use std::cmp::Ordering;

/// Cases that are tried for one node: all that its conditions can tell apart. More are left to the writer.
const CASES_MAX: usize = 4_096;

/// Reports each `when` of a node that holds in no case in which those above it do not. O(cases · conditions), where what
/// conditions tell apart is: each value of a list, each number they name and the gaps between, filled or not, and yes or no
/// for everything else.
pub(super) fn taken(bot: &Bot, node: &Node, decl: &NodeDecl, found: &mut Diagnostics) {
    let waits = decl.lines.iter().position(|line| line.wait().is_some()).unwrap_or(decl.lines.len());
    let (before, after) = decl.lines.split_at(waits);
    let leaves = node
        .actions
        .iter()
        .filter_map(|action| if let Action::Leave(exit) = action { Some(exit) } else { None });
    // What is set between two ways out may open the second, so only ways that follow one another are compared.
    let sets = before.iter().any(|line| matches!(line, Line::Set(..) | Line::Tag(_) | Line::Untag(_)));
    let answered = match node.wait.as_ref().map(|wait| &wait.what) {
        Some(Awaited::Field(field)) => Some(bot.field(*field).name.as_str()),
        _ => None,
    };
    if !sets {
        list(bot, &leaves.collect::<Vec<_>>(), before, None, found);
    }
    list(bot, &node.exits.iter().collect::<Vec<_>>(), after, answered, found);
}

/// Reports what can never be taken of ways out that are tried one after the other.
fn list(bot: &Bot, exits: &[&Exit], lines: &[Line], answered: Option<&str>, found: &mut Diagnostics) {
    let whens: Vec<&Formula> = exits.iter().filter_map(|exit| exit.when.as_ref()).collect();
    let mut variables = Variables { bot, answered, domains: Vec::new(), numbers: FxHashMap::default() };
    for when in &whens {
        variables.collect(when);
    }
    let cases = variables.domains.iter().try_fold(1_usize, |cases, domain| cases.checked_mul(domain.size()));
    if whens.is_empty() || cases.is_none_or(|cases| cases > CASES_MAX) {
        return;
    }
    let mut case = vec![0; variables.domains.len()];
    let mut is_taken = vec![false; whens.len()];
    loop {
        if let Some(first) = whens.iter().position(|when| variables.holds(when, &case)) {
            is_taken[first] = true;
        }
        let Some(at) = (0..case.len()).find(|at| case[*at] + 1 < variables.domains[*at].size()) else {
            break;
        };
        case[at] += 1;
        case[..at].fill(0);
    }
    let places = lines
        .iter()
        .filter_map(|line| if let Line::When(expr, _) = line { Some(expr.place()) } else { None });
    for ((place, when), _) in places.zip(&whens).zip(is_taken).filter(|(_, is_taken)| !is_taken) {
        let diagnostic = Diagnostic::new(Code::NeverTaken, place, format!("`{when}` never holds here"));
        found.push(
            diagnostic.hint("the ways above it take every case in which it would, or it contradicts itself"),
        );
    }
}

/// What one term can be, as far as the conditions can tell.
struct Domain {
    /// The constants that it is compared with; of a list all its keys. In their order, where they have one.
    values: Vec<Value>,
    /// Whether it may be a value between, below or above them, or another one.
    others: bool,
    ordered: bool,
    /// Whether it may be unfilled.
    unfilled: bool,
}

impl Domain {
    /// A yes or no.
    fn truth() -> Self {
        Self {
            values: vec![Value::Truth(true), Value::Truth(false)],
            others: false,
            ordered: false,
            unfilled: false,
        }
    }

    /// Anything, or unfilled.
    fn anything() -> Self {
        Self { values: Vec::new(), others: true, ordered: false, unfilled: true }
    }

    /// How many cases there are: unfilled last; of ordered values also the gaps around them.
    fn size(&self) -> usize {
        let gaps = match (self.others, self.ordered) {
            (false, _) => 0,
            (true, true) => self.values.len() + 1,
            (true, false) => 1,
        };
        self.values.len() + gaps + usize::from(self.unfilled)
    }

    fn is_unfilled(&self, case: usize) -> bool {
        self.unfilled && case + 1 == self.size()
    }

    /// Whether a comparison with a constant holds in a case.
    fn compares(&self, case: usize, compare: Compare, constant: &Value) -> bool {
        let Some(at) =
            self.values.iter().position(|value| value == constant).filter(|_| !self.is_unfilled(case))
        else {
            return false;
        };
        // Twice the place among the constants: values are even, the gaps before them odd.
        let here = if case < self.values.len() { 2 * case + 1 } else { 2 * (case - self.values.len()) };
        let there = 2 * at + 1;
        match compare {
            Compare::Equal => case == at,
            Compare::Unequal => case != at,
            Compare::Less => here < there,
            Compare::AtMost => here <= there,
            Compare::More => here > there,
            Compare::AtLeast => here >= there,
        }
    }
}

/// The terms that conditions compare, and everything else that they ask, each by its printed form.
struct Variables<'b> {
    bot: &'b Bot,
    /// The field whose question was just answered: it is filled.
    answered: Option<&'b str>,
    domains: Vec<Domain>,
    numbers: FxHashMap<String, usize>,
}

impl Variables<'_> {
    fn collect(&mut self, formula: &Formula) {
        match formula {
            Formula::Compare(term, _, Term::Constant(constant)) => self.compared(term, constant),
            Formula::Known(field) => {
                let _known = self.number(field.to_string(), Domain::anything);
            }
            Formula::Not(inner) => self.collect(inner),
            Formula::And(a, b) | Formula::Or(a, b) => {
                self.collect(a);
                self.collect(b);
            }
            Formula::Compare(..)
            | Formula::LivesIn(..)
            | Formula::Near(..)
            | Formula::LastReply(_)
            | Formula::Open
            | Formula::Tag(_) => _ = self.number(formula.to_string(), Domain::truth),
        }
    }

    fn number(&mut self, name: String, domain: impl FnOnce() -> Domain) -> usize {
        let next = self.domains.len();
        let domains = &mut self.domains;
        *self.numbers.entry(name).or_insert_with(|| {
            domains.push(domain());
            next
        })
    }

    fn compared(&mut self, term: &Term, constant: &Value) {
        let field = if let Term::Field(name) = term {
            self.bot.fields().iter().find(|f| f.name == **name)
        } else {
            None
        };
        let ordered = constant.kind().is_ordered();
        let unfilled = field.is_none_or(|field| self.answered != Some(&field.name));
        let keys = field.map(|field| keys(&*field.slot_type)).unwrap_or_default();
        let number = self.number(term.to_string(), || {
            let choices = keys.into_iter().map(Value::Choice);
            let truths = [true, false].map(Value::Truth);
            let values: Vec<Value> = match constant.kind() {
                ValueKind::Truth => truths.into(),
                ValueKind::Choice => choices.collect(),
                ValueKind::Text
                | ValueKind::Number
                | ValueKind::Date
                | ValueKind::Time
                | ValueKind::Duration
                | ValueKind::Money => Vec::new(),
            };
            let others = values.is_empty();
            Domain { values, others, ordered, unfilled }
        });
        let domain = &mut self.domains[number];
        domain.ordered |= ordered;
        if !domain.values.contains(constant) {
            domain.values.push(constant.clone());
            domain.values.sort_by(|a, b| order(a, b).unwrap_or(Ordering::Equal));
        }
    }

    /// Whether a condition holds in a case.
    fn holds(&self, formula: &Formula, case: &[usize]) -> bool {
        let of = |name: &str| self.numbers.get(name).map(|number| (&self.domains[*number], case[*number]));
        match formula {
            Formula::Compare(term, compare, Term::Constant(constant)) => {
                of(&term.to_string()).is_some_and(|(domain, case)| domain.compares(case, *compare, constant))
            }
            Formula::Known(field) => of(field).is_some_and(|(domain, case)| !domain.is_unfilled(case)),
            Formula::Not(inner) => !self.holds(inner, case),
            Formula::And(a, b) => self.holds(a, case) && self.holds(b, case),
            Formula::Or(a, b) => self.holds(a, case) || self.holds(b, case),
            Formula::Compare(..)
            | Formula::LivesIn(..)
            | Formula::Near(..)
            | Formula::LastReply(_)
            | Formula::Open
            | Formula::Tag(_) => of(&formula.to_string()).is_some_and(|(_, case)| case == 0),
        }
    }
}

/// The keys of a list.
fn keys(slot_type: &dyn SlotType) -> Vec<String> {
    let own = slot_type.as_choice().map(|list| list.values().iter().map(|value| value.key.clone()).collect());
    own.unwrap_or_else(|| slot_type.keys().iter().map(|key| (*key).to_owned()).collect())
}
