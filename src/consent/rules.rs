//! The rules that sentences are read by: `data/rules/opt_out.toml`, `opt_out_languages.toml` and `auto_reply.toml`.

use super::inflect::inflected;
use super::phrase::{Hit, Lexicon, Phrases};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::sync::LazyLock;

/// Why somebody wants no more texts.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Deserialize, serde::Serialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// They say so.
    #[default]
    Asked,
    /// They say so with an insult.
    Hostile,
    /// The number belongs to somebody else.
    WrongNumber,
    /// A child writes, or the phone of a child is written to (under 13).
    Minor,
    /// They speak of lawyers, authorities or complaints: a person of the brand should read it.
    Threat,
}

impl Reason {
    /// One word for logs and lists.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Hostile => "hostile",
            Self::WrongNumber => "wrong_number",
            Self::Minor => "minor",
            Self::Threat => "threat",
        }
    }
}

/// What a rule comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Then {
    /// The person opts out.
    #[default]
    OptOut,
    /// The person asks what this is, or for help.
    Help,
    /// The person wants texts again.
    OptIn,
    /// A machine answers.
    AutoReply,
    /// Nothing by itself; what is beside it may still be all that the text says.
    Beside,
    /// What it overlaps is no opt-out.
    Guard,
    /// The same, and the person wants the texts.
    Wanted,
}

impl Then {
    /// Whether what it overlaps is no opt-out.
    pub(super) fn guards(self) -> bool {
        matches!(self, Self::Guard | Self::Wanted)
    }
}

/// Where a phrase stands; the further, the more of the text it explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Where {
    /// Anywhere.
    Anywhere,
    /// It is a whole sentence.
    Clause,
    /// It is the last sentence.
    Last,
    /// It is the whole text.
    Alone,
    /// Nowhere.
    #[default]
    Never,
}

/// A rule of the data files, which say what its fields mean (`data/rules/opt_out.toml`).
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) name: String,
    #[serde(default)]
    pub(super) then: Then,
    #[serde(default)]
    pub(super) reason: Reason,
    #[serde(default)]
    pub(super) sure: Where,
    #[serde(default)]
    pub(super) doubt: Where,
    #[serde(default = "within")]
    pub(super) within: usize,
    #[serde(default)]
    pub(super) yields: bool,
    #[serde(default)]
    pub(super) named: bool,
    #[serde(default)]
    pub(super) at: At,
    #[serde(default)]
    pub(super) firm: bool,
    phrases: BTreeMap<String, Vec<String>>,
}

/// Where a phrase must stand to count at all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum At {
    /// Wherever.
    #[default]
    Anywhere,
    /// At the beginning of the text.
    Begin,
    /// At its end.
    End,
}

/// Words of a text that a person is asked to look at, where a rule says nothing else: in a long text one phrase says little.
fn within() -> usize {
    14
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Data {
    #[serde(default)]
    filler: BTreeMap<String, String>,
    #[serde(default)]
    small: BTreeMap<String, String>,
    #[serde(default)]
    jest: BTreeMap<String, String>,
    #[serde(default)]
    slips: BTreeMap<String, String>,
    #[serde(default)]
    no_slips: BTreeMap<String, String>,
    #[serde(default)]
    glued: BTreeMap<String, String>,
    #[serde(default)]
    endings: BTreeMap<String, BTreeMap<String, String>>,
    #[serde(default)]
    verb: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    class: BTreeMap<String, BTreeMap<String, String>>,
    rule: Vec<Rule>,
}

/// All rules, and their phrases.
pub(super) struct Rules {
    rules: Vec<Rule>,
    /// The phrases of all rules, each under the number of its rule.
    pub(super) phrases: Phrases,
}

impl Rules {
    /// The rule of a phrase that was found.
    pub(super) fn of(&self, hit: &Hit) -> &Rule {
        &self.rules[usize::from(hit.rule)]
    }
}

pub(super) static RULES: LazyLock<Rules> = LazyLock::new(|| {
    let read = |text: &str| -> Data {
        toml::from_str(text).expect("the rules are part of the program and read by its tests")
    };
    compiled([
        read(include_str!("../../data/rules/opt_out.toml")),
        read(include_str!("../../data/rules/opt_out_languages.toml")),
        read(include_str!("../../data/rules/auto_reply.toml")),
    ])
});

fn compiled(files: [Data; 3]) -> Rules {
    let list = |of: fn(&Data) -> &BTreeMap<String, String>| -> Vec<String> {
        files.iter().flat_map(of).flat_map(|(_, list)| super::phrase::folded(list)).collect()
    };
    let mut lexicon = Lexicon {
        filler: list(|data| &data.filler),
        small: list(|data| &data.small),
        jest: list(|data| &data.jest),
        slips: list(|data| &data.slips),
        sure: list(|data| &data.no_slips),
        glued: list(|data| &data.glued),
        ..Lexicon::default()
    };
    for data in &files {
        for (language, classes) in &data.class {
            for (name, list) in classes {
                let members = members(list).flat_map(|member| data.with_endings(language, member)).collect();
                lexicon.classes.insert((language, name.clone()), members);
            }
        }
        for (language, verbs) in &data.verb {
            for form in verbs.iter().flat_map(|list| inflected(&members(list).collect::<Vec<_>>())) {
                lexicon.classes.insert((language, form[0].clone()), form);
            }
        }
    }
    let mut phrases = Phrases::new(&lexicon);
    let rules = || files.iter().flat_map(|data| &data.rule);
    for (number, rule) in (0..).zip(rules()) {
        for (language, lines) in &rule.phrases {
            for line in lines {
                phrases.add(&lexicon, language, line, number);
            }
        }
    }
    Rules { phrases, rules: files.into_iter().flat_map(|data| data.rule).collect() }
}

/// The members of a list, as they stand in it.
fn members(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|member| !member.is_empty())
}

impl Data {
    /// The words that a member stands for: of `stem stem~endings` each stem with each ending.
    fn with_endings(&self, language: &str, member: &str) -> Vec<String> {
        let Some((stems, name)) = member.split_once('~') else { return vec![member.to_owned()] };
        let endings = self.endings.get(language).and_then(|endings| endings.get(name));
        let endings = endings.unwrap_or_else(|| panic!("`{member}` has no endings in `{language}`"));
        let with = |stem: &str| {
            endings.split_whitespace().map(move |end| format!("{stem}{end}")).collect::<Vec<_>>()
        };
        stems.split_whitespace().flat_map(with).collect()
    }
}
