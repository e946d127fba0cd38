//! Reading values of every type out of any text: what is found lies inside the text and can be shown.
#![no_main]

use jiff::tz::TimeZone;
use libfuzzer_sys::fuzz_target;
use sayso::language::Lang;
use sayso::slot::{ALL, Answer, Context, DateOrder, SlotType, Value};
use sayso::sms::Text;

/// Who reads: languages, the order of dates, the country, the zone.
const READERS: [(&[Lang], DateOrder, &str, &str); 8] = [
    (&[Lang::EN], DateOrder::MonthFirst, "US", "America/New_York"),
    (&[Lang::EN], DateOrder::DayFirst, "GB", "Europe/London"),
    (&[Lang::ES], DateOrder::DayFirst, "MX", "America/Mexico_City"),
    (&[Lang::ES], DateOrder::MonthFirst, "US", "Pacific/Apia"),
    (&[Lang::FR], DateOrder::DayFirst, "FR", "Europe/Paris"),
    (&[Lang::FR], DateOrder::MonthFirst, "CA", "America/St_Johns"),
    (&[Lang::EN, Lang::ES, Lang::FR], DateOrder::MonthFirst, "US", "UTC"),
    (&[Lang::FR, Lang::ES, Lang::EN], DateOrder::DayFirst, "??", "Asia/Kathmandu"),
];

/// Moments: an ordinary one, the hour that is left out in spring, a leap day, the last year that can be written.
const MOMENTS: [&str; 4] =
    ["2026-06-03T12:00:00Z", "2026-03-08T06:59:59Z", "2028-02-29T23:30:00Z", "9999-12-29T22:00:00Z"];

/// Tokens up to which all readers read a text; longer ones are read by one of them, chosen by the length.
const READ_BY_ALL: usize = 24;

fuzz_target!(|bytes: &[u8]| {
    let text = Text::new(&String::from_utf8_lossy(bytes));
    let length = text.original().len();
    for (number, reader) in READERS.iter().enumerate() {
        if text.tokens().len() > READ_BY_ALL && number != length % READERS.len() {
            continue;
        }
        let (languages, dates, country, zone) = *reader;
        let context = Context {
            languages,
            now: MOMENTS[(length + number) % MOMENTS.len()].parse().expect("a moment"),
            zone: TimeZone::get(zone).expect("a zone"),
            dates,
            country,
        };
        for slot in ALL {
            read(slot, &text, &context);
        }
    }
});

fn read(slot: &dyn SlotType, text: &Text, context: &Context<'_>) {
    let all = text.tokens().len();
    let name = slot.name();
    for at in 0..all {
        let found = slot.find(text, at, context);
        let mut last = all;
        for value in &found {
            assert!(at < value.end && value.end <= last, "{name} at {at}: {found:?}");
            last = value.end; // longest first
            is_shown(name, &value.value);
        }
        if at % 8 == 0 {
            assert_eq!(found, slot.find(text, at, context), "{name} at {at}");
        }
    }
    let answer = slot.read(text, context);
    match &answer {
        Answer::Value(value) => is_shown(name, value),
        Answer::Ambiguous(values) => {
            assert!(values.len() > 1, "{name}: {values:?}");
            values.iter().for_each(|value| is_shown(name, value));
        }
        Answer::Invalid(why) => assert!(!why.is_empty(), "{name}"),
        Answer::Unclear => {}
    }
    assert_eq!(answer, slot.read(text, context), "{name}");
}

fn is_shown(name: &str, value: &Value) {
    assert!(!value.to_string().trim().is_empty(), "{name}: {value:?}");
}
