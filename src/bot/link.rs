//! Linking: a brand's files become one [`Bot`], names become numbers, and every mistake is reported with a way out.

mod fields;
mod links;
mod nodes;
mod resources;

use super::check::check;
use super::{
    Bot, Field, Flow, FlowIx, Intent, IntentIx, Node, NodeIx, Notes, Number, Optin, Programme, Scope, Symbol,
    Texts,
};
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place, Sources};
use crate::expr::{self, Schema, type_template};
use crate::flow::TextDecl;
use crate::flow::brand::{BrandFile, ProgramDecl};
use crate::flow::syntax::{Branch, FlowDecl, FlowFile, Line};
use crate::grammar::syntax::GrammarFile;
use crate::grammar::{Comparable, Grammar, compile, declared, prove, prove_together};
use crate::language::Lang;
use crate::slot::{DateOrder, SlotType};
use crate::sms::{AccountId, BrandId, ProgrammeId};
use crate::typo::Vocabulary;
use fields::fields;
use jiff::tz::TimeZone;
use links::links;
use resources::Resources;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The grammars that all brands share, compiled once.
#[derive(Clone)]
pub struct Shared {
    grammar: Arc<Grammar>,
    comparable: Arc<Comparable>,
    types: Types,
    /// The words of each language, for mending: a brand's people misspell its own languages.
    vocabularies: BTreeMap<Lang, Arc<Vocabulary>>,
}

/// Types that grammar files define, by name.
type Types = BTreeMap<String, Arc<dyn SlotType>>;

/// Everything one brand is linked from.
#[derive(Debug)]
pub struct BrandSources<'s> {
    /// The folder's name.
    pub id: BrandId,
    /// `brand.flow`.
    pub brand: &'s BrandFile,
    /// Where `brand.flow` begins, for mistakes of omission.
    pub top: Place,
    /// The brand's `*.flow` files.
    pub flows: &'s [FlowFile],
    /// The brand's own grammars.
    pub grammars: &'s [GrammarFile],
    /// A fingerprint of all these files and the shared grammars.
    pub hash: String,
    /// The files themselves, to find single words of them again.
    pub files: &'s Sources,
    /// Where the names that linking resolves are noted, if somebody asks for them.
    pub notes: Option<&'s Notes>,
}

/// Compiles and proves the shared grammars.
#[must_use]
pub fn link_shared(files: &[GrammarFile], found: &mut Diagnostics) -> Shared {
    let types = declared(files, found);
    let grammar = compile(files, &|name| types.get(name).cloned(), found);
    let comparable = Arc::new(prove(&grammar, files, found));
    let languages = files.iter().map(GrammarFile::language);
    let vocabularies = languages.map(|lang| (lang, Arc::new(grammar.vocabulary_in(lang)))).collect();
    Shared { grammar: Arc::new(grammar), comparable, types, vocabularies }
}

/// Links one brand. With an error of linking there is no bot; all mistakes are reported either way. What reading the files
/// found is the caller's to judge: a bot of files that could not be read whole is not to be used.
#[must_use]
pub fn link(sources: &BrandSources<'_>, shared: &Shared, found: &mut Diagnostics) -> Option<Bot> {
    let mut own_found = Diagnostics::default();
    let mut linker = Linker::new(sources, shared, &mut own_found);
    linker.resources();
    linker.flows();
    let mut bot = linker.finish();
    let sound = !own_found.has_errors();
    if sound {
        check(&bot, sources, &mut own_found);
    }
    if bot.numbers.iter().any(|number| number.shared) {
        let begins = bot.texts().filter(|(ix, _)| bot.intent(*ix).starts.is_some());
        bot.keywords = begins.map(|(_, text)| text.to_owned()).collect();
    }
    let sound = !own_found.has_errors();
    found.extend(own_found);
    sound.then_some(bot)
}

struct Linker<'l> {
    sources: &'l BrandSources<'l>,
    found: &'l mut Diagnostics,
    schema: Schema,
    fields: Vec<Field>,
    languages: Vec<Lang>,
    vocabularies: Vec<Arc<Vocabulary>>,
    shared: Scope,
    own: Scope,
    intents: Vec<Intent>,
    intent_numbers: BTreeMap<String, IntentIx>,
    /// Texts that the patterns of named intents take, with what they mean.
    texts: Vec<(IntentIx, String)>,
    resources: Resources,
    flows: Vec<Flow>,
    nodes: Vec<Node>,
}

impl<'l> Linker<'l> {
    fn new(sources: &'l BrandSources<'l>, shared: &Shared, found: &'l mut Diagnostics) -> Self {
        let mut types = shared.types.clone();
        types.extend(declared(sources.grammars, found));
        let fields = fields(sources.brand, &types, found);
        let lookup = |name: &str| -> Option<Arc<dyn SlotType>> {
            let field = fields.iter().find(|(field, _)| field.name == name);
            field.map(|(field, _)| &field.slot_type).or_else(|| types.get(name)).cloned()
        };
        let grammar = compile(sources.grammars, &lookup, found);
        let comparable = prove(&grammar, sources.grammars, found);
        let replaced = replaced(sources.grammars, &shared.grammar, found);
        let named = named_intents(sources);
        let languages: Vec<Lang> = sources.brand.languages.iter().map(|lang| lang.value).collect();
        let languages = if languages.is_empty() { vec![Lang::EN] } else { languages };
        let is_heard = |name: &str, language: Lang| {
            named.contains(name) && !replaced.iter().any(|r| r == name) && languages.contains(&language)
        };
        let both = [(&grammar, &comparable), (&*shared.grammar, &*shared.comparable)];
        prove_together(both[0], both[1], &is_heard, found);
        let mut intents: Vec<Intent> = Vec::new();
        let mut intent_numbers = BTreeMap::new();
        let mut number = |name: &str| {
            Some(*intent_numbers.entry(name.to_owned()).or_insert_with(|| {
                intents.push(Intent {
                    name: name.to_owned(),
                    starts: None,
                    optin: Optin::No,
                    named: named.contains(name),
                });
                IntentIx::new(intents.len() - 1)
            }))
        };
        let own: Vec<Option<IntentIx>> = grammar.intents().map(&mut number).collect();
        let shared_numbers = shared.grammar.intents();
        let shared_numbers: Vec<Option<IntentIx>> = shared_numbers
            .map(|name| if replaced.iter().any(|r| r == name) { None } else { number(name) })
            .collect();
        let meant = |numbers: &[Option<IntentIx>], texts: &[(u32, String)]| -> Vec<(IntentIx, String)> {
            let numbered = texts.iter().filter_map(|(ix, text)| Some((numbers[*ix as usize]?, text)));
            let named = numbered.filter(|(ix, _)| intents[ix.index()].named);
            named.map(|(ix, text)| (ix, text.clone())).collect()
        };
        let mut texts = meant(&own, &comparable.texts);
        texts.extend(meant(&shared_numbers, &shared.comparable.texts));
        samples(sources.grammars, |name| intent_numbers.get(name).copied(), &intents, &mut texts);
        let vocabularies = languages.iter().filter_map(|lang| shared.vocabularies.get(lang)).cloned();
        Self {
            vocabularies: vocabularies.collect(),
            schema: Schema {
                fields: fields.iter().map(|(_, field)| field.clone()).collect(),
                links: links(sources, found),
                has_hours: sources.brand.hours.is_some(),
                uses: sources.notes.map(Notes::fields),
            },
            fields: fields.into_iter().map(|(field, _)| field).collect(),
            languages,
            shared: Scope { grammar: Arc::clone(&shared.grammar), intents: shared_numbers },
            own: Scope { grammar: Arc::new(grammar), intents: own },
            intents,
            intent_numbers,
            texts,
            resources: Resources::default(),
            flows: Vec::new(),
            nodes: Vec::new(),
            sources,
            found,
        }
    }

    fn flows(&mut self) {
        let brand = self.sources.brand;
        let single = brand.optin.iter().map(|name| (name, Optin::Single));
        for (name, optin) in single.chain(brand.double_optin.iter().map(|name| (name, Optin::Double))) {
            if let Some(intent) = self.intent(name) {
                self.intents[intent.index()].optin = optin;
            }
        }
        let decls: Vec<&FlowDecl> = self.sources.flows.iter().flat_map(|file| &file.flows).collect();
        self.found.once("flow", decls.iter().map(|flow| &flow.name));
        let mut first = 0;
        for decl in &decls {
            self.found.once("node", decl.nodes.iter().map(|node| &node.name));
            if decl.nodes.is_empty() {
                let message = format!("the flow `{}` has no node", decl.name.value);
                let diagnostic = Diagnostic::new(Code::EmptyFlow, decl.name.place, message);
                self.found.push(diagnostic.hint("write `node NAME` at the left edge below it"));
            }
            let programme = self.programme(decl.program.as_ref());
            self.flows.push(Flow {
                name: decl.name.value.clone(),
                was: decl.was.iter().map(|was| was.value.clone()).collect(),
                first: NodeIx::new(first),
                on: Vec::new(),
                gone: None,
                content: decl.content.as_ref().map(|content| content.value).unwrap_or_default(),
                programme,
            });
            first += decl.nodes.len();
        }
        for (number, decl) in decls.iter().enumerate() {
            self.flow(FlowIx::new(number), decl);
        }
    }

    /// The programme of a flow that names it so; the main one where it names none.
    fn programme(&mut self, name: Option<&At<String>>) -> ProgrammeId {
        let Some(name) = name.filter(|name| name.value != ProgrammeId::MAIN) else {
            return ProgrammeId::main();
        };
        let known = || self.sources.brand.programs.iter().map(|program| program.name.value.as_str());
        let found = known().any(|known| known == name.value);
        if !found {
            let message = format!("`brand.flow` has no program `{}`", name.value);
            let diagnostic = Diagnostic::new(Code::UnknownResource, name.place, message);
            let diagnostic = diagnostic.did_you_mean(&name.value, known());
            self.found.push(diagnostic.hint(format!("write a block `program {}` there", name.value)));
        }
        self.note(name, found.then_some(()), |name| Symbol::Resource { kind: "program", name });
        ProgrammeId::from(name.value.as_str())
    }

    fn flow(&mut self, ix: FlowIx, decl: &FlowDecl) {
        for intent in &decl.start_on {
            let Some(number) = self.intent(intent) else { continue };
            let taken = self.intents[number.index()].starts.replace(ix);
            if let Some(other) = taken.filter(|other| *other != ix) {
                let message = format!(
                    "`{}` already starts the flow `{}`",
                    intent.value,
                    self.flows[other.index()].name
                );
                let diagnostic = Diagnostic::new(Code::StartsTwice, intent.place, message);
                self.found.push(
                    diagnostic.hint("one intent starts one flow; give one of them an intent of its own"),
                );
            }
        }
        let on = self.branches(&decl.on, decl);
        let gone = decl.gone.as_ref().and_then(|node| self.target(node, decl));
        let flow = &mut self.flows[ix.index()];
        flow.on = on;
        flow.gone = gone;
        for node in &decl.nodes {
            let linked = self.node(ix, node, decl);
            self.nodes.push(linked);
        }
    }

    fn branches(&mut self, branches: &[Branch], within: &FlowDecl) -> Vec<(IntentIx, NodeIx)> {
        let linked = branches
            .iter()
            .map(|branch| Some((self.intent(&branch.intent)?, self.target(&branch.to, within)?)));
        linked.collect::<Vec<_>>().into_iter().flatten().collect()
    }

    fn intent(&mut self, name: &At<String>) -> Option<IntentIx> {
        let number = self.intent_numbers.get(&name.value).copied();
        if number.is_none() {
            let message = format!("no grammar has an intent `{}`", name.value);
            let known = self.intent_numbers.keys().map(String::as_str);
            let diagnostic = Diagnostic::new(Code::UnknownIntent, name.place, message);
            self.found.push(
                diagnostic
                    .did_you_mean(&name.value, known)
                    .hint(format!("write `intent {}` and its patterns in a `*.grammar` file", name.value)),
            );
        }
        self.note(name, number, Symbol::Intent);
        number
    }

    fn target(&mut self, name: &At<String>, within: &FlowDecl) -> Option<NodeIx> {
        let found = within.nodes.iter().position(|node| node.name.value == name.value);
        if found.is_none() {
            let message = format!("the flow `{}` has no node `{}`", within.name.value, name.value);
            let known = within.nodes.iter().map(|node| node.name.value.as_str());
            let diagnostic = Diagnostic::new(Code::UnknownNode, name.place, message);
            self.found.push(diagnostic.did_you_mean(&name.value, known));
        }
        self.note(name, found, |name| Symbol::Node { flow: within.name.value.clone(), name });
        let flow = self
            .sources
            .flows
            .iter()
            .flat_map(|file| &file.flows)
            .position(|flow| std::ptr::eq(flow, within));
        let first = self.flows[flow.expect("flows are linked from these files")].first;
        Some(NodeIx::new(first.index() + found?))
    }

    /// Notes what a name stands for, if it was found and somebody asks.
    fn note<T>(&self, name: &At<String>, found: Option<T>, of: impl FnOnce(String) -> Symbol) {
        if let (Some(notes), Some(_)) = (self.sources.notes, found) {
            notes.used(name, of(name.value.clone()));
        }
    }

    fn optional_texts(&mut self, decls: &[TextDecl]) -> Option<Texts> {
        (!decls.is_empty()).then(|| self.texts(&decls.iter().collect::<Vec<_>>()))
    }

    /// One text in its languages; what is missing is a warning, and the first language is sent.
    fn texts(&mut self, decls: &[&TextDecl]) -> Texts {
        let first = self.languages[0];
        let mut texts: Vec<(Lang, Vec<expr::Text>)> = Vec::new();
        for decl in decls {
            if let Some(lang) = &decl.language {
                self.known_language(lang);
            }
            let language = decl.language.as_ref().map_or(first, |lang| lang.value);
            if texts.iter().any(|(lang, _)| *lang == language) {
                let message = format!("this text stands here twice in `{language}`");
                let diagnostic = Diagnostic::new(Code::DeclaredTwice, decl.place, message);
                self.found.push(diagnostic.hint("keep one of them"));
                continue;
            }
            let wordings =
                decl.wordings().map(|wording| type_template(wording, language, &self.schema, self.found));
            texts.push((language, wordings.collect()));
        }
        for language in &self.languages {
            if !texts.iter().any(|(lang, _)| lang == language) {
                let message = format!("this text is missing in `{language}`");
                let diagnostic = Diagnostic::new(Code::Untranslated, decls[0].place, message);
                self.found
                    .push(diagnostic.hint(format!("add it as `.{language}`; until then `{first}` is sent")));
            }
        }
        texts.sort_by_key(|(lang, _)| *lang != first);
        Texts(texts)
    }

    fn known_language(&mut self, lang: &At<Lang>) {
        if !self.languages.contains(&lang.value) {
            let message = format!("the brand does not speak `{}`", lang.value);
            let diagnostic = Diagnostic::new(Code::UnknownLanguage, lang.place, message);
            self.found.push(diagnostic.hint("add it to `languages` in `brand.flow`"));
        }
    }

    fn finish(mut self) -> Bot {
        let brand = self.sources.brand;
        let fallback = self.optional_texts(&brand.fallback);
        let leaving = self.optional_texts(&brand.leaving);
        let stopped = self.optional_texts(&brand.stopped);
        let started = self.optional_texts(&brand.started);
        let help = self.optional_texts(&brand.help);
        let alert = brand.alert.as_ref();
        let alert = alert.and_then(|name| self.resource("webhook", name, |r| &r.webhooks, |w| &w.name));
        let tags = brand.tags.iter();
        let numbers = brand.numbers.iter().map(|number| Number {
            sender: number.number.value,
            account: AccountId::from(number.account.value.as_str()),
            shared: number.shared,
        });
        let numbers = numbers.collect();
        Bot {
            id: self.sources.id.clone(),
            kept_as: kept_as(&self.sources.id, brand),
            name: self.required(brand.name.as_ref(), Code::NoBrand, "brand NAME"),
            program: self.required(brand.program.as_ref(), Code::MissingFact, "program NAME"),
            contact: self.required(brand.contact.as_ref(), Code::MissingFact, "contact ADDRESS"),
            frequency: brand.frequency.as_ref().map(|words| words.value.clone()),
            languages: self.languages,
            zone: brand.timezone.as_ref().map_or(TimeZone::UTC, |zone| zone.value.clone()),
            dates: brand.dates.as_ref().map_or_else(|| usual_dates(brand), |order| order.value),
            budget: brand.budget.as_ref().map_or(BUDGET, |budget| budget.value),
            country: country(brand),
            cap: brand.cap.as_ref().map(|cap| cap.value),
            age: brand.age.as_ref().map(|age| age.value),
            signs: brand.signs.as_ref().map(|signs| signs.value).unwrap_or_default(),
            replies: brand.replies.as_ref().map(|replies| replies.value).unwrap_or_default(),
            stop_ends: brand.stop_ends.as_ref().map(|ends| ends.value).unwrap_or_default(),
            programmes: brand.programs.iter().map(programme).collect(),
            alert,
            outside: brand.outside.as_ref().map(|outside| outside.value).unwrap_or_default(),
            hours: brand.hours.as_ref().map(|hours| hours.value.clone()),
            quiet: brand.quiet.as_ref().map(|hours| hours.value),
            numbers,
            keywords: Vec::new(),
            interrupt: brand.interrupt.as_ref().map(|at| at.value).unwrap_or_default(),
            campaigns: brand.campaigns.as_ref().map(|at| at.value).unwrap_or_default(),
            leaving,
            fallback,
            stopped,
            started,
            help,
            tags_before: tags
                .flat_map(|tag| tag.was.iter().map(|was| (was.value.clone(), tag.name.value.clone())))
                .collect(),
            hash: self.sources.hash.clone(),
            webhooks: self.resources.webhooks,
            lookups: self.resources.lookups,
            fields: self.fields,
            intents: self.intents,
            flows: self.flows,
            nodes: self.nodes,
            texts: self.texts,
            shared: self.shared,
            vocabularies: self.vocabularies,
            own: self.own,
        }
    }

    /// A fact that the rules want in confirmations (CTIA Messaging Principles 5.1.2.1; 47 CFR 64.1200(a)(12)).
    fn required(&mut self, fact: Option<&At<String>>, code: Code, line: &str) -> String {
        if fact.is_none() {
            let diagnostic =
                Diagnostic::new(code, self.sources.top, format!("`brand.flow` does not say `{line}`"));
            self.found.push(diagnostic.hint("the texts that answer STOP and HELP must name it"));
        }
        fact.map(|at| at.value.clone()).unwrap_or_default()
    }
}

fn programme(decl: &ProgramDecl) -> Programme {
    Programme {
        id: ProgrammeId::from(decl.name.value.as_str()),
        name: decl.called.as_ref().map(|words| words.value.clone()).unwrap_or_default(),
        frequency: decl.frequency.as_ref().map(|words| words.value.clone()),
    }
}

/// The name under which a brand's data is kept.
fn kept_as(id: &BrandId, brand: &BrandFile) -> BrandId {
    brand.was.as_ref().map_or_else(|| id.clone(), |was| BrandId::from(was.value.as_str()))
}

/// Parts that a text may take where the brand says nothing. One is too few: a first message must hold more facts than
/// fit beside a greeting, above all in Spanish and French. Three are a text that hardly anybody reads.
const BUDGET: usize = 2;

/// The country of the brand's first full number; a brand of short codes alone is taken for one of the United States.
fn country(brand: &BrandFile) -> String {
    let country = brand.numbers.iter().find_map(|number| number.number.value.country());
    country.unwrap_or_else(|| "US".to_owned())
}

/// How dates of digits are meant where the brand does not say: month first in the United States.
fn usual_dates(brand: &BrandFile) -> DateOrder {
    if country(brand) == "US" { DateOrder::MonthFirst } else { DateOrder::DayFirst }
}

/// Patterns with gaps were not walked: of an intent that the files name and that has no others, its samples are the texts.
fn samples(
    grammars: &[GrammarFile],
    number: impl Fn(&str) -> Option<IntentIx>,
    intents: &[Intent],
    texts: &mut Vec<(IntentIx, String)>,
) {
    for intent in grammars.iter().flat_map(|file| &file.intents) {
        let Some(own) = number(&intent.name.value).filter(|own| intents[own.index()].named) else { continue };
        if !texts.iter().any(|(known, _)| *known == own) {
            texts.extend(intent.samples.iter().map(|sample| (own, sample.value.clone())));
        }
    }
}

/// The intents that a brand's files name: all others start nothing and lead nowhere.
fn named_intents<'s>(sources: &BrandSources<'s>) -> BTreeSet<&'s str> {
    let flows = || sources.flows.iter().flat_map(|file| &file.flows);
    let lines = flows().flat_map(|flow| &flow.nodes).flat_map(|node| &node.lines);
    let asked = lines.filter_map(Line::wait).flat_map(|wait| &wait.prompt.on);
    let branches = flows().flat_map(|flow| &flow.on).chain(asked).map(|branch| &branch.intent);
    let starts = flows().flat_map(|flow| &flow.start_on);
    branches
        .chain(starts)
        .chain(&sources.brand.optin)
        .chain(&sources.brand.double_optin)
        .map(|intent| intent.value.as_str())
        .collect()
}

/// Shared intents that the brand replaces; one that it has without saying so is a mistake.
fn replaced(own: &[GrammarFile], shared: &Grammar, found: &mut Diagnostics) -> Vec<String> {
    let mut replaced = Vec::new();
    for intent in own.iter().flat_map(|file| &file.intents) {
        let name = &intent.name.value;
        let is_shared = shared.intents().any(|other| other == name);
        if is_shared && !intent.replace && !replaced.contains(name) {
            let diagnostic = Diagnostic::new(
                Code::SharedIntent,
                intent.name.place,
                format!("`{name}` is a shared intent already"),
            );
            found.push(diagnostic.hint(format!("write `intent {name} replace` to put yours in its place")));
        }
        if is_shared {
            replaced.push(name.clone());
        } else if intent.replace {
            let message = format!("there is no shared intent `{name}` to replace");
            let diagnostic = Diagnostic::new(Code::SharedIntent, intent.name.place, message);
            found.push(diagnostic.did_you_mean(name, shared.intents()).hint("leave `replace` out"));
        }
    }
    replaced
}
