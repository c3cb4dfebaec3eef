//! Airlines (IATA Resolution 762, ICAO Doc 8585).

use super::Reason;
use super::code::{Code, all_digits, all_letters};

/// Two letters or digits (IATA), or three letters (ICAO).
pub type Carrier = Code<3>;

/// Two characters of which one is a letter at least (`U2`, `9W`; an asterisk behind a controlled
/// duplicate is skipped), or three letters.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Carrier, Reason> {
    let code = Code::<3>::read(text.trim(), b"*")?;
    let bytes = code.as_bytes();
    match bytes.len() {
        2 if all_digits(bytes) => Err(Reason::Character),
        2 => Ok(code),
        3 if all_letters(bytes) => Ok(code),
        3 => Err(Reason::Character),
        _ => Err(Reason::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_characters_or_three_letters() {
        for carrier in ["AC", "U2", "9W", "3K", "ac", "ACA", "JU*"] {
            assert!(check(carrier).is_ok(), "{carrier}");
        }
        assert_eq!(check("12"), Err(Reason::Character));
        assert_eq!(check("A12"), Err(Reason::Character));
        assert_eq!(check("A"), Err(Reason::Length));
        assert_eq!(check("ABCD"), Err(Reason::Length));
    }
}
