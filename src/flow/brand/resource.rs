//! Reading what a brand's flows use by name: media, teams, webhooks, lookups, contests, tags.

use super::words;
use crate::diagnostic::{At, Code, Diagnostic};
use crate::expr::{Template, template, web_address};
use crate::flow::syntax::unknown;
use crate::flow::text::verb;
use crate::flow::{Delay, delay};
use crate::grammar::syntax::named;
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, after, first_word, split};
use crate::slot::gazetteer::{Area, called};
use crate::sms::ProgrammeId;
use jiff::civil::Date;
use nom::Input;

/// `media NAME` and the addresses of its file.
#[derive(Debug, Clone)]
pub struct MediaDecl {
    /// Its name.
    pub name: At<String>,
    /// Where it can be fetched, by language; the one without a language is for all others.
    pub urls: Vec<(Option<At<Lang>>, At<String>)>,
}

/// `team NAME`: people who take dialogues over.
#[derive(Debug, Clone)]
pub struct TeamDecl {
    /// Its name.
    pub name: At<String>,
    /// The webhook that is told when a dialogue is handed to it.
    pub notify: Option<At<String>>,
}

/// `webhook NAME`: somebody who is told.
#[derive(Debug, Clone)]
pub struct WebhookDecl {
    /// Its name.
    pub name: At<String>,
    /// Where.
    pub url: Option<At<String>>,
    /// The secret that signs, by its name in `sayso.toml`.
    pub secret: Option<At<String>>,
    /// The fields that are told.
    pub send: Vec<At<String>>,
}

/// `lookup NAME`: a question to somebody else's server.
#[derive(Debug, Clone)]
pub struct LookupDecl {
    /// Its name.
    pub name: At<String>,
    /// Where, with expressions in it.
    pub url: Option<At<Template>>,
    /// Headers whose value is a secret: the header's name and the secret's.
    pub secrets: Vec<(At<String>, At<String>)>,
    /// How long the answer may take.
    pub within: Option<At<Delay>>,
    /// The fields that the answer fills, each from a path of names in it.
    pub fills: Vec<(At<String>, At<Vec<String>>)>,
}

/// `contest NAME`: prizes to win.
#[derive(Debug, Clone)]
pub struct ContestDecl {
    /// Its name.
    pub name: At<String>,
    /// How many prizes there are.
    pub prizes: Option<At<u64>>,
    /// One entry in so many may win; the first ones win where nothing is said.
    pub odds: Option<At<u32>>,
    /// How often one person may take part, and in which time; once where nothing is said.
    pub entries: Option<At<(u32, Option<Delay>)>>,
    /// The first day.
    pub from: Option<At<Date>>,
    /// The last day.
    pub until: Option<At<Date>>,
    /// Where its rules can be read.
    pub rules: Option<At<String>>,
    /// What the prizes are worth, in the brand's words.
    pub value: Option<At<String>>,
    /// The codes of the states in which people may take part; `all` stands for itself.
    pub states: Vec<At<String>>,
    /// Who may take part, in the brand's words.
    pub eligible: Option<At<String>>,
    /// How to take part without a text, in the brand's words.
    pub free_entry: Option<At<String>>,
}

/// `program NAME`: a programme beside the one that every brand has.
#[derive(Debug, Clone)]
pub struct ProgramDecl {
    /// Its name.
    pub name: At<String>,
    /// What people call it, as consent texts must say it.
    pub called: Option<At<String>>,
    /// How often it writes, as consent texts must say it.
    pub frequency: Option<At<String>>,
}

/// `tag NAME`, for tags that were called otherwise before.
#[derive(Debug, Clone)]
pub struct TagDecl {
    /// Its name.
    pub name: At<String>,
    /// Names it had before.
    pub was: Vec<At<String>>,
}

/// Entries of one person that a contest may allow: more are a machine's.
const ENTRIES_MAX: u32 = 100;

/// An address of the web; whether anything answers there is seen when it is called.
fn url(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<String>> {
    let place = reader.place(rest);
    let names_nobody = |uri: http::Uri| !uri.authority().is_some_and(|host| host.as_str().contains('@'));
    let sound = web_address(rest.fragment()).is_some_and(names_nobody);
    if !sound {
        let message = format!("`{}` is no address", rest.fragment());
        let diagnostic = Diagnostic::new(Code::BadAddress, place, message);
        reader.report(diagnostic.hint("write for example `url https://shop.example/menu.jpg`"));
        return None;
    }
    Some(At::new((*rest.fragment()).to_owned(), place))
}

/// A line below a block: its first word, its language, what follows.
struct Below<'a> {
    word: &'a str,
    language: Option<At<Lang>>,
    rest: Span<'a>,
}

/// The lines below a block that it can have; the others are reported.
fn lines<'a>(block: &Block<'a>, what: &str, known: &[&str], reader: &mut Reader<'_>) -> Vec<Below<'a>> {
    let mut lines = Vec::new();
    for child in &block.children {
        let (word, language) = verb(child.line, reader);
        let (first, rest) = first_word(child.line);
        for below in &child.children {
            reader.mistake(Code::DeepIndent, below.line, "nothing belongs below this line");
        }
        if known.contains(word.fragment()) && (language.is_none() || *word.fragment() == "url") {
            lines.push(Below { word: word.fragment(), language, rest });
        } else {
            unknown(Code::UnknownWord, first, first.fragment(), what, known, reader);
        }
    }
    lines
}

pub(super) fn media(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<MediaDecl> {
    let mut media = MediaDecl { name: named(rest, "media", reader)?, urls: Vec::new() };
    for Below { language, rest, .. } in lines(block, "a picture", &["url"], reader) {
        media.urls.extend(url(rest, reader).map(|url| (language, url)));
    }
    if media.urls.is_empty() {
        missing(&media.name, "url ADDRESS", reader);
    }
    Some(media)
}

pub(super) fn program(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<ProgramDecl> {
    let name = named(rest, "program", reader)?;
    if name.value == ProgrammeId::MAIN {
        let diagnostic =
            Diagnostic::new(Code::BadName, name.place, "`main` is the program that every brand has");
        reader.report(diagnostic.hint("its facts stand below `brand`; call this one otherwise"));
    }
    let mut program = ProgramDecl { name, called: None, frequency: None };
    for Below { word, rest, .. } in lines(block, "a program", &["name", "frequency"], reader) {
        match word {
            "name" => program.called = words(rest, reader),
            _ => program.frequency = words(rest, reader),
        }
    }
    if program.called.is_none() {
        missing(&program.name, "name WORDS", reader);
    }
    Some(program)
}

pub(super) fn team(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<TeamDecl> {
    let mut team = TeamDecl { name: named(rest, "team", reader)?, notify: None };
    for Below { rest, .. } in lines(block, "a team", &["notify"], reader) {
        team.notify = named(rest, "webhook", reader);
    }
    Some(team)
}

pub(super) fn webhook(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<WebhookDecl> {
    let name = named(rest, "webhook", reader)?;
    let mut webhook = WebhookDecl { name, url: None, secret: None, send: Vec::new() };
    for Below { word, language, rest } in lines(block, "a webhook", &["url", "secret", "send"], reader) {
        match word {
            "url" => webhook.url = url_of_all(language.as_ref(), rest, reader),
            "secret" => webhook.secret = named(rest, "secret", reader),
            _ => {
                let fields = split(rest, ',').into_iter().filter_map(|field| named(field, "field", reader));
                webhook.send.extend(fields.collect::<Vec<_>>());
            }
        }
    }
    if webhook.url.is_none() {
        missing(&webhook.name, "url ADDRESS", reader);
    }
    Some(webhook)
}

/// An address that is the same in all languages.
fn url_of_all(language: Option<&At<Lang>>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<String>> {
    if let Some(language) = language {
        let diagnostic = Diagnostic::new(Code::UnknownWord, language.place, "this address has no language");
        reader.report(diagnostic.hint("write `url ADDRESS`"));
    }
    url(rest, reader)
}

pub(super) fn lookup(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<LookupDecl> {
    let name = named(rest, "lookup", reader)?;
    let mut lookup = LookupDecl { name, url: None, secrets: Vec::new(), within: None, fills: Vec::new() };
    for Below { word, rest, .. } in lines(block, "a lookup", &["url", "secret", "within", "fill"], reader) {
        match word {
            "url" => lookup.url = lookup_url(rest, reader),
            "secret" => lookup.secrets.extend(header_secret(rest, reader)),
            "within" => {
                let place = reader.place(rest);
                lookup.within = delay(rest, reader).map(|delay| At::new(delay, place));
            }
            _ => lookup.fills.extend(fill(rest, reader)),
        }
    }
    if lookup.url.is_none() {
        missing(&lookup.name, "url ADDRESS", reader);
    }
    Some(lookup)
}

/// An address with expressions in it. Its host stands there in plain letters: nobody's answer may choose whom we call.
fn lookup_url(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<Template>> {
    let place = reader.place(rest);
    let whole = rest.fragment();
    let end = whole.find('{').unwrap_or(whole.len());
    let plain = rest.take(end);
    if end < whole.len() && plain.fragment().splitn(4, '/').count() < 4 {
        let diagnostic = Diagnostic::new(Code::BadAddress, place, "the host of this address is not plain");
        let hint = "expressions can stand behind it, as in `https://api.example/weather?zip={zip}`";
        reader.report(diagnostic.hint(hint));
        return None;
    }
    url(plain, reader)?;
    Some(At::new(template(rest, reader), place))
}

/// `HEADER = SECRET`
fn header_secret(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<(At<String>, At<String>)> {
    let (header, secret) = sides(rest, "secret X-Api-Key = weather-key", reader)?;
    if header.fragment().parse::<http::HeaderName>().is_err() {
        reader.mistake(Code::BadName, header, format!("`{}` is no header", header.fragment()));
        return None;
    }
    let place = reader.place(header);
    Some((At::new((*header.fragment()).to_owned(), place), named(secret, "secret", reader)?))
}

/// `FIELD = path.to.value`
fn fill(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<(At<String>, At<Vec<String>>)> {
    let (field, path) = sides(rest, "fill sky = current.summary", reader)?;
    let names: Vec<String> = path.fragment().split('.').map(str::to_owned).collect();
    if names.iter().any(|name| name.is_empty() || name.contains(char::is_whitespace)) {
        let message = "a path is names with points between them, as in `current.summary`";
        reader.mistake(Code::BadName, path, message);
        return None;
    }
    Some((named(field, "field", reader)?, At::new(names, reader.place(path))))
}

/// The two sides of an equals sign.
fn sides<'a>(rest: Span<'a>, example: &str, reader: &mut Reader<'_>) -> Option<(Span<'a>, Span<'a>)> {
    let Some(equal) = rest.fragment().find('=') else {
        let place = reader.place(rest);
        let diagnostic = Diagnostic::new(Code::UnknownWord, place, "an equals sign is missing");
        reader.report(diagnostic.hint(format!("write for example `{example}`")));
        return None;
    };
    let left = rest.take(equal);
    Some((left.take(left.fragment().trim_end().len()), after(rest, equal + 1)))
}

pub(super) fn contest(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<ContestDecl> {
    let mut contest = ContestDecl {
        name: named(rest, "contest", reader)?,
        prizes: None,
        odds: None,
        entries: None,
        from: None,
        until: None,
        rules: None,
        value: None,
        states: Vec::new(),
        eligible: None,
        free_entry: None,
    };
    let known =
        ["prizes", "odds", "entries", "from", "until", "rules", "value", "states", "eligible", "free-entry"];
    for Below { word, rest, .. } in lines(block, "a contest", &known, reader) {
        match word {
            "prizes" => contest.prizes = count(rest, "prizes 10", reader),
            "odds" => {
                let one_in = if rest.fragment().starts_with("1 in ") { 5 } else { 0 };
                contest.odds = count(after(rest, one_in), "odds 1 in 50", reader);
            }
            "entries" => contest.entries = entries(rest, reader),
            "from" => contest.from = date(rest, reader),
            "until" => contest.until = date(rest, reader),
            "value" => contest.value = words(rest, reader),
            "states" => contest.states.extend(split(rest, ',').into_iter().filter_map(|s| state(s, reader))),
            "eligible" => contest.eligible = words(rest, reader),
            "free-entry" => contest.free_entry = words(rest, reader),
            _ => contest.rules = url(rest, reader),
        }
    }
    if contest.prizes.is_none() {
        missing(&contest.name, "prizes NUMBER", reader);
    }
    Some(contest)
}

/// `GA`, `all`
fn state(code: Span<'_>, reader: &mut Reader<'_>) -> Option<At<String>> {
    let place = reader.place(code);
    let names =
        |country: &str| called(code.fragment(), country).iter().any(|area| matches!(area, Area::Region(_)));
    if *code.fragment() == "all" || ["US", "CA", "FR"].into_iter().any(names) {
        return Some(At::new((*code.fragment()).to_owned(), place));
    }
    let diagnostic =
        Diagnostic::new(Code::UnknownPlace, place, format!("no state is called `{}`", code.fragment()));
    reader.report(diagnostic.hint("write codes, as in `states GA, FL`, or `states all`"));
    None
}

/// A number from 1.
fn count<N: std::str::FromStr + PartialOrd + From<u8>>(
    rest: Span<'_>,
    example: &str,
    reader: &mut Reader<'_>,
) -> Option<At<N>> {
    let place = reader.place(rest);
    let read = rest.fragment().parse().ok().filter(|number| *number >= N::from(1));
    if read.is_none() {
        let diagnostic = Diagnostic::new(Code::BadNumber, place, "a number from 1 is missing here");
        reader.report(diagnostic.hint(format!("write for example `{example}`")));
    }
    read.map(|number| At::new(number, place))
}

/// `3`, `1 per 1 day`
fn entries(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<(u32, Option<Delay>)>> {
    let place = reader.place(rest);
    let (number, per) = first_word(rest);
    let times: At<u32> = count(number, "entries 1 per 1 day", reader)?;
    if times.value > ENTRIES_MAX {
        let message = format!("one person may take part at most {ENTRIES_MAX} times");
        reader.mistake(Code::BadNumber, number, message);
        return None;
    }
    if per.fragment().is_empty() {
        return Some(At::new((times.value, None), place));
    }
    let (word, length) = first_word(per);
    if *word.fragment() != "per" {
        let diagnostic =
            Diagnostic::new(Code::UnknownWord, place, "`entries` goes on with `NUMBER per TIME`");
        reader.report(diagnostic.hint("write for example `entries 1 per 1 day`"));
        return None;
    }
    Some(At::new((times.value, Some(delay(length, reader)?)), place))
}

/// `2026-06-01`
fn date(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<At<Date>> {
    let place = reader.place(rest);
    let read = rest.fragment().parse().ok();
    if read.is_none() {
        let diagnostic = Diagnostic::new(Code::BadNumber, place, format!("`{}` is no day", rest.fragment()));
        reader.report(diagnostic.hint("write for example `2026-06-01`"));
    }
    read.map(|date| At::new(date, place))
}

pub(super) fn tag(block: &Block<'_>, rest: Span<'_>, reader: &mut Reader<'_>) -> Option<TagDecl> {
    let mut tag = TagDecl { name: named(rest, "tag", reader)?, was: Vec::new() };
    for Below { rest, .. } in lines(block, "a tag", &["was"], reader) {
        tag.was.extend(named(rest, "tag", reader));
    }
    Some(tag)
}

fn missing(name: &At<String>, line: &str, reader: &mut Reader<'_>) {
    let message = format!("`{}` needs a line `{line}`", name.value);
    let diagnostic = Diagnostic::new(Code::MissingLine, name.place, message);
    reader.report(diagnostic.hint("write it below, indented by two spaces"));
}
