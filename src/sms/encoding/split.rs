//! Where a long text is cut into its parts, for providers that want them one by one.

use super::{Alphabet, GSM7_EACH, GSM7_ONE, UCS2_EACH, UCS2_ONE, septets, walk};
use unicode_segmentation::GraphemeCursor;

/// The parts of a text that travels in an alphabet, in order; together they are the text, and in the alphabet that [`cost`]
/// names there are as many as that counts.
///
/// Neither an escaped character nor a surrogate pair is ever cut, nor is what people see as one character (a pictogram with
/// its colour, a letter with its accent) as long as that needs no further part. O(characters × parts).
///
/// [`cost`]: super::cost
#[must_use]
pub fn split(text: &str, alphabet: Alphabet) -> Vec<&str> {
    let (width, one, each): (fn(char) -> usize, _, _) = match alphabet {
        Alphabet::Gsm7 => (|c| septets(c).unwrap_or(1), GSM7_ONE, GSM7_EACH),
        Alphabet::Ucs2 => (char::len_utf16, UCS2_ONE, UCS2_EACH),
    };
    let fits_one = text.chars().map(width).sum::<usize>() <= one;
    let count = if fits_one { 1 } else { walk(text.chars().map(width), each) };
    let mut parts = Vec::with_capacity(count);
    let mut rest = text;
    for left in (1..count).rev() {
        let longest = room(rest, width, each);
        let whole = whole_characters(rest, longest);
        let still_fits = walk(rest[whole..].chars().map(width), each) <= left;
        let at = if whole > 0 && still_fits { whole } else { longest };
        let (part, more) = rest.split_at(at);
        parts.push(part);
        rest = more;
    }
    parts.push(rest);
    parts
}

/// Bytes of the beginning that fits into one part.
fn room(text: &str, width: fn(char) -> usize, each: usize) -> usize {
    let mut used = 0;
    let beyond = text.char_indices().find(|(_, c)| {
        used += width(*c);
        used > each
    });
    beyond.map_or(text.len(), |(at, _)| at)
}

/// The last place at or before `at` where nothing that people see as one character is cut.
fn whole_characters(text: &str, at: usize) -> usize {
    let mut cursor = GraphemeCursor::new(at, text.len(), true);
    if cursor.is_boundary(text, 0) == Ok(true) {
        return at;
    }
    cursor.prev_boundary(text, 0).ok().flatten().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::super::cost;
    use super::*;
    use proptest::prelude::*;

    fn split(text: &str) -> Vec<&str> {
        super::split(text, cost(text).alphabet)
    }

    fn lengths(text: &str) -> Vec<usize> {
        split(text).iter().map(|part| part.chars().count()).collect()
    }

    #[test]
    fn a_text_that_fits_is_one_part() {
        for text in ["", "JOIN", &"a".repeat(160), &"д".repeat(70)] {
            assert_eq!(split(text), [text]);
        }
    }

    #[test]
    fn an_escaped_character_stays_whole() {
        let text = "a".repeat(152) + "€" + &"b".repeat(152);
        assert_eq!(lengths(&text), [152, 152, 1]);
    }

    #[test]
    fn a_pictogram_with_its_colour_stays_whole_where_that_costs_nothing() {
        let text = "д".repeat(65) + "👍🏽 ок";
        assert_eq!(split(&text), [&"д".repeat(65), "👍🏽 ок"]);
        // Here a whole one would need a third part.
        let full = "д".repeat(65) + "👍🏽" + &"д".repeat(65);
        assert_eq!(split(&full), ["д".repeat(65) + "👍", "🏽".to_owned() + &"д".repeat(65)]);
    }

    #[test]
    fn what_is_longer_than_a_part_is_cut_between_its_characters() {
        let flag = "👩\u{200d}".repeat(40);
        assert_eq!(split(&flag).concat(), flag);
        assert_eq!(split(&flag).len(), cost(&flag).parts);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_text_fit_and_are_as_many_as_are_counted(text in "[a-c€\\[ é👍🏽\u{301}\u{200d}д]{0,700}") {
            let parts = split(&text);
            prop_assert_eq!(parts.concat(), text.as_str());
            let counted = cost(&text);
            prop_assert_eq!(parts.len(), counted.parts);
            for part in &parts {
                let units: usize = match counted.alphabet {
                    Alphabet::Gsm7 => part.chars().filter_map(septets).sum(),
                    Alphabet::Ucs2 => part.encode_utf16().count(),
                };
                let most = match counted.alphabet {
                    _ if parts.len() == 1 => 160,
                    Alphabet::Gsm7 => GSM7_EACH,
                    Alphabet::Ucs2 => UCS2_EACH,
                };
                prop_assert!(units <= most);
            }
        }
    }
}
