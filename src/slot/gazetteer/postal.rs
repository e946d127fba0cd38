//! Where a postal code lies: its region, and for a ZIP code its town and a point.

use super::area::Point;
use super::{REGIONS, Region};
use std::cmp::Ordering;

/// The ZIP codes with their towns and points.
const ZIPS: &str = include_str!("../../../data/places/zips.tsv");

/// The beginnings of the codes of Canada and France.
const PREFIXES: &str = include_str!("../../../data/places/prefixes.tsv");

/// The postal codes of a country, as one slot type reads them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PostalCodes {
    /// `us_zip`
    UnitedStates,
    /// `ca_postal`
    Canada,
    /// `fr_postal`
    France,
}

/// Where somebody lives, as far as their postal code tells.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Home {
    /// The town of the post office.
    pub town: Option<&'static str>,
    /// The state, province or region.
    pub region: &'static Region,
    /// The middle of the code's area, to a hundredth of a degree.
    pub point: Option<Point>,
}

impl Home {
    /// As it is shown: "Atlanta, GA", and the region alone where no town is known.
    #[must_use]
    pub fn label(&self) -> String {
        let region = self.region.label();
        self.town.map_or_else(|| region.to_owned(), |town| format!("{town}, {region}"))
    }
}

impl PostalCodes {
    /// The codes that the slot type of that name reads, if it reads any.
    #[must_use]
    pub fn of_type(slot_type: &str) -> Option<Self> {
        Some(match slot_type {
            "us_zip" => Self::UnitedStates,
            "ca_postal" => Self::Canada,
            "fr_postal" => Self::France,
            _ => return None,
        })
    }

    /// Their country (ISO 3166-1, two letters).
    #[must_use]
    pub fn country(self) -> &'static str {
        match self {
            Self::UnitedStates => "US",
            Self::Canada => "CA",
            Self::France => "FR",
        }
    }

    /// Their country in English, as it stands in a sentence.
    #[must_use]
    pub fn country_name(self) -> &'static str {
        match self {
            Self::UnitedStates => "the United States",
            Self::Canada => "Canada",
            Self::France => "France",
        }
    }

    /// Whether it is known where in its region a code lies. No table of Canadian or French codes may be given away.
    #[must_use]
    pub fn have_points(self) -> bool {
        self == Self::UnitedStates
    }

    /// Where a code lies; `None` for one that no table has. O(log codes).
    #[must_use]
    pub fn home(self, code: &str) -> Option<Home> {
        match self {
            Self::UnitedStates => zip(code),
            Self::Canada | Self::France => {
                let region = region_of(self.country(), code)?;
                Some(Home { town: None, region, point: None })
            }
        }
    }
}

fn zip(code: &str) -> Option<Home> {
    let row = parse(line_of(code)?)?;
    let region = REGIONS.rows.iter().find(|region| region.code == row.region && region.country == "US")?;
    Some(Home { town: Some(row.town), region, point: Some(row.point) })
}

/// A line of the table of ZIP codes.
#[derive(Debug)]
pub(super) struct Zip {
    pub(super) town: &'static str,
    pub(super) region: &'static str,
    pub(super) point: Point,
}

fn parse(line: &'static str) -> Option<Zip> {
    let mut columns = line.split('\t');
    let (_, town, region) = (columns.next()?, columns.next()?, columns.next()?);
    let point = Point { latitude: columns.next()?.parse().ok()?, longitude: columns.next()?.parse().ok()? };
    Some(Zip { town, region, point })
}

/// Every ZIP code, in order.
pub(super) fn zips() -> impl Iterator<Item = Zip> {
    ZIPS.lines().filter(|line| !line.starts_with('#')).filter_map(parse)
}

/// The line of a code. The table is halved as it stands: there is no index to build and none to keep.
fn line_of(code: &str) -> Option<&'static str> {
    let mut rest = ZIPS;
    while !rest.is_empty() {
        let before = &rest.as_bytes()[..rest.len() / 2];
        let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let line = rest[start..].lines().next()?;
        match line.split('\t').next()?.cmp(code) {
            Ordering::Equal => return Some(line),
            Ordering::Greater => rest = &rest[..start],
            Ordering::Less => rest = rest.get(start + line.len() + 1..)?,
        }
    }
    None
}

/// The region of the longest beginning of a code that the table has. O(rows), without building anything.
fn region_of(country: &str, code: &str) -> Option<&'static Region> {
    let longest = PREFIXES.lines().filter(|line| !line.starts_with('#')).filter_map(|line| {
        let (region, rest) = line.split_once('\t')?;
        let (_, prefixes) = rest.split_once('\t').filter(|(theirs, _)| *theirs == country)?;
        let fitting = prefixes.split(' ').filter(|prefix| code.starts_with(prefix));
        Some((fitting.map(str::len).max()?, region))
    });
    let (_, region) = longest.max_by_key(|(length, _)| *length)?;
    REGIONS.rows.iter().find(|row| row.code == region && row.country == country)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::gazetteer::rows;

    fn lies(codes: PostalCodes, code: &str) -> Option<String> {
        codes.home(code).map(|home| home.label())
    }

    #[test]
    fn every_zip_is_found_by_its_code() {
        let lines = ZIPS.lines().filter(|line| !line.starts_with('#'));
        let codes: Vec<&str> = lines.filter_map(|line| line.split('\t').next()).collect();
        assert!(codes.len() > 40_000 && codes.iter().all(|code| code.len() == 5));
        assert!(codes.is_sorted(), "they are looked for by halves");
        assert_eq!(zips().count(), codes.len());
        for (code, zip) in codes.iter().zip(zips()) {
            let home = PostalCodes::UnitedStates.home(code).expect("it is in the table");
            assert_eq!((home.town, home.region.code), (Some(zip.town), zip.region), "{code}");
        }
        for code in ["", "0", "00000", "00502", "30309-1234", "99999", "# Wri", "zip"] {
            assert_eq!(lies(PostalCodes::UnitedStates, code), None, "{code}");
        }
    }

    #[test]
    fn codes_lie_in_their_towns_and_regions() {
        use PostalCodes::{Canada, France, UnitedStates};
        for (codes, code, label) in [
            (UnitedStates, "30309", "Atlanta, GA"),
            (UnitedStates, "10001", "New York City, NY"),
            (UnitedStates, "63101", "St. Louis, MO"),
            (UnitedStates, "20001", "Washington, DC"),
            (Canada, "K1A 0B1", "ON"),
            (Canada, "H2X 1Y4", "QC"),
            (Canada, "X0A 0H0", "NU"),
            (Canada, "X1A 2N2", "NT"),
            (France, "75011", "Île-de-France"),
            (France, "20000", "Corse"),
            (France, "97400", "La Réunion"),
        ] {
            assert_eq!(lies(codes, code).as_deref(), Some(label), "{code}");
        }
        for (codes, code) in [(Canada, "X2A 0A0"), (France, "97150"), (France, "98000"), (Canada, "30309")] {
            assert_eq!(lies(codes, code), None, "{code}");
        }
    }

    #[test]
    fn every_prefix_belongs_to_a_region_and_to_one_alone() {
        let mut seen = Vec::new();
        for columns in rows(PREFIXES) {
            let [region, country, prefixes] = columns[..] else { panic!("{columns:?}") };
            let known = REGIONS.rows.iter().any(|row| row.code == region && row.country == country);
            assert!(known || region == "-", "{region}");
            seen.extend(prefixes.split(' ').map(|prefix| (country, prefix)));
        }
        let all = seen.len();
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), all);
        let regions = REGIONS.rows.iter().filter(|row| row.country != "US");
        for row in regions {
            assert!(
                seen.iter().any(|(country, prefix)| {
                    region_of(country, prefix).is_some_and(|region| region == row)
                }),
                "{}",
                row.code
            );
        }
    }
}
