//! Linking what flows use by name: media, teams, webhooks, lookups, contests.

use super::Linker;
use crate::bot::{Contest, FieldIx, Lookup, Media, Symbol, Team, Webhook};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::expr::{Template, TextPiece, type_template};
use crate::flow::Delay;
use crate::flow::brand::{ContestDecl, LookupDecl, MediaDecl, TeamDecl, WebhookDecl};
use jiff::SignedDuration;
use std::sync::Arc;

/// What the brand's flows can use by name.
#[derive(Debug, Default)]
pub(super) struct Resources {
    pub(super) media: Vec<Arc<Media>>,
    pub(super) teams: Vec<Arc<Team>>,
    pub(super) webhooks: Vec<Arc<Webhook>>,
    pub(super) lookups: Vec<Arc<Lookup>>,
    pub(super) contests: Vec<Arc<Contest>>,
}

/// How long an outside answer may take where the file does not say. People put the phone away after that.
const WITHIN: SignedDuration = SignedDuration::from_secs(10);
/// The longest that a file may say.
const WITHIN_MAX_SECONDS: i64 = 60;

impl Linker<'_> {
    /// Links all blocks of `brand.flow` that flows use by name.
    pub(super) fn resources(&mut self) {
        let brand = self.sources.brand;
        self.found.once("media", brand.media.iter().map(|decl| &decl.name));
        self.found.once("team", brand.teams.iter().map(|decl| &decl.name));
        self.found.once("webhook", brand.webhooks.iter().map(|decl| &decl.name));
        self.found.once("lookup", brand.lookups.iter().map(|decl| &decl.name));
        self.found.once("contest", brand.contests.iter().map(|decl| &decl.name));
        self.found.once("program", brand.programs.iter().map(|decl| &decl.name));
        self.found.once("tag", brand.tags.iter().map(|decl| &decl.name));
        for decl in &brand.media {
            let media = self.media(decl);
            self.resources.media.push(Arc::new(media));
        }
        for decl in &brand.webhooks {
            let webhook = self.webhook(decl);
            self.resources.webhooks.push(Arc::new(webhook));
        }
        for decl in &brand.teams {
            let team = self.team(decl);
            self.resources.teams.push(Arc::new(team));
        }
        for decl in &brand.lookups {
            let lookup = self.lookup(decl);
            self.resources.lookups.push(Arc::new(lookup));
        }
        self.resources.contests.extend(brand.contests.iter().map(|decl| Arc::new(contest(decl))));
        brand.contests.iter().for_each(|decl| self.contest_facts(decl));
    }

    fn media(&mut self, decl: &MediaDecl) -> Media {
        let first = self.languages[0];
        let mut urls = Vec::new();
        for (language, url) in &decl.urls {
            if let Some(language) = language {
                self.known_language(language);
            }
            urls.push((language.as_ref().map_or(first, |language| language.value), url.value.clone()));
        }
        urls.sort_by_key(|(language, _)| *language != first);
        Media { name: decl.name.value.clone(), urls }
    }

    fn webhook(&mut self, decl: &WebhookDecl) -> Webhook {
        let send: Vec<Option<FieldIx>> = decl.send.iter().map(|field| self.field(field)).collect();
        Webhook {
            name: decl.name.value.clone(),
            url: decl.url.as_ref().map(|url| url.value.clone()).unwrap_or_default(),
            secret: decl.secret.as_ref().map(|secret| secret.value.clone()),
            send: send.into_iter().flatten().collect(),
        }
    }

    fn team(&mut self, decl: &TeamDecl) -> Team {
        let notify = decl.notify.as_ref();
        let notify = notify.and_then(|name| self.resource("webhook", name, |r| &r.webhooks, |w| &w.name));
        Team { name: decl.name.value.clone(), notify }
    }

    fn lookup(&mut self, decl: &LookupDecl) -> Lookup {
        let url = decl.url.as_ref().map(|url| self.address(url)).unwrap_or_default();
        let fills = decl.fills.iter().map(|(field, path)| Some((self.field(field)?, path.value.clone())));
        let fills: Vec<Option<(FieldIx, Vec<String>)>> = fills.collect();
        let within = decl.within.as_ref().map_or(WITHIN, |within| match within.value {
            Delay::Exact { seconds: seconds @ 1..=WITHIN_MAX_SECONDS } => SignedDuration::from_secs(seconds),
            Delay::Exact { .. } | Delay::Calendar { .. } => {
                let diagnostic = Diagnostic::new(
                    Code::LateTooLong,
                    within.place,
                    "an outside answer may take at most a minute",
                );
                self.found.push(diagnostic.hint("write for example `within 10s`"));
                WITHIN
            }
        });
        let text = |at: &At<String>| at.value.clone();
        Lookup {
            name: decl.name.value.clone(),
            url,
            secrets: decl.secrets.iter().map(|(header, secret)| (text(header), text(secret))).collect(),
            within,
            fills: fills.into_iter().flatten().collect(),
        }
    }

    /// The pieces of an address: words, and values that stand in it.
    fn address(&mut self, url: &At<Template>) -> Vec<TextPiece> {
        let text = type_template(&url.value, self.languages[0], &self.schema, self.found);
        let is_value = |piece: &TextPiece| matches!(piece, TextPiece::Words(_) | TextPiece::Term(_));
        if !text.pieces.iter().all(is_value) {
            let diagnostic =
                Diagnostic::new(Code::BadAddress, url.place, "only values can stand in an address");
            self.found.push(diagnostic.hint("write for example `https://api.example/weather?zip={zip}`"));
        }
        text.pieces
    }

    /// What the rules of a contest must say (the provider's rules for sweepstakes: address of the rules, dates, states, value of
    /// the prizes; checklists of lawyers: who may take part, and how without a text).
    fn contest_facts(&mut self, decl: &ContestDecl) {
        let facts = [
            ("rules ADDRESS", decl.rules.is_some()),
            ("from DAY", decl.from.is_some()),
            ("until DAY", decl.until.is_some()),
            ("value WORDS", decl.value.is_some()),
            ("states all", !decl.states.is_empty()),
            ("eligible WORDS", decl.eligible.is_some()),
            ("free-entry WORDS", decl.free_entry.is_some()),
        ];
        let missing: Vec<String> =
            facts.iter().filter(|(_, said)| !said).map(|(line, _)| format!("`{line}`")).collect();
        if !missing.is_empty() {
            let message = format!("the contest `{}` does not say {}", decl.name.value, missing.join(", "));
            let diagnostic = Diagnostic::new(Code::MissingFact, decl.name.place, message);
            self.found.push(diagnostic.hint("carriers and laws want it known; write these lines below it"));
        }
    }

    /// A thing of the brand by its name.
    pub(super) fn resource<T>(
        &mut self,
        of: &'static str,
        name: &At<String>,
        all: impl Fn(&Resources) -> &Vec<Arc<T>>,
        called: impl Fn(&T) -> &str,
    ) -> Option<Arc<T>> {
        let known = all(&self.resources);
        let found = known.iter().find(|thing| called(thing) == name.value).cloned();
        if found.is_none() {
            let message = format!("`brand.flow` has no {of} `{}`", name.value);
            let diagnostic = Diagnostic::new(Code::UnknownResource, name.place, message);
            let diagnostic = diagnostic.did_you_mean(&name.value, known.iter().map(|thing| called(thing)));
            self.found.push(diagnostic.hint(format!("write a block `{of} {}` there", name.value)));
        }
        self.note(name, found.as_ref(), |name| Symbol::Resource { kind: of, name });
        found
    }
}

fn contest(decl: &ContestDecl) -> Contest {
    let (entries, every) = decl.entries.as_ref().map_or((1, None), |entries| entries.value);
    Contest {
        name: decl.name.value.clone(),
        prizes: decl.prizes.as_ref().map_or(1, |prizes| prizes.value),
        odds: decl.odds.as_ref().map(|odds| odds.value),
        entries,
        every,
        from: decl.from.as_ref().map(|day| day.value),
        until: decl.until.as_ref().map(|day| day.value),
    }
}
