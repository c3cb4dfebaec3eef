//! PAPS numbers, the shipment control numbers of trucks into the United States (19 CFR 123.92).

use super::Reason;
use super::code::{Code, PARTED};

/// A PAPS number: SCAC of the carrier and its reference.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Paps {
    code: Code<16>,
    carrier: u8,
}

impl Paps {
    /// All characters.
    pub fn as_str(&self) -> &str {
        self.code.as_str()
    }

    /// Standard carrier alpha code, two to four letters.
    pub fn carrier(&self) -> &str {
        self.code.part(0, usize::from(self.carrier))
    }

    /// Reference that the carrier gave, up to twelve characters.
    pub fn reference(&self) -> &str {
        self.code.part(usize::from(self.carrier), self.code.len())
    }
}

/// Two to four letters of the carrier and up to twelve letters and digits; blanks and hyphens are
/// skipped.
///
/// # Errors
/// What is wrong with it.
pub fn check(text: &str) -> Result<Paps, Reason> {
    let code = Code::<16>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    let carrier = bytes.iter().take(4).take_while(|b| b.is_ascii_uppercase()).count();
    if carrier < 2 {
        return Err(Reason::Prefix);
    }
    match bytes.len() - carrier {
        1..=12 => Ok(Paps { code, carrier: carrier as u8 }),
        _ => Err(Reason::Length),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let paps = check("tmsq 123456").unwrap();
        assert_eq!((paps.as_str(), paps.carrier(), paps.reference()), ("TMSQ123456", "TMSQ", "123456"));
        assert_eq!(check("TM55").unwrap().carrier(), "TM");
        assert_eq!(check("TMSQPAPS5").unwrap().reference(), "PAPS5");
        assert_eq!(check("TMSQ"), Err(Reason::Length));
        assert_eq!(check("TMSQ1234567890123"), Err(Reason::Length));
        assert_eq!(check("1234PARS56789"), Err(Reason::Prefix));
        assert_eq!(check("TMSQ/5"), Err(Reason::Character));
    }
}
