//! Public holidays, computed: those of the United States and of France.

use jiff::ToSpan;
use jiff::civil::{Date, Weekday};
use serde::Deserialize;

/// Whose holidays count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
pub(super) enum Calendar {
    /// The federal holidays of the United States (5 U.S.C. 6103).
    #[serde(rename = "US")]
    Federal,
    /// The public holidays of France (Code du travail, L3133-1).
    #[serde(rename = "FR")]
    French,
}

impl Calendar {
    /// Whether that day is a holiday. A federal one that falls on a weekend is kept on the nearest weekday as well: both count.
    pub(super) fn has(self, day: Date) -> bool {
        match self {
            Self::French => is_french(day),
            Self::Federal => {
                let near = |days: i64| day.checked_add(days.days()).ok();
                is_federal(day)
                    || day.weekday() == Weekday::Friday && near(1).is_some_and(is_federal)
                    || day.weekday() == Weekday::Monday && near(-1).is_some_and(is_federal)
            }
        }
    }
}

fn is_federal(day: Date) -> bool {
    let nth = (day.day() - 1) / 7 + 1;
    let is_last = day.day() + 7 > day.days_in_month();
    match (day.month(), day.day(), day.weekday()) {
        // New Year, Juneteenth, Independence, Veterans, Christmas.
        (1, 1, _) | (6, 19, _) | (7, 4, _) | (11, 11, _) | (12, 25, _) => true,
        // Martin Luther King, Washington.
        (1 | 2, _, Weekday::Monday) => nth == 3,
        // Memorial Day.
        (5, _, Weekday::Monday) => is_last,
        // Labor Day.
        (9, _, Weekday::Monday) => nth == 1,
        // Columbus Day.
        (10, _, Weekday::Monday) => nth == 2,
        // Thanksgiving.
        (11, _, Weekday::Thursday) => nth == 4,
        _ => false,
    }
}

fn is_french(day: Date) -> bool {
    let fixed = [(1, 1), (5, 1), (5, 8), (7, 14), (8, 15), (11, 1), (11, 11), (12, 25)];
    // Easter Monday, Ascension, Whit Monday.
    let since_easter = easter(day.year()).map(|easter| (day - easter).get_days());
    fixed.contains(&(day.month(), day.day())) || since_easter.is_some_and(|days| [1, 39, 50].contains(&days))
}

/// Easter Sunday of the Gregorian calendar (the algorithm of Meeus, Jones and Butcher, 1876).
fn easter(year: i16) -> Option<Date> {
    let whole = i32::from(year);
    let (golden, century, rest) = (whole % 19, whole / 100, whole % 100);
    let moon = (8 * century + 13) / 25;
    let epact = (19 * golden + century - century / 4 - moon + 15) % 30;
    let weekday = (32 + 2 * (century % 4) + 2 * (rest / 4) - epact - rest % 4) % 7;
    let late = (golden + 11 * epact + 22 * weekday) / 451;
    let month_and_day = epact + weekday - 7 * late + 114;
    let (month, day) = (month_and_day / 31, month_and_day % 31 + 1);
    Date::new(year, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holidays(calendar: Calendar, year: i16) -> Vec<String> {
        let mut day = Date::constant(year, 1, 1);
        let mut found = Vec::new();
        while day.year() == year {
            if calendar.has(day) {
                found.push(day.strftime("%m-%d").to_string());
            }
            day = day.tomorrow().expect("a day");
        }
        found
    }

    /// As the Office of Personnel Management and service-public.fr publish them.
    #[test]
    fn the_holidays_of_a_year_are_those_that_are_published() {
        assert_eq!(
            holidays(Calendar::Federal, 2026),
            [
                "01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "07-04", "09-07", "10-12", "11-11",
                "11-26", "12-25"
            ]
        );
        // New Year of 2028 is a Saturday: kept on the last day of 2027.
        assert_eq!(
            holidays(Calendar::Federal, 2027),
            [
                "01-01", "01-18", "02-15", "05-31", "06-18", "06-19", "07-04", "07-05", "09-06", "10-11",
                "11-11", "11-25", "12-24", "12-25", "12-31"
            ]
        );
        assert_eq!(
            holidays(Calendar::French, 2026),
            [
                "01-01", "04-06", "05-01", "05-08", "05-14", "05-25", "07-14", "08-15", "11-01", "11-11",
                "12-25"
            ]
        );
    }

    #[test]
    fn easter_falls_where_the_church_says() {
        for (year, day) in
            [(2024, "2024-03-31"), (2025, "2025-04-20"), (2027, "2027-03-28"), (2038, "2038-04-25")]
        {
            assert_eq!(easter(year).map(|day| day.to_string()).as_deref(), Some(day));
        }
    }
}
