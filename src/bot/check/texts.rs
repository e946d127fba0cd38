//! What people will read, looked at before it is sent: its length, its first message, its words, its advice to opt out.
//!
//! All of it is O(characters of all texts) but for the first messages, which are walked from the flows that are consent.

mod advice;
mod first;
mod gate;
mod held;
mod parts;
mod phrases;
mod place;
mod required;
mod words;

use super::super::{Action, Awaited, Bot, BrandSources, NodeIx, Texts};
use crate::diagnostic::{At, Diagnostics, Place};
use crate::expr::{self, TextPiece};
use crate::flow::TextDecl;
use crate::flow::syntax::{Line, NodeDecl, OptionDecl};
use crate::language::Lang;
use crate::sms::Text;
use advice::advice;
use first::first_messages;
use gate::Gates;
use parts::Parts;
use place::{Origin, Places};
use required::required;
use std::borrow::Cow;
use words::Words;

/// Stands for a value in the words of a text: no word, and no part of one.
const VALUE: char = '\u{1}';

/// Where in a dialogue a text is read.
#[derive(Debug, Clone, Copy)]
enum Read {
    /// It is the text of that number, from 0, that a node says on arrival.
    Arriving(NodeIx, usize),
    /// It belongs to the node's question.
    Asked(NodeIx),
    /// Anywhere.
    Anywhere,
    /// It is a name or an address of the brand, which nobody can write otherwise.
    Named,
}

/// A text, linked and as it was written, with the options that are sent below it.
struct Saying<'b> {
    read: Read,
    /// `None` where the options are sent alone.
    texts: Option<&'b Texts>,
    /// The same in each language that it was written in.
    decls: Vec<&'b TextDecl>,
    menu: Option<Menu<'b>>,
    /// Whether pictures are sent with it: then it is an MMS, which has no parts.
    pictured: bool,
}

/// The options that are sent below a text.
#[derive(Clone, Copy)]
struct Menu<'b> {
    linked: &'b Awaited,
    options: &'b [OptionDecl],
    place: Place,
}

/// Words that people read, and where they were written.
struct Passage<'b> {
    read: Read,
    language: Lang,
    origin: Origin<'b>,
    /// The words; [`VALUE`] stands for each value.
    text: Text,
}

/// Reports what is wrong with the texts of a sound bot.
pub(super) fn texts(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let places = Places::new(sources.files);
    let sayings = sayings(bot, sources);
    let parts = Parts::new(bot, sources);
    for saying in &sayings {
        parts.check(saying, &places, found);
    }
    let words = Words::of(bot);
    let mut gates = Gates::new(bot);
    let mut look = |passage: &Passage<'_>| {
        words.check(passage, &places, &mut gates, found);
        advice(passage, &places, found);
    };
    for saying in &sayings {
        saying.passages(bot, &mut look);
    }
    facts(bot, sources, &mut look);
    first_messages(bot, sources, found);
    required(bot, sources, found);
}

/// The brand's facts: they are read in texts that are composed of them.
fn facts(bot: &Bot, sources: &BrandSources<'_>, look: &mut impl FnMut(&Passage<'_>)) {
    let brand = sources.brand;
    let own = [&brand.program, &brand.contact, &brand.frequency].into_iter();
    let others = brand.programs.iter().flat_map(|program| [&program.called, &program.frequency]);
    for fact in own.chain(others).flatten() {
        look(&Passage::exact(fact, bot.first_language(), Read::Named));
    }
}

impl Passage<'_> {
    /// Whether it is the label of an option, which people choose by its number.
    fn is_label(&self) -> bool {
        matches!((self.origin, self.read), (Origin::Exact(_), Read::Asked(_)))
    }

    /// Words that stand in their file as they are sent.
    fn exact(words: &At<String>, language: Lang, read: Read) -> Self {
        Self { read, language, origin: Origin::Exact(words.place), text: Text::new(&words.value) }
    }
}

impl<'b> Saying<'b> {
    /// A text that is said alone.
    fn alone(read: Read, texts: &'b Texts, decls: &'b [TextDecl]) -> Self {
        Self { read, texts: Some(texts), decls: decls.iter().collect(), menu: None, pictured: false }
    }

    /// Its texts, each wording by itself, and the labels of its options.
    fn passages(&self, bot: &Bot, look: &mut impl FnMut(&Passage<'_>)) {
        for decl in &self.decls {
            let language = language_of(decl, bot);
            for (wording, text) in self.wordings(language).iter().enumerate() {
                let (read, text) = (self.read, Text::new(&words_of(text)));
                look(&Passage { read, language, origin: Origin::Text(decl, wording), text });
            }
        }
        // What is asked again has the same options.
        if let (Some(menu), Read::Arriving(node, _)) = (self.menu, self.read) {
            for option in menu.options {
                for (language, label) in labels_of(option, bot) {
                    look(&Passage::exact(label, language, Read::Asked(node)));
                }
            }
        }
    }

    fn wordings(&self, language: Lang) -> &'b [expr::Text] {
        self.texts.map(|texts| texts.in_language(language)).unwrap_or_default()
    }
}

/// The language that a text was written in.
fn language_of(decl: &TextDecl, bot: &Bot) -> Lang {
    decl.language.as_ref().map_or_else(|| bot.first_language(), |language| language.value)
}

/// The labels of an option, each with its language.
fn labels_of<'d>(option: &'d OptionDecl, bot: &Bot) -> impl Iterator<Item = (Lang, &'d At<String>)> {
    let others = option.labels.iter().map(|(language, label)| (language.value, label));
    std::iter::once((bot.first_language(), &option.label)).chain(others)
}

/// The words of a text, with its addresses and the common forms of its plurals; [`VALUE`] for each value.
fn words_of(text: &expr::Text) -> Cow<'_, str> {
    if let [TextPiece::Words(words)] = text.pieces.as_slice() {
        return Cow::Borrowed(words);
    }
    let mut words = String::new();
    for piece in &text.pieces {
        match piece {
            TextPiece::Words(more) | TextPiece::Plural { other: more, .. } => words.push_str(more),
            TextPiece::Link { url, .. } => words.push_str(url),
            TextPiece::Term(_) => words.push(VALUE),
        }
    }
    Cow::Owned(words)
}

/// All texts that the brand wrote, in the order of its files.
fn sayings<'b>(bot: &'b Bot, sources: &BrandSources<'b>) -> Vec<Saying<'b>> {
    let mut sayings = Vec::new();
    let decls = sources.flows.iter().flat_map(|file| &file.flows).flat_map(|flow| &flow.nodes);
    for (number, decl) in decls.enumerate() {
        of_node(bot, NodeIx::new(number), decl, &mut sayings);
    }
    let brand = sources.brand;
    for (texts, decls) in [
        (&bot.fallback, &brand.fallback),
        (&bot.leaving, &brand.leaving),
        (&bot.stopped, &brand.stopped),
        (&bot.started, &brand.started),
        (&bot.help, &brand.help),
    ] {
        sayings.extend(texts.as_ref().map(|texts| Saying::alone(Read::Anywhere, texts, decls)));
    }
    sayings
}

fn of_node<'b>(bot: &'b Bot, ix: NodeIx, decl: &'b NodeDecl, sayings: &mut Vec<Saying<'b>>) {
    let node = bot.node(ix);
    let waits = node.wait.as_ref().zip(decl.lines.iter().find_map(Line::wait));
    let menu =
        waits.map(|(linked, decl)| Menu { linked: &linked.what, options: &decl.options, place: decl.place });
    let menu = menu.filter(|menu| !menu.options.is_empty());
    let texts = node.actions.iter().filter_map(|action| match action {
        Action::Say(texts, media) => Some((texts, !media.is_empty())),
        Action::Tag(_)
        | Action::Untag(_)
        | Action::Language(_)
        | Action::Set(..)
        | Action::Notify(_)
        | Action::Leave(_)
        | Action::Split(_) => None,
    });
    let texts: Vec<(&Texts, bool)> = texts.collect();
    let last = texts.len().checked_sub(1);
    for (number, ((texts, pictured), decls)) in texts.into_iter().zip(said(decl)).enumerate() {
        let menu = menu.filter(|_| Some(number) == last);
        sayings.push(Saying { read: Read::Arriving(ix, number), texts: Some(texts), decls, menu, pictured });
    }
    if let (None, Some(_)) = (last, menu) {
        let read = Read::Arriving(ix, 0);
        sayings.push(Saying { read, texts: None, decls: Vec::new(), menu, pictured: false });
    }
    let Some((linked, decl)) = waits else { return };
    let (prompt, decl) = (&linked.prompt, &decl.prompt);
    for (texts, decls) in [(&prompt.unclear, &decl.unclear), (&prompt.invalid, &decl.invalid)] {
        sayings.extend(texts.as_ref().map(|texts| Saying::alone(Read::Asked(ix), texts, decls)));
    }
    // Only what asks again offers the options again.
    let again = prompt.again.as_ref().map(|texts| Saying::alone(Read::Asked(ix), texts, &decl.again));
    sayings.extend(again.map(|again| Saying { menu, ..again }));
}

/// What a node says, each text in the languages that it was written in, as linking groups them: a text without a
/// language begins one.
fn said(decl: &NodeDecl) -> Vec<Vec<&TextDecl>> {
    let mut said: Vec<Vec<&TextDecl>> = Vec::new();
    let mut goes_on = false;
    for line in &decl.lines {
        let Line::Say(text) = line else {
            goes_on = false;
            continue;
        };
        match said.last_mut() {
            Some(group) if goes_on && text.language.is_some() => group.push(text),
            _ => said.push(vec![text]),
        }
        goes_on = true;
    }
    said
}
