//! `name`: what somebody is called. Takes "I'm Ana", "Ana Lopez here" and "this is Ana from Atlanta"; refuses
//! "yes please", questions and sentences.

use super::phrase::{end_of, has_small_letters, is_skip, is_word};
use super::{ANSWER_TOKENS_MAX, Answer, Context, Found, Longest, Openness, SlotType, Value, ValueKind};
use crate::language::List;
use crate::sms::Text;
use crate::sms::normalize::TokenKind;
use rustc_hash::FxHashSet;
use std::borrow::Cow;
use std::sync::LazyLock;
use unicode_normalization::char::is_combining_mark;

/// Words of a name, particles aside: "María del Carmen García López" has four.
const WORDS_MAX: usize = 5;
/// Words of a name with its particles: "Maria de los Angeles de la Cruz Lopez" has eight.
const TOKENS_MAX: usize = 8;
/// Characters of a name; the longest that registries print.
const CHARACTERS_MAX: usize = 60;
/// Words that stand inside names and are small there. Alone they are a name with a capital only ("Al").
#[rustfmt::skip]
static PARTICLES: LazyLock<FxHashSet<&str>> = LazyLock::new(|| FxHashSet::from_iter([
    "al", "av", "bin", "bint", "da", "das", "de", "del", "della", "den", "der", "des", "di", "do", "dos", "du", "e",
    "el", "ibn", "la", "las", "le", "les", "los", "ten", "ter", "van", "von", "y", "zu", "zum", "zur",
]));
/// Letters that Roman numerals behind a name are made of: "John Smith III".
const NUMERALS: [&str; 3] = ["ii", "iii", "iv"];

pub(super) struct Name;

/// Tokens of a text in which names are looked for: the longest text has no more words of a usual length, and each place
/// where a name could begin costs.
const TEXT_TOKENS_MAX: usize = 320;

impl SlotType for Name {
    fn name(&self) -> &'static str {
        "name"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Text
    }

    fn openness(&self) -> Openness {
        Openness::Open
    }

    fn longest(&self) -> Longest {
        Longest::any(40) // "María del Carmen García López" and some more
    }

    fn width(&self) -> u32 {
        500 // most words that are not common ones
    }

    fn example(&self) -> Option<String> {
        Some("ana".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        if text.tokens().len() > TEXT_TOKENS_MAX {
            return Vec::new();
        }
        let (mut found, mut words) = (Vec::new(), 0);
        for end in at + 1..=text.tokens().len().min(at + TOKENS_MAX) {
            if !continues_name(text, at, end - 1, context) {
                break;
            }
            words += usize::from(!is_particle(text, end - 1));
            if words > WORDS_MAX || !is_short(text, at, end) {
                break;
            }
            if ends_name(text, at, end) {
                found.push(Found { end, value: Value::Text(capitalized(text.typed(at..end))) });
            }
        }
        found.reverse();
        found
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let (start, end) = inner(text, context);
        if start >= end || text.original().contains(['?', '¿', '？', '؟']) {
            return Answer::Unclear;
        }
        if !(start..end).all(|at| continues_name(text, start, at, context)) || !ends_name(text, start, end) {
            return Answer::Unclear;
        }
        if !is_within_limits(text, start, end) {
            return Answer::Invalid("too long for a name");
        }
        Answer::Value(Value::Text(capitalized(text.typed(start..end))))
    }
}

/// The tokens that remain when greetings, a lead-in ("my name is"), politeness and what follows a name ("here",
/// "from Atlanta") are taken off.
fn inner(text: &Text, context: &Context<'_>) -> (usize, usize) {
    let all = text.tokens().len();
    let (mut start, mut lead) = (0, lead_end(text, 0, context));
    while lead.is_none() && start < all.min(ANSWER_TOKENS_MAX) && says_nothing(text, start, context) {
        start += 1;
        lead = lead_end(text, start, context);
    }
    start = lead.unwrap_or(start);
    let last = all.min(start + TOKENS_MAX + 1);
    let mut end = (start + 1..last).find(|at| is_tail(text, *at, context)).unwrap_or(all);
    while end > start && says_nothing(text, end - 1, context) {
        end -= 1;
    }
    // After "my name is" even "Ty" is a name, which is a thank-you elsewhere.
    if end == start && lead.is_some() && start < all && text.tokens()[start].kind == TokenKind::Word {
        end = start + 1;
    }
    (start, end)
}

fn says_nothing(text: &Text, at: usize, context: &Context<'_>) -> bool {
    text.tokens()[at].kind == TokenKind::Emoji || is_skip(text, at, context)
}

/// The end of a lead-in at `at`. A nod and more greetings may come before it: "sure, it's Ana", "ok hi I'm Ana".
fn lead_end(text: &Text, at: usize, context: &Context<'_>) -> Option<usize> {
    if let Some(end) = end_of(text, at, context, List::NameLead) {
        return Some(end);
    }
    let mut after = end_of(text, at, context, List::Yes)?;
    while after < text.tokens().len() && says_nothing(text, after, context) {
        after += 1;
    }
    end_of(text, after, context, List::NameLead)
}

/// Whether something stands at `at` that follows names, with no more behind it than belongs to it.
fn is_tail(text: &Text, at: usize, context: &Context<'_>) -> bool {
    end_of(text, at, context, List::NameTail)
        .is_some_and(|end| text.tokens().len() - end <= ANSWER_TOKENS_MAX)
}

/// Whether token `at` may be part of a name that starts at `start`.
fn continues_name(text: &Text, start: usize, at: usize, context: &Context<'_>) -> bool {
    is_name_word(text, start, at, context) && (at == start || joins_name(text, at))
}

/// Words without digits that are no common word of a sentence. A common word may be one behind another, with a
/// capital ("Sandra Oh", "Anh Le"), and a particle before another ("de la Cruz").
fn is_name_word(text: &Text, start: usize, at: usize, context: &Context<'_>) -> bool {
    let word = text.token(at);
    if text.tokens()[at].kind != TokenKind::Word || word.chars().any(|c| c.is_ascii_digit()) {
        return false;
    }
    let common = is_word(text, at, context, List::NotAName);
    let leads_on = at + 1 < text.tokens().len() && text.tokens()[at + 1].kind == TokenKind::Word;
    if is_particle(text, at) {
        return leads_on || has_capital(text, at);
    }
    !common || at > start && has_capital(text, at)
}

/// Whether token `at` begins with a capital in a text that is not all capitals.
fn has_capital(text: &Text, at: usize) -> bool {
    text.typed(at..at + 1).starts_with(char::is_uppercase) && has_small_letters(text, at)
}

fn is_particle(text: &Text, at: usize) -> bool {
    PARTICLES.contains(text.token(at))
}

/// Whether what stands before token `at` may stand inside a name: "J.R. Smith", "Jean-Luc", "Lopez, Ana",
/// "Ana (Annie) Lopez", an accent that is a character of its own; not "x.com" or "Ana/Luis".
fn joins_name(text: &Text, at: usize) -> bool {
    let gap = text.gap(at);
    let allowed = |c: char| c.is_whitespace() || is_combining_mark(c) || ".,-‐‑–()\"“”'’‘·・".contains(c);
    let is_initial = || text.token(at).len() == 1 || has_capital(text, at);
    gap.chars().all(allowed) && (gap != "." || is_initial())
}

/// Whether a name may be over before `end`: not after a particle, unless it is somebody's ("Anh Le", "Al"), nor as long
/// as there are only Latin initials, which are slips or answers to something else. One Chinese character is a name.
fn ends_name(text: &Text, start: usize, end: usize) -> bool {
    let last = end - 1;
    let whole = !is_particle(text, last) || has_capital(text, last);
    whole && (start..end).any(|at| text.token(at).len() > 1)
}

fn is_within_limits(text: &Text, start: usize, end: usize) -> bool {
    let words = (start..end).filter(|at| !is_particle(text, *at)).count();
    words <= WORDS_MAX && end - start <= TOKENS_MAX && is_short(text, start, end)
}

/// Whether tokens `start..end` are typed in no more characters than a name has.
fn is_short(text: &Text, start: usize, end: usize) -> bool {
    text.typed(start..end).chars().nth(CHARACTERS_MAX).is_none()
}

/// A name on one line. Typed all small or all large it gets capitals; one with both is left as its owner writes it.
fn capitalized(typed: &str) -> String {
    // With both kinds of letters its owner chose them; with neither, the script has no capitals.
    let as_typed =
        typed.contains(char::is_uppercase) == typed.contains(char::is_lowercase) || is_initials(typed);
    let mut name = String::with_capacity(typed.len());
    for word in typed.split_whitespace() {
        let first = name.is_empty();
        if !first {
            name.push(' ');
        }
        if as_typed {
            name.push_str(word);
        } else {
            push_capital_word(&mut name, word, first);
        }
    }
    name
}

/// Two capitals that spell no syllable: "JP", "AJ".
fn is_initials(typed: &str) -> bool {
    let capitals = typed.len() == 2 && typed.bytes().all(|b| b.is_ascii_uppercase());
    capitals && (typed.ends_with('J') || !typed.contains(['A', 'E', 'I', 'O', 'U', 'Y']))
}

/// Adds one word of a name: "ana" → "Ana", "jean-luc" → "Jean-Luc", "o'neil" → "O'Neil"; "de" and "d'arc" stay small
/// behind another word.
fn push_capital_word(name: &mut String, word: &str, first: bool) {
    let is_small = !word.contains(char::is_uppercase);
    let small = if is_small { Cow::Borrowed(word) } else { Cow::Owned(word.to_lowercase()) };
    if !first && PARTICLES.contains(&*small) {
        return name.push_str(&small);
    }
    if !first && NUMERALS.contains(&&*small) {
        return name.push_str(&word.to_uppercase());
    }
    let mut fresh = first || !small.starts_with("d'") && !small.starts_with("d’");
    let mut letters = 0;
    for c in small.chars() {
        let apostrophe = matches!(c, '\'' | '’' | '‘');
        if fresh && c.is_alphanumeric() {
            name.extend(c.to_uppercase());
        } else {
            name.push(c);
        }
        fresh = matches!(c, '-' | '‐' | '‑' | '–' | '.' | '(' | '"' | '“') || apostrophe && letters == 1;
        letters = if c.is_alphanumeric() { letters + 1 } else { 0 };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;
    use proptest::prelude::*;

    const LANGUAGES: [Lang; 3] = [Lang::EN, Lang::FR, Lang::ES];

    fn read(text: &str) -> Answer {
        Name.read(&Text::new(text), &Context::of(&LANGUAGES))
    }

    #[test]
    fn names_are_taken_as_people_give_them() {
        for (text, name) in [
            ("ana", "Ana"),
            ("Ana!", "Ana"),
            ("I'm Ana!", "Ana"),
            ("my name is Ana Lopez", "Ana Lopez"),
            ("Hi, it's ana maría please", "Ana María"),
            ("it's me, Ana", "Ana"),
            ("Ana Lopez here", "Ana Lopez"),
            ("this is Ana from Atlanta", "Ana"),
            ("Ana is my name", "Ana"),
            ("hi im ana nice to meet you 😊", "Ana"),
            ("sure, it's Ana", "Ana"),
            ("ok call me ana", "Ana"),
            ("my name is Ty", "Ty"),
            ("Will", "Will"),
            ("you can call me Big Mike", "Big Mike"),
            ("Call me Al", "Al"),
            ("😊 Ana 😊", "Ana"),
            ("me llamo José", "José"),
            ("hola soy ana, mucho gusto", "Ana"),
            ("je m'appelle Zoé", "Zoé"),
            ("moi c'est Luc", "Luc"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(name.into())), "{text}");
        }
    }

    #[test]
    fn names_are_written_as_names() {
        for (text, name) in [
            ("ANA", "Ana"),
            ("ana maria de la cruz", "Ana Maria de la Cruz"),
            ("MARIA DE LOS ANGELES DE LA CRUZ LOPEZ", "Maria de los Angeles de la Cruz Lopez"),
            ("vincent van gogh", "Vincent van Gogh"),
            ("van morrison", "Van Morrison"),
            ("jeanne d'arc", "Jeanne d'Arc"),
            ("d'angelo", "D'Angelo"),
            ("o'neil", "O'Neil"),
            ("jean-luc o’neil", "Jean-Luc O’Neil"),
            ("DeShawn McCoy", "DeShawn McCoy"),
            ("Dr. Ana Lopez", "Dr. Ana Lopez"),
            ("dr. ana lopez", "Dr. Ana Lopez"),
            ("j.r. smith", "J.R. Smith"),
            ("john smith iii", "John Smith III"),
            ("Ana\n Lopez", "Ana Lopez"),
            ("Nguyễn", "Nguyễn"),
            ("nguye\u{302}\u{303}n", "Nguye\u{302}\u{303}n"),
            ("AJ", "AJ"),
            ("mr smith", "Mr Smith"),
            ("李雷", "李雷"),
            ("李", "李"),
            ("Sandra Oh", "Sandra Oh"),
            ("anh Le", "anh Le"),
            ("Gabriel García y Vega", "Gabriel García y Vega"),
            ("мария", "Мария"),
            ("محمد علي", "محمد علي"),
        ] {
            assert_eq!(read(text), Answer::Value(Value::Text(name.into())), "{text}");
        }
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in [
            "",
            "yes please",
            "yes",
            "no",
            "N",
            "ok",
            "stop",
            "help",
            "30309",
            "Ana 30309",
            "what?",
            "Ana?",
            "hello",
            "👍",
            "😂😂",
            "who is this",
            "I don't want to tell you",
            "not telling",
            "none of your business",
            "i'm good",
            "I'm driving",
            "im busy",
            "de la",
            "x",
            "n/a",
            "j.r.",
            "ana de",
            "Ana/Luis",
            "x.com",
            "scoops.example",
            "ana@x.com",
            "je ne veux pas",
            "no quiero",
            "qui est-ce",
            "well my mother used to say all sorts of things",
        ] {
            assert_eq!(read(text), Answer::Unclear, "{text}");
        }
        for text in ["Ana Maria Guadalupe Lopez Hernandez Garcia", &"a".repeat(61)] {
            assert!(matches!(read(text), Answer::Invalid(_)), "{text}");
        }
    }

    #[test]
    fn a_name_inside_a_pattern_gives_its_longest_form_first() {
        let text = Text::new("add ana de la cruz please");
        let found = Name.find(&text, 1, &Context::of(&LANGUAGES));
        let found: Vec<_> = found.into_iter().map(|found| (found.end, found.value.to_string())).collect();
        assert_eq!(found, [(5, "Ana de la Cruz".to_owned()), (2, "Ana".to_owned())]);
    }

    proptest! {
        #[test]
        fn any_text_is_read(body in "(\\PC{0,8}| |my name is|de|la|d'|here|ana|\n){0,10}") {
            let text = Text::new(&body);
            let context = Context::of(&LANGUAGES);
            for at in 0..text.tokens().len() {
                for found in Name.find(&text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len());
                }
            }
            if let Answer::Value(Value::Text(name)) = Name.read(&text, &context) {
                prop_assert!(!name.is_empty() && !name.contains('\n'));
            }
        }
    }
}
