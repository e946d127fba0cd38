//! Values as a language writes them: "2,5" and "1 juin 2026" in French, "2:30 PM" in English.
//!
//! The rules and patterns are those of Unicode's CLDR, by the ICU4X crates; a language that it does not know gets its root
//! patterns. What is stored and compared knows nothing of this.

use super::template::Category;
use crate::language::Lang;
use crate::slot::Value;
use icu_calendar::Gregorian;
use icu_datetime::fieldsets::{T, YMD};
use icu_datetime::input::{Date as IcuDate, Time as IcuTime};
use icu_datetime::{FixedCalendarDateTimeFormatter, NoCalendarFormatter};
use icu_decimal::DecimalFormatter;
use icu_decimal::input::Decimal as IcuDecimal;
use icu_decimal::options::{DecimalFormatterOptions, GroupingStrategy};
use icu_locale_core::Locale;
use icu_plurals::{PluralCategory, PluralRuleType, PluralRules};
use jiff::civil::{Date, Time};
use rust_decimal::Decimal;
use std::fmt::{self, Display, Write};
use std::sync::OnceLock;

/// What one language writes with; where the data has nothing, values are shown as they are stored.
#[derive(Debug)]
struct Formats {
    number: Option<DecimalFormatter>,
    plural: Option<PluralRules>,
    date: Option<FixedCalendarDateTimeFormatter<Gregorian, YMD>>,
    time: Option<NoCalendarFormatter<T>>,
}

/// Two letters.
const LANGUAGES: usize = 26 * 26;

/// The formats of a language. They are made when the language is first written, and kept: making them takes far longer
/// than using them.
fn formats(language: Lang) -> &'static Formats {
    static FORMATS: [OnceLock<Box<Formats>>; LANGUAGES] = [const { OnceLock::new() }; LANGUAGES];
    let letters = language.as_str().bytes().map(|letter| usize::from(letter - b'a'));
    let index = letters.fold(0, |index, letter| index * 26 + letter);
    FORMATS[index].get_or_init(|| Box::new(Formats::new(language)))
}

impl Formats {
    fn new(language: Lang) -> Self {
        let locale = language.as_str().parse::<Locale>().unwrap_or(Locale::UNKNOWN);
        let mut options = DecimalFormatterOptions::default();
        // From five digits on: most numbers of four are years and the like.
        options.grouping_strategy = Some(GroupingStrategy::Min2);
        Self {
            number: DecimalFormatter::try_new((&locale).into(), options).ok(),
            plural: PluralRules::try_new((&locale).into(), PluralRuleType::Cardinal.into()).ok(),
            date: FixedCalendarDateTimeFormatter::try_new((&locale).into(), YMD::long()).ok(),
            time: NoCalendarFormatter::try_new((&locale).into(), T::hm()).ok(),
        }
    }
}

/// A value as a language writes it.
#[must_use]
pub fn shown(value: &Value, language: Lang) -> String {
    let mut out = String::new();
    write_value(value, language, &mut out);
    out
}

/// Appends a value as a language writes it.
pub(super) fn write_value(value: &Value, language: Lang, out: &mut String) {
    match value {
        Value::Text(words) | Value::Choice(words) => out.push_str(words),
        Value::Number(number) => write_number(*number, language, out),
        Value::Date(date) => write_date(*date, language, out),
        Value::Time(time) => write_time(*time, language, out),
        Value::Money { amount, currency } => write_money(*amount, currency, language, out),
        Value::Truth(_) | Value::Duration { .. } => append(value, out),
    }
}

/// Appends without the signs that would cost: the narrow and the no-break blanks of CLDR and its long minus are outside of
/// the alphabet of GSM 7-bit (3GPP 23.038). One of them would turn the whole text into UCS-2, of which a part holds 70
/// letters instead of 160.
struct PlainSigns<'o>(&'o mut String);

impl Write for PlainSigns<'_> {
    fn write_str(&mut self, words: &str) -> fmt::Result {
        self.0.extend(words.chars().map(|c| match c {
            '\u{a0}' | '\u{2009}' | '\u{202f}' => ' ',
            '\u{2212}' => '-',
            other => other,
        }));
        Ok(())
    }
}

fn append(shown: impl Display, out: &mut String) {
    // Writing into memory cannot fail.
    let _ = write!(PlainSigns(out), "{shown}");
}

fn write_number(number: Decimal, language: Lang, out: &mut String) {
    match &formats(language).number {
        Some(format) => append(format.format(&exact(number)), out),
        None => append(number, out),
    }
}

/// The same number to the same decimals: "2.50" stays "2.50".
fn exact(number: Decimal) -> IcuDecimal {
    let mut exact = IcuDecimal::from(number.mantissa());
    // A scale is at most 28.
    exact.multiply_pow10(-i16::try_from(number.scale()).unwrap_or_default());
    exact
}

fn write_date(date: Date, language: Lang, out: &mut String) {
    let known = || {
        let month = u8::try_from(date.month()).ok()?;
        let day = u8::try_from(date.day()).ok()?;
        let shown = IcuDate::try_new_gregorian(i32::from(date.year()), month, day).ok()?;
        Some((formats(language).date.as_ref()?, shown))
    };
    match known() {
        Some((format, shown)) => append(format.format(&shown), out),
        None => append(date, out),
    }
}

fn write_time(time: Time, language: Lang, out: &mut String) {
    let known = || {
        let hour = u8::try_from(time.hour()).ok()?;
        let minute = u8::try_from(time.minute()).ok()?;
        let shown = IcuTime::try_new(hour, minute, 0, 0).ok()?;
        Some((formats(language).time.as_ref()?, shown))
    };
    match known() {
        Some((format, shown)) => append(format.format(&shown), out),
        None => append(Value::Time(time), out),
    }
}

/// The signs that a language has for currencies, as CLDR writes them. ICU4X has no stable currencies yet; one that is missing
/// here is shown by its code (ISO 4217).
#[rustfmt::skip]
const SIGNS: [(Lang, &[(&str, &str)]); 3] = [
    (Lang::EN, &[("USD", "$"), ("CAD", "CA$"), ("MXN", "MX$"), ("EUR", "€"), ("GBP", "£"), ("JPY", "¥")]),
    (Lang::FR, &[("EUR", "€"), ("USD", "$US"), ("CAD", "$CA"), ("GBP", "£GB")]),
    (Lang::ES, &[("EUR", "€"), ("USD", "US$")]),
];

/// English writes the currency first, other languages write it behind. Whole amounts stay whole, others have two decimals.
fn write_money(amount: Decimal, currency: &str, language: Lang, out: &mut String) {
    let signs = SIGNS.iter().find(|(known, _)| *known == language).map_or([].as_slice(), |(_, signs)| signs);
    let sign = signs.iter().find(|(code, _)| *code == currency).map(|(_, sign)| *sign);
    let mut size = amount.abs();
    if size.scale() == 1 {
        size.rescale(2);
    }
    if amount.is_sign_negative() && !amount.is_zero() {
        out.push('-');
    }
    if language == Lang::EN {
        out.push_str(sign.unwrap_or(currency));
        if sign.is_none() {
            out.push(' ');
        }
        write_number(size, language, out);
    } else {
        write_number(size, language, out);
        out.push(' ');
        out.push_str(sign.unwrap_or(currency));
    }
}

/// The category of a number in a language.
pub(super) fn category(number: Decimal, language: Lang) -> Category {
    let rules = formats(language).plural.as_ref();
    rules.map_or(Category::Other, |rules| ours(rules.category_for(&exact(number))))
}

/// The categories that numbers of a language have, the common one last.
pub(super) fn categories(language: Lang) -> Vec<Category> {
    let rules = formats(language).plural.as_ref();
    let used: Vec<Category> = rules.into_iter().flat_map(PluralRules::categories).map(ours).collect();
    let used = |category: &Category| *category == Category::Other || used.contains(category);
    Category::ALL.into_iter().filter(used).collect()
}

fn ours(category: PluralCategory) -> Category {
    match category {
        PluralCategory::Zero => Category::Zero,
        PluralCategory::One => Category::One,
        PluralCategory::Two => Category::Two,
        PluralCategory::Few => Category::Few,
        PluralCategory::Many => Category::Many,
        PluralCategory::Other => Category::Other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::{date, time};

    fn shown(value: &Value, language: &str) -> String {
        let mut out = String::new();
        write_value(value, language.parse().expect("a language"), &mut out);
        out
    }

    #[test]
    fn numbers_are_written_as_the_language_does() {
        let number = |digits: &str| Value::Number(digits.parse().expect("a number"));
        for (digits, en, es, fr, de) in [
            ("2.5", "2.5", "2,5", "2,5", "2,5"),
            ("2.50", "2.50", "2,50", "2,50", "2,50"),
            ("-3", "-3", "-3", "-3", "-3"),
            ("0", "0", "0", "0", "0"),
            ("2026", "2026", "2026", "2026", "2026"),
            ("12345.6", "12,345.6", "12.345,6", "12 345,6", "12.345,6"),
            ("79228162514264337593543950335", "79,228,162,514,264,337,593,543,950,335", "", "", ""),
            ("0.0000000000000000000000000001", "0.0000000000000000000000000001", "", "", ""),
        ] {
            for (language, expected) in [("en", en), ("es", es), ("fr", fr), ("de", de)] {
                if !expected.is_empty() {
                    assert_eq!(shown(&number(digits), language), expected, "{digits} in {language}");
                }
            }
        }
    }

    #[test]
    fn dates_and_times_are_written_as_the_language_does() {
        let day = Value::Date(date(2026, 6, 1));
        let afternoon = Value::Time(time(14, 30, 0, 0));
        for (language, shown_day, shown_time) in [
            ("en", "June 1, 2026", "2:30 PM"),
            ("es", "1 de junio de 2026", "14:30"),
            ("fr", "1 juin 2026", "14:30"),
            ("de", "1. Juni 2026", "14:30"),
            ("xx", "2026 M06 1", "14:30"),
        ] {
            assert_eq!(shown(&day, language), shown_day, "{language}");
            assert_eq!(shown(&afternoon, language), shown_time, "{language}");
        }
        assert_eq!(shown(&Value::Date(date(0, 12, 31)), "en"), "December 31, 1 BC");
    }

    #[test]
    fn money_is_written_with_its_sign() {
        let money = |amount: &str, currency: &str| Value::Money {
            amount: amount.parse().expect("an amount"),
            currency: currency.to_owned(),
        };
        for (amount, currency, en, es, fr) in [
            ("12.5", "USD", "$12.50", "12,50 US$", "12,50 $US"),
            ("10", "EUR", "€10", "10 €", "10 €"),
            ("-3.25", "GBP", "-£3.25", "-3,25 GBP", "-3,25 £GB"),
            ("12000.00", "USD", "$12,000.00", "12.000,00 US$", "12 000,00 $US"),
            ("5", "CHF", "CHF 5", "5 CHF", "5 CHF"),
        ] {
            for (language, expected) in [("en", en), ("es", es), ("fr", fr)] {
                assert_eq!(shown(&money(amount, currency), language), expected, "{language}");
            }
        }
    }

    #[test]
    fn no_blank_and_no_minus_costs_a_part() {
        for language in ["en", "es", "fr", "de", "pt", "it", "pl", "sv", "no"] {
            let number = Value::Number(Decimal::new(-1_234_567_891, 1));
            for value in [Value::Time(time(2, 5, 0, 0)), Value::Date(date(2026, 12, 31)), number] {
                let shown = shown(&value, language);
                let plain = shown.chars().all(|c| c != '\u{2212}' && (!c.is_whitespace() || c == ' '));
                assert!(plain, "{shown:?} in {language}");
            }
        }
    }

    #[test]
    fn numbers_have_the_categories_of_their_language() {
        use Category::{Few, Many, One, Other, Two, Zero};
        let category = |number: &str, language: &str| {
            super::category(number.parse().expect("a number"), language.parse().expect("a language"))
        };
        for (language, number, expected) in [
            ("en", "1", One),
            ("en", "0", Other),
            ("en", "1.0", Other), // "1.0 scoops"
            ("en", "-1", One),
            ("fr", "0", One),
            ("fr", "1.5", One),
            ("fr", "2", Other),
            ("fr", "1000000", Many),
            ("es", "1", One),
            ("pl", "3", Few),
            ("ar", "0", Zero),
            ("ar", "2", Two),
            ("ja", "1", Other),
        ] {
            assert_eq!(category(number, language), expected, "{number} in {language}");
        }
        assert_eq!(categories(Lang::EN), [One, Other]);
        assert_eq!(categories(Lang::FR), [One, Many, Other]);
    }
}
