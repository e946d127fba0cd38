//! How many parts a text can take, with the longest values that it is expected to show.
//!
//! A value with letters outside GSM-7 (somebody's name) can put a text into UCS-2 that is GSM-7 by its own words. That is
//! the person's doing and nothing that a writer could mend, so it is no reason to warn; where a text is too long anyway,
//! it is said what it would come to.

use super::super::super::{Bot, BrandSources, Field};
use super::place::{Origin, Places};
use super::{Menu, Saying, labels_of, language_of, words_of};
use crate::consent::wording;
use crate::diagnostic::{At, Code, Diagnostic, Diagnostics, Place};
use crate::expr::{Fact, Term, Text, TextPiece, shown};
use crate::language::Lang;
use crate::slot::{Letters, Longest, Value, ValueKind};
use crate::sms::encoding::{
    Alphabet, Cost, GSM7_EACH, GSM7_ONE, UCS2_EACH, UCS2_ONE, cost, in_plain_signs, plain, septets,
};
use crate::sms::{ProgrammeId, Signs};
use jiff::civil::{date, time};
use rust_decimal::Decimal;
use rustc_hash::{FxHashMap, FxHashSet};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Letters without an accent that one text may be advised to have: where there are more, it is its language.
const MISSPELT_MAX: usize = 3;

/// Replacements that one hint names.
const NAMED_MAX: usize = 4;

/// Stands for one letter of a value.
const LETTER: char = 'n';
/// Stands for a pictogram, two units.
const PICTOGRAM: char = '🙂';

/// What the parts of a text are counted by.
pub(super) struct Parts<'b> {
    bot: &'b Bot,
    longest: BTreeMap<&'b str, (ValueKind, Longest)>,
    /// The longest of the kinds that are written otherwise in each language, as far as fields are of them.
    written: FxHashMap<(Lang, ValueKind), Longest>,
    /// `{terms}` in each of the brand's languages.
    terms: Vec<(Lang, String)>,
    /// The longest name of a programme.
    program: String,
    /// The facts that texts show, as they were written.
    facts: Vec<&'b At<String>>,
}

/// Each programme's name and frequency.
fn programs(bot: &Bot) -> impl Iterator<Item = (&str, Option<&str>)> {
    let main = std::iter::once(bot.programme(&ProgrammeId::main()));
    main.chain(bot.programmes.iter().map(|programme| bot.programme(&programme.id)))
}

/// The terms of the programme that has the longest.
fn longest_terms(bot: &Bot, language: Lang) -> String {
    let contact = &bot.contact;
    dearest(
        programs(bot).map(|(program, frequency)| {
            wording::terms(wording::Facts { program, contact, frequency }, language)
        }),
    )
}

fn dearest(words: impl Iterator<Item = String>) -> String {
    words.max_by_key(|words| cost(words).units).unwrap_or_default()
}

/// A text at its longest.
#[derive(Default)]
struct Message {
    body: String,
    /// Whether a value in it may bring letters outside GSM-7.
    other_letters: bool,
}

impl<'b> Parts<'b> {
    pub(super) fn new(bot: &'b Bot, sources: &BrandSources<'b>) -> Self {
        let brand = sources.brand;
        let of_field = |field: &'b Field| (field.slot_type.kind(), field.slot_type.longest());
        let fields = bot.fields.iter().map(|field| (field.name.as_str(), of_field(field)));
        let kinds: FxHashSet<ValueKind> = bot.fields.iter().map(|field| field.slot_type.kind()).collect();
        let by_language = bot.languages.iter().flat_map(|lang| kinds.iter().map(move |kind| (*lang, *kind)));
        let written = by_language
            .filter_map(|(lang, kind)| Some(((lang, kind), longest_written(kind, lang)?)))
            .collect();
        Self {
            bot,
            longest: fields.collect(),
            written,
            program: dearest(programs(bot).map(|(program, _)| program.to_owned())),
            terms: bot.languages.iter().map(|lang| (*lang, longest_terms(bot, *lang))).collect(),
            facts: [&brand.program, &brand.contact, &brand.frequency]
                .into_iter()
                .chain(brand.programs.iter().flat_map(|program| [&program.called, &program.frequency]))
                .flatten()
                .collect(),
        }
    }

    /// Reports wordings that take more parts than the budget, and characters that cost parts.
    pub(super) fn check(&self, saying: &Saying<'_>, places: &Places<'_>, found: &mut Diagnostics) {
        if saying.pictured {
            return;
        }
        for decl in &saying.decls {
            let language = language_of(decl, self.bot);
            for (number, wording) in saying.wordings(language).iter().enumerate() {
                let message = self.message(Some(wording), saying.menu, language);
                let origin = Origin::Text(decl, number);
                let own = |c: char| {
                    let words = words_of(wording);
                    let at = words.find(c)?;
                    Some(Met::Here(places.within(origin, &words, at..at + c.len_utf8())))
                };
                let met = |c: char| own(c).or_else(|| self.elsewhere(saying.menu, c));
                self.judge(&message, places.of(origin), met, found);
            }
        }
        if let (None, Some(menu)) = (saying.texts, saying.menu) {
            for language in &self.bot.languages {
                let message = self.message(None, saying.menu, *language);
                self.judge(&message, menu.place, |c| self.elsewhere(saying.menu, c), found);
            }
        }
    }

    /// Reports what is to be said about one message; `met` tells where one of its characters was written.
    fn judge(
        &self,
        message: &Message,
        place: Place,
        met: impl Fn(char) -> Option<Met>,
        found: &mut Diagnostics,
    ) {
        if self.bot.signs == Signs::Plain
            && let Cow::Owned(body) = in_plain_signs(&message.body)
        {
            // Nothing is outside GSM-7 any more, and so nothing can be told of it.
            let plain = Message { body, other_letters: message.other_letters };
            return self.judge(&plain, place, met, found);
        }
        let cost = cost(&message.body);
        if cost.parts == 1 {
            return;
        }
        let mut outside = message.body.chars().filter(|c| septets(*c).is_none());
        let outside = outside.find_map(|c| Some((c, met(c)?)));
        let replaced = cost.outside.map(|_| Replaced::of(&message.body));
        if let (Some((c, met)), Some(replaced)) = (outside, &replaced)
            && replaced.is_worth(cost)
        {
            found.push(costly(c, met, cost, replaced));
        }
        if cost.parts > self.bot.budget {
            found.push(self.too_long(message, cost, outside.map(|(c, _)| c), replaced.as_ref(), place));
        }
    }

    fn too_long(
        &self,
        message: &Message,
        cost: Cost,
        outside: Option<char>,
        replaced: Option<&Replaced>,
        place: Place,
    ) -> Diagnostic {
        let because = match (cost.alphabet, outside) {
            (Alphabet::Gsm7, _) => "GSM-7".to_owned(),
            (Alphabet::Ucs2, Some(c)) => format!("UCS-2, because of {}", named(c)),
            (Alphabet::Ucs2, None) => "UCS-2, because of a value that it shows".to_owned(),
        };
        let said = format!(
            "this text can take {} parts: {} characters of {because}; the budget is {}",
            cost.parts, cost.units, self.bot.budget
        );
        let mut diagnostic = Diagnostic::new(Code::OverBudget, place, said);
        if let (Some(c), Some(replaced)) = (outside, replaced.filter(|replaced| replaced.is_possible(cost))) {
            let others = if replaced.met > 1 { " and its like" } else { "" };
            let parts = replaced.cost.parts;
            let hint = format!("without {}{others} it takes {parts} part{}", named(c), plural(parts));
            diagnostic = diagnostic.hint(hint);
        }
        let more = cost.units.saturating_sub(room(cost.alphabet, self.bot.budget)).max(1);
        diagnostic = diagnostic.hint(format!(
            "make it {more} character{} shorter, or write `budget {} parts` in `brand.flow`",
            plural(more),
            cost.parts
        ));
        if message.other_letters && cost.alphabet == Alphabet::Gsm7 {
            let parts = cost.units.div_ceil(UCS2_EACH);
            diagnostic =
                diagnostic.hint(format!("a value with a letter outside GSM-7 makes it {parts} parts"));
        }
        diagnostic
    }

    /// Where a character was written that a text does not have of its own: in a label, in a fact of the brand.
    fn elsewhere(&self, menu: Option<Menu<'_>>, c: char) -> Option<Met> {
        let options = menu.into_iter().flat_map(|menu| menu.options);
        let labels = options.flat_map(|option| labels_of(option, self.bot)).map(|(_, label)| label);
        let written = labels.chain(self.facts.iter().copied());
        let mut met = written.filter_map(|words| Some((words, words.value.find(c)?)));
        met.next().map(|(words, at)| {
            let start = words.place.range().start + at;
            Met::Elsewhere(Place::new(words.place.file, start..start + c.len_utf8()))
        })
    }

    /// A text with its options at its longest, as it is sent.
    fn message(&self, text: Option<&Text>, menu: Option<Menu<'_>>, language: Lang) -> Message {
        let mut message = Message::default();
        if let Some(text) = text {
            self.push(text, language, &mut message);
        }
        let labels = menu.into_iter().flat_map(|menu| menu.linked.labels());
        for (number, label) in (1_u32..).zip(labels) {
            let parted = if message.body.is_empty() { "" } else { "\n" };
            message.body.extend([parted, &number.to_string(), " "]);
            if let Some(label) = label.in_language(language).first() {
                self.push(label, language, &mut message);
            }
        }
        message
    }

    fn push(&self, text: &Text, language: Lang, message: &mut Message) {
        for piece in &text.pieces {
            match piece {
                TextPiece::Words(words) => message.body.push_str(words),
                TextPiece::Term(term) => {
                    let (longest, other_letters) = self.longest(term, language);
                    message.body.push_str(&longest);
                    message.other_letters |= other_letters;
                }
                TextPiece::Plural { forms, other, .. } => {
                    let words = forms.iter().map(|(_, word)| word).chain([other]);
                    message.body.push_str(words.max_by_key(|word| cost(word).units).unwrap_or(other));
                }
                TextPiece::Link { url, .. } => message.body.push_str(url),
            }
        }
    }

    /// Stands for the longest that a term shows, and whether it may bring letters outside GSM-7.
    fn longest(&self, term: &Term, language: Lang) -> (Cow<'_, str>, bool) {
        match term {
            Term::Field(name) => {
                let (kind, own) =
                    self.longest.get(&**name).copied().unwrap_or((ValueKind::Text, Longest::gsm7(0)));
                let written = self.written.get(&(language, kind)).copied();
                // A type may be shorter than its kind: a rating is one digit.
                let longest = written.filter(|_| own.units >= Longest::of_kind(kind).units).unwrap_or(own);
                (stand_in(longest), longest.letters == Letters::Any)
            }
            Term::Age(_) => (stand_in(Longest::gsm7(3)), false),
            Term::Region(_) => (stand_in(Longest::any(40)), true),
            Term::Fact(Fact::Program) => (Cow::Borrowed(&self.program), false),
            Term::Fact(Fact::Contact) => (Cow::Borrowed(&self.bot.contact), false),
            Term::Fact(Fact::Terms) => {
                let terms = self.terms.iter().find(|(lang, _)| *lang == language);
                (Cow::Borrowed(terms.map_or("", |(_, terms)| terms)), false)
            }
            Term::Constant(value) => (Cow::Owned(shown(value, language)), false),
            Term::Sum(..) => {
                let written = self.written.get(&(language, ValueKind::Number)).copied();
                (stand_in(written.unwrap_or(Longest::of_kind(ValueKind::Number))), false)
            }
            Term::Else(first, default) => {
                let (first, default) = (self.longest(first, language), self.longest(default, language));
                let longer = cost(&default.0).units > cost(&first.0).units;
                (if longer { default.0 } else { first.0 }, first.1 || default.1)
            }
        }
    }
}

/// Where a character of a text was written.
#[derive(Clone, Copy)]
enum Met {
    /// In the text.
    Here(Place),
    /// In words that other texts show as well.
    Elsewhere(Place),
}

/// A character that makes a text dearer than another one would.
fn costly(c: char, met: Met, cost: Cost, replaced: &Replaced) -> Diagnostic {
    let (place, what) = match met {
        Met::Here(place) => {
            let parts = replaced.cost.parts;
            (place, format!("it makes this text {} parts instead of {parts}", cost.parts))
        }
        // The same for every text that shows it, so that it is said once.
        Met::Elsewhere(place) => (place, "it makes longer texts that show it take more parts".to_owned()),
    };
    let message = format!("{} is not in GSM-7: {what}", named(c));
    Diagnostic::new(Code::CostlyCharacter, place, message).hint(replaced.hint())
}

/// The longest that a language is expected to write for a kind of values; `None` for kinds that all languages write alike.
fn longest_written(kind: ValueKind, language: Lang) -> Option<Longest> {
    let amount = Decimal::new(123_456_789, 2);
    let values: Vec<Value> = match kind {
        ValueKind::Number => vec![Value::Number(amount)],
        ValueKind::Date => (1..=12).map(|month| Value::Date(date(2026, month, 28))).collect(),
        ValueKind::Time => vec![Value::Time(time(22, 30, 0, 0))],
        ValueKind::Money => vec![Value::Money { amount, currency: "CHF".to_owned() }],
        ValueKind::Text | ValueKind::Choice | ValueKind::Truth | ValueKind::Duration => return None,
    };
    let written: Vec<String> = values.iter().map(|value| shown(value, language)).collect();
    let units = written.iter().map(|words| words.encode_utf16().count()).max()?;
    let gsm7 = written.iter().all(|words| cost(words).alphabet == Alphabet::Gsm7);
    Some(if gsm7 { Longest::gsm7(units) } else { Longest::any(units) })
}

/// As long as the longest value.
fn stand_in(longest: Longest) -> Cow<'static, str> {
    Cow::Owned(match longest.letters {
        Letters::Gsm7 | Letters::Any => LETTER.to_string().repeat(longest.units),
        Letters::Pictograms => PICTOGRAM.to_string().repeat(longest.units.div_ceil(PICTOGRAM.len_utf16())),
    })
}

/// A text with all that GSM-7 lacks replaced.
struct Replaced {
    cost: Cost,
    /// Characters that were replaced or lost.
    met: usize,
    /// Characters that nothing replaces.
    lost: usize,
    /// Letters that lost their accent.
    misspelt: usize,
    /// What is written for what.
    pairs: Vec<(char, String)>,
}

impl Replaced {
    fn of(body: &str) -> Self {
        let (mut text, mut pairs) = (String::with_capacity(body.len()), Vec::new());
        let (mut met, mut lost, mut misspelt) = (0, 0, 0);
        for c in body.chars() {
            if septets(c).is_some() {
                text.push(c);
                continue;
            }
            met += 1;
            let Some(instead) = plain(c) else {
                lost += 1;
                continue;
            };
            misspelt += usize::from(instead.misspelt);
            text.push_str(&instead.text);
            if pairs.iter().all(|(known, _)| *known != c) {
                pairs.push((c, instead.text.into_owned()));
            }
        }
        Self { cost: cost(&text), met, lost, misspelt, pairs }
    }

    /// Whether a text would be the same with other characters, and cheaper.
    fn is_worth(&self, before: Cost) -> bool {
        self.lost == 0 && self.misspelt <= MISSPELT_MAX && self.cost.parts < before.parts
    }

    /// Whether a text could do without what GSM-7 lacks: a few pictograms, but no other alphabet.
    fn is_possible(&self, before: Cost) -> bool {
        self.lost <= MISSPELT_MAX && self.cost.parts < before.parts
    }

    fn hint(&self) -> String {
        let pairs = self.pairs.iter().take(NAMED_MAX).map(|(c, instead)| match instead.as_str() {
            "" => format!("leave {} out", named(*c)),
            " " => format!("write a plain blank for {}", named(*c)),
            instead => format!("write `{instead}` for `{c}`"),
        });
        pairs.collect::<Vec<_>>().join(", ")
    }
}

/// A character with its code point: many cannot be told apart by looking at them.
fn named(c: char) -> String {
    let code = u32::from(c);
    if c.is_whitespace() || plain(c).is_some_and(|plain| plain.text.is_empty()) {
        format!("U+{code:04X}")
    } else {
        format!("`{c}` (U+{code:04X})")
    }
}

/// Septets or units of so many parts.
fn room(alphabet: Alphabet, parts: usize) -> usize {
    match (alphabet, parts) {
        (Alphabet::Gsm7, 1) => GSM7_ONE,
        (Alphabet::Ucs2, 1) => UCS2_ONE,
        (Alphabet::Gsm7, parts) => GSM7_EACH * parts,
        (Alphabet::Ucs2, parts) => UCS2_EACH * parts,
    }
}

fn plural(count: usize) -> &'static str {
    if count == 1 { "" } else { "s" }
}
