//! Languages, and the small closed word lists that belong to a language rather than to a brand.

mod english;
mod english_numbers;
mod english_time;
mod french;
mod french_numbers;
mod french_time;
mod list;
mod spanish;
mod spanish_numbers;
mod spanish_time;

pub use list::{Beginning, List, Lists, Phrase, beginning_with};

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
    /// Whole answers that mean neither yet: "maybe", "not sure".
    pub maybe: &'static [&'static str],
    /// What people put before their name: "my name is".
    pub name_lead: &'static [&'static str],
    /// What people put behind their name: "here", "from" and a place.
    pub name_tail: &'static [&'static str],
    /// Words that are never a name, however much they stand where one was asked for.
    pub not_a_name: &'static [&'static str],
    /// What people put before the place where they live: "i live in".
    pub place_lead: &'static [&'static str],
    /// How numbers are said.
    pub numbers: NumberWords,
    /// How days, times of the day and lengths of time are said.
    pub time: TimeWords,
}

/// How a language says numbers. A number is a row of groups and scales ("two hundred and five thousand"), a group is
/// hundreds and what is below them, and so on down: no language of ours needs more than these lists.
#[derive(Debug)]
pub struct NumberWords {
    /// What is said in one piece, below the tens: "zero", "dix sept", "veintinueve".
    pub units: &'static [(&'static str, u32)],
    /// The tens, and the greatest unit that may follow: after "soixante" it is "dix neuf".
    pub tens: &'static [(&'static str, u32, u32)],
    /// The hundreds.
    pub hundreds: &'static [(&'static str, u32)],
    /// Thousand and above.
    pub scales: &'static [(&'static str, u64)],
    /// What may stand between hundreds and the rest: "and".
    pub and_after_hundreds: &'static [&'static str],
    /// What may stand between tens and units: "et", "y".
    pub and_after_tens: &'static [&'static str],
    /// One half more: "and a half".
    pub and_half: &'static [&'static str],
    /// What turns a number below zero.
    pub minus: &'static [&'static str],
    /// Numbers with a name of their own: "a dozen", "twice".
    pub counts: &'static [(&'static str, u32)],
    /// Articles that mean one before a unit: "an hour". Those that are numbers too are among `units`.
    pub articles: &'static [&'static str],
    /// What is counted after an article, and is a number in another language: "a cent".
    pub counted: &'static [&'static str],
    /// First to thirty-first.
    pub ordinals: &'static [(&'static str, u32)],
    /// What is glued to digits: the "st" of "1st".
    pub ordinal_endings: &'static [&'static str],
    /// What one waits for and nobody counts: "one moment".
    pub moments: &'static [&'static str],
    /// Between two numbers of which one is meant, or all that are between them: "or", "to".
    pub or: &'static [&'static str],
    /// Parts of one: after a number they make it a fraction.
    pub shares: &'static [&'static str],
    /// Of a hundred.
    pub percent: &'static [&'static str],
    /// Between a rating and its scale: "4 out of 5".
    pub out_of: &'static [&'static str],
    /// Stars of a rating.
    pub stars: &'static [&'static str],
}

/// A unit of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum TimeUnit {
    /// A second.
    Second,
    /// A minute.
    Minute,
    /// An hour.
    Hour,
    /// A day.
    Day,
    /// A week.
    Week,
    /// A month of the calendar.
    Month,
    /// A year of the calendar.
    Year,
}

/// How a language says days, times of the day and lengths of time.
#[derive(Debug)]
pub struct TimeWords {
    /// January to December.
    pub months: &'static [&'static [&'static str]],
    /// Monday to Sunday.
    pub weekdays: &'static [&'static [&'static str]],
    /// Monday to Sunday, cut short. Many are other words too ("sat", "mon"), so they need company.
    pub weekdays_short: &'static [&'static [&'static str]],
    /// Days named by their distance from today.
    pub days: &'static [(&'static str, i64)],
    /// Words after which a word of `days` is not one: "por la mañana".
    pub not_days_after: &'static [&'static str],
    /// What stands before a day and belongs to it: "on the".
    pub day_lead: &'static [&'static str],
    /// Between day, month and year: "of".
    pub of: &'static [&'static str],
    /// The coming one, before a weekday.
    pub this: &'static [&'static str],
    /// The next one, before a weekday.
    pub next_before: &'static [&'static str],
    /// The next one, after a weekday.
    pub next_after: &'static [&'static str],
    /// After a weekday: the one of the next week.
    pub of_next_week: &'static [&'static str],
    /// What makes a day the start of a count or of a range.
    pub counted_from: &'static [&'static str],
    /// Whether "next friday" may also mean the one after the coming one.
    pub next_may_skip: bool,
    /// The one before today, before a weekday.
    pub last_before: &'static [&'static str],
    /// The one before today, after a weekday.
    pub last_after: &'static [&'static str],
    /// Before a length of time that is still to pass: "in".
    pub ahead_before: &'static [&'static str],
    /// After a length of time that is still to pass: "from now".
    pub ahead_after: &'static [&'static str],
    /// Before a length of time that has passed: "il y a".
    pub ago_before: &'static [&'static str],
    /// After a length of time that has passed: "ago".
    pub ago_after: &'static [&'static str],
    /// Units of time.
    pub units: &'static [(&'static str, TimeUnit)],
    /// Lengths of time with a name of their own, in seconds: "half an hour".
    pub lengths: &'static [(&'static str, i64)],
    /// Times of the day with a name of their own, by their hour: "noon".
    pub named_hours: &'static [(&'static str, i8)],
    /// What stands before an hour and makes it one: "at".
    pub hour_lead: &'static [&'static str],
    /// What stands after an hour that is said on a clock of twelve: "o'clock".
    pub oclock: &'static [&'static str],
    /// What stands after an hour of a clock of twenty-four: "h", "heures".
    pub hours24: &'static [&'static str],
    /// Minutes before the hour that they belong to: "half past", "quarter to".
    pub minutes_before: &'static [(&'static str, i64)],
    /// Minutes after the hour that they belong to: "et demie", "menos cuarto".
    pub minutes_after: &'static [(&'static str, i64)],
    /// Between minutes and an hour that they follow: "ten past five".
    pub past: &'static [&'static str],
    /// Between minutes and an hour that they lead to: "ten to six".
    pub to: &'static [&'static str],
    /// Between an hour and minutes that follow it: "las cinco y diez".
    pub plus: &'static [&'static str],
    /// Between an hour and minutes that lead to it: "les six moins dix".
    pub less: &'static [&'static str],
    /// Before noon.
    pub am: &'static [&'static str],
    /// After noon.
    pub pm: &'static [&'static str],
    /// At night: late in the evening or early in the morning, whichever the hour fits.
    pub night: &'static [&'static str],
}

const NO_NUMBERS: NumberWords = NumberWords {
    units: &[],
    tens: &[],
    hundreds: &[],
    scales: &[],
    and_after_hundreds: &[],
    and_after_tens: &[],
    and_half: &[],
    minus: &[],
    counts: &[],
    articles: &[],
    counted: &[],
    ordinals: &[],
    ordinal_endings: &[],
    moments: &[],
    or: &[],
    shares: &[],
    percent: &[],
    out_of: &[],
    stars: &[],
};

const NO_TIMES: TimeWords = TimeWords {
    months: &[],
    weekdays: &[],
    weekdays_short: &[],
    days: &[],
    not_days_after: &[],
    day_lead: &[],
    of: &[],
    this: &[],
    next_before: &[],
    next_after: &[],
    of_next_week: &[],
    counted_from: &[],
    next_may_skip: false,
    last_before: &[],
    last_after: &[],
    ahead_before: &[],
    ahead_after: &[],
    ago_before: &[],
    ago_after: &[],
    units: &[],
    lengths: &[],
    named_hours: &[],
    hour_lead: &[],
    oclock: &[],
    hours24: &[],
    minutes_before: &[],
    minutes_after: &[],
    past: &[],
    to: &[],
    plus: &[],
    less: &[],
    am: &[],
    pm: &[],
    night: &[],
};

const EMPTY: Lexicon = Lexicon {
    skip: &[],
    yes: &[],
    no: &[],
    maybe: &[],
    name_lead: &[],
    name_tail: &[],
    not_a_name: &[],
    place_lead: &[],
    numbers: NO_NUMBERS,
    time: NO_TIMES,
};

/// Every language that has lists.
const LEXICONS: [(Lang, Lexicon); 3] =
    [(Lang::EN, english::LEXICON), (Lang::FR, french::LEXICON), (Lang::ES, spanish::LEXICON)];

/// All languages that have lists.
pub fn all() -> impl Iterator<Item = Lang> {
    LEXICONS.iter().map(|(lang, _)| *lang)
}
