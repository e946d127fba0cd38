//! Languages, and the small closed word lists that belong to a language rather than to a brand.

mod english;
mod french;
mod spanish;

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// A language by its two-letter code (ISO 639-1).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Lang([u8; 2]);

/// What was read is no language code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no language code of two small letters, such as `en`")]
pub struct BadLang(String);

impl Lang {
    /// English, the language of a file that names none.
    pub const EN: Self = Self(*b"en");
    /// Spanish.
    pub const ES: Self = Self(*b"es");
    /// French.
    pub const FR: Self = Self(*b"fr");

    /// The code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("made of two ASCII letters")
    }

    /// The word lists of this language; a language without lists of its own has empty ones.
    #[must_use]
    pub fn lexicon(self) -> &'static Lexicon {
        LEXICONS.iter().find(|(lang, _)| *lang == self).map_or(&EMPTY, |(_, lexicon)| lexicon)
    }
}

impl FromStr for Lang {
    type Err = BadLang;

    fn from_str(code: &str) -> Result<Self, BadLang> {
        match code.as_bytes() {
            [a, b] if a.is_ascii_lowercase() && b.is_ascii_lowercase() => Ok(Self([*a, *b])),
            _ => Err(BadLang(code.to_owned())),
        }
    }
}

impl TryFrom<String> for Lang {
    type Error = BadLang;

    fn try_from(code: String) -> Result<Self, BadLang> {
        code.parse()
    }
}

impl From<Lang> for String {
    fn from(lang: Lang) -> Self {
        lang.as_str().to_owned()
    }
}

impl fmt::Display for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for Lang {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The closed lists of one language, all in folded form (see [`crate::sms::normalize`]), several words parted by spaces.
#[derive(Debug)]
pub struct Lexicon {
    /// Words that say nothing: greetings, politeness. A pattern need not account for them.
    pub skip: &'static [&'static str],
    /// Whole answers that mean yes.
    pub yes: &'static [&'static str],
    /// Whole answers that mean no.
    pub no: &'static [&'static str],
    /// What people put before their name: "my name is".
    pub name_lead: &'static [&'static str],
    /// Words that are never a name, however much they stand where one was asked for.
    pub not_a_name: &'static [&'static str],
    /// Zero, one, two … in order.
    pub numbers: &'static [&'static str],
}

const EMPTY: Lexicon =
    Lexicon { skip: &[], yes: &[], no: &[], name_lead: &[], not_a_name: &[], numbers: &[] };

/// Every language that has lists.
const LEXICONS: [(Lang, Lexicon); 3] =
    [(Lang::EN, english::LEXICON), (Lang::FR, french::LEXICON), (Lang::ES, spanish::LEXICON)];

/// All languages that have lists.
pub fn all() -> impl Iterator<Item = Lang> {
    LEXICONS.iter().map(|(lang, _)| *lang)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::Text;

    #[test]
    fn every_list_is_written_in_folded_form() {
        for (lang, lexicon) in &LEXICONS {
            let lists = [lexicon.skip, lexicon.yes, lexicon.no, lexicon.name_lead, lexicon.not_a_name];
            for word in lists.into_iter().flatten().chain(lexicon.numbers) {
                let folded = Text::new(word).words().collect::<Vec<_>>().join(" ");
                assert_eq!(folded, *word, "{lang}");
            }
        }
    }
}
