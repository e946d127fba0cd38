//! The facts that a text holds, among those that the rules want in some texts: the programme, a contact, how often it writes,
//! that rates may apply, HELP and STOP.

use super::super::super::{Bot, Texts};
use super::{phrases::Phrases, words_of};
use crate::expr::{self, Fact, Term, TextPiece};
use crate::language::Lang;
use crate::reserved::{Reserved, meaning};
use crate::sms::Text;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Facts, as bits.
pub(super) type Held = u8;

pub(super) const PROGRAM: Held = 1;
const OFTEN: Held = 1 << 1;
pub(super) const RATES: Held = 1 << 2;
pub(super) const HELP: Held = 1 << 3;
pub(super) const STOP: Held = 1 << 4;
pub(super) const CONTACT: Held = 1 << 5;
/// All but the programme, which `{terms}` does not name.
pub(super) const TERMS: Held = OFTEN | RATES | HELP | STOP | CONTACT;
pub(super) const ALL: Held = PROGRAM | TERMS;
/// What a question for consent must say; the answer to a yes must say the rest.
pub(super) const REQUEST: Held = ALL & !CONTACT;

const NAMES: [(Held, &str); 6] = [
    (PROGRAM, "the programme"),
    (OFTEN, "how often you write"),
    (RATES, "that rates may apply"),
    (HELP, "HELP"),
    (STOP, "STOP"),
    (CONTACT, "the contact"),
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    rates: BTreeMap<String, Vec<String>>,
    often: BTreeMap<String, Vec<String>>,
}

/// How a brand may say facts in its own words.
static SAID: LazyLock<Phrases<Held>> = LazyLock::new(|| {
    let lists: Lists = toml::from_str(include_str!("../../../../data/rules/first_message.toml"))
        .expect("the word lists are part of the program and read by its tests");
    let rates = lists.rates.into_values().flatten().map(|phrase| (phrase, RATES));
    let often = lists.often.into_values().flatten().map(|phrase| (phrase, OFTEN));
    Phrases::new(rates.chain(often))
});

/// The names of facts, one after the other.
pub(super) fn names(facts: Held) -> String {
    let names = NAMES.iter().filter(|(fact, _)| facts & fact != 0).map(|(_, name)| *name);
    names.collect::<Vec<_>>().join(", ")
}

/// The facts that a text of that programme holds, whichever of its wordings is sent.
pub(super) fn held(bot: &Bot, program: &str, texts: &Texts, language: Lang) -> Held {
    texts
        .in_language(language)
        .iter()
        .map(|text| held_by(bot, program, text))
        .fold(ALL, |all, held| all & held)
}

fn held_by(bot: &Bot, program: &str, text: &expr::Text) -> Held {
    let facts = text.pieces.iter().filter_map(|piece| match piece {
        TextPiece::Term(term) => fact_of(term),
        TextPiece::Words(_) | TextPiece::Plural { .. } | TextPiece::Link { .. } => None,
    });
    let typed = facts.fold(0, |held, fact| {
        held | match fact {
            Fact::Program => PROGRAM,
            Fact::Contact => CONTACT,
            Fact::Terms => TERMS,
        }
    });
    if typed == ALL { typed } else { typed | held_by_words(bot, program, &Text::new(&words_of(text))) }
}

fn fact_of(term: &Term) -> Option<Fact> {
    match term {
        Term::Fact(fact) => Some(*fact),
        Term::Else(first, _) => fact_of(first),
        Term::Field(_) | Term::Age(_) | Term::Region(_) | Term::Constant(_) | Term::Sum(..) => None,
    }
}

/// The facts that a brand says in its own words.
fn held_by_words(bot: &Bot, program: &str, text: &Text) -> Held {
    let phrase = format!(" {} ", text.phrase());
    let says = |fact: &str| {
        let fact = Text::new(fact).phrase();
        !fact.is_empty() && phrase.contains(&format!(" {fact} "))
    };
    let mut held = 0;
    held |= if says(program) { PROGRAM } else { 0 };
    held |= if says(&bot.contact) { CONTACT } else { 0 };
    held |= if bot.frequency.as_deref().is_some_and(says) { OFTEN } else { 0 };
    for at in 0..text.tokens().len() {
        held |= SAID.at(text, at).fold(0, |held, (_, fact)| held | fact);
        let typed = text.typed(at..at + 1);
        if typed.chars().any(char::is_uppercase) && !typed.chars().any(char::is_lowercase) {
            held |= match meaning(&Text::new(typed)) {
                Some((_, Reserved::Help)) => HELP,
                Some((_, Reserved::OptOut)) => STOP,
                Some((_, Reserved::OptIn)) | None => 0,
            };
        }
    }
    held
}
