//! `time`: a time of the day, on a clock of twelve or of twenty-four hours, in digits or in words.
//!
//! What a clock of twelve leaves open is asked about: "5:30" in the United States, "half past five" anywhere.

use super::date::unit_named;
use super::number::{count, digits_and_letters, ends_clean, linked, one_of_two, starts_clean};
use super::phrase::{self, can_begin, end_of, is_skip, longest, row_of};
use super::{Answer, Context, Found, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::language::{Lang, List, Lists, TimeUnit};
use crate::sms::Text;
use jiff::civil::Time;

/// Countries where "5:30" may be the evening. French is written on a clock of twenty-four in all of them.
#[rustfmt::skip]
const CLOCK_OF_TWELVE: [&str; 28] = [
    "US", "PR", "CA", "MX", "GB", "IE", "AU", "NZ", "IN", "PK", "BD", "PH", "MY", "EG", "SA", "CO", "DO", "SV", "GT",
    "HN", "NI", "CR", "PA", "VE", "EC", "PE", "ZA", "NG",
];

/// Words of the longest phrase before a length of time: "il y a".
const LEAD_WORDS_MAX: usize = 3;

const MINUTES_PER_DAY: i64 = 24 * 60;
const NO_SUCH_TIME: Answer = Answer::Invalid("no such time of the day");

pub(super) struct TimeSlot;

impl SlotType for TimeSlot {
    fn name(&self) -> &'static str {
        "time"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Time
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        30 // most of its texts hold a number as well
    }

    fn example(&self) -> Option<String> {
        Some("17:30".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        meant(text, at, context).and_then(Meant::found).into_iter().collect()
    }

    /// A number counts as an hour only where hardly anything else is said: "5", not "table for 5".
    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let answer = read_only_meant(text, |at| meant(text, at, context));
        let none = || (0..text.tokens().len()).all(|at| meant(text, at, context).is_none());
        if answer == Answer::Unclear && none() { bare(text, context) } else { answer }
    }
}

/// A time as it was said.
#[derive(Clone, Copy)]
struct Clock {
    hour: i64,
    /// After the hour, or before it when below zero.
    minute: i64,
    end: usize,
    style: Style,
    half: Option<Half>,
}

/// How sure the hour is without a half of the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Style {
    /// On a clock of twenty-four: "17h", "05:30".
    Exact,
    /// In digits, as the country reads them: "5:30".
    Digits,
    /// On a clock of twelve, in any country: "five o'clock", "a las 5".
    Spoken,
}

/// Which half of the day.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Am,
    Pm,
    Night,
}

/// Lists of which a phrase begins every time that has no digit in front.
const TIMES: Lists = phrase::NUMBERS.and(Lists::of(&[
    List::HourLead,
    List::NamedHours,
    List::MinutesBefore,
    List::Am,
    List::Pm,
    List::Night,
]));

fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    if !can_begin(text, at, TIMES) {
        return None;
    }
    let (before, from) = match half(text, at, context) {
        Some((half, end)) if lead(text, end, context).is_some() => (Some(half), end),
        _ => (None, at),
    };
    let mut clock = clock(text, from, context)?;
    clock.half = clock.half.or(before);
    if !ends_clean(text, clock.end) || is_length(text, at, context) {
        return None;
    }
    let open = one_of_two(text, at, clock.end, context);
    Some(Meant { end: clock.end, answer: if open { Answer::Unclear } else { answer(&clock, context) } })
}

/// Whether this is a length of time: "dans 5 heures".
fn is_length(text: &Text, at: usize, context: &Context<'_>) -> bool {
    (at.saturating_sub(LEAD_WORDS_MAX)..at).any(|from| {
        phrase::ends_at(text, from, at, context, List::AheadBefore)
            || phrase::ends_at(text, from, at, context, List::AgoBefore)
    })
}

/// The times that a clock can show for this.
fn answer(clock: &Clock, context: &Context<'_>) -> Answer {
    let Clock { hour, minute, style, .. } = *clock;
    let late = hour % 12 + 12;
    let hours = match (clock.half, hour) {
        (_, 25..) | (None | Some(Half::Pm), ..0) | (Some(Half::Am), 13..) | (Some(Half::Pm), 0 | 24) => {
            vec![]
        }
        (Some(Half::Am), _) => vec![hour % 12],
        (Some(Half::Pm), _) | (Some(Half::Night), 6..=11) => vec![late],
        (Some(Half::Night), 12) => vec![0],
        (Some(Half::Night), _) | (None, 0 | 13..) => vec![hour % 24],
        (None, _) if style == Style::Exact || style == Style::Digits && !twelve(context) => vec![hour],
        (None, _) => vec![hour % 12, late],
    };
    if hours.is_empty() || !(-59..=59).contains(&minute) || hour == 24 && minute > 0 {
        return NO_SUCH_TIME;
    }
    let times = hours.iter().filter_map(|hour| of_day(hour * 60 + minute));
    let mut times: Vec<Value> = times.map(Value::Time).collect();
    if times.len() > 1 { Answer::Ambiguous(times) } else { times.pop().map_or(NO_SUCH_TIME, Answer::Value) }
}

fn of_day(minutes: i64) -> Option<Time> {
    let minutes = minutes.rem_euclid(MINUTES_PER_DAY);
    Time::new(i8::try_from(minutes / 60).ok()?, i8::try_from(minutes % 60).ok()?, 0, 0).ok()
}

fn twelve(context: &Context<'_>) -> bool {
    CLOCK_OF_TWELVE.contains(&context.country) && context.languages.first() != Some(&Lang::FR)
}

/// An hour alone: "5", "17", "1730", "cinco y media".
fn bare(text: &Text, context: &Context<'_>) -> Answer {
    let tokens = text.tokens().len();
    let Some(at) = (0..tokens).find(|at| !is_skip(text, *at, context)) else { return Answer::Unclear };
    let clocks = [in_digits(text, at, true, context), in_words(text, at, true, context), compact(text, at)];
    let Some(clock) = clocks.into_iter().flatten().next() else { return Answer::Unclear };
    let rest = (clock.end..tokens).all(|at| is_skip(text, at, context));
    let open = |answer| if answer == NO_SUCH_TIME { Answer::Unclear } else { answer };
    if rest && ends_clean(text, clock.end) { open(answer(&clock, context)) } else { Answer::Unclear }
}

/// "530" and "1730".
fn compact(text: &Text, at: usize) -> Option<Clock> {
    let (digits, letters) = digits_and_letters(text, at).filter(|(digits, _)| digits.len() > 2)?;
    let (hour, minute) = split(digits).filter(|_| letters.is_empty() && starts_clean(text, at))?;
    Some(Clock { hour, minute, end: at + 1, style: style(digits), half: None })
}

/// "5" and "17" are hours, "530" and "1730" hours and minutes.
fn split(digits: &str) -> Option<(i64, i64)> {
    let number: i64 = digits.parse().ok()?;
    match digits.len() {
        1 | 2 => Some((number, 0)),
        3 | 4 => Some((number / 100, number % 100)),
        _ => None,
    }
}

/// A zero in front is written on a clock of twenty-four.
fn style(digits: &str) -> Style {
    if digits.len() > 1 && digits.starts_with('0') { Style::Exact } else { Style::Digits }
}

// ── ways to say a time ──────────────────────────────────────────────────────────────────────────

fn clock(text: &Text, at: usize, context: &Context<'_>) -> Option<Clock> {
    let led = lead(text, at, context);
    let from = led.unwrap_or(at);
    let clocks = [
        named(text, from, context),
        minutes_before(text, from, context),
        minutes_counted_before(text, from, context),
        in_digits(text, from, led.is_some(), context),
        in_words(text, from, led.is_some(), context),
    ];
    clocks.into_iter().flatten().max_by_key(|clock| clock.end)
}

/// The end of what leads to an hour: "at", "a las".
fn lead(text: &Text, at: usize, context: &Context<'_>) -> Option<usize> {
    end_of(text, at, context, List::HourLead)
}

/// "Noon", "midi et demi", "12 noon".
fn named(text: &Text, at: usize, context: &Context<'_>) -> Option<Clock> {
    let twelve = digits_and_letters(text, at) == Some(("12", ""));
    let from = at + usize::from(twelve);
    let said = longest(text, from, context, List::NamedHours)?;
    let (_, hour) = said.lang.lexicon().time.named_hours[said.row];
    let (minute, end) = minutes_after(text, said.end, context).unwrap_or((0, said.end));
    Some(Clock { hour: hour.into(), minute, end, style: Style::Exact, half: None })
}

/// "Half past five", "quarter to 6", "cuarto para las seis".
fn minutes_before(text: &Text, at: usize, context: &Context<'_>) -> Option<Clock> {
    let said = longest(text, at, context, List::MinutesBefore)?;
    let (_, minute) = said.lang.lexicon().time.minutes_before[said.row];
    hour_behind(text, said.end, context).map(|clock| Clock { minute, ..clock })
}

/// "Ten past five", "diez para las seis".
fn minutes_counted_before(text: &Text, at: usize, context: &Context<'_>) -> Option<Clock> {
    let digits = || {
        let (digits, letters) = digits_and_letters(text, at).filter(|_| starts_clean(text, at))?;
        (digits.len() <= 2 && letters.is_empty()).then_some((digits.parse().ok()?, at + 1))
    };
    let number = spoken(text, at, context).or_else(digits);
    let (number, end) = number.filter(|(minutes, _)| (1..60).contains(minutes))?;
    let past = end_of(text, end, context, List::Past);
    let to = end_of(text, end, context, List::To);
    // "9 to 5" is from nine to five; "20 to 5" is not.
    let to = to.filter(|_| number > 12 || digits().is_none());
    let (minute, from) = past.map(|end| (number, end)).or(to.map(|end| (-number, end)))?;
    hour_behind(text, from, context).map(|clock| Clock { minute, ..clock })
}

/// The hour behind its minutes, with the half of the day.
fn hour_behind(text: &Text, at: usize, context: &Context<'_>) -> Option<Clock> {
    let spoken = spoken_hour(text, at, context).map(|(hour, end)| (hour, None, end));
    let digits = || {
        let (digits, letters) = digits_and_letters(text, at).filter(|(digits, _)| digits.len() <= 2)?;
        let half = half_named(letters);
        (half.is_some() || letters.is_empty()).then_some((digits.parse().ok()?, half, at + 1))
    };
    let (hour, glued, end) = spoken.or_else(digits)?;
    let clock = Clock { hour, minute: 0, end, style: Style::Spoken, half: glued };
    Some(with_half(text, clock, context))
}

/// "5pm", "5:30 pm", "17h30", "17 h 30", "a las 5", "5 y media".
fn in_digits(text: &Text, at: usize, led: bool, context: &Context<'_>) -> Option<Clock> {
    let (digits, letters) = digits_and_letters(text, at).filter(|_| starts_clean(text, at))?;
    if digits.len() > 2 {
        return in_three_or_four(text, at, context);
    }
    let hour = digits.parse().ok()?;
    let clock = Clock { hour, minute: 0, end: at + 1, style: style(digits), half: None };
    if !letters.is_empty() {
        return glued(letters, clock, context)
            .map(|clock| with_half(text, with_minutes(text, clock, context), context));
    }
    if let Some(clock) = parted(text, clock, context) {
        return Some(clock);
    }
    let hours24 = end_of(text, clock.end, context, List::Hours24);
    if let Some(end) = hours24.filter(|_| linked(text, clock.end)) {
        let exact = Clock { end, style: Style::Exact, ..clock };
        return Some(with_half(text, with_minutes(text, exact, context), context));
    }
    let oclock = end_of(text, clock.end, context, List::Oclock);
    let style = if clock.style == Style::Exact { Style::Exact } else { Style::Spoken };
    let spoken = Clock { end: oclock.unwrap_or(clock.end), style, ..clock };
    let said = minutes_after(text, spoken.end, context);
    let (minute, end) = said.or(counted_behind(text, spoken.end, context)).unwrap_or((0, spoken.end));
    let whole = with_half(text, Clock { minute, end, ..spoken }, context);
    // "5 y 10" alone is a sum; an hour is told by what is around it.
    let told = led && hour <= 24 || oclock.is_some() || whole.half.is_some();
    (told || said.is_some() && !is_sum(text, spoken.end, context)).then_some(whole)
}

/// "530pm", "1730h", "1730 hours".
fn in_three_or_four(text: &Text, at: usize, context: &Context<'_>) -> Option<Clock> {
    let (digits, letters) = digits_and_letters(text, at)?;
    let (hour, minute) = split(digits)?;
    let is_hour = |word: &str| unit_named(word, context) == Some(TimeUnit::Hour);
    let clock = Clock { hour, minute, end: at + 1, style: Style::Exact, half: half_named(letters) };
    if !letters.is_empty() {
        return (clock.half.is_some() || is_hour(letters)).then_some(clock);
    }
    let hours = at + 1 < text.tokens().len() && linked(text, at + 1) && is_hour(text.token(at + 1));
    if hours {
        return Some(Clock { end: at + 2, ..clock });
    }
    Some(with_half(text, clock, context)).filter(|clock| clock.half.is_some())
}

/// Letters behind the hour in one token: the "pm" of "5pm", the "h30" of "17h30".
fn glued(letters: &str, clock: Clock, context: &Context<'_>) -> Option<Clock> {
    if let Some(half) = half_named(letters) {
        return Some(Clock { half: Some(half), ..clock });
    }
    let name = letters.trim_end_matches(|c: char| c.is_ascii_digit());
    let minutes = &letters[name.len()..];
    let fits =
        matches!(minutes.len(), 0 | 2) && (name == "h" || row_of(name, context, List::Hours24).is_some());
    let minute = if minutes.is_empty() { 0 } else { minutes.parse().ok()? };
    fits.then_some(Clock { minute, style: Style::Exact, ..clock })
}

/// "5:30", "5:30pm", "17:30h", and with a point only where the half of the day follows: "5.30 pm".
fn parted(text: &Text, clock: Clock, context: &Context<'_>) -> Option<Clock> {
    let sign = text.gap(clock.end);
    let (digits, letters) = digits_and_letters(text, clock.end).filter(|(digits, _)| digits.len() == 2)?;
    if !matches!(sign, ":" | "." | "：") {
        return None;
    }
    let minute = digits.parse().ok()?;
    let whole = Clock { minute, end: clock.end + 1, half: half_named(letters), ..clock };
    let hours = row_of(letters, context, List::Hours24).is_some();
    let behind = end_of(text, whole.end, context, List::Hours24).filter(|_| letters.is_empty());
    let whole = match behind {
        Some(end) if linked(text, whole.end) => Clock { end, style: Style::Exact, ..whole },
        _ if hours => Clock { style: Style::Exact, ..whole },
        _ => with_half(text, whole, context),
    };
    let told = letters.is_empty() || whole.half.is_some() || hours;
    (told && (sign != "." || whole.half.is_some())).then_some(whole)
}

/// "Five o'clock", "five thirty", "cinq heures et quart", "las cinco y media".
fn in_words(text: &Text, at: usize, led: bool, context: &Context<'_>) -> Option<Clock> {
    let (hour, end) = spoken_hour(text, at, context)?;
    let oclock = end_of(text, end, context, List::Oclock);
    let hours = end_of(text, end, context, List::Hours24).or(oclock);
    let clock = Clock { hour, minute: 0, end: hours.unwrap_or(end), style: Style::Spoken, half: None };
    let counted = counted_behind(text, clock.end, context);
    let said = minutes_after(text, clock.end, context);
    let (minute, end) = said.or(counted).unwrap_or((0, clock.end));
    let whole = with_half(text, Clock { minute, end, ..clock }, context);
    let told = led || hours.is_some() || counted.is_some() || whole.half.is_some();
    (told || said.is_some() && !is_sum(text, clock.end, context)).then_some(whole)
}

/// Minutes in words right behind the hour: "five thirty".
fn counted_behind(text: &Text, at: usize, context: &Context<'_>) -> Option<(i64, usize)> {
    spoken(text, at, context).filter(|(minute, _)| (10..60).contains(minute) && linked(text, at))
}

/// Minutes behind an hour that a unit follows: "17 h 30", "5 heures et demie".
fn with_minutes(text: &Text, clock: Clock, context: &Context<'_>) -> Clock {
    if clock.minute != 0 || clock.half.is_some() {
        return clock;
    }
    if let Some((minute, end)) = minutes_after(text, clock.end, context) {
        return Clock { minute, end, ..clock };
    }
    let digits = digits_and_letters(text, clock.end).filter(|(digits, letters)| {
        digits.len() == 2 && (letters.is_empty() || *letters == "min") && linked(text, clock.end)
    });
    let digits = digits.and_then(|(digits, _)| Some((digits.parse().ok()?, clock.end + 1)));
    let spoken = || spoken(text, clock.end, context).filter(|(minute, _)| (1..60).contains(minute));
    digits.or_else(spoken).map_or(clock, |(minute, end)| Clock { minute, end, ..clock })
}

/// What is said behind an hour for its minutes: "y media", "menos cuarto", "et quart", "moins dix", "y 10".
fn minutes_after(text: &Text, at: usize, context: &Context<'_>) -> Option<(i64, usize)> {
    if let Some(said) = longest(text, at, context, List::MinutesAfter) {
        return Some((said.lang.lexicon().time.minutes_after[said.row].1, said.end));
    }
    let plus = end_of(text, at, context, List::Plus).map(|end| (1, end));
    let less = || end_of(text, at, context, List::Less).map(|end| (-1, end));
    let (sign, from) = plus.or_else(less)?;
    let digits = || {
        let (digits, letters) = digits_and_letters(text, from)?;
        letters.is_empty().then_some((digits.parse().ok()?, from + 1))
    };
    let (minutes, end): (i64, usize) = spoken(text, from, context).or_else(digits)?;
    ((1..60).contains(&minutes) && linked(text, at)).then_some((sign * minutes, end))
}

/// Whether what follows the hour is also how numbers are joined: "cinco y diez", but not "cinco y media".
fn is_sum(text: &Text, at: usize, context: &Context<'_>) -> bool {
    let quarter = longest(text, at, context, List::MinutesAfter);
    let quarter = quarter.map(|said| said.lang.lexicon().time.minutes_after[said.row]);
    // "Two and a half" is a number too, and so is its like in other languages; quarters are times only.
    quarter.is_none_or(|(_, minutes)| minutes == 30)
}

fn with_half(text: &Text, clock: Clock, context: &Context<'_>) -> Clock {
    if clock.half.is_some() {
        return clock;
    }
    half(text, clock.end, context).map_or(clock, |(half, end)| Clock { half: Some(half), end, ..clock })
}

/// The half of the day that is said at `at`.
fn half(text: &Text, at: usize, context: &Context<'_>) -> Option<(Half, usize)> {
    let lists = [(Half::Am, List::Am), (Half::Pm, List::Pm), (Half::Night, List::Night)];
    let ends = lists.into_iter().filter_map(|(half, list)| Some((half, end_of(text, at, context, list)?)));
    ends.max_by_key(|(_, end)| *end)
}

/// The half of the day that is glued to digits.
fn half_named(letters: &str) -> Option<Half> {
    match letters {
        "am" | "a" => Some(Half::Am),
        "pm" | "p" => Some(Half::Pm),
        _ => None,
    }
}

fn spoken_hour(text: &Text, at: usize, context: &Context<'_>) -> Option<(i64, usize)> {
    spoken(text, at, context).filter(|(hour, _)| (0..=24).contains(hour))
}

/// A number in words.
fn spoken(text: &Text, at: usize, context: &Context<'_>) -> Option<(i64, usize)> {
    let counts = context.languages.iter().filter_map(|lang| count(text, at, *lang));
    let (number, end) = counts.max_by_key(|(_, end)| *end)?;
    Some((i64::try_from(number).ok()?, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, lang: Lang, country: &str) -> Answer {
        TimeSlot.read(&Text::new(text), &Context { country, ..Context::of(&[lang]) })
    }

    fn time(time: &str) -> Value {
        Value::Time(time.parse().expect("a time"))
    }

    #[test]
    fn times_are_read_as_people_write_them() {
        for (text, lang, country, expected) in [
            ("5pm", Lang::EN, "US", "17:00"),
            ("5 pm please", Lang::EN, "US", "17:00"),
            ("5 p.m.", Lang::EN, "US", "17:00"),
            ("5:30 pm", Lang::EN, "US", "17:30"),
            ("5:30pm", Lang::EN, "US", "17:30"),
            ("5.30pm", Lang::EN, "GB", "17:30"),
            ("530pm", Lang::EN, "US", "17:30"),
            ("at 5 in the afternoon", Lang::EN, "US", "17:00"),
            ("12am", Lang::EN, "US", "00:00"),
            ("12pm", Lang::EN, "US", "12:00"),
            ("17:30", Lang::EN, "US", "17:30"),
            ("05:30", Lang::EN, "US", "05:30"),
            ("17", Lang::EN, "US", "17:00"),
            ("1730", Lang::EN, "US", "17:30"),
            ("1730 hours", Lang::EN, "US", "17:30"),
            ("noon", Lang::EN, "US", "12:00"),
            ("12 noon", Lang::EN, "US", "12:00"),
            ("midnight", Lang::EN, "US", "00:00"),
            ("half past five pm", Lang::EN, "US", "17:30"),
            ("quarter to 6 in the evening", Lang::EN, "US", "17:45"),
            ("ten past eight am", Lang::EN, "US", "08:10"),
            ("five thirty pm", Lang::EN, "US", "17:30"),
            ("6 thirty pm", Lang::EN, "US", "18:30"),
            ("20 past 5 pm", Lang::EN, "US", "17:20"),
            ("20 to 5 pm", Lang::EN, "US", "16:40"),
            ("tonight at 8", Lang::EN, "US", "20:00"),
            ("8 tonight", Lang::EN, "US", "20:00"),
            ("11 at night", Lang::EN, "US", "23:00"),
            ("24:00", Lang::EN, "US", "00:00"),
            ("17h", Lang::FR, "FR", "17:00"),
            ("17h30", Lang::FR, "FR", "17:30"),
            ("17 h 30", Lang::FR, "FR", "17:30"),
            ("à 5h", Lang::FR, "CA", "05:00"),
            ("5:30", Lang::FR, "FR", "05:30"),
            ("8h du soir", Lang::FR, "FR", "20:00"),
            ("17 heures 30", Lang::FR, "FR", "17:30"),
            ("18 heures moins le quart", Lang::FR, "FR", "17:45"),
            ("cinq heures et demie de l'après-midi", Lang::FR, "FR", "17:30"),
            ("midi", Lang::FR, "FR", "12:00"),
            ("midi et demi", Lang::FR, "FR", "12:30"),
            ("minuit", Lang::FR, "FR", "00:00"),
            ("a las 5 de la tarde", Lang::ES, "MX", "17:00"),
            ("a las cinco y media de la tarde", Lang::ES, "ES", "17:30"),
            ("las seis menos cuarto de la mañana", Lang::ES, "ES", "05:45"),
            ("cuarto para las seis pm", Lang::ES, "MX", "17:45"),
            ("a las 17", Lang::ES, "ES", "17:00"),
            ("17:30 hs", Lang::ES, "AR", "17:30"),
            ("10 de la noche", Lang::ES, "MX", "22:00"),
            ("12 de la noche", Lang::ES, "MX", "00:00"),
            ("mediodía", Lang::ES, "MX", "12:00"),
            ("5:30", Lang::ES, "ES", "05:30"),
        ] {
            assert_eq!(read(text, lang, country), Answer::Value(time(expected)), "{text}");
        }
    }

    #[test]
    fn the_half_of_the_day_is_asked_about() {
        for (text, lang, country, am, pm) in [
            ("5:30", Lang::EN, "US", "05:30", "17:30"),
            ("at 5", Lang::EN, "US", "05:00", "17:00"),
            ("5", Lang::EN, "US", "05:00", "17:00"),
            ("five", Lang::EN, "FR", "05:00", "17:00"),
            ("530 please", Lang::EN, "US", "05:30", "17:30"),
            ("cinco y media", Lang::ES, "ES", "05:30", "17:30"),
            ("después de las 5", Lang::ES, "MX", "05:00", "17:00"),
            ("12:15", Lang::EN, "US", "00:15", "12:15"),
            ("half past five", Lang::EN, "FR", "05:30", "17:30"),
            ("quarter to one", Lang::EN, "US", "00:45", "12:45"),
            ("5 o'clock", Lang::EN, "US", "05:00", "17:00"),
            ("cinq heures et quart", Lang::FR, "FR", "05:15", "17:15"),
            ("a las cinco", Lang::ES, "ES", "05:00", "17:00"),
            ("a las 5 y 10", Lang::ES, "MX", "05:10", "17:10"),
            ("5:30", Lang::ES, "MX", "05:30", "17:30"),
        ] {
            let open = Answer::Ambiguous(vec![time(am), time(pm)]);
            assert_eq!(read(text, lang, country), open, "{text}");
            let languages = [lang];
            let context = Context { country, ..Context::of(&languages) };
            assert_eq!(TimeSlot.find(&Text::new(text), 0, &context), [], "{text}");
        }
    }

    #[test]
    fn phrases_before_a_length_are_no_longer_than_is_looked_for() {
        for words in [Lang::EN, Lang::FR, Lang::ES].map(|lang| &lang.lexicon().time) {
            let phrases = words.ahead_before.iter().chain(words.ago_before);
            assert!(phrases.into_iter().all(|phrase| phrase.split(' ').count() <= LEAD_WORDS_MAX));
        }
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["25:00", "17:75", "25h", "13am", "0pm", "24:30"] {
            assert_eq!(read(text, Lang::EN, "US"), NO_SUCH_TIME, "{text}");
        }
        for text in [
            "",
            "later",
            "5 or 6pm",
            "5-6pm",
            "9 to 5pm",
            "17:30-18:30",
            "5:30:15",
            "table for 5",
            "2 people",
            "30309",
            "99",
            "in 5 hours",
            "3/4/27",
            "5pm or 6pm",
            "10:30 or 11",
        ] {
            assert_eq!(read(text, Lang::EN, "US"), Answer::Unclear, "{text}");
        }
        assert_eq!(read("dans 5 heures", Lang::FR, "FR"), Answer::Unclear);
        assert_eq!(read("por la tarde", Lang::ES, "MX"), Answer::Unclear);
    }
}
