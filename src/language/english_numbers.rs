//! English words for numbers.

use super::NumberWords;

#[rustfmt::skip]
pub(super) const NUMBERS: NumberWords = NumberWords {
    units: &[
        ("zero", 0), ("one", 1), ("two", 2), ("three", 3), ("four", 4), ("five", 5), ("six", 6), ("seven", 7),
        ("eight", 8), ("nine", 9), ("ten", 10), ("eleven", 11), ("twelve", 12), ("thirteen", 13),
        ("fourteen", 14), ("fifteen", 15), ("sixteen", 16), ("seventeen", 17), ("eighteen", 18), ("nineteen", 19),
    ],
    tens: &[
        ("twenty", 20, 9), ("thirty", 30, 9), ("forty", 40, 9), ("fourty", 40, 9), ("fifty", 50, 9),
        ("sixty", 60, 9), ("seventy", 70, 9), ("eighty", 80, 9), ("ninety", 90, 9),
    ],
    hundreds: &[
        ("hundred", 100), ("a hundred", 100), ("one hundred", 100), ("two hundred", 200), ("three hundred", 300),
        ("four hundred", 400), ("five hundred", 500), ("six hundred", 600), ("seven hundred", 700),
        ("eight hundred", 800), ("nine hundred", 900), ("eleven hundred", 1100), ("twelve hundred", 1200),
        ("thirteen hundred", 1300), ("fourteen hundred", 1400), ("fifteen hundred", 1500),
        ("sixteen hundred", 1600), ("seventeen hundred", 1700), ("eighteen hundred", 1800),
        ("nineteen hundred", 1900),
    ],
    scales: &[
        ("thousand", 1_000), ("a thousand", 1_000), ("million", 1_000_000), ("a million", 1_000_000),
        ("billion", 1_000_000_000),
    ],
    and_after_hundreds: &["and"],
    and_after_tens: &[],
    and_half: &["and a half", "and one half"],
    minus: &["minus", "negative"],
    // "Once" is eleven in Spanish: who understands both languages has to ask.
    counts: &[
        ("a dozen", 12), ("one dozen", 12), ("two dozen", 24), ("half a dozen", 6), ("half dozen", 6),
        ("once", 1), ("twice", 2),
    ],
    articles: &["a", "an"],
    counted: &["cent"],
    ordinals: &[
        ("first", 1), ("second", 2), ("third", 3), ("fourth", 4), ("fifth", 5), ("sixth", 6), ("seventh", 7),
        ("eighth", 8), ("ninth", 9), ("tenth", 10), ("eleventh", 11), ("twelfth", 12), ("thirteenth", 13),
        ("fourteenth", 14), ("fifteenth", 15), ("sixteenth", 16), ("seventeenth", 17), ("eighteenth", 18),
        ("nineteenth", 19), ("twentieth", 20), ("twenty first", 21), ("twenty second", 22), ("twenty third", 23),
        ("twenty fourth", 24), ("twenty fifth", 25), ("twenty sixth", 26), ("twenty seventh", 27),
        ("twenty eighth", 28), ("twenty ninth", 29), ("thirtieth", 30), ("thirty first", 31),
    ],
    ordinal_endings: &["st", "nd", "rd", "th"],
    moments: &["moment", "sec", "min", "question"],
    or: &["or", "to"],
    shares: &[
        "third", "thirds", "quarter", "quarters", "fourths", "fifth", "fifths", "tenth", "tenths", "half", "halves",
    ],
    percent: &["percent", "per cent", "pct"],
    out_of: &["out of", "of", "outta"],
    stars: &["star", "stars"],
};
