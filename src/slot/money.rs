//! `money`: an amount and its currency, which the sign, the word or the code says, or else the country.

use super::date::unit_named;
use super::number::{
    QUANTITIES, Quantity, Writing, digits_and_letters, ends_clean, linked, quantity, quantity_written,
    stands_alone,
};
use super::phrase::{ByFirstWord, can_begin, is_word_of};
use super::{Answer, Context, Found, Meant, Openness, SlotType, Value, ValueKind, read_only_meant};
use crate::sms::Text;
use rust_decimal::Decimal;
use rustc_hash::FxHashMap;
use std::sync::LazyLock;

/// Decimals of an amount: nobody pays tenths of cents.
const DECIMALS_MAX: u32 = 2;
/// Letters of the code of a currency (ISO 4217).
const CODE_LETTERS: usize = 3;

/// The currency of an amount that names none, by country. A country that is missing here makes such an amount unclear.
#[rustfmt::skip]
const BY_COUNTRY: [(&str, &str); 64] = [
    ("US", "USD"), ("PR", "USD"), ("EC", "USD"), ("SV", "USD"), ("PA", "USD"), ("CA", "CAD"), ("MX", "MXN"),
    ("GB", "GBP"), ("AU", "AUD"), ("NZ", "NZD"), ("SG", "SGD"), ("HK", "HKD"), ("AT", "EUR"), ("BE", "EUR"),
    ("CY", "EUR"), ("DE", "EUR"), ("EE", "EUR"), ("ES", "EUR"), ("FI", "EUR"), ("FR", "EUR"), ("GR", "EUR"),
    ("HR", "EUR"), ("IE", "EUR"), ("IT", "EUR"), ("LT", "EUR"), ("LU", "EUR"), ("LV", "EUR"), ("MT", "EUR"),
    ("NL", "EUR"), ("PT", "EUR"), ("SI", "EUR"), ("SK", "EUR"), ("GP", "EUR"), ("MQ", "EUR"), ("RE", "EUR"),
    ("CH", "CHF"), ("LI", "CHF"), ("SE", "SEK"), ("NO", "NOK"), ("DK", "DKK"), ("PL", "PLN"), ("CZ", "CZK"),
    ("AR", "ARS"), ("BO", "BOB"), ("BR", "BRL"), ("CL", "CLP"), ("CO", "COP"), ("CR", "CRC"), ("CU", "CUP"),
    ("DO", "DOP"), ("GT", "GTQ"), ("HN", "HNL"), ("NI", "NIO"), ("PE", "PEN"), ("PY", "PYG"), ("UY", "UYU"),
    ("IN", "INR"), ("PH", "PHP"), ("JP", "JPY"), ("CN", "CNY"), ("KR", "KRW"), ("ZA", "ZAR"), ("NG", "NGN"),
    ("KE", "KES"),
];

/// Currencies that are called dollar, and those that are called peso; all of them are written `$`.
const DOLLARS: [&str; 6] = ["USD", "CAD", "AUD", "NZD", "SGD", "HKD"];
const PESOS: [&str; 7] = ["MXN", "ARS", "CLP", "COP", "DOP", "UYU", "CUP"];

/// What is written or said for a currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Currency {
    /// `$`: the dollar or peso of the country, else that of the United States.
    DollarSign,
    /// The dollar of the country, else that of the United States.
    Dollar,
    /// The peso of the country; there are too many to guess one elsewhere.
    Peso,
    /// A hundredth of the country's currency.
    Cent,
    /// This one.
    Code(&'static str),
}

/// The signs, wherever they stand.
const SIGNS: [(char, Currency); 6] = [
    ('$', Currency::DollarSign),
    ('＄', Currency::DollarSign),
    ('€', Currency::Code("EUR")),
    ('£', Currency::Code("GBP")),
    ('¥', Currency::Code("JPY")),
    ('₹', Currency::Code("INR")),
];

/// What stands before a dollar sign and says whose it is: "mx$5".
const BEFORE_DOLLAR_SIGN: [(&str, Currency); 7] = [
    ("us", Currency::Code("USD")),
    ("c", Currency::Code("CAD")),
    ("ca", Currency::Code("CAD")),
    ("mx", Currency::Code("MXN")),
    ("au", Currency::Code("AUD")),
    ("nz", Currency::Code("NZD")),
    ("r", Currency::Code("BRL")),
];

/// Names of currencies, in one list for all languages: a brand is paid in euros in any of them.
static NAMES: LazyLock<ByFirstWord<Currency>> = LazyLock::new(|| ByFirstWord::new(NAMED));
const NAMED: [(&str, Currency); 26] = [
    ("dollar", Currency::Dollar),
    ("dollars", Currency::Dollar),
    ("buck", Currency::Dollar),
    ("bucks", Currency::Dollar),
    ("dolar", Currency::Dollar),
    ("dolares", Currency::Dollar),
    ("us dollars", Currency::Code("USD")),
    ("euro", Currency::Code("EUR")),
    ("euros", Currency::Code("EUR")),
    ("deuros", Currency::Code("EUR")),
    ("pound", Currency::Code("GBP")),
    ("pounds", Currency::Code("GBP")),
    ("quid", Currency::Code("GBP")),
    ("livres sterling", Currency::Code("GBP")),
    ("libras esterlinas", Currency::Code("GBP")),
    ("peso", Currency::Peso),
    ("pesos", Currency::Peso),
    ("de pesos", Currency::Peso),
    ("yen", Currency::Code("JPY")),
    ("yens", Currency::Code("JPY")),
    ("cent", Currency::Cent),
    ("cents", Currency::Cent),
    ("centimes", Currency::Cent),
    ("centavos", Currency::Cent),
    ("centimos", Currency::Cent),
    ("pence", Currency::Cent),
];

/// The codes of the currencies that some country of ours pays in, in small letters.
static CODES: LazyLock<FxHashMap<String, &'static str>> =
    LazyLock::new(|| BY_COUNTRY.iter().map(|(_, code)| (code.to_ascii_lowercase(), *code)).collect());

pub(super) struct Money;

impl SlotType for Money {
    fn name(&self) -> &'static str {
        "money"
    }

    fn kind(&self) -> ValueKind {
        ValueKind::Money
    }

    fn openness(&self) -> Openness {
        Openness::Closed
    }

    fn width(&self) -> u32 {
        120 // it takes every number
    }

    fn example(&self) -> Option<String> {
        Some("$5".to_owned())
    }

    fn find(&self, text: &Text, at: usize, context: &Context<'_>) -> Vec<Found> {
        meant(text, at, context).and_then(Meant::found).into_iter().collect()
    }

    fn read(&self, text: &Text, context: &Context<'_>) -> Answer {
        read_only_meant(text, |at| meant(text, at, context))
    }
}

fn meant(text: &Text, at: usize, context: &Context<'_>) -> Option<Meant> {
    let (before, from) = currency_before(text, at);
    if !can_begin(text, from, QUANTITIES) {
        return None;
    }
    let writing = Writing::of(context).with_decimal_comma();
    let number =
        quantity_written(text, from, context, writing).filter(|number| !is_fraction(text, number))?;
    let (after, mut end) = currency_after(text, &number)?;
    let Some(currency) = before.or(after) else {
        return bare(text, &number, context);
    };
    let mut amount = number.value;
    if currency == Currency::Cent {
        amount = amount.checked_div(Decimal::ONE_HUNDRED)?;
    } else if let Some((cents, after)) = cents(text, end, context) {
        (amount, end) = (amount.checked_add(cents)?, after);
    }
    if !ends_clean(text, end) {
        return None;
    }
    Some(Meant { end, answer: amount_of(amount, code(currency, context)?) })
}

/// An amount without a currency: the country's, unless it is visibly an amount of something else.
fn bare(text: &Text, number: &Quantity<'_>, context: &Context<'_>) -> Option<Meant> {
    let percent = text.gap(number.end).trim_start().starts_with(['%', '٪']);
    let next = || if number.end < text.tokens().len() { text.token(number.end) } else { "" };
    if percent
        || next().len() > 1 && unit_named(next(), context).is_some()
        || !stands_alone(text, number, context)
    {
        return None;
    }
    Some(Meant { end: number.end, answer: amount_of(number.value, by_country(context)?) })
}

fn amount_of(amount: Decimal, currency: &str) -> Answer {
    if amount.is_sign_negative() && !amount.is_zero() {
        Answer::Invalid("an amount below zero")
    } else if amount.normalize().scale() > DECIMALS_MAX {
        Answer::Invalid("an amount has at most two decimals")
    } else {
        Answer::Value(Value::Money { amount, currency: currency.to_owned() })
    }
}

/// "3/4" is a date or a share, and no amount, though it is a number.
fn is_fraction(text: &Text, number: &Quantity<'_>) -> bool {
    text.gap(number.end - 1) == "/"
}

/// The currency that stands before the number, and where the number begins: "$5", "USD 5", "mx$5".
fn currency_before(text: &Text, at: usize) -> (Option<Currency>, usize) {
    if at >= text.tokens().len() {
        return (None, at);
    }
    let between = text.gap(at + 1).trim();
    let word = text.token(at);
    if between == "$" {
        let known = BEFORE_DOLLAR_SIGN.iter().find(|(name, _)| *name == word).map(|(_, currency)| *currency);
        if let Some(currency) = known.or_else(|| code_named(word)) {
            return (Some(currency), at + 1);
        }
    }
    if let Some(currency) = code_named(word).filter(|_| between.is_empty() || between == ":") {
        return (Some(currency), at + 1);
    }
    let gap = text.gap(at);
    // A sign that is glued to the number before is that number's: "5€ 6".
    if at > 0 && gap.starts_with(|c| sign(c).is_some()) && digits_and_letters(text, at - 1).is_some() {
        return (None, at);
    }
    let last = gap.trim_end_matches([' ', '-', '−', '.']).chars().next_back();
    (last.and_then(sign), at)
}

/// The currency that stands behind the number, and the end. `None` where the number is of something else: "5kg".
fn currency_after(text: &Text, number: &Quantity<'_>) -> Option<(Option<Currency>, usize)> {
    let end = number.end;
    if !number.unit.is_empty() {
        let known = NAMES.word(number.unit);
        let short = if number.unit == "c" { Some(Currency::Cent) } else { None };
        return Some((Some(known.or_else(|| code_named(number.unit)).or(short)?), end));
    }
    if let Some(currency) = text.gap(end).trim_start().chars().next().and_then(sign) {
        return Some((Some(currency), end));
    }
    if end >= text.tokens().len() || !linked(text, end) {
        return Some((None, end));
    }
    if let Some((currency, after)) = NAMES.longest(text, end) {
        return Some((Some(currency), after));
    }
    let code = code_named(text.token(end));
    Some((code, if code.is_some() { end + 1 } else { end }))
}

/// The cents behind an amount: "5€50", "5 dollars and 50 cents".
fn cents(text: &Text, end: usize, context: &Context<'_>) -> Option<(Decimal, usize)> {
    let mut signs = text.gap(end).chars();
    let glued = matches!((signs.next().and_then(sign), signs.next()), (Some(_), None));
    if let Some((digits, "")) = digits_and_letters(text, end).filter(|(digits, _)| glued && digits.len() == 2)
    {
        return Some((Decimal::new(digits.parse().ok()?, DECIMALS_MAX), end + 1));
    }
    let and = is_word_of(text, end, &["and", "et", "y", "con"]);
    let number = quantity(text, end + usize::from(and), context).filter(|_| linked(text, end))?;
    let (cent, after) = NAMES.longest(text, number.end)?;
    let whole = number.value.is_integer() && number.value < Decimal::ONE_HUNDRED && number.unit.is_empty();
    (cent == Currency::Cent && whole).then_some((number.value.checked_div(Decimal::ONE_HUNDRED)?, after))
}

fn sign(c: char) -> Option<Currency> {
    SIGNS.iter().find(|(sign, _)| *sign == c).map(|(_, currency)| *currency)
}

/// The currency of that code, if it is one that some country of ours pays in.
fn code_named(word: &str) -> Option<Currency> {
    if word.len() == CODE_LETTERS { CODES.get(word).map(|code| Currency::Code(code)) } else { None }
}

fn by_country(context: &Context<'_>) -> Option<&'static str> {
    BY_COUNTRY.iter().find(|(country, _)| *country == context.country).map(|(_, code)| *code)
}

/// The code of a currency where this is said.
fn code(currency: Currency, context: &Context<'_>) -> Option<&'static str> {
    let here = by_country(context);
    let own = |names: &[&str]| here.filter(|code| names.contains(code));
    match currency {
        Currency::DollarSign => own(&DOLLARS).or_else(|| own(&PESOS)).or(Some("USD")),
        Currency::Dollar => own(&DOLLARS).or(Some("USD")),
        Currency::Peso => own(&PESOS).or_else(|| here.filter(|code| *code == "PHP")),
        Currency::Cent => here,
        Currency::Code(code) => Some(code),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::language::Lang;

    fn read(text: &str, lang: Lang, country: &str) -> Answer {
        Money.read(&Text::new(text), &Context { country, ..Context::of(&[lang]) })
    }

    #[test]
    fn amounts_are_taken_as_people_write_them() {
        for (text, lang, country, amount) in [
            ("$5", Lang::EN, "US", "5 USD"),
            ("5$", Lang::EN, "US", "5 USD"),
            ("$ 5.50 please", Lang::EN, "US", "5.50 USD"),
            ("$.50", Lang::EN, "US", "0.50 USD"),
            ("5 dollars", Lang::EN, "US", "5 USD"),
            ("five dollars", Lang::EN, "CA", "5 CAD"),
            ("20 bucks", Lang::EN, "US", "20 USD"),
            ("20bucks", Lang::EN, "US", "20 USD"),
            ("USD 5.50", Lang::EN, "MX", "5.50 USD"),
            ("5.50 usd", Lang::EN, "MX", "5.50 USD"),
            ("US$5", Lang::EN, "MX", "5 USD"),
            ("mx$5", Lang::EN, "US", "5 MXN"),
            ("£3", Lang::EN, "US", "3 GBP"),
            ("1,200", Lang::EN, "US", "1200 USD"),
            ("$2k", Lang::EN, "US", "2000 USD"),
            ("50 cents", Lang::EN, "US", "0.50 USD"),
            ("5 dollars and 50 cents", Lang::EN, "US", "5.50 USD"),
            ("about 20", Lang::EN, "GB", "20 GBP"),
            ("5,50 €", Lang::FR, "FR", "5.50 EUR"),
            ("5€50", Lang::FR, "FR", "5.50 EUR"),
            ("5 euros", Lang::FR, "CA", "5 EUR"),
            ("vingt euros", Lang::FR, "FR", "20 EUR"),
            ("1 200 €", Lang::FR, "FR", "1200 EUR"),
            ("5,50", Lang::FR, "FR", "5.50 EUR"),
            ("€5,50", Lang::EN, "IE", "5.50 EUR"),
            ("10 $", Lang::FR, "CA", "10 CAD"),
            ("20 pesos", Lang::ES, "MX", "20 MXN"),
            ("veinte pesos", Lang::ES, "AR", "20 ARS"),
            ("$100", Lang::ES, "MX", "100 MXN"),
            ("5 dólares", Lang::ES, "MX", "5 USD"),
            ("2 mil pesos", Lang::ES, "MX", "2000 MXN"),
            ("1.200,50", Lang::ES, "ES", "1200.50 EUR"),
        ] {
            let answer = read(text, lang, country);
            assert!(
                matches!(&answer, Answer::Value(value) if value.to_string() == amount),
                "{text}: {answer:?}"
            );
        }
    }

    #[test]
    fn what_is_no_amount_is_refused() {
        for text in ["-5", "-$5", "$-5", "minus five dollars", "$5.555", "-5 €"] {
            assert!(matches!(read(text, Lang::EN, "US"), Answer::Invalid(_)), "{text}");
        }
        for text in [
            "",
            "free",
            "$5 or $6",
            "5kg",
            "15%",
            "3/4",
            "3/4/27",
            "5th",
            "5 minutes",
            "5:30",
            "914-349-8600",
            "20 pesos",
            "one moment",
        ] {
            assert_eq!(read(text, Lang::EN, "US"), Answer::Unclear, "{text}");
        }
        assert_eq!(read("20", Lang::EN, "ZZ"), Answer::Unclear);
        assert_eq!(read("50 cents", Lang::EN, "ZZ"), Answer::Unclear);
    }
}
