//! `number`: digits as they are written in the place, or words; also "2k", "½", "2 1/2", "a dozen" and "3rd".
//!
//! "3m" is no number: metres, minutes, months and millions are all written so.

use super::phrase::{self, can_begin, end_of, is_word, longest_in};
use super::read_only_meant;
use super::{Answer, Context, Found, Meant, Openness, SlotType, Value, ValueKind};
use crate::language::{Lang, List, Lists, NumberWords};
use crate::sms::Text;
use rust_decimal::Decimal;

/// Digits of a number that are read: more is an account number or nonsense, not a quantity.
const DIGITS_MAX: usize = 15;
/// The smallest number with more digits than [`DIGITS_MAX`].
const ABOVE_MAX: u64 = 10_u64.pow(15);
/// Groups of digits that are looked at: five are fifteen digits, and a sixth is the decimal part.
const GROUPS_MAX: usize = 6;
/// Digits from which on several groups are a phone number, unless they are read as one number.
const PHONE_DIGITS_MIN: usize = 7;
/// Tokens on each side that are looked at for the rest of a phone number; the most pairs are five.
const PHONE_TOKENS_MAX: usize = 6;

/// Countries with a decimal point where Spanish is spoken; elsewhere Spanish has a comma.
const SPANISH_WITH_POINT: [&str; 10] = ["US", "MX", "PR", "GT", "SV", "HN", "NI", "DO", "PA", "PE"];
/// Countries with a decimal point, for a language that we know nothing about.
#[rustfmt::skip]
const WITH_POINT: [&str; 21] = [
    "US", "CA", "GB", "IE", "AU", "NZ", "IN", "PK", "PH", "MX", "JP", "CN", "KR", "SG", "MY", "TH", "IL", "NG", "KE",
    "GH", "PR",
];

/// Fractions of one character, in thousandths. Thirds do not come out even and are not read.
const FRACTION_SIGNS: [(char, i64); 11] = [
    ('½', 500),
    ('¼', 250),
    ('¾', 750),
    ('⅕', 200),
    ('⅖', 400),
    ('⅗', 600),
    ('⅘', 800),
    ('⅛', 125),
    ('⅜', 375),
    ('⅝', 625),
    ('⅞', 875),
];
/// What a fraction of digits may stand over: what comes out even, and is no month of a year that somebody means.
const DENOMINATORS: [&str; 5] = ["2", "4", "5", "8", "10"];

pub(super) struct Number;

impl SlotType for Number {
    fn name(&self) -> &'static str {
        "number"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn example(&self) -> Option<String> {
        Some("3".to_owned())
    }

    /// A word that two languages read differently is found as the more likely language reads it.
    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        let found = readings(text, at, context).into_iter().next();
        found.map(|(value, end)| Found { end, value: Value::Number(value) }).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| {
            let mut readings = readings(text, at, context);
            let (value, end) = *readings.first()?;
            if readings.len() == 1 {
                return Some(Meant::value(end, Value::Number(value)));
            }
            let values = readings.drain(..).map(|(value, _)| Value::Number(value)).collect();
            Some(Meant { end, answer: Answer::Ambiguous(values) })
        })
    }
}

/// Lists of which a phrase begins every quantity in words.
pub(super) const QUANTITIES: Lists = phrase::NUMBERS.and(Lists::of(&[List::Minus, List::Counts]));
/// The same for numbers, which may be ordinals.
const NUMBERS: Lists = QUANTITIES.and(Lists::of(&[List::Ordinals]));

/// The numbers that start at `at` and stand for themselves: one, or one for each language that reads another.
fn readings(text: &Text, at: usize, context: &Context<'_>) -> Vec<(Decimal, usize)> {
    if !can_begin(text, at, NUMBERS) {
        return Vec::new();
    }
    let ordinal = ordinal(text, at, context).filter(|_| !counts_next(text, at, context));
    let quantity = quantity(text, at, context);
    match (ordinal, quantity) {
        (Some((place, end)), quantity) if quantity.as_ref().is_none_or(|q| q.end <= end) => {
            if ends_clean(text, end) { vec![(Decimal::from(place), end)] } else { Vec::new() }
        }
        (_, Some(quantity)) if stands_alone(text, &quantity, context) => {
            let mut readings = said(text, at, context);
            if readings.first().is_none_or(|first| *first != (quantity.value, quantity.end)) {
                readings = vec![(quantity.value, quantity.end)];
            }
            readings
        }
        _ => Vec::new(),
    }
}

/// Whether the word before `at` makes an ordinal at `at` a thing that is counted: "a second", "two thirds".
fn counts_next(text: &Text, at: usize, context: &Context<'_>) -> bool {
    at > 0
        && linked(text, at)
        && (digits_and_letters(text, at - 1).is_some()
            || is_word(text, at - 1, context, List::Articles)
            || is_word(text, at - 1, context, List::Units))
}

/// Whether the value of tokens `at..end` is one of two that are left open: "2 or 3 hours", "an hour or two".
pub(super) fn one_of_two(text: &Text, at: usize, end: usize, context: &Context<'_>) -> bool {
    let is_number =
        |at: usize| digits_and_letters(text, at).is_some() || is_word(text, at, context, List::Units);
    let is_or = |at: usize| is_word(text, at, context, List::Or);
    at >= 2 && is_or(at - 1) && is_number(at - 2) || is_or(end) && is_number(end + 1)
}

/// Whether what follows leaves the number what it is: not "two thirds", "one moment" or "24ans".
pub(super) fn stands_alone(text: &Text, quantity: &Quantity<'_>, context: &Context<'_>) -> bool {
    let end = quantity.end;
    if !quantity.unit.is_empty() || !ends_clean(text, end) {
        return false;
    }
    let waits = || quantity.value == Decimal::ONE && is_word(text, end, context, List::Moments);
    let scale = || end_of(text, end, context, List::Scales).is_some();
    let said = digits_and_letters(text, end - 1).is_none();
    // "Un 4" is a four: the article of French and Spanish is their word for one.
    let article = said && quantity.value == Decimal::ONE && digits_and_letters(text, end).is_some();
    !article && !is_word(text, end, context, List::Shares) && !waits() && !scale()
}

/// A number where it stands in a text.
pub(super) struct Quantity<'t> {
    /// How much.
    pub(super) value: Decimal,
    /// One past its last token.
    pub(super) end: usize,
    /// Letters that are glued to its last digit: the "pm" of "5pm".
    pub(super) unit: &'t str,
}

/// How digits are grouped and parted.
#[derive(Clone, Copy)]
pub(super) struct Writing {
    /// What parts the decimals, where a group of three leaves it open.
    decimal: char,
    /// Whether a space groups thousands.
    spaces: bool,
    /// Whether a comma before any other count of digits parts decimals. English lists so: "2,5".
    decimal_comma: bool,
}

impl Writing {
    /// The rule of the place. One sign with three digits behind it groups in one language what it parts in another:
    /// English has a decimal point, French a comma, Spanish what the country has, any other language likewise.
    /// Whatever is not open ("1.200,50", "1,200,000", "2.5") is read as it must be, everywhere.
    pub(super) fn of(context: &Context<'_>) -> Self {
        let language = context.languages.first().copied();
        let point = match language {
            Some(Lang::EN) => true,
            Some(Lang::FR) => false,
            Some(Lang::ES) => SPANISH_WITH_POINT.contains(&context.country),
            _ => WITH_POINT.contains(&context.country),
        };
        let english = language == Some(Lang::EN);
        Self { decimal: if point { '.' } else { ',' }, spaces: !english, decimal_comma: !english }
    }

    /// The same with a comma before decimals in any language: "5,50 €" is no list.
    pub(super) fn with_decimal_comma(self) -> Self {
        Self { decimal_comma: true, ..self }
    }
}

/// The number that starts at `at`, in digits or in words; no ordinal. What follows it is the caller's affair.
pub(super) fn quantity<'t>(text: &'t Text, at: usize, context: &Context<'_>) -> Option<Quantity<'t>> {
    quantity_written(text, at, context, Writing::of(context))
}

/// The same, with digits written in this way.
pub(super) fn quantity_written<'t>(
    text: &'t Text,
    at: usize,
    context: &Context<'_>,
    writing: Writing,
) -> Option<Quantity<'t>> {
    if !can_begin(text, at, QUANTITIES) {
        return None;
    }
    if let Some(after) = end_of(text, at, context, List::Minus) {
        let below = unsigned(text, after, context, writing).filter(|_| linked(text, after))?;
        return Some(Quantity { value: -below.value, ..below });
    }
    let mut quantity = unsigned(text, at, context, writing)?;
    if has_minus(text.gap(at), at == 0) && digits_and_letters(text, at).is_some() {
        quantity.value = -quantity.value;
    }
    Some(quantity)
}

/// Whether digits after this have a sign, and not the hyphen of a compound. Currency signs may stand between.
fn has_minus(gap: &str, first: bool) -> bool {
    let gap = gap.trim_end_matches(['$', '€', '£', '¥', '.']);
    let before = gap.strip_suffix(['-', '−']);
    before.is_some_and(|before| {
        before.chars().next_back().map_or(first, |c| !c.is_alphanumeric() && c != '-' && c != '−')
    })
}

fn unsigned<'t>(text: &'t Text, at: usize, context: &Context<'_>, writing: Writing) -> Option<Quantity<'t>> {
    let Some(digits) = digits(text, at, writing) else {
        let (value, end) = said(text, at, context).into_iter().next()?;
        return Some(Quantity { value, end, unit: "" });
    };
    let digits = with_fraction(text, digits)?;
    if digits.unit == "k" {
        return Some(Quantity { value: digits.value * Decimal::ONE_THOUSAND, unit: "", ..digits });
    }
    Some(with_words(text, digits, context))
}

/// "2 thousand", "1,5 million", "2 and a half".
fn with_words<'t>(text: &'t Text, digits: Quantity<'t>, context: &Context<'_>) -> Quantity<'t> {
    if !digits.unit.is_empty() || !linked(text, digits.end) {
        return digits;
    }
    for lang in context.languages {
        let scaled = scale(text, digits.end, *lang);
        let scaled = scaled.and_then(|(scale, end)| Some((digits.value.checked_mul(scale.into())?, end)));
        let scaled = scaled.filter(|(value, _)| value.trunc() < Decimal::from(ABOVE_MAX));
        let (value, end) = scaled.unwrap_or((digits.value, digits.end));
        let (value, end) = with_half(text, value, end, *lang);
        if end > digits.end {
            return Quantity { value, end, unit: "" };
        }
    }
    digits
}

/// One half more, where it is said.
fn with_half(text: &Text, value: Decimal, end: usize, lang: Lang) -> (Decimal, usize) {
    let half = longest_in(text, end, lang, List::AndHalf).filter(|_| value.is_integer());
    half.map_or((value, end), |half| (value + Decimal::new(5, 1), half.end))
}

// ── digits ──────────────────────────────────────────────────────────────────────────────────────

/// Whether words go on over the gap before token `at`: a space or a hyphen, but no comma.
pub(super) fn linked(text: &Text, at: usize) -> bool {
    text.gap(at).chars().all(|c| c.is_whitespace() || matches!(c, '-' | '‐' | '‑'))
}

/// Whether a number may start at `at`: not in the middle of "555-1234", "covid-19", "3.4.5" or "a/7".
pub(super) fn starts_clean(text: &Text, at: usize) -> bool {
    let gap = text.gap(at);
    at == 0 || gap.contains(char::is_whitespace) || {
        let after_digit = text.token(at - 1).ends_with(|c: char| c.is_ascii_digit());
        gap.is_empty() || !after_digit && !gap.ends_with(['-', '/', '_', '@', '#', '\\'])
    }
}

/// Whether a number may end before `end`: not in the middle of "555-1234", "5-ish", "5/b" or "5:30".
pub(super) fn ends_clean(text: &Text, end: usize) -> bool {
    let gap = text.gap(end);
    end >= text.tokens().len() || gap.is_empty() || gap.contains(char::is_whitespace) || {
        let before_digit = text.token(end).starts_with(|c: char| c.is_ascii_digit());
        !before_digit && !gap.starts_with(['-', '/', '_', '@', ':'])
    }
}

/// The digits that token `at` begins with, and the letters behind them: "5pm" is 5 and pm.
/// Raised digits and fractions of one character are no plain digits, though they fold to some.
pub(super) fn digits_and_letters(text: &Text, at: usize) -> Option<(&str, &str)> {
    if at >= text.tokens().len() {
        return None;
    }
    let token = text.token(at);
    let letters = token.find(|c: char| !c.is_ascii_digit()).unwrap_or(token.len());
    let odd = |c| matches!(c, '²' | '³' | '¹' | '⁰'..='₉' | '¼'..='¾' | '⅐'..='⅟' | '↉');
    (letters > 0 && !text.typed(at..at + 1).contains(odd)).then(|| token.split_at(letters))
}

/// Digits from `at` on, grouped and parted: "1,200.50" is three tokens with a comma and a point between them.
fn digits(text: &Text, at: usize, writing: Writing) -> Option<Quantity<'_>> {
    if at >= text.tokens().len() || !starts_clean(text, at) {
        return None;
    }
    if let Some(fraction) = fraction_sign(text, at) {
        return Some(fraction);
    }
    let (first, letters) = digits_and_letters(text, at)?;
    let parts = if letters.is_empty() { parts(text, at + 1, writing) } else { Vec::new() };
    let (mut plain, used) = joined(first, &parts, writing)?;
    let end = at + 1 + used;
    if plain.len() > DIGITS_MAX || in_phone(text, at, end) {
        return None;
    }
    if used == 0 && starts_with_point(text.gap(at), at == 0) {
        plain.insert_str(0, "0.");
    }
    let unit = used.checked_sub(1).map_or(letters, |last| parts[last].letters);
    Some(Quantity { value: plain.parse().ok()?, end, unit })
}

/// A group of digits after another one.
struct Part<'t> {
    sign: char,
    digits: &'t str,
    letters: &'t str,
}

/// The groups from `at` on that one sign each parts from what is before them.
fn parts(text: &Text, at: usize, writing: Writing) -> Vec<Part<'_>> {
    let mut parts = Vec::new();
    while parts.len() < GROUPS_MAX {
        let here = at + parts.len();
        let mut between = text.gap(here).chars();
        let (Some(sign), None) = (between.next(), between.next()) else { break };
        let Some((digits, letters)) = digits_and_letters(text, here) else { break };
        // A space that does not break is typed by software that means a group, in any language.
        let groups = matches!(sign, '\u{A0}' | '\u{202F}') || sign == ' ' && writing.spaces;
        let space = groups && digits.len() == 3;
        if !space && !matches!(sign, ',' | '.') {
            break;
        }
        parts.push(Part { sign: if space { ' ' } else { sign }, digits, letters });
        if !letters.is_empty() {
            break;
        }
    }
    parts
}

/// A number of these groups as Rust writes it, and how many groups it took; `None` for what is no number at all,
/// such as "12.5.2027".
fn joined(first: &str, parts: &[Part<'_>], writing: Writing) -> Option<(String, usize)> {
    let Some(Part { sign, .. }) = parts.first() else { return Some((first.to_owned(), 0)) };
    let threes = parts.iter().take_while(|part| part.sign == *sign && part.digits.len() == 3).count();
    let next = parts.get(threes).filter(|part| part.sign != ' ');
    let groups = threes > 0
        && first.len() <= 3
        && !first.starts_with('0')
        && (threes > 1 || *sign != writing.decimal || next.is_some_and(|part| part.sign != *sign));
    let used = match (groups, sign) {
        (true, _) if next.is_some_and(|part| part.sign == *sign) => return None,
        (true, _) => threes,
        (false, ' ') => return Some((first.to_owned(), 0)),
        (false, ',') if writing.decimal != ',' && !writing.decimal_comma => return None,
        (false, _) => 0,
    };
    let mut plain = first.to_owned();
    plain.extend(parts[..used].iter().map(|part| part.digits));
    let fraction = parts.get(used).filter(|part| part.sign != ' ');
    let more = parts.get(used + 1).is_some_and(|part| part.sign != ' ');
    match fraction {
        Some(_) if more => None,
        Some(part) => Some((format!("{plain}.{}", part.digits), used + 1)),
        None => Some((plain, used)),
    }
}

/// Whether a number begins with its point: ".5", "$.50", but not "...5".
fn starts_with_point(gap: &str, first: bool) -> bool {
    gap.strip_suffix('.').is_some_and(|before| {
        let before = before.chars().next_back();
        before.map_or(first, |c| c.is_whitespace() || matches!(c, '$' | '€' | '£' | '-'))
    })
}

/// Whether the digits of `at..end` are some of a phone number's, or of something else that is written so.
fn in_phone(text: &Text, at: usize, end: usize) -> bool {
    let joins = |at: usize| {
        let gap = text.gap(at);
        gap.chars().count() <= 3
            && gap.chars().all(|c| matches!(c, ' ' | '-' | '.' | '(' | ')' | '/' | '\u{A0}'))
    };
    let is_digits = |at| digits_and_letters(text, at).is_some_and(|(_, letters)| letters.is_empty());
    let (mut first, mut last) = (at, end);
    while first > 0 && at - first < PHONE_TOKENS_MAX && is_digits(first - 1) && joins(first) {
        first -= 1;
    }
    while last - end < PHONE_TOKENS_MAX && is_digits(last) && joins(last) {
        last += 1;
    }
    let digits: usize = (first..last).map(|token| text.token(token).len()).sum();
    digits >= PHONE_DIGITS_MIN && ((first, last) != (at, end) || text.gap(at).ends_with('+'))
}

/// "½" and "2½", and "2½h" with its unit.
fn fraction_sign(text: &Text, at: usize) -> Option<Quantity<'_>> {
    let typed = text.typed(at..at + 1);
    let place = typed.find(|c| FRACTION_SIGNS.iter().any(|(sign, _)| *sign == c))?;
    let (whole, rest) = typed.split_at(place);
    let sign = rest.chars().next()?;
    let letters = &rest[sign.len_utf8()..];
    let (_, thousandths) = FRACTION_SIGNS.iter().find(|(known, _)| *known == sign)?;
    if !letters.bytes().all(|b| b.is_ascii_alphabetic()) || whole.len() > DIGITS_MAX {
        return None;
    }
    let whole = if whole.is_empty() { Decimal::ZERO } else { whole.parse().ok()? };
    let value = (whole + Decimal::new(*thousandths, 3)).normalize();
    let token = text.token(at);
    Some(Quantity { value, end: at + 1, unit: token.get(token.len().checked_sub(letters.len())?..)? })
}

/// "1/2", "2 1/2" and "2 ½"; `None` for a line between digits that is no fraction.
fn with_fraction<'t>(text: &'t Text, digits: Quantity<'t>) -> Option<Quantity<'t>> {
    let Quantity { value, end, unit } = digits;
    if !unit.is_empty() || !value.is_integer() || end >= text.tokens().len() {
        return Some(digits);
    }
    if matches!(text.gap(end), "/" | "⁄") {
        let (part, unit) = fraction(text, end - 1)?;
        return Some(Quantity { value: part, end: end + 1, unit });
    }
    if text.gap(end) != " " {
        return Some(digits);
    }
    if let Some(part) = fraction_sign(text, end).filter(|part| part.value < Decimal::ONE) {
        return Some(Quantity { value: value + part.value, ..part });
    }
    let over = matches!(text.gap(end + 1), "/" | "⁄").then(|| fraction(text, end)).flatten();
    Some(over.map_or(digits, |(part, unit)| Quantity { value: value + part, end: end + 2, unit }))
}

/// The fraction of tokens `at` and `at + 1`, with the letters glued to it.
fn fraction(text: &Text, at: usize) -> Option<(Decimal, &str)> {
    let (above, none) = digits_and_letters(text, at)?;
    let (below, letters) = digits_and_letters(text, at + 1)?;
    if !none.is_empty() || !DENOMINATORS.contains(&below) || !ends_clean(text, at + 2) {
        return None;
    }
    let (above, below): (Decimal, Decimal) = (above.parse().ok()?, below.parse().ok()?);
    (above < below && !above.is_zero()).then(|| ((above / below).normalize(), letters))
}

// ── words ───────────────────────────────────────────────────────────────────────────────────────

/// The longest numbers in words that start at `at`: one, or one for each language that reads the words differently.
fn said(text: &Text, at: usize, context: &Context<'_>) -> Vec<(Decimal, usize)> {
    let mut readings: Vec<(Decimal, usize)> = Vec::new();
    if is_counted(text, at, context) {
        return readings;
    }
    for lang in context.languages {
        let counts = lang.lexicon().numbers.counts;
        let named =
            longest_in(text, at, *lang, List::Counts).map(|said| (counts[said.row].1.into(), said.end));
        let built = count(text, at, *lang);
        let Some((number, end)) = built.into_iter().chain(named).max_by_key(|(_, end)| *end) else {
            continue;
        };
        let reading = with_half(text, number.into(), end, *lang);
        let longest = readings.first().map_or(0, |(_, end)| *end);
        if reading.1 > longest {
            readings.clear();
        }
        if reading.1 >= longest && !readings.contains(&reading) {
            readings.push(reading);
        }
    }
    readings
}

/// Whether token `at` is a thing that is counted, though a language has it as a number: "a cent" is none of a hundred.
fn is_counted(text: &Text, at: usize, context: &Context<'_>) -> bool {
    // "À cent" is typed with its accent, and is a hundred.
    at > 0
        && is_word(text, at, context, List::Counted)
        && linked(text, at)
        && is_word(text, at - 1, context, List::Articles)
        && text.typed(at - 1..at).is_ascii()
}

/// A whole number in words that starts at `at`, and its end: groups, each with its scale, from great to small.
pub(super) fn count(text: &Text, at: usize, lang: Lang) -> Option<(u64, usize)> {
    if !can_begin(text, at, phrase::NUMBERS) {
        return None;
    }
    let (mut total, mut end, mut limit) = (0, at, u64::MAX);
    loop {
        let group = if end == at {
            group(text, at, lang)
        } else {
            after_and(text, end, lang, List::AndAfterHundreds, |from| group(text, from, lang))
        };
        let (number, after) = group.unwrap_or((1, end));
        let scale = scale(text, after, lang).filter(|(scale, _)| *scale < limit);
        let Some((scale, after_scale)) = scale.filter(|_| after == at || linked(text, after)) else {
            return if group.is_some() {
                Some((total + number, after))
            } else {
                (end > at).then_some((total, end))
            };
        };
        (total, limit, end) = (total + number * scale, scale, after_scale);
    }
}

/// Hundreds and what is below them.
fn group(text: &Text, at: usize, lang: Lang) -> Option<(u64, usize)> {
    let Some(said) = longest_in(text, at, lang, List::Hundreds) else {
        return below_hundred(text, at, lang);
    };
    let (_, hundreds) = lang.lexicon().numbers.hundreds[said.row];
    let rest =
        after_and(text, said.end, lang, List::AndAfterHundreds, |from| below_hundred(text, from, lang));
    let (rest, end) = rest.unwrap_or((0, said.end));
    Some((u64::from(hundreds) + rest, end))
}

/// Tens and units.
fn below_hundred(text: &Text, at: usize, lang: Lang) -> Option<(u64, usize)> {
    let NumberWords { tens, units, .. } = lang.lexicon().numbers;
    let unit = |from| longest_in(text, from, lang, List::Units).map(|said| (units[said.row].1, said.end));
    let Some(said) = longest_in(text, at, lang, List::Tens) else {
        return unit(at).map(|(unit, end)| (unit.into(), end));
    };
    let (_, ten, most) = tens[said.row];
    let unit = after_and(text, said.end, lang, List::AndAfterTens, |from| {
        unit(from).filter(|(unit, _)| (1..=most).contains(unit))
    });
    let (unit, end) = unit.unwrap_or((0, said.end));
    Some((u64::from(ten + unit), end))
}

/// Thousand and above, and the end.
fn scale(text: &Text, at: usize, lang: Lang) -> Option<(u64, usize)> {
    longest_in(text, at, lang, List::Scales).map(|said| (lang.lexicon().numbers.scales[said.row].1, said.end))
}

/// What `read` finds at `end`, or behind one of `ands` there, if the words go on.
fn after_and<T>(
    text: &Text,
    end: usize,
    lang: Lang,
    ands: List,
    read: impl Fn(usize) -> Option<T>,
) -> Option<T> {
    if !linked(text, end) {
        return None;
    }
    let behind = || {
        let and = longest_in(text, end, lang, ands).filter(|and| linked(text, and.end))?;
        read(and.end)
    };
    read(end).or_else(behind)
}

/// The ordinal that starts at `at`, in words up to thirty-first, or with an ending glued to its digits.
pub(super) fn ordinal(text: &Text, at: usize, context: &Context<'_>) -> Option<(u32, usize)> {
    let Some((digits, ending)) = digits_and_letters(text, at) else {
        let said = phrase::longest(text, at, context, List::Ordinals)?;
        return Some((said.lang.lexicon().numbers.ordinals[said.row].1, said.end));
    };
    let known = phrase::row_of(ending, context, List::OrdinalEndings).is_some();
    let raised = || text.typed(at..at + 1).ends_with(['º', 'ª']);
    let meant = known && (raised() || !matches!(ending, "o" | "a")) && starts_clean(text, at);
    digits.parse().ok().filter(|_| meant && digits.len() <= 4).map(|place| (place, at + 1))
}

#[cfg(test)]
mod tests {
    use super::super::ALL;
    use super::*;
    use crate::slot::DateOrder;
    use proptest::prelude::*;

    fn read_in(languages: &[Lang], country: &'static str, text: &str) -> Answer {
        Number.read(&Text::new(text), &Context { country, ..Context::of(languages) })
    }

    fn assert_numbers(languages: &[Lang], country: &'static str, cases: &[(&str, &str)]) {
        for (text, number) in cases {
            let number = Value::Number(number.parse().expect("a number"));
            assert_eq!(read_in(languages, country, text), Answer::Value(number), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_written_in_english() {
        assert_numbers(
            &[Lang::EN],
            "US",
            &[
                ("3", "3"),
                ("1,200", "1200"),
                ("1,200,000.50", "1200000.50"),
                ("1.200,50", "1200.50"),
                ("2.5 please", "2.5"),
                ("2.500", "2.500"),
                ("0.25", "0.25"),
                (".5", "0.5"),
                ("about 7.", "7"),
                ("i have twelve", "12"),
                ("-4", "-4"),
                ("−4", "-4"),
                ("minus four", "-4"),
                ("٣٤", "34"),
                ("２k", "2000"),
                ("1.5k", "1500"),
                ("½", "0.5"),
                ("2½", "2.5"),
                ("2 ½ cups", "2.5"),
                ("1/2", "0.5"),
                ("2 1/2", "2.5"),
                ("two and a half", "2.5"),
                ("two hundred and five", "205"),
                ("a hundred", "100"),
                ("twelve hundred", "1200"),
                ("nine hundred and ninety-nine thousand nine hundred and ninety-nine", "999999"),
                ("Twenty-Five!", "25"),
                ("a dozen", "12"),
                ("5 thousand", "5000"),
                ("1.5 million", "1500000"),
                ("1st", "1"),
                ("the twenty first", "21"),
                ("3rd", "3"),
                ("#2", "2"),
                ("5 👍", "5"),
            ],
        );
    }

    #[test]
    fn numbers_are_read_as_written_in_french() {
        assert_numbers(
            &[Lang::FR],
            "FR",
            &[
                ("3", "3"),
                ("1 200", "1200"),
                ("1\u{202f}200,50", "1200.50"),
                ("1.200", "1200"),
                ("1,5", "1.5"),
                ("2,500", "2.500"),
                ("2.5", "2.5"),
                ("vingt et un", "21"),
                ("soixante-dix", "70"),
                ("soixante et onze", "71"),
                ("quatre-vingts", "80"),
                ("quatre-vingt-dix-neuf", "99"),
                ("septante-deux", "72"),
                ("deux cents", "200"),
                ("mille deux cent cinq", "1205"),
                ("vingt et un mille", "21000"),
                ("deux et demi", "2.5"),
                ("une douzaine", "12"),
                ("1er", "1"),
                ("2e", "2"),
                ("3ème", "3"),
                ("deuxième", "2"),
                ("un 4", "4"),
                ("moins dix", "-10"),
                ("j'en ai deux merci", "2"),
            ],
        );
    }

    #[test]
    fn numbers_are_read_as_written_in_spanish() {
        assert_numbers(
            &[Lang::ES],
            "ES",
            &[
                ("3", "3"),
                ("1.200", "1200"),
                ("1.200,50", "1200.50"),
                ("1 200", "1200"),
                ("2,5", "2.5"),
                ("doscientos cinco", "205"),
                ("treinta y uno", "31"),
                ("veintidós", "22"),
                ("dos mil quinientos", "2500"),
                ("cien mil", "100000"),
                ("5 mil", "5000"),
                ("dos y media", "2.5"),
                ("una docena", "12"),
                ("3º", "3"),
                ("1ra", "1"),
                ("tercero", "3"),
                ("tengo cuatro, gracias", "4"),
            ],
        );
        assert_numbers(&[Lang::ES], "MX", &[("1,200", "1200"), ("1.200", "1.200"), ("2,5", "2.5")]);
    }

    #[test]
    fn what_is_part_of_something_else_is_no_number() {
        for text in [
            "",
            "many",
            "3 or 4",
            "12345678901234567890",
            "24ans",
            "3m",
            "3a",
            "10am",
            "914-349-8600",
            "(914) 349-8600",
            "914 349 8600",
            "+19143498600",
            "06 12 34 56 78",
            "11/1/1993",
            "2027-03-04",
            "12.5.2027",
            "10:30",
            "24/7",
            "192.168.1.1",
            "covid-19",
            "3-4",
            "one moment",
            "a second",
            "two thirds",
            "1,200,50",
            "2,5",
            "m²",
            "5²",
            "⅓",
            "5-ish",
            "2 3",
        ] {
            assert_eq!(read_in(&[Lang::EN], "US", text), Answer::Unclear, "{text}");
        }
        for text in ["un moment", "06 12 34 56 78", "24ans", "2 ou 3", "le 11/01/1993"] {
            assert_eq!(read_in(&[Lang::FR], "FR", text), Answer::Unclear, "{text}");
        }
        assert_eq!(read_in(&[Lang::ES], "MX", "un momento"), Answer::Unclear);
    }

    #[test]
    fn what_is_counted_is_no_number_of_another_language() {
        for text in ["a cent", "not a cent", "one cent"] {
            assert_eq!(read_in(&[Lang::FR, Lang::EN], "CA", text), Answer::Unclear, "{text}");
        }
        let hundred = || Answer::Value(Value::Number(100.into()));
        assert_eq!(read_in(&[Lang::FR, Lang::EN], "CA", "cent"), hundred());
        assert_eq!(read_in(&[Lang::FR, Lang::EN], "CA", "jusqu'à cent"), hundred());
        assert_eq!(read_in(&[Lang::FR], "FR", "a cent"), hundred());
    }

    #[test]
    fn a_word_of_two_languages_is_asked_about() {
        let once = |first, second| Answer::Ambiguous(vec![first, second]);
        let number = |n: i64| Value::Number(n.into());
        assert_eq!(read_in(&[Lang::EN, Lang::ES], "US", "once"), once(number(1), number(11)));
        assert_eq!(read_in(&[Lang::ES, Lang::EN], "US", "once"), once(number(11), number(1)));
        assert_eq!(read_in(&[Lang::ES], "US", "once"), Answer::Value(number(11)));
        assert_eq!(read_in(&[Lang::EN, Lang::FR], "US", "six"), Answer::Value(number(6)));
    }

    proptest! {
        /// Every type: a type that comes with sayso has nothing to do for it.
        #[test]
        fn any_text_is_read_by_every_type(body in "\\PC{0,80}", seconds in SECONDS, day_first: bool) {
            check_all(&Text::new(&body), seconds, day_first)?;
        }

        #[test]
        fn any_row_of_what_values_are_made_of_is_read_by_every_type(
            parts in prop::collection::vec((prop::sample::select(WORDS), prop::sample::select(SIGNS)), 0..10),
            seconds in SECONDS,
            day_first: bool,
        ) {
            let body: String = parts.into_iter().flat_map(|(word, sign)| [word, sign]).collect();
            check_all(&Text::new(&body), seconds, day_first)?;
        }
    }

    /// The moments of the turn: from 1874 to 2160.
    const SECONDS: std::ops::Range<i64> = -3_000_000_000..6_000_000_000;

    /// What values are made of, so that chance puts values together.
    #[rustfmt::skip]
    const WORDS: &[&str] = &[
        "1", "2", "4", "12", "29", "30", "31", "99", "200", "2027", "0000", "03041985", "999999999999999", "½", "2k",
        "5pm", "17h30", "1h30m", "4th", "⭐", "★", "one", "five", "twenty", "hundred", "thousand", "billion", "and",
        "a", "half", "past", "to", "or", "next", "friday", "march", "feb", "of", "in", "days", "weeks", "years", "ago",
        "hour", "minus", "noon", "mars", "le", "dos", "mil", "de", "las", "y", "media", "mañana", "moins", "quart",
        "heures", "et", "demie", "dollars", "cents", "usd", "stars", "out", "percent", "night",
    ];
    #[rustfmt::skip]
    const SIGNS: &[&str] = &[" ", " ", " ", " ", " ", "", ",", ", ", ".", "/", "-", ":", "'", " $", "€", "%", "\u{a0}"];

    fn check_all(text: &Text, seconds: i64, day_first: bool) -> Result<(), TestCaseError> {
        let languages = [Lang::EN, Lang::FR, Lang::ES];
        let now = jiff::Timestamp::from_second(seconds).expect("a moment of this age");
        let dates = if day_first { DateOrder::DayFirst } else { DateOrder::MonthFirst };
        let context = Context { now, dates, ..Context::of(&languages) };
        for slot in ALL {
            for at in 0..text.tokens().len() {
                for found in slot.find(text, at, &context) {
                    prop_assert!(found.end > at && found.end <= text.tokens().len(), "{}", slot.name());
                }
            }
            slot.read(text, &context);
        }
        Ok(())
    }
}
