//! Country codes (ISO 3166-1 and ICAO Doc 9303 part 3, section 5).

use super::Reason;
use super::code::Code;
use crate::country;

/// Alpha-3 of a code of one to three letters.
///
/// # Errors
/// [`Reason::UnknownCountry`] for letters that are no code, otherwise what fits.
pub fn check(text: &str) -> Result<&'static str, Reason> {
    let code = Code::<3>::read(text, b" <\t")?;
    if !code.as_bytes().iter().all(u8::is_ascii_uppercase) {
        return Err(Reason::Character);
    }
    country::alpha3_bytes(code.as_bytes()).ok_or(Reason::UnknownCountry)
}

/// Whether two letters are the alpha-2 of a country.
pub(super) fn is_alpha2(letters: &[u8]) -> bool {
    letters.len() == 2 && country::alpha3_bytes(letters).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_of_one_to_three_letters() {
        assert_eq!(check("CA"), Ok("CAN"));
        assert_eq!(check("can"), Ok("CAN"));
        assert_eq!(check("D<<"), Ok("DEU"));
        assert_eq!(check("ZZ"), Err(Reason::UnknownCountry));
        assert_eq!(check("CANADA"), Err(Reason::Length));
        assert_eq!(check("C4"), Err(Reason::Character));
        assert_eq!(check(""), Err(Reason::Empty));
    }
}
