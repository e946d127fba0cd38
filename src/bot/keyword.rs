//! Keywords of brands that share a number: a text that two of them take says nothing about whom it is meant for.

use super::Bot;
use crate::grammar::common_text;
use crate::slot::Context;
use crate::sms::Text;

/// A short text that starts a flow of both brands. Of each pattern that starts one the shortest texts are tried with the
/// other brand, and pairs of patterns are searched as in the proofs of ties.
#[must_use]
pub fn common_keyword(a: &Bot, b: &Bot) -> Option<String> {
    let tried = |from: &Bot, with: &Bot| {
        let both = from.keywords.iter().filter(|text| with.begins(text));
        both.min_by_key(|text| (text.len(), *text)).cloned()
    };
    let scopes = [(&a.own, &b.own), (&a.own, &b.shared), (&a.shared, &b.own)];
    let searched = scopes.into_iter().filter_map(|(first, second)| {
        common_text(&first.grammar, &second.grammar, &|one, other| a.starts_on(one) && b.starts_on(other))
    });
    let found = [tried(a, b), tried(b, a)].into_iter().flatten().chain(searched);
    { found }.filter(|text| a.begins(text) && b.begins(text)).min_by_key(|text| (text.len(), text.clone()))
}

impl Bot {
    /// Whether a text, said to nobody who has a dialogue, starts a flow.
    fn begins(&self, text: &str) -> bool {
        let heard = self.recognize(&Text::new(text), &Context::of(&self.languages));
        heard.iter().any(|heard| self.intent(heard.intent).starts.is_some())
    }

    fn starts_on(&self, intent: &str) -> bool {
        self.intents.iter().any(|known| known.name == intent && known.starts.is_some())
    }
}
