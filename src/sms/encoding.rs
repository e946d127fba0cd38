//! How many parts a text costs: GSM-7 (3GPP TS 23.038) or UCS-2, counted as networks count.
//!
//! A part is 140 octets: 160 septets of GSM-7 or 70 units of UCS-2; a text of several parts carries a
//! 6-octet header in each (3GPP TS 23.040 §9.2.3.24.1), which leaves 153 and 67.

mod octets;
mod plain;
mod split;

pub use octets::{gsm7_octets, latin1_octets, octets_as_text, octets_of, text_of_octets, units_of_octets};
pub use plain::{Plain, in_plain_signs, plain};
pub use split::split;

/// Septets of one lone GSM-7 part.
pub const GSM7_ONE: usize = 160;
/// Septets of each of several GSM-7 parts.
pub const GSM7_EACH: usize = 153;
/// 16-bit units of one lone UCS-2 part.
pub const UCS2_ONE: usize = 70;
/// 16-bit units of each of several UCS-2 parts.
pub const UCS2_EACH: usize = 67;

/// The alphabet a text travels in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alphabet {
    /// The 7-bit default alphabet with its extension table.
    Gsm7,
    /// Two octets a unit; a character outside the basic plane takes two units.
    Ucs2,
}

/// What a text costs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cost {
    /// The alphabet: one character outside GSM-7 puts the whole text into UCS-2.
    pub alphabet: Alphabet,
    /// Septets or 16-bit units.
    pub units: usize,
    /// Parts that are billed; an empty text is one part.
    pub parts: usize,
    /// The first character that GSM-7 lacks, if that is what made it UCS-2.
    pub outside: Option<char>,
}

/// The default alphabet without its extension, ESC left out.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?\
                     ¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// The extension table: each costs two septets.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Septets that a character costs, or `None` outside GSM-7.
#[must_use]
#[inline]
pub fn septets(c: char) -> Option<usize> {
    match c {
        // All but ten of the signs of ASCII are there; a whole brand's texts are counted in no time.
        ' '..='Z' | '_' | 'a'..='z' => Some(1),
        '[' | '\\' | ']' | '^' | '{' | '|' | '}' | '~' => Some(2),
        '`' => None,
        c if BASIC.contains(c) => Some(1),
        c if EXTENSION.contains(c) => Some(2),
        _ => None,
    }
}

/// What `text` costs. O(characters); a walk, not a division, because neither an escaped character nor a
/// surrogate pair is split between parts, so that the last place of a part may stay empty.
#[must_use]
pub fn cost(text: &str) -> Cost {
    let outside = text.chars().find(|c| septets(*c).is_none());
    let (alphabet, one, each) = match outside {
        None => (Alphabet::Gsm7, GSM7_ONE, GSM7_EACH),
        Some(_) => (Alphabet::Ucs2, UCS2_ONE, UCS2_EACH),
    };
    let width = |c: char| match alphabet {
        Alphabet::Gsm7 => septets(c).unwrap_or(1),
        Alphabet::Ucs2 => c.len_utf16(),
    };
    let units = text.chars().map(width).sum();
    let parts = if units <= one { 1 } else { walk(text.chars().map(width), each) };
    Cost { alphabet, units, parts, outside }
}

fn walk(widths: impl Iterator<Item = usize>, each: usize) -> usize {
    let (mut parts, mut used) = (1, 0);
    for width in widths {
        if used + width > each {
            parts += 1;
            used = 0;
        }
        used += width;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_counted_as_networks_count_them() {
        let a = |n: usize| "a".repeat(n);
        let b = |n: usize| "b".repeat(n);
        let smile = |n: usize| "🙂".repeat(n);
        let cases = [
            (a(160), 160, 1),
            (a(161), 161, 2),
            (a(158) + "€", 160, 1),
            (a(159) + "€", 161, 2),
            (a(306), 306, 2),
            (a(152) + "€" + &b(151), 305, 2),
            (a(152) + "€" + &b(152), 306, 3),
            (a(69) + "’", 70, 1),
            (a(70) + "’", 71, 2),
            (a(68) + "🙂", 70, 1),
            (a(133) + "’", 134, 2),
            (format!("’{}🙂{}", a(65), a(66)), 134, 3),
            (smile(35), 70, 1),
            (smile(36), 72, 2),
            (smile(66), 132, 2),
            (smile(67), 134, 3),
        ];
        for (text, units, parts) in cases {
            let cost = cost(&text);
            assert_eq!((cost.units, cost.parts), (units, parts), "{text}");
        }
    }

    #[test]
    fn the_quick_way_says_what_the_tables_say() {
        for c in (0..=u8::MAX).map(char::from) {
            let told = if BASIC.contains(c) { Some(1) } else { EXTENSION.contains(c).then_some(2) };
            assert_eq!(septets(c), told, "{c:?}");
        }
    }

    #[test]
    fn the_alphabet_holds_127_characters_and_names_the_stranger() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        assert_eq!(cost("it’s").outside, Some('’'));
        assert_eq!(cost("50 €").outside, None);
    }
}
