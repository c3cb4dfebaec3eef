//! Economic operators (EORI, Regulation (EU) 952/2013 article 9 and its British twin).

use super::Reason;
use super::code::{Code, PARTED, all_digits};
use super::country_code::is_alpha2;

/// An EORI number: country and the number that it gave.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Eori(Code<17>);

impl Eori {
    /// All characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// ISO 3166-1 alpha-2 of the country; `XI` is Northern Ireland.
    pub fn country(&self) -> &str {
        self.0.part(0, 2)
    }

    /// The number that the country gave.
    pub fn number(&self) -> &str {
        self.0.part(2, self.0.len())
    }
}

/// Two letters of the country and up to 15 letters and digits; `GB` and `XI` have 12 digits (15
/// where a branch follows). Blanks and hyphens are skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Eori, Reason> {
    let code = Code::<17>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    if bytes.len() < 3 {
        return Err(Reason::Length);
    }
    let (country, number) = bytes.split_at(2);
    if !country.iter().all(u8::is_ascii_uppercase) {
        return Err(Reason::Character);
    }
    let british = matches!(country, b"GB" | b"XI");
    if !british && !is_alpha2(country) {
        return Err(Reason::UnknownCountry);
    }
    if british && !all_digits(number) {
        return Err(Reason::Character);
    }
    if british && !matches!(number.len(), 12 | 15) {
        return Err(Reason::Length);
    }
    if number.iter().all(|b| *b == b'0') {
        return Err(Reason::Placeholder);
    }
    Ok(Eori(code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let eori = check("GB 123456789000").unwrap();
        assert_eq!((eori.country(), eori.number()), ("GB", "123456789000"));
        assert!(check("DE1234567").is_ok() && check("XI123456789000").is_ok());
        assert_eq!(check("GB12345678900"), Err(Reason::Length));
        assert_eq!(check("GB12345678900A"), Err(Reason::Character));
        assert_eq!(check("QQ1234567"), Err(Reason::UnknownCountry));
        assert_eq!(check("DE"), Err(Reason::Length));
        assert_eq!(check("DE000"), Err(Reason::Placeholder));
        assert_eq!(check("DE1234567890123456"), Err(Reason::Length));
    }
}
