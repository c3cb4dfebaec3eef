//! Numbers, weights and volumes as messages write them.

/// A number: digits with a decimal point or comma. One mark is a decimal mark unless it repeats
/// (`1.234.567`); of two kinds the last one is (`14.404,260`, `14,404.26`). `None` where the text is
/// no number, or a negative one.
pub(crate) fn decimal(text: &str) -> Option<f64> {
    let bytes = text.as_bytes();
    // Nearly all are a few digits.
    if !bytes.is_empty() && bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0_u64, |n, b| n * 10 + u64::from(b - b'0')) as f64);
    }
    let mark = bytes.iter().rposition(|b| matches!(b, b'.' | b','));
    let repeated = mark.is_some_and(|at| bytes[..at].contains(&bytes[at]));
    let mark = if repeated { None } else { mark };
    let (mut whole, mut digits, mut scale) = (0_u64, 0, 0_i32);
    for (at, &b) in bytes.iter().enumerate() {
        match b {
            b'0'..=b'9' => {
                whole = whole.checked_mul(10)?.checked_add(u64::from(b - b'0'))?;
                digits += 1;
                scale += i32::from(mark.is_some_and(|mark| at > mark));
            }
            b'.' | b',' | b' ' => {}
            b'+' if at == 0 => {}
            _ => return None,
        }
    }
    // Division of two exact numbers rounds once, as the text would be read.
    (digits > 0).then(|| whole as f64 / 10_f64.powi(scale))
}

/// A count: a whole number; a decimal fraction of nought is tolerated.
pub(crate) fn count(text: &str) -> Option<i64> {
    let bytes = text.as_bytes();
    if !bytes.is_empty() && bytes.len() <= 15 && bytes.iter().all(u8::is_ascii_digit) {
        return Some(bytes.iter().fold(0, |n, b| n * 10 + i64::from(b - b'0')));
    }
    decimal(text).filter(|n| n.fract() == 0.0 && *n <= 9e15).map(|n| n as i64)
}

const POUND: f64 = 0.453_592_37;
const CUBIC_FOOT: f64 = 0.028_316_846_592;

/// Kilograms in a unit of weight: UN/ECE recommendation 20, or what people write. Single letters
/// mean other units in each standard and are not here.
pub(crate) fn weight(unit: &str) -> Option<f64> {
    Some(match unit {
        "KGM" | "KG" | "KGS" | "KILO" => 1.0,
        "LBR" | "LB" | "LBS" => POUND,
        "GRM" | "GR" => 0.001,
        "TNE" | "TN" | "MT" => 1000.0,
        // Short and long tons, hundredweight, ounces.
        "STN" | "ST" => 2000.0 * POUND,
        "LTN" | "LT" => 2240.0 * POUND,
        "CWA" => 100.0 * POUND,
        "CWI" => 112.0 * POUND,
        "ONZ" | "OZ" => POUND / 16.0,
        "DTN" => 100.0,
        "MGM" => 1e-6,
        _ => return None,
    })
}

/// Kilograms in a unit of X12 (DE 188 has letters of its own).
pub(crate) fn kilograms_in(unit: &str) -> Option<f64> {
    Some(match unit {
        "K" => 1.0,
        "L" => POUND,
        "G" => 0.001,
        "E" => 1000.0,
        "S" => 2000.0 * POUND,
        "T" => 2240.0 * POUND,
        "O" => POUND / 16.0,
        other => return weight(other),
    })
}

/// Cubic metres in a unit of volume: UN/ECE recommendation 20, or what people write. Loads and
/// containers are no volume.
pub(crate) fn volume(unit: &str) -> Option<f64> {
    Some(match unit {
        "MTQ" | "CBM" | "M3" => 1.0,
        "FTQ" | "CFT" | "FT3" | "CF" => CUBIC_FOOT,
        "INQ" | "CI" => CUBIC_FOOT / 1728.0,
        "YDQ" => CUBIC_FOOT * 27.0,
        "CMQ" | "CC" => 1e-6,
        "LTR" | "DMQ" => 0.001,
        "HLT" => 0.1,
        "GLL" | "GA" => 0.003_785_411_784,
        "GLI" => 0.004_546_09,
        "BLL" => 0.158_987_294_928,
        // Boards of one square foot and one inch.
        "BFT" => CUBIC_FOOT / 12.0,
        _ => return None,
    })
}

/// Cubic metres in a unit of X12 (DE 184 has letters of its own).
pub(crate) fn cubic_metres_in(unit: &str) -> Option<f64> {
    Some(match unit {
        "X" | "CR" => 1.0,
        "E" => CUBIC_FOOT,
        "N" => CUBIC_FOOT / 1728.0,
        "C" => 1e-6,
        "D" | "M" | "V" => 0.001,
        "G" => 0.003_785_411_784,
        "B" => 0.158_987_294_928,
        // Boards by the hundred; measurement tons.
        "F" => CUBIC_FOOT * 100.0 / 12.0,
        "S" => 40.0 * CUBIC_FOOT,
        "H" => 4000.0 * CUBIC_FOOT,
        other => return volume(other),
    })
}

/// Whether two stated weights are the same but for rounding of the parts.
pub(crate) fn same_weight(whole: f64, parts: f64, items: usize) -> bool {
    (whole - parts).abs() <= (whole.abs() * 0.001).max(1.0 + items as f64 * 0.5)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_of_both_worlds() {
        for (text, want) in [
            ("14404", Some(14404.0)),
            ("14999.99", Some(14999.99)),
            ("14999,99", Some(14999.99)),
            ("14.404,260", Some(14404.26)),
            ("14,404.26", Some(14404.26)),
            ("1.234.567", Some(1_234_567.0)),
            ("17.308", Some(17.308)),
            (".5", Some(0.5)),
            ("+3", Some(3.0)),
            ("1 000", Some(1000.0)),
            ("-3", None),
            ("12KG", None),
            ("", None),
            (".", None),
            ("99999999999999999999999", None),
        ] {
            assert_eq!(decimal(text), want, "{text}");
        }
        assert_eq!((count("390"), count("390.0"), count("1.5"), count("X")), (Some(390), Some(390), None, None));
    }

    #[test]
    fn units() {
        assert_eq!(kilograms_in("K"), Some(1.0));
        assert_eq!(kilograms_in("LBR").map(|k| (k * 1e4).round()), Some(4536.0));
        assert_eq!(cubic_metres_in("MTQ"), Some(1.0));
        assert_eq!(cubic_metres_in("E").map(|m| (m * 1e4).round()), Some(283.0));
        assert_eq!(kilograms_in("PKG"), None);
        assert!(same_weight(75_000.0, 75_000.4, 3) && !same_weight(75_000.0, 50_000.0, 2));
    }
}
