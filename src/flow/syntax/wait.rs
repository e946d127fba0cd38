//! Reading what a node waits for, and the lines below it.

use super::{Branch, branch, target_of, unknown};
use crate::diagnostic::{At, Code, Diagnostic, Place};
use crate::flow::text::{TextDecl, text, verb};
use crate::flow::time::{Delay, Pause, delay, pause};
use crate::flow::{Door, arrow};
use crate::grammar::syntax::named;
use crate::language::Lang;
use crate::outline::{Block, Reader, Span, first_word, split};

/// Something to wait for, and the lines that belong to it.
#[derive(Debug, Clone)]
pub struct WaitDecl {
    /// Where it stands.
    pub place: Place,
    /// What is waited for.
    pub what: AwaitedDecl,
    /// The options below it, in order; none where nothing is to be chosen.
    pub options: Vec<OptionDecl>,
    /// The lines below it.
    pub prompt: PromptDecl,
}

/// What is waited for.
#[derive(Debug, Clone)]
pub enum AwaitedDecl {
    /// `ask FIELD`
    Ask(At<String>),
    /// `choose`
    Choose,
    /// `wait 2d`, `wait until 09:00`
    Pause(Pause),
    /// `call FLOW`
    Call(At<String>),
    /// `consent ask`
    Consent,
    /// `age at least 21`
    Age(u8),
    /// `vote NAME`
    Vote(At<String>),
    /// `contest NAME`
    Contest(At<String>),
    /// `lookup NAME`
    Lookup(At<String>),
    /// `handoff TEAM`
    Handoff(At<String>),
}

/// `option LABEL -> node`
#[derive(Debug, Clone)]
pub struct OptionDecl {
    /// What is shown, in the brand's first language.
    pub label: At<String>,
    /// What is shown in other languages: `label.es …`.
    pub labels: Vec<(At<Lang>, At<String>)>,
    /// Other words for it: `also times, when`.
    pub also: Vec<At<String>>,
}

impl OptionDecl {
    /// The words that stand for it: its labels in all languages, and others.
    pub fn words(&self) -> impl Iterator<Item = &At<String>> {
        std::iter::once(&self.label).chain(self.labels.iter().map(|(_, label)| label)).chain(&self.also)
    }
}

/// The lines that belong to a wait.
#[derive(Debug, Clone, Default)]
pub struct PromptDecl {
    /// Printed when the answer was not understood.
    pub unclear: Vec<TextDecl>,
    /// Printed when the answer was understood and cannot be accepted.
    pub invalid: Vec<TextDecl>,
    /// Printed when the question is asked again.
    pub again: Vec<TextDecl>,
    /// So many bad answers lead through [`Door::Tries`].
    pub tries: Option<At<u32>>,
    /// So long a silence leads through [`Door::Silent`].
    pub silent: Option<At<Delay>>,
    /// Intents that are heard while this waits.
    pub on: Vec<Branch>,
    /// Where its doors lead.
    pub doors: Vec<(Door, At<String>)>,
}

impl WaitDecl {
    /// Whether whatever comes leads through a door, so that the node needs no other ways out.
    #[must_use]
    pub fn is_left_by_doors(&self) -> bool {
        let has = |door| self.prompt.door(door).is_some();
        let all = || (1..).zip(&self.options).all(|(number, _)| has(Door::Option(number)));
        match &self.what {
            AwaitedDecl::Choose => all(),
            AwaitedDecl::Vote(_) => all() && has(Door::Voted),
            AwaitedDecl::Contest(_) => true,
            AwaitedDecl::Lookup(_) => has(Door::Ok),
            AwaitedDecl::Handoff(_) => has(Door::Back),
            AwaitedDecl::Ask(_)
            | AwaitedDecl::Consent
            | AwaitedDecl::Age(_)
            | AwaitedDecl::Pause(_)
            | AwaitedDecl::Call(_) => false,
        }
    }

    /// Doors without which it cannot be said where people go.
    #[must_use]
    pub fn doors_needed(&self) -> &'static [Door] {
        match &self.what {
            AwaitedDecl::Consent => &[Door::No],
            AwaitedDecl::Age(_) => &[Door::Under],
            AwaitedDecl::Contest(_) => &[Door::Won, Door::Lost],
            AwaitedDecl::Lookup(_) => &[Door::Failed],
            AwaitedDecl::Ask(_)
            | AwaitedDecl::Choose
            | AwaitedDecl::Vote(_)
            | AwaitedDecl::Handoff(_)
            | AwaitedDecl::Pause(_)
            | AwaitedDecl::Call(_) => &[],
        }
    }
}

impl PromptDecl {
    /// Where a door leads, if it is there.
    #[must_use]
    pub fn door(&self, door: Door) -> Option<&At<String>> {
        self.doors.iter().find(|(own, _)| *own == door).map(|(_, to)| to)
    }

    /// Every text below the wait.
    pub fn texts(&self) -> impl Iterator<Item = &TextDecl> {
        let Self { unclear, invalid, again, tries: _, silent: _, on: _, doors: _ } = self;
        unclear.iter().chain(invalid).chain(again)
    }

    fn open(&mut self, door: Door, to: At<String>, reader: &mut Reader<'_>) {
        if let Some(first) = self.door(door) {
            let diagnostic = Diagnostic::new(Code::DeclaredTwice, to.place, format!("a second `{door}`"));
            reader.report(diagnostic.related(first.place, "the first one").hint("keep one of them"));
        } else {
            self.doors.push((door, to));
        }
    }
}

/// Bad answers that a question may take before it gives up: nobody answers a tenth time.
const TRIES_MAX: u32 = 10;

/// Ages that somebody may be asked for: below 13 nobody may be asked at all (COPPA, 16 CFR 312).
const AGES: std::ops::RangeInclusive<u8> = 13..=99;

/// Lines below everything that is answered by a text.
const QUESTION: [&str; 6] = ["unclear", "invalid", "again", "tries", "silent", "on"];
const OPTION_WORDS: [&str; 2] = ["label.es", "also"];

impl AwaitedDecl {
    /// The words that lines below it begin with.
    fn words(&self) -> Vec<&'static str> {
        match self {
            Self::Ask(_) => QUESTION.to_vec(),
            Self::Choose => [&["option"], &QUESTION[..]].concat(),
            Self::Consent => [&["no"], &QUESTION[..]].concat(),
            Self::Age(_) => [&["under"], &QUESTION[..]].concat(),
            Self::Vote(_) => [&["option", "voted"], &QUESTION[..]].concat(),
            Self::Contest(_) => vec!["won", "lost", "entered", "closed"],
            Self::Lookup(_) => vec!["ok", "failed", "late"],
            Self::Handoff(_) => vec!["back", "silent"],
            Self::Pause(_) | Self::Call(_) => Vec::new(),
        }
    }
}

/// Reads a line that waits and the lines below it; `None` where the line waits for nothing that can be read.
pub(super) fn wait(block: &Block<'_>, reader: &mut Reader<'_>) -> Option<WaitDecl> {
    let what = awaited(block.line, reader)?;
    let place = reader.place(block.line);
    let mut wait = WaitDecl { place, what, options: Vec::new(), prompt: PromptDecl::default() };
    let words = wait.what.words();
    for child in &block.children {
        let (word, _) = first_word(child.line);
        let verb = word.fragment().split('.').next().unwrap_or_default();
        if !words.contains(&verb) {
            below(&words, child, block.line, reader);
        } else if verb == "option" {
            option(child, &mut wait, reader);
        } else {
            prompt_line(child, &mut wait.prompt, reader);
        }
    }
    Some(wait)
}

/// Reports a line that cannot stand below a wait.
fn below(words: &[&str], child: &Block<'_>, line: Span<'_>, reader: &mut Reader<'_>) {
    let (verb, _) = first_word(line);
    let (word, _) = first_word(child.line);
    if words.is_empty() {
        reader.mistake(Code::DeepIndent, child.line, "nothing belongs below this line");
    } else {
        let within = format!("`{}`", verb.fragment());
        unknown(Code::UnknownWord, word, word.fragment(), &within, words, reader);
    }
}

/// Words that begin a line which waits.
pub(super) const WAIT_WORDS: [&str; 10] =
    ["ask", "choose", "wait", "call", "consent", "age", "vote", "contest", "lookup", "handoff"];

fn awaited(line: Span<'_>, reader: &mut Reader<'_>) -> Option<AwaitedDecl> {
    let (word, rest) = first_word(line);
    Some(match *word.fragment() {
        "ask" => AwaitedDecl::Ask(named(rest, "field", reader)?),
        "choose" => {
            if !rest.fragment().is_empty() {
                let message = "options stand below `choose`, one a line: `option LABEL -> node`";
                reader.mistake(Code::UnknownWord, rest, message);
            }
            AwaitedDecl::Choose
        }
        "call" => AwaitedDecl::Call(named(rest, "flow", reader)?),
        "consent" => {
            goes_on("consent", &["ask"], rest, reader)?;
            AwaitedDecl::Consent
        }
        "age" => AwaitedDecl::Age(age(rest, reader)?),
        "vote" => AwaitedDecl::Vote(named(rest, "vote", reader)?),
        "contest" => AwaitedDecl::Contest(named(rest, "contest", reader)?),
        "lookup" => AwaitedDecl::Lookup(named(rest, "lookup", reader)?),
        "handoff" => AwaitedDecl::Handoff(named(rest, "team", reader)?),
        _ => AwaitedDecl::Pause(pause(rest, reader)?),
    })
}

/// What follows the words that a line must go on with; reports a line that does not.
fn goes_on<'a>(verb: &str, words: &[&str], rest: Span<'a>, reader: &mut Reader<'_>) -> Option<Span<'a>> {
    let mut left = rest;
    for word in words {
        let (first, more) = first_word(left);
        if first.fragment() != word {
            let message = format!("`{verb}` goes on with `{}`", words.join(" "));
            reader.mistake(Code::UnknownWord, rest, message);
            return None;
        }
        left = more;
    }
    Some(left)
}

/// `at least 21`
pub(in crate::flow) fn age(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<u8> {
    let years = goes_on("age", &["at", "least"], rest, reader)?;
    let read = years.fragment().parse().ok().filter(|years| AGES.contains(years));
    if read.is_none() {
        let place = reader.place(rest);
        let message = format!("`{}` is no age", years.fragment());
        let diagnostic = Diagnostic::new(Code::BadNumber, place, message);
        reader.report(diagnostic.hint("write for example `age at least 21`, the years in digits"));
    }
    read
}

fn option(block: &Block<'_>, wait: &mut WaitDecl, reader: &mut Reader<'_>) {
    let (_, rest) = first_word(block.line);
    let (label, to) = match arrow(rest) {
        None if matches!(wait.what, AwaitedDecl::Vote(_)) => (rest, None),
        _ => {
            let Some((label, to)) = target_of(rest, reader) else { return };
            (label, Some(to))
        }
    };
    let Some(label) = shown(label, reader) else { return };
    let mut option = OptionDecl { label, labels: Vec::new(), also: Vec::new() };
    for child in &block.children {
        let (word, language) = verb(child.line, reader);
        let (first, rest) = first_word(child.line);
        match (*word.fragment(), language) {
            ("label", Some(language)) => {
                option.labels.extend(shown(rest, reader).map(|label| (language, label)));
            }
            ("also", None) => {
                option.also.extend(split(rest, ',').into_iter().filter_map(|words| shown(words, reader)));
            }
            _ => unknown(Code::UnknownWord, first, first.fragment(), "an option", &OPTION_WORDS, reader),
        }
    }
    wait.options.push(option);
    let number = u16::try_from(wait.options.len()).unwrap_or(u16::MAX);
    if let Some(to) = to {
        wait.prompt.open(Door::Option(number), to, reader);
    }
}

/// The words of an option.
fn shown(span: Span<'_>, reader: &mut Reader<'_>) -> Option<At<String>> {
    if span.fragment().is_empty() {
        reader.mistake(Code::EmptyText, span, "an option needs words to show");
        return None;
    }
    Some(At::new((*span.fragment()).to_owned(), reader.place(span)))
}

/// Reads a line below a wait that is no option.
fn prompt_line(block: &Block<'_>, prompt: &mut PromptDecl, reader: &mut Reader<'_>) {
    let (word, language) = verb(block.line, reader);
    let (_, rest) = first_word(block.line);
    match *word.fragment() {
        "unclear" => return prompt.unclear.extend(text(block, language, reader)),
        "invalid" => return prompt.invalid.extend(text(block, language, reader)),
        "again" => return prompt.again.extend(text(block, language, reader)),
        _ => super::childless(block, reader),
    }
    match *word.fragment() {
        "on" => prompt.on.extend(branch(rest, reader)),
        "tries" => {
            if let Some((count, to)) = tries(rest, reader) {
                prompt.tries = Some(count);
                prompt.open(Door::Tries, to, reader);
            }
        }
        "silent" => {
            if let Some((delay, to)) = silent(rest, reader) {
                prompt.silent = Some(delay);
                prompt.open(Door::Silent, to, reader);
            }
        }
        word => {
            let door = Door::PLAIN.into_iter().find(|door| door.word() == word);
            if let (Some(door), Some((_, to))) = (door, target_of(block.line, reader)) {
                prompt.open(door, to, reader);
            }
        }
    }
}

/// `3 -> node`
fn tries(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<(At<u32>, At<String>)> {
    let (count, to) = target_of(rest, reader)?;
    let place = reader.place(count);
    if let Ok(number @ 1..=TRIES_MAX) = count.fragment().parse() {
        Some((At::new(number, place), to))
    } else {
        let message = format!("`{}` is no number of tries", count.fragment());
        let diagnostic = Diagnostic::new(Code::BadNumber, place, message);
        reader.report(diagnostic.hint(format!("write a number from 1 to {TRIES_MAX}")));
        None
    }
}

/// `2d -> node`
fn silent(rest: Span<'_>, reader: &mut Reader<'_>) -> Option<(At<Delay>, At<String>)> {
    let (length, to) = target_of(rest, reader)?;
    let place = reader.place(length);
    Some((At::new(delay(length, reader)?, place), to))
}
