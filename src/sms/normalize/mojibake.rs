//! UTF-8 that some gateway took for Windows-1252 and encoded once more: "donâ€™t" for "don’t", "cafÃ©" for "café".
//!
//! Such a row of characters, written back as Windows-1252 bytes, is one character in UTF-8; hardly anybody types one on
//! purpose. Table: Encoding Standard (WHATWG), index windows-1252.

/// What the bytes 0x80 to 0x9F stand for in Windows-1252; five of them stand for themselves.
const HIGH: [char; 32] = [
    '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž', '\u{8f}', '\u{90}',
    '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}', 'ž', 'Ÿ',
];

/// The byte of a character in Windows-1252, above ASCII.
fn byte(c: char) -> Option<u8> {
    match u32::from(c) {
        // Some decoders leave the bytes of the table as they are.
        code @ 0x80..=0xFF => u8::try_from(code).ok(),
        _ => HIGH.iter().position(|high| *high == c).and_then(|at| u8::try_from(0x80 + at).ok()),
    }
}

/// The first character of a text, read again where it was garbled, and the bytes it has in the text.
pub(super) fn first_char(text: &str) -> Option<(char, usize)> {
    let mut chars = text.chars();
    let first = chars.next()?;
    let length = match byte(first) {
        Some(0xC2..=0xDF) => 2,
        Some(0xE0..=0xEF) => 3,
        Some(0xF0..=0xF4) => 4,
        _ => return Some((first, first.len_utf8())),
    };
    let (mut bytes, mut used) = ([0; 4], 0);
    for (c, place) in text.chars().zip(&mut bytes[..length]) {
        *place = byte(c).unwrap_or_default(); // no part of a longer character: what follows then fails
        used += c.len_utf8();
    }
    let read = std::str::from_utf8(&bytes[..length]).ok().and_then(|read| read.chars().next());
    let read = read.filter(|read| !read.is_ascii() && !read.is_control());
    Some(read.map_or((first, first.len_utf8()), |read| (read, used)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repaired(text: &str) -> String {
        let mut rest = text;
        let mut out = String::new();
        while let Some((c, bytes)) = first_char(rest) {
            out.push(c);
            rest = &rest[bytes..];
        }
        out
    }

    #[test]
    fn garbled_text_is_read_again_and_other_text_left() {
        for (typed, meant) in [
            ("donâ€™t", "don’t"),
            ("cafÃ© ñandÃº", "café ñandú"),
            ("ðŸ˜€", "😀"),
            ("CÃ´te dâ€™Azur", "Côte d’Azur"),
            ("NÃO", "NÃO"),
            ("Âge", "Âge"),
            ("château âgé", "château âgé"),
            ("Ã", "Ã"),
            ("â€", "â€"),
            ("привет 日本", "привет 日本"),
        ] {
            assert_eq!(repaired(typed), meant);
        }
    }
}
