//! A dialogue in the middle of a step: it speaks, walks and waits. Bounded in every direction.

mod holder;
mod outside;
mod scope;
mod speak;
mod start;
mod wait;
mod walk;

pub use speak::{SENDS_MAX, SENT_BYTES_MAX};

pub(super) use wait::Bad;
pub use wait::{FIELD_BYTES_MAX, FOLLOW_UPS_MAX};
pub use walk::{NODES_MAX, STACK_MAX};

use super::effect::Effect;
use super::reading::Reading;
use super::state::{State, View};
use super::step::{Step, Trace};
use crate::bot::{Bot, FlowIx, IntentIx};
use crate::consent::{Change, How, LedgerEntry, Reason, Scope, Whereabouts, wording};
use crate::language::Lang;
use crate::sms::{Class, Inbound};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

/// Bytes of a text that the ledger repeats; the log holds all of it.
const RECEIVED_BYTES_MAX: usize = 512;

/// What an entry of the ledger tells.
pub(super) struct Told<'t> {
    pub(super) change: Change,
    pub(super) how: How,
    /// The word or rule that matched.
    pub(super) rule: &'t str,
    /// Why somebody opts out.
    pub(super) reason: Reason,
    pub(super) scope: Scope,
}

impl<'t> Told<'t> {
    /// About all of the brand.
    pub(super) fn of(change: Change, how: How, rule: &'t str) -> Self {
        Self { change, how, rule, reason: Reason::Asked, scope: Scope::Brand }
    }
}

/// A dialogue in the middle of a step.
pub(super) struct Machine<'b> {
    pub(super) bot: &'b Bot,
    pub(super) state: State,
    pub(super) now: Timestamp,
    pub(super) trace: Trace,
    /// Why messages of this step are sent.
    pub(super) class: Class,
    /// Nothing is sent any more: two machines seem to talk to each other.
    pub(super) muted: bool,
    effects: Vec<Effect>,
    sends: usize,
    sent_bytes: usize,
    nodes: usize,
    turn: u64,
    /// What chance decides is drawn from this.
    seed: u64,
}

impl<'b> Machine<'b> {
    pub(super) fn new(bot: &'b Bot, state: State, now: Timestamp, seed: u64) -> Self {
        let turn = state.person.turn + 1;
        Self {
            bot,
            state,
            now,
            trace: Trace::default(),
            class: Class::Reply,
            muted: false,
            effects: Vec::new(),
            sends: 0,
            sent_bytes: 0,
            nodes: 0,
            turn,
            seed,
        }
    }

    /// The finished step. An event that changed nothing leaves the turn count as it was.
    pub(super) fn finish(mut self, before: &State) -> Step {
        if before.is_busy() && !self.state.is_busy() {
            self.call_starts();
        }
        if self.state != *before || !self.effects.is_empty() {
            self.state.person.turn = self.turn;
        }
        Step { state: self.state, effects: self.effects, trace: self.trace }
    }

    pub(super) fn note(&mut self, words: &str) {
        self.trace.notes.push(words.to_owned());
    }

    pub(super) fn is_open(&self, flow: FlowIx) -> bool {
        self.state.stack.iter().any(|frame| frame.flow == flow)
    }

    /// The language of the patterns by which an intent took the text is the person's, unless they have shown one before.
    /// "Menu" is a word of several languages: such a text shows none.
    pub(super) fn learn_language(&mut self, reading: &Reading, intent: IntentIx) {
        let heard = reading.heard.iter().chain(reading.repaired.iter().flat_map(|repaired| &repaired.heard));
        let mut meant = heard.filter(|heard| heard.intent == intent);
        let Some(first) = meant.next().map(|heard| &heard.matched) else { return };
        let alike = meant.map(|heard| &heard.matched).take_while(|other| other.rank == first.rank);
        let shown = { alike }.all(|other| other.language == first.language);
        if self.state.person.language.is_none() && shown && self.bot.languages.contains(&first.language) {
            self.state.person.language = Some(first.language);
        }
    }

    fn view(&self) -> View<'_> {
        View::of(self.bot, &self.state.person, self.facts(), self.now)
    }

    /// Where the person may be.
    fn whereabouts(&self) -> Whereabouts {
        self.bot.whereabouts(self.state.person.phone, &self.state.person.fields)
    }

    /// The days that the person's calendar may show, the first and the last.
    fn today(&self) -> (Date, Date) {
        let whereabouts = self.whereabouts();
        let day = |zone: &TimeZone| zone.to_datetime(self.now).date();
        (day(whereabouts.behind(self.now)), day(whereabouts.ahead(self.now)))
    }

    fn language(&self) -> Lang {
        self.view().language()
    }

    /// The facts of the programme that is spoken of now.
    fn facts(&self) -> wording::Facts<'b> {
        let (program, frequency) = self.bot.programme(&self.topic().0);
        wording::Facts { program, contact: &self.bot.contact, frequency }
    }

    /// Writes an entry into the person's ledger.
    pub(super) fn ledger(&mut self, told: Told<'_>, inbound: Option<&Inbound>) {
        let Told { change, how, rule, reason, scope } = told;
        // Of an age only the outcome is kept (carriers ask for a full date and let nobody keep more than this).
        let is_age = matches!(change, Change::OfAge(_) | Change::Underage(_)) || rule == wait::UNDER_13;
        // What is unsure answers no question for consent, nor does reading it.
        let answers = !matches!(change, Change::Unsure | Change::Kept);
        let shown = if answers { self.state.person.shown.take() } else { None };
        let entry = LedgerEntry {
            number: self.state.person.standing.entries + 1,
            at: self.now,
            change,
            how,
            rule: rule.to_owned(),
            reason,
            settles: self
                .state
                .person
                .standing
                .unsure
                .filter(|_| change.settles())
                .map(|unsure| unsure.entry),
            shown: shown.map(|shown| shortened(&shown)),
            received: inbound.filter(|_| !is_age).map(|inbound| shortened(&inbound.body)),
            message: inbound.map(|inbound| inbound.id.clone()),
            sender: inbound.map(|inbound| inbound.to).or(self.state.person.sender),
            language: self.language(),
            programme: self.programme_of(&scope),
            scope,
        };
        self.state.person.standing = self.state.person.standing.after(&entry);
        self.effects.push(Effect::Ledger(entry));
    }

    /// The programme that an entry speaks of.
    fn programme_of(&self, scope: &Scope) -> String {
        match scope {
            Scope::Brand | Scope::Marketing => self.bot.program.clone(),
            Scope::Programme(programme) => self.bot.programme(programme).0.to_owned(),
        }
    }

    /// Ends everything that is going on.
    pub(super) fn close(&mut self) {
        self.state.stack.clear();
        let person = &mut self.state.person;
        person.timers.clear();
        person.starts.clear();
        person.human = false;
        person.team = None;
        person.offered = None;
        person.shown = None;
    }
}

/// The beginning of a text, cut at a character.
fn shortened(body: &str) -> String {
    body.chars()
        .scan(0, |bytes, c| {
            *bytes += c.len_utf8();
            (*bytes <= RECEIVED_BYTES_MAX).then_some(c)
        })
        .collect()
}
