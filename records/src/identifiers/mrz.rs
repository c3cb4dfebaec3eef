//! Machine readable zones (ICAO Doc 9303 parts 3 to 7).

use std::borrow::Cow;
use std::ops::Range;

use chrono::{Datelike, NaiveDate};

use super::Reason;

/// Layout of a machine readable zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MrzFormat {
    /// Identity card, three lines of 30.
    Td1,
    /// Two lines of 36.
    Td2,
    /// Passport, two lines of 44.
    Td3,
    /// Visa, two lines of 44.
    MrvA,
    /// Visa, two lines of 36.
    MrvB,
}

impl MrzFormat {
    /// Name of the layout in ICAO Doc 9303.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Td1 => "TD1",
            Self::Td2 => "TD2",
            Self::Td3 => "TD3",
            Self::MrvA => "MRV-A",
            Self::MrvB => "MRV-B",
        }
    }
}

/// A machine readable zone, borrowed from the text that holds it.
#[derive(Debug, Clone, Copy)]
pub struct Mrz<'a> {
    format: MrzFormat,
    lines: [&'a str; 3],
}

/// Where the fields stand; all layouts but TD1 share the second line.
const NUMBER: Range<usize> = 0..9;
const BIRTH: Range<usize> = 13..19;
const EXPIRY: Range<usize> = 21..27;

/// The zone in a text, with all its check digits right.
///
/// # Errors
/// [`Reason::Empty`], [`Reason::Layout`], [`Reason::Character`], or the first check digit that is
/// wrong: number, birth date, expiry, optional data, whole zone.
pub fn check(text: &str) -> Result<Mrz<'_>, Reason> {
    let mrz = match Mrz::parse(text) {
        Some(mrz) => mrz,
        None if text.trim().is_empty() => return Err(Reason::Empty),
        None => return Err(Reason::Layout),
    };
    match mrz.fault() {
        Some(reason) => Err(reason),
        None => Ok(mrz),
    }
}

impl<'a> Mrz<'a> {
    /// Recognises the layout by its lengths; lines may be separated by line ends or blanks, or
    /// not at all. `None` where the text has no such layout.
    pub fn parse(text: &'a str) -> Option<Self> {
        let text = text.trim();
        if !text.is_ascii() {
            return None;
        }
        let mut parts = text.split_ascii_whitespace();
        let first = parts.next()?;
        let lines = match (parts.next(), parts.next(), parts.next()) {
            (None, _, _) => match first.len() {
                90 => [&first[..30], &first[30..60], &first[60..]],
                88 => [&first[..44], &first[44..], ""],
                72 => [&first[..36], &first[36..], ""],
                _ => return None,
            },
            (Some(second), None, _) => [first, second, ""],
            (Some(second), Some(third), None) => [first, second, third],
            _ => return None,
        };
        let visa = first.starts_with('V');
        let format = match lines.map(str::len) {
            [30, 30, 30] => MrzFormat::Td1,
            [44, 44, 0] if visa => MrzFormat::MrvA,
            [44, 44, 0] => MrzFormat::Td3,
            [36, 36, 0] if visa => MrzFormat::MrvB,
            [36, 36, 0] => MrzFormat::Td2,
            _ => return None,
        };
        Some(Self { format, lines })
    }

    /// Layout.
    pub fn format(&self) -> MrzFormat {
        self.format
    }

    /// Kind of document as printed, without fillers: `P`, `PM`, `I`, `AC`, `V`, …
    pub fn document_code(&self) -> &'a str {
        self.lines[0][..2].trim_end_matches('<')
    }

    /// State or organisation that issued the document, without fillers.
    pub fn issuer(&self) -> &'a str {
        self.lines[0][2..5].trim_end_matches('<')
    }

    /// Nationality of the holder, without fillers.
    pub fn nationality(&self) -> &'a str {
        let at = if self.format == MrzFormat::Td1 { 15..18 } else { 10..13 };
        self.lines[1][at].trim_end_matches('<')
    }

    /// Sex of the holder: `M`, `F`, or `X` where it is left open (`<`, `X`). `None` for anything
    /// else.
    pub fn sex(&self) -> Option<&'static str> {
        let at = if self.format == MrzFormat::Td1 { 7 } else { 20 };
        match self.lines[1].as_bytes()[at] {
            b'M' => Some("M"),
            b'F' => Some("F"),
            b'<' | b'X' => Some("X"),
            _ => None,
        }
    }

    /// Optional data of the issuer behind the dates, without fillers: the personal number of a
    /// passport. Of TD1 it is that of the second line.
    pub fn optional_data(&self) -> &'a str {
        match self.format {
            MrzFormat::Td1 => &self.lines[1][18..29],
            _ => self.number_fields().2,
        }
        .trim_end_matches('<')
    }

    /// The field of the document number, its check digit, and the optional data behind it.
    fn number_fields(&self) -> (&'a str, u8, &'a str) {
        let (line, at) = match self.format {
            MrzFormat::Td1 => (self.lines[0], 5),
            _ => (self.lines[1], 0),
        };
        let optional = match self.format {
            MrzFormat::Td1 => &line[15..],
            MrzFormat::Td2 => &line[28..35],
            MrzFormat::Td3 => &line[28..42],
            MrzFormat::MrvA | MrzFormat::MrvB => &line[28..],
        };
        (&line[at + NUMBER.start..at + NUMBER.end], line.as_bytes()[at + NUMBER.end], optional)
    }

    /// Rest of a number longer than nine characters and its check digit: a filler stands in the
    /// place of the check digit and the number goes on in the optional data (parts 5 and 6).
    fn long_number(&self) -> Option<(&'a str, &'a str, u8)> {
        let (number, check, optional) = self.number_fields();
        if check != b'<' || !matches!(self.format, MrzFormat::Td1 | MrzFormat::Td2) {
            return None;
        }
        let rest = optional.split('<').next().unwrap_or_default();
        let (rest, digit) = rest.split_at_checked(rest.len().checked_sub(1)?)?;
        Some((number, rest, digit.as_bytes()[0]))
    }

    fn birth(&self) -> (&'a str, u8) {
        match self.format {
            MrzFormat::Td1 => (&self.lines[1][..6], self.lines[1].as_bytes()[6]),
            _ => (&self.lines[1][BIRTH], self.lines[1].as_bytes()[BIRTH.end]),
        }
    }

    fn expiry(&self) -> (&'a str, u8) {
        match self.format {
            MrzFormat::Td1 => (&self.lines[1][8..14], self.lines[1].as_bytes()[14]),
            _ => (&self.lines[1][EXPIRY], self.lines[1].as_bytes()[EXPIRY.end]),
        }
    }

    /// Whether every check digit of the zone is right.
    pub fn is_valid(&self) -> bool {
        self.fault().is_none()
    }

    /// What is wrong with the zone, if anything: a character outside of `A-Z`, `0-9`, `<`, or the
    /// first check digit that is wrong.
    pub fn fault(&self) -> Option<Reason> {
        if self.lines.iter().any(|line| line.bytes().any(|b| VALUES[usize::from(b)] == NONE)) {
            return Some(Reason::Character);
        }
        let (number, check, _) = self.number_fields();
        let number_right = if let Some((number, rest, digit)) = self.long_number() {
            agrees(&[number.as_bytes(), b"<", rest.as_bytes()], digit)
                // Some issuers leave the filler out of the sum.
                || agrees(&[number.as_bytes(), rest.as_bytes()], digit)
        } else {
            agrees(&[number.as_bytes()], check)
        };
        let (birth, birth_check) = self.birth();
        let (expiry, expiry_check) = self.expiry();
        if !number_right {
            Some(Reason::NumberCheck)
        } else if !field_agrees(birth, birth_check) {
            Some(Reason::BirthCheck)
        } else if !field_agrees(expiry, expiry_check) {
            Some(Reason::ExpiryCheck)
        } else if self.format == MrzFormat::Td3 && !field_agrees(&self.lines[1][28..42], self.lines[1].as_bytes()[42]) {
            Some(Reason::OptionalCheck)
        } else if !self.composite_is_right() {
            Some(Reason::CompositeCheck)
        } else {
            None
        }
    }

    fn composite_is_right(&self) -> bool {
        let [first, second, _] = self.lines.map(str::as_bytes);
        match self.format {
            MrzFormat::Td1 => agrees(&[&first[5..], &second[..7], &second[8..15], &second[18..29]], second[29]),
            MrzFormat::Td2 => agrees(&[&second[..10], &second[13..20], &second[21..35]], second[35]),
            MrzFormat::Td3 => agrees(&[&second[..10], &second[13..20], &second[21..43]], second[43]),
            // Visas have no composite digit.
            MrzFormat::MrvA | MrzFormat::MrvB => true,
        }
    }

    /// Document number without fillers; `None` where there is none. Allocates only for a number
    /// that goes on in the optional data.
    pub fn document_number(&self) -> Option<Cow<'a, str>> {
        if let Some((number, rest, _)) = self.long_number()
            && !rest.is_empty()
        {
            return Some(Cow::Owned(format!("{number}{rest}")));
        }
        let number = self.number_fields().0.trim_end_matches('<');
        (!number.is_empty()).then_some(Cow::Borrowed(number))
    }

    /// Year of the century, month and day of birth; `None` where a part is unknown or no number.
    pub fn birth_parts(&self) -> Option<(u32, u32, u32)> {
        date_parts(self.birth().0)
    }

    /// The latest birth date with these digits that is not after `on`: a birth date lies in the
    /// past, and the zone has no century.
    pub fn birth_date(&self, on: NaiveDate) -> Option<NaiveDate> {
        let (year, month, day) = self.birth_parts()?;
        let century = on.year().div_euclid(100) * 100;
        [century, century - 100, century - 200]
            .into_iter()
            .filter_map(|c| NaiveDate::from_ymd_opt(c + year as i32, month, day))
            .find(|date| *date <= on)
    }

    /// The date of expiry with these digits whose year is less than 50 years from `on`, before or
    /// after: no travel document lives so long. `None` where it has none.
    pub fn expiry_date(&self, on: NaiveDate) -> Option<NaiveDate> {
        let (year, month, day) = date_parts(self.expiry().0)?;
        let earliest = on.year() - 49;
        let year = earliest + (year as i32 - earliest).rem_euclid(100);
        NaiveDate::from_ymd_opt(year, month, day)
    }

    /// The field of the names.
    fn name_field(&self) -> &'a str {
        match self.format {
            MrzFormat::Td1 => self.lines[2],
            _ => &self.lines[0][5..],
        }
    }

    /// Words of the surname (primary identifier).
    pub fn surname_words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        words(self.name_field().split_once("<<").map_or(self.name_field(), |(surname, _)| surname))
    }

    /// Words of the given names (secondary identifier).
    pub fn given_words(&self) -> impl Iterator<Item = &'a str> + use<'a> {
        words(self.name_field().split_once("<<").map_or("", |(_, given)| given))
    }

    /// Surname and given names, words separated by blanks.
    pub fn names(&self) -> (String, String) {
        let join = |words: &mut dyn Iterator<Item = &str>| {
            let mut out = String::new();
            push_words(&mut out, words);
            out
        };
        (join(&mut self.surname_words()), join(&mut self.given_words()))
    }

    /// Whether the names fill their field to the last place, so that a part may be cut off.
    pub fn names_may_be_cut(&self) -> bool {
        !self.name_field().ends_with('<')
    }
}

/// Appends words, separated by blanks.
pub fn push_words<'a>(out: &mut String, words: impl IntoIterator<Item = &'a str>) {
    for (n, word) in words.into_iter().enumerate() {
        if n > 0 {
            out.push(' ');
        }
        out.push_str(word);
    }
}

fn words(field: &str) -> impl Iterator<Item = &str> {
    field.split('<').filter(|word| !word.is_empty())
}

fn date_parts(field: &str) -> Option<(u32, u32, u32)> {
    if !field.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    Some((field[..2].parse().ok()?, field[2..4].parse().ok()?, field[4..].parse().ok()?))
}

/// Value of a character that a zone cannot hold.
const NONE: u8 = u8::MAX;

/// Values of the characters in check digits.
const VALUES: [u8; 256] = {
    let mut values = [NONE; 256];
    values[b'<' as usize] = 0;
    let mut n = 0;
    while n < 26 {
        if n < 10 {
            values[b'0' as usize + n] = n as u8;
        }
        values[b'A' as usize + n] = n as u8 + 10;
        n += 1;
    }
    values
};

/// Check digit of a field (part 3, 4.9): weights 7, 3, 1. `None` where a character is not `A-Z`,
/// `0-9` or `<`.
pub fn check_digit(field: &[u8]) -> Option<u8> {
    check_digit_of(&[field])
}

/// As [`check_digit`], over a field that is composed of several.
#[inline]
fn check_digit_of(parts: &[&[u8]]) -> Option<u8> {
    // The sum of each third of the characters; text of SQL may be of any length.
    let mut sums = [0_u64; 3];
    let (mut at, mut strange) = (0, false);
    for part in parts {
        for byte in *part {
            let value = VALUES[usize::from(*byte)];
            strange |= value == NONE;
            sums[at] += u64::from(value);
            at = if at == 2 { 0 } else { at + 1 };
        }
    }
    (!strange).then_some(((7 * sums[0] + 3 * sums[1] + sums[2]) % 10) as u8)
}

#[inline]
fn agrees(parts: &[&[u8]], check: u8) -> bool {
    check.is_ascii_digit() && check_digit_of(parts) == Some(check - b'0')
}

/// As [`agrees`]; an empty field may carry a filler instead of a zero.
fn field_agrees(field: &str, check: u8) -> bool {
    agrees(&[field.as_bytes()], check) || (check == b'<' && field.bytes().all(|c| c == b'<'))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use proptest::prelude::*;

    use super::*;

    // The specimens of ICAO Doc 9303 parts 4, 5, 6 and 7 (Anna Maria Eriksson of Utopia).
    const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";
    const MRV_A: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<";
    const MRV_B: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<";

    fn on(year: i32) -> NaiveDate {
        NaiveDate::from_ymd_opt(year, 6, 1).unwrap()
    }

    #[test]
    fn specimens_are_valid_in_every_layout() {
        for (zone, format, code, nationality) in [
            (TD1, MrzFormat::Td1, "I", "UTO"),
            (TD2, MrzFormat::Td2, "I", "UTO"),
            (TD3, MrzFormat::Td3, "P", "UTO"),
            (MRV_A, MrzFormat::MrvA, "V", "XXX"),
            (MRV_B, MrzFormat::MrvB, "V", "XXX"),
        ] {
            for text in [zone.to_owned(), zone.replace('\n', ""), zone.replace('\n', "\r\n")] {
                let mrz = check(&text).unwrap();
                assert_eq!(mrz.format(), format);
                assert_eq!(mrz.names(), ("ERIKSSON".to_owned(), "ANNA MARIA".to_owned()));
                assert_eq!([mrz.document_code(), mrz.issuer(), mrz.nationality()], [code, "UTO", nationality]);
                assert_eq!(mrz.sex(), Some("F"));
                assert!(!mrz.names_may_be_cut());
            }
        }
    }

    #[test]
    fn the_wrong_digit_is_named() {
        let fault = |zone: &str, from: &str, to: &str| check(&zone.replace(from, to)).map(|_| ()).unwrap_err();
        assert_eq!(fault(TD3, "L898902C36", "L898902C37"), Reason::NumberCheck);
        assert_eq!(fault(TD3, "740812", "740813"), Reason::BirthCheck);
        assert_eq!(fault(TD3, "1204159", "1204158"), Reason::ExpiryCheck);
        assert_eq!(fault(TD3, "<<10", "<<20"), Reason::OptionalCheck);
        assert_eq!(fault(TD3, "<<10", "<<11"), Reason::CompositeCheck);
        assert_eq!(fault(TD1, "D23145890", "D23145891"), Reason::NumberCheck);
        assert_eq!(fault(TD1, "<6\n", "<7\n"), Reason::CompositeCheck);
        assert_eq!(fault(TD2, "<<<6", "<<<5"), Reason::CompositeCheck);
        assert_eq!(fault(MRV_B, "9612109", "9612108"), Reason::ExpiryCheck);
        assert_eq!(fault(TD3, "ANNA", "anna"), Reason::Character);
        assert_eq!(check("P<UTO").map(|_| ()), Err(Reason::Layout));
        assert_eq!(check(" \n").map(|_| ()), Err(Reason::Empty));
    }

    #[test]
    fn the_parts_can_be_read() {
        let mrz = Mrz::parse(TD3).unwrap();
        assert_eq!(mrz.document_number().unwrap(), "L898902C3");
        assert_eq!(mrz.optional_data(), "ZE184226B");
        assert_eq!(mrz.birth_date(on(2026)), NaiveDate::from_ymd_opt(1974, 8, 12));
        // In 2080 the same digits are those of a child.
        assert_eq!(mrz.birth_date(on(2080)), NaiveDate::from_ymd_opt(2074, 8, 12));
        let unknown = TD3.replace("740812", "74<<<<");
        assert_eq!(Mrz::parse(&unknown).unwrap().birth_date(on(2026)), None);
    }

    #[test]
    fn an_expiry_lies_near_the_day() {
        let mrz = Mrz::parse(TD3).unwrap();
        assert_eq!(mrz.expiry_date(on(2026)), NaiveDate::from_ymd_opt(2012, 4, 15));
        assert_eq!(mrz.expiry_date(on(1999)), NaiveDate::from_ymd_opt(2012, 4, 15));
        assert_eq!(mrz.expiry_date(on(2062)), NaiveDate::from_ymd_opt(2112, 4, 15));
        let visa = Mrz::parse(MRV_A).unwrap();
        assert_eq!(visa.expiry_date(on(2026)), NaiveDate::from_ymd_opt(1996, 12, 10));
        // A card that does not expire.
        let endless = Mrz::parse(&TD2.replace("1204159", "<<<<<<<")).map(|mrz| mrz.expiry_date(on(2026)));
        assert_eq!(endless, Some(None));
    }

    #[test]
    fn a_long_number_goes_on_in_the_optional_data() {
        // Doc 9303 part 5, note j: D23145890734 with 9 as its check digit.
        let first = "I<UTOD23145890<7349<<<<<<<<<<<";
        let second = "7408122F1204159UTO<<<<<<<<<<<";
        let parts = [&first[5..], &second[..7], &second[8..15], &second[18..]].map(str::as_bytes);
        let composite = check_digit_of(&parts);
        let zone = format!("{first}\n{second}{}\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", composite.unwrap());
        let mrz = check(&zone).unwrap();
        assert_eq!(mrz.document_number().unwrap(), "D23145890734");
        assert_eq!(check(&zone.replace("7349", "7348")).map(|_| ()), Err(Reason::NumberCheck));
    }

    #[test]
    fn check_digits_of_the_appendix() {
        assert_eq!(check_digit(b"520727"), Some(3));
        assert_eq!(check_digit(b"AB2134<<<"), Some(5));
        assert_eq!(check_digit(b"ab"), None);
        assert_eq!(check_digit(b""), Some(0));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_seen(field in "[A-Z0-9<]{1,30}", at in 0_usize..30, by in 1_u8..10) {
            let mut bytes = field.into_bytes();
            let at = at % bytes.len();
            if bytes[at].is_ascii_digit() {
                let before = check_digit(&bytes);
                bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
                prop_assert_ne!(before, check_digit(&bytes));
            }
        }

        #[test]
        fn any_zone_gets_an_answer(
            zone in "[A-Z0-9<]{88}", zone1 in "[A-Z0-9<]{90}", zone2 in "[A-Z0-9<]{72}",
            year in -200_000_i32..200_000,
        ) {
            for text in [zone, zone1, zone2] {
                let mrz = Mrz::parse(&text).unwrap();
                let _ = (mrz.is_valid(), mrz.document_number(), mrz.names(), mrz.birth_parts(), mrz.sex());
                if let Some(on) = NaiveDate::from_ymd_opt(year, 1, 1) {
                    let _ = mrz.birth_date(on);
                    if let Some(expiry) = mrz.expiry_date(on) {
                        prop_assert!((expiry.year() - year).abs() <= 50);
                    }
                }
            }
        }
    }
}
