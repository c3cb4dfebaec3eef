//! What the reference tables say of airports and places, over columns.

use std::sync::Arc;

use arrow::array::{Array, ArrayRef, BooleanArray};
use arrow::datatypes::DataType;
use datafusion::error::Result;
use datafusion::logical_expr::ScalarUDF;
use tamis_records::country;
use tamis_records::identifiers::locode;
use tamis_records::reference::airport::{self, Airport};
use tamis_records::reference::place::{self, PlaceFunction};

use super::function::{Function, Parameter, Texts, text_to_bool, text_to_text, unpacked};

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    use Parameter::Text;
    vec![
        Function::udf(
            "airport_known(code)",
            &[Text],
            DataType::Boolean,
            |args| text_to_bool(args, |code| Some(airport::find(code).is_some())),
            "Whether an IATA code, ICAO code or UN/LOCODE is that of an airport or city in the reference table; one that is not may be new.",
        ),
        Function::udf(
            "airport_iata(code)",
            &[Text],
            DataType::Utf8View,
            |args| text_to_text(args, |code| airport::find(code).map(Airport::iata)),
            "IATA code of an airport or city that is given by its IATA code, ICAO code or UN/LOCODE. NULL where it is not known.",
        ),
        Function::udf(
            "airport_country(code)",
            &[Text],
            DataType::Utf8View,
            |args| text_to_text(args, |code| airport::find(code)?.country()),
            "ISO 3166-1 alpha-3 of the country of an airport or city (IATA code, ICAO code or UN/LOCODE). NULL where it is not known.",
        ),
        Function::udf(
            "airport_zone(code)",
            &[Text],
            DataType::Utf8View,
            |args| text_to_text(args, |code| airport::find(code)?.zone()),
            "IANA time zone of an airport or city (IATA code, ICAO code or UN/LOCODE). NULL where it is not known.",
        ),
        Function::udf(
            "airport_locode(code)",
            &[Text],
            DataType::Utf8View,
            |args| text_to_text(args, locode_of),
            "UN/LOCODE of an airport, or of its town, that is given by its IATA or ICAO code; a known UN/LOCODE is given back. NULL where it is not known.",
        ),
        Function::udf(
            "locode_known(code)",
            &[Text],
            DataType::Boolean,
            |args| text_to_bool(args, |code| Some(place::find(code).is_some())),
            "Whether a UN/LOCODE is in the reference table (2023-1); one that is not may be new.",
        ),
        Function::udf(
            "locode_country(code)",
            &[Text],
            DataType::Utf8View,
            |args| text_to_text(args, |code| country::alpha3_bytes(locode::check(code).ok()?.country().as_bytes())),
            "ISO 3166-1 alpha-3 of the country of a UN/LOCODE, by its first two letters. NULL where it has not the shape, and for the high seas.",
        ),
        Function::udf(
            "locode_name(code)",
            &[Text],
            DataType::Utf8View,
            |args| text_to_text(args, |code| Some(place::find(code)?.name())),
            "Name of the place of a UN/LOCODE. NULL where it is not known.",
        ),
        Function::udf(
            "locode_has(code, function)",
            &[Text, Text],
            DataType::Boolean,
            has,
            "Whether the place of a UN/LOCODE has a function: port, rail, road, airport, post, inland, fixed or border. NULL where either is not known.",
        ),
    ]
}

/// The place of a code of any kind.
fn locode_of(code: &str) -> Option<&'static str> {
    place::find(code).map(place::Place::code).or_else(|| airport::find(code)?.locode())
}

fn has(args: &[ArrayRef]) -> Result<ArrayRef> {
    let (codes, functions) = (unpacked(&args[0])?, unpacked(&args[1])?);
    let (code, function) = (Texts::new(&codes)?, Texts::new(&functions)?);
    Ok(Arc::new(
        (0..codes.len())
            .map(|row| Some(place::find(code.get(row)?)?.has(PlaceFunction::named(function.get(row)?)?)))
            .collect::<BooleanArray>(),
    ))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use arrow::array::{AsArray, StringArray};

    use super::*;

    #[test]
    fn a_port_is_known_by_any_of_its_codes() {
        assert_eq!(locode_of("YUL"), Some("CAYUL"));
        assert_eq!(locode_of("CYUL"), Some("CAYUL"));
        assert_eq!(locode_of("cayul"), Some("CAYUL"));
        // No airport has the code of a port.
        assert_eq!(locode_of("CAHAL"), Some("CAHAL"));
        assert_eq!(locode_of("QQQ"), None);
    }

    #[test]
    fn unknown_in_unknown_out() {
        let codes: ArrayRef = Arc::new(StringArray::from(vec![Some("CAVAN"), Some("CAVAN"), None, Some("CAVAN"), Some("QQAAA")]));
        let functions: ArrayRef =
            Arc::new(StringArray::from(vec![Some("port"), Some("fixed"), Some("port"), Some("harbour"), Some("port")]));
        let out = has(&[codes, functions]).unwrap();
        assert_eq!(out.as_boolean().iter().collect::<Vec<_>>(), [Some(true), Some(false), None, None, None]);
    }
}
