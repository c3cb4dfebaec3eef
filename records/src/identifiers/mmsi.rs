//! Radio identities of ships (ITU-R M.585).

use super::Reason;
use super::code::{Code, PARTED, all_digits, number};

/// Nine digits.
pub type Mmsi = Code<9>;

/// Nine digits of a ship station: the first three are a maritime identification digit of 201 to
/// 775. Blanks and hyphens are skipped.
///
/// # Errors
/// [`Reason::Range`] for numbers of other stations, otherwise what fits.
pub fn check(text: &str) -> Result<Mmsi, Reason> {
    let code = Code::<9>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    if !all_digits(bytes) {
        return Err(Reason::Character);
    }
    if bytes.len() != 9 {
        return Err(Reason::Length);
    }
    if (201..=775).contains(&number(&bytes[..3])) { Ok(code) } else { Err(Reason::Range) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nine_digits_of_a_ship() {
        assert!(check("316001234").is_ok());
        assert_eq!(check("970001234"), Err(Reason::Range));
        assert_eq!(check("31600123"), Err(Reason::Length));
        assert_eq!(check("31600123A"), Err(Reason::Character));
    }
}
