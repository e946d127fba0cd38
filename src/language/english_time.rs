//! English words for days, times of the day and lengths of time.

use super::{TimeUnit, TimeWords};

#[rustfmt::skip]
pub(super) const TIMES: TimeWords = TimeWords {
    months: &[
        &["january", "jan"], &["february", "feb", "febuary"], &["march", "mar"], &["april", "apr"], &["may"],
        &["june", "jun"], &["july", "jul"], &["august", "aug"], &["september", "sept", "sep"],
        &["october", "oct"], &["november", "nov"], &["december", "dec"],
    ],
    weekdays: &[
        &["monday"], &["tuesday"], &["wednesday", "wensday"], &["thursday"], &["friday"], &["saturday"],
        &["sunday"],
    ],
    weekdays_short: &[
        &["mon"], &["tue", "tues"], &["wed", "weds"], &["thu", "thur", "thurs"], &["fri"], &["sat"], &["sun"],
    ],
    days: &[
        ("today", 0), ("tonight", 0), ("2day", 0), ("tomorrow", 1), ("tomorow", 1), ("tommorow", 1),
        ("tommorrow", 1), ("tmrw", 1), ("tmr", 1), ("tmw", 1), ("2morrow", 1), ("2moro", 1), ("yesterday", -1),
        ("day after tomorrow", 2), ("the day after tomorrow", 2), ("day before yesterday", -2),
        ("the day before yesterday", -2),
    ],
    not_days_after: &[],
    day_lead: &["on", "the", "on the"],
    of: &["of"],
    this: &["this", "this coming", "coming"],
    next_before: &["next"],
    next_after: &[],
    of_next_week: &["next week", "of next week"],
    counted_from: &["from"],
    // Half of the English take "next friday" for the coming one, half for the one after it.
    next_may_skip: true,
    last_before: &["last"],
    last_after: &[],
    ahead_before: &["in"],
    ahead_after: &["from now", "from today"],
    ago_before: &[],
    ago_after: &["ago"],
    units: &[
        ("s", TimeUnit::Second), ("sec", TimeUnit::Second), ("secs", TimeUnit::Second),
        ("second", TimeUnit::Second), ("seconds", TimeUnit::Second), ("m", TimeUnit::Minute),
        ("min", TimeUnit::Minute), ("mins", TimeUnit::Minute), ("minute", TimeUnit::Minute),
        ("minutes", TimeUnit::Minute), ("h", TimeUnit::Hour), ("hr", TimeUnit::Hour), ("hrs", TimeUnit::Hour),
        ("hour", TimeUnit::Hour), ("hours", TimeUnit::Hour), ("d", TimeUnit::Day), ("day", TimeUnit::Day),
        ("days", TimeUnit::Day), ("w", TimeUnit::Week), ("wk", TimeUnit::Week), ("wks", TimeUnit::Week),
        ("week", TimeUnit::Week), ("weeks", TimeUnit::Week), ("month", TimeUnit::Month),
        ("months", TimeUnit::Month), ("yr", TimeUnit::Year), ("yrs", TimeUnit::Year), ("year", TimeUnit::Year),
        ("years", TimeUnit::Year),
    ],
    lengths: &[
        ("half an hour", 1_800), ("half hour", 1_800), ("a half hour", 1_800), ("hour and a half", 5_400),
        ("half a day", 43_200),
        ("half a minute", 30), ("quarter of an hour", 900), ("a quarter of an hour", 900),
        ("quarter hour", 900), ("a quarter hour", 900), ("three quarters of an hour", 2_700),
        ("a fortnight", 1_209_600), ("two fortnights", 2_419_200),
    ],
    named_hours: &[("noon", 12), ("midday", 12), ("midnight", 0), ("twelve noon", 12), ("twelve midnight", 0)],
    hour_lead: &["at", "around", "by", "at around", "at about"],
    oclock: &["oclock", "o clock"],
    hours24: &["h"],
    minutes_before: &[
        ("half past", 30), ("quarter past", 15), ("a quarter past", 15), ("quarter after", 15),
        ("a quarter after", 15), ("quarter to", -15), ("a quarter to", -15), ("quarter till", -15),
        ("a quarter till", -15), ("quarter til", -15),
    ],
    minutes_after: &[],
    past: &["past", "after", "minutes past", "minutes after", "mins past"],
    to: &["to", "till", "til", "before", "minutes to", "minutes before", "mins to"],
    plus: &[],
    less: &[],
    am: &["am", "a m", "in the morning", "this morning", "tomorrow morning"],
    pm: &[
        "pm", "p m", "in the afternoon", "this afternoon", "in the evening", "this evening", "tonight",
        "tomorrow afternoon", "tomorrow evening",
    ],
    night: &["at night", "tomorrow night"],
};
