//! Ships, and the companies that own or run them (IMO Resolutions A.1117(30) and A.1160(32)).

use super::Reason;
use super::code::{Code, PARTED, all_digits, all_same, weighted};

/// Seven digits of a ship or company number.
pub type Imo = Code<7>;

/// A ship number: six digits and Σ dᵢ·(7…2) mod 10. A leading `IMO`, blanks and hyphens are
/// skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Imo, Reason> {
    let (code, given) = digits(text)?;
    if weighted(code.as_bytes(), &[7, 6, 5, 4, 3, 2]) % 10 == given { Ok(code) } else { Err(Reason::CheckDigit) }
}

/// A company or registered owner number: six digits and (11 − Σ dᵢ·(8, 6, 4, 2, 9, 7) mod 11)
/// mod 10. A leading `IMO`, blanks and hyphens are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check_company(text: &str) -> Result<Imo, Reason> {
    let (code, given) = digits(text)?;
    let right = (11 - weighted(code.as_bytes(), &[8, 6, 4, 2, 9, 7]) % 11) % 10;
    if right == given { Ok(code) } else { Err(Reason::CheckDigit) }
}

/// The seven digits, and the value of the last.
fn digits(text: &str) -> Result<(Imo, u32), Reason> {
    let text = text.trim();
    let text = match text.get(..3) {
        Some(prefix) if prefix.eq_ignore_ascii_case("IMO") => text[3..].trim_start_matches([':', '.', '#']),
        _ => text,
    };
    let code = Code::<7>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    if !all_digits(bytes) {
        return Err(Reason::Character);
    }
    match bytes {
        [.., last] if bytes.len() == 7 => {
            if all_same(bytes) {
                return Err(Reason::Placeholder);
            }
            Ok((code, u32::from(last - b'0')))
        }
        _ => Err(Reason::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn published_numbers_hold() {
        for ship in ["9074729", "IMO 9074729", "imo9074729", "IMO:9074729", "7625811"] {
            assert!(check(ship).is_ok(), "{ship}");
        }
        assert!(check_company("2041999").is_ok());
        assert_eq!(check("9074728"), Err(Reason::CheckDigit));
        assert_eq!(check_company("2041998"), Err(Reason::CheckDigit));
        assert_eq!(check("907472"), Err(Reason::Length));
        assert_eq!(check("90747290"), Err(Reason::Length));
        assert_eq!(check("0000000"), Err(Reason::Placeholder));
        assert_eq!(check("IMO"), Err(Reason::Empty));
        assert_eq!(check("907472X"), Err(Reason::Character));
    }
}
