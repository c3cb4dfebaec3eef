//! Membership numbers of trusted traveller programmes.

use super::Reason;
use super::code::{Code, PARTED, all_digits, all_same};

/// Nine digits.
pub type PassId = Code<9>;

/// The nine digits of a NEXUS, Global Entry, SENTRI or FAST membership; blanks and hyphens are
/// skipped. There is no check digit.
///
/// # Errors
/// [`Reason::Placeholder`] for nine times one digit and for 123456789, [`Reason::LeadingZero`]
/// where there are eight digits, otherwise what fits.
pub fn check(text: &str) -> Result<PassId, Reason> {
    let code = Code::<9>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    if !all_digits(bytes) {
        return Err(Reason::Character);
    }
    match bytes.len() {
        9 if all_same(bytes) || bytes == b"123456789" => Err(Reason::Placeholder),
        9 => Ok(code),
        8 if bytes[0] != b'0' => Err(Reason::LeadingZero),
        _ => Err(Reason::Length),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_digits_that_someone_was_given() {
        assert!(check("600000006").is_ok() && check("98 123-4567").is_ok());
        assert_eq!(check("999999999"), Err(Reason::Placeholder));
        assert_eq!(check("123456789"), Err(Reason::Placeholder));
        assert_eq!(check("12345678"), Err(Reason::LeadingZero));
        assert_eq!(check("1234567"), Err(Reason::Length));
        assert_eq!(check("1234567890"), Err(Reason::Length));
        assert_eq!(check("12345678A"), Err(Reason::Character));
    }
}
