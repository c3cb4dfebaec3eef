//! Freight containers (ISO 6346).

use super::Reason;
use super::code::{Code, PARTED, all_digits, all_letters};

/// A container number: owner and category, serial number, check digit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Container(Code<11>);

impl Container {
    /// The eleven characters.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Owner code, three letters (BIC register).
    pub fn owner(&self) -> &str {
        self.0.part(0, 3)
    }

    /// Category: `U` container, `J` detachable equipment, `Z` trailer and chassis.
    pub fn category(&self) -> &str {
        self.0.part(3, 4)
    }

    /// Serial number, six digits.
    pub fn serial(&self) -> &str {
        self.0.part(4, 10)
    }
}

/// Four letters of which the last is `U`, `J` or `Z`, six digits, and the check digit; blanks and
/// hyphens are skipped.
///
/// # Errors
/// [`Reason::NoCheckDigit`] where only the digit is missing, [`Reason::Category`] for another
/// fourth letter, otherwise what fits.
pub fn check(text: &str) -> Result<Container, Reason> {
    let code = Code::<11>::read(text, PARTED)?;
    let bytes = code.as_bytes();
    let (letters, digits) = bytes.split_at(bytes.len().min(4));
    if !all_letters(letters) || !all_digits(digits) {
        return Err(Reason::Character);
    }
    if letters.last().is_some_and(|l| letters.len() == 4 && !matches!(l, b'U' | b'J' | b'Z')) {
        return Err(Reason::Category);
    }
    match digits {
        [serial @ .., digit] if serial.len() == 6 => {
            if check_digit(&bytes[..10]) != digit - b'0' {
                return Err(Reason::CheckDigit);
            }
            Ok(Container(code))
        }
        six if six.len() == 6 => Err(Reason::NoCheckDigit),
        _ => Err(Reason::Length),
    }
}

/// Σ valueᵢ·2ⁱ mod 11, where 10 is written as 0.
fn check_digit(code: &[u8]) -> u8 {
    let sum: u32 = code.iter().enumerate().map(|(i, c)| u32::from(VALUES[usize::from(*c)]) << i).sum();
    (sum % 11 % 10) as u8
}

/// Values of digits and letters: letters count from 10 and leave out the multiples of 11, which
/// the modulus would not see.
const VALUES: [u8; 256] = {
    let mut values = [0; 256];
    let mut n = 0;
    while n < 26 {
        if n < 10 {
            values[b'0' as usize + n] = n as u8;
        }
        // A = 10, B = 12: one is skipped before B, before L and before V.
        values[b'A' as usize + n] = 10 + n as u8 + (n >= 1) as u8 + (n >= 11) as u8 + (n >= 21) as u8;
        n += 1;
    }
    values
};

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]
    use super::*;

    /// The table of ISO 6346 as it is printed.
    fn slow_value(letter: u8) -> u8 {
        let mut value = 10;
        for _ in b'A'..letter {
            value += 1;
            if value % 11 == 0 {
                value += 1;
            }
        }
        value
    }

    #[test]
    fn letters_follow_the_table() {
        for letter in b'A'..=b'Z' {
            assert_eq!(VALUES[usize::from(letter)], slow_value(letter), "{}", letter as char);
        }
    }

    #[test]
    fn parts_and_reasons() {
        let container = check("csqu 305438-3").unwrap();
        assert_eq!(
            [container.as_str(), container.owner(), container.category(), container.serial()],
            ["CSQU3054383", "CSQ", "U", "305438"]
        );
        assert_eq!(check("CSQU3054384"), Err(Reason::CheckDigit));
        assert_eq!(check("CSQU305438"), Err(Reason::NoCheckDigit));
        assert_eq!(check("CSQA3054383"), Err(Reason::Category));
        assert_eq!(check("CSQU30543833"), Err(Reason::Length));
        assert_eq!(check("CSQU30543"), Err(Reason::Length));
        assert_eq!(check("CSQ"), Err(Reason::Length));
        assert_eq!(check("C5QU3054383"), Err(Reason::Character));
        assert_eq!(check("CSQU30543é3"), Err(Reason::Character));
        assert_eq!(check(" - "), Err(Reason::Empty));
    }

    #[test]
    fn a_remainder_of_ten_is_written_as_zero() {
        let ten = (0..1_000_000).map(|n| format!("TAMU{n:06}")).find(|c| {
            let sum: u32 = c.bytes().enumerate().map(|(i, c)| u32::from(VALUES[usize::from(c)]) << i).sum();
            sum % 11 == 10
        });
        let ten = ten.unwrap();
        assert!(check(&format!("{ten}0")).is_ok());
        assert!((1..10).all(|d| check(&format!("{ten}{d}")) == Err(Reason::CheckDigit)));
    }
}
