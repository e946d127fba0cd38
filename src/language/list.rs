//! Every phrase of every list by its first word: what a word may begin is told by one lookup, whatever the number of
//! lists and languages.

use super::{LEXICONS, Lang, Lexicon, NumberWords, TimeWords};
use rustc_hash::FxHashMap;
use std::cmp::Reverse;
use std::sync::LazyLock;

/// A list of a [`Lexicon`], by the name of its field.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(missing_docs, reason = "each is described at the field it is named after")]
#[rustfmt::skip]
pub enum List {
    Skip, Yes, No, Maybe, NameLead, NameTail, NotAName, PlaceLead,
    // of the numbers
    Units, Tens, Hundreds, Scales, AndAfterHundreds, AndAfterTens, AndHalf, Minus, Counts, Articles, Counted, Ordinals,
    OrdinalEndings, Moments, Or, Shares, Percent, OutOf, Stars,
    // of the times
    Months, Weekdays, WeekdaysShort, Days, NotDaysAfter, DayLead, Of, This, NextBefore, NextAfter, OfNextWeek,
    CountedFrom, LastBefore, LastAfter, AheadBefore, AheadAfter, AgoBefore, AgoAfter, TimeUnits, Lengths, NamedHours,
    HourLead, Oclock, Hours24, MinutesBefore, MinutesAfter, Past, To, Plus, Less, Am, Pm, Night,
}

/// Some of the lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lists(u64);

impl Lists {
    /// These lists.
    #[must_use]
    pub const fn of(lists: &[List]) -> Self {
        let (mut bits, mut at) = (0, 0);
        while at < lists.len() {
            bits |= 1 << lists[at] as u64;
            at += 1;
        }
        Self(bits)
    }

    /// These and those.
    #[must_use]
    pub const fn and(self, more: Self) -> Self {
        Self(self.0 | more.0)
    }

    /// Whether a list is in both.
    #[must_use]
    pub const fn overlap(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }
}

/// A phrase of a list, without its first word.
#[derive(Debug, Clone, Copy)]
pub struct Phrase {
    /// The list that it is in.
    pub list: List,
    /// The language of the list.
    pub lang: Lang,
    /// Its row in the list. Names of a month or of a day of the week have the row of what they name.
    pub row: usize,
    /// The words behind the first.
    rest: &'static str,
}

impl Phrase {
    /// The words behind the first.
    pub fn rest(&self) -> impl Iterator<Item = &'static str> {
        self.rest.split(' ').filter(|word| !word.is_empty())
    }

    /// Whether it has no second word.
    #[must_use]
    pub fn is_word(&self) -> bool {
        self.rest.is_empty()
    }
}

/// The phrases that begin with one word.
#[derive(Debug, Default)]
pub struct Beginning {
    /// The lists that they are in.
    lists: Lists,
    /// List by list, the longest of each first.
    phrases: Vec<Phrase>,
}

impl Beginning {
    /// Whether one of them is in one of these lists.
    #[must_use]
    pub fn is_in(&self, lists: Lists) -> bool {
        self.lists.overlap(lists)
    }

    /// Those of one list, longest first. O(log phrases that begin with the word).
    pub fn of(&self, list: List) -> impl Iterator<Item = &Phrase> {
        let here = self.is_in(Lists::of(&[list]));
        let from =
            if here { self.phrases.partition_point(|phrase| phrase.list < list) } else { self.phrases.len() };
        self.phrases[from..].iter().take_while(move |phrase| phrase.list == list)
    }
}

/// What begins with `word` in any language; `None` for most words. One lookup, O(bytes of the word).
pub fn beginning_with(word: &str) -> Option<&'static Beginning> {
    static BEGINNINGS: LazyLock<FxHashMap<&str, Beginning>> = LazyLock::new(|| {
        let mut beginnings: FxHashMap<&str, Beginning> = FxHashMap::default();
        for (list, lang, row, phrase) in all() {
            let (first, rest) = phrase.split_once(' ').unwrap_or((phrase, ""));
            let beginning = beginnings.entry(first).or_default();
            beginning.lists = beginning.lists.and(Lists::of(&[list]));
            beginning.phrases.push(Phrase { list, lang, row, rest });
        }
        for beginning in beginnings.values_mut() {
            beginning.phrases.sort_by_key(|phrase| (phrase.list, Reverse(phrase.rest().count())));
        }
        beginnings
    });
    BEGINNINGS.get(word)
}

/// Every phrase, with its list, its language and its row.
pub(super) fn all() -> impl Iterator<Item = (List, Lang, usize, &'static str)> {
    LEXICONS.iter().flat_map(|(lang, lexicon)| {
        let rows = plain(lexicon).into_iter().chain(numbers(&lexicon.numbers)).chain(times(&lexicon.time));
        rows.flat_map(move |(list, rows)| {
            rows.into_iter().map(move |(row, phrase)| (list, *lang, row, phrase))
        })
    })
}

/// A list, and its phrases with their rows.
type Rows = (List, Vec<(usize, &'static str)>);

fn words(list: List, phrases: &'static [&'static str]) -> Rows {
    (list, phrases.iter().copied().enumerate().collect())
}

fn pairs<T>(list: List, pairs: &'static [(&'static str, T)]) -> Rows {
    (list, pairs.iter().map(|(phrase, _)| *phrase).enumerate().collect())
}

fn names(list: List, rows: &'static [&'static [&'static str]]) -> Rows {
    (
        list,
        rows.iter().enumerate().flat_map(|(row, names)| names.iter().map(move |name| (row, *name))).collect(),
    )
}

fn plain(lexicon: &'static Lexicon) -> Vec<Rows> {
    vec![
        words(List::Skip, lexicon.skip),
        words(List::Yes, lexicon.yes),
        words(List::No, lexicon.no),
        words(List::Maybe, lexicon.maybe),
        words(List::NameLead, lexicon.name_lead),
        words(List::NameTail, lexicon.name_tail),
        words(List::NotAName, lexicon.not_a_name),
        words(List::PlaceLead, lexicon.place_lead),
    ]
}

fn numbers(numbers: &'static NumberWords) -> Vec<Rows> {
    vec![
        pairs(List::Units, numbers.units),
        (List::Tens, numbers.tens.iter().map(|(phrase, ..)| *phrase).enumerate().collect()),
        pairs(List::Hundreds, numbers.hundreds),
        pairs(List::Scales, numbers.scales),
        words(List::AndAfterHundreds, numbers.and_after_hundreds),
        words(List::AndAfterTens, numbers.and_after_tens),
        words(List::AndHalf, numbers.and_half),
        words(List::Minus, numbers.minus),
        pairs(List::Counts, numbers.counts),
        words(List::Articles, numbers.articles),
        words(List::Counted, numbers.counted),
        pairs(List::Ordinals, numbers.ordinals),
        words(List::OrdinalEndings, numbers.ordinal_endings),
        words(List::Moments, numbers.moments),
        words(List::Or, numbers.or),
        words(List::Shares, numbers.shares),
        words(List::Percent, numbers.percent),
        words(List::OutOf, numbers.out_of),
        words(List::Stars, numbers.stars),
    ]
}

fn times(times: &'static TimeWords) -> Vec<Rows> {
    vec![
        names(List::Months, times.months),
        names(List::Weekdays, times.weekdays),
        names(List::WeekdaysShort, times.weekdays_short),
        pairs(List::Days, times.days),
        words(List::NotDaysAfter, times.not_days_after),
        words(List::DayLead, times.day_lead),
        words(List::Of, times.of),
        words(List::This, times.this),
        words(List::NextBefore, times.next_before),
        words(List::NextAfter, times.next_after),
        words(List::OfNextWeek, times.of_next_week),
        words(List::CountedFrom, times.counted_from),
        words(List::LastBefore, times.last_before),
        words(List::LastAfter, times.last_after),
        words(List::AheadBefore, times.ahead_before),
        words(List::AheadAfter, times.ahead_after),
        words(List::AgoBefore, times.ago_before),
        words(List::AgoAfter, times.ago_after),
        pairs(List::TimeUnits, times.units),
        pairs(List::Lengths, times.lengths),
        pairs(List::NamedHours, times.named_hours),
        words(List::HourLead, times.hour_lead),
        words(List::Oclock, times.oclock),
        words(List::Hours24, times.hours24),
        pairs(List::MinutesBefore, times.minutes_before),
        pairs(List::MinutesAfter, times.minutes_after),
        words(List::Past, times.past),
        words(List::To, times.to),
        words(List::Plus, times.plus),
        words(List::Less, times.less),
        words(List::Am, times.am),
        words(List::Pm, times.pm),
        words(List::Night, times.night),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sms::Text;

    #[test]
    fn every_phrase_is_written_in_folded_form() {
        for (_, lang, _, phrase) in all() {
            let folded = Text::new(phrase).phrase();
            assert_eq!(folded, phrase, "{lang}");
        }
    }

    #[test]
    fn every_phrase_is_found_by_its_first_word() {
        for (list, lang, row, phrase) in all() {
            let mut all = phrase.split(' ');
            let beginning = beginning_with(all.next().expect("a word")).expect("it begins a phrase");
            let rest: Vec<_> = all.collect();
            let same = |found: &&Phrase| {
                found.lang == lang && found.row == row && found.rest().eq(rest.iter().copied())
            };
            assert!(
                beginning.is_in(Lists::of(&[list])) && beginning.of(list).any(|found| same(&found)),
                "{phrase}"
            );
            let words: Vec<_> = beginning.of(list).map(|found| found.rest().count()).collect();
            assert!(words.is_sorted_by_key(|words| Reverse(*words)), "{phrase}");
        }
        assert!(beginning_with("strawberry").is_none() && beginning_with("").is_none());
    }
}
