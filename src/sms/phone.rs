//! Numbers: a subscriber's, in E.164, and a brand's, which may be a short code.

use regex::Regex;
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;
use std::sync::LazyLock;

/// A subscriber's number in E.164: at most 15 digits after the `+`, so it fits a `u64` (ITU-T E.164 §6).
///
/// `Debug` masks it, because logs are read by people who need not know it; `Display` does not.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(u64);

/// Runs of digits that may be somebody's number, in words of others.
static NUMBERS: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"\+?[0-9][0-9 ().-]{5,}[0-9]").expect("read by its test"));

/// A text of somebody else, such as a provider's complaint, with everything that looks like a number hidden.
#[must_use]
pub fn mask_numbers(text: &str) -> Cow<'_, str> {
    replace_numbers(text, "•••")
}

/// A text with something else in the place of everything that looks like a number.
#[must_use]
pub fn replace_numbers<'t>(text: &'t str, with: &str) -> Cow<'t, str> {
    NUMBERS.replace_all(text, with)
}

/// What was read is no number one can write to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a phone number in international form, such as +14045550123")]
pub struct BadNumber(pub String);

impl Phone {
    /// The number with all but its country's first digits and its last two hidden: `+1404•••••23`.
    #[must_use]
    pub fn masked(self) -> String {
        let full = self.0.to_string();
        let shown = full.len().saturating_sub(7).min(4);
        let hidden = full.len().saturating_sub(shown + 2);
        format!("+{}{}{}", &full[..shown], "•".repeat(hidden), &full[shown + hidden..])
    }

    /// The country it belongs to (ISO 3166-1, two letters), where the number tells.
    #[must_use]
    pub fn country(self) -> Option<String> {
        let number = PHONE_NUMBER_UTIL.parse(self.to_string(), None).ok()?;
        number.get_region_code().map(|region| region.as_region_str().to_string())
    }

    /// A number that nobody has, in the same area where one is kept free there: 555-01xx in the North American plan (ATIS
    /// 555 NXX Assignment Guidelines), 07700 900xxx in the United Kingdom (Ofcom), 06 39 98 xx xx in France (ARCEP).
    /// Elsewhere it is one of Atlanta.
    #[must_use]
    pub fn fictional(self) -> Self {
        let digits = self.0.to_string();
        let country = self.country();
        let fictional = match country.as_deref() {
            Some("GB") => "447700900123".to_owned(),
            Some("FR") => "33639980123".to_owned(),
            _ if digits.len() == 11 && digits.starts_with('1') => format!("{}5550123", &digits[..4]),
            _ => "14045550123".to_owned(),
        };
        Self(fictional.parse().expect("these are digits"))
    }

    /// The number as it is dialled within its country, without a leading zero of the country's own habit.
    #[must_use]
    pub fn national(self) -> String {
        let number = PHONE_NUMBER_UTIL.parse(self.to_string(), None);
        number.map_or_else(|_| self.0.to_string(), |number| number.get_national_significant_number())
    }

    /// Reads a number as it is dialled in a country (ISO 3166-1, two letters).
    pub fn dialled_in(text: &str, country: &str) -> Result<Self, BadNumber> {
        let bad = || BadNumber(text.chars().take(40).collect());
        let country = country.parse().map_err(|_| bad())?;
        let number = PHONE_NUMBER_UTIL.parse(text.trim(), Some(country)).map_err(|_| bad())?;
        number.format_as(PhoneNumberFormat::E164).parse()
    }

    /// The digits without the `+`, as some providers want them.
    #[must_use]
    pub fn digits(self) -> u64 {
        self.0
    }
}

/// A North American number as providers write it, `+1` and ten digits of which the first is none of 0 and 1: it is possible as
/// it stands (NANPA), and read a hundred times faster than by the plans of all countries. Every text of such a number is read
/// twice, and once more where the provider is a simulated one.
fn north_american(text: &str) -> Option<u64> {
    let national = text.strip_prefix("+1").filter(|national| national.len() == 10)?;
    let is_one = national.bytes().all(|byte| byte.is_ascii_digit()) && !national.starts_with(['0', '1']);
    is_one.then(|| text[1..].parse().ok()).flatten()
}

impl FromStr for Phone {
    type Err = BadNumber;

    /// Reads a number with its `+`, in any spacing. Only its length is judged against the country's plan:
    /// numbers are assigned faster than tables are published.
    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let bad = || BadNumber(text.chars().take(40).collect());
        let trimmed = text.trim();
        if !trimmed.starts_with('+') {
            return Err(bad());
        }
        let digits = north_american(trimmed).or_else(|| by_plan(trimmed));
        digits.map(Self).ok_or_else(bad)
    }
}

/// A number by the plan of its country.
fn by_plan(text: &str) -> Option<u64> {
    let number = PHONE_NUMBER_UTIL.parse(text, None).ok()?;
    number.is_possible_with_reason().ok()?;
    number.format_as(PhoneNumberFormat::E164).trim_start_matches('+').parse().ok()
}

impl fmt::Display for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "+{}", self.0)
    }
}

impl fmt::Debug for Phone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.masked())
    }
}

impl Serialize for Phone {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if serializer.is_human_readable() {
            serializer.collect_str(self)
        } else {
            serializer.serialize_u64(self.0)
        }
    }
}

impl<'de> Deserialize<'de> for Phone {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
        } else {
            u64::deserialize(deserializer).map(Self)
        }
    }
}

/// A number that a brand writes from: a full number, or a short code of 3 to 8 digits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sender {
    /// A full number.
    Number(Phone),
    /// A short code; it means something only in its country.
    ShortCode(u32),
}

impl Sender {
    /// The country of a full number; a short code does not tell.
    #[must_use]
    pub fn country(self) -> Option<String> {
        match self {
            Self::Number(phone) => phone.country(),
            Self::ShortCode(_) => None,
        }
    }

    /// Whether it is a full number of the North American plan.
    #[must_use]
    pub fn is_north_american(self) -> bool {
        matches!(self, Self::Number(Phone(digits)) if digits / 10_000_000_000 == 1)
    }

    /// Whether it is a toll-free number of the North American plan, by the codes that are in use (NANPA).
    #[must_use]
    pub fn is_toll_free(self) -> bool {
        let code = |Phone(digits): Phone| digits / 10_000_000 % 1_000;
        let in_use = |number| matches!(code(number), 800 | 833 | 844 | 855 | 866 | 877 | 888);
        self.is_north_american() && matches!(self, Self::Number(number) if in_use(number))
    }
}

impl FromStr for Sender {
    type Err = BadNumber;

    fn from_str(text: &str) -> Result<Self, BadNumber> {
        let trimmed = text.trim();
        let short = (3..=8).contains(&trimmed.len()) && trimmed.bytes().all(|b| b.is_ascii_digit());
        match trimmed.parse() {
            Ok(code) if short && !trimmed.starts_with('0') => Ok(Self::ShortCode(code)),
            _ => trimmed.parse().map(Self::Number),
        }
    }
}

impl fmt::Display for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(phone) => phone.fmt(f),
            Self::ShortCode(code) => code.fmt(f),
        }
    }
}

impl Serialize for Sender {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Sender {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    proptest::proptest! {
        #[test]
        fn what_is_read_at_once_is_read_as_the_plan_reads_it(national in "[0-9]{10}") {
            let text = format!("+1{national}");
            if let Some(digits) = north_american(&text) {
                proptest::prop_assert_eq!(Some(digits), by_plan(&text));
            }
        }
    }

    #[test]
    fn numbers_are_read_in_any_spacing_and_printed_in_one() {
        for text in ["+14045550123", "+1 (404) 555-0123", " +1 404 555 0123 "] {
            assert_eq!(text.parse::<Phone>().map(|p| p.to_string()), Ok("+14045550123".into()), "{text}");
        }
        for text in ["", "4045550123", "+1", "+999999999999999999999", "+1404555012345678", "join"] {
            assert!(text.parse::<Phone>().is_err(), "{text}");
        }
    }

    #[test]
    fn numbers_are_dialled_as_their_countries_do() {
        let london: Phone = "+442079460018".parse().expect("a number");
        assert_eq!(london.national(), "2079460018");
        assert_eq!(Phone::dialled_in("020 7946 0018", "GB"), Ok(london));
        assert!(Phone::dialled_in("020 7946 0018", "XX").is_err());
        assert!(Phone::dialled_in("12", "GB").is_err());
    }

    #[test]
    fn a_mask_hides_the_subscriber_and_keeps_the_country() {
        let phone: Phone = "+14045550123".parse().expect("a number");
        assert_eq!(phone.masked(), "+1404•••••23");
        assert_eq!(format!("{phone:?}"), "+1404•••••23");
    }

    #[test]
    fn a_fictional_number_stays_in_its_area_and_is_nobodys() {
        let cases = [
            ("+14042345678", "+14045550123"),
            ("+12125550123", "+12125550123"),
            ("+442079460018", "+447700900123"),
            ("+33612345678", "+33639980123"),
            ("+4915112345678", "+14045550123"),
        ];
        for (real, fictional) in cases {
            let phone: Phone = real.parse().expect("a number");
            assert_eq!(phone.fictional().to_string(), fictional, "{real}");
            assert!(phone.fictional().to_string().parse::<Phone>().is_ok(), "{fictional}");
        }
    }

    #[test]
    fn numbers_in_the_words_of_others_are_hidden() {
        let said = "The 'To' number +1404 555-0123 is not valid (21211)";
        assert_eq!(mask_numbers(said), "The 'To' number ••• is not valid (21211)");
    }

    #[test]
    fn short_codes_are_senders_and_never_subscribers() {
        assert_eq!("72345".parse(), Ok(Sender::ShortCode(72_345)));
        assert!("72345".parse::<Phone>().is_err());
        assert!("012".parse::<Sender>().is_err());
    }
}
