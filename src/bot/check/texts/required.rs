//! The texts that the rules require, where a brand words them itself: what they must say, and what they must not.

use super::super::super::{Bot, BrandSources, Texts};
use super::held::{ALL, CONTACT, HELP, Held, PROGRAM, RATES, STOP, held, names};
use super::phrases::Phrases;
use super::{language_of, words_of};
use crate::diagnostic::{Code, Diagnostic, Diagnostics};
use crate::expr;
use crate::flow::TextDecl;
use crate::language::Lang;
use crate::sms::Text;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Lists {
    marketing: BTreeMap<Lang, Vec<String>>,
}

/// Words of marketing, each with its language.
static MARKETING: LazyLock<Phrases<Lang>> = LazyLock::new(|| {
    let lists: Lists = toml::from_str(include_str!("../../../../data/rules/confirmation.toml"))
        .expect("the word lists are part of the program and read by its tests");
    let of =
        |(language, phrases): (Lang, Vec<String>)| phrases.into_iter().map(move |phrase| (phrase, language));
    Phrases::new(lists.marketing.into_iter().flat_map(of))
});

/// Reports what the brand's own wordings lack in any language, and marketing in the confirmation of an opt-out.
/// O(characters of these texts).
pub(super) fn required(bot: &Bot, sources: &BrandSources<'_>, found: &mut Diagnostics) {
    let brand = sources.brand;
    // 47 CFR 64.1200(a)(12) and the carriers' tables: the programme and a contact.
    lacking(bot, "stopped", (&bot.stopped, &brand.stopped), PROGRAM | CONTACT, Code::RequiredFact, found);
    // CTIA Messaging Principles 5.1.2.1.
    lacking(bot, "started", (&bot.started, &brand.started), ALL, Code::RequiredFact, found);
    // Carriers' tables for HELP: name, contact, rates, STOP.
    let help = PROGRAM | CONTACT | RATES | STOP;
    lacking(bot, "help", (&bot.help, &brand.help), help, Code::RequiredFact, found);
    // And for what was not understood: name, HELP, STOP.
    let fallback = PROGRAM | HELP | STOP;
    lacking(bot, "fallback", (&bot.fallback, &brand.fallback), fallback, Code::BareFallback, found);
    if let Some(texts) = &bot.stopped {
        marketing(bot, texts, &brand.stopped, found);
    }
}

fn lacking(
    bot: &Bot,
    line: &str,
    (texts, decls): (&Option<Texts>, &[TextDecl]),
    needed: Held,
    code: Code,
    found: &mut Diagnostics,
) {
    let Some(texts) = texts else { return };
    for decl in decls {
        let missing = needed & !held(bot, &bot.program, texts, language_of(decl, bot));
        if missing != 0 {
            let message = format!("`{line}` does not say: {}", names(missing));
            let hint = if missing & PROGRAM == 0 {
                "`{contact}` and `{terms}` say the facts of `brand.flow`; STOP and HELP are written in capitals"
            } else {
                "`{program}`, `{contact}` and `{terms}` say the facts of `brand.flow`; STOP and HELP are written in capitals"
            };
            found.push(Diagnostic::new(code, decl.place, message).hint(hint));
        }
    }
}

fn marketing(bot: &Bot, texts: &Texts, decls: &[TextDecl], found: &mut Diagnostics) {
    for decl in decls {
        let language = language_of(decl, bot);
        let wordings = texts.in_language(language).iter();
        if let Some(word) = { wordings }.find_map(|text| marketing_in(bot, text, language)) {
            let message = format!("`{word}` is marketing, and the confirmation of an opt-out may hold none");
            let hint = "say that no more messages come, the programme and the contact, and no more";
            found.push(Diagnostic::new(Code::MarketingInConfirmation, decl.place, message).hint(hint));
        }
    }
}

/// A word of marketing, or an address that is not the contact, in a text.
fn marketing_in(bot: &Bot, text: &expr::Text, language: Lang) -> Option<String> {
    // The names of the programme and of the contact may hold such words.
    let said = words_of(text).replace(&bot.program, " ").replace(&bot.contact, " ");
    let mut addresses =
        said.split_whitespace().filter(|word| word.contains("://") || word.starts_with("www."));
    if let Some(address) = addresses.next() {
        return Some(address.to_owned());
    }
    let said = Text::new(&said);
    (0..said.tokens().len()).find_map(|at| {
        let mut phrases = MARKETING.at(&said, at).filter(|(_, of)| **of == Lang::EN || **of == language);
        phrases.next().map(|(end, _)| said.typed(at..end).to_owned())
    })
}
