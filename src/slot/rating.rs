//! `rating`: a whole number from 1 to 5, "4", "four", "4/5", "4 out of 5", "4 stars" or as many stars.

use super::number::{digits_and_letters, ends_clean, quantity, stands_alone, starts_clean};
use super::phrase::{end_of, is_word, is_word_of};
use super::{Answer, Context, Found, Longest, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::language::List;
use crate::sms::Text;
use rust_decimal::Decimal;

/// The best rating; the worst is 1.
const BEST: u32 = 5;
const OUT_OF_RANGE: Answer = Answer::Invalid("not a whole number from 1 to 5");

/// Stars that count, and the empty one that phones put behind them.
const FULL_STARS: [&str; 3] = ["⭐", "★", "🌟"];
const EMPTY_STAR: &str = "☆";

pub(super) struct Rating;

impl SlotType for Rating {
    fn name(&self) -> &'static str {
        "rating"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::gsm7(1)
    }

    fn width(&self) -> u32 {
        5 // few of the numbers
    }

    fn example(&self) -> Option<String> {
        Some("4".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        meant(text, at, context).and_then(Meant::found).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| meant(text, at, context))
    }
}

fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    if let Some((count, end)) = stars(text, at) {
        return Some(Meant { end, answer: rating(count.into()) });
    }
    if let Some((count, best, end)) = slashed(text, at) {
        return Some(Meant { end, answer: out_of(count, best) });
    }
    let number = quantity(text, at, context).filter(|number| stands_alone(text, number, context))?;
    let is_star = |at: usize| is_word(text, at, context, List::Stars);
    let after = number.end + usize::from(is_star(number.end));
    let between = end_of(text, after, context, List::OutOf);
    let best = between.and_then(|from| quantity(text, from, context));
    let best = best.filter(|best| stands_alone(text, best, context));
    let (mut end, answer) = match best {
        Some(best) => (best.end, out_of(number.value, best.value)),
        None => (after, rating(number.value)),
    };
    if let Some((count, after)) = stars(text, end) {
        // "4 ⭐" is four and so is "4 ⭐⭐⭐⭐"; "4 ⭐⭐" is anybody's guess.
        if count != 1 && Decimal::from(count) != number.value {
            return Some(Meant { end: after, answer: Answer::Unclear });
        }
        end = after;
    } else if is_star(end) {
        end += 1;
    }
    Some(Meant { end, answer })
}

fn rating(number: Decimal) -> Answer {
    let fits = number.is_integer() && number >= Decimal::ONE && number <= BEST.into();
    if fits { Answer::Value(Value::Number(number.normalize())) } else { OUT_OF_RANGE }
}

/// A rating on another scale is not turned into ours: nobody asked for it.
fn out_of(number: Decimal, best: Decimal) -> Answer {
    if best == Decimal::from(BEST) { rating(number) } else { OUT_OF_RANGE }
}

/// A row of stars from `at` on: how many, and its end.
fn stars(text: &Text, at: usize) -> Option<(u32, usize)> {
    let (mut count, mut end) = (0, at);
    while is_word_of(text, end, &FULL_STARS) {
        (count, end) = (count + 1, end + 1);
    }
    while count > 0 && is_word_of(text, end, &[EMPTY_STAR]) {
        end += 1;
    }
    (count > 0).then_some((count, end))
}

/// "4/5": the number, its scale and the end. Not "4/5/27".
fn slashed(text: &Text, at: usize) -> Option<(Decimal, Decimal, usize)> {
    let (number, none) = digits_and_letters(text, at)?;
    let (best, nothing) = digits_and_letters(text, at + 1)?;
    let plain = none.is_empty() && nothing.is_empty() && text.gap(at + 1).trim() == "/";
    let whole = plain && starts_clean(text, at) && ends_clean(text, at + 2);
    if !whole || number.len() > 2 || best.len() > 3 {
        return None;
    }
    Some((number.parse().ok()?, best.parse().ok()?, at + 2))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    fn read(text: &str, lang: Lang) -> Answer {
        Rating.read(&Text::new(text), &Context::of(&[lang]))
    }

    #[test]
    fn ratings_are_taken_as_people_give_them() {
        for (text, lang, stars) in [
            ("4", Lang::EN, 4),
            ("four", Lang::EN, 4),
            ("4!", Lang::EN, 4),
            ("5 stars", Lang::EN, 5),
            ("4/5", Lang::EN, 4),
            ("5 / 5", Lang::EN, 5),
            ("4 out of 5", Lang::EN, 4),
            ("three out of five stars", Lang::EN, 3),
            ("i give it a 2", Lang::EN, 2),
            ("4 stars out of 5", Lang::EN, 4),
            ("le doy un 4", Lang::ES, 4),
            ("4.0", Lang::EN, 4),
            ("⭐⭐⭐⭐", Lang::EN, 4),
            ("⭐️⭐️ ⭐️", Lang::EN, 3),
            ("★★★☆☆", Lang::EN, 3),
            ("5⭐", Lang::EN, 5),
            ("3 ⭐⭐⭐", Lang::EN, 3),
            ("quatre étoiles", Lang::FR, 4),
            ("4 sur 5", Lang::FR, 4),
            ("un", Lang::FR, 1),
            ("cuatro", Lang::ES, 4),
            ("5 estrellas, gracias", Lang::ES, 5),
            ("cinco de cinco", Lang::ES, 5),
        ] {
            assert_eq!(read(text, lang), Answer::Value(Value::Number(stars.into())), "{text}");
        }
    }

    #[test]
    fn other_scales_are_invalid_and_other_texts_unclear() {
        for text in ["0", "6", "10", "-1", "4.5", "8/10", "9 out of 10", "⭐⭐⭐⭐⭐⭐", "5 out of 4 stars"]
        {
            assert_eq!(read(text, Lang::EN), OUT_OF_RANGE, "{text}");
        }
        for text in ["", "great", "4 or 5", "4-5", "4/5/27", "5:30", "4 ⭐⭐", "☆", "one moment"] {
            assert_eq!(read(text, Lang::EN), Answer::Unclear, "{text}");
        }
    }
}
