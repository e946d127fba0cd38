//! Reading `brand.flow`: a brand's facts and the fields it may know about a person.

mod resource;

pub use resource::{ContestDecl, LookupDecl, MediaDecl, ProgramDecl, TagDecl, TeamDecl, WebhookDecl};

use super::hours::{Hours, hours};
use super::syntax::{age, one_of, unknown};
use super::text::{TextDecl, text, verb};
use super::time::from_to;
use super::{Delay, delay};
use crate::diagnostic::{At, Code, Diagnostic};
use crate::grammar::syntax::{ValueDecl, language, list_values, named};
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, after, first_word, outline, split};
use crate::slot::DateOrder;
use crate::sms::{Outside, Replies, Sender, Signs, StopEnds};
use jiff::civil::Time;
use jiff::tz::TimeZone;

/// A `brand.flow` file.
#[derive(Debug, Clone, Default)]
pub struct BrandFile {
    /// What people call the brand.
    pub name: Option<At<String>>,
    /// The programme's name, as consent texts must say it.
    pub program: Option<At<String>>,
    /// Its numbers and the provider accounts that carry them.
    pub numbers: Vec<NumberDecl>,
    /// Where people find help: an address, a number, a page.
    pub contact: Option<At<String>>,
    /// How often it writes, as consent texts must say it.
    pub frequency: Option<At<String>>,
    /// Its languages, the first being the default.
    pub languages: Vec<At<Lang>>,
    /// The time zone of people whose own is not known.
    pub timezone: Option<At<TimeZone>>,
    /// How dates of digits are meant.
    pub dates: Option<At<DateOrder>>,
    /// Hours in which it does not write first.
    pub quiet: Option<At<(Time, Time)>>,
    /// How many messages of its own one person may get, and in which time.
    pub cap: Option<At<(u32, Delay)>>,
    /// The age, in years, that a person must have shown before it begins anything.
    pub age: Option<At<u8>>,
    /// Whether its answers keep hours and caps.
    pub replies: Option<At<Replies>>,
    /// What becomes of a message that may not leave yet.
    pub outside: Option<At<Outside>>,
    /// What becomes of typographic signs.
    pub signs: Option<At<Signs>>,
    /// What a STOP ends.
    pub stop_ends: Option<At<StopEnds>>,
    /// The webhook that is told of a threat.
    pub alert: Option<At<String>>,
    /// When its people are there.
    pub hours: Option<At<Hours>>,
    /// What a keyword does while a question waits.
    pub interrupt: Option<At<Interrupt>>,
    /// What is asked before a keyword leaves the dialogue.
    pub leaving: Vec<TextDecl>,
    /// What becomes of a start by the brand while somebody is in a dialogue.
    pub campaigns: Option<At<Busy>>,
    /// Intents that are consent.
    pub optin: Vec<At<String>>,
    /// Intents that ask for consent, which a `consent ask` then gives.
    pub double_optin: Vec<At<String>>,
    /// Parts that a text may take before `check` warns of it.
    pub budget: Option<At<usize>>,
    /// What is said to a text that nothing takes.
    pub fallback: Vec<TextDecl>,
    /// The one confirmation of an opt-out, in the brand's own words.
    pub stopped: Vec<TextDecl>,
    /// The answer to an opt-in that no flow answers.
    pub started: Vec<TextDecl>,
    /// The answer to HELP.
    pub help: Vec<TextDecl>,
    /// The fields.
    pub fields: Vec<FieldDecl>,
    /// Pictures.
    pub media: Vec<MediaDecl>,
    /// Teams.
    pub teams: Vec<TeamDecl>,
    /// Webhooks.
    pub webhooks: Vec<WebhookDecl>,
    /// Lookups.
    pub lookups: Vec<LookupDecl>,
    /// Contests.
    pub contests: Vec<ContestDecl>,
    /// Programmes beside the one that every brand has.
    pub programs: Vec<ProgramDecl>,
    /// Tags that were renamed.
    pub tags: Vec<TagDecl>,
    /// The name that its folder had first, under which its data is kept.
    pub was: Option<At<String>>,
}

impl BrandFile {
    /// The texts that belong to no flow.
    pub fn texts(&self) -> impl Iterator<Item = &TextDecl> {
        [&self.fallback, &self.leaving, &self.stopped, &self.started, &self.help].into_iter().flatten()
    }
}

/// `+14045550100 via ACCOUNT`, `12345 via ACCOUNT shared`
#[derive(Debug, Clone)]
pub struct NumberDecl {
    /// The number.
    pub number: At<Sender>,
    /// The provider account.
    pub account: At<String>,
    /// Whether other brands may have it too.
    pub shared: bool,
}

/// What a keyword does while a question waits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Interrupt {
    /// Run the other flow, come back, ask again.
    #[default]
    Return,
    /// Leave the dialogue for the other flow.
    Switch,
    /// Ask first whether to leave.
    Ask,
}

/// What becomes of a start by the brand, by a campaign or the API, while somebody is in a dialogue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Busy {
    /// It waits for the dialogue's end, for so long; then it replaces a dialogue that was silent all the time, or is skipped.
    Wait(Delay),
    /// It replaces the dialogue, unless a human has taken that over.
    Replace,
    /// It is skipped.
    Skip,
}

impl Default for Busy {
    fn default() -> Self {
        Self::Wait(Delay::Exact { seconds: 24 * 60 * 60 })
    }
}

/// `[personal] field NAME: TYPE`
#[derive(Debug, Clone)]
pub struct FieldDecl {
    /// Its name.
    pub name: At<String>,
    /// Whether it is personal data.
    pub personal: bool,
    /// Its type.
    pub kind: KindDecl,
    /// Names it had before.
    pub was: Vec<At<String>>,
    /// Whether values of a type it had before are read anew.
    pub convert: bool,
}

/// The type of a field.
#[derive(Debug, Clone)]
pub enum KindDecl {
    /// A slot type by name.
    Named(At<String>),
    /// `one of` and its values.
    OneOf(Vec<ValueDecl>),
}

/// Messages that a cap may allow: more is no cap.
const CAP_MAX: u32 = 20;

const BLOCKS: [&str; 10] =
    ["brand", "program", "field", "personal", "media", "team", "webhook", "lookup", "contest", "tag"];

/// Parts of the longest budget: providers carry 1,600 characters (Twilio error 21617 beyond), which are eleven parts.
const BUDGET_MAX: usize = 11;

const BRAND_WORDS: [&str; 27] = [
    "program",
    "numbers",
    "contact",
    "frequency",
    "languages",
    "timezone",
    "dates",
    "quiet",
    "cap",
    "age",
    "replies",
    "outside",
    "signs",
    "stop",
    "alert",
    "hours",
    "interrupt",
    "leaving",
    "campaigns",
    "optin",
    "double-optin",
    "budget",
    "fallback",
    "stopped",
    "started",
    "help",
    "was",
];

/// Reads a brand file. Returns all that could be read; mistakes go to the reader.
pub fn parse(text: &str, reader: &mut Reader<'_>) -> BrandFile {
    let mut file = BrandFile::default();
    for block in outline(text, reader) {
        let (word, rest) = first_word(block.line);
        match *word.fragment() {
            "brand" => brand(&block, rest, &mut file, reader),
            "field" => file.fields.extend(field(&block, rest, false, reader)),
            "personal" => {
                let (word, rest) = first_word(rest);
                if *word.fragment() == "field" {
                    file.fields.extend(field(&block, rest, true, reader));
                } else {
                    reader.mistake(Code::UnknownWord, word, "`personal` goes on with `field`");
                }
            }
            "program" => file.programs.extend(resource::program(&block, rest, reader)),
            "media" => file.media.extend(resource::media(&block, rest, reader)),
            "team" => file.teams.extend(resource::team(&block, rest, reader)),
            "webhook" => file.webhooks.extend(resource::webhook(&block, rest, reader)),
            "lookup" => file.lookups.extend(resource::lookup(&block, rest, reader)),
            "contest" => file.contests.extend(resource::contest(&block, rest, reader)),
            "tag" => file.tags.extend(resource::tag(&block, rest, reader)),
            other => unknown(Code::UnknownBlock, word, other, "a brand file", &BLOCKS, reader),
        }
    }
    file
}

fn words(span: Span<'_>, reader: &mut Reader<'_>) -> Option<At<String>> {
    if span.fragment().is_empty() {
        reader.mistake(Code::EmptyText, span, "the words are missing");
        return None;
    }
    Some(At::new((*span.fragment()).to_owned(), reader.place(span)))
}

fn brand(block: &Block<'_>, rest: Span<'_>, file: &mut BrandFile, reader: &mut Reader<'_>) {
    if file.name.is_some() {
        let place = reader.place(block.line);
        let diagnostic = Diagnostic::new(Code::DeclaredTwice, place, "a second brand in one file");
        reader.report(diagnostic.hint("each brand has a folder of its own below `flows/`"));
        return;
    }
    file.name = words(rest, reader);
    for child in &block.children {
        brand_line(child, file, reader);
    }
}

fn brand_line(block: &Block<'_>, file: &mut BrandFile, reader: &mut Reader<'_>) {
    let (word, lang) = verb(block.line, reader);
    let (_, rest) = first_word(block.line);
    match *word.fragment() {
        "program" => file.program = words(rest, reader),
        "contact" => file.contact = words(rest, reader),
        "frequency" => file.frequency = words(rest, reader),
        "numbers" => file.numbers.extend(numbers(rest, reader)),
        "languages" => {
            file.languages.extend(split(rest, ',').into_iter().filter_map(|code| language(code, reader)));
        }
        "timezone" => file.timezone = timezone(rest, reader),
        "dates" => {
            let words = [("month first", DateOrder::MonthFirst), ("day first", DateOrder::DayFirst)];
            file.dates = one_of("dates", &words, rest, reader);
        }
        "quiet" => file.quiet = quiet(rest, reader),
        "cap" => file.cap = cap(rest, reader),
        "age" => file.age = age(rest, reader).map(|years| At::new(years, reader.place(rest))),
        "replies" => {
            let words = [("always", Replies::Always), ("limited", Replies::Limited)];
            file.replies = one_of("replies", &words, rest, reader);
        }
        "outside" => {
            let words = [("hold", Outside::Hold), ("drop", Outside::Drop)];
            file.outside = one_of("outside", &words, rest, reader);
        }
        "signs" => {
            let words = [("as written", Signs::AsWritten), ("plain", Signs::Plain)];
            file.signs = one_of("signs", &words, rest, reader);
        }
        "stop" => file.stop_ends = stop_ends(rest, reader),
        "alert" => file.alert = named(rest, "webhook", reader),
        "hours" => file.hours = hours(rest, reader),
        "interrupt" => {
            let words =
                [("return", Interrupt::Return), ("switch", Interrupt::Switch), ("ask", Interrupt::Ask)];
            file.interrupt = one_of("interrupt", &words, rest, reader);
        }
        "leaving" => file.leaving.extend(text(block, lang, reader)),
        "campaigns" => file.campaigns = campaigns(rest, reader),
        "optin" => file.optin.extend(intents(rest, reader)),
        "double-optin" => file.double_optin.extend(intents(rest, reader)),
        "budget" => file.budget = budget(rest, reader),
        "fallback" => file.fallback.extend(text(block, lang, reader)),
        "stopped" => file.stopped.extend(text(block, lang, reader)),
        "started" => file.started.extend(text(block, lang, reader)),
        "help" => file.help.extend(text(block, lang, reader)),
        "was" => file.was = named(rest, "brand", reader),
        other => unknown(Code::UnknownWord, word, other, "a brand", &BRAND_WORDS, reader),
    }
}

/// `ends program`
fn stop_ends(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<StopEnds>> {
    let (ends, what) = first_word(rest);
    if *ends.fragment() != "ends" {
        let diagnostic = Diagnostic::new(Code::UnknownWord, reader.place(rest), "`stop` goes on with `ends`");
        reader.report(diagnostic.hint("write `stop ends brand`, `stop ends program` or `stop ends content`"));
        return None;
    }
    let words =
        [("brand", StopEnds::Brand), ("program", StopEnds::Programme), ("content", StopEnds::Content)];
    one_of("stop ends", &words, what, reader)
}

/// `join, sign-up`
fn intents(rest: Span<'_>, reader: &mut Reader<'_>) -> Vec<At<String>> {
    split(rest, ',').into_iter().filter_map(|intent| named(intent, "intent", reader)).collect()
}

fn numbers(rest: Span<'_>, reader: &mut Reader<'_>) -> Vec<NumberDecl> {
    let mut numbers = Vec::new();
    for piece in split(rest, ',') {
        let Some(via) = piece.fragment().find(" via ") else {
            let place = reader.place(piece);
            reader.report(
                Diagnostic::new(Code::BadNumbers, place, "a number and its provider account are needed")
                    .hint("write for example `+14045550100 via twilio-main`"),
            );
            continue;
        };
        let number = split(piece, ' ')[0];
        let (account, more) = first_word(after(piece, via + 5));
        let shared = *more.fragment() == "shared";
        if !shared && !more.fragment().is_empty() {
            unknown(Code::UnknownWord, more, more.fragment(), "a number", &["shared"], reader);
        }
        match number.fragment().parse() {
            Ok(sender) => {
                let number = At::new(sender, reader.place(number));
                let account = named(account, "provider account", reader);
                numbers.extend(account.map(|account| NumberDecl { number, account, shared }));
            }
            Err(error) => reader.mistake(Code::BadNumbers, number, format!("{error}")),
        }
    }
    numbers
}

fn timezone(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<TimeZone>> {
    let place = reader.place(rest);
    if let Ok(zone) = TimeZone::get(rest.fragment()) {
        return Some(At::new(zone, place));
    }
    let names: Vec<String> = jiff::tz::db().available().map(|name| name.to_string()).collect();
    let diagnostic =
        Diagnostic::new(Code::BadZone, place, format!("no time zone is called `{}`", rest.fragment()));
    reader.report(
        diagnostic
            .did_you_mean(rest.fragment(), names.iter().map(String::as_str))
            .hint("zones are named after cities, as in `America/New_York`"),
    );
    None
}

/// `20:00 to 09:00`
fn quiet(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<(Time, Time)>> {
    let times = from_to(rest.fragment());
    if times.is_none() {
        let place = reader.place(rest);
        reader.report(
            Diagnostic::new(Code::BadHours, place, "these are no hours")
                .hint("write for example `quiet 20:00 to 09:00`"),
        );
        return None;
    }
    times.map(|times| At::new(times, reader.place(rest)))
}

/// `3 in 24h`
fn cap(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<(u32, Delay)>> {
    let place = reader.place(rest);
    let (count, more) = first_word(rest);
    let (word, length) = first_word(more);
    let count = count.fragment().parse().ok().filter(|count| (1..=CAP_MAX).contains(count));
    let Some(count) = count.filter(|_| *word.fragment() == "in") else {
        let diagnostic = Diagnostic::new(Code::BadNumber, place, "this is no cap");
        let hint = format!("write for example `cap 3 in 24h`, a number from 1 to {CAP_MAX}");
        reader.report(diagnostic.hint(hint));
        return None;
    };
    Some(At::new((count, delay(length, reader)?), place))
}

/// `wait 24h`, `replace`, `skip`
fn campaigns(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<Busy>> {
    let place = reader.place(rest);
    let (word, length) = first_word(rest);
    if *word.fragment() == "wait" {
        return Some(At::new(Busy::Wait(delay(length, reader)?), place));
    }
    one_of(
        "campaigns",
        &[("wait 24h", Busy::default()), ("replace", Busy::Replace), ("skip", Busy::Skip)],
        rest,
        reader,
    )
}

/// `2 parts`
fn budget(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<usize>> {
    let place = reader.place(rest);
    let (number, unit) = first_word(rest);
    if let (Ok(parts @ 1..=BUDGET_MAX), "part" | "parts") = (number.fragment().parse(), *unit.fragment()) {
        return Some(At::new(parts, place));
    }
    let message = format!("`{}` is no number of parts", rest.fragment());
    let hint = format!("write for example `budget 2 parts`; it can be 1 to {BUDGET_MAX}");
    reader.report(Diagnostic::new(Code::BadNumber, place, message).hint(hint));
    None
}

fn field(block: &Block<'_>, rest: Span<'_>, personal: bool, reader: &mut Reader<'_>) -> Option<FieldDecl> {
    let parts = split(rest, ':');
    let name = named(parts[0], "field", reader);
    let Some(kind) = parts.get(1).filter(|kind| !kind.fragment().is_empty()) else {
        let place = reader.place(rest);
        reader.report(
            Diagnostic::new(Code::UnknownType, place, "this field has no type")
                .hint("write for example `field zip: us_zip`"),
        );
        return None;
    };
    let (mut was, mut convert, mut values) = (Vec::new(), false, Vec::new());
    for child in &block.children {
        let (word, rest) = first_word(child.line);
        match (*word.fragment(), *rest.fragment()) {
            ("was", before) if !before.is_empty() => was.extend(named(rest, "field", reader)),
            ("convert", "") => convert = true,
            _ => values.push(child.clone()),
        }
    }
    let kind = if *kind.fragment() == "one of" {
        KindDecl::OneOf(list_values(&values, reader))
    } else {
        for child in &values {
            let message =
                "only a `one of` field has values below it; others may have `was NAME` and `convert`";
            reader.mistake(Code::DeepIndent, child.line, message);
        }
        KindDecl::Named(named(*kind, "slot type", reader)?)
    };
    Some(FieldDecl { name: name?, personal, kind, was, convert })
}
