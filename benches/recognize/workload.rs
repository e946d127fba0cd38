//! A made-up grammar of any number of intents, and ten thousand texts whose right answers are known by construction.
//!
//! Each intent has five patterns, three of words alone and two with slots, and two words of its own, of which every way
//! through each of its patterns takes one: so no text can mean two intents. All other words are shared between intents, as
//! they are in real grammars. Intents are met equally often: real traffic is kinder to caches.

use crate::spoken::{self, Ways};
use crate::words::{Chance, Words};
use sayso::diagnostic::{Diagnostics, Sources};
use sayso::grammar::syntax::{self, GrammarFile, Sequence};
use sayso::outline::Reader;
use sayso::slot::Value;

/// Texts of a workload.
pub(crate) const TEXTS: usize = 10_000;
/// Intents of one grammar file.
const FILE_INTENTS: usize = 1_000;
/// Patterns of an intent without a slot, and with one.
const PATTERNS: (usize, usize) = (3, 2);

/// Patterns of words. KEY and TWO are the intent's own words, TOPIC one that some intents share.
const WORD_PATTERNS: [&str; 14] = [
    "KEY [now | today] [TOPIC]",
    "(i want | i'd like | can i have) [a | the | my] KEY[s]",
    "can you (send | show) [me] [the] KEY",
    "(KEY ; my TOPIC) [again]",
    "<want> KEY TWO",
    "thank you for [the | your] KEY[s]",
    "where is [my | the] (KEY | TWO TOPIC)",
    "[tell me] (more | all) about [the] KEY [TOPIC]",
    "(TWO ; TOPIC ; today)",
    "what [is | are] [the] KEY[s] (for | about)",
    "how much (is | for) [a | the] KEY",
    "please KEY TWO",
    "KEY (or | and) TWO",
    "TOPIC (KEY[s] | TWO) [please tell me]",
];

/// Patterns with slots; one of seven begins with a number, as "two large cones" does.
const SLOT_PATTERNS: [&str; 14] = [
    "KEY {number}",
    "[i want | i'd like] {number} {size} KEY[s]",
    "KEY (near | in | zip) {us_zip}",
    "KEY in {city}",
    "[book] [a] KEY (on | for) {when: date}",
    "KEY {colour} [{size}]",
    "{colour} KEY [on {weekday: day}]",
    "KEY for {name}",
    "my name is {name} and i want KEY",
    "send [my] TWO to {email}",
    "(KEY ; {size} ; {colour})",
    "TWO for {number} people",
    "{number} KEY[s] [by {due: date}]",
    "TWO [TOPIC] {weekday: day}",
];

/// What all intents share, in their first file.
const SHARED: &str = "\
concept want
  i need, get me, give me, i would love

list size
  small: s, little
  medium: m, mid
  large: l, big

list colour
  red
  green
  blue: navy, sky blue
  yellow
  black
  white: off white
  purple: violet
  orange

list day
  monday: mon
  tuesday: tue
  wednesday: wed
  thursday: thu
  friday: fri
  saturday: sat
  sunday: sun
";

/// English words of the patterns: idle talk is made of them too.
const ENGLISH: [&str; 40] = [
    "now", "today", "i", "want", "like", "can", "have", "a", "the", "my", "you", "send", "show", "me",
    "again", "need", "get", "give", "would", "love", "thank", "for", "your", "where", "is", "tell", "more",
    "all", "about", "what", "are", "how", "much", "or", "and", "near", "in", "book", "on", "people",
];

/// What people put around a text: skip words of sayso, and signs.
const GREETINGS: [&str; 12] =
    ["hi", "Hi,", "hey", "Hello!", "hiya", "yo", "Greetings,", "heya", "👋", "please", "pls", "thank you,"];
const PARTINGS: [&str; 12] =
    ["please", "pls", "Please!", "thanks", "thx", "thank you!", "ty", "🙏", "😀😀", "❤️", "plz...", "!!!"];
const SIGNS: [&str; 6] = ["", "", ".", "!", "?", "..."];

/// What a text is, and so what must come of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Class {
    /// A text of a pattern of words, as it stands.
    Exact,
    /// The same as people type it: greetings, capitals, signs, emoji.
    Noise,
    /// A text of a pattern with slots.
    Slots,
    /// A text that no pattern takes.
    Nothing,
}

impl Class {
    pub(crate) const ALL: [Self; 4] = [Self::Exact, Self::Noise, Self::Slots, Self::Nothing];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Exact => "exact",
            Self::Noise => "noise",
            Self::Slots => "slots",
            Self::Nothing => "nothing",
        }
    }

    /// Of a hundred texts.
    fn share(self) -> usize {
        match self {
            Self::Exact => 40,
            Self::Noise => 30,
            Self::Slots => 20,
            Self::Nothing => 10,
        }
    }
}

/// A text, and what it means.
#[derive(Debug)]
pub(crate) struct Sample {
    pub(crate) class: Class,
    pub(crate) body: String,
    /// The number of its intent.
    pub(crate) intent: Option<usize>,
    /// Its slots, by name.
    pub(crate) slots: Vec<(String, Value)>,
}

/// An intent: its name, its own words and its patterns as they are written.
#[derive(Debug)]
pub(crate) struct Intent {
    pub(crate) name: String,
    pub(crate) own: [String; 2],
    patterns: Vec<String>,
}

/// The grammar of so many intents, as texts of files.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) intents: Vec<Intent>,
    pub(crate) files: Vec<String>,
    /// Words that are in no pattern.
    strange: Vec<String>,
}

impl Written {
    /// `seed` tells grammars of the same size apart.
    pub(crate) fn new(count: usize, seed: u64) -> Self {
        let mut chance = Chance::new(seed ^ count as u64);
        let known = SHARED.split(|c: char| !c.is_ascii_lowercase()).chain(ENGLISH);
        let mut words = Words::without(known);
        // A topic is shared by some fifty patterns.
        let topics: Vec<String> = (0..5 + count / 20).map(|_| words.fresh(&mut chance)).collect();
        let intents: Vec<Intent> = (0..count)
            .map(|number| {
                let own = [words.fresh(&mut chance), words.fresh(&mut chance)];
                let topic = chance.pick(&topics).clone();
                let plain = chance.some(PATTERNS.0, &WORD_PATTERNS);
                let slotted = chance.some(PATTERNS.1, &SLOT_PATTERNS);
                let patterns = plain.into_iter().chain(slotted);
                let patterns = patterns.map(|pattern| {
                    pattern.replace("KEY", &own[0]).replace("TWO", &own[1]).replace("TOPIC", &topic)
                });
                Intent { name: format!("{}-{number}", own[0]), patterns: patterns.collect(), own }
            })
            .collect();
        let files = intents.chunks(FILE_INTENTS).enumerate().map(|(number, intents)| file(number, intents));
        let files = files.collect();
        let strange = (0..500).map(|_| words.fresh(&mut chance)).collect();
        Self { intents, files, strange }
    }
}

fn file(number: usize, intents: &[Intent]) -> String {
    let mut text = if number == 0 { SHARED.to_owned() } else { String::new() };
    for intent in intents {
        text += "\nintent ";
        text += &intent.name;
        for pattern in &intent.patterns {
            text += "\n  ";
            text += pattern;
        }
        text += "\n";
    }
    text
}

/// Reads grammar files; mistakes go to `found`.
pub(crate) fn parse(files: &[String], found: &mut Diagnostics) -> Vec<GrammarFile> {
    let mut sources = Sources::default();
    let read = files.iter().enumerate().map(|(number, text)| {
        let file = sources.add(format!("{number}.grammar"), "");
        syntax::parse(text, &mut Reader::new(file, found))
    });
    read.collect()
}

/// Texts of that grammar with their right answers, in an order that is mixed.
pub(crate) fn samples(written: &Written, files: &[GrammarFile]) -> Vec<Sample> {
    let mut maker = Maker {
        chance: Chance::new(0x5A15_0000),
        ways: Ways::of(files),
        patterns: files.iter().flat_map(|file| &file.intents).map(|intent| &*intent.patterns).collect(),
        strange: &written.strange,
    };
    let mut samples = Vec::with_capacity(TEXTS);
    for class in Class::ALL {
        for _ in 0..TEXTS * class.share() / 100 {
            samples.push(maker.sample(class));
        }
    }
    maker.chance.shuffle(&mut samples);
    samples
}

struct Maker<'w> {
    chance: Chance,
    ways: Ways<'w>,
    patterns: Vec<&'w [Sequence]>,
    strange: &'w [String],
}

impl Maker<'_> {
    fn sample(&mut self, class: Class) -> Sample {
        let intent = self.chance.below(self.patterns.len());
        let (from, count) = if class == Class::Slots { PATTERNS } else { (0, PATTERNS.0) };
        let pattern = &self.patterns[intent][from + self.chance.below(count)];
        let (words, slots) = spoken::say(pattern, &self.ways, &mut self.chance);
        let said = words.join(" ");
        let (body, intent) = match class {
            Class::Exact => (said, Some(intent)),
            Class::Noise => (self.noisy(&said), Some(intent)),
            Class::Slots => (self.greeted(&said), Some(intent)),
            Class::Nothing => (self.idle(words), None),
        };
        Sample { class, body, intent, slots }
    }

    /// As people type it: something before it, something behind it, capitals, signs.
    fn noisy(&mut self, said: &str) -> String {
        let said = match self.chance.below(5) {
            0 => said.to_uppercase(),
            1 => said.to_owned(),
            2 => said.replace('\'', "’"),
            _ => capital(said),
        };
        let before = if self.chance.percent(60) { *self.chance.pick(&GREETINGS) } else { "" };
        let sign = *self.chance.pick(&SIGNS);
        let behind = if self.chance.percent(60) { *self.chance.pick(&PARTINGS) } else { "" };
        format!("{before} {said}{sign} {behind}").trim().to_owned()
    }

    /// Half of the texts with slots have a greeting and a sign. What people write into slots keeps its capitals.
    fn greeted(&mut self, said: &str) -> String {
        if self.chance.percent(50) {
            return said.to_owned();
        }
        let sign = if said.contains('@') { "" } else { *self.chance.pick(&["", "!", "."]) };
        format!("{} {said}{sign}", self.chance.pick(&GREETINGS))
    }

    /// Words that no pattern takes: strange ones, English ones, both, or a pattern's text with one word too many.
    fn idle(&mut self, mut pattern: Vec<String>) -> String {
        if self.chance.percent(30) {
            let at = self.chance.below(pattern.len() + 1);
            pattern.insert(at, self.chance.pick(self.strange).clone());
            return pattern.join(" ");
        }
        let english = *self.chance.pick(&[0, 50, 80, 100]);
        let words = (0..2 + self.chance.below(7)).map(|_| {
            if self.chance.percent(english) {
                *self.chance.pick(&ENGLISH)
            } else {
                self.chance.pick(self.strange).as_str()
            }
        });
        words.collect::<Vec<_>>().join(" ")
    }
}

fn capital(said: &str) -> String {
    let (first, rest) = said.split_at(1);
    first.to_uppercase() + rest
}
