//! GSM-7 characters that say the same as one outside of it.
//!
//! Sources: the alphabet is that of 3GPP TS 23.038 §6.2.1; the groups (quotes, dashes, the ellipsis, blanks) are those that
//! carriers' "smart encoding" replaces (Twilio and Telnyx, read in November 2026). Letters with an accent that GSM-7 lacks
//! come apart by Unicode (NFKD), as in "á"; those that do not come apart stand below.

use super::septets;
use std::borrow::Cow;
use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A replacement, and whether it only looks otherwise or is spelt otherwise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plain {
    /// What to write; empty for a character that shows nothing.
    pub text: Cow<'static, str>,
    /// Whether it is the letter without its accent: people read it as an error of spelling.
    pub misspelt: bool,
}

/// Signs, each with what is written for them in GSM-7.
#[rustfmt::skip]
const SIGNS: &[(&str, &str)] = &[
    ("\u{2018}\u{2019}\u{201B}\u{02BB}\u{02BC}\u{02BD}\u{02B9}\u{02C8}\u{02CA}\u{02CB}\u{00B4}\u{0060}\u{2032}\u{FF07}\u{275B}\u{275C}", "'"),
    ("\u{00AB}\u{00BB}\u{201C}\u{201D}\u{201E}\u{201F}\u{02BA}\u{02EE}\u{2033}\u{275D}\u{275E}\u{301D}\u{301E}\u{FF02}", "\""),
    ("\u{2039}", "<"), ("\u{203A}", ">"),
    ("\u{2010}\u{2011}\u{2012}\u{2013}\u{2014}\u{2015}\u{2212}\u{00AD}", "-"),
    ("\u{2026}", "..."), ("\u{201A}", ","), ("\u{2044}", "/"),
    ("\u{2022}\u{00B7}\u{2219}\u{25CF}\u{25AA}", "-"), ("\u{00D7}", "x"), ("\u{00F7}", "/"),
    ("\u{2122}", "(TM)"), ("\u{00AE}", "(R)"), ("\u{00A9}", "(C)"), ("\u{2116}", "No."), ("\u{00BA}", "o"), ("\u{00AA}", "a"),
    ("\u{2192}", "->"), ("\u{2190}", "<-"), ("\u{00A2}", "c"), ("\u{00BD}", "1/2"), ("\u{00BC}", "1/4"), ("\u{00BE}", "3/4"),
    // Blanks: no-break, thin and their kin.
    ("\u{00A0}\u{2000}\u{2001}\u{2002}\u{2003}\u{2004}\u{2005}\u{2006}\u{2007}\u{2008}\u{2009}\u{200A}\u{202F}\u{205F}\u{3000}\t", " "),
    // Shown as nothing, left over from copying.
    ("\u{200B}\u{200C}\u{200D}\u{2060}\u{FEFF}\u{FE0E}\u{FE0F}\u{200E}\u{200F}", ""),
];

/// Letters that do not come apart.
const LETTERS: &[(char, &str)] = &[
    ('œ', "oe"),
    ('Œ', "OE"),
    ('ł', "l"),
    ('Ł', "L"),
    ('đ', "d"),
    ('Đ', "D"),
    ('ð', "d"),
    ('Ð', "D"),
    ('þ', "th"),
    ('Þ', "Th"),
    ('ı', "i"),
    ('ẞ', "SS"),
];

/// What can be written in GSM-7 for a character outside of it, if anything can. O(1).
#[must_use]
pub fn plain(c: char) -> Option<Plain> {
    if let Some((_, text)) = SIGNS.iter().find(|(signs, _)| signs.contains(c)) {
        return Some(Plain { text: Cow::Borrowed(text), misspelt: false });
    }
    if let Some((_, text)) = LETTERS.iter().find(|(letter, _)| *letter == c) {
        return Some(Plain { text: Cow::Borrowed(text), misspelt: true });
    }
    // A pictogram in a circle or a square is no letter with an accent.
    let letters: String = c.nfkd().filter(|part| !is_combining_mark(*part)).collect();
    let fits =
        !letters.is_empty() && letters.chars().all(|part| part.is_alphanumeric() && septets(part).is_some());
    (c.is_alphabetic() && fits).then_some(Plain { text: Cow::Owned(letters), misspelt: true })
}

/// A text with plain signs in the place of typographic ones, where that makes it GSM-7; as it is where it is GSM-7 already, and
/// where something else keeps it out: no letter is ever changed, and nothing that would save nothing. O(characters).
#[must_use]
pub fn in_plain_signs(text: &str) -> Cow<'_, str> {
    let mut replaced = String::with_capacity(text.len());
    let mut any = false;
    for c in text.chars() {
        if septets(c).is_some() {
            replaced.push(c);
        } else if let Some(Plain { text: sign, misspelt: false }) = plain(c) {
            replaced.push_str(&sign);
            any = true;
        } else {
            return Cow::Borrowed(text);
        }
    }
    if any { Cow::Owned(replaced) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn signs_and_letters_have_what_people_would_type() {
        for (c, text, misspelt) in [
            ('’', "'", false),
            ('“', "\"", false),
            ('–', "-", false),
            ('…', "...", false),
            ('\u{A0}', " ", false),
            ('`', "'", false),
            ('á', "a", true),
            ('ç', "c", true),
            ('Ê', "E", true),
            ('œ', "oe", true),
            ('ﬁ', "fi", true),
        ] {
            assert_eq!(plain(c), Some(Plain { text: text.into(), misspelt }), "{c}");
        }
        for c in ['🎉', 'д', '日', '①', '♥', 'ا'] {
            assert_eq!(plain(c), None, "{c}");
        }
    }

    #[test]
    fn signs_are_replaced_where_that_makes_a_text_gsm_7() {
        let cases = [
            ("It’s “on” – come…", "It's \"on\" - come..."),
            ("plain", "plain"),
            ("It’s José", "It's José"),
            ("It’s García", "It’s García"),
            ("It’s 🙂", "It’s 🙂"),
            ("50\u{a0}€", "50 €"),
        ];
        for (written, leaves) in cases {
            assert_eq!(in_plain_signs(written), leaves);
        }
    }

    #[test]
    fn nothing_of_gsm_7_is_replaced_and_every_replacement_is_gsm_7() {
        for (signs, text) in SIGNS {
            assert!(signs.chars().all(|c| septets(c).is_none()), "{signs}");
            assert!(text.chars().all(|c| septets(c).is_some()), "{text}");
        }
        for (letter, text) in LETTERS {
            assert!(septets(*letter).is_none() && text.chars().all(|c| septets(c).is_some()), "{letter}");
        }
    }
}
