//! Reading the octets of a text, for providers that hand over what the network carried.

use super::{BASIC, EXTENSION};

/// Where the signs of [`EXTENSION`] stand behind an escape, in its order (3GPP TS 23.038 §6.2.1.1).
const ESCAPED: [u8; 10] = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];
/// The escape.
const ESCAPE: u8 = 0x1b;

/// The text that octets in hexadecimal digits mean, by a data coding of SMPP: see [`text_of_octets`].
#[must_use]
pub fn octets_as_text(hex: &str, coding: u8) -> Option<String> {
    text_of_octets(&octets_of(hex)?, coding)
}

/// The text that octets mean, by a data coding of SMPP: 0 is GSM-7, one septet an octet; 1 and 3 are Latin-1; 8 is UCS-2.
/// Nothing for other codings, and for what is none of them.
#[must_use]
pub fn text_of_octets(octets: &[u8], coding: u8) -> Option<String> {
    match coding {
        0 => septets_as_text(octets.iter().copied()),
        1 | 3 => Some(octets.iter().copied().map(char::from).collect()),
        8 => Some(String::from_utf16_lossy(&units_of_octets(octets)?)),
        _ => None,
    }
}

/// The 16-bit units of UCS-2 in octets, the higher octet first; nothing where one is left over.
#[must_use]
pub fn units_of_octets(octets: &[u8]) -> Option<Vec<u16>> {
    let (units, rest) = octets.as_chunks::<2>();
    rest.is_empty().then(|| units.iter().map(|unit| u16::from_be_bytes(*unit)).collect())
}

/// A text as GSM-7, one septet an octet, as SMPP carries it; nothing where a character is outside of it. O(characters).
#[must_use]
pub fn gsm7_octets(text: &str) -> Option<Vec<u8>> {
    let mut octets = Vec::with_capacity(text.len());
    for c in text.chars() {
        if let Some(place) = BASIC.chars().position(|basic| basic == c) {
            let octet = u8::try_from(place).ok()?;
            // The escape has a place in the alphabet and none in the list.
            octets.push(if octet < ESCAPE { octet } else { octet + 1 });
        } else {
            let place = EXTENSION.chars().position(|extended| extended == c)?;
            octets.extend([ESCAPE, ESCAPED[place]]);
        }
    }
    Some(octets)
}

/// A text as Latin-1 (ISO 8859-1); nothing where a character is outside of it. O(characters).
#[must_use]
pub fn latin1_octets(text: &str) -> Option<Vec<u8>> {
    text.chars().map(|c| u8::try_from(c).ok()).collect()
}

/// The octets that hexadecimal digits of either case mean.
#[must_use]
pub fn octets_of(hex: &str) -> Option<Vec<u8>> {
    let digit = |c: char| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let digits: Vec<u8> = hex.chars().map(digit).collect::<Option<_>>()?;
    let (pairs, rest) = digits.as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| high << 4 | low).collect())
}

fn septets_as_text(octets: impl Iterator<Item = u8>) -> Option<String> {
    let mut text = String::new();
    let mut escaped = false;
    for octet in octets {
        let at = usize::from(octet);
        if octet == ESCAPE {
            escaped = true;
        } else if std::mem::take(&mut escaped) {
            let place = ESCAPED.iter().position(|escaped| *escaped == octet);
            // An unknown escape shows as the sign without it.
            text.push(
                place.and_then(|place| EXTENSION.chars().nth(place)).or_else(|| BASIC.chars().nth(at))?,
            );
        } else {
            text.push(BASIC.chars().nth(if octet < ESCAPE { at } else { at - 1 })?);
        }
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn octets_are_read_by_their_coding() {
        let cases = [
            ("00024f4b", 0, Some("@$OK")),
            ("1b65203530", 0, Some("€ 50")),
            ("1c1d1e1f20", 0, Some("ÆæßÉ ")),
            ("7b7c7d7e7f", 0, Some("äöñüà")),
            ("e9", 3, Some("é")),
            ("00e9d83dde42", 8, Some("é🙂")),
            ("80", 0, None),
            ("0", 0, None),
            ("00", 8, None),
            ("zz", 3, None),
            ("00", 4, None),
        ];
        for (hex, coding, text) in cases {
            assert_eq!(octets_as_text(hex, coding).as_deref(), text, "{hex} {coding}");
        }
    }

    #[test]
    fn every_character_of_gsm_7_survives_the_way_there_and_back() {
        let all = BASIC.to_owned() + EXTENSION;
        let octets = gsm7_octets(&all).expect("they are GSM-7");
        assert_eq!(octets.len(), 127 + 2 * 10);
        assert_eq!(text_of_octets(&octets, 0), Some(all));
        assert_eq!(gsm7_octets("@Æ€"), Some(vec![0x00, 0x1c, 0x1b, 0x65]));
        assert_eq!(gsm7_octets("д"), None);
        assert_eq!((latin1_octets("é["), latin1_octets("€")), (Some(vec![0xe9, 0x5b]), None));
    }
}
