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

/// Kilograms in a unit of weight: the letters of X12 DE 188, UN/ECE recommendation 20, or what
/// people write.
pub(crate) fn kilograms_in(unit: &str) -> Option<f64> {
    const POUND: f64 = 0.453_592_37;
    Some(match unit {
        "K" | "KG" | "KGM" | "KGS" | "KILO" => 1.0,
        "L" | "LB" | "LBR" | "LBS" => POUND,
        "G" | "GR" | "GRM" => 0.001,
        "E" | "TN" | "TNE" | "MT" => 1000.0,
        // Short and long tons, hundredweight, ounces.
        "S" | "ST" | "STN" => 2000.0 * POUND,
        "T" | "LT" | "LTN" => 2240.0 * POUND,
        "CWA" => 100.0 * POUND,
        "CWI" => 112.0 * POUND,
        "O" | "OZ" | "ONZ" => POUND / 16.0,
        "DTN" => 100.0,
        "MGM" => 1e-6,
        _ => return None,
    })
}

/// Cubic metres in a unit of volume: the letters of X12 DE 184, UN/ECE recommendation 20, or what
/// people write. Loads and containers are no volume.
pub(crate) fn cubic_metres_in(unit: &str) -> Option<f64> {
    const FOOT: f64 = 0.028_316_846_592;
    Some(match unit {
        "X" | "CR" | "M3" | "MTQ" | "CBM" => 1.0,
        "E" | "CF" | "FTQ" | "CFT" | "FT3" => FOOT,
        "N" | "CI" | "INQ" => FOOT / 1728.0,
        "C" | "CC" | "CMQ" => 1e-6,
        "D" | "M" | "V" | "LTR" | "DMQ" => 0.001,
        "HLT" => 0.1,
        "G" | "GA" | "GLL" => 0.003_785_411_784,
        "GLI" => 0.004_546_09,
        "B" | "BLL" => 0.158_987_294_928,
        // Boards of one square foot and one inch; X12 counts them by the hundred.
        "BFT" => FOOT / 12.0,
        "F" => FOOT * 100.0 / 12.0,
        // Measurement tons.
        "S" => 40.0 * FOOT,
        "H" => 4000.0 * FOOT,
        _ => return None,
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
