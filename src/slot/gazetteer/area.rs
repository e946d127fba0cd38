//! Areas that people can live in, by the names that files write for them: "Atlanta, GA", "Georgia", "GA".

use super::postal::{Home, zips};
use super::{CITIES, Place, REGIONS, Region, country_at, phrase};
use crate::sms::Text;

/// A point on the earth.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
}

/// All that is nearer to a point than a distance. What does not depend on the other point is computed once.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Circle {
    centre: Point,
    cosine: f64,
    /// The haversine of the angle under which the distance is seen from the middle of the earth.
    reach: f64,
}

/// The mean radius of the earth (IUGG), in kilometres.
const EARTH_KM: f64 = 6_371.008_8;

impl Circle {
    /// A circle of that radius.
    #[must_use]
    pub fn new(centre: Point, radius_km: f64) -> Self {
        let half_angle = (radius_km / EARTH_KM / 2.0).min(std::f64::consts::FRAC_PI_2);
        Self { centre, cosine: centre.latitude.to_radians().cos(), reach: half_angle.sin().powi(2) }
    }

    /// Its middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        self.centre
    }

    /// Whether a point lies within. O(1): the haversine formula.
    #[must_use]
    pub fn holds(&self, point: Point) -> bool {
        let north = (point.latitude - self.centre.latitude).to_radians();
        let east = (point.longitude - self.centre.longitude).to_radians();
        let cosines = self.cosine * point.latitude.to_radians().cos();
        (north / 2.0).sin().powi(2) + cosines * (east / 2.0).sin().powi(2) <= self.reach
    }
}

/// A city or a town as an area.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct City {
    name: &'static str,
    region: &'static Region,
    circle: Circle,
}

/// The radius of a town whose people nobody counted for us: less than 15,000.
const TOWN_KM: f64 = 2.5;

impl City {
    /// As it is written: "Atlanta, GA".
    #[must_use]
    pub fn label(&self) -> String {
        format!("{}, {}", self.name, self.region.label())
    }

    /// Its middle.
    #[must_use]
    pub fn centre(&self) -> Point {
        self.circle.centre
    }

    /// Whether that is in it: the post office bears its name, or the place lies within its radius and region.
    #[must_use]
    pub fn holds(&self, home: &Home) -> bool {
        home.region == self.region
            && (home.town == Some(self.name) || home.point.is_some_and(|point| self.circle.holds(point)))
    }
}

impl Place {
    /// How far a city reaches from its middle, in kilometres: 2.8 for 20,000 people, 8.6 for half a million, 23 for New York.
    /// Cities grow denser as they grow. Fitted to the ZIP codes that bear a city's name: of those it takes in three quarters,
    /// on the average of all cities.
    fn radius_km(&self) -> f64 {
        2.8 * (f64::from(self.population) / 20_000.0).powf(0.35)
    }
}

/// An area that somebody can live in.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Area {
    /// A state, a province or a region.
    Region(&'static Region),
    /// A city or a town.
    City(City),
}

impl Area {
    /// As it is written: "GA", "Atlanta, GA".
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Region(region) => region.label().to_owned(),
            Self::City(city) => city.label(),
        }
    }

    /// Whether that is in it.
    #[must_use]
    pub fn holds(&self, home: &Home) -> bool {
        match self {
            Self::Region(region) => home.region == *region,
            Self::City(city) => city.holds(home),
        }
    }
}

/// All areas of a country that these words may name, regions first, then the largest city: "GA", "Georgia", "Atlanta, GA",
/// "Springfield". A code in capitals is that region and nothing else: "LA" is Louisiana. O(cities); for a town that is no
/// city O(ZIP codes).
#[must_use]
pub fn called(words: &str, country: &str) -> Vec<Area> {
    let here = |region: &&Region| region.country == country;
    if let Some(region) = REGIONS.rows.iter().filter(here).find(|region| region.code == words) {
        return vec![Area::Region(region)];
    }
    let (name, within) = words.rsplit_once(',').map_or((words, None), |(name, within)| (name, Some(within)));
    let within: Vec<&'static Region> = match within {
        None => REGIONS.rows.iter().filter(here).collect(),
        Some(whole) if is_country(whole, country) => REGIONS.rows.iter().filter(here).collect(),
        Some(region) => REGIONS.called(region).filter(here).collect(),
    };
    let mut areas: Vec<Area> =
        CITIES.called(name).filter_map(|place| city(place, &within)).map(Area::City).collect();
    // "Washington, DC" is what people call the district as well; with a comma it is the city.
    if areas.is_empty() || name == words {
        areas.splice(0..0, REGIONS.called(words).filter(here).map(Area::Region));
    }
    if areas.is_empty() && country == "US" {
        areas.extend(towns(name, &within).into_iter().map(Area::City));
    }
    areas
}

/// A city as an area, if it lies in one of these regions.
fn city(place: &Place, within: &[&'static Region]) -> Option<City> {
    let region = within.iter().find(|region| region.holds(place))?;
    let centre = Point { latitude: place.latitude, longitude: place.longitude };
    Some(City { name: place.name, region, circle: Circle::new(centre, place.radius_km()) })
}

fn is_country(words: &str, country: &str) -> bool {
    let text = Text::new(words);
    country_at(&text, 0).is_some_and(|(named, end)| named == country && end == text.tokens().len())
}

/// Towns that are no city of ours and have a post office, in these regions.
fn towns(name: &str, within: &[&'static Region]) -> Vec<City> {
    let folded = phrase(name);
    let initial = folded.as_bytes().first().copied();
    let mut found: Vec<(&'static Region, &'static str, Vec<Point>)> = Vec::new();
    for zip in zips() {
        // Most names are told apart by their first letter; folding takes time.
        let begins = zip.town.as_bytes().first().map(u8::to_ascii_lowercase) == initial;
        let Some(region) = within.iter().find(|region| region.code == zip.region).filter(|_| begins) else {
            continue;
        };
        if phrase(zip.town) != folded {
            continue;
        }
        match found.iter_mut().find(|(known, ..)| known == region) {
            Some((_, _, points)) => points.push(zip.point),
            None => found.push((region, zip.town, vec![zip.point])),
        }
    }
    let city = |(region, name, points): (&'static Region, &'static str, Vec<Point>)| City {
        name,
        region,
        circle: Circle::new(middle(&points), TOWN_KM),
    };
    found.into_iter().map(city).collect()
}

/// The middle of points that lie near each other.
fn middle(points: &[Point]) -> Point {
    let (mut sum, mut count) = (Point { latitude: 0.0, longitude: 0.0 }, 0.0);
    for point in points {
        sum = Point { latitude: sum.latitude + point.latitude, longitude: sum.longitude + point.longitude };
        count += 1.0;
    }
    Point { latitude: sum.latitude / count, longitude: sum.longitude / count }
}

/// What the areas of a country are called, for finding the one that was meant: regions, cities, and towns with a post office.
#[must_use]
pub fn labels(country: &str) -> Vec<String> {
    let here = |region: &&Region| region.country == country;
    let regions = REGIONS.rows.iter().filter(here).flat_map(|region| [region.code, region.name]);
    let cities = CITIES.rows.iter().filter(|place| place.country == country).map(Place::label);
    let mut labels: Vec<String> = regions.map(str::to_owned).chain(cities).collect();
    if country == "US" {
        labels.extend(zips().map(|zip| format!("{}, {}", zip.town, zip.region)));
    }
    labels
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::gazetteer::PostalCodes;

    fn names(words: &str, country: &str) -> Vec<String> {
        called(words, country).iter().map(Area::label).collect()
    }

    fn holds(words: &str, zip: &str) -> bool {
        let [area] = called(words, "US")[..] else { panic!("{words}") };
        area.holds(&PostalCodes::UnitedStates.home(zip).expect("a ZIP code"))
    }

    #[test]
    fn areas_are_called_as_people_write_them() {
        for (words, label) in [
            ("GA", "GA"),
            ("Georgia", "GA"),
            ("georgia", "GA"),
            ("LA", "LA"),
            ("Atlanta, GA", "Atlanta, GA"),
            ("atlanta, georgia", "Atlanta, GA"),
            ("Atlanta", "Atlanta, GA"),
            ("Atlanta, USA", "Atlanta, GA"),
            ("Saint Louis, MO", "St. Louis, MO"),
            ("Paris", "Paris, TX"),
            ("Washington, DC", "Washington, DC"),
            ("Bolingbroke, GA", "Bolingbroke, GA"),
            ("Saint Simons Island, GA", "Saint Simons Island, GA"),
        ] {
            assert_eq!(names(words, "US"), [label], "{words}");
        }
        assert_eq!(names("Québec", "CA"), ["QC", "Québec, QC"]);
        assert_eq!(names("idf", "FR"), ["Île-de-France"]);
        assert_eq!(names("New York", "US"), ["NY", "New York City, NY"]);
        assert!(names("Springfield", "US").len() > 5);
        for words in
            ["", "Atlanta, TX, GA", "Atlantis", "Atlanta, ZZ", "Toronto, ON", "Paris, France", ",", "30309"]
        {
            assert_eq!(names(words, "US"), Vec::<String>::new(), "{words}");
        }
    }

    #[test]
    fn a_place_lies_in_its_city_and_in_its_state() {
        assert!(holds("Atlanta, GA", "30309") && holds("GA", "30309"));
        // Sandy Springs has Atlanta's post office and lies outside of the radius; Decatur's own lies within it.
        assert!(holds("Atlanta, GA", "30350"));
        assert!(holds("Decatur, GA", "30030"));
        assert!(holds("New York City, NY", "11201") && holds("Brooklyn, NY", "11201"));
        assert!(!holds("New York City, NY", "07302"), "Jersey City is another state");
        assert!(!holds("Atlanta, GA", "31401") && !holds("GA", "10001"));
        assert!(holds("Bolingbroke, GA", "31004") && !holds("Bolingbroke, GA", "30309"));
    }

    #[test]
    fn a_circle_holds_what_is_nearer_than_its_radius() {
        let point = |latitude, longitude| Point { latitude, longitude };
        let (paris, london) = (point(48.8566, 2.3522), point(51.5074, -0.1278)); // 343.6 km
        assert!(Circle::new(paris, 344.0).holds(london));
        assert!(!Circle::new(paris, 343.0).holds(london));
        assert!(Circle::new(paris, 0.001).holds(paris));
        // Across the date line, and around the earth.
        assert!(Circle::new(point(0.0, 179.9), 30.0).holds(point(0.0, -179.9)));
        assert!(Circle::new(paris, 30_000.0).holds(point(-48.9, -177.6)));
    }
}
