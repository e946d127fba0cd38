//! Fewer lines that come to the same.

use crate::transcript::Line;

/// Lists of so many lines are tried without each two of them.
const PAIRS_MAX: usize = 24;

/// The lines that are left when every piece was taken away without which it still `holds`: halves first, then quarters, down to
/// single lines, and in the end two lines at once, as a question and its answer. Of what is left no line and no two lines can
/// be spared. O(lines²) trials.
pub(super) fn shrink(mut lines: Vec<Line>, mut holds: impl FnMut(&[Line]) -> bool) -> Vec<Line> {
    let mut size = (lines.len() / 2).max(1);
    loop {
        let before = lines.len();
        // From the end on: what comes after the trouble goes at once.
        let mut at = lines.len();
        while at > 0 {
            let from = at.saturating_sub(size);
            let without = [&lines[..from], &lines[at..]].concat();
            if holds(&without) {
                lines = without;
            }
            at = from.min(lines.len());
        }
        if size == 1 && (lines.len() == before && !spare_two(&mut lines, &mut holds)) {
            return lines;
        }
        size = if lines.len() < before { size.min(lines.len() / 2).max(1) } else { (size / 2).max(1) };
    }
}

/// Takes two lines away, if it holds without some two.
fn spare_two(lines: &mut Vec<Line>, holds: &mut impl FnMut(&[Line]) -> bool) -> bool {
    if lines.len() > PAIRS_MAX {
        return false;
    }
    for first in 0..lines.len() {
        for second in first + 1..lines.len() {
            let kept = lines.iter().enumerate().filter(|(at, _)| *at != first && *at != second);
            let without: Vec<Line> = kept.map(|(_, line)| line.clone()).collect();
            if holds(&without) {
                *lines = without;
                return true;
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn texts(words: &str) -> Vec<Line> {
        words.chars().map(|c| Line::Text(c.to_string())).collect()
    }

    fn words(lines: &[Line]) -> String {
        lines.iter().map(|line| line.to_string().replace("> ", "")).collect()
    }

    #[test]
    fn what_matters_is_left_in_its_order() {
        let fails = |lines: &[Line]| {
            let words = words(lines);
            words.find('x').is_some_and(|x| words[x..].contains('y'))
        };
        assert_eq!(words(&shrink(texts("aybxcdyefx"), fails)), "xy");
    }

    #[test]
    fn lines_that_only_go_together_go_together() {
        // An opening bracket needs a closing one.
        let fails = |lines: &[Line]| {
            let words = words(lines);
            words.contains('x') && words.matches('(').count() == words.matches(')').count()
        };
        assert_eq!(words(&shrink(texts("a(bx)c"), fails)), "x");
    }

    proptest! {
        #[test]
        fn nothing_of_what_is_left_can_be_spared(all in "[a-f]{1,20}", needed in "[a-f]{1,4}") {
            let holds = |lines: &[Line]| {
                let words = words(lines);
                let mut needed = needed.chars().peekable();
                for c in words.chars() {
                    needed.next_if_eq(&c);
                }
                needed.peek().is_none()
            };
            let lines = texts(&all);
            if holds(&lines) {
                prop_assert_eq!(words(&shrink(lines, holds)), needed.clone());
            }
        }
    }
}
