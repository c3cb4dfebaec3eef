//! British VAT numbers.

use super::Reason;
use super::code::{Code, PARTED, all_digits, number, weighted};

/// Digits of a VAT number without its prefix, or `GD`/`HA` and three digits.
pub type Vat = Code<14>;

/// Nine digits, the last two of which check the others modulo 97 in one of two ways, or twelve
/// where a branch follows; `GD` and `HA` with three digits are government departments and health
/// authorities. A leading `GB` or `XI`, blanks and hyphens are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Vat, Reason> {
    let text = text.trim();
    let text = match text.get(..2) {
        Some(prefix) if prefix.eq_ignore_ascii_case("GB") || prefix.eq_ignore_ascii_case("XI") => &text[2..],
        _ => text,
    };
    let code = Vat::read(text, PARTED)?;
    match code.as_bytes() {
        [b'G', b'D', rest @ ..] => body(code, rest, 0..=499),
        [b'H', b'A', rest @ ..] => body(code, rest, 500..=999),
        bytes if !all_digits(bytes) => Err(Reason::Character),
        bytes if !matches!(bytes.len(), 9 | 12) => Err(Reason::Length),
        bytes => {
            let sum = weighted(&bytes[..7], &[8, 7, 6, 5, 4, 3, 2]) + number(&bytes[7..9]) as u32;
            if number(&bytes[..9]) == 0 {
                Err(Reason::Placeholder)
            } else if !sum.is_multiple_of(97) && !(sum + 55).is_multiple_of(97) {
                Err(Reason::CheckDigit)
            } else {
                Ok(code)
            }
        }
    }
}

/// Number of a public body.
fn body(code: Vat, digits: &[u8], range: std::ops::RangeInclusive<u64>) -> Result<Vat, Reason> {
    if !all_digits(digits) {
        return Err(Reason::Character);
    }
    if digits.len() != 3 {
        return Err(Reason::Length);
    }
    if range.contains(&number(digits)) { Ok(code) } else { Err(Reason::Range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn check_digits_in_both_ways() {
        // 8·1+7·2+6·3+5·4+4·5+3·6+2·7 = 112; 112 + 82 = 2·97, and 112 + 55 + 27 = 2·97.
        assert!(check("GB 123 4567 82").is_ok() && check("123456727").is_ok() && check("XI123456782001").is_ok());
        assert_eq!(check("GB123456783"), Err(Reason::CheckDigit));
        assert_eq!(check("GB12345678"), Err(Reason::Length));
        assert_eq!(check("GB000000000"), Err(Reason::Placeholder));
        assert!(check("GBGD001").is_ok() && check("GBHA599").is_ok());
        assert_eq!(check("GBGD500"), Err(Reason::Range));
        assert_eq!(check("GBHA5A9"), Err(Reason::Character));
    }
}
