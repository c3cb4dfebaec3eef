//! Machine readable zones (ICAO Doc 9303 parts 3 to 7).

use std::borrow::Cow;
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, StringViewBuilder};
use arrow::datatypes::DataType;
use chrono::{Datelike, NaiveDate};
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;

use super::check_digits::check_digit_of;
use super::function::{Function, Parameter, Texts, dates, text_to_bool, unpacked};

/// Layout of a machine readable zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
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
const NUMBER: std::ops::Range<usize> = 0..9;
const BIRTH: std::ops::Range<usize> = 13..19;
const EXPIRY: std::ops::Range<usize> = 21..27;

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
        let (number, check, _) = self.number_fields();
        let number_right = if let Some((number, rest, digit)) = self.long_number() {
            agrees(number.bytes().chain([b'<']).chain(rest.bytes()), digit)
                // Some issuers leave the filler out of the sum.
                || agrees(number.bytes().chain(rest.bytes()), digit)
        } else {
            agrees(number.bytes(), check)
        };
        let (birth, birth_check) = self.birth();
        let (expiry, expiry_check) = self.expiry();
        number_right && agrees(birth.bytes(), birth_check) && agrees(expiry.bytes(), expiry_check) && self.composite_is_right()
    }

    fn composite_is_right(&self) -> bool {
        let [first, second, _] = self.lines.map(str::as_bytes);
        match self.format {
            MrzFormat::Td1 => {
                let all = first[5..].iter().chain(&second[..7]).chain(&second[8..15]).chain(&second[18..29]);
                agrees(all.copied(), second[29])
            }
            MrzFormat::Td2 => {
                let all = second[..10].iter().chain(&second[13..20]).chain(&second[21..35]);
                agrees(all.copied(), second[35])
            }
            MrzFormat::Td3 => {
                let optional = &second[28..42];
                // An empty field may carry a filler instead of a zero.
                let optional_right =
                    agrees(optional.iter().copied(), second[42]) || (second[42] == b'<' && optional.iter().all(|c| *c == b'<'));
                let all = second[..10].iter().chain(&second[13..20]).chain(&second[21..43]);
                optional_right && agrees(all.copied(), second[43])
            }
            // Visas have no composite digit.
            MrzFormat::MrvA | MrzFormat::MrvB => true,
        }
    }

    /// Document number without fillers; `None` where there is none.
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
        let field = self.birth().0;
        if !field.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        Some((field[..2].parse().ok()?, field[2..4].parse().ok()?, field[4..].parse().ok()?))
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

    /// Surname and given names, words separated by blanks.
    pub fn names(&self) -> (String, String) {
        let field = match self.format {
            MrzFormat::Td1 => self.lines[2],
            _ => &self.lines[0][5..],
        };
        let (surname, given) = field.split_once("<<").unwrap_or((field, ""));
        let words = |part: &str| part.split('<').filter(|w| !w.is_empty()).collect::<Vec<_>>().join(" ");
        (words(surname), words(given))
    }
}

fn agrees(field: impl Iterator<Item = u8>, check: u8) -> bool {
    check.is_ascii_digit() && check_digit_of(field) == Some(check - b'0')
}

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::{Date, Text};
    vec![
        Function::udf(
            "mrz_format(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz| Some(Cow::Borrowed(mrz.format().as_str()))),
            "Layout of a machine readable zone: TD1, TD2, TD3, MRV-A or MRV-B (ICAO Doc 9303); NULL where the lengths of the lines fit none.",
        ),
        Function::udf(
            "mrz_valid(mrz)",
            &[Text],
            DataType::Boolean,
            |args| text_to_bool(args, |text| Some(Mrz::parse(text).is_some_and(|mrz| mrz.is_valid()))),
            "Whether a machine readable zone has a known layout and all its check digits are right (ICAO Doc 9303 part 3, 4.9).",
        ),
        Function::udf(
            "mrz_birth_date(mrz, on_date)",
            &[Text, Date],
            DataType::Date32,
            birth_date,
            "Birth date in a machine readable zone; the century is that of the latest such date that is not after on_date. NULL where the zone or a part of the date is unknown.",
        ),
        Function::udf(
            "mrz_birth_date_agrees(mrz, birth_date)",
            &[Text, Date],
            DataType::Boolean,
            birth_date_agrees,
            "Whether a birth date has the year of the century, month and day of a machine readable zone. NULL where either is unknown.",
        ),
        Function::udf(
            "mrz_document_number(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz| mrz.document_number()),
            "Document number in a machine readable zone without fillers, long numbers put together. NULL where there is none.",
        ),
        Function::udf(
            "mrz_document_number_agrees(mrz, document_number)",
            &[Text, Text],
            DataType::Boolean,
            number_agrees,
            "Whether a document number has the letters and digits of a machine readable zone; case and other characters do not count. NULL where either is unknown.",
        ),
        Function::udf(
            "mrz_surname(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz| Some(Cow::<str>::Owned(mrz.names().0)).filter(|n| !n.is_empty())),
            "Surname (primary identifier) in a machine readable zone, words separated by blanks. NULL where there is none.",
        ),
        Function::udf(
            "mrz_given_names(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz| Some(Cow::<str>::Owned(mrz.names().1)).filter(|n| !n.is_empty())),
            "Given names (secondary identifier) in a machine readable zone, words separated by blanks. NULL where there are none.",
        ),
    ]
}

fn text_out(args: &[ArrayRef], part: impl for<'a> Fn(&Mrz<'a>) -> Option<Cow<'a, str>>) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let text = Texts::new(&array)?;
    let mut out = StringViewBuilder::with_capacity(array.len());
    for row in 0..array.len() {
        out.append_option(text.get(row).and_then(Mrz::parse).and_then(|mrz| part(&mrz)));
    }
    Ok(Arc::new(out.finish()))
}

fn date_of(days: i32) -> Option<NaiveDate> {
    arrow::temporal_conversions::date32_to_datetime(days).map(|t| t.date())
}

fn birth_date(args: &[ArrayRef]) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let (text, on) = (Texts::new(&array)?, dates(&args[1])?);
    let epoch = NaiveDate::default();
    Ok(Arc::new(
        (0..array.len())
            .map(|row| {
                let on = on.is_valid(row).then(|| on.value(row)).and_then(date_of)?;
                let date = Mrz::parse(text.get(row)?)?.birth_date(on)?;
                i32::try_from(date.signed_duration_since(epoch).num_days()).ok()
            })
            .collect::<Date32Array>(),
    ))
}

fn birth_date_agrees(args: &[ArrayRef]) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let (text, reported) = (Texts::new(&array)?, dates(&args[1])?);
    Ok(Arc::new(
        (0..array.len())
            .map(|row| {
                let reported = reported.is_valid(row).then(|| reported.value(row)).and_then(date_of)?;
                let parts = Mrz::parse(text.get(row)?)?.birth_parts()?;
                Some(parts == (reported.year().rem_euclid(100) as u32, reported.month(), reported.day()))
            })
            .collect::<BooleanArray>(),
    ))
}

fn number_agrees(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (zones, numbers) = (unpacked(&args[0])?, unpacked(&args[1])?);
    let (text, reported) = (Texts::new(&zones)?, Texts::new(&numbers)?);
    let significant = |s: &str, out: &mut Vec<u8>| {
        out.clear();
        out.extend(s.bytes().filter(u8::is_ascii_alphanumeric).map(|b| b.to_ascii_uppercase()));
    };
    let (mut a, mut b) = (Vec::new(), Vec::new());
    let mut out = Vec::with_capacity(zones.len());
    for row in 0..zones.len() {
        let number = text.get(row).and_then(Mrz::parse).and_then(|mrz| mrz.document_number());
        out.push(match (number, reported.get(row)) {
            (Some(number), Some(reported)) => {
                significant(&number, &mut a);
                significant(reported, &mut b);
                (!a.is_empty() && !b.is_empty()).then_some(a == b)
            }
            _ => None,
        });
    }
    Ok(Arc::new(BooleanArray::from(out)))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{AsArray, DictionaryArray, StringArray};
    use arrow::datatypes::Int32Type;
    use proptest::prelude::*;

    use super::*;

    // The specimens of ICAO Doc 9303 parts 4, 5, 6 and 7 (Anna Maria Eriksson of Utopia).
    const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";
    const TD1: &str = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<";
    const TD2: &str = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6";
    const MRV_A: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<";
    const MRV_B: &str = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<";

    #[test]
    fn specimens_are_valid_in_every_layout() {
        for (zone, format) in [
            (TD1, MrzFormat::Td1),
            (TD2, MrzFormat::Td2),
            (TD3, MrzFormat::Td3),
            (MRV_A, MrzFormat::MrvA),
            (MRV_B, MrzFormat::MrvB),
        ] {
            for text in [zone.to_owned(), zone.replace('\n', ""), zone.replace('\n', "\r\n")] {
                let mrz = Mrz::parse(&text).unwrap();
                assert_eq!(mrz.format(), format);
                assert!(mrz.is_valid(), "{text}");
                assert_eq!(mrz.names(), ("ERIKSSON".to_owned(), "ANNA MARIA".to_owned()));
            }
        }
    }

    #[test]
    fn a_wrong_digit_shows() {
        assert!(!Mrz::parse(&TD3.replace("740812", "740813")).unwrap().is_valid());
        assert!(!Mrz::parse(&TD1.replace("D23145890", "D23145891")).unwrap().is_valid());
        // The last digit checks the whole line.
        assert!(!Mrz::parse(&TD3.replace("<<10", "<<11")).unwrap().is_valid());
        assert!(Mrz::parse("P<UTO").is_none());
        assert!(Mrz::parse("").is_none());
    }

    #[test]
    fn the_parts_can_be_read() {
        let on = |y| NaiveDate::from_ymd_opt(y, 6, 1).unwrap();
        let mrz = Mrz::parse(TD3).unwrap();
        assert_eq!(mrz.document_number().unwrap(), "L898902C3");
        assert_eq!(mrz.birth_date(on(2026)), NaiveDate::from_ymd_opt(1974, 8, 12));
        // In 2080 the same digits are those of a child.
        assert_eq!(mrz.birth_date(on(2080)), NaiveDate::from_ymd_opt(2074, 8, 12));
        let unknown = TD3.replace("740812", "74<<<<");
        assert_eq!(Mrz::parse(&unknown).unwrap().birth_date(on(2026)), None);
    }

    #[test]
    fn a_long_number_goes_on_in_the_optional_data() {
        // Doc 9303 part 5, note j: D23145890734 with 9 as its check digit.
        let first = "I<UTOD23145890<7349<<<<<<<<<<<";
        let second = "7408122F1204159UTO<<<<<<<<<<<";
        let composite = check_digit_of(
            first[5..].bytes().chain(second[..7].bytes()).chain(second[8..15].bytes()).chain(second[18..].bytes()),
        );
        let zone = format!("{first}\n{second}{}\nERIKSSON<<ANNA<MARIA<<<<<<<<<<", composite.unwrap());
        let mrz = Mrz::parse(&zone).unwrap();
        assert_eq!(mrz.document_number().unwrap(), "D23145890734");
        assert!(mrz.is_valid());
    }

    #[test]
    fn unknown_in_unknown_out_and_numbers_compare_by_letters_and_digits() {
        let zones: ArrayRef = Arc::new(StringArray::from(vec![Some(TD3), Some(TD3), None, Some(TD3), Some("junk")]));
        let numbers: ArrayRef = Arc::new(StringArray::from(vec![Some("l898902c3<"), Some("X1"), Some("X1"), None, Some("X1")]));
        let out = number_agrees(&[zones, numbers]).unwrap();
        assert_eq!(out.as_boolean().iter().collect::<Vec<_>>(), [Some(true), Some(false), None, None, None]);
    }

    #[test]
    fn a_dictionary_gives_what_its_text_gives() {
        let text: ArrayRef = Arc::new(StringArray::from(vec![Some(TD3), None, Some("junk"), Some(TD3)]));
        let dictionary: ArrayRef =
            Arc::new([Some(TD3), None, Some("junk"), Some(TD3)].into_iter().collect::<DictionaryArray<Int32Type>>());
        let on: ArrayRef = Arc::new(Date32Array::from(vec![20_000; 4]));
        assert_eq!(&birth_date(&[text, Arc::clone(&on)]).unwrap(), &birth_date(&[dictionary, on]).unwrap());
    }

    proptest! {
        #[test]
        fn any_text_gets_an_answer(text in "[A-Z0-9<\\né ]{0,100}", days in any::<i32>()) {
            if let Some(mrz) = Mrz::parse(&text) {
                let _ = (mrz.is_valid(), mrz.document_number(), mrz.names(), date_of(days).map(|on| mrz.birth_date(on)));
            }
        }

        #[test]
        fn any_zone_gets_an_answer(zone in "[A-Z0-9<]{88}", zone1 in "[A-Z0-9<]{90}", zone2 in "[A-Z0-9<]{72}") {
            for text in [zone, zone1, zone2] {
                let mrz = Mrz::parse(&text).unwrap();
                let _ = (mrz.is_valid(), mrz.document_number(), mrz.names(), mrz.birth_parts());
            }
        }
    }
}
