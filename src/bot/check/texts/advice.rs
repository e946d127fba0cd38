//! How texts tell people to opt out. Only the reserved words do that, alone in a text; an advice that names another word
//! or a number is a promise that nobody keeps, and carriers refuse it, as they refuse words that are glued together.
//!
//! An advice is a verb, a word, and what it is good for ("Reply STOP to stop all messages"), or the purpose first ("To
//! unsubscribe, reply STOP"). What a purpose is, and which words may stand around it: `data/rules/stop_advice.toml`. A text
//! that says "stop" otherwise is none of our business.

use super::phrases::Phrases;
use super::place::Places;
use super::{Passage, VALUE};
use crate::diagnostic::{Code, Diagnostic, Diagnostics, Place};
use crate::language::Lang;
use crate::reserved::{self, Reserved};
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::FxHashMap;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::LazyLock;

/// What a word can be in an advice, as bits.
type Role = u16;

const VERB: Role = 1;
const LEAD: Role = 1 << 1;
const TOWARD: Role = 1 << 2;
const OR: Role = 1 << 3;
const TRAILING: Role = 1 << 4;
const PERHAPS: Role = 1 << 5;
const ALONE: Role = 1 << 6;
const BETWEEN: Role = 1 << 7;
const MESSAGES: Role = 1 << 8;
const THING: Role = 1 << 9;
const ONLY: Role = 1 << 10;
const SMALL: Role = 1 << 11;

/// Tokens between a verb and the purpose.
const NAMED_MAX: usize = 8;
/// Tokens between a purpose and its object, and between it and the verb of an advice that has the purpose first.
const REACH: usize = 5;
/// Letters of the shortest two words that are glued by a sign: "end2end" is no advice, "end2quit" is.
const GLUED_MIN: usize = 7;

#[derive(Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    verbs: Vec<String>,
    lead: Vec<String>,
    toward: Vec<String>,
    or: Vec<String>,
    trailing: Vec<String>,
    surely: Vec<String>,
    perhaps: Vec<String>,
    alone: Vec<String>,
    between: Vec<String>,
    messages: Vec<String>,
    things: Vec<String>,
    only: Vec<String>,
    small: Vec<String>,
}

/// The words of one language and English.
struct Words {
    roles: FxHashMap<String, Role>,
    surely: Phrases<()>,
}

impl Words {
    fn new(languages: &[&Lists]) -> Self {
        let mut roles: FxHashMap<String, Role> = FxHashMap::default();
        for lists in languages {
            for (words, role) in [
                (&lists.verbs, VERB),
                (&lists.lead, LEAD),
                (&lists.toward, TOWARD),
                (&lists.or, OR),
                (&lists.trailing, TRAILING),
                (&lists.perhaps, PERHAPS),
                (&lists.alone, ALONE),
                (&lists.between, BETWEEN),
                (&lists.messages, MESSAGES),
                (&lists.things, THING),
                (&lists.only, ONLY),
                (&lists.small, SMALL),
            ] {
                for word in words {
                    *roles.entry(word.clone()).or_default() |= role;
                }
            }
        }
        let surely = languages.iter().flat_map(|lists| &lists.surely).map(|phrase| (phrase.clone(), ()));
        Self { roles, surely: Phrases::new(surely) }
    }
}

static WORDS: LazyLock<BTreeMap<Lang, Words>> = LazyLock::new(|| {
    let lists: BTreeMap<Lang, Lists> =
        toml::from_str(include_str!("../../../../data/rules/stop_advice.toml"))
            .expect("the word lists are part of the program and read by its tests");
    let english = lists.get(&Lang::EN).cloned().unwrap_or_default();
    let words = |(lang, own): (&Lang, &Lists)| {
        let both = if *lang == Lang::EN { Words::new(&[own]) } else { Words::new(&[own, &english]) };
        (*lang, both)
    };
    lists.iter().map(words).collect()
});

/// The words of a language; English ones where it has none of its own.
fn words(language: Lang) -> &'static Words {
    WORDS.get(&language).or_else(|| WORDS.get(&Lang::EN)).expect("English has lists")
}

/// Reports advice to opt out that nobody could follow, or that carriers refuse. O(tokens).
pub(super) fn advice(passage: &Passage<'_>, places: &Places<'_>, found: &mut Diagnostics) {
    let text = &passage.text;
    let glued = (0..text.tokens().len()).filter_map(|at| Some((at..glued(text, at)?, Wrong::Glued)));
    let advice = Advice::new(text, passage.language);
    let label = if passage.is_label() { advice.label() } else { None };
    for (tokens, wrong) in glued.chain(advice.wrong()).chain(label) {
        let place = places.within(passage.origin, text.original(), text.span(tokens.clone()));
        found.push(report(wrong, text.typed(tokens), place));
    }
}

/// What can be wrong with an advice.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Wrong {
    /// Words without blanks between them.
    Glued,
    /// A number in place of a word.
    Number,
    /// The label of an option, whose number would be one.
    Label,
    /// A word that opts nobody out.
    NoSuchWord,
    /// A word that ends more than is said: only this thing, if it is one.
    EndsAll(Option<String>),
}

fn report(wrong: Wrong, typed: &str, place: Place) -> Diagnostic {
    let plain = "write for example `Reply STOP to opt out`";
    let (code, message, hint) = match wrong {
        Wrong::Glued => {
            (Code::GluedStop, format!("`{typed}` has no blanks between its words: carriers refuse it"), plain)
        }
        Wrong::Number => (
            Code::NumberForStop,
            format!("{typed} is offered in place of STOP: it opts nobody out, and carriers refuse it"),
            plain,
        ),
        Wrong::Label => (
            Code::NumberForStop,
            format!("`{typed}` is offered by its number, in place of STOP: an option opts nobody out"),
            plain,
        ),
        Wrong::NoSuchWord => (
            Code::NoSuchStop,
            format!("`{typed}` opts nobody out: only the reserved words do"),
            "write STOP; `sayso explain G110` lists the words",
        ),
        Wrong::EndsAll(thing) => {
            let only = thing.map_or("what the text says".to_owned(), |thing| format!("the {thing}"));
            (
                Code::StopEndsAll,
                format!("`{typed}` alone in a text ends all messages of the brand, not only {only}"),
                "offer another word for that, and keep the reserved ones for the end of all messages",
            )
        }
    };
    Diagnostic::new(code, place, message).hint(hint)
}

/// The end of words that are glued together at `at`: "stop2quit", "STOP=END", "txtstop".
fn glued(text: &Text, at: usize) -> Option<usize> {
    let word = text.token(at);
    let next = at + 1;
    if next < text.tokens().len() && matches!(text.gap(next), "=" | "=>" | "->") {
        return (opts_out(word) && opts_out(text.token(next))).then_some(next + 1);
    }
    if word.len() < GLUED_MIN || !word.is_ascii() {
        return None;
    }
    let told = ["txt", "text", "reply", "send"].iter().find_map(|verb| word.strip_prefix(verb));
    if told == Some(STOP) {
        return Some(next);
    }
    let word = told.unwrap_or(word);
    let is_glued = |sign: &str| {
        word.match_indices(sign).any(|(middle, _)| {
            let (first, last) = (&word[..middle], &word[middle + sign.len()..]);
            // "End2end" is a kind of encryption.
            opts_out(first) && (opts_out(last) || last == "opt") && (first != last || first == STOP)
        })
    };
    ["2", "4", "to", "for"].into_iter().any(is_glued).then_some(next)
}

/// The word that every advice may name.
const STOP: &str = "stop";

fn opts_out(word: &str) -> bool {
    reserved::meaning_of(word) == Some(Reserved::OptOut)
}

/// What an advice is good for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Purpose {
    /// An end of the messages.
    Messages,
    /// "To stop", and nothing behind it.
    Bare,
    /// "To cancel", and nothing behind it: it can be anything.
    Anything,
    /// The end of something else: the token that names it.
    Thing(usize),
}

/// A text that is looked at for advice.
struct Advice<'t> {
    text: &'t Text,
    words: &'static Words,
    roles: Vec<Role>,
}

impl<'t> Advice<'t> {
    fn new(text: &'t Text, language: Lang) -> Self {
        let words = words(language);
        let roles = text.words().map(|word| words.roles.get(word).copied().unwrap_or_default());
        Self { text, words, roles: roles.collect() }
    }

    /// All that is wrong, each with its tokens.
    fn wrong(&self) -> Vec<(Range<usize>, Wrong)> {
        let mut wrong = Vec::new();
        for at in 0..self.roles.len() {
            let begins = at == 0 || ends_sentence(self.text.gap(at));
            let toward = at > 0 && self.is(at - 1, TOWARD) && !ends_clause(self.text.gap(at));
            if !begins && !toward {
                continue;
            }
            let Some((purpose, end)) = self.purpose(at) else { continue };
            let named = if toward { self.named_before(at - 1) } else { Vec::new() };
            if !named.is_empty() {
                self.judge(named, purpose, at, end, &mut wrong);
            } else if purpose == Purpose::Messages {
                self.judge(self.named_behind(end), purpose, at, end, &mut wrong);
            }
        }
        wrong
    }

    /// The whole of a label that says no more than that it is the end of the messages.
    fn label(&self) -> Option<(Range<usize>, Wrong)> {
        let all = self.roles.len();
        let (purpose, end) = (all > 0).then(|| self.purpose(0))??;
        (purpose == Purpose::Messages && end == all).then_some((0..all, Wrong::Label))
    }

    fn judge(
        &self,
        named: Vec<Range<usize>>,
        purpose: Purpose,
        at: usize,
        end: usize,
        wrong: &mut Vec<(Range<usize>, Wrong)>,
    ) {
        let clause =
            (at..self.roles.len()).take_while(|next| *next == at || !ends_clause(self.text.gap(*next)));
        let clause_end = clause.last().map_or(end, |last| last + 1);
        let narrowed = (at..clause_end.min(at + REACH)).any(|at| self.is(at, ONLY));
        for tokens in named {
            let stops = self.is_opt_out(tokens.clone());
            let number = tokens.len() == 1 && self.text.tokens()[tokens.start].kind == TokenKind::Number;
            let what = match purpose {
                Purpose::Thing(thing) if stops => Wrong::EndsAll(Some(self.text.token(thing).to_owned())),
                Purpose::Thing(_) => continue,
                _ if stops && narrowed => Wrong::EndsAll(None),
                _ if stops => continue,
                Purpose::Anything => continue,
                // "1 to go on, 2 to stop" is a menu of something.
                Purpose::Bare if number && self.is_menu() => continue,
                // What is left of a choice, beside a STOP that ends all of it.
                Purpose::Messages if end < clause_end && self.names_stop_besides(&tokens) => continue,
                Purpose::Messages | Purpose::Bare if number => Wrong::Number,
                Purpose::Messages | Purpose::Bare => Wrong::NoSuchWord,
            };
            wrong.push((tokens, what));
        }
    }

    fn is(&self, at: usize, role: Role) -> bool {
        self.roles.get(at).is_some_and(|roles| roles & role != 0)
    }

    /// Whether nothing that belongs to it stands before token `at`.
    fn is_cut(&self, at: usize) -> bool {
        at >= self.roles.len() || ends_clause(self.text.gap(at))
    }

    /// The purpose that begins at `at`, and its end.
    fn purpose(&self, at: usize) -> Option<(Purpose, usize)> {
        if let Some((end, ())) = self.words.surely.at(self.text, at).max_by_key(|(end, ())| *end) {
            return Some((Purpose::Messages, end));
        }
        if !self.is(at, PERHAPS) {
            return None;
        }
        for next in at + 1..=at + REACH {
            if self.is_cut(next) {
                break;
            }
            if self.is(next, MESSAGES) {
                return Some((Purpose::Messages, next + 1));
            }
            if self.is(next, THING) {
                return Some((Purpose::Thing(next), next + 1));
            }
            if !self.is(next, BETWEEN | ONLY) {
                let only = (at + 1..next).any(|at| self.is(at, ONLY));
                return only.then_some((Purpose::Anything, at + 1));
            }
        }
        let nothing_behind =
            at + 1 >= self.roles.len() || !self.text.gap(at + 1).contains(VALUE) && self.is_cut(at + 1);
        let purpose = if self.is(at, ALONE) { Purpose::Bare } else { Purpose::Anything };
        nothing_behind.then_some((purpose, at + 1))
    }

    /// The words that an advice names before the purpose, whose "to" stands at `toward`.
    fn named_before(&self, toward: usize) -> Vec<Range<usize>> {
        let (mut start, mut verb) = (toward, false);
        while start > 0 && toward - start < NAMED_MAX && !ends_clause(self.text.gap(start)) {
            if self.is(start - 1, VERB) {
                verb = true;
                break;
            }
            start -= 1;
        }
        let (named, end) = self.named(start, toward, verb);
        // "Text STOP to 12345 to opt out", "Reply STOP at any time to opt out".
        let said_of = (end..toward).all(|at| {
            let number = self.text.tokens()[at].kind == TokenKind::Number;
            number || self.is(at, TOWARD | TRAILING)
        });
        if said_of { named } else { Vec::new() }
    }

    /// The words that an advice names behind the purpose, which ends there: "To unsubscribe, reply STOP".
    fn named_behind(&self, end: usize) -> Vec<Range<usize>> {
        let reach =
            (end..self.roles.len().min(end + REACH)).take_while(|at| !ends_advice(self.text.gap(*at)));
        let Some(verb) = { reach }.find(|at| self.is(*at, VERB)) else { return Vec::new() };
        let (named, end) = self.named(verb + 1, self.roles.len(), true);
        // "Reply 1 for fewer messages" has a purpose of its own.
        if self.is(end, TOWARD) { Vec::new() } else { named }
    }

    /// The words that are to be sent, from `start` on: several with "or" between. With the end.
    fn named(&self, start: usize, limit: usize, verb: bool) -> (Vec<Range<usize>>, usize) {
        let mut at = start;
        while verb && at < limit && self.is(at, LEAD) && !self.is_keyword(at, false) {
            at += 1;
        }
        let mut named: Vec<Range<usize>> = Vec::new();
        let mut open = false;
        while at < limit && (at == start || !ends_sentence(self.text.gap(at))) {
            let parted = self.text.gap(at).contains([',', '/']);
            if self.is_keyword(at, verb) {
                match named.last_mut() {
                    Some(last) if open && !parted => last.end = at + 1,
                    _ => named.push(at..at + 1),
                }
                open = true;
            } else if self.is(at, OR) && !named.is_empty() {
                open = false;
            } else {
                break;
            }
            at += 1;
        }
        (named, at)
    }

    /// Whether a token is written as what is to be sent: a number, capitals, in quotes; behind a verb also with a first
    /// capital, and some small words.
    fn is_keyword(&self, at: usize, verb: bool) -> bool {
        let typed = self.text.typed(at..at + 1);
        let quoted = self.text.gap(at).ends_with(['"', '\'', '“', '‘', '«'])
            && self.text.gap(at + 1).starts_with(['"', '\'', '”', '’', '»']);
        let capitals = typed.chars().any(char::is_uppercase) && !typed.chars().any(char::is_lowercase);
        let long = typed.chars().nth(1).is_some();
        match self.text.tokens()[at].kind {
            TokenKind::Number => true,
            TokenKind::Emoji => false,
            TokenKind::Word if verb => quoted || typed.starts_with(char::is_uppercase) || self.is(at, SMALL),
            TokenKind::Word => quoted || capitals && long,
        }
    }

    /// Whether words opt out: all of them together, or the first one.
    fn is_opt_out(&self, tokens: Range<usize>) -> bool {
        let together: String = tokens.clone().map(|at| self.text.token(at)).collect();
        opts_out(&together) || opts_out(self.text.token(tokens.start))
    }

    /// Whether several numbers are offered, each for something.
    fn is_menu(&self) -> bool {
        let offered =
            |at: &usize| self.text.tokens()[*at].kind == TokenKind::Number && self.is(at + 1, TOWARD);
        (0..self.roles.len()).filter(offered).count() > 1
    }

    /// Whether another place of the text names a word in capitals that opts out.
    fn names_stop_besides(&self, tokens: &Range<usize>) -> bool {
        let others = (0..self.roles.len()).filter(|at| !tokens.contains(at));
        { others }.any(|at| self.is_keyword(at, false) && opts_out(self.text.token(at)))
    }
}

/// Whether what stands between two words ends a sentence; a value in between is nobody's advice.
fn ends_sentence(gap: &str) -> bool {
    gap.contains(['?', VALUE]) || ends_advice(gap)
}

/// The same, but that "Want to opt out? Reply STOP" is one advice.
fn ends_advice(gap: &str) -> bool {
    gap.contains(['!', ';', '\n']) || gap.contains('.') && gap != "."
}

fn ends_clause(gap: &str) -> bool {
    gap.contains([',', ':', '(', ')']) || ends_sentence(gap)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The words of a text that are wrong, each with what it is.
    fn wrong(text: &str, language: Lang) -> Vec<(String, Wrong)> {
        let text = Text::new(text);
        let glued = (0..text.tokens().len()).filter_map(|at| Some((at..glued(&text, at)?, Wrong::Glued)));
        let advice = Advice::new(&text, language).wrong();
        glued.chain(advice).map(|(tokens, wrong)| (text.typed(tokens).to_owned(), wrong)).collect()
    }

    #[test]
    fn advice_that_nobody_can_follow_is_told() {
        let (number, word, glued) = (Wrong::Number, Wrong::NoSuchWord, Wrong::Glued);
        let thing = |thing: &str| Wrong::EndsAll(Some(thing.to_owned()));
        for (text, lang, typed, what) in [
            ("Reply 2 to unsubscribe", Lang::EN, "2", &number),
            ("Deals! Reply HELP for help, 9 to opt out.", Lang::EN, "9", &number),
            ("Text 0 to stop all messages", Lang::EN, "0", &number),
            ("Reply 9 to stop.", Lang::EN, "9", &number),
            ("To opt-out, text 2.", Lang::EN, "2", &number),
            ("Want to unsubscribe? Reply 2.", Lang::EN, "2", &number),
            ("Unsubscribe: reply 2", Lang::EN, "2", &number),
            ("Responda 2 para darse de baja", Lang::ES, "2", &number),
            ("Repondez 2 pour vous désabonner", Lang::FR, "2", &number),
            ("Reply NO to stop", Lang::EN, "NO", &word),
            ("reply no to stop receiving our texts", Lang::EN, "no", &word),
            ("Text LEAVE to unsubscribe", Lang::EN, "LEAVE", &word),
            ("Text LEAVE to 12345 to opt out", Lang::EN, "LEAVE", &word),
            ("Reply with the word \"leave\" to end these alerts", Lang::EN, "leave", &word),
            ("Reply STOP or BYE to end messages", Lang::EN, "BYE", &word),
            ("Msg & data rates may apply. NOPE to unsubscribe", Lang::EN, "NOPE", &word),
            ("Reply HELP to unsubscribe", Lang::EN, "HELP", &word),
            ("Reply EXIT at any time to opt out", Lang::EN, "EXIT", &word),
            ("Envie BAJA para dejar de recibir mensajes", Lang::ES, "BAJA", &word),
            ("Para cancelar los mensajes, responda SALIR", Lang::ES, "SALIR", &word),
            ("Envoyez NON pour ne plus recevoir nos messages", Lang::FR, "NON", &word),
            ("Reply NO to stop", Lang::ES, "NO", &word),
            ("Text stop2quit", Lang::EN, "stop2quit", &glued),
            ("STOP2END", Lang::EN, "STOP2END", &glued),
            ("Txt STOP2stop", Lang::EN, "STOP2stop", &glued),
            ("txtSTOP2end", Lang::EN, "txtSTOP2end", &glued),
            ("stop=end", Lang::EN, "stop=end", &glued),
            ("End4Stop", Lang::EN, "End4Stop", &glued),
            ("stop2opt-out", Lang::EN, "stop2opt", &glued),
            ("Reply CANCEL to cancel your order", Lang::EN, "CANCEL", &thing("order")),
            ("Responda STOP para cancelar su cita", Lang::ES, "STOP", &thing("cita")),
            ("Reply STOP to end only the weekly deals", Lang::EN, "STOP", &Wrong::EndsAll(None)),
        ] {
            assert_eq!(wrong(text, lang), [(typed.to_owned(), what.clone())], "{text}");
        }
    }

    #[test]
    fn advice_that_holds_and_texts_that_only_say_stop_are_fine() {
        for (text, lang) in [
            ("Reply STOP to opt out", Lang::EN),
            ("Text STOP to 12345 to unsubscribe", Lang::EN),
            ("HELP for help, STOP to cancel", Lang::EN),
            ("Reply STOP, END or QUIT to stop receiving messages.", Lang::EN),
            ("Reply STOP ALL to end", Lang::EN),
            ("To opt out, reply STOP.", Lang::EN),
            ("Want to unsubscribe? Reply STOP", Lang::EN),
            ("reply stop to quit any time", Lang::EN),
            ("Responda STOP para cancelar.", Lang::ES),
            ("Envíe NO MÁS para darse de baja", Lang::ES),
            ("Répondez STOP pour annuler. ARRET pour ne plus recevoir nos messages", Lang::FR),
            ("STOP au 36111 pour vous désabonner", Lang::FR),
            ("Stop by our shop! Reply YES to come", Lang::EN),
            ("The next stop is yours. Text 2 to go on, 3 to stop", Lang::EN),
            ("Reply 1 to confirm, 2 to cancel.", Lang::EN),
            ("Reply NO to cancel your order", Lang::EN),
            ("Reply 2 to stop the music", Lang::EN),
            ("We tried to stop the leak. Reply 1 to help", Lang::EN),
            ("Reply 1 to unsubscribe from deals, STOP to end all messages", Lang::EN),
            ("Sorry to see you want to unsubscribe? Reply 1 for fewer messages, STOP to end.", Lang::EN),
            ("It is end2end encrypted, from end to end", Lang::EN),
            ("How to unsubscribe: see our page", Lang::EN),
            ("Call us to opt out", Lang::EN),
            ("Write to us to unsubscribe", Lang::EN),
            ("Text us to stop receiving mail", Lang::EN),
            ("Reply to unsubscribe", Lang::EN),
            ("Reply \u{1} to stop", Lang::EN),
            ("Reply 2 to cancel \u{1}", Lang::EN),
            ("Reply STOP to unsubscribe from \u{1}", Lang::EN),
            ("Nonstop fun! The bus will stop at 9.", Lang::EN),
            ("Para el pedido, responda 2", Lang::ES),
            ("", Lang::EN),
        ] {
            assert_eq!(wrong(text, lang), [], "{text}");
        }
    }

    #[test]
    fn every_word_of_the_lists_is_folded() {
        let lists: BTreeMap<Lang, Lists> =
            toml::from_str(include_str!("../../../../data/rules/stop_advice.toml"))
                .expect("it is read above");
        assert_eq!(lists.len(), 3);
        for list in lists.values() {
            let single = [
                &list.verbs,
                &list.lead,
                &list.toward,
                &list.or,
                &list.trailing,
                &list.perhaps,
                &list.alone,
                &list.between,
                &list.messages,
                &list.things,
                &list.only,
                &list.small,
            ];
            for word in single.into_iter().flatten() {
                assert_eq!(Text::new(word).joined(), *word, "one folded word");
            }
            assert!(list.surely.iter().all(|phrase| Text::new(phrase).phrase() == *phrase));
        }
    }
}
