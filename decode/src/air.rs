//! What Cargo-XML and Cargo-IMP share: numbers, units, waybill numbers, flights, names, days.

use tamis_records::identifiers::awb;
use tamis_records::reference::airport;

use super::consignments::LegOfRow;
use super::dates;
use super::measure;
pub(crate) use super::measure::{count, decimal as number};

/// An air waybill number: the eleven digits where it has such a form.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Awb {
    digits: [u8; 11],
    whole: bool,
    /// Whether its check digit is right (IATA Resolution 600a).
    pub(crate) is_valid: bool,
}

impl Awb {
    /// Reads a number such as `020-12345675`.
    pub(crate) fn read(text: &str) -> Self {
        let mut awb = Self { is_valid: awb::check(text).is_ok(), ..Self::default() };
        let mut len = 0;
        for b in text.bytes().filter(|b| !matches!(b, b'-' | b' ')) {
            match awb.digits.get_mut(len) {
                Some(slot) if b.is_ascii_digit() => *slot = b,
                _ => return Self::default(),
            }
            len += 1;
        }
        awb.whole = len == 11;
        awb
    }

    /// The eleven digits, or the text as it was sent where it has no such form.
    pub(crate) fn or<'a>(&'a self, sent: &'a str) -> &'a str {
        if self.whole { std::str::from_utf8(&self.digits).unwrap_or(sent) } else { sent }
    }
}

/// ISO 3166-1 alpha-3 of the country of an airport.
pub(crate) fn country(airport_code: &str) -> Option<&'static str> {
    airport::find(airport_code)?.country()
}

/// Kilograms in a unit of weight (the letters of Cargo-IMP, else [`measure::weight`]); none is kilogram.
pub(crate) fn kilograms(unit: &str) -> Option<f64> {
    measure::weight(match unit.trim_ascii() {
        "" | "K" => "KGM",
        "L" => "LBR",
        "G" => "GRM",
        "T" => "TNE",
        other => other,
    })
}

/// Cubic metres in a unit of volume (the letters of Cargo-IMP, else [`measure::volume`]); none is
/// cubic metre.
pub(crate) fn cubic_metres(unit: &str) -> Option<f64> {
    measure::volume(match unit.trim_ascii() {
        "" | "MC" => "MTQ",
        other => other,
    })
}

/// Carrier and number of a flight such as `DL0026E`, without leading noughts. Where it has no such
/// form the carrier is empty and the text is the number.
pub(crate) fn flight(text: &str) -> (&str, &str) {
    let text = text.trim_ascii();
    let bytes = text.as_bytes();
    let fits = |carrier: usize| {
        let number = bytes.get(carrier..).unwrap_or_default();
        let digits = number.iter().take_while(|b| b.is_ascii_digit()).count();
        let suffix = &number[digits..];
        (1..=5).contains(&digits) && suffix.len() <= 1 && suffix.iter().all(u8::is_ascii_alphabetic)
    };
    let is_two =
        bytes.len() > 2 && bytes[..2].iter().all(u8::is_ascii_alphanumeric) && bytes[..2].iter().any(u8::is_ascii_alphabetic);
    let at = if is_two && fits(2) {
        2
    } else if bytes.len() > 3 && bytes[..3].iter().all(u8::is_ascii_alphabetic) && fits(3) {
        3
    } else {
        return ("", text);
    };
    (&text[..at], without_noughts(&text[at..]))
}

/// The number of a flight without leading noughts; `0` stays.
pub(crate) fn without_noughts(number: &str) -> &str {
    let trimmed = number.trim_start_matches('0');
    if trimmed.len() == number.len() || trimmed.starts_with(|c: char| c.is_ascii_digit()) {
        return trimmed;
    }
    &number[number.len() - trimmed.len() - 1..]
}

/// The leg on which a border is crossed: the last that leads to another country, else the last that
/// is no feeder.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Border<'a> {
    pub(crate) leg: LegOfRow<'a>,
    any: bool,
    crosses: bool,
}

impl<'a> Border<'a> {
    /// Takes the next leg; `main`: it is no feeder.
    pub(crate) fn add(&mut self, leg: &LegOfRow<'a>, main: bool) {
        let countries = country(leg.departure_port).zip(country(leg.arrival_port));
        let crosses = countries.is_some_and(|(from, to)| from != to);
        if !self.any || crosses || (main && !self.crosses) {
            self.leg = *leg;
        }
        self.any = true;
        self.crosses |= crosses;
    }
}

/// Whether a further line of a name is part of an address: it has a number or names a part of a
/// building or street. Senders put what does not fit elsewhere under the name.
pub(crate) fn is_address(line: &str) -> bool {
    const WORDS: &[&str] = &[
        "ROOM",
        "RM",
        "FLOOR",
        "FL",
        "BUILDING",
        "BLDG",
        "BLD",
        "STREET",
        "STR",
        "ROAD",
        "RD",
        "AVENUE",
        "AVE",
        "AV",
        "PARK",
        "ZONE",
        "DISTRICT",
        "SUITE",
        "UNIT",
        "BLOCK",
        "TOWER",
        "PLAZA",
        "LANE",
        "HIGHWAY",
        "BOX",
        "POBOX",
        "INDUSTRIAL",
        "AIRPORT",
        "WAREHOUSE",
        "NO",
        "NR",
    ];
    line.bytes().any(|b| b.is_ascii_digit())
        || line.split(|c: char| !c.is_ascii_alphanumeric()).any(|word| WORDS.iter().any(|w| w.eq_ignore_ascii_case(word)))
}

/// What a line that names a person to turn to says behind `ATTN` and its like.
pub(crate) fn attention(line: &str) -> Option<&str> {
    ["ATTN", "ATT", "ATTENTION"].iter().rev().find_map(|word| {
        let head = line.get(..word.len())?;
        let rest = &line[word.len()..];
        let apart = rest.starts_with([':', '.', ' ', '-']);
        (head.eq_ignore_ascii_case(word) && apart).then(|| rest.trim_start_matches([':', '.', ' ', '-']))
    })
}

/// Appends text with its line breaks and the blanks around them as one separator.
pub(crate) fn join_lines(text: &str, separator: &str, out: &mut String) {
    for line in text.split(['\n', '\r']).map(str::trim_ascii).filter(|l| !l.is_empty()) {
        if !out.is_empty() {
            out.push_str(separator);
        }
        out.push_str(line);
    }
}

/// Number of a month by its three letters.
pub(crate) fn month(name: &str) -> Option<u32> {
    const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
    MONTHS.iter().position(|m| m.eq_ignore_ascii_case(name)).map(|i| i as u32 + 1)
}

/// The day nearest to another one that has this day of the month, and this month if it is given.
/// Days are counted from 1970-01-01.
pub(crate) fn nearest(day: u32, month: Option<u32>, around: i32) -> Option<i32> {
    use chrono::{Datelike, NaiveDate};
    let around_date = NaiveDate::from_num_days_from_ce_opt(around.checked_add(719_163)?)?;
    let (year, this) = (around_date.year(), around_date.month() as i32);
    let candidate = |step: i32| {
        if let Some(month) = month {
            return dates::days(year + step, month, day);
        }
        let index = year * 12 + this - 1 + step;
        dates::days(index.div_euclid(12), index.rem_euclid(12) as u32 + 1, day)
    };
    // 29 February may be four years away, but no message is.
    [-1, 0, 1].into_iter().filter_map(candidate).min_by_key(|d| d.abs_diff(around))
}

/// Whether two sums are the same but for rounding.
pub(crate) fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= 0.051 + 0.001 * a.max(b)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn waybill_numbers() {
        assert_eq!(Awb::read("020-12345675").or(""), "02012345675");
        assert!(Awb::read("020-12345675").is_valid && Awb::read("888-11111111").is_valid);
        assert!(!Awb::read("020-12345674").is_valid);
        assert_eq!(Awb::read("ABC123").or("ABC123"), "ABC123");
        assert_eq!(Awb::read("0201234567").or("x"), "x");
    }

    #[test]
    fn flights() {
        for (text, carrier, number) in [
            ("DL8226E", "DL", "8226E"),
            ("XX0345", "XX", "345"),
            ("3K014", "3K", "14"),
            ("DLH0400", "DLH", "400"),
            ("0000", "", "0000"),
            ("TRUCK", "", "TRUCK"),
            ("LH000", "LH", "0"),
            ("LH0A", "LH", "0A"),
        ] {
            assert_eq!(flight(text), (carrier, number), "{text}");
        }
    }

    #[test]
    fn names_and_addresses() {
        assert!(is_address("ROOM 123 SPECIAL BUILDING. NR 987") && is_address("Airport Road"));
        assert!(!is_address("AND SONS LTD") && !is_address("NORTHERN TRADING"));
        assert_eq!(attention("ATTN: MR X"), Some("MR X"));
        assert_eq!(attention("ATTICA LTD"), None);
        let mut out = String::new();
        join_lines("A\r\n   B\n\nC", " ", &mut out);
        assert_eq!(out, "A B C");
    }

    #[test]
    fn days_without_year() {
        let on = |y, m, d| dates::days(y, m, d).unwrap();
        assert_eq!(nearest(30, Some(12), on(2021, 1, 3)), Some(on(2020, 12, 30)));
        assert_eq!(nearest(2, None, on(2021, 1, 30)), Some(on(2021, 2, 2)));
        assert_eq!(nearest(31, None, on(2021, 2, 10)), Some(on(2021, 1, 31)));
        assert_eq!(nearest(31, Some(2), on(2021, 2, 10)), None);
        assert_eq!(nearest(32, None, on(2021, 2, 10)), None);
        assert_eq!(nearest(1, None, i32::MAX), None);
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC{0,20}", day: u32, month: Option<u32>, around: i32) {
            let _ = (Awb::read(&text), flight(&text), attention(&text), is_address(&text));
            let _ = nearest(day % 40, month.map(|m| m % 14), around);
        }
    }
}
