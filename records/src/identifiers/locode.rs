//! Places (UN/LOCODE, UNECE Recommendation 16).

use super::Reason;
use super::code::{Code, PARTED};
use super::country_code::is_alpha2;

/// A UN/LOCODE: country and place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Locode(Code<5>);

impl Locode {
    /// The five characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// ISO 3166-1 alpha-2 of the country; `XZ` is the high seas.
    pub fn country(&self) -> &str {
        self.0.part(0, 2)
    }

    /// Place within the country, three characters.
    pub fn place(&self) -> &str {
        self.0.part(2, 5)
    }
}

/// Two letters of the country (or `XZ`) and three of `A` to `Z` and 2 to 9; blanks and hyphens
/// are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Locode, Reason> {
    let code = Code::<5>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    if bytes.len() != 5 {
        return Err(Reason::Length);
    }
    let (country, place) = bytes.split_at(2);
    // 0 and 1 were given to three places all the same.
    let strange = place.iter().any(|b| matches!(b, b'0' | b'1')) && !crate::reference::place::is_known(bytes);
    if !country.iter().all(u8::is_ascii_uppercase) || strange {
        return Err(Reason::Character);
    }
    if !is_alpha2(country) && country != b"XZ" { Err(Reason::UnknownCountry) } else { Ok(Locode(code)) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let place = check("ca mtr").unwrap();
        assert_eq!((place.as_str(), place.country(), place.place()), ("CAMTR", "CA", "MTR"));
        assert!(check("US2KL").is_ok() && check("XZZZZ").is_ok() && check("ITTRN").is_ok());
        assert_eq!(check("CAM1R"), Err(Reason::Character));
        assert_eq!(check("C4MTR"), Err(Reason::Character));
        assert_eq!(check("QQMTR"), Err(Reason::UnknownCountry));
        assert_eq!(check("YUL"), Err(Reason::Length));
    }
}
