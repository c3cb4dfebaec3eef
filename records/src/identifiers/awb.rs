//! Air waybills (IATA Resolution 600a).

use super::Reason;
use super::code::{Code, PARTED, all_digits, number};

/// An air waybill number: airline, serial number, check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Awb(Code<11>);

impl Awb {
    /// The eleven digits.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Accounting code of the airline, three digits.
    pub fn airline(&self) -> &str {
        self.0.part(0, 3)
    }

    /// Serial number with its check digit, eight digits.
    pub fn serial(&self) -> &str {
        self.0.part(3, 11)
    }
}

/// Three digits of the airline, seven of the serial number, and that number modulo 7; blanks and
/// hyphens are skipped.
///
/// # Errors
/// [`Reason::NoCheckDigit`] where only the digit is missing, [`Reason::Placeholder`] for serial
/// number 0, otherwise what fits.
pub fn check(text: &str) -> Result<Awb, Reason> {
    let code = Code::<11>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    if !all_digits(bytes) {
        return Err(Reason::Character);
    }
    match bytes.len() {
        11 => {}
        10 => return Err(Reason::NoCheckDigit),
        _ => return Err(Reason::Length),
    }
    let serial = number(&bytes[3..10]);
    if serial == 0 {
        return Err(Reason::Placeholder);
    }
    if serial % 7 == u64::from(bytes[10] - b'0') { Ok(Awb(code)) } else { Err(Reason::CheckDigit) }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    #[test]
    fn parts_and_reasons() {
        let awb = check("888-1111 1111").unwrap();
        assert_eq!([awb.as_str(), awb.airline(), awb.serial()], ["88811111111", "888", "11111111"]);
        assert_eq!(check("888-11111112"), Err(Reason::CheckDigit));
        assert_eq!(check("888-1111111"), Err(Reason::NoCheckDigit));
        assert_eq!(check("888-111111"), Err(Reason::Length));
        assert_eq!(check("888-111111111"), Err(Reason::Length));
        assert_eq!(check("000-00000000"), Err(Reason::Placeholder));
        assert_eq!(check("88A-11111111"), Err(Reason::Character));
        assert_eq!(check(""), Err(Reason::Empty));
    }
}
