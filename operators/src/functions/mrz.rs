//! Fields of machine readable zones (ICAO Doc 9303 parts 3 to 7) over columns.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray, Date32Array, StringViewBuilder};
use arrow::datatypes::DataType;
use chrono::{Datelike, NaiveDate};
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;
use tamis_records::country;
use tamis_records::identifiers::mrz::{Mrz, push_words};

use super::function::{Function, Parameter, Texts, dates, unpacked};

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::{Date, Text};
    vec![
        Function::udf(
            "mrz_format(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| out.push_str(mrz.format().as_str())),
            "Layout of a machine readable zone: TD1, TD2, TD3, MRV-A or MRV-B (ICAO Doc 9303); NULL where the lengths of the lines fit none.",
        ),
        Function::udf(
            "mrz_document_code(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| out.push_str(mrz.document_code())),
            "Kind of document as a machine readable zone prints it, without fillers: P, PM, I, AC, V, ….",
        ),
        Function::udf(
            "mrz_issuer(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| out.push_str(state(mrz.issuer()))),
            "State or organisation that issued the document of a machine readable zone: ISO 3166-1 alpha-3, or as printed where it is no such code.",
        ),
        Function::udf(
            "mrz_nationality(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| out.push_str(state(mrz.nationality()))),
            "Nationality in a machine readable zone: ISO 3166-1 alpha-3, or as printed where it is no such code.",
        ),
        Function::udf(
            "mrz_sex(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| out.push_str(mrz.sex().unwrap_or_default())),
            "Sex in a machine readable zone: M, F, or X where it is left open. NULL where it is anything else.",
        ),
        Function::udf(
            "mrz_birth_date(mrz, on_date)",
            &[Text, Date],
            DataType::Date32,
            |args| date_out(args, |mrz, on| mrz.birth_date(on)),
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
            "mrz_expiry_date(mrz, on_date)",
            &[Text, Date],
            DataType::Date32,
            |args| date_out(args, |mrz, on| mrz.expiry_date(on)),
            "Date of expiry in a machine readable zone; the century is the one that brings it within 50 years of on_date. NULL where the zone is unknown or the document does not expire.",
        ),
        Function::udf(
            "mrz_document_number(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| out.push_str(&mrz.document_number().unwrap_or_default())),
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
            |args| text_out(args, |mrz, out| push_words(out, mrz.surname_words())),
            "Surname (primary identifier) in a machine readable zone, words separated by blanks. NULL where there is none.",
        ),
        Function::udf(
            "mrz_given_names(mrz)",
            &[Text],
            DataType::Utf8View,
            |args| text_out(args, |mrz, out| push_words(out, mrz.given_words())),
            "Given names (secondary identifier) in a machine readable zone, words separated by blanks. NULL where there are none.",
        ),
    ]
}

/// The alpha-3 of a code, or the code.
fn state(code: &str) -> &str {
    country::alpha3_bytes(code.as_bytes()).unwrap_or(code)
}

/// What `part` writes of each zone; NULL where it writes nothing or there is no zone.
fn text_out(args: &[ArrayRef], part: impl Fn(&Mrz<'_>, &mut String)) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let text = Texts::new(&array)?;
    let mut out = StringViewBuilder::with_capacity(array.len());
    let mut written = String::new();
    for row in 0..array.len() {
        written.clear();
        if let Some(mrz) = text.get(row).and_then(Mrz::parse) {
            part(&mrz, &mut written);
        }
        out.append_option(Some(written.as_str()).filter(|w| !w.is_empty()));
    }
    Ok(Arc::new(out.finish()))
}

fn date_of(days: i32) -> Option<NaiveDate> {
    arrow::temporal_conversions::date32_to_datetime(days).map(|t| t.date())
}

/// A date of each zone, as it is read on a day.
fn date_out(args: &[ArrayRef], date: impl Fn(Mrz<'_>, NaiveDate) -> Option<NaiveDate>) -> Result<ArrayRef> {
    let array = unpacked(&args[0])?;
    let (text, on) = (Texts::new(&array)?, dates(&args[1])?);
    let epoch = NaiveDate::default();
    Ok(Arc::new(
        (0..array.len())
            .map(|row| {
                let on = on.is_valid(row).then(|| on.value(row)).and_then(date_of)?;
                let date = date(Mrz::parse(text.get(row)?)?, on)?;
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

    use super::*;

    // The specimen of ICAO Doc 9303 part 4 (Anna Maria Eriksson of Utopia).
    const TD3: &str = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10";

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
        assert_eq!(
            &date_out(&[text, Arc::clone(&on)], |mrz, on| mrz.birth_date(on)).unwrap(),
            &date_out(&[dictionary, on], |mrz, on| mrz.birth_date(on)).unwrap()
        );
    }
}
