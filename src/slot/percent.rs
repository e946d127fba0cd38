//! `percent`: a part of a hundred, "15%" or "fifteen percent"; asked for, "15" is enough. The value is 15, not 0.15.

use super::number::{Quantity, ends_clean, linked, one_of_two, quantity, stands_alone};
use super::phrase::{end_of, row_of};
use super::{Answer, Context, Found, Longest, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::language::List;
use crate::sms::Text;

pub(super) struct Percent;

impl SlotType for Percent {
    fn name(&self) -> &'static str {
        "percent"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Number
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn longest(&self) -> Longest {
        Longest::gsm7(6)
    }

    fn width(&self) -> u32 {
        20 // some of the texts that hold a number
    }

    fn example(&self) -> Option<String> {
        Some("15%".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        meant(text, at, context).and_then(Meant::found).into_iter().collect()
    }

    /// A number without a sign counts only where none has one: "15% of 200" is fifteen.
    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        let signed = (0..text.tokens().len()).any(|at| meant(text, at, context).is_some());
        if signed {
            return read_only_meant(text, |at| meant(text, at, context));
        }
        read_only_meant(text, |at| {
            let number = quantity(text, at, context).filter(|number| stands_alone(text, number, context))?;
            Some(Meant::value(number.end, Value::Number(number.value)))
        })
    }
}

fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    let number = quantity(text, at, context)?;
    let end = end_of_sign(text, &number, context)?;
    let open = one_of_two(text, at, end, context);
    let answer = if open { Answer::Unclear } else { Answer::Value(Value::Number(number.value)) };
    ends_clean(text, end).then_some(Meant { end, answer })
}

/// One past the last token of the number with its sign: glued to it, behind it, or in words.
fn end_of_sign(text: &Text, number: &Quantity<'_>, context: &Context<'_>) -> Option<usize> {
    if !number.unit.is_empty() {
        return row_of(number.unit, context, List::Percent).map(|_| number.end);
    }
    if text.gap(number.end).trim_start().starts_with(['%', '٪', '﹪', '％']) {
        return Some(number.end);
    }
    let end = end_of(text, number.end, context, List::Percent)?;
    linked(text, number.end).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    #[test]
    fn a_percentage_is_read_with_its_sign_or_without() {
        let read = |text: &str, lang| Percent.read(&Text::new(text), &Context::of(&[lang]));
        for (text, lang, percent) in [
            ("15%", Lang::EN, "15"),
            ("15 %", Lang::EN, "15"),
            ("15 percent", Lang::EN, "15"),
            ("15pct", Lang::EN, "15"),
            ("fifteen per cent please", Lang::EN, "15"),
            ("about 12.5%", Lang::EN, "12.5"),
            ("15", Lang::EN, "15"),
            ("15% of 200", Lang::EN, "15"),
            ("-5%", Lang::EN, "-5"),
            ("½%", Lang::EN, "0.5"),
            ("15 pour cent", Lang::FR, "15"),
            ("vingt pour cent", Lang::FR, "20"),
            ("12,5 %", Lang::FR, "12.5"),
            ("cent pour cent", Lang::FR, "100"),
            ("15 por ciento", Lang::ES, "15"),
            ("el quince por ciento", Lang::ES, "15"),
            ("cien por cien", Lang::ES, "100"),
        ] {
            let percent = Value::Number(percent.parse().expect("a number"));
            assert_eq!(read(text, lang), Answer::Value(percent), "{text}");
        }
        for text in ["", "all of it", "10% or 15%", "10 or 15%", "10 or 15", "15kg", "3/4/27"] {
            assert_eq!(read(text, Lang::EN), Answer::Unclear, "{text}");
        }
    }

    #[test]
    fn inside_a_sentence_the_sign_is_needed() {
        let find = |text: &str| Percent.find(&Text::new(text), 0, &Context::of(&[Lang::EN]));
        assert_eq!(find("15% off"), [Found { end: 1, value: Value::Number(15.into()) }]);
        assert_eq!(find("15 percent off"), [Found { end: 2, value: Value::Number(15.into()) }]);
        assert_eq!(find("15 off"), []);
    }
}
