//! Airports and cities by their codes.

use std::sync::LazyLock;

use super::place;
use crate::country;

/// One row a line, all of one length; see `records/reference/README.md`.
const ROWS: &str = include_str!("airports.txt");
const ROW: usize = 24;

/// IANA names, one a line.
const ZONES: &str = include_str!("zones.txt");

const LETTERS: usize = 26;

static INDEX: LazyLock<Index> = LazyLock::new(Index::build);

/// The rows by code and the zones by number.
struct Index {
    /// Row by IATA code, counted from one; 0 is none.
    by_iata: Box<[u16]>,
    /// ICAO codes in their order, with their rows.
    by_icao: Box<[(u32, u16)]>,
    zones: Box<[&'static str]>,
}

impl Index {
    fn build() -> Self {
        let mut by_iata = vec![0; LETTERS * LETTERS * LETTERS].into_boxed_slice();
        let mut by_icao = Vec::new();
        for airport in all() {
            let row = airport.row;
            if let Some(slot) = number(airport.iata().as_bytes()) {
                by_iata[slot as usize] = row + 1;
            }
            by_icao.extend(airport.icao().and_then(|icao| number(icao.as_bytes())).map(|n| (n, row)));
        }
        by_icao.sort_unstable();
        Self { by_iata, by_icao: by_icao.into_boxed_slice(), zones: ZONES.lines().collect() }
    }
}

/// Letters of any case as a number; `None` for anything else.
fn number(letters: &[u8]) -> Option<u32> {
    letters.iter().try_fold(0, |n, letter| {
        letter.is_ascii_alphabetic().then(|| n * LETTERS as u32 + u32::from(letter.to_ascii_uppercase() - b'A'))
    })
}

/// An airport, or a city of several airports.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Airport {
    row: u16,
}

/// The airport of an IATA code (three letters), an ICAO code (four) or a UN/LOCODE (five) of any
/// case; blanks around it are skipped. `None` where the table has none.
pub fn find(code: &str) -> Option<Airport> {
    let code = code.trim_ascii().as_bytes();
    match code.len() {
        3 => {
            let row = INDEX.by_iata[number(code)? as usize];
            Some(Airport { row: row.checked_sub(1)? })
        }
        4 => {
            let icao = number(code)?;
            let at = INDEX.by_icao.binary_search_by_key(&icao, |entry| entry.0).ok()?;
            Some(Airport { row: INDEX.by_icao[at].1 })
        }
        5 => find(place::find_bytes(code)?.iata()?),
        _ => None,
    }
}

/// Every airport and city, in the order of the IATA codes.
pub fn all() -> impl Iterator<Item = Airport> {
    (0..(ROWS.len() / ROW) as u16).map(|row| Airport { row })
}

/// UN/LOCODE of an IATA code: that of the airport, or of its town.
pub fn locode_of_iata(code: &str) -> Option<&'static str> {
    (code.trim_ascii().len() == 3).then(|| find(code))??.locode()
}

/// IATA code of a UN/LOCODE: of the airport, or of a city.
pub fn iata_of_locode(code: &str) -> Option<&'static str> {
    place::find(code)?.iata()
}

/// IANA names of all zones, by number.
pub fn zones() -> &'static [&'static str] {
    &INDEX.zones
}

impl Airport {
    fn field(self, from: usize, to: usize) -> Option<&'static str> {
        let start = usize::from(self.row) * ROW;
        ROWS.get(start + from..start + to).filter(|field| !field.starts_with('-'))
    }

    /// IATA code.
    pub fn iata(self) -> &'static str {
        self.field(0, 3).unwrap_or_default()
    }

    /// Whether the code is that of a city; its airports have codes of their own.
    pub fn is_city(self) -> bool {
        self.field(4, 5) == Some("C")
    }

    /// ICAO code.
    pub fn icao(self) -> Option<&'static str> {
        self.field(6, 10)
    }

    /// ISO 3166-1 alpha-3 of the country, as [`country::alpha3`].
    pub fn country(self) -> Option<&'static str> {
        country::alpha3_bytes(self.field(11, 13)?.as_bytes())
    }

    /// Number of its IANA time zone in [`zones`].
    pub fn zone_number(self) -> Option<usize> {
        self.field(14, 17)?.parse().ok()
    }

    /// IANA name of its time zone.
    pub fn zone(self) -> Option<&'static str> {
        zones().get(self.zone_number()?).copied()
    }

    /// UN/LOCODE of the airport, or of its town.
    pub fn locode(self) -> Option<&'static str> {
        self.field(18, 23)
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn rows_are_of_one_length_and_in_order() {
        assert_eq!(ROWS.len() % ROW, 0);
        assert!(ROWS.len() / ROW < usize::from(u16::MAX));
        let mut last = "";
        for line in ROWS.lines() {
            assert_eq!(line.len(), ROW - 1);
            assert!(last < line);
            last = line;
        }
    }

    #[test]
    fn every_row_can_be_found_and_read() {
        for line in ROWS.lines() {
            let airport = find(&line[..3]).unwrap();
            assert_eq!(airport.iata(), &line[..3]);
            assert!(airport.country().is_some(), "{line}");
            assert_eq!(airport.zone().is_none(), line[14..].starts_with('-'), "{line}");
            if let Some(icao) = airport.icao() {
                assert_eq!(find(icao), Some(airport));
            }
            if let Some(locode) = airport.locode() {
                assert!(place::find(locode).is_some(), "{line}");
            }
        }
    }

    #[test]
    fn well_known_airports() {
        let known = |code: &str| {
            let a = find(code).unwrap();
            (a.iata(), a.icao(), a.country(), a.zone(), a.locode())
        };
        assert_eq!(known("yul"), ("YUL", Some("CYUL"), Some("CAN"), Some("America/Toronto"), Some("CAYUL")));
        assert_eq!(known(" CYVR "), ("YVR", Some("CYVR"), Some("CAN"), Some("America/Vancouver"), Some("CAYVR")));
        assert_eq!(known("USLAX"), ("LAX", Some("KLAX"), Some("USA"), Some("America/Los_Angeles"), Some("USLAX")));
        assert_eq!(known("NZAKL").0, "AKL");
        assert_eq!(known("DEL").3, Some("Asia/Kolkata"));
        assert_eq!(known("PRN").2, Some("RKS"));
        assert_eq!(known("SJU").2, Some("PRI"));
        assert_eq!(known("HKG").2, Some("HKG"));
        // A city, and an airport that was closed.
        assert_eq!(known("LON"), ("LON", None, Some("GBR"), Some("Europe/London"), Some("GBLON")));
        assert!(find("LON").unwrap().is_city() && !find("LHR").unwrap().is_city());
        assert_eq!(known("TXL").3, Some("Europe/Berlin"));
        for none in ["", "Y", "YU1", "ZZZZ", "QQQQQ", "éé", "MONTREAL"] {
            assert_eq!(find(none), None, "{none}");
        }
    }

    #[test]
    fn codes_go_both_ways() {
        assert_eq!(locode_of_iata("YMQ"), Some("CAMTR"));
        assert_eq!(iata_of_locode("CAMTR"), Some("YMQ"));
        assert_eq!(iata_of_locode("ca tor"), Some("YTO"));
        assert_eq!(locode_of_iata("CDG"), Some("FRCDG"));
        assert_eq!(iata_of_locode("DEHAM"), Some("HAM"));
        assert_eq!(iata_of_locode("NLRTM"), Some("RTM"));
        assert_eq!(locode_of_iata("CYUL"), None);
    }
}
