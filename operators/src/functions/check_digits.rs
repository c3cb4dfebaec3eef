//! Check digits of identifiers.

use arrow::datatypes::DataType;
use datafusion::logical_expr::ScalarUDF;

use super::function::{Function, Parameter, text_to_bool, text_to_int};

/// The functions of this file.
pub(super) fn functions() -> Vec<ScalarUDF> {
    vec![
        Function::udf(
            "mrz_check_digit(text)",
            &[Parameter::Text],
            DataType::Int32,
            |args| text_to_int(args, |text| mrz_check_digit(text.as_bytes()).map(i32::from)),
            "Check digit of a field of a machine readable zone: weights 7, 3, 1 (ICAO Doc 9303 part 3, 4.9). NULL where a character is not A-Z, 0-9 or <.",
        ),
        Function::udf(
            "container_valid(number)",
            &[Parameter::Text],
            DataType::Boolean,
            |args| text_to_bool(args, |text| Some(container_valid(text))),
            "Whether a container number has the shape and the check digit of ISO 6346; blanks and hyphens are skipped.",
        ),
        Function::udf(
            "imo_valid(number)",
            &[Parameter::Text],
            DataType::Boolean,
            |args| text_to_bool(args, |text| Some(imo_valid(text))),
            "Whether a ship number has seven digits, the last of which checks the others (IMO Resolution A.1117(30)); a leading IMO is skipped.",
        ),
        Function::udf(
            "awb_valid(number)",
            &[Parameter::Text],
            DataType::Boolean,
            |args| text_to_bool(args, |text| Some(awb_valid(text))),
            "Whether an air waybill number has eleven digits and the last is the serial number modulo 7 (IATA Resolution 600a); blanks and hyphens are skipped.",
        ),
    ]
}

/// Check digit of a field of a machine readable zone (ICAO Doc 9303 part 3, 4.9). `None` where a
/// character is not `A-Z`, `0-9` or `<`.
pub fn mrz_check_digit(field: &[u8]) -> Option<u8> {
    check_digit_of(field.iter().copied())
}

/// As [`mrz_check_digit`], over a field that is composed of several.
pub(super) fn check_digit_of(characters: impl Iterator<Item = u8>) -> Option<u8> {
    let mut sum = 0_u32;
    for (character, weight) in characters.zip([7_u32, 3, 1].into_iter().cycle()) {
        let value = match character {
            b'0'..=b'9' => u32::from(character - b'0'),
            b'A'..=b'Z' => u32::from(character - b'A') + 10,
            b'<' => 0,
            _ => return None,
        };
        // Zones are far below the length at which this could wrap; text of SQL may be any.
        sum = (sum + value * weight) % 10;
    }
    Some(sum as u8)
}

/// Letters and digits of an identifier in upper case, without blanks and hyphens; `None` where
/// there are not exactly `N` of them or anything else is in between.
fn compact<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut out = [0; N];
    let mut n = 0;
    for byte in text.bytes() {
        match byte {
            b' ' | b'-' => {}
            _ if byte.is_ascii_alphanumeric() => {
                *out.get_mut(n)? = byte.to_ascii_uppercase();
                n += 1;
            }
            _ => return None,
        }
    }
    (n == N).then_some(out)
}

/// Whether a container number is right by ISO 6346: owner code, category `U`, `J` or `Z`, serial
/// number, check digit.
pub fn container_valid(number: &str) -> bool {
    let Some(code) = compact::<11>(number) else { return false };
    let (letters, digits) = code.split_at(4);
    if !letters.iter().all(u8::is_ascii_uppercase)
        || !matches!(letters[3], b'U' | b'J' | b'Z')
        || !digits.iter().all(u8::is_ascii_digit)
    {
        return false;
    }
    let sum: u32 = code[..10].iter().enumerate().map(|(i, c)| iso6346_value(*c) << i).sum();
    sum % 11 % 10 == u32::from(code[10] - b'0')
}

/// Letters count from 10 and leave out the multiples of 11, which the modulus would not see.
fn iso6346_value(character: u8) -> u32 {
    if character.is_ascii_digit() {
        return u32::from(character - b'0');
    }
    let n = u32::from(character - b'A');
    // A = 10, B = 12: one is skipped before B, before L and before V.
    10 + n + u32::from(n >= 1) + u32::from(n >= 11) + u32::from(n >= 21)
}

/// Whether a ship number is right: seven digits, Σ dᵢ·(7…2) mod 10 = the last.
pub fn imo_valid(number: &str) -> bool {
    let number = number.trim();
    let digits = match number.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("IMO") => &number[3..],
        _ => number,
    };
    let Some(code) = compact::<7>(digits) else { return false };
    if !code.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let sum: u32 = code[..6].iter().zip((2..=7).rev()).map(|(d, w)| u32::from(d - b'0') * w).sum();
    sum % 10 == u32::from(code[6] - b'0')
}

/// Whether an air waybill number is right: three digits of the airline, seven of the serial
/// number, and that number modulo 7.
pub fn awb_valid(number: &str) -> bool {
    let Some(code) = compact::<11>(number) else { return false };
    if !code.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let serial = code[3..10].iter().fold(0_u32, |n, d| n * 10 + u32::from(d - b'0'));
    serial % 7 == u32::from(code[10] - b'0')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The table of ISO 6346 as it is printed.
    fn slow_iso6346_value(letter: u8) -> u32 {
        let mut value = 10;
        for l in b'A'..letter {
            let _ = l;
            value += 1;
            if value % 11 == 0 {
                value += 1;
            }
        }
        value
    }

    #[test]
    fn container_letters_follow_the_table() {
        for letter in b'A'..=b'Z' {
            assert_eq!(iso6346_value(letter), slow_iso6346_value(letter), "{}", letter as char);
        }
    }

    #[test]
    fn published_examples_hold() {
        // ISO 6346, ICAO Doc 9303 part 3 appendix A, and ships and waybills that are public.
        assert!(container_valid("CSQU3054383"));
        assert!(container_valid("csqu 305438-3"));
        assert!(!container_valid("CSQU3054384"));
        assert!(!container_valid("CSQA3054383"));
        assert!(imo_valid("9074729") && imo_valid("IMO 9074729"));
        assert!(!imo_valid("9074728") && !imo_valid("907472") && !imo_valid("IMO"));
        assert!(awb_valid("888-11111111") && awb_valid("88811111111"));
        assert!(!awb_valid("888-11111112"));
        assert_eq!(mrz_check_digit(b"520727"), Some(3));
        assert_eq!(mrz_check_digit(b"AB2134<<<"), Some(5));
        assert_eq!(mrz_check_digit(b"ab"), None);
        assert_eq!(mrz_check_digit(b""), Some(0));
    }

    proptest! {
        #[test]
        fn one_wrong_digit_is_seen_in_a_zone(field in "[A-Z0-9<]{1,30}", at in 0_usize..30, by in 1_u8..10) {
            let mut bytes = field.into_bytes();
            let at = at % bytes.len();
            if bytes[at].is_ascii_digit() {
                let before = mrz_check_digit(&bytes);
                bytes[at] = b'0' + (bytes[at] - b'0' + by) % 10;
                prop_assert_ne!(before, mrz_check_digit(&bytes));
            }
        }

        #[test]
        fn any_text_gets_an_answer(text in ".{0,40}") {
            let _ = (container_valid(&text), imo_valid(&text), awb_valid(&text), mrz_check_digit(text.as_bytes()));
        }

        #[test]
        fn exactly_one_check_digit_is_right(airline in 0_u32..1000, serial in 0_u32..10_000_000) {
            let right = (0..10).filter(|d| awb_valid(&format!("{airline:03}-{serial:07}{d}"))).count();
            prop_assert_eq!(right, 1);
        }
    }
}
