//! Whether identifiers are right, and why not: the checks of [`tamis_records::identifiers`] over
//! columns.

use arrow::datatypes::DataType;
use datafusion::logical_expr::ScalarUDF;
use tamis_records::country;
use tamis_records::identifiers::{
    airport, awb, business_number, carrier, ccn, container, country_code, eori, hs, imo, locode, mmsi, mrz, paps, passid, scac,
    ticket, un_number, usci, vat,
};

use super::function::{Function, Parameter, text_to_bool, text_to_int, text_to_text};

/// `<name>_valid` and `<name>_fault` of one check.
macro_rules! identifier {
    ($name:literal, $argument:literal, $check:path, $valid:literal, $faults:literal) => {
        [
            Function::udf(
                concat!($name, "_valid(", $argument, ")"),
                &[Parameter::Text],
                DataType::Boolean,
                |args| text_to_bool(args, |text| Some($check(text).is_ok())),
                concat!("Whether ", $valid),
            ),
            Function::udf(
                concat!($name, "_fault(", $argument, ")"),
                &[Parameter::Text],
                DataType::Utf8View,
                |args| text_to_text(args, |text| $check(text).err().map(|reason| reason.code())),
                concat!("Why ", $name, "_valid is false: empty, ", $faults, ". NULL where it is true."),
            ),
        ]
    };
}

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    let mut all = vec![Function::udf(
        "mrz_check_digit(text)",
        &[Parameter::Text],
        DataType::Int32,
        |args| text_to_int(args, |text| mrz::check_digit(text.as_bytes()).map(i32::from)),
        "Check digit of a field of a machine readable zone: weights 7, 3, 1 (ICAO Doc 9303 part 3, 4.9). NULL where a character is not A-Z, 0-9 or <.",
    )];
    all.extend(documents().into_iter().flatten());
    all.extend(transport().into_iter().flatten());
    all.extend(goods().into_iter().flatten());
    all.extend(parties().into_iter().flatten());
    all.extend(places().into_iter().flatten());
    all.push(Function::udf(
        "hs_known(code)",
        &[Parameter::Text],
        DataType::Boolean,
        |args| text_to_bool(args, |text| Some(hs::check(text).is_ok_and(|hs| hs.is_known()))),
        "Whether the chapter, heading or subheading of a commodity code is in the Harmonized System of 2022. Older editions have codes that it has not.",
    ));
    all.push(Function::udf(
        "country_alpha3(country)",
        &[Parameter::Text],
        DataType::Utf8View,
        |args| text_to_text(args, country::alpha3),
        "ISO 3166-1 alpha-3 of a country that is given as a code of one to three letters (ICAO Doc 9303 as well) or an English name. NULL where it is none.",
    ));
    all
}

fn documents() -> [[ScalarUDF; 2]; 3] {
    [
        identifier!(
            "mrz",
            "mrz",
            mrz::check,
            "a machine readable zone has a known layout and all its check digits are right (ICAO Doc 9303 part 3, 4.9).",
            "layout, character, number_check, birth_check, expiry_check, optional_check (TD3), composite_check; the first that applies"
        ),
        identifier!(
            "passid",
            "number",
            passid::check,
            "a number has the nine digits of a NEXUS, Global Entry, SENTRI or FAST membership; blanks and hyphens are skipped.",
            "character, placeholder, leading_zero, length"
        ),
        identifier!(
            "ticket",
            "number",
            ticket::check,
            "a ticket number has thirteen digits, and is right modulo 7 where a check digit follows (IATA Resolution 722); a coupon (C1) and the digits of a conjunction ticket are taken off.",
            "character, length, placeholder, check_digit"
        ),
    ]
}

fn transport() -> [[ScalarUDF; 2]; 9] {
    [
        identifier!(
            "container",
            "number",
            container::check,
            "a container number has the shape and the check digit of ISO 6346; blanks and hyphens are skipped.",
            "character, category, length, no_check_digit, check_digit"
        ),
        identifier!(
            "imo",
            "number",
            imo::check,
            "a ship number has seven digits, the last of which checks the others (IMO Resolution A.1117(30)); a leading IMO is skipped.",
            "character, length, placeholder, check_digit"
        ),
        identifier!(
            "imo_company",
            "number",
            imo::check_company,
            "a company or registered owner number has seven digits, the last of which checks the others (IMO Resolution A.1160(32)); a leading IMO is skipped.",
            "character, length, placeholder, check_digit"
        ),
        identifier!(
            "mmsi",
            "number",
            mmsi::check,
            "a radio identity has the nine digits of a ship (ITU-R M.585).",
            "character, length, range (of another station)"
        ),
        identifier!(
            "awb",
            "number",
            awb::check,
            "an air waybill number has eleven digits and the last is the serial number modulo 7 (IATA Resolution 600a); blanks and hyphens are skipped.",
            "character, length, no_check_digit, placeholder, check_digit"
        ),
        identifier!(
            "ccn",
            "number",
            ccn::check,
            "a cargo control number of the CBSA, or a PARS number, has four characters of the carrier and up to 21 letters, digits and hyphens.",
            "character, length, placeholder"
        ),
        identifier!(
            "paps",
            "number",
            paps::check,
            "a PAPS number has two to four letters of the carrier and up to twelve letters and digits.",
            "character, prefix (no letters of a carrier), length"
        ),
        identifier!(
            "scac",
            "code",
            scac::check,
            "a carrier code has the two to four letters of a SCAC (NMFTA); whether it is assigned is not known.",
            "character, length"
        ),
        identifier!(
            "carrier",
            "code",
            carrier::check,
            "an airline code has the two characters of IATA or the three letters of ICAO; whether it is assigned is not known.",
            "character, length"
        ),
    ]
}

fn goods() -> [[ScalarUDF; 2]; 2] {
    [
        identifier!(
            "hs",
            "code",
            hs::check,
            "a commodity code has 2, 4, 6 (international), 8 or 10 (national) digits and a chapter of the Harmonized System; dots, blanks and hyphens are skipped.",
            "character, placeholder, leading_zero (a zero in front gives a heading that exists), length, unknown_chapter"
        ),
        identifier!(
            "un_number",
            "number",
            un_number::check,
            "a number of dangerous goods has four digits from 0004 to 3599, also after UN; after NA to 9999, and ID8000.",
            "character, placeholder, range, leading_zero (explosives, as 336), length"
        ),
    ]
}

fn parties() -> [[ScalarUDF; 2]; 4] {
    [
        identifier!(
            "eori",
            "number",
            eori::check,
            "an EORI number has a country and up to 15 letters and digits; twelve or 15 digits after GB and XI.",
            "character, unknown_country, length, placeholder"
        ),
        identifier!(
            "gb_vat",
            "number",
            vat::check,
            "a British VAT number has nine digits that are right modulo 97, or twelve with a branch; a leading GB or XI is skipped.",
            "character, length, range (of a public body), placeholder, check_digit"
        ),
        identifier!(
            "usci",
            "number",
            usci::check,
            "a Chinese unified social credit identifier has 18 characters, the last of which checks the others (GB 32100-2015).",
            "character, length, placeholder, check_digit"
        ),
        identifier!(
            "business_number",
            "number",
            business_number::check,
            "a Canadian business number has nine digits with a check digit (Luhn), and at most one program account as RM0001.",
            "character, length, prefix (of the account), placeholder, check_digit"
        ),
    ]
}

fn places() -> [[ScalarUDF; 2]; 3] {
    [
        identifier!(
            "country_code",
            "code",
            country_code::check,
            "a code of one to three letters is one of ISO 3166-1 or ICAO Doc 9303.",
            "character, length, unknown_country"
        ),
        identifier!(
            "airport",
            "code",
            airport::check,
            "a code has the three letters of an IATA airport or city; see airport_known.",
            "character, length"
        ),
        identifier!(
            "locode",
            "code",
            locode::check,
            "a code has the shape of a UN/LOCODE and a country that exists; see locode_known.",
            "length, character, unknown_country"
        ),
    ]
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use std::sync::Arc;

    use arrow::array::{ArrayRef, AsArray, DictionaryArray, StringArray};
    use arrow::datatypes::{Field, Int32Type};
    use datafusion::config::ConfigOptions;
    use datafusion::logical_expr::{ColumnarValue, ScalarFunctionArgs};

    use super::*;

    fn call(function: &ScalarUDF, array: ArrayRef) -> ArrayRef {
        let rows = array.len();
        let args = ScalarFunctionArgs {
            arg_fields: vec![Arc::new(Field::new("a", array.data_type().clone(), true))],
            args: vec![ColumnarValue::Array(array)],
            number_rows: rows,
            return_field: Arc::new(Field::new("r", function.return_type(&[]).unwrap(), true)),
            config_options: Arc::new(ConfigOptions::default()),
        };
        function.invoke_with_args(args).unwrap().into_array(rows).unwrap()
    }

    #[test]
    fn a_fault_is_null_exactly_where_it_is_valid() {
        let texts = [
            "CSQU3054383",
            "CSQU3054384",
            "9074729",
            "888-11111111",
            "0162345678901",
            "600000006",
            "1234PARS56789",
            "TMSQ55",
            "847130",
            "10121",
            "UN1203",
            "CAMTR",
            "YUL",
            "AC",
            "MAEU",
            "GB123456789000",
            "GB123456782",
            "91350100M000100Y43",
            "123456782RM0001",
            "CAN",
            "316001234",
            "2041999",
            "",
            "é",
        ];
        let texts: ArrayRef = Arc::new(texts.into_iter().map(Some).chain([None]).collect::<StringArray>());
        let functions = functions();
        let mut pairs = 0;
        for valid in functions.iter().filter(|f| f.name().ends_with("_valid")) {
            let fault = valid.name().replace("_valid", "_fault");
            let fault = functions.iter().find(|f| f.name() == fault).unwrap();
            let (yes, why) = (call(valid, Arc::clone(&texts)), call(fault, Arc::clone(&texts)));
            let (yes, why) = (yes.as_boolean(), why.as_string_view());
            for row in 0..texts.len() - 1 {
                assert_eq!(yes.value(row), why.iter().nth(row).unwrap().is_none(), "{} row {row}", valid.name());
            }
            assert!(yes.iter().last().unwrap().is_none() && why.iter().last().unwrap().is_none());
            // Each identifier has one of the texts above, but for zones.
            assert!(yes.true_count() > 0 || valid.name() == "mrz_valid", "{}", valid.name());
            pairs += 1;
        }
        assert_eq!(pairs, 21);
    }

    #[test]
    fn a_dictionary_gives_what_its_text_gives() {
        let values = [Some("CSQU3054384"), None, Some("CSQU3054383"), Some("CSQU3054384"), Some("x")];
        let dictionary: ArrayRef = Arc::new(values.into_iter().collect::<DictionaryArray<Int32Type>>());
        let text: ArrayRef = Arc::new(StringArray::from(values.to_vec()));
        for function in functions().iter().filter(|f| f.name().starts_with("container")) {
            assert_eq!(&call(function, Arc::clone(&dictionary)), &call(function, Arc::clone(&text)));
        }
    }
}
