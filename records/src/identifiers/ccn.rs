//! Cargo control numbers of the CBSA (Memorandum D3-1-1), and PARS numbers, which are the same.

use super::Reason;
use super::code::{Code, all_digits};

/// A cargo control number: carrier and the carrier's own reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Ccn(Code<25>);

impl Ccn {
    /// All characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// CBSA carrier code, four characters; that of an air carrier is its accounting code and a
    /// hyphen.
    pub fn carrier(&self) -> &str {
        self.0.part(0, 4)
    }

    /// Reference that the carrier gave, up to 21 characters.
    pub fn reference(&self) -> &str {
        self.0.part(4, self.0.len())
    }

    /// Whether it is written as a PARS number, for release on the road (`1234PARS56789`).
    pub fn is_pars(&self) -> bool {
        self.reference().starts_with("PARS")
    }
}

/// Four characters of the carrier and up to 21 of `A` to `Z`, digits and hyphens; blanks are
/// skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Ccn, Reason> {
    let code = Code::<25>::read_with(text, b" \t", b"-")?;
    let bytes = code.as_bytes();
    if bytes.len() < 5 {
        return Err(Reason::Length);
    }
    // The hyphen belongs to the code of air carriers, as in 014-.
    let (carrier, reference) = bytes.split_at(4);
    let hyphen = carrier.iter().position(|b| *b == b'-');
    if hyphen.is_some_and(|at| at != 3 || !all_digits(&carrier[..3])) {
        return Err(Reason::Character);
    }
    if reference.iter().all(|b| matches!(b, b'0' | b'-')) {
        return Err(Reason::Placeholder);
    }
    Ok(Ccn(code))
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let ccn = check("1234pars 56789").unwrap();
        assert_eq!((ccn.carrier(), ccn.reference(), ccn.is_pars()), ("1234", "PARS56789", true));
        assert_eq!(check("014-12345675").unwrap().carrier(), "014-");
        assert!(!check("9AB7BOL-77").unwrap().is_pars());
        assert_eq!(check("1234"), Err(Reason::Length));
        assert_eq!(check("1234PARS567890123456789012"), Err(Reason::Length));
        assert_eq!(check("1-34PARS56789"), Err(Reason::Character));
        assert_eq!(check("1234PARS/56789"), Err(Reason::Character));
        assert_eq!(check("12340000"), Err(Reason::Placeholder));
        assert_eq!(check("  "), Err(Reason::Empty));
    }
}
