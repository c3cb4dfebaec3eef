//! Countries: one code for the many ways in which documents, messages and lists name a state.
//!
//! Codes take no allocation and one table look-up, since decoders ask several times a traveller.
//! Names go through a hash table that is built at the first question.

mod table;

use std::sync::LazyLock;

use hashbrown::HashMap;

/// Longest folded name that is looked up; longer text is no country.
const NAME_BYTES: usize = 64;

/// Slots of the code index: three letters, each `A` to `Z` or nothing.
const SLOTS: usize = 27 * 27 * 27;

/// Codes to row numbers, counted from one through both tables; 0 means no such code.
static BY_CODE: [u16; SLOTS] = index_codes();

/// Folded names to the row that they mean.
static BY_NAME: LazyLock<HashMap<Box<[u8]>, u16, foldhash::fast::FixedState>> = LazyLock::new(index_names);

/// ISO 3166-1 alpha-3 for an alpha-2 or alpha-3 code, an ICAO 9303 document code, or an English
/// name or demonym. `None` where the text is no country that is known.
///
/// Case, surrounding blanks, MRZ fillers, punctuation, diacritics, `the` and `St.` for `Saint`
/// do not matter. `D` is `DEU`. Kosovo is `RKS`, as its passports print, also for `XK` and
/// `XKX`. Renamed states get today's code (`BUR` is `MMR`); dissolved ones keep theirs (`SUN`,
/// `YUG`, `SCG`, `CSK`, `ANT`). Codes for persons without a plain nationality are codes like
/// any other here (`GBN`, `XXA`); see [`state`] for comparing.
pub fn alpha3(text: &str) -> Option<&'static str> {
    if let Some(code) = alpha3_bytes(text.as_bytes()) {
        return Some(code);
    }
    let folded = Folded::new(text)?;
    let row = BY_NAME.get(folded.key()).copied().or_else(|| row_of(folded.key()))?;
    code_of(row)
}

/// Same as [`alpha3`], but codes only, no names: what a message field can hold.
pub fn alpha3_bytes(bytes: &[u8]) -> Option<&'static str> {
    code_of(row_of(bytes)?)
}

/// Same as [`alpha3`] for three capital letters, which most codes are.
#[inline]
pub fn of_capitals(letters: [u8; 3]) -> Option<&'static str> {
    let [a, b, c] = letters.map(|letter| usize::from(letter.wrapping_sub(b'A')));
    if a > 25 || b > 25 || c > 25 {
        return None;
    }
    code_of(BY_CODE[((a + 1) * 27 + b + 1) * 27 + c + 1])
}

/// The state whose citizen a code of [`alpha3`] makes its holder, for comparing nationalities:
/// the British special codes are `GBR`. `None` where the code names no living state (stateless,
/// refugee, unspecified, organisations, dissolved states), which is unknown, not different.
pub fn state(code: &str) -> Option<&'static str> {
    let row = row_of(code.as_bytes())?;
    match code_of(row)? {
        "GBD" | "GBN" | "GBO" | "GBP" | "GBS" => Some("GBR"),
        code if usize::from(row) <= table::ISO.len() || code == "RKS" => Some(code),
        _ => None,
    }
}

/// Row number of a code of up to three letters.
fn row_of(bytes: &[u8]) -> Option<u16> {
    let bytes = trim(bytes);
    if bytes.is_empty() || bytes.len() > 3 {
        return None;
    }
    let mut slot = 0;
    for at in 0..3 {
        let letter = match bytes.get(at) {
            None => 0,
            Some(b) if b.is_ascii_alphabetic() => usize::from(b.to_ascii_uppercase() - b'A') + 1,
            Some(_) => return None,
        };
        slot = slot * 27 + letter;
    }
    Some(BY_CODE[slot]).filter(|row| *row != 0)
}

/// The alpha-3 of a row; rows count from one.
#[inline]
fn code_of(row: u16) -> Option<&'static str> {
    let at = usize::from(row).checked_sub(1)?;
    match at.checked_sub(table::ISO.len()) {
        None => table::ISO.get(at),
        Some(special) => table::SPECIAL.get(special),
    }
    .map(|r| r.1)
}

/// Without blanks on either side and MRZ fillers at the end.
fn trim(bytes: &[u8]) -> &[u8] {
    let mut bytes = bytes.trim_ascii();
    while let [rest @ .., b'<'] = bytes {
        bytes = rest.trim_ascii_end();
    }
    bytes
}

/// A name reduced to what tells names apart: upper-case letters without blanks, punctuation,
/// diacritics and `the`; `&` is `AND`, a word `ST` is `SAINT`.
struct Folded {
    bytes: [u8; NAME_BYTES],
    end: usize,
    word: usize,
}

impl Folded {
    /// `None` where the text is longer than any name.
    fn new(text: &str) -> Option<Self> {
        let mut folded = Self { bytes: [0; NAME_BYTES], end: 0, word: 0 };
        for c in text.chars() {
            match c {
                '\'' | '’' | '`' => {}
                '&' => {
                    folded.finish_word()?;
                    folded.put(b"AND")?;
                    folded.finish_word()?;
                }
                c if c.is_ascii_alphanumeric() => folded.put(&[c as u8])?,
                c if c.is_alphanumeric() => folded.put(any_ascii::any_ascii_char(c).as_bytes())?,
                // Marks of decomposed letters; anything else parts words.
                '\u{300}'..='\u{36f}' => {}
                _ => folded.finish_word()?,
            }
        }
        folded.finish_word()?;
        Some(folded)
    }

    fn put(&mut self, letters: &[u8]) -> Option<()> {
        for b in letters.iter().filter(|b| b.is_ascii_alphanumeric()) {
            *self.bytes.get_mut(self.end)? = b.to_ascii_uppercase();
            self.end += 1;
        }
        Some(())
    }

    fn finish_word(&mut self) -> Option<()> {
        match &self.bytes[self.word..self.end] {
            b"THE" => self.end = self.word,
            b"ST" => {
                self.end = self.word;
                self.put(b"SAINT")?;
            }
            _ => {}
        }
        self.word = self.end;
        Some(())
    }

    fn key(&self) -> &[u8] {
        &self.bytes[..self.end]
    }
}

// Runs in the compiler only.
#[allow(clippy::large_stack_arrays)]
const fn index_codes() -> [u16; SLOTS] {
    let mut index = [0; SLOTS];
    let mut row = 0;
    while row < table::ISO.len() + table::SPECIAL.len() {
        let (two, three, _) = if row < table::ISO.len() { table::ISO[row] } else { table::SPECIAL[row - table::ISO.len()] };
        let number = row as u16 + 1;
        index[slot_of(three)] = number;
        if !two.is_empty() {
            index[slot_of(two)] = number;
        }
        row += 1;
    }
    let mut also = 0;
    while also < table::ALSO.len() {
        let (code, target) = table::ALSO[also];
        let number = index[slot_of(target)];
        assert!(number != 0 && index[slot_of(code)] == 0, "an extra code needs a row and must not be one");
        index[slot_of(code)] = number;
        also += 1;
    }
    index
}

const fn slot_of(code: &str) -> usize {
    let code = code.as_bytes();
    let (mut slot, mut at) = (0, 0);
    while at < 3 {
        slot = slot * 27 + if at < code.len() { (code[at] - b'A') as usize + 1 } else { 0 };
        at += 1;
    }
    slot
}

fn index_names() -> HashMap<Box<[u8]>, u16, foldhash::fast::FixedState> {
    let mut index = HashMap::default();
    for (row, (_, _, names)) in (1..).zip(table::ISO.iter().chain(table::SPECIAL)) {
        for name in *names {
            if let Some(folded) = Folded::new(name) {
                index.insert(folded.key().into(), row);
            }
        }
    }
    index
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn capitals_as_any_code() {
        for a in b'A'..=b'Z' {
            for b in b'@'..=b'[' {
                for c in b'A'..=b'Z' {
                    let text = [a, b, c];
                    assert_eq!(of_capitals(text), alpha3_bytes(&text));
                }
            }
        }
        assert_eq!((of_capitals(*b"can"), of_capitals(*b"D<<"), of_capitals(*b"CA ")), (None, None, None));
    }

    #[test]
    fn every_row_is_found_by_codes_and_names() {
        assert_eq!(table::ISO.len(), 249);
        let mut keys = std::collections::HashMap::new();
        for (two, three, names) in table::ISO.iter().chain(table::SPECIAL) {
            assert_eq!(alpha3(three), Some(*three));
            assert_eq!(alpha3(&format!(" {} ", three.to_lowercase())), Some(*three));
            assert!(two.is_empty() || alpha3(two) == Some(*three), "{two}");
            for name in *names {
                assert_eq!(alpha3(name), Some(*three), "{name}");
                assert_eq!(alpha3(&name.to_uppercase()), Some(*three), "{name}");
                let key = Folded::new(name).unwrap().key().to_vec();
                assert!(keys.insert(key, *three).is_none_or(|other| other == *three), "{name} means two states");
            }
        }
        assert!(table::ISO.is_sorted_by_key(|row| row.0));
    }

    #[test]
    fn spellings_of_publishers() {
        for (text, code) in [
            ("Korea, North", "PRK"),
            ("Democratic People's Republic of Korea (the)", "PRK"),
            ("Bahamas, The", "BHS"),
            ("The Gambia", "GMB"),
            ("COTE D IVOIRE", "CIV"),
            ("Côte d’Ivoire", "CIV"),
            ("Co\u{302}te d'Ivoire", "CIV"),
            ("St. Kitts & Nevis", "KNA"),
            ("St. Vincent and the Grenadines", "VCT"),
            ("Virgin Islands, British", "VGB"),
            ("Virgin Islands, U.S.", "VIR"),
            ("U.S.A.", "USA"),
            ("U.K.", "GBR"),
            ("Iran (Islamic Republic of)", "IRN"),
            ("Türkiye", "TUR"),
            ("Macedonia, The Former Yugoslav Republic of", "MKD"),
            ("Region: Gaza", "PSE"),
            ("D<<", "DEU"),
            ("xk", "RKS"),
            ("GB", "GBR"),
        ] {
            assert_eq!(alpha3(text), Some(code), "{text}");
        }
        for text in ["", " ", "<<<", "ZZ", "ZZZ", "1", "U1", "undetermined", "None Identified", "the", "É", &"A".repeat(200)] {
            assert_eq!(alpha3(text), None, "{text}");
        }
        assert_eq!(alpha3_bytes(b"\xff\xfe"), None);
        assert_eq!(alpha3_bytes(b"Iran"), None);
    }

    #[test]
    fn codes_that_name_no_state_are_unknown() {
        assert_eq!(state("GBN"), Some("GBR"));
        assert_eq!(state("FR"), Some("FRA"));
        assert_eq!(state("XKX"), Some("RKS"));
        for code in ["XXA", "XXX", "UNO", "UNK", "SUN", "YUG", "QQQ"] {
            assert_eq!(state(code), None, "{code}");
        }
    }

    #[test]
    fn agrees_with_the_published_table() {
        let Ok(shared) = std::env::var("TAMIS_SHARED") else {
            println!("skipped: TAMIS_SHARED is not set");
            return;
        };
        let path = std::path::Path::new(&shared).join("samples/refdata/country-codes.csv");
        let text = std::fs::read_to_string(path).unwrap();
        let mut lines = text.lines();
        let header: Vec<&str> = lines.next().unwrap().split(',').collect();
        let at = |name: &str| header.iter().position(|h| *h == name).unwrap();
        let (two, three) = (at("ISO3166-1-Alpha-2"), at("ISO3166-1-Alpha-3"));
        let named = ["UNTERM English Short", "official_name_en", "CLDR display name", "ISO4217-currency_country_name"].map(at);
        let mut states = 0;
        for line in lines {
            let cells = split_quoted(line);
            let code = cells[three].as_str();
            assert_eq!(alpha3(&cells[two]), Some(code), "{}", cells[two]);
            assert_eq!(alpha3(code), Some(code));
            assert_eq!(state(code), Some(code));
            for name in named.iter().map(|n| cells[*n].trim_end_matches([' ', '*'])).filter(|n| !n.is_empty()) {
                assert_eq!(alpha3(name), Some(code), "{name}");
            }
            states += 1;
        }
        assert_eq!(states, 249);
    }

    fn split_quoted(line: &str) -> Vec<String> {
        let (mut cells, mut quoted) = (vec![String::new()], false);
        for c in line.chars() {
            match c {
                '"' => quoted = !quoted,
                ',' if !quoted => cells.push(String::new()),
                c => cells.last_mut().unwrap().push(c),
            }
        }
        cells
    }
}
