//! Places as editors count them: lines from 0, and in a line bytes or UTF-16 units, as was agreed.

use lsp_types::{Position, PositionEncodingKind, Range};

/// What an editor counts within a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Encoding {
    /// Bytes of UTF-8.
    Utf8,
    /// Units of UTF-16: the one that every editor knows.
    Utf16,
}

impl Encoding {
    /// UTF-8 where the editor offers it: then nothing is converted.
    pub(super) fn agreed(offered: &[PositionEncodingKind]) -> Self {
        if offered.contains(&PositionEncodingKind::UTF8) { Self::Utf8 } else { Self::Utf16 }
    }

    /// Its name in the protocol.
    pub(super) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn length(self, text: &str) -> usize {
        match self {
            Self::Utf8 => text.len(),
            Self::Utf16 => text.encode_utf16().count(),
        }
    }
}

/// A text with its lines found: `\n`, `\r\n` and `\r` end one.
#[derive(Debug, Clone, Copy)]
pub(super) struct Page<'t> {
    text: &'t str,
    encoding: Encoding,
}

impl<'t> Page<'t> {
    pub(super) fn new(text: &'t str, encoding: Encoding) -> Self {
        Self { text, encoding }
    }

    /// The lines without their ends, each with its first byte.
    fn lines(self) -> impl Iterator<Item = (usize, &'t str)> {
        let mut next = Some(0);
        std::iter::from_fn(move || {
            let start = next?;
            let rest = &self.text[start..];
            let Some(end) = rest.find(['\n', '\r']) else {
                next = None;
                return Some((start, rest));
            };
            let ending = if rest[end..].starts_with("\r\n") { 2 } else { 1 };
            next = Some(start + end + ending);
            Some((start, &rest[..end]))
        })
    }

    /// The position of a byte. What lies inside a character counts as its beginning. O(bytes before it).
    pub(super) fn position(self, byte: usize) -> Position {
        let byte = boundary(self.text, byte);
        let upto = self.lines().take_while(|(start, _)| *start <= byte).enumerate().last();
        let (line, (start, words)) = upto.unwrap_or((0, (0, "")));
        let column = self.encoding.length(&words[..(byte - start).min(words.len())]);
        Position::new(number(line), number(column))
    }

    /// The byte of a position. What lies behind the end of a line is its end, what lies behind the last line the end of the
    /// text, as the protocol wants it. O(bytes before it).
    pub(super) fn byte(self, position: Position) -> usize {
        let Some((start, words)) = self.lines().nth(position.line as usize) else { return self.text.len() };
        let column = position.character as usize;
        match self.encoding {
            Encoding::Utf8 => start + boundary(words, column),
            Encoding::Utf16 => {
                let mut units = 0;
                let inside = words.char_indices().find(|(_, c)| {
                    units += c.len_utf16();
                    units > column
                });
                start + inside.map_or(words.len(), |(at, _)| at)
            }
        }
    }

    /// The range of some bytes.
    pub(super) fn range(self, bytes: std::ops::Range<usize>) -> Range {
        Range::new(self.position(bytes.start), self.position(bytes.end))
    }

    /// The bytes of a range.
    pub(super) fn bytes(self, range: Range) -> std::ops::Range<usize> {
        let start = self.byte(range.start);
        start..self.byte(range.end).max(start)
    }
}

/// The beginning of the character that a byte lies in.
fn boundary(text: &str, byte: usize) -> usize {
    (0..=byte.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0)
}

/// Lines and columns are far below four billion: files are bounded when they are read.
fn number(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// é is 2 bytes and 1 unit, 🍦 is 4 bytes and 2 units.
    const TEXT: &str = "say caf\u{e9}\r\n\u{1f366} ice\rend\n";

    #[test]
    fn columns_are_bytes_or_units_as_agreed() {
        let at = |encoding, byte| {
            let position = Page::new(TEXT, encoding).position(byte);
            (position.line, position.character)
        };
        let ice = TEXT.find("ice").unwrap();
        assert_eq!(at(Encoding::Utf16, ice), (1, 3));
        assert_eq!(at(Encoding::Utf8, ice), (1, 5));
        assert_eq!(at(Encoding::Utf16, ice - 3), (1, 0), "inside the emoji");
        assert_eq!(at(Encoding::Utf16, TEXT.find('\r').unwrap()), (0, 8), "at the end of a line");
        assert_eq!(at(Encoding::Utf8, TEXT.find("end").unwrap()), (2, 0), "a lone return ends a line");
        assert_eq!(at(Encoding::Utf8, TEXT.len()), (3, 0), "behind the last line end");
    }

    #[test]
    fn every_boundary_comes_back_from_its_position() {
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            let page = Page::new(TEXT, encoding);
            let ends = |at: &usize| TEXT.is_char_boundary(*at) && !TEXT[..*at].ends_with('\r');
            for at in (0..=TEXT.len()).filter(ends) {
                assert_eq!(page.byte(page.position(at)), at, "{encoding:?}");
            }
        }
    }

    #[test]
    fn positions_that_are_nowhere_are_the_nearest_place() {
        let page = Page::new(TEXT, Encoding::Utf16);
        assert_eq!(page.byte(Position::new(0, 99)), TEXT.find('\r').unwrap());
        assert_eq!(page.byte(Position::new(99, 0)), TEXT.len());
        assert_eq!(page.byte(Position::new(1, 1)), TEXT.find('\u{1f366}').unwrap(), "inside the emoji");
        assert_eq!(page.bytes(Range::new(Position::new(2, 2), Position::new(2, 0))).len(), 0, "backwards");
    }

    #[test]
    fn utf_8_is_taken_where_it_is_offered() {
        let both = [PositionEncodingKind::UTF16, PositionEncodingKind::UTF8];
        assert_eq!(Encoding::agreed(&both), Encoding::Utf8);
        assert_eq!(Encoding::agreed(&both[..1]), Encoding::Utf16);
        assert_eq!(Encoding::agreed(&[]), Encoding::Utf16);
    }
}
