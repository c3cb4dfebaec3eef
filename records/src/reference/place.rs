//! Places of trade and transport (UN/LOCODE).

use std::sync::LazyLock;

use crate::country;

/// One place a line; see `records/reference/README.md`.
const ROWS: &str = include_str!("places.txt");

/// Codes of three characters, of base 36.
const HEADS: usize = 36 * 36 * 36;
/// Codes that begin with the same three characters.
const TAILS: u32 = 36 * 36;

static INDEX: LazyLock<Index> = LazyLock::new(Index::build);

/// Where the lines begin.
struct Index {
    /// Codes in their order.
    codes: Box<[u32]>,
    /// Byte at which the line of a code begins.
    starts: Box<[u32]>,
    /// First code of each three characters, and one more.
    heads: Box<[u32]>,
}

impl Index {
    fn build() -> Self {
        let (mut codes, mut starts) = (Vec::new(), Vec::new());
        let mut heads = vec![0; HEADS + 1];
        let mut start = 0;
        for line in ROWS.split_inclusive('\n') {
            if let Some(code) = line.as_bytes().get(..5).and_then(number) {
                codes.push(code);
                starts.push(start);
                heads[(code / TAILS) as usize + 1] = codes.len() as u32;
            }
            start += line.len() as u32;
        }
        // Those without a place begin where the ones before them end.
        let mut end = 0;
        for first in &mut heads {
            end = end.max(*first);
            *first = end;
        }
        Self { codes: codes.into_boxed_slice(), starts: starts.into_boxed_slice(), heads: heads.into_boxed_slice() }
    }
}

/// Five characters as a number that sorts as text does; `None` where the country is no letters.
fn number(code: &[u8]) -> Option<u32> {
    if !code.iter().take(2).all(u8::is_ascii_alphabetic) {
        return None;
    }
    code.iter().try_fold(0, |n, c| Some(n * 36 + char::from(*c).to_digit(36)?))
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    line: &'static str,
}

/// What a place is used for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[repr(u8)]
pub enum PlaceFunction {
    /// Port of the sea or of inland waters.
    Port = 0x01,
    /// Rail terminal.
    Rail = 0x02,
    /// Road terminal.
    Road = 0x04,
    /// Airport.
    Airport = 0x08,
    /// Postal exchange office.
    Post = 0x10,
    /// Inland clearance depot.
    Inland = 0x20,
    /// Fixed installation, as a platform or a pipeline.
    Fixed = 0x40,
    /// Border crossing.
    Border = 0x80,
}

impl PlaceFunction {
    /// Every function, with its name.
    pub const ALL: [(&'static str, Self); 8] = [
        ("port", Self::Port),
        ("rail", Self::Rail),
        ("road", Self::Road),
        ("airport", Self::Airport),
        ("post", Self::Post),
        ("inland", Self::Inland),
        ("fixed", Self::Fixed),
        ("border", Self::Border),
    ];

    /// The function of a name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, function)| *function)
    }
}

/// The place of a UN/LOCODE of any case; blanks around it and behind the country are skipped.
/// `None` where the table has none.
pub fn find(code: &str) -> Option<Place> {
    let code = code.trim_ascii().as_bytes();
    match code {
        [a, b, b' ', c, d, e] => find_bytes(&[*a, *b, *c, *d, *e]),
        _ => find_bytes(code),
    }
}

/// Every place, in the order of the codes.
pub fn all() -> impl Iterator<Item = Place> {
    ROWS.lines().map(|line| Place { line })
}

/// Whether the table has a code of exactly five characters.
pub(crate) fn is_known(code: &[u8]) -> bool {
    find_bytes(code).is_some()
}

/// As [`find`], of exactly five characters.
pub(super) fn find_bytes(code: &[u8]) -> Option<Place> {
    if code.len() != 5 {
        return None;
    }
    let code = number(code)?;
    let (index, head) = (&*INDEX, (code / TAILS) as usize);
    let (first, end) = (*index.heads.get(head)? as usize, *index.heads.get(head + 1)? as usize);
    let at = first + index.codes.get(first..end)?.binary_search(&code).ok()?;
    let start = index.starts[at] as usize;
    let end = index.starts.get(at + 1).map_or(ROWS.len(), |end| *end as usize);
    Some(Place { line: ROWS.get(start..end)?.trim_end_matches('\n') })
}

impl Place {
    /// The five characters.
    pub fn code(self) -> &'static str {
        self.line.get(..5).unwrap_or_default()
    }

    /// ISO 3166-1 alpha-3 of the country, as [`country::alpha3`]; `None` for the high seas.
    pub fn country(self) -> Option<&'static str> {
        country::alpha3_bytes(self.line.get(..2)?.as_bytes())
    }

    /// Whether the place has a function.
    pub fn has(self, function: PlaceFunction) -> bool {
        let bits = self.line.get(5..7).and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bits.unwrap_or_default() & function as u8 != 0
    }

    /// IATA code of its airport, or of the city.
    pub fn iata(self) -> Option<&'static str> {
        self.line.get(7..)?.strip_prefix('=')?.get(..3)
    }

    /// Name as UN/LOCODE writes it.
    pub fn name(self) -> &'static str {
        self.line.get(if self.iata().is_some() { 11 } else { 7 }..).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn every_place_can_be_found_and_read() {
        let mut last = "";
        for line in ROWS.lines() {
            assert!(last[..last.len().min(5)] < line[..5], "{line}");
            last = line;
            let place = find(&line[..5]).unwrap();
            assert_eq!(place.line, line);
            assert!(crate::identifiers::locode::check(&line[..5]).is_ok(), "{line}");
            assert!(!place.name().is_empty() && !place.name().starts_with('='), "{line}");
            assert!(place.country().is_some() || line.starts_with("XZ"), "{line}");
            assert!(place.iata().is_none_or(|iata| super::super::airport::find(iata).is_some()), "{line}");
        }
    }

    #[test]
    fn well_known_places() {
        let place = find("ca van").unwrap();
        assert_eq!((place.code(), place.country(), place.iata(), place.name()), ("CAVAN", Some("CAN"), Some("YVR"), "Vancouver"));
        assert!(place.has(PlaceFunction::Port) && !place.has(PlaceFunction::Fixed));
        assert_eq!(find("NLRTM").unwrap().name(), "Rotterdam");
        assert_eq!(find("BRSSZ").unwrap().name(), "Santos");
        assert_eq!(find("DEMUC").unwrap().name(), "München");
        assert_eq!(find("XZHEI").unwrap().country(), None);
        assert!(PlaceFunction::named("Rail").is_some_and(|f| find("CHBSL").unwrap().has(f)));
        for none in ["", "CA", "CAMTRX", "QQAAA", "CAM R", "C4MTR", "CAéé", "ZZZZZ"] {
            assert_eq!(find(none), None, "{none}");
        }
    }
}
