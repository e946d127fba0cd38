//! Whether a text says, in words of its own, that somebody wants no more texts: the rules of `data/rules/opt_out.toml`.
//!
//! A rule is a set of phrases. It opts out `anywhere` in a text, where it is the whole sentence it stands in (`clause`), or
//! where it is all that the text says (`alone`); where that does not hold it may leave the text to a person (`doubt`). Words
//! that say nothing, such as politeness, and phrases that other rules know, count as nothing. A guard phrase ("stop by")
//! takes away what it overlaps; a word of jest ("lol") makes what is certain a doubt, and takes away what is not.

use super::inflect::inflected;
use super::phrase::{Found, Hit, Lexicon, Phrases};
use crate::sms::Text;
use serde::Deserialize;
use smallvec::SmallVec;
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
enum Then {
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
    fn guards(self) -> bool {
        matches!(self, Self::Guard | Self::Wanted)
    }
}

/// Where a phrase stands; the further, the more of the text it explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Where {
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

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct RuleData {
    name: String,
    #[serde(default)]
    then: Then,
    #[serde(default)]
    reason: Reason,
    #[serde(default)]
    sure: Where,
    #[serde(default)]
    doubt: Where,
    #[serde(default = "within")]
    within: usize,
    #[serde(default)]
    yields: bool,
    #[serde(default)]
    named: bool,
    #[serde(default)]
    begins: bool,
    #[serde(default)]
    ends: bool,
    #[serde(default)]
    firm: bool,
    phrases: BTreeMap<String, Vec<String>>,
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
    rule: Vec<RuleData>,
}

struct Rules {
    rules: Vec<RuleData>,
    phrases: Phrases,
}

static RULES: LazyLock<Rules> = LazyLock::new(|| {
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

/// What the rules say about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// The person opts out; `alone`, if the text says nothing else.
    OptOut { rule: String, reason: Reason, yields: bool, alone: bool },
    /// A person must say whether they do.
    Unsure { rule: String, yields: bool },
    /// The person asks what this is, or for help.
    Help(String),
    /// The person wants texts again.
    OptIn(String),
    /// A machine answers.
    AutoReply,
    /// The person speaks of an opt-out that they do not want.
    Wanted,
}

/// What the rules say about a text; `None` for what has nothing to do with them. O(tokens) where no phrase is found.
pub(super) fn judge(text: &Text) -> Option<Judged> {
    let found = RULES.phrases.find(text);
    if found.hits.is_empty() { None } else { Scene::new(text, &found).judged() }
}

/// A text and what was found in it.
struct Scene<'s> {
    text: &'s Text,
    hits: SmallVec<[Hit; 8]>,
    /// For each token, the number of its sentence.
    sentences: Vec<usize>,
    /// Whether each token is explained.
    explained: Vec<bool>,
    jest: bool,
    /// The person speaks of an opt-out that they do not want.
    wanted: bool,
    /// It says nothing but what machines say.
    canned: bool,
}

impl<'s> Scene<'s> {
    fn new(text: &'s Text, found: &'s Found) -> Self {
        let tokens = text.tokens().len();
        let mut sentences = Vec::with_capacity(tokens);
        let mut sentence = 0;
        for at in 0..tokens {
            sentence += usize::from(at > 0 && parts(text.gap(at)));
            sentences.push(sentence);
        }
        let rule = |hit: &Hit| &RULES.rules[usize::from(hit.rule)];
        let is_whole = |hit: &Hit| sentences[hit.start] == sentences[hit.end - 1];
        let guards = found.hits.iter().filter(|hit| rule(hit).then.guards() && is_whole(hit));
        let guards: SmallVec<[Hit; 4]> = guards.copied().collect();
        // What says more than the guard says otherwise: "you won't stop texting me" is more than "won't stop", and
        // "unsubscribe from these texts" more than "unsubscribe from *". What ends as the guard does is of its kind.
        let says_more = |hit: &Hit, guard: &Hit| {
            hit.start <= guard.start
                && guard.end <= hit.end
                && (hit.start == guard.start && hit.end > hit.start + 1 || guard.end < hit.end)
        };
        let overlaps = |hit: &Hit, guard: &Hit| guard.start < hit.end && hit.start < guard.end;
        let guarded = |hit: &Hit| guards.iter().any(|guard| overlaps(hit, guard) && !says_more(hit, guard));
        let holds = |hit: &&Hit| {
            let rule = rule(hit);
            !rule.then.guards()
                && (matches!(rule.then, Then::AutoReply | Then::OptIn) || !guarded(hit))
                && (!rule.named || (hit.start..hit.end).any(|at| is_name(text, at)))
                && (!rule.begins || hit.start == 0)
                && (!rule.ends || hit.end == tokens)
        };
        let hits: SmallVec<[Hit; 8]> = found.hits.iter().filter(holds).copied().collect();
        let mut explained: Vec<bool> = (0..tokens).map(|at| found.mark(at).small).collect();
        for guard in &guards {
            explained[guard.start..guard.end].fill(false);
        }
        for hit in &hits {
            explained[hit.start..hit.end].fill(true);
        }
        let said_by_machines = |at: usize| {
            found.mark(at).small
                || hits
                    .iter()
                    .any(|hit| rule(hit).then == Then::AutoReply && (hit.start..hit.end).contains(&at))
        };
        let canned = (0..tokens).all(said_by_machines);
        let jest = (0..tokens).any(|at| found.mark(at).jest);
        let wanted = guards.iter().any(|guard| rule(guard).then == Then::Wanted);
        Self { text, hits, sentences, explained, jest, wanted, canned }
    }

    fn judged(&self) -> Option<Judged> {
        let rule = |hit: &Hit| &RULES.rules[usize::from(hit.rule)];
        let of = |then: Then| self.hits.iter().filter(move |hit| rule(hit).then == then);
        let mut sure: Option<&RuleData> = None;
        let mut alone = false;
        let mut doubts: SmallVec<[&RuleData; 4]> = SmallVec::new();
        for hit in of(Then::OptOut) {
            let rule = rule(hit);
            let stands = self.stands(hit);
            if stands >= rule.sure && rule.sure != Where::Never && (!self.jest || rule.firm) {
                sure = sure.filter(|before| before.reason >= rule.reason).or(Some(rule));
                alone |= stands == Where::Alone;
            } else if self.is_doubt(rule, stands) && !doubts.iter().any(|other| other.name == rule.name) {
                doubts.push(rule);
            }
        }
        if self.is_machine() && !self.is_said_beside_machines() {
            return Some(Judged::AutoReply);
        }
        if let Some(rule) = sure {
            return Some(Judged::OptOut {
                rule: rule.name.clone(),
                reason: rule.reason,
                yields: rule.yields,
                alone,
            });
        }
        // "I did not opt in" is no opt-in.
        let is_part =
            |hit: &Hit| of(Then::OptOut).any(|other| other.start < hit.start && hit.end <= other.end);
        let stands_as = |then| {
            let mut stand = of(then).filter(|hit| self.stands(hit) >= rule(hit).sure && !is_part(hit));
            stand.next().map(|hit| rule(hit).name.clone())
        };
        if let Some(rule) = stands_as(Then::OptIn) {
            return Some(Judged::OptIn(rule));
        }
        // Two phrases of which each alone would leave a doubt leave none together.
        if let ([first, second, ..], false) = (doubts.as_slice(), self.jest) {
            let rule = format!("{}, {}", first.name, second.name);
            let reason = doubts.iter().map(|rule| rule.reason).max().unwrap_or_default();
            return Some(Judged::OptOut {
                rule,
                reason,
                yields: doubts.iter().all(|rule| rule.yields),
                alone,
            });
        }
        if let Some(rule) = stands_as(Then::Help) {
            return Some(Judged::Help(rule));
        }
        if let [only, ..] = doubts.as_slice() {
            return Some(Judged::Unsure { rule: only.name.clone(), yields: only.yields });
        }
        self.wanted.then_some(Judged::Wanted)
    }

    /// Whether somebody asks for no more texts in words of their own, beside what a machine could say: "I'm driving, stop
    /// texting me".
    fn is_said_beside_machines(&self) -> bool {
        let rule = |hit: &Hit| &RULES.rules[usize::from(hit.rule)];
        let overlaps = |a: &Hit, b: &Hit| a.start < b.end && b.start < a.end;
        let machine = |hit: &Hit| rule(hit).then == Then::AutoReply;
        let is_own = |hit: &&Hit| {
            rule(hit).then == Then::OptOut
                && rule(hit).firm
                && self.stands(hit) >= rule(hit).sure
                && !self.hits.iter().any(|other| machine(other) && overlaps(hit, other))
        };
        self.hits.iter().any(|hit| is_own(&hit))
    }

    /// Whether a machine answers: a phrase that only machines use, or two that they use together.
    fn is_machine(&self) -> bool {
        let mut signs: SmallVec<[&str; 4]> = SmallVec::new();
        for hit in &self.hits {
            let rule = &RULES.rules[usize::from(hit.rule)];
            if rule.then != Then::AutoReply {
                continue;
            }
            // What people say as well is a machine's only where the text says nothing else.
            if rule.sure < Where::Alone || rule.sure == Where::Alone && self.canned {
                return true;
            }
            if rule.doubt != Where::Never && !signs.contains(&rule.name.as_str()) {
                signs.push(&rule.name);
            }
        }
        signs.len() > 1
    }

    /// Whether a person should look at it.
    fn is_doubt(&self, rule: &RuleData, stands: Where) -> bool {
        // What would have opted out without a jest.
        let in_jest = self.jest && rule.sure != Where::Never && stands >= rule.sure;
        let doubted = rule.doubt != Where::Never && stands >= rule.doubt;
        in_jest || doubted && self.text.tokens().len() <= rule.within
    }

    /// How much of the text a phrase explains, with what explains the rest.
    fn stands(&self, hit: &Hit) -> Where {
        if self.explained.iter().all(|explained| *explained) {
            return Where::Alone;
        }
        let sentences = self.sentences[hit.start]..=self.sentences[hit.end - 1];
        let mut own =
            self.sentences.iter().zip(&self.explained).filter(|(sentence, _)| sentences.contains(sentence));
        if !own.all(|(_, explained)| *explained) {
            Where::Anywhere
        } else if self.sentences.last() == self.sentences.get(hit.end - 1) {
            Where::Last
        } else {
            Where::Clause
        }
    }
}

/// Whether what stands between two words parts sentences.
pub(super) fn parts(gap: &str) -> bool {
    gap.contains([
        '.', '!', '?', ',', ';', ':', '\n', '(', ')', '"', '“', '”', '–', '—', '…', '。', '，', '！', '？',
        '、', '¡', '¿',
    ]) || gap.contains(" -")
}

/// Whether a word is written as a name is, in a text that does not shout: with a capital that no sentence begins with.
fn is_name(text: &Text, at: usize) -> bool {
    let word = text.typed(at..at + 1);
    let begins = at == 0 || parts(text.gap(at));
    let is_i = text.token(at) == "i"
        || text.token(at).starts_with("im")
        || matches!(text.token(at), "ive" | "ill" | "id");
    let mut letters = word.chars().filter(|c| c.is_alphabetic());
    let is_capital = letters.next().is_some_and(char::is_uppercase) && !letters.all(char::is_uppercase);
    is_capital && !begins && !is_i && text.original().contains(char::is_lowercase)
}
