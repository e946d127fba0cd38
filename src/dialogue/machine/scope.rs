//! How far an opt-in or an opt-out of this person reaches, and what it leaves.

use super::{Machine, Told, shortened};
use crate::bot::FlowIx;
use crate::consent::{Change, How, Limits, Reason, Scope, Status, wording};
use crate::dialogue::effect::{Alert, Effect, Notify};
use crate::dialogue::state::{Said, State};
use crate::reserved;
use crate::sms::{Class, Content, Inbound, ProgrammeId, StopEnds};
use std::collections::BTreeMap;

/// Messages whose programme and content are remembered: the last that has left, and those that wait for their hour.
const SAID_MAX: usize = 4;

impl Machine<'_> {
    /// The programme and the content of what is said now: those of the flow that is heard.
    pub(super) fn topic(&self) -> (ProgrammeId, Content) {
        let flow = self.state.stack.last().map(|frame| self.bot.flow(frame.flow));
        flow.map(|flow| (flow.programme.clone(), flow.content)).unwrap_or_default()
    }

    /// Where the person stands as to what a flow says.
    pub(in crate::dialogue) fn towards(&self, flow: FlowIx) -> Status {
        let flow = self.bot.flow(flow);
        self.state.person.standing.towards(&flow.programme, flow.content)
    }

    /// How far consent reaches that is given by coming to a flow, or in it: as far as the flow's programme.
    pub(in crate::dialogue) fn given_in(&self, flow: Option<FlowIx>) -> Scope {
        if self.bot.programmes.is_empty() && self.state.person.standing.parts.programmes.is_empty() {
            return Scope::Brand;
        }
        Scope::Programme(flow.map(|flow| self.bot.flow(flow).programme.clone()).unwrap_or_default())
    }

    /// How far START reaches: it takes back what the last STOP ended, no more. For who has never stopped it is an opt-in as by
    /// the brand's first word for that.
    pub(in crate::dialogue) fn taken_back(&self) -> Scope {
        let standing = &self.state.person.standing;
        let ended_something = || {
            let programmes = &standing.parts.programmes;
            programmes.is_empty() || programmes.values().any(|status| *status == Status::Out)
        };
        match &standing.parts.ended {
            _ if standing.status == Status::Out && ended_something() => Scope::Brand,
            Some(ended) if standing.status != Status::Out => ended.scope.clone(),
            _ => self.given_in(self.bot.optin_flows().next()),
        }
    }

    /// The flow that START leads to: the first by which people opt in to what it takes back.
    pub(in crate::dialogue) fn welcome_of(&self, scope: &Scope) -> Option<FlowIx> {
        let covers = |flow: &FlowIx| {
            let flow = self.bot.flow(*flow);
            scope.covers(&flow.programme, flow.content)
        };
        self.bot.optin_flows().find(covers)
    }

    /// How far an opt-out by a text reaches. Less than everything only where the brand says so, a word of the law stands alone,
    /// it answers a message that we know of, and something would be left; who says it a second time means everything.
    pub(in crate::dialogue) fn stops(&self, rule: &str, reason: Reason, inbound: &Inbound) -> Scope {
        let standing = &self.state.person.standing;
        let said = self.state.person.said.iter().rev().find(|said| said.at <= self.now);
        let is_shared = self.bot.numbers.iter().any(|number| number.shared && number.sender == inbound.to);
        let ends_all = reason != Reason::Asked || !reserved::may_end_less(rule) || is_shared;
        let Some(said) = said.filter(|_| !ends_all) else { return Scope::Brand };
        if standing.towards(&said.programme, said.content) != Status::In {
            return Scope::Brand;
        }
        let is_left = |programme: &ProgrammeId, content| {
            let of_another =
                || *programme != said.programme && standing.towards(programme, content) == Status::In;
            match self.bot.stop_ends {
                StopEnds::Brand => false,
                StopEnds::Programme => of_another(),
                StopEnds::Content => said.content == Content::Marketing && content == Content::Service,
            }
        };
        if !self.bot.flows().any(|flow| is_left(&flow.programme, flow.content)) {
            return Scope::Brand;
        }
        match self.bot.stop_ends {
            StopEnds::Brand => Scope::Brand,
            StopEnds::Programme => Scope::Programme(said.programme.clone()),
            StopEnds::Content => Scope::Marketing,
        }
    }

    /// The person opts out: what goes on of it ends, and they are told so, once.
    pub(in crate::dialogue) fn opted_out(&mut self, rule: &str, reason: Reason, how: How, inbound: &Inbound) {
        let scope = self.stops(rule, reason, inbound);
        let told = Told { reason, scope: scope.clone(), ..Told::of(Change::Out, how, rule) };
        self.ledger(told, Some(inbound));
        self.end_of(&scope);
        self.confirm(&scope);
        if reason == Reason::Minor {
            self.unlearn();
        }
    }

    /// Tells the brand of a threat, whether it ended anything or not: a person should read it. It stands behind the confirmation.
    pub(in crate::dialogue) fn alert(&mut self, inbound: &Inbound) {
        self.note("a threat: a person of the brand should read it");
        let Some(webhook) = &self.bot.alert else { return };
        let alert = Alert { reason: Reason::Threat, text: shortened(&inbound.body) };
        let name = webhook.name.clone();
        let (node, fields) = (String::new(), BTreeMap::new());
        self.effects.push(Effect::Notify(Notify { name, node, fields, alert: Some(alert) }));
    }

    /// Whether the person has opted in to what a flow says; to the brand as a whole, where there is none.
    pub(in crate::dialogue) fn is_in(&self, flow: Option<FlowIx>) -> bool {
        let standing = &self.state.person.standing;
        flow.map_or(standing.status, |flow| self.towards(flow)) == Status::In
    }

    /// Says what has ended.
    pub(super) fn confirm(&mut self, scope: &Scope) {
        let bot = self.bot;
        let language = self.language();
        let body = match scope {
            Scope::Brand if bot.programmes.is_empty() || bot.stopped.is_some() => {
                self.send(Class::OptOutConfirmation, bot.stopped.as_ref(), wording::opted_out);
                return;
            }
            Scope::Brand => {
                wording::opted_out(wording::Facts { program: &bot.name, ..self.facts() }, language)
            }
            Scope::Programme(programme) => {
                let program = bot.programme(programme).0;
                wording::opted_out_of_program(wording::Facts { program, ..self.facts() }, &bot.name, language)
            }
            Scope::Marketing => wording::opted_out_of_marketing(self.facts(), &bot.name, language),
        };
        self.push_send(Class::OptOutConfirmation, body, &[]);
    }

    /// Ends what goes on of what has ended; the rest waits on, and says nothing now (47 CFR 64.1200(a)(12)).
    fn end_of(&mut self, scope: &Scope) {
        let bot = self.bot;
        let covers = |flow: FlowIx| scope.covers(&bot.flow(flow).programme, bot.flow(flow).content);
        let State { stack, .. } = &mut self.state;
        let (before, heard) = (stack.len(), stack.last().map(|frame| frame.node));
        stack.retain(|frame| !covers(frame.flow));
        if stack.is_empty() {
            self.close();
        } else if stack.len() < before && stack.last().map(|frame| frame.node) != heard {
            self.wait_on();
        }
    }

    /// Remembers what a message belongs to, where a STOP may end that alone; one that is held from the moment it may leave.
    pub(super) fn remember_said(&mut self, class: Class, programme: &ProgrammeId, content: Content) {
        if self.bot.stop_ends == StopEnds::Brand || matches!(class, Class::OptOutConfirmation | Class::Help) {
            return;
        }
        let whereabouts = self.whereabouts();
        let (quiet, left) = (self.bot.quiet, &self.state.person.unasked);
        let limits = Limits { content, whereabouts: &whereabouts, quiet, left };
        let held = limits.blocked(self.now).filter(|_| self.bot.limits(class)).map(|(until, _)| until);
        let at = held.unwrap_or(self.now);
        let said = &mut self.state.person.said;
        let passed = said.iter().rposition(|said| said.at <= self.now).unwrap_or(0);
        said.drain(..passed);
        said.push(Said { at, programme: programme.clone(), content });
        said.sort_by_key(|said| said.at);
        let old = said.len().saturating_sub(SAID_MAX);
        said.drain(..old);
    }
}
