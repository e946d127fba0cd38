//! Where a person may be: time zones and places as sets, from what is known about them.
//!
//! A ZIP code tells a state and a zone. The beginning of a number tells several: people move and take their numbers along,
//! and the one zone that tables give for an area code is wrong for most people in seven of them. What is done to a person
//! must be lawful wherever they may be.

use super::hours::{ROWS, Row};
use crate::sms::Phone;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Zoned};
use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::sync::{Arc, LazyLock, OnceLock};

/// How somebody's time zones are known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ZoneSource {
    /// By their ZIP code.
    Zip,
    /// By the state they named.
    Region,
    /// By the beginning of their number.
    Prefix,
    /// Not at all: all zones and states of the country count.
    Strictest,
    /// Not at all, and the country is not known either: the brand's zone.
    Brand,
}

impl std::fmt::Display for ZoneSource {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Zip => "their ZIP code",
            Self::Region => "the state they named",
            Self::Prefix => "their number",
            Self::Strictest => "nothing: all states count",
            Self::Brand => "the brand's zone",
        })
    }
}

/// What is known about where somebody is.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// Their number.
    pub phone: Option<Phone>,
    /// Their ZIP code.
    pub zip: Option<&'a str>,
    /// The code of their state: "GA".
    pub region: Option<&'a str>,
    /// The brand's time zone.
    pub zone: &'a TimeZone,
    /// The brand's country (ISO 3166-1, two letters).
    pub country: &'a str,
}

/// Where somebody may be.
#[derive(Debug, Clone)]
pub struct Whereabouts {
    /// How that is known.
    pub source: ZoneSource,
    spots: Cow<'static, [Spot]>,
}

/// A time zone in which somebody may be, and the rows that count for them if they are.
#[derive(Debug, Clone)]
pub(super) struct Spot {
    clock: Arc<Clock>,
    /// Each with the place for which it counts.
    pub(super) rows: Vec<(&'static str, &'static Row)>,
}

impl Spot {
    pub(super) fn zone(&self) -> &TimeZone {
        self.clock.zone()
    }
}

/// A time zone that is read when it is first used: there are hundreds, and few are ever met.
#[derive(Debug)]
struct Clock {
    name: &'static str,
    zone: OnceLock<TimeZone>,
}

impl Clock {
    fn zone(&self) -> &TimeZone {
        self.zone.get_or_init(|| {
            TimeZone::get(self.name).expect("the zones of the tables are bundled; a test reads them all")
        })
    }
}

impl Whereabouts {
    /// Where somebody may be. A ZIP code counts before a state, and that before a number. Two searches by halves; nothing is
    /// allocated but where the country is unknown.
    #[must_use]
    pub fn of(known: Known<'_>) -> Self {
        let tables = &*TABLES;
        let of = |source, spots: &'static [Spot]| Self { source, spots: Cow::Borrowed(spots) };
        if let Some(spots) = known.zip.and_then(|zip| tables.zip(zip)) {
            return of(ZoneSource::Zip, spots);
        }
        if let Some(spots) = known.region.and_then(|region| tables.states.get(region)) {
            return of(ZoneSource::Region, spots);
        }
        let digits = known.phone.map(Phone::digits);
        if let Some(spots) = digits.and_then(|digits| tables.number(digits)) {
            return of(ZoneSource::Prefix, spots);
        }
        // Toll-free numbers and area codes that are younger than the table; nobody with a number of another country.
        let is_american = digits.map_or(known.country == "US", |digits| digits.to_string().starts_with('1'));
        if is_american {
            return of(ZoneSource::Strictest, &tables.strictest);
        }
        let clock = Clock { name: "", zone: OnceLock::from(known.zone.clone()) };
        let spot = Spot { clock: Arc::new(clock), rows: rows_of([known.country, "*"]) };
        Self { source: ZoneSource::Brand, spots: Cow::Owned(vec![spot]) }
    }

    /// Every zone in which they may be.
    pub(super) fn spots(&self) -> &[Spot] {
        &self.spots
    }

    /// What their clocks may show at that moment.
    #[must_use]
    pub fn local(&self, at: Timestamp) -> Vec<Zoned> {
        self.spots.iter().map(|spot| at.to_zoned(spot.zone().clone())).collect()
    }

    /// The zone whose clock is most behind at that moment: nobody's day has begun before it has there.
    ///
    /// # Panics
    /// Never: everybody is somewhere.
    #[must_use]
    pub fn behind(&self, at: Timestamp) -> &TimeZone {
        let zones = self.spots.iter().map(Spot::zone);
        zones.min_by_key(|zone| zone.to_offset(at)).expect("there is a zone for everybody")
    }

    /// The zone whose clock is most ahead at that moment.
    ///
    /// # Panics
    /// Never: everybody is somewhere.
    #[must_use]
    pub fn ahead(&self, at: Timestamp) -> &TimeZone {
        let zones = self.spots.iter().map(Spot::zone);
        zones.max_by_key(|zone| zone.to_offset(at)).expect("there is a zone for everybody")
    }
}

/// The tables, made when the first message asks.
struct Tables {
    /// First and last ZIP code in a row, and where they lie.
    zips: Vec<(u32, u32, [Spot; 1])>,
    /// By the state's code.
    states: FxHashMap<&'static str, Vec<Spot>>,
    /// By the beginning of the number, in order; none begins with a zero.
    numbers: Vec<(u64, Vec<Spot>)>,
    /// Anywhere in the fifty states and the capital.
    strictest: Vec<Spot>,
}

impl Tables {
    fn zip(&self, code: &str) -> Option<&[Spot]> {
        let code: u32 = code.get(..5)?.parse().ok()?;
        let at = self.zips.partition_point(|(first, _, _)| *first <= code).checked_sub(1)?;
        let (_, last, spot) = &self.zips[at];
        (code <= *last).then_some(spot)
    }

    /// The longest beginning that the table has. O(digits × log rows).
    fn number(&self, digits: u64) -> Option<&[Spot]> {
        let beginnings =
            std::iter::successors(Some(digits), |longer| Some(longer / 10).filter(|left| *left > 0));
        let found = beginnings
            .filter_map(|beginning| self.numbers.binary_search_by_key(&beginning, |row| row.0).ok());
        found.map(|row| &*self.numbers[row].1).next()
    }
}

/// Territories of the United States: those who live there have numbers and ZIP codes of their own.
const TERRITORIES: [&str; 5] = ["US-AS", "US-GU", "US-MP", "US-PR", "US-VI"];

static TABLES: LazyLock<Tables> = LazyLock::new(|| {
    let mut clocks = Clocks::default();
    let mut zips = Vec::new();
    let mut zones_of: FxHashMap<&'static str, Vec<&'static str>> = FxHashMap::default();
    for columns in lines(include_str!("../../data/places/zip_zones.tsv")) {
        let [first, last, place, zone] = columns[..] else { continue };
        let zones = zones_of.entry(place).or_default();
        if !zones.contains(&zone) {
            zones.push(zone);
        }
        if let (Ok(first), Ok(last)) = (first.parse(), last.parse()) {
            zips.push((first, last, [clocks.spot(zone, [place])]));
        }
    }
    let numbers = lines(include_str!("../../data/places/number_zones.tsv")).filter_map(|columns| {
        let [digits, places, zones] = columns[..] else { return None };
        let spots = zones.split(' ').map(|zone| clocks.spot(zone, places.split(' '))).collect();
        Some((digits.parse().ok()?, spots))
    });
    let mut numbers: Vec<(u64, Vec<Spot>)> = numbers.collect();
    numbers.sort_unstable_by_key(|row| row.0);
    let mut everywhere: FxHashMap<&'static str, Vec<&'static str>> = FxHashMap::default();
    for (place, zones) in zones_of.iter().filter(|(place, _)| !TERRITORIES.contains(place)) {
        for zone in zones {
            everywhere.entry(zone).or_insert_with(|| vec!["US-?"]).push(place);
        }
    }
    let mut strictest: Vec<_> = everywhere.into_iter().collect();
    strictest.sort_unstable(); // the same order in every process
    let strictest = strictest
        .into_iter()
        .map(|(zone, mut places)| {
            places.sort_unstable();
            clocks.spot(zone, places)
        })
        .collect();
    let states = zones_of.iter().filter_map(|(place, zones)| {
        let state = place.strip_prefix("US-")?;
        Some((state, zones.iter().map(|zone| clocks.spot(zone, [*place])).collect()))
    });
    Tables { states: states.collect(), zips, numbers, strictest }
});

/// The clocks of the tables, by name.
#[derive(Default)]
struct Clocks(FxHashMap<&'static str, Arc<Clock>>);

impl Clocks {
    fn spot(&mut self, zone: &'static str, places: impl IntoIterator<Item = &'static str>) -> Spot {
        let clock =
            self.0.entry(zone).or_insert_with(|| Arc::new(Clock { name: zone, zone: OnceLock::new() }));
        Spot { clock: Arc::clone(clock), rows: rows_of(places) }
    }
}

/// The rows that count for some places: those of each and of its country, or else those of everywhere.
fn rows_of<'p>(places: impl IntoIterator<Item = &'p str>) -> Vec<(&'static str, &'static Row)> {
    let mut found: Vec<(&'static str, &'static Row)> = Vec::new();
    for place in places {
        let country = place.split('-').next().unwrap_or(place);
        for row in ROWS.iter() {
            let name = row.places.iter().find(|name| *name == place || *name == country);
            if let Some(name) = name.filter(|name| !found.iter().any(|(known, _)| known == name)) {
                found.push((name, row));
            }
        }
    }
    if found.is_empty() {
        found.extend(
            ROWS.iter().filter(|row| row.places.iter().any(|name| name == "*")).map(|row| ("*", row)),
        );
    }
    found
}

/// The lines of a table in columns, without its comments.
fn lines(table: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    table.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn of(phone: &str, zip: Option<&str>, region: Option<&str>) -> Whereabouts {
        let phone = phone.parse().ok();
        Whereabouts::of(Known { phone, zip, region, zone: &TimeZone::UTC, country: "US" })
    }

    fn zones(whereabouts: &Whereabouts) -> BTreeSet<&str> {
        whereabouts.spots.iter().map(|spot| spot.clock.name).collect()
    }

    /// libphonenumber has New York alone for the first five, Chicago alone for the others; most ZIP codes there keep the other.
    #[test]
    fn seven_area_codes_lie_in_two_zones() {
        for area in ["219", "270", "364", "448", "850", "423", "689"] {
            let whereabouts = of(&format!("+1{area}5550123"), None, None);
            let both = BTreeSet::from(["America/Chicago", "America/New_York"]);
            assert_eq!((whereabouts.source, zones(&whereabouts)), (ZoneSource::Prefix, both), "{area}");
        }
    }

    #[test]
    fn a_zip_code_counts_before_a_state_and_that_before_a_number() {
        for (phone, zip, region, source, expected) in [
            ("+12125550123", None, None, ZoneSource::Prefix, "America/New_York"),
            ("+12125550123", None, Some("CA"), ZoneSource::Region, "America/Los_Angeles"),
            ("+12125550123", Some("60601"), Some("CA"), ZoneSource::Zip, "America/Chicago"),
            ("+12125550123", Some("99999"), None, ZoneSource::Prefix, "America/New_York"),
            ("+12125550123", Some("x"), Some("QC"), ZoneSource::Prefix, "America/New_York"),
            ("+33612345678", None, None, ZoneSource::Prefix, "Europe/Paris"),
            ("+33612345678", Some("96801"), None, ZoneSource::Zip, "Pacific/Honolulu"),
            ("+18505550123", Some("32501"), None, ZoneSource::Zip, "America/Chicago"), // Pensacola
            ("+18505550123", Some("32301"), None, ZoneSource::Zip, "America/New_York"), // Tallahassee
            ("+17875550123", None, None, ZoneSource::Prefix, "America/Puerto_Rico"),
            ("+17875550123", Some("00901"), None, ZoneSource::Zip, "America/Puerto_Rico"),
        ] {
            let whereabouts = of(phone, zip, region);
            assert_eq!(
                (whereabouts.source, zones(&whereabouts)),
                (source, BTreeSet::from([expected])),
                "{phone} {zip:?} {region:?}"
            );
        }
    }

    #[test]
    fn of_a_toll_free_number_every_state_counts() {
        let whereabouts = of("+18005550123", None, None);
        assert_eq!(whereabouts.source, ZoneSource::Strictest);
        let zones = zones(&whereabouts);
        for zone in [
            "America/New_York",
            "America/Chicago",
            "America/Denver",
            "America/Phoenix",
            "America/Los_Angeles",
        ] {
            assert!(zones.contains(zone), "{zone}");
        }
        assert!(zones.contains("Pacific/Honolulu") && zones.contains("America/Adak"));
        assert!(!zones.contains("Pacific/Guam"));
        let brand = TimeZone::get("Europe/Paris").expect("bundled");
        let nobody =
            Whereabouts::of(Known { phone: None, zip: None, region: None, zone: &brand, country: "FR" });
        assert_eq!((nobody.source, nobody.spots[0].zone()), (ZoneSource::Brand, &brand));
    }

    #[test]
    fn every_zone_of_the_tables_is_bundled_and_every_place_has_its_rows() {
        let spots = TABLES.numbers.iter().flat_map(|(_, spots)| spots);
        let all = spots.chain(TABLES.zips.iter().flat_map(|(_, _, spots)| spots)).chain(&TABLES.strictest);
        let mut count = 0;
        for spot in all {
            assert!(TimeZone::get(spot.clock.name).is_ok(), "{}", spot.clock.name);
            assert!(!spot.rows.is_empty());
            count += 1;
        }
        assert!(count > 2_000, "{count}");
        assert!(TABLES.numbers.is_sorted_by(|a, b| a.0 < b.0) && TABLES.zips.is_sorted_by(|a, b| a.1 < b.0));
        assert_eq!(TABLES.states.len(), 51 + TERRITORIES.len());
        let known: BTreeSet<&str> = TABLES
            .numbers
            .iter()
            .flat_map(|(_, spots)| spots)
            .flat_map(|spot| &spot.rows)
            .map(|row| row.0)
            .collect();
        for row in ROWS
            .iter()
            .flat_map(|row| &row.places)
            .filter(|place| !["US-?", "YT", "PM", "GF", "MQ", "GP"].contains(&place.as_str()))
        {
            assert!(known.contains(row.as_str()), "no number leads to {row}");
        }
    }

    /// The tables give one name to each clock (`SAME_CLOCK` in scripts/places).
    #[test]
    fn zones_that_share_a_name_share_their_clock() {
        for (clock, names) in [
            (
                "America/New_York",
                "Detroit Indiana/Indianapolis Indiana/Marengo Indiana/Petersburg Indiana/Vevay Indiana/Vincennes Indiana/Winamac Kentucky/Louisville Kentucky/Monticello",
            ),
            (
                "America/Chicago",
                "Indiana/Knox Indiana/Tell_City Menominee North_Dakota/Beulah North_Dakota/Center North_Dakota/New_Salem",
            ),
            ("America/Denver", "Boise"),
            ("America/Anchorage", "Juneau Metlakatla Nome Sitka Yakutat"),
        ] {
            let clock = TimeZone::get(clock).expect("bundled");
            for name in names.split(' ') {
                let other = TimeZone::get(&format!("America/{name}")).expect("bundled");
                let mut at: Timestamp = "2025-01-01T00:30:00Z".parse().expect("a moment");
                while at.as_second() < 2_082_758_400 {
                    assert_eq!(clock.to_offset(at), other.to_offset(at), "{name} at {at}");
                    at += jiff::SignedDuration::from_hours(1);
                }
            }
        }
    }
}
