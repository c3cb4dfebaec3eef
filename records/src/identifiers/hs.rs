//! Commodity codes of the Harmonized System.

use super::Reason;
use super::code::{Code, all_digits, all_same};
use crate::reference::hs;

/// A commodity code of 2, 4, 6, 8 or 10 digits; six are international, further ones national.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Hs(Code<10>);

impl Hs {
    /// All digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Chapter, two digits.
    pub fn chapter(&self) -> &str {
        self.0.part(0, 2)
    }

    /// Heading, four digits.
    pub fn heading(&self) -> Option<&str> {
        self.as_str().get(..4)
    }

    /// Subheading, six digits: the code that is the same in every country.
    pub fn subheading(&self) -> Option<&str> {
        self.as_str().get(..6)
    }

    /// Whether the edition of the reference table has it; see [`hs::is_known`].
    pub fn is_known(&self) -> bool {
        hs::is_known(self.as_str())
    }

    /// Whether the chapter is one of those that states use as they like (98 and 99).
    pub fn is_national(&self) -> bool {
        matches!(self.chapter(), "98" | "99")
    }
}

/// 2, 4, 6, 8 or 10 digits of a chapter that exists (01 to 97 but for 77, and 98 and 99, which
/// are national); dots, blanks and hyphens are skipped.
///
/// # Errors
/// [`Reason::LeadingZero`] where a digit is missing and a zero in front gives a heading that
/// exists, otherwise what fits.
pub fn check(text: &str) -> Result<Hs, Reason> {
    let code = Code::<10>::read(text, b" -.\t")?;
    let bytes = code.as_bytes();
    if !all_digits(bytes) {
        return Err(Reason::Character);
    }
    if bytes.len() > 2 && all_same(bytes) && matches!(bytes[0], b'0' | b'9') {
        return Err(Reason::Placeholder);
    }
    match bytes.len() {
        1 | 3 | 5 | 7 | 9 => Err(if lost_zero(bytes) { Reason::LeadingZero } else { Reason::Length }),
        _ if is_chapter(&bytes[..2]) => Ok(Hs(code)),
        _ => Err(Reason::UnknownChapter),
    }
}

fn is_chapter(digits: &[u8]) -> bool {
    !matches!(digits, b"00" | b"77")
}

/// Whether a zero in front makes a code of a chapter, and of a heading that exists.
fn lost_zero(digits: &[u8]) -> bool {
    match digits {
        [first] => *first != b'0',
        [a, b, c, ..] => {
            let heading = [b'0', *a, *b, *c];
            std::str::from_utf8(&heading).is_ok_and(hs::is_known)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let laptop = check("8471.30.01 00").unwrap();
        assert_eq!((laptop.as_str(), laptop.chapter()), ("8471300100", "84"));
        assert_eq!((laptop.heading(), laptop.subheading()), (Some("8471"), Some("847130")));
        assert_eq!(check("84").unwrap().heading(), None);
        assert!(check("9801.00").unwrap().is_national());
        assert_eq!(check("10121"), Err(Reason::LeadingZero));
        assert_eq!(check("84713"), Err(Reason::Length));
        assert!(laptop.is_known() && !check("847199").unwrap().is_known());
        assert_eq!(check("7700"), Err(Reason::UnknownChapter));
        assert_eq!(check("0012"), Err(Reason::UnknownChapter));
        assert_eq!(check("000000"), Err(Reason::Placeholder));
        assert_eq!(check("84713001001"), Err(Reason::Length));
        assert_eq!(check("84X1"), Err(Reason::Character));
        assert_eq!(check("..."), Err(Reason::Empty));
    }
}
