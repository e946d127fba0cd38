//! What a brand's flows use by name: media, teams, webhooks, lookups, contests.

use super::FieldIx;
use crate::expr::TextPiece;
use crate::flow::Delay;
use crate::language::Lang;
use jiff::SignedDuration;
use jiff::civil::Date;
use std::sync::Arc;

/// A picture or other file that is sent with a text.
#[derive(Debug, Clone)]
pub struct Media {
    /// Its name.
    pub name: String,
    /// Where providers fetch it, by language; never empty, the first is the default.
    pub urls: Vec<(Lang, String)>,
}

impl Media {
    /// Where it is in a language.
    ///
    /// # Panics
    /// Never: linking makes none without an address.
    #[must_use]
    pub fn url(&self, language: Lang) -> &str {
        let own = self.urls.iter().find(|(lang, _)| *lang == language);
        &own.or(self.urls.first()).expect("linking makes no media without an address").1
    }
}

/// People who take dialogues over.
#[derive(Debug, Clone)]
pub struct Team {
    /// Its name.
    pub name: String,
    /// Who is told when a dialogue is handed to it.
    pub notify: Option<Arc<Webhook>>,
}

/// Somebody who is told.
#[derive(Debug, Clone)]
pub struct Webhook {
    /// Its name.
    pub name: String,
    /// Where.
    pub url: String,
    /// The name of the secret that signs, if it is signed.
    pub secret: Option<String>,
    /// The fields that are told.
    pub send: Vec<FieldIx>,
}

/// A question to somebody else's server, answered by a JSON object.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Its name.
    pub name: String,
    /// Where: words, and values of the moment.
    pub url: Vec<TextPiece>,
    /// Headers whose values are secrets: the header's name and the secret's.
    pub secrets: Vec<(String, String)>,
    /// How long the answer may take.
    pub within: SignedDuration,
    /// The fields that the answer fills, each from a path of names in it.
    pub fills: Vec<(FieldIx, Vec<String>)>,
}

/// Prizes to win.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contest {
    /// Its name.
    pub name: String,
    /// How many there are in all.
    pub prizes: u64,
    /// One entry in so many may win; the first ones win where nothing is said.
    pub odds: Option<u32>,
    /// How often one person may take part.
    pub entries: u32,
    /// In which time; in all where nothing is said.
    pub every: Option<Delay>,
    /// The first day, in the person's time zone.
    pub from: Option<Date>,
    /// The last day.
    pub until: Option<Date>,
}

impl Contest {
    /// Whether it is going on on a day.
    #[must_use]
    pub fn is_open(&self, day: Date) -> bool {
        self.from.is_none_or(|from| from <= day) && self.until.is_none_or(|until| day <= until)
    }
}
