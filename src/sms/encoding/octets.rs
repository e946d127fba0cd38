//! Reading the octets of a text, for providers that hand over what the network carried.

use super::{BASIC, EXTENSION};

/// Where the signs of [`EXTENSION`] stand behind an escape, in its order (3GPP TS 23.038 §6.2.1.1).
const ESCAPED: [u8; 10] = [0x0a, 0x14, 0x28, 0x29, 0x2f, 0x3c, 0x3d, 0x3e, 0x40, 0x65];
/// The escape.
const ESCAPE: u8 = 0x1b;

/// The text that octets in hexadecimal digits mean, by a data coding of SMPP: 0 is GSM-7, one septet an octet; 1 and 3 are
/// Latin-1; 8 is UCS-2. Nothing for other codings, and for what is none of them.
#[must_use]
pub fn octets_as_text(hex: &str, coding: u8) -> Option<String> {
    let octets = octets_of(hex)?;
    match coding {
        0 => septets_as_text(octets.into_iter()),
        1 | 3 => Some(octets.into_iter().map(char::from).collect()),
        8 => {
            let (units, rest) = octets.as_chunks::<2>();
            let units: Vec<u16> = units.iter().map(|unit| u16::from_be_bytes(*unit)).collect();
            rest.is_empty().then(|| String::from_utf16_lossy(&units))
        }
        _ => None,
    }
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
}
