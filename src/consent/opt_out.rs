//! Whether a text says, in words of its own, that somebody wants no more texts: the rules of `data/rules/opt_out.toml`.
//!
//! A rule is a set of phrases. It opts out `anywhere` in a text, where it is the whole sentence it stands in (`clause`), or
//! where it is all that the text says (`alone`); where that does not hold it may leave the text to a person (`doubt`). Words
//! that say nothing, such as politeness, and phrases that other rules know, count as nothing. A guard phrase ("stop by")
//! takes away what it overlaps, unless that says more than the guard; a word of jest ("lol") makes what is certain a doubt.

use super::phrase::{Found, Hit};
use super::rules::{At, RULES, Reason, Rule, Then, Where};
use crate::sms::Text;
use smallvec::SmallVec;

/// What the rules say about a text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Judged {
    /// The person opts out; `alone`, if the text says nothing else.
    OptOut { rule: String, reason: Reason, yields: bool, alone: bool },
    /// A person must say whether they do.
    Unsure { rule: String, reason: Reason, yields: bool },
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

/// What speaks for an opt-out.
#[derive(Default)]
struct Said<'r> {
    sure: Option<&'r Rule>,
    /// One of the phrases that are sure is all that the text says.
    alone: bool,
    /// Rules that leave a doubt, each once.
    doubts: SmallVec<[&'r Rule; 4]>,
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
        let is_whole = |hit: &Hit| sentences[hit.start] == sentences[hit.end - 1];
        let guards = found.hits.iter().filter(|hit| RULES.of(hit).then.guards() && is_whole(hit));
        let guards: SmallVec<[Hit; 4]> = guards.copied().collect();
        let holds = |hit: &&Hit| holds(text, hit, &guards);
        let hits: SmallVec<[Hit; 8]> = found.hits.iter().filter(holds).copied().collect();
        let small: Vec<bool> = (0..tokens).map(|at| found.mark(at).small).collect();
        let mut explained = small.clone();
        for guard in &guards {
            explained[guard.start..guard.end].fill(false);
        }
        for hit in &hits {
            explained[hit.start..hit.end].fill(true);
        }
        let mut canned = small;
        for hit in hits.iter().filter(|hit| RULES.of(hit).then == Then::AutoReply) {
            canned[hit.start..hit.end].fill(true);
        }
        let jest = (0..tokens).any(|at| found.mark(at).jest);
        let wanted = guards.iter().any(|guard| RULES.of(guard).then == Then::Wanted);
        Self { text, hits, sentences, explained, jest, wanted, canned: canned.iter().all(|said| *said) }
    }

    fn of(&self, then: Then) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(move |hit| RULES.of(hit).then == then)
    }

    fn judged(&self) -> Option<Judged> {
        let Said { sure, alone, doubts } = self.said();
        if self.is_machine() && !self.is_said_beside_machines() {
            return Some(Judged::AutoReply);
        }
        if let Some(rule) = sure {
            let (rule, reason, yields) = (rule.name.clone(), rule.reason, rule.yields);
            return Some(Judged::OptOut { rule, reason, yields, alone });
        }
        if let Some(rule) = self.stands_as(Then::OptIn) {
            return Some(Judged::OptIn(rule));
        }
        // Two phrases of which each alone would leave a doubt leave none together.
        if let ([first, second, ..], false) = (doubts.as_slice(), self.jest) {
            let rule = format!("{}, {}", first.name, second.name);
            let reason = doubts.iter().map(|rule| rule.reason).max().unwrap_or_default();
            let yields = doubts.iter().all(|rule| rule.yields);
            return Some(Judged::OptOut { rule, reason, yields, alone });
        }
        if let Some(rule) = self.stands_as(Then::Help) {
            return Some(Judged::Help(rule));
        }
        if let [only, ..] = doubts.as_slice() {
            return Some(Judged::Unsure {
                rule: only.name.clone(),
                reason: only.reason,
                yields: only.yields,
            });
        }
        self.wanted.then_some(Judged::Wanted)
    }

    fn said(&self) -> Said<'static> {
        let mut said = Said::default();
        for hit in self.of(Then::OptOut) {
            let rule = RULES.of(hit);
            let stands = self.stands(hit);
            if stands >= rule.sure && rule.sure != Where::Never && (!self.jest || rule.firm) {
                said.sure = said.sure.filter(|before| before.reason >= rule.reason).or(Some(rule));
                said.alone |= stands == Where::Alone;
            } else if self.is_doubt(rule, stands) && !said.doubts.iter().any(|other| other.name == rule.name)
            {
                said.doubts.push(rule);
            }
        }
        said
    }

    /// The rule that makes the text something else than an opt-out. "I did not opt in" is no opt-in.
    fn stands_as(&self, then: Then) -> Option<String> {
        let is_part =
            |hit: &Hit| self.of(Then::OptOut).any(|other| other.start < hit.start && hit.end <= other.end);
        let mut stand = self.of(then).filter(|hit| self.stands(hit) >= RULES.of(hit).sure && !is_part(hit));
        stand.next().map(|hit| RULES.of(hit).name.clone())
    }

    /// Whether somebody asks for no more texts in words of their own, beside what a machine could say: "I'm driving, stop
    /// texting me".
    fn is_said_beside_machines(&self) -> bool {
        let is_own = |hit: &Hit| {
            let rule = RULES.of(hit);
            rule.firm
                && self.stands(hit) >= rule.sure
                && !self.of(Then::AutoReply).any(|other| overlaps(hit, other))
        };
        self.of(Then::OptOut).any(is_own)
    }

    /// Whether a machine answers: a phrase that only machines use, or two that they use together.
    fn is_machine(&self) -> bool {
        let mut signs: SmallVec<[&str; 4]> = SmallVec::new();
        for rule in self.of(Then::AutoReply).map(|hit| RULES.of(hit)) {
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
    fn is_doubt(&self, rule: &Rule, stands: Where) -> bool {
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

/// Whether a phrase counts where it stands.
fn holds(text: &Text, hit: &Hit, guards: &[Hit]) -> bool {
    let rule = RULES.of(hit);
    let is_free = matches!(rule.then, Then::AutoReply | Then::OptIn);
    let is_guarded = || guards.iter().any(|guard| overlaps(hit, guard) && !says_more(hit, guard));
    let is_there = match rule.at {
        At::Anywhere => true,
        At::Begin => hit.start == 0,
        At::End => hit.end == text.tokens().len(),
    };
    let has_name = || (hit.start..hit.end).any(|at| is_name(text, at));
    !rule.then.guards() && is_there && (is_free || !is_guarded()) && (!rule.named || has_name())
}

fn overlaps(one: &Hit, other: &Hit) -> bool {
    one.start < other.end && other.start < one.end
}

/// Whether a phrase says more than a guard, and therefore holds: "you won't stop texting me" is more than "won't stop", and
/// "unsubscribe from these texts" more than "unsubscribe from *". What only ends as the guard does is of its kind.
fn says_more(hit: &Hit, guard: &Hit) -> bool {
    let begins_alike = hit.start == guard.start && hit.end > hit.start + 1;
    hit.start <= guard.start && guard.end <= hit.end && (begins_alike || guard.end < hit.end)
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
